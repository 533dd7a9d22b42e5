"""A validation set that is nearer the test set (post 7805)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import FileValue, PointValue, choice, point, seed, slider
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.shared.tables import READING, reading, table_file
from pages.stats import _validation_split_figures as pictures
from pages.stats._validation_split_figures import FARTHEST
from pages.stats._validation_split_texts import CALIBRATION_NOTE, CHANGES, COMPARE_NOTE, EFFECTIVE_NOTE, STORY

if TYPE_CHECKING:
    from core.stats import validation_split as model
    from core.stats.validation_sets import Selection

LOGISTIC = {"linear": t("逻辑回归", "Logistic regression"), "quadratic": t("逻辑回归（二次项）", "Logistic, quadratic")}
KINDS = {**LOGISTIC, "forest": t("随机森林", "Random forest")}
KIND, SAMPLES = t("判别器", "Discriminator"), t("每侧样本数 n", "Samples a side n")
MEAN, SCALE = (
    t("测试集的中心 μ", "Centre μ of the test set"),
    t("测试集的标准差 s", "Standard deviation s of the test set"),
)
FITS = {"linear": 6, "quadratic": 12, "forest": 300}
BUDGET = 3e6  # samples × fits (a forest counts as its 60 trees)
MOST_ROWS = 3000
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
        figure = pictures.clouds(found, self.mean, say)
        facts = pictures.cloud_facts(found, say)
        x, y = found.train.T
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
        figure = pictures.gaps(found, say)
        told = pictures.schemes(found, say)
        facts = pictures.compared_facts(found, say)
        note = say(COMPARE_NOTE)
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
        figure = pictures.reliability(found, say)
        facts = pictures.calibration_facts(found, say)
        note = say(CALIBRATION_NOTE)
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
        figure = pictures.share(found, say)
        facts = pictures.effective_facts(found, say)
        note = say(EFFECTIVE_NOTE)
        told = pictures.effective_table(found, say)
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
        figure = pictures.shift(found, say)
        facts = pictures.own_facts(found, self.count, say)
        chosen = pictures.chosen_rows(found, say)
        told = reading(found.sets.notices, say)
        return {"shift": figure, "facts": facts, "reading": told, "chosen": outputs.Table(chosen)}


POST = Post(
    id=7805,
    title=t("如何划分一个跟测试集更接近的验证集？", "How to split off a validation set that is nearer the test set"),
    date=datetime.date(2020, 10, 16),
    story=STORY,
    changes=CHANGES,
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
