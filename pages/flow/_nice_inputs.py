"""Inputs that NICE's tabs share: one digit, and the two ends of an interpolation."""

from __future__ import annotations

from collections.abc import Iterator

from core.data.datasets import fetch
from gallery.inputs import ImageValue, SketchValue, choice, slider
from gallery.page import Progress, Tab, t
from pages.shared import digits as shared
from pages.shared import morph
from pages.shared.digits import DATA
from pages.shared.morph import digit, number_of

__all__ = ["DATA", "Digit", "Ends"]

REAL = t("MNIST 测试集里的数字", "A test digit of MNIST")
SOURCES = {"picture": morph.SOURCES["picture"], "sketch": shared.BY_HAND, "held-out": REAL}
ENDS = {**morph.SOURCES, "held-out": REAL}


class Digit(shared.Digit):
    """One digit: an example (drawn by a program) or an upload, a drawing that begins as a 4, or a test digit."""

    source: str = choice("picture", SOURCES, label=shared.FROM)
    drawing: SketchValue = shared.drawn(shared.FOUR)
    number: int = slider(4, 0, 999, label=t("编号", "Number"), shown_when={"source": "held-out"})


class Ends(Tab):
    """The two ends of an interpolation."""

    left: str = choice("picture", ENDS, label=morph.LEFT)
    left_digit: ImageValue = digit("digit-3", morph.LEFT_PICTURE, left="picture")
    left_number: int = number_of(0, morph.LEFT_NUMBER, "left")
    right: str = choice("picture", ENDS, label=morph.RIGHT)
    right_digit: ImageValue = digit("digit-8", morph.RIGHT_PICTURE, right="picture")
    right_number: int = number_of(3, morph.RIGHT_NUMBER, "right")

    def fetch(self) -> Iterator[Progress]:
        if "held-out" in (self.left, self.right):
            yield from fetch(DATA)
