"""What a reader answers: the attention on every position, the words' sums, and the answer before and after merging."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from core.text.cloze.model import Scores, merged, shares
from core.text.cloze.words import Passage

__all__ = ["LEXICON", "NAME", "READERS", "RECORD", "Answer", "answers"]

NAME = "cloze"
READERS = ("one", "two", "vectors")
"""One layer; two; one layer whose query meets the word vectors."""
LEXICON, RECORD = "lexicon.tsv", "record.json"
"""Files beside the weights: the words; and what came of every test question, in numbers."""


@dataclass(frozen=True)
class Answer:
    """The probabilities ``p`` of the passage's positions, in the order of ``passage.words``; they sum to 1."""

    passage: Passage
    p: tuple[float, ...]

    @cached_property
    def ranked(self) -> tuple[tuple[str, float], ...]:
        """(word, P(w)), the most probable first."""
        return tuple(merged(self.passage.words, self.p).items())

    @property
    def merged(self) -> str:
        """The answer: the word whose positions have the largest sum."""
        return self.ranked[0][0]

    @cached_property
    def top(self) -> int:
        """The one position with the largest probability; of several the first."""
        return max(range(len(self.p)), key=lambda k: (self.p[k], -k))

    @property
    def single(self) -> str:
        """The word at the most probable position: the answer without merging."""
        return self.passage.words[self.top]


def answers(scores: Scores, passages: Sequence[Passage]) -> list[Answer]:
    """The answers of a batch."""
    found = shares(Scores(scores.values.cpu().double(), scores.mask.cpu()))  # not every device has doubles
    made = []
    for one, passage in zip(found, passages, strict=True):
        p = [*one[0, : len(passage.left)].tolist(), *one[1, : len(passage.right)].tolist()]
        made.append(Answer(passage, tuple(p)))
    return made
