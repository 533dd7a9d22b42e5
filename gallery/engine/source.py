"""The code shown: a tab's own ``compute`` with the present inputs filled in, so that it cannot drift from what ran.

What depends on the inputs alone is worked out: ``self.n`` becomes 300, a choice among options becomes the one taken, an
upload becomes a line that reads a file. The page's constants are added. What is left is plain Python on ``core``.
"""

from __future__ import annotations

import ast
import inspect
import operator
import textwrap
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from gallery.fields import Source, Upload
from gallery.inputs import fields
from gallery.page import Tab

__all__ = ["code_shown"]

NEEDS = "# Run it in a clone of the gallery's repository, with requirements.txt installed."
WIDTH = 100
COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip


class _Unknown(Exception):
    """The expression does not depend on inputs and constants alone."""


def code_shown(slug: str, inputs: Tab) -> str:
    """The lines that compute the present result with ``core`` alone.

    Raises TypeError when ``compute`` uses more of the tab than its inputs (a mistake of the page).
    """
    function = type(inputs).compute
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    streams = tree.returns is not None and ast.unparse(tree.returns).strip("'\"").startswith("Iterator")
    filled = _Filled(inputs, function)
    lines = [line for statement in _taken(tree.body, filled) for line in _lines(statement, streams)]
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    rest = [line for line in lines if line not in imports]
    constants = [f"{name} = {value!r}" for name, value in filled.constants.items()]
    imports = _used([*imports, *filled.imports], "\n".join([*constants, *rest]))
    if "self" in {node.id for node in ast.walk(ast.parse("\n".join(rest))) if isinstance(node, ast.Name)}:
        raise TypeError(f"{type(inputs).__name__}.compute uses more of self than its inputs:\n" + "\n".join(rest))
    head = [f"# {slug} · {inputs.label.en}", NEEDS, *(f"# It needs {need}." for need in filled.needs)]
    blocks = [head, imports, constants, rest]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


class _Filled(ast.NodeTransformer):
    """Puts the inputs' values into an expression; collects the constants, imports and files that it then needs."""

    def __init__(self, inputs: Tab, function: FunctionType) -> None:
        self.inputs, self.globals = inputs, function.__globals__
        self.constants: dict[str, Any] = {}
        self.imports: list[str] = []
        self.needs: list[str] = []

    def visit(self, node: ast.AST) -> Any:
        """The node filled in."""
        if isinstance(node, ast.IfExp):
            try:
                return self.visit(node.body if self.value(node.test) else node.orelse)
            except _Unknown:
                return self.generic_visit(node)
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Load):
            try:
                return self._written(node)
            except _Unknown:
                return self.generic_visit(node)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in self.globals:
            self._keep(node.id)
        return self.generic_visit(node)

    def value(self, node: ast.AST) -> Any:
        """What the expression is worth; _Unknown when that takes more than inputs and constants."""
        match node:
            case ast.Constant():
                return node.value
            case ast.Name(id="self"):
                return self.inputs
            case ast.Name() if node.id in self.globals and not _is_code(self.globals[node.id]):
                return self.globals[node.id]
            case ast.Attribute():
                found = getattr(self.value(node.value), node.attr)
                if _is_code(found):
                    raise _Unknown
                return found
            case ast.Subscript():
                return self.value(node.value)[self.value(node.slice)]
            case ast.Tuple() | ast.List():
                return tuple(self.value(item) for item in node.elts)
            case ast.Compare(ops=[op], comparators=[right]):
                return COMPARE[type(op)](self.value(node.left), self.value(right))
            case ast.UnaryOp(op=ast.Not()):
                return not self.value(node.operand)
            case ast.BoolOp():
                stop = isinstance(node.op, ast.Or)
                found = not stop
                for item in node.values:
                    if bool(found := self.value(item)) == stop:
                        break
                return found
        raise _Unknown

    def _written(self, node: ast.Attribute | ast.Subscript) -> ast.expr:
        """The expression's value as Python source."""
        value = self.value(node)
        root = _input_of(node)
        if isinstance(value, Upload | np.ndarray | bytes) or (value is None and root):
            if root is None:
                raise _Unknown
            return self._source(fields(type(self.inputs))[root].source(getattr(self.inputs, root), root))
        if (
            root
            and root in fields(type(self.inputs))
            and isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
        ):
            return self._source(fields(type(self.inputs))[root].source(value, root))
        if not _is_literal(value):
            raise _Unknown
        return ast.parse(repr(_plain(value)), mode="eval").body

    def _source(self, source: Source) -> ast.expr:
        self.imports += source.imports
        if source.need:
            self.needs.append(source.need)
        return ast.parse(source.expression, mode="eval").body

    def _keep(self, name: str) -> None:
        value = self.globals[name]
        if _is_literal(value):
            self.constants[name] = _plain(value)
        elif isinstance(value, ModuleType):
            alias = "" if value.__name__ == name else f" as {name}"
            self.imports.append(f"import {value.__name__}{alias}")


def _taken(body: list[ast.stmt], filled: _Filled) -> Iterator[ast.stmt]:
    """The statements that these inputs lead to, filled in; what follows a return is left out."""
    for statement in body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue  # the docstring
        if isinstance(statement, ast.If):
            try:
                branch = statement.body if filled.value(statement.test) else statement.orelse
            except _Unknown:
                yield filled.visit(statement)
                continue
            taken = list(_taken(branch, filled))
            yield from taken
            if taken and isinstance(taken[-1], ast.Return):
                return
            continue
        yield filled.visit(statement)
        if isinstance(statement, ast.Return):
            return


def _lines(statement: ast.stmt, streams: bool) -> list[str]:
    if not isinstance(statement, ast.Return):
        return _wrapped(ast.unparse(statement))
    assert statement.value is not None
    text = ast.unparse(statement.value)
    if streams:
        return [*_wrapped(f"for result in {text}:"), "    print(result)"]
    return [*_wrapped(f"result = {text}"), "print(result)"]


def _wrapped(text: str) -> list[str]:
    """A long call with one argument a line."""
    lines: list[str] = []
    for line in text.splitlines():
        opening = line.find("(")
        try:
            call = ast.parse(line.strip().removesuffix(":").removeprefix("for result in ").partition(" = ")[2] or line)
        except SyntaxError:
            call = None
        node = call.body[0].value if call and call.body and isinstance(call.body[0], ast.Expr) else None
        if len(line) <= WIDTH or opening < 0 or not isinstance(node, ast.Call) or not line.rstrip(":").endswith(")"):
            lines.append(line)
            continue
        indent = line[: len(line) - len(line.lstrip())]
        head = line[: line.index(ast.unparse(node.func)) + len(ast.unparse(node.func))]
        given = [ast.unparse(a) for a in node.args]
        given += [f"{k.arg}={ast.unparse(k.value)}" if k.arg else f"**{ast.unparse(k.value)}" for k in node.keywords]
        colon = ":" if line.endswith(":") else ""
        lines += [f"{head}(", *(f"{indent}    {argument}," for argument in given), f"{indent}){colon}"]
    return lines


def _used(imports: list[str], text: str) -> list[str]:
    """The imports whose names occur, once each; plain ones first."""
    names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    kept: set[str] = set()
    for line in imports:
        node = ast.parse(line).body[0]
        assert isinstance(node, ast.Import | ast.ImportFrom)
        used = [a for a in node.names if (a.asname or a.name.split(".")[0]) in names]
        if used:
            node.names = used
            kept.add(ast.unparse(node))
    return sorted(kept, key=lambda line: (line.startswith("from"), line))


def _input_of(node: ast.AST) -> str | None:
    """The name of the input in ``self.<input>…``."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            return node.attr
        node = node.value
    return None


def _is_code(value: Any) -> bool:
    return callable(value) or isinstance(value, ModuleType | type)


def _is_literal(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_literal(k) and _is_literal(v) for k, v in value.items())
    if isinstance(value, list | tuple | frozenset | set):
        return all(map(_is_literal, value))
    return value is None or isinstance(value, bool | int | float | str | complex)


def _plain(value: Any) -> Any:
    """Read-only and named kinds of literals as plain ones."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = [_plain(item) for item in value]
        return items if isinstance(value, list) else tuple(items)
    return value
