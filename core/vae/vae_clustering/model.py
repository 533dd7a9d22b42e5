"""The networks of the VAE that clusters (post 5887): encoder, decoder, classifier of codes, and one centre a cluster.

    p(z | x) = N(μ(x), σ²(x))      q(x | z) = N(G(z), 1/λ)      p(y | z) = softmax      q(z | y) = N(μ_y, I)      q(y) = 1/K

The classifier sees the code and not the picture: a sampled code in training, μ(x) otherwise. Two kinds of encoder and
decoder, by ``channels``: the author's convolutions, or one hidden dense layer each, which take a twentieth of the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["AUTHOR", "SIDE", "ClusterVAE", "Config", "build"]

SIDE = 28  # MNIST's and Fashion-MNIST's pictures, without a frame
SLOPE = 0.2  # of LeakyReLU, the author's


@dataclass(frozen=True)
class Config:
    """The sizes of the networks.

    z_dim : numbers a code (20, the author's). clusters : K. hidden : units of the classifier's hidden layer (256, the author's).
    channels : of the convolutions before and after the second stride, (32, 64) with the author, () for dense layers.
    dense : units of the hidden layer of encoder and decoder where there are no convolutions.
    """

    z_dim: int = 20
    clusters: int = 10
    hidden: int = 256
    channels: tuple[int, ...] = ()
    dense: int = 500
    side: ClassVar[int] = SIDE

    @property
    def dimensions(self) -> int:
        """Numbers in a code."""
        return self.z_dim


AUTHOR = Config(channels=(32, 64))
"""The author's networks."""


class ClusterVAE(nn.Module):
    """``encode`` gives μ(x), ``decode`` G(z), ``log_shares`` ln p(y | z); ``centres`` are the μ_y [K, n], zero at first."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.encoder, self.decoder = _convolutions(config) if config.channels else _dense(config)
        self.classifier = nn.Sequential(
            nn.Linear(config.z_dim, config.hidden), nn.ReLU(), nn.Linear(config.hidden, config.clusters)
        )
        self.centres = nn.Parameter(torch.zeros(config.clusters, config.z_dim))
        for layer in self.modules():
            if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                nn.init.xavier_uniform_(layer.weight)  # Keras' default, with biases at 0
                assert layer.bias is not None
                nn.init.zeros_(layer.bias)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """μ(x) and log σ²(x), [B, n] each, of pictures [B, 1, 28, 28] in [0, 1]."""
        mean, log_variance = self.encoder(x).chunk(2, 1)
        return mean, log_variance

    def encode(self, x: Tensor) -> Tensor:
        """μ(x): pictures [B, 1, 28, 28] in [0, 1] → codes [B, n]."""
        return self.posterior(x)[0]

    def decode(self, z: Tensor) -> Tensor:
        """G(z): codes [B, n] → pictures [B, 1, 28, 28] in [0, 1]."""
        return self.decoder(z).sigmoid()

    def log_shares(self, z: Tensor) -> Tensor:
        """ln p(y | z): codes [B, n] → [B, K]."""
        return F.log_softmax(self.classifier(z), 1)

    def clusters_of(self, x: Tensor) -> Tensor:
        """The most probable cluster of pictures [B, 1, 28, 28] at z = μ(x) → [B]."""
        return self.log_shares(self.encode(x)).argmax(1)


def _convolutions(config: Config) -> tuple[nn.Sequential, nn.Sequential]:
    """The author's: four convolutions of 3x3, the first and third of stride 2, and the same in reverse."""
    few, many = config.channels
    small = SIDE // 4
    encoder = nn.Sequential(
        nn.Conv2d(1, few, 3, stride=2, padding=1), nn.LeakyReLU(SLOPE),
        nn.Conv2d(few, few, 3, padding=1), nn.LeakyReLU(SLOPE),
        nn.Conv2d(few, many, 3, stride=2, padding=1), nn.LeakyReLU(SLOPE),
        nn.Conv2d(many, many, 3, padding=1), nn.LeakyReLU(SLOPE),
        nn.Flatten(), nn.Linear(many * small**2, 2 * config.z_dim),
    )  # fmt: skip
    decoder = nn.Sequential(
        nn.Linear(config.z_dim, many * small**2), nn.Unflatten(1, (many, small, small)),
        nn.ConvTranspose2d(many, many, 3, padding=1), nn.LeakyReLU(SLOPE),
        nn.ConvTranspose2d(many, many, 3, stride=2, padding=1, output_padding=1), nn.LeakyReLU(SLOPE),
        nn.ConvTranspose2d(many, few, 3, padding=1), nn.LeakyReLU(SLOPE),
        nn.ConvTranspose2d(few, few, 3, stride=2, padding=1, output_padding=1), nn.LeakyReLU(SLOPE),
        nn.ConvTranspose2d(few, 1, 3, padding=1),
    )  # fmt: skip
    return encoder, decoder


def _dense(config: Config) -> tuple[nn.Sequential, nn.Sequential]:
    pixels = SIDE**2
    encoder = nn.Sequential(
        nn.Flatten(), nn.Linear(pixels, config.dense), nn.ReLU(), nn.Linear(config.dense, 2 * config.z_dim)
    )
    decoder = nn.Sequential(
        nn.Linear(config.z_dim, config.dense), nn.ReLU(), nn.Linear(config.dense, pixels), nn.Unflatten(1, (1, SIDE, SIDE))
    )  # fmt: skip
    return encoder, decoder


def build(z_dim: int, clusters: int, hidden: int, channels: list[int], dense: int) -> ClusterVAE:
    """An untrained model (what a weights card names as its builder)."""
    return ClusterVAE(Config(z_dim, clusters, hidden, tuple(channels), dense))
