"""pLSA: documents as mixtures of topics, by the same two steps (post 5239; Hofmann 1999), and one document put together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from core.data.classics import scanned_digits
from core.data.examples import verse
from core.progress import Progress
from core.refusal import Refusal

__all__ = ["Plsa", "Topics", "find_topics", "plsa", "plsa_counts", "plsa_step"]

STOP_WORDS = frozenset("，。、；：？！《》「」 \n\t")
MOST_WORDS = 600
MOST_DIGITS, DOTS = 600, 16
SIDE = 8  # pixels of a digit


@dataclass(frozen=True, slots=True)
class Plsa:
    """p(w|z) [k, words], p(z|d) [documents, k], and the log-likelihood Σ n_dw log p(w|d) after each iteration (nats)."""

    words: np.ndarray
    topics: np.ndarray
    trace: np.ndarray


def plsa_counts(source: str, documents: str = "") -> tuple[np.ndarray, list[str]]:
    """Counts n_dw [documents, words] and the words.

    digits : pixels are words, dots of ink (0 … 16) their counts; verse : characters; own : ``documents``, one a line, its
    words between spaces, else its characters. Raises Refusal for fewer than two documents or words.
    """
    if source == "digits":
        pixels = scanned_digits().x_train[:MOST_DIGITS]
        return np.rint(pixels * DOTS).astype(float), [str(k) for k in range(pixels.shape[1])]
    lines = [poem.text for poem in verse()] if source == "verse" else documents.splitlines()
    texts = [
        line.lower().split() if source == "own" and " " in line.strip() else [c for c in line if c not in STOP_WORDS]
        for line in lines
        if line.strip()
    ]
    if len(texts) < 2 or len({word for text in texts for word in text}) < 2:
        raise Refusal(
            "至少要两行、两个不同的词", "at least two lines and two different words are needed", input="documents"
        )
    seen: dict[str, int] = {}
    for text in texts:
        for word in text:
            seen[word] = seen.get(word, 0) + 1
    words = sorted(seen, key=lambda w: (-seen[w], w))[:MOST_WORDS]
    place = {w: k for k, w in enumerate(words)}
    counts = np.zeros((len(texts), len(words)))
    for d, text in enumerate(texts):
        for word in text:
            if word in place:
                counts[d, place[word]] += 1
    return counts[counts.sum(1) > 0], words


def plsa(counts: np.ndarray, k: int, iterations: int, seed: int) -> Iterator[Plsa]:
    """EM for p(w|d) = Σ_z p(w|z) p(z|d) (Hofmann 1999) from a random start; yields the start and each iteration.

    r_dwz ∝ p(w|z) p(z|d) is never stored: both M-steps need only n_dw / p(w|d). A probability of zero stays zero.
    """
    rng = np.random.default_rng(seed)
    words = rng.dirichlet(np.full(counts.shape[1], 5.0), k)
    topics = rng.dirichlet(np.full(k, 5.0), len(counts))
    trace: list[float] = []
    for left in range(iterations, -1, -1):
        mixed = topics @ words
        trace.append(float(np.sum(xlogy(counts, mixed))))
        yield Plsa(words, topics, np.array(trace))
        if left:
            words, topics = plsa_step(counts, words, topics, mixed)


def plsa_step(
    counts: np.ndarray, words: np.ndarray, topics: np.ndarray, mixed: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """One iteration: p(w|z) and p(z|d) after it; ``mixed`` is their product before it, [documents, words]."""
    ratio = np.divide(counts, mixed, out=np.zeros_like(mixed), where=counts > 0)
    new_words, new_topics = words * (topics.T @ ratio), topics * (ratio @ words.T)
    totals = new_words.sum(1, keepdims=True)
    new_words = np.where(totals > 0, new_words / np.where(totals > 0, totals, 1), words)
    return new_words, new_topics / new_topics.sum(1, keepdims=True)


@dataclass(frozen=True, slots=True)
class Topics:
    """pLSA so far, on the counts of ``documents`` documents with ``total`` words in all, and one document.

    words : the vocabulary. own : p̃(w|d) of document number ``document`` (from 1), its counts over their sum.
    """

    words: tuple[str, ...]
    documents: int
    total: float
    found: Plsa
    document: int
    own: np.ndarray

    @property
    def iterations(self) -> int:
        """How many were run."""
        return len(self.found.trace) - 1

    @property
    def climb(self) -> np.ndarray:
        """Log-likelihood after each iteration, nats a word."""
        return self.found.trace / self.total

    @property
    def perplexity(self) -> float:
        """exp(−log-likelihood a word): how many equally likely words would be as hard to guess."""
        return float(np.exp(-self.climb[-1]))

    @property
    def pictures(self) -> np.ndarray:
        """p(w|z) of digits as pictures [k, 8, 8]."""
        return self.found.words.reshape(-1, SIDE, SIDE)

    @property
    def order(self) -> np.ndarray:
        """The topics, the one with the most weight in the document first."""
        return np.argsort(-self.found.topics[self.document - 1], kind="stable")

    @property
    def shares(self) -> np.ndarray:
        """p(z|d) of the document, in that order."""
        return self.found.topics[self.document - 1][self.order]

    @property
    def sums(self) -> np.ndarray:
        """The parts p(z|d) p(w|z) added one after another in that order, [k, words]; the last is the model's p(w|d)."""
        return np.cumsum(self.shares[:, None] * self.found.words[self.order], axis=0)

    @property
    def overlap(self) -> np.ndarray:
        """Σ_w min(p̃(w|d), sum): the share of the document that the first parts hold, [k]; at the end 1 − total variation."""
        return np.minimum(self.sums, self.own).sum(1)

    def likeliest(self, most: int) -> tuple[list[list[str]], np.ndarray]:
        """The ``most`` likeliest words of each topic and their p(w|z) [k, most]."""
        best = np.argsort(-self.found.words, axis=1, kind="stable")[:, :most]
        return [[self.words[w] for w in row] for row in best], np.take_along_axis(self.found.words, best, 1)


def find_topics(
    source: str, documents: str, k: int, iterations: int, document: int, seed: int, every: int = 20
) -> Iterator[Topics | Progress]:
    """pLSA of the counts of :func:`plsa_counts`; yields the topics after ``every`` iterations, progress in between.

    ``document`` beyond the last takes the last.
    """
    counts, words = plsa_counts(source, documents)
    document = min(document, len(counts))
    own = counts[document - 1] / counts[document - 1].sum()
    for done, found in enumerate(plsa(counts, k, iterations, seed)):
        if done % every and done < iterations:
            yield Progress(done / iterations)
        else:
            yield Topics(tuple(words), len(counts), float(counts.sum()), found, document, own)
