"""The training loop's extras: the facts hold, and fail on broken formulas."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.fitting import generator, mlp
from core.tricks.training_loop import accumulation, averaging, bar, run, spectral, vat, verification, weights
from core.tricks.training_loop.averaging import Average
from core.tricks.training_loop.bar import ProgressBar
from core.tricks.training_loop.run import Extras
from tests.facts import Checks, together, unnoticed

plain_accumulated, plain_gap = accumulation.accumulated, accumulation.accumulation_gap
plain_rescaled, plain_measured = weights.rescaled, weights.measured
plain_iterations, plain_direction = spectral.power_iterations, vat.adversarial_direction


class Unweighted(Average):
    """An average that forgets to weigh what comes in."""

    def update(self, module: nn.Module) -> None:
        with torch.no_grad():
            for value, p in zip(self.values, module.parameters(), strict=True):
                value.mul_(self.decay).add_(p)


class NeverSwappedBack(Average):
    """An average that stays in the net once it was put in."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        super().__init__(module, decay)
        self.calls = 0

    def exchange(self, module: nn.Module) -> None:
        self.calls += 1
        if self.calls % 2:
            super().exchange(module)


class LastOnly(ProgressBar):
    """A bar whose every metric is the last value."""

    def __init__(self, target: int, stateful: frozenset[str] = frozenset()) -> None:
        super().__init__(target, frozenset({"loss", "now"}))


class MeanOnly(ProgressBar):
    """A bar that knows no state."""

    def __init__(self, target: int, stateful: frozenset[str] = frozenset()) -> None:
        super().__init__(target)


def times_sigma(w: Tensor, iterations: int = 5) -> Tensor:
    return w * spectral.spectral_norm(w, iterations)


def reversed_divergence(model: Any, x: Tensor, r: Tensor, clean: Tensor) -> Tensor:
    log_p, log_q = clean.log_softmax(1), model(x + r).log_softmax(1)
    return (log_q.exp() * (log_q - log_p)).sum(1)


def dropping(loss: Any, parameters: Sequence[Tensor], b: Tensor, parts: int, weighted: bool = True) -> list[Tensor]:
    """Accumulation that leaves the last samples out."""
    return plain_accumulated(loss, parameters, b[: -(len(b) // parts)] if parts > 1 else b, parts, weighted)


PARTS: dict[ModuleType, Checks] = {
    weights: verification.weights_facts,
    spectral: verification.spectral_facts,
    bar: verification.loss_and_bar_facts,
    accumulation: verification.accumulation_facts,
    averaging: verification.averaging_facts,
    vat: verification.vat_facts,
    run: together(verification.spectral_facts, verification.averaging_facts, verification.vat_facts),
}
"""Where the facts about each module stand."""

BROKEN: list[tuple[ModuleType, str, Any, tuple[str, ...]]] = [
    (vat, "divergence", reversed_divergence, ("KL((½, ½)",)),
    (run, "Average", NeverSwappedBack, ("keeping an average",)),
    (spectral, "normalised", times_sigma, ("diag(3, 1)", "‖W/σ‖₂")),
    (run, "normalised", times_sigma, ("layers of a run",)),
    (weights, "rescaled", lambda w, norm, size: w * (size / plain_measured(w, norm).detach()), ("|cos| of the weights", "‖V‖² grows")),
    (weights, "rescaled", lambda w, norm, size: w, ("constraint after", "inside: mean length", "stable rank")),
    (accumulation, "accumulated", lambda loss, p, b, parts, weighted=True: plain_accumulated(loss, p, b, parts, False), ("7 pieces",)),
    (accumulation, "accumulation_gap", lambda b, p, manner, n, s: plain_gap(b, p, "sized", n, s), ("counting 7 unequal", "batch normalisation")),
    (accumulation, "accumulated", dropping, ("4 pieces",)),
    (averaging, "Average", Unweighted, ("closed form", "white noise", "noisy descent")),
    (spectral, "power_iterations", lambda w, k: plain_iterations(w @ w, k), ("200 power iterations", "factor by which")),
    (vat, "adversarial_direction", lambda cost, like, k, rng, xi=1e-3: plain_direction(cost, like, 0, rng, xi), ("on a quadratic",)),
    (bar, "ProgressBar", LastOnly, ("running mean",)),
    (bar, "ProgressBar", MeanOnly, ("stateful metric",)),
    (bar, "METRICS", {**bar.METRICS, "active": lambda h, e: (h > 0).float().sum(1).mean()}, ("three metrics",)),
    (run, "vat_loss", lambda m, x, *more: 0.0 * m(x).sum(), ("gained by VAT",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("module", "name", "broken", "facts"), BROKEN, ids=[f"{b[0].__name__.split('.')[-1]}-{b[1]}-{k}" for k, b in enumerate(BROKEN)]
)  # fmt: skip
def test_a_broken_formula_is_found(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, broken: Any, facts: tuple[str, ...]
) -> None:
    monkeypatch.setattr(module, name, broken)
    assert not unnoticed(PARTS[module], *facts)


def last(states: Any) -> Any:
    *_, state = states
    return state


def test_four_ways_begin_alike_and_fewer_steps_are_the_beginning_of_more() -> None:
    short, long = (weights.four_ways("spectral", 1.0, 0.5, 0.1, steps, 3) for steps in (20, 40))
    assert np.array_equal(short.loss, long.loss[:, :3]) and long.places.tolist() == [0, 10, 20, 30, 40]
    free, constraint, inside, penalty = long.stored
    assert free[0] == constraint[0] == inside[0] == penalty[0]
    assert np.abs(constraint[1:] - 1).max() < 0.3 and np.abs(long.norm[2] - 1).max() < 0.35  # five iterations only
    rows = weights.four_ways("rows", 1.0, 0.5, 0.1, 40, 3)
    assert (np.diff(rows.stored[2]) > 0).all()  # the rows that are stored inside only grow
    assert (
        inside[0] > 1
        and 1 < penalty[-1] < penalty[0]
        and (long.directions >= 1).all()
        and (long.directions <= 48).all()
    )


def test_a_weight_of_the_right_norm_is_left_alone_and_the_norms_are_those_meant() -> None:
    w = torch.tensor([[3.0, 4.0], [0.0, 1.0]])
    assert weights.measured(w, "rows").flatten().tolist() == [5, 1]
    assert torch.allclose(weights.rescaled(w, "rows", 2.0), torch.tensor([[1.2, 1.6], [0.0, 2.0]]))
    assert float(weights.measured(torch.diag(torch.tensor([2.0, 0.1])), "spectral")) == pytest.approx(2.0, rel=1e-4)
    with pytest.raises(ValueError, match=r"^norm = frobenius"):
        weights.measured(w, "frobenius")


def test_summed_pieces_are_too_large_for_gradient_descent() -> None:
    w = torch.ones(3, dtype=torch.float64, requires_grad=True)
    x, batch = torch.arange(24, dtype=torch.float64).view(8, 3), torch.arange(8)

    def loss(i: Tensor) -> Tensor:
        return (x[i] @ w).square().mean()

    (whole,) = torch.autograd.grad(loss(batch), w)
    assert torch.allclose(plain_accumulated(loss, [w], batch, 3)[0], whole, rtol=1e-13)
    pieces = [torch.autograd.grad(loss(piece), w)[0] for piece in batch.tensor_split(2)]
    assert torch.allclose(pieces[0] + pieces[1], 2 * whole)


def test_a_piece_of_one_sample_has_no_batch_statistics() -> None:
    states = list(accumulation.accumulation_gaps(8, 8, 3, 0))
    assert [s.manners for s in states] == [accumulation.MANNERS[:k] for k in (1, 2, 3)]
    assert states[-1].sizes == (1,) * 8 and np.isnan(states[-1].largest[2]) and np.isnan(states[-1].shown[0]).all()


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
    walk = averaging.averaged_walk(0.1, 1.0, 0.0, 20, 0)
    assert np.array_equal(walk.places, walk.averages) and walk.gap == 0 and walk.wins == 0
    walk = averaging.averaged_walk(0.1, 0.0, 0.5, 10, 0)
    assert walk.places[10] == pytest.approx([-2 * 0.9**10, 1.4 * 0.4**10])
    assert walk.distance[0] == walk.averaged[0] == pytest.approx(math.hypot(2, 1.4))


def test_a_rank_one_matrix_takes_one_iteration() -> None:
    w = torch.outer(torch.tensor([1.0, 2.0]), torch.tensor([2.0, 0.0, 1.0]))
    assert spectral.power_iterations(w, 1)[0].item() == pytest.approx(5.0)
    assert float(torch.linalg.matrix_norm(spectral.normalised(w, 1), 2)) == pytest.approx(1.0)


def test_the_gradient_of_the_spectral_norm_is_the_outer_product() -> None:
    w = spectral.matrix("known", 6, 0.3, 2).requires_grad_()
    spectral.spectral_norm(w, 60).backward()
    u, _, v = torch.linalg.svd(w.detach())
    assert w.grad is not None and torch.allclose(w.grad, torch.outer(u[:, 0], v[0]), atol=1e-8)


def test_power_says_how_many_iterations_are_enough_and_shows_no_rounding() -> None:
    quick, slow = spectral.power("known", 30, 0.5, 5, 1), spectral.power("known", 30, 0.99, 5, 1)
    assert 0 < quick.enough < 5 and (slow.enough == 0 or slow.enough > 10) and quick.ratio == pytest.approx(0.5)
    assert np.isnan(quick.errors[-1]) and np.nanmin(quick.errors) > 1e-14 and slow.norm > 1.01 > quick.norm


def test_divergence_is_zero_at_the_sample_and_largest_where_vat_looks() -> None:
    net, x = mlp([3, 8, 4], generator(0)), torch.randn(5, 3, generator=generator(1))
    clean = net(x).detach()
    assert float(vat.divergence(net, x, torch.zeros_like(x), clean).abs().max().detach()) < 1e-6
    d = vat.adversarial_direction(lambda r: vat.divergence(net, x, r, clean), x, 2, generator(2))
    other = torch.nn.functional.normalize(torch.randn(x.shape, generator=generator(3)), dim=1)
    assert torch.allclose(d.norm(dim=1), torch.ones(5)) and not d.requires_grad
    assert vat.divergence(net, x, 0.2 * d, clean).sum() > vat.divergence(net, x, 0.2 * other, clean).sum()


def test_the_bar_counts_draws_and_refuses_to_run_back() -> None:
    shown = ProgressBar(60)
    assert shown.update(2, {"loss": 1.0}) == " 2/60 [>.............................] - loss: 1.0000"
    assert shown.update(60, {"loss": 0.0}).startswith("60/60 [" + "=" * 30 + "]")
    with pytest.raises(ValueError, match=r"^done = 60"):
        shown.update(60, {})


def test_one_run_with_everything_on_repeats_itself_and_can_be_sent() -> None:
    runs = [last(run.pair(Extras(0.9, 3, True, 0.5), 40, 3e-3, 20, 2, 7)).extra for _ in range(2)]
    assert np.array_equal(runs[0].loss, runs[1].loss) and runs[0].step == 20 and len(runs[0].places) == 2
    assert "20/20 [" in runs[0].bar and pickle.loads(pickle.dumps(runs[0])).bar == runs[0].bar


def test_accumulation_alone_changes_nothing_in_the_run() -> None:
    whole, pieces = (last(run.train(Extras(pieces=k), 64, 3e-3, 40, 1, 0)) for k in (1, 4))
    assert np.abs(whole.loss - pieces.loss).max() < 1e-3


def test_an_autoencoder_needs_no_labels() -> None:
    state = last(bar.autoencode(24, "hidden", True, 4e-3, 200, 2, 0))
    assert state.loss[-1] < 0.5 * state.loss[0] and len(state.lines) == 2
    assert float(state.lines[-1].split("hidden: ")[1]) == pytest.approx(state.metric[-1], abs=1e-4)
    assert float(state.lines[-1].split("loss: ")[1].split(" ")[0]) == pytest.approx(state.bar_loss[-1], abs=1e-4)
    assert np.array_equal(state.bar_metric, state.metric) and state.bar_loss[-1] == pytest.approx(state.loss.mean())


def test_few_labels_suffice_with_vat() -> None:
    _, classes, places = vat.moons(200, 6, 1)
    assert len(places) == 6 and classes[places].sum() == 3
    state = last(vat.smoothed_moons(200, 6, 0.3, 1, 400, 1, 1))
    assert state.smooth.accuracy > state.bare.accuracy + 0.05 and [len(m) for m in state.marked] == [3, 3]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: plain_gap(4, 8, "sized", 1, 0), r"^parts = 8"),
        (lambda: plain_gap(8, 4, "summed", 1, 0), r"^manner = summed"),
        (lambda: spectral.matrix("ones", 3, 0.5, 0), r"^kind = ones"),
    ],
)
def test_what_cannot_be_taken_is_named(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()
