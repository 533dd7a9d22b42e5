"""Neural networks: the facts hold, and fail on broken copies; drawings, refusals, determinism."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import expit

from core.refusal import Refusal
from core.vision.neural_network import live, network, verification
from core.vision.neural_network.live import learned
from core.vision.neural_network.network import LINEAR, Network, cross_entropy, random_network
from core.vision.neural_network.plane import TASKS, XOR, lines, three_units
from core.vision.neural_network.stored import build
from core.vision.neural_network.verification import identities, of_weights
from core.vision.neural_network.views import centred, looked_at, written
from tests.facts import failed, unnoticed

RIGHT = Network.backward


def test_the_identities_hold() -> None:
    assert not failed(identities)


def test_the_shipped_networks_hold() -> None:
    assert not failed(of_weights)


def test_random_weights_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    model = build()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    model.mean.fill_(0.13)
    model.components.normal_(std=0.04)
    monkeypatch.setattr("core.vision.neural_network.stored.weights.load", lambda name: model)
    facts = [f"a bottleneck of {m}:" for m in (2, 4, 8, 16)]
    assert not unnoticed(of_weights, "the project's own digits, none trained on", "orthonormal", *facts)


def _flipped(self: Network, found: Any, grad: np.ndarray) -> Any:
    gradients, by_input = RIGHT(self, found, grad)
    return [(-w, b) for w, b in gradients], by_input


def _batch_mean(self: Network, found: Any, grad: np.ndarray) -> Any:
    gradients, by_input = RIGHT(self, found, grad)
    return [(w, b / len(grad)) for w, b in gradients], by_input


@pytest.mark.parametrize(
    ("where", "name", "broken", "fact"),
    [
        (Network, "backward", _flipped, "numeric slopes, a classifier"),
        (Network, "backward", _batch_mean, "numeric slopes, an autoencoder"),
        (network, "slope", lambda a, k: a * (1 - a), "numeric slopes, a classifier"),
        (verification, "slope", lambda a, k: a * (1 - a), "S'(kx)"),
        (verification, "sigmoid", lambda x, k: expit(x), "S(kx) against the step"),
        (network, "sigmoid", lambda x, k: expit(x if math.isinf(k) else k * x), "k → ∞"),
        (network, "sigmoid", lambda x, k: expit(x), "sharpness 7"),
        (verification, "plus_minus", lambda net, x: 1 - net(x), "±1"),
        (verification, "XOR", (XOR[0], XOR[0], XOR[2]), "XOR by two step units"),
        (verification, "TASKS", {"xor": TASKS["and"]}, "XOR by one step unit"),
        (verification, "cross_entropy", lambda z, y: (cross_entropy(-z, y)[0], z), "cross-entropy by hand"),
        (verification, "squared", lambda a, b: (float(((a - b) ** 2).mean()), 2 * (a - b)), "squared error by hand"),
        (verification, "squared", lambda a, b: (0.0, np.ones_like(a)), "PCA is a stationary point"),
        (live, "step", lambda net, x, y, lr: (net, 1.0), "share of the test digits wrong"),
        (network, "slope", lambda a, k: np.ones_like(a), "the first layer does not move"),
    ],
)  # fmt: skip
def test_a_broken_copy_is_noticed(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, broken: Callable[..., Any], fact: str
) -> None:
    monkeypatch.setattr(where, name, broken)

    assert not unnoticed(identities, fact)


def test_the_gradients_are_those_of_automatic_differentiation() -> None:
    rng = np.random.default_rng(1)
    net = random_network((7, 6, 3), (2.5, LINEAR), rng)
    x, y = rng.normal(size=(9, 7)), rng.integers(0, 3, 9)
    found = net.forward(x)
    mine, _ = net.backward(found, cross_entropy(found[-1], y)[1])
    tensors = [torch.tensor(part, requires_grad=True) for one in net.layers for part in (one.weight, one.bias)]
    hidden = torch.sigmoid(2.5 * (torch.from_numpy(x) @ tensors[0].T + tensors[1]))
    torch.nn.functional.cross_entropy(hidden @ tensors[2].T + tensors[3], torch.from_numpy(y)).backward()
    for a, b in zip((part for pair in mine for part in pair), tensors, strict=True):
        assert b.grad is not None
        np.testing.assert_allclose(a, b.grad.numpy(), atol=1e-12)


def test_every_function_of_two_bits_by_three_lines() -> None:
    assert lines(XOR, math.inf, "xor").right == 4
    assert lines(XOR, math.inf, "equal").right == 0
    assert lines(XOR, 1e4, "xor").made == pytest.approx([0, 1, 1, 0], abs=1e-6)


def test_two_points_on_one_another_are_refused_by_name() -> None:
    with pytest.raises(Refusal) as refused:
        three_units((XOR[0], ((0.5, 0.5), (0.5, 0.5)), XOR[2]), 1.0)
    assert refused.value.input == "b2"


def test_a_blank_sheet_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        written(np.zeros((28, 28), np.float32))
    assert refused.value.input == "drawing"


@pytest.mark.parametrize("corner", [(0, 0), (0, 20), (19, 4)])
def test_a_drawing_is_centred_wherever_it_stands(corner: tuple[int, int]) -> None:
    sheet = np.zeros((28, 28), np.float32)
    top, left = corner
    sheet[top : top + 8, left : left + 4] = 1
    x = centred(sheet).reshape(28, 28)
    rows, columns = (np.flatnonzero((x > 0.1).any(axis)) for axis in (1, 0))
    assert len(rows) == 20
    assert len(columns) == 10
    assert (x.sum(1) * (np.arange(28) + 0.5)).sum() / x.sum() == pytest.approx(14, abs=0.51)


def test_what_an_erased_pixel_takes_away_is_the_gradient_in_a_linear_network() -> None:
    net = random_network((784, 10), (LINEAR,), np.random.default_rng(0))
    x = np.random.default_rng(1).uniform(size=784)
    y = looked_at(net, x, 1.0)
    np.testing.assert_allclose(y.removed, y.gradient * y.picture, atol=1e-10)


def test_training_is_the_same_twice_and_minds_its_seed() -> None:
    first, again, other = (list(learned(8, 4.0, 0.5, 40, 2, seed))[-1] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.trace, again.trace)
    assert not np.array_equal(first.trace, other.trace)
