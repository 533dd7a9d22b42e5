"""Two digits, one above the other, and whether a reader of single digits tells both (post 4819).

Two measures, as the author's script has them: the two largest of the ten probabilities are the two digits, whatever their
size; and the same with both of them above one half. A third is added: these two and no other are above one half.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

__all__ = ["SURE", "Pairs", "Told", "stacked", "told"]

SURE = 0.5


class Pairs(NamedTuple):
    """Pictures [N, 1, 2H, W] and the digits above and below [N, 2], which differ."""

    pictures: Tensor
    digits: Tensor


@dataclass(frozen=True, slots=True)
class Told:
    """By picture, bool [N]: whether the two most probable digits are the right ``pair``; whether both are also ``sure``; and
    whether they ``alone`` are."""

    pair: Tensor
    sure: Tensor
    alone: Tensor

    @property
    def shares(self) -> tuple[float, float, float]:
        """The shares of pictures for which each is true."""
        pair, sure, alone = (float(one.double().mean()) for one in (self.pair, self.sure, self.alone))
        return pair, sure, alone


def stacked(x: Tensor, labels: Tensor, seed: int) -> Pairs:
    """Digits ``x`` [N, 1, H, W] above the same digits in another order; pairs of one kind are left out."""
    order = torch.from_numpy(np.random.default_rng(seed).permutation(len(x)))
    both = torch.stack([labels, labels[order]], 1)
    differ = both[:, 0] != both[:, 1]
    return Pairs(torch.cat([x, x[order]], 2)[differ], both[differ])


def told(p: Tensor, digits: Tensor) -> Told:
    """``p`` [N, 10] of a reader against ``digits`` [N, 2], in either order."""
    largest, which = p.topk(3, 1)
    pair = (which[:, :2].sort(1).values == digits.sort(1).values).all(1)
    sure = pair & (largest[:, 1] > SURE)
    return Told(pair, sure, sure & (largest[:, 2] <= SURE))
