"""What can be answered without a network: the sentence that matches the question best, and a stretch of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from core.text.dgcnn.texts import lowered, sentences

__all__ = ["best_sentence", "best_stretch", "length_shares"]

BREAK = re.compile(r"[^\W_]+")


def pairs(text: str) -> Counter[str]:
    """The pairs of neighbouring characters of a text."""
    low = lowered(text)
    return Counter(low[i : i + 2] for i in range(len(low) - 1))


def best_sentence(passage: str, question: str) -> tuple[int, int]:
    """(begin, end) of the sentence with the most pairs of characters of the question; the first of equals."""
    asked = pairs(question)
    found = sentences(passage) or [(0, len(passage))]
    return max(found, key=lambda span: (sum((pairs(passage[slice(*span)]) & asked).values()), -span[0]))


def length_shares(answers: Sequence[str]) -> dict[int, float]:
    """How often an answer has how many characters."""
    counts = Counter(map(len, answers))
    return {length: count / len(answers) for length, count in counts.items()}


def best_stretch(passage: str, question: str, shares: Mapping[int, float]) -> tuple[int, int]:
    """(begin, end) of a stretch of the best sentence: without punctuation or pairs of the question, of the likeliest length.

    Of equals the one nearest to what matches; the whole sentence where nothing is left.
    """
    begin, end = best_sentence(passage, question)
    asked = pairs(question)
    low = lowered(passage)
    taken = {i + k for i in range(begin, end - 1) if low[i : i + 2] in asked for k in (0, 1)}
    free = "".join("\0" if i in taken else passage[i] for i in range(begin, end))
    found = [(begin + m.start(), begin + m.end()) for m in BREAK.finditer(free)]
    if not found:
        return begin, end

    def rank(span: tuple[int, int]) -> tuple[float, int]:
        near = min((min(abs(i - span[0]), abs(i - span[1] + 1)) for i in taken), default=0)
        return shares.get(span[1] - span[0], 0.0), -near

    return max(found, key=rank)
