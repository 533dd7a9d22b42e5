"""A small flow learns a target of the plane while the reader watches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from core.flow.i_resnet.plane import HALF, Aim, Config, PlaneFlow, grid_points, log_density, negative_log_likelihood
from core.flow.i_resnet.warp import carried, net_lines
from core.progress import Progress

__all__ = ["Learnt", "Record", "Settings", "learn"]

RECORDS = 12  # moments of the film
MEASURED, SHOWN = 2048, 400  # points of a record's readings, always the same; and samples shown
CELLS = 64  # of the density's grid along an axis
WARM_UP = 20  # steps
SMALL = Config(6, 32)


@dataclass(frozen=True)
class Settings:
    """``terms`` of the series in the objective, 0 for the determinant itself."""

    config: Config = SMALL
    terms: int = 0
    steps: int = 300
    batch: int = 256
    lr: float = 1e-2
    seed: int = 0


@dataclass(frozen=True)
class Record:
    """After ``step`` steps: the model's ``density`` [y, x], ``samples`` [400, 2], the ``net`` [lines, points, 2] of the plane as
    it is carried to z; ``nll`` of fresh points by the exact determinant, and what the ``objective`` takes for it, nats."""

    step: int
    density: np.ndarray
    samples: np.ndarray
    net: np.ndarray
    nll: float
    objective: float


@dataclass(frozen=True)
class Learnt:
    """All records so far, the grid's ``axis``, the target's ``points`` [400, 2] and ``entropy``; the share of steps ``done``."""

    records: tuple[Record, ...]
    axis: np.ndarray
    points: np.ndarray
    entropy: float
    done: float

    @property
    def last(self) -> Record:
        return self.records[-1]

    @property
    def gain(self) -> float:
        """How much better than the truth the objective takes the model to be, nats: 0 with the determinant itself."""
        return self.last.nll - self.last.objective


def learn(settings: Settings, aim: Aim) -> Iterator[Learnt | Progress]:
    """Train with Adam, the learning rate falling linearly to a tenth; yields all records so far at each of them."""
    rng = torch.Generator().manual_seed(settings.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        model = PlaneFlow(settings.config, "power")
    optimiser = torch.optim.Adam(model.parameters(), settings.lr)
    seen = aim.sample(MEASURED, torch.Generator().manual_seed(settings.seed + 1))
    noise = torch.randn(SHOWN, 2, generator=torch.Generator().manual_seed(settings.seed + 2))
    axis, grid = grid_points(CELLS, HALF)
    records = [_record(0, model, settings.terms, aim, seen, noise, grid)]
    every = -(-settings.steps // RECORDS)
    points = seen[:SHOWN].numpy()
    yield Learnt(tuple(records), axis, points, aim.entropy, 0.0)
    for step in range(1, settings.steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = settings.lr * min(1.0, step / WARM_UP) * (1 - 0.9 * step / settings.steps)
        loss = negative_log_likelihood(*model(aim.sample(settings.batch, rng), settings.terms))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % every == 0 or step == settings.steps:
            records.append(_record(step, model, settings.terms, aim, seen, noise, grid))
            yield Learnt(tuple(records), axis, points, aim.entropy, step / settings.steps)


@torch.no_grad()
def _record(
    step: int, model: PlaneFlow, terms: int, aim: Aim, seen: torch.Tensor, noise: torch.Tensor, grid: torch.Tensor
) -> Record:
    served = model.settled()
    density = served.log_density(grid).exp().reshape(CELLS, CELLS)
    true, told = (aim.entropy + aim.excess(seen, log_density(*served(seen, n))) for n in (0, terms))
    return Record(
        step, density.numpy(), served.inverse(noise)[0].numpy(), net_lines(lambda x: carried(served, x)[-1]), true, told
    )  # fmt: skip
