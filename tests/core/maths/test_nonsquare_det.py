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
from core.maths.nonsquare_det import exact_gram, exact_minors, heights, matrix, routes, volume
from core.maths.nonsquare_det_verification import checks
from core.refusal import Refusal
from tests.facts import failed, unnoticed

plain_minors, ones = model.minors, np.ones(1)
equal_routes = model.Parting(ones, ones, ones, ones, ones)
BROKEN: list[tuple[str, Callable[..., Any], str]] = [
    ("volume", lambda b: float(np.linalg.det(b.T @ b)), "against singular"),
    ("heights", lambda b: np.linalg.norm(b, axis=0), "against heights"),
    ("minors", lambda b: [model.Minor(m.rows, 2 * m.value) for m in plain_minors(b)], "against minors"),
    ("minors", lambda b: plain_minors(b)[1:], "against minors"),
    ("exact_gram", lambda b: exact_gram(b) + 1, "exact arithmetic"),
    ("cross", lambda a, b: np.array([a @ b, 0, 0]), "cross product"),
    ("cross", lambda a, b: np.cross(b, a), "cross product"),
    ("products", lambda n, k, count, seed: model.Products(np.ones(count), np.ones(count)), "median size of the log"),
    ("parting", lambda n, k, gaps, seed: equal_routes, "parallel to 1e-6"),
    ("parting", lambda n, k, gaps, seed: equal_routes, "by the Gram matrix"),
    ("area", lambda surface, steps: surface.area * 1.001, "area of the torus"),
]


@pytest.mark.parametrize(("name", "broken", "fact"), BROKEN)
def test_a_broken_formula_is_found(monkeypatch: pytest.MonkeyPatch, name: str, broken: Any, fact: str) -> None:
    monkeypatch.setattr(model, name, broken)
    assert not unnoticed(checks, fact)


def test_a_sum_of_entries_is_no_volume(monkeypatch: pytest.MonkeyPatch) -> None:
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
        ([{"b1": 3, "b2": 1}, {"b1": 4, "b2": 1}], 1.0),
    ],
)
def test_known_volumes(rows: list[Any], wanted: float) -> None:
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
    with pytest.raises(Refusal, match=r"^rows: ") as refused:
        matrix(rows)
    assert refused.value.input == "rows"


def test_what_a_tab_cannot_take_is_refused_by_the_name_of_its_input() -> None:
    for call, name in (
        (lambda: model.parting(4, 5, [1.0], 0), "k"),
        (lambda: model.products(2, 3, 5, 0), "k"),
        (lambda: model.surface("torus", 1.0, 1.0), "small"),
    ):
        with pytest.raises(Refusal) as refused:
            call()
        assert refused.value.input == name


def test_the_gram_route_loses_twice_the_digits() -> None:
    found = model.parting(4, 2, [1.0, 1e-5, 1e-9], 3)
    assert max(e[0] for e in found.errors().values()) < 1e-13
    assert found.gram[1] > 1e-8 > 100 * found.heights[1]
    assert found.gram[2] > 0.1 and found.singular[2] < 1e-4
    assert found.digits("gram", 1e-9) < 1 and found.digits("singular", 1e-9) > 4 and found.digits("gram", 1) > 13
    exact = model.Parting(ones, 0 * ones, ones, ones, ones)
    assert exact.digits("gram", 1.0) == 16 and np.isnan(exact.resolved()["gram"]).all()


def test_a_parallelogram_by_hand() -> None:
    found = model.parallelogram((2.0, 0, 0), (1.0, 3.0, 4.0))
    assert (found.area, found.base, found.height) == (pytest.approx(10), pytest.approx(2), pytest.approx(5))
    assert found.by_shadows == pytest.approx(10) and found.squared == pytest.approx(100)
    assert found.shadows == pytest.approx([0, -8, 6]) and found.squares == pytest.approx([0, 64, 36])
    assert found.reach == 4 and found.shadow(2, -5.0)[:, 2].tolist() == [-5] * 4 and found.corners[2, 2] == 4


def test_what_a_matrix_is_measured_by() -> None:
    square, tall = model.measured(np.diag([2.0, -3.0])), model.measured(np.array([[3.0], [4.0]]))
    assert square.determinant == pytest.approx(-6) and square.routes.gram == pytest.approx(6)
    assert tall.determinant is None and tall.lengths == pytest.approx([5]) and tall.squares == pytest.approx([9, 16])


def test_a_square_product_multiplies_and_others_do_not() -> None:
    square, tall = model.products(3, 3, 50, 0), model.products(3, 1, 50, 0)
    assert square.ratio == pytest.approx(1) and square.spread < 1e-9 < 0.2 < tall.spread


def test_the_midpoint_rule_is_exact_on_a_torus_and_of_second_order_on_a_sphere() -> None:
    torus, sphere = (model.measured_surface(model.surface(s, 2.0, 0.7), 8, (4, 8, 16), 10) for s in ("torus", "sphere"))
    assert np.isnan(torus.resolved).all() and math.isnan(torus.order) and abs(torus.error) < 1e-14
    assert sphere.order == pytest.approx(2, abs=0.02) and sphere.found == pytest.approx(16 * math.pi, rel=0.01)
    assert sphere.points.shape == (10, 10, 3) and sphere.density.shape == (10, 10)
