"""The Wasserstein distance on the line, and critics that a reader bends by hand.

    W1(p, q) = max over |T'| ≤ 1 of E_p T - E_q T = ∫ |F_p - F_q| dx,   reached by T' = sign(F_q - F_p)

Without the bound on the slope the maximum is infinite: a critic that is K times as steep gets K times as much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.gan.gan_qp.critics import densities

__all__ = ["Bent", "bend", "best", "wasserstein"]


@dataclass(frozen=True)
class Bent:
    """``x`` [N], shares of mass ``p``, ``q`` [N], the ``best`` potential with slopes of at most 1 and the reader's
    ``critic`` [N]; its ``gain`` E_p T - E_q T, its ``steepest`` slope, and the distance ``w1``."""

    x: np.ndarray
    p: np.ndarray
    q: np.ndarray
    best: np.ndarray
    critic: np.ndarray
    gain: float
    steepest: float
    w1: float

    @property
    def bound(self) -> float:
        """gain / steepest, which no critic brings above W1 (Kantorovich and Rubinstein); 0 for a flat critic."""
        return self.gain / self.steepest if self.steepest else 0.0


def wasserstein(x: np.ndarray, p: np.ndarray, q: np.ndarray) -> float:
    """W1 of shares of mass p and q [N] on a regular grid x [N]: ∫ |F_p - F_q|."""
    return float(np.abs(np.cumsum(p - q))[:-1].sum() * (x[1] - x[0]))


def best(x: np.ndarray, p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The potential T [N] with |T'| ≤ 1 that reaches W1, with mean 0: its slope is the sign of F_q - F_p."""
    slope = np.sign(np.round(np.cumsum(q - p), 12))[:-1]  # rounded: equal densities have no slope
    potential = np.concatenate([[0.0], np.cumsum(slope)]) * (x[1] - x[0])
    return potential - potential.mean()


def bend(name: str, shift: float, knots: Sequence[tuple[float, float]]) -> Bent:
    """The critic that is linear between ``knots`` (x, T) and flat beyond them, on the pair of densities ``name``."""
    x, p, q = densities(name, shift)
    places, heights = np.array(sorted(knots)).T
    critic = np.interp(x, places, heights)
    gaps = np.diff(places)
    rises = np.abs(np.diff(heights))
    # two knots above each other are a jump: as steep as the grid can show
    steepest = float((rises / np.maximum(gaps, x[1] - x[0])).max(initial=0.0))
    return Bent(x, p, q, best(x, p, q), critic, float((p - q) @ critic), steepest, wasserstein(x, p, q))
