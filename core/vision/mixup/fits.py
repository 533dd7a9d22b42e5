"""Least squares over all blended pairs, with the expectation over ε in closed form (post 5693).

Over all n² pairs (a, b), a = b among them, with v = E[ε² + (1−ε)²]:

    mixup            Cov(x̃, x̃) = v Cov(x, x),    Cov(x̃, ỹ) = v Cov(x, y),    v = (α+1)/(2α+1): ⅔ for U(0, 1)
    SamplePairing    Cov(x̃, x̃) = ½ Cov(x, x),    Cov(x̃, y_a) = ½ Cov(x, y)

Both factors are the same and the means stay, so the least-squares line with an intercept is the same. Of a polynomial of a
higher degree it is not. The expectation of a polynomial in ε is a finite sum: Gauss's quadrature for the weight of Beta(α, α).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import roots_jacobi

from core.refusal import Refusal
from core.vision.mixup.mixing import PAIR, Method

__all__ = ["Fit", "Fitted", "Pairs", "affine", "beta_nodes", "covariances", "factor", "fit", "fitted", "pairs"]

LEAST_SPREAD = 0.02  # of the points' x: below, a slope says nothing
CURVE = 201  # points at which a fit is drawn
EDGE = 1.0  # of the plane


def beta_nodes(alpha: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes in (0, 1) and weights that sum to 1: exact for E of polynomials in ε ~ Beta(α, α) up to degree 2·count − 1."""
    nodes, weights = roots_jacobi(count, alpha - 1, alpha - 1)
    return (1 + nodes) / 2, weights / weights.sum()


def factor(method: Method) -> float:
    """What covariance and cross-covariance are multiplied by over all pairs."""
    if method.kind == "plain":
        return 1.0
    return 0.5 if method.kind == "pair" else (method.alpha + 1) / (2 * method.alpha + 1)


@dataclass(frozen=True, slots=True)
class Pairs:
    """All blends: ``x`` [M, …], ``y`` [M], and the ``weight`` [M] of each, which sum to 1; ``a``, ``b``, ``epsilon`` [M] say of what."""

    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    a: np.ndarray
    b: np.ndarray
    epsilon: np.ndarray


def pairs(method: Method, x: np.ndarray, y: np.ndarray, nodes: int) -> Pairs:
    """All n² pairs of the samples ``x`` [n, …], ``y`` [n], each at every node of ε."""
    n = len(x)
    if method.kind == "plain":
        a = np.arange(n)
        return Pairs(x, y, np.full(n, 1 / n), a, a, np.ones(n))
    if method.kind == "pair":
        places, weights = np.array([PAIR]), np.array([1.0])
    else:
        places, weights = beta_nodes(method.alpha, nodes)
    a, b, k = (grid.ravel() for grid in np.meshgrid(np.arange(n), np.arange(n), np.arange(len(places)), indexing="ij"))
    e = places[k]
    wide = e.reshape(-1, *[1] * (x.ndim - 1))
    target = y[a] if method.kind == "pair" else e * y[a] + (1 - e) * y[b]
    return Pairs(wide * x[a] + (1 - wide) * x[b], target, weights[k] / n**2, a, b, e)


def covariances(made: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """Weighted Cov(x̃, x̃) [d, d] and Cov(x̃, ỹ) [d] of ``x`` [M, d]."""
    x, y = made.x - made.weight @ made.x, made.y - made.weight @ made.y
    return (x * made.weight[:, None]).T @ x, (x * made.weight[:, None]).T @ y


def fit(made: Pairs, degree: int) -> np.ndarray:
    """Coefficients [degree + 1], the constant first, of the polynomial in ``x`` [M] of the least weighted squares."""
    root = np.sqrt(made.weight)
    design = np.vander(made.x, degree + 1, increasing=True)
    return np.linalg.lstsq(design * root[:, None], made.y * root, rcond=None)[0]


def affine(made: Pairs) -> np.ndarray:
    """Coefficients [1 + d], the constant first, of the affine function of ``x`` [M, d] of the least weighted squares."""
    root = np.sqrt(made.weight)
    design = np.column_stack([np.ones(len(made.x)), made.x])
    return np.linalg.lstsq(design * root[:, None], made.y * root, rcond=None)[0]


@dataclass(frozen=True, slots=True)
class Fit:
    """The polynomial ``degree`` fitted to the samples and to the pairs: coefficients, curves over the grid, ``tax`` of either.

    ``apart`` is the largest distance of the curves over [−1, 1]; ``tax`` is E(f(x̃) − (εf(x_a) + (1−ε)f(x_b)))² over the pairs.
    """

    degree: int
    coefficients: tuple[np.ndarray, np.ndarray]
    curves: tuple[np.ndarray, np.ndarray]
    tax: tuple[float, float]
    apart: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """The points, their blends, the line and the curve; ``factor`` as measured on the pairs for x, x and for x, y."""

    points: np.ndarray
    grid: np.ndarray
    blends: np.ndarray
    line: Fit
    curve: Fit
    factors: tuple[float, float]
    expected: float


def fitted(points: np.ndarray, degree: int, method: Method) -> Fitted:
    """Both polynomials by both ways; ``points`` [n, 2]. Raises Refusal where all points stand over one x."""
    points = np.asarray(points, float)
    x, y = points.T
    if np.ptp(x) < LEAST_SPREAD:
        raise Refusal(
            f"各点的 x 至少要相差 {LEAST_SPREAD}，否则直线没有斜率",
            f"the points' x must differ by {LEAST_SPREAD} at least, or a line has no slope",
            input="p1",
            value=tuple(points[0].tolist()),
        )
    blended = pairs(method, x, y, degree + 1)
    found = [_fit(x, y, blended, order, np.linspace(-EDGE, EDGE, CURVE)) for order in (1, degree)]
    before, after = (
        covariances(Pairs(p.x[:, None], p.y, p.weight, p.a, p.b, p.epsilon))
        for p in (pairs(Method("plain"), x, y, 1), blended)
    )
    factors = (
        float(after[0][0, 0] / before[0][0, 0]),
        float(after[1][0] / before[1][0]) if before[1][0] else float("nan"),
    )
    return Fitted(
        points, np.linspace(-EDGE, EDGE, CURVE), np.stack([blended.x, blended.y], 1), found[0], found[1], factors, factor(method)
    )  # fmt: skip


def _fit(x: np.ndarray, y: np.ndarray, blended: Pairs, degree: int, grid: np.ndarray) -> Fit:
    own, over_pairs = fit(pairs(Method("plain"), x, y, 1), degree), fit(blended, degree)
    curves = tuple(np.polynomial.polynomial.polyval(grid, c) for c in (own, over_pairs))
    taxes = []
    for c in (own, over_pairs):
        values = np.polynomial.polynomial.polyval(x, c)
        straight = blended.epsilon * values[blended.a] + (1 - blended.epsilon) * values[blended.b]
        gap = np.polynomial.polynomial.polyval(blended.x, c) - straight
        taxes.append(float(blended.weight @ gap**2))
    return Fit(
        degree,
        (own, over_pairs),
        (curves[0], curves[1]),
        (taxes[0], taxes[1]),
        float(np.abs(curves[0] - curves[1]).max()),
    )
