"""General kernel: exact SSA with events, rules, rates that depend on time, and variables that flow with it.

Between two jumps the counts are constant, so a trigger or a law changes there only through time. A comparison that is affine
in time turns at a *breakpoint* known beforehand (``events.py``); the clock stops there, events are looked at, and waiting
starts afresh, which the exponential distribution allows (it has no memory). So an event at a time fires exactly then and
exactly once.

Where laws vary with time, or variables flow by rate rules, time advances by *windows*. Over a window the sum of the rates is
bounded by interval arithmetic (``bounds.py``), candidates come at the bound's rate, and one at s is taken with probability
a_0(s) / bound (thinning: Lewis & Shedler 1979). That is exact however the rate moves, and no peak is narrow enough to hide: a
window over which the bound is loose is halved. Triggers that turn in such a window are searched for in the same way. The
variables that flow are integrated by Dormand & Prince's pair, with scipy's coefficients, within bounds that hold the solution (``_enclosed``).
Semantics of SBML Level 3 Version 2, section 4.11: delay, priority, persistent, initialValue, useValuesFromTriggerTime.
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import RK45

from core import jit as nb
from core.stats.gillespie.bounds import execute_bounds
from core.stats.gillespie.compiled import TIME, Compiled
from core.stats.gillespie.errors import NetworkError
from core.stats.gillespie.events import compile_events
from core.stats.gillespie.lanes import start_stream
from core.stats.gillespie.machine import MAX_STACK, Program, execute
from core.stats.gillespie.network import Network
from core.stats.gillespie.result import check_failure
from core.stats.gillespie.scalar import SUMS, draw, fill_propensities, fire, pick, present, record

__all__ = ["MAX_CASCADE", "MAX_PENDING", "general_kernel", "run_general"]

MAX_PENDING = 256  # events that wait for their delay at one moment
MAX_CASCADE = 10_000  # events at one moment; more is an endless loop in the model
FAILED_PENDING, FAILED_CASCADE, FAILED_BOUND, FAILED_FLOW, FAILED_STEPS = -3, -4, -5, -6, -7
MOST_STEPS = 200_000_000  # windows tried in one block
STEP_COST = 20  # reactions of the most allowed that one window tried counts as
CANDIDATES = 1.0  # expected in a window, or rejected there: a window with more of both is halved
NEAREST = 1e-14  # the shortest window, relative to the time, in which a turn is not looked for any closer
MOST_DOUBLINGS = 60  # of the shortest window while a turn cannot be told: 2^60 of them are any time span
NEARLY = 1.5  # times the shortest window still count as it: a window is rounded to what separates two times
EARLIEST = 1e-3  # of the time span, below which the shortest window no longer shrinks with the time
CHECKS = 64  # windows at least, where a law may be negative by its bounds: its sign is looked at in each
TOLERANCE = 1e-8  # of one step of the variables that flow, relative to the largest value so far
HIDDEN = (
    0.05  # the largest step, relative to a variable, that slopes seen by the bounds but by no stage may account for
)
NEGLIGIBLE = 1e-10  # of how far a variable may go at all: an error, or a slope unseen, that stays below does not matter
UNLIKE = 0.5  # of the steepest slope seen, by which the bounds may pass the slopes seen before they count as unseen
SWELL = 0.1  # by which an enclosure is blown up before it is tried
ENCLOSURES = 4  # tries
ROUNDED = 1e-12  # relative; above the rounding of a value or of a sum of rates, below anything that costs time
NODES = np.append(RK45.C, 1.0)
STAGES = np.vstack([np.pad(RK45.A, ((0, 0), (0, 1))), RK45.B])  # the last stage is the solution, of order 5
GAPS = RK45.E  # its difference from the solution of order 4
DENSE = RK45.P  # between the ends of a step, of order 4 (Shampine 1986)


def run_general(
    network: Network, c: Compiled, grid: np.ndarray, first: int, count: int, seed: int, counts: np.ndarray, most: int
) -> tuple[np.ndarray, int]:  # fmt: skip
    """Run trajectories first … first + count - 1; returns sums [time, output, SUMS] and the events."""
    e = compile_events(network, c)
    moving = e.smooth or bool(network.flows) or bool(e.searched.any())
    sums = np.zeros((len(grid), len(c.output_names), SUMS))
    rule_end = 0 if len(c.rules.starts) == 1 else int(c.rules.starts[-1])
    events, failed = general_kernel(
        first, count, seed, grid, c.slots[TIME], moving, c.initial,
        (c.constants, c.factor_start, c.factor_slot, c.factor_offset, c.is_law, *_parts(e.laws)),
        (c.change_start, c.change_slot, c.change_value), (c.rules.code, c.rules.constants, rule_end), _parts(c.outputs),
        c.flow_slot, _parts(c.flows), _parts(e.triggers), _parts(e.delays), _parts(e.priorities), _parts(e.values),
        e.value_start, e.targets, e.persistent, e.initially, e.early, _parts(e.breakpoints),
        e.searched, e.triggers_move, e.breakpoints_move, sums, counts, most,
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
    if failed == FAILED_BOUND:
        raise NetworkError(
            "随时间变化的速率在某一时刻没有上界；它必须始终有限",
            "a rate that depends on time has no bound at some moment; it must stay finite",
        )
    if failed == FAILED_FLOW:
        variables = ", ".join(flow.variable for flow in network.flows)
        raise NetworkError(
            f"速率规则（{variables}）：某一时刻起无法积分，值没有定义或趋于无穷",
            f"rate rules ({variables}): from some moment on they cannot be integrated, a value is undefined or grows without bound",
        )
    if failed == FAILED_STEPS:
        raise NetworkError(
            "随时间变化的速率或速率规则要走的步子太多；请缩短时间，或检查是否过于刚性",
            "rates that depend on time or rate rules need too many steps: shorten the times, or see whether they are stiff",
        )
    check_failure(network, failed, most)
    return sums, events


def _parts(program: Program) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return program.code, program.constants, program.starts


@nb.njit(nogil=True, error_model="numpy", cache=True)
def _value(program, i, x, stack):  # pragma: no cover - compiled
    code, constants, starts = program
    execute(code, constants, starts[i], starts[i + 1], x, stack, 1)
    return stack[0, 0]


@nb.njit(nogil=True, error_model="numpy", cache=True)
def _obey(rules, x, stack):  # pragma: no cover - compiled
    """Bring the rules' variables up to date."""
    code, constants, end = rules
    if end > 0:
        execute(code, constants, 0, end, x, stack, 1)


@nb.njit(nogil=True, error_model="numpy", cache=True)
def _rates(network, x, stack, a):  # pragma: no cover - compiled
    """Propensities to ``a``: (sum, the first reaction whose law is negative or undefined, or -1)."""
    constants, factor_start, factor_slot, factor_offset, is_law, code, law_constants, starts = network
    return fill_propensities(
        x, stack, a, constants, factor_start, factor_slot, factor_offset, is_law, code, law_constants, starts
    )  # fmt: skip


@nb.njit(nogil=True, error_model="numpy", cache=True)
def _slopes(flow_slot, flows, rules, x, stack, k):  # pragma: no cover - compiled
    """Slopes of the variables that flow, at the state x, to ``k`` [flow]."""
    _obey(rules, x, stack)
    for i in range(flow_slot.shape[0]):
        k[i] = _value(flows, i, x, stack)


@nb.njit(nogil=True, error_model="numpy", cache=True)
def _step(t, h, time_slot, flow_slot, flows, rules, x, stack, y, k, largest, floor):  # pragma: no cover - compiled
    """One step of the variables that flow from (t, y[0]) to y[1]; slopes to k [stage, flow]; returns the relative error."""
    n = flow_slot.shape[0]
    for s in range(7):
        x[time_slot, 0] = t + NODES[s] * h
        for i in range(n):
            value = y[0, i]
            for q in range(s):
                value += h * STAGES[s, q] * k[q, i]
            x[flow_slot[i], 0] = value
            if s == 6:
                y[1, i] = value
        _slopes(flow_slot, flows, rules, x, stack, k[s])
    worst = 0.0
    for i in range(n):
        gap = 0.0
        for s in range(7):
            gap += h * GAPS[s] * k[s, i]
        scale = TOLERANCE * max(largest[i], abs(y[1, i])) + floor[i]
        error = abs(gap) / scale if scale > 0.0 else (0.0 if gap == 0.0 else np.inf)
        worst = max(worst, error) if error == error else np.inf
    x[time_slot, 0] = t
    for i in range(n):
        x[flow_slot[i], 0] = y[0, i]
    return worst


@nb.njit(nogil=True, error_model="numpy", cache=True)
def _flow_to(s, t, h, flow_slot, x, y, k):  # pragma: no cover - compiled
    """Set the variables that flow to their values at s in [t, t + h]."""
    u = (s - t) / h
    for i in range(flow_slot.shape[0]):
        value = 0.0
        for q in range(7):
            weight = DENSE[q, 0] + u * (DENSE[q, 1] + u * (DENSE[q, 2] + u * DENSE[q, 3]))
            value += weight * k[q, i]
        x[flow_slot[i], 0] = y[0, i] + h * u * value


@nb.njit(nogil=True, error_model="numpy", cache=True)
def _bounded(program, i, low, high, lower, upper):  # pragma: no cover - compiled
    code, constants, starts = program
    execute_bounds(code, constants, starts[i], starts[i + 1], low, high, lower, upper)
    return lower[0], upper[0]


@nb.njit(nogil=True, error_model="numpy", cache=True)
def _obey_within(rules, low, high, lower, upper):  # pragma: no cover - compiled
    code, constants, end = rules
    if end > 0:
        execute_bounds(code, constants, 0, end, low, high, lower, upper)


@nb.njit(nogil=True, error_model="numpy", cache=True)
def _enclosed(h, flow_slot, flows, rules, y, k, largest, floor, low, high, lower, upper):  # pragma: no cover - compiled
    """Set low, high of the variables that flow to intervals that hold them over the step; whether they can be trusted.

    By Picard's iteration: where y[0] + [0, h] F(Y) lies within Y, F the bounds of the slopes over Y, the solution does. Not
    trusted either where the bounds allow slopes that no stage of the step has seen and that would matter.
    """
    n = flow_slot.shape[0]
    for i in range(n):
        pad = SWELL * abs(y[1, i] - y[0, i]) + ROUNDED * abs(y[0, i])
        low[flow_slot[i]] = min(y[0, i], y[1, i]) - pad
        high[flow_slot[i]] = max(y[0, i], y[1, i]) + pad
    for _ in range(ENCLOSURES):
        _obey_within(rules, low, high, lower, upper)
        holds = True
        seen = True
        for i in range(n):
            slot = flow_slot[i]
            least, most = _bounded(flows, i, low, high, lower, upper)
            if not (least > -np.inf and most < np.inf):
                return False
            down, up = min(y[0, i], y[0, i] + h * least), max(y[0, i], y[0, i] + h * most)
            if down < low[slot] or up > high[slot]:
                holds = False
            stage_low, stage_high = k[0, i], k[0, i]
            for s in range(2, 7):  # the second stage has no weight in the solution: what it alone sees is not seen
                stage_low, stage_high = min(stage_low, k[s, i]), max(stage_high, k[s, i])
            pad = (stage_high - stage_low) + UNLIKE * max(abs(stage_low), abs(stage_high))
            if (least < stage_low - pad or most > stage_high + pad) and (most - least) * h > HIDDEN * max(
                largest[i], abs(y[1, i])
            ) + floor[i]:
                seen = False
            swell = SWELL * (up - down)
            y[2, i], y[3, i] = min(down - swell, low[slot]), max(up + swell, high[slot])
        if holds:
            return seen
        for i in range(n):
            low[flow_slot[i]], high[flow_slot[i]] = y[2, i], y[3, i]
    return False


@nb.njit(nogil=True, error_model="numpy", cache=True)
def _within(network, x, low, high, lower, upper):  # pragma: no cover - compiled
    """Bounds of the sum of all propensities, and whether some law may be negative."""
    constants, factor_start, factor_slot, factor_offset, is_law, code, law_constants, starts = network
    least = 0.0
    most = 0.0
    doubtful = False
    for r in range(constants.shape[0]):
        if is_law[r]:
            execute_bounds(code, law_constants, starts[r], starts[r + 1], low, high, lower, upper)
            if lower[0] < 0.0:
                doubtful = True
            least += max(lower[0], 0.0)
            most += max(upper[0], 0.0)
        else:
            rate = constants[r]
            for f in range(factor_start[r], factor_start[r + 1]):
                rate *= present(x[factor_slot[f], 0], factor_offset[f])
            least += rate
            most += rate
    return least, most * (1.0 + ROUNDED), doubtful


@nb.njit(nogil=True, error_model="numpy", cache=True)
def _turns(triggers, searched, was, low, high, lower, upper):  # pragma: no cover - compiled
    """Whether some trigger that time turns may do so within the bounds."""
    for k in range(searched.shape[0]):
        if searched[k]:
            least, most = _bounded(triggers, k, low, high, lower, upper)
            if was[k] == 1 and not (least > 0.0 or most < 0.0):
                return True
            if was[k] == 0 and not (least == 0.0 and most == 0.0):
                return True
    return False


@nb.njit(nogil=True, error_model="numpy", cache=True)
def _recorded(g, grid, time_slot, outputs, rules, x, stack, sums, counts, trajectory):  # pragma: no cover - compiled
    """Record the state at the grid time g."""
    x[time_slot, 0] = grid[g]
    _obey(rules, x, stack)
    for o in range(outputs[2].shape[0] - 1):
        value = _value(outputs, o, x, stack)
        record(sums, g, o, value)
        if counts.shape[0] > 0:
            counts[trajectory, g, o] = value


@nb.njit(nogil=True, error_model="numpy", cache=True)
def general_kernel(
    first, count, seed, grid, time_slot, moving, initial, network, changes, rules, outputs, flow_slot, flows,
    triggers, delays, priorities, values, value_start, targets, persistent, initially, early, points,
    searched, trigger_moves, point_moves, sums, counts, most,
):  # fmt: skip  # pragma: no cover - compiled
    change_start, change_slot, change_value = changes
    slots = initial.shape[0]
    kinds = persistent.shape[0]
    n_points = points[2].shape[0] - 1
    n_flows = flow_slot.shape[0]
    last = grid.shape[0]
    final = np.nextafter(grid[last - 1], np.inf)
    x = np.empty((slots, 1))
    stack = np.empty((MAX_STACK, 1))
    low, high = np.empty(slots), np.empty(slots)
    lower, upper = np.empty(MAX_STACK), np.empty(MAX_STACK)
    a = np.empty(network[0].shape[0])
    y, k = np.empty((4, n_flows)), np.empty((7, n_flows))
    largest, floor = np.empty(n_flows), np.empty(n_flows)
    state = np.zeros((4, 1), np.uint64)
    was = np.zeros(kinds, np.int64)
    due = np.empty(MAX_PENDING)
    which = np.zeros(MAX_PENDING, np.int64)
    order = np.zeros(MAX_PENDING)
    assigned = value_start[kinds] if kinds > 0 else 0
    held = np.empty((MAX_PENDING, max(assigned, 1)))
    events = 0
    steps_left = min(MOST_STEPS, most // STEP_COST)
    for trajectory in range(count):
        start_stream(state, 0, seed, first + trajectory)
        for s in range(slots):
            x[s, 0] = initial[s]
        t = 0.0
        x[time_slot, 0] = t
        g = 0
        waiting = 0
        for j in range(kinds):
            was[j] = initially[j]
        look = kinds > 0
        thorough = True  # whether to look also at what reactions do not change
        resting = np.inf  # the next breakpoint of those that reactions do not move
        h = final  # of the next window
        misses = 0  # windows in a row over which a trigger could not be told
        if n_flows > 0:  # how far the variables may go at all says what is too little to matter
            _obey(rules, x, stack)
            for s in range(slots):
                low[s] = high[s] = x[s, 0]
            high[time_slot] = final
            _obey_within(rules, low, high, lower, upper)
            for i in range(n_flows):
                least, furthest = _bounded(flows, i, low, high, lower, upper)
                reach = max(abs(least), abs(furthest)) * final
                largest[i] = abs(x[flow_slot[i], 0])
                floor[i] = NEGLIGIBLE * reach if reach < np.inf else 0.0
        while g < last:
            # Events: look at the triggers, carry out what is due, look again.
            cascade = 0
            while look:
                _obey(rules, x, stack)
                for j in range(kinds):
                    if not thorough and not trigger_moves[j]:
                        continue
                    now = 1 if _value(triggers, j, x, stack) != 0.0 else 0
                    if now == 1 and was[j] == 0:
                        if waiting == MAX_PENDING:
                            return events, FAILED_PENDING
                        due[waiting] = t + max(_value(delays, j, x, stack), 0.0)
                        which[waiting] = j
                        order[waiting] = draw(state)
                        if early[j]:
                            for v in range(value_start[j], value_start[j + 1]):
                                held[waiting, v] = _value(values, v, x, stack)
                        waiting += 1
                    elif now == 0 and not persistent[j]:
                        i = 0
                        while i < waiting:  # a trigger that turned false takes its waiting event back
                            if which[i] == j:
                                waiting -= 1
                                due[i], which[i], order[i] = due[waiting], which[waiting], order[waiting]
                                held[i] = held[waiting]
                            else:
                                i += 1
                    was[j] = now
                chosen = -1
                best = 0.0
                for i in range(waiting):
                    if due[i] <= t:
                        rank = _value(priorities, which[i], x, stack)
                        if chosen < 0 or rank > best or (rank == best and order[i] > order[chosen]):
                            chosen = i
                            best = rank
                if chosen < 0:
                    break
                j = which[chosen]
                if not early[j]:
                    for v in range(value_start[j], value_start[j + 1]):
                        held[chosen, v] = _value(values, v, x, stack)
                for v in range(value_start[j], value_start[j + 1]):
                    x[targets[v], 0] = held[chosen, v]
                waiting -= 1
                due[chosen], which[chosen], order[chosen] = due[waiting], which[waiting], order[waiting]
                held[chosen] = held[waiting]
                thorough = True
                cascade += 1
                if cascade > MAX_CASCADE:
                    return events, FAILED_CASCADE
            # The next moment at which something besides a reaction may happen.
            _obey(rules, x, stack)
            if thorough:
                resting = np.inf
            stop = np.inf
            for i in range(waiting):
                stop = min(stop, due[i])
            for p in range(n_points):
                if not thorough and not point_moves[p]:
                    continue
                at = _value(points, p, x, stack)
                if at == t:  # «t > 25» turns true just after 25
                    at = np.nextafter(t, np.inf)
                if at > t:
                    if point_moves[p]:
                        stop = min(stop, at)
                    else:
                        resting = min(resting, at)
            stop = min(stop, resting)
            look = kinds > 0
            if not moving:
                target = draw(state)
                need = -np.log(draw(state))
                total, failed = _rates(network, x, stack, a)
                if failed >= 0:
                    return events, failed
                jump = t + need / total if total > 0.0 else np.inf
                upto = min(jump, stop)
                while g < last and grid[g] < upto:
                    _recorded(g, grid, time_slot, outputs, rules, x, stack, sums, counts, trajectory)
                    g += 1
                if upto == np.inf:
                    break
                t = upto
                x[time_slot, 0] = t
                thorough = jump > stop
                if jump <= stop:
                    fire(x, pick(a, target * total), 1.0, change_start, change_slot, change_value)
                    events += 1
                    if events > most:
                        return events, -2
                continue
            total, failed = _rates(network, x, stack, a)
            if failed >= 0:
                return events, failed
            limit = min(stop, final)
            jumped = False
            turned = False
            while not (jumped or turned or t >= limit or g >= last):
                # A window [t, end) over which rates, triggers and the variables that flow are known well enough.
                shortest = NEAREST * max(t, EARLIEST * final) * 2.0 ** min(misses, MOST_DOUBLINGS)
                h = min(h, limit - t)
                first_try = True
                while True:
                    steps_left -= 1
                    if steps_left < 0:
                        return events, FAILED_STEPS
                    end = limit if h >= limit - t else t + h
                    if end <= t:
                        end = np.nextafter(t, np.inf)
                    h = end - t
                    for s in range(slots):
                        low[s] = high[s] = x[s, 0]
                    low[time_slot] = t
                    high[time_slot] = max(np.nextafter(end, -np.inf), t)
                    fine = True
                    if n_flows > 0:
                        for i in range(n_flows):
                            y[0, i] = x[flow_slot[i], 0]
                        error = _step(t, h, time_slot, flow_slot, flows, rules, x, stack, y, k, largest, floor)
                        fine = error <= 1.0 and _enclosed(
                            h, flow_slot, flows, rules, y, k, largest, floor, low, high, lower, upper
                        )
                    certain = fine
                    _obey_within(rules, low, high, lower, upper)
                    least, bound, doubtful = _within(network, x, low, high, lower, upper)
                    uncertain = _turns(triggers, searched, was, low, high, lower, upper)
                    if uncertain or (bound * h > CANDIDATES and not (bound - least) * h <= CANDIDATES):
                        fine = False
                    if doubtful and h * CHECKS > final:
                        fine = False
                    if fine or h <= NEARLY * shortest:
                        break
                    h = max(0.5 * h, shortest)
                    first_try = False
                if n_flows > 0 and not certain:
                    for i in range(n_flows):
                        if not np.isfinite(y[1, i]):
                            return events, FAILED_FLOW
                if not bound < np.inf:
                    return events, FAILED_BOUND
                at = t
                while True:  # candidates
                    at = at - np.log(draw(state)) / bound if bound > 0.0 else np.inf
                    if at >= end:
                        break
                    if n_flows > 0:
                        _flow_to(at, t, h, flow_slot, x, y, k)
                    x[time_slot, 0] = at
                    _obey(rules, x, stack)
                    total, failed = _rates(network, x, stack, a)
                    if failed >= 0:
                        return events, failed
                    if draw(state) * bound < total:
                        jumped = True
                        break
                upto = min(at, end)
                while g < last and grid[g] < upto:
                    if n_flows > 0:
                        _flow_to(grid[g], t, h, flow_slot, x, y, k)
                    _recorded(g, grid, time_slot, outputs, rules, x, stack, sums, counts, trajectory)
                    g += 1
                if n_flows > 0:
                    if jumped:
                        _flow_to(at, t, h, flow_slot, x, y, k)
                    for i in range(n_flows):
                        if not jumped:
                            x[flow_slot[i], 0] = y[1, i]
                        largest[i] = max(largest[i], abs(x[flow_slot[i], 0]))
                t = upto
                x[time_slot, 0] = t
                if jumped:
                    fire(x, pick(a, draw(state) * total), 1.0, change_start, change_slot, change_value)
                    events += 1
                    if events > most:
                        return events, -2
                    thorough = False
                else:
                    turned = uncertain
                    misses = misses + 1 if uncertain else 0
                    if doubtful:
                        _obey(rules, x, stack)
                        total, failed = _rates(network, x, stack, a)
                        if failed >= 0 and t < limit:
                            return events, failed
                if first_try:
                    h *= 2.0
            if not jumped:
                thorough = True
    return events, -1
