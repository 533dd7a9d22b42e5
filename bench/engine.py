"""The engines side by side: ``python -m bench.engine``: each tab computed by this process and by a Ray worker, in turn.

Every run has inputs of its own (no result is kept), and both engines get the same. ``--address`` measures a cluster that is
there already (ray://host:port); the default starts one worker here.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import time
from dataclasses import dataclass

import psutil

from bench.report import write
from core.cluster import HERE, Address
from gallery.engine.catalog import catalog
from gallery.engine.engines.cluster import Cluster
from gallery.engine.engines.local import Local
from gallery.engine.engines.protocol import Engine, Run, Waiting
from gallery.inputs import parse
from gallery.page import Tab

RUNS = 15
WARM = 3


@dataclass(frozen=True)
class Subject:
    """A tab, and the input that tells its runs apart."""

    slug: str
    tab: str
    name: str = "seed"

    def inputs(self, number: int) -> Tab:
        return parse(catalog()[self.slug].page.tab(self.tab), {self.name: number})


SUBJECTS = (
    Subject("hsic", "play"), Subject("gillespie", "trajectories"), Subject("o-gan", "interpolate"), Subject("gpt2", "write"),
)  # fmt: skip


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--address", default=HERE)
    parser.add_argument("--runs", type=int, default=RUNS)
    given = parser.parse_args()
    begun = time.perf_counter()
    cluster = Cluster("address", Address.read("address", given.address), 1)
    start = time.perf_counter() - begun
    engines: dict[str, Engine] = {"local": Local(), "ray": cluster}
    rows = []
    for subject in SUBJECTS:
        number = itertools.count(1)
        cold = {name: timed(engine, subject.inputs(0)) for name, engine in engines.items()}
        for engine, inputs in ((e, subject.inputs(next(number))) for _ in range(WARM) for e in engines.values()):
            timed(engine, inputs)
        warm: dict[str, list[tuple[float, float, int]]] = {name: [] for name in engines}
        for _ in range(given.runs):
            inputs = subject.inputs(next(number))
            for name, engine in engines.items():
                warm[name].append(timed(engine, inputs))
        for name in engines:
            first, whole, items = (statistics.median(part) for part in zip(*warm[name], strict=True))
            rows.append(
                (f"{subject.slug}/{subject.tab}", name, f"{cold[name][1] * 1e3:.0f}", f"{first * 1e3:.1f}", f"{whole * 1e3:.1f}", int(items))
            )  # fmt: skip
    memory = cluster.state().workers[0].memory
    cluster.close()
    write(
        "engine", "Computed here and by a Ray worker", ("tab", "engine", "first run, ms", "first item, ms", "whole, ms (median)", "items"), rows,
        [
            f"Median of {given.runs} warm runs, the engines in turn on the same inputs; load of the machine {os.getloadavg()[0]:.1f} on {psutil.cpu_count()} cores.",
            f"The cluster and its worker were ready after {start:.1f} s; the worker holds {memory / 2**20:.0f} MiB after the runs.",
        ],
    )  # fmt: skip


def timed(engine: Engine, inputs: Tab) -> tuple[float, float, int]:
    """Seconds to the first item, seconds to the end, and how many items came."""
    begun, first, count = time.perf_counter(), 0.0, 0
    for item in engine.run(Run(slug_of(inputs), inputs)):
        if isinstance(item, Waiting):
            continue
        count += 1
        first = first or time.perf_counter() - begun
    return first, time.perf_counter() - begun, count


def slug_of(inputs: Tab) -> str:
    """The page that the tab of ``inputs`` stands in."""
    return next(entry.slug for entry in catalog() if entry.module == type(inputs).__module__)


if __name__ == "__main__":
    main()
