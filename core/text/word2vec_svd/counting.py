"""Co-occurrence counts: which words stand within a window of each other, and how often.

A text is one array of word numbers, with :data:`BREAK` between sentences. Counting goes word by word instead of place by place: the
places of one word are walked through and its neighbours counted in one dense row, which stays in the processor's first cache. No
pair is ever stored or sorted; the time is that of 2·window increments a place.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.jit import njit

__all__ = ["BREAK", "Counts", "cooccurrences"]

BREAK = -1
"""Stands between sentences: no window reaches over it."""

Ints = NDArray[Any]


class Counts(NamedTuple):
    """#(i, j) as rows of a sparse matrix (``start`` [V+1], ``column`` and ``count`` [n]) and the margins #i = Σ_j #(i, j) [V].

    The margins are those of all pairs, also of pairs that are too rare to be listed.
    """

    start: Ints
    column: Ints
    count: Ints
    margin: Ints

    @property
    def words(self) -> int:
        """V."""
        return len(self.margin)

    @property
    def total(self) -> int:
        """D, the number of pairs."""
        return int(self.margin.sum())

    @property
    def row(self) -> Ints:
        """The row of every listed count [n]."""
        return np.repeat(np.arange(self.words), np.diff(self.start))

    def listed(self, keep: Ints) -> Counts:
        """With only those of the listed counts for which ``keep`` [n] is true; the margins stay."""
        start = np.concatenate([[0], np.cumsum(keep)])[self.start]
        return Counts(start, self.column[keep], self.count[keep], self.margin)

    def first(self, words: int) -> Counts:
        """Of the first ``words`` words alone, with margins counted anew from what is listed among them."""
        rows = self.row
        inside = (rows < words) & (self.column < words)
        margin = np.bincount(rows[inside], self.count[inside], minlength=words)[:words].astype(np.int64)
        kept = self.listed(inside)
        return Counts(kept.start[: words + 1], kept.column, kept.count, margin)


def cooccurrences(tokens: Ints, words: int, window: int) -> Counts:
    """#(i, j): how often word j stands at most ``window`` places from word i in the same sentence; symmetric.

    ``tokens`` are word numbers below ``words``, int32, with :data:`BREAK` between sentences.
    """
    tokens = np.ascontiguousarray(tokens, np.int32)
    start, column, count = _count(tokens, words, window)
    margin = np.add.reduceat(np.append(count, 0), start[:-1]).astype(np.int64)
    margin[np.diff(start) == 0] = 0
    return Counts(start, column, count, margin)


@njit(cache=True, nogil=True)
def _count(tokens: Any, words: int, window: int) -> Any:
    first = np.zeros(words + 1, np.int64)
    for token in tokens:
        if token >= 0:
            first[token + 1] += 1
    most = 0
    for i in range(words):
        most += min(words, 2 * window * first[i + 1])
        first[i + 1] += first[i]
    place = np.empty(first[words], np.int32)
    filled = first[:-1].copy()
    for at in range(len(tokens)):
        token = tokens[at]
        if token >= 0:
            place[filled[token]] = at
            filled[token] += 1
    start = np.zeros(words + 1, np.int64)
    column, count = np.empty(most, np.int32), np.empty(most, np.int32)
    row, touched = np.zeros(words, np.int32), np.empty(words, np.int32)
    n = 0
    for i in range(words):
        many = 0
        for k in range(first[i], first[i + 1]):
            at = place[k]
            for step in (-1, 1):
                other = at + step
                for _ in range(window):
                    if other < 0 or other >= len(tokens):
                        break
                    j = tokens[other]
                    if j < 0:
                        break
                    if row[j] == 0:
                        touched[many] = j
                        many += 1
                    row[j] += 1
                    other += step
        found = np.sort(touched[:many])
        for j in found:
            column[n], count[n] = j, row[j]
            row[j] = 0
            n += 1
        start[i + 1] = n
    return start, column[:n].copy(), count[:n].copy()
