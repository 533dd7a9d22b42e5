"""``python -m tests.gallery.engine.headless``: kills the head of its own cluster in the middle of a run, and prints what is said.

A line of JSON a run, with the seconds that passed and the last event: the one in which the head is killed, the next one, one in
which the only worker is killed too, the next one, and one with the local fallback.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

import psutil

os.environ["GALLERY_PAGES"] = "tests/kitchen"

from core.cluster import HERE, Address
from gallery.engine import runner
from gallery.engine.engines.cluster import Cluster
from gallery.engine.engines.local import Local
from gallery.engine.runner import Computed, Failed
from gallery.inputs import parse
from tests.conftest import KITCHEN
from tests.gallery.engine.ray_cluster import busy, kill

HEAD = "gcs_server"


def main() -> int:
    """Run it; returns the exit status."""
    cluster = Cluster("GALLERY_ENGINE", Address.read("GALLERY_ENGINE", HERE), 1)
    runner.engine = lambda: cluster  # type: ignore[assignment]
    events = started(1)
    next(events)
    (head,) = [p for p in psutil.Process().children(recursive=True) if HEAD in p.name()]
    head.kill()
    tell(events)
    tell(started(2))
    events = started(3)
    next(events)
    kill(busy(cluster)[0].pid)
    tell(events)
    tell(started(4))
    cluster.fallback = Local()
    tell(started(5))
    sys.stdout.flush()
    for process in psutil.Process().children(recursive=True):
        process.kill()
    os._exit(0)  # Ray has nobody left to say goodbye to


def started(seed: int) -> Iterator[Any]:
    return runner.compute_tab("every-kind", parse(KITCHEN["every-kind"].page.tab("long"), {"pause": 0.1, "seed": seed}))


def tell(events: Iterator[Any]) -> None:
    begun = time.monotonic()
    *_, last = events
    said = last.message.en if isinstance(last, Failed) else type(last).__name__
    print(
        json.dumps({"seconds": round(time.monotonic() - begun, 2), "said": said, "whole": isinstance(last, Computed)})
    )


if __name__ == "__main__":
    sys.exit(main())
