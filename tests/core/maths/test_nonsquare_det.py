"""Volumes of k vectors in n dimensions: the facts hold, and fail on broken formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from core.maths import nonsquare_det as model
from core.maths.nonsquare_det import checks, exact_gram, exact_minors, heights, matrix, routes, volume


def failed() -> set[str]:
    return {fact.name for fact in checks() if not fact.passed}


def test_all_facts_hold() -> None:
    assert not failed()


_minors = model.minors
BROKEN: list[tuple[str, Callable[..., Any], str]] = [
    ("volume", lambda b: float(np.linalg.det(b.T @ b)), "against singular"),
    ("heights", lambda b: np.linalg.norm(b, axis=0), "against heights"),
    ("minors", lambda b: [model.Minor(m.rows, 2 * m.value) for m in _minors(b)], "against minors"),
    ("exact_gram", lambda b: sum(m for m in exact_minors(b)), "exact arithmetic"),
    ("cross", lambda a, b: np.array([a @ b, 0, 0]), "cross product"),
    ("products", lambda n, k, count, seed: (np.ones(count), np.ones(count)), "median size of the log"),
    ("area", lambda surface, steps: surface.area * 1.001, "area of the torus"),
]


@pytest.mark.parametrize(("name", "broken", "fact"), BROKEN)
def test_a_broken_formula_is_found(monkeypatch: pytest.MonkeyPatch, name: str, broken: Any, fact: str) -> None:
    monkeypatch.setattr(model, name, broken)
    assert any(fact in found for found in failed())


def test_a_volume_of_gram_squared_breaks_the_square_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "volume", lambda b: float(np.abs(b).sum()))
    assert {
        "a rotation leaves the volume",
        "for a square matrix it is |det|",
        "|det(BC)| = |det B||det C| for square C",
    } <= failed()


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([[3.0], [4.0]], 5.0),
        ([[1, 0], [0, 1], [0, 0]], 1.0),
        ([[1, 1], [1, 1], [0, 0]], 0.0),
        ([[2, 0, 0], [0, 3, 0], [0, 0, 4]], 24.0),
        ([[1, 2, 3]], 0.0),
    ],
)
def test_known_volumes(rows: list[list[float]], wanted: float) -> None:
    assert volume(matrix(rows)) == pytest.approx(wanted, abs=1e-7)


@given(st.lists(st.lists(st.integers(-5, 5), min_size=2, max_size=2), min_size=2, max_size=5))
def test_exact_arithmetic_agrees_with_sympy(rows: list[list[int]]) -> None:
    b = sympy.Matrix(rows)
    assert exact_gram(rows) == int((b.T * b).det())
    assert sum(m * m for m in exact_minors(rows)) == exact_gram(rows)


def test_heights_are_distances_from_the_span_before() -> None:
    b = np.array([[2.0, 1.0], [0.0, 3.0], [0.0, 4.0]])
    assert heights(b) == pytest.approx([2, 5])
    assert heights(np.ones((1, 3))) == pytest.approx([1, 0, 0])


def test_more_vectors_than_dimensions_have_no_volume() -> None:
    found = routes(np.ones((2, 3)))
    assert (found.gram, found.singular, found.minors) == (0, 0, 0) and math.isclose(found.heights, 0, abs_tol=1e-12)


@pytest.mark.parametrize("rows", [[], [[]], [[1.0], [1.0, 2.0]], [[math.nan]], [[math.inf, 1.0]]])
def test_what_is_no_matrix_is_refused(rows: list[list[float]]) -> None:
    with pytest.raises(ValueError, match=r"^matrix"):
        matrix(rows)
