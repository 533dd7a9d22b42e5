"""O-GAN: its objective, its checks, and that the checks fail on a broken model."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch

from core.gan import o_gan, o_gan_verification
from core.gan.o_gan import build, encoder_loss, generator_loss, joint_loss, rho, score
from core.gan.o_gan_verification import NAMES, identities, of_shipped_pictures, of_weights
from core.weights import read_card


def numbers(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("check", list(identities()), ids=lambda c: c.name)
def test_identities(check: object) -> None:
    assert check.passed, check  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", NAMES)
def test_random_weights_are_not_as_the_card_says(name: str) -> None:
    torch.manual_seed(0)
    random = build(**read_card(name).config).eval()
    assert sum(not check.passed for check in of_weights(name, random)) >= 3
    assert not any(check.passed for check in of_shipped_pictures(name, random))


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_weights_did_not_collapse(name: str) -> None:
    """Below 0.5 is better than the mean picture, diversity near 1 is no collapse; rho tells neither."""
    metrics = read_card(name).metrics
    assert metrics["reconstruction ratio"] < 0.5
    assert metrics["pair diversity"] > 0.7


def test_rho_is_pearsons_correlation() -> None:
    z, code = numbers(5, 40), numbers(5, 40, seed=1)
    expected = [float(torch.corrcoef(torch.stack([a, b]))[0, 1]) for a, b in zip(z, code, strict=True)]
    assert rho(z, code).tolist() == pytest.approx(expected, abs=1e-6)


def test_the_objectives_are_their_formulas() -> None:
    z, real, fake = numbers(4, 16), numbers(4, 16, seed=1), numbers(4, 16, seed=2)
    distance = torch.tensor([0.1, 0.2, 0.3, 0.4])
    gap = real.mean(1) - fake.mean(1)
    expected = (gap + 0.25 * gap**2 / distance - 0.5 * rho(z, fake)).mean()
    assert torch.allclose(encoder_loss(z, real, fake, distance, 0.25, 0.5), expected)
    assert torch.allclose(generator_loss(z, fake, 0.5), (fake.mean(1) - 0.5 * rho(z, fake)).mean())


def test_the_joint_loss_trains_both_as_the_two_objectives_do() -> None:
    """Its gradient in E is that of E's objective and its gradient in G that of G's: alternation with a batch in common."""
    torch.manual_seed(0)
    model = build(16, 1, 8, 8).double()
    x, z = numbers(12, 1, 16, 16).double().tanh(), numbers(12, 8, seed=1).double()
    joint = sum(joint_loss(model, x, z))
    assert isinstance(joint, torch.Tensor)
    e, g = list(model.encoder.parameters()), list(model.generator.parameters())
    joint_e, joint_g = torch.autograd.grad(joint, e, retain_graph=True), torch.autograd.grad(joint, g)
    made = model.decode(z)
    fake = model.code(made)
    still = model.code(made.detach())
    alone = encoder_loss(
        z, model.code(x), still, (x - made.detach()).square().mean((1, 2, 3)), o_gan.LAMBDA_1, o_gan.LAMBDA_2
    )
    for a, b in zip(joint_e, torch.autograd.grad(alone, e), strict=True):
        assert torch.allclose(a, b, atol=1e-9)
    for a, b in zip(joint_g, torch.autograd.grad(generator_loss(z, fake, o_gan.LAMBDA_2), g), strict=True):
        assert torch.allclose(a, b, atol=1e-9)


@pytest.mark.parametrize(("side", "base", "millions"), [(32, 32, 0.9), (64, 32, 2.5)])
def test_sizes_are_those_of_the_blocks(side: int, base: int, millions: float) -> None:
    model = build(side, 3, 128, base)
    assert model.config.widths[-1] == base
    assert sum(p.numel() for p in model.parameters()) / 1e6 == pytest.approx(millions, rel=0.05)
    with torch.inference_mode():
        pictures = model.eval().decode(numbers(2, 128))
    assert pictures.shape == (2, 3, side, side)
    assert pictures.abs().max() <= 1


def test_the_optimal_gap_of_the_quadratic_potential() -> None:
    """min over the gap of gap + λ₁ gap² / d is at -d / 2λ₁ = -2 d: facts of the post's code."""
    gap, d = torch.linspace(-1, 0, 100_001, dtype=torch.float64), 0.3
    best = gap[(gap + o_gan.LAMBDA_1 * gap**2 / d).argmin()]
    assert float(best) == pytest.approx(-2 * d, abs=1e-4)
    assert math.isclose(float(score(torch.tensor([1.0, 3.0]))), 2.0)


def failing() -> set[str]:
    return {check.name for check in identities() if not check.passed}


def test_a_cosine_without_n_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(o_gan_verification, "rho", lambda z, code: torch.cosine_similarity(z, code, dim=-1))
    assert len(failing()) == 2


def test_gs_term_without_its_counterweight_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    term = lambda m, x, z: SimpleNamespace(generator=score(m.code(m.decode(z))).mean())  # noqa: E731
    monkeypatch.setattr(o_gan_verification, "joint_loss", term)
    assert len(failing()) == 2


def test_gains_that_begin_elsewhere_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        o_gan.SelfModulation, "forward", lambda self, h, z: self.norm(h) * self.gain(z)[:, :, None, None]
    )
    assert failing() == {"self-modulation with gain 1 and shift 0, minus batch normalisation"}


@pytest.mark.parametrize(("critic", "quadratic", "agreement"), [(-1, 1, 1), (1, -1, 1), (1, 1, -1), (1, 0, 1)])
def test_a_sign_of_the_encoders_objective_turned_over_is_seen(
    monkeypatch: pytest.MonkeyPatch, critic: int, quadratic: int, agreement: int
) -> None:
    def broken(
        z: torch.Tensor, real: torch.Tensor, fake: torch.Tensor, d: torch.Tensor, l1: float, l2: float
    ) -> torch.Tensor:
        gap = score(real) - score(fake)
        return (critic * gap + quadratic * l1 * gap**2 / d - agreement * l2 * rho(z, fake)).mean()

    monkeypatch.setattr(o_gan_verification, "encoder_loss", broken)
    assert failing() == {"E's objective on four numbers"}


@pytest.mark.parametrize(("critic", "agreement"), [(-1, 1), (1, -1)])
def test_a_sign_of_the_generators_objective_turned_over_is_seen(
    monkeypatch: pytest.MonkeyPatch, critic: int, agreement: int
) -> None:
    monkeypatch.setattr(
        o_gan_verification,
        "generator_loss",
        lambda z, fake, l2: (critic * score(fake) - agreement * l2 * rho(z, fake)).mean(),
    )
    assert failing() == {"G's objective on four numbers"}


def test_self_modulation_with_fixed_statistics_is_its_formula() -> None:
    torch.manual_seed(0)
    layer = o_gan.SelfModulation(6, 8)
    for _ in range(50):
        layer(3 * torch.randn(32, 6, 5, 5) + 1, torch.randn(32, 8))
    h, z = torch.randn(4, 6, 5, 5), torch.randn(4, 8)
    layer.eval()
    expected = layer.norm(h) * (1 + layer.gain(z)[:, :, None, None]) + layer.shift(z)[:, :, None, None]
    assert torch.allclose(layer(h, z), expected, atol=1e-5)
    assert not torch.allclose(layer(h, z), h, atol=0.5)
