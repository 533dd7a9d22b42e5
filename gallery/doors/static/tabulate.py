"""Tabulate: computes the planned states of a tab and writes them as the scripts that a static page loads."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from gallery.doors.static.packing import Pool, difference, script
from gallery.doors.static.plan import NOTHING_FREE, Caps, Free, Planned, planned
from gallery.doors.static.values import form_of, shown
from gallery.engine import render
from gallery.engine.form import said, shown_values
from gallery.engine.runner import Computed, Failed, compute_tab
from gallery.inputs import fields, parse
from gallery.page import Tab
from gallery.text import Lang, Say

__all__ = ["CODE", "FIRST", "MESSAGE", "Fault", "Tabulated", "tabulate"]

FIRST, TRIES, MOVED = "first", "tries", "in-"
"""The part of a tab with its default and all that its form needs, which comes before anything is seen; and that of its tries.
The values of each input are a part of their own, named with MOVED and the input."""
PACKED = 0.3  # of the text of a state that is left when it is packed, about; pictures stay as long as they are
FORMULA = "g-tex"  # the class of what KaTeX sets
CODE, MESSAGE = "$code", "$message"  # beside the slots, whose names are words


class Fault(RuntimeError):
    """A tab failed for no fault of its inputs."""


@dataclass
class Tabulated:
    """A tab's scripts by part, which kinds of ``traces`` its figures have, whether it shows ``formulas``, and what
    the build's report says of it.

    ``states`` were tabulated of ``planned``; ``cut`` says which cap ended it ("" for none), ``refused`` how many states gave a
    refusal (which is then what is shown), ``fixed`` names the inputs that cannot be moved; ``seconds`` of compute.
    """

    slug: str
    tab: str
    scripts: dict[str, str] = field(default_factory=dict)
    traces: set[str] = field(default_factory=set)
    formulas: bool = False
    states: int = 0
    planned: int = 0
    refused: int = 0
    cut: str = ""
    fixed: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def bytes(self) -> int:
        """Of all scripts."""
        return sum(len(text) for text in self.scripts.values())


@dataclass
class _Table:
    """The packed states of a tab: those of each part in the order of the plan, beside the part's long strings."""

    languages: Sequence[Lang]
    pools: dict[str, Pool] = field(default_factory=lambda: {FIRST: Pool()})
    states: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {FIRST: []})
    start: Any = None  # the default in the first language, from which the states differ
    size: float = 0.0

    def add(self, step: Planned, values: Mapping[Lang, Mapping[str, Any]], most: float = math.inf) -> bool:
        """Pack a state: its first language as it differs from the default, each other as it differs from the first.

        False, and nothing is packed, where the table would grow beyond ``most`` characters; the default always fits.
        """
        part = f"{MOVED}{step.moved}" if step.moved else (FIRST if self.start is None else TRIES)
        pool = self.pools.get(part)
        if pool is None:
            pool = self.pools[part] = Pool(f"{part}.", self.pools[FIRST].names)
            self.states[part] = []
        before, known = pool.size, len(pool.names)
        packed = {lang: pool.named(shown) for lang, shown in values.items()}
        first = packed[self.languages[0]]
        if self.start is None:
            self.start = first
        bases = [self.start] + [first] * (len(self.languages) - 1)
        changes = [difference(base, packed[lang]) for base, lang in zip(bases, self.languages, strict=True)]
        state = {"set": pool.named(_set(step.inputs)), "link": _linked(step.inputs), "values": changes}
        grown = pool.size - before + PACKED * len(json.dumps(state, ensure_ascii=False))
        if part != FIRST and self.size + grown > most:
            pool.forget(known)
            if not self.states[part]:
                del self.pools[part], self.states[part]
            return False
        self.states[part].append(state)
        self.size += grown
        return True


def tabulate(
    slug: str,
    tab: type[Tab],
    caps: Caps,
    languages: Sequence[Lang],
    told: Mapping[str, Any] = MappingProxyType({}),
    states: int | None = None,
    free: Free = NOTHING_FREE,
) -> Tabulated:
    """Compute the states of ``tab`` in the order of its plan until a cap is met; every state in all ``languages``.

    With ``states`` (their number in an earlier build's report) just so many, whatever time they need: the same bytes
    again. The inputs that are ``free`` are not moved. ``told`` goes with the first part. Raises :class:`Fault` where the tab fails.
    """
    made, table = Tabulated(slug, tab.slug), _Table(languages)
    plan = planned(tab, caps.values, free)
    made.planned = len(plan)
    began = time.perf_counter()
    offered = {name: {_key(value): value} for name, value in _values(tab()).items()}
    for place, step in enumerate(plan):
        seconds = time.perf_counter() - began
        made.cut = _cap_met(place, seconds, caps, states)
        if made.cut:
            break
        values, refused = _computed(slug, step.inputs, languages)
        if not table.add(step, values, caps.bytes if states is None else math.inf):
            made.cut = f"{caps.bytes // 2**20} MB"
            break
        made.traces |= _traces(tab, values[languages[0]])
        made.formulas = made.formulas or any(
            FORMULA in str(v) for s in values.values() for v in s.values() if isinstance(v, str)
        )
        made.states += 1
        made.refused += refused
        if step.moved:
            value = getattr(step.inputs, step.moved)
            offered[step.moved][_key(value)] = value
    tabulated = {name: list(values.values()) for name, values in offered.items()}
    made.fixed = [name for name, values in tabulated.items() if len(values) < 2 and name not in free.options]
    made.seconds = time.perf_counter() - began
    for part, packed in table.states.items():
        content = {"pool": table.pools[part].strings, "states": packed}
        if part == FIRST:
            parts = [name for name in table.states if name != FIRST]
            about = {lang: _about(tab, lang, tabulated, free.options) for lang in languages}
            content |= {"start": table.start, "about": about, "parts": parts, **told}
        made.scripts[part] = script(f"{slug}/{tab.slug}", part, content)
    return made


def _about(
    tab: type[Tab], lang: Lang, tabulated: Mapping[str, Sequence[Any]], free: Mapping[str, Collection[str]]
) -> dict[str, Any]:
    """All that the page's script wants to know of a tab in one language."""
    slots = [
        {
            "name": slot.name, "kind": slot.kind, "height": slot.height,
            "label": slot.label(lang) if slot.label else "", "called": render.called(slot, lang),
        }
        for slot in tab.outputs
    ]  # fmt: skip
    tries = []
    for attempt in tab.tries:
        shown_there = shown_values(parse(tab, attempt.inputs), lang)
        tries.append({"label": attempt.label(lang), "set": {name: shown_there[name] for name in attempt.inputs}})
    return {
        "label": tab.label(lang), "question": tab.question(lang), "slots": slots, "tries": tries,
        "spec": form_of(tab, lang, tabulated, free), "words": said(lang),
    }  # fmt: skip


def _computed(slug: str, inputs: Tab, languages: Sequence[Lang]) -> tuple[dict[Lang, dict[str, Any]], bool]:
    """What the slots show in each language, and whether the inputs were refused; Fault when the tab fails."""
    last: Any = None
    for last in compute_tab(slug, inputs):  # noqa: B007  a stream's last result is its whole
        pass
    if isinstance(last, Failed):
        if not last.expected:
            raise Fault(f"{slug}/{inputs.slug} failed with {inputs.to_link()}: see the log")
        return {lang: {MESSAGE: last.message(lang)} for lang in languages}, True
    assert isinstance(last, Computed)
    code = render.code_text(slug, inputs)
    values = {}
    for lang in languages:
        slots = inputs.show(last.result, Say(lang))
        values[lang] = {slot.name: shown(slot, slots[slot.name], lang) for slot in inputs.outputs} | {CODE: code}
    return values, False


def _traces(tab: type[Tab], values: Mapping[str, Any]) -> set[str]:
    """The kinds of traces in the figures of a state."""
    figures = (values[slot.name] for slot in tab.outputs if slot.kind == "figure" and slot.name in values)
    return {trace.get("type", "scatter") for figure in figures for trace in figure["data"]}


def _cap_met(place: int, seconds: float, caps: Caps, states: int | None) -> str:
    """Which cap on states or time ends the table before the next state; "" for none, and for the default, which is always there."""
    if place == 0:
        return ""
    if states is not None:
        return "states of the plan" if place >= states else ""
    if place >= caps.states:
        return f"{caps.states} states"
    if seconds > caps.seconds:
        return f"{caps.seconds:g} s"
    return ""


def _values(inputs: Tab) -> dict[str, Any]:
    return {name: getattr(inputs, name) for name in fields(type(inputs))}


def _set(inputs: Tab) -> dict[str, Any]:
    """The inputs that show and differ from the default, as the form writes them."""
    now, start = shown_values(inputs, "en"), shown_values(type(inputs)(), "en")
    return {name: value for name, value in now.items() if value != start[name] and _visible(inputs, name)}


def _linked(inputs: Tab) -> dict[str, str]:
    """The same as an address writes them; what cannot stand in one is left out."""
    now, start = inputs.to_link(), type(inputs)().to_link()
    return {name: value for name, value in now.items() if value != start.get(name) and _visible(inputs, name)}


def _visible(inputs: Tab, name: str) -> bool:
    return fields(type(inputs))[name].visible(_values(inputs))


def _key(value: Any) -> str:
    return repr(value.tobytes()) if isinstance(value, np.ndarray) else repr(value)
