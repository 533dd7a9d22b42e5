"""det exp A = exp tr A: the facts hold, and fail on broken formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

from core.maths import det_exp as model
from core.maths.det_exp import (
    by_eigenvalues,
    by_series,
    checks,
    conditioning,
    flow,
    log_det_gap,
    matrix,
    named,
    pair,
    tail,
)
from tests.facts import failed, unnoticed


def test_all_facts_hold() -> None:
    assert not failed(checks)


def wrong_exp(a: np.ndarray) -> np.ndarray:
    return expm(a) * 1.01


BROKEN: list[tuple[str, Callable[..., Any], str]] = [
    ("expm", wrong_exp, "log det exp A"), ("expm", wrong_exp, "defective"), ("expm", wrong_exp, "no change of volume"), ("expm", wrong_exp, "eigenvalues against"),
    ("expm", lambda a: np.exp(a), "Jacobi"), ("logm", lambda b: np.abs(b), "tr log B"),
    ("by_series", lambda a, terms: np.eye(len(a)), "series of 12"), ("tail", lambda a, terms: 0.0, "series of 6"),
    ("by_eigenvalues", lambda a: (np.diag(np.exp(np.linalg.eigvals(a).real)), 1.0), "eigenvalues against"),
    ("commutator_gap", lambda a, b, s: (1.0, 2.0), "over ½s²"), ("log_series", lambda b, terms: np.zeros(terms), "log series"), ("turning", lambda angles, share: (angles, angles * 0.5, angles), "whole turns"),
    ("turning", lambda angles, share: (angles, angles, angles), "how many turns"), ("_exact", lambda size, terms: ([1, 2], [1, 3]), "exact"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "broken", "fact"), BROKEN)
def test_a_broken_formula_is_found(monkeypatch: pytest.MonkeyPatch, name: str, broken: Any, fact: str) -> None:
    monkeypatch.setattr(model, name, broken)
    assert not unnoticed(checks, fact)


def test_a_nilpotent_matrix_has_a_finite_series() -> None:
    a = named()["nilpotent"]
    assert np.array_equal(by_series(a, 2), by_series(a, 40)) and np.array_equal(
        by_series(a, 2), np.array([[1.0, 1.0], [0.0, 1.0]])
    )


def test_a_rotation_turns_and_keeps_area() -> None:
    moved = flow(named()["rotation"], np.array([[1.0, 0.0]]), np.array([math.pi / 2, math.pi]))
    assert moved[:, 0] == pytest.approx(np.array([[0, 1], [-1, 0]]), abs=1e-12)


def test_a_defective_matrix_has_no_eigenbasis() -> None:
    for name in ("jordan", "shear", "nilpotent"):
        result, condition = by_eigenvalues(named()[name])
        assert math.isinf(condition) and np.isnan(result).all()
    assert math.isnan(log_det_gap(named()["jordan"], by_eigenvalues(named()["jordan"])[0]))


def test_the_tail_is_infinite_before_the_series_turns() -> None:
    a = 10 * np.eye(2)
    assert math.isinf(tail(a, 5)) and tail(a, 40) < 1e-6 and tail(np.zeros((2, 2)), 1) == 0


def test_the_identity_is_lost_in_float32_before_float64() -> None:
    found = conditioning(6, 5, 0)
    assert found.double[0] < 1e-14 and found.single[-1] > 1 and (found.single[:-1] > found.double[:-1]).all()


def test_sixty_digits_agree_with_a_known_exponential() -> None:
    a = np.array([[0.0, -math.pi / 3], [math.pi / 3, 0.0]])
    wanted = np.array([[0.5, -math.sqrt(0.75)], [math.sqrt(0.75), 0.5]])
    assert np.abs(model.exact_exponential(a) - wanted).max() < 2e-16


def test_what_commutes_has_no_gap() -> None:
    a, b = pair(4, 0.0, 3)
    assert np.abs(a @ b - b @ a).max() < 1e-14 and np.abs(expm(a + b) - expm(a) @ expm(b)).max() < 1e-12


@pytest.mark.parametrize(
    ("rows", "said"), [([[1.0, 2.0]], "square"), ([[math.nan]], "finite"), ([[51.0]], "too large"), ([], "square")]
)
def test_what_cannot_be_taken_is_named(rows: list[list[float]], said: str) -> None:
    with pytest.raises(ValueError, match=rf"^rows.*{said}"):
        matrix(rows)


def test_the_log_series_converges_inside_radius_one_only() -> None:
    inside, outside = (model.near_identity(4, radius, 0) for radius in (0.5, 1.3))
    assert model.log_series(inside, 80)[-1] == pytest.approx(model.log_det(inside).real, abs=1e-12)
    assert abs(model.log_series(outside, 80)[-1] - model.log_det(outside).real) > 1e3


def test_a_reflection_has_half_a_turn() -> None:
    b = np.diag([-2.0, 3.0])
    assert model.log_det(b) == pytest.approx(complex(math.log(6), math.pi))
    assert model.trace_log(b) == pytest.approx(model.log_det(b))


def test_facts_and_routes_of_one_matrix() -> None:
    a = named()["growth"]
    found, routes = model.facts_of(a), model.determinants(a, 30)
    assert found.det_exponential == pytest.approx(found.exp_trace) == pytest.approx(math.exp(0.9))
    assert all(d == pytest.approx(found.exp_trace) and abs(gap) < 1e-12 for d, gap in routes.values())
    assert math.isnan(model.determinants(named()["jordan"], 30)["eigenvalues"][0])
    volumes, law = model.volumes(a, np.linspace(0, 2, 5))
    assert volumes == pytest.approx(law) and volumes[0] == 1


def test_errors_fall_below_their_bounds() -> None:
    found = model.errors_of(model.drawn(4, 2.0, 0), 30)
    finite = np.isfinite(found.bounds)
    assert (found.series[finite] <= found.bounds[finite] + 1e-13).all() and found.pade < 1e-13


def test_float64_can_lose_even_the_sign() -> None:
    assert conditioning(8, 40, 0).negative[-1] > 0 and conditioning(8, 10, 0).negative[0] == 0
