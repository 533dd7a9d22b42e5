"""Spectral norm by power iteration, and weights divided by it (post 6311; Miyato et al. 2018).

v ← Wu/‖Wu‖, u ← Wᵀv/‖Wᵀv‖ some times from u = (1, …, 1)/√n, then σ ≈ vᵀWu. The estimate is a Rayleigh quotient of WᵀW, so
its error falls by (σ₂/σ₁)⁴ an iteration.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.data.classics import scanned_digits

__all__ = ["ITERATIONS", "MATRICES", "MOST_ITERATIONS", "Power", "matrix", "normalised", "power", "power_iterations", "spectral_norm"]  # fmt: skip

ITERATIONS = 5  # of the post
MOST_ITERATIONS = 60  # that the tab shows
MATRICES = ("known", "normal", "digits")
FLOOR = 1e-14  # relative errors below are rounding of float64, and not shown


def _unit(vector: Tensor) -> Tensor:
    return vector / vector.norm().clamp(min=1e-12)


def power_iterations(w: Tensor, iterations: int) -> Tensor:
    """Estimates of the largest singular value of w [m, n] after 1 … ``iterations`` power iterations, [iterations]."""
    u, found = _unit(torch.ones(w.shape[1], dtype=w.dtype)), []
    for _ in range(iterations):
        u = _unit(w.T @ _unit(w @ u))
        found.append((w @ u).norm())  # vᵀWu with v = Wu/‖Wu‖
    return torch.stack(found)


def spectral_norm(w: Tensor, iterations: int = ITERATIONS) -> Tensor:
    """The last estimate; u and v count as constants in the gradient, so that ∂σ/∂W = v uᵀ."""
    with torch.no_grad():
        u = _unit(torch.ones(w.shape[1], dtype=w.dtype))
        for _ in range(iterations):
            u = _unit(w.T @ _unit(w @ u))
        v = _unit(w @ u)
    return v @ (w @ u)


def normalised(w: Tensor, iterations: int = ITERATIONS) -> Tensor:
    """W/σ(W), of spectral norm 1 as far as the iterations suffice; the gradient runs through σ too."""
    return w / spectral_norm(w, iterations)


def matrix(kind: str, size: int, ratio: float, seed: int) -> Tensor:
    """A matrix [size, size], float64: "normal" entries; "known" singular values 1, ``ratio``, ratio² …; "digits" the pixels' covariance [64, 64]."""
    rng = np.random.default_rng(seed)
    if kind == "digits":
        return torch.tensor(np.cov(scanned_digits().x_train.T.astype(float)))
    if kind == "normal":
        return torch.tensor(rng.standard_normal((size, size)) / math.sqrt(size))
    if kind != "known":
        raise ValueError(f"kind = {kind}: must be one of {', '.join(MATRICES)}")
    left, right = (np.linalg.qr(rng.standard_normal((size, size)))[0] for _ in range(2))
    return torch.tensor(left @ np.diag(ratio ** np.arange(size)) @ right)


@dataclass(frozen=True, slots=True)
class Power:
    """Power iteration on one matrix.

    values : all singular values, largest first. ratio : σ₂/σ₁.
    estimates, errors : of σ₁ after 1 … MOST_ITERATIONS iterations, and 1 − estimate/σ₁ (NaN where that is rounding).
    slope : the line of slope (σ₂/σ₁)⁴ through the error at ``iterations`` (NaN below rounding).
    estimate, norm : after ``iterations``; ‖W/σ‖₂ with that σ.
    """

    values: np.ndarray
    ratio: float
    estimates: np.ndarray
    errors: np.ndarray
    slope: np.ndarray
    estimate: float
    norm: float

    @property
    def enough(self) -> int:
        """Iterations after which the estimate is within 1 % of σ₁; 0 when they never are."""
        near = np.flatnonzero(self.estimates > 0.99 * self.values[0])
        return int(near[0]) + 1 if len(near) else 0


def power(kind: str, size: int, ratio: float, iterations: int, seed: int) -> Power:
    """Power iteration on :func:`matrix`, and how well the matrix divided by the estimate is normalised."""
    w = matrix(kind, size, ratio, seed)
    values = torch.linalg.svdvals(w).numpy()
    estimates = power_iterations(w, MOST_ITERATIONS).numpy()
    errors = 1 - estimates / values[0]
    steps = np.arange(1, MOST_ITERATIONS + 1)
    true_ratio = float(values[1] / values[0])
    slope = max(errors[iterations - 1], 0.0) * true_ratio ** (4.0 * (steps - iterations))
    return Power(
        values,
        true_ratio,
        estimates,
        np.where(errors > FLOOR, errors, np.nan),
        np.where((slope > FLOOR) & (slope < 1), slope, np.nan),
        float(estimates[iterations - 1]),
        float(torch.linalg.matrix_norm(normalised(w, iterations), 2)),
    )
