"""A training loop and what one wants to hang on it: loss, metric, weights and progress bar (post 6311), and more."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import choice, seed, slider, toggle
from gallery.outputs import Table
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.tricks import _training_loop_figures as pictures
from pages.tricks import _training_loop_numbers as numbers
from pages.tricks import _training_loop_texts as texts

if TYPE_CHECKING:
    from core.tricks.training_loop.accumulation import Gaps
    from core.tricks.training_loop.averaging import Walk
    from core.tricks.training_loop.bar import Reconstruction
    from core.tricks.training_loop.run import Pair
    from core.tricks.training_loop.spectral import Power
    from core.tricks.training_loop.vat import Moons
    from core.tricks.training_loop.weights import Weights as FourWays

MATRICES = {
    "known": t("指定奇异值比", "Chosen singular values"),
    "normal": t("正态矩阵", "Normal entries"),
    "digits": t("数字像素的协方差", "Covariance of digits"),
}
RATE, STEPS, BETA = t("学习率", "Learning rate"), t("步数", "Steps"), t("β（滑动平均）", "β (moving average)")
POWER_ITERATIONS, RADIUS = t("幂迭代次数", "Power iterations"), t("对抗半径", "Adversarial radius")
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")
BAR = outputs.code("bar", t("进度条", "The progress bar"))
FRAMES = 5
BUDGET = 12_000.0  # steps of a small network (a step of VAT counts as four)


class Weights(Tab):
    label = t("权重", "Weights")
    question = t(
        "步后约束、放进前向、加惩罚：哪种真的管住了范数，又不误训练？",
        "After the step, inside the forward pass, or a penalty: which holds the norm and still learns?",
    )
    outputs = (outputs.figure("ways", height=640), outputs.table("ends", t("训练结束时", "At the end")), NOTE)
    budget = BUDGET
    tries = (
        Try(
            t("每行长度 1.5：步后约束不再碍事", "Rows of length 1.5: the constraint does no harm"),
            {"norm": "rows", "size": 1.5},
            lambda r: abs(r.accuracy[1, -1] - r.accuracy[2, -1]) < 0.02,
        ),
        Try(
            t("谱范数放宽到 3：四种都学得会", "Spectral norm 3: all four learn"),
            {"size": 3.0},
            lambda r: r.accuracy[:, -1].min() > 0.94,
        ),
        Try(
            t("λ = 0.9：惩罚把范数压到 1.5，仍不是 1", "λ = 0.9: the penalty brings the norm to 1.5, not to 1"),
            {"strength": 0.9},
            lambda r: 1.3 < r.norm[3, -1] < 1.7,
        ),
    )

    norm: str = choice("spectral", pictures.NORMS, label=t("哪种范数", "Which norm"))
    size: float = slider(1.0, 0.25, 4.0, log=True, label=t("范数 c", "Norm c"))
    lr: float = slider(0.5, 0.05, 1.0, log=True, label=RATE)
    strength: float = slider(0.1, 0.01, 0.9, log=True, label=t("惩罚 λ", "Penalty λ"))
    steps: int = slider(240, 20, 480, step=20, label=STEPS, play=True)
    seed: int = seed(1)

    def cost(self) -> float:
        return self.steps * 8

    def compute(self) -> FourWays:
        from core.tricks.training_loop.weights import four_ways

        return four_ways(self.norm, self.size, self.lr, self.strength, self.steps, self.seed)

    def show(self, result: FourWays, say: Say) -> dict[str, Any]:
        table = numbers.ways(result, say)
        figure = pictures.weights(result, self.norm, self.size, self.steps, say)
        return {"ways": figure, "ends": Table(table), "note": say(texts.UNDONE)}


class Bar(Tab):
    label = t("损失与进度条", "Losses and the bar")
    question = t(
        "没有标签也能算损失吗，进度条上的数是现在的吗？",
        "Can a loss do without labels, and does the bar show the present?",
    )
    outputs = (outputs.figure("digits", height=250), BAR, FACTS, outputs.figure("traces", height=340), NOTE)
    budget = BUDGET
    tries = (
        Try(
            t("两个单元：‖h‖² 掉到 0，指标看出单元死了", "Two units: ‖h‖² falls to 0, the metric tells that they died"),
            {"units": 2},
            lambda r: r.metric[-1] < 0.01 < r.metric.max(),
        ),
        Try(
            t("改成无状态：进度条上的 ‖h‖² 只有现在的一半", "Not stateful: the bar shows half of the present ‖h‖²"),
            {"stateful": False},
            lambda r: r.bar_metric[-1] < 0.6 * r.metric[-1],
        ),
        Try(
            t("64 个单元：损失降到 1 以下，进度条还在 2 以上", "64 units: the loss is below 1, the bar still above 2"),
            {"units": 64},
            lambda r: r.loss[-1] < 1 and r.bar_loss[-1] > 2,
        ),
    )

    units: int = slider(24, 2, 64, label=t("隐藏单元数", "Hidden units"))
    metric: str = choice("hidden", pictures.METRICS, label=t("指标", "Metric"))
    stateful: bool = toggle(True, label=t("指标有状态（原样显示）", "The metric is stateful (shown as it is)"))
    rate: float = slider(0.004, 0.0005, 0.02, log=True, label=RATE)
    steps: int = slider(400, 50, 1500, step=50, label=STEPS)
    seed: int = seed(1)

    def cost(self) -> float:
        return self.steps

    def compute(self) -> Iterator[Reconstruction]:
        from core.tricks.training_loop.bar import autoencode

        return autoencode(self.units, self.metric, self.stateful, self.rate, self.steps, FRAMES, self.seed)

    def progress(self, result: Reconstruction) -> float:
        return result.step / self.steps

    def show(self, result: Reconstruction, say: Say) -> dict[str, Any]:
        facts = numbers.bar(result, self.metric, say)
        return {
            "digits": pictures.digits(result, self.units, say),
            "bar": "\n".join(result.lines),
            "facts": facts,
            "traces": pictures.traces(result, self.metric, self.steps, say),
            "note": say(texts.LAGS),
        }


class Spectral(Tab):
    label = t("谱归一化", "Spectral norm")
    question = t("幂迭代几次才够？", "How many power iterations are enough?")
    outputs = (outputs.figure("power", height=450), FACTS, NOTE)
    budget = BUDGET
    tries = (
        Try(
            t("迭代 1 次：归一化后的范数还有 1.08", "One iteration: the normalised norm is still 1.08"),
            {"iterations": 1},
            lambda r: 1.07 < r.norm < 1.09,
        ),
        Try(
            t("数字的协方差：σ₂/σ₁ = 0.95，5 次差 4%", "Covariance of digits: σ₂/σ₁ = 0.95, 5 iterations miss 4 %"),
            {"kind": "digits"},
            lambda r: 1.03 < r.norm < 1.05 and abs(r.ratio - 0.953) < 0.01,
        ),
        Try(
            t("σ₂/σ₁ = 0.99：十几次才到 1% 以内", "σ₂/σ₁ = 0.99: more than ten iterations for 1 %"),
            {"ratio": 0.99},
            lambda r: r.enough > 10,
        ),
    )

    kind: str = choice("known", MATRICES, label=t("矩阵", "Matrix"))
    size: int = slider(30, 2, 128, log=True, label=t("阶数", "Size"), shown_when={"kind": ("known", "normal")})
    ratio: float = slider(0.8, 0.1, 0.999, step=0.001, label=t("σ₂/σ₁", "σ₂/σ₁"), shown_when={"kind": "known"})
    iterations: int = slider(5, 1, 60, label=POWER_ITERATIONS, play=True)
    seed: int = seed(1)

    def cost(self) -> float:
        return 60.0

    def compute(self) -> Power:
        from core.tricks.training_loop.spectral import power

        return power(self.kind, self.size, self.ratio, self.iterations, self.seed)

    def show(self, result: Power, say: Say) -> dict[str, Any]:
        facts = numbers.spectral(result, say)
        return {"power": pictures.power(result, self.iterations, say), "facts": facts, "note": say(texts.ITERATIONS)}


class Run(Tab):
    label = t("一次训练", "One run")
    question = t("每样技巧打开以后，这次训练有什么不同？", "What does each extra change in this run?")
    outputs = (outputs.figure("run", height=450), FACTS, BAR)
    budget = BUDGET
    live = False
    tries = (
        Try(
            t("加谱归一化：三层的范数都近 1", "With spectral normalisation: all three norms are near 1"),
            {"spectral": True},
            lambda r: r.extra.norms[-1].max() < 1.25 and r.bare.norms[-1].max() > 2,
        ),
        Try(
            t("不用 VAT：平均权重也帮不上忙", "Without VAT: averaged weights do not help either"),
            {"vat": False},
            lambda r: abs(r.extra.averaged[-1] - r.bare.accuracy[-1]) < 0.012,
        ),
        Try(
            t("只开梯度累积：损失一点不变", "Accumulation alone: the losses do not change"),
            {"average": False, "accumulate": True, "vat": False},
            lambda r: abs(r.extra.loss - r.bare.loss).max() < 1e-4,
        ),
    )

    average: bool = toggle(True, label=t("权重滑动平均", "Moving average of weights"))
    beta: float = slider(0.98, 0.5, 0.999, step=0.005, label=BETA, shown_when={"average": True})
    accumulate: bool = toggle(False, label=t("梯度累积（每批分 4 份）", "Accumulate (4 pieces a batch)"))
    spectral: bool = toggle(False, label=t("谱归一化", "Spectral normalisation"))
    vat: bool = toggle(True, label=t("虚拟对抗训练", "Virtual adversarial training"))
    radius: float = slider(0.5, 0.1, 3.0, step=0.1, label=RADIUS, shown_when={"vat": True})
    labelled: int = slider(60, 20, 400, log=True, label=t("有标签的数字", "Labelled digits"))
    rate: float = slider(0.01, 0.001, 0.03, log=True, label=RATE)
    steps: int = slider(200, 50, 600, step=50, label=STEPS)
    seed: int = seed(1)

    def cost(self) -> float:
        return self.steps * 9

    def compute(self) -> Iterator[Pair]:
        from core.tricks.training_loop.run import Extras, pair

        extras = Extras(
            average=self.beta if self.average else 0.0,
            pieces=4 if self.accumulate else 1,
            spectral=self.spectral,
            vat=self.radius if self.vat else 0.0,
        )
        return pair(extras, self.labelled, self.rate, self.steps, FRAMES, self.seed)

    def progress(self, result: Pair) -> float:
        return result.extra.step / self.steps

    def show(self, result: Pair, say: Say) -> dict[str, Any]:
        bare, extra = result.bare, result.extra
        facts = numbers.run(result, self.average, say)
        figure = pictures.run(result, self.labelled, self.average, self.steps, say)
        return {"run": figure, "facts": facts, "bar": f"{bare.bar}\n{extra.bar}"}


class Accumulation(Tab):
    label = t("梯度累积", "Accumulation")
    question = t("分几份累积，真的等于一个大批吗？", "Is a batch in pieces really the same as the batch?")
    outputs = (outputs.figure("gap"), outputs.table("told", t("最大差", "Largest differences")), NOTE)
    budget = BUDGET
    tries = (
        Try(
            t("64 分 8 份，除得尽：等权也没有误差", "64 in 8 pieces: counting them alike is exact too"),
            {"parts": 8},
            lambda r: r.largest[1] < 1e-12 < r.largest[2],
        ),
        Try(
            t("8 分 8 份：一个样本没有批统计量", "8 in 8 pieces: one sample has no batch statistics"),
            {"batch": 8, "parts": 8},
            lambda r: r.sizes == (1,) * 8 and not r.largest[2] >= 0,
        ),
    )

    batch: int = slider(64, 8, 256, log=True, label=t("批大小", "Batch"))
    parts: int = slider(7, 1, 8, label=t("分几份", "Pieces"))
    steps: int = slider(60, 10, 200, step=10, label=STEPS)
    seed: int = seed(1)

    def cost(self) -> float:
        return self.steps * (self.parts + 1) * 3

    def compute(self) -> Iterator[Gaps]:
        from core.tricks.training_loop.accumulation import accumulation_gaps

        return accumulation_gaps(self.batch, self.parts, self.steps, self.seed)

    def progress(self, result: Gaps) -> float:
        return len(result.manners) / len(pictures.MANNERS)

    def show(self, result: Gaps, say: Say) -> dict[str, Any]:
        told = numbers.largest(result, say)
        sizes = ", ".join(map(str, result.sizes))
        head = say(f"各份的样本数：{sizes}。", f"Samples in the pieces: {sizes}. ")
        figure = pictures.gaps(result, self.steps, say)
        return {"gap": figure, "told": Table(told), "note": head + say(texts.PIECES)}


class Average(Tab):
    label = t("滑动平均", "Moving average")
    question = t("平均权重为什么比最后的权重更准？", "Why are averaged weights better than the last ones?")
    outputs = (outputs.figure("walk", height=470), FACTS)
    budget = BUDGET
    tries = (
        Try(
            t(
                "学习率 0.01：步子互不独立，平均反而落后",
                "Learning rate 0.01: steps remember one another, the average lags",
            ),
            {"rate": 0.01},
            lambda r: r.ratio < 1,
        ),
        Try(
            t("β = 0.995：记得太久，20 个种子全输", "β = 0.995: too long a memory loses for all 20 seeds"),
            {"beta": 0.995},
            lambda r: r.wins == 0,
        ),
        Try(
            t("没有噪声：平均只会拖后腿", "No noise: the average only lags"),
            {"noise": 0.0},
            lambda r: r.wins == 0 and r.ratio < 1e-6,
        ),
    )

    beta: float = slider(0.96, 0.0, 0.995, step=0.005, label=BETA)
    rate: float = slider(0.25, 0.01, 0.3, log=True, label=RATE)
    noise: float = slider(1.0, 0.0, 4.0, step=0.1, label=t("梯度噪声", "Noise of the gradient"))
    steps: int = slider(200, 20, 600, label=STEPS)
    seed: int = seed(1)

    def cost(self) -> float:
        return self.steps

    def compute(self) -> Walk:
        from core.tricks.training_loop.averaging import averaged_walk

        return averaged_walk(self.rate, self.noise, self.beta, self.steps, self.seed)

    def show(self, result: Walk, say: Say) -> dict[str, Any]:
        facts = numbers.average(result, say)
        return {"walk": pictures.walk(result, self.beta, say), "facts": facts}


class Vat(Tab):
    label = t("虚拟对抗", "VAT")
    question = t("六个标签，怎样学会两弯月？", "How does one learn two moons from six labels?")
    outputs = (outputs.figure("moons", height=460), FACTS)
    budget = BUDGET
    live = False
    tries = (
        Try(
            t("两个标签也够：仍然全对", "Two labels suffice: still all right"),
            {"labelled": 2},
            lambda r: r.smooth.accuracy > 0.99 and r.bare.accuracy < 0.8,
        ),
        Try(
            t("半径 1：跨过两月之间的缝，不再有用", "Radius 1: it crosses the gap between the moons and helps no more"),
            {"radius": 1.0},
            lambda r: r.smooth.accuracy < r.bare.accuracy,
        ),
    )

    radius: float = slider(0.3, 0.0, 1.0, step=0.05, label=RADIUS)
    labelled: int = slider(6, 2, 40, step=2, label=t("有标签的点", "Labelled points"))
    iterations: int = slider(1, 1, 4, label=POWER_ITERATIONS)
    n: int = slider(200, 60, 400, label=t("点数", "Points"))
    steps: int = slider(400, 50, 800, step=50, label=STEPS)
    seed: int = seed(1)

    def cost(self) -> float:
        return self.steps * (4 + self.iterations)

    def compute(self) -> Iterator[Moons]:
        from core.tricks.training_loop.vat import smoothed_moons

        return smoothed_moons(self.n, self.labelled, self.radius, self.iterations, self.steps, FRAMES, self.seed)

    def progress(self, result: Moons) -> float:
        return result.step / self.steps

    def show(self, result: Moons, say: Say) -> dict[str, Any]:
        facts = numbers.vat(result, say)
        return {"moons": pictures.moons(result, self.labelled, say), "facts": facts}


POST = Post(
    id=6311,
    title=t(
        "“让Keras更酷一些！”：随意的输出和灵活的归一化",
        "Making Keras cooler: free outputs and flexible normalisation",
    ),
    date=datetime.date(2019, 1, 27),
    story=texts.STORY,
    changes=texts.CHANGES,
    papers=texts.PAPERS,
)

PAGE = Page(
    title=t("训练循环里的小技巧", "Extras of a training loop"),
    summary=t(
        "损失、指标、权重、进度条：约束放在梯度步之后还是放进前向，一次训练里比给你看；另补滑动平均、梯度累积与虚拟对抗训练。",
        "Loss, metric, weights, progress bar: a constraint after the step against normalisation inside the forward pass, in one live run. Moving averages, accumulation and VAT are added.",
    ),
    post=POST,
    tabs=(Weights, Bar, Spectral, Run, Average, Accumulation, Vat),
    added=datetime.date(2026, 11, 21),
)
