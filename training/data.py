"""Sets of pictures for training: split, scaled and drawn in batches.

From the folder that ``GALLERY_DATA`` names, else from the public origins in ``training.origins`` and ``core.data.datasets``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core.data.datasets import FOLDER_VARIABLE, HELD_OUT_EVERY, decoded, pack
from training.origins import from_origin

__all__ = ["ImageSet", "Labelled", "images", "labelled"]


@dataclass(slots=True)
class ImageSet:
    """Pictures as uint8 tensors [N, C, S, S]: ``train`` and ``held_out``; ``mirror`` when a picture's mirror image is as good."""

    name: str
    train: Tensor
    held_out: Tensor
    mirror: bool

    def pick(self, size: int, rng: torch.Generator) -> Tensor:
        """``size`` training pictures (uint8), drawn with replacement, half of them mirrored where that is allowed."""
        index = torch.randint(len(self.train), (size,), generator=rng, device=self.train.device)
        x = self.train[index]
        if self.mirror:
            flip = torch.rand(size, generator=rng, device=x.device) < 0.5
            x = torch.where(flip[:, None, None, None], x.flip(-1), x)
        return x

    def batch(self, size: int, rng: torch.Generator) -> Tensor:
        """The same in [-1, 1], channels last."""
        return scaled(self.pick(size, rng)).contiguous(memory_format=torch.channels_last)

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
    """The set ``name`` at ``side`` pixels: its test pictures are held out, or every 24th where it has none. Raises DatasetError."""
    return _split(name, _arrays(name), side)


def labelled(name: str, side: int) -> Labelled:
    """The same with labels; a set without any is one kind."""
    arrays = _arrays(name)
    found = _split(name, arrays, side)
    if "x_train" in arrays:
        labels = [arrays[key] for key in ("y_train", "y_test")]
    elif "label" in arrays:
        held = _held_out(len(arrays["label"])).numpy()
        labels = [arrays["label"][~held], arrays["label"][held]]
    else:
        labels = [np.zeros(len(x)) for x in (found.train, found.held_out)]
    train, held_out = (torch.from_numpy(x.astype(np.int64)) for x in labels)
    return Labelled(found.train, train, found.held_out, held_out)


def _arrays(name: str) -> Mapping[str, np.ndarray]:
    """The pack in the folder where one is named, else the public set."""
    found = None if os.environ.get(FOLDER_VARIABLE) else from_origin(name)
    return pack(name) if found is None else found


def _split(name: str, arrays: Mapping[str, np.ndarray], side: int) -> ImageSet:
    if "x_train" in arrays:
        train, held_out = (_padded(arrays[key], side) for key in ("x_train", "x_test"))
        return ImageSet(name, train, held_out, mirror=False)
    if "offsets" in arrays:
        pictures = np.stack([decoded(arrays, k) for k in range(len(arrays["offsets"]) - 1)])
    else:
        pictures = arrays["images"]
    tensor = _resized(pictures, side)
    held = _held_out(len(tensor))
    return ImageSet(name, tensor[~held], tensor[held], mirror=True)


def _held_out(count: int) -> Tensor:
    return torch.arange(count) % HELD_OUT_EVERY == 0


def _resized(pictures: np.ndarray, side: int) -> Tensor:
    """Pictures [N, H, W, 3] at ``side`` pixels (box filter: every source pixel counts once) → [N, 3, S, S]."""
    if pictures.shape[1] != side:
        pictures = np.stack(
            [np.asarray(Image.fromarray(p).resize((side, side), Image.Resampling.BOX)) for p in pictures]
        )
    return torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))


def _padded(pictures: np.ndarray, side: int) -> Tensor:
    """Digits [N, 28, 28] in a black frame of ``side`` pixels → [N, 1, S, S]."""
    margin, odd = divmod(side - pictures.shape[1], 2)
    if margin < 0 or odd:
        raise ValueError(f"side = {side}: must be {pictures.shape[1]} plus an even number of pixels")
    return torch.from_numpy(np.pad(pictures, ((0, 0), (margin, margin), (margin, margin))))[:, None]
