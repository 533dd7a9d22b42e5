"""Cutting text without spaces into words: of all cuts the one with the largest Σ log p(w), words being independent (Viterbi, 1967).

What p is, which words there are and what a character costs that is none of them is for the caller to say: the clozes, the reviews
and the words found in novels each have their own counts and their own price of the unknown.
"""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["best_cut"]


def best_cut(text: str, log_p: Callable[[str], float | None], longest: int, unknown: float) -> list[str]:
    """The pieces of ``text``, which together are ``text``, with the largest Σ log p.

    ``log_p`` : log-probability of a word (nat), None where it is no word. ``longest`` : characters of the longest word. ``unknown`` :
    log-probability of a single character that is no word. Of equally good cuts the one whose last word is the longest is taken.
    Time is len(text) · ``longest`` look-ups.
    """
    score, back = [0.0], [0]
    for end in range(1, len(text) + 1):
        best, start = -math.inf, end - 1
        for begin in range(max(0, end - max(longest, 1)), end):
            value = log_p(text[begin:end])
            if value is None:
                if begin < end - 1:
                    continue
                value = unknown
            if score[begin] + value > best:
                best, start = score[begin] + value, begin
        score.append(best)
        back.append(start)
    pieces, end = [], len(text)
    while end:
        pieces.append(text[back[end] : end])
        end = back[end]
    return pieces[::-1]
