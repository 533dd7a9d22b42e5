"""SBML: reads models of Levels 1 to 3 as reaction networks for exact simulation.

The convention is that of the SBML stochastic test suite: amounts count molecules, a kinetic law is the propensity of its
reaction (substance per time), and a reaction happens one event at a time. A species symbol means its amount when
``hasOnlySubstanceUnits`` is true and its concentration (amount / compartment size) otherwise. Attributes that Level 3
wants and a document leaves out have their Level 2 defaults. A net rate f - g becomes two reactions (``reversible.py``). What
cannot be simulated exactly (algebraic rules, delays, fast reactions, packages that change the mathematics) is refused by
name, and what may surprise (fractions of molecules, reactions that can never happen) is told in the network's notices.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import libsbml
import numpy as np

from core.notice import Notice, listed
from core.refusal import Refusal
from core.stats.gillespie.compiled import RULES, TIME, in_order
from core.stats.gillespie.errors import NetworkError, naming
from core.stats.gillespie.evaluation import evaluate, snapped, substitute
from core.stats.gillespie.formula import MAX_SHOWN, Call, Formula, Name, Number, names, shown
from core.stats.gillespie.mass_action import mass_action
from core.stats.gillespie.network import AssignmentRule, Constraint, Event, Flow, Network, Reaction
from core.stats.gillespie.notices import about_amounts, about_dead_reactions
from core.stats.gillespie.reversible import left_of_a_total, negative_somewhere, runs_backwards, split
from core.stats.gillespie.sbml_document import MAX_BYTES, read_document
from core.stats.gillespie.sbml_math import MAX_NODES, MathReader

__all__ = ["MAX_BYTES", "load_sbml"]

Report = Literal["amount", "concentration"]
TRIED_COUNTS = (0.0, 1.0, 3.0, 8.0, 25.0)  # at which an event's values are tried for being whole
COUNTED = frozenset({"item", "dimensionless"})  # units in which an amount is a number of molecules
TAGS = re.compile(r"<[^>]*>")
NO_FORMULA = re.compile(r"[^\w\s.,+\-*/^()<>=!%]")  # a symbol for the time may be called anything
WORDS = re.compile(r"[^\W\d]\w*")


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
        return _Model(document.getModel(), document.getLevel(), document.getVersion()).network(report)
    except NetworkError as error:
        raise error.of("sbml") from None


@dataclass
class _Model:
    """One SBML model on its way to a network. Formulas hold species as amounts and everything else by its name."""

    model: Any
    level: int
    version: int
    species: dict[str, Any] = field(default_factory=dict)
    compartments: dict[str, Any] = field(default_factory=dict)
    values: dict[str, float] = field(
        default_factory=dict
    )  # of compartments, parameters and stoichiometries; NaN: not given
    initial: dict[str, float] = field(default_factory=dict)  # amounts
    ruled: frozenset[str] = frozenset()  # by assignment or rate rules
    flowing: frozenset[str] = frozenset()  # by rate rules
    changed: frozenset[str] = frozenset()  # by events
    laws: dict[str, Formula | None] = field(default_factory=dict)  # by reaction; None while it is being read
    notices: list[Notice] = field(default_factory=list)

    def network(self, report: Report) -> Network:
        m = self.model
        _refuse(m)
        self._declare()
        functions = {}
        for f in _items(m.getListOfFunctionDefinitions()):
            if f.getBody() is None:
                continue
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
        self.written = self._written_out(rules)
        reactions = tuple(part for r in _items(m.getListOfReactions()) for part in self._reactions(r))
        events = tuple(self._event(e) for e in _items(m.getListOfEvents()) if self._has_trigger(e))
        flows = self._flows()
        constraints = self._constraints()
        moving = [s for s in self.species if s not in self.ruled]
        if not moving and not flows:
            raise NetworkError(
                "listOfSpecies：没有反应或事件能改变的物种",
                "listOfSpecies: no species that reactions or events could change",
            )
        self._complain_of_missing_values(reactions, rules, events, flows)
        parameters = {_inner(k): v for k, v in self.values.items() if k not in self.ruled and not math.isnan(v)}
        network = Network(
            species=tuple(map(_inner, moving)),
            initial=tuple(self.initial[s] for s in moving),
            reactions=reactions,
            parameters=parameters,
            rules=tuple(AssignmentRule(_inner(v), f) for v, f in rules.items()),
            events=events,
            outputs=self._outputs(report),
            name=m.getName() or m.getId(),
            flows=flows,
            constraints=constraints,
        )
        amounts = (*self._about_missing_amounts(), *about_amounts(network, self._unit()))
        notices = (*amounts, *about_dead_reactions(network), *self.notices)
        return replace(network, notices=notices)

    def _declare(self) -> None:
        """Collect what the model declares; NetworkError for a name that is missing, taken or unknown."""
        m = self.model
        self.compartments = _named(("隔室", "compartment"), _items(m.getListOfCompartments()))
        self.species = _named(("物种", "species"), _items(m.getListOfSpecies()))
        for name, c in self.compartments.items():
            self.values[name] = c.getSize() if c.isSetSize() else 1.0
        for name, p in _named(("参数", "parameter"), _items(m.getListOfParameters())).items():
            self.values[name] = p.getValue() if p.isSetValue() else math.nan
        self.reactions = {r.getId(): r for r in _items(m.getListOfReactions())}
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
        rules = [r for r in _items(m.getListOfRules()) if r.isSetMath()]
        self.ruled = frozenset(r.getVariable() for r in rules)
        self.flowing = frozenset(r.getVariable() for r in rules if r.isRate())
        self.changed = frozenset(
            a.getVariable() for e in _items(m.getListOfEvents()) for a in _items(e.getListOfEventAssignments())
        )
        for name in sorted(self.ruled | self.changed):
            if name not in self.species and name not in self.values:
                raise NetworkError(
                    f"{name or '某条规则或事件'}：没有叫这个名字的物种、参数或隔室",
                    f"{name or 'a rule or event'}: no species, parameter or compartment of this name",
                )
        for name in sorted((self.ruled - self.flowing) & self.changed):
            raise NetworkError(
                f"事件给 {name} 赋值，但它已由规则决定", f"event assigns {name}: a rule determines it already"
            )

    def _symbol(self, name: str) -> Formula:
        """What an identifier means in a formula."""
        if name in self.species:
            return self._as_symbol(name, Name(_inner(name)))
        if name in self.values:
            return Name(_inner(name))
        if name in self.reactions:
            return self._law(name)
        raise NetworkError(f"没有物种、参数或隔室 {name}", f"no species, parameter or compartment {name}")

    def _law(self, name: str) -> Formula:
        """The rate of a reaction, which its id stands for in formulas (SBML Level 3 Version 2, section 4.11)."""
        if name in self.laws:
            known = self.laws[name]
            if known is None:
                raise NetworkError(f"反应 {name} 的速率引用了自己", f"the rate of reaction {name} refers to itself")
            return known
        self.laws[name] = None
        law, place = self.reactions[name].getKineticLaw(), (f"{name} 的速率", f"kinetic law of {name}")
        local = {}
        for p in _items(law.getListOfLocalParameters()) if self.level >= 3 else _items(law.getListOfParameters()):
            if not p.isSetValue():
                with naming(*place):
                    raise NetworkError(f"没有给出 {p.getId()} 的值", f"no value is given for {p.getId()}")
            local[p.getId()] = Number(p.getValue())
        found = self.laws[name] = self.math.read(law.getMath(), place, local)
        return found

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
            if not rule.isAssignment() or not rule.isSetMath():
                continue
            found[name] = self._as_amount(name, self.math.read(rule.getMath(), (f"{name} 的规则", f"rule for {name}")))
        return {name: found[name] for name in _in_order(found, RULES)}

    def _initialise(self, rules: Mapping[str, Formula]) -> None:
        """Values at time 0: declared ones, then initial assignments and rules in the order in which they need one another."""
        pending: dict[str, Formula] = {}
        for name, s in self.species.items():
            self.initial[name] = float(snapped(s.getInitialAmount())) if s.isSetInitialAmount() else 0.0
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
                value = float(evaluate(pending[name], state))
            if name in self.species and name not in self.ruled:
                value = float(snapped(value))
            state[_inner(name)] = value
            (self.initial if name in self.species else self.values)[name] = value
        self.state = state
        for name, amount in self.initial.items():
            if not math.isfinite(amount) and name not in rules:
                raise NetworkError(
                    f"物种 {name} 的起始数量是 {amount}：必须是有限数",
                    f"species {name}: its initial amount is {amount}; it must be a finite number",
                )

    def _about_missing_amounts(self) -> list[Notice]:
        """The notice of species for which nothing in the model says how much of them there is at time 0."""
        assigned = {a.getSymbol() for a in _items(self.model.getListOfInitialAssignments()) if a.getMath() is not None}
        assigned |= self.ruled - self.flowing
        missing = [
            name
            for name, s in self.species.items()
            if not (s.isSetInitialAmount() or s.isSetInitialConcentration() or name in assigned)
        ]
        if not missing:
            return []
        zh, en = listed(missing)
        return [Notice(f"没有给出起始数量，从 0 开始：{zh}", f"no initial amount is given, taken as 0: {en}")]

    def _written_out(self, rules: Mapping[str, Formula]) -> dict[str, Formula]:
        """The rules' variables in terms of what no assignment rule determines; those that would grow too long stay."""
        found: dict[str, Formula] = {}
        for name, formula in rules.items():
            written = substitute(substitute(formula, self.constants), found)
            if _size(written) <= MAX_NODES:
                found[_inner(name)] = written
        return found

    def _unit(self) -> Notice | None:
        """What to say of fractions where the model counts substance by another unit than molecules."""
        kind = self._substance()
        if kind in COUNTED:
            return None
        if not kind and self.level >= 3:
            said = "模型没有说明物质的单位", "The model does not say its unit of substance"
        else:
            said = (
                f"模型的物质单位是 {kind or 'mole（缺省）'}",
                f"The model's unit of substance is {kind or 'mole, by default'}",
            )
        return Notice(
            f"{said[0]}，这里把数值当作分子数：摩尔数请先乘以阿伏伽德罗常数，浓度还要乘体积。",
            f"{said[1]}, and its numbers are taken for numbers of molecules: multiply moles by Avogadro's number first, and "
            "concentrations by the volume too.",
        )

    def _substance(self) -> str:
        """The unit in which the model gives amounts: «item», «mole», «nano mole» …; empty where it says nothing."""
        m = self.model
        name = next((s.getSubstanceUnits() for s in self.species.values() if s.isSetSubstanceUnits()), "")
        name = name or (m.getSubstanceUnits() if self.level >= 3 else "") or ("" if self.level >= 3 else "substance")
        definition = m.getUnitDefinition(name)
        if definition is None:
            return "" if name == "substance" else name
        units = _items(definition.getListOfUnits())
        if len(units) != 1:
            return name
        scale = 10.0 ** units[0].getScale() * units[0].getMultiplier()
        kind = libsbml.UnitKind_toString(units[0].getKind())
        return kind if scale == 1 or kind in COUNTED else f"{scale:g} {kind}"

    def _flows(self) -> tuple[Flow, ...]:
        """The rate rules; one for a concentration moves the amount, also where the compartment grows."""
        rates = {}
        for rule in _items(self.model.getListOfRules()):
            if rule.isRate() and rule.isSetMath():
                name = rule.getVariable()
                rates[name] = self.math.read(rule.getMath(), (f"{name} 的速率规则", f"rate rule for {name}"))
        found = []
        for name, rate in rates.items():
            if name in self.species and self._by_concentration(name):
                compartment = self.species[name].getCompartment()
                if compartment in self.ruled and compartment not in rates:
                    raise NetworkError(
                        f"{name} 的速率规则：隔室 {compartment} 的大小由赋值规则决定，不支持",
                        f"rate rule for {name}: the size of its compartment {compartment} follows an assignment rule, which is not supported",
                    )
                rate = Call("mul", (rate, self._size(name)))
                if compartment in rates:
                    growth = Call("mul", (self._as_symbol(name, Name(_inner(name))), rates[compartment]))
                    rate = Call("add", (rate, growth))
            start = self.initial[name] if name in self.species else self.values[name]
            if not math.isfinite(start):
                raise NetworkError(f"没有给出 {name} 的值", f"{name}: no value is given")
            found.append(Flow(_inner(name), start, substitute(rate, self.constants)))
        return tuple(found)

    def _constraints(self) -> tuple[Constraint, ...]:
        found = []
        for i, c in enumerate(_items(self.model.getListOfConstraints()), 1):
            if c.isSetMath():
                condition = self.math.read(c.getMath(), (f"第 {i} 条约束", f"constraint {i}"))
                message = " ".join(TAGS.sub(" ", c.getMessageString()).split()) if c.isSetMessage() else ""
                found.append(Constraint(substitute(condition, self.constants), message))
        return tuple(found)

    def _whole(self) -> frozenset[str]:
        """Species that hold a whole number of molecules at all times."""
        loose = {s for s, amount in self.initial.items() if amount != np.floor(amount)}
        for e in _items(self.model.getListOfEvents()):
            for a in _items(e.getListOfEventAssignments()):
                name, formula = a.getVariable(), a.getMath()
                if name in self.species and (
                    formula is None or not formula.isInteger() or self._by_concentration(name)
                ):
                    loose.add(name)
        return frozenset(self.species) - loose

    def _reactions(self, r: Any) -> list[Reaction]:
        """The channels of one reaction: one, two where its law is a net rate, none where it changes nothing."""
        formula = substitute(self._law(r.getId()), self.constants)
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
        if reactants == products:
            return []
        parts = self._net(r, formula, reactants, products)
        if parts is None:
            return [replace(self._channel(formula, reactants, products, r.getId()), written=self._written_law(r))]
        ways = (reactants, products), (products, reactants)
        return [self._channel(law, *way, r.getId()) for law, way in zip(parts, ways, strict=True) if law != Number(0.0)]

    def _written_law(self, r: Any) -> str:
        """A kinetic law in the document's own words, and the values of the constants that it names: «k * A; k = 0.1»."""
        law = r.getKineticLaw()
        local = _items(law.getListOfLocalParameters()) if self.level >= 3 else _items(law.getListOfParameters())
        values = {name: formula.value for name, formula in self.constants.items()} | {
            p.getId(): p.getValue() for p in local
        }
        text = libsbml.formulaToL3String(law.getMath()).replace("&&", "and").replace("||", "or")
        text = " ".join(NO_FORMULA.sub(" ", text).split())
        if len(text) > MAX_SHOWN:
            return f"{text[:MAX_SHOWN]}…"
        named = [f"{name} = {values[name]:g}" for name in dict.fromkeys(WORDS.findall(text)) if name in values]
        return "; ".join([text, *([listed(named).en] if named else [])])

    def _channel(self, law: Formula, reactants: dict[str, int], products: dict[str, int], name: str) -> Reaction:
        whole = frozenset(map(_inner, self.whole))
        species = frozenset(_inner(s) for s in self.species if s not in self.ruled)
        if reactants.keys() <= whole:
            found = mass_action(law, reactants, products, species)
            if found is not None:
                return Reaction(*found, name=name)
        for reactant, needed in reactants.items():  # half a molecule cannot react
            if reactant not in whole:
                enough = Call("ge", (Name(reactant), Number(float(needed))))
                law = Call("select", (enough, law, Number(0.0)))
        return Reaction(reactants, products, law, name=name)

    def _net(
        self, r: Any, law: Formula, reactants: Mapping[str, int], products: Mapping[str, int]
    ) -> tuple[Formula, Formula] | None:
        """The rates forwards and backwards where a law is a net rate; None where it is the rate of one reaction.

        A net rate is one that becomes negative: for a reaction marked reversible anywhere, for another one where its
        reactants are gone and its products are there, as kinetic laws of two directions do. NetworkError where such a law
        of a reversible reaction does not come apart.
        """
        inner = tuple(map(_inner, self.species))
        parameters = {name: formula for name, formula in self.written.items() if name not in inner}
        written = substitute(
            law, parameters
        )  # a rule's species is a number of molecules, its parameter may be a net rate
        if _size(written) > MAX_NODES:
            return None
        state = {TIME: 0.0} | {name: self.state.get(name, 1.0) for name in names(written) | names(law)}
        state |= {name: max(state[name], 0.0) for name in inner if name in state}
        fixed = state.keys() - set(inner)
        backwards = runs_backwards(written, tuple(reactants), fixed, state)
        if not (backwards or negative_somewhere(written, tuple(reactants), tuple(products), fixed, state)):
            return None
        text, name = shown(law), r.getId()
        if r.getReversible():
            parts = split(written, fixed, state)
            if parts is None:
                parts = split(law, fixed, state)
                parts = None if parts is None or parts[1] == Number(0.0) else parts
            if parts is None and backwards:
                raise NetworkError(
                    f"反应 {name} 可逆，速率 {text} 会为负，又拆不成正反两个速率之差；请写成两个反应",
                    f"reaction {name}: it is reversible, its rate {text} can become negative and does not come apart into a "
                    "difference of two rates; write it as two reactions",
                )
            if parts is not None and parts[1] != Number(0.0) and left_of_a_total(written, fixed, state):
                forward, backward = map(shown, parts)
                self.notices.append(Notice(
                    f"反应 {name} 可逆，速率 {text} 会为负，也可看作总数剩余部分的单向速率：按正反两个反应模拟，速率为 {forward} 与 {backward}",
                    f"reaction {name} is reversible and its rate {text} can become negative, though it may also be one rate, of "
                    f"what is left of a total: simulated as two reactions, with the rates {forward} and {backward}",
                ))  # fmt: skip
            return parts
        parts = split(written, fixed, state) if backwards and reactants else None
        if parts is None or set(products).isdisjoint(names(parts[1])):
            return None
        forward, backward = map(shown, parts)
        self.notices.append(Notice(
            f"反应 {name} 标为不可逆，但速率 {text} 会为负：按正反两个反应模拟，速率为 {forward} 与 {backward}",
            f"reaction {name} is marked irreversible, yet its rate {text} can become negative: simulated as two reactions, "
            f"with the rates {forward} and {backward}",
        ))  # fmt: skip
        return parts

    def _has_trigger(self, e: Any) -> bool:
        """Whether an event can happen: since Level 3 Version 2 its trigger may be left out, and it then never does."""
        if e.isSetTrigger() and e.getTrigger().isSetMath():
            return True
        name = e.getId() or "event"
        if (self.level, self.version) < (3, 2):
            raise NetworkError(f"事件 {name} 没有触发条件", f"event {name}: has no trigger")
        self.notices.append(
            Notice(f"事件 {name} 没有触发条件，永远不会发生", f"event {name} has no trigger and never happens")
        )
        return False

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
        name, trigger = e.getId() or "event", e.getTrigger()
        assignments = []
        for a in _items(e.getListOfEventAssignments()):
            if a.getMath() is not None:
                target = a.getVariable()
                value = self.math.read(a.getMath(), (f"事件 {name}", f"event {name}"))
                amount = self._as_amount(target, value)
                assignments.append((_inner(target), amount))
                if target in self.species and target not in self.ruled:
                    self._tell_fraction(name, target, substitute(amount, self.constants))
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

    def _tell_fraction(self, event: str, target: str, amount: Formula) -> None:
        """A notice where an event may set a species to a fraction of a molecule."""
        written = substitute(amount, self.written)
        points = [self.state] + [
            {**self.state, **{_inner(s): count for s in self.species if s not in self.ruled}} for count in TRIED_COUNTS
        ]
        with np.errstate(all="ignore"):
            values = [
                float(snapped(evaluate(written, {name: 1.0 for name in names(written)} | point))) for point in points
            ]
        value = next((v for v in values if math.isfinite(v) and v != math.floor(v)), None)
        if value is not None:
            self.notices.append(Notice(
                f"事件 {event} 给 {target} 的值不一定是整数个分子（如 {value:.6g}）；不足一个分子的部分不会反应",
                f"event {event} may set {target} to a fraction of a molecule (as {value:.6g}); less than one never reacts",
            ))  # fmt: skip

    def _complain_of_missing_values(
        self, reactions: Iterable[Reaction], rules: Mapping[str, Formula], events: Iterable[Event], flows: Iterable[Flow]
    ) -> None:  # fmt: skip
        formulas: list[Any] = [r.rate for r in reactions if not isinstance(r.rate, int | float)] + list(rules.values())
        formulas += [flow.rate for flow in flows]
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
        others = [r.getVariable() for r in _items(self.model.getListOfRules()) if r.isSetMath()]
        others += sorted(self.changed - self.ruled)
        return (*found, *((name, Name(_inner(name))) for name in others if name not in self.species))


def _refuse(m: Any) -> None:
    """NetworkError for what cannot be simulated exactly."""
    for rule in _items(m.getListOfRules()):
        if rule.isAlgebraic():
            raise NetworkError("代数规则：随机模拟不支持", "algebraic rule: not supported in a stochastic simulation")
    for reaction in _items(m.getListOfReactions()):
        if reaction.isSetFast() and reaction.getFast():
            raise NetworkError(
                f"反应 {reaction.getId()}：不支持快反应",
                f"reaction {reaction.getId()}: fast reactions are not supported",
            )
        if not reaction.isSetKineticLaw() or reaction.getKineticLaw().getMath() is None:
            raise NetworkError(f"反应 {reaction.getId()} 没有速率", f"reaction {reaction.getId()}: has no kinetic law")
    for s in _items(m.getListOfSpecies()):
        if s.isSetConversionFactor() or m.isSetConversionFactor():
            raise NetworkError(
                f"物种 {s.getId()}：不支持换算系数", f"species {s.getId()}: conversion factors are not supported"
            )


def _inner(name: str) -> str:
    """The name inside the network, where ``t`` is the time and not a model's own symbol."""
    return "t (model)" if name == TIME else name


def _size(formula: Formula) -> int:
    """How many operations a formula holds as a tree, counted up to just above MAX_NODES."""
    waiting, seen = [formula], 0
    while waiting and seen <= MAX_NODES:
        part = waiting.pop()
        seen += 1
        if isinstance(part, Call):
            waiting += part.arguments
    return seen


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
