"""The couplet machine: a variational autoencoder of gated convolutions over two lines of verse (post 5332).

    L = E_z[ −Σ_t log p(x_t | z) ] + ½ Σ_j (μ_j² + e^{v_j} − v_j − 1),   z = μ + e^{v/2} ε,

summed over the positions and the latent dimensions, KL weight 1. Encoder: embedding, two gated residual convolutions
(width 3, no bias: a ⊙ σ(b) + x), mean over positions, two linear maps to μ and v. Decoder: one linear map to a row of
features, one gated convolution, a softmax over the vocabulary at each position. All positions are drawn independently given
z: whatever holds the couplet together, z says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = [
    "Config", "GatedConvolution", "PoemVAE", "Terms", "bound", "build", "free_bits", "importance_bound", "kl",
    "kl_by_dimension", "kl_monte_carlo", "parameter_count",
]  # fmt: skip

EMBEDDING_RANGE = 0.05  # Keras' initial embeddings


@dataclass(frozen=True, slots=True)
class Config:
    """Sizes: ``vocabulary`` V, ``length`` of a couplet in characters (10 or 14), ``width`` d, ``latent`` dimensions.

    ``gated`` False takes ReLU convolutions instead of the gated ones (the comparison that facts and readers ask for).
    """

    vocabulary: int
    length: int = 10
    width: int = 64
    latent: int = 64
    gated: bool = True


def parameter_count(c: Config) -> int:
    """Closed form: embedding and output 2Vd + V, three convolutions 6d² each (3d² ungated), μ and v, the decoder's entry."""
    d, m = c.width, c.latent
    convolution = 3 * d * d * (2 if c.gated else 1)
    return 2 * c.vocabulary * d + c.vocabulary + 3 * convolution + 2 * (d * m + m) + (m + 1) * c.length * d


class GatedConvolution(nn.Module):
    """x + a ⊙ σ(b) with (a, b) from one convolution of width 3 without bias; x + ReLU(a) when not ``gated``. [B, d, n]."""

    def __init__(self, width: int, gated: bool) -> None:
        super().__init__()
        self.gated = gated
        self.convolution = nn.Conv1d(width, 2 * width if gated else width, 3, padding=1, bias=False)
        nn.init.xavier_uniform_(self.convolution.weight)

    def forward(self, x: Tensor) -> Tensor:
        y = self.convolution(x)
        return x + (F.glu(y, 1) if self.gated else F.relu(y))


class PoemVAE(nn.Module):
    """Couplets [B, length] of tokens ↔ codes [B, latent]."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        d = config.width
        self.embedding = nn.Embedding(config.vocabulary, d)
        self.reader = nn.Sequential(GatedConvolution(d, config.gated), GatedConvolution(d, config.gated))
        self.mean, self.log_variance = nn.Linear(d, config.latent), nn.Linear(d, config.latent)
        self.entry = nn.Linear(config.latent, config.length * d)
        self.writer = GatedConvolution(d, config.gated)
        self.output = nn.Linear(d, config.vocabulary)
        nn.init.uniform_(self.embedding.weight, -EMBEDDING_RANGE, EMBEDDING_RANGE)
        for layer in (self.mean, self.log_variance, self.entry, self.output):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def posterior(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """(μ, v) of q(z|x), v the log-variance: [B, latent] each, for ``tokens`` [B, length]."""
        h = self.reader(self.embedding(tokens).transpose(1, 2)).mean(2)
        return self.mean(h), self.log_variance(h)

    def features(self, z: Tensor) -> Tensor:
        """What the softmax is made of: [B, length, d] for codes [B, latent]."""
        h = self.entry(z).unflatten(1, (self.config.length, -1))
        return self.writer(h.transpose(1, 2)).transpose(1, 2)

    def logits(self, z: Tensor) -> Tensor:
        """Logits [B, length, V] of p(x_t | z)."""
        return self.output(self.features(z))


@dataclass(frozen=True, slots=True)
class Terms:
    """The two terms of the bound in nats, [B] each: ``reconstruction`` −Σ log p(x_t|z) and ``kl``."""

    reconstruction: Tensor
    kl: Tensor

    @property
    def total(self) -> Tensor:
        """−ELBO, an upper bound of −log p(x)."""
        return self.reconstruction + self.kl


def kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL( N(μ, e^v) ‖ N(0, I) ) in nats, [B]: the closed form."""
    return kl_by_dimension(mean, log_variance).sum(1)


def kl_by_dimension(mean: Tensor, log_variance: Tensor) -> Tensor:
    """The same for each latent dimension, [B, latent]: their sum is the whole, since both normals are diagonal."""
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1)


def free_bits(divergences: Tensor, free: float) -> Tensor:
    """Σ_j max(free, mean over the batch of KL_j): what a dimension may say for nothing (Kingma et al. 2016, eq. 15).

    ``divergences`` [B, latent] in nats, ``free`` nats a dimension; 0 gives the plain KL term. A scalar.
    """
    return divergences.mean(0).clamp_min(free).sum()


def kl_monte_carlo(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """The same from samples: log q(z|x) − log p(z) at z = μ + e^{v/2} ε, ``noise`` [n, B, m] → [n, B]."""
    z = mean + (0.5 * log_variance).exp() * noise
    return 0.5 * (z.square() - noise.square() - log_variance).sum(-1)


def bound(model: PoemVAE, tokens: Tensor, noise: Tensor) -> Terms:
    """Both terms for ``tokens`` [B, length] with ε = ``noise`` [B, latent]."""
    mean, log_variance = model.posterior(tokens)
    logits = model.logits(mean + (0.5 * log_variance).exp() * noise)
    loss = F.cross_entropy(logits.flatten(0, 1), tokens.flatten(), reduction="none")
    return Terms(loss.view(tokens.shape).sum(1), kl(mean, log_variance))


@torch.no_grad()
def importance_bound(model: PoemVAE, tokens: Tensor, noise: Tensor) -> Tensor:
    """log (1/K) Σ_k p(x|z_k) p(z_k) / q(z_k|x), [B]: a lower bound of log p(x), tighter the larger K (Burda et al. 2015).

    ``noise`` [K, B, latent]; K = 1 is the ELBO's sample.
    """
    mean, log_variance = model.posterior(tokens)
    weights = []
    for e in noise:
        logp = model.logits(mean + (0.5 * log_variance).exp() * e).log_softmax(-1)
        there = logp.gather(2, tokens[..., None])[..., 0].sum(1)
        weights.append(there - kl_monte_carlo(mean, log_variance, e[None])[0])
    return torch.stack(weights).logsumexp(0) - math.log(len(noise))


def build(**config: Any) -> PoemVAE:
    """The module that a card names."""
    return PoemVAE(Config(**config))
