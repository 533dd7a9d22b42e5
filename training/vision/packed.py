"""The packs that have a split of their own: pictures and labels for training and held out."""

from __future__ import annotations

import os

import numpy as np
import torch

from core.data.datasets import FOLDER_VARIABLE, decoded, pack
from training.data import Labelled
from training.origins import from_origin

__all__ = ["Split", "split_of"]

ONE_IN = 5  # held out of a public set, whose archive has no split
Split = tuple[Labelled, np.ndarray]
"""The pictures, and the file names [N held out] of the held-out ones ("" where none are known)."""


def split_of(name: str) -> Split:
    """The pack ``name`` in its own split. Raises DatasetError when it can be had neither here nor from its origin."""
    arrays = None if os.environ.get(FOLDER_VARIABLE) else from_origin(name)
    if arrays is None:
        arrays = pack(name)
    count = len(arrays["label"])
    if "offsets" in arrays:
        pictures = np.stack([decoded(arrays, k) for k in range(count)])
    else:
        pictures = arrays["images"]
    tensor = torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))
    train = torch.from_numpy(arrays["split"]) if "split" in arrays else torch.arange(count) % ONE_IN != 0
    label = torch.from_numpy(arrays["label"].astype(np.int64))
    source = arrays.get("source", np.full(count, ""))[~train.numpy()]
    return Labelled(tensor[train], label[train], tensor[~train], label[~train]), source
