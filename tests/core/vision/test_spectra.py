"""Spectra: the facts hold, and each fails on a broken copy; soft F1, receptive field, dropout of steps and redshifts by hand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from core.checks import Check
from core.vision.spectra import model as model_module
from core.vision.spectra import objective, painter, verification
from core.vision.spectra.model import Block, Config, Reader, StepDropout, build, parameter_count, receptive_field
from core.vision.spectra.objective import f1_loss, f1_of_ratio, macro_f1, soft_f1
from core.vision.spectra.painter import KINDS, LENGTH, Painter, Scene, batch, draw, redshifts, unit_median, with_noise
from core.vision.spectra.verification import drawing, identities, of_weights, seen_by
from tests.facts import failed, unnoticed

EQUAL = (1.0, 1.0, 1.0, 1.0)


def tiny() -> Painter:
    """Every kind a slope with a bump in the middle, and one small component, on an even grid."""
    step = 1.5e-4
    axes = {
        kind: (float(painter.GRID[0] - np.log10(1 + redshifts(kind)[1]) - 2 * step), step) for kind in painter.KINDS
    }
    ends = {kind: painter.GRID[-1] - np.log10(1 + redshifts(kind)[0]) + 2 * step for kind in painter.KINDS}
    counts = {kind: int((ends[kind] - axes[kind][0]) / step) + 2 for kind in painter.KINDS}
    made = Painter({kind: (1, count) for kind, count in counts.items()}, axes)
    for k, kind in enumerate(painter.KINDS):
        x = torch.linspace(0, 1, counts[kind])
        made.get_buffer(kind)[0] = 1 + 0.05 * k * x + (-0.5 * ((x - 0.5) / 0.01) ** 2).exp()
        made.get_buffer(kind)[1] = 0.05 * (6 * x).sin()
    return made


def test_the_identities_hold() -> None:
    assert not failed(identities)


def test_what_is_drawn_is_as_it_should_be() -> None:
    assert not failed(drawing)


def test_the_shipped_net_holds() -> None:
    assert not failed(of_weights)


def test_random_weights_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    reader = Reader(Config(2)).eval()
    monkeypatch.setattr(verification, "net", lambda: reader)
    assert not unnoticed(of_weights, "fresh spectra told right")


def _gated(self: Block, x: Tensor) -> Tensor:
    y = x
    for convolution in self.convolutions:
        first, second = F.relu(convolution(y)).chunk(2, 1)
        y = first * second
    return y + self.skip(x)


def _relu_of_the_sum(self: Block, x: Tensor) -> Tensor:
    y = x
    for convolution in self.convolutions:
        first, second = convolution(y).chunk(2, 1)
        y = F.relu(first + second)
    return y + self.skip(x)


def _no_skip(self: Block, x: Tensor) -> Tensor:
    return WHOLE(self, x) - self.skip(x)


def _pools_less(self: Reader, x: Tensor) -> Tensor:
    h = x[:, None]
    for k, block in enumerate(self.blocks):
        h = block(h if k < 2 else F.max_pool1d(h, 2))
    return h


def _each_element(self: StepDropout, x: Tensor) -> Tensor:
    return F.dropout(x, 0.5, self.training)


def _whole_spectra(self: StepDropout, x: Tensor) -> Tensor:
    return x * F.dropout(torch.ones_like(x[:, :1, :1]), 0.5, self.training)


def _not_scaled(self: StepDropout, x: Tensor) -> Tensor:
    return x * (torch.rand_like(x[:, :1]) < 0.5)


def _mean_over_steps(self: Reader, x: Tensor) -> Tensor:
    weighed = self.features(x)
    return self.output(F.relu(self.hidden(weighed[:, :, 0])))


def _sum_of_products(probabilities: Tensor, labels: Tensor) -> Tensor:
    y = F.one_hot(labels, probabilities.shape[1]).to(probabilities)
    return (y * probabilities).sum(0) / y.sum(0).clamp_min(1)  # the recall


def _precision(confusion: np.ndarray) -> np.ndarray:
    return np.diagonal(confusion) / np.maximum(confusion.sum(0), 1e-9)


def _not_reweighted(confusion: np.ndarray, shares: np.ndarray) -> np.ndarray:
    return macro_f1(confusion)


WHOLE = Block.forward


@pytest.mark.parametrize(
    ("where", "name", "broken", "fact"),
    [
        (Block, "forward", _gated, "pairs of ReLU convolutions"),
        (Block, "forward", _relu_of_the_sum, "pairs of ReLU convolutions"),
        (Block, "forward", _no_skip, "pairs of ReLU convolutions"),
        (Reader, "features", _pools_less, "receptive field by impulses"),
        (model_module, "DILATIONS", (1, 2, 3), "receptive field by impulses"),
        (model_module, "DILATIONS", (1, 2, 3), "receptive field by the formula"),
        (model_module, "HIDDEN", 64, "parameters at the post's width"),
        (verification, "parameter_count", lambda config: 748_323, "parameters by the closed form"),
        (verification, "receptive_field", lambda config: 1657, "without dilation"),
        (Reader, "forward", _mean_over_steps, "order of the last 20 steps"),
        (verification, "soft_f1", _sum_of_products, "one-hot predictions"),
        (verification, "macro_f1", _precision, "macro-F1 of the confusion"),
        (objective, "soft_f1", _sum_of_products, "F1 loss by hand"),
        (verification, "f1_of_ratio", _not_reweighted, "at 3 : 1"),
        (StepDropout, "forward", _each_element, "dropped in all channels"),
        (StepDropout, "forward", _whole_spectra, "neighbouring steps"),
        (StepDropout, "forward", _not_scaled, "mean of what dropout leaves"),
    ],
)
def test_a_broken_copy_is_noticed(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, broken: Any, fact: str
) -> None:
    monkeypatch.setattr(where, name, broken)
    assert not unnoticed(identities, fact)


def _blue_shift(made: Painter, kind: str, z: float, rng: np.random.Generator) -> np.ndarray:
    return SHIFTED(made, kind, 1 / (1 + z) - 1, rng)


def _first_order(made: Painter, kind: str, z: float, rng: np.random.Generator) -> np.ndarray:
    return SHIFTED(made, kind, min(1 / max(1 - z, 0.2) - 1, 3.0), rng)


def _doubled(clean: np.ndarray, snr: float, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    return NOISY(clean, snr / 2, rng)


def _noise_in_the_colour(flux: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return COLOURED(flux, rng) * (1 + 0.01 * np.random.default_rng(next(COUNT)).standard_normal(len(flux)))


COUNT = itertools.count()
SHIFTED, NOISY, COLOURED = painter._shifted, painter._noisy, painter._coloured


@pytest.mark.parametrize(
    ("where", "name", "broken", "facts"),
    [
        (painter, "_shifted", _blue_shift, ("Ca K of galaxy at z = 0.4", "Mg II of qso-near at z = 0.6")),
        (painter, "_shifted", _first_order, ("Ca K of galaxy at z = 0.4",)),
        (painter, "_noisy", _doubled, ("noise in the middle",)),
        (painter, "_coloured", _noise_in_the_colour, ("the same star at two noise levels",)),
        (painter, "QSO_REACH", (0.3, 3.6), ("how far a template falls short",)),
        (verification, "unit_median", lambda flux: flux, ("1000 times as bright",)),
        (verification, "GRID", painter.WAVELENGTHS / 1000, ("shift of the logarithmic axis",)),
    ],
)
def test_a_broken_painter_is_noticed(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, broken: Any, facts: tuple[str, ...]
) -> None:
    monkeypatch.setattr(where, name, broken)
    assert not unnoticed(drawing, *facts)


@pytest.mark.parametrize(("width", "dilated"), [(1, True), (1, False), (3, True)])
def test_the_receptive_field_by_impulses_is_that_of_the_formula(width: int, dilated: bool) -> None:
    assert seen_by(Config(width, dilated)) == receptive_field(Config(width, dilated))


@pytest.mark.parametrize(("width", "dilated"), [(1, True), (5, False), (16, True)])
def test_the_parameters_by_the_closed_form(width: int, dilated: bool) -> None:
    config = Config(width, dilated)
    assert parameter_count(config) == sum(weight.numel() for weight in build(width=width, dilated=dilated).parameters())


def test_no_gradient_comes_from_outside_the_receptive_field() -> None:
    """The support of a gradient lies within the receptive field, and spans most of it over some spectra."""
    torch.manual_seed(0)
    reader = Reader(Config(4)).double().eval()
    x = torch.randn(6, 8192, dtype=torch.float64, requires_grad=True)
    (found,) = torch.autograd.grad(reader.features(x)[:, :, 32].sum(), x)
    there = found.abs().sum(0).nonzero()[:, 0]
    low, high = 32 * 128 - 14 * 255 // 2, 32 * 128 + 127 + 14 * 255 // 2
    assert low <= int(there[0])
    assert int(there[-1]) <= high
    assert high - low + 1 == receptive_field(Config(4)) == 3698


def test_soft_f1_by_hand() -> None:
    """Two of class 0 with p = 1 and ½: F = 2·1.5/(2 + 1.5); one of class 1 with 0 … its ½ goes to the other's: 0/(0 + .5)."""
    p = torch.tensor([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]], dtype=torch.float64)
    found = soft_f1(p, torch.tensor([0, 0]))
    assert found.tolist() == pytest.approx([3 / 3.5, 0.0, 0.0])
    assert float(f1_loss(p.clamp_min(1e-12).log(), torch.tensor([0, 0]))) == pytest.approx(
        -math.log(3 / 3.5 / 3), abs=1e-6
    )


def test_the_f1_loss_is_zero_for_a_perfect_answer_and_its_gradient_finite_for_the_worst() -> None:
    labels = torch.arange(4).repeat(3)
    perfect = 100.0 * F.one_hot(labels, 4).double()
    assert float(f1_loss(perfect, labels)) == pytest.approx(0, abs=1e-12)
    worst = (10.0 * F.one_hot((labels + 1) % 4, 4).double()).requires_grad_()
    f1_loss(worst, labels).backward()
    assert worst.grad is not None
    assert worst.grad.isfinite().all()


def test_a_class_that_nobody_has_or_says_has_no_f1() -> None:
    assert macro_f1(np.array([[3, 0, 0], [1, 2, 0], [0, 0, 0]])).tolist() == pytest.approx([6 / 7, 4 / 5, 0])


def test_f1_where_the_classes_come_in_other_numbers() -> None:
    """A tenth of 100 common ones called rare leave a rare class that is always found at F = 2·1/(1 + 1 + 10) = 1/6."""
    counts = np.array([[90.0, 10.0], [0.0, 100.0]])
    assert f1_of_ratio(counts, np.array([100.0, 1.0]))[1] == pytest.approx(1 / 6)
    assert f1_of_ratio(counts, np.array([7.0, 7.0])) == pytest.approx(macro_f1(counts))
    assert f1_of_ratio(10 * counts, np.array([3.0, 1.0])) == pytest.approx(f1_of_ratio(counts, np.array([30.0, 10.0])))


def test_dropout_of_steps_is_the_identity_in_evaluation() -> None:
    x = torch.randn(2, 3, 20)
    assert torch.equal(StepDropout().eval()(x), x)
    torch.manual_seed(0)
    kept = StepDropout().train()(torch.ones(50, 3, 20))[:, 0]
    assert set(kept.unique().tolist()) == {0.0, 2.0}
    assert float(kept.std(0).min()) > 0
    assert not torch.equal(kept[0], kept[1])  # every spectrum has its own


def test_the_maximum_and_its_place_agree() -> None:
    torch.manual_seed(0)
    reader = Reader(Config(2)).eval()
    x = torch.randn(3, LENGTH)
    pooled, features = reader.pooled(x), reader.features(x)
    assert features.shape == (3, 16, 20)
    torch.testing.assert_close(features.gather(2, pooled.at[..., None])[..., 0], pooled.values)
    torch.testing.assert_close(reader(x), reader.output(F.relu(reader.hidden(pooled.values))))


@pytest.mark.parametrize("kind", ["A", "galaxy", "qso-near", "qso-far"])
def test_the_painter_moves_a_line_by_one_plus_z(kind: str) -> None:
    made = tiny()
    axis, table = made.rest(kind)
    line = 10 ** axis[int(table[0].argmax())]
    low, high = redshifts(kind)
    for z in np.linspace(low, high, 5):
        at = (1 + z) * line
        if not painter.WAVELENGTHS[200] < at < painter.WAVELENGTHS[-200]:
            continue
        clean = draw(made, Scene(kind, float(z), 1e7, 1)).clean
        near = np.abs(painter.WAVELENGTHS / at - 1) < 0.02
        found = painter.WAVELENGTHS[near][int(clean[near].argmax())]
        assert found == pytest.approx(at, rel=1e-3)


def test_every_seed_and_stream_arrives() -> None:
    made = tiny()
    one = draw(made, Scene("G", 0.0, 10.0, 1))
    assert np.array_equal(one.flux, draw(made, Scene("G", 0.0, 10.0, 1)).flux)
    assert not np.array_equal(one.flux, draw(made, Scene("G", 0.0, 10.0, 2)).flux)
    louder = draw(made, Scene("G", 0.0, 1.0, 1))
    assert np.corrcoef(one.clean, louder.clean)[0, 1] == pytest.approx(1)
    noise = [
        spectrum.flux / np.abs(spectrum.clean).mean() - spectrum.clean / np.abs(spectrum.clean).mean()
        for spectrum in (one, louder)
    ]
    assert noise[1] == pytest.approx(10 * noise[0], abs=1e-6)


def test_a_batch_has_its_shares_its_noise_and_unit_median() -> None:
    made = tiny()
    found = batch(made, (3.0, 1.0, 0.0, 0.0), 40, 5)
    assert set(found.labels.tolist()) == {0, 1}
    assert found.flux.shape == (40, LENGTH)
    assert np.median(np.abs(found.flux), 1) == pytest.approx(np.ones(40), rel=1e-4)
    assert np.array_equal(found.flux, batch(made, (3.0, 1.0, 0.0, 0.0), 40, 5).flux)
    quiet, loud = (with_noise(made, EQUAL, 6, 3, snr) for snr in (50.0, 1.0))
    assert np.array_equal(quiet.labels, loud.labels)
    assert set(quiet.snr) == {50.0}
    assert np.diff(loud.flux, axis=1).std() > 5 * np.diff(quiet.flux, axis=1).std()


def test_the_median_of_zeros_is_no_fault() -> None:
    assert np.isfinite(unit_median(np.zeros(5))).all()


def test_all_kinds_have_their_facts_as_checks() -> None:
    checks: Callable[[], Any] = drawing
    assert all(isinstance(check, Check) for check in checks())
    assert set(KINDS) >= {kind for kind, *_ in verification.LINES}
