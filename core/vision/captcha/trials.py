"""Fresh drawings for the net to read: how many letters and how many whole texts are right, and whether errors come together.

Of N pictures with four letters let r_k be 1 where slot k is right. The whole text is right with A = mean of Π_k r_k; if errors in
different slots were independent it would be Π_k a_k, a_k = mean of r_k. The *independence gap* is A − Π_k a_k.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.vision.captcha.drawing import LENGTH, LETTERS, Drawn, drawn, random_text

__all__ = ["Fresh", "Slots", "fresh", "numbers", "slots", "spelled"]

PATTERNS = 2**LENGTH


@dataclass(frozen=True, slots=True)
class Fresh:
    """Pictures drawn for one trial: texts as drawn, and the grey pictures uint8 [N, 50, 120]."""

    texts: tuple[str, ...]
    greys: np.ndarray
    pictures: tuple[Drawn, ...]


def fresh(count: int, distortion: float, font: str, seed: int, length: int = LENGTH) -> Fresh:
    """``count`` pictures with random texts; the same seed gives the same texts at every distortion and font."""
    pictures = []
    for k in range(count):
        text = random_text(np.random.default_rng([seed, k, length]), length)
        pictures.append(drawn(text, distortion, font, [seed, k, length, 1]))
    return Fresh(tuple(one.text for one in pictures), np.stack([one.grey for one in pictures]), tuple(pictures))


def numbers(text: str) -> tuple[int, ...]:
    """Letters as numbers 0 … 25, whatever their case."""
    return tuple(LETTERS.index(letter) for letter in text.lower())


def spelled(found: Sequence[int]) -> str:
    """Numbers 0 … 25 as letters."""
    return "".join(LETTERS[k] for k in found)


@dataclass(frozen=True, slots=True)
class Slots:
    """Of some pictures, how many had each pattern of right slots: ``counts[b]``, bit k of b set where slot k (from 0) is right."""

    counts: tuple[int, ...]

    @property
    def pictures(self) -> int:
        """How many."""
        return sum(self.counts)

    @property
    def table(self) -> tuple[np.ndarray, np.ndarray]:
        """Patterns [16, 4] of 0 and 1, and their shares [16]."""
        patterns = (np.arange(PATTERNS)[:, None] >> np.arange(LENGTH)) & 1
        return patterns, np.asarray(self.counts) / max(1, self.pictures)

    @property
    def single(self) -> tuple[float, ...]:
        """a_k: the share of pictures in which slot k is right."""
        patterns, shares = self.table
        return tuple((shares @ patterns).tolist())

    @property
    def letters(self) -> float:
        """The share of letters that are right: the mean of the a_k."""
        return float(np.mean(self.single))

    @property
    def whole(self) -> float:
        """A: the share of pictures with all four right."""
        return self.counts[-1] / max(1, self.pictures)

    @property
    def product(self) -> float:
        """Π_k a_k: what A would be if the slots erred independently."""
        return float(np.prod(self.single))

    @property
    def gap(self) -> float:
        """A − Π_k a_k."""
        return self.whole - self.product

    @property
    def gap_error(self) -> float:
        """One standard error of the gap if the slots erred independently (delta method).

        A − Π a_k is, to first order, the mean of R − Σ_k (r_k − a_k) Π_{j≠k} a_j, R = Π_k r_k, whose variance is taken with
        independent r_k: A(1 − A) − Σ_k (Π_{j≠k} a_j)² a_k (1 − a_k), because Cov(R, r_k) = A (1 − a_k).
        """
        a, p = np.asarray(self.single), self.product
        others = np.divide(p, a, out=np.zeros_like(a), where=a > 0)
        variance = p * (1 - p) - float((others**2 * a * (1 - a)).sum())
        return float(max(variance, 0.0) / max(1, self.pictures)) ** 0.5

    @property
    def ends_lead(self) -> bool:
        """Whether both outer slots are right more often than both inner ones."""
        a = self.single
        return min(a[0], a[-1]) > max(a[1:-1])

    @property
    def correlations(self) -> np.ndarray:
        """The correlations of the r_k [4, 4]; 0 where a slot is always or never right."""
        patterns, shares = self.table
        centred = patterns - np.asarray(self.single)
        covariance = (centred * shares[:, None]).T @ centred
        spread = np.sqrt(np.diag(covariance))
        scale = np.outer(spread, spread)
        found = np.divide(covariance, scale, out=np.zeros_like(covariance), where=scale > 0)
        np.fill_diagonal(found, 1.0)
        return found


def slots(guesses: np.ndarray, texts: Sequence[str]) -> Slots:
    """The patterns of right slots: ``guesses`` [N, 4] of letters 0 … 25 against the texts."""
    right = guesses == np.array([numbers(text) for text in texts])
    return Slots(tuple(np.bincount(right @ (1 << np.arange(LENGTH)), minlength=PATTERNS).tolist()))
