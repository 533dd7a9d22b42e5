"""HSIC: identities, closed forms, agreement with hyppo and dcor where the definitions coincide, and what is refused."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.spatial.distance
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.stats.hsic import (
    dhsic,
    gamma_null,
    holm,
    hsic,
    hsic_matrix,
    median_distance,
    permutation,
    permutation_stream,
    permutation_test,
    verification,
)
from core.stats.hsic.clouds import SHAPES, cloud, from_ink
from core.stats.hsic.dependence import distance_correlation, mutual_information, pearson, spearman
from core.stats.hsic.estimators import double_device, gram_steps
from core.stats.hsic.gaussian import normal_hsic
from core.stats.hsic.power import Setting, rejections
from core.tables import read_table


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


def test_shuffled_statistics_have_the_law_of_all_shuffles() -> None:
    """Five samples have 120 orders: every statistic of a random shuffle is one of theirs, each about equally often."""
    import itertools

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
    law = gamma_null(x, np.random.default_rng(5).permutation(y))
    null = permutation_test(x, y, 3000, 1).null
    assert law.shape * law.scale / law.n == pytest.approx(null.mean(), rel=0.05)
    share = (null >= np.quantile(null, 0.95)).mean()
    assert law.p_value(float(np.quantile(null, 0.95))) == pytest.approx(share, abs=0.02)


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
    law = gamma_null(x, y)
    assert law.shape * law.scale / n == pytest.approx(mean, rel=1e-10)
    assert law.shape * (law.scale / n) ** 2 == pytest.approx(variance, rel=1e-10)
    assert law.p_value(law.quantile(0.95)) == pytest.approx(0.05, rel=1e-9)
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


@pytest.mark.parametrize(
    ("broken", "caught"),
    [
        (("hsic", _not_centred), {"independent: unbiased", "linear kernel", "rho = 0.3", "first example"}),
        (("hsic", _half), {"rho = 0.6", "rho = 0.9", "n = 10: unbiased", "linear kernel", "second example"}),
        (("hsic", _rough), {"low rank"}),
        (("hsic", _always_biased), {"independent: unbiased", "rho = 0.3", "n = 10: unbiased"}),
        (("hsic", _post_is_biased), {"lies above", "farther off"}),
        (("permutation_test", _too_few), {"permutation p-values"}),
    ],
)  # fmt: skip
def test_the_checks_catch_broken_models(
    broken: tuple[str, object], caught: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, *broken)
    failed = [c.name for c in verification.checks() if not c.passed]
    for words in caught:
        assert any(words in name for name in failed), (words, failed)


def test_agreement_with_hyppo_in_its_own_convention() -> None:
    """hyppo takes the median of x for both variables and divides by the two self-covariances."""
    from hyppo.independence import Hsic

    x, y = data(80, 4)
    sigma = median_distance(x)
    scale = np.sqrt(
        *[hsic(x, x, "unbiased", sigma_x=sigma, sigma_y=sigma) * hsic(y, y, "unbiased", sigma_x=sigma, sigma_y=sigma)]
    )
    ours = hsic(x, y, "unbiased", sigma_x=sigma, sigma_y=sigma) / scale
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = Hsic().statistic(x[:, None], y[:, None])
    assert ours == pytest.approx(theirs, abs=1e-10)


def test_agreement_with_dcor() -> None:
    import dcor

    x, y = data(200, 6)
    assert distance_correlation(x, y) == pytest.approx(dcor.distance_correlation(x, y), abs=1e-10)


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


def test_ink_is_sampled_where_it_is() -> None:
    ink = np.zeros((8, 8))
    ink[0, 7] = 1.0
    x, y = from_ink(ink, 500, 0.0, 1)
    assert x.min() >= 0.75 and y.min() >= 0.75
    with pytest.raises(ValueError, match="empty"):
        from_ink(np.zeros((8, 8)), 10, 0, 0)


def test_power_grows_with_the_samples_and_falls_with_the_noise() -> None:
    points = list(rejections("circle", [Setting(20, 0.3), Setting(160, 0.3), Setting(160, 1.0)], 30, 99, 0.05, 1))
    assert points[0].hsic < 0.5 < points[1].hsic
    assert points[2].hsic < points[1].hsic
    assert points[1].pearson < 0.3


def test_holm_has_the_textbook_values() -> None:
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


def test_a_matrix_of_tests_finds_the_dependent_pair() -> None:
    x, y = cloud("circle", 250, 0.05, 1)
    z = np.random.default_rng(1).normal(size=250)
    found = {(i, j): test.p_value for i, j, test in hsic_matrix(np.stack([x, y, z], 1), 199, 1)}
    assert found[0, 1] == 1 / 200
    assert min(found[0, 2], found[1, 2]) > 0.02


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
        ({"sigma_x": 0.0}, "sigma of x"),
        ({"sigma_y": -1.0}, "sigma of y"),
    ],
)
def test_bad_options_are_named(options: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        hsic(*data(20), **options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="permutations = 0"):
        permutation_test(*data(20), permutations=0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"), ("a\n" + "1\n" * 20, "1 columns"), ("a,b\n1,2\n", "1 rows"), ("a,b\n" + "1,x\n" * 20, "row 2, column b"),
        ("a,b\n" + "1,nan\n" * 20, "must be finite"), ("a,b\n" + "".join(f"{i},7\n" for i in range(20)), "column b is constant"),
        ("a,a\n" + "".join(f"{i},{i}\n" for i in range(20)), "same name"), ("a,b\n" + "1,2,3\n" * 20, "row 2 has 3 cells"),
    ],
)  # fmt: skip
def test_bad_tables_are_named(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_table(text.encode())


def test_tables_with_other_separators_are_read() -> None:
    names, values = read_table(("\ufeffa;b\n" + "".join(f"{i};{i * i}\n" for i in range(12))).encode())
    assert names == ["a", "b"]
    assert values[3, 1] == 9
