"""Mixtures of Gaussians by EM: the two steps, the likelihood, the bound between them (post 5239).

log p(x) = F(r) + KL(r ‖ p(y|x)) for any r(y|x), with the bound F(r) = E_r log p(x, y) − E_r log r.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import logsumexp, xlogy

from core.refusal import Refusal

__all__ = [
    "KINDS", "Fit", "Mixture", "Step", "bayesian_criterion", "blended", "bound", "climb", "entropy", "expect", "fit",
    "free_parameters", "log_joint", "log_likelihood", "maximise",
]  # fmt: skip

KINDS = ("full", "diag", "spherical", "tied")
EMPTY = 1e-10  # a component with fewer samples than this keeps its mean and covariance
COLLAPSED = 1e-150  # a variance below this is about to leave float64


@dataclass(frozen=True, slots=True)
class Mixture:
    """π [k], μ [k, d] and Σ [k, d, d] of a mixture of Gaussians."""

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray

    @property
    def smallest_deviation(self) -> float:
        """The smallest standard deviation of any component in any direction."""
        return float(np.sqrt(np.linalg.eigvalsh(self.covariances).min().clip(min=0)))

    def ellipses(self, deviations: float, points: int = 49) -> np.ndarray:
        """The closed curves (x − μ)ᵀΣ⁻¹(x − μ) = deviations² of a mixture in the plane, [k, points, 2]."""
        angle = np.linspace(0, 2 * np.pi, points)
        circle = np.stack([np.cos(angle), np.sin(angle)], 1)
        values, vectors = np.linalg.eigh(self.covariances)
        roots = vectors * np.sqrt(values.clip(min=0))[:, None, :]
        return self.means[:, None] + deviations * np.einsum("pj,kij->kpi", circle, roots)


@dataclass(frozen=True, slots=True)
class Step:
    """After a half-step: the mixture, r [n, k], log-likelihood and bound (both sums over samples, in nats), what was done."""

    done: Literal["start", "E", "M"]
    mixture: Mixture
    r: np.ndarray
    log_likelihood: float
    bound: float


@dataclass(frozen=True, slots=True)
class Fit:
    """Where EM came to rest: the mixture, log-likelihood after each iteration, and whether a variance vanished."""

    mixture: Mixture
    trace: np.ndarray
    collapsed: bool


class _Collapse(ArithmeticError):
    """A variance has left float64: the likelihood is on its way to infinity."""


def log_joint(x: np.ndarray, mixture: Mixture) -> np.ndarray:
    """log π_k N(x_i; μ_k, Σ_k), [n, k], by Cholesky factors."""
    d = x.shape[1]
    with np.errstate(divide="ignore"):
        logs = np.log(mixture.weights)
    columns = []
    for mean, covariance in zip(mixture.means, mixture.covariances, strict=True):
        try:
            root = np.linalg.cholesky(covariance)
        except np.linalg.LinAlgError:
            raise _Collapse from None
        z = np.linalg.solve(root, (x - mean).T)
        columns.append(-0.5 * ((z * z).sum(0) + d * math.log(2 * math.pi)) - np.log(np.diagonal(root)).sum())
    return logs + np.stack(columns, 1)


def log_likelihood(x: np.ndarray, mixture: Mixture) -> float:
    """Σ_i log Σ_k π_k N(x_i; μ_k, Σ_k), in nats; −1/n of it is the cross-entropy of the empirical distribution and the model."""
    return float(np.sum(logsumexp(log_joint(x, mixture), axis=1)))


def expect(x: np.ndarray, mixture: Mixture) -> np.ndarray:
    """The E-step: r_ik = p(k | x_i), [n, k]."""
    joint = log_joint(x, mixture)
    return np.exp(joint - logsumexp(joint, axis=1, keepdims=True))


def bound(x: np.ndarray, r: np.ndarray, mixture: Mixture) -> float:
    """F(r, θ) = Σ_ik r_ik (log π_k N(x_i; …) − log r_ik): at most the log-likelihood, by Σ KL(r_i ‖ p(·|x_i))."""
    joint = log_joint(x, mixture)
    return float(np.where(r > 0, r * joint, 0.0).sum() - np.sum(xlogy(r, r)))


def entropy(r: np.ndarray) -> float:
    """Mean entropy of the responsibilities [n, k], in bits."""
    return -float(np.sum(xlogy(r, r))) / len(r) / math.log(2)


def maximise(x: np.ndarray, r: np.ndarray, kind: str, floor: float, before: Mixture) -> Mixture:
    """The M-step under Σ ≥ floor·I: means and weights are r's moments, eigenvalues of the covariances below ``floor`` become it.

    Clipping eigenvalues is the exact maximiser under that constraint, so the likelihood still cannot fall (adding floor·I is
    not, and it can). Components without samples stay as they were.
    """
    if kind not in KINDS:
        raise Refusal(f"应为 {'、'.join(KINDS)} 之一", f"must be one of {', '.join(KINDS)}", input="kind", value=kind)
    n, d = x.shape
    counts = r.sum(0)
    alive = counts > EMPTY
    safe = np.where(alive, counts, 1.0)
    means = np.where(alive[:, None], r.T @ x / safe[:, None], before.means)
    apart = x[None] - means[:, None]
    scatter = np.einsum("nk,kni,knj->kij", r, apart, apart, optimize=True)
    if kind == "tied":
        covariances = np.repeat(_floored(scatter.sum(0, keepdims=True) / n, floor), len(counts), 0)
        return Mixture(counts / n, means, covariances)
    covariances = scatter / safe[:, None, None]
    if kind == "diag":
        covariances = covariances * np.eye(d)
    elif kind == "spherical":
        covariances = np.trace(covariances, axis1=1, axis2=2)[:, None, None] / d * np.eye(d)
    covariances = np.where(alive[:, None, None], _floored(covariances, floor), before.covariances)
    return Mixture(counts / n, means, covariances)


def _floored(covariances: np.ndarray, floor: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariances)
    if floor <= 0:
        if values.min() < COLLAPSED:
            raise _Collapse
        return covariances
    if values.min() >= floor:
        return covariances
    return (vectors * np.maximum(values, floor)[:, None, :]) @ np.swapaxes(vectors, 1, 2)


def climb(x: np.ndarray, begin: Mixture, iterations: int, kind: str = "full", floor: float = 0.0) -> Iterator[Step]:
    """EM by half-steps: the start (r uniform), then E, M, E, M …; it ends early when a variance leaves float64."""
    mixture, r = begin, np.full((len(x), len(begin.weights)), 1 / len(begin.weights))
    try:
        yield Step("start", mixture, r, log_likelihood(x, mixture), bound(x, r, mixture))
        for _ in range(iterations):
            r = expect(x, mixture)
            yield Step("E", mixture, r, log_likelihood(x, mixture), bound(x, r, mixture))
            mixture = maximise(x, r, kind, floor, mixture)
            yield Step("M", mixture, r, log_likelihood(x, mixture), bound(x, r, mixture))
    except _Collapse:
        return


def fit(
    x: np.ndarray,
    begin: Mixture,
    iterations: int,
    kind: str = "full",
    floor: float = 0.0,
    tolerance: float = 0.0,
) -> Fit:
    """EM for at most ``iterations``, or until the log-likelihood gains less than ``tolerance`` > 0 nats a sample."""
    mixture, trace = begin, [-math.inf]
    try:
        joint = log_joint(x, mixture)
        trace = [float(np.sum(logsumexp(joint, axis=1)))]
        for _ in range(iterations):
            r = np.exp(joint - logsumexp(joint, axis=1, keepdims=True))
            after = maximise(x, r, kind, floor, mixture)
            joint = log_joint(x, after)
            mixture = after
            trace.append(float(np.sum(logsumexp(joint, axis=1))))
            if tolerance > 0 and trace[-1] - trace[-2] < tolerance * len(x):
                break
    except _Collapse:
        return Fit(mixture, np.array(trace), True)
    return Fit(mixture, np.array(trace), False)


def free_parameters(k: int, d: int, kind: str) -> int:
    """How many numbers a mixture has: k − 1 weights, k·d means and the covariances'."""
    whole = d * (d + 1) // 2
    return k - 1 + k * d + {"full": k * whole, "diag": k * d, "spherical": k, "tied": whole}[kind]


def bayesian_criterion(found: Fit, n: int, kind: str) -> float:
    """BIC = −2 log p + (free parameters)·log n (Schwarz 1978): the smaller, the better."""
    k, d = found.mixture.means.shape
    return -2 * float(found.trace[-1]) + free_parameters(k, d, kind) * math.log(n)


def blended(r: np.ndarray, values: np.ndarray | Sequence[Sequence[float]]) -> np.ndarray:
    """E_r of a value per component: ``values`` [k, …] weighted by the responsibilities [n, k], [n, …]."""
    return r @ np.asarray(values, float)
