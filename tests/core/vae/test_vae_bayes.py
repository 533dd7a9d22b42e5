"""VAE-2: the joint divergence, importance bounds and gradients where they are known, and broken copies that are noticed."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from core.data.examples import digits
from core.vae.digits import Config, DigitVAE
from core.vae.vae_bayes import joint, verification, views
from core.vae.vae_bayes.bounds import KS, block_bounds, importance_bounds, log_normal, log_weights
from core.vae.vae_bayes.joint import Model, Parts, best_encoder, gaussian_kl, half_steps, parts
from core.vae.vae_bayes.noise import Scatter, gradient, gradients, scatter
from core.weights import load, read_card
from tests.facts import failed, unnoticed


@pytest.mark.parametrize("facts", [verification.joints, verification.likelihoods, verification.exact_bounds])
def test_what_is_exact(facts: object) -> None:
    assert not failed(facts)  # type: ignore[arg-type]


def test_three_splits_of_any_joint_divergence_agree() -> None:
    rng = np.random.default_rng(0)
    for _ in range(100):
        a, w = rng.normal(size=2)
        tau2, sigma2 = np.exp(rng.normal(size=2))
        y = parts(Model(a, tau2, w, sigma2))
        sums = (y.loss - joint.DATA_ENTROPY, y.data + y.posterior, y.codes + y.decoder)
        assert sums == pytest.approx([y.total] * 3, abs=1e-10)
        assert min(y.data, y.posterior, y.codes, y.decoder, y.mutual) >= -1e-12


def test_the_true_posterior_leaves_no_gap_and_half_steps_reach_the_data() -> None:
    m = Model(-0.7, 1.4, 0.9, 0.5)
    assert parts(best_encoder(m)).posterior == pytest.approx(0, abs=1e-12)
    path = [parts(one) for one in half_steps(m, 60)]
    assert path[-1].total < 1e-6
    assert all(path[k].posterior == pytest.approx(0, abs=1e-12) for k in range(1, 61, 2))


def test_a_divergence_by_hand_and_refused_covariances() -> None:
    """KL(N(0, 2) ‖ N(0, 1)) = ½ (2 − 1 − ln 2), and not the reverse, ½ (½ − 1 + ln 2)."""
    one, two = np.array([[1.0]]), np.array([[2.0]])
    assert gaussian_kl(two, one) == pytest.approx(0.5 * (1 - math.log(2)))
    assert gaussian_kl(one, two) == pytest.approx(0.5 * (math.log(2) - 0.5))
    with pytest.raises(ValueError, match="positive definite"):
        gaussian_kl(-one, one)


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        (lambda y: y._replace(reconstruction=y.reconstruction - 0.5 * math.log(2 * math.pi)), ("loss less H", "quadrature")),
        (lambda y: y._replace(rate=y.rate / 2), ("loss less H", "E KL(p(z|x)‖q(z)) = I")),
        (lambda y: y._replace(posterior=-y.posterior), ("KL(p̃(x)‖q(x)) + E", "less its gap")),
        (lambda y: y._replace(decoder=0.0), ("KL(p(z)‖q(z)) + E",)),
        (lambda y: y._replace(total=-y.total), ("against samples", "largest rise", "least gain")),
        (lambda y: y._replace(mutual=-y.mutual), ("I(x; z)",)),
    ],
)  # fmt: skip
def test_a_broken_part_is_noticed(change: object, facts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    true = joint.parts

    def broken(m: Model) -> Parts:
        return change(true(m))  # type: ignore[operator]

    monkeypatch.setattr(verification, "parts", broken)
    names = {check.name for check in verification.joints()}
    wanted = [fact for fact in facts if any(fact in name for name in names)]
    assert wanted
    assert not unnoticed(verification.joints, *wanted)


def _mean(x: Tensor, logits: Tensor) -> Tensor:
    return torch.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).mean(1)


def test_means_for_sums_and_lost_constants_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "bernoulli", _mean)
    monkeypatch.setattr(verification, "gaussian", lambda x, mean, v: (x - mean).square().sum(1) / (2 * v))
    assert not unnoticed(verification.likelihoods, "Bernoulli", "Gaussian", "best σ²")


def test_weights_without_the_encoder_or_with_the_sign_turned_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def turned(likelihood: Tensor, z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        return likelihood - log_normal(z, 0 * z, 0 * z) + log_normal(z, mean, log_variance)

    monkeypatch.setattr(verification, "log_weights", turned)
    assert len(failed(verification.exact_bounds)) == 3
    monkeypatch.setattr(verification, "log_weights", lambda likelihood, z, mean, log_variance: likelihood)
    assert failed(verification.exact_bounds)


def test_the_normal_density_is_torchs() -> None:
    z, mean, log_variance = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(0))
    expected = torch.distributions.Normal(mean, (log_variance / 2).exp()).log_prob(z).sum(-1)
    assert torch.allclose(log_normal(z, mean, log_variance), expected, atol=1e-5)


def test_bounds_by_hand() -> None:
    """Weights 1, 3, 2, 2: L₁ = ln 12 / 4, L₂ = ½ (ln 2 + ln 2), L₄ = ln 2."""
    log_w = torch.tensor([1.0, 3.0, 2.0, 2.0]).log()
    means, errors = importance_bounds(log_w, (1, 2, 4))
    assert means.tolist() == pytest.approx([math.log(12) / 4, math.log(2), math.log(2)])
    assert errors[1] == pytest.approx(0, abs=1e-7)
    assert errors[2].isnan()
    with pytest.raises(ValueError, match="k = 3"):
        block_bounds(log_w, 3)


def test_bounds_never_fall_whatever_the_weights() -> None:
    log_w = 20 * torch.randn(7, 1024, dtype=torch.double, generator=torch.Generator().manual_seed(3))
    means, _ = importance_bounds(log_w)
    assert (means.diff(dim=-1) >= 0).all()
    assert all(b % a == 0 for a, b in pairwise(KS))


def small() -> DigitVAE:
    torch.manual_seed(0)
    return DigitVAE(Config(z_dim=3, likelihood="gaussian")).eval()


def test_a_gradient_with_one_sample_is_autograds_and_with_many_their_mean() -> None:
    model = small()
    rng = torch.Generator().manual_seed(1)
    x, noise = torch.rand(4, 1, 28, 28, generator=rng), torch.randn(3, 4, 3, generator=rng)
    one = gradient(model, x, noise[:1])
    picture, divergence = model(x, torch.zeros(4, dtype=torch.long), noise[0])
    (picture + divergence).mean().backward()
    expected = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
    assert torch.allclose(one, expected, rtol=1e-4, atol=1e-4)
    mean = torch.stack([gradient(model, x, noise[k : k + 1]) for k in range(3)]).mean(0)
    assert torch.allclose(gradient(model, x, noise), mean, rtol=1e-4, atol=1e-3)


def test_the_two_scatters_of_known_numbers() -> None:
    """Batches' means 0 and 2 with no noise; then noise alone: between batches nothing is left but its own share."""
    exact = torch.tensor([[[0.0], [0.0]], [[2.0], [2.0]]])
    assert scatter(exact) == pytest.approx((0.0, math.sqrt(2)))
    rng = torch.Generator().manual_seed(0)
    noise = 3 * torch.randn(40, 50, 100, generator=rng)
    found = scatter(noise)
    assert found.noise == pytest.approx(30, rel=0.02)
    assert found.batches < 0.1 * found.noise
    assert Scatter(3.0, 4.0).worth == pytest.approx(16 / 25)
    assert scatter(noise + 5 * torch.randn(40, 1, 100, generator=rng)).batches == pytest.approx(50, rel=0.05)


def test_gradients_repeat_with_the_same_generator_and_differ_with_another() -> None:
    model, x = small(), torch.rand(6, 1, 28, 28, generator=torch.Generator().manual_seed(1)).split(3)
    first, again, other = (gradients(model, x, 2, 2, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.allclose(first, other)


def test_random_weights_are_noticed() -> None:
    def fresh(key: str) -> DigitVAE:
        torch.manual_seed(0)
        return DigitVAE(Config(**read_card(views.weights(key)).config)).eval()

    facts = ("cross-entropy of 100", "smallest fall of KL")
    assert not unnoticed(lambda: verification.of_weights(fresh), *facts)


def test_a_model_whose_code_is_unused_is_noticed_in_bernoullis_place() -> None:
    def collapsed(key: str) -> DigitVAE:
        return load(views.weights(views.MEAN if key == views.BERNOULLI else key))

    assert not unnoticed(lambda: verification.of_weights(collapsed), "cross-entropy of 100", "KL where it is the sum")


@pytest.mark.parametrize("lost", ["prior", "encoder", "sum"])
def test_weights_of_digits_that_lose_a_term_are_noticed(lost: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(likelihood: Tensor, z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        zero = torch.zeros_like(z)
        true = log_weights(likelihood, z, mean, log_variance)
        return {
            "prior": true - log_normal(z, zero, zero),
            "encoder": true + log_normal(z, mean, log_variance),
            "sum": true - likelihood + likelihood / 784,
        }[lost]

    monkeypatch.setattr(views, "log_weights", broken)
    assert not unnoticed(verification.of_weights, "L₁ against minus the loss")


def test_a_slider_takes_the_nearest_model_and_pictures_change_with_the_seed() -> None:
    assert views.balance(0.05, 1).fixed.variance == 0.08
    assert views.balance(0.002, 1).fixed.variance == 0.001
    one, other = views.balance(0.02, 1), views.balance(0.02, 2)
    assert not all(np.array_equal(a, b) for a, b in zip(one.samples[0], other.samples[0], strict=True))
    assert (len(one.pictures), len(one.samples[0])) == (len(one.again[1]), len(one.samples[1]))


def test_the_code_is_moved_along_the_entry_asked_for() -> None:
    picture = np.repeat(digits()[0][50][:, :, None], 3, 2)
    first, last = (views.dimensions(views.LEARNED, picture, place) for place in (1, 20))
    assert first.moved[0] > first.moved[1] or first.active == 20
    assert np.array_equal(last.strong[0], last.weak[0])
    assert (np.diff(first.divergences) <= 0).all()


def test_moving_sigma_alone_is_the_loss_at_that_sigma() -> None:
    y = joint.joint(Model(0.3, 0.3, 1.2, 0.3), 3)
    k = 40
    there = parts(replace(y.models[-1], sigma2=float(y.noises[k])))
    assert y.losses[k] == pytest.approx(there.loss)
    assert (y.losses >= y.likelihoods - 1e-12).all()
    assert len(y.parts) == 4
