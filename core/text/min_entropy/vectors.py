"""Word vectors as the optimum of a library of words: what stands together in a sentence is borrowed together."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

__all__ = ["SkipGram", "build", "cosines", "held_out_cost", "principal"]


class SkipGram(nn.Module):
    """Two vectors a word: v of the first, u of the one borrowed with it; q(j|i) ∝ e^{⟨v_i, u_j⟩} over j ≠ i."""

    def __init__(self, words: int, dimensions: int) -> None:
        super().__init__()
        self.v = nn.Parameter(torch.zeros(words, dimensions))
        self.u = nn.Parameter(torch.zeros(words, dimensions))

    @property
    def both(self) -> np.ndarray:
        """v and u [2, N, d] in double precision."""
        both: Tensor = torch.stack([self.v.detach(), self.u.detach()]).cpu().double()
        return both.numpy()


def build(words: int, dimensions: int) -> SkipGram:
    """The module that the card names."""
    return SkipGram(words, dimensions)


def held_out_cost(p: np.ndarray, log_q: np.ndarray) -> float:
    """−Σ p(i, j) log q(j|i) of pairs p that may be others than those q was made of, in nats."""
    there = p > 0
    return -float((p[there] * log_q[there]).sum())


def cosines(v: np.ndarray, word: int) -> np.ndarray:
    """cos(v_i, v_word) [N], of vectors whose mean is taken away: what all words share tells none apart."""
    x = v - v.mean(0)
    x = x / np.maximum(np.sqrt((x * x).sum(1, keepdims=True)), 1e-12)
    return x @ x[word]


def principal(v: np.ndarray) -> np.ndarray:
    """The first two principal coordinates [N, 2] of vectors [N, d]; a single dimension gets a second of zeros."""
    x = v - v.mean(0)
    left, values, _ = np.linalg.svd(x, full_matrices=False)
    found = left[:, :2] * values[:2]
    return found if found.shape[1] == 2 else np.concatenate([found, np.zeros((len(v), 1))], 1)
