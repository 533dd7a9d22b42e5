"""Layerwise rates and bent gradients: the facts hold, and fail on broken formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from core.fitting import generator, mlp
from core.tricks import layerwise_lr as model
from core.tricks.layerwise_lr import (
    Scaled,
    binarise,
    checks,
    clip,
    clipped_run,
    domains,
    equivalence,
    multiplier,
    reverse,
    surface_grid,
    walks,
)
from tests.facts import failed, unnoticed


def test_all_facts_hold() -> None:
    assert not failed(checks)


def test_the_other_powers_of_the_factor_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "multiplier", lambda factor, optimiser: factor**2 if optimiser == "adam" else factor)
    found = failed(checks)
    for name in ("sgd: rescaled", "momentum: rescaled", "adam: rescaled", "sgd on", "momentum on", "adam on"):
        assert any(fact.startswith(name) for fact in found), name


plain_clip, plain_equivalence = model.clip, model.equivalence
BROKEN: list[tuple[str, Callable[..., Any], tuple[str, ...]]] = [
    ("equivalence", lambda *a, epsilon=0.0, decay=0.0, norm=0.0: plain_equivalence(*a), ("is no longer equivalent", "weight decay 0.01 is not", "norm clipped is not")),
    ("reverse", lambda x, factor: x, ("gradient reversal", "gained by reversal", "domain classifier")), ("clip", lambda g, way, limit: plain_clip(g, "layer", limit), ("norm of all together", "cosine")),
    ("clip", lambda g, way, limit: list(g), ("largest norm of a layer",)), ("binarise", lambda x, through: torch.where(x.detach() >= 0, 1.0, -1.0) + 0 * x, ("±1 units",)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "broken", "facts"), BROKEN)
def test_a_broken_formula_is_found(monkeypatch: pytest.MonkeyPatch, name: str, broken: Any, facts: tuple[str, ...]) -> None:  # fmt: skip
    monkeypatch.setattr(model, name, broken)
    assert not unnoticed(checks, *facts)


def test_a_scaled_layer_begins_as_the_layer_was() -> None:
    net = mlp([5, 3], generator(0))
    layer, x = net[0], torch.randn(4, 5)
    assert isinstance(layer, nn.Linear)
    assert torch.allclose(Scaled(layer, 0.25)(x), layer(x), atol=1e-6)


def test_factor_one_changes_nothing_at_all() -> None:
    for name in ("sgd", "momentum", "adam"):
        found = walks("saddle", (1.0, 0.3), 1.0, name, 0.05, 30)
        assert np.array_equal(found.plain.places, found.group.places) and found.gap.max() == 0
    assert equivalence((1.0, 1.0, 1.0), "adam", 0.01, 5, 0, epsilon=1e-3, decay=0.1, norm=0.5).max() == 0


def test_one_step_of_gradient_descent_by_hand() -> None:
    found = walks("valley", (1.0, 1.0), 3.0, "sgd", 0.1, 1)
    assert found.plain.places[1] == pytest.approx([1 - 0.1 * 0.2, 1 - 0.1 * 4])
    assert found.group.places[1] == pytest.approx([0.98, 1 - 0.9 * 4])
    assert found.scaled.places[1] == pytest.approx(found.group.places[1])


def test_a_walk_that_runs_away_ends() -> None:
    found = walks("rosenbrock", (-2.0, 2.0), 4.0, "sgd", 0.3, 600)
    assert len(found.scaled.places) < 600


def test_surfaces_have_their_known_minima() -> None:
    axis, heights = surface_grid("rosenbrock", 2.0, 41)
    row, column = np.unravel_index(heights.argmin(), heights.shape)
    assert axis[column] == pytest.approx(1.0) and axis[row] == pytest.approx(0.5, abs=0.06)
    axis, heights = surface_grid("saddle", 2.5, 501)
    row, _ = np.unravel_index(heights.argmin(), heights.shape)
    assert abs(axis[row]) == pytest.approx(2**0.5, abs=0.01)


def test_clipping_leaves_small_gradients_alone() -> None:
    small = [torch.tensor([0.1, -0.2]), torch.tensor([0.3])]
    for way in ("none", "global", "layer"):
        assert all(torch.equal(a, b) for a, b in zip(clip(small, way, 1.0), small, strict=True))
    assert clip(small, "sign", 0.5)[0].tolist() == [0.5, -0.5]
    assert clip(small, "freeze", 0.5)[0].tolist() == [0, 0] and torch.equal(clip(small, "freeze", 0.5)[1], small[1])


def test_one_shock_ruins_what_is_not_clipped() -> None:
    ends = {way: list(clipped_run(way, 0.5, 0.2, 100.0, 200, 1, 0))[-1].accuracy for way in ("none", "layer")}
    assert ends["none"] < 0.3 and ends["layer"] > 0.85


def test_reversal_is_the_identity_forward_and_sign_passes_inside_one() -> None:
    x = torch.tensor([-2.0, -0.5, 0.0, 0.7], requires_grad=True)
    assert torch.equal(reverse(x, 3.0), x)
    y = binarise(x, True)
    assert y.tolist() == [-1, -1, 1, 1]
    (gradient,) = torch.autograd.grad(y.sum(), x)
    assert gradient.tolist() == [0, 1, 1, 1]
    (blocked,) = torch.autograd.grad(binarise(x, False).sum(), x)
    assert blocked.tolist() == [0, 0, 0, 0]


def test_domains_turn_about_the_origin() -> None:
    plain, turned = domains(50, 0.0, 3), domains(50, 90.0, 3)
    assert np.array_equal(plain.source, turned.source)
    assert turned.target == pytest.approx(np.stack([-plain.target[:, 1], plain.target[:, 0]], 1))


@pytest.mark.parametrize(
    ("call", "said"),
    [(lambda: multiplier(2.0, "lbfgs"), r"^optimiser = lbfgs"), (lambda: clip([torch.ones(1)], "cut", 1.0), r"^way = cut"), (lambda: surface_grid("hill", 1.0, 3), r"^surface = hill")],
)  # fmt: skip
def test_what_cannot_be_taken_is_named(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()
