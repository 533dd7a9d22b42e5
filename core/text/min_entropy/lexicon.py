"""Words found in a text without a dictionary (series II of the posts; the author's nlp-zero).

Two neighbouring characters belong together where p(ab) > min_proba and PMI = log p(ab) − log p(a) p(b) > min_pmi nats. A text is
cut wherever two neighbours do not; what lies between two cuts is a run, and the runs with p > min_proba are the first words.
Then redundancy goes: longest first, a word w is taken out and cut into the words that remain, w₁ … w_k; where

    log p(w) − Σ log p(w_i) < len(w) − 1

it says little more than its parts, which get its counts. What is left is a unigram model; a sentence is cut into words by the
path of the largest Σ log p(w) (Viterbi), a character that is no word counting UNKNOWN.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from core.text.segmenting import best_cut

__all__ = ["MIN_PMI", "MIN_PROBA", "UNKNOWN", "Pairs", "Redundant", "Segmenter", "cut", "merged", "pairs", "pieces", "pruned", "runs"]  # fmt: skip

MIN_PMI, MIN_PROBA = 1.0, 1e-7  # the author's
UNKNOWN = -100.0  # the author's null score, in nats
PIECE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff0-9a-zA-Z]+")


@dataclass(frozen=True)
class Pairs:
    """Counts of characters and of neighbouring pairs."""

    characters: Mapping[str, int]
    together: Mapping[str, int]
    total_characters: int
    total_pairs: int

    def pmi(self, pair: str) -> float:
        """log p(ab) − log p(a) − log p(b) of a pair that occurs, in nats."""
        one, other = (self.characters[c] / self.total_characters for c in pair)
        return math.log(self.together[pair] / self.total_pairs) - math.log(one) - math.log(other)

    def strong(self, min_pmi: float = MIN_PMI, min_proba: float = MIN_PROBA) -> frozenset[str]:
        """The pairs that belong together."""
        least = min_proba * self.total_pairs
        return frozenset(
            pair for pair, count in self.together.items() if count > least and self.pmi(pair) > min_pmi
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Redundant:
    """A word taken out: the ``parts`` that say the same, and its ``gain`` log p(w) − Σ log p(part), which is below len − 1."""

    word: str
    count: int
    parts: tuple[str, ...]
    gain: float


def pieces(text: str) -> Iterator[str]:
    """The stretches of Chinese characters, letters and digits in a text."""
    return (found[0] for found in PIECE.finditer(text))


def pairs(texts: Iterable[str]) -> Pairs:
    """Count the characters and neighbouring pairs of pieces."""
    characters, together = Counter[str](), Counter[str]()
    for piece in texts:
        characters.update(piece)
        together.update(map("".join, itertools.pairwise(piece)))
    return Pairs(characters, together, characters.total(), together.total())


def cut(piece: str, strong: frozenset[str]) -> Iterator[str]:
    """The piece cut wherever two neighbours do not belong together."""
    start = 0
    for k in range(1, len(piece)):
        if piece[k - 1 : k + 1] not in strong:
            yield piece[start:k]
            start = k
    if piece:
        yield piece[start:]


def runs(texts: Iterable[str], strong: frozenset[str]) -> Counter[str]:
    """How often each run occurs in the pieces."""
    return Counter(run for piece in texts for run in cut(piece, strong))


def merged(coarse: Mapping[str, int], strong: frozenset[str]) -> Counter[str]:
    """Runs cut further: what :func:`runs` gives on the text itself, where ``strong`` is part of the pairs of ``coarse``."""
    found = Counter[str]()
    for run, count in coarse.items():
        for part in cut(run, strong):
            found[part] += count
    return found


class Segmenter:
    """A unigram model of words; ``log p(w)`` follows the counts as they change."""

    def __init__(self, words: Mapping[str, int]) -> None:
        self.counts = dict(words)
        self.total = sum(words.values())
        self.longest = max(map(len, words), default=1)

    def log_p(self, word: str) -> float:
        """log p(word), UNKNOWN for what is no word."""
        count = self.counts.get(word, 0)
        return math.log(count / self.total) if count else UNKNOWN

    def take(self, word: str) -> int:
        """Take a word out; its count."""
        count = self.counts.pop(word)
        self.total -= count
        return count

    def give(self, word: str, count: int) -> None:
        """Add to a word's count."""
        self.counts[word] = self.counts.get(word, 0) + count
        self.total += count

    def best(self, piece: str) -> list[str]:
        """The piece as the words of the path with the largest Σ log p."""
        counts, base = self.counts, math.log(max(self.total, 1))

        def known(word: str) -> float | None:
            count = counts.get(word)
            return math.log(count) - base if count else None

        return best_cut(piece, known, self.longest, UNKNOWN)


def pruned(
    words: Mapping[str, int], min_proba: float = MIN_PROBA, total: int = 0
) -> tuple[dict[str, int], list[Redundant]]:  # fmt: skip
    """(words, what was taken out): those with p > ``min_proba``, without redundancy, longest first (ties as they come).

    ``total`` is how many there were in all, where ``words`` are not all of them.
    """
    least = min_proba * (total or sum(words.values()))
    model = Segmenter({word: count for word, count in words.items() if count > least})
    gone: list[Redundant] = []
    for word in sorted(model.counts, key=lambda w: -len(w)):
        if len(word) == 1:
            break
        gain = model.log_p(word)
        count = model.take(word)
        parts = model.best(word)
        gain -= sum(map(model.log_p, parts))
        if gain < len(word) - 1:
            for part in parts:
                model.give(part, count)
            gone.append(Redundant(word, count, tuple(parts), gain))
        else:
            model.give(word, count)
    return model.counts, gone
