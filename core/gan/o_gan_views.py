"""What O-GAN's page looks at: reconstructions with and without N(·), the plane of three codes, the turned code, neighbours.

Every function takes a model with shipped weights and gives plain numbers and pictures (uint8 [S, S, 3]). Errors are mean
squares with pixels in [-1, 1], divided by the mean over random pairs of real pictures (``real pair distance`` on the
card). On that scale another picture scores 1 on average and the mean picture exactly ½, so ½ is what knowing nothing of a
picture already achieves.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import torch

from core import codec
from core.data.examples import digits, portraits
from core.gan.o_gan import OGAN, rho, score
from core.latent import plane, plane_grid, standardise
from core.morphing import End
from core.weights import load, read_card

__all__ = [
    "MEAN_PICTURE",
    "REAL",
    "Neighbours",
    "PlaneView",
    "Reconstruction",
    "Turned",
    "neighbours",
    "plane_view",
    "reconstruction",
    "shelf",
    "turned",
]

MEAN_PICTURE = 0.5  # what the mean picture scores: a pair's distance is twice a picture's variance
REAL = ("o-gan-toonfaces64", "o-gan-mnist28")  # models of which pictures ship that were not trained on
OWN, OWN_SEED = 64, 5000  # pictures that a model draws itself where none ships, and the first of their seeds
CHUNK = 64


@lru_cache(maxsize=4)
def shelf(name: str) -> tuple[np.ndarray, ...]:
    """Pictures to look among, none of which the model ``name`` was trained on.

    64 portraits and 100 digits that ship with the gallery. Only one photograph of a cat ships: those are 64 pictures that the
    model draws itself.
    """
    if name == "o-gan-toonfaces64":
        return tuple(portraits())
    if name == "o-gan-mnist28":
        return tuple(np.repeat(digit[:, :, None], 3, 2) for digit in digits()[0])
    model = load(name)
    return tuple(codec.decode(model, codec.random_codes(model, range(OWN_SEED, OWN_SEED + OWN))))


class Reconstruction(NamedTuple):
    """One picture, and a shelf of them, encoded and decoded with N(·) and without.

    ``picture``; ``standard`` = G(t N(E(x))) and ``raw`` = G(t E(x)), t the truncation; their ``errors`` (with, without);
    ``mean_picture``: the error of the shelf's mean picture; ``nearer``: how many other pictures of the shelf are nearer
    to G(t N(E(x))) than x is, counted on pixels; ``average`` and ``deviation`` of E(x); ``agreement`` = ρ(E(x), E(x̂)) for
    the reconstruction asked for. ``code`` = E(x) and ``standard_code`` = N(E(x)), each sorted [n], beside the
    ``quantiles`` [n] of N(0, 1).

    Over the shelf: ``shelf_errors`` [2, N] (with, without), ``shelf_averages`` [N], and ``recognised`` (with, without),
    the share of pictures to which their own reconstruction is nearer than it is to any other picture.
    """

    picture: np.ndarray
    standard: np.ndarray
    raw: np.ndarray
    errors: tuple[float, float]
    mean_picture: float
    nearer: int
    code: np.ndarray
    standard_code: np.ndarray
    quantiles: np.ndarray
    average: float
    deviation: float
    agreement: float
    shelf_errors: np.ndarray
    shelf_averages: np.ndarray
    recognised: tuple[float, float]

    @property
    def mean_errors(self) -> tuple[float, float]:
        """Mean error over the shelf, with N(·) and without."""
        standard, raw = self.shelf_errors.mean(1)
        return float(standard), float(raw)

    @property
    def improved(self) -> float:
        """The share of the shelf that N(·) reconstructs better than the raw code."""
        return float((self.shelf_errors[0] < self.shelf_errors[1]).mean())

    @property
    def mean_average(self) -> float:
        """Mean of avg E(x) over the shelf: how far the score has drifted from 0."""
        return float(self.shelf_averages.mean())


@torch.inference_mode()
def reconstruction(model: OGAN, name: str, end: End, truncation: float, standard: bool) -> Reconstruction:
    """Encode a picture and the shelf of the weights ``name``, and decode both N(E(x)) and E(x), times ``truncation``.

    The picture is that of ``end``, or G of its random code. ``standard`` says which of the two reconstructions is encoded
    once more for ``agreement``.
    """
    picture = codec.decode(model, end.code[None])[0] if end.picture is None else end.picture
    side, channels, where = model.config.side, model.config.channels, codec.device_of(model)
    others = codec.prepared(shelf(name), side, channels).to(where)
    x = torch.cat([codec.prepared([picture], side, channels).to(where), others])
    codes = torch.cat([model.code(part) for part in x.split(CHUNK)])
    made = torch.stack(
        [torch.cat([model.decode(truncation * part) for part in z.split(CHUNK)]) for z in (standardise(codes), codes)]
    )
    scale = read_card(name).metrics["real pair distance"]
    errors = (made - x).square().flatten(2).mean(2) / scale  # [2, 1 + N]
    flat = others.flatten(1)
    apart = torch.cdist(made[0, :1].flatten(1), flat)[0].square() / flat.shape[1]
    is_it = (others == x[:1]).flatten(1).all(1)  # the picture itself may stand on the shelf
    own = torch.arange(len(others), device=where)
    recognised = [float((torch.cdist(m[1:].flatten(1), flat).argmin(1) == own).float().mean()) for m in made]
    shown = made[:, :1] if standard else made.flip(0)[:, :1]
    return Reconstruction(
        *(codec.to_pictures(v)[0] for v in (x[:1], made[0, :1], made[1, :1])),
        errors=(float(errors[0, 0]), float(errors[1, 0])),
        mean_picture=float((others.mean(0) - x[0]).square().mean()) / scale,
        nearer=int((apart[~is_it] < (made[0, 0] - x[0]).square().mean()).sum()),
        code=np.sort(codes[0].cpu().numpy()),
        standard_code=np.sort(standardise(codes)[0].cpu().numpy()),
        quantiles=np.array([NormalDist().inv_cdf((k + 0.5) / codes.shape[1]) for k in range(codes.shape[1])]),
        average=float(score(codes)[0]),
        deviation=float(codes[0].std(correction=0)),
        agreement=float(rho(codes[:1], model.code(shown[0]))),
        shelf_errors=errors[:, 1:].cpu().numpy(),
        shelf_averages=score(codes)[1:].cpu().numpy(),
        recognised=(recognised[0], recognised[1]),
    )


class PlaneView(NamedTuple):
    """The plane through three codes: a ``chart`` of pictures [side, side, S, S, 3], top row first, the picture ``here``,
    and the ``cosines`` [3] of the code here with the three."""

    chart: np.ndarray
    here: np.ndarray
    cosines: np.ndarray

    @property
    def nearest(self) -> int:
        """Which of the three codes is nearest."""
        return int(self.cosines.argmax())


def plane_view(
    model: OGAN, seed: int, place: tuple[float, float], truncation: float, side: int, low: float, high: float
) -> PlaneView:
    """The plane through the random codes of ``seed``, ``seed`` + 1 and ``seed`` + 2, which lie at (0, 0), (1, 0), (0, 1).

    The chart has ``side`` x ``side`` pictures with both coordinates from ``low`` to ``high``.
    """
    corners = codec.random_codes(model, [seed, seed + 1, seed + 2])
    code = plane(corners, *place)
    chart = np.stack(codec.decode(model, truncation * plane_grid(corners, side, low, high).flatten(0, 1)))
    here = codec.decode(model, truncation * code[None])[0]
    return PlaneView(chart.reshape(side, side, *here.shape), here, codec.cosines(code, corners))


class Turned(NamedTuple):
    """What changes when avg and std of c = E(G(z)) are set to something else.

    ρ(z, c) and avg c of every code, before and after [count]; the pictures G(N(c)) of the first code.
    """

    rho_before: np.ndarray
    rho_after: np.ndarray
    score_before: np.ndarray
    score_after: np.ndarray
    before: np.ndarray
    after: np.ndarray

    @property
    def rho_change(self) -> float:
        """The largest |change| of ρ."""
        return float(np.abs(self.rho_after - self.rho_before).max())

    @property
    def score_change(self) -> float:
        """The mean change of the score."""
        return float((self.score_after - self.score_before).mean())

    @property
    def mean_rho(self) -> float:
        """Mean ρ(z, E(G(z)))."""
        return float(self.rho_before.mean())


@torch.inference_mode()
def turned(model: OGAN, shift: float, factor: float, seed: int, count: int) -> Turned:
    """For ``count`` fresh z and c = E(G(z)): std c times ``factor`` and avg c plus ``shift``, all else as it was."""
    z = torch.randn(count, model.config.z_dim, generator=torch.Generator().manual_seed(seed))
    z = z.to(codec.device_of(model))
    code = torch.cat([model.code(model.decode(part)) for part in z.split(CHUNK)])
    average = code.mean(-1, keepdim=True)
    other = factor * (code - average) + average + shift
    measures = [v.cpu().numpy() for v in (rho(z, code), rho(z, other), score(code), score(other))]
    pictures = [codec.decode(model, standardise(c[:1]))[0] for c in (code, other)]
    return Turned(*measures, *pictures)


class Neighbours(NamedTuple):
    """The pictures of a shelf whose codes are nearest to a query's.

    ``query``; ``pictures`` [count, S, S, 3] and their ``cosines`` [count], nearest first; ``median``: the median cosine
    over the shelf, and ``chance``: the median of the largest cosine among as many independent codes. ``size`` of the
    shelf without the query itself.
    """

    query: np.ndarray
    pictures: np.ndarray
    cosines: np.ndarray
    median: float
    chance: float
    size: int


def neighbours(model: OGAN, end: End, pictures: Sequence[np.ndarray], count: int) -> Neighbours:
    """The ``count`` of ``pictures`` with the largest cosine to the code of ``end``; the query itself is left out."""
    seen = [codec.as_seen(model, picture) for picture in pictures]
    if end.picture is not None:
        seen = [picture for picture in seen if not np.array_equal(picture, end.picture)]
    found = codec.cosines(end.code, codec.encode(model, seen))
    order = np.argsort(-found, kind="stable")[:count]
    query = codec.decode(model, end.code[None])[0] if end.picture is None else end.picture
    chance = NormalDist().inv_cdf(0.5 ** (1 / len(seen))) / len(end.code) ** 0.5  # a cosine is about N(0, 1/n)
    return Neighbours(query, np.stack(seen)[order], found[order], float(np.median(found)), chance, len(seen))
