"""Placement: where the texts of a figure stand so that none covers another. Plain arithmetic in CSS pixels.

A browser would measure text exactly, but a figure is laid out in Python, once for the browser and for printed files.
Widths here are estimates on the safe side for the house's fonts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

__all__ = ["LINE", "legend_rows", "lines_of", "spread", "text_width", "tick_width", "wrapped"]

LINE = 1.3
"""Height of a line of text, in font sizes: what Plotly uses."""
LEGEND_MARK = 44  # pixels of a legend entry beside its text: the sample of the line and the gap after it

TAG = re.compile(r"<[^>]+>|&[a-z]+;")
NARROW = set("iIjl.,:;'|!()[] ·ftr1")
BROAD = set("mwMWQO@%—…")


def text_width(text: str, size: float) -> float:
    """Width of one line of text in pixels (tags take none), a little more than it will need."""
    plain = TAG.sub(lambda match: "" if match[0].startswith("<") else "x", text)
    return size * sum(map(_advance, plain))


def _advance(character: str) -> float:
    if ord(character) >= 0x2E80:  # Chinese characters and full-width marks fill a square
        return 1.0
    if character in NARROW:
        return 0.36
    if character in BROAD:
        return 0.92
    return 0.7 if character.isupper() else 0.59


def lines_of(text: str) -> list[str]:
    """The lines of a text whose breaks are ``<br>``."""
    return text.split("<br>") if text else []


def wrapped(text: str, size: float, room: float, most: int = 0) -> str:
    """The text broken by ``<br>`` into lines of at most ``room`` pixels: between words, and anywhere in Chinese.

    At most ``most`` lines where that is not 0; the last one then takes what is left. A break is never put inside a tag.
    """
    lines: list[str] = []
    for given in lines_of(text):
        line = ""
        for piece in _pieces(given):
            full = bool(line) and text_width((line + piece).rstrip(), size) > room
            if full and not (most and len(lines) >= most - 1):
                lines.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
        lines.append(line.rstrip())
    return "<br>".join(lines)


def _pieces(text: str) -> list[str]:
    """Pieces between which a line may break: a word with the space after it, or one Chinese character with its marks."""
    pattern = r"(?:<[^>]+>|[^\s⺀-￿]|[（《“‘])+[，。、；：！？）》”’％]*\s*|[⺀-￿][，。、；：！？）》”’％]*\s*|\s+"
    return re.findall(pattern, text)


def spread(centres: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Centres moved as little as possible (least squares) so that boxes of these heights do not overlap within [low, high].

    Where they cannot all fit, they stand one under another from ``low`` on.
    """
    order = sorted(range(len(centres)), key=lambda i: centres[i])
    if sum(heights) > high - low:
        places, at = [0.0] * len(centres), low
        for i in order:
            places[i] = at + heights[i] / 2
            at += heights[i]
        return places
    # Each block is a pile of boxes that touch: [where it would like to begin, its members' wishes, its height].
    blocks: list[tuple[list[float], float, list[int]]] = []
    for i in order:
        wishes, tall, members = [centres[i] - heights[i] / 2], heights[i], [i]
        while blocks and _begin(*blocks[-1][:2], low, high) + blocks[-1][1] > _begin(wishes, tall, low, high):
            before, height, ones = blocks.pop()
            wishes = before + [wish - height for wish in wishes]
            tall, members = height + tall, ones + members
        blocks.append((wishes, tall, members))
    places = [0.0] * len(centres)
    for wishes, tall, members in blocks:
        at = _begin(wishes, tall, low, high)
        for i in members:
            places[i] = at + heights[i] / 2
            at += heights[i]
    return places


def _begin(wishes: list[float], tall: float, low: float, high: float) -> float:
    return min(max(sum(wishes) / len(wishes), low), high - tall)


def legend_rows(names: Sequence[str], size: float, room: float) -> int:
    """Rows of a horizontal legend in ``room`` pixels: one row if all fit, else columns as wide as the longest name."""
    widths = [LEGEND_MARK + max((text_width(line, size) for line in lines_of(name)), default=0) for name in names]
    if not widths:
        return 0
    if sum(widths) <= room:
        return 1
    return math.ceil(len(widths) / max(1, int(room // max(widths))))


def tick_width(low: float, high: float, log: bool, size: float) -> float:
    """About how wide the numbers along an axis from ``low`` to ``high`` are."""
    if log:
        exponents = (math.floor(math.log10(low)), math.ceil(math.log10(high))) if low > 0 else (0, 3)
        longest = max(abs(e) for e in exponents)
        return text_width("0" * min(longest + 1, 4) + ("." if exponents[0] < 0 else ""), size)
    if not high > low:
        return text_width("0.00", size)
    step = (high - low) / 5
    decimals = min(max(0, -math.floor(math.log10(step))), 5)
    whole = max(1, math.floor(math.log10(max(abs(low), abs(high), 1))) + 1)
    text = "0" * min(whole, 6) + ("." + "0" * decimals if decimals else "") + ("-" if low < 0 else "")
    return text_width(text, size)
