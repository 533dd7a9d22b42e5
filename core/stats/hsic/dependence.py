"""Other measures of dependence, to stand beside HSIC: Pearson, Spearman, distance correlation, mutual information."""

from __future__ import annotations

import numpy as np
import scipy.spatial.distance
import scipy.special
import scipy.stats
from scipy.spatial import KDTree

from core.stats.hsic.kernels import pair_of

__all__ = ["distance_correlation", "mutual_information", "pearson", "spearman"]

MAX_PAIRS_SAMPLES = 5_000


def pearson(x: object, y: object) -> float:
    """Pearson's correlation of two samples [n]; 0 where one is constant."""
    a, b = (v.ravel() for v in pair_of(x, y))
    return _correlation(a, b)


def spearman(x: object, y: object) -> float:
    """Spearman's rank correlation of two samples [n]; 0 where one is constant."""
    a, b = (scipy.stats.rankdata(v.ravel()) for v in pair_of(x, y))
    return _correlation(a, b)


def distance_correlation(x: object, y: object) -> float:
    """Distance correlation (Székely, Rizzo & Bakirov 2007), biased, in [0, 1]; n <= 5000."""
    a, b = pair_of(x, y)
    if len(a) > MAX_PAIRS_SAMPLES:
        raise ValueError(f"x: {len(a)} samples; at most {MAX_PAIRS_SAMPLES} are allowed")
    centred = []
    for v in (a, b):
        d = scipy.spatial.distance.cdist(v, v)
        centred.append(d - d.mean(0) - d.mean(1)[:, None] + d.mean())
    covariance = float((centred[0] * centred[1]).mean())
    scale = float(np.sqrt((centred[0] ** 2).mean() * (centred[1] ** 2).mean()))
    return float(np.sqrt(max(covariance, 0.0) / scale)) if scale > 0 else 0.0


def mutual_information(x: object, y: object, neighbours: int = 3) -> float:
    """Mutual information in nats by nearest neighbours (Kraskov, Stögbauer & Grassberger 2004, first estimator).

    psi(k) + psi(n) - <psi(n_x + 1) + psi(n_y + 1)>; may come out slightly below 0 under independence.
    """
    a, b = pair_of(x, y)
    n = len(a)
    if not 1 <= neighbours < n:
        raise ValueError(f"neighbours = {neighbours}: must be from 1 to {n - 1}")
    joint = np.hstack([a, b])
    radius = KDTree(joint).query(joint, neighbours + 1, p=np.inf)[0][:, -1]
    inside = np.nextafter(radius, 0)
    counts = [KDTree(v).query_ball_point(v, inside, p=np.inf, return_length=True) for v in (a, b)]
    psi = scipy.special.digamma
    return float(
        psi(neighbours) + psi(n) - np.mean(psi(counts[0]) + psi(counts[1]))
    )  # the counts hold the point itself


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale > 0 else 0.0
