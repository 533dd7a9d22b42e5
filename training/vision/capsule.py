"""Recipe of the readers of digits (posts 4819, 5112, 5155): ``python -m training.vision.capsule``.

As the author's script: the same body under pooling (A) and under capsules (B), the margin loss, Adam, batches of 128 single
digits, pixels in [0, 1]. Otherwise than there: three epochs in place of 20 (A) and 10 (B), three seeds of each, averaged weights,
bfloat16 where the processor has it. No setting is chosen by the pictures of two digits; those are only measured.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from lightning_fabric import Fabric
from torch import Tensor, nn

from core import weights
from core.vae.objective import bernoulli
from core.vision.capsule.matrix import Config as MatrixConfig
from core.vision.capsule.matrix import MatrixNet, Seen, spread_loss
from core.vision.capsule.model import DIGITS, HEADS, SIDE, Config, Reader, Readers, margin_loss, name_of
from core.vision.capsule.pairs import stacked, told
from core.vision.capsule.poses import poses_of
from core.vision.capsule.routing import ROUTINGS
from training.command import run as run_command
from training.data import Labelled, labelled
from training.loop import Run, Schedule, train
from training.recipes import rounded
from training.sheets import SHEET, beside, sheet
from training.sources import SOURCES
from training.updates import descend

DATA = "mnist28"
LR, BATCH = 1e-3, 128  # Adam's default in Keras; the author's batch
WATCHED = 200  # test digits, alone and in pairs, at every evaluation
MATRIX_LR, MATRIX_BATCH = 2e-3, 64
MARGINS, WIDENED = (0.2, 0.9), 0.3  # of the spread loss (the paper), and the share of the steps over which it widens
PICTURE = 0.02  # weight of the decoder's error in nats, beside the spread loss
SHOWN = 200  # test digits at an evaluation of the matrix capsules
PART = 100  # pictures at a time in measuring
READERS, MATRIX = "capsule-readers", "capsule-matrix"
MEASURES = {
    "single": "single digits right",
    "pair": "two digits right",
    "sure": "two digits right, both above one half",
    "alone": "two digits right, these alone above one half",
    "even": "two digits right, couplings alike (r = 1)",
}
MEASURED = 2000  # test digits that the card's figures are measured on, alone and in pairs
LIMITS = {
    "readers": {
        "zh": "宽度是作者的一半，只训练 3 轮（原文 20 与 10 轮），只在单个数字上训练；两个数字的图只用来测。两个相同的数字说不出来。空白处也投票：两个数字之间多空 14 行，胶囊就大多认错；过 ½ 的胶囊常常不止两个。别人的笔迹、另外的大小会更差。",
        "en": "Half the author's width and 3 epochs (the post: 20 and 10), trained on single digits alone; pictures of two are only measured. Two of one kind cannot be told. Blank places vote too: with 14 more blank rows between the digits the capsules are mostly wrong; and often more than two capsules lie above one half. Other hands and sizes are read worse.",
    },
    "matrix": {
        "zh": "比论文小得多（A = 32、B = C = 8，一层卷积胶囊，窗口不重叠），各类的代价先标准化，所以总有一类最活跃，空白的图也不例外。只在 MNIST 上训练和测量；smallNORB 没有测。",
        "en": "Far smaller than the paper's (A = 32, B = C = 8, one layer of convolutional capsules, windows that do not overlap); the classes' costs are standardised, so that one class is always the most active, on an empty picture too. Trained and measured on MNIST alone, not on smallNORB.",
    },
}


@dataclass(frozen=True, slots=True)
class Measured:
    """Shares of test pictures: single digits told right; pairs told right; the same with both above one half; with no other above it;
    and pairs told right after one routing, all couplings alike (of A the same as ``pair``)."""

    single: float
    pair: float
    sure: float
    alone: float
    even: float


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

    def read(x: Tensor, routings: int = ROUTINGS) -> Tensor:
        parts = (unit(part).to(device) for part in x.split(PART))
        if model.config.head == "capsules":
            return torch.cat([model.route(part, routings).capsules.norm(dim=-1).float().cpu() for part in parts])
        return torch.cat([model(part).float().cpu() for part in parts])

    single = float((read(pictures).argmax(1) == labels).float().mean())
    shares = told(read(pairs.pictures), pairs.digits).shares
    even = told(read(pairs.pictures, 1), pairs.digits).shares[0] if model.config.head == "capsules" else shares[0]
    model.train()
    return Measured(single, *shares, even)


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
        again = bernoulli(x, model.logits(poses_of(seen, labels), labels)).mean()
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
        found = float((seen.activations.argmax(1) == labels).float().mean())
        again = model.decode(poses_of(seen, labels), labels)
        return {"single": found}, sheet(beside(2 * x - 1, 2 * again - 1)[: SHEET * SHEET], SHEET)


@torch.no_grad()
def ship(runs: Mapping[str, Run], data: Labelled, width: int, steps: int, command: str, folder: Path) -> None:
    """Write the readers of all seeds, the card, and the measures of each on all test digits."""
    seeds = len(runs) // len(HEADS)
    model = Readers(width, seeds)
    for name, run in runs.items():
        model.readers[name].load_state_dict(run.model.state_dict())
    model = rounded(model)
    x, labels = data.held_out[:MEASURED], data.held_out_labels[:MEASURED]
    pairs = stacked(x, labels, 0)
    record: dict[str, Any] = {"pairs": len(pairs.digits), "log": {name: run.rows for name, run in runs.items()}}
    metrics: dict[str, float] = {"test digits": len(x), "test pairs": len(pairs.digits)}
    for head in HEADS:
        found = [measured(_reader(model, head, seed), x, labels) for seed in range(seeds)]
        record[head] = {name: [getattr(one, name) for one in found] for name in MEASURES}
        metrics |= {f"{head}: {MEASURES[name]}, mean": float(np.mean(values)) for name, values in record[head].items()}
        metrics |= {
            f"{head}, seed {k}: {MEASURES[name]}": getattr(one, name)
            for k, one in enumerate(found)
            for name in MEASURES
        }
        metrics |= {f"{head}: parameters": sum(p.numel() for p in _reader(model, head, 0).parameters())}
        metrics |= {
            f"{head}, seed {seed}: training minutes": runs[name_of(head, seed)].seconds / 60 for seed in range(seeds)
        }
    _save(
        model, READERS, folder, {"record.json": json.dumps(record).encode()}, metrics, "core.vision.capsule.model.build",
        {"width": width, "seeds": seeds}, command, steps, LIMITS["readers"],
    )  # fmt: skip


@torch.no_grad()
def ship_matrix(run: Run, data: Labelled, command: str, folder: Path) -> None:
    """Write the net, its card, and how far each number of each class's pose varies over the test digits of that class."""
    assert isinstance(run.model, MatrixNet)
    model = rounded(run.model)
    x, labels = unit(data.held_out), data.held_out_labels
    seen = [model(part) for part in x.split(PART)]
    active = torch.cat([one.activations for one in seen])
    poses = torch.cat([poses_of(one, some) for one, some in zip(seen, labels.split(PART), strict=True)])
    again = torch.cat([model.decode(a, b) for a, b in zip(poses.split(PART), labels.split(PART), strict=True)])
    means = torch.stack([poses[labels == k].mean(0) for k in range(DIGITS)])
    without = torch.cat([model.decode(means[part], part) for part in labels.split(PART)])
    metrics = {
        "test digits": len(x),
        "accuracy": float((active.argmax(1) == labels).float().mean()),
        "activation of the right class, mean": float(active.gather(1, labels[:, None]).mean()),
        "decoder: mean squared error of a pixel": float((again - x).square().mean()),
        "the same with the class's mean pose": float((without - x).square().mean()),
        "training minutes": run.seconds / 60,
    }
    told = {
        "deviations": [poses[labels == k].std(0).tolist() for k in range(DIGITS)],
        "means": means.tolist(),
        "log": run.rows,
    }
    _save(
        model, MATRIX, folder, {"poses.json": json.dumps(told).encode()}, metrics, "core.vision.capsule.matrix.build",
        asdict(model.config), command, run.step, LIMITS["matrix"],
    )  # fmt: skip


def _reader(model: Readers, head: str, seed: int) -> Reader:
    found = model.readers[name_of(head, seed)]
    assert isinstance(found, Reader)
    return found


def _save(
    model: nn.Module, name: str, folder: Path, extras: Mapping[str, bytes], metrics: Mapping[str, float], builder: str,
    config: Mapping[str, Any], command: str, steps: int, limits: Mapping[str, str],
) -> None:  # fmt: skip
    weights.save(
        model, name, folder, extras=dict(extras), builder=builder, config=dict(config), data=SOURCES[DATA].text,
        licence=SOURCES[DATA].licence, recipe=command, seed=0, steps=steps, date=datetime.date.today().isoformat(),
        limits=dict(limits), metrics={key: float(f"{value:.6g}") for key, value in metrics.items()},
    )  # fmt: skip
    typer.echo(json.dumps(metrics, indent=1))


def main(
    kinds: Annotated[str, typer.Option("--heads", help="which are trained in this call, commas between; readers ship where both pool and capsules are named")] = "pool,capsules,matrix",
    seeds: Annotated[int, typer.Option(min=1, help="of every reader")] = 3,
    epochs: Annotated[float, typer.Option(min=0, help="of the readers")] = 3.0,
    width: Annotated[int, typer.Option(min=1)] = 32,
    matrix: Annotated[float, typer.Option(min=0, help="epochs of the matrix capsules")] = 4.0,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:  # fmt: skip
    """Train the readers and the matrix capsules in turn, and write weights and cards. A second call goes on."""
    torch.set_num_threads(1)  # the steps are too small to share
    wanted = kinds.split(",")
    data = labelled(DATA, SIDE)
    steps = round(epochs * len(data.train) / BATCH)
    schedule = Schedule(steps, BATCH, ema=0.995, eval_every=max(1, steps // 3))
    done: dict[str, Run] = {}
    for seed in range(seeds):
        for head in HEADS:
            if head not in wanted:
                continue
            name = name_of(head, seed)
            recipe = ReaderRecipe(Config(head, width), data, seed)
            done[name] = train(recipe, schedule, seed, runs / f"capsule-{name}", device="cpu")
    command = (
        f"python -m training.vision.capsule --seeds {seeds} --epochs {epochs:g} --width {width} --matrix {matrix:g}"
    )
    if len(done) == seeds * len(HEADS):
        ship(done, data, width, steps, command, out)
    if "matrix" in wanted:
        steps = round(matrix * len(data.train) / MATRIX_BATCH)
        schedule = Schedule(steps, MATRIX_BATCH, ema=0.995, eval_every=max(1, steps // 4), precision="32-true", warm_up=50, cosine=True)  # fmt: skip
        run = train(MatrixRecipe(MatrixConfig(), data, steps, 0), schedule, 0, runs / "capsule-matrix-0", device="cpu")
        ship_matrix(run, data, command, out)


if __name__ == "__main__":
    run_command(main)
