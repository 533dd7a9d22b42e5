"""Which columns of a table depend on one another: HSIC permutation tests of every pair, adjusted for their number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.data.tables import Table, varying
from core.notice import Notice
from core.progress import Progress
from core.refusal import Refusal
from core.stats.hsic.bandwidth import median_distance, median_of_differing
from core.stats.hsic.estimators import hsic, normalised
from core.stats.hsic.kernels import LARGEST
from core.stats.hsic.permutation import holm, permutation_test

__all__ = ["Matrix", "Pair", "dependence_matrix"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two columns, their normalised HSIC, permutation p-value and Holm-adjusted p-value."""

    x: str
    y: str
    strength: float
    p_value: float
    adjusted: float


@dataclass(frozen=True, slots=True)
class Matrix:
    """The pairs tested so far, of ``total``.

    names : the columns used; rows : how many; left_out : columns that are constant in these rows.
    tied : columns of which over half of the pairs are equal; their bandwidth is the median distance of pairs that differ.
    notices : how the table was read.
    """

    names: tuple[str, ...]
    rows: int
    pairs: tuple[Pair, ...]
    total: int
    left_out: tuple[str, ...]
    tied: tuple[str, ...]
    notices: tuple[Notice, ...] = ()

    @property
    def strength(self) -> np.ndarray:
        """Normalised HSIC [v, v]: 1 on the diagonal, 0 where a pair is still to come."""
        return self._square("strength", 0.0, 1.0)

    @property
    def adjusted(self) -> np.ndarray:
        """Holm-adjusted p-values [v, v]; NaN on the diagonal and where a pair is still to come."""
        return self._square("adjusted", np.nan, np.nan)

    def significant(self, level: float) -> tuple[Pair, ...]:
        """The pairs that depend at ``level`` after Holm's adjustment."""
        return tuple(pair for pair in self.pairs if pair.adjusted <= level)

    def _square(self, field: str, empty: float, diagonal: float) -> np.ndarray:
        place = {name: i for i, name in enumerate(self.names)}
        square = np.full((len(place), len(place)), empty)
        np.fill_diagonal(square, diagonal)
        for pair in self.pairs:
            i, j = place[pair.x], place[pair.y]
            square[i, j] = square[j, i] = getattr(pair, field)
        return square


def dependence_matrix(table: Table, permutations: int = 200, seed: int = 0) -> Iterator[Matrix | Progress]:
    """Permutation tests of every pair of columns of ``table``; yields the matrix row by row, progress in between.

    HSIC at the median bandwidth does not depend on units, so each column is divided by its largest value first, which keeps
    squares inside double precision. Pairs still to come count in Holm's adjustment as p = 1, so that nothing found on the
    way is taken back. Raises Refusal when fewer than two columns vary, and for one value beyond all measure.
    """
    names, data, left_out = varying(table.names, table.values)
    if len(names) < 2:
        zh = f"只有 {len(names)} 列有变化（{'、'.join(left_out)} 在所用的行里是常数）；至少要 2 列"
        en = f"{len(names)} column varies ({', '.join(left_out)} is constant in the rows used); at least 2 are needed"
        raise Refusal(zh, en, input="data")
    data = data / np.abs(data).max(0)
    widths = [median_distance(column) for column in data.T]
    tied = tuple(name for name, width in zip(names, widths, strict=True) if width == 0)
    widths = [width or median_of_differing(column) for width, column in zip(widths, data.T, strict=True)]
    if far := [name for name, width in zip(names, widths, strict=True) if width < 1 / LARGEST]:
        zh = f"有一个值远在其余之外（相差 {LARGEST:g} 倍以上）的列：{'、'.join(far)}；请改正或删去这一行"
        en = f"column {', '.join(far)} has a value {LARGEST:g} times as far off as the others; mend or leave out that row"
        raise Refusal(zh, en, input="data")
    own = [hsic(c, c, sigma_x=width, sigma_y=width) for c, width in zip(data.T, widths, strict=True)]
    v = len(names)
    total = v * (v - 1) // 2
    found: list[tuple[int, int, float, float]] = []
    for i in range(v - 1):
        for j in range(i + 1, v):
            test = permutation_test(data[:, i], data[:, j], permutations, seed, sigma_x=widths[i], sigma_y=widths[j])
            found.append((i, j, normalised(test.statistic, own[i], own[j]), test.p_value))
            if j < v - 1:
                yield Progress(len(found) / total)
        to_come = np.ones(total - len(found))
        adjusted = holm(np.concatenate([[p for *_, p in found], to_come]))
        pairs = tuple(
            Pair(names[a], names[b], s, p, float(q)) for (a, b, s, p), q in zip(found, adjusted, strict=False)
        )
        yield Matrix(tuple(names), len(data), pairs, total, tuple(left_out), tied, table.notices)
