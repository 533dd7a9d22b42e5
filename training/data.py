"""Sets of pictures for training: split, scaled and drawn in batches. ``core.datasets`` says where they come from."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core.datasets import FOLDER_VARIABLE, HELD_OUT_EVERY, DatasetError, decoded, pack

__all__ = ["ImageSet", "Labelled", "images", "labelled"]

DRAWN = "toonfaces64"
DICEBEAR = Path(__file__).parent / "dicebear"
FIRST_DRAWN, COUNT_DRAWN = 1000, 8000


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
    arrays = {"images": _drawn()} if name == DRAWN and not os.environ.get(FOLDER_VARIABLE) else pack(name)
    if "x_train" in arrays:
        train, held_out = (_padded(arrays[key], side) for key in ("x_train", "x_test"))
        return ImageSet(name, train, held_out, mirror=False)
    if "offsets" in arrays:
        pictures = np.stack([decoded(arrays, k) for k in range(len(arrays["offsets"]) - 1)])
    else:
        pictures = arrays["images"]
    tensor = _resized(pictures, side)
    held = torch.arange(len(tensor)) % HELD_OUT_EVERY == 0
    return ImageSet(name, tensor[~held], tensor[held], mirror=True)


def labelled(name: str, side: int) -> Labelled:
    """The set ``name`` with labels; a set without any is one kind."""
    arrays = pack(name)
    if "x_train" in arrays:
        train, held_out = (_padded(arrays[key], side) for key in ("x_train", "x_test"))
        names = ("y_train", "y_test")
        return Labelled(
            train, torch.from_numpy(arrays[names[0]]).long(), held_out, torch.from_numpy(arrays[names[1]]).long()
        )
    found = images(name, side)
    if "label" not in arrays:
        zeros = [torch.zeros(len(x), dtype=torch.long) for x in (found.train, found.held_out)]
        return Labelled(found.train, zeros[0], found.held_out, zeros[1])
    labels = torch.from_numpy(np.asarray(arrays["label"]).astype(np.int64))
    held = torch.arange(len(labels)) % HELD_OUT_EVERY == 0
    return Labelled(found.train, labels[~held], found.held_out, labels[held])


def _drawn() -> np.ndarray:
    """Portraits drawn with DiceBear, uint8 [8000, 64, 64, 3], from seeds apart from those of the shipped ones."""
    if shutil.which("node") is None or not (DICEBEAR / "node_modules").exists():
        raise DatasetError(
            f"画头像需要 Node.js：先在 {DICEBEAR} 里运行 npm ci", f"drawing portraits needs Node.js: run npm ci in {DICEBEAR} first"
        )  # fmt: skip
    command = ["node", "draw.mjs", "avataaars", str(FIRST_DRAWN), str(COUNT_DRAWN)]
    done = subprocess.run(command, cwd=DICEBEAR, stdout=subprocess.PIPE, check=True)
    return np.frombuffer(done.stdout, np.uint8).reshape(COUNT_DRAWN, 64, 64, 3)


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
