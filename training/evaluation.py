"""What a card tells of an image model on held-out pictures: the same measures for all of them."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

from core.codec import Codec
from core.quality import fidelity, pair_distance, pair_diversity, reconstruction_ratio, sharpness
from core.weights import load

__all__ = ["FEATURES", "code_metrics", "fresh_metrics", "picture_metrics", "sample_metrics"]

FEATURES = "features"  # the classifier of training.vision.features


class Drawing(Protocol):
    """A model that draws pictures of codes."""

    @property
    def config(self) -> Any: ...

    def decode(self, z: Tensor) -> Tensor: ...


def picture_metrics(real: Tensor, made: Tensor, again: Tensor) -> dict[str, float]:
    """Measures of ``made`` samples and of ``again``, the reconstructions of ``real`` pictures, all [N, C, S, S] in [-1, 1].

    The feature distance and the nearest neighbour's accuracy depend on N, which the card tells.
    """
    return {**sample_metrics(real, made), "reconstruction ratio": reconstruction_ratio(real, again)}


def sample_metrics(real: Tensor, made: Tensor) -> dict[str, float]:
    """The same of samples alone, for a model without an encoder."""
    found = fidelity(load(FEATURES, device=real.device), real, made)
    return {
        "held-out pictures": float(len(real)),
        "real pair distance": pair_distance(real),
        "pair diversity": pair_diversity(made, real),
        "feature distance (own classifier)": found.frechet,
        "1-NN accuracy, real against samples": found.nearest_neighbour_accuracy,
    }


@torch.no_grad()
def fresh_samples(model: Drawing, count: int, device: torch.device) -> Tensor:
    """``count`` samples of codes z ~ N(0, I) that no evaluation of the training saw, always the same codes."""
    rng = torch.Generator().manual_seed(1)
    codes = torch.randn(count, model.config.dimensions, generator=rng).to(device)
    return torch.cat([model.decode(part) for part in codes.split(64)])


def fresh_metrics(model: Drawing, real: Tensor) -> dict[str, float]:
    """:func:`sample_metrics` of as many fresh samples as ``real`` held-out pictures."""
    return sample_metrics(real, fresh_samples(model, len(real), real.device))


@torch.no_grad()
def code_metrics(model: Codec, real: Tensor) -> dict[str, float]:
    """The same of a model that encodes and decodes; ``sharpness`` is that of the reconstructions, relative to the pictures themselves."""
    made = fresh_samples(model, len(real), real.device)
    again = torch.cat([model.decode(model.encode(part)) for part in real.split(64)])
    sharp = float(sharpness(again).mean() / sharpness(real).mean())
    return {**picture_metrics(real, made, again), "sharpness": sharp}
