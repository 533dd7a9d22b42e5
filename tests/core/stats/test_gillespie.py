"""The SSA engine: distributions, seeds, kernels against one another, and what is refused."""

from __future__ import annotations

import contextlib
import importlib
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.jit import COMPILING
from core.progress import Progress
from core.stats.gillespie import (
    AssignmentRule,
    Event,
    Network,
    NetworkError,
    Reaction,
    Result,
    birth_death,
    master_equation,
    rate_equations,
    simulate,
    simulate_stream,
)
from core.stats.gillespie import formula as fm
from core.stats.gillespie.batch import simulate_batch
from core.stats.gillespie.compiled import compile_network
from core.stats.gillespie.ensembles import Ensemble, own
from core.stats.gillespie.evaluation import NUMPY_FUNCTIONS, evaluate
from core.stats.gillespie.master_equation import solve_master_equation
from core.stats.gillespie.networks import examples, from_rows
from core.stats.gillespie.paths import histogram, path

simulating = importlib.import_module("core.stats.gillespie.simulate")  # the package's name «simulate» is the function

RUNS = 6000
Z = 4.0  # a right engine leaves it with probability 6e-5 a comparison
SOLVED = [name for name, e in examples().items() if e.most is not None]


def z_of_mean(result: object, column: int, mean: float, sd: float, at: int = -1) -> float:
    return (result.mean[at, column] - mean) / (sd / math.sqrt(result.trajectories))  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", SOLVED)
@pytest.mark.parametrize("method", ["exact", "tau-leaping"])
def test_moments_match_the_master_equation(name: str, method: str) -> None:
    """Tau-leaping approximates: it may be off by a further 3 % of the mean and 10 % of the sd."""
    example = examples()[name]
    solution = solve_master_equation(example.network, np.linspace(0, example.horizon, 5), example.most or {})
    runs = RUNS if name not in ("schloegl", "toggle") else 1500
    result = simulate(example.network, solution.times, runs, 11, method=method, keep=True)
    mean, sd = solution.moments()
    slack = 0.0 if method == "exact" else 0.03
    assert result.exact == (method == "exact")
    assert result.counts is not None
    for at in range(1, 5):
        for column in range(len(solution.species)):
            x = result.counts[:, at, column]
            if sd[at, column] < 1e-9:
                continue
            fourth = float(solution.p[at] @ (solution.states[:, column] - mean[at, column]) ** 4)
            error = sd[at, column] / math.sqrt(runs)
            assert abs(x.mean() - mean[at, column]) < Z * error + slack * mean[at, column] + 1e-9
            variance_error = math.sqrt((fourth - sd[at, column] ** 4) / runs)
            assert abs(x.var(ddof=1) - sd[at, column] ** 2) < Z * variance_error + 7 * slack * sd[at, column] ** 2


@pytest.mark.parametrize("name", ["immigration-death", "dimerisation", "sir"])
def test_the_whole_distribution_matches_by_chi_square(name: str) -> None:
    import scipy.stats

    example = examples()[name]
    solution = solve_master_equation(example.network, [0.0, example.horizon / 2], example.most or {})
    result = simulate(example.network, [example.horizon / 2], RUNS, 3, keep=True)
    assert result.counts is not None
    values, p = solution.marginal(example.shown[0])
    seen = np.bincount(result.counts[:, 0, 0].astype(int), minlength=len(values))[: len(values)]
    expected = p[-1] * RUNS
    big = expected >= 8
    observed = np.append(seen[big], RUNS - seen[big].sum())
    wanted = np.append(expected[big], RUNS - expected[big].sum())
    assert scipy.stats.chisquare(observed, wanted).pvalue > 1e-4


@pytest.mark.parametrize("mean", [0.02, 0.9, 9.99, 10.0, 37.5, 2500.0])
def test_poisson_numbers_are_poisson(mean: float) -> None:
    """Chi-square over cells of at least 20 expected, false alarm 1e-4; both sides of the change of method at 10."""
    import numba as nb
    import scipy.stats

    from core.stats.gillespie.lanes import start_stream
    from core.stats.gillespie.scalar import poisson

    @nb.njit
    def draws(mean: float, n: int) -> np.ndarray:
        state = np.zeros((4, 1), np.uint64)
        start_stream(state, 0, 5, 0)
        return np.array([poisson(state, mean) for _ in range(n)])

    n = 40_000
    found = draws(mean, n)
    k = np.arange(int(mean + 10 * math.sqrt(mean) + 10))
    expected = scipy.stats.poisson.pmf(k, mean) * n
    cells = np.minimum(np.cumsum(expected) // 20, expected.sum() // 20 - 1).astype(int)
    seen = np.bincount(cells[found.astype(int)], minlength=cells[-1] + 1)
    wanted = np.bincount(cells, expected)
    present = wanted > 0
    assert scipy.stats.chisquare(seen[present], wanted[present] * n / wanted[present].sum()).pvalue > 1e-4


def test_leaping_is_seeded_bounded_and_never_negative() -> None:
    network = Network(("A", "B"), (2000, 3), (Reaction({"A": 1, "B": 1}, {"B": 2}, 0.01), Reaction({"B": 1}, {}, 1.0)))
    times = np.linspace(0, 8, 9)
    one, two = (simulate(network, times, 1200, 3, method="tau-leaping", keep=True, threads=n) for n in (1, 2))
    assert one.counts is not None and not one.exact
    np.testing.assert_array_equal(one.counts, two.counts)
    assert one.counts.min() >= 0 and (one.counts.sum(2) <= 2003).all()
    with pytest.raises(NetworkError, match="more than 50 reactions"):
        simulate(network, times, 2, 3, method="tau-leaping", max_events=50)
    with pytest.raises(NetworkError, match="tau-leaping"):
        simulate(Network(("X",), (0,), (Reaction({}, {"X": 1}, "t"),)), [1.0], 2, 1, method="tau-leaping")


def test_the_batch_engine_has_the_same_distribution() -> None:
    for name in ("gene", "dimerisation", "sir", "toggle"):
        example = examples()[name]
        times = np.linspace(0, example.horizon, 6) if name != "toggle" else np.linspace(0, 5, 6)
        solution = solve_master_equation(example.network, times, example.most or {})
        result = simulate_batch(example.network, times, RUNS, 5)
        mean, sd = solution.moments()
        np.testing.assert_array_equal(result.mean[0], example.network.initial)
        for at in range(1, 6):
            assert np.all(np.abs(result.mean[at] - mean[at]) < Z * sd[at] / math.sqrt(RUNS) + 1e-6)
            assert np.all(np.abs(result.sd[at] / np.maximum(sd[at], 1e-9) - 1)[sd[at] > 0.5] < 0.1)


def test_the_batch_engine_is_seeded_counts_events_and_runs_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pure death from 5 fires 5 times a trajectory, whatever the parts; a grid of 3 x 40 values forces 5 of them."""
    from core.stats.gillespie import batch

    network = Network(("X", "Y"), (5, 0), (Reaction({"X": 1}, {"Y": 1}, 1.0),))
    times = [0.0, 0.5, 1000.0]
    whole, again = (simulate_batch(network, times, 200, 3) for _ in range(2))
    np.testing.assert_array_equal(whole.mean, again.mean)
    monkeypatch.setattr(batch, "TABLE_BYTES", 8 * 4 * 2 * 40)
    parts = simulate_batch(network, times, 200, 3)
    for result in (whole, parts):
        assert (result.events, result.trajectories) == (1000, 200)
        np.testing.assert_array_equal(result.mean[[0, 2]], [[5, 0], [0, 5]])
        np.testing.assert_array_equal(result.sd[[0, 2]], 0.0)
    p = math.exp(-0.5)
    assert parts.mean[1, 0] == pytest.approx(5 * p, abs=Z * math.sqrt(5 * p * (1 - p) / 200))


@pytest.mark.parametrize(
    ("rate", "words", "most"),
    [("2.5 - X", "negative", 10**6), ("t", "time", 10**6), (50.0, "more than 100 reactions", 100)],
)
def test_the_batch_engine_names_what_it_refuses(rate: float | str, words: str, most: int) -> None:
    with pytest.raises(NetworkError, match=words):
        simulate_batch(Network(("X",), (0,), (Reaction({}, {"X": 1}, rate),)), [5.0], 20, 1, max_events=most)


def test_tensors_and_arrays_know_the_same_operators() -> None:
    import torch

    from core.stats.gillespie.batch import TORCH_FUNCTIONS

    assert TORCH_FUNCTIONS.keys() == NUMPY_FUNCTIONS.keys()
    for text in (
        "exp(-y) + ln(x) * sqrt(x) - log10(x)", "piecewise(1, x < y, 2, x <= 2 * y, 3) + (x == y) + (x != y)", "min(x, y) ^ max(x, 2)",
        "x > 1 and not (y > 1) or x >= y", "abs(-x) + floor(x) + ceil(y) + sin(x) * cos(y) + tan(0.3 * x) / tanh(y)", "factorial(3) + 1 / x",
    ):  # fmt: skip
        formula = fm.parse(text)
        x, y = np.array([0.4, 1.7, 2.0]), np.array([1.1, 0.6, 2.0])
        found = evaluate(formula, {"x": torch.tensor(x), "y": torch.tensor(y)}, TORCH_FUNCTIONS)
        np.testing.assert_allclose(found.numpy(), evaluate(formula, {"x": x, "y": y}), rtol=1e-12)


def test_the_seed_decides_and_the_threads_do_not() -> None:
    network = examples()["toggle"].network
    one = simulate(network, [1.0, 5.0], 1500, 7, keep=True, threads=1)
    two = simulate(network, [1.0, 5.0], 1500, 7, keep=True, threads=2)
    other = simulate(network, [1.0, 5.0], 1500, 8, keep=True)
    np.testing.assert_array_equal(one.counts, two.counts)
    np.testing.assert_array_equal(one.mean, two.mean)
    assert not np.array_equal(one.counts, other.counts)


def test_a_trajectory_is_the_same_in_a_small_and_a_large_ensemble() -> None:
    network = examples()["gene"].network
    few, many = simulate(network, [3.0], 40, 1, keep=True), simulate(network, [3.0], 900, 1, keep=True)
    assert few.counts is not None and many.counts is not None
    np.testing.assert_array_equal(few.counts, many.counts[:40])


def test_a_leap_that_would_go_below_zero_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bold leaps of 0.9 lifetimes with no reaction held critical overshoot in a third of the leaps from 12 molecules on."""
    from core.stats.gillespie import tau_leaping

    monkeypatch.setattr(tau_leaping, "EPSILON", 0.9)
    monkeypatch.setattr(tau_leaping, "CRITICAL", 0)
    network = Network(("X", "Y"), (40, 0), (Reaction({"X": 1}, {"Y": 1}, 1.0),))
    result = simulate(network, [0.0, 9.0], 500, 1, method="tau-leaping", keep=True)
    assert result.kept.min() == 0
    np.testing.assert_array_equal(result.kept.sum(2), 40)


@pytest.mark.parametrize("method", ["exact", "tau-leaping"])
def test_no_two_trajectories_share_a_stream(method: str) -> None:
    """600 paths of 40 values each are all different, and neighbours (lanes, later ones in a lane) are uncorrelated: |z| < 4."""
    result = simulate(examples()["gene"].network, np.linspace(1, 40, 40), 600, 1, method=method, keep=True)
    paths = result.kept.reshape(600, -1)
    assert len(np.unique(paths, axis=0)) == 600
    ends = (result.kept[:, -1, 0] - 20) / math.sqrt(20)
    for gap in (1, 2, 32, 64, 128):
        assert abs((ends[gap:] * ends[:-gap]).mean()) * math.sqrt(600 - gap) < 4


def test_moments_are_those_of_the_kept_values_and_streaming_ends_at_them() -> None:
    network = examples()["dimerisation"].network
    stream = simulate_stream(network, [5.0, 20.0], 3000, 2, keep=True, threads=1)
    results = [each for each in stream if isinstance(each, Result)]
    assert len(results) > 3
    assert [r.trajectories for r in results] == sorted(r.trajectories for r in results)
    last = results[-1]
    assert last.counts is not None
    np.testing.assert_allclose(last.mean, last.counts.mean(0), rtol=1e-12)
    np.testing.assert_allclose(last.sd, last.counts.std(0, ddof=1), rtol=1e-10)


@pytest.mark.parametrize("first", [True, False])
def test_a_kernel_that_is_compiled_first_is_told_once(first: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(simulating, "uncompiled", lambda kernel: asked.append(kernel) or first)
    network = examples()["dimerisation"].network
    event = Event("P < 50", (("P", "100"),))
    timed = Network(("A",), (0,), (Reaction({}, {"A": 1}, "1 + t"),))
    for each, method in ((network, "exact"), (network, "tau-leaping"), (replace(network, events=(event,)), "exact")):
        items = list(simulate_stream(each, [1.0], 10, 1, method=method))
        assert [type(item) for item in items] == [*([Progress] if first else []), Result]
        assert [item.label for item in items if isinstance(item, Progress)] == [COMPILING] * first
    assert len(set(asked)) == 3, "each way of simulating has its kernel"
    assert isinstance(simulate(timed, [1.0], 10, 1), Result)
    assert [p.label for p in simulating.first_use("tau-leaping")] == [COMPILING] * first
    assert isinstance(next(own(network, 1.0, 10)), Progress if first else Ensemble)


def test_memory_does_not_grow_with_the_trajectories() -> None:
    import tracemalloc

    network = examples()["dimerisation"].network
    simulate(network, [1.0], 64, 1)
    tracemalloc.start()
    simulate(network, np.linspace(0, 0.2, 51), 40_000, 1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_rate_laws_and_mass_action_agree() -> None:
    """The same network written twice: 0.5 X as a constant and as a formula, n(n-1)/2 too."""
    plain = Network(("X", "Y"), (60, 0), (Reaction({"X": 2}, {"Y": 1}, 0.01), Reaction({"X": 1}, {}, 0.3)))
    laws_ = Network(
        ("X", "Y"),
        (60, 0),
        (Reaction({"X": 2}, {"Y": 1}, "0.01 * X * (X - 1) / 2"), Reaction({"X": 1}, {}, "k * X")),
        {"k": 0.3},
    )
    a, b = (simulate(n, [0.5, 2.0], 700, 3, keep=True) for n in (plain, laws_))
    np.testing.assert_array_equal(a.counts, b.counts)


@pytest.mark.parametrize("engine", ["lanes", "tau-leaping", "batch"])
def test_rules_may_stand_in_any_order(engine: str) -> None:
    """X made at 2 (b + 1) with b = a / 2, a = 8 written last, dies at 0.5: Poisson with mean 20 (1 - e^(-t/2))."""
    rules = (AssignmentRule("b", "a / 2"), AssignmentRule("a", "8"))
    network = Network(("X",), (0,), (Reaction({}, {"X": 1}, "2 * (b + 1)"), Reaction({"X": 1}, {}, 0.5)), rules=rules)
    mean = 20 * (1 - math.exp(-1))
    result = (
        simulate_batch(network, [2.0], RUNS, 4)
        if engine == "batch"
        else simulate(network, [2.0], RUNS, 4, method=engine.replace("lanes", "exact"))
    )
    assert abs(z_of_mean(result, 0, mean, math.sqrt(mean))) < Z
    assert rate_equations.deterministic(network, [2.0])[0, 0] == pytest.approx(mean, rel=1e-6)


def test_a_reaction_never_consumes_what_is_not_there() -> None:
    network = Network(("X",), (3,), (Reaction({"X": 2}, {}, "5"),))
    result = simulate(network, [10.0], 200, 1, keep=True)
    assert result.counts is not None
    assert (result.counts == 1).all()


def test_an_absorbing_state_stays() -> None:
    network = Network(("X",), (5,), (Reaction({"X": 1}, {}, 1.0),))
    result = simulate(network, [100.0, 1000.0], 100, 1)
    assert (result.mean == 0).all() and result.events == 500


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"times": [1.0, 1.0]}, "times"), ({"times": [-1.0]}, "times"), ({"times": [float("nan")]}, "times"), ({"times": []}, "times"),
        ({"trajectories": 0}, "trajectories = 0"), ({"trajectories": 2.5}, "trajectories = 2.5"), ({"seed": -1}, "seed = -1"),
        ({"method": "magic"}, "method = magic"), ({"mass_action": "both"}, "mass_action = both"), ({"threads": 0}, "threads = 0"), ({"max_events": 10}, "more than 10 reactions"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(arguments: dict[str, object], words: str) -> None:
    given_ = {"times": [1.0], "trajectories": 50, "seed": 1} | arguments
    with pytest.raises(ValueError, match=words):
        simulate(examples()["gene"].network, **given_)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (Network((), (), ()), "species"),
        (Network(("X",), (-1,), ()), "initial amount of X"),
        (Network(("X",), (0,), (Reaction({"Y": 1}, {}, 1.0),)), "no species Y"),
        (Network(("X",), (0,), (Reaction({}, {"X": 1}, -1.0),)), "rate = -1"),
        (Network(("X",), (0,), (Reaction({}, {"X": 1}, "k"),)), "k: no species or parameter"),
        (Network(("X",), (0,), (Reaction({}, {"X": 1}, "1 +"),)), "expected"),
        (Network(("X",), (0,), (Reaction({}, {"X": 1}, "import os"),)), "expected"),
        (Network(("X",), (9,), (Reaction({"X": 5}, {}, 1.0),)), "more than 4 molecules"),
        (Network(("X",), (0,), (Reaction({}, {"X": 1}, "2.5 - X"),)), "negative"),
    ],
)
def test_bad_networks_are_named(network: Network, words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        simulate(network, [5.0], 20, 1)


def test_rows_of_text_become_networks() -> None:
    network = from_rows(
        [("2 A + B", "C", "0.1"), ("C", "", "k * C".replace("k", "0.2")), ("∅", "A", "3")], [("A", 5.0)]
    )
    assert network.species == ("A", "B", "C")
    assert network.reactions[0].reactants == {"A": 2, "B": 1}
    assert network.initial == (5.0, 0.0, 0.0)
    for rows, words in (
        ([("A B", "C", "1")], "row 1"),
        ([("A", "C", "")], "row 1"),
        ([("0 A", "C", "1")], "row 1"),
        ([], "at least one"),
    ):
        with pytest.raises(NetworkError, match=words):
            from_rows(rows, [])


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="0123456789.+-*/^()<>=!&|,eExp tXYkmin自", max_size=40))
def test_the_parser_raises_nothing_but_network_errors(text: str) -> None:
    with contextlib.suppress(NetworkError):
        fm.parse(text)


@settings(max_examples=100, deadline=None)
@given(x=st.floats(0.1, 50), y=st.floats(0.1, 5))
def test_formulas_mean_what_arithmetic_says(x: float, y: float) -> None:
    from core.stats.gillespie.machine import MAX_STACK, assemble, execute

    cases = {
        "x + y * 2 ^ 3 - -y": x + y * 8 + y, "-x^2": -(x**2), "2^3^0.5": 2 ** (3**0.5), "x / y / 2": x / y / 2,
        "x - y - 1": x - y - 1, "exp(-y) + ln(x) * sqrt(x)": math.exp(-y) + math.log(x) * math.sqrt(x),
        "piecewise(1, x < y, 2, x < 2 * y, 3)": 1 if x < y else 2 if x < 2 * y else 3, "min(x, y, 1) + max(x, y)": min(x, y, 1) + max(x, y),
        "x > 1 and not (y > 1) or x < y": float((x > 1 and not y > 1) or x < y), "50 / (1 + y^2)": 50 / (1 + y * y), "x^2.5": x**2.5,
    }  # fmt: skip
    memory = np.array([[x], [y]])
    stack = np.empty((MAX_STACK, 1))
    for text, expected in cases.items():
        formula = fm.parse(text)
        assert float(evaluate(formula, {"x": x, "y": y})) == pytest.approx(expected, rel=1e-12)
        program = assemble([formula], {"x": 0, "y": 1})
        execute(program.code, program.constants, 0, len(program.code), memory, stack, 1)
        assert stack[0, 0] == pytest.approx(expected, rel=1e-12)


def test_the_logarithm_of_the_lanes_is_accurate() -> None:
    import numba as nb

    from core.stats.gillespie.lanes import _minus_log

    @nb.njit
    def minus_logs(numbers: np.ndarray) -> np.ndarray:
        out = np.empty_like(numbers)
        for i in range(len(numbers)):
            out[i] = _minus_log(numbers[i])
        return out

    rng = np.random.default_rng(0)
    near_one = 1 - 2.0 ** -rng.integers(1, 53, 1000)
    for u in (rng.uniform(size=1000), rng.uniform(size=1000) * 1e-9, near_one, np.array([2.0**-53])):
        np.testing.assert_allclose(minus_logs(u), -np.log(u), rtol=1e-15)


def test_random_words_become_numbers_below_one() -> None:
    """The largest u keeps u * a0 below a0, so that the last reaction is never overshot; the smallest keeps ln finite."""
    import numba as nb

    from core.stats.gillespie.lanes import TINY, unit

    below_one = nb.njit(lambda word: unit(word))
    low, high = below_one(np.uint64(0)), below_one(np.uint64(2**64 - 1))
    assert (low, high) == (0.0, 1 - 2.0**-52)
    assert 0 < low + TINY < high + TINY < 1
    total = np.random.default_rng(1).uniform(0.5, 2, 10_000)
    assert (high * total < total).all()


def test_the_steps_of_the_lanes_are_the_stoichiometry() -> None:
    """Applying them for a target inside reaction j's interval moves every species by nu[j], whatever the network."""
    for example in examples().values():
        network, nu = example.network, rate_equations.changes(example.network)
        c = compile_network(network)
        for j in range(len(nu)):
            moved = np.zeros(len(network.species))
            for slot, base, bounds, changes in zip(c.step_slot, c.step_base, c.step_bound, c.step_change, strict=True):
                moved[slot] += base + sum(v for r, v in zip(bounds, changes, strict=True) if 0 <= r <= j)
            np.testing.assert_array_equal(moved, nu[j])


def test_the_posts_two_slips() -> None:
    network = examples()["dimerisation"].network
    assert simulate(network, [10.0], RUNS, 1, mass_action="post").mean[0, 0] == pytest.approx(98.1, abs=0.1)
    assert simulate(network, [10.0], RUNS, 1).mean[0, 0] == pytest.approx(52.2143, abs=0.3)
    found = path(examples()["gene"].network, 3000.0, 1, max_jumps=600_000)
    by = {weigh: float(np.dot(*histogram(found, "n", weigh))) for weigh in ("time", "jumps")}  # type: ignore[arg-type]
    assert by["jumps"] - by["time"] == pytest.approx(1.4, abs=0.4)
    assert by["time"] == pytest.approx(50, abs=1.5)


def test_the_master_equation_is_the_same_by_eigenvectors_and_by_exponentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Schlögl on a coarser scale is a birth–death chain that takes the short way; without it, Padé and Taylor agree."""
    network = Network(
        ("X",), (25,), (Reaction({}, {"X": 1}, "8 + 60 * X^2 / (900 + X^2)"), Reaction({"X": 1}, {}, 1.0))
    )
    times = np.linspace(0, 3, 4)
    short = solve_master_equation(network, times, {"X": 150})
    assert master_equation._by_eigenvectors(master_equation._generator(network, short.states), 25, times) is not None
    monkeypatch.setattr(master_equation, "_by_eigenvectors", lambda *_: None)
    dense = solve_master_equation(network, times, {"X": 150})
    monkeypatch.setattr(master_equation, "DENSE_STATES", 10)
    sparse = solve_master_equation(network, times, {"X": 150})
    np.testing.assert_allclose(short.p, dense.p, atol=1e-11)
    np.testing.assert_allclose(sparse.p, dense.p, atol=1e-11)
    absorbing = examples()["birth-death"].network
    states = np.arange(50)[:, None]
    assert master_equation._by_eigenvectors(master_equation._generator(absorbing, states), 20, times) is None


def test_known_numbers_of_the_exact_solutions() -> None:
    k = np.arange(101)
    size = master_equation.sir_final_size(100, 1.5)
    assert size.sum() == pytest.approx(1, abs=1e-12)
    assert size @ k == pytest.approx(19.814, abs=5e-4)
    assert size[:11].sum() == pytest.approx(0.6494, abs=5e-5)
    p = birth_death.stationary(*birth_death.schloegl_chain())
    x = np.arange(len(p))
    assert (p @ x, p[:257].sum()) == (pytest.approx(454.9, abs=0.05), pytest.approx(0.2203, abs=5e-5))
    # Detailed balance over the cut: the flow up equals the flow down, so T_up / T_down is the ratio of the masses.
    up, down = birth_death.switching_times()
    assert down / up == pytest.approx((1 - p[:257].sum()) / p[:257].sum(), rel=0.01)


def test_a_master_equation_starts_at_whole_numbers() -> None:
    network = replace(examples()["dimerisation"].network, initial=(10.5, 0.0))
    with pytest.raises(NetworkError, match=r"no whole numbers of molecules: P = 10\.5") as caught:
        solve_master_equation(network, [0.0, 1.0], {"P": 20, "P2": 10})
    assert "P = 10.5" in caught.value.zh
