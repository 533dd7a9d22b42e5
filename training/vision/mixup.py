"""Recipe of the small CNNs of post 5693: ``python -m training.vision.mixup``.

Every method of ``core.vision.mixup.mixing.METHODS`` on 500 and on 2 000 pictures of clothes, four seeds each: a seed has its
pictures and its first weights in common for all methods. 1 500 steps of 64 pictures, by which plain training has no error left; Adam 2e-3 falling to 0 by a cosine; no other augmentation. Nothing is chosen by the test pictures. Ten to twenty seconds a run of one core; 48 runs.
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
from core.vision.mixup.clothes import CLASSES, COUNTS, KEPT, NAME, RECORD, SIDE, Networks, network, redrawn_errors
from core.vision.mixup.digits import judged
from core.vision.mixup.mixing import METHODS, is_on, mixed, soft_cross_entropy
from core.vision.mixup.plane import Toy
from training.command import run as run_command
from training.data import Labelled, labelled
from training.loop import Run, Schedule, train
from training.recipes import rounded
from training.sources import SOURCES
from training.updates import descend

DATA = "fashion28"
LR, BATCH, STEPS, SEEDS = 2e-3, 64, 1500, 4
MOST_SEED = 2**31
LIMITS = {
    "zh": "两层卷积、两万个权重、至多 2000 张图：差别是这样的小网络上的，不能外推到大图片、大网络。随附的三个网络只出自 2000 张图、种子 0。",
    "en": "Two convolutions, 20 000 weights, 2 000 pictures at most: the differences are those of such a small network, and nothing follows for large pictures and networks. The three networks that ship are of 2 000 pictures and seed 0 alone.",
}


class MixRecipe:
    """One update of a network on a batch that ``method`` blends."""

    def __init__(self, method: str, data: Toy, test: Toy, steps: int, seed: int) -> None:
        self.method, self.data, self.test, self.steps = METHODS[method], data, test, steps
        self.model = Counted(network(seed))

    def to(self, device: torch.device) -> None:
        self.data, self.test = (Toy(one.x.to(device), one.y.to(device)) for one in (self.data, self.test))

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        return {"model": (self.model, torch.optim.Adam(self.model.parameters(), LR))}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        model, optimiser = parts["model"]
        done = int(self.model.updates.item())
        how = (
            self.method if is_on(self.method, done / self.steps, done * batch // len(self.data.y)) else METHODS["plain"]
        )
        index = torch.randint(len(self.data.y), (batch,), generator=rng)
        seed = int(torch.randint(MOST_SEED, (), generator=rng))
        made = mixed(how, self.data.x[index], F.one_hot(self.data.y[index], CLASSES).float(), seed)
        loss = soft_cross_entropy(model(made.x), made.y)
        descend(fabric, model, optimiser, loss)
        self.model.updates.add_(1)
        return {"loss": loss.detach()}

    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], str]:
        assert isinstance(model, Counted)
        found = judged(model.net.eval(), self.data, self.test)
        model.train()
        return found, "\n".join(f"{name}: {value:.4f}" for name, value in found.items())


class Counted(nn.Module):
    """A network that knows its updates, so that a schedule of blending resumes with the checkpoint."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self.updates: Tensor
        self.register_buffer("updates", torch.zeros((), dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


def drawn(data: Labelled, count: int, seed: int) -> tuple[Toy, Toy]:
    """``count`` training pictures of the ``seed``, and all test pictures, in [0, 1]."""
    chosen = torch.randperm(len(data.train), generator=torch.Generator().manual_seed(seed))[:count]
    test = Toy(data.held_out.float() / 255, data.held_out_labels.long())
    return Toy(data.train[chosen].float() / 255, data.train_labels[chosen].long()), test


def ship(runs: Mapping[tuple[int, str, int], Run], seeds: int, steps: int, folder: Path) -> None:
    """Write the record of all runs, the networks that are kept, and the card. ``runs`` by (pictures, method, seed)."""
    measures = ("error", "cross-entropy", "gap", "training error")
    counts = sorted({count for count, _, _ in runs})
    record = {
        str(count): {
            method: {key: [float(f"{runs[count, method, seed].rows[-1][key]:.6g}") for seed in range(seeds)] for key in measures}
            for method in METHODS
        }
        for count in counts
    }  # fmt: skip
    most, model = counts[-1], Networks()
    for method in KEPT:
        trained = runs[most, method, 0].model
        assert isinstance(trained, Counted)
        model.nets[method].load_state_dict(trained.net.state_dict())
    model = rounded(model)
    metrics = {
        f"{method}, {count} pictures: test error": sum(record[str(count)][method]["error"]) / seeds
        for count in counts for method in METHODS
    }  # fmt: skip
    metrics |= {f"{method}: error on redrawn test pictures": value for method, value in redrawn_errors(model).items()}
    metrics["training minutes, all runs"] = sum(run.seconds for run in runs.values()) / 60
    weights.save(
        model, NAME, folder, extras={RECORD: json.dumps(record).encode()}, builder="core.vision.mixup.clothes.build", config={},
        data=f"Fashion-MNIST: {', '.join(map(str, counts))} of the training pictures, drawn by seed; the 10 000 test pictures held out; no picture of the set stands beside the weights",
        licence=SOURCES[DATA].licence, recipe="python -m training.vision.mixup", seed=0, steps=steps,
        date=datetime.date.today().isoformat(), limits=LIMITS, metrics={key: float(f"{value:.6g}") for key, value in metrics.items()},
    )  # fmt: skip
    typer.echo(json.dumps(metrics, indent=1))


def main(
    seeds: Annotated[int, typer.Option(min=2, help="of every method and number of pictures")] = SEEDS,
    steps: Annotated[int, typer.Option(min=1, help=f"of every network, batches of {BATCH}")] = STEPS,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:
    """Train every network in turn; write the record, weights and card. A second call goes on."""
    torch.set_num_threads(1)
    data = labelled(DATA, SIDE)
    schedule = Schedule(steps, BATCH, ema=0.0, eval_every=steps, precision="32-true", cosine=True)
    done = {}
    for seed in range(seeds):
        for count in COUNTS:
            pictures = drawn(data, count, seed)
            for method in METHODS:
                recipe = MixRecipe(method, *pictures, steps, seed)
                folder = runs / f"{NAME}-{count}-{method}-{seed}"
                done[count, method, seed] = train(recipe, schedule, seed, folder, device="cpu")
    ship(done, seeds, steps, out)


if __name__ == "__main__":
    run_command(main)
