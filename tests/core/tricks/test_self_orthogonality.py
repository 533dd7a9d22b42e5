"""The self-orthogonality module: the facts hold, and fail on broken formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from core.tricks import self_orthogonality as model
from core.tricks.self_orthogonality import (
    agreement,
    angle,
    angles,
    bias_of_positive,
    biggan,
    checks,
    frobenius,
    lemma,
    pack,
    penalty,
    sign_statistic,
    statistics,
    train,
    welch,
)
from tests.facts import failed, unnoticed


def test_all_facts_hold() -> None:
    assert not failed(checks)


plain_sign, plain_statistics, plain_pack, plain_train = model.sign_statistic, model.statistics, model.pack, model.train
BROKEN: list[tuple[str, Callable[..., Any], tuple[str, ...]]] = [
    ("lemma", lambda theta: np.cos(theta), ("lemma: largest", "mean square")), ("sign_statistic", lambda u, v, b, r, s: np.repeat(plain_sign(u, v, b // 2, r // 2 or 1, s) * 0.9, 2 if r > 1 else 1), ("60°: mean", "60°: its standard")),
    ("statistics", lambda x, w, gamma=10.0: plain_statistics(x, w, 10.0), ("γ → 0",)), ("statistics", lambda x, w, gamma=10.0: plain_statistics(x, w, 0.01), ("γ → ∞",)),
    ("bias_of_positive", lambda d, b, s: {"normal": np.full(9, 0.2), "relu": np.zeros(9)}, ("orthogonal weights", "after a ReLU")), ("welch", lambda k, d: 1.0, ("12 vectors", "against Welch")),
    ("pack", lambda k, d, kind, steps, *more: plain_pack(k, d, kind, 1, *more), ("12 vectors", "6 lines")), ("train", lambda kind, *more: plain_train("none", *more), ("mean ϑ²", "spread of the weights")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "broken", "facts"), BROKEN)
def test_a_broken_formula_is_found(monkeypatch: pytest.MonkeyPatch, name: str, broken: Any, facts: tuple[str, ...]) -> None:  # fmt: skip
    monkeypatch.setattr(model, name, broken)
    assert not unnoticed(checks, *facts)


def test_too_much_of_a_penalty_costs_accuracy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        model, "train", lambda kind, strength, *more: plain_train("frobenius" if kind == "signs" else kind, 1e5, *more)
    )
    assert not unnoticed(checks, "accuracy lost")


def test_known_angles_and_their_statistics() -> None:
    u = np.array([1.0, 0.0])
    for degrees, expected in ((0, 1.0), (90, 0.0), (180, -1.0), (45, 0.5)):
        v = 3 * np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
        assert lemma(angle(u, v)) == pytest.approx(expected)
    assert sign_statistic(u, u, 50, 3, 0).tolist() == [1, 1, 1] and sign_statistic(u, -u, 50, 3, 0).tolist() == [-1] * 3


def test_signs_differ_in_the_wedges() -> None:
    u, v = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    x, agree = agreement(u, v, 1000, 0)
    assert np.array_equal(agree, x[:, 0] * x[:, 1] > 0)


def test_the_penalty_by_hand() -> None:
    theta = torch.tensor([[1.0, 0.5, -0.5], [0.5, 1.0, 0.2], [-0.5, 0.2, 1.0]])
    mean, square = 0.4 / 6, (4 * 0.25 + 2 * 0.04) / 6
    assert float(penalty(theta)) == pytest.approx(100 * mean**2 + square)
    w = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
    assert float(biggan(w)) == 0 and float(frobenius(w)) == pytest.approx(9 / 4)
    assert angles(torch.tensor([[1.0, 1.0], [0.0, 1.0]])) == pytest.approx([45])


def test_the_statistic_is_that_of_the_definition_and_does_not_know_lengths() -> None:
    x, w = torch.randn(64, 5, dtype=torch.float64), torch.randn(5, 3, dtype=torch.float64)
    y = torch.tanh(10 * x @ w).numpy()
    assert statistics(x, w).numpy()[0, 1] == pytest.approx(y[:, 0] @ y[:, 1] / np.linalg.norm(y[:, 0]) / np.linalg.norm(y[:, 1]))  # fmt: skip
    far = statistics(x, 1e6 * w).numpy()
    assert far[0, 1] == pytest.approx(float((torch.sign(x @ w[:, 0]) * torch.sign(x @ w[:, 1])).mean()))


def test_bounds_of_welch_that_are_known() -> None:
    assert welch(3, 2) == pytest.approx(0.5) and welch(6, 3) == pytest.approx(1 / math.sqrt(5)) and welch(4, 4) == 0
    *_, three = pack(3, 2, "largest", 300, 1, 3)
    assert three.largest[-1] == pytest.approx(0.5, abs=2e-3)
    *_, square = pack(4, 4, "biggan", 400, 1, 0)
    assert square.largest[-1] < 1e-3 and np.linalg.norm(square.vectors, axis=0) == pytest.approx(1, abs=1e-6)


def test_centring_removes_most_of_the_bias() -> None:
    found = bias_of_positive(12, 20_000, 0)
    mean = {name: np.abs(values).mean() for name, values in found.items()}
    assert mean["normal"] < 0.02 < mean["centred"] + 0.015 and mean["centred"] < 0.5 * mean["relu"]


def test_training_repeats_itself_and_biggan_gathers_the_angles() -> None:
    runs = {kind: list(train(kind, 3.0, 120, 2, 4))[-1] for kind in ("none", "biggan")}
    again = list(train("biggan", 3.0, 120, 2, 4))[-1]
    assert np.array_equal(again.angles[0], runs["biggan"].angles[0]) and len(again.places) == 3
    assert runs["biggan"].deviation[-1] < 0.6 * runs["none"].deviation[-1]


@pytest.mark.parametrize(
    ("call", "said"),
    [(lambda: list(train("l2", 1, 1, 1, 0)), r"^kind = l2"), (lambda: list(pack(3, 2, "none", 1, 1, 0)), r"^kind = none"), (lambda: angle(np.zeros(2), np.ones(2)), r"^u, v")],
)  # fmt: skip
def test_what_cannot_be_taken_is_named(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()
