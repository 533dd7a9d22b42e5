"""NICE: losses by hand, what its parts change, what the page measures, and broken copies that are noticed."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.flow.nice import inpaint, model, verification, views
from core.flow.nice.model import NICE, Config, DenseCoupling, DiagonalScale, Reversal, constant, loss, noisy
from core.flow.nice.plane import Settings, Training, trained
from core.gan.plane.targets import target
from core.weights import load, read_card
from tests.facts import failed, together, unnoticed

SMALL = together(verification.by_hand, verification.in_the_plane, verification.of_layers)


def test_all_small_facts_hold() -> None:
    assert not failed(SMALL)


@pytest.mark.parametrize(
    ("broken", "facts"),
    [
        (lambda z, logdet: 0.5 * z.square().mean(1) - logdet, ("loss of x = (3, 5)", "∫ q(x) dx")),
        (lambda z, logdet: z.square().sum(1) - logdet, ("loss of x = (3, -5)", "∫ q(x) dx")),
        (lambda z, logdet: 0.5 * z.square().sum(1) + logdet, ("loss of x = (3, 5)", "log q(0)")),
        (lambda z, logdet: 0.5 * z.square().sum(1), ("loss of x = (3, -5)", "∫ q(x) dx")),
    ],
    ids=["mean for sum", "without the half", "sign of the determinant", "no determinant"],
)
def test_a_broken_loss_is_noticed(broken: object, facts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "loss", broken)
    monkeypatch.setattr(model, "loss", broken)
    assert not unnoticed(SMALL, *facts)


@pytest.mark.parametrize("wrong", [0.0, 0.5 * math.log(2 * math.pi), 784 * math.log(2 * math.pi)])
def test_a_wrong_constant_is_noticed(wrong: float, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (verification, model):
        monkeypatch.setattr(place, "constant", lambda dimensions: wrong)
    assert not unnoticed(SMALL, "log q(0)", "∫ q(x) dx", "the constant")


def test_couplings_that_add_where_they_should_subtract_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    forward, inverse = DenseCoupling.forward, DenseCoupling.inverse
    monkeypatch.setattr(DenseCoupling, "forward", inverse)
    monkeypatch.setattr(DenseCoupling, "inverse", forward)
    assert not unnoticed(verification.by_hand, "loss of x = (3, 5)", "the generator adds")


def test_a_coupling_that_stretches_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def stretched(self: DenseCoupling, x: Tensor) -> tuple[Tensor, Tensor]:
        kept, moved = x[:, ::2], x[:, 1::2]
        return torch.stack([kept, moved * 1.1 - self.network(kept)], 2).flatten(1), x.new_zeros(len(x))

    monkeypatch.setattr(DenseCoupling, "forward", stretched)
    assert not unnoticed(SMALL, "area of a circle", "log-determinant of a random model")


def test_flows_that_do_not_reverse_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reversal, "forward", lambda self, x: (x, x.new_zeros(len(x))))
    assert not unnoticed(verification.of_layers, "the same with the reversals")


def test_a_scale_counted_per_picture_and_not_per_pixel_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        DiagonalScale, "forward", lambda self, x: (x * self.log_scale.exp(), self.log_scale.mean().expand(len(x)))
    )
    assert not unnoticed(SMALL, "loss of x = (3, 5)", "∫ q(x) dx", "log-determinant of a random model")


def test_untrained_weights_fail_what_is_asked_of_the_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(1)
    fresh = NICE(Config(hidden=16, layers=1)).eval()
    assert not unnoticed(lambda: verification.of_model(fresh), "beside that of random weights")


def test_the_last_layer_begins_open_and_ends_in_its_relu() -> None:
    coupling = DenseCoupling(8, 16, 5)
    assert isinstance(coupling.network[-1], nn.ReLU)
    dense = [part for part in coupling.network if isinstance(part, nn.Linear)]
    assert [layer.weight.shape for layer in dense] == [(16, 4), *[(16, 16)] * 4, (4, 16)]
    assert all(layer.weight.abs().max() > 0 for layer in dense)
    with pytest.raises(ValueError, match="dimensions = 7"):
        DenseCoupling(7, 4, 1)


def test_the_network_has_the_authors_layers() -> None:
    """Four couplings of 392 h + 4 h² + h 392 weights and 5 h + 392 biases, and 784 log-scales: 19.2 million at h = 1000."""
    counts = {h: 4 * (784 * h + 4 * h**2 + 5 * h + 392) + 784 for h in (50, 1000)}
    assert sum(p.numel() for p in NICE(Config(hidden=50)).parameters()) == counts[50]
    assert counts[1000] == 19_158_352


def test_noise_is_taken_off_and_a_hundredth_wide() -> None:
    pictures = torch.full((2, 1, 2, 2), 255, dtype=torch.uint8)
    assert torch.allclose(noisy(pictures, torch.zeros(2, 1, 2, 2)), torch.ones(2, 4))
    assert torch.allclose(noisy(pictures, torch.ones(2, 1, 2, 2)), torch.full((2, 4), 0.99))


def test_pictures_come_back_from_their_codes_exactly() -> None:
    torch.manual_seed(0)
    flow = NICE(Config(side=4, hidden=8, layers=2))
    pictures = torch.rand(3, 1, 4, 4) * 2 - 1
    codes = flow.encode(pictures)
    assert codes.shape == (3, 16)
    assert torch.allclose(flow.decode(codes), pictures, atol=1e-5)
    assert flow.decode(100 * codes).abs().max() <= 1
    assert torch.allclose(
        flow.log_likelihood(pictures.flatten(1) / 2 + 0.5), -loss(*flow(pictures.flatten(1) / 2 + 0.5)) - constant(16)
    )


def test_stages_stand_at_their_pixels_places() -> None:
    """The first coupling changes one half of the pixels, the second the other; the last stage is z."""
    flow: NICE = load(views.WEIGHTS)
    digit = views.drawn(0)
    y = views.stages(digit, 0)
    changed = [(a != b).flatten().nonzero()[0] % 2 for a, b in zip(y.values[:-2], y.values[1:-1], strict=True)]
    assert [set(parity.tolist()) for parity in changed] == [{0}, {1}, {0}, {1}]
    z = flow(views.pixels(digit[None, :, :, 0], flow))[0]
    np.testing.assert_allclose(y.values[-1].ravel(), z[0].detach().numpy(), atol=1e-5)
    assert len(y.films) == len(y.stage) == 5 * views.FRAMES + 1


def test_codes_cut_down_err_less_the_more_of_them_is_kept() -> None:
    digit = views.drawn(10)
    none, all_of_it = views.kept(digit, 0), views.kept(digit, 784)
    assert all_of_it.error < 1e-5 < none.error
    assert none.mask.sum() == 0
    assert views.kept(digit, 123).mask.sum() == 123
    largest = views.kept(digit, 1)
    assert largest.sigmas[largest.mask > 0] == largest.sigmas.max()


def test_temperature_is_a_factor_of_the_same_codes() -> None:
    cold, warm = views.samples(3, 4, 0.0), views.samples(3, 4, 1.0)
    assert (cold.wall == cold.wall[:1]).all()
    np.testing.assert_array_equal(cold.one, warm.one)
    np.testing.assert_array_equal(warm.one[views.LADDER.index(1.0)], warm.wall[0])
    assert not np.array_equal(views.samples(4, 4, 1.0).wall, warm.wall)


def test_losses_of_the_readers_picture_follow_its_contrast() -> None:
    y = views.likelihoods(views.drawn(0), 0.0, 0)
    assert y.own == pytest.approx(y.black, abs=1e-3)
    whole = views.likelihoods(views.drawn(0), 1.0, 0)
    assert whole.own == pytest.approx(float(y.drawn[0]), abs=1e-3)
    assert sorted(whole.shown[0].ravel()) == sorted(whole.shown[2].ravel())
    assert not whole.shown[3].any()


def test_numbers_and_no_pictures_ship_beside_the_weights() -> None:
    """Nothing of a data set ships: the extras are a film of samples, the log and one file of statistics."""
    card = read_card(views.WEIGHTS)
    assert {file.path for file in card.extras} == {"film.webp", "log.csv", views.STATISTICS}
    stored = views.statistics()
    assert {name: losses.shape for name, losses in stored.losses.items()} == dict.fromkeys(views.SETS, (1000,))
    digits, shuffled, fashion = (float(stored.losses[name].mean()) for name in views.SETS)
    assert digits < fashion < shuffled
    assert stored.related.shape == (6,)
    assert stored.related[-2] == pytest.approx(stored.related[-1], abs=1e-3), (
        "a scale of each pixel changes no correlation"
    )
    assert "png" not in card.data + card.licence


@pytest.mark.parametrize("region", list(inpaint.REGIONS))
def test_only_what_is_covered_changes(region: str) -> None:
    *_, y = inpaint.inpainted(views.drawn(0), region, 10, 0)
    mask = inpaint.covered(28, region) > 0
    assert (y.found[:, ~mask] == y.picture[~mask]).all()
    assert (y.losses[-1] < y.losses[0]).all()
    assert (y.step, y.done, len(y.losses)) == (10, 1.0, 11)


def test_the_plane_learns_repeats_and_keeps_areas() -> None:
    """The border of the mesh, 8 x 8 cells, holds 64 times the area of one."""
    aim = target("moons", 0)
    ends = []
    for _ in range(2):
        *_, end = trained(Settings(steps=60), aim)
        ends.append(end)
    first, again = ends
    assert isinstance(first, Training)
    assert first.last.loss < first.records[0].loss
    np.testing.assert_array_equal(first.last.samples, again.last.samples)
    assert first.last.cell == pytest.approx(0.25 / (2 * math.pi * first.last.peak))
    outline = torch.from_numpy(first.last.mesh).double()
    whole = [outline[82 * k : 82 * k + 81] for k in (9, 8, 17, 0)]  # bottom, right, top and left border of the mesh
    around = torch.cat([whole[0], whole[1], whole[2].flip(0), whole[3].flip(0)])
    x, y = around.T
    area = float((x * y.roll(-1) - y * x.roll(-1)).sum().abs() / 2)
    assert area == pytest.approx(64 * first.last.cell, rel=0.02)
    assert first.last.step == 60
