"""Portraits of our own: ``python -m training.draw_portraits`` writes assets/examples/portraits.png and portrait-01.png … 08.

Avataaars by Pablo Stanley (free for personal and commercial use), drawn with DiceBear: see ``training/dicebear``. The first
seeds in their order, none chosen by hand; training draws from other seeds.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from core.data.examples import FOLDER
from training.origins import drawn

__all__ = ["main"]

COLUMNS, SINGLE = 8, 8


def main() -> None:
    """COLUMNS² portraits on one sheet, and the first SINGLE of them alone."""
    pictures = drawn("avataaars", 0, COLUMNS**2)
    rows = [np.hstack(list(pictures[k : k + COLUMNS])) for k in range(0, len(pictures), COLUMNS)]
    Image.fromarray(np.vstack(rows)).save(FOLDER / "portraits.png", optimize=True)
    for k in range(SINGLE):
        Image.fromarray(pictures[k]).save(FOLDER / f"portrait-{k + 1:02d}.png", optimize=True)


if __name__ == "__main__":
    main()
