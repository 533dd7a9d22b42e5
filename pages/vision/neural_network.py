"""Neural networks, from the step function to digits (post 3331)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import PointValue, choice, point, seed, slider
from gallery.outputs import Metric
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.shared.digits import DATA, Digit
from pages.vision import _neural_network_figures as pictures
from pages.vision._neural_network_texts import CHANGES, STORY, TASK_NAMES, UNITS

if TYPE_CHECKING:
    from core.vision.neural_network.live import Learning
    from core.vision.neural_network.plane import Curve, Lines
    from core.vision.neural_network.views import Squeezed, Through, Unit

FACTS = outputs.metrics("facts")
PLANE = (-0.6, 1.6)
SHARP = t("锐利程度 k", "Sharpness k")
TEN = {str(d): t(str(d), str(d)) for d in range(10)}
SIZES = {str(m): t(f"{m} 个数", f"{m} numbers") for m in (1, 2, 4, 8, 16, 32, 64)}
FRAMES = 20


def spot(x: float, y: float, label: str) -> Any:
    """A point of a line, dragged in the picture."""
    return point((x, y), PLANE, PLANE, label=t(label, label), in_picture=True)


class Smooth(Tab):
    label = t("从阶跃到 S(kx)", "Step to S(kx)")
    question = t("把阶跃函数磨光，k 多大时它又像阶跃？", "The step made smooth: at what k is it a step again?")
    outputs = (outputs.figure("curve", height=380), FACTS, outputs.figure("whole", height=320))
    tries = (
        Try(
            t("k = 50：|x| > 0.1 处已与阶跃无异，也就没有斜率可用", "k = 50: beyond |x| = 0.1 it is the step, and has no slope to learn by"),
            {"k": 50.0, "at": 0.5},
            lambda y: y.within < 0.1 and y.slope < 1e-6,
        ),
        Try(
            t("k = 0.5：几乎是直线，离阶跃很远", "k = 0.5: nearly a straight line, far from a step"),
            {"k": 0.5},
            lambda y: y.within > 3,
        ),
    )  # fmt: skip

    k: float = slider(2.0, 0.1, 100.0, log=True, label=SHARP, play=True)
    at: float = slider(0.5, -3.0, 3.0, step=0.05, label=t("看哪个 x", "Look at x"))

    def compute(self) -> Curve:
        from core.vision.neural_network.plane import curve

        return curve(self.k, self.at)

    def show(self, y: Curve, say: Say) -> Mapping[str, Any]:
        facts = [
            Metric("S(kx)", f"{y.value:.4f}", f"x = {y.at:g}"),
            Metric(say("斜率", "Slope"), f"{y.slope:.3g}", "k S (1 − S)"),
            Metric(say("0 处的斜率", "Slope at 0"), f"{y.steepest:.3g}", "k/4"),
        ]
        return {"curve": pictures.curve(y, say), "facts": facts, "whole": pictures.whole(y, say)}


class Xor(Tab):
    label = t("异或", "XOR")
    question = t(
        "一条直线分不开异或：两个单元怎么分？拖动直线。", "No one line parts XOR: how do two units? Drag the lines."
    )
    outputs = (outputs.figure("planes", height=480), outputs.table("table"), outputs.markdown("note"))
    tries = (
        Try(
            t("第二条线拖到第一条上：等于只有一个单元，对不了四个", "The second line on the first: as good as one unit, never all four"),
            {"a2": (-0.25, 0.75), "b2": (0.75, -0.25)},
            lambda y: y.right < 4,
        ),
        Try(
            t("换成“相等”而线不动：四个全错", "Ask for “equal” with the same lines: all four wrong"),
            {"task": "equal"},
            lambda y: y.right == 0,
        ),
        Try(
            t("k = 3 的光滑单元：边界变软，输出都挤到 ½ 附近", "Smooth units, k = 3: soft borders, and outputs near ½"),
            {"units": "smooth", "k": 3.0},
            lambda y: max(abs(y.made - 0.5)) < 0.4,
        ),
    )  # fmt: skip

    task: str = choice("xor", TASK_NAMES, label=t("目标", "Target"))
    units: str = choice("step", UNITS, label=t("单元", "Units"))
    k: float = slider(20.0, 1.0, 200.0, log=True, label=SHARP, shown_when={"units": "smooth"}, play=True)
    a1: PointValue = spot(-0.25, 0.75, "h₁ A")
    b1: PointValue = spot(0.75, -0.25, "h₁ B")
    a2: PointValue = spot(0.25, 1.25, "h₂ A")
    b2: PointValue = spot(1.25, 0.25, "h₂ B")
    a3: PointValue = spot(1.25, 0.75, "y A")
    b3: PointValue = spot(0.25, -0.25, "y B")

    def compute(self) -> Lines:
        from core.vision.neural_network.plane import lines
        from core.vision.neural_network.views import sharpness

        ends = ((self.a1, self.b1), (self.a2, self.b2), (self.a3, self.b3))
        return lines(ends, sharpness(self.units, self.k), self.task)

    def show(self, y: Lines, say: Say) -> Mapping[str, Any]:
        ends = {name: getattr(self, name) for name in ("a1", "b1", "a2", "b2", "a3", "b3")}
        columns = {
            "x₁, x₂": ["0, 0", "0, 1", "1, 0", "1, 1"],
            "h₁": [round(float(h), 3) for h in y.hidden[:, 0]],
            "h₂": [round(float(h), 3) for h in y.hidden[:, 1]],
            "y": [round(float(v), 3) for v in y.made],
            say("要的", "wanted"): list(y.wanted),
        }
        folded = (
            say("左边同类的两个角，在右边落到了同一处：隐层把平面折叠了，于是一条直线就够。", "Two corners of one class at the left fall on one place at the right: the hidden layer has folded the plane, and one line is enough there.")
            if y.squeezed
            else say("右边没有同类的两个角落在同一处。", "No two corners of one class fall on one place at the right.")
        )  # fmt: skip
        note = say("单元在 A 到 B 的左侧为 1。", "A unit is 1 at the left of the way from A to B.")
        return {
            "planes": pictures.planes(y, ends, self.task, say),
            "table": outputs.Table(columns),
            "note": f"{folded} {note}",
        }


class Layers(Digit):
    label = t("一个数字", "A digit")
    question = t("一个数字怎样穿过各层，哪些像素说了算？", "How does a digit pass the layers, and which pixels decide?")
    outputs = (outputs.figure("through", height=330), outputs.figure("pixels", height=380), FACTS)
    tries = (
        Try(
            t("自己画一个：先给的 7 读作 7", "Draw your own: the 7 that the sheet begins with is read as a 7"),
            {"source": "sketch"},
            lambda y: y.first == 7,
        ),
        Try(
            t("全换成阶跃：仍读作 5，梯度全没了", "Steps throughout: still read as a 5, but there is no gradient"),
            {"units": "step"},
            lambda y: y.flat and y.first == 5,
        ),
    )

    units: str = choice("smooth", UNITS, label=t("单元", "Units"))
    k: float = slider(1.0, 0.1, 64.0, log=True, label=SHARP, shown_when={"units": "smooth"}, play=True)

    def compute(self) -> Through:
        from core.data.datasets import held_out
        from core.vision.neural_network.views import seen, sharpness, through, written

        k = sharpness(self.units, self.k)
        if self.source == "sketch":
            return through(written(self.drawing), k)
        return through(seen(self.picture if self.source == "picture" else held_out(DATA, self.number)), k)

    def show(self, y: Through, say: Say) -> Mapping[str, Any]:
        facts = [
            Metric(say("读作", "Read as"), y.first, f"p = {y.p[y.first]:.3f}"),
            Metric(say("其次", "Next"), y.second, f"p = {y.p[y.second]:.3f}"),
            Metric(say("犹豫的隐单元", "Undecided hidden units"), y.undecided, say("输出在 0.1 与 0.9 之间，共 100", "output between 0.1 and 0.9, of 100")),
        ]  # fmt: skip
        return {"through": pictures.through(y, say), "pixels": pictures.pixels(y, say), "facts": facts}


class Units(Tab):
    label = t("隐单元", "Hidden units")
    question = t("每个隐单元在找什么，又投票给谁？", "What does each hidden unit look for, and for whom does it vote?")
    outputs = (
        outputs.figure("unit", height=380),
        outputs.images("liked", t("使它最亮与最暗的自画数字，和它的输出", "Drawn digits at which it is most and least on, with its output"), height=190),
        outputs.images("every", t("全部 100 个，按给这个数字的票从高到低（白：要有墨；灰：不管）", "All 100, by their vote for the digit (white: ink wanted; grey: no matter)"), height=420),
    )  # fmt: skip
    tries = (
        Try(
            t("最反对 0 的单元：见到 0 就关着", "The unit most against 0: it stays off at a 0"),
            {"rank": 100},
            lambda y: y.vote < 0 and y.at_digit < 0.01 < y.at_others,
        ),
        Try(
            t(
                "最支持 1 的单元：见到 1 时的输出是别处的十倍以上",
                "The unit most for 1: at a 1 its output is over ten times that elsewhere",
            ),
            {"digit": "1"},
            lambda y: y.vote > 0 and y.at_digit > 10 * y.at_others,
        ),
    )

    digit: str = choice("0", TEN, label=t("投票给", "Votes for"))
    rank: int = slider(1, 1, 100, label=t("第几支持它", "Rank among its supporters"), play=True)

    def compute(self) -> Unit:
        from core.vision.neural_network.views import unit

        return unit(int(self.digit), self.rank)

    def show(self, y: Unit, say: Say) -> Mapping[str, Any]:
        captions = [f"{value:.2f}" for value in (*y.best_outputs, *y.least_outputs)]
        return {
            "unit": pictures.unit(y, say),
            "liked": outputs.Grid([*y.best, *y.least], 8, captions),
            "every": outputs.Grid(y.every, 20),
        }


class Bottleneck(Digit):
    label = t("瓶颈", "Bottleneck")
    question = t("784 个数挤过几个数，还剩下什么？", "784 numbers squeezed through a few: what is left?")
    outputs = (
        outputs.images("again", t("原图；上行自编码器，下行 PCA，瓶颈 1 到 64 个数（丢掉的方差）", "The digit; above the autoencoder, below PCA, through 1 to 64 numbers (variance lost)"), height=220),
        outputs.figure("lost", height=340),
        FACTS,
    )  # fmt: skip
    tries = (
        Try(
            t("64 个数：自己画的 7 比 2 个数时丢得少", "64 numbers: a drawn 7 loses less than through 2"),
            {"source": "sketch", "size": "64"},
            lambda y: y.coder_lost[64] < y.coder_lost[2],
        ),
        Try(
            t(
                "2 个数：测试数字上自编码器比 PCA 丢得少",
                "2 numbers: on test digits the autoencoder loses less than PCA",
            ),
            {"size": "2"},
            lambda y: y.ratio < 1,
        ),
    )

    size: str = choice("8", SIZES, label=t("瓶颈", "Bottleneck"))

    def compute(self) -> Squeezed:
        from core.data.datasets import held_out
        from core.vision.neural_network.views import seen, squeezed, written

        size = int(self.size)
        if self.source == "sketch":
            return squeezed(written(self.drawing), size)
        return squeezed(seen(self.picture if self.source == "picture" else held_out(DATA, self.number)), size)

    def show(self, y: Squeezed, say: Say) -> Mapping[str, Any]:
        rows = [(y.coder, y.coder_lost), (y.pca, y.pca_lost)]
        tiles = [tile for made, _ in rows for tile in (y.picture, *made.values())]
        captions = [text for _, lost in rows for text in ("x", *(f"{m}: {share:.0%}" for m, share in lost.items()))]
        facts = [
            Metric(say("这张图，自编码器丢", "This digit: autoencoder loses"), f"{y.coder_lost[y.size]:.1%}", f"m = {y.size}"),
            Metric(say("这张图，PCA 丢", "This digit: PCA loses"), f"{y.pca_lost[y.size]:.1%}"),
            Metric(say("自编码器 / PCA", "Autoencoder / PCA"), f"{y.ratio:.2f}", say(f"{y.record.digits:,} 个测试数字", f"{y.record.digits:,} test digits")),
        ]  # fmt: skip
        return {"again": outputs.Grid(tiles, 8, captions), "lost": pictures.bottleneck(y, say), "facts": facts}


class Train(Tab):
    label = t("现场训练", "Train")
    question = t(
        "换一个 k、换几个隐单元，它还学得会吗？", "Another k, other numbers of hidden units: does it still learn?"
    )
    outputs = (
        outputs.figure("curves", height=380),
        outputs.images(
            "weights", t("隐单元（至多 20 个）看向哪里", "What hidden units (20 at most) look at"), height=160
        ),
        FACTS,
    )
    budget = 3000.0  # steps of a small network
    live = False
    tries = (
        Try(
            t("阶跃：第一层一动不动，只有最后一层在学", "Steps: the first layer never moves, only the last one learns"),
            {"units": "step"},
            lambda y: y.moved == 0 and 0.05 < y.test_error[-1] < 0.5 * y.test_error[0],
        ),
        Try(
            t("k = 64：斜率几乎处处为 0，学得差", "k = 64: hardly a slope anywhere, and it learns badly"),
            {"k": 64.0},
            lambda y: y.test_error[-1] > 0.05,
        ),
        Try(
            t("只有 2 个隐单元：十个数字挤不过去", "Two hidden units: ten digits do not fit through"),
            {"hidden": 2},
            lambda y: y.test_error[-1] > 0.2,
        ),
    )

    hidden: int = slider(32, 0, 64, label=t("隐单元（0：没有隐层）", "Hidden units (0: no hidden layer)"))
    units: str = choice("smooth", UNITS, label=t("单元", "Units"))
    k: float = slider(4.0, 0.25, 64.0, log=True, label=SHARP, shown_when={"units": "smooth"})
    lr: float = slider(0.5, 0.01, 2.0, log=True, label=t("学习率", "Learning rate"))
    steps: int = slider(1500, 100, 3000, step=100, label=t("步数", "Steps"))
    seed: int = seed(1)

    def cost(self) -> float:
        return float(self.steps)

    def compute(self) -> Iterator[Learning]:
        from core.vision.neural_network.live import learned
        from core.vision.neural_network.views import sharpness

        return learned(self.hidden, sharpness(self.units, self.k), self.lr, self.steps, FRAMES, self.seed)

    def progress(self, y: Learning) -> float:
        return y.step / y.steps

    def show(self, y: Learning, say: Say) -> Mapping[str, Any]:
        facts = [
            Metric(say("测试错误率", "Test error"), f"{y.test_error[-1]:.1%}", say(f"{y.test} 个数字", f"{y.test} digits")),
            Metric(say("损失（最近 20 步）", "Loss (last 20 steps)"), y.recent if y.step else "–", "nat"),
            Metric(say("第一层移动了", "First layer moved by"), f"{y.moved:.0%}", say("相对于起初的大小", "of its size at the start")),
            Metric(say("隐单元的平均斜率", "Mean slope of hidden units"), f"{y.slope:.3f}", "k S (1 − S)"),
        ]  # fmt: skip
        return {"curves": pictures.learning(y, say), "weights": outputs.Grid(y.weights, 10, scale=6), "facts": facts}


POST = Post(
    id=3331,
    title=t("闲聊：神经网络与深度学习", "A chat: neural networks and deep learning"),
    date=datetime.date(2015, 6, 6),
    story=STORY,
    changes=CHANGES,
    papers=(
        ("Rumelhart, Hinton and Williams 1986, Learning representations by back-propagating errors", "https://doi.org/10.1038/323533a0"),
        ("Baldi and Hornik 1989, Neural networks and principal component analysis", "https://doi.org/10.1016/0893-6080(89)90014-2"),
    ),
)  # fmt: skip

PAGE = Page(
    title=t("神经网络", "Neural networks"),
    summary=t(
        "从阶跃函数到 S(kx)：拖三条直线做异或，画一个数字看它穿过各层，瓶颈丢掉什么，现场训练。",
        "From the step to S(kx): three lines to drag build XOR, a drawn digit passes the layers, what a bottleneck loses, training live.",
    ),
    post=POST,
    tabs=(Smooth, Xor, Layers, Units, Bottleneck, Train),
    added=datetime.date(2026, 11, 27),
    weights=("neural-network",),
)
