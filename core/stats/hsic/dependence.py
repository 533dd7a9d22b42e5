"""Other measures of dependence, to stand beside HSIC: Pearson, Spearman, distance correlation, mutual information."""

from __future__ import annotations

import numpy as np
import scipy.spatial.distance
import scipy.special
import scipy.stats
from scipy.spatial import KDTree

from core import jit as nb
from core.data.tables import standardised
from core.stats.hsic.kernels import pair_of

__all__ = ["distance_correlation", "mutual_information", "pearson", "pearson_size", "spearman", "spearman_size"]

MAX_PAIRS_SAMPLES = 20_000  # 2e8 pairs: a second


def pearson(x: object, y: object) -> float:
    """Pearson's correlation of two samples [n]; 0 where one is constant."""
    a, b = (v.ravel() for v in pair_of(x, y))
    return _correlation(a, b)


def spearman(x: object, y: object) -> float:
    """Spearman's rank correlation of two samples [n]; 0 where one is constant."""
    a, b = (scipy.stats.rankdata(v.ravel()) for v in pair_of(x, y))
    return _correlation(a, b)


def pearson_size(x: object, y: object) -> float:
    """|Pearson's correlation|: the larger the more dependent, as a two-sided test wants it."""
    return abs(pearson(x, y))


def spearman_size(x: object, y: object) -> float:
    """|Spearman's correlation|: the larger the more dependent, as a two-sided test wants it."""
    return abs(spearman(x, y))


def distance_correlation(x: object, y: object) -> float:
    """Distance correlation (Székely, Rizzo & Bakirov 2007), biased, in [0, 1]; 0 where one is constant.

    Over all pairs in O(n²) time and O(n) memory; n <= 20 000, ValueError beyond.
    """
    a, b = (v / (np.abs(v).max() or 1.0) for v in pair_of(x, y))  # squares of 1e-170 leave double precision
    n = len(a)
    if n > MAX_PAIRS_SAMPLES:
        raise ValueError(f"x: {n} samples; at most {MAX_PAIRS_SAMPLES} are allowed")
    products, rows = _distance_sums(a, b)
    # mean of the product of two doubly centred matrices, from the uncentred ones
    xy, xx, yy = products / n**2 - 2 / n**3 * _pairings(rows[0], rows[1]) + _pairings(*rows.sum(1)[:, None]) / n**4
    return float(np.sqrt(max(xy, 0.0) / np.sqrt(xx * yy))) if min(xx, yy) > 0 else 0.0


def _pairings(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Scalar products a·b, a·a, b·b."""
    return np.array([a @ b, a @ a, b @ b])


@nb.njit(nogil=True, cache=True)
def _distance_sums(x, y):  # pragma: no cover - compiled
    """Sums over all i, j of d_x d_y, d_x², d_y² [3], and the row sums of d_x and d_y [2, n]."""
    n = x.shape[0]
    products, rows = np.zeros(3), np.zeros((2, n))
    for i in range(n):
        for j in range(i):
            p, q = 0.0, 0.0
            for k in range(x.shape[1]):
                p += (x[i, k] - x[j, k]) ** 2
            for k in range(y.shape[1]):
                q += (y[i, k] - y[j, k]) ** 2
            products[1] += 2 * p
            products[2] += 2 * q
            p, q = np.sqrt(p), np.sqrt(q)
            products[0] += 2 * p * q
            rows[0, i] += p
            rows[0, j] += p
            rows[1, i] += q
            rows[1, j] += q
    return products, rows


def mutual_information(x: object, y: object, neighbours: int = 3) -> float:
    """Mutual information in nats by nearest neighbours (Kraskov, Stögbauer & Grassberger 2004, first estimator).

    psi(k) + psi(n) - <psi(n_x + 1) + psi(n_y + 1)>; may come out slightly below 0 under independence. Each column is brought to
    standard deviation 1 first: neighbours of (x, y) are found by the larger of the two distances, so without that the
    answer would depend on units. Where the k-th neighbour is an equal pair, k is how many are equal, and the n count equal
    values (Gao et al. 2017, for discrete and mixed variables). 0 where a variable is constant.
    """
    a, b = pair_of(x, y)
    n = len(a)
    if not 1 <= neighbours < n:
        raise ValueError(f"neighbours = {neighbours}: must be from 1 to {n - 1}")
    if any((v == v[0]).all() for v in (a, b)):
        return 0.0
    a, b = standardised(a), standardised(b)
    joint = np.hstack([a, b])
    tree = KDTree(joint)
    radius = tree.query(joint, neighbours + 1, p=np.inf)[0][:, -1]
    equal = tree.query_ball_point(joint, 0.0, p=np.inf, return_length=True)
    inside = np.nextafter(radius, 0)
    counts = [KDTree(v).query_ball_point(v, inside, p=np.inf, return_length=True) for v in (a, b)]
    psi = scipy.special.digamma
    near = np.where(radius > 0, neighbours, equal)
    # the counts hold the point itself
    return float(np.mean(psi(near) - psi(counts[0]) - psi(counts[1])) + psi(n))


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = standardised(np.stack([a, b], 1)).T
    return float(np.clip(a @ b / len(a), -1, 1))
