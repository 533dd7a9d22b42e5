"""One sample a step is enough (post 5343): how far the gradient scatters by the noise ε, and how far from batch to batch.

    g(x, ε) = ∇ {E over a batch and K samples of [−ln q(x | μ + σ ε)] + KL(p(z|x) ‖ q(z))}
    E ‖g − E g‖² = E ‖E[g | x] − E g‖²  +  E ‖g − E[g | x]‖²
                   from batch to batch     by ε: falls as 1/K

All parameters together are one vector. The two means of squares are estimated without bias from several batches, each with
several draws of ε.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from core.vae.digits import DigitVAE
from core.vae.objective import drawn, kl

__all__ = ["Scatter", "gradient", "gradients", "scatter"]


class Scatter(NamedTuple):
    """Square roots of both means of squares, in units of the loss a parameter: by ``noise`` and between ``batches``."""

    noise: float
    batches: float

    @property
    def ratio(self) -> float:
        """Scatter by ε over scatter from batch to batch; infinite where batches do not differ."""
        return self.noise / self.batches if self.batches else math.inf

    @property
    def worth(self) -> float:
        """1 / (1 + ratio²): a batch of B pictures scatters as much as one of that share of B with infinitely many samples."""
        return 1 / (1 + self.ratio**2)


def gradient(model: DigitVAE, x: Tensor, noise: Tensor) -> Tensor:
    """∇ of the loss, all parameters in one vector [P]: pictures ``x`` [B, 1, 28, 28], ε ``noise`` [K, B, n]."""
    mean, log_variance = model.posterior(x)
    logits = model.logits(drawn(mean, log_variance, noise).flatten(0, 1))
    pictures = x.expand(len(noise), *x.shape).flatten(0, 1)
    loss = model.picture(pictures, logits).mean() + kl(mean, log_variance).mean()
    found = torch.autograd.grad(loss, list(model.parameters()))
    return torch.cat([part.flatten() for part in found])


def gradients(model: DigitVAE, batches: Sequence[Tensor], k: int, draws: int, rng: torch.Generator) -> Tensor:
    """The gradient of each batch, ``draws`` times with ``k`` new samples of ε a picture each: [batches, draws, P]."""
    n = model.config.z_dim
    return torch.stack([
        torch.stack([gradient(model, x, torch.randn(k, len(x), n, generator=rng).to(x.device)) for _ in range(draws)])
        for x in batches
    ])  # fmt: skip


def scatter(found: Tensor) -> Scatter:
    """Both scatters of gradients [batches, draws, P], draws ≥ 2 and batches ≥ 2.

    The means over draws still hold a share 1 / draws of ε's, which is taken off; where that leaves nothing, 0.
    """
    draws = found.shape[1]
    noise = found.var(1).sum(-1).mean()
    between = found.mean(1).var(0).sum() - noise / draws
    return Scatter(float(noise.sqrt()), float(between.clamp_min(0).sqrt()))
