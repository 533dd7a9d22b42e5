"""The objective of the VAE that clusters (post 5887): one KL of joint distributions of picture, code and cluster.

    KL( p̃(x) p(z|x) p(y|z)  ‖  q(y) q(z|y) q(x|z) )
      = E[ λ/2 ‖x − G(z)‖²  −  ½ Σ_i ln σ_i²(x)  +  Σ_y p(y|z) ½ ‖z − μ_y‖²  +  Σ_y p(y|z) ln p(y|z) ]  +  constants

with z = μ(x) + σ(x) ε. Every norm is a sum, over pixels too, and λ is the inverse variance of a pixel. The last term is
minus the entropy of p(y|z) and is minimised: each picture alone is kept from deciding too soon.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["LAMBDA", "Terms", "clustering_terms", "free_energy", "squared_distances"]

LAMBDA = 2.5  # the author's


class Terms(NamedTuple):
    """The loss in nats a picture, by its parts; means over the batch.

    picture : λ/2 ‖x − G(z)‖². spread : −½ Σ ln σ². centre : Σ_y p(y|z) ½ ‖z − μ_y‖². labels : Σ_y p(y|z) ln p(y|z).
    """

    picture: Tensor
    spread: Tensor
    centre: Tensor
    labels: Tensor

    @property
    def loss(self) -> Tensor:
        """What is minimised."""
        return self.picture + self.spread + self.centre + self.labels


def squared_distances(z: Tensor, centres: Tensor) -> Tensor:
    """‖z − μ_y‖²: codes [B, n], centres [K, n] → [B, K]."""
    return (z[:, None] - centres).square().sum(2)


def clustering_terms(
    x: Tensor, again: Tensor, log_variance: Tensor, z: Tensor, log_shares: Tensor, centres: Tensor, lam: float = LAMBDA
) -> Terms:
    """The loss with one z = μ + σ ε a picture, from pictures ``x`` and ``again`` = G(z) [B, …], ln p(y|z) [B, K], centres [K, n]."""
    shares = log_shares.exp()
    picture = lam / 2 * (x - again).square().flatten(1).sum(1)
    spread = -0.5 * log_variance.sum(1)
    centre = 0.5 * (shares * squared_distances(z, centres)).sum(1)
    labels = (shares * log_shares).sum(1)
    return Terms(picture.mean(), spread.mean(), centre.mean(), labels.mean())


def free_energy(z: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    """The least of the last two terms over all p(y|z), −ln Σ_y exp(−½ ‖z − μ_y‖²) [B], and the ln p(y|z) [B, K] that has it.

    It is Bayes' rule for the mixture of q(z|y): what the classifier falls short of it is KL(p(y|z) ‖ q(y|z)).
    """
    scores = -0.5 * squared_distances(z, centres)
    return -torch.logsumexp(scores, 1), torch.log_softmax(scores, 1)
