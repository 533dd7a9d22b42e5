"""Word2Vec trained while one looks on: a small text, CBOW or skip-gram, one of the four losses."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from core.refusal import Refusal
from core.text.tokenizer import is_han, tidy
from core.text.vectors import Found, WordVectors
from core.text.word2vec import grammar
from core.text.word2vec.objective import Loss, Noise, full_softmax, log_probability, loss_of, noise_of
from core.text.word2vec.shelf import vectors
from core.text.word2vec.views import SENTENCE

__all__ = ["Moment", "Small", "batches", "learning", "small"]

Way = Literal["cbow", "skip-gram"]
BATCH: dict[str, int] = {"cbow": 128, "skip-gram": 512}
PART = 128  # examples judged at a time
JUDGED = 1000  # examples of which the loss is told
WIDTH = 0.05  # first vectors, uniform in ±WIDTH: the TF version's
REPORTS = 16
NOISE: dict[Loss, Noise] = {"random": "uniform", "sgns": "smoothed", "nce": "unigram", "full": "uniform"}
"""What each loss draws its noise from: the post's, Mikolov's, and the one that NCE is at its best with."""
LEAST_TOKENS, LEAST_WORDS, MOST_WORDS = 30, 8, 1500
SHOWN = 120  # words of a reader's own text that are drawn
SUGGESTED = 8


@dataclass(frozen=True)
class Small:
    """A small text as ids. ``words`` by frequency, ``counts`` [N]; ``sentences`` of ids, -1 for a word that is too rare."""

    words: tuple[str, ...]
    counts: np.ndarray
    sentences: tuple[tuple[int, ...], ...]
    kinds: tuple[str, ...]
    dropped: int

    @cached_property
    def unigram(self) -> np.ndarray:
        """p(w) [N]."""
        return self.counts / self.counts.sum()

    @property
    def entropy(self) -> float:
        """−Σ p log p of the words alone, nat: what a model without context loses at least."""
        return float(-(self.unigram * np.log(self.unigram)).sum())

    @property
    def has_kinds(self) -> bool:
        """Whether the words have kinds that are known to us."""
        return any(self.kinds)


def small(source: str, text: str, cut: str, count: int, least: int, seed: int) -> Small:
    """The text to learn: ``count`` sentences of the little language, or a reader's own, cut into words or characters.

    Words that occur less than ``least`` times are dropped. Raises Refusal (``text``) where too little is left.
    """
    if source == "grammar":
        sentences, kinds = grammar.sentences(count, seed), grammar.kinds()
    else:
        sentences, kinds = _own(text, cut), {}
    counts = Counter(word for sentence in sentences for word in sentence)
    words = sorted((word for word, n in counts.items() if n >= least), key=lambda word: (-counts[word], word))[
        :MOST_WORDS
    ]
    ids = {word: i for i, word in enumerate(words)}
    numbered = tuple(tuple(ids.get(word, -1) for word in sentence) for sentence in sentences)
    kept = sum(i >= 0 for sentence in numbered for i in sentence)
    if kept < LEAST_TOKENS or len(words) < LEAST_WORDS:
        raise Refusal(
            f"文本太短：出现至少 {least} 次的词有 {len(words)} 个、共 {kept} 处，至少要 {LEAST_WORDS} 个、{LEAST_TOKENS} 处",
            f"too little text: {len(words)} words occur at least {least} times, at {kept} places; {LEAST_WORDS} words and {LEAST_TOKENS} places are the least",
            input="text",
        )
    known = tuple(kinds.get(word, "") for word in words)
    return Small(tuple(words), np.array([counts[word] for word in words]), numbered, known, counts.total() - kept)


def _own(text: str, cut: str) -> list[list[str]]:
    parts = [part for part in SENTENCE.split(text) if part.strip()]
    if cut == "characters":
        return [[c for c in tidy(part) if is_han(c)] for part in parts]
    known = vectors("cbow")
    return [[piece.text for piece in known.cut(part) if is_han(piece.text[0])] for part in parts]


def batches(text: Small, way: Way, window: int) -> tuple[Tensor, Tensor]:
    """Examples: inputs [M, 2 window] or [M, 1] and the target [M]; N stands for what is no word or lies beyond the sentence."""
    none, inputs, targets = len(text.words), [], []
    for sentence in text.sentences:
        ids = [none if i < 0 else i for i in sentence]
        padded = [none] * window + ids + [none] * window
        for i, word in enumerate(ids):
            around = padded[i : i + window] + padded[i + window + 1 : i + 2 * window + 1]
            if word == none:
                continue
            if way == "cbow":
                inputs.append(around)
                targets.append(word)
            else:
                near = [other for other in around if other != none]
                inputs += [[word]] * len(near)
                targets += near
    return torch.tensor(inputs), torch.tensor(targets)


@dataclass(frozen=True)
class Moment:
    """The vectors ``table`` [N, d] after ``step`` of ``steps``.

    steps_seen, losses : so far, −log p of a target by the probabilities that the scores stand for (see objective.py), on all examples.
    baseline : the same for the frequencies of the targets alone. near : the neighbours of ``word``. plane [N, 2] : principal axes.
    """

    text: Small
    word: int
    step: int
    steps: int
    steps_seen: tuple[int, ...]
    losses: tuple[float, ...]
    baseline: float
    table: np.ndarray
    near: Found
    plane: np.ndarray
    examples: int

    @property
    def done(self) -> float:
        """Share of the steps, in [0, 1]."""
        return self.step / self.steps

    @property
    def gain(self) -> float:
        """What the context is worth, nat: baseline − loss."""
        return self.baseline - self.losses[-1]

    @property
    def shown(self) -> np.ndarray:
        """Rows that are drawn: words with a kind, or else the most frequent."""
        rows = [i for i, kind in enumerate(self.text.kinds) if kind]
        return np.array(rows or range(min(SHOWN, len(self.text.words))))

    @property
    def shown_words(self) -> list[str]:
        """The words that are drawn."""
        return [self.text.words[i] for i in self.shown]

    @cached_property
    def by_kind(self) -> dict[str, np.ndarray]:
        """Rows that are drawn, by kind."""
        found: dict[str, list[int]] = {}
        for i in self.shown.tolist():
            found.setdefault(self.text.kinds[i], []).append(i)
        return {kind: np.array(rows) for kind, rows in found.items()}

    @property
    def purity(self) -> float:
        """Share of the words with a kind whose nearest among them is of the same kind; NaN without kinds."""
        return _purity(WordVectors(self.text.words, self.table), self.text.kinds)

    @property
    def chance(self) -> float:
        """What random vectors would give for the purity."""
        sizes = np.array([len(rows) for kind, rows in self.by_kind.items() if kind])
        return float((sizes * (sizes - 1)).sum() / (sizes.sum() * (sizes.sum() - 1))) if len(sizes) else math.nan


def _purity(vectors: WordVectors, kinds: tuple[str, ...]) -> float:
    rows = [i for i, kind in enumerate(kinds) if kind]
    if not rows:
        return math.nan
    cosines = vectors.units[rows] @ vectors.units[rows].T
    np.fill_diagonal(cosines, -np.inf)
    return float(np.mean([kinds[rows[best]] == kinds[rows[i]] for i, best in enumerate(cosines.argmax(1))]))


def learning(
    text: Small, word: str, way: Way, loss: Loss, k: int, dim: int, window: int, epochs: int, lr: float, seed: int
) -> Iterator[Moment]:  # fmt: skip
    """Train by Adam from random vectors; streams. Raises Refusal (``word``) when the text does not have the word."""
    row = _row(text, word)
    inputs, targets = batches(text, way, window)
    if not len(targets):
        raise Refusal("每句只有一个词，没有上下文", "no word has a neighbour", input="text")
    words = len(text.words)
    rng = torch.Generator().manual_seed(seed)
    v = torch.empty(words + 1, dim).uniform_(-WIDTH, WIDTH, generator=rng).requires_grad_()
    u = torch.empty(words, dim).uniform_(-WIDTH, WIDTH, generator=rng).requires_grad_()
    bias = torch.zeros(words, requires_grad=True)
    adam = torch.optim.Adam([v, u, bias], lr)
    share = torch.bincount(targets, minlength=words).double() / len(targets)
    q = noise_of(NOISE[loss], share.clamp(min=share[share > 0].min())).float()
    log_q = q.log()
    baseline = float(-(share[share > 0] * share[share > 0].log()).sum())
    steps = epochs * math.ceil(len(targets) / BATCH[way])
    reports = {math.ceil(steps * r / REPORTS) for r in range(1, REPORTS + 1)}
    seen, losses, axes = [0], [float(_judged(loss, (v, u, bias), inputs, targets, log_q))], None
    step = 0
    for _ in range(epochs):
        for part in torch.randperm(len(targets), generator=rng).split(BATCH[way]):
            hidden, t = v[inputs[part]].sum(1), targets[part]
            if loss == "full":
                value = full_softmax(hidden @ u.T + bias, t).mean()
            else:
                n = torch.multinomial(q, len(part) * k, replacement=True, generator=rng).view(-1, k)
                z_t = (u[t] * hidden).sum(1) + bias[t]
                z_n = torch.einsum("bkd,bd->bk", u[n], hidden) + bias[n]
                value = loss_of(loss, z_t, z_n, log_q[t], log_q[n]).mean()
            adam.zero_grad()
            value.backward()
            adam.step()
            step += 1
            if step in reports:
                seen.append(step)
                losses.append(float(_judged(loss, (v, u, bias), inputs, targets, log_q)))
                table = v.detach()[:words].numpy().copy()
                plane, axes = _principal(table, text, axes)
                near = WordVectors(text.words, table).neighbours(row, SUGGESTED)
                yield Moment(
                    text, row, step, steps, tuple(seen), tuple(losses), baseline, table, near, plane, len(targets)
                )


def _row(text: Small, word: str) -> int:
    asked = tidy(word).strip()
    if asked in text.words:
        return text.words.index(asked)
    some = "、".join(text.words[:SUGGESTED])
    raise Refusal(
        f"这段文本里没有这个词（或出现得太少）；有的例如：{some}",
        f"the text does not have it (or too rarely); among those that it has: {some}",
        input="word",
        value=word or "''",
    )


@torch.no_grad()
def _judged(loss: Loss, tables: tuple[Tensor, Tensor, Tensor], inputs: Tensor, targets: Tensor, log_q: Tensor) -> float:
    """Mean −log p(target) over at most JUDGED examples, spread evenly."""
    v, u, bias = tables
    some = torch.linspace(0, len(targets) - 1, min(JUDGED, len(targets))).long()
    total = 0.0
    for part in some.split(PART):
        scores = v[inputs[part]].sum(1) @ u.T + bias
        total -= float(log_probability(loss, scores, log_q).gather(1, targets[part][:, None]).sum())
    return total / len(some)


def _principal(table: np.ndarray, text: Small, before: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors on the two principal axes of those with a kind (or of all); the axes point the way of ``before``."""
    units = WordVectors(text.words, table).units
    rows = [i for i, kind in enumerate(text.kinds) if kind] or list(range(len(units)))
    mean = units[rows].mean(0)
    axes = np.linalg.svd(units[rows] - mean, full_matrices=False)[2][:2]
    if before is not None:
        axes = axes * np.where((axes * before).sum(1, keepdims=True) < 0, -1, 1)
    return (units - mean) @ axes.T, axes
