"""A validation set that is nearer the test set (post 7805)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gallery import figures, outputs
from gallery.figures import Axes
from gallery.inputs import FileValue, PointValue, choice, point, seed, slider
from gallery.outputs import Metric
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.shared.tables import READING, reading, table_file

if TYPE_CHECKING:
    from core.stats import validation_split as model
    from core.stats.validation_sets import Selection

LOGISTIC = {"linear": t("逻辑回归", "Logistic regression"), "quadratic": t("逻辑回归（二次项）", "Logistic, quadratic")}
KINDS = {**LOGISTIC, "forest": t("随机森林", "Random forest")}
SCHEMES = {
    "random": t("随机划分", "Random split"),
    "top": t("取 D 最大的", "Those with the largest D"),
    "d": t("按 D 加权", "Weighted by D"),
    "ratio": t("按 D/(1−D) 加权", "Weighted by D/(1−D)"),
    "resampled": t("按 D/(1−D) 重采样", "Resampled by D/(1−D)"),
    "exact": t("按精确 q/p 加权", "Weighted by the exact q/p"),
}
KIND, SAMPLES = t("判别器", "Discriminator"), t("每侧样本数 n", "Samples a side n")
MEAN, SCALE = (
    t("测试集的中心 μ", "Centre μ of the test set"),
    t("测试集的标准差 s", "Standard deviation s of the test set"),
)
TRAIN, TEST = t("训练集", "training"), t("测试集", "test")
PLANE, WEIGHTS, UNIT = (-3.5, 3.5), (1e-3, 1e3), (0.0, 1.0)
FARTHEST = 2.5
FITS = {"linear": 6, "quadratic": 12, "forest": 300}
BUDGET = 3e6  # samples × fits (a forest counts as its 60 trees)
MOST_ROWS = 3000
ALMOST_CERTAIN = 0.99  # AUC above which the two sets hardly overlap, and weights mean nothing
SHOULD = t("应为 1", "should be 1")
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")


class Clouds(Tab):
    label = t("两团点", "Two clouds")
    question = t("判别器还原的权重等于密度比吗？", "Does the discriminator recover the ratio of densities?")
    outputs = (outputs.figure("clouds", height=480), FACTS, outputs.table("points", t("训练样本", "Training samples")))
    budget = BUDGET
    tries = (
        Try(
            t(
                "s = 0.6：直线还原不了，平均权重翻倍（应为 1）",
                "s = 0.6: a line cannot; the mean weight doubles (should be 1)",
            ),
            {"scale": 0.6},
            lambda y: y.mean_weight > 1.8,
        ),
        Try(
            t("s = 0.6、加上二次项：平均权重回到 1", "s = 0.6 with quadratic terms: the mean weight is 1 again"),
            {"scale": 0.6, "kind": "quadratic"},
            lambda y: abs(y.mean_weight - 1) < 0.05,
        ),
        Try(
            t("μ = (2.5, 0)：600 个样本只顶得上 3 个", "μ = (2.5, 0): 600 samples are worth fewer than 4"),
            {"mean": (2.5, 0.0)},
            lambda y: y.effective * 600 < 4,
        ),
    )

    mean: PointValue = point((1.2, 0.6), (-2.5, 2.5), (-2.5, 2.5), label=MEAN, in_picture=True)
    scale: float = slider(1.0, 0.4, 1.4, step=0.05, label=SCALE)
    kind: str = choice("linear", KINDS, label=KIND)
    n: int = slider(600, 50, 2000, log=True, label=SAMPLES)
    seed: int = seed(1)

    def cost(self) -> float:
        return float(2 * self.n * FITS[self.kind])

    def compute(self) -> model.Clouds:
        from core.stats.validation_split import clouds

        return clouds(self.mean, self.scale, self.n, self.kind, self.seed)

    def show(self, found: model.Clouds, say: Say) -> dict[str, Any]:
        figure, (plane, weights) = figures.panels(
            say(
                f"AUC {found.found.area:.3f}；还原的 ln w 与精确值相差 {found.log_error:.2f}（均方根）",
                f"AUC {found.found.area:.3f}; the recovered ln w is off by {found.log_error:.2f} (root mean square)",
            ),
            [
                Axes(
                    say("点越大，权重越大", "The larger a point, the larger w"), "x₁", "x₂", PLANE, PLANE, square=True
                ),
                Axes(
                    say("权重", "Weights"),
                    say("精确的 q/p", "exact q/p"),
                    "D/(1−D)",
                    WEIGHTS,
                    WEIGHTS,
                    x_log=True,
                    y_log=True,
                ),
            ],
            height=480,
            widths=(1.2, 1),
        )
        sizes: Any = 3 + 4 * found.emphasis
        (x, y), (test_x, test_y) = found.train.T, found.test.T
        plane.points(test_x, test_y, say(TEST), colour=1, size=4, opacity=0.35)
        plane.points(x, y, say(TRAIN), colour=0, size=sizes, opacity=0.55)
        plane.handle("mean", *self.mean, name="μ", colour=1)
        weights.line(WEIGHTS, WEIGHTS, "w = q/p", colour=7, width=1.5, dash="dash")
        weights.points(found.exact, found.weights, colour=0, size=5, opacity=0.5)
        limit = say(f"精确权重的极限 {found.share:.3f}", f"limit for exact weights {found.share:.3f}")
        facts = [
            Metric("AUC", found.found.area, say("0.5：分不开", "0.5: cannot be told apart")),
            Metric(say("平均权重", "Mean weight"), found.mean_weight, say(SHOULD)),
            Metric("ESS / n", found.effective, limit),
            Metric(say("ln 权重之差的均方根", "rms of log-weight errors"), found.log_error),
        ]
        told = {"x1": x, "x2": y, "D": found.found.train, "w": found.weights, "q/p": found.exact}
        return {"clouds": figure, "facts": facts, "points": outputs.Table(told)}


class Compare(Tab):
    label = t("谁最准", "Which is right")
    question = t("哪一种验证误差预测得了测试误差？", "Which validation error predicts the test error?")
    outputs = (outputs.figure("gaps"), FACTS, outputs.table("told", t("偏差与方差", "Bias and variance")), NOTE)
    budget = BUDGET
    live = False
    tries = (
        Try(
            t("偏移小、样本少：随机划分反而更准", "A small shift, few samples: a random split comes nearer"),
            {"mean": (0.5, 0.25), "scale": 1.0, "n": 300, "kind": "linear"},
            lambda y: y.rms("random") < y.rms("ratio"),
        ),
        Try(
            t(
                "μ = (1.8, 0.5)：加权散布是随机划分的两倍，后者却偏 0.08 以上",
                "μ = (1.8, 0.5): weights scatter twice as much, a random split is off by over 0.08",
            ),
            {"mean": (1.8, 0.5), "scale": 1.0, "n": 800, "kind": "linear"},
            lambda y: y.spread("ratio") > 2 * y.spread("random") and y.bias("random") < -0.08,
        ),
    )

    mean: PointValue = point((1.0, 0.5), (-2.0, 2.0), (-2.0, 2.0), label=MEAN)
    scale: float = slider(0.7, 0.5, 1.3, step=0.05, label=SCALE)
    kind: str = choice("quadratic", LOGISTIC, label=KIND)
    n: int = slider(1200, 100, 3000, log=True, label=SAMPLES)
    repeats: int = slider(60, 8, 120, label=t("多少个种子", "Seeds"))
    seed: int = seed(1)

    def cost(self) -> float:
        return float(self.n * self.repeats * (FITS[self.kind] / 2))

    def compute(self) -> Iterator[model.Comparison]:
        from core.stats.validation_split import compare

        return compare(self.mean, self.scale, self.n, self.kind, self.repeats, self.seed)

    def progress(self, result: model.Comparison) -> float:
        return len(result.trials) / result.repeats

    def show(self, found: model.Comparison, say: Say) -> dict[str, Any]:
        many, ratio, random = len(found.trials), found.bias("ratio"), found.bias("random")
        figure, panel = figures.panel(
            say(
                f"{many} 个种子：按 D/(1−D) 加权的偏差 {ratio:+.3f}，随机划分 {random:+.3f}",
                f"{many} seeds: the bias is {ratio:+.3f} with weights D/(1−D), {random:+.3f} with a random split",
            ),
            x=say("验证误差 − 真实测试误差", "validation error − true test error"),
            x_range=(-0.3, 0.3),
            y_range=(len(SCHEMES) - 0.4, -0.6),
            y_ticks={float(k): say(name) for k, name in enumerate(SCHEMES.values())},
        )
        for k, scheme in enumerate(SCHEMES):
            places = [k - 0.28 + 0.56 * j / (many - 1) for j in range(many)]
            panel.points(found.gaps(scheme), places, colour=k, size=5, opacity=0.45)
            panel.line([found.bias(scheme)] * 2, [k - 0.38, k + 0.38], colour=k, width=4)
        panel.level(0.0, say("0：预测得准", "0: unbiased"), axis="x", colour=7)
        told = {
            say("做法", "scheme"): [say(name) for name in SCHEMES.values()],
            say("偏差（平均之差）", "bias (mean difference)"): [found.bias(s) for s in SCHEMES],
            say("标准差", "standard deviation"): [found.spread(s) for s in SCHEMES],
            say("均方根误差", "root mean square error"): [found.rms(s) for s in SCHEMES],
            say("偏差的标准误", "standard error of the bias"): [found.bias_error(s) for s in SCHEMES],
        }
        size = say(f"验证集 {found.validation} 个", f"of {found.validation} validation samples")
        facts = [
            Metric(say("均方根误差最小的做法", "Least root mean square error"), say(SCHEMES[found.best])),
            Metric(
                say("真实测试误差", "True test error"),
                found.truth,
                say("随机划分所训的模型", "model of the random split"),
            ),
            Metric(say("平均 AUC", "Mean AUC"), found.area),
            Metric(say("平均有效样本数", "Mean effective size"), found.effective, size),
        ]
        note = say(
            "横线离 0 多远是偏差，点散多开是方差。按 $D/(1-D)$ 加权，偏差小，散布大：验证集的有效样本少了。它是相合的，不是无偏的：即使 $q/p$ 已知，$\\sum we/\\sum w$ 也有 $1/n$ 量级的偏差（一维、$\\mu=1$、200 个样本估 $P(x>0)$：−0.0018，样本翻倍就减半）。偏移小、样本少时，省下的偏差抵不过多出的方差，看表里的均方根误差。取 $D$ 最大的四分之一往往矫枉过正，而且把最像测试集的样本从训练里拿走了。",
            "Bias is how far a bar lies from 0, variance how far its points scatter. Weights $D/(1-D)$ have little bias and more scatter, as fewer samples count. They are consistent, not unbiased: even with $q/p$ known, $\\sum we/\\sum w$ has a bias of order $1/n$ (in one dimension, $\\mu=1$, 200 samples, for $P(x>0)$: −0.0018, halved when samples double). With a small shift and few samples the bias saved does not pay for the variance: see the root mean square error in the table. Taking the quarter with the largest $D$ often overshoots, and takes the samples most like the test set out of training.",
        )
        return {"gaps": figure, "facts": facts, "told": outputs.Table(told), "note": note}


class Calibration(Tab):
    label = t("校准", "Calibration")
    question = t("为什么 D 要用折外的？", "Why must D be predicted out of fold?")
    outputs = (outputs.figure("reliability", height=470), FACTS, NOTE)
    budget = BUDGET
    tries = (
        Try(
            t("逻辑回归：见没见过，几乎一样", "Logistic regression: seen or not, it hardly matters"),
            {"kind": "linear"},
            lambda y: abs(y.seen.gap - y.fresh.gap) < 0.02,
        ),
        Try(
            t(
                "没有偏移：森林在见过的样本上仍偏 0.15 以上",
                "No shift: on samples seen the forest is still off by over 0.15",
            ),
            {"distance": 0.0},
            lambda y: y.seen.gap > 0.15,
        ),
    )

    kind: str = choice("forest", KINDS, label=KIND)
    distance: float = slider(0.8, 0.0, 2.5, step=0.1, label=t("两个中心的距离 |μ|", "Distance |μ| of the centres"))
    n: int = slider(800, 100, 2000, log=True, label=SAMPLES)
    bins: int = slider(12, 4, 30, label=t("分几箱", "Bins"))
    seed: int = seed(1)

    def cost(self) -> float:
        return 2.4 * self.n * FITS[self.kind]

    def compute(self) -> model.Calibration:
        from core.stats.validation_split import calibrated

        return calibrated(self.distance, self.n, self.kind, self.bins, self.seed)

    def show(self, found: model.Calibration, say: Say) -> dict[str, Any]:
        fresh, seen = say("折外", "out of fold"), say("见过的样本上", "on samples seen")
        figure, (reliability, weights) = figures.panels(
            say(
                f"D 与实际比例的差：折外 {found.fresh.gap:.3f}，见过的样本上 {found.seen.gap:.3f}",
                f"D is off by {found.fresh.gap:.3f} out of fold, and by {found.seen.gap:.3f} on samples it has seen",
            ),
            [
                Axes(
                    say("D 说多少，是不是多少", "Is D what it says"),
                    "D",
                    say("测试样本的比例", "share of test samples"),
                    UNIT,
                    UNIT,
                ),
                Axes(say("训练样本的权重", "Weights of training samples"), "x₁", "w", (-3, 3), (1e-2, 1e2), y_log=True),
            ],
            height=470,
        )
        reliability.line(UNIT, UNIT, say("校准", "calibrated"), colour=7, width=1.5, dash="dash", end=False)
        for name, binned, w, colour in (
            (fresh, found.fresh, found.fresh_weights, 2),
            (seen, found.seen, found.seen_weights, 3),
        ):
            reliability.line(binned.mean, binned.share, name, colour=colour, width=3, end=False)
            weights.points(found.x, w, colour=colour, size=5, opacity=0.5)
        weights.line(found.grid, found.ratio, "q/p", colour=0, width=3)
        facts = [
            Metric(say(f"校准误差，{fresh}", f"Calibration gap, {fresh}"), found.fresh.gap),
            Metric(say(f"校准误差，{seen}", f"Calibration gap, {seen}"), found.seen.gap),
            Metric(say(f"平均权重，{fresh}", f"Mean weight, {fresh}"), found.means[0], say(SHOULD)),
            Metric(say(f"平均权重，{seen}", f"Mean weight, {seen}"), found.means[1], say(SHOULD)),
        ]
        note = say(
            "判别器见过的样本，$D$ 会被拉向它自己的标签，训练样本的权重就系统地偏小。用逻辑回归时几乎看不出，用森林时很明显：所以这里一律用折外的 $D$。",
            "On samples that the discriminator was fitted to, $D$ is drawn to their own label, and training samples get weights that are too small. With logistic regression it hardly shows, with a forest it does: hence $D$ out of fold everywhere here.",
        )
        return {"reliability": figure, "facts": facts, "note": note}


class Effective(Tab):
    label = t("有效样本数", "Effective size")
    question = t("偏移多大，样本就不够用了？", "How large a shift leaves too few samples?")
    outputs = (outputs.figure("share"), FACTS, NOTE, outputs.table("table", t("数值", "Values")))
    budget = BUDGET
    tries = (
        Try(
            t(
                "n = 100：|μ| = 2.5 时，量得的是极限的 15 倍以上",
                "n = 100: at |μ| = 2.5 it measures over 15 times the limit",
            ),
            {"n": 100},
            lambda y: y.exact[-1] > 15 * y.limits[-1],
        ),
        Try(
            t(
                "s = 1.4：极限不到千分之一，有限样本看不出来",
                "s = 1.4: the limit is below 0.001, and samples do not show it",
            ),
            {"scale": 1.4},
            lambda y: y.limits[2] < 1e-3 and y.exact[2] > 0.1,
        ),
    )

    scale: float = slider(1.0, 0.4, 1.4, step=0.05, label=SCALE)
    kind: str = choice("quadratic", LOGISTIC, label=KIND)
    n: int = slider(1000, 100, 5000, log=True, label=SAMPLES)
    seed: int = seed(1)

    def cost(self) -> float:
        return float(22 * self.n * FITS[self.kind])

    def compute(self) -> model.Effective:
        from core.stats.validation_split import effective

        return effective(self.scale, self.n, self.kind, self.seed, FARTHEST)

    def show(self, found: model.Effective, say: Say) -> dict[str, Any]:
        needed = [_rounded(100 / share) if share else "∞" for share in (found.at_one, found.at_two)]
        exact, learned = say("精确权重", "exact weights"), say("还原的权重", "recovered weights")
        figure, panel = figures.panel(
            say(
                f"要 100 个有效样本：|μ| = 1 需 {needed[0]} 个，|μ| = 2 需 {needed[1]} 个",
                f"For 100 effective samples: {needed[0]} are needed at |μ| = 1, {needed[1]} at |μ| = 2",
            ),
            x=say("两个中心的距离 |μ|", "distance |μ| of the centres"),
            y="ESS / n",
            x_range=(0, FARTHEST),
            y_range=(5e-4, 1.2),
            y_log=True,
        )
        panel.line(found.axis, found.limit, "s²(2−s²)·exp(−|μ|²/(2−s²))", colour=0, width=3, end=False)
        panel.points(found.distances, found.exact, exact, colour=2, size=9, opacity=0.9)
        panel.points(found.distances, found.learned, learned, colour=1, size=9, opacity=0.9)
        facts = [
            Metric(say("|μ| = 1 时的极限", "Limit at |μ| = 1"), found.at_one),
            Metric(say("要 100 个有效样本，|μ| = 1 需", "For 100 effective samples at |μ| = 1"), needed[0]),
            Metric(say("|μ| = 2 需", "at |μ| = 2"), needed[1]),
        ]
        note = say(
            "偏移大时，少数几个样本占去全部权重：有效样本数随 $|\\mu|^2$ 指数下降。样本有限时，实测值高于极限，因为最大的权重还没有抽到。$s^2\\ge2$ 时 $\\mathbb E_p[w^2]$ 发散。",
            "With a large shift a few samples carry all the weight: the effective size falls exponentially in $|\\mu|^2$. With few samples what is measured stays above the limit, as the largest weights have not been drawn yet. For $s^2\\ge2$ the moment $\\mathbb E_p[w^2]$ is infinite.",
        )
        told = {"|μ|": found.distances, exact: found.exact, learned: found.learned, say("极限", "limit"): found.limits}
        return {"share": figure, "facts": facts, "note": note, "table": outputs.Table(told)}


class Own(Tab):
    label = t("你的数据", "Your data")
    question = t(
        "你的训练集和测试集差在哪几列？该拿哪些行验证？",
        "In which columns do your two sets differ, and which rows should validate?",
    )
    outputs = (
        outputs.figure("shift", height=470),
        FACTS,
        READING,
        outputs.table("chosen", t("验证集（有放回，重复保留）", "The validation set (drawn with replacement)")),
    )
    budget = BUDGET
    live = False
    tries = (
        Try(
            t("取 1000 行：同一行重复上百次", "1 000 rows: one of them comes more than a hundred times"),
            {"count": 1000},
            lambda y: y.times.max() > 100,
        ),
        Try(
            t("随机森林：权重更平，有效样本数 60 以上", "A random forest: flatter weights, an effective size above 60"),
            {"kind": "forest"},
            lambda y: y.effective > 60,
        ),
    )

    train: FileValue = table_file(label=t("训练集（CSV 等文本）", "Training set (CSV or the like)"))
    test: FileValue = table_file(
        label=t("测试集（用两者都有的列）", "Test set (columns that both have are used)"),
        help=t(
            "两个都不传：442 个糖尿病人，体重指数高的更常在测试集里",
            "Without both: 442 patients with diabetes, those with a high body mass index more often in the test set",
        ),
    )
    kind: str = choice("linear", KINDS, label=KIND)
    count: int = slider(100, 10, 1000, log=True, label=t("验证集要多少行", "Rows of the validation set"))
    seed: int = seed(1)

    def cost(self) -> float:
        return float(2 * MOST_ROWS * FITS[self.kind])

    def compute(self) -> Selection:
        from core.stats.validation_sets import example, read_sets, select

        if self.train is None and self.test is None:
            sets = example(self.seed)
        else:
            train = self.train.data if self.train else None
            test = self.test.data if self.test else None
            sets = read_sets(train, test, self.seed)
        return select(sets, self.kind, self.count, self.seed)

    def show(self, found: Selection, say: Say) -> dict[str, Any]:
        sets, area, (column, alone) = found.sets, found.found.area, found.telling[0]
        told = say(f"{column} 列最露馅（单列 {alone:.3f}）", f"{column} tells them apart best (alone {alone:.3f})")
        if area > ALMOST_CERTAIN:
            told += say("：两个集几乎不重叠，权重不可信", ": they hardly overlap, do not trust the weights")
        most = found.telling[14::-1]
        figure, (scores, columns) = figures.panels(
            f"AUC {area:.3f}{say('；', '; ')}{told}",
            [
                Axes(say("D 的分布", "Distribution of D"), "D", say("密度", "density"), UNIT, from_zero=True),
                Axes(say("单列 AUC", "AUC of one column"), "AUC", "", (0.5, 1.0)),
            ],
            height=470,
        )
        scores.bars(found.middles, found.train_density, say(TRAIN), colour=0)
        scores.bars(found.middles, found.test_density, say(TEST), colour=1)
        columns.bars([name for name, _ in most], [value for _, value in most], colour=2, opacity=0.8, horizontal=True)
        rows = (len(sets.train), len(sets.test))
        drawn = say(
            f"文件共 {sets.rows_in_file[0]} / {sets.rows_in_file[1]} 行",
            "of {} / {} in the files".format(*sets.rows_in_file),
        )
        facts = [
            Metric("AUC", area, say("0.5：两个集同分布", "0.5: one distribution")),
            Metric(
                say("训练 / 测试行数", "Rows, training / test"),
                f"{rows[0]} / {rows[1]}",
                "" if rows == sets.rows_in_file else drawn,
            ),
            Metric("ESS", found.effective, say(f"共 {rows[0]} 行", f"of {rows[0]} rows")),
            Metric(
                say("不同的行", "Distinct rows"),
                len(found.chosen),
                say(f"取 {self.count} 次，重复保留", f"of {self.count} drawn, duplicates kept"),
            ),
        ]
        chosen = {
            say("训练集第几行", "row of the training set"): found.rows,
            say("次数", "times"): found.times,
            say("权重 w", "weight w"): found.weights[found.chosen],
        }
        chosen |= dict(zip(sets.names, sets.train[found.chosen].T, strict=True))
        told = reading(sets.notices, say)
        return {"shift": figure, "facts": facts, "reading": told, "chosen": outputs.Table(chosen)}


def _rounded(count: float) -> str:
    return f"{count:,.0f}" if count < 1e7 else f"{count:.1e}"


POST = Post(
    id=7805,
    title=t("如何划分一个跟测试集更接近的验证集？", "How to split off a validation set that is nearer the test set"),
    date=datetime.date(2020, 10, 16),
    story=t(
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
**The question.** Fine in validation, poor in the test: the two sets have different distributions. Can a validation set be taken from the training set that is more like the test set?

Let training samples follow $p(x)$ and test samples $q(x)$, with the same $p(y|x)$ (covariate shift only). The expectation of any measure $e(x)$ over the test set can be written over the training set:

$$\mathbb E_{x\sim q}[e(x)]=\mathbb E_{x\sim p}\left[\frac{q(x)}{p(x)}\,e(x)\right].$$

A discriminator gives the weight $w=q/p$: label training samples 0 and test samples 1, train with **the classes in equal shares**, and the best discriminator is

$$D(x)=\frac{q(x)}{p(x)+q(x)}\quad\Longrightarrow\quad w(x)=\frac{D(x)}{1-D(x)}.$$

It is common to use $D$ itself as weight, or to validate on the samples with the largest $D$; neither is $q/p$. With $w$ in hand, either weight, or draw with probability $w_i/\sum_jw_j$ **with replacement**, duplicates kept. The price is measured by the effective sample size:

$$\mathrm{ESS}=\frac{(\sum_iw_i)^2}{\sum_iw_i^2}.$$
""",
    ),
    changes=t(
        r"""
- $D$ 一律取**折外**的预测；原文让判别器早停，那样 $D$ 仍见过它打分的样本。
- 加上了结果的测量：密度比已知的高斯上，把六种做法的验证误差与真实测试误差在许多种子上对照。
- 加权几乎没有偏差，却更散：$\sum we/\sum w$ 相合而非无偏，偏差为 $1/n$ 量级（一维、$\mu=1$、200 个样本：−0.0018）。页面把均方根误差也列出来，偏移小、样本少时随机划分可能更准。
- 判别器由 scikit-learn 的逻辑回归与随机森林担任，数据是表格。
""",
        r"""
- $D$ is always predicted **out of fold**; the post stops its training early instead, with which $D$ has still seen the samples it scores.
- Added: measurements. On Gaussians of known density ratio the validation errors of six schemes are compared with the true test error over many seeds.
- Weighting has next to no bias, and more scatter: $\sum we/\sum w$ is consistent, not unbiased, with a bias of order $1/n$ (in one dimension, $\mu=1$, 200 samples: −0.0018). The page lists root mean square errors, too: with a small shift and few samples a random split may come nearer.
- Discriminators are scikit-learn's logistic regression and random forest, on tables.
""",
    ),
    papers=(
        (
            "Shimodaira 2000, Improving predictive inference under covariate shift",
            "https://doi.org/10.1016/S0378-3758(00)00115-4",
        ),
        (
            "Sugiyama, Krauledat, Müller 2007, Covariate shift adaptation by importance weighted cross validation",
            "https://www.jmlr.org/papers/v8/sugiyama07a.html",
        ),
    ),
)

PAGE = Page(
    title=t("更接近测试集的验证集", "A validation set nearer the test set"),
    summary=t(
        "训练集和测试集不同分布时，哪种划分的验证误差能预测测试误差？",
        "When training and test sets differ, whose validation error predicts the test error?",
    ),
    post=POST,
    tabs=(Clouds, Compare, Calibration, Effective, Own),
    added=datetime.date(2026, 11, 21),
)
