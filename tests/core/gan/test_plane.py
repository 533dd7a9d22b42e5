"""The plane bench: its written-out derivatives are autograd's, its losses are the papers' on hand-computed cases, its runs repeat."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from core.gan.objectives import OBJECTIVES, Penalty, gradient_penalty, objective, paired_distance
from core.gan.plane.network import Activation, Network
from core.gan.plane.targets import TARGETS, target
from core.gan.plane.training import Run, Settings, grid_distance, train
from core.refusal import Refusal

SIZES = (2, 7, 6, 5, 1)
KINDS = [(a, s) for a in ("leaky-relu", "tanh") for s in (False, True)]


def network(activation: Activation, spectral: bool) -> Network:
    net = Network(SIZES, torch.Generator().manual_seed(1), activation, spectral, dtype=torch.float64)
    net.biases[0].copy_(torch.linspace(-0.3, 0.4, 7))
    net.normalise(500)  # until the power iteration has settled
    return net


def by_autograd(net: Network) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """The parameters as a leaf, and the same network written with torch's own functions."""
    leaf = net.parameters.clone().requires_grad_()

    def forward(x: Tensor) -> Tensor:
        at, h = 0, x
        for k, weight in enumerate(net.raw):
            n, m = weight.shape
            w, b = leaf[at : at + n * m].view(n, m), leaf[at + n * m : at + n * m + m]
            at += n * m + m
            if net.spectral:
                w = w / torch.linalg.matrix_norm(w, 2)
            h = h @ w + b
            if k < len(net.raw) - 1:
                h = h.tanh() if net.activation == "tanh" else F.leaky_relu(h, 0.2)
        return h

    return leaf, forward


@pytest.mark.parametrize(("activation", "spectral"), KINDS)
def test_the_derivatives_are_those_of_autograd(activation: Activation, spectral: bool) -> None:
    net = network(activation, spectral)
    leaf, forward = by_autograd(net)
    rng = torch.Generator().manual_seed(2)
    x = torch.randn(9, 2, generator=rng, dtype=torch.float64).requires_grad_()
    upstream = torch.randn(9, 1, generator=rng, dtype=torch.float64)
    value, tape = net.forward(x.detach())
    torch.testing.assert_close(value, forward(x).detach())
    by_leaf, by_x = torch.autograd.grad((forward(x) * upstream).sum(), (leaf, x))
    net.zero()
    net.backward(tape, upstream)
    net.settle()
    torch.testing.assert_close(net.gradient, by_leaf, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(net.input_gradient(tape, upstream), by_x, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", ["two-sided", "one-sided", "zero-real"])
@pytest.mark.parametrize(("activation", "spectral"), KINDS)
def test_the_gradient_of_a_penalty_is_that_of_autograd_twice(
    activation: Activation, spectral: bool, kind: Penalty
) -> None:
    net = network(activation, spectral)
    if not spectral:
        net.parameters.mul_(1.5)  # so that some slopes are above 1 and the one-sided penalty is not 0
    leaf, forward = by_autograd(net)
    x = torch.randn(9, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64).requires_grad_()
    (slopes,) = torch.autograd.grad(forward(x).sum(), x, create_graph=True)
    norms = slopes.norm(dim=1)
    terms = {"two-sided": (norms - 1) ** 2, "one-sided": F.relu(norms - 1) ** 2, "zero-real": norms**2}
    (expected,) = torch.autograd.grad(terms[kind].mean(), leaf)
    net.zero()
    _, tape = net.forward(x.detach())
    found = net.input_gradient(tape, torch.ones(9, 1, dtype=torch.float64))
    lengths = found.norm(dim=1)
    value, derivative = gradient_penalty(lengths, kind)
    net.backward_through_slope(tape, found * (derivative / lengths)[:, None])
    net.settle()
    assert float(value) == pytest.approx(float(terms[kind].mean().detach()), rel=1e-12)
    torch.testing.assert_close(net.gradient, expected, rtol=1e-9, atol=1e-12)


def log1p_exp(x: float) -> float:
    return math.log(1 + math.exp(x))


# t_r = (2, -1), t_f = (0, 1), d = (0.5, 2), λ = 10: written out by hand from the formulas of the papers.
BY_HAND = {
    "sgan": ((log1p_exp(-2) + log1p_exp(1)) / 2 + (log1p_exp(0) + log1p_exp(1)) / 2, (log1p_exp(0) + log1p_exp(-1)) / 2),
    "sgan-saturating": (
        (log1p_exp(-2) + log1p_exp(1)) / 2 + (log1p_exp(0) + log1p_exp(1)) / 2,
        -(log1p_exp(0) + log1p_exp(1)) / 2,
    ),
    "lsgan": (0.5 * (1 + 4) / 2 + 0.5 * (0 + 1) / 2, 0.5 * (1 + 0) / 2),
    "hinge": ((0 + 2) / 2 + (1 + 2) / 2, -0.5),
    "wgan-gp": (0.5 - 0.5, -0.5),
    "rsgan": ((log1p_exp(-2) + log1p_exp(2)) / 2, (log1p_exp(2) + log1p_exp(-2)) / 2),
    "rasgan": (
        (log1p_exp(0.5 - 2) + log1p_exp(0.5 + 1)) / 2 + (log1p_exp(0 - 0.5) + log1p_exp(1 - 0.5)) / 2,
        (log1p_exp(0.5 - 0) + log1p_exp(0.5 - 1)) / 2 + (log1p_exp(2 - 0.5) + log1p_exp(-1 - 0.5)) / 2,
    ),
    "gan-qp-l1": ((4 / (2 * 10 * 0.5) - 2 + 4 / (2 * 10 * 2) + 2) / 2, (2 - 2) / 2),
    "energy": (0.5 - 0.5, -0.5),
}  # fmt: skip


@pytest.mark.parametrize("name", BY_HAND)
def test_a_loss_has_the_value_computed_by_hand(name: str) -> None:
    real, fake, d = (torch.tensor(v, dtype=torch.float64) for v in ((2.0, -1.0), (0.0, 1.0), (0.5, 2.0)))
    one = OBJECTIVES[name]
    assert float(one.critic(real, fake, d).loss) == pytest.approx(BY_HAND[name][0], abs=1e-12)
    assert float(one.generator(real, fake).loss) == pytest.approx(BY_HAND[name][1], abs=1e-12)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_derivatives_of_the_losses_are_those_of_autograd(name: str) -> None:
    rng = torch.Generator().manual_seed(3)
    real, fake = (torch.randn(8, generator=rng, dtype=torch.float64).requires_grad_() for _ in range(2))
    d = torch.rand(8, generator=rng, dtype=torch.float64) + 0.1
    for scored in (OBJECTIVES[name].critic(real, fake, d), OBJECTIVES[name].generator(real, fake)):
        by_real, by_fake = torch.autograd.grad(scored.loss, (real, fake), allow_unused=True)
        torch.testing.assert_close(scored.real, torch.zeros_like(real) if by_real is None else by_real)
        torch.testing.assert_close(scored.fake, by_fake)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_both_players_pull_the_scores_the_right_way(name: str) -> None:
    """The critic lifts real points above generated ones; the generator lifts its own."""
    even = torch.zeros(4, dtype=torch.float64)
    critic = OBJECTIVES[name].critic(even, even, even + 1)
    assert (critic.real < 0).all() or name == "lsgan"  # of which the target for real points is 1
    assert (critic.fake >= 0).all()
    assert (critic.fake - critic.real > 0).all()
    assert (OBJECTIVES[name].generator(even, even).fake < 0).all()


@pytest.mark.parametrize("name", ["rsgan", "rasgan", "gan-qp-l1", "wgan-gp"])
def test_a_constant_added_to_t_changes_nothing(name: str) -> None:
    rng = torch.Generator().manual_seed(3)
    real, fake, d = (torch.rand(8, generator=rng, dtype=torch.float64) + 0.1 for _ in range(3))
    one = OBJECTIVES[name].critic(real, fake, d), OBJECTIVES[name].critic(real + 5, fake + 5, d)
    assert float(one[0].loss) == pytest.approx(float(one[1].loss), abs=1e-12)
    assert float(OBJECTIVES["sgan"].critic(real, fake, d).loss) != pytest.approx(
        float(OBJECTIVES["sgan"].critic(real + 5, fake + 5, d).loss), abs=0.1
    )


@pytest.mark.parametrize(
    ("name", "best", "divergence"),
    [
        ("sgan", lambda r: np.log(r), lambda p, q: 0.5 * (p * np.log(2 * p / (p + q)) + q * np.log(2 * q / (p + q)))),
        ("lsgan", lambda r: r / (1 + r), lambda p, q: 0.5 * (p - q) ** 2 / (p + q)),
        ("hinge", lambda r: np.sign(r - 1), lambda p, q: 0.5 * abs(p - q)),
    ],
)
def test_what_the_best_critic_sees_is_the_divergence_of_its_objective(
    name: str, best: Callable[[np.ndarray], np.ndarray], divergence: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> None:
    """On two distributions over four places, each place as often in the batch as it is probable."""
    p, q = np.array([4, 3, 2, 1]), np.array([1, 1, 3, 5])
    score = best(p / q)
    real, fake = (torch.from_numpy(np.repeat(score, counts)).double() for counts in (p, q))
    loss = OBJECTIVES[name].critic(real, fake, torch.ones(10)).loss
    assert OBJECTIVES[name].divergence(float(loss)) == pytest.approx(divergence(p / 10, q / 10).sum(), abs=1e-12)


def test_what_a_relativistic_critic_sees_is_the_divergence_of_the_swapped_pairs() -> None:
    p, q = np.array([2, 1, 1]), np.array([1, 1, 2])
    first, second = (a.ravel() for a in np.meshgrid(np.repeat(np.log(p / q), p), np.repeat(np.log(p / q), q)))
    loss = OBJECTIVES["rsgan"].critic(torch.from_numpy(first), torch.from_numpy(second), torch.ones(16)).loss
    straight, swapped = np.outer(p, q) / 16, np.outer(q, p) / 16
    middle = (straight + swapped) / 2
    js = 0.5 * (straight * np.log(straight / middle) + swapped * np.log(swapped / middle)).sum()
    assert OBJECTIVES["rsgan"].divergence(float(loss)) == pytest.approx(js, abs=1e-12)


def test_the_quadratic_potential_of_two_points_is_half_lambda_d() -> None:
    """max over Δ of Δ - Δ²/(2 λ d) = λ d / 2 at Δ = λ d: it grows with the distance, where JS stays at log 2."""
    for d, lam in ((0.3, 10.0), (1.7, 2.0)):
        deltas = torch.linspace(0, 2 * lam * d, 2001, dtype=torch.float64)
        one = objective("gan-qp-l1", lam)
        seen = [one.divergence(float(one.critic(x[None], x[None] * 0, torch.tensor([d])).loss)) for x in deltas]
        assert max(seen) == pytest.approx(lam * d / 2, abs=1e-6)
        assert float(deltas[int(np.argmax(seen))]) == pytest.approx(lam * d)


def test_distances_of_pairs() -> None:
    real, fake = torch.tensor([[0.0, 0.0], [1.0, 1.0]]), torch.tensor([[3.0, 1.0], [1.0, 1.0]])
    assert paired_distance(real, fake, "l1").tolist() == [2.0, pytest.approx(1e-6)]
    assert paired_distance(real, fake, "l2").tolist() == [pytest.approx(math.sqrt(5)), pytest.approx(1e-6)]


@pytest.mark.parametrize("name", [t for t in TARGETS if t != "drawn"])
def test_targets_lie_in_the_plane_that_is_shown_and_repeat(name: str) -> None:
    one = target(name, 0)
    assert one.points.shape == (20_000, 2) and np.abs(one.points).max() < 1.25
    assert (one.points == target(name, 0).points).all() and (one.points != target(name, 1).points).any()
    if one.centres is not None:
        gaps = np.linalg.norm(one.points[:, None] - one.centres, axis=2)
        counts = np.bincount(gaps.argmin(1), minlength=len(one.centres))
        assert len(counts) == {"eight": 8, "grid": 25}[name]
        assert abs(counts / counts.mean() - 1).max() < 5 * math.sqrt(len(counts) / 20_000)
        assert gaps.min(1).std() < 2 * one.sd and (gaps.min(1) < 3 * one.sd).mean() == pytest.approx(
            1 - math.exp(-4.5), abs=0.005
        )


def test_a_drawing_is_a_target_and_an_empty_one_is_refused() -> None:
    ink = np.zeros((20, 20))
    ink[:10, 10:] = 1  # the upper right quarter
    assert (target("drawn", 0, ink).points > 0).all()
    with pytest.raises(Refusal):
        target("drawn", 0, np.zeros((20, 20)))
    with pytest.raises(Refusal):
        target("square", 0)


def finished(settings: Settings, name: str = "ring") -> Run:
    *_, last = train(settings, target(name, 0))
    assert isinstance(last, Run)
    return last


SHORT = Settings(steps=6, every=3, batch=32)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_trains_and_a_run_repeats(name: str) -> None:
    runs = [finished(replace(SHORT, objective=name)) for _ in range(2)]
    assert [record.step for record in runs[0].records] == [0, 3, 6]
    for one, two in zip(runs[0].records, runs[1].records, strict=True):
        assert (one.samples == two.samples).all() and (one.surface == two.surface).all()
    assert np.isfinite(runs[0].last.surface).all()
    assert (runs[0].records[0].samples != runs[0].last.samples).any()


def test_two_objectives_start_from_the_same_networks() -> None:
    one, two = (finished(replace(SHORT, objective=name)).records[0] for name in ("sgan", "gan-qp-l1"))
    assert (one.samples == two.samples).all() and (one.surface == two.surface).all()


def test_clipped_weights_stay_within_their_bound_and_normalised_ones_have_slope_at_most_one() -> None:
    clipped = finished(replace(SHORT, objective="wgan-clip")).last
    assert np.abs(clipped.surface).max() < 1
    normal = finished(replace(SHORT, objective="wgan-sn", steps=60, every=60)).last
    assert np.linalg.norm(normal.field, axis=2).max() < 1.05


def test_a_penalised_critic_has_slopes_near_one_and_one_that_is_free_does_not() -> None:
    settings = Settings(objective="wgan-gp", steps=150, every=150, batch=128, critic_steps=2, penalty_weight=10.0)
    assert finished(settings).last.slope == pytest.approx(1.0, abs=0.1)
    assert finished(replace(settings, penalty="none", steps=300, every=300)).last.slope > 2


def test_training_brings_samples_nearer_to_the_target() -> None:
    run = finished(Settings(objective="gan-qp-l1", steps=400, every=50, batch=128, lr=3e-3, critic_steps=2))
    first, *later = (record.distance for record in run.records)
    assert run.floor < min(later) < 0.6 * first  # a generator circles the target: the last step need not be the best


def test_a_run_that_diverges_says_so() -> None:
    run = finished(Settings(objective="wgan-gp", steps=20, every=5, batch=32, lr=1e30))
    assert run.ended == "diverged" and len(run.records) == 1
    assert all(np.isfinite(record.samples).all() for record in run.records)


def test_the_distance_on_the_grid() -> None:
    here, there = np.full((100, 2), 0.5), np.full((100, 2), -0.5)
    assert grid_distance(here, here) == 0
    assert grid_distance(here, there) == pytest.approx(math.log(2))
    half = np.concatenate([here, there])
    assert grid_distance(here, half) == pytest.approx(
        0.5 * math.log(4 / 3) + 0.25 * math.log(2 / 3) + 0.25 * math.log(2)
    )
