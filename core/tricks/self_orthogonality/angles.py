"""The lemma, its smooth form, and the penalties.

R = λ₁·(mean of ϑ_ij)² + λ₂·(mean of ϑ_ij²) over i ≠ j, λ₁ = 100, λ₂ = 1. The post writes sums: with N = k(k − 1) pairs,
λ₁(Σϑ)² + λ₂Σϑ² = N·[λ₁N·(mean ϑ)² + λ₂·mean ϑ²], so there the first term weighs N times more against the second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.refusal import Refusal

__all__ = [
    "GAMMA", "LAMBDA_MEAN", "LAMBDA_SQUARE", "REPEATS", "Pairs", "SmoothSigns", "TwoVectors", "angle", "angles", "biggan",
    "frobenius", "lemma", "lemma_pairs", "off_diagonal", "penalty", "sign_statistic", "smooth_signs", "statistics",
    "statistics_by_gamma", "two_vectors",
]  # fmt: skip

GAMMA = 10.0  # of tanh(γy) (the paper's)
LAMBDA_MEAN, LAMBDA_SQUARE = 100.0, 1.0  # λ₁, λ₂ (the paper's)
REPEATS = 1500  # batches whose statistics are drawn
SHOWN = 1200  # points of the plane that are drawn
FAR, ARC = 4.0, 25  # radius of the wedges, beyond the picture, and points along their arcs
GAMMAS = np.geomspace(0.05, 200, 40)
GAMMA_SAMPLES, BIAS_SAMPLES = 6000, 4000
INPUTS = ("normal", "relu", "centred")
BINS = np.linspace(-0.3, 0.7, 61)
RULE = 3.0  # standard errors beyond which a pair counts as outside; a normal deviate is there with probability 0.0027


def angle(u: np.ndarray, v: np.ndarray) -> float:
    """The angle of two vectors in radians, [0, π]; Refusal for a zero vector."""
    for name, vector in (("u", u), ("v", v)):
        if not np.any(vector):
            raise Refusal(
                "零向量没有方向，请把它拖离原点",
                "a zero vector has no direction; drag it away from the origin",
                input=name,
                value="(0, 0)" if len(vector) == 2 else None,
            )
    return float(math.acos(np.clip(u @ v / (np.linalg.norm(u) * np.linalg.norm(v)), -1, 1)))


def lemma(theta: float | np.ndarray) -> float | np.ndarray:
    """1 − 2θ/π."""
    return 1 - 2 * theta / math.pi


def sign_statistic(u: np.ndarray, v: np.ndarray, samples: int, repeats: int, seed: int) -> np.ndarray:
    """Means of sgn(xᵀu) sgn(xᵀv) over ``samples`` normal x, ``repeats`` times: [repeats], each of variance (1 − ϑ²)/samples."""
    x = np.random.default_rng(seed).standard_normal((repeats, samples, len(u)))
    return np.mean(np.sign(x @ u) * np.sign(x @ v), axis=1)


@dataclass(frozen=True, slots=True)
class TwoVectors:
    """The lemma for two vectors of the plane.

    theta : their angle (radians). x [SHOWN, 2], agree [SHOWN] : normal x, and whether xᵀu and xᵀv have the same sign.
    wedges : outlines [ARC + 1, 2] of the two wedges where the signs differ, each of angle θ, tip first.
    values, shares : which values the statistic of a batch took in REPEATS batches, and how often.
    average, deviation : of the statistic. expected, expected_deviation : 1 − 2θ/π and √((1 − ϑ²)/b).
    """

    theta: float
    x: np.ndarray
    agree: np.ndarray
    wedges: tuple[np.ndarray, np.ndarray]
    values: np.ndarray
    shares: np.ndarray
    average: float
    deviation: float
    expected: float
    expected_deviation: float

    @property
    def degrees(self) -> float:
        """The angle in degrees."""
        return math.degrees(self.theta)

    @property
    def differ(self) -> float:
        """The share of directions in which the signs differ, θ/π."""
        return self.theta / math.pi

    @property
    def cosine(self) -> float:
        """cos θ: what BigGAN's penalty looks at."""
        return math.cos(self.theta)


def two_vectors(u: tuple[float, float], v: tuple[float, float], batch: int, seed: int) -> TwoVectors:
    """Where signs differ, and the statistic of REPEATS batches of ``batch`` normal x. Refusal for a zero vector."""
    a, b = np.array(u), np.array(v)
    theta = angle(a, b)
    found = sign_statistic(a, b, batch, REPEATS, seed)
    values, counts = np.unique(np.round(found, 6), return_counts=True)
    x = np.random.default_rng(seed).standard_normal((SHOWN, 2))
    turn = math.atan2(a[0] * b[1] - a[1] * b[0], a @ b)  # from u to v, signed
    arc = math.atan2(a[0], -a[1]) + np.linspace(0, turn, ARC)  # from the perpendicular of u to that of v
    wedge = FAR * np.concatenate([np.zeros((1, 2)), np.stack([np.cos(arc), np.sin(arc)], 1)])
    expected = float(lemma(theta))
    return TwoVectors(
        theta,
        x,
        (x @ a) * (x @ b) > 0,
        (wedge, -wedge),
        values,
        counts / len(found),
        float(found.mean()),
        float(found.std()),
        expected,
        math.sqrt(max(1 - expected**2, 0.0) / batch),
    )


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of vectors against the lemma: angles (degrees), statistics and deviations in standard errors z, all [count]; and
    on ``grid`` (degrees) the lemma, three standard errors, and the cosine."""

    degrees: np.ndarray
    found: np.ndarray
    z: np.ndarray
    grid: np.ndarray
    law: np.ndarray
    width: np.ndarray
    cosine: np.ndarray

    @property
    def outside(self) -> int:
        """Pairs beyond three standard errors."""
        return int((np.abs(self.z) > RULE).sum())

    @property
    def expected_outside(self) -> float:
        """How many are to be expected there."""
        return 0.0027 * len(self.z)

    @property
    def mean_square(self) -> float:
        """Of z; 1 when the lemma and its variance hold."""
        return float(np.square(self.z).mean())

    @property
    def largest(self) -> float:
        """Largest |z|."""
        return float(np.abs(self.z).max())


def lemma_pairs(count: int, dimension: int, batch: int, seed: int) -> Pairs:
    """``count`` pairs of vectors in ``dimension`` dimensions whose angles are uniform in (0, π), ``batch`` normal x a pair."""
    rng = np.random.default_rng(seed)
    thetas, found = rng.uniform(0.02, math.pi - 0.02, count), []
    for k, theta in enumerate(thetas):
        q, _ = np.linalg.qr(rng.standard_normal((dimension, 2)))
        v = math.cos(theta) * q[:, 0] + math.sin(theta) * q[:, 1]
        found.append(sign_statistic(q[:, 0], v, batch, 1, seed + 1 + k)[0])
    grid = np.linspace(0, math.pi, 100)
    law, there = np.asarray(lemma(grid)), np.asarray(lemma(thetas))
    return Pairs(
        np.degrees(thetas),
        np.array(found),
        (np.array(found) - there) / np.sqrt((1 - there**2) / batch),
        np.degrees(grid),
        law,
        RULE * np.sqrt((1 - law**2).clip(min=0) / batch),
        np.cos(grid),
    )


def statistics(x: Tensor, w: Tensor, gamma: float = GAMMA) -> Tensor:
    """ϑ = ŶᵀŶ, [k, k], with Ŷ = tanh(γXW), columns divided by their length over the batch; X [b, d], W [d, k]."""
    y = F.normalize(torch.tanh(gamma * (x @ w)), dim=0)
    return y.T @ y


def off_diagonal(square: Tensor) -> Tensor:
    """The entries off the diagonal of [k, k], [k(k − 1)]."""
    return square[~torch.eye(len(square), dtype=torch.bool)]


def penalty(theta: Tensor, sums: bool = False) -> Tensor:
    """λ₁·(mean of ϑ_ij)² + λ₂·(mean of ϑ_ij²) over i ≠ j.

    With ``sums`` the post's λ₁(Σϑ_ij)² + λ₂Σϑ_ij², divided by the number of pairs so that strengths can be compared.
    """
    off = off_diagonal(theta)
    balance = len(off) if sums else 1
    return LAMBDA_MEAN * balance * off.mean() ** 2 + LAMBDA_SQUARE * off.square().mean()


def biggan(w: Tensor) -> Tensor:
    """Mean of (WᵀW)_ij² over i ≠ j: BigGAN's penalty (Brock et al. 2019), which leaves lengths alone."""
    return off_diagonal(w.T @ w).square().mean()


def frobenius(w: Tensor) -> Tensor:
    """Mean of (WᵀW − I)_ij² over all i, j: lengths are drawn to 1, too."""
    return (w.T @ w - torch.eye(w.shape[1], dtype=w.dtype)).square().mean()


def angles(w: Tensor) -> np.ndarray:
    """Angles of all pairs of columns of W [d, k], degrees, [k(k − 1)/2]."""
    unit = F.normalize(w.detach().double(), dim=0)
    cosine = (unit.T @ unit).clamp(-1, 1).numpy()
    i, j = np.triu_indices(w.shape[1], 1)
    return np.degrees(np.arccos(cosine[i, j]))


def statistics_by_gamma(u: np.ndarray, v: np.ndarray, gammas: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """ϑ of two vectors by tanh(γ·) for each γ, normal x: from the cosine (γ → 0) to the lemma's value (γ → ∞); [len(gammas)]."""
    x = torch.tensor(np.random.default_rng(seed).standard_normal((samples, len(u))))
    w = torch.tensor(np.stack([u, v], 1))
    return np.array([float(statistics(x, w, float(g))[0, 1]) for g in gammas])


@dataclass(frozen=True, slots=True)
class SmoothSigns:
    """tanh(γy) for the sign, and what inputs that are not centred do to it.

    gammas, curve [40] : ϑ of two vectors against γ. here : at the γ asked for. law, cosine : its limits for γ → ∞ and γ → 0.
    bins [60], shares [3, 60] : of the ϑ_ij of orthogonal weights for INPUTS. sizes [3] : mean |ϑ_ij|.
    """

    gammas: np.ndarray
    curve: np.ndarray
    here: float
    law: float
    cosine: float
    bins: np.ndarray
    shares: np.ndarray
    sizes: np.ndarray


def orthogonal_statistics(dimension: int, samples: int, seed: int) -> dict[str, np.ndarray]:
    """ϑ_ij of ``dimension`` orthogonal vectors [d(d − 1)] when x is normal, a ReLU of it, and that ReLU less its mean."""
    rng = np.random.default_rng(seed)
    x = torch.tensor(rng.standard_normal((samples, dimension)))
    w = torch.tensor(np.linalg.qr(rng.standard_normal((dimension, dimension)))[0])
    positive = torch.relu(x)
    inputs = (x, positive, positive - positive.mean(0))
    return {name: off_diagonal(statistics(z, w)).numpy() for name, z in zip(INPUTS, inputs, strict=True)}


def smooth_signs(degrees: float, gamma: float, dimension: int, seed: int) -> SmoothSigns:
    """Two vectors ``degrees`` apart by tanh(γ·), and ``dimension`` orthogonal ones for three kinds of inputs."""
    theta = math.radians(degrees)
    u, v = np.array([1.0, 0.0]), np.array([math.cos(theta), math.sin(theta)])
    found = orthogonal_statistics(dimension, BIAS_SAMPLES, seed)
    return SmoothSigns(
        GAMMAS,
        statistics_by_gamma(u, v, GAMMAS, GAMMA_SAMPLES, seed),
        float(statistics_by_gamma(u, v, np.array([gamma]), GAMMA_SAMPLES, seed)[0]),
        float(lemma(theta)),
        math.cos(theta),
        (BINS[1:] + BINS[:-1]) / 2,
        np.array([np.histogram(found[name], BINS)[0] / len(found[name]) for name in INPUTS]),
        np.array([np.abs(found[name]).mean() for name in INPUTS]),
    )
