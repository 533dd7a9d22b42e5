"""What BiGAN-QP's page looks at: pictures drawn again from their codes by three models, and the neighbours of a code.

Errors are mean squares with pixels in [-1, 1], divided by the mean over random pairs of the shipped real pictures (on that
scale the mean picture errs ½); sharpness is the variance of the Laplacian, divided by their mean. The shipped digits are
drawn by a program: a model that redraws them with MNIST's strokes changes their sharpness without blurring anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

from core import codec
from core.data.examples import digits
from core.gan.pictures_views import FEATURE_DISTANCE, shipped
from core.morphing import End
from core.quality import mean_square, pair_distance, sharpness
from core.weights import load, read_card

__all__ = ["Measured", "Near", "Redrawn", "measured", "neighbours", "redrawn"]

SAMPLES = 8  # of each model, from the codes of the seeds 0 to 7


class Measured(NamedTuple):
    """Of one model on the shipped real pictures, none of which it was trained on: ``errors`` and ``sharpness`` [N] of each
    reconstruction; by the model's card: ``diversity`` of its samples relative to real ones, their feature ``distance``, and ``steps``."""

    errors: np.ndarray
    sharpness: np.ndarray
    diversity: float
    distance: float
    steps: int

    @property
    def error(self) -> float:
        """Mean error."""
        return float(self.errors.mean())

    @property
    def sharp(self) -> float:
        """Mean sharpness."""
        return float(self.sharpness.mean())


class Redrawn(NamedTuple):
    """A ``picture`` and what each model makes of it (uint8 [S, S, 3]), with the ``errors`` of each; ``shelf`` is
    what each does to all shipped pictures, ``samples`` what each draws from the same eight random codes."""

    picture: np.ndarray
    pictures: tuple[np.ndarray, ...]
    errors: tuple[float, ...]
    shelf: tuple[Measured, ...]
    samples: tuple[list[np.ndarray], ...]

    @property
    def closest(self) -> int:
        """The model with the least mean error on the shelf."""
        return min(range(len(self.shelf)), key=lambda k: self.shelf[k].error)

    @property
    def best_at_samples(self) -> int:
        """The model whose samples are nearest to real pictures in features, by the cards."""
        return min(range(len(self.shelf)), key=lambda k: self.shelf[k].distance)


class Near(NamedTuple):
    """The ``count`` shipped digits whose codes are nearest to a query's by one model, with ``distances`` (Euclidean) and labels.

    ``right`` by model: the share of the 100 shipped digits whose nearest other digit is of the same kind; the last entry is
    that of pixels without any model.
    """

    query: np.ndarray
    pictures: list[np.ndarray]
    distances: np.ndarray
    labels: np.ndarray
    right: tuple[float, ...]


@lru_cache(maxsize=8)
@torch.inference_mode()
def measured(name: str) -> Measured:
    """What the weights ``name`` make of the shipped real pictures of their kind."""
    model, card = load(name), read_card(name)
    x = codec.prepared(shipped(name), model.config.side, model.config.channels).to(codec.device_of(model))
    again = torch.cat([model.decode(model.encode(part)) for part in x.split(codec.CHUNK)])
    errors = mean_square(x, again) / pair_distance(x)
    sharp = sharpness(again) / sharpness(x).mean()
    return Measured(
        errors.cpu().numpy(), sharp.cpu().numpy(), card.metrics["pair diversity"], card.metrics[FEATURE_DISTANCE], card.steps
    )  # fmt: skip


@torch.inference_mode()
def redrawn(names: Sequence[str], picture: np.ndarray) -> Redrawn:
    """``picture`` (uint8 [H, W, 3]) encoded and drawn again by each of the weights ``names``, all of one kind of pictures."""
    models = [load(name) for name in names]
    x = codec.prepared([picture], models[0].config.side, models[0].config.channels).to(codec.device_of(models[0]))
    again = [model.decode(model.encode(x)) for model in models]
    config = models[0].config
    pair = pair_distance(codec.prepared(shipped(names[0]), config.side, config.channels))
    return Redrawn(
        codec.to_pictures(x)[0],
        tuple(codec.to_pictures(y)[0] for y in again),
        tuple(float(mean_square(x, y)) / pair for y in again),
        tuple(measured(name) for name in names),
        tuple(codec.decode(model, codec.random_codes(model, range(SAMPLES))) for model in models),
    )


def neighbours(names: Sequence[str], name: str, end: End, count: int) -> Near:
    """The nearest shipped digits to the picture or code ``end`` in the codes of the weights ``name``; the query itself is left out."""
    model = load(name)
    pictures, labels = [codec.as_seen(model, one) for one in shipped(name)], digits()[1]
    kept = [k for k, one in enumerate(pictures) if end.picture is None or not np.array_equal(one, end.picture)]
    codes = codec.encode(model, [pictures[k] for k in kept])
    gaps = torch.linalg.vector_norm(codes - end.code, dim=1).cpu().numpy()
    order = np.argsort(gaps, kind="stable")[:count]
    query = codec.decode(model, end.code[None])[0] if end.picture is None else end.picture
    found = [kept[k] for k in order]
    return Near(query, [pictures[k] for k in found], gaps[order], labels[found], same_kind(tuple(names)))


@lru_cache(maxsize=4)
def same_kind(names: tuple[str, ...]) -> tuple[float, ...]:
    """The share of shipped digits whose nearest other is of the same kind: by the codes of each of ``names``, and by pixels."""
    pictures, labels = shipped(names[0]), digits()[1]
    spaces = [codec.encode(load(name), pictures).cpu() for name in names]
    spaces.append(torch.from_numpy(np.stack(pictures)[..., 0].reshape(len(pictures), -1).astype(np.float32)))
    found = []
    for space in spaces:
        gaps = torch.cdist(space, space).fill_diagonal_(torch.inf)
        found.append(float((labels[gaps.argmin(1).numpy()] == labels).mean()))
    return tuple(found)
