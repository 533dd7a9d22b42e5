"""A digit before the matrix capsules: how active each class is, its pose, and what the decoder draws when a number of it is moved."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from core import weights
from core.codec import device_of
from core.refusal import Refusal
from core.vision.capsule.matrix import NUMBERS, MatrixNet, Seen

__all__ = ["MEASURES", "NAME", "RECORD", "REACH", "STEPS", "Moved", "Shape", "moved", "net", "poses_of", "shape"]

NAME, RECORD = "capsule-matrix", "poses.json"
REACH, STEPS = 3.0, 7  # standard deviations to either side, and pictures over the whole way
MEASURES = ("ink", "slant", "width", "height")
FAINT = 1e-6


@dataclass(frozen=True, slots=True)
class Shape:
    """What a picture of a digit measures: mean ``ink`` in [0, 1], ``slant`` to the right in degrees, and twice the standard deviations of the ink across and down, in pixels."""

    ink: float
    slant: float
    width: float
    height: float


def shape(picture: Tensor) -> Shape:
    """Measures of one picture [H, W] in [0, 1]: the slant is atan(cov(x, y) / var(y)) of the ink, y upwards."""
    mass = picture.cpu().double()
    total = float(mass.sum()) or FAINT
    rows, columns = torch.meshgrid(*(torch.arange(n, dtype=torch.float64) for n in mass.shape), indexing="ij")
    x, y = columns - (mass * columns).sum() / total, (mass * rows).sum() / total - rows
    across, down, both = (float((mass * a).sum() / total) for a in (x * x, y * y, x * y))
    slant = math.degrees(math.atan(both / max(down, FAINT)))
    return Shape(float(mass.mean()), slant, 2 * math.sqrt(across), 2 * math.sqrt(down))


@dataclass(frozen=True)
class Moved:
    """A picture, the ``activations`` [10] of the classes, the ``pose`` [4, 4] of the class ``digit`` and the deviations [4, 4] of
    that class's poses; pictures at ``offsets`` [7] in those deviations, for each of the 16 numbers [16][7], with their shapes;
    what the decoder draws of the pose ``again``, with the ``chosen`` number moved by ``by``; and the activations ``reread`` [10] of
    the classes when the net sees ``again``."""

    picture: np.ndarray
    activations: np.ndarray
    digit: int
    pose: np.ndarray
    deviations: np.ndarray
    offsets: np.ndarray
    pictures: tuple[tuple[np.ndarray, ...], ...]
    shapes: tuple[tuple[Shape, ...], ...]
    again: np.ndarray
    by: np.ndarray
    reread: np.ndarray
    chosen: int
    error: float

    @property
    def active(self) -> int:
        """The most active class."""
        return int(self.activations.argmax())

    @property
    def read(self) -> int:
        """The class that the net reads in what its decoder drew."""
        return int(self.reread.argmax())

    @cached_property
    def changes(self) -> dict[str, np.ndarray]:
        """What a number's whole way changes, the last picture less the first, by measure [16]."""
        return {
            name: np.array([getattr(row[-1], name) - getattr(row[0], name) for row in self.shapes]) for name in MEASURES
        }

    def strongest(self, measure: str) -> int:
        """The number (from 0) whose way changes ``measure`` most."""
        return int(np.abs(self.changes[measure]).argmax())


def net() -> MatrixNet:
    """The shipped net. Raises WeightsError."""
    return weights.load(NAME)


def poses_of(seen: Seen, digits: Tensor) -> Tensor:
    """The poses [B, 16] of the class capsules of ``digits`` [B]."""
    return seen.poses[torch.arange(len(digits), device=digits.device), digits]


@torch.inference_mode()
def moved(ink: Tensor, whose: str, chosen: int, by: float, iterations: int) -> Moved:
    """The pose of the class ``whose`` ("0" … "9", or "active": the most active) in the picture ``ink`` [28, 28], and every number of it moved.

    ``chosen`` is the number (1 … 16) moved by ``by`` deviations; ``iterations`` are the rounds of EM at both layers.
    Raises Refusal, WeightsError.
    """
    if not 1 <= chosen <= NUMBERS:
        raise Refusal(f"应在 1 到 {NUMBERS} 之间", f"must be from 1 to {NUMBERS}", input="entry", value=chosen)
    model = net()
    seen = model(ink[None, None].to(device_of(model)), iterations)
    activations = seen.activations[0].cpu().double().numpy()
    digit = int(activations.argmax()) if whose == "active" else int(whose)
    which = torch.tensor([digit], device=device_of(model))
    pose = poses_of(seen, which)
    deviations = torch.tensor(json.loads(weights.extra(NAME, RECORD))["deviations"][digit], device=pose.device)
    offsets = torch.linspace(-REACH, REACH, STEPS, device=pose.device)
    ways = pose + offsets[:, None] * (deviations * torch.eye(NUMBERS, device=pose.device))[:, None]  # [16, 7, 16]
    drawn = model.decode(ways.flatten(0, 1), which.expand(NUMBERS * STEPS)).unflatten(0, (NUMBERS, STEPS))[:, :, 0]
    again = model.decode(pose, which)[0, 0]
    reread = model(again[None, None], iterations).activations[0].cpu().double().numpy()
    shifted = pose.clone()
    shifted[0, chosen - 1] += by * deviations[chosen - 1]
    return Moved(
        _levels(ink), activations, digit, pose[0].cpu().double().numpy().reshape(4, 4),
        deviations.cpu().double().numpy().reshape(4, 4), offsets.cpu().double().numpy(),
        tuple(tuple(_levels(one) for one in row) for row in drawn),
        tuple(tuple(shape(one) for one in row) for row in drawn),
        _levels(again), _levels(model.decode(shifted, which)[0, 0]), reread, chosen - 1,
        float((again.cpu() - ink.cpu()).square().mean()),
    )  # fmt: skip


def _levels(x: Tensor) -> np.ndarray:
    return (x * 255).round().clamp(0, 255).byte().cpu().numpy()
