"""WGAN-GP from scratch: why the critic needs a bound on its slope, and what each way of bounding it makes of W1 (post 4439)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import PointValue, choice, point, seed, slider
from gallery.outputs import Metric
from gallery.page import Page, Post, Progress, Say, Tab, Try, t
from gallery.text import Text
from pages.gan import _wgan_gp_figures as pictures
from pages.gan._gan_qp_figures import PAIRS
from pages.gan._wgan_gp_texts import CHANGES, STORY
from pages.shared.plane import OBJECTIVES, Duel2D
from pages.shared.walls import LOW, Walls

if TYPE_CHECKING:
    from core.gan.pictures_views import Slopes
    from core.gan.wgan_gp.line import Estimates, Imitation
    from core.gan.wgan_gp.potential import Bent

FACTS = outputs.metrics("facts")
SPAN = (-3.0, 3.0)
PENALTY = t("惩罚的 λ", "λ of the penalty")
RIVALS = ("wgan-gp", "gan-qp-l1")
DRAWN = ("wgan-gp-mnist28", "wgan-gp-mlp-mnist28", "gan-qp-l1-mnist28")


class Bend(Tab):
    label = t("捏一个判别器", "Bend a critic")
    question = t("判别器为什么要限制斜率？", "Why must the slope of a critic be bounded?")
    outputs = (outputs.figure("bend", height=430), FACTS)
    tries = (
        Try(
            t("整个放大三倍：差距也三倍，相除还是原来的", "Three times as high: three times the gap, the same quotient"),
            {"first": (-2.0, 3.0), "second": (-0.8, 1.5), "third": (0.8, -1.5), "last": (2.0, -3.0)},
            lambda y: y.gain > 3 and y.bound <= y.w1,
        ),
        Try(
            t("画反：差距是负的", "Upside down: the gap is negative"),
            {"first": (-2.0, -2.0), "second": (-1.0, -1.0), "third": (1.0, 1.0), "last": (2.0, 2.0)},
            lambda y: y.gain < 0,
        ),
        Try(
            t("两个峰围着一个峰：要捏成山谷", "Two bumps around one: it takes a valley"),
            {
                "pair": "bumps", "shift": 3.0, "first": (-1.9, 1.5), "second": (-0.2, 0.0), "third": (0.2, 0.0),
                "last": (1.9, 1.5),
            },
            lambda y: y.bound > 0.8 * y.w1,
        ),
    )  # fmt: skip

    pair: str = choice("normals", PAIRS, label=t("p 与 q", "p and q"))
    shift: float = slider(2.0, 0.0, 3.0, step=0.1, label=t("相距", "Apart by"))
    first: PointValue = point((-2.0, 1.0), SPAN, SPAN, label=t("第一点", "First dot"), in_picture=True)
    second: PointValue = point((-0.8, 0.5), SPAN, SPAN, label=t("第二点", "Second dot"), in_picture=True)
    third: PointValue = point((0.8, -0.5), SPAN, SPAN, label=t("第三点", "Third dot"), in_picture=True)
    last: PointValue = point((2.0, -1.0), SPAN, SPAN, label=t("第四点", "Fourth dot"), in_picture=True)

    def compute(self) -> Bent:
        from core.gan.wgan_gp.potential import bend

        return bend(self.pair, self.shift, (self.first, self.second, self.third, self.last))

    def show(self, y: Bent, say: Say) -> Mapping[str, Any]:
        knots = {"first": self.first, "second": self.second, "third": self.third, "last": self.last}
        return {
            "bend": pictures.bend(y, knots, say),
            "facts": [
                Metric("E_p T − E_q T", y.gain, say("想多大就多大", "as large as you like")),
                Metric(say("最陡的斜率", "Steepest slope"), y.steepest),
                Metric(say("相除", "Quotient"), y.bound, say(f"最大是 W₁ = {y.w1:.3f}", f"at most W₁ = {y.w1:.3f}")),
            ],
        }


class Estimate(Tab):
    label = t("训练判别器", "Train the critic")
    question = t(
        "裁剪、惩罚、谱归一化，谁量得准 W₁？", "Clipping, a penalty, spectral normalisation: which measures W₁ right?"
    )
    outputs = (outputs.figure("estimates", height=420), FACTS)
    budget = 2000.0
    live = False
    tries = (
        Try(
            t(
                "λ = 1：平方的高估一倍，不平方的管不住了",
                "λ = 1: the squared one is twice what it should be, the other no longer holds",
            ),
            {"lam": 1.0},
            lambda y: y.gain["two-sided"][-1] > 1.8 * y.w1 and y.gain["linear"][-1] > 10 * y.w1,
        ),
        Try(
            t("两个分布只差 0.5：平方的只高估百分之几", "Only 0.5 apart: the squared one is high by a few per cent"),
            {"delta": 0.5},
            lambda y: 0.9 < y.gain["two-sided"][-1] / y.w1 < 1.2,
        ),
    )

    delta: float = slider(2.0, 0.1, 4.0, step=0.1, label=t("两个正态相距 δ = W₁", "Two normals, δ = W₁ apart"))
    lam: float = slider(10.0, 0.5, 100.0, log=True, label=PENALTY)
    steps: int = slider(800, 100, 2000, step=100, label=t("训练步数", "Training steps"))
    seed: int = seed()

    def cost(self) -> float:
        return self.steps

    def compute(self) -> Iterator[Estimates | Progress]:
        from core.gan.wgan_gp.line import estimate

        return estimate(self.delta, self.lam, self.steps, self.seed)

    def progress(self, result: Estimates) -> float:
        return result.steps[-1] / result.total

    def show(self, y: Estimates, say: Say) -> Mapping[str, Any]:
        facts = [
            Metric(
                say(name), float(y.gain[way][-1]),
                say(f"最陡 {y.steepest[way][-1]:.3g}，相除 {y.quotient(way):.3g}", f"slope {y.steepest[way][-1]:.3g}, quotient {y.quotient(way):.3g}"),
            )
            for way, name in pictures.WAYS.items()
        ]  # fmt: skip
        return {"estimates": pictures.estimates(y, self.lam, y.expected(self.lam), say), "facts": facts}


class Imitate(Tab):
    label = t("学会模仿", "Learn to imitate")
    question = t(
        "一维的生成器，跟着判别器走，能学会两个峰吗？",
        "Can a generator on the line learn two bumps by following its critic?",
    )
    outputs = (outputs.figure("imitation", height=400), FACTS)
    budget = 1000.0
    live = False
    tries = (
        Try(
            t(
                "平方的惩罚：斜率要经过 0 才能变号，惩罚拦着；生成器先跑远再回来",
                "The squared penalty: to change sign a slope passes 0, which it penalises; G runs far off, then comes back",
            ),
            {"way": "two-sided"},
            lambda y: y.w1.max() > 2 > y.w1[-1],
        ),
        Try(
            t("裁剪也能学会", "Clipping learns it too"),
            {"way": "clip"},
            lambda y: y.w1[-1] < 0.3,
        ),
    )

    way: str = choice("linear", pictures.WAYS, label=t("怎样约束判别器", "What keeps the critic regular"))
    lam: float = slider(10.0, 0.5, 100.0, log=True, label=PENALTY, shown_when={"way": ("two-sided", "linear")})
    steps: int = slider(300, 100, 1000, step=100, label=t("生成器的步数", "Generator steps"))
    seed: int = seed()

    def cost(self) -> float:
        return self.steps

    def compute(self) -> Iterator[Imitation | Progress]:
        from core.gan.wgan_gp.line import imitate

        return imitate(self.way, self.lam, self.steps, self.seed)

    def progress(self, result: Imitation) -> float:
        return result.steps[-1] / result.total

    def show(self, y: Imitation, say: Say) -> Mapping[str, Any]:
        return {
            "imitation": pictures.imitation(y, say),
            "facts": [
                Metric(say("开始时离目标 W₁", "W₁ at the start"), float(y.w1[0])),
                Metric(say("现在", "Now"), float(y.w1[-1]), say(f"{y.steps[-1]} 步", f"{y.steps[-1]} steps")),
                Metric(say("最近时", "At best"), float(y.w1.min())),
            ],
        }


class Plane(Duel2D):
    question = t("裁剪与惩罚，谁在平面上学得会？", "Clipping or a penalty: which learns in the plane?")
    tries = (
        Try(
            t(
                "惩罚改成单边：与双边差不多，都盖住一半以上的峰",
                "A one-sided penalty does about as well as the two-sided: either covers over half of the modes",
            ),
            {"left": "wgan-gp-one-sided"},
            lambda y: min(run.last.modes for run in y.runs) > 4,
        ),
        Try(
            t("瑞士卷：单边惩罚学得会", "A Swiss roll: the one-sided penalty learns it"),
            {"target": "roll", "left": "wgan-gp-one-sided"},
            lambda y: y.left.last.distance < 0.8 * y.left.records[0].distance,
        ),
    )

    left: str = choice("wgan-clip", OBJECTIVES, label=t("左边的目标", "Objective on the left"))
    right: str = choice("wgan-gp", OBJECTIVES, label=t("右边的目标", "Objective on the right"))


class Slope(Tab):
    label = t("数字上的斜率", "Slopes on digits")
    question = t(
        "训练完的判别器，真假之间的斜率是 1 吗？", "Has the trained critic slope 1 between real and generated?"
    )
    outputs = (outputs.figure("slopes", height=400), FACTS)
    tries = (
        Try(
            t("换一批样本：均值几乎不变", "Other samples: hardly another mean"),
            {"seed": 300},
            lambda y: 0.7 < y[0].mean < 1.3,
        ),
    )

    seed: int = seed(1)

    def compute(self) -> tuple[Slopes, Slopes]:
        from core.gan.pictures_views import between

        return between("wgan-gp-mnist28", self.seed), between("gan-qp-l1-mnist28", self.seed)

    def show(self, y: tuple[Slopes, Slopes], say: Say) -> Mapping[str, Any]:
        names = [say(OBJECTIVES[one]) for one in RIVALS]
        facts = [
            Metric(say(f"{name}：‖∇T‖ 的均值", f"{name}: mean ‖∇T‖"), one.mean, say("100 对", "100 pairs"))
            for name, one in zip(names, y, strict=True)
        ]
        return {"slopes": pictures.slopes(y, names, say), "facts": facts}


class Pictures(Walls):
    question = t(
        "DCGAN 与原作者的 MLP，WGAN-GP 画得怎么样？",
        "How does WGAN-GP draw, with DCGAN's networks and with the author's MLP?",
    )

    outputs = (outputs.figure("samples", height=LOW), FACTS)

    @property
    def weights(self) -> tuple[str, ...]:
        return DRAWN

    @property
    def names(self) -> tuple[Text, ...]:
        mlp = t("WGAN-GP（作者的 MLP）", "WGAN-GP, the author's MLP")
        return OBJECTIVES[RIVALS[0]], mlp, OBJECTIVES[RIVALS[1]]


POST = Post(
    id=4439,
    title=t("互怼的艺术：从零直达WGAN-GP", "The art of quarrelling: from scratch to WGAN-GP"),
    date=datetime.date(2017, 6, 8),
    story=STORY,
    changes=CHANGES,
    papers=(
        ("Arjovsky, Chintala and Bottou 2017, Wasserstein GAN", "https://arxiv.org/abs/1701.07875"),
        ("Gulrajani et al. 2017, Improved Training of Wasserstein GANs", "https://arxiv.org/abs/1704.00028"),
    ),
)

PAGE = Page(
    title=t("WGAN-GP：互怼的艺术", "WGAN-GP: the art of quarrelling"),
    summary=t(
        "自己捏一个判别器，看它怎么也超不过 W₁；再看裁剪、惩罚、谱归一化各量出多少。",
        "Bend a critic by hand and never prove more than W₁; then see what clipping, a penalty and spectral normalisation measure.",
    ),
    post=POST,
    tabs=(Bend, Estimate, Imitate, Plane, Slope, Pictures),
    added=datetime.date(2026, 11, 27),
    weights=DRAWN,
)
