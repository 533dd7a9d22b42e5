"""Low rank: K ≈ G Gᵀ by pivoted incomplete Cholesky, straight from the data and without the n x n matrix.

Smooth kernels have quickly falling spectra: a rank of 20-40 gives the statistic to 1e-9 (Fine & Scheinberg 2001; Bach &
Jordan 2002). Each column takes the sample that the present approximation explains worst.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from core.stats.hsic.kernels import Kernel

__all__ = ["MAX_RANK", "factor", "shuffled_statistics"]

TOLERANCE = 1e-11  # mean unexplained diagonal at which to stop: HSIC then differs from the dense one by less than 1e-9
MAX_RANK = 160  # beyond, the dense kernels are quicker


def factor(x: np.ndarray, kernel: Kernel, most: int = MAX_RANK, tolerance: float = TOLERANCE) -> np.ndarray | None:
    """G [n, rank] with K ≈ G Gᵀ, or None when ``most`` columns do not reach the tolerance."""
    if kernel.name == "linear":
        return x if x.shape[1] <= most else None
    if kernel.name == "delta":
        values, which = np.unique(x, axis=0, return_inverse=True)
        return np.eye(len(values))[which] if len(values) <= most else None
    columns, rank = _factor(x, kernel.sigma, kernel.name == "laplace", min(most, len(x)), tolerance)
    return np.ascontiguousarray(columns[:rank].T) if rank >= 0 else None


@nb.njit(nogil=True, fastmath={"reassoc", "contract", "nsz"}, cache=True)
def _factor(x, sigma, laplace, most, tolerance):  # pragma: no cover - compiled
    n, d = x.shape
    g = np.empty((most, n))
    left = np.ones(n)
    for r in range(most):
        pivot = 0
        total = 0.0
        for i in range(n):
            total += left[i]
            if left[i] > left[pivot]:
                pivot = i
        if total <= tolerance * n or left[pivot] <= tolerance:
            return g, r
        row = g[r]
        for i in range(n):
            square = 0.0
            for k in range(d):
                gap = x[i, k] - x[pivot, k]
                square += gap * gap
            row[i] = -np.sqrt(square) / sigma if laplace else -0.5 * square / (sigma * sigma)
        for i in range(n):
            row[i] = np.exp(row[i])
        for q in range(r):
            weight = g[q, pivot]
            other = g[q]
            for i in range(n):
                row[i] -= weight * other[i]
        scale = 1.0 / np.sqrt(left[pivot])
        for i in range(n):
            row[i] *= scale
            left[i] = max(left[i] - row[i] * row[i], 0.0)
        left[pivot] = 0.0
    total = 0.0
    for i in range(n):
        total += left[i]
    return g, most if total <= tolerance * n else -1


@nb.njit(nogil=True, fastmath={"reassoc", "contract", "nsz"}, cache=True)
def shuffled_statistics(left, right, seed, first, out):  # pragma: no cover - compiled
    """||leftᵀ right[π]||²_F / n² for shuffles ``first`` …, one random stream each (splitmix64 of seed and number).

    ``left`` [n, r], ``right`` [n, s] (s a multiple of 8 runs without a remainder); fills ``out``. The numbers do not depend on how the shuffles are spread over threads.
    """
    n, r = left.shape
    s = right.shape[1]
    order = np.empty(n, np.int64)
    product = np.empty((r, s))
    for k in range(out.shape[0]):
        state = np.uint64(seed) ^ (np.uint64(first + k + 1) * np.uint64(0xD1342543DE82EF95))
        for i in range(n):
            order[i] = i
        for i in range(n - 1, 0, -1):
            state += np.uint64(0x9E3779B97F4A7C15)
            z = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            z ^= z >> np.uint64(31)
            # Lemire's multiply-shift on 32 bits; its bias is below n / 2^32
            j = np.int64(((z >> np.uint64(32)) * np.uint64(i + 1)) >> np.uint64(32))
            order[i], order[j] = order[j], order[i]
        product[:] = 0.0
        whole = n - n % 4
        for i in range(0, whole, 4):  # four samples at once: a quarter of the traffic to ``product``
            row0, row1, row2, row3 = right[order[i]], right[order[i + 1]], right[order[i + 2]], right[order[i + 3]]
            for a in range(r):
                w0, w1, w2, w3 = left[i, a], left[i + 1, a], left[i + 2, a], left[i + 3, a]
                to = product[a]
                for b in range(s):
                    to[b] += w0 * row0[b] + w1 * row1[b] + w2 * row2[b] + w3 * row3[b]
        for i in range(whole, n):
            row = right[order[i]]
            for a in range(r):
                for b in range(s):
                    product[a, b] += left[i, a] * row[b]
        total = 0.0
        for a in range(r):
            for b in range(s):
                total += product[a, b] * product[a, b]
        out[k] = total / (n * n)
