"""What stages 1, 2 and 3 train on flowers: cached vectors for the head, pictures augmented on the way for the unfrozen part."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from core.vision.fine_tuning.augment import augmented, drawn
from core.vision.fine_tuning.model import Config, Head, Model, Trunk
from core.vision.fine_tuning.objective import AUXILIARY, CENTRE, batch, loss, trained
from training.data import scaled
from training.updates import descend

__all__ = ["Flowers", "HeadRecipe", "ScratchRecipe", "UpperRecipe", "answers", "copies", "seen", "settled", "varied"]

KINDS_A_BATCH = 4  # of the five, drawn by frequency; the post: 16 of 100
MOMENTUM = 0.9  # of the post's SGD
See = Callable[[Tensor], Tensor]
AT_ONCE = 250  # pictures through the trunk together


@dataclass(slots=True)
class Flowers:
    """Pictures as uint8 [N, 3, 64, 64] and labels [N]: for training, for choosing (``valid``) and held out."""

    train: Tensor
    train_labels: Tensor
    valid: Tensor
    valid_labels: Tensor
    held_out: Tensor
    held_out_labels: Tensor

    def to(self, device: torch.device) -> None:
        """Move everything."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name).to(device))


def varied(data: Flowers, index: Tensor, on: Collection[str], rng: torch.Generator) -> Tensor:
    """The training pictures ``index`` [B] augmented; partners of the same kind and pictures to paste on are drawn."""
    draws = drawn(len(index), rng)
    same = (data.train_labels[index][:, None] == data.train_labels[None]).float()
    partner = torch.multinomial(same, 1, generator=rng)[:, 0]
    other = torch.randint(len(data.train), (len(index),), generator=rng, device=rng.device)
    x, a, b = (scaled(data.train[k]) for k in (index, partner, other))
    return augmented(x, a, b, draws, on).contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def seen(see: See, pictures: Tensor) -> Tensor:
    """What ``see``, a trunk or a part of one in evaluation, makes of uint8 pictures; [N, …]."""
    return torch.cat([see(scaled(part)) for part in pictures.split(AT_ONCE)])


@torch.no_grad()
def copies(see: See, data: Flowers, on: Collection[str], count: int, seed: int) -> Tensor:
    """The same of ``count`` augmented copies of every training picture; [count, N, …]. One copy, as it is, with nothing on."""
    if not on:
        return seen(see, data.train)[None]
    rng = torch.Generator(data.train.device).manual_seed(seed)
    every = torch.arange(len(data.train), device=data.train.device)
    return torch.stack([
        torch.cat([see(varied(data, part, on, rng)) for part in every.split(AT_ONCE)]) for _ in range(count)
    ])  # fmt: skip


@torch.no_grad()
def answers(head: Head, h: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """p₀ and p₁ of trunk vectors; [N, kinds] each."""
    _, main, auxiliary = head(h)
    return main.softmax(1).cpu().numpy(), auxiliary.softmax(1).cpu().numpy()


def share(logits: Tensor, labels: Tensor) -> float:
    """The share of rows whose largest entry is their label's."""
    return float((logits.argmax(1) == labels).float().mean())


class HeadRecipe:
    """Stage 1: the head alone, on vectors ``cache`` [copies, N, out] of a frozen trunk."""

    def __init__(
        self, config: Config, cache: Tensor, labels: Tensor, valid: tuple[Tensor, Tensor], seed: int,
        centre: float = CENTRE, auxiliary: float = AUXILIARY, lr: float = 1e-3,
    ) -> None:  # fmt: skip
        torch.manual_seed(seed)
        self.model = Head(config)
        self.cache, self.labels, self.valid = cache, labels, valid
        self.weights, self.lr = (centre, auxiliary), lr

    def to(self, device: torch.device) -> None:
        self.cache, self.labels = self.cache.to(device), self.labels.to(device)
        self.valid = (self.valid[0].to(device), self.valid[1].to(device))

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        return {"head": (self.model, torch.optim.Adam(self.model.parameters(), self.lr))}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], size: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        index = batch(self.labels, KINDS_A_BATCH, size // KINDS_A_BATCH, rng)
        copy = torch.randint(len(self.cache), (len(index),), generator=rng, device=rng.device)
        made = loss(self.model, self.cache[copy, index], self.labels[index], *self.weights)
        descend(fabric, parts["head"][0], parts["head"][1], made.total)
        return {"loss": made.total.detach()}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], str]:
        assert isinstance(model, Head)
        _, main, auxiliary = model(self.valid[0])
        return {"accuracy": share(main, self.valid[1]), "auxiliary": share(auxiliary, self.valid[1])}, ""


class UpperRecipe:
    """Stages 2 and 3: head and upper trunk by SGD at a small rate; statistics stay frozen.

    ``maps`` [copies, N, …] are what the frozen lower trunk makes of augmented training pictures, ``valid`` those for choosing.
    """

    def __init__(
        self, model: Model, maps: Tensor, labels: Tensor, valid: tuple[Tensor, Tensor], stage: int, lr: float,
        centre: float = CENTRE, auxiliary: float = AUXILIARY,
    ) -> None:  # fmt: skip
        self.model, self.maps, self.labels, self.valid, self.lr = model, maps, labels, valid, lr
        self.weights = (centre, auxiliary)
        self.chosen = trained(model, stage)

    def to(self, device: torch.device) -> None:
        self.maps, self.labels = self.maps.to(device), self.labels.to(device)
        self.valid = (self.valid[0].to(device), self.valid[1].to(device))

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        return {"model": (self.model, torch.optim.SGD(self.chosen, self.lr, MOMENTUM))}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], size: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        index = batch(self.labels, KINDS_A_BATCH, size // KINDS_A_BATCH, rng)
        copy = torch.randint(len(self.maps), (len(index),), generator=rng, device=rng.device)
        maps = self.maps[copy, index].float().contiguous(memory_format=torch.channels_last)
        with fabric.autocast():
            h = self.model.trunk.vector(maps)
        made = loss(self.model.head, h.float(), self.labels[index], *self.weights)
        descend(fabric, parts["model"][0], parts["model"][1], made.total)
        return {"loss": made.total.detach()}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], str]:
        assert isinstance(model, Model)
        model.eval()
        _, main, auxiliary = model.head(model.trunk.vector(self.valid[0].float()))
        labels = self.valid[1]
        return {"accuracy": share(main, labels), "auxiliary": share(auxiliary, labels)}, ""


class ScratchRecipe:
    """For comparison: the whole network from random weights on flowers alone, by Adam, all augmentations on."""

    def __init__(self, config: Config, data: Flowers, on: Collection[str], seed: int, lr: float = 2e-3) -> None:
        torch.manual_seed(seed)
        self.model, self.data, self.on, self.lr = Model(config), data, on, lr

    def to(self, device: torch.device) -> None:
        self.data.to(device)

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        return {"model": (self.model, torch.optim.Adam(self.model.parameters(), self.lr))}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], size: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        index = batch(self.data.train_labels, KINDS_A_BATCH, size // KINDS_A_BATCH, rng)
        x = varied(self.data, index, self.on, rng)
        self.model.train()
        with fabric.autocast():
            h = self.model.trunk(x)
        made = loss(self.model.head, h.float(), self.data.train_labels[index])
        descend(fabric, parts["model"][0], parts["model"][1], made.total)
        return {"loss": made.total.detach()}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], str]:
        assert isinstance(model, Model)
        model.eval()
        _, main, auxiliary = model.head(seen(model.trunk, self.data.valid))
        labels = self.data.valid_labels
        return {"accuracy": share(main, labels), "auxiliary": share(auxiliary, labels)}, ""


def settled(trunk: Trunk, data: Flowers) -> Trunk:
    """An untrained trunk whose normalisation has seen the flowers: else its vectors would be out of all proportion."""
    trunk.train()
    with torch.no_grad():
        for part in data.train[:: max(1, len(data.train) // AT_ONCE)].split(AT_ONCE // 5):
            trunk(scaled(part))
    return trunk.eval()
