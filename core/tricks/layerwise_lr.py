"""Learning rates by layer, and gradients one may bend (post 6418).

Writing a weight as θ = λφ and training φ is the same as training θ at λ² times the rate under SGD, and at λ times under Adam
(as ε → 0). Gradients may be scaled, clipped by layer, reversed, or let through where the function is flat.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.checks import Check
from core.classics import scanned_digits
from core.fitting import batches, generator, mlp
from core.refusal import Refusal

__all__ = [
    "CLIPS", "Clipping", "Domains", "OPTIMISERS", "Reversal", "SURFACES", "Scaled", "Signs", "Walk", "Walks", "binarise", "checks", "clip", "clipped_run", "domains", "equivalence",
    "multiplier", "reverse", "reversal_run", "sign_run", "surface", "surface_grid", "walks",
]  # fmt: skip

SURFACES = ("valley", "rosenbrock", "saddle")
OPTIMISERS = ("sgd", "momentum", "adam")
CLIPS = ("none", "global", "layer", "sign", "freeze")
TINY = 1e-12  # Adam's ε where the equivalence is claimed: it holds as ε → 0
MOMENTUM = 0.9
BATCH = 64


class Scaled(nn.Module):
    """The post's wrapper: weight and bias are λ times what is trained, and begin where they were (φ = θ/λ)."""

    def __init__(self, layer: nn.Linear, factor: float) -> None:
        super().__init__()
        self.factor = factor
        self.weight = nn.Parameter(layer.weight.detach() / factor)
        self.bias = nn.Parameter(layer.bias.detach() / factor)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.factor * self.weight, self.factor * self.bias)


def multiplier(factor: float, optimiser: str) -> float:
    """By what θ's learning rate is multiplied when θ = factor·φ is trained through φ: factor² (SGD, momentum) or factor (Adam)."""
    if optimiser not in OPTIMISERS:
        raise Refusal(
            f"optimiser = {optimiser}：应为 {'、'.join(OPTIMISERS)} 之一",
            f"optimiser = {optimiser}: must be one of {', '.join(OPTIMISERS)}",
        )
    return factor if optimiser == "adam" else factor**2


def _optimiser(name: str, groups: Any, epsilon: float, decay: float) -> torch.optim.Optimizer:
    if name == "adam":
        return torch.optim.Adam(groups, eps=epsilon, weight_decay=decay)
    return torch.optim.SGD(groups, momentum=MOMENTUM if name == "momentum" else 0.0, weight_decay=decay)


def surface(name: str, x: Tensor, y: Tensor) -> Tensor:
    """Height at (x, y): an ill-conditioned valley, Rosenbrock's banana (scaled), or a saddle in a bowl."""
    match name:
        case "valley":
            return 0.5 * (0.2 * x**2 + 4 * y**2)
        case "rosenbrock":
            return 0.2 * (1 - x) ** 2 + 2 * (y - 0.5 * x**2) ** 2
        case "saddle":
            return 0.5 * x**2 - 0.6 * y**2 + 0.15 * y**4
    raise Refusal(
        f"surface = {name}：应为 {'、'.join(SURFACES)} 之一", f"surface = {name}: must be one of {', '.join(SURFACES)}"
    )


def surface_grid(name: str, reach: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(axis [count], heights [count, count]) over [−reach, reach]²; rows are y."""
    axis = torch.linspace(-reach, reach, count, dtype=torch.float64)
    return axis.numpy(), surface(name, axis[None, :], axis[:, None]).numpy()


@dataclass(frozen=True, slots=True)
class Walk:
    """Places [steps + 1, 2] and heights [steps + 1] along a descent."""

    places: np.ndarray
    heights: np.ndarray


@dataclass(frozen=True, slots=True)
class Walks:
    """``plain`` at one rate, y's rate multiplied by a parameter ``group``, and y trained as λφ (``scaled``); ``gap`` of the last two."""

    plain: Walk
    group: Walk
    scaled: Walk
    gap: np.ndarray


def walks(
    name: str,
    start: tuple[float, float],
    factor: float,
    optimiser: str,
    rate: float,
    steps: int,
    epsilon: float = TINY,
    decay: float = 0.0,
) -> Walks:
    """Three descents from ``start``, float64: all at ``rate``; y at multiplier(factor) x rate; y = factor·φ with φ at ``rate``."""

    def descend(group_rate: float, inner: float) -> Walk:
        x = torch.tensor(start[0], dtype=torch.float64, requires_grad=True)
        phi = torch.tensor(start[1] / inner, dtype=torch.float64, requires_grad=True)
        moving = _optimiser(
            optimiser, [{"params": [x], "lr": rate}, {"params": [phi], "lr": group_rate}], epsilon, decay
        )
        places, heights = [], []
        for step in range(steps + 1):
            height = surface(name, x, inner * phi)
            places.append((x.item(), inner * phi.item()))
            heights.append(height.item())
            if step == steps or not math.isfinite(heights[-1]) or abs(heights[-1]) > 1e6:
                break
            moving.zero_grad()
            height.backward()
            moving.step()
        return Walk(np.array(places), np.array(heights))

    plain, group, scaled = descend(rate, 1.0), descend(rate * multiplier(factor, optimiser), 1.0), descend(rate, factor)
    least = min(len(group.places), len(scaled.places))
    return Walks(plain, group, scaled, np.abs(group.places[:least] - scaled.places[:least]).max(1))


def equivalence(
    factors: Sequence[float],
    optimiser: str,
    rate: float,
    steps: int,
    seed: int,
    epsilon: float = TINY,
    decay: float = 0.0,
    norm: float = 0.0,
) -> np.ndarray:
    """Two copies of a net 64-32-32-10 on digits, one with layer k trained at multiplier(factors[k])·rate, one with it written as factors[k]·φ.

    Largest difference of their weights after each step, over the largest weight, [steps]; float64. ``epsilon`` is Adam's, ``decay`` the
    weight decay, ``norm`` clips the global norm of the gradients: each of them breaks the equivalence.
    """
    data = scanned_digits()
    x, y = torch.tensor(data.x_train, dtype=torch.float64), torch.tensor(data.y_train)
    random = generator(seed)
    net = mlp([64, 32, 32, 10], random).double()
    layers = [layer for layer in net if isinstance(layer, nn.Linear)]
    scaled = [Scaled(layer, factor) for layer, factor in zip(layers, factors, strict=True)]
    twin = nn.Sequential(scaled[0], nn.ReLU(), scaled[1], nn.ReLU(), scaled[2])
    groups = [
        {"params": list(layer.parameters()), "lr": rate * multiplier(factor, optimiser)}
        for layer, factor in zip(layers, factors, strict=True)
    ]
    pairs = [
        (net, _optimiser(optimiser, groups, epsilon, decay)),
        (twin, _optimiser(optimiser, [{"params": list(twin.parameters()), "lr": rate}], epsilon, decay)),
    ]
    gaps = []
    for batch in batches(len(x), BATCH, steps, random):
        for model, moving in pairs:
            moving.zero_grad()
            F.cross_entropy(model(x[batch]), y[batch]).backward()
            if norm > 0:
                nn.utils.clip_grad_norm_(model.parameters(), norm)
            moving.step()
        with torch.no_grad():
            apart = max(
                float((a.weight - b.factor * b.weight).abs().max()) for a, b in zip(layers, scaled, strict=True)
            )
            gaps.append(apart / max(float(a.weight.abs().max()) for a in layers))
    return np.array(gaps)


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, factor: float) -> Tensor:
        ctx.factor = factor
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return -ctx.factor * gradients[0], None


def reverse(x: Tensor, factor: float) -> Tensor:
    """x itself; its gradient is multiplied by −factor on the way back (Ganin and Lempitsky 2015)."""
    return _Reverse.apply(x, factor)  # type: ignore[no-any-return]


class _Through(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return gradients[0] * (x.abs() <= 1)


def binarise(x: Tensor, through: bool) -> Tensor:
    """sign(x) ∈ {−1, 1}. Its derivative is 0; with ``through`` the gradient passes as it is where |x| ≤ 1 (Hubara et al. 2016)."""
    return _Through.apply(x) if through else torch.where(x.detach() >= 0, 1.0, -1.0).to(x.dtype) + 0 * x  # type: ignore[no-any-return]


def clip(gradients: Sequence[Tensor], way: str, limit: float) -> list[Tensor]:
    """Gradients of the layers, bent one ``way``: none; global: all scaled so that the norm of all together is at most ``limit``;
    layer: each for itself; sign: limit·sign; freeze: the first becomes zero."""
    match way:
        case "none":
            return list(gradients)
        case "global":
            whole = torch.stack([g.norm() for g in gradients]).norm()
            return [g * (limit / whole).clamp(max=1) for g in gradients]
        case "layer":
            return [g * (limit / g.norm().clamp(min=1e-300)).clamp(max=1) for g in gradients]
        case "sign":
            return [limit * g.sign() for g in gradients]
        case "freeze":
            return [torch.zeros_like(gradients[0]), *gradients[1:]]
    raise Refusal(f"way = {way}：应为 {'、'.join(CLIPS)} 之一", f"way = {way}: must be one of {', '.join(CLIPS)}")


@dataclass(frozen=True, slots=True)
class Clipping:
    """Step, and so far: loss [step], norm of each layer's gradient before and after bending [step, 3], test accuracy."""

    step: int
    loss: np.ndarray
    before: np.ndarray
    after: np.ndarray
    accuracy: float


def clipped_run(
    way: str, limit: float, rate: float, shock: float, steps: int, frames: int, seed: int, every_so_many: int = 40
) -> Iterator[Clipping]:
    """SGD on digits (64-64-64-10) with bent gradients; one batch in ``every_so_many`` has its pixels times ``shock`` (1: none)."""
    data, random = scanned_digits(), generator(seed)
    x, y, x_test, y_test = (torch.tensor(a) for a in (data.x_train, data.y_train, data.x_test, data.y_test))
    net = mlp([64, 64, 64, 10], random)
    layers = [layer for layer in net if isinstance(layer, nn.Linear)]
    loss_trace, before, after = [], [], []
    every = max(1, steps // frames)
    for step, batch in enumerate(batches(len(x), BATCH, steps, random), 1):
        times = shock if step % every_so_many == 0 else 1.0
        loss = F.cross_entropy(net(times * x[batch]), y[batch])
        parameters = [p for layer in layers for p in layer.parameters()]
        found = torch.autograd.grad(loss, parameters)
        flat = [torch.cat([found[2 * k].flatten(), found[2 * k + 1]]) for k in range(len(layers))]
        bent = clip(flat, way, limit)
        with torch.no_grad():
            for layer, g in zip(layers, bent, strict=True):
                size = layer.weight.numel()
                layer.weight.sub_(rate * g[:size].view_as(layer.weight))
                layer.bias.sub_(rate * g[size:])
        loss_trace.append(min(float(loss.detach()), 1e6) if torch.isfinite(loss) else 1e6)
        before.append([float(g.norm()) for g in flat])
        after.append([float(g.norm()) for g in bent])
        if step % every == 0 or step == steps:
            with torch.no_grad():
                accuracy = float((net(x_test).argmax(1) == y_test).float().mean())
            yield Clipping(
                step,
                np.array(loss_trace),
                np.nan_to_num(np.array(before), nan=1e6, posinf=1e6),
                np.nan_to_num(np.array(after), nan=1e6, posinf=1e6),
                accuracy,
            )


@dataclass(frozen=True, slots=True)
class Domains:
    """Source points [n, 2] with labels [n], target points [n, 2] whose labels [n] are for judging only."""

    source: np.ndarray
    labels: np.ndarray
    target: np.ndarray
    hidden: np.ndarray


def domains(n: int, degrees: float, seed: int) -> Domains:
    """Two moons, and the same two moons turned by ``degrees``."""
    random = np.random.default_rng(seed)

    def moons() -> tuple[np.ndarray, np.ndarray]:
        y, angle = random.integers(2, size=n), random.uniform(0, np.pi, n)
        x = np.stack([np.cos(angle), np.sin(angle)], 1)
        x = np.where(y[:, None] == 0, x - np.array([0.5, 0.25]), np.array([0.5, 0.25]) - x)
        return x + 0.1 * random.standard_normal((n, 2)), y

    (source, labels), (target, hidden) = moons(), moons()
    a = math.radians(degrees)
    return Domains(source, labels, target @ np.array([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]]), hidden)


@dataclass(frozen=True, slots=True)
class Reversal:
    """Step; accuracies on source and target; the domain classifier's (0.5: cannot tell); p(y = 1) on a grid [count, count] over ±2.4."""

    step: int
    source: float
    target: float
    domain: float
    axis: np.ndarray
    surface: np.ndarray


def reversal_run(data: Domains, factor: float, steps: int, frames: int, seed: int) -> Iterator[Reversal]:
    """Features 2-32-16, a classifier of source labels, and a classifier of domains whose gradient reaches the features times −factor.

    At factor 0 the domains play no part (the domain classifier still learns). The factor rises from 0 as 2/(1 + e^{−10t}) − 1, t in [0, 1], as in
    the paper.
    """
    random = generator(seed)
    features, label, domain = mlp([2, 32, 16], random), mlp([16, 16, 1], random), mlp([16, 16, 1], random)
    optimiser = torch.optim.Adam([*features.parameters(), *label.parameters(), *domain.parameters()], lr=3e-3)
    xs, ys, xt = (torch.tensor(a, dtype=torch.float32) for a in (data.source, data.labels, data.target))
    yt = torch.tensor(data.hidden)
    of = torch.cat([torch.zeros(len(xs)), torch.ones(len(xt))])
    axis = torch.linspace(-2.4, 2.4, 61)
    grid = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), -1).reshape(-1, 2)
    every = max(1, steps // frames)

    @torch.no_grad()
    def judged(step: int) -> Reversal:
        told = domain(torch.relu(features(torch.cat([xs, xt]))))[:, 0] > 0
        heights = torch.sigmoid(label(torch.relu(features(grid)))[:, 0]).view(len(axis), len(axis)).numpy()
        own, foreign = (
            ((label(torch.relu(features(x)))[:, 0] > 0) == y.bool()).float().mean().item()
            for x, y in ((xs, ys), (xt, yt))
        )
        return Reversal(step, own, foreign, (told == of.bool()).float().mean().item(), axis.numpy(), heights)

    for step in range(1, steps + 1):
        ramp = 2 / (1 + math.exp(-10 * step / steps)) - 1
        f = torch.relu(features(torch.cat([xs, xt])))
        own = F.binary_cross_entropy_with_logits(label(f[: len(xs)])[:, 0], ys)
        foreign = F.binary_cross_entropy_with_logits(domain(reverse(f, factor * ramp))[:, 0], of)
        optimiser.zero_grad()
        (own + foreign).backward()
        optimiser.step()
        if step % every == 0 or step == steps:
            yield judged(step)


@dataclass(frozen=True, slots=True)
class Signs:
    """Step; loss so far and test accuracy so far (a value a frame) of a net with ±1 units, trained with and without straight-through."""

    step: int
    through: np.ndarray
    blocked: np.ndarray
    steps: np.ndarray


def sign_run(units: int, steps: int, frames: int, rate: float, seed: int) -> Iterator[Signs]:
    """A net 64-``units``-10 on digits whose hidden units are ±1. Without straight-through the first layer stays as it was drawn."""
    data = scanned_digits()
    x, y, x_test, y_test = (torch.tensor(a) for a in (data.x_train, data.y_train, data.x_test, data.y_test))
    nets = []
    for through in (True, False):
        random = generator(seed)
        first, last = mlp([64, units], random)[0], mlp([units, 10], random)[0]
        assert isinstance(first, nn.Linear)
        with torch.no_grad():
            first.bias.copy_(-(first.weight @ x.mean(0)))  # units that are on for about half of the digits
        nets.append(
            (
                first,
                last,
                through,
                torch.optim.Adam([*first.parameters(), *last.parameters()], lr=rate),
                batches(len(x), BATCH, steps, random),
            )
        )
    scores: list[list[float]] = [[], []]
    places: list[int] = []
    every = max(1, steps // frames)
    for step in range(1, steps + 1):
        for first, last, through, moving, order in nets:
            batch = next(order)
            moving.zero_grad()
            F.cross_entropy(last(binarise(first(x[batch]), through)), y[batch]).backward()
            moving.step()
        if step % every == 0 or step == steps:
            places.append(step)
            for (first, last, through, *_), score in zip(nets, scores, strict=True):
                with torch.no_grad():
                    score.append(float((last(binarise(first(x_test), through)).argmax(1) == y_test).float().mean()))
            yield Signs(step, np.array(scores[0]), np.array(scores[1]), np.array(places))


def _reversed_gradient() -> float:
    """How far the gradient through :func:`reverse` is from −0.7 times that without, largest difference."""
    x = torch.linspace(-1, 1, 7, dtype=torch.float64, requires_grad=True)
    (plain,) = torch.autograd.grad((x**3).sum(), x)
    (turned,) = torch.autograd.grad((reverse(x, 0.7) ** 3).sum(), x)
    return float((turned + 0.7 * plain).abs().max())


def checks() -> Iterator[Check]:
    """The facts that must hold."""
    factors = (0.3, 1.0, 3.0)
    for name, zh, rate in (("sgd", "SGD", 0.02), ("momentum", "带动量的 SGD", 0.005), ("adam", "Adam", 2e-3)):
        yield Check(
            f"{name}: rescaled weights against parameter groups, 100 steps on digits", f"{zh}：改写权重与参数组，数字上 100 步之差", float(equivalence(factors, name, rate, 100, 0).max()), 0.0, 1e-6,
            note=f"λ = 0.3, 1, 3 by layer; rates times {'λ' if name == 'adam' else 'λ²'}; relative to the largest weight, float64, Adam's ε = {TINY:g}",
            note_zh=f"各层 λ = 0.3、1、3；学习率乘 {'λ' if name == 'adam' else 'λ²'}；相对最大权重，float64，Adam 的 ε = {TINY:g}",
        )  # fmt: skip
    for name in OPTIMISERS:
        found = walks("rosenbrock", (-1.5, 1.5), 2.0, name, 0.01, 100)
        yield Check(f"{name} on Rosenbrock's banana: largest gap of the two walks", f"{name} 在香蕉函数上：两条轨迹的最大差", float(found.gap.max()), 0.0, 1e-6, note="λ = 2, 100 steps", note_zh="λ = 2，100 步")  # fmt: skip
    yield Check("Adam with ε = 1e-3 is no longer equivalent: largest gap", "Adam 的 ε = 1e-3 时不再等价：最大差", float(equivalence(factors, "adam", 2e-3, 100, 0, epsilon=1e-3).max()), 1e-4, 0.0, "at_least", note="ε does not scale with the gradient", note_zh="ε 不随梯度缩放")  # fmt: skip
    yield Check("SGD with weight decay 0.01 is not either", "SGD 加权重衰减 0.01 也不等价", float(equivalence(factors, "sgd", 0.02, 100, 0, decay=0.01).max()), 1e-4, 0.0, "at_least", note="decay of φ is not decay of θ at the new rate", note_zh="φ 的衰减不是 θ 在新学习率下的衰减")  # fmt: skip
    yield Check("SGD with the global norm clipped is not either", "SGD 加全局范数裁剪也不等价", float(equivalence(factors, "sgd", 0.02, 100, 0, norm=0.1).max()), 1e-4, 0.0, "at_least", note="the norm is of other gradients", note_zh="范数是另一组梯度的")  # fmt: skip
    yield Check("gradient reversal: difference from −0.7 times the gradient", "梯度反转：与 −0.7 倍梯度之差", _reversed_gradient(), 0.0, 1e-15, note="the forward pass is the identity", note_zh="前向是恒等")  # fmt: skip
    random = generator(0)
    gradients = [
        torch.randn(n, generator=random, dtype=torch.float64) * s for n, s in ((50, 1.0), (20, 0.01), (30, 30.0))
    ]
    whole = torch.cat(clip(gradients, "global", 0.5))
    yield Check("global clipping: norm of all together", "全局裁剪：总范数", float(whole.norm()), 0.5, 1e-12, note="one factor for all: the direction stays", note_zh="同一个因子：方向不变")  # fmt: skip
    turned = float(F.cosine_similarity(whole, torch.cat(gradients), dim=0))
    yield Check("… and the cosine with the gradient", "……与原梯度的余弦", turned, 1.0, 1e-12, note="one factor for all", note_zh="同一个因子")  # fmt: skip
    by_layer = [float(g.norm()) for g in clip(gradients, "layer", 0.5)]
    yield Check("clipping by layer: largest norm of a layer", "按层裁剪：各层范数的最大值", max(by_layer), 0.5, 1e-12, note="the small layer keeps its 0.05", note_zh="小的那层保持不变")  # fmt: skip
    found = list(sign_run(48, 400, 1, 3e-3, 0))[-1]
    yield Check("±1 units on digits: accuracy gained by straight-through", "±1 单元、数字：straight-through 提高的准确率", float(found.through[-1] - found.blocked[-1]), 0.03, 0.0, "at_least", note="without it the first layer has no gradient at all; 450 test digits", note_zh="没有它，第一层的梯度恒为零；450 个测试数字")  # fmt: skip
    ends = [
        [list(reversal_run(domains(150, 35, seed), factor, 300, 1, seed))[-1] for seed in range(3)]
        for factor in (0.0, 1.0)
    ]
    gained = float(np.mean([b.target - a.target for a, b in zip(*ends, strict=True)]))
    yield Check("moons turned by 35°: accuracy on the target gained by reversal, mean of three seeds", "转过 35° 的双月：梯度反转在目标域提高的准确率，三个种子平均", gained, 0.02, 0.0, "at_least", note="no label of the target is used", note_zh="没有用目标域的标签")  # fmt: skip
    told = [float(np.mean([r.domain for r in many])) for many in ends]
    yield Check("… and the domain classifier's accuracy lost", "……域分类器降低的准确率", told[0] - told[1], 0.1, 0.0, "at_least", note="features that tell the domains apart less", note_zh="特征更难分辨来自哪个域")  # fmt: skip
