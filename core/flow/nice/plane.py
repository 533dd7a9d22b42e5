"""NICE of two numbers, trained while one watches: what additive couplings and one scale can make of a normal distribution.

The couplings preserve areas and the scale multiplies all of them by the same factor, so q(x) takes the same values, over
regions of the same areas, as a normal distribution with standard deviations σ₁ and σ₂: its highest density is 1 / (2π σ₁ σ₂)
wherever it has peaks, and its level sets are moved, bent and stretched, never torn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from core.flow.nice.model import NICE, Config, constant, loss
from core.gan.plane.targets import Target

__all__ = ["Record", "Settings", "Training", "trained"]

HIDDEN, BATCH, HELD_OUT, SHOWN = 64, 256, 2000, 600
LR, SCALES = 5e-3, 4  # of the networks, and how many times that of the log-scales
MOMENTS = 20  # records of a run
MESH = np.linspace(-2, 2, 9)  # lines of z's mesh, in standard deviations
ALONG = 81  # points of each line


@dataclass(frozen=True, slots=True)
class Settings:
    """``couplings`` of networks with two hidden layers of 64 units, trained for ``steps`` steps; the learning rate falls to 0.

    ``positive`` gives m a last ReLU: here m is one number, and where that ReLU closes for all points the coupling is dead.
    """

    couplings: int = 4
    positive: bool = False
    steps: int = 600
    seed: int = 0


class Record(NamedTuple):
    """After ``step`` steps: ``loss`` on held-out points, -log q in nats; ``samples`` [N, 2]; ``mesh`` [M, 2], the lines of z's
    mesh as they lie in x, with a gap after each; ``cell``: the area of each cell of it in x; ``peak``: the highest density there is."""

    step: int
    loss: float
    samples: np.ndarray
    mesh: np.ndarray
    cell: float
    peak: float


class Training(NamedTuple):
    """A run: its ``records``, real ``points`` [N, 2], the codes ``z`` [N, 2] of all samples and their ``mesh`` [M, 2];
    ``gaussian``: the loss of the best normal distribution; ``done`` in [0, 1]."""

    records: tuple[Record, ...]
    points: np.ndarray
    z: np.ndarray
    mesh: np.ndarray
    gaussian: float
    done: float

    @property
    def last(self) -> Record:
        """The newest record."""
        return self.records[-1]


def trained(settings: Settings, target: Target) -> Iterator[Training]:
    """Train a NICE on ``target``, a record at a time."""
    state = torch.random.get_rng_state()
    torch.manual_seed(settings.seed)
    model = NICE(Config(1, 2, HIDDEN, 2, settings.couplings, settings.positive))
    torch.random.set_rng_state(state)
    rng = torch.Generator().manual_seed(settings.seed)
    points = torch.from_numpy(target.points)[torch.randperm(len(target.points), generator=rng)]
    fresh, points = points[:HELD_OUT], points[HELD_OUT:]
    scale = model.scale.log_scale
    others = [p for p in model.parameters() if p is not scale]
    optimiser = torch.optim.Adam([{"params": others}, {"params": [scale], "lr": SCALES * LR}], LR, fused=True)
    falling = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: 0.5 * (1 + math.cos(math.pi * step / settings.steps))
    )
    z = torch.randn(SHOWN, 2, generator=rng)
    every = max(settings.steps // MOMENTS, 1)
    records = [_record(model, 0, fresh, z)]
    for step in range(1, settings.steps + 1):
        mean = loss(*model(points[torch.randint(len(points), (BATCH,), generator=rng)])).mean()
        optimiser.zero_grad()
        mean.backward()
        optimiser.step()
        falling.step()
        if step % every == 0 or step == settings.steps:
            records.append(_record(model, step, fresh, z))
            yield Training(
                tuple(records),
                fresh[:SHOWN].numpy(),
                z.numpy(),
                _lines().numpy(),
                _gaussian(fresh),
                step / settings.steps,
            )


@torch.no_grad()
def _record(model: NICE, step: int, fresh: Tensor, z: Tensor) -> Record:
    volume = float(model.scale.log_scale.sum().exp())
    return Record(
        step, float(loss(*model(fresh)).mean()) + constant(2), model.inverse(z)[0].numpy(), _mesh(model),
        float(MESH[1] - MESH[0]) ** 2 / volume, volume / (2 * math.pi),
    )  # fmt: skip


def _mesh(model: NICE) -> np.ndarray:
    z = _lines()
    there = z[:, 0].isfinite()
    x = torch.full_like(z, torch.nan)
    x[there] = model.inverse(z[there])[0]
    return x.numpy()


def _lines() -> Tensor:
    """The lines of the mesh in z, a gap after each [M, 2]."""
    along = torch.linspace(float(MESH[0]), float(MESH[-1]), ALONG)
    across = torch.cartesian_prod(torch.from_numpy(MESH.astype(np.float32)), along).reshape(len(MESH), ALONG, 2)
    lines = torch.cat([across, across.flip(2)])
    return torch.cat([lines, torch.full((len(lines), 1, 2), torch.nan)], 1).reshape(-1, 2)


def _gaussian(points: Tensor) -> float:
    """-log q, nats a point, of the normal distribution with the points' own mean and covariance."""
    return (
        float(0.5 * torch.linalg.slogdet(torch.cov(points.T.double(), correction=0)).logabsdet)
        + 1
        + math.log(2 * math.pi)
    )
