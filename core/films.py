"""What a training run left behind: its log and the same samples at every look, as they ship beside the weights."""

from __future__ import annotations

import csv
import io

import numpy as np
from PIL import Image, ImageSequence

from core.weights import extra

__all__ = ["frames", "rows"]


def frames(weights: str) -> list[np.ndarray]:
    """The film of the run that made ``weights``: uint8 [H, W, 3] each. WeightsError when it is missing or damaged."""
    film = Image.open(io.BytesIO(extra(weights, "film.webp")))
    return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(film)]


def rows(weights: str) -> list[dict[str, float]]:
    """The log of that run: one row a look, numbers by name."""
    text = extra(weights, "log.csv").decode("utf-8")
    return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(io.StringIO(text))]
