"""The VAE's page: its facts hold, broken terms are noticed, and what a reader sees is what the model gives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from core.data.examples import digits
from core.vae.digits import Config, DigitVAE, levels, seen
from core.vae.vae import live, verification, views
from core.weights import load
from tests.facts import failed, unnoticed

NAME = verification.NAME


def untrained(**config: Any) -> DigitVAE:
    torch.manual_seed(0)
    return DigitVAE(Config(**config)).eval()


def test_the_terms_on_numbers_worked_by_hand() -> None:
    assert not failed(verification.terms)


BROKEN: list[tuple[str, Callable[..., torch.Tensor], str]] = [
    ("kl", lambda mean, log_variance: 0.5 * (mean.square() + log_variance.exp() - 1).sum(1), "KL of two numbers"),
    ("kl", lambda mean, log_variance: (mean.square() + log_variance.exp() - 1 - log_variance).mean(1) / 2, "KL of two"),
    ("kl", lambda mean, log_variance: 0.5 * (mean.square() + log_variance.exp() - log_variance).sum(1), "KL as the mean"),
    ("drawn", lambda mean, log_variance, noise: mean + log_variance.exp() * noise, "variance of the samples"),
    ("drawn", lambda mean, log_variance, noise: (mean + (log_variance / 2).exp() * noise).detach() + 0 * log_variance, "d E z²"),
    ("bernoulli", lambda x, logits: -(x * logits.sigmoid().log() + (1 - x) * (1 - logits.sigmoid()).log()).mean((1, 2, 3)), "cross-entropy"),
    ("gaussian", lambda x, mean, variance: (x - mean).square().flatten(1).sum(1) / (2 * variance), "−log N"),
    ("gaussian", lambda x, mean, variance: (x - mean).square().flatten(1).sum(1) / (2 * variance**2) + 392 * math.log(2 * math.pi * variance), "−log N"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "broken", "fact"), BROKEN)
def test_a_broken_term_is_noticed(
    name: str, broken: Callable[..., torch.Tensor], fact: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, name, broken)
    assert not unnoticed(verification.terms, fact)


def test_a_prior_that_forgets_the_kind_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        DigitVAE, "divergence", lambda model, mean, log_variance, labels: verification.kl(mean, log_variance)
    )
    assert not unnoticed(verification.terms, "to the prior of 8")


def test_an_untrained_model_fails_the_facts_of_the_weights() -> None:
    fresh = untrained()
    assert failed(lambda: verification.of_model(fresh)) == {c.name for c in verification.of_model(fresh)}


def test_codes_without_noise_or_with_the_same_noise_are_noticed() -> None:
    """The KL-free model in the place of the whole one, and the other way round."""
    full, free = views.posteriors(NAME), views.posteriors(verification.FREE)
    assert not unnoticed(lambda: verification.of_codes(free, free), "var μ + E σ²", "over σ with it")
    assert not unnoticed(lambda: verification.of_codes(full, full), "over σ with it", "spread of the means")
    moved = full._replace(mean=full.mean + 1)
    assert not unnoticed(lambda: verification.of_codes(moved, free), "mean of all codes")


def test_a_conditional_model_that_mixes_its_kinds_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = views.asked

    def turned(*arguments: Any) -> views.Asked:
        found = right(*arguments)
        return found._replace(taken=np.roll(found.taken, 1, axis=0))

    monkeypatch.setattr(verification, "asked", turned)
    assert failed(verification.digits_on_demand)


def test_the_moments_of_all_codes_are_those_of_samples() -> None:
    known = views.Posteriors(np.array([[0.0, 1.0], [2.0, -1.0]]), np.array([[0.5, 0.1], [1.5, 0.3]]), np.array([0, 1]))
    mean, variance = known.moments
    assert mean.tolist() == [1.0, 0.0]
    assert variance.tolist() == pytest.approx([1 + (0.25 + 2.25) / 2, 1 + (0.01 + 0.09) / 2])
    assert known.typical == pytest.approx((0.5 * 0.1 * 1.5 * 0.3) ** 0.25)
    rng = np.random.default_rng(0)
    z = known.mean[:, None] + known.sigma[:, None] * rng.standard_normal((2, 40_000, 2))
    np.testing.assert_allclose(z.reshape(-1, 2).var(0), variance, rtol=0.03)


def test_an_ellipse_lies_as_many_deviations_from_its_centre() -> None:
    mean, sigma = np.array([1.0, -2.0]), np.array([0.5, 2.0])
    rim = views.ellipse(mean, sigma, 2)
    np.testing.assert_allclose(np.linalg.norm((rim - mean) / sigma, axis=1), 2)
    np.testing.assert_allclose(rim[0], rim[-1], atol=1e-12)


def test_a_spot_is_the_decoded_code_and_its_neighbours_are_the_nearest() -> None:
    found = views.spot(NAME, (0.5, -1.0))
    model = load(NAME)
    with torch.inference_mode():
        wanted = levels(model.decode(torch.tensor([[0.5, -1.0]])))[0]
    assert np.array_equal(found.picture, wanted)
    distance = np.linalg.norm(found.posteriors.mean - found.at, axis=1)
    assert found.nearest == distance.argmin()
    assert found.near.tolist() == found.posteriors.labels[np.argsort(distance, kind="stable")[:20]].tolist()
    assert found.region[1] == (found.near == found.region[0]).sum()


def test_the_map_and_the_manifold_have_y_upwards() -> None:
    model = load(NAME)
    tiles, _ = views.decoded_grid(model, np.array([-1.0, 2.0]))
    with torch.inference_mode():
        corners = levels(model.decode(torch.tensor([[-1.0, 2.0], [2.0, 2.0], [-1.0, -1.0], [2.0, -1.0]])))
    for found, wanted in zip(tiles.reshape(4, 28, 28), corners, strict=True):
        np.testing.assert_allclose(found.astype(int), wanted, atol=1)
    grid = views.manifold(NAME, 5, 0.05)
    assert grid.places[[0, 2, 4]] == pytest.approx([-1.6449, 0, 1.6449], abs=1e-4)
    assert np.array_equal(grid.sheet[:28, 28:56], grid.tiles[0, 1])
    assert grid.shares.sum() == pytest.approx(1)


def test_a_pictures_own_normal_is_the_encoders_and_its_samples_follow_it() -> None:
    picture = digits()[0][30]
    found, other = views.own(NAME, picture, 0), views.own(NAME, picture, 1)
    model = load(NAME)
    with torch.inference_mode():
        mean, log_variance = model.posterior(torch.from_numpy(picture)[None, None].float() / 255)
    np.testing.assert_allclose(found.mean, mean[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.sigma, (log_variance[0] / 2).exp(), rtol=1e-4)
    np.testing.assert_allclose(found.codes.std(0), found.sigma, rtol=0.2)  # four standard errors of 200
    assert np.array_equal(found.mean, other.mean)
    assert not np.array_equal(found.codes, other.codes)
    assert found.divergence == pytest.approx(
        float((0.5 * (found.mean**2 + found.sigma**2 - 1 - 2 * np.log(found.sigma))).sum()), rel=1e-4
    )


def test_digits_are_judged_as_they_are_and_grey_clouds_by_their_likeliest_picture() -> None:
    shown, labels = digits()
    found = views.probabilities(seen(load(NAME), list(shown)), "mnist28")
    assert (found.argmax(1) == labels).mean() > 0.95
    assert bool((found.sum(1) <= 1 + 1e-5).all())


def test_the_same_noise_goes_to_all_priors() -> None:
    found = views.asked(verification.CONDITIONAL, 7, 3, 5)
    moved = views.asked(verification.CONDITIONAL, 2, 3, 5)
    np.testing.assert_allclose(found.own_codes - found.centres[7], moved.own_codes - moved.centres[2], atol=1e-5)
    assert np.array_equal(found.rows[1][7], found.own[1])
    assert found.taken.sum(1).tolist() == pytest.approx([1.0] * 10)


def last(weight: float, noise: float, steps: int, seed: int) -> live.State:
    *_, state = live.watched(weight, noise, steps, 2, seed)
    return state


def test_without_the_divergence_the_noise_shrinks_and_with_much_of_it_codes_collapse() -> None:
    full, free, much = last(1.0, 1.0, 150, 0), last(0.0, 1.0, 150, 0), last(8.0, 1.0, 150, 0)
    assert free.typical < 0.3 * full.typical
    assert much.typical > 0.9
    assert much.divergence < 0.3
    assert full.picture < much.picture


def test_training_live_repeats_and_its_trace_has_both_terms_of_every_step() -> None:
    states = list(live.watched(1.0, 1.0, 40, 4, 3))
    assert [s.step for s in states] == [0, 10, 20, 30, 40]
    assert states[-1].trace.shape == (40, 2)
    assert np.array_equal(states[-1].sheet, last(1.0, 1.0, 40, 3).sheet)
    assert states[-1].picture < states[0].picture
