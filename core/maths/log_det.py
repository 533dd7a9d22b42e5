"""The identity read backwards (post 6377): log det B = tr log B, and Jacobi's formula d det X = det X · tr(X⁻¹ dX).

The logarithm's series converges where B − I has spectral radius below 1; the principal logarithm exists beyond, and gives
tr A back from e^A up to multiples of 2πi.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import logm

__all__ = [
    "Backwards",
    "Path",
    "Turning",
    "backwards",
    "det_rate",
    "jacobi",
    "log_det",
    "log_series",
    "near_identity",
    "path",
    "trace_log",
    "turning",
]

EPSILON = float(np.finfo(np.float64).eps)
FINE = 81  # points of a curve


def log_series(b: np.ndarray, terms: int) -> np.ndarray:
    """tr of Σ_{k=1}^{m} (−1)^{k+1}(B − I)ᵏ/k for m = 1 … ``terms``; it converges to log det B where B − I has spectral radius below 1."""
    step, power, total, found = b - np.eye(len(b)), np.eye(len(b)), 0.0, []
    for k in range(1, terms + 1):
        power = power @ step
        total += (-1) ** (k + 1) * float(np.trace(power)) / k
        found.append(total)
    return np.array(found)


def near_identity(n: int, radius: float, seed: int) -> np.ndarray:
    """I + M [n, n] with M symmetric of spectral radius ``radius``, its largest eigenvalue positive: det > 0 for radius < 1."""
    m = np.random.default_rng(seed).standard_normal((n, n))
    values, vectors = np.linalg.eigh(m + m.T)
    values = values / np.abs(values).max()
    values = values if values.max() == 1 else -values
    return np.eye(n) + (vectors * (radius * values)) @ vectors.T


def log_det(b: np.ndarray) -> complex:
    """Log det B with the principal argument, in (−π, π]."""
    sign, logarithm = np.linalg.slogdet(b)
    return complex(logarithm, float(np.angle(sign)))


def trace_log(b: np.ndarray) -> complex:
    """tr log B by the principal logarithm; log det B up to a multiple of 2πi."""
    return complex(np.trace(logm(b)))


def det_rate(x: np.ndarray, dx: np.ndarray) -> float:
    """d det X along dX, without any inverse: Σⱼ det(X with its column j replaced by that of dX), as det is linear in each.

    Where X is invertible it is det X · tr(X⁻¹ dX) (Jacobi); it goes on where det X = 0 and X⁻¹ does not exist.
    """
    total = 0.0
    for j in range(len(x)):
        replaced = x.copy()
        replaced[:, j] = dx[:, j]
        total += float(np.linalg.det(replaced))
    return total


def jacobi(x: np.ndarray, dx: np.ndarray) -> float:
    """det X · tr(X⁻¹ dX), Jacobi's formula for d det X; NaN where X is singular."""
    if np.linalg.cond(x) > 1 / EPSILON:
        return math.nan
    return float(np.linalg.det(x) * np.trace(np.linalg.solve(x, dx)))


@dataclass(frozen=True, slots=True)
class Path:
    """det(I + s M) [f] along ``s`` [f] in [0, 1]; at ``at`` its value, its slope Σⱼ det(… column j of M …), and the same by
    Jacobi's formula det · tr(X⁻¹M), NaN where X is singular."""

    s: np.ndarray
    determinants: np.ndarray
    at: float
    value: float
    slope: float
    by_trace: float

    @property
    def tangent(self) -> tuple[np.ndarray, np.ndarray]:
        """Two points (s [2], det [2]) of the tangent at ``at``."""
        s = np.array([self.at - 0.25, self.at + 0.25])
        return s, self.value + self.slope * (s - self.at)


def path(b: np.ndarray, at: float) -> Path:
    """How det X changes on the straight way from I to B, X(s) = I + s(B − I)."""
    m, s = b - np.eye(len(b)), np.linspace(0, 1, FINE)
    x = np.eye(len(b)) + at * m
    values = np.linalg.det(np.eye(len(b)) + s[:, None, None] * m)
    return Path(s, values, at, float(np.linalg.det(x)), det_rate(x, m), jacobi(x, m))


@dataclass(frozen=True, slots=True)
class Turning:
    """Imaginary parts at ``angles`` α of tr A, tr log e^A and Log det e^A for A = i·diag(α, share·α), [f] each."""

    angles: np.ndarray
    trace: np.ndarray
    trace_log: np.ndarray
    log_det: np.ndarray

    @property
    def turns(self) -> np.ndarray:
        """By how many whole turns tr log e^A misses tr A, [f]."""
        return (self.trace - self.trace_log) / (2 * math.pi)


def turning(angles: np.ndarray, share: float) -> Turning:
    """What principal logarithms lose as A = i·diag(α, share·α) turns on and on; e^A is diagonal, and so is its logarithm."""
    a = 1j * np.stack([angles, share * angles], 1)
    exponential = np.exp(a)
    return Turning(angles, a.sum(1).imag, np.log(exponential).sum(1).imag, np.angle(exponential.prod(1)))


@dataclass(frozen=True, slots=True)
class Backwards:
    """log det B and tr log B; the ``partial`` sums [m] of the log series and their ``errors``, NaN where none is left;
    the :class:`Path` from I to B, and :class:`Turning`."""

    log_det: complex
    trace_log: complex
    partial: np.ndarray
    errors: np.ndarray
    path: Path
    turning: Turning


def backwards(b: np.ndarray, terms: int, at: float, share: float) -> Backwards:
    """The identity read backwards on B, its derivative on the way to B, and what a principal logarithm loses."""
    partial, whole = log_series(b, terms), log_det(b)
    errors = np.abs(partial - whole.real)
    resolved = np.where(errors > EPSILON * len(b), errors, np.nan)
    return Backwards(
        whole, trace_log(b), partial, resolved, path(b, at), turning(np.linspace(0, 4 * math.pi, 401), share)
    )
