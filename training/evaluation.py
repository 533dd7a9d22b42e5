"""What a card tells of an image model on held-out pictures: the same measures for all of them."""

from __future__ import annotations

from torch import Tensor

from core.quality import fidelity, pair_distance, pair_diversity, reconstruction_ratio
from core.weights import load

__all__ = ["FEATURES", "picture_metrics", "sample_metrics"]

FEATURES = "features"  # the classifier of training.vision.features


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
