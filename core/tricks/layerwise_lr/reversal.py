"""Gradient reversal: a classifier learns a domain without its labels, because its features must not tell the domains apart."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from core.data.classics import two_moons
from core.fitting import generator, mlp, shown_steps
from core.tricks.layerwise_lr.gradients import reverse

__all__ = ["Domains", "Reversal", "Reversed", "compare_reversal", "domains", "ramp", "reversal_run"]

LR = 0.02
STEEPNESS = 5.0  # of the ramp; the paper has 10, which on so few steps works for fewer seeds
REACH, GRID = 2.4, 61  # half the side of the plane that is drawn, and points along it


@dataclass(frozen=True, slots=True)
class Domains:
    """Source points [n, 2] with labels [n], target points [n, 2] whose labels [n] are for judging only."""

    source: np.ndarray
    labels: np.ndarray
    target: np.ndarray
    hidden: np.ndarray


def domains(n: int, degrees: float, seed: int) -> Domains:
    """Two moons, and the same two moons turned by ``degrees``."""
    rng = np.random.default_rng(seed)

    def moons() -> tuple[np.ndarray, np.ndarray]:
        y, angle = rng.integers(2, size=n), rng.uniform(0, np.pi, n)
        return two_moons(y == 0, angle, 0.25) + 0.1 * rng.standard_normal((n, 2)), y

    (source, labels), (target, hidden) = moons(), moons()
    a = math.radians(degrees)
    return Domains(source, labels, target @ np.array([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]]), hidden)


def ramp(share: float) -> float:
    """How much of the reversal is on after this ``share`` of the steps: 2/(1 + e^{−kt}) − 1, from 0 to nearly 1 (Ganin and Lempitsky 2015)."""
    return 2 / (1 + math.exp(-STEEPNESS * share)) - 1


@dataclass(frozen=True, slots=True)
class Reversal:
    """After ``step`` steps, the last with reversal ``strength``: accuracies on source and target, the domain classifier's (0.5: cannot tell), and
    p(second class) on a grid [y, x] over ``axis``."""

    step: int
    strength: float
    source: float
    target: float
    domain: float
    axis: np.ndarray
    surface: np.ndarray


def reversal_run(data: Domains, factor: float, steps: int, frames: int, seed: int) -> Iterator[Reversal]:
    """Features 2-32-16, a classifier of source labels, and a classifier of domains whose gradient reaches the features times −factor·ramp.

    At factor 0 the domains do not reach the features (the domain classifier still learns).
    """
    rng = generator(seed)
    features, label, domain = mlp([2, 32, 16], rng), mlp([16, 16, 1], rng), mlp([16, 16, 1], rng)
    optimiser = torch.optim.Adam([*features.parameters(), *label.parameters(), *domain.parameters()], lr=LR)
    xs, ys, xt = (torch.tensor(a, dtype=torch.float32) for a in (data.source, data.labels, data.target))
    yt = torch.tensor(data.hidden)
    both, of = torch.cat([xs, xt]), torch.cat([torch.zeros(len(xs)), torch.ones(len(xt))])
    axis = torch.linspace(-REACH, REACH, GRID)
    grid = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), -1).reshape(-1, 2)
    shown = shown_steps(steps, frames)

    @torch.no_grad()
    def judged(step: int, strength: float) -> Reversal:
        f = torch.relu(features(both))
        taken, told = label(f)[:, 0] > 0, domain(f)[:, 0] > 0
        own, foreign = (
            (t == y.bool()).float().mean().item() for t, y in ((taken[: len(xs)], ys), (taken[len(xs) :], yt))
        )
        heights = torch.sigmoid(label(torch.relu(features(grid)))[:, 0]).view(GRID, GRID).numpy()
        return Reversal(step, strength, own, foreign, (told == of.bool()).float().mean().item(), axis.numpy(), heights)

    for step in range(1, steps + 1):
        strength = factor * ramp(step / steps)
        f = torch.relu(features(both))
        own = F.binary_cross_entropy_with_logits(label(f[: len(xs)])[:, 0], ys)
        foreign = F.binary_cross_entropy_with_logits(domain(reverse(f, strength))[:, 0], of)
        optimiser.zero_grad()
        (own + foreign).backward()
        optimiser.step()
        if step in shown:
            yield judged(step, strength)


@dataclass(frozen=True, slots=True)
class Reversed:
    """The same network trained without (``plain``) and with reversal (``turned``) on ``data``."""

    data: Domains
    plain: Reversal
    turned: Reversal


def compare_reversal(n: int, degrees: float, factor: float, steps: int, frames: int, seed: int) -> Iterator[Reversed]:
    """:func:`reversal_run` at factor 0 and at ``factor``, side by side."""
    data = domains(n, degrees, seed)
    runs = [reversal_run(data, strength, steps, frames, seed) for strength in (0.0, factor)]
    for plain, turned in zip(*runs, strict=True):
        yield Reversed(data, plain, turned)
