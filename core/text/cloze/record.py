"""Why the positions of one word are added up: a case by hand; and what came of the test questions, with and without."""

from __future__ import annotations

import json
from dataclasses import dataclass

from core import weights
from core.text.cloze.answers import NAME, READERS, RECORD
from core.text.cloze.model import merged

__all__ = ["HandCase", "Measured", "Merging", "Set", "hand_case", "measured", "merging"]


@dataclass(frozen=True, slots=True)
class HandCase:
    """Word A at one position with probability ``alone``; word B at ``times`` positions that share the rest alike."""

    alone: float
    times: int

    @property
    def each(self) -> float:
        """The probability of each of B's positions."""
        return (1 - self.alone) / self.times

    @property
    def sums(self) -> dict[str, float]:
        """P(A), P(B), by the readers' own merging."""
        return merged(["A", *"B" * self.times], [self.alone, *[self.each] * self.times])

    @property
    def single(self) -> str:
        """The answer by the most probable position; A where they are alike."""
        return "A" if self.alone >= self.each else "B"

    @property
    def together(self) -> str:
        """The answer by the sums."""
        return next(iter(self.sums))

    @property
    def turns(self) -> bool:
        """Whether merging changes the answer."""
        return self.single != self.together


def hand_case(alone: float, times: int) -> HandCase:
    """The case of two words."""
    return HandCase(alone, times)


@dataclass(frozen=True, slots=True)
class Set:
    """The outcomes of some test questions: how many, and the shares that are right by reader, merged and not, and by baseline."""

    questions: int
    merged: dict[str, float]
    single: dict[str, float]
    mended: dict[str, int]
    spoilt: dict[str, int]
    frequent: float

    def error(self, reader: str) -> float:
        """One standard error of the merged share."""
        p = self.merged[reader]
        return (p * (1 - p) / self.questions) ** 0.5

    def lead(self, reader: str) -> float:
        """How far the merged share lies above the most frequent noun's, in that one's standard errors."""
        p = self.frequent
        return (self.merged[reader] - p) / (p * (1 - p) / self.questions) ** 0.5


@dataclass(frozen=True)
class Measured:
    """The outcomes of all test questions, and the card's figures."""

    record: dict[str, dict[str, list[list[int]]]]
    metrics: dict[str, float]

    def of(self, test: str, least: int = 0, most: int = 10**9) -> Set:
        """The questions of the set ``test`` whose answer stands ``least`` to ``most`` times in the passage."""
        rows = self.record[test]
        chosen = [k for k, (_, times, _) in enumerate(rows["words"]) if least <= times <= most]
        n = max(1, len(chosen))
        by = {name: [rows[name][k] for k in chosen] for name in READERS}
        return Set(
            len(chosen),
            {name: sum(a for a, _ in pairs) / n for name, pairs in by.items()},
            {name: sum(b for _, b in pairs) / n for name, pairs in by.items()},
            {name: sum(a > b for a, b in pairs) for name, pairs in by.items()},
            {name: sum(a < b for a, b in pairs) for name, pairs in by.items()},
            sum(rows["words"][k][2] for k in chosen) / n,
        )


@dataclass(frozen=True, slots=True)
class Merging:
    """A case by hand, and the outcomes of the tests."""

    case: HandCase
    measured: Measured


def merging(alone: float, times: int) -> Merging:
    """The case of two words beside what merging did on the test questions. Raises WeightsError."""
    return Merging(hand_case(alone, times), measured())


def measured() -> Measured:
    """What came of the test questions when the weights were made. Raises WeightsError."""
    return Measured(json.loads(weights.extra(NAME, RECORD)), weights.read_card(NAME).metrics)
