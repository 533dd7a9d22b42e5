"""What an architecture costs: parameters and operations of a forward pass, counted exactly, and of a training step, by rule.

Counted by torch's own counter on tensors without storage, so a network of 512 pixels costs nothing to count. One
multiplication with its addition are two operations; normalisations and activations are left out (2 % at 32 channels next to the
picture, more where it is narrower). A backward pass counts as twice the forward one, about 1 % too much, since nobody asks for
the gradient with respect to pictures and codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from core.gan.architectures import Architecture
from core.gan.pictures import GAN, Config

__all__ = ["CRITIC_STEPS", "Costs", "Count", "costs", "count", "step_operations"]

CRITIC_STEPS = 2  # of the recipes here and of the author's GAN-QP
BACKWARD = 2  # a backward pass costs two products for each one of the forward pass: for inputs, and for weights


class Count(NamedTuple):
    """Parameters of both networks; operations a picture, forward."""

    generator_parameters: int
    critic_parameters: int
    generator_operations: int
    critic_operations: int


@lru_cache(maxsize=256)
def count(architecture: Architecture, side: int, channels: int, z_dim: int, base: int) -> Count:
    """Counts of ``architecture`` (spectral normalisation in the critic) for pictures of ``side`` pixels."""
    with torch.device("meta"):
        model = GAN(Config(side, channels, z_dim, base, "sgan-sn", architecture)).eval()
        z = torch.empty(1, z_dim)
        x = torch.empty(1, channels, side, side)
    return Count(
        _size(model.generator), _size(model.critic), _operations(model.generator, z), _operations(model.critic, x)
    )


class Costs(NamedTuple):
    """By architecture: ``counts``, and operations a picture of one training ``steps``, two of the critic and one of the generator."""

    counts: dict[Architecture, Count]
    steps: dict[Architecture, int]

    def times(self, one: Architecture, other: Architecture) -> float:
        """How many times ``other``'s training step ``one``'s costs."""
        return self.steps[one] / self.steps[other]


def costs(architectures: Sequence[Architecture], side: int, z_dim: int, base: int, channels: int = 3) -> Costs:
    """Counts of every architecture at one size."""
    counts: dict[Architecture, Count] = {name: count(name, side, channels, z_dim, base) for name in architectures}
    steps: dict[Architecture, int] = {name: step_operations(one, CRITIC_STEPS) for name, one in counts.items()}
    return Costs(counts, steps)


def step_operations(found: Count, critic_steps: int) -> int:
    """Operations a picture of one training step: ``critic_steps`` of the critic on a real and a generated picture, one of the generator.

    The critic's step draws a picture without gradients. The generator's passes gradients through the critic, whose weights
    rest: one product back, not two.
    """
    g, c = found.generator_operations, found.critic_operations
    critic = critic_steps * (g + 2 * c * (1 + BACKWARD))
    return critic + g * (1 + BACKWARD) + c * 2


def _size(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def _operations(module: nn.Module, x: torch.Tensor) -> int:
    counter = FlopCounterMode(display=False)
    with counter:
        module(x)
    return counter.get_total_flops()
