"""Bandwidth: the median of the off-diagonal distances, exact and without storing them.

The median is over the pairs i < j (n(n-1)/2 distances; the mean of the two middle ones when that number is even). The
median over the full matrix with its zero diagonal is smaller and shifts the statistic: see post 6910's page.
"""

from __future__ import annotations

import numba as nb
import numpy as np

__all__ = ["median_distance"]

RADIX_BITS = 16


def median_distance(x: np.ndarray) -> float:
    """Median Euclidean distance over pairs i < j of the rows of ``x`` [n] or [n, d], n >= 2.

    One dimension: sorting and counting, O(n log n). More: four passes of a radix selection over the distances' bits,
    O(n²d) time and O(1) memory.
    """
    x = np.ascontiguousarray(x, np.float64)
    pairs = len(x) * (len(x) - 1) // 2
    ranks = ((pairs - 1) // 2, pairs // 2)
    if x.ndim == 1 or x.shape[1] == 1:
        ordered = np.sort(x.ravel())
        low, high = (_kth_difference(ordered, rank + 1) for rank in ranks)
    else:
        low, high = (_kth_distance(x, rank) for rank in ranks)
    return 0.5 * (low + high)


@nb.njit(nogil=True, cache=True)
def _kth_difference(x, k):  # pragma: no cover - compiled
    """The k-th smallest x_j - x_i (k from 1) of sorted x: bisection over the bit patterns of float64, so exact."""
    box = np.zeros(1, np.float64)
    bits = box.view(np.int64)
    box[0] = x[-1] - x[0]
    low, high = np.int64(-1), bits[0]
    while high - low > 1:
        middle = low + (high - low) // 2  # low + high would overflow
        bits[0] = middle
        limit = box[0]
        count = 0
        i = 0
        for j in range(x.shape[0]):
            while x[j] - x[i] > limit:
                i += 1
            count += j - i
        if count >= k:
            high = middle
        else:
            low = middle
    bits[0] = high
    return box[0]


def _kth_distance(x: np.ndarray, rank: int) -> float:
    """The distance of this rank (from 0) over pairs i < j, by radix selection on its bits."""
    prefix, known = np.int64(0), 0
    while known < 64:
        histogram = _count(x, prefix, known)
        below = np.cumsum(histogram)
        digit = int(np.searchsorted(below, rank, side="right"))
        rank -= int(below[digit - 1]) if digit else 0
        prefix = np.int64((int(prefix) << RADIX_BITS) | digit)
        known += RADIX_BITS
    return float(np.sqrt(np.array([prefix], np.int64).view(np.float64)[0]))


@nb.njit(nogil=True, cache=True)
def _count(x, prefix, known):  # pragma: no cover - compiled
    """Histogram of the next 16 bits of the squared distances whose first ``known`` bits are ``prefix``."""
    found = np.zeros(1 << RADIX_BITS, np.int64)
    box = np.zeros(1, np.float64)
    bits = box.view(np.int64)
    n, d = x.shape
    for i in range(n):
        for j in range(i + 1, n):
            total = 0.0
            for k in range(d):
                gap = x[i, k] - x[j, k]
                total += gap * gap
            box[0] = total
            if known == 0 or (bits[0] >> (64 - known)) == prefix:
                found[(bits[0] >> (64 - known - RADIX_BITS)) & ((1 << RADIX_BITS) - 1)] += 1
    return found
