"""NICE as the author of the blog wrote it (post 5776), and its log-likelihood.

    log q(x) = -D/2 ln 2π - ½ ||z||² + Σ ln s_i,   z = s ⊙ f(x)

with f four times "reverse the vector, then subtract m(even entries) from the odd ones", m a ReLU network whose last layer
has its ReLU too, and s = exp(k). Every part keeps the contract of ``core.flow.transforms``, on vectors x [B, D].

Pixels are x/255 in [0, 1] here; ``encode`` and ``decode`` take and give the [-1, 1] of the gallery's other models.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from core.flow.transforms import Chain, Flowed

__all__ = ["NICE", "Config", "DenseCoupling", "DiagonalScale", "Reversal", "build", "constant", "loss", "noisy"]

NOISE = 0.01  # the author's: U(0, 0.01) is taken off in training, so that a clip at 0 cleans the samples
TEMPERATURE = 0.75  # standard deviation of the author's samples


@dataclass(frozen=True, slots=True)
class Config:
    """``couplings`` of networks with ``layers`` hidden layers of ``hidden`` units, on pictures of ``side`` x ``side`` x ``channels``;
    ``positive``: with a ReLU on the last layer too, as the author has it."""

    side: int = 28
    channels: int = 1
    hidden: int = 1000
    layers: int = 5
    couplings: int = 4
    positive: bool = True

    @property
    def dimensions(self) -> int:
        """D, of the picture and of its code."""
        return self.side * self.side * self.channels


class Reversal(nn.Module):
    """z_i = x_{D+1-i}: with D even it swaps even and odd places, so that the halves take turns; logdet 0."""

    def forward(self, x: Tensor) -> Flowed:
        return x.flip(1), x.new_zeros(len(x))

    def inverse(self, z: Tensor) -> Flowed:
        return z.flip(1), z.new_zeros(len(z))


class DenseCoupling(nn.Module):
    """Of a vector [B, D], D even: entries 1, 3, 5, … stay, and m of them is subtracted from entries 2, 4, 6, …; logdet 0.

    The inverse adds. m has ``layers`` hidden layers and, if ``positive``, is nowhere negative: its last layer has a ReLU as
    well. That layer must not begin at zero, or it would stay there (the ReLU's gradient at 0 is 0).
    """

    def __init__(self, dimensions: int, hidden: int, layers: int, positive: bool = True) -> None:
        super().__init__()
        if dimensions % 2:
            raise ValueError(f"dimensions = {dimensions}: must be even")
        half = dimensions // 2
        widths = [half, *[hidden] * layers, half]
        parts: list[nn.Module] = []
        for a, b in pairwise(widths):
            dense = nn.Linear(a, b)
            nn.init.xavier_uniform_(dense.weight)  # Keras' default, with biases of zero
            nn.init.zeros_(dense.bias)
            parts += [dense, nn.ReLU()]
        self.network = nn.Sequential(*parts[: None if positive else -1])

    def forward(self, x: Tensor) -> Flowed:
        kept, moved = x[:, ::2], x[:, 1::2]
        return _interleaved(kept, moved - self.network(kept)), x.new_zeros(len(x))

    def inverse(self, z: Tensor) -> Flowed:
        kept, moved = z[:, ::2], z[:, 1::2]
        return _interleaved(kept, moved + self.network(kept)), z.new_zeros(len(z))


class DiagonalScale(nn.Module):
    """z = exp(k) ⊙ x on vectors [B, D]; logdet = Σ k, whatever x."""

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(nn.init.xavier_normal_(torch.empty(1, dimensions))[0])

    def forward(self, x: Tensor) -> Flowed:
        return x * self.log_scale.exp(), self.log_scale.sum().expand(len(x))

    def inverse(self, z: Tensor) -> Flowed:
        return z * (-self.log_scale).exp(), -self.log_scale.sum().expand(len(z))


class NICE(nn.Module):
    """The whole flow, on vectors [B, D]; a codec of pictures as well."""

    standardised = False  # codes are N(0, I_D) themselves

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        d = config.dimensions
        parts: list[nn.Module] = []
        for _ in range(config.couplings):
            parts += [Reversal(), DenseCoupling(d, config.hidden, config.layers, config.positive)]
        self.flow = Chain(*parts, DiagonalScale(d))

    @property
    def scale(self) -> DiagonalScale:
        """The last part."""
        last = self.flow.parts[-1]
        assert isinstance(last, DiagonalScale)
        return last

    def forward(self, x: Tensor) -> Flowed:
        return self.flow(x)

    def inverse(self, z: Tensor) -> Flowed:
        return self.flow.inverse(z)

    def log_likelihood(self, x: Tensor) -> Tensor:
        """log q(x), nats [B], of x [B, D] with pixels in [0, 1]."""
        z, logdet = self.flow(x)
        return -loss(z, logdet) - constant(z.shape[1])

    def encode(self, x: Tensor) -> Tensor:
        """Pictures [B, C, S, S] in [-1, 1] → z [B, D]."""
        return self.flow(x.flatten(1) / 2 + 0.5)[0]

    def decode(self, z: Tensor) -> Tensor:
        """z [B, D] → pictures [B, C, S, S]; pixels are clipped to [-1, 1], as the author clips his samples."""
        config = self.config
        x = self.flow.inverse(z)[0].reshape(-1, config.channels, config.side, config.side)
        return (2 * x - 1).clamp(-1, 1)


def loss(z: Tensor, logdet: Tensor) -> Tensor:
    """The post's ½ ||z||² - Σ k, nats a picture [B]: minus the log-likelihood but for :func:`constant`."""
    return 0.5 * z.square().sum(1) - logdet


def constant(dimensions: int) -> float:
    """D/2 ln 2π, which the post's loss leaves out: 720.5 nats at D = 784."""
    return 0.5 * dimensions * math.log(2 * math.pi)


def noisy(pictures: Tensor, uniform: Tensor) -> Tensor:
    """x = pixel/255 - 0.01 u of pictures uint8 [B, C, S, S] with ``uniform`` in [0, 1) of their shape → [B, D]."""
    return (pictures.float() / 255 - NOISE * uniform).flatten(1)


def build(**config: Any) -> NICE:
    """A model from the ``config`` of its card."""
    return NICE(Config(**config))


def _interleaved(even: Tensor, odd: Tensor) -> Tensor:
    """[B, D/2] twice → [B, D], one entry of each in turn."""
    return torch.stack([even, odd], 2).flatten(1)
