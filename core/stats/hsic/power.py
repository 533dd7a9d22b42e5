"""Power: how often a test finds a dependence that is there, and how often one that is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.stats

from core.data.clouds import cloud
from core.refusal import Refusal
from core.stats.hsic.dependence import pearson
from core.stats.hsic.permutation import permutation_test

__all__ = ["Curve", "Point", "Setting", "power_curve", "rejections"]


class Setting(NamedTuple):
    """Where power is measured: samples and noise."""

    n: int
    noise: float


class Point(NamedTuple):
    """Shares of tests that reject independence at one setting: by HSIC, by Pearson's correlation."""

    n: int
    noise: float
    hsic: float
    pearson: float


@dataclass(frozen=True, slots=True)
class Curve:
    """The settings measured so far, of ``total``: where the dependence is there (power), and where x and y are independent.

    ``repeats`` clouds stand behind each share.
    """

    power: tuple[Point, ...]
    false_alarms: tuple[Point, ...]
    repeats: int
    total: int

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Samples and noise of each point."""
        return tuple(Setting(point.n, point.noise) for point in self.power)

    def share(self, kind: str, test: str) -> np.ndarray:
        """Shares [points] of "power" or "false_alarms" by "hsic" or "pearson"."""
        return np.array([getattr(point, test) for point in getattr(self, kind)])

    def reaching(self, share: float, test: str) -> Setting | None:
        """The first setting at which ``test`` finds this share; None without one."""
        found = np.flatnonzero(self.share("power", test) >= share)
        return self.settings[found[0]] if len(found) else None

    @property
    def alarms(self) -> tuple[float, float]:
        """The smallest and the largest share of false alarms by HSIC."""
        shares = self.share("false_alarms", "hsic")
        return float(shares.min()), float(shares.max())

    def band(self, kind: str, test: str) -> tuple[np.ndarray, np.ndarray]:
        """Two standard errors below and above each share, within [0, 1]; at shares 0 and 1 that of half a test."""
        p = self.share(kind, test)
        error = 2 * np.sqrt(np.maximum(p * (1 - p), 0.25 / self.repeats) / self.repeats)
        return np.maximum(p - error, 0), np.minimum(p + error, 1)


def power_curve(
    shape: str,
    settings: Sequence[Setting | tuple[int, float]],
    repeats: int,
    permutations: int,
    alpha: float,
    seed: int,
) -> Iterator[Curve]:
    """Power of both tests on ``shape``, and their false alarms on independent data, setting by setting."""
    power: list[Point] = []
    false_alarms: list[Point] = []
    there = rejections(shape, settings, repeats, permutations, alpha, seed)
    absent = rejections("independent", settings, repeats, permutations, alpha, seed + 1)
    for one, other in zip(there, absent, strict=True):
        power.append(one)
        false_alarms.append(other)
        yield Curve(tuple(power), tuple(false_alarms), repeats, len(settings))


def rejections(
    shape: str,
    settings: Sequence[Setting | tuple[int, float]],
    repeats: int,
    permutations: int,
    alpha: float,
    seed: int,
) -> Iterator[Point]:
    """Yield, setting by setting, how often each test rejects independence at level ``alpha`` over ``repeats`` clouds.

    HSIC by permutation, Pearson's correlation by its t distribution with n - 2 degrees of freedom. For "independent" the
    share is the type I error. The standard error of a share p is sqrt(p (1 - p) / repeats). Settings that differ in noise
    alone see the same random numbers, so their differences are sharper than each. Raises Refusal for a wrong argument.
    """
    if repeats < 1:
        raise Refusal("至少为 1", "must be at least 1", input="repeats", value=repeats)
    if not 0 < alpha < 1:
        raise Refusal("应在 0 与 1 之间", "must lie between 0 and 1", input="alpha", value=alpha)
    for n, noise in settings:
        found = np.zeros(2)
        for i in range(repeats):
            x, y = cloud(shape, n, noise, _seed(seed, n, i))
            found[0] += permutation_test(x, y, permutations, i).p_value <= alpha
            r = pearson(x, y)
            t = abs(r) * np.sqrt((n - 2) / max(1 - r * r, 1e-300))
            found[1] += 2 * scipy.stats.t.sf(t, n - 2) <= alpha
        yield Point(n, noise, *(found / repeats))


def _seed(seed: int, n: int, repeat: int) -> int:
    """One number for each (seed, n, repeat), without collisions in practice."""
    return int(np.random.SeedSequence([seed, n, repeat]).generate_state(1, np.uint64)[0])
