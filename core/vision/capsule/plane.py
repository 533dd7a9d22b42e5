"""Routing in the plane: one cloud of votes, and what K-means, dynamic routing and EM routing make of it, round by round.

Every capsule below votes with the same point for all k capsules above, û_ij = u_i, so that routing is nothing but clustering.
In a net the kernels W_ij tell the capsules above apart from the first round on; here their starts do.

    K-means            r_ij = 1 for the nearest centre;                μ_j = Σ r u / Σ r
    dynamic routing    r_ij = softmax_j ⟨s u_i, v_j/‖v_j‖⟩;            v_j = Σ_i r_ij u_i         (s: the scale of the votes)
    EM routing         r_ij ∝ w_j N(u_i; μ_j, σ_j²);                   μ_j, σ_j² = moments under r

w_j is the activation a_j = sigmoid(λ (β_a − standardised cost_j)) of the post, or the share of a mixture. Of all three the cost
is shown: the entropy S_j of the Gaussian that has the moments of what cluster j holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, get_args

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from core.data.clouds import from_ink
from core.refusal import Refusal
from core.vision.capsule import em
from core.vision.capsule.routing import agreement, rounds

__all__ = [
    "CLOUDS",
    "METHODS",
    "ROUNDS",
    "Routing",
    "Track",
    "cloud",
    "kmeans",
    "dynamic",
    "ellipse",
    "mixture",
    "route",
]

CLOUDS = ("rounds", "rays", "tight")
Method = Literal["kmeans", "dynamic", "em"]
METHODS: tuple[Method, ...] = get_args(Method)
ROUNDS = 20
DRAWING_SIDE = 2.8  # half the side of a drawing
WEIGHTS = ("activation", "share")
LAMBDA = em.temperature(0)


@dataclass(frozen=True)
class Track:
    """One method's rounds, from the start (0): ``centres`` [T + 1, k, 2], ``r`` [T + 1, n, k] by those centres; and of the
    clusters that r makes the mass [T + 1, k], the standard deviations [T + 1, k, 2] and the entropies S [T + 1, k] in nats."""

    centres: np.ndarray
    r: np.ndarray
    mass: np.ndarray
    deviations: np.ndarray
    entropies: np.ndarray

    @property
    def cost(self) -> np.ndarray:
        """Σ_j share_j S_j by round [T + 1]: the mean entropy of a vote given its cluster, in nats."""
        return (self.mass * self.entropies).sum(1) / self.mass.sum(1)

    def ellipse(self, step: int, k: int, radius: float = 2.0) -> np.ndarray:
        """The closed curve of cluster k at ``radius`` standard deviations about its centre, [49, 2]."""
        return ellipse(self.centres[step, k], self.deviations[step, k], radius)

    def rest(self, tolerance: float = 1e-3) -> int:
        """The first round after which no centre moves by more than ``tolerance``; the last one where they still do."""
        moves = np.abs(np.diff(self.centres, axis=0)).max((1, 2))
        moving = np.flatnonzero(moves > tolerance)
        return int(moving[-1]) + 1 if len(moving) else 0


@dataclass(frozen=True)
class Routing:
    """The cloud ``x`` [n, 2], its true ``groups`` [n] (None where it was drawn), and the three methods' rounds."""

    x: np.ndarray
    groups: np.ndarray | None
    tracks: dict[str, Track]

    def right(self, method: str, step: int) -> float | None:
        """The share of points in the right group, the clusters named as suits best; None where no groups are known."""
        if self.groups is None:
            return None
        found = self.tracks[method].r[step].argmax(1)
        k = max(int(self.groups.max()) + 1, self.tracks[method].r.shape[2])
        counts = np.zeros((k, k))
        np.add.at(counts, (self.groups, found), 1)
        return float(counts[linear_sum_assignment(-counts)].sum() / len(self.x))


def ellipse(centre: np.ndarray, deviations: np.ndarray, radius: float) -> np.ndarray:
    """The closed curve of points (x − centre)/deviations of length ``radius``, [49, 2]."""
    angle = np.linspace(0, 2 * np.pi, 49)
    return centre + radius * deviations * np.stack([np.cos(angle), np.sin(angle)], 1)


def cloud(name: str, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """``n`` votes [n, 2] in three groups and the groups [n]: ``rounds`` lie in three directions from the origin; two of the
    ``rays`` lie behind each other; of the ``tight`` ones two lie within the third, wide one. Raises Refusal."""
    if name not in CLOUDS:
        raise Refusal(
            f"应为 {'、'.join(CLOUDS)} 之一", f"must be one of {', '.join(CLOUDS)}", input="cloud", value=name
        )
    rng = np.random.default_rng(seed)
    centres, deviations = {
        "rounds": ([(-1.6, -1.0), (1.7, -0.9), (0.1, 1.8)], [(0.45, 0.45)] * 3),
        "rays": ([(0.9, 0.55), (2.5, 1.6), (-1.9, 0.7)], [(0.3, 0.3), (0.35, 0.35), (0.45, 0.45)]),
        "tight": ([(-1.3, 1.1), (0.0, 0.0), (1.4, -0.9)], [(0.15, 0.15), (1.3, 1.3), (0.15, 0.15)]),
    }[name]
    groups = rng.integers(0, 3, n)
    return np.array(centres)[groups] + np.array(deviations)[groups] * rng.standard_normal((n, 2)), groups


def kmeans(x: Tensor, centres: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Centres [k, 2] and hard r [n, k], round after round; a centre without points stays."""
    while True:
        r = torch.nn.functional.one_hot(torch.cdist(x, centres).argmin(1), len(centres)).to(x)
        yield centres, r
        held = r.sum(0)
        centres = torch.where(held[:, None] > 0, r.T @ x / held[:, None].clamp(min=1), centres)


def dynamic(x: Tensor, centres: Tensor, scale: float) -> Iterator[tuple[Tensor, Tensor]]:
    """The same by dynamic routing of the votes times ``scale``; the centres are the means Σ c u / Σ c, of which routing itself uses the direction."""
    votes = scale * x[None, :, None].expand(1, len(x), len(centres), 2)
    yield centres, agreement(votes, centres[None])[0].softmax(-1)
    for c, v in rounds(votes, agreement(votes, centres[None])):
        yield v[0] / scale / c[0].sum(0)[:, None], agreement(votes, v)[0].softmax(-1)


def mixture(x: Tensor, centres: Tensor, weight: str) -> Iterator[tuple[em.Clusters, Tensor]]:
    """Clusters and responsibilities [n, k] by EM; ``weight`` (one of WEIGHTS) is what the E-step gives to a cluster.

    Starts from ``centres``, the cloud's variance over k and equal weights.
    """
    if weight not in WEIGHTS:
        raise Refusal(
            f"应为 {'、'.join(WEIGHTS)} 之一", f"must be one of {', '.join(WEIGHTS)}", input="weight", value=weight
        )
    n, k = len(x), len(centres)
    votes = x[:, None].expand(n, k, 2)
    variance = x.var(0, unbiased=False).mean() / k
    clusters = em.Clusters(centres, variance.clamp(min=em.FLOOR).expand(k, 2), x.new_full((k,), n / k))
    log_prior = x.new_zeros(k)
    while True:
        r = em.expect(votes, clusters, log_prior)
        yield clusters, r
        clusters = em.maximise(votes, r)
        if weight == "share":
            log_prior = (clusters.mass / n).log()
        else:
            cost = 0.5 * clusters.variance.log().sum(-1) * clusters.mass
            log_prior = torch.nn.functional.logsigmoid(-LAMBDA * em.standardised(cost))


def route(
    name: str, drawing: np.ndarray, starts: Sequence[tuple[float, float]], n: int, scale: float, weight: str, seed: int
) -> Routing:
    """The three methods on ``n`` votes of the cloud ``name`` (or "drawn", of the ``drawing``) from the same ``starts``. Raises Refusal."""
    groups: np.ndarray | None = None
    if name == "drawn":
        points = DRAWING_SIDE * np.stack(from_ink(drawing, n, 0.0, seed), 1)
    else:
        points, groups = cloud(name, n, seed)
    x, begin = torch.from_numpy(points), torch.tensor(starts, dtype=torch.float64)
    tracks = {
        "kmeans": _tracked(x, kmeans(x, begin), lambda state: state),
        "dynamic": _tracked(x, dynamic(x, begin, scale), lambda state: state),
        "em": _tracked(x, mixture(x, begin, weight), lambda state: state.mean),
    }
    return Routing(points, groups, tracks)


def _tracked(x: Tensor, states: Iterator[tuple[object, Tensor]], centre: Callable[..., Tensor]) -> Track:
    centres, rs, held = [], [], []
    for state, r in islice(states, ROUNDS + 1):
        centres.append(centre(state))
        rs.append(r)
        held.append(em.maximise(x[:, None].expand(*r.shape, 2), r))
    return Track(
        torch.stack(centres).numpy(), torch.stack(rs).numpy(), torch.stack([c.mass for c in held]).numpy(),
        torch.stack([c.variance.sqrt() for c in held]).numpy(), torch.stack([em.entropy(c) for c in held]).numpy(),
    )  # fmt: skip
