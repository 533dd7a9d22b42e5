"""Dropout of the inputs of a linear regression (post 4521; Wager et al. 2013): in expectation it is a ridge regression, exactly."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.data.classics import diabetes
from core.refusal import Refusal

__all__ = [
    "LinearData",
    "Penalty",
    "dropped_loss",
    "enumerated_loss",
    "fit_by_dropout",
    "linear_data",
    "penalised_loss",
    "penalty",
    "ridge",
]

BATCH = 64
SHARES = np.linspace(0, 0.95, 40)  # of p, along ridge's path
AROUND = np.linspace(-0.6, 0.9, 13)  # places along one coefficient, from its optimum


@dataclass(frozen=True, slots=True)
class LinearData:
    """Columns [n, d] in standard units, centred targets [n] and the columns' names."""

    x: np.ndarray
    y: np.ndarray
    names: list[str]


def linear_data() -> LinearData:
    """442 patients with diabetes: ten measures, and how far the disease went in a year (in standard units)."""
    names, x, y = diabetes()
    return LinearData((x - x.mean(0)) / x.std(0), (y - y.mean()) / y.std(), names)


def penalised_loss(data: LinearData, w: np.ndarray, p: float) -> float:
    """‖y − Xw‖² + p/(1 − p)·Σ_j w_j² Σ_i x_ij²: what dropout of the inputs minimises, in closed form."""
    residual = data.y - data.x @ w
    return float(residual @ residual + p / (1 - p) * (w**2 @ (data.x**2).sum(0)))


def dropped_loss(data: LinearData, w: np.ndarray, p: float, draws: int, seed: int) -> np.ndarray:
    """‖y − (X ∘ R)w‖² for ``draws`` random masks R (kept values over 1 − p), [draws]: their mean is the penalised loss."""
    rng = np.random.default_rng(seed)
    losses = []
    for _ in range(draws):
        kept = (rng.random(data.x.shape) >= p) / (1 - p)
        losses.append(float((((data.x * kept) @ w - data.y) ** 2).sum()))
    return np.array(losses)


def enumerated_loss(data: LinearData, w: np.ndarray, p: float) -> float:
    """E‖y − (X ∘ R)w‖² by all 2^d masks of a row, each with its probability: exact, no formula used."""
    d = data.x.shape[1]
    total = 0.0
    for kept in itertools.product((0.0, 1.0), repeat=d):
        r = np.array(kept)
        chance = p ** (d - r.sum()) * (1 - p) ** r.sum()
        total += chance * float((((data.x * (r / (1 - p))) @ w - data.y) ** 2).sum())
    return total


def ridge(data: LinearData, p: float) -> np.ndarray:
    """argmin of the penalised loss: (XᵀX + p/(1 − p)·diag(XᵀX))⁻¹Xᵀy, [d]."""
    gram = data.x.T @ data.x
    return np.linalg.solve(gram + p / (1 - p) * np.diag(np.diag(gram)), data.x.T @ data.y)


def fit_by_dropout(data: LinearData, p: float, steps: int, seed: int) -> Iterator[np.ndarray]:
    """Weights [d] along stochastic gradient descent on the linear model with dropout of its inputs; the mean of the second half last.

    Batches of 64, a learning rate that falls as 1/t after a quarter of the steps. Yields 40 states.
    """
    rng = np.random.default_rng(seed)
    w, tail, counted = np.zeros(data.x.shape[1]), np.zeros(data.x.shape[1]), 0
    lr = 0.05 * (1 - p)
    for step in range(steps):
        rows = rng.integers(len(data.x), size=BATCH)
        x = data.x[rows] * ((rng.random((BATCH, data.x.shape[1])) >= p) / (1 - p))
        w = w - lr * min(1.0, 0.25 * steps / (step + 1)) * x.T @ (x @ w - data.y[rows]) / BATCH
        if step >= steps // 2:
            tail, counted = tail + w, counted + 1
        if (step + 1) % max(1, steps // 40) == 0:
            yield tail / counted if counted else w


@dataclass(frozen=True, slots=True)
class Penalty:
    """Linear regression with dropout ``p`` of its inputs, after ``step`` steps of descent.

    ``paths`` [shares, d] are ridge's coefficients over p, ``best`` [d] those at this p, ``plain`` [d] least squares, ``learned`` [d] those of the
    descent, ``gap`` its largest difference from ``best``, ``shrunk`` that of ``best`` from ``plain``. Along coefficient ``column``: at each of ``places``
    the closed form (``exact``) and the losses under single masks (``drawn`` [places, draws]), all over n; ``ratio`` is the mean of these over that.
    """

    step: int
    names: list[str]
    shares: np.ndarray
    paths: np.ndarray
    best: np.ndarray
    plain: np.ndarray
    learned: np.ndarray
    gap: float
    shrunk: float
    column: int
    places: np.ndarray
    exact: np.ndarray
    drawn: np.ndarray
    ratio: float


def penalty(p: float, steps: int, draws: int, column: str, seed: int) -> Iterator[Penalty]:
    """Descent with dropout beside ridge, its exact equal; ``column`` names the coefficient along which the loss is measured. Four states."""
    data = linear_data()
    if column not in data.names:
        raise Refusal(f"应为 {'、'.join(data.names)} 之一", f"must be one of {', '.join(data.names)}", input="column", value=column)  # fmt: skip
    at, best, plain = data.names.index(column), ridge(data, p), ridge(data, 0.0)
    paths = np.stack([ridge(data, share) for share in SHARES])
    weights = best + AROUND[:, None] * np.eye(len(best))[at]
    exact = np.array([penalised_loss(data, w, p) for w in weights]) / len(data.y)
    drawn = np.stack([dropped_loss(data, w, p, draws, seed + k) for k, w in enumerate(weights)]) / len(data.y)
    for done, w in enumerate(fit_by_dropout(data, p, steps, seed), 1):
        if done % 10 == 0:
            yield Penalty(
                done * max(1, steps // 40), data.names, SHARES, paths, best, plain, w, float(np.abs(w - best).max()), float(np.abs(best - plain).max()),
                at, weights[:, at], exact, drawn, float(drawn.mean() / exact.mean()),
            )  # fmt: skip
