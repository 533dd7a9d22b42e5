"""The cost of EM routing is an entropy (post 5155): one capsule above, its votes, and what makes it active.

A capsule's votes have the standard deviation σ; Σ_i a_i R_ij of them are its own. With h numbers a vote

    S = h/2 (1 + log 2π) + Σ_h log σ_h = −Σ_i r_i log N(V_i; μ, σ²),
    cost = Σ_h (β_u + log σ_h) · Σ_i a_i R_ij  (the paper),     or with Σ_i r_i = 1 in place of the sum  (the post's reading),
    a = sigmoid(λ (β_a − cost)).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from core.vision.capsule import em
from core.vision.capsule.plane import ellipse

__all__ = ["SPREADS", "Costs", "costs"]

SPREADS = np.geomspace(0.05, 3.0, 61)  # σ of the curves
NUMBERS = 2  # h: votes in the plane


@dataclass(frozen=True)
class Costs:
    """Votes [n, 2], the standard deviations found [2]; ``entropy`` S by formula and ``measured`` as −Σ r log p, in nats; the
    activation with the ``mass`` in the cost, and with 1 in its place; and over SPREADS the entropies and both activations."""

    votes: np.ndarray
    mean: np.ndarray
    deviations: np.ndarray
    entropy: float
    measured: float
    mass: float
    cost: float
    active: float
    active_alone: float
    curve: np.ndarray
    active_curve: np.ndarray
    alone_curve: np.ndarray

    @property
    def ellipses(self) -> tuple[np.ndarray, np.ndarray]:
        """The Gaussian's curves at one and two standard deviations."""
        one, two = (ellipse(self.mean, self.deviations, radius) for radius in (1.0, 2.0))
        return one, two

    @property
    def spread(self) -> float:
        """The geometric mean of the two deviations: S depends on it alone."""
        return float(np.sqrt(self.deviations.prod()))


def costs(spread: float, n: int, share: float, beta_u: float, beta_a: float, steepness: float, seed: int) -> Costs:
    """``n`` votes of deviation ``spread``, each the capsule's own by ``share`` = a_i R_ij; β_u, β_a and λ = ``steepness``."""
    rng = np.random.default_rng(seed)
    votes = torch.from_numpy(spread * rng.standard_normal((n, 1, NUMBERS)))
    weight = torch.full((n, 1), share, dtype=torch.float64)
    clusters = em.maximise(votes, weight, floor=0.0)
    mass = float(clusters.mass[0])
    measured = -float((weight / clusters.mass * em.log_density(votes, clusters)).sum())

    def active(log_deviations: np.ndarray | float, held: float) -> np.ndarray:
        """a, where the logarithms of the deviations add up to ``log_deviations`` and ``held`` stands for the mass."""
        logit = steepness * (beta_a - (NUMBERS * beta_u + np.asarray(log_deviations)) * held)
        return 0.5 * (1 + np.tanh(logit / 2))

    log_deviations = 0.5 * float(clusters.variance.log().sum())
    constant = 0.5 * NUMBERS * (1 + em.LOG_2PI)
    logs = NUMBERS * np.log(SPREADS)
    return Costs(
        votes[:, 0].numpy(), clusters.mean[0].numpy(), clusters.variance[0].sqrt().numpy(), float(em.entropy(clusters)[0]),
        measured, mass, (NUMBERS * beta_u + log_deviations) * mass, float(active(log_deviations, mass)),
        float(active(log_deviations, 1.0)), constant + logs, active(logs, mass), active(logs, 1.0),
    )  # fmt: skip
