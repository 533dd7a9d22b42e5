"""Which points of a picture have their names written, so that no name covers another."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

__all__ = ["apart"]


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
