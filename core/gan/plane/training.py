"""One loop for all objectives: critic and generator trained in turn, recorded so that training time can be scrubbed.

A run depends on its settings alone. The networks start alike for the same seed whatever the objective, and the noise and
the real points of every step are the same, so that two objectives can be compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from core.device import device
from core.gan.objectives import LAMBDA_QP, Penalty, gradient_penalty, objective, paired_distance
from core.gan.plane.network import Activation, Network
from core.gan.plane.player import share_of_lr
from core.gan.plane.targets import Target

__all__ = ["Record", "Run", "Settings", "penalise", "train"]

NOISE_DIMENSIONS = 2  # z ~ N(0, I): the generator folds one plane onto another
WIDTHS = (64, 64, 64)  # hidden units of critic, generator and encoder
SHOWN = 512  # generated points in a record, always of the same z
MEASURED = 4096  # points, of z drawn once, that the readings are taken from
HALF_WIDTH = 1.25  # of the square that the critic's surface is shown on
ARROWS_WIDTH, LONGEST_STROKE = 1.1, 0.11  # half the side of the square with arrows, and the longest of them
SMALLEST = 1e-12  # a critic that is flat divides by this
GRID, ARROWS = 41, 13  # points a side of the surface, arrows a side of the gradient field
GOOD = 3.0  # standard deviations from the nearest centre within which a sample is good (arXiv 1611.02163)
COVERED = 0.2  # of its fair share of samples, of which a mode needs so much to count as covered
CELLS = 24  # a side of the grid on which target and samples are compared
NORM_EPS = 1e-12  # under the root of ‖∇T‖
BETAS = (0.5, 0.9)  # of Adam: DCGAN's β₁, WGAN-GP's β₂
AVERAGE = 0.98  # decay of the moving average of G's parameters, from which samples are drawn; it grows to this as in training/loop.py
INTERPOLATES = 1024  # on which the mean of ‖∇T‖ is read


@dataclass(frozen=True)
class Settings:
    """A run. ``penalty`` "own" is the objective's own; ``entropy`` weighs ‖z - E(G(z))‖², for objectives with an encoder.

    ``lr`` falls linearly over the steps, for all players and objectives alike.
    """

    objective: str = "gan-qp-l1"
    steps: int = 1500
    every: int = 50
    batch: int = 256
    lr: float = 2e-3
    critic_steps: int = 2
    penalty: Penalty | Literal["own"] = "own"
    penalty_weight: float = 1.0
    lam: float = LAMBDA_QP
    entropy: float = 1.0
    beta_1: float = BETAS[0]
    activation: Activation = "leaky-relu"
    seed: int = 0


@dataclass(frozen=True)
class Record:
    """The state after ``step`` generator steps; the generator is the moving average of its parameters.

    ``samples`` [512, 2]; ``surface`` [41, 41] of T over ``Run.axis`` (rows are y); ``field`` [13, 13, 2], its gradient;
    ``slope`` the mean ‖∇T‖ between real and generated points, ``real_slope`` on real ones; ``divergence`` what the critic sees;
    ``distance`` the Jensen-Shannon divergence (nats) of target and samples on a fixed grid; ``modes`` covered and the
    share of ``good`` samples, where the target has centres (else -1 and NaN).
    """

    step: int
    samples: np.ndarray
    surface: np.ndarray
    field: np.ndarray
    slope: float
    real_slope: float
    divergence: float
    distance: float
    modes: int
    good: float

    @property
    def contrast(self) -> np.ndarray:
        """Where T is high (0) and low (1) over the square, its mean at one half [41, 41]: only differences of T mean something."""
        centred = self.surface - self.surface.mean()
        return 0.5 - 0.5 * centred / max(float(np.abs(centred).max()), SMALLEST)

    @property
    def strokes(self) -> tuple[np.ndarray, np.ndarray]:
        """The gradient field as strokes that begin at a grid of places: x and y [3 x 169] with gaps, as one broken line."""
        ends = np.linspace(-ARROWS_WIDTH, ARROWS_WIDTH, ARROWS)
        places = np.stack(np.meshgrid(ends, ends, indexing="xy"), -1).reshape(-1, 2)
        vectors = self.field.reshape(-1, 2)
        heads = places + LONGEST_STROKE * vectors / max(float(np.hypot(*vectors.T).max()), SMALLEST)
        broken = np.stack([places, heads, np.full_like(places, np.nan)], 1).reshape(-1, 2)
        return broken[:, 0], broken[:, 1]


@dataclass(frozen=True)
class Run:
    """A run so far: its settings, its records, the axis of the surface [41], and the distance that samples of the target itself have."""

    settings: Settings
    records: tuple[Record, ...]
    axis: np.ndarray
    floor: float
    ended: str = ""

    @property
    def last(self) -> Record:
        return self.records[-1]


class _Bench:
    """Networks, optimisers and streams of random numbers of one run."""

    def __init__(self, settings: Settings, aim: Target) -> None:
        self.settings, self.aim, self.device = settings, aim, device()
        self.objective = objective(settings.objective, settings.lam)
        self.penalty: Penalty = self.objective.penalty if settings.penalty == "own" else settings.penalty
        start = torch.Generator().manual_seed(settings.seed)
        sizes = (NOISE_DIMENSIONS, *WIDTHS)
        self.generator = Network((*sizes, 2), start, device=self.device)
        self.critic = Network(
            (2, *WIDTHS, 1), start, settings.activation, spectral=self.objective.spectral, device=self.device
        )
        self.encoder = Network((2, *WIDTHS, NOISE_DIMENSIONS), start, device=self.device)
        betas = (settings.beta_1, BETAS[1])
        self.optimisers = {
            id(net): torch.optim.Adam([net.parameters], settings.lr, betas, fused=True)
            for net in (self.generator, self.critic, self.encoder)
        }
        self.average, self.taken = self.generator.parameters.clone(), 0
        self.rng = torch.Generator().manual_seed(settings.seed + 1)
        self.real = torch.from_numpy(aim.points).to(self.device)
        fixed = torch.Generator().manual_seed(settings.seed + 2)
        self.shown = torch.randn(SHOWN, NOISE_DIMENSIONS, generator=fixed).to(self.device)
        self.measured = torch.randn(MEASURED, NOISE_DIMENSIONS, generator=fixed).to(self.device)
        self.mixing = torch.rand(INTERPOLATES, 1, generator=fixed).to(self.device)

    def batch(self) -> tuple[Tensor, Tensor]:
        """Real points and noise, [batch, 2] each."""
        size = self.settings.batch
        picks = torch.randint(len(self.real), (size,), generator=self.rng)
        noise = torch.randn(size, NOISE_DIMENSIONS, generator=self.rng)
        return self.real[picks.to(self.device)], noise.to(self.device)

    def update(self, net: Network) -> None:
        """One step of the network's optimiser along its gradient."""
        net.settle()
        net.parameters.grad = net.gradient
        self.optimisers[id(net)].step()
        net.normalise()

    def critic_step(self) -> float:
        """One update of the critic; returns its loss without the penalty."""
        real, noise = self.batch()
        fake = self.generator(noise)
        scores, tape = self.critic.forward(torch.cat([real, fake]))
        n = len(real)
        d = paired_distance(real, fake, self.objective.norm)
        scored = self.objective.critic(scores[:n, 0], scores[n:, 0], d)
        self.critic.zero()
        self.critic.backward(tape, torch.cat([scored.real, scored.fake])[:, None])
        if self.penalty != "none":
            self.add_penalty(real, fake)
        self.update(self.critic)
        if self.objective.clip:
            self.critic.parameters.clamp_(-self.objective.clip, self.objective.clip)
        return float(scored.loss)

    def add_penalty(self, real: Tensor, fake: Tensor) -> None:
        """Add the gradient of the penalty on the slope of T: on real points, or between pairs of real and generated ones."""
        x = real
        if self.penalty != "zero-real":
            mix = torch.rand(len(real), 1, generator=self.rng).to(self.device)
            x = mix * real + (1 - mix) * fake
        penalise(self.critic, x, self.penalty, self.settings.penalty_weight)

    def generator_step(self) -> None:
        """One update of the generator, and of the encoder where the objective has one."""
        real, noise = self.batch()
        fake, tape = self.generator.forward(noise)
        scores, critic_tape = self.critic.forward(torch.cat([real, fake]))
        n = len(real)
        scored = self.objective.generator(scores[:n, 0], scores[n:, 0])
        upstream = torch.cat([torch.zeros_like(scored.real), scored.fake])[:, None]  # real points are no part of G
        down = self.critic.input_gradient(critic_tape, upstream)[n:]
        if self.objective.entropy and self.settings.entropy:
            codes, encoder_tape = self.encoder.forward(fake)
            gap = 2 * self.settings.entropy * (codes - noise) / n  # the derivative of E ‖z - E(G(z))‖²
            down = down + self.encoder.input_gradient(encoder_tape, gap)
            self.encoder.zero()
            self.encoder.backward(encoder_tape, gap)
            self.update(self.encoder)
        self.generator.zero()
        self.generator.backward(tape, down)
        self.update(self.generator)
        self.taken += 1
        decay = min(AVERAGE, (1 + self.taken) / (10 + self.taken))
        self.average.lerp_(self.generator.parameters, 1 - decay)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Within, the generator has the average of its parameters."""
        present = self.generator.parameters.clone()
        self.generator.parameters.copy_(self.average)
        try:
            yield
        finally:
            self.generator.parameters.copy_(present)

    def set_lr(self, step: int) -> None:
        """The learning rate of every optimiser before ``step``, counted from 1."""
        share = share_of_lr(step, self.settings.steps)
        for optimiser in self.optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] = self.settings.lr * share

    def slope(self, x: Tensor) -> Tensor:
        """∇T at points [n, 2]."""
        return self.critic.input_gradient(self.critic.forward(x)[1], torch.ones_like(x[:, :1]))

    def record(self, step: int, loss: float, axis: Tensor) -> Record:
        """Measure the present state."""
        grid = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), -1).reshape(-1, 2)
        coarse = torch.linspace(-ARROWS_WIDTH, ARROWS_WIDTH, ARROWS, device=self.device)
        arrows = torch.stack(torch.meshgrid(coarse, coarse, indexing="xy"), -1).reshape(-1, 2)
        field = self.slope(arrows)
        made = self.generator(self.measured)
        real = self.real[:INTERPOLATES]
        between = self.mixing * real + (1 - self.mixing) * made[: len(real)]
        points = made.cpu().numpy()
        modes, good = _modes(points, self.aim)
        return Record(
            step, self.generator(self.shown).cpu().numpy(), self.critic(grid).reshape(GRID, GRID).cpu().numpy(),
            field.reshape(ARROWS, ARROWS, 2).cpu().numpy(), float(self.slope(between).norm(dim=1).mean()),
            float(self.slope(real).norm(dim=1).mean()),
            self.objective.divergence(loss) if step else math.nan, grid_distance(points, self.aim.points), modes, good,
        )  # fmt: skip


def penalise(critic: Network, x: Tensor, kind: Penalty, weight: float) -> None:
    """Add to the critic's gradient that of ``weight`` times the penalty ``kind`` on ‖∇T(x)‖, x [B, n]."""
    _, tape = critic.forward(x)
    slopes = critic.input_gradient(tape, torch.ones_like(x[:, :1]))
    norms = (slopes.square().sum(1) + NORM_EPS).sqrt()
    _, derivative = gradient_penalty(norms, kind)
    critic.backward_through_slope(tape, slopes * (weight * derivative / norms)[:, None])


def train(settings: Settings, aim: Target) -> Iterator[Run]:
    """Train on ``aim``; yields the run so far at every record, the last one complete.

    A run whose parameters are no longer finite ends there, and ``Run.ended`` says "diverged".
    """
    bench = _Bench(settings, aim)
    axis = torch.linspace(-HALF_WIDTH, HALF_WIDTH, GRID, device=bench.device)
    half = len(aim.points) // 2
    floor = grid_distance(aim.points[:MEASURED], aim.points[half:])
    records = [bench.record(0, math.nan, axis)]
    loss = 0.0
    for step in range(1, settings.steps + 1):
        bench.set_lr(step)
        for _ in range(settings.critic_steps):
            loss = bench.critic_step()
        bench.generator_step()
        if step % settings.every and step != settings.steps:
            continue
        if not bool(bench.generator.parameters.isfinite().all() and bench.critic.parameters.isfinite().all()):
            yield Run(settings, tuple(records), axis.cpu().numpy(), floor, "diverged")
            return
        with bench.averaged():
            records.append(bench.record(step, loss, axis))
        yield Run(settings, tuple(records), axis.cpu().numpy(), floor)


def grid_distance(samples: np.ndarray, points: np.ndarray) -> float:
    """The Jensen-Shannon divergence, in nats, of the shares of ``samples`` and ``points`` [N, 2] in the cells of a fixed grid.

    Points beyond the grid count in its outermost cells. It is 0 for equal shares and log 2 for disjoint ones; two finite
    samples of one distribution are a little apart.
    """
    p, q = (_shares(each) for each in (samples, points))
    middle = (p + q) / 2
    parts = [np.where(a > 0, a * np.log(np.where(a > 0, a, 1) / np.where(middle > 0, middle, 1)), 0) for a in (p, q)]
    return float(0.5 * (parts[0].sum() + parts[1].sum()))


def _shares(points: np.ndarray) -> np.ndarray:
    cells = np.clip(np.floor((points + HALF_WIDTH) / (2 * HALF_WIDTH) * CELLS), 0, CELLS - 1).astype(int)
    return np.bincount(cells[:, 0] * CELLS + cells[:, 1], minlength=CELLS**2) / len(points)


def _modes(samples: np.ndarray, aim: Target) -> tuple[int, float]:
    """Modes covered and the share of good samples; (-1, NaN) for a target without centres."""
    if aim.centres is None:
        return -1, math.nan
    gaps = np.linalg.norm(samples[:, None] - aim.centres[None], axis=2)
    nearest = gaps.argmin(1)
    good = gaps.min(1) < GOOD * aim.sd
    counts = np.bincount(nearest[good], minlength=len(aim.centres))
    return int((counts >= COVERED * len(samples) / len(aim.centres)).sum()), float(good.mean())
