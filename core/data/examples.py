"""Examples that ship with the gallery, none trained on: portraits drawn with DiceBear, digits drawn by a program, verse."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["Poem", "digits", "portraits", "verse"]

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "examples"
PORTRAIT_SIDE, DIGIT_SIDE = 64, 28


@dataclass(frozen=True, slots=True)
class Poem:
    """A poem in the public domain: its ``form`` (五绝, 七绝, 五律, 七律), ``author``, ``title`` and ``text``, punctuated."""

    form: str
    author: str
    title: str
    text: str


def portraits() -> np.ndarray:
    """64 portraits, uint8 [64, 64, 64, 3]: Avataaars by Pablo Stanley, drawn with DiceBear from seeds of our own."""
    return _tiles("portraits.png", PORTRAIT_SIDE).copy()


def digits() -> tuple[np.ndarray, np.ndarray]:
    """100 drawn digits, white on black, uint8 [100, 28, 28], and their labels [100]."""
    return _tiles("digits.png", DIGIT_SIDE).copy(), np.repeat(np.arange(10), 10)


@lru_cache(maxsize=1)
def verse() -> tuple[Poem, ...]:
    """Well-known poems of Tang and Song, typed in: texts in the public domain that no model here is trained on."""
    with (FOLDER / "verse.tsv").open(newline="", encoding="utf-8") as file:
        return tuple(Poem(**row) for row in csv.DictReader(file, delimiter="\t"))


@lru_cache(maxsize=2)
def _tiles(name: str, side: int) -> np.ndarray:
    sheet = np.asarray(Image.open(FOLDER / name))
    rows, columns = sheet.shape[0] // side, sheet.shape[1] // side
    tiles = sheet.reshape(rows, side, columns, side, *sheet.shape[2:]).swapaxes(1, 2)
    return tiles.reshape(rows * columns, side, side, *sheet.shape[2:])
