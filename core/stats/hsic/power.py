"""Power: how often a test finds a dependence that is there, and how often one that is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from core.stats.hsic.clouds import cloud
from core.stats.hsic.dependence import pearson
from core.stats.hsic.permutation import permutation_test

__all__ = ["Point", "rejections"]


class Point(NamedTuple):
    """Share of tests that reject at level alpha at one n: by HSIC, by Pearson's correlation (both permuted or exact t)."""

    n: int
    hsic: float
    pearson: float


def rejections(
    shape: str, noise: float, sizes: Sequence[int], repeats: int, permutations: int, alpha: float, seed: int
) -> Iterator[Point]:  # fmt: skip
    """Yield, size by size, how often each test rejects independence over ``repeats`` fresh samples.

    HSIC by permutation; Pearson by its t law. The standard error of a share p is sqrt(p (1 - p) / repeats).
    """
    import scipy.stats

    for n in sizes:
        found = np.zeros(2)
        for i in range(repeats):
            x, y = cloud(shape, n, noise, seed * 1_000_003 + 1009 * n + i)
            found[0] += permutation_test(x, y, permutations, i).p_value <= alpha
            r = pearson(x, y)
            t = abs(r) * np.sqrt((n - 2) / max(1 - r * r, 1e-300))
            found[1] += 2 * scipy.stats.t.sf(t, n - 2) <= alpha
        yield Point(n, *(found / repeats))
