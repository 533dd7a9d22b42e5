"""The climb of EM: one run half-step by half-step, and many runs from different starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.progress import Progress
from core.stats.em.mixture import Fit, Mixture, Step, climb, entropy, expect, fit
from core.stats.em.samples import start

__all__ = ["Ascent", "Restarts", "ascend", "best_of", "restarts"]

HALF_STEPS = 60
ROOM = 0.06  # of the range, above and below what is drawn
TOLERANCE = 1e-9  # nats a sample: a run that gains less has come to rest
ALIKE = 1e-3  # nats a sample: runs closer than this to the best count as as good


@dataclass(frozen=True, slots=True)
class Ascent:
    """EM on samples ``x`` [n, 2] after ``half`` half-steps, and the likelihood along the whole climb.

    done : what each half-step did (start, E, M, E …). log_likelihoods, bounds : after each, in nats a sample. path : the
    means after each, [half-steps + 1, k, 2].
    """

    x: np.ndarray
    half: int
    now: Step
    done: tuple[str, ...]
    log_likelihoods: np.ndarray
    bounds: np.ndarray
    path: np.ndarray

    @property
    def gap(self) -> float:
        """KL(r ‖ p(y|x)) a sample: what the bound lacks; 0 after an E-step."""
        return float(max(self.log_likelihoods[self.half] - self.bounds[self.half], 0.0))

    @property
    def cross_entropy(self) -> float:
        """−log-likelihood a sample, nats: the cross-entropy of the empirical distribution and the model."""
        return -float(self.log_likelihoods[self.half])

    @property
    def entropy(self) -> float:
        """Mean entropy of the responsibilities, in bits."""
        return entropy(self.now.r)

    @property
    def widest(self) -> float:
        """The largest standard deviation of any component in any direction."""
        return float(np.sqrt(np.linalg.eigvalsh(self.now.mixture.covariances).max()))

    @property
    def rise(self) -> float:
        """What the log-likelihood has gained since the start, nats a sample."""
        return float(self.log_likelihoods[self.half] - self.log_likelihoods[0])

    @property
    def touching(self) -> np.ndarray:
        """The half-steps up to now after which the bound touches: the E-steps."""
        return np.array([h for h in range(1, self.half + 1) if self.done[h] == "E"], int)

    @property
    def left(self) -> float:
        """What the log-likelihood still gains by the end of the climb, nats a sample."""
        return float(self.log_likelihoods[-1] - self.log_likelihoods[self.half])

    @property
    def window(self) -> tuple[float, float]:
        """A range for likelihood and bound that does not move during the climb: from the first M-step on.

        The start lies so far below that its height would flatten all stairs after it.
        """
        values = np.concatenate([self.log_likelihoods[2:], self.bounds[2:]])
        values = values if len(values) else self.log_likelihoods
        low, high = float(values.min()), float(values.max())
        room = ROOM * (high - low) or 0.01
        return low - room, high + room


def ascend(x: np.ndarray, begin: Mixture, half: int, kind: str, floor: float) -> Ascent:
    """HALF_STEPS half-steps of EM from ``begin``, shown after ``half`` of them."""
    steps = list(climb(x, begin, HALF_STEPS // 2, kind, floor))
    half = min(half, len(steps) - 1)
    return Ascent(
        x, half, steps[half], tuple(s.done for s in steps), np.array([s.log_likelihood for s in steps]) / len(x),
        np.array([s.bound for s in steps]) / len(x), np.stack([s.mixture.means for s in steps]),
    )  # fmt: skip


def best_of(
    x: np.ndarray, k: int, starts: int, how: str, iterations: int, kind: str, floor: float, seed: int
) -> Iterator[Fit]:
    """EM from ``starts`` different starts (seeds seed, seed + 1, …), one after another."""
    for s in range(starts):
        yield fit(x, start(x, k, how, seed + s), iterations, kind, floor, TOLERANCE)


@dataclass(frozen=True, slots=True)
class Restarts:
    """The runs so far, from seeds ``seed``, ``seed`` + 1, …"""

    x: np.ndarray
    seed: int
    fits: tuple[Fit, ...]

    @property
    def ends(self) -> np.ndarray:
        """Log-likelihoods where the runs came to rest, nats a sample."""
        return np.array([f.trace[-1] for f in self.fits]) / len(self.x)

    @property
    def climbs(self) -> tuple[np.ndarray, ...]:
        """Log-likelihood a sample after each iteration, run by run."""
        return tuple(f.trace / len(self.x) for f in self.fits)

    @property
    def best(self) -> int:
        """The run that came highest."""
        return int(self.ends.argmax())

    @property
    def worst(self) -> int:
        """The run that came to rest lowest."""
        return int(self.ends.argmin())

    @property
    def spread(self) -> float:
        """How far the worst lies below the best, nats a sample."""
        return float(np.ptp(self.ends))

    @property
    def median(self) -> float:
        """The median height."""
        return float(np.median(self.ends))

    @property
    def as_good(self) -> int:
        """How many runs lie within ALIKE of the best, itself included."""
        return int((self.ends > self.ends.max() - ALIKE).sum())

    @property
    def heights(self) -> int:
        """How many heights there are that differ by more than ALIKE from the next."""
        return 1 + int((np.diff(np.sort(self.ends)) > ALIKE).sum())

    @property
    def window(self) -> tuple[float, float]:
        """A range for the climbs: from where nine tenths of them are after one iteration to above the best."""
        low = float(np.quantile([climb[min(1, len(climb) - 1)] for climb in self.climbs], 0.1))
        high = float(self.ends.max())
        return low, high + (ROOM * (high - low) or 0.01)

    def r(self, which: int) -> np.ndarray:
        """The responsibilities [n, k] of a run's mixture."""
        return expect(self.x, self.fits[which].mixture)


def restarts(
    x: np.ndarray, k: int, starts: int, how: str, iterations: int, kind: str, floor: float, seed: int, every: int = 4
) -> Iterator[Restarts | Progress]:
    """EM from ``starts`` starts; yields all runs so far after ``every`` of them, progress in between."""
    fits: list[Fit] = []
    for run in best_of(x, k, starts, how, iterations, kind, floor, seed):
        fits.append(run)
        if len(fits) % every and len(fits) < starts:
            yield Progress(len(fits) / starts)
        else:
            yield Restarts(x, seed, tuple(fits))
