"""The author's networks on digits: sizes, the two likelihoods, the prior of the conditional model, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from core.vae.digits import Config, DigitVAE, build, framed
from core.vae.objective import bernoulli, gaussian, kl


def model(**config: Any) -> DigitVAE:
    torch.manual_seed(0)
    return DigitVAE(Config(**config)).eval()


@pytest.mark.parametrize(("net", "numbers"), [("mlp", 404_244), ("cnn", 134_165)])
def test_sizes_are_those_of_the_authors_scripts(net: Any, numbers: int) -> None:
    """mlp: 785·256 + 257·4 + 3·256 + 257·784; cnn: 320 + 18 496 + 50 192 + 68 + 9 408 + 36 928 + 18 464 + 289."""
    found = model(net=net)
    x = torch.rand(3, 1, 28, 28)
    mean, log_variance = found.posterior(x)
    assert mean.shape == log_variance.shape == (3, 2)
    again = found.decode(mean).detach()
    assert again.shape == x.shape
    assert 0 <= float(again.min()) <= float(again.max()) <= 1
    assert torch.equal(found.logits(mean).sigmoid(), again)
    assert sum(p.numel() for p in found.parameters()) == numbers


def test_both_terms_are_those_of_the_objective() -> None:
    x, labels, noise = torch.rand(4, 1, 28, 28), torch.tensor([0, 1, 2, 9]), torch.randn(4, 2)
    found = model(labels=10)
    picture, divergence = found(x, labels, noise)
    mean, log_variance = found.posterior(x)
    z = mean + (log_variance / 2).exp() * noise
    assert torch.allclose(picture, bernoulli(x, found.logits(z)))
    assert torch.allclose(divergence, kl(mean - found.prior_mean(labels), log_variance))
    assert not torch.allclose(divergence, kl(mean, log_variance))


def test_a_gaussian_decoder_has_its_variance_fixed_or_learned() -> None:
    x, z = torch.rand(2, 1, 28, 28), torch.randn(2, 2)
    for variance in (0.1, None):
        found = model(likelihood="gaussian", variance=variance)
        logits = found.logits(z)
        assert torch.allclose(found.picture(x, logits), gaussian(x, logits.sigmoid(), variance or 1.0))
        assert (found.log_variance is None) == (variance is not None)


def test_the_priors_mean_is_zero_without_kinds_and_of_the_kind_with_them() -> None:
    labels = torch.tensor([3, 7, 3])
    assert torch.equal(model().prior_mean(labels), torch.zeros(3, 2))
    means = model(labels=10).prior_mean(labels)
    assert torch.equal(means[0], means[2])
    assert not torch.equal(means[0], means[1])


def test_settings_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="Bernoulli"):
        Config(variance=1.0)
    with pytest.raises(ValueError, match="positive"):
        Config(likelihood="gaussian", variance=0.0)
    with pytest.raises(ValueError, match="Bernoulli"):
        model().variance()


def test_a_card_can_build_it() -> None:
    config = {"net": "mlp", "z_dim": 5, "labels": 0, "likelihood": "gaussian", "kl_weight": 1.0, "variance": 0.5}
    assert build(**config).config == Config(**config)


def test_the_frame_is_black() -> None:
    seen = framed(torch.ones(1, 1, 28, 28))
    assert seen.shape == (1, 1, 32, 32)
    assert float(seen.sum()) == 28**2 - (32**2 - 28**2)
