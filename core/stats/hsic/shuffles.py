"""Shuffles and the statistic of shuffled pairs, compiled.

Shuffle number k of a seed is the same whatever computes it and however the work is spread over threads: each has a
random stream of its own (splitmix64, Steele, Lea & Flood 2014) started from seed and number.
"""

from __future__ import annotations

import numpy as np

from core import jit as nb

__all__ = ["dense_statistics", "low_rank_statistics", "orders"]


@nb.njit(nogil=True, cache=True)
def _shuffle(order, seed, number):  # pragma: no cover - compiled
    """Fill ``order`` [n] with shuffle ``number`` (from 0) of 0 … n-1: Fisher and Yates."""
    n = order.shape[0]
    state = np.uint64(seed) ^ (np.uint64(number + 1) * np.uint64(0xD1342543DE82EF95))
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


@nb.njit(nogil=True, cache=True)
def orders(n, seed, first, count):  # pragma: no cover - compiled
    """Shuffles ``first`` … of 0 … n-1, shape [count, n]."""
    out = np.empty((count, n), np.int64)
    for k in range(count):
        _shuffle(out[k], seed, first + k)
    return out


@nb.njit(nogil=True, fastmath={"reassoc", "contract", "nsz"}, cache=True)
def low_rank_statistics(left, right, seed, first, out):  # pragma: no cover - compiled
    """||leftᵀ right[π]||²_F / n² of shuffles ``first`` …, into ``out``.

    ``left`` [n, r], ``right`` [n, s], both centred; s a multiple of 8 runs without a remainder.
    """
    n, r = left.shape
    s = right.shape[1]
    order = np.empty(n, np.int64)
    product = np.empty((r, s))
    for k in range(out.shape[0]):
        _shuffle(order, seed, first + k)
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


@nb.njit(nogil=True, fastmath={"reassoc", "contract", "nsz"}, cache=True)
def dense_statistics(k_centred, l, seed, first, out):  # pragma: no cover - compiled
    """sum_ij (HKH)_ij L_π(i)π(j) / n² of shuffles ``first`` …, into ``out``; both matrices [n, n] are symmetric.

    Reads one triangle and copies no matrix.
    """
    n = l.shape[0]
    order = np.empty(n, np.int64)
    for k in range(out.shape[0]):
        _shuffle(order, seed, first + k)
        total, diagonal = 0.0, 0.0
        for i in range(n):
            row, other = k_centred[i], l[order[i]]
            part = 0.0
            for j in range(i):
                part += row[j] * other[order[j]]
            total += part
            diagonal += row[i] * other[order[i]]
        out[k] = (2.0 * total + diagonal) / (n * n)
