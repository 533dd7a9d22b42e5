"""SBML: reads Level 2 and 3 models as reaction networks for exact simulation.

The convention is that of the SBML stochastic test suite: amounts count molecules, a kinetic law is the propensity of its
reaction (substance per time), and a reaction happens one event at a time. A species symbol means its amount when
``hasOnlySubstanceUnits`` is true and its concentration (amount / compartment size) otherwise. What cannot be simulated
exactly (rate and algebraic rules, delays, fast reactions, packages that change the mathematics) is refused by name.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import libsbml

from core.stats.gillespie import formula as fm
from core.stats.gillespie.formula import Call, Formula, Name, Number
from core.stats.gillespie.network import AssignmentRule, Event, Network, NetworkError, Reaction

__all__ = ["MAX_BYTES", "load_sbml"]

MAX_BYTES = 5_000_000
MAX_NODES = 20_000  # of one formula, after functions are written out
AVOGADRO = 6.02214076e23
TIME = "t"

OPERATORS = {
    libsbml.AST_PLUS: "add", libsbml.AST_TIMES: "mul", libsbml.AST_DIVIDE: "div", libsbml.AST_POWER: "pow",
    libsbml.AST_FUNCTION_POWER: "pow", libsbml.AST_LOGICAL_AND: "and", libsbml.AST_LOGICAL_OR: "or",
    libsbml.AST_FUNCTION_MIN: "min", libsbml.AST_FUNCTION_MAX: "max",
}  # fmt: skip
FUNCTIONS = {
    libsbml.AST_FUNCTION_EXP: "exp", libsbml.AST_FUNCTION_LN: "ln", libsbml.AST_FUNCTION_ABS: "abs",
    libsbml.AST_FUNCTION_FLOOR: "floor", libsbml.AST_FUNCTION_CEILING: "ceil", libsbml.AST_FUNCTION_SIN: "sin",
    libsbml.AST_FUNCTION_COS: "cos", libsbml.AST_FUNCTION_TAN: "tan", libsbml.AST_FUNCTION_TANH: "tanh",
    libsbml.AST_LOGICAL_NOT: "not", libsbml.AST_FUNCTION_FACTORIAL: "factorial",
}  # fmt: skip
COMPARISONS = {
    libsbml.AST_RELATIONAL_LT: "lt", libsbml.AST_RELATIONAL_LEQ: "le", libsbml.AST_RELATIONAL_GT: "gt",
    libsbml.AST_RELATIONAL_GEQ: "ge", libsbml.AST_RELATIONAL_EQ: "eq", libsbml.AST_RELATIONAL_NEQ: "ne",
}  # fmt: skip
CONSTANTS = {
    libsbml.AST_CONSTANT_PI: math.pi, libsbml.AST_CONSTANT_E: math.e, libsbml.AST_CONSTANT_TRUE: 1.0,
    libsbml.AST_CONSTANT_FALSE: 0.0, libsbml.AST_NAME_AVOGADRO: AVOGADRO,
}  # fmt: skip


def load_sbml(source: str | Path | bytes, *, report: Literal["amount", "concentration"] = "amount") -> Network:
    """Read an SBML model.

    Parameters
    ----------
    source : a path, or the document itself as bytes (or as text that starts with «<»).
    report : whether the network's outputs are amounts (molecules, the default) or, for species whose symbol means one,
        concentrations. Variables of assignment rules that are not species follow the species.

    Raises NetworkError that names the element and why it cannot be simulated; OSError when the file cannot be read.
    """
    if report not in ("amount", "concentration"):
        raise ValueError(f"report = {report}: must be amount or concentration")
    document = libsbml.readSBMLFromString(_text(source))
    for category in (libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, libsbml.LIBSBML_CAT_MODELING_PRACTICE, libsbml.LIBSBML_CAT_SBO_CONSISTENCY):
        document.setConsistencyChecks(category, False)
    document.checkConsistency()
    for i in range(document.getNumErrors()):
        error = document.getError(i)
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR:
            raise NetworkError(f"SBML, line {error.getLine()}: {' '.join(error.getMessage().split())}")
    model = document.getModel()
    if model is None:
        raise NetworkError("SBML: the document holds no model")
    if document.getLevel() < 2:
        raise NetworkError(f"SBML Level {document.getLevel()}: must be Level 2 or 3")
    for i in range(document.getNumPlugins() if document.getLevel() >= 3 else 0):
        package = document.getPlugin(i).getPackageName()
        if document.getPackageRequired(package):
            raise NetworkError(f"SBML package {package}: not supported")
    return _Model(model, document.getLevel()).network(report)


def _text(source: str | Path | bytes) -> str:
    if isinstance(source, str) and source.lstrip()[:1] == "<":
        data = source.encode()
    elif isinstance(source, bytes):
        data = source
    else:
        path = Path(source)
        if path.stat().st_size > MAX_BYTES:
            raise NetworkError(f"SBML: {path.stat().st_size} bytes are too many; at most {MAX_BYTES} are allowed")
        data = path.read_bytes()
    if not 0 < len(data) <= MAX_BYTES:
        raise NetworkError(f"SBML: {len(data)} bytes; from 1 to {MAX_BYTES} are allowed")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NetworkError("SBML: the document must be UTF-8 text") from None
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise NetworkError("SBML: document types and entities are not allowed")
    return text


@dataclass
class _Model:
    """One SBML model on its way to a network."""

    model: Any
    level: int
    functions: dict[str, tuple[tuple[str, ...], Any]] = field(default_factory=dict)
    sizes: dict[str, Formula] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)

    def network(self, report: str) -> Network:
        m = self.model
        self.refuse()
        for f in _list(m.getListOfFunctionDefinitions()):
            arguments = tuple(f.getArgument(i).getName() for i in range(f.getNumArguments()))
            self.functions[f.getId()] = (arguments, f.getBody())
        rules = {r.getVariable(): r for r in _list(m.getListOfRules())}
        self.species = {s.getId(): s for s in _list(m.getListOfSpecies())}
        varying = {a.getVariable() for e in _list(m.getListOfEvents()) for a in _list(e.getListOfEventAssignments())}
        for c in _list(m.getListOfCompartments()):
            size = c.getSize() if c.isSetSize() else 1.0
            self.values[c.getId()] = size
            fixed = c.getId() not in rules and c.getId() not in varying
            self.sizes[c.getId()] = Number(size) if fixed else Name(c.getId())
        for p in _list(m.getListOfParameters()):
            self.values[p.getId()] = p.getValue() if p.isSetValue() else math.nan
        self.initial = {i: self.initial_amount(s) for i, s in self.species.items()}
        self.references()
        ordered = self.rules(rules)
        self.initialise(ordered)
        for name in self.sizes:
            if isinstance(self.sizes[name], Number):
                self.sizes[name] = Number(self.values[name])
        reactions = tuple(self.reaction(r, rules, varying) for r in _list(m.getListOfReactions()))
        events = tuple(self.event(e) for e in _list(m.getListOfEvents()))
        ruled = [v for v in rules if v in self.species]
        moving = tuple(s for s in self.species if s not in ruled)
        if not moving:
            raise NetworkError("listOfSpecies: no species that reactions or events could change")
        parameters = {k: v for k, v in self.values.items() if k not in rules and k not in self.species}
        for name, value in parameters.items():
            used = any(name in fm.names(f) for f in _formulas(reactions, ordered, events))
            if math.isnan(value) and used:
                raise NetworkError(f"{name}: no value is given")
        outputs: list[tuple[str, str | Formula]] = []
        for name, s in self.species.items():
            amount: Formula = Name(name)
            outputs.append((name, self.symbol_of(s, amount) if report == "concentration" else amount))
        outputs += [(v, Name(v)) for v in rules if v not in self.species]
        outputs += [(v, Name(v)) for v in sorted(varying) if v not in self.species and v not in rules]
        return Network(
            species=moving,
            initial=tuple(self.initial[s] for s in moving),
            reactions=reactions,
            parameters={k: v for k, v in parameters.items() if not math.isnan(v)},
            rules=tuple(AssignmentRule(v, f) for v, f in ordered.items()),
            events=events,
            outputs=tuple(outputs),
            name=m.getName() or m.getId(),
        )

    def refuse(self) -> None:
        """NetworkError for what cannot be simulated exactly."""
        m = self.model
        for rule in _list(m.getListOfRules()):
            if not rule.isAssignment():
                kind = "rate rule" if rule.isRate() else "algebraic rule"
                raise NetworkError(f"{kind} {rule.getVariable() or ''}: not supported in a stochastic simulation".replace("  ", " "))
        for reaction in _list(m.getListOfReactions()):
            if reaction.isSetFast() and reaction.getFast():
                raise NetworkError(f"reaction {reaction.getId()}: fast reactions are not supported")
            if not reaction.isSetKineticLaw() or reaction.getKineticLaw().getMath() is None:
                raise NetworkError(f"reaction {reaction.getId()}: has no kinetic law")
        if m.getNumConstraints():
            raise NetworkError("listOfConstraints: constraints are not supported")
        for s in _list(m.getListOfSpecies()):
            if s.isSetConversionFactor() or m.isSetConversionFactor():
                raise NetworkError(f"species {s.getId()}: conversion factors are not supported")

    def references(self) -> None:
        """Stoichiometries with an id may stand in formulas."""
        for r in _list(self.model.getListOfReactions()):
            for reference in (*_list(r.getListOfReactants()), *_list(r.getListOfProducts())):
                if reference.isSetId():
                    self.values[reference.getId()] = reference.getStoichiometry()

    def initial_amount(self, s: Any) -> float:
        if s.isSetInitialAmount():
            return s.getInitialAmount()
        if s.isSetInitialConcentration():
            return s.getInitialConcentration() * self.values.get(s.getCompartment(), 1.0)
        return 0.0

    def in_concentration(self, s: Any) -> bool:
        compartment = self.model.getCompartment(s.getCompartment())
        return not s.getHasOnlySubstanceUnits() and compartment.getSpatialDimensionsAsDouble() != 0

    def symbol_of(self, s: Any, amount: Formula) -> Formula:
        """What the species' symbol means, in terms of its amount."""
        size = self.sizes[s.getCompartment()]
        return amount if not self.in_concentration(s) or size == Number(1.0) else Call("div", (amount, size))

    def amount_of(self, s: Any, symbol: Formula) -> Formula:
        """The amount that a value of the species' symbol stands for."""
        size = self.sizes[s.getCompartment()]
        return symbol if not self.in_concentration(s) or size == Number(1.0) else Call("mul", (symbol, size))

    def rules(self, rules: Mapping[str, Any]) -> dict[str, Formula]:
        """Assignment rules, each after those that it needs; species as amounts."""
        formulas = {}
        for name, rule in rules.items():
            formula = self.math(rule.getMath(), {}, f"rule for {name}")
            formulas[name] = self.amount_of(self.species[name], formula) if name in self.species else formula
        ordered: dict[str, Formula] = {}
        while len(ordered) < len(formulas):
            ready = [n for n, f in formulas.items() if n not in ordered and not (fm.names(f) & formulas.keys()) - ordered.keys()]
            if not ready:
                raise NetworkError(f"assignment rules {', '.join(formulas.keys() - ordered.keys())}: refer to one another in a circle")
            ordered |= {n: formulas[n] for n in ready}
        return ordered

    def initialise(self, rules: Mapping[str, Formula]) -> None:
        """Carry out initial assignments (in the order in which they need one another), with the rules at time 0."""
        assignments = {}
        for a in _list(self.model.getListOfInitialAssignments()):
            if a.getMath() is not None:
                name = a.getSymbol()
                formula = self.math(a.getMath(), {}, f"initial assignment of {name}")
                assignments[name] = self.amount_of(self.species[name], formula) if name in self.species else formula
        pending = {**assignments, **rules}
        for _ in range(len(pending)):
            for name, formula in list(pending.items()):
                if fm.names(formula) & pending.keys():
                    continue
                value = float(fm.evaluate(formula, {**self.values, **self.initial, TIME: 0.0}))
                target = self.initial if name in self.species else self.values
                target[name] = value
                if isinstance(self.sizes.get(name), Number):
                    self.sizes[name] = Number(value)
                    for i, s in self.species.items():  # concentrations given at the start follow the size
                        if s.getCompartment() == name and s.isSetInitialConcentration() and i not in assignments:
                            self.initial[i] = s.getInitialConcentration() * value
                del pending[name]
        if pending:
            raise NetworkError(f"initial assignments {', '.join(pending)}: refer to one another in a circle")

    def reaction(self, r: Any, rules: Mapping[str, Any], varying: set[str]) -> Reaction:
        law = r.getKineticLaw()
        locals_ = _list(law.getListOfLocalParameters()) if self.level >= 3 else _list(law.getListOfParameters())
        local = {p.getId(): Number(p.getValue()) for p in locals_}
        formula = self.math(law.getMath(), local, f"kinetic law of {r.getId()}")
        sides: list[dict[str, int]] = []
        for references in (_list(r.getListOfReactants()), _list(r.getListOfProducts())):
            side: dict[str, int] = {}
            for reference in references:
                name = reference.getSpecies()
                s = self.species[name]
                if s.getBoundaryCondition() or s.getConstant() or name in rules:
                    continue  # a boundary species takes part but reactions do not change it
                side[name] = side.get(name, 0) + self.stoichiometry(reference, r.getId(), rules, varying)
            sides.append(side)
        reactants, products = ({s: n for s, n in side.items() if n} for side in sides)
        constants = {k: Number(v) for k, v in self.values.items() if k not in rules and k not in varying}
        formula = fm.substitute(formula, constants)
        fast = _mass_action(formula, reactants, products, set(self.species) - set(rules))
        if fast is not None:
            return Reaction(*fast, name=r.getId())
        return Reaction(reactants, products, formula, name=r.getId())

    def stoichiometry(self, reference: Any, reaction: str, rules: Mapping[str, Any], varying: set[str]) -> int:
        if reference.isSetId() and (reference.getId() in rules or reference.getId() in varying):
            raise NetworkError(f"reaction {reaction}: a stoichiometry that changes is not supported")
        value = reference.getStoichiometry()
        if reference.isSetId() and reference.getId() in self.values:
            value = self.values[reference.getId()]
        if self.level == 2 and reference.isSetStoichiometryMath():
            formula = self.math(reference.getStoichiometryMath().getMath(), {}, f"stoichiometry in {reaction}")
            if fm.names(formula) & (set(self.species) | set(rules) | varying | {TIME}):
                raise NetworkError(f"reaction {reaction}: a stoichiometry that changes is not supported")
            value = float(fm.evaluate(formula, self.values))
        if math.isnan(value):
            value = 1.0
        if value != int(value) or value < 0:
            raise NetworkError(f"reaction {reaction}: stoichiometry {value:g} of {reference.getSpecies()}: must be a whole number")
        return int(value)

    def event(self, e: Any) -> Event:
        name = e.getId() or "event"
        trigger = e.getTrigger()
        if trigger is None or trigger.getMath() is None:
            raise NetworkError(f"event {name}: has no trigger")
        assignments = []
        for a in _list(e.getListOfEventAssignments()):
            formula = self.math(a.getMath(), {}, f"event {name}")
            target = a.getVariable()
            assignments.append((target, self.amount_of(self.species[target], formula) if target in self.species else formula))
        delay = self.math(e.getDelay().getMath(), {}, f"delay of {name}") if e.isSetDelay() else None
        priority = e.getPriority() if self.level >= 3 and e.isSetPriority() else None
        return Event(
            trigger=self.math(trigger.getMath(), {}, f"trigger of {name}"),
            assignments=tuple(assignments),
            delay=delay,
            priority=self.math(priority.getMath(), {}, f"priority of {name}") if priority else None,
            persistent=trigger.getPersistent() if self.level >= 3 else True,
            initial_value=trigger.getInitialValue() if self.level >= 3 else True,
            use_values_from_trigger_time=e.getUseValuesFromTriggerTime(),
            name=name,
        )

    def math(self, node: Any, bound: Mapping[str, Formula], where: str, depth: int = 0) -> Formula:
        """An SBML formula as ours: functions written out, species symbols in terms of amounts."""
        if node is None:
            raise NetworkError(f"{where}: the formula is missing")
        if depth > 200:
            raise NetworkError(f"{where}: nested too deeply, or a function that calls itself")
        kind = node.getType()
        children = [node.getChild(i) for i in range(node.getNumChildren())]
        if kind in CONSTANTS:
            return Number(CONSTANTS[kind])
        if node.isNumber():
            return Number(float(node.getValue()))
        if kind == libsbml.AST_NAME_TIME:
            return Name(TIME)
        if kind == libsbml.AST_NAME:
            return self.name(node.getName(), bound, where)
        if kind == libsbml.AST_FUNCTION:
            if node.getName() not in self.functions:
                raise NetworkError(f"{where}: no function {node.getName()}")
            arguments, body = self.functions[node.getName()]
            if len(arguments) != len(children):
                raise NetworkError(f"{where}: {node.getName()} takes {len(arguments)} arguments")
            inner = {a: self.math(c, bound, where, depth + 1) for a, c in zip(arguments, children, strict=True)}
            formula = self.math(body, inner, where, depth + 1)
            if _size(formula) > MAX_NODES:
                raise NetworkError(f"{where}: more than {MAX_NODES} operations once functions are written out")
            return formula
        parts = [self.math(c, bound, where, depth + 1) for c in children]
        if kind == libsbml.AST_MINUS:
            return Call("neg", (parts[0],)) if len(parts) == 1 else Call("sub", (parts[0], parts[1]))
        if kind in COMPARISONS:
            pairs = [Call(COMPARISONS[kind], pair) for pair in itertools.pairwise(parts)]
            return _chain("and", pairs, 1.0)
        if kind in OPERATORS:
            return _chain(OPERATORS[kind], parts, 1.0 if OPERATORS[kind] in ("mul", "and") else 0.0)
        if kind == libsbml.AST_LOGICAL_XOR:
            return _chain("ne", [Call("ne", (p, Number(0.0))) for p in parts], 0.0)
        if kind in FUNCTIONS:
            return Call(FUNCTIONS[kind], tuple(parts))
        if kind == libsbml.AST_FUNCTION_ROOT:
            if len(parts) == 1 or parts[0] == Number(2.0):
                return Call("sqrt", (parts[-1],))
            return Call("pow", (parts[1], Call("div", (Number(1.0), parts[0]))))
        if kind == libsbml.AST_FUNCTION_LOG:
            if len(parts) == 1 or parts[0] == Number(10.0):
                return Call("log10", (parts[-1],))
            return Call("div", (Call("ln", (parts[1],)), Call("ln", (parts[0],))))
        if kind == libsbml.AST_FUNCTION_PIECEWISE:
            return fm.call("piecewise", parts if len(parts) % 2 else [*parts, Number(math.nan)])
        raise NetworkError(f"{where}: {libsbml.formulaToL3String(node)}: this operation is not supported")

    def name(self, name: str, bound: Mapping[str, Formula], where: str) -> Formula:
        if name in bound:
            return bound[name]
        if name in self.species:
            return self.symbol_of(self.species[name], Name(name))
        if name in self.sizes:
            return self.sizes[name]
        if name in self.values:
            return Name(name) if name != TIME else self.clash(where)
        raise NetworkError(f"{where}: no species, parameter or compartment {name}")

    def clash(self, where: str) -> Formula:
        raise NetworkError(f"{where}: the name {TIME} is taken by the time; rename the parameter")


def _list(items: Any) -> list[Any]:
    return [items.get(i) for i in range(items.size())]


def _chain(operator: str, parts: list[Any], empty: float) -> Formula:
    if not parts:
        return Number(empty)
    formula = parts[0]
    for part in parts[1:]:
        formula = Call(operator, (formula, part))
    return formula


def _size(formula: Formula) -> int:
    return 1 + sum(_size(a) for a in formula.arguments) if isinstance(formula, Call) else 1


def _formulas(reactions: tuple[Reaction, ...], rules: Mapping[str, Formula], events: tuple[Event, ...]) -> list[Formula]:
    found: list[Any] = [r.rate for r in reactions if not isinstance(r.rate, int | float)]
    found += rules.values()
    for e in events:
        found += [e.trigger, *(f for _, f in e.assignments)]
        found += [f for f in (e.delay, e.priority) if f is not None]
    return found


def _mass_action(
    law: Formula, reactants: Mapping[str, int], products: Mapping[str, int], species: set[str]
) -> tuple[dict[str, int], dict[str, int], float] | None:
    """(reactants, products, constant) when the law is c prod C(x, s) on all whole numbers tried; None otherwise.

    Species of the law that are no reactants enter as catalysts. The law is compared at random points that include
    every small count, where binomial coefficients and powers differ; such a network runs on the fast kernel.
    """
    needed = fm.names(law)
    if not needed <= species or len(needed) + sum(reactants.values()) > 6:
        return None
    orders = {**dict.fromkeys(sorted(needed), 1), **{s: n for s, n in reactants.items() if s in needed}}
    if set(reactants) - needed or sum(orders.values()) > 4:
        return None
    rng = random.Random(0)
    points = [dict(zip(orders, x, strict=True)) for x in itertools.product(range(4), repeat=len(orders))] if orders else [{}]
    points += [{s: rng.randint(4, 5000) for s in orders} for _ in range(12)]
    constant = None
    for point in reversed(points):
        expected = math.prod(math.comb(point[s], n) for s, n in orders.items())
        try:
            value = float(fm.evaluate(law, {s: float(x) for s, x in point.items()}))
        except (ZeroDivisionError, OverflowError):
            return None
        if constant is None:
            constant = value / expected
        if not (math.isfinite(value) and abs(value - constant * expected) <= 1e-12 * max(abs(value), abs(constant * expected))):
            return None
    if constant is None or constant < 0:
        return None
    changed = {s: products.get(s, 0) - reactants.get(s, 0) + orders.get(s, 0) for s in {**orders, **products, **reactants}}
    if min(changed.values(), default=0) < 0:
        return None
    return orders, {s: n for s, n in changed.items() if n}, constant
