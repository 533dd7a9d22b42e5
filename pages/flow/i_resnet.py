"""i-ResNet: an ordinary ResNet, invertible because its branches contract (post 6482)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import PointValue, SketchValue, choice, point, seed, sketch, slider
from gallery.page import Page, Post, Progress, Say, Tab, Try, t
from pages.flow import _i_resnet_figures as pictures
from pages.flow import _i_resnet_numbers as numbers
from pages.flow._i_resnet_inputs import FIELDS, KERNELS, TERMS
from pages.flow._i_resnet_texts import CHANGES, STORY
from pages.shared.digits import DATA, Digit
from pages.shared.plane import HEART, TARGETS

if TYPE_CHECKING:
    from core.flow.i_resnet.determinant import Series
    from core.flow.i_resnet.inversion import Inversion
    from core.flow.i_resnet.learning import Learnt
    from core.flow.i_resnet.views import Norms, TakenBack
    from core.flow.i_resnet.warp import Warped

FACTS = outputs.metrics("facts")
SHIPPED = ("eight", "moons", "ring")
FLOWS = {key: TARGETS[key] for key in SHIPPED}


class Warp(Tab):
    label = t("平面变形", "Warp")
    question = t(
        "一块一块地看：普通的残差网络怎样把数据变成噪声，又怎样变回来？",
        "Block by block: how does an ordinary residual network turn data into noise, and back?",
    )
    outputs = (outputs.figure("warp", height=430), FACTS)
    tries = (
        Try(
            t(
                "0 块：网还是直的，左边是数据，中间是噪声",
                "No block: the net is straight, data at the left, noise in the middle",
            ),
            {"blocks": 0},
            lambda y: min(y.net[0].max(0) - y.net[0].min(0)) < 1e-6,
        ),
        Try(
            t("两弯月牙：离熵不到 0.1 nat", "Two moons: within 0.1 nats of the entropy"),
            {"target": "moons"},
            lambda y: abs(y.nll - y.entropy) < 0.1,
        ),
    )

    target: str = choice("eight", FLOWS, label=t("学的分布", "Distribution learnt"))
    blocks: int = slider(10, 0, 10, label=t("过几块", "Blocks"), play=True)
    seed: int = seed()

    def compute(self) -> Warped:
        from core.flow.i_resnet.warp import warped

        return warped(self.target, self.blocks, self.seed)

    def show(self, y: Warped, say: Say) -> Mapping[str, Any]:
        facts = numbers.warp(y, say)
        return {
            "warp": pictures.warp(y, say),
            "facts": facts,
        }  # fmt: skip


class FixedPoint(Tab):
    label = t("不动点", "Fixed point")
    question = t(
        "反复代入就能求逆？要迭代几次？Lip(g) 超过 1 会怎样？",
        "Is repeated substitution an inverse? How many iterations, and what if Lip(g) exceeds 1?",
    )
    outputs = (outputs.figure("plane", height=480), FACTS)
    tries = (
        Try(
            t("c = 0.3：25 次迭代之内误差小于 1e-12", "c = 0.3: below 1e-12 within 25 iterations"),
            {"c": 0.3},
            lambda y: not y.errors[25] > 1e-12,
        ),
        Try(
            t("四分之一转，c = 1.1：可逆，迭代却绕圈", "Quarter turn, c = 1.1: invertible, but the iterates go round"),
            {"field": "turn", "c": 1.1, "point": (0.1, 0.05)},
            lambda y: not y.settled and not y.folded,
        ),
        Try(
            t("对折，c = 1.1：停在另一点", "Fold, c = 1.1: another point is found"),
            {"field": "fold", "c": 1.1, "point": (0.1, 0.05)},
            lambda y: y.settled and not y.found and y.folded,
        ),
    )

    field: str = choice("trained", FIELDS, label=t("支路 g", "Branch g"))
    block: int = slider(8, 1, 10, label=t("第几块", "Block"), shown_when={"field": "trained"})
    c: float = slider(0.9, 0.3, 1.1, step=0.05, label=t("Lip(g) = c", "Lip(g) = c"), help=t("缩放同一支路", "the same branch, rescaled"))  # fmt: skip
    point: PointValue = point((1.2, 0.8), (-3, 3), (-3, 3), label=t("x", "x"), in_picture=True)
    iterations: int = slider(20, 0, 60, label=t("迭代次数 n", "Iterations n"), play=True)

    def compute(self) -> Inversion:
        from core.flow.i_resnet.inversion import inversion

        return inversion(self.field, self.block, self.c, self.point)  # type: ignore[arg-type]

    def show(self, y: Inversion, say: Say) -> Mapping[str, Any]:
        facts = numbers.fixed(y, self.iterations, self.c, say)
        return {"plane": pictures.fixed(y, self.iterations, self.c, say), "facts": facts}


class Determinant(Tab):
    label = t("行列式", "Determinant")
    question = t(
        "级数要几项？一个随机向量的估计有多准？",
        "How many terms does the series need, and how good is the estimate by one random vector?",
    )
    outputs = (outputs.figure("series", height=430), FACTS)
    tries = (
        Try(
            t("20 项：误差小于 1e-3", "20 terms: the error is below 1e-3"),
            {"terms": 20},
            lambda y: y.errors[-1] < 1e-3,
        ),
        Try(
            t("64 个随机向量：标准差降到八分之一", "64 random vectors: an eighth of the sd"),
            {"probes": 64},
            lambda y: abs(8 * y.spread / y.one - 1) < 0.3,
        ),
    )

    target: str = choice("eight", FLOWS, label=t("模型", "Model"))
    point: PointValue = point((1.2, 0.8), (-3, 3), (-3, 3), label=t("x", "x"), in_picture=True)
    terms: int = slider(3, 1, 20, label=t("项数 N", "Terms N"), play=True)
    probe: str = choice(
        "normal", {"normal": t("高斯", "Normal"), "signs": t("±1", "±1")}, label=t("随机向量 u", "Random vector u")
    )
    probes: int = slider(1, 1, 64, log=True, label=t("每次用几个 u", "Vectors u an estimate"))
    seed: int = seed()

    def compute(self) -> Series:
        from core.flow.i_resnet.determinant import series

        return series(self.target, self.point, self.terms, self.probe, self.probes, self.seed)  # type: ignore[arg-type]

    def show(self, y: Series, say: Say) -> Mapping[str, Any]:
        facts = numbers.determinant(y, self.terms, say)
        return {
            "series": pictures.series(y, self.point, self.terms, self.probes, say),
            "facts": facts,
        }  # fmt: skip


class Train(Tab):
    label = t("现场训练", "Train")
    question = t(
        "换一个分布（或自己画），残差网络学得会吗？级数截断太短会怎样？",
        "Another distribution, or your own drawing: is it learnt? And what if the series is cut too short?",
    )
    outputs = (outputs.figure("plane", height=470), FACTS, outputs.figure("curves", height=300))
    budget = 4800.0
    live = False
    tries = (
        Try(
            t("只取 1 项：目标函数高估似然半个 nat 以上", "One term: the objective flatters by over half a nat"),
            {"terms": "1"},
            lambda y: y.gain > 0.5,
        ),
        Try(
            t("自己画的心形：比训练前好得多", "The drawn heart: far better than at the start"),
            {"target": "drawn"},
            lambda y: y.last.nll < y.records[0].nll - 0.3,
        ),
    )

    target: str = choice("moons", TARGETS, label=t("要学的分布", "Distribution to learn"))
    drawing: SketchValue = sketch(64, label=t("画", "Draw"), default="\n".join(HEART), shown_when={"target": "drawn"})
    terms: str = choice("0", TERMS, label=t("ln det 用", "ln det by"))
    blocks: int = slider(6, 2, 8, label=t("残差块", "Residual blocks"))
    c: float = slider(0.9, 0.3, 0.97, step=0.01, label=t("每层的 c", "c of each layer"))
    steps: int = slider(300, 100, 600, step=50, label=t("步数", "Steps"))
    seed: int = seed()

    def cost(self) -> float:
        return self.steps * self.blocks

    def compute(self) -> Iterator[Learnt | Progress]:
        from core.flow.i_resnet.learning import Settings, learn
        from core.flow.i_resnet.plane import Config, aim

        settings = Settings(Config(self.blocks, 32, self.c), int(self.terms), self.steps, seed=self.seed)
        return learn(settings, aim(self.target, self.seed, self.drawing))

    def progress(self, result: Learnt) -> float:
        return result.done

    def show(self, y: Learnt, say: Say) -> Mapping[str, Any]:
        facts = numbers.training(y, self.terms, say)
        return {
            "plane": pictures.learnt(y, int(self.terms), say),
            "curves": pictures.curves(y, int(self.terms), say),
            "facts": facts,
        }  # fmt: skip


class Digits(Digit):
    label = t("数字", "Digits")
    question = t(
        "约束之后还能分类吗？能从最后一层找回原图吗？",
        "Does it still classify under the constraint, and does its last layer give the picture back?",
    )
    outputs = (
        outputs.figure("errors", height=380),
        outputs.images("states", t("上：i-ResNet 逐层向前；中：从最后一层退回；下：ResNet 同样退回", "Top: forward through i-ResNet. Middle: back from its last layer. Bottom: ResNet, back likewise"), height=210),
        FACTS,
    )  # fmt: skip
    tries = (
        Try(
            t("25 次迭代：每个像素都差不到一级灰度", "25 iterations: no pixel is off by a grey level"),
            {"iterations": 25},
            lambda y: y.models[0].error < 2 / 255,
        ),
        Try(
            t("自己写的 7：同样找得回", "A drawn 7 is given back as well"),
            {"source": "sketch", "iterations": 25},
            lambda y: y.models[0].error < 2 / 255,
        ),
    )

    iterations: int = slider(12, 0, 25, label=t("每块迭代次数", "Iterations a block"), play=True)

    def compute(self) -> TakenBack:
        from core.codec import of_drawing
        from core.data.datasets import held_out
        from core.flow.i_resnet.views import NAME, taken_back
        from core.weights import load

        if self.source == "sketch":
            return taken_back(of_drawing(load(NAME), self.drawing), self.iterations)
        return taken_back(self.picture if self.source == "picture" else held_out(DATA, self.number), self.iterations)

    def show(self, y: TakenBack, say: Say) -> Mapping[str, Any]:
        captions = [
            "x",
            *(say("压缩", "squeeze") if one == "squeeze" else say(f"块 {one}", f"block {one}") for one in y.names[1:]),
        ]
        rows = pictures.rows(y)
        facts = numbers.digits(y, say)
        return {
            "errors": pictures.digits(y, self.iterations, say),
            "states": outputs.Grid([one for row in rows for one in row], len(captions), [*captions, *[""] * (2 * len(captions))]),
            "facts": facts,
        }  # fmt: skip


class Spectral(Tab):
    label = t("范数", "Norms")
    question = t(
        "卷积的范数怎么算？把核铺平成矩阵行不行？",
        "How is the norm of a convolution found? Will the reshaped kernel do?",
    )
    outputs = (outputs.figure("norms", height=400), FACTS)
    tries = (
        Try(
            t("全 1 的核：铺平只有 3，算子将近 9", "All ones: 3 as a matrix, nearly 9 as an operator"),
            {"kernel": "ones"},
            lambda y: abs(y.reshaped - 3) < 1e-6 and 8.5 < y.by_side[-1] < 9,
        ),
        Try(
            t("2 像素：边界外都是零，范数小得多", "2 pixels: mostly zeros outside, a far smaller norm"),
            {"kernel": "ones", "side": 2},
            lambda y: abs(y.exact - 4) < 1e-6,
        ),
    )

    kernel: str = choice("first", KERNELS, label=t("看哪个核", "Kernel"))
    side: int = slider(14, 2, 14, label=t("图的边长", "Side of the picture"))
    seed: int = seed()

    def compute(self) -> Norms:
        from core.flow.i_resnet.views import norms

        return norms(self.kernel, self.side, self.seed)  # type: ignore[arg-type]

    def show(self, y: Norms, say: Say) -> Mapping[str, Any]:
        facts = numbers.norms(y, self.side, say)
        return {
            "norms": pictures.norms(y, self.side, say),
            "facts": facts,
        }  # fmt: skip


POST = Post(
    id=6482,
    title=t(
        "细水长flow之可逆ResNet：极致的暴力美学", "Flows: the invertible ResNet, brute force at its most beautiful"
    ),
    date=datetime.date(2019, 3, 21),
    story=STORY,
    changes=CHANGES,
    papers=(
        ("Behrmann et al. 2018, Invertible Residual Networks", "https://arxiv.org/abs/1811.00995"),
        ("Chen et al. 2019, Residual Flows for Invertible Generative Modeling", "https://arxiv.org/abs/1906.02735"),
    ),
)

PAGE = Page(
    title=t("可逆 ResNet", "Invertible ResNet"),
    summary=t(
        "普通的残差网络，只把每层的范数压到 1 以下：用不动点求逆，用级数求行列式。",
        "An ordinary residual network with the norms of its layers kept below 1: inverted by a fixed point, its determinant by a series.",
    ),
    post=POST,
    tabs=(Warp, FixedPoint, Determinant, Train, Digits, Spectral),
    added=datetime.date(2026, 11, 27),
    weights=(*(f"i-resnet-{name}" for name in SHIPPED), "i-resnet-mnist28", "i-resnet-free-mnist28"),
)
