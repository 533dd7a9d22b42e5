"""Plan: which states of a tab are tabulated, in the order of their worth.

A static page is its table: the default, what the tab says is worth trying, and each control moved alone through its values,
never the product of two. Values come coarse to fine and the controls take turns, so that whatever cap ends a table, it is even.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gallery.fields import Choice, Field, File, Image, Number, Point, Seed, TextField, Toggle
from gallery.inputs import InputError, fields, parse
from gallery.page import Tab

__all__ = ["NOTHING_FREE", "Caps", "Free", "Planned", "moves", "planned"]

SECONDS = 30.0  # of compute a tab: with it all tabs take less than an hour on two cores
VALUES = 50  # of an input at most
HALVINGS = 6  # rounds of a slider: both ends, then halves, quarters … of what lies between
SEEDS = (1, 2, 3, 4)
PLANE = (3, 5)  # points across a plane, first few, then more
FEW = 2  # examples in the first round
EXAMPLE = "example:"


@dataclass(frozen=True, slots=True)
class Caps:
    """What a tab may take at most: ``values`` of an input, ``states``, ``bytes`` on the disk, ``seconds`` of compute."""

    values: int = VALUES
    states: int = 200
    bytes: int = 10 * 2**20
    seconds: float = SECONDS


@dataclass(frozen=True, slots=True)
class Free:
    """The inputs of a tab that networks in the browser follow: each with its ``options`` that need a server all the same.

    A network begins with a state whose other inputs are the same: ``bases`` are those that must be tabulated for it.
    """

    options: Mapping[str, Collection[str]] = dataclasses.field(default_factory=dict)
    bases: Sequence[Mapping[str, Any]] = ()


NOTHING_FREE = Free()


@dataclass(frozen=True, slots=True)
class Planned:
    """A state to tabulate: its inputs, and the one that was ``moved`` ("" for the default and for most tries)."""

    inputs: Tab
    moved: str


def planned(tab: type[Tab], values: int = VALUES, free: Free = NOTHING_FREE) -> list[Planned]:
    """The states of ``tab``: the default, its tries, then every input moved alone, each state once.

    An input that is hidden at the default is moved where it shows: beside the first values that call for it. What the
    inputs refuse together is left out. At most ``values`` values an input; those that are ``free`` are
    not moved, and their bases come after the tries.
    """
    states: dict[str, Planned] = {}
    worth = [{}, *(attempt.inputs for attempt in tab.tries), *free.bases]
    for moved, given in itertools.chain((("", given) for given in worth), _moved(tab, values, free.options)):
        try:
            inputs = parse(tab, given)
        except InputError:
            continue
        key = repr(sorted(_visible(inputs).items()))
        known = states.setdefault(key, Planned(inputs, moved))
        if moved and not known.moved and key != "[]":  # a try that moves one input alone
            states[key] = Planned(inputs, moved)
    return list(states.values())


def moves(field: Field, default: Any, most: int) -> list[list[Any]]:
    """The values of an input beside its default, in rounds from coarse to fine, at most ``most`` of them."""
    match field:
        case Number():
            ends, halves, *finer = _numbers(field)
            rounds = [ends + halves + finer[0], *finer[1:]] if field.play else [ends + halves, *finer]
        case Seed():
            rounds = [[seed] for seed in SEEDS]
        case Toggle():
            rounds = [[not default]]
        case Choice():
            rounds = [list(field.options)]
        case TextField():
            rounds = [list(field.examples[:FEW]), list(field.examples[FEW:])]
        case Image() | File():
            names = [EXAMPLE + name for name in field.examples]
            rounds = [names[:FEW], [], names[FEW:]]
        case Point():
            rounds = [[], *(_points(field, across) for across in PLANE)]
        case _:
            rounds = []
    kept: list[list[Any]] = []
    taken = {field.to_link(default)}
    for values in rounds:
        new = {field.to_link(field.parse(value)): value for value in values}
        fresh = {said: value for said, value in new.items() if said not in taken}
        if isinstance(field, Number) and len(taken) - 1 + len(fresh) > most and kept:
            break  # half a round would leave one end of the slider finer than the other
        kept.append(list(fresh.values())[: max(0, most + 1 - len(taken))])
        taken |= set(fresh)
    return kept


def _moved(tab: type[Tab], most: int, free: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(input, values set) of every input moved alone; in each round every input has its turn."""
    declared, start = fields(tab), tab()
    rounds = {name: moves(field, getattr(start, name), most) for name, field in declared.items() if name not in free}
    for turn in range(max(map(len, rounds.values()), default=0)):
        for name, field in declared.items():
            values = rounds[name][turn] if turn < len(rounds.get(name, [])) else []
            for value in values:
                needed = field.only_when.get(value, {}) if isinstance(field, Choice) else {}
                yield name, _place(tab, {**_one(field.shown_when), **_one(needed)}) | {name: value}


def _place(tab: type[Tab], condition: Mapping[str, Any]) -> dict[str, Any]:
    """Values beside which ``condition`` holds and all that it names is shown; the default gives what it can."""
    declared, start = fields(tab), tab()
    given: dict[str, Any] = {}
    wanted = dict(condition)
    while wanted:
        name, value = wanted.popitem()
        if name in given:
            continue
        if getattr(start, name) != value:
            given[name] = value
        wanted |= {n: v for n, v in _one(declared[name].shown_when).items() if n not in given}
    return given


def _one(condition: Mapping[str, Any] | None) -> dict[str, Any]:
    """One value for each input that a condition names."""
    return {name: wanted[0] if isinstance(wanted, tuple) else wanted for name, wanted in (condition or {}).items()}


def _visible(inputs: Tab) -> dict[str, Any]:
    """The values that differ from the default, of the inputs that show, as links write them (else by their bytes)."""
    start = type(inputs)()
    values = {name: getattr(inputs, name) for name in fields(type(inputs))}
    shown = {}
    for name, field in fields(type(inputs)).items():
        said = _said(field, values[name])
        if field.visible(values) and said != _said(field, getattr(start, name)):
            shown[name] = said
    return shown


def _said(field: Field, value: Any) -> str:
    if isinstance(value, np.ndarray):
        return field.to_link(value) or value.tobytes().hex()
    return field.to_link(value) or repr(value)


def _numbers(field: Number) -> list[list[float]]:
    """Values of a slider: all of them where they are few, else both ends and halves, halves of halves …"""
    parts = 2**HALVINGS
    rounds = [[0, parts]] + [list(range(parts >> k, parts, parts >> k - 1)) for k in range(1, HALVINGS + 1)]
    return [[_number(field, place / parts) for place in places] for places in rounds]


def _number(field: Number, part: float) -> float:
    """The value at a part of the slider's way, on its own grain."""
    low, high = field.minimum, field.maximum
    if field.log:
        value = low * (high / low) ** part
        value = round(value) if field.whole else float(f"{value:.3g}")
    else:
        value = low + round(part * (high - low) / field.grain) * field.grain
        value = round(value) if field.whole else float(f"{value:.10g}")
    return min(max(value, low), high)


def _points(field: Point, across: int) -> list[tuple[float, float]]:
    """Points that part a plane evenly, the edges left out."""

    def parts(ends: Sequence[float]) -> list[float]:
        low, high = ends
        return [float(f"{low + (k + 0.5) * (high - low) / across:.3g}") for k in range(across)]

    return [(x, y) for y in parts(field.y_range) for x in parts(field.x_range)]
