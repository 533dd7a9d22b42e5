"""Bounds on ln q(x) from samples: the evidence lower bound, and the importance bounds that are never below it.

    L_K = E ln (1/K) Σ_k w_k,   w_k = q(x|z_k) q(z_k) / p(z_k|x),   z_k ~ p(z|x)        (Burda, Grosse and Salakhutdinov 2015)

L_1 is the bound that a VAE maximises, L_K grows with K and tends to ln q(x). Estimated here on the same samples for all K
by disjoint blocks: a mean of logarithms is at most the logarithm of the mean, so where every K divides the next the
estimates cannot fall, whatever the samples.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["KS", "block_bounds", "importance_bounds", "log_normal", "log_weights"]

KS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)  # each divides the next


def log_normal(z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """ln N(z; μ, σ²), summed over the last axis: [..., n] → [...], nats."""
    square = (z - mean).square() / log_variance.exp()
    return -0.5 * (math.log(2 * math.pi) + log_variance + square).sum(-1)


def log_weights(log_likelihood: Tensor, z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """ln w = ln q(x|z) + ln q(z) − ln p(z|x): ``log_likelihood`` [...], codes ``z``, μ(x) and ln σ²(x) [..., n] → [...]."""
    zero = torch.zeros_like(z)
    return log_likelihood + log_normal(z, zero, zero) - log_normal(z, mean, log_variance)


def block_bounds(log_w: Tensor, k: int) -> Tensor:
    """ln (1/K) Σ w of each disjoint block of K samples: [..., N] → [..., N // K]. ValueError where K does not divide N."""
    count = log_w.shape[-1]
    if count % k:
        raise ValueError(f"k = {k}: must divide the {count} samples")
    return log_w.unflatten(-1, (count // k, k)).logsumexp(-1) - math.log(k)


def importance_bounds(log_w: Tensor, ks: tuple[int, ...] = KS) -> tuple[Tensor, Tensor]:
    """L_K for each of ``ks`` from [..., N] samples, with its standard error over blocks (NaN for one block): [..., len(ks)] each."""
    blocks = [block_bounds(log_w, k) for k in ks]
    means = torch.stack([block.mean(-1) for block in blocks], -1)
    errors = [
        b.std(-1) / b.shape[-1] ** 0.5 if b.shape[-1] > 1 else torch.full_like(b[..., 0], torch.nan) for b in blocks
    ]
    return means, torch.stack(errors, -1)
