"""The road to HSIC: from covariances of functions to one number (post 6910; Gretton et al. 2005).

X and Y are independent exactly when E[f(X) g(Y)] = E[f(X)] E[g(Y)] for all bounded continuous f and g. A characteristic
kernel makes "all" a unit ball: f = <f, φ(x)> with φ(x) = k(·, x). With the cross-covariance C = E[φ̃(X) ψ̃(Y)ᵀ] of the
centred features, cov(f(X), g(Y)) = <f, C g>. Its largest value over both unit balls is C's first singular value (COCO); the
sum of the squares of all singular values is ||C||²_HS = HSIC, and equals Σ cov(f_i(X), g_j(Y))² in any orthonormal bases.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.refusal import Refusal
from core.stats.hsic.estimators import gram_steps

__all__ = ["FUNCTIONS", "Road", "road"]

GRID = 61
MARGIN = 0.05  # of the samples' range, on both sides of the map
SPECTRUM_FLOOR = 1e-13  # eigenvalues of K̃ below this share of the largest are rounding


def _bump(x: np.ndarray, place: float | np.ndarray, sigma: float) -> np.ndarray:
    """k(x, place) of the Gaussian kernel: as a function of x it has norm 1 in the kernel's space."""
    return np.exp(-0.5 * ((x - place) / sigma) ** 2)


Function = Callable[[np.ndarray, float, float], np.ndarray]
FUNCTIONS: dict[str, Function] = {
    "bump": _bump,
    "line": lambda x, place, sigma: x,
    "square": lambda x, place, sigma: x**2,
    "absolute": lambda x, place, sigma: np.abs(x),
    "sine": lambda x, place, sigma: np.sin(np.pi * x),
    "cosine": lambda x, place, sigma: np.cos(np.pi * x),
}


@dataclass(frozen=True, slots=True)
class Road:
    """What lies between one covariance and HSIC.

    x, y, f, g : the samples [n] and the chosen functions at them; covariance, correlation : of f(X) and g(Y).
    grid_x, grid_y : [GRID] places; bumps : [GRID, GRID], rows along y: cov(k(·, a), l(·, b)) with a along x, b along y.
    best_f, best_g : the pair of the unit balls with the largest covariance, on the grids.
    strengths : the singular values of C, the largest first. sigma_x, sigma_y : bandwidths (medians).
    """

    x: np.ndarray
    y: np.ndarray
    f: np.ndarray
    g: np.ndarray
    covariance: float
    correlation: float
    grid_x: np.ndarray
    grid_y: np.ndarray
    bumps: np.ndarray
    best_f: np.ndarray
    best_g: np.ndarray
    strengths: np.ndarray
    sigma_x: float
    sigma_y: float

    @property
    def largest(self) -> float:
        """The largest covariance of any f and g of the unit balls."""
        return float(self.strengths[0])

    @property
    def squares(self) -> np.ndarray:
        """The squared singular values."""
        return self.strengths**2

    @property
    def running(self) -> np.ndarray:
        """Their running sum, which ends at HSIC."""
        return np.cumsum(self.squares)

    @property
    def hsic(self) -> float:
        """The sum of all squared singular values: the biased HSIC."""
        return float(self.squares.sum())


def road(x: np.ndarray, y: np.ndarray, f: str, g: str, at: tuple[float, float]) -> Road:
    """The road for samples x, y [n], n up to a few hundred: f and g are names of FUNCTIONS, bumps stand at ``at``."""
    for name, value in (("f", f), ("g", g)):
        if value not in FUNCTIONS:
            allowed = ", ".join(FUNCTIONS)
            raise Refusal(f"应为 {allowed} 之一", f"must be one of {allowed}", input=name, value=value)
    steps = gram_steps(x, y)
    x, y, n = steps.x, steps.y, len(x)
    f_values = FUNCTIONS[f](x, at[0], steps.sigma_x)
    g_values = FUNCTIONS[g](y, at[1], steps.sigma_y)
    apart_f, apart_g = f_values - f_values.mean(), g_values - g_values.mean()
    covariance = float(apart_f @ apart_g) / n
    scale = float(np.sqrt((apart_f @ apart_f) * (apart_g @ apart_g))) / n
    grid_x, grid_y = _grid(x), _grid(y)
    over_x = _bump(grid_x[:, None], x, steps.sigma_x)  # [GRID, n]
    over_y = _bump(grid_y[:, None], y, steps.sigma_y)
    bumps = (over_y - over_y.mean(1, keepdims=True)) @ over_x.T / n
    features_x, features_y = _features(steps.centred_k), _features(steps.centred_l)
    left, strengths, right = np.linalg.svd(features_x.T @ features_y / n, full_matrices=False)
    # u = C v / s and v = Cᵀ u / s: functions written in the bumps at the samples, with no small eigenvalue divided by.
    best_f = over_x @ (features_y @ right[0]) / (n * strengths[0])
    best_g = over_y @ (features_x @ left[:, 0]) / (n * strengths[0])
    sign = 1.0 if best_f[np.abs(best_f).argmax()] >= 0 else -1.0
    return Road(
        x, y, f_values, g_values, covariance, covariance / scale if scale > 0 else 0.0, grid_x, grid_y, bumps,
        sign * best_f, sign * best_g, strengths, steps.sigma_x, steps.sigma_y,
    )  # fmt: skip


def _grid(x: np.ndarray) -> np.ndarray:
    room = MARGIN * np.ptp(x)
    return np.linspace(x.min() - room, x.max() + room, GRID)


def _features(centred_gram: np.ndarray) -> np.ndarray:
    """Φ̃ [n, r] with Φ̃ Φ̃ᵀ = HKH: the centred features of the samples in a basis of their span."""
    values, vectors = np.linalg.eigh(centred_gram)
    kept = values > SPECTRUM_FLOOR * values[-1]
    return vectors[:, kept] * np.sqrt(values[kept])
