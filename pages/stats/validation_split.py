"""A validation set that is nearer the test set (post 7805)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from core.checks import Check
from gallery import figures, outputs
from gallery.inputs import FileValue, Inputs, PointValue, choice, file, point, seed, slider
from gallery.page import Lang, Page, Post, Tab, Update, t

LOGISTIC = {"linear": t("逻辑回归", "Logistic regression"), "quadratic": t("逻辑回归（二次项）", "Logistic, quadratic")}
KINDS = {**LOGISTIC, "forest": t("随机森林", "Random forest")}
SCHEMES = {
    "random": t("随机划分", "Random split"), "top": t("取 D 最大的", "Those with the largest D"), "d": t("按 D 加权", "Weighted by D"), "ratio": t("按 D/(1−D) 加权", "Weighted by D/(1−D)"),
    "resampled": t("按 D/(1−D) 重采样", "Resampled by D/(1−D)"), "exact": t("按精确 q/p 加权", "Weighted by the exact q/p"),
}  # fmt: skip
KIND, SAMPLES, MEAN, SCALE = t("判别器", "Discriminator"), t("每侧样本数 n", "Samples a side n"), t("测试集的中心 μ", "Centre μ of the test set"), t("测试集的标准差 s", "Standard deviation s of the test set")  # fmt: skip
REACH = 3.5
GRID = 60
BUDGET = 3e6  # samples x fits (a forest counts as its 60 trees)
FITS = {"linear": 6, "quadratic": 12, "forest": 300}
FRAMES = 8
MOST_ROWS, MOST_COLUMNS, MOST_BYTES = 3000, 30, 2_000_000
SHOWN = 4000


class Clouds(Inputs):
    mean: PointValue = point((1.2, 0.6), (-2.5, 2.5), (-2.5, 2.5), label=MEAN)
    scale: float = slider(1.0, 0.4, 1.4, step=0.05, label=SCALE)
    kind: str = choice("linear", KINDS, label=KIND)
    n: int = slider(600, 50, 2000, log=True, label=SAMPLES)
    seed: int = seed(1)


class Compare(Inputs):
    mean: PointValue = point((1.0, 0.5), (-2.0, 2.0), (-2.0, 2.0), label=MEAN)
    scale: float = slider(1.0, 0.5, 1.3, step=0.05, label=SCALE)
    kind: str = choice("linear", LOGISTIC, label=KIND)
    n: int = slider(800, 100, 3000, log=True, label=SAMPLES)
    repeats: int = slider(60, 8, 120, label=t("多少个种子", "Seeds"))
    seed: int = seed(1)


class Calibration(Inputs):
    kind: str = choice("forest", KINDS, label=KIND)
    distance: float = slider(0.8, 0.0, 2.5, step=0.1, label=t("两个中心的距离 |μ|", "Distance |μ| of the centres"))
    n: int = slider(800, 100, 2000, log=True, label=SAMPLES)
    bins: int = slider(12, 4, 30, label=t("分几箱", "Bins"))
    seed: int = seed(1)


class Effective(Inputs):
    scale: float = slider(1.0, 0.4, 1.4, step=0.05, label=SCALE)
    kind: str = choice("quadratic", LOGISTIC, label=KIND)
    n: int = slider(1000, 100, 5000, log=True, label=SAMPLES)
    seed: int = seed(1)


class Own(Inputs):
    train: FileValue = file(
        (".csv", ".tsv", ".txt"),
        label=t("训练集 CSV（首行列名）", "Training set, CSV (first row: names)"),
        max_bytes=MOST_BYTES,
    )
    test: FileValue = file(
        (".csv", ".tsv", ".txt"),
        label=t("测试集 CSV（列相同）", "Test set, CSV (the same columns)"),
        max_bytes=MOST_BYTES,
        help=t(
            "两个都不传：442 个糖尿病人，体重指数高的更常在测试集里",
            "Without both: 442 patients with diabetes, those with a high body mass index more often in the test set",
        ),
    )
    kind: str = choice("linear", KINDS, label=KIND)
    count: int = slider(100, 10, 1000, log=True, label=t("验证集要多少行", "Rows of the validation set"))
    seed: int = seed(1)


def clouds(inputs: Clouds, lang: Lang) -> Mapping[str, Any]:
    from core.stats.validation_split import Shift, discriminate, effective_share, effective_size, weights

    shift = Shift(inputs.mean, inputs.scale)
    train, test = shift.draw(inputs.n, inputs.seed)
    found = discriminate(train, test, inputs.kind, inputs.seed)
    w, exact = weights(found.train), shift.ratio(train)
    figure = figures.panels(
        t("点越大，权重 w = D/(1−D) 越大", "The larger a point, the larger its weight w = D/(1−D)")(lang), [t("训练与测试", "Training, test")(lang), t("权重：还原与精确", "Weights")(lang)], columns=2, height=480, column_widths=[0.55, 0.45],
    )  # fmt: skip
    figure.add_trace(figures.points(test[:, 0], test[:, 1], t("测试集", "test")(lang), 1, 4, 0.35), 1, 1)
    sizes = np.clip(3 + 4 * np.sqrt(w / w.mean()), 3, 26)
    figure.add_trace(figures.points(train[:, 0], train[:, 1], t("训练集", "training")(lang), 0, sizes, 0.55), 1, 1)  # type: ignore[arg-type]
    for axis in ("x", "y"):
        getattr(figure, f"update_{axis}axes")(range=[-REACH, REACH], constrain="domain", row=1, col=1)
    figure.update_yaxes(scaleanchor="x", row=1, col=1)
    ends = [float(max(min(exact.min(), w.min()), 1e-4)), float(max(exact.max(), w.max()))]
    figure.add_trace(figures.line(ends, ends, "w = q/p", 7, 1.5, "dash"), 1, 2)
    figure.add_trace(
        figures.points(exact, w, t("每个训练样本", "each training sample")(lang), 0, 5, 0.5, showlegend=False), 1, 2
    )
    figure.update_xaxes(type="log", title_text=t("精确的 q/p", "exact q/p")(lang), exponentformat="power", row=1, col=2)
    figure.update_yaxes(type="log", title_text="D/(1−D)", exponentformat="power", row=1, col=2)
    facts = [
        outputs.Metric("AUC", found.area, t("0.5：分不开", "0.5: cannot be told apart")(lang)), outputs.Metric(t("平均权重", "Mean weight")(lang), float(w.mean()), t("应为 1", "should be 1")(lang)),
        outputs.Metric("ESS / n", effective_size(w) / len(w), t(f"精确权重的极限 {effective_share(shift):.3f}", f"limit for exact weights {effective_share(shift):.3f}")(lang)),
        outputs.Metric(t("ln 权重之差的均方根", "rms of log-weight errors")(lang), float(np.sqrt(np.mean(np.log(w / exact) ** 2)))),
    ]  # fmt: skip
    return {
        "clouds": figure,
        "facts": facts,
        "points": outputs.Table({"x1": train[:, 0], "x2": train[:, 1], "D": found.train, "w": w, "q/p": exact}),
    }


def compare(inputs: Compare, lang: Lang) -> Iterator[Update]:
    from core.stats.validation_split import SCHEMES as order
    from core.stats.validation_split import Shift
    from core.stats.validation_split import compare as compared

    trials: list[Any] = []
    every = max(1, inputs.repeats // FRAMES)
    for trial in compared(Shift(inputs.mean, inputs.scale), inputs.n, inputs.kind, inputs.repeats, inputs.seed):
        trials.append(trial)
        yield outputs.Progress(len(trials) / inputs.repeats)
        if (len(trials) % every and len(trials) < inputs.repeats) or len(trials) < 2:
            continue
        gaps = {s: np.array([tr.estimate[s] - tr.truth[s] for tr in trials]) for s in order}
        figure = figures.chart(
            t(f"验证误差 − 真实测试误差，{len(trials)} 个种子", f"Validation error − true test error, {len(trials)} seeds")(lang), t("差（0 最好）", "difference (0 is best)")(lang), "", height=460, margin_l=190,
        )  # fmt: skip
        for k, scheme in enumerate(order):
            spread = np.linspace(-0.28, 0.28, len(trials))
            figure.add_trace(figures.points(gaps[scheme], k + spread, SCHEMES[scheme](lang), k, 5, 0.45))
            figure.add_trace(figures.line([gaps[scheme].mean()] * 2, [k - 0.38, k + 0.38], "", k, 4, showlegend=False))
        figures.reference(figure, 0.0, "", colour=7)
        figure.update_yaxes(
            tickvals=list(range(len(order))), ticktext=[SCHEMES[s](lang) for s in order], autorange="reversed"
        )
        figure.update_layout(showlegend=False)
        told = {
            t("做法", "scheme")(lang): [SCHEMES[s](lang) for s in order], t("偏差（平均之差）", "bias (mean difference)")(lang): [gaps[s].mean() for s in order],
            t("标准差", "standard deviation")(lang): [gaps[s].std(ddof=1) for s in order], t("均方根误差", "root mean square error")(lang): [np.sqrt((gaps[s] ** 2).mean()) for s in order],
            t("偏差的标准误", "standard error of the bias")(lang): [gaps[s].std(ddof=1) / np.sqrt(len(trials)) for s in order],
        }  # fmt: skip
        facts = [
            outputs.Metric(t("真实测试误差", "True test error")(lang), float(np.mean([tr.truth["random"] for tr in trials])), t("随机划分所训的模型", "of the model of the random split")(lang)),
            outputs.Metric(t("平均 AUC", "Mean AUC")(lang), float(np.mean([tr.area for tr in trials]))), outputs.Metric(t("平均有效样本数", "Mean effective size")(lang), float(np.mean([tr.effective for tr in trials])), t(f"验证集 {round(0.25 * inputs.n)} 个", f"of {round(0.25 * inputs.n)} validation samples")(lang)),
        ]  # fmt: skip
        yield {"gaps": figure, "facts": facts, "told": outputs.Table(told)}
    yield {"note": t(
        "偏差看横线离 0 多远，方差看点散多开。$D/(1-D)$ 几乎没有偏差，但点散得更开：验证集的有效样本少了。样本少、偏移大时，省下的偏差可能抵不过多出的方差，看表里的均方根误差。取 $D$ 最大的四分之一往往矫枉过正，而且把最像测试集的样本从训练里拿走了。",
        "Bias: how far a bar is from 0; variance: how far the points scatter. $D/(1-D)$ has next to no bias, yet scatters more, as fewer samples count. With few samples and a large shift the bias saved may not pay for the variance: see the root mean square error in the table. Taking the quarter with the largest $D$ often overshoots, and takes the samples most like the test set out of training.",
    )(lang)}  # fmt: skip


def calibration(inputs: Calibration, lang: Lang) -> Mapping[str, Any]:
    from core.stats.validation_split import Shift, discriminate, reliability, weights

    shift = Shift((inputs.distance, 0.0))
    train, test = shift.draw(inputs.n, inputs.seed)
    figure = figures.panels(
        t("D 说 0.8 时，是不是八成真是测试样本？", "When D says 0.8, are eight in ten test samples?")(lang),
        [t("可靠性", "Reliability")(lang), t("对权重的后果", "What weights become")(lang)],
        columns=2,
        height=470,
    )
    figure.add_trace(figures.line([0, 1], [0, 1], t("校准", "calibrated")(lang), 7, 1.5, "dash"), 1, 1)
    facts = []
    for seen, colour, name in (
        (False, 2, t("折外", "out of fold")),
        (True, 3, t("拟合过的样本上", "on samples fitted to")),
    ):
        found = discriminate(train, test, inputs.kind, inputs.seed, in_sample=seen)
        binned, w = reliability(found, inputs.bins), weights(found.train)
        figure.add_trace(figures.line(binned.mean, binned.share, name(lang), colour, 3), 1, 1)
        order = np.argsort(train[:, 0])
        figure.add_trace(figures.points(train[order, 0], w[order], name(lang), colour, 5, 0.5, showlegend=False), 1, 2)
        facts += [
            outputs.Metric(t(f"校准误差，{name.zh}", f"Calibration gap, {name.en}")(lang), binned.gap),
            outputs.Metric(
                t(f"平均权重，{name.zh}", f"Mean weight, {name.en}")(lang),
                float(w.mean()),
                t("应为 1", "should be 1")(lang),
            ),
        ]
    grid = np.linspace(-3, 3, 61)
    figure.add_trace(figures.line(grid, shift.ratio(np.stack([grid, 0 * grid], 1)), "q/p", 0, 3), 1, 2)
    figure.update_xaxes(title_text="D", range=[0, 1], row=1, col=1)
    figure.update_yaxes(title_text=t("测试样本的比例", "share of test samples")(lang), range=[0, 1], row=1, col=1)
    figure.update_xaxes(title_text="x₁", row=1, col=2)
    figure.update_yaxes(title_text="w", type="log", exponentformat="power", row=1, col=2)
    note = t(
        "判别器见过的样本，$D$ 会被拉向它自己的标签，训练样本的权重就系统地偏小。用逻辑回归时几乎看不出，用森林时很明显：所以这里一律用折外的 $D$。",
        "On samples that the discriminator was fitted to, $D$ is drawn to their own label, and training samples get weights that are too small. With logistic regression it hardly shows, with a forest it does: hence $D$ out of fold everywhere here.",
    )(lang)
    return {"reliability": figure, "facts": facts, "note": note}


def effective(inputs: Effective, lang: Lang) -> Mapping[str, Any]:
    from core.stats.validation_split import Shift, discriminate, effective_share, effective_size, weights

    fine, coarse = np.linspace(0, 2.5, 81), np.linspace(0, 2.5, 11)
    exact, learned = [], []
    for distance in coarse:
        shift = Shift((float(distance), 0.0), inputs.scale)
        train, test = shift.draw(inputs.n, inputs.seed)
        exact.append(effective_size(shift.ratio(train)) / inputs.n)
        learned.append(effective_size(weights(discriminate(train, test, inputs.kind, inputs.seed).train)) / inputs.n)
    law = np.array([effective_share(Shift((float(d), 0.0), inputs.scale)) for d in fine])
    figure = figures.chart(
        t(f"s = {inputs.scale:g}，n = {inputs.n}", f"s = {inputs.scale:g}, n = {inputs.n}")(lang),
        t("两个中心的距离 |μ|", "distance |μ| of the centres")(lang),
        "ESS / n",
        height=460,
    )
    figure.add_trace(
        figures.line(fine, law, t("极限 s²(2−s²)·exp(−|μ|²/(2−s²))", "limit s²(2−s²)·exp(−|μ|²/(2−s²))")(lang), 0, 3)
    )
    figure.add_trace(figures.points(coarse, exact, t("精确权重", "exact weights")(lang), 2, 9, 0.9))
    figure.add_trace(figures.points(coarse, learned, t("还原的权重", "recovered weights")(lang), 1, 9, 0.9))
    figure.update_yaxes(type="log", exponentformat="power", range=[-3.2, 0.1])
    at = float(effective_share(Shift((1.0, 0.0), inputs.scale)))
    facts = [
        outputs.Metric(t("|μ| = 1 时的极限", "Limit at |μ| = 1")(lang), at), outputs.Metric(t("要 100 个有效样本，|μ| = 1 需", "For 100 effective samples at |μ| = 1")(lang), f"{100 / at:,.0f}" if at > 0 else "∞"),
        outputs.Metric(t("|μ| = 2 需", "at |μ| = 2")(lang), f"{100 / share:,.0f}" if (share := effective_share(Shift((2.0, 0.0), inputs.scale))) > 0 else "∞"),
    ]  # fmt: skip
    note = t(
        "偏移大时，少数几个样本占去全部权重：有效样本数随 $|\\mu|^2$ 指数下降。样本有限时，实测值高于极限，因为最大的权重还没有抽到。$s^2\\ge2$ 时 $\\mathbb E_p[w^2]$ 发散。",
        "With a large shift a few samples carry all the weight: the effective size falls exponentially in $|\\mu|^2$. With few samples what is measured stays above the limit, as the largest weights have not been drawn yet. For $s^2\\ge2$ the moment $\\mathbb E_p[w^2]$ is infinite.",
    )(lang)
    return {
        "share": figure,
        "facts": facts,
        "note": note,
        "table": outputs.Table(
            {
                "|μ|": coarse,
                t("精确权重", "exact weights")(lang): exact,
                t("还原的权重", "recovered weights")(lang): learned,
                t("极限", "limit")(lang): [effective_share(Shift((float(d), 0.0), inputs.scale)) for d in coarse],
            }
        ),
    }


def own(inputs: Own, lang: Lang) -> Mapping[str, Any]:
    from core.refusal import Refusal
    from core.stats.validation_split import (
        column_areas,
        discriminate,
        effective_size,
        example,
        resampled,
        same_columns,
        weights,
    )
    from core.tables import prepared, read_table

    if (inputs.train is None) != (inputs.test is None):
        missing = "train" if inputs.train is None else "test"
        raise Refusal(f"{missing}：训练集和测试集要一起传", f"{missing}: upload both, the training and the test set")
    if inputs.train is None or inputs.test is None:
        names, train, test = example(inputs.seed)
    else:
        names, train = read_table(inputs.train.data, MOST_COLUMNS, least_columns=1, name="train")
        others, test = read_table(inputs.test.data, MOST_COLUMNS, least_columns=1, name="test")
        test = prepared(same_columns(names, others, train, test), names, False, MOST_ROWS, inputs.seed)
        train = prepared(train, names, False, MOST_ROWS, inputs.seed)
    found = discriminate(train, test, inputs.kind, inputs.seed)
    w, areas = weights(found.train), column_areas(train, test)
    chosen, times = np.unique(resampled(w, inputs.count, inputs.seed), return_counts=True)
    figure = figures.panels(
        t(f"AUC = {found.area:.3f}", f"AUC = {found.area:.3f}")(lang),
        [t("D 的分布", "D")(lang), t("哪一列露了馅（单列 AUC）", "Columns (AUC)")(lang)],
        columns=2,
        height=470,
        horizontal_spacing=0.16,
    )
    edges = np.linspace(0, 1, 25)
    for values, name, colour in ((found.train, t("训练集", "training"), 0), (found.test, t("测试集", "test"), 1)):
        density, _ = np.histogram(values, edges, density=True)
        figure.add_trace(figures.bars((edges[1:] + edges[:-1]) / 2, density, name(lang), colour), 1, 1)
    order = np.argsort(areas)[-15:]
    figure.add_trace(
        figures.bars(areas[order], [names[k] for k in order], "", 2, 0.8, orientation="h", showlegend=False), 1, 2
    )
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(title_text="D", row=1, col=1)
    figure.update_xaxes(range=[0.5, 1], row=1, col=2)
    facts = [
        outputs.Metric("AUC", found.area, t("0.5：两个集同分布", "0.5: one law for both")(lang)), outputs.Metric(t("训练 / 测试行数", "Rows, training / test")(lang), f"{len(train)} / {len(test)}"), outputs.Metric("ESS", effective_size(w), t(f"共 {len(w)} 行", f"of {len(w)} rows")(lang)),
        outputs.Metric(t("验证集中不同的行", "Distinct rows chosen")(lang), len(chosen), t(f"共 {inputs.count} 行，重复保留", f"of {inputs.count}, duplicates kept")(lang)),
    ]  # fmt: skip
    return {
        "shift": figure,
        "facts": facts,
        "chosen": outputs.Table(
            {
                t("训练集第几行", "row of the training set")(lang): chosen + 1,
                t("次数", "times")(lang): times,
                "w": w[chosen],
                **{name: train[chosen, k] for k, name in enumerate(names)},
            }
        ),
    }


def checks() -> Iterable[Check]:
    from core.stats.validation_split import checks as facts

    return facts()


def _code_clouds(i: Clouds) -> str:
    return f"""import numpy as np
from core.stats.validation_split import Shift, discriminate, effective_size, weights

shift = Shift({i.mean!r}, {i.scale})
train, test = shift.draw({i.n}, {i.seed})
found = discriminate(train, test, {i.kind!r}, {i.seed})
w = weights(found.train)
print(found.area, effective_size(w), np.corrcoef(np.log(w), np.log(shift.ratio(train)))[0, 1])
"""


def _code_compare(i: Compare) -> str:
    return f"""import numpy as np
from core.stats.validation_split import SCHEMES, Shift, compare

trials = list(compare(Shift({i.mean!r}, {i.scale}), {i.n}, {i.kind!r}, {i.repeats}, {i.seed}))
for scheme in SCHEMES:
    gaps = np.array([trial.estimate[scheme] - trial.truth[scheme] for trial in trials])
    print(scheme, gaps.mean(), gaps.std(ddof=1))
"""


def _code_calibration(i: Calibration) -> str:
    return f"""from core.stats.validation_split import Shift, discriminate, reliability

train, test = Shift(({i.distance}, 0.0)).draw({i.n}, {i.seed})
for seen in (False, True):
    print(seen, reliability(discriminate(train, test, {i.kind!r}, {i.seed}, in_sample=seen), {i.bins}).gap)
"""


def _code_effective(i: Effective) -> str:
    return f"""from core.stats.validation_split import Shift, effective_share, effective_size

for distance in (0.0, 0.5, 1.0, 1.5, 2.0):
    shift = Shift((distance, 0.0), {i.scale})
    train, _ = shift.draw({i.n}, {i.seed})
    print(distance, effective_size(shift.ratio(train)) / {i.n}, effective_share(shift))
"""


def _code_own(i: Own) -> str:
    if i.train is None or i.test is None:
        read = f"names, train, test = example({i.seed})"
    else:
        read = f"names, train = read_table(open({i.train.name!r}, 'rb').read())\nothers, test = read_table(open({i.test.name!r}, 'rb').read())\ntest = same_columns(names, others, train, test)"
    return f"""from core.stats.validation_split import discriminate, example, resampled, same_columns, weights
from core.tables import read_table

{read}
found = discriminate(train, test, {i.kind!r}, {i.seed})
print(found.area, resampled(weights(found.train), {i.count}, {i.seed}))
"""


STORY = t(
    r"""
**问题。** 线下验证很好，线上测试很差：训练集和测试集的分布不同。能不能从训练集里划出一个更像测试集的验证集？

设训练样本的分布是 $p(x)$，测试样本的是 $q(x)$，而 $p(y|x)$ 不变（只有协变量偏移）。任何指标 $e(x)$ 在测试集上的期望都能改写到训练集上：

$$\mathbb E_{x\sim q}[e(x)]=\mathbb E_{x\sim p}\left[\frac{q(x)}{p(x)}\,e(x)\right].$$

权重 $w=q/p$ 由一个判别器给出：训练样本标 0，测试样本标 1，**两类各占一半**地训练，最优的判别器是

$$D(x)=\frac{q(x)}{p(x)+q(x)}\quad\Longrightarrow\quad w(x)=\frac{D(x)}{1-D(x)}.$$

流行的做法直接拿 $D$ 当权重，或取 $D$ 最大的那些样本作验证集；都不等于 $q/p$。得到 $w$ 以后，要么加权，要么按 $w_i/\sum_jw_j$ **有放回地**采样、保留重复的样本。代价由有效样本数衡量：

$$\mathrm{ESS}=\frac{(\sum_iw_i)^2}{\sum_iw_i^2}.$$
""",
    r"""
**The question.** Fine in validation, poor in the test: the two sets follow different laws. Can a validation set be taken from the training set that is more like the test set?

Let training samples follow $p(x)$ and test samples $q(x)$, with the same $p(y|x)$ (covariate shift alone). The expectation of any measure $e(x)$ over the test set can be written over the training set:

$$\mathbb E_{x\sim q}[e(x)]=\mathbb E_{x\sim p}\left[\frac{q(x)}{p(x)}\,e(x)\right].$$

A discriminator gives the weight $w=q/p$: label training samples 0 and test samples 1, train with **the classes in equal shares**, and the best discriminator is

$$D(x)=\frac{q(x)}{p(x)+q(x)}\quad\Longrightarrow\quad w(x)=\frac{D(x)}{1-D(x)}.$$

It is common to use $D$ itself as weight, or to validate on the samples with the largest $D$; neither is $q/p$. With $w$ in hand, either weight, or draw with probability $w_i/\sum_jw_j$ **with replacement**, duplicates kept. The price is told by the effective sample size:

$$\mathrm{ESS}=\frac{(\sum_iw_i)^2}{\sum_iw_i^2}.$$
""",
)
CHANGES = t(
    r"""
- $D$ 一律取**折外**的预测；原文说早停即可，那样 $D$ 仍见过它打分的样本。
- 原文讲方法，这里量了结果：密度比已知的高斯上，把六种做法的验证误差与真实测试误差在许多种子上对照。
- 加权没有偏差，却更散；页面把均方根误差也列出来，偏移小、样本少时随机划分可能更准。
- 判别器由 scikit-learn 的逻辑回归与随机森林担任，数据是表格；原文用的是与任务同型的网络。
""",
    r"""
- $D$ is always predicted **out of fold**; the post stops its training early instead, with which $D$ has still seen the samples it scores.
- The post gives the method; here its result is measured: on Gaussians of known density ratio six schemes are held against the true test error over many seeds.
- Weighting has no bias, yet more scatter; the page lists root mean square errors, too: with a small shift and few samples a random split may come nearer.
- Discriminators are scikit-learn's logistic regression and random forest on tables; the post's is a network of the task's kind.
""",
)
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")
PAGE = Page(
    title=t("更接近测试集的验证集", "A validation set nearer the test set"),
    summary=t("训练集和测试集不同分布时，哪种划分的验证误差能预测测试误差？", "When training and test sets differ, whose validation error predicts the test error?"),
    post=Post(
        id=7805, title=t("如何划分一个跟测试集更接近的验证集？", "How to split off a validation set that is nearer the test set"), date=datetime.date(2020, 10, 16), story=STORY, changes=CHANGES,
        papers=(
            ("Shimodaira 2000, Improving predictive inference under covariate shift", "https://doi.org/10.1016/S0378-3758(00)00115-4"),
            ("Sugiyama, Krauledat, Müller 2007, Covariate shift adaptation by importance weighted cross validation", "https://www.jmlr.org/papers/v8/sugiyama07a.html"),
        ),
    ),
    tabs=(
        Tab("clouds", t("两团点", "Two clouds"), t("判别器还原的权重等于密度比吗？", "Does the discriminator recover the ratio of densities?"),
            Clouds, (outputs.figure("clouds", height=480), FACTS, outputs.table("points", t("训练样本", "Training samples"))), clouds, _code_clouds, lambda i: float(2 * i.n * FITS[i.kind]), BUDGET),
        Tab("compare", t("谁最准", "Which is right"), t("哪一种验证误差预测得了测试误差？", "Which validation error predicts the test error?"),
            Compare, (outputs.figure("gaps", height=460), FACTS, outputs.table("told", t("偏差与方差", "Bias and variance")), NOTE), compare, _code_compare, lambda i: float(i.n * i.repeats * (FITS[i.kind] / 2)), BUDGET, live=False),
        Tab("calibration", t("校准", "Calibration"), t("为什么 D 要用折外的？", "Why must D be predicted out of fold?"),
            Calibration, (outputs.figure("reliability", height=470), FACTS, NOTE), calibration, _code_calibration, lambda i: float(2.4 * i.n * FITS[i.kind]), BUDGET),
        Tab("effective", t("有效样本数", "Effective size"), t("偏移多大，样本就不够用了？", "How large a shift leaves too few samples?"),
            Effective, (outputs.figure("share"), FACTS, NOTE, outputs.table("table", t("数值", "Values"))), effective, _code_effective, lambda i: float(22 * i.n * FITS[i.kind]), BUDGET),
        Tab("own", t("你的数据", "Your data"), t("你的训练集和测试集差在哪几列？该拿哪些行验证？", "In which columns do your two sets differ, and which rows should validate?"),
            Own, (outputs.figure("shift", height=470), FACTS, outputs.table("chosen", t("验证集（有放回，重复保留）", "The validation set (drawn with replacement)"))), own, _code_own, lambda i: float(2 * MOST_ROWS * FITS[i.kind]), BUDGET, live=False),
    ),
    checks=checks,
    added=datetime.date(2026, 11, 21),
)  # fmt: skip
