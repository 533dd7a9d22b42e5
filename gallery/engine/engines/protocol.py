"""What an engine is asked and what it tells: work that gives items one by one, and a place in the line before it begins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

from core.device import Counters
from core.progress import Progress
from gallery.engine.catalog import Entry, catalog
from gallery.page import Tab
from gallery.text import Text, t

__all__ = [
    "POLL_SECONDS",
    "Computed",
    "Engine",
    "Facts",
    "Lost",
    "Run",
    "State",
    "Waiting",
    "Work",
    "WorkerState",
    "passed_on",
]

POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Waiting:
    """All compute slots are taken; ``place`` visitors are before this one.

    ``again``: it was being computed when its worker was lost, and is computed anew by another.
    """

    place: int
    again: bool = False

    @property
    def label(self) -> Text:
        """What the visitor reads."""
        if self.again:
            return t("换一处重新计算，请稍候", "Computed anew elsewhere, please wait")
        return t(f"正在排队，前面还有 {self.place} 位", f"Waiting in line, {self.place} before you")


@dataclass(frozen=True, slots=True)
class Computed:
    """A result of ``compute``; a stream's ``last`` comes once more when it has ended."""

    result: Any
    last: bool


class Lost(RuntimeError):
    """The engine cannot compute this: its cluster is gone, or every worker that tried was lost. ``said`` is for the reader."""

    def __init__(self, said: Text, why: str) -> None:
        self.said, self.why = said, why
        super().__init__(why)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.said, self.why)


class Work(Protocol):
    """Something to compute, on any machine with the same sources: pure, so that it can be done twice."""

    @property
    def weights(self) -> tuple[str, ...]:
        """Names of the weights that it needs: a worker that has them is preferred."""
        ...

    def fetch(self) -> Iterator[Progress]:
        """Bring what it needs from the network onto the machine that computes it; holds no slot there is a line for."""
        ...

    def items(self) -> Iterator[Any]:
        """Its results one after another; close the iterator to stop."""
        ...


@dataclass(frozen=True, slots=True)
class Run:
    """A tab of the page ``slug`` with its inputs; its items are Computed (``last`` where it is the only one) and Progress."""

    slug: str
    inputs: Tab

    @property
    def weights(self) -> tuple[str, ...]:
        """Those of the page; none for a page that the catalog does not have."""
        entry = catalog().entries.get(self.slug)
        return entry.page.weights if entry else ()

    def fetch(self) -> Iterator[Progress]:
        """What these inputs need from the network."""
        return self.inputs.fetch()

    def items(self) -> Iterator[Computed | Progress]:
        """What ``compute`` gives."""
        return passed_on(self.inputs.compute(), self.inputs)


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of a page; its items are :class:`core.checks.Check`."""

    entry: Entry

    @property
    def weights(self) -> tuple[str, ...]:
        """Those of the page."""
        return self.entry.page.weights

    def fetch(self) -> Iterator[Progress]:
        """Nothing: what is bundled is enough."""
        yield from ()

    def items(self) -> Iterator[Any]:
        """The facts as they are measured."""
        yield from self.entry.checks()

    def __reduce__(self) -> tuple[object, ...]:
        return _facts, (self.entry.slug,)


def _facts(slug: str) -> Facts:
    """An entry holds its page, which holds functions: another process reads its own."""
    return Facts(catalog()[slug])


def passed_on(outcome: Any, inputs: Tab) -> Iterator[Computed | Progress]:
    """What ``compute`` gave, one result or an iterator of them, as Computed; with a stream's own measure of its progress."""
    if not isinstance(outcome, Iterator):
        yield Computed(outcome, True)
        return
    with closing(outcome) as results:  # type: ignore[type-var]
        for item in results:
            if isinstance(item, Progress):
                yield item
                continue
            yield Computed(item, False)
            if (fraction := inputs.progress(item)) is not None:
                yield Progress(fraction)


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A worker: ``name`` and ``node``, its process ``pid``, ``ready`` or not, ``busy`` or not, resident ``memory`` [bytes],
    ``weights`` [bytes] of loaded weights of at most ``weights_limit``, and how many runs it has ``served``."""

    name: str
    node: str
    pid: int
    ready: bool
    busy: bool
    memory: int
    weights: int
    weights_limit: int
    served: int


@dataclass(frozen=True, slots=True)
class State:
    """An engine now: its ``name``, its line, its workers; ``lost`` workers so far, and why it cannot compute («» when it can)."""

    name: str
    line: Counters
    workers: tuple[WorkerState, ...]
    lost: int = 0
    away: str = ""

    @property
    def weights(self) -> int:
        """Bytes of weights loaded, over all workers."""
        return sum(worker.weights for worker in self.workers)

    @property
    def weights_limit(self) -> int:
        """Bytes of weights that all workers together may hold."""
        return sum(worker.weights_limit for worker in self.workers)


class Engine(Protocol):
    """Computes work in order of arrival."""

    def run(self, work: Work) -> Iterator[Any]:
        """Waiting while it stands in line, Progress while something is fetched, then the items; raises what the work raises.

        Close it to cancel: the work ends when it gives its next item.
        """
        ...

    def state(self) -> State:
        """The numbers now."""
        ...

    def close(self) -> None:
        """Give back what the engine holds."""
        ...
