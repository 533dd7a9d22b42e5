"""What the page of post 4233 looks at: a look-up as a product, neighbours side by side, products against PMI, spectra."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.refusal import Refusal
from core.text.tokenizer import simplified
from core.text.vectors import Found, WordVectors
from core.text.word2vec_svd.factors import pmi, positive, truncated
from core.text.word2vec_svd.likeness import NEAREST, chance, nearest, overlap
from core.text.word2vec_svd.sgns import Settings, climb, dense
from core.text.word2vec_svd.shelf import counts, shipped, words

__all__ = ["Compared", "Looked", "Products", "Spectrum", "compared", "looked", "products", "spectrum"]

Floats = NDArray[np.float64]
SHOWN_EVERY = 20  # steps of Adam
OTHER = 10**6  # added to the seed for the second start
RANDOM_SEED = 0
FLOOR = 1e-10  # of the largest singular value: below it is rounding


@dataclass(frozen=True, slots=True)
class Looked:
    """A sentence as one-hot rows times a table of vectors.

    ``pieces`` : its n known words; ``columns`` : the m different ones. ``one_hot`` [n, m], ``table`` [m, d] (float64, the vectors as
    they ship), ``rows`` [n, d] = one-hot × table, ``bag`` [m] counts, ``total`` [d] = counts × table.
    ``row_gap`` and ``sum_gap`` : the largest deviation of one-hot [n, V] × the whole table [V, d] from the rows looked up, and of
    counts [V] × the whole table from the sum of those rows; both are 0 exactly. ``unknown`` : characters that no word covers.
    """

    pieces: tuple[str, ...]
    columns: tuple[str, ...]
    one_hot: Floats
    table: Floats
    rows: Floats
    bag: Floats
    total: Floats
    row_gap: float
    sum_gap: float
    words: int
    unknown: tuple[str, ...]
    traditional: bool

    @property
    def size(self) -> int:
        """d."""
        return self.table.shape[1]

    @property
    def mean(self) -> Floats:
        """The average of the vectors [d]."""
        return self.total / len(self.pieces)

    @property
    def length(self) -> float:
        """The length of the sum of the vectors, which no order of the words changes."""
        return float(np.linalg.norm(self.total))

    @property
    def most(self) -> int:
        """How often the commonest word of the sentence stands in it."""
        return int(self.bag.max())

    @property
    def largest(self) -> float:
        """The largest number drawn, by size: of the table, not of sums, so that colours mean the same in both."""
        return float(np.abs(self.table).max())

    def left(self, mean: bool) -> Floats:
        """The one-hot rows and under them the counts, or with ``mean`` the counts over n [n + 1, m]."""
        return np.vstack([self.one_hot, self.bag / len(self.pieces) if mean else self.bag])

    def left_text(self, mean: bool) -> list[list[str]]:
        """The same as text."""
        return [[f"{value:.2g}" for value in row] for row in self.left(mean)]

    def right(self, mean: bool) -> Floats:
        """The rows looked up and under them their sum or mean [n + 1, d]."""
        return np.vstack([self.rows, self.mean if mean else self.total])

    @property
    def products(self) -> int:
        """Multiplications of the product as it is written: n V d."""
        return len(self.pieces) * self.words * self.size

    @property
    def copies(self) -> int:
        """Numbers that the look-up copies: n d."""
        return self.rows.size


def looked(text: str) -> Looked:
    """A sentence looked up in the shipped table; refuses one without a known word."""
    vectors = shipped()
    pieces = vectors.cut(text)
    ids = np.array([piece.id for piece in pieces if piece.id is not None], int)
    if not len(ids):
        raise Refusal(
            f"这里没有词表（{len(vectors)} 词）里的词，请写几个汉字",
            f"no word here is among the {len(vectors)}; write a few Chinese characters",
            input="text",
            value=text,
        )
    distinct = np.array(list(dict.fromkeys(ids.tolist())))
    whole = vectors.table.astype(np.float64)
    hot = np.zeros((len(ids), len(vectors)))
    hot[np.arange(len(ids)), ids] = 1
    rows, bag = whole[ids], hot.sum(0)
    return Looked(
        tuple(vectors.words[i] for i in ids), tuple(vectors.words[i] for i in distinct), hot[:, distinct], whole[distinct], rows,
        bag[distinct], bag[distinct] @ whole[distinct], float(np.abs(hot @ whole - rows).max()),
        float(np.abs(bag @ whole - rows.sum(0)).max()), len(vectors), tuple(dict.fromkeys(p.text for p in pieces if p.id is None)),
        simplified(text) != text,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """The ten nearest words of one word by SVD and by SGNS after ``step`` of ``steps``, and how far the two agree over all words.

    ``path`` [(step, overlap@10 of SVD and SGNS, of SGNS from two starts)] so far; ``random`` : what chance gives. ``objective`` : ℓ a pair.
    """

    word: str
    svd: Found
    sgns: Found
    path: tuple[tuple[int, float, float], ...]
    random: float
    objective: float
    steps: int

    @property
    def step(self) -> int:
        """Steps of Adam so far."""
        return self.path[-1][0]

    @property
    def mutual(self) -> float:
        """overlap@10 of SVD and SGNS now."""
        return self.path[-1][1]

    @property
    def seeds(self) -> float:
        """overlap@10 of two starts of SGNS now."""
        return self.path[-1][2]

    @property
    def share(self) -> float:
        """The agreement of SVD and SGNS in parts of that of two starts."""
        return self.mutual / self.seeds if self.seeds else 0.0

    @property
    def curves(self) -> tuple[tuple[int, ...], tuple[float, ...], tuple[float, ...]]:
        """(steps, overlaps of SVD and SGNS, overlaps of two starts)."""
        steps, mutual, seeds = zip(*self.path, strict=True)
        return steps, mutual, seeds

    @property
    def shared(self) -> tuple[str, ...]:
        """Words that both name, in the order of SVD."""
        return tuple(word for word in self.svd.words if word in self.sgns.words)


def compared(word: str, words_used: int, how: Settings, shift: float, power: float, seed: int) -> Iterator[Compared]:
    """One word's neighbours by SVD (k = ``shift``, p = ``power``) and by SGNS (``how``), both of rank d, from the counts of the commonest words.

    SGNS climbs from two starts, the second for comparison. Refuses a word that is not among those used.
    """
    kept, names = counts().first(words_used), words()[:words_used]
    svd = WordVectors(names, truncated(positive(kept, shift, how.smoothing), how.size).vectors(how.size, power))
    row = svd.lookup(word)
    by_svd, pairs = nearest(svd.units, words_used), dense(kept)
    path: list[tuple[int, float, float]] = []
    for (step, value, one), (_, _, other) in zip(climb(pairs, how, seed), climb(pairs, how, seed + OTHER), strict=True):
        if (step + 1) % SHOWN_EVERY and step + 1 < how.steps:
            continue
        tables = [WordVectors(names, vectors.words) for vectors in (one, other)]
        first, second = (nearest(table.units, words_used) for table in tables)
        path.append((step + 1, overlap(by_svd, first), overlap(first, second)))
        yield Compared(
            names[row], svd.neighbours(row, NEAREST), tables[0].neighbours(row, NEAREST), tuple(path), chance(words_used),
            value / float(pairs.sum()), how.steps,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Products:
    """What the products of vectors come to, against PMI − log k, after ``step`` of ``steps``.

    A sample of pairs seen at least so often: ``pairs`` (names), ``target`` PMI − log k, ``svd`` and ``sgns`` products [n]. Over all such pairs:
    ``r`` correlations and ``error`` root mean squared deviations, of (SVD, SGNS), each pair weighted by how often it was seen.
    """

    pairs: tuple[str, ...]
    target: Floats
    svd: Floats
    sgns: Floats
    r: tuple[float, float]
    error: tuple[float, float]
    step: int
    steps: int
    size: int
    words: int


def products(words_used: int, how: Settings, least: int, shown: int, seed: int) -> Iterator[Products]:
    """v·u of SGNS and (U Σ Vᵀ)_ij, both of rank d, against PMI − log k for pairs seen at least ``least`` times."""
    kept, names = counts().first(words_used), words()[:words_used]
    pairs = dense(kept)
    often = kept.listed(kept.count >= least)
    rows, columns = often.row, often.column
    target, weight = pmi(often, how.negatives, how.smoothing), often.count.astype(np.float64)
    found = truncated(positive(kept, how.negatives, how.smoothing), how.size)
    svd = np.einsum("nd,nd->n", (found.left * found.values)[rows], found.right[columns]).astype(np.float64)
    picked = np.sort(np.random.default_rng(seed).choice(len(rows), min(shown, len(rows)), replace=False))
    labels = tuple(f"{names[rows[i]]}·{names[columns[i]]}" for i in picked)
    for step, _, vectors in climb(pairs, how, seed):
        if (step + 1) % SHOWN_EVERY and step + 1 < how.steps:
            continue
        sgns = np.einsum("nd,nd->n", vectors.words[rows], vectors.contexts[columns]).astype(np.float64)
        yield Products(
            labels, target[picked], svd[picked], sgns[picked], (_r(svd, target, weight), _r(sgns, target, weight)),
            (_rms(svd - target, weight), _rms(sgns - target, weight)), step + 1, how.steps, how.size, words_used,
        )  # fmt: skip


def _rms(x: Floats, weight: Floats) -> float:
    return float(np.sqrt(np.average(np.square(x), weights=weight)))


def _r(a: Floats, b: Floats, weight: Floats) -> float:
    """The weighted correlation; 0 where one is constant."""
    a, b = (x - np.average(x, weights=weight) for x in (a, b))
    norm = np.sqrt(np.average(a * a, weights=weight) * np.average(b * b, weights=weight))
    return float(np.average(a * b, weights=weight) / norm) if norm > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Spectrum:
    """The singular values [n] of max(PMI − log k, 0) of n words, and what rank d leaves.

    ``rest`` [n + 1] : √(Σ_{i>d} σ_i²) / ‖M‖ for d = 0 … n. ``measured`` : ‖M − M_d‖ / ‖M‖, entry by entry. ``random`` : the same for the
    projection on d random directions. ``size`` : d.
    """

    values: Floats
    rest: Floats
    size: int
    measured: float
    random: float

    @property
    def predicted(self) -> float:
        """√(Σ_{i>d} σ_i²) / ‖M‖ at d."""
        return float(self.rest[self.size])

    @property
    def gap(self) -> float:
        """|measured − predicted|."""
        return abs(self.measured - self.predicted)

    @property
    def rank(self) -> int:
        """How many singular values are above the rounding of the largest."""
        return int((self.values > self.values[0] * FLOOR).sum())

    @property
    def half(self) -> int:
        """The smallest rank that leaves at most half of ‖M‖²."""
        return int(np.argmax(np.square(self.rest) <= 0.5))


@lru_cache(maxsize=4)
def _decomposed(words: int, shift: float) -> tuple[Floats, Floats, Floats, Floats]:
    dense = positive(counts().first(words), shift).toarray().astype(np.float64)
    left, values, right = np.linalg.svd(dense)
    return dense, left, values, right


def spectrum(words: int, shift: float, size: int) -> Spectrum:
    """The whole spectrum of the ``words`` most frequent words, and the error of rank ``size`` (at most ``words``)."""
    dense, left, values, right = _decomposed(words, shift)
    size = min(size, words)
    rest = np.sqrt(np.append(np.cumsum(np.square(values[::-1]))[::-1], 0.0))
    norm = np.linalg.norm(dense)
    best = (left[:, :size] * values[:size]) @ right[:size]
    basis = np.linalg.qr(np.random.default_rng(RANDOM_SEED).standard_normal((words, size)))[0]
    random = dense - basis @ (basis.T @ dense)
    return Spectrum(
        values, rest / norm, size, float(np.linalg.norm(dense - best) / norm), float(np.linalg.norm(random) / norm)
    )
