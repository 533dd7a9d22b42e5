"""EM routing (post 5155; Hinton, Sabour & Frosst 2018): the capsules above are the components of a Gaussian mixture of votes.

Capsule i below has an activation a_i and votes V_ij for every capsule j above, h numbers each. From R_ij = 1/k, several times:

    M:  r_ij = a_i R_ij / Σ_i a_i R_ij,     μ_j = Σ_i r_ij V_ij,     σ_j² = Σ_i r_ij (V_ij − μ_j)²
        cost_j = Σ_h (β_u + log σ_jh) · Σ_i a_i R_ij,     a_j = sigmoid(λ (β_a − cost_j))
    E:  p_ij = N(V_ij; μ_j, σ_j²),           R_ij = a_j p_ij / Σ_j a_j p_ij

With a_j in the E-step replaced by the weight π_j = Σ_i a_i R_ij / Σ_ij a_i R_ij this is EM for a mixture of diagonal Gaussians.
The cost is an entropy: by the M-step's own variance, −Σ_i r_ij log p_ij = h/2 (1 + log 2π) + Σ_h log σ_jh = S_j, so that
cost_j = (S_j + const) Σ_i a_i R_ij. Everything is computed from logarithms. Shapes: [..., n, k, h] votes, [..., n] activations.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

__all__ = [
    "FLOOR",
    "Clusters",
    "EMRouted",
    "em_routed",
    "entropy",
    "expect",
    "log_density",
    "maximise",
    "standardised",
    "temperature",
]

FLOOR = 1e-4  # the least σ²: with a single child it would be 0
STEEPEST, RAMP = 20.0, 0.95  # λ of round t is 20 (1 − 0.95^(t+1)): it grows from round to round, as the paper's
LEAST = 1e-12  # under a root, so that the gradient at zero is finite
LOG_2PI = math.log(2 * math.pi)


class Clusters(NamedTuple):
    """What the M-step finds: ``mean`` μ and ``variance`` σ² [..., k, h], ``mass`` Σ_i a_i R_ij [..., k]."""

    mean: Tensor
    variance: Tensor
    mass: Tensor


class EMRouted(NamedTuple):
    """The capsules above: clusters, activations a_j [..., k], and the responsibilities R [..., n, k] they were made of."""

    clusters: Clusters
    activations: Tensor
    responsibilities: Tensor


def maximise(votes: Tensor, weight: Tensor, floor: float = FLOOR) -> Clusters:
    """The M-step: means and variances of ``votes`` [..., n, k, h] under ``weight`` a_i R_ij [..., n, k]."""
    mass = weight.sum(-2)
    r = weight / mass.unsqueeze(-2).clamp(min=torch.finfo(weight.dtype).tiny)
    mean = torch.einsum("...nk,...nkh->...kh", r, votes)
    variance = torch.einsum("...nk,...nkh->...kh", r, (votes - mean.unsqueeze(-3)).square())
    return Clusters(mean, variance.clamp(min=floor), mass)


def log_density(votes: Tensor, clusters: Clusters) -> Tensor:
    """log N(V_ij; μ_j, σ_j²) [..., n, k]."""
    mean, variance = clusters.mean.unsqueeze(-3), clusters.variance.unsqueeze(-3)
    return -0.5 * ((votes - mean).square() / variance + variance.log() + LOG_2PI).sum(-1)


def expect(votes: Tensor, clusters: Clusters, log_prior: Tensor) -> Tensor:
    """The E-step: R_ij ∝ exp(log_prior_j) p_ij [..., n, k]; Σ_j R = 1."""
    return (log_density(votes, clusters) + log_prior.unsqueeze(-2)).softmax(-1)


def entropy(clusters: Clusters) -> Tensor:
    """S_j = h/2 (1 + log 2π) + Σ_h log σ_jh [..., k], in nats: the differential entropy of each cluster's Gaussian."""
    h = clusters.variance.shape[-1]
    return 0.5 * (h * (1 + LOG_2PI) + clusters.variance.log().sum(-1))


def standardised(cost: Tensor) -> Tensor:
    """``cost`` [..., k] less its mean over the k capsules, over its standard deviation."""
    centred = cost - cost.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + LEAST).sqrt()


def temperature(step: int) -> float:
    """λ in round ``step``, from 0."""
    return STEEPEST * (1 - RAMP ** (step + 1))


def em_routed(votes: Tensor, activations: Tensor, beta_u: Tensor, beta_a: Tensor, iterations: int = 3) -> EMRouted:
    """Route ``votes`` [..., n, k, h] of capsules with ``activations`` [..., n]; β_u, β_a: scalars or [k], k ≥ 2.

    The costs of the capsules above are standardised among themselves before the sigmoid: the bare ones grow with n and drive
    every sigmoid to its end, from where this small net did not learn.
    """
    if iterations < 1:
        raise ValueError(f"iterations = {iterations}: must be at least 1")
    k, h = votes.shape[-2:]
    responsibilities = votes.new_full(votes.shape[:-1], 1 / k)
    for step in range(iterations):
        clusters = maximise(votes, activations.unsqueeze(-1) * responsibilities)
        cost = (h * beta_u + 0.5 * clusters.variance.log().sum(-1)) * clusters.mass
        logit = temperature(step) * (beta_a - standardised(cost))
        if step < iterations - 1:
            responsibilities = expect(votes, clusters, torch.nn.functional.logsigmoid(logit))
    return EMRouted(clusters, logit.sigmoid(), responsibilities)
