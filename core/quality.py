"""How good a generator of images is, without Inception's weights: nothing here is an FID.

Reconstruction ratio: mse of held-out pictures and their reconstructions, divided by the mse of random pairs of held-out
pictures (1 = knows nothing of the picture). Pair diversity: mse of random pairs of samples, divided by that of real pairs
(0 = collapsed). Both are means over pixels of pictures in [-1, 1]. On features of the classifier in
``core.vision.features``: the Fréchet distance of two normal distributions, and the accuracy of a nearest neighbour that tells real
pictures from samples (0.5 = cannot, 1 = always).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

__all__ = [
    "Fidelity",
    "fidelity",
    "frechet",
    "mean_square",
    "nearest_neighbour_accuracy",
    "pair_distance",
    "pair_diversity",
    "reconstruction_ratio",
    "sharpness",
]


def mean_square(a: Tensor, b: Tensor) -> Tensor:
    """Mean over pixels of (a - b)², per picture: [N, ...] → [N]."""
    return (a - b).square().flatten(1).mean(1)


def pair_distance(x: Tensor) -> float:
    """Mean mse over all pairs of different pictures in ``x`` [N, ...]: 2 N / (N - 1) times the mean variance of a pixel."""
    if len(x) < 2:
        raise ValueError(f"pictures = {len(x)}: at least 2 are needed")
    return float(2 * x.double().flatten(1).var(0, correction=1).mean())


def pair_diversity(samples: Tensor, real: Tensor) -> float:
    """Pair distance of samples over that of real pictures: 0 for a collapsed generator, about 1 for a good one."""
    return pair_distance(samples) / pair_distance(real)


def reconstruction_ratio(x: Tensor, reconstructed: Tensor) -> float:
    """mse of ``reconstructed`` over the pair distance of ``x``: 0 is perfect, 1 no better than another picture."""
    return float(mean_square(x, reconstructed).double().mean()) / pair_distance(x)


class Fidelity(NamedTuple):
    """How far samples are from real pictures in the features of a classifier."""

    frechet: float
    nearest_neighbour_accuracy: float


@torch.inference_mode()
def fidelity(features: nn.Module, real: Tensor, samples: Tensor) -> Fidelity:
    """Both measures on as many real pictures as samples [N, C, S, S] in [-1, 1]; they depend on N, so say it."""
    if len(real) != len(samples):
        raise ValueError(f"real = {len(real)}, samples = {len(samples)}: must be equally many")
    a, b = (torch.cat([features(part) for part in x.split(64)]).double() for x in (real, samples))
    return Fidelity(frechet(a, b), nearest_neighbour_accuracy(a, b))


def frechet(a: Tensor, b: Tensor) -> float:
    """|m_a - m_b|² + tr(C_a + C_b - 2 (C_a C_b)^½) of features [N, d] and [M, d] (Dowson and Landau 1982)."""
    mean, (c, d) = a.mean(0) - b.mean(0), (torch.cov(x.T) for x in (a, b))
    values, vectors = torch.linalg.eigh(c)
    root = vectors @ torch.diag(values.clamp_min(0).sqrt()) @ vectors.T
    cross = torch.linalg.eigvalsh(root @ d @ root).clamp_min(0).sqrt().sum()
    return float(mean.square().sum() + c.trace() + d.trace() - 2 * cross)


def nearest_neighbour_accuracy(a: Tensor, b: Tensor) -> float:
    """Leave-one-out accuracy of the nearest neighbour on a [N, d] against b [N, d] (Lopez-Paz and Oquab 2017)."""
    x = torch.cat([a, b])
    label = torch.arange(len(x)) >= len(a)
    distance = torch.cdist(x, x)
    distance.fill_diagonal_(torch.inf)
    return float((label[distance.argmin(1)] == label).double().mean())


def sharpness(x: Tensor) -> Tensor:
    """Variance over pixels of the Laplacian (the four neighbours less four times the middle), per picture [N, C, S, S] → [N].

    A blurred picture has less of it, a noisy one more.
    """
    middle = x[..., 1:-1, 1:-1]
    around = x[..., :-2, 1:-1] + x[..., 2:, 1:-1] + x[..., 1:-1, :-2] + x[..., 1:-1, 2:]
    return (around - 4 * middle).flatten(1).var(1, correction=0)
