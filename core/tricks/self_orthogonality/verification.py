"""The facts that must hold of the lemma, the module and the packings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TypeVar

import numpy as np
import torch
import torch.nn.functional as F

from core.checks import Check
from core.fitting import generator
from core.tricks.self_orthogonality import angles, kernels, packing, training

__all__ = ["checks"]

State = TypeVar("State")


def checks() -> Iterator[Check]:
    """The facts."""
    yield from lemma_facts()
    yield from module_facts()
    yield from kernels_facts()
    yield from training_facts()
    yield from packing_facts()


def lemma_facts() -> Iterator[Check]:
    """Facts about the lemma: the statistic of signs and the angle of two weights."""
    pairs = angles.lemma_pairs(200, 8, 4000, 0)
    yield Check(
        "lemma: largest deviation of 200 random pairs, in standard errors", "引理：200 对随机向量的最大偏离（标准误）", pairs.largest, 0.0, 4.2,
        note="8 dimensions, 4 000 x a pair; beyond 4.2 once in about 190 such sets", note_zh="8 维，每对 4000 个 x；超过 4.2 约 190 次一遇",
    )  # fmt: skip
    yield Check(
        "… and their mean square", "……及其均方", pairs.mean_square, 1.0, 0.35,
        note="variance (1 − ϑ²)/b; standard error √(2/200) = 0.1", note_zh="方差 (1 − ϑ²)/b；标准误 √(2/200) = 0.1",
    )  # fmt: skip
    u, v = np.array([1.0, 0, 0]), np.array([0.5, math.sqrt(0.75), 0])
    spread = angles.sign_statistic(u, v, 200, 4000, 1)
    yield Check(
        "60°: mean statistic", "60°：统计量的均值", float(spread.mean()), 1 / 3, 0.005,
        note="1 − 2·60/180; standard error 0.001", note_zh="1 − 2·60/180；标准误 0.001",
    )  # fmt: skip
    yield Check(
        "60°: its standard deviation over √((1 − ϑ²)/b)", "60°：标准差与 √((1 − ϑ²)/b) 之比",
        float(spread.std() / math.sqrt((1 - 1 / 9) / 200)), 1.0, 0.05, note="b = 200, 4 000 repeats", note_zh="b = 200，重复 4000 次",
    )  # fmt: skip
    low, high = angles.statistics_by_gamma(u, v, np.array([1e-3, 1e4]), 200_000, 2)
    yield Check(
        "γ → 0: ϑ is the cosine", "γ → 0：ϑ 是余弦", float(low), 0.5, 0.01, note="200 000 x", note_zh="20 万个 x"
    )
    yield Check(
        "γ → ∞: ϑ is 1 − 2θ/π", "γ → ∞：ϑ 是 1 − 2θ/π", float(high), 1 / 3, 0.01, note="200 000 x", note_zh="20 万个 x"
    )
    biased = angles.orthogonal_statistics(16, 20_000, 3)
    yield Check(
        "orthogonal weights, normal inputs: mean |ϑ|", "正交权重、正态输入：|ϑ| 的均值", float(np.abs(biased["normal"]).mean()), 0.0, 0.02, "at_most",
        note="20 000 x: about √(2/π)/√20000", note_zh="20000 个 x：约 √(2/π)/√20000",
    )  # fmt: skip
    yield Check(
        "the same weights after a ReLU without centring: mean |ϑ|", "同样的权重，ReLU 之后不去均值：|ϑ| 的均值", float(np.abs(biased["relu"]).mean()), 0.1, 0.0, "at_least",
        note="inputs that are not negative share a direction", note_zh="非负输入有公共方向",
    )  # fmt: skip


def module_facts() -> Iterator[Check]:
    """Facts about the penalties, worked out by hand."""
    theta = torch.tensor([[1.0, 0.5, -0.5], [0.5, 1.0, 0.2], [-0.5, 0.2, 1.0]], dtype=torch.float64)
    yield Check(
        "penalty of ϑ = (0.5, −0.5, 0.2), means", "ϑ = (0.5, −0.5, 0.2) 的惩罚，取均值", float(angles.penalty(theta)), 100 * (0.2 / 3) ** 2 + 0.18, 1e-12,
        note="by hand: 100·(0.2/3)² + 0.54/3", note_zh="手算：100·(0.2/3)² + 0.54/3",
    )  # fmt: skip
    yield Check(
        "… and the post's sums over the six pairs i ≠ j", "……与原文对六个 i ≠ j 求和", 6 * float(angles.penalty(theta, sums=True)), 100 * 0.4**2 + 1.08, 1e-12,
        note="by hand: 100·(0.4)² + 2·0.54; the mean term weighs 6 times more", note_zh="手算：100·(0.4)² + 2·0.54；均值项重了 6 倍",
    )  # fmt: skip
    w = torch.tensor([[2.0, 1.0], [0.0, 1.0]], dtype=torch.float64)
    yield Check(
        "BigGAN's penalty of the columns (2, 0), (1, 1)", "列 (2, 0)、(1, 1) 的 BigGAN 惩罚", float(angles.biggan(w)), 4.0, 1e-12,
        note="by hand: (2·1)² off the diagonal", note_zh="手算：非对角元 (2·1)²",
    )  # fmt: skip
    yield Check(
        "… and ‖WᵀW − I‖² over its four entries", "……与 ‖WᵀW − I‖² 除以四个元素", float(angles.frobenius(w)), (9 + 4 + 4 + 1) / 4, 1e-12,
        note="by hand: WᵀW = ((4, 2), (2, 2))", note_zh="手算：WᵀW = ((4, 2), (2, 2))",
    )  # fmt: skip


def kernels_facts() -> Iterator[Check]:
    """Facts about kernels of convolutions, on digits."""
    rng = generator(0)
    images, w = torch.rand(3, 64, generator=rng), torch.randn(25, 4, generator=rng)
    through = (kernels.patches(images) @ w).transpose(1, 2).reshape(3, 4, 8, 8)
    plain = F.conv2d(images.view(3, 1, 8, 8), w.T.reshape(4, 1, 5, 5), padding=2)
    yield Check(
        "patches times kernels against torch's convolution", "图块乘核与 torch 卷积之差", float((through - plain).abs().max()), 0.0, 1e-5,
        note="float32, four kernels of 5 x 5", note_zh="float32，四个 5 x 5 的核",
    )  # fmt: skip
    runs = {kind: _last(kernels.compare(kind, 10.0, 16, False, 160, 1, 0)) for kind in ("signs", "biggan")}
    signs, gan = runs["signs"], runs["biggan"]
    yield Check(
        "convolution on digits: mean ϑ² of the outputs with the module over that without", "数字上的卷积：有模块与无模块时输出的 ϑ² 均值之比",
        float(signs.kept.square[-1] / signs.bare.square[-1]), 0.4, 0.0, "at_most", note="16 kernels, 160 steps, strength 10, test digits", note_zh="16 个核，160 步，强度 10，测试数字",
    )  # fmt: skip
    yield Check(
        "… with BigGAN's penalty: how many orthogonal kernels the 16 amount to", "……BigGAN 惩罚：16 个核相当于多少个正交的核", float(gan.kept.count[-1]), 15.5, 0.0, "at_least",
        note="k²/Σcos²; about 9.5 without", note_zh="k²/Σcos²；不加时约 9.5",
    )  # fmt: skip
    yield Check(
        "… but its outputs' mean ϑ² over the module's", "……但它的输出 ϑ² 均值与模块的之比", float(gan.kept.square[-1] / signs.kept.square[-1]), 2.0, 0.0, "at_least",
        note="orthogonal kernels are not yet uncorrelated outputs: digits are not isotropic", note_zh="核正交不等于输出不相关：数字图像不是各向同性的",
    )  # fmt: skip


def training_facts() -> Iterator[Check]:
    """Facts about dense networks trained with and without the module."""
    runs = [_last(training.compare("signs", 10.0, True, 400, 1, seed)) for seed in range(2)]
    yield Check(
        "dense net: mean ϑ² of the layers' outputs with the module over that without", "全连接网络：有模块与无模块时各层输出的 ϑ² 均值之比",
        float(np.mean([r.kept.square[-1] / r.bare.square[-1] for r in runs])), 0.7, 0.0, "at_most", note="400 steps, strength 10, both hidden layers, mean of two seeds, test digits", note_zh="400 步，强度 10，两个隐藏层，两个种子平均，测试数字",
    )  # fmt: skip
    yield Check(
        "… spread of the weights' angles with it over that without", "……权重夹角的标准差之比",
        float(np.mean([r.kept.deviation[-1] / r.bare.deviation[-1] for r in runs])), 0.9, 0.0, "at_most", note="the same runs", note_zh="同一批训练",
    )  # fmt: skip
    yield Check(
        "… accuracy lost", "……准确率损失", float(np.mean([r.bare.accuracy - r.kept.accuracy for r in runs])), 0.0, 0.015, "at_most",
        note="450 test digits: standard error of a difference about 0.006 over two seeds", note_zh="450 个测试数字：两个种子之差的标准误约 0.006",
    )  # fmt: skip


def packing_facts() -> Iterator[Check]:
    """Facts about lines packed as far apart as they go."""
    packed = packing.pack(12, 4, "biggan", 600, 0)
    bound = packing.welch(12, 4)
    yield Check(
        "12 vectors in 4 dimensions: mean cos² at the end", "4 维里的 12 个向量：最终的 cos² 均值", float(packed.mean_square[-1]), bound**2, 1e-3,
        note="Welch: the mean of cos² is at least (k − d)/(d(k − 1)), and a tight frame attains it", note_zh="Welch：cos² 的均值至少为 (k − d)/(d(k − 1))，紧框架取到",
    )  # fmt: skip
    yield Check(
        "… and largest |cos| against Welch's bound", "……最大 |cos| 与 Welch 界", math.cos(math.radians(packed.smallest[-1])), bound, 1e-6, "at_least",
        note="no packing is below", note_zh="没有摆法能低于它",
    )  # fmt: skip
    lines = packing.pack(6, 3, "largest", 500, 0)
    yield Check(
        "6 lines in space: smallest angle", "空间里的 6 条直线：最小夹角", float(lines.smallest[-1]), math.degrees(math.acos(1 / math.sqrt(5))), 0.02,
        note="degrees; the diagonals of an icosahedron attain Welch's bound 1/√5", note_zh="度；正二十面体的对角线取到 Welch 界 1/√5",
    )  # fmt: skip
    yield Check(
        "… and how many edges their ends make", "……端点连成的棱数", float(len(lines.touching)), 30.0, 0.0,
        note="of an icosahedron", note_zh="正二十面体的棱",
    )  # fmt: skip
    seven = packing.pack(7, 3, "largest", 500, 0)
    yield Check(
        "7 lines in space: smallest angle", "空间里的 7 条直线：最小夹角", float(seven.smallest[-1]), math.degrees(math.acos(1 / math.sqrt(3))), 0.02,
        note="degrees; the orthoplex bound 1/√3, higher than Welch's √(4/18)", note_zh="度；orthoplex 界 1/√3，高于 Welch 的 √(4/18)",
    )  # fmt: skip
    over = [packing.best_angle(k, d) for d in (2, 3) for k in range(d + 1, 17)]
    bounds = [math.degrees(math.acos(packing.lowest(k, d))) for d in (2, 3) for k in range(d + 1, 17)]
    yield Check(
        "tables of the best angles: how far any is above the bound", "最佳夹角表：超过界的最大值", max(a - b for a, b in zip(over, bounds, strict=True) if a is not None), 0.0, 1e-3, "at_most",
        note="degrees, up to 16 lines in 2 and 3 dimensions; the table has four decimals", note_zh="度，2 维与 3 维里至多 16 条直线；表有四位小数",
    )  # fmt: skip


def _last(states: Iterable[State]) -> State:
    *_, state = states
    return state
