"""Which points of a picture have their names written, so that no name covers another."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

__all__ = ["apart", "clear"]


def apart(
    places: np.ndarray, order: Iterable[int], span: np.ndarray, box: tuple[float, float], most: int
) -> list[int]:  # fmt: skip
    """Of the points ``order``, at most ``most`` whose names do not cover that of an earlier one.

    ``places`` [N, 2] are all points, ``span`` [2] the picture's width and height, ``box`` those of a name as shares of it.
    """
    kept: list[int] = []
    for k in order:
        away = np.abs(places[kept] - places[k]) / span
        if not (away < box).all(1).any():
            kept.append(int(k))
        if len(kept) == most:
            break
    return kept


def clear(
    places: np.ndarray, order: Iterable[int], boxes: np.ndarray, bodies: np.ndarray, rise: float, off: np.ndarray
) -> list[int]:  # fmt: skip
    """Of the points ``order``, those whose names, written ``rise`` above them, cover no earlier name and no other point.

    ``places`` [N, 2] are all points and ``boxes`` [N, 2] the width and height of their names, in the same units; ``off`` [M, 2] are
    points besides. A point is covered where its centre is inside the box ``bodies`` [N, 2], which may be smaller where a picture has two sizes.
    """
    kept: list[int] = []
    middle = places + np.array([0.0, rise])
    for k in order:
        among = np.concatenate([np.delete(places, k, 0), off])
        covered = (np.abs(among - middle[k]) < bodies[k] / 2).all(1).any()
        met = (np.abs(middle[kept] - middle[k]) < (boxes[kept] + boxes[k]) / 2).all(1).any()
        if not covered and not met:
            kept.append(int(k))
    return kept
