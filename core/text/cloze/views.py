"""What the page shows: a reader's text with its blank filled, readers side by side, every blank in turn, and the record of the tests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import torch

from core import weights
from core.refusal import Refusal
from core.text.cloze.answers import LEXICON, NAME, READERS, Answer, answers
from core.text.cloze.model import ClozeModels
from core.text.cloze.passages import PASSAGES
from core.text.cloze.words import BLANK, Lexicon, Passage, blanks, separated
from core.text.tokenizer import is_han, simplified, tidy

__all__ = [
    "BASELINES", "MOST_WORDS", "Compared", "Filled", "Swept", "Text", "chosen", "compared", "filled", "lexicon", "models", "prepared", "swept",
]  # fmt: skip

MOST_WORDS = 600
AT_ONCE = 32  # blanks of a sweep that are read together
MOST_SWEPT = 60
"""Blanks that a sweep tries; of more, these many spread evenly."""
BASELINES = ("frequent", "nearest", "constant")
"""What needs no reader: the most frequent noun of what is left, the nearest repeated noun, one and the same noun for all blanks."""
MARK = re.compile(r"(?<![0-9A-Za-z])X{3,}(?![0-9A-Za-z])|[_\uff3f]{2,}|□+|[(（]\s*[)）]|\[MASK\]")


def models() -> ClozeModels:
    """The word vectors with all readers. Raises WeightsError."""
    model: Any = weights.load(NAME)
    return model


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lexicon that ships with the readers. Raises WeightsError."""
    return Lexicon.parse(weights.extra(NAME, LEXICON))


@dataclass(frozen=True, slots=True)
class Text:
    """A reader's text as words. ``blank`` is where the blank is: the index of the word it hides, or, with ``marked``, of the gap.

    ``places``: where else a blank may be. ``unknown``: words that the lexicon lacks. ``spaced``: whether spaces told the words.
    """

    words: tuple[str, ...]
    blank: int
    marked: bool
    places: tuple[int, ...]
    unknown: tuple[str, ...]
    converted: bool
    spaced: bool

    @property
    def passage(self) -> Passage:
        """The passage that the readers get."""
        if self.marked:
            return Passage(self.words[: self.blank], self.words[self.blank :])
        return Passage.of(self.words, self.blank)

    @property
    def number(self) -> int:
        """Which of the ``places`` the blank is, from 1; 0 where the reader marked it."""
        return 0 if self.marked else self.places.index(self.blank) + 1


def prepared(text: str, number: int, known: Lexicon) -> Text:
    """``text`` cut into words, its blank where the reader marked it, else at the ``number``-th repeated noun (from 1, going round).

    Raises Refusal.
    """
    halves = MARK.split(text)
    if len(halves) > 2:
        raise Refusal(
            f"有 {len(halves) - 1} 个空，只能有一个", f"has {len(halves) - 1} blanks and may have one", input="text"
        )
    spaced = separated(" ".join(halves)) is not None
    parts = [_cut(half, known, spaced) for half in halves]
    words = tuple(word for part in parts for word in part)
    if not any(map(is_han, "".join(words))):
        raise Refusal(
            "没有汉字；要一段中文",
            "has no Chinese characters; a passage in Chinese is needed",
            input="text",
            value=text,
        )
    if len(words) > MOST_WORDS:
        raise Refusal(
            f"有 {len(words)} 个词，最多 {MOST_WORDS} 个",
            f"has {len(words)} words and may have {MOST_WORDS}",
            input="text",
        )
    places = tuple(blanks(words, known))
    marked = len(halves) == 2
    if not marked and not places:
        raise Refusal(
            f"没有出现两次的名词可挖；请用 {BLANK} 标出空", f"has no noun that stands twice; mark the blank by {BLANK}", input="text"
        )  # fmt: skip
    blank = len(parts[0]) if marked else places[(number - 1) % len(places)]
    unknown = tuple(dict.fromkeys(word for word in words if word not in known.ids))
    return Text(words, blank, marked, places, unknown, simplified(text) != text, spaced)


def _cut(half: str, known: Lexicon, spaced: bool) -> list[str]:
    pieces = tidy("\n".join(half.split())).split("\n")
    return [word for piece in pieces if piece for word in ([piece] if spaced else known.cut(piece))]


@torch.inference_mode()
def _read(reader: str, passages: Sequence[Passage]) -> list[Answer]:
    made: list[Answer] = []
    for start in range(0, len(passages), AT_ONCE):
        part = passages[start : start + AT_ONCE]
        made += answers(models()(reader, *lexicon().numbered(part)), part)
    return made


@dataclass(frozen=True)
class Filled:
    """One reader's answer to one blank, beside the baselines."""

    text: Text
    answer: Answer
    frequent: str
    nearest: str

    @property
    def truth(self) -> str:
        """The word that the blank hides; "" where the reader marked it."""
        return self.answer.passage.answer

    @property
    def right(self) -> bool | None:
        """Whether the answer is the hidden word; None where none is known."""
        return self.answer.merged == self.truth if self.truth else None

    @cached_property
    def sums(self) -> dict[str, float]:
        """P(w) by word."""
        return dict(self.answer.ranked)

    @cached_property
    def times(self) -> Counter[str]:
        """How often every word stands in the passage, the blank apart."""
        return Counter(self.answer.passage.words)

    @property
    def single_share(self) -> float:
        """The probability of the most probable position."""
        return self.answer.p[self.answer.top]

    @cached_property
    def largest(self) -> dict[str, float]:
        """The probability of the most probable position, by word."""
        found: dict[str, float] = {}
        for word, p in zip(self.answer.passage.words, self.answer.p, strict=True):
            found[word] = max(p, found.get(word, 0.0))
        return found

    @property
    def rank(self) -> int:
        """Where the hidden word stands in the ranking, from 1; 0 where none is known."""
        return [word for word, _ in self.answer.ranked].index(self.truth) + 1 if self.truth else 0

    def shades(self, together: bool) -> list[float]:
        """How strongly each word of the passage is coloured: its probability, or P of its word, as a share of the largest."""
        values = [self.sums[word] for word in self.answer.passage.words] if together else list(self.answer.p)
        return [value / max(values) for value in values]


def filled(text: str, number: int, reader: str) -> Filled:
    """The ``reader``'s answer for the blank of ``text`` (see :func:`prepared`). Raises Refusal, WeightsError."""
    one = prepared(text, number, lexicon())
    passage = one.passage
    return Filled(one, _read(reader, [passage])[0], passage.frequent(lexicon()), passage.nearest(lexicon()))


@dataclass(frozen=True)
class Swept:
    """Every blank of a passage in turn: where it was (``places``), the reader's answer there, and the ``guesses`` of :data:`BASELINES`."""

    text: Text
    places: tuple[int, ...]
    answers: tuple[Answer, ...]
    guesses: dict[str, tuple[str, ...]]

    @cached_property
    def truths(self) -> tuple[float, ...]:
        """P of the hidden word, by blank."""
        return tuple(dict(one.ranked)[one.passage.answer] for one in self.answers)

    @property
    def right(self) -> int:
        """How many blanks are filled with the hidden word."""
        return sum(one.merged == one.passage.answer for one in self.answers)

    @property
    def unmerged(self) -> int:
        """How many are, without merging."""
        return sum(one.single == one.passage.answer for one in self.answers)

    @property
    def wrong(self) -> tuple[str, ...]:
        """The different hidden words that were missed, in the text's order."""
        return tuple(dict.fromkeys(one.passage.answer for one in self.answers if one.merged != one.passage.answer))

    @cached_property
    def baselines(self) -> dict[str, int]:
        """How many blanks each of :data:`BASELINES` fills."""
        hidden = [one.passage.answer for one in self.answers]
        return {name: sum(map(str.__eq__, guesses, hidden)) for name, guesses in self.guesses.items()}

    @property
    def strongest(self) -> str:
        """The baseline that fills most; of several the first."""
        return max(self.baselines, key=lambda name: self.baselines[name])

    @property
    def baseline(self) -> int:
        """How many that one fills."""
        return self.baselines[self.strongest]


def _swept(one: Text, reader: str) -> Swept:
    every = max(1.0, len(one.places) / MOST_SWEPT)
    places = tuple(one.places[int(k * every)] for k in range(min(len(one.places), MOST_SWEPT)))
    passages = [Passage.of(one.words, place) for place in places]
    constant, _ = Counter(passage.answer for passage in passages).most_common(1)[0]
    guesses = {
        "frequent": tuple(passage.frequent(lexicon()) for passage in passages),
        "nearest": tuple(passage.nearest(lexicon()) for passage in passages),
        "constant": (constant,) * len(passages),
    }
    return Swept(one, places, tuple(_read(reader, passages)), guesses)


def swept(text: str, reader: str) -> Swept:
    """The ``reader`` on every blank that ``text`` may have; of more than MOST_SWEPT, so many spread evenly. Raises Refusal, WeightsError."""
    one = prepared(text, 1, lexicon())
    if not one.places:
        raise Refusal("没有出现两次的名词可挖", "has no noun that stands twice", input="text")
    return _swept(one, reader)


@dataclass(frozen=True)
class Compared:
    """The same blank before several readers, and how many blanks of the passage each fills (None: there is none to try)."""

    filled: dict[str, Filled]
    swept: dict[str, Swept]
    accuracy: dict[str, float]

    @property
    def right(self) -> tuple[str, ...]:
        """The readers whose answer is the hidden word."""
        return tuple(name for name, one in self.filled.items() if one.right)

    @property
    def answers(self) -> tuple[str, ...]:
        """The different answers."""
        return tuple(dict.fromkeys(one.answer.merged for one in self.filled.values()))


def compared(text: str, number: int) -> Compared:
    """Every reader on the blank of ``text``, and on all its blanks; accuracies on the validation set by the card. Raises Refusal, WeightsError."""
    found = {name: filled(text, number, name) for name in READERS}
    one = found[READERS[0]].text
    told = weights.read_card(NAME).metrics
    return Compared(
        found, {name: _swept(one, name) for name in READERS} if one.places else {}, {name: told[f"cmrc: {name}"] for name in READERS}
    )  # fmt: skip


def chosen(which: str, own: str) -> str:
    """One of this project's passages by name, else the reader's ``own`` text."""
    return PASSAGES.get(which, own)
