"""Architectures of GANs of pictures (post 6549): DCGAN, ResNet, SELF-MOD and a DCGAN in StyleGAN's manner.

All map codes z ~ N(0, I) to pictures through feature maps of the same widths, so that what differs is the architecture:

    dcgan      dense → 4x4, then 4x4 transposed convolutions of stride 2, batch normalisation before each (arXiv 1511.06434)
    self-mod   the same; scale and shift of every normalisation are small networks of z (arXiv 1810.01365)
    style      a learned constant instead of the dense layer; z → w by two dense layers; normalisation by each picture's own
               mean and deviation, scale and shift from w (arXiv 1812.04948, its modulation alone: no noise, no blur)
    resnet     blocks W x + α f(x), W a 1x1 convolution, f two 3x3 ones; sides doubled by repetition, in the critic halved by averages

Three of them share DCGAN's critic; ``resnet`` has a residual one.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal, cast, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from core.gan.o_gan import FIRST_SIDE, INITIAL_SD, NORM_EPS, NORM_MOMENTUM, SLOPE, Config, Generator, SelfModulation

__all__ = ["ARCHITECTURES", "Architecture", "ResNetCritic", "generator", "spectral"]

Architecture = Literal["dcgan", "resnet", "self-mod", "style"]
ARCHITECTURES: tuple[Architecture, ...] = get_args(Architecture)
ALPHA = 0.1  # of x + α f(x): the post's
POWER_ITERATIONS = 1  # a forward pass of spectral normalisation (arXiv 1802.05957, section 3)


class PlainNorm(nn.Module):
    """Batch normalisation with its own scale and shift, the same for every z."""

    def __init__(self, channels: int, z_dim: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, eps=NORM_EPS, momentum=NORM_MOMENTUM)

    def forward(self, h: Tensor, z: Tensor) -> Tensor:
        """h [B, C, H, W] → [B, C, H, W]; z plays no part."""
        return self.norm(h)


class StyleModulation(SelfModulation):
    """h' = γ(w) (h - μ)/σ + β(w) with μ, σ of each picture and channel over its pixels (adaptive instance normalisation)."""

    def __init__(self, channels: int, z_dim: int) -> None:
        super().__init__(channels, z_dim)
        self.norm = nn.Identity()  # nothing is learned or averaged here

    def forward(self, h: Tensor, z: Tensor) -> Tensor:
        """h [B, C, H, W], w [B, n] → [B, C, H, W]."""
        gain, shift = self.gain(z)[:, :, None, None], self.shift(z)[:, :, None, None]
        return F.instance_norm(h, eps=NORM_EPS) * (1 + gain) + shift


class Constant(nn.Module):
    """A learned picture of features, the same for every code, in the place of DCGAN's dense layer."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.randn(size))

    def forward(self, z: Tensor) -> Tensor:
        """[B, n] → [B, size]."""
        return self.value.expand(len(z), -1)


class StyleGenerator(nn.Module):
    """Codes [B, n] → pictures [B, C, S, S] in [-1, 1]; ``mapping`` turns z into the style w.

    The first map is the same for all z, so that modulations must differ from the start: they do not begin at γ = 1, β = 0.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        n = config.z_dim
        self.mapping = nn.Sequential(nn.Linear(n, n), nn.LeakyReLU(SLOPE), nn.Linear(n, n), nn.LeakyReLU(SLOPE))
        self.synthesis = Generator(config, StyleModulation)
        self.synthesis.first = Constant(config.widths[0] * FIRST_SIDE**2)
        _he(self.mapping)
        for modulation in self.synthesis.modulations:
            assert isinstance(modulation, StyleModulation)
            for network in (modulation.gain, modulation.shift):
                _he(network)
                nn.init.kaiming_normal_(cast(Tensor, network[-1].weight), nonlinearity="linear")

    def forward(self, z: Tensor) -> Tensor:
        return self.synthesis(self.mapping(z))


class _Up(nn.Module):
    """Twice the side: up(x) by a 1x1 convolution, plus α times two 3x3 convolutions after batch normalisation."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.skip = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.norms = nn.ModuleList(nn.BatchNorm2d(c, eps=NORM_EPS, momentum=NORM_MOMENTUM) for c in (inputs, outputs))
        self.convs = nn.ModuleList(nn.Conv2d(c, outputs, 3, 1, 1) for c in (inputs, outputs))

    def forward(self, x: Tensor) -> Tensor:
        h = _doubled(F.relu(self.norms[0](x)))
        h = self.convs[1](F.relu(self.norms[1](self.convs[0](h))))
        return _doubled(self.skip(x)) + ALPHA * h


class ResNetGenerator(nn.Module):
    """Codes [B, n] → pictures [B, C, S, S] in [-1, 1]: dense to 4x4, residual blocks, one 3x3 convolution."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        widths = (*config.widths, config.widths[-1])
        self.first = nn.Linear(config.z_dim, widths[0] * FIRST_SIDE**2)
        self.blocks = nn.ModuleList(_Up(a, b) for a, b in pairwise(widths))
        self.norm = nn.BatchNorm2d(widths[-1], eps=NORM_EPS, momentum=NORM_MOMENTUM)
        self.last = nn.Conv2d(widths[-1], config.channels, 3, 1, 1)
        _he(self)

    def forward(self, z: Tensor) -> Tensor:
        h = self.first(z).unflatten(1, (-1, FIRST_SIDE, FIRST_SIDE)).contiguous(memory_format=torch.channels_last)
        for block in self.blocks:
            h = block(h)
        return self.last(F.relu(self.norm(h))).tanh()


class _Down(nn.Module):
    """Half the side: the average of four pixels of x + α f(x), f two 3x3 convolutions."""

    def __init__(self, inputs: int, outputs: int, normalised: bool) -> None:
        super().__init__()
        wrap = spectral if normalised else _as_it_is
        self.skip = wrap(_started(nn.Conv2d(inputs, outputs, 1, bias=False)))
        self.convs = nn.ModuleList(wrap(_started(nn.Conv2d(a, outputs, 3, 1, 1))) for a in (inputs, outputs))

    def forward(self, x: Tensor) -> Tensor:
        h = self.convs[1](F.leaky_relu(self.convs[0](F.leaky_relu(x, SLOPE)), SLOPE))
        return F.avg_pool2d(self.skip(x) + ALPHA * h, 2)


class ResNetCritic(nn.Module):
    """Pictures [B, C, S, S] in [-1, 1] → scores T(x) [B], without batch statistics."""

    def __init__(self, config: Config, normalised: bool) -> None:
        super().__init__()
        widths = (config.channels, *reversed(config.widths))
        self.blocks = nn.ModuleList(_Down(a, b, normalised) for a, b in pairwise(widths))
        last = _started(nn.Linear(widths[-1] * FIRST_SIDE**2, 1, bias=False))
        self.last = spectral(last) if normalised else last

    def forward(self, x: Tensor) -> Tensor:
        h = x
        for block in self.blocks:
            h = block(h)
        return self.last(F.leaky_relu(h, SLOPE).flatten(1))[:, 0]


def generator(name: Architecture, config: Config) -> nn.Module:
    """An untrained generator of the architecture ``name``. ValueError for another name."""
    match name:
        case "dcgan":
            return Generator(config, PlainNorm)
        case "self-mod":
            return Generator(config)
        case "style":
            return StyleGenerator(config)
        case "resnet":
            return ResNetGenerator(config)
        case _:
            raise ValueError(f"architecture = {name}: must be one of {', '.join(ARCHITECTURES)}")


def spectral(layer: nn.Module) -> nn.Module:
    """``layer`` with its weight divided by its largest singular value."""
    return spectral_norm(layer, n_power_iterations=POWER_ITERATIONS)


def _as_it_is(layer: nn.Module) -> nn.Module:
    return layer


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


def _started(layer: nn.Module) -> nn.Module:
    weights = cast(Any, layer)
    nn.init.normal_(weights.weight, 0.0, INITIAL_SD)
    if weights.bias is not None:
        nn.init.zeros_(weights.bias)
    return layer


def _he(module: nn.Module) -> None:
    """He's initialisation of all kernels, biases 0."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
