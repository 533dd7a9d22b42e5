"""A reader that fills the blank of a passage with one of the passage's own words (post 4564).

The blank splits the passage into a left and a right part. One BiLSTM, the same for both, reads each part on its own. The
query is the mean over the two parts of the final states, and every position i of both parts gets a score:

    q = ½ Σ_parts [h→_last ; h←_first],      s_i = ⟨q, h_i⟩,      p = softmax(s) over all positions.

A word that stands at several positions has the sum of their probabilities, P(w) = Σ_{i: w_i = w} p_i; the answer is the word
with the largest P. The target of training is uniform over the positions at which the answer stands:

    loss = −(1/|A|) Σ_{i ∈ A} log p_i.

Shapes: N passages, M = 2N parts, L positions of a part, d numbers of a word vector, h units a direction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

__all__ = [
    "MATCHES",
    "UNKNOWN",
    "ClozeModels",
    "Config",
    "Question",
    "Reader",
    "Scores",
    "build",
    "extended",
    "log_shares",
    "loss",
    "merged",
    "shares",
]

UNKNOWN = 0
"""The number of a word that the vocabulary lacks, and of the place-holder of an empty part."""
MATCHES = ("states", "vectors")
"""What the query is compared with: the LSTM's states (the post), or the word vectors themselves (its first attempt)."""


@dataclass(frozen=True, slots=True)
class Config:
    """Sizes of one reader; ``dropout`` of the word vectors is in force in training alone. The post: 128, 128, 2 layers."""

    vector: int = 96
    hidden: int = 96
    layers: int = 1
    match: str = "states"
    dropout: float = 0.2


class Question(NamedTuple):
    """One cloze: the word numbers of the two parts. Either may be empty, not both."""

    left: Sequence[int]
    right: Sequence[int]


class Scores(NamedTuple):
    """Scores of N passages: ``values`` [N, 2, L], and ``mask`` [N, 2, L], true where a word stands."""

    values: Tensor
    mask: Tensor


class Reader(nn.Module):
    """One BiLSTM that reads both parts, and the inner product of its query with every position."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        if config.match not in MATCHES:
            raise ValueError(f"match = {config.match}: must be one of {', '.join(MATCHES)}")
        self.config = config
        self.unknown = nn.Parameter(torch.randn(config.vector) * 0.1)  # the one trained word vector
        self.dropout = nn.Dropout(config.dropout)
        self.lstm = nn.LSTM(config.vector, config.hidden, config.layers, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(2 * config.hidden, config.vector) if config.match == "vectors" else None

    def forward(self, table: Tensor, questions: Sequence[Question]) -> Scores:
        """Scores of every position; ``table`` [V, d] holds the word vectors, whose row 0 is not used."""
        device = self.unknown.device
        parts = [part for question in questions for part in question]
        words = torch.zeros(len(parts), max(1, *map(len, parts)), dtype=torch.long)
        for row, part in zip(words, parts, strict=True):
            row[: len(part)] = torch.as_tensor(part, dtype=torch.long)
        counts = torch.tensor([len(part) for part in parts])
        states, finals, x = self.states(self.embedded(table, words.to(device)), counts.clamp(min=1))
        query = finals.unflatten(0, (-1, 2)).mean(1)  # [N, 2h]
        if self.bridge is not None:
            query, states = self.bridge(query), x
        values = torch.einsum("nd,npld->npl", query, states.unflatten(0, (-1, 2)))
        mask = torch.arange(words.shape[1]) < counts[:, None]
        return Scores(values, mask.unflatten(0, (-1, 2)).to(device))

    def embedded(self, table: Tensor, words: Tensor) -> Tensor:
        """The vectors of ``words`` [M, L] → [M, L, d]."""
        found = torch.where((words == UNKNOWN)[..., None], self.unknown, table[words])
        return self.dropout(found)

    def states(self, x: Tensor, counts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(states [M, L, 2h], final states [M, 2h], x) of the last layer; padding beyond ``counts`` [M] is never read."""
        packed = pack_padded_sequence(x, counts, batch_first=True, enforce_sorted=False)
        out, (last, _) = self.lstm(packed)
        states, _ = pad_packed_sequence(out, batch_first=True, total_length=x.shape[1])
        return states, torch.cat([last[-2], last[-1]], 1), x


class ClozeModels(nn.Module):
    """The frozen word vectors and the readers that share them, by name."""

    def __init__(self, words: int, configs: Mapping[str, Config]) -> None:
        super().__init__()
        self.table: Tensor
        self.register_buffer("table", torch.zeros(words, next(iter(configs.values())).vector))
        self.readers = nn.ModuleDict({name: Reader(config) for name, config in configs.items()})

    def forward(self, name: str, questions: Sequence[Question], parts: Sequence[Sequence[int]] = ()) -> Scores:
        """The scores that the reader ``name`` gives; ``parts`` as for :func:`extended`."""
        return self.readers[name](extended(self.table, parts), questions)


def extended(table: Tensor, parts: Sequence[Sequence[int]]) -> Tensor:
    """The word vectors [V, d] with those of words that the vocabulary lacks after them: each the mean of its ``parts``' vectors."""
    return torch.cat([table, *(table[list(pieces)].mean(0, keepdim=True) for pieces in parts)])


def build(words: int, readers: Mapping[str, Mapping[str, float | str]]) -> ClozeModels:
    """The module that a card names, with empty weights."""
    return ClozeModels(words, {name: Config(**config) for name, config in readers.items()})  # type: ignore[arg-type]


def log_shares(scores: Scores) -> Tensor:
    """log p [N, 2, L]: softmax over the positions of both parts; −∞ off the mask."""
    flat = scores.values.masked_fill(~scores.mask, -torch.inf).flatten(1)
    return flat.log_softmax(1).unflatten(1, scores.values.shape[1:])


def shares(scores: Scores) -> Tensor:
    """p [N, 2, L]: the attention on every position, zero off the mask."""
    return log_shares(scores).exp()


def loss(scores: Scores, target: Tensor) -> Tensor:
    """Cross entropy with the uniform target over the answer's positions, ``target`` [N, 2, L] (bool); the mean over N."""
    log_p = log_shares(scores).masked_fill(~target, 0.0)
    return -(log_p.sum((1, 2)) / target.sum((1, 2))).mean()


def merged(words: Sequence[str], p: Sequence[float]) -> dict[str, float]:
    """P(w) by word, the largest first: the probabilities of a word's positions, added up. Ties keep the text's order."""
    total: dict[str, float] = {}
    for word, share in zip(words, p, strict=True):
        total[word] = total.get(word, 0.0) + share
    return dict(sorted(total.items(), key=lambda pair: -pair[1]))
