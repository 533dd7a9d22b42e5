"""The small networks that are trained with and without blending: a CNN of 28x28 pictures, one for each method and seed."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

__all__ = ["CLASSES", "NAME", "RECORD", "SIDE", "Net", "Nets", "build", "key"]

NAME, RECORD = "mixup", "record.json"
SIDE, CLASSES = 28, 10
CHANNELS, HIDDEN = (16, 32), 64


class Net(nn.Module):
    """Two convolutions of stride 2 and two dense layers: [N, 1, 28, 28] in [-1, 1] → logits [N, 10]. No dropout, no norm."""

    def __init__(self) -> None:
        super().__init__()
        first, second = CHANNELS
        self.layers = nn.Sequential(
            nn.Conv2d(1, first, 5, 2, 2), nn.ReLU(), nn.Conv2d(first, second, 3, 2, 1), nn.ReLU(), nn.Flatten(),
            nn.Linear(second * (SIDE // 4) ** 2, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """The logits."""
        return self.layers(x)


class Nets(nn.Module):
    """One network for every method and seed, by :func:`key`."""

    def __init__(self, methods: Sequence[str], seeds: int) -> None:
        super().__init__()
        self.methods, self.seeds = tuple(methods), seeds
        self.nets = nn.ModuleDict({key(method, seed): Net() for method in methods for seed in range(seeds)})

    def net(self, method: str, seed: int) -> Net:
        """The network that ``method`` trained from ``seed``."""
        found = self.nets[key(method, seed)]
        assert isinstance(found, Net)
        return found


def key(method: str, seed: int) -> str:
    """The name of a network; a module's name has no dots."""
    return f"{method.replace('.', '_')} {seed}"


def build(methods: Sequence[str], seeds: int) -> Nets:
    """The module that a card names, with empty weights."""
    return Nets(methods, seeds)
