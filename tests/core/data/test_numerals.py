"""Numbers as people write them: each way gives the same numbers, and what could be two numbers is decided or told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.numerals import Cells, Marks, grouping, is_date, is_missing, is_number


def read(cells: list[str], delimiter: str = ";", others: list[str] | None = None) -> tuple[list[float], str]:
    """The numbers of a column beside another one, and the mark that could have been either."""
    column, known = Cells.of(pd.Series(cells, dtype="str")), Marks()
    known.join(column.marks)
    known.join(Cells.of(pd.Series(others or ["x"], dtype="str")).marks)
    mark, unsure = grouping(column.marks, known, delimiter)
    return column.numbers(mark).values.tolist(), unsure


def full_width(text: str) -> str:
    """ASCII as Chinese input methods write it."""
    return "".join(chr(ord(c) + 0xFEE0) for c in text)


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1.5", "-2", "+3.25", ".5", "5.", "1e3", "2.5E-2"], [1.5, -2, 3.25, 0.5, 5, 1000, 0.025]),
        (["1,5", "-2", ",5", "2,5e3", "1,125"], [1.5, -2, 0.5, 2500, 1.125]),
        (["0,381", "1,718"], [0.381, 1.718]),
        (["0.381", "1.718"], [0.381, 1.718]),
        (["1.234,5", "12", "2.000"], [1234.5, 12, 2000]),
        (["1,234.5", "12", "2,000"], [1234.5, 12, 2000]),
        (["1.234.567", "1.000"], [1234567, 1000]),
        (["12,34,567", "1,000"], [1234567, 1000]),
        (["1 234,5", "12\u202f345", "1\u00a0000", "0,5"], [1234.5, 12345, 1000, 0.5]),
        (["1'234", "12’345.5"], [1234, 12345.5]),
        ([full_width("12.5"), full_width("-3"), full_width("4%")], [12.5, -3, 0.04]),
        (["\u22122", "(3.5)", "7"], [-2, -3.5, 7]),
        (["$1.50", "-$2", "$-3"], [1.5, -2, -3]),
        (["3 €", "2,50 €"], [3, 2.5]),
        (["￥12.5", "¥3"], [12.5, 3]),
        (["5元", "7.5元"], [5, 7.5]),
        (["12%", "0.5 %"], [0.12, 0.005]),
        (['="0.5"', "'7"], [0.5, 7]),
        (["TRUE", "false", "True"], [1, 0, 1]),
    ],
)
def test_ways_of_writing(cells: list[str], numbers: list[float]) -> None:
    assert read(cells)[0] == pytest.approx(numbers, rel=1e-15)


@pytest.mark.parametrize("mark", [".", ","])
def test_thousands_are_told_from_decimals_by_the_other_cells(mark: str) -> None:
    thousands = [f"6{mark}370", "410", f"12{mark}520"]
    assert read(thousands) == ([6370, 410, 12520], mark)  # whole numbers below 1000 beside them: thousands, and told
    assert read([f"6{mark}370", f"0{mark}5"]) == ([6.37, 0.5], "")
    assert read([f"6{mark}370", "4100"]) == ([6.37, 4100], "")  # nobody groups thousands here


def test_thousands_are_told_from_decimals_by_the_other_columns() -> None:
    assert read(["6.370", "5.100"], others=["0,5", "1,25"]) == ([6370, 5100], "")
    assert read(["6,370", "5,100"], others=["0,5", "1,25"]) == ([6.37, 5.1], "")
    assert read(["6.370", "5.100"], others=["0.5"]) == ([6.37, 5.1], "")
    assert read(["6,370", "5,100"], others=["0.5"]) == ([6370, 5100], "")


def test_where_nothing_decides_the_usual_is_taken_and_told() -> None:
    assert read(["6.370", "5.100"], ",") == ([6.37, 5.1], "")
    assert read(["6.370", "5.100"], ";") == ([6.37, 5.1], ".")
    assert read(["6,370", "5,100"], ";") == ([6.37, 5.1], ",")
    assert read(["6,370", "5,100"], ",") == ([6370, 5100], ",")


@pytest.mark.parametrize(
    "cell", ["1_234", "0x1F", "12 kg", "1.2.3", "1,2,3", "--5", "1e", "e5", "5..", "½", "<0.1", "1 23"]
)
def test_what_is_no_number(cell: str) -> None:
    assert not is_number(cell) and np.isnan(read([cell])[0]).all() and not is_missing(cell)


@pytest.mark.parametrize(
    "cell", ["", " ", "NA", "n/a", "NaN", "null", "None", "-", "—", "?", "#N/A", "#DIV/0!", "缺失", "inf", "-Infinity"]
)
def test_words_for_no_value(cell: str) -> None:
    column = Cells.of(pd.Series([cell, "1"], dtype="str")).numbers("")
    assert is_missing(cell) and column.missing.tolist() == [True, False] and not column.wrong.any()


def test_numbers_beyond_double_precision_are_missing() -> None:
    column = Cells.of(pd.Series(["1e400", "1e300"], dtype="str")).numbers("")
    assert column.missing.tolist() == [True, False]


@pytest.mark.parametrize(
    "cell", ["2024-01-31", "2024/1/3 12:00", "31.01.2024", "3 Feb 2024", "2024年3月1日", "12:30", "2024-01"]
)
def test_dates(cell: str) -> None:
    assert is_date(cell)


def test_percent_and_currency_are_told() -> None:
    found = Cells.of(pd.Series(["$5", "€6", "7%"], dtype="str")).numbers("")
    assert found.currencies == ("$", "€") and found.percent


@settings(deadline=None)
@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=20))
def test_what_python_writes_is_read_exactly(values: list[float]) -> None:
    assert read([repr(v) for v in values])[0] == values


@settings(deadline=None)
@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=20), st.sampled_from(",."))
def test_grouped_whole_numbers_are_read_exactly_where_it_is_certain(values: list[int], mark: str) -> None:
    cells = [f"{v:,}".replace(",", mark) for v in [*values, 1_234_567]]
    assert read(cells)[0] == [float(v) for v in [*values, 1_234_567]]


def test_between_commas_a_comma_groups_and_a_point_ends_the_whole_part() -> None:
    assert read(["1,230", "12345"], ",") == ([1230, 12345], ",")  # told
    assert read(["2", "1.125", "3.375", "4"], ",") == ([2, 1.125, 3.375, 4], "")
    assert read(["2", "1.125", "1.234.567"], ",") == ([2, 1125, 1234567], "")
    assert read(["1,230", "12345"], ",", others=["0,5"]) == ([1.23, 12345], "")


@pytest.mark.parametrize("cell", ["10²", "x₂", "4₂", "①②", "⑫", "10⁻³", "⒈5"])
def test_raised_lowered_and_circled_digits_are_no_digits(cell: str) -> None:
    assert not is_number(cell) and np.isnan(read([cell])[0]).all()


def test_addresses_are_no_numbers() -> None:
    assert np.isnan(read(["10.100.200.254", "10.100.200.253"])[0]).all()
    assert read(["10.100.200.254", "1.000.000.000", "2.500.400.300"])[0] == [10100200254, 1e9, 2500400300]
    assert read(["1.000.000.000"])[0] == [1e9]
