"""O-GAN: one network is both the critic and the encoder (post 6409, arXiv 1903.01931).

The encoder E maps an image to a code of R^n. By avg, std and N(z) = (z - avg z) / std z (std with divisor n) a code falls
into three independent parts: the average is the critic's score, the standardised rest N(E(x)) is the image's code.
Energy convention: real images get a low average, generated ones a high average, and G lowers it. With

    ρ(z, ẑ) = cos(N(z), N(ẑ))                               (Pearson's correlation over the latent axis)
    E:  min  avg E(x) - avg E(G(z)) + λ₁ [avg E(x) - avg E(G(z))]² / ‖x - G(z)‖² - λ₂ ρ(z, E(G(z)))
    G:  min  avg E(G(z)) - λ₂ ρ(z, E(G(z)))

where ‖·‖² is the mean over pixels and x is paired with G(z) by its place in the batch. The quadratic term is GAN-QP's
(post 6163). The generator is DCGAN's with self-modulation (post 6549, arXiv 1810.01365): generators with plain batch
normalisation collapsed more often. Encode and decode: x̂ = G(N(E(x))).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.latent import standardise

__all__ = [
    "OGAN",
    "Config",
    "Encoder",
    "Generator",
    "Losses",
    "SelfModulation",
    "build",
    "encoder_loss",
    "generator_loss",
    "joint_loss",
    "rho",
    "score",
]

FIRST_SIDE = 4  # side of the smallest feature map (the author's DCGAN blocks)
SLOPE = 0.2  # LeakyReLU
INITIAL_SD = 0.02  # of all kernels
NORM_EPS, NORM_MOMENTUM = 1e-3, 0.01  # Keras' batch normalisation in PyTorch's terms
MODULATION_UNITS = 32  # post 6549: enough
LAMBDA_1, LAMBDA_2 = 0.25, 0.5  # the author's, at 128 px


@dataclass(frozen=True)
class Config:
    """``side`` (a power of two) and ``channels`` of the image, ``z_dim`` of the code, ``base`` channels next to the image."""

    side: int = 64
    channels: int = 3
    z_dim: int = 128
    base: int = 32

    @property
    def dimensions(self) -> int:
        """Numbers in a code."""
        return self.z_dim

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels from the smallest feature map to the one next to the image, doubling inwards."""
        levels = (self.side // FIRST_SIDE).bit_length() - 1
        return tuple(self.base * 2**k for k in reversed(range(levels)))


class SelfModulation(nn.Module):
    """h' = γ(z) (h - μ)/σ + β(z) per channel; γ, β small networks of z that begin at 1 and 0 (plain normalisation)."""

    def __init__(self, channels: int, z_dim: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, eps=NORM_EPS, momentum=NORM_MOMENTUM, affine=False)
        self.gain = _small_network(z_dim, channels)
        self.shift = _small_network(z_dim, channels)

    def forward(self, h: Tensor, z: Tensor) -> Tensor:
        """h [B, C, H, W], z [B, n] → [B, C, H, W]."""
        gain, shift = self.gain(z)[:, :, None, None], self.shift(z)[:, :, None, None]
        if self.training:
            return self.norm(h) * (1 + gain) + shift
        mean, variance = self.norm.running_mean, self.norm.running_var
        assert mean is not None
        assert variance is not None
        scale = (1 + gain) * (variance + NORM_EPS).rsqrt()[:, None, None]  # with fixed statistics one pass does it all
        return torch.addcmul(shift - mean[:, None, None] * scale, h, scale)


class Generator(nn.Module):
    """Codes [B, n] → images [B, C, S, S] in [-1, 1]: dense to 4x4, then 4x4 transposed convolutions of stride 2.

    ``modulation(channels, z_dim)`` makes what normalises the maps before each convolution, from the maps and the code.
    """

    def __init__(self, config: Config, modulation: Callable[[int, int], nn.Module] | None = None) -> None:
        super().__init__()
        widths, made = config.widths, modulation or SelfModulation
        self.first: nn.Module = nn.Linear(config.z_dim, widths[0] * FIRST_SIDE**2)
        self.modulations = nn.ModuleList(made(width, config.z_dim) for width in widths)
        self.convs = nn.ModuleList(nn.ConvTranspose2d(a, b, 4, 2, 1) for a, b in pairwise((*widths, config.channels)))
        _initialise(self)
        for part in self.modulations:
            if not isinstance(part, SelfModulation):
                continue
            for last in (part.gain[-1], part.shift[-1]):
                assert isinstance(last, nn.Linear)
                nn.init.zeros_(last.weight)

    def forward(self, z: Tensor) -> Tensor:
        h = self.first(z).unflatten(1, (-1, FIRST_SIDE, FIRST_SIDE))
        h = h.contiguous(memory_format=torch.channels_last)
        for modulation, conv in zip(self.modulations, self.convs, strict=True):
            h = conv(F.relu(modulation(h, z)))  # side doubles
        return h.tanh()


class Encoder(nn.Module):
    """Images [B, C, S, S] in [-1, 1] → raw codes [B, n]: 4x4 convolutions of stride 2, flattened, one dense layer.

    Other models take it with another number of ``outputs``, and without ``bias`` in its convolutions and its dense layer.
    """

    def __init__(self, config: Config, outputs: int = 0, bias: bool = True) -> None:
        super().__init__()
        widths = (config.channels, *reversed(config.widths))
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1, bias=bias) for a, b in pairwise(widths))
        self.norms = nn.ModuleList(nn.BatchNorm2d(w, eps=NORM_EPS, momentum=NORM_MOMENTUM) for w in widths[2:])
        self.last = nn.Linear(widths[-1] * FIRST_SIDE**2, outputs or config.z_dim, bias=bias)
        _initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        h = F.leaky_relu(self.convs[0](x), SLOPE)
        for conv, norm in zip(list(self.convs)[1:], self.norms, strict=True):
            h = F.leaky_relu(norm(conv(h)), SLOPE)  # side halves
        return self.last(h.flatten(1))


class OGAN(nn.Module):
    """Encoder and generator. ``encode`` gives N(E(x)), ``decode`` gives G(z), ``code`` the raw E(x)."""

    standardised = True  # codes are N(E(x)), and random ones are N(z)

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.generator = Generator(config)

    def code(self, x: Tensor) -> Tensor:
        """E(x): images [B, C, S, S] → raw codes [B, n]."""
        return self.encoder(x)

    def encode(self, x: Tensor) -> Tensor:
        """N(E(x)): images [B, C, S, S] → standardised codes [B, n]."""
        return standardise(self.encoder(x))

    def decode(self, z: Tensor) -> Tensor:
        """G(z): codes [B, n] → images [B, C, S, S] in [-1, 1]."""
        return self.generator(z)


def build(side: int, channels: int, z_dim: int, base: int) -> OGAN:
    """An untrained O-GAN (what a weights card names as its builder)."""
    return OGAN(Config(side, channels, z_dim, base))


def score(code: Tensor) -> Tensor:
    """avg: the critic's score of raw codes [..., n] → [...]. Only differences of scores mean something."""
    return code.mean(-1)


def rho(z: Tensor, code: Tensor) -> Tensor:
    """ρ(z, ẑ) = cos(N(z), N(ẑ)) in [-1, 1], over the last axis. Unchanged by ẑ → aẑ + b with a > 0."""
    return (standardise(z) * standardise(code)).mean(-1)


def encoder_loss(z: Tensor, real: Tensor, fake: Tensor, distance: Tensor, lambda_1: float, lambda_2: float) -> Tensor:
    """E's objective from raw codes ``real`` = E(x), ``fake`` = E(G(z)) [B, n] and ``distance`` = ‖x - G(z)‖² [B]."""
    gap = score(real) - score(fake)
    return (gap + lambda_1 * gap.square() / distance - lambda_2 * rho(z, fake)).mean()


def generator_loss(z: Tensor, fake: Tensor, lambda_2: float) -> Tensor:
    """G's objective from raw codes ``fake`` = E(G(z)) [B, n]."""
    return (score(fake) - lambda_2 * rho(z, fake)).mean()


class Losses(NamedTuple):
    """The author's single loss by its terms: their sum trains both networks in one step."""

    critic: Tensor  # avg E(x) - avg E(sg G(z)): only E has a gradient
    generator: Tensor  # avg E(G(z)) - avg E(sg G(z)): worth 0; E's gradients cancel, so only G feels it
    agreement: Tensor  # -λ₂ ρ(z, E(G(z))): both feel it
    quadratic: Tensor  # λ₁ gap² / ‖x - sg G(z)‖²: only E


def joint_loss(model: OGAN, x: Tensor, z: Tensor, lambda_1: float = LAMBDA_1, lambda_2: float = LAMBDA_2) -> Losses:
    """The author's one-loss form: three separate passes of E, each over a batch of one kind (batch statistics)."""
    made = model.decode(z)
    still = made.detach()
    real, fake, fixed = model.code(x), model.code(made), model.code(still)
    gap = score(real) - score(fixed)
    distance = (x - still).square().mean((1, 2, 3))
    return Losses(
        gap.mean(), (score(fake) - score(fixed)).mean(), -lambda_2 * rho(z, fake).mean(),
        lambda_1 * (gap.square() / distance).mean(),
    )  # fmt: skip


def _small_network(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, MODULATION_UNITS), nn.ReLU(), nn.Linear(MODULATION_UNITS, outputs))


def _initialise(module: nn.Module) -> None:
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(part.weight, 0.0, INITIAL_SD)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
