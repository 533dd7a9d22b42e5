"""Runner: runs a tab for every door alike (both front ends, API, command line).

It asks the engine to compute, passes on what the tab yields and the place in the queue before that, turns what goes wrong
into words that a reader can use, and keeps the results of the last runs. A result depends on the inputs alone: a change of
language or theme finds it kept, and only shows it anew.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import cachetools
import numpy as np

from core.checks import Check
from core.progress import Progress
from core.refusal import Refusal
from gallery.engine.catalog import Entry
from gallery.engine.engines.chosen import engine
from gallery.engine.engines.protocol import Computed, Facts, Lost, Run, Waiting, passed_on
from gallery.inputs import fields, labels
from gallery.outputs import check_value
from gallery.page import Tab
from gallery.text import Lang, Say, Text, t

__all__ = [
    "Away", "Computed", "Event", "Failed", "Finished", "Progress", "Unavailable", "Values", "Waiting", "compute_tab", "run_checks",
    "run_tab", "streams",
]  # fmt: skip

log = logging.getLogger(__name__)
KEPT_BYTES = 128 * 2**20  # results of default views and of the last sliders moved: some hundred of them
MOST_OF_ONE = 4  # a result larger than a quarter of that is not kept
BROKEN = t(
    "这一页出了错，已记入日志；其余页面照常可用。", "This page failed and the log has it; the other pages go on."
)


@dataclass(frozen=True, slots=True)
class Values:
    """What the slots show so far."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finished:
    """The tab is done; ``values`` are the last values of all its slots."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failed:
    """The tab cannot answer: ``message`` says why; ``expected`` when the inputs, not the program, are the reason."""

    message: Text
    expected: bool


Event = Waiting | Progress | Values | Finished | Failed
Away = Callable[[Tab], Iterator[Any]]
"""Computes a tab on other hardware than this process's: gives what ``compute`` gives, or raises :class:`Unavailable`."""


class Unavailable(RuntimeError):
    """The other hardware cannot take this run, or did not end it: it is computed here, which gives the same."""


@dataclass
class _Results:
    kept: cachetools.LRUCache[str, Any] = field(
        default_factory=lambda: cachetools.LRUCache(KEPT_BYTES, getsizeof=_bytes)
    )
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: str) -> Any:
        with self.lock:
            return self.kept.get(key)

    def put(self, key: str, result: Any) -> None:
        if _bytes(result) <= KEPT_BYTES / MOST_OF_ONE:
            with self.lock:
                self.kept[key] = result


@lru_cache(maxsize=1)
def _results() -> _Results:
    return _Results()


def compute_tab(slug: str, inputs: Tab, away: Away | None = None) -> Iterator[Waiting | Progress | Computed | Failed]:
    """Compute the tab that ``inputs`` belong to; ends with a last Computed, or with Failed. Knows no language.

    ``away`` computes it on other hardware, and no slot is held meanwhile; here, where that is Unavailable.
    Close the iterator to cancel: the slot is freed as soon as the tab yields next.
    """
    key, where = _key(slug, inputs), f"{slug}/{inputs.slug}"
    kept = _results().get(key)
    if kept is not None:
        yield Computed(kept, True)
        return
    if (cost := inputs.cost()) > inputs.budget:
        yield Failed(_too_much(cost, inputs.budget), expected=True)
        return
    outcome: Any = None
    if away is not None:
        outcome = yield from _computed_away(away, inputs, where)
    if outcome is None:
        outcome = yield from _computed(slug, inputs, where)
    if isinstance(outcome, Failed):
        yield outcome
        return
    _results().put(key, outcome)
    yield Computed(outcome, True)


Passing = Generator[Waiting | Progress | Computed, None, Any]


def _computed_away(away: Away, inputs: Tab, where: str) -> Passing:
    """The last result of ``away``, or Failed; None where it is unavailable."""
    try:
        yield from inputs.fetch()
        return (yield from _told(passed_on(away(inputs), inputs), inputs))
    except Unavailable as error:
        log.warning("%s is computed here: %s", where, error)
        return None
    except Exception as error:
        return _failure(error, where, labels(type(inputs)))


def _computed(slug: str, inputs: Tab, where: str) -> Passing:
    """The last result that the engine gives, or Failed, told after its slot is given back: who hears it may never ask for more."""
    chosen = engine()  # a setting that cannot be used is its caller's to mend, and no fault of the page
    try:
        return (yield from _told(chosen.run(Run(slug, inputs)), inputs))
    except Exception as error:
        return _failure(error, where, labels(type(inputs)))


def _told(events: Iterator[Any], inputs: Tab) -> Passing:
    """Pass on what comes, but for the one result of a tab that does not stream; the last result."""
    result: Any = None
    with closing(events):  # type: ignore[type-var]
        for event in events:
            if isinstance(event, Computed):
                result = event.result
                if event.last:
                    continue
            yield event
    if result is None:
        raise TypeError(f"tab {inputs.slug!r} computed nothing")
    return result


def streams(tab: type[Tab]) -> bool:
    """Whether the tab's ``compute`` gives one result after another, as its annotation says."""
    return str(tab.compute.__annotations__.get("return", "")).startswith(("Iterator[", "collections.abc.Iterator["))


def run_tab(slug: str, inputs: Tab, lang: Lang, away: Away | None = None) -> Iterator[Event]:
    """Compute the tab (``away``: see :func:`compute_tab`) and show each result in ``lang``; ends with Finished or Failed.

    Close it to cancel.
    """
    say, shown, values = Say(lang), None, {}
    with closing(compute_tab(slug, inputs, away)) as events:  # type: ignore[type-var]
        for event in events:
            if not isinstance(event, Computed):
                yield event
                continue
            if event.result is not shown:
                try:
                    shown, values = event.result, _checked(inputs, inputs.show(event.result, say))
                except Exception as error:
                    yield _failure(error, f"{slug}/{inputs.slug}", {})
                    return
            yield Finished(values) if event.last else Values(values)


def run_checks(entry: Entry) -> Iterator[Event]:
    """Measure a page's facts now; Values and Finished hold ``checks``, the list so far, and ``of``, how many there will be.

    The number is known once they have been measured in this process; 0 until then.
    """
    measured: list[Check] = []
    failed: Failed | None = None
    chosen = engine()
    try:
        with closing(chosen.run(Facts(entry))) as items:  # type: ignore[type-var]
            for item in items:
                if isinstance(item, Check):
                    measured.append(item)
                    yield Values({"checks": list(measured), "of": entry.measured.count})
                else:
                    yield item
    except Exception as error:
        failed = _failure(error, f"the checks of {entry.slug}", {})
    if failed is None:
        entry.measured.count = len(measured)
    yield failed or Finished({"checks": measured, "of": len(measured)})


def _failure(error: Exception, where: str, names: Mapping[str, Text]) -> Failed:
    """A refusal, or weights that are missing, in the reader's words; everything else is a fault of ours and is logged."""
    if isinstance(error, Refusal):
        log.info("%s refused its inputs: %s", where, error)
        return Failed(Text(*error.said(names)), expected=True)
    said = _weights_error(error)
    if said is not None:
        log.warning("%s: %s", where, error)
        return Failed(said, expected=True)
    if isinstance(error, Lost):
        log.error("%s: %s", where, error)
        return Failed(error.said, expected=False)
    log.error("%s failed", where, exc_info=error)
    return Failed(BROKEN, expected=False)


def _weights_error(error: Exception) -> Text | None:
    if "core.weights" not in sys.modules:  # whoever can raise it has imported it; the index need not
        return None
    from core.weights import WeightsError

    return Text(*error.text) if isinstance(error, WeightsError) else None


def _checked(tab: Tab, values: Mapping[str, Any]) -> Mapping[str, Any]:
    for name, value in values.items():
        check_value(tab.slot(name), value)
    if missing := [slot.name for slot in tab.outputs if slot.name not in values]:
        raise TypeError(f"tab {tab.slug!r} does not fill {missing}")
    return values


def _too_much(cost: float, budget: float) -> Text:
    return t(
        f"这组输入的计算量约为上限的 {cost / budget:.1f} 倍，请调小一些。",
        f"These inputs ask for {cost / budget:.1f} times the work allowed here; please make them smaller.",
    )


def _key(slug: str, inputs: Tab) -> str:
    digest = hashlib.sha256()
    for name in fields(type(inputs)):
        value = getattr(inputs, name)
        digest.update(f"{name}:".encode())
        if isinstance(value, np.ndarray):
            digest.update(repr((value.shape, value.dtype.str)).encode() + value.tobytes())
        else:
            digest.update(repr(value).encode())
    return f"{slug}/{inputs.slug}/{digest.hexdigest()}"


def _bytes(value: Any) -> int:
    """About how much memory a result takes: its arrays and texts, and a little for everything else."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(_bytes, value.values())) + 64
    if isinstance(value, list | tuple):
        return sum(map(_bytes, value)) + 64
    if dataclasses.is_dataclass(value):
        return sum(_bytes(getattr(value, f.name)) for f in dataclasses.fields(value)) + 64
    return 64
