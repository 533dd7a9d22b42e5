"""What a training run left behind: its log and the same samples at every evaluation, as they ship beside the weights."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageSequence

from core.weights import extra, read_card

__all__ = ["FRAME_MILLISECONDS", "Film", "film", "frames"]

FRAME_MILLISECONDS = 200  # of a film beside the weights


class Film(NamedTuple):
    """A run: ``frames`` [F, H, W, 3] uint8, one an evaluation, and the ``record``: columns [F] by name; ``steps`` of the weights
    that ship, which may be those of an earlier evaluation than the last."""

    frames: np.ndarray
    record: Mapping[str, np.ndarray]
    steps: int

    def best(self, measure: str) -> int:
        """The row at which ``measure`` was least."""
        return int(self.record[measure].argmin())


def film(weights: str) -> Film:
    """The film and the log of the run that made ``weights``. WeightsError when they are missing or damaged."""
    rows = list(csv.DictReader(io.StringIO(extra(weights, "log.csv").decode("utf-8"))))
    record = {key: np.array([float(row[key]) for row in rows]) for key in rows[0]}
    return Film(np.stack(frames(extra(weights, "film.webp"))), record, read_card(weights).steps)


def frames(film: bytes) -> list[np.ndarray]:
    """The frames of a film, uint8 [H, W, 3] each: a frame equal to the one before it is stored as a longer duration alone."""
    found: list[np.ndarray] = []
    for frame in ImageSequence.Iterator(Image.open(io.BytesIO(film))):
        shown = np.asarray(frame.convert("RGB"))  # loads the frame: its duration is known only then
        found += [shown] * max(round(frame.info.get("duration", 0) / FRAME_MILLISECONDS), 1)
    return found
