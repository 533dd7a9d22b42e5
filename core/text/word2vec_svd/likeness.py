"""How alike two tables of word vectors are: the share of common neighbours, overlap@10."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["NEAREST", "chance", "nearest", "overlap"]

NEAREST = 10
BLOCK = 500  # rows of cosines at a time


def nearest(units: NDArray[Any], asked: int, count: int = NEAREST) -> NDArray[np.intp]:
    """The ``count`` nearest words by cosine, in no order, of each of the first ``asked`` words [asked, count]; ``units`` have length 1."""
    found = []
    for begin in range(0, min(asked, len(units)), BLOCK):
        rows = units[begin : min(begin + BLOCK, asked)]
        cosines = rows @ units.T
        cosines[np.arange(len(rows)), begin + np.arange(len(rows))] = -np.inf
        found.append(np.argpartition(-cosines, count, axis=1)[:, :count])
    return np.concatenate(found)


def overlap(a: NDArray[Any], b: NDArray[Any]) -> float:
    """The mean share of common words of two lists of neighbours [N, n], each list without repetition."""
    return float((a[:, :, None] == b[:, None, :]).any(2).mean())


def chance(words: int, count: int = NEAREST) -> float:
    """The expected overlap of two lists that have nothing to do with each other."""
    return count / (words - 1)
