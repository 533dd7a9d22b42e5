"""GAN-QP: its divergence on pairs that are known, its best critic, and that the checks fail on broken copies."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from core.gan.gan_qp import critics
from core.gan.gan_qp.divergences import curves


@pytest.mark.parametrize("sd", [0.3, 1.0])
@pytest.mark.parametrize("delta", [0.2, 1.0, 3.0])
def test_divergences_are_the_integrals_that_define_them(delta: float, sd: float) -> None:
    """JS = ½ KL(p|m) + ½ KL(q|m) by an adaptive integrator; QP as ½ ∬ λ d (w - w')²/(2 (w + w')), the post's optimum."""
    p, q = (lambda x: norm.pdf(x, 0, sd)), (lambda x: norm.pdf(x, delta, sd))

    def js(x: float) -> float:
        middle = (p(x) + q(x)) / 2
        return float(sum(f * math.log(f / middle) for f in (p(x), q(x)) if f > 0)) / 2

    found = curves(np.array([delta]), sd, 4.0)
    assert found.values["js"][0] == pytest.approx(quad(js, -10 * sd, delta + 10 * sd)[0], abs=1e-7)
    assert found.values["w1"][0] == delta
    x = np.linspace(-8 * sd, delta + 8 * sd, 1201)
    w = np.outer(p(x), q(x)) * (x[1] - x[0]) ** 2
    total = w + w.T
    square = np.divide((w - w.T) ** 2, 2 * total, out=np.zeros_like(w), where=total > 0)
    assert found.values["qp"][0] == pytest.approx(0.5 * (4.0 * np.abs(x[:, None] - x[None]) * square).sum(), rel=1e-4)


@pytest.mark.parametrize("sd", [0.0, 0.4])
def test_slopes_are_the_derivatives(sd: float) -> None:
    delta, step = np.array([0.3, 1.0, 2.5]), 1e-5
    here, ahead, behind = (curves(delta + shift, sd, 3.0) for shift in (0, step, -step))
    for name, slope in here.slopes.items():
        assert slope == pytest.approx((ahead.values[name] - behind.values[name]) / (2 * step), abs=1e-6)


def test_two_points_have_the_posts_divergence_and_js_tells_nothing() -> None:
    found = curves(np.array([0.1, 5.0]), 0.0, 10.0)
    assert found.values["qp"].tolist() == [0.5, 25.0]
    assert found.values["js"].tolist() == [math.log(2)] * 2
    assert found.slopes["js"].tolist() == [0.0, 0.0]


def test_best_difference_on_two_masses_worked_by_hand() -> None:
    """p = (3/4, 1/4), q = (1/4, 3/4): w = 9/16 one way and 1/16 the other, so ΔT*/(λd) = ±(9 - 1)/(9 + 1)."""
    p, q = np.array([0.75, 0.25]), np.array([0.25, 0.75])
    assert critics.best_difference(p, q) == pytest.approx(np.array([[0.0, 0.8], [-0.8, 0.0]]))
    x = np.array([0.0, 2.0])
    delta = critics.best_difference(p, q) * 2.0
    # ½ λ d (w - w')²/(w + w') = ½ · 2 · (1/2)²/(10/16) over the one pair of two points
    assert critics.value(x, p, q, delta) == pytest.approx(0.5 * 2 * 0.25 / 0.625)
    # on two points a critic of one argument is as free as one of two
    unary = critics.best_unary(x, p, q)
    assert unary[0] - unary[1] == pytest.approx(1.6)


@pytest.mark.parametrize("name", critics.PAIRS)
def test_no_critic_beats_the_formula_and_no_unary_one_the_solution(name: str) -> None:
    x, p, q = critics.densities(name, 1.2)
    d = np.abs(x[:, None] - x[None])
    best, unary = critics.best_difference(p, q) * d, critics.best_unary(x, p, q)
    top, one_sided = critics.value(x, p, q, best), critics.value(x, p, q, unary[:, None] - unary[None])
    assert one_sided <= top + 1e-12
    rng = np.random.default_rng(3)
    for _ in range(20):
        change = rng.normal(0, 0.02, len(x))
        moved = unary + change
        assert critics.value(x, p, q, moved[:, None] - moved[None]) <= one_sided + 1e-12
        table = rng.normal(0, 0.02, d.shape) * d
        assert critics.value(x, p, q, best + table - table.T) <= top + 1e-12


def test_lambda_only_rescales() -> None:
    """λ times the best critic reaches λ times the value, in the objective with that λ."""
    x, p, q = critics.densities("bumps", 2.0)
    best = critics.best_difference(p, q) * np.abs(x[:, None] - x[None])
    for lam in (0.1, 10.0):
        assert critics.value(x, p, q, lam * best, lam) == pytest.approx(lam * critics.value(x, p, q, best))


def test_training_finds_the_formula_and_repeats() -> None:
    runs = [[y for y in critics.train("normals", 1.5, 300, 0) if isinstance(y, critics.Critics)] for _ in range(2)]
    assert runs[0][-1].r2 == runs[1][-1].r2 > 0.97
    assert [y.step for y in runs[0]] == [100, 200, 300]
    assert runs[0][-1].values["trained"] <= runs[0][-1].values["formula"]


def test_equal_distributions_have_no_divergence() -> None:
    x, p, q = critics.densities("normals", 0.0)
    assert critics.value(x, p, q, critics.best_difference(p, q)) == 0
    assert np.abs(critics.best_unary(x, p, q)).max() < 1e-12
