"""Two objectives trained on the same points, from the same networks, with the same noise: only the objective differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.gan.plane.targets import Target
from core.gan.plane.training import Run, Settings, train
from core.progress import Progress

__all__ = ["Duel", "duel"]

SHOWN = 600  # points of the target that a picture shows
PICTURES = 5  # states shown while training goes on


@dataclass(frozen=True)
class Duel:
    """Both runs so far and ``points`` [600, 2] of the target, which has ``centres`` modes (0: none); ``done`` is the share of steps taken."""

    left: Run
    right: Run
    points: np.ndarray
    centres: int
    done: float

    @property
    def runs(self) -> tuple[Run, Run]:
        return self.left, self.right


def duel(left: Settings, right: Settings, aim: Target) -> Iterator[Duel | Progress]:
    """Train both in turn, record by record; yields both runs a few times, the last time whole.

    ValueError when they differ in steps or in how often they are recorded. A run that diverged keeps its last record.
    """
    if (left.steps, left.every) != (right.steps, right.every):
        raise ValueError("both runs need the same steps and records")
    count = 0 if aim.centres is None else len(aim.centres)
    runs = [train(settings, aim) for settings in (left, right)]
    records = -(-left.steps // left.every)
    found: list[Run | None] = [None, None]
    for k in range(1, records + 1):
        found = [next(run, last) for run, last in zip(runs, found, strict=True)]
        first, second = found
        assert first is not None
        assert second is not None
        if k == records or k % -(-records // PICTURES) == 0:
            yield Duel(first, second, aim.points[:SHOWN], count, k / records)
        else:
            yield Progress(k / records)
