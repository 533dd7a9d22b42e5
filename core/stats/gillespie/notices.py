"""Notices: what is not as it may seem in a network, in words. Fractions of molecules, and reactions that can never happen."""

from __future__ import annotations

import math
from collections.abc import Sequence

from core.notice import Notice, listed
from core.stats.gillespie.errors import NetworkError
from core.stats.gillespie.formula import parse, shown
from core.stats.gillespie.network import Constraint, Network, Reaction

__all__ = [
    "LARGEST_COUNT", "about_amounts", "about_constraints", "about_dead_reactions", "dead_reactions", "refuse_frozen",
]  # fmt: skip

LARGEST_COUNT = 2.0**53  # from here on a 64-bit number no longer changes by 1


def about_amounts(network: Network, unit: Notice | None = None) -> list[Notice]:
    """Notices of species that start at a fraction of a molecule, or at more than can be counted.

    ``unit`` is the sentence to add where fractions are due to it.
    """
    found = []
    amounts = list(zip(network.species, network.initial, strict=True))
    fractions = [f"{name} = {amount:.6g}" for name, amount in amounts if amount != math.floor(amount)]
    if fractions:
        zh, en = listed(fractions)
        why_zh, why_en = unit or Notice("", "")
        found.append(Notice(
            f"起始数量不是整数个分子：{zh}；不足一个分子的部分不会反应。{why_zh}".rstrip(),
            f"the initial amounts are no whole numbers of molecules: {en}; less than one molecule never reacts. {why_en}".rstrip(),
        ))  # fmt: skip
    huge = [f"{name} = {amount:.3g}" for name, amount in amounts if amount >= LARGEST_COUNT]
    if huge:
        zh, en = listed(huge)
        found.append(Notice(
            f"分子太多，数不清单个分子的变化（超过 2⁵³）：{zh}",
            f"too many molecules for one more or less to show (above 2^53): {en}",
        ))  # fmt: skip
    return found


def about_dead_reactions(network: Network) -> list[Notice]:
    """The notice of reactions that can never happen, with what each lacks; none where all can."""
    dead = dead_reactions(network)
    if not dead:
        return []
    amounts = dict(zip(network.species, network.initial, strict=True))
    lacks = []
    for number, reaction, species in dead:
        needed, there = reaction.reactants[species], amounts[species]
        name = reaction.name or str(number)
        lacks.append(
            (
                f"{name}（要 {needed} 个 {species}，只有 {there:.6g}）",
                f"{name} (needs {needed} {species}, has {there:.6g})",
            )
        )
    zh, _ = listed([z for z, _ in lacks])
    _, en = listed([e for _, e in lacks])
    every = len(dead) == len(network.reactions)
    return [Notice(
        f"{'所有' if every else f'{len(dead)} 个'}反应从一开始就不可能发生：{zh}",
        f"{'no reaction can ever happen' if every else f'{len(dead)} of {len(network.reactions)} reactions can never happen'}: {en}",
    )]  # fmt: skip


def dead_reactions(network: Network) -> list[tuple[int, Reaction, str]]:
    """Reactions that lack molecules which nothing will ever make: (number, reaction, the species that is missing)."""
    amounts = dict(zip(network.species, network.initial, strict=True))
    made = {target for event in network.events for target, _ in event.assignments}

    def missing(reaction: Reaction) -> str | None:
        return next((s for s, n in reaction.reactants.items() if amounts[s] < n and s not in made), None)

    waiting = list(enumerate(network.reactions, 1))
    while True:
        alive = [(i, r) for i, r in waiting if missing(r) is None]
        if not alive:
            return [(i, r, s) for i, r in waiting if (s := missing(r)) is not None]
        waiting = [(i, r) for i, r in waiting if missing(r) is not None]
        for _, reaction in alive:
            made |= {s for s, n in reaction.products.items() if n > reaction.reactants.get(s, 0)}


def refuse_frozen(network: Network) -> None:
    """NetworkError for a network in which nothing can ever happen, because its species are fractions of a molecule."""
    if not network.reactions or network.events or network.flows:
        return
    dead = dead_reactions(network)
    amounts = dict(zip(network.species, network.initial, strict=True))
    if len(dead) == len(network.reactions) and any(0 < amounts[s] < r.reactants[s] for _, r, s in dead):
        found = network.notices or (*about_amounts(network), *about_dead_reactions(network))
        raise NetworkError("；".join(zh for zh, _ in found), "; ".join(en for _, en in found))


def about_constraints(constraints: Sequence[Constraint], broken: Sequence[float]) -> list[Notice]:
    """Notices of constraints by the share of trajectories that broke each."""
    found = []
    for constraint, share in zip(constraints, broken, strict=True):
        if share > 0:
            condition = shown(parse(constraint.condition))
            zh, en = (f"（{constraint.message}）", f" ({constraint.message})") if constraint.message else ("", "")
            found.append(Notice(
                f"约束 {condition} 在 {_percent(share)} 的轨迹里被破坏{zh}：此后的结果不在模型的适用范围内",
                f"the constraint {condition} was broken in {_percent(share)} of the trajectories{en}: what follows is outside the model's range",
            ))  # fmt: skip
    return found


def _percent(share: float) -> str:
    """A share in per cent, to a thousandth of one and without zeros at its end: 100%, 12.5%."""
    return f"{100 * share:.3f}".rstrip("0").rstrip(".") + "%"
