"""The digits that a reader chooses: the project's own drawings, the reader's drawing or picture, or MNIST's test digits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core.codec import prepared
from core.data import examples
from core.data.datasets import pack
from core.refusal import Refusal
from core.vision.capsule.model import SIDE

__all__ = ["Chosen", "centred", "chosen", "own"]

DATA = "mnist28"
BOX = 20  # pixels of the square that MNIST's digits fill
FAINT = 0.1  # the least ink of a pixel that counts in finding the digit's bounds


@dataclass(frozen=True)
class Chosen:
    """A digit's ``ink`` [28, 28] in [0, 1], and which ``digit`` it is, where that is known."""

    ink: Tensor
    digit: int | None = None


def own(digit: int, number: int) -> Chosen:
    """Drawing ``number`` (0 … 9) of ``digit`` among the project's own."""
    pictures, _ = examples.digits()
    return Chosen(torch.from_numpy(pictures[10 * digit + number]).float() / 255, digit)


def chosen(
    source: str, digit: int, number: int, drawing: np.ndarray, picture: np.ndarray, test: int, names: tuple[str, str]
) -> Chosen:
    """One digit from ``source``: own, sketch, picture or held-out. ``names`` are what the tab calls the drawing and the picture.

    A drawing is scaled and centred as MNIST's digits are; a picture is taken as it is. Raises Refusal, DatasetError.
    """
    if source == "own":
        return own(digit, number)
    if source == "held-out":
        arrays = pack(DATA)
        return Chosen(torch.from_numpy(arrays["x_test"][test]).float() / 255, int(arrays["y_test"][test]))
    if source == "sketch":
        return Chosen(centred(drawing, names[0]))
    found = (prepared([picture], SIDE, 1)[0, 0] + 1) / 2
    _with_ink(found.numpy(), names[1])
    return Chosen(found)


def centred(drawing: np.ndarray, name: str) -> Tensor:
    """A drawing [H, W] in [0, 1] scaled into 20x20 pixels and set by its centre of mass: [28, 28], as MNIST's digits are.

    Raises Refusal for the input ``name`` where nothing is drawn.
    """
    _with_ink(drawing, name)
    rows, columns = (np.flatnonzero((drawing > FAINT).any(axis)) for axis in (1, 0))
    cut = Image.fromarray((255 * drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]).astype(np.uint8))
    factor = BOX / max(cut.size)
    size = (max(1, round(cut.width * factor)), max(1, round(cut.height * factor)))
    small = np.asarray(cut.resize(size, Image.Resampling.BILINEAR), np.float32) / 255
    top, left = (
        int(np.clip(round(SIDE / 2 - float((small.sum(1 - axis) * (np.arange(small.shape[axis]) + 0.5)).sum() / small.sum())), 0, SIDE - small.shape[axis]))
        for axis in (0, 1)
    )  # fmt: skip
    framed = torch.zeros(SIDE, SIDE)
    framed[top : top + small.shape[0], left : left + small.shape[1]] = torch.from_numpy(small)
    return framed


def _with_ink(picture: np.ndarray, name: str) -> None:
    if float(picture.max()) <= FAINT:
        raise Refusal("是空的，请先画点什么", "is empty; draw something first", input=name)
