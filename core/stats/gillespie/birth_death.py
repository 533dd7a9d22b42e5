"""Birth–death chains: one species that goes up or down by one. Stationary distribution and passage times, exact.

The Schlögl network is such a chain, which makes the times of its rare switches known without a simulation.
"""

from __future__ import annotations

import numpy as np

from core.stats.gillespie.networks import examples
from core.stats.gillespie.rate_equations import propensities

__all__ = ["mean_passage_time", "schloegl_chain", "stationary", "switching_times"]


def stationary(birth: np.ndarray, death: np.ndarray) -> np.ndarray:
    """Stationary distribution of a chain on 0 … N with rates birth[n]: n → n + 1 and death[n]: n → n - 1.

    P(n + 1) / P(n) = birth[n] / death[n + 1], in logarithms.
    """
    logs = np.concatenate([[0.0], np.cumsum(np.log(birth[:-1]) - np.log(death[1:]))])
    weights = np.exp(logs - logs.max())
    return weights / weights.sum()


def mean_passage_time(birth: np.ndarray, death: np.ndarray, start: int, end: int) -> float:
    """Mean time of a birth–death chain from ``start`` to ``end`` > start, with no way out below 0 [time].

    T = sum_{n = start}^{end - 1} sum_{m <= n} P(m) / (birth[n] P(n)), P the stationary weights (Gardiner, 7.4).
    """
    logs = np.concatenate([[0.0], np.cumsum(np.log(birth[:-1]) - np.log(death[1:]))])
    total = 0.0
    for n in range(start, end):
        total += np.exp(logs[: n + 1] - logs[n]).sum() / birth[n]
    return float(total)


def schloegl_chain(most: int = 1500) -> tuple[np.ndarray, np.ndarray]:
    """Rates up and down of the Schlögl network on 0 … most - 1: a birth–death chain."""
    a = propensities(examples()["schloegl"].network, np.arange(float(most))[:, None])
    return a[:, 0] + a[:, 2], a[:, 1] + a[:, 3]


def switching_times(low: int = 82, high: int = 563) -> tuple[float, float]:
    """Mean times of the Schlögl chain from its lower mode to its upper one, and back [time]."""
    birth, death = schloegl_chain()
    upward = mean_passage_time(birth, death, low, high)
    mirrored = mean_passage_time(death[::-1], birth[::-1], len(birth) - 1 - high, len(birth) - 1 - low)
    return upward, mirrored
