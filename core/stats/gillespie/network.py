"""Reaction networks: what a stochastic simulation starts from.

A network is species with initial counts and reactions, each with either a mass-action constant or a general rate law.
SBML models add assignment rules, events and named outputs (concentrations, rule variables). Nothing here simulates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.notice import Notice
from core.stats.gillespie.formula import Formula, parse, shown

__all__ = ["AssignmentRule", "Constraint", "Event", "Flow", "Network", "Reaction"]


@dataclass(frozen=True, slots=True)
class Reaction:
    """One reaction channel.

    ``rate`` is a number c for mass action, with propensity a(x) = c * prod_i C(x_i, s_i) over the reactants
    (Gillespie 1977; s_i the stoichiometry), or a formula (text or
    parsed) in species, parameters and ``t`` that *is* the propensity. ``written`` is the law in the words of the model
    that it was read from, for its reader; the rate may hold more, as that half a molecule does not react.
    """

    reactants: Mapping[str, int]
    products: Mapping[str, int]
    rate: float | str | Formula
    name: str = ""
    written: str = field(default="", compare=False)

    @property
    def equation(self) -> str:
        """«2 P → P2»; ∅ where nothing stands."""
        sides = ([f"{n} {s}" if n != 1 else s for s, n in side.items()] for side in (self.reactants, self.products))
        return " → ".join(" + ".join(side) or "∅" for side in sides)

    @property
    def law(self) -> str:
        """The rate as text: the constant of mass action, or the propensity."""
        return f"{self.rate:g}" if isinstance(self.rate, int | float) else shown(parse(self.rate))


@dataclass(frozen=True, slots=True)
class AssignmentRule:
    """``variable`` equals ``expression`` at all times (SBML assignment rule)."""

    variable: str
    expression: str | Formula


@dataclass(frozen=True, slots=True)
class Flow:
    """``variable`` begins at ``start`` and changes by ``rate`` a unit of time, with no randomness of its own (SBML rate rule)."""

    variable: str
    start: float
    rate: str | Formula


@dataclass(frozen=True, slots=True)
class Constraint:
    """``condition`` should hold at all times (SBML constraint); ``message`` is what the model says where it does not."""

    condition: str | Formula
    message: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """SBML event: when ``trigger`` turns from false to true, ``assignments`` are carried out after ``delay``."""

    trigger: str | Formula
    assignments: tuple[tuple[str, str | Formula], ...]
    delay: str | Formula | None = None
    priority: str | Formula | None = None
    persistent: bool = True
    initial_value: bool = True
    use_values_from_trigger_time: bool = True
    name: str = ""

    @property
    def condition(self) -> str:
        """The trigger as text."""
        return shown(parse(self.trigger))

    @property
    def effect(self) -> str:
        """What the event does, as text: «A = A + 10; B = 0»."""
        return "; ".join(f"{target} = {shown(parse(value))}" for target, value in self.assignments)

    @property
    def wait(self) -> str:
        """The delay as text; empty without one."""
        return "" if self.delay is None else shown(parse(self.delay))


@dataclass(frozen=True, slots=True)
class Network:
    """Species, initial counts, reactions, and what SBML may add. ``outputs`` None means the species counts themselves.

    ``notices`` are for whoever sees results of it: amounts that are no whole numbers, reactions that can never happen.
    """

    species: tuple[str, ...]
    initial: tuple[float, ...]
    reactions: tuple[Reaction, ...]
    parameters: Mapping[str, float] = field(default_factory=dict)
    rules: tuple[AssignmentRule, ...] = ()
    events: tuple[Event, ...] = ()
    outputs: tuple[tuple[str, str | Formula], ...] | None = None
    name: str = ""
    flows: tuple[Flow, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    notices: tuple[Notice, ...] = ()
