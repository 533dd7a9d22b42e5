"""Losses of one's own (post 4493)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import PointValue, choice, point, seed, slider, text
from gallery.outputs import Table
from gallery.page import Page, Post, Progress, Say, Tab, Try, t
from pages.tricks import _custom_loss_figures as pictures
from pages.tricks import _custom_loss_numbers as numbers
from pages.tricks._custom_loss_figures import LOSS, LOSSES
from pages.tricks._custom_loss_texts import CHANGES, OWN_NOTE, SHAPES_NOTE, STORY

if TYPE_CHECKING:
    from core.tricks import custom_loss as model

STEPS, MARGIN = t("训练步数", "Training steps"), t("间隔 m（余弦）", "Margin m (cosines)")
CENTRE, GAMMA, EPSILON = (
    t("λ（center loss）", "λ (centre loss)"),
    t("γ（focal）", "γ (focal)"),
    t("ε（标签平滑）", "ε (smoothing)"),
)
FORMULAS = ("(p-y)^2", "-y*log(p)*(p<0.8)", "-y*u", "max(0, 1-(2*y-1)*u)", "-y*(1-p)^2*log(p)", "-y*sqrt(p)")
PLANE = (-1.5, 1.5)
FRAMES, COMPARED, DRAWN = 8, 4, 6
BUDGET = 8000.0  # training steps of a small network
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")


class Embed(Tab):
    label = t("特征", "Features")
    question = t("一种损失把数字在平面上排成什么样？", "How does a loss lay digits out in the plane?")
    outputs = (outputs.figure("cloud", height=560), FACTS, outputs.figure("loss", height=280))
    budget = BUDGET
    tries = (
        Try(
            t(
                "Center loss：各类收紧，九成以上的方差在类间",
                "Centre loss: classes tighten, over nine tenths of the variance is between them",
            ),
            {"loss": "centre"},
            lambda r: r.separation > 0.93,
        ),
        Try(
            t("三元组：没有分类器，只学方向", "Triplets: no classifier, directions alone"),
            {"loss": "triplet"},
            lambda r: r.accuracy > 0.6,
        ),
        Try(
            t(
                "m = 0.6：十类在平面上做不到，准确率掉到七成左右",
                "m = 0.6: out of reach for ten classes in a plane, accuracy drops to about 70 %",
            ),
            {"loss": "margin", "margin": 0.6},
            lambda r: r.accuracy < 0.8,
        ),
    )

    loss: str = choice("softmax", LOSSES, label=LOSS)
    centre: float = slider(0.03, 0.001, 1.0, log=True, label=CENTRE, shown_when={"loss": "centre"})
    margin: float = slider(0.2, 0.0, 0.6, step=0.02, label=MARGIN, shown_when={"loss": ("triplet", "margin")})
    gamma: float = slider(2.0, 0.0, 5.0, step=0.25, label=GAMMA, shown_when={"loss": "focal"})
    smoothing: float = slider(0.1, 0.0, 0.6, step=0.02, label=EPSILON, shown_when={"loss": "smooth"})
    steps: int = slider(600, 100, 2000, step=100, label=STEPS, play=True)
    seed: int = seed(1)

    def cost(self) -> float:
        return float(self.steps)

    def compute(self) -> Iterator[model.State]:
        from core.tricks.custom_loss import Settings, embed

        settings = Settings(self.centre, self.margin, self.gamma, self.smoothing)
        return embed(self.loss, settings, self.steps, FRAMES, self.seed)

    def progress(self, found: model.State) -> float:
        return found.step / self.steps

    def show(self, found: model.State, say: Say) -> dict[str, Any]:
        figure = pictures.digits(found, self.loss, say)
        fall = pictures.falling(found, self.steps, say)
        facts = numbers.embedded(found, self.margin, say)
        return {"cloud": figure, "facts": facts, "loss": fall}


class Compare(Tab):
    label = t("六种对照", "All six")
    question = t("同一个网络，六种损失差在哪里？", "One network, six losses: what differs?")
    outputs = (outputs.figure("clouds", height=640), outputs.table("told", t("数值", "Values")))
    budget = BUDGET
    live = False
    tries = (
        Try(
            t("m = 0.4：margin 与三元组落到最后", "m = 0.4: margin softmax and triplets come last"),
            {"margin": 0.4},
            lambda r: (
                max(r.states[n].accuracy for n in ("margin", "triplet"))
                < min(r.states[n].accuracy for n in ("softmax", "centre", "focal", "smooth"))
            ),
        ),
        Try(
            t("ε = 0.4：类间占比升到 94%，认得却少了", "ε = 0.4: 94 % between classes, yet fewer are right"),
            {"smoothing": 0.4},
            lambda r: (
                r.states["smooth"].separation > 0.93
                and r.states["smooth"].accuracy < r.states["softmax"].accuracy - 0.05
            ),
        ),
        Try(
            t("γ = 5：focal 比 softmax 学得慢", "γ = 5: focal learns more slowly than softmax"),
            {"gamma": 5.0},
            lambda r: r.states["focal"].accuracy < r.states["softmax"].accuracy - 0.03,
        ),
    )

    centre: float = slider(0.03, 0.001, 1.0, log=True, label=CENTRE)
    margin: float = slider(0.2, 0.0, 0.6, step=0.02, label=MARGIN)
    gamma: float = slider(2.0, 0.0, 5.0, step=0.25, label=GAMMA)
    smoothing: float = slider(0.1, 0.0, 0.6, step=0.02, label=EPSILON)
    steps: int = slider(300, 100, 800, step=100, label=STEPS)
    seed: int = seed(1)

    def cost(self) -> float:
        return float(6 * self.steps)

    def compute(self) -> Iterator[model.Comparison]:
        from core.tricks.custom_loss import Settings, compare

        settings = Settings(self.centre, self.margin, self.gamma, self.smoothing)
        return compare(settings, self.steps, COMPARED, self.seed)

    def progress(self, found: model.Comparison) -> float:
        return found.step / self.steps

    def show(self, found: model.Comparison, say: Say) -> dict[str, Any]:
        best = max(found.states, key=lambda name: found.states[name].separation)
        figure = pictures.six(found, best, say)
        told = numbers.compared(found, say)
        return {"clouds": figure, "told": Table(told)}


class Own(Tab):
    label = t("自己写", "Your own")
    question = t(
        "写一个自己的损失，它会怎样推、学得怎样？",
        "Write a loss of your own: how does it push, and how well does it learn?",
    )
    outputs = (outputs.figure("own", height=430), FACTS, outputs.figure("clouds", height=460), NOTE)
    budget = BUDGET
    live = False
    tries = (
        Try(
            t("p ≥ 0.8 就不推：只学还没把握的", "No push from p = 0.8 on: only what is unsure is learnt"),
            {"formula": "-y*log(p)*(p<0.8)"},
            lambda r: not r.curves.pushes["own"][r.curves.p > 0.8].any() and r.own_accuracy[-1] > 0.9,
        ),
        Try(
            t("−y·u：不压低其他类，只认对一成", "−y·u: nothing holds the other classes down, one in ten is right"),
            {"formula": "-y*u"},
            lambda r: r.own_accuracy[-1] < 0.15,
        ),
        Try(
            t("逐类的 hinge：平面上一条线切不出一类", "A hinge for each class: in a plane no line cuts off one class"),
            {"formula": "max(0, 1-(2*y-1)*u)"},
            lambda r: r.own_accuracy[-1] < 0.7 < r.softmax_accuracy[-1],
        ),
    )

    formula: str = text(
        "(p-y)^2",
        label=t("一个类上的损失，用 u、p、y 写", "Loss of one class, in u, p and y"),
        max_length=120,
        examples=FORMULAS,
        help=t(
            "u：这一类的 logit；p：它的 softmax 概率；y：正确类为 1，其余为 0。对十个类求和，对样本平均。可用 + − * / ^、一次比较（成立为 1）和 exp log sqrt abs sigmoid softplus relu tanh sin cos max min。",
            "u: the logit of the class; p: its softmax probability; y: 1 for the right class, else 0. Summed over ten classes, averaged over samples. There are + − * / ^, one comparison at a time (1 where it holds), and exp log sqrt abs sigmoid softplus relu tanh sin cos max min.",
        ),
    )
    steps: int = slider(400, 100, 1500, step=100, label=STEPS)
    seed: int = seed(1)

    def cost(self) -> float:
        return float(2 * self.steps)

    def compute(self) -> Iterator[model.Own]:
        from core.tricks.custom_loss import own

        return own(self.formula, self.steps, DRAWN, self.seed)

    def progress(self, found: model.Own) -> float:
        return found.own.step / self.steps

    def show(self, found: model.Own, say: Say) -> dict[str, Any]:
        names = {"own": self.formula, "softmax": say("交叉熵", "cross-entropy")}
        figure = pictures.own(found, names, self.steps, say)
        clouds = pictures.two(found, names, say)
        facts = numbers.own(found, self.formula, say)
        note = say(OWN_NOTE)
        return {"own": figure, "facts": facts, "clouds": clouds, "note": note}


class Triplet(Tab):
    label = t("三元组", "A triplet")
    question = t("三元组损失何时推，何时停？", "When does a triplet push, and when does it stop?")
    outputs = (outputs.figure("triplet", height=500), FACTS)
    budget = BUDGET
    tries = (
        Try(
            t("A⁻ 拖到对面：间隔已够，谁也不动", "A⁻ on the other side: the gap is wide enough, nobody moves"),
            {"negative": (-1.0, 0.2)},
            lambda r: r.loss == 0 and not r.push.any(),
        ),
        Try(
            t("A⁻ 与 q 重合：损失最大，A⁻ 自己却不受力", "A⁻ on q: the loss is largest, yet A⁻ itself is not pushed"),
            {"negative": (1.0, 0.2)},
            lambda r: abs(r.loss - r.losses.max()) < 1e-3 and abs(r.push[2]).max() < 1e-9 < abs(r.push[0]).max(),
        ),
        Try(
            t(
                "q 放到 5 倍远：余弦没变，q 受的力成 1/5",
                "q five times as far: the cosines stay, the push on q is a fifth",
            ),
            {"query": (0.2, 0.04)},
            lambda r: abs(r.far - 0.7894) < 0.01 and abs(r.push[0]).max() > 3,
        ),
    )

    query: PointValue = point((1.0, 0.2), PLANE, PLANE, label=t("查询 q", "Query q"), in_picture=True)
    positive: PointValue = point((0.5, 1.0), PLANE, PLANE, label=t("正例 A⁺", "Positive A⁺"), in_picture=True)
    negative: PointValue = point((1.0, -0.5), PLANE, PLANE, label=t("负例 A⁻", "Negative A⁻"), in_picture=True)
    margin: float = slider(0.1, 0.0, 1.0, step=0.02, label=MARGIN)

    def cost(self) -> float:
        return 1.0

    def compute(self) -> model.Triplet:
        from core.tricks.custom_loss import triplet_of

        return triplet_of(self.query, self.positive, self.negative, self.margin)

    def show(self, found: model.Triplet, say: Say) -> dict[str, Any]:
        figure = pictures.triplet(found, self.margin, say)
        facts = numbers.triplet(found, self.margin, say)
        return {"triplet": figure, "facts": facts}


class Smoothing(Tab):
    label = t("标签平滑", "Smoothed labels")
    question = t("平滑以后，网络有多大把握才算够？", "With smoothed labels, how sure is sure enough?")
    outputs = (outputs.figure("confidence", height=460), FACTS)
    budget = BUDGET
    live = False
    tries = (
        Try(
            t("ε = 0.6：把握只有四成，认对的却不少", "ε = 0.6: only 42 % sure, and just as many are right"),
            {"smoothing": 0.6},
            lambda r: r.soft.certainty < 0.45 and r.soft.accuracy > r.hard.accuracy - 0.01,
        ),
        Try(
            t("ε = 0.02：把握 94%，几乎像没平滑", "ε = 0.02: 94 % sure, almost as without smoothing"),
            {"smoothing": 0.02},
            lambda r: r.soft.certainty > 0.92,
        ),
    )

    smoothing: float = slider(0.1, 0.01, 0.6, step=0.01, label=t("ε", "ε"))
    steps: int = slider(500, 100, 2000, step=100, label=STEPS)
    seed: int = seed(1)

    def cost(self) -> float:
        return float(2 * self.steps)

    def compute(self) -> Iterator[Progress | model.Smoothing]:
        from core.tricks.custom_loss import smoothing

        return smoothing(self.smoothing, self.steps, self.seed)

    def show(self, found: model.Smoothing, say: Say) -> dict[str, Any]:
        figure = pictures.smoothing(found, self.smoothing, say)
        facts = numbers.smoothing(found, self.smoothing, say)
        return {"confidence": figure, "facts": facts}


class Shapes(Tab):
    label = t("形状与梯度", "Shapes")
    question = t("每个样本被推多少，梯度写对了吗？", "How hard is a sample pushed, and are the gradients right?")
    outputs = (
        outputs.figure("shapes", height=470),
        NOTE,
        outputs.table("gradients", t("梯度核对", "Gradients compared with finite differences")),
    )
    budget = BUDGET
    tries = (
        Try(
            t("γ = 5：p = 0.9 的样本几乎不再推", "γ = 5: a sample at p = 0.9 hardly pushes any more"),
            {"gamma": 5.0},
            lambda r: r.damping < 1e-3,
        ),
        Try(
            t("γ = 0：focal 就是交叉熵", "γ = 0: focal is cross-entropy"),
            {"gamma": 0.0},
            lambda r: abs(r.damping - 1) < 1e-12,
        ),
        Try(
            t("ε = 0.6：p 过 0.46 就往回拉", "ε = 0.6: beyond p = 0.46 samples are pulled back"),
            {"smoothing": 0.6},
            lambda r: abs(r.turns - 0.46) < 1e-9 and (r.curves.pushes["smooth"][r.curves.p > 0.47] < 0).all(),
        ),
    )

    gamma: float = slider(2.0, 0.0, 5.0, step=0.25, label=GAMMA)
    smoothing: float = slider(0.1, 0.0, 0.6, step=0.02, label=EPSILON)
    seed: int = seed(0)

    def cost(self) -> float:
        return 10.0

    def compute(self) -> model.Shapes:
        from core.tricks.custom_loss import shapes

        return shapes(self.gamma, self.smoothing, self.seed)

    def show(self, found: model.Shapes, say: Say) -> dict[str, Any]:
        figure = pictures.shapes(found, self.gamma, say)
        note = say(SHAPES_NOTE)
        gradients = numbers.gradients(found, say)
        return {"shapes": figure, "note": note, "gradients": Table(gradients)}


POST = Post(
    id=4493,
    title=t("Keras中自定义复杂的loss函数", "Complex custom losses in Keras"),
    date=datetime.date(2017, 7, 22),
    story=STORY,
    changes=CHANGES,
    papers=(
        (
            "Wen et al. 2016, A discriminative feature learning approach for deep face recognition",
            "https://doi.org/10.1007/978-3-319-46478-7_31",
        ),
        ("Schroff, Kalenichenko, Philbin 2015, FaceNet", "https://arxiv.org/abs/1503.03832"),
        ("Wang et al. 2018, Additive margin softmax for face verification", "https://arxiv.org/abs/1801.05599"),
        ("Lin et al. 2017, Focal loss for dense object detection", "https://arxiv.org/abs/1708.02002"),
        ("Szegedy et al. 2016, Rethinking the Inception architecture", "https://arxiv.org/abs/1512.00567"),
    ),
)
PAGE = Page(
    title=t("自定义复杂的损失函数", "Losses of your own"),
    summary=t(
        "写下自己的损失，看它怎样推、怎样学；再看真实的手写数字在六种损失下怎样在平面上散开。",
        "Write a loss of your own and watch it push and learn; see how real digits spread out in the plane under six others.",
    ),
    post=POST,
    tabs=(Embed, Own, Compare, Triplet, Smoothing, Shapes),
    added=datetime.date(2026, 11, 21),
)
