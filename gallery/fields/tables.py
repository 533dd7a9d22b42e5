"""The table editor: rows under named columns, each cell a bounded number or bounded text."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from gallery.fields.base import MAX_LINK_CHARS, Field, Refused, Source
from gallery.fields.plain import Number, TextField
from gallery.text import Text, t

__all__ = ["Column", "TableEditor"]

MOST_CELL, ESCAPED = (
    64,
    12,
)  # characters of a number and its marks in JSON; of an escaped character beyond the first plane


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table editor: numbers between bounds, or text of bounded length."""

    name: str
    label: Text
    number: bool = False
    minimum: float = -math.inf
    maximum: float = math.inf
    max_length: int = 60
    default: float | str | None = None

    def parse(self, value: Any) -> float | str:
        """The cell's value; :class:`Refused` when it is not allowed."""
        if _missing(value):
            value = self.default if self.default is not None else ""
        if not self.number:
            if not isinstance(value, str | int | float | np.number):
                raise Refused(self.describe())
            return TextField(label=self.label, max_length=self.max_length).parse(str(value).strip())
        return Number(label=self.label, minimum=float(self.minimum), maximum=float(self.maximum)).parse(value)

    def describe(self) -> Text:
        """What is allowed in a cell."""
        if self.number:
            return t(
                f"{self.label.zh}：{self.minimum:g} 到 {self.maximum:g} 的数",
                f"{self.label.en}: a number from {self.minimum:g} to {self.maximum:g}",
            )
        most = self.max_length
        return t(f"{self.label.zh}：至多 {most} 个字符", f"{self.label.en}: at most {most} characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEditor(Field):
    """Rows under named columns."""

    kind: ClassVar[str] = "table"
    readable: ClassVar[bool] = False
    columns: tuple[Column, ...]
    max_rows: int

    @property
    def most_items(self) -> int:
        return self.max_rows

    @property
    def most_text(self) -> int:
        names = sum(len(c.name) + MOST_CELL + ESCAPED * c.max_length for c in self.columns)
        return MOST_CELL + self.max_rows * (names + MOST_CELL)

    def parse(self, value: Any) -> tuple[Mapping[str, Any], ...]:
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                raise Refused(self.describe()) from None
        if not isinstance(value, list | tuple) or len(value) > self.max_rows:
            raise Refused(self.describe())
        rows = []
        for number, raw in enumerate(value, 1):
            row = self._row(raw, number)
            if row is not None:
                rows.append(row)
        return tuple(rows)

    def _row(self, raw: Any, number: int) -> Mapping[str, Any] | None:
        if isinstance(raw, list | tuple) and len(raw) == len(self.columns):
            raw = dict(zip((c.name for c in self.columns), raw, strict=True))
        if not isinstance(raw, Mapping) or not set(raw) <= {c.name for c in self.columns}:
            raise Refused(self.describe())
        if all(_missing(cell) or (isinstance(cell, str) and not cell.strip()) for cell in raw.values()):
            return None  # an empty line of the editor
        row = {}
        for column in self.columns:
            try:
                row[column.name] = column.parse(raw.get(column.name))
            except Refused:
                allowed = column.describe()
                raise Refused(t(f"第 {number} 行，{allowed.zh}", f"row {number}, {allowed.en}")) from None
        return row

    def describe(self) -> Text:
        names = ", ".join(c.name for c in self.columns)
        return t(
            f"应为至多 {self.max_rows} 行，各列为 {names}", f"must be at most {self.max_rows} rows of {names}"
        )  # fmt: skip

    def schema(self) -> dict[str, Any]:
        cells = {c.name: {"type": "number" if c.number else "string"} for c in self.columns}
        return {"type": "array", "items": {"type": "object", "properties": cells}, "maxItems": self.max_rows}

    def argument(self, value: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in value]

    def source(self, value: Any, name: str) -> Source:
        return Source(repr(self.argument(value)))

    def to_link(self, value: Any) -> str | None:
        cells = [[row[c.name] for c in self.columns] for row in value]
        rows = json.dumps(cells, ensure_ascii=False, separators=(",", ":"))
        return rows if len(rows) <= MAX_LINK_CHARS else None


def _missing(cell: Any) -> bool:
    """An empty cell as editors give it: None or NaN."""
    return cell is None or (isinstance(cell, float) and math.isnan(cell))
