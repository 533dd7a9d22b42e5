"""Tables: what people have is read, what cannot be used is left out with a word, row numbers stay those of the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.tables import Table, prepared, read_table, standardised, varying
from core.refusal import Refusal

X = np.random.default_rng(7).normal(scale=9, size=(24, 2)).round(2)
ROWS = [(f"{a:.2f}", f"{b:.2f}") for a, b in X]


def sheet(head: str | None, line: Callable[[int, str, str], str] = lambda i, a, b: f"{a},{b}") -> bytes:
    """Text of the table X: its names, and a line for each row."""
    return "\n".join([*([] if head is None else [head]), *(line(i, a, b) for i, (a, b) in enumerate(ROWS))]).encode()


def said(table: Table) -> str:
    """All notices in English; each has its words in Chinese."""
    assert all(any("\u4e00" <= c <= "\u9fff" for c in notice.zh) for notice in table.notices)
    return "\n".join(notice.en for notice in table.notices)


@pytest.mark.parametrize(
    "data",
    [
        sheet("u,v"),
        sheet("u;v", lambda i, a, b: f"{a};{b}"),
        sheet("u\tv", lambda i, a, b: f"{a}\t{b}"),
        sheet("u|v", lambda i, a, b: f"{a}|{b}"),
        sheet("u，v", lambda i, a, b: f"{a}，{b}"),
        sheet(" u   v", lambda i, a, b: f"{a:>8} {b:>8}"),
        sheet("u, v", lambda i, a, b: f"{a}, {b}"),
        sheet("u;v", lambda i, a, b: f"{a};{b}".replace(".", ",")),
        sheet("u\tv", lambda i, a, b: f"{a}\t{b}".replace(".", ",")),
        sheet("u v", lambda i, a, b: f"{a} {b}".replace(".", ",")),
        sheet('"u","v"', lambda i, a, b: f'"{a}","{b}"'.replace(".", ",")),
        b"sep=;\n" + sheet("u;v", lambda i, a, b: f"{a};{b}"),
        sheet("u,v").replace(b"\n", b"\r"),
        sheet("u,v").replace(b"\n", b"\r\n"),
        sheet("u,v").replace(b"\n", b"\r\r\n"),
        sheet("u,v,", lambda i, a, b: f"{a},{b},"),
        sheet("u,v", lambda i, a, b: f"{a},{b},"),
        sheet("u,v,,,", lambda i, a, b: f"{a},{b},,,"),
        sheet(",u,v", lambda i, a, b: f"{i},{a},{b}"),
        sheet('"u","v"', lambda i, a, b: f'"{i + 1}",{a},{b}'),
        sheet("u v", lambda i, a, b: f'"car {i}" {a} {b}'),
        b"# made by a program\n# in March\n" + sheet("u,v"),
        b"# u v\n" + sheet(None, lambda i, a, b: f"{a} {b}"),
        b"Measurements 2024\n\n" + sheet("u,v"),
        sheet("city,u,v", lambda i, a, b: f'"Paris, France",{a},{b}'),
        sheet("day;u;v", lambda i, a, b: f"{i + 1:02}.03.2024;{a};{b}".replace(".", ",")),
    ],
)
def test_layouts_of_the_same_table(data: bytes) -> None:
    found = read_table(data)
    assert found.names == ("u", "v")
    assert (found.values == X).all() and found.rows.tolist() == list(range(1, 25)) and found.rows_in_file == 24
    assert said(found).startswith("24 rows, 2 columns of numbers, separated by ")


def test_names_may_hold_delimiters_quotes_and_line_ends() -> None:
    found = read_table(sheet('"length, in m","the ""second""\nfor short"'))
    assert found.names == ("length, in m", 'the "second" for short')


def test_without_names_columns_are_numbered() -> None:
    found = read_table(sheet(None))
    assert found.names == ("column 1", "column 2") and (found.values == X).all() and "no names" in said(found)
    beside_text = read_table(sheet(None, lambda i, a, b: f"Paris,{a},{b}"))
    assert beside_text.names == ("column 2", "column 3") and len(beside_text.values) == 24


def test_years_name_columns() -> None:
    assert read_table(sheet("city,2019,2020", lambda i, a, b: f"Rome,{a},{b}")).names == ("2019", "2020")


def test_columns_without_a_name_are_numbered_where_the_names_leave_room() -> None:
    found = read_table(sheet("u,,", lambda i, a, b: f"{a},{b},{i}"))
    assert found.names == ("u", "column 2", "column 3")


def test_columns_of_one_name_are_told_apart() -> None:
    found = read_table(sheet("u,u"))
    assert found.names == ("u", "u (2)") and "u (2)" in said(found)


def test_a_column_that_counts_rows_is_named_and_used() -> None:
    found = read_table(sheet("id,u,v", lambda i, a, b: f"{i + 1},{a},{b}"))
    assert found.names == ("id", "u", "v") and "'id' only counts rows" in said(found)


def test_rows_with_gaps_are_left_out_and_keep_their_numbers() -> None:
    gaps = {3: "NA,1.5", 9: "2.5,", 12: "-,3", 15: "<0.1,4", 20: "inf,1"}
    found = read_table(sheet("u,v", lambda i, a, b: gaps.get(i, f"{a},{b}")))
    kept = [i for i in range(24) if i not in gaps]
    assert (found.values == X[kept]).all() and (found.rows - 1 == kept).all() and found.rows_in_file == 24
    assert "19 of 24 rows" in said(found) and "rows 4, 10, 13, 16, 21" in said(found) and "u: '<0.1'" in said(found)


def test_empty_rows_are_not_counted() -> None:
    found = read_table(sheet("u,v", lambda i, a, b: f"{a},{b}" + ("\n,\n\n" if i == 4 else "")))
    assert (found.values == X).all() and found.rows[-1] == 24 and "1 empty row left out" in said(found)


def test_rows_of_another_length() -> None:
    short = read_table(sheet("u,v", lambda i, a, b: a if i == 6 else f"{a},{b}"))
    longer = read_table(sheet("u,v", lambda i, a, b: f"{a},{b},9" if i == 6 else f"{a},{b}"))
    assert short.rows.tolist() == longer.rows.tolist() == [i for i in range(1, 25) if i != 7]
    assert "row 7" in said(short) and "row 7: more cells than columns" in said(longer)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("oak", "column 'w' is text (such as 'oak')"), ("2024-03-01", "column 'w' is dates or times"), ("1_234", "holds '1_234'"),
        ("", None), ("$1" , "the sign $ is left off"), ("5%", "read as hundredths"), ("NA", "column 'w' is empty"),
        ("7 kg", "is text (such as '7 kg')"),
    ],
)  # fmt: skip
def test_a_third_column_is_used_or_left_out_with_a_word(cell: str, words: str | None) -> None:
    found = read_table(sheet("u,v,w", lambda i, a, b: f"{a},{b},{cell}"))
    assert found.names[:2] == ("u", "v") and (found.values[:, :2] == X).all()
    assert (words or "column 'w' is empty") in said(found)


def test_mixed_signs_are_left_out() -> None:
    money = read_table(sheet("u,v,w", lambda i, a, b: f"{a},{b},{'$€'[i % 2]}5"))
    marks = read_table(sheet("u;v;w", lambda i, a, b: f"{a};{b};{('1,234', '1.234')[i % 2]}".replace("-", "")))
    assert "mixes currencies ($ €)" in said(money) and money.names == ("u", "v")
    assert marks.values[:, 0] == pytest.approx(np.abs(X[:, 0])) and len(said(marks).splitlines()) > 1


def test_a_column_that_lacks_most_cells_does_not_cost_the_rows() -> None:
    found = read_table(sheet("u,v,w", lambda i, a, b: f"{a},{b},{i if i % 3 == 0 else ''}"))
    assert found.names == ("u", "v") and len(found.values) == 24 and "'w' lacks 16 of 24 cells" in said(found)


def test_doubtful_thousands_are_told() -> None:
    found = read_table(sheet("u;v", lambda i, a, b: f"{i * 211:,};{i * i * 97:,}".replace(",", ".")))
    assert (found.values == [[i * 211, i * i * 97] for i in range(24)]).all()
    assert "is read as 1055" in said(found) and "other than three places" in said(found)


def test_only_so_many_columns_are_used() -> None:
    data = "\n".join(
        [",".join(f"x{j}" for j in range(20)), *(",".join(str(i * j % 7) for j in range(20)) for i in range(12))]
    )
    found = read_table(data.encode(), 3)
    assert found.names == ("x0", "x1", "x2") and "left out: x3, x4, x5, x6, x7 and 12 more" in said(found)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"), (b"\n \n", "empty"), (b",,\n,,\n", "empty"), (b"# only this\n", "empty"), (b"u,v\n", "no rows under the names"),
        (sheet("u", lambda i, a, b: a), "1 column of numbers; at least 2"), (b"u,v\n1,2\n", "1 row under the names"),
        (sheet("u,v", lambda i, a, b: f"x{a},{b}"), "column 'u' is text"), (sheet('"u,v'), "never closed"),
        (sheet("u,v", lambda i, a, b: f"{a},{b}" if i % 3 == 0 else f",{b}"), "lacks 16 of 24"),
        (sheet("u,v", lambda i, a, b: f"{a}," if i % 2 else f",{b}"), "0 of 24 rows are complete"),
        (sheet("u,v", lambda i, a, b: f"{a},{b}" + ",1" * (30 if i == 9 else 0)), "one row has 32 cells where most have 2"),
        (sheet("u,v", lambda i, a, b: f"{a},{b}".replace(".", ",")), "2 names over rows of 4 cells"),
        (sheet("u,v", lambda i, a, b: f"{a},{i}".replace(".", ",")), "2 names over rows of 3 cells"),
        (b"1\n" * 600_000, "600000 lines; at most"), (b"\x1c", "rows? under|empty|no rows"), (b'[{"u": 1, "v": 2}]', "no rows under the names"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(Refusal, match=words) as caught:
        read_table(data, name="train")
    assert caught.value.input == "train" and any("\u4e00" <= c <= "\u9fff" for c in caught.value.zh)


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text("0123456789.,;\t \"'\n#ab-", max_size=300).map(str.encode))
def test_any_file_is_read_or_refused(data: bytes) -> None:
    try:
        found = read_table(data, least_columns=1)
    except Refusal:
        return
    assert np.isfinite(found.values).all() and found.values.shape == (len(found.rows), len(found.names))


def test_a_grouped_number_with_signs_about_it_is_quoted_as_it_stands() -> None:
    """The example in a notice is a cell of the file, in full-width digits too."""
    wide = "".join(chr(ord(c) + 0xFEE0) for c in "1,234,567")
    found = read_table(sheet("u;v", lambda i, a, b: f"{a};{wide}" if i else f"{a};5"))
    assert f"'{wide}' is read as 1234567" in said(found)


FLOATS = st.floats(-1e9, 1e9).map(lambda v: round(v, 4))


@settings(deadline=None)
@given(st.lists(st.tuples(FLOATS, FLOATS, FLOATS), min_size=10, max_size=40), st.sampled_from(",;\t|"), st.booleans())
def test_what_pandas_writes_is_read_back(rows: list[tuple[float, ...]], delimiter: str, index: bool) -> None:
    frame = pd.DataFrame(rows, columns=["p", "q", "r"])
    found = read_table(frame.to_csv(sep=delimiter, index=index).encode())
    assert found.names == ("p", "q", "r") and (found.values == frame.to_numpy()).all()


def test_what_a_european_sheet_writes_is_read_back() -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["Länge", "Größe, cm"])
    writer.writerows(
        [
            [f"{1000 * a:,.2f}".translate(str.maketrans(",.", ".,")), b.replace(".", ",")]
            for a, b in ((x, r[1]) for x, r in zip(X[:, 0], ROWS, strict=True))
        ]
    )
    found = read_table(out.getvalue().encode("cp1252"))
    assert found.names == ("Länge", "Größe, cm") and found.values == pytest.approx(X * [1000, 1])


def test_large_files_are_read_and_sampled_by_seed() -> None:
    x = np.random.default_rng(1).normal(size=(100_000, 2)).round(4)
    table = read_table(pd.DataFrame(x, columns=["u", "v"]).to_csv(index=False).encode())
    assert (table.values == x).all()
    one, again, other = (prepared(table, False, 500, seed) for seed in (1, 1, 2))
    assert (one.rows == again.rows).all() and (one.rows != other.rows).any() and (one.values == x[one.rows - 1]).all()
    assert one.notices[-1].en == "500 of the 100000 rows were drawn with seed 1" and one.rows_in_file == 100_000


def test_logarithms_are_of_positive_columns() -> None:
    table = Table.of(["u", "v"], np.stack([np.exp(np.arange(50.0)), np.arange(50.0) - 10], 1))
    taken = prepared(table, True, 20, 1)
    assert len(taken.values) == 20 and np.allclose(taken.values[:, 0] - 10, taken.values[:, 1])
    assert len(prepared(table, False, 50, 1).notices) == 1  # all rows: nothing was drawn


def test_columns_that_do_not_vary_are_named() -> None:
    names, values, left_out = varying(["a", "b", "c"], np.array([[0.1, 1.0, 2.0], [0.1, 3.0, 2.0]]))
    assert (names, left_out) == (["b"], ["a", "c"]) and values.tolist() == [[1.0], [3.0]]


@pytest.mark.parametrize("scale", [1e-300, 1e-170, 1.0, 1e160, 1e300])
def test_standard_units_are_reached_from_any_scale(scale: float) -> None:
    x = np.random.default_rng(0).normal(size=(40, 2))
    z = standardised(np.stack([x[:, 0] * scale, x[:, 1]], 1))
    assert z == pytest.approx((x - x.mean(0)) / x.std(0))
    assert not standardised(np.full((5, 1), 0.1)).any()


WHOLE = [(10 + i, i * i % 7) for i in range(12)]


@pytest.mark.parametrize("top", ["", "Measurements\n\n", "Measurements\nin March\n"])
def test_two_columns_of_whole_numbers_are_no_column_of_decimals(top: str) -> None:
    found = read_table((top + "a,b\n" + "\n".join(f"{a},{b}" for a, b in WHOLE)).encode(), least_columns=1)
    assert found.names == ("a", "b") and found.values.tolist() == [[a, b] for a, b in WHOLE]


def test_empty_cells_at_the_end_of_rows_are_cells() -> None:
    lines = [f"{a},{'' if i % 10 == 3 else b}" for i, (a, b) in enumerate(WHOLE)]
    found = read_table("\n".join(["a,b", *lines]).encode(), least_columns=1)
    assert found.names == ("a", "b") and found.values.tolist() == [
        [a, b] for i, (a, b) in enumerate(WHOLE) if i % 10 != 3
    ]


@pytest.mark.parametrize("rows", [10, 24])
def test_decimal_commas_under_one_name_are_one_column(rows: int) -> None:
    found = read_table("\n".join(["x", *(f"{i},{i * 7 % 10}5" for i in range(rows))]).encode(), least_columns=1)
    assert found.names == ("x",) and found.values[:, 0] == pytest.approx(
        [i + i * 7 % 10 / 10 + 0.05 for i in range(rows)]
    )


@pytest.mark.parametrize("first", ["{i}", "tree{i}"])
def test_row_names_without_quotes_are_not_guessed_where_commas_may_be_decimal(first: str) -> None:
    lines = [f"{first.format(i=i)},{3 * i},{37 * i % 100}" for i in range(1, 13)]
    with pytest.raises(Refusal, match="2 names over rows of 3 cells"):
        read_table("\n".join(["t,y", *lines]).encode(), least_columns=1)
    pointed = read_table("\n".join(["t,y", *(f"{line}.5" for line in lines)]).encode())
    quoted = read_table("\n".join(["t,y", *(f'"{a}",{b}' for a, b in (line.split(",", 1) for line in lines))]).encode())
    assert pointed.names == quoted.names == ("t", "y")
    assert quoted.values.tolist() == [[3 * i, 37 * i % 100] for i in range(1, 13)]


def test_signs_of_percent_beside_plain_numbers_leave_a_column_out() -> None:
    mixed = read_table(sheet("u,v,w", lambda i, a, b: f"{a},{b},{i + 1}{'%' * (i % 2)}"))
    zeros = read_table(sheet("u,v,w", lambda i, a, b: f"{a},{b},{f'{i}%' if i else '0'}"))
    assert mixed.names == ("u", "v") and "column 'w' mixes numbers with and without %" in said(mixed)
    assert zeros.values[:, 2] == pytest.approx(np.arange(24) / 100)


@pytest.mark.parametrize("other", ["10.100.200.{i}", "{tree}"])
def test_columns_left_out_say_nothing_of_the_others(other: str) -> None:
    lines = [f"{other.format(i=i + 100, tree='oak' if i % 3 else '0,5')}\t1.{125 + i}\t2.{250 + i}" for i in range(20)]
    found = read_table("\n".join(["where\tu\tv", *lines]).encode())
    assert found.names == ("u", "v") and found.values == pytest.approx(
        np.array([[1.125, 2.25]] * 20) + 0.001 * np.arange(20)[:, None]
    )


def test_a_mostly_empty_column_says_nothing_of_the_others() -> None:
    lines = [f"{'0,5' if i == 3 else ''};1.{125 + i};2.{250 + i}" for i in range(20)]
    found = read_table("\n".join(["w;u;v", *lines]).encode())
    assert found.names == ("u", "v") and found.values[:, 0] == pytest.approx(1.125 + 0.001 * np.arange(20))


def test_quoted_row_names_before_one_column() -> None:
    found = read_table("\n".join(['"x"', *(f'"{i}",{i * i}' for i in range(1, 13))]).encode(), least_columns=1)
    assert found.names == ("x",) and found.values[:, 0].tolist() == [i * i for i in range(1, 13)]


def test_a_remark_among_the_rows_ends_no_title() -> None:
    found = read_table(
        "\n".join(["x", *("see note, below" if i == 5 else f"{i}.5" for i in range(16))]).encode(), least_columns=1
    )
    assert found.names == ("x",) and found.values[:, 0].tolist() == [i + 0.5 for i in range(16) if i != 5]


def test_logarithms_are_told_by_the_columns_that_they_were_taken_of() -> None:
    values = np.column_stack([np.arange(1.0, 21), np.arange(-3.0, 17), np.arange(2.0, 22)])
    notices = prepared(Table.of(("a", "b", "c"), values), True, 50, 1).notices
    assert notices[-1].zh == "取了对数的列：a、c；b 有不大于 0 的数，未取"
    assert notices[-1].en == "logarithms taken of a, c; not of b, which holds a number of 0 or less"
    assert prepared(Table.of(("a", "c"), values[:, ::2]), True, 50, 1).notices[-1].en == "logarithms taken of a, c"
    assert "no logarithms" in prepared(Table.of(("b",), values[:, 1:2]), True, 50, 1).notices[-1].en


def test_decimal_commas_are_told_of_every_column_that_has_them() -> None:
    """Also of a column that alone could have meant thousands: 6,370 beside another one's 6,37."""
    rows = "\n".join(f"{i},{i % 90 + 10};{i},{i % 900 + 100:03d};{i}" for i in range(1, 30))
    table = read_table(f"u;v;w\n{rows}".encode())
    assert table.values[0, 1] == pytest.approx(1.101)
    assert any(notice.en == "decimal commas in u, v" for notice in table.notices)
    assert any(notice.zh == "以逗号作小数点的列：u、v" for notice in table.notices)


def test_notices_quote_in_each_language_as_it_does() -> None:
    """「」 in Chinese, which also part a column's name from the words about it."""
    text = sheet("u,v,名字,空", lambda i, a, b: f"{a},{b},甲{i},")
    chinese = " ".join(notice.zh for notice in read_table(text).notices)
    assert "「名字」列是文字（如「甲0」），未用" in chinese and "「空」列是空的，未用" in chinese
    gaps = read_table(sheet("u,v", lambda i, a, b: f"{a},{'坏' if i == 3 else b}"))
    assert gaps.notices[-1].zh == "略去 1 行（第 4 行）：其中缺失或不是数的列是 v（v 中有「坏」）"
    assert "'" not in chinese + gaps.notices[-1].zh
