"""Smoothed labels: how sure a network gets, and the gap of the logits at the optimum."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.fitting import batches, descend, digit_tensors, generator, mlp
from core.progress import Progress
from core.tricks.custom_loss.objectives import CLASSES, smoothed
from core.tricks.custom_loss.training import BATCH, LR

__all__ = ["Confidence", "Smoothing", "confidence", "optimal_gap", "smoothing", "trained_gap"]

HIDDEN = 64
BINS = np.linspace(0.1, 1, 37)  # the largest of ten probabilities is at least 0.1
EPSILONS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)


@dataclass(frozen=True, slots=True)
class Confidence:
    """On the test digits: how often the largest probability falls into each of BINS, its mean ``certainty``, accuracy, mean gap of the
    right logit over the mean of the others, cross-entropy."""

    counts: np.ndarray
    certainty: float
    accuracy: float
    gap: float
    cross_entropy: float


def confidence(epsilon: float, steps: int, seed: int) -> Confidence:
    """A net 64-64-10 trained on digits with labels smoothed by ε."""
    rng, (x, y, x_test, y_test) = generator(seed), digit_tensors()
    net = mlp([64, HIDDEN, CLASSES], rng)
    optimiser = torch.optim.Adam(net.parameters(), lr=LR)
    for _ in descend(lambda i: smoothed(net(x[i]), y[i], epsilon), optimiser, batches(len(x), BATCH, steps, rng)):
        pass
    with torch.no_grad():
        logits = net(x_test)
        top, taken = logits.softmax(1).max(1)
        right = logits.gather(1, y_test[:, None])[:, 0]
        others = (logits.sum(1) - right) / (CLASSES - 1)
    counts, _ = np.histogram(top.numpy(), BINS)
    accuracy = float((taken == y_test).float().mean())
    return Confidence(
        counts, float(top.mean()), accuracy, float((right - others).mean()), float(F.cross_entropy(logits, y_test))
    )


@dataclass(frozen=True, slots=True)
class Smoothing:
    """A net trained on hard labels (ε = 0) and one on smoothed ones, beside the optimum.

    ``bins`` are the edges of their histograms; ``target`` is the right class's probability at the optimum, ``gap`` its logit minus
    any other; ``formula`` (ε, gap) is the curve of that gap, ``minimised`` (ε, gap) the same found by descent on free logits.
    """

    hard: Confidence
    soft: Confidence
    bins: np.ndarray
    target: float
    gap: float
    formula: tuple[np.ndarray, np.ndarray]
    minimised: tuple[np.ndarray, np.ndarray]


def smoothing(epsilon: float, steps: int, seed: int) -> Iterator[Progress | Smoothing]:
    """Two networks, with labels as they are and smoothed by ε."""
    hard = confidence(0.0, steps, seed)
    yield Progress(0.45)
    soft = confidence(epsilon, steps, seed)
    yield Progress(0.9)
    fine, some = np.linspace(0.004, 0.6, 120), np.array(EPSILONS)
    formula = np.array([optimal_gap(e, CLASSES) for e in fine])
    minimised = np.array([trained_gap(e, CLASSES) for e in some])
    target = 1 - epsilon + epsilon / CLASSES
    yield Smoothing(hard, soft, BINS, target, optimal_gap(epsilon, CLASSES), (fine, formula), (some, minimised))


def optimal_gap(epsilon: float, classes: int) -> float:
    """The right logit minus any other at the optimum of smoothed labels: log((1 − ε + ε/K)/(ε/K)); infinite at ε = 0."""
    return math.log((1 - epsilon + epsilon / classes) / (epsilon / classes)) if epsilon > 0 else math.inf


def trained_gap(epsilon: float, classes: int, steps: int = 60) -> float:
    """The same gap found by minimising over free logits (L-BFGS, float64)."""
    logits = torch.zeros(1, classes, dtype=torch.float64, requires_grad=True)
    y = torch.zeros(1, dtype=torch.long)
    optimiser = torch.optim.LBFGS(
        [logits], max_iter=steps, tolerance_grad=1e-14, tolerance_change=1e-16, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = smoothed(logits, y, epsilon)
        loss.backward()
        return loss

    optimiser.step(closure)
    return float((logits[0, 0] - logits[0, 1:].mean()).detach())
