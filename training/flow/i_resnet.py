"""Recipes of i-ResNet (post 6482): ``python -m training.flow.i_resnet eight``, or ``… mnist28 --kind i-resnet``.

In the plane: a flow of ten blocks, exact determinants, Adam 5e-3 falling to 0. Expected on eight normals: about 1.8 nats a
point, where 1.70 is the target's entropy. On digits: two epochs of the small classifier, with norms at most 0.9 or free,
same seeds, same batches. Expected: about 96 % of test digits right with norms at most 0.9, and 98.7 % without the bound.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn import functional as F

from core import weights
from core.flow.i_resnet import pictures, plane
from core.flow.i_resnet.pictures import Classifier
from core.flow.i_resnet.plane import PlaneFlow, aim, grid_points, log_density, negative_log_likelihood
from training.command import run as run_command
from training.data import Labelled, labelled, scaled
from training.loop import LOG, Run, Schedule, train
from training.sheets import sheet
from training.sources import SOURCES
from training.updates import descend

DIGITS = "mnist28"
KINDS = {"i-resnet": pictures.Config(), "i-resnet-free": pictures.Config(c=0.0)}  # the second is an ordinary ResNet
LR, PLANE_LR = 2e-3, 5e-3
VALIDATED = (
    5000  # of the training digits are left out of training, to choose among seeds; the test digits choose nothing
)
MEASURED = 20_000  # points that a card's figures are of
RECORDED = 4096  # points at every evaluation
RECONSTRUCTED, ITERATIONS = 64, 50  # digits, and iterations a block
STEPS_PLANE, STEPS_DIGITS = 3000, 860  # the second is two epochs of 55 000 digits in batches of 128
LIMITS = {
    "plane": {
        "zh": "平面上的小模型，只学一个分布；密度在峰与峰之间留有细桥，因为可逆的连续映射撕不开平面。",
        "en": "A small model of one distribution in the plane. Thin bridges of density are left between modes: an invertible continuous map cannot tear the plane.",
    },
    "i-resnet": {
        "zh": "六个残差块的小网络，训练得短，只为与同样大小的 ResNet 比较；论文中的网络大得多，错误率低得多。",
        "en": "Six blocks, trained briefly, to be compared with a ResNet of the same size; the paper's networks are far larger and err far less.",
    },
    "i-resnet-free": {
        "zh": "同样大小的普通 ResNet：范数不受约束，因此不能用不动点迭代求逆。",
        "en": "The ordinary ResNet of the same size. Norms are free, so it cannot be inverted by the fixed point.",
    },
}


class PlaneRecipe:
    """Maximum likelihood of one target of the plane."""

    def __init__(self, name: str, seed: int, config: plane.Config | None = None) -> None:
        torch.manual_seed(seed)
        self.model = PlaneFlow(config or plane.Config(), "power")
        self.aim = aim(name, 0)
        self.seen = self.aim.sample(RECORDED, torch.Generator().manual_seed(1))

    def to(self, device: torch.device) -> None:
        self.seen = self.seen.to(device)

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        return {"model": (self.model, torch.optim.Adam(self.model.parameters(), PLANE_LR))}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        model, optimiser = parts["model"]
        loss = negative_log_likelihood(*model(self.aim.sample(batch, rng).to(self.seen.device)))
        descend(fabric, model, optimiser, loss)
        return {"train nll": loss.detach()}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], np.ndarray]:
        assert isinstance(model, PlaneFlow)
        served = model.settled()
        _, points = grid_points(100)
        density = served.log_density(points.to(self.seen.device)).exp().reshape(1, 1, 100, 100).flip(2)
        return {"nll": float(-served.log_density(self.seen).mean())}, sheet(2 * density / density.max() - 1, 1)


class DigitsRecipe:
    """Cross-entropy of digits drawn without labels' balance, each with replacement."""

    def __init__(self, config: pictures.Config, data: Labelled, seed: int) -> None:
        torch.manual_seed(seed)
        self.model = Classifier(config, "power")
        self.train, self.labels = data.train[:-VALIDATED], data.train_labels[:-VALIDATED]
        self.seen, self.right = scaled(data.train[-VALIDATED:]), data.train_labels[-VALIDATED:]

    def to(self, device: torch.device) -> None:
        self.train, self.labels = self.train.to(device), self.labels.to(device)
        self.seen, self.right = self.seen.to(device), self.right.to(device)

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        return {"model": (self.model, torch.optim.Adam(self.model.parameters(), LR))}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        model, optimiser = parts["model"]
        picks = torch.randint(len(self.train), (batch,), generator=rng, device=self.train.device)
        loss = F.cross_entropy(model(scaled(self.train[picks])), self.labels[picks])
        descend(fabric, model, optimiser, loss)
        return {"cross-entropy": loss.detach()}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], np.ndarray]:
        assert isinstance(model, Classifier)
        served = model.settled()
        again = reconstructed(served, self.seen[:RECONSTRUCTED])
        shown = again.nan_to_num().clamp(-1, 1)
        return {"validation error": error(served, self.seen, self.right)}, sheet(shown, 8)


@torch.no_grad()
def error(model: Classifier, x: Tensor, labels: Tensor) -> float:
    """The share of digits that are told wrongly."""
    guesses = torch.cat([model(part).argmax(1) for part in x.split(250)])
    return float((guesses != labels).double().mean())


def reconstructed(model: Classifier, x: Tensor) -> Tensor:
    """Pictures from their last layer."""
    return model.inverted(model.features(x), ITERATIONS)[-1]


@torch.no_grad()
def ship_plane(run: Run, name: str, seed: int, folder: Path) -> None:
    """Write the flow's weights, card and log."""
    assert isinstance(run.model, PlaneFlow)
    served, aimed = run.model.settled(), aim(name, 0)
    x = aimed.sample(MEASURED, torch.Generator().manual_seed(2))
    z, logdet = served(x)
    norms = served.norms()
    metrics = {
        "divergence from the target, nats a point": aimed.excess(x, log_density(z, logdet)),
        "entropy of the target": aimed.entropy,
        "points measured": float(MEASURED),
        "largest norm of a layer": float(norms.max()),
        "largest product of a block's norms": float(norms.prod(0).max()),
        "error of x → z → x, largest of a coordinate": float((served.inverse(z[:1000])[0] - x[:1000]).abs().max()),
    }
    _save(
        served, f"i-resnet-{name}", run, seed, folder, builder="core.flow.i_resnet.plane.build", metrics=metrics,
        data=f"points drawn from the target {name} of core.flow.i_resnet.plane, without end", licence="made by the project itself",
        recipe=f"python -m training.flow.i_resnet {name} --steps {run.rows[-1]['step']:.0f}", limits=LIMITS["plane"],
    )  # fmt: skip


@torch.no_grad()
def ship_digits(runs: Mapping[int, Run], kind: str, data: Labelled, folder: Path) -> None:
    """Write the classifier of the seed with the least validation error; the card has the test errors of all."""
    best = min(runs, key=lambda seed: runs[seed].rows[-1]["validation error"])
    held = scaled(data.held_out)
    metrics: dict[str, float] = {}
    for seed, run in runs.items():
        assert isinstance(run.model, Classifier)
        metrics[f"seed {seed}: validation error"] = run.rows[-1]["validation error"]
        metrics[f"seed {seed}: test error"] = error(run.model.settled(), held, data.held_out_labels)
    model = runs[best].model
    assert isinstance(model, Classifier)
    served = model.settled()
    norms = served.norms()
    again, x = reconstructed(served, held[:RECONSTRUCTED]), held[:RECONSTRUCTED]
    metrics = {
        "test error": metrics[f"seed {best}: test error"], "test digits": float(len(held)), **metrics,
        "largest operator norm of a layer": max(one.operator for one in norms),
        "largest norm of a reshaped kernel": max(one.reshaped for one in norms),
        f"error of x → last layer → x, {ITERATIONS} iterations, largest of a pixel": float((again - x).abs().max().nan_to_num(posinf=1e30, nan=1e30).clamp(max=1e30)),
    }  # fmt: skip
    _save(
        served, f"{kind}-{DIGITS}", runs[best], best, folder, builder="core.flow.i_resnet.pictures.build", metrics=metrics,
        data="MNIST: 55 000 of the 60 000 training digits, 5 000 to choose among seeds; tested on the 10 000 test digits",
        licence=SOURCES[DIGITS].licence, recipe=f"python -m training.flow.i_resnet {DIGITS} --kind {kind} --seeds {len(runs)} --steps {runs[best].step}", limits=LIMITS[kind],
    )  # fmt: skip


def _save(
    model: PlaneFlow | Classifier,
    name: str,
    run: Run,
    seed: int,
    folder: Path,
    *,
    metrics: Mapping[str, float],
    **card: Any,
) -> None:
    weights.save(
        model, name, folder, extras={LOG: (run.folder / LOG).read_bytes()}, config=asdict(model.config), seed=seed,
        steps=run.step, date=datetime.date.today().isoformat(),
        metrics={key: float(f"{value:.6g}") for key, value in {**metrics, "training minutes": run.seconds / 60}.items()},
        **card,
    )  # fmt: skip


def main(
    data: Annotated[str, typer.Argument(help="eight, moons, grid, ring, roll, or mnist28")],
    kind: Annotated[
        str, typer.Option(help="on digits: i-resnet, or i-resnet-free for the ordinary ResNet")
    ] = "i-resnet",
    seeds: Annotated[int, typer.Option(min=1, help="seeds trained, on digits")] = 2,
    steps: Annotated[int, typer.Option(help="default: the recipe's")] = 0,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:
    """Train and write weights and card. A second call goes on where the first was stopped."""
    if data != DIGITS:
        schedule = Schedule(STEPS_PLANE, 256, eval_every=500, precision="32-true", warm_up=100, cosine=True, keep="nll")
        schedule = replace(schedule, steps=steps or schedule.steps)
        ship_plane(train(PlaneRecipe(data, 0), schedule, 0, runs / f"i-resnet-{data}-0"), data, 0, out)
        return
    schedule = Schedule(STEPS_DIGITS, 128, eval_every=430, precision="32-true", warm_up=50, cosine=True)
    schedule = replace(schedule, steps=steps or schedule.steps)
    found = labelled(DIGITS, pictures.Config().side)
    done = {}
    for seed in range(seeds):
        folder = runs / f"{kind}-{DIGITS}-{seed}"
        done[seed] = train(DigitsRecipe(KINDS[kind], found, seed), schedule, seed, folder)
    ship_digits(done, kind, found, out)


if __name__ == "__main__":
    run_command(main)
