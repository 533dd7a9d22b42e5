"""i-ResNet: an ordinary ResNet, invertible because its branches contract (post 6482)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import PointValue, SketchValue, choice, point, seed, sketch, slider
from gallery.outputs import Metric
from gallery.page import Page, Post, Progress, Say, Tab, Try, t
from pages.flow import _i_resnet_figures as pictures
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
        return {
            "warp": pictures.warp(y, say),
            "facts": [
                Metric(say("负对数似然", "Negative log-likelihood"), y.nll, say("nat / 点，4096 个新点", "nats a point, 4096 fresh points")),
                Metric(say("目标的熵", "Entropy of the target"), y.entropy, say("期望意义下任何模型的下限", "no model's mean gets below")),
                Metric(say("x → z → x 的误差", "Error of x → z → x"), f"{y.back:.1e}", say("坐标的最大误差", "largest of a coordinate")),
                Metric(say("训练步数", "Steps of training"), y.steps, say("模型卡", "card")),
            ],
        }  # fmt: skip


FIELDS = {
    "trained": t("训练好的一块", "A trained block"),
    "turn": t("四分之一转：c·Q tanh(x)", "Quarter turn: c·Q tanh(x)"),
    "fold": t("对折：−c·tanh(x)", "Fold: −c·tanh(x)"),
}


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
        error, bound = y.errors[self.iterations], y.bounds[self.iterations]
        facts = [
            Metric(say(f"{self.iterations} 次后的误差", f"Error after {self.iterations}"), _small(error)),
            Metric(say("界 cⁿ/(1−c)·‖x₁−x₀‖", "Bound cⁿ/(1−c)·‖x₁−x₀‖"), _small(bound) if self.c < 1 else say("没有", "none")),
            Metric(say("det(I+J) 的最小值", "Smallest det(I + J)"), y.least, say("≤ 0 即折叠（图中着色）", "0 or less: folded, shaded")),
        ]  # fmt: skip
        if y.product:
            facts.append(Metric(say("各层范数之积", "Product of the layers' norms"), y.product, say("Lip(g) 的上界，宽松", "an upper bound of Lip(g), a loose one")))  # fmt: skip
        return {"plane": pictures.fixed(y, self.iterations, self.c, say), "facts": facts}


def _small(value: float) -> str:
    return f"{value:.1e}" if value > 0 else "< 1e-13"


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
        k = self.terms - 1
        return {
            "series": pictures.series(y, self.point, self.terms, self.probes, say),
            "facts": [
                Metric(say("目标上的偏差", "Bias over the target"), f"{y.biases[k]:+.1e}", say("级数 − 精确值的平均", "mean of series minus exact")),
                Metric(say("余项界", "Bound of the remainder"), f"{y.bounds[k]:.1e}", say("用各层范数之积", "by the product of the layers' norms")),
                Metric(say("估计的标准差", "Sd of the estimate"), y.sds[k], say("闭式：√(2‖S‖²/K)，S 为对称部分；±1 时去掉对角线", "closed form √(2‖S‖²/K), S the symmetric part, without its diagonal for ±1")),
                Metric(say("400 次估计的标准差", "Sd of 400 estimates"), float(y.spread)),
            ],
        }  # fmt: skip


TERMS = {
    "0": t("精确行列式", "the determinant"),
    "1": t("1 项", "1 term"),
    "2": t("2 项", "2 terms"),
    "5": t("5 项", "5 terms"),
}


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
        return {
            "plane": pictures.learnt(y, int(self.terms), say),
            "curves": pictures.curves(y, int(self.terms), say),
            "facts": [
                Metric(say("负对数似然（精确）", "Negative log-likelihood, exact"), y.last.nll, say("nat / 点，2048 个新点", "nats a point, 2048 fresh points")),
                Metric(say("目标函数所说", "What the objective says"), y.last.objective, say(f"ln det 用{TERMS[self.terms].zh}", f"ln det by {TERMS[self.terms].en}")),
                Metric(say("目标的熵", "Entropy of the target"), y.entropy, say("下限", "no model gets below")),
            ],
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
        ours, plain = y.models
        seeds = say("各种子：", "by seeds: ")
        return {
            "errors": pictures.digits(y, self.iterations, say),
            "states": outputs.Grid([one for row in rows for one in row], len(captions), [*captions, *[""] * (2 * len(captions))]),
            "facts": [
                Metric(say("i-ResNet 测试错误率", "i-ResNet, test error"), f"{ours.test_error:.2%}", seeds + _shares(ours.test_errors)),
                Metric(say("ResNet 测试错误率", "ResNet, test error"), f"{plain.test_error:.2%}", seeds + _shares(plain.test_errors)),
                Metric(say("参数", "Parameters"), ours.parameters, say("两者相同", "the same in both")),
            ],
        }  # fmt: skip


def _shares(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.2%}" for value in values)


KERNELS = {
    "first": t("i-ResNet 的第一层", "i-ResNet's first layer"),
    "last": t("i-ResNet 最后一块的第一层", "The first layer of its last block"),
    "ones": t("全 1 的 3×3 核", "3×3, all ones"),
    "random": t("随机的 3×3 核", "3×3, random"),
}


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
        return {
            "norms": pictures.norms(y, self.side, say),
            "facts": [
                Metric(say("算子范数", "Operator norm"), y.exact, say(f"{self.side} 像素", f"at {self.side} pixels")),
                Metric(say("核铺平后的范数", "Norm of the reshaped kernel"), y.reshaped, say("不是上界", "no bound")),
                Metric(say("幂迭代 1 / 5 / 30 次", "Power iterations: 1 / 5 / 30"), " / ".join(f"{y.powers[k]:.3f}" for k in (0, 4, 29)), say("总是偏低", "always too low")),
            ],
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
