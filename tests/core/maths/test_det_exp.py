"""det exp A = exp tr A: the facts hold, and fail on broken formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

from core.maths import det_exp as model
from core.maths import det_exp_verification as verification
from core.maths import log_det
from core.maths.det_exp import (
    NAMED,
    by_eigenvalues,
    by_series,
    conditioning,
    log_det_gap,
    matrix,
    moved,
    pair,
    tail,
)
from core.maths.det_exp_verification import checks
from core.refusal import Refusal
from tests.facts import unnoticed


def wrong_exp(a: np.ndarray) -> np.ndarray:
    return expm(a) * 1.01


def tail_without_its_geometric_factor(a: np.ndarray, terms: int) -> float:
    return float(np.linalg.norm(a, 2)) ** terms / math.factorial(terms)


def elementwise_product(a: np.ndarray, b: np.ndarray, last: float) -> model.Sums:
    """exp A exp B with the entries multiplied: a slip of * for @."""
    right = plain_commuting(a, b, last)
    return model.Sums(
        right.scales, right.gaps, right.halves,
        np.array([np.linalg.det(expm(s * a) * expm(s * b)) / np.linalg.det(expm(s * (a + b))) - 1 for s in right.scales]),
        right.of_sum, right.of_product, right.axes_of_sum, right.axes_of_product, right.squares,
    )  # fmt: skip


plain_commuting = model.commuting
BROKEN: list[tuple[Any, str, Callable[..., Any], str]] = [
    (model, "expm", wrong_exp, "log det exp A"),
    (model, "expm", wrong_exp, "defective"),
    (model, "expm", wrong_exp, "no change of volume"),
    (model, "expm", wrong_exp, "eigenvalues against"),
    (model, "expm", wrong_exp, "shoelace"),
    (model, "expm", lambda a: np.exp(a), "at t = 0.7"),
    (model, "shoelace", lambda p: np.full(len(p), 1.0), "shoelace"),
    (model, "by_series", lambda a, terms: np.eye(len(a)), "series of 12"),
    (model, "tail", lambda a, terms: 0.0, "series of 6"),
    (model, "tail", tail_without_its_geometric_factor, "series of 3 terms, A = [2]"),
    (model, "tail", tail_without_its_geometric_factor, "over what is left out"),
    (model, "tail", lambda a, terms: math.inf, "over what is left out"),
    (model, "by_eigenvalues", lambda a: (np.diag(np.exp(np.linalg.eigvals(a).real)), 1.0), "eigenvalues against"),
    (model, "commutator_gap", lambda a, b, s: (1.0, 2.0), "over ½s²"),
    (model, "commutator_gap", lambda a, b, s: (0.0, 1.0), "matrices themselves differ"),
    (model, "commuting", elementwise_product, "matrices that do not commute"),
    (log_det, "jacobi", lambda x, dx: float(np.linalg.det(x) * np.trace(x @ dx)), "d det X by det X"),
    (log_det, "jacobi", lambda x, dx: float(np.trace(np.linalg.solve(x, dx))), "d det X by det X"),
    (log_det, "det_rate", lambda x, dx: float(np.linalg.det(dx)), "columns replaced"),
    (log_det, "logm", lambda b: np.abs(b), "tr log B"),
    (log_det, "log_series", lambda b, terms: np.zeros(terms), "log series"),
    (verification, "_exact", lambda size, terms: ([1, 2], [1, 3]), "exact"),
]


@pytest.mark.parametrize(("where", "name", "broken", "fact"), BROKEN)
def test_a_broken_formula_is_found(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, broken: Any, fact: str
) -> None:
    monkeypatch.setattr(where, name, broken)
    assert not unnoticed(checks, fact)


@pytest.mark.parametrize(("factor", "fact"), [(0.5, "whole turns"), (0.0, "how many turns")])
def test_a_logarithm_that_loses_no_whole_turns_is_found(
    monkeypatch: pytest.MonkeyPatch, factor: float, fact: str
) -> None:
    plain = log_det.turning

    def broken(angles: np.ndarray, share: float) -> log_det.Turning:
        right = plain(angles, share)
        return log_det.Turning(right.angles, right.trace, right.trace * (1 - factor), right.log_det)

    monkeypatch.setattr(log_det, "turning", broken)
    assert not unnoticed(checks, fact)


def test_a_nilpotent_matrix_has_a_finite_series() -> None:
    a = np.array(NAMED["nilpotent"])
    assert np.array_equal(by_series(a, 2), by_series(a, 40))
    assert np.array_equal(by_series(a, 2), np.array([[1.0, 1.0], [0.0, 1.0]]))


def test_a_rotation_turns_and_keeps_area() -> None:
    there = moved(np.array(NAMED["rotation"]), np.array([[1.0, 0.0]]), np.array([math.pi / 2, math.pi]))
    assert there[:, 0] == pytest.approx(np.array([[0, 1], [-1, 0]]), abs=1e-12)


def test_a_defective_matrix_has_no_eigenbasis() -> None:
    for name in ("jordan", "shear", "nilpotent"):
        a = np.array(NAMED[name])
        result, condition = by_eigenvalues(a)
        assert math.isinf(condition) and np.isnan(result).all() and model.facts_of(a).defective
    assert math.isnan(log_det_gap(np.array(NAMED["jordan"]), by_eigenvalues(np.array(NAMED["jordan"]))[0]))


def test_what_a_series_leaves_out_is_below_the_bound_wherever_there_is_one() -> None:
    for a in (np.array([[2.0]]), 10 * np.eye(2), model.drawn(4, 6.0, 0)):
        exact = model.exact_exponential(a)
        for terms in range(1, 40):
            left = float(np.linalg.norm(by_series(a, terms) - exact, 2))
            assert left <= tail(a, terms) + 1e-15 * float(np.linalg.norm(exact)) * len(a)
    assert math.isinf(tail(10 * np.eye(2), 5)) and tail(10 * np.eye(2), 40) < 1e-6 and tail(np.zeros((2, 2)), 1) == 0


def test_the_identity_is_lost_in_float32_before_float64() -> None:
    found = conditioning(6, 5, 0)
    assert found.double[0] < 1e-14 and found.single[-1] > 1 and (found.single[:-1] > found.double[:-1]).all()


def test_float64_can_lose_even_the_sign() -> None:
    assert conditioning(8, 40, 0).negative[-1] > 0 and conditioning(8, 10, 0).negative[0] == 0


def test_sixty_digits_agree_with_a_known_exponential() -> None:
    a = np.array([[0.0, -math.pi / 3], [math.pi / 3, 0.0]])
    wanted = np.array([[0.5, -math.sqrt(0.75)], [math.sqrt(0.75), 0.5]])
    assert np.abs(model.exact_exponential(a) - wanted).max() < 2e-16


def test_what_commutes_has_no_gap() -> None:
    a, b = pair(4, 0.0, 3)
    found = model.commuting(a, b, 1.0)
    assert np.abs(a @ b - b @ a).max() < 1e-14 and found.gaps.max() < 1e-12 and found.squares is None


@pytest.mark.parametrize(
    ("rows", "said"), [([[1.0, 2.0]], "square"), ([[math.nan]], "finite"), ([[51.0]], "too large"), ([], "square")]
)
def test_what_cannot_be_taken_is_refused_in_both_languages(rows: list[list[float]], said: str) -> None:
    with pytest.raises(Refusal, match=rf"^rows: .*{said}") as refused:
        matrix(rows)
    assert refused.value.input == "rows" and refused.value.zh != refused.value.en


def test_rows_of_named_cells_are_rows() -> None:
    assert np.array_equal(matrix([{"c1": 1, "c2": 2}, {"c1": 3, "c2": 4}]), np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert np.array_equal(model.columns((1, 3), (2, 4)), np.array([[1.0, 2.0], [3.0, 4.0]]))


def test_facts_and_routes_of_one_matrix() -> None:
    a = np.array(NAMED["growth"])
    found, routes = model.facts_of(a), model.routes(a, 30)
    assert found.det_exponential == pytest.approx(found.exp_trace) == pytest.approx(math.exp(0.9))
    assert all(r.determinant == pytest.approx(found.exp_trace) and abs(r.gap) < 1e-12 for r in routes)
    lost = model.routes(np.array(NAMED["jordan"]), 30)
    assert [r.name for r in lost if math.isnan(r.determinant)] == ["eigenvalues"]


def test_a_box_that_flows_has_the_volume_of_its_law() -> None:
    found = model.box(matrix([[0.5, -1, 0], [1, 0.2, 0.3], [0, -0.4, -0.6]]), 2.0, 60)
    assert found.volumes == pytest.approx(found.law) and found.volume == pytest.approx(math.exp(0.2))
    assert abs(found.worst.gap) == max(abs(r.gap) for r in found.routes)
    broken = model.box(np.array([[1.0, 1, 0], [0, 1, 1], [0, 0, 1]]), 1.0, 60)
    assert broken.worst.name == "eigenvalues"


def test_a_square_that_flows_is_measured_from_its_corners() -> None:
    found = model.flow(NAMED["spiral"], 1.6, 4.0)
    assert found.areas == pytest.approx(np.exp(-0.3 * found.times)) and found.areas[0] == 1
    assert found.expected == pytest.approx(math.exp(-0.48)) and found.law[-1] == pytest.approx(math.exp(-1.2))
    assert np.isnan(found.trail).any(1).sum() == len(found.paths)
    sheared = model.flow(NAMED["shear"], 2.0, 4.0)
    assert sheared.areas[-1] == pytest.approx(1) and sheared.stretch == pytest.approx(math.sqrt(10))


def test_a_known_area_by_the_shoelace_formula() -> None:
    triangle = np.array([[[0.0, 0.0], [4.0, 0.0], [0.0, 3.0], [0.0, 0.0]]])
    assert model.shoelace(triangle) == pytest.approx(6) and model.shoelace(triangle[:, ::-1]) == pytest.approx(-6)


def test_errors_fall_below_their_bounds() -> None:
    found = model.errors_of(model.drawn(4, 2.0, 0), 30)
    finite = np.isfinite(found.bounds)
    assert (found.series[finite] <= found.bounds[finite] + 1e-13).all() and found.pade < 1e-13
    assert found.series[-1] < 20 * found.rounding < 1e-13
