"""GANs of pictures: layers follow from the objective, losses are the objective's, penalties are worked by hand, seeds repeat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from core.gan import pictures
from core.gan.objectives import OBJECTIVES, objective, paired_distance
from core.gan.pictures import GAN, Config

TINY = Config(side=16, channels=1, z_dim=5, base=4)


class Linear(nn.Module):
    """T(x) = 3 x₀ + 4 x₁ of pictures [B, 1, 1, 2]: its slope is 5 everywhere."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(1) @ torch.tensor([3.0, 4.0])


@pytest.mark.parametrize("name", OBJECTIVES)
def test_what_normalises_the_critic_follows_from_the_objective(name: str) -> None:
    model = GAN(replace(TINY, objective=name))
    batch_norms = [m for m in model.critic.modules() if isinstance(m, nn.BatchNorm2d)]
    goal = objective(name)
    assert bool(batch_norms) == (not goal.spectral and goal.penalty == "none")
    x = torch.randn(3, 1, 16, 16)
    assert model.score(x).shape == (3,)
    assert model.decode(torch.randn(3, 5)).shape == (3, 1, 16, 16)
    if goal.spectral:
        model.settle()
        model.eval()
        norms = pictures.spectral_norms(model)
        assert norms.tolist() == pytest.approx([1.0] * len(norms), abs=1e-3)


def test_without_batch_statistics_a_score_is_that_pictures_own() -> None:
    """A penalty on ‖∇T(x)‖ means nothing when T(x) depends on the other pictures of the batch."""
    model = GAN(replace(TINY, objective="wgan-gp"))
    x = torch.randn(4, 1, 16, 16)
    assert torch.allclose(model.score(x)[:2], model.score(x[:2]), atol=1e-6)


def test_slopes_and_penalties_on_a_critic_worked_by_hand() -> None:
    x, y = torch.zeros(2, 1, 1, 2), torch.ones(2, 1, 1, 2)
    critic = Linear()
    assert pictures.slopes(critic, x).tolist() == pytest.approx([5.0, 5.0])
    mix = torch.tensor([0.3, 0.7])
    found = {kind: float(pictures.penalty(critic, kind, x, y, mix)) for kind in ("two-sided", "one-sided", "zero-real")}
    assert found == pytest.approx({"two-sided": 16.0, "one-sided": 16.0, "zero-real": 25.0})


def test_the_penalty_is_taken_between_each_pair_with_its_own_share() -> None:
    """T(x) = |x|²/2 has the slope |x|, so the penalty tells where it was taken."""

    class Bowl(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.flatten(1).square().sum(1) / 2

    real, fake = torch.full((2, 1, 1, 1), 4.0), torch.zeros(2, 1, 1, 1)
    mix = torch.tensor([0.25, 1.0])  # ‖∇T‖ = 1 and 4
    assert pictures.penalty(Bowl(), "two-sided", real, fake, mix).item() == pytest.approx((0 + 9) / 2)
    assert pictures.penalty(Bowl(), "zero-real", real, fake, mix).item() == pytest.approx(16.0)


def test_the_penalty_reaches_the_critics_weights() -> None:
    model = GAN(replace(TINY, objective="wgan-gp"))
    x, y = torch.randn(2, 1, 16, 16), torch.randn(2, 1, 16, 16)
    pictures.penalty(model.critic, "two-sided", x, y, torch.rand(2)).backward()
    assert all(
        w.grad is not None and bool(w.grad.abs().sum() > 0) for w in model.critic.convs[0].parameters() if w.dim() > 1
    )


def test_gan_qp_losses_worked_by_hand() -> None:
    """Scores 2 and -1, d = 0.5, λ = 10: the critic's 9/10 - 3, the generator's 3 and without the quadratic term."""
    goal = objective("gan-qp-l1")
    real, fake = torch.tensor([2.0]), torch.tensor([-1.0])
    assert float(pictures.critic_loss(goal, real, fake, torch.tensor([0.5]))) == pytest.approx(0.9 - 3)
    assert float(pictures.generator_loss(goal, real, fake)) == pytest.approx(3.0)


def test_distance_of_pictures_is_a_mean_over_pixels() -> None:
    x, y = torch.zeros(1, 3, 2, 2), torch.zeros(1, 3, 2, 2)
    y[0, 0, 0, 0] = 6.0
    assert float(paired_distance(x, y, "l1")) == pytest.approx(0.5)
    assert float(paired_distance(x, y, "l2")) == pytest.approx(3**0.5)


def test_the_same_seed_builds_the_same_networks_whatever_the_objective() -> None:
    found = []
    for name in ("gan-qp-l1", "wgan-gp"):
        torch.manual_seed(3)
        found.append(GAN(replace(TINY, objective=name)).generator.first.weight.detach().numpy())
    np.testing.assert_array_equal(*found)


def test_averaged_weights_are_settled() -> None:
    """An average over steps blurs the singular vectors: the norms are then wrong until they are found anew."""
    model = GAN(replace(TINY, objective="sgan-sn")).eval()
    with torch.no_grad():
        for name, buffer in model.critic.named_buffers():
            if name.endswith(("_u", "_v")):
                buffer.mul_(0.3)
    assert float((pictures.spectral_norms(model) - 1).abs().max()) > 1
    model.settle()
    assert not model.training
    assert float((pictures.spectral_norms(model) - 1).abs().max()) < 1e-3
