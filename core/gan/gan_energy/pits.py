"""Dig and jump (post 6316): an energy U = -T is dug at real points, and a generator's samples jump into its pits.

    U    min  E_p U(x) - E_z U(G(z)) + λ E_p ‖∇U(x)‖²          (the penalty: centred at 0, on real points alone)
    G    min  E_z U(G(z)) + μ E_z ‖z - E(G(z))‖²               (μ keeps samples diverse: a bound on their entropy)

The real points are a few places with a little noise around each, so that one can ask of every place whether it is the
bottom of a pit: how steep U is there, and how far the nearest local minimum of U lies.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.gan.plane.targets import Target
from core.gan.plane.training import Run, Settings, train
from core.progress import Progress

__all__ = ["PITS", "Dug", "Sweep", "around", "chosen", "dig", "gaps", "minima", "places", "sweep"]

SD = 0.03  # of the noise around each place: a dot in the picture
POOL = 4096  # real points
SHOWN = 300  # of them in a picture
RING = 0.75  # radius on which presets put their places
RECORDS, PICTURES = 20, 5  # moments of the film, and states shown while training goes on
BATCH = 64
BETAS = (0.0, 0.5, 0.7, 0.9)  # 0.5 is DCGAN's, 0.9 Adam's default
PITS = {"three": 3, "five": 5, "eight": 8}  # places of each preset


@dataclass(frozen=True)
class Dug:
    """A run so far, with what is asked of the pits.

    ``centres`` [M, 2] the places of real points, ``points`` [300, 2] some real points; ``bottoms`` the local minima of U
    at every record [K, 2], and ``gaps`` [M] how far the nearest of the last ones lies from each place (infinite for none).
    """

    run: Run
    centres: np.ndarray
    points: np.ndarray
    bottoms: tuple[np.ndarray, ...]
    gaps: np.ndarray

    @property
    def mean_gap(self) -> float:
        """``gaps`` on average."""
        return float(self.gaps.mean())

    @property
    def done(self) -> float:
        """The share of steps taken."""
        return self.run.last.step / self.run.settings.steps


@dataclass(frozen=True)
class Sweep:
    """What is reached for every β₁ of ``betas`` [B] and seed: ``modes`` covered of ``count``, the share of ``good`` samples,
    and the ``distance`` to the target (Jensen-Shannon on a grid, nats); [B, S] each, NaN where it has not been run.
    """

    betas: np.ndarray
    modes: np.ndarray
    good: np.ndarray
    distance: np.ndarray
    count: int

    @property
    def done(self) -> float:
        """The share of runs made."""
        return float(np.isfinite(self.modes).mean())

    @property
    def mean_modes(self) -> np.ndarray:
        """Modes covered, averaged over the seeds that have been run [B]."""
        return np.nanmean(self.modes, axis=1)

    @property
    def mean_distance(self) -> np.ndarray:
        """The distance to the target, averaged likewise [B]."""
        return np.nanmean(self.distance, axis=1)


def places(count: int) -> np.ndarray:
    """``count`` places [count, 2], evenly on a circle, the first at the top."""
    angles = math.pi / 2 + 2 * math.pi * np.arange(count) / count
    return RING * np.stack([np.cos(angles), np.sin(angles)], 1)


def chosen(pits: str, own: Sequence[Sequence[float]]) -> np.ndarray:
    """The places [M, 2] of the preset ``pits``, or for "own" those of ``own``."""
    return np.array(own, float) if pits == "own" else places(PITS[pits])


def around(centres: Sequence[Sequence[float]] | np.ndarray, seed: int) -> Target:
    """Real points around the ``centres`` [M, 2], equally many around each on average."""
    where = np.asarray(centres, np.float32)
    rng = np.random.default_rng(seed)
    points = where[rng.integers(len(where), size=POOL)] + SD * rng.normal(size=(POOL, 2))
    return Target("places", points.astype(np.float32), where, SD)


def minima(u: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Local minima [K, 2] of ``u`` [n, n], rows y, over the grid ``axis`` [n] both ways.

    A minimum is a point of the grid that is lower than its eight neighbours, moved to the bottom of the paraboloid that
    central differences give there, by one cell at most.
    """
    n, step = len(axis), axis[1] - axis[0]
    around_it = [[u[1 + up : n - 1 + up, 1 + right : n - 1 + right] for right in (-1, 0, 1)] for up in (-1, 0, 1)]
    here = around_it[1][1]
    lowest = np.all([other > here for row in around_it for other in row if other is not here], axis=0)
    rows, columns = np.nonzero(lowest)
    p = np.array([[other[lowest] for other in row] for row in around_it], float)  # [3, 3, K]
    across, up = (p[1, 2] - p[1, 0]) / 2, (p[2, 1] - p[0, 1]) / 2
    bend_across, bend_up = p[1, 2] - 2 * p[1, 1] + p[1, 0], p[2, 1] - 2 * p[1, 1] + p[0, 1]
    twist = (p[2, 2] - p[2, 0] - p[0, 2] + p[0, 0]) / 4
    det = bend_across * bend_up - twist**2
    safe = np.where(det > 0, det, np.inf)  # a saddle of the differences: the point of the grid stays
    move = np.stack([twist * up - bend_up * across, twist * across - bend_across * up], 1) / safe[:, None]
    return np.stack([axis[columns + 1], axis[rows + 1]], 1) + step * np.clip(move, -1, 1)


def dig(
    centres: Sequence[Sequence[float]] | np.ndarray,
    steps: int,
    penalty: float,
    diversity: float,
    beta_1: float,
    lr: float,
    seed: int,
) -> Iterator[Dug | Progress]:
    """Dig pits around ``centres`` [M, 2] for ``steps`` steps; yields what is reached a few times, the last time whole.

    ``penalty`` is λ (0: none), ``diversity`` is μ, ``beta_1`` is Adam's for every player; one step of U to one of G.
    """
    settings = _settings(steps, -(-steps // RECORDS), penalty, diversity, beta_1, lr, seed)
    target = around(centres, seed)
    assert target.centres is not None
    total = -(-steps // settings.every)
    for k, run in enumerate(train(settings, target), 1):
        if k == total or run.ended or k % (RECORDS // PICTURES) == 0:
            bottoms = tuple(minima(-record.surface, run.axis) for record in run.records)
            yield Dug(run, target.centres, target.points[:SHOWN], bottoms, gaps(target.centres, bottoms[-1]))
        else:
            yield Progress(k / total)


def sweep(
    pits: str, seeds: int, steps: int, penalty: float, diversity: float, lr: float, seed: int,
    betas: Sequence[float] = BETAS,
) -> Iterator[Sweep | Progress]:  # fmt: skip
    """Dig the preset ``pits`` with every β₁ and ``seeds`` seeds from ``seed`` on; yields after every round of all β₁."""
    centres = places(PITS[pits])
    blank = np.full((len(betas), seeds), np.nan)
    found = Sweep(np.array(betas), blank, blank, blank, len(centres))
    for k in range(seeds):
        modes, good, distance = (table.copy() for table in (found.modes, found.good, found.distance))
        for b, beta in enumerate(betas):
            *_, run = train(_settings(steps, steps, penalty, diversity, beta, lr, seed + k), around(centres, seed + k))
            modes[b, k], good[b, k], distance[b, k] = run.last.modes, run.last.good, run.last.distance
            yield Progress((k * len(betas) + b + 1) / (seeds * len(betas)))
        found = Sweep(found.betas, modes, good, distance, len(centres))
        yield found


def _settings(
    steps: int, every: int, penalty: float, diversity: float, beta_1: float, lr: float, seed: int
) -> Settings:  # fmt: skip
    """The energy objective on the plane bench, with a smooth critic: a leaky ReLU has creases where pits should have bottoms."""
    return Settings(
        "energy", steps, every, BATCH, lr, critic_steps=1, penalty="own" if penalty else "none", penalty_weight=penalty,
        entropy=diversity, beta_1=beta_1, activation="tanh", seed=seed,
    )  # fmt: skip


def gaps(centres: np.ndarray, bottoms: np.ndarray) -> np.ndarray:
    """The distance from each of ``centres`` [M, 2] to the nearest of ``bottoms`` [K, 2], [M]; infinite when K = 0."""
    apart = np.linalg.norm(centres[:, None] - bottoms[None], axis=2)
    return apart.min(1, initial=math.inf)
