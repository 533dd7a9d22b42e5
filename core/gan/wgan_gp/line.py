"""Critics trained on the line: what each way of keeping them regular makes of W1, and a generator that learns to imitate.

For N(0, 1) and N(δ, 1), W1 = δ. A penalty λ E(‖∇T‖ - 1)² leaves the best slope at 1 + W1/2λ and the gain at
W1 + W1²/2λ, as s W1 - λ(s - 1)² is largest there; without the square, λ E relu(‖∇T‖ - 1), as in the script of post 4439, the
best slope is exactly 1 as soon as λ > W1. Clipping bounds weights, not the slope.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from core.gan.objectives import Penalty, objective
from core.gan.plane.network import Network
from core.gan.plane.training import penalise
from core.progress import Progress

__all__ = ["WAYS", "Estimates", "Imitation", "estimate", "imitate", "penalised_gain", "penalised_slope"]

WAYS = ("none", "clip", "two-sided", "linear", "spectral")
WIDTHS = (32, 32)
BATCH, LAST_LR = 256, 0.02  # the learning rate falls linearly to the given share of
LR, IMITATION_LR = 5e-3, 2e-3  # for a critic alone, for both players
CLIP = 0.1  # on networks of 32 units; the paper's 0.01 is for pictures
REACH, POINTS = 4.0, 161  # standard deviations beyond both centres that are shown
MEASURED = 4000
GENERATOR_WIDTHS, CRITIC_STEPS, SHOWN_SAMPLES = (32, 32), 5, 4000
PARTS = ((-1.5, 0.35, 0.6), (1.2, 0.5, 0.4))  # mean, sd and weight of the two normals to imitate
WINDOW, BINS = 3.0, 60
BETAS = (0.0, 0.9)  # arXiv 1704.00028


@dataclass(frozen=True)
class Estimates:
    """``steps`` [k]; by way: ``gain`` E_p T - E_q T [k] and ``steepest`` slope [k] on the line, ``critic`` T [161] now; ``w1``."""

    x: np.ndarray
    w1: float
    steps: np.ndarray
    gain: dict[str, np.ndarray]
    steepest: dict[str, np.ndarray]
    critic: dict[str, np.ndarray]
    total: int

    def quotient(self, way: str) -> float:
        """Gain over steepest slope at the last step: by duality no more than W1."""
        return float(self.gain[way][-1] / self.steepest[way][-1])

    def expected(self, lam: float) -> float:
        """What the best critic under the squared penalty with this λ gains."""
        return penalised_gain(self.w1, lam)


@dataclass(frozen=True)
class Imitation:
    """Moments of a generator's training: ``steps`` [k], ``made`` [k, 60] and ``real`` [60] densities in the bins about
    ``centres``, the critic ``critic`` [k, 60] there with mean 0, ``w1`` [k] of samples and target."""

    centres: np.ndarray
    real: np.ndarray
    steps: np.ndarray
    made: np.ndarray
    critic: np.ndarray
    w1: np.ndarray
    total: int


def _set_lr(optimiser: torch.optim.Optimizer, lr: float, step: int, steps: int) -> None:
    for group in optimiser.param_groups:
        group["lr"] = lr * max(1 - (step - 1) / steps, LAST_LR)


def _apply(net: Network, optimiser: torch.optim.Optimizer) -> None:
    net.settle()
    net.parameters.grad = net.gradient
    optimiser.step()
    net.normalise()


def estimate(delta: float, lam: float, steps: int, seed: int, every: int = 50) -> Iterator[Estimates | Progress]:
    """Train one critic a way on N(0, 1) and N(δ, 1); yields all of them a few times, the last time whole."""
    rng = torch.Generator().manual_seed(seed)
    start = int(torch.randint(2**31, (1,), generator=rng))
    nets = {
        way: Network((1, *WIDTHS, 1), torch.Generator().manual_seed(start), spectral=way == "spectral") for way in WAYS
    }
    optimisers = {way: torch.optim.Adam([net.parameters], LR, BETAS) for way, net in nets.items()}
    goal = objective("wgan-gp")
    x = np.linspace(min(0.0, delta) - REACH, max(0.0, delta) + REACH, POINTS)
    fresh = torch.randn(2, MEASURED, 1, generator=torch.Generator().manual_seed(seed + 1))
    fresh[1] += delta
    grid = torch.from_numpy(x).float()[:, None]
    seen: list[int] = []
    gain: dict[str, list[float]] = {way: [] for way in WAYS}
    steepest: dict[str, list[float]] = {way: [] for way in WAYS}
    d = torch.ones(BATCH)
    for step in range(1, steps + 1):
        points = torch.randn(2, BATCH, 1, generator=rng)
        points[1] += delta
        mix = torch.rand(BATCH, 1, generator=rng)
        for way, net in nets.items():
            scores, tape = net.forward(points.flatten(0, 1))
            scored = goal.critic(scores[:BATCH, 0], scores[BATCH:, 0], d)
            net.zero()
            net.backward(tape, torch.cat([scored.real, scored.fake])[:, None])
            if way in ("two-sided", "linear"):
                kind: Penalty = "two-sided" if way == "two-sided" else "linear"
                penalise(net, mix * points[0] + (1 - mix) * points[1], kind, lam)
            _set_lr(optimisers[way], LR, step, steps)
            _apply(net, optimisers[way])
            if way == "clip":
                net.parameters.clamp_(-CLIP, CLIP)
        if step % every and step != steps:
            continue
        seen.append(step)
        for way, net in nets.items():
            gain[way].append(float(net(fresh[0]).mean() - net(fresh[1]).mean()))
            slope = net.input_gradient(net.forward(grid)[1], torch.ones_like(grid))
            steepest[way].append(float(slope.abs().max()))
        if step == steps or len(seen) % 4 == 0:
            critic = {way: _scores(net, grid) for way, net in nets.items()}
            yield Estimates(
                x, delta, np.array(seen), {w: np.array(v) for w, v in gain.items()},
                {w: np.array(v) for w, v in steepest.items()}, critic, steps,
            )  # fmt: skip
        else:
            yield Progress(step / steps)


def _scores(net: Network, grid: torch.Tensor) -> np.ndarray:
    scores = net(grid)[:, 0].double().numpy()
    return scores - scores.mean()


def imitate(way: str, lam: float, steps: int, seed: int, records: int = 20) -> Iterator[Imitation | Progress]:
    """Train G: U(-1, 1) → line against a critic kept regular by ``way``, to imitate two normals; five critic steps a step."""
    rng = torch.Generator().manual_seed(seed)
    critic = Network((1, *WIDTHS, 1), rng, spectral=way == "spectral")
    generator = Network((1, *GENERATOR_WIDTHS, 1), rng)
    nets = (critic, generator)
    optimisers = [torch.optim.Adam([net.parameters], LR, BETAS) for net in nets]
    goal, d = objective("wgan-gp"), torch.ones(BATCH)
    centres, sds, weights = (torch.tensor(column) for column in zip(*PARTS, strict=True))
    target = torch.Generator().manual_seed(seed + 1)

    def real(count: int, source: torch.Generator) -> torch.Tensor:
        part = torch.multinomial(weights, count, replacement=True, generator=source)
        return (centres[part] + sds[part] * torch.randn(count, generator=source))[:, None]

    shown = real(SHOWN_SAMPLES, target)
    codes = 2 * torch.rand(SHOWN_SAMPLES, 1, generator=target) - 1
    edges = np.linspace(-WINDOW, WINDOW, BINS + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    grid = torch.from_numpy(middle).float()[:, None]
    seen: list[int] = []
    made: list[np.ndarray] = []
    potentials: list[np.ndarray] = []
    w1: list[float] = []

    def record(step: int) -> None:
        drawn = generator(codes)
        seen.append(step)
        made.append(_density(drawn, edges))
        potentials.append(_scores(critic, grid))
        w1.append(float((drawn[:, 0].sort().values - shown[:, 0].sort().values).abs().mean()))

    record(0)
    every = max(steps // records, 1)
    for step in range(1, steps + 1):
        for optimiser in optimisers:
            _set_lr(optimiser, IMITATION_LR, step, steps)
        for _ in range(CRITIC_STEPS):
            x, z = real(BATCH, rng), 2 * torch.rand(BATCH, 1, generator=rng) - 1
            y = generator(z)
            scores, tape = critic.forward(torch.cat([x, y]))
            scored = goal.critic(scores[:BATCH, 0], scores[BATCH:, 0], d)
            critic.zero()
            critic.backward(tape, torch.cat([scored.real, scored.fake])[:, None])
            if way in ("two-sided", "linear"):
                mix = torch.rand(BATCH, 1, generator=rng)
                kind: Penalty = "two-sided" if way == "two-sided" else "linear"
                penalise(critic, mix * x + (1 - mix) * y, kind, lam)
            _apply(critic, optimisers[0])
            if way == "clip":
                critic.parameters.clamp_(-CLIP, CLIP)
        y, tape = generator.forward(2 * torch.rand(BATCH, 1, generator=rng) - 1)
        scores, critic_tape = critic.forward(y)
        scored = goal.generator(torch.zeros(BATCH), scores[:, 0])
        generator.zero()
        generator.backward(tape, critic.input_gradient(critic_tape, scored.fake[:, None]))
        _apply(generator, optimisers[1])
        if step % every and step != steps:
            continue
        record(step)
        if step == steps or len(seen) % 5 == 0:
            yield Imitation(
                middle,
                _density(shown, edges),
                np.array(seen),
                np.array(made),
                np.array(potentials),
                np.array(w1),
                steps,
            )
        else:
            yield Progress(step / steps)


def _density(values: torch.Tensor, edges: np.ndarray) -> np.ndarray:
    counts = np.histogram(values.numpy(), edges)[0]
    return counts / (len(values) * (edges[1] - edges[0]))


def penalised_slope(w1: float, lam: float) -> float:
    """1 + W1/2λ, the slope at which s W1 - λ (s - 1)² is largest: the best critic's under the squared penalty."""
    return 1 + w1 / (2 * lam)


def penalised_gain(w1: float, lam: float) -> float:
    """W1 + W1²/2λ, the gain E_p T - E_q T of that critic."""
    return w1 * penalised_slope(w1, lam)
