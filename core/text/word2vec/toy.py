"""A world whose p(w|c) is known: sampled from, learnt with each loss, and compared with what the loss should converge to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from core.text.word2vec.objective import Loss, Noise, full_softmax, loss_of, minimiser, noise_of, normalised

__all__ = ["Fit", "Optimum", "World", "optimum", "world"]

DRAWS = 6  # of noise for every pair (c, w) a step
LR = 0.3  # of Adam; falls to zero along a cosine
REPORTS = 20
MOST_NOISE = 16  # words of noise that a reader may ask for
AVERAGED = 0.5  # the last half of the steps is averaged: what is left of the samples' noise


@dataclass(frozen=True)
class World:
    """``contexts`` [C] is p(c), ``conditional`` [C, N] is p(w|c), float64."""

    contexts: np.ndarray
    conditional: np.ndarray

    @cached_property
    def unigram(self) -> np.ndarray:
        """p(w) = Σ_c p(c) p(w|c); [N]."""
        return self.contexts @ self.conditional

    @cached_property
    def log_p(self) -> np.ndarray:
        """log p(w|c); [C, N]."""
        return np.log(self.conditional)

    @cached_property
    def pmi(self) -> np.ndarray:
        """log p(w|c) − log p(w); [C, N]."""
        return self.log_p - np.log(self.unigram)


def world(words: int, contexts: int, spread: float, seed: int) -> World:
    """Words of popularity 1/rank (Zipf), tilted in every context by normals of standard deviation ``spread``."""
    rng = np.random.default_rng(seed)
    scores = -np.log(np.arange(1, words + 1)) + spread * rng.normal(size=(contexts, words))
    conditional = np.exp(scores - scores.max(1, keepdims=True))
    share = rng.uniform(0.5, 1.5, contexts)
    return World(share / share.sum(), conditional / conditional.sum(1, keepdims=True))


@dataclass(frozen=True, slots=True)
class Fit:
    """The straight line z ≈ ``slope`` · x + ``offset`` over all cells, and the correlation ``r``."""

    slope: float
    offset: float
    r: float

    @staticmethod
    def of(x: np.ndarray, z: np.ndarray) -> Fit:
        """By least squares; z that does not vary at all has r = 0."""
        a, b = x.ravel() - x.mean(), z.ravel() - z.mean()
        slope = float(a @ b / (a @ a))
        size = math.sqrt(float(a @ a) * float(b @ b))
        return Fit(slope, float(z.mean() - slope * x.mean()), float(a @ b) / size if size else 0.0)


@dataclass(frozen=True)
class Optimum:
    """Scores ``z`` [C, N] after ``step`` of ``steps``, the constant chosen that the loss leaves free, and what they should be."""

    world: World
    z: np.ndarray
    theory: np.ndarray
    step: int
    steps: int
    gaps: tuple[tuple[int, float], ...]

    @property
    def done(self) -> float:
        """Share of the steps, in [0, 1]."""
        return self.step / self.steps

    @cached_property
    def to_log_p(self) -> Fit:
        """z against log p(w|c)."""
        return Fit.of(self.world.log_p, self.z)

    @cached_property
    def to_pmi(self) -> Fit:
        """z against PMI."""
        return Fit.of(self.world.pmi, self.z)

    @cached_property
    def expected_log_p(self) -> Fit:
        """The minimiser against log p(w|c)."""
        return Fit.of(self.world.log_p, self.theory)

    @cached_property
    def expected_pmi(self) -> Fit:
        """The minimiser against PMI."""
        return Fit.of(self.world.pmi, self.theory)

    def line(self, fit: Fit) -> tuple[list[float], list[float]]:
        """(x, z) of the ends of a fitted line that lie within the picture's bounds."""
        low, high = self.bounds
        ends = sorted((x - fit.offset) / fit.slope for x in (low, high))
        x = [max(low, ends[0]), min(high, ends[1])]
        return x, [fit.slope * one + fit.offset for one in x]

    @property
    def gap(self) -> float:
        """Root mean square of z − theory, nat."""
        return float(np.sqrt(np.square(self.z - self.theory).mean()))

    @property
    def gap_steps(self) -> tuple[list[int], list[float]]:
        """The gap by step."""
        return [step for step, _ in self.gaps], [gap for _, gap in self.gaps]

    @property
    def bounds(self) -> tuple[float, float]:
        """What a picture of this world must hold, whatever the loss and K up to MOST_NOISE."""
        low = min(self.world.log_p.min(), self.world.pmi.min() - math.log(MOST_NOISE))
        high = max(self.world.pmi.max(), self.world.log_p.max() + math.log(self.world.log_p.shape[1]))
        return float(np.floor(low - 0.5)), float(np.ceil(high + 0.5))


def optimum(
    loss: Loss, noise: Noise, k: int, steps: int, spread: float, seed: int, hits: bool = True, words: int = 10, contexts: int = 8
) -> Iterator[Optimum]:  # fmt: skip
    """Learn one free score a cell of a known world; streams. Without ``hits``, noise never equals the target.

    Pairs (c, w) are not sampled but all taken, with the weight p(c) p(w|c); the noise is sampled, anew in every step.
    """
    known = world(words, contexts, spread, seed)
    rng = torch.Generator().manual_seed(seed)
    conditional = torch.from_numpy(known.conditional)
    log_q = noise_of(noise, torch.from_numpy(known.unigram)).log()
    cells = torch.arange(contexts * words).repeat(DRAWS if loss != "full" else 1)
    c, t = cells // words, cells % words
    weight = (torch.from_numpy(known.contexts)[:, None] * conditional).ravel()[cells]
    weight = weight / weight.sum()
    others = log_q.exp().expand(words, words) * (1 - torch.eye(words, dtype=torch.float64))
    theory = minimiser(loss, conditional.log(), log_q, k).numpy()
    z = torch.zeros(contexts, words, dtype=torch.float64, requires_grad=True)
    adam = torch.optim.Adam([z], LR)
    mean, averaged, gaps = torch.zeros_like(z), 0, []
    every = max(1, steps // REPORTS)
    for step in range(1, steps + 1):
        if loss == "full":
            found = full_softmax(z[c], t)
        else:
            if hits:
                n = torch.multinomial(log_q.exp(), len(cells) * k, replacement=True, generator=rng).view(-1, k)
            else:
                n = torch.multinomial(others[t], k, replacement=True, generator=rng)
            found = loss_of(loss, z[c, t], z[c[:, None], n], log_q[t], log_q[n])
        value = (weight * found).sum()
        adam.param_groups[0]["lr"] = LR * 0.5 * (1 + math.cos(math.pi * step / steps))
        adam.zero_grad()
        value.backward()
        adam.step()
        if step > steps * (1 - AVERAGED):
            averaged += 1
            mean += (z.detach() - mean) / averaged
        if step % every == 0 or step == steps:
            shown = normalised(loss, mean if averaged else z.detach(), log_q).numpy().copy()
            gaps.append((step, float(np.sqrt(np.square(shown - theory).mean()))))
            yield Optimum(known, shown, theory, step, steps, tuple(gaps))
