"""Worker: the process of a cluster that computes. Plain Python: what makes it an actor stands in :mod:`.cluster`.

It stays warm: modules, compiled kernels and weights that one run loaded are there for the next.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core import weights
from core.cluster import Raised
from core.device import Counters
from gallery.engine.catalog import ROOT
from gallery.engine.engines.local import resident

__all__ = ["About", "Worker", "received", "version"]

OURS = ("core", "gallery", "pages")


@dataclass(frozen=True, slots=True)
class About:
    """A worker as it says itself: where it runs, the :func:`version` of its sources, its numbers (bytes, runs), and the line of
    the server that it works for, as that told it last."""

    node: str
    pid: int
    version: str
    memory: int
    weights: int
    weights_limit: int
    served: int
    line: Counters | None


@lru_cache(maxsize=1)
def version() -> str:
    """SHA-256 over all that can change a result: the sources, the weights' cards, and the version of Python."""
    digest = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    files = [path for name in OURS for path in (ROOT / name).rglob("*.py")]
    for path in sorted([*files, *(ROOT / "assets" / "weights").glob("*/card.json")]):
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


class Worker:
    """Computes one piece of work at a time; ``stop`` and ``about`` are answered meanwhile."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped: set[str] = set()
        self._served = 0
        self._line: Counters | None = None

    def run(self, key: str, data: bytes, skip: int) -> Iterator[bytes]:
        """The items of the pickled work after the first ``skip``, each as :func:`received` reads it.

        They are pickled here and not by Ray: so arrays arrive writable, as they are made, and stay no longer in shared memory
        than it takes to read them. Ends with Raised where the work raises. ``key`` names the run for :meth:`stop`.
        """
        try:
            yield from self._items(key, data, skip)
        except Exception as error:
            yield _packed(Raised.of(error), False)
        finally:
            with self._lock:
                self._served += 1

    def _items(self, key: str, data: bytes, skip: int) -> Iterator[bytes]:
        with self._lock:
            self._stopped &= {key}  # whoever else was stopped has ended
        work = pickle.loads(data)
        for progress in work.fetch():
            if self._stops(key):
                return
            yield _packed(progress, False)
        with closing(work.items()) as items:
            for number, item in enumerate(items):
                if self._stops(key):
                    return
                if number >= skip:
                    yield _packed(item, True)

    def stop(self, key: str) -> None:
        """End the run ``key`` at its next item, or before it begins."""
        with self._lock:
            self._stopped.add(key)

    def about(self, line: Counters | None = None) -> About:
        """This worker now; ``line`` is what its server has to tell whoever else asks."""
        self._line = line or self._line
        cache = weights.counters()
        return About(
            socket.gethostname(), os.getpid(), version(), resident(), cache.bytes, cache.limit, self._served, self._line
        )

    def _stops(self, key: str) -> bool:
        with self._lock:
            return key in self._stopped


def _packed(item: Any, counted: bool) -> bytes:
    return pickle.dumps((item, counted), pickle.HIGHEST_PROTOCOL)


def received(data: bytes) -> tuple[Any, bool]:
    """An item of :meth:`Worker.run`, and whether ``skip`` counts it; raises what the work raised."""
    item, counted = pickle.loads(data)
    if isinstance(item, Raised):
        raise item.again()
    return item, counted
