"""Recipe of the feature classifier: ``python -m training.vision.features``. Expected: over 90 % of held-out pictures right."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn import functional as F

from core import weights
from core.vision.features import CLASSES, SIDE, Features
from training.command import run as run_command
from training.data import Labelled, labelled, scaled
from training.loop import Schedule, train
from training.sheets import sheet
from training.sources import SOURCES

SETS = ("cats64", "toonfaces64", "toonfaces64b", "emoji64", "flowers64", "mnist28", "fashion28")
LR = 1e-3
SHEET = 8
LIMITS = {
    "zh": "只用来互相比较这里的图像模型，不是 FID，也不能与别处的数字比较。",
    "en": "For comparing the image models here with one another: not an FID, and not to be compared with numbers from elsewhere.",
}


class FeaturesRecipe:
    """Cross-entropy over the kinds of all sets; every kind is drawn equally often."""

    def __init__(self, sets: Mapping[str, Labelled], seed: int) -> None:
        torch.manual_seed(seed)
        self.model = Features()
        self.kinds: list[Tensor] = []
        held, labels = [], []
        for found in sets.values():
            for kind in range(int(found.train_labels.max()) + 1):
                wanted = found.held_out[found.held_out_labels == kind][:100]
                held.append(wanted.expand(-1, 3, -1, -1))
                labels.append(torch.full((len(wanted),), len(self.kinds)))
                self.kinds.append(found.train[found.train_labels == kind].expand(-1, 3, -1, -1))
        if len(self.kinds) != CLASSES:
            raise ValueError(f"kinds = {len(self.kinds)}: must be {CLASSES}")
        self.held_out, self.labels = scaled(torch.cat(held)), torch.cat(labels)

    def to(self, device: torch.device) -> None:
        self.kinds = [kind.to(device) for kind in self.kinds]
        self.held_out, self.labels = self.held_out.to(device), self.labels.to(device)

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        return {"model": (self.model, torch.optim.Adam(self.model.parameters(), LR))}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        _, optimiser = parts["model"]
        kinds = torch.randint(CLASSES, (batch,), generator=rng, device=self.labels.device)
        places = torch.rand(batch, generator=rng, device=self.labels.device)
        x = torch.stack(
            [self.kinds[k][int(p * len(self.kinds[k]))] for k, p in zip(kinds.tolist(), places.tolist(), strict=True)]
        )
        with fabric.autocast():
            loss = F.cross_entropy(self.model.classes(scaled(x)).float(), kinds)
        optimiser.zero_grad()
        fabric.backward(loss)
        optimiser.step()
        return {"cross-entropy": loss.detach()}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], np.ndarray]:
        assert isinstance(model, Features)
        model.eval()
        guesses = torch.cat([model.classes(part).argmax(1) for part in self.held_out.split(100)])
        model.train()
        return {"accuracy": float((guesses == self.labels).float().mean())}, sheet(
            self.held_out[:: len(self.held_out) // SHEET**2][: SHEET**2], SHEET
        )


def main(
    seed: Annotated[int, typer.Option(min=0)] = 0,
    steps: Annotated[int, typer.Option()] = 2000,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:
    """Train the classifier and write weights and card."""
    recipe = FeaturesRecipe({name: labelled(name, SIDE) for name in SETS}, seed)
    run = train(recipe, Schedule(steps, batch=128, eval_every=500), seed, runs / f"features-{seed}")
    weights.save(
        run.model.half().float(), "features", out, builder="core.vision.features.build", config={},
        data="; ".join(SOURCES[name].text for name in SETS), licence="; ".join(f"{name}: {SOURCES[name].licence}" for name in SETS),
        recipe="python -m training.vision.features", seed=seed, steps=steps, date=datetime.date.today().isoformat(),
        metrics={"held-out accuracy": run.rows[-1]["accuracy"], "training minutes": run.seconds / 60}, limits=LIMITS,
    )  # fmt: skip


if __name__ == "__main__":
    run_command(main)
