"""Formulas: rate laws as text, parsed by a real parser and compiled to a small stack program.

The program runs on a machine inside the numba kernels (``machine.py``): a new rate law costs no compilation, and no
text is ever handed to ``eval``. Grammar, weakest binding first: ``or``, ``and``, ``not``, comparisons, ``+ -``,
``* /``, unary ``-``, ``^`` or ``**`` (right-associative), calls, names, numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.stats.gillespie.errors import NetworkError

__all__ = ["FUNCTIONS", "MAX_CHARACTERS", "Call", "Formula", "Name", "Number", "call", "names", "parse", "shown"]

MAX_CHARACTERS = 2000
MAX_DEPTH = 60
MAX_OPERATIONS = 200  # a chain «a + b + …» is a tree as deep as it is long, and Python's stack has 1000 frames
MAX_SHOWN = 200
NUMBER, NAME, SIGN = 1, 2, 3
TOKEN = re.compile(
    r"\s*(?:((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|([^\W\d]\w*)|(\*\*|<=|>=|==|!=|&&|\|\||[-+*/^(),<>!]))"
)

FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "exp": (1, 1), "ln": (1, 1), "log": (1, 1), "log10": (1, 1), "sqrt": (1, 1), "abs": (1, 1), "floor": (1, 1),
    "ceil": (1, 1), "sin": (1, 1), "cos": (1, 1), "tan": (1, 1), "asin": (1, 1), "acos": (1, 1), "atan": (1, 1),
    "sinh": (1, 1), "cosh": (1, 1), "tanh": (1, 1), "asinh": (1, 1), "acosh": (1, 1), "atanh": (1, 1), "min": (2, 8), "max": (2, 8),
    "pow": (2, 2), "piecewise": (3, 21), "if": (3, 3), "factorial": (1, 1),
}  # fmt: skip
"""Functions that a rate law may call, with the fewest and most arguments. ``piecewise(value, condition, …, else)``,
``if(condition, value, else)``."""
ALIASES = {
    "log": "ln", "ceiling": "ceil", "power": "pow", "time": "t", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
    "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
}  # fmt: skip
OPERATORS: Mapping[str, tuple[int, str]] = {
    "or": (1, "or"), "||": (1, "or"), "and": (2, "and"), "&&": (2, "and"),
    "<": (4, "lt"), "<=": (4, "le"), ">": (4, "gt"), ">=": (4, "ge"), "==": (4, "eq"), "!=": (4, "ne"),
    "+": (5, "add"), "-": (5, "sub"), "*": (6, "mul"), "/": (6, "div"), "^": (8, "pow"), "**": (8, "pow"),
}  # fmt: skip
COMPARISONS = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})
NOT_BINDS, MINUS_BINDS, POWER_BINDS = 3, 7, 8


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """A species, a parameter or the time ``t``."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or function applied to formulas."""

    operator: str
    arguments: tuple[Formula, ...]


Formula = Number | Name | Call


def parse(source: str | Formula) -> Formula:
    """Parse a rate law (a formula passes as it is); NetworkError names the place and what is wrong."""
    if not isinstance(source, str):
        return source
    if len(source) > MAX_CHARACTERS:
        raise NetworkError(
            f"公式有 {len(source)} 个字符：最多 {MAX_CHARACTERS} 个",
            f"formula of {len(source)} characters: at most {MAX_CHARACTERS} are allowed",
        )
    return _Parser(source).whole()


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens: list[tuple[int, str, int]] = []
        at = 0
        while source[at:].strip():
            match = TOKEN.match(source, at)
            if match is None:
                raise self.error(
                    len(source) - len(source[at:].lstrip()), "数、名称或运算符", "a number, a name or an operator"
                )
            kind = match.lastindex or SIGN
            self.tokens.append((kind, match.group(kind), match.start(kind)))
            at = match.end()
        self.place = 0
        self.operations = 0

    def error(self, at: int, zh: str, en: str) -> NetworkError:
        return NetworkError(
            f"公式 {self.source!r} 的第 {at + 1} 个字符处应为{zh}",
            f"formula {self.source!r}, character {at + 1}: {en} expected",
        )

    def too_much(self, zh: str, en: str) -> NetworkError:
        return NetworkError(f"公式 {self.source[:40]!r}…：{zh}", f"formula {self.source[:40]!r}…: {en}")

    def peek(self) -> tuple[int, str, int]:
        return self.tokens[self.place] if self.place < len(self.tokens) else (0, "", len(self.source))

    def take(self) -> tuple[int, str, int]:
        token = self.peek()
        self.place += 1
        return token

    def whole(self) -> Formula:
        formula = self.expression(0, 0)
        kind, _, at = self.peek()
        if kind:
            raise self.error(at, "运算符或结尾", "an operator or the end")
        return formula

    def expression(self, binding: int, depth: int) -> Formula:
        if depth > MAX_DEPTH:
            raise self.too_much(f"嵌套超过 {MAX_DEPTH} 层", f"nested deeper than {MAX_DEPTH} levels")
        left = self.operand(depth)
        compared = False
        while True:
            _, sign, at = self.peek()
            power, operator = OPERATORS.get(sign, (0, ""))
            if not power or power <= binding:
                return left
            if compared and operator in COMPARISONS:
                raise self.error(at, "连接两个比较的 and", "«and» between two comparisons")
            compared = operator in COMPARISONS
            self.take()
            self.operations += 1
            if self.operations > MAX_OPERATIONS:
                raise self.too_much(f"超过 {MAX_OPERATIONS} 个运算", f"more than {MAX_OPERATIONS} operations")
            right = self.expression(power - 1 if power == POWER_BINDS else power, depth + 1)
            left = Call(operator, (left, right))

    def operand(self, depth: int) -> Formula:
        kind, text, at = self.take()
        if kind == NUMBER:
            if not math.isfinite(float(text)):
                raise self.error(at, "小于 1.8e308 的数", "a number below 1.8e308")
            return Number(float(text))
        if text in ("-", "+"):
            inner = self.expression(MINUS_BINDS, depth + 1)
            return Call("neg", (inner,)) if text == "-" else inner
        if text in ("not", "!"):
            return Call("not", (self.expression(NOT_BINDS, depth + 1),))
        if text == "(":
            inner = self.expression(0, depth + 1)
            self.close()
            return inner
        if kind == NAME and text not in OPERATORS:
            if self.peek()[1] == "(":
                return self.call(text, at, depth)
            return Name(ALIASES.get(text, text))
        raise self.error(at, "数、名称或 (", "a number, a name or (")

    def call(self, name: str, at: int, depth: int) -> Formula:
        name = ALIASES.get(name, name)
        if name not in FUNCTIONS:
            there = ", ".join(FUNCTIONS)
            raise self.error(at, f"这些函数之一：{there}", f"one of the functions {there}")
        self.take()
        arguments = [self.expression(0, depth + 1)]
        while self.peek()[1] == ",":
            self.take()
            arguments.append(self.expression(0, depth + 1))
        self.close()
        fewest, most = FUNCTIONS[name]
        if not fewest <= len(arguments) <= most or (name == "piecewise" and len(arguments) % 2 == 0):
            zh, en = ("", "") if fewest == most else (f" 到 {most}", f" to {most}")
            raise self.error(at, f" {name} 的 {fewest}{zh} 个参数", f"{name} with {fewest}{en} argument(s)")
        return call(name, arguments)

    def close(self) -> None:
        _, text, at = self.take()
        if text != ")":
            raise self.error(at, " )", ")")


def call(name: str, arguments: Sequence[Formula]) -> Formula:
    """A function call in terms of what the machine knows: two-argument min/max, nested select for piecewise."""
    if name in ("min", "max") and len(arguments) > 2:
        return Call(name, (call(name, arguments[:-1]), arguments[-1]))
    if name == "if":
        return Call("select", tuple(arguments))
    if name == "piecewise":
        if len(arguments) == 1:
            return arguments[0]
        value, condition, *rest = arguments
        return Call("select", (condition, value, call(name, rest) if rest else Number(0.0)))
    return Call(name, tuple(arguments))


SIGNS: Mapping[str, tuple[str, int]] = {
    "or": (" or ", 1), "and": (" and ", 2), "lt": (" < ", 4), "le": (" <= ", 4), "gt": (" > ", 4), "ge": (" >= ", 4),
    "eq": (" == ", 4), "ne": (" != ", 4), "add": (" + ", 5), "sub": (" - ", 5), "mul": (" * ", 6), "div": (" / ", 6),
    "pow": ("^", 8),
}  # fmt: skip
"""How the operators are written between two operands, and how tightly they bind."""
TIGHTEST = 9


def shown(formula: Formula) -> str:
    """The formula as a reader would write it, for messages: ``0.2 * A - B``. A long one is cut."""
    text = _text(formula, 0, MAX_SHOWN)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _text(formula: Formula, binding: int, room: int) -> str:
    """The text of an operand that its operator holds with strength ``binding``; more than ``room`` may be incomplete."""
    match formula:
        case Number(value):
            text, power = f"{value:.10g}", MINUS_BINDS if value < 0 else TIGHTEST
        case Name(name):
            text, power = name, TIGHTEST
        case Call("neg", (inner,)):
            text, power = f"-{_text(inner, MINUS_BINDS, room)}", MINUS_BINDS
        case Call("not", (inner,)):
            text, power = f"not {_text(inner, NOT_BINDS, room)}", NOT_BINDS
        case Call(operator, (left, right)) if operator in SIGNS:
            sign, power = SIGNS[operator]
            once = operator in COMPARISONS  # «a < b < c» is no formula
            text = _text(left, power + 1 if once or power == POWER_BINDS else power, room) + sign
            if len(text) <= room:
                text += _text(right, power if power == POWER_BINDS else power + 1, room - len(text))
        case Call(operator, arguments):
            text, power = f"{'if' if operator == 'select' else operator}(", TIGHTEST
            for i, argument in enumerate(arguments):
                text += ", " if i else ""
                text += _text(argument, 0, room - len(text)) if len(text) <= room else ""
            text += ")"
        case _:
            raise TypeError(f"not a formula: {formula!r}")
    return f"({text})" if power < binding else text


def names(formula: Formula) -> set[str]:
    """The names in a formula."""
    match formula:
        case Name(name):
            return {name}
        case Call(_, arguments):
            return set().union(*(names(a) for a in arguments)) if arguments else set()
    return set()
