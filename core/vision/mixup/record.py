"""What was measured of the shipped networks on the test set, by method, over the seeds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core import weights
from core.vision.mixup.nets import NAME, RECORD

__all__ = ["MEASURES", "Measured", "Share", "measured"]

MEASURES = ("error", "cross-entropy", "gap", "training error")


@dataclass(frozen=True, slots=True)
class Share:
    """A mean over the seeds and its standard error."""

    mean: float
    error: float


@dataclass(frozen=True)
class Measured:
    """By method and measure, the values of all seeds; and the card's figures."""

    record: Mapping[str, Mapping[str, list[float]]]
    metrics: Mapping[str, float]

    @property
    def seeds(self) -> int:
        """Networks of each method."""
        return len(next(iter(self.record.values()))["error"])

    def of(self, method: str, measure: str) -> Share:
        """The mean and its standard error, s/√n."""
        values = np.array(self.record[method][measure])
        return Share(float(values.mean()), float(values.std(ddof=1) / len(values) ** 0.5))

    def against_plain(self, method: str, measure: str) -> Share:
        """The mean difference to plain training and its standard error; the seeds are compared in pairs, as they share them."""
        values = np.array(self.record[method][measure]) - np.array(self.record["plain"][measure])
        return Share(float(values.mean()), float(values.std(ddof=1) / len(values) ** 0.5))

    def ratio(self, method: str, measure: str) -> float:
        """The mean over plain training's."""
        return self.of(method, measure).mean / self.of("plain", measure).mean


def measured() -> Measured:
    """What came of the networks when the weights were made. Raises WeightsError."""
    return Measured(json.loads(weights.extra(NAME, RECORD)), weights.read_card(NAME).metrics)
