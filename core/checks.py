"""Check: one numeric fact about a model, measured now, beside what it should be.

A model's ``checks()`` yields them. The Verify tab of its page shows them, ``python -m gallery verify`` prints
them and the tests assert them, so a fact is written once. A check that cannot fail is a defect: every check here
has been seen to fail on a deliberately broken model (see tests/core).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

__all__ = ["Check", "Relation"]

Relation = Literal["close", "at_most", "at_least"]


@dataclass(frozen=True, slots=True)
class Check:
    """One fact: ``measured`` against ``expected``.

    Parameters
    ----------
    name, zh : what is measured, in English (also the stable key that programs read) and in Chinese.
    measured, expected : numbers in the same unit.
    tolerance : largest deviation that passes. For a statistical check it follows from the stated error rate.
    relation : ``close`` passes when ``|measured - expected| <= tolerance``; ``at_most`` when
        ``measured <= expected + tolerance``; ``at_least`` when ``measured >= expected - tolerance``.
    note, note_zh : why this should hold and where the tolerance comes from (equation, error rate, table).
    """

    name: str
    zh: str
    measured: float
    expected: float
    tolerance: float
    relation: Relation = "close"
    note: str = ""
    note_zh: str = ""

    @property
    def passed(self) -> bool:
        """Whether the fact holds; NaN and infinity never pass."""
        if not (math.isfinite(self.measured) and math.isfinite(self.expected)):
            return False
        gap = self.measured - self.expected
        match self.relation:
            case "close":
                return bool(abs(gap) <= self.tolerance)
            case "at_most":
                return bool(gap <= self.tolerance)
            case "at_least":
                return bool(-gap <= self.tolerance)
