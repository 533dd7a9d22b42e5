"""Clothes of our own: ``python -m training.draw_clothes`` writes assets/examples/clothes-….png.

A few polygons in grey on black, 28x28, as Fashion-MNIST's pictures lie. No data set is involved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

__all__ = ["SHAPES", "draw", "main"]

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "examples"
SIDE, OVER = 28, 8
GRAIN, SOFT = 8.0, 4  # grey levels of the cloth's grain; pixels of the enlarged picture by which edges are softened
Polygon = tuple[int, Sequence[tuple[float, float]]]
SHAPES: Mapping[str, Sequence[Polygon]] = {
    "shirt": ((200, [(9, 3), (12, 5), (16, 5), (19, 3), (26, 8), (23, 13), (20, 11), (20, 25), (8, 25), (8, 11), (5, 13), (2, 8)]),),
    "trousers": (
        (190, [(9, 1), (19, 1), (21, 27), (16, 27), (14, 8), (12, 27), (7, 27)]),
        (150, [(9, 1), (19, 1), (19, 3), (9, 3)]),
    ),
    "pullover": (
        (170, [(10, 3), (18, 3), (23, 6), (27, 24), (23, 25), (20, 13), (20, 25), (8, 25), (8, 13), (5, 25), (1, 24), (5, 6)]),
        (110, [(11, 3), (17, 3), (16, 5), (12, 5)]),
    ),
    "dress": ((180, [(11, 1), (12, 4), (16, 4), (17, 1), (18, 3), (17, 11), (20, 27), (8, 27), (11, 11), (10, 3)]),),
    "bag": (
        (190, [(3, 11), (25, 11), (26, 25), (2, 25)]),
        (140, [(8, 11), (9, 5), (19, 5), (20, 11), (18, 11), (17, 7), (11, 7), (10, 11)]),
    ),
    "boot": (
        (200, [(12, 4), (22, 3), (23, 22), (5, 22), (2, 20), (3, 17), (11, 14)]),
        (120, [(2, 21), (23, 21), (23, 24), (17, 24), (16, 22), (2, 22)]),
    ),
    "sneaker": (
        (180, [(1, 16), (4, 15), (10, 11), (14, 13), (20, 10), (26, 11), (27, 19), (1, 19)]),
        (230, [(1, 18), (27, 18), (27, 20), (1, 20)]),
    ),
}  # fmt: skip


def draw(name: str) -> np.ndarray:
    """The picture ``name``, uint8 [28, 28]."""
    sheet = Image.new("L", (SIDE * OVER, SIDE * OVER))
    pen = ImageDraw.Draw(sheet)
    for grey, corners in SHAPES[name]:
        pen.polygon([(x * OVER, y * OVER) for x, y in corners], fill=grey)
    small = sheet.filter(ImageFilter.GaussianBlur(SOFT)).resize((SIDE, SIDE), Image.Resampling.BOX)
    cloth = np.asarray(small, float)
    grain = np.random.default_rng(0).normal(0, GRAIN, cloth.shape)
    return np.clip(cloth + grain * (cloth > 0), 0, 255).astype(np.uint8)


def main() -> None:
    """Write all of them."""
    for name in SHAPES:
        Image.fromarray(draw(name)).save(FOLDER / f"clothes-{name}.png")


if __name__ == "__main__":
    main()
