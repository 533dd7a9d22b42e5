"""What was measured on the test digits when the weights were made; read without torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core import weights

__all__ = ["NAME", "RECORD", "Record", "record"]

NAME, RECORD = "neural-network", "record.json"


@dataclass(frozen=True, slots=True)
class Record:
    """What was measured on the 10 000 test digits of MNIST when the weights were made.

    ``sharpness`` and ``accuracy``: the classifier with S(kx) for k of the first, and ``step`` with steps. ``confusion`` [10, 10]
    counts (true, taken for). ``coder`` and ``pca``: squared error by bottleneck, as a share of the variance of the digits.
    """

    digits: int
    sharpness: tuple[float, ...]
    accuracy: tuple[float, ...]
    step: float
    confusion: tuple[tuple[int, ...], ...]
    coder: dict[int, float]
    pca: dict[int, float]


@lru_cache(maxsize=1)
def record() -> Record:
    """What was measured on MNIST's test digits. Raises WeightsError."""
    found: dict[str, Any] = json.loads(weights.extra(NAME, RECORD))
    by_size = {key: {int(size): value for size, value in found[key].items()} for key in ("coder", "pca")}
    return Record(
        found["digits"], tuple(found["sharpness"]), tuple(found["accuracy"]), found["step"],
        tuple(map(tuple, found["confusion"])), by_size["coder"], by_size["pca"],
    )  # fmt: skip
