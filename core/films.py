"""What a training run left behind: its log and the same samples at every evaluation, as they ship beside the weights."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageSequence

from core.weights import extra

__all__ = ["Film", "film"]


class Film(NamedTuple):
    """A run: ``frames`` [F, H, W, 3] uint8, one an evaluation, and the ``record``: columns [F] by name."""

    frames: np.ndarray
    record: Mapping[str, np.ndarray]

    def best(self, measure: str) -> int:
        """The row at which ``measure`` was least."""
        return int(self.record[measure].argmin())


def film(weights: str) -> Film:
    """The film and the log of the run that made ``weights``. WeightsError when they are missing or damaged."""
    picture = Image.open(io.BytesIO(extra(weights, "film.webp")))
    frames = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(picture)]
    rows = list(csv.DictReader(io.StringIO(extra(weights, "log.csv").decode("utf-8"))))
    return Film(np.stack(frames), {key: np.array([float(row[key]) for row in rows]) for key in rows[0]})
