"""Convolution kernels, the post's subject: a small convolution on real digits with and without a penalty on its kernels.

A convolution is a dense layer on patches: with X the patches of the batch [n·64, 25] and W the kernels [25, k], its outputs are
XW, and ϑ is that of a dense layer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.fitting import batches, digit_tensors, generator, mlp, shown_steps
from core.tricks.self_orthogonality.angles import off_diagonal, statistics
from core.tricks.self_orthogonality.training import regulariser

__all__ = ["SIDE", "KernelComparison", "Kernels", "compare", "convolve", "patches"]

SIDE = 5  # of a kernel
PIXELS = 8  # of a digit's side
BATCH = 64
LR = 3e-3
GAIN = 1.4  # He's: kernels begin with entries of standard deviation √2/SIDE


def patches(images: Tensor) -> Tensor:
    """The patch around every pixel, [n, 64] → [n, 64, 25], zeros outside."""
    return F.unfold(images.view(-1, 1, PIXELS, PIXELS), SIDE, padding=SIDE // 2).transpose(1, 2).contiguous()


def convolve(x: Tensor, w: Tensor, bias: Tensor) -> Tensor:
    """ReLU of the convolution of patches [n, 64, 25] with kernels [25, k], then the largest of each 2 x 2: [n, 16k]."""
    maps = torch.relu(x @ w + bias).transpose(1, 2).reshape(len(x), -1, PIXELS, PIXELS)
    return F.max_pool2d(maps, 2).flatten(1)


@dataclass(frozen=True, slots=True)
class Kernels:
    """A convolution in training.

    mosaic : the kernels, each of length 1, beside one another with NaN between, [rows, columns]. largest : |entry| in it.
    cosines, theta [k, k] : cosines of the kernels; ϑ of their outputs on the test digits. accuracy : on the test digits.
    places [p] : steps of what follows. count [p] : how many orthogonal kernels they amount to, k²/Σcos². square [p] : mean ϑ_ij².
    """

    mosaic: np.ndarray
    largest: float
    cosines: np.ndarray
    theta: np.ndarray
    accuracy: float
    places: np.ndarray
    count: np.ndarray
    square: np.ndarray

    @property
    def largest_cosine(self) -> float:
        """Largest |cos| of two kernels."""
        return float(np.abs(self.cosines - np.eye(len(self.cosines))).max())

    @property
    def mean_theta(self) -> float:
        """Mean of ϑ_ij over i ≠ j."""
        k = len(self.theta)
        return float((self.theta.sum() - np.trace(self.theta)) / (k * (k - 1)))


@dataclass(frozen=True, slots=True)
class KernelComparison:
    """The same convolution without and with a penalty after ``step`` steps."""

    step: int
    bare: Kernels
    kept: Kernels


def compare(
    kind: str, strength: float, k: int, sums: bool, steps: int, frames: int, seed: int
) -> Iterator[KernelComparison]:
    """:func:`train` without a penalty and with one, side by side; the start and about ``frames`` states."""
    data = digit_tensors()
    prepared = (patches(data[0]), data[1], patches(data[2]), data[3])
    runs = [train(kept, strength, k, sums, steps, frames, seed, prepared) for kept in ("none", kind)]
    for (step, bare), (_, kept) in zip(*runs, strict=True):
        yield KernelComparison(step, bare, kept)


def train(
    kind: str, strength: float, k: int, sums: bool, steps: int, frames: int, seed: int, data: tuple[Tensor, ...]
) -> Iterator[tuple[int, Kernels]]:
    """k kernels of 5 x 5, ReLU, 2 x 2 pooling, one dense layer (Adam), with ``strength`` x a penalty on the kernels.

    The module's X are all patches of the batch less their mean. ``data``: patches and labels, training and test.
    """
    rng, (x, y, x_test, y_test) = generator(seed), data
    w = nn.Parameter(torch.randn(SIDE * SIDE, k, generator=rng) * (GAIN / SIDE))
    bias = nn.Parameter(torch.zeros(k))
    head = mlp([k * (PIXELS // 2) ** 2, 10], rng)
    optimiser = torch.optim.Adam([w, bias, *head.parameters()], lr=LR)
    seen = x_test.reshape(-1, SIDE * SIDE)
    seen = seen - seen.mean(0)
    places: list[int] = []
    count: list[float] = []
    square: list[float] = []

    @torch.no_grad()
    def state(step: int) -> tuple[int, Kernels]:
        unit = F.normalize(w, dim=0)
        cosines, theta = unit.T @ unit, statistics(seen, w)
        places.append(step)
        count.append(float(k**2 / cosines.square().sum()))
        square.append(float(off_diagonal(theta).square().mean()))
        accuracy = float((head(convolve(x_test, w, bias)).argmax(1) == y_test).float().mean())
        mosaic = _mosaic(unit.T.reshape(k, SIDE, SIDE).numpy())
        return step, Kernels(
            mosaic,
            float(np.nanmax(np.abs(mosaic))),
            cosines.numpy(),
            theta.numpy(),
            accuracy,
            np.array(places),
            np.array(count),
            np.array(square),
        )

    yield state(0)
    shown = shown_steps(steps, frames)
    for step, rows in enumerate(batches(len(x), BATCH, steps, rng), 1):
        batch = x[rows]
        flat = batch.reshape(-1, SIDE * SIDE)
        loss = F.cross_entropy(head(convolve(batch, w, bias)), y[rows])
        loss = loss + strength * regulariser(kind, flat - flat.mean(0), w, sums)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step in shown:
            yield state(step)


def _mosaic(pictures: np.ndarray) -> np.ndarray:
    """Pictures [k, s, s] in rows, as nearly square as may be, with one line of NaN between them and where none is left."""
    k, side = len(pictures), pictures.shape[1] + 1
    columns = math.ceil(math.sqrt(k))
    sheet = np.full((math.ceil(k / columns) * side - 1, columns * side - 1), np.nan)
    for i, picture in enumerate(pictures):
        top, left = (i // columns) * side, (i % columns) * side
        sheet[top : top + side - 1, left : left + side - 1] = picture
    return sheet
