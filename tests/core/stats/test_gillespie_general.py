"""Events, rules and rates that depend on time: when they fire, in which order, and with what distribution.

Networks without reactions are deterministic and are compared exactly. Statistical comparisons are two-sided tests at
|z| <= 4 over fixed seeds: a right kernel fails one of them with probability 6e-5.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.stats.gillespie import AssignmentRule, Event, Network, NetworkError, Reaction, simulate
from core.stats.gillespie.evaluation import evaluate
from core.stats.gillespie.events import affine_in_time
from core.stats.gillespie.formula import parse

RUNS = 4000
Z = 4.0


def still(*events: Event, x: float = 0.0, **parameters: float) -> Network:
    """X, which nothing but the events changes."""
    return Network(("X",), (x,), (), parameters, events=events)


def values(network: Network, times: list[float], runs: int = 1) -> np.ndarray:
    """X at the times [run, time]."""
    counts = simulate(network, times, runs, 3, keep=True).counts
    assert counts is not None
    return counts[..., 0]


def add(trigger: str, amount: str = "X + 1", **options: object) -> Event:
    return Event(trigger, (("X", amount),), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("trigger", "at"),
    [
        ("t >= 25", 25.0),
        ("25 <= t", 25.0),
        ("2 * t - 50 >= 0", 25.0),
        ("t / 4 + 1 >= 7.25", 25.0),
        ("-t <= -25", 25.0),
        ("not t < 25", 25.0),
        ("t >= 25 and X >= 0", 25.0),
        ("t == 25", 25.0),
        ("t >= start + 5", 25.0),
    ],
)
def test_an_event_fires_exactly_at_its_time_and_once(trigger: str, at: float) -> None:
    before, after = math.nextafter(at, 0.0), math.nextafter(at, 99.0)
    found = values(still(add(trigger), start=20.0), [0.0, before, at, after, 60.0])
    assert found.tolist() == [[0.0, 0.0, 1.0, 1.0, 1.0]]


def test_a_strict_inequality_holds_just_after_its_time() -> None:
    assert values(still(add("t > 25")), [25.0, math.nextafter(25.0, 99.0), 50.0]).tolist() == [[0.0, 1.0, 1.0]]


@pytest.mark.parametrize("relation", [">=", ">", "<=", "<"])
@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("t / 4.9 {} 5", 24.5), ("0.3 * t {} 2.1", 7.0), ("t / 3 + t / 7 {} 5.5", 11.55), ("0.1 * t + 0.2 {} 0.9", 7.0),
        ("-0.7 * t {} -3.3", 33 / 7), ("9 {} 1.7 * t", 9 / 1.7),
    ],
)  # fmt: skip
def test_an_event_turns_with_its_comparison_to_the_last_bit(text: str, near: float, relation: str) -> None:
    """Its time is where the comparison itself, as computed, turns: never a rounding early, late or double."""
    trigger = text.format(relation)
    negated = evaluate(parse(trigger), {"t": 0.0})
    times = near + np.arange(-6, 7) * np.spacing(near)
    holds = np.asarray(evaluate(parse(trigger), {"t": times})) != 0
    turned = np.logical_or.accumulate(holds != bool(negated))
    event = add(f"not ({trigger})" if negated else trigger)
    found = values(still(event), times.tolist())[0]
    assert 0 < turned.sum() < len(times)
    assert found.tolist() == turned.tolist()


@pytest.mark.parametrize("bound", [0.3, 0.7, 1.1, 2.3, 3.3, 5.9])
def test_a_comparison_whose_terms_cancel_fires_once_all_the_same(bound: float) -> None:
    """1e8 t - 99999999 t is t with an error of 1e-8, and as computed turns to and fro."""
    found = values(
        still(add(f"1e8 * t - 99999999 * t >= {bound!r}")),
        [math.nextafter(bound, 0), bound, bound * (1 + 1e-8), 3 * bound],
    )
    assert found.tolist() == [[0.0, 1.0, 1.0, 1.0]]


@pytest.mark.parametrize(("k", "fires"), [(2.0, [0.0, 1.0, 1.0]), (-2.0, [0.0, 0.0, 0.0]), (0.0, [0.0, 0.0, 0.0])])
def test_a_slope_may_depend_on_the_state(k: float, fires: list[float]) -> None:
    network = Network(("X",), (0.0,), (), {"k": 0.0}, events=(Event("t >= 0.5", (("k", repr(k)),)), add("k * t >= 5")))
    assert values(network, [2.4, 2.5, 9.0]).tolist() == [fires]
    falling = Network(("X",), (0.0,), (), {"k": 0.0}, events=(Event("t >= 0.5", (("k", repr(k)),)), add("k * t <= -5")))
    assert values(falling, [2.4, 2.5, 9.0]).tolist() == [[0.0, 1.0, 1.0] if k < 0 else [0.0, 0.0, 0.0]]


def test_an_event_that_sets_its_own_clock_repeats() -> None:
    network = Network(
        ("X",), (0.0,), (), {"last": 0.0}, events=(Event("t - last >= 5", (("X", "X + 1"), ("last", "t"))),)
    )
    assert values(network, [4.9, 5.0, 9.9, 10.0, 50.0]).tolist() == [[0.0, 1.0, 1.0, 2.0, 10.0]]


def test_one_event_sets_off_another_at_the_same_moment_and_a_delay_waits() -> None:
    first, late = (
        Event("t >= 2", (("p", "1"),)),
        add("p > 0", "X + 10", delay="1.5", use_values_from_trigger_time=False),
    )
    network = Network(("X",), (0.0,), (), {"p": 0.0}, events=(first, add("p > 0"), late))
    assert values(network, [1.9, 2.0, 3.4, 3.5]).tolist() == [[0.0, 1.0, 1.0, 11.0]]


def test_priorities_order_what_happens_at_one_moment() -> None:
    def outcome(double: str, add_one: str) -> float:
        events = (add("t >= 1", "2 * X", priority=double, use_values_from_trigger_time=False),
                  add("t >= 1", "X + 1", priority=add_one, use_values_from_trigger_time=False))  # fmt: skip
        return values(still(*events, x=5.0), [1.0])[0, 0]

    assert (outcome("2", "1"), outcome("1", "2")) == (11.0, 12.0)


def test_equal_priorities_are_drawn_by_lot() -> None:
    events = (
        add("t >= 1", "2 * X", use_values_from_trigger_time=False),
        add("t >= 1", use_values_from_trigger_time=False),
    )
    found = values(still(*events, x=5.0), [1.0], RUNS)[:, 0]
    assert set(found) == {11.0, 12.0}
    assert abs((found == 11.0).mean() - 0.5) < Z * 0.5 / math.sqrt(RUNS)


def test_values_are_those_of_the_trigger_time_or_of_the_execution() -> None:
    at_trigger, at_execution = (
        values(
            still(add("t >= 1", "X + 1", delay="2", use_values_from_trigger_time=early), add("t >= 2", "100")),
            [2.5, 3.0],
        )
        for early in (True, False)
    )
    assert at_trigger.tolist() == [[100.0, 1.0]]
    assert at_execution.tolist() == [[100.0, 101.0]]


def test_only_a_persistent_event_outlives_its_trigger() -> None:
    lasting, fading = (
        values(still(add("t >= 1 and t < 2", delay="3", persistent=p)), [3.9, 4.0]) for p in (True, False)
    )
    assert lasting.tolist() == [[0.0, 1.0]]
    assert fading.tolist() == [[0.0, 0.0]]


def test_the_initial_value_decides_whether_a_trigger_true_at_the_start_fires() -> None:
    assert values(still(add("X < 1", initial_value=False)), [0.0]).tolist() == [[1.0]]
    assert values(still(add("X < 1", initial_value=True)), [0.0]).tolist() == [[0.0]]


def test_events_without_end_are_named() -> None:
    with pytest.raises(NetworkError, match="trigger one another"):
        simulate(still(add("X < 1", "2", initial_value=False), add("X > 1", "0")), [1.0], 1, 1)


def test_a_state_trigger_is_looked_at_after_every_reaction() -> None:
    """X climbs and is put back as soon as it reaches 7: no grid time ever sees more, and the cycle is Erlang(7)."""
    network = Network(("X",), (0.0,), (Reaction({}, {"X": 1}, 2.0),), {"n": 0.0},
                      events=(Event("X >= 7", (("X", "0"), ("n", "n + 1"))),), outputs=(("X", "X"), ("n", "n")))  # fmt: skip
    counts = simulate(network, np.linspace(0, 40, 81), RUNS, 5, keep=True).counts
    assert counts is not None
    assert counts[..., 0].max() == 6.0
    arrivals = 7 * counts[:, -1, 1] + counts[:, -1, 0]  # a Poisson(80) number in all
    assert abs(arrivals.mean() - 80) < Z * math.sqrt(80 / RUNS)
    assert abs(arrivals.var(ddof=1) / 80 - 1) < Z * math.sqrt((2 + 1 / 80) / RUNS)


def test_the_law_between_events_is_not_disturbed_by_stopping_the_clock() -> None:
    """Twenty idle events; X is still Poisson (memorylessness), and it is the same for any number of threads."""
    idle = tuple(add(f"t >= {0.1 * k!r}", "X") for k in range(3, 100, 5))
    network = Network(("X",), (0.0,), (Reaction({}, {"X": 1}, 10.0), Reaction({"X": 1}, {}, 0.5)), events=idle)
    result = simulate(network, [10.0], RUNS, 9, threads=1)
    mean = 20 * (1 - math.exp(-5))
    assert abs(result.mean[0, 0] - mean) < Z * math.sqrt(mean / RUNS)
    assert abs(result.sd[0, 0] ** 2 / mean - 1) < Z * math.sqrt((2 + 1 / mean) / RUNS)
    assert np.array_equal(simulate(network, [10.0], RUNS, 9, threads=3).mean, result.mean)


def test_an_event_changes_a_parameter_of_a_rate() -> None:
    network = Network(
        ("X",), (200.0,), (Reaction({"X": 1}, {}, "k * X"),), {"k": 0.0}, events=(Event("t >= 3", (("k", "0.5"),)),)
    )
    found = values(network, [3.0, 5.0], RUNS)
    assert (found[:, 0] == 200.0).all()
    p = math.exp(-1.0)
    assert abs(found[:, 1].mean() - 200 * p) < Z * math.sqrt(200 * p * (1 - p) / RUNS)


@pytest.mark.parametrize(
    ("rate", "total"),
    [
        ("10 * (1 + sin(t))", lambda t: 10 * (t + 1 - np.cos(t))),
        ("if(t < 4, 3, 8)", lambda t: np.where(t < 4, 3 * t, 12 + 8 * (t - 4))),
        ("if(t > 4, 8, 3)", lambda t: np.where(t < 4, 3 * t, 12 + 8 * (t - 4))),
        ("t * if(t < 5, 1, 0)", lambda t: np.minimum(t, 5.0) ** 2 / 2),
        ("wave", lambda t: 4 * t + t**2),
        ("60 * exp(-((t - 5) / 0.2)^2)", lambda t: 6 * math.sqrt(math.pi) * (1 + np.vectorize(math.erf)(5 * (t - 5)))),
    ],
)
def test_arrivals_at_a_changing_rate_are_an_inhomogeneous_poisson_process(rate: str, total: object) -> None:
    """Counts in disjoint spans are independent Poisson numbers with the integral of the rate (5e-4 over all of these)."""
    rules = (AssignmentRule("wave", "4 + slope * t"), AssignmentRule("slope", "2"))
    network = Network(("X",), (0.0,), (Reaction({}, {"X": 1}, rate),), rules=rules)
    times = np.array([2.0, 4.5, 5.0, 7.0, 10.0])
    found = np.diff(values(network, times.tolist(), RUNS), axis=1, prepend=0.0)
    expected = np.diff(total(times), prepend=total(np.zeros(1)))  # type: ignore[operator]
    for span, mean in zip(found.T, expected, strict=True):
        if mean < 0.01:
            assert span.mean() < mean + Z * math.sqrt((mean + 1 / RUNS) / RUNS)
            continue
        assert abs(span.mean() - mean) < Z * math.sqrt(mean / RUNS)
        assert abs(span.var(ddof=1) / mean - 1) < Z * math.sqrt((2 + 1 / mean) / RUNS)


def test_rules_may_stand_in_any_order_but_not_in_a_circle() -> None:
    rules = (AssignmentRule("a", "2 * b"), AssignmentRule("b", "X + 1"))
    network = Network(("X",), (3.0,), (), rules=rules, outputs=(("a", "a"), ("now", "t * a")))
    assert simulate(network, [0.0, 2.0], 1, 1).mean.tolist() == [[8.0, 0.0], [8.0, 16.0]]
    with pytest.raises(NetworkError, match="circle"):
        simulate(Network(("X",), (3.0,), (), rules=(AssignmentRule("a", "b"), AssignmentRule("b", "a"))), [1.0], 1, 1)
    with pytest.raises(NetworkError, match="taken"):
        simulate(Network(("X",), (3.0,), (), rules=(AssignmentRule("X", "2"),)), [1.0], 1, 1)


def test_rules_that_grow_without_bound_are_refused() -> None:
    rules = [AssignmentRule("r0", "1 + t"), *(AssignmentRule(f"r{i}", f"r{i - 1} * r{i - 1}") for i in range(1, 60))]
    with pytest.raises(NetworkError, match="operations"):
        simulate(Network(("X",), (0.0,), (), rules=tuple(rules), events=(add("r59 > 5"),)), [1.0], 1, 1)


def test_what_cannot_be_assigned_is_named() -> None:
    with pytest.raises(NetworkError, match="event assigns y"):
        simulate(
            Network(("X",), (0.0,), (), rules=(AssignmentRule("y", "X"),), events=(Event("t > 1", (("y", "1"),)),)),
            [1.0],
            1,
            1,
        )


@pytest.mark.parametrize("text", ["3 * t - 2", "(t + a) / 4", "-(a - t) * a", "a + 2 * (t - 3 * (a - t))"])
def test_slope_and_offset_give_the_formula_back(text: str) -> None:
    parts = affine_in_time(parse(text))
    assert parts is not None
    for t in (0.0, 1.5, 40.0):
        point = {"t": t, "a": 7.0}
        assert evaluate(parts[0], point) * t + evaluate(parts[1], point) == pytest.approx(
            evaluate(parse(text), point), rel=1e-12
        )
