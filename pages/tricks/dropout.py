"""Dropout (post 4521)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from core.checks import Check
from gallery import figures, outputs
from gallery.inputs import Inputs, choice, seed, slider
from gallery.page import Lang, Page, Post, Tab, Update, t

SHAPE = (3, 4, 5)
NOISE_SHAPES = {"3-4-5": (3, 4, 5), "1-4-5": (1, 4, 5), "3-1-5": (3, 1, 5), "3-4-1": (3, 4, 1), "1-1-5": (1, 1, 5), "1-4-1": (1, 4, 1), "3-1-1": (3, 1, 1), "1-1-1": (1, 1, 1)}  # fmt: skip
KINDS = {"sine": t("正弦", "Sine"), "step": t("台阶", "Step"), "chirp": t("越来越快的波", "Chirp")}
RATE = t("丢弃率 p", "Share dropped p")
DRAWS = 4000
FRAMES = 6
BUDGET = 1e7  # steps x units, masks x entries
STEPS = t("训练步数", "Training steps")


class Mask(Inputs):
    p: float = slider(0.4, 0.0, 0.95, step=0.05, label=RATE)
    noise_shape: str = choice(
        "3-1-5",
        {name: t("×".join(map(str, s)), "×".join(map(str, s))) for name, s in NOISE_SHAPES.items()},
        label=t("noise_shape（1 表示沿该轴共用）", "noise_shape (1: shared along that axis)"),
    )
    seed: int = seed(1)


class Curve(Inputs):
    p: float = slider(0.1, 0.0, 0.8, step=0.02, label=RATE)
    kind: str = choice("sine", KINDS, label=t("曲线", "Curve"))
    n: int = slider(20, 8, 100, label=t("样本数 n", "Samples n"))
    noise: float = slider(0.3, 0.0, 0.6, step=0.05, label=t("噪声", "Noise"))
    steps: int = slider(900, 100, 3000, step=100, label=STEPS)
    seed: int = seed(1)


class Ensemble(Inputs):
    units: int = slider(8, 2, 12, label=t("隐藏单元数 m", "Hidden units m"))
    p: float = slider(0.5, 0.1, 0.9, step=0.05, label=RATE)
    noise: float = slider(0.2, 0.05, 0.5, step=0.05, label=t("噪声", "Noise"))
    steps: int = slider(300, 50, 1500, step=50, label=STEPS)
    seed: int = seed(1)


class Penalty(Inputs):
    p: float = slider(0.4, 0.0, 0.9, step=0.05, label=RATE)
    steps: int = slider(
        8000, 400, 20000, log=True, label=t("随机梯度下降的步数", "Steps of stochastic gradient descent")
    )
    draws: int = slider(30, 1, 200, log=True, label=t("每点画几个掩码", "Masks a point"))
    seed: int = seed(1)


def mask(inputs: Mask, lang: Lang) -> Mapping[str, Any]:
    from core.tricks.dropout import mask_statistics

    shape = NOISE_SHAPES[inputs.noise_shape]
    found = mask_statistics(SHAPE, shape, inputs.p, DRAWS, inputs.seed)
    names = [t(f"样本 {k + 1}", f"sample {k + 1}")(lang) for k in range(3)]
    figure = figures.panels(
        t(
            f"一个 3×4×5 张量的掩码：留下的乘 1/(1−p) = {1 / (1 - inputs.p):.3g}",
            f"Mask of a 3×4×5 tensor: kept values times 1/(1−p) = {1 / (1 - inputs.p):.3g}",
        )(lang),
        names,
        columns=3,
        height=330,
        horizontal_spacing=0.04,
    )
    for k in range(3):
        figure.add_trace(
            figures.heat(
                found.one[k],
                showscale=False,
                zmin=0,
                zmax=1 / (1 - inputs.p),
                xgap=2,
                ygap=2,
            ),
            1,
            k + 1,
        )
    figure.update_xaxes(showticklabels=False, ticks="", showgrid=False)
    figure.update_yaxes(showticklabels=False, ticks="", showgrid=False, autorange="reversed")
    law = figures.chart(
        t("整个张量的平均值，输入全为 1", "The mean over the tensor, inputs all 1")(lang),
        t("平均值", "mean")(lang),
        t("密度", "density")(lang),
        height=340,
    )
    edges = np.linspace(0, max(2.0, 1.05 * float(found.means.max())), 50)
    for values, name, colour in (
        (found.means, t(f"noise_shape {inputs.noise_shape}", f"noise_shape {inputs.noise_shape}"), 1),
        (found.independent, t("各自独立", "independent"), 0),
    ):
        density, _ = np.histogram(values, edges, density=True)
        law.add_trace(figures.bars((edges[1:] + edges[:-1]) / 2, density, name(lang), colour))
    law.update_layout(barmode="overlay", bargap=0)
    figures.reference(law, 1.0, t("E = 1", "E = 1")(lang), colour=3)
    facts = [
        outputs.Metric(t("均值（应为 1）", "Mean (should be 1)")(lang), float(found.mean)), outputs.Metric(t("一个值的方差", "Variance of a value")(lang), float(found.variance), t(f"公式 p/(1−p) = {found.law:.4g}", f"law p/(1−p) = {found.law:.4g}")(lang)),
        outputs.Metric(t("平均值的方差", "Variance of the mean")(lang), float(found.means.var()), t(f"公式 {found.law_of_mean:.4g}：除以独立掩码的个数 {found.masks}", f"law {found.law_of_mean:.4g}: divided by the {found.masks} masks")(lang)),
    ]  # fmt: skip
    return {"mask": figure, "facts": facts, "law": law}


def curve(inputs: Curve, lang: Lang) -> Iterator[Update]:
    from core.tricks.dropout import curve as drawn
    from core.tricks.dropout import fit_curve, spread, truth

    x, y = drawn(inputs.kind, inputs.n, inputs.noise, inputs.seed)
    runs = [
        fit_curve(inputs.kind, inputs.n, inputs.noise, p, inputs.steps, FRAMES, 60, inputs.seed)
        for p in (0.0, inputs.p)
    ]
    for none, some in zip(*runs, strict=True):
        figure = figures.panels(
            t(f"第 {some.step} 步", f"Step {some.step}")(lang),
            ["p = 0", f"p = {inputs.p:g}", t("误差（虚线：训练）", "Errors (dots: train)")(lang)],
            columns=3,
            height=470,
            column_widths=[0.37, 0.37, 0.26],
            horizontal_spacing=0.05,
        )
        for column, state in ((1, none), (2, some)):
            first = column == 2
            middle, deviation = state.passes.mean(0), state.passes.std(0)
            if state is some:
                figure.add_trace(
                    figures.band(
                        state.grid,
                        middle - 2 * deviation,
                        middle + 2 * deviation,
                        t("±2σ", "±2σ")(lang),
                        1,
                        0.25,
                    ),
                    1,
                    column,
                )
            figure.add_trace(
                figures.line(
                    state.grid,
                    truth(inputs.kind, state.grid),
                    t("真曲线", "the curve")(lang),
                    2,
                    2,
                    "dash",
                    showlegend=first,
                ),
                1,
                column,
            )
            figure.add_trace(
                figures.line(state.grid, state.answer, t("网络", "network")(lang), 0, 3, showlegend=first), 1, column
            )
            figure.add_trace(figures.points(x, y, t("样本", "samples")(lang), 7, 7, 0.9, showlegend=first), 1, column)
            steps = [(k + 1) * (some.step // len(some.test_error)) for k in range(len(state.test_error))]
            name = f"p = {0 if column == 1 else inputs.p:g}"
            figure.add_trace(
                figures.line(
                    steps, state.test_error, t(f"测试 {name}", f"test {name}")(lang), 3 if column == 1 else 0, 3
                ),
                1,
                3,
            )
            figure.add_trace(
                figures.line(
                    steps,
                    state.train_error,
                    t(f"训练 {name}", f"train {name}")(lang),
                    3 if column == 1 else 0,
                    1.5,
                    "dot",
                    showlegend=False,
                ),
                1,
                3,
            )
            figure.update_xaxes(range=[-1.25, 1.25], row=1, col=column)
            figure.update_yaxes(range=[-2, 2], row=1, col=column)
        figure.update_yaxes(rangemode="tozero", row=1, col=3)
        figure.update_xaxes(range=[0, inputs.steps], row=1, col=3)
        inner, outer = spread(some)
        facts = [
            outputs.Metric(t("测试误差 p = 0", "Test error, p = 0")(lang), none.test_error[-1], t(f"训练 {none.train_error[-1]:.3f}", f"train {none.train_error[-1]:.3f}")(lang)),
            outputs.Metric(t(f"测试误差 p = {inputs.p:g}", f"Test error, p = {inputs.p:g}")(lang), some.test_error[-1], t(f"训练 {some.train_error[-1]:.3f}", f"train {some.train_error[-1]:.3f}")(lang)),
            outputs.Metric(t("带宽：点内 / 点外", "Band: inside / outside")(lang), f"{inner:.3f} / {outer:.3f}", t("|x| > 1 没有样本", "no samples where |x| > 1")(lang)),
        ]  # fmt: skip
        yield {"fit": figure, "facts": facts}
        yield outputs.Progress(min(1.0, some.step / inputs.steps))
    yield {"note": t(
        "网络为 1-64-64-1，两个隐藏层都带 dropout。测试时不丢任何单元（实线）；若测试时照样丢，多次前向的散布就是蒙特卡洛 dropout 的不确定带。$p$ 太大时连曲线本身也学不动。",
        "The network is 1-64-64-1, with dropout in both hidden layers. In the test no unit is dropped (line); if they are dropped all the same, the scatter of many passes is the band of Monte-Carlo dropout. With $p$ too large the curve itself is not learnt.",
    )(lang)}  # fmt: skip


def ensemble(inputs: Ensemble, lang: Lang) -> Mapping[str, Any]:
    from core.tricks.dropout import thinned_nets

    found = thinned_nets(inputs.units, inputs.p, inputs.steps, inputs.noise, inputs.seed)
    figure = figures.panels(
        t(f"{2**inputs.units} 个瘦网络，逐个问一遍", f"{2**inputs.units} thinned nets, each asked")(lang),
        [t("各自的测试准确率", "Accuracy of each")(lang), t("平均与一次前向", "Mean, one pass")(lang)],
        columns=2,
        height=470,
    )
    edges = np.linspace(0, 1, 41)
    share, _ = np.histogram(found.thinned.accuracy, edges, weights=found.thinned.chance)
    figure.add_trace(
        figures.bars(
            (edges[1:] + edges[:-1]) / 2, share, t("瘦网络（按概率）", "thinned nets (by probability)")(lang), 0, 0.7
        ),
        1,
        1,
    )
    figures.reference(figure, found.accuracies["scaled"], t("整网", "whole")(lang), colour=1, row=1, col=1)
    ends = [float(found.scaled.min()), float(found.scaled.max())]
    figure.add_trace(figures.line(ends, ends, t("相等", "equal")(lang), 7, 1.5, "dash"), 1, 2)
    figure.add_trace(
        figures.points(
            found.scaled, found.arithmetic, t("概率的算术平均", "arithmetic mean of probabilities")(lang), 1, 6
        ),
        1,
        2,
    )
    figure.add_trace(
        figures.points(found.scaled, found.geometric, t("概率的几何平均", "geometric mean")(lang), 2, 6), 1, 2
    )
    figure.update_xaxes(title_text=t("准确率", "accuracy")(lang), row=1, col=1)
    figure.update_yaxes(title_text=t("占比", "share")(lang), row=1, col=1)
    figure.update_xaxes(title_text=t("一次前向的对数几率", "log-odds of one pass")(lang), row=1, col=2)
    figure.update_yaxes(title_text=t("集成的对数几率", "log-odds of the ensemble")(lang), row=1, col=2)
    mean = float(found.thinned.chance @ found.thinned.accuracy)
    facts = [
        outputs.Metric(t("瘦网络平均准确率", "Mean of thinned nets")(lang), mean), outputs.Metric(t("算术平均", "Arithmetic mean")(lang), found.accuracies["arithmetic"]), outputs.Metric(t("几何平均", "Geometric mean")(lang), found.accuracies["geometric"]),
        outputs.Metric(t("一次前向", "One pass")(lang), found.accuracies["scaled"], t(f"与几何平均之差 {np.abs(found.geometric - found.scaled).max():.1e}", f"off the geometric mean by {np.abs(found.geometric - found.scaled).max():.1e}")(lang)),
    ]  # fmt: skip
    note = t(
        "单隐层时，对数概率对掩码是线性的，所以不丢单元的一次前向**严格等于** $2^m$ 个瘦网络概率的几何平均（归一化后）；算术平均要更保守。多层时只是近似。",
        "With one hidden layer log-probabilities are linear in the mask, so one pass with no unit dropped **equals** the normalised geometric mean of all $2^m$ thinned nets; the arithmetic mean is more cautious. With more layers it is an approximation.",
    )(lang)
    return {"nets": figure, "facts": facts, "note": note}


def penalty(inputs: Penalty, lang: Lang) -> Iterator[Update]:
    from core.tricks.dropout import coefficients, dropped_loss, fit_by_dropout, linear_data, penalised_loss, ridge

    data = linear_data()
    shares = np.linspace(0, 0.95, 40)
    paths, best = coefficients(data, shares), ridge(data, inputs.p)
    around = np.linspace(-0.6, 0.9, 13)
    direction = np.eye(len(best))[data.names.index("bmi")]
    exact = [penalised_loss(data, best + a * direction, inputs.p) / len(data.y) for a in around]
    drawn = [
        dropped_loss(data, best + a * direction, inputs.p, inputs.draws, inputs.seed + k) / len(data.y)
        for k, a in enumerate(around)
    ]
    for done, w in enumerate(fit_by_dropout(data, inputs.p, inputs.steps, inputs.seed), 1):
        yield outputs.Progress(min(1.0, done / 40))
        if done % 10 and done < 40:
            continue
        figure = figures.panels(
            t("线性回归里，dropout 就是一种岭回归", "In linear regression dropout is a kind of ridge")(lang),
            [t("十个系数", "Ten coefficients")(lang), t("沿 bmi 系数的损失", "Loss along bmi")(lang)],
            columns=2,
            height=480,
        )
        for k, name in enumerate(data.names):
            figure.add_trace(figures.line(shares, paths[:, k], name, k, 2, showlegend=False), 1, 1)
        figure.add_trace(
            figures.points(np.full(len(w), inputs.p), w, t("SGD + dropout", "SGD + dropout")(lang), 7, 9, 1.0), 1, 1
        )
        figures.reference(figure, inputs.p, "p", colour=7, row=1, col=1)
        place = best @ direction + around
        figure.add_trace(figures.line(place, exact, t("闭式", "closed form")(lang), 0, 3), 1, 2)
        figure.add_trace(
            figures.points(
                np.repeat(place, inputs.draws), np.concatenate(drawn), t("每个掩码", "each mask")(lang), 1, 4, 0.35
            ),
            1,
            2,
        )
        figure.update_xaxes(title_text="p", row=1, col=1)
        figure.update_yaxes(title_text=t("系数", "coefficient")(lang), row=1, col=1)
        figure.update_xaxes(title_text="w(bmi)", row=1, col=2)
        figure.update_yaxes(title_text=t("损失 / n", "loss / n")(lang), row=1, col=2)
        gap = float(np.abs(w - best).max())
        facts = [
            outputs.Metric(t("SGD 与闭式解的最大差", "SGD off the closed form by")(lang), gap, t(f"走了 {done * max(1, inputs.steps // 40)} 步", f"after {done * max(1, inputs.steps // 40)} steps")(lang)),
            outputs.Metric(t("与普通最小二乘的差", "Off ordinary least squares by")(lang), float(np.abs(best - paths[0]).max())), outputs.Metric(t("掩码损失的平均 / 闭式", "Mean masked loss / closed form")(lang), float(np.mean([d.mean() for d in drawn]) / np.mean(exact))),
        ]  # fmt: skip
        yield {
            "paths": figure,
            "facts": facts,
            "table": outputs.Table(
                {
                    t("列", "column")(lang): data.names,
                    t("闭式", "closed form")(lang): best,
                    "SGD": w,
                    t("最小二乘", "least squares")(lang): paths[0],
                }
            ),
        }


def checks() -> Iterable[Check]:
    from core.tricks.dropout import checks as facts

    return facts()


def _code_mask(i: Mask) -> str:
    return f"""from core.fitting import generator
from core.tricks.dropout import mask

found = mask({SHAPE}, {NOISE_SHAPES[i.noise_shape]}, {i.p}, generator({i.seed}))
print(found, found.mean())
"""


def _code_curve(i: Curve) -> str:
    return f"""from core.tricks.dropout import fit_curve, spread

for p in (0.0, {i.p}):
    *_, state = fit_curve({i.kind!r}, {i.n}, {i.noise}, p, {i.steps}, {FRAMES}, 60, {i.seed})
    print(p, state.train_error[-1], state.test_error[-1], spread(state))
"""


def _code_ensemble(i: Ensemble) -> str:
    return f"""from core.tricks.dropout import thinned_nets

found = thinned_nets({i.units}, {i.p}, {i.steps}, {i.noise}, {i.seed})
print(found.accuracies, found.thinned.chance @ found.thinned.accuracy)
print(abs(found.geometric - found.scaled).max())
"""


def _code_penalty(i: Penalty) -> str:
    return f"""from core.tricks.dropout import fit_by_dropout, linear_data, ridge

data = linear_data()
*_, w = fit_by_dropout(data, {i.p}, {i.steps}, {i.seed})
print(w - ridge(data, {i.p}))
"""


STORY = t(
    r"""
**问题。** Dropout 训练时随机丢掉一部分单元，测试时全部保留。为什么要除以 $1-p$？`noise_shape` 是什么？它为什么能防过拟合？

训练时每个值乘上独立的掩码，丢弃率为 $p$：

$$\tilde x=\frac{m}{1-p}\,x,\qquad m\sim\mathrm{Bernoulli}(1-p),\qquad \mathbb E[\tilde x]=x,\quad \mathrm{Var}[\tilde x]=\frac{p}{1-p}\,x^2,$$

所以测试时什么也不用做。`noise_shape` 把某些轴设为 1，掩码就沿该轴共用：$(b,t,d)$ 的词向量取 $(b,t,1)$，是整个词一起丢。

对线性回归，把掩码取期望，得到一个精确的等式：

$$\mathbb E\,\big\|y-\tilde Xw\big\|^2=\|y-Xw\|^2+\frac{p}{1-p}\sum_jw_j^2\sum_ix_{ij}^2,$$

即每列按自身能量加权的岭回归。对单隐层网络，不丢单元的一次前向恰好是全部 $2^m$ 个瘦网络的（归一化）几何平均：

$$\log\frac{p_1(x)}{p_0(x)}\bigg|_{\text{one pass}}=\sum_{m}P(m)\,\log\frac{p_1(x;m)}{p_0(x;m)}.$$
""",
    r"""
**The question.** In training dropout drops a random part of the units; in the test all are kept. Why divide by $1-p$? What is `noise_shape`? Why does it prevent overfitting?

In training each value is multiplied by a mask of its own; a share $p$ is dropped:

$$\tilde x=\frac{m}{1-p}\,x,\qquad m\sim\mathrm{Bernoulli}(1-p),\qquad \mathbb E[\tilde x]=x,\quad \mathrm{Var}[\tilde x]=\frac{p}{1-p}\,x^2,$$

so that nothing need be done in the test. `noise_shape` sets some axes to 1, along which the mask is shared: word vectors $(b,t,d)$ with $(b,t,1)$ drop whole words.

For linear regression, taking the expectation over masks gives an exact identity,

$$\mathbb E\,\big\|y-\tilde Xw\big\|^2=\|y-Xw\|^2+\frac{p}{1-p}\sum_jw_j^2\sum_ix_{ij}^2,$$

a ridge regression that weighs each column by its own energy. For a network with one hidden layer, one pass with no unit dropped is just the (normalised) geometric mean of all $2^m$ thinned nets:

$$\log\frac{p_1(x)}{p_0(x)}\bigg|_{\text{one pass}}=\sum_{m}P(m)\,\log\frac{p_1(x;m)}{p_0(x;m)}.$$
""",
)
CHANGES = t(
    r"""
- 这里的 $p$ 与 Keras、torch 相同，是**丢弃率**；TensorFlow 1 的 `keep_prob` 是保留率，两者常被弄混。
- 原文是备忘；集成、惩罚项的等价与蒙特卡洛带是补上的，前两个给了可验证的等式。
- 等价的惩罚项不是普通的 L2：每列的系数是 $\sum_ix_{ij}^2$。列标准化后才是 $\frac{np}{1-p}\|w\|^2$。
""",
    r"""
- $p$ is the share **dropped**, as in Keras and torch; TensorFlow 1's `keep_prob` is the share kept, and the two are easily confused.
- The post is a memo; the ensemble, the equivalent penalty and the Monte-Carlo band are added, the first two as identities that can be checked.
- The equivalent penalty is not plain L2: column $j$ is weighed by $\sum_ix_{ij}^2$. With standardised columns it is $\frac{np}{1-p}\|w\|^2$.
""",
)
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")
PAGE = Page(
    title=t("谈谈 Dropout", "Dropout"),
    summary=t("掩码、1/(1−p)、瘦网络的集成、与岭回归的严格等价，以及一个当场过拟合的小网络。", "The mask, 1/(1−p), the ensemble of thinned nets, an exact ridge penalty, and a small network that overfits before your eyes."),
    post=Post(
        id=4521, title=t("【备忘】谈谈dropout", "A memo on dropout"), date=datetime.date(2017, 8, 8), story=STORY, changes=CHANGES,
        papers=(
            ("Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting", "https://jmlr.org/papers/v15/srivastava14a.html"),
            ("Wager, Wang, Liang 2013, Dropout training as adaptive regularization", "https://arxiv.org/abs/1307.1493"), ("Gal, Ghahramani 2016, Dropout as a Bayesian approximation", "https://arxiv.org/abs/1506.02142"),
        ),
    ),
    tabs=(
        Tab("mask", t("掩码", "The mask"), t("掩码怎样改变均值和方差，noise_shape 又改变什么？", "What does a mask do to mean and variance, and what does noise_shape change?"),
            Mask, (outputs.figure("mask", height=330), FACTS, outputs.figure("law", height=340)), mask, _code_mask, lambda i: float(2 * DRAWS * 60), BUDGET),
        Tab("curve", t("过拟合", "Overfitting"), t("丢掉一些单元，为什么反而拟合得更好？", "Why does dropping units make the fit better?"),
            Curve, (outputs.figure("fit", height=470), FACTS, NOTE), curve, _code_curve, lambda i: float(2 * i.steps * 130 + FRAMES * 60 * 121 * 130 / 100), BUDGET),
        Tab("ensemble", t("集成", "Ensemble"), t("一次前向为什么能代替所有瘦网络？", "Why can one pass stand for all thinned nets?"),
            Ensemble, (outputs.figure("nets", height=470), FACTS, NOTE), ensemble, _code_ensemble, lambda i: float(2**i.units * 400 + 100 * i.steps), BUDGET),
        Tab("penalty", t("惩罚项", "The penalty"), t("Dropout 等价于哪一种 L2？", "Which L2 penalty is dropout?"),
            Penalty, (outputs.figure("paths", height=480), FACTS, outputs.table("table", t("系数", "Coefficients"))), penalty, _code_penalty, lambda i: float(i.steps * 64 + 13 * i.draws * 442), BUDGET),
    ),
    checks=checks,
    added=datetime.date(2026, 11, 21),
)  # fmt: skip
