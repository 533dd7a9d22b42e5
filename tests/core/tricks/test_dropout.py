"""Dropout: the facts hold, and fail on broken formulas."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from core.fitting import generator
from core.refusal import Refusal
from core.tricks import dropout_verification as model
from core.tricks.dropout import fit_curve, mask, mask_shapes, mask_statistics, overfit, thinned_nets
from core.tricks.dropout_ridge import fit_by_dropout, linear_data, penalised_loss, penalty, ridge
from core.tricks.dropout_verification import checks
from tests.facts import unnoticed

plain_mask, plain_fit, plain_nets, plain_dropped = model.mask, model.fit_curve, model.thinned_nets, model.dropped


def replaced(found: Any, **changes: Any) -> Any:
    return dataclasses.replace(found, **changes)


BROKEN: list[tuple[str, Callable[..., Any], tuple[str, ...]]] = [
    ("dropped", lambda x, p, r: plain_dropped(x, p, r) * (1 - p), ("the mean is kept", "variance over")),
    ("mask", lambda s, n, p, r: plain_mask(s, s, p, r), ("noise shape (3, 1, 5)",)), ("mask_shapes", lambda s: [s], ("legal noise shapes",)),
    ("moments", lambda x, p: (x, x**2 * p), ("variance over",)), ("penalised_loss", lambda d, w, p: float(((d.y - d.x @ w) ** 2).sum() + p * (w @ w) * len(d.y)), ("all 2^10 masks", "its minimiser")),
    ("ridge", lambda d, p: np.linalg.lstsq(d.x, d.y, rcond=None)[0], ("its minimiser", "gradient descent with dropout")), ("fit_curve", lambda k, n, s, p, *more: plain_fit(k, n, s, 0.5 if p else 0.1, *more), ("a curve of 20",)),
    ("fit_curve", lambda *more: (replaced(fit, outside=0.9 * fit.inside) for fit in plain_fit(*more)), ("Monte-Carlo",)),
    ("thinned_nets", lambda *more: replaced(plain_nets(*more), chance=0.9 * plain_nets(*more).chance, gap=1e-3), ("one hidden layer", "sum to")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "broken", "facts"), BROKEN)
def test_a_broken_formula_is_found(monkeypatch: pytest.MonkeyPatch, name: str, broken: Any, facts: tuple[str, ...]) -> None:  # fmt: skip
    monkeypatch.setattr(model, name, broken)
    assert not unnoticed(checks, *facts)


def test_an_average_of_probabilities_is_not_one_pass() -> None:
    found = thinned_nets(5, 0.5, 60, 0.2, 0)
    assert found.gap < 1e-10 and np.abs(found.arithmetic - found.scaled).max() > 0.01


def test_masks_are_zero_or_scaled_and_shared_as_asked() -> None:
    for sizes in mask_shapes((3, 4, 5)):
        found = mask((3, 4, 5), sizes, 0.25, generator(1))
        assert all(v == 0 or v == pytest.approx(4 / 3) for v in found.unique().tolist())
        assert torch.equal(found, found[tuple(slice(0, m) for m in sizes)].expand(3, 4, 5))
    assert torch.equal(mask((2, 2), (2, 2), 0.0, generator(0)), torch.ones(2, 2))


def test_the_variance_of_the_mean_is_divided_by_the_number_of_masks() -> None:
    found = mask_statistics((3, 4, 5), (3, 1, 1), 0.5, 20_000, 0)
    assert found.predicted == 1 and found.masks[3, 1, 1] == 3 and found.widened == 20 and len(found.masks) == 8
    for sizes, variance in found.variances.items():
        assert variance == pytest.approx(found.predicted / found.masks[sizes], rel=0.06)
    assert (
        found.sheet.shape == (4, 17)
        and np.array_equal(found.sheet[:, 6:11], found.one[1])
        and np.isnan(found.sheet[:, 5]).all()
    )
    assert found.mean == pytest.approx(1, abs=0.02) and found.variance == pytest.approx(1, rel=0.02)
    assert [float((d * np.diff(found.edges)).sum()) for d in (found.shared, found.independent)] == pytest.approx([1, 1])


def test_no_dropout_is_least_squares() -> None:
    data = linear_data()
    w = ridge(data, 0.0)
    assert w == pytest.approx(np.linalg.lstsq(data.x, data.y, rcond=None)[0])
    assert penalised_loss(data, w, 0.0) == pytest.approx(((data.y - data.x @ w) ** 2).sum())
    *_, learned = fit_by_dropout(data, 0.0, 4000, 0)
    assert penalised_loss(data, learned, 0.0) < penalised_loss(data, w, 0.0) * 1.02


def test_along_one_coefficient_masks_scatter_around_the_closed_form() -> None:
    *_, found = penalty(0.4, 4000, 200, "bp", 0)
    assert found.step == 4000 and found.gap < 0.05 and found.ratio == pytest.approx(1, abs=0.01)
    assert found.drawn.mean(1) == pytest.approx(found.exact, rel=0.03) and found.names[found.column] == "bp"
    assert found.places[4] == pytest.approx(found.best[found.column] - 0.1)
    assert found.shrunk > 0.4 and np.abs(found.paths[-1]).max() < np.abs(found.plain).max() / 3


def test_the_same_seed_gives_the_same_fit_and_no_dropout_has_no_band() -> None:
    runs = [list(fit_curve("step", 15, 0.1, 0.2, 60, 3, 4))[-1] for _ in range(2)]
    assert np.array_equal(runs[0].middle, runs[1].middle) and runs[0].steps.tolist() == [20, 40, 60]
    (both,) = list(overfit("step", 15, 0.1, 0.2, 60, 1, 4))
    assert both.plain.deviation.max() < 1e-6 and np.array_equal(both.dropped.answer, runs[0].answer)
    assert both.dropped.inside > 0 and len(both.x) == 15 and both.truth[0] == -0.8


def test_four_thinned_nets_by_hand() -> None:
    found = thinned_nets(2, 0.3, 50, 0.2, 0)
    assert found.kept.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert found.chance == pytest.approx([0.09, 0.21, 0.21, 0.49]) and found.share.sum() == pytest.approx(1)
    assert found.mean == pytest.approx(found.chance @ found.accuracy)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: mask((2,), (2,), 1.0, generator(0)), "p"), (lambda: mask((2, 3), (2, 2), 0.5, generator(0)), "noise_shape"), (lambda: thinned_nets(13, 0.5, 1, 0.1, 0), "units"),
        (lambda: next(fit_curve("line", 9, 0.1, 0.1, 5, 1, 0)), "kind"), (lambda: next(penalty(0.4, 400, 1, "height", 0)), "column"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_named(call: Callable[[], Any], name: str) -> None:
    with pytest.raises(Refusal) as caught:
        call()
    assert caught.value.input == name
