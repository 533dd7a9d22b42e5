"""Handwritten digits of our own: ``python -m training.draw_digits`` writes assets/examples/digits.png and digit-0.png … 9.

Strokes as smooth curves through a few points, with jitter, slant, size and pen width drawn at random; white ink on black,
28x28, centred by mass in a 20x20 box as MNIST's are. No data set is involved.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy.interpolate import CubicSpline

__all__ = ["draw", "main"]

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "examples"
SIDE, BOX, OVER = 28, 20, 8
Stroke = Sequence[tuple[float, float]]
STROKES: dict[int, list[list[Stroke]]] = {
    0: [[[(0.55, 0.02), (0.18, 0.2), (0.1, 0.6), (0.4, 0.97), (0.8, 0.75), (0.86, 0.3), (0.6, 0.03), (0.45, 0.06)]],
        [[(0.5, 0.0), (0.22, 0.3), (0.25, 0.8), (0.5, 1.0), (0.76, 0.75), (0.74, 0.25), (0.48, 0.0)]]],
    1: [[[(0.52, 0.0), (0.5, 0.5), (0.48, 1.0)]], [[(0.36, 0.2), (0.45, 0.12), (0.55, 0.0)], [(0.55, 0.0), (0.53, 0.5), (0.5, 1.0)]]],
    2: [[[(0.15, 0.25), (0.4, 0.02), (0.75, 0.15), (0.7, 0.45), (0.4, 0.75), (0.12, 0.97)], [(0.12, 0.97), (0.5, 0.95), (0.88, 0.97)]],
        [[(0.2, 0.2), (0.5, 0.0), (0.78, 0.2), (0.62, 0.55), (0.3, 0.9), (0.2, 0.82), (0.45, 0.85), (0.88, 0.98)]]],
    3: [[[(0.2, 0.1), (0.55, 0.0), (0.78, 0.2), (0.45, 0.45)], [(0.45, 0.45), (0.82, 0.6), (0.72, 0.92), (0.4, 1.0), (0.15, 0.88)]],
        [[(0.22, 0.05), (0.5, 0.03), (0.8, 0.05)], [(0.8, 0.05), (0.6, 0.25), (0.45, 0.42)], [(0.45, 0.42), (0.8, 0.6), (0.7, 0.93), (0.4, 1.0), (0.15, 0.9)]]],
    4: [[[(0.25, 0.02), (0.2, 0.3), (0.22, 0.55), (0.55, 0.58), (0.8, 0.52)], [(0.75, 0.08), (0.7, 0.5), (0.66, 1.0)]],
        [[(0.6, 0.0), (0.35, 0.3), (0.12, 0.62)], [(0.12, 0.62), (0.5, 0.63), (0.9, 0.6)], [(0.66, 0.3), (0.65, 0.7), (0.62, 1.0)]]],
    5: [[[(0.3, 0.03), (0.27, 0.25), (0.24, 0.44)], [(0.24, 0.44), (0.55, 0.38), (0.8, 0.62), (0.65, 0.93), (0.35, 1.0), (0.15, 0.9)], [(0.3, 0.03), (0.55, 0.03), (0.82, 0.0)]]],
    6: [[[(0.65, 0.0), (0.35, 0.3), (0.2, 0.7), (0.45, 1.0), (0.76, 0.8), (0.6, 0.55), (0.3, 0.65)]],
        [[(0.5, 0.0), (0.28, 0.35), (0.22, 0.75), (0.5, 1.0), (0.75, 0.82), (0.62, 0.6), (0.28, 0.75)]]],
    7: [[[(0.12, 0.08), (0.5, 0.06), (0.85, 0.03)], [(0.85, 0.03), (0.62, 0.45), (0.42, 1.0)]],
        [[(0.15, 0.15), (0.18, 0.05), (0.5, 0.05), (0.82, 0.05)], [(0.82, 0.05), (0.6, 0.5), (0.48, 1.0)]]],
    8: [[[(0.72, 0.12), (0.45, 0.0), (0.25, 0.2), (0.5, 0.46), (0.74, 0.75), (0.5, 1.0), (0.25, 0.8), (0.5, 0.48), (0.74, 0.2), (0.66, 0.08)]],
        [[(0.5, 0.48), (0.28, 0.25), (0.5, 0.0), (0.72, 0.22), (0.5, 0.48)], [(0.5, 0.48), (0.22, 0.75), (0.5, 1.0), (0.78, 0.75), (0.5, 0.48)]]],
    9: [[[(0.72, 0.25), (0.48, 0.02), (0.25, 0.25), (0.45, 0.5), (0.72, 0.28)], [(0.74, 0.15), (0.7, 0.55), (0.6, 1.0)]],
        [[(0.7, 0.2), (0.45, 0.05), (0.28, 0.3), (0.5, 0.48), (0.72, 0.22)], [(0.72, 0.22), (0.72, 0.6), (0.5, 0.95), (0.3, 1.0)]]],
}  # fmt: skip


def draw(digit: int, rng: np.random.Generator) -> np.ndarray:
    """One drawing of ``digit``: uint8 [28, 28], ink 255."""
    templates = STROKES[digit]
    strokes = templates[rng.integers(len(templates))]
    slant, width = rng.normal(0.12, 0.12), rng.uniform(0.72, 1.0)
    pen = rng.uniform(1.7, 2.9) * OVER
    canvas = Image.new("L", (2 * SIDE * OVER, 2 * SIDE * OVER))
    pencil = ImageDraw.Draw(canvas)
    for stroke in strokes:
        points = np.asarray(stroke) + rng.normal(0, 0.022, (len(stroke), 2))
        u = np.linspace(0, 1, 60)
        x, y = CubicSpline(np.linspace(0, 1, len(points)), points)(u).T
        x = (x - 0.5) * width - slant * (y - 0.5)
        places = np.stack([x * BOX * OVER + SIDE * OVER, (y - 0.5) * BOX * OVER + SIDE * OVER], 1)
        for (x0, y0), (x1, y1) in itertools.pairwise(places):
            pencil.line((x0, y0, x1, y1), fill=255, width=round(pen))
        for x0, y0 in places:
            pencil.ellipse((x0 - pen / 2, y0 - pen / 2, x0 + pen / 2, y0 + pen / 2), fill=255)
    return _framed(canvas)


def _framed(canvas: Image.Image) -> np.ndarray:
    """Scaled into 20x20 and set with its centre of mass in the middle of 28x28."""
    box = canvas.getbbox()
    assert box is not None
    ink = canvas.crop(box)
    factor = BOX / max(ink.size)
    size = (max(1, round(ink.width * factor)), max(1, round(ink.height * factor)))
    small = np.asarray(ink.resize(size, Image.Resampling.BOX), np.float32)
    rows, columns = (
        float((small.sum(1 - axis) * (np.arange(small.shape[axis]) + 0.5)).sum() / small.sum()) for axis in (0, 1)
    )
    top = int(np.clip(round(SIDE / 2 - rows), 0, SIDE - small.shape[0]))
    left = int(np.clip(round(SIDE / 2 - columns), 0, SIDE - small.shape[1]))
    framed = np.zeros((SIDE, SIDE), np.uint8)
    framed[top : top + small.shape[0], left : left + small.shape[1]] = small.round().astype(np.uint8)
    return framed


def main() -> None:
    """Ten of each digit on one sheet, row by row, and the first of each alone, dark on white as a reader would upload it."""
    rng = np.random.default_rng(7)
    digits = [[draw(digit, rng) for _ in range(10)] for digit in range(10)]
    Image.fromarray(np.vstack([np.hstack(row) for row in digits])).save(FOLDER / "digits.png", optimize=True)
    for digit, row in enumerate(digits):
        Image.fromarray(255 - row[0]).save(FOLDER / f"digit-{digit}.png", optimize=True)


if __name__ == "__main__":
    main()
