"""What ships with the model: sixty held-out photographs with their sources, vectors of the frozen trunk, and the outcomes."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from core import weights
from core.vision.fine_tuning.model import KINDS, SIDE

__all__ = ["COLUMNS", "COUNT", "NAME", "OUTCOMES", "PHOTOGRAPHS", "SOURCES_FILE", "VECTORS", "Photograph", "Vectors", "outcomes", "photographs", "vectors"]  # fmt: skip

NAME = "fine-tuning"
OUTCOMES, PHOTOGRAPHS, SOURCES_FILE, VECTORS = (
    "outcomes.json",
    "photographs.png",
    "photographs.tsv",
    "vectors.safetensors",
)
COLUMNS, COUNT = 12, 60


@dataclass(frozen=True, slots=True)
class Photograph:
    """A held-out photograph: uint8 [64, 64, 3], the number of its kind, and its number on Flickr (CC BY 2.0)."""

    picture: np.ndarray
    kind: int
    flickr: str


@dataclass(frozen=True, slots=True)
class Vectors:
    """h of the pre-trained trunk for 600 training pictures and the held-out ones, and the tuned model's answers.

    ``h`` [600, out], ``labels`` [600]; ``held_out`` [N, out], ``held_out_labels`` [N]; ``p`` and ``searched``: p₀ and p₁ on the
    held-out and on the validation pictures, whose labels are ``valid_labels``.
    """

    h: np.ndarray
    labels: np.ndarray
    held_out: np.ndarray
    held_out_labels: np.ndarray
    p: tuple[np.ndarray, np.ndarray]
    searched: tuple[np.ndarray, np.ndarray]
    valid_labels: np.ndarray


@lru_cache(maxsize=1)
def photographs() -> tuple[Photograph, ...]:
    """The sixty photographs, twelve of each kind, drawn at random. Raises WeightsError."""
    sheet = np.asarray(Image.open(io.BytesIO(weights.extra(NAME, PHOTOGRAPHS))).convert("RGB"))
    tiles = sheet.reshape(-1, SIDE, COLUMNS, SIDE, 3).swapaxes(1, 2).reshape(-1, SIDE, SIDE, 3)
    rows = list(csv.DictReader(io.StringIO(weights.extra(NAME, SOURCES_FILE).decode()), delimiter="\t"))
    return tuple(
        Photograph(tile.copy(), KINDS.index(row["kind"]), row["flickr"]) for tile, row in zip(tiles, rows, strict=True)
    )


@lru_cache(maxsize=1)
def vectors() -> Vectors:
    """The vectors and answers that ship. Raises WeightsError."""
    from safetensors.numpy import load

    found = load(weights.extra(NAME, VECTORS))

    def number(key: str) -> np.ndarray:
        return found[key].astype(np.float32)

    def label(key: str) -> np.ndarray:
        return found[key].astype(np.int64)

    return Vectors(
        number("h"), label("h_labels"), number("h_held_out"), label("held_out_labels"),
        (number("p0_held_out"), number("p1_held_out")), (number("p0_valid"), number("p1_valid")), label("valid_labels"),
    )  # fmt: skip


@lru_cache(maxsize=1)
def outcomes() -> dict[str, Any]:
    """Which held-out pictures each run had right, and what else the recipe measured. Raises WeightsError."""
    return json.loads(weights.extra(NAME, OUTCOMES))
