"""SBML mathematics: MathML, as libsbml holds it, as our formulas. Functions are written out; what is unknown is named.

A document may be hostile: the work, the size and the depth of what it asks for are bounded here.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

import libsbml

from core.stats.gillespie.compiled import TIME
from core.stats.gillespie.errors import NetworkError, naming
from core.stats.gillespie.formula import Call, Formula, Name, Number, call

__all__ = ["MAX_DEPTH", "MAX_LEVELS", "MAX_NODES", "MAX_WORK", "MathReader", "Place"]

Place = tuple[str, str]
"""What a message calls the place of a formula, 中文 and English: («R 的速率», «kinetic law of R»)."""

MAX_NODES = 20_000  # operations of one formula, after functions are written out
MAX_WORK = 500_000  # operations of all formulas of a document
MAX_LEVELS = 100  # of MathML, function calls included: Python's stack holds 1000 frames, a level takes three
MAX_DEPTH = 150  # of a formula of ours: a level takes two frames
LONG = 16  # operands in a row that are chained from the left; more are halved, which keeps a long sum shallow
MOST_PIECES = 29  # values and conditions of one piecewise: its nested choices need that many places on the stack
AVOGADRO = 6.02214076e23  # 1/mol, exact since the SI of 2019; SBML Level 3 Version 2, section 3.4.6

CHAINS = {
    libsbml.AST_PLUS: ("add", 0.0), libsbml.AST_TIMES: ("mul", 1.0), libsbml.AST_LOGICAL_AND: ("and", 1.0),
    libsbml.AST_LOGICAL_OR: ("or", 0.0), libsbml.AST_FUNCTION_MIN: ("min", None), libsbml.AST_FUNCTION_MAX: ("max", None),
}  # fmt: skip
"""Operators with any number of operands, and what they are without one (SBML Level 3 Version 2, section 3.4.6)."""
PAIRS = {libsbml.AST_DIVIDE: "div", libsbml.AST_POWER: "pow", libsbml.AST_FUNCTION_POWER: "pow"}
FUNCTIONS = {
    libsbml.AST_FUNCTION_EXP: "exp", libsbml.AST_FUNCTION_LN: "ln", libsbml.AST_FUNCTION_ABS: "abs",
    libsbml.AST_FUNCTION_FLOOR: "floor", libsbml.AST_FUNCTION_CEILING: "ceil", libsbml.AST_FUNCTION_SIN: "sin",
    libsbml.AST_FUNCTION_COS: "cos", libsbml.AST_FUNCTION_TAN: "tan", libsbml.AST_FUNCTION_TANH: "tanh",
    libsbml.AST_FUNCTION_ARCSIN: "asin", libsbml.AST_FUNCTION_ARCCOS: "acos", libsbml.AST_FUNCTION_ARCTAN: "atan",
    libsbml.AST_FUNCTION_SINH: "sinh", libsbml.AST_FUNCTION_COSH: "cosh", libsbml.AST_FUNCTION_ARCSINH: "asinh",
    libsbml.AST_FUNCTION_ARCCOSH: "acosh", libsbml.AST_FUNCTION_ARCTANH: "atanh",
    libsbml.AST_LOGICAL_NOT: "not", libsbml.AST_FUNCTION_FACTORIAL: "factorial",
}  # fmt: skip
RECIPROCALS = {
    libsbml.AST_FUNCTION_SEC: "cos", libsbml.AST_FUNCTION_CSC: "sin", libsbml.AST_FUNCTION_COT: "tan",
    libsbml.AST_FUNCTION_SECH: "cosh", libsbml.AST_FUNCTION_CSCH: "sinh", libsbml.AST_FUNCTION_COTH: "tanh",
}  # fmt: skip
"""Functions that are one over another one."""
OF_RECIPROCALS = {
    libsbml.AST_FUNCTION_ARCSEC: "acos", libsbml.AST_FUNCTION_ARCCSC: "asin", libsbml.AST_FUNCTION_ARCCOT: "atan",
    libsbml.AST_FUNCTION_ARCSECH: "acosh", libsbml.AST_FUNCTION_ARCCSCH: "asinh", libsbml.AST_FUNCTION_ARCCOTH: "atanh",
}  # fmt: skip
"""Functions that are another one of 1 / x; arccot x is arctan 1/x, between -pi/2 and pi/2."""
COMPARISONS = {
    libsbml.AST_RELATIONAL_LT: "lt", libsbml.AST_RELATIONAL_LEQ: "le", libsbml.AST_RELATIONAL_GT: "gt",
    libsbml.AST_RELATIONAL_GEQ: "ge", libsbml.AST_RELATIONAL_EQ: "eq", libsbml.AST_RELATIONAL_NEQ: "ne",
}  # fmt: skip
CONSTANTS = {
    libsbml.AST_CONSTANT_PI: math.pi, libsbml.AST_CONSTANT_E: math.e, libsbml.AST_CONSTANT_TRUE: 1.0,
    libsbml.AST_CONSTANT_FALSE: 0.0, libsbml.AST_NAME_AVOGADRO: AVOGADRO,
}  # fmt: skip
ONE = Number(1.0)


class _Sized(NamedTuple):
    """A formula with its number of operations and its depth, both as a tree."""

    formula: Formula
    size: int = 1
    depth: int = 1


@dataclass
class MathReader:
    """Turns the formulas of one document into ours.

    ``resolve(identifier)`` gives the formula that an identifier stands for; ``functions`` maps a function
    definition to its arguments and body. Raises NetworkError that begins with the place of the formula.
    """

    resolve: Callable[[str], Formula]
    functions: Mapping[str, tuple[tuple[str, ...], Any]] = field(default_factory=dict)
    work: int = 0

    def read(self, node: Any, place: Place, local: Mapping[str, Formula] = MappingProxyType({})) -> Formula:
        """One formula; ``local`` names shadow the model's."""
        with naming(*place):
            found = self._node(node, {name: _Sized(formula) for name, formula in local.items()}, 0)
            self._count(found.size)
        return found.formula

    def _count(self, operations: int) -> None:
        self.work += operations
        if self.work > MAX_WORK:
            raise NetworkError(
                f"模型的公式合起来超过 {MAX_WORK} 个运算", f"the model's formulas hold more than {MAX_WORK} operations"
            )

    def _node(self, node: Any, bound: Mapping[str, _Sized], level: int) -> _Sized:
        if node is None:
            raise NetworkError("缺少公式", "the formula is missing")
        if level > MAX_LEVELS:
            raise NetworkError(f"嵌套超过 {MAX_LEVELS} 层", f"nested deeper than {MAX_LEVELS} levels")
        self._count(1)
        kind = node.getType()
        if kind in CONSTANTS:
            return _Sized(Number(CONSTANTS[kind]))
        if node.isNumber():
            return _Sized(Number(float(node.getValue())))
        if kind == libsbml.AST_NAME_TIME:
            return _Sized(Name(TIME))
        if kind == libsbml.AST_NAME:
            name = node.getName()
            return bound[name] if name in bound else _Sized(self.resolve(name))
        parts = [self._node(child, bound, level + 1) for child in _operands(node)]
        if kind == libsbml.AST_FUNCTION:
            return self._written_out(node.getName(), parts, level)
        formula = _operation(kind, [part.formula for part in parts])
        if formula is None:
            text = libsbml.formulaToL3String(node)[:80]
            raise NetworkError(f"{text}：不支持这种运算", f"{text}: this operation is not supported")
        copies, levels = _growth(kind, len(parts))
        size = copies * (1 + sum(part.size for part in parts))
        return self._bounded(_Sized(formula, size, levels + max((part.depth for part in parts), default=0)))

    def _written_out(self, name: str, parts: Sequence[_Sized], level: int) -> _Sized:
        if name not in self.functions:
            raise NetworkError(f"没有函数 {name}", f"no function {name}")
        arguments, body = self.functions[name]
        if len(arguments) != len(parts):
            many = len(arguments)
            raise NetworkError(f"{name} 应有 {many} 个参数", f"{name} takes {many} arguments")
        return self._bounded(self._node(body, dict(zip(arguments, parts, strict=True)), level + 1))

    def _bounded(self, found: _Sized) -> _Sized:
        if found.size > MAX_NODES:
            raise NetworkError(
                f"函数展开后超过 {MAX_NODES} 个运算", f"more than {MAX_NODES} operations once functions are written out"
            )
        if found.depth > MAX_DEPTH:
            raise NetworkError(
                f"函数展开后嵌套超过 {MAX_DEPTH} 层",
                f"nested deeper than {MAX_DEPTH} levels once functions are written out",
            )
        return found


def _operands(node: Any) -> list[Any]:
    """The operands of an operation; those of a sum of sums in one row, for libsbml nests a long sum to the left."""
    kind, rows = node.getType(), []
    while True:
        rows.append([node.getChild(i) for i in range(node.getNumChildren())])
        if kind not in CHAINS or not rows[-1] or rows[-1][0].getType() != kind:
            return [child for i, row in enumerate(reversed(rows)) for child in (row if i == 0 else row[1:])]
        node = rows[-1][0]


def _joined(operator: str, parts: Sequence[Formula], empty: float | None = None) -> Formula | None:
    """``parts`` joined by an operator; ``empty`` where there are none (None: there must be one)."""
    if not parts:
        return None if empty is None else Number(empty)
    if len(parts) > LONG:
        half = len(parts) // 2
        left, right = _joined(operator, parts[:half]), _joined(operator, parts[half:])
        assert left is not None and right is not None
        return Call(operator, (left, right))
    formula = parts[0]
    for part in parts[1:]:
        formula = Call(operator, (formula, part))
    return formula


def _growth(kind: int, parts: int) -> tuple[int, int]:
    """Bounds on what :func:`_operation` makes: how often it repeats an operand, how many levels it adds."""
    if kind in PAIRS or kind in FUNCTIONS or kind == libsbml.AST_MINUS:
        return 1, 1
    if kind == libsbml.AST_FUNCTION_PIECEWISE:
        return 1, 1 + parts // 2
    chain = min(parts, LONG) + max(parts // LONG, 1).bit_length()
    if kind in CHAINS:
        return 1, max(1, parts - 1) if parts <= LONG else chain
    if kind in (libsbml.AST_FUNCTION_QUOTIENT, libsbml.AST_FUNCTION_REM):
        return 5, 6
    return 3, 2 + chain


def _operation(kind: int, parts: list[Formula]) -> Formula | None:
    """The formula of one MathML operation; None where it is unknown or has the wrong number of operands."""
    if kind in CHAINS:
        return _joined(CHAINS[kind][0], parts, CHAINS[kind][1])
    if kind in COMPARISONS:
        return _joined("and", [Call(COMPARISONS[kind], pair) for pair in itertools.pairwise(parts)])
    if kind == libsbml.AST_LOGICAL_XOR:
        return _joined("ne", [Call("ne", (part, Number(0.0))) for part in parts], 0.0)
    if kind == libsbml.AST_FUNCTION_PIECEWISE:
        return (
            call("piecewise", parts if len(parts) % 2 else [*parts, Number(math.nan)])
            if 0 < len(parts) <= MOST_PIECES
            else None
        )
    if len(parts) == 1:
        return _of_one(kind, parts[0])
    return _of_two(kind, *parts) if len(parts) == 2 else None


def _of_one(kind: int, x: Formula) -> Formula | None:
    if kind in FUNCTIONS:
        return Call(FUNCTIONS[kind], (x,))
    match kind:
        case libsbml.AST_MINUS:
            return Call("neg", (x,))
        case libsbml.AST_FUNCTION_ROOT:
            return Call("sqrt", (x,))
        case libsbml.AST_FUNCTION_LOG:
            return Call("log10", (x,))
    if kind in RECIPROCALS:
        return Call("div", (ONE, Call(RECIPROCALS[kind], (x,))))
    if kind in OF_RECIPROCALS:
        return Call(OF_RECIPROCALS[kind], (Call("div", (ONE, x)),))
    return None


def _of_two(kind: int, a: Formula, b: Formula) -> Formula | None:
    if kind in PAIRS:
        return Call(PAIRS[kind], (a, b))
    match kind:
        case libsbml.AST_MINUS:
            return Call("sub", (a, b))
        case libsbml.AST_FUNCTION_ROOT:  # degree, then radicand
            return Call("sqrt", (b,)) if a == Number(2.0) else Call("pow", (b, Call("div", (ONE, a))))
        case libsbml.AST_FUNCTION_LOG:  # base, then argument
            return Call("log10", (b,)) if a == Number(10.0) else Call("div", (Call("ln", (b,)), Call("ln", (a,))))
        case libsbml.AST_LOGICAL_IMPLIES:
            return Call("or", (Call("not", (a,)), b))
        case libsbml.AST_FUNCTION_QUOTIENT:  # truncated towards 0, as in MathML
            return _truncated(a, b)
        case libsbml.AST_FUNCTION_REM:
            return Call("sub", (a, Call("mul", (b, _truncated(a, b)))))
    return None


def _truncated(a: Formula, b: Formula) -> Formula:
    ratio = Call("div", (a, b))
    return Call("select", (Call("ge", (ratio, Number(0.0))), Call("floor", (ratio,)), Call("ceil", (ratio,))))
