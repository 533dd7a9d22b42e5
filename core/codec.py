"""Pictures in, pictures out: one view of every model that encodes and decodes images (O-GAN, f-VAE and its kin).

Pictures are uint8 [H, W, 3] of any size; a model sees [B, C, S, S] in [-1, 1] and gives codes [B, n].
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core.latent import standardise
from core.quality import pair_distance
from core.refusal import Refusal

__all__ = [
    "Codec",
    "as_seen",
    "cosines",
    "decode",
    "device_of",
    "encode",
    "mean_squares",
    "of_drawing",
    "prepared",
    "random_codes",
    "spread",
    "to_pictures",
]

DIGIT_SIDE = 28  # MNIST's digits stand in a frame
CHUNK = 16  # pictures at a time: larger batches leave the cache


class Codec(Protocol):
    """A model with ``encode`` and ``decode``.

    Its config tells ``side`` and ``channels`` of the picture and the ``dimensions`` n of a code. ``standardised`` says
    that every code has mean 0 and standard deviation 1 over its n entries (O-GAN), random codes included.
    """

    config: Any
    standardised: bool

    def encode(self, x: Tensor) -> Tensor: ...

    def decode(self, z: Tensor) -> Tensor: ...


def prepared(pictures: Sequence[np.ndarray], side: int, channels: int) -> Tensor:
    """Pictures uint8 [H, W, 3] (squares; else their middle square) as the model sees them: [B, C, S, S] in [-1, 1].

    For one channel they become white ink on black in a frame, as MNIST's: a bright background is turned over. What the
    model sees is seen the same when it is prepared once more.
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
    x = prepared(pictures, model.config.side, model.config.channels).to(device_of(model))
    return model.encode(x)


@torch.inference_mode()
def decode(model: Codec, codes: Tensor) -> list[np.ndarray]:
    """Pictures of codes [B, n]."""
    return [picture for part in codes.split(CHUNK) for picture in to_pictures(model.decode(part))]


def random_codes(model: Codec, seeds: Sequence[int]) -> Tensor:
    """One code a seed, z ~ N(0, I_n), standardised where the model's codes are → [B, n]; the same on every device."""
    size = model.config.dimensions
    codes = torch.stack([torch.randn(size, generator=torch.Generator().manual_seed(seed)) for seed in seeds])
    return (standardise(codes) if model.standardised else codes).to(device_of(model))


def as_seen(model: Codec, picture: np.ndarray) -> np.ndarray:
    """The picture as the model sees it, uint8 [S, S, 3]."""
    return to_pictures(prepared([picture], model.config.side, model.config.channels))[0]


def of_drawing(model: Codec, drawing: np.ndarray) -> np.ndarray:
    """A drawing [side, side] in [0, 1] (ink = 1) as a picture, black on white, uint8 [side, side, 3].

    Raises Refusal when the sheet is blank, and when the model's pictures have colours: a few strokes are no face.
    """
    if not drawing.any():
        raise Refusal("是空的，请先画点什么", "is empty; draw something first", input="drawing")
    if model.config.channels != 1:
        raise Refusal(
            "只有手写数字的模型认得手写；请换成数字模型，或换一种来源",
            "only the model of digits knows drawings; choose that model or another source",
            input="source",
        )
    return np.repeat((255 - drawing * 255).astype(np.uint8)[:, :, None], 3, 2)


def mean_squares(pictures: Iterable[np.ndarray], others: Iterable[np.ndarray]) -> np.ndarray:
    """mse of each pair on the scale [-1, 1] of the models [N]."""
    pairs = zip(pictures, others, strict=True)
    return np.array([float(np.square((a.astype(np.float64) - b) / 127.5).mean()) for a, b in pairs])


def spread(pictures: Sequence[np.ndarray]) -> float:
    """Mean mse of two of the pictures, on the scale [-1, 1] of the models."""
    return pair_distance(torch.from_numpy(np.stack(pictures).astype(np.float32) / 127.5))


def cosines(code: Tensor, shelf: Tensor) -> np.ndarray:
    """cos of ``code`` [n] and every code of ``shelf`` [N, n] → [N]."""
    return torch.nn.functional.cosine_similarity(shelf, code[None], dim=1).cpu().numpy()


def device_of(model: Any) -> torch.device:
    """Where the model's numbers lie."""
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
    """White ink on black in a frame. A picture of the model's own size has its frame already."""
    framed = min(picture.shape[:2]) == side
    small = np.asarray(Image.fromarray(_square(picture, side if framed else DIGIT_SIDE)).convert("L"))
    border = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    ink = 255 - small if np.median(border) > 127 else small
    return ink if framed else np.pad(ink, (side - DIGIT_SIDE) // 2)
