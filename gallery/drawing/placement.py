"""Placement: where the texts of a figure stand so that none covers another. Plain arithmetic in CSS pixels.

A browser could measure text exactly, but a figure is laid out in Python, once for the browser and for printed files.
Widths here are estimates on the safe side for the house's fonts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

__all__ = ["LINE", "block_size", "legend_rows", "lines_of", "spread", "text_width", "tick_width", "wrapped"]

LINE = 1.3
"""Height of a line of text, in font sizes: what Plotly uses."""
LEGEND_MARK = 46  # pixels of a legend entry beside its text: the sample of the line and the gap after it

TAG = re.compile(r"<[^>]+>|&[a-z]+;")
CHINESE = 0x2E80  # from here on characters and marks fill a square
SLIM = set("iIjl.,:;'|!()[] ftr")
BROAD = set("mwMWQO@%")
SQUARE = set("·…—“”‘’‖×÷±≈≤≥∞→←")  # as wide as a Chinese character in fonts that have both
PIECE = re.compile(
    r"[（《“‘]*(?:<[^>]+>|[^\s⺀-￿])*(?:[^\s⺀-￿]|[（《“‘]*(?![（《])[⺀-￿])[，。、；：！？）》”’]*(?:</[^>]+>)*\s*|\s+|."
)
"""What stays together when a text is broken: a word, or one Chinese character, with its marks, tags and spaces."""


def text_width(text: str, size: float) -> float:
    """Width of one line of text in pixels (tags take none), a little more than it will need."""
    plain = TAG.sub(lambda match: "" if match[0].startswith("<") else "x", text)
    return size * sum(map(_advance, plain))


def _advance(character: str) -> float:
    if ord(character) >= CHINESE or character in SQUARE:
        return 1.0
    if character in SLIM:
        return 0.36
    if character in BROAD:
        return 0.92
    return 0.7 if character.isupper() else 0.59


def lines_of(text: str) -> list[str]:
    """The lines of a text whose breaks are ``<br>``."""
    return text.split("<br>") if text else []


def block_size(text: str, size: float) -> tuple[float, float]:
    """Width and height of a text of several lines."""
    lines = lines_of(text)
    return max((text_width(line, size) for line in lines), default=0.0), len(lines) * size * LINE


def wrapped(text: str, size: float, room: float) -> str:
    """The text broken by ``<br>`` into lines of at most ``room`` pixels: between words, and anywhere in Chinese.

    A word that is longer than a line stays whole.
    """
    lines: list[str] = []
    for given in lines_of(text):
        line = ""
        for piece in PIECE.findall(given):
            if line and text_width((line + piece).rstrip(), size) > room:
                lines.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
        lines.append(line.rstrip())
    return "<br>".join(lines)


def spread(centres: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Centres moved as little as possible (least squares) so that boxes of these heights do not overlap within [low, high].

    Where they cannot all fit, they stand one under another from ``low`` on.
    """
    order = sorted(range(len(centres)), key=lambda i: centres[i])
    high = max(high, low + sum(heights))
    # A pile is boxes that touch: where each of them would let the pile begin, its height, its members.
    piles: list[tuple[list[float], float, list[int]]] = []
    for i in order:
        pile = ([centres[i] - heights[i] / 2], heights[i], [i])
        while piles and _begin(*piles[-1][:2], low, high) + piles[-1][1] > _begin(*pile[:2], low, high):
            wishes, tall, members = piles.pop()
            pile = (wishes + [wish - tall for wish in pile[0]], tall + pile[1], members + pile[2])
        piles.append(pile)
    places = [0.0] * len(centres)
    for wishes, tall, members in piles:
        at = _begin(wishes, tall, low, high)
        for i in members:
            places[i] = at + heights[i] / 2
            at += heights[i]
    return places


def _begin(wishes: list[float], tall: float, low: float, high: float) -> float:
    return max(min(sum(wishes) / len(wishes), high - tall), low)


def legend_rows(names: Sequence[str], size: float, room: float) -> int:
    """Rows of a horizontal legend in ``room`` pixels, filled one after another as Plotly does."""
    rows, at = 0, room
    for name in names:
        wide = LEGEND_MARK + block_size(name, size)[0]
        if at + wide > room:
            rows, at = rows + 1, 0.0
        at += wide
    return rows


def tick_width(low: float, high: float, log: bool, size: float) -> float:
    """About how wide the numbers along an axis from ``low`` to ``high`` are (exponents of ten on a logarithmic axis)."""
    low, high = min(low, high), max(low, high)
    if log:
        text = "0" * min(int(max(abs(low), abs(high))) + 1, 4) + ("." if low < 0 else "")
    elif not high > low:
        text = "0.00"
    else:
        decimals = min(max(0, -math.floor(math.log10((high - low) / 4))), 5)
        whole = max(1, math.floor(math.log10(max(abs(low), abs(high), 1))) + 1)
        text = (
            "0" * min(whole, 6)
            + "," * (whole > 3)
            + ("." + "0" * decimals if decimals else "")
            + ("-" if low < 0 else "")
        )
    return text_width(text, size)
