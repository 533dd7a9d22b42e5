"""CTC by hand: every path of a few columns, what it collapses to, and the sums that the loss is made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import torch

from core.refusal import Refusal
from core.vision.captcha.model import collapsed, ctc_loss

__all__ = ["Paths", "paths", "summed"]

NAMES = "ab–"
"""The letters of the hand case and its blank."""
BLANK = NAMES.index("–")


def summed(q: np.ndarray) -> dict[tuple[int, ...], float]:
    """p(text) by text: the probabilities of all paths, added up by what they collapse to; ``q`` [T, S + 1], the blank last."""
    columns, symbols = q.shape
    found: dict[tuple[int, ...], float] = {}
    for path in product(range(symbols), repeat=columns):
        text = collapsed(path, symbols - 1)
        found[text] = found.get(text, 0.0) + float(np.prod(q[np.arange(columns), path]))
    return found


@dataclass(frozen=True)
class Paths:
    """``q`` [T, 3]: the probabilities of a, b and the blank in every column."""

    q: np.ndarray

    @cached_property
    def all(self) -> list[tuple[str, str, float]]:
        """(path, text, probability) of all paths, the likeliest first."""
        columns = len(self.q)
        found = []
        for path in product(range(len(NAMES)), repeat=columns):
            chance = float(np.prod(self.q[np.arange(columns), path]))
            found.append((_named(path), _named(collapsed(path, BLANK)), chance))
        return sorted(found, key=lambda one: -one[2])

    @cached_property
    def texts(self) -> dict[str, float]:
        """p(text), the likeliest first: its paths added up."""
        found = {_named(text): chance for text, chance in summed(self.q).items()}
        return dict(sorted(found.items(), key=lambda one: -one[1]))

    @cached_property
    def losses(self) -> dict[str, float]:
        """The loss of every text, computed by the forward recursion and not by the paths."""
        logits = torch.from_numpy(self.q).clamp(min=1e-300).log()[None]
        return {text: float(ctc_loss(logits, [[NAMES.index(one) for one in text]])) for text in self.texts}

    @property
    def greedy(self) -> str:
        """What the likeliest path collapses to."""
        return self.all[0][1]

    @property
    def best(self) -> str:
        """The likeliest text."""
        return next(iter(self.texts))

    def of(self, text: str) -> list[tuple[str, float]]:
        """The paths of a text, the likeliest first."""
        return [(path, chance) for path, found, chance in self.all if found == text]


def _named(symbols: tuple[int, ...]) -> str:
    return "".join(NAMES[k] for k in symbols)


def paths(columns: int, a: float, b: float) -> Paths:
    """The same probabilities of a and b in every column, the rest for the blank. Raises Refusal where the two exceed 1."""
    if a + b > 1:
        raise Refusal(
            f"与 q(a) = {a:g} 之和超过 1", f"and q(a) = {a:g} are more than 1 together", input="b", value=f"{b:g}"
        )
    return Paths(np.tile(np.array([a, b, max(0.0, 1 - a - b)]), (columns, 1)))
