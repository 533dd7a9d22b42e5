"""The models that ship: CBOW with random softmax (post 4515) and the vectors of a skip-gram with negative sampling.

CBOW: z_w = b_w + ⟨u_w, Σ_{c in window} v_c⟩, a sum over ``window`` words at each side; where the sentence ends, or a word is
unknown, stands one vector of its own, trained like the others, as in the author's code. u and v are different tables.

Frequent targets were skipped in training: a word of frequency f is kept with probability κ = t/f + √(t/f), at most 1. What the
scores say is therefore p̃(w|c) ∝ κ_w p(w|c), and p(w|c) ∝ e^{z_w} / κ_w: exact, and no training is needed for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

__all__ = ["CBOW", "Config", "SkipGram", "build", "build_skip_gram", "keep_probability"]


@dataclass(frozen=True, slots=True)
class Config:
    """Sizes of a model, and what its vocabulary was counted in.

    words : V, the most frequent words.
    dim : of a vector; the author's 128, reduced for the size of the files.
    window : words at each side, the author's 5.
    subsample : t of the probability with which a target is kept, the author's 1e-5.
    total : words of the training text, rare ones included.
    """

    words: int
    total: int
    dim: int = 96
    window: int = 5
    subsample: float = 1e-5


def keep_probability(counts: Tensor, total: int, subsample: float) -> Tensor:
    """κ = t/f + √(t/f), at most 1, with f = counts / total."""
    ratio = subsample * total / counts.double()
    return (ratio + ratio.sqrt()).clamp(max=1.0)


class CBOW(nn.Module):
    """Tables v (``input``, whose last row stands for whatever is no known word) and u (``output``), and the bias."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.input = nn.Parameter(torch.zeros(config.words + 1, config.dim))
        self.output = nn.Parameter(torch.zeros(config.words, config.dim))
        self.bias = nn.Parameter(torch.zeros(config.words))
        self.counts: Tensor
        self.plane: Tensor
        self.register_buffer("counts", torch.ones(config.words, dtype=torch.int32))
        self.register_buffer("plane", torch.zeros(config.words, 2))  # where t-SNE put each word

    @property
    def other(self) -> int:
        """The row of ``input`` for what is no known word."""
        return self.config.words

    def scores(self, contexts: Tensor) -> Tensor:
        """z [B, V] from the ids of the context [B, 2 window]."""
        return self.input[contexts].sum(1) @ self.output.T + self.bias

    def log_keep(self) -> Tensor:
        """log κ [V]."""
        return keep_probability(self.counts, self.config.total, self.config.subsample).log()

    def log_unigram(self) -> Tensor:
        """log p(w) [V] among the known words, by the counts of the training text."""
        share = self.counts.double()
        return (share / share.sum()).log()

    def log_probability(self, contexts: Tensor, corrected: bool = True) -> Tensor:
        """log p(w|context) [B, V]; without the correction, log p̃, the distribution of the targets that training kept."""
        scores = self.scores(contexts).double()
        return torch.log_softmax(scores - self.log_keep() if corrected else scores, -1)


class SkipGram(nn.Module):
    """The input vectors of a skip-gram with negative sampling; what they were trained against does not ship."""

    def __init__(self, words: int, dim: int) -> None:
        super().__init__()
        self.input = nn.Parameter(torch.zeros(words, dim))


def build(words: int, total: int, dim: int, window: int, subsample: float) -> CBOW:
    """A CBOW of these sizes."""
    return CBOW(Config(words, total, dim, window, subsample))


def build_skip_gram(words: int, dim: int) -> SkipGram:
    """A table of these sizes."""
    return SkipGram(words, dim)
