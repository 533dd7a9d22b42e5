"""What an SBML document means: names, sizes, initial values, stoichiometry, operations, and what is refused.

Documents are written by libsbml at the level and version asked for, so that its own idea of each level is what is read.
Networks without reactions and laws are compared exactly; nothing here is statistical except where it says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import libsbml
import numpy as np
import pytest

from core.stats.gillespie import Network, NetworkError, load_sbml, simulate
from core.stats.gillespie.evaluation import evaluate
from core.stats.gillespie.formula import parse
from core.stats.gillespie.mass_action import mass_action
from core.stats.gillespie.sbml_document import MAX_NESTED

LEVELS = [(2, 1), (2, 3), (2, 4), (2, 5), (3, 1), (3, 2)]
MATHML = 'xmlns="http://www.w3.org/1998/Math/MathML"'
Side = Mapping[str, float]


class Draft:
    """A model under construction: one compartment C, then whatever a test adds."""

    def __init__(self, size: float = 1.0) -> None:
        self.document = libsbml.SBMLDocument(3, 1)
        self.model: Any = self.document.createModel()
        self.compartment = self.model.createCompartment()
        _set(self.compartment, Id="C", Constant=False, SpatialDimensions=3, Size=size)

    def species(self, name: str, amount: float | None = None, only_substance: bool = True, **options: object) -> Draft:
        s = self.model.createSpecies()
        _set(s, Id=name, Compartment="C", HasOnlySubstanceUnits=only_substance, BoundaryCondition=False, Constant=False)
        if amount is not None:
            s.setInitialAmount(amount)
        _set(s, **options)
        return self

    def parameter(self, name: str, value: float | None = None, constant: bool = False) -> Draft:
        p = self.model.createParameter()
        _set(p, Id=name, Constant=constant)
        if value is not None:
            p.setValue(value)
        return self

    def reaction(self, left: Side, right: Side, law: str, name: str = "R", reversible: bool = False) -> Draft:
        r = self.model.createReaction()
        _set(r, Id=name, Reversible=reversible, Fast=False)
        for side, make in ((left, r.createReactant), (right, r.createProduct)):
            for species, count in side.items():
                _set(make(), Species=species, Stoichiometry=count, Constant=True)
        r.createKineticLaw().setMath(_math(law))
        return self

    def rule(self, variable: str, formula: str) -> Draft:
        r = self.model.createAssignmentRule()
        _set(r, Variable=variable, Math=_math(formula))
        return self

    def initially(self, symbol: str, formula: str) -> Draft:
        a = self.model.createInitialAssignment()
        _set(a, Symbol=symbol, Math=_math(formula))
        return self

    def rate_rule(self, variable: str, formula: str) -> Draft:
        _set(self.model.createRateRule(), Variable=variable, Math=_math(formula))
        return self

    def constraint(self, formula: str) -> Draft:
        self.model.createConstraint().setMath(_math(formula))
        return self

    def event(self, trigger: str, **assignments: str) -> Draft:
        e = self.model.createEvent()
        e.setUseValuesFromTriggerTime(True)
        t = e.createTrigger()
        _set(t, Math=_math(trigger), InitialValue=True, Persistent=True)
        for name, formula in assignments.items():
            _set(e.createEventAssignment(), Variable=name, Math=_math(formula))
        return self

    def text(self, level: int = 3, version: int = 1) -> str:
        if (level, version) != (3, 1):
            assert self.document.setLevelAndVersion(level, version, False), (level, version)
        return libsbml.writeSBMLToString(self.document)

    def network(self, level: int = 3, version: int = 1) -> Network:
        return load_sbml(self.text(level, version))


def _set(thing: Any, **values: object) -> None:
    for name, value in values.items():
        assert getattr(thing, f"set{name}")(value) == libsbml.LIBSBML_OPERATION_SUCCESS, (name, value)


def _math(text: str) -> Any:
    node = libsbml.parseL3Formula(text)
    assert node is not None, libsbml.getLastParseL3Error()
    return node


def outcome(network: Network, *times: float) -> dict[str, list[float]]:
    """Means of three runs at the times, by output."""
    result = simulate(network, times, 3, 1)
    return {name: result.mean[:, i].tolist() for i, name in enumerate(result.species)}


@pytest.mark.parametrize(("level", "version"), LEVELS)
def test_every_level_and_version_gives_the_same_numbers(level: int, version: int) -> None:
    def draft() -> Draft:
        d = (
            Draft(size=2.0)
            .species("X", 100.0, only_substance=False)
            .species("y", only_substance=False)
            .species("S", 0.0)
        )
        d.parameter("k", 0.1, constant=True).rule("y", "2 * X")
        return d.reaction({"X": 1}, {"S": 1}, "k * X").event("time >= 1", X="X + 3")

    reference = simulate(draft().network(), [0.0, 0.9, 1.0, 2.0], 50, 1)
    found = simulate(draft().network(level, version), [0.0, 0.9, 1.0, 2.0], 50, 1)
    assert found.species == ("X", "y", "S")
    assert np.array_equal(found.mean, reference.mean)
    assert found.mean[0].tolist() == [100.0, 200.0, 0.0]
    x, s = found.mean[:, 0], found.mean[:, 2]
    np.testing.assert_allclose(
        x + s, [100.0, 100.0, 106.0, 106.0], rtol=1e-12
    )  # 3 units of concentration are 6 molecules


def test_the_propensity_of_a_concentration_is_over_the_size() -> None:
    """k * X with X the concentration and C = 2 is half the rate: X(t) is binomial (1e-4 at four standard errors)."""
    network = Draft(size=2.0).species("X", 100.0, only_substance=False).reaction({"X": 1}, {}, "0.2 * X").network()
    result = simulate(network, [5.0], 10_000, 1)
    p = math.exp(-0.5)
    assert abs(result.mean[0, 0] - 100 * p) < 4 * math.sqrt(100 * p * (1 - p) / 10_000)


def test_initial_values_follow_one_another_and_the_size() -> None:
    d = Draft(size=1.0).species("A", only_substance=False, InitialConcentration=4.0).species("B").species("D", 7.0)
    d.parameter("p").parameter("q", 1.0)
    d.initially("C", "p / 2").initially("p", "q + 5").initially("B", "2 * A").reaction({}, {"D": 1}, "0 * C")
    found = outcome(d.network(), 0.0)
    assert found == {"A": [12.0], "B": [8.0], "D": [7.0]}  # C = 3, so A is 4 * 3 molecules, and its symbol is 4
    assert outcome(load_sbml(d.text(), report="concentration"), 0.0)["A"] == [4.0]


def test_a_volume_that_changes_changes_concentrations_not_amounts() -> None:
    d = Draft(size=1.0).species("X", 40.0, only_substance=False).parameter("seen").rule("seen", "X")
    found = outcome(d.event("time >= 1", C="4").network(), 0.5, 1.0)
    assert found["X"] == [40.0, 40.0]
    assert found["seen"] == [40.0, 10.0]
    assert found["C"] == [1.0, 4.0]


def test_a_model_may_have_symbols_named_like_the_time() -> None:
    d = Draft().species("t", 5.0).parameter("time_", 2.0, constant=True).event("time >= 3", t="t + time")
    assert outcome(d.network(), 2.0, 3.0) == {"t": [5.0, 8.0]}


def test_rules_in_any_order_and_events_that_read_them() -> None:
    d = (
        Draft()
        .species("X", 10.0)
        .parameter("a")
        .parameter("b")
        .rule("a", "b + 1")
        .rule("b", "2 * X")
        .event("a > 20 && time >= 2", X="a")
    )
    assert outcome(d.network(), 1.0, 2.0) == {"X": [10.0, 21.0], "a": [21.0, 43.0], "b": [20.0, 42.0]}


def test_stoichiometries_add_up_and_may_be_assigned() -> None:
    d = Draft().species("X", 0.0).parameter("n", 4.0, constant=True).reaction({}, {"X": 1}, "10", name="In")
    reference = d.model.getReaction(0).getProduct(0)
    _set(reference, Id="many")
    _set(d.model.getReaction(0).createProduct(), Species="X", Stoichiometry=2.0, Constant=True)
    network = d.initially("many", "2 * n").network()
    assert network.reactions[0].products == {"X": 10}


def test_a_stoichiometry_of_level_2_may_be_a_formula() -> None:
    d = Draft().species("X", 0.0).parameter("n", 4.0, constant=True).reaction({}, {"X": 1}, "10", name="In")
    text = d.text(2, 4).replace(
        '<speciesReference species="X"/>',
        f'<speciesReference species="X"><stoichiometryMath><math {MATHML}><apply><plus/><ci>n</ci><cn>1</cn></apply></math>'
        "</stoichiometryMath></speciesReference>",
    )
    assert load_sbml(text).reactions[0].products == {"X": 5}


def test_constant_and_boundary_species_take_part_unchanged() -> None:
    d = (
        Draft()
        .species("E", 3.0, Constant=True, BoundaryCondition=True)
        .species("B", 2.0, BoundaryCondition=True)
        .species("X", 0.0)
    )
    found = outcome(d.reaction({"E": 1, "B": 1}, {"X": 1, "B": 5}, "E * B").network(), 50.0)
    assert (found["E"], found["B"]) == ([3.0], [2.0])
    assert found["X"][0] > 100


def test_half_a_molecule_does_not_react() -> None:
    d = Draft().species("X", 2.5).species("Y", 0.0).reaction({"X": 1}, {"Y": 1}, "5 * X")
    assert outcome(d.network(), 0.0, 90.0) == {"X": [2.5, 0.5], "Y": [0.0, 2.0]}


def test_a_reaction_takes_only_what_is_there() -> None:
    d = Draft().species("X", 5.0).reaction({"X": 2}, {}, "3")
    assert outcome(d.network(), 90.0) == {"X": [1.0]}


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("piecewise(1, p > 4, 2, p > 3, 3)", 3.0),
        ("piecewise(1, p > 1 && p < 3 || false, 0)", 1.0),
        ("piecewise(1, xor(true, p > 1, p > 2), 0)", 1.0),
        ("root(3, 27 * p / 2.5)", 3.0),
        ("log(2, 8) + log10(100) + ln(exp(1))", 6.0),
        ("floor(-p) + ceil(p) + abs(-p)", 2.5),
        ("sec(p) * cos(p) + csc(p) * sin(p) + cot(p) * tan(p)", 3.0),
        ("factorial(4) + 2^3^2", 536.0),
        ("sqrt(p^2) + tanh(0) + pi - pi + exponentiale / exponentiale", 3.5),
        ("piecewise(1, 1 < p && 2 <= p && p != 3 && p >= 2.5 && p == 2.5, 0)", 1.0),
    ],
)
def test_operations_mean_what_mathml_says(formula: str, expected: float) -> None:
    d = Draft().species("X", 0.0).parameter("p", 2.5, constant=True).parameter("r").rule("r", formula)
    assert outcome(d.network(), 0.0)["r"][0] == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("max(p, 7, 3) + min(p, -1)", 6.0),
        ("rem(-7, p)", -2.0),
        ("quotient(-7, p)", -2.0),
        ("piecewise(1, implies(p > 3, p > 9), 0) + piecewise(5, implies(p > 2, p > 9), 0)", 1.0),
    ],
)
def test_operations_of_level_3_version_2(formula: str, expected: float) -> None:
    d = Draft().species("X", 0.0).parameter("p", 2.5, constant=True).parameter("r").rule("r", "p")
    text = d.text(3, 2)
    node = libsbml.writeMathMLToString(_math(formula)).split("?>", 1)[1].strip()
    start, end = text.index("<math"), text.index("</math>") + len("</math>")
    assert outcome(load_sbml(text[:start] + node + text[end:]), 0.0)["r"][0] == pytest.approx(expected, rel=1e-14)


def test_attributes_left_out_have_their_level_2_defaults() -> None:
    text = Draft().species("X", 3.0).reaction({"X": 1}, {}, "X").event("X > 2", X="9").text()
    for attribute in (
        'persistent="true"',
        'initialValue="true"',
        'useValuesFromTriggerTime="true"',
        'fast="false"',
        'constant="true"',
    ):
        assert attribute in text
        text = text.replace(f" {attribute}", "")
    assert outcome(load_sbml(text), 0.0) == {"X": [3.0]}


def rate_of(law: str, left: Side, right: Side, **species: float) -> object:
    d = Draft()
    for name, amount in species.items():
        d.species(name, amount)
    return d.reaction(left, right, law).network().reactions[0].rate


@pytest.mark.parametrize(
    ("law", "left", "right", "constant"),
    [
        ("2 * 3 * X / 4", {"X": 1}, {}, 1.5),
        ("0.5 * X * (X - 1) / 2", {"X": 2}, {"Y": 1}, 0.5),
        ("X * (X - 1) * (X - 2)", {"X": 3}, {}, 6.0),
        ("0.1 * X * Y", {"X": 1}, {"Y": 2}, 0.1),
        ("7", {}, {"X": 1}, 7.0),
        ("(X + Y - X) * 3", {"Y": 1}, {}, None),
        ("0.5 * X * X", {"X": 2}, {}, None),
        ("X / (1 + X)", {"X": 1}, {}, None),
        ("floor(X)", {"X": 1}, {}, None),
        ("X * (X - 1) * (X - 2) * (X - 3) * (X - 4)", {"X": 1}, {}, None),
    ],
)
def test_mass_action_is_recognised_only_where_it_is_exact(
    law: str, left: Side, right: Side, constant: float | None
) -> None:
    rate = rate_of(law, left, right, X=10.0, Y=5.0)
    if constant is None:
        assert not isinstance(rate, float)
    else:
        assert rate == pytest.approx(constant, rel=1e-14)


def test_a_catalyst_stands_on_both_sides() -> None:
    found = mass_action(parse("0.2 * E * S"), {"S": 1}, {"P": 1}, frozenset("ESP"))
    assert found == ({"E": 1, "S": 1}, {"P": 1, "E": 1}, 0.2)


def empty() -> Draft:
    return Draft().species("X", 5.0)


def reversible() -> Draft:
    return empty().species("Y", 0.0).reaction({"X": 1}, {"Y": 1}, "sin(X) - Y", reversible=True)


def algebraic() -> Draft:
    d = empty().parameter("p", 1.0)
    d.model.createAlgebraicRule().setMath(_math("p - X"))
    return d


def fast() -> Draft:
    d = empty().reaction({"X": 1}, {}, "X", name="R7")
    d.model.getReaction(0).setFast(True)
    return d


def converted() -> Draft:
    d = empty().parameter("f", 2.0, constant=True)
    _set(d.model, ConversionFactor="f")
    return d


@pytest.mark.parametrize(
    ("draft", "words"),
    [
        (reversible, "reaction R: it is reversible"),
        (algebraic, "algebraic rule"),
        (fast, "reaction R7: fast"),
        (converted, "species X: conversion"),
        (lambda: empty().reaction({"X": 1}, {}, "k * X").parameter("k"), "k: no value is given"),
        (lambda: empty().reaction({"X": 1}, {}, "delay(X, 2)"), "kinetic law of R: delay"),
        (
            lambda: empty().reaction({"X": 1}, {}, "arcsin(X)"),
            "reaction 1 .R.: the rate law asin.X. became negative or undefined",
        ),
        (
            lambda: empty().reaction({"X": 1}, {}, "Q * X").reaction({}, {}, "R", name="Q"),
            "the rate of reaction R refers to itself|line",
        ),
        (lambda: empty().reaction({"X": 0.5}, {}, "X"), "stoichiometry 0.5 of X"),
        (lambda: empty().species("Y", -3.0).reaction({"X": 1}, {}, "X"), "initial amount of Y"),
        (lambda: Draft(), "no species"),
        (lambda: empty().parameter("a").parameter("b").rule("a", "b").rule("b", "a"), "circle|[Cc]ycl"),
    ],
)
def test_what_cannot_be_simulated_is_named(draft: object, words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        simulate(draft().network(), [1.0], 2, 1)  # type: ignore[operator]


def doubling(levels: int, body: str) -> str:
    """Functions each of which calls the one before it twice: 2^levels operations once written out."""
    functions = "".join(
        f'<functionDefinition id="f{i}"><math {MATHML}><lambda><bvar><ci>a</ci></bvar><bvar><ci>b</ci></bvar>{body.format(i - 1) if i else "<ci>a</ci>"}'
        "</lambda></math></functionDefinition>"
        for i in range(levels)
    )
    law = f"<apply><ci>f{levels - 1}</ci><ci>X</ci><ci>X</ci></apply>"
    text = empty().reaction({"X": 1}, {}, "X").text()
    start, end = text.index("<ci> X </ci>"), text.index("<ci> X </ci>") + len("<ci> X </ci>")
    text = text[:start] + law + text[end:]
    return text.replace(
        "<listOfCompartments>",
        f"<listOfFunctionDefinitions>{functions}</listOfFunctionDefinitions><listOfCompartments>",
    )


CALL = "<apply><ci>f{0}</ci><ci>a</ci><ci>b</ci></apply>"


def nested(depth: int) -> str:
    deep = "<apply><minus/>" * depth + "<ci> X </ci>" + "</apply>" * depth
    return empty().reaction({"X": 1}, {}, "X").text().replace("<ci> X </ci>", deep)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (nested(MAX_NESTED), f"deeper than {MAX_NESTED}"),
        (nested(150_000), f"deeper than {MAX_NESTED}"),
        (nested(150), "kinetic law of R: nested deeper"),
        (doubling(40, f"<apply><times/>{CALL}{CALL}</apply>"), "operations"),
        (doubling(40, CALL.replace("<ci>a</ci><ci>b</ci>", CALL * 2)), "operations"),
        (
            empty().text().replace("<listOfSpecies>", "<listOfSpecies>" + "<species/>" * 30_000),
            "more than 20000 elements",
        ),
        (empty().text().replace("<sbml", "<!DOCTYPE sbml [<!ENTITY a 'b'>]><sbml"), "entities"),
        (empty().text()[:-20], "line"),
        (empty().text().replace('level="3"', 'level="1"').replace("level3/version1/core", "level1"), "line"),
        ("<html><body>no</body></html>", "sbml: line"),
        (empty().text().replace('compartment="C"', 'compartment="Q"'), "Q|line"),
        (empty().text().replace('id="X"', 'id=""'), "line|id is missing"),
    ],
)
def test_a_hostile_or_broken_document_is_refused_with_a_reason(text: str, words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        load_sbml(text)


def test_a_long_sum_is_read() -> None:
    long = "<apply><plus/>" + "<ci> X </ci>" * 3000 + "</apply>"
    network = load_sbml(empty().parameter("p").rule("p", "X").text().replace("<ci> X </ci>", long))
    assert outcome(network, 0.0)["p"] == [15_000.0]


def test_a_path_is_read_and_a_missing_one_is_an_oserror(tmp_path: Any) -> None:
    (tmp_path / "m.xml").write_text(empty().text())
    assert load_sbml(tmp_path / "m.xml").species == ("X",)
    with pytest.raises(FileNotFoundError):
        load_sbml(tmp_path / "none.xml")


def test_formulas_from_sbml_evaluate_on_arrays() -> None:
    network = empty().reaction({"X": 1}, {}, "X / (2 + X)").network()
    rate = network.reactions[0].rate
    assert not isinstance(rate, int | float)
    np.testing.assert_allclose(evaluate(parse(rate), {"X": np.array([0.0, 2.0])}), [0.0, 0.5])
