"""What the page shows of words: those found in a text, a sentence cut into them, and vectors of those of the novels."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core import weights
from core.refusal import Refusal
from core.text.min_entropy.costs import conditional_entropy, gradient, squared_distances
from core.text.min_entropy.descent import lbfgs
from core.text.min_entropy.lexicon import PIECE, Pairs, Redundant, Segmenter, pairs, pieces, pruned, runs
from core.text.min_entropy.naming import apart
from core.text.min_entropy.records import joint
from core.text.min_entropy.shelving import START
from core.text.min_entropy.statistics import NAME, lexicon, statistics
from core.text.min_entropy.vectors import cosines, principal
from core.text.tokenizer import simplified

__all__ = ["Found", "Read", "Sentence", "Vectors", "Word", "agreement_with_jieba", "find", "find_in_novels", "learned", "read", "segmented"]  # fmt: skip

CLOUD = 1200  # pairs in the picture, the most frequent
LISTED = 60  # words and redundant words in the tables
SHOWN = 44  # characters of a sentence whose possible words are drawn
NEAR = 10  # neighbours told
LONGEST = 16  # characters: a longer run that returns is a passage said twice and no word
LABEL = (0.2, 0.1)  # width and height of a name, of a picture's
NAMED = 14  # names in a picture
STRANGE = 8  # characters that a message names
PACE = 10  # iterations from one picture of the vectors to the next


@dataclass(frozen=True, slots=True)
class Read:
    """A reader's ``text`` as it is read; ``turned`` characters were traditional, ``skipped`` were no characters, letters or digits."""

    text: str
    turned: int
    skipped: tuple[str, ...]


def read(text: str) -> Read:
    """NFC and simplified; told is what of it is neither part of a piece nor a mark or blank."""
    whole = unicodedata.normalize("NFC", text)
    plain = simplified(whole)
    turned = sum(a != b for a, b in zip(whole, plain, strict=False)) if len(whole) == len(plain) else 1
    strange = dict.fromkeys(c for c in plain if not PIECE.match(c) and unicodedata.category(c)[0] in "LSNC" and c not in "\n\t")  # fmt: skip
    return Read(plain, turned, tuple(strange)[:STRANGE])


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its count and log p."""

    text: str
    count: int
    log_p: float


@dataclass(frozen=True)
class Found:
    """Words of a text: the ``names`` of its most frequent pairs with log₁₀ p and PMI, the thresholds, ``words`` by count, what was ``redundant``."""

    names: tuple[str, ...]
    log10_p: np.ndarray
    pmi: np.ndarray
    strong: np.ndarray
    min_pmi: float
    min_proba: float
    words: tuple[Word, ...]
    redundant: tuple[Redundant, ...]
    characters: int
    reading: Read | None

    @property
    def longer(self) -> tuple[Word, ...]:
        """Words of two characters or more."""
        return tuple(word for word in self.words if len(word.text) > 1)

    @property
    def longest(self) -> Word:
        """The longest of them."""
        return max(self.longer, key=lambda word: len(word.text))

    @property
    def listed(self) -> tuple[Word, ...]:
        """The most frequent of those."""
        return self.longer[:LISTED]

    @property
    def gone(self) -> tuple[Redundant, ...]:
        """The most frequent of what was redundant."""
        return tuple(sorted(self.redundant, key=lambda r: -r.count)[:LISTED])

    @property
    def strongest(self) -> list[int]:
        """The pairs that the picture names: of those above both thresholds the most frequent, none over another."""
        order = [int(k) for k in np.flatnonzero(self.strong)]
        return _apart(np.stack([self.log10_p, self.pmi], 1), order)

    def __contains__(self, word: str) -> bool:
        return any(found.text == word for found in self.words)


def find(text: str, min_pmi: float, least: int, prune: bool = True) -> Found:
    """Words of the reader's text: pairs above ``min_pmi`` nats that occur at least ``least`` times.

    Raises Refusal where no two characters stand side by side.
    """
    reading = read(text)
    texts = list(pieces(reading.text))
    counted = pairs(texts)
    if not counted.total_pairs:
        raise Refusal(
            "里面没有两个相邻的字；请放进一段文字，最好几百字以上",
            "no two characters stand side by side in it; put in a text, better one of some hundred characters",
            input="text",
        )
    proba = (least - 0.5) / counted.total_pairs
    found = runs(texts, counted.strong(min_pmi, proba))
    kept = {run: n for run, n in found.items() if (n >= least or len(run) == 1) and len(run) <= LONGEST}
    words, gone = pruned(kept, 0.0) if prune else (kept, [])
    return _found(counted, min_pmi, proba, words, gone, counted.total_characters, reading)


def find_in_novels(level: int, min_proba: float, prune: bool = True) -> Found:
    """Words of the novels and of Lu Xun, from what was counted there: PMI above ``level`` nats, p above ``min_proba``."""
    kept = statistics()
    if prune:
        words, gone = lexicon(level, min_proba)
    else:
        least = min_proba * kept.totals[level]
        words, gone = {run: count for run, count in kept.runs[level].items() if count > least}, ()
    return _found(kept.pairs, level, min_proba, words, gone, kept.pairs.total_characters, None)


def _found(
    counted: Pairs, min_pmi: float, min_proba: float, words: Mapping[str, int], gone: object, characters: int,
    reading: Read | None,
) -> Found:  # fmt: skip
    names = tuple(sorted(counted.together, key=lambda pair: (-counted.together[pair], pair))[:CLOUD])
    log_p = np.array([math.log10(counted.together[name] / counted.total_pairs) for name in names])
    pmi = np.array([counted.pmi(name) for name in names])
    strong = (pmi > min_pmi) & (log_p > math.log10(min_proba))
    total = max(sum(words.values()), 1)
    listed = sorted(words, key=lambda w: (-words[w], w))
    told = tuple(Word(word, words[word], math.log(words[word] / total)) for word in listed)
    return Found(names, log_p, pmi, strong, min_pmi, min_proba, told, tuple(gone), characters, reading)  # type: ignore[arg-type]


def _apart(places: np.ndarray, order: list[int]) -> list[int]:
    span = np.maximum(places.max(0) - places.min(0), 1e-12) if len(places) else np.ones(2)
    return apart(places, order, span, LABEL, NAMED)


@dataclass(frozen=True)
class Sentence:
    """A text cut into ``words``, each piece apart; ``stretches`` are the words with what stands between the pieces.

    ``log_p`` of the words, ``single`` of the path that takes every character alone; ``possible`` are (start, end, log p, chosen) of
    all words of the lexicon in the first SHOWN characters of the text, ``first``.
    """

    reading: Read
    words: tuple[str, ...]
    stretches: tuple[tuple[str, bool], ...]
    log_p: tuple[float, ...]
    single: float
    first: str
    possible: tuple[tuple[int, int, float, bool], ...]
    unknown: tuple[str, ...]
    size: int
    against_jieba: Mapping[str, Agreement]

    @property
    def total(self) -> float:
        """Σ log p of the words."""
        return math.fsum(self.log_p)

    @property
    def longer(self) -> tuple[str, ...]:
        """Words of two characters or more, each once, the longest first."""
        return tuple(sorted(dict.fromkeys(word for word in self.words if len(word) > 1), key=lambda w: -len(w)))

    @property
    def mean_length(self) -> float:
        """Characters a word."""
        return sum(map(len, self.words)) / len(self.words)

    @property
    def shades(self) -> list[float]:
        """A shade a character: words of two characters or more in two shades in turn, everything else plain."""
        shades, turn = [], 0
        for text, word in self.stretches:
            longer = word and len(text) > 1
            turn += longer
            shades += [(0.25 + 0.35 * (turn % 2)) * longer] * len(text)
        return shades

    @property
    def notes(self) -> list[str]:
        """The word that each character is of."""
        return [text for text, _ in self.stretches for _ in text]


def segmented(text: str, level: int, min_proba: float) -> Sentence:
    """The text cut into words of the novels by the best path. Raises Refusal where it has no character."""
    reading = read(text)
    found = list(pieces(reading.text))
    if not found:
        raise Refusal("里面没有汉字、字母或数字", "there is no Chinese character, letter or digit in it", input="text")
    words, _ = lexicon(level, min_proba)
    model = Segmenter(words)
    cuts = [model.best(piece) for piece in found]
    flat = tuple(word for cut in cuts for word in cut)
    stretches: list[tuple[str, bool]] = []
    end = 0
    for match, cut in zip(PIECE.finditer(reading.text), cuts, strict=True):
        stretches += [(reading.text[end : match.start()], False)] * (match.start() > end)
        stretches += [(word, True) for word in cut]
        end = match.end()
    stretches += [(reading.text[end:], False)] * (end < len(reading.text))
    chosen, offered = set(), set()
    at = 0
    for stretch, word in stretches:
        if word:
            chosen.add((at, at + len(stretch)))
        at += len(stretch)
    first = reading.text[:SHOWN]
    for match in PIECE.finditer(first):
        ends = range(match.start() + 1, match.end() + 1)
        offered |= {
            (start, stop) for stop in ends for start in range(match.start(), stop) if first[start:stop] in words
        }
    possible = tuple(
        (start, stop, model.log_p(first[start:stop]), (start, stop) in chosen)
        for start, stop in sorted(offered | {span for span in chosen if span[1] <= len(first)})
    )
    characters = "".join(found)
    return Sentence(
        reading, flat, tuple(stretches), tuple(_scores(model, flat)), math.fsum(_scores(model, characters)), first, possible,
        tuple(dict.fromkeys(c for c in characters if c not in words))[:STRANGE], len(words), agreement_with_jieba(),
    )  # fmt: skip


def _scores(model: Segmenter, words: object) -> Iterator[float]:
    return map(model.log_p, words)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Vectors:
    """Vectors [N, d] of ``words`` after some iterations; ``costs`` S so far, ``bound`` H(J|I), ``independent`` S of frequencies alone."""

    words: tuple[str, ...]
    kind: str
    vectors: np.ndarray
    counts: np.ndarray
    costs: np.ndarray
    bound: float
    independent: float
    query: int
    done: float

    @property
    def cost(self) -> float:
        """S now."""
        return float(self.costs[-1])

    @property
    def plane(self) -> np.ndarray:
        """[N, 2] to draw: the vectors themselves where they are plane, else their principal coordinates."""
        return principal(self.vectors)

    @property
    def explained(self) -> float:
        """The share of all variance that the plane shows."""
        x = self.vectors - self.vectors.mean(0)
        return float((self.plane**2).sum() / max(float((x * x).sum()), 1e-300))

    @property
    def likeness(self) -> np.ndarray:
        """How near each word is to the query [N]: cosine of centred vectors, or minus the distance of Euclidean costs."""
        if self.kind in ("euclid", "t"):
            return -np.sqrt(squared_distances(self.vectors)[self.query])
        return cosines(self.vectors, self.query)

    @property
    def near(self) -> list[tuple[str, float]]:
        """The nearest words and how near, the nearest first."""
        return [(self.words[k], float(self.likeness[k])) for k in self.nearest]

    @property
    def nearest(self) -> list[int]:
        """Their numbers."""
        return [int(k) for k in np.argsort(-self.likeness, kind="stable") if k != self.query][:NEAR]

    @property
    def named(self) -> list[int]:
        """The neighbours that the picture names, the nearest first and none over another."""
        return _apart(self.plane, [self.query, *self.nearest])[1:]

    @property
    def beside(self) -> list[tuple[str, int]]:
        """The words that stood beside the query most often, and how often: no vectors."""
        if not self.counts.size:
            return []
        order = np.argsort(-self.counts[self.query], kind="stable")[:NEAR]
        return [(self.words[k], int(self.counts[self.query, k])) for k in order]


def learned(
    size: int, kind: str, dimensions: int, query: str, iterations: int, seed: int
) -> Iterator[Vectors]:  # fmt: skip
    """Solve for vectors of the ``size`` most frequent words from how often they stand together, by one of SOFTMAX.

    Raises Refusal where ``query`` is not among them.
    """
    kept = statistics()
    words, counts = kept.words[:size], kept.beside[:size, :size]
    index = _index(words, query)
    p = joint(counts)
    popular = p.sum(0)
    independent = -float((p * np.log(popular[None] / (1 - popular[:, None]))).sum())
    shape = (2, size, dimensions) if kind == "pair" else (size, dimensions)
    start = START * np.random.default_rng(seed).normal(size=shape)
    costs: list[float] = []
    bound = conditional_entropy(p)
    last = start
    for k, point in enumerate(lbfgs(lambda x: gradient(kind, p, x), start, iterations)):
        costs.append(point.value)
        last = point.x
        if k % PACE == 0 and k < iterations:
            yield _vectors(words, kind, last, counts, costs, bound, independent, index, k / iterations)
    yield _vectors(words, kind, last, counts, costs, bound, independent, index, 1.0)


def _vectors(
    words: tuple[str, ...], kind: str, x: np.ndarray, counts: np.ndarray, costs: list[float], bound: float,
    independent: float, query: int, done: float,
) -> Vectors:  # fmt: skip
    return Vectors(words, kind, x[0] if kind == "pair" else x, counts, np.array(costs), bound, independent, query, done)


def _index(words: tuple[str, ...], query: str) -> int:
    word = simplified("".join(query.split()))
    if not word:
        raise Refusal(f"是空的；请写一个词，例如{words[0]}", f"is empty; write a word, {words[0]} for one", input="query", value=query)  # fmt: skip
    if word not in words:
        few = words[:6]
        raise Refusal(
            f"不在最常见的 {len(words)} 个词里；其中有 {'、'.join(few)} 等",
            f"is not among the {len(words)} most frequent words; among them are {', '.join(few)}",
            input="query",
            value=query,
        )
    return words.index(word)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Precision, recall and F1 of boundaries in held-out texts against jieba's, of one way of cutting."""

    precision: float
    recall: float
    f1: float


@lru_cache(maxsize=1)
def agreement_with_jieba() -> Mapping[str, Agreement]:
    """What the card tells: the words found, every character alone, every two characters."""
    told = weights.read_card(NAME).metrics
    ways = ("words found", "every character a word", "every two characters a word")
    keys = ("precision", "recall", "F1")
    return {way: Agreement(*(told[f"{way}: {key} against jieba"] for key in keys)) for way in ways}
