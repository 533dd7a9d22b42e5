"""Tables: a reader's own columns of numbers, read with clear errors."""

from __future__ import annotations

import csv
import io

import numpy as np

__all__ = ["prepared", "read_table"]

LEAST_ROWS = 10


def read_table(data: bytes, most_columns: int = 14, most_rows: int = 20_000) -> tuple[list[str], np.ndarray]:
    """Names and values [row, column] of CSV text (comma, semicolon or tab; first row: names).

    Raises ValueError that names the row and column of the first cell that is not a finite number, and every other
    reason why the table cannot be used.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("data: must be UTF-8 text") from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(cell.strip() for cell in row)]
    if not rows:
        raise ValueError("data: the file is empty")
    names = [name.strip() or f"column {i + 1}" for i, name in enumerate(rows[0])]
    if not 2 <= len(names) <= most_columns:
        raise ValueError(f"data: {len(names)} columns; from 2 to {most_columns} are allowed")
    if not LEAST_ROWS <= len(rows) - 1 <= most_rows:
        raise ValueError(f"data: {len(rows) - 1} rows under the names; from {LEAST_ROWS} to {most_rows} are allowed")
    if len(set(names)) < len(names):
        raise ValueError("data: two columns have the same name")
    values = np.empty((len(rows) - 1, len(names)))
    for i, row in enumerate(rows[1:]):
        if len(row) != len(names):
            raise ValueError(f"data: row {i + 2} has {len(row)} cells, but there are {len(names)} names")
        for j, cell in enumerate(row):
            try:
                values[i, j] = float(cell)
            except ValueError:
                raise ValueError(f"data: row {i + 2}, column {names[j]}: {cell[:30]!r} is not a number") from None
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        raise ValueError(f"data: row {bad[0, 0] + 2}, column {names[bad[0, 1]]}: must be finite, not NaN or infinity")
    for j, name in enumerate(names):
        if np.ptp(values[:, j]) == 0:
            raise ValueError(f"data: column {name} is constant")
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
