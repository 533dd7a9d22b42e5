"""A small CNN on few pictures of clothes, with and without blending: what was measured over seeds, and the networks that ship (post 5693).

Fashion-MNIST: 500 or 2 000 of its training pictures, all methods of :data:`METHODS` from the same seeds, judged on its
10 000 test pictures. No picture of the set ships. The networks are tried again on test pictures as the clustering VAE of post
5887 redraws them from their codes, which ship with their labels.
"""

from __future__ import annotations

import json
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

from core import codec, weights
from core.vision.mixup.digits import Compared, Path, way_between

__all__ = [
    "CLASSES",
    "COUNTS",
    "KEPT",
    "NAME",
    "RECORD",
    "SIDE",
    "Networks",
    "build",
    "by_hand",
    "network",
    "recorded",
    "redrawn",
    "redrawn_errors",
]

NAME, RECORD = "mixup-fashion28", "record.json"
COUNTS = (500, 2000)
"""Training pictures of the runs that were measured."""
KEPT = ("plain", "pair", "mixup-1")
"""The methods whose networks ship: seed 0, trained on the most of :data:`COUNTS`."""
SIDE, CLASSES = 28, 10
CHANNELS = (16, 32)  # of the two convolutions; 20 490 weights in all
REDRAWING, PART = "vae-clustering-fashion28", 1000


def network(seed: int) -> nn.Sequential:
    """Two convolutions of 3x3, each with a pooling, and one dense layer: [N, 1, 28, 28] in [0, 1] → logits [N, 10]; He's rule."""
    rng = torch.Generator().manual_seed(seed)
    few, many = CHANNELS
    first, second = nn.Conv2d(1, few, 3, 1, 1), nn.Conv2d(few, many, 3, 1, 1)
    last = nn.Linear(many * (SIDE // 4) ** 2, CLASSES)
    for layer in (first, second, last):
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=rng)
        assert layer.bias is not None
        nn.init.zeros_(layer.bias)
    pool, flat = nn.MaxPool2d(2), nn.Flatten()
    return nn.Sequential(first, nn.ReLU(), pool, second, nn.ReLU(), nn.MaxPool2d(2), flat, last)


class Networks(nn.Module):
    """One network of each of the methods :data:`KEPT`, as :func:`network` makes them, in ``nets``."""

    def __init__(self) -> None:
        super().__init__()
        self.nets = nn.ModuleDict({name: network(0) for name in KEPT})


def build() -> Networks:
    """Untrained networks (what the weights' card names as its builder)."""
    return Networks()


@lru_cache(maxsize=1)
def _record() -> dict[str, dict[str, dict[str, list[float]]]]:
    return json.loads(weights.extra(NAME, RECORD))


def recorded(count: int) -> Compared:
    """What was measured of all methods trained on ``count`` (of :data:`COUNTS`) pictures. Raises WeightsError."""
    return Compared(_record()[str(count)])


@lru_cache(maxsize=1)
@torch.inference_mode()
def redrawn() -> tuple[np.ndarray, np.ndarray]:
    """The test pictures as the clustering VAE redraws them, uint8 [10 000, 1, 28, 28], and their labels [10 000]. Raises WeightsError."""
    from core.vae.vae_clustering.views import test_codes

    model = weights.load(REDRAWING)
    codes, labels = test_codes(REDRAWING)
    z = torch.from_numpy(codes).float().to(codec.device_of(model))
    pictures = torch.cat([model.decode(part) for part in z.split(PART)])
    return (pictures * 255).round().byte().cpu().numpy(), labels


@torch.no_grad()
def redrawn_errors(networks: Networks) -> dict[str, float]:
    """The share of redrawn test pictures that each network of ``networks`` takes for another kind, by method."""
    pictures, labels = redrawn()
    x, y = torch.from_numpy(pictures).float() / 255, torch.from_numpy(labels.astype(np.int64))
    device = next(networks.parameters()).device

    def wrong(net: nn.Module) -> Tensor:
        return torch.cat([net(part.to(device)).argmax(1).cpu() for part in x.split(PART)]) != y

    return {name: float(wrong(net).double().mean()) for name, net in networks.nets.items()}


def by_hand(first: int, second: int, epsilon: float, method: str) -> Path:
    """Two redrawn test pictures, by their numbers, blended; answered by the shipped networks of plain training and of ``method``.

    ``method`` is one of :data:`KEPT`. Raises WeightsError.
    """
    networks: Networks = weights.load(NAME)
    pictures, _ = redrawn()
    device = next(networks.parameters()).device
    a, b = (torch.from_numpy(pictures[k]).float() / 255 for k in (first, second))
    nets = {name: lambda x, net=networks.nets[name]: net(x.to(device)).cpu() for name in ("plain", method)}
    return way_between(a, b, epsilon, nets)
