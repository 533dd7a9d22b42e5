"""Glow: steps of ActNorm, channel mixing and coupling on several scales (post 5807, arXiv 1807.03039).

Each level runs ``depth`` steps, then half of the channels leaves: it is normalised given the half that stays (the
author's CondActnorm) and becomes part of the latent vector; the rest is squeezed and goes on. With a standard normal
prior on the latent vector z = f(x) of D dimensions,

    ln q(x) = -D/2 ln 2π - ½ ‖f(x)‖² + ln |det ∂f/∂x|.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.flow.transforms import ActNorm, Chain, ConditionalActNorm, Coupling, Flowed, Mixing, Squeeze, mixing

__all__ = ["Glow", "GlowConfig", "standard_normal"]


@dataclass(frozen=True)
class GlowConfig:
    """``channels`` and ``side`` of the input, ``levels`` of ``depth`` steps with ``hidden`` channels in each coupling.

    ``squeeze_first``: whether the first level begins by a squeeze (pictures) or not (feature maps, f-VAE).
    """

    channels: int
    side: int
    levels: int
    depth: int
    hidden: int
    squeeze_first: bool = True
    affine: bool = True
    mixing: Mixing = "lu"


class Glow(nn.Module):
    """x [B, C, H, W] ⇄ z [B, D], D = C H W: the finest level's half first, the coarsest last."""

    def __init__(self, config: GlowConfig) -> None:
        super().__init__()
        self.config = config
        self.levels, self.splits = nn.ModuleList(), nn.ModuleList()
        self.shapes: list[tuple[int, int, int]] = []  # of what leaves at each level
        channels, side = config.channels, config.side
        for level in range(config.levels):
            squeezes = level > 0 or config.squeeze_first
            if squeezes:
                channels, side = 4 * channels, side // 2
            if side < 1:
                raise ValueError(f"levels = {config.levels}: too many for a side of {config.side}")
            steps = [
                part
                for _ in range(config.depth)
                for part in (ActNorm(channels), mixing(config.mixing, channels), Coupling(channels, config.hidden, config.affine))
            ]  # fmt: skip
            self.levels.append(Chain(*([Squeeze()] if squeezes else []), *steps))
            if level < config.levels - 1:
                channels //= 2
                self.splits.append(ConditionalActNorm(channels))
            self.shapes.append((channels, side, side))
        self.last = ActNorm(channels)

    def forward(self, x: Tensor) -> Flowed:
        pieces, total = self.pieces(x)
        return torch.cat([piece.flatten(1) for piece in pieces], 1), total

    def pieces(self, x: Tensor) -> tuple[list[Tensor], Tensor]:
        """The latent parts of each level, finest first, as feature maps, and the logdet."""
        total = x.new_zeros(len(x))
        pieces = []
        for level, chain in enumerate(self.levels):
            x, logdet = chain(x)
            total = total + logdet
            if level < len(self.splits):
                x, leaving = x.chunk(2, 1)
                leaving, logdet = self.splits[level](leaving, x)
                total = total + logdet
                pieces.append(leaving)
        x, logdet = self.last(x)
        return [*pieces, x], total + logdet

    def inverse(self, z: Tensor) -> Flowed:
        """z [B, D] → (x, ln |det ∂x/∂z|)."""
        sizes = [math.prod(shape) for shape in self.shapes]
        pieces = [part.unflatten(1, shape) for part, shape in zip(z.split(sizes, 1), self.shapes, strict=True)]
        x, total = self.last.inverse(pieces[-1])
        for level in reversed(range(len(self.levels))):
            if level < len(self.splits):
                back, logdet = self.splits[level].inverse(pieces[level], x)  # type: ignore[operator]
                x, total = torch.cat([x, back], 1), total + logdet
            x, logdet = self.levels[level].inverse(x)  # type: ignore[operator]
            total = total + logdet
        return x, total


def standard_normal(z: Tensor) -> Tensor:
    """ln N(z; 0, I) per sample: z [B, D] → [B]."""
    return -0.5 * (z.square().flatten(1).sum(1) + z[0].numel() * math.log(2 * math.pi))
