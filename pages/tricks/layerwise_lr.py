"""Learning rates by layer, and gradients changed at will (post 6418)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gallery import figures, outputs
from gallery.figures import Axes
from gallery.inputs import PointValue, choice, point, seed, slider
from gallery.outputs import Metric
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.tricks._layerwise_lr_texts import CHANGES, STORY

if TYPE_CHECKING:
    from core.tricks.layerwise_lr import Clipping as Compared
    from core.tricks.layerwise_lr import Equivalence, Reversed, Signs, Walks

SURFACES = {
    "rosenbrock": t("香蕉谷", "Banana valley"),
    "valley": t("窄谷", "Narrow valley"),
    "saddle": t("鞍点", "Saddle"),
}
OPTIMISERS = {"sgd": t("SGD", "SGD"), "momentum": t("SGD + 动量", "SGD, momentum"), "adam": t("Adam", "Adam")}
CLIPS = {
    "none": t("不处理", "As they are"),
    "global": t("全局裁剪", "Clip the global norm"),
    "layer": t("按层裁剪", "Clip each layer"),
    "sign": t("只取符号", "Signs only"),
    "freeze": t("第一层置零", "Zero in layer 1"),
}
CASES = {
    "plain": t("照此训练", "as it is"),
    "keras": t("ε = 1e-7（Keras）", "ε = 1e-7 (Keras)"),
    "epsilon": t("ε = 1e-3", "ε = 1e-3"),
    "decay": t("权重衰减 0.01", "weight decay 0.01"),
    "norm": t("全局裁剪到 0.1", "global norm ≤ 0.1"),
}
LAYERS = (t("第一层", "layer 1"), t("第二层", "layer 2"), t("第三层", "layer 3"))
REACH, SIDE = 2.5, 2.4  # half the sides of the two planes
RELIEF = tuple(0.25 * k for k in range(-6, 8))  # levels of the surface: logarithms of the height
FRAMES, FEW = 8, 5
SMALLEST = 1e-13  # gaps below it are rounding (float64, some hundred steps) and not drawn
LOWEST = (1e-10, SMALLEST)  # where the axis of the gaps begins: the higher one where it shows all of them
SAME = 1e-6  # gaps below it: the two ways of training are the same
BUDGET = 6000.0  # steps of a small network
OPTIMISER, LR, STEPS = t("优化器", "Optimiser"), t("学习率 α", "Learning rate α"), t("步数", "Steps")
STEP = t("步", "step")
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
        apart, name = float(result.gap.max()), f"λ = {self.factor:.3g}"
        verdict = (
            say(f"两条轨迹重合（相差至多 {apart:.1g}）", f"the two walks coincide (at most {apart:.1g} apart)")
            if apart < SAME
            else say(f"两条轨迹分开了，相差 {apart:.2g}", f"the two walks part, {apart:.2g} apart")
        )
        figure, (plane, down) = figures.panels(
            say(
                f"{name}，即 y 的学习率乘 {result.times:.3g}：{verdict}",
                f"{name}, y's learning rate times {result.times:.3g}: {verdict}",
            ),
            [
                Axes(say("拖动起点", "Drag the start"), "x", "y", (-REACH, REACH), (-REACH, REACH), square=True),
                Axes(say("走下来的高度", "Height on the way down"), say(STEP), say("高度", "height"), (0, self.steps)),
            ],
            height=490,
            widths=[0.6, 0.4],
        )
        plane.contours(result.axis, result.axis, result.relief, RELIEF, colour=figures.faded(7, 0.45), width=1)
        for walk, text, colour, width in (
            (result.plain, say("都用 α", "both at α"), 7, 2),
            (result.group, say("y 的学习率乘倍", "y's rate multiplied"), figures.faded(0, 0.5), 7),
            (result.scaled, say("改写：y = λφ", "rewritten: y = λφ"), 1, 2.5),
        ):
            dash = "dot" if walk is result.scaled else "solid"
            plane.line(walk.places[:, 0], walk.places[:, 1], text, colour, width, dash, end=False)
            down.line(range(len(walk.heights)), walk.heights, text, colour, width, dash, end=False)
        plane.handle("start", self.start[0], self.start[1], say("起点", "start"), 2)
        away = say("发散：学习率太大", "diverged: the learning rate is too large")
        heights = [float(walk.heights[-1]) for walk in (result.plain, result.group, result.scaled)]
        left = len(result.group.places) <= self.steps
        return {
            "walks": figure,
            "facts": [
                Metric(say("终点高度：都用 α", "Height at the end: both at α"), heights[0]),
                Metric(say("学习率乘倍", "Learning rate multiplied"), heights[1], away if left else ""),
                Metric(say("改写", "Rewritten"), heights[2]),
                Metric(
                    say("两条轨迹的最大差", "Largest gap"), apart, say("等价时只剩舍入", "rounding alone where equal")
                ),
            ],
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
        worst = {name: float(gap.max()) for name, gap in result.gaps.items()}
        broken = sum(gap > SAME for gap in worst.values())
        least = min(gap[gap > SMALLEST].min(initial=1.0) for gap in result.gaps.values())
        lowest = next(low for low in LOWEST if least > low)
        figure, panel = figures.panel(
            say(
                f"照此训练只差 {worst['plain']:.1g}；{len(worst) - 1} 种改动里有 {broken} 种打破等价",
                f"As it is the two differ by {worst['plain']:.1g}; {broken} of {len(worst) - 1} changes break the equivalence",
            ),
            x=say(STEP),
            y=say("权重之差 / 最大权重", "difference of weights / largest weight"),
            height=470,
            x_range=(0, self.steps),
            y_range=(lowest, 10),
            y_log=True,
        )
        for k, (name, gap) in enumerate(result.gaps.items()):
            shown = gap > SMALLEST
            if shown.any():
                panel.line(shown.nonzero()[0] + 1, gap[shown], say(CASES[name]), k, 3 if name == "plain" else 2)
        rounded = [say(CASES[name]) for name, gap in worst.items() if gap <= SMALLEST]
        if rounded:
            names = rounded if len(rounded) < len(worst) else [say("都", "all of them")]
            told = f"{'、'.join(names)}只剩舍入", f"{', '.join(names)}: rounding alone"
            panel.note(self.steps / 2, 4 * lowest, say(*told), "center")
        panel.level(SAME, say("此线以下算作相同", "below: the same"), colour=7)
        panel.band((0, self.steps), (lowest, lowest), (SAME, SAME), colour=7, opacity=0.12)
        return {
            "gap": figure,
            "facts": [
                Metric(say(f"{layer.zh}的学习率", f"Learning rate of {layer.en}"), lr, f"λ = {factor:.3g}")
                for layer, lr, factor in zip(LAYERS, result.rates, (self.first, self.second, self.third), strict=True)
            ],
            "told": outputs.Table(
                {
                    say("设置", "setting"): [say(CASES[name]) for name in worst],
                    say("最大差", "largest difference"): list(worst.values()),
                }
            ),
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
        mine, chosen = float(result.chosen.accuracy[-1]), say(CLIPS[self.way])
        plain = float(result.runs["none"].accuracy[-1])
        figure, (scores, norms) = figures.panels(
            say(
                f"{chosen}：测试准确率 {mine:.0%}；不处理：{plain:.0%}",
                f"{chosen}: test accuracy {mine:.0%}; left as they are: {plain:.0%}",
            ),
            [
                Axes(
                    say("五种处理", "Five treatments"),
                    say(STEP),
                    say("测试准确率", "test accuracy"),
                    (0, self.steps),
                    (0, 1),
                ),
                Axes(
                    say(f"梯度范数（最大的一层）：{chosen}", f"Gradient norm (largest layer): {chosen}"),
                    say(STEP),
                    say("范数", "norm"),
                    (0, self.steps),
                    (1e-2, 1e3),
                    y_log=True,
                ),
            ],
            height=470,
        )
        for k, (name, run) in enumerate(result.runs.items()):
            scores.line(run.steps, run.accuracy, say(CLIPS[name]), k, 4 if name == self.way else 1.5)
        steps = range(1, result.step + 1)
        norms.line(steps, result.raw, say("原来的", "as it comes"), 7, 1.5, end=False)
        norms.line(steps, result.used, say("处理后", "as used"), 2, 1.5, end=False)
        if self.way in ("global", "layer"):
            norms.level(self.limit, say("上限", "limit"), colour=3)
        return {
            "run": figure,
            "facts": [
                Metric(say("测试准确率", "Test accuracy"), f"{mine:.1%}", say("乱猜 10%", "chance: 10 %")),
                Metric(say("最大的梯度范数", "Largest gradient norm"), result.largest, say("处理之前", "before")),
                Metric(say("处理之后", "After"), result.kept),
            ],
            "note": say(
                "每 40 批里有一批的像素被放大，梯度随之大上百倍：不裁剪时，一次就足以毁掉网络。只取符号时，每一步本来就一样长。",
                "One batch in 40 has its pixels blown up, and its gradient is a hundred times as large: without clipping "
                "a single one can ruin the network. With signs alone every step has the same length anyhow.",
            ),
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
        plain, turned, data = result.plain, result.turned, result.data
        square = {"x_range": (-SIDE, SIDE), "y_range": (-SIDE, SIDE), "square": True}
        figure, panels = figures.panels(
            say(
                f"没有标签的目标域：{plain.target:.0%} → 反转 {turned.target:.0%}（第 {turned.step} 步）",
                f"The unlabelled target: {plain.target:.0%} → {turned.target:.0%} with reversal (step {turned.step})",
            ),
            [
                Axes(say("不反转", "Plain"), "x", "y", **square),
                Axes(say(f"反转，κ = {self.factor:g}", f"Reversed, κ = {self.factor:g}"), "x", "y", **square),
            ],
            height=470,
        )
        for panel, state in zip(panels, (plain, turned), strict=True):
            panel.regions(state.axis, state.axis, state.surface)
            name = "" if panel is panels[1] else say("源域（有标签）", "source (labelled)")
            panel.points(data.source[:, 0], data.source[:, 1], name, data.labels, 4)
            name = "" if panel is panels[1] else say("目标域（无标签）", "target (unlabelled)")
            panel.points(data.target[:, 0], data.target[:, 1], name, data.hidden, 6, symbol="square-open")
        source = say("源域", "source")
        return {
            "domains": figure,
            "facts": [
                Metric(
                    say("目标域准确率：不反转", "Target accuracy: plain"),
                    f"{plain.target:.1%}",
                    f"{source} {plain.source:.1%}",
                ),
                Metric(say("反转", "Reversed"), f"{turned.target:.1%}", f"{source} {turned.source:.1%}"),
                Metric(say("域分类器：不反转", "Domain classifier: plain"), f"{plain.domain:.1%}"),
                Metric(
                    say("反转", "Reversed"), f"{turned.domain:.1%}", say("50%：分不出来自哪个域", "50 %: cannot tell")
                ),
            ],
            "note": say(
                "反转让特征分不出两个域，于是源域学到的边界也跟着目标域走。它不保证成功：转 35° 时多数种子提高 10 到 40 个百分点，十六个里有一到三个不变或下降，是哪几个随处理器的舍入而变；角度太大时两类会对调。",
                "Reversal makes features that cannot tell the domains apart, so that the border learnt on the source follows "
                "the target. Nothing guarantees it: turned by 35°, most seeds gain 10 to 40 points, and one to three of sixteen stay or "
                "lose, which ones depends on the rounding of the CPU; at large angles the classes may change places.",
            ),
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
        with_, without = float(result.through[-1]), float(result.blocked[-1])
        figure, panel = figures.panel(
            say(
                f"{self.units} 个 ±1 单元：直通 {with_:.0%}，真导数 {without:.0%}",
                f"{self.units} units of ±1: straight-through {with_:.0%}, true derivative {without:.0%}",
            ),
            x=say(STEP),
            y=say("测试准确率", "test accuracy"),
            x_range=(0, self.steps),
            y_range=(0, 1),
        )
        panel.line(result.steps, result.through, say("直通", "straight-through"), 0, 3)
        panel.line(result.steps, result.blocked, say("真导数：第一层不动", "true derivative: layer 1 stays"), 3, 3)
        panel.level(0.1, say("乱猜", "chance"), colour=7)
        alone = say("只有最后一层在学", "the last layer alone learns")
        return {
            "signs": figure,
            "facts": [
                Metric(say("直通", "Straight-through"), f"{with_:.1%}"),
                Metric(say("真导数", "True derivative"), f"{without:.1%}", alone),
            ],
            "note": say(
                "单元少时差别大：随机的 ±1 特征不够用，得学；单元多到一百以上，随机特征也够分了。",
                "With few units the difference is large: random ±1 features do not suffice and must be learnt. With a "
                "hundred and more, random ones will do.",
            ),
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
