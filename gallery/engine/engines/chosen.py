"""The engine of this process, as the environment chooses it."""

from __future__ import annotations

import os
from functools import lru_cache

from core.cluster import LOCAL, Address
from core.settings import BadSetting, whole
from gallery.engine.engines.local import Local
from gallery.engine.engines.protocol import Engine, State

__all__ = ["ENGINE_VARIABLE", "FALLBACK_VARIABLE", "WORKERS_VARIABLE", "engine", "numbers"]

ENGINE_VARIABLE = "GALLERY_ENGINE"
"""Environment variable: local (default) | ray | ray://host:port."""
WORKERS_VARIABLE = "GALLERY_WORKERS"
"""Environment variable: workers of this process on the cluster; default: one a CPU of it."""
FALLBACK_VARIABLE = "GALLERY_ENGINE_FALLBACK"
"""Environment variable: local, where this process shall compute when the cluster cannot; default: it says that it cannot."""
MOST_WORKERS = 10_000


@lru_cache(maxsize=1)
def engine() -> Engine:
    """The engine of this process; BadSetting for a variable that names none, or one that cannot be had."""
    given, fallback = os.environ.get(ENGINE_VARIABLE) or LOCAL, os.environ.get(FALLBACK_VARIABLE)
    if fallback not in (None, "", LOCAL):
        raise BadSetting(FALLBACK_VARIABLE, fallback, LOCAL)
    if given == LOCAL:
        return Local()
    from gallery.engine.engines.cluster import Cluster

    return Cluster(ENGINE_VARIABLE, Address.read(ENGINE_VARIABLE, given), _workers(), Local() if fallback else None)


def numbers() -> State:
    """How the engine is: this process's own, or on a cluster that is there already all workers of all servers."""
    given = os.environ.get(ENGINE_VARIABLE, "")
    if "://" in given:
        from gallery.engine.engines.cluster import census

        return census(ENGINE_VARIABLE, Address.read(ENGINE_VARIABLE, given))
    chosen = engine()
    try:
        return chosen.state()
    finally:
        chosen.close()


def _workers() -> int | None:
    return whole(WORKERS_VARIABLE, 1, "workers", MOST_WORKERS) if os.environ.get(WORKERS_VARIABLE) else None
