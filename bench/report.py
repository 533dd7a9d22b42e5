"""Tables of performance comparisons: date, machine, rows; written as Markdown under bench/results."""

from __future__ import annotations

import datetime
import platform
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Cost", "measured", "write"]

RESULTS = Path(__file__).parent / "results"


class Cost(NamedTuple):
    """Seconds by the clock and seconds of CPU (this process and its children)."""

    wall: float
    cpu: float


def measured(work: Callable[[], Any]) -> tuple[Any, Cost]:
    """The result of ``work`` and what it cost."""
    wall, cpu = time.perf_counter(), _cpu()
    result = work()
    return result, Cost(time.perf_counter() - wall, _cpu() - cpu)


def write(
    name: str, title: str, header: Sequence[str], rows: Sequence[Sequence[object]], notes: Sequence[str] = ()
) -> Path:
    """Write ``bench/results/<name>.md`` and print it."""
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    lines = [
        f"# {title}", "", f"{datetime.date.today().isoformat()} · {processor} · {platform.system()} · Python {platform.python_version()}", "",
        f"| {' | '.join(header)} |", f"|{'---|' * len(header)}", *(f"| {' | '.join(map(str, row))} |" for row in rows), "", *notes, "",
    ]  # fmt: skip
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.md"
    path.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))
    return path


def _cpu() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
