"""Two classes in the plane, learnt by one small network with and without blending, from the same seed (post 5693)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import make_circles, make_moons
from torch import Tensor, nn
from torch.nn import functional as F

from core.progress import Progress
from core.vision.mixup.gaps import linearity_gap
from core.vision.mixup.mixing import METHODS, Method, is_on, mixed, soft_cross_entropy

__all__ = ["SHAPES", "Learnt", "Sides", "Toy", "learn", "sides", "toy"]

SHAPES = ("moons", "circles", "bars")
WIDTH, LR = 64, 0.01
TESTS, TEST_SEED = 2000, 10**6
"""Fresh points of the test, and what is added to the seed to draw them."""
REACH, CELLS = 2.2, 61
PARTS = 10  # of the training, for its progress
GAP_ROUNDS = 10
FACTOR = 0.5  # of the circles' radii


@dataclass(frozen=True, slots=True)
class Toy:
    """Points [N, 2] (float32) and their classes [N], 0 or 1."""

    x: Tensor
    y: Tensor


def toy(shape: str, count: int, noise: float, seed: int) -> Toy:
    """``count`` points of the ``shape``, centred and about one unit large, with normal noise."""
    if shape == "moons":
        x, y = make_moons(count, noise=noise, random_state=seed)
        x = (np.asarray(x) - (0.5, 0.25)) * 1.2
    elif shape == "circles":
        x, y = make_circles(count, noise=noise, factor=FACTOR, random_state=seed)
        x = np.asarray(x) * 1.4
    else:
        rng = np.random.default_rng(seed)
        y = np.arange(count) % 2
        x = np.stack([rng.uniform(-1.5, 1.5, count), np.where(y == 1, 0.5, -0.5)], 1) + noise * rng.normal(
            size=(count, 2)
        )
    return Toy(torch.from_numpy(np.asarray(x, np.float32)), torch.from_numpy(np.asarray(y, np.int64)))


def network(seed: int) -> nn.Sequential:
    """2 → 64 → 64 → 2 with ReLU, weights by He's rule of the ``seed``."""
    rng = torch.Generator().manual_seed(seed)
    layers = [nn.Linear(2, WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2)]
    for layer in layers:
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=rng)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])


def learn(
    data: Toy, method: Method, steps: int, seed: int, net: nn.Sequential, classes: int, lr: float
) -> Iterator[Progress | nn.Sequential]:
    """Train ``net`` on all of ``data`` at every step, which ``method`` blends; yields progress, and the network at last."""
    optimiser = torch.optim.Adam(net.parameters(), lr)
    target = F.one_hot(data.y, classes).float()
    for step in range(steps):
        how = method if is_on(method, step / steps, step) else METHODS["plain"]
        made = mixed(how, data.x, target, seed * steps + step)
        optimiser.zero_grad()
        soft_cross_entropy(net(made.x), made.y).backward()
        optimiser.step()
        if step % max(1, steps // PARTS) == 0:
            yield Progress(step / steps)
    yield net.eval()


@dataclass(frozen=True, slots=True)
class Learnt:
    """p(class 1) over the grid [y, x]; errors on the samples and on fresh points; cross-entropy of these (nats); linearity gap."""

    share: np.ndarray
    training_error: float
    error: float
    cross_entropy: float
    gap: float


@dataclass(frozen=True, slots=True)
class Sides:
    """The samples, and what was learnt without (``plain``) and with blending."""

    x: np.ndarray
    y: np.ndarray
    axis: np.ndarray
    plain: Learnt
    blended: Learnt


@torch.no_grad()
def judged(net: nn.Module, data: Toy, test: Toy, axis: np.ndarray) -> Learnt:
    """What is measured of one network."""
    across, up = torch.meshgrid(*[torch.from_numpy(axis.astype(np.float32))] * 2, indexing="xy")
    share = net(torch.stack([across, up], -1).reshape(-1, 2)).softmax(1)[:, 1].reshape(across.shape)
    logits = net(test.x)
    return Learnt(
        share.numpy(),
        float((net(data.x).argmax(1) != data.y).double().mean()),
        float((logits.argmax(1) != test.y).double().mean()),
        float(F.cross_entropy(logits, test.y)),
        linearity_gap(lambda part: net(part).softmax(1), test.x, 0, GAP_ROUNDS),
    )


def sides(shape: str, count: int, noise: float, method: Method, steps: int, seed: int) -> Iterator[Sides | Progress]:
    """Both trainings from the same seed, one after the other; yields progress, and at last the result."""
    data, test = toy(shape, count, noise, seed), toy(shape, TESTS, noise, seed + TEST_SEED)
    axis = np.linspace(-REACH, REACH, CELLS)
    found = []
    for k, how in enumerate((Method("plain"), method)):
        for item in learn(data, how, steps, seed, network(seed), 2, LR):
            if isinstance(item, Progress):
                yield Progress((k + item.fraction) / 2)
            else:
                found.append(judged(item, data, test, axis))
    yield Sides(data.x.numpy(), data.y.numpy(), axis, found[0], found[1])
