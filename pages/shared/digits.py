"""One digit as an input: an example, an upload, a drawing, or one that was held out; what pages on models of digits share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.data.datasets import fetch
from gallery.inputs import ImageValue, SketchValue, choice, sketch, slider
from gallery.page import Progress, Tab, t
from pages.shared.morph import PICTURE, SOURCES, digit

__all__ = ["BY_HAND", "DATA", "FOUR", "FROM", "SEVEN", "TWO", "Digit", "Held", "drawn"]

DATA = "mnist28"
FROM, BY_HAND = t("来源", "From"), t("手写", "A drawing")
SEVEN = ["".join("# "[not ((4 < c < 23 and 4 < r < 9) or (abs(c - 20 + (r - 8) * 0.5) < 2 and 8 <= r < 25))] for c in range(28)) for r in range(28)]  # fmt: skip
TWO = ["".join("# "[not ((4 <= r < 8 and 8 <= c < 20) or (8 <= r < 14 and 17 <= c < 21) or (abs((c - 8) + (r - 22)) < 4 and 12 <= r < 22) or (21 <= r < 25 and 7 <= c < 22))] for c in range(28)) for r in range(28)]  # fmt: skip
FOUR = ["".join(" #"[(abs(c - 17) < 2 and 4 < r < 24) or (14 < r < 18 and 5 < c < 23) or (abs(c - 17 + (r - 4) * 0.9) < 1.6 and 4 < r < 17)] for c in range(28)) for r in range(28)]  # fmt: skip


def drawn(rows: list[str]) -> Any:
    """A sheet to draw on, which begins with the strokes ``rows``; shown where the source is a drawing."""
    return sketch(28, label=t("画", "Draw"), default="\n".join(rows), shown_when={"source": "sketch"})


class Held(Tab):
    """One digit: an example, an upload, or one of the data set, fetched when it is asked for."""

    source: str = choice("picture", {"picture": SOURCES["picture"], "held-out": SOURCES["held-out"]}, label=FROM)
    picture: ImageValue = digit("digit-5", PICTURE, source="picture")
    number: int = slider(3, 0, 999, label=t("编号", "Number"), shown_when={"source": "held-out"})

    def fetch(self) -> Iterator[Progress]:
        if self.source == "held-out":
            yield from fetch(DATA)


class Digit(Held):
    """The same, or a drawing."""

    source: str = choice(
        "picture",
        {"picture": SOURCES["picture"], "sketch": BY_HAND, "held-out": SOURCES["held-out"]},
        label=FROM,
    )
    drawing: SketchValue = drawn(SEVEN)
