"""What changes with time of its own: narrow pulses, comparisons that are not linear in time, and rate rules.

Arrivals at a rate that depends on time alone are Poisson numbers with the integral of the rate, whatever the times asked for.
Statistical comparisons are two-sided at four standard errors over fixed seeds.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.stats.gillespie import AssignmentRule, Constraint, Event, Flow, Network, NetworkError, Reaction, simulate
from core.stats.gillespie.bounds import execute_bounds
from core.stats.gillespie.evaluation import evaluate
from core.stats.gillespie.formula import parse
from core.stats.gillespie.machine import MAX_STACK, assemble
from core.stats.gillespie.paths import path

RUNS = 2000
Z = 4.0


def arrivals(rate: str, times: object, runs: int = RUNS, **options: object) -> np.ndarray:
    """X [run, time] that arrives at a rate."""
    network = Network(("X",), (0.0,), (Reaction({}, {"X": 1}, rate),), **options)  # type: ignore[arg-type]
    return simulate(network, times, runs, 8, keep=True).kept[..., 0]  # type: ignore[arg-type]


def poisson(found: np.ndarray, mean: float) -> None:
    assert abs(found.mean() - mean) < Z * math.sqrt(mean / len(found))
    assert abs(found.var(ddof=1) / mean - 1) < Z * math.sqrt((2 + 1 / mean) / len(found))


@pytest.mark.parametrize("width", [2.0, 0.05, 1e-3, 1e-6])
@pytest.mark.parametrize("times", [[200.0], [1000.0], np.linspace(0, 100, 7)])
def test_a_pulse_is_found_however_narrow_and_whatever_times_are_asked_for(width: float, times: object) -> None:
    """A Gaussian dose of area 30 at 41.7, of any width."""
    height = 30 / (width * math.sqrt(2 * math.pi))
    poisson(arrivals(f"{height!r} * exp(-((t - 41.7) / {width!r})^2 / 2)", times)[:, -1], 30.0)


@pytest.mark.parametrize(
    ("rate", "mean"),
    [
        ("20 * exp(-((t - 3) / 1e-3)^2) / (1e-3 * sqrt(3.141592653589793)) + 25 * exp(-((t - 7.1) / 1e-4)^2) / (1e-4 * sqrt(3.141592653589793))", 45.0),
        ("0.04 / ((t - 5.5)^2 + 1e-6)", 0.04 / 1e-3 * (math.atan(4.5e3) + math.atan(5.5e3))),
        ("30 * if(abs(t - 6.3) < 5e-4, 1000, 0)", 30.0),
        ("40000 * max(0, 1 - 1000 * abs(t - 2.345))", 40.0),
        ("60 * (0.5 + 0.5 * cos(6.283185307179586 * (t - 4)))^400", None),
    ],
)  # fmt: skip
def test_peaks_of_every_form_are_found(rate: str, mean: float | None) -> None:
    if mean is None:  # ten narrow peaks, by the trapezoidal rule, which is exact for a period
        t = np.arange(0, 1, 1e-4)
        mean = float(10 * np.mean(evaluate(parse(rate), {"t": t})))
    poisson(arrivals(rate, [10.0])[:, -1], mean)


@pytest.mark.parametrize(
    ("condition", "share"),
    [
        ("sin(2 * 3.141592653589793 * t / 6) > 0", 0.5), ("t - 6 * floor(t / 6) < 1.5", 0.25), ("cos(t * 3.141592653589793 / 3) >= 0.5", 1 / 3),
        ("(t - 12) * (t - 18) < 0", 0.25), ("t^2 >= 324", 0.25), ("exp(-t) < exp(-6)", 0.75), ("abs(t - 12) < 3 or t * t < 9", 0.375),
    ],
)  # fmt: skip
def test_comparisons_that_are_not_linear_in_time_switch_a_rate(condition: str, share: float) -> None:
    poisson(arrivals(f"if({condition}, 2, 0)", [24.0])[:, 0], 48 * share)


@pytest.mark.parametrize(
    ("trigger", "at"),
    [
        ("t^2 >= 7", math.sqrt(7)), ("t * t * t - 8.2 > 0", 8.2 ** (1 / 3)), ("sin(t) > 0.5", math.pi / 6), ("exp(-t / 3) < 0.2", 3 * math.log(5)),
        ("sqrt(t) >= 1.7", 1.7**2), ("t - 7 * floor(t / 7) > 3.25", 3.25), ("abs(t - 5) < 1e-4", 5 - 1e-4), ("ln(t + 1) >= 2", math.e**2 - 1),
        ("cos(t) < 0 and t > 2", 2.0),
    ],
)  # fmt: skip
def test_an_event_fires_where_its_comparison_turns(trigger: str, at: float) -> None:
    network = Network(("X",), (0.0,), (), events=(Event(trigger, (("X", "X + 1"),)),))
    found = simulate(network, [at * (1 - 1e-11), at * (1 + 1e-11)], 1, 1).mean[:, 0]
    assert found.tolist() == [0.0, 1.0]


def test_an_event_that_turns_again_and_again_fires_each_time() -> None:
    network = Network(("X",), (0.0,), (), events=(Event("sin(t) > 0.999", (("X", "X + 1"),)),))
    periods = np.arange(1, 9) * 2 * math.pi
    assert simulate(network, periods, 1, 1).mean[:, 0].tolist() == list(range(1, 9))


def test_a_trigger_of_time_and_state_is_searched_anew_after_each_reaction() -> None:
    """When t² passes X + 4, with X a Poisson process at rate 3, Y is set: Y(t) is 1 once t² > X(s) + 4 at some s before t."""
    event = Event("t^2 > X + 4", (("Y", "1"),))
    network = Network(("X", "Y"), (0.0, 0.0), (Reaction({}, {"X": 1}, 3.0),), events=(event,))
    kept = simulate(network, np.linspace(0, 6, 601), 300, 2, keep=True).kept
    times = np.linspace(0, 6, 601)
    crossed = np.maximum.accumulate(times[None, :] ** 2 > kept[..., 0] + 4 + 1e-9, axis=1)
    assert (kept[..., 1][crossed] == 1).all()
    assert (kept[:, times <= 2, 1] == 0).all()


def test_a_rate_that_turns_negative_is_refused_wherever_it_does() -> None:
    for rate in ("sin(t)", "1 - t", "0.001 * cos(t / 10)"):
        with pytest.raises(NetworkError, match="negative"):
            arrivals(rate, [40.0], 3)


def test_a_rate_without_bound_ends_at_the_most_reactions() -> None:
    network = Network(("X",), (0.0,), (Reaction({}, {"X": 1}, "1 / (t - 2)^2"),))
    with pytest.raises(NetworkError, match=r"more than 100000 reactions|too many steps"):
        simulate(network, [4.0], 1, 8, max_events=100_000)


def test_rate_rules_that_need_too_many_steps_are_refused() -> None:
    with pytest.raises(NetworkError, match="too many steps"):
        simulate(still(Flow("y", 1.0, "1e9 * (cos(t) - y)")), [100.0], 1, 1, max_events=100_000)


def still(*flows: Flow, **options: object) -> Network:
    return Network((), (), (), flows=flows, outputs=tuple((f.variable, f.variable) for f in flows), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("flows", "solution"),
    [
        ((("y", 1.0, "0.4 * y"),), lambda t: [np.exp(0.4 * t)]),
        ((("y", 1.0, "-3 * y"),), lambda t: [np.exp(-3 * t)]),
        ((("y", 0.1, "y * (1 - y)"),), lambda t: [1 / (1 + 9 * np.exp(-t))]),
        ((("y", 0.0, "cos(t)"),), lambda t: [np.sin(t)]),
        ((("y", 1.0, "z"), ("z", 0.0, "-y")), lambda t: [np.cos(t), -np.sin(t)]),
        ((("y", 2e-9, "1e-9 * t"),), lambda t: [2e-9 + 0.5e-9 * t**2]),
        ((("y", 0.0, "z"), ("z", 0.0, "1")), lambda t: [t**2 / 2, t]),
        ((("y", 1.0, "2.5 / 1e-3 * exp(-((t - 3.3) / 1e-3)^2)"),), lambda t: [1 + 2.5 * math.sqrt(math.pi) * (t > 3.3)]),
        ((("y", 0.0, "if(t < 2.5, 1, -1)"),), lambda t: [np.where(t < 2.5, t, 5 - t)]),
    ],
)  # fmt: skip
def test_rate_rules_follow_their_solution(flows: tuple, solution: object) -> None:
    times = np.linspace(0, 8, 9)
    found = simulate(still(*(Flow(*f) for f in flows)), times, 1, 1).mean
    expected = np.array(solution(times)).T  # type: ignore[operator]
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=2e-6 * np.abs(expected).max())


def test_arrivals_at_a_rate_that_flows_are_a_poisson_process() -> None:
    """dV/dt = 0.2 V and production 6 V: the mean is 30 (e^(0.2 t) - 1)."""
    found = arrivals("6 * V", [2.0, 7.0], flows=(Flow("V", 1.0, "0.2 * V"),))
    for at, t in enumerate((2.0, 7.0)):
        poisson(found[:, at], 30 * math.expm1(0.2 * t))


def test_molecules_and_flows_act_on_each_other() -> None:
    """dY/dt = X - Y with X a Poisson process of rate 4: E Y = 4 (t - 1 + e^(-t)), Var Y = 4 ∫ (1 - e^(-u))² du."""
    network = Network(
        ("X",),
        (0.0,),
        (Reaction({}, {"X": 1}, 4.0),),
        flows=(Flow("Y", 0.0, "X - Y"),),
        outputs=(("X", "X"), ("Y", "Y")),
    )
    y = simulate(network, [3.0], RUNS, 3, keep=True).kept[:, 0, 1]
    t = 3.0
    mean, variance = 4 * (t - 1 + math.exp(-t)), 4 * (t - 2 * (1 - math.exp(-t)) + (1 - math.exp(-2 * t)) / 2)
    assert abs(y.mean() - mean) < Z * math.sqrt(variance / RUNS)
    kurtosis = float((((y - y.mean()) / y.std()) ** 4).mean())
    assert abs(y.var(ddof=1) / variance - 1) < Z * math.sqrt((kurtosis - 1) / RUNS)


def test_an_event_resets_a_flow_when_it_reaches_its_threshold() -> None:
    """An integrate-and-fire clock: v' = 1 - v / 2 from 0 reaches 1 after 2 ln 2, again and again."""
    event = Event("v >= 1", (("v", "0"), ("n", "n + 1")))
    network = still(Flow("v", 0.0, "1 - v / 2"), parameters={"n": 0.0}, events=(event,))
    network = Network((), (), (), {"n": 0.0}, events=(event,), flows=network.flows, outputs=(("n", "n"),))
    period = 2 * math.log(2)
    times = np.concatenate([k * period + np.array([-1e-6, 1e-6]) for k in range(1, 7)])
    assert simulate(network, times, 1, 1).mean[:, 0].tolist() == [float(k + i) for k in range(6) for i in range(2)]


def test_rules_read_flows_and_flows_read_rules() -> None:
    rules = (AssignmentRule("double", "2 * y"), AssignmentRule("rate", "double / 4"))
    network = Network((), (), (), flows=(Flow("y", 3.0, "rate"),), rules=rules, outputs=(("double", "double"),))
    np.testing.assert_allclose(simulate(network, [0.0, 2.0], 1, 1).mean[:, 0], [6.0, 6 * math.e], rtol=1e-6)


def test_a_flow_that_runs_away_is_refused_in_words() -> None:
    with pytest.raises(NetworkError, match=r"rate rules \(y\): from some moment on"):
        simulate(still(Flow("y", 1.0, "y * y")), [3.0], 1, 1)


def test_what_cannot_hold_a_flow_says_so() -> None:
    network = Network(("X",), (0.0,), (Reaction({}, {"X": 1}, "V"),), flows=(Flow("V", 1.0, "1"),))
    with pytest.raises(NetworkError, match="tau-leaping is not for"):
        simulate(network, [1.0], 2, 1, method="tau-leaping")
    with pytest.raises(NetworkError, match="without events and time-dependent laws"):
        path(network, 1.0, 1)
    with pytest.raises(NetworkError, match="the name is taken"):
        simulate(Network(("X",), (0.0,), (), flows=(Flow("X", 1.0, "1"),)), [1.0], 2, 1)


def test_numbers_do_not_depend_on_threads_nor_on_the_size_of_the_ensemble() -> None:
    network = Network(
        ("X",),
        (0.0,),
        (Reaction({}, {"X": 1}, "5 * V"), Reaction({"X": 1}, {}, 0.3)),
        flows=(Flow("V", 1.0, "sin(t)"),),
    )
    one, other = (simulate(network, [1.0, 4.0], n, 3, keep=True, threads=k).kept for n, k in ((600, 1), (1300, 3)))
    assert np.array_equal(one, other[:600])


@pytest.mark.parametrize(("bound", "share"), [(3.0, None), (1e9, 0.0)])
def test_a_constraint_that_is_broken_is_told(bound: float, share: float | None) -> None:
    """P(a Poisson(4) process ever exceeds 3 by its end) = P(N > 3)."""
    constraint = Constraint(f"X <= {bound!r}", "too many")
    network = Network(("X",), (0.0,), (Reaction({}, {"X": 1}, 2.0),), constraints=(constraint,))
    result = simulate(network, [0.0, 2.0], RUNS, 5, keep=True)
    assert result.species == ("X",) and result.kept.shape == (RUNS, 2, 1) and result.mean.shape == (2, 1)
    if share == 0.0:
        assert result.notices == ()
        return
    ((zh, en),) = result.notices
    assert "约束 X <= 3" in zh and "the constraint X <= 3 was broken in" in en and "(too many)" in en
    told = float(en.split("broken in ")[1].split("%")[0]) / 100
    p = 1 - math.exp(-4) * (1 + 4 + 8 + 32 / 3)
    assert abs(told - p) < Z * math.sqrt(p * (1 - p) / RUNS)


FORMULAS = [
    "x * y - x / (2 + y)", "exp(-(x - 1)^2) * ln(x + 3)", "sin(3 * x) + cos(y - x)", "tan(x / 4)", "sqrt(x) + log10(y + 1)", "x^2.5 + (x - y)^3 + (y - x)^4",
    "(x - y)^-2 + x^-1", "abs(x - y) * min(x, y) - max(x, 1)", "floor(x) + ceil(y * x)", "if(x > y, x, -y) + if(x + y < 3, 1, 0)", "(x < y) + (x >= 1) * (y != x) + not(x > 2)",
    "(x > 1 and y > 1) + (x > 2 or y < 1)", "asin(x / 9) + acos(y / 9) + atan(x - y)", "sinh(x) - cosh(x - y) + tanh(y)", "asinh(x) + acosh(1 + y) + atanh(x / 9)",
    "factorial(x) + 2^(x - y)", "1 / (x - 1.3)",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_bounds_hold_every_value_and_close_in_on_it(text: str) -> None:
    formula = parse(text)
    program = assemble([formula], {"x": 0, "y": 1})
    rng = np.random.default_rng(7)
    lower, upper = np.empty(MAX_STACK), np.empty(MAX_STACK)
    for width in (3.0, 0.3, 1e-3, 1e-9):
        for _ in range(40):
            low = rng.uniform(0, 4, 2)
            high = low + width * rng.uniform(0, 1, 2)
            execute_bounds(
                program.code, program.constants, 0, int(program.starts[1]), low.copy(), high.copy(), lower, upper
            )
            points = {n: rng.uniform(a, b, 50) for n, a, b in zip("xy", low, high, strict=True)}
            points = {n: np.append(points[n], [a, b]) for n, a, b in zip("xy", low, high, strict=True)}
            with np.errstate(all="ignore"):
                values = np.broadcast_to(evaluate(formula, points), 52)
            values = values[np.isfinite(values)]
            slack = 1e-12 * (1 + np.abs(values))
            assert (values >= lower[0] - slack).all() and (values <= upper[0] + slack).all()
            if width == 1e-9 and np.isfinite([lower[0], upper[0]]).all():
                jumps = any(sign in text for sign in ("<", ">", "floor", "if", "!=")) or "1 / " in text or "^-" in text
                assert jumps or upper[0] - lower[0] < 1e-4 * (1 + abs(upper[0]))
