"""The parser of rate laws: what binds tighter, where an error is, and what is too much."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.stats.gillespie import NetworkError
from core.stats.gillespie.evaluation import evaluate, substitute
from core.stats.gillespie.formula import (
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_OPERATIONS,
    Call,
    Name,
    Number,
    names,
    parse,
    shown,
)

POINT = {"x": 3.0, "y": 0.5, "k": 2.0, "t": 7.0, "β": 4.0, "浓度": 5.0, "k_1": 6.0}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-x^2", -9.0),
        ("2^-y*4", 4 / math.sqrt(2)),
        ("2^3^2", 512.0),
        ("2**3", 8.0),
        ("8/4/2", 1.0),
        ("8-4-2", 2.0),
        ("1+x*k", 7.0),
        ("--x", 3.0),
        ("+x", 3.0),
        ("not x > 5 and k == 2", 1.0),
        ("x < 2 or y < 1 and k > 5", 0.0),
        ("!(x != 3) && k >= 2 || 0", 1.0),
        ("if(x > 2, 10, 20)", 10.0),
        ("piecewise(1, x < 1, 2, x < 4, 3)", 2.0),
        ("max(1, x, k) - min(x, y, 4)", 2.5),
        ("log(x) - ln(x) + log10(1e2)", 2.0),
        ("pow(x, 2) + sqrt(4) + abs(-1) + floor(y) + ceil(y)", 13.0),
        ("x*(x-1)/2", 3.0),
        ("k*x^4/(β^4+x^4)", 2 * 81 / (256 + 81)),
        ("time + t", 14.0),
        ("浓度 * k_1", 30.0),
        ("1.5e-3 + .5 + 2.", 2.5015),
        ("factorial(x)", 6.0),
    ],
)
def test_formulas_have_the_usual_meaning(text: str, expected: float) -> None:
    assert float(evaluate(parse(text), POINT)) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", 1), ("x +", 4), ("(x", 3), ("x)", 2), ("x y", 3), ("x = 3", 3), ("3x", 2), ("x[0]", 2), ("foo(x)", 1),
        ("exp()", 5), ("min(x)", 1), ("piecewise(1, x)", 1), ("x < y < k", 7), ("x $ y", 3), ("1e999", 1), ("and", 1),
        ("x; import os", 2), ("__import__('os')", 12), ("lambda: x", 7), ("x.y", 2),
    ],
)  # fmt: skip
def test_an_error_names_its_place(text: str, place: int) -> None:
    with pytest.raises(NetworkError, match=f"character {place}:"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x" * (MAX_CHARACTERS + 1), f"at most {MAX_CHARACTERS}"),
        ("(" * (MAX_DEPTH + 1) + "x" + ")" * (MAX_DEPTH + 1), f"deeper than {MAX_DEPTH}"),
        ("-" * (MAX_DEPTH + 1) + "x", f"deeper than {MAX_DEPTH}"),
        ("2^" * (MAX_DEPTH + 1) + "2", f"deeper than {MAX_DEPTH}"),
        ("x" + "+x" * (MAX_OPERATIONS + 1), f"more than {MAX_OPERATIONS}"),
    ],
)
def test_what_is_too_much_is_refused(text: str, words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        parse(text)


def test_the_largest_formula_allowed_is_read_and_evaluated() -> None:
    formula = parse("x" + "+x" * MAX_OPERATIONS)
    assert evaluate(formula, POINT) == 3.0 * (MAX_OPERATIONS + 1)
    assert names(formula) == {"x"}


def test_arrays_go_through_at_once() -> None:
    x = np.linspace(0, 5, 11)
    np.testing.assert_array_equal(evaluate(parse("if(x > 2, x^2, -x)"), {"x": x}), np.where(x > 2, x**2, -x))


def test_a_name_without_a_value_is_named() -> None:
    with pytest.raises(NetworkError, match="z: no species"):
        evaluate(parse("x + z"), POINT)


def test_constants_fold_without_a_warning_even_where_they_are_infinite() -> None:
    assert substitute(parse("k * 3 + x"), {"k": Number(2.0)}) == Call("add", (Number(6.0), Name("x")))
    assert substitute(parse("1 / 0"), {}) == Number(math.inf)


@pytest.mark.parametrize(
    "text",
    [
        "0.2 * A - B", "-x^2", "(-x)^2", "2^(-y) * 4", "2^3^2", "(2^3)^2", "8 / 4 / 2", "8 / (4 / 2)", "8 - (4 - 2)", "-(x * y)",
        "(x + 1) * (y - 2)", "if(A >= 1, 0.2 * A, 0)", "not x > 5 and k == 2", "(x or y) and k", "not (x and y)", "x + -y",
        "exp(-(x - y)^2 / 2)", "min(x, max(y, 2))", "(x < y) == k", "factorial(x) * 1e-05", "50 / (1 + v^2)",
    ],
)  # fmt: skip
def test_a_formula_is_shown_as_a_reader_would_write_it(text: str) -> None:
    assert shown(parse(text)) == text


@pytest.mark.parametrize(
    "text", ["2 * -3^x", "--x", "pow(2, -1)", "!(x != 3) && k >= 2 || 0", "piecewise(1, x < 1, 2, x < 4, 3)"]
)
def test_a_formula_shown_reads_back_as_itself(text: str) -> None:
    assert parse(shown(parse(text))) == parse(text)


def test_a_formula_shown_is_short() -> None:
    assert len(shown(parse("x" + "+x" * MAX_OPERATIONS))) < 250
