"""Machine: runs formulas inside the numba kernels, on many trajectories at once.

A formula becomes a program for a stack machine. One instruction works on a whole row of lanes (one trajectory each),
in a loop that LLVM turns into SIMD code, so that reading the instruction costs next to nothing per trajectory and a
new rate law needs no compilation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core import jit as nb
from core.stats.gillespie.errors import NetworkError
from core.stats.gillespie.evaluation import SNAP_WITHIN, unknown
from core.stats.gillespie.formula import Call, Formula, Name, Number, shown

__all__ = ["MAX_STACK", "Program", "assemble", "execute"]

MAX_STACK = 32
UNARY = (
    "neg", "exp", "ln", "log10", "sqrt", "abs", "floor", "ceil", "sin", "cos", "tan", "tanh", "not", "asin", "acos", "atan",
    "sinh", "cosh", "asinh", "acosh", "atanh", "snap", "factorial",
)  # fmt: skip
BINARY = ("add", "sub", "mul", "div", "pow", "min", "max", "lt", "le", "gt", "ge", "eq", "ne", "and", "or")
CONST, LOAD, STORE, SELECT, POWI = 0, 1, 2, 3, 4
ADD_LOAD, MUL_LOAD, ADD_CONST, MUL_CONST = 5, 6, 7, 8
FIRST_UNARY = 10
FIRST_BINARY = FIRST_UNARY + len(UNARY)
(
    NEG, EXP, LN, LOG10, SQRT, ABS, FLOOR, CEIL, SIN, COS, TAN, TANH, NOT, ASIN, ACOS, ATAN,
    SINH, COSH, ASINH, ACOSH, ATANH, SNAP, FACTORIAL,
) = range(FIRST_UNARY, FIRST_BINARY)  # fmt: skip
(ADD, SUB, MUL, DIV, POW, MIN, MAX, LT, LE, GT, GE, EQ, NE, AND, OR) = range(FIRST_BINARY, FIRST_BINARY + len(BINARY))
CODES = {name: FIRST_UNARY + i for i, name in enumerate(UNARY)} | {
    name: FIRST_BINARY + i for i, name in enumerate(BINARY)
}
LARGEST_POWER = 8  # x^2 … x^8 by multiplication; above, pow costs less than the chain


@dataclass(frozen=True, slots=True)
class Program:
    """Instructions [n, 2] (code, operand) and constants; ``starts`` [k + 1] bounds k formulas."""

    code: np.ndarray
    constants: np.ndarray
    starts: np.ndarray


def assemble(formulas: Sequence[Formula], slots: Mapping[str, int], stores: Sequence[int] | None = None) -> Program:
    """Compile formulas. ``slots`` says where each name lives; ``stores`` where each result goes (else: left on top).

    NetworkError for an unknown name or a formula that needs more than MAX_STACK places.
    """
    code: list[tuple[int, int]] = []
    constants: list[float] = []
    starts = [0]
    for i, formula in enumerate(formulas):
        deepest = _emit(formula, slots, code, constants, 0)
        if deepest > MAX_STACK:
            raise NetworkError(
                f"公式 {shown(formula)} 要用 {deepest} 个栈位：最多 {MAX_STACK} 个；请拆成几条规则",
                f"formula {shown(formula)} needs {deepest} places on the stack: at most {MAX_STACK} are allowed",
            )
        if stores is not None:
            code.append((STORE, stores[i]))
        starts.append(len(code))
    return Program(
        np.array(code or [(CONST, 0)], np.int64), np.array(constants or [0.0]), np.array(starts, np.int64)
    )  # fmt: skip


def _emit(formula: Formula, slots: Mapping[str, int], code: list, constants: list, depth: int) -> int:
    """Append the instructions of one formula; returns the deepest place of the stack that it uses."""
    match formula:
        case Number(value):
            constants.append(float(value))
            code.append((CONST, len(constants) - 1))
            return depth + 1
        case Name(name):
            if name not in slots:
                raise unknown(name, slots)
            code.append((LOAD, slots[name]))
            return depth + 1
        case Call("pow", (base, Number(value))) if value == int(value) and 2 <= value <= LARGEST_POWER:
            deepest = _emit(base, slots, code, constants, depth)
            code.append((POWI, int(value)))
            return deepest
        case Call("select", arguments):
            deepest = max(_emit(a, slots, code, constants, depth + i) for i, a in enumerate(arguments))
            code.append((SELECT, 0))
            return deepest
        case Call(("add" | "mul") as operator, (left, right)):
            if isinstance(left, Number | Name) and not isinstance(right, Number | Name):
                left, right = right, left
            deepest = _emit(left, slots, code, constants, depth)
            match right:
                case Number(value):
                    constants.append(float(value))
                    code.append((ADD_CONST if operator == "add" else MUL_CONST, len(constants) - 1))
                    return deepest
                case Name(name) if name in slots:
                    code.append((ADD_LOAD if operator == "add" else MUL_LOAD, slots[name]))
                    return deepest
            deepest = max(deepest, _emit(right, slots, code, constants, depth + 1))
            code.append((CODES[operator], 0))
            return deepest
        case Call(operator, arguments):
            deepest = max(_emit(a, slots, code, constants, depth + i) for i, a in enumerate(arguments))
            code.append((CODES[operator], 0))
            return deepest
    raise TypeError(f"not a formula: {formula!r}")


@nb.njit(inline="never", error_model="numpy", nogil=True, cache=True)
def execute(code, constants, first, last, memory, stack, width):  # pragma: no cover - compiled
    """Run instructions first … last - 1 on ``width`` lanes of memory [slots, lanes]; the result is stack[0]."""
    top = -1
    for i in range(first, last):
        op = code[i, 0]
        arg = code[i, 1]
        if op == LOAD:
            top += 1
            for k in range(width):
                stack[top, k] = memory[arg, k]
        elif op == CONST:
            top += 1
            value = constants[arg]
            for k in range(width):
                stack[top, k] = value
        elif op == MUL_LOAD:
            for k in range(width):
                stack[top, k] *= memory[arg, k]
        elif op == ADD_LOAD:
            for k in range(width):
                stack[top, k] += memory[arg, k]
        elif op == MUL_CONST:
            value = constants[arg]
            for k in range(width):
                stack[top, k] *= value
        elif op == ADD_CONST:
            value = constants[arg]
            for k in range(width):
                stack[top, k] += value
        elif op == STORE:
            for k in range(width):
                memory[arg, k] = stack[top, k]
            top -= 1
        elif op == POWI:
            if arg == 2:
                for k in range(width):
                    stack[top, k] = stack[top, k] * stack[top, k]
            else:
                for k in range(width):
                    value = stack[top, k]
                    power = value
                    for _ in range(arg - 1):
                        power *= value
                    stack[top, k] = power
        elif op == SELECT:
            top -= 2
            for k in range(width):
                stack[top, k] = stack[top + 1, k] if stack[top, k] != 0.0 else stack[top + 2, k]
        elif op < FIRST_BINARY:
            _unary(op, stack, top, width)
        else:
            top -= 1
            _binary(op, stack, top, width)


@nb.njit(inline="never", error_model="numpy", nogil=True, cache=True)
def _unary(op, stack, top, width):  # pragma: no cover - compiled
    for k in range(width):
        value = stack[top, k]
        if op == NEG:
            stack[top, k] = -value
        elif op == EXP:
            stack[top, k] = math.exp(value)
        elif op == LN:
            stack[top, k] = np.log(value)
        elif op == LOG10:
            stack[top, k] = np.log10(value)
        elif op == SQRT:
            stack[top, k] = np.sqrt(value)
        elif op == ABS:
            stack[top, k] = abs(value)
        elif op == FLOOR:
            stack[top, k] = math.floor(value)
        elif op == CEIL:
            stack[top, k] = math.ceil(value)
        elif op == SIN:
            stack[top, k] = math.sin(value)
        elif op == COS:
            stack[top, k] = math.cos(value)
        elif op == TAN:
            stack[top, k] = math.tan(value)
        elif op == TANH:
            stack[top, k] = math.tanh(value)
        elif op == NOT:
            stack[top, k] = 0.0 if value != 0.0 else 1.0
        elif op == ASIN:
            stack[top, k] = np.arcsin(value)
        elif op == ACOS:
            stack[top, k] = np.arccos(value)
        elif op == ATAN:
            stack[top, k] = np.arctan(value)
        elif op == SINH:
            stack[top, k] = np.sinh(value)
        elif op == COSH:
            stack[top, k] = np.cosh(value)
        elif op == ASINH:
            stack[top, k] = np.arcsinh(value)
        elif op == ACOSH:
            stack[top, k] = np.arccosh(value)
        elif op == ATANH:
            stack[top, k] = np.arctanh(value)
        elif op == SNAP:
            nearest = np.floor(value + 0.5)
            stack[top, k] = nearest if abs(value - nearest) <= SNAP_WITHIN * abs(nearest) else value
        else:
            stack[top, k] = math.gamma(value + 1.0)


@nb.njit(inline="never", error_model="numpy", nogil=True, cache=True)
def _binary(op, stack, top, width):  # pragma: no cover - compiled
    if op == ADD:
        for k in range(width):
            stack[top, k] += stack[top + 1, k]
    elif op == SUB:
        for k in range(width):
            stack[top, k] -= stack[top + 1, k]
    elif op == MUL:
        for k in range(width):
            stack[top, k] *= stack[top + 1, k]
    elif op == DIV:
        for k in range(width):
            stack[top, k] /= stack[top + 1, k]
    elif op == POW:
        for k in range(width):
            stack[top, k] = stack[top, k] ** stack[top + 1, k]
    elif op == MIN:
        for k in range(width):
            stack[top, k] = min(stack[top, k], stack[top + 1, k])
    elif op == MAX:
        for k in range(width):
            stack[top, k] = max(stack[top, k], stack[top + 1, k])
    elif op == LT:
        for k in range(width):
            stack[top, k] = 1.0 if stack[top, k] < stack[top + 1, k] else 0.0
    elif op == LE:
        for k in range(width):
            stack[top, k] = 1.0 if stack[top, k] <= stack[top + 1, k] else 0.0
    elif op == GT:
        for k in range(width):
            stack[top, k] = 1.0 if stack[top, k] > stack[top + 1, k] else 0.0
    elif op == GE:
        for k in range(width):
            stack[top, k] = 1.0 if stack[top, k] >= stack[top + 1, k] else 0.0
    elif op == EQ:
        for k in range(width):
            stack[top, k] = 1.0 if stack[top, k] == stack[top + 1, k] else 0.0
    elif op == NE:
        for k in range(width):
            stack[top, k] = 1.0 if stack[top, k] != stack[top + 1, k] else 0.0
    elif op == AND:
        for k in range(width):
            stack[top, k] = 1.0 if (stack[top, k] != 0.0 and stack[top + 1, k] != 0.0) else 0.0
    else:
        for k in range(width):
            stack[top, k] = 1.0 if (stack[top, k] != 0.0 or stack[top + 1, k] != 0.0) else 0.0
