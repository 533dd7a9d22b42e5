"""Tables: a reader's own columns of numbers, read with clear errors."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np

from core.refusal import Refusal

__all__ = ["prepared", "read_table", "spread", "standardised", "varying"]

LEAST_ROWS = 10


def read_table(
    data: bytes, most_columns: int = 14, most_rows: int = 20_000, least_columns: int = 2, name: str = "data"
) -> tuple[list[str], np.ndarray]:
    """Names and values [row, column] of CSV text (comma, semicolon or tab; first row: names).

    ``name`` is the input that a refusal names. Raises Refusal that tells the row and column of the first cell that is not a
    finite number, and every other reason why the table cannot be used.
    """

    def refused(zh: str, en: str) -> Refusal:
        return Refusal(zh, en, input=name)

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refused("必须是 UTF-8 文本", "must be UTF-8 text") from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise refused(f"不是 CSV（{error}）", f"not CSV ({error})") from None
    if not rows:
        raise refused("文件是空的", "the file is empty")
    names = [title.strip() or f"column {i + 1}" for i, title in enumerate(rows[0])]
    if not least_columns <= len(names) <= most_columns:
        zh = f"有 {len(names)} 列；应为 {least_columns} 到 {most_columns} 列"
        raise refused(zh, f"{len(names)} columns; from {least_columns} to {most_columns} are allowed")
    if not LEAST_ROWS <= len(rows) - 1 <= most_rows:
        zh = f"列名之下有 {len(rows) - 1} 行；应为 {LEAST_ROWS} 到 {most_rows} 行"
        raise refused(zh, f"{len(rows) - 1} rows under the names; from {LEAST_ROWS} to {most_rows} are allowed")
    if len(set(names)) < len(names):
        raise refused("有两列同名", "two columns have the same name")
    values = np.empty((len(rows) - 1, len(names)))
    for i, row in enumerate(rows[1:]):
        if len(row) != len(names):
            zh = f"第 {i + 2} 行有 {len(row)} 格，列名却有 {len(names)} 个"
            raise refused(zh, f"row {i + 2} has {len(row)} cells, but there are {len(names)} names")
        for j, cell in enumerate(row):
            try:
                values[i, j] = float(cell)
            except ValueError:
                zh = f"第 {i + 2} 行 {names[j]} 列的 {cell[:30]!r} 不是数"
                raise refused(zh, f"row {i + 2}, column {names[j]}: {cell[:30]!r} is not a number") from None
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0, 0] + 2, names[bad[0, 1]]
        zh = f"第 {row} 行 {column} 列必须是有限的数，不能是 NaN 或无穷"
        raise refused(zh, f"row {row}, column {column}: must be finite, not NaN or infinity")
    for title, column in zip(names, values.T, strict=True):
        if column.min() == column.max():
            raise refused(f"{title} 列是常数", f"column {title} is constant")
    return names, values


def prepared(values: np.ndarray, names: list[str], log: bool, most_rows: int, seed: int) -> np.ndarray:
    """Logarithms of the positive columns if ``log``, and a random ``most_rows`` of the rows where there are more."""
    values = values.copy()
    if log:
        positive = (values > 0).all(0)
        values[:, positive] = np.log(values[:, positive])
    if len(values) > most_rows:
        values = values[np.sort(np.random.default_rng(seed).choice(len(values), most_rows, replace=False))]
    return values


def varying(names: Sequence[str], values: np.ndarray) -> tuple[list[str], np.ndarray, list[str]]:
    """The columns of ``values`` [n, v] that vary, with their names, and the names of the constant ones.

    A rare event may be there in a table and not in the rows drawn from it.
    """
    moves = values.min(0) < values.max(0)
    kept = [name for name, moved in zip(names, moves, strict=True) if moved]
    return kept, values[:, moves], [name for name in names if name not in kept]


def standardised(values: np.ndarray) -> np.ndarray:
    """Columns [n, v] with mean 0 and standard deviation 1, at any scale that float64 holds; a constant column is zero."""
    largest = np.abs(values).max(0)
    values = values / np.where(largest > 0, largest, 1)  # squares of 1e160 leave double precision
    spread = values.std(0)
    return (values - values.mean(0)) / np.where(spread > 0, spread, 1)


def spread(values: np.ndarray) -> np.ndarray:
    """Standard deviations [v] of the columns, at any scale that float64 holds."""
    largest = np.abs(values).max(0)
    return largest * (values / np.where(largest > 0, largest, 1)).std(0)
