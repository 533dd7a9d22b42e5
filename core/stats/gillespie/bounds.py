"""Bounds: the stack machine run on intervals, so that what a formula can be at most over a span of time is known.

Where time moves through [t, t + h] and continuous variables through intervals, every operation gives an interval that holds
all its values (interval arithmetic; Moore 1966). A rate cannot hide a peak from it, however narrow, and a comparison that
is certain over a span does not turn within it. Bounds may be too wide; they close in on the value as the span shrinks.
"""

from __future__ import annotations

import math

import numpy as np

import core.stats.gillespie.machine as m
from core import jit as nb

__all__ = ["execute_bounds"]

LEAST_FACTORIAL_AT, LEAST_FACTORIAL = 0.46163214496836234, 0.8856031944108887  # of x! = gamma(x + 1) beyond 0
WIDEN = 4e-16  # relative; more than the roundings of one operation


@nb.njit(inline="always", cache=True)
def _product(a, b):  # pragma: no cover - compiled
    """a b with 0 times infinity taken as 0: the bound of a factor that is 0."""
    return 0.0 if a == 0.0 or b == 0.0 else a * b


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _multiply(al, ah, bl, bh):  # pragma: no cover - compiled
    p, q, r, s = _product(al, bl), _product(al, bh), _product(ah, bl), _product(ah, bh)
    return min(min(p, q), min(r, s)), max(max(p, q), max(r, s))


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _divide(al, ah, bl, bh):  # pragma: no cover - compiled
    if bl > 0.0 or bh < 0.0:
        return _multiply(al, ah, 1.0 / bh, 1.0 / bl)
    if bl == 0.0 and bh > 0.0:
        return _multiply(al, ah, 1.0 / bh, np.inf)
    if bh == 0.0 and bl < 0.0:
        return _multiply(al, ah, -np.inf, 1.0 / bl)
    return -np.inf, np.inf


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _power(al, ah, bl, bh):  # pragma: no cover - compiled
    if al >= 0.0:  # exp(b ln a) is largest and smallest in the corners
        p, q, r, s = al**bl, al**bh, ah**bl, ah**bh
        return min(min(p, q), min(r, s)), max(max(p, q), max(r, s))
    if bl == bh and bl == np.floor(bl):
        if bl < 0.0:
            low, high = _power(al, ah, -bl, -bl)
            return _divide(1.0, 1.0, low, high)
        p, q = al**bl, ah**bl
        if bl % 2.0 == 0.0:
            return (0.0 if ah > 0.0 else min(p, q)), max(p, q)
        return p, q
    return -np.inf, np.inf


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _sine(low, high):  # pragma: no cover - compiled
    turn = 2.0 * math.pi
    if not (high - low < turn):
        return -1.0, 1.0
    p, q = math.sin(low), math.sin(high)
    top = np.ceil((low - 0.5 * math.pi) / turn) * turn + 0.5 * math.pi  # the first maximum from low on
    bottom = np.ceil((low + 0.5 * math.pi) / turn) * turn - 0.5 * math.pi
    return (-1.0 if bottom <= high else min(p, q)), (1.0 if top <= high else max(p, q))


@nb.njit(inline="always", cache=True)
def _truth(low, high):  # pragma: no cover - compiled
    """1 where a value is certainly not 0, 0 where it certainly is, -1 where neither is certain."""
    if low > 0.0 or high < 0.0:
        return 1
    return 0 if low == 0.0 and high == 0.0 else -1


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _of_one(op, low, high):  # pragma: no cover - compiled
    if op == m.NEG:
        return -high, -low
    if op == m.EXP:
        return math.exp(low), math.exp(high)
    if op == m.LN:
        return np.log(max(low, 0.0)), np.log(high)
    if op == m.LOG10:
        return np.log10(max(low, 0.0)), np.log10(high)
    if op == m.SQRT:
        return np.sqrt(max(low, 0.0)), np.sqrt(high)
    if op == m.ABS:
        least = 0.0 if low <= 0.0 <= high else min(abs(low), abs(high))
        return least, max(abs(low), abs(high))
    if op == m.FLOOR:
        return np.floor(low), np.floor(high)
    if op == m.CEIL:
        return np.ceil(low), np.ceil(high)
    if op == m.SIN:
        return _sine(low, high)
    if op == m.COS:
        return _sine(low + 0.5 * math.pi, high + 0.5 * math.pi)
    if op == m.TAN:
        same = np.floor(low / math.pi + 0.5) == np.floor(high / math.pi + 0.5)
        return (math.tan(low), math.tan(high)) if same else (-np.inf, np.inf)
    if op == m.TANH:
        return math.tanh(low), math.tanh(high)
    if op == m.NOT:
        truth = _truth(low, high)
        return (0.0 if truth != 0 else 1.0), (0.0 if truth == 1 else 1.0)
    if op == m.ASIN:
        return np.arcsin(max(low, -1.0)), np.arcsin(min(high, 1.0))
    if op == m.ACOS:
        return np.arccos(min(high, 1.0)), np.arccos(max(low, -1.0))
    if op == m.ATAN:
        return np.arctan(low), np.arctan(high)
    if op == m.SINH:
        return np.sinh(low), np.sinh(high)
    if op == m.COSH:
        least = 1.0 if low <= 0.0 <= high else min(np.cosh(low), np.cosh(high))
        return least, max(np.cosh(low), np.cosh(high))
    if op == m.ASINH:
        return np.arcsinh(low), np.arcsinh(high)
    if op == m.ACOSH:
        return np.arccosh(max(low, 1.0)), np.arccosh(high)
    if op == m.ATANH:
        return np.arctanh(max(low, -1.0)), np.arctanh(min(high, 1.0))
    if op == m.SNAP:
        return low - m.SNAP_WITHIN * abs(low), high + m.SNAP_WITHIN * abs(high)
    if low < 0.0:
        return -np.inf, np.inf
    p, q = math.gamma(low + 1.0), math.gamma(high + 1.0)
    if low <= LEAST_FACTORIAL_AT <= high:
        return LEAST_FACTORIAL, max(p, q)
    return min(p, q), max(p, q)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _certain(yes, no):  # pragma: no cover - compiled
    return (1.0 if yes else 0.0), (0.0 if no else 1.0)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _of_two(op, al, ah, bl, bh):  # pragma: no cover - compiled
    if op == m.ADD:
        return al + bl, ah + bh
    if op == m.SUB:
        return al - bh, ah - bl
    if op == m.MUL:
        return _multiply(al, ah, bl, bh)
    if op == m.DIV:
        return _divide(al, ah, bl, bh)
    if op == m.POW:
        return _power(al, ah, bl, bh)
    if op == m.MIN:
        return min(al, bl), min(ah, bh)
    if op == m.MAX:
        return max(al, bl), max(ah, bh)
    if op == m.LT:
        return _certain(ah < bl, al >= bh)
    if op == m.LE:
        return _certain(ah <= bl, al > bh)
    if op == m.GT:
        return _certain(al > bh, ah <= bl)
    if op == m.GE:
        return _certain(al >= bh, ah < bl)
    same, apart = al == ah and bl == bh and al == bl, ah < bl or bh < al
    if op == m.EQ:
        return _certain(same, apart)
    if op == m.NE:
        return _certain(apart, same)
    left, right = _truth(al, ah), _truth(bl, bh)
    if op == m.AND:
        return _certain(left == 1 and right == 1, left == 0 or right == 0)
    return _certain(left == 1 or right == 1, left == 0 and right == 0)


@nb.njit(inline="never", error_model="numpy", nogil=True, cache=True)
def execute_bounds(code, constants, first, last, low, high, lower, upper):  # pragma: no cover - compiled
    """Run instructions first … last - 1 on the intervals ``low``, ``high`` [slots]; the result is lower[0], upper[0].

    ``lower`` and ``upper`` [MAX_STACK] are the stack. A value that is not defined somewhere in its interval has no bounds.
    """
    top = -1
    for i in range(first, last):
        op = code[i, 0]
        arg = code[i, 1]
        if op == m.LOAD:
            top += 1
            lower[top], upper[top] = low[arg], high[arg]
        elif op == m.CONST:
            top += 1
            lower[top] = upper[top] = constants[arg]
        elif op == m.STORE:
            low[arg], high[arg] = lower[top], upper[top]
            top -= 1
            continue
        elif op == m.SELECT:
            top -= 2
            truth = _truth(lower[top], upper[top])
            if truth == 1:
                lower[top], upper[top] = lower[top + 1], upper[top + 1]
            elif truth == 0:
                lower[top], upper[top] = lower[top + 2], upper[top + 2]
            else:
                lower[top], upper[top] = min(lower[top + 1], lower[top + 2]), max(upper[top + 1], upper[top + 2])
        elif op == m.POWI:
            lower[top], upper[top] = _power(lower[top], upper[top], float(arg), float(arg))
        elif op == m.ADD_LOAD:
            lower[top] += low[arg]
            upper[top] += high[arg]
        elif op == m.ADD_CONST:
            lower[top] += constants[arg]
            upper[top] += constants[arg]
        elif op == m.MUL_LOAD:
            lower[top], upper[top] = _multiply(lower[top], upper[top], low[arg], high[arg])
        elif op == m.MUL_CONST:
            lower[top], upper[top] = _multiply(lower[top], upper[top], constants[arg], constants[arg])
        elif op < m.FIRST_BINARY:
            lower[top], upper[top] = _of_one(op, lower[top], upper[top])
        else:
            top -= 1
            lower[top], upper[top] = _of_two(op, lower[top], upper[top], lower[top + 1], upper[top + 1])
        if not (lower[top] <= upper[top]):
            lower[top], upper[top] = -np.inf, np.inf
        elif lower[top] < upper[top]:
            lower[top] -= WIDEN * abs(lower[top]) if lower[top] > -np.inf else 0.0
            upper[top] += WIDEN * abs(upper[top]) if upper[top] < np.inf else 0.0
