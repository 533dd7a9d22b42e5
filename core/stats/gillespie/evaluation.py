"""Evaluation of formulas by numpy (or, with other functions, by torch): values on whole arrays at once, constants folded.

The kernels do not come here: they run formulas on the stack machine (``machine.py``), whose operators have these names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import scipy.special

from core.stats.gillespie.errors import NetworkError
from core.stats.gillespie.formula import Call, Formula, Name, Number

__all__ = ["NUMPY_FUNCTIONS", "SNAP_WITHIN", "evaluate", "snapped", "substitute", "unknown"]

SNAP_WITHIN = 1e-9
"""How near a whole number, relatively, an amount is taken for it: a few roundings of 1e-16, and digits that a file has cut."""


def snapped(amount: Any) -> Any:
    """Amounts with those within SNAP_WITHIN of a whole number of molecules put on it: 0.29 · 100 is 29 of them."""
    nearest = np.floor(np.add(amount, 0.5))
    with np.errstate(invalid="ignore"):  # infinity stays infinity
        return np.where(np.abs(amount - nearest) <= SNAP_WITHIN * np.abs(nearest), nearest, amount)


NUMPY_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "neg": np.negative, "exp": np.exp, "ln": np.log, "log10": np.log10, "sqrt": np.sqrt, "abs": np.abs,
    "floor": np.floor, "ceil": np.ceil, "sin": np.sin, "cos": np.cos, "tan": np.tan, "tanh": np.tanh,
    "not": lambda a: np.where(a, 0.0, 1.0), "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh,
    "cosh": np.cosh, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh, "snap": snapped, "factorial": lambda a: scipy.special.gamma(a + 1.0),
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "pow": np.power, "min": np.minimum,
    "max": np.maximum, "lt": lambda a, b: 1.0 * (a < b), "le": lambda a, b: 1.0 * (a <= b),
    "gt": lambda a, b: 1.0 * (a > b), "ge": lambda a, b: 1.0 * (a >= b), "eq": lambda a, b: 1.0 * (a == b),
    "ne": lambda a, b: 1.0 * (a != b), "and": lambda a, b: 1.0 * np.logical_and(a, b),
    "or": lambda a, b: 1.0 * np.logical_or(a, b), "select": lambda c, a, b: np.where(c, a, b),
}  # fmt: skip


def evaluate(formula: Formula, values: Mapping[str, Any], functions: Mapping[str, Callable] | None = None) -> Any:
    """The value of a formula; ``values`` may be floats, numpy arrays or, with ``functions`` of theirs, tensors.

    NetworkError for a name without a value.
    """
    known = functions or NUMPY_FUNCTIONS
    match formula:
        case Number(value):
            return value
        case Name(name):
            if name not in values:
                raise unknown(name, values)
            return values[name]
        case Call(operator, arguments):
            return known[operator](*(evaluate(a, values, known) for a in arguments))
    raise TypeError(f"not a formula: {formula!r}")


def substitute(formula: Formula, values: Mapping[str, Formula]) -> Formula:
    """The formula with names replaced by formulas; sums and products of constants are folded."""
    match formula:
        case Name(name) if name in values:
            return values[name]
        case Call(operator, arguments):
            new = tuple(substitute(a, values) for a in arguments)
            if new and all(isinstance(a, Number) for a in new):
                with np.errstate(all="ignore"):
                    return Number(float(evaluate(Call(operator, new), {})))
            return Call(operator, new)
    return formula


def unknown(name: str, known: Mapping[str, Any]) -> NetworkError:
    """The refusal of a name that nothing in the network has."""
    there = ", ".join(known)
    return NetworkError(
        f"{name}：没有叫这个名字的物种或参数；现有的是 {there}",
        f"{name}: no species or parameter of this name; there are {there}",
    )
