"""Adversarial validation: the facts hold, and fail on broken formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.data.tables import Table
from core.refusal import Refusal
from core.stats import validation_split as model
from core.stats import validation_split_verification as verification
from core.stats.validation_sets import column_areas, example, read_sets, same_columns, select
from core.stats.validation_split import (
    Discrimination,
    Shift,
    discriminate,
    effective_share,
    effective_size,
    largest,
    reliability,
    resampled,
    weighted_error,
    weights,
)
from tests.facts import Checks, gives_all, unnoticed

plain_error, plain_discriminate = model.weighted_error, model.discriminate


def unbalanced(train: np.ndarray, test: np.ndarray, kind: str, seed: int, **more: Any) -> Discrimination:
    found = plain_discriminate(train, test, kind, seed, **more)
    odds = len(test) / len(train)
    return Discrimination(found.train * odds / (1 - found.train + found.train * odds), found.test, found.area)


def always_out_of_fold(train: np.ndarray, test: np.ndarray, kind: str, seed: int, **more: Any) -> Discrimination:
    return plain_discriminate(train, test, kind, seed)


def unweighted(e: np.ndarray, w: np.ndarray) -> tuple[float, float]:
    return plain_error(e, np.ones(len(e)))


def too_certain(e: np.ndarray, w: np.ndarray) -> tuple[float, float]:
    return plain_error(e, w)[0], plain_error(e, w)[1] / 3


def divided_by_n(e: np.ndarray, w: np.ndarray) -> tuple[float, float]:
    """The estimate that is unbiased, Σwe/n, in place of the self-normalised one."""
    return float((w * e).mean()), plain_error(e, w)[1]


def smallest(d: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(d, kind="stable")
    return order[:count], order[count:]


BROKEN: list[tuple[str, Callable[..., Any], Checks, str]] = [
    ("weights", lambda d: d, verification.weight_checks, "rms of log"),
    ("weights", lambda d: d, verification.validation_checks, "ratio weights: mean"),
    ("weights", lambda d: d, verification.validation_checks, "weighting by D"),
    ("effective_share", lambda s: 0.5, verification.weight_checks, "ESS/n"),
    ("effective_size", lambda w: len(w), verification.weight_checks, "ESS/n"),
    ("discriminate", unbalanced, verification.size_checks, "mean weight on the training set"),
    ("discriminate", always_out_of_fold, verification.forest_checks, "a forest's calibration"),
    ("weighted_error", unweighted, verification.validation_checks, "exact weights: mean"),
    ("weighted_error", unweighted, verification.validation_checks, "a random split's bias"),
    ("weighted_error", too_certain, verification.validation_checks, "exact weights: share"),
    ("weighted_error", too_certain, verification.validation_checks, "ratio weights: share"),
    ("weighted_error", divided_by_n, verification.bias_checks, "first order in 1/n"),
    ("own_bias", lambda distance, n: 0.5 * plain_bias(distance, n), verification.bias_checks, "first order in 1/n"),
    ("largest", smallest, verification.validation_checks, "the quarter with the largest D"),
    ("roc_auc_score", lambda y, d: 0.6, verification.no_shift_checks, "no shift"),
]
plain_bias = model.own_bias


@pytest.mark.parametrize(("name", "broken", "part", "fact"), BROKEN)
def test_a_broken_formula_is_found(
    monkeypatch: pytest.MonkeyPatch, name: str, broken: Any, part: Checks, fact: str
) -> None:
    monkeypatch.setattr(model, name, broken)
    assert not unnoticed(part, fact)


def test_all_parts_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = ("weight", "no_shift", "validation", "bias", "size", "forest")
    assert gives_all(monkeypatch, verification, *(f"{part}_checks" for part in parts))


def test_the_largest_are_held_out_and_the_rest_is_left() -> None:
    held, rest = largest(np.array([0.2, 0.9, 0.1, 0.7]), 2)
    assert held.tolist() == [1, 3] and rest.tolist() == [0, 2]


def test_the_exact_ratio_integrates_to_one() -> None:
    shift = Shift((0.6, -0.3), 0.9)
    assert shift.ratio(shift.draw(200_000, 0)[0]).mean() == pytest.approx(1, abs=0.01)


def test_the_published_effective_sizes_of_one_dimension() -> None:
    for distance, share in ((0.5, 0.779), (1.0, 0.368), (1.5, 0.105)):
        assert effective_share(Shift((distance, 0.0))) == pytest.approx(share, abs=6e-4)
    assert effective_share(Shift((0.0, 0.0), 1.42)) == 0 and effective_share(Shift((0.0, 0.0))) == 1


def test_the_number_that_the_page_tells() -> None:
    assert model.own_bias(1.0, 200) == pytest.approx(-0.0018, abs=5e-5)
    assert model.own_bias(1.0, 400) == pytest.approx(model.own_bias(1.0, 200) / 2)


def test_equal_weights_are_worth_their_number() -> None:
    assert effective_size(np.full(7, 3.0)) == pytest.approx(7) and effective_size(np.array([1.0, 0, 0])) == 1
    assert weighted_error(np.array([1.0, 0, 0, 1]), np.array([1.0, 1, 1, 1]))[0] == 0.5


def test_resampling_keeps_duplicates_and_never_takes_weight_zero() -> None:
    w = np.array([0.0, 1.0, 3.0])
    drawn = resampled(w, 4000, 0)
    assert set(drawn) == {1, 2} and (drawn == 2).mean() == pytest.approx(0.75, abs=0.03)


def test_certain_discriminators_have_bounded_weights() -> None:
    w = weights(np.array([0.0, 0.5, 1.0]))
    assert w[0] == pytest.approx(1e-4, rel=1e-3) and w[1] == 1 and w[2] == pytest.approx(1e4, rel=1e-3)


def test_a_comparison_grows_and_sums_up_bias_and_spread() -> None:
    *parts, last = model.compare((1.0, 0.5), 1.0, 200, "linear", 16, 3)
    assert [len(part.trials) for part in parts] == [2, 4, 6, 8, 10, 12, 14] and len(last.trials) == 16 == last.repeats
    for scheme in model.SCHEMES:
        gaps = last.gaps(scheme)
        assert last.bias(scheme) == pytest.approx(gaps.mean()) and last.spread(scheme) == pytest.approx(
            gaps.std(ddof=1)
        )
        assert last.rms(scheme) ** 2 == pytest.approx(last.bias(scheme) ** 2 + gaps.var())
        assert last.bias_error(scheme) == pytest.approx(last.spread(scheme) / 4)
    assert last.validation == 50 and last.best in model.SCHEMES and last.best != "exact"


def test_clouds_are_measured_against_the_exact_ratio() -> None:
    near, far = (model.clouds((1.0, 0.0), scale, 1000, "linear", 1) for scale in (1.0, 0.6))
    assert near.log_error < 0.3 < 1 < far.log_error and abs(near.mean_weight - 1) < 0.1
    assert near.effective == pytest.approx(near.share, abs=0.1) and near.emphasis.max() <= 6


def test_a_forest_is_overconfident_on_what_it_has_seen() -> None:
    found = model.calibrated(0.8, 400, "forest", 10, 1)
    assert found.seen.gap > 1.5 * found.fresh.gap and found.means[1] < found.means[0]


def test_few_samples_overrate_the_effective_size_at_a_large_shift() -> None:
    found = model.effective(1.0, 100, "linear", 1)
    assert found.exact[-1] > 10 * found.limits[-1] and found.exact[0] == pytest.approx(1)
    assert found.at_one == pytest.approx(np.exp(-1)) and found.limit[-1] == found.limits[-1]


def test_a_column_that_gives_itself_away_is_named() -> None:
    rng = np.random.default_rng(0)
    train, test = rng.standard_normal((300, 3)), rng.standard_normal((200, 3))
    test[:, 1] -= 20
    areas = column_areas(train, test)
    assert areas[1] == 1 and max(areas[0], areas[2]) < 0.6
    sets = example(1)
    found = select(sets, "linear", 100, 1)
    assert (
        found.telling[0][0] == "bmi"
        and sets.rows_in_file == (len(sets.train), len(sets.test))
        and sum(sets.rows_in_file) == 442
    )
    assert found.times.sum() == 100 and (found.rows == found.chosen + 1).all()


def test_a_calibrated_score_has_no_gap() -> None:
    rng = np.random.default_rng(1)
    d = rng.random(200_000)
    is_test = rng.random(len(d)) < d
    assert reliability(Discrimination(d[~is_test], d[is_test], 0.5)).gap < 0.01


def csv(columns: dict[str, np.ndarray]) -> bytes:
    rows = zip(*columns.values(), strict=True)
    return "\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]).encode()


def test_rows_are_told_as_the_file_numbers_them() -> None:
    """Of a file with more rows than are used, a part is drawn; the table still names rows of the file."""
    rng = np.random.default_rng(0)
    train = csv({"row": np.arange(1, 5001), "u": rng.standard_normal(5000).round(6)})
    test = csv({"u": rng.standard_normal(500).round(6) + 0.5, "row": rng.integers(1, 5001, 500)})
    sets = read_sets(train, test, 3)
    found = select(sets, "linear", 200, 3)
    assert len(sets.train) == 3000 and sets.rows_in_file == (5000, 500)
    assert (found.rows == sets.train[found.chosen, 0]).all() and found.rows.max() > 3000


def test_sets_that_do_not_overlap_or_are_huge_still_give_an_answer() -> None:
    rng = np.random.default_rng(0)
    near, far = rng.standard_normal((60, 2)), rng.standard_normal((60, 2)) + 30
    for kind in model.KINDS:
        for scale in (1.0, 1e160, 1e-170):
            sets = read_sets(
                csv({"a": scale * near[:, 0], "b": near[:, 1]}), csv({"a": scale * far[:, 0], "b": far[:, 1]}), 0
            )
            found = select(sets, kind, 20, 0)
            assert found.found.area > 0.99 and np.isfinite(found.weights).all() and found.times.sum() == 20


def test_columns_are_put_in_order_and_others_are_named() -> None:
    """A training set has its labels and the test set its ids; what both have is used."""
    train, test = Table.of(["a", "b", "label"], np.eye(3)), Table.of(["id", "b", "a"], np.eye(3))
    names, told = same_columns(train, test)
    assert names == ["a", "b"]
    assert [notice.en for notice in told] == [
        "only in the training set, left out: label",
        "only in the test set, left out: id",
    ]
    assert same_columns(train, test, most=1)[0] == ["a"] and "b" in same_columns(train, test, most=1)[1][-1].zh
    with pytest.raises(Refusal, match=r"^test: has no column .* a; here are c") as refused:
        same_columns(Table.of(["a"], np.ones((2, 1))), Table.of(["c"], np.ones((2, 1))))
    assert refused.value.input == "test" and "训练集有：a" in refused.value.zh


def test_rows_left_out_do_not_move_the_numbers_of_others() -> None:
    rng = np.random.default_rng(2)
    rows = [f"{i},{u:.4f},{'north' if i % 2 else 'south'}" for i, u in enumerate(rng.standard_normal(200), 1)]
    rows[9], rows[49] = "10,,north", "50,n/a,south"
    table = "\n".join(["row,u,side", *rows]).encode()
    sets = read_sets(table, table, 0)
    assert len(sets.train) == 198 and (sets.train[:, 0] == sets.rows).all() and 10 not in sets.rows
    told = [notice.en for notice in sets.notices]
    assert "training set: 198 of 200 rows, 2 columns of numbers, separated by commas" in told
    assert any(line.startswith("test set: 2 rows left out (rows 10, 50)") for line in told)
    assert any("'side' is text" in line for line in told)


def test_one_file_alone_is_refused_by_the_name_of_the_other() -> None:
    table = csv({"a": np.arange(20), "b": np.arange(20) ** 2})
    for train, test, name in ((table, None, "test"), (None, table, "train")):
        with pytest.raises(Refusal) as refused:
            read_sets(train, test, 0)
        assert refused.value.input == name


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(Refusal, match=r"^kind = tree: must be one of") as refused:
        discriminate(np.zeros((20, 1)), np.ones((20, 1)), "tree", 0)
    assert refused.value.input == "kind"
