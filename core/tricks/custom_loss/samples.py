"""What a loss does to one sample, and to one triplet: its value and the way it pushes."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.refusal import Refusal
from core.tricks.custom_loss.objectives import CLASSES, LOSSES, focal_each, gradient_gap, smoothed_each

__all__ = ["Curves", "PROBABILITIES", "Shapes", "Triplet", "curves", "one_sample", "shapes", "triplet_of"]

PROBABILITIES = np.linspace(0.002, 0.998, 250)
DIRECTIONS = 181  # of a negative that is turned once around the origin
SURE = 0.9  # the probability at which focal is compared with softmax


@dataclass(frozen=True, slots=True)
class Curves:
    """Of one sample whose class has probability p [n], the rest shared equally: by loss, its value and −∂loss/∂(right logit), [n] each."""

    p: np.ndarray
    losses: Mapping[str, np.ndarray]
    pushes: Mapping[str, np.ndarray]


def one_sample(
    loss: Callable[[Tensor, Tensor], Tensor], probability: np.ndarray, classes: int = CLASSES
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(p, loss, −∂loss/∂u_y), [n] each: ``loss`` of logits [n, K] and labels [n] where the other logits are 0 and u_y gives p."""
    p = torch.tensor(probability, dtype=torch.float64)
    right = (p * (classes - 1) / (1 - p)).log().requires_grad_()
    logits = torch.cat([right[:, None], torch.zeros(len(p), classes - 1, dtype=torch.float64)], 1)
    value = loss(logits, torch.zeros(len(p), dtype=torch.long))
    if not value.requires_grad:  # made of comparisons alone
        return probability, value.numpy(), np.zeros(len(p))
    (gradient,) = torch.autograd.grad(value.sum(), right)
    return probability, value.detach().numpy(), -gradient.numpy()


def curves(each: Mapping[str, Callable[[Tensor, Tensor], Tensor]], probability: np.ndarray = PROBABILITIES) -> Curves:
    """:func:`one_sample` of several losses by name."""
    found = {name: one_sample(loss, probability) for name, loss in each.items()}
    return Curves(probability, {name: f[1] for name, f in found.items()}, {name: f[2] for name, f in found.items()})


@dataclass(frozen=True, slots=True)
class Triplet:
    """Of one triplet: ``near`` = cos(q, +), ``far`` = cos(q, −), ``gap`` = near − far, the loss, and −∂loss/∂(query, positive, negative) [3, 2].

    ``bearing`` is the negative's direction in degrees; ``losses`` are what the loss would be with the negative in each of ``directions``.
    ``sector`` [k, 2] are the corners of the part of the unit disc in which the negative has a loss, where cos(q, −) > near − m.
    """

    points: np.ndarray
    near: float
    far: float
    gap: float
    loss: float
    push: np.ndarray
    bearing: float
    directions: np.ndarray
    losses: np.ndarray
    sector: np.ndarray


def triplet_of(
    query: tuple[float, float], positive: tuple[float, float], negative: tuple[float, float], margin: float
) -> Triplet:
    """max(0, m + cos(q, −) − cos(q, +)) of three vectors in the plane; Refusal names one that is at the origin, which has no direction."""
    for name, vector in (("query", query), ("positive", positive), ("negative", negative)):
        if math.hypot(*vector) < 1e-9:
            raise Refusal(
                "不能放在原点：那里没有方向", "must not be the origin, which has no direction", input=name, value=vector
            )
    points = torch.tensor(np.array([query, positive, negative]), dtype=torch.float64, requires_grad=True)
    unit = F.normalize(points, dim=1)
    near, far = unit[0] @ unit[1], unit[0] @ unit[2]
    loss = (margin + far - near).clamp(min=0)
    (gradient,) = torch.autograd.grad(loss, points)
    angles = np.linspace(0, 360, DIRECTIONS)
    turned = np.stack([np.cos(np.radians(angles)), np.sin(np.radians(angles))], 1)
    losses = np.maximum(0, margin + turned @ unit[0].detach().numpy() - near.item())
    bearing = math.degrees(math.atan2(negative[1], negative[0])) % 360
    towards = math.atan2(query[1], query[0])
    half = math.acos(min(max(near.item() - margin, -1.0), 1.0))
    arc = np.linspace(towards - half, towards + half, DIRECTIONS)
    sector = np.vstack([np.zeros((1, 2)), np.stack([np.cos(arc), np.sin(arc)], 1)])
    return Triplet(
        points.detach().numpy(), near.item(), far.item(), (near - far).item(), loss.item(), -gradient.numpy(), bearing, angles, losses,
        sector,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shapes:
    """Softmax, focal and smoothed labels on one sample. ``damping`` is focal's push over softmax's at p = SURE; ``turns`` the p beyond which
    smoothing pulls back; ``gaps`` each loss's relative difference from finite differences."""

    curves: Curves
    damping: float
    turns: float
    gaps: Mapping[str, float]


def shapes(gamma: float, epsilon: float, seed: int) -> Shapes:
    """How three losses push one sample, and all gradients compared with differences."""
    each = {
        "softmax": functools.partial(smoothed_each, epsilon=0.0), "focal": functools.partial(focal_each, gamma=gamma), "smooth": functools.partial(smoothed_each, epsilon=epsilon)
    }  # fmt: skip
    at = curves(each, np.array([SURE])).pushes
    damping = float(at["focal"][0] / at["softmax"][0])
    return Shapes(
        curves(each), damping, 1 - epsilon + epsilon / CLASSES, {name: gradient_gap(name, seed) for name in LOSSES}
    )
