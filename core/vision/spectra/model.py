"""The net that reads spectra: residual blocks of one-dimensional convolutions (post 5505).

A block of f channels is three times

    x ← a(x) + b(x),     (a, b) = ReLU(conv(x)), a convolution of width 3 to 2f channels, cut into halves,

with dilations 1, 2, 4; what went in is added, through a convolution of width 1 where the channels change. Eight blocks with pooling
by two between them, dropout of whole time steps, the maximum over what is left of the wavelengths, two dense layers. The sum of two
halves is a plain sum, not a gate: each half is a ReLU of its own, and neither scales the other.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = [
    "CLASSES", "DILATIONS", "LENGTH", "Block", "Config", "Pooled", "Reader", "StepDropout", "build", "parameter_count", "receptive_field",
]  # fmt: skip

CLASSES = ("star", "galaxy", "qso", "unknown")
LENGTH = 2600  # points of a spectrum
DILATIONS = (1, 2, 4)
DOUBLINGS = (1, 1, 2, 2, 4, 4, 8, 8)  # channels of the blocks, times the width of the first
HIDDEN = 128  # of the dense layer
DROPPED = 0.5  # share of the time steps that training drops


@dataclass(frozen=True, slots=True)
class Config:
    """``width`` channels in the first block (the post: 16) and ``dilated`` as in the post, or all dilations 1."""

    width: int = 16
    dilated: bool = True

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels of the eight blocks."""
        return tuple(self.width * k for k in DOUBLINGS)

    @property
    def dilations(self) -> tuple[int, ...]:
        """Of the three convolutions of a block."""
        return DILATIONS if self.dilated else (1,) * len(DILATIONS)


class Pooled(NamedTuple):
    """What the maximum over the wavelengths takes: ``values`` [B, C] and the places ``at`` [B, C] among the last block's points."""

    values: Tensor
    at: Tensor


class Block(nn.Module):
    """Three convolutions whose halves are added, and what went in: [B, f_in, L] → [B, f, L]."""

    def __init__(self, before: int, channels: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        sizes = (before, *(channels,) * (len(dilations) - 1))
        self.convolutions = nn.ModuleList(
            nn.Conv1d(size, 2 * channels, 3, padding=d, dilation=d) for size, d in zip(sizes, dilations, strict=True)
        )
        self.skip = nn.Conv1d(before, channels, 1) if before != channels else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for convolution in self.convolutions:
            first, second = F.relu(convolution(y)).chunk(2, 1)
            y = first + second
        return y + self.skip(x)


class StepDropout(nn.Module):
    """Dropout of whole time steps: one draw for all channels of a step, ``noise_shape=(batch, length, 1)`` in Keras' words."""

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, L]; what stays is scaled so that the mean stays. In evaluation the identity."""
        return x * F.dropout(torch.ones_like(x[:, :1]), DROPPED) if self.training else x


class Reader(nn.Module):
    """Spectra [B, 2600] of median one → logits [B, 4] of the classes."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        sizes = (1, *config.channels)
        self.blocks = nn.ModuleList(
            Block(before, after, config.dilations) for before, after in itertools.pairwise(sizes)
        )
        self.dropout = StepDropout()
        self.hidden = nn.Linear(sizes[-1], HIDDEN)
        self.output = nn.Linear(HIDDEN, len(CLASSES))

    def features(self, x: Tensor) -> Tensor:
        """What the last block gives: [B, C, L / 2⁷]."""
        h = x[:, None]
        for k, block in enumerate(self.blocks):
            h = block(h if k == 0 else F.max_pool1d(h, 2))
        return h

    def pooled(self, x: Tensor) -> Pooled:
        """The largest value of every channel, and where it stands."""
        return Pooled(*self.dropout(self.features(x)).max(2))

    def forward(self, x: Tensor) -> Tensor:
        return self.output(F.relu(self.hidden(self.pooled(x).values)))


def parameter_count(config: Config) -> int:
    """Closed form: 3·(3·f_in + 1)… by block, the skips where channels change, and the dense layers."""
    total, before = 0, 1
    for f in config.channels:
        total += 2 * f * (3 * before + 1) + (len(DILATIONS) - 1) * 2 * f * (3 * f + 1)
        total += f * (before + 1) if before != f else 0
        before = f
    return total + HIDDEN * (before + 1) + len(CLASSES) * (HIDDEN + 1)


def receptive_field(config: Config) -> int:
    """How many points of the spectrum one number of the last block sees: Σ over blocks of 2·Σd points, 2ᵏ apart, and the pooling's own."""
    seen, apart = 1, 1
    for k in range(len(config.channels)):
        if k:
            seen, apart = seen + apart, 2 * apart
        seen += 2 * sum(config.dilations) * apart
    return seen


def build(**config: Any) -> Reader:
    """The module that a card names."""
    return Reader(Config(**config))
