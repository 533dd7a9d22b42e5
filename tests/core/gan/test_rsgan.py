"""RSGAN: its optimum, and what a constant in T does, on cases worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.integrate import dblquad
from scipy.stats import norm

from core.gan.objectives import objective
from core.gan.rsgan import ratio, shift


def test_the_log_ratio_of_two_normals() -> None:
    x = np.array([-1.0, 0.0, 2.5])
    assert ratio.log_ratio(x, 1.2, 0.7) == pytest.approx(norm.logpdf(x, 0, 1) - norm.logpdf(x, 1.2, 0.7))


@pytest.mark.parametrize(("mean", "sd"), [(1.0, 1.0), (2.0, 0.6)])
def test_the_least_loss_is_log_2_less_the_divergence_of_pairs_and_swapped_pairs(mean: float, sd: float) -> None:
    """JS of P = p(x)q(y) and Q = p(y)q(x) by an adaptive integrator; by symmetry both halves of it are equal."""

    def half(y: float, x: float) -> float:
        p = norm.pdf(x) * norm.pdf(y, mean, sd)
        q = norm.pdf(y) * norm.pdf(x, mean, sd)
        return float(p * math.log(2 * p / (p + q))) if p > 0 else 0.0

    js = dblquad(half, -7, 9, -7, 9, epsabs=1e-6, epsrel=1e-6)[0]
    assert ratio.best_loss(mean, sd) == pytest.approx(math.log(2) - js, abs=1e-5)


def test_losses_worked_by_hand() -> None:
    """T(x_r) = 1, T(x_f) = -1: RSGAN log(1 + e⁻²) and log(1 + e²); SGAN 2 log(1 + e⁻¹) and log(1 + e)."""
    real, fake = torch.tensor([1.0], dtype=torch.float64), torch.tensor([-1.0], dtype=torch.float64)
    assert shift.losses("rsgan", real, fake)[:2] == pytest.approx((math.log1p(math.exp(-2)), math.log1p(math.exp(2))))
    assert shift.losses("sgan", real, fake)[:2] == pytest.approx((2 * math.log1p(math.exp(-1)), math.log1p(math.e)))


@pytest.mark.parametrize("game", shift.GAMES)
def test_a_constant_is_seen_by_those_games_alone_that_judge_one_picture(game: str) -> None:
    rng = torch.Generator().manual_seed(0)
    real, fake = torch.randn(2, 40, generator=rng, dtype=torch.float64)
    here, moved = shift.losses(game, real, fake), shift.losses(game, real + 3, fake + 3)
    blind = game in ("rsgan", "rasgan", "gan-qp-l1")
    assert (abs(here[0] - moved[0]) < 1e-12) == blind


def test_a_critic_that_prefers_the_generated_one_is_wrong() -> None:
    """The generator's loss falls as its own scores rise, the critic's as the real ones do."""
    goal = objective("rsgan")
    real, fake = torch.zeros(1), torch.tensor([0.5])
    assert goal.critic(real, fake, real).loss > goal.critic(real + 1, fake, real).loss
    assert goal.generator(real, fake).loss > goal.generator(real, fake + 1).loss


def test_training_finds_the_ratio_and_repeats() -> None:
    runs = [[y for y in ratio.learn(1.5, 1.0, 300, 2, 300) if isinstance(y, ratio.Learned)][-1] for _ in range(2)]
    assert runs[0].r2 == runs[1].r2
    assert min(runs[0].r2.values()) > 0.98
    assert runs[0].loss["rsgan"] == pytest.approx(ratio.best_loss(1.5, 1.0), abs=0.08)
