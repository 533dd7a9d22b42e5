"""The facts that must hold of learning rates by layer and of changed gradients, measured now."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F

from core.checks import Check
from core.fitting import generator
from core.tricks.layerwise_lr.gradients import clip, reverse, sign_run
from core.tricks.layerwise_lr.rates import OPTIMISERS, TINY, equivalence, walks
from core.tricks.layerwise_lr.reversal import domains, reversal_run

__all__ = ["checks"]


def _reversed_gradient() -> float:
    """How far the gradient through :func:`reverse` is from −0.7 times that without, largest difference."""
    x = torch.linspace(-1, 1, 7, dtype=torch.float64, requires_grad=True)
    (plain,) = torch.autograd.grad((x**3).sum(), x)
    (turned,) = torch.autograd.grad((reverse(x, 0.7) ** 3).sum(), x)
    return float((turned + 0.7 * plain).abs().max())


def checks() -> Iterator[Check]:
    """The facts that must hold."""
    factors = (0.3, 1.0, 3.0)
    for name, zh, lr in (("sgd", "SGD", 0.02), ("momentum", "带动量的 SGD", 0.005), ("adam", "Adam", 2e-3)):
        yield Check(
            f"{name}: rescaled weights against parameter groups, 100 steps on digits", f"{zh}：改写权重与参数组，数字上 100 步之差", float(equivalence(factors, name, lr, 100, 0).max()), 0.0, 1e-6,
            note=f"λ = 0.3, 1, 3 by layer; learning rates times {'λ' if name == 'adam' else 'λ²'}; relative to the largest weight, float64, Adam's ε = {TINY:g}",
            note_zh=f"各层 λ = 0.3、1、3；学习率乘 {'λ' if name == 'adam' else 'λ²'}；相对最大权重，float64，Adam 的 ε = {TINY:g}",
        )  # fmt: skip
    for name in OPTIMISERS:
        found = walks("rosenbrock", (-1.5, 1.5), 2.0, name, 0.01, 100)
        yield Check(f"{name} on Rosenbrock's banana: largest gap of the two walks", f"{name} 在香蕉函数上：两条轨迹的最大差", float(found.gap.max()), 0.0, 1e-6, note="λ = 2, 100 steps", note_zh="λ = 2，100 步")  # fmt: skip
    yield Check("Adam with ε = 1e-3 is no longer equivalent: largest gap", "Adam 的 ε = 1e-3 时不再等价：最大差", float(equivalence(factors, "adam", 2e-3, 100, 0, epsilon=1e-3).max()), 1e-4, 0.0, "at_least", note="ε does not scale with the gradient", note_zh="ε 不随梯度缩放")  # fmt: skip
    yield Check("SGD with weight decay 0.01 is not either", "SGD 加权重衰减 0.01 也不等价", float(equivalence(factors, "sgd", 0.02, 100, 0, decay=0.01).max()), 1e-4, 0.0, "at_least", note="decay of φ is not decay of θ at the new rate", note_zh="φ 的衰减不是 θ 在新学习率下的衰减")  # fmt: skip
    yield Check("SGD with the global norm clipped is not either", "SGD 加全局范数裁剪也不等价", float(equivalence(factors, "sgd", 0.02, 100, 0, norm=0.1).max()), 1e-4, 0.0, "at_least", note="the norm is of other gradients", note_zh="范数是另一组梯度的")  # fmt: skip
    yield Check("gradient reversal: difference from −0.7 times the gradient", "梯度反转：与 −0.7 倍梯度之差", _reversed_gradient(), 0.0, 1e-15, note="the forward pass is the identity", note_zh="前向是恒等")  # fmt: skip
    rng = generator(0)
    gradients = [torch.randn(n, generator=rng, dtype=torch.float64) * s for n, s in ((50, 1.0), (20, 0.01), (30, 30.0))]
    whole = torch.cat(clip(gradients, "global", 0.5))
    yield Check("global clipping: norm of all together", "全局裁剪：总范数", float(whole.norm()), 0.5, 1e-12, note="one factor for all: the direction stays", note_zh="同一个因子：方向不变")  # fmt: skip
    turned = float(F.cosine_similarity(whole, torch.cat(gradients), dim=0))
    yield Check("… and the cosine with the gradient", "……与原梯度的余弦", turned, 1.0, 1e-12, note="one factor for all", note_zh="同一个因子")  # fmt: skip
    by_layer = [float(g.norm()) for g in clip(gradients, "layer", 0.5)]
    yield Check("clipping by layer: largest norm of a layer", "按层裁剪：各层范数的最大值", max(by_layer), 0.5, 1e-12, note="the small layer keeps its 0.05", note_zh="小的那层保持不变")  # fmt: skip
    found = list(sign_run(48, 3e-3, 400, 1, 0))[-1]
    yield Check("±1 units on digits: accuracy gained by straight-through", "±1 单元、数字：straight-through 提高的准确率", float(found.through[-1] - found.blocked[-1]), 0.03, 0.0, "at_least", note="without it the first layer has no gradient at all; 450 test digits", note_zh="没有它，第一层的梯度恒为零；450 个测试数字")  # fmt: skip
    early = next(reversal_run(domains(20, 35, 0), 2.0, 10, 10, 0)).strength
    yield Check("reversal of factor 2 after a tenth of the steps", "倍数为 2 的反转走过十分之一步数时的强度", early, 0.4898373, 1e-6, note="2·(2/(1 + e^{−0.5}) − 1): it is turned up slowly", note_zh="2·(2/(1 + e^{−0.5}) − 1)：慢慢开大")  # fmt: skip
    ends = [
        [list(reversal_run(domains(150, 35, seed), factor, 300, 1, seed))[-1] for seed in range(3)]
        for factor in (0.0, 1.0)
    ]
    gained = float(np.mean([b.target - a.target for a, b in zip(*ends, strict=True)]))
    yield Check("moons turned by 35°: accuracy on the target gained by reversal, mean of three seeds", "转过 35° 的双月：梯度反转在目标域提高的准确率，三个种子平均", gained, 0.08, 0.0, "at_least", note="no label of the target is used", note_zh="没有用目标域的标签")  # fmt: skip
    told = [float(np.mean([r.domain for r in many])) for many in ends]
    yield Check("… and the domain classifier's accuracy lost", "……域分类器降低的准确率", told[0] - told[1], 0.1, 0.0, "at_least", note="features that tell the domains apart less", note_zh="特征更难分辨来自哪个域")  # fmt: skip
