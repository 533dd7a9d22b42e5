"""Recipe of the networks that blending regularises (post 5693): ``python -m training.vision.mixup``.

1 000 pictures of Fashion-MNIST, the first of the training set; a CNN without any other regulariser; every method from the same
seeds, for the same number of steps. Nothing is chosen by the test set: the weights of the last step (a short moving average) ship.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn import functional as F

from core import weights
from core.vision.mixup.gaps import linearity_gap
from core.vision.mixup.mixing import METHODS, Method, is_on, mixed, soft_cross_entropy
from core.vision.mixup.nets import CLASSES, NAME, RECORD, SIDE, Net, Nets
from training.command import run as run_command
from training.data import Labelled, labelled, scaled
from training.loop import Run, Schedule, train
from training.sources import SOURCES
from training.updates import descend

DATA = "fashion28"
SAMPLES, BATCH = 1000, 100
LR = 2e-3
SEEDS = 4
WATCHED = 2000  # test pictures at an evaluation within a run; all of them at the end
PART = 1000  # pictures at a time in measuring
GAP_SEED = 5693
LIMITS = {
    "zh": "每个网络只见过 1,000 张服装图，测试误差远高于用全部训练集的网络；只用来比较训练方法。",
    "en": "Each network has seen 1 000 pictures of clothes only, and errs far more often than one trained on the whole set: for comparing ways of training alone.",
}


class MixupRecipe:
    """One update on a batch that is blended by ``method``, or not where its schedule says so."""

    def __init__(self, method: Method, data: Labelled, steps: int, seed: int) -> None:
        torch.manual_seed(seed)
        self.model, self.method, self.steps = Net(), method, steps
        self.x, self.labels = scaled(data.train), data.train_labels
        self.test, self.test_labels = scaled(data.held_out[:WATCHED]), data.held_out_labels[:WATCHED]
        self.optimiser = torch.optim.Adam(self.model.parameters(), LR)

    def to(self, device: torch.device) -> None:
        """The sets are small and stay where they are; a batch is moved."""
        self.device = device

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        return {"model": (self.model, self.optimiser)}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        model, optimiser = parts["model"]
        state = next(iter(self.optimiser.state.values()), {})
        done = int(state.get("step", 0))  # the optimiser's own count: it is kept in a checkpoint
        seed = int(torch.randint(2**62, (1,), generator=rng, device=rng.device))
        picks = torch.randint(len(self.x), (batch,), generator=torch.Generator().manual_seed(seed))
        on = is_on(self.method, done / self.steps, done * batch // len(self.x))
        made = mixed(
            self.method if on else METHODS["plain"], self.x[picks], F.one_hot(self.labels[picks], CLASSES).float(), seed
        )
        loss = soft_cross_entropy(model(made.x.to(self.device)), made.y.to(self.device))
        descend(fabric, model, optimiser, loss)
        return {"loss": loss.detach()}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], str]:
        found = outcome(model, self.test, self.test_labels)
        return {"error": found["error"]}, f"error: {found['error']:.3f}"


@torch.no_grad()
def outcome(model: nn.Module, x: Tensor, labels: Tensor) -> dict[str, float]:
    """Share of mistakes and mean cross-entropy (nats) on pictures that are not blended."""
    where = next(model.parameters()).device
    logits = torch.cat([model(part.to(where)).cpu() for part in x.split(PART)])
    return {
        "error": float((logits.argmax(1) != labels).double().mean()),
        "cross-entropy": float(F.cross_entropy(logits, labels)),
    }


def measured(model: Nets, data: Labelled) -> dict[str, dict[str, list[float]]]:
    """By method, a list over the seeds: errors, cross-entropy and linearity gap on the test set, error on the training set."""
    record: dict[str, dict[str, list[float]]] = {}
    x, test = scaled(data.train), scaled(data.held_out)
    for method in model.methods:
        rows = []
        for seed in range(model.seeds):
            net = model.net(method, seed)
            found = outcome(net, test, data.held_out_labels)
            found["training error"] = outcome(net, x, data.train_labels)["error"]
            found["gap"] = linearity_gap(lambda part, net=net: net(part).softmax(1), test, GAP_SEED)
            rows.append(found)
        record[method] = {name: [float(f"{row[name]:.5g}") for row in rows] for name in rows[0]}
    return record


def ship(runs: Mapping[tuple[str, int], Run], data: Labelled, seeds: int, steps: int, command: str, out: Path) -> None:
    """Write all networks, the card, and what was measured."""
    model = Nets(list(METHODS), seeds)
    for (method, seed), run in runs.items():
        model.net(method, seed).load_state_dict(run.model.state_dict())
    model = model.half().float().eval()  # rounded to the precision in which it ships
    record = measured(model, data)
    metrics = {
        f"{method}: {name}": sum(values) / len(values)
        for method, rows in record.items()
        for name, values in rows.items()
    }
    metrics |= {
        "training pictures": len(data.train), "test pictures": len(data.held_out), "seeds": seeds,
        "training minutes": sum(run.seconds for run in runs.values()) / 60,
    }  # fmt: skip
    weights.save(
        model, NAME, out, extras={RECORD: json.dumps(record, separators=(",", ":")).encode()},
        builder="core.vision.mixup.nets.build", config={"methods": list(METHODS), "seeds": seeds},
        data=f"{SOURCES[DATA].text}: the first {len(data.train)} of them; measured on the 10 000 test pictures",
        licence=SOURCES[DATA].licence, recipe=command, seed=0, steps=steps, date=datetime.date.today().isoformat(),
        limits=LIMITS, metrics={name: float(f"{value:.6g}") for name, value in metrics.items()},
    )  # fmt: skip
    typer.echo(json.dumps(metrics, indent=1))


def prepared(samples: int) -> Labelled:
    """The first ``samples`` training pictures, and all test pictures. Raises DatasetError."""
    found = labelled(DATA, SIDE)
    return Labelled(found.train[:samples], found.train_labels[:samples], found.held_out, found.held_out_labels)


def main(
    steps: Annotated[int, typer.Option(min=1, help="of every network")] = 500,
    seeds: Annotated[int, typer.Option(min=1, help="networks for every method")] = SEEDS,
    samples: Annotated[int, typer.Option(min=BATCH, help="training pictures")] = SAMPLES,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:
    """Train every method from every seed; write weights, card and measures."""
    torch.set_num_threads(1)  # the steps are too small to share
    data = prepared(samples)
    schedule = Schedule(steps, BATCH, ema=0.98, eval_every=steps, precision="32-true", cosine=True)
    done = {
        (method, seed): train(
            MixupRecipe(METHODS[method], data, steps, seed), schedule, seed, runs / f"{NAME}-{method}-{seed}", "cpu"
        )
        for seed in range(seeds)
        for method in METHODS
    }
    ship(done, data, seeds, steps, f"python -m training.vision.mixup --steps {steps}", out)


if __name__ == "__main__":
    run_command(main)
