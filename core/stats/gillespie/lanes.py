"""Lanes: the exact direct method (Gillespie 1977) on many trajectories side by side.

WIDTH trajectories advance together, one a lane; every loop over lanes is branch-free and becomes SIMD code. Networks are
data, so one compiled kernel (cached on disk) serves all of them. Each trajectory has its own random stream, started
from (seed, its number), so the numbers do not depend on lanes, threads or what else runs.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from core.stats.gillespie.machine import MAX_STACK, execute

__all__ = ["WIDTH", "run_block"]

WIDTH = 32  # four AVX-512 registers of float64: measured best of 8, 16, 32 (bench/gillespie.py)
FAST = {"nsz", "arcp", "contract"}  # no reassociation, no assumption about NaN or infinity: a0 = 0 gives tau = inf
TWO_53 = 2.0**-53
MANTISSA = np.uint64(0x000FFFFFFFFFFFFF)
HALF = np.uint64(0x3FE0000000000000)
SQRT_HALF = 0.7071067811865476
LN_2 = 0.6931471805599453


@nb.njit(inline="always", cache=True)
def _mixed(z):  # pragma: no cover - compiled
    """One output of splitmix64 (Steele, Lea & Flood 2014)."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@nb.njit(inline="always", cache=True)
def start_stream(state, lane, seed, number):  # pragma: no cover - compiled
    """Start lane's xoshiro256+ stream for trajectory ``number``."""
    z = _mixed(np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15)) ^ _mixed(
        np.uint64(number) + np.uint64(0x632BE59BD9B4E019)
    )
    for k in range(4):
        z += np.uint64(0x9E3779B97F4A7C15)
        state[k, lane] = _mixed(z)


@nb.njit(inline="always", cache=True)
def _draw(s0, s1, s2, s3, out):  # pragma: no cover - compiled
    """One number in [0, 1) a lane: xoshiro256+ (Blackman & Vigna 2018), 53 bits."""
    for k in range(WIDTH):
        value = s0[k] + s3[k]
        shifted = s1[k] << np.uint64(17)
        s2[k] ^= s0[k]
        s3[k] ^= s1[k]
        s1[k] ^= s2[k]
        s0[k] ^= s3[k]
        s2[k] ^= shifted
        s3[k] = (s3[k] << np.uint64(45)) | (s3[k] >> np.uint64(19))
        out[k] = np.float64(np.int64(value >> np.uint64(11))) * TWO_53


@nb.njit(inline="always", fastmath=FAST, cache=True)
def _minus_log(u, bits, exponent, out):  # pragma: no cover - compiled
    """out = -ln(u) for u in (0, 1): argument reduction and the minimax polynomial of fdlibm's log, without branches.

    ``bits`` is the same memory as ``u`` seen as uint64; both are overwritten.
    """
    for k in range(WIDTH):
        exponent[k] = np.float64(np.int64(bits[k] >> np.uint64(52)) - 1022)
        bits[k] = (bits[k] & MANTISSA) | HALF
    for k in range(WIDTH):
        small = u[k] < SQRT_HALF
        m = u[k] + u[k] if small else u[k]
        e = exponent[k] - 1.0 if small else exponent[k]
        s = (m - 1.0) / (m + 1.0)
        z = s * s
        p = 1.479819860511658591e-01
        p = p * z + 1.531383769920937332e-01
        p = p * z + 1.818357216161805012e-01
        p = p * z + 2.222219843214978396e-01
        p = p * z + 2.857142874366239149e-01
        p = p * z + 3.999999999940941908e-01
        p = p * z + 6.666666666666735130e-01
        out[k] = -(e * LN_2 + (2.0 * s + s * z * p))


@nb.njit(nogil=True, fastmath=FAST, error_model="numpy", cache=True)
def run_block(
    first, count, seed, grid,
    initial, constants, factor_start, factor_slot, factor_offset, is_law, change_start, change_slot, change_value,
    law_code, law_constants, law_start, rule_code, rule_constants, rule_end,
    out_code, out_constants, out_start, out_slot, species,
    sums, squares, counts, max_events,
):  # fmt: skip  # pragma: no cover - compiled
    """Run trajectories first … first + count - 1 to the end of ``grid``; returns (events, failed reaction or -1).

    Adds x and x² at every grid time to ``sums`` and ``squares`` [time, output]; writes x to ``counts``
    [count, time, output] unless it is empty. A grid time records the state that holds at it: the last jump at or
    before it. Stops with reaction -2 after ``max_events`` events.
    """
    slots = initial.shape[0]
    reactions = constants.shape[0]
    last = grid.shape[0]
    outputs = out_slot.shape[0]
    kept = counts.shape[0] > 0
    x = np.empty((slots, WIDTH))
    stack = np.empty((MAX_STACK, WIDTH))
    bound = np.zeros((reactions, WIDTH))
    state = np.zeros((4, WIDTH), np.uint64)
    s0, s1, s2, s3 = state[0], state[1], state[2], state[3]
    t = np.full(WIDTH, np.inf)
    new_t = np.zeros(WIDTH)
    next_time = np.full(WIDTH, np.inf)
    total = np.zeros(WIDTH)
    target = np.zeros(WIDTH)
    exponent = np.zeros(WIDTH)
    wait = np.zeros(WIDTH)
    alive = np.zeros(WIDTH)
    bits = np.zeros(WIDTH, np.uint64)
    u = bits.view(np.float64)
    place = np.zeros(WIDTH, np.int64)
    number = np.full(WIDTH, -1, np.int64)
    single = np.empty((slots, 1))
    single_stack = np.empty((MAX_STACK, 1))
    rules = rule_end > 0
    launched = 0
    live = 0
    events = 0
    for k in range(WIDTH):
        for s in range(slots):
            x[s, k] = initial[s]
    for k in range(min(WIDTH, count)):
        start_stream(state, k, seed, first + launched)
        t[k] = 0.0
        next_time[k] = grid[0]
        number[k] = launched
        alive[k] = 1.0
        launched += 1
        live += 1

    while live > 0:
        if rules:
            execute(rule_code, rule_constants, 0, rule_end, x, stack, WIDTH)
        for k in range(WIDTH):
            total[k] = 0.0
        for r in range(reactions):
            row = bound[r]
            c = constants[r]
            f = factor_start[r]
            order = factor_start[r + 1] - f
            if is_law[r]:
                execute(law_code, law_constants, law_start[r], law_start[r + 1], x, stack, WIDTH)
                value = stack[0]
                bad = 0
                for k in range(WIDTH):
                    bad += 1 if not (value[k] * alive[k] >= 0.0) else 0
                    total[k] += value[k]
                    row[k] = total[k]
                if bad > 0:
                    return events, r
            elif order == 0:
                for k in range(WIDTH):
                    total[k] += c
                    row[k] = total[k]
            elif order == 1:
                a = x[factor_slot[f]]
                for k in range(WIDTH):
                    total[k] += c * a[k]
                    row[k] = total[k]
            elif order == 2:
                a = x[factor_slot[f]]
                b = x[factor_slot[f + 1]]
                q = factor_offset[f + 1]
                for k in range(WIDTH):
                    total[k] += c * (a[k] * (b[k] - q))
                    row[k] = total[k]
            else:
                for k in range(WIDTH):
                    wait[k] = c
                for g in range(f, f + order):
                    a = x[factor_slot[g]]
                    q = factor_offset[g]
                    for k in range(WIDTH):
                        wait[k] *= a[k] - q
                for k in range(WIDTH):
                    total[k] += wait[k]
                    row[k] = total[k]
        _draw(s0, s1, s2, s3, target)
        _draw(s0, s1, s2, s3, u)
        for k in range(WIDTH):
            target[k] = target[k] * total[k] if alive[k] > 0.0 else -1.0
            u[k] = max(u[k], 0.5 * TWO_53)  # in (0, 1): its logarithm is finite and not zero
        _minus_log(u, bits, exponent, wait)
        crossing = 0
        for k in range(WIDTH):
            new_t[k] = t[k] + wait[k] / total[k]
            crossing += 1 if new_t[k] > next_time[k] else 0
        if crossing > 0:
            for k in range(WIDTH):
                if not new_t[k] > next_time[k]:
                    continue
                g = place[k]
                if out_start[outputs] > 0:
                    for s in range(slots):
                        single[s, 0] = x[s, k]
                begin = g
                while g < last and new_t[k] > grid[g]:
                    g += 1
                for o in range(outputs):
                    if out_slot[o] >= 0:
                        value_now = x[out_slot[o], k]
                    else:
                        execute(out_code, out_constants, out_start[o], out_start[o + 1], single, single_stack, 1)
                        value_now = single_stack[0, 0]
                    for h in range(begin, g):
                        sums[h, o] += value_now
                        squares[h, o] += value_now * value_now
                        if kept:
                            counts[number[k], h, o] = value_now
                place[k] = g
                if g < last:
                    next_time[k] = grid[g]
                    continue
                target[k] = -1.0  # this trajectory is over: its last event lies beyond the grid
                events -= 1
                if launched < count:
                    start_stream(state, k, seed, first + launched)
                    for s in range(slots):
                        x[s, k] = initial[s]
                    new_t[k] = 0.0
                    place[k] = 0
                    next_time[k] = grid[0]
                    number[k] = launched
                    launched += 1
                else:
                    alive[k] = 0.0
                    new_t[k] = np.inf
                    next_time[k] = np.inf
                    events += 1  # not counted among the live lanes below
                    live -= 1
        events += live
        if events > max_events:
            return events, -2
        for k in range(WIDTH):
            t[k] = new_t[k]
            total[k] = 0.0
        for r in range(reactions):
            row = bound[r]
            for c_index in range(change_start[r], change_start[r + 1]):
                a = x[change_slot[c_index]]
                change = change_value[c_index]
                for k in range(WIDTH):
                    a[k] += change if (target[k] >= total[k]) & (target[k] < row[k]) else 0.0
            for k in range(WIDTH):
                total[k] = row[k]
    return events, -1
