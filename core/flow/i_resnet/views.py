"""What a reader sees of the digit classifiers: a picture taken back from the last layer, and the norms of all layers."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from core import codec
from core.data.examples import digits
from core.flow.i_resnet.blocks import CPU, BoundedConv, conv_norm, reshaped_norm
from core.flow.i_resnet.pictures import Classifier, LayerNorms
from core.flow.transforms import Squeeze
from core.weights import load, read_card

__all__ = [
    "FREE",
    "NAME",
    "Kernel",
    "Norms",
    "OneModel",
    "TakenBack",
    "norms",
    "shipped_error",
    "taken_back",
]

NAME, FREE = "i-resnet-mnist28", "i-resnet-free-mnist28"
COUNTS = (1, 2, 3, 5, 8, 12, 18, 25)  # iterations a block
LARGEST = 1e6  # a reconstruction farther off than that is as good as infinite
Kernel = Literal["first", "last", "ones", "random"]
SIDES = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14)
POWERS = 40


@dataclass(frozen=True)
class OneModel:
    """A picture in one classifier: ``probabilities`` [10]; ``forward`` and ``backward``, the picture after each part and as it is
    found again from the last layer, uint8 [28, 28, 3] each, in the order of the parts.

    ``errors`` [counts]: the largest error of a pixel (range 2) after so many iterations a block. ``test_error`` by the card.
    """

    probabilities: np.ndarray
    forward: tuple[np.ndarray, ...]
    backward: tuple[np.ndarray, ...]
    errors: np.ndarray
    test_error: float
    test_errors: tuple[float, ...]
    parameters: int
    error: float


@dataclass(frozen=True)
class TakenBack:
    """The picture as both classifiers see it, i-ResNet first; ``counts`` of iterations; ``parts``: names of the states."""

    picture: np.ndarray
    models: tuple[OneModel, OneModel]
    counts: tuple[int, ...]
    names: tuple[str, ...]


@torch.inference_mode()
def taken_back(picture: np.ndarray, iterations: int) -> TakenBack:
    """The picture (uint8 [H, W, 3]) forward through both classifiers, and back from their last layers."""
    first: Classifier = load(NAME, CPU)
    x = codec.prepared([picture], first.config.side, 1)
    names = [""]
    for part in first.parts:
        names.append("squeeze" if isinstance(part, Squeeze) else str(sum(n not in ("", "squeeze") for n in names) + 1))
    return TakenBack(
        codec.to_pictures(x)[0],
        (_one(NAME, x, iterations), _one(FREE, x, iterations)),
        COUNTS,
        tuple(names),
    )


def _one(name: str, x: Tensor, iterations: int) -> OneModel:
    model: Classifier = _in_double(name)
    x = x.double()
    path = model.path(x)
    counts = torch.tensor([iterations, *COUNTS])
    states = model.inverted(path[-1].expand(len(counts), -1, -1, -1), counts)[::-1]
    back = [state[:1] for state in states]
    errors = [_largest(one - x[0]) for one in states[0][1:]]
    card = read_card(name)
    tested = tuple(value for key, value in card.metrics.items() if key.endswith(": test error"))
    return OneModel(
        model.last(path[-1].flatten(1)).softmax(1)[0].numpy(), tuple(_shown(a, a) for a in path),
        tuple(_shown(b, a) for a, b in zip(path, back, strict=True)), np.array(errors), card.metrics["test error"], tested,
        card.parameters, _largest(back[0] - x),
    )  # fmt: skip


def _largest(gap: Tensor) -> float:
    return float(gap.abs().nan_to_num(nan=LARGEST, posinf=LARGEST).max().clamp(max=LARGEST))


def _shown(state: Tensor, scale: Tensor) -> np.ndarray:
    """A state [1, C, S, S] laid out as a picture, its channels put back where their pixels came from, on the scale of another."""
    low, high = scale.min(), scale.max()
    while state.shape[1] > 1:
        state = F.pixel_shuffle(state, 2)
    scaled = 2 * (state.nan_to_num() - low) / (high - low).clamp(min=1e-9) - 1
    return codec.to_pictures(scaled.clamp(-1, 1))[0]


@lru_cache(maxsize=4)
def _in_double(name: str) -> Classifier:
    return copy.deepcopy(load(name, CPU)).double()


@torch.inference_mode()
def shipped_error(model: str | Classifier) -> float:
    """The share of the 100 digits drawn for this gallery that the classifier (or the weights of that name) tells wrongly."""
    pictures, labels = digits()
    x = codec.prepared([np.repeat(one[:, :, None], 3, 2) for one in pictures], 28, 1)
    classifier: Classifier = load(model, CPU) if isinstance(model, str) else model
    return float((classifier(x).argmax(1).numpy() != labels).mean())


@dataclass(frozen=True)
class Norms:
    """Norms of all layers of both classifiers, the bound ``c``; and of one kernel: its operator's norms ``by_side`` at ``sides``
    pixels, its ``reshaped`` norm, and the estimates of its norm at ``side`` after 1, 2, … power iterations ``powers``."""

    bounded: tuple[LayerNorms, ...]
    free: tuple[LayerNorms, ...]
    c: float
    sides: tuple[int, ...]
    by_side: np.ndarray
    reshaped: float
    k: int
    exact: float
    powers: np.ndarray


@torch.inference_mode()
def norms(kernel: Kernel, side: int, seed: int) -> Norms:
    """Measure the layers, and one kernel on pictures of ``side`` pixels."""
    model: Classifier = load(NAME, CPU)
    weight = _kernel(kernel, model, seed)
    by_side = np.array([conv_norm(weight, s) for s in SIDES])
    return Norms(
        _norms_of(NAME), _norms_of(FREE), model.config.c, SIDES, by_side, reshaped_norm(weight), weight.shape[-1],
        conv_norm(weight, side), power_estimates(weight, side, POWERS, seed),
    )  # fmt: skip


def _kernel(kernel: Kernel, model: Classifier, seed: int) -> Tensor:
    convolutions = [m.weight for m in model.modules() if isinstance(m, BoundedConv)]
    match kernel:
        case "first":
            return convolutions[0]
        case "last":
            return convolutions[-3]
        case "ones":
            return torch.ones(1, 1, 3, 3)
        case _:
            return torch.randn(4, 4, 3, 3, generator=torch.Generator().manual_seed(seed)) / 6


def power_estimates(weight: Tensor, side: int, count: int, seed: int) -> np.ndarray:
    """‖Av‖ after 1 … ``count`` power iterations from a random picture: never above the norm."""
    rng = torch.Generator().manual_seed(seed)
    vector = torch.randn(1, weight.shape[1], side, side, generator=rng)
    found, pad = [], weight.shape[-1] // 2
    for _ in range(count):
        image = F.conv2d(vector / vector.norm(), weight, padding=pad)
        found.append(float(image.norm()))
        vector = F.conv_transpose2d(image, weight, padding=pad)
    return np.array(found)


@lru_cache(maxsize=4)
def _norms_of(name: str) -> tuple[LayerNorms, ...]:
    return load(name, CPU).norms()
