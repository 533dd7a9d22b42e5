"""The author's WGAN-GP on digits (post 4439): two small multilayer perceptrons, no convolution anywhere.

    T:  784 → 128 → 32 → 1 (ReLU)              G:  10 → 32 → 128 → 784 (ReLU, sigmoid at the end)
    T:  min  E T(G(z)) - E T(x) + 10 E relu(‖∇T(x̂)‖ - 1),   x̂ = ε x + (1 - ε) G(z)
    G:  max  E T(G(z))

on pixels in [0, 1], with z uniform on [-1, 1]^10. The penalty is one-sided and not squared, as in the author's script; the
sign of T is turned over, so that it is high on real digits as everywhere in this gallery. Codes come as z ~ N(0, I) like
those of all models here; 2 Φ(z) - 1 makes them uniform, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["MLP", "Config", "as_units", "build", "uniform"]

DIGIT, FRAME = 28, 2  # side of a digit, and the black frame that other models of this gallery see around it
CRITIC, GENERATOR = (DIGIT**2, 128, 32, 1), (32, 128, DIGIT**2)
INITIAL = 0.05  # weights begin uniform on [-0.05, 0.05], biases at 0: the author's


@dataclass(frozen=True)
class Config:
    """``z_dim`` numbers a code; pictures are grey digits in their frame, always of one size."""

    z_dim: int = 10
    side: ClassVar[int] = DIGIT + 2 * FRAME
    channels: ClassVar[int] = 1

    @property
    def dimensions(self) -> int:
        """Numbers in a code."""
        return self.z_dim


class MLP(nn.Module):
    """``decode`` gives a picture of a code z ~ N(0, I), ``score`` gives T(x); there is no encoder."""

    standardised = False

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.generator = _perceptron((config.z_dim, *GENERATOR))
        self.critic = _perceptron(CRITIC)

    def draw(self, u: Tensor) -> Tensor:
        """Codes u in [-1, 1]^n [B, n] → pixels in [0, 1] [B, 784]."""
        return self.generator(u).sigmoid()

    def decode(self, z: Tensor) -> Tensor:
        """Codes z ~ N(0, I) [B, n] → pictures [B, 1, 32, 32] in [-1, 1], black around the digit."""
        digit = self.draw(uniform(z)).unflatten(1, (1, DIGIT, DIGIT))
        return F.pad(2 * digit - 1, (FRAME,) * 4, value=-1.0)

    def score(self, x: Tensor) -> Tensor:
        """T(x): pictures [B, 1, 32, 32] in [-1, 1] → scores [B]; the frame is not looked at."""
        return self.critic(as_units(x))[:, 0]


def uniform(z: Tensor) -> Tensor:
    """2 Φ(z) - 1: N(0, 1) → U(-1, 1), entry by entry."""
    return torch.erf(z / 2**0.5)


def as_units(x: Tensor) -> Tensor:
    """Pictures [B, 1, 32, 32] in [-1, 1] → the digit's pixels in [0, 1] [B, 784]."""
    return (x[..., FRAME:-FRAME, FRAME:-FRAME].flatten(1) + 1) / 2


def build(z_dim: int) -> MLP:
    """An untrained pair of networks (what a weights card names as its builder)."""
    return MLP(Config(z_dim))


def _perceptron(sizes: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layer = nn.Linear(inputs, outputs)
        nn.init.uniform_(layer.weight, -INITIAL, INITIAL)
        nn.init.zeros_(layer.bias)
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])
