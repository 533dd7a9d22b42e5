"""Losses of one's own (post 4493): centre, triplet, margin softmax, focal and smoothed labels, on a 2-D embedding of real digits.

A loss is a function of features f [n, 2], labels y [n] and a :class:`Head`, which owns what else is trained: the classes' weights and,
for the centre loss, their centres (an embedding of the labels, as the post does it).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.checks import Check
from core.classics import scanned_digits
from core.fitting import batches, descend, generator, mlp
from core.refusal import Refusal

__all__ = [
    "Confidence", "Head", "LOSSES", "Settings", "State", "Triplet", "around_circle", "checks", "classify", "confidence", "embed", "gradient_gap", "losses", "one_sample", "optimal_gap", "separation", "smoothed",
    "triplet_of", "trained_gap",
]  # fmt: skip

CLASSES, FEATURES = 10, 2
HIDDEN = (128, 64)
BATCH = 96
TRIPLET_BATCH = 48  # 48³ triplets a step
RATE = 6e-3
SCALE = 12.0  # of margin softmax: cosines alone are too flat for a softmax (Wang et al. 2018)
CONFIDENCE_HIDDEN = 64


@dataclass(frozen=True, slots=True)
class Settings:
    """``centre`` λ of the centre loss, ``margin`` of triplet and margin softmax (cosines), ``gamma`` of focal, ``smoothing`` ε."""

    centre: float = 0.03
    margin: float = 0.2
    gamma: float = 2.0
    smoothing: float = 0.1


class Head(nn.Module):
    """Weights and biases of the classes and their centres, small at the start."""

    def __init__(self, random: torch.Generator, classes: int = CLASSES, features: int = FEATURES) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(classes, features, generator=random) * 0.3)
        self.bias = nn.Parameter(torch.zeros(classes))
        self.centres = nn.Parameter(torch.randn(classes, features, generator=random) * 0.1)

    def logits(self, f: Tensor) -> Tensor:
        """f Wᵀ + b, [n, classes]."""
        return f @ self.weight.T + self.bias

    def cosines(self, f: Tensor) -> Tensor:
        """cos of the angles between features and class weights, [n, classes]."""
        return F.normalize(f, dim=1) @ F.normalize(self.weight, dim=1).T


def softmax(f: Tensor, y: Tensor, head: Head, settings: Settings) -> Tensor:
    """Cross-entropy −log p_y."""
    return F.cross_entropy(head.logits(f), y)


def centre(f: Tensor, y: Tensor, head: Head, settings: Settings) -> Tensor:
    """Cross-entropy + λ·mean ‖f − c_y‖² (Wen et al. 2016), the centres trained by the same gradient: −2λ(f − c_y)."""
    return softmax(f, y, head, settings) + settings.centre * (f - head.centres[y]).square().sum(1).mean()


def triplet(f: Tensor, y: Tensor, head: Head, settings: Settings) -> Tensor:
    """Mean of max(0, m + cos(q, −) − cos(q, +)) over all triplets of the batch that are active (Schroff et al. 2015)."""
    hinge, valid = _triplets(f, y, settings.margin)
    active = (hinge > 0) & valid
    return (hinge * active).sum() / active.sum().clamp(min=1)


def _triplets(f: Tensor, y: Tensor, margin: float) -> tuple[Tensor, Tensor]:
    """(m + cos(q, −) − cos(q, +), which are triplets), both [q, +, −]."""
    unit = F.normalize(f, dim=1)
    cosine, same = unit @ unit.T, y[:, None] == y
    positive = same & ~torch.eye(len(y), dtype=torch.bool)
    return margin + cosine[:, None, :] - cosine[:, :, None], positive[:, :, None] & ~same[:, None, :]


def margin_softmax(f: Tensor, y: Tensor, head: Head, settings: Settings) -> Tensor:
    """Cross-entropy of s·(cos θ_j − m·[j = y]) (AM-softmax, Wang et al. 2018)."""
    cosines = head.cosines(f)
    return F.cross_entropy(SCALE * (cosines - settings.margin * F.one_hot(y, cosines.shape[1])), y)


def focal(f: Tensor, y: Tensor, head: Head, settings: Settings) -> Tensor:
    """Mean of −(1 − p_y)^γ log p_y (Lin et al. 2017): samples that are sure count less."""
    log_p = head.logits(f).log_softmax(1).gather(1, y[:, None])[:, 0]
    return -((1 - log_p.exp()).clamp(min=1e-12) ** settings.gamma * log_p).mean()


def smooth(f: Tensor, y: Tensor, head: Head, settings: Settings) -> Tensor:
    """(1 − ε)·CE(one-hot) + ε·CE(uniform)."""
    return smoothed(head.logits(f), y, settings.smoothing)


def smoothed(logits: Tensor, y: Tensor, epsilon: float) -> Tensor:
    """(1 − ε)·CE(y) + ε·CE(uniform) of logits [n, K]."""
    log_p = logits.log_softmax(1)
    return -((1 - epsilon) * log_p.gather(1, y[:, None])[:, 0] + epsilon * log_p.mean(1)).mean()


LOSSES: dict[str, Callable[[Tensor, Tensor, Head, Settings], Tensor]] = {
    "softmax": softmax, "centre": centre, "triplet": triplet, "margin": margin_softmax, "focal": focal, "smooth": smooth,
}  # fmt: skip


def losses(name: str) -> Callable[[Tensor, Tensor, Head, Settings], Tensor]:
    """The loss called ``name``; Refusal names those there are."""
    if name not in LOSSES:
        raise Refusal(
            f"loss = {name}：应为 {'、'.join(LOSSES)} 之一", f"loss = {name}: must be one of {', '.join(LOSSES)}"
        )
    return LOSSES[name]


@dataclass(frozen=True, slots=True)
class State:
    """While training: the test digits' features [450, 2] and labels, what each is taken for, accuracy, separation, the loss so far.

    ``rays`` [10, 2] are the class weights, ``centres`` the class centres (means of the test features but for the centre loss),
    ``active`` the share of a test batch's triplets that still have a gradient.
    """

    step: int
    features: np.ndarray
    labels: np.ndarray
    taken: np.ndarray
    accuracy: float
    separation: float
    active: float
    rays: np.ndarray
    centres: np.ndarray
    trace: np.ndarray


def separation(f: np.ndarray, y: np.ndarray) -> float:
    """Share of the features' variance that lies between the classes: tr B / (tr B + tr W), in [0, 1]."""
    whole = f.var(0).sum()
    within = sum(f[y == k].var(0).sum() * (y == k).mean() for k in np.unique(y))
    return float(1 - within / whole) if whole > 0 else 0.0


def classify(name: str, f: Tensor, head: Head, known: tuple[Tensor, Tensor]) -> Tensor:
    """What each feature is taken for, [n]: the largest logit or cosine; for triplets, which have no classes, the nearest mean direction of ``known``."""
    if name == "triplet":
        unit = F.normalize(known[0], dim=1)
        means = torch.stack([unit[known[1] == k].mean(0) for k in range(CLASSES)])
        return (F.normalize(f, dim=1) @ F.normalize(means, dim=1).T).argmax(1)
    return (head.cosines(f) if name == "margin" else head.logits(f)).argmax(1)


def embed(name: str, settings: Settings, steps: int, frames: int, seed: int) -> Iterator[State]:
    """Train 64-128-64-2 and a head on 1 347 scanned digits under a loss (Adam, batches of 96); yields the start and ``frames`` states.

    Deterministic on one machine: one generator draws weights and batches.
    """
    loss, data, random = losses(name), scanned_digits(), generator(seed)
    x, y, x_test, y_test = (torch.tensor(a) for a in (data.x_train, data.y_train, data.x_test, data.y_test))
    net, head = mlp([64, *HIDDEN, FEATURES], random), Head(random)
    optimiser = torch.optim.Adam([*net.parameters(), *head.parameters()], lr=RATE)
    trace: list[float] = []

    def state(step: int) -> State:
        with torch.no_grad():
            f = net(x_test)
            taken = classify(name, f, head, (net(x), y))
            hinge, valid = _triplets(f[:BATCH], y_test[:BATCH], settings.margin)
            middle = torch.stack([f[y_test == k].mean(0) for k in range(CLASSES)])
        return State(
            step, f.numpy().copy(), data.y_test, taken.numpy(), float((taken == y_test).float().mean()), separation(f.numpy(), data.y_test),
            float(((hinge > 0) & valid).sum() / valid.sum()), head.weight.detach().numpy().copy(), (head.centres.detach() if name == "centre" else middle).numpy().copy(), np.array(trace),
        )  # fmt: skip

    yield state(0)
    every = max(1, steps // frames)
    for step, value in enumerate(
        descend(
            lambda i: loss(net(x[i]), y[i], head, settings),
            optimiser,
            batches(len(x), TRIPLET_BATCH if name == "triplet" else BATCH, steps, random),
        ),
        1,
    ):
        trace.append(value)
        if step % every == 0 or step == steps:
            yield state(step)


@dataclass(frozen=True, slots=True)
class Confidence:
    """On the test digits: the largest probability [450], whether right [450], mean gap of the right logit over the mean of the others, cross-entropy."""

    probability: np.ndarray
    right: np.ndarray
    gap: float
    cross_entropy: float


def confidence(epsilon: float, steps: int, seed: int) -> Confidence:
    """A net 64-64-10 trained on digits with labels smoothed by ε."""
    data, random = scanned_digits(), generator(seed)
    x, y, x_test, y_test = (torch.tensor(a) for a in (data.x_train, data.y_train, data.x_test, data.y_test))
    net = mlp([64, CONFIDENCE_HIDDEN, CLASSES], random)
    optimiser = torch.optim.Adam(net.parameters(), lr=RATE)
    for _ in descend(lambda i: smoothed(net(x[i]), y[i], epsilon), optimiser, batches(len(x), BATCH, steps, random)):
        pass
    with torch.no_grad():
        logits = net(x_test)
        top, taken = logits.softmax(1).max(1)
        own = logits.gather(1, y_test[:, None])[:, 0]
        others = (logits.sum(1) - own) / (CLASSES - 1)
    return Confidence(
        top.numpy(), (taken == y_test).numpy(), float((own - others).mean()), float(F.cross_entropy(logits, y_test))
    )


def optimal_gap(epsilon: float, classes: int) -> float:
    """The right logit minus any other at the optimum of smoothed labels: log((1 − ε + ε/K)/(ε/K)); infinite at ε = 0."""
    return math.log((1 - epsilon + epsilon / classes) / (epsilon / classes)) if epsilon > 0 else math.inf


def trained_gap(epsilon: float, classes: int, steps: int = 60) -> float:
    """The same gap found by minimising over free logits (L-BFGS, float64)."""
    logits = torch.zeros(1, classes, dtype=torch.float64, requires_grad=True)
    y = torch.zeros(1, dtype=torch.long)
    optimiser = torch.optim.LBFGS(
        [logits], max_iter=steps, tolerance_grad=1e-14, tolerance_change=1e-16, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = smoothed(logits, y, epsilon)
        loss.backward()
        return loss

    optimiser.step(closure)
    return float((logits[0, 0] - logits[0, 1:].mean()).detach())


@dataclass(frozen=True, slots=True)
class Triplet:
    """Of one triplet: both cosines, the loss, and −∂loss/∂(query, positive, negative) [3, 2], the way each is pushed."""

    near: float
    far: float
    loss: float
    push: np.ndarray


def triplet_of(points: np.ndarray, margin: float) -> Triplet:
    """max(0, m + cos(q, n) − cos(q, p)) for points q, p, n [3, 2], none of them zero (Refusal)."""
    if (np.linalg.norm(points, axis=1) < 1e-9).any():
        raise Refusal("query, positive, negative：不能放在原点", "query, positive, negative: must not be the origin")
    q = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    unit = F.normalize(q, dim=1)
    near, far = unit[0] @ unit[1], unit[0] @ unit[2]
    loss = (margin + far - near).clamp(min=0)
    loss.backward()
    assert q.grad is not None
    return Triplet(near.item(), far.item(), loss.item(), -q.grad.numpy())


def around_circle(points: np.ndarray, margin: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(angles in degrees [count], the triplet's loss there): the negative turned once around the origin, the others as they are."""
    angles = np.linspace(0, 360, count)
    turned = np.stack([np.cos(np.radians(angles)), np.sin(np.radians(angles))], 1)
    return angles, np.array([triplet_of(np.stack([points[0], points[1], n]), margin).loss for n in turned])


def one_sample(
    probability: np.ndarray, gamma: float, epsilon: float, classes: int = CLASSES
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Loss and −∂loss/∂(right logit) of one sample by the probability of its class, the rest shared equally: softmax, focal, smoothed."""
    p = torch.tensor(probability, dtype=torch.float64)
    gap = (p / ((1 - p) / (classes - 1))).log()
    result = {}
    for name in ("softmax", "focal", "smooth"):
        own = gap.clone().requires_grad_()
        logits = torch.cat([own[:, None], torch.zeros(len(p), classes - 1, dtype=torch.float64)], 1)
        log_p = logits.log_softmax(1)
        if name == "focal":
            value = -((1 - log_p[:, 0].exp()) ** gamma) * log_p[:, 0]
        else:
            share = epsilon if name == "smooth" else 0.0
            value = -((1 - share) * log_p[:, 0] + share * log_p.mean(1))
        value.sum().backward()
        assert own.grad is not None
        result[name] = (value.detach().numpy(), -own.grad.numpy())
    return result


def gradient_gap(name: str, seed: int = 0, h: float = 1e-6) -> float:
    """Largest difference of autograd from central differences over all features, weights and centres, over the largest gradient (float64)."""
    random = generator(seed)
    head = Head(random, 4).double()
    f = torch.randn(12, FEATURES, generator=random, dtype=torch.float64).requires_grad_()
    y = torch.arange(12) % 4
    tensors = [f, head.weight, head.bias, head.centres]

    def value() -> Tensor:
        return losses(name)(f, y, head, Settings())

    found = torch.autograd.grad(value(), tensors, allow_unused=True)
    gap, largest = 0.0, 0.0
    for tensor, gradient in zip(tensors, found, strict=True):
        flat = tensor.data.view(-1)
        for k in range(len(flat)):
            kept = float(flat[k])
            sides = []
            for sign in (1, -1):
                flat[k] = kept + sign * h
                sides.append(value().item())
            flat[k] = kept
            exact = 0.0 if gradient is None else float(gradient.reshape(-1)[k])
            gap, largest = max(gap, abs((sides[0] - sides[1]) / (2 * h) - exact)), max(largest, abs(exact))
    return gap / largest


def _centres_found(seed: int) -> float:
    """Train the centres alone on fixed features: their largest distance from the class means."""
    random = generator(seed)
    f, y = torch.randn(200, FEATURES, generator=random, dtype=torch.float64), torch.arange(200) % CLASSES
    head = Head(random).double()
    settings = Settings(centre=0.2)
    optimiser = torch.optim.SGD([head.centres], lr=2.0)
    for _ in range(400):
        optimiser.zero_grad()
        (centre(f, y, head, settings) - softmax(f, y, head, settings)).backward()
        optimiser.step()
    means = torch.stack([f[y == k].mean(0) for k in range(CLASSES)])
    return float((head.centres - means).abs().max().detach())


def checks() -> Iterator[Check]:
    """The facts that must hold."""
    for name in LOSSES:
        yield Check(
            f"gradient of {name} against finite differences", f"{name} 的梯度与有限差分之差", gradient_gap(name), 0.0, 1e-7,
            note="relative to the largest; central differences of step 1e-6 in float64", note_zh="相对最大梯度；float64，步长 1e-6 的中心差分",
        )  # fmt: skip
    yield Check("centres trained alone: distance from the class means", "只训练中心：与类均值的距离", _centres_found(0), 0.0, 1e-9, note="∂/∂c_y = −2λ(f − c_y): zero at the mean", note_zh="∂/∂c_y = −2λ(f − c_y)：在均值处为零")  # fmt: skip
    yield Check("smoothed labels, ε = 0.1, K = 10: gap of the logits at the optimum", "标签平滑 ε = 0.1、K = 10：最优时的 logit 间隔", trained_gap(0.1, 10), math.log(91), 1e-6, note="log((1 − ε + ε/K)/(ε/K)) = log 91 = 4.511", note_zh="log((1 − ε + ε/K)/(ε/K)) = log 91 = 4.511")  # fmt: skip
    yield Check("… by the formula for ε = 0.3, K = 4", "……ε = 0.3、K = 4 时与公式", trained_gap(0.3, 4), optimal_gap(0.3, 4), 1e-6, note="free logits, L-BFGS", note_zh="自由的 logit，L-BFGS")  # fmt: skip
    random = generator(1)
    logits, y = torch.randn(50, 10, generator=random), torch.arange(50) % 10
    yield Check("smoothing against torch's label_smoothing", "与 torch 的 label_smoothing 之差", float((smoothed(logits, y, 0.2) - F.cross_entropy(logits, y, label_smoothing=0.2)).abs()), 0.0, 1e-6, note="float32", note_zh="float32")  # fmt: skip
    inside, outside = (
        triplet_of(np.array([(1.0, 0.0), (0.8, 0.6), (c, math.sqrt(1 - c * c))]), 0.1) for c in (0.75, 0.65)
    )
    yield Check("triplet: size of the gradient where the gap 0.15 is past the margin 0.1", "三元组：间隔 0.15 已过 margin 0.1 时的梯度", float(np.abs(outside.push).max()), 0.0, 0.0, note="max(0, ·) is flat there", note_zh="max(0, ·) 在那里是平的")  # fmt: skip
    yield Check("… and where the gap 0.05 is not", "……间隔 0.05 未过时", float(np.abs(inside.push).max()), 0.1, 0.0, "at_least", note="query, positive and negative are all pushed", note_zh="查询、正例、负例都被推动")  # fmt: skip
    f, head = torch.randn(50, 2, generator=random), Head(random)
    settings = Settings(margin=0.0, gamma=0.0)
    yield Check("focal with γ = 0 minus softmax", "γ = 0 的 focal 与 softmax 之差", float((focal(f, y, head, settings) - softmax(f, y, head, settings)).detach().abs()), 0.0, 1e-6, note="float32", note_zh="float32")  # fmt: skip
    harder = float((margin_softmax(f, y, head, Settings(margin=0.3)) - margin_softmax(f, y, head, settings)).detach())
    yield Check("margin softmax: what a margin of 0.3 adds to the loss", "margin softmax：间隔 0.3 给损失加了多少", harder, 1e-3, 0.0, "at_least", note="the right class must win by more", note_zh="正确类要赢得更多")  # fmt: skip
    runs = {
        name: [list(embed(name, Settings(), 600, 1, seed))[-1] for seed in range(2)] for name in ("softmax", "centre")
    }
    tight = {name: 1 - float(np.mean([r.separation for r in many])) for name, many in runs.items()}
    yield Check(
        "digits: variance within classes under centre loss over that under softmax", "数字：centre loss 下类内方差占比与 softmax 下之比", tight["centre"] / tight["softmax"], 0.8, 0.0, "at_most",
        note="share of the whole variance, 600 steps, mean of two seeds", note_zh="占总方差之比，600 步，两个种子平均",
    )  # fmt: skip
    yield Check("… at what cost in accuracy", "……准确率损失多少", float(np.mean([a.accuracy - b.accuracy for a, b in zip(runs["softmax"], runs["centre"], strict=True)])), 0.0, 0.05, "at_most", note="450 test digits", note_zh="450 个测试数字")  # fmt: skip
