"""The joint divergence of post 5343 where every part of it is exact: one number x, one number z, everything Gaussian.

    inference side    p(x, z) = p̃(x) p(z|x),   p̃(x) = N(0, 1),   p(z|x) = N(a x, τ²)
    generative side   q(x, z) = q(z) q(x|z),   q(z) = N(0, 1),   q(x|z) = N(w z, σ²)

    KL(p(x, z) ‖ q(x, z)) = E[−ln q(x|z)] + E KL(p(z|x) ‖ q(z)) − H(p̃)                the loss, up to the data's entropy
                          = KL(p̃(x) ‖ q(x)) + E KL(p(z|x) ‖ q(z|x))                   data against model, posterior
                          = KL(p(z) ‖ q(z)) + E KL(p(x|z) ‖ q(x|z))                   codes against prior, decoder

p is the inference side and q the generative side, as the author writes; most papers have the letters the other way round.
The loss falls by half-steps: with q fixed the best p(z|x) is q(z|x), with p fixed the best q(x|z) is p(x|z). That is EM.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

__all__ = [
    "DATA_ENTROPY", "Joint", "Model", "Parts", "best_decoder", "best_encoder", "contour", "gaussian_kl", "half_steps", "joint", "parts",
]  # fmt: skip

DATA_ENTROPY = 0.5 * math.log(2 * math.pi * math.e)  # of N(0, 1), nats
TURN = np.linspace(0, 2 * np.pi, 121)  # the angles of a contour
NOISES = np.geomspace(0.02, 4.0, 121)  # σ² at which the curves are computed


@dataclass(frozen=True)
class Model:
    """Both sides: encoder N(``a`` x, ``tau2``), decoder N(``w`` z, ``sigma2``); variances are above 0."""

    a: float
    tau2: float
    w: float
    sigma2: float

    @property
    def p(self) -> np.ndarray:
        """Covariance of (x, z) by the inference side [2, 2]; means are 0."""
        return np.array([[1.0, self.a], [self.a, self.a**2 + self.tau2]])

    @property
    def q(self) -> np.ndarray:
        """Covariance of (x, z) by the generative side [2, 2]; means are 0."""
        return np.array([[self.w**2 + self.sigma2, self.w], [self.w, 1.0]])


def contour(covariance: np.ndarray, deviations: float) -> np.ndarray:
    """The closed curve xᵀΣ⁻¹x = deviations² of N(0, Σ) with ``covariance`` Σ [2, 2], as [2, points]."""
    return deviations * np.linalg.cholesky(covariance) @ np.stack([np.cos(TURN), np.sin(TURN)])


class Parts(NamedTuple):
    """Every part of the joint divergence, nats; each of the three splits adds up to ``total``, the first after − H(p̃).

    ``mutual`` is the information I(x; z) on the inference side: ``rate`` = ``mutual`` + ``codes``.
    """

    total: float
    reconstruction: float
    rate: float
    data: float
    posterior: float
    codes: float
    decoder: float
    mutual: float

    @property
    def loss(self) -> float:
        """E[−ln q(x|z)] + E KL(p(z|x) ‖ q(z)): what a VAE minimises."""
        return self.reconstruction + self.rate

    @property
    def negative_log_likelihood(self) -> float:
        """E[−ln q(x)], which the loss bounds from above; the gap is ``posterior``."""
        return self.data + DATA_ENTROPY


class Joint(NamedTuple):
    """A path of half-steps from the models given: ``models`` and ``parts``; the last of them are looked at.

    ``noises`` [N] are values of σ²; ``losses`` [N] the loss there with all else as it is in the last model,
    ``likelihoods`` [N] the E[−ln q(x)] that it bounds.
    """

    models: tuple[Model, ...]
    parts: tuple[Parts, ...]
    noises: np.ndarray
    losses: np.ndarray
    likelihoods: np.ndarray


def gaussian_kl(p: np.ndarray, q: np.ndarray) -> float:
    """KL(N(0, p) ‖ N(0, q)) = ½ (tr q⁻¹p − n + ln det q − ln det p), nats; covariances [n, n]."""
    sign_p, log_p = np.linalg.slogdet(p)
    sign_q, log_q = np.linalg.slogdet(q)
    if sign_p <= 0 or sign_q <= 0:
        raise ValueError("covariances must be positive definite")
    return float(0.5 * (np.trace(np.linalg.solve(q, p)) - len(p) + log_q - log_p))


def parts(m: Model) -> Parts:
    """All parts, each by its own formula: no part is what another leaves of the total."""
    z2 = m.a**2 + m.tau2  # E z² by the inference side
    x2 = m.w**2 + m.sigma2  # E x² by the generative side
    error = (1 - m.w * m.a) ** 2 + m.w**2 * m.tau2  # E (x − w z)²
    back = best_encoder(m)  # q(z|x)
    forth = best_decoder(m)  # p(x|z)
    return Parts(
        total=gaussian_kl(m.p, m.q),
        reconstruction=0.5 * (math.log(2 * math.pi * m.sigma2) + error / m.sigma2),
        rate=0.5 * (z2 - 1 - math.log(m.tau2)),
        data=0.5 * (1 / x2 - 1 + math.log(x2)),
        posterior=_conditional(m.tau2, back.tau2, (m.a - back.a) ** 2),
        codes=0.5 * (z2 - 1 - math.log(z2)),
        decoder=_conditional(forth.sigma2, m.sigma2, (forth.w - m.w) ** 2 * z2),
        mutual=0.5 * math.log(z2 / m.tau2),
    )


def _conditional(variance: float, other: float, square: float) -> float:
    """E KL of two normal distributions of such variances whose means differ by ``square`` in the mean square."""
    return 0.5 * ((variance + square) / other - 1 + math.log(other / variance))


def best_encoder(m: Model) -> Model:
    """The same model with p(z|x) = q(z|x): a = w / (w² + σ²), τ² = σ² / (w² + σ²)."""
    x2 = m.w**2 + m.sigma2
    return replace(m, a=m.w / x2, tau2=m.sigma2 / x2)


def best_decoder(m: Model) -> Model:
    """The same model with q(x|z) = p(x|z): w = E xz / E z², σ² = 1 − (E xz)² / E z²."""
    z2 = m.a**2 + m.tau2
    return replace(m, w=m.a / z2, sigma2=m.tau2 / z2)


def half_steps(m: Model, count: int) -> tuple[Model, ...]:
    """``count`` half-steps, the encoder first: [count + 1] models beginning with ``m``."""
    found = [m]
    for k in range(count):
        found.append((best_decoder if k % 2 else best_encoder)(found[-1]))
    return tuple(found)


def joint(m: Model, count: int) -> Joint:
    """What the page looks at: ``count`` half-steps from ``m``, and the loss along σ² at their end."""
    models = half_steps(m, count)
    along = [parts(replace(models[-1], sigma2=float(noise))) for noise in NOISES]
    losses, likelihoods = (
        np.array(values) for values in zip(*((y.loss, y.negative_log_likelihood) for y in along), strict=True)
    )
    return Joint(models, tuple(parts(one) for one in models), NOISES, losses, likelihoods)
