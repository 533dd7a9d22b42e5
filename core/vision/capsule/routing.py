"""Dynamic routing as the author writes it (posts 4819, 5112): a soft K-means whose distance is −⟨u, v/‖v‖⟩.

Every capsule i below votes for every capsule j above with a vector û_ij. From b = 0, r times:

    c_ij = softmax_j(b_ij),      v_j = Σ_i c_ij û_ij,      and, but for the last time,
    v_j ← v_j / ‖v_j‖,           b_ij = ⟨û_ij, v_j⟩        (assigned, where Hinton et al. 2017 add).

What comes out is squashed to a length below 1, the probability that j is there: squash(v) = ‖v‖ / (κ + ‖v‖²) · v, κ = 0.5 in
place of the paper's 1. Shapes: B pictures, n capsules below, k above, d numbers each.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["CONSTANT", "ROUTINGS", "Routed", "agreement", "rounds", "routed", "squash"]

CONSTANT = 0.5  # κ, bojone/Capsule
ROUTINGS = 3  # r, bojone/Capsule
LEAST = 1e-12  # under a root, so that the gradient at zero is finite


class Routed(NamedTuple):
    """The capsules above, squashed [B, k, d], and the coupling c of the last round [B, n, k]; Σ_j c = 1."""

    capsules: Tensor
    coupling: Tensor


def squash(v: Tensor, constant: float = CONSTANT) -> Tensor:
    """‖v‖ / (κ + ‖v‖²) · v over the last axis: the same direction, length ‖v‖² / (κ + ‖v‖²) < 1."""
    square = v.square().sum(-1, keepdim=True)
    return (square + LEAST).sqrt() / (constant + square) * v


def rounds(votes: Tensor, b: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor]]:
    """Round after round without end: the coupling c [B, n, k] and Σ_i c_ij û_ij [B, k, d] before it is squashed.

    ``b`` [B, n, k] is where the agreement starts, 0 by default.
    """
    b = votes.new_zeros(votes.shape[:-1]) if b is None else b
    while True:
        c = b.softmax(-1)
        v = torch.einsum("bnk,bnkd->bkd", c, votes)
        yield c, v
        b = agreement(votes, v)


def agreement(votes: Tensor, v: Tensor) -> Tensor:
    """b_ij = ⟨û_ij, v_j / ‖v_j‖⟩ of ``votes`` [B, n, k, d] and ``v`` [B, k, d] → [B, n, k]; only v's direction counts."""
    return torch.einsum("bnkd,bkd->bnk", votes, v / (v.square().sum(-1, keepdim=True) + LEAST).sqrt())


def routed(votes: Tensor, routings: int = ROUTINGS, constant: float = CONSTANT) -> Routed:
    """Route ``votes`` û [B, n, k, d], ``routings`` ≥ 1 times (1: every coupling is 1/k, no routing at all)."""
    if routings < 1:
        raise ValueError(f"routings = {routings}: must be at least 1")
    c, v = next(islice(rounds(votes), routings - 1, None))
    return Routed(squash(v, constant), c)
