"""The reviews' half of the recipe of post 4233: bags of words, and averages of word vectors, each in a logistic regression.

Words are cut by jieba in the training set once; those of three occurrences and more are the vocabulary by which every text is then cut
(unigram, Viterbi), the reader's too. Vectors are PPMI and SVD of the training reviews alone. The strength of the
regulariser is chosen on the validation set, nothing else is; the test set is read once.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array
from sklearn.linear_model import LogisticRegression

from core import weights
from core.text.word2vec_svd.counting import BREAK, cooccurrences
from core.text.word2vec_svd.factors import positive, truncated
from core.text.word2vec_svd.reviews import REVIEWS, UNITS, Bags, Scheme, Unit, plain, units_of
from core.text.word2vec_svd.segmenting import Segmenter
from training.sources import SOURCES
from training.text.packs import lines

__all__ = ["Reviews", "fitted", "make", "reviews"]

FILE = "sentiment_bojone.tsv.gz"
PARTS = ("train", "valid", "test")
LEAST: Mapping[Unit, int] = {"character": 2, "word": 3, "pair": 3}
"""Occurrences in the training set that a unit needs."""
SIZES = (32, 64, 128, 256, 512)
SPELLED: tuple[Unit, ...] = ("character", "pair")  # whose vocabulary needs no dictionary
AVERAGED: tuple[Unit, ...] = ("character", "word")
WINDOW, SHIFT, POWER = 5, 1.0, 0.5
STRENGTHS = (0.1, 0.3, 1.0)
"""Inverse strengths C of the regulariser for features of counts; averages are scaled to unit variance and take 10 to 1000 times that."""
MEAN_FACTOR = 100.0
ITERATIONS = 300
LIMITS = {
    "zh": "训练集是书、酒店、电脑、牛奶等网购评价，别的话题、反讽、双重否定都会错：每个词的贡献与上下文无关。准确率的抽样误差约 ±1.5 个百分点。",
    "en": "Trained on shop reviews of books, hotels, computers, milk: other topics, irony and double negation go wrong, since a word's contribution ignores its context. Accuracies have a sampling error of about ±1.5 points.",
}


class Reviews(NamedTuple):
    """Plain texts and labels (1 good, 0 bad) of one part of the set."""

    texts: list[str]
    good: NDArray[np.int64]


def reviews(rows: Iterator[str]) -> dict[str, Reviews]:
    """The three parts, as the author split them; ``rows`` are split, label and text between tabs, under a header."""
    next(rows)
    found: dict[str, list[tuple[str, int]]] = {part: [] for part in PARTS}
    for row in rows:
        part, label, text = row.split("\t", 2)
        found[part].append((plain(text), int(label)))
    return {part: Reviews([t for t, _ in pairs], np.array([y for _, y in pairs])) for part, pairs in found.items()}


def words_of(texts: Sequence[str]) -> dict[str, int]:
    """The vocabulary of words with their occurrences, as jieba cuts them."""
    import jieba

    return _frequent(Counter(word for text in texts for word in jieba.lcut(text)), LEAST["word"])


def _frequent(counts: Counter[str], least: int) -> dict[str, int]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {unit: n for unit, n in ordered if n >= least and not unit.isspace()}


def bag(texts: Sequence[str], unit: Unit, segmenter: Segmenter, ids: Mapping[str, int]) -> csr_array:
    """How often each unit stands in each text [texts, units]."""
    rows, columns = [], []
    for row, text in enumerate(texts):
        found = [ids[one] for one in units_of(text, unit, segmenter) if one in ids]
        rows += [row] * len(found)
        columns += found
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(texts), len(ids)))


def averaged(counts: csr_array) -> csr_array:
    """Each text's counts divided by their sum."""
    total: Any = counts.sum(axis=1)
    return diags_array(1 / np.maximum(total, 1)) @ counts


class Fit(NamedTuple):
    """θ and b of a logistic regression, and its share of right answers on the validation set."""

    weights: NDArray[np.float64]
    bias: float
    right: float


def fitted(features: Mapping[str, Any], parts: Mapping[str, Reviews], strengths: Sequence[float]) -> Fit:
    """The logistic regression of the strength that is best on the validation set (the strongest regulariser of equal ones)."""
    best: Fit | None = None
    for strength in sorted(strengths):
        solver = "lbfgs" if isinstance(features["train"], csr_array) else "newton-cholesky"
        model = LogisticRegression(C=strength, max_iter=ITERATIONS, solver=solver)
        model.fit(features["train"], parts["train"].good)
        right = float(model.score(features["valid"], parts["valid"].good))
        if best is None or right > best.right:
            best = Fit(np.ravel(model.coef_), float(np.ravel(model.intercept_)[0]), right)
    assert best is not None
    return best


def make(out: Path) -> None:
    """Fit every scheme and write scores, vocabularies and card."""
    parts = reviews(iter(lines(FILE)))
    train = parts["train"].texts
    vocabulary = words_of(train)
    segmenter = Segmenter(list(vocabulary), list(vocabulary.values()))
    units: dict[Unit, list[str]] = {"word": list(vocabulary)}
    for unit in SPELLED:
        counted = Counter(one for text in train for one in units_of(text, unit, segmenter))
        units[unit] = list(_frequent(counted, LEAST[unit]))
    counts: dict[Unit, dict[str, csr_array]] = {}
    for unit in UNITS:
        ids = {one: i for i, one in enumerate(units[unit])}
        counts[unit] = {part: bag(parts[part].texts, unit, segmenter, ids) for part in PARTS}
    found: list[tuple[Scheme, NDArray[np.float64], float]] = []
    for unit in UNITS:
        fit = fitted(counts[unit], parts, STRENGTHS)
        found.append((Scheme(f"bag-{unit}", unit, mean=False), fit.weights, fit.bias))
        print(unit, f"{fit.right:.4f}", flush=True)
    for unit in AVERAGED:
        tokens = numbered(train, unit, segmenter, units[unit])
        means = {part: averaged(counts[unit][part]) for part in PARTS}
        pairs = cooccurrences(tokens, len(units[unit]), WINDOW)
        table = truncated(positive(pairs, SHIFT), max(SIZES)).vectors(max(SIZES), POWER).astype(np.float64)
        for size in SIZES:
            vectors = table[:, :size]
            features = {part: means[part] @ vectors for part in PARTS}
            scale = features["train"].std()
            features = {part: x / scale for part, x in features.items()}
            fit = fitted(features, parts, [MEAN_FACTOR * c for c in STRENGTHS])
            scheme = Scheme(f"svd-{unit}-{size}", unit, mean=True, vectors="svd", size=size)
            found.append((scheme, vectors @ fit.weights / scale, fit.bias))
            print(scheme.name, f"{fit.right:.4f}", flush=True)
    ship(found, units, vocabulary, counts, parts, out)


def numbered(texts: Sequence[str], unit: Unit, segmenter: Segmenter, units: Sequence[str]) -> NDArray[np.int32]:
    """All texts as one array of numbers of units, with breaks between them."""
    ids = {one: i for i, one in enumerate(units)}
    found: list[int] = []
    for text in texts:
        found += [ids[one] for one in units_of(text, unit, segmenter) if one in ids]
        found.append(BREAK)
    return np.array(found, np.int32)


def ship(
    found: Sequence[tuple[Scheme, NDArray[np.float64], float]], units: Mapping[Unit, Sequence[str]], vocabulary: Mapping[str, int],
    counts: Mapping[Unit, Mapping[str, csr_array]], parts: Mapping[str, Reviews], out: Path,
) -> None:  # fmt: skip
    """Write scores, vocabularies and the card, whose figures are of the scores as they ship."""
    many: dict[Unit, int] = {unit: len(listed) for unit, listed in units.items()}
    schemes = [asdict(one) for one, *_ in found]
    bags = Bags(many, schemes)
    state = {f"score {one.name}": torch.from_numpy(scores) for one, scores, _ in found}
    bags.load_state_dict({**state, "bias": torch.tensor([bias for *_, bias in found])})
    bags.half().float()
    metrics: dict[str, float] = {f"{part} reviews": float(len(parts[part].good)) for part in PARTS}
    metrics["validation reviews"] = metrics.pop("valid reviews")
    metrics["training words"] = float(sum(vocabulary.values()))
    metrics["test accuracy: always good"] = float(parts["test"].good.mean())
    for scheme, *_ in found:
        scores, bias = bags.scores(scheme.name)
        for part, said in (("valid", "validation"), ("test", "test")):
            seen = counts[scheme.unit][part]
            logits = (averaged(seen) if scheme.mean else seen) @ scores + bias
            metrics[f"{said} accuracy: {scheme.name}"] = float(((logits > 0) == parts[part].good).mean())
    source = SOURCES["sentiment_bojone"]
    extras = {f"{unit}.txt": "\n".join(units[unit]).encode() for unit in SPELLED}
    extras["word.tsv"] = "".join(f"{word}\t{n}\n" for word, n in vocabulary.items()).encode()
    weights.save(
        bags, REVIEWS, out, extras=extras, builder="core.text.word2vec_svd.reviews.build", config={"units": many, "schemes": schemes}, data=source.text,
        licence=source.licence, recipe="python -m training.text.word2vec_svd reviews", seed=0, steps=0,
        date=datetime.date.today().isoformat(), metrics={k: float(f"{v:.6g}") for k, v in metrics.items()}, limits=LIMITS,
    )  # fmt: skip
