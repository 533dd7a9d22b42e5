"""DGCNN: dilated gated convolutions that find the answer to a question in a passage (posts 5409 and 6906).

A block with input x and one convolution of twice the channels: (a, c) = Conv(x), g = σ(c), y = x ⊙ (1 - g) + a ⊙ g. Padding is
set to zero after every block; else the next dilated convolution would read what the last one wrote there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.text.dgcnn.matching import FEATURES, matches
from core.text.tokenizer import PAD, UNKNOWN

__all__ = ["KERNEL", "PASSAGE_DILATIONS", "QUESTION_DILATIONS", "AttentionPool", "Config", "DGCNN", "GatedBlock", "Reading", "build", "focal", "receptive_field"]  # fmt: skip

QUESTION_DILATIONS = (1, 2, 1)
PASSAGE_DILATIONS = (1, 2, 4, 8, 16, 1)
KERNEL = 3
HIDDEN_SCORE = -1e12  # of a place that is padding, before the softmax
PROBABILITY_FLOOR = 1e-7


@dataclass(frozen=True, slots=True)
class Config:
    """``vocabulary`` tokens, ``width`` channels; ``dropout`` of the input vectors, ``drop_gate`` of the gates' logits."""

    vocabulary: int
    width: int = 64
    dropout: float = 0.1
    drop_gate: float = 0.1
    question_dilations: tuple[int, ...] = QUESTION_DILATIONS
    passage_dilations: tuple[int, ...] = PASSAGE_DILATIONS


def receptive_field(dilations: Sequence[int], kernel: int = KERNEL) -> int:
    """How many places of the input one place of the output sees: 1 + (kernel - 1) Σ r."""
    return 1 + (kernel - 1) * sum(dilations)


class GatedBlock(nn.Module):
    """y = x ⊙ (1 - g) + Conv_a(x) ⊙ g with g = σ(Conv_g(x)), then zero on the padding; [B, C, L] → [B, C, L]."""

    def __init__(self, width: int, dilation: int, drop_gate: float = 0.0) -> None:
        super().__init__()
        reach = dilation * (KERNEL // 2)
        self.convolution = nn.Conv1d(width, 2 * width, KERNEL, padding=reach, dilation=dilation)
        self.drop_gate = drop_gate

    def gated(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(a, g): the candidate and the gate at every place."""
        a, c = self.convolution(x).chunk(2, 1)
        return a, F.dropout(c, self.drop_gate, self.training).sigmoid()

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """``mask`` [B, 1, L] is 1 on characters and 0 on padding."""
        a, g = self.gated(x)
        return torch.lerp(x, a, g) * mask


class AttentionPool(nn.Module):
    """Σ λ_i x_i with λ = softmax(αᵀ tanh(W x_i)) over the places that are not padding; [B, L, C] → [B, C]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = nn.Linear(width, width, bias=False)
        self.score = nn.Linear(width, 1, bias=False)

    def weights(self, x: Tensor, mask: Tensor) -> Tensor:
        """λ [B, L]; ``mask`` [B, L] is true on characters."""
        score = self.score(torch.tanh(self.inner(x)))[..., 0]
        return score.masked_fill(~mask, HIDDEN_SCORE).softmax(-1)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return (self.weights(x, mask)[:, None] @ x)[:, 0]


class Reading(NamedTuple):
    """Logits of a batch: ``start``, ``end`` [B, L] of every character, ``start_any``, ``end_any`` [B] of the whole passage."""

    start: Tensor
    end: Tensor
    start_any: Tensor
    end_any: Tensor

    def probabilities(self, use_global: bool = True) -> tuple[Tensor, Tensor]:
        """(p_start, p_end) [B, L]: σ(local), times p_global = σ(whole passage) unless ``use_global`` is false."""
        start, end = self.start.sigmoid(), self.end.sigmoid()
        if not use_global:
            return start, end
        return start * self.start_any.sigmoid()[:, None], end * self.end_any.sigmoid()[:, None]


class DGCNN(nn.Module):
    """The network. Token 0 is padding; tokens beyond the vocabulary are unknown characters, which still match their like."""

    rarity: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        width, drop = config.width, config.drop_gate
        self.embedding = nn.Embedding(config.vocabulary, width)
        self.register_buffer("rarity", torch.ones(config.vocabulary))
        self.dropout = nn.Dropout(config.dropout)
        self.question_blocks = nn.ModuleList(GatedBlock(width, r, drop) for r in config.question_dilations)
        self.question_pool = AttentionPool(width)
        self.join = nn.Linear(2 * width + FEATURES, width, bias=False)
        self.passage_blocks = nn.ModuleList(GatedBlock(width, r, drop) for r in config.passage_dilations)
        self.passage_pool = AttentionPool(2 * width)
        self.any = nn.Linear(2 * width, 2)
        self.ends = nn.Linear(2 * width, 2)

    def known(self, tokens: Tensor) -> Tensor:
        """Tokens beyond the vocabulary as the one for unknown characters."""
        return tokens.masked_fill(tokens >= self.config.vocabulary, UNKNOWN)

    def ask(self, question: Tensor) -> Tensor:
        """The vector of the question, [B, Q] → [B, C]."""
        mask = question != PAD
        x = self.dropout(self.embedding(self.known(question))).mT * mask[:, None]
        for block in self.question_blocks:
            x = block(x, mask[:, None].to(x.dtype))
        return self.question_pool(x.mT, mask)

    def features(self, passage: Tensor, question: Tensor) -> Tensor:
        """The features of exact matches [B, L, F]."""
        return matches(passage, question, passage != PAD, question != PAD, self.rarity[self.known(question)])

    def enter(self, passage: Tensor, question: Tensor, asked: Tensor) -> Tensor:
        """The input of the passage's first block [B, C, L]: character, question and features, joined."""
        mask = passage != PAD
        characters = self.dropout(self.embedding(self.known(passage)))
        about = asked[:, None].expand(-1, passage.shape[1], -1)
        return self.join(torch.cat([characters, about, self.features(passage, question)], -1)).mT * mask[:, None]

    @staticmethod
    def beside(x: Tensor, asked: Tensor) -> Tensor:
        """Every character with the question's vector, [B, L, 2C]: what the outputs read."""
        return torch.cat([x.mT, asked[:, None].expand(-1, x.shape[-1], -1)], -1)

    def through(
        self, passage: Tensor, question: Tensor, step: Callable[[int, GatedBlock, Tensor, Tensor], Tensor] | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
        """(the last block's output x [B, C, L], the question's vector [B, C], where characters stand [B, L]).

        ``step(k, block, x, mask)`` is taken in the place of block k = 1 … N where one is given, to look at what goes on inside.
        """
        asked, mask = self.ask(question), passage != PAD
        x = self.enter(passage, question, asked)
        there = mask[:, None].to(x.dtype)
        for k, block in enumerate(self.passage_blocks, 1):
            assert isinstance(block, GatedBlock)
            x = step(k, block, x, there) if step else block(x, there)
        return x, asked, mask

    def pooled(self, passage: Tensor, question: Tensor) -> Tensor:
        """The vector [B, 2C] of the whole passage, from which p_global is read."""
        x, asked, mask = self.through(passage, question)
        return self.passage_pool(self.beside(x, asked), mask)

    def leave(self, x: Tensor, asked: Tensor, mask: Tensor) -> Reading:
        """The logits, from the last block's output ``x`` [B, C, L]."""
        both = self.beside(x, asked)
        start, end = self.ends(both).masked_fill(~mask[..., None], HIDDEN_SCORE).unbind(-1)
        start_any, end_any = self.any(self.passage_pool(both, mask)).unbind(-1)
        return Reading(start, end, start_any, end_any)

    def forward(self, passage: Tensor, question: Tensor) -> Reading:
        """Passages [B, L] and questions [B, Q] of tokens, padded with 0."""
        return self.leave(*self.through(passage, question))


def focal(p: Tensor, target: Tensor, mask: Tensor, alpha: float = 0.25, gamma: float = 2.0) -> Tensor:
    """Focal loss -w (1 - p_t)^γ log p_t, averaged over the places of ``mask``; w = α where the target is 1, else 1 - α."""
    p = p.clamp(PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)
    right = torch.where(target > 0, p, 1 - p)
    weight = torch.where(target > 0, alpha, 1 - alpha)
    return (-weight * (1 - right).pow(gamma) * right.log() * mask).sum() / mask.sum()


def build(**config: object) -> DGCNN:
    """A network with a config as the card keeps it."""
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in config.items()}
    return DGCNN(Config(**values))  # pyright: ignore[reportArgumentType]
