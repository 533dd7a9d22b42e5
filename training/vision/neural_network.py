"""Recipe of the networks of post 3331: ``python -m training.vision.neural_network``.

The gradients are core's backpropagation, written by hand, and not torch's: the optimiser alone is torch's (Adam). A classifier
784-100-10 and autoencoders 784-128-m-128-784 for several m, on MNIST's 60 000 training digits; the principal components of the same
digits. Nothing is chosen by the test digits: every network has a fixed number of steps. Expected: 97 to 98 % of the test digits right.
"""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from lightning_fabric import Fabric
from torch import Tensor, nn

from core import weights
from core.vision.neural_network.network import Network, cross_entropy, random_network, squared
from core.vision.neural_network.record import NAME, RECORD
from core.vision.neural_network.stored import (
    BOTTLENECKS,
    CLASSIFIER,
    PIXELS,
    SIDE,
    Stored,
    autoencoder,
    build,
)
from training.command import run as run_command
from training.data import Labelled, labelled
from training.loop import Run, Schedule, train
from training.recipes import rounded
from training.sources import SOURCES

DATA = "mnist28"
LR, CODER_LR, BATCH = 5e-3, 3e-3, 100
SHARPNESS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
SHIFT = 1  # pixels: training digits of the classifier are moved by up to this: as drawings are not centred to the pixel
WATCHED = 1000  # training digits at every evaluation
LIMITS = {
    "zh": "全连接网络，像素的位置就是一切：训练时至多平移 1 个像素，读者的画先按 MNIST 的方式放大居中。不是数字的画也必被读成十个数字之一。瓶颈小的自编码器画出的是模糊的平均样子。",
    "en": "Fully connected: where a pixel lies is everything. Training moved digits by one pixel at most; a reader's drawing is scaled and centred as MNIST's are. What is no digit is read as one of the ten all the same. An autoencoder with a narrow bottleneck draws blurred averages.",
}


class NetworkRecipe:
    """One update by the hand-written gradients: of the classifier, or of an autoencoder where ``size`` is not 0."""

    def __init__(self, size: int, data: Labelled, seed: int) -> None:
        sizes, ks = autoencoder(size) if size else CLASSIFIER
        self.size, self.data = size, data
        self.model = Stored(sizes, ks)
        start = random_network(sizes, ks, np.random.default_rng((seed, size)))
        for weight, layer in zip(self.model.weights, start.layers, strict=True):
            weight.data.copy_(torch.from_numpy(layer.weight))

    def to(self, device: torch.device) -> None:
        """The gradients are numpy's: everything stays on the CPU."""
        if device.type != "cpu":
            raise ValueError(f"device = {device}: this recipe computes on the CPU")

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        return {"model": (self.model, torch.optim.Adam(self.model.parameters(), CODER_LR if self.size else LR))}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        _, optimiser = parts["model"]
        index = torch.randint(len(self.data.train), (batch,), generator=rng)
        pictures = self.data.train[index, 0]
        if not self.size:
            by = torch.randint(-SHIFT, SHIFT + 1, (batch, 2), generator=rng)
            pictures = moved(pictures, by)
        loss, gradients = gradient(
            self.model.network(), units(pictures), self.data.train_labels[index].numpy(), self.size
        )
        for pair, weight, bias in zip(gradients, self.model.weights, self.model.biases, strict=True):
            weight.grad, bias.grad = map(torch.from_numpy, pair)
        optimiser.step()
        return {"loss": torch.tensor(loss)}

    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], str]:
        assert isinstance(model, Stored)
        x, y = units(self.data.train[:WATCHED, 0]), self.data.train_labels[:WATCHED].numpy()
        made = model.network()(x)
        found = (
            {"error": share_lost(x, made, x.mean(0))}
            if self.size
            else {"accuracy": float((made.argmax(1) == y).mean())}
        )
        return found, "\n".join(f"{name}: {value:.4f}" for name, value in found.items())


def gradient(
    net: Network, x: np.ndarray, labels: np.ndarray, size: int
) -> tuple[float, list[tuple[np.ndarray, np.ndarray]]]:
    """The loss on digits [n, 784] and its gradients by every layer's weights and biases."""
    found = net.forward(x)
    loss, grad = squared(found[-1], x) if size else cross_entropy(found[-1], labels)
    return loss, net.backward(found, grad)[0]


def moved(pictures: Tensor, by: Tensor) -> Tensor:
    """Pictures [n, 28, 28], each moved by (down, right) of ``by`` [n, 2]; what leaves on one side is blank on the other."""
    framed = nn.functional.pad(pictures, (SHIFT,) * 4)
    rows = torch.arange(SIDE)[None, :] + SHIFT - by[:, :1]
    columns = torch.arange(SIDE)[None, :] + SHIFT - by[:, 1:]
    return framed[torch.arange(len(pictures))[:, None, None], rows[:, :, None], columns[:, None, :]]


def units(pictures: Tensor) -> np.ndarray:
    """uint8 [n, 28, 28] → float32 [n, 784] in [0, 1]."""
    return (pictures.reshape(-1, PIXELS).float() / 255).numpy()


def share_lost(x: np.ndarray, made: np.ndarray, mean: np.ndarray) -> float:
    """Σ (made - x)² over Σ (x - mean)²: 1 where every digit is redrawn as the mean."""
    return float(np.square(made - x).sum() / np.square(x - mean).sum())


def principal(x: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean [784] and the first ``count`` principal components [count, 784] of digits."""
    mean = x.mean(0)
    gaps = (x - mean).astype(float)
    _, vectors = np.linalg.eigh(gaps.T @ gaps)
    return mean, vectors[:, ::-1][:, :count].T.copy()


def ship(runs: Mapping[int, Run], data: Labelled, seed: int, steps: int, folder: Path) -> None:
    """Write the networks with the principal components, the card, and what was measured on the test digits."""
    model = build(tuple(size for size in runs if size))
    model.classifier.load_state_dict(runs[0].model.state_dict())
    for size in filter(None, runs):
        model.autoencoders[str(size)].load_state_dict(runs[size].model.state_dict())
    mean, components = principal(units(data.train[:, 0]), len(model.components))
    model.mean.copy_(torch.from_numpy(mean))
    model.components.copy_(torch.from_numpy(components))
    model = rounded(model)
    x, labels = units(data.held_out[:, 0]), data.held_out_labels.numpy()
    net = model.classifier.network()

    def accuracy(k: float) -> float:
        return float((net.sharpened(k)(x).argmax(1) == labels).mean())

    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (labels, net(x).argmax(1)), 1)
    mean, components = model.mean.numpy(), model.components.numpy()
    coder, pca = {}, {}
    for size, one in model.autoencoders.items():
        assert isinstance(one, Stored)
        coder[size] = share_lost(x, one.network()(x), mean)
        code = (x - mean) @ components[: int(size)].T
        pca[size] = share_lost(x, mean + code @ components[: int(size)], mean)
    record = {
        "digits": len(x), "sharpness": SHARPNESS, "accuracy": [accuracy(k) for k in SHARPNESS], "step": accuracy(math.inf),
        "confusion": confusion.tolist(), "coder": coder, "pca": pca,
    }  # fmt: skip
    metrics = {
        "test accuracy": accuracy(1.0), "test accuracy with steps": record["step"], "test digits": float(len(x)),
        **{f"share of variance lost, autoencoder of {size}": value for size, value in coder.items()},
        **{f"share of variance lost, PCA of {size}": value for size, value in pca.items()},
        "training minutes": sum(run.seconds for run in runs.values()) / 60,
    }  # fmt: skip
    source = SOURCES[DATA]
    weights.save(
        model, NAME, folder, extras={RECORD: json.dumps(record).encode()},
        builder="core.vision.neural_network.stored.build", config={"bottlenecks": [size for size in runs if size]},
        data=source.text, licence=source.licence, recipe="python -m training.vision.neural_network", seed=seed, steps=steps,
        date=datetime.date.today().isoformat(), limits=LIMITS,
        metrics={key: float(f"{value:.6g}") for key, value in metrics.items()},
    )  # fmt: skip
    typer.echo(json.dumps(metrics, indent=1))


def main(
    steps: Annotated[int, typer.Option(min=1, help="of every network, batches of 100")] = 4000,
    seed: Annotated[int, typer.Option()] = 0,
    bottlenecks: Annotated[str, typer.Option(help="sizes, commas between")] = ",".join(map(str, BOTTLENECKS)),
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:
    """Train the classifier and every autoencoder in turn; write weights and card. A second call goes on."""
    torch.set_num_threads(1)
    data = labelled(DATA, SIDE)
    schedule = Schedule(steps, BATCH, ema=0.995, eval_every=max(1, steps // 6), precision="32-true", cosine=True)
    sizes = [0, *map(int, bottlenecks.split(","))]
    done = {
        size: train(NetworkRecipe(size, data, seed), schedule, seed, runs / f"{NAME}-{size}", device="cpu")
        for size in sizes
    }
    ship(done, data, seed, steps, out)


if __name__ == "__main__":
    run_command(main)
