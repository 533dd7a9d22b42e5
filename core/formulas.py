"""A reader's own formula, evaluated on tensors.

Python's parser turns the text into a tree; a short list of its nodes is allowed and walked here, so that no text is ever
handed to ``eval``. Arithmetic is in float64, and autograd goes through it: a formula is differentiable.

Grammar: numbers, the names that the caller allows, ``+ − * / ^``, one comparison at a time (1 where it holds, else 0),
and the functions of :data:`FUNCTIONS`. Full-width marks are read as their plain forms.
"""

from __future__ import annotations

import ast
import math
import unicodedata
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.refusal import Refusal

__all__ = ["FUNCTIONS", "Formula", "parse"]

MOST_CHARACTERS = 200

FUNCTIONS: Mapping[str, tuple[int, Callable[..., Tensor]]] = {
    "exp": (1, torch.exp), "log": (1, torch.log), "sqrt": (1, torch.sqrt), "abs": (1, torch.abs), "tanh": (1, torch.tanh),
    "sigmoid": (1, torch.sigmoid), "softplus": (1, F.softplus), "relu": (1, torch.relu), "sin": (1, torch.sin), "cos": (1, torch.cos),
    "max": (2, torch.maximum), "min": (2, torch.minimum),
}  # fmt: skip
"""What a formula may call, with the number of arguments."""

BINARY: Mapping[type[ast.operator], Callable[[Tensor, Tensor], Tensor]] = {
    ast.Add: torch.add, ast.Sub: torch.sub, ast.Mult: torch.mul, ast.Div: torch.div, ast.Pow: torch.pow,
}  # fmt: skip
COMPARED: Mapping[type[ast.cmpop], Callable[[Tensor, Tensor], Tensor]] = {
    ast.Lt: torch.lt, ast.LtE: torch.le, ast.Gt: torch.gt, ast.GtE: torch.ge, ast.Eq: torch.eq, ast.NotEq: torch.ne,
}  # fmt: skip
PLAIN = str.maketrans({"×": "*", "·": "*", "−": "-", "÷": "/", "≤": "<=", "≥": ">=", "^": "**"})


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that was parsed: its ``source`` as the reader wrote it, the ``names`` that occur in it, and its tree."""

    source: str
    names: frozenset[str]
    tree: ast.expr

    def __call__(self, **values: Tensor) -> Tensor:
        """The formula's value, float64, elementwise over tensors that broadcast; every name that occurs must be given."""
        return _evaluate(self.tree, values)


def parse(source: str, allowed: Sequence[str], input: str = "formula") -> Formula:
    """Parse ``source``, in which the names ``allowed`` may occur.

    Raises Refusal, with ``input`` as the name of what is refused, for anything outside the grammar.
    """
    if len(source) > MOST_CHARACTERS:
        raise Refusal(
            f"最多 {MOST_CHARACTERS} 个字符", f"at most {MOST_CHARACTERS} characters", input=input, value=source
        )
    plain = unicodedata.normalize("NFKC", source).translate(PLAIN).strip()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(plain, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise Refusal(
            "读不懂：应写成一个式子，如 (p-y)^2",
            "cannot be read: write one expression such as (p-y)^2",
            input=input,
            value=source,
        ) from None
    found: set[str] = set()
    wrong = _disallowed(tree, set(allowed), found)
    if wrong is not None:
        functions = ", ".join(FUNCTIONS)
        raise Refusal(
            f"不能用 {wrong}；可用 {'、'.join(allowed)}，数，+ - * / ^，一次比较，以及 {functions}",
            f"{wrong} cannot be used; there are {', '.join(allowed)}, numbers, + - * / ^, one comparison at a time, and {functions}",
            input=input, value=source,
        )  # fmt: skip
    return Formula(source, frozenset(found), tree)


def _disallowed(node: ast.expr, allowed: set[str], found: set[str]) -> str | None:
    """The first part of a tree that is outside the grammar, as text; names that are inside it are added to ``found``."""
    parts: list[ast.expr]
    match node:
        case ast.Name(id=name) if name in allowed:
            found.add(name)
            return None
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool) and _finite(value):
            return None
        case ast.BinOp(op=op) if type(op) in BINARY:
            parts = [node.left, node.right]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            parts = [node.operand]
        case ast.Compare(ops=[op], comparators=[right]) if type(op) in COMPARED:
            parts = [node.left, right]
        case ast.Call(func=ast.Name(id=name), args=parts, keywords=[]) if len(parts) == FUNCTIONS.get(name, (-1,))[0]:
            pass
        case _:
            return ast.unparse(node).replace("**", "^")
    for part in parts:
        if (wrong := _disallowed(part, allowed, found)) is not None:
            return wrong
    return None


def _finite(value: float) -> bool:
    try:
        return math.isfinite(float(value))
    except OverflowError:  # a whole number of more than 308 digits
        return False


def _evaluate(node: ast.expr, values: Mapping[str, Tensor]) -> Tensor:
    match node:
        case ast.Name(id=name):
            return values[name].double()
        case ast.Constant(value=int() | float() as value):
            return torch.tensor(float(value), dtype=torch.float64)
        case ast.BinOp(left=left, op=op, right=right):
            return BINARY[type(op)](_evaluate(left, values), _evaluate(right, values))
        case ast.UnaryOp(op=op, operand=operand):
            inner = _evaluate(operand, values)
            return -inner if isinstance(op, ast.USub) else inner
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return COMPARED[type(op)](_evaluate(left, values), _evaluate(right, values)).double()
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return FUNCTIONS[name][1](*(_evaluate(argument, values) for argument in arguments))
    raise TypeError(f"not part of a formula: {ast.dump(node)}")
