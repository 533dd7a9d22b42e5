"""Power: how often a test finds a dependence that is there, and how often one that is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import scipy.stats

from core.stats.hsic.clouds import cloud
from core.stats.hsic.dependence import pearson
from core.stats.hsic.permutation import permutation_test

__all__ = ["Point", "Setting", "rejections"]


class Setting(NamedTuple):
    """Where a power curve is measured: samples and noise."""

    n: int
    noise: float


class Point(NamedTuple):
    """Shares of tests that reject independence at one setting: by HSIC, by Pearson's correlation."""

    n: int
    noise: float
    hsic: float
    pearson: float


def rejections(
    shape: str, settings: Sequence[Setting], repeats: int, permutations: int, alpha: float, seed: int
) -> Iterator[Point]:
    """Yield, setting by setting, how often each test rejects independence at level ``alpha`` over ``repeats`` clouds.

    HSIC by permutation, Pearson's correlation by its t law with n - 2 degrees of freedom. For "independent" the share
    is the type I error. The standard error of a share p is sqrt(p (1 - p) / repeats). Settings that differ in noise alone
    see the same random numbers, so their differences are sharper than each. ValueError names a wrong argument.
    """
    if repeats < 1:
        raise ValueError(f"repeats = {repeats}: must be at least 1")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha = {alpha}: must lie between 0 and 1")
    for n, noise in settings:
        found = np.zeros(2)
        for i in range(repeats):
            x, y = cloud(shape, n, noise, _seed(seed, n, i))
            found[0] += permutation_test(x, y, permutations, i).p_value <= alpha
            r = pearson(x, y)
            t = abs(r) * np.sqrt((n - 2) / max(1 - r * r, 1e-300))
            found[1] += 2 * scipy.stats.t.sf(t, n - 2) <= alpha
        yield Point(n, noise, *(found / repeats))


def _seed(seed: int, n: int, repeat: int) -> int:
    """One number for each (seed, n, repeat), without collisions in practice."""
    return int(np.random.SeedSequence([seed, n, repeat]).generate_state(1, np.uint64)[0])
