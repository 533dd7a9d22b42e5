"""What the tabs of the Gillespie page show: each number of a frozen result against its own definition."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable

import numpy as np
import pytest

from core.stats.gillespie import Network, Reaction, rate_equations, simulate, studies
from core.stats.gillespie.ensembles import Ensemble, affordable, histogram_of, own, trajectories
from core.stats.gillespie.networks import examples, from_rows, started_at
from core.stats.gillespie.paths import path


def test_an_ensemble_holds_the_numbers_of_its_simulation() -> None:
    found = trajectories("gene", runs=300, span=0.5, seed=4, paths=3)
    times = np.linspace(0, 5, 161)
    result = simulate(examples()["gene"].network, times, 300, 4, keep=True)
    np.testing.assert_array_equal(found.means, result.mean)
    np.testing.assert_array_equal(found.paths, result.kept[:3])
    np.testing.assert_allclose(found.quantiles, np.quantile(result.kept, (0.05, 0.25, 0.75, 0.95), axis=0))
    np.testing.assert_allclose(found.fano, result.sd[-1] ** 2 / result.mean[-1])
    np.testing.assert_allclose(found.ode[:, 0], 20 * (1 - np.exp(-times)), atol=1e-5)
    assert found.noisiest == 1
    assert found.reactions[1] == ("m → m + n", "2.5")
    assert found.top(1) >= max(found.paths[:, :, 1].max(), found.quantiles[:, :, 1].max())


def test_an_ensemble_of_which_a_part_is_asked_for_says_so() -> None:
    assert affordable(2000, 1e3) == 2000
    assert affordable(2000, 1e6) == 100
    assert affordable(2000, 1e12) == 32
    network = examples()["sir"].network
    found = list(own(network, horizon=5.0, runs=1300, seed=1))
    assert all(isinstance(part, Ensemble) and part.asked == 1300 for part in found)
    assert found[-1].trajectories == 1300
    np.testing.assert_array_equal(found[-1].means, simulate(network, np.linspace(0, 5, 101), 1300, 1).mean)


def test_values_are_kept_of_as_many_trajectories_as_asked() -> None:
    """A whole block is the least; the moments are those of all trajectories."""
    network = examples()["sir"].network
    whole, part = (simulate(network, [5.0], 1300, 1, keep=keep) for keep in (True, 600))
    assert (len(whole.kept), len(part.kept)) == (1300, 1024)
    np.testing.assert_array_equal(part.kept, whole.kept[:1024])
    np.testing.assert_array_equal(part.mean, whole.mean)


def test_a_species_that_ends_at_nothing_has_no_fano_factor() -> None:
    *_, found = own(from_rows([("A", "B", "1")], [("A", 1)]), horizon=10_000.0, runs=20)
    assert np.isnan(found.fano[0])
    assert found.fano[1] == 0
    assert found.noisiest is None


@pytest.mark.parametrize(
    "values",
    [np.arange(7.0), np.array([0.0, 1e6]), np.array([0.25, 0.5, 0.5]), np.full(9, 3.0), np.array([1.0, math.nan, 2.0]), np.full(4, 1e17)],
)  # fmt: skip
def test_a_histogram_holds_all_its_finite_values(values: np.ndarray) -> None:
    found = histogram_of(values)
    assert found.density.sum() * found.width == pytest.approx(1)
    assert (found.poisson is None) == bool((np.isfinite(values) & (values != np.floor(values))).any())


def test_a_histogram_of_poisson_numbers_lies_on_the_poisson_curve() -> None:
    found = histogram_of(np.random.default_rng(0).poisson(30.0, 40_000).astype(float))
    assert found.poisson is not None and found.poisson_at is not None
    expected = np.interp(found.centres, found.poisson_at, found.poisson, 0.0, 0.0)
    inside = (found.poisson_at[0] <= found.centres) & (found.centres <= found.poisson_at[-1])
    off = np.abs(found.density - expected)[inside]
    assert off.max() < 4 * math.sqrt(found.poisson.max() / 40_000) + 0.05 * found.poisson.max(), "bins are wider than 1"
    assert histogram_of(np.array([math.nan])).density.sum() == 0


@pytest.mark.parametrize("values", [np.full(50, 100.0), np.arange(98.0, 103.0), np.array([0.0, 0.0, 1.0])])
def test_the_poisson_curve_reaches_as_far_as_it_goes_and_not_as_the_values_do(values: np.ndarray) -> None:
    found = histogram_of(values)
    assert found.poisson is not None and found.poisson_at is not None
    mean = values.mean()
    reach = 2.5 * math.sqrt(mean)
    assert found.poisson_at[0] <= max(0.0, mean - reach) and found.poisson_at[-1] >= mean + reach
    assert found.poisson.sum() == pytest.approx(1.0, abs=3e-3), "a tail of a thousandth on either side is left out"
    assert found.top >= found.poisson_at[-1]


def test_the_distance_from_the_master_equation_is_what_chance_gives() -> None:
    """Over all moments the ratio of the two is near 1; for twice as many trajectories chance is 1/√2 of it."""
    found = studies.distribution("immigration-death", runs=4000, seed=3)
    ratio = found.variation[1:, 0] / found.chance[1:, 0]
    assert 0.8 < ratio.mean() < 1.2
    assert found.variation[0, 0] < 1e-9
    larger = studies.distribution("immigration-death", runs=8000, seed=3)
    np.testing.assert_allclose(larger.chance[1:] / found.chance[1:], math.sqrt(0.5), rtol=1e-6)
    assert found.solved[0][20].sum() * found.widths[0] == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(found.solved_means[:, 0], 20 * (1 - np.exp(-0.5 * found.times)), atol=1e-6)


def test_wide_distributions_are_put_into_bins() -> None:
    found = studies.distribution("schloegl", runs=200, seed=1)
    assert found.widths[0] > 1 and len(found.centres[0]) <= studies.MOST_BINS + 1
    assert np.diff(found.centres[0]) == pytest.approx(found.widths[0])
    at = found.nearest(1.0)
    assert (found.solved[0][at] * found.centres[0]).sum() * found.widths[0] == pytest.approx(
        found.solved_means[at, 0], rel=5e-3
    )
    assert found.at_mean(at) < 0.1


def test_the_flow_points_where_the_drift_goes() -> None:
    """At m = n = 0 of the gene only m grows: to the right; arrows are clockwise from straight up."""
    found = studies.phase_plane("gene", (0.0, 0.0), seed=1)
    right, up = np.sin(np.radians(found.degrees)), np.cos(np.radians(found.degrees))
    drift = found.share(rate_equations.drift(examples()["gene"].network, found.arrows))
    np.testing.assert_allclose(
        np.stack([right, up], 1), drift / np.linalg.norm(drift, axis=1, keepdims=True), atol=1e-12
    )
    assert found.start == (0, 0)
    np.testing.assert_allclose(found.drift[0, 0], [20, 0])
    np.testing.assert_allclose(found.ode[-1], [20 * (1 - math.exp(-10)), 50 * (1 - 11 * math.exp(-10))], rtol=1e-5)


def test_the_path_of_the_plane_is_the_path_from_there() -> None:
    found = studies.phase_plane("toggle", (0.5, 0.25), span=0.5, seed=7)
    moved = started_at(examples()["toggle"].network, (40, 20))
    whole = path(moved, 20.0, 7, max_jumps=60_000)
    np.testing.assert_array_equal(found.path, whole.states)
    assert found.jumps == len(whole.times) - 1
    for time, state in zip(found.times[::97], found.stepped[::97], strict=True):
        np.testing.assert_array_equal(state, whole.states[(whole.times <= time).sum() - 1])
    assert found.apart == pytest.approx(math.hypot(*found.share(found.path[-1] - found.ode[-1])) / math.sqrt(2))


def test_fates_add_up_and_know_the_roots() -> None:
    found = studies.fates(250, horizon=4.0, runs=300, seed=5)
    assert found.modes == (82, 563)
    np.testing.assert_allclose(found.roots, (85.49, 247.60, 566.91), atol=0.005)
    assert found.final.sum() * found.width == pytest.approx(1)
    assert found.stationary.sum() * found.width == pytest.approx(1, abs=1e-3)
    assert found.final[found.levels < 256].sum() * found.width == pytest.approx(found.low, abs=0.02)
    counts = simulate(examples()["schloegl"].network, found.times, 300, 5, keep=True).kept[:, :, 0]
    assert found.low == (counts[:, -1] <= 256).mean()
    assert found.crossed == ((counts <= 100).any(1) & (counts >= 550).any(1)).mean()


def test_the_slips_are_measured_where_they_are_said_to_be() -> None:
    one = studies.stoichiometry_slip(runs=2000, seed=3)
    assert one.moment == 10
    assert one.solved[one.at] == pytest.approx(52.2143, abs=1e-4)
    assert (one.right[one.at], one.post[one.at]) == (pytest.approx(52.2, abs=0.5), pytest.approx(98.1, abs=0.1))
    other = studies.jump_slip(horizon=2000.0, seed=4)
    assert other.by_time.sum() == pytest.approx(1) and other.by_jumps.sum() == pytest.approx(1)
    assert other.excess == pytest.approx(other.jumps_truth - other.truth, abs=0.5)


def test_fixed_points_are_for_one_species() -> None:
    logistic = Network(("X",), (1,), (Reaction({"X": 1}, {"X": 2}, 2.0), Reaction({"X": 2}, {"X": 1}, 0.02)))
    assert rate_equations.fixed_points(logistic, 500.0) == (pytest.approx(200),)
    with pytest.raises(ValueError, match="one species"):
        rate_equations.fixed_points(examples()["gene"].network, 10.0)


@pytest.mark.parametrize(
    "study",
    [
        lambda: trajectories("sir", runs=100, seed=1),
        lambda: studies.distribution("dimerisation", runs=100, seed=1),
        lambda: studies.phase_plane("gene", (0.3, 0.3), seed=1),
        lambda: studies.fates(250, horizon=2.0, runs=50, seed=1),
        lambda: studies.stoichiometry_slip(runs=200, seed=1),
        lambda: studies.jump_slip(horizon=50.0, seed=1),
    ],
)
def test_results_are_small_frozen_and_travel(study: Callable[[], object]) -> None:
    found = study()
    data = pickle.dumps(found)
    assert len(data) < 1_000_000
    assert str(pickle.loads(data)) == str(found)
    assert "\n" not in str(found) and len(str(found)) < 250
    with pytest.raises((AttributeError, TypeError)):
        found.times = None  # type: ignore[attr-defined]
