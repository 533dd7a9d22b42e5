"""f-VAE: a variational autoencoder whose posterior goes through a flow (post 5977, arXiv 1809.05861).

Encoder E and decoder G are free convolutional networks, only F must be invertible, and σ₁, σ₂ are learned *scalars*. With
h = E(x) + σ₁ u, u ~ N(0, I_D) and z = F(h),

    L = ‖G(h) - x‖² / 2σ₂² + D ln σ₂ + D/2 ln 2π + ½‖F(h)‖² - ½‖u‖² - ln |det ∂F/∂h| - D ln σ₁

bounds -ln q(x) from above in its mean over u, in nats. To sample, z ~ N(0, T² I) and x = G(F⁻¹(z)). Switches of the same
class: with F = id it is a VAE whose latent is as large as the picture; with E = G = id and σ₁ = σ₂ the first term cancels
the noise's and what is left is the likelihood of a flow on noisy pictures: Glow.

A picture of 256 levels becomes x = (v + U(0, 1)) / 128 - 1. Its bins are 1/128 wide, so that L / (D ln 2) + 7 bounds the
bits per dimension of the discrete picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.flow.glow import Glow, GlowConfig
from core.flow.transforms import Flowed, Mixing

__all__ = [
    "FVAE",
    "Config",
    "Kind",
    "Loss",
    "Moments",
    "bits_per_dimension",
    "build",
    "dequantised",
    "f_vae_loss",
    "latent_moments",
    "noisy_reconstructions",
    "resampled",
]

Kind = Literal["f-vae", "vae", "glow"]
NORM_EPS, NORM_MOMENTUM = 1e-3, 0.01  # Keras' batch normalisation in PyTorch's terms
LEAST_LOG_SIGMA = -6.0  # below, the loss blows up (facts of the post's code)
GLOW_LOG_SIGMA = -5.0  # of the fixed noise of E = G = id: a seventh of a bin's width
LEVELS_OF_GREY = 256


@dataclass(frozen=True)
class Config:
    """``kind`` switches parts off; E and G are ``levels`` x ``steps`` residual steps, F a Glow of the numbers below."""

    kind: Kind = "f-vae"
    side: int = 32
    channels: int = 3
    levels: int = 3
    steps: int = 4
    flow_levels: int = 2
    flow_depth: int = 6
    flow_hidden: int = 192
    affine: bool = True
    mixing: Mixing = "lu"

    @property
    def dimensions(self) -> int:
        """D: as many latent numbers as the picture has."""
        return self.channels * self.side**2

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """Channels, height, width of h."""
        levels = 0 if self.kind == "glow" else self.levels
        return self.channels * 4**levels, self.side // 2**levels, self.side // 2**levels


class Residual(nn.Module):
    """x + [conv 3x3 - BN - ReLU - conv 1x1], the last beginning at zero."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        last = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(last.weight)
        assert last.bias is not None
        nn.init.zeros_(last.bias)
        self.branch = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.BatchNorm2d(channels, eps=NORM_EPS, momentum=NORM_MOMENTUM),
            nn.ReLU(),
            last,
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.branch(x).to(x.dtype)


class Encoder(nn.Module):
    """E: squeeze, then residual steps, on every level. At first the mere squeezes."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        widths = [config.channels * 4 ** (k + 1) for k in range(config.levels)]
        self.levels = nn.ModuleList(nn.Sequential(*(Residual(w) for _ in range(config.steps))) for w in widths)

    def forward(self, x: Tensor) -> Tensor:
        for level in self.levels:
            x = level(F.pixel_unshuffle(x, 2))
        return x


class Decoder(nn.Module):
    """G: E's mirror, then tanh."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        widths = [config.channels * 4 ** (k + 1) for k in reversed(range(config.levels))]
        self.levels = nn.ModuleList(nn.Sequential(*(Residual(w) for _ in range(config.steps))) for w in widths)

    def forward(self, h: Tensor) -> Tensor:
        for level in self.levels:
            h = F.pixel_shuffle(level(h), 2)
        return h.tanh()


class Identity(nn.Module):
    """F = id: the ordinary VAE's flow, flattening only."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Flowed:
        return x.flatten(1), x.new_zeros(len(x))

    def inverse(self, z: Tensor) -> Flowed:
        return z.unflatten(1, self.shape), z.new_zeros(len(z))


class FVAE(nn.Module):
    """Encoder, σ₁, flow, decoder, σ₂. ``encode`` gives F(E(x)), ``decode`` gives G(F⁻¹(z)); codes are [B, D]."""

    standardised = False  # codes are N(0, I_D) themselves

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        plain = config.kind == "glow"
        self.encoder = nn.Identity() if plain else Encoder(config)
        self.decoder = nn.Identity() if plain else Decoder(config)
        channels, side, _ = config.latent_shape
        self.flow: Glow | Identity = (
            Identity(config.latent_shape)
            if config.kind == "vae"
            else Glow(GlowConfig(channels, side, config.flow_levels, config.flow_depth, config.flow_hidden, plain, config.affine, config.mixing))
        )  # fmt: skip
        start = torch.tensor(GLOW_LOG_SIGMA if plain else 0.0)
        self.log_sigma_1 = nn.Parameter(start.clone(), requires_grad=not plain)
        self.log_sigma_2 = nn.Parameter(start.clone(), requires_grad=not plain)

    def encode(self, x: Tensor) -> Tensor:
        """F(E(x)), no noise: pictures [B, C, S, S] → codes [B, D]."""
        return self.flow(self.encoder(x))[0]

    def decode(self, z: Tensor) -> Tensor:
        """G(F⁻¹(z)): codes [B, D] → pictures [B, C, S, S], in [-1, 1] but for Glow's, which may leave it a little."""
        return self.decoder(self.flow.inverse(z)[0])

    def sigma(self) -> tuple[Tensor, Tensor]:
        """(σ₁, σ₂)."""
        return self.log_sigma_1.clamp_min(LEAST_LOG_SIGMA).exp(), self.log_sigma_2.clamp_min(LEAST_LOG_SIGMA).exp()


class Loss(NamedTuple):
    """The bound in nats per picture by its terms, each [B]; ``total`` is their sum."""

    reconstruction: Tensor  # ‖G(h) - x‖² / 2σ₂² + D ln σ₂ + D/2 ln 2π
    prior: Tensor  # ½‖F(h)‖² - ½‖u‖² - D ln σ₁: the VAE's KL for F = id, by its sample
    logdet: Tensor  # -ln |det ∂F/∂h|

    @property
    def total(self) -> Tensor:
        """L [B]."""
        return self.reconstruction + self.prior + self.logdet


def f_vae_loss(model: FVAE, x: Tensor, u: Tensor) -> Loss:
    """L of pictures x [B, C, S, S] with noise u [B, *latent_shape]."""
    sigma_1, sigma_2 = model.sigma()
    h = model.encoder(x) + sigma_1 * u
    z, logdet = model.flow(h)
    d = model.config.dimensions
    error = (model.decoder(h) - x).square().flatten(1).sum(1)
    reconstruction = error / (2 * sigma_2**2) + d * (sigma_2.log() + 0.5 * math.log(2 * math.pi))
    prior = 0.5 * (z.square().sum(1) - u.square().flatten(1).sum(1)) - d * sigma_1.log()
    return Loss(reconstruction, prior, -logdet)


def build(**config: object) -> FVAE:
    """An untrained model (what a weights card names as its builder); keywords as :class:`Config`."""
    return FVAE(Config(**config))  # type: ignore[arg-type]


def dequantised(pictures: Tensor, noise: Tensor) -> Tensor:
    """(v + noise) / 128 - 1 in [-1, 1): uint8 pictures with noise in [0, 1) of the same shape."""
    return (pictures.float() + noise) / (LEVELS_OF_GREY / 2) - 1


def bits_per_dimension(nats: float, dimensions: int) -> float:
    """Upper bound on the bits per dimension of 256-level pictures from L of dequantised ones."""
    return nats / (dimensions * math.log(2)) + math.log2(LEVELS_OF_GREY / 2)


@torch.inference_mode()
def resampled(model: FVAE, x: Tensor, levels: Sequence[int], temperature: float, rng: torch.Generator) -> Tensor:
    """Pictures x [B, C, S, S] with the latent parts of ``levels`` (0 the finest) resampled at ``temperature``."""
    if not isinstance(model.flow, Glow):
        raise ValueError(f"kind = {model.config.kind}: has no flow with levels")
    pieces, _ = model.flow.pieces(model.encoder(x))
    for level in levels:
        noise = torch.randn(pieces[level].shape, generator=rng)
        pieces[level] = temperature * noise.to(x.device)
    return model.decode(torch.cat([piece.flatten(1) for piece in pieces], 1))


class Moments(NamedTuple):
    """Mean and variance of each latent dimension over pictures and noise: before the flow (h) and after it (z)."""

    h_mean: np.ndarray
    h_variance: np.ndarray
    z_mean: np.ndarray
    z_variance: np.ndarray


@torch.inference_mode()
def latent_moments(model: FVAE, x: Tensor, draws: int, seed: int) -> Moments:
    """Moments of h = E(x) + σ₁ u and z = F(h) over the pictures x [B, C, S, S], each with ``draws`` of u."""
    rng = torch.Generator().manual_seed(seed)
    sigma_1, _ = model.sigma()
    centre = model.encoder(x)
    before, after = [], []
    for _ in range(draws):
        h = centre + sigma_1 * torch.randn(centre.shape, generator=rng).to(x.device)
        before.append(h.flatten(1))
        after.append(model.flow(h)[0])
    values = [torch.cat(parts).double() for parts in (before, after)]
    moments = [m.cpu().numpy() for v in values for m in (v.mean(0), v.var(0))]
    return Moments(*moments)


@torch.inference_mode()
def noisy_reconstructions(model: FVAE, x: Tensor, factor: float, count: int, rng: torch.Generator) -> Tensor:
    """G(E(x) + factor σ₁ u) of one picture [1, C, S, S] for ``count`` draws of u → [count, C, S, S]."""
    centre = model.encoder(x.to(next(model.parameters()).device))
    u = torch.randn(count, *centre.shape[1:], generator=rng).to(centre.device)
    return model.decoder(centre + factor * model.sigma()[0] * u)
