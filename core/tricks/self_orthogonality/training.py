"""A dense net on real digits with and without a penalty on its hidden layers' kernels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.fitting import batches, digit_tensors, generator, mlp, shown_steps
from core.tricks.self_orthogonality.angles import angles, biggan, frobenius, off_diagonal, penalty, statistics

__all__ = ["KINDS", "Comparison", "Training", "compare", "regulariser", "train"]

KINDS = ("none", "signs", "biggan", "frobenius")
HIDDEN = 48
BATCH = 128
LR = 2e-3
EDGES = np.linspace(50, 130, 81)  # degrees
RECENT = 20  # steps over which the loss is averaged


def regulariser(kind: str, x: Tensor, w: Tensor, sums: bool = False) -> Tensor:
    """The penalty ``kind`` on kernels W [d, k]; "signs" looks at the inputs X [b, d] too, which get no gradient."""
    if kind == "signs":
        return penalty(statistics(x.detach(), w), sums)
    if kind == "biggan":
        return biggan(w)
    if kind == "frobenius":
        return frobenius(w)
    if kind == "none":
        return torch.zeros(())
    raise ValueError(f"kind = {kind}: must be one of {', '.join(KINDS)}")


@dataclass(frozen=True, slots=True)
class Training:
    """A net in training.

    density [80] : of the angles of both hidden layers' weights over EDGES (per degree). accuracy : on the test digits.
    loss : mean cross-entropy of the last steps, NaN at the start. places [p] : steps of what follows.
    deviation, square [p] : standard deviation of the angles (degrees); mean ϑ_ij² (i ≠ j) of the layers' outputs on the test digits.
    """

    step: int
    density: np.ndarray
    accuracy: float
    loss: float
    places: np.ndarray
    deviation: np.ndarray
    square: np.ndarray


def train(kind: str, strength: float, centred: bool, steps: int, frames: int, seed: int) -> Iterator[Training]:
    """A net 64-48-48-10 on digits (Adam) with ``strength`` x a penalty on both hidden layers; the start and ``frames`` states.

    Signs use the layer's own input, without its mean if ``centred`` (pixels and ReLUs are not negative).
    """
    rng, (x, y, x_test, y_test) = generator(seed), digit_tensors()
    net = mlp([64, HIDDEN, HIDDEN, 10], rng)
    layers = [layer for layer in net if isinstance(layer, nn.Linear)]
    optimiser = torch.optim.Adam(net.parameters(), lr=LR)
    losses: list[float] = []
    places: list[int] = []
    deviation: list[float] = []
    square: list[float] = []

    @torch.no_grad()
    def state(step: int) -> Training:
        h, found = x_test, []
        for layer in layers[:2]:
            found.append(float(off_diagonal(statistics(h - h.mean(0), layer.weight.T)).square().mean()))
            h = torch.relu(layer(h))
        both = np.concatenate([angles(layer.weight.T) for layer in layers[:2]])
        places.append(step)
        deviation.append(float(both.std()))
        square.append(float(np.mean(found)))
        return Training(
            step,
            np.histogram(both, EDGES)[0] / len(both) / np.diff(EDGES),
            float((layers[2](h).argmax(1) == y_test).float().mean()),
            float(np.mean(losses[-RECENT:])) if losses else float("nan"),
            np.array(places),
            np.array(deviation),
            np.array(square),
        )

    yield state(0)
    shown = shown_steps(steps, frames)
    for step, rows in enumerate(batches(len(x), BATCH, steps, rng), 1):
        h, extra = x[rows], torch.zeros(())
        for layer in layers[:2]:
            extra = extra + regulariser(kind, h - h.mean(0) if centred else h, layer.weight.T)
            h = torch.relu(layer(h))
        loss = F.cross_entropy(layers[2](h), y[rows])
        optimiser.zero_grad()
        (loss + strength * extra).backward()
        optimiser.step()
        losses.append(float(loss.detach()))
        if step in shown:
            yield state(step)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same net without and with a penalty after ``step`` steps; ``middles`` [80] of the angles' bins, degrees."""

    step: int
    middles: np.ndarray
    bare: Training
    kept: Training


def compare(kind: str, strength: float, centred: bool, steps: int, frames: int, seed: int) -> Iterator[Comparison]:
    """:func:`train` without a penalty and with one, side by side."""
    runs = [train(k, strength, centred, steps, frames, seed) for k in ("none", kind)]
    for bare, kept in zip(*runs, strict=True):
        yield Comparison(bare.step, (EDGES[1:] + EDGES[:-1]) / 2, bare, kept)
