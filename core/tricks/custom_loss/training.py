"""One small network, trained on real digits under a loss: where the digits go in the plane."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.fitting import batches, descend, digit_tensors, generator, mlp, shown_steps
from core.tricks.custom_loss.objectives import CLASSES, FEATURES, LOSSES, Head, Settings, losses, triplets

__all__ = ["BATCH", "Comparison", "LR", "State", "classify", "compare", "embed", "separation", "train"]

HIDDEN = (128, 64)
BATCH = 96
TRIPLET_BATCH = 48  # 48³ triplets a step
LR = 6e-3


@dataclass(frozen=True, slots=True)
class State:
    """While training: the test digits' features [450, 2] and labels, what each is taken for, accuracy, separation, the loss of each step so far.

    ``reach`` is how far from the origin the features lie (98 % of them), ``rays`` [10, 2] are the directions of the class weights at
    that length, ``centres`` the class centres (means of the test features but for the centre loss), ``active`` the share of a test
    batch's triplets that still have a gradient, ``recent`` the mean loss of the last 20 steps (NaN before the first).
    """

    step: int
    features: np.ndarray
    labels: np.ndarray
    taken: np.ndarray
    accuracy: float
    separation: float
    active: float
    reach: float
    rays: np.ndarray
    centres: np.ndarray
    trace: np.ndarray
    recent: float


def separation(f: np.ndarray, y: np.ndarray) -> float:
    """Share of the features' variance that lies between the classes: tr B / (tr B + tr W), in [0, 1]."""
    whole = f.var(0).sum()
    within = sum(f[y == k].var(0).sum() * (y == k).mean() for k in np.unique(y))
    return float(1 - within / whole) if whole > 0 else 0.0


def classify(name: str, f: Tensor, head: Head, known: tuple[Tensor, Tensor]) -> Tensor:
    """What each feature is taken for, [n]: the largest logit or cosine; for triplets, which have no classes, the nearest mean direction of ``known``."""
    if name == "triplet":
        unit = F.normalize(known[0], dim=1)
        means = torch.stack([unit[known[1] == k].mean(0) for k in range(CLASSES)])
        return (F.normalize(f, dim=1) @ F.normalize(means, dim=1).T).argmax(1)
    return (head.cosines(f) if name == "margin" else head.logits(f)).argmax(1)


def embed(name: str, settings: Settings, steps: int, frames: int, seed: int) -> Iterator[State]:
    """Train 64-128-64-2 and a head on 1 347 scanned digits under a loss (Adam, batches of 96); yields the start and ``frames`` states.

    Deterministic on one machine: one generator draws weights and batches.
    """
    return train(losses(name), name, settings, steps, frames, seed)


def train(
    loss: Callable[[Tensor, Tensor, Head, Settings], Tensor], name: str, settings: Settings, steps: int, frames: int, seed: int
) -> Iterator[State]:  # fmt: skip
    rng, (x, y, x_test, y_test) = generator(seed), digit_tensors()
    net, head = mlp([64, *HIDDEN, FEATURES], rng), Head(rng)
    optimiser = torch.optim.Adam([*net.parameters(), *head.parameters()], lr=LR)
    trace: list[float] = []

    @torch.no_grad()
    def state(step: int) -> State:
        f = net(x_test)
        taken = classify(name, f, head, (net(x), y))
        hinge, valid = triplets(f[:BATCH], y_test[:BATCH], settings.margin)
        middle = torch.stack([f[y_test == k].mean(0) for k in range(CLASSES)])
        features, labels = f.numpy(), y_test.numpy()
        reach = float(np.quantile(np.linalg.norm(features, axis=1), 0.98)) or 1.0
        return State(
            step, features, labels, taken.numpy(), float((taken == y_test).float().mean()), separation(features, labels), float(((hinge > 0) & valid).sum() / valid.sum()),
            reach, (F.normalize(head.weight, dim=1) * reach).numpy(), (head.centres if name == "centre" else middle).numpy().copy(), np.array(trace), float(np.mean(trace[-20:])) if trace else math.nan,
        )  # fmt: skip

    yield state(0)
    shown = shown_steps(steps, frames)
    order = batches(len(x), TRIPLET_BATCH if name == "triplet" else BATCH, steps, rng)
    for step, value in enumerate(descend(lambda i: loss(net(x[i]), y[i], head, settings), optimiser, order), 1):
        trace.append(value)
        if step in shown:
            yield state(step)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All losses at the same step, by name."""

    step: int
    states: Mapping[str, State]


def compare(settings: Settings, steps: int, frames: int, seed: int) -> Iterator[Comparison]:
    """The same network and batches under each of LOSSES, side by side."""
    runs = [embed(name, settings, steps, frames, seed) for name in LOSSES]
    for states in zip(*runs, strict=True):
        yield Comparison(states[0].step, dict(zip(LOSSES, states, strict=True)))
