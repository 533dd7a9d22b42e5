"""A small convolutional i-ResNet that tells digits apart, and the plain ResNet of the same size.

28x28 pixels become 14x14x4, then 7x7x16, by squeezing 2x2 pixels into channels; between, residual blocks. No number is
dropped on the way: the last layer has 784 numbers as the picture has, and a linear map of them gives the ten logits. With
c = 0 the same network is an ordinary ResNet, whose branches may have any norm.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from core.flow.i_resnet.blocks import Bound, BoundedConv, convolutional, iterates, reshaped_norm
from core.flow.transforms import Squeeze

__all__ = ["CLASSES", "Classifier", "Config", "LayerNorms", "build"]

CLASSES = 10


@dataclass(frozen=True)
class Config:
    """``blocks`` at each of both resolutions, with ``hidden`` channels inside a branch; ``c`` = 0 leaves norms free."""

    side: int = 28
    blocks: tuple[int, int] = (3, 3)
    hidden: int = 32
    c: float = 0.9

    @property
    def channels(self) -> int:
        """Of the pictures."""
        return 1


class LayerNorms(NamedTuple):
    """Norms of one convolution kxk of block ``block``: the operator's at its true input size, and the reshaped kernel's."""

    block: int
    k: int
    operator: float
    reshaped: float


class Classifier(nn.Module):
    """Pictures [B, 1, 28, 28] in [-1, 1] → logits [B, 10]."""

    def __init__(self, config: Config, bound: Bound = "none") -> None:
        super().__init__()
        self.config = config
        parts: list[nn.Module] = []
        for level, count in enumerate(config.blocks, 1):
            parts.append(Squeeze())
            channels, side = 4**level, config.side // 2**level
            parts += [convolutional(channels, config.hidden, side, config.c, bound) for _ in range(count)]
        self.parts = nn.ModuleList(parts)
        self.last = nn.Linear(config.side**2, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.features(x).flatten(1))

    def features(self, x: Tensor) -> Tensor:
        """The last layer [B, 16, 7, 7]."""
        return self.path(x)[-1]

    def path(self, x: Tensor) -> list[Tensor]:
        """x and what it becomes after each part."""
        found = [x]
        for part in self.parts:
            x = part(x)[0] if isinstance(part, Squeeze) else x + part(x)
            found.append(x)
        return found

    def inverted(self, z: Tensor, iterations: int | Tensor) -> list[Tensor]:
        """z and what comes before each part, last first, each branch undone by ``iterations`` of x ← z - g(x).

        A tensor [B] of counts gives each picture its own.
        """
        counts = torch.as_tensor(iterations, device=z.device).expand(len(z))
        most, found = int(counts.max()), [z]
        for part in reversed(self.parts):
            if isinstance(part, Squeeze):
                z = part.inverse(z)[0]
            else:
                kept = z
                for number, x in enumerate(iterates(part, z, most)):
                    kept = torch.where((counts >= number)[:, None, None, None], x, kept)
                z = kept
            found.append(z)
        return found

    @torch.no_grad()
    def norms(self) -> tuple[LayerNorms, ...]:
        """Of every convolution, as its weight is stored."""
        found = []
        branches = [part for part in self.parts if not isinstance(part, Squeeze)]
        for number, part in enumerate(branches, 1):
            for layer in part.modules():
                if isinstance(layer, BoundedConv):
                    weight = layer.weight
                    found.append(LayerNorms(number, weight.shape[-1], layer.norm(), reshaped_norm(weight)))
        return tuple(found)

    @torch.no_grad()
    def settled(self) -> Classifier:
        """A copy whose stored weights, rounded to fp16 as they ship, have operator norms at most c."""
        found = Classifier(self.config)
        found.load_state_dict({k: v for k, v in copy.deepcopy(self.state_dict()).items() if not k.endswith("vector")})
        for layer in found.modules():
            if isinstance(layer, BoundedConv):
                layer.settle()
        return found.half().float().eval()


def build(side: int = 28, blocks: tuple[int, int] = (3, 3), hidden: int = 32, c: float = 0.9) -> Classifier:
    """An untrained classifier (what its weights card names)."""
    return Classifier(Config(side, (blocks[0], blocks[1]), hidden, c))
