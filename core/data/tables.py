"""Tables: a reader's own columns of numbers, taken as spreadsheets and programs write them.

What is not a number is left out and told (:class:`Table`'s ``notices``), row numbers stay those of the file, and what cannot
be used at all is refused in words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.data.encodings import decoded
from core.data.numerals import Cells, Marks, Numbers, grouping, is_date
from core.data.sheets import DELIMITERS, MOST_NAME, WORDS, Sheet, plural, read_sheet, rows_en
from core.notice import Notice, listed
from core.refusal import Refusal

__all__ = ["Table", "prepared", "read_table", "spread", "standardised", "varying"]

LEAST_ROWS = 10
FILLED = 0.5  # share of a column's rows that must hold a number
EXPLAINED = 8  # columns that are explained one by one
UNDERSCORES = re.compile(r"\d_\d")


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of numbers: ``names`` [v], ``values`` [n, v], and which data row of its file each row is, ``rows`` [n], from 1.

    ``rows_in_file`` counts the data rows there, empty ones aside; ``notices`` say how it was read and what was left out.
    """

    names: tuple[str, ...]
    values: np.ndarray
    rows: np.ndarray
    rows_in_file: int
    notices: tuple[Notice, ...] = ()

    @staticmethod
    def of(names: Sequence[str], values: np.ndarray) -> Table:
        """A table that stands in no file; values [n, v]."""
        told = _summary(len(values), len(values), len(names), "")
        return Table(tuple(names), values, np.arange(1, len(values) + 1), len(values), (told,))


def read_table(data: bytes, most_columns: int = 14, *, least_columns: int = 2, name: str = "data") -> Table:
    """The columns of numbers in a table as text: of any usual encoding, delimiter, and way of writing numbers.

    Columns of text, dates or mostly empty cells are left out, and rows with a missing cell; beyond ``most_columns`` so are the
    rest of the columns. ``name`` is the input that a refusal names. Raises Refusal where fewer than ``least_columns`` columns
    or 10 rows remain, and for files that are no tables.
    """
    text, encoding = decoded(data, name)
    sheet = read_sheet(text, name)
    columns, left_out, how = _columns(sheet, most_columns)
    if len(columns) < least_columns:
        raise _too_few(columns, least_columns, left_out, len(sheet.body), name)
    values = np.stack([numbers.values for numbers in columns.values()], 1)
    whole = np.isfinite(values).all(1) & ~sheet.longer
    if whole.sum() < LEAST_ROWS:
        raise _too_short(columns, int(whole.sum()), len(values), name)
    notices = [_summary(int(whole.sum()), len(values), len(columns), sheet.delimiter)]
    notices += [encoding] if encoding else []
    notices += [*sheet.notices, *_first(how), *_first(left_out), *_gaps(sheet, columns, ~whole & ~sheet.longer)]
    rows = np.flatnonzero(whole)
    return Table(tuple(columns), values[rows], rows + 1, len(values), tuple(notices))


def prepared(table: Table, log: bool, most_rows: int, seed: int) -> Table:
    """Logarithms of the positive columns if ``log``, and a random ``most_rows`` of the rows where there are more."""
    values, rows, notices = table.values.copy(), table.rows, table.notices
    if log:
        positive = np.all(values > 0, axis=0)
        values[:, positive] = np.log(values[:, positive])
        notices = (*notices, *_logarithms(table.names, positive))
    if len(values) > most_rows:
        drawn = np.sort(np.random.default_rng(seed).choice(len(values), most_rows, replace=False))
        told = Notice(
            f"从 {len(values)} 行里按种子 {seed} 抽出 {most_rows} 行",
            f"{most_rows} of the {len(values)} rows were drawn with seed {seed}",
        )
        values, rows, notices = values[drawn], rows[drawn], (*notices, told)
    return replace(table, values=values, rows=rows, notices=notices)


def _logarithms(names: Sequence[str], positive: np.ndarray) -> list[Notice]:
    """Of which columns logarithms were taken, and of which not; ``positive`` [v] says which hold positive numbers alone."""
    taken = listed([name for name, yes in zip(names, positive, strict=True) if yes])
    left = listed([name for name, yes in zip(names, positive, strict=True) if not yes])
    if not positive.any():
        return [
            Notice(
                "没有取对数：每一列都有不大于 0 的数", "no logarithms taken: every column holds a number of 0 or less"
            )
        ]
    told = Notice(f"取了对数的列：{taken.zh}", f"logarithms taken of {taken.en}")
    if positive.all():
        return [told]
    zh, en = (
        f"{told.zh}；{left.zh} 有不大于 0 的数，未取",
        f"{told.en}; not of {left.en}, which holds a number of 0 or less",
    )
    return [Notice(zh, en)]


def varying(names: Sequence[str], values: np.ndarray) -> tuple[list[str], np.ndarray, list[str]]:
    """The columns of ``values`` [n, v] that vary, with their names, and the names of the constant ones.

    A rare event may be there in a table and not in the rows drawn from it.
    """
    moves = values.min(0) < values.max(0)
    kept = [name for name, moved in zip(names, moves, strict=True) if moved]
    return kept, values[:, moves], [name for name, moved in zip(names, moves, strict=True) if not moved]


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


def _summary(used: int, rows: int, columns: int, delimiter: str) -> Notice:
    zh, en = f"{rows} 行", plural(rows, "row")
    if used < rows:
        zh, en = f"{rows} 行中用了 {used} 行", f"{used} of {en}"
    zh, en = f"{zh}，{columns} 列数值", f"{en}, {plural(columns, 'column')} of numbers"
    if delimiter:
        by_zh, by_en = DELIMITERS[delimiter]
        zh, en = f"{zh}，以{by_zh}分隔", f"{en}, separated by {by_en}"
    return Notice(zh, en)


def _columns(sheet: Sheet, most: int) -> tuple[Mapping[str, Numbers], list[Notice], list[Notice]]:
    """The columns of numbers by name, what was left out, and how numbers were read."""
    if not len(sheet.body):
        return {}, [], []
    looked = {name: Cells.of(sheet.body.iloc[:, i]) for i, name in enumerate(sheet.names)}
    known = Marks()
    alone: dict[str, tuple[str, Numbers]] = {}
    for name, cells in looked.items():
        mark, _ = grouping(cells.marks, Marks(), sheet.delimiter)
        alone[name] = mark, cells.numbers(mark)
        if not _unusable(name, cells, alone[name][1]):  # a column of versions or addresses says nothing about numbers
            known.join(cells.marks)
    kept: dict[str, Numbers] = {}
    left_out: list[Notice] = []
    how: list[Notice] = []
    over: list[str] = []
    commas: list[str] = []
    for name, cells in looked.items():
        mark, unsure = grouping(cells.marks, known, sheet.delimiter)
        numbers = alone[name][1] if alone[name][0] == mark else cells.numbers(mark)
        if why := _unusable(name, cells, numbers):
            left_out.append(why)
        elif len(kept) == most:
            over.append(name)
        else:
            kept[name] = numbers
            marks = cells.marks
            commas += [name] if "," in marks.decimal or ("," in marks.unsure and mark != ",") else []
            how += _how(name, cells, numbers, mark, unsure)
    if commas:
        how.append(Notice(f"以逗号作小数点的列：{listed(commas).zh}", f"decimal commas in {listed(commas).en}"))
    if over:
        zh = f"只用前 {most} 列数值，其余未用：{listed(over).zh}"
        left_out.append(Notice(zh, f"only the first {most} columns of numbers are used; left out: {listed(over).en}"))
    return kept, left_out, how


def _unusable(name: str, cells: Cells, numbers: Numbers) -> Notice | None:
    """Why a column cannot be used; None for one that can."""
    count, missing, wrong = len(cells.texts), int(numbers.missing.sum()), int(numbers.wrong.sum())
    if missing == count:
        return Notice(f"「{name}」列是空的，未用", f"column '{name}' is empty: left out")
    example = str(cells.texts.loc[numbers.wrong].iloc[0])[:MOST_NAME] if wrong else ""
    underscored = [text for text in cells.uniques if UNDERSCORES.search(text)]
    if underscored:
        zh = f"「{name}」列的「{underscored[0][:MOST_NAME]}」不是数（数里不能有下划线），整列未用"
        return Notice(zh, f"column '{name}' holds '{underscored[0][:MOST_NAME]}', which is not a number: left out")
    if wrong > WORDS * (count - missing):
        dates = is_date(example)
        zh = f"「{name}」列是{'日期或时间' if dates else '文字'}（如「{example}」），未用"
        en = f"column '{name}' is {'dates or times' if dates else 'text'} (such as '{example}'): left out"
        return Notice(zh, en)
    if {".", ","} <= cells.marks.unsure - cells.marks.decimal - cells.marks.group:
        zh = f"「{name}」列既有 1,234 又有 1.234 这样的写法，分不清哪个是小数点，未用"
        return Notice(
            zh, f"column '{name}' holds numbers like 1,234 and like 1.234, which cannot be told apart: left out"
        )
    if numbers.partly:
        return Notice(
            f"「{name}」列的数有的带 %，有的不带，未用", f"column '{name}' mixes numbers with and without %: left out"
        )
    if len(numbers.currencies) > 1:
        shown = " ".join(numbers.currencies)
        return Notice(
            f"「{name}」列混有不同货币（{shown}），未用", f"column '{name}' mixes currencies ({shown}): left out"
        )
    if count - missing - wrong < FILLED * count:
        zh = f"「{name}」列 {count} 格中有 {missing + wrong} 格缺失，未用"
        return Notice(zh, f"column '{name}' lacks {missing + wrong} of {count} cells: left out")
    return None


def _how(name: str, cells: Cells, numbers: Numbers, mark: str, unsure: str) -> list[Notice]:
    """How the numbers of a column were read, where that is not plain."""
    told: list[Notice] = []
    if mark or unsure:
        sign = mark or unsure
        simple = cells.texts.loc[cells.points if sign == "." else cells.commas]
        shown = (
            str(simple.iloc[0])
            if len(simple)
            else next(text for text, cell in cells.others if sign in (cell.body or ""))
        )
        number = f"{_number_in(cells, numbers, shown):.15g}"
        doubt = ("", "")
        if unsure:
            doubt = (
                ("；若本是小数，请写成别的位数", "; if a decimal point is meant, write other than three places")
                if mark
                else ("；若本是千位，请去掉分隔符", "; if thousands are meant, leave their mark out")
            )
        told.append(
            Notice(
                f"「{name}」列的「{shown}」读作 {number}{doubt[0]}",
                f"column '{name}': '{shown}' is read as {number}{doubt[1]}",
            )
        )
    if numbers.percent:
        told.append(Notice(f"「{name}」列的 % 读作百分之一", f"column '{name}': % is read as hundredths"))
    if numbers.currencies:
        sign = numbers.currencies[0]
        told.append(Notice(f"「{name}」列略去货币符号 {sign}", f"column '{name}': the sign {sign} is left off"))
    if cells.truth:
        told.append(
            Notice(f"「{name}」列的 true、false 读作 1、0", f"column '{name}': true and false are read as 1 and 0")
        )
    return told


def _number_in(cells: Cells, numbers: Numbers, text: str) -> float:
    return float(numbers.values[int(np.flatnonzero(cells.texts.eq(text).to_numpy())[0])])


def _gaps(sheet: Sheet, columns: Mapping[str, Numbers], gone: np.ndarray) -> list[Notice]:
    """Which rows lack a number and were left out, in which columns, and what stands there instead."""
    if not gone.any():
        return []
    where = listed([name for name, numbers in columns.items() if not np.isfinite(numbers.values[gone]).all()])
    rows = listed([str(row + 1) for row in np.flatnonzero(gone)])
    wrong = {name: np.flatnonzero(numbers.wrong & gone) for name, numbers in columns.items()}
    there = [
        (name, str(sheet.body.iat[places[0], sheet.names.index(name)])[:MOST_NAME])
        for name, places in wrong.items()
        if len(places)
    ]
    zh, en = "", ""
    if there:
        zh = f"（{listed([f'{name} 中有「{cell}」' for name, cell in there]).zh}）"
        en = f" ({listed([f'{name}: {cell!r}' for name, cell in there]).en})"
    count = int(gone.sum())
    return [
        Notice(
            f"略去 {count} 行（第 {rows.zh} 行）：其中缺失或不是数的列是 {where.zh}{zh}",
            f"{plural(count, 'row')} left out ({rows_en(count)} {rows.en}): nothing, or no number, in {where.en}{en}",
        )
    ]


def _first(notices: list[Notice]) -> list[Notice]:
    """The first of many notices of one kind, and how many more there are."""
    more = len(notices) - EXPLAINED
    return [
        *notices[:EXPLAINED],
        *([Notice(f"另有 {more} 列如此", f"and {plural(more, 'more column')} alike")] if more > 0 else []),
    ]


def _too_few(columns: Mapping[str, Numbers], least: int, left_out: list[Notice], rows: int, name: str) -> Refusal:
    if not rows:
        return Refusal("列名之下没有数据", "there are no rows under the names", input=name)
    zh = [f"有 {len(columns)} 列数值；至少要 {least} 列", *(notice.zh for notice in left_out[:EXPLAINED])]
    needed = f"at least {least} {'is' if least == 1 else 'are'} needed"
    en = [f"{plural(len(columns), 'column')} of numbers; {needed}", *(notice.en for notice in left_out[:EXPLAINED])]
    return Refusal("；".join(zh), "; ".join(en), input=name)


def _too_short(columns: Mapping[str, Numbers], whole: int, rows: int, name: str) -> Refusal:
    if rows < LEAST_ROWS:
        zh = f"列名之下有 {rows} 行；至少要 {LEAST_ROWS} 行"
        return Refusal(zh, f"{plural(rows, 'row')} under the names; at least {LEAST_ROWS} are needed", input=name)
    gaps = {title: int((~np.isfinite(numbers.values)).sum()) for title, numbers in columns.items()}
    worst = listed(sorted((title for title in gaps if gaps[title]), key=lambda title: -gaps[title]))
    zh = f"{rows} 行中只有 {whole} 行没有缺失，至少要 {LEAST_ROWS} 行；缺失最多的列：{worst.zh}"
    en = f"{whole} of {rows} rows are complete, and at least {LEAST_ROWS} are needed; most is missing in {worst.en}"
    return Refusal(zh, en, input=name)
