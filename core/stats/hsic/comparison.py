"""Comparison: five measures of dependence on the same samples, each with a permutation p-value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.stats.hsic.dependence import (
    distance_correlation,
    mutual_information,
    pearson,
    pearson_size,
    spearman,
    spearman_size,
)
from core.stats.hsic.estimators import hsic, normalised_hsic
from core.stats.hsic.permutation import permutation_test, permuted_p_value

__all__ = ["MEASURES", "Comparison", "Measure", "compare"]

Name = Literal["hsic", "distance", "information", "spearman", "pearson"]
MEASURES = {
    "distance": (distance_correlation, distance_correlation),
    "information": (mutual_information, mutual_information),
    "spearman": (spearman, spearman_size),
    "pearson": (pearson, pearson_size),
}
"""Beside HSIC: the value shown, and what grows with dependence, by which shuffles are compared."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure's value (hsic: normalised) and permutation p-value."""

    name: Name
    value: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Samples x, y [n], the biased and the unbiased HSIC, and all measures, HSIC first."""

    x: np.ndarray
    y: np.ndarray
    hsic: float
    unbiased: float
    measures: tuple[Measure, ...]

    def seen(self, level: float) -> tuple[Name, ...]:
        """The measures whose test rejects independence at ``level``."""
        return tuple(m.name for m in self.measures if m.p_value <= level)

    def measure(self, name: str) -> Measure:
        """The measure called ``name``."""
        return next(m for m in self.measures if m.name == name)


def compare(x: np.ndarray, y: np.ndarray, permutations: int, other_permutations: int, seed: int) -> Comparison:
    """All five measures of x, y [n]; HSIC is tested with ``permutations`` shuffles, the others with ``other_permutations``."""
    test = permutation_test(x, y, permutations, seed)
    measures = [Measure("hsic", normalised_hsic(x, y), test.p_value)]
    for name, (value, size) in MEASURES.items():
        p_value = permuted_p_value(size, x, y, other_permutations, seed)
        measures.append(Measure(name, float(value(x, y)), p_value))  # type: ignore[arg-type]
    return Comparison(x, y, test.statistic, hsic(x, y, "unbiased"), tuple(measures))
