"""Runner: runs a tab for every door alike (both front ends, API, command line).

It waits for a compute slot and says the place in the queue, passes on what the tab yields, turns what goes wrong into
words that a reader can use, and keeps the finished results of the last few runs: a tab is a pure function.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import cachetools
import numpy as np

from core.checks import Check
from core.device import compute_slots
from gallery.inputs import Inputs, fields
from gallery.outputs import Progress, check_value
from gallery.page import Page, Tab
from gallery.text import Lang, Text, t

__all__ = ["Event", "Failed", "Finished", "Progress", "Values", "Waiting", "run_checks", "run_tab", "user_errors"]

log = logging.getLogger(__name__)
KEPT_RESULTS = 64  # results of default views and of the last sliders moved; a figure is some 50-500 kB
POLL_SECONDS = 0.25
BROKEN = t(
    "这一页出了错，已记入日志；其余页面照常可用。", "This page failed and the log has it; the other pages go on."
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """All compute slots are taken; ``place`` visitors are before this one."""

    place: int

    @property
    def label(self) -> Text:
        """What the visitor reads."""
        return t(f"正在排队，前面还有 {self.place} 位", f"Waiting in line, {self.place} before you")


@dataclass(frozen=True, slots=True)
class Values:
    """New values of some slots."""

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


@dataclass
class _Results:
    kept: cachetools.LRUCache[str, Mapping[str, Any]] = field(
        default_factory=lambda: cachetools.LRUCache(maxsize=KEPT_RESULTS)
    )
    lock: threading.Lock = field(default_factory=threading.Lock)


@lru_cache(maxsize=1)
def _results() -> _Results:
    return _Results()


def user_errors() -> tuple[type[Exception], ...]:
    """Errors whose message is meant for the reader: values that core refuses, weights that are missing."""
    from core.weights import WeightsError

    return (ValueError, WeightsError)


def run_tab(slug: str, tab: Tab[Any], inputs: Inputs, lang: Lang) -> Iterator[Event]:
    """Run ``tab`` with ``inputs``; yields events and ends with Finished or Failed.

    Close the iterator to cancel: the slot is freed as soon as the tab yields next.
    """
    key = _key(slug, tab, inputs, lang)
    results = _results()
    with results.lock:
        kept = results.kept.get(key)
    if kept is not None:
        yield Finished(kept)
        return
    cost = tab.cost(inputs)
    if cost > tab.budget:
        yield Failed(_too_much(cost, tab.budget), expected=True)
        return
    with compute_slots().ticket() as ticket:
        while not ticket.wait(POLL_SECONDS):
            yield Waiting(ticket.place)
        values: dict[str, Any] = {}
        failed: Failed | None = None  # told after the slot is given back: who hears it may never ask for more
        try:
            outcome = tab.run(inputs, lang)
            if isinstance(outcome, Mapping):
                values.update(_checked(tab, outcome))
            else:
                with closing(outcome) as updates:  # type: ignore[type-var]
                    for update in updates:
                        if isinstance(update, Progress):
                            yield update
                        else:
                            values.update(_checked(tab, update))
                            yield Values(update)
            missing = [slot.name for slot in tab.outputs if slot.name not in values]
            if missing:
                raise TypeError(f"tab {tab.slug!r} never filled {missing}")
        except user_errors() as error:
            log.info("%s/%s refused its inputs: %s", slug, tab.slug, error)
            failed = Failed(_said(error), expected=True)
        except Exception:
            log.exception("%s/%s failed", slug, tab.slug)
            failed = Failed(BROKEN, expected=False)
    if failed is not None:
        yield failed
        return
    with results.lock:
        results.kept[key] = values
    yield Finished(values)


def run_checks(slug: str, page: Page) -> Iterator[Event]:
    """Measure the page's facts now; Values and Finished hold ``checks``, the list so far."""
    with compute_slots().ticket() as ticket:
        while not ticket.wait(POLL_SECONDS):
            yield Waiting(ticket.place)
        found: list[Check] = []
        failed: Failed | None = None
        try:
            for check in page.checks():
                found.append(check)
                yield Values({"checks": list(found)})
        except user_errors() as error:
            failed = Failed(_said(error), expected=True)
        except Exception:
            log.exception("the checks of %s failed", slug)
            failed = Failed(BROKEN, expected=False)
    yield failed or Finished({"checks": found})


def _checked(tab: Tab[Any], values: Mapping[str, Any]) -> Mapping[str, Any]:
    for name, value in values.items():
        check_value(tab.slot(name), value)
    return values


def _said(error: Exception) -> Text:
    """The error's own words; core may give both languages as ``error.text`` (zh, en)."""
    said = getattr(error, "text", None)
    return Text(*said) if said else Text(str(error), str(error))


def _too_much(cost: float, budget: float) -> Text:
    return t(
        f"这组输入的计算量约为上限的 {cost / budget:.1f} 倍，请调小一些。",
        f"These inputs ask for {cost / budget:.1f} times the work allowed here; please make them smaller.",
    )


def _key(slug: str, tab: Tab[Any], inputs: Inputs, lang: str) -> str:
    digest = hashlib.sha256()
    for name in fields(type(inputs)):
        value = getattr(inputs, name)
        digest.update(f"{name}:".encode())
        if isinstance(value, np.ndarray):
            digest.update(repr((value.shape, value.dtype.str)).encode() + value.tobytes())
        else:
            digest.update(repr(value).encode())
    return f"{slug}/{tab.slug}/{lang}/{digest.hexdigest()}"
