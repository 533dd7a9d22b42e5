"""From probabilities of starts and ends to answers, and from several passages to one answer (posts 5409 and 6906)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["LONGEST", "RULES", "THRESHOLD", "Span", "best_span", "elect", "spans"]

THRESHOLD = 0.1
LONGEST = 12  # characters from the first to the last, at most

RULES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "max": max,
    "sum": sum,
    "smoothed": lambda s: sum(x * x for x in s) / (1 + sum(s)),
}
"""How the scores s of one answer in several passages become one: max s, Σ s, and the post's Σ s² / (1 + Σ s)."""


@dataclass(frozen=True, slots=True)
class Span:
    """An answer: characters ``first`` … ``last`` of the passage, its ``text`` and its ``score`` p_start(first) · p_end(last)."""

    first: int
    last: int
    text: str
    score: float


def spans(
    text: str, start: np.ndarray, end: np.ndarray, threshold: float = THRESHOLD, longest: int = LONGEST
) -> list[Span]:  # fmt: skip
    """All answers in ``text`` whose start and end are above ``threshold``, the best first.

    ``start``, ``end`` [L] are probabilities. An answer has at most ``longest`` characters; one that occurs at several places
    of the passage keeps its best score.
    """
    length = len(text)
    best: dict[str, Span] = {}
    ends = np.flatnonzero(end[:length] > threshold)
    for first in np.flatnonzero(start[:length] > threshold).tolist():
        for last in ends[(ends >= first) & (ends < first + longest)].tolist():
            found = Span(first, last, text[first : last + 1], float(start[first] * end[last]))
            if found.text not in best or found.score > best[found.text].score:
                best[found.text] = found
    return sorted(best.values(), key=lambda span: (-span.score, span.first, span.last))


def elect(scores: Mapping[str, Sequence[float]], rule: str) -> dict[str, float]:
    """The score of each answer over all passages in which it was found by ``rule`` of :data:`RULES`, the best first."""
    total = {answer: float(RULES[rule](found)) for answer, found in scores.items()}
    return dict(sorted(total.items(), key=lambda item: -item[1]))


def best_span(start: np.ndarray, end: np.ndarray, longest: int = LONGEST) -> tuple[int, int, float]:
    """(first, last, score) of the best answer among all, whatever its score: the threshold is 0."""
    length = len(start)
    table = np.zeros((min(longest, length), length))
    for k in range(len(table)):
        table[k, : length - k] = start[: length - k] * end[k:]
    k, first = divmod(int(table.argmax()), length)
    return first, first + k, float(table[k, first])
