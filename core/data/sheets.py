"""Sheets: the cells of a table as text, found whatever separates them, with the names of the columns and the rows under them."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING

import numpy as np

from core.data.numerals import is_missing, is_number
from core.notice import Notice, listed
from core.refusal import Refusal

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DELIMITERS", "MOST_NAME", "Sheet", "WORDS", "plural", "read_sheet", "rows_en"]

MOST_LINES = 500_000  # a table of that size is 10 MB and takes 3 s
MOST_CELLS_A_ROW = 1000
MOST_NAME = 40  # characters of a column's name
HEAD = 200  # rows that are looked at to find the delimiter and the names
WORDS = 0.2  # share of a column's cells that are no numbers, above which it is text
ALIKE = 0.5  # share of rows with the same number of cells from which a delimiter cuts a table
CUT = (
    0.05  # what being cut into cells counts beside the share of numbers: less than one cell of twenty that is no number
)
QUOTED_WITHIN = HEAD * 500  # characters of which the first rows are taken to be made: a quote there may span lines
STRAY = 16  # cells by which a row may be longer than most
BLANKS = r"\s+"
DELIMITERS = {
    ",": ("逗号", "commas"),
    ";": ("分号", "semicolons"),
    "\t": ("制表符", "tabs"),
    "|": ("竖线", "vertical bars"),
    "，": ("全角逗号", "full-width commas"),
    BLANKS: ("空格", "blanks"),
}
EMPTY = ',;\t|"，'  # what is left of a table without cells
YEARS = range(1500, 2500)
INDICES = ("index", "id", "no", "no.", "#", "nr", "序号", "编号", "行号")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as texts: names of the columns, the data rows under them, which of these [n] are longer than there are columns,
    what separates the cells ("" where nothing does), and what was noticed."""

    names: tuple[str, ...]
    body: pd.DataFrame
    longer: np.ndarray
    delimiter: str
    notices: tuple[Notice, ...]


def read_sheet(text: str, name: str) -> Sheet:
    """The cells of ``text`` by row and column, with names; empty rows and columns, comments and titles are left out and told.

    Raises Refusal, naming the input ``name``, for an empty file, one with more than 500 000 lines or 1 000 cells a row, for
    rows with more cells than there are names, and for quotes that are never closed.
    """
    if (lines := text.count("\n")) > MOST_LINES:
        zh, en = f"有 {lines} 行；至多 {MOST_LINES} 行", f"{lines} lines; at most {MOST_LINES} are allowed"
        raise Refusal(zh, en, input=name)
    text, delimiter = _without_separator_line(text)
    text, header, notices = _without_comments(text)
    if not text.strip(f" \n{EMPTY}"):
        raise Refusal("文件是空的", "the file is empty", input=name)
    delimiter = delimiter or _delimiter(text)
    frame, usual = _frame(text, delimiter, name)
    filled = frame.ne("").to_numpy()
    used = filled.any(1)
    if empty := int((~used).sum()):
        en = f"{plural(empty, 'empty row')} left out and not counted in row numbers"
        notices.append(Notice(f"略去 {empty} 个空行，行号不计", en))
    frame, filled = frame[used].reset_index(drop=True), filled[used]
    if frame.empty:
        raise Refusal("文件是空的", "the file is empty", input=name)
    frame = frame.iloc[:, : 1 + int(np.flatnonzero(filled.any(0))[-1])]
    cells, frame = _header(frame, text, header, delimiter, usual, notices, name)
    longer = frame.iloc[:, len(cells) :].ne("").to_numpy().any(1)
    if longer.any():
        rows = listed([str(row + 1) for row in np.flatnonzero(longer)])
        zh = f"第 {rows.zh} 行比列名多出格子，未用"
        notices.append(Notice(zh, f"{rows_en(longer.sum())} {rows.en}: more cells than columns, left out"))
    names, body = _named(cells, frame.iloc[:, : len(cells)], notices)
    return Sheet(tuple(names), body, longer, delimiter if frame.shape[1] > 1 else "", tuple(notices))


def _header(
    frame: pd.DataFrame, text: str, comment: str, delimiter: str, usual: int, notices: list[Notice], name: str
) -> tuple[list[str], pd.DataFrame]:
    """What stands over the columns ("" over one without a name), and the rows under it."""
    told = next(iter(_rows([comment], delimiter)), [])
    if len(told) == frame.shape[1] and not _has_names(frame):
        return told, frame
    frame, skipped = _without_title(frame)
    if skipped:
        en = f"{plural(skipped, 'line')} over the names left out"
        notices.append(Notice(f"略去列名之上的 {skipped} 行", en))
    if not _has_names(frame):
        notices.append(Notice("首行是数，没有列名", "the first row holds numbers, so the columns have no names"))
        return [""] * min(usual, frame.shape[1]), frame
    cells, body = [str(cell) for cell in frame.iloc[0]], frame.iloc[1:].reset_index(drop=True)
    over = 1 + max(i for i, cell in enumerate(cells) if cell)
    beyond = body.iloc[:, over:].ne("").to_numpy()
    if not beyond.size or beyond.any(1).mean() <= WORDS:  # a few long rows, each a slip
        return cells[:over], body
    first = body.iloc[:, 0]
    named = over + 1 == len(cells) and (_counts(first) or not any(map(is_number, first.iloc[:HEAD])))
    if named and (delimiter != "," or _no_decimal_commas(body, text)):
        return ["", *cells[:over]], body  # as R writes row names: the header has one cell fewer
    if _declared(text, delimiter, cells[:over]) < len(cells):
        zh = f"列名有 {over} 个，行里却有 {len(cells)} 格；小数逗号要加引号，或以分号分隔"
        en = f"{over} names over rows of {len(cells)} cells; quote decimal commas, or separate cells by semicolons"
        raise Refusal(zh, en, input=name)
    return cells, body


def _no_decimal_commas(body: pd.DataFrame, text: str) -> bool:
    """Whether the commas of a row beyond its names are no decimal commas: row names are quoted, or points end whole parts."""
    quoted = re.compile(rf'^\s*"{re.escape(body.iat[0, 0])}"', re.MULTILINE)
    looked = body.iloc[:HEAD, 1:].to_numpy().ravel()
    return bool(quoted.search(text)) or any("." in cell and is_number(cell) for cell in looked)


def _declared(text: str, delimiter: str, cells: list[str]) -> int:
    """How many cells the line of the names has, empty ones at its end among them."""
    rows = islice(_rows(io.StringIO(text), delimiter), HEAD)
    return next((len(row) for row in rows if row[: len(cells)] == cells), 0)


def _without_separator_line(text: str) -> tuple[str, str]:
    """The text without Excel's first line ``sep=;``, and what it says ("" without one)."""
    first, _, rest = text.partition("\n")
    found = re.fullmatch(r'"?sep=(.)"?', first.strip(" "), re.IGNORECASE)
    return (rest, found[1] if found[1] != " " else BLANKS) if found else (text, "")


def _without_comments(text: str) -> tuple[str, str, list[Notice]]:
    """The text without lines of comment (#), the last of those that lead it (numpy writes names there), and a notice."""
    lines = text.split("\n")
    first = next((line for line in lines if line.strip()), "")
    marked = [i for i, line in enumerate(lines) if line.startswith("#")]
    if not first.startswith("#"):
        marked = [i for i in marked if len(marked) < len(lines) / 2]
    leading = 0
    while leading < len(lines) and (lines[leading].startswith("#") or not lines[leading].strip()):
        leading += 1
    if not marked or 2 * len(marked) > len(lines) or (first.startswith("#") and _is_name_row(lines, leading)):
        return text, "", []
    header = next((lines[i].lstrip("# ") for i in range(leading - 1, -1, -1) if lines[i].startswith("#")), "")
    en = f"{plural(len(marked), 'line')} of comment (beginning with #) left out"
    told = Notice(f"略去 {len(marked)} 行 # 开头的注释", en)
    gone = set(marked)
    return "\n".join(line for i, line in enumerate(lines) if i not in gone), header, [told]


def _is_name_row(lines: list[str], leading: int) -> bool:
    """Whether the one leading line is "#,a,b": its first column is called #."""
    return leading == 1 and lines[0][1:2] in (",", ";", "\t")


def _rows(lines: Iterable[str], delimiter: str) -> Iterable[list[str]]:
    """Cells of lines, without blanks about them."""
    if delimiter == BLANKS:
        lines, delimiter = (" ".join(_words(line)) for line in lines), " "
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    return ([cell.strip() for cell in row] for row in reader if any(cell.strip() for cell in row))


def _delimiter(text: str) -> str:
    """What separates the cells: that by which most rows have the same number of cells, and most cells are numbers.

    What cuts no row is taken only where nothing else cuts a table: 10,3 under "a,b" would be a number, too.
    csv.Sniffer, which pandas asks, counts marks alone and takes the comma of 6,37;12,52.
    """
    head = "\n".join(islice(io.StringIO(text), HEAD)) if '"' not in text[:QUOTED_WITHIN] else None
    best, chosen = (False, 0.0, 0), ","
    for delimiter in DELIMITERS:
        source = io.StringIO(head if head is not None else text)
        try:
            rows = list(islice(_rows(source, delimiter), HEAD))
        except csv.Error:  # a quote that this delimiter leaves open
            continue
        mark = delimiter if delimiter == BLANKS else re.escape(delimiter)
        score = _score(rows, bool(re.search(rf'^"[^"\n]*"{mark}', text, re.MULTILINE)))
        if score > best:
            best, chosen = score, delimiter
    return chosen


def _score(rows: list[list[str]], quoted: bool) -> tuple[bool, float, int]:
    """Whether the rows under a title, and their names, are cut; how much they look like a table; how many columns it has.

    Names that stay whole over rows in pieces are one name, over decimal commas or thousands set apart by blanks, unless the
    first cell of a row is ``quoted``.
    """
    rows = rows[_titles(rows) :]
    if not rows:
        return False, 0.0, 0
    width = Counter(map(len, rows)).most_common(1)[0][0]
    alike = sum(len(row) == width for row in rows) / len(rows)
    cells = [cell for row in rows[1:] for cell in row if cell]
    numbers = sum(map(is_number, cells)) / len(cells) if cells else 0.0
    # a text alone in its column is one cell whatever the delimiter: some weight for being cut at all
    cut = width > 1 and (len(rows[0]) > 1 or quoted)
    return cut and alike >= ALIKE, round(alike * (numbers + (CUT if cut else 0.0)), 3), width


def _frame(text: str, delimiter: str, name: str) -> tuple[pd.DataFrame, int]:
    """All cells as texts, short rows filled up with empty ones, and the usual number of cells in a row.

    Refusal for rows far longer than the others, and for quotes left open.
    """
    import pandas as pd

    try:
        widths = Counter(_widths(text, delimiter))
        if not widths:
            raise Refusal("文件是空的", "the file is empty", input=name)
        usual, width = widths.most_common(1)[0][0], max(widths)
        if width > min(max(2 * usual, usual + STRAY), MOST_CELLS_A_ROW):
            zh = f"有一行有 {width} 格，而多数行有 {usual} 格；至多 {MOST_CELLS_A_ROW} 格"
            en = f"one row has {width} cells where most have {usual}; at most {MOST_CELLS_A_ROW} are allowed"
            raise Refusal(zh, en, input=name)
        frame: pd.DataFrame = pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            header=None,
            names=list(range(width)),
            index_col=False,
            dtype=str,
            keep_default_na=False,
            skipinitialspace=True,
            on_bad_lines="error",
            engine="c" if len(delimiter.encode()) == 1 or delimiter == BLANKS else "python",
        )
    except (pd.errors.ParserError, csv.Error) as error:
        raise _malformed(str(error), name) from None
    for column in frame:
        frame[column] = frame[column].fillna("").str.strip()
    return frame, usual


def _widths(text: str, delimiter: str) -> Iterable[int]:
    """The number of cells of every row that is not empty."""
    lines = io.StringIO(text)
    if '"' in text:
        return map(len, _rows(lines, delimiter))
    if delimiter == BLANKS:
        return (len(words) for words in map(_words, lines) if words)
    return (line.count(delimiter) + 1 for line in lines if line.strip())


def _words(line: str) -> list[str]:
    """What blanks and tabs separate, as pandas does: other white space belongs to the words."""
    return re.findall(r"[^ \t\n]+", line)


def _malformed(error: str, name: str) -> Refusal:
    """What pandas or csv say of a quote without its end, in words."""
    if any(sign in error for sign in ("EOF inside string", "field larger", "unexpected end", "Buffer overflow")):
        return Refusal('有一个引号（"）没有闭合', 'a quotation mark (") is never closed', input=name)
    return Refusal(
        "不是表格：各行的格子或引号对不齐",
        "is not a table: cells or quotation marks do not fit from row to row",
        input=name,
    )


def _without_title(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The table without a title over its names, a first cell alone over rows that are wider; and its number of lines."""
    skipped = _titles(frame.iloc[:HEAD].to_numpy().tolist())
    return frame.iloc[skipped:].reset_index(drop=True), skipped


def _titles(rows: list[list[str]]) -> int:
    """How many of the rows are titles: one cell alone, over words in several."""
    start = next((i for i, row in enumerate(rows) if any(row[1:])), 0)
    if len(rows) - start < 2 or any(map(is_number, rows[start])) or any(is_number(row[0]) for row in rows[1:start]):
        return 0
    return start


def _has_names(frame: pd.DataFrame) -> bool:
    """Whether the first row names the columns: words over numbers, words alone, or years over other numbers."""
    first, rest = [str(cell) for cell in frame.iloc[0]], frame.iloc[1:HEAD]
    numeric = [
        bool(cells) and sum(map(is_number, cells)) >= (1 - WORDS) * len(cells)
        for cells in ([c for c in rest[column] if not is_missing(c)] for column in rest)
    ]
    if any(many and not is_missing(cell) and not is_number(cell) for cell, many in zip(first, numeric, strict=True)):
        return True
    over = [cell for cell, many in zip(first, numeric, strict=True) if many and is_number(cell)]
    if not over:
        return True
    years = [int(cell) for cell in over if cell.isdecimal() and int(cell) in YEARS]
    rises = len(years) == len(over) > 1 and all(b - a == 1 for a, b in pairwise(years))
    return rises and not any(cell in set(over) for column in rest for cell in rest[column])


def _named(cells: list[str], body: pd.DataFrame, notices: list[Notice]) -> tuple[list[str], pd.DataFrame]:
    """Names for the columns, each once, and the columns: an index without a name, which only counts rows, is left out."""
    names: list[str] = []
    again: list[str] = []
    for number, cell in enumerate(cells, 1):
        printable = "".join(c if c.isprintable() else " " for c in cell)
        base = " ".join(printable.split())[:MOST_NAME] or f"column {number}"
        name, count = base, 1
        while name in names:
            count += 1
            name = f"{base} ({count})"
        again += [name] if count > 1 else []
        names.append(name)
    if again:
        notices.append(
            Notice(f"有同名的列，改称 {listed(again).zh}", f"names that come twice became {listed(again).en}")
        )
    if len(names) > 1 and any(cells) and _counts(body.iloc[:, 0]):
        if not cells[0] or cells[0].startswith("Unnamed:"):  # pandas' own index, read and written again
            en = "the first column has no name and only counts rows: left out"
            notices.append(Notice("首列没有列名，只是行号，未用", en))
            return names[1:], body.iloc[:, 1:]
        if cells[0].casefold() in INDICES:
            en = f"column '{names[0]}' only counts rows; it is used like any other"
            notices.append(Notice(f"「{names[0]}」列只是行号，仍照用", en))
    return names, body


def _counts(column: pd.Series) -> bool:
    """Whether a column is 0, 1, 2 … or 1, 2, 3 …"""
    return bool(len(column)) and any(
        column.tolist() == [str(i) for i in range(start, start + len(column))] for start in (0, 1)
    )


def plural(count: int, noun: str) -> str:
    """``count`` and the noun: 1 row, 2 rows."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def rows_en(count: int) -> str:
    """The word before one row number, or before several."""
    return "row" if count == 1 else "rows"
