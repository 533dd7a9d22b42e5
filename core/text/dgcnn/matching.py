"""What of the question stands in the passage: features of exact matches, as hand-made as those of the post's first version.

All are computed from the tokens by counting, so that passages of any text get them. Two equal tokens match, unknown characters
too: those have tokens of their own beyond the vocabulary (:func:`core.text.dgcnn.texts.encode`).
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["FEATURES", "RUNS", "WINDOWS", "grams", "matches", "within"]

RUNS = (1, 2, 3, 4)
"""Lengths of matching runs: feature k says whether the character lies in a run of that many that stands in the question."""

WINDOWS = (8, 24)
"""Half widths of the windows in which the share of the question that occurs is counted."""

FEATURES = len(RUNS) + 2 * len(WINDOWS)


def grams(passage: Tensor, question: Tensor, passage_mask: Tensor, question_mask: Tensor, longest: int) -> list[Tensor]:
    """For n = 1 … ``longest``: whether the n-gram of the passage that begins at i equals that of the question at j; [B, L, Q]."""
    equal = (passage[:, :, None] == question[:, None, :]) & passage_mask[:, :, None] & question_mask[:, None, :]
    found = [equal]
    for n in range(1, longest):
        longer = torch.zeros_like(equal)
        longer[:, :-n, :-n] = found[-1][:, :-n, :-n] & equal[:, n:, n:]
        found.append(longer)
    return found


def within(hits: Tensor, reach: int) -> Tensor:
    """Whether any of the places i - ``reach`` … i + ``reach`` along dimension 1 of ``hits`` [B, L, Q] is a hit."""
    length = hits.shape[1]
    counts = torch.nn.functional.pad(hits.to(torch.int32).cumsum(1, dtype=torch.int32), (0, 0, 1, 0))
    places = torch.arange(length, device=hits.device)
    low, high = (places - reach).clamp(min=0), (places + reach + 1).clamp(max=length)
    return counts[:, high] > counts[:, low]


def matches(passage: Tensor, question: Tensor, passage_mask: Tensor, question_mask: Tensor, rarity: Tensor) -> Tensor:
    """The features [B, L, F] of passages [B, L] and questions [B, Q] of tokens; masks are true on characters.

    First, for each length of :data:`RUNS`, whether the character lies in a run that stands in the question; then, for each window
    of :data:`WINDOWS`, which share of the question's characters occurs within it, and of its pairs of characters, each
    weighted by ``rarity`` [B, Q] (of a pair: the sum of both).
    """
    found = grams(passage, question, passage_mask, question_mask, max(RUNS))
    features = []
    for n in RUNS:
        begins = found[n - 1].any(-1)
        covered = begins.clone()
        for k in range(1, n):
            covered[:, k:] |= begins[:, :-k]
        features.append(covered.to(rarity.dtype))
    weight = rarity * question_mask
    pair = torch.zeros_like(weight)
    pair[:, :-1] = (weight[:, :-1] + weight[:, 1:]) * question_mask[:, 1:]
    for reach in WINDOWS:
        for hits, weights in ((found[0], weight), (found[1], pair)):
            share = weights / weights.sum(-1, keepdim=True).clamp(min=1e-6)
            features.append((within(hits, reach).to(rarity.dtype) @ share[:, :, None])[..., 0])
    return torch.stack(features, -1) * passage_mask[:, :, None]
