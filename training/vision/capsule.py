"""Recipe of the readers of digits (posts 4819, 5112, 5155): ``python -m training.vision.capsule``.

As the author's script: the same body under pooling (A) and under capsules (B), the margin loss, Adam, batches of 128 single
digits, pixels in [0, 1]. Otherwise than there: three epochs in place of 20 (A) and 10 (B), three seeds of each, averaged weights,
bfloat16 where the processor has it. No setting is chosen by the pictures of two digits; those are only measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from lightning_fabric import Fabric
from torch import Tensor, nn

from core.vae.objective import bernoulli
from core.vision.capsule.matrix import Config as MatrixConfig
from core.vision.capsule.matrix import MatrixNet, Seen, spread_loss
from core.vision.capsule.model import SIDE, Config, Reader, margin_loss
from core.vision.capsule.pairs import stacked, told
from training.command import run as run_command
from training.data import Labelled, labelled
from training.loop import Run, Schedule, train
from training.sheets import SHEET, beside, sheet
from training.updates import descend

DATA = "mnist28"
LR, BATCH = 1e-3, 128  # Adam's default in Keras; the author's batch
WATCHED = 200  # test digits, alone and in pairs, at every evaluation
MATRIX_LR, MATRIX_BATCH = 2e-3, 64
MARGINS, WIDENED = (0.2, 0.9), 0.3  # of the spread loss (the paper), and the share of the steps over which it widens
PICTURE = 0.005  # weight of the decoder's error in nats, beside the spread loss
SHOWN = 200  # test digits at an evaluation of the matrix capsules
PART = 100  # pictures at a time in measuring


@dataclass(frozen=True, slots=True)
class Measured:
    """Shares of test pictures: single digits told right; pairs told right; pairs told right with both above one half."""

    single: float
    pair: float
    sure: float


class ReaderRecipe:
    """One update on a batch of single digits, drawn with replacement."""

    def __init__(self, config: Config, data: Labelled, seed: int) -> None:
        torch.manual_seed(seed)
        self.model, self.data = Reader(config), data

    def to(self, device: torch.device) -> None:
        self.data.train, self.data.train_labels = self.data.train.to(device), self.data.train_labels.to(device)

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        return {"model": (self.model, torch.optim.Adam(self.model.parameters(), LR))}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        model, optimiser = parts["model"]
        picks = torch.randint(len(self.data.train), (batch,), generator=rng, device=self.data.train.device)
        x = unit(self.data.train[picks]).contiguous(memory_format=torch.channels_last)
        loss = margin_loss(model(x).float(), self.data.train_labels[picks])
        descend(fabric, model, optimiser, loss)
        return {"loss": loss.detach()}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], str]:
        assert isinstance(model, Reader)
        found = measured(model, self.data.held_out[:WATCHED], self.data.held_out_labels[:WATCHED])
        return {"single": found.single, "pair": found.pair, "sure": found.sure}, f"{found}\n"


def unit(pictures: Tensor) -> Tensor:
    """uint8 → float32 in [0, 1]."""
    return pictures.float() / 255


@torch.no_grad()
def measured(model: Reader, pictures: Tensor, labels: Tensor) -> Measured:
    """Test digits alone, and in pairs of a fixed order."""
    model.eval()
    device = next(model.parameters()).device
    pairs = stacked(pictures, labels, 0)

    def read(x: Tensor) -> Tensor:
        return torch.cat([model(unit(part).to(device)).float().cpu() for part in x.split(PART)])

    single = float((read(pictures).argmax(1) == labels).double().mean())
    shares = told(read(pairs.pictures), pairs.digits).shares
    model.train()
    return Measured(single, *shares)


class MatrixRecipe:
    """One update of the matrix capsules and their decoder on a batch of single digits, drawn with replacement."""

    def __init__(self, config: MatrixConfig, data: Labelled, steps: int, seed: int) -> None:
        torch.manual_seed(seed)
        self.model, self.data, self.steps, self.done = MatrixNet(config), data, steps, 0

    def to(self, device: torch.device) -> None:
        self.data.train, self.data.train_labels = self.data.train.to(device), self.data.train_labels.to(device)

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        return {"model": (self.model, torch.optim.Adam(self.model.parameters(), MATRIX_LR))}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        model, optimiser = parts["model"]
        picks = torch.randint(len(self.data.train), (batch,), generator=rng, device=self.data.train.device)
        x, labels = unit(self.data.train[picks]), self.data.train_labels[picks]
        margin = MARGINS[0] + (MARGINS[1] - MARGINS[0]) * min(1.0, self.passed(optimiser) / (WIDENED * self.steps))
        seen: Seen = model(x)
        spread = spread_loss(seen.activations, labels, margin)
        again = bernoulli(x, model.logits(seen.poses[torch.arange(batch), labels], labels)).mean()
        descend(fabric, model, optimiser, spread + PICTURE * again)
        return {"spread loss": spread.detach(), "picture, nats": again.detach()}

    def passed(self, optimiser: torch.optim.Optimizer) -> float:
        """The updates so far, as the optimiser counts them: a run that goes on has its own."""
        state = next(iter(optimiser.state.values()), {})
        return float(state.get("step", 0))

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], np.ndarray]:
        assert isinstance(model, MatrixNet)
        x, labels = unit(self.data.held_out[:SHOWN]), self.data.held_out_labels[:SHOWN]
        seen = model(x)
        found = float((seen.activations.argmax(1) == labels).double().mean())
        again = model.decode(seen.poses[torch.arange(len(x)), labels], labels)
        return {"single": found}, sheet(beside(2 * x - 1, 2 * again - 1)[: SHEET * SHEET], SHEET)


HEADS = ("pool", "capsules")


def main(
    heads: Annotated[str, typer.Option(help="which are trained in this call, commas between")] = ",".join(HEADS),
    seeds: Annotated[int, typer.Option(min=1)] = 3,
    epochs: Annotated[float, typer.Option(min=0)] = 3.0,
    width: Annotated[int, typer.Option(min=1)] = 32,
    matrix: Annotated[float, typer.Option(min=0, help="epochs of the matrix capsules")] = 3.0,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
) -> None:
    """Train the readers in turn. A second call goes on."""
    data = labelled(DATA, SIDE)
    if heads == "matrix":
        steps = round(matrix * len(data.train) / MATRIX_BATCH)
        schedule = Schedule(steps, MATRIX_BATCH, ema=0.995, eval_every=steps // 4, precision="32-true", warm_up=50, cosine=True)
        train(MatrixRecipe(MatrixConfig(), data, steps, 0), schedule, 0, runs / "capsule-matrix-0", device="cpu")
        return
    steps = round(epochs * len(data.train) / BATCH)
    schedule = Schedule(steps, BATCH, ema=0.995, eval_every=steps // 3)
    for seed in range(seeds):
        for head in heads.split(","):
            run = train(ReaderRecipe(Config(head, width), data, seed), schedule, seed, runs / f"capsule-{head}-{seed}", device="cpu")


if __name__ == "__main__":
    run_command(main)
