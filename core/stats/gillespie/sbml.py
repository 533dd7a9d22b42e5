"""SBML: reads Level 2 and 3 models as reaction networks for exact simulation.

The convention is that of the SBML stochastic test suite: amounts count molecules, a kinetic law is the propensity of its
reaction (substance per time), and a reaction happens one event at a time. A species symbol means its amount when
``hasOnlySubstanceUnits`` is true and its concentration (amount / compartment size) otherwise. Attributes that Level 3
wants and a document leaves out have their Level 2 defaults. What cannot be simulated exactly (rate and algebraic rules,
delays, fast reactions, packages that change the mathematics) is refused by name.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from core.refusal import Refusal
from core.stats.gillespie.compiled import RULES, TIME, in_order
from core.stats.gillespie.errors import NetworkError, naming
from core.stats.gillespie.evaluation import evaluate, substitute
from core.stats.gillespie.formula import Call, Formula, Name, Number, names, shown
from core.stats.gillespie.mass_action import mass_action
from core.stats.gillespie.network import AssignmentRule, Event, Network, Reaction
from core.stats.gillespie.sbml_document import MAX_BYTES, read_document
from core.stats.gillespie.sbml_math import MathReader

__all__ = ["MAX_BYTES", "load_sbml"]

Report = Literal["amount", "concentration"]
CHECKED_COUNTS = (3.0, 50.0)  # of everything else, where a reversible reaction's law is tried without its reactants


def load_sbml(source: str | Path | bytes, *, report: Report = "amount") -> Network:
    """Read an SBML model.

    Parameters
    ----------
    source : a path, or the document itself as bytes (or as text that starts with «<»).
    report : whether the network's outputs are amounts (molecules, the default) or, for species whose symbol means one,
        concentrations. The outputs are the species in the document's order, then what rules and events determine.

    Raises NetworkError of the input «sbml» that names the element and why it cannot be simulated; OSError when the file
    cannot be read.
    """
    if report not in ("amount", "concentration"):
        raise Refusal("必须是 amount 或 concentration", "must be amount or concentration", input="report", value=report)
    try:
        document = read_document(source)
        return _Model(document.getModel(), document.getLevel()).network(report)
    except NetworkError as error:
        raise error.of("sbml") from None


@dataclass
class _Model:
    """One SBML model on its way to a network. Formulas hold species as amounts and everything else by its name."""

    model: Any
    level: int
    species: dict[str, Any] = field(default_factory=dict)
    compartments: dict[str, Any] = field(default_factory=dict)
    values: dict[str, float] = field(
        default_factory=dict
    )  # of compartments, parameters and stoichiometries; NaN: not given
    initial: dict[str, float] = field(default_factory=dict)  # amounts
    ruled: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()  # by events

    def network(self, report: Report) -> Network:
        m = self.model
        _refuse(m)
        self._declare()
        functions = {}
        for f in _items(m.getListOfFunctionDefinitions()):
            functions[f.getId()] = (tuple(f.getArgument(i).getName() for i in range(f.getNumArguments())), f.getBody())
        self.math = MathReader(self._symbol, functions)
        rules = self._rules()
        self._initialise(rules)
        self.constants = {
            _inner(name): Number(value)
            for name, value in self.values.items()
            if name not in self.ruled and name not in self.changed and not math.isnan(value)
        }
        self.whole = self._whole()
        reactions = tuple(self._reaction(r) for r in _items(m.getListOfReactions()))
        events = tuple(self._event(e) for e in _items(m.getListOfEvents()))
        moving = [s for s in self.species if s not in self.ruled]
        if not moving:
            raise NetworkError(
                "listOfSpecies：没有反应或事件能改变的物种",
                "listOfSpecies: no species that reactions or events could change",
            )
        self._complain_of_missing_values(reactions, rules, events)
        parameters = {_inner(k): v for k, v in self.values.items() if k not in self.ruled and not math.isnan(v)}
        return Network(
            species=tuple(map(_inner, moving)),
            initial=tuple(self.initial[s] for s in moving),
            reactions=reactions,
            parameters=parameters,
            rules=tuple(AssignmentRule(_inner(v), f) for v, f in rules.items()),
            events=events,
            outputs=self._outputs(report),
            name=m.getName() or m.getId(),
        )

    def _declare(self) -> None:
        """Collect what the model declares; NetworkError for a name that is missing, taken or unknown."""
        m = self.model
        self.compartments = _named(("隔室", "compartment"), _items(m.getListOfCompartments()))
        self.species = _named(("物种", "species"), _items(m.getListOfSpecies()))
        for name, c in self.compartments.items():
            self.values[name] = c.getSize() if c.isSetSize() else 1.0
        for name, p in _named(("参数", "parameter"), _items(m.getListOfParameters())).items():
            self.values[name] = p.getValue() if p.isSetValue() else math.nan
        for r in _items(m.getListOfReactions()):
            for reference in (*_items(r.getListOfReactants()), *_items(r.getListOfProducts())):
                if reference.getSpecies() not in self.species:
                    name = reference.getSpecies()
                    raise NetworkError(
                        f"反应 {r.getId()}：" + (f"没有物种 {name}" if name else "没有给出物种"),
                        f"reaction {r.getId()}: no species {name or 'given'}",
                    )
                if reference.isSetId():  # its stoichiometry may stand in formulas
                    self.values[reference.getId()] = _stoichiometry(reference)
        for name, s in self.species.items():
            if s.getCompartment() not in self.compartments:
                where = s.getCompartment()
                raise NetworkError(
                    f"物种 {name}：" + (f"没有隔室 {where}" if where else "没有给出隔室"),
                    f"species {name}: no compartment {where or 'given'}",
                )
            if name in self.values:
                raise NetworkError(f"物种 {name}：名字用了两次", f"species {name}: the name is taken twice")
        self.ruled = frozenset(r.getVariable() for r in _items(m.getListOfRules()))
        self.changed = frozenset(
            a.getVariable() for e in _items(m.getListOfEvents()) for a in _items(e.getListOfEventAssignments())
        )
        for name in sorted(self.ruled | self.changed):
            if name not in self.species and name not in self.values:
                raise NetworkError(
                    f"{name or '某条规则或事件'}：没有叫这个名字的物种、参数或隔室",
                    f"{name or 'a rule or event'}: no species, parameter or compartment of this name",
                )
        for name in sorted(self.ruled & self.changed):
            raise NetworkError(
                f"事件给 {name} 赋值，但它已由规则决定", f"event assigns {name}: a rule determines it already"
            )

    def _symbol(self, name: str) -> Formula:
        """What an identifier means in a formula."""
        if name in self.species:
            return self._as_symbol(name, Name(_inner(name)))
        if name in self.values:
            return Name(_inner(name))
        raise NetworkError(f"没有物种、参数或隔室 {name}", f"no species, parameter or compartment {name}")

    def _by_concentration(self, species: str) -> bool:
        s = self.species[species]
        return (
            not s.getHasOnlySubstanceUnits()
            and self.compartments[s.getCompartment()].getSpatialDimensionsAsDouble() != 0
        )

    def _size(self, species: str) -> Formula:
        return Name(_inner(self.species[species].getCompartment()))

    def _as_symbol(self, species: str, amount: Formula) -> Formula:
        """The value of a species' symbol at an amount."""
        return Call("div", (amount, self._size(species))) if self._by_concentration(species) else amount

    def _as_amount(self, name: str, symbol: Formula) -> Formula:
        """The amount at a value of a species' symbol; anything that is no species stays as it is."""
        if name not in self.species or not self._by_concentration(name):
            return symbol
        return Call("mul", (symbol, self._size(name)))

    def _rules(self) -> dict[str, Formula]:
        """Assignment rules, each after those that it needs."""
        found = {}
        for rule in _items(self.model.getListOfRules()):
            name = rule.getVariable()
            found[name] = self._as_amount(name, self.math.read(rule.getMath(), (f"{name} 的规则", f"rule for {name}")))
        return {name: found[name] for name in _in_order(found, RULES)}

    def _initialise(self, rules: Mapping[str, Formula]) -> None:
        """Values at time 0: declared ones, then initial assignments and rules in the order in which they need one another."""
        pending: dict[str, Formula] = {}
        for name, s in self.species.items():
            self.initial[name] = s.getInitialAmount() if s.isSetInitialAmount() else 0.0
            if s.isSetInitialConcentration():
                pending[name] = Call("mul", (Number(s.getInitialConcentration()), self._size(name)))
        for a in _items(self.model.getListOfInitialAssignments()):
            name = a.getSymbol()
            if name not in self.species and name not in self.values:
                raise NetworkError(
                    f"{name} 的初始赋值：没有叫这个名字的物种、参数或隔室",
                    f"initial assignment of {name}: no species, parameter or compartment of this name",
                )
            if a.getMath() is not None:
                place = f"{name} 的初始赋值", f"initial assignment of {name}"
                pending[name] = self._as_amount(name, self.math.read(a.getMath(), place))
        pending |= rules
        state = {_inner(k): v for k, v in (self.values | self.initial).items()} | {TIME: 0.0}
        for name in _in_order(pending, ("初始赋值", "initial assignments")):
            with np.errstate(all="ignore"):
                value = state[_inner(name)] = float(evaluate(pending[name], state))
            (self.initial if name in self.species else self.values)[name] = value

    def _whole(self) -> frozenset[str]:
        """Species that hold a whole number of molecules at all times."""
        loose = {s for s, amount in self.initial.items() if amount != math.floor(amount)}
        for e in _items(self.model.getListOfEvents()):
            for a in _items(e.getListOfEventAssignments()):
                name, formula = a.getVariable(), a.getMath()
                if name in self.species and (
                    formula is None or not formula.isInteger() or self._by_concentration(name)
                ):
                    loose.add(name)
        return frozenset(self.species) - loose

    def _reaction(self, r: Any) -> Reaction:
        law, place = r.getKineticLaw(), (f"{r.getId()} 的速率", f"kinetic law of {r.getId()}")
        local = {}
        for p in _items(law.getListOfLocalParameters()) if self.level >= 3 else _items(law.getListOfParameters()):
            if not p.isSetValue():
                with naming(*place):
                    raise NetworkError(f"没有给出 {p.getId()} 的值", f"no value is given for {p.getId()}")
            local[p.getId()] = Number(p.getValue())
        formula = substitute(self.math.read(law.getMath(), place, local), self.constants)
        sides = []
        for references in (_items(r.getListOfReactants()), _items(r.getListOfProducts())):
            side: dict[str, int] = {}
            for reference in references:
                name = reference.getSpecies()
                s = self.species[name]
                if not (s.getBoundaryCondition() or s.getConstant() or name in self.ruled):
                    side[_inner(name)] = side.get(_inner(name), 0) + self._count(reference, r.getId())
            sides.append({s: n for s, n in side.items() if n})
        reactants, products = sides
        self._refuse_backwards(r, formula, reactants)
        whole = frozenset(map(_inner, self.whole))
        species = frozenset(_inner(s) for s in self.species if s not in self.ruled)
        if reactants.keys() <= whole:
            found = mass_action(formula, reactants, products, species)
            if found is not None:
                return Reaction(*found, name=r.getId())
        for name, needed in reactants.items():  # half a molecule cannot react
            if name not in whole:
                enough = Call("ge", (Name(name), Number(float(needed))))
                formula = Call("select", (enough, formula, Number(0.0)))
        return Reaction(reactants, products, formula, name=r.getId())

    def _refuse_backwards(self, r: Any, law: Formula, reactants: Mapping[str, int]) -> None:
        """A reversible reaction that runs backwards when its reactants are gone is two reactions, not one propensity."""
        if not r.getReversible() or not reactants:
            return
        needed = names(law)
        for count in CHECKED_COUNTS:
            state = {name: 0.0 if name in reactants else count for name in needed}
            with np.errstate(all="ignore"):
                if float(evaluate(law, state)) < 0:
                    text = shown(law)
                    raise NetworkError(
                        f"反应 {r.getId()} 可逆，速率 {text} 会为负；请写成两个反应",
                        f"reaction {r.getId()}: it is reversible and its rate {text} can become negative; write it as two reactions",
                    )

    def _count(self, reference: Any, reaction: str) -> int:
        """Molecules of one species reference, a whole number that never changes."""
        name = reference.getId() if reference.isSetId() else ""
        if name and (name in self.ruled or name in self.changed):
            raise _changing(reaction)
        value = self.values[name] if name else _stoichiometry(reference)
        if self.level == 2 and reference.isSetStoichiometryMath():
            place = f"{reaction} 的化学计量数", f"stoichiometry in {reaction}"
            read = self.math.read(reference.getStoichiometryMath().getMath(), place)
            formula = substitute(read, self.constants)
            if not isinstance(formula, Number):
                raise _changing(reaction)
            value = formula.value
        if not (math.isfinite(value) and value == int(value) and value >= 0):
            species = reference.getSpecies()
            raise NetworkError(
                f"反应 {reaction}：{species} 的化学计量数 {value:g} 必须是不小于 0 的整数",
                f"reaction {reaction}: stoichiometry {value:g} of {species}: must be a whole number",
            )
        return int(value)

    def _event(self, e: Any) -> Event:
        name = e.getId() or "event"
        trigger = e.getTrigger()
        if trigger is None or trigger.getMath() is None:
            raise NetworkError(f"事件 {name} 没有触发条件", f"event {name}: has no trigger")
        assignments = []
        for a in _items(e.getListOfEventAssignments()):
            if a.getMath() is not None:
                target = a.getVariable()
                value = self.math.read(a.getMath(), (f"事件 {name}", f"event {name}"))
                assignments.append((_inner(target), self._as_amount(target, value)))
        delay = e.getDelay().getMath() if e.isSetDelay() else None
        priority = e.getPriority().getMath() if self.level >= 3 and e.isSetPriority() else None
        return Event(
            trigger=self.math.read(trigger.getMath(), (f"{name} 的触发条件", f"trigger of {name}")),
            assignments=tuple(assignments),
            delay=None if delay is None else self.math.read(delay, (f"{name} 的延迟", f"delay of {name}")),
            priority=None
            if priority is None
            else self.math.read(priority, (f"{name} 的优先级", f"priority of {name}")),
            persistent=trigger.getPersistent() if self.level >= 3 and trigger.isSetPersistent() else True,
            initial_value=trigger.getInitialValue() if self.level >= 3 and trigger.isSetInitialValue() else True,
            use_values_from_trigger_time=e.getUseValuesFromTriggerTime(),
            name=name,
        )

    def _complain_of_missing_values(
        self, reactions: Iterable[Reaction], rules: Mapping[str, Formula], events: Iterable[Event]
    ) -> None:  # fmt: skip
        formulas: list[Any] = [r.rate for r in reactions if not isinstance(r.rate, int | float)] + list(rules.values())
        for e in events:
            formulas += [
                e.trigger,
                *(f for _, f in e.assignments),
                *(f for f in (e.delay, e.priority) if f is not None),
            ]
        used = set().union(*(names(f) for f in formulas))
        for name, value in self.values.items():
            if math.isnan(value) and name not in self.ruled and _inner(name) in used:
                raise NetworkError(f"没有给出 {name} 的值", f"{name}: no value is given")

    def _outputs(self, report: Report) -> tuple[tuple[str, str | Formula], ...]:
        found: list[tuple[str, str | Formula]] = []
        for name in self.species:
            amount = Name(_inner(name))
            found.append((name, self._as_symbol(name, amount) if report == "concentration" else amount))
        others = [r.getVariable() for r in _items(self.model.getListOfRules())] + sorted(self.changed)
        return (*found, *((name, Name(_inner(name))) for name in others if name not in self.species))


def _refuse(m: Any) -> None:
    """NetworkError for what cannot be simulated exactly."""
    for rule in _items(m.getListOfRules()):
        if not rule.isAssignment():
            name = rule.getVariable()
            zh, en = (f"{name} 的速率规则", f"rate rule {name}") if rule.isRate() else ("代数规则", "algebraic rule")
            raise NetworkError(f"{zh}：随机模拟不支持", f"{en}: not supported in a stochastic simulation")
    for reaction in _items(m.getListOfReactions()):
        if reaction.isSetFast() and reaction.getFast():
            raise NetworkError(
                f"反应 {reaction.getId()}：不支持快反应",
                f"reaction {reaction.getId()}: fast reactions are not supported",
            )
        if not reaction.isSetKineticLaw() or reaction.getKineticLaw().getMath() is None:
            raise NetworkError(f"反应 {reaction.getId()} 没有速率", f"reaction {reaction.getId()}: has no kinetic law")
    if m.getNumConstraints():
        raise NetworkError("listOfConstraints：不支持约束", "listOfConstraints: constraints are not supported")
    for s in _items(m.getListOfSpecies()):
        if s.isSetConversionFactor() or m.isSetConversionFactor():
            raise NetworkError(
                f"物种 {s.getId()}：不支持换算系数", f"species {s.getId()}: conversion factors are not supported"
            )


def _inner(name: str) -> str:
    """The name inside the network, where ``t`` is the time and not a model's own symbol."""
    return "t (model)" if name == TIME else name


def _stoichiometry(reference: Any) -> float:
    value = reference.getStoichiometry()
    return 1.0 if math.isnan(value) else value


def _items(items: Any) -> list[Any]:
    return [items.get(i) for i in range(items.size())]


def _changing(reaction: str) -> NetworkError:
    return NetworkError(
        f"反应 {reaction}：不支持会变的化学计量数",
        f"reaction {reaction}: a stoichiometry that changes is not supported",
    )


def _named(kind: tuple[str, str], items: Iterable[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in items:
        name = item.getId()
        if not name or name in found:
            zh, en = kind
            if not name:
                raise NetworkError(f"{zh}：缺少 id", f"{en}: an id is missing")
            raise NetworkError(f"{zh} {name}：名字用了两次", f"{en} {name}: the name is taken twice")
        found[name] = item
    return found


def _in_order(formulas: Mapping[str, Formula], what: tuple[str, str]) -> list[str]:
    """The names of ``formulas``, each after those that its formula needs."""
    outer = {_inner(name): name for name in formulas}
    needs = {inner: names(formulas[name]) & outer.keys() for inner, name in outer.items()}
    return [outer[inner] for inner in in_order(needs, what)]
