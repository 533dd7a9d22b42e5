"""The facts that must hold of the losses, measured now."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F

from core.checks import Check
from core.fitting import generator
from core.tricks.custom_loss.formula import formula_each, formula_loss
from core.tricks.custom_loss.labels import optimal_gap, trained_gap
from core.tricks.custom_loss.objectives import (
    CLASSES,
    FEATURES,
    LOSSES,
    Head,
    Settings,
    centre,
    focal,
    gradient_gap,
    margin_softmax,
    smoothed,
    softmax,
    triplet,
)
from core.tricks.custom_loss.samples import one_sample, triplet_of
from core.tricks.custom_loss.training import embed

__all__ = ["checks"]


def _centres_found(seed: int) -> float:
    """Train the centres alone on fixed features: their largest distance from the class means."""
    rng = generator(seed)
    f, y = torch.randn(200, FEATURES, generator=rng, dtype=torch.float64), torch.arange(200) % CLASSES
    head = Head(rng).double()
    settings = Settings(centre=0.2)
    optimiser = torch.optim.SGD([head.centres], lr=2.0)
    for _ in range(400):
        optimiser.zero_grad()
        (centre(f, y, head, settings) - softmax(f, y, head, settings)).backward()
        optimiser.step()
    means = torch.stack([f[y == k].mean(0) for k in range(CLASSES)])
    return float((head.centres - means).abs().max().detach())


def _one_of_two(p: float) -> tuple[torch.Tensor, torch.Tensor, Head]:
    """(f, y, head) of one sample among two classes with probability p: its logits are log p/(1 − p) and 0."""
    head = Head(generator(0), 2)
    with torch.no_grad():
        head.weight.copy_(torch.eye(2))
    return torch.tensor([[math.log(p / (1 - p)), 0.0]]), torch.tensor([0]), head


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
    rng = generator(1)
    logits, y = torch.randn(50, 10, generator=rng), torch.arange(50) % 10
    yield Check("smoothing against torch's label_smoothing", "与 torch 的 label_smoothing 之差", float((smoothed(logits, y, 0.2) - F.cross_entropy(logits, y, label_smoothing=0.2)).abs()), 0.0, 1e-6, note="float32", note_zh="float32")  # fmt: skip
    inside, outside = (triplet_of((1.0, 0.0), (0.8, 0.6), (c, math.sqrt(1 - c * c)), 0.1) for c in (0.75, 0.65))
    yield Check("triplet: size of the gradient where the gap 0.15 is past the margin 0.1", "三元组：间隔 0.15 已过 margin 0.1 时的梯度", float(np.abs(outside.push).max()), 0.0, 0.0, note="max(0, ·) is flat there", note_zh="max(0, ·) 在那里是平的")  # fmt: skip
    yield Check("… and where the gap 0.05 is not", "……间隔 0.05 未过时", float(np.abs(inside.push).max()), 0.1, 0.0, "at_least", note="query, positive and negative are all pushed", note_zh="查询、正例、负例都被推动")  # fmt: skip
    f, head = torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]]), Head(rng)
    yield Check(
        "batch triplet by hand: (1, 0) and (0.8, 0.6) of one class, (0, 1) of another, m = 0.5", "批里的三元组手算：(1, 0)、(0.8, 0.6) 同类，(0, 1) 异类，m = 0.5",
        float(triplet(f, torch.tensor([0, 0, 1]), head, Settings(margin=0.5))), 0.3, 1e-6,
        note="m + cos(q, −) − cos(q, +): −0.3 (inactive) and 0.5 + 0.6 − 0.8 = 0.3", note_zh="m + cos(q, −) − cos(q, +)：−0.3（不活跃）与 0.5 + 0.6 − 0.8 = 0.3",
    )  # fmt: skip
    f, settings = torch.randn(50, 2, generator=rng), Settings(margin=0.0, gamma=0.0)
    yield Check("focal with γ = 0 minus softmax", "γ = 0 的 focal 与 softmax 之差", float((focal(f, y, head, settings) - softmax(f, y, head, settings)).detach().abs()), 0.0, 1e-6, note="float32", note_zh="float32")  # fmt: skip
    yield Check("focal by hand: γ = 2, p = 3/4", "focal 手算：γ = 2，p = 3/4", focal(*_one_of_two(0.75), Settings(gamma=2.0)).item(), 0.0179801, 1e-6, note="(1 − 3/4)²·log(4/3)", note_zh="(1 − 3/4)²·log(4/3)")  # fmt: skip
    harder = float((margin_softmax(f, y, head, Settings(margin=0.3)) - margin_softmax(f, y, head, settings)).detach())
    yield Check("margin softmax: what a margin of 0.3 adds to the loss", "margin softmax：间隔 0.3 给损失加了多少", harder, 1e-3, 0.0, "at_least", note="the right class must win by more", note_zh="正确类要赢得更多")  # fmt: skip
    each = functools.partial(formula_each, formula=formula_loss("-y*log(p)"))
    yield Check("a reader's −y·log p minus cross-entropy", "读者写的 −y·log p 与交叉熵之差", float((each(logits, y).mean() - F.cross_entropy(logits, y)).abs()), 0.0, 1e-6, note="summed over ten classes, float32 logits", note_zh="对十个类求和，float32 的 logit")  # fmt: skip
    _, _, push = one_sample(functools.partial(formula_each, formula=formula_loss("(p-y)^2")), np.array([0.5]))
    yield Check("a reader's (p − y)²: push on the right logit at p = 1/2", "读者写的 (p − y)²：p = 1/2 时对正确 logit 的推力", float(push[0]), 5 / 18, 1e-12, note="2K/(K − 1)·p(1 − p)², K = 10", note_zh="2K/(K − 1)·p(1 − p)²，K = 10")  # fmt: skip
    runs = {
        name: [list(embed(name, Settings(), 600, 1, seed))[-1] for seed in range(2)] for name in ("softmax", "centre")
    }
    tight = {name: 1 - float(np.mean([r.separation for r in many])) for name, many in runs.items()}
    yield Check(
        "digits: variance within classes under centre loss over that under softmax", "数字：centre loss 下类内方差占比与 softmax 下之比", tight["centre"] / tight["softmax"], 0.8, 0.0, "at_most",
        note="share of the whole variance, 600 steps, mean of two seeds", note_zh="占总方差之比，600 步，两个种子平均",
    )  # fmt: skip
    yield Check("… at what cost in accuracy", "……准确率损失多少", float(np.mean([a.accuracy - b.accuracy for a, b in zip(runs["softmax"], runs["centre"], strict=True)])), 0.0, 0.05, "at_most", note="450 test digits", note_zh="450 个测试数字")  # fmt: skip
