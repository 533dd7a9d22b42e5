"""Numbers as people write them: 1,234.5 and 1.234,5, spaces and apostrophes between thousands, full-width digits, % and €.

What a comma or a point means is decided for a whole column, from its own cells first and from the other columns' where those
leave it open: 6,370 beside 410 groups thousands, beside 6,37 it does not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Cells", "Marks", "Numbers", "grouping", "is_date", "is_missing", "is_number"]

Mark = Literal["", ".", ","]
SIMPLE = r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?"
UNSURE = r"[+-]?[1-9]\d{0,2}[.,]\d{3}"  # a decimal number of three places, or thousands
SIMPLE_CELL, UNSURE_CELL = re.compile(SIMPLE, re.ASCII), re.compile(UNSURE, re.ASCII)
BODY = re.compile(r"[+-]?(?=[.,]?\d)[\d.,]*(?:[eE][+-]?\d+)?", re.ASCII)
GROUPED: Mapping[str, re.Pattern[str]] = {  # commas also as in India: 12,34,567
    ".": re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?", re.ASCII),
    ",": re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}(?:\.\d*)?", re.ASCII),
}
SPACED = re.compile(r"[+-]?\d{1,3}(?:[ '’]\d{3})+(?:[.,]\d+)?", re.ASCII)
CURRENCY = r"US\$|HK\$|NT\$|CN¥|USD|EUR|CNY|RMB|[$€£¥₹₩₽元]"
SIGN = re.compile(CURRENCY)
PRICE = re.compile(rf"([+-]?)\s*(?:({CURRENCY})\s*([+-]?.*?)|(.*?)\s*({CURRENCY}))")
DATE = re.compile(
    r"\d{4}[-/.年]\d{1,2}(?:[-/.月]\d{1,2}日?)?(?:[T ].*)?|\d{1,2}[-/. ](?:\d{1,2}|[A-Za-z]{3})[-/. ]\d{2,4}(?: .*)?|\d{1,2}:\d{2}.*"
)
ADDRESS = re.compile(r"(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}", re.ASCII)
LARGEST_BYTE = 255  # of an address on a network
FULL_WIDTH = range(0xFF01, 0xFF5F)  # ASCII from ! to ~, as Chinese input methods write it
PLAIN: Mapping[int, str] = {
    **{code: chr(code - 0xFEE0) for code in FULL_WIDTH},
    **dict.fromkeys([0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " "),
    **{ord("\u2212"): "-", ord("￡"): "£", ord("￥"): "¥", ord("￦"): "₩"},
}
NO_VALUES = """
#n/a #na -1.#ind -1.#qnan -nan 1.#ind 1.#qnan <na> n/a na n.a. null none nil nan nat - -- --- — —— – ? . .. ... … * / | \\n
missing unknown #div/0! #value! #ref! #name? #num! #null! inf -inf +inf infinity -infinity +infinity ∞ -∞
无 缺 缺失 空 未知 不详 无数据
"""
"""The words of pandas.read_csv, and what sheets and statistical programs write, in lower case."""
MISSING = frozenset(["", "#n/a n/a", *NO_VALUES.split()])
TRUTH = {"true": 1.0, "false": 0.0}


def is_missing(cell: str) -> bool:
    """Whether a cell is empty or holds a word for "no value"; infinity, which is no number to compute with, is among them."""
    return _tidied(cell).casefold() in MISSING


def is_number(cell: str) -> bool:
    """Whether a cell is a number in any of the ways of writing."""
    body = _Cell.read(cell).body
    return bool(body) and any(not np.isnan(_value(body, mark)) for mark in ("", ".", ","))


def is_date(cell: str) -> bool:
    """Whether a cell looks like a date or a time of day."""
    return bool(DATE.fullmatch(cell.strip()))


@dataclass(slots=True)
class Marks:
    """What the cells seen so far say of "." and ",": that they end the whole part, that they group thousands, or either."""

    decimal: set[str] = field(default_factory=set)
    group: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    short: bool = False  # a whole number below 1000 without a mark
    long: bool = False  # a whole number from 1000 without a mark: nobody groups thousands here

    def add(self, body: str) -> None:
        """Take the evidence of one number without its ornaments."""
        marks = {mark for mark in ".," if mark in body}
        if not marks:
            digits = len(body.lstrip("+-"))
            self.long |= digits > 3
            self.short |= digits <= 3
        elif len(marks) == 2:
            last = max(marks, key=body.rfind)
            self.decimal.add(last)
            self.group |= marks - {last}
        else:
            (mark,) = marks
            if UNSURE_CELL.fullmatch(body):
                self.unsure.add(mark)
            elif body.count(mark) > 1:
                if GROUPED[mark].fullmatch(body):
                    self.group.add(mark)
            else:
                self.decimal.add(mark)

    def join(self, other: Marks) -> None:
        """Take the evidence of another column, as far as it is certain."""
        self.decimal |= other.decimal
        self.group |= other.group


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell as read: the number's ``body`` ("" where it is missing, None where it is text) and what stood about it."""

    body: str | None
    percent: bool = False
    currency: str = ""

    @staticmethod
    def read(cell: str) -> _Cell:
        if BODY.fullmatch(cell):
            return _Cell(cell)
        text = _tidied(cell)
        if text.casefold() in MISSING:
            return _Cell("")
        if text.startswith("(") and text.endswith(")") and len(text) > 2 and text[1] not in "+-":
            text = f"-{text[1:-1].strip()}"  # as accountants write what is owed
        percent = text.endswith("%")
        text = text.removesuffix("%").rstrip()
        currency = ""
        if SIGN.search(text) and (found := PRICE.fullmatch(text)):
            sign, before, amount, other, after = found.groups()
            currency, text = before or after, f"{sign}{amount if before else other}".strip()
        if SPACED.fullmatch(text):
            text = re.sub(r"[ '’]", "", text)
        return _Cell(text if BODY.fullmatch(text) else None, percent, currency)

    def value(self, group: Mark) -> float:
        """The number, "." or "," grouping thousands as ``group`` says; NaN where there is none."""
        return _value(self.body, group) / (100 if self.percent else 1) if self.body else np.nan


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column as numbers [n], NaN where there is none; ``missing`` and ``wrong`` [n] say why. ``percent``: signs that were
    read as hundredths, ``partly`` beside numbers without the sign; ``currencies`` that were left off."""

    values: np.ndarray
    missing: np.ndarray
    wrong: np.ndarray
    percent: bool
    partly: bool
    currencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cells:
    """A column of texts [n] before it is numbers; ``marks`` is the evidence of its cells.

    ``simple`` [n]: digits with one mark at most; ``points`` and ``commas`` [n] could each be a decimal mark or group thousands.
    All other texts stand once in ``uniques``, ``codes`` says which is where.
    """

    texts: pd.Series
    simple: np.ndarray
    points: np.ndarray
    commas: np.ndarray
    codes: np.ndarray
    uniques: tuple[str, ...]
    read: tuple[_Cell, ...]
    marks: Marks

    @staticmethod
    def of(column: pd.Series) -> Cells:
        """Look at a column of texts: simple numbers are found by pandas at once, each other text is read once."""
        import pandas as pd

        texts = column.str.strip()
        simple = texts.str.fullmatch(SIMPLE).to_numpy(bool)
        unsure = simple & texts.str.fullmatch(UNSURE).to_numpy(bool)
        point, comma = (simple & texts.str.contains(mark, regex=False).to_numpy(bool) for mark in (".", ","))
        codes, uniques = pd.factorize(texts[~simple])
        read = _without_addresses(tuple(_Cell.read(text) for text in uniques))
        marks = Marks()
        for cell in read:
            if cell.body:
                marks.add(cell.body)
        for mark, has in ((".", point), (",", comma)):
            marks.unsure |= {mark} if (has & unsure).any() else set()
            marks.decimal |= {mark} if (has & ~unsure).any() else set()
        lengths = texts[simple & ~point & ~comma].str.lstrip("+-").str.len()
        marks.short |= bool((lengths <= 3).any())
        marks.long |= bool((lengths > 3).any())
        return Cells(texts, simple, point & unsure, comma & unsure, codes, tuple(uniques), read, marks)

    def numbers(self, group: Mark) -> Numbers:
        """The column's numbers, "." or "," grouping thousands as ``group`` says."""
        values = np.full(len(self.texts), np.nan)
        texts = self.texts.loc[self.simple].str.replace(",", ".", regex=False)
        values[self.simple] = texts.to_numpy(object).astype(float)
        if group:
            grouped = self.points if group == "." else self.commas
            values[grouped] = np.rint(1000 * values[grouped])
        missing, hundredths = np.zeros((2, len(self.texts)), bool)
        if len(self.codes):
            found = [TRUTH[t.casefold()] if self.truth and c.body != "" else c.value(group) for t, c in self.others]
            values[~self.simple] = np.array(found)[self.codes]
            hundredths[~self.simple] = np.array([bool(cell.percent and cell.body) for cell in self.read])[self.codes]
            missing[~self.simple] = np.array([cell.body == "" for cell in self.read])[self.codes]
        missing |= np.isinf(values)
        values[missing] = np.nan
        return Numbers(
            values,
            missing,
            np.isnan(values) & ~missing,
            bool(hundredths.any()),
            bool(hundredths.any() and (np.abs(values[~hundredths]) > 0).any()),  # 0 is 0 with and without the sign
            tuple(sorted({cell.currency for cell in self.read if cell.currency and cell.body})),
        )

    @property
    def others(self) -> tuple[tuple[str, _Cell], ...]:
        """The texts that are no simple numbers, and what they are."""
        return tuple(zip(self.uniques, self.read, strict=True))

    @property
    def truth(self) -> bool:
        """Whether the column holds true and false alone."""
        words = {text.casefold() for text, cell in self.others if cell.body != ""}
        return bool(words) and not self.simple.any() and words <= set(TRUTH)


def _without_addresses(read: tuple[_Cell, ...]) -> tuple[_Cell, ...]:
    """Cells with several points are texts if all look like addresses on a network (10.100.200.254), not like thousands."""
    bodies = {cell.body for cell in read if cell.body and cell.body.count(".") > 1}
    if not all(ADDRESS.fullmatch(body) and max(map(int, body.split("."))) <= LARGEST_BYTE for body in bodies):
        return read
    return tuple(_Cell(None) if cell.body in bodies else cell for cell in read)


def grouping(own: Marks, all_columns: Marks, delimiter: str) -> tuple[Mark, str]:
    """Which mark groups thousands in a column ("" none), and the mark that could have been either ("" where none could).

    In order: the column's other cells, the other columns, whole numbers below 1000 beside it (thousands are then meant), and
    at last the usual: a point ends the whole part; a comma does so too, except between cells that commas separate. There a
    cell with a comma was quoted for its thousands, even beside 12345, and a point groups on certain evidence alone.
    """
    if own.group - own.decimal:
        return _mark(own.group - own.decimal), ""
    for mark in sorted(own.unsure - own.decimal):
        other = "." if mark == "," else ","
        if other in own.decimal:
            return _mark({mark}), ""
        among_commas = delimiter == ","
        if other in own.group or (own.long and not (among_commas and mark == ",")):
            return "", ""
        known, meant = all_columns.decimal, all_columns.group
        if (mark in meant) != (mark in known):
            return (_mark({mark}) if mark in meant else ""), ""
        if other in known and mark not in known:
            return _mark({mark}), ""
        if own.short and not (among_commas and mark == "."):
            return _mark({mark}), mark
        if mark == ",":
            return ("," if among_commas else ""), mark
        return "", mark if delimiter == ";" else ""
    return "", ""


def _mark(marks: set[str]) -> Mark:
    return "." if "." in marks else ","


def _value(body: str, group: Mark) -> float:
    """The number, or NaN where its marks do not fit."""
    marks = [mark for mark in ".," if mark in body]
    if len(marks) == 2:
        first = min(marks, key=body.rfind)
        if not GROUPED[first].fullmatch(body):
            return np.nan
        body = body.replace(first, "")
    elif group and group in marks:
        if not GROUPED[group].fullmatch(body):
            return np.nan
        body = body.replace(group, "")
    body = body.replace(",", ".")
    return float(body) if SIMPLE_CELL.fullmatch(body) else np.nan


def _tidied(cell: str) -> str:
    """Full-width digits and signs as ASCII, one kind of blank and of minus; a sheet's ="…" and leading apostrophe go.

    No more than these: Unicode's NFKC makes 102 of 10² and 12 of ①②.
    """
    text = cell.translate(PLAIN).strip()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1].strip()
    return text.removeprefix("'")
