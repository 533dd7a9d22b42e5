"""Dropout on a tiny function, exactly (post 8770).

f(x) = φ(w·x) with N inputs; dropout makes of it f(xε/p), each ε_i being 1 with probability p and else 0: all its moments are p.
The one number c that is best under squares, E(f(xε/p) − c)² at its least, is the model average c = E_ε f(xε/p); "switching dropout off"
predicts with f(x) instead, since E(xε/p) = x (the weight average). Both are sums over all 2ᴺ masks here, so nothing is sampled.
For φ(s) = s² the gap is closed: E f(xε/p) − f(x) = (1 − p)/p Σ (w_i x_i)², and to second order for any smooth φ half of φ″ times that.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

__all__ = ["FUNCTIONS", "Averages", "averages", "bernoulli_moments", "masks", "toy"]

N = 8
SLOPES = np.array([0.9, -0.5, 0.7, 0.4, -0.3, 0.6, 0.2, -0.4])
"""w: of both signs, adding up to 1.6."""
FUNCTIONS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda s: s,
    "square": np.square,
    "tanh": np.tanh,
    "relu": lambda s: np.maximum(s, 0.0),
    "exp": np.exp,
}
CURVE = np.round(np.arange(0.2, 1.0001, 0.02), 3)
"""The p of the curves; below them exp(w·xε/p) is a number of its rarest mask alone."""


def masks(n: int) -> np.ndarray:
    """All 2ⁿ masks, [2ⁿ, n] of 0 and 1."""
    return np.array(list(itertools.product((0.0, 1.0), repeat=n)))


def chances(found: np.ndarray, p: float) -> np.ndarray:
    """The probability of each mask [M, n] when each entry is 1 with probability ``p``, [M]."""
    ones = found.sum(1)
    return p**ones * (1 - p) ** (found.shape[1] - ones)


def bernoulli_moments(p: float, most: int) -> np.ndarray:
    """E ε, E ε² … E ε^most of one Bernoulli(p) variable, by enumeration."""
    return np.array([chances(masks(1), p) @ masks(1)[:, 0] ** k for k in range(1, most + 1)])


@dataclass(frozen=True, slots=True)
class Averages:
    """What dropout makes of the function at one p.

    ``values`` [2ᴺ] of f(xε/p) and their ``weights``; ``average`` E f(xε/p), ``off`` f(x); ``second`` is off + ½φ″(w·x) Var(w·xε/p), NaN
    where φ has a kink there. ``ps``, ``averages``: the model average at other p.
    """

    values: np.ndarray
    weights: np.ndarray
    average: float
    off: float
    second: float
    ps: np.ndarray
    averages: np.ndarray

    @property
    def gap(self) -> float:
        """Model average minus weight average."""
        return self.average - self.off

    @property
    def least(self) -> float:
        """The squared error of the best constant: the variance of f(xε/p)."""
        return float(self.weights @ (self.values - self.average) ** 2)

    def error(self, c: np.ndarray) -> np.ndarray:
        """E(f(xε/p) − c)² of every c."""
        return (self.weights @ (self.values[:, None] - np.asarray(c)[None]) ** 2).astype(float)

    @property
    def candidates(self) -> np.ndarray:
        """Constants around both averages, for the curve of the error."""
        middle, reach = 0.5 * (self.average + self.off), max(abs(self.gap), 0.75 * self.least**0.5, 0.25)
        return np.linspace(middle - 1.6 * reach, middle + 1.6 * reach, 81)

    @property
    def worse(self) -> float:
        """By what factor f(x) errs more than the best constant; 1 where both agree."""
        return 1 + self.gap**2 / self.least if self.least else 1.0


def toy(function: str, p: float, size: float) -> Averages:
    """The averages of φ(w·x) for the ``function`` of :data:`FUNCTIONS` at x = ``size``·(1, …, 1)."""
    return averages(FUNCTIONS[function], np.full(N, size), p)


def averages(phi: Callable[[np.ndarray], np.ndarray], x: np.ndarray, p: float) -> Averages:
    """The averages of φ(w·xε/p) over all masks, at ``p`` and at every p of the curve."""
    every, parts = masks(len(x)), SLOPES[: len(x)] * x

    def at(q: float) -> tuple[np.ndarray, np.ndarray]:
        return phi(every @ parts / q), chances(every, q)

    values, weights = at(p)
    off = float(phi(parts.sum()))
    curve = np.array([np.dot(*at(q)) for q in CURVE])
    return Averages(values, weights, float(values @ weights), off, off + _second(phi, parts, p), CURVE, curve)


def _second(phi: Callable[[np.ndarray], np.ndarray], parts: np.ndarray, p: float, step: float = 1e-3) -> float:
    """½φ″ Var(w·xε/p), with φ″ by differences; NaN within a step of a kink at 0 (φ″ would be a spike)."""
    at = parts.sum()
    bend = float(phi(at + step) - 2 * phi(at) + phi(at - step)) / step**2
    jump = float(phi(at + 2 * step) - 2 * phi(at) + phi(at - 2 * step)) / (2 * step) ** 2
    if abs(bend - jump) > 0.1 * (abs(bend) + 1):
        return float("nan")
    return 0.5 * bend * (1 - p) / p * float((parts**2).sum())
