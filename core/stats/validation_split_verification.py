"""The facts that must hold of adversarial validation and importance weights."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import ndtr

from core.checks import Check
from core.stats import validation_split as model
from core.stats.validation_split import Shift

__all__ = ["checks"]


def checks() -> Iterator[Check]:
    """The facts that must hold."""
    yield from weight_checks()
    yield from no_shift_checks()
    yield from validation_checks()
    yield from bias_checks()
    yield from size_checks()
    yield from forest_checks()


def weight_checks() -> Iterator[Check]:
    """Weights recovered by a classifier, and the effective size of the exact ones."""
    for mean, scale, kind in (((1.0, 0.0), 1.0, "linear"), ((0.5, -0.5), 0.8, "quadratic")):
        shift = Shift(mean, scale)
        train, test = shift.draw(8000, 0)
        found = model.discriminate(train, test, kind, 0)
        gap = np.log(model.weights(found.train) / shift.ratio(train))
        yield Check(
            f"μ = {mean}, s = {scale}: rms of log(recovered weight / exact weight)",
            f"μ = {mean}，s = {scale}：ln(还原的权重 / 精确权重) 的均方根",
            float(np.sqrt((gap**2).mean())),
            0.0,
            0.12,
            note=f"8 000 samples a side, {kind} logistic regression out of fold: some six coefficients of standard error about 0.03",
            note_zh="每侧 8000 个样本，折外逻辑回归：约六个系数，各带 0.03 左右的标准误",
        )
        exact = shift.ratio(shift.draw(400_000, 1)[0])
        yield Check(
            f"μ = {mean}, s = {scale}: ESS/n of the exact weights",
            f"μ = {mean}，s = {scale}：精确权重的 ESS/n",
            model.effective_size(exact) / len(exact),
            model.effective_share(shift),
            0.02,
            note="s²(2 − s²) exp(−|μ|²/(2 − s²)); 400 000 samples",
            note_zh="s²(2 − s²) exp(−|μ|²/(2 − s²))；40 万样本",
        )


def no_shift_checks() -> Iterator[Check]:
    """Two samples of one distribution cannot be told apart."""
    train, test = Shift((0.0, 0.0)).draw(4000, 5)
    yield Check(
        "no shift: AUC",
        "没有偏移：AUC",
        model.discriminate(train, test, "linear", 0).area,
        0.5,
        0.02,
        note="standard error √(1/(6n)) = 0.0065 for n = 4 000 a side, times three",
        note_zh="每侧 4000 个样本，标准误 √(1/(6n)) = 0.0065，取三倍",
    )


def bias_checks() -> Iterator[Check]:
    """The bias of the self-normalised estimate, to first order in 1/n."""
    for distance, n in ((0.5, 50), (1.0, 200)):
        measured, error = _measured_bias(distance, n)
        yield Check(
            f"known weights, shift {distance}, {n} samples: bias of Σwe/Σw over its first order in 1/n",
            f"权重已知、偏移 {distance}、{n} 个样本：Σwe/Σw 的偏差与它的 1/n 首项之比",
            measured / model.own_bias(distance, n),
            1.0,
            0.1,
            note=f"consistent, not unbiased: −e^μ²(Φ(2μ) − Φ(μ))/n = {model.own_bias(distance, n):.4f}; standard error {error / abs(model.own_bias(distance, n)):.3f}",
            note_zh=f"相合而非无偏：−e^μ²(Φ(2μ) − Φ(μ))/n = {model.own_bias(distance, n):.4f}；标准误 {error / abs(model.own_bias(distance, n)):.3f}",
        )


def size_checks() -> Iterator[Check]:
    """Weights do not depend on how many samples each side has."""
    train, test = Shift((1.0, 0.0)).draw(4000, 7)
    for sizes in ((4000, 1000), (1000, 4000)):
        found = model.discriminate(train[: sizes[0]], test[: sizes[1]], "linear", 0)
        yield Check(
            f"{sizes[0]} training and {sizes[1]} test samples: mean weight on the training set",
            f"训练 {sizes[0]}、测试 {sizes[1]} 个样本：训练集上的平均权重",
            float(model.weights(found.train).mean()),
            1.0,
            0.15,
            note="E_p[q/p] = 1 if the classes are balanced, whatever their sizes",
            note_zh="两类平衡时 E_p[q/p] = 1，与样本数无关",
        )


def forest_checks() -> Iterator[Check]:
    """Why D is taken out of fold."""
    train, test = Shift((0.7, 0.0)).draw(3000, 9)
    gaps = [
        model.reliability(model.discriminate(train, test, "forest", 0, in_sample=seen)).gap for seen in (True, False)
    ]
    yield Check(
        "a forest's calibration gap on what it was fitted to, over that out of fold",
        "森林在拟合过的样本上的校准误差是折外的多少倍",
        gaps[0] / gaps[1],
        1.3,
        0.0,
        "at_least",
        note="D seen is drawn to the labels: why D is taken out of fold",
        note_zh="见过的 D 会被拉向标签：所以要用折外的 D",
    )


def validation_checks() -> Iterator[Check]:
    """Which validation error predicts the test error."""
    *_, compared = model.compare((1.0, 0.5), 1.0, 800, "linear", 60, 0)
    for scheme, zh in (("exact", "精确权重"), ("ratio", "D/(1 − D)")):
        z = np.array([(t.estimate[scheme] - t.truth[scheme]) / t.error[scheme] for t in compared.trials])
        yield Check(
            f"{scheme} weights: mean of (estimate − test error)/standard error over 60 seeds",
            f"{zh}加权：60 个种子上（估计 − 测试误差）/标准误的均值",
            float(z.mean()),
            0.0,
            0.5,
            note="standard error 1/√60 = 0.13; the weighted mean's own bias is of order 1/n",
            note_zh="标准误 1/√60 = 0.13；加权平均自身的偏差为 1/n 量级",
        )
        yield Check(
            f"{scheme} weights: share of seeds within two standard errors",
            f"{zh}加权：落在两个标准误以内的种子比例",
            float((np.abs(z) < 2).mean()),
            0.95,
            0.1,
            note="95 % for a normal distribution; ± three binomial standard errors (0.085), rounded up",
            note_zh="正态为 95%；± 三个二项标准误（0.085），向上取整",
        )
    bias = {s: abs(compared.bias(s)) for s in model.SCHEMES}
    yield Check(
        "a random split's bias over that of D/(1 − D) weights",
        "随机划分的偏差是 D/(1 − D) 加权的多少倍",
        bias["random"] / max(bias["ratio"], 1e-4),
        2.0,
        0.0,
        "at_least",
        note="the line errs more where the test samples lie",
        note_zh="测试样本所在处，直线错得更多",
    )
    yield Check(
        "weighting by D: its bias over that of D/(1 − D)",
        "按 D 加权的偏差是 D/(1 − D) 的多少倍",
        bias["d"] / max(bias["ratio"], 1e-4),
        1.3,
        0.0,
        "at_least",
        note="D is not the ratio of densities",
        note_zh="D 不是密度比",
    )
    yield Check(
        "the quarter with the largest D: mean exact q/p of the samples held out",
        "取 D 最大的四分之一：留出样本的精确 q/p 的均值",
        float(np.mean([t.top_ratio for t in compared.trials])),
        2.0,
        0.0,
        "at_least",
        note="1 for a random quarter, about 0.1 for the quarter with the smallest D",
        note_zh="随机取四分之一为 1，D 最小的四分之一约 0.1",
    )


def _measured_bias(distance: float, n: int, repeats: int = 20_000) -> tuple[float, float]:
    """(bias, its standard error) of Σwe/Σw for e = [x₁ > 0] with exact weights in one dimension.

    The unbiased Σw(e − E_q e)/n, whose mean is 0, is subtracted: what is left has a hundredth of the variance.
    """
    x = np.random.default_rng(0).standard_normal((repeats, n))
    w, wrong, truth = np.exp(distance * x - distance**2 / 2), x > 0, ndtr(distance)
    estimates = np.array([model.weighted_error(e, each)[0] for e, each in zip(wrong, w, strict=True)])
    left = estimates - truth - (w * (wrong - truth)).mean(1)
    return float(left.mean()), float(left.std() / np.sqrt(repeats))
