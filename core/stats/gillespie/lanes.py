"""Lanes: the exact direct method (Gillespie 1977) on many trajectories side by side.

WIDTH trajectories advance together, one a lane; every loop over lanes is branch-free and becomes SIMD code. Networks are
data, so one compiled kernel (cached on disk) serves all of them. Each trajectory has its own random stream, started
from (seed, its number), so the numbers do not depend on lanes, threads or what else runs.

Two habits keep it quick, both measured: lanes are indexed as table[row, lane], never through a slice made inside the
loop (its reference count costs more than the arithmetic), and a lane whose trajectory is over runs on unrecorded
instead of being masked.
"""

from __future__ import annotations

import numpy as np

from core import jit as nb
from core.stats.gillespie.machine import MAX_STACK, execute
from core.stats.gillespie.scalar import record

__all__ = ["WIDTH", "run_block", "start_stream", "unit"]

# On AVX-512 32 lanes are a fifth slower; 128 are a twentieth quicker (a quarter with rate laws) on large ensembles but a
# third slower for a score of trajectories.
WIDTH = 64
LINE = 64  # bytes of a cache line
FAST = {"nsz", "arcp", "contract"}  # no reassociation, no assumption about NaN or infinity: a0 = 0 gives tau = inf
MANTISSA = np.uint64(0x000FFFFFFFFFFFFF)
ONE = np.uint64(0x3FF0000000000000)  # the bits of 1.0
HALF = np.uint64(0x3FE0000000000000)  # the bits of 0.5
WHOLE = np.uint64(0x4330000000000000)  # the bits of 2^52: or-ing in n < 2^52 gives 2^52 + n
TWO_52 = 4503599627370496.0
TINY = 2.0**-53
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
def unit(word):  # pragma: no cover - compiled
    """A random word as a number in [0, 1): its upper 52 bits as the mantissa of one in [1, 2), less 1."""
    return np.uint64((word >> np.uint64(12)) | ONE).view(np.float64) - 1.0


@nb.njit(inline="always", fastmath=FAST, cache=True)
def _minus_log(u):  # pragma: no cover - compiled
    """-ln(u) for u in (0, 1), within 1e-15: argument reduction and the minimax polynomial of fdlibm's log, branch-free.

    u = m 2^e with m in [sqrt(1/2), sqrt(2)); ln m = 2 artanh(s), s = (m - 1)/(m + 1).
    """
    bits = np.float64(u).view(np.uint64)
    e = np.uint64((bits >> np.uint64(52)) | WHOLE).view(np.float64) - (TWO_52 + 1022.0)
    m = np.uint64((bits & MANTISSA) | HALF).view(np.float64)
    small = m < SQRT_HALF
    e = e - 1.0 if small else e
    m = m + m if small else m
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = 1.479819860510658591e-01
    p = p * z + 1.531383769920937332e-01
    p = p * z + 1.818357216161805012e-01
    p = p * z + 2.222219843214978396e-01
    p = p * z + 2.857142874366239149e-01
    p = p * z + 3.999999999940941908e-01
    p = p * z + 6.666666666666735130e-01
    return -(e * LN_2 + (2.0 * s + s * z * p))


@nb.njit(inline="always", fastmath=FAST, cache=True)
def _choose(words, lanes, total):  # pragma: no cover - compiled
    """Draw for every lane: lanes[TARGET] = u a0 and lanes[NEW_TIME] = t - ln(u') / a0; returns how many pass a grid time.

    Two numbers of xoshiro256+ (Blackman & Vigna 2018) a lane, ``words`` [4, lane] its state.
    """
    crossing = 0
    for k in range(WIDTH):
        a = words[0, k]
        b = words[1, k]
        c = words[2, k]
        d = words[3, k]
        first = a + d
        shifted = b << np.uint64(17)
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= shifted
        d = (d << np.uint64(45)) | (d >> np.uint64(19))
        second = a + d
        shifted = b << np.uint64(17)
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= shifted
        d = (d << np.uint64(45)) | (d >> np.uint64(19))
        words[0, k] = a
        words[1, k] = b
        words[2, k] = c
        words[3, k] = d
        lanes[TARGET, k] = unit(first) * total[k]
        time = lanes[TIME, k] + _minus_log(unit(second) + TINY) / total[k]
        lanes[NEW_TIME, k] = time
        crossing += 1 if time > lanes[NEXT, k] else 0
    return crossing


TIME, NEXT, TARGET, NEW_TIME, SCRATCH = range(5)  # rows of ``lanes``
ROWS = 5


@nb.njit(cache=True)
def _aligned(rows, dtype):  # pragma: no cover - compiled
    """A zero table [rows, WIDTH] that starts on a cache line."""
    spare = LINE // 8
    flat = np.zeros(rows * WIDTH + spare, dtype)
    skip = (-np.int64(flat.ctypes.data) % LINE) // 8
    return flat[skip : skip + rows * WIDTH].reshape((rows, WIDTH))


@nb.njit(nogil=True, fastmath=FAST, error_model="numpy", cache=True)
def run_block(
    first, count, seed, grid,
    initial, constants, factor_start, factor_slot, factor_offset, is_law, step_slot, step_base, step_bound, step_change,
    law_code, law_constants, law_start, rule_code, rule_constants, rule_end,
    out_code, out_constants, out_start, out_slot,
    sums, counts, max_events,
):  # fmt: skip  # pragma: no cover - compiled
    """Run trajectories first … first + count - 1 to the end of ``grid``; returns (events, failed reaction or -1).

    Adds x at every grid time to ``sums`` [time, output, SUMS]; writes x to ``counts`` [count, time, output] unless it is empty. A grid time records the state that holds at it: the last jump at or
    before it. Stops with reaction -2 after ``max_events`` events.
    """
    slots = initial.shape[0]
    reactions = constants.shape[0]
    steps = step_slot.shape[0]
    last = grid.shape[0]
    outputs = out_slot.shape[0]
    kept = counts.shape[0] > 0
    computed = out_start[outputs] > 0
    rules = rule_end > 0
    words = _aligned(4, np.uint64)
    lanes = _aligned(ROWS, np.float64)
    table = _aligned(slots + reactions + 1, np.float64)
    x = table[:slots]
    bound = table[slots:]  # bound[r] = a_0 + … + a_(r-1)
    total = bound[reactions]
    stack = _aligned(MAX_STACK, np.float64)
    place = np.zeros(WIDTH, np.int64)
    number = np.zeros(WIDTH, np.int64)
    chosen = np.zeros(WIDTH + 1, np.int64)
    single = np.empty((slots, 1))
    single_stack = np.empty((MAX_STACK, 1))
    live = min(WIDTH, count)
    launched = live
    events = 0
    for k in range(WIDTH):
        start_stream(words, k, seed, first + k)
        number[k] = k
        lanes[NEXT, k] = grid[0] if k < live else np.inf
        for s in range(slots):
            x[s, k] = initial[s]

    while live > 0:
        if rules:
            execute(rule_code, rule_constants, 0, rule_end, x, stack, WIDTH)
        for r in range(reactions):
            c = constants[r]
            f = factor_start[r]
            order = factor_start[r + 1] - f
            if is_law[r]:
                execute(law_code, law_constants, law_start[r], law_start[r + 1], x, stack, WIDTH)
                bad = 0
                for k in range(WIDTH):
                    valid = (stack[0, k] >= 0.0) & (stack[0, k] < np.inf)
                    bad += 1 if (not valid) & (lanes[NEXT, k] < np.inf) else 0
                    bound[r + 1, k] = bound[r, k] + stack[0, k]
                if bad > 0:
                    return events, r
            elif order == 0:
                for k in range(WIDTH):
                    bound[r + 1, k] = bound[r, k] + c
            elif order == 1:
                i = factor_slot[f]
                for k in range(WIDTH):
                    bound[r + 1, k] = bound[r, k] + c * x[i, k]
            elif order == 2:
                i = factor_slot[f]
                j = factor_slot[f + 1]
                q = factor_offset[f + 1]
                for k in range(WIDTH):
                    bound[r + 1, k] = bound[r, k] + c * (x[i, k] * (x[j, k] - q))
            else:
                for k in range(WIDTH):
                    lanes[SCRATCH, k] = c
                for g in range(f, f + order):
                    i = factor_slot[g]
                    q = factor_offset[g]
                    for k in range(WIDTH):
                        lanes[SCRATCH, k] *= x[i, k] - q
                for k in range(WIDTH):
                    bound[r + 1, k] = bound[r, k] + lanes[SCRATCH, k]

        ended = 0
        if _choose(words, lanes, total) > 0:
            crossed = 0
            for k in range(WIDTH):  # list the lanes concerned, without a branch to mispredict
                chosen[crossed] = k
                crossed += 1 if lanes[NEW_TIME, k] > lanes[NEXT, k] else 0
            for i in range(crossed):
                k = chosen[i]
                begin = place[k]
                end = begin
                while end < last and lanes[NEW_TIME, k] > grid[end]:
                    end += 1
                if computed:
                    for s in range(slots):
                        single[s, 0] = x[s, k]
                for o in range(outputs):
                    if out_slot[o] >= 0:
                        value = x[out_slot[o], k]
                    else:
                        execute(out_code, out_constants, out_start[o], out_start[o + 1], single, single_stack, 1)
                        value = single_stack[0, 0]
                    for g in range(begin, end):
                        record(sums, g, o, value)
                        if kept:
                            counts[number[k], g, o] = value
                place[k] = end
                if end < last:
                    lanes[NEXT, k] = grid[end]
                else:
                    chosen[ended] = k
                    ended += 1
        events += live - ended  # a last jump beyond the grid does not count
        if events > max_events:
            return events, -2

        # x[s] += nu[0, s] + sum over r of (nu[r, s] - nu[r-1, s]) [target >= bound[r]]: the change of the chosen reaction.
        for i in range(steps):
            s = step_slot[i]
            low = step_base[i]
            high = low + step_change[i, 0]
            r = step_bound[i, 0]
            q = step_bound[i, 1]
            if q < 0:
                for k in range(WIDTH):
                    x[s, k] += high if lanes[TARGET, k] >= bound[r, k] else low
            else:
                more = step_change[i, 1]
                for k in range(WIDTH):
                    gain = high if lanes[TARGET, k] >= bound[r, k] else low
                    x[s, k] += gain + (more if lanes[TARGET, k] >= bound[q, k] else 0.0)
        for k in range(WIDTH):
            lanes[TIME, k] = lanes[NEW_TIME, k]
        for i in range(ended):  # the next trajectory takes the lane; when none is left the lane runs on unrecorded
            k = chosen[i]
            for s in range(slots):
                x[s, k] = initial[s]
            lanes[TIME, k] = 0.0
            place[k] = 0
            if launched < count:
                start_stream(words, k, seed, first + launched)
                number[k] = launched
                lanes[NEXT, k] = grid[0]
                launched += 1
            else:
                lanes[NEXT, k] = np.inf
                live -= 1
    return events, -1
