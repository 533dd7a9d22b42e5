"""What f-VAE's page looks at."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core import codec
from core.data.examples import portraits
from core.flow import f_vae_views as views
from core.flow.f_vae import resampled
from core.weights import load, read_card

NAMES = ("f-vae-toonfaces64", "vae-toonfaces64", "glow-toonfaces64")
F_VAE, VAE, GLOW = NAMES


def test_a_temperature_multiplies_the_code() -> None:
    model = load(F_VAE)
    found = views.temperatures(model, F_VAE, 3, 2, 0.8, (0.0, 0.8))
    assert np.abs(found.wall[0].astype(int) - found.one[1]).max() <= 1
    assert np.array_equal(found.one[0], codec.decode(model, torch.zeros(1, 3072))[0])
    assert views.temperatures(model, F_VAE, 3, 2, 0.0, (0.0,)).apart == 0


def test_a_level_is_resampled_at_the_temperature() -> None:
    """Colder latents give pictures nearer to each other; at zero all are one."""
    model = load(F_VAE)
    apart = [codec.spread(list(views.levels(model, F_VAE, portraits()[0], T, 1, 4).rows[-1])) for T in (0.0, 0.5, 1.0)]
    assert apart[0] == 0
    assert apart[0] < apart[1] < apart[2]


def test_differences_are_from_the_reconstruction_and_magnified() -> None:
    model, picture = load(F_VAE), portraits()[0]
    found = views.levels(model, F_VAE, picture, 0.8, 1, 2)
    x = codec.prepared([picture], 32, 3)
    made = resampled(model, x.expand(2, -1, -1, -1), [0], 0.8, torch.Generator().manual_seed(1)).clamp(-1, 1)
    with torch.inference_mode():
        gap = made - model.decode(model.encode(x)).clamp(-1, 1)
    assert found.changes[0] == pytest.approx(
        float(gap.square().mean()) / read_card(F_VAE).metrics["real pair distance"], rel=1e-3
    )
    grey = found.factors[0] * gap[0].permute(1, 2, 0).numpy() * 127.5 + 127.5
    assert np.abs(found.differences[0][0] - grey.clip(0, 255)).max() <= 1.01
    assert found.sizes == (1536, 768, 768) and sum(found.sizes) == 3072


def test_the_finer_levels_of_f_vae_hold_next_to_nothing() -> None:
    found = views.levels(load(F_VAE), F_VAE, portraits()[0], 0.8, 1, 4)
    assert max(found.changes[:-1]) < 0.01
    assert found.changes[-1] > 0.4
    assert found.factors[0] >= 10 and found.factors[-1] == 1


def test_the_flow_brings_every_dimension_nearer_to_the_standard_normal() -> None:
    before, after = views.levels(load(F_VAE), F_VAE, portraits()[0], 0.8, 1, 1).variances
    assert after == pytest.approx(1.0, abs=0.3)
    assert abs(np.log(after)) < abs(np.log(before))


def test_noise_is_factor_times_sigma_1() -> None:
    """Of Glow, where E = G = id, the picture's own noise can be read off before it is rounded to levels of grey."""
    model, picture = load(GLOW), portraits()[2]
    x = codec.prepared([picture], 32, 3)
    for factor in (1.0, 4.0):
        found = views.noisy(model, GLOW, picture, factor, 1, 7)
        assert found.mean_square == pytest.approx((factor * found.sigma_1) ** 2, rel=0.05)  # 21 504 draws: sd 1 %
    assert np.array_equal(found.picture, codec.to_pictures(x)[0])
    still = views.noisy(load(F_VAE), F_VAE, picture, 0.0, 1, 3)
    assert still.error == pytest.approx(still.still)
    assert np.array_equal(still.made[0], still.made[1])


def test_the_three_cost_the_same_and_are_as_large() -> None:
    """Parameters and operations of training within 4 %."""
    cards = views.compared_samples(NAMES, 1, 1, 0.8).cards
    for key in ("parameters", views.COST):
        numbers = [card[key] for card in cards]
        assert max(numbers) / min(numbers) < 1.04


def test_what_the_summary_says_of_the_table() -> None:
    """Glow wins likelihood, reconstruction and diversity, f-VAE both measures in features; the VAE is last in all five."""
    found = views.compared_samples(NAMES, 1, 1, 0.8)
    assert [NAMES[k] for k in found.winners.values()] == [GLOW, GLOW, GLOW, F_VAE, F_VAE]
    for key, best in views.BEST.items():
        gaps = [abs(card[key] - best) for card in found.cards]
        assert max(gaps) == gaps[1], key


def test_rows_are_in_the_order_of_the_names_and_show_the_same_pictures() -> None:
    found = views.compared_reconstructions(NAMES, 1, 3)
    assert found.pictures is not None
    assert np.array_equal(found.rows[2], found.pictures)  # Glow is exact
    errors = [codec.mean_squares(row, found.pictures).mean() for row in found.rows]
    assert errors[2] < errors[0] < errors[1] < 0.01
    between = views.compared_interpolations(NAMES, portraits()[4], portraits()[5], 5)
    assert np.abs(between.rows[2, 0].astype(int) - codec.as_seen(load(GLOW), portraits()[4])).max() <= 1
    assert between.crossfades[1] == min(between.crossfades)
