"""HSIC: is there any dependence at all? (post 6910)"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import FileValue, PointValue, SketchValue, choice, point, seed, sketch, slider, toggle
from gallery.outputs import Metric, Table
from gallery.page import Page, Post, Progress, Say, Tab, Try, t
from pages.shared.tables import READING, reading, table_file
from pages.stats import _hsic_figures as pictures
from pages.stats import _hsic_numbers as numbers
from pages.stats import _hsic_texts as texts
from pages.stats._hsic_inputs import CURVE, FUNCTIONS, SHAPES

if TYPE_CHECKING:
    from core.stats.hsic import Comparison, Curve, GramSteps, Matrix, Null, Road

PERMUTATIONS, OTHER_PERMUTATIONS = 199, 99
ALPHA = 0.05
SIZES = (20, 40, 80, 160, 320)
NOISES = (0.0, 0.1, 0.2, 0.3, 0.45, 0.65, 1.0)
WORK_BUDGET = 3e9  # multiply-adds: about three seconds on two cores
RANK = 26  # usual rank of a Gaussian Gram matrix at the median bandwidth (bench/hsic.py)
MAX_COLUMNS = 14
NOISE, SHAPE, SAMPLES = t("噪声", "Noise"), t("形状", "Shape"), t("样本数 n", "Samples n")
SHUFFLES, WIDTH = t("打乱次数", "Shuffles"), t("带宽（中位数的倍数）", "Bandwidth (times the median)")
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")
POINTS, PAIRS = outputs.table("points", t("样本点", "The samples")), outputs.table("pairs", t("每一对", "Every pair"))


class Play(Tab):
    label = t("试一试", "Play")
    question = t("五种度量，谁看得见这片点云里的依赖？", "Which of five measures sees the dependence in this cloud?")
    outputs = (outputs.figure("cloud", height=480), FACTS, NOTE, POINTS)
    budget = WORK_BUDGET
    tries = (
        Try(t("直线：五种都看得见", "A line: all five see it"), {"shape": "linear"}, lambda r: len(r.seen(ALPHA)) == 5),
        Try(
            t("独立：谁也没看见什么", "Independent: none sees anything"),
            {"shape": "independent"},
            lambda r: not r.seen(ALPHA),
        ),
        Try(
            t("只有 30 个样本的圆：HSIC 也看不见", "A circle of 30 samples: HSIC misses it too"),
            {"n": 30},
            lambda r: "hsic" not in r.seen(ALPHA),
        ),
    )

    shape: str = choice("circle", {**SHAPES, "drawn": t("自己画", "Draw it yourself")}, label=SHAPE)
    drawing: SketchValue = sketch(
        28, label=t("画一片点云", "Draw a cloud"), default=CURVE, shown_when={"shape": "drawn"}
    )
    n: int = slider(300, 20, 2000, log=True, label=SAMPLES)
    noise: float = slider(0.1, 0.0, 1.0, step=0.02, label=NOISE)
    seed: int = seed(1)

    def cost(self) -> float:
        return self.n**2 * 5 * OTHER_PERMUTATIONS + self.n * RANK**2 * PERMUTATIONS

    def compute(self) -> Comparison:
        from core.data.clouds import cloud, from_ink
        from core.stats.hsic import compare

        if self.shape == "drawn":
            x, y = from_ink(self.drawing, self.n, self.noise, self.seed)
        else:
            x, y = cloud(self.shape, self.n, self.noise, self.seed)
        return compare(x, y, PERMUTATIONS, OTHER_PERMUTATIONS, self.seed)

    def show(self, result: Comparison, say: Say) -> dict[str, Any]:
        facts = numbers.compared(result, say)
        points = Table({"x": result.x, "y": result.y})
        return {
            "cloud": pictures.cloud(result, ALPHA, say),
            "facts": facts,
            "note": say(texts.NORMALISED),
            "points": points,
        }


class WayToHsic(Tab):
    slug = "road"
    label = t("由来", "The road")
    question = t("从 E[f(X)g(Y)] 怎样走到 HSIC？", "How does E[f(X)g(Y)] lead to HSIC?")
    outputs = (outputs.figure("road", height=640), FACTS, outputs.markdown("steps"))
    budget = WORK_BUDGET
    tries = (
        Try(
            t("f = x、g = y：圆上几乎不相关", "f = x, g = y: hardly correlated on the circle"),
            {"f": "line", "g": "line"},
            lambda r: abs(r.correlation) < 0.1,
        ),
        Try(
            t("f = x²、g = y²：圆上的相关系数近 −1", "f = x², g = y²: correlation near −1 on the circle"),
            {"f": "square", "g": "square"},
            lambda r: r.correlation < -0.8,
        ),
        Try(
            t("独立：最好的一对也不到圆的一半", "Independent: even the best pair has under half of the circle's"),
            {"shape": "independent"},
            lambda r: r.largest < 0.04,
        ),
    )

    shape: str = choice("circle", SHAPES, label=SHAPE)
    f: str = choice("bump", FUNCTIONS, label=t("f（u 为 x）", "f (u is x)"))
    g: str = choice("bump", FUNCTIONS, label=t("g（u 为 y）", "g (u is y)"))
    at: PointValue = point(
        (0.0, 0.0),
        (-1.5, 1.5),
        (-1.5, 1.5),
        label=t("鼓包的中心 (a, b)", "Centres (a, b) of the bumps"),
        in_picture=True,
    )
    n: int = slider(200, 20, 300, label=SAMPLES)
    noise: float = slider(0.1, 0.0, 1.0, step=0.02, label=NOISE)
    seed: int = seed(1)

    def cost(self) -> float:
        return 30.0 * self.n**3

    def compute(self) -> Road:
        from core.data.clouds import cloud
        from core.stats.hsic import road

        x, y = cloud(self.shape, self.n, self.noise, self.seed)
        return road(x, y, self.f, self.g, self.at)

    def show(self, result: Road, say: Say) -> dict[str, Any]:
        facts = numbers.road(result, self.n, say)
        return {"road": pictures.road(result, self.at, say), "facts": facts, "steps": say(texts.ROAD)}


class Idea(Tab):
    label = t("思路", "The idea")
    question = t("两个 Gram 矩阵如何变成一个数？", "How do two Gram matrices become one number?")
    outputs = (outputs.figure("steps", height=585), outputs.markdown("sum"), FACTS)
    budget = WORK_BUDGET
    tries = (
        Try(
            t("带宽 ×20：K、L 处处近 1，什么也不剩", "Bandwidth ×20: K and L are 1 everywhere, and nothing is left"),
            {"sigma": 20.0},
            lambda r: r.joint > 0.99 and r.hsic < 1e-4,
        ),
        Try(
            t("带宽 ×0.05：只剩对角线", "Bandwidth ×0.05: only the diagonal is left"),
            {"sigma": 0.05},
            lambda r: r.joint < 0.05,
        ),
        Try(
            t("独立：正负相消，不到圆的一半", "Independent: the signs cancel, under half of the circle's is left"),
            {"shape": "independent"},
            lambda r: r.hsic < 0.003,
        ),
    )

    shape: str = choice("circle", SHAPES, label=SHAPE)
    n: int = slider(80, 20, 160, label=SAMPLES)
    noise: float = slider(0.05, 0.0, 1.0, step=0.02, label=NOISE)
    sigma: float = slider(1.0, 0.05, 20.0, log=True, label=WIDTH)
    seed: int = seed(1)

    def cost(self) -> float:
        return self.n**2 * 10

    def compute(self) -> GramSteps:
        from core.data.clouds import cloud
        from core.stats.hsic import gram_steps

        x, y = cloud(self.shape, self.n, self.noise, self.seed)
        return gram_steps(x, y, self.sigma)

    def show(self, result: GramSteps, say: Say) -> dict[str, Any]:
        facts = numbers.gram(result, say)
        total = texts.TERMS.format(result.joint, result.apart, result.crossed, result.hsic, self.n)
        return {"steps": pictures.gram_steps(result, say), "facts": facts, "sum": f"{total}\n\n{say(texts.BANDWIDTHS)}"}


class NullDistribution(Tab):
    slug = "null"
    label = t("零分布", "Null distribution")
    question = t("这个数多大才算大？", "How large is large?")
    outputs = (outputs.figure("law"), FACTS)
    budget = WORK_BUDGET
    tries = (
        Try(
            t("带宽 ×0.25：越过 95% 线", "Bandwidth ×0.25: beyond the 95 % line"),
            {"sigma": 0.25},
            lambda r: r.test.statistic > r.threshold,
        ),
        Try(
            t("400 个样本：远远越过", "400 samples: far beyond the line"),
            {"n": 400},
            lambda r: r.test.statistic > 2 * r.threshold,
        ),
        Try(
            t("带宽 ×20：Γ 近似的 95% 线偏低三成", "Bandwidth ×20: the gamma's 95 % line is 30 % too low"),
            {"sigma": 20.0},
            lambda r: r.gap < -0.25,
        ),
    )

    shape: str = choice("spiral", SHAPES, label=SHAPE)
    n: int = slider(100, 20, 2000, log=True, label=SAMPLES)
    noise: float = slider(0.1, 0.0, 1.0, step=0.02, label=NOISE)
    sigma: float = slider(0.5, 0.05, 20.0, log=True, label=WIDTH)
    permutations: int = slider(2000, 99, 10_000, log=True, label=SHUFFLES)
    seed: int = seed(1)

    def cost(self) -> float:
        return self.n * RANK**2 * self.permutations / 8

    def compute(self) -> Iterator[Null]:
        from core.data.clouds import cloud
        from core.stats.hsic import null_stream

        x, y = cloud(self.shape, self.n, self.noise, self.seed)
        return null_stream(x, y, self.sigma, self.permutations, self.seed)

    def progress(self, result: Null) -> float:
        return len(result.test.null) / self.permutations

    def show(self, result: Null, say: Say) -> dict[str, Any]:
        facts = numbers.null(result, say)
        return {"law": pictures.null(result, say), "facts": facts}


class Power(Tab):
    label = t("功效", "Power")
    question = t(
        "要多少样本才看得见？独立时又会看错多少次？", "How many samples does it take, and how often is it fooled?"
    )
    outputs = (outputs.figure("curves"), outputs.table("shares", t("比例", "Shares")))
    budget = WORK_BUDGET
    live = False
    tries = (
        Try(
            t("直线、噪声 1.2：Pearson 更省样本", "A line, noise 1.2: Pearson needs fewer samples"),
            {"shape": "linear", "noise": 1.2},
            lambda r: all(point.pearson > point.hsic for point in r.power[2:4]),
        ),
        Try(
            t("噪声作横轴：噪声 1 时圆看不见了", "Against noise: at noise 1 the circle is lost"),
            {"against": "noise"},
            lambda r: r.power[-1].hsic < 0.2,
        ),
    )

    shape: str = choice("circle", {k: v for k, v in SHAPES.items() if k != "independent"}, label=SHAPE)
    against: str = choice("n", {"n": SAMPLES, "noise": NOISE}, label=t("横轴", "Against"))
    noise: float = slider(0.3, 0.0, 1.5, step=0.05, label=NOISE, shown_when={"against": "n"})
    n: int = slider(120, 20, 160, log=True, label=SAMPLES, shown_when={"against": "noise"})
    repeats: int = slider(60, 20, 150, label=t("每点重复", "Repeats a point"))
    seed: int = seed(1)

    def cost(self) -> float:
        samples = sum(SIZES) if self.against == "n" else self.n * len(NOISES)
        return samples * RANK**2 * OTHER_PERMUTATIONS * self.repeats * 2 / 8

    def compute(self) -> Iterator[Curve]:
        from core.stats.hsic import power_curve

        if self.against == "n":
            settings = [(n, self.noise) for n in SIZES]
        else:
            settings = [(self.n, noise) for noise in NOISES]
        return power_curve(self.shape, settings, self.repeats, OTHER_PERMUTATIONS, ALPHA, self.seed)

    def progress(self, result: Curve) -> float:
        return len(result.power) / result.total

    def show(self, result: Curve, say: Say) -> dict[str, Any]:
        axis = SAMPLES if self.against == "n" else NOISE
        columns = {say(axis): [getattr(setting, self.against) for setting in result.settings]}
        columns |= {say(name): result.share(*key) for key, name in pictures.SHARES.items()}
        places = SIZES if self.against == "n" else NOISES
        return {"curves": pictures.power(result, self.against, places, ALPHA, say), "shares": Table(columns)}


class Own(Tab):
    label = t("你的数据", "Your data")
    question = t("你的数据里，哪些列彼此依赖？", "Which columns of your own data depend on one another?")
    outputs = (outputs.figure("matrix", height=520), FACTS, READING, PAIRS, NOTE)
    budget = 3 * WORK_BUDGET
    live = False
    tries = (
        Try(
            t(
                "打乱 99 次：p 至少 0.01，校正后无一显著",
                "99 shuffles: p is at least 0.01, and after Holm none is left",
            ),
            {"permutations": 99},
            lambda r: not r.significant(ALPHA),
        ),
        Try(
            t("只用 50 行：仍找到同样的九对", "50 rows only: the same nine pairs are found"),
            {"rows": 50},
            lambda r: len(r.significant(ALPHA)) == 9,
        ),
    )

    data: FileValue = table_file(
        label=t("表格（CSV、TSV 等文本）", "A table (CSV, TSV or the like)"),
        examples={"signalling": "examples/signalling.csv"},
        default="signalling",
    )
    log: bool = toggle(True, label=t("先取对数（仅正的列）", "Take logarithms first (positive columns)"))
    rows: int = slider(600, 50, 2000, log=True, label=t("最多用多少行", "Most rows used"))
    permutations: int = slider(1500, 99, 4000, log=True, label=SHUFFLES)
    seed: int = seed(1)

    def cost(self) -> float:
        return self.rows * RANK**2 * self.permutations * MAX_COLUMNS**2 / 2 / 64

    def compute(self) -> Iterator[Matrix | Progress]:
        from core.data.tables import prepared, read_table
        from core.refusal import Refusal
        from core.stats.hsic import dependence_matrix

        if self.data is None:
            raise Refusal(texts.NO_FILE.zh, texts.NO_FILE.en, input="data")
        table = prepared(read_table(self.data.data, MAX_COLUMNS), self.log, self.rows, self.seed)
        return dependence_matrix(table, self.permutations, self.seed)

    def progress(self, result: Matrix) -> float:
        return len(result.pairs) / result.total

    def show(self, result: Matrix, say: Say) -> dict[str, Any]:
        pairs = result.pairs
        facts = [
            Metric(say("行数", "Rows"), result.rows),
            Metric(say("检验数", "Tests"), len(pairs), say(f"共 {result.total}", f"of {result.total}")),
            Metric(say("Holm 校正后显著", "Significant after Holm"), len(result.significant(ALPHA)), f"p ≤ {ALPHA}"),
        ]
        columns = numbers.pairs(result, say)
        told = reading(result.notices, say)
        for words, which in ((texts.LEFT_OUT, result.left_out), (texts.TIED, result.tied)):
            told += f"\n{say(words)}{say('、', ', ').join(which)}" if which else ""
        return {
            "matrix": pictures.matrix(result, ALPHA, say),
            "facts": facts,
            "reading": told,
            "pairs": Table(columns),
            "note": say(texts.CELLS),
        }


POST = Post(
    id=6910,
    title=t("HSIC简介：一个有意思的判断相关性的思路", "HSIC: an interesting way to judge dependence"),
    date=datetime.date(2019, 8, 26),
    story=texts.STORY,
    changes=texts.CHANGES,
    papers=(
        (
            "Gretton et al. 2005, Measuring statistical dependence with Hilbert-Schmidt norms",
            "https://doi.org/10.1007/11564089_7",
        ),
        (
            "Gretton et al. 2007, A kernel statistical test of independence",
            "https://papers.nips.cc/paper/3201-a-kernel-statistical-test-of-independence",
        ),
        ("Song et al. 2012, Feature selection via dependence maximization", "https://jmlr.org/papers/v13/song12a.html"),
        ("Pfister et al. 2018, Kernel-based tests for joint independence", "https://doi.org/10.1111/rssb.12235"),
    ),
)
PAGE = Page(
    title=t("HSIC：到底独不独立？", "HSIC: independent or not?"),
    summary=t(
        "相关系数看不见圆，HSIC 看得见：用核函数检验任何形式的依赖。",
        "Correlation cannot see a circle; HSIC can: kernels test for dependence of any form.",
    ),
    post=POST,
    tabs=(Play, WayToHsic, Idea, NullDistribution, Power, Own),
    added=datetime.date(2026, 11, 20),
    striking=1,
)
