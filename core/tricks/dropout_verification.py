"""The facts that must hold of dropout, measured now."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from core.checks import Check
from core.fitting import generator
from core.tricks.dropout import dropped, fit_curve, mask, mask_shapes, moments, thinned_nets
from core.tricks.dropout_ridge import LinearData, enumerated_loss, fit_by_dropout, linear_data, penalised_loss, ridge

__all__ = ["checks"]


def checks() -> Iterator[Check]:
    """The facts that must hold."""
    rng = generator(0)
    x, draws, p = torch.tensor([0.5, -1.0, 2.0, 3.0]), 100_000, 0.3
    many = dropped(x.expand(draws, 4), p, rng)
    mean, variance = moments(x, p)
    error = float(((many.mean(0) - mean) / (variance / draws).sqrt()).abs().max())
    yield Check("the mean is kept: |mean − x| in standard errors, largest of four", "均值不变：|均值 − x| 除以标准误，四个值中最大的", error, 0.0, 4.0, note="100 000 masks at p = 0.3; four standard errors: one false alarm in 4 000", note_zh="p = 0.3 的十万个掩码；四倍标准误：约四千次误报一次")  # fmt: skip
    yield Check("variance over x²·p/(1 − p), largest deviation from 1", "方差与 x²·p/(1 − p) 之比离 1 最远", float((many.var(0) / variance - 1).abs().max()), 0.0, 0.02, note="relative standard error of the variance of a two-point distribution at p = 0.3: 0.003", note_zh="p = 0.3 的两点分布，方差的相对标准误为 0.003")  # fmt: skip
    shapes = mask_shapes((3, 4, 5))
    yield Check("legal noise shapes of a tensor (3, 4, 5)", "张量 (3, 4, 5) 的合法 noise_shape 个数", len(shapes), 8, 0, note="2³: each axis its own or shared", note_zh="2³：每个轴各自或共享")  # fmt: skip
    shared = mask((3, 4, 5), (3, 1, 5), 0.5, rng)
    yield Check("noise shape (3, 1, 5): largest difference along the shared axis", "noise_shape (3, 1, 5)：共享轴上的最大差别", float((shared - shared[:, :1]).abs().max()), 0.0, 0.0, note="one mask for all four", note_zh="四个共用一个掩码")  # fmt: skip
    data = linear_data()
    few = LinearData(data.x[:40], data.y[:40], data.names)
    w = np.random.default_rng(1).standard_normal(10)
    yield Check(
        "linear regression: all 2^10 masks enumerated, over the closed form", "线性回归：数遍 2^10 个掩码的期望与闭式之比", enumerated_loss(few, w, 0.4) / penalised_loss(few, w, 0.4), 1.0, 1e-12,
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
        "one hidden layer: log-odds of the geometric mean of 256 thinned nets minus one pass at 1/(1 − p) scaling", "单隐层：256 个瘦网络几何平均的对数几率与一次前向之差", found.gap, 0.0, 1e-10,
        note="weight scaling is exact for log-probabilities that are linear in the mask", note_zh="对数概率对掩码线性时，权重缩放严格成立",
    )  # fmt: skip
    yield Check("the masks' probabilities sum to", "掩码的概率之和", float(found.chance.sum()), 1.0, 1e-12, note="2^8 masks", note_zh="2^8 个掩码")  # fmt: skip
    ratios, bands = [], []
    for seed in range(3):
        none, some = (list(fit_curve("sine", 20, 0.3, q, 1200, 1, seed))[-1] for q in (0.0, 0.1))
        ratios.append(some.test_error[-1] / none.test_error[-1])
        bands.append(some.outside / some.inside)
    yield Check("a curve of 20 noisy points: test error with dropout 0.1 over that without, mean of three seeds", "20 个噪声点的曲线：dropout 0.1 的测试误差与不用时之比，三个种子平均", float(np.mean(ratios)), 0.97, 0.0, "at_most", note="the network without dropout follows the noise", note_zh="不用 dropout 的网络追着噪声走")  # fmt: skip
    yield Check("Monte-Carlo dropout: band outside the points over that inside, mean of three seeds", "蒙特卡洛 dropout：点外的带宽与点内之比，三个种子平均", float(np.mean(bands)), 1.05, 0.0, "at_least", note="less sure where there are no points", note_zh="没有样本的地方更没把握")  # fmt: skip
