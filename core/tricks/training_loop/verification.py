"""The facts that must hold of the training loop's extras."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from core.checks import Check
from core.fitting import generator
from core.tricks.training_loop import accumulation, averaging, bar, run, spectral, vat, weights
from core.tricks.training_loop.run import Extras

__all__ = ["checks"]

State = TypeVar("State")
SEEDS = range(3)  # over which a difference in accuracy is averaged


def checks() -> Iterator[Check]:
    """The facts, the post's own first."""
    yield from weights_facts()
    yield from spectral_facts()
    yield from loss_and_bar_facts()
    yield from accumulation_facts()
    yield from averaging_facts()
    yield from vat_facts()


def weights_facts() -> Iterator[Check]:
    """Facts about weights that are normalised inside the network or kept on a constraint after each step."""
    for norm, zh, en in (("rows", "各行长度", "rows"), ("spectral", "谱范数", "spectral norm")):
        cosine, grown = weights.growth(norm, 0.5, 0)
        yield Check(
            f"normalisation inside, {en}: |cos| of the weights and their gradient", f"前向中归一化（{zh}）：权重与其梯度的 |cos|",
            cosine, 0.0, 1e-9, note="L(cV/‖V‖) does not change along V", note_zh="L(cV/‖V‖) 沿 V 不变",
        )  # fmt: skip
        yield Check(
            f"… so ‖V‖² grows in a step by so many α²‖∇L‖², {en}", f"……所以一步之后 ‖V‖² 增加几个 α²‖∇L‖²（{zh}）",
            grown, 1.0, 1e-6, note="Pythagoras", note_zh="勾股定理",
        )  # fmt: skip
    rows = weights.four_ways("rows", 1.5, 0.5, 0.1, 40, 0)
    for way, zh, en in (("constraint", "步后约束", "constraint after the step"), ("inside", "前向中归一化", "inside")):
        off = np.abs(rows.norm[weights.WAYS.index(way), 1:] - 1.5).max()
        yield Check(
            f"{en}: mean length of the rows, kept at 1.5 for 40 steps: largest deviation", f"{zh}：各行长度的均值保持 1.5，40 步内的最大偏离",
            float(off), 0.0, 1e-5, note="float32", note_zh="float32",
        )  # fmt: skip
    runs = [weights.four_ways("spectral", 1.0, 0.5, 0.1, 160, s) for s in SEEDS]
    after, inside = weights.WAYS.index("constraint"), weights.WAYS.index("inside")
    ranks = np.mean([r.directions for r in runs], axis=0)
    yield Check(
        "spectral norm 1: stable rank of the first layer, inside over after the step", "谱范数为 1：第一层的稳定秩，前向中归一化与步后约束之比",
        float(ranks[inside] / ranks[after]), 3.0, 0.0, "at_least",
        note=f"160 steps, mean of {len(SEEDS)} seeds: each division shrinks all directions but the one that grows", note_zh=f"160 步，{len(SEEDS)} 个种子平均：每次除法都缩小其余方向，只留下在长的那个",
    )  # fmt: skip
    gain = np.mean([r.accuracy[inside, -1] - r.accuracy[after, -1] for r in runs])
    yield Check(
        "… and accuracy gained inside over after the step", "……前向中归一化比步后约束高的准确率", float(gain), 0.15, 0.0, "at_least",
        note="the same runs, 450 test digits", note_zh="同一批训练，450 个测试数字",
    )  # fmt: skip


def spectral_facts() -> Iterator[Check]:
    """Facts about spectral norms by power iterations."""
    w = spectral.matrix("normal", 40, 0.9, 0)
    top = float(torch.linalg.matrix_norm(w, 2))
    yield Check(
        "spectral norm by 200 power iterations over the exact one", "200 次幂迭代的谱范数与精确值之比",
        float(spectral.power_iterations(w, 200)[-1]) / top, 1.0, 1e-6, note="a normal 40x40 matrix", note_zh="40x40 正态矩阵",
    )  # fmt: skip
    yield Check(
        "‖W/σ‖₂ with that σ", "以此 σ 归一化的 ‖W/σ‖₂", float(torch.linalg.matrix_norm(spectral.normalised(w, 200), 2)), 1.0, 1e-6,
        note="torch.linalg.matrix_norm", note_zh="torch.linalg.matrix_norm",
    )  # fmt: skip
    by_hand = spectral.normalised(torch.diag(torch.tensor([3.0, 1.0], dtype=torch.float64)), 30)
    yield Check(
        "diag(3, 1)/σ: the smaller entry", "diag(3, 1)/σ：较小的元素", float(by_hand[1, 1]), 1 / 3, 1e-9,
        note="σ = 3 by hand; W·σ would give 3", note_zh="手算 σ = 3；若写成 W·σ 则为 3",
    )  # fmt: skip
    trained = _last(run.train(Extras(spectral=True), 60, 0.01, 40, 1, 0))
    yield Check(
        "layers of a run with spectral normalisation: norm farthest from 1", "带谱归一化的训练：各层范数离 1 的最大距离",
        float(np.abs(trained.norms[-1] - 1).max()), 0.0, 0.5, note="5 iterations from all ones leave some 10 to 30 %; W·σ would give norms near 9", note_zh="从全 1 出发迭代 5 次还差 10% 到 30%；若写成 W·σ，范数约为 9",
    )  # fmt: skip
    known = spectral.matrix("known", 30, 0.8, 1)
    errors = 1 - spectral.power_iterations(known, 14)
    yield Check(
        "singular values 1, 0.8, 0.64 …: factor by which the error falls in an iteration", "奇异值 1、0.8、0.64……：每次迭代误差缩小的倍数",
        float((errors[12] / errors[8]) ** 0.25), 0.8**4, 0.02,
        note="(σ₂/σ₁)⁴: the estimate is a Rayleigh quotient, and an iteration applies WᵀW", note_zh="(σ₂/σ₁)⁴：估计是 Rayleigh 商，一次迭代乘 WᵀW",
    )  # fmt: skip


def loss_and_bar_facts() -> Iterator[Check]:
    """Facts about the progress bar and the metrics that it shows."""
    shown = bar.ProgressBar(100, frozenset({"now"}))
    shown.update(10, {"loss": 4.0, "now": 4.0})
    line = shown.update(40, {"loss": 2.0, "now": 2.0})
    mean = float(line.split("loss: ")[1].split(" ")[0])
    yield Check(
        "progress bar: running mean after 10 steps of 4 and 30 of 2", "进度条：10 步的 4 与 30 步的 2 之后的滑动均值", mean, 2.5, 1e-9,
        note="(40 + 60)/40", note_zh="(40 + 60)/40",
    )  # fmt: skip
    yield Check(
        "… and the stateful metric", "……与有状态的指标", float(line.split("now: ")[1]), 2.0, 1e-9,
        note="shown as it is", note_zh="原样显示",
    )  # fmt: skip
    h, error = torch.tensor([[3.0, 0.0], [0.0, 4.0]]), torch.tensor([[0.5, -0.25], [0.0, 0.1]])
    by_hand = {"hidden": 12.5, "active": 0.5, "worst": 0.5}
    gap = max(abs(float(bar.METRICS[name](h, error)) - value) for name, value in by_hand.items())
    yield Check(
        "three metrics on two samples, against values by hand", "两个样本上的三个指标与手算之差", gap, 0.0, 1e-6,
        note="mean ‖h‖² = (9 + 16)/2, half the units, the pixel off by 0.5", note_zh="‖h‖² 均值 (9 + 16)/2，一半单元，差 0.5 的像素",
    )  # fmt: skip
    losses = [_last(bar.autoencode(12, name, True, 4e-3, 60, 1, 0)).loss for name in bar.METRICS]
    yield Check(
        "a metric has no part in training: losses with one metric or another", "指标不参与训练：换一个指标，损失之差",
        float(max(np.abs(other - losses[0]).max() for other in losses)), 0.0, 0.0,
        note="60 steps of the autoencoder; equal to the last bit", note_zh="自编码器 60 步；逐位相等",
    )  # fmt: skip


def accumulation_facts() -> Iterator[Check]:
    """Facts about gradients accumulated over pieces of a batch."""
    for parts in (4, 7):
        yield Check(
            f"accumulation: {parts} pieces against the whole batch of 64, 30 steps of Adam", f"梯度累积：{parts} 份与整批 64 个，30 步 Adam 之差",
            float(accumulation.accumulation_gap(64, parts, "sized", 30, 0).max()), 0.0, 1e-9,
            note="largest difference of weights, float64; pieces count by their size", note_zh="权重的最大差，float64；每份按样本数计权",
        )  # fmt: skip
    yield Check(
        "… counting 7 unequal pieces alike is not the same", "……7 份大小不等却等权，就不同",
        float(accumulation.accumulation_gap(64, 7, "alike", 30, 0).max()), 1e-4, 0.0, "at_least", note="64 = 10 + 9·6", note_zh="64 = 10 + 9·6",
    )  # fmt: skip
    yield Check(
        "… nor with batch normalisation", "……有 BatchNorm 也不同", float(accumulation.accumulation_gap(64, 4, "normalised", 30, 0).max()), 1e-4, 0.0, "at_least",
        note="its statistics are those of a piece", note_zh="统计量是每一份的",
    )  # fmt: skip


def averaging_facts() -> Iterator[Check]:
    """Facts about moving averages of the weights."""
    walk = averaging.averaged_walk(0.25, 1.0, 0.96, 200, 0)
    yield Check(
        "moving average against its closed form, 200 steps", "滑动平均与闭式之差，200 步", walk.gap, 0.0, 1e-12,
        note="β^t θ_0 + (1 − β) Σ β^{t−i} θ_i", note_zh="β^t θ_0 + (1 − β) Σ β^{t−i} θ_i",
    )  # fmt: skip
    yield Check(
        "its variance on white noise over (1 − β)/(1 + β)", "白噪声下的方差与 (1 − β)/(1 + β) 之比", _quiet(0.9), 1.0, 0.03,
        note="β = 0.9, 40 000 averages: relative standard error √(2/40000) = 0.007", note_zh="β = 0.9，4 万个并列的平均：相对标准误 √(2/40000) = 0.007",
    )  # fmt: skip
    yield Check(
        f"noisy descent: of {averaging.WALKS} seeds, how many averages are nearer the minimum", f"带噪声的下降：{averaging.WALKS} 个种子里平均离最小点更近的个数",
        float(walk.wins), float(averaging.WALKS), 0.0, note="learning rate 0.25, β = 0.96, second half of 200 steps", note_zh="学习率 0.25，β = 0.96，200 步的后一半",
    )  # fmt: skip
    bare, kept = (_last(run.train(Extras(average=a), 60, 0.01, 60, 6, 0)).loss for a in (0.0, 0.9))
    yield Check(
        "keeping an average leaves training as it was: difference of the losses", "保留滑动平均不改变训练：损失之差", float(np.abs(bare - kept).max()), 0.0, 0.0,
        note="60 steps, the average put in for six tests and taken out again; equal to the last bit", note_zh="60 步，六次换上平均测试再换回；逐位相等",
    )  # fmt: skip
    runs = [_last(run.train(Extras(average=0.98, vat=0.5), 60, 0.01, 200, 1, s)) for s in SEEDS]
    yield Check(
        "60 labelled digits with VAT: accuracy gained by the averaged weights", "60 个有标签的数字加 VAT：平均权重提高的准确率",
        float(np.mean([r.averaged[-1] - r.accuracy[-1] for r in runs])), 0.01, 0.0, "at_least",
        note=f"learning rate 0.01, mean of {len(SEEDS)} seeds", note_zh=f"学习率 0.01，{len(SEEDS)} 个种子平均",
    )  # fmt: skip


def vat_facts() -> Iterator[Check]:
    """Facts about virtual adversarial training."""
    clean, moved = torch.zeros(1, 2, dtype=torch.float64), torch.tensor([[math.log(9.0), 0.0]], dtype=torch.float64)
    kl = vat.divergence(lambda z: moved, clean, torch.zeros_like(clean), clean)
    yield Check(
        "KL((½, ½) ‖ (0.9, 0.1)) by hand", "手算的 KL((½, ½) ‖ (0.9, 0.1))", float(kl[0]), 0.5 * math.log(0.5 / 0.9) + 0.5 * math.log(0.5 / 0.1), 1e-12,
        note="the other way round it is 0.368", note_zh="反过来是 0.368",
    )  # fmt: skip
    yield Check(
        "VAT's power iteration on a quadratic: |cos| with the top eigenvector", "VAT 的幂迭代在二次函数上：与最大特征向量的 |cos|",
        vat.quadratic_alignment(12, 60, 0), 1.0, 1e-6, note="60 iterations, eigenvalues 1, 0.84 …", note_zh="60 次，特征值 1、0.84……",
    )  # fmt: skip
    gains = [
        _last(run.train(Extras(vat=0.5), 60, 3e-3, 200, 1, s)).accuracy[-1]
        - _last(run.train(Extras(), 60, 3e-3, 200, 1, s)).accuracy[-1]
        for s in SEEDS
    ]
    yield Check(
        f"60 labelled digits: accuracy gained by VAT, mean of {len(SEEDS)} seeds", f"60 个有标签的数字：VAT 提高的准确率，{len(SEEDS)} 个种子平均",
        float(np.mean(gains)), 0.015, 0.0, "at_least", note="450 test digits; VAT sees 1 347 without labels", note_zh="450 个测试数字；VAT 用了 1347 个无标签的",
    )  # fmt: skip


def _quiet(decay: float) -> float:
    """Variance of the moving average of white noise over (1 − β)/(1 + β): 40 000 averages side by side, 200 steps."""
    rng = generator(0)
    noise = nn.ParameterList([nn.Parameter(torch.zeros(40_000))])
    average = averaging.Average(noise, decay)
    for _ in range(200):
        with torch.no_grad():
            noise[0].copy_(torch.randn(40_000, generator=rng))
        average.update(noise)
    variance: Tensor = average.values[0].var()
    return float(variance / ((1 - decay) / (1 + decay)))


def _last(states: Iterable[State]) -> State:
    *_, state = states
    return state
