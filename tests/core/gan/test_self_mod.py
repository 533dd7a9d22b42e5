"""SELF-MOD's page: checkerboards against sums by hand, modulation by its definition, counts, and broken copies that are noticed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from core.checks import Check
from core.gan import architectures
from core.gan.architectures import ARCHITECTURES, Architecture, PlainNorm, StyleModulation, generator
from core.gan.o_gan import Config, Generator
from core.gan.pictures import GAN
from core.gan.pictures import Config as PicturesConfig
from core.gan.self_mod import checkerboard, modulation, race, verification
from core.gan.self_mod.count import CRITIC_STEPS, count, step_operations
from tests.facts import failed
from training.gan.pictures import CRITIC_STEPS as TRAINED_WITH
from training.gan.pictures import PRESETS

TINY = Config(16, 1, 5, 4)


def test_overlaps_are_what_a_transposed_convolution_of_ones_gives() -> None:
    for kernel, stride in ((5, 2), (4, 2), (3, 2), (7, 3)):
        ones = F.conv_transpose1d(torch.ones(1, 1, 8), torch.ones(1, 1, kernel), stride=stride)[0, 0]
        assert checkerboard.overlaps(kernel, stride, 8).tolist() == ones.int().tolist()
        assert checkerboard.overlaps(kernel, stride, 8).sum() == 8 * kernel


def test_the_expected_power_of_two_layers_worked_by_hand() -> None:
    """k = 3: one layer has 2 and 1 in turn; through another they become 3, 2, 3, 1, over a mean of 9/4."""
    power = checkerboard.expected_power("transposed", 3, 2)
    line = power[:, 0] / power[:, 0].max()
    start = int(np.flatnonzero(np.isclose(line[:4], 1 / 3))[0])
    assert np.roll(line, -start)[:8] * 3 == pytest.approx([1, 3, 2, 3, 1, 3, 2, 3])
    assert checkerboard.unevenness(power) == pytest.approx(9.0)
    for kernel in range(2, 8):
        assert checkerboard.unevenness(checkerboard.expected_power("repeated", kernel, 3)) == pytest.approx(1.0)


def test_a_wrong_power_is_noticed() -> None:
    def even(method: str, kernel: int, layers: int) -> np.ndarray:
        side = checkerboard.FIRST * 2**layers
        return np.ones((side, side))

    def checks() -> Iterator[Check]:
        return verification.checkerboards(even)

    assert any("400 networks" in name for name in failed(checks))
    assert not failed(verification.checkerboards)


def test_counts_and_modulations_hold() -> None:
    assert not failed(verification.counts)
    assert not failed(verification.modulations)


def test_batch_statistics_in_the_place_of_a_pictures_own_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_batch(self: StyleModulation, h: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        normal = F.batch_norm(h, None, None, training=True)
        return normal * (1 + self.gain(w)[:, :, None, None]) + self.shift(w)[:, :, None, None]

    monkeypatch.setattr(StyleModulation, "forward", by_batch)
    assert any("style modulation" in name for name in failed(verification.modulations))


def test_style_that_sees_the_content_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def confused(part: Generator, content: torch.Tensor, style: torch.Tensor, depth: int) -> torch.Tensor:
        return part(content if depth < modulation.LAYERS else style)

    monkeypatch.setattr(modulation, "mixed", confused)
    monkeypatch.setattr(verification, "mixed", confused)
    found = failed(verification.modulations)
    assert any("style changes nothing" in name for name in found)
    assert any("style decides" in name for name in found)


def test_shares_of_variance_worked_by_hand() -> None:
    """Rows differ by 6, columns by 2, no interaction: variances 18 and 2 of two draws each."""
    values = np.array([[[0.0], [2.0]], [[6.0], [8.0]]])
    assert modulation._shares(values) == pytest.approx((0.9, 0.1, 0.0))
    crossed = np.array([[[1.0], [-1.0]], [[-1.0], [1.0]]])
    assert modulation._shares(crossed) == pytest.approx((0.0, 0.0, 1.0))


@pytest.mark.parametrize("grid", [(4, 6), (30, 3)])
def test_shares_do_not_depend_on_the_grid(grid: tuple[int, int]) -> None:
    """Variances 4, 1 and 0.25 of rows, columns and pairs, over many pixels: the shares of them, whatever the grid."""
    rng = np.random.default_rng(0)
    rows, columns = grid
    values = (
        2 * rng.normal(size=(rows, 1, 4000))
        + rng.normal(size=(1, columns, 4000))
        + 0.5 * rng.normal(size=(rows, columns, 4000))
    )
    assert modulation._shares(values) == pytest.approx((4 / 5.25, 1 / 5.25, 0.25 / 5.25), abs=0.01)
    assert modulation._shares(rng.normal(size=(rows, columns, 4000)))[2] > 0.98


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_draws_and_learns(name: Architecture) -> None:
    torch.manual_seed(0)
    model = GAN(PicturesConfig(16, 1, 5, 4, "sgan-sn", name))
    z = torch.randn(6, 5)
    made = model.decode(z)
    assert made.shape == (6, 1, 16, 16)
    assert float(made.detach().abs().max()) <= 1
    assert model.score(made).shape == (6,)
    model.score(made).sum().backward()
    without = [key for key, p in model.generator.named_parameters() if p.grad is None]
    assert not without
    assert not any(isinstance(part, nn.BatchNorm2d) for part in model.critic.modules())


def test_where_z_enters() -> None:
    """DCGAN's normalisation does not look at z; the style generator's first map is the same for all z."""
    torch.manual_seed(0)
    h, z = torch.randn(4, 3, 2, 2), torch.randn(4, 5)
    plain = PlainNorm(3, 5)
    assert torch.equal(plain(h, z), plain(h, -z))
    style = generator("style", TINY)
    assert isinstance(style, architectures.StyleGenerator)
    first = style.synthesis.first(z)
    assert torch.equal(first[0], first[1])
    with pytest.raises(ValueError, match="must be one of dcgan"):
        generator("vgg", TINY)  # type: ignore[arg-type]


def test_the_residual_branch_is_added_with_its_weight() -> None:
    """Without f a block is the doubled 1x1 convolution of x; f counts α of itself."""
    torch.manual_seed(0)
    block = architectures._Up(4, 2).eval()
    x = torch.randn(3, 4, 4, 4)
    with torch.no_grad():
        plain = architectures._doubled(block.skip(x))
        whole = block(x)
        last = block.convs[1]
        assert isinstance(last, nn.Conv2d)
        assert last.bias is not None
        last.weight.mul_(2)
        last.bias.mul_(2)
        twice = block(x)
    assert torch.allclose(twice - plain, 2 * (whole - plain), atol=1e-6)
    assert architectures.ALPHA == 0.1


def test_a_training_step_counts_both_players() -> None:
    """The rule against torch's own count of a real step: it counts a little more, and never less."""
    model = GAN(PicturesConfig(32, 1, 64, 32, "lsgan"))
    x, z, counter = torch.randn(1, 1, 32, 32), torch.randn(1, 64), FlopCounterMode(display=False)
    with counter:
        for _ in range(2):
            with torch.no_grad():
                made = model.decode(z)
            (model.score(x) - model.score(made)).sum().backward()
        model.critic.requires_grad_(False)
        model.score(model.decode(z)).sum().backward()
    found = step_operations(count("self-mod", 32, 1, 64, 32), 2)
    assert counter.get_total_flops() <= found < 1.04 * counter.get_total_flops()


def test_the_race_counts_with_the_recipes_own_numbers() -> None:
    for kinds in PRESETS.values():
        assert {preset.schedule.batch for preset in kinds.values()} == {race.BATCH}
    assert CRITIC_STEPS == TRAINED_WITH
