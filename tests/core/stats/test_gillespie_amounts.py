"""Amounts: moments of huge counts, numbers a rounding away from whole ones, fractions of molecules, and what is told of them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from core.stats.gillespie import Event, Network, NetworkError, Reaction, load_sbml, simulate
from core.stats.gillespie.batch import simulate_batch
from core.stats.gillespie.evaluation import snapped
from core.stats.gillespie.notices import dead_reactions
from core.stats.gillespie.paths import path
from core.stats.gillespie.rate_equations import propensities
from core.stats.gillespie.simulate import Moments
from tests.core.stats.test_gillespie_sbml_meaning import Draft, outcome

Z = 4.0


@pytest.mark.parametrize("start", [0.0, 7.0, 3e7, 5e9, 1e12, 9e14])
@pytest.mark.parametrize("kind", ["lanes", "general", "tau-leaping"])
def test_a_spread_of_one_shows_beside_any_number_of_molecules(start: float, kind: str) -> None:
    """X = start + a Poisson(6) number: the standard deviation is √6, whatever the start (1e-4 at four standard errors)."""
    idle = (Event("t >= 99", (("X", "0"),)),) if kind == "general" else ()
    network = Network(("X",), (start,), (Reaction({}, {"X": 1}, 2.0),), events=idle)
    method = "tau-leaping" if kind == "tau-leaping" else "exact"
    result = simulate(network, [0.0, 3.0], 3000, 4, method=method)
    assert result.sd[0, 0] == 0.0
    assert abs(result.sd[1, 0] ** 2 / 6 - 1) < Z * math.sqrt((2 + 1 / 6) / 3000)
    assert abs(result.mean[1, 0] - start - 6) < Z * math.sqrt(6 / 3000) + 2e-16 * start


def test_blocks_of_huge_counts_are_joined_without_cancellation() -> None:
    rng = np.random.default_rng(3)
    values = 1e12 + rng.integers(-40, 40, 900).astype(float)
    parts = [
        Moments(len(x), np.full((1, 1), x.mean()), np.full((1, 1), ((x - x.mean()) ** 2).sum()), 0)
        for x in np.split(values, 3)
    ]
    joined = parts[0].joined(parts[1]).joined(parts[2])
    assert math.sqrt(joined.deviation[0, 0] / 899) == pytest.approx((values - 1e12).std(ddof=1), rel=1e-6)


@pytest.mark.parametrize(
    ("concentration", "size", "count"), [(0.57, 100.0, 57), (1.1, 3.0, None), (0.07, 300.0, 21), (4.35, 100.0, 435)]
)
def test_a_concentration_times_a_volume_is_whole_where_it_should_be(
    concentration: float, size: float, count: int | None
) -> None:
    d = (
        Draft(size)
        .species("X", only_substance=False, InitialConcentration=concentration)
        .reaction({"X": 1}, {}, "5 * X * C")
    )
    network = d.network()
    if count is None:
        assert network.initial[0] == pytest.approx(3.3) and "fraction" not in network.notices[0][1]
        return
    assert concentration * size != count  # the product as computed is not whole
    assert network.initial == (float(count),) and network.notices == ()
    assert simulate(network, [50.0], 200, 1).mean[0, 0] == 0.0  # the last molecule decays too


def test_initial_assignments_and_events_land_on_whole_numbers() -> None:
    assert 0.1 * 3 * 10 != 3.0
    d = Draft().species("X", 0.0).species("Y", 0.0).parameter("p", 0.1, constant=True).initially("X", "p * 3 * 10")
    d.event("time >= 1", Y="p * 3 * 10").reaction({"X": 1}, {}, "9 * X").reaction({"Y": 1}, {}, "9 * Y", name="Q")
    network = d.network()
    assert network.initial == (3.0, 0.0)
    assert network.notices == ()
    assert outcome(network, 1.0, 60.0)["Y"] == [3.0, 0.0]
    assert outcome(network, 60.0)["X"] == [0.0]


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(2.9999999999, 3.0), (3.0000000001, 3.0), (2.99999, 2.99999), (1e-24, 1e-24), (0.0, 0.0), (-1e-12, -1e-12), (0.3, 0.3), (5e9 + 0.4, 5e9)],
)  # fmt: skip
def test_only_what_is_within_a_billionth_of_a_whole_number_is_put_on_it(amount: float, expected: float) -> None:
    assert float(snapped(amount)) == expected
    network = Network(("X",), (0.0,), (), events=(Event("t >= 1", (("X", repr(amount)),)),))
    assert simulate(network, [1.0], 1, 1).mean[0, 0] == expected


def test_a_fraction_is_told_and_a_model_of_fractions_alone_is_refused() -> None:
    some = (
        Draft()
        .species("A", 2.5)
        .species("B", 0.4)
        .reaction({"A": 1}, {}, "A")
        .reaction({"B": 1}, {}, "B", name="Q")
        .network()
    )
    (_, fractions), (_, dead) = some.notices
    assert "A = 2.5, B = 0.4" in fractions and "does not say its unit" in fractions
    assert dead == "1 of 2 reactions can never happen: Q (needs 1 B, has 0.4)"
    result = simulate(some, [60.0], 5, 1)
    assert result.mean[0].tolist() == [0.5, 0.4] and result.notices == some.notices
    none = Draft().species("B", 0.4).reaction({"B": 1}, {}, "B").network()
    with pytest.raises(
        NetworkError, match=r"no whole numbers of molecules: B = 0\.4.*no reaction can ever happen"
    ) as caught:
        simulate(none, [1.0], 5, 1)
    assert "所有反应从一开始就不可能发生" in caught.value.zh


@pytest.mark.parametrize("rate", [1.0, "A", "A * (1 + 0 * t)"])
@pytest.mark.parametrize("kind", ["exact", "tau-leaping", "events", "path", "batch", "time"])
def test_less_than_a_molecule_never_reacts(rate: float | str, kind: str) -> None:
    """2.5 A decay to 0.5, in every kernel, whether by a constant or by a law, and stay there beside a reaction that goes on."""
    if "t" in str(rate) and kind in ("tau-leaping", "path", "batch"):
        pytest.skip("for rates that do not depend on time")
    idle = {"events": (Event("t >= 99", (("A", "0"),)),)}.get(kind, ())
    other = "1 + 0 * t" if kind == "time" else 1.0
    network = Network(
        ("A", "B"), (2.5, 0.0), (Reaction({"A": 1}, {}, rate), Reaction({}, {"B": 1}, other)), events=idle
    )
    if kind == "path":
        values = path(network, 50.0, 1).states[:, 0]
    elif kind == "batch":
        found = simulate_batch(network, [50.0], 40, 1)
        assert found.sd[0, 0] == 0.0
        values = found.mean[:, 0]
    else:
        method = "tau-leaping" if kind == "tau-leaping" else "exact"
        values = simulate(network, [5.0, 50.0], 40, 1, method=method, keep=True).kept[:, :, 0].ravel()
    assert values.min() == 0.5 and values[-1] == 0.5


def test_a_pair_needs_two_whole_molecules_also_after_an_event_left_a_fraction() -> None:
    """5 A, halved: 2.5 of them react in one pair and leave half a molecule; by the constant and by the law alike."""
    for rate in (3.0, "3 * A * (A - 1) / 2"):
        network = Network(("A",), (5.0,), (Reaction({"A": 2}, {}, rate),))
        halved = Event("t >= 0", (("A", "A / 2"),), initial_value=False)
        result = simulate(replace(network, events=(halved,)), [60.0], 20, 1, keep=True)
        assert (result.kept == 0.5).all()
    counted = Network(("A",), (5.0,), (Reaction({"A": 2}, {}, 2.0),))
    states = np.array([[0.5], [1.5], [2.5], [3.0]])
    assert propensities(counted, states)[:, 0].tolist() == [0.0, 0.0, 2.5 * 1.5, 6.0]
    assert propensities(counted, states, continuous=True)[:, 0].tolist() == [0.25, 2.25, 6.25, 9.0]  # the limit: x^2


def test_a_species_without_an_initial_amount_is_told() -> None:
    d = Draft().species("X").species("Y", 0.0).species("Z", InitialConcentration=2.0).species("Q").species("I")
    d.rule("Q", "2 * Y").initially("I", "3 + Z").reaction({}, {"X": 1}, "2")
    network = d.network()
    assert network.notices == (("没有给出起始数量，从 0 开始：X", "no initial amount is given, taken as 0: X"),)
    assert network.initial[0] == 0.0


@pytest.mark.parametrize(
    ("kind", "scale", "said"), [("mole", 0, "«?mole»?"), ("mole", -9, "1e-09 mole"), ("gram", 0, "gram")]
)
def test_the_unit_of_substance_is_named(kind: str, scale: int, said: str) -> None:
    import libsbml

    d = Draft(1e-15).species("A", only_substance=False, InitialConcentration=2e-9).reaction({"A": 1}, {}, "C * A")
    definition = d.model.createUnitDefinition()
    definition.setId("amount")
    unit = definition.createUnit()
    for name, value in {
        "Kind": libsbml.UnitKind_forName(kind),
        "Scale": scale,
        "Exponent": 1.0,
        "Multiplier": 1.0,
    }.items():
        getattr(unit, f"set{name}")(value)
    d.model.setSubstanceUnits("amount")
    with pytest.raises(NetworkError, match=f"unit of substance is {said}.*Avogadro"):
        simulate(d.network(), [1.0], 5, 1)


def test_items_are_molecules_and_need_no_word() -> None:
    d = Draft().species("A", 3.0).reaction({"A": 1}, {}, "A")
    d.model.setSubstanceUnits("item")
    assert d.network().notices == ()


def test_reactions_that_wait_for_others_are_not_dead() -> None:
    chain = tuple(Reaction({a: 1}, {b: 1}, 1.0, name=a + b) for a, b in ("CD", "BC", "AB", "XY"))
    network = Network(tuple("ABCDXY"), (1.0, 0.0, 0.0, 0.0, 0.0, 0.0), chain)
    assert [(r.name, s) for _, r, s in dead_reactions(network)] == [("XY", "X")]
    fed = Network(network.species, network.initial, chain, events=(Event("t >= 1", (("X", "3"),)),))
    assert dead_reactions(fed) == []
    pair = Network(("A",), (1.0,), (Reaction({"A": 2}, {}, 1.0, name="pair"),))
    assert [(r.name, s) for _, r, s in dead_reactions(pair)] == [("pair", "A")]


def test_events_that_may_leave_a_fraction_are_told() -> None:
    halved = Draft().species("X", 8.0).event("time >= 1", X="X / 2").network()
    assert "may set X to a fraction of a molecule" in halved.notices[0][1]
    assert Draft().species("X", 8.0).event("time >= 1", X="2 * X + 3").network().notices == ()


def test_more_molecules_than_can_be_counted_are_told() -> None:
    network = Draft().species("X", 1e17).reaction({"X": 1}, {}, "X").network()
    assert "2^53" in network.notices[0][1]


@pytest.mark.parametrize("value", ["NaN", "INF"])
def test_an_amount_that_is_no_number_is_named(value: str) -> None:
    text = Draft().species("Drug", 3.0).text().replace('initialAmount="3"', f'initialAmount="{value}"')
    with pytest.raises(NetworkError, match="species Drug: its initial amount is"):
        load_sbml(text)
