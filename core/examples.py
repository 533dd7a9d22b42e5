"""Real pictures that ship with the gallery: portraits drawn with DiceBear and digits drawn by a program, none trained on."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["digits", "portraits"]

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "examples"
PORTRAIT_SIDE, DIGIT_SIDE = 64, 28


def portraits() -> np.ndarray:
    """64 portraits, uint8 [64, 64, 64, 3]: Avataaars by Pablo Stanley, drawn with DiceBear from seeds of our own."""
    return _tiles("portraits.png", PORTRAIT_SIDE).copy()


def digits() -> tuple[np.ndarray, np.ndarray]:
    """100 drawn digits, white on black, uint8 [100, 28, 28], and their labels [100]."""
    return _tiles("digits.png", DIGIT_SIDE).copy(), np.repeat(np.arange(10), 10)


@lru_cache(maxsize=2)
def _tiles(name: str, side: int) -> np.ndarray:
    sheet = np.asarray(Image.open(FOLDER / name))
    rows, columns = sheet.shape[0] // side, sheet.shape[1] // side
    tiles = sheet.reshape(rows, side, columns, side, *sheet.shape[2:]).swapaxes(1, 2)
    return tiles.reshape(rows * columns, side, side, *sheet.shape[2:])
