"""The training loop's extras: the facts hold, and fail on broken formulas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.fitting import generator, mlp
from core.tricks import training_loop as model
from core.tricks.training_loop import (
    Average,
    Extras,
    ProgressBar,
    accumulated,
    accumulation_gap,
    adversarial_direction,
    autoencode,
    averaged_walk,
    checks,
    closed_form,
    divergence,
    moons,
    norm_after,
    power_iterations,
    real_matrix,
    run,
    spectral_norm,
    vat_run,
)
from tests.facts import failed, unnoticed


def test_all_facts_hold() -> None:
    assert not failed(checks)


plain_accumulated, plain_power, plain_direction, plain_norm = model.accumulated, model.power_iterations, model.adversarial_direction, model.spectral_norm  # fmt: skip
plain_gap = model.accumulation_gap


def summed(loss: Any, parameters: Sequence[Tensor], batch: Tensor, parts: int, weighted: bool = True) -> list[Tensor]:
    return [g * parts for g in plain_accumulated(loss, parameters, batch, parts, weighted)]


class Late(Average):
    """An average that forgets to weigh what comes in."""

    def update(self, module: nn.Module) -> None:
        with torch.no_grad():
            for value, p in zip(self.values, module.parameters(), strict=True):
                value.mul_(self.decay).add_(p)


class LastOnly(ProgressBar):
    """A bar whose every metric is the last value."""

    def __init__(self, target: int, stateful: frozenset[str] = frozenset()) -> None:
        super().__init__(target, frozenset({"loss", "now"}))


class MeanOnly(ProgressBar):
    """A bar that knows no state."""

    def __init__(self, target: int, stateful: frozenset[str] = frozenset()) -> None:
        super().__init__(target)


BROKEN: list[tuple[str, Any, tuple[str, ...]]] = [
    ("accumulated", lambda loss, p, b, parts, weighted=True: plain_accumulated(loss, p, b, parts, False), ("7 pieces",)), ("accumulation_gap", lambda b, p, w, n, s, seed: plain_gap(b, p, True, False, s, seed), ("counting 7 unequal", "batch normalisation")),
    ("accumulated", lambda loss, p, b, parts, weighted=True: plain_accumulated(loss, p, b[: -(len(b) // parts)] if parts > 1 else b, parts, weighted), ("4 pieces",)),
    ("Average", Late, ("closed form", "white noise")), ("power_iterations", lambda w, k, start=None: plain_power(w @ w, k, start), ("200 power iterations", "factor by which")),
    ("spectral_norm", lambda w, k=5: plain_norm(w, 1), ("‖W/σ‖₂",)), ("adversarial_direction", lambda cost, like, k, random, xi=1e-3: plain_direction(cost, like, 0, random, xi), ("on a quadratic",)),
    ("ProgressBar", LastOnly, ("running mean",)), ("ProgressBar", MeanOnly, ("stateful metric",)), ("vat_loss", lambda m, x, *more: 0.0 * m(x).sum(), ("gained by VAT",)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "broken", "facts"), BROKEN)
def test_a_broken_formula_is_found(monkeypatch: pytest.MonkeyPatch, name: str, broken: Any, facts: tuple[str, ...]) -> None:  # fmt: skip
    monkeypatch.setattr(model, name, broken)
    assert not unnoticed(checks, *facts)


def test_summed_pieces_are_too_large_for_gradient_descent() -> None:
    w = torch.ones(3, dtype=torch.float64, requires_grad=True)
    x, batch = torch.arange(24, dtype=torch.float64).view(8, 3), torch.arange(8)

    def loss(i: Tensor) -> Tensor:
        return (x[i] @ w).square().mean()

    (whole,) = torch.autograd.grad(loss(batch), w)
    assert torch.allclose(accumulated(loss, [w], batch, 3)[0], whole, rtol=1e-13)
    assert torch.allclose(summed(loss, [w], batch, 2)[0], 2 * whole)


def test_an_average_can_be_put_in_and_taken_out() -> None:
    net = mlp([2, 2], generator(0))
    average, before = Average(net, 0.9), [p.detach().clone() for p in net.parameters()]
    with torch.no_grad():
        for p in net.parameters():
            p.add_(1.0)
    average.update(net)
    average.exchange(net)
    assert all(torch.allclose(p, b + 0.1) for p, b in zip(net.parameters(), before, strict=True))
    average.exchange(net)
    assert all(torch.allclose(p, b + 1.0) for p, b in zip(net.parameters(), before, strict=True))


def test_no_memory_and_no_noise() -> None:
    places, averages = averaged_walk(0.1, 1.0, 0.0, 20, 0)
    assert np.array_equal(places, averages) and closed_form(places, 0.0) == pytest.approx(places)
    places, _ = averaged_walk(0.1, 0.0, 0.5, 10, 0)
    assert places[10] == pytest.approx([-2 * 0.9**10, 1.4 * 0.4**10])


def test_a_rank_one_matrix_takes_one_iteration() -> None:
    w = torch.outer(torch.tensor([1.0, 2.0]), torch.tensor([2.0, 0.0, 1.0]))
    assert power_iterations(w, 1)[0].item() == pytest.approx(5.0)
    assert norm_after(w, 1) == pytest.approx(1.0)


def test_the_gradient_of_the_spectral_norm_is_the_outer_product() -> None:
    w = real_matrix("known", 6, 0.3, 2).requires_grad_()
    spectral_norm(w, 60).backward()
    u, _, v = torch.linalg.svd(w.detach())
    assert w.grad is not None and torch.allclose(w.grad, torch.outer(u[:, 0], v[0]), atol=1e-8)


def test_divergence_is_zero_at_the_sample_and_positive_beside() -> None:
    net, x = mlp([3, 8, 4], generator(0)), torch.randn(5, 3, generator=generator(1))
    clean = net(x).detach()
    assert float(divergence(net, x, torch.zeros_like(x), clean).abs().max().detach()) < 1e-6
    d = adversarial_direction(lambda r: divergence(net, x, r, clean), x, 2, generator(2))
    other = torch.nn.functional.normalize(torch.randn(x.shape, generator=generator(3)), dim=1)
    assert torch.allclose(d.norm(dim=1), torch.ones(5)) and not d.requires_grad
    assert divergence(net, x, 0.2 * d, clean).sum() > divergence(net, x, 0.2 * other, clean).sum()


def test_the_bar_counts_draws_and_refuses_to_run_back() -> None:
    bar = ProgressBar(60)
    assert bar.update(2, {"loss": 1.0}) == " 2/60 [>.............................] - loss: 1.0000"
    assert bar.update(60, {"loss": 0.0}).startswith("60/60 [" + "=" * 30 + "]")
    with pytest.raises(ValueError, match=r"^done = 60"):
        bar.update(60, {})


def test_one_run_with_everything_on_repeats_itself() -> None:
    runs = [list(run(Extras(0.9, 3, True, 0.5), 40, 3e-3, 20, 2, 7))[-1] for _ in range(2)]
    assert np.array_equal(runs[0].loss, runs[1].loss) and runs[0].step == 20 and len(runs[0].places) == 2
    assert "20/20 [" in runs[0].bar


def test_accumulation_alone_changes_nothing_in_the_run() -> None:
    whole, pieces = (list(run(Extras(pieces=k), 64, 3e-3, 40, 1, 0))[-1] for k in (1, 4))
    assert np.abs(whole.loss - pieces.loss).max() < 1e-3


def test_an_autoencoder_needs_no_labels() -> None:
    *_, state = autoencode(24, 4e-3, 200, 2, True, 0)
    assert state.loss[-1] < 0.5 * state.loss[0] and len(state.lines) == 2
    assert float(state.lines[-1].split("hidden: ")[1]) == pytest.approx(state.hidden[-1], abs=1e-4)
    assert float(state.lines[-1].split("loss: ")[1].split(" ")[0]) == pytest.approx(state.loss.mean(), abs=1e-4)


def test_few_labels_suffice_with_vat() -> None:
    _, classes, places = moons(200, 6, 1)
    assert len(places) == 6 and classes[places].sum() == 3
    bare, with_vat = (list(vat_run(200, 6, size, 1, 400, 1, 1))[-1].accuracy for size in (0.0, 0.3))
    assert with_vat > bare + 0.05


@pytest.mark.parametrize(
    ("call", "said"), [(lambda: accumulation_gap(4, 8, True, False, 1, 0), r"^parts = 8"), (lambda: real_matrix("ones", 3, 0.5, 0), r"^kind = ones")]
)  # fmt: skip
def test_what_cannot_be_taken_is_named(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()
