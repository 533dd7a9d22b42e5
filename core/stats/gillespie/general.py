"""General kernel: exact SSA with events, rules and rates that depend on time, one trajectory after another.

Between two jumps the state is constant, so a trigger or a law changes there only through time. Every comparison that
depends on time turns at a *breakpoint* known beforehand (``events.py``); the clock stops there, events are looked at, and
waiting starts afresh, which the exponential distribution allows (it has no memory). So an event at a time fires exactly
then and exactly once. Where a law varies smoothly in time, the waiting time solves the integral of a_0 = Exp(1) to 1e-9.
Semantics of SBML Level 3 Version 2, section 4.11: delay, priority, persistent, initialValue, useValuesFromTriggerTime.
"""

from __future__ import annotations

import numpy as np

from core import jit as nb
from core.stats.gillespie.compiled import TIME, Compiled
from core.stats.gillespie.errors import NetworkError
from core.stats.gillespie.events import compile_events, varies_smoothly
from core.stats.gillespie.lanes import start_stream
from core.stats.gillespie.machine import MAX_STACK, execute
from core.stats.gillespie.network import Network
from core.stats.gillespie.result import check_failure
from core.stats.gillespie.scalar import draw, fill_propensities, fire, pick

__all__ = ["MAX_CASCADE", "MAX_PENDING", "run_general"]

MAX_PENDING = 256  # events that wait for their delay at one moment
MAX_CASCADE = 10_000  # events at one moment; more is an endless loop in the model
HAZARD_TOLERANCE = 1e-9
NEWTON_STEPS = 12
PIECES = 64  # at least as many steps over the times asked for, so that no bump of a rate is stepped over unseen
FAILED_PENDING, FAILED_CASCADE = -3, -4


def run_general(
    network: Network, c: Compiled, grid: np.ndarray, first: int, count: int, seed: int, counts: np.ndarray, most: int
) -> tuple[np.ndarray, np.ndarray, int]:  # fmt: skip
    """Run trajectories first … first + count - 1; returns sums and sums of squares [time, output], and the events."""
    e = compile_events(network, c)
    smooth = varies_smoothly(network)
    sums = np.zeros((len(grid), len(c.output_names)))
    squares = np.zeros_like(sums)
    rule_end = 0 if len(c.rules.starts) == 1 else int(c.rules.starts[-1])
    events, failed = _run(
        first, count, seed, grid, c.slots[TIME], smooth,
        c.initial, c.constants, c.factor_start, c.factor_slot, c.factor_offset, c.is_law,
        c.change_start, c.change_slot, c.change_value, e.laws.code, e.laws.constants, e.laws.starts,
        c.rules.code, c.rules.constants, rule_end, c.outputs.code, c.outputs.constants, c.outputs.starts,
        e.triggers.code, e.triggers.constants, e.triggers.starts, e.delays.code, e.delays.constants, e.delays.starts,
        e.priorities.code, e.priorities.constants, e.priorities.starts,
        e.values.code, e.values.constants, e.values.starts, e.value_start, e.targets,
        e.persistent, e.initially, e.early, e.breakpoints.code, e.breakpoints.constants, e.breakpoints.starts,
        e.triggers_move, e.breakpoints_move,
        sums, squares, counts, most,
    )  # fmt: skip
    if failed == FAILED_PENDING:
        raise NetworkError(
            f"事件：同一时刻等待延迟的超过 {MAX_PENDING} 个",
            f"events: more than {MAX_PENDING} wait for their delay at one moment",
        )
    if failed == FAILED_CASCADE:
        raise NetworkError(
            f"事件：同一时刻发生的超过 {MAX_CASCADE} 个；它们无休止地互相触发",
            f"events: more than {MAX_CASCADE} fire at one moment; they trigger one another without end",
        )
    check_failure(network, failed, most)
    return sums, squares, events


@nb.njit(nogil=True, error_model="numpy", cache=True)
def _value(code, constants, starts, i, x, stack):  # pragma: no cover - compiled
    execute(code, constants, starts[i], starts[i + 1], x, stack, 1)
    return stack[0, 0]


@nb.njit(nogil=True, error_model="numpy", cache=True)
def _run(
    first, count, seed, grid, time_slot, smooth, initial, constants, factor_start, factor_slot, factor_offset, is_law,
    change_start, change_slot, change_value, law_code, law_constants, law_start, rule_code, rule_constants, rule_end,
    out_code, out_constants, out_start, trigger_code, trigger_constants, trigger_start,
    delay_code, delay_constants, delay_start, priority_code, priority_constants, priority_start,
    value_code, value_constants, value_program, value_start, targets, persistent, initially, early,
    point_code, point_constants, point_start, trigger_moves, point_moves, sums, squares, counts, most,
):  # fmt: skip  # pragma: no cover - compiled
    slots = initial.shape[0]
    kinds = persistent.shape[0]
    points = point_start.shape[0] - 1
    outputs = out_start.shape[0] - 1
    last = grid.shape[0]
    kept = counts.shape[0] > 0
    x = np.empty((slots, 1))
    stack = np.empty((MAX_STACK, 1))
    a = np.empty(constants.shape[0])
    state = np.zeros((4, 1), np.uint64)
    was = np.zeros(kinds, np.int64)
    due = np.empty(MAX_PENDING)
    which = np.zeros(MAX_PENDING, np.int64)
    order = np.zeros(MAX_PENDING)
    assigned = value_start[kinds] if kinds > 0 else 0
    held = np.empty((MAX_PENDING, max(assigned, 1)))
    nodes = np.array([-np.sqrt(0.6), 0.0, np.sqrt(0.6)])
    weights = np.array([5.0, 8.0, 5.0]) / 18.0
    events = 0
    for trajectory in range(count):
        start_stream(state, 0, seed, first + trajectory)
        for s in range(slots):
            x[s, 0] = initial[s]
        t = 0.0
        x[time_slot, 0] = t
        g = 0
        waiting = 0
        for k in range(kinds):
            was[k] = initially[k]
        look = kinds > 0
        thorough = True  # whether to look also at what reactions do not change
        resting = np.inf  # the next breakpoint of those that reactions do not move
        widest = (grid[last - 1] + 1.0) / PIECES
        step = widest
        while g < last:
            # Events: look at the triggers, carry out what is due, look again.
            cascade = 0
            while look:
                if rule_end > 0:
                    execute(rule_code, rule_constants, 0, rule_end, x, stack, 1)
                for k in range(kinds):
                    if not thorough and not trigger_moves[k]:
                        continue
                    now = 1 if _value(trigger_code, trigger_constants, trigger_start, k, x, stack) != 0.0 else 0
                    if now == 1 and was[k] == 0:
                        if waiting == MAX_PENDING:
                            return events, FAILED_PENDING
                        due[waiting] = t + max(_value(delay_code, delay_constants, delay_start, k, x, stack), 0.0)
                        which[waiting] = k
                        order[waiting] = draw(state)
                        if early[k]:
                            for v in range(value_start[k], value_start[k + 1]):
                                held[waiting, v] = _value(value_code, value_constants, value_program, v, x, stack)
                        waiting += 1
                    elif now == 0 and not persistent[k]:
                        i = 0
                        while i < waiting:  # a trigger that turned false takes its waiting event back
                            if which[i] == k:
                                waiting -= 1
                                due[i], which[i], order[i] = due[waiting], which[waiting], order[waiting]
                                held[i] = held[waiting]
                            else:
                                i += 1
                    was[k] = now
                chosen = -1
                best = 0.0
                for i in range(waiting):
                    if due[i] <= t:
                        rank = _value(priority_code, priority_constants, priority_start, which[i], x, stack)
                        if chosen < 0 or rank > best or (rank == best and order[i] > order[chosen]):
                            chosen = i
                            best = rank
                if chosen < 0:
                    break
                k = which[chosen]
                if not early[k]:
                    for v in range(value_start[k], value_start[k + 1]):
                        held[chosen, v] = _value(value_code, value_constants, value_program, v, x, stack)
                for v in range(value_start[k], value_start[k + 1]):
                    x[targets[v], 0] = held[chosen, v]
                waiting -= 1
                due[chosen], which[chosen], order[chosen] = due[waiting], which[waiting], order[waiting]
                held[chosen] = held[waiting]
                thorough = True
                cascade += 1
                if cascade > MAX_CASCADE:
                    return events, FAILED_CASCADE
            # The next moment at which something besides a reaction may happen.
            if rule_end > 0:
                execute(rule_code, rule_constants, 0, rule_end, x, stack, 1)
            if thorough:
                resting = np.inf
            stop = np.inf
            for i in range(waiting):
                stop = min(stop, due[i])
            for p in range(points):
                if not thorough and not point_moves[p]:
                    continue
                at = _value(point_code, point_constants, point_start, p, x, stack)
                if at == t:  # «t > 25» turns true just after 25
                    at = np.nextafter(t, np.inf)
                if at > t:
                    if point_moves[p]:
                        stop = min(stop, at)
                    else:
                        resting = min(resting, at)
            stop = min(stop, resting)
            jump = np.inf
            target = draw(state)
            need = -np.log(draw(state))
            if smooth:
                h = min(2.0 * step, widest)
                begin = t
                while begin < stop and begin <= grid[last - 1]:
                    h = min(h, min(stop, grid[last - 1] + 1.0) - begin)
                    if h <= 0.0:
                        break
                    whole = 0.0
                    halves = 0.0
                    for q in range(9):
                        width = h if q < 3 else 0.5 * h
                        left = begin if q < 6 else begin + 0.5 * h
                        x[time_slot, 0] = left + 0.5 * width * (1.0 + nodes[q % 3])
                        if rule_end > 0:
                            execute(rule_code, rule_constants, 0, rule_end, x, stack, 1)
                        total, failed = fill_propensities(
                            x, stack, a, constants, factor_start, factor_slot, factor_offset, is_law,
                            law_code, law_constants, law_start,
                        )  # fmt: skip
                        if failed >= 0:
                            return events, failed
                        if q < 3:
                            whole += weights[q] * width * total
                        else:
                            halves += weights[q % 3] * width * total
                    if abs(whole - halves) > HAZARD_TOLERANCE * (1.0 + halves) and h > 1e-12 * (1.0 + begin):
                        h *= 0.5
                        continue
                    if halves < need:
                        need -= halves
                        begin += h
                        h = min(2.0 * h, widest)
                        continue
                    # The jump lies inside: solve H(u) = need by Newton steps on the same quadrature.
                    u = h * need / halves
                    for _ in range(NEWTON_STEPS):
                        integral = 0.0
                        for q in range(4):
                            inner = begin + u if q == 3 else begin + 0.5 * u * (1.0 + nodes[q])
                            x[time_slot, 0] = inner
                            if rule_end > 0:
                                execute(rule_code, rule_constants, 0, rule_end, x, stack, 1)
                            total, failed = fill_propensities(
                                x, stack, a, constants, factor_start, factor_slot, factor_offset, is_law,
                                law_code, law_constants, law_start,
                            )  # fmt: skip
                            if failed >= 0:
                                return events, failed
                            if q < 3:
                                integral += weights[q] * u * total
                        gap = need - integral
                        if abs(gap) <= HAZARD_TOLERANCE * (1.0 + need) or total <= 0.0:
                            break
                        u = min(max(u + gap / total, 0.0), h)
                    jump = begin + u
                    break
                step = h
                t_law = min(jump, stop)
                x[time_slot, 0] = t_law if t_law < np.inf else t
            if rule_end > 0:
                execute(rule_code, rule_constants, 0, rule_end, x, stack, 1)
            total, failed = fill_propensities(
                x, stack, a, constants, factor_start, factor_slot, factor_offset, is_law,
                law_code, law_constants, law_start,
            )  # fmt: skip
            if failed >= 0:
                return events, failed
            if not smooth and total > 0.0:
                jump = t + need / total
            upto = min(jump, stop)
            while g < last and grid[g] < upto:
                x[time_slot, 0] = grid[g]
                if rule_end > 0:
                    execute(rule_code, rule_constants, 0, rule_end, x, stack, 1)
                for o in range(outputs):
                    value = _value(out_code, out_constants, out_start, o, x, stack)
                    sums[g, o] += value
                    squares[g, o] += value * value
                    if kept:
                        counts[trajectory, g, o] = value
                g += 1
            if upto == np.inf:
                break
            t = upto
            x[time_slot, 0] = t
            look = kinds > 0
            thorough = jump > stop
            if jump <= stop:
                fire(x, pick(a, target * total), 1.0, change_start, change_slot, change_value)
                events += 1
                if events > most:
                    return events, -2
    return events, -1
