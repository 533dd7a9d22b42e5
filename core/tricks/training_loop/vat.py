"""Virtual adversarial training (added; Miyato et al. 2018): the answer should not change in the direction in which it would change most.

L_vat = KL(p(y|x) ‖ p(y|x + εd)) with d ← ∇_r KL at r = ξd, normalised: the KL has its minimum at r = 0, so ∇_r KL(ξd) ≈ ξHd, and
this is power iteration on the Hessian. No labels are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.data.classics import two_moons
from core.fitting import generator, mlp, shown_steps

__all__ = [
    "Moons", "MoonsNet", "adversarial_direction", "divergence", "moons", "quadratic_alignment", "smoothed_moons", "vat_loss",
]  # fmt: skip

XI = 1e-3  # the small step at which VAT takes its gradient (1e-6 in the paper; float32 wants more)
LR = 3e-3
NOISE = 0.08  # of the moons
EDGE, GRID = 2.0, 61  # half side of the picture, places along it


def divergence(model: Callable[[Tensor], Tensor], x: Tensor, r: Tensor, clean: Tensor) -> Tensor:
    """KL(p(·|x) ‖ p(·|x + r)) of each sample, [n], from ``clean`` = logits at x (no gradient through them)."""
    log_p, log_q = clean.log_softmax(1), model(x + r).log_softmax(1)
    return (log_p.exp() * (log_p - log_q)).sum(1)


def adversarial_direction(
    cost: Callable[[Tensor], Tensor], like: Tensor, iterations: int, rng: torch.Generator, xi: float = XI
) -> Tensor:
    """Unit directions [n, d] that raise ``cost(r)`` [n] most, by power iteration on its Hessian at 0: d ← ∇cost(ξd), normalised.

    ``cost`` has its minimum at 0. One iteration is common.
    """
    d = F.normalize(torch.randn(like.shape, generator=rng, dtype=like.dtype), dim=1)
    for _ in range(iterations):
        d = (xi * d).requires_grad_()
        (gradient,) = torch.autograd.grad(cost(d).sum(), d)
        d = F.normalize(gradient, dim=1)
    return d.detach()


def vat_loss(
    model: Callable[[Tensor], Tensor], x: Tensor, radius: float, rng: torch.Generator, iterations: int = 1
) -> Tensor:
    """Mean KL between the answers at x and at x + ``radius``·(adversarial direction)."""
    with torch.no_grad():
        clean = model(x)
    d = adversarial_direction(lambda r: divergence(model, x, r, clean), x, iterations, rng)
    return divergence(model, x, radius * d, clean).mean()


def quadratic_alignment(dimension: int, iterations: int, seed: int) -> float:
    """|cos| between the direction found on ½rᵀHr and H's top eigenvector: 1 when the power iteration has converged."""
    q, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((dimension, dimension)))
    h = torch.tensor(q @ np.diag(np.linspace(1, 0.1, dimension) ** 2) @ q.T)
    start = torch.zeros(1, dimension, dtype=torch.float64)
    d = adversarial_direction(lambda r: 0.5 * ((r @ h) * r).sum(1), start, iterations, generator(seed))
    return abs(float(d[0] @ torch.tensor(q[:, 0])))


def moons(n: int, labelled: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(points [n, 2], classes [n], places of the ``labelled`` ones, as many of each class) of two moons."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    x = two_moons(y == 0, rng.uniform(0, np.pi, n)) + NOISE * rng.standard_normal((n, 2))
    places = np.concatenate([rng.choice(np.flatnonzero(y == k), labelled // 2, replace=False) for k in (0, 1)])
    return x, y, np.sort(places)


@dataclass(frozen=True, slots=True)
class MoonsNet:
    """A classifier of the moons: accuracy on all points; p(y = 1) on the grid [GRID, GRID]; strokes (x, y), NaN between them, from
    each point in the direction in which its answer changes most."""

    accuracy: float
    surface: np.ndarray
    strokes: tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class Moons:
    """Two nets after ``step`` steps, ``bare`` on the labels alone and ``smooth`` with VAT on all points; the grid's axis [GRID].

    points [n, 2] ; marked : of each class, its labelled points [labelled/2, 2].
    """

    step: int
    points: np.ndarray
    marked: tuple[np.ndarray, np.ndarray]
    axis: np.ndarray
    bare: MoonsNet
    smooth: MoonsNet


def smoothed_moons(
    n: int, labelled: int, radius: float, iterations: int, steps: int, frames: int, seed: int
) -> Iterator[Moons]:
    """A net 2-64-64-2 on two moons with few labels (Adam), without and with VAT of ``radius`` on all points."""
    points, classes, places = moons(n, labelled, seed)
    marked = (points[places[classes[places] == 0]], points[places[classes[places] == 1]])
    axis = np.linspace(-EDGE, EDGE, GRID)
    runs = [_moons_net(points, classes, places, axis, r, iterations, steps, frames, seed) for r in (0.0, radius)]
    for (step, bare), (_, smooth) in zip(*runs, strict=True):
        yield Moons(step, points, marked, axis, bare, smooth)


def _moons_net(
    points: np.ndarray, classes: np.ndarray, places: np.ndarray, axis: np.ndarray, radius: float, iterations: int, steps: int, frames: int, seed: int
) -> Iterator[tuple[int, MoonsNet]]:  # fmt: skip
    rng = generator(seed)
    net = mlp([2, 64, 64, 2], rng)
    x, y, few = torch.tensor(points, dtype=torch.float32), torch.tensor(classes), torch.tensor(places)
    grid = torch.tensor(np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2), dtype=torch.float32)
    optimiser = torch.optim.Adam(net.parameters(), lr=LR)
    shown = shown_steps(steps, frames)
    for step in range(1, steps + 1):
        loss = F.cross_entropy(net(x[few]), y[few])
        if radius > 0:
            loss = loss + vat_loss(net, x, radius, rng, iterations)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step in shown:
            with torch.no_grad():
                clean = net(x)
                surface = net(grid).softmax(1)[:, 1].view(len(axis), len(axis)).numpy()
            d = adversarial_direction(
                lambda r, clean=clean: divergence(net, x, r, clean), x, 3, generator(seed)
            ).numpy()
            ends = np.stack([points, points + max(radius, 0.1) * d, np.full_like(points, np.nan)], 1).reshape(-1, 2)
            accuracy = float((clean.argmax(1) == y).float().mean())
            yield step, MoonsNet(accuracy, surface, (ends[:, 0], ends[:, 1]))
