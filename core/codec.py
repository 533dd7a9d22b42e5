"""Pictures in, pictures out: one view of every model that encodes and decodes images (O-GAN, f-VAE and its kin).

Pictures are uint8 [H, W, 3] of any size; a model sees [B, C, S, S] in [-1, 1] and gives codes [B, n].
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core.latent import bilinear, interpolate, standardise
from core.quality import pair_distance

__all__ = [
    "Codec",
    "corner_grid",
    "decode",
    "encode",
    "mean_squares",
    "morph",
    "nearest",
    "prepared",
    "random_codes",
    "spread",
    "to_pictures",
]

DIGIT_SIDE = 28  # MNIST's digits stand in a frame
CHUNK = 16  # pictures at a time: larger batches leave the cache


class Codec(Protocol):
    """A model with ``encode`` and ``decode``; its config tells ``side`` and ``channels`` of the picture."""

    config: Any

    def encode(self, x: Tensor) -> Tensor: ...

    def decode(self, z: Tensor) -> Tensor: ...


def prepared(pictures: Sequence[np.ndarray], side: int, channels: int) -> Tensor:
    """Pictures uint8 [H, W, 3] (squares; else their middle square) as the model sees them: [B, C, S, S] in [-1, 1].

    For one channel they become white ink on black in a frame, as MNIST's: a bright background is turned over.
    """
    planes = [_grey(p, side) if channels == 1 else _square(p, side) for p in pictures]
    stacked = np.stack(planes).reshape(len(planes), side, side, channels)
    tensor = torch.from_numpy(np.ascontiguousarray(stacked.transpose(0, 3, 1, 2)))
    return tensor.float() / 127.5 - 1


def to_pictures(x: Tensor) -> list[np.ndarray]:
    """[B, C, S, S] in [-1, 1] → uint8 [S, S, 3] each; what lies outside is clipped."""
    levels = ((x.float() + 1) * 127.5).round().clamp(0, 255).byte()
    return list(levels.expand(-1, 3, -1, -1).permute(0, 2, 3, 1).contiguous().cpu().numpy())


@torch.inference_mode()
def encode(model: Codec, pictures: Sequence[np.ndarray]) -> Tensor:
    """Codes [B, n] of pictures."""
    x = prepared(pictures, model.config.side, model.config.channels).to(_device(model))
    return model.encode(x)


@torch.inference_mode()
def decode(model: Codec, codes: Tensor) -> list[np.ndarray]:
    """Pictures of codes [B, n]."""
    return [picture for part in codes.split(CHUNK) for picture in to_pictures(model.decode(part))]


def random_codes(model: Codec, seeds: Sequence[int], size: int, standard: bool) -> Tensor:
    """One code a seed, z ~ N(0, I_size), standardised where ``standard`` → [B, size]; the same on every device."""
    codes = torch.stack([torch.randn(size, generator=torch.Generator().manual_seed(seed)) for seed in seeds])
    return (standardise(codes) if standard else codes).to(_device(model))


def morph(model: Codec, a: Tensor, b: Tensor, steps: int, path: str, temperature: float) -> list[np.ndarray]:
    """``steps`` pictures from code a [n] to code b [n]; every code is multiplied by ``temperature`` before it is decoded."""
    return decode(model, temperature * interpolate(a, b, steps, path))


def corner_grid(model: Codec, corners: Tensor, side: int, path: str, temperature: float) -> list[np.ndarray]:
    """``side`` x ``side`` pictures between four codes [4, n], row by row."""
    return decode(model, temperature * bilinear(corners, side, side, path).flatten(0, 1))


def mean_squares(pictures: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> list[float]:
    """mse of each pair, on the scale [-1, 1] of the models."""
    pairs = zip(pictures, others, strict=True)
    return [float(np.square((a.astype(np.float64) - b) / 127.5).mean()) for a, b in pairs]


def spread(pictures: Sequence[np.ndarray]) -> float:
    """Mean mse of two of the pictures, on the scale [-1, 1] of the models."""
    return pair_distance(torch.from_numpy(np.stack(pictures).astype(np.float32) / 127.5))


def nearest(code: Tensor, shelf: Tensor, count: int, ordered: bool = True) -> tuple[list[int], list[float]]:
    """The ``count`` codes of ``shelf`` [N, n] with the largest cosine to ``code`` [n], and those cosines, largest first.

    Not ``ordered``: the first ``count`` codes as they stand.
    """
    cosines = torch.nn.functional.cosine_similarity(shelf, code[None], dim=1)
    if not ordered:
        return list(range(count)), cosines[:count].tolist()
    values, order = cosines.sort(descending=True, stable=True)
    return order[:count].tolist(), values[:count].tolist()


def _device(model: Any) -> torch.device:
    return next(model.parameters()).device


def _square(picture: np.ndarray, side: int) -> np.ndarray:
    height, width = picture.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    cut = Image.fromarray(picture[top : top + edge, left : left + edge])
    if edge == side:
        return np.asarray(cut)
    filters = Image.Resampling.BOX if edge % side == 0 else Image.Resampling.LANCZOS
    return np.asarray(cut.resize((side, side), filters))


def _grey(picture: np.ndarray, side: int) -> np.ndarray:
    small = np.asarray(Image.fromarray(_square(picture, DIGIT_SIDE)).convert("L"))
    border = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    ink = 255 - small if np.median(border) > 127 else small
    return np.pad(ink, (side - DIGIT_SIDE) // 2)
