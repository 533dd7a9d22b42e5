"""From one picture to another through the latent space of a model that encodes and decodes (O-GAN, f-VAE and its kin).

Two ends, each a random code or a picture that is encoded; the codes on the way between them (``core.latent``); and a
square of pictures whose upper corners are the two ends and whose lower corners are two random codes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from core import codec
from core.data.datasets import held_out
from core.latent import bilinear, interpolate

__all__ = ["SQUARE", "End", "Morphing", "crossfade", "morphing", "numbered_end", "picture_end", "random_end"]

SQUARE = 6  # pictures along a side of the square between four corners


class End(NamedTuple):
    """One end: its ``code`` [n], and the ``picture`` behind it as the model sees it (None for a random code)."""

    code: Tensor
    picture: np.ndarray | None


class Morphing(NamedTuple):
    """The way between two ends. Pictures are uint8 [S, S, 3], errors mse with pixels in [-1, 1].

    ``frames`` [F, S, S, 3]; ``square`` [SQUARE, SQUARE, S, S, 3]; ``left`` and ``right``: the pictures behind the ends,
    or None; ``steps`` [F - 1]: mse of neighbouring frames; ``lengths`` [F]: root mean square of each code before it is
    multiplied by the temperature; ``cosine`` of the two codes.
    """

    frames: np.ndarray
    square: np.ndarray
    left: np.ndarray | None
    right: np.ndarray | None
    steps: np.ndarray
    lengths: np.ndarray
    cosine: float

    @property
    def unevenness(self) -> float:
        """The largest step over the mean step: 1 for an even pace, and where nothing moves at all."""
        return float(self.steps.max() / self.steps.mean()) if self.steps.any() else 1.0

    @property
    def middle_length(self) -> float:
        """Length of the code half-way over the mean length of the two ends: √½ for a straight line between independent codes."""
        return float(2 * self.lengths[len(self.lengths) // 2] / (self.lengths[0] + self.lengths[-1]))

    @property
    def end_to_end(self) -> float:
        """mse of the first and the last frame."""
        return float(codec.mean_squares(self.frames[:1], self.frames[-1:])[0])

    @property
    def crossfade(self) -> float:
        """How far the frames are from a mere cross-fade of the two ends, see :func:`crossfade`."""
        return crossfade(self.frames)

    @property
    def errors(self) -> tuple[float | None, float | None]:
        """mse of each end's picture and the frame there, over ``end_to_end``; None for random codes and equal ends."""
        left, right = (
            None
            if picture is None or not self.end_to_end
            else float(codec.mean_squares([picture], [frame])[0]) / self.end_to_end
            for picture, frame in ((self.left, self.frames[0]), (self.right, self.frames[-1]))
        )
        return left, right


def crossfade(frames: np.ndarray) -> float:
    """Mean error between ``frames`` [F, S, S, 3] and the cross-fade of the first and the last, over the error of these two.

    0 where every frame is just both pictures laid over each other; 0 also where first and last are the same.
    """
    first, last = (frame.astype(np.float64) for frame in (frames[0], frames[-1]))
    apart = np.square(last - first).mean()
    share = np.linspace(0, 1, len(frames))[:, None, None, None]
    return float(np.square(frames - (first + share * (last - first))).mean() / apart) if apart else 0.0


def numbered_end(model: codec.Codec, source: str, number: int, data: str) -> End:
    """The random code of the seed ``number`` (``source`` = seed), or the held-out picture ``number`` of the set ``data``.

    Raises DatasetError where that set cannot be had.
    """
    return random_end(model, number) if source == "seed" else picture_end(model, held_out(data, number))


def random_end(model: codec.Codec, seed: int) -> End:
    """The random code of ``seed``."""
    return End(codec.random_codes(model, [seed])[0], None)


def picture_end(model: codec.Codec, picture: np.ndarray) -> End:
    """The code of a picture, uint8 [H, W, 3] of any size."""
    return End(codec.encode(model, [picture])[0], codec.as_seen(model, picture))


def morphing(
    model: codec.Codec, left: End, right: End, frames: int, path: str, temperature: float, seed: int
) -> Morphing:
    """``frames`` pictures from ``left`` to ``right`` along ``path`` (a key of ``core.latent.PATHS``).

    Every code is multiplied by ``temperature`` before it is decoded. ``seed`` and ``seed`` + 1 give the lower corners of
    the square. The temperature of a model whose codes are standardised is a truncation: the post's 0.9 (O-GAN).
    """
    way = interpolate(left.code, right.code, frames, path)
    made = np.stack(codec.decode(model, temperature * way))
    corners = torch.cat([torch.stack([left.code, right.code]), codec.random_codes(model, [seed, seed + 1])])
    square = codec.decode(model, temperature * bilinear(corners, SQUARE, SQUARE, path).flatten(0, 1))
    return Morphing(
        frames=made,
        square=np.stack(square).reshape(SQUARE, SQUARE, *made.shape[1:]),
        left=left.picture,
        right=right.picture,
        steps=codec.mean_squares(made[:-1], made[1:]),
        lengths=way.square().mean(1).sqrt().cpu().numpy(),
        cosine=float(torch.cosine_similarity(left.code, right.code, dim=0)),
    )
