"""The Turing test as a game: a real and a generated picture in an order that is not told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from core.gan.pictures_views import pairs

__all__ = ["Round", "play"]

PAIRS = 60  # of a series: the critic's share of right answers is known to 6 points (one standard error)


@dataclass(frozen=True)
class Round:
    """One pair: pictures ``left`` and ``right`` uint8 [S, S, 3], the ``truth`` ("left" or "right" is real), the critic's
    ``gap`` T(x_r) - T(x_f) and ``probability`` σ of it; all pairs' ``gaps`` [60] sorted, with this one's ``rank`` from 1;
    ``critic``: the share of pairs in which the critic scores the real one higher."""

    left: np.ndarray
    right: np.ndarray
    truth: str
    gap: float
    probability: float
    gaps: np.ndarray
    rank: int
    critic: float


def play(name: str, number: int, seed: int) -> Round:
    """Pair ``number`` (from 1) of the series ``seed`` from the weights ``name``; the order is drawn with the seed."""
    found = pairs(name, PAIRS, seed)
    first = np.random.default_rng((seed, number)).random() < 0.5
    k = number - 1
    shown = (found.real[k], found.made[k]) if first else (found.made[k], found.real[k])
    gap = float(found.gap[k])
    order = np.sort(found.gap)
    return Round(
        *shown, "left" if first else "right", gap, float(expit(gap)), order,
        int(np.searchsorted(order, found.gap[k])) + 1, float((found.gap > 0).mean()),
    )  # fmt: skip
