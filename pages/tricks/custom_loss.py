"""Losses of one's own (post 4493)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gallery import figures, outputs
from gallery.figures import Axes
from gallery.inputs import PointValue, choice, point, seed, slider, text
from gallery.outputs import Metric, Table
from gallery.page import Page, Post, Progress, Say, Tab, Try, t
from pages.tricks._custom_loss_texts import CHANGES, STORY

if TYPE_CHECKING:
    from core.tricks import custom_loss as model

LOSSES = {
    "softmax": t("Softmax 交叉熵", "Softmax cross-entropy"),
    "centre": t("Center loss", "Centre loss"),
    "triplet": t("三元组", "Triplet"),
    "margin": t("Margin softmax", "Margin softmax"),
    "focal": t("Focal", "Focal"),
    "smooth": t("标签平滑", "Smoothed labels"),
}
RAYS = ("softmax", "focal", "smooth", "margin", "own")  # losses whose classes are directions of the head's weights
DIGIT_COLOURS = (*figures.COLOURS[:8], "#b08d57", "#4a4a8a")
STEPS, MARGIN = t("训练步数", "Training steps"), t("间隔 m（余弦）", "Margin m (cosines)")
CENTRE, GAMMA, EPSILON = (
    t("λ（center loss）", "λ (centre loss)"),
    t("γ（focal）", "γ (focal)"),
    t("ε（标签平滑）", "ε (smoothing)"),
)
LOSS, PUSH, ACCURACY = (
    t("损失", "Loss"),
    t("推力：−∂损失/∂logit", "Push: −∂loss/∂logit"),
    t("测试准确率", "Test accuracy"),
)
PROBABILITY = t("正确类的概率 p", "probability p of the right class")
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
                "Center loss：各类收紧，95% 的方差在类间",
                "Centre loss: classes tighten, 95 % of the variance is between them",
            ),
            {"loss": "centre"},
            lambda r: r.separation > 0.945,
        ),
        Try(
            t("三元组：没有分类器，只学方向", "Triplets: no classifier, directions alone"),
            {"loss": "triplet"},
            lambda r: r.accuracy > 0.75 and r.active < 0.1,
        ),
        Try(
            t(
                "m = 0.6：十类在平面上做不到，准确率掉到 72%",
                "m = 0.6: out of reach for ten classes in a plane, accuracy drops to 72 %",
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
        name, step = say(LOSSES[self.loss]), say(f"第 {found.step} 步", f"step {found.step}")
        figure, plane = figures.panel(
            say(
                f"{name}，{step}：450 个测试数字认对 {found.accuracy:.1%}",
                f"{name}, {step}: {found.accuracy:.1%} of 450 test digits are right",
            ),
            "f₁",
            "f₂",
            560,
            square=True,
        )
        _cloud(plane, found, self.loss)
        fall, panel = figures.panel(
            say("训练损失", "Training loss"), say("步", "step"), say(LOSS), 280, x_range=(0, self.steps), from_zero=True
        )
        panel.line(range(1, len(found.trace) + 1), found.trace, width=1.5)
        facts = [
            Metric(say(ACCURACY), f"{found.accuracy:.1%}"),
            Metric(
                say("类间方差占比", "Variance between classes"),
                f"{found.separation:.1%}",
                say("其余在类内", "the rest is within"),
            ),
            Metric(say("还有梯度的三元组", "Active triplets"), f"{found.active:.1%}", f"m = {self.margin:g}"),
            Metric(say("损失（最近 20 步）", "Loss (last 20 steps)"), found.recent if found.step else "–"),
        ]
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
        share = f"{found.states[best].separation:.1%}"
        axes = [Axes(f"{say(LOSSES[name])} {state.accuracy:.0%}", square=True) for name, state in found.states.items()]
        figure, panels = figures.panels(
            say(
                f"第 {found.step} 步：分得最开的是 {LOSSES[best].zh}，{share} 的方差在类间",
                f"Step {found.step}: {LOSSES[best].en} separates best, {share} of the variance is between classes",
            ),
            axes,
            columns=3,
            height=640,
        )
        for panel, (name, state) in zip(panels, found.states.items(), strict=True):
            _cloud(panel, state, name, 4)
        told = {
            say(LOSS): [say(LOSSES[name]) for name in found.states],
            say(ACCURACY): [state.accuracy for state in found.states.values()],
            say("类间方差占比", "variance between classes"): [state.separation for state in found.states.values()],
            say("活跃三元组", "active triplets"): [state.active for state in found.states.values()],
        }
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
        mine, usual, step = found.own_accuracy[-1], found.softmax_accuracy[-1], found.own.step
        figure, (loss, push, learning) = figures.panels(
            say(
                f"{self.formula}，第 {step} 步：认对 {mine:.1%}，交叉熵 {usual:.1%}",
                f"{self.formula}, step {step}: {mine:.1%} are right, {usual:.1%} under cross-entropy",
            ),
            [
                Axes(say("一个样本的损失", "loss of one sample"), say(PROBABILITY), say(LOSS), (0, 1)),
                Axes(say("推正确类的力", "push on the right class"), say(PROBABILITY), say(PUSH), (0, 1)),
                Axes(say("认对多少", "how many are right"), say("步", "step"), say(ACCURACY), (0, self.steps), (0, 1)),
            ],
            height=430,
        )
        for k, (name, accuracy) in enumerate((("softmax", found.softmax_accuracy), ("own", found.own_accuracy))):
            colour, width = (7, 0)[k], (2, 4)[k]
            loss.line(found.curves.p, found.curves.losses[name], names[name], colour, width, end=False)
            push.line(found.curves.p, found.curves.pushes[name], names[name], colour, width, end=False)
            learning.line(found.steps, accuracy, names[name], colour, width, end=False)
        push.level(0.0, colour=7)
        clouds, planes = figures.panels(
            say(f"450 个测试数字，第 {step} 步", f"450 test digits, step {step}"),
            [Axes(f"{names['own']}  {mine:.1%}", square=True), Axes(f"{names['softmax']}  {usual:.1%}", square=True)],
        )
        for plane, state in zip(planes, (found.own, found.softmax), strict=True):
            _cloud(plane, state, "own", 5)
        at = found.curves.pushes
        facts = [
            Metric(say("你的损失：测试准确率", "Your loss: test accuracy"), f"{mine:.1%}", self.formula),
            Metric(say("交叉熵：测试准确率", "Cross-entropy: test accuracy"), f"{usual:.1%}", "-y*log(p)"),
            Metric(
                say("完全错时的推力（p = 0.002）", "Push when quite wrong (p = 0.002)"),
                float(at["own"][0]),
                say(f"交叉熵 {at['softmax'][0]:.3f}", f"cross-entropy {at['softmax'][0]:.3f}"),
            ),
        ]
        note = say(
            "两个网络的初值与批次完全相同，只有损失不同。左、中两图里正确类的概率是 $p$，其余九类均分，它们的 $u$ 都取 0。算在 float64 里；损失、梯度或训练中的值不是有限数时，会说明在哪里。",
            "Both networks start from the same weights and see the same batches; only the loss differs. In the first two panels the right class has probability $p$ and the other nine share the rest, with $u=0$. All in float64; where the loss, its gradient or a value of the training is not finite, you are told where.",
        )
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
        gap = f"{found.gap:.2f}".replace("-", "−")
        title = (
            say(
                f"间隔 {gap}，没到 m = {self.margin:g}：三个都被推",
                f"The gap {gap} is short of m = {self.margin:g}: all three are pushed",
            )
            if found.loss > 0
            else say(
                f"间隔 {gap} 已过 m = {self.margin:g}：梯度为零，谁也不动",
                f"The gap {gap} is past m = {self.margin:g}: no gradient, nobody moves",
            )
        )
        figure, (plane, around) = figures.panels(
            title,
            [
                Axes(
                    say("拖动三个点；箭头是 −梯度", "drag the points; arrows are −gradient"),
                    "x₁",
                    "x₂",
                    (-1.8, 1.8),
                    (-1.8, 1.8),
                    square=True,
                ),
                Axes(
                    say("负例转一圈时的损失", "the loss, A⁻ turned all round"),
                    say("A⁻ 的方向（度）", "direction of A⁻ (degrees)"),
                    say(LOSS),
                    (0, 360),
                    (0, 2 + self.margin),
                    x_ticks={a: f"{a}" for a in (0, 90, 180, 270, 360)},
                ),
            ],
            height=500,
        )
        for k, (field, name) in enumerate((("query", "q"), ("positive", "A⁺"), ("negative", "A⁻"))):
            (x, y), push = found.points[k], found.push[k]
            plane.line([0, x], [0, y], colour=k, width=3)
            if push.any():
                plane.arrow((x, y), (x + 0.6 * push[0], y + 0.6 * push[1]), colour=k, width=2.5)
            plane.handle(field, x, y, name, colour=k)
        around.line(found.directions, found.losses, colour=3, width=3)
        around.level(found.bearing, "A⁻", axis="x", colour=2)
        facts = [
            Metric("cos(q, A⁺)", found.near),
            Metric("cos(q, A⁻)", found.far),
            Metric(say("间隔", "Gap"), found.gap, say(f"要超过 m = {self.margin:g}", f"must pass m = {self.margin:g}")),
            Metric(say(LOSS), found.loss),
        ]
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
        soft, hard, name = found.soft, found.hard, f"ε = {self.smoothing:g}"
        figure, (certainty, gaps) = figures.panels(
            say(
                f"{name}：logit 间隔停在 {soft.gap:.2f}，公式说 {found.gap:.2f}",
                f"{name}: the logits' gap stops at {soft.gap:.2f}, the formula says {found.gap:.2f}",
            ),
            [
                Axes(
                    say("测试数字的最大概率", "largest probability of the test digits"),
                    say("最大概率", "largest probability"),
                    say("个数", "count"),
                    (0.1, 1),
                    from_zero=True,
                ),
                Axes(
                    say("正确类的 logit 比其余高多少", "how far the right logit is above the others"),
                    "ε",
                    say("logit 间隔", "gap of the logits"),
                    (0, 0.62),
                    from_zero=True,
                ),
            ],
        )
        centres = (found.bins[1:] + found.bins[:-1]) / 2
        certainty.bars(centres, hard.counts, "ε = 0", 3)
        certainty.bars(centres, soft.counts, name, 0)
        certainty.level(found.target, say("最优", "optimum"), axis="x", colour=2)
        gaps.line(*found.formula, say("公式", "formula"), 1, 3, end=False)
        gaps.points(*found.minimised, say("自由的 logit，优化到底", "free logits, minimised"), 2, 9, 1.0)
        gaps.points(
            [self.smoothing], [soft.gap], say("网络，测试集平均", "the network, mean over the test set"), 0, 12, 1.0
        )
        facts = [
            Metric(
                say("准确率 ε = 0", "Accuracy, ε = 0"),
                f"{hard.accuracy:.1%}",
                say(f"平均把握 {hard.certainty:.1%}", f"mean confidence {hard.certainty:.1%}"),
            ),
            Metric(
                say(f"准确率 {name}", f"Accuracy, {name}"),
                f"{soft.accuracy:.1%}",
                say(f"平均把握 {soft.certainty:.1%}", f"mean confidence {soft.certainty:.1%}"),
            ),
            Metric(
                say("间隔：网络 / 公式", "Gap: network / formula"),
                f"{soft.gap:.2f} / {found.gap:.2f}",
                say(f"ε = 0：{hard.gap:.2f}，公式为 ∞", f"ε = 0: {hard.gap:.2f}, formula ∞"),
            ),
            Metric(
                say("测试交叉熵 0 / ε", "Test cross-entropy 0 / ε"),
                f"{hard.cross_entropy:.3f} / {soft.cross_entropy:.3f}",
            ),
        ]
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
        figure, (loss, push) = figures.panels(
            say(
                f"p = 0.9 时，γ = {self.gamma:g} 的 focal 只推交叉熵的 {found.damping:.3g} 倍",
                f"At p = 0.9 focal with γ = {self.gamma:g} pushes {found.damping:.3g} times as hard as cross-entropy",
            ),
            [
                Axes(say("一个样本的损失", "loss of one sample"), say(PROBABILITY), say(LOSS), (0, 1), (0, 5)),
                Axes(say("推正确类的力", "push on the right class"), say(PROBABILITY), say(PUSH), (0, 1), (-0.6, 1.3)),
            ],
            height=470,
        )
        for k, name in enumerate(found.curves.losses):
            loss.line(found.curves.p, found.curves.losses[name], say(LOSSES[name]), k, 3, end=False)
            push.line(found.curves.p, found.curves.pushes[name], say(LOSSES[name]), k, 3, end=False)
        push.level(0.0, colour=7)
        note = say(
            "focal 把已经有把握的样本（$p$ 大）的推力压下去；标签平滑的推力在 $p>1-\\varepsilon+\\varepsilon/K$ 处变负：太有把握反而被拉回来。下表用有限差分核对每个损失的梯度。",
            "Focal damps the push of samples that are already sure (large $p$). With smoothed labels the push turns negative beyond $p>1-\\varepsilon+\\varepsilon/K$: what is too sure is pulled back. The table compares every loss's gradient with finite differences.",
        )
        gradients = {
            say(LOSS): [say(LOSSES[name]) for name in found.gaps],
            say("与有限差分的相对差", "relative difference from finite differences"): list(found.gaps.values()),
        }
        return {"shapes": figure, "note": note, "gradients": Table(gradients)}


def _cloud(panel: figures.Panel, state: model.State, loss: str, size: int = 6) -> None:
    """Test digits in the plane, coloured by class; class weights as rays, or class centres as crosses."""
    for k in range(10):
        mine = state.features[state.labels == k]
        if loss in RAYS:
            panel.line([0, state.rays[k, 0]], [0, state.rays[k, 1]], colour=DIGIT_COLOURS[k], width=1.2)
        panel.points(mine[:, 0], mine[:, 1], str(k), DIGIT_COLOURS[k], size, 0.7)
    if loss not in RAYS:
        for colour, large in (("#ffffff", 14), ("#222222", 9)):  # seen on light and dark
            panel.points(state.centres[:, 0], state.centres[:, 1], colour=colour, size=large, opacity=1, symbol="x")


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
