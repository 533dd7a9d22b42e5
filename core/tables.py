"""Tables: a reader's own columns of numbers, read with clear errors."""

from __future__ import annotations

import csv
import io

import numpy as np

from core.refusal import Refusal

__all__ = ["prepared", "read_table"]

LEAST_ROWS = 10


def read_table(
    data: bytes, most_columns: int = 14, most_rows: int = 20_000, least_columns: int = 2, name: str = "data"
) -> tuple[list[str], np.ndarray]:
    """Names and values [row, column] of CSV text (comma, semicolon or tab; first row: names).

    ``name`` is the input that a refusal begins with. Raises Refusal that names the row and column of the first cell that
    is not a finite number, and every other reason why the table cannot be used.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal(f"{name}：必须是 UTF-8 文本", f"{name}: must be UTF-8 text") from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise Refusal(f"{name}：不是 CSV（{error}）", f"{name}: not CSV ({error})") from None
    if not rows:
        raise Refusal(f"{name}：文件是空的", f"{name}: the file is empty")
    names = [title.strip() or f"column {i + 1}" for i, title in enumerate(rows[0])]
    if not least_columns <= len(names) <= most_columns:
        raise Refusal(
            f"{name}：有 {len(names)} 列；应为 {least_columns} 到 {most_columns} 列",
            f"{name}: {len(names)} columns; from {least_columns} to {most_columns} are allowed",
        )
    if not LEAST_ROWS <= len(rows) - 1 <= most_rows:
        raise Refusal(
            f"{name}：列名之下有 {len(rows) - 1} 行；应为 {LEAST_ROWS} 到 {most_rows} 行",
            f"{name}: {len(rows) - 1} rows under the names; from {LEAST_ROWS} to {most_rows} are allowed",
        )
    if len(set(names)) < len(names):
        raise Refusal(f"{name}：有两列同名", f"{name}: two columns have the same name")
    values = np.empty((len(rows) - 1, len(names)))
    for i, row in enumerate(rows[1:]):
        if len(row) != len(names):
            raise Refusal(
                f"{name}：第 {i + 2} 行有 {len(row)} 格，列名却有 {len(names)} 个",
                f"{name}: row {i + 2} has {len(row)} cells, but there are {len(names)} names",
            )
        for j, cell in enumerate(row):
            try:
                values[i, j] = float(cell)
            except ValueError:
                raise Refusal(
                    f"{name}：第 {i + 2} 行 {names[j]} 列的 {cell[:30]!r} 不是数",
                    f"{name}: row {i + 2}, column {names[j]}: {cell[:30]!r} is not a number",
                ) from None
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0, 0] + 2, names[bad[0, 1]]
        raise Refusal(
            f"{name}：第 {row} 行 {column} 列必须是有限的数，不能是 NaN 或无穷",
            f"{name}: row {row}, column {column}: must be finite, not NaN or infinity",
        )
    for j, title in enumerate(names):
        if np.ptp(values[:, j]) == 0:
            raise Refusal(f"{name}：{title} 列是常数", f"{name}: column {title} is constant")
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
