"""All extras in one loop: moving average, accumulation, spectral normalisation, virtual adversarial training, the bar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.fitting import batches, digit_tensors, generator, mlp, shown_steps
from core.tricks.training_loop.accumulation import accumulated
from core.tricks.training_loop.averaging import Average
from core.tricks.training_loop.bar import ProgressBar
from core.tricks.training_loop.spectral import normalised
from core.tricks.training_loop.vat import vat_loss

__all__ = ["Extras", "Pair", "Run", "pair", "train"]

BATCH = 32
UNLABELLED = 64  # digits of a step that VAT sees without labels
LOGITS = 8.0  # a net of Lipschitz constant 1 in [0, 1]^64 has logits too flat for a softmax


@dataclass(frozen=True, slots=True)
class Extras:
    """What is switched on: ``average`` β (0 off), ``pieces`` of each batch, ``spectral`` normalisation, ``vat`` radius (0 off)."""

    average: float = 0.0
    pieces: int = 1
    spectral: bool = False
    vat: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """So far: loss [steps]; at ``places`` [p] test accuracy of the weights and of their average (the weights' own without one), and exact
    spectral norms of the three layers as they are used [p, 3]; mean ‖h‖² of the first layer; the bar's line."""

    step: int
    loss: np.ndarray
    places: np.ndarray
    accuracy: np.ndarray
    averaged: np.ndarray
    norms: np.ndarray
    hidden: float
    bar: str


@dataclass(frozen=True, slots=True)
class Pair:
    """The same run with nothing on and with the extras."""

    bare: Run
    extra: Run


def pair(extras: Extras, labelled: int, lr: float, steps: int, frames: int, seed: int) -> Iterator[Pair]:
    """:func:`train` with nothing on and with ``extras``, side by side."""
    runs = [train(e, labelled, lr, steps, frames, seed) for e in (Extras(), extras)]
    for bare, extra in zip(*runs, strict=True):
        yield Pair(bare, extra)


def train(extras: Extras, labelled: int, lr: float, steps: int, frames: int, seed: int) -> Iterator[Run]:
    """A net 64-64-64-10 on ``labelled`` labelled digits (Adam); VAT sees all 1 347 without labels. One loop, each extra its own lines."""
    rng, (x, y, x_test, y_test) = generator(seed), digit_tensors()
    few = torch.randperm(len(x), generator=rng)[:labelled]
    net = mlp([64, 64, 64, 10], rng)
    layers = [layer for layer in net if isinstance(layer, nn.Linear)]
    parameters = list(net.parameters())
    optimiser = torch.optim.Adam(parameters, lr=lr)
    average = Average(net, extras.average)
    bar = ProgressBar(steps, frozenset({"hidden"}))

    def used(layer: nn.Linear) -> Tensor:
        return normalised(layer.weight) if extras.spectral else layer.weight

    def model(z: Tensor) -> Tensor:
        for layer in layers[:-1]:
            z = torch.relu(F.linear(z, used(layer), layer.bias))
        logits = F.linear(z, used(layers[-1]), layers[-1].bias)
        return logits * LOGITS if extras.spectral else logits

    def right() -> float:
        return float((model(x_test).argmax(1) == y_test).float().mean())

    trace: list[float] = []
    places: list[int] = []
    accuracy: list[float] = []
    averaged: list[float] = []
    norms: list[list[float]] = []
    shown = shown_steps(steps, frames)
    unlabelled = batches(len(x), UNLABELLED, steps, rng)
    for step, chosen in enumerate(batches(labelled, BATCH, steps, rng), 1):
        rows, free = few[chosen], next(unlabelled)
        pieces: list[Tensor] = []  # losses of the pieces, each with its share

        def loss(i: Tensor, rows: Tensor = rows, pieces: list[Tensor] = pieces) -> Tensor:
            value = F.cross_entropy(model(x[i]), y[i])
            pieces.append(value.detach() * len(i) / len(rows))
            return value

        gradients = accumulated(loss, parameters, rows, min(extras.pieces, len(rows)))
        total = float(torch.stack(pieces).sum())
        if extras.vat > 0:
            smooth = vat_loss(model, x[free], extras.vat, rng)
            gradients = [a + b for a, b in zip(gradients, torch.autograd.grad(smooth, parameters), strict=True)]
            total += float(smooth.detach())
        for p, g in zip(parameters, gradients, strict=True):
            p.grad = g
        optimiser.step()
        if extras.average > 0:
            average.update(net)
        with torch.no_grad():
            hidden = float(torch.relu(F.linear(x[rows], used(layers[0]), layers[0].bias)).square().sum(1).mean())
        trace.append(total)
        line = bar.update(step, {"loss": total, "hidden": hidden})
        if step not in shown:
            continue
        with torch.no_grad():
            places.append(step)
            accuracy.append(right())
            norms.append([float(torch.linalg.matrix_norm(used(layer), 2)) for layer in layers])
            if extras.average > 0:
                average.exchange(net)
                averaged.append(right())
                average.exchange(net)
            else:
                averaged.append(accuracy[-1])
        yield Run(
            step,
            np.array(trace),
            np.array(places),
            np.array(accuracy),
            np.array(averaged),
            np.array(norms),
            hidden,
            line,
        )
