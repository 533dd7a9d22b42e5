"""Checkerboards of transposed convolutions (post 6549): overlaps counted, and what they do to networks of random weights.

A transposed convolution with kernel k and stride s puts every input times its kernel on the output, s pixels apart. Where
k is no multiple of s some pixels receive more products than their neighbours. With independent weights of mean 0 the
expected square of a pixel is the sum of the squares that reach it, so that

    P'(o) = Σ_i P(i)      over all inputs i whose kernel covers o, up to a constant

gives the expected power layer by layer, exactly; a ReLU halves it everywhere (weights are symmetric). An even power does
not end all checkerboards: pixels of different places within a stride are made by different weights, and what is constant
in the input becomes a pattern that repeats every s pixels, a line in the spectrum. Doubling the side by repetition before
an ordinary convolution covers all pixels with the same weights: no line. Known from Odena, Dumoulin and Olah 2016.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np
import torch
from torch.nn import functional as F

__all__ = ["METHODS", "STRIDE", "Board", "Method", "board", "expected_power", "overlaps", "unevenness"]

Method = Literal["transposed", "repeated"]
METHODS: tuple[Method, ...] = get_args(Method)
STRIDE, FIRST = 2, 8  # of every layer; side of the first map
MARGIN = 8  # inputs on every side beyond it, so that no border is felt in the expected power
NEXT = 3  # frequencies beside the highest with which it is compared
CHANNELS, DRAWS = 16, 48  # maps a layer, and networks whose spectra are averaged


class Board(NamedTuple):
    """What layers of random weights draw from noise that is even and positive, as maps after a ReLU are.

    ``picture`` [S, S], one network's output in units of its standard deviation; ``expected`` [S, S], the expected power
    over its mean; ``uneven``: its largest value over its smallest; ``overlaps`` [S] of one layer
    along a line; ``frequency`` and ``power`` [S/4]: the mean spectrum along x of many networks away from the border, where
    the mean over frequencies is 1, and ``reference``, that of repetition with a 3x3 kernel; ``line``: how far ``power`` at
    the highest frequency, a pattern of every second pixel, stands above its neighbours (1: not at all), over ``networks``.
    """

    picture: np.ndarray
    expected: np.ndarray
    uneven: float
    overlaps: np.ndarray
    frequency: np.ndarray
    power: np.ndarray
    reference: np.ndarray
    networks: int

    @property
    def line(self) -> float:
        return float(self.power[-1] / self.power[-1 - NEXT : -1].mean())


def overlaps(kernel: int, stride: int, inputs: int) -> np.ndarray:
    """How many inputs' kernels cover each output of a transposed convolution along a line: ``inputs`` → [(inputs - 1) stride + kernel]."""
    covered = np.zeros((inputs - 1) * stride + kernel, int)
    for k in range(inputs):
        covered[k * stride : k * stride + kernel] += 1
    return covered


def expected_power(method: Method, kernel: int, layers: int) -> np.ndarray:
    """Expected power of the output [S, S] over its mean, S = 8 · 2^layers, from an even input that goes on beyond all borders."""
    power = np.ones(FIRST + 2 * MARGIN)
    for _ in range(layers):
        if method == "transposed":
            spread = np.zeros((len(power) - 1) * STRIDE + kernel)
            for k, value in enumerate(power):
                spread[k * STRIDE : k * STRIDE + kernel] += value
            power = _middle(spread, STRIDE * len(power))
        else:
            wide = np.repeat(power, STRIDE)
            power = _middle(np.convolve(wide, np.ones(kernel)), len(wide))
        power = power / kernel
    power = _middle(power, FIRST * STRIDE**layers)
    both = np.outer(power, power)  # overlaps along x and along y are independent of each other
    return both / both.mean()


def unevenness(power: np.ndarray) -> float:
    """Largest over smallest power."""
    return float(power.max() / power.min())


@torch.inference_mode()
def outputs(method: Method, kernel: int, layers: int, count: int, seed: int) -> torch.Tensor:
    """Outputs [count, S, S] of ``count`` networks with independent weights, each from noise of its own."""
    rng = torch.Generator().manual_seed(seed)
    h = torch.randn(count, CHANNELS, FIRST, FIRST, generator=rng).relu()
    for layer in range(layers):
        out = 1 if layer == layers - 1 else CHANNELS
        weight = torch.randn(count * CHANNELS, out, kernel, kernel, generator=rng) * (2 / CHANNELS) ** 0.5 / kernel
        side = STRIDE * h.shape[-1]
        flat = h.reshape(1, -1, *h.shape[2:])  # one group a network
        if method == "transposed":
            made = F.conv_transpose2d(flat, weight, stride=STRIDE, groups=count)
        else:
            wide = F.interpolate(flat, scale_factor=float(STRIDE), mode="nearest")
            swapped = weight.unflatten(0, (count, CHANNELS)).transpose(1, 2).flatten(0, 1)
            made = F.conv2d(wide, swapped, padding=kernel - 1, groups=count)
        cut = (made.shape[-1] - side) // 2
        h = made[..., cut : cut + side, cut : cut + side].reshape(count, out, side, side)
        if layer < layers - 1:
            h = h.relu()
    return h[:, 0]


def board(method: Method, kernel: int, layers: int, seed: int) -> Board:
    """Pictures, expected power and spectra of ``layers`` layers of kernel size ``kernel``."""
    made = outputs(method, kernel, layers, DRAWS, seed)
    expected = expected_power(method, kernel, layers)
    picture = made[0].double().numpy()
    frequency, power = _spectrum(made)
    return Board(
        picture / picture.std(), expected, unevenness(expected), overlaps(kernel, STRIDE, FIRST), frequency, power,
        _spectrum(outputs("repeated", 3, layers, DRAWS, seed))[1], DRAWS,
    )  # fmt: skip


def _spectrum(pictures: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies along x in cycles a pixel, without 0, and the mean power at each over the middle half's rows and pictures."""
    quarter = pictures.shape[-1] // 4
    values = pictures[:, quarter:-quarter, quarter:-quarter].double().numpy()
    power = (np.abs(np.fft.rfft(values, axis=2)) ** 2)[..., 1:].mean((0, 1))
    return np.fft.rfftfreq(values.shape[-1])[1:], power / power.mean()


def _middle(values: np.ndarray, size: int) -> np.ndarray:
    start = (len(values) - size) // 2
    return values[start : start + size]
