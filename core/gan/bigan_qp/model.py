"""BiGAN-QP's networks for pictures (post 6214): generator, encoder, and a critic of pairs (picture, code).

Generator and encoder are O-GAN's (post 6409), but codes are not standardised: E(x) is to follow N(0, I) because the
critic compares it with z. The critic is the author's: a tower like the encoder's without biases gives as many numbers as
a code has; next to the code they pass two dense layers to the score.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.gan import o_gan
from core.gan.o_gan import INITIAL_SD, SLOPE, Encoder, Generator

__all__ = ["BiGAN", "Config", "Critic", "build"]


@dataclass(frozen=True)
class Config(o_gan.Config):
    """O-GAN's sizes, and the width of the critic's two dense layers (the author's 1024, at 128 pixels)."""

    hidden: int = 256


class Critic(nn.Module):
    """Pictures [B, C, S, S] in [-1, 1] with codes [B, n] → scores T(x, z) [B]."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.tower = Encoder(config, bias=False)
        sizes = (2 * config.z_dim, config.hidden, config.hidden, 1)
        self.dense = nn.ModuleList(nn.Linear(a, b, bias=False) for a, b in pairwise(sizes))
        for layer in self.dense:
            assert isinstance(layer, nn.Linear)
            nn.init.normal_(layer.weight, 0.0, INITIAL_SD)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        h = torch.cat([self.tower(x), z.to(x.dtype)], 1)
        for layer in list(self.dense)[:-1]:
            h = F.leaky_relu(layer(h), SLOPE)
        return self.dense[-1](h)[:, 0]


class BiGAN(nn.Module):
    """Encoder, generator and critic. ``encode`` gives E(x), ``decode`` G(z), ``score`` T(x, z)."""

    standardised = False  # codes are E(x) as they are, and random ones z ~ N(0, I)

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.generator = Generator(config)
        self.critic = Critic(config)

    def encode(self, x: Tensor) -> Tensor:
        """E(x): pictures [B, C, S, S] → codes [B, n]."""
        return self.encoder(x)

    def decode(self, z: Tensor) -> Tensor:
        """G(z): codes [B, n] → pictures [B, C, S, S] in [-1, 1]."""
        return self.generator(z)

    def score(self, x: Tensor, z: Tensor) -> Tensor:
        """T(x, z): pictures [B, C, S, S] and codes [B, n] → scores [B]."""
        return self.critic(x, z)


def build(side: int, channels: int, z_dim: int, base: int, hidden: int) -> BiGAN:
    """An untrained BiGAN (what a weights card names as its builder)."""
    return BiGAN(Config(side, channels, z_dim, base, hidden))
