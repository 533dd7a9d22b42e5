"""Cluster: workers of Ray compute; this process keeps the line, picks a worker for whoever is first, and passes on what comes.

A run whose worker dies is repeated by another, from where its reader was: work is pure. A worker whose sources differ from
this process's is refused. When the head of the cluster is gone, the workers that are there go on, but nobody replaces one
that is lost: when none is left that is said in words, or ``fallback`` computes.
"""

from __future__ import annotations

import atexit
import logging
import os
import pickle
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any

from core.cluster import Address, join, leave, reached
from core.device import ComputeSlots, Counters
from core.settings import BadSetting
from gallery.engine.engines.protocol import POLL_SECONDS, Engine, Lost, State, Waiting, Work, WorkerState
from gallery.engine.engines.worker import About, Worker, received, version
from gallery.text import t

__all__ = ["Cluster", "census"]

log = logging.getLogger(__name__)
START_SECONDS = 120.0  # for the first worker: a loaded machine takes half a minute to import everything
RENEW_SECONDS = 1.0  # between two attempts to put a worker in the place of a lost one
ABOUT_SECONDS = 2.0  # between two questions how a worker is
SILENT_SECONDS = 10.0  # a worker that does not answer for so long is lost, where no head is there to tell so
REPEATS = 2  # a run that lost this many workers and then another is most likely what kills them
CONTROL = "control"
"""The lane of an actor in which it answers while it computes in another."""
PREFIX = "worker"
NO_CLUSTER = t(
    "计算集群连不上，这一页暂时无法计算；请稍后再试。", "The compute cluster cannot be reached; please try again later."
)
ITS_WORKERS_DIED = t(
    "这次计算接连使几个计算进程中断（多半是内存不够），已停止；请调小一些再试。",
    "This run ended several workers one after another (most likely for lack of memory) and was stopped; please make it smaller.",
)


class _Died(RuntimeError):
    """The worker of a run is gone."""


@dataclass(eq=False)
class _Actor:
    """A worker as this process sees it; ``about`` is None until it is known to be ready and of this version.

    ``ending`` is ready when a run that was cancelled has ended there; ``loaded`` names weights that its runs needed.
    """

    handle: Any
    name: str
    asked: Any
    about: About | None = None
    asked_at: float = 0.0
    busy: bool = False
    ending: Any = None
    loaded: set[str] = field(default_factory=set)
    used: int = 0


class Cluster:
    """``workers`` workers, each with one CPU of the cluster at ``address``.

    Raises BadSetting, naming the setting ``name``, where there is no such cluster, or no worker of this version comes up.
    """

    def __init__(self, name: str, address: Address, workers: int | None = None, fallback: Engine | None = None) -> None:
        self._ray = join(name, address, workers or os.cpu_count() or 1)
        self._name, self.fallback = address.setting, fallback
        self._wanted = workers or max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        host, _, port = self._ray.get_runtime_context().gcs_address.rpartition(":")
        self._head = Address(address.setting, host, int(port))
        self._class = self._ray.remote(num_cpus=1, max_restarts=0, concurrency_groups={CONTROL: 1})(Worker)
        self._door = f"{socket.gethostname()}-{os.getpid()}"
        self._line = ComputeSlots(1)
        self._line.resize(0)
        self._actors: list[_Actor] = []
        self._changed = threading.Condition()
        self._made = self._turn = self._lost = 0
        self.refused = ""
        self._away = threading.Event()
        self._closed = threading.Event()
        self._threads = [threading.Thread(target=f, daemon=True) for f in (self._tend, self._watch)]
        for thread in self._threads:
            thread.start()
        atexit.register(
            self.close
        )  # before Ray's own: its workers end with this process, and nobody tends them meanwhile
        self._await_first(name, address)

    def run(self, work: Work) -> Iterator[Any]:
        """See :class:`~gallery.engine.engines.protocol.Engine`. What it needs from the network is fetched where it is computed."""
        try:
            yield from self._run(work)
        except Lost as error:
            if self.fallback is None:
                raise
            log.warning("computed by the fallback: %s", error)
            yield from self.fallback.run(work)

    def state(self) -> State:
        """The numbers now; a worker's own are at most some seconds old."""
        with self._changed:
            workers = tuple(_state(actor.name, actor.about, actor.busy) for actor in self._actors)
            away = NO_CLUSTER.en if self._away.is_set() else ""
            return State(self._name, self._line.counters(), workers, self._lost, away)

    def close(self) -> None:
        """End the workers and leave the cluster."""
        if self._closed.is_set():
            return
        self._closed.set()
        atexit.unregister(self.close)
        gone = self._away.is_set()
        for thread in self._threads:
            thread.join(RENEW_SECONDS if gone else None)  # without a head Ray may keep one for good
        if not gone:
            for actor in self._actors:
                self._ray.kill(actor.handle)
        leave()

    def _run(self, work: Work) -> Iterator[Any]:
        data = pickle.dumps(work, pickle.HIGHEST_PROTOCOL)
        with self._line.ticket() as ticket:
            while not ticket.wait(POLL_SECONDS):
                self._check()
                yield Waiting(ticket.place)
            given, died = 0, 0
            while True:
                actor = self._taken(work.weights)
                if actor is None:
                    self._check()
                    yield Waiting(0, again=died > 0)
                    continue
                try:
                    with closing(self._stream(actor, data, given)) as items:  # type: ignore[type-var]
                        for item, counted in items:
                            given += counted
                            yield item
                    return
                except _Died as error:
                    died += 1
                    log.warning("%s was lost while it computed (%s)", actor.name, error)
                    self._drop(actor)
                    if died > REPEATS:
                        raise Lost(ITS_WORKERS_DIED, f"{died} workers were lost, one after another") from error
                finally:
                    self._give(actor)
                yield Waiting(0, again=True)

    def _stream(self, actor: _Actor, data: bytes, skip: int) -> Iterator[tuple[Any, bool]]:
        """What ``actor`` gives, as :func:`received` reads it; closed early, the actor hears it and ends at its next item."""
        errors = self._ray.exceptions
        key, ended = uuid.uuid4().hex, False
        try:
            stream = actor.handle.run.options(num_returns="streaming").remote(key, data, skip)
            try:
                while True:
                    if not self._ray.wait([stream], timeout=POLL_SECONDS)[0]:
                        if self._silent(actor):
                            raise _Died("it does not answer")
                        continue
                    item = self._ray.get(next(stream))
                    yield received(item)
            except StopIteration:
                ended = True
            finally:
                if not ended:
                    actor.ending = stream.completed()
                    self._control(actor, "stop", key)
        except errors.RayTaskError:
            raise
        except errors.RayError as error:
            raise _Died(" ".join(str(error).split())[:200]) from error

    def _control(self, actor: _Actor, method: str, *arguments: Any) -> Any:
        return getattr(actor.handle, method).options(concurrency_group=CONTROL).remote(*arguments)

    def _taken(self, weights: tuple[str, ...]) -> _Actor | None:
        """A free worker: rather one that has the weights, and of those the one that has rested longest; None where there is none."""
        with self._changed:
            free = [actor for actor in self._actors if actor.about and not actor.busy]
            if not free:
                self._changed.wait(POLL_SECONDS)
                return None
            wanted = set(weights)
            actor = min(free, key=lambda a: (not self._ended(a), -len(a.loaded & wanted), a.used))
            self._turn += 1
            actor.busy, actor.used = True, self._turn
            actor.loaded |= wanted
            return actor

    def _ended(self, actor: _Actor) -> bool:
        if actor.ending is not None and self._ray.wait([actor.ending], timeout=0)[0]:
            actor.ending = None
        return actor.ending is None

    def _give(self, actor: _Actor) -> None:
        with self._changed:
            actor.busy = False
            self._changed.notify_all()

    def _drop(self, actor: _Actor) -> None:
        """Forget a worker that is gone; :meth:`_tend` puts another in its place."""
        with self._changed:
            if actor in self._actors:
                self._actors.remove(actor)
                self._lost += 1
            self._measure()

    def _measure(self) -> None:
        """As many are admitted as workers are ready; call it with the lock held."""
        self._line.resize(sum(actor.about is not None for actor in self._actors))
        self._changed.notify_all()

    def _check(self) -> None:
        """Raises Lost where no worker is left and, without a head, none can come."""
        if self._away.is_set() and not self._line.capacity:
            raise Lost(NO_CLUSTER, f"no worker is left, and nothing answers at {self._head.host}:{self._head.port}")

    def _silent(self, actor: _Actor) -> bool:
        """Whether a worker has not answered for too long while no head can tell whether it lives."""
        return self._away.is_set() and actor.asked is not None and time.monotonic() - actor.asked_at > SILENT_SECONDS

    def _watch(self) -> None:
        while not self._closed.wait(RENEW_SECONDS):
            (self._away.clear if reached(self._head) else self._away.set)()

    def _tend(self) -> None:
        """Keep as many workers as are wanted, and know how they are; until closed."""
        pause = 0.0
        while not self._closed.wait(pause):
            pause = POLL_SECONDS
            try:
                while len(self._actors) < self._wanted and not (self._closed.is_set() or self._away.is_set()):
                    self._add()
                for actor in list(self._actors):
                    self._ask(actor)
            except Exception:  # whatever Ray says of a cluster that is going away: the next round finds out
                log.exception("the workers of %s could not be tended", self._name)
                pause = RENEW_SECONDS

    def _add(self) -> None:
        self._made += 1
        name = f"{PREFIX}-{self._door}-{self._made}"
        handle = self._class.options(name=name, scheduling_strategy="SPREAD").remote()
        actor = _Actor(handle, name, None, asked_at=time.monotonic())
        actor.asked = self._control(actor, "about")
        with self._changed:
            self._actors.append(actor)

    def _ask(self, actor: _Actor) -> None:
        """Read the answer that has come, or ask again; a worker that is gone or of another version is dropped."""
        if actor.asked is None:
            if time.monotonic() - actor.asked_at > ABOUT_SECONDS:
                actor.asked, actor.asked_at = self._control(actor, "about", self._line.counters()), time.monotonic()
            return
        if not self._ray.wait([actor.asked], timeout=0)[0]:
            if self._silent(actor):
                self._drop(actor)
            return
        try:
            about = self._ray.get(actor.asked)
        except self._ray.exceptions.RayError as error:
            log.warning("%s is lost: %s", actor.name, " ".join(str(error).split())[:200])
            self._drop(actor)
            self._closed.wait(RENEW_SECONDS)
            return
        if about.version != version():
            self.refused = f"{about.node} has sources {about.version[:8]}, this process has {version()[:8]}"
            log.error("%s is refused: %s", actor.name, self.refused)
            with suppress(self._ray.exceptions.RayError):
                self._ray.kill(actor.handle)
            self._drop(actor)
            self._closed.wait(RENEW_SECONDS)
            return
        with self._changed:
            actor.asked, actor.about = None, about
            self._measure()

    def _await_first(self, name: str, address: Address) -> None:
        until = time.monotonic() + START_SECONDS
        with self._changed:
            while not any(actor.about for actor in self._actors) and not self.refused and time.monotonic() < until:
                self._changed.wait(POLL_SECONDS)
            ready = any(actor.about for actor in self._actors)
        if ready:
            return
        why = self.refused or f"none came up in {START_SECONDS:g} s"
        self.close()
        raise BadSetting(name, address.setting, f"a Ray cluster whose workers have these sources ({why})")


def census(name: str, address: Address) -> State:
    """The workers that all servers have on the cluster at ``address``, and their lines together; starts none.

    BadSetting, naming the setting ``name``, where there is no such cluster.
    """
    ray = join(name, address, 1)
    try:
        found: dict[str, About | None] = {}
        for worker in sorted(n for n in ray.util.list_named_actors() if n.startswith(f"{PREFIX}-")):
            try:
                handle = ray.get_actor(worker)
                asked = handle.about.options(concurrency_group=CONTROL).remote()
                found[worker] = ray.get(asked, timeout=ABOUT_SECONDS)
            except (ray.exceptions.RayError, ValueError) as error:
                log.warning("%s does not answer: %s", worker, error)
                found[worker] = None
        lines = {worker.rpartition("-")[0]: about.line for worker, about in found.items() if about and about.line}
        sums = [sum(getattr(line, part) for line in lines.values()) for part in Counters.__slots__]
        return State(address.setting, Counters(*sums), tuple(_state(n, about, None) for n, about in found.items()))
    finally:
        leave()


def _state(name: str, about: About | None, busy: bool | None) -> WorkerState:
    if about is None:
        return WorkerState(name, "", 0, ready=False, busy=False, memory=0, weights=0, weights_limit=0, served=0)
    return WorkerState(
        name, about.node, about.pid, ready=True, busy=bool(busy), memory=about.memory, weights=about.weights,
        weights_limit=about.weights_limit, served=about.served,
    )  # fmt: skip
