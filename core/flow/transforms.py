"""Invertible transforms: the parts of NICE, Glow, i-ResNet and f-VAE (posts 5776, 5807, 5977).

One contract carries the family. ``forward(x) -> (z, logdet)`` with logdet = ln |det ∂z/∂x| per sample, and
``inverse(z) -> (x, logdet)`` with logdet = ln |det ∂x/∂z| [B]; x is [B, C, H, W], or [B, D] for the parts of NICE, which know
no neighbours. The tests run one battery over every transform: round trips, and logdet against autograd's Jacobian, with
randomised parameters.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["ActNorm", "Chain", "ConditionalActNorm", "Coupling", "Flowed", "InvertibleConv", "Mixing", "Permutation", "Squeeze", "mixing"]  # fmt: skip

Flowed = tuple[Tensor, Tensor]
"""(transformed, logdet [B])."""
Mixing = Literal["permutation", "lu"]
LARGEST_LOG_SCALE = 3.0  # of a conditional scale, so that no sample can blow up
OPEN_GATE = 2.0  # an affine coupling's scale sigmoid(a + 2) begins near 0.88 (Glow)
LEAST_SCALE = 0.05  # and never closes: the inverse divides by it


class ActNorm(nn.Module):
    """z = exp(s) x + b per channel, s and b beginning at zero (the author's; not data-dependent)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros(channels))
        self.shift = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Flowed:
        z = x * self.log_scale.exp()[:, None, None] + self.shift[:, None, None]
        return z, self._logdet(x)

    def inverse(self, z: Tensor) -> Flowed:
        x = (z - self.shift[:, None, None]) * (-self.log_scale).exp()[:, None, None]
        return x, -self._logdet(z)

    def _logdet(self, x: Tensor) -> Tensor:
        return (self.log_scale.sum() * x.shape[2] * x.shape[3]).expand(len(x))


class Permutation(nn.Module):
    """A fixed random permutation of the channels (the author's glow.py); logdet 0."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        order = torch.randperm(channels)
        self.register_buffer("order", order)
        self.register_buffer("back", torch.argsort(order))

    def forward(self, x: Tensor) -> Flowed:
        return x[:, self.get_buffer("order")], x.new_zeros(len(x))

    def inverse(self, z: Tensor) -> Flowed:
        return z[:, self.get_buffer("back")], z.new_zeros(len(z))


class InvertibleConv(nn.Module):
    """1x1 convolution by W = P L (U + diag(s)): logdet = H W Σ ln |s|, from a random rotation (Glow, arXiv 1807.03039)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        rotation, _ = torch.linalg.qr(torch.randn(channels, channels))
        permutation, lower, upper = torch.linalg.lu(rotation)
        diagonal = upper.diagonal()
        self.register_buffer("permutation", permutation)
        self.register_buffer("sign", diagonal.sign())
        self.log_diagonal = nn.Parameter(diagonal.abs().log())
        self.lower = nn.Parameter(lower.tril(-1))
        self.upper = nn.Parameter(upper.triu(1))

    def weight(self) -> Tensor:
        """W [C, C]."""
        one = torch.eye(len(self.lower), device=self.lower.device)
        upper = self.upper.triu(1) + torch.diag(self.get_buffer("sign") * self.log_diagonal.exp())
        return self.get_buffer("permutation") @ (self.lower.tril(-1) + one) @ upper

    def forward(self, x: Tensor) -> Flowed:
        return _mixed(x, self.weight()), self._logdet(x)

    def inverse(self, z: Tensor) -> Flowed:
        one = torch.eye(len(self.lower), device=z.device)
        lower = self.lower.tril(-1) + one
        upper = self.upper.triu(1) + torch.diag(self.get_buffer("sign") * self.log_diagonal.exp())
        half = torch.linalg.solve_triangular(lower, self.get_buffer("permutation").T, upper=False, unitriangular=True)
        return _mixed(z, torch.linalg.solve_triangular(upper, half, upper=True)), -self._logdet(z)

    def _logdet(self, x: Tensor) -> Tensor:
        return (self.log_diagonal.sum() * x.shape[2] * x.shape[3]).expand(len(x))


def mixing(kind: Mixing, channels: int) -> nn.Module:
    """What mixes the channels between two couplings."""
    return Permutation(channels) if kind == "permutation" else InvertibleConv(channels)


class Coupling(nn.Module):
    """One half of the channels moves by a network of the other: z₂ = s(x₁) x₂ + m(x₁), s = 1 where additive.

    The network is conv 3x3 - ReLU - 1x1 - ReLU - 3x3, the last beginning at zero: additive couplings begin as the
    identity. Affine: s = sigmoid(a + 2), kept above 0.05.
    """

    def __init__(self, channels: int, hidden: int, affine: bool) -> None:
        super().__init__()
        if channels % 2:
            raise ValueError(f"channels = {channels}: must be even")
        self.affine = affine
        half = channels // 2
        last = nn.Conv2d(hidden, channels if affine else half, 3, padding=1)
        nn.init.zeros_(last.weight)
        assert last.bias is not None
        nn.init.zeros_(last.bias)
        self.network = nn.Sequential(
            nn.Conv2d(half, hidden, 3, padding=1), nn.ReLU(), nn.Conv2d(hidden, hidden, 1), nn.ReLU(), last
        )

    def forward(self, x: Tensor) -> Flowed:
        kept, moved = x.chunk(2, 1)
        scale, shift = self._of(kept)
        if scale is None:
            return torch.cat([kept, moved + shift], 1), x.new_zeros(len(x))
        return torch.cat([kept, moved * scale + shift], 1), scale.log().flatten(1).sum(1)

    def inverse(self, z: Tensor) -> Flowed:
        kept, moved = z.chunk(2, 1)
        scale, shift = self._of(kept)
        if scale is None:
            return torch.cat([kept, moved - shift], 1), z.new_zeros(len(z))
        return torch.cat([kept, (moved - shift) / scale], 1), -scale.log().flatten(1).sum(1)

    def _of(self, kept: Tensor) -> tuple[Tensor | None, Tensor]:
        out = self.network(kept).to(kept.dtype)  # a lower precision inside the network does no harm to the inverse
        if not self.affine:
            return None, out
        gate, shift = out.chunk(2, 1)
        return LEAST_SCALE + (1 - LEAST_SCALE) * torch.sigmoid(gate + OPEN_GATE), shift


class ConditionalActNorm(nn.Module):
    """The half that leaves at a split, normalised given the half that stays: z = exp(s(y)) x + b(y), beginning as x."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.network = nn.Conv2d(channels, 2 * channels, 3, padding=1)
        nn.init.zeros_(self.network.weight)
        assert self.network.bias is not None
        nn.init.zeros_(self.network.bias)

    def forward(self, x: Tensor, given: Tensor) -> Flowed:
        log_scale, shift = self._of(given)
        return x * log_scale.exp() + shift, log_scale.flatten(1).sum(1)

    def inverse(self, z: Tensor, given: Tensor) -> Flowed:
        log_scale, shift = self._of(given)
        return (z - shift) * (-log_scale).exp(), -log_scale.flatten(1).sum(1)

    def _of(self, given: Tensor) -> tuple[Tensor, Tensor]:
        log_scale, shift = self.network(given).to(given.dtype).chunk(2, 1)
        return LARGEST_LOG_SCALE * torch.tanh(log_scale / LARGEST_LOG_SCALE), shift


class Squeeze(nn.Module):
    """2x2 pixels become channels: [B, C, H, W] → [B, 4C, H/2, W/2]; logdet 0."""

    def forward(self, x: Tensor) -> Flowed:
        return F.pixel_unshuffle(x, 2), x.new_zeros(len(x))

    def inverse(self, z: Tensor) -> Flowed:
        return F.pixel_shuffle(z, 2), z.new_zeros(len(z))


class Chain(nn.Module):
    """One transform after another; logdets add."""

    def __init__(self, *parts: nn.Module) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, x: Tensor) -> Flowed:
        total = x.new_zeros(len(x))
        for part in self.parts:
            x, logdet = part(x)
            total = total + logdet
        return x, total

    def inverse(self, z: Tensor) -> Flowed:
        total = z.new_zeros(len(z))
        for part in reversed(self.parts):
            z, logdet = part.inverse(z)  # type: ignore[operator]
            total = total + logdet
        return z, total


def _mixed(x: Tensor, weight: Tensor) -> Tensor:
    return F.conv2d(x, weight.to(x.dtype)[:, :, None, None])
