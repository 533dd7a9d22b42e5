"""SamplePairing and mixup: two samples blended into one, as a regulariser (post 5693)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import PointValue, SketchValue, choice, point, seed, sketch, slider
from gallery.outputs import Metric, Table
from gallery.page import Page, Post, Progress, Say, Tab, Try, t
from pages.shared.digits import BY_HAND, FROM, SEVEN
from pages.shared.kinds import kind_name
from pages.vision import _mixup_figures as pictures
from pages.vision import _mixup_texts as texts
from pages.vision._mixup_texts import ALPHA, KIND, KINDS

if TYPE_CHECKING:
    from core.vision.mixup.digits import Compared, Path
    from core.vision.mixup.fits import Fitted
    from core.vision.mixup.penalty import Taxed
    from core.vision.mixup.plane import Sides

POINTS = ((-0.9, -0.5), (-0.6, 0.3), (-0.2, -0.1), (0.2, 0.5), (0.55, 0.1), (0.85, 0.8))
NAMES = ["p1", "p2", "p3", "p4", "p5", "p6"]
COUNT, STEPS = t("训练的数字", "Training digits"), t("步数", "Steps")
FACTS = outputs.metrics("facts")


def _draggable(number: int) -> Any:
    label = t(f"第 {number + 1} 点", f"Point {number + 1}")
    return point(POINTS[number], (-1.0, 1.0), (-1.5, 1.5), label=label, in_picture=True)


class Line(Tab):
    label = t("直线不罚", "A line pays nothing")
    question = t(
        "在混合的样本上做最小二乘，直线变了吗？曲线呢？拖动各点。",
        "Least squares on blended samples: does the line change, and a curve? Drag the points.",
    )
    outputs = (outputs.figure("fits", height=430), FACTS)
    tries = (
        Try(
            t("SamplePairing：直线同样不变", "SamplePairing: the line stays as well"),
            {"kind": "pair"},
            holds=lambda y: y.line.apart < 1e-9 and abs(y.factors[0] - 0.5) < 1e-9,
        ),
        Try(
            t("α = 0.05：几乎不混合，曲线也变了", "α = 0.05: hardly blended, yet the curve moves"),
            {"alpha": 0.05},
            holds=lambda y: y.line.apart < 1e-9 < 1e-3 < y.curve.apart,
        ),
        Try(
            t("抛物线：弯得少，付得少", "A parabola: less bent, less paid"),
            {"degree": 2},
            holds=lambda y: y.curve.tax[1] < 0.05,
        ),
    )

    kind: str = choice("mixup", KINDS, label=KIND)
    alpha: float = slider(1.0, 0.05, 10.0, log=True, label=ALPHA, shown_when={"kind": "mixup"})
    degree: int = slider(5, 2, 5, label=t("曲线的次数", "Degree of the curve"))
    p1: PointValue = _draggable(0)
    p2: PointValue = _draggable(1)
    p3: PointValue = _draggable(2)
    p4: PointValue = _draggable(3)
    p5: PointValue = _draggable(4)
    p6: PointValue = _draggable(5)

    def compute(self) -> Fitted:
        import numpy as np

        from core.vision.mixup.fits import fitted
        from core.vision.mixup.mixing import Method

        points = np.array([self.p1, self.p2, self.p3, self.p4, self.p5, self.p6])
        return fitted(points, self.degree, Method(self.kind, self.alpha))

    def show(self, y: Fitted, say: Say) -> Mapping[str, Any]:
        own, over = y.line.coefficients
        across, up = y.factors
        expected = say(f"理论 {y.expected:.4f}", f"theory {y.expected:.4f}")
        before, after = y.curve.tax
        facts = [
            Metric(say("斜率：样本 / 混合对", "Slope: samples / pairs"), f"{own[1]:.3f} / {over[1]:.3f}"),
            Metric(say("Cov(x, x) 的因子", "Factor of Cov(x, x)"), f"{across:.4f}", expected),
            Metric(say("Cov(x, y) 的因子", "Factor of Cov(x, y)"), f"{up:.4f}", expected),
            Metric(say("曲线的惩罚：样本 / 混合对", "The curve's penalty: samples / pairs"), f"{before:.2g} / {after:.2g}", say("直线：0", "the line's: 0")),
        ]  # fmt: skip
        return {"fits": pictures.fits(y, NAMES, say), "facts": facts}


class Penalty(Tab):
    label = t("惩罚", "The penalty")
    question = t("弯曲的函数要付多少？二阶展开说得准吗？", "What does a curved function pay, and how good is the second order?")  # fmt: skip
    outputs = (outputs.figure("tax", height=400), FACTS)
    tries = (
        Try(
            t("抛物线：二阶就是全部", "The parabola: the second order is all"),
            {"function": "quadratic"},
            holds=lambda y: abs(y.ratio - 1) < 1e-6,
        ),
        Try(
            t("直线：不付", "The line: pays nothing"),
            {"function": "line"},
            holds=lambda y: y.here[0] < 1e-20,
        ),
        Try(
            t("σ = 0.1：二阶误差不到一成", "σ = 0.1: second order within a tenth"),
            {"sigma": 0.1},
            holds=lambda y: abs(y.ratio - 1) < 0.1,
        ),
    )

    function: str = choice("sine", texts.FUNCTION_NAMES, label=t("函数 f", "Function f"))
    sigma: float = slider(0.5, 0.05, 2.0, log=True, label=t("x 的标准差 σ", "Standard deviation σ of x"), play=True)
    kind: str = choice("mixup", KINDS, label=KIND)
    alpha: float = slider(1.0, 0.05, 10.0, log=True, label=ALPHA, shown_when={"kind": "mixup"})

    def compute(self) -> Taxed:
        from core.vision.mixup.mixing import Method
        from core.vision.mixup.penalty import taxed

        return taxed(self.function, self.sigma, Method(self.kind, self.alpha))

    def show(self, y: Taxed, say: Say) -> Mapping[str, Any]:
        found, second = y.here
        facts = [
            Metric(say("惩罚 P", "Penalty P"), found, say("x_a, x_b ~ N(0, σ²)", "x_a, x_b ~ N(0, σ²)")),
            Metric(say("二阶近似", "Second order"), second, "¼ E[ε²(1−ε)²] E[(f″d²)²]"),
            Metric(
                "E[ε²(1−ε)²]", f"{y.weight:.4f}", say("均匀分布 1/30，ε = ½ 时 1/16", "1/30 if uniform, 1/16 at ε = ½")
            ),
        ]
        return {"tax": pictures.tax(y, self.function, say), "facts": facts}


class Plane(Tab):
    label = t("平面上训练", "Train in the plane")
    question = t("同一个种子，混合与不混合，分界线有什么不同？", "From one seed, with and without blending: how do the borders differ?")  # fmt: skip
    outputs = (outputs.figure("borders", height=470), FACTS)
    budget = 2 * 1000 * 200.0
    live = False
    tries = (
        Try(
            t("α = 0.1：ε 多半近 0 或 1，线性差仍变小", "α = 0.1: ε mostly near 0 or 1, the gap still falls"),
            {"alpha": 0.1},
            holds=lambda y: y.blended.gap < y.plain.gap,
        ),
        Try(
            t("SamplePairing：线性差也小", "SamplePairing: a smaller gap too"),
            {"kind": "pair"},
            holds=lambda y: y.blended.gap < y.plain.gap,
        ),
        Try(
            t("圆环：线性差小了，误差却几乎不变", "Circles: the gap falls, the error hardly changes"),
            {"shape": "circles"},
            holds=lambda y: y.blended.gap < y.plain.gap and abs(y.blended.error - y.plain.error) < 0.02,
        ),
    )

    shape: str = choice("moons", texts.SHAPE_NAMES, label=t("数据", "Data"))
    kind: str = choice("mixup", KINDS, label=KIND)
    alpha: float = slider(1.0, 0.05, 10.0, log=True, label=ALPHA, shown_when={"kind": "mixup"})
    count: int = slider(60, 20, 200, step=10, label=t("样本数", "Samples"))
    noise: float = slider(0.3, 0.05, 0.5, step=0.01, label=t("噪声", "Noise"))
    steps: int = slider(400, 100, 1000, step=100, label=t("步数", "Steps"))
    seed: int = seed()

    def cost(self) -> float:
        return 2.0 * self.steps * self.count

    def compute(self) -> Iterator[Sides | Progress]:
        from core.vision.mixup.mixing import Method
        from core.vision.mixup.plane import sides

        return sides(self.shape, self.count, self.noise, Method(self.kind, self.alpha), self.steps, self.seed)

    def show(self, y: Sides, say: Say) -> Mapping[str, Any]:
        name = say(KINDS[self.kind]) + (f" α={self.alpha:g}" if self.kind == "mixup" else "")
        a, b, either = y.plain, y.blended, say("不混合 / 混合", "plain / blended")
        facts = [
            Metric(say("训练误差", "Training error"), f"{a.training_error:.1%} / {b.training_error:.1%}", either),
            Metric(say("新样本误差", "Error on fresh points"), f"{a.error:.1%} / {b.error:.1%}", say("2000 个", "2 000 of them")),
            Metric(say("新样本交叉熵", "Cross-entropy there"), f"{a.cross_entropy:.3f} / {b.cross_entropy:.3f}", "nat"),
            Metric(say("线性差", "Linearity gap"), f"{a.gap:.3f} / {b.gap:.3f}", "E‖p(x̃) − εp(x_a) − (1−ε)p(x_b)‖"),
        ]  # fmt: skip
        return {"borders": pictures.borders(y, name, say), "facts": facts}


class Few(Tab):
    slug = "few"
    label = t("少量数字", "Few digits")
    question = t(
        "数字很少时的 CNN：混合使它更接近线性了吗？误差也降了吗？",
        "A CNN on few digits: does blending make it more linear, and lower its error?",
    )
    outputs = (outputs.figure("errors", height=400), outputs.table("table"), outputs.markdown("note"))
    budget = 300 * 200.0
    live = False
    tries = (
        Try(
            t("30 个数字：误差大得多", "30 digits: far more errors"),
            {"count": 30},
            holds=lambda y: y.of("plain", "error").mean > 0.2,
        ),
        Try(
            t(
                "另一组种子：α = 1 的线性差仍更小",
                "Other seeds: a smaller gap at α = 1 too",
            ),
            {"seed": 10},
            holds=lambda y: y.of("mixup-1", "gap").mean < y.of("plain", "gap").mean,
        ),
    )

    count: int = slider(100, 20, 300, step=10, label=COUNT)
    steps: int = slider(100, 50, 200, step=10, label=STEPS)
    seed: int = seed()

    def cost(self) -> float:
        return float(self.count * self.steps)

    def compute(self) -> Iterator[Compared | Progress]:
        from core.vision.mixup.digits import compared

        return compared(self.count, self.steps, self.seed)

    def show(self, y: Compared, say: Say) -> Mapping[str, Any]:
        return {
            "errors": pictures.errors(y, say),
            "table": Table(pictures.table(y, say)),
            "note": pictures.told(y, say),
        }


class Blend(Tab):
    label = t("亲手混合", "Mix by hand")
    question = t(
        "两个数字混在一起，网络的回答沿直线走吗？",
        "Two digits blended: do the network's answers follow the straight line?",
    )
    outputs = (
        outputs.figure("along", height=400),
        outputs.images("pictures", t("第一个、混合、第二个", "First, blend, second"), height=130),
        FACTS,
    )
    live = False
    tries = (
        Try(
            t("ε = 1：只剩第一个，两个网络都读作 2", "ε = 1: the first digit alone, and both networks read a 2"),
            {"epsilon": 1.0},
            holds=lambda y: all(way.here.argmax() == 2 for way in y.ways.values()),
        ),
        Try(
            t(
                "自己写的 7：单独都读对，与 6 各半就都读错",
                "A drawn 7: alone both networks read it, half blended with a 6 neither does",
            ),
            {"source": "sketch"},
            holds=lambda y: all(way.p[-1].argmax() == 7 and way.here.argmax() not in {6, 7} for way in y.ways.values()),
        ),
    )

    source: str = choice(
        "held-out", {"held-out": t("测试集的一个", "One of the test set"), "sketch": BY_HAND}, label=FROM
    )
    first: int = slider(3, 0, 999, label=t("第一个的编号", "Number of the first"), shown_when={"source": "held-out"})
    drawing: SketchValue = sketch(32, label=t("写", "Draw"), default="\n".join(SEVEN), shown_when={"source": "sketch"})
    second: int = slider(5, 0, 999, label=t("第二个的编号", "Number of the second"))
    epsilon: float = slider(0.5, 0.0, 1.0, step=0.01, label=t("ε（第一个的份量）", "ε, the first one's weight"))
    method: str = choice("mixup-1", texts.BLENDED, label=t("与不混合相比的方法", "Method beside plain training"))
    count: int = slider(100, 20, 300, step=10, label=COUNT)
    seed: int = seed()

    def compute(self) -> Path:
        from core.vision.mixup.digits import mixed_by_hand

        first = self.drawing if self.source == "sketch" else self.first
        return mixed_by_hand(first, self.second, self.epsilon, self.method, self.count, 100, self.seed)

    def show(self, y: Path, say: Say) -> Mapping[str, Any]:
        facts = []
        for name, way in y.ways.items():
            digit = int(way.here.argmax())
            facts.append(Metric(say(texts.METHOD_NAMES[name]), str(digit), f"p = {way.here[digit]:.2f}"))
        captions = ["x_a", "x̃", "x_b"]
        return {
            "along": pictures.along(y, self.epsilon, say),
            "pictures": outputs.Grid(y.pictures, 3, captions, 8),
            "facts": facts,
        }


class Clothes(Tab):
    slug = "clothes"
    label = t("衣物", "Clothes")
    question = t(
        "换成真实的数据集：混合使小 CNN 在没见过的衣物上错得少吗？",
        "On a real data set: does blending lower a small CNN's error on clothes that it has not seen?",
    )
    outputs = (outputs.figure("errors", height=400), outputs.table("table"), outputs.markdown("note"))
    tries = (
        Try(
            t(
                "500 张：α = 1 的误差没有降，交叉熵却少了三分之一",
                "500 pictures: no fewer errors at α = 1, but a third less cross-entropy",
            ),
            {"count": "500"},
            holds=lambda y: (
                y.against_plain("mixup-1", "error").sign >= 0
                and y.of("mixup-1", "cross-entropy").mean < y.of("plain", "cross-entropy").mean * 2 / 3
            ),
        ),
    )

    count: str = choice("2000", {"500": t("500 张", "500"), "2000": t("2000 张", "2 000")}, label=t("训练的图", "Training pictures"))  # fmt: skip

    def compute(self) -> Compared:
        from core.vision.mixup.clothes import recorded

        return recorded(int(self.count))

    def show(self, y: Compared, say: Say) -> Mapping[str, Any]:
        return {
            "errors": pictures.errors(y, say),
            "table": Table(pictures.table(y, say)),
            "note": pictures.clothes_note(y, int(self.count), say),
        }


class MixClothes(Tab):
    slug = "mix-clothes"
    label = t("混合衣物", "Mix clothes")
    question = t(
        "两件衣物混在一起，训练好的网络沿直线改口吗？",
        "Two garments blended: do the trained networks change their answer along the straight line?",
    )
    outputs = (
        outputs.figure("along", height=400),
        outputs.images("pictures", t("第一个、混合、第二个", "First, blend, second"), height=130),
        FACTS,
    )

    tries = (
        Try(
            t("SamplePairing：也更接近直线", "SamplePairing: nearer the line as well"),
            {"method": "pair"},
            holds=lambda y: y.ways["pair"].gap < y.ways["plain"].gap / 2,
        ),
        Try(
            t("ε = 1：只剩第一张，两个网络都读作凉鞋", "ε = 1: the first alone, a sandal to both networks"),
            {"epsilon": 1.0},
            holds=lambda y: all(way.here.argmax() == 5 for way in y.ways.values()),
        ),
    )

    first: int = slider(2, 0, 9999, label=t("第一张的编号", "Number of the first"))
    second: int = slider(7, 0, 9999, label=t("第二张的编号", "Number of the second"))
    epsilon: float = slider(
        0.5, 0.0, 1.0, step=0.01, label=t("ε（第一张的份量）", "ε, the first one's weight"), play=True
    )
    method: str = choice("mixup-1", texts.KEPT, label=t("与不混合相比的方法", "Method beside plain training"))

    def compute(self) -> Path:
        from core.vision.mixup.clothes import by_hand

        return by_hand(self.first, self.second, self.epsilon, self.method)

    def show(self, y: Path, say: Say) -> Mapping[str, Any]:
        def called(kind: int) -> str:
            return kind_name("fashion28", kind, say)

        facts = [
            Metric(say(texts.METHOD_NAMES[name]), called(int(way.here.argmax())), f"p = {way.here.max():.2f}")
            for name, way in y.ways.items()
        ]
        return {
            "along": pictures.along(y, self.epsilon, say, called),
            "pictures": outputs.Grid(y.pictures, 3, ["x_a", "x̃", "x_b"], 4),
            "facts": facts,
        }


POST = Post(
    id=5693,
    title=t("从SamplePairing到mixup：神奇的正则项", "From SamplePairing to mixup: magical regularisers"),
    date=datetime.date(2018, 7, 7),
    story=texts.STORY,
    changes=texts.CHANGES,
    papers=(
        ("Inoue 2018, Data Augmentation by Pairing Samples for Images Classification", "https://arxiv.org/abs/1801.02929"),
        ("Zhang et al. 2018, mixup: Beyond Empirical Risk Minimization", "https://arxiv.org/abs/1710.09412"),
    ),
)  # fmt: skip

PAGE = Page(
    title=t("mixup 与正则化", "mixup as a regulariser"),
    summary=t(
        "混合两个样本来训练：直线一分不罚，弯曲才付；平面上的分界线，只有少量数字时 CNN 的误差，亲手混合两个数字。",
        "Training on blends of two samples: a line pays nothing, curvature does; borders in the plane, a CNN on few digits, two digits mixed by hand.",
    ),
    post=POST,
    tabs=(Line, Penalty, Plane, Few, Blend, Clothes, MixClothes),
    added=datetime.date(2026, 11, 27),
    weights=("mixup-fashion28", "vae-clustering-fashion28"),
)
