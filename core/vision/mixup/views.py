"""Two pictures blended by hand: what a network answers along the way, beside the straight line between its answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from core.codec import prepared
from core.refusal import Refusal
from core.vision.mixup.mixing import blend
from core.vision.mixup.nets import CLASSES, NAME, SIDE, Nets
from core.weights import load

__all__ = ["GRID", "Path", "Way", "models", "of_sheet", "paths"]

GRID = 101
"""Values of ε along the way."""
LEAST_INK = 10.0  # grey levels: the standard deviation below which a picture shows nothing


def models() -> Nets:
    """All shipped networks. Raises WeightsError."""
    found = load(NAME)
    assert isinstance(found, Nets)
    return found


@dataclass(frozen=True)
class Way:
    """The mean answer of a method's networks along the way: ``p`` [GRID, 10]; ``here`` [10] at the chosen ε."""

    p: np.ndarray
    here: np.ndarray

    @cached_property
    def straight(self) -> np.ndarray:
        """εf(x_a) + (1−ε)f(x_b) [GRID, 10]: the answers at the ends, blended as the pictures are."""
        e = np.linspace(0, 1, GRID)[:, None]
        return e * self.p[-1] + (1 - e) * self.p[0]

    @property
    def gap(self) -> float:
        """The mean over ε of ‖f(x̃) − εf(x_a) − (1−ε)f(x_b)‖."""
        return float(np.linalg.norm(self.p - self.straight, axis=1).mean())

    @property
    def ends(self) -> tuple[int, int]:
        """The kinds answered for the first picture and the second."""
        return int(self.p[-1].argmax()), int(self.p[0].argmax())


@dataclass(frozen=True, slots=True)
class Path:
    """Both pictures and their blend (uint8 [28, 28]), and the way of plain training and of another method."""

    a: np.ndarray
    b: np.ndarray
    between: np.ndarray
    epsilon: float
    ways: Mapping[str, Way]


def of_sheet(drawing: np.ndarray) -> np.ndarray:
    """A drawing [S, S] in [0, 1] as a picture, light on black, uint8 [S, S, 3]. Raises Refusal when the sheet is blank."""
    if not drawing.any():
        raise Refusal("是空的，请先画点什么", "is empty; draw something first", input="drawing")
    return np.repeat((drawing * 255).astype(np.uint8)[:, :, None], 3, 2)


def _tensor(picture: np.ndarray, name: str) -> Tensor:
    """A picture [1, 1, 28, 28] in [−1, 1], light on black as the training set's."""
    if np.asarray(picture, float).std() < LEAST_INK:
        raise Refusal("几乎是一片纯色，看不出东西", "is almost one flat colour and shows nothing", input=name)
    return prepared([picture], SIDE, 1)


def _seen(x: Tensor) -> np.ndarray:
    return ((x[0, 0].clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).cpu().numpy()


@torch.no_grad()
def paths(first: np.ndarray, second: np.ndarray, epsilon: float, method: str) -> Path:
    """εx_a + (1−ε)x_b of two pictures (uint8 [H, W, 3]), answered by plain training's networks and by those of ``method``."""
    a, b = _tensor(first, "first"), _tensor(second, "second")
    nets = models()
    where = next(nets.parameters()).device
    e = torch.cat([torch.linspace(0, 1, GRID), torch.tensor([epsilon])])
    x = blend(e, a.cpu().expand(len(e), -1, -1, -1), b.cpu().expand(len(e), -1, -1, -1)).to(where)
    ways = {}
    for name in dict.fromkeys(("plain", method)):
        p = torch.stack([nets.net(name, seed)(x).softmax(1) for seed in range(nets.seeds)]).mean(0).cpu().double().numpy()
        ways[name] = Way(p[:GRID], p[GRID])
    assert p.shape[1] == CLASSES
    return Path(_seen(a), _seen(b), _seen(x[GRID:]), epsilon, ways)
