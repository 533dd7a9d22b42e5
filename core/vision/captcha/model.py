"""Four letters read end to end from one picture: a small Xception, read by four softmax heads (post 4503) and by CTC.

A separable convolution is a depthwise one, a k×k kernel for every channel, and a pointwise one, 1×1 over all channels: a full
convolution whose kernel factors, W[o, i, y, x] = P[o, i] · D[i, y, x]. With a inputs and b outputs it has a·k² + a·b weights
instead of a·b·k².

The trunk gives features f [C, 7, 15] of a picture of 50 × 120. They are averaged over height, and every one of the four heads
is Dropout(½) and a softmax over 26 letters, of all 15 columns; the loss is the sum of the four cross-entropies:

    L = −Σ_{k=1}^{4} log p_k(letter k).

CTC reads the same trunk: every column t gives a softmax over 26 letters and the blank, and the probability of a text y is the sum over all paths
π that collapse to y, B(π) = y: equal neighbours are joined, then blanks dropped,

    p(y) = Σ_{π: B(π) = y} Π_t q_t(π_t).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = [
    "BLANK", "Config", "Logits", "Net", "Separable", "build", "collapsed", "ctc_loss", "greedy", "heads_loss", "parameters",
]  # fmt: skip

LETTERS = 26
BLANK = LETTERS
"""The number of CTC's blank, after the letters 0 … 25."""


@dataclass(frozen=True, slots=True)
class Config:
    """Sizes: ``widths`` of the stem and the blocks, ``middle`` blocks at the last width that halve nothing, ``last`` channels."""

    widths: tuple[int, ...] = (16, 32, 64, 128)
    middle: int = 1
    last: int = 128
    heads: int = 4
    dropout: float = 0.5
    columns: int = 15


class Separable(nn.Module):
    """A depthwise 3×3 convolution with ``stride``, and a pointwise one: [B, a, H, W] → [B, b, H/stride, W/stride]."""

    def __init__(self, a: int, b: int, stride: int = 1) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(a, a, 3, stride, 1, groups=a, bias=False)
        self.pointwise = nn.Conv2d(a, b, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(self.depthwise(x))


class Block(nn.Module):
    """ReLU, separable, norm, twice, beside a shortcut of 1×1 where size or width changes."""

    def __init__(self, a: int, b: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            Separable(a, b, stride), nn.BatchNorm2d(b), nn.ReLU(), Separable(b, b), nn.BatchNorm2d(b)
        )
        same = a == b and stride == 1
        self.shortcut = nn.Sequential() if same else nn.Sequential(nn.Conv2d(a, b, 1, stride, bias=False), nn.BatchNorm2d(b))  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.body(x) + self.shortcut(x))


class Logits(NamedTuple):
    """What one picture of a batch gives: ``heads`` [B, 4, 26] and ``columns`` [B, 15, 27], the blank last."""

    heads: Tensor
    columns: Tensor


class Net(nn.Module):
    """Grey pictures [B, 1, 50, 120] in [-1, 1] → :class:`Logits`: one trunk, and both ways of reading it."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        self.stem = nn.Sequential(nn.Conv2d(1, widths[0], 3, 2, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU())
        halving = [Block(a, b, 2) for a, b in pairwise(widths[:3])]
        rest = [Block(a, b, 1) for a, b in pairwise((*widths[2:], *widths[-1:] * config.middle))]
        self.blocks = nn.Sequential(*halving, *rest)
        self.top = nn.Sequential(Separable(widths[-1], config.last), nn.BatchNorm2d(config.last), nn.ReLU())
        self.heads = nn.ModuleList(nn.Linear(config.last * config.columns, LETTERS) for _ in range(config.heads))
        self.ctc = nn.Linear(config.last, LETTERS + 1)
        self.dropout = nn.Dropout(config.dropout)

    def features(self, x: Tensor) -> Tensor:
        """The trunk: [B, 1, 50, 120] → [B, C, 7, 15]."""
        return self.top(self.blocks(self.stem(x)))

    def read(self, features: Tensor) -> Logits:
        """The logits of the features: of all columns at once by every head, of each column by CTC."""
        columns = features.mean(2)  # [B, C, 15]
        flat = columns.flatten(1)
        heads = torch.stack([head(self.dropout(flat)) for head in self.heads], 1)
        return Logits(heads, self.ctc(columns.transpose(1, 2)))

    def forward(self, x: Tensor) -> Logits:
        return self.read(self.features(x))


def build(**settings: Any) -> Net:
    """The net that a card names, with empty weights."""
    return Net(Config(**{**settings, "widths": tuple(settings["widths"])}))


def heads_loss(logits: Tensor, letters: Tensor) -> Tensor:
    """Σ_k −log p_k(letter k), the mean over the batch: ``logits`` [B, 4, 26], ``letters`` [B, 4]."""
    return F.cross_entropy(logits.flatten(0, 1), letters.flatten()) * letters.shape[1]


def ctc_loss(logits: Tensor, texts: Sequence[Sequence[int]]) -> Tensor:
    """−log p(text), the mean over the batch: ``logits`` [B, T, S + 1], the blank last; texts of letters 0 … S − 1, up to T of them."""
    log_q = logits.log_softmax(-1).transpose(0, 1)  # [T, B, 27]
    target = torch.tensor([letter for text in texts for letter in text], device=logits.device)
    lengths = torch.tensor([len(text) for text in texts])
    columns = torch.full((len(texts),), logits.shape[1])
    blank = logits.shape[-1] - 1
    return F.ctc_loss(log_q, target, columns, lengths, blank=blank, reduction="sum") / len(texts)


def collapsed(path: Sequence[int], blank: int = BLANK) -> tuple[int, ...]:
    """B(π): equal neighbours joined, then blanks dropped."""
    return tuple(symbol for symbol, _ in groupby(path) if symbol != blank)


def greedy(logits: Tensor) -> list[tuple[int, ...]]:
    """The texts of the likeliest paths: the likeliest symbol of every column, collapsed; ``logits`` [B, T, 27]."""
    return [collapsed(path) for path in logits.argmax(-1).tolist()]


def parameters(config: Config) -> int:
    """How many weights the net has, by the formula: a·9 + a·b a separable convolution, 2b a norm."""

    def separable(a: int, b: int) -> int:
        return 9 * a + a * b

    widths = config.widths
    count = 9 * widths[0] + 2 * widths[0]
    for a, b in pairwise((*widths, *widths[-1:] * config.middle)):
        count += separable(a, b) + separable(b, b) + 4 * b + (a * b + 2 * b if a != b else 0)
    count += separable(widths[-1], config.last) + 2 * config.last
    count += (config.last + 1) * (LETTERS + 1)
    return count + config.heads * (config.last * config.columns + 1) * LETTERS
