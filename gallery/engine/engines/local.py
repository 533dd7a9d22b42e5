"""Local: this process computes, in a compute slot. The default."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from core import weights
from core.device import compute_slots
from gallery.engine.engines.protocol import POLL_SECONDS, State, Waiting, Work, WorkerState

__all__ = ["Local", "resident"]


class Local:
    """The slots of :mod:`core.device`, one a core."""

    def run(self, work: Work) -> Iterator[Any]:
        """See :class:`~gallery.engine.engines.protocol.Engine`. No slot is held while something is fetched."""
        yield from work.fetch()
        with compute_slots().ticket() as ticket:
            while not ticket.wait(POLL_SECONDS):
                yield Waiting(ticket.place)
            with closing(work.items()) as items:  # type: ignore[type-var]
                yield from items

    def state(self) -> State:
        """One worker: this process."""
        line, cache = compute_slots().counters(), weights.counters()
        worker = WorkerState(
            name="local", node=socket.gethostname(), pid=os.getpid(), ready=True, busy=line.busy > 0, memory=resident(),
            weights=cache.bytes, weights_limit=cache.limit, served=line.served,
        )  # fmt: skip
        return State("local", line, (worker,))

    def close(self) -> None:
        """Nothing is held."""


def resident() -> int:
    """Bytes of memory that this process holds; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
