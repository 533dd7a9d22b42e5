"""What the page shows beside one reading: a trial on fresh drawings, one text distorted until it fails, all fonts, and texts of any length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.vision.captcha.drawing import FONTS, LENGTH, MOST_DISTORTION
from core.vision.captcha.reading import Shown, guesses, shown
from core.vision.captcha.record import FIRST, Measured, measured
from core.vision.captcha.trials import Slots, fresh, slots

__all__ = ["LONGEST", "STEPS", "Fonts", "Lengths", "Swept", "Together", "any_length", "fonts", "swept", "together"]

STEPS = 12
"""Of the sweep, between distortion 0 and the most."""
WORTH_DRAWING = 0.1
LONGEST = 7  # letters that CTC is asked for: as the page offers: 15 columns hold 8 equal neighbours with blanks between them, any 15 unequal ones


@dataclass(frozen=True)
class Together:
    """Fresh drawings read by the heads now, and the longer trial of the record."""

    live: Slots
    record: Slots

    @property
    def first_product(self) -> float:
        """Π a_k of the net of 2016."""
        return float(np.prod(FIRST))

    @property
    def clear(self) -> bool:
        """Whether the record's gap is more than two of its standard errors."""
        return abs(self.record.gap) > 2 * self.record.gap_error

    @property
    def largest(self) -> tuple[int, int, float]:
        """The two slots of the record whose errors are most correlated, and how much."""
        found = np.triu(self.record.correlations, 1)
        j, k = np.unravel_index(int(np.abs(found).argmax()), found.shape)
        return int(j), int(k), float(found[j, k])


def together(count: int, distortion: float, font: str, seed: int) -> Together:
    """``count`` fresh drawings read by the heads. Raises WeightsError."""
    made = fresh(count, distortion, font, seed)
    return Together(slots(guesses(made.greys), made.texts), measured().heads["test"])


@dataclass(frozen=True)
class Swept:
    """One text drawn with the same random numbers at growing distortion, the one asked for, and the record's curve."""

    distortions: tuple[float, ...]
    shown: tuple[Shown, ...]
    here: Shown
    record: Measured

    @property
    def fails(self) -> float | None:
        """The first distortion at which the heads misread the text; None where there is none."""
        return next((d for d, one in zip(self.distortions, self.shown, strict=True) if not one.all_right), None)

    @property
    def curves(self) -> dict[str, list[float]]:
        """Shares by the record's distortions: letters and whole texts of the heads, their product, and whole texts of CTC."""
        pairs = [self.record.at(d) for d in self.record.distortions()]
        return {
            "letters": [heads.letters for heads, _ in pairs],
            "heads": [heads.whole for heads, _ in pairs],
            "product": [heads.product for heads, _ in pairs],
            "ctc": [ctc.share for _, ctc in pairs],
        }

    def nearest(self, distortion: float) -> float:
        """The record's distortion that is nearest."""
        return min(self.record.distortions(), key=lambda d: abs(d - distortion))


def swept(text: str, distortion: float, font: str, seed: int) -> Swept:
    """A text read at growing distortion. Raises Refusal, WeightsError."""
    places = tuple(MOST_DISTORTION * k / STEPS for k in range(STEPS + 1))
    made = tuple(shown(text, d, font, seed) for d in places)
    return Swept(places, made, shown(text, distortion, font, seed), measured())


@dataclass(frozen=True)
class Fonts:
    """One text in every font, and the record by font."""

    shown: dict[str, Shown]
    record: Measured

    @property
    def right(self) -> tuple[str, ...]:
        """The fonts in which the heads read the whole text."""
        return tuple(font for font, one in self.shown.items() if one.all_right)


def fonts(text: str, distortion: float, seed: int) -> Fonts:
    """A text in every font with the same random numbers. Raises Refusal, WeightsError."""
    return Fonts({font: shown(text, distortion, font, seed) for font in FONTS}, measured())


@dataclass(frozen=True)
class Lengths:
    """A text of any length read by CTC and by the heads, and the record by length."""

    shown: Shown
    record: Measured

    @property
    def columns(self) -> np.ndarray:
        """CTC's probabilities [15, 27]."""
        return self.shown.reading.columns

    @property
    def symbols(self) -> tuple[int, ...]:
        """Those of the path, and others that have more than a tenth in some column: what is worth drawing."""
        often = np.flatnonzero(self.columns.max(0) > WORTH_DRAWING).tolist()
        return tuple(sorted({*often, *self.shown.reading.path}))

    @property
    def comparable(self) -> bool:
        """Whether the text has as many letters as there are heads."""
        return len(self.shown.truth) == LENGTH


def any_length(text: str, distortion: float, font: str, seed: int) -> Lengths:
    """A text of one to seven letters. Raises Refusal, WeightsError."""
    return Lengths(shown(text, distortion, font, seed, 1, LONGEST), measured())
