"""Adversarial validation: the facts hold, and fail on broken formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.stats import validation_split as model
from core.stats.validation_split import (
    Discrimination,
    Shift,
    checks,
    column_areas,
    discriminate,
    effective_share,
    effective_size,
    example,
    reliability,
    resampled,
    same_columns,
    weighted_error,
    weights,
)
from tests.facts import failed, unnoticed


def test_all_facts_hold() -> None:
    assert not failed(checks)


plain_error, plain_discriminate = model.weighted_error, model.discriminate


def unbalanced(train: np.ndarray, test: np.ndarray, kind: str, seed: int, **more: Any) -> Discrimination:
    found = plain_discriminate(train, test, kind, seed, **more)
    odds = len(test) / len(train)
    return Discrimination(found.train * odds / (1 - found.train + found.train * odds), found.test, found.area)


def always_out_of_fold(train: np.ndarray, test: np.ndarray, kind: str, seed: int, **more: Any) -> Discrimination:
    return plain_discriminate(train, test, kind, seed)


BROKEN: list[tuple[str, Callable[..., Any], str]] = [
    ("weights", lambda d: d, "rms of log"), ("weights", lambda d: d, "ratio weights: mean"), ("effective_share", lambda s: 0.5, "ESS/n"),
    ("effective_size", lambda w: len(w), "ESS/n"), ("discriminate", unbalanced, "mean weight on the training set"), ("discriminate", always_out_of_fold, "a forest's calibration"),
    ("weighted_error", lambda e, w: plain_error(e, np.ones(len(e))), "exact weights: mean"), ("weighted_error", lambda e, w: plain_error(e, np.ones(len(e))), "a random split's bias"),
    ("weighted_error", lambda e, w: (plain_error(e, w)[0], plain_error(e, w)[1] / 3), "exact weights: share"), ("weighted_error", lambda e, w: (plain_error(e, w)[0], plain_error(e, w)[1] / 3), "ratio weights: share"),
    ("weights", lambda d: d, "weighting by D"), ("roc_auc_score", lambda y, d: 0.6, "no shift"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "broken", "fact"), BROKEN)
def test_a_broken_formula_is_found(monkeypatch: pytest.MonkeyPatch, name: str, broken: Any, fact: str) -> None:
    monkeypatch.setattr(model, name, broken)
    assert not unnoticed(checks, fact)


def test_the_exact_ratio_integrates_to_one() -> None:
    shift = Shift((0.6, -0.3), 0.9)
    assert shift.ratio(shift.draw(200_000, 0)[0]).mean() == pytest.approx(1, abs=0.01)


def test_the_published_effective_sizes_of_one_dimension() -> None:
    for distance, share in ((0.5, 0.779), (1.0, 0.368), (1.5, 0.105)):
        assert effective_share(Shift((distance, 0.0))) == pytest.approx(share, abs=6e-4)
    assert effective_share(Shift((0.0, 0.0), 1.42)) == 0 and effective_share(Shift((0.0, 0.0))) == 1


def test_equal_weights_are_worth_their_number() -> None:
    assert effective_size(np.full(7, 3.0)) == pytest.approx(7) and effective_size(np.array([1.0, 0, 0])) == 1
    assert weighted_error(np.array([1.0, 0, 0, 1]), np.array([1.0, 1, 1, 1]))[0] == 0.5


def test_resampling_keeps_duplicates_and_never_takes_weight_zero() -> None:
    w = np.array([0.0, 1.0, 3.0])
    drawn = resampled(w, 4000, 0)
    assert set(drawn) == {1, 2} and (drawn == 2).mean() == pytest.approx(0.75, abs=0.03)


def test_certain_discriminators_have_bounded_weights() -> None:
    assert np.isfinite(weights(np.array([0.0, 0.5, 1.0]))).all() and weights(np.array([0.5]))[0] == 1


def test_a_column_that_gives_itself_away_is_named() -> None:
    random = np.random.default_rng(0)
    train, test = random.standard_normal((300, 3)), random.standard_normal((200, 3))
    test[:, 1] -= 20
    areas = column_areas(train, test)
    assert areas[1] == 1 and max(areas[0], areas[2]) < 0.6
    names, train, test = example(1)
    assert names[int(column_areas(train, test).argmax())] == "bmi" and len(train) + len(test) == 442


def test_a_calibrated_score_has_no_gap() -> None:
    random = np.random.default_rng(1)
    d = random.random(200_000)
    is_test = random.random(len(d)) < d
    assert reliability(Discrimination(d[~is_test], d[is_test], 0.5)).gap < 0.01


def test_columns_are_put_in_order_or_named() -> None:
    test = np.array([[1.0, 2.0]])
    assert same_columns(["a", "b"], ["b", "a"], test, test).tolist() == [[2.0, 1.0]]
    with pytest.raises(ValueError, match=r"^test: .*missing \['b'\]"):
        same_columns(["a", "b"], ["a", "c"], test, test)


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(ValueError, match=r"^kind = tree"):
        discriminate(np.zeros((20, 1)), np.ones((20, 1)), "tree", 0)
