"""Net rates f - g taken apart: the parts are right as formulas, and the two reactions have the known distributions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.stats.gillespie import NetworkError, simulate
from core.stats.gillespie.birth_death import stationary
from core.stats.gillespie.evaluation import evaluate
from core.stats.gillespie.formula import names, parse, shown
from core.stats.gillespie.reversible import split
from tests.core.stats.test_gillespie_sbml_meaning import Draft

RUNS = 4000
Z = 4.0
POINTS = 60


@pytest.mark.parametrize(
    ("law", "forward", "backward"),
    [
        ("0.3 * A - 0.2 * B", "0.3 * A", "0.2 * B"),
        ("C * (0.3 * (A / C) * (E / C) - 0.2 * (B / C))", None, "0.2 * B"),
        ("7 - 2 * A", "7", "2 * A"),
        ("-(B - 4 * A)", "4 * A", "B"),
        ("3 * A * (1 - B / (A * 0.25))", "3 * A", "12 * B"),
        ("(4 * A / 0.5 - 3 * B / 0.75) / (1 + A / 0.5 + B / 0.75)", "8 * A / (1 + 2 * A + B / 0.75)", "4 * B / (1 + 2 * A + B / 0.75)"),
        ("(4 * A / 0.5 - 3 * B / 0.75) / ((1 + A / 0.5) * (1 + B / 0.75))", None, None),
        ("2 * (A * E - B * D / 50) / (6 * (1 + A) * (1 + E) + B + D)", None, None),
        ("0.5 * A * (A - 1) / 2 - 0.1 * B", "0.25 * A * (A - 1)", "0.1 * B"),
        ("0.7 * A^2 - 0.2 * B * D", "0.7 * A^2", "0.2 * B * D"),
        ("5 * (A^2.5 - B^2.5) / (3^2.5 + A^2.5 + B^2.5)", None, None),
        ("A * B * 0.3 - 0.3 * B * A + 2 * A - B", "2 * A", "B"),
        ("0.1 * (A - B)^3", None, None),
        ("4 * (1 - exp(B - A))", "4", "4 * exp(B - A)"),
        ("if(E > 3, 2, 1) * (A - B)", "if(E > 3, 2, 1) * A", "if(E > 3, 2, 1) * B"),
        ("if(E > 3, A - B, 2 * A)", "if(E > 3, A, 2 * A)", "if(E > 3, B, 0)"),
        ("min(2 * A - B, D)", None, None),
        ("max(A - B, 0) - 0.5 * B", "max(A - B, 0)", "0.5 * B"),
        ("sqrt(A) - sqrt(B)", "sqrt(A)", "sqrt(B)"),
        ("A / (1 + B) - k * B", "A / (1 + B) + 2 * B", "0"),
    ],
)  # fmt: skip
def test_the_parts_are_a_difference_and_never_negative(law: str, forward: str | None, backward: str | None) -> None:
    whole = parse(law)
    fixed = {"C": 2.0, "k": -2.0}
    parts = split(whole, fixed.keys(), dict.fromkeys(names(whole), 4.0) | fixed)
    assert parts is not None
    rng = np.random.default_rng(5)
    point = {n: rng.integers(0 if n not in "A" else 1, 30, POINTS).astype(float) for n in names(whole)} | fixed
    f, g = (np.broadcast_to(evaluate(part, point), POINTS) for part in parts)
    assert (f >= 0).all() and (g >= 0).all()
    np.testing.assert_allclose(f - g, evaluate(whole, point), rtol=1e-9, atol=1e-9 * float(f.max()))
    for part, text in zip((f, g), (forward, backward), strict=True):
        if text is not None:
            np.testing.assert_allclose(part, np.broadcast_to(evaluate(parse(text), point), POINTS), rtol=1e-12)


@pytest.mark.parametrize("law", ["sin(A)", "ln(A / B)", "(A - B) / (2 - B)", "A * sin(B) - 3"])
def test_a_law_whose_sign_hides_in_a_function_does_not_come_apart(law: str) -> None:
    whole = parse(law)
    assert split(whole, set(), dict.fromkeys(names(whole), 4.0)) is None


def test_a_reversible_reaction_that_does_not_come_apart_is_refused_with_its_law() -> None:
    d = (
        Draft()
        .species("X", 5.0)
        .species("Y", 0.0)
        .reaction({"X": 1}, {"Y": 1}, "ln((X + 1) / (Y + 1))", reversible=True)
    )
    with pytest.raises(NetworkError, match=r"reaction R: it is reversible, its rate ln\(\(X \+ 1\) / \(Y \+ 1\)\)"):
        d.network()


def close(found: np.ndarray, mean: float, variance: float) -> None:
    assert abs(found.mean() - mean) < Z * math.sqrt(variance / len(found))
    assert abs(found.var(ddof=1) / variance - 1) < Z * math.sqrt((2 + 1 / variance) / len(found))


@pytest.mark.parametrize("reversible", [True, False])
@pytest.mark.parametrize("size", [1.0, 2.5])
def test_two_states_are_binomial_whatever_the_flag_says(reversible: bool, size: float) -> None:
    """A ⇌ B with 0.5 and 0.3 from 60 A: p_A(t) = 3/8 + 5/8 e^(-0.8 t)."""
    d = Draft(size).species("A", 60.0, only_substance=False).species("B", 0.0, only_substance=False)
    network = d.reaction({"A": 1}, {"B": 1}, "C * (0.5 * A - 0.3 * B)", reversible=reversible).network()
    assert [r.law for r in network.reactions] == ["0.5", "0.3"]  # both run on the fast kernel
    assert bool(network.notices) == (not reversible)
    p = 3 / 8 + 5 / 8 * math.exp(-0.8 * 1.5)
    close(simulate(network, [1.5], RUNS, 2, keep=True).kept[:, 0, 0], 60 * p, 60 * p * (1 - p))


def test_a_number_less_molecules_is_two_rates_and_told_only_where_it_may_be_one() -> None:
    """∅ ⇌ A with 0.5 (10 - A): birth 5, death 0.5 A, so Poisson with mean 10 (1 - e^(-0.5 t)); a rest would stop at 10."""
    network = Draft().species("A", 0.0).reaction({}, {"A": 1}, "0.5 * (10 - A)", reversible=True).network()
    ((zh, en),) = network.notices
    assert en.startswith("reaction R is reversible") and en.endswith("with the rates 5 and 0.5 * A")
    assert "反应 R 可逆" in zh and zh.endswith("速率为 5 与 0.5 * A")
    mean = 10 * (1 - math.exp(-0.5 * 4))
    close(simulate(network, [4.0], RUNS, 3, keep=True).kept[:, 0, 0], mean, mean)
    both = Draft().species("A", 4.0).species("B", 0.0)
    law = "0.5 * A * (1 - A / 20) - 0.1 * B"  # comes apart otherwise: the rest of 20 stays whole
    network = both.reaction({"A": 1}, {"B": 1}, law, reversible=True).network()
    assert network.notices == () and len(network.reactions) == 2
    forward = evaluate(parse(network.reactions[0].law), {"A": 5.0, "B": 3.0})
    assert forward == pytest.approx(0.5 * 5 * (1 - 5 / 20))


@pytest.mark.parametrize("left", [{}, {"S": 1}, {"K": 1}])
def test_a_side_of_nothing_that_counts_gives_a_poisson_number(left: dict[str, float]) -> None:
    """∅ ⇌ X, from nothing, a boundary or a constant species: Poisson with mean 8 (1 - e^(-0.5 t))."""
    d = (
        Draft()
        .species("X", 0.0)
        .species("S", 2.0, BoundaryCondition=True)
        .species("K", 2.0, Constant=True, BoundaryCondition=True)
    )
    network = d.reaction(left, {"X": 1}, "2 * S - 0.5 * X", reversible=True).network()
    mean = 8 * (1 - math.exp(-0.5 * 6))
    close(simulate(network, [6.0], RUNS, 3, keep=True).kept[:, 0, 0], mean, mean)


def test_a_species_that_a_rule_sets_on_the_left_is_not_used_up() -> None:
    d = (
        Draft()
        .species("X", 0.0)
        .species("S", BoundaryCondition=True)
        .parameter("k", 4.0, constant=True)
        .rule("S", "k * 1")
    )
    network = d.reaction({"S": 1}, {"X": 1}, "S - 0.5 * X", reversible=True).network()
    assert [(r.equation, r.law) for r in network.reactions][1] == ("X → ∅", "0.5")
    close(simulate(network, [30.0], RUNS, 4, keep=True).kept[:, 0, 0], 8.0, 8.0)


def test_haldanes_law_has_the_stationary_distribution_of_its_chain() -> None:
    """A ⇌ B with (6 A / 4 - 2 B / 3) / (1 + A/4 + B/3) and 25 molecules is a birth–death chain in A."""
    d = Draft().species("A", 25.0).species("B", 0.0)
    law = "(6 * A / 4 - 2 * B / 3) / (1 + A / 4 + B / 3)"
    network = d.reaction({"A": 1}, {"B": 1}, law, reversible=True).network()
    a = np.arange(26.0)
    below = 1 + a / 4 + (25 - a) / 3
    p = stationary(2 * (25 - a) / 3 / below, 6 * a / 4 / below)
    mean = float(p @ a)
    close(simulate(network, [80.0], RUNS, 5, keep=True).kept[:, 0, 0], mean, float(p @ (a - mean) ** 2))


def test_a_rate_behind_a_rule_is_taken_apart_too() -> None:
    d = Draft().species("A", 60.0).species("B", 0.0).parameter("v").rule("v", "0.5 * A - 0.3 * B")
    network = d.reaction({"A": 1}, {"B": 1}, "v", reversible=True).network()
    assert [r.law for r in network.reactions] == ["0.5", "0.3"]


@pytest.mark.parametrize(
    ("law", "left", "right"),
    [
        ("0.5 * X * (X - 1) / 2", {"X": 2}, {"Y": 1}),
        ("0.2 * X / (1 + Y)", {"X": 1}, {"Y": 1}),
        ("0.2 * X * piecewise(1 - Y / 9, Y < 9, 0)", {"X": 1}, {"Y": 1}),
    ],
)
def test_a_rate_of_one_direction_stays_one_reaction_though_it_is_marked_reversible(
    law: str, left: dict[str, float], right: dict[str, float]
) -> None:
    d = Draft().species("X", 9.0).species("Y", 0.0).reaction(left, right, law, reversible=True)
    (only,) = d.network().reactions
    assert only.equation.startswith(("2 X", "X"))


def test_a_pure_birth_that_ends_at_its_capacity_is_left_as_it_is() -> None:
    """An irreversible ∅ → X at k (N - X) counts what is left to come: a binomial number, and not a Poisson one."""
    network = Draft().species("X", 0.0).reaction({}, {"X": 1}, "0.4 * (30 - X)").network()
    assert shown(parse(network.reactions[0].rate)) == "0.4 * (30 - X)"  # type: ignore[arg-type]
    p = 1 - math.exp(-0.4 * 2)
    close(simulate(network, [2.0], RUNS, 6, keep=True).kept[:, 0, 0], 30 * p, 30 * p * (1 - p))


def test_a_reaction_that_changes_nothing_is_left_out() -> None:
    d = Draft().species("X", 4.0).species("S", 1.0, BoundaryCondition=True)
    network = d.reaction({"S": 1}, {}, "3 - 5 * X").reaction({"X": 1}, {}, "X", name="Q").network()
    assert [r.name for r in network.reactions] == ["Q"]
