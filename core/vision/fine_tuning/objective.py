"""The post's loss, its batches, what each stage trains, and the blend of the two answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.vision.fine_tuning.model import Head, Model

__all__ = [
    "AUXILIARY",
    "CENTRE",
    "Blend",
    "Loss",
    "accuracy",
    "batch",
    "best_blend",
    "blend",
    "centre_loss",
    "loss",
    "trained",
]

CENTRE, AUXILIARY = 0.25, 0.25  # weights of the post
GRID = 101  # values of α that are tried, 0 … 1


@dataclass(frozen=True, slots=True)
class Loss:
    """The three terms, each a mean over the batch, and their weighted sum."""

    main: Tensor
    centre: Tensor
    auxiliary: Tensor
    total: Tensor


def centre_loss(f: Tensor, centres: Tensor, labels: Tensor) -> Tensor:
    """‖f − c_y‖², summed over the feature, the mean over the batch. Its gradient in c_y is −2(f − c_y), so the best c_y is a mean."""
    return (f - centres[labels]).square().sum(1).mean()


def loss(head: Head, h: Tensor, labels: Tensor, centre: float = CENTRE, auxiliary: float = AUXILIARY) -> Loss:
    """CE(p₀) + λ‖f − c_y‖² + μ CE(p₁) of trunk vectors h [B, out]."""
    f, main, side = head(h)
    terms = (
        F.cross_entropy(main.float(), labels),
        centre_loss(f.float(), head.centres.weight, labels),
        F.cross_entropy(side.float(), labels),
    )
    return Loss(*terms, terms[0] + centre * terms[1] + auxiliary * terms[2])


def batch(labels: Tensor, kinds: int, each: int, rng: torch.Generator) -> Tensor:
    """``kinds`` different kinds drawn by their frequency, ``each`` different pictures of each; their numbers [kinds · each].

    The post: 16 of its 100 kinds, two pictures of each.
    """
    counts = torch.bincount(labels).float()
    chosen = torch.multinomial(counts, kinds, replacement=False, generator=rng)
    weight = (labels[None] == chosen[:, None]).float()
    return torch.multinomial(weight, each, replacement=False, generator=rng).flatten()


def trained(model: Model, stage: int) -> list[nn.Parameter]:
    """The parameters that stage 1, 2 or 3 trains; all others get no gradient. Normalisation keeps its statistics in all stages.

    Stage 1: the head. Stages 2 and 3: the head and the upper part of the trunk.
    """
    if stage not in (1, 2, 3):
        raise ValueError(f"stage = {stage}: must be 1, 2 or 3")
    model.eval()
    chosen = [*model.head.parameters(), *(model.trunk.high.parameters() if stage > 1 else ())]
    free = {id(one) for one in chosen}
    for parameter in model.parameters():
        parameter.requires_grad_(id(parameter) in free)
    return chosen


def blend(main: np.ndarray, auxiliary: np.ndarray, alpha: float) -> np.ndarray:
    """α p₀ + (1 − α) p₁; [N, kinds]."""
    return alpha * main + (1 - alpha) * auxiliary


def accuracy(p: np.ndarray, labels: np.ndarray) -> float:
    """The share of rows whose largest entry is their label's."""
    return float((p.argmax(1) == labels).mean())


@dataclass(frozen=True, slots=True)
class Blend:
    """Accuracy by α on the pictures that α is searched on: ``alphas``, ``found`` [grid], and the ``best`` α, the first of its equals."""

    alphas: np.ndarray
    found: np.ndarray

    @property
    def best(self) -> float:
        """The α with the largest accuracy."""
        return float(self.alphas[int(self.found.argmax())])


def best_blend(main: np.ndarray, auxiliary: np.ndarray, labels: np.ndarray) -> Blend:
    """α = 0, .01 … 1 tried one by one, as in the post."""
    alphas = np.linspace(0, 1, GRID)
    return Blend(alphas, np.array([accuracy(blend(main, auxiliary, float(a)), labels) for a in alphas]))
