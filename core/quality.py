"""How good a generator of images is, without Inception's weights: nothing here is an FID.

Reconstruction ratio: mse of held-out pictures and their reconstructions, divided by the mse of random pairs of held-out
pictures (1 = knows nothing of the picture). Pair diversity: mse of random pairs of samples, divided by that of real pairs
(0 = collapsed). Both are means over pixels of pictures in [-1, 1].
"""

from __future__ import annotations

from torch import Tensor

__all__ = ["mean_square", "pair_distance", "pair_diversity", "reconstruction_ratio"]


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
