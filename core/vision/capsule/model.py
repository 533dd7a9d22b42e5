"""Two readers of digits (post 4819): one body of convolutions, and on it either pooling (A) or capsules (B).

    body: conv w, conv w, mean of 2x2, conv 2w, conv 2w       (3x3, no padding, ReLU; w = 64 in the author's script)
    A:    mean over all places → dense 128 (ReLU) → dense 10 (sigmoid)
    B:    every place is a capsule of 2w numbers → votes û_ij = W_j u_i, W the same at all places → routing → ten lengths

Both are trained with the margin loss Σ_j y_j max(0, 0.9 − p_j)² + 0.25 (1 − y_j) max(0, p_j − 0.1)² on pictures of one digit, and
asked about pictures of two, one above the other, which are twice as high: no layer needs a fixed size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from torch import Tensor, nn
from torch.nn import functional as F

from core.vision.capsule.routing import CONSTANT, ROUTINGS, Routed, routed

__all__ = ["DIGITS", "HEADS", "SIDE", "Config", "Head", "Reader", "Readers", "build", "margin_loss", "name_of"]

Head = Literal["pool", "capsules"]
HEADS: tuple[Head, ...] = get_args(Head)
"""A, convolutions and pooling; B, convolutions and capsules."""
SIDE, DIGITS = 28, 10
DENSE = 128  # A's hidden layer
POSE = 16  # numbers of a capsule above
UPPER, LOWER, ABSENT = 0.9, 0.1, 0.25  # of the margin loss


@dataclass(frozen=True)
class Config:
    """``head`` pools (A) or routes (B); ``width`` w of the body, 64 in the author's script."""

    head: Head = "capsules"
    width: int = 64


class Reader(nn.Module):
    """Pictures [B, 1, H, W] in [0, 1], ink 1 → the probability of each digit [B, 10]."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        w = config.width
        self.body = nn.Sequential(
            nn.Conv2d(1, w, 3), nn.ReLU(), nn.Conv2d(w, w, 3), nn.ReLU(), nn.AvgPool2d(2),
            nn.Conv2d(w, 2 * w, 3), nn.ReLU(), nn.Conv2d(2 * w, 2 * w, 3), nn.ReLU(),
        )  # fmt: skip
        if config.head == "pool":
            self.dense, self.last = nn.Linear(2 * w, DENSE), nn.Linear(DENSE, DIGITS)
        else:
            self.votes = nn.Linear(2 * w, DIGITS * POSE, bias=False)
        self.apply(_begun)

    def forward(self, x: Tensor) -> Tensor:
        if self.config.head == "capsules":
            return self.route(x).capsules.norm(dim=-1)
        h = self.body(x).mean((2, 3)).float()
        return self.last(self.dense(h).relu()).sigmoid()

    def capsules(self, x: Tensor) -> Tensor:
        """The capsules below: [B, n, 2w], one a place of the body's map, row by row."""
        return self.body(x).flatten(2).transpose(1, 2)

    def route(self, x: Tensor, routings: int = ROUTINGS, constant: float = CONSTANT) -> Routed:
        """The ten capsules above [B, 10, 16] and the coupling [B, n, 10]; of B alone."""
        return routed(self.cast(x), routings, constant)

    def cast(self, x: Tensor) -> Tensor:
        """The votes û_ij = W_j u_i of all places: [B, n, 10, 16]; of B alone."""
        return self.votes(self.capsules(x)).unflatten(-1, (DIGITS, POSE)).float()


class Readers(nn.Module):
    """Readers of both kinds, one a seed of each: ``readers`` by their :func:`name_of`."""

    def __init__(self, width: int, seeds: int) -> None:
        super().__init__()
        self.seeds = seeds
        self.readers = nn.ModuleDict(
            {name_of(head, seed): Reader(Config(head, width)) for head in HEADS for seed in range(seeds)}
        )

    def forward(self, x: Tensor, head: Head, seed: int) -> Tensor:
        """The probabilities [B, 10] that the reader of ``head`` and ``seed`` gives."""
        return self.readers[name_of(head, seed)](x)


def name_of(head: str, seed: int) -> str:
    """What a reader is called among :class:`Readers`."""
    return f"{head}-{seed}"


def build(width: int, seeds: int) -> Readers:
    """Untrained readers (what a weights card names)."""
    return Readers(width, seeds)


def margin_loss(p: Tensor, labels: Tensor) -> Tensor:
    """Σ_j y_j max(0, 0.9 − p_j)² + 0.25 (1 − y_j) max(0, p_j − 0.1)², the mean over B; ``p`` [B, 10], ``labels`` [B] from 0."""
    y = F.one_hot(labels, p.shape[1]).to(p.dtype)
    present, absent = (UPPER - p).relu().square(), (p - LOWER).relu().square()
    return (y * present + ABSENT * (1 - y) * absent).sum(1).mean()


def _begun(module: nn.Module) -> None:
    """Keras' start: kernels uniform after Glorot, biases at 0."""
    if isinstance(module, nn.Linear | nn.Conv2d):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
