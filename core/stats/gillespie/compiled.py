"""Compiled networks: a reaction network as the flat arrays that the kernels run over.

Mass-action reactions become lists of factors c * prod (x - o); every other rate law becomes a program for the machine.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from core.stats.gillespie.errors import NetworkError, naming
from core.stats.gillespie.evaluation import evaluate, substitute, unknown
from core.stats.gillespie.formula import Call, Formula, Name, Number, names, parse
from core.stats.gillespie.machine import Program, assemble
from core.stats.gillespie.network import Network, Reaction

__all__ = ["MAX_FACTORS", "TIME", "Compiled", "compile_network", "guarded", "in_order", "loose", "ordered_rules"]

TIME = "t"
MAX_FACTORS = 4  # molecules that meet in one mass-action reaction; more has no physical use
LIMITS = {"species": (500, "物种"), "reactions": (1000, "反应")}
RULES = ("赋值规则", "assignment rules")


class Compiled(NamedTuple):
    """Flat arrays; R reactions, S species, M memory slots (species first, then time, then rule variables …)."""

    initial: np.ndarray  # [M]
    constants: np.ndarray  # [R] mass-action constant over prod s!
    factor_start: np.ndarray  # [R + 1]
    factor_slot: np.ndarray  # [F]
    factor_offset: np.ndarray  # [F]
    is_law: np.ndarray  # [R] 1 where a program gives the propensity
    change_start: np.ndarray  # [R + 1]
    change_slot: np.ndarray  # [C]
    change_value: np.ndarray  # [C]
    step_slot: np.ndarray  # [U] the changes once more, as the lanes apply them: see _steps
    step_base: np.ndarray  # [U]
    step_bound: np.ndarray  # [U, 2]
    step_change: np.ndarray  # [U, 2]
    laws: Program
    rules: Program
    flows: Program
    flow_slot: np.ndarray  # [F] memory slot of each continuous variable
    outputs: Program
    output_slot: np.ndarray  # [O] memory slot of each output, -1 where a program gives it
    output_names: tuple[str, ...]
    slots: Mapping[str, int]
    timed: bool  # whether any law or rule depends on t, or a variable flows with it


def compile_network(network: Network, mass_action: str = "exact", assigned: frozenset[str] = frozenset()) -> Compiled:
    """Turn a network into arrays.

    ``mass_action`` "exact" uses c * C(x, s); "post" the post's own c * x over the distinct reactants, which ignores
    stoichiometry (5607). ``assigned`` names parameters that events change: they live in memory, others are folded in.
    Raises NetworkError naming what is wrong.
    """
    _validate(network)
    values = {name: Number(float(v)) for name, v in network.parameters.items() if name not in assigned}
    slots = {name: i for i, name in enumerate(network.species)}
    slots[TIME] = len(slots)
    for flow in network.flows:
        if flow.variable in slots:
            raise NetworkError(
                f"{flow.variable} 的速率规则：这个名字已被占用", f"rate rule for {flow.variable}: the name is taken"
            )
        slots[flow.variable] = len(slots)
    for name in itertools.chain(ordered_rules(network), sorted(assigned)):
        slots.setdefault(name, len(slots))
    rules = {variable: substitute(formula, values) for variable, formula in ordered_rules(network).items()}

    initial = np.zeros(len(slots))
    initial[: len(network.species)] = network.initial
    for flow in network.flows:
        initial[slots[flow.variable]] = flow.start
    for name in assigned:
        if name in network.parameters:
            initial[slots[name]] = network.parameters[name]

    fractions = loose(network)
    constants, factor_slot, factor_offset, factor_start = [], [], [], [0]
    change_slot, change_value, change_start, laws = [], [], [0], []
    for number, reaction in enumerate(network.reactions, 1):
        law: Formula = Number(0.0)
        constant = 0.0
        with naming(*_place(number, reaction)):
            if not isinstance(reaction.rate, int | float):
                law = substitute(parse(reaction.rate), values)
                for name in sorted(names(law) - slots.keys()):
                    raise unknown(name, slots)
                law = guarded(law, reaction.reactants, slots, fractions)
            else:
                constant = float(reaction.rate)
                if not (math.isfinite(constant) and constant >= 0):
                    raise NetworkError(
                        f"速率 {constant:g} 必须是不小于 0 的有限数",
                        f"rate = {constant:g}: must be a finite number of at least 0",
                    )
                if sum(reaction.reactants.values()) > MAX_FACTORS and mass_action == "exact":
                    raise NetworkError(
                        f"质量作用律的一个反应中相遇的分子超过 {MAX_FACTORS} 个",
                        f"more than {MAX_FACTORS} molecules meet in one mass-action reaction",
                    )
                for species, order in reaction.reactants.items():
                    for offset in range(order if mass_action == "exact" else min(order, 1)):
                        factor_slot.append(slots[species])
                        factor_offset.append(float(offset))
                        constant /= offset + 1
        laws.append(law)
        constants.append(constant)
        factor_start.append(len(factor_slot))
        for species in {**reaction.reactants, **reaction.products}:
            change = reaction.products.get(species, 0) - reaction.reactants.get(species, 0)
            if change:
                change_slot.append(slots[species])
                change_value.append(float(change))
        change_start.append(len(change_slot))

    named = network.outputs or tuple((s, s) for s in network.species)
    formulas = [substitute(parse(text), values) for _, text in named]
    plain = [slots[f.name] if isinstance(f, Name) and f.name in slots else -1 for f in formulas]
    flows = [substitute(parse(flow.rate), values) for flow in network.flows]
    used = set().union(*(names(law) for law in laws), *map(names, rules.values()), *map(names, formulas))
    step_slot, step_base, step_bound, step_change = _steps(network)
    integers, floats = (lambda a: np.array(a, np.int64)), (lambda a: np.array(a, np.float64))
    return Compiled(
        initial=initial,
        constants=floats(constants),
        factor_start=integers(factor_start),
        factor_slot=integers(factor_slot or [0]),
        factor_offset=floats(factor_offset or [0.0]),
        is_law=integers([not isinstance(r.rate, int | float) for r in network.reactions]),
        change_start=integers(change_start),
        change_slot=integers(change_slot or [0]),
        change_value=floats(change_value or [0.0]),
        step_slot=step_slot,
        step_base=step_base,
        step_bound=step_bound,
        step_change=step_change,
        laws=assemble(laws, slots),
        rules=assemble(list(rules.values()), slots, [slots[v] for v in rules]),
        flows=assemble(flows, slots),
        flow_slot=integers([slots[flow.variable] for flow in network.flows]),
        outputs=assemble(formulas, slots),
        output_slot=integers(plain),
        output_names=tuple(name for name, _ in named),
        slots=slots,
        timed=TIME in used or bool(flows),
    )


def _steps(network: Network) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The stoichiometry as steps over the order of the reactions: one comparison moves a species, whatever was chosen.

    With b_r = a_0 + … + a_(r-1) and 0 <= target < a_0 + … + a_(R-1), reaction j is chosen where b_j <= target < b_(j+1), and
    nu[j, s] = nu[0, s] + sum over r >= 1 of (nu[r, s] - nu[r-1, s]) [target >= b_r]. A step holds up to two of these terms
    (``bound`` r, -1 for none, and ``change``) and, a species' first one, nu[0, s] as its ``base``.
    """
    slots, bases, bounds, values = [], [], [], []
    for slot, species in enumerate(network.species):
        nu = [r.products.get(species, 0) - r.reactants.get(species, 0) for r in network.reactions]
        terms = [(r, nu[r] - nu[r - 1]) for r in range(1, len(nu)) if nu[r] != nu[r - 1]]
        base = nu[0] if nu else 0
        if base and not terms:
            terms = [(0, 0)]
        for first in range(0, len(terms), 2):
            pair = [*terms[first : first + 2], (-1, 0)][:2]
            slots.append(slot)
            bases.append(base)
            bounds.append([r for r, _ in pair])
            values.append([change for _, change in pair])
            base = 0
    return (
        np.array(slots, np.int64), np.array(bases, np.float64),
        np.array(bounds, np.int64).reshape(-1, 2), np.array(values, np.float64).reshape(-1, 2),
    )  # fmt: skip


def ordered_rules(network: Network) -> dict[str, Formula]:
    """The assignment rules by variable, each after those that it needs; NetworkError for a circle or a taken name."""
    found: dict[str, Formula] = {}
    for rule in network.rules:
        if rule.variable in found or rule.variable in network.species or rule.variable == TIME:
            raise NetworkError(
                f"{rule.variable} 的规则：这个名字已被占用", f"rule for {rule.variable}: the name is taken"
            )
        found[rule.variable] = parse(rule.expression)
    return {v: found[v] for v in in_order({v: names(f) & found.keys() for v, f in found.items()}, RULES)}


def in_order(needs: Mapping[str, set[str]], what: tuple[str, str]) -> list[str]:
    """Names, each after those that it needs; NetworkError for a circle, beginning with ``what`` (中文, English)."""
    waiting, ordered = dict(needs), []
    while waiting:
        ready = [name for name, needed in waiting.items() if waiting.keys().isdisjoint(needed)]
        if not ready:
            circle = ", ".join(waiting)
            raise NetworkError(
                f"{what[0]} {circle}：互相引用，成了一个圈", f"{what[1]} {circle}: refer to one another in a circle"
            )
        ordered += ready
        for name in ready:
            del waiting[name]
    return ordered


def _place(number: int, reaction: Reaction) -> tuple[str, str]:
    """What a message calls a reaction, in both languages."""
    name = f" ({reaction.name})" if reaction.name else ""
    return f"第 {number} 个反应{name}", f"reaction {number}{name}"


def _validate(network: Network) -> None:
    if not network.species and not network.flows:
        raise NetworkError("网络至少要有一个物种", "species: a network needs at least one")
    for what, (limit, zh) in LIMITS.items():
        many = len(getattr(network, what))
        if many > limit:
            raise NetworkError(
                f"{zh}有 {many} 个，太多了；最多 {limit} 个",
                f"{what}: {many} are too many; at most {limit} are allowed",
            )
    if len(set(network.species)) != len(network.species):
        raise NetworkError("物种：每个名字只能出现一次", "species: every name may stand once")
    if len(network.initial) != len(network.species):
        raise NetworkError(
            f"物种有 {len(network.species)} 个，起始值却有 {len(network.initial)} 个",
            f"initial: {len(network.initial)} values for {len(network.species)} species",
        )
    for name, value in zip(network.species, network.initial, strict=True):
        if not (math.isfinite(value) and value >= 0):
            raise NetworkError(
                f"{name} 的起始数量 {value:g} 必须是不小于 0 的有限数",
                f"initial amount of {name} = {value}: must be a finite number of at least 0",
            )
    for number, reaction in enumerate(network.reactions, 1):
        with naming(*_place(number, reaction)):
            for species, count in (*reaction.reactants.items(), *reaction.products.items()):
                if species not in network.species:
                    known = ", ".join(network.species)
                    raise NetworkError(
                        f"没有物种 {species}；现有的是 {known}", f"no species {species}; there are {known}"
                    )
                if count != int(count) or count < 0:
                    raise NetworkError(
                        f"{count} {species}：化学计量数必须是不小于 0 的整数",
                        f"{count} {species}: stoichiometry must be a whole number",
                    )


def loose(network: Network) -> frozenset[str]:
    """Species that may hold a fraction of a molecule: from the start, or since an event gave them a computed value."""
    started = {s for s, amount in zip(network.species, network.initial, strict=True) if amount != math.floor(amount)}
    values = [(target, parse(text)) for event in network.events for target, text in event.assignments]
    set_later = {
        target
        for target, v in values
        if not (isinstance(v, Number) and math.isfinite(v.value) and v.value == int(v.value))
    }
    return frozenset(started | (set_later & set(network.species)))


def guarded(
    law: Formula, reactants: Mapping[str, int], slots: Mapping[str, int], fractions: frozenset[str] = frozenset()
) -> Formula:
    """The law, zero where a reactant is missing: a reaction cannot consume molecules that are not there.

    Laws that already vanish there (the usual case) are left as they are, checked at two points; one that depends on time
    may vanish at those by chance. Reactants among ``fractions`` need not be whole numbers: k A does not vanish at A = 1/2.
    """
    whole = law
    for species, needed in reactants.items():
        if TIME in names(law) or not _vanishes(law, species, needed, slots, species in fractions):
            whole = Call("select", (Call("ge", (Name(species), Number(float(needed)))), whole, Number(0.0)))
    return whole


def _vanishes(law: Formula, species: str, needed: int, slots: Mapping[str, int], fractions: bool) -> bool:
    """Whether the law is zero while fewer than ``needed`` molecules of a species are there, halves of them too."""
    for missing in np.arange(0.0, needed, 0.5 if fractions else 1.0):
        for others in (3.0, 7.0):
            point = dict.fromkeys(slots, others) | {species: float(missing)}
            with np.errstate(all="ignore"):
                if float(evaluate(law, point)) != 0.0:
                    return False
    return True
