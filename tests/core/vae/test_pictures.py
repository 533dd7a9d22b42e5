"""The VAE of pictures: its bound by hand, and shapes."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.stats import norm

from core.gan.o_gan import Config
from core.vae.pictures import VAE, bound


def test_the_bound_of_two_pixels_by_hand() -> None:
    """Errors 1 and 3 in two pixels of one picture: mse 5. The best s² is 5, and the picture costs log(2π) + 1 + log 5."""
    x, again = torch.zeros(1, 1, 1, 2), torch.tensor([[[[1.0, 3.0]]]])
    found = bound(x, again, torch.zeros(1, 3), torch.zeros(1, 3))
    assert float(found.kl) == 0
    wanted = sum(-norm.logpdf(error, 0, math.sqrt(5)) for error in (1.0, 3.0))
    assert float(found.picture) == pytest.approx(wanted)
    for worse in (4.0, 6.0):
        assert sum(-norm.logpdf(error, 0, math.sqrt(worse)) for error in (1.0, 3.0)) > wanted
    assert float(found.loss) == pytest.approx(wanted)


def test_shapes() -> None:
    model = VAE(Config(16, 1, 5, 4)).eval()
    x = torch.randn(3, 1, 16, 16)
    mean, log_variance = model.posterior(x)
    assert mean.shape == log_variance.shape == (3, 5)
    assert torch.equal(model.encode(x), mean)
    assert model.decode(mean).shape == x.shape
