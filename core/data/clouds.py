"""Clouds: points in the plane, of nine shapes or drawn by a reader."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from core.refusal import Refusal

__all__ = ["SHAPES", "Shape", "cloud", "from_ink"]

Shape = Literal["independent", "linear", "parabola", "circle", "cross", "sine", "spiral", "checkerboard", "w"]
SHAPES: tuple[Shape, ...] = get_args(Shape)
MAX_POINTS = 100_000


def cloud(shape: str, n: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """n points of a shape about the size of [-1, 1]², with normal noise of standard deviation ``noise`` on both axes.

    In all shapes but "linear" Pearson's correlation is 0 in the limit ("sine" and "spiral" nearly); in "independent" so is
    every dependence. Raises Refusal for a wrong argument.
    """
    if shape not in SHAPES:
        raise Refusal(
            f"应为 {'、'.join(SHAPES)} 之一", f"must be one of {', '.join(SHAPES)}", input="shape", value=shape
        )
    if not 4 <= n <= MAX_POINTS:
        raise Refusal(f"应在 4 到 {MAX_POINTS} 之间", f"must be from 4 to {MAX_POINTS}", input="n", value=n)
    if not 0 <= noise <= 10:
        raise Refusal("应在 0 到 10 之间", "must be from 0 to 10", input="noise", value=noise)
    rng = np.random.default_rng(seed)
    u = rng.uniform(-1, 1, n)
    angle = rng.uniform(0, 2 * np.pi, n)
    match shape:
        case "independent":
            x, y = u, rng.uniform(-1, 1, n)
        case "linear":
            x, y = u, u.copy()
        case "parabola":
            x, y = u, 2 * u**2 - 1
        case "circle":
            x, y = np.cos(angle), np.sin(angle)
        case "cross":
            x, y = u, u * rng.choice([-1.0, 1.0], n)
        case "sine":
            x, y = u, np.sin(4 * np.pi * u)
        case "spiral":
            turn = np.sqrt(rng.uniform(0.02, 1, n))
            x, y = turn * np.cos(4 * np.pi * turn), turn * np.sin(4 * np.pi * turn)
        case "checkerboard":
            column = rng.integers(0, 4, n)
            row = 2 * rng.integers(0, 2, n) + column % 2
            x, y = (column + rng.uniform(0, 1, n)) / 2 - 1, (row + rng.uniform(0, 1, n)) / 2 - 1
        case _:  # the W of the independence-testing literature: (u² - 1/2)² and back
            x, y = u, 4 * ((u**2 - 0.5) ** 2) * 2 - 1
    return x + noise * rng.normal(size=n), y + noise * rng.normal(size=n)


def from_ink(drawing: np.ndarray, n: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """n points drawn at random from a picture [height, width] as from a density, in [-1, 1]²; Refusal when it is empty."""
    weight = np.clip(np.asarray(drawing, float), 0, None)
    if weight.ndim != 2:
        raise ValueError(f"drawing: has shape {weight.shape}; must be [height, width]")
    if weight.sum() <= 0:
        raise Refusal("是空的，请先画点什么", "is empty; draw something first", input="drawing")
    rng = np.random.default_rng(seed)
    place = rng.choice(weight.size, n, p=(weight / weight.sum()).ravel())
    row, column = np.divmod(place, weight.shape[1])
    x = 2 * (column + rng.uniform(0, 1, n)) / weight.shape[1] - 1
    y = 1 - 2 * (row + rng.uniform(0, 1, n)) / weight.shape[0]
    return x + noise * rng.normal(size=n), y + noise * rng.normal(size=n)
