"""How far a function is from linear between pairs: E‖f(εx_a + (1−ε)x_b) − (εf(x_a) + (1−ε)f(x_b))‖ (post 5693)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from core.vision.mixup.mixing import blend

__all__ = ["linearity_gap"]

PART = 1000  # rows at a time


@torch.no_grad()
def linearity_gap(f: Callable[[Tensor], Tensor], x: Tensor, seed: int, rounds: int = 1) -> float:
    """The mean over every row of ``x`` [N, …] with a partner at random and ε ~ U(0, 1), ``rounds`` times; ``f`` gives [N, K]."""
    rng = torch.Generator().manual_seed(seed)
    values = torch.cat([f(part) for part in x.split(PART)])
    total, count = 0.0, 0
    for _ in range(rounds):
        partner, epsilon = torch.randperm(len(x), generator=rng), torch.rand(len(x), generator=rng)
        between = torch.cat([f(part) for part in blend(epsilon, x, x[partner]).split(PART)])
        gaps = torch.linalg.vector_norm(between - blend(epsilon, values, values[partner]), dim=-1)
        total, count = total + float(gaps.sum()), count + len(gaps)
    return total / count
