"""GANs of pictures with a critic that gives one number: GAN-QP, SGAN, RSGAN, WGAN-GP … (posts 6163, 6110, 4439, 6549).

Generator and critic are DCGAN's (arXiv 1511.06434): dense to 4x4, then transposed convolutions of stride 2; the critic
is their mirror image with a last dense layer to T(x). The objective is one of ``core.gan.objectives``: T is high on real
pictures. What keeps the critic regular belongs to the objective, so its layers follow from it: spectral normalisation
without batch statistics, no normalisation at all under a gradient penalty (a sample's gradient must depend on that
sample alone), else batch normalisation as in the author's GAN-QP, over batches that are all real or all generated.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrize import is_parametrized

from core.gan import o_gan
from core.gan.architectures import Architecture, ResNetCritic, generator, spectral
from core.gan.o_gan import FIRST_SIDE, INITIAL_SD, NORM_EPS, NORM_MOMENTUM, SLOPE
from core.gan.objectives import Objective, Penalty, gradient_penalty, objective

__all__ = ["GAN", "Config", "Critic", "build", "critic_loss", "generator_loss", "penalty", "slopes", "spectral_norms"]

SETTLING = 100  # power iterations after weights were averaged: the norms then hold to 1e-3
SLOPE_EPS = 1e-12  # under the root of ‖∇T‖


@dataclass(frozen=True)
class Config(o_gan.Config):
    """The sizes of O-GAN's networks, the names of the objective and of the architecture (post 6549); z ~ N(0, I)."""

    objective: str = "gan-qp-l1"
    architecture: Architecture = "self-mod"

    @property
    def norm(self) -> Literal["spectral", "batch", "none"]:
        """What normalises the critic: see the head of this file."""
        found = objective(self.objective)
        if found.spectral:
            return "spectral"
        return "batch" if found.penalty == "none" else "none"


class Critic(nn.Module):
    """Pictures [B, C, S, S] in [-1, 1] → scores T(x) [B]."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        widths = (config.channels, *reversed(config.widths))
        plain = [nn.Conv2d(a, b, 4, 2, 1) for a, b in pairwise(widths)]
        last = nn.Linear(widths[-1] * FIRST_SIDE**2, 1, bias=False)  # a constant added to T changes no difference
        for layer in (*plain, last):
            nn.init.normal_(layer.weight, 0.0, INITIAL_SD)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        normalised = config.norm == "spectral"
        self.convs = nn.ModuleList(spectral(conv) if normalised else conv for conv in plain)
        self.last = spectral(last) if normalised else last
        self.norms = nn.ModuleList(
            nn.BatchNorm2d(w, eps=NORM_EPS, momentum=NORM_MOMENTUM) if config.norm == "batch" else nn.Identity()
            for w in widths[2:]
        )

    def forward(self, x: Tensor) -> Tensor:
        h = F.leaky_relu(self.convs[0](x), SLOPE)
        for conv, norm in zip(list(self.convs)[1:], self.norms, strict=True):
            h = F.leaky_relu(norm(conv(h)), SLOPE)  # side halves
        return self.last(h.flatten(1))[:, 0]


class GAN(nn.Module):
    """Generator and critic. ``decode`` gives G(z), ``score`` gives T(x); there is no encoder."""

    standardised = False  # codes are drawn from N(0, I) as they are

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.generator = generator(config.architecture, config)
        residual = config.architecture == "resnet"
        self.critic = ResNetCritic(config, config.norm == "spectral") if residual else Critic(config)

    @property
    def objective(self) -> Objective:
        """The objective that the two networks play."""
        return objective(self.config.objective)

    def decode(self, z: Tensor) -> Tensor:
        """G(z): codes [B, n] → pictures [B, C, S, S] in [-1, 1]."""
        return self.generator(z)

    @torch.no_grad()
    def settle(self) -> None:
        """Find the singular vectors of spectral normalisation anew, which an average over training steps has blurred."""
        was = self.training
        self.train()
        for layer in _normalised(self.critic):
            for _ in range(SETTLING):
                _ = layer.weight  # each look at it in training mode is a power iteration
        self.train(was)

    def score(self, x: Tensor) -> Tensor:
        """T(x): pictures [B, C, S, S] in [-1, 1] → scores [B]."""
        return self.critic(x)


def build(
    side: int, channels: int, z_dim: int, base: int, objective: str, architecture: Architecture = "self-mod"
) -> GAN:
    """An untrained GAN (what a weights card names as its builder)."""
    return GAN(Config(side, channels, z_dim, base, objective, architecture))


def critic_loss(goal: Objective, real: Tensor, fake: Tensor, distance: Tensor) -> Tensor:
    """The critic's loss of ``goal`` from scores T(x_r), T(x_f) and d(x_r, x_f), [B] each, without its penalty."""
    return goal.critic(real, fake, distance).loss


def generator_loss(goal: Objective, real: Tensor, fake: Tensor) -> Tensor:
    """The generator's loss of ``goal`` from scores [B] of real and generated pictures."""
    return goal.generator(real, fake).loss


def slopes(critic: nn.Module, x: Tensor) -> Tensor:
    """‖∇T(x)‖ [B] over all pixels of pictures [B, C, S, S]; differentiable with respect to the critic's weights."""
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return (gradient.square().flatten(1).sum(1) + SLOPE_EPS).sqrt()


def penalty(critic: nn.Module, kind: Penalty, real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
    """The penalty ``kind`` on ‖∇T‖: at real pictures for "zero-real", else at x̂ = ε x_r + (1 - ε) x_f with ε = ``mix`` [B]."""
    x = real
    if kind != "zero-real":
        share = mix.reshape(-1, *(1,) * (real.dim() - 1))
        x = share * real + (1 - share) * fake
    return gradient_penalty(slopes(critic, x), kind)[0]


def _normalised(critic: nn.Module) -> list[Any]:
    """The layers whose weight is divided by its largest singular value."""
    return [layer for layer in critic.modules() if is_parametrized(layer, "weight")]


@torch.no_grad()
def spectral_norms(model: GAN) -> Tensor:
    """The largest singular value of each of the critic's weights as matrices of outputs by everything else [layers]."""
    return torch.stack([torch.linalg.matrix_norm(layer.weight.flatten(1), 2) for layer in _normalised(model.critic)])
