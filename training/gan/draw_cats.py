"""Cats to begin with: ``python -m training.gan.draw_cats [chelsea.png]`` writes assets/examples/cat-1.png and cat-2.png.

These two are drawn by O-GAN itself, and the page says so: the data set's photographs do not ship. With the path of
scikit-image's ``skimage/data/chelsea.png`` (451x300, CC0 by its photographer, Stéfan van der Walt) it writes cat-chelsea.png too,
the cat's face cut out and reduced: a real cat that no model here was trained on.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from PIL import Image

from core import codec
from core.data.examples import FOLDER
from core.weights import load

__all__ = ["main"]

WEIGHTS, SEEDS, TRUNCATION = "o-gan-cats64", (113, 118), 0.9
FACE = (110, 40, 330, 260)  # of chelsea.png, in pixels: left, top, right, bottom
SIDE = 64


def main(chelsea: Annotated[Path | None, typer.Argument(help="scikit-image's chelsea.png")] = None) -> None:
    """One file a seed, and the real cat where its photograph is given."""
    model = load(WEIGHTS)
    pictures = codec.decode(model, TRUNCATION * codec.random_codes(model, SEEDS))
    for number, picture in enumerate(pictures, 1):
        Image.fromarray(picture).save(FOLDER / f"cat-{number}.png", optimize=True)
    if chelsea is not None:
        face = Image.open(chelsea).convert("RGB").crop(FACE).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        face.save(FOLDER / "cat-chelsea.png", optimize=True)


if __name__ == "__main__":
    typer.run(main)
