"""Blending: its facts hold, and fail on broken copies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from core.refusal import Refusal
from core.vision.mixup import clothes, digits, fits, mixing, penalty, verification
from core.vision.mixup.fits import Pairs, fitted
from core.vision.mixup.mixing import METHODS, Method, Mixed, blend
from core.vision.mixup.verification import identities, of_digits
from tests.facts import failed, unnoticed

PAIRS, MIXED = fits.pairs, mixing.mixed


def test_the_identities_hold() -> None:
    assert not failed(identities)


def test_networks_trained_with_blending_are_more_linear() -> None:
    assert not failed(of_digits)


def test_untrained_networks_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "trained", lambda data, method, steps, seed: iter([digits.network(seed)]))
    assert not unnoticed(lambda: of_digits(1), "linearity gap", "error of mixup")


def test_the_shipped_networks_of_clothes_hold_and_untrained_ones_are_found_out() -> None:
    assert not failed(verification.of_clothes)
    assert not unnoticed(
        lambda: verification.of_clothes(clothes.build()), *(f"clothes, {name}" for name in clothes.KEPT)
    )


def test_every_method_has_its_seeds_and_the_differences_are_taken_in_pairs() -> None:
    for count in clothes.COUNTS:
        found = clothes.recorded(count)
        assert set(found.record) == set(METHODS)
        assert {len(values) for one in found.record.values() for values in one.values()} == {found.seeds}
        apart = np.array(found.record["mixup-1"]["error"]) - np.array(found.record["plain"]["error"])
        told = found.against_plain("mixup-1", "error")
        assert (told.mean, told.error) == pytest.approx((apart.mean(), apart.std(ddof=1) / len(apart) ** 0.5))


def test_a_way_between_clothes_ends_at_its_two_pictures() -> None:
    pictures, labels = clothes.redrawn()
    assert pictures.shape == (10_000, 1, 28, 28) and labels.shape == (10_000,)
    path = clothes.by_hand(3, 7, 1.0, "mixup-1")
    a, blended, b = path.pictures
    assert np.array_equal(a, blended) and np.array_equal(a, pictures[3, 0]) and np.array_equal(b, pictures[7, 0])
    assert set(path.ways) == {"plain", "mixup-1"}
    for way in path.ways.values():
        np.testing.assert_allclose(way.here, way.p[-1], atol=1e-6)


def _first_label(method: Method, x: np.ndarray, y: np.ndarray, nodes: int) -> Pairs:
    made = PAIRS(method, x, y, nodes)
    return Pairs(made.x, y[made.a], made.weight, made.a, made.b, made.epsilon)


def _labels_apart(method: Method, x: torch.Tensor, y: torch.Tensor, seed: int) -> Mixed:
    made = MIXED(method, x, y, seed)
    return Mixed(made.x, y, made.epsilon)


@pytest.mark.parametrize(
    ("name", "broken", "fact"),
    [
        ("pairs", _first_label, "least squares with an intercept"),
        ("affine", lambda made: np.linalg.lstsq(made.x, made.y, rcond=None)[0].mean() + made.weight[:1], "least squares with an intercept"),
        ("mixed", _labels_apart, "mixup blends pictures and labels alike"),
        ("soft_cross_entropy", lambda logits, target: (target * logits.softmax(1)).sum(1).log().mean().neg(), "soft cross-entropy"),
        ("is_on", lambda method, done, epoch: True, "the schedule ends"),
        ("spread_of_weights", lambda method: 1 / 12, "E[ε²(1−ε)²]"),
        ("penalty", lambda f, sigma, method: 2 * penalty.penalty(f, sigma, method), "penalty on x²/2 by hand"),
        ("linearity_gap", lambda f, x, seed: float(f(x).norm(dim=1).mean()), "linearity gap of an affine map"),
    ],
)  # fmt: skip
def test_a_broken_copy_is_noticed(
    monkeypatch: pytest.MonkeyPatch, name: str, broken: Callable[..., Any], fact: str
) -> None:
    monkeypatch.setattr(verification, name, broken)
    assert not unnoticed(identities, fact)


def test_blending_by_hand() -> None:
    found = blend(torch.tensor([0.25, 1.0]), torch.tensor([[4.0], [3.0]]), torch.tensor([[8.0], [5.0]]))
    assert found.tolist() == [[7.0], [3.0]]


def test_points_over_one_x_are_refused() -> None:
    with pytest.raises(Refusal, match="p1"):
        fitted(np.array([(0.5, 0.1), (0.5, 0.4), (0.5, 0.9)]), 3, METHODS["pair"])


def test_a_blank_sheet_is_refused() -> None:
    with pytest.raises(Refusal, match="drawing"):
        digits.mixed_by_hand(np.zeros((32, 32)), 0, 0.5, "pair", 20, 5, 0)
