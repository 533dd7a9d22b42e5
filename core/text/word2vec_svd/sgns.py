"""Skip-gram with negative sampling (SGNS), maximised in expectation: word2vec's usual objective on co-occurrences that are counted.

Over all pairs (i, j) of a word and a word in its window, with k words n drawn from q_n ∝ #n^α for each:

    ℓ = Σ_ij #(i,j) log σ(v_i·u_j) + k Σ_i #i Σ_n q_n log σ(−v_i·u_n).

word2vec climbs ℓ pair by pair with samples of n. Given the counts the sums can be taken whole, which has neither noise nor order of the
text: what is found is the objective's own maximum, as far as Adam climbs. With as many dimensions as words the maximum has
v_i·u_j = PMI(i,j) − log k (Levy and Goldberg 2014), where the PMI has the exponent α on the contexts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.text.word2vec_svd.counting import Counts
from core.text.word2vec_svd.factors import SMOOTHING

__all__ = ["Settings", "Vectors", "climb", "dense", "gradients", "noise"]

Floats = NDArray[Any]
BETAS, SMALL = (0.9, 0.99), 1e-8  # Adam's
START = 0.1  # standard deviation of products at the start


@dataclass(frozen=True, slots=True)
class Settings:
    """d, k and α, the steps of Adam, and its learning rate, which falls to zero along half a cosine."""

    size: int = 50
    negatives: float = 5.0
    smoothing: float = SMOOTHING
    steps: int = 200
    lr: float = 0.1


class Vectors(NamedTuple):
    """v of words and u of contexts, each [V, d] float32."""

    words: Floats
    contexts: Floats


def noise(frequency: NDArray[Any], smoothing: float) -> Floats:
    """The distribution q ∝ #n^α of negatives [V]."""
    weight = np.asarray(frequency, np.float64) ** smoothing
    return weight / weight.sum()


def dense(counts: Counts) -> Floats:
    """#(i, j) as a matrix [V, V] float32."""
    found = np.zeros((counts.words, counts.words), np.float32)
    found[counts.row, counts.column] = counts.count
    return found


def gradients(vectors: Vectors, pairs: Floats, negatives: float, share: Floats) -> tuple[float, Vectors]:
    """(ℓ, its gradients by v and u) for ``pairs`` #(i, j) [V, V] and the distribution ``share`` q of negatives [V]."""
    v, u = vectors
    logits = v @ u.T
    drawn = (negatives * pairs.sum(1, keepdims=True) * share).astype(pairs.dtype)
    odds = np.exp(-np.abs(logits))
    soft = np.log1p(odds)  # log(1 + e^{−|x|})
    value = -float(
        (pairs * (soft + np.maximum(-logits, 0)) + drawn * (soft + np.maximum(logits, 0))).sum(dtype=np.float64)
    )
    positive = np.where(logits >= 0, 1, odds) / (1 + odds)  # σ(x)
    push = pairs - (pairs + drawn) * positive
    return value, Vectors(push @ u, push.T @ v)


def climb(pairs: Floats, settings: Settings, seed: int = 0) -> Iterator[tuple[int, float, Vectors]]:
    """(step, ℓ before it, vectors after it) of every step of Adam from random vectors."""
    rng = np.random.default_rng(seed)
    shape = (len(pairs), settings.size)
    spread = (START / np.sqrt(settings.size)) ** 0.5
    now = Vectors(*(spread * rng.standard_normal((2, *shape), np.float32)))
    share = noise(pairs.sum(0, dtype=np.float64), settings.smoothing)
    means: list[Floats] = [np.zeros(shape, np.float32) for _ in now]
    squares: list[Floats] = [np.zeros(shape, np.float32) for _ in now]
    for step in range(settings.steps):
        value, slopes = gradients(now, pairs, settings.negatives, share)
        rate = settings.lr * 0.5 * (1 + np.cos(np.pi * step / settings.steps))
        moved = []
        for k, (x, slope) in enumerate(zip(now, slopes, strict=True)):
            means[k] = BETAS[0] * means[k] + (1 - BETAS[0]) * slope
            squares[k] = BETAS[1] * squares[k] + (1 - BETAS[1]) * slope**2
            first, second = means[k] / (1 - BETAS[0] ** (step + 1)), squares[k] / (1 - BETAS[1] ** (step + 1))
            moved.append((x + rate * first / (np.sqrt(second) + SMALL)).astype(np.float32))
        now = Vectors(*moved)
        yield step, value, now
