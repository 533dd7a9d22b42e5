"""Blending two samples into one, and the loss of the blend (post 5693).

With x̃ = εx_a + (1−ε)x_b:

    SamplePairing    ε = ½,             target y_a
    mixup            ε ~ Beta(α, α),    target εy_a + (1−ε)y_b        (α = 1: ε ~ U(0, 1), the post's)

Shapes: N samples, K classes, any further axes of x.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["METHODS", "PAIR", "Method", "Mixed", "blend", "is_on", "mixed", "soft_cross_entropy"]

PAIR = 0.5
"""SamplePairing's weight of either picture."""
CYCLE, ON_OF_CYCLE = 10, 8
"""Of every ten epochs SamplePairing is on in eight. The post's paper alternates; these lengths are this project's choice."""
FIRST, LAST = 0.1, 0.2
"""Shares of a run, at its beginning and its end, in which the scheduled SamplePairing is off (this project's choice)."""


@dataclass(frozen=True, slots=True)
class Method:
    """How a batch is made: ``kind`` is plain, pair or mixup; ``alpha`` of mixup's Beta(α, α); ``scheduled``: on and off."""

    kind: str
    alpha: float = 1.0
    scheduled: bool = False


METHODS: Mapping[str, Method] = {
    "plain": Method("plain"),
    "pair": Method("pair"),
    "pair-ends-off": Method("pair", scheduled=True),
    "mixup-0.2": Method("mixup", 0.2),
    "mixup-1": Method("mixup", 1.0),
    "mixup-4": Method("mixup", 4.0),
}
"""The methods that are compared."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """A batch of blends ``x`` with their targets ``y`` [N, K]; ``epsilon`` [N] is the weight of the first picture."""

    x: Tensor
    y: Tensor
    epsilon: Tensor


def blend(epsilon: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """εa + (1−ε)b, row by row: ``epsilon`` [N], ``a`` and ``b`` [N, …]."""
    e = epsilon.reshape(-1, *[1] * (a.ndim - 1)).to(a.dtype)
    return e * a + (1 - e) * b


def mixed(method: Method, x: Tensor, y: Tensor, seed: int) -> Mixed:
    """The batch that ``method`` trains on: every sample with a partner from the same batch; ``y`` [N, K] one-hot."""
    rng = torch.Generator().manual_seed(seed)
    n = len(x)
    partner = torch.randperm(n, generator=rng)
    if method.kind == "plain":
        return Mixed(x, y, torch.ones(n))
    if method.kind == "pair":
        epsilon = torch.full((n,), PAIR)
        return Mixed(blend(epsilon, x, x[partner]), y, epsilon)
    epsilon = torch.from_numpy(np.random.default_rng(seed).beta(method.alpha, method.alpha, n)).float()
    return Mixed(blend(epsilon, x, x[partner]), blend(epsilon, y, y[partner]), epsilon)


def soft_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """−Σ_k t_k log p_k, the mean over N. Linear in the target: for εy_a + (1−ε)y_b it is ε CE_a + (1−ε) CE_b."""
    return -(target * F.log_softmax(logits, -1)).sum(-1).mean()


def is_on(method: Method, done: float, epoch: int) -> bool:
    """Whether the method blends in this ``epoch``, with the share ``done`` of the run behind it."""
    if method.kind == "plain":
        return False
    if not method.scheduled:
        return True
    return FIRST <= done < 1 - LAST and epoch % CYCLE < ON_OF_CYCLE
