"""The terms of a VAE's objective: by hand, by integration, and as the two distributions' own densities have them."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.integrate import quad
from scipy.stats import bernoulli as coin
from scipy.stats import norm

from core.vae.objective import bernoulli, drawn, gaussian, kl, kl_terms


def test_the_divergence_is_the_integral_and_a_sum_over_entries() -> None:
    mean, sd = 0.7, 0.4

    def integrand(z: float) -> float:
        return float(norm.pdf(z, mean, sd) * (norm.logpdf(z, mean, sd) - norm.logpdf(z)))

    one = quad(integrand, -5, 5)[0]
    found = kl(torch.tensor([[mean, 0.0, mean]]), torch.tensor([[2 * math.log(sd), 0.0, 2 * math.log(sd)]]))
    assert found.tolist() == pytest.approx([2 * one])


def test_codes_are_drawn_with_the_deviation_and_not_the_variance() -> None:
    mean, log_variance = torch.tensor([[1.0, -2.0]]), torch.tensor([[math.log(4.0), math.log(0.25)]])
    assert drawn(mean, log_variance, torch.ones(1, 2)).tolist() == [pytest.approx([3.0, -1.5])]


def test_the_divergence_by_entries_adds_up() -> None:
    rng = torch.Generator().manual_seed(0)
    mean, log_variance = torch.randn(3, 4, generator=rng), torch.randn(3, 4, generator=rng)
    terms = kl_terms(mean, log_variance)
    assert terms.shape == (3, 4)
    assert bool((terms >= 0).all())
    assert kl(mean, log_variance).tolist() == pytest.approx(terms.sum(1).tolist())


def test_the_cross_entropy_of_three_pixels_is_a_sum() -> None:
    logits = torch.tensor([[[[0.0, 2.0, -1.0]]]])
    p = logits.sigmoid().flatten().tolist()
    found = float(bernoulli(torch.tensor([[[[1.0, 1.0, 0.0]]]]), logits))
    assert found == pytest.approx(-sum(coin.logpmf(k, q) for k, q in zip((1, 1, 0), p, strict=True)))
    grey = float(bernoulli(torch.tensor([[0.25]]), torch.tensor([[math.log(1 / 3)]])))  # its own mean: the entropy
    assert grey == pytest.approx(-0.25 * math.log(0.25) - 0.75 * math.log(0.75))


@pytest.mark.parametrize("variance", [0.25, 2.0])
def test_the_gaussian_term_has_its_constant(variance: float) -> None:
    x, mean = torch.tensor([[[[0.0, 1.0]]], [[[0.5, -1.0]]]]), torch.tensor([[[[0.5, 0.5]]], [[[0.0, 2.0]]]])
    sd = math.sqrt(variance)
    wanted = [-sum(norm.logpdf((a - b).flatten().tolist(), 0, sd)) for a, b in zip(x, mean, strict=True)]
    assert gaussian(x, mean, variance).tolist() == pytest.approx(wanted)
    learned = torch.tensor(variance, requires_grad=True)
    gaussian(x, mean, learned).sum().backward()
    squares = float((x - mean).square().sum())
    assert learned.grad is not None
    assert float(learned.grad) == pytest.approx(
        -squares / (2 * variance**2) + 2 / variance
    )  # two pictures of two pixels
