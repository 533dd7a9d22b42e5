"""f-VAE: its checks, its special cases, and that the checks fail on a broken model."""

from __future__ import annotations

import math

import pytest
import torch

from core.flow import f_vae, f_vae_verification, transforms
from core.flow.f_vae import FVAE, Config, bits_per_dimension, dequantised, f_vae_loss
from core.flow.f_vae_verification import NAMES, identities, of_weights
from core.weights import load, read_card


def small(kind: f_vae.Kind = "f-vae") -> FVAE:
    torch.manual_seed(0)
    return FVAE(Config(kind, side=8, channels=3, levels=1, steps=1, flow_levels=2, flow_depth=1, flow_hidden=8)).eval()


@pytest.mark.parametrize("check", list(identities()), ids=lambda c: c.name)
def test_identities(check: object) -> None:
    assert check.passed, check  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", NAMES)
def test_random_weights_are_not_as_the_card_says(name: str) -> None:
    torch.manual_seed(0)
    random = f_vae.build(**read_card(name).config).eval()
    assert any(not check.passed for check in of_weights(name, random))


def test_the_loss_is_its_formula() -> None:
    """Written out once more from post 5977, term by term."""
    model = small()
    with torch.no_grad():
        model.log_sigma_1.fill_(-0.5)
        model.log_sigma_2.fill_(-1.0)
        x, u = torch.rand(2, 3, 8, 8) * 2 - 1, torch.randn(2, *model.config.latent_shape)
        s1, s2, d = math.exp(-0.5), math.exp(-1.0), 192
        h = model.encoder(x) + s1 * u
        z, logdet = model.flow(h)
        expected = (
            (model.decoder(h) - x).square().sum((1, 2, 3)) / (2 * s2**2) + d * math.log(s2) + d / 2 * math.log(2 * math.pi)
            + z.square().sum(1) / 2 - u.square().sum((1, 2, 3)) / 2 - logdet - d * math.log(s1)
        )  # fmt: skip
        assert torch.allclose(f_vae_loss(model, x, u).total, expected, rtol=1e-5)


@pytest.mark.parametrize("kind", ["f-vae", "vae", "glow"])
def test_every_kind_has_a_code_as_large_as_the_picture(kind: f_vae.Kind) -> None:
    model = small(kind)
    x = torch.rand(2, 3, 8, 8) * 2 - 1
    with torch.no_grad():
        z = model.encode(x)
        assert z.shape == (2, 192)
        assert model.decode(z).shape == x.shape


def test_sigma_is_bounded_below() -> None:
    model = small()
    with torch.no_grad():
        model.log_sigma_1.fill_(-50)
    assert float(model.sigma()[0].detach()) == pytest.approx(math.exp(-6))


def test_bits_per_dimension_of_a_uniform_density_are_eight() -> None:
    """A uniform density on [-1, 1)^D has ln 2 nats a dimension: 256 levels equally likely are 8 bits."""
    assert bits_per_dimension(192 * math.log(2), 192) == pytest.approx(8.0)


def test_dequantised_pictures_fill_their_bins() -> None:
    v = torch.arange(256, dtype=torch.uint8)
    low, high = dequantised(v, torch.zeros(256)), dequantised(v, torch.ones(256))
    assert low[0] == -1
    assert high[-1] == 1
    assert torch.equal(high[:-1], low[1:])


def test_resampling_no_level_gives_the_reconstruction() -> None:
    model = load("f-vae-toonfaces64")
    x = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    same = f_vae.resampled(model, x, [], 1.0, torch.Generator())
    assert torch.allclose(same, f_vae.noisy_reconstructions(model, x, 0.0, 1, torch.Generator()), atol=1e-3)
    other = f_vae.resampled(model, x, [0], 1.0, torch.Generator().manual_seed(1))
    assert (other - same).abs().max() > 0.05


def test_a_vae_has_no_levels() -> None:
    with pytest.raises(ValueError, match="kind = vae"):
        f_vae.resampled(small("vae"), torch.zeros(1, 3, 8, 8), [0], 1.0, torch.Generator())


def failing() -> set[str]:
    return {check.name for check in identities() if not check.passed}


def test_a_coupling_that_forgets_its_log_determinant_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    forward = transforms.Coupling.forward
    monkeypatch.setattr(transforms.Coupling, "forward", lambda self, x: (forward(self, x)[0], x.new_zeros(len(x))))
    assert any("affine" in name for name in failing())


def test_a_loss_that_forgets_ln_sigma_1_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_sigma(model: FVAE, x: torch.Tensor, u: torch.Tensor) -> f_vae.Loss:
        found = f_vae_loss(model, x, u)
        return found._replace(prior=found.prior + model.config.dimensions * model.sigma()[0].log())

    monkeypatch.setattr(f_vae_verification, "f_vae_loss", without_sigma)
    assert len(failing()) == 2


def test_a_decoder_without_tanh_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f_vae.Decoder, "forward", lambda self, h: torch.nn.functional.pixel_shuffle(h, 4))
    assert any("tanh" in name for name in failing())


def test_a_level_resampled_at_another_temperature_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        f_vae_verification, "resampled", lambda model, x, levels, T, rng: f_vae.resampled(model, x, levels, 1.0, rng)
    )
    assert {name[:19] for name in failing()} == {"one level resampled"}


def test_a_noise_without_sigma_1_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_sigma(model: FVAE, x: torch.Tensor, factor: float, count: int, rng: torch.Generator) -> torch.Tensor:
        return f_vae.noisy_reconstructions(model, x, factor / float(model.sigma()[0].detach()), count, rng)

    monkeypatch.setattr(f_vae_verification, "noisy_reconstructions", without_sigma)
    assert failing() == {"E = G = id: deviation of the reconstructions at twice the noise"}
