"""The terms of a variational autoencoder's objective (posts 5253 and 5343, arXiv 1312.6114), in nats.

    L = E_{z ~ p(z|x)} [−log q(x|z)] + KL(p(z|x) ‖ q(z)),   p(z|x) = N(μ(x), diag σ²(x)),   q(z) = N(0, I)

in the author's letters: p is the side of the encoder, q that of the decoder. Each term is a sum over the entries of a code or the
pixels of a picture, one number for each member of the batch; a mean over pixels would be another objective, in which the
divergence counts 784 times as much.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["bernoulli", "drawn", "gaussian", "kl", "kl_terms"]


def kl_terms(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(μ, σ²) ‖ N(0, 1)) = ½ (μ² + σ² − 1 − log σ²) of every entry, [B, n] each → [B, n]."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)


def kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(μ, diag σ²) ‖ N(0, I)), the sum over a code's entries: [B, n] each → [B].

    Against N(m, I), as the conditional VAE has it, give μ − m.
    """
    return kl_terms(mean, log_variance).sum(1)


def drawn(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """z = μ + σ ε: the reparametrisation, [B, n] each."""
    return torch.addcmul(mean, (0.5 * log_variance).exp(), noise)


def bernoulli(x: Tensor, logits: Tensor) -> Tensor:
    """Cross-entropy −Σ x log ρ + (1 − x) log(1 − ρ) of pixels ``x`` in [0, 1] with ρ = sigmoid(``logits``), [B, ...] each → [B].

    It is −log q(x|z) of black and white pixels; of grey ones it is at least their own entropy.
    """
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)


def gaussian(x: Tensor, mean: Tensor, variance: float | Tensor) -> Tensor:
    """−log N(x; mean, ``variance``·I) = ‖x − mean‖² / (2 σ²) + D/2 log(2π σ²) with D numbers a picture, [B, ...] each → [B]."""
    scale = torch.as_tensor(variance, dtype=mean.dtype, device=mean.device)
    squares = (x - mean).square().flatten(1)
    return squares.sum(1) / (2 * scale) + 0.5 * squares.shape[1] * (math.log(2 * math.pi) + scale.log())
