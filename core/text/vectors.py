"""Words and their vectors: look a word up, find its neighbours by cosine, solve an analogy, cut a text into known words.

    cos(a, b) = ⟨v_a, v_b⟩ / (‖v_a‖ ‖v_b‖)
    a : b = c : x     is answered by   argmax_x cos(v_x, v̂_b − v̂_a + v̂_c),   x none of a, b, c   (v̂ has length 1)

Whatever model made the vectors, this is what is asked of them. What a reader types is simplified first (OpenCC); a word that
the vocabulary lacks is refused, with the known words that share its characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.refusal import Refusal
from core.text.tokenizer import is_han, tidy

__all__ = ["Found", "Piece", "WordVectors"]

MOST_SUGGESTED = 8  # known words that a refusal names
LONGEST = 60  # characters of a word that is looked up; longer ones are no word


@dataclass(frozen=True, slots=True)
class Found:
    """Words with a number each, best first: cosines of neighbours and answers."""

    words: tuple[str, ...]
    cosines: np.ndarray  # [k]

    def rank(self, word: str) -> int | None:
        """The place of ``word``, from 1; None when it is not among these."""
        return self.words.index(word) + 1 if word in self.words else None


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text: a known word with its id, or a character that no known word covers (``id`` None)."""

    text: str
    id: int | None

    @property
    def known(self) -> bool:
        """Whether the vocabulary has it."""
        return self.id is not None


@dataclass(frozen=True)
class WordVectors:
    """A vocabulary with one vector a word; frozen. Words stand in order of frequency, the most frequent first.

    Parameters
    ----------
    words : the V words, simplified.
    table : float [V, d], one row a word.
    """

    words: tuple[str, ...]
    table: np.ndarray

    def __post_init__(self) -> None:
        if self.table.ndim != 2 or len(self.words) != len(self.table):
            raise ValueError(f"table = {self.table.shape}: must be [V, d] with V = {len(self.words)}")

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def ids(self) -> dict[str, int]:
        """The row of each word."""
        return {word: i for i, word in enumerate(self.words)}

    @cached_property
    def units(self) -> np.ndarray:
        """The vectors divided by their lengths, float32 [V, d]; a vector of length 0 stays 0."""
        table = self.table.astype(np.float32)
        lengths = np.linalg.norm(table, axis=1, keepdims=True)
        return table / np.where(lengths > 0, lengths, 1)

    @cached_property
    def longest(self) -> int:
        """Characters of the longest word."""
        return max(map(len, self.words), default=0)

    def lookup(self, word: str, name: str = "word") -> int:
        """The row of what a reader typed for the input ``name``; traditional characters are simplified.

        Raises Refusal for an unknown word, with known words that contain its characters.
        """
        asked = tidy(word[:LONGEST]).replace("\n", "")
        if not asked:
            raise Refusal("请写一个词", "write a word", input=name)
        if asked in self.ids:
            return self.ids[asked]
        if not any(map(is_han, asked)):
            raise Refusal("词表里只有汉字写的词", "the vocabulary has words of Chinese characters alone", input=name, value=word)  # fmt: skip
        near = self.suggested(asked)
        if near:
            raise Refusal(
                f"词表（{len(self)} 词）里没有；含有它的字的有：{'、'.join(near)}",
                f"not among the {len(self)} words; known ones with its characters: {', '.join(near)}",
                input=name,
                value=word,
            )
        raise Refusal(
            f"词表（{len(self)} 词）里没有，也没有含它任何一个字的词",
            f"not among the {len(self)} words, and no known word has any of its characters",
            input=name,
            value=word,
        )

    def suggested(self, asked: str, most: int = MOST_SUGGESTED) -> tuple[str, ...]:
        """Known words with characters of ``asked``: those that share most of them first, then the frequent ones."""
        characters = {c for c in asked if is_han(c)}
        shared = [(len(characters & set(word)), i) for i, word in enumerate(self.words)]
        best = sorted(((-n, i) for n, i in shared if n), key=lambda pair: (pair[0], pair[1]))
        return tuple(self.words[i] for _, i in best[:most])

    def cosine(self, a: int, b: int) -> float:
        """cos of two rows."""
        return float(self.units[a] @ self.units[b])

    def nearest(self, vector: np.ndarray, k: int, without: Iterable[int] = (), among: int | None = None) -> Found:
        """The ``k`` words whose vectors point most nearly the way of ``vector`` [d], those of ``without`` left out.

        ``among`` looks at the most frequent so many words only.
        """
        length = float(np.linalg.norm(vector))
        cosines = self.units[:among] @ (np.asarray(vector, np.float32) / (length or 1.0))
        cosines[[i for i in without if i < len(cosines)]] = -np.inf
        order = np.argsort(-cosines, kind="stable")[:k]
        order = order[np.isfinite(cosines[order])]
        return Found(tuple(self.words[i] for i in order), cosines[order])

    def neighbours(self, row: int, k: int = 10, among: int | None = None) -> Found:
        """The ``k`` nearest words of the word in ``row``, itself left out."""
        return self.nearest(self.units[row], k, (row,), among)

    def analogy(self, a: int, b: int, c: int, k: int = 10, among: int | None = None) -> Found:
        """a : b = c : x, the ``k`` best x (3CosAdd: lengths 1, the three words themselves left out)."""
        return self.nearest(self.units[b] - self.units[a] + self.units[c], k, (a, b, c), among)

    def odd_one(self, rows: Sequence[int]) -> int:
        """Which of ``rows`` (an index into them) fits least: the least cosine with the mean of all unit vectors."""
        units = self.units[list(rows)]
        return int(np.argmin(units @ units.mean(0)))

    def cut(self, text: str) -> tuple[Piece, ...]:
        """A reader's text as known words, by longest match from the left; blanks that a reader typed are word ends.

        A character that no known word covers is a piece without an id; punctuation is left out.
        """
        return tuple(piece for part in text.split() for piece in self._cut(tidy(part).replace("\n", "")))

    def _cut(self, part: str) -> Iterable[Piece]:
        at = 0
        while at < len(part):
            ends = range(min(len(part), at + self.longest), at, -1)
            end = next((end for end in ends if part[at:end] in self.ids), at + 1)
            piece = part[at:end]
            if piece in self.ids or piece.isalnum():
                yield Piece(piece, self.ids.get(piece))
            at = end
