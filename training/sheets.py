"""Sheets: many pictures as one, to look at while training."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core.films import FRAME_MILLISECONDS

__all__ = ["SHEET", "animated", "beside", "film", "sheet", "to_uint8"]

SHEET = 6  # rows and columns of a sheet of samples
FILM = 4  # and of the part of it that is shown as a film


def to_uint8(pictures: Tensor) -> np.ndarray:
    """[N, C, S, S] in [-1, 1] → uint8 [N, S, S, 3]."""
    levels = ((pictures.float() + 1) * 127.5).round().clamp(0, 255).byte()
    return levels.expand(-1, 3, -1, -1).permute(0, 2, 3, 1).cpu().numpy()


def sheet(pictures: Tensor, columns: int) -> np.ndarray:
    """[rows x columns, C, S, S] in [-1, 1] → uint8 [rows S, columns S, 3]."""
    tiles = to_uint8(pictures)
    rows = tiles.reshape(-1, columns, *tiles.shape[1:]).transpose(0, 2, 1, 3, 4)
    return rows.reshape(rows.shape[0] * rows.shape[1], -1, 3)


def beside(a: Tensor, b: Tensor) -> Tensor:
    """a₀, b₀, a₁, b₁, …: each picture and its reconstruction."""
    return torch.stack([a, b], 1).flatten(0, 1)


def film(sheets: Path, before: Sequence[np.ndarray] = ()) -> bytes:
    """The first samples of every sheet, as an animated WebP: the same codes at every evaluation of the real run.

    ``before`` are the frames of the run that this one went on from.
    """
    shown = [Image.fromarray(frame) for frame in before]
    for path in sorted(sheets.glob("*.png")):
        picture = Image.open(path)
        side = picture.height * FILM // SHEET
        shown.append(picture.crop((0, 0, side, side)).convert("RGB"))
    return animated(shown)


def animated(shown: Sequence[Image.Image]) -> bytes:
    """Frames of one size as an animated WebP."""
    made = io.BytesIO()
    shown[0].save(
        made, "WEBP", save_all=True, append_images=shown[1:], duration=FRAME_MILLISECONDS, loop=0, quality=82, method=6
    )
    return made.getvalue()
