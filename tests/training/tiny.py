"""A recipe small enough to run in a test: a line fitted to made numbers. Run as a script it trains until it is killed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from training.loop import Schedule, train

SCHEDULE = Schedule(40, batch=8, ema=0.9, eval_every=10, checkpoint_every=0.0, precision="32-true")


class TinyRecipe:
    """y = 2 x + 1 by a linear layer with batch normalisation (so that there are buffers to keep)."""

    def __init__(self, seed: int, spoil_at: int = -1) -> None:
        torch.manual_seed(seed)
        self.model = nn.Sequential(nn.Linear(1, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
        self.spoil_at = spoil_at
        self.steps = 0

    def to(self, device: torch.device) -> None:
        self.model.to(device)

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        return {"model": (self.model, torch.optim.Adam(self.model.parameters(), 0.02))}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        model, optimiser = parts["model"]
        x = torch.randn(batch, 1, generator=rng)
        loss = (model(x) - 2 * x - 1).square().mean()
        optimiser.zero_grad()
        fabric.backward(loss)
        optimiser.step()
        self.steps += 1
        return {"loss": loss.detach() * (float("nan") if self.steps == self.spoil_at else 1.0)}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], np.ndarray]:
        model.eval()
        value = float(model(torch.ones(1, 1)))
        model.train()
        return {"at one": value}, np.zeros((2, 2, 3), np.uint8)


if __name__ == "__main__":
    train(TinyRecipe(0), replace(SCHEDULE, steps=int(sys.argv[2])), 0, Path(sys.argv[1]), device="cpu")
