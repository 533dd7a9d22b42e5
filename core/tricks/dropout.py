"""Dropout (post 4521; Srivastava et al. 2014): the mask, what it does to means and variances, and what it comes to in training.

p is the probability that a value is *dropped*, as in Keras and torch (TensorFlow 1 took the probability that it is kept). A kept value
is divided by 1 − p, so that x̃ = x·r/(1 − p) with r ~ Bernoulli(1 − p) has E[x̃] = x and Var[x̃] = x²·p/(1 − p).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from core.data.classics import two_moons
from core.fitting import batches, descend, generator, mlp, shown_steps
from core.refusal import Refusal

__all__ = [
    "CURVES", "Ensemble", "Fit", "MaskStatistics", "Overfit", "curve", "dropped", "fit_curve", "mask", "mask_shapes", "mask_statistics", "moments", "overfit", "thinned_nets", "truth",
    "two_classes",
]  # fmt: skip

CURVES = ("sine", "step", "chirp")
HIDDEN = 64
MOST_STEPS = 5  # of the possible means of a tensor in one bin
PASSES = 60  # forward passes with dropout left on
MOST_UNITS = 12  # 2^12 thinned nets are enumerated
LR_CURVE, LR_NETS = 4e-3, 0.02
GRID = np.linspace(-1.25, 1.25, 121)


def mask_shapes(shape: Sequence[int]) -> list[tuple[int, ...]]:
    """All legal ``noise_shape`` of a tensor: each axis either its own length or 1 (shared along it)."""
    return [tuple(sizes) for sizes in itertools.product(*[sorted({n, 1}, reverse=True) for n in shape])]


def mask(shape: Sequence[int], noise_shape: Sequence[int], p: float, rng: torch.Generator) -> Tensor:
    """0 or 1/(1 − p), float32 of ``shape``: drawn in ``noise_shape`` and repeated along its axes of length 1.

    Raises Refusal for p outside [0, 1) or a noise shape that does not fit.
    """
    if not 0 <= p < 1:
        raise Refusal("应在 0 到 1 之间，不含 1", "must be from 0 to below 1", input="p", value=p)
    if len(noise_shape) != len(shape) or any(m not in (1, n) for m, n in zip(noise_shape, shape, strict=True)):
        raise Refusal(f"每个轴应为 1 或 {tuple(shape)} 中的长度", f"each axis must be 1 or that of {tuple(shape)}", input="noise_shape", value=tuple(noise_shape))  # fmt: skip
    kept = torch.rand(tuple(noise_shape), generator=rng) >= p
    return (kept / (1 - p)).expand(tuple(shape)).clone()


def dropped(x: Tensor, p: float, rng: torch.Generator, noise_shape: Sequence[int] | None = None) -> Tensor:
    """x with dropout, as in training."""
    return x * mask(x.shape, noise_shape or x.shape, p, rng)


def moments(x: Tensor, p: float) -> tuple[Tensor, Tensor]:
    """(mean, variance) of a value with dropout: x and x²·p/(1 − p)."""
    return x, x**2 * p / (1 - p)


@dataclass(frozen=True, slots=True)
class MaskStatistics:
    """``one`` mask of ``noise_shape``, and what many of them do to a tensor of ones.

    ``mean`` and ``variance`` of a value; the density of the tensor's mean between ``edges``, with that noise shape (``shared``) and with a
    mask for every entry (``independent``). Over all noise shapes: how many ``masks`` each draws and the ``variances`` of the tensor's mean.
    ``predicted`` is p/(1 − p), which is the variance of a value; divided by the number of masks, that of the mean.
    """

    one: np.ndarray
    noise_shape: tuple[int, ...]
    mean: float
    variance: float
    predicted: float
    edges: np.ndarray
    shared: np.ndarray
    independent: np.ndarray
    masks: Mapping[tuple[int, ...], int]
    variances: Mapping[tuple[int, ...], float]

    @property
    def sheet(self) -> np.ndarray:
        """The one mask's samples side by side, [rows, samples·(columns + 1) − 1], a column of NaN between two."""
        count, rows, columns = self.one.shape
        padded = np.full((count, rows, columns + 1), np.nan)
        padded[:, :, :-1] = self.one
        return padded.transpose(1, 0, 2).reshape(rows, -1)[:, :-1]

    @property
    def widened(self) -> float:
        """The predicted variance of the mean over that with independent masks."""
        return max(self.masks.values()) / self.masks[self.noise_shape]


def mask_statistics(shape: Sequence[int], noise_shape: Sequence[int], p: float, draws: int, seed: int) -> MaskStatistics:  # fmt: skip
    """Masks of ``noise_shape`` compared with masks for every entry, and with all other noise shapes, by ``draws`` of each."""
    rng = generator(seed)
    chosen, axes = tuple(noise_shape), tuple(range(1, len(shape) + 1))
    one = mask(shape, chosen, p, rng)
    values = {sizes: mask((draws, *shape), (draws, *sizes), p, rng).double() for sizes in mask_shapes(shape)}
    means = {sizes: value.mean(axes).numpy() for sizes, value in values.items()}
    # Means come in steps of shared_by kept entries: a bin holds a few of these steps, its edges lie between them.
    entries = int(np.prod(shape))
    shared_by = entries // int(np.prod(chosen))
    together, step = max(k for k in range(1, MOST_STEPS + 1) if shared_by % k == 0), 1 / (entries * (1 - p))
    first = step * (-(together // 2) - 0.5)
    edges = first + step * together * np.arange(round(max(2.0, float(means[chosen].max())) / (step * together)) + 3)
    shared, independent = (np.histogram(means[sizes], edges, density=True)[0] for sizes in (chosen, tuple(shape)))
    return MaskStatistics(
        one.numpy(), chosen, float(values[chosen].mean()), float(values[chosen].var(correction=0)), p / (1 - p), edges, shared, independent,
        {sizes: int(np.prod(sizes)) for sizes in values}, {sizes: float(mean.var()) for sizes, mean in means.items()},
    )  # fmt: skip


def curve(kind: str, n: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(x, y) [n] of a curve on [−1, 1] with normal noise; one of CURVES."""
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(-1, 1, n))
    return x, truth(kind, x) + noise * rng.standard_normal(n)


def truth(kind: str, x: np.ndarray) -> np.ndarray:
    """The curve without noise."""
    match kind:
        case "sine":
            return np.sin(3 * x)
        case "step":
            return np.where(x > 0, 0.8, -0.8)
        case "chirp":
            return np.sin(2 + 8 * (x + 0.2) ** 2) * 0.8
    raise Refusal(f"应为 {'、'.join(CURVES)} 之一", f"must be one of {', '.join(CURVES)}", input="kind", value=kind)


class _Dropping(nn.Module):
    """A ReLU whose units are dropped with ``p`` by masks from a generator of its own; ``on`` switches it."""

    def __init__(self, p: float, rng: torch.Generator) -> None:
        super().__init__()
        self.p, self.rng, self.on = p, rng, True

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(x)
        return dropped(x, self.p, self.rng) if self.on and self.p > 0 else x


@dataclass(frozen=True, slots=True)
class Fit:
    """A network on ``grid`` after ``step`` steps: its ``answer`` with no unit dropped, mean and standard deviation of PASSES answers with dropout
    left on, and root mean square errors so far, at each of ``steps``: on the noisy samples and, over |x| ≤ 1, against the curve itself.

    ``inside`` and ``outside`` are the mean standard deviation where there are samples, and where there are none (|x| > 1).
    """

    step: int
    answer: np.ndarray
    middle: np.ndarray
    deviation: np.ndarray
    steps: np.ndarray
    train_error: np.ndarray
    test_error: np.ndarray
    inside: float
    outside: float


def fit_curve(kind: str, n: int, noise: float, p: float, steps: int, frames: int, seed: int) -> Iterator[Fit]:
    """A network 1-64-64-1 fitted to n noisy points with dropout ``p`` in both hidden layers (Adam); yields about ``frames`` states."""
    x, y = curve(kind, n, noise, seed)
    exact, inside = truth(kind, GRID), np.abs(GRID) <= 1
    rng, watching = generator(seed), generator(seed + 1)
    drops = [_Dropping(p, rng), _Dropping(p, rng)]
    stack = iter(drops)
    net = mlp([1, HIDDEN, HIDDEN, 1], rng, lambda: next(stack, nn.Identity()))
    first = net[0]
    assert isinstance(first, nn.Linear)
    with torch.no_grad():  # first-layer kinks spread over [−1, 1], where the points are
        first.weight.copy_(3 * torch.randn(HIDDEN, 1, generator=rng))
        first.bias.copy_(-first.weight[:, 0] * (2 * torch.rand(HIDDEN, generator=rng) - 1))
    points, targets, places = (torch.tensor(a, dtype=torch.float32)[:, None] for a in (x, y, GRID))
    optimiser = torch.optim.Adam(net.parameters(), lr=LR_CURVE)
    errors: list[tuple[int, float, float]] = []
    losses = descend(lambda i: (net(points[i]) - targets[i]).square().mean(), optimiser, batches(n, n, steps, rng))
    shown = shown_steps(steps, frames)
    for step, _ in enumerate(losses, 1):
        if step not in shown:
            continue
        with torch.no_grad():
            for drop in drops:
                drop.rng = watching  # however often one looks, the training draws the same masks
            many = torch.stack([net(places)[:, 0] for _ in range(PASSES)]).double().numpy()
            for drop in drops:
                drop.on = False
            answer, fitted = net(places)[:, 0].numpy(), net(points)
            for drop in drops:
                drop.rng, drop.on = rng, True
        train = float((fitted - targets).square().mean().sqrt())
        errors.append((step, train, float(np.sqrt(np.mean((answer - exact)[inside] ** 2)))))
        deviation = many.std(0)
        at, fitted_error, true_error = map(np.array, zip(*errors, strict=True))
        inner, outer = float(deviation[inside].mean()), float(deviation[~inside].mean())
        yield Fit(step, answer, many.mean(0), deviation, at, fitted_error, true_error, inner, outer)


@dataclass(frozen=True, slots=True)
class Overfit:
    """The same network without (``plain``) and with dropout (``dropped``), on samples (x, y) of the curve ``truth`` over ``grid``."""

    x: np.ndarray
    y: np.ndarray
    grid: np.ndarray
    truth: np.ndarray
    plain: Fit
    dropped: Fit


def overfit(kind: str, n: int, noise: float, p: float, steps: int, frames: int, seed: int) -> Iterator[Overfit]:
    """:func:`fit_curve` without dropout and with p, side by side."""
    x, y = curve(kind, n, noise, seed)
    exact = truth(kind, GRID)
    runs = [fit_curve(kind, n, noise, share, steps, frames, seed) for share in (0.0, p)]
    for plain, some in zip(*runs, strict=True):
        yield Overfit(x, y, GRID, exact, plain, some)


@dataclass(frozen=True, slots=True)
class Ensemble:
    """All 2^K thinned nets of a trained net with K hidden units, and three ways to ask all of them at once.

    Of each net: the units it keeps [nets, K], its probability, its test accuracy; ``share`` of the probability between ``edges`` of accuracy, ``mean``
    accuracy. Log-odds on the test points [n]: ``arithmetic`` averages probabilities, ``geometric`` averages log-probabilities and normalises, ``scaled``
    is one pass of the whole net with no unit dropped: for one hidden layer it equals the geometric mean exactly. ``accuracies`` of the three, and
    ``gap``, the largest difference of the last two.
    """

    kept: np.ndarray
    chance: np.ndarray
    accuracy: np.ndarray
    edges: np.ndarray
    share: np.ndarray
    mean: float
    arithmetic: np.ndarray
    geometric: np.ndarray
    scaled: np.ndarray
    accuracies: Mapping[str, float]
    gap: float


def two_classes(n: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two moons: points [n, 2] and labels [n]."""
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n)
    angle = rng.uniform(0, np.pi, n)
    return two_moons(y == 0, angle) + noise * rng.standard_normal((n, 2)), y


def thinned_nets(units: int, p: float, steps: int, noise: float, seed: int) -> Ensemble:
    """Train a net 2-``units``-2 on 200 points of two moons with dropout of its hidden units, then ask all 2^units thinned nets.

    Raises Refusal for more than 12 units: 4 096 nets.
    """
    if units > MOST_UNITS:
        raise Refusal(f"最多 {MOST_UNITS}", f"at most {MOST_UNITS}", input="units", value=units)
    x, y = two_classes(200, noise, seed)
    x_test, y_test = two_classes(400, noise, seed + 1)
    rng = generator(seed)
    drop = _Dropping(p, rng)
    net = mlp([2, units, 2], rng, lambda: drop)
    points, targets = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
    optimiser = torch.optim.Adam(net.parameters(), lr=LR_NETS)
    for _ in descend(
        lambda i: nn.functional.cross_entropy(net(points[i]), targets[i]), optimiser, batches(200, 100, steps, rng)
    ):
        pass
    drop.on = False
    with torch.no_grad():
        net.double()
        tests = torch.tensor(x_test)
        hidden = torch.relu(net[:1](tests)).numpy()
        whole = net(tests).numpy()
    last = net[-1]
    assert isinstance(last, nn.Linear)
    weight, bias = last.weight.detach().numpy(), last.bias.detach().numpy()
    kept = np.array(list(itertools.product((0, 1), repeat=units)), float)
    chance = p ** (units - kept.sum(1)) * (1 - p) ** kept.sum(1)
    logits = np.einsum("mu,nu,cu->mnc", kept / (1 - p), hidden, weight, optimize=True) + bias
    margins = logits[:, :, 1] - logits[:, :, 0]
    mean = chance @ (1 / (1 + np.exp(-margins)))
    arithmetic, geometric, scaled = np.log(mean / (1 - mean)), chance @ margins, whole[:, 1] - whole[:, 0]
    odds = {"arithmetic": arithmetic, "geometric": geometric, "scaled": scaled}
    accuracy, edges = ((margins > 0) == y_test).mean(1), np.linspace(0, 1, 41)
    share, _ = np.histogram(accuracy, edges, weights=chance)
    return Ensemble(
        kept, chance, accuracy, edges, share, float(chance @ accuracy), arithmetic, geometric, scaled,
        {name: float(((m > 0) == y_test).mean()) for name, m in odds.items()}, float(np.abs(geometric - scaled).max()),
    )  # fmt: skip
