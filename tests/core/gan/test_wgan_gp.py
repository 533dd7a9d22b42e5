"""WGAN on the line: distances, potentials and penalised optima on cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import norm

from core.gan.objectives import gradient_penalty
from core.gan.plane.network import Network
from core.gan.plane.training import penalise
from core.gan.wgan_gp import line, potential


def test_distance_and_potential_of_two_masses() -> None:
    """All of p at 0 and all of q at 2: W1 = 2, and the potential falls by 2 between them."""
    x = np.linspace(-1, 3, 5)
    p, q = np.array([0, 1, 0, 0, 0.0]), np.array([0, 0, 0, 1, 0.0])
    best = potential.best(x, p, q)
    assert potential.wasserstein(x, p, q) == 2.0
    assert best[1] - best[3] == pytest.approx(2.0)
    assert (p - q) @ best == pytest.approx(2.0)


def test_equal_densities_have_no_distance_and_a_flat_potential() -> None:
    found = potential.bend("normals", 0.0, [(-1, 0), (1, 0)])
    assert found.w1 == found.gain == found.bound == 0
    assert not found.best.any()


def test_a_bent_critic_worked_by_hand() -> None:
    """From (−1, 2) straight to (1, −2): slope −2 between them, and flat beyond."""
    found = potential.bend("boxes", 2.0, [(1.0, -2.0), (-1.0, 2.0)])
    assert found.steepest == pytest.approx(2.0)
    assert found.critic[0] == 2.0
    assert found.critic[-1] == -2.0
    # p is even about −1 over [−1.75, −0.25]: half of it lies where T = 2, the other half where T = −2x falls from 2 to 0.5
    assert found.gain == pytest.approx(2 * (0.5 * 2 + 0.5 * 1.25), abs=0.03)
    assert found.bound < found.w1


def test_two_knots_above_each_other_are_a_jump() -> None:
    found = potential.bend("normals", 1.0, [(0.0, 1.0), (0.0, -1.0), (2.0, -1.0)])
    assert found.steepest == pytest.approx(2.0 / (found.x[1] - found.x[0]))


def test_the_best_slope_under_the_squared_penalty_is_where_its_derivative_vanishes() -> None:
    """At each place D s - λ r (s - 1)² is largest there, and its sum over places is the gain."""
    delta, lam = 1.7, 4.0
    x = np.linspace(-6, delta + 6, 401)
    apart, r = norm.cdf(x) - norm.cdf(x, delta), line.between(x, delta)
    slopes = np.linspace(0.5, 4, 70_001)
    found = line.penalised_slope(x, delta, lam)
    for k in (150, 200, 230):
        best = slopes[(apart[k] * slopes - lam * r[k] * (slopes - 1) ** 2).argmax()]
        assert found[k] == pytest.approx(best, abs=1e-4)
    assert line.penalised_gain(delta, lam) == pytest.approx(float((apart * found).sum() * (x[1] - x[0])), rel=1e-6)
    assert line.penalised_gain(delta, lam) > delta + delta**2 / (2 * lam)


def test_the_density_between_pairs_is_that_of_drawn_ones() -> None:
    """Mass 1, and mean and variance of εx + (1 - ε)y: δ/2, and E ε² + E (1 - ε)² + δ² / 12 = 2/3 + δ² / 12."""
    x = np.linspace(-7, 9, 1601)
    r, width = line.between(x, 2.0), x[1] - x[0]
    mean = (x * r).sum() * width
    assert r.sum() * width == pytest.approx(1.0, abs=1e-6)
    assert mean == pytest.approx(1.0, abs=1e-6)
    assert ((x - mean) ** 2 * r).sum() * width == pytest.approx(2 / 3 + 4 / 12, abs=1e-4)


def test_without_the_square_the_best_slope_is_one_where_the_penalty_outweighs_the_gain() -> None:
    slopes = np.linspace(0, 5, 5001)
    for lam, best in ((2.5, 1.0), (1.5, 5.0)):
        gain = slopes * 2.0 - lam * np.maximum(slopes - 1, 0)
        assert slopes[gain.argmax()] == pytest.approx(best)


def test_the_linear_penalty_by_hand_and_through_a_network() -> None:
    loss, derivative = gradient_penalty(torch.tensor([0.5, 3.0]), "linear")
    assert float(loss) == 1.0
    assert derivative.tolist() == [0.0, 0.5]
    net = Network((1, 5, 1), torch.Generator().manual_seed(0), "tanh", dtype=torch.float64)
    net.parameters.mul_(3)
    x = torch.linspace(-1, 1, 7, dtype=torch.float64)[:, None]

    def penalty() -> float:
        slope = net.input_gradient(net.forward(x)[1], torch.ones_like(x))
        return float(4.0 * gradient_penalty(slope.abs()[:, 0], "linear")[0])

    net.zero()
    penalise(net, x, "linear", 4.0)
    net.settle()
    found = net.gradient.clone()
    for k in range(len(found)):
        net.parameters[k] += 1e-6
        above = penalty()
        net.parameters[k] -= 2e-6
        below = penalty()
        net.parameters[k] += 1e-6
        assert float(found[k]) == pytest.approx((above - below) / 2e-6, abs=1e-4)


def test_training_repeats_and_the_unbounded_critic_runs_away() -> None:
    runs = [[y for y in line.estimate(1.0, 10.0, 150, 3, 150) if isinstance(y, line.Estimates)][-1] for _ in range(2)]
    for way in line.WAYS:
        assert runs[0].gain[way].tolist() == runs[1].gain[way].tolist()
    assert runs[0].gain["none"][-1] > 20
    assert runs[0].gain["linear"][-1] == pytest.approx(1.0, abs=0.15)


def test_a_generator_on_the_line_comes_nearer() -> None:
    *_, last = line.imitate("linear", 10.0, 120, 0)
    assert isinstance(last, line.Imitation)
    assert last.w1[-1] < 0.5 * last.w1[0]
    assert last.steps[0] == 0
    assert last.made.shape == (len(last.steps), len(last.centres))
    width = last.centres[1] - last.centres[0]
    assert last.real.sum() * width == pytest.approx(1.0, abs=0.01)
