"""Learning rates by layer, and gradients changed at will (post 6418)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import PointValue, choice, point, seed, slider
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.tricks import _layerwise_lr_figures as pictures
from pages.tricks._layerwise_lr_figures import CLIPS, REACH, SAME
from pages.tricks._layerwise_lr_texts import CHANGES, CLIPPING_NOTE, REVERSAL_NOTE, STORY, THROUGH_NOTE

if TYPE_CHECKING:
    from core.tricks.layerwise_lr import Clipping as Compared
    from core.tricks.layerwise_lr import Equivalence, Reversed, Signs, Walks

SURFACES = {
    "rosenbrock": t("香蕉谷", "Banana valley"),
    "valley": t("窄谷", "Narrow valley"),
    "saddle": t("鞍点", "Saddle"),
}
OPTIMISERS = {"sgd": t("SGD", "SGD"), "momentum": t("SGD + 动量", "SGD, momentum"), "adam": t("Adam", "Adam")}
FRAMES, FEW = 8, 5
BUDGET = 6000.0  # steps of a small network
OPTIMISER, LR, STEPS = t("优化器", "Optimiser"), t("学习率 α", "Learning rate α"), t("步数", "Steps")
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")


class Surface(Tab):
    label = t("两条轨迹", "Two walks")
    question = t(
        "改写权重与改学习率，走的是同一条路吗？",
        "Do a rewritten weight and a changed learning rate walk the same path?",
    )
    outputs = (outputs.figure("walks", height=490), FACTS)
    budget = BUDGET
    tries = (
        Try(
            t("Adam、ε 可忽略：两条轨迹重合", "Adam with a negligible ε: the two walks coincide"),
            {"optimiser": "adam", "rate": 0.05},
            lambda y: y.gap.max() < SAME,
        ),
        Try(
            t("Adam、ε = 0.1：两条轨迹分开", "Adam with ε = 0.1: the two walks part"),
            {"optimiser": "adam", "rate": 0.05, "epsilon": 0.1},
            lambda y: y.gap.max() > 1e-3,
        ),
        Try(
            t("权重衰减也会打破等价", "Weight decay breaks the equivalence, too"),
            {"decay": 0.2},
            lambda y: y.gap.max() > 1e-3,
        ),
    )

    surface: str = choice("rosenbrock", SURFACES, label=t("曲面", "Surface"))
    start: PointValue = point((-1.6, 2.0), (-REACH, REACH), (-REACH, REACH), label=t("起点", "Start"), in_picture=True)
    optimiser: str = choice("momentum", OPTIMISERS, label=OPTIMISER)
    factor: float = slider(1.7, 0.1, 4.0, log=True, label=t("λ：y 写成 λφ", "λ: y written as λφ"))
    rate: float = slider(0.006, 0.001, 0.3, log=True, label=LR)
    epsilon: float = slider(
        1e-12, 1e-12, 0.1, log=True, label=t("Adam 的 ε", "Adam's ε"), shown_when={"optimiser": "adam"}
    )
    decay: float = slider(0.0, 0.0, 0.5, step=0.01, label=t("权重衰减", "Weight decay"))
    steps: int = slider(150, 10, 600, step=5, label=STEPS, play=True)

    def cost(self) -> float:
        return self.steps

    def compute(self) -> Walks:
        from core.tricks.layerwise_lr import walks

        return walks(
            self.surface, self.start, self.factor, self.optimiser, self.rate, self.steps, self.epsilon, self.decay
        )

    def show(self, result: Walks, say: Say) -> Mapping[str, Any]:
        figure = pictures.walks(result, self.start, self.factor, self.steps, say)
        facts = pictures.walk_facts(result, self.steps, say)
        return {
            "walks": figure,
            "facts": facts,
        }


class Network(Tab):
    label = t("网络", "A network")
    question = t("在真正的网络上还等价吗，什么会打破它？", "Does it hold for a real network, and what breaks it?")
    outputs = (
        outputs.figure("gap", height=470),
        FACTS,
        outputs.table("told", t("最大差", "Largest differences")),
    )
    budget = BUDGET
    live = False
    tries = (
        Try(
            t("SGD：学习率乘 λ²，权重衰减与裁剪打破它", "SGD: times λ²; weight decay and clipping break it"),
            {"optimiser": "sgd", "rate": 0.02},
            lambda y: y.gaps["plain"].max() < SAME < min(y.gaps["decay"].max(), y.gaps["norm"].max()),
        ),
        Try(
            t("λ 全为 1：什么都打破不了", "Every λ = 1: nothing can break it"),
            {"first": 1.0, "second": 1.0, "third": 1.0},
            lambda y: max(gap.max() for gap in y.gaps.values()) < SAME,
        ),
    )

    optimiser: str = choice("adam", OPTIMISERS, label=OPTIMISER)
    first: float = slider(0.3, 0.1, 4.0, log=True, label=t("λ，第一层", "λ of layer 1"))
    second: float = slider(1.0, 0.1, 4.0, log=True, label=t("λ，第二层", "λ of layer 2"))
    third: float = slider(3.0, 0.1, 4.0, log=True, label=t("λ，第三层", "λ of layer 3"))
    rate: float = slider(0.002, 0.0005, 0.05, log=True, label=LR)
    steps: int = slider(100, 20, 400, label=STEPS)
    seed: int = seed(1)

    def cost(self) -> float:
        return 10.0 * self.steps

    def compute(self) -> Iterator[Equivalence]:
        from core.tricks.layerwise_lr import what_breaks_it

        return what_breaks_it((self.first, self.second, self.third), self.optimiser, self.rate, self.steps, self.seed)

    def progress(self, result: Equivalence) -> float:
        return len(result.gaps) / len(result.cases)

    def show(self, result: Equivalence, say: Say) -> Mapping[str, Any]:
        figure = pictures.gaps(result, self.steps, say)
        facts = pictures.network_facts(result, self.first, self.second, self.third, say)
        told = pictures.largest(result, say)
        return {
            "gap": figure,
            "facts": facts,
            "told": outputs.Table(told),
        }


class Clipping(Tab):
    label = t("裁剪", "Clipping")
    question = t(
        "一批坏数据来时，怎样处理梯度救得了网络？",
        "When a bad batch comes, which treatment of gradients saves the network?",
    )
    outputs = (outputs.figure("run", height=470), FACTS, NOTE)
    budget = BUDGET
    live = False
    tries = (
        Try(
            t("不处理：一批坏数据就毁了网络", "Left as they are: one bad batch ruins the network"),
            {"way": "none"},
            lambda y: y.chosen.accuracy[-1] < 0.3 < 0.8 < y.runs["layer"].accuracy[-1],
        ),
        Try(
            t("没有坏数据：怎样处理都差不多", "No bad batches: every treatment learns"),
            {"shock": 1.0},
            lambda y: min(run.accuracy[-1] for run in y.runs.values()) > 0.8,
        ),
    )

    way: str = choice("layer", CLIPS, label=t("怎样处理梯度", "What to do with gradients"))
    limit: float = slider(0.5, 0.01, 20.0, log=True, label=t("上限", "Limit"), shown_when={"way": ("global", "layer")})
    rate: float = slider(0.1, 0.01, 0.5, log=True, label=LR)
    shock: float = slider(
        100.0, 1.0, 300.0, log=True, label=t("每 40 批有一批的像素乘以", "One batch in 40 has its pixels times")
    )
    steps: int = slider(400, 100, 1000, step=50, label=STEPS)
    seed: int = seed(1)

    def cost(self) -> float:
        return 5.0 * self.steps

    def compute(self) -> Iterator[Compared]:
        from core.tricks.layerwise_lr import compare_clipping

        return compare_clipping(self.way, self.limit, self.rate, self.shock, self.steps, FRAMES, self.seed)

    def progress(self, result: Compared) -> float:
        return result.step / self.steps

    def show(self, result: Compared, say: Say) -> Mapping[str, Any]:
        figure = pictures.clipped(result, self.way, self.limit, self.steps, say)
        facts = pictures.clipping_facts(result, say)
        note = say(CLIPPING_NOTE)
        return {
            "run": figure,
            "facts": facts,
            "note": note,
        }


class Reversal(Tab):
    label = t("梯度反转", "Reversal")
    question = t("没有目标域的标签，怎样学会目标域？", "How does one learn a domain without its labels?")
    outputs = (outputs.figure("domains", height=470), FACTS, NOTE)
    budget = BUDGET
    live = False
    tries = (
        Try(
            t("κ = 0：没有反转，两边是同一个网络", "κ = 0: nothing is reversed, both sides are one network"),
            {"factor": 0.0},
            lambda y: y.turned.target == y.plain.target,
        ),
        Try(
            t(
                "转 60°：两类几乎对调，不反转的不到四成",
                "Turned by 60°: the classes nearly change places, plain training stays below 40 %",
            ),
            {"degrees": 60.0},
            lambda y: y.plain.target < 0.4,
        ),
    )

    factor: float = slider(1.0, 0.0, 5.0, step=0.1, label=t("反转的倍数 κ", "Factor κ of the reversal"))
    degrees: float = slider(35.0, 0.0, 90.0, step=5, label=t("目标域转过的角度", "The target is turned by"), unit="°")
    n: int = slider(250, 50, 400, label=t("每个域的样本数", "Samples a domain"))
    steps: int = slider(400, 100, 1000, step=50, label=STEPS)
    seed: int = seed(1)

    def cost(self) -> float:
        return 4.0 * self.steps

    def compute(self) -> Iterator[Reversed]:
        from core.tricks.layerwise_lr import compare_reversal

        return compare_reversal(self.n, self.degrees, self.factor, self.steps, FEW, self.seed)

    def progress(self, result: Reversed) -> float:
        return result.turned.step / self.steps

    def show(self, result: Reversed, say: Say) -> Mapping[str, Any]:
        figure = pictures.domains(result, self.factor, say)
        facts = pictures.reversal_facts(result, say)
        note = say(REVERSAL_NOTE)
        return {
            "domains": figure,
            "facts": facts,
            "note": note,
        }


class Through(Tab):
    label = t("直通", "Straight-through")
    question = t("导数处处为零的单元怎么训练？", "How does one train units whose derivative is zero?")
    outputs = (outputs.figure("signs"), FACTS, NOTE)
    budget = BUDGET
    live = False
    tries = (
        Try(
            t("只有 4 个单元：不学第一层就不行", "Four units: without learning layer 1 it fails"),
            {"units": 4},
            lambda y: y.through[-1] > y.blocked[-1] + 0.1,
        ),
        Try(
            t("128 个单元：随机特征也够用", "128 units: random features will do"),
            {"units": 128},
            lambda y: y.blocked[-1] > 0.85,
        ),
    )

    units: int = slider(24, 2, 128, log=True, label=t("±1 隐藏单元数", "Hidden ±1 units"))
    rate: float = slider(0.003, 0.0005, 0.02, log=True, label=LR)
    steps: int = slider(500, 100, 1500, step=100, label=STEPS)
    seed: int = seed(1)

    def cost(self) -> float:
        return 2.0 * self.steps

    def compute(self) -> Iterator[Signs]:
        from core.tricks.layerwise_lr import sign_run

        return sign_run(self.units, self.rate, self.steps, FRAMES, self.seed)

    def progress(self, result: Signs) -> float:
        return result.step / self.steps

    def show(self, result: Signs, say: Say) -> Mapping[str, Any]:
        figure = pictures.signs(result, self.steps, self.units, say)
        facts = pictures.sign_facts(result, say)
        note = say(THROUGH_NOTE)
        return {
            "signs": figure,
            "facts": facts,
            "note": note,
        }


POST = Post(
    id=6418,
    title=t(
        "“让Keras更酷一些！”：分层的学习率和自由的梯度",
        "Making Keras cooler: layerwise learning rates and free gradients",
    ),
    date=datetime.date(2019, 3, 10),
    story=STORY,
    changes=CHANGES,
    papers=(
        ("Kingma, Ba 2015, Adam", "https://arxiv.org/abs/1412.6980"),
        (
            "Ganin, Lempitsky 2015, Unsupervised domain adaptation by backpropagation",
            "https://arxiv.org/abs/1409.7495",
        ),
        ("Courbariaux et al. 2016, Binarized neural networks", "https://arxiv.org/abs/1602.02830"),
    ),
)

PAGE = Page(
    title=t("分层的学习率和自由的梯度", "Learning rates by layer, gradients at will"),
    summary=t(
        "把权重写成 λφ，学习率就变成 λ² 倍（SGD）或 λ 倍（Adam）：两条轨迹严格重合，什么会打破它？",
        "Write a weight as λφ and its learning rate becomes λ² times (SGD) or λ times (Adam): two walks coincide. "
        "What breaks it?",
    ),
    post=POST,
    tabs=(Surface, Network, Clipping, Reversal, Through),
    added=datetime.date(2026, 11, 21),
)
