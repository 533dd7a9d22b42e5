"""A digit through the trained network: what every layer makes of it, what a hidden unit looks at, which pixels decide, and what a
bottleneck leaves of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.special import softmax

from core import codec
from core.data.examples import digits
from core.refusal import Refusal
from core.vision.neural_network.network import Network
from core.vision.neural_network.record import Record, record
from core.vision.neural_network.stored import BOTTLENECKS, PIXELS, SIDE, Networks, networks

__all__ = [
    "Squeezed",
    "Through",
    "Unit",
    "centred",
    "redrawn",
    "seen",
    "share_lost",
    "squeezed",
    "through",
    "unit",
    "written",
]

BOX = 20  # MNIST: a digit's longer side, its centre of mass in the middle of 28 pixels (LeCun et al. 1998)
INK = 0.1  # fainter is paper
CERTAIN = (
    6  # decimals of a centre of mass: a symmetric digit stands between two pixels, and rounding errors must not choose
)
SHOWN = 8  # digits that a unit likes best and least


def written(drawing: np.ndarray) -> np.ndarray:
    """A drawing [side, side] in [0, 1] as the networks see it: [784]. Raises Refusal for a blank sheet."""
    if not (drawing > INK).any():
        raise Refusal("是空的，请先画点什么", "is empty; draw something first", input="drawing")
    return centred(drawing)


def seen(picture: np.ndarray) -> np.ndarray:
    """A picture uint8 [H, W, 3] or [28, 28] as the networks see it: [784]. Raises Refusal where nothing is on it."""
    colour = np.repeat(picture[..., None], 3, 2) if picture.ndim == 2 else picture
    grey = (codec.prepared([colour], SIDE, 1)[0, 0].numpy() + 1) / 2
    if not (grey > INK).any():
        raise Refusal("图上什么也没有", "has nothing on it", input="picture")
    return centred(grey)


def centred(grey: np.ndarray) -> np.ndarray:
    """White ink on black, [H, W] in [0, 1], as MNIST lays it: the ink's longer side 20 pixels, its centre of mass in the middle; [784]."""
    rows, columns = (np.flatnonzero((grey > INK).any(axis)) for axis in (1, 0))
    ink = grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(ink.shape)
    height, width = (max(1, round(n * scale)) for n in ink.shape)
    if scale != 1:
        small = Image.fromarray((255 * ink).astype(np.uint8)).resize((width, height), Image.Resampling.BICUBIC)
        ink = np.asarray(small, np.float32) / 255
    total = ink.sum(dtype=float)
    places = (np.arange(n) + 0.5 for n in ink.shape)
    middle = [
        round(float((ink.sum(1 - axis, dtype=float) * at).sum() / total), CERTAIN) for axis, at in enumerate(places)
    ]
    top, left = (min(max(round(SIDE / 2 - at), 0), SIDE - n) for at, n in zip(middle, ink.shape, strict=True))
    sheet = np.zeros((SIDE, SIDE), np.float32)
    sheet[top : top + height, left : left + width] = ink
    return sheet.reshape(PIXELS)


@dataclass(frozen=True, slots=True)
class Through:
    """A digit ``picture`` [28, 28], the ``hidden`` units [100], ``p`` [10]; ``first`` and ``second`` are the two likeliest digits.

    The margin is the first's logit less the second's. ``gradient`` [28, 28]: its slope by every pixel, by backpropagation.
    ``removed`` [28, 28]: how much of it goes when that pixel alone is made blank.
    """

    k: float
    picture: np.ndarray
    hidden: np.ndarray
    p: np.ndarray
    first: int
    second: int
    margin: float
    gradient: np.ndarray
    removed: np.ndarray

    @property
    def undecided(self) -> int:
        """Hidden units between 0.1 and 0.9."""
        return int(((self.hidden > 0.1) & (self.hidden < 0.9)).sum())

    @property
    def flat(self) -> bool:
        """Whether no small change of any pixel changes anything."""
        return not self.gradient.any()

    @property
    def heaviest(self) -> float:
        """How much of the margin goes with the one pixel that carries most."""
        return float(self.removed.max())


def through(x: np.ndarray, k: float) -> Through:
    """A digit [784] through the classifier with S(kx), k = ∞ for steps. Raises WeightsError."""
    return looked_at(networks().classifier.sharpened(k), x, k)


def looked_at(net: Network, x: np.ndarray, k: float) -> Through:
    """The same of any network of digits."""
    found = net.forward(x[None])
    logits = found[-1][0].astype(float)
    second, first = (int(d) for d in np.argsort(logits)[-2:])
    grad = np.zeros_like(found[-1])
    grad[0, first], grad[0, second] = 1, -1
    slopes = net.backward(found, grad)[1][0]
    margin = logits[first] - logits[second]
    ink = np.flatnonzero(x > 0)
    without = np.repeat(x[None], len(ink), 0)
    without[np.arange(len(ink)), ink] = 0
    left = net(without)
    removed = np.zeros(PIXELS)
    removed[ink] = margin - (left[:, first] - left[:, second])
    shape = (SIDE, SIDE)
    return Through(
        k, x.reshape(shape), found[1][0], softmax(logits), first, second, float(margin), slopes.reshape(shape), removed.reshape(shape)
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """A hidden unit: its ``weights`` [28, 28] and ``votes`` [10], its weights to the ten digits; ``rank`` among those that vote for ``digit``.

    ``best`` and ``least``: drawn digits uint8 [28, 28] at which it is most on and most off, with its outputs. ``every``: the weights
    of all units in that order as pictures, grey for 0, white above it. ``at_digit`` and ``at_others``: its mean output at the drawn digits
    that are ``digit``, and at all others.
    """

    digit: int
    rank: int
    number: int
    weights: np.ndarray
    votes: np.ndarray
    best: tuple[np.ndarray, ...]
    best_outputs: tuple[float, ...]
    least: tuple[np.ndarray, ...]
    least_outputs: tuple[float, ...]
    every: tuple[np.ndarray, ...]
    at_digit: float
    at_others: float

    @property
    def vote(self) -> float:
        """The weight to the digit that was asked for."""
        return float(self.votes[self.digit])


def unit(digit: int, rank: int) -> Unit:
    """The hidden unit that is number ``rank`` (from 1) among those that vote for ``digit``. Raises WeightsError."""
    first, last = networks().classifier.layers
    order = np.argsort(-last.weight[digit])
    number = int(order[rank - 1])
    pictures, labels = digits()
    outputs = first(np.stack([seen(one) for one in pictures]))[:, number]
    by = np.argsort(-outputs)
    best, least = by[:SHOWN], by[::-1][:SHOWN]
    return Unit(
        digit, rank, number, first.weight[number].reshape(SIDE, SIDE), last.weight[:, number],
        tuple(pictures[best]), tuple(outputs[best].tolist()), tuple(pictures[least]), tuple(outputs[least].tolist()),
        tuple(_grey(row) for row in first.weight[order]), float(outputs[labels == digit].mean()), float(outputs[labels != digit].mean()),
    )  # fmt: skip


def _grey(weights: np.ndarray) -> np.ndarray:
    """Weights [784] as a picture uint8 [28, 28]: 0 is the middle grey, the largest absolute value black or white."""
    return (127.5 + 127.5 * weights / np.abs(weights).max()).astype(np.uint8).reshape(SIDE, SIDE)


def redrawn(nets: Networks, x: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Digits [n, 784] through the bottleneck of ``size`` numbers: by the autoencoder, and by as many principal components."""
    basis = nets.components[:size]
    return nets.autoencoders[size](x), nets.mean + (x - nets.mean) @ basis.T @ basis


def share_lost(x: np.ndarray, made: np.ndarray, mean: np.ndarray) -> float:
    """Σ (made - x)² over Σ (x - mean)²: 0 where nothing is lost, 1 where the mean digit is drawn."""
    return float(np.square(made - x).sum() / np.square(x - mean).sum())


@dataclass(frozen=True, slots=True)
class Squeezed:
    """A digit ``picture`` through every bottleneck, uint8 [28, 28]: by ``coder`` and by ``pca``, and what share of its variance is lost.

    ``code``: the numbers in the bottleneck of ``size``.
    """

    size: int
    picture: np.ndarray
    coder: dict[int, np.ndarray]
    pca: dict[int, np.ndarray]
    coder_lost: dict[int, float]
    pca_lost: dict[int, float]
    code: np.ndarray
    record: Record

    @property
    def ratio(self) -> float:
        """The autoencoder's error over PCA's, on the test digits."""
        return self.record.coder[self.size] / self.record.pca[self.size]


def squeezed(x: np.ndarray, size: int) -> Squeezed:
    """A digit [784] through every bottleneck. Raises WeightsError."""
    nets = networks()
    both = {m: redrawn(nets, x[None], m) for m in BOTTLENECKS}
    coder, pca = ({m: _levels(pair[k]) for m, pair in both.items()} for k in (0, 1))
    coder_lost, pca_lost = ({m: share_lost(x, pair[k], nets.mean) for m, pair in both.items()} for k in (0, 1))
    code = nets.autoencoders[size].forward(x[None])[2][0]
    return Squeezed(size, _levels(x), coder, pca, coder_lost, pca_lost, code, record())


def _levels(x: np.ndarray) -> np.ndarray:
    """[784] → uint8 [28, 28], cut to [0, 1]."""
    return (x.reshape(SIDE, SIDE).clip(0, 1) * 255).round().astype(np.uint8)


def sharpness(how: str, k: float) -> float:
    """The k of units that are ``smooth`` or a ``step``."""
    return math.inf if how == "step" else k
