"""Data sets: each from its public origin with checksums, cached, or from the folder that ``GALLERY_DATA`` names."""

from __future__ import annotations

import io
import itertools
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

__all__ = ["ImageSet", "Labelled", "images", "labelled"]

FOLDER_VARIABLE = "GALLERY_DATA"
HELD_OUT_EVERY = 24  # of the packs that have no split of their own: every 24th picture is held out


@dataclass(slots=True)
class ImageSet:
    """Pictures as uint8 tensors [N, C, S, S]: ``train`` and ``held_out``; ``mirror`` when a picture's mirror image is as good."""

    name: str
    train: Tensor
    held_out: Tensor
    mirror: bool

    def pick(self, size: int, draw: torch.Generator) -> Tensor:
        """``size`` training pictures (uint8), drawn with replacement, half of them mirrored where that is allowed."""
        index = torch.randint(len(self.train), (size,), generator=draw, device=self.train.device)
        x = self.train[index]
        if self.mirror:
            flip = torch.rand(size, generator=draw, device=x.device) < 0.5
            x = torch.where(flip[:, None, None, None], x.flip(-1), x)
        return x

    def batch(self, size: int, draw: torch.Generator) -> Tensor:
        """The same in [-1, 1], channels last."""
        return scaled(self.pick(size, draw)).contiguous(memory_format=torch.channels_last)

    def to(self, device: torch.device) -> None:
        """Move the pictures."""
        self.train, self.held_out = self.train.to(device), self.held_out.to(device)


@dataclass(slots=True)
class Labelled:
    """Pictures as uint8 tensors [N, C, S, S] with the number of their kind [N], from 0."""

    train: Tensor
    train_labels: Tensor
    held_out: Tensor
    held_out_labels: Tensor


def scaled(pictures: Tensor) -> Tensor:
    """uint8 → float32 in [-1, 1]."""
    return pictures.float() / 127.5 - 1


def images(name: str, side: int) -> ImageSet:
    """The set ``name`` (cats64, toonfaces64, mnist28) at ``side`` pixels."""
    if name == "mnist28":
        pack = _pack(name)
        train, held_out = (_padded(np.asarray(pack[key]), side) for key in ("x_train", "x_test"))
        return ImageSet(name, train, held_out, mirror=False)
    pack = _pack(name)
    pictures = _jpegs(pack) if "offsets" in pack else np.asarray(pack["images"])
    tensor = _resized(pictures, side)
    held = torch.arange(len(tensor)) % HELD_OUT_EVERY == 0
    return ImageSet(name, tensor[~held], tensor[held], mirror=True)


def labelled(name: str, side: int) -> Labelled:
    """The set ``name`` with labels; a set without any is one kind."""
    pack = _pack(name)
    if "x_train" in pack:
        train, held_out = (_padded(pack[key], side) for key in ("x_train", "x_test"))
        names = ("y_train", "y_test")
        return Labelled(
            train, torch.from_numpy(pack[names[0]]).long(), held_out, torch.from_numpy(pack[names[1]]).long()
        )
    found = images(name, side)
    if "label" not in pack:
        zeros = [torch.zeros(len(x), dtype=torch.long) for x in (found.train, found.held_out)]
        return Labelled(found.train, zeros[0], found.held_out, zeros[1])
    labels = torch.from_numpy(np.asarray(pack["label"]).astype(np.int64))
    held = torch.arange(len(labels)) % HELD_OUT_EVERY == 0
    return Labelled(found.train, labels[~held], found.held_out, labels[held])


def _pack(name: str) -> dict[str, np.ndarray]:
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        raise FileNotFoundError(f"{FOLDER_VARIABLE} is not set")
    with np.load(Path(folder) / f"{name}.npz") as pack:
        return {key: pack[key] for key in pack.files}


def _jpegs(pack: dict[str, np.ndarray]) -> np.ndarray:
    data, offsets = pack["data"], pack["offsets"]
    spans = itertools.pairwise(offsets)
    return np.stack([np.asarray(Image.open(io.BytesIO(data[a:b].tobytes())).convert("RGB")) for a, b in spans])


def _resized(pictures: np.ndarray, side: int) -> Tensor:
    """Pictures [N, H, W, 3] at ``side`` pixels (box filter: every source pixel counts once) → [N, 3, S, S]."""
    if pictures.shape[1] != side:
        pictures = np.stack(
            [np.asarray(Image.fromarray(p).resize((side, side), Image.Resampling.BOX)) for p in pictures]
        )
    return torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))


def _padded(pictures: np.ndarray, side: int) -> Tensor:
    """Digits [N, 28, 28] in a black frame of ``side`` pixels → [N, 1, S, S]."""
    margin = (side - pictures.shape[1]) // 2
    return torch.from_numpy(np.pad(pictures, ((0, 0), (margin, margin), (margin, margin))))[:, None]
