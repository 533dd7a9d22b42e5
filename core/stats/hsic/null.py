"""The null distribution of HSIC: what the statistic is when nothing depends, by shuffling and by a gamma distribution."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.stats.hsic.bandwidth import median_distance
from core.stats.hsic.gamma import Gamma, gamma_null
from core.stats.hsic.permutation import PermutationTest, permutation_stream

__all__ = ["Null", "null_stream"]

LEVEL = 0.05
FAR = 0.9999  # the axis reaches at least this quantile of the gamma distribution
ROOM = 1.08


@dataclass(frozen=True, slots=True)
class Null:
    """The test with the shuffles known so far, of ``asked`` in all, and the gamma approximation."""

    test: PermutationTest
    gamma: Gamma
    asked: int

    @property
    def p_value(self) -> float:
        """By shuffling."""
        return self.test.p_value

    @property
    def gamma_p_value(self) -> float:
        """By the gamma approximation."""
        return self.gamma.p_value(self.test.statistic)

    @property
    def threshold(self) -> float:
        """The 95 % quantile of the shuffles: what lies beyond is called dependent at level 0.05."""
        return float(np.quantile(self.test.null, 1 - LEVEL))

    @property
    def gamma_threshold(self) -> float:
        """The 95 % quantile of the gamma approximation."""
        return self.gamma.quantile(1 - LEVEL)

    @property
    def gap(self) -> float:
        """How far the gamma's 95 % quantile lies from the shuffles', relative to the latter."""
        return self.gamma_threshold / self.threshold - 1

    @property
    def reach(self) -> float:
        """Where an axis should end that shows the data and nearly all of the null."""
        return ROOM * max(self.test.statistic, self.gamma.quantile(FAR))

    @property
    def unit(self) -> float:
        """The power of ten in which such a small statistic is best read."""
        return 10.0 ** math.floor(math.log10(self.reach))

    def histogram(self, bins: int = 50) -> tuple[np.ndarray, np.ndarray]:
        """Centres [bins] over [0, reach] and the share of the shuffles in each bin."""
        counts, edges = np.histogram(self.test.null, bins, (0, self.reach))
        return (edges[1:] + edges[:-1]) / 2, counts / len(self.test.null)

    def curve(self, bins: int = 50, points: int = 200) -> tuple[np.ndarray, np.ndarray]:
        """Places [points] over (0, reach] and the gamma's density there times the width of a bin: shares as in the histogram."""
        places = np.linspace(0, self.reach, points + 1)[1:]
        return places, self.gamma.density(places) * self.reach / bins


def null_stream(
    x: np.ndarray, y: np.ndarray, sigma: float, permutations: int, seed: int, parts: int = 10
) -> Iterator[Null]:
    """The null of x, y [n] under Gaussian kernels of ``sigma`` times the median bandwidths; yields it in ``parts`` as it grows."""
    width_x, width_y = sigma * median_distance(x), sigma * median_distance(y)
    gamma = gamma_null(x, y, sigma_x=width_x, sigma_y=width_y)
    for test in permutation_stream(x, y, permutations, seed, parts=parts, sigma_x=width_x, sigma_y=width_y):
        yield Null(test, gamma, permutations)
