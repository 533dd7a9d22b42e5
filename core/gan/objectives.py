"""The objectives of the GANs, in the plane and on pictures: what critic and generator minimise, with the derivatives with respect to the scores.

Convention: T is high on real points, in all of them (an energy is U = -T). Losses are means over a batch of scores
t_r = T(x_r), t_f = T(x_f) [B]; real and generated points are paired by their place in the batch.

    SGAN        critic  E softplus(-t_r) + E softplus(t_f)        generator  E softplus(-t_f), or -E softplus(t_f) (saturating)
    LSGAN       ½ E (t_r - 1)² + ½ E t_f²                         ½ E (t_f - 1)²
    hinge       E relu(1 - t_r) + E relu(1 + t_f)                 -E t_f
    WGAN        E t_f - E t_r                                     -E t_f
    RSGAN       E softplus(t_f - t_r)          (post 6110)        E softplus(t_r - t_f)
    RaSGAN      E softplus(mean t_f - t_r) + E softplus(t_f - mean t_r), the generator with r and f exchanged
    GAN-QP      E [Δ²/(2 λ d) - Δ], Δ = t_r - t_f  (post 6163)    E Δ: the quadratic term is the critic's alone
    energy      E t_f - E t_r, with a zero-centred penalty on real points (post 6316); the generator -E t_f - entropy

Sources: arXiv 1406.2661, 1611.04076, 1705.02894, 1701.07875, 1704.00028, 1802.05957, 1807.00734, 1811.07296, 1901.08508.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import softplus

__all__ = ["OBJECTIVES", "Objective", "Penalty", "Scored", "gradient_penalty", "objective", "paired_distance"]

Penalty = Literal["none", "two-sided", "one-sided", "linear", "zero-real"]
Norm = Literal["l1", "l2"]
LAMBDA_QP = 10.0  # the author's λ
LEAST_DISTANCE = 1e-6  # a generated point that lies on its real one would divide by zero


class Scored(NamedTuple):
    """A loss and its derivatives with respect to the scores of real and generated points, [B] each."""

    loss: Tensor
    real: Tensor
    fake: Tensor


@dataclass(frozen=True)
class Objective:
    """``critic(t_r, t_f, d)`` and ``generator(t_r, t_f)`` give losses with derivatives.

    ``divergence(loss)`` is what the critic's loss proves of the distance between the two distributions: 0 for a critic
    that tells nothing. ``penalty`` is the one that the method is defined with, ``clip`` the bound on each weight,
    ``spectral`` says that the weights are normalised, ``entropy`` that an encoder keeps the generator diverse,
    ``uses_real`` that the generator's gradient depends on the scores of real points, ``norm`` how d(x_r, x_f) is measured.
    """

    name: str
    critic: Callable[[Tensor, Tensor, Tensor], Scored]
    generator: Callable[[Tensor, Tensor], Scored]
    divergence: Callable[[float], float]
    penalty: Penalty = "none"
    clip: float = 0.0
    spectral: bool = False
    entropy: bool = False
    uses_real: bool = False
    norm: Norm = "l1"


def paired_distance(real: Tensor, fake: Tensor, norm: Norm = "l1") -> Tensor:
    """d(x_r, x_f) [B] of GAN-QP for points or pictures [B, ...]: the mean absolute difference, or the root mean square one."""
    gap = (real - fake).flatten(1)
    d = gap.abs().mean(1) if norm == "l1" else gap.square().mean(1).sqrt()
    return d.clamp_min(LEAST_DISTANCE)


def gradient_penalty(norms: Tensor, kind: Penalty) -> tuple[Tensor, Tensor]:
    """The penalty's mean over slopes ‖∇T‖ [B], and its derivative with respect to each of them.

    "two-sided" is E (‖∇T‖ - 1)², "one-sided" E relu(‖∇T‖ - 1)², "linear" E relu(‖∇T‖ - 1) without the square, as in the
    script of post 4439, "zero-real" E ‖∇T‖². ValueError for another kind.
    """
    match kind:
        case "two-sided":
            over = norms - 1
        case "one-sided":
            over = (norms - 1).clamp_min(0)
        case "linear":
            return (norms - 1).clamp_min(0).mean(), (norms > 1).to(norms) / len(norms)
        case "zero-real":
            over = norms
        case _:
            raise ValueError(f"kind = {kind}: has no penalty")
    return over.square().mean(), 2 * over / len(norms)


def objective(name: str, lam: float = LAMBDA_QP) -> Objective:
    """The objective ``name``; ``lam`` is λ of GAN-QP. KeyError for an unknown name."""
    found = OBJECTIVES[name]
    return replace(found, critic=_qp(lam)) if name.startswith("gan-qp") else found


def _sgan(real: Tensor, fake: Tensor, _: Tensor) -> Scored:
    loss = softplus(-real).mean() + softplus(fake).mean()
    return Scored(loss, -torch.sigmoid(-real) / len(real), torch.sigmoid(fake) / len(fake))


def _sgan_generator(real: Tensor, fake: Tensor) -> Scored:
    return Scored(softplus(-fake).mean(), torch.zeros_like(real), -torch.sigmoid(-fake) / len(fake))


def _saturating_generator(real: Tensor, fake: Tensor) -> Scored:
    return Scored(-softplus(fake).mean(), torch.zeros_like(real), -torch.sigmoid(fake) / len(fake))


def _lsgan(real: Tensor, fake: Tensor, _: Tensor) -> Scored:
    loss = 0.5 * (real - 1).square().mean() + 0.5 * fake.square().mean()
    return Scored(loss, (real - 1) / len(real), fake / len(fake))


def _lsgan_generator(real: Tensor, fake: Tensor) -> Scored:
    return Scored(0.5 * (fake - 1).square().mean(), torch.zeros_like(real), (fake - 1) / len(fake))


def _hinge(real: Tensor, fake: Tensor, _: Tensor) -> Scored:
    loss = (1 - real).clamp_min(0).mean() + (1 + fake).clamp_min(0).mean()
    return Scored(loss, -(real < 1).to(real) / len(real), (fake > -1).to(fake) / len(fake))


def _wgan(real: Tensor, fake: Tensor, _: Tensor) -> Scored:
    each = torch.full_like(real, 1 / len(real))
    return Scored(fake.mean() - real.mean(), -each, each)


def _lifting_generator(real: Tensor, fake: Tensor) -> Scored:
    """Raise the score of what is generated: WGAN, hinge and energy."""
    return Scored(-fake.mean(), torch.zeros_like(real), torch.full_like(fake, -1 / len(fake)))


def _rsgan(real: Tensor, fake: Tensor, _: Tensor) -> Scored:
    slope = torch.sigmoid(fake - real) / len(real)
    return Scored(softplus(fake - real).mean(), -slope, slope)


def _rsgan_generator(real: Tensor, fake: Tensor) -> Scored:
    slope = torch.sigmoid(real - fake) / len(real)
    return Scored(softplus(real - fake).mean(), slope, -slope)


def _rasgan(real: Tensor, fake: Tensor, _: Tensor) -> Scored:
    above, below = fake.mean() - real, fake - real.mean()
    first, second = torch.sigmoid(above), torch.sigmoid(below)
    loss = softplus(above).mean() + softplus(below).mean()
    return Scored(loss, -(first + second.mean()) / len(real), (second + first.mean()) / len(fake))


def _rasgan_generator(real: Tensor, fake: Tensor) -> Scored:
    loss, fake_slope, real_slope = _rasgan(fake, real, real)
    return Scored(loss, real_slope, fake_slope)


def _qp(lam: float) -> Callable[[Tensor, Tensor, Tensor], Scored]:
    def critic(real: Tensor, fake: Tensor, d: Tensor) -> Scored:
        delta = real - fake
        slope = (delta / (lam * d) - 1) / len(real)
        return Scored((delta.square() / (2 * lam * d) - delta).mean(), slope, -slope)

    return critic


def _qp_generator(real: Tensor, fake: Tensor) -> Scored:
    each = torch.full_like(real, 1 / len(real))
    return Scored((real - fake).mean(), each, -each)


def _jensen_shannon(loss: float) -> float:
    """JS(p, q) ≥ log 2 - L / 2 for the critic's loss L, with equality at the best critic."""
    return math.log(2) - loss / 2


def _swapped_jensen_shannon(loss: float) -> float:
    """JS between p(x_r) q(x_f) and p(x_f) q(x_r): by symmetry both terms of that game are the one loss L; log 2 - L."""
    return math.log(2) - loss


def _triangular(loss: float) -> float:
    """½ ∫ (p - q)²/(p + q) = 1 - 4 L at the best critic of LSGAN, from 0 to 1."""
    return 1 - 4 * loss


def _total_variation(loss: float) -> float:
    """TV(p, q) = 1 - L / 2 at the best critic of the hinge loss, where L = 2 ∫ min(p, q)."""
    return 1 - loss / 2


def _gained(loss: float) -> float:
    """What the critic maximises is the divergence itself."""
    return -loss


def _all() -> Mapping[str, Objective]:
    wgan, qp = (_wgan, _lifting_generator, _gained), (_qp(LAMBDA_QP), _qp_generator, _gained)
    found = [
        Objective("sgan", _sgan, _sgan_generator, _jensen_shannon),
        Objective("sgan-saturating", _sgan, _saturating_generator, _jensen_shannon),
        Objective("sgan-sn", _sgan, _sgan_generator, _jensen_shannon, spectral=True),
        Objective("lsgan", _lsgan, _lsgan_generator, _triangular),
        Objective("hinge", _hinge, _lifting_generator, _total_variation),
        Objective("wgan-clip", *wgan, clip=0.1),
        Objective("wgan-gp", *wgan, penalty="two-sided"),
        Objective("wgan-gp-one-sided", *wgan, penalty="one-sided"),
        Objective("wgan-sn", *wgan, spectral=True),
        Objective("rsgan", _rsgan, _rsgan_generator, _swapped_jensen_shannon, uses_real=True),
        Objective("rsgan-sn", _rsgan, _rsgan_generator, _swapped_jensen_shannon, spectral=True, uses_real=True),
        Objective("rasgan", _rasgan, _rasgan_generator, _jensen_shannon, uses_real=True),
        Objective("gan-qp-l1", *qp),
        Objective("gan-qp-l2", *qp, norm="l2"),
        Objective("energy", *wgan, penalty="zero-real", entropy=True),
    ]
    return {one.name: one for one in found}


OBJECTIVES: Mapping[str, Objective] = _all()
