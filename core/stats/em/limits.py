"""Two ways of σ → 0: one component on one sample, whose likelihood has no bound; and all components alike, which is K-means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.stats.em.mixture import EMPTY, Mixture, climb, entropy, expect, log_likelihood
from core.stats.em.samples import start

__all__ = ["Collapse", "Hardening", "Way", "collapse", "harden", "k_means", "on_one_point", "soft_k_means"]

SIGMAS = np.geomspace(1e-8, 1, 80)
ROUNDING = 1e-12  # differences below this are rounding


def on_one_point(x: np.ndarray, which: int, deviation: float) -> Mixture:
    """Two components: one fits all of x, the other, round and of weight 1/n, sits on sample ``which`` with ``deviation``."""
    n, d = x.shape
    covariance = np.cov(x.T, bias=True)
    return Mixture(
        np.array([1 - 1 / n, 1 / n]), np.stack([x.mean(0), x[which]]), np.stack([covariance, deviation**2 * np.eye(d)])
    )


@dataclass(frozen=True, slots=True)
class Way:
    """EM from a component on one sample: under ``kind`` and σ ≥ ``floor``; per iteration the smallest σ and the log-likelihood.

    ``collapsed``: it ended because a variance left float64.
    """

    kind: str
    floor: float
    deviations: np.ndarray
    log_likelihoods: np.ndarray
    collapsed: bool

    @property
    def iterations(self) -> int:
        """How many were run."""
        return len(self.deviations) - 1


@dataclass(frozen=True, slots=True)
class Collapse:
    """``gains``: log-likelihood with a component of ``sigmas`` on one sample, above that at σ = 1 (nats); then EM's ways."""

    sigmas: np.ndarray
    gains: np.ndarray
    ways: tuple[Way, ...]


def collapse(x: np.ndarray, which: int, deviation: float, floor: float, iterations: int) -> Collapse:
    """A component on sample ``which`` with ``deviation`` at the start, by EM three ways: free, σ ≥ floor, one covariance for all."""
    plain = log_likelihood(x, on_one_point(x, which, 1.0))
    gains = np.array([log_likelihood(x, on_one_point(x, which, s)) for s in SIGMAS]) - plain
    begin = on_one_point(x, which, deviation)
    ways = []
    for kind, least in (("full", 0.0), ("full", floor), ("tied", 0.0)):
        steps = [s for s in climb(x, begin, iterations, kind, least**2) if s.done != "E"]
        deviations = np.array([s.mixture.smallest_deviation for s in steps])
        likelihoods = np.array([s.log_likelihood for s in steps])
        ways.append(Way(kind, least, deviations, likelihoods, len(steps) <= iterations))
    return Collapse(SIGMAS, gains, tuple(ways))


def soft_k_means(x: np.ndarray, means: np.ndarray, deviation: float, iterations: int) -> tuple[np.ndarray, np.ndarray]:
    """EM with Σ = deviation²·I and equal weights held fixed: (means [k, d], r [n, k]). Its limit deviation → 0 is K-means."""
    k, d = means.shape
    weights, covariances = np.full(k, 1 / k), np.repeat(deviation**2 * np.eye(d)[None], k, 0)
    for _ in range(iterations):
        r = expect(x, Mixture(weights, means, covariances))
        counts = r.sum(0)
        means = np.where(counts[:, None] > EMPTY, r.T @ x / np.maximum(counts, EMPTY)[:, None], means)
    return means, expect(x, Mixture(weights, means, covariances))


def k_means(x: np.ndarray, means: np.ndarray, iterations: int) -> tuple[np.ndarray, np.ndarray]:
    """Lloyd's algorithm from ``means``: (means [k, d], nearest [n]). A mean without samples stays."""
    nearest = np.zeros(len(x), int)
    for _ in range(iterations):
        nearest = ((x[:, None] - means) ** 2).sum(2).argmin(1)
        means = np.stack([x[nearest == k].mean(0) if (nearest == k).any() else means[k] for k in range(len(means))])
    return means, nearest


@dataclass(frozen=True, slots=True)
class Hardening:
    """EM with Σ = σ²·I held fixed, beside K-means from the same start.

    means [k, d], r [n, k] at ``sigma``; hard [k, d], nearest [n] of K-means. Over ``sigmas``: the largest difference of the
    means from K-means', and the entropy of r in bits; NaN where these are below rounding.
    """

    x: np.ndarray
    sigma: float
    means: np.ndarray
    r: np.ndarray
    hard: np.ndarray
    nearest: np.ndarray
    sigmas: np.ndarray
    distances: np.ndarray
    entropies: np.ndarray

    @property
    def mixture(self) -> Mixture:
        """The mixture at ``sigma``."""
        k, d = self.means.shape
        return Mixture(np.full(k, 1 / k), self.means, np.repeat(self.sigma**2 * np.eye(d)[None], k, 0))

    @property
    def distance(self) -> float:
        """Largest difference of the means from K-means'."""
        return float(np.abs(self.means - self.hard).max())

    @property
    def entropy(self) -> float:
        """Mean entropy of r, in bits: 0 when every sample belongs to one component alone."""
        return entropy(self.r)

    @property
    def agreement(self) -> float:
        """Share of the samples whose likeliest component is K-means' choice."""
        return float((self.r.argmax(1) == self.nearest).mean())

    @property
    def distinct(self) -> int:
        """How many means are left that differ by more than 0.01: for large σ all merge into the centre of the data."""
        return len(np.unique(np.round(self.means, 2), axis=0))


def harden(x: np.ndarray, k: int, sigma: float, sigmas: Sequence[float], iterations: int, seed: int) -> Hardening:
    """EM with fixed ``sigma``, and at each of ``sigmas``, from a k-means++ start; K-means from the same."""
    begin = start(x, k, "kmeans++", seed).means
    hard, nearest = k_means(x, begin, iterations)
    runs = [soft_k_means(x, begin, s, iterations) for s in sigmas]
    distances = np.array([np.abs(means - hard).max() for means, _ in runs])
    entropies = np.array([entropy(r) for _, r in runs])
    seen = [np.where(values > ROUNDING, values, np.nan) for values in (distances, entropies)]
    means, r = soft_k_means(x, begin, sigma, iterations)
    return Hardening(x, sigma, means, r, hard, nearest, np.asarray(sigmas, float), *seen)
