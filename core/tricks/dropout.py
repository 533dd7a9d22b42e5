"""Dropout (post 4521; Srivastava et al. 2014): the mask, what it does to means and variances, and what it comes to in training.

Here p is the share *dropped*, as in Keras and torch (TensorFlow 1 took the share kept). A kept value is divided by 1 − p, so that
E[x̃] = x and Var[x̃] = x²·p/(1 − p).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from core.checks import Check
from core.classics import diabetes
from core.fitting import batches, descend, generator, mlp
from core.refusal import Refusal

__all__ = [
    "CURVES", "CurveState", "Ensemble", "LinearData", "MaskStatistics", "Thinned", "checks", "coefficients", "curve", "dropped", "dropped_loss", "enumerated_loss", "fit_by_dropout",
    "fit_curve", "linear_data", "mask", "mask_statistics", "mask_shapes", "moments", "penalised_loss", "ridge", "spread", "thinned_nets", "truth", "two_classes",
]  # fmt: skip

CURVES = ("sine", "step", "chirp")
HIDDEN = 64
MOST_UNITS = 12  # 2^12 thinned nets are counted out


def mask_shapes(shape: Sequence[int]) -> list[tuple[int, ...]]:
    """All legal ``noise_shape`` of a tensor: each axis either its own length or 1 (shared along it)."""
    return [tuple(sizes) for sizes in itertools.product(*[sorted({n, 1}, reverse=True) for n in shape])]


def mask(shape: Sequence[int], noise_shape: Sequence[int], p: float, random: torch.Generator) -> Tensor:
    """0 or 1/(1 − p), float32 of ``shape``: drawn in ``noise_shape`` and repeated along its axes of length 1.

    Raises Refusal for p outside [0, 1) or a noise shape that does not fit.
    """
    if not 0 <= p < 1:
        raise Refusal(f"p = {p}：应在 0 到 1 之间，不含 1", f"p = {p}: must be from 0 to below 1")
    if len(noise_shape) != len(shape) or any(m not in (1, n) for m, n in zip(noise_shape, shape, strict=True)):
        raise Refusal(f"noise_shape = {tuple(noise_shape)}：每个轴应为 1 或 {tuple(shape)} 中的长度", f"noise_shape = {tuple(noise_shape)}: each axis is 1 or that of {tuple(shape)}")  # fmt: skip
    kept = torch.rand(tuple(noise_shape), generator=random) >= p
    return (kept / (1 - p)).expand(tuple(shape)).clone()


def dropped(x: Tensor, p: float, random: torch.Generator, noise_shape: Sequence[int] | None = None) -> Tensor:
    """x with dropout, as in training."""
    return x * mask(x.shape, noise_shape or x.shape, p, random)


def moments(x: Tensor, p: float) -> tuple[Tensor, Tensor]:
    """(mean, variance) of a value with dropout: x and x²·p/(1 − p)."""
    return x, x**2 * p / (1 - p)


@dataclass(frozen=True, slots=True)
class MaskStatistics:
    """``one`` mask, and of many: mean and variance of a value, means over the tensor [draws] with the shared and with independent masks.

    ``law`` is p/(1 − p), ``law_of_mean`` that over the number of ``masks`` drawn for one tensor.
    """

    one: np.ndarray
    mean: float
    variance: float
    means: np.ndarray
    independent: np.ndarray
    law: float
    masks: int
    law_of_mean: float


def mask_statistics(
    shape: Sequence[int], noise_shape: Sequence[int], p: float, draws: int, seed: int
) -> MaskStatistics:
    """Masks of ``noise_shape`` against masks for every entry, by ``draws`` of each."""
    random = generator(seed)
    one = mask(shape, noise_shape, p, random)
    shared, free = (mask((draws, *shape), (draws, *sizes), p, random) for sizes in (noise_shape, shape))
    axes = tuple(range(1, len(shape) + 1))
    masks = int(np.prod(noise_shape))
    law = p / (1 - p)
    return MaskStatistics(
        one.numpy(), float(shared.double().mean()), float(shared.double().var(correction=0)), shared.mean(axes).numpy(), free.mean(axes).numpy(), law, masks, law / masks
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LinearData:
    """Columns [n, d] in standard units, centred targets [n] and the columns' names."""

    x: np.ndarray
    y: np.ndarray
    names: list[str]


def linear_data() -> LinearData:
    """442 patients with diabetes: ten measures, and how far the disease went in a year (in standard units)."""
    names, x, y = diabetes()
    return LinearData((x - x.mean(0)) / x.std(0), (y - y.mean()) / y.std(), names)


def penalised_loss(data: LinearData, w: np.ndarray, p: float) -> float:
    """‖y − Xw‖² + p/(1 − p)·Σ_j w_j² Σ_i x_ij²: what dropout of the inputs minimises, in closed form."""
    residual = data.y - data.x @ w
    return float(residual @ residual + p / (1 - p) * (w**2 @ (data.x**2).sum(0)))


def dropped_loss(data: LinearData, w: np.ndarray, p: float, draws: int, seed: int) -> np.ndarray:
    """‖y − (X ∘ R)w‖² for ``draws`` random masks R (kept values over 1 − p), [draws]: their mean is the penalised loss."""
    random = np.random.default_rng(seed)
    losses = []
    for _ in range(draws):
        kept = (random.random(data.x.shape) >= p) / (1 - p)
        losses.append(float((((data.x * kept) @ w - data.y) ** 2).sum()))
    return np.array(losses)


def enumerated_loss(data: LinearData, w: np.ndarray, p: float) -> float:
    """E‖y − (X ∘ R)w‖² by all 2^d masks of a row, each with its probability: exact, no formula used."""
    d = data.x.shape[1]
    total = 0.0
    for kept in itertools.product((0.0, 1.0), repeat=d):
        r = np.array(kept)
        chance = p ** (d - r.sum()) * (1 - p) ** r.sum()
        total += chance * float((((data.x * (r / (1 - p))) @ w - data.y) ** 2).sum())
    return total


def ridge(data: LinearData, p: float) -> np.ndarray:
    """argmin of the penalised loss: (XᵀX + p/(1 − p)·diag(XᵀX))⁻¹Xᵀy, [d]."""
    gram = data.x.T @ data.x
    return np.linalg.solve(gram + p / (1 - p) * np.diag(np.diag(gram)), data.x.T @ data.y)


def coefficients(data: LinearData, shares: Sequence[float] | np.ndarray) -> np.ndarray:
    """Ridge's coefficients for each p of ``shares``, [len(shares), d]."""
    return np.stack([ridge(data, p) for p in shares])


def fit_by_dropout(data: LinearData, p: float, steps: int, seed: int) -> Iterator[np.ndarray]:
    """Weights [d] along stochastic gradient descent on the linear model with dropout of its inputs; the mean of the second half last.

    Batches of 64, a rate that falls as 1/t after a quarter of the steps. Yields 40 states.
    """
    random = np.random.default_rng(seed)
    w, tail, counted = np.zeros(data.x.shape[1]), np.zeros(data.x.shape[1]), 0
    rate = 0.05 * (1 - p)
    for step in range(steps):
        rows = random.integers(len(data.x), size=64)
        x = data.x[rows] * ((random.random((64, data.x.shape[1])) >= p) / (1 - p))
        w = w - rate * min(1.0, 0.25 * steps / (step + 1)) * x.T @ (x @ w - data.y[rows]) / 64
        if step >= steps // 2:
            tail, counted = tail + w, counted + 1
        if (step + 1) % max(1, steps // 40) == 0:
            yield tail / counted if counted else w


def curve(kind: str, n: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(x, y) [n] of a curve on [−1, 1] with normal noise; one of CURVES."""
    random = np.random.default_rng(seed)
    x = np.sort(random.uniform(-1, 1, n))
    return x, truth(kind, x) + noise * random.standard_normal(n)


def truth(kind: str, x: np.ndarray) -> np.ndarray:
    """The curve without noise."""
    match kind:
        case "sine":
            return np.sin(3 * x)
        case "step":
            return np.where(x > 0, 0.8, -0.8)
        case "chirp":
            return np.sin(2 + 8 * (x + 0.2) ** 2) * 0.8
    raise Refusal(f"kind = {kind}：应为 {'、'.join(CURVES)} 之一", f"kind = {kind}: must be one of {', '.join(CURVES)}")


@dataclass(frozen=True, slots=True)
class CurveState:
    """A network while it fits: on ``grid``, the answer with no unit dropped and ``passes`` [passes, grid] with dropout left on."""

    step: int
    grid: np.ndarray
    answer: np.ndarray
    passes: np.ndarray
    train_error: list[float]
    test_error: list[float]


class _Dropping(nn.Module):
    """A ReLU whose units are dropped with ``p`` by masks from a generator of its own; ``on`` switches it."""

    def __init__(self, p: float, random: torch.Generator) -> None:
        super().__init__()
        self.p, self.random, self.on = p, random, True

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(x)
        return dropped(x, self.p, self.random) if self.on and self.p > 0 else x


def fit_curve(
    kind: str, n: int, noise: float, p: float, steps: int, frames: int, passes: int, seed: int
) -> Iterator[CurveState]:
    """A network 1-64-64-1 fitted to n noisy points with dropout ``p`` in both hidden layers (Adam); yields ``frames`` states.

    Errors are root mean squares: against the noisy points, and against the curve itself on the grid.
    """
    x, y = curve(kind, n, noise, seed)
    grid = np.linspace(-1.25, 1.25, 121)
    inside = np.abs(grid) <= 1
    random = generator(seed)
    drops = [_Dropping(p, random), _Dropping(p, random)]
    stack = iter(drops)
    net = mlp([1, HIDDEN, HIDDEN, 1], random, lambda: next(stack, nn.Identity()))
    first = net[0]
    assert isinstance(first, nn.Linear)
    with torch.no_grad():  # first-layer kinks spread over [−1, 1], where the points are
        first.weight.copy_(3 * torch.randn(HIDDEN, 1, generator=random))
        first.bias.copy_(-first.weight[:, 0] * (2 * torch.rand(HIDDEN, generator=random) - 1))
    points, targets, places = (torch.tensor(a, dtype=torch.float32)[:, None] for a in (x, y, grid))
    optimiser = torch.optim.Adam(net.parameters(), lr=4e-3)
    train_error: list[float] = []
    test_error: list[float] = []
    losses = descend(lambda i: (net(points[i]) - targets[i]).square().mean(), optimiser, batches(n, n, steps, random))
    every = max(1, steps // frames)
    for step, _ in enumerate(losses, 1):
        if step % every and step != steps:
            continue
        with torch.no_grad():
            many = torch.stack([net(places)[:, 0] for _ in range(passes)]).numpy()
            for drop in drops:
                drop.on = False
            answer, fitted = net(places)[:, 0].numpy(), net(points)
            for drop in drops:
                drop.on = True
        train_error.append(float((fitted - targets).square().mean().sqrt()))
        test_error.append(float(np.sqrt(np.mean((answer - truth(kind, grid))[inside] ** 2))))
        yield CurveState(step, grid, answer, many, train_error[:], test_error[:])


def spread(state: CurveState) -> tuple[float, float]:
    """Monte-Carlo dropout's mean band (standard deviation) where the points lie, and outside them, |x| > 1."""
    deviation = state.passes.std(0)
    inside = np.abs(state.grid) <= 1
    return float(deviation[inside].mean()), float(deviation[~inside].mean())


@dataclass(frozen=True, slots=True)
class Thinned:
    """All 2^m nets of a trained net: which units each keeps [nets, m], its probability, and its test accuracy."""

    kept: np.ndarray
    chance: np.ndarray
    accuracy: np.ndarray


@dataclass(frozen=True, slots=True)
class Ensemble:
    """The thinned nets and three ways to ask all of them: log p(y = 1)/(p(y = 0)) on the test points [n] and the accuracy of each.

    ``arithmetic`` averages probabilities, ``geometric`` averages log-probabilities and normalises, ``scaled`` is one pass of the whole
    net with no unit dropped: for one hidden layer it equals the geometric mean exactly.
    """

    thinned: Thinned
    arithmetic: np.ndarray
    geometric: np.ndarray
    scaled: np.ndarray
    accuracies: dict[str, float]


def two_classes(n: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two moons: points [n, 2] and labels [n]."""
    random = np.random.default_rng(seed)
    y = random.integers(2, size=n)
    angle = random.uniform(0, np.pi, n)
    x = np.stack([np.cos(angle), np.sin(angle)], 1)
    x = np.where(y[:, None] == 0, x - np.array([0.5, 0.2]), -x + np.array([0.5, 0.2]))
    return x + noise * random.standard_normal((n, 2)), y


def thinned_nets(units: int, p: float, steps: int, noise: float, seed: int) -> Ensemble:
    """Train a net 2-``units``-2 on 200 points of two moons with dropout of its hidden units, then ask all 2^units thinned nets.

    Raises Refusal for more than 12 units: 4 096 nets.
    """
    if units > MOST_UNITS:
        raise Refusal(f"units = {units}：最多 {MOST_UNITS}", f"units = {units}: at most {MOST_UNITS}")
    x, y = two_classes(200, noise, seed)
    x_test, y_test = two_classes(400, noise, seed + 1)
    random = generator(seed)
    drop = _Dropping(p, random)
    net = mlp([2, units, 2], random, lambda: drop)
    points, targets = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
    optimiser = torch.optim.Adam(net.parameters(), lr=0.02)
    for _ in descend(
        lambda i: nn.functional.cross_entropy(net(points[i]), targets[i]), optimiser, batches(200, 100, steps, random)
    ):
        pass
    drop.on = False
    with torch.no_grad():
        net.double()
        tests = torch.tensor(x_test)
        hidden = torch.relu(net[:1](tests)).numpy()
        scaled = net(tests).numpy()
    last = net[-1]
    assert isinstance(last, nn.Linear)
    weight, bias = last.weight.detach().numpy(), last.bias.detach().numpy()
    kept = np.array(list(itertools.product((0, 1), repeat=units)), float)
    chance = p ** (units - kept.sum(1)) * (1 - p) ** kept.sum(1)
    logits = np.einsum("mu,nu,cu->mnc", kept / (1 - p), hidden, weight, optimize=True) + bias
    margins = logits[:, :, 1] - logits[:, :, 0]
    probability = 1 / (1 + np.exp(-margins))
    mean = chance @ probability
    geometric = chance @ margins
    whole = scaled[:, 1] - scaled[:, 0]
    arithmetic = np.log(mean / (1 - mean))
    sure = {"arithmetic": arithmetic, "geometric": geometric, "scaled": whole}
    accuracies = {name: float(((m > 0) == y_test).mean()) for name, m in sure.items()}
    return Ensemble(Thinned(kept, chance, ((margins > 0) == y_test).mean(1)), arithmetic, geometric, whole, accuracies)


def checks() -> Iterator[Check]:
    """The facts that must hold."""
    random = generator(0)
    x, draws, p = torch.tensor([0.5, -1.0, 2.0, 3.0]), 100_000, 0.3
    many = dropped(x.expand(draws, 4), p, random)
    mean, variance = moments(x, p)
    error = float(((many.mean(0) - mean) / (variance / draws).sqrt()).abs().max())
    yield Check("the mean is kept: |mean − x| in standard errors, largest of four", "均值不变：|均值 − x| 除以标准误，四个值中最大的", error, 0.0, 4.0, note="100 000 masks at p = 0.3; four standard errors: one false alarm in 4 000", note_zh="p = 0.3 的十万个掩码；四倍标准误：约四千次误报一次")  # fmt: skip
    yield Check("variance over x²·p/(1 − p), largest deviation from 1", "方差与 x²·p/(1 − p) 之比离 1 最远", float((many.var(0) / variance - 1).abs().max()), 0.0, 0.02, note="relative standard error of a two-point law's variance at p = 0.3: 0.003", note_zh="p = 0.3 的两点分布，方差的相对标准误为 0.003")  # fmt: skip
    shapes = mask_shapes((3, 4, 5))
    yield Check("legal noise shapes of a tensor (3, 4, 5)", "张量 (3, 4, 5) 的合法 noise_shape 个数", len(shapes), 8, 0, note="2³: each axis its own or shared", note_zh="2³：每个轴各自或共享")  # fmt: skip
    shared = mask((3, 4, 5), (3, 1, 5), 0.5, random)
    yield Check("noise shape (3, 1, 5): largest difference along the shared axis", "noise_shape (3, 1, 5)：共享轴上的最大差别", float((shared - shared[:, :1]).abs().max()), 0.0, 0.0, note="one mask for all four", note_zh="四个共用一个掩码")  # fmt: skip
    data = linear_data()
    few = LinearData(data.x[:40], data.y[:40], data.names)
    w = np.random.default_rng(1).standard_normal(10)
    yield Check(
        "linear regression: all 2^10 masks counted out, over the closed form", "线性回归：数遍 2^10 个掩码的期望与闭式之比", enumerated_loss(few, w, 0.4) / penalised_loss(few, w, 0.4), 1.0, 1e-12,
        note="E‖y − (X∘R)w‖² = ‖y − Xw‖² + p/(1−p)·Σ_j w_j²Σ_i x_ij², random w, 40 patients", note_zh="E‖y − (X∘R)w‖² = ‖y − Xw‖² + p/(1−p)·Σ_j w_j²Σ_i x_ij²，随机的 w，40 位病人",
    )  # fmt: skip
    best, h = ridge(data, 0.4), 1e-4
    slopes = [
        (penalised_loss(data, best + h * e, 0.4) - penalised_loss(data, best - h * e, 0.4)) / (2 * h)
        for e in np.eye(10)
    ]
    yield Check("its minimiser: gradient at (XᵀX + λ diag XᵀX)⁻¹Xᵀy", "它的最小点：在 (XᵀX + λ diag XᵀX)⁻¹Xᵀy 处的梯度", float(np.abs(slopes).max()), 0.0, 1e-6, note="central differences of a quadratic: rounding alone", note_zh="二次函数的中心差分：只剩舍入")  # fmt: skip
    *_, learned = fit_by_dropout(data, 0.4, 20_000, 0)
    yield Check("gradient descent with dropout ends at that minimiser: largest difference", "带 dropout 的梯度下降停在同一点：最大差", float(np.abs(learned - best).max()), 0.0, 0.02, note="mean of 10 000 noisy steps; without dropout the coefficients are up to 0.4 away", note_zh="一万步噪声的平均；没有 dropout 时系数相差可到 0.4")  # fmt: skip
    found = thinned_nets(8, 0.5, 200, 0.2, 0)
    yield Check(
        "one hidden layer: log-odds of the geometric mean of 256 thinned nets minus one pass at 1/(1 − p) scaling", "单隐层：256 个瘦网络几何平均的对数几率与一次前向之差", float(np.abs(found.geometric - found.scaled).max()), 0.0, 1e-10,
        note="weight scaling is exact for log-probabilities that are linear in the mask", note_zh="对数概率对掩码线性时，权重缩放严格成立",
    )  # fmt: skip
    yield Check("the masks' probabilities sum to", "掩码的概率之和", float(found.thinned.chance.sum()), 1.0, 1e-12, note="2^8 masks", note_zh="2^8 个掩码")  # fmt: skip
    ratios, bands = [], []
    for seed in range(3):
        none, some = (list(fit_curve("sine", 20, 0.3, q, 1200, 1, 40, seed))[-1] for q in (0.0, 0.1))
        ratios.append(some.test_error[-1] / none.test_error[-1])
        bands.append(spread(some)[1] / spread(some)[0])
    yield Check("a curve of 20 noisy points: test error with dropout 0.1 over that without, mean of three seeds", "20 个噪声点的曲线：dropout 0.1 的测试误差与不用时之比，三个种子平均", float(np.mean(ratios)), 0.97, 0.0, "at_most", note="the network without dropout follows the noise", note_zh="不用 dropout 的网络追着噪声走")  # fmt: skip
    yield Check("Monte-Carlo dropout: band outside the points over that inside, mean of three seeds", "蒙特卡洛 dropout：点外的带宽与点内之比，三个种子平均", float(np.mean(bands)), 1.05, 0.0, "at_least", note="less sure where there are no points", note_zh="没有样本的地方更没把握")  # fmt: skip
