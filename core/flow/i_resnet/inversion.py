"""One block undone: the iterates of x ← z - g(x), and what becomes of them when g is made steeper than 1."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from core.flow.i_resnet.blocks import CPU, iterates
from core.flow.i_resnet.plane import Layers, branch, grid_points, in_double, slopes
from core.flow.i_resnet.warp import net_lines
from core.weights import load

__all__ = ["Field", "Inversion", "inversion", "rescaled"]

Field = Literal["trained", "turn", "fold"]
NAME = "i-resnet-eight"
CELLS = 128  # of the grid on which Lip(g) and the folds are measured
ITERATIONS, SHOWN = 400, 60  # taken, enough for 0.95ⁿ < 1e-8; and drawn
FLOOR = 1e-13  # of float64, below which an error is rounding
NEAR = 1e-6  # iterates that still move by more at the end have not settled; points farther apart are two points
SHADED = 64  # cells along an axis of the picture


@dataclass(frozen=True)
class Inversion:
    """``x`` is known and z = x + g(x) is given; ``path`` [61, 2] are the iterates from x₀ = z, ``errors`` [61] their distances
    from x (NaN where below the rounding) and ``bounds`` [61] = cⁿ/(1 - c) ‖x₁ - x₀‖ (NaN for c ≥ 1). ``end`` [2] is the 400th.

    ``determinant`` [y, x] of I + J at ``axis``, ``least`` the smallest of all: 0 or less means that the plane is folded.
    ``product``: of the layers' norms, an upper bound of Lip(g) = ``lip``, 0 where g is no network. ``net`` [lines, points, 2]:
    the plane as the block bends it. ``gap``: how far ``end`` is from solving x + g(x) = z.
    """

    x: np.ndarray
    z: np.ndarray
    path: np.ndarray
    end: np.ndarray
    errors: np.ndarray
    bounds: np.ndarray
    axis: np.ndarray
    determinant: np.ndarray
    net: np.ndarray
    least: float
    lip: float
    product: float
    gap: float

    @property
    def settled(self) -> bool:
        """Whether the iterates came to rest at a solution."""
        return self.gap < NEAR

    @property
    def found(self) -> bool:
        """Whether they came to rest at x itself."""
        return self.settled and not float(np.abs(self.end - self.x).max()) > NEAR

    @property
    def folded(self) -> bool:
        """Whether the block is no longer one to one."""
        return self.least <= 0

    @property
    def rate(self) -> float:
        """By what the error shrinks an iteration, over those above the rounding; NaN where fewer than three are."""
        known = self.errors[np.isfinite(self.errors) & (self.errors > 0)]
        return float((known[-1] / known[0]) ** (1 / (len(known) - 1))) if len(known) > 2 else float("nan")


@torch.inference_mode()
def inversion(field: Field, block: int, c: float, x: tuple[float, float]) -> Inversion:
    """Undo z = x + g(x), where g is block ``block`` (from 1) of the shipped flow or one of two examples, made so steep that Lip(g) = c.

    "turn": g = c Q tanh(x), Q a quarter turn; "fold": g = -c tanh(x). Both have their steepest place at 0.
    """
    axis, grid = grid_points(CELLS)
    points = grid.double()
    product = 0.0
    if field == "trained":
        before = _measured(block)
        factor = c / float(torch.linalg.matrix_norm(before, 2).max())
        layers = rescaled(in_double(load(NAME, CPU).block(block - 1)), factor)
        product = math.prod(float(torch.linalg.matrix_norm(weight, 2)) for weight in layers.weights)
        g: Callable[[Tensor], Tensor] = lambda v: branch(layers, v)  # noqa: E731
        jacobian = factor * before
    else:
        turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]]) if field == "turn" else -torch.eye(2)
        matrix = c * turn.double()
        g = lambda v: torch.tanh(v) @ matrix.T  # noqa: E731
        jacobian = matrix * (1 - torch.tanh(points).square())[:, None, :]
    lip = float(torch.linalg.matrix_norm(jacobian, 2).max())
    determinant = torch.linalg.det(torch.eye(2, dtype=torch.float64) + jacobian).reshape(CELLS, CELLS)
    known = torch.tensor([x], dtype=torch.float64)
    z = known + g(known)
    path = torch.cat(list(iterates(g, z, ITERATIONS)))
    end, path = path[-1], path[: SHOWN + 1]
    errors = (path - known).norm(dim=1)
    count = torch.arange(SHOWN + 1)
    bounds = c**count / (1 - c) * (path[1] - path[0]).norm() if c < 1 else torch.full((SHOWN + 1,), torch.nan)
    return Inversion(
        known[0].numpy(), z[0].numpy(), path.numpy(), end.numpy(), torch.where(errors > FLOOR, errors, torch.nan).numpy(),
        torch.where(bounds > FLOOR, bounds, torch.nan).numpy(), axis[:: CELLS // SHADED],
        determinant[:: CELLS // SHADED, :: CELLS // SHADED].float().numpy(), net_lines(lambda v: v.double() + g(v.double())), float(determinant.min()), lip, product,
        float((end + g(end[None]) - z).abs().max()),
    )  # fmt: skip


@lru_cache(maxsize=16)
def _measured(block: int) -> Tensor:
    """J of a block of the shipped flow on the grid, [cells², 2, 2] in float64."""
    return slopes(in_double(load(NAME, CPU).block(block - 1)), grid_points(CELLS)[1].double())[1]


def rescaled(layers: Layers, factor: float) -> Layers:
    """The layers with g multiplied by ``factor``."""
    (*weights, last), (*biases, shift) = layers
    return Layers((*weights, factor * last), (*biases, factor * shift))
