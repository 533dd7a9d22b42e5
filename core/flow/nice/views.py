"""What NICE's page looks at: samples by temperature, a digit on its way to noise and back, the scales, and likelihoods.

Likelihoods are those of pixels x/255 in [0, 1], as the model was trained; losses are the post's ½ ||z||² - Σ k (nats,
without the constant). No picture of a data set ships: of test digits, which neither trained the model nor chose its step,
the recipe writes numbers beside the weights (``STATISTICS``, and the card); what is measured here is measured on the
reader's picture and on the gallery's own digits, drawn by a program.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from core import codec
from core.data.datasets import held_out
from core.data.examples import digits
from core.flow.nice.model import NICE, NOISE, DenseCoupling, DiagonalScale, Reversal, loss, noisy
from core.morphing import End, numbered_end, picture_end
from core.quality import pair_distance
from core.weights import extra, load, read_card

__all__ = ["APART", "DATA", "FLAT", "FRAMES", "INK", "LADDER", "MEASURED_AT", "SETS", "STATISTICS", "WEIGHTS", "Kept", "Likelihoods", "Samples", "Stages", "Statistics", "chosen", "drawn", "end", "kept", "likelihoods", "neighbours", "pixels", "place", "samples", "stages", "statistics"]  # fmt: skip

WEIGHTS, DATA = "nice-mnist28", "mnist28"
STATISTICS = "statistics.npz"  # beside the weights, see Statistics
APART, INK = "pair distance of test digits", "mean brightness of test digits"  # what the card calls them, see Samples
LADDER = (0.0, 0.25, 0.5, 0.75, 1.0, 1.2)
MEASURED_AT = "feature distance at T = "  # what the card's measures by temperature are called
FLAT = NOISE / 3**0.5  # root mean square of the noise -U(0, 0.01), which m >= 0, being subtracted, cannot centre
FRAMES = 8  # of a film from one stage to the next
GOLDEN = 0.618034  # multiples of the golden ratio, modulo 1, spread evenly
SETS = ("digits", "shuffled", "fashion")


class Statistics(NamedTuple):
    """What ships in place of pictures: ``losses`` by set (``SETS``, [N] each), measured by the recipe on the shipped weights;
    ``related`` [stages]: of test digits, see :class:`Stages`."""

    losses: Mapping[str, np.ndarray]
    related: np.ndarray


class Samples(NamedTuple):
    """At one temperature: ``wall`` [N, S, S, 3] uint8; ``one``: the first code at every temperature of LADDER; ``apart``: mean
    distance of two samples over that of two test digits, and ``ink``: mean brightness over theirs. By the card: those of
    test digits, and ``distances``, the feature distance of samples from them, by temperature."""

    wall: np.ndarray
    one: np.ndarray
    apart: float
    ink: float
    distances: Mapping[float, float]

    @property
    def best(self) -> float:
        """The temperature with the least feature distance."""
        return min(self.distances, key=lambda temperature: self.distances[temperature])


class Stages(NamedTuple):
    """A picture on its way to its code: ``values`` [stages, S, S], pixels at their own places (x, after each coupling, z);
    ``films`` uint8 [F, S, S], the way between the stages, grey where a value is 0; ``stage`` of each frame; ``related``
    [stages]: mean |correlation| of horizontal neighbours over test digits with the noise of training, as it ships, and
    ``drawn`` [stages]: over the drawn digits; ``loss`` of the picture, ``gap``: largest error of a pixel after the way back."""

    values: np.ndarray
    films: np.ndarray
    stage: np.ndarray
    related: np.ndarray
    drawn: np.ndarray
    loss: float
    gap: float

    @property
    def busiest(self) -> int:
        """The coupling (from 1) after which the correlation has fallen most."""
        return int(np.diff(self.related[:-1]).argmin()) + 1

    @property
    def removed(self) -> float:
        """The share of the correlation that the couplings take away."""
        return float(1 - self.related[-1] / self.related[0])


class Kept(NamedTuple):
    """Of the code of a ``picture`` [S, S] only the ``count`` numbers with the largest σ are kept, the others are 0: what comes
    ``back`` [S, S], its ``error`` and ``errors`` by count (``counts``), root mean square of a pixel in [0, 1]; ``sigmas`` [S, S]
    = 1 / s at each pixel's place, ``mask`` [S, S] of the kept, and ``flat``: how many σ lie below 1.2 times ``floor``, that of a pixel with nothing but noise."""

    picture: np.ndarray
    back: np.ndarray
    count: int
    error: float
    counts: np.ndarray
    errors: np.ndarray
    sigmas: np.ndarray
    mask: np.ndarray
    flat: int

    @property
    def floor(self) -> float:
        """σ of a pixel that is always black: the root mean square of the noise of training."""
        return FLAT

    @property
    def exponents(self) -> np.ndarray:
        """log₁₀ σ [S, S]."""
        return np.log10(self.sigmas)


class Likelihoods(NamedTuple):
    """Losses by set (``SETS``) as they ship, and measured here: of the ``drawn`` digits [100], of a ``black`` picture, and of the
    reader's ``picture`` (uint8 [S, S, 3], as the model sees it) at its own ``contrast`` (``own``) and with its pixels shuffled;
    ``dimmed`` [C]: its loss at every contrast of ``contrasts``; ``shown`` uint8 [4, S, S, 3]: the picture, at its contrast, shuffled,
    and black; ``log_volume``: Σ k, the same for all, so that of two pictures the one with the shorter code is the more probable."""

    losses: Mapping[str, np.ndarray]
    drawn: np.ndarray
    black: float
    picture: np.ndarray
    own: float
    own_shuffled: float
    contrast: float
    contrasts: np.ndarray
    dimmed: np.ndarray
    shown: np.ndarray
    log_volume: float

    def square(self, losses: Any) -> float:
        """Mean z² over the entries of a code, 1 on average for z ~ N(0, I), of a loss or the mean of several."""
        return float(2 * (np.mean(losses) + self.log_volume) / self.picture[:, :, 0].size)

    @property
    def rows(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Of each set and of the drawn digits: where losses stand on an axis of :func:`place`, and heights in [-0.3, 0.3] that
        keep points apart."""
        sets = [*self.losses.values(), self.drawn]
        return [(place(losses), 0.6 * (np.arange(len(losses)) * GOLDEN % 1) - 0.3) for losses in sets]

    @property
    def own_place(self) -> float:
        """Where the reader's picture stands on that axis."""
        return float(place(self.own))

    @property
    def black_place(self) -> float:
        """Where the black picture stands on it."""
        return float(place(self.black))

    @property
    def above_black(self) -> float:
        """The share of test digits that are more probable than a black picture."""
        return float((self.losses["digits"] < self.black).mean())

    @property
    def typical(self) -> float:
        """Mean loss of test digits."""
        return float(self.losses["digits"].mean())

    @property
    def typical_drawn(self) -> float:
        """Mean loss of the drawn digits."""
        return float(self.drawn.mean())


def place(losses: Any) -> np.ndarray:
    """Losses of either sign on one axis: asinh(loss / 1000), linear below a thousand nats and logarithmic above."""
    return np.arcsinh(np.asarray(losses, float) / 1000)


def _model() -> NICE:
    model: NICE = load(WEIGHTS)
    return model


@lru_cache(maxsize=1)
def statistics() -> Statistics:
    """The numbers that ship beside the weights."""
    with np.load(io.BytesIO(extra(WEIGHTS, STATISTICS)), allow_pickle=False) as stored:
        return Statistics({name: stored[name] for name in SETS}, stored["related"])


def pixels(shelf: np.ndarray, model: NICE) -> Tensor:
    """Pictures uint8 [N, S, S] as x/255 [N, D], where the model lies."""
    return torch.from_numpy(shelf.reshape(len(shelf), -1).copy()).to(codec.device_of(model)).float() / 255


def drawn(number: int) -> np.ndarray:
    """The gallery's drawn digit ``number`` (ten of each kind in turn), uint8 [S, S, 3]."""
    return np.repeat(digits()[0][number][:, :, None], 3, 2)


def chosen(source: str, number: int, picture: np.ndarray, drawing: np.ndarray) -> np.ndarray:
    """The reader's digit, uint8 [H, W, 3]: test digit ``number``, a ``picture``, or a ``drawing`` [S, S] (ink = 1).

    Raises DatasetError where the test digits cannot be had.
    """
    if source == "held-out":
        return held_out(DATA, number)
    return picture if source == "picture" else codec.of_drawing(_model(), drawing)


def end(source: str, number: int, picture: np.ndarray) -> End:
    """An end of an interpolation: the random code of the seed ``number``, the test digit of that number, or ``picture``."""
    return picture_end(_model(), picture) if source == "picture" else numbered_end(_model(), source, number, DATA)


@torch.no_grad()
def samples(seed: int, count: int, temperature: float) -> Samples:
    """``count`` samples T z, always of the same z ~ N(0, I) for one ``seed``."""
    model = _model()
    codes = codec.random_codes(model, range(seed, seed + count))
    made = model.decode(temperature * codes)
    one = model.decode(torch.tensor(LADDER, device=codes.device)[:, None] * codes[:1])
    card = read_card(WEIGHTS).metrics
    return Samples(
        np.stack(codec.to_pictures(made)), np.stack(codec.to_pictures(one)), pair_distance(made) / card[APART],
        float((made + 1).mean() / 2) / card[INK],
        {float(key.removeprefix(MEASURED_AT)): value for key, value in card.items() if key.startswith(MEASURED_AT)},
    )  # fmt: skip


@torch.no_grad()
def stages(picture: np.ndarray, seed: int) -> Stages:
    """``picture`` uint8 [H, W, 3] through the flow; the noise of the drawn digits is drawn with ``seed``."""
    model = _model()
    side = model.config.side
    x = pixels(_seen(model, picture), model)
    own = _passed(model, x)
    shelf = torch.from_numpy(digits()[0])[:, None]
    z, logdet = model(x)
    back = model.inverse(z)[0]
    values = torch.cat(own).reshape(-1, side, side)
    films, stage = _film(values)
    return Stages(
        values.cpu().numpy(), films, stage, statistics().related, neighbours(model, shelf, seed), float(loss(z, logdet)),
        float((back - x).abs().max()),
    )  # fmt: skip


@torch.no_grad()
def neighbours(model: NICE, shelf: Tensor, seed: int) -> np.ndarray:
    """Mean |correlation| of horizontal neighbours at every stage [stages] over pictures uint8 [N, 1, S, S] with noise drawn by ``seed``."""
    uniform = torch.rand(shelf.shape, generator=torch.Generator().manual_seed(seed)).to(shelf.device)
    many = _passed(model, noisy(shelf, uniform).to(codec.device_of(model)))
    return np.array([_related(v, model.config.side) for v in many])


def _passed(model: NICE, x: Tensor) -> list[Tensor]:
    """x [B, D], the vector after each coupling and after the scale, every entry at the place of its pixel."""
    found, turned, h = [x], False, x
    for part in model.flow.parts:
        h, _ = part(h)
        if isinstance(part, Reversal):
            turned = not turned
        if isinstance(part, DenseCoupling | DiagonalScale):
            found.append(h.flip(1) if turned else h)
    return found


def _related(x: Tensor, side: int) -> float:
    """Mean |correlation| over x [B, S²] of two pixels side by side."""
    standard = (x - x.mean(0)) / x.std(0, correction=0).clamp_min(1e-9)
    grid = standard.reshape(-1, side, side)
    return float((grid[:, :, 1:] * grid[:, :, :-1]).mean(0).abs().mean())


def _film(values: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Frames between the stages [K, S, S], grey at 0, white at 1 (after the scale at 3) → uint8 [F, S, S], and their stages."""
    shown = values.clone()
    shown[-1] /= 3
    pieces, places = [], []
    for k, (a, b) in enumerate(pairwise(shown)):
        share = torch.arange(FRAMES, device=a.device)[:, None, None] / FRAMES
        pieces.append(a + share * (b - a))
        places += [k] * FRAMES
    frames = torch.cat([*pieces, shown[-1:]])
    return ((frames.clamp(-1, 1) + 1) * 127.5).round().byte().cpu().numpy(), np.array([*places, len(shown) - 1])


@torch.no_grad()
def kept(picture: np.ndarray, count: int) -> Kept:
    """``picture`` uint8 [H, W, 3] from the ``count`` numbers of its code with the largest σ alone."""
    model = _model()
    side = model.config.side
    log_scale = model.scale.log_scale
    order = log_scale.argsort()  # the largest σ first
    x = pixels(_seen(model, picture), model)
    z = model(x)[0]
    counts = np.unique(np.r_[0:200:10, 200 : len(order) + 1 : 40, len(order), count])
    masks = torch.zeros(len(counts), len(order), device=z.device)
    for row, many in enumerate(counts):
        masks[row, order[:many]] = 1
    back = model.inverse(z * masks)[0].clamp(0, 1)
    errors = (back - x).square().mean(1).sqrt().cpu().numpy()
    place = int(np.flatnonzero(counts == count)[0])
    sigmas = _at_home(model, (-log_scale).exp())
    return Kept(
        x.reshape(side, side).cpu().numpy(), back[place].reshape(side, side).cpu().numpy(), count, float(errors[place]), counts,
        errors, sigmas.reshape(side, side).cpu().numpy(), _at_home(model, masks[place]).reshape(side, side).cpu().numpy(),
        int((sigmas < 1.2 * FLAT).sum()),
    )  # fmt: skip


def _at_home(model: NICE, z: Tensor) -> Tensor:
    """Entries [D] of a code at the places of their pixels."""
    turns = sum(isinstance(part, Reversal) for part in model.flow.parts)
    return z.flip(0) if turns % 2 else z


@torch.no_grad()
def likelihoods(picture: np.ndarray, contrast: float, seed: int) -> Likelihoods:
    """Losses of ``picture`` uint8 [H, W, 3] with pixels multiplied by ``contrast`` or shuffled by ``seed``, beside those of others."""
    model = _model()
    own = _seen(model, picture)
    mixed = np.random.default_rng(seed).permuted(own.reshape(1, -1), axis=1).reshape(own.shape)
    black = np.zeros_like(own)
    contrasts = np.linspace(0, 1, 21)
    x = pixels(own, model)
    levels = torch.from_numpy(contrasts.astype(np.float32)).to(x.device)[:, None]
    dim = np.round(contrast * own.astype(np.float32)).astype(np.uint8)
    shown = np.concatenate([own, dim, mixed, black])
    return Likelihoods(
        statistics().losses, _losses(model, digits()[0]), float(_losses(model, black)[0]),
        np.repeat(own[0][:, :, None], 3, 2), float(loss(*model(contrast * x))[0]), float(_losses(model, mixed)[0]), contrast,
        contrasts, loss(*model(levels * x)).cpu().numpy(), np.repeat(shown[..., None], 3, -1),
        float(model.scale.log_scale.sum()),
    )  # fmt: skip


def _seen(model: NICE, picture: np.ndarray) -> np.ndarray:
    """A picture uint8 [H, W, 3] as the model sees it, uint8 [1, S, S]."""
    return codec.as_seen(model, picture)[None, :, :, 0]


def _losses(model: NICE, shelf: np.ndarray) -> np.ndarray:
    """Loss of each picture uint8 [N, S, S] → [N]."""
    return loss(*model(pixels(shelf, model))).cpu().numpy()
