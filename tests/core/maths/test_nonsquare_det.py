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
from tests.facts import failed, unnoticed


def test_all_facts_hold() -> None:
    assert not failed(checks)


_minors = model.minors
BROKEN: list[tuple[str, Callable[..., Any], str]] = [
    ("volume", lambda b: float(np.linalg.det(b.T @ b)), "against singular"),
    ("heights", lambda b: np.linalg.norm(b, axis=0), "against heights"),
    ("minors", lambda b: [model.Minor(m.rows, 2 * m.value) for m in _minors(b)], "against minors"),
    ("exact_gram", lambda b: exact_gram(b) + 1, "exact arithmetic"),
    ("cross", lambda a, b: np.array([a @ b, 0, 0]), "cross product"),
    ("products", lambda n, k, count, seed: (np.ones(count), np.ones(count)), "median size of the log"),
    ("parting", lambda n, k, gaps, seed: {"singular": np.ones(1), "gram": np.ones(1)}, "parallel to 1e-6"),
    ("parting", lambda n, k, gaps, seed: {"singular": np.ones(1), "gram": np.ones(1)}, "by the Gram matrix"),
    ("area", lambda surface, steps: surface.area * 1.001, "area of the torus"),
]


@pytest.mark.parametrize(("name", "broken", "fact"), BROKEN)
def test_a_broken_formula_is_found(monkeypatch: pytest.MonkeyPatch, name: str, broken: Any, fact: str) -> None:
    monkeypatch.setattr(model, name, broken)
    assert not unnoticed(checks, fact)


def test_a_volume_of_gram_squared_breaks_the_square_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "volume", lambda b: float(np.abs(b).sum()))
    assert {
        "a rotation leaves the volume",
        "for a square matrix it is |det|",
        "|det(BC)| = |det B||det C| for square C",
    } <= failed(checks)


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
    with pytest.raises(ValueError, match=r"^rows"):
        matrix(rows)


def test_the_gram_route_loses_twice_the_digits() -> None:
    errors = model.parting(4, 2, [1.0, 1e-5, 1e-9], 3)
    assert max(e[0] for e in errors.values()) < 1e-13
    assert errors["gram"][1] > 1e-8 > 100 * errors["heights"][1]
    assert errors["gram"][2] > 0.1 and errors["singular"][2] < 1e-4
    with pytest.raises(ValueError, match=r"^k = 5"):
        model.parting(4, 5, [1.0], 0)


def test_a_parallelogram_by_hand() -> None:
    found = model.parallelogram(np.array([2.0, 0, 0]), np.array([1.0, 3.0, 4.0]))
    assert (found.area, found.base, found.height) == (pytest.approx(10), pytest.approx(2), pytest.approx(5))
    assert found.by_shadows == pytest.approx(10) and found.squared == pytest.approx(100)
    assert found.shadows == pytest.approx([0, -8, 6])
    assert model.determinant(np.diag([2.0, -3.0])) == pytest.approx(-6) and model.lengths(np.array([[3.0], [4.0]])) == 5
