"""Events: what an SBML event, a rule and the clock mean for the general kernel, as programs.

A comparison that is affine in time, slope * t + offset, between two jumps turns at a *breakpoint* known beforehand. Where a
trigger depends on time, or on a variable that flows with it, in any other way, the kernel searches for its turns. Semantics of events: SBML Level 3 Version 2, section 4.11.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from core.stats.gillespie.compiled import TIME, Compiled, guarded, loose, ordered_rules
from core.stats.gillespie.errors import NetworkError
from core.stats.gillespie.evaluation import evaluate, substitute
from core.stats.gillespie.formula import COMPARISONS, Call, Formula, Name, Number, names, parse
from core.stats.gillespie.machine import Program, assemble
from core.stats.gillespie.network import Network

__all__ = ["Events", "affine_in_time", "compile_events"]

ROUNDINGS = 8  # how many numbers on either side of a breakpoint are tried
MIRRORED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}
MAX_NODES = 20_000  # operations of one formula once rules that follow the time are written out


class Events(NamedTuple):
    """Programs of all events. Per event: trigger, delay, priority; per assignment: target slot and value."""

    laws: Program  # of all reactions; 0 where mass action gives the propensity
    triggers: Program
    delays: Program
    priorities: Program
    values: Program
    value_start: np.ndarray
    targets: np.ndarray
    persistent: np.ndarray
    initially: np.ndarray
    early: np.ndarray
    breakpoints: Program
    searched: np.ndarray  # per trigger, whether it turns with time other than at breakpoints
    smooth: bool  # whether laws vary with time other than at breakpoints
    triggers_move: np.ndarray  # whether reactions can change it
    breakpoints_move: np.ndarray


def affine_in_time(formula: Formula) -> tuple[Formula, Formula] | None:
    """(slope, offset) when the formula is slope * t + offset with both free of t; None otherwise."""
    if TIME not in names(formula):
        return Number(0.0), formula
    match formula:
        case Name(_):
            return Number(1.0), Number(0.0)
        case Call("neg", (inner,)):
            parts = affine_in_time(inner)
            return parts and (Call("neg", (parts[0],)), Call("neg", (parts[1],)))
        case Call(("add" | "sub") as operator, (left, right)):
            a, b = affine_in_time(left), affine_in_time(right)
            return (_fold(operator, a[0], b[0]), _fold(operator, a[1], b[1])) if a and b else None
        case Call("mul", (left, right)):
            if TIME in names(left):
                left, right = right, left
            parts = affine_in_time(right)
            return (
                (_fold("mul", left, parts[0]), _fold("mul", left, parts[1]))
                if parts and TIME not in names(left)
                else None
            )
        case Call("div", (left, right)) if TIME not in names(right):
            parts = affine_in_time(left)
            return parts and (_fold("div", parts[0], right), _fold("div", parts[1], right))
    return None


def _fold(operator: str, left: Formula, right: Formula) -> Formula:
    return substitute(Call(operator, (left, right)), {})


def compile_events(network: Network, c: Compiled) -> Events:
    """The programs of a network's events, and the breakpoints of its triggers, laws and rules.

    NetworkError for an assignment to what cannot be assigned.
    """
    constants = {n: Number(float(v)) for n, v in network.parameters.items() if n not in c.slots}
    rules = ordered_rules(network)
    timed = _timed(rules, constants)

    def read(text: str | Formula) -> Formula:
        return _written_out(substitute(parse(text), constants), timed)

    triggers = [read(event.trigger) for event in network.events]
    delays = [read(event.delay or "0") for event in network.events]
    priorities = [read(event.priority or "0") for event in network.events]
    values = [
        Call("snap", (read(text),)) if name in network.species else read(text)
        for event in network.events
        for name, text in event.assignments
    ]
    targets = [name for event in network.events for name, _ in event.assignments]
    for name in targets:
        if name not in c.slots or name in rules:
            raise NetworkError(
                f"事件给 {name} 赋值：它必须是物种，或没有规则的参数",
                f"event assigns {name}: must be a species or a parameter without a rule",
            )
    points: list[Formula] = []
    drifting = _drifting(network)
    triggers = [on_the_clock(trigger, points, drifting) for trigger in triggers]
    laws: list[Formula] = []
    fractions = loose(network)
    for r in network.reactions:
        law = Number(0.0) if isinstance(r.rate, int | float) else on_the_clock(read(r.rate), points, drifting)
        laws.append(guarded(law, r.reactants, c.slots, fractions) if law != Number(0.0) else law)
    starts = np.cumsum([0, *(len(event.assignments) for event in network.events)])
    flags = lambda field: np.array([getattr(event, field) for event in network.events], np.int64)  # noqa: E731
    return Events(
        assemble(laws, c.slots), assemble(triggers, c.slots), assemble(delays, c.slots), assemble(priorities, c.slots), assemble(values, c.slots),
        starts.astype(np.int64), np.array([c.slots[n] for n in targets] or [0], np.int64),
        flags("persistent"), flags("initial_value"), flags("use_values_from_trigger_time"), assemble(points, c.slots),
        np.array([_varies(trigger, drifting) for trigger in triggers], np.int64), any(_varies(law, drifting) for law in laws),
        _move(triggers, network), _move(points, network),
    )  # fmt: skip


def _drifting(network: Network) -> frozenset[str]:
    """What changes between two jumps besides the time: the continuous variables, and rules that read them."""
    found = {flow.variable for flow in network.flows}
    for variable, formula in ordered_rules(network).items():
        if not found.isdisjoint(names(formula)):
            found.add(variable)
    return frozenset(found)


def _varies(formula: Formula, drifting: frozenset[str]) -> bool:
    """Whether a formula on the clock changes with time other than by jumps at breakpoints."""
    match formula:
        case Name(name):
            return name == TIME or name in drifting
        case Call(operator, (Name(name), at)) if operator in COMPARISONS and name == TIME:
            return _varies(at, drifting)
        case Call(_, arguments):
            return any(_varies(a, drifting) for a in arguments)
    return False


def _move(formulas: Sequence[Formula], network: Network) -> np.ndarray:
    """Whether each formula names something that reactions change, itself or through a rule."""
    changed = {s for r in network.reactions for s in {**r.reactants, **r.products}} | set(ordered_rules(network))
    return np.array([not changed.isdisjoint(names(f)) for f in formulas], np.int64)


def _timed(rules: Mapping[str, Formula], constants: Mapping[str, Formula]) -> dict[str, Formula]:
    """The rules that follow the time, each free of the others; all other rule variables stand still between jumps."""
    found: dict[str, Formula] = {}
    for variable, formula in rules.items():
        written = _written_out(substitute(formula, constants), found)
        if TIME in names(written):
            found[variable] = written
    return found


def _written_out(formula: Formula, timed: Mapping[str, Formula]) -> Formula:
    written = substitute(formula, timed) if timed else formula
    waiting, seen = [written], 0
    while waiting:
        seen += 1
        if seen > MAX_NODES:
            raise NetworkError(
                f"随时间变化的规则：展开后超过 {MAX_NODES} 个运算",
                f"rules that follow the time: more than {MAX_NODES} operations once they are written out",
            )
        part = waiting.pop()
        if isinstance(part, Call):
            waiting += part.arguments
    return written


def on_the_clock(formula: Formula, points: list[Formula], drifting: frozenset[str] = frozenset()) -> Formula:
    """The formula with every comparison that is affine in time put as «t >= breakpoint»; appends the breakpoints.

    Trigger and breakpoint are then the same number to the last bit, and no rounding makes an event early, late or
    double. A comparison that is not affine in time, or has a variable of ``drifting`` in it, stays as it is.
    """
    if not isinstance(formula, Call) or TIME not in names(formula):
        return formula
    if formula.operator not in COMPARISONS:
        return Call(formula.operator, tuple(on_the_clock(a, points, drifting) for a in formula.arguments))
    left, right = (affine_in_time(a) for a in formula.arguments)
    if left is None or right is None or not drifting.isdisjoint(names(formula)):
        return formula
    slope, gap = _fold("sub", left[0], right[0]), _fold("sub", right[1], left[1])
    still = Call(formula.operator, (left[1], right[1]))
    if slope == Number(0.0):
        return still
    at = _fold("div", gap, slope)
    if isinstance(at, Number):
        at = Number(_turning_point(formula, at.value))
    points.append(at)
    rising = Call(formula.operator, (Name(TIME), at))
    falling = Call(MIRRORED[formula.operator], (Name(TIME), at))
    if isinstance(slope, Number):
        return rising if slope.value > 0 else falling
    turns = Call("select", (Call("lt", (slope, Number(0.0))), falling, still))
    return Call("select", (Call("gt", (slope, Number(0.0))), rising, turns))


def _turning_point(comparison: Call, at: float) -> float:
    """The number next to ``at`` at which a comparison in t alone turns as computed: 24.5 for «t / 4.9 >= 5»."""
    if names(comparison) != {TIME} or not (np.isfinite(at) and at != 0.0):
        return at
    around = at + np.arange(-ROUNDINGS, ROUNDINGS + 1) * np.spacing(abs(at))
    if comparison.operator in ("eq", "ne"):  # as computed these may hold at several neighbours, or at none
        return at
    values = np.asarray(evaluate(comparison, {TIME: around})) != 0.0
    turns = np.flatnonzero(values[1:] != values[:-1])
    if len(turns) != 1:
        return at
    ends_there = values[0] == bool(evaluate(Call(comparison.operator, (Number(0.0), Number(0.0))), {}))
    return float(around[turns[0] + (0 if ends_there else 1)])
