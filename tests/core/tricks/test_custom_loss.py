"""Custom losses: the facts hold, and fail on broken formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.fitting import generator
from core.tricks import custom_loss as model
from core.tricks.custom_loss import (
    LOSSES,
    Head,
    Settings,
    around_circle,
    checks,
    classify,
    confidence,
    embed,
    losses,
    one_sample,
    optimal_gap,
    separation,
    smoothed,
    triplet_of,
)
from tests.facts import failed, unnoticed


def test_all_facts_hold() -> None:
    assert not failed(checks)


class Crooked(torch.autograd.Function):
    """The identity with a gradient a hundredth too large."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
        return 1.01 * gradients[0]


def crooked(name: str) -> Callable[..., torch.Tensor]:
    plain = LOSSES[name]
    return lambda f, y, head, settings: plain(f, y, head, settings) if f.dtype is torch.float32 else Crooked.apply(plain(f, y, head, settings))  # type: ignore[no-any-return]  # fmt: skip


@pytest.mark.parametrize("name", LOSSES)
def test_a_wrong_gradient_is_found(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(LOSSES, name, crooked(name))
    assert model.gradient_gap(name) > 1e-3
    assert f"gradient of {name} against finite differences" in failed(checks)


plain_embed, plain_triplet = model.embed, model.triplet_of
BROKEN: list[tuple[str, Callable[..., Any], tuple[str, ...]]] = [
    ("centre", lambda f, y, head, s: model.softmax(f, y, head, s) + s.centre * (f - head.centres[y]).square().sum(1).mean() + head.centres.square().sum(), ("centres trained alone",)),
    ("smoothed", lambda z, y, e: F.cross_entropy(z, y), ("gap of the logits", "label_smoothing", "ε = 0.3")), ("triplet_of", lambda p, m: plain_triplet(p, m + 0.3), ("past the margin",)),
    ("triplet_of", lambda p, m: plain_triplet(p, m - 0.3), ("is not",)), ("focal", lambda f, y, head, s: 0.25 * model.softmax(f, y, head, s), ("focal with γ = 0",)),
    ("margin_softmax", lambda f, y, head, s: F.cross_entropy(head.cosines(f), y), ("margin softmax",)), ("embed", lambda name, *more: plain_embed("softmax", *more), ("variance within",)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "broken", "facts"), BROKEN)
def test_a_broken_formula_is_found(monkeypatch: pytest.MonkeyPatch, name: str, broken: Any, facts: tuple[str, ...]) -> None:  # fmt: skip
    monkeypatch.setattr(model, name, broken)
    assert not unnoticed(checks, *facts)


def test_a_loss_of_accuracy_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def far_too_strong(name: str, settings: Settings, steps: int, frames: int, seed: int) -> Any:
        return plain_embed(name, Settings(centre=30.0), steps, frames, seed)

    monkeypatch.setattr(model, "embed", far_too_strong)
    assert not unnoticed(checks, "cost in accuracy")


def test_training_learns_digits_and_repeats_itself() -> None:
    runs = [list(embed("softmax", Settings(), 300, 2, 5))[-1] for _ in range(2)]
    assert np.array_equal(runs[0].features, runs[1].features) and runs[0].accuracy > 0.75
    assert runs[0].trace[-20:].mean() < 0.5 * runs[0].trace[:20].mean() and len(runs[0].trace) == 300


def test_triplets_learn_directions_without_a_classifier() -> None:
    *_, state = embed("triplet", Settings(), 500, 1, 0)
    assert state.accuracy > 0.7 and state.active < 0.3


def test_a_triplet_by_hand() -> None:
    found = triplet_of(np.array([(1.0, 0.0), (0.0, 2.0), (3.0, 0.0)]), 0.25)
    assert (found.near, found.far, found.loss) == (pytest.approx(0), pytest.approx(1), pytest.approx(1.25))
    assert found.push[0, 1] > 0 and found.push[2] == pytest.approx(0, abs=1e-12)  # the query turns; n is at its worst
    angles, values = around_circle(np.array([(1.0, 0.0), (1.0, 0.0), (0.0, 1.0)]), 0.0, 5)
    assert angles.tolist() == [0, 90, 180, 270, 360] and values == pytest.approx(0, abs=1e-12)


def test_the_push_of_one_sample_by_formula() -> None:
    p = np.array([0.2, 0.5, 0.95])
    curves = one_sample(p, 2.0, 0.1)
    assert curves["softmax"][0] == pytest.approx(-np.log(p)) and curves["softmax"][1] == pytest.approx(1 - p)
    assert curves["focal"][0] == pytest.approx(-((1 - p) ** 2) * np.log(p))
    assert curves["smooth"][1] == pytest.approx(0.91 - p)  # the target of the right class is 1 − ε + ε/K


def test_smoothing_stops_at_a_finite_gap() -> None:
    assert math.isinf(optimal_gap(0.0, 10)) and optimal_gap(0.1, 10) == pytest.approx(math.log(91))
    hard, soft = confidence(0.0, 300, 0), confidence(0.3, 300, 0)
    assert hard.probability.mean() > soft.probability.mean() + 0.1 and hard.gap > soft.gap
    assert soft.right.mean() > 0.9


def test_separation_of_points_and_of_noise() -> None:
    y = np.arange(100) % 2
    assert separation(np.stack([y, y], 1).astype(float), y) == 1
    assert separation(np.random.default_rng(0).standard_normal((5000, 2)), np.arange(5000) % 5) < 0.01


def test_margins_and_logits_choose_the_nearest_class() -> None:
    head = Head(generator(0), 3)
    with torch.no_grad():
        head.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 5.0], [-1.0, 0.0]]))
    f, known = torch.tensor([[2.0, 0.1], [-3.0, 0.2]]), (torch.zeros(1, 2), torch.zeros(1, dtype=torch.long))
    assert classify("margin", f, head, known).tolist() == [0, 2]
    assert smoothed(head.logits(f), torch.tensor([0, 2]), 0.0).item() == pytest.approx(F.cross_entropy(head.logits(f), torch.tensor([0, 2])).item())  # fmt: skip


@pytest.mark.parametrize(
    ("call", "said"), [(lambda: losses("hinge"), r"^loss = hinge"), (lambda: triplet_of(np.zeros((3, 2)), 0.1), r"^query, positive")]
)  # fmt: skip
def test_what_cannot_be_taken_is_named(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()
