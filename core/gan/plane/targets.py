"""Targets in the plane: 8 and 25 normals, a ring, a Swiss roll, two moons, or what a reader draws.

All lie within [-1, 1]², about, so that one learning rate and one picture serve them all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from core.data.clouds import from_ink
from core.refusal import Refusal

__all__ = ["TARGETS", "Target", "TargetName", "target"]

TargetName = Literal["eight", "grid", "ring", "roll", "moons", "drawn"]
TARGETS: tuple[TargetName, ...] = get_args(TargetName)
EIGHT_RADIUS, GRID_STEP = 0.8, 0.4  # the mixtures of arXiv 1611.02163 (radius 2) and 1704.00028 (step 2), reduced
SD = 0.02  # of each normal; reduced alike it would be 0.008 and 0.01, a dot too small to see
CURVE_SD = 0.03
POOL = 20_000  # points that stand for a drawing or a curve


@dataclass(frozen=True)
class Target:
    """``points`` [N, 2] float32, drawn from the target; ``centres`` [M, 2] and ``sd`` where it is a mixture of normals."""

    name: str
    points: np.ndarray
    centres: np.ndarray | None = None
    sd: float = 0.0


def target(name: str, seed: int, drawing: np.ndarray | None = None) -> Target:
    """The target ``name``; "drawn" takes a picture [height, width] as a density.

    Raises Refusal for an unknown name, or a drawing that is empty.
    """
    if name not in TARGETS:
        raise Refusal(
            f"应为 {'、'.join(TARGETS)} 之一", f"must be one of {', '.join(TARGETS)}", input="target", value=name
        )
    rng = np.random.default_rng(seed)
    if name == "drawn":
        if drawing is None:
            raise Refusal("是空的，请先画点什么", "is empty; draw something first", input="drawing")
        return Target(name, np.stack(from_ink(drawing, POOL, 0.0, seed), 1).astype(np.float32))
    if name in ("eight", "grid"):
        centres, sd = _centres(name)
        points = centres[rng.integers(len(centres), size=POOL)] + sd * rng.normal(size=(POOL, 2))
        return Target(name, points.astype(np.float32), centres.astype(np.float32), sd)
    return Target(name, (_curve(name, rng) + CURVE_SD * rng.normal(size=(POOL, 2))).astype(np.float32))


def _centres(name: str) -> tuple[np.ndarray, float]:
    if name == "eight":
        angles = np.arange(8) * math.pi / 4
        return EIGHT_RADIUS * np.stack([np.cos(angles), np.sin(angles)], 1), SD
    steps = GRID_STEP * np.arange(-2, 3)
    return np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2), SD


def _curve(name: str, rng: np.random.Generator) -> np.ndarray:
    """Points on the curve, without noise."""
    u = rng.uniform(0, 1, POOL)
    if name == "ring":
        return 0.8 * np.stack([np.cos(2 * math.pi * u), np.sin(2 * math.pi * u)], 1)
    if name == "roll":
        angle = 1.5 * math.pi * (1 + 2 * u)
        return 0.85 * angle[:, None] / angle.max() * np.stack([np.cos(angle), np.sin(angle)], 1)
    upper = rng.random(POOL) < 0.5
    x = np.where(upper, np.cos(math.pi * u), 1 - np.cos(math.pi * u)) - 0.5
    y = np.where(upper, np.sin(math.pi * u), 0.5 - np.sin(math.pi * u)) - 0.25
    return 0.6 * np.stack([x, y], 1)
