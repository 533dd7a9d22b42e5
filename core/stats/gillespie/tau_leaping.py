"""Tau-leaping: many reactions in one step, approximately (Cao, Gillespie & Petzold 2006).

The step is chosen so that no propensity is expected to change by more than EPSILON; reactions that could exhaust a species
within CRITICAL firings happen one at a time; a step that would make a count negative is halved and drawn again, and what is
less than one molecule never reacts. Where leaping does not pay (a step shorter than ten expected waiting times) it takes
exact steps instead. Each trajectory has its own random stream, as in the exact kernels.
"""

from __future__ import annotations

import numpy as np

from core import jit as nb
from core.stats.gillespie.compiled import Compiled
from core.stats.gillespie.errors import NetworkError
from core.stats.gillespie.formula import names, parse
from core.stats.gillespie.lanes import start_stream
from core.stats.gillespie.machine import MAX_STACK, execute
from core.stats.gillespie.network import Network
from core.stats.gillespie.scalar import SUMS, draw, fill_propensities, fire, pick, poisson, record

__all__ = ["CRITICAL", "EPSILON", "leaping_kernel", "run_leaping"]

EPSILON = 0.03  # Cao et al. 2006, eq. 33
CRITICAL = 10  # n_c, section III
SHORTEST = 10.0  # a leap must beat this many expected waiting times
EXACT_STEPS = 100  # steps taken exactly where it does not


def run_leaping(
    network: Network, c: Compiled, grid: np.ndarray, first: int, count: int, seed: int, counts: np.ndarray, most: int
) -> tuple[np.ndarray, int, int]:
    """Trajectories first … first + count - 1: sums [time, output, SUMS], events, failed reaction or a kernel's code.

    Writes the values to ``counts`` [count, time, output] unless it is empty. Raises NetworkError for networks with events
    or rates that depend on time.
    """
    if network.events or c.timed:
        raise NetworkError(
            "τ-leaping 不适用于有事件或速率随时间变化的网络",
            "tau-leaping is not for networks with events or rates that depend on time",
            input="method",
            value="tau-leaping",
        )
    sums = np.zeros((len(grid), len(c.output_names), SUMS))
    orders, needed = _orders(network, c)
    rule_end = 0 if len(c.rules.starts) == 1 else int(c.rules.starts[-1])
    events, failed = leaping_kernel(
        seed, first, count, grid, c.initial, c.constants, c.factor_start, c.factor_slot, c.factor_offset, c.is_law,
        c.change_start, c.change_slot, c.change_value, c.laws.code, c.laws.constants, c.laws.starts,
        c.rules.code, c.rules.constants, rule_end, c.outputs.code, c.outputs.constants, c.outputs.starts,
        orders, needed, EPSILON, CRITICAL, sums, counts, most,
    )  # fmt: skip
    return sums, events, failed


def _orders(network: Network, c: Compiled) -> tuple[np.ndarray, np.ndarray]:
    """Per species: the highest order of a reaction whose rate it enters, and how many of it that reaction needs.

    A rate law's order is unknown and taken as 2, also for species that it names but does not consume; with rules, for all.
    """
    order, needed = np.zeros(len(c.initial)), np.ones(len(c.initial))
    for reaction in network.reactions:
        wanted, total = dict(reaction.reactants), sum(reaction.reactants.values())
        if not isinstance(reaction.rate, int | float):
            named = set(network.species) if network.rules else names(parse(reaction.rate)) & set(network.species)
            wanted, total = {**dict.fromkeys(named, 1), **wanted}, max(total, 2)
        for species, count in wanted.items():
            slot = c.slots[species]
            if (total, count) > (order[slot], needed[slot]):
                order[slot], needed[slot] = total, count
    return order, needed


@nb.njit(nogil=True, error_model="numpy", cache=True)
def leaping_kernel(
    seed, first, count, grid, initial, constants, factor_start, factor_slot, factor_offset, is_law, change_start, change_slot,
    change_value, law_code, law_constants, law_start, rule_code, rule_constants, rule_end,
    out_code, out_constants, out_start, orders, needed, epsilon, critical_firings, sums, counts, most,
):  # fmt: skip  # pragma: no cover - compiled
    slots = initial.shape[0]
    reactions = constants.shape[0]
    stack = np.empty((MAX_STACK, 1))
    state = np.zeros((4, 1), np.uint64)
    a = np.empty(reactions)
    critical = np.zeros(reactions, np.bool_)
    x = np.empty((slots, 1))
    before = np.empty((slots, 1))
    held = np.empty((slots, 1))
    drift = np.empty(slots)
    spread = np.empty(slots)
    kept = counts.shape[0] > 0
    events = 0
    for trajectory in range(count):
        start_stream(state, 0, seed, first + trajectory)
        for s in range(slots):
            x[s, 0] = initial[s]
        t = 0.0
        exact = 0
        for g in range(grid.shape[0]):
            while t < grid[g]:
                if rule_end > 0:
                    execute(rule_code, rule_constants, 0, rule_end, x, stack, 1)
                total, failed = fill_propensities(
                    x,
                    stack,
                    a,
                    constants,
                    factor_start,
                    factor_slot,
                    factor_offset,
                    is_law,
                    law_code,
                    law_constants,
                    law_start,
                )
                if failed >= 0:
                    return events, failed
                if total <= 0.0:
                    t = grid[g]
                    break
                if exact > 0:
                    exact -= 1
                    step = -np.log(draw(state)) / total
                    if t + step > grid[g]:
                        t = grid[g]
                        break
                    t += step
                    fire(x, pick(a, draw(state) * total), 1.0, change_start, change_slot, change_value)
                    events += 1
                    if events > most:
                        return events, -2
                    continue
                for s in range(slots):
                    drift[s] = 0.0
                    spread[s] = 0.0
                rare = 0.0
                for r in range(reactions):
                    critical[r] = False
                    for i in range(change_start[r], change_start[r + 1]):
                        v = change_value[i]
                        if v < 0.0 and a[r] > 0.0 and x[change_slot[i], 0] < -v * critical_firings:
                            critical[r] = True
                    if critical[r]:
                        rare += a[r]
                        continue
                    for i in range(change_start[r], change_start[r + 1]):
                        drift[change_slot[i]] += change_value[i] * a[r]
                        spread[change_slot[i]] += change_value[i] * change_value[i] * a[r]
                tau = np.inf
                for s in range(slots):
                    if orders[s] == 0.0 or (drift[s] == 0.0 and spread[s] == 0.0):
                        continue
                    n = x[s, 0]
                    weight = orders[s]
                    if needed[s] == 2.0 and n > 1.0:
                        weight = orders[s] / 2.0 * (2.0 + 1.0 / (n - 1.0))
                    elif needed[s] >= 3.0 and n > 2.0:
                        weight = 3.0 + 1.0 / (n - 1.0) + 2.0 / (n - 2.0)
                    bound = max(epsilon * n / weight, 1.0)
                    if drift[s] != 0.0:
                        tau = min(tau, bound / abs(drift[s]))
                    if spread[s] > 0.0:
                        tau = min(tau, bound * bound / spread[s])
                if tau < SHORTEST / total:
                    exact = EXACT_STEPS
                    continue
                for s in range(slots):
                    before[s, 0] = x[s, 0]
                while True:
                    wait = -np.log(draw(state)) / rare if rare > 0.0 else np.inf
                    step = min(tau, wait, grid[g] - t)
                    fires = 0.0
                    for r in range(reactions):
                        fired = 0.0 if critical[r] else poisson(state, a[r] * step)
                        if fired > 0.0:
                            fire(x, r, fired, change_start, change_slot, change_value)
                            fires += fired
                    if rare > 0.0 and step == wait:  # one critical reaction, after the wait for any of them
                        target = draw(state) * rare
                        last = -1
                        for r in range(reactions):
                            if critical[r] and a[r] > 0.0:
                                last = r
                                target -= a[r]
                                if target < 0.0:
                                    break
                        fire(x, last, 1.0, change_start, change_slot, change_value)
                        fires += 1.0
                    negative = False
                    for s in range(slots):
                        negative = negative or x[s, 0] < 0.0
                    if not negative:
                        events += int(fires)
                        t = grid[g] if step == grid[g] - t else t + step
                        break
                    for s in range(slots):
                        x[s, 0] = before[s, 0]
                    tau *= 0.5
                    if tau < SHORTEST / total:
                        exact = EXACT_STEPS
                        break
                if events > most:
                    return events, -2
            for s in range(slots):
                held[s, 0] = x[s, 0]
            if rule_end > 0:
                execute(rule_code, rule_constants, 0, rule_end, held, stack, 1)
            for o in range(out_start.shape[0] - 1):
                execute(out_code, out_constants, out_start[o], out_start[o + 1], held, stack, 1)
                value = stack[0, 0]
                record(sums, g, o, value)
                if kept:
                    counts[trajectory, g, o] = value
    return events, -1
