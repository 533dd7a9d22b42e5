"""Words of a passage: a lexicon, the cutting of a reader's text into words, and the passage with its blank.

Text without spaces is cut by the likeliest sequence of words, ∏ p(w) with p from counts (Viterbi); text whose words are set
apart by spaces, as the data of the competition are, is taken as it stands. No dictionary is needed at run time but the lexicon.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.text.cloze.model import UNKNOWN, Question
from core.text.segmenting import best_cut
from core.text.tokenizer import is_han, tidy

__all__ = ["BLANK", "Lexicon", "Passage", "blanks", "separated"]

BLANK = "XXXXX"
"""How the data of the competition write the blank."""
LONGEST_WORD = 8  # characters of a word that the cutting considers
SEPARATED = 4.0  # characters a piece on average, at most, where spaces are taken for the boundaries of words
LATIN = re.compile(r"[0-9A-Za-z]+")


@dataclass(frozen=True)
class Lexicon:
    """Words in the order of their numbers, which begin at 1; their ``counts``; and which of them are ``nouns``."""

    words: tuple[str, ...]
    counts: tuple[int, ...]
    nouns: frozenset[str]

    @cached_property
    def ids(self) -> dict[str, int]:
        """The number of every word."""
        return {word: k for k, word in enumerate(self.words, 1)}

    @cached_property
    def _log(self) -> dict[str, float]:
        total = math.log(sum(self.counts))
        return {word: math.log(count) - total for word, count in zip(self.words, self.counts, strict=True)}

    @cached_property
    def _rare(self) -> float:
        """log p of a character that is no word: half a count."""
        return math.log(0.5) - math.log(sum(self.counts))

    def numbers(self, words: Iterable[str]) -> list[int]:
        """The words' numbers; UNKNOWN for those that the lexicon lacks."""
        return [self.ids.get(word, UNKNOWN) for word in words]

    def parts(self, word: str) -> tuple[int, ...]:
        """The numbers of the likeliest pieces of a word that the lexicon lacks, those without a number left out."""
        return tuple(self.ids[piece] for piece in self.cut(word) if piece in self.ids)

    def numbered(self, passages: Iterable[Passage]) -> tuple[list[Question], list[tuple[int, ...]]]:
        """The passages in numbers, and the parts of the words that the lexicon lacks, whose numbers go on after its own.

        A word without a known part is UNKNOWN.
        """
        more: dict[str, int] = {}
        parts: list[tuple[int, ...]] = []

        def number(word: str) -> int:
            found = self.ids.get(word, more.get(word))
            if found is None:
                pieces = self.parts(word)
                found = more[word] = len(self.words) + 1 + len(parts) if pieces else UNKNOWN
                if pieces:
                    parts.append(pieces)
            return found

        asked = [
            Question([number(word) for word in one.left], [number(word) for word in one.right]) for one in passages
        ]
        return asked, parts

    def is_noun(self, word: str) -> bool:
        """Whether ``word`` is a noun; one that the lexicon lacks, of two or more Chinese characters, passes for a name."""
        if word in self.ids:
            return word in self.nouns
        return len(word) > 1 and all(map(is_han, word))

    def cut(self, text: str) -> list[str]:
        """``text`` as the likeliest sequence of words; letters and digits in a row are one."""
        found: list[str] = []
        at = 0
        for run in LATIN.finditer(text):
            found += [*self._likeliest(text[at : run.start()]), run[0]]
            at = run.end()
        return found + self._likeliest(text[at:])

    def _likeliest(self, text: str) -> list[str]:
        return best_cut(text, self._log.get, LONGEST_WORD, self._rare)

    def dump(self) -> bytes:
        """The lexicon as a table: word, count, 1 for a noun."""
        rows = (
            f"{word}\t{count}\t{int(word in self.nouns)}\n" for word, count in zip(self.words, self.counts, strict=True)
        )
        return "".join(rows).encode()

    @staticmethod
    def parse(data: bytes) -> Lexicon:
        """The lexicon that :meth:`dump` wrote."""
        rows = [line.split("\t") for line in data.decode().split("\n") if line]
        return Lexicon(
            tuple(row[0] for row in rows), tuple(int(row[1]) for row in rows), frozenset(row[0] for row in rows if row[2] == "1")
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Passage:
    """The words of a passage without the word at the blank: ``left`` and ``right`` of it. ``answer`` is "" where unknown."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    answer: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """The words of both parts: the candidates, each as often as it stands."""
        return self.left + self.right

    @staticmethod
    def of(words: Sequence[str], blank: int) -> Passage:
        """The passage that lacks word ``blank`` of ``words``."""
        return Passage(tuple(words[:blank]), tuple(words[blank + 1 :]), words[blank])

    def frequent(self, lexicon: Lexicon) -> str:
        """A baseline: the most frequent noun, of several the first; any word where no noun stands.

        The hidden word has lost one of its positions: where two nouns are equally frequent in the whole text it is never right.
        """
        nouns = [word for word in self.words if lexicon.is_noun(word)] or list(self.words)
        return Counter(nouns).most_common(1)[0][0]

    def nearest(self, lexicon: Lexicon) -> str:
        """A baseline: of the nouns that stand at least twice, the one nearest to the blank; else :meth:`frequent`."""
        counts = Counter(word for word in self.words if lexicon.is_noun(word))
        near = [(len(self.left) - k, word) for k, word in enumerate(self.left) if counts[word] > 1]
        near += [(k + 1, word) for k, word in enumerate(self.right) if counts[word] > 1]
        return min(near, key=lambda pair: pair[0])[1] if near else self.frequent(lexicon)


def blanks(words: Sequence[str], lexicon: Lexicon) -> list[int]:
    """Where a blank may be set: the places of nouns that stand at least twice."""
    counts = Counter(words)
    return [k for k, word in enumerate(words) if counts[word] > 1 and lexicon.is_noun(word)]


def separated(text: str) -> list[str] | None:
    """The words of a text that sets them apart by spaces; None where it does not."""
    pieces = text.split()
    if len(pieces) < 2 or sum(map(len, pieces)) > SEPARATED * len(pieces):
        return None
    return [word for word in tidy("\n".join(pieces)).split("\n") if word]
