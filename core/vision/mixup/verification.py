"""The facts of blending: what a linear model pays, the penalty by hand, losses, samplers, and networks that are trained live."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from core.checks import Check
from core.vision.mixup.clothes import COUNTS, NAME, Networks, recorded, redrawn_errors
from core.vision.mixup.digits import digits, judged, samples, trained
from core.vision.mixup.fits import affine, covariances, factor, fitted, pairs
from core.vision.mixup.gaps import linearity_gap
from core.vision.mixup.mixing import METHODS, PAIR, Method, is_on, mixed, soft_cross_entropy
from core.vision.mixup.penalty import FUNCTIONS, penalty, second_order, spread_of_weights
from core.vision.mixup.plane import sides
from core.weights import load, read_card

__all__ = ["checks", "identities", "of_clothes", "of_digits", "of_training"]

SAMPLES, NUMBERS = 12, 4  # of the data on which the linear fit is checked
EXACT = 1e-10  # what float64 leaves of sums over some hundreds of pairs
BLENDS = (Method("pair"), Method("mixup", 0.3), Method("mixup", 1.0), Method("mixup", 4.0))
DRAWS = 200_000
SMALL = 0.02  # the spread of x at which the second order must hold to a thousandth
SIGMA = 0.7
NEAR = 0.003  # of 10 000 pictures, those whose answer may turn with the last bits of a decoder
LESS = 0.8  # of plain training's gap: the blended networks' must lie below


def _data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(SAMPLES, NUMBERS)) + 1.5, rng.normal(size=SAMPLES)


def _name(method: Method) -> str:
    return "SamplePairing" if method.kind == "pair" else f"mixup, α = {method.alpha:g}"


def identities() -> Iterator[Check]:
    """What holds without any training."""
    yield from _linear()
    yield from _penalties()
    yield from _losses()


def _linear() -> Iterator[Check]:
    x, y = _data()
    plain = pairs(Method("plain"), x, y, 1)
    own = affine(plain)
    for method in BLENDS:
        made = pairs(method, x, y, 2)
        name = _name(method)
        yield Check(
            f"least squares with an intercept, all pairs against samples, {name}", f"带截距的最小二乘，全部混合对与样本之差，{name}",
            float(np.abs(affine(made) - own).max()), 0.0, EXACT,
            note="covariance and cross-covariance have one factor, the means stay", note_zh="协方差与互协方差同乘一个因子，均值不变",
        )  # fmt: skip
        (before, crossed), (after, over) = covariances(plain), covariances(made)
        yield Check(f"factor of the covariance, {name}", f"协方差的因子，{name}", float((after / before).mean()), factor(method), EXACT)  # fmt: skip
        yield Check(f"factor of the cross-covariance, {name}", f"互协方差的因子，{name}", float((over / crossed).mean()), factor(method), EXACT)  # fmt: skip
        yield Check(f"mean of the targets, {name}", f"目标的均值，{name}", float(made.weight @ made.y), float(y.mean()), EXACT)  # fmt: skip
    yield Check("the factor for U(0, 1)", "U(0, 1) 的因子", factor(Method("mixup", 1.0)), 2 / 3, EXACT)
    bent = fitted(np.stack([x[:6, 0] - 1.5, y[:6]], 1), 3, Method("mixup", 1.0))
    yield Check("a cubic does move", "三次曲线确实变了", bent.curve.apart, 0.01, 0.0, "at_least", "the same points' line moves by less than 1e-10", "同样的点，直线之差小于 1e-10")  # fmt: skip


def _penalties() -> Iterator[Check]:
    for method, share in ((Method("mixup", 1.0), 1 / 30), (Method("pair"), 1 / 16)):
        name = _name(method)
        yield Check(f"E[ε²(1−ε)²], {name}", f"E[ε²(1−ε)²] 的值，{name}", spread_of_weights(method), share, EXACT)
        yield Check(
            f"penalty on x²/2 by hand, {name}", f"x²/2 的惩罚，手算，{name}", penalty(FUNCTIONS["quadratic"], SIGMA, method),
            3 * share * SIGMA**4, EXACT, note="¼ E[ε²(1−ε)²] E d⁴, d ~ N(0, 2σ²), E d⁴ = 12σ⁴", note_zh="¼ E[ε²(1−ε)²] E d⁴，d ~ N(0, 2σ²)，E d⁴ = 12σ⁴",
        )  # fmt: skip
        small = penalty(FUNCTIONS["sine"], SMALL, method) / second_order(FUNCTIONS["sine"], SMALL, method)
        yield Check(f"sine, σ = {SMALL}: penalty over its second order, {name}", f"正弦，σ = {SMALL}：惩罚与二阶之比，{name}", small, 1.0, 0.01)  # fmt: skip
    yield Check("penalty on a line", "直线的惩罚", penalty(FUNCTIONS["line"], SIGMA, Method("mixup", 0.4)), 0.0, EXACT)
    for name, f in FUNCTIONS.items():
        x = np.linspace(-1, 1, 9)
        step = 1e-4
        second = (f.value(x + step) - 2 * f.value(x) + f.value(x - step)) / step**2
        yield Check(
            f"f″ by differences, {name}", f"差分算 f″，{name}", float(np.abs(second - f.second(x)).max()), 0.0, 1e-5
        )
    a, b = np.meshgrid(_data()[1], _data()[1])
    f = np.sin
    whole = ((f(PAIR * a + PAIR * b) - f(a)) ** 2).mean()
    parts = ((f(PAIR * (a + b)) - PAIR * (f(a) + f(b))) ** 2).mean() + ((f(a) - f(b)) ** 2).mean() / 4
    yield Check("SamplePairing's loss is P + ¼E(f(x_a) − f(x_b))²", "SamplePairing 的损失 = P + ¼E(f(x_a) − f(x_b))²", float(whole), float(parts), EXACT)  # fmt: skip


def _losses() -> Iterator[Check]:
    rng = torch.Generator().manual_seed(0)
    logits = torch.randn(50, 10, generator=rng, dtype=torch.float64)
    a, b = (torch.randint(10, (50,), generator=rng) for _ in range(2))
    e = 0.3
    soft = soft_cross_entropy(logits, e * F.one_hot(a, 10).double() + (1 - e) * F.one_hot(b, 10).double())
    hard = e * F.cross_entropy(logits, a) + (1 - e) * F.cross_entropy(logits, b)
    yield Check("soft cross-entropy = ε CE_a + (1−ε) CE_b", "软标签交叉熵 = ε CE_a + (1−ε) CE_b", float(soft), float(hard), EXACT)  # fmt: skip
    y = F.one_hot(torch.randint(10, (DRAWS,), generator=rng), 10).float()
    for method in METHODS.values():
        if method.kind != "mixup":
            continue
        made = mixed(method, y, y, 0)
        yield Check(f"mixup blends pictures and labels alike, α = {method.alpha:g}", f"mixup 图片与标签同样混合，α = {method.alpha:g}", float((made.x - made.y).abs().max()), 0.0, 0.0)  # fmt: skip
        values = made.epsilon.double() ** 2 + (1 - made.epsilon.double()) ** 2
        yield Check(
            f"E[ε² + (1−ε)²] as drawn, α = {method.alpha:g}", f"采样的 E[ε² + (1−ε)²]，α = {method.alpha:g}", float(values.mean()), factor(method),
            4 * float(values.std()) / DRAWS**0.5, note="4 standard errors: fails once in 16 000", note_zh="4 个标准误：一万六千次里错一次",
        )  # fmt: skip
    made = mixed(METHODS["pair"], y, y, 0)
    yield Check(
        "SamplePairing keeps the label of a", "SamplePairing 的标签是 y_a", float((made.y - y).abs().max()), 0.0, 0.0
    )
    yield Check("and has half of either picture", "而图片各占一半", float((made.x * y).sum(1).mean()), PAIR * (1 + 0.1), 0.01, note="the partner is of the same class once in ten", note_zh="同伴有十分之一的机会同类")  # fmt: skip
    yield Check("the schedule ends with SamplePairing off", "日程结束时 SamplePairing 是关的", float(any(is_on(METHODS["pair-ends-off"], k / 100, k) for k in range(80, 101))), 0.0, 0.0)  # fmt: skip
    x = torch.randn(DRAWS, 3, generator=rng, dtype=torch.float64)
    turn = torch.randn(3, 2, generator=rng, dtype=torch.float64)
    yield Check("linearity gap of an affine map", "仿射映射的线性差", linearity_gap(lambda part: part @ turn + 1, x, 0), 0.0, 1e-6, note="ε is drawn in float32", note_zh="ε 是单精度的")  # fmt: skip
    yield Check("linearity gap of x², x ~ N(0, 1)", "x² 的线性差，x ~ N(0, 1)", linearity_gap(lambda part: part**2, x[:, :1], 0), 1 / 3, 0.01, note="E ε(1−ε) E d² = 1/6 · 2", note_zh="E ε(1−ε) E d² = 1/6 · 2")  # fmt: skip


def of_training(seeds: int = 1) -> Iterator[Check]:
    """Two moons learnt live, for each of ``seeds`` seeds."""
    for seed in range(seeds):
        *_, found = sides("moons", 60, 0.3, Method("mixup", 1.0), 200, seed)
        assert not hasattr(found, "fraction")
        ratio = found.blended.gap / found.plain.gap  # type: ignore[union-attr]
        yield Check(f"two moons, seed {seed}: linearity gap over plain training's", f"月牙，种子 {seed}：线性差与不混合之比", ratio, LESS, 0.0, "at_most")  # fmt: skip


def of_digits(seeds: int = 3) -> Iterator[Check]:
    """A CNN on a hundred digits, learnt live from ``seeds`` seeds: the gap is smaller than plain training's, and more is right than by chance."""
    for seed in range(seeds):
        data, found = samples(100, seed), {}
        for name in ("plain", "mixup-1"):
            *_, net = trained(data, METHODS[name], 150, seed)
            assert isinstance(net, nn.Module)
            found[name] = judged(net, data, digits()[1])
        ratio = found["mixup-1"]["gap"] / found["plain"]["gap"]
        yield Check(f"100 digits, seed {seed}: linearity gap over plain training's", f"100 个数字，种子 {seed}：线性差与不混合之比", ratio, LESS, 0.0, "at_most")  # fmt: skip
        yield Check(f"100 digits, seed {seed}: error of mixup", f"100 个数字，种子 {seed}：mixup 的误差", found["mixup-1"]["error"], 0.3, 0.0, "at_most", "chance: 0.9", "瞎猜是 0.9")  # fmt: skip


def of_clothes(instead: Networks | None = None) -> Iterator[Check]:
    """What the shipped networks do on redrawn test pictures, beside their card; ``instead`` is measured when it is given."""
    told = read_card(NAME).metrics
    for method, found in redrawn_errors(instead or load(NAME)).items():
        card = told[f"{method}: error on redrawn test pictures"]
        yield Check(
            f"clothes, {method}: error on redrawn test pictures, beside the card's", f"衣物，{method}：重画的测试图上的误差，与模型卡相比", found, card, NEAR,
            note="10 000 pictures that the VAE of post 5887 redraws from its codes; chance is 0.9", note_zh="1 万张图，由 5887 的 VAE 从编码重画；瞎猜是 0.9",
        )  # fmt: skip
    for count in COUNTS:
        plain, soft = (recorded(count).of(name, "gap").mean for name in ("plain", "mixup-1"))
        yield Check(
            f"clothes, {count} pictures: linearity gap of mixup over plain training's", f"衣物，{count} 张图：mixup 的线性差与不混合之比", soft / plain, LESS, 0.0, "at_most",
            note="means over the seeds, on the 10 000 test pictures", note_zh="种子的平均，1 万张测试图上",
        )  # fmt: skip


def checks() -> Iterator[Check]:
    """All facts of the page."""
    yield from itertools.chain(identities(), of_training(), of_digits(), of_clothes())
