"""Bandwidth: the median of the off-diagonal distances, exact and without storing them.

The median is over the pairs i < j (n(n-1)/2 distances; the mean of the two middle ones when that number is even), each
variable's own. Others' conventions differ, and with them their statistics:

- over the full matrix, zero diagonal included: smaller, at n = 200 the statistic moves by 0.8 %;
- hyppo (``Hsic``): off-diagonal median of x, used for y too; its statistic is the normalised unbiased one;
- causal-learn (``KCI``, ``GaussianKernel``): kernel exp(-d²/(4 m²)) on standardised data with the median m of the raw
  data, of a random 1 000 rows where there are more.

Their numbers come from ``sigma_x`` and ``sigma_y`` of :func:`core.stats.hsic.hsic`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from core import jit as nb
from core.device import cores

__all__ = ["median_distance", "median_of_differing"]

RADIX_BITS = 16


def median_distance(x: np.ndarray) -> float:
    """Median Euclidean distance over pairs i < j of the rows of ``x`` [n] or [n, d], n >= 2.

    One dimension: sorting and counting, O(n log n). More: five passes at most over all pairs (a radix selection on
    the distances' bits, then the next larger one), O(n²d) time and O(1) memory.
    """
    x = np.ascontiguousarray(x, np.float64)
    pairs = len(x) * (len(x) - 1) // 2
    low_rank, high_rank = (pairs - 1) // 2, pairs // 2  # from 0
    if x.ndim == 1 or x.shape[1] == 1:
        ordered = np.sort(x.ravel())
        low = _kth_difference(ordered, low_rank + 1)
        high = low if low_rank == high_rank else _kth_difference(ordered, high_rank + 1)
        return 0.5 * (low + high)
    low = _kth_square(x, low_rank)
    high = low if low_rank == high_rank else _next_square(x, low, high_rank)
    return 0.5 * float(np.sqrt(low) + np.sqrt(high))


def median_of_differing(x: np.ndarray) -> float:
    """Median distance over the pairs of one column [n] whose values differ; 0 where none do.

    For columns of which over half of the pairs are equal (rare events, counts with many zeros), where the plain median is 0.
    """
    ordered = np.sort(np.asarray(x, np.float64).ravel())
    ties = np.unique(ordered, return_counts=True)[1]
    equal = int((ties * (ties - 1) // 2).sum())
    pairs = len(ordered) * (len(ordered) - 1) // 2 - equal
    if pairs == 0:
        return 0.0
    return 0.5 * (
        _kth_difference(ordered, equal + (pairs - 1) // 2 + 1) + _kth_difference(ordered, equal + pairs // 2 + 1)
    )


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


def _kth_square(x: np.ndarray, rank: int) -> float:
    """The squared distance of this rank (from 0) over pairs i < j, by radix selection on its bits."""
    prefix, known = 0, 0
    while known < 64:
        below = np.cumsum(sum(_on_all_cores(_count, x, np.int64(prefix), known)))
        digit = int(np.searchsorted(below, rank, side="right"))
        rank -= int(below[digit - 1]) if digit else 0
        prefix = (prefix << RADIX_BITS) | digit
        known += RADIX_BITS
    return float(np.array([prefix], np.int64).view(np.float64)[0])


def _next_square(x: np.ndarray, value: float, rank: int) -> float:
    """The squared distance of this rank when the one before has ``value``: the same again or the next larger."""
    counts, larger = zip(*_on_all_cores(_above, x, value), strict=True)
    return value if sum(counts) > rank else min(larger)


def _on_all_cores(work, x: np.ndarray, *arguments) -> list:
    """``work(x, first row, stride, *arguments)`` on every core's share of the rows."""
    with ThreadPoolExecutor(cores()) as pool:
        return list(pool.map(work, *zip(*((x, i, cores(), *arguments) for i in range(cores())), strict=True)))


@nb.njit(nogil=True, cache=True)
def _square(x, i, j):  # pragma: no cover - compiled
    total = 0.0
    for k in range(x.shape[1]):
        gap = x[i, k] - x[j, k]
        total += gap * gap
    return total


@nb.njit(nogil=True, cache=True)
def _count(x, first, stride, prefix, known):  # pragma: no cover - compiled
    """Histogram of the next 16 bits of the squared distances whose first ``known`` bits are ``prefix``."""
    found = np.zeros(1 << RADIX_BITS, np.int64)
    box = np.zeros(1, np.float64)
    bits = box.view(np.int64)
    for i in range(first, x.shape[0], stride):
        for j in range(i + 1, x.shape[0]):
            box[0] = _square(x, i, j)
            if known == 0 or (bits[0] >> (64 - known)) == prefix:
                found[(bits[0] >> (64 - known - RADIX_BITS)) & ((1 << RADIX_BITS) - 1)] += 1
    return found


@nb.njit(nogil=True, cache=True)
def _above(x, first, stride, value):  # pragma: no cover - compiled
    """How many squared distances are at most ``value``, and the smallest that is larger."""
    count, larger = 0, np.inf
    for i in range(first, x.shape[0], stride):
        for j in range(i + 1, x.shape[0]):
            square = _square(x, i, j)
            if square <= value:
                count += 1
            else:
                larger = min(larger, square)
    return count, larger
