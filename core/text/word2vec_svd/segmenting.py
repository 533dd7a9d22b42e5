"""Cutting a text into words of a vocabulary: the most probable cut when words are independent (unigram, Viterbi).

A cut w₁ … w_n has log p = Σ log(#w_i / N). A character that begins no word stands alone, at the price of one occurrence in ten times
the corpus. Training needs a segmenter with a dictionary of its own (jieba); a reader's sentence is cut with the vocabulary that ships.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from core.text.segmenting import best_cut

__all__ = ["Segmenter"]

UNSEEN = 0.1  # occurrences of a character that is no word


class Segmenter:
    """Words with how often they occur in the corpus, and what cuts a text by them."""

    def __init__(self, words: Sequence[str], occurrences: Sequence[int]) -> None:
        total = math.log(sum(occurrences))
        self.words = tuple(words)
        self.ids: Mapping[str, int] = {word: i for i, word in enumerate(words)}
        self._log = {w: math.log(n) - total for w, n in zip(words, occurrences, strict=True)}
        self._unseen = math.log(UNSEEN) - total
        self._longest = max(map(len, words), default=1)

    def cut(self, text: str) -> list[str]:
        """The pieces of ``text``, which together are ``text``; those that are no word are single characters."""
        return best_cut(text, self._log.get, self._longest, self._unseen)
