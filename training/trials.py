"""Several seeds tried for a while, the best of them trained to the end: what the recipes of generators have in common."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import typer

from core import weights
from core.films import frames
from training.command import CannotGoOn
from training.loop import LOG, SHEETS, Run, Schedule
from training.sheets import film

__all__ = ["Preset", "Trials", "best_of", "records"]

FILM, RECORD = "film.webp", "log.csv"  # as they ship beside the weights

C = TypeVar("C")

Trials = Mapping[int, Mapping[str, float]]
"""By seed: the measures at the last step of its trial."""


@dataclass(frozen=True, slots=True)
class Preset(Generic[C]):
    """One data set's settings on the CPU or the GPU; ``trial`` steps decide between the seeds."""

    config: C
    schedule: Schedule
    trial: int


class Running(Protocol):
    """Train one seed, as far as ``stop_at`` when it is given; a later call goes on from there."""

    def __call__(self, seed: int, stop_at: int | None = None) -> Run: ...


def best_of(
    seeds: Iterable[int], trial: int, run: Running, chosen: Callable[[Trials], int], keys: Iterable[str]
) -> tuple[Run, int, dict[str, float]]:
    """The whole run of the best of ``seeds``, that seed, and what the card tells of the trials: ``keys`` by seed.

    ``chosen`` picks the seed by the measures after ``trial`` steps. Raises CannotGoOn where a run is shorter than that.
    """
    trials = {seed: _row(run(seed, trial), trial) for seed in seeds}
    best = chosen(trials)
    typer.echo(f"trials: {trials}; seed {best} goes on")
    told = {f"trial of seed {seed}: {key}": row[key] for seed, row in trials.items() for key in keys}
    return run(best), best, told


def _row(run: Run, trial: int) -> Mapping[str, float]:
    for row in run.rows:
        if row["step"] == trial:
            return row
    raise CannotGoOn(
        f"{run.folder}: no evaluation at step {trial}, which decides between seeds: --steps must be at least that"
    )


def records(run: Run, start: str = "") -> dict[str, bytes]:
    """What ships beside the weights of ``run``: its film and its log.

    Where the run went on from the weights ``start``, their film and log come first, up to the step that those weights are
    of, and steps and seconds go on from there.
    """
    log = (run.folder / LOG).read_bytes()
    if not start:
        return {FILM: film(run.folder / SHEETS), RECORD: log}
    old, new = (_rows(text) for text in (weights.extra(start, RECORD), log))
    old = [row for row in old if float(row["step"]) <= weights.read_card(start).steps]
    for row in new:
        for key in ("step", "seconds"):
            row[key] = str(float(row[key]) + float(old[-1][key]))
    joined = io.StringIO()
    writer = csv.DictWriter(joined, list(old[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows([*old, *new])
    before = frames(weights.extra(start, FILM))[: len(old)]
    return {FILM: film(run.folder / SHEETS, before), RECORD: joined.getvalue().encode("utf-8")}


def _rows(log: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(log.decode("utf-8"))))
