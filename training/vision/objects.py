"""Pre-training of the flowers' trunk: ten kinds of everyday objects (CIFAR-10), none of them a flower, in place of ImageNet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn import functional as F

from core.vision.fine_tuning.model import Config, Trunk
from training.data import scaled
from training.sheets import sheet

__all__ = ["OBJECTS", "SCHEDULE_SIDE", "Objects", "ObjectsRecipe", "crops"]

OBJECTS = 10
SCHEDULE_SIDE = 48  # pixels that the 32x32 pictures are drawn at: between their own size and the flowers' 64
LR, WEIGHT_DECAY = 2e-3, 0.02
SMALLEST, LARGEST = 0.6, 1.1  # share of a side that a crop shows
SHEET = 6


class Objects(nn.Module):
    """The trunk with a layer for the ten objects, which is thrown away afterwards."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.trunk = Trunk(config)
        self.last = nn.Linear(config.out, OBJECTS)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.trunk(x))


def crops(pictures: Tensor, side: int, rng: torch.Generator) -> Tensor:
    """Random crops of pictures [B, 3, S, S] in [-1, 1], half of them mirrored, at ``side`` pixels."""
    count = len(pictures)
    share = SMALLEST + (LARGEST - SMALLEST) * torch.rand(count, generator=rng, device=pictures.device)
    room = (1 - share).clamp_min(0)[:, None]
    shift = (2 * torch.rand(count, 2, generator=rng, device=pictures.device) - 1) * room
    mirror = torch.where(torch.rand(count, generator=rng, device=pictures.device) < 0.5, -1.0, 1.0)
    zero = torch.zeros_like(share)
    rows = [torch.stack([share * mirror, zero, shift[:, 0]], 1), torch.stack([zero, share, shift[:, 1]], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), [count, 3, side, side], align_corners=False)
    return F.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)


class ObjectsRecipe:
    """Cross-entropy over the ten kinds; ``pictures`` uint8 [N, 3, 32, 32], for training and held out."""

    def __init__(
        self, config: Config, train: tuple[Tensor, Tensor], held_out: tuple[Tensor, Tensor], seed: int
    ) -> None:
        torch.manual_seed(seed)
        self.model = Objects(config)
        self.train, self.held_out = train, held_out

    def to(self, device: torch.device) -> None:
        self.train = (self.train[0].to(device), self.train[1].to(device))
        self.held_out = (self.held_out[0].to(device), self.held_out[1].to(device))

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        return {"model": (self.model, torch.optim.AdamW(self.model.parameters(), LR, weight_decay=WEIGHT_DECAY))}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        model, optimiser = parts["model"]
        pictures, labels = self.train
        index = torch.randint(len(labels), (batch,), generator=rng, device=labels.device)
        x = crops(scaled(pictures[index]), SCHEDULE_SIDE, rng).contiguous(memory_format=torch.channels_last)
        loss = F.cross_entropy(model(x).float(), labels[index])
        optimiser.zero_grad()
        fabric.backward(loss)
        optimiser.step()
        return {"cross-entropy": loss.detach()}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], np.ndarray]:
        assert isinstance(model, Objects)
        model.eval()
        pictures, labels = self.held_out
        guesses = [
            model(F.interpolate(scaled(part), SCHEDULE_SIDE, mode="bilinear", align_corners=False)).argmax(1)
            for part in pictures.split(250)
        ]
        model.train()
        accuracy = float((torch.cat(guesses) == labels).float().mean())
        return {"accuracy": accuracy}, sheet(scaled(pictures[: SHEET**2]), SHEET)
