"""The plane carried through a flow, block by block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from core.flow.i_resnet.blocks import CPU, fixed_point
from core.flow.i_resnet.plane import (
    HALF,
    PlaneFlow,
    aim,
    branch,
    grid_points,
    log_density,
    one_block,
)
from core.weights import load, read_card

__all__ = ["Warped", "carried", "net_lines", "octants", "warped"]

SHOWN, MEASURED = 600, 4096  # points
CELLS = 80  # of the density's grid along an axis
LINES, ALONG = 17, 97  # lines each way over the window, and points of a line
OCTANTS = 8


@dataclass(frozen=True)
class Warped:
    """``points`` [N, 2] of the target after ``blocks`` of ``of`` blocks with the ``net`` [lines, points, 2] of the plane, and
    ``samples`` [N, 2] of noise with as many blocks undone; ``octants`` [2, N] say where each point lies in x.

    The model's ``density`` over [-4, 4]² at ``axis``; ``nll`` is the target's ``entropy`` and the divergence from it of 4096
    fresh points, nats a point;
    ``back``: the largest error of a coordinate of x → z → x.
    """

    blocks: int
    of: int
    points: np.ndarray
    net: np.ndarray
    samples: np.ndarray
    octants: np.ndarray
    axis: np.ndarray
    density: np.ndarray
    nll: float
    entropy: float
    back: float
    steps: int


@lru_cache(maxsize=8)
@torch.inference_mode()
def _moments(target: str, seed: int) -> tuple[Warped, ...]:
    """The plane after 0, 1, … blocks: all at once, so that a reader who plays them waits once."""
    name = f"i-resnet-{target}"
    model: PlaneFlow = load(name, CPU)
    goal, rng, count = aim(target, 0), torch.Generator().manual_seed(seed), model.config.blocks
    x = goal.sample(MEASURED, rng)
    noise = torch.randn(SHOWN, 2, generator=rng)
    z, logdet = model(x)
    axis, grid = grid_points(CELLS)
    shown = x[:SHOWN]
    points, nets, undone = carried(model, shown), carried(model, _net()), _undone(model, noise)
    whole = {
        "octants": np.stack([octants(shown), octants(undone[-1])]), "axis": axis,
        "density": model.log_density(grid).exp().reshape(CELLS, CELLS).numpy(),
        "nll": goal.entropy + goal.excess(x, log_density(z, logdet)), "entropy": goal.entropy,
        "back": float((_undone(model, z[:SHOWN])[-1] - shown).abs().max()), "steps": read_card(name).steps,
    }  # fmt: skip
    return tuple(
        Warped(k, count, points[k].numpy(), nets[k].reshape(-1, ALONG, 2).numpy(), undone[k].numpy(), **whole)
        for k in range(count + 1)
    )


def warped(target: str, blocks: int, seed: int) -> Warped:
    """What the shipped flow of ``target`` makes of the plane in ``blocks`` blocks."""
    return _moments(target, seed)[blocks]


def _net() -> Tensor:
    """Points of a square net over the window, line after line, [2 · 17 · 97, 2]."""
    places, along = torch.linspace(-HALF, HALF, LINES), torch.linspace(-HALF, HALF, ALONG)
    upright = torch.stack(torch.meshgrid(places, along, indexing="ij"), -1)
    return torch.cat([upright, upright.flip(-1)]).reshape(-1, 2)


def net_lines(move: Callable[[Tensor], Tensor]) -> np.ndarray:
    """The lines of the net as ``move`` bends them, [2 · 17, 97, 2] float32."""
    return move(_net()).reshape(-1, ALONG, 2).float().numpy()


def octants(x: Tensor) -> np.ndarray:
    """In which of eight sectors each point lies, [N] from 0; the first is centred on the x axis."""
    turns = torch.atan2(x[:, 1], x[:, 0]) / (2 * torch.pi)
    return ((turns * OCTANTS).round().long() % OCTANTS).numpy()


def carried(model: PlaneFlow, x: Tensor) -> list[Tensor]:
    """x and what it becomes after each block."""
    layers, found = model.layers(), [x]
    for number in range(model.config.blocks):
        x = x + branch(one_block(layers, number), x)
        found.append(x)
    return found


def _undone(model: PlaneFlow, z: Tensor) -> list[Tensor]:
    """z and what it becomes as one block after another is undone, the last first."""
    layers, found = model.layers(), [z]
    for number in reversed(range(model.config.blocks)):
        own = one_block(layers, number)
        z = fixed_point(lambda x, own=own: branch(own, x), z)
        found.append(z)
    return found
