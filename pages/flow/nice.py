"""NICE: a flow of additive couplings (post 5776)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import SketchValue, choice, seed, sketch, slider, toggle
from gallery.page import Page, Post, Progress, Say, Tab, Try, t
from pages.flow import _nice_figures as pictures
from pages.flow import _nice_numbers as numbers
from pages.flow._nice_inputs import Digit, Ends
from pages.flow._nice_texts import CHANGES, STORY
from pages.shared import morph
from pages.shared.morph import Morph
from pages.shared.plane import HEART, TARGETS

if TYPE_CHECKING:
    from core.flow.nice.inpaint import Inpainting
    from core.flow.nice.plane import Training
    from core.flow.nice.views import Kept, Likelihoods, Samples, Stages
    from core.morphing import Morphing

WEIGHTS = "nice-mnist28"
PIXELS = 784
FACTS = outputs.metrics("facts")
TEMPERATURE = t("温度 T", "Temperature T")
LADDER = ("0", "0.25", "0.5", "0.75", "1", "1.2")
REGIONS = {
    "lower": t("下半", "Lower half"),
    "upper": t("上半", "Upper half"),
    "left": t("左半", "Left half"),
    "right": t("右半", "Right half"),
    "middle": t("中间", "Middle"),
}
TICKS = {-1.444: "−2000", 0.0: "0", 1.444: "2000", 2.998: "10⁴", 5.298: "10⁵"}
"""Losses at the places of ``core.flow.nice.views.place``."""


class Sample(Tab):
    label = t("采样", "Sample")
    question = t("为什么采样时标准差取 0.75，而不是 1？", "Why take samples with standard deviation 0.75, and not 1?")
    outputs = (
        outputs.figure("wall", height=470),
        outputs.images("one", t("同一个 z，T 从 0 到 1.2", "One z, T from 0 to 1.2"), height=130),
        FACTS,
    )
    tries = (
        Try(
            t("T = 0：所有编码都是同一张图", "T = 0: every code is the same picture"),
            {"temperature": 0.0},
            lambda y: y.apart < 1e-6,
        ),
        Try(
            t(
                "T = 0.25：样本之间的差异不到真数字的三成",
                "T = 0.25: samples differ under three tenths as much as real digits",
            ),
            {"temperature": 0.25},
            lambda y: y.apart < 0.3,
        ),
    )

    temperature: float = slider(0.75, 0.0, 1.2, step=0.05, label=TEMPERATURE, play=True)
    seed: int = seed()

    def compute(self) -> Samples:
        from core.flow.nice.views import samples

        return samples(self.seed, 64, self.temperature)

    def show(self, y: Samples, say: Say) -> Mapping[str, Any]:
        facts = numbers.samples(y, say)
        return {
            "wall": pictures.samples(y, self.temperature, say),
            "one": outputs.Grid(list(y.one), len(y.one), [f"T = {step}" for step in LADDER]),
            "facts": facts,
        }


class Interpolate(Morph, Ends):
    question = t("两个数字之间是什么？", "What lies between two digits?")
    tries = (
        Try(
            t("两端可逆：与原图一字不差", "Both ends are exact: the flow is invertible"),
            {"left_digit": "example:digit-4", "right_digit": "example:digit-9"},
            lambda y: max(y.errors) == 0,
        ),
        Try(
            t("两个随机编码走直线：中点短了两成以上", "Two random codes, straight line: the middle is over a fifth shorter"),
            {"left": "seed", "right": "seed", "path": "lerp"},
            lambda y: y.middle_length < 0.8,
        ),
    )  # fmt: skip

    path: str = choice("lerp", {key: morph.PATHS[key] for key in ("lerp", "slerp")}, label=t("路径", "Path"))
    temperature: float = slider(1.0, 0.0, 1.2, step=0.05, label=t("乘在编码上", "Factor of the code"))

    def compute(self) -> Morphing:
        from core.flow.nice.views import end
        from core.morphing import morphing
        from core.weights import load

        left = end(self.left, self.left_number, self.left_digit)
        right = end(self.right, self.right_number, self.right_digit)
        return morphing(load(WEIGHTS), left, right, self.frames, self.path, self.temperature, self.seed)


class Film(Digit):
    label = t("逐层", "Layer by layer")
    question = t("四次减法怎样把数字变成噪声？", "How do four subtractions turn a digit into noise?")
    outputs = (
        outputs.animation("film", height=400),
        outputs.figure("stages", height=560),
        outputs.figure("related", height=300),
        FACTS,
    )
    tries = (
        Try(
            t("自己写的 4：来回一趟，误差不到万分之一", "A drawn 4: there and back within 1e-4"),
            {"source": "sketch"},
            lambda y: y.gap < 1e-4,
        ),
    )

    seed: int = seed()

    def compute(self) -> Stages:
        from core.flow.nice.views import chosen, stages

        return stages(chosen(self.source, self.number, self.picture, self.drawing), self.seed)

    def show(self, y: Stages, say: Say) -> Mapping[str, Any]:
        names = [say(f"正在过第 {k} 层", f"through coupling {k}") for k in range(1, len(y.related) - 1)]
        captions = [*names, say("乘 s", "times s"), "z"]
        facts = numbers.film(y, say)
        return {
            "film": outputs.Animation(list(y.films), 12, [captions[k] for k in y.stage], boomerang=True, autoplay=True),
            "stages": pictures.stages(y, say),
            "related": pictures.related(y, say),
            "facts": facts,
        }  # fmt: skip


class Scales(Digit):
    label = t("尺度", "Scales")
    question = t("784 维里，有多少维真正有用？", "How many of the 784 dimensions carry anything?")
    outputs = (outputs.figure("scales", height=600), FACTS)
    tries = (
        Try(
            t("全部保留：误差为零", "All are kept: no error"),
            {"count": PIXELS},
            lambda y: y.error < 1e-4,
        ),
        Try(
            t("一维不留：只剩 z = 0 的那张图", "None is kept: the picture of z = 0"),
            {"count": 0},
            lambda y: y.error > 0.1,
        ),
    )

    count: int = slider(300, 0, PIXELS, label=t("保留 σ 最大的几维", "How many of the largest σ are kept"), play=True)

    def compute(self) -> Kept:
        from core.flow.nice.views import chosen, kept

        return kept(chosen(self.source, self.number, self.picture, self.drawing), self.count)

    def show(self, y: Kept, say: Say) -> Mapping[str, Any]:
        facts = numbers.scales(y, say)
        return {
            "scales": pictures.kept(y, say),
            "facts": facts,
        }  # fmt: skip


class Likelihood(Digit):
    label = t("似然", "Likelihood")
    question = t("似然高的图，就像数字吗？", "Is a picture of high likelihood like a digit?")
    outputs = (
        outputs.figure("losses", height=430),
        outputs.images("shown", t("各图与它的损失", "Pictures and their losses"), height=120),
        FACTS,
    )
    tries = (
        Try(
            t("对比度 0.2：调暗之后，损失反而低了", "Contrast 0.2: dimmed, its loss is lower"),
            {"contrast": 0.2},
            lambda y: y.own < y.dimmed[-1],
        ),
    )

    contrast: float = slider(1.0, 0.0, 1.0, step=0.05, label=t("对比度", "Contrast"), play=True)
    seed: int = seed()

    def compute(self) -> Likelihoods:
        from core.flow.nice.views import chosen, likelihoods

        return likelihoods(chosen(self.source, self.number, self.picture, self.drawing), self.contrast, self.seed)

    def show(self, y: Likelihoods, say: Say) -> Mapping[str, Any]:
        names = [
            f"{name} · {value:.0f}"
            for name, value in zip(
                (
                    say("你的图", "yours"),
                    say(f"对比度 {y.contrast:g}", f"contrast {y.contrast:g}"),
                    say("打乱", "shuffled"),
                    say("全黑", "black"),
                ),
                (y.dimmed[-1], y.own, y.own_shuffled, y.black),
                strict=True,
            )
        ]
        facts = numbers.likelihood(y, say)
        return {
            "losses": pictures.likelihoods(y, TICKS, say),
            "shown": outputs.Grid(list(y.shown), len(y.shown), names),
            "facts": facts,
        }  # fmt: skip


class Inpaint(Digit):
    label = t("补全", "Inpaint")
    question = t(
        "遮住半个数字，沿 log q 往上爬，补得回来吗？", "Half a digit is covered: does climbing log q bring it back?"
    )
    outputs = (outputs.figure("found", height=440), FACTS)
    live = False
    budget = 300.0
    tries = (
        Try(
            t("遮住中间：补出的比留黑更可能", "The middle covered: likelier than black left there"),
            {"region": "middle"},
            lambda y: y.losses[-1].max() < y.blank,
        ),
        Try(
            t("遮住左半：找到的比真图更可能", "The left covered: more probable than the truth"),
            {"region": "left"},
            lambda y: y.gained > 0,
        ),
    )

    region: str = choice("lower", REGIONS, label=t("遮住", "Covered"))
    steps: int = slider(120, 40, 300, step=10, label=t("步数", "Steps"))
    seed: int = seed()

    def cost(self) -> float:
        return self.steps

    def compute(self) -> Iterator[Inpainting | Progress]:
        from core.flow.nice.inpaint import inpainted
        from core.flow.nice.views import chosen

        digit = chosen(self.source, self.number, self.picture, self.drawing)
        return inpainted(digit, self.region, self.steps, self.seed)

    def progress(self, result: Inpainting) -> float:
        return result.done

    def show(self, y: Inpainting, say: Say) -> Mapping[str, Any]:
        facts = numbers.inpainted(y, say)
        return {
            "found": pictures.inpainting(y, say),
            "facts": facts,
        }  # fmt: skip


class Plane(Tab):
    label = t("平面上训练", "Train in the plane")
    question = t(
        "只会搬动、不会伸缩的耦合层，能把正态分布弯成什么？",
        "What can couplings that move but never stretch make of a normal distribution?",
    )
    outputs = (outputs.figure("plane", height=470), FACTS)
    live = False
    budget = 7200.0
    tries = (
        Try(
            t("圆环，只有一层：不比一个正态分布好", "A ring, one coupling: no better than one normal distribution"),
            {"target": "ring", "couplings": 1},
            lambda y: y.last.loss > y.gaussian - 0.1,
        ),
        Try(
            t("自己画：画一个形状让它学", "Your drawing: draw a shape for it to learn"),
            {"target": "drawn"},
            lambda y: y.last.loss < y.gaussian,
        ),
    )  # fmt: skip

    target: str = choice("eight", TARGETS, label=t("要学的分布", "Distribution to learn"))
    drawing: SketchValue = sketch(64, label=t("画", "Draw"), default="\n".join(HEART), shown_when={"target": "drawn"})
    couplings: int = slider(4, 1, 6, label=t("耦合层数", "Couplings"))
    positive: bool = toggle(False, label=t("m 的末层也用 ReLU（原文）", "ReLU on m's last layer (the post)"))
    steps: int = slider(600, 200, 1200, step=100, label=t("步数", "Steps"))
    seed: int = seed()

    def cost(self) -> float:
        return self.steps * self.couplings

    def compute(self) -> Iterator[Training]:
        from core.flow.nice.plane import Settings, trained
        from core.gan.plane.targets import target

        settings = Settings(self.couplings, self.positive, self.steps, self.seed)
        return trained(settings, target(self.target, self.seed, self.drawing))

    def progress(self, result: Training) -> float:
        return result.done

    def show(self, y: Training, say: Say) -> Mapping[str, Any]:
        facts = numbers.plane(y, say)
        return {
            "plane": pictures.plane(y, say),
            "facts": facts,
        }  # fmt: skip


POST = Post(
    id=5776,
    title=t("细水长flow之NICE：流模型的基本概念与实现", "NICE: the basic ideas of flow models, and an implementation"),
    date=datetime.date(2018, 8, 11),
    story=STORY,
    changes=CHANGES,
    papers=(
        ("Dinh, Krueger and Bengio 2014, NICE: Non-linear Independent Components Estimation", "https://arxiv.org/abs/1410.8516"),
        ("Nalisnick et al. 2018, Do Deep Generative Models Know What They Don't Know?", "https://arxiv.org/abs/1810.09136"),
    ),
)  # fmt: skip

PAGE = Page(
    title=t("NICE：最早的流模型", "NICE: the first flow"),
    summary=t(
        "四次减法加一次缩放，数字就变成高斯噪声，还能一字不差地变回来：采样、插值、逐层看、看似然说了什么。",
        "Four subtractions and one scaling turn a digit into Gaussian noise, and exactly back: sample, interpolate, watch the layers, and see what likelihood says.",
    ),
    post=POST,
    tabs=(Sample, Interpolate, Film, Scales, Likelihood, Inpaint, Plane),
    added=datetime.date(2026, 11, 27),
    weights=(WEIGHTS,),
)
