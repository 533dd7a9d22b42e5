"""The author's perceptrons for WGAN-GP: codes, pixels, frame and start."""

from __future__ import annotations

import pytest
import torch
from scipy.stats import norm

from core.gan.wgan_gp.mlp import INITIAL, MLP, Config, as_units, uniform


def test_normal_codes_become_uniform_ones() -> None:
    z = torch.tensor([-3.0, -0.5, 0.0, 1.2], dtype=torch.float64)
    assert uniform(z).tolist() == pytest.approx((2 * norm.cdf(z.numpy()) - 1).tolist())


def test_a_picture_is_the_digit_in_a_black_frame_and_the_critic_sees_the_digit_alone() -> None:
    torch.manual_seed(0)
    model = MLP(Config())
    z = torch.randn(5, 10)
    x = model.decode(z)
    assert x.shape == (5, 1, 32, 32)
    assert torch.allclose(as_units(x), model.draw(uniform(z)), atol=1e-6)
    frame = torch.ones(32, 32, dtype=torch.bool)
    frame[2:-2, 2:-2] = False
    assert (x[:, 0][:, frame] == -1).all()
    changed = x.clone()
    changed[:, 0][:, frame] = 1.0
    assert torch.equal(model.score(changed), model.score(x))


def test_layers_and_start_are_the_authors() -> None:
    model = MLP(Config())
    sizes = [tuple(p.shape) for p in model.parameters() if p.dim() == 2]
    assert sizes == [(32, 10), (128, 32), (784, 128), (128, 784), (32, 128), (1, 32)]
    for p in model.parameters():
        assert float(p.detach().abs().max()) <= (INITIAL + 1e-7 if p.dim() == 2 else 0)
