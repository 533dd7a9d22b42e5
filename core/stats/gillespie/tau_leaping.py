"""Tau-leaping: many reactions in one step, approximately (Cao, Gillespie & Petzold 2006).

The step is chosen so that no propensity is expected to change by more than EPSILON; reactions that could exhaust a species
within CRITICAL firings happen one at a time; a step that would make a count negative is halved and drawn again. Where
leaping does not pay (a step shorter than ten expected waiting times) it takes exact steps instead.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numba as nb
import numpy as np

from core.device import cores
from core.stats.gillespie.compiled import Compiled, compile_network
from core.stats.gillespie.lanes import start_stream
from core.stats.gillespie.machine import MAX_STACK, execute
from core.stats.gillespie.network import Network, NetworkError
from core.stats.gillespie.result import Result
from core.stats.gillespie.scalar import draw, fill_propensities, fire, pick

__all__ = ["CRITICAL", "EPSILON", "leap"]

EPSILON = 0.03  # Cao et al. 2006, eq. 33
CRITICAL = 10  # n_c, section III
SHORTEST = 10.0  # a leap must beat this many expected waiting times
EXACT_STEPS = 100  # steps taken exactly where it does not
SEED_MASK = np.uint64(0xFFFFFFFF)


def leap(network: Network, grid: np.ndarray, trajectories: int, seed: int, keep: bool = False) -> Result:
    """An ensemble by tau-leaping; arguments as in :func:`core.stats.gillespie.simulate`, ``exact`` False in the result.

    Raises NetworkError for networks with events or rates that depend on time.
    """
    c = compile_network(network)
    if network.events or c.timed:
        raise NetworkError("method = tau-leaping: not for networks with events or rates that depend on time")
    if (c.output_slot < 0).any():
        raise NetworkError("method = tau-leaping: not for networks with computed outputs")
    values = np.empty((trajectories, len(grid), len(c.output_slot)))
    orders, highest = _orders(network, c)
    rule_end = 0 if len(c.rules.starts) == 1 else int(c.rules.starts[-1])
    parts = np.linspace(0, trajectories, cores() + 1).astype(int)
    run = lambda first, end: _leap(  # noqa: E731
        seed, first, grid, c.initial, c.constants, c.factor_start, c.factor_slot, c.factor_offset, c.is_law,
        c.change_start, c.change_slot, c.change_value, c.laws.code, c.laws.constants, c.laws.starts,
        c.rules.code, c.rules.constants, rule_end, c.output_slot, orders, highest, values[first:end],
    )  # fmt: skip
    with ThreadPoolExecutor(cores()) as pool:
        done = list(pool.map(run, parts[:-1], parts[1:]))
    events, failed = sum(d[0] for d in done), max(d[1] for d in done)
    if failed >= 0:
        raise NetworkError(f"reaction {failed + 1}: the rate law became negative or undefined; it must stay at least 0")
    sd = values.std(0, ddof=1) if trajectories > 1 else np.full(values.shape[1:], np.nan)
    return Result(c.output_names, grid, values.mean(0), sd, trajectories, events, values if keep else None, exact=False)


def _orders(network: Network, c: Compiled) -> tuple[np.ndarray, np.ndarray]:
    """Per species: the highest order of a reaction that it takes part in, and how many of it that reaction needs."""
    order, needed = np.zeros(len(c.initial)), np.ones(len(c.initial))
    for reaction in network.reactions:
        total = sum(reaction.reactants.values())
        total = 2 if not isinstance(reaction.rate, int | float) else total  # a law's order is unknown: take the stricter
        for species, count in reaction.reactants.items():
            slot = c.slots[species]
            if (total, count) > (order[slot], needed[slot]):
                order[slot], needed[slot] = total, count
    return order, needed


@nb.njit(nogil=True, error_model="numpy", cache=True)
def _leap(
    seed, first, grid, initial, constants, factor_start, factor_slot, factor_offset, is_law, change_start, change_slot,
    change_value, law_code, law_constants, law_start, rule_code, rule_constants, rule_end, out_slot, orders, needed, values,
):  # fmt: skip  # pragma: no cover - compiled
    slots = initial.shape[0]
    reactions = constants.shape[0]
    stack = np.empty((MAX_STACK, 1))
    state = np.zeros((4, 1), np.uint64)
    a = np.empty(reactions)
    critical = np.zeros(reactions, np.bool_)
    fired = np.zeros(reactions)
    x = np.empty((slots, 1))
    before = np.empty((slots, 1))
    drift = np.empty(slots)
    spread = np.empty(slots)
    events = 0
    for trajectory in range(values.shape[0]):
        start_stream(state, 0, seed, first + trajectory)
        np.random.seed(np.int64(state[0, 0] & SEED_MASK))
        for s in range(slots):
            x[s, 0] = initial[s]
        t = 0.0
        exact = 0
        for g in range(grid.shape[0]):
            while t < grid[g]:
                if rule_end > 0:
                    execute(rule_code, rule_constants, 0, rule_end, x, stack, 1)
                total, failed = fill_propensities(
                    x, stack, a, constants, factor_start, factor_slot, factor_offset, is_law, law_code, law_constants, law_start
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
                    continue
                for s in range(slots):
                    drift[s] = 0.0
                    spread[s] = 0.0
                rare = 0.0
                for r in range(reactions):
                    critical[r] = False
                    for i in range(change_start[r], change_start[r + 1]):
                        v = change_value[i]
                        if v < 0.0 and a[r] > 0.0 and x[change_slot[i], 0] < -v * CRITICAL:
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
                    bound = max(EPSILON * n / weight, 1.0)
                    if drift[s] != 0.0:
                        tau = min(tau, bound / abs(drift[s]))
                    if spread[s] > 0.0:
                        tau = min(tau, bound * bound / spread[s])
                if tau < SHORTEST / total:
                    exact = EXACT_STEPS
                    continue
                for s in range(slots):
                    before[s, 0] = x[s, 0]
                wait = -np.log(draw(state)) / rare if rare > 0.0 else np.inf
                while True:
                    step = min(tau, wait, grid[g] - t)
                    count = 0
                    for r in range(reactions):
                        fired[r] = 0.0 if critical[r] else np.random.poisson(a[r] * step)
                    if rare > 0.0 and step == wait:
                        target = draw(state) * rare
                        last = -1
                        for r in range(reactions):
                            if critical[r] and a[r] > 0.0:
                                last = r
                                target -= a[r]
                                if target < 0.0:
                                    break
                        fired[last] = 1.0
                    for r in range(reactions):
                        if fired[r] > 0.0:
                            fire(x, r, fired[r], change_start, change_slot, change_value)
                            count += int(fired[r])
                    negative = False
                    for s in range(slots):
                        negative = negative or x[s, 0] < 0.0
                    if not negative:
                        events += count
                        t = grid[g] if step == grid[g] - t else t + step
                        break
                    for s in range(slots):
                        x[s, 0] = before[s, 0]
                    tau *= 0.5
                    if wait <= tau:
                        wait = np.inf
            for o in range(out_slot.shape[0]):
                values[trajectory, g, o] = x[out_slot[o], 0]
    return events, -1
