"""A small CNN that learns a few handwritten digits with and without blending, live (post 5693).

The 1 797 digits of 8x8 pixels that scikit-learn brings along (UCI, Alpaydin and Kaynak): some for training, 1 000 for the test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

from core.progress import Progress
from core.refusal import Refusal
from core.vision.mixup.gaps import linearity_gap
from core.vision.mixup.mixing import METHODS, Method, blend
from core.vision.mixup.plane import Toy, learn

__all__ = [
    "SEEDS",
    "TESTS",
    "Compared",
    "Path",
    "Share",
    "Way",
    "compared",
    "digits",
    "judged",
    "mixed_by_hand",
    "way_between",
]

TESTS, SHUFFLE = 1000, 0
"""Digits of the test; the seed of the one order in which all are taken."""
CHANNELS, HIDDEN, CLASSES, DEEPEST = 8, 64, 10, 16.0
GRID, SEEDS, GAP_ROUNDS = 101, 3, 2
PART = 1000  # pictures at a time in judging
LR = 3e-3
CLEAR = 2.0  # standard errors from which a difference is called one


@lru_cache(maxsize=1)
def digits() -> tuple[Toy, Toy]:
    """(for training 797, for the test 1 000): pictures [N, 1, 8, 8] in [0, 1] and their labels."""
    pictures, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(SHUFFLE).permutation(len(labels))
    x = torch.from_numpy((pictures[order] / DEEPEST).astype(np.float32)).reshape(-1, 1, 8, 8)
    y = torch.from_numpy(labels[order].astype(np.int64))
    return Toy(x[TESTS:], y[TESTS:]), Toy(x[:TESTS], y[:TESTS])


def network(seed: int) -> nn.Sequential:
    """Convolution, pooling and two dense layers: [N, 1, 8, 8] → logits [N, 10]; weights by He's rule of the ``seed``."""
    rng = torch.Generator().manual_seed(seed)
    layers = [nn.Conv2d(1, CHANNELS, 3, 1, 1), nn.Linear(CHANNELS * 16, HIDDEN), nn.Linear(HIDDEN, CLASSES)]
    for layer in layers:
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=rng)
        nn.init.zeros_(layer.bias)
    first, second, third = layers
    return nn.Sequential(first, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), second, nn.ReLU(), third)


@dataclass(frozen=True, slots=True)
class Share:
    """A mean over the seeds and its standard error."""

    mean: float
    error: float

    @property
    def sign(self) -> int:
        """−1 or 1 where the mean is ``CLEAR`` standard errors or more from zero, else 0."""
        return 0 if abs(self.mean) < CLEAR * self.error else (self.mean > 0) - (self.mean < 0)


def _share(values: np.ndarray) -> Share:
    return Share(float(values.mean()), float(values.std(ddof=1) / len(values) ** 0.5))


@dataclass(frozen=True)
class Compared:
    """By method and measure (error, cross-entropy in nats, gap: on the test; training error), the values of all seeds."""

    record: Mapping[str, Mapping[str, list[float]]]

    @property
    def seeds(self) -> int:
        """Networks of each method."""
        return len(self.record["plain"]["error"])

    def of(self, method: str, measure: str) -> Share:
        """The mean and its standard error, s/√n."""
        return _share(np.array(self.record[method][measure]))

    def against_plain(self, method: str, measure: str) -> Share:
        """The mean difference to plain training and its standard error, the seeds in pairs: they share samples and first weights."""
        return _share(np.array(self.record[method][measure]) - np.array(self.record["plain"][measure]))


def samples(count: int, seed: int) -> Toy:
    """``count`` training digits drawn without replacement."""
    pool, _ = digits()
    chosen = torch.randperm(len(pool.y), generator=torch.Generator().manual_seed(seed))[:count]
    return Toy(pool.x[chosen], pool.y[chosen])


def trained(data: Toy, method: Method, steps: int, seed: int) -> Iterator[Progress | nn.Sequential]:
    """Train one network on all of ``data`` at every step; yields progress, and the network at last."""
    return learn(data, method, steps, seed, network(seed), CLASSES, LR)


@torch.no_grad()
def judged(net: nn.Module, data: Toy, test: Toy) -> dict[str, float]:
    """What is measured of one network, on pictures that are not blended but for the gap."""
    logits, own = (torch.cat([net(part) for part in one.x.split(PART)]) for one in (test, data))
    return {
        "error": float((logits.argmax(1) != test.y).double().mean()),
        "cross-entropy": float(F.cross_entropy(logits, test.y)),
        "gap": linearity_gap(lambda part: net(part).softmax(1), test.x, 0, GAP_ROUNDS),
        "training error": float((own.argmax(1) != data.y).double().mean()),
    }


def compared(count: int, steps: int, seed: int) -> Iterator[Compared | Progress]:
    """Every method from ``SEEDS`` seeds, ``seed`` and those after it, each with its own samples; progress, at last the result."""
    record: dict[str, dict[str, list[float]]] = {name: {} for name in METHODS}
    runs = [(k, name) for k in range(SEEDS) for name in METHODS]
    for at, (k, name) in enumerate(runs):
        data = samples(count, seed + k)
        for item in trained(data, METHODS[name], steps, seed + k):
            if not isinstance(item, Progress):
                for measure, value in judged(item, data, digits()[1]).items():
                    record[name].setdefault(measure, []).append(value)
        yield Progress((at + 1) / len(runs))
    yield Compared(record)


@dataclass(frozen=True)
class Way:
    """One network's answers along the way: ``p`` [GRID, 10], from the second picture to the first; ``here`` [10] at the chosen ε."""

    p: np.ndarray
    here: np.ndarray

    @cached_property
    def straight(self) -> np.ndarray:
        """εf(x_a) + (1−ε)f(x_b) [GRID, 10]."""
        e = np.linspace(0, 1, GRID)[:, None]
        return e * self.p[-1] + (1 - e) * self.p[0]

    @property
    def gap(self) -> float:
        """The mean over ε of ‖f(x̃) − εf(x_a) − (1−ε)f(x_b)‖."""
        return float(np.linalg.norm(self.p - self.straight, axis=1).mean())

    @property
    def ends(self) -> tuple[int, int]:
        """The digits answered for the first picture and the second."""
        return int(self.p[-1].argmax()), int(self.p[0].argmax())


@dataclass(frozen=True, slots=True)
class Path:
    """Both pictures and their blend (uint8 [S, S]), ``grid`` [GRID] of ε, and the ways of plain training and of another method."""

    pictures: Sequence[np.ndarray]
    grid: np.ndarray
    ways: Mapping[str, Way]


def _picture(picture: Tensor) -> np.ndarray:
    return (picture[0] * 255).round().to(torch.uint8).numpy()


def _sheet(drawing: np.ndarray) -> Tensor:
    """A drawing [32, 32] in [0, 1] as the set's pictures were made: the ink of every block of 4x4."""
    if not drawing.any():
        raise Refusal("是空的，请先画一个数字", "is empty; draw a digit first", input="drawing")
    return F.avg_pool2d(torch.from_numpy(np.asarray(drawing, np.float32))[None, None], 4)[0]


def mixed_by_hand(
    first: int | np.ndarray, second: int, epsilon: float, method: str, count: int, steps: int, seed: int
) -> Path:
    """Two digits of the test (by number), or a drawing [32, 32] and one, blended; answered by networks that are trained for it."""
    test, data = digits()[1], samples(count, seed)
    a, b = _sheet(first) if isinstance(first, np.ndarray) else test.x[first], test.x[second]
    nets = {}
    for name in ("plain", method):
        *_, net = trained(data, METHODS[name], steps, seed)
        assert isinstance(net, nn.Module)
        nets[name] = net
    return way_between(a, b, epsilon, nets)


@torch.no_grad()
def way_between(a: Tensor, b: Tensor, epsilon: float, nets: Mapping[str, Callable[[Tensor], Tensor]]) -> Path:
    """What each of ``nets`` ([N, 1, S, S] → logits [N, K]) answers to blends of ``a`` and ``b`` [1, S, S], from b to a and at ``epsilon``."""
    e = torch.cat([torch.linspace(0, 1, GRID), torch.tensor([epsilon])])
    x = blend(e, a.expand(len(e), -1, -1, -1), b.expand(len(e), -1, -1, -1))
    answers = {name: net(x).softmax(1).double().numpy() for name, net in nets.items()}
    ways = {name: Way(p[:GRID], p[GRID]) for name, p in answers.items()}
    return Path([_picture(a), _picture(x[GRID]), _picture(b)], np.linspace(0, 1, GRID), ways)
