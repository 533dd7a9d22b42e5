"""From maximum likelihood to EM (post 5239)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import FileValue, PointValue, SketchValue, choice, point, seed, sketch, slider, text
from gallery.outputs import Table
from gallery.page import Page, Post, Progress, Say, Tab, Try, t
from pages.shared.tables import READING, reading, table_file
from pages.stats import _em_figures as pictures
from pages.stats import _em_numbers as numbers
from pages.stats import _em_texts as texts
from pages.stats._em_inputs import DATA, HOW, KINDS, LINES, RING, SOURCES

if TYPE_CHECKING:
    from core.stats.em import Ascent, Collapse, Groups, Hardening, Restarts
    from core.stats.em import Topics as Found

CLOUD, START, COVARIANCE = t("数据", "Data"), t("初值", "Start"), t("协方差", "Covariances")
COMPONENTS, SAMPLES = t("分量数 k", "Components k"), t("样本数 n", "Samples n")
FLOOR = 1e-4  # smallest eigenvalue of a covariance in the tabs where collapse is not the question
OWN_FLOOR = 1e-2  # measured lengths are rounded, and a component on one value would collapse
ITERATIONS, SINGULAR_STEPS, SOFT_ITERATIONS = 200, 60, 40
SIGMAS = tuple(round(0.02 * 150 ** (i / 23), 4) for i in range(24))  # 0.02 … 3
MOST_ROWS, MOST_COLUMNS, RESTARTS = 2000, 8, 4
BUDGET = 6e7  # samples x components x iterations
VIEW = pictures.VIEW
FACTS = outputs.metrics("facts")
TOLD = outputs.table("told", t("三种办法", "Three ways"), height=160)
MEANS = outputs.table("means", t("各分量的均值", "Means of the components"))
TOPICS = (
    outputs.figure("topics", height=430),
    outputs.figure("together", height=330),
    FACTS,
    outputs.figure("climb", height=300),
    outputs.table("mixes", t("每篇文档的主题", "The documents' topics")),
)


def _centre(x: float, y: float, number: int) -> Any:
    label = t(f"初值 {number}", f"Start {number}")
    return point((x, y), (-VIEW, VIEW), (-VIEW, VIEW), label=label, shown_when={"how": "placed"}, in_picture=True)


class Step(Tab):
    label = t("一步一步", "Step by step")
    question = t(
        "E 步和 M 步各做了什么，似然为什么不会下降？", "What do E and M do, and why can the likelihood never fall?"
    )
    outputs = (outputs.figure("cloud", height=480), FACTS, outputs.table("trace", t("每个半步", "Every half-step")))
    budget = BUDGET
    tries = (
        Try(
            t("挤在一处：8 个半步后还分不清谁是谁的", "All in one place: after 8 half-steps nothing is decided"),
            {"how": "together", "half": 8},
            lambda r: r.entropy > 1.5,
        ),
        Try(
            t("k-means++：16 个半步就到顶", "k-means++: at the top after 16 half-steps"),
            {"how": "kmeans++", "half": 16},
            lambda r: r.left < 1e-3,
        ),
        Try(
            t(
                "三个初值叠在右边：8 个半步后还差 0.4 nat",
                "Starts in a row at the right: 0.4 nats short after 8 half-steps",
            ),
            {"first": (2.0, 2.0), "second": (2.0, 1.0), "third": (2.0, 0.0), "half": 8},
            lambda r: 0.35 < r.left < 0.45,
        ),
    )

    data: str = choice("blobs", {**DATA, "drawn": t("自己画", "Draw it yourself")}, label=CLOUD)
    drawing: SketchValue = sketch(28, label=t("画一片点云", "Draw a cloud"), default=RING, shown_when={"data": "drawn"})
    half: int = slider(7, 0, 60, label=t("半步（单数 E，双数 M）", "Half-steps (odd E, even M)"), play=True)
    k: int = slider(3, 1, 6, label=COMPONENTS)
    how: str = choice("placed", {"placed": t("拖动（前三个）", "Drag them (the first three)"), **HOW}, label=START)
    first: PointValue = _centre(-1.5, 1.5, 1)
    second: PointValue = _centre(0.0, 1.8, 2)
    third: PointValue = _centre(1.5, 1.5, 3)
    kind: str = choice("full", KINDS, label=COVARIANCE)
    outliers: float = slider(0.0, 0.0, 0.4, step=0.02, label=t("离群点比例", "Share of outliers"))
    n: int = slider(300, 20, 800, label=SAMPLES)
    seed: int = seed(3)

    def cost(self) -> float:
        return self.n * self.k * 31

    def compute(self) -> Ascent:
        from core.stats.em import ascend, drawn, sample, start

        if self.data == "drawn":
            x = drawn(self.drawing, self.n, self.seed)
        else:
            x = sample(self.data, self.n, self.outliers, self.seed)
        if self.how == "placed":
            begin = start(x, self.k, "placed", self.seed, (self.first, self.second, self.third))
        else:
            begin = start(x, self.k, self.how, self.seed)
        return ascend(x, begin, self.half, self.kind, FLOOR)

    def show(self, result: Ascent, say: Say) -> dict[str, Any]:
        places = (("first", self.first), ("second", self.second), ("third", self.third))
        handles = places[: self.k] if self.how == "placed" else ()
        facts = numbers.step(result, say)
        table = numbers.half_steps(result, say)
        return {"cloud": pictures.step(result, handles, say), "facts": facts, "trace": Table(table)}


class Starts(Tab):
    label = t("初值", "Starts")
    question = t("换个初值，会爬到同一座山顶吗？", "Do other starts climb the same hill?")
    outputs = (outputs.figure("climbs", height=440), FACTS, outputs.table("ends", t("每个初值", "Every start")))
    budget = BUDGET
    live = False
    tries = (
        Try(
            t(
                "三团、k = 3、k-means++：十二个都到同一高度",
                "Three blobs, k = 3, k-means++: all twelve reach one height",
            ),
            {"data": "blobs", "k": 3, "how": "kmeans++"},
            lambda r: r.heights == 1,
        ),
        Try(
            t("鸢尾花、五个分量：只有一个初值登顶", "Irises, five components: one start alone finds the top"),
            {"data": "iris"},
            lambda r: r.as_good == 1 and r.heights > 5,
        ),
    )

    data: str = choice("moons", DATA, label=CLOUD)
    k: int = slider(5, 2, 7, label=COMPONENTS)
    how: str = choice("random", HOW, label=START)
    kind: str = choice("full", KINDS, label=COVARIANCE)
    starts: int = slider(12, 2, 24, label=t("多少个初值", "How many starts"))
    n: int = slider(300, 50, 500, label=SAMPLES)
    seed: int = seed(1)

    def cost(self) -> float:
        return self.n * self.k * self.starts * ITERATIONS

    def compute(self) -> Iterator[Restarts | Progress]:
        from core.stats.em import restarts, sample

        x = sample(self.data, self.n, 0.0, self.seed)
        return restarts(x, self.k, self.starts, self.how, ITERATIONS, self.kind, FLOOR, self.seed)

    def progress(self, result: Restarts) -> float:
        return len(result.fits) / self.starts

    def show(self, result: Restarts, say: Say) -> dict[str, Any]:
        facts = numbers.starts(result, say)
        table = numbers.ends(result, say)
        return {"climbs": pictures.starts(result, say), "facts": facts, "ends": Table(table)}


class Singular(Tab):
    label = t("奇异解", "Singularities")
    question = t("似然为什么会冲向无穷，什么能救它？", "Why can the likelihood run to infinity, and what saves it?")
    outputs = (outputs.figure("collapse", height=470), TOLD, outputs.markdown("note"))
    budget = BUDGET
    tries = (
        Try(
            t("起点 σ = 0.5：EM 自己走出来", "σ = 0.5 at the start: EM walks out by itself"),
            {"deviation": 0.5},
            lambda r: not r.ways[0].collapsed,
        ),
        Try(
            t("下限 0.3：σ 停在 0.3", "A floor of 0.3: σ stays at 0.3"),
            {"floor": 0.3},
            lambda r: abs(r.ways[1].deviations[-1] - 0.3) < 0.001,
        ),
    )

    deviation: float = slider(
        0.03, 0.001, 0.5, log=True, label=t("压在一点上的分量：初始 σ", "The component on one sample: σ at the start")
    )
    floor: float = slider(0.05, 0.001, 0.5, log=True, label=t("救法一：σ 的下限", "First cure: a floor for σ"))
    which: int = slider(7, 0, 49, label=t("压在第几个样本上", "Which sample it sits on"))
    n: int = slider(150, 50, 400, label=SAMPLES)
    seed: int = seed(2)

    def cost(self) -> float:
        return self.n * 2 * (3 * SINGULAR_STEPS + 80)

    def compute(self) -> Collapse:
        from core.stats.em import collapse, sample

        x = sample("blobs", self.n, 0.0, self.seed)
        return collapse(x, self.which, self.deviation, self.floor, SINGULAR_STEPS)

    def show(self, result: Collapse, say: Say) -> dict[str, Any]:
        table = numbers.ways(result, say)
        figure = pictures.collapse(result, self.deviation, say)
        return {"collapse": figure, "told": Table(table), "note": say(texts.COLLAPSE)}


class KMeans(Tab):
    slug = "k-means"
    label = t("K-means", "K-means")
    question = t("σ → 0 时 EM 怎样变成 K-means？", "How does EM become K-means as σ → 0?")
    outputs = (outputs.figure("limit", height=470), FACTS)
    budget = BUDGET
    tries = (
        Try(
            t("σ = 0.05：每个样本只归一类", "σ = 0.05: every sample belongs to one mean alone"),
            {"sigma": 0.05},
            lambda r: r.agreement == 1 and r.entropy < 0.01,
        ),
        Try(t("σ = 3：均值全部并到重心", "σ = 3: all means merge"), {"sigma": 3.0}, lambda r: r.distinct == 1),
    )

    data: str = choice("blobs", DATA, label=CLOUD)
    sigma: float = slider(0.5, 0.02, 3.0, log=True, label=t("固定的 σ", "σ, held fixed"), play=True)
    k: int = slider(3, 2, 6, label=COMPONENTS)
    n: int = slider(300, 50, 600, label=SAMPLES)
    seed: int = seed(1)

    def cost(self) -> float:
        return self.n * self.k * SOFT_ITERATIONS * (len(SIGMAS) + 2)

    def compute(self) -> Hardening:
        from core.stats.em import harden, sample

        x = sample(self.data, self.n, 0.0, self.seed)
        return harden(x, self.k, self.sigma, SIGMAS, SOFT_ITERATIONS, self.seed)

    def show(self, result: Hardening, say: Say) -> dict[str, Any]:
        facts = numbers.limit(result, say)
        return {"limit": pictures.limit(result, say), "facts": facts}


class Topics(Tab):
    slug = "plsa"
    label = t("pLSA", "pLSA")
    question = t(
        "同样的两步怎样从词频里找出主题，又怎样拼回一篇？",
        "How do the same two steps find topics in word counts, and put a document together?",
    )
    outputs = TOPICS
    budget = BUDGET
    live = False
    tries = (
        Try(
            t("只有两个部件：少盖住一成的墨", "Two parts only: a tenth less of the ink is held"),
            {"k": 2},
            lambda r: r.overlap[-1] < 0.78,
        ),
        Try(
            t("只迭代一次：部件还是噪声", "One iteration: the parts are still noise"),
            {"iterations": 1},
            lambda r: r.perplexity > 40,
        ),
        Try(
            t("唐宋诗：困惑度不到词数的三成", "Verse: perplexity under 30 % of the number of words"),
            {"source": "verse", "k": 6},
            lambda r: r.perplexity < 0.3 * len(r.words),
        ),
    )

    source: str = choice("digits", SOURCES, label=t("语料", "Documents"))
    documents: str = text(
        LINES,
        label=t("一行一篇，词以空格分开", "One document a line, words apart by spaces"),
        max_length=4000,
        lines=8,
        shown_when={"source": "own"},
    )
    document: int = slider(4, 1, 600, label=t("把第几篇拼出来", "Which document is put together"))
    k: int = slider(10, 2, 16, label=t("主题数", "Topics"))
    iterations: int = slider(60, 1, 200, label=t("迭代次数", "Iterations"))
    seed: int = seed(1)

    def cost(self) -> float:
        return 600 * 64 * self.k * self.iterations / 3

    def compute(self) -> Iterator[Found | Progress]:
        from core.stats.em import find_topics

        if self.source == "own":
            return find_topics("own", self.documents, self.k, self.iterations, self.document, self.seed)
        return find_topics(self.source, "", self.k, self.iterations, self.document, self.seed)

    def progress(self, result: Found) -> float:
        return result.iterations / self.iterations

    def show(self, result: Found, say: Say) -> dict[str, Any]:
        digits = self.source == "digits"
        facts = numbers.topics(result, say)
        table = numbers.mixes(result, self.k, say)
        return {
            "topics": pictures.topics(result, digits, say),
            "together": pictures.together(result, digits, say),
            "facts": facts,
            "climb": pictures.climb(result, say),
            "mixes": Table(table),
        }


class Own(Tab):
    label = t("你的数据", "Your data")
    question = t("你的数据里有几群？", "How many groups are in your data?")
    outputs = (outputs.figure("clusters", height=470), FACTS, READING, MEANS)
    budget = 2 * BUDGET
    live = False
    tries = (
        Try(
            t("只用圆：要更多的群", "Circles only: it takes more groups"), {"kind": "spherical"}, lambda r: r.chosen > 3
        ),
        Try(
            t("最多两群：两群分得清清楚楚", "Two at most: they are told apart clearly"),
            {"most": 2},
            lambda r: r.sure > 0.99,
        ),
    )

    data: FileValue = table_file(
        label=t("表格（CSV 等文本；不传则用鸢尾花）", "A table (CSV or the like; without one, Fisher's irises)")
    )
    most: int = slider(6, 2, 8, label=t("最多几个分量", "Most components"))
    kind: str = choice("full", KINDS, label=COVARIANCE)
    seed: int = seed(1)

    def cost(self) -> float:
        return MOST_ROWS * self.most**2 / 2 * RESTARTS * ITERATIONS

    def compute(self) -> Iterator[Groups]:
        from core.data.classics import iris
        from core.data.tables import Table, prepared, read_table
        from core.stats.em import find_groups

        if self.data is None:
            names, x, _ = iris()
            table = Table.of(names, x)
        else:
            table = prepared(read_table(self.data.data, MOST_COLUMNS), False, MOST_ROWS, self.seed)
        return find_groups(table, self.most, self.kind, OWN_FLOOR, RESTARTS, ITERATIONS, self.seed)

    def progress(self, result: Groups) -> float:
        return len(result.criteria) / self.most

    def show(self, result: Groups, say: Say) -> dict[str, Any]:
        facts = numbers.groups(result, say)
        table = numbers.means(result, say)
        return {
            "clusters": pictures.groups(result, self.most, say),
            "facts": facts,
            "reading": reading(result.notices, say),
            "means": Table(table),
        }


POST = Post(
    id=5239,
    title=t("从最大似然到EM算法：一致的理解方式", "From maximum likelihood to EM: one way to understand both"),
    date=datetime.date(2018, 3, 15),
    story=texts.STORY,
    changes=texts.CHANGES,
    papers=(
        (
            "Dempster, Laird, Rubin 1977, Maximum likelihood from incomplete data via the EM algorithm",
            "https://doi.org/10.1111/j.2517-6161.1977.tb01600.x",
        ),
        ("Hofmann 1999, Probabilistic latent semantic analysis", "https://arxiv.org/abs/1301.6705"),
        ("Neal, Hinton 1998, A view of the EM algorithm", "https://doi.org/10.1007/978-94-011-5014-9_12"),
    ),
)
PAGE = Page(
    title=t("从最大似然到 EM 算法", "From maximum likelihood to EM"),
    summary=t(
        "一步步看 EM：给样本着色，移动椭圆，下界每次都贴住似然。",
        "EM step by step: colour the samples, move the ellipses, and the bound touches the likelihood each time.",
    ),
    post=POST,
    tabs=(Step, Starts, Singular, KMeans, Topics, Own),
    added=datetime.date(2026, 11, 21),
)
