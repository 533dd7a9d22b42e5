"""Is a review good or bad: bags of words, averaged word vectors, and why the second is the first.

The average of the vectors of w₁ … w_n in a logistic regression with weights θ has the logit

    b + θ·(1/n) Σ_i v_{w_i}  =  b + (1/n) Σ_i s_{w_i},   s_w = θ·v_w,

one number a word: a bag of words whose scores s = Wθ lie in the d-dimensional column space of the table W. Every scheme is
therefore kept as one score a unit (a character, a word, or one or two characters) and a bias, and every unit's contribution adds up.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.refusal import Refusal
from core.text.tokenizer import simplified, tidy
from core.text.word2vec_svd.segmenting import Segmenter
from core.weights import extra, load, read_card

__all__ = ["REVIEWS", "UNITS", "Accuracy", "Bags", "Piece", "Read", "Scheme", "Unit", "accuracies", "build", "cutters", "plain", "read", "units_of"]  # fmt: skip

REVIEWS = "word2vec-svd-reviews"
Unit = Literal["character", "word", "pair"]
UNITS: tuple[Unit, ...] = ("character", "word", "pair")
"""A character; a word; one character or two in a row."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to score a review: its ``name``, the ``unit`` that has a score, whether scores are averaged (else summed), and for averaged
    vectors whose they are (``vectors``: "svd" or "sgns", "" for a bag of words) and of how many numbers (``size``)."""

    name: str
    unit: Unit
    mean: bool
    vectors: str = ""
    size: int = 0


class Bags(nn.Module):
    """The scores [units of the scheme's kind] and the bias of every scheme."""

    bias: torch.Tensor

    def __init__(self, units: Mapping[Unit, int], schemes: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self.schemes = {one["name"]: Scheme(**one) for one in schemes}
        self.register_buffer("bias", torch.zeros(len(self.schemes)))
        for name, scheme in self.schemes.items():
            self.register_buffer(f"score {name}", torch.zeros(units[scheme.unit]))

    def scores(self, name: str) -> tuple[NDArray[np.float64], float]:
        """(score of every unit, bias) of the scheme ``name``, float64."""
        place = list(self.schemes).index(name)
        scores = self.get_buffer(f"score {name}").cpu().numpy().astype(np.float64)
        return scores, float(self.bias[place])


def build(units: Mapping[Unit, int], schemes: Sequence[Mapping[str, Any]]) -> Bags:
    """The module of a card."""
    return Bags(units, schemes)


def plain(text: str) -> str:
    """A review as all schemes read it: tidied (:func:`core.text.tokenizer.tidy`), small letters, one line."""
    return tidy(text).replace("\n", "").lower()


def units_of(text: str, unit: Unit, segmenter: Segmenter) -> list[str]:
    """The units of a plain text, in order."""
    if unit == "word":
        return segmenter.cut(text)
    if unit == "character":
        return list(text)
    return [*text, *(text[i : i + 2] for i in range(len(text) - 1))]


@lru_cache(maxsize=4)
def cutters(name: str = REVIEWS) -> tuple[Segmenter, Mapping[str, Mapping[str, int]]]:
    """(what cuts reviews into words, the number of every unit of every kind). Raises WeightsError."""
    rows = [line.split("\t") for line in extra(name, "word.tsv").decode("utf-8").split("\n") if line]
    segmenter = Segmenter([word for word, _ in rows], [int(count) for _, count in rows])
    ids: dict[str, Mapping[str, int]] = {"word": segmenter.ids}
    for unit in ("character", "pair"):
        listed = extra(name, f"{unit}.txt").decode("utf-8").split("\n")
        ids[unit] = {one: i for i, one in enumerate(listed)}
    return segmenter, ids


@dataclass(frozen=True, slots=True)
class Piece:
    """A unit of a review with what all its occurrences together add to the logit; ``known`` is whether it has a score."""

    text: str
    times: int
    contribution: float
    known: bool


@dataclass(frozen=True, slots=True)
class Read:
    """A review as one scheme reads it.

    ``text`` : as it was read. ``shares`` [characters] : what each character adds, a unit's contribution in equal parts on its characters.
    ``pieces`` : each unit once, from the largest contribution by size. ``logit`` = ``bias`` + Σ contributions; ``straight`` is the logit
    by the inner product of counts and scores. ``others`` : every scheme's probability of a good review. ``traditional`` : it was simplified.
    """

    scheme: Scheme
    text: str
    shares: NDArray[np.float64]
    pieces: tuple[Piece, ...]
    bias: float
    straight: float
    others: tuple[tuple[Scheme, float], ...]
    traditional: bool

    @property
    def logit(self) -> float:
        """b + Σ contributions."""
        return self.bias + sum(piece.contribution for piece in self.pieces)

    @property
    def good(self) -> float:
        """The probability of a good review."""
        return sigmoid(self.logit)

    @property
    def gap(self) -> float:
        """|logit − logit by the inner product|: rounding alone."""
        return abs(self.logit - self.straight)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Units without a score."""
        return tuple(piece.text for piece in self.pieces if not piece.known)

    @property
    def towards(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(how far each character speaks for good, for bad), in parts of the largest [characters]."""
        most = float(np.abs(self.shares).max(initial=0)) or 1.0
        return np.maximum(self.shares, 0) / most, np.maximum(-self.shares, 0) / most

    def first(self, most: int) -> tuple[tuple[Piece, ...], Piece]:
        """(the ``most`` pieces that add most, by size; the rest as one)."""
        rest = self.pieces[most:]
        return self.pieces[:most], Piece("", len(rest), sum(piece.contribution for piece in rest), True)

    @property
    def agreeing(self) -> int:
        """How many schemes judge as this one does."""
        return sum((p > 0.5) == (self.good > 0.5) for _, p in self.others)


def sigmoid(logit: float) -> float:
    """1 / (1 + e^{−x}), without overflow."""
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))


def read(text: str, name: str, weights: str = REVIEWS) -> Read:
    """A review as the scheme ``name`` reads it. Refuses a text of which no unit has a score."""
    bags: Bags = load(weights)
    segmenter, ids = cutters(weights)
    seen = plain(text)
    scheme = bags.schemes[name]
    pieces, shares, bias, straight = _scored(seen, bags, scheme, segmenter, ids[scheme.unit])
    if not any(piece.known for piece in pieces):
        raise Refusal("写一句评价：这里没有一个认得的字", "write a review: not one character here is known", input="text", value=text)  # fmt: skip
    others = []
    for other in bags.schemes.values():
        *_, one = _scored(seen, bags, other, segmenter, ids[other.unit])
        others.append((other, sigmoid(one)))
    return Read(scheme, seen, shares, pieces, bias, straight, tuple(others), _traditional(text))


def _traditional(text: str) -> bool:
    clean = text.encode("utf-8", "ignore").decode("utf-8")
    return simplified(clean) != clean


def _scored(
    text: str, bags: Bags, scheme: Scheme, segmenter: Segmenter, ids: Mapping[str, int]
) -> tuple[tuple[Piece, ...], NDArray[np.float64], float, float]:
    scores, bias = bags.scores(scheme.name)
    units = units_of(text, scheme.unit, segmenter)
    times = Counter(units)
    known = sum(n for unit, n in times.items() if unit in ids)
    weight = 1 / max(known, 1) if scheme.mean else 1.0
    each = {unit: weight * scores[ids[unit]] if unit in ids else 0.0 for unit in times}
    pieces = [Piece(unit, n, float(n * each[unit]), unit in ids) for unit, n in times.items()]
    pieces.sort(key=lambda piece: -abs(piece.contribution))
    shares, at = np.zeros(len(text)), 0
    for k, unit in enumerate(units):
        if k == len(text) and scheme.unit == "pair":
            at = 0  # the pairs follow the single characters
        shares[at : at + len(unit)] += each[unit] / len(unit)
        at += 1 if scheme.unit == "pair" else len(unit)
    bag = np.zeros(len(scores))
    for unit, n in times.items():
        if unit in ids:
            bag[ids[unit]] = n * weight
    return tuple(pieces), shares, bias, bias + float(bag @ scores)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Every scheme's share of right answers by the card: (scheme, validation, test), and how many ``reviews`` the test set has."""

    rows: tuple[tuple[Scheme, float, float], ...]
    reviews: int

    def curve(self, vectors: str, unit: Unit, test: bool) -> tuple[tuple[int, ...], tuple[float, ...]]:
        """(sizes d, accuracies) of the averaged vectors of one kind."""
        found = [(s.size, t if test else v) for s, v, t in self.rows if s.vectors == vectors and s.unit == unit]
        return tuple(d for d, _ in found), tuple(a for _, a in found)

    def of(self, name: str, test: bool) -> float:
        """One scheme's accuracy."""
        return next(t if test else v for s, v, t in self.rows if s.name == name)

    @property
    def error(self) -> float:
        """Two standard errors of an accuracy of 0.85 on so many reviews."""
        return 2 * math.sqrt(0.85 * 0.15 / self.reviews)


def accuracies(name: str = REVIEWS) -> Accuracy:
    """What the card tells of every scheme. Raises WeightsError."""
    card = read_card(name)
    rows = tuple(
        (scheme, card.metrics[f"validation accuracy: {scheme.name}"], card.metrics[f"test accuracy: {scheme.name}"])
        for scheme in (Scheme(**one) for one in card.config["schemes"])
    )
    return Accuracy(rows, int(card.metrics["test reviews"]))
