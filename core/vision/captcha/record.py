"""What heads and CTC read in fresh drawings when the weights were made, and what the first post of the two reported."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from core import weights
from core.vision.captcha.reading import NAME
from core.vision.captcha.trials import Slots

__all__ = ["FIRST", "FIRST_TOGETHER", "RECORD", "Count", "Measured", "measured"]

RECORD = "record.json"
FIRST = (0.89, 0.72, 0.73, 0.87)
"""The first net (post 4138, 2016): the share of right letters by slot, on the Tencent pictures."""
FIRST_TOGETHER = 0.46
"""And the share of pictures with all four right."""


@dataclass(frozen=True, slots=True)
class Count:
    """``right`` of ``pictures`` are read right as a whole."""

    right: int
    pictures: int

    @property
    def share(self) -> float:
        """The share that is right."""
        return self.right / max(1, self.pictures)

    @property
    def error(self) -> float:
        """One standard error of it."""
        return (self.share * (1 - self.share) / max(1, self.pictures)) ** 0.5


@dataclass(frozen=True)
class Measured:
    """Patterns of right slots of the heads, and counts of CTC, by trial."""

    heads: dict[str, Slots]
    ctc: dict[str, Count]

    def distortions(self) -> list[float]:
        """The distortions that were tried."""
        return sorted(float(name.split()[1]) for name in self.heads if name.startswith("distortion "))

    def at(self, distortion: float) -> tuple[Slots, Count]:
        """Both at a distortion that was tried."""
        name = f"distortion {distortion:.2f}"
        return self.heads[name], self.ctc[name]

    def of_font(self, font: str) -> tuple[Slots, Count]:
        """Both on drawings in one font."""
        return self.heads[f"font {font}"], self.ctc[f"font {font}"]

    def of_length(self, length: int) -> Count:
        """CTC on texts of so many letters."""
        return self.ctc[f"length {length}"]

    def lengths(self) -> list[int]:
        """The lengths that were tried."""
        return sorted(int(name.split()[1]) for name in self.ctc if name.startswith("length "))

    def below(self, share: float) -> float | None:
        """The first distortion tried at which fewer than ``share`` of the texts are right; None where there is none."""
        return next((d for d in self.distortions() if self.at(d)[0].whole < share), None)

    def letters_of(self, fonts: Sequence[str]) -> float:
        """The mean share of right letters over some fonts."""
        return sum(self.of_font(font)[0].letters for font in fonts) / len(fonts)

    def range_of(self, fonts: Sequence[str]) -> tuple[tuple[str, float], tuple[str, float]]:
        """(font, share of right letters) of the font that is read worst, and of the one read best."""
        found = sorted(((font, self.of_font(font)[0].letters) for font in fonts), key=lambda pair: pair[1])
        return found[0], found[-1]


def measured() -> Measured:
    """What was measured when the weights were made. Raises WeightsError."""
    found = json.loads(weights.extra(NAME, RECORD))
    return Measured(
        {name: Slots(tuple(counts)) for name, counts in found["heads"].items()},
        {name: Count(*pair) for name, pair in found["ctc"].items()},
    )
