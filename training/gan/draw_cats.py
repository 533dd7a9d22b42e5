"""Cats to begin with: ``python -m training.gan.draw_cats`` writes assets/examples/cat-1.png and cat-2.png.

No photograph of a cat ships with the gallery. These two are drawn by O-GAN itself, and the page says so.
"""

from __future__ import annotations

from PIL import Image

from core import codec
from core.data.examples import FOLDER
from core.weights import load

__all__ = ["main"]

WEIGHTS, SEEDS, TRUNCATION = "o-gan-cats64", (113, 118), 0.9


def main() -> None:
    """One file a seed."""
    model = load(WEIGHTS)
    pictures = codec.decode(model, TRUNCATION * codec.random_codes(model, SEEDS))
    for number, picture in enumerate(pictures, 1):
        Image.fromarray(picture).save(FOLDER / f"cat-{number}.png", optimize=True)


if __name__ == "__main__":
    main()
