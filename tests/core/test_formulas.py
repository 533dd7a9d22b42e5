"""A reader's formula: what it is worth, its gradient, and what is refused."""

from __future__ import annotations

import math

import pytest
import torch

from core.formulas import Formula, parse
from core.refusal import Refusal


def value(source: str, **names: float) -> float:
    formula = parse(source, ("u", "y"))
    return formula(**{name: torch.tensor(v, dtype=torch.float64) for name, v in names.items()}).item()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("y*u^2", 3 * 4), ("-u^2", -4), ("2^3^2", 512), ("(u−y)×2", -2), ("log（exp(u)）", 2), ("u<y", 1), ("u>=y", 0), ("u*(y!=3)", 0),
        ("max(0, 1-u) + min(u, y)", 2), ("softplus(u)-y*u", math.log1p(math.exp(2)) - 6), ("sigmoid(0)", 0.5), ("1e3/y", 1000 / 3),
        ("abs(-u)+sqrt(4)+tanh(0)+relu(-1)+sin(0)+cos(0)", 5), ("+.5", 0.5), ("\uff55", 2),
    ],
)  # fmt: skip
def test_a_formula_is_worth_what_it_says(source: str, expected: float) -> None:
    assert value(source, u=2.0, y=3.0) == pytest.approx(expected)


def test_the_gradient_goes_through() -> None:
    u = torch.tensor([0.5, -1.0], requires_grad=True)
    (gradient,) = torch.autograd.grad(parse("u^3 + exp(u)", ("u",))(u=u).sum(), u)
    assert gradient.tolist() == pytest.approx([3 * v * v + math.exp(v) for v in (0.5, -1.0)])


def test_the_names_that_occur_are_known() -> None:
    assert parse("y*log(p)", ("u", "y", "p")).names == {"y", "p"} and isinstance(parse("1", ()), Formula)


@pytest.mark.parametrize(
    "source",
    [
        "", "u +", "x", "u.real", "__import__('os')", "u[0]", "lambda: u", "'u'", "1j", "True", "u if y else 1", "0 < u < 1", "u and y", "not u",
        "exp()", "exp(u, y)", "max(u)", "exp(u=1)", "exp", "u := 1", "[u]", "(u, y)", "1e999", "u // 2", "u % 2", "u @ y", "~u", "9" * 199 + "e999",
        "((((" * 50, "u" * 201, "u\n+y", "eval(u)", "print(u)", "f'{u}'", "u; y", "*u", "max(*u)", "\0",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_its_name(source: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse(source, ("u", "y"), input="loss")
    assert caught.value.input == "loss" and caught.value.zh and caught.value.en
