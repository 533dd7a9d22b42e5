"""L-BFGS in a few lines (Liu and Nocedal 1989), with a bisection for the weak Wolfe conditions (Lewis and Overton 2013).

Instead of SciPy's: its small LAPACK calls start threads that cost far more than these problems, and every iterate is wanted here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

__all__ = ["Point", "lbfgs"]

MEMORY = 12  # pairs of steps and changes of the gradient that are kept
ENOUGH, LESS = 1e-4, 0.9  # of the Wolfe conditions
TRIALS = 30  # of a step's length
STILL = 3  # iterations in a row that change too little before it stops

Value = Callable[[np.ndarray], tuple[float, np.ndarray]]


class Point(NamedTuple):
    """An iterate: where, the value and the gradient there."""

    x: np.ndarray
    value: float
    slope: np.ndarray


def lbfgs(of: Value, start: np.ndarray, most: int, change: float = 1e-13) -> Iterator[Point]:
    """The iterates that minimise ``of`` (value and gradient) from ``start`` (any shape), the start among them.

    Ends after ``most`` iterations, or where the value changes by less than the share ``change`` three times in a row.
    """
    here = Point(start, *of(start))
    kept: deque[tuple[np.ndarray, np.ndarray, float]] = deque(maxlen=MEMORY)
    still = 0
    yield here
    for _ in range(most):
        way = -_scaled(here.slope, kept)
        there = _searched(of, here, way)
        if there is None and kept:  # the memory misleads: steepest descent, once
            kept.clear()
            there = _searched(of, here, -_scaled(here.slope, kept))
        if there is None:
            return
        step, turn = there.x - here.x, there.slope - here.slope
        curvature = float(np.vdot(step, turn))
        if curvature > 0:
            kept.append((step, turn, 1 / curvature))
        still = still + 1 if here.value - there.value <= change * max(abs(here.value), 1.0) else 0
        here = there
        yield here
        if still == STILL:
            return


def _scaled(slope: np.ndarray, kept: deque[tuple[np.ndarray, np.ndarray, float]]) -> np.ndarray:
    """The inverse Hessian's estimate times the gradient: the two loops."""
    way, weights = slope.copy(), []
    for step, turn, inverse in reversed(kept):
        weights.append(inverse * float(np.vdot(step, way)))
        way -= weights[-1] * turn
    if kept:
        step, turn, inverse = kept[-1]
        way *= 1 / (inverse * float(np.vdot(turn, turn)))
    else:
        way *= 1 / max(float(np.sqrt(np.vdot(slope, slope))), 1e-300)  # a first step of length one at most
    for (step, turn, inverse), weight in zip(kept, reversed(weights), strict=True):
        way += (weight - inverse * float(np.vdot(turn, way))) * step
    return way


def _searched(of: Value, here: Point, way: np.ndarray) -> Point | None:
    """A point along ``way`` that meets the weak Wolfe conditions, or the best that only descends; None where none does."""
    down = float(np.vdot(here.slope, way))
    if not down < 0:
        return None
    low, high, length, found = 0.0, np.inf, 1.0, None
    for _ in range(TRIALS):
        x = here.x + length * way
        there = Point(x, *of(x))
        if not there.value <= here.value + ENOUGH * length * down:
            high = length
        elif float(np.vdot(there.slope, way)) < LESS * down:
            low, found = length, there
        else:
            return there
        length = (low + high) / 2 if np.isfinite(high) else 2 * low
    return found if found is not None and found.value < here.value else None
