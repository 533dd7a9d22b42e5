"""A variational autoencoder of pictures with O-GAN's two networks, so that the three ways to a code can be compared.

    −log p(x) ≤ KL(N(μ(x), σ²(x)) ‖ N(0, I)) + D/2 log(2π s²) + E_ε ‖x − G(μ + σ ε)‖² / (2 s²)      (post 5253, arXiv 1312.6114)

with D numbers a picture and ε ~ N(0, I), of which one is drawn. The noise s² of the pictures is not a setting: its best value is the mean squared error, which
put in leaves D/2 (log(2π e) + log mse) (arXiv 2006.13202, "optimal σ").
"""

from __future__ import annotations

import math
from typing import NamedTuple

from torch import Tensor, nn

from core.gan.o_gan import Config, Encoder, Generator
from core.vae.objective import kl

__all__ = ["VAE", "Bound", "bound", "build"]


class Bound(NamedTuple):
    """The bound on −log p(x) in nats a picture, by its parts; means over the batch."""

    kl: Tensor
    picture: Tensor

    @property
    def loss(self) -> Tensor:
        """What is minimised."""
        return self.kl + self.picture


class VAE(nn.Module):
    """``encode`` gives the mean μ(x) of the code, ``decode`` G(z), ``posterior`` μ(x) and log σ²(x)."""

    standardised = False

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config, outputs=2 * config.z_dim)
        self.generator = Generator(config)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """μ(x) and log σ²(x), [B, n] each."""
        mean, log_variance = self.encoder(x).chunk(2, 1)
        return mean, log_variance

    def encode(self, x: Tensor) -> Tensor:
        """μ(x): pictures [B, C, S, S] → codes [B, n]."""
        return self.posterior(x)[0]

    def decode(self, z: Tensor) -> Tensor:
        """G(z): codes [B, n] → the mean of p(x|z), pictures [B, C, S, S] in [-1, 1]."""
        return self.generator(z)


def bound(x: Tensor, again: Tensor, mean: Tensor, log_variance: Tensor) -> Bound:
    """The bound with one ε a picture and the s² that is best for this very batch, from pictures ``x`` and ``again`` = G(μ + σ ε) [B, ...]."""
    error = (x - again).square().mean()
    return Bound(kl(mean, log_variance).mean(), 0.5 * x[0].numel() * (math.log(2 * math.pi) + 1 + error.log()))


def build(side: int, channels: int, z_dim: int, base: int) -> VAE:
    """An untrained VAE (what a weights card names as its builder)."""
    return VAE(Config(side, channels, z_dim, base))
