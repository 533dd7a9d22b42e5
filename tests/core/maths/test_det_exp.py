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


def failed() -> set[str]:
    return {fact.name for fact in checks() if not fact.passed}


def test_all_facts_hold() -> None:
    assert not failed()


def wrong_exp(a: np.ndarray) -> np.ndarray:
    return expm(a) * 1.01


BROKEN: list[tuple[str, Callable[..., Any], str]] = [
    ("expm", wrong_exp, "log det exp A"), ("expm", wrong_exp, "defective"), ("expm", wrong_exp, "no change of volume"), ("expm", wrong_exp, "eigenvalues against"),
    ("expm", lambda a: np.exp(a), "Jacobi"), ("logm", lambda b: np.log(np.abs(b)), "tr log B"),
    ("by_series", lambda a, terms: np.eye(len(a)), "series of 12"), ("tail", lambda a, terms: 0.0, "series of 6"),
    ("by_eigenvalues", lambda a: (np.diag(np.exp(np.linalg.eigvals(a).real)), 1.0), "eigenvalues against"),
    ("commutator_gap", lambda a, b, s: (1.0, 2.0), "over ½s²"), ("_exact", lambda size, terms: ([1, 2], [1, 3]), "exact"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "broken", "fact"), BROKEN)
def test_a_broken_formula_is_found(monkeypatch: pytest.MonkeyPatch, name: str, broken: Any, fact: str) -> None:
    monkeypatch.setattr(model, name, broken)
    assert any(fact in found for found in failed())


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
    with pytest.raises(ValueError, match=rf"^matrix.*{said}"):
        matrix(rows)
