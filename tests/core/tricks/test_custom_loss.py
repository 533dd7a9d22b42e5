"""Custom losses: the facts hold, and fail on broken formulas."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.fitting import generator
from core.progress import Progress
from core.refusal import Refusal
from core.tricks.custom_loss import (
    LOSSES,
    Head,
    Settings,
    Smoothing,
    classify,
    compare,
    confidence,
    embed,
    formula_loss,
    gradient_gap,
    losses,
    one_sample,
    optimal_gap,
    own,
    separation,
    shapes,
    smoothed,
    smoothing,
    triplet_of,
)
from core.tricks.custom_loss import verification as model
from core.tricks.custom_loss.verification import checks
from tests.facts import unnoticed


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
    assert gradient_gap(name) > 1e-3
    assert not unnoticed(checks, f"gradient of {name} against finite differences")


def own_powers(f: torch.Tensor, y: torch.Tensor, head: Head, settings: Settings) -> torch.Tensor:
    """Focal with p^γ where (1 − p)^γ belongs."""
    log_p = head.logits(f).log_softmax(1).gather(1, y[:, None])[:, 0]
    return -(log_p.exp() ** settings.gamma * log_p).mean()


def flipped(f: torch.Tensor, y: torch.Tensor, head: Head, settings: Settings) -> torch.Tensor:
    """A batch's triplets with m + cos(q, +) − cos(q, −)."""
    unit = F.normalize(f, dim=1)
    cosine, same = unit @ unit.T, y[:, None] == y
    hinge = settings.margin + cosine[:, :, None] - cosine[:, None, :]
    active = (hinge > 0) & (same & ~torch.eye(len(y), dtype=torch.bool))[:, :, None] & ~same[:, None, :]
    return (hinge * active).sum() / active.sum()


plain_embed, plain_triplet = model.embed, model.triplet_of
BROKEN: list[tuple[str, Callable[..., Any], tuple[str, ...]]] = [
    ("centre", lambda f, y, head, s: model.softmax(f, y, head, s) + s.centre * (f - head.centres[y]).square().sum(1).mean() + head.centres.square().sum(), ("centres trained alone",)),
    ("smoothed", lambda z, y, e: F.cross_entropy(z, y), ("label_smoothing",)), ("trained_gap", lambda e, k: plain_gap(0.0, k), ("gap of the logits", "ε = 0.3")),
    ("triplet_of", lambda q, p, n, m: plain_triplet(q, p, n, m + 0.3), ("past the margin",)), ("triplet_of", lambda q, p, n, m: plain_triplet(q, p, n, m - 0.3), ("is not",)),
    ("triplet", flipped, ("batch triplet by hand",)), ("focal", lambda f, y, head, s: 0.25 * model.softmax(f, y, head, s), ("focal with γ = 0",)), ("focal", own_powers, ("focal by hand",)),
    ("margin_softmax", lambda f, y, head, s: F.cross_entropy(head.cosines(f), y), ("margin softmax",)), ("formula_each", lambda z, y, formula: -z.double().softmax(1).gather(1, y[:, None])[:, 0], ("−y·log p", "(p − y)²")),
    ("embed", lambda name, *more: plain_embed("softmax", *more), ("variance within",)),
]  # fmt: skip


def plain_gap(epsilon: float, classes: int) -> float:
    """What a descent gives that forgets the smoothing: as far as its steps go."""
    return 30.0 + epsilon + classes


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


def test_all_losses_train_the_same_network() -> None:
    first, *_, last = compare(Settings(), 40, 2, 3)
    assert list(last.states) == list(LOSSES) and (first.step, last.step) == (0, 40)
    start = {name: state.features for name, state in first.states.items()}
    assert all(np.array_equal(f, start["softmax"]) for f in start.values())
    assert np.linalg.norm(last.states["softmax"].rays, axis=1) == pytest.approx(last.states["softmax"].reach)
    assert math.isnan(first.states["focal"].recent) and last.states["focal"].recent > 0


def test_a_triplet_by_hand() -> None:
    found = triplet_of((1.0, 0.0), (0.0, 2.0), (3.0, 0.0), 0.25)
    assert (found.near, found.far, found.gap, found.loss) == pytest.approx((0, 1, -1, 1.25))
    assert found.push[0, 1] > 0 and found.push[2] == pytest.approx(0, abs=1e-12)  # the query turns; n is at its worst
    assert found.directions[90] == 180 and found.losses[[0, 45, 90]] == pytest.approx([1.25, 0.25, 0])
    around = triplet_of((1.0, 0.0), (1.0, 0.0), (0.0, 1.0), 0.0)
    assert around.losses == pytest.approx(0, abs=1e-12) and around.bearing == 90


def test_the_sector_of_a_triplet_ends_where_its_loss_begins() -> None:
    """On both edges cos(q, −) = near − m; inside it is more. It is everything for a wide margin, and a line without one."""
    found = triplet_of((0.6, 0.8), (0.0, 2.0), (3.0, 0.0), 0.3)  # near = 0.8
    origin, *arc = found.sector
    cosines = np.array(arc) @ [0.6, 0.8]
    assert not origin.any() and np.linalg.norm(arc, axis=1) == pytest.approx(1)
    assert (
        cosines[[0, -1]] == pytest.approx(0.5)
        and cosines[1:-1].min() > 0.5
        and cosines.max() == pytest.approx(1, abs=1e-3)
    )
    everywhere = triplet_of((1.0, 0.0), (-0.9, 0.1), (0.0, 1.0), 1.0).sector[1:]
    assert everywhere.min(0) == pytest.approx([-1, -1], abs=1e-3) and everywhere.max(0) == pytest.approx(
        [1, 1], abs=1e-3
    )
    assert np.ptp(triplet_of((1.0, 0.0), (2.0, 0.0), (0.0, 1.0), 0.0).sector[1:], 0) == pytest.approx([0, 0])


def test_the_push_of_one_sample_by_formula() -> None:
    found = shapes(2.0, 0.1, 0)
    curves, p = found.curves, found.curves.p
    assert curves.losses["softmax"] == pytest.approx(-np.log(p)) and curves.pushes["softmax"] == pytest.approx(1 - p)
    assert curves.losses["focal"] == pytest.approx(-((1 - p) ** 2) * np.log(p))
    assert curves.pushes["smooth"] == pytest.approx(0.91 - p) and found.turns == pytest.approx(0.91)
    assert found.damping == pytest.approx(0.1**2 + 2 * 0.1 * 0.9 * -math.log(0.9))  # (1−p)^γ − γp(1−p)^{γ−1}·log p
    assert max(found.gaps.values()) < 1e-7


@pytest.mark.parametrize("source", ["-y*log(p)", "softplus(u) - y*u", "-y*(1-p)^2*log(p)"])
def test_a_formula_pushes_as_its_differences_say(source: str) -> None:
    loss = functools.partial(model.formula_each, formula=formula_loss(source))
    p, h = np.array([0.1, 0.5, 0.9]), 1e-6
    right = np.log(9 * p / (1 - p))
    _, _, push = one_sample(loss, p)
    (_, above, _), (_, below, _) = (one_sample(loss, 1 / (1 + 9 * np.exp(-(right + d)))) for d in (h, -h))
    assert push == pytest.approx(-(above - below) / (2 * h), rel=1e-5)


def test_a_readers_cross_entropy_trains_as_cross_entropy() -> None:
    *_, found = own("-y*log(p)", 60, 3, 2)
    assert found.own_accuracy == pytest.approx(found.softmax_accuracy, abs=0.02) and found.steps.tolist() == [
        0,
        20,
        40,
        60,
    ]
    assert found.curves.pushes["own"] == pytest.approx(found.curves.pushes["softmax"])


def test_a_loss_with_the_wrong_sign_learns_the_wrong_class() -> None:
    *_, found = own("-(p-y)^2", 60, 1, 2)
    assert found.own_accuracy[-1] < 0.1 < found.softmax_accuracy[-1] and found.curves.pushes["own"].max() <= 0


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("log(u)", "not finite at p = 0.002"), ("sqrt(u-u)", "not finite"), ("y", "no gradient otherwise"), ("(p<0.5)*y", "zero everywhere"), ("u - u", "zero everywhere"), ("x+u", "x cannot be used"),
        ("exp(exp(exp(-u*y)))", "not finite"), ("y*log(p)", "of the training the loss is no longer finite"),
    ],
)  # fmt: skip
def test_a_formula_that_cannot_be_trained_is_refused_in_words(formula: str, said: str) -> None:
    with pytest.raises(Refusal, match=said) as caught:
        list(own(formula, 100, 2, 0))
    assert caught.value.input == "formula" and caught.value.value == formula


def test_smoothing_stops_at_a_finite_gap() -> None:
    assert math.isinf(optimal_gap(0.0, 10)) and optimal_gap(0.1, 10) == pytest.approx(math.log(91))
    hard, soft = confidence(0.0, 300, 0), confidence(0.3, 300, 0)
    assert hard.certainty > soft.certainty + 0.1 and hard.gap > soft.gap
    assert soft.accuracy > 0.9 and soft.counts.sum() == 450


def test_both_networks_stand_beside_the_optimum() -> None:
    *progress, found = smoothing(0.1, 20, 0)
    assert isinstance(found, Smoothing) and all(isinstance(p, Progress) for p in progress)
    assert found.gap == pytest.approx(math.log(91)) and found.target == pytest.approx(0.91)
    assert found.minimised[1] == pytest.approx([optimal_gap(e, 10) for e in found.minimised[0]], abs=1e-6)


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
    ("call", "name"),
    [
        (lambda: losses("hinge"), "loss"), (lambda: triplet_of((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), 0.1), "query"), (lambda: triplet_of((1.0, 0.0), (0.0, 0.0), (1.0, 1.0), 0.1), "positive"),
        (lambda: triplet_of((1.0, 0.0), (1.0, 1.0), (0.0, 1e-12), 0.1), "negative"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_named(call: Callable[[], Any], name: str) -> None:
    with pytest.raises(Refusal) as caught:
        call()
    assert caught.value.input == name
