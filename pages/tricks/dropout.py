"""Dropout (post 4521)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import choice, seed, slider
from gallery.outputs import Metric, Table
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.tricks import _dropout_figures as pictures
from pages.tricks._dropout_texts import CHANGES, STORY

if TYPE_CHECKING:
    from core.tricks import dropout as model
    from core.tricks import dropout_ridge

SHAPE = (3, 4, 5)
NOISE_SHAPES = {
    "3-4-5": (3, 4, 5),
    "1-4-5": (1, 4, 5),
    "3-1-5": (3, 1, 5),
    "3-4-1": (3, 4, 1),
    "1-1-5": (1, 1, 5),
    "1-4-1": (1, 4, 1),
    "3-1-1": (3, 1, 1),
    "1-1-1": (1, 1, 1),
}
NAMES = {key: t("×".join(map(str, shape)), "×".join(map(str, shape))) for key, shape in NOISE_SHAPES.items()}
KINDS = {"sine": t("正弦", "Sine"), "step": t("台阶", "Step"), "chirp": t("越来越快的波", "Chirp")}
COLUMNS = {
    "age": t("年龄", "Age"),
    "sex": t("性别", "Sex"),
    "bmi": t("体重指数 bmi", "Body mass index"),
    "bp": t("血压 bp", "Blood pressure"),
    "s1": t("总胆固醇 s1", "Cholesterol s1"),
    "s2": t("低密度脂蛋白 s2", "LDL s2"),
    "s3": t("高密度脂蛋白 s3", "HDL s3"),
    "s4": t("胆固醇之比 s4", "Ratio s4"),
    "s5": t("甘油三酯 s5", "Triglycerides s5"),
    "s6": t("血糖 s6", "Glucose s6"),
}
RATE, NOISE, STEPS = t("丢弃率 p", "Drop rate p"), t("噪声", "Noise"), t("训练步数", "Training steps")
DRAWS = 4000
FRAMES = 6
BUDGET = 1e7  # steps x units, masks x entries
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")


class Mask(Tab):
    label = t("掩码", "The mask")
    question = t(
        "掩码怎样改变均值和方差，noise_shape 又改变什么？",
        "What does a mask do to mean and variance, and what does noise_shape change?",
    )
    outputs = (outputs.figure("mask", height=380), FACTS, outputs.figure("law", height=380))
    budget = BUDGET
    tries = (
        Try(
            t("Dropout(0.6)：留下的乘 2.5，均值不变", "Dropout(0.6): kept values times 2.5, the mean stays"),
            {"p": 0.6},
            lambda r: abs(r.one.max() - 2.5) < 1e-6 and abs(r.mean - 1) < 0.02,
        ),
        Try(
            t("3×4×1：整行同丢，方差 5 倍", "3×4×1: whole rows go together, 5 times the variance"),
            {"noise_shape": "3-4-1"},
            lambda r: r.widened == 5 and (r.one == r.one[:, :, :1]).all(),
        ),
        Try(
            t("1×1×1：要么全丢要么全留，方差 60 倍", "1×1×1: all or nothing, 60 times the variance"),
            {"noise_shape": "1-1-1"},
            lambda r: r.widened == 60 and r.one.min() == r.one.max(),
        ),
    )

    p: float = slider(0.4, 0.0, 0.95, step=0.05, label=RATE)
    noise_shape: str = choice(
        "3-1-5", NAMES, label=t("noise_shape（1：沿该轴共用）", "noise_shape (1: shared along that axis)")
    )
    seed: int = seed(1)

    def cost(self) -> float:
        return 9.0 * DRAWS * 60

    def compute(self) -> model.MaskStatistics:
        from core.tricks.dropout import mask_statistics

        return mask_statistics(SHAPE, NOISE_SHAPES[self.noise_shape], self.p, DRAWS, self.seed)

    def show(self, found: model.MaskStatistics, say: Say) -> dict[str, Any]:
        name, most = NAMES[self.noise_shape].en, 1 / (1 - self.p)
        figure = pictures.mask(found, name, most, say)
        law = pictures.law(found, self.p, say)
        facts = [
            Metric(say("均值（应为 1）", "Mean (should be 1)"), found.mean),
            Metric(say("一个值的方差", "Variance of a value"), found.variance, f"p/(1−p) = {found.predicted:.4g}"),
            Metric(
                say("平均值的方差", "Variance of the mean"),
                found.variances[found.noise_shape],
                say(
                    f"{found.masks[found.noise_shape]} 个独立掩码",
                    f"{found.masks[found.noise_shape]} independent masks",
                ),
            ),
        ]
        return {"mask": figure, "facts": facts, "law": law}


class Curve(Tab):
    label = t("过拟合", "Overfitting")
    question = t("丢掉一些单元，为什么反而拟合得更好？", "Why does dropping units make the fit better?")
    outputs = (outputs.figure("fit", height=470), FACTS, NOTE)
    budget = BUDGET
    live = False
    tries = (
        Try(
            t(
                "100 个样本：本来就不过拟合，好处不到一成",
                "100 samples: little to overfit, dropout gains less than a tenth",
            ),
            {"n": 100},
            lambda r: r.dropped.test_error[-1] > 0.9 * r.plain.test_error[-1],
        ),
        Try(
            t("p = 0.6：太多，训练误差也降不下去", "p = 0.6: too much, even the training error stays up"),
            {"p": 0.6},
            lambda r: (
                r.dropped.train_error[-1] > 3 * r.plain.train_error[-1]
                and r.dropped.test_error[-1] > r.plain.test_error[-1]
            ),
        ),
        Try(
            t("没有噪声：网络该追着样本走", "No noise: the network had better follow the samples"),
            {"noise": 0.0},
            lambda r: r.plain.test_error[-1] < 0.3 * r.dropped.test_error[-1],
        ),
    )

    p: float = slider(0.1, 0.0, 0.8, step=0.02, label=RATE)
    kind: str = choice("sine", KINDS, label=t("曲线", "Curve"))
    n: int = slider(20, 8, 100, label=t("样本数 n", "Samples n"))
    noise: float = slider(0.3, 0.0, 0.6, step=0.05, label=NOISE)
    steps: int = slider(900, 100, 3000, step=100, label=STEPS)
    seed: int = seed(1)

    def cost(self) -> float:
        return float(2 * self.steps * 130)

    def compute(self) -> Iterator[model.Overfit]:
        from core.tricks.dropout import overfit

        return overfit(self.kind, self.n, self.noise, self.p, self.steps, FRAMES, self.seed)

    def progress(self, found: model.Overfit) -> float:
        return found.plain.step / self.steps

    def show(self, found: model.Overfit, say: Say) -> dict[str, Any]:
        plain, some, rate = found.plain, found.dropped, f"p = {self.p:g}"
        figure = pictures.fit(found, self.p, self.steps, say)
        facts = [
            Metric(
                say("测试误差 p = 0", "Test error, p = 0"),
                plain.test_error[-1],
                say(f"训练 {plain.train_error[-1]:.3f}", f"train {plain.train_error[-1]:.3f}"),
            ),
            Metric(
                say(f"测试误差 {rate}", f"Test error, {rate}"),
                some.test_error[-1],
                say(f"训练 {some.train_error[-1]:.3f}", f"train {some.train_error[-1]:.3f}"),
            ),
            Metric(
                say("带宽 σ：点内 / 点外", "Band σ: inside / outside"),
                f"{some.inside:.3f} / {some.outside:.3f}",
                say("|x| > 1 没有样本", "no samples where |x| > 1"),
            ),
        ]
        note = say(
            "网络为 1-64-64-1，两个隐藏层都带 dropout。测试时不丢任何单元（实线）；若测试时照样丢，多次前向的散布就是蒙特卡洛 dropout 的不确定带。测试误差是与真曲线之差（$|x|\\le1$），训练误差是与带噪声的样本之差。",
            "The network is 1-64-64-1, with dropout in both hidden layers. At test time no unit is dropped (line); if units are dropped all the same, the spread of many passes is the band of Monte-Carlo dropout. The test error is the distance to the curve itself ($|x|\\le1$), the training error that to the noisy samples.",
        )
        return {"fit": figure, "facts": facts, "note": note}


class Ensemble(Tab):
    label = t("集成", "Ensemble")
    question = t("一次前向为什么能代替所有瘦网络？", "Why can one pass stand for all thinned nets?")
    outputs = (outputs.figure("nets", height=470), FACTS, NOTE)
    budget = BUDGET
    tries = (
        Try(
            t("K = 3：八个瘦网络平均 79%，合起来 87%", "K = 3: eight thinned nets have 79 % on average, together 87 %"),
            {"units": 3},
            lambda r: len(r.kept) == 8 and r.mean < 0.8 and r.accuracies["scaled"] > 0.87,
        ),
        Try(
            t("K = 12：4096 个网络，仍只要一次前向", "K = 12: 4 096 nets, and still one pass does"),
            {"units": 12},
            lambda r: len(r.kept) == 4096 and r.gap < 1e-10,
        ),
        Try(
            t("p = 0.9：瘦网络多在乱猜，整网仍有 88%", "p = 0.9: most thinned nets guess, the whole net has 88 %"),
            {"p": 0.9},
            lambda r: r.mean < 0.65 and r.accuracies["scaled"] > 0.88,
        ),
    )

    units: int = slider(8, 2, 12, label=t("隐藏单元数 K", "Hidden units K"))
    p: float = slider(0.5, 0.1, 0.9, step=0.05, label=RATE)
    noise: float = slider(0.2, 0.05, 0.5, step=0.05, label=NOISE)
    steps: int = slider(300, 50, 1500, step=50, label=STEPS)
    seed: int = seed(1)

    def cost(self) -> float:
        return float(2**self.units * 400 + 100 * self.steps)

    def compute(self) -> model.Ensemble:
        from core.tricks.dropout import thinned_nets

        return thinned_nets(self.units, self.p, self.steps, self.noise, self.seed)

    def show(self, found: model.Ensemble, say: Say) -> dict[str, Any]:
        one = found.accuracies["scaled"]
        figure = pictures.nets(found, self.units, say)
        facts = [
            Metric(say("瘦网络的平均准确率", "Mean accuracy of thinned nets"), f"{found.mean:.1%}"),
            Metric(say("算术平均", "Arithmetic mean"), f"{found.accuracies['arithmetic']:.1%}"),
            Metric(say("几何平均", "Geometric mean"), f"{found.accuracies['geometric']:.1%}"),
            Metric(
                say("一次前向", "One pass"),
                f"{one:.1%}",
                say(f"与几何平均之差 {found.gap:.0e}：舍入", f"{found.gap:.0e} from the geometric mean: rounding"),
            ),
        ]
        note = say(
            "单隐层时，对数几率对掩码是线性的，所以不丢单元的一次前向**严格等于** $2^K$ 个瘦网络概率的几何平均（归一化后）；算术平均要更保守。多层时只是近似。",
            "With one hidden layer log-odds are linear in the mask, so one pass with no unit dropped **equals** the normalised geometric mean of all $2^K$ thinned nets; the arithmetic mean is more cautious. With more layers it is an approximation.",
        )
        return {"nets": figure, "facts": facts, "note": note}


class Penalty(Tab):
    label = t("惩罚项", "The penalty")
    question = t("Dropout 等价于哪一种 L2？", "Which L2 penalty is dropout?")
    outputs = (outputs.figure("paths", height=480), FACTS, outputs.table("table", t("系数", "Coefficients")))
    budget = BUDGET
    tries = (
        Try(
            t(
                "s1：最小二乘的 −0.49 是共线造成的，p = 0.4 时几乎为 0",
                "s1: least squares has −0.49 from collinearity, p = 0.4 next to 0",
            ),
            {"column": "s1"},
            lambda r: r.plain[r.column] < -0.48 and abs(r.best[r.column]) < 0.01,
        ),
        Try(
            t("p = 0：没有惩罚，就是最小二乘", "p = 0: no penalty, this is least squares"),
            {"p": 0.0},
            lambda r: r.shrunk == 0 and abs(r.ratio - 1) < 1e-9,
        ),
        Try(
            t(
                "每点 200 个掩码：散得很开，平均贴着闭式",
                "200 masks a point: a wide spread, the mean on the closed form",
            ),
            {"draws": 200},
            lambda r: abs(r.ratio - 1) < 1e-3 and (abs(r.drawn.mean(1) / r.exact - 1) < 0.02).all(),
        ),
    )

    p: float = slider(0.4, 0.0, 0.9, step=0.05, label=RATE)
    column: str = choice("bmi", COLUMNS, label=t("沿哪个系数看", "Coefficient to look along"))
    steps: int = slider(
        8000, 400, 20000, log=True, label=t("随机梯度下降的步数", "Steps of stochastic gradient descent")
    )
    draws: int = slider(30, 1, 200, log=True, label=t("每点画几个掩码", "Masks a point"))
    seed: int = seed(1)

    def cost(self) -> float:
        return float(self.steps * 64 + 13 * self.draws * 442)

    def compute(self) -> Iterator[dropout_ridge.Penalty]:
        from core.tricks.dropout_ridge import penalty

        return penalty(self.p, self.steps, self.draws, self.column, self.seed)

    def progress(self, found: dropout_ridge.Penalty) -> float:
        return found.step / self.steps

    def show(self, found: dropout_ridge.Penalty, say: Say) -> dict[str, Any]:
        figure = pictures.paths(found, self.p, self.column, self.draws, say)
        facts = [
            Metric(
                say("SGD 与闭式解的最大差", "SGD from the closed form"),
                found.gap,
                say(f"走了 {found.step} 步", f"after {found.step} steps"),
            ),
            Metric(say("闭式解与最小二乘的最大差", "Closed form from least squares"), found.shrunk),
            Metric(say("掩码损失的平均 / 闭式", "Mean masked loss / closed form"), found.ratio),
        ]
        columns = {
            say("列", "column"): [COLUMNS[name](say.lang) for name in found.names],
            say("岭回归（闭式）", "ridge (closed form)"): found.best,
            "SGD + dropout": found.learned,
            say("最小二乘", "least squares"): found.plain,
        }
        return {"paths": figure, "facts": facts, "table": Table(columns)}


POST = Post(
    id=4521,
    title=t("【备忘】谈谈dropout", "A memo on dropout"),
    date=datetime.date(2017, 8, 8),
    story=STORY,
    changes=CHANGES,
    papers=(
        (
            "Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting",
            "https://jmlr.org/papers/v15/srivastava14a.html",
        ),
        ("Wager, Wang, Liang 2013, Dropout training as adaptive regularization", "https://arxiv.org/abs/1307.1493"),
        ("Gal, Ghahramani 2016, Dropout as a Bayesian approximation", "https://arxiv.org/abs/1506.02142"),
    ),
)
PAGE = Page(
    title=t("谈谈 Dropout", "Dropout"),
    summary=t(
        "掩码、1/(1−p)、瘦网络的集成、与岭回归的严格等价，以及一个当场过拟合的小网络。",
        "The mask, 1/(1−p), the ensemble of thinned nets, an exact ridge penalty, and a small network that overfits before your eyes.",
    ),
    post=POST,
    tabs=(Mask, Curve, Ensemble, Penalty),
    added=datetime.date(2026, 11, 21),
)
