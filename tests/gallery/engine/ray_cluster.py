"""A cluster of two workers on loopback for the tests that need one, started once a test run; and what is asked of it."""

from __future__ import annotations

import importlib.util
import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from core.cluster import HERE, Address
from gallery.engine import runner
from gallery.engine.catalog import PAGES_VARIABLE
from gallery.engine.engines.cluster import Cluster
from gallery.engine.engines.protocol import WorkerState

needs_ray = [
    pytest.mark.skipif(
        importlib.util.find_spec("ray") is None and not os.environ.get("CI"),
        reason="ray is not installed (pip install -r requirements-cluster.txt); in CI this is a failure",
    ),
    pytest.mark.xdist_group("ray"),
]
WORKERS = 2
PATIENCE = 60  # seconds for what takes two or three on an idle machine


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """The engine of the kitchen's pages on two workers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PAGES_VARIABLE, "tests/kitchen")  # the workers inherit it
        made = Cluster("GALLERY_ENGINE", Address.read("GALLERY_ENGINE", HERE), WORKERS)
        try:
            yield made
        finally:
            made.close()


@pytest.fixture
def on_cluster(cluster: Cluster, fresh_caches: None, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """The runner asks the cluster, all of whose workers are ready."""
    monkeypatch.setattr(runner, "engine", lambda: cluster)
    monkeypatch.setenv(PAGES_VARIABLE, "tests/kitchen")
    wait_until(lambda: cluster.state().line.capacity == WORKERS)
    return cluster


def wait_until(holds: Callable[[], Any]) -> Any:
    """What ``holds`` gives once it is true."""
    until = time.monotonic() + PATIENCE
    while not (given := holds()):
        assert time.monotonic() < until, "it did not come to hold"
        time.sleep(0.05)
    return given


def busy(cluster: Cluster) -> list[WorkerState]:
    return [worker for worker in cluster.state().workers if worker.busy]


def kill(pid: int) -> None:
    """As the kernel kills a process that takes too much memory; only ever a child of this one."""
    assert os.getpid() in [parent.pid for parent in psutil.Process(pid).parents()]
    os.kill(pid, signal.SIGKILL)
