"""A small character BERT whose input can be dropped in three ways (post 8770).

BERT (Devlin et al. 2018) on characters: with E the embedding and P the positions,

    h₀ = LN(E[x] + P),   u = LN(h + Att(h)),   h' = LN(u + FFN(u)),   logits = LN(gelu(W h_L + c)) Eᵀ + b,

with one thing added, so that a small model learns soon: a bias of every head by the distance of the two places (as in T5),
A = softmax(q kᵀ/√d_head + B_(j − i)).

What the post looks at is what is dropped: characters (masked, so that E_i becomes εE_i + (1 − ε)E_m), columns of every
attention matrix (Norm(A⊗M̃), the same M̃ in all layers), or tokens (they leave, the others keep their positions).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["CLS", "MASK", "MARKS", "Bert", "Block", "Config", "build", "kept_columns", "parameter_count"]

MARKS = ("CLS", "MASK")
"""The marks of the vocabulary, beside those that every tokenizer of the gallery has."""
CLS, MASK = 4, 5
"""Their tokens: [CLS] stands before every text and is never dropped, [MASK] is E_m."""
DEVIATION = 0.02  # of initial weights, BERT


@dataclass(frozen=True, slots=True)
class Config:
    """Sizes: ``vocabulary`` V, ``width`` h, ``layers`` L, ``heads``, ``context`` (longest text, [CLS] included); the FFN has 4h units."""

    vocabulary: int
    width: int = 160
    layers: int = 3
    heads: int = 4
    context: int = 96
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise ValueError(f"heads = {self.heads}: must divide width = {self.width}")


def parameter_count(c: Config) -> int:
    """Weights in closed form: L(12h² + 13h + heads(2·context − 1)) + (V + context)h + 2h, and the head's h² + 3h + V."""
    h, distances = c.width, 2 * c.context - 1
    blocks = c.layers * (12 * h * h + 13 * h + c.heads * distances)
    return blocks + (c.vocabulary + c.context) * h + 2 * h + h * h + 3 * h + c.vocabulary


def kept_columns(attention: Tensor, columns: Tensor) -> Tensor:
    """Norm(A⊗M̃): ``attention`` [..., n, n] with the columns weighted by ``columns`` [..., n], each row summing to 1 again.

    Raises ValueError when all columns of a row are dropped: there is nothing left to look at.
    """
    kept = attention * columns[..., None, :]
    total = kept.sum(-1, keepdim=True)
    if bool((total <= 0).any()):
        raise ValueError("columns: at least one must be kept")
    return kept / total


class Block(nn.Module):
    """One layer of BERT: attention and FFN, each followed by its residual and its norm."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.heads, self.context = c.heads, c.context
        self.near = nn.Parameter(torch.zeros(c.heads, 2 * c.context - 1))  # B by distance + context − 1
        self.qkv = nn.Linear(c.width, 3 * c.width)
        self.mixed = nn.Linear(c.width, c.width)
        self.norm_1 = nn.LayerNorm(c.width, c.epsilon)
        self.rise = nn.Linear(c.width, 4 * c.width)
        self.fall = nn.Linear(4 * c.width, c.width)
        self.norm_2 = nn.LayerNorm(c.width, c.epsilon)

    def split(self, h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values [B, heads, n, d_head] of h [B, n, width]."""
        batch, n, _ = h.shape
        q, k, v = self.qkv(h).view(batch, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        return q, k, v

    def bias(self, places: Tensor) -> Tensor:
        """B_(j − i) of every pair of ``places`` [B, n]: [B, heads, n, n]."""
        return self.near[:, places[:, None, :] - places[:, :, None] + self.context - 1].transpose(0, 1)

    def attention(self, h: Tensor, places: Tensor) -> Tensor:
        """A = softmax(q kᵀ/√d_head + B), [B, heads, n, n]."""
        q, k, _ = self.split(h)
        return (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5 + self.bias(places)).softmax(-1)

    def forward(self, h: Tensor, places: Tensor, there: Tensor | None = None, columns: Tensor | None = None) -> Tensor:
        """[B, n, width] → [B, n, width] at ``places`` [B or 1, n]. ``there`` [B, n] says what is no padding; ``columns`` [B, n] is M̃."""
        q, k, v = self.split(h)
        if columns is None:
            bias = self.bias(places)
            if there is not None:
                bias = bias.masked_fill(~there[:, None, None, :], -torch.inf)
            a = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        else:
            a = kept_columns(self.attention(h, places), columns[:, None, :]) @ v
        u = self.norm_1(h + self.mixed(a.transpose(1, 2).reshape(h.shape)))
        return self.norm_2(u + self.fall(F.gelu(self.rise(u))))


class Bert(nn.Module):
    """The encoder and its head of masked characters."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Embedding(config.context, config.width)
        self.norm = nn.LayerNorm(config.width, config.epsilon)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.transform = nn.Linear(config.width, config.width)
        self.norm_out = nn.LayerNorm(config.width, config.epsilon)
        self.bias = nn.Parameter(torch.zeros(config.vocabulary))
        self.apply(_draw)

    def embedded(self, tokens: Tensor, table: Tensor | None = None) -> Tensor:
        """E[x], [B, n, width]; from ``table`` [V, width] instead of E where one is given."""
        return F.embedding(tokens, self.embedding.weight if table is None else table)

    def encode(
        self, vectors: Tensor, positions: Tensor | None = None, there: Tensor | None = None, columns: Tensor | None = None
    ) -> Tensor:  # fmt: skip
        """h_L [B, n, width] of the vectors that stand for the tokens, [B, n, width].

        ``positions`` [B, n] are the tokens' places (0, 1, 2 … where none are given): what DropToken keeps. ``there`` [B, n] (bool)
        marks what is no padding, ``columns`` [B, n] is M̃ of all layers. Raises ValueError for a text longer than the context.
        """
        n = vectors.shape[1]
        if n > self.config.context:
            raise ValueError(f"vectors: {n} tokens, but the context holds {self.config.context}")
        places = torch.arange(n, device=vectors.device)[None] if positions is None else positions
        h = self.norm(vectors + self.positions(places))
        for block in self.blocks:
            h = block(h, places, there, columns)
        return h

    def forward(
        self, tokens: Tensor, positions: Tensor | None = None, there: Tensor | None = None, columns: Tensor | None = None
    ) -> Tensor:  # fmt: skip
        """h_L [B, n, width] of ``tokens`` [B, n]; see :meth:`encode`."""
        return self.encode(self.embedded(tokens), positions, there, columns)

    def transformed(self, h: Tensor) -> Tensor:
        """LN(gelu(W h + c)): what the logits are made of."""
        return self.norm_out(F.gelu(self.transform(h)))

    def logits(self, h: Tensor) -> Tensor:
        """Logits [..., V] of the character at each place of h [..., width]."""
        return F.linear(self.transformed(h), self.embedding.weight, self.bias)

    @torch.no_grad()
    def attention_maps(self, tokens: Tensor) -> Tensor:
        """A of every layer and head over ``tokens`` [B, n]: [L, B, heads, n, n]."""
        places = torch.arange(tokens.shape[1], device=tokens.device)[None]
        h, maps = self.norm(self.embedded(tokens) + self.positions(places)), []
        for block in self.blocks:
            assert isinstance(block, Block)
            maps.append(block.attention(h, places))
            h = block(h, places)
        return torch.stack(maps)


def build(**config: Any) -> Bert:
    """What a card names: the model of a configuration."""
    return Bert(Config(**config))


def _draw(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=DEVIATION)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
