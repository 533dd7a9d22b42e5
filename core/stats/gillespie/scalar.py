"""Scalar steps that the one-trajectory-at-a-time kernels share: a random stream, propensities, the choice of a reaction."""

from __future__ import annotations

import math

import numpy as np

from core import jit as nb
from core.stats.gillespie.machine import execute

__all__ = ["SUMS", "draw", "fill_propensities", "fire", "pick", "poisson", "present", "record"]

TWO_53 = 2.0**-53
SUMS = 4  # numbers that :func:`record` keeps of one output at one time: how many, the first, and two sums
FEW = 10.0  # means below which counting arrivals is the quicker way to a Poisson number


@nb.njit(inline="always", cache=True)
def record(sums, g, o, value):  # pragma: no cover - compiled
    """Add a value to ``sums`` [time, output, SUMS]: how many, the first of them, and the sums of (x - first) and its square.

    Counted from the first value, a spread of one molecule shows beside 1e12 of them; x² would have no digits left for it.
    """
    if sums[g, o, 0] == 0.0 and np.isfinite(value):
        sums[g, o, 1] = value
    gap = value - sums[g, o, 1]
    sums[g, o, 0] += 1.0
    sums[g, o, 2] += gap
    sums[g, o, 3] += gap * gap


@nb.njit(inline="always", cache=True)
def draw(state):  # pragma: no cover - compiled
    """One number in (0, 1) from a xoshiro256+ stream [4, 1]."""
    value = state[0, 0] + state[3, 0]
    shifted = state[1, 0] << np.uint64(17)
    state[2, 0] ^= state[0, 0]
    state[3, 0] ^= state[1, 0]
    state[1, 0] ^= state[2, 0]
    state[0, 0] ^= state[3, 0]
    state[2, 0] ^= shifted
    state[3, 0] = (state[3, 0] << np.uint64(45)) | (state[3, 0] >> np.uint64(19))
    return max(np.float64(np.int64(value >> np.uint64(11))) * TWO_53, 0.5 * TWO_53)


@nb.njit(nogil=True, error_model="numpy", cache=True)
def poisson(state, mean):  # pragma: no cover - compiled
    """One Poisson number of any ``mean`` from a stream: arrivals counted, or transformed rejection (Hörmann 1993, PTRS)."""
    if mean < FEW:
        least = math.exp(-mean)
        arrivals = 0.0
        product = draw(state)
        while product > least:
            arrivals += 1.0
            product *= draw(state)
        return arrivals
    b = 0.931 + 2.53 * math.sqrt(mean)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    squeeze = 0.9277 - 3.6224 / (b - 2.0)
    while True:
        u = draw(state) - 0.5
        v = draw(state)
        us = 0.5 - abs(u)
        k = math.floor((2.0 * a / us + b) * u + mean + 0.43)
        if us >= 0.07 and v <= squeeze:
            return k
        if k < 0.0 or (us < 0.013 and v > us):
            continue
        if math.log(v * inverse_alpha / (a / (us * us) + b)) <= k * math.log(mean) - mean - math.lgamma(k + 1.0):
            return k


@nb.njit(inline="always", cache=True)
def present(amount, offset):  # pragma: no cover - compiled
    """The factor x - o of mass action: molecules left when o have been taken; 0 below one, as a fraction never reacts."""
    left = amount - offset
    return left if left >= 1.0 else 0.0


@nb.njit(nogil=True, error_model="numpy", cache=True)
def fill_propensities(
    x, stack, a, constants, factor_start, factor_slot, factor_offset, is_law, law_code, law_constants, law_start
):  # fmt: skip  # pragma: no cover - compiled
    """Write a_j(x) to a [R]; returns (sum, first reaction whose law is negative or undefined, or -1)."""
    total = 0.0
    for r in range(constants.shape[0]):
        if is_law[r]:
            execute(law_code, law_constants, law_start[r], law_start[r + 1], x, stack, 1)
            rate = stack[0, 0]
            if not (rate >= 0.0 and rate < np.inf):
                return total, r
        else:
            rate = constants[r]
            for f in range(factor_start[r], factor_start[r + 1]):
                rate *= present(x[factor_slot[f], 0], factor_offset[f])
        a[r] = rate
        total += rate
    return total, -1


@nb.njit(inline="always", cache=True)
def pick(a, target):  # pragma: no cover - compiled
    """The reaction j with a_0 + … + a_(j-1) <= target < a_0 + … + a_j; the last possible one against rounding."""
    chosen = 0
    bound = 0.0
    for r in range(a.shape[0]):
        if a[r] > 0.0:
            chosen = r
            bound += a[r]
            if target < bound:
                break
    return chosen


@nb.njit(inline="always", cache=True)
def fire(x, r, times, change_start, change_slot, change_value):  # pragma: no cover - compiled
    """Let reaction r happen ``times`` times."""
    for i in range(change_start[r], change_start[r + 1]):
        x[change_slot[i], 0] += change_value[i] * times
