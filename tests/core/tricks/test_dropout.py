"""Dropout: the facts hold, and fail on broken formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from core.fitting import generator
from core.tricks import dropout as model
from core.tricks.dropout import (
    checks,
    fit_by_dropout,
    fit_curve,
    linear_data,
    mask,
    mask_shapes,
    mask_statistics,
    penalised_loss,
    ridge,
    thinned_nets,
)
from tests.facts import failed, unnoticed


def test_all_facts_hold() -> None:
    assert not failed(checks)


plain_mask, plain_fit, plain_nets = model.mask, model.fit_curve, model.thinned_nets
BROKEN: list[tuple[str, Callable[..., Any], tuple[str, ...]]] = [
    ("mask", lambda s, n, p, r: plain_mask(s, n, p, r) * (1 - p), ("the mean is kept", "variance over", "one hidden layer")),
    ("mask", lambda s, n, p, r: plain_mask(s, s, p, r), ("noise shape (3, 1, 5)",)), ("mask_shapes", lambda s: [s], ("legal noise shapes",)),
    ("moments", lambda x, p: (x, x**2 * p), ("variance over",)), ("penalised_loss", lambda d, w, p: float(((d.y - d.x @ w) ** 2).sum() + p * (w @ w) * len(d.y)), ("all 2^10 masks", "its minimiser")),
    ("ridge", lambda d, p: np.linalg.lstsq(d.x, d.y, rcond=None)[0], ("its minimiser", "gradient descent with dropout")), ("fit_curve", lambda k, n, s, p, *more: plain_fit(k, n, s, 0.5 if p else 0.1, *more), ("a curve of 20",)),
    ("spread", lambda state: (1.0, 0.9), ("Monte-Carlo",)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "broken", "facts"), BROKEN)
def test_a_broken_formula_is_found(
    monkeypatch: pytest.MonkeyPatch, name: str, broken: Any, facts: tuple[str, ...]
) -> None:
    if name == "mask" and "one hidden layer" in facts:  # the trained net need not be broken too: its masks are
        facts = facts[:2]
    monkeypatch.setattr(model, name, broken)
    assert not unnoticed(checks, *facts)


def test_unscaled_thinned_nets_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def unscaled(*arguments: Any) -> Any:
        found = plain_nets(*arguments)
        return model.Ensemble(
            model.Thinned(found.thinned.kept, found.thinned.chance * 0.9, found.thinned.accuracy),
            found.arithmetic,
            found.arithmetic,
            found.scaled,
            found.accuracies,
        )

    monkeypatch.setattr(model, "thinned_nets", unscaled)
    assert not unnoticed(checks, "one hidden layer", "sum to")


def test_masks_are_zero_or_scaled_and_shared_as_asked() -> None:
    for sizes in mask_shapes((3, 4, 5)):
        found = mask((3, 4, 5), sizes, 0.25, generator(1))
        assert all(v == 0 or v == pytest.approx(4 / 3) for v in found.unique().tolist())
        assert torch.equal(found, found[tuple(slice(0, m) for m in sizes)].expand(3, 4, 5))
    assert torch.equal(mask((2, 2), (2, 2), 0.0, generator(0)), torch.ones(2, 2))


def test_shared_masks_widen_the_mean_by_their_number() -> None:
    found = mask_statistics((3, 4, 5), (3, 1, 1), 0.5, 20_000, 0)
    assert found.masks == 3 and found.means.var() == pytest.approx(found.law_of_mean, rel=0.05)
    assert found.independent.var() == pytest.approx(found.law / 60, rel=0.05)


def test_no_dropout_is_least_squares() -> None:
    data = linear_data()
    w = ridge(data, 0.0)
    assert w == pytest.approx(np.linalg.lstsq(data.x, data.y, rcond=None)[0])
    assert penalised_loss(data, w, 0.0) == pytest.approx(((data.y - data.x @ w) ** 2).sum())
    *_, learned = fit_by_dropout(data, 0.0, 4000, 0)
    assert penalised_loss(data, learned, 0.0) < penalised_loss(data, w, 0.0) * 1.02


def test_the_same_seed_gives_the_same_fit_and_no_dropout_has_no_band() -> None:
    runs = [list(fit_curve("step", 15, 0.1, 0.2, 60, 3, 5, 4))[-1] for _ in range(2)]
    assert np.array_equal(runs[0].passes, runs[1].passes) and runs[0].step == 60
    (none,) = list(fit_curve("step", 15, 0.1, 0.0, 60, 1, 5, 4))
    assert np.ptp(none.passes, axis=0).max() == 0


def test_four_thinned_nets_by_hand() -> None:
    found = thinned_nets(2, 0.3, 50, 0.2, 0)
    assert found.thinned.kept.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert found.thinned.chance == pytest.approx([0.09, 0.21, 0.21, 0.49])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: mask((2,), (2,), 1.0, generator(0)), r"^p = 1\.0"), (lambda: mask((2, 3), (2, 2), 0.5, generator(0)), r"^noise_shape = \(2, 2\)"),
        (lambda: thinned_nets(13, 0.5, 1, 0.1, 0), r"^units = 13"), (lambda: list(fit_curve("line", 9, 0.1, 0.1, 5, 1, 1, 0)), r"^kind = line"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_named(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()
