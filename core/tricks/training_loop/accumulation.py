"""Gradients accumulated over the pieces of a batch, where memory is short (added; a later post of the series).

Where the loss is a mean, ∇L_B = Σ_j |B_j|/|B| ∇L_{B_j}: the pieces count by their size, and the sum equals the whole batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.fitting import batches, digit_tensors, generator, mlp

__all__ = ["Gaps", "MANNERS", "accumulated", "accumulation_gap", "accumulation_gaps"]

MANNERS = ("sized", "alike", "normalised")
LR = 2e-3
HIDDEN = 32
ROUNDING = 1e-12  # differences below are rounding of float64, and not shown


def accumulated(
    loss: Callable[[Tensor], Tensor], parameters: Sequence[Tensor], batch: Tensor, parts: int, weighted: bool = True
) -> list[Tensor]:
    """Gradients of the mean loss over ``batch`` from ``parts`` pieces, one backward pass each.

    With ``weighted`` each piece counts by its size. Without, every piece counts 1/parts, as is often written: that is
    wrong when the pieces differ in size.
    """
    total = [torch.zeros_like(p) for p in parameters]
    for piece in batch.tensor_split(parts):
        share = len(piece) / len(batch) if weighted else 1 / parts
        for t, g in zip(total, torch.autograd.grad(loss(piece) * share, list(parameters)), strict=True):
            t += g
    return total


def accumulation_gap(batch: int, parts: int, manner: str, steps: int, seed: int) -> np.ndarray:
    """Adam on digits, whole batches against ``parts`` pieces (float64): largest difference of weights after each step, [steps].

    manner : "sized", pieces by their size; "alike", each 1/parts; "normalised", by their size with a batch normalisation in the
    net, whose statistics are those of a piece.
    """
    if manner not in MANNERS:
        raise ValueError(f"manner = {manner}: must be one of {', '.join(MANNERS)}")
    if parts > batch:
        raise ValueError(f"parts = {parts}: the batch has {batch} samples only")
    x, y, *_ = digit_tensors()
    x = x.double()
    nets = []
    for _ in range(2):
        layers = list(mlp([64, HIDDEN, 10], generator(seed)).double())
        if manner == "normalised":
            layers.insert(1, nn.BatchNorm1d(HIDDEN).double())
        net = nn.Sequential(*layers)
        nets.append((net, list(net.parameters()), torch.optim.Adam(net.parameters(), lr=LR)))
    gaps = []
    for chosen in batches(len(x), batch, steps, generator(seed + 1)):
        for (net, parameters, optimiser), pieces in zip(nets, (1, parts), strict=True):
            found = accumulated(
                lambda i, net=net: F.cross_entropy(net(x[i]), y[i]), parameters, chosen, pieces, manner != "alike"
            )
            for p, g in zip(parameters, found, strict=True):
                p.grad = g
            optimiser.step()
        gaps.append(max(float((a - b).detach().abs().max()) for a, b in zip(nets[0][1], nets[1][1], strict=True)))
    return np.array(gaps)


@dataclass(frozen=True, slots=True)
class Gaps:
    """What has been compared so far: ``manners`` and their ``gaps`` [manners, steps]; ``sizes`` of a batch's pieces.

    A row of NaN stands where a piece has one sample, which has no batch statistics.
    """

    sizes: tuple[int, ...]
    manners: tuple[str, ...]
    gaps: np.ndarray

    @property
    def largest(self) -> np.ndarray:
        """Largest difference of each manner, [manners]."""
        return self.gaps.max(1)

    @property
    def shown(self) -> np.ndarray:
        """The gaps without what is rounding only (NaN), [manners, steps]."""
        return np.where(self.gaps > ROUNDING, self.gaps, np.nan)


def accumulation_gaps(batch: int, parts: int, steps: int, seed: int) -> Iterator[Gaps]:
    """:func:`accumulation_gap` of the MANNERS one after the other."""
    sizes = tuple(len(piece) for piece in torch.arange(batch).tensor_split(parts))
    gaps: list[np.ndarray] = []
    for k, manner in enumerate(MANNERS, 1):
        single = manner == "normalised" and min(sizes) < 2
        gaps.append(np.full(steps, np.nan) if single else accumulation_gap(batch, parts, manner, steps, seed))
        yield Gaps(sizes, MANNERS[:k], np.array(gaps))
