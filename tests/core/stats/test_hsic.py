"""HSIC: identities, closed forms, agreement with hyppo where the definitions coincide, and what is refused."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable

import numpy as np
import pytest
import scipy.spatial.distance
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.clouds import SHAPES, cloud
from core.data.tables import Table
from core.progress import Progress
from core.refusal import Refusal
from core.stats.hsic import (
    compare,
    covariances,
    dependence_matrix,
    dhsic,
    gamma_null,
    gram_steps,
    holm,
    hsic,
    median_distance,
    normalised_hsic,
    null_stream,
    permutation,
    permutation_stream,
    permutation_test,
    power_curve,
    road,
    verification,
)
from core.stats.hsic.bandwidth import median_of_differing
from core.stats.hsic.dependence import distance_correlation, mutual_information, pearson, spearman
from core.stats.hsic.estimators import centred, double_device
from core.stats.hsic.gaussian import normal_hsic
from core.stats.hsic.power import Setting, rejections
from tests.core.stats import hyppo_apart
from tests.facts import unnoticed


def data(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return x, np.sin(2 * x) + rng.normal(size=n)


def textbook(x: np.ndarray, y: np.ndarray, unbiased: bool = False) -> float:
    """The definition, written out with full matrices."""
    n = len(x)
    grams = []
    for v in (x, y):
        d = scipy.spatial.distance.cdist(*(2 * [v.reshape(n, -1)]))
        grams.append(np.exp(-(d**2) / (2 * np.median(d[np.triu_indices(n, 1)]) ** 2)))
    k, l = grams
    if not unbiased:
        h = np.eye(n) - 1 / n
        return float(np.trace(k @ h @ l @ h)) / n**2
    for gram in grams:
        np.fill_diagonal(gram, 0)
    one = np.ones(n)
    total = np.trace(k @ l) + one @ k @ one * (one @ l @ one) / ((n - 1) * (n - 2)) - 2 / (n - 2) * (one @ k @ l @ one)
    return float(total / (n * (n - 3)))


@pytest.mark.parametrize("n", [4, 5, 37, 120, 900])
@pytest.mark.parametrize("dimensions", [1, 3])
def test_estimators_are_their_definitions(n: int, dimensions: int) -> None:
    rng = np.random.default_rng(n)
    x = rng.normal(size=(n, dimensions)).squeeze()
    y = np.abs(x if dimensions == 1 else x[:, 0]) + rng.normal(size=n)
    assert hsic(x, y) == pytest.approx(textbook(x, y), rel=1e-9)
    assert hsic(x, y, "unbiased") == pytest.approx(textbook(x, y, True), rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("estimator", ["biased", "unbiased"])
@pytest.mark.parametrize("kernel", ["gaussian", "linear"])
def test_low_rank_equals_all_pairs_to_1e_9(estimator: str, kernel: str) -> None:
    x, y = data(2500)
    dense = hsic(x, y, estimator, kernel=kernel, low_rank=False)  # type: ignore[arg-type]
    assert hsic(x, y, estimator, kernel=kernel, low_rank=True) == pytest.approx(dense, rel=1e-9)  # type: ignore[arg-type]


def test_kernels_without_low_rank_are_visited_in_blocks() -> None:
    x, y = data(600)
    k, l = (np.exp(-np.abs(v[:, None] - v) / median_distance(v)) for v in (x, y))
    h = np.eye(600) - 1 / 600
    assert hsic(x, y, kernel="laplace") == pytest.approx(np.trace(k @ h @ l @ h) / 600**2, rel=1e-9)
    labels = np.arange(600) % 3
    equal = (labels[:, None] == labels).astype(float)
    assert hsic(labels, labels, kernel="delta") == pytest.approx(np.trace(equal @ h @ equal @ h) / 600**2, rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6) | st.integers(-3, 3).map(float), min_size=2, max_size=40), st.integers(1, 3))
def test_the_median_is_exact(values: list[float], dimensions: int) -> None:
    x = np.array(values)
    if dimensions > 1:
        x = np.stack([x, *(np.roll(x, i) for i in range(1, dimensions))], 1)
    pairs = scipy.spatial.distance.pdist(x.reshape(len(x), -1))
    assert median_distance(x) == pytest.approx(np.median(pairs), rel=1e-12)


def test_the_median_of_many_large_values_does_not_overflow() -> None:
    x = np.random.default_rng(1).normal(size=30_000) * 1e6
    normal = 1e6 * np.sqrt(2) * scipy.stats.norm.ppf(0.75)  # |x - x'| of normals has this median
    assert median_distance(x) == pytest.approx(normal, rel=0.02)


def test_the_closed_form_has_the_known_values() -> None:
    for rho, value in ((0.3, 0.003515), (0.6, 0.016616), (0.9, 0.051143)):
        assert normal_hsic(rho) == pytest.approx(value, abs=5e-7)
    assert normal_hsic(0.0) == pytest.approx(0, abs=1e-15)


def test_shifts_permutations_and_scales_change_nothing() -> None:
    x, y = data(150)
    order = np.random.default_rng(3).permutation(150)
    for other in ((x + 5, y - 2), (3 * x, 0.1 * y), (x[order], y[order]), (y, x)):
        assert hsic(*other) == pytest.approx(hsic(x, y), rel=1e-9)


def test_two_variables_make_dhsic_the_same_as_hsic_and_three_see_what_pairs_do_not() -> None:
    x, y = data(120)
    assert dhsic([x, y]) == pytest.approx(hsic(x, y), rel=1e-9)
    rng = np.random.default_rng(0)
    a, b = rng.choice([-1.0, 1.0], (2, 300))
    a, b = a + 0.1 * rng.normal(size=300), b + 0.1 * rng.normal(size=300)
    c = np.sign(a * b) + 0.1 * rng.normal(size=300)  # pairwise independent, jointly not
    assert permutation_test(a, c, 199, 0).p_value > 0.05
    shuffled = [dhsic([a, b[rng.permutation(300)], c[rng.permutation(300)]]) for _ in range(60)]
    assert dhsic([a, b, c]) > 3 * max(shuffled)


def test_permutation_tests_are_valid_and_reproducible() -> None:
    x, y = data(200)
    one, two = permutation_test(x, y, 400, 5), permutation_test(x, y, 400, 5)
    np.testing.assert_array_equal(one.null, two.null)
    assert not np.array_equal(one.null, permutation_test(x, y, 400, 6).null)
    assert one.statistic == pytest.approx(hsic(x, y), rel=1e-9)
    assert one.p_value == (1 + (one.null >= one.statistic).sum()) / 401
    parts = list(permutation_stream(x, y, 400, 5, parts=4))
    assert [len(p.null) for p in parts] == [100, 200, 300, 400]


def test_shuffled_statistics_are_distributed_as_those_of_all_shuffles() -> None:
    """Five samples have 120 orders: every statistic of a random shuffle is one of theirs, each about equally often."""
    x, y = np.array([0.0, 1.0, 3.0, 4.5, 7.0]), np.array([1.0, -2.0, 0.5, 4.0, 2.5])
    k = gram_steps(x, y)
    exact = np.array([(k.centred_k * k.l[np.ix_(p, p)]).mean() for p in map(list, itertools.permutations(range(5)))])
    null = permutation_test(x, y, 12_000, 1).null
    nearest = np.abs(null[:, None] - exact[None]).argmin(1)
    assert np.abs(null - exact[nearest]).max() < 1e-10
    values, weights = np.unique(exact.round(9), return_counts=True)
    seen = np.array([(np.abs(null - v) < 1e-8).sum() for v in values])
    assert scipy.stats.chisquare(seen, weights / 120 * 12_000).pvalue > 1e-4


def test_a_seed_draws_the_same_shuffles_through_factors_and_through_full_matrices() -> None:
    x, y = data(300)
    through_factors = permutation_test(x, y, 50, 7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(permutation, "RANK_BOUND", 0)
        through_matrices = permutation_test(x, y, 50, 7)
    np.testing.assert_allclose(through_matrices.null, through_factors.null, rtol=1e-8)
    assert through_matrices.statistic == pytest.approx(through_factors.statistic, rel=1e-9)


@pytest.mark.parametrize("way", ["_LowRank", "_Dense"])
def test_torch_and_compiled_code_give_the_same_null(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = data(120)
    if way == "_Dense":
        monkeypatch.setattr(permutation, "RANK_BOUND", 0)
    compiled = permutation_test(x, y, 40, 3)
    chosen = getattr(permutation, way)
    monkeypatch.setattr(chosen, "fill", chosen.fill_by_torch)
    monkeypatch.setattr(permutation, "BATCH_NUMBERS", 40_000)
    np.testing.assert_allclose(permutation_test(x, y, 40, 3).null, compiled.null, rtol=1e-9)


def test_many_dimensions_are_tested_through_full_matrices() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 6))
    y = np.abs(x) + 0.5 * rng.normal(size=(200, 6))
    test = permutation_test(x, y, 99, 0)
    assert test.statistic == pytest.approx(hsic(x, y), rel=1e-9)
    assert (test.p_value, test.rank) == (0.01, 1)
    assert permutation_test(x, rng.normal(size=(200, 6)), 99, 0).p_value > 0.05
    with pytest.raises(ValueError, match="7000 samples of 6"):
        permutation_test(np.tile(x, (35, 1)) + rng.normal(size=(7000, 6)), rng.normal(size=(7000, 6)), 10)


def test_balanced_binary_variables_are_as_independent_as_can_be() -> None:
    """HSIC is exactly 0 and no shuffle lies below: rounding must not make a finding of it."""
    x = np.arange(40.0) % 2
    y = np.arange(40) // 2 % 2
    test = permutation_test(x, y, 200, 1, sigma_x=1, sigma_y=1)
    assert test.statistic == pytest.approx(0, abs=1e-15)
    assert test.p_value == 1


def test_apple_devices_without_float64_leave_the_work_to_the_cpu() -> None:
    assert double_device(torch.device("mps")).type == "cpu"
    assert double_device(torch.device("cuda")).type == "cuda"


def test_type_one_error_is_the_level() -> None:
    """300 tests at level .05: a right test leaves 15 ± 4 sd with probability 6e-5."""
    rng = np.random.default_rng(2)
    rejected = sum(
        permutation_test(rng.normal(size=30), rng.exponential(size=30), 99, i).p_value <= 0.05 for i in range(300)
    )
    assert abs(rejected - 15) < 4 * np.sqrt(300 * 0.05 * 0.95)


def test_gamma_approximates_the_permutation_null() -> None:
    x, y = data(150)
    gamma = gamma_null(x, np.random.default_rng(5).permutation(y))
    null = permutation_test(x, y, 3000, 1).null
    assert gamma.shape * gamma.scale / gamma.n == pytest.approx(null.mean(), rel=0.05)
    share = (null >= np.quantile(null, 0.95)).mean()
    assert gamma.p_value(float(np.quantile(null, 0.95))) == pytest.approx(share, abs=0.02)


def test_gamma_has_the_moments_of_its_formulas() -> None:
    """Written out with full matrices, in the form of the paper's own program: 72 … mean of (K_c L_c / 6)²."""
    x, y = data(60)
    n, off = 60, ~np.eye(60, dtype=bool)
    k = gram_steps(x, y)
    a, b = k.k[off].mean(), k.l[off].mean()
    mean = (1 + a * b - a - b) / n
    variance = (
        72 * (n - 4) * (n - 5) / (n * (n - 1) * (n - 2) * (n - 3)) * ((k.centred_k * k.centred_l / 6) ** 2)[off].mean()
    )
    gamma = gamma_null(x, y)
    assert gamma.shape * gamma.scale / n == pytest.approx(mean, rel=1e-10)
    assert gamma.shape * (gamma.scale / n) ** 2 == pytest.approx(variance, rel=1e-10)
    assert gamma.p_value(gamma.quantile(0.95)) == pytest.approx(0.05, rel=1e-9)
    with pytest.raises(ValueError, match="does not vary"):
        gamma_null(np.ones(20), np.arange(20), sigma_x=1.0)
    with pytest.raises(ValueError, match="5 samples"):
        gamma_null(np.arange(5), np.arange(5))


def _not_centred(x: object, y: object, *args: object, **options: object) -> float:
    return hsic(x, y, *args, **options) + 0.01  # type: ignore[arg-type]


def _half(x: object, y: object, *args: object, **options: object) -> float:
    return 0.5 * hsic(x, y, *args, **options)  # type: ignore[arg-type]


def _rough(x: object, y: object, *args: object, **options: object) -> float:
    return hsic(x, y, *args, **options) * (1 + 1e-8 * (options.get("low_rank") is True))  # type: ignore[arg-type]


def _always_biased(x: object, y: object, estimator: str = "biased", **options: object) -> float:
    return hsic(x, y, "biased" if estimator == "unbiased" else estimator, **options)  # type: ignore[arg-type]


def _post_is_biased(x: object, y: object, estimator: str = "biased", **options: object) -> float:
    return hsic(x, y, "unbiased" if estimator == "post" else estimator, **options)  # type: ignore[arg-type]


def _too_few(x: object, y: object, permutations: int, seed: int) -> object:
    return type("Test", (), {"p_value": permutation_test(x, y, permutations, seed).p_value * 0.8})


def _not_in_the_middle(x: np.ndarray, y: np.ndarray, f: str, g: str, at: tuple[float, float]) -> object:
    """The road with features that are not centred."""
    with pytest.MonkeyPatch.context() as patch:
        plain = covariances.gram_steps
        patch.setattr(
            covariances, "gram_steps", lambda *a: dataclasses.replace(s := plain(*a), centred_k=s.k, centred_l=s.l)
        )
        return road(x, y, f, g, at)


def _half_strengths(*given: object) -> object:
    found = road(*given)  # type: ignore[arg-type]
    return dataclasses.replace(found, strengths=found.strengths / 2)


def _second_best(*given: object) -> object:
    found = road(*given)  # type: ignore[arg-type]
    return dataclasses.replace(found, best_f=found.best_f[::-1])


@pytest.mark.parametrize(
    ("broken", "caught"),
    [
        (("hsic", _not_centred), {"independent: unbiased", "linear kernel", "rho = 0.3", "first example"}),
        (("hsic", _half), {"rho = 0.6", "rho = 0.9", "n = 10: unbiased", "linear kernel", "second example"}),
        (("hsic", _rough), {"low rank"}),
        (("hsic", _always_biased), {"independent: unbiased", "rho = 0.3", "n = 10: unbiased"}),
        (("hsic", _post_is_biased), {"lies above", "farther off"}),
        (("permutation_test", _too_few), {"permutation p-values"}),
        (("road", _not_in_the_middle), {"squared covariances"}),
        (("road", _half_strengths), {"random pairs", "squared covariances"}),
        (("road", _second_best), {"drawn as the best"}),
    ],
)  # fmt: skip
def test_the_checks_catch_broken_models(
    broken: tuple[str, object], caught: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, *broken)
    assert not unnoticed(verification.checks, *caught)


def test_agreement_with_hyppo_in_its_own_convention() -> None:
    """hyppo takes the median of x for both variables and divides by the two self-covariances."""
    x, y = data(80, 4)
    sigma = median_distance(x)
    scale = np.sqrt(
        *[hsic(x, x, "unbiased", sigma_x=sigma, sigma_y=sigma) * hsic(y, y, "unbiased", sigma_x=sigma, sigma_y=sigma)]
    )
    ours = hsic(x, y, "unbiased", sigma_x=sigma, sigma_y=sigma) / scale
    assert ours == pytest.approx(hyppo_apart.statistic("Hsic", x, y), abs=1e-10)


def test_agreement_with_hyppo_on_distance_correlation() -> None:
    x, y = data(200, 6)
    theirs = hyppo_apart.statistic("Dcorr", x, y, bias=True)
    assert distance_correlation(x, y) == pytest.approx(theirs, abs=1e-10)


def test_other_measures_have_their_known_values() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=1500)
    y = 0.8 * x + 0.6 * rng.normal(size=1500)
    assert pearson(x, y) == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-12)
    assert spearman(x, y) == pytest.approx(scipy.stats.spearmanr(x, y).statistic, abs=1e-12)
    assert mutual_information(x, y) == pytest.approx(-0.5 * np.log(1 - 0.64), abs=0.06)
    assert pearson(x, np.ones(1500)) == 0


@pytest.mark.parametrize("shape", SHAPES)
def test_correlation_sees_the_line_only_and_hsic_sees_every_shape(shape: str) -> None:
    x, y = cloud(shape, 600, 0.05, 1)
    seen = permutation_test(x, y, 199, 0).p_value <= 0.01
    assert seen == (shape != "independent")
    if shape not in ("linear", "sine", "spiral"):
        assert abs(pearson(x, y)) < 4 / np.sqrt(600)


def test_power_grows_with_the_samples_and_falls_with_the_noise() -> None:
    points = list(rejections("circle", [Setting(20, 0.3), Setting(160, 0.3), Setting(160, 1.0)], 30, 99, 0.05, 1))
    assert points[0].hsic < 0.5 < points[1].hsic
    assert points[2].hsic < points[1].hsic
    assert points[1].pearson < 0.3


def test_holm_has_the_textbook_values() -> None:
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


def matrix(names: list[str], table: np.ndarray, permutations: int = 199) -> object:
    """The last, whole matrix."""
    return [m for m in dependence_matrix(Table.of(names, table), permutations, 1) if not isinstance(m, Progress)][-1]


def test_a_matrix_of_tests_finds_the_dependent_pair() -> None:
    x, y = cloud("circle", 250, 0.05, 1)
    z = np.random.default_rng(1).normal(size=250)
    found = matrix(["x", "y", "z"], np.stack([x, y, z], 1))
    assert [(p.x, p.y) for p in found.significant(0.05)] == [("x", "y")]
    first = found.pairs[0]
    assert first.p_value == 1 / 200 and first.adjusted == pytest.approx(3 / 200)
    assert first.strength == pytest.approx(normalised_hsic(x, y), rel=1e-9) == found.strength[1, 0]
    assert np.isnan(found.adjusted[0, 0]) and found.strength[2, 2] == 1


def test_what_a_matrix_finds_on_the_way_is_never_taken_back() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(120, 1)) + rng.normal(size=(120, 5))
    steps = [m for m in dependence_matrix(Table.of("abcde", x), 99, 1) if not isinstance(m, Progress)]
    assert [len(m.pairs) for m in steps] == [4, 7, 9, 10]
    for before, after in itertools.pairwise(steps):
        assert {(p.x, p.y) for p in before.significant(0.05)} <= {(p.x, p.y) for p in after.significant(0.05)}


def test_a_rare_event_is_tested_and_a_constant_column_left_out_with_its_name() -> None:
    """A 0/1 column with few ones has median distance 0; its HSIC is that of the delta kernel, whatever the bandwidth."""
    x, _ = data(300)
    event = (x > 1.2).astype(float)
    found = matrix(["x", "never", "event"], np.stack([x, np.ones(300), event], 1))
    (pair,) = found.pairs
    assert found.left_out == ("never",) and found.tied == ("event",)
    assert pair.p_value == 1 / 200
    k = gram_steps(x, x).centred_k  # sorted by x
    event = np.sort(event)
    delta = centred((event[:, None] == event).astype(float))
    assert pair.strength == pytest.approx((k * delta).sum() / np.linalg.norm(k) / np.linalg.norm(delta), rel=1e-6)


@pytest.mark.parametrize("scale", [1e160, 1e-170])
def test_a_table_may_be_in_any_units(scale: float) -> None:
    x, y = data(80)
    found, plain = (matrix(["x", "y"], np.stack([v, y], 1)) for v in (x * scale, x))
    assert found.pairs[0].strength == pytest.approx(plain.pairs[0].strength, rel=1e-9)


def test_a_table_without_two_varying_columns_is_refused() -> None:
    with pytest.raises(Refusal, match=r"^data: 1 column varies \(b is constant"):
        list(dependence_matrix(Table.of("ab", np.stack([np.arange(20.0), np.ones(20)], 1))))


def test_a_value_beyond_all_measure_is_named_by_its_column() -> None:
    x, y = data(40)
    with pytest.raises(Refusal, match=r"^data: column u has a value 1e\+70 times as far off"):
        list(dependence_matrix(Table.of("uv", np.stack([np.where(x == x.max(), 1e150, x), y], 1))))


@pytest.mark.parametrize("scale", [1e-300, 1e-170, 1e-3, 1e6, 1e69])
@pytest.mark.parametrize("measure", [pearson, spearman, distance_correlation, mutual_information])
def test_other_measures_do_not_depend_on_units(measure: Callable[[object, object], float], scale: float) -> None:
    x, y = data(80)
    assert measure(x * scale, y) == pytest.approx(measure(x, y), rel=1e-9)


@pytest.mark.parametrize("scale", [1e160, 1e-170])
def test_a_sample_whose_squares_leave_double_precision_is_refused(scale: float) -> None:
    x, y = data(50)
    for both in ((x * scale, y), (y, x * scale)):
        with pytest.raises(Refusal, match="double precision") as caught:
            hsic(*both)
        assert "双精度" in caught.value.zh and caught.value.input in ("x", "y")
        with pytest.raises(Refusal, match="double precision"):
            permutation_test(*both)


def test_the_median_of_differing_pairs_leaves_equal_ones_out() -> None:
    x = np.array([0.0, 0, 0, 0, 1, 3])
    gaps = scipy.spatial.distance.pdist(x[:, None])
    assert median_of_differing(x) == np.median(gaps[gaps > 0])
    assert median_of_differing(np.ones(5)) == 0


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1.0, 1e3, 1e6])
def test_mutual_information_does_not_depend_on_units(scale: float) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=1000)
    y = 0.9 * x + np.sqrt(1 - 0.81) * rng.normal(size=1000)
    assert mutual_information(x * scale, y) == pytest.approx(-0.5 * np.log(1 - 0.81), abs=0.06)
    assert mutual_information(y, x * scale) == pytest.approx(mutual_information(y, x), rel=1e-6)


def test_mutual_information_with_ties_is_that_of_the_table_of_counts() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=1000)
    a, b = np.round(2 * x), np.round(2 * (0.9 * x + np.sqrt(1 - 0.81) * rng.normal(size=1000)))
    joint = np.array([[np.mean((a == i) & (b == j)) for j in np.unique(b)] for i in np.unique(a)])
    apart = joint.sum(1, keepdims=True) * joint.sum(0)
    counted = float((joint[joint > 0] * np.log(joint[joint > 0] / apart[joint > 0])).sum())
    assert mutual_information(a, b) == pytest.approx(counted, abs=0.05)
    assert abs(mutual_information(a, rng.permutation(b))) < 0.1
    assert mutual_information(np.full(30, 0.1), rng.normal(size=30)) == 0


def test_five_measures_are_compared_and_hsic_sees_the_circle() -> None:
    x, y = cloud("circle", 300, 0.1, 1)
    found = compare(x, y, 199, 99, 1)
    assert found.hsic == pytest.approx(hsic(x, y)) and found.unbiased == pytest.approx(hsic(x, y, "unbiased"))
    assert found.measure("pearson").value == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert {"hsic", "distance", "information"} <= set(found.seen(0.05)) and "pearson" not in found.seen(0.05)
    assert found.measure("hsic").value == pytest.approx(found.hsic / np.sqrt(hsic(x, x) * hsic(y, y)))


def test_normalised_hsic_is_one_of_a_variable_with_itself() -> None:
    x, y = data(60)
    assert normalised_hsic(x, 3 * x + 1) == pytest.approx(1)
    assert 0 < normalised_hsic(x, y) < 1
    assert normalised_hsic(np.ones(60), y, sigma_x=1.0) == 0


def test_the_three_terms_add_up_to_the_statistic() -> None:
    steps = gram_steps(*data(70), 0.7)
    assert steps.joint + steps.apart - steps.crossed == pytest.approx(steps.hsic, rel=1e-9)
    assert steps.hsic == pytest.approx(hsic(steps.x, steps.y, sigma_x=steps.sigma_x, sigma_y=steps.sigma_y), rel=1e-9)
    assert (np.diff(steps.x) >= 0).all()


def test_the_map_of_bumps_holds_the_covariance_of_each_pair() -> None:
    x, y = data(80)
    found = road(x, y, "bump", "bump", (0.0, 0.0))
    a, b = found.grid_x[20], found.grid_y[44]
    there = road(x, y, "bump", "bump", (a, b))
    assert there.covariance == pytest.approx(found.bumps[44, 20], abs=1e-12)
    assert np.abs(found.bumps).max() <= found.largest
    assert there.covariance == pytest.approx(np.cov(there.f, there.g, bias=True)[0, 1], abs=1e-12)


def test_no_covariance_of_lines_and_one_of_squares_on_a_circle() -> None:
    x, y = cloud("circle", 300, 0.0, 1)
    line, square = (road(x, y, f, f, (0, 0)) for f in ("line", "square"))
    assert line.correlation == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert abs(line.correlation) < 0.15 and square.correlation == pytest.approx(-1, abs=1e-9)
    assert line.running[-1] == pytest.approx(line.hsic)
    with pytest.raises(Refusal, match=r"^f = cube"):
        road(x, y, "cube", "line", (0, 0))


def test_the_null_grows_to_all_shuffles_and_its_thresholds_agree() -> None:
    x, y = cloud("spiral", 100, 0.1, 1)
    *_, last = steps = list(null_stream(x, y, 0.5, 2000, 1))
    assert [len(s.test.null) for s in steps] == list(range(200, 2001, 200))
    assert last.p_value == pytest.approx(last.gamma_p_value, abs=0.05)
    assert (last.test.null > last.threshold).mean() == pytest.approx(0.05, abs=0.001)
    assert abs(last.gap) < 0.1 and last.gap == last.gamma_threshold / last.threshold - 1
    places, density = last.histogram()
    assert density.sum() == pytest.approx(1) and len(places) == 50
    at, curve = last.curve()
    assert np.trapezoid(curve, at) / (places[1] - places[0]) == pytest.approx(1, abs=0.01)
    assert 1 <= last.reach / last.unit < 10


def test_power_is_measured_beside_false_alarms() -> None:
    *_, last = steps = list(power_curve("circle", [(20, 0.3), (160, 0.3)], 30, 99, 0.05, 1))
    assert [len(s.power) for s in steps] == [1, 2] and last.total == 2
    assert last.share("power", "hsic")[1] > 0.5 > last.share("power", "hsic")[0]
    assert (last.share("false_alarms", "hsic") < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 30)).all()
    assert last.reaching(0.5, "hsic") == (160, 0.3) and last.reaching(0.5, "pearson") is None
    assert last.alarms == (last.share("false_alarms", "hsic").min(), last.share("false_alarms", "hsic").max())
    low, high = last.band("power", "hsic")
    p = last.share("power", "hsic")
    assert (low <= p).all() and (high >= p).all() and (high - low > 0).all()


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ([1, 2, 3], [1, 2, 3], "x: 3 samples"), ([1, 2, 3, 4], [1, 2, 3, 4, 5], "y: 5 samples, but x has 4"),
        ([1, 2, np.nan, 4], [1, 2, 3, 4], "x: holds NaN"), ([1, 2, 3, 4], [1, 2, 3, np.inf], "y: holds NaN"),
        (["a", "b", "c", "d"], [1, 2, 3, 4], "x: must be numbers"), ([5, 5, 5, 5], [1, 2, 3, 4], "x: the median distance is 0"),
        (np.zeros((4, 2, 2)), [1, 2, 3, 4], "x: has shape"),
    ],
)  # fmt: skip
def test_bad_samples_are_named(x: object, y: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        hsic(x, y)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"estimator": "best"}, "estimator = best"),
        ({"kernel": "cubic"}, "kernel = cubic"),
        ({"sigma_x": 0.0}, "sigma_x = 0.0"),
        ({"sigma_y": -1.0}, "sigma_y = -1.0"),
    ],
)
def test_bad_options_are_named(options: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        hsic(*data(20), **options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="permutations = 0"):
        permutation_test(*data(20), permutations=0)
