"""More vectors than dimensions: how near to orthogonal can k lines in d dimensions be? (added)

No k > d unit vectors have all |cos| below √((k − d)/(d(k − 1))) (Welch 1974). For k > d(d + 1)/2 that bound cannot be attained and
two others hold: 1/√d (orthoplex) and √((3k − d² − 2d)/((d + 2)(k − d))) (Levenshtein); see Conway, Hardin, Sloane 1996.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from core.fitting import generator
from core.tricks.self_orthogonality.angles import biggan, off_diagonal, penalty, statistics

__all__ = ["BEST_IN_SPACE", "PACKINGS", "Packing", "best_angle", "lowest", "pack", "welch"]

PACKINGS = ("signs", "biggan", "largest")
SHARPNESS = (4.0, 4000.0)  # of the soft maximum of cos², at the start and when it is sharpest
SETTLED = 500  # step at which the soft maximum is sharpest and the learning rate lowest
LR, LOWEST_LR = 0.03, 1e-4
SAMPLES = 1024  # normal x a step, for the module
EVERY = 10  # steps between two points of the curves
TOUCHING = 0.5  # degrees: pairs so near the smallest angle count as touching

BEST_IN_SPACE: Mapping[int, float] = {
    3: 90.0, 4: 70.5288, 5: 63.4349, 6: 63.4349, 7: 54.7356, 8: 49.6399, 9: 47.9821, 10: 46.6746, 11: 44.4031,
    12: 41.8820, 13: 39.8131, 14: 38.6824, 15: 38.1349, 16: 37.3774,
}  # fmt: skip
"""Best smallest angle (degrees) of k lines in 3 dimensions that is known (Conway, Hardin, Sloane 1996), proved up to 8."""


def welch(k: int, d: int) -> float:
    """√((k − d)/(d(k − 1))): no k unit vectors in d dimensions have all |cos| below it; 0 for k ≤ d."""
    return math.sqrt((k - d) / (d * (k - 1))) if k > d else 0.0


def lowest(k: int, d: int) -> float:
    """The highest of the three lower bounds on the largest |cos| that hold for k lines in d dimensions."""
    bounds = [welch(k, d)]
    if k > d * (d + 1) // 2:
        bounds += [1 / math.sqrt(d), math.sqrt((3 * k - d * d - 2 * d) / ((d + 2) * (k - d)))]
    return max(bounds)


def best_angle(k: int, d: int) -> float | None:
    """The best smallest angle (degrees) where it is known: 90 for k ≤ d, 180/k in the plane, BEST_IN_SPACE; None elsewhere."""
    if k <= d:
        return 90.0
    if d == 2:
        return 180.0 / k
    return BEST_IN_SPACE.get(k) if d == 3 else None


@dataclass(frozen=True, slots=True)
class Packing:
    """k lines in d dimensions.

    vectors [k, d] : unit vectors. cosines [k, k] : |cos|. angles : of all pairs, acute, degrees, smallest first [k(k − 1)/2].
    places [p], smallest [p], mean_square [p] : steps; smallest angle (degrees) and mean cos² at them.
    touching [m, 2, d] : from end to end of the lines (a line has two ends, v and −v) that are nearest, once each.
    bound : no packing has a larger smallest angle (degrees). best : the best that is known, None where no table is at hand.
    """

    vectors: np.ndarray
    cosines: np.ndarray
    angles: np.ndarray
    places: np.ndarray
    smallest: np.ndarray
    mean_square: np.ndarray
    touching: np.ndarray
    bound: float
    best: float | None

    @property
    def least_mean_square(self) -> float:
        """Welch: the mean of cos² is at least this."""
        return welch(*self.vectors.shape) ** 2

    @property
    def ends(self) -> np.ndarray:
        """Both ends of every line in space, [2k, 3]; a plane's third coordinate is 0. For d ≤ 3."""
        return _in_space(np.concatenate([self.vectors, -self.vectors]))

    @property
    def edges(self) -> np.ndarray:
        """``touching`` in space as one path with NaN between the segments, [3m, 3]. For d ≤ 3."""
        return _in_space(_path(self.touching))

    @property
    def lines(self) -> np.ndarray:
        """The lines from end to end as one path with NaN between them, [3k, 3]. For d ≤ 3."""
        return _in_space(_path(np.stack([self.vectors, -self.vectors], 1)))

    @property
    def globe(self) -> np.ndarray:
        """Meridians and parallels of the unit sphere as one path with NaN between them, [n, 3]."""
        turn = np.linspace(0, 2 * math.pi, 49)
        circles = []
        for tilt in np.linspace(0, math.pi, 6, endpoint=False):
            circles.append([np.cos(tilt) * np.cos(turn), np.sin(tilt) * np.cos(turn), np.sin(turn)])
        for height in (-0.5, 0.0, 0.5):
            radius = math.sqrt(1 - height**2)
            circles.append([radius * np.cos(turn), radius * np.sin(turn), np.full_like(turn, height)])
        return _path(np.array(circles).transpose(0, 2, 1))

    @property
    def contacts(self) -> int:
        """Pairs of lines at the smallest angle."""
        return len(self.touching) // 2


def pack(k: int, d: int, kind: str, steps: int, seed: int) -> Packing:
    """k vectors in d dimensions moved by a penalty alone (Adam) for ``steps`` steps.

    kind : "signs", the module with fresh normal x each step; "biggan"; "largest", a soft maximum of cos² that sharpens. The
    schedule does not depend on ``steps``: fewer steps are the beginning of more.
    """
    if kind not in PACKINGS:
        raise ValueError(f"kind = {kind}: must be one of {', '.join(PACKINGS)}")
    rng = generator(seed)
    w = nn.Parameter(torch.randn(d, k, generator=rng))
    optimiser = torch.optim.Adam([w], lr=LR)
    trace = []
    for step in range(steps + 1):
        if step % EVERY == 0 or step == steps:
            cosines = _cosines(w.detach().numpy())[np.triu_indices(k, 1)]
            trace.append((step, np.degrees(np.arccos(min(cosines.max(), 1.0))), np.square(cosines).mean()))
        if step == steps:
            break
        share = min(step / SETTLED, 1.0)
        unit = F.normalize(w, dim=0)
        if kind == "signs":
            loss = penalty(statistics(torch.randn(SAMPLES, d, generator=rng), unit))
        elif kind == "biggan":
            loss = biggan(unit)
        else:
            sharp = SHARPNESS[0] * (SHARPNESS[1] / SHARPNESS[0]) ** share
            loss = torch.logsumexp(sharp * off_diagonal(unit.T @ unit).square(), 0) / sharp
        optimiser.param_groups[0]["lr"] = LOWEST_LR + 0.5 * (LR - LOWEST_LR) * (1 + math.cos(math.pi * share))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    places, smallest, square = map(np.array, zip(*trace, strict=True))
    vectors = w.detach().double().numpy().T
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = _cosines(vectors.T)
    return Packing(
        vectors,
        cosines,
        np.sort(np.degrees(np.arccos(np.minimum(cosines[np.triu_indices(k, 1)], 1.0)))),
        places,
        smallest,
        square,
        _touching(vectors, cosines),
        math.degrees(math.acos(lowest(k, d))),
        best_angle(k, d),
    )


def _path(segments: np.ndarray) -> np.ndarray:
    """Pieces [m, p, d] one after the other with a row of NaN after each, [m(p + 1), d]."""
    gap = np.full((len(segments), 1, segments.shape[2]), np.nan)
    return np.concatenate([segments, gap], 1).reshape(-1, segments.shape[2])


def _in_space(points: np.ndarray) -> np.ndarray:
    """Points [n, 2] or [n, 3] with a third coordinate."""
    return np.pad(points, ((0, 0), (0, 3 - points.shape[1])))


def _cosines(w: np.ndarray) -> np.ndarray:
    unit = w.astype(float) / np.linalg.norm(w, axis=0)
    return np.abs(unit.T @ unit)


def _touching(vectors: np.ndarray, cosines: np.ndarray) -> np.ndarray:
    """Segments [m, 2, d] between the nearest ends of the pairs of lines at the smallest angle, and their mirror images."""
    i, j = np.triu_indices(len(vectors), 1)
    degrees = np.degrees(np.arccos(np.minimum(cosines[i, j], 1.0)))
    near = degrees < degrees.min() + TOUCHING
    heads, tails = vectors[i[near]], vectors[j[near]]
    tails = tails * np.where((heads * tails).sum(1) < 0, -1.0, 1.0)[:, None]  # of a line's two ends the nearer
    segments = np.stack([heads, tails], 1)
    return np.concatenate([segments, -segments])
