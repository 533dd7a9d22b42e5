"""Layerwise rates and bent gradients: the facts hold, and fail on broken formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from core.fitting import generator, mlp
from core.refusal import Refusal
from core.tricks.layerwise_lr import (
    Scaled,
    binarise,
    clip,
    compare_clipping,
    compare_reversal,
    domains,
    equivalence,
    gradients,
    multiplier,
    ramp,
    rates,
    reversal,
    reverse,
    surface,
    walks,
    what_breaks_it,
)
from core.tricks.layerwise_lr import verification as model
from core.tricks.layerwise_lr.rates import OPTIMISERS, SURFACES, slope
from core.tricks.layerwise_lr.verification import checks
from tests.facts import failed, unnoticed


def test_the_other_powers_of_the_factor_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "multiplier", lambda factor, optimiser: factor**2 if optimiser == "adam" else factor)
    found = failed(checks)
    for name in ("sgd: rescaled", "momentum: rescaled", "adam: rescaled", "sgd on", "momentum on", "adam on"):
        assert any(fact.startswith(name) for fact in found), name


plain_clip, plain_equivalence, plain_run, plain_walks = model.clip, model.equivalence, model.reversal_run, model.walks
BROKEN: list[tuple[Any, str, Callable[..., Any], tuple[str, ...]]] = [
    (model, "equivalence", lambda *a, epsilon=0.0, decay=0.0, norm=0.0: plain_equivalence(*a), ("is no longer equivalent", "weight decay 0.01 is not", "norm clipped is not")),
    (model, "walks", lambda *a: plain_walks(*a, decay=0.1), ("sgd on", "momentum on", "adam on")), (model, "reverse", lambda x, factor: x, ("gradient reversal",)),
    (reversal, "reverse", lambda x, factor: reverse(x, -factor), ("gained by reversal", "domain classifier")), (reversal, "ramp", lambda share: 1.0, ("a tenth of the steps",)),
    (reversal, "ramp", lambda share: 1 - math.exp(-5 * share), ("a tenth of the steps",)), (model, "clip", lambda g, way, limit: plain_clip(g, "layer", limit), ("norm of all together", "cosine")),
    (model, "clip", lambda g, way, limit: list(g), ("largest norm of a layer",)), (gradients, "binarise", lambda x, through: torch.where(x.detach() >= 0, 1.0, -1.0) + 0 * x, ("±1 units",)),
]  # fmt: skip


@pytest.mark.parametrize(("where", "name", "broken", "facts"), BROKEN)
def test_a_broken_formula_is_found(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, broken: Any, facts: tuple[str, ...]
) -> None:
    monkeypatch.setattr(where, name, broken)
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


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_walk_steps_as_torch_does(optimiser: str) -> None:
    x, y = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (-1.2, 0.7))
    options = {"lr": 0.02, "weight_decay": 0.1}
    moving = torch.optim.Adam([x, y], eps=1e-4, **options) if optimiser == "adam" else torch.optim.SGD([x, y], momentum=0.9 if optimiser == "momentum" else 0.0, **options)  # fmt: skip
    places = []
    for _ in range(21):
        places.append((x.item(), y.item()))
        moving.zero_grad()
        surface("rosenbrock", x, y).backward()
        moving.step()
    found = walks("rosenbrock", (-1.2, 0.7), 2.0, optimiser, 0.02, 20, 1e-4, 0.1)
    assert found.plain.places == pytest.approx(np.array(places), abs=1e-12)


@pytest.mark.parametrize("name", SURFACES)
def test_slopes_are_those_of_the_surface(name: str) -> None:
    x, y = (torch.linspace(-2, 2, 9, dtype=torch.float64).roll(k).requires_grad_() for k in (0, 3))
    found = torch.autograd.grad(surface(name, x, y).sum(), [x, y])
    for exact, mine in zip(found, slope(name, x.detach().numpy(), y.detach().numpy()), strict=True):
        assert mine == pytest.approx(exact.numpy())


def test_surfaces_have_their_known_minima() -> None:
    assert surface("rosenbrock", 1.0, 0.5) == 0 and surface("valley", 0.0, 0.0) == 0
    assert slope("saddle", np.array(0.0), np.array(2**0.5)) == pytest.approx((0, 0))
    found = walks("rosenbrock", (0.0, 0.0), 1.0, "sgd", 0.01, 1)
    row, column = np.unravel_index(found.relief.argmin(), found.relief.shape)
    assert (found.axis[column], found.axis[row]) == pytest.approx((1, 0.5), abs=0.1)


def test_clipping_leaves_small_gradients_alone() -> None:
    small = [torch.tensor([0.1, -0.2]), torch.tensor([0.3])]
    for way in ("none", "global", "layer"):
        assert all(torch.equal(a, b) for a, b in zip(clip(small, way, 1.0), small, strict=True))
    assert clip(small, "sign", 0.5)[0].tolist() == [0.5, -0.5]
    assert clip(small, "freeze", 0.5)[0].tolist() == [0, 0] and torch.equal(clip(small, "freeze", 0.5)[1], small[1])


def test_one_shock_ruins_what_is_not_clipped() -> None:
    *_, found = compare_clipping("layer", 0.5, 0.2, 100.0, 200, 2, 0)
    ends = {way: run.accuracy[-1] for way, run in found.runs.items()}
    assert ends["none"] < 0.3 and ends["layer"] > 0.85 and ends["global"] > 0.85
    assert found.shocks.tolist() == [40, 80, 120, 160, 200] and found.chosen is found.runs["layer"]
    assert found.largest > 20 and found.kept == pytest.approx(0.5) and found.chosen.before.shape == (200, 3)


def test_what_breaks_the_equivalence_comes_one_by_one() -> None:
    *_, found = what_breaks_it((0.3, 1.0, 3.0), "adam", 0.002, 20, 0)
    assert found.rates == pytest.approx((0.0006, 0.002, 0.006)) and tuple(found.gaps) == found.cases
    assert found.gaps["plain"].max() < 1e-6 < found.gaps["epsilon"].max()
    first, *_ = what_breaks_it((2.0, 1.0, 1.0), "sgd", 0.1, 1, 0)
    assert first.rates[0] == pytest.approx(0.4) and first.cases == ("plain", "decay", "norm")


def test_the_reversal_is_turned_up_along_the_ramp() -> None:
    assert (
        ramp(0.0) == 0
        and ramp(0.5) == pytest.approx(0.84828, abs=1e-5)
        and ramp(1.0) == pytest.approx(0.98661, abs=1e-5)
    )
    states = list(compare_reversal(20, 35, 3.0, 4, 4, 0))
    assert [s.turned.strength for s in states] == pytest.approx([3 * ramp(k / 4) for k in (1, 2, 3, 4)])
    assert all(s.plain.strength == 0 for s in states)


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
    ("call", "name"),
    [
        (lambda: multiplier(2.0, "lbfgs"), "optimiser"), (lambda: clip([torch.ones(1)], "cut", 1.0), "way"), (lambda: surface("hill", 1.0, 3), "surface"),
        (lambda: next(compare_clipping("cut", 1.0, 0.1, 1.0, 5, 1, 0)), "way"), (lambda: next(what_breaks_it((1.0, 1.0, 1.0), "lion", 0.1, 1, 0)), "optimiser"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_named(call: Callable[[], Any], name: str) -> None:
    with pytest.raises(Refusal) as caught:
        call()
    assert caught.value.input == name
