"""A small net of matrix capsules with EM routing (post 5155; Hinton, Sabour & Frosst 2018), and a decoder of its poses.

    28x28 → conv 5x5 stride 2, conv 3x3 stride 2 (ReLU) → 6x6 → primary capsules: 8 a place, each a 4x4 pose and an activation
    → convolutional capsules: windows of 3x3 places, 8 kinds → 2x2 → class capsules: 10, coordinates added to the votes

A vote is a product of matrices, V_ij = P_i W_ij. The windows do not overlap (the paper's do), so that every capsule has the
parents of one window alone and the E-step normalises over all of them. Trained with the spread loss
Σ_{j≠t} max(0, m − (a_t − a_j))², m from 0.2 to 0.9, and the error of a decoder that sees the pose of the right class alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.vision.capsule.em import EMRouted, em_routed
from core.vision.capsule.model import DIGITS, SIDE

__all__ = ["NUMBERS", "Config", "MatrixNet", "Seen", "build", "spread_loss"]

ROWS = 4
NUMBERS = ROWS * ROWS
PLACES, WINDOW = 6, 3  # of the primary capsules' map, along a side; of a convolutional capsule
WINDOWS = PLACES // WINDOW
HIDDEN = 256  # of the decoder
SPREAD = 0.1  # of the kernels W about the identity


@dataclass(frozen=True)
class Config:
    """Filters of the first convolution (A; the second has twice as many), kinds of primary (B) and of convolutional capsules (C); the paper has 32 each."""

    filters: int = 32
    primary: int = 8
    kinds: int = 8
    iterations: int = 2


class Seen(NamedTuple):
    """The class capsules: activations [B, 10], poses [B, 10, 16], and the routing into them."""

    activations: Tensor
    poses: Tensor
    routing: EMRouted


class MatrixNet(nn.Module):
    """Pictures [B, 1, 28, 28] in [0, 1], ink 1 → class capsules; and poses → pictures."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        a, b, c = config.filters, config.primary, config.kinds
        self.body = nn.Sequential(nn.Conv2d(1, a, 5, 2), nn.ReLU(), nn.Conv2d(a, 2 * a, 3, 2, 1), nn.ReLU())
        self.pose, self.active = nn.Conv2d(2 * a, b * NUMBERS, 1), nn.Conv2d(2 * a, b, 1)
        self.inner = nn.Parameter(_about_one(b * WINDOW**2, c))
        self.outer = nn.Parameter(_about_one(c, DIGITS))
        self.beta_u = nn.ParameterList([nn.Parameter(torch.zeros(k)) for k in (c, DIGITS)])
        self.beta_a = nn.ParameterList([nn.Parameter(torch.zeros(k)) for k in (c, DIGITS)])
        self.decoder = nn.Sequential(
            nn.Linear(DIGITS + NUMBERS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, SIDE**2)
        )  # fmt: skip

    def forward(self, x: Tensor, iterations: int | None = None) -> Seen:
        rounds = self.config.iterations if iterations is None else iterations
        h = self.body(x).float()
        poses = self.pose(h).unflatten(1, (-1, NUMBERS)).float()  # [B, b, 16, 6, 6]
        active = self.active(h).float().sigmoid()  # [B, b, 6, 6]
        p = _windows(poses.movedim(2, -1)).unflatten(-1, (ROWS, ROWS))  # [B, 4, 9b, 4, 4]
        a = _windows(active[..., None])[..., 0]
        votes = torch.einsum("bwnij,nkjl->bwnkil", p, self.inner).flatten(-2)
        inner = em_routed(votes, a, self.beta_u[0], self.beta_a[0], rounds)
        p = inner.clusters.mean.unflatten(-1, (ROWS, ROWS))  # [B, 4, c, 4, 4]
        votes = torch.einsum("bwnij,nkjl->bwnkil", p, self.outer).flatten(-2)
        votes = (votes + _coordinates().to(votes)[:, None, None]).flatten(1, 2)  # [B, 4c, 10, 16]
        outer = em_routed(votes, inner.activations.flatten(1), self.beta_u[1], self.beta_a[1], rounds)
        return Seen(outer.activations, outer.clusters.mean, outer)

    def logits(self, poses: Tensor, digits: Tensor) -> Tensor:
        """Poses [B, 16] of capsules of the classes ``digits`` [B] → the logits of the pixels [B, 1, 28, 28]."""
        which = F.one_hot(digits, DIGITS).to(poses.dtype)
        return self.decoder(torch.cat([which, poses], 1)).unflatten(1, (1, SIDE, SIDE)).float()

    def decode(self, poses: Tensor, digits: Tensor) -> Tensor:
        """The same as pictures in [0, 1]."""
        return self.logits(poses, digits).sigmoid()


def build(filters: int, primary: int, kinds: int, iterations: int) -> MatrixNet:
    """An untrained net (what a weights card names)."""
    return MatrixNet(Config(filters, primary, kinds, iterations))


def spread_loss(a: Tensor, labels: Tensor, margin: float) -> Tensor:
    """Σ_{j≠t} max(0, m − (a_t − a_j))², the mean over B; ``a`` [B, 10], ``labels`` [B] from 0."""
    right = a.gather(1, labels[:, None])
    others = 1 - F.one_hot(labels, a.shape[1]).to(a.dtype)
    return (others * (margin - (right - a)).relu().square()).sum(1).mean()


def _windows(x: Tensor) -> Tensor:
    """[B, b, 6, 6, s] → [B, 4, 9b, s]: the capsules of each window of 3x3 places."""
    x = x.unflatten(3, (WINDOWS, WINDOW)).unflatten(2, (WINDOWS, WINDOW))  # [B, b, 2, 3, 2, 3, s]
    return x.permute(0, 2, 4, 1, 3, 5, 6).flatten(1, 2).flatten(2, 4)


def _coordinates() -> Tensor:
    """What is added to the votes of each window [4, 16]: the row and the column of its centre, as a share of the picture, in the last column of the pose."""
    centres = (torch.arange(WINDOWS) + 0.5) / WINDOWS
    found = torch.zeros(WINDOWS, WINDOWS, ROWS, ROWS)
    found[..., 0, -1], found[..., 1, -1] = centres[:, None], centres[None]
    return found.flatten(2).flatten(0, 1)


def _about_one(n: int, k: int) -> Tensor:
    """Kernels [n, k, 4, 4] near the identity."""
    return torch.eye(ROWS) + SPREAD * torch.randn(n, k, ROWS, ROWS)
