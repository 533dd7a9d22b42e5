"""The penalty that blending puts on a function (post 5693), and what it is to second order (added here).

Put y = f(x) into the loss of the blends: it vanishes where f(εx_a + (1−ε)x_b) = εf(x_a) + (1−ε)f(x_b) for all pairs and ε, which
only affine f solve. What is left of any other f is the penalty

    P = E (f(x̃) − εf(x_a) − (1−ε)f(x_b))².

Second order, d = x_b − x_a: f(x̃) − εf(x_a) − (1−ε)f(x_b) = −½ε(1−ε) f″ d² + O(d³), hence, f″ taken at the middle of the pair,

    P ≈ ¼ E[ε²(1−ε)²] E[(f″ d²)²],    E[ε²(1−ε)²] = B(α+2, α+2)/B(α, α): 1/30 for U(0, 1).

SamplePairing has ε = ½ and the target y_a: E(f(x̃) − f(x_a))² = P + ¼E(f(x_a) − f(x_b))². The second term is no part of P: it
asks for a function that varies less, and least squares over pairs balance it (core.vision.mixup.fits).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import beta

from core.vision.mixup.fits import beta_nodes
from core.vision.mixup.mixing import PAIR, Method

__all__ = ["FUNCTIONS", "Function", "Taxed", "penalty", "second_order", "spread_of_weights", "taxed"]

NORMAL_NODES, BETA_NODES = 60, 12
CURVE = 161
REACH = 2.0  # standard deviations of x that are drawn
SPREADS = np.geomspace(0.05, 2.0, 25)
Curve = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of one variable and its second derivative."""

    value: Curve
    second: Curve


FUNCTIONS: Mapping[str, Function] = {
    "line": Function(lambda x: 0.5 * x + 0.2, np.zeros_like),
    "quadratic": Function(lambda x: 0.5 * x**2, np.ones_like),
    "sine": Function(lambda x: np.sin(2 * x + 1), lambda x: -4 * np.sin(2 * x + 1)),
    "exponential": Function(np.exp, np.exp),
    "softplus": Function(
        lambda x: np.logaddexp(0, 4 * x) / 4, lambda x: 4 / ((1 + np.exp(-4 * x)) * (1 + np.exp(4 * x)))
    ),
}


def weights_of(method: Method) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of ε."""
    if method.kind == "pair":
        return np.array([PAIR]), np.array([1.0])
    return beta_nodes(method.alpha, BETA_NODES)


def spread_of_weights(method: Method) -> float:
    """E[ε²(1−ε)²]: B(α+2, α+2)/B(α, α), 1/30 for U(0, 1), and 1/16 for SamplePairing."""
    if method.kind == "pair":
        return PAIR**4
    return float(beta(method.alpha + 2, method.alpha + 2) / beta(method.alpha, method.alpha))


def _normal_pairs(sigma: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes (x_a, x_b) of two independent N(0, σ²), and weights that sum to 1."""
    nodes, weights = hermegauss(NORMAL_NODES)
    a, b = np.meshgrid(sigma * nodes, sigma * nodes, indexing="ij")
    both = np.outer(weights, weights)
    return a.ravel(), b.ravel(), both.ravel() / both.sum()


def penalty(f: Function, sigma: float, method: Method) -> float:
    """P of ``f`` for x_a, x_b ~ N(0, σ²), by quadrature: exact for polynomials up to a degree of some dozens."""
    a, b, weight = _normal_pairs(sigma)
    total = 0.0
    for e, w in zip(*weights_of(method), strict=True):
        gap = f.value(e * a + (1 - e) * b) - e * f.value(a) - (1 - e) * f.value(b)
        total += float(w * (weight @ gap**2))
    return total


def second_order(f: Function, sigma: float, method: Method) -> float:
    """¼ E[ε²(1−ε)²] E[(f″ d²)²], f″ at the middle of the pair."""
    a, b, weight = _normal_pairs(sigma)
    return 0.25 * spread_of_weights(method) * float(weight @ (f.second((a + b) / 2) * (b - a) ** 2) ** 2)


@dataclass(frozen=True, slots=True)
class Taxed:
    """One function: its curve and the chord of the pair (−σ, σ), the penalty and its second order at σ and over all spreads.

    ``weight`` is E[ε²(1−ε)²].
    """

    x: np.ndarray
    curve: np.ndarray
    chord: tuple[tuple[float, float], tuple[float, float]]
    spreads: np.ndarray
    measured: np.ndarray
    approximate: np.ndarray
    here: tuple[float, float]
    weight: float

    @property
    def ratio(self) -> float:
        """Measured over second order; NaN for a line, which pays nothing."""
        return self.here[0] / self.here[1] if self.here[1] else float("nan")


def taxed(name: str, sigma: float, method: Method) -> Taxed:
    """The penalty on the function ``name`` of x ~ N(0, σ²)."""
    f = FUNCTIONS[name]
    x = np.linspace(-REACH * sigma, REACH * sigma, CURVE)
    ends = np.array([-sigma, sigma])
    low, high = f.value(ends).tolist()
    return Taxed(
        x, f.value(x), ((-sigma, low), (sigma, high)), SPREADS,
        np.array([penalty(f, s, method) for s in SPREADS]), np.array([second_order(f, s, method) for s in SPREADS]),
        (penalty(f, sigma, method), second_order(f, sigma, method)), spread_of_weights(method),
    )  # fmt: skip
