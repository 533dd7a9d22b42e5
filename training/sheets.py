"""Sheets: many pictures as one, to look at while training."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

__all__ = ["beside", "sheet", "to_uint8"]


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
