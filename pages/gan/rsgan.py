"""RSGAN: a critic that sees two pictures and says which is real (post 6110)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import choice, seed, slider
from gallery.outputs import Metric
from gallery.page import Page, Post, Progress, Say, Tab, Try, t
from pages.gan import _rsgan_figures as pictures
from pages.gan._rsgan_texts import CHANGES, STORY
from pages.shared.plane import CRITIC_STEPS, OBJECTIVES, Duel2D
from pages.shared.walls import Walls

if TYPE_CHECKING:
    from core.gan.rsgan.game import Round
    from core.gan.rsgan.ratio import Learned
    from core.gan.rsgan.shift import Shifted

FACTS = outputs.metrics("facts")
WEIGHTS = "rsgan-sn-mnist28"
SERIES = 60  # pairs (core.gan.rsgan.game.PAIRS)
RIVALS = ("sgan-sn", "rsgan-sn")
GUESSES = {
    "none": t("还没猜", "Not yet"),
    "left": t("左边是真的", "The left one is real"),
    "right": t("右边是真的", "The right one is real"),
}
CONSTANT = {
    "rsgan": t("RSGAN 不管常数", "RSGAN leaves the constant free"),
    "sgan": t("SGAN 连常数一起学", "SGAN learns the constant too"),
}


class Guess(Tab):
    label = t("猜真假", "Which is real?")
    question = t("一真一假，你分得出吗？判别器呢？", "One is real and one generated: can you tell, and can the critic?")
    outputs = (outputs.figure("game", height=400), FACTS)
    tries = (
        Try(
            t("猜左边：错了，判别器是对的", "Guess left: wrong, and the critic is right"),
            {"guess": "left"},
            lambda y: y.truth == "right" and y.gap > 0,
        ),
        Try(
            t("换一轮：判别器仍然多半猜对", "Another series: the critic is still mostly right"),
            {"seed": 200, "guess": "right"},
            lambda y: y.critic > 0.5,
        ),
    )

    number: int = slider(1, 1, SERIES, label=t("第几对", "Pair"))
    guess: str = choice("none", GUESSES, label=t("你猜", "Your guess"))
    seed: int = seed(4)

    def compute(self) -> Round:
        from core.gan.rsgan.game import play

        return play(WEIGHTS, self.number, self.seed)

    def show(self, y: Round, say: Say) -> Mapping[str, Any]:
        hidden = self.guess == "none"
        return {
            "game": pictures.game(y, self.guess, say),
            "facts": [
                Metric("T(x_r) − T(x_f)", "?" if hidden else y.gap, say("猜了才揭晓", "shown after the guess")),
                Metric(
                    "σ(T(x_r) − T(x_f))",
                    "?" if hidden else y.probability,
                    say("判别器的把握", "the critic's confidence"),
                ),
                Metric(
                    say("判别器猜对的比例", "Share that the critic gets right"),
                    f"{y.critic:.0%}",
                    say("50% = 分不出", "50 % = cannot tell"),
                ),
            ],
        }


class Plane(Duel2D):
    question = t("改成成对比较，平面上学得更好吗？", "Does comparing two help in the plane?")
    tries = (
        Try(
            t(
                "二十五个峰：这点步数谁都盖不住一半，谁更多看种子",
                "Twenty-five modes: in so few steps neither covers half; who covers more is up to the seed",
            ),
            {"target": "grid"},
            lambda y: max(run.last.modes for run in y.runs) < 13,
        ),
        Try(
            t("圆环：两边都学会，难分高下", "A ring: both learn it, hardly to be told apart"),
            {"target": "ring"},
            lambda y: max(run.last.distance for run in y.runs) < 0.06,
        ),
    )

    left: str = choice("sgan", OBJECTIVES, label=t("左边的目标", "Objective on the left"))
    right: str = choice("rsgan", OBJECTIVES, label=t("右边的目标", "Objective on the right"))
    critic_steps: int = slider(1, 1, 5, label=CRITIC_STEPS)


class Constant(Tab):
    label = t("加一个常数", "Add a constant")
    question = t("给所有打分加上 c，谁的损失会变？", "Add c to every score: whose loss changes?")
    outputs = (outputs.figure("shift", height=400), FACTS)
    tries = (
        Try(
            t(
                "c = 6：SGAN 的生成器几乎没有梯度了，RSGAN 的不变",
                "c = 6: SGAN's generator has hardly a gradient, RSGAN's is the same",
            ),
            {"c": 6.0},
            lambda y: y.slope["sgan"] < 0.1 * y.slope["rsgan"],
        ),
        Try(
            t("c = −6：SGAN 的生成器用上全部梯度", "c = -6: SGAN's generator has its whole gradient"),
            {"c": -6.0},
            lambda y: y.slope["sgan"] > 0.9,
        ),
    )

    c: float = slider(0.0, -6.0, 6.0, step=0.1, label=t("常数 c", "Constant c"), play=True)
    seed: int = seed(1)

    def compute(self) -> Shifted:
        from core.gan.rsgan.shift import shifted

        return shifted(WEIGHTS, self.c, self.seed)

    def show(self, y: Shifted, say: Say) -> Mapping[str, Any]:
        many = say(f"{len(y.real)} 张真图、{len(y.made)} 张假图", f"{len(y.real)} real, {len(y.made)} generated")
        return {
            "shift": pictures.shift(y, self.c, say),
            "facts": [
                Metric(
                    say(f"{say(OBJECTIVES[name])}：生成器的梯度", f"{say(OBJECTIVES[name])}: the generator's gradient"),
                    y.slope[name],
                    many,
                )
                for name in ("sgan", "rsgan", "rasgan")
            ],
        }


class Ratio(Tab):
    label = t("学到了什么", "What is learnt")
    question = t("判别器学到的差值，就是对数概率比吗？", "Is the difference that the critic learns the log ratio?")
    outputs = (outputs.figure("ratio", height=400), FACTS)
    budget = 3000.0
    live = False
    tries = (
        Try(
            t(
                "换一个种子：RSGAN 的 T 仍偏约 −2，差值照样对",
                "Another seed: RSGAN's T is still about 2 too low, its differences are right",
            ),
            {"seed": 5},
            lambda y: y.r2["rsgan"] > 0.99 and abs(y.offset["rsgan"]) > 2 * abs(y.offset["sgan"]),
        ),
        Try(
            t("两个分布相同：最优的损失是 log 2", "The same distribution twice: the best loss is log 2"),
            {"shift": 0.0},
            lambda y: abs(y.loss["rsgan"] - 0.693) < 0.02,
        ),
    )

    shift: float = slider(2.0, 0.0, 4.0, step=0.1, label=t("q 的均值（p 的是 0）", "Mean of q (p has 0)"))
    sd: float = slider(1.0, 0.5, 2.0, step=0.05, label=t("q 的标准差（p 的是 1）", "Sd of q (p has 1)"))
    steps: int = slider(750, 250, 3000, step=250, label=t("训练步数", "Training steps"))
    seed: int = seed()

    def cost(self) -> float:
        return self.steps

    def compute(self) -> Iterator[Learned | Progress]:
        from core.gan.rsgan.ratio import learn

        return learn(self.shift, self.sd, self.steps, self.seed)

    def progress(self, result: Learned) -> float:
        return result.step / self.steps

    def show(self, y: Learned, say: Say) -> Mapping[str, Any]:
        facts = []
        for name in ("rsgan", "sgan"):
            label = say(OBJECTIVES[name])
            facts.append(
                Metric(
                    say(f"{label}：差值的 R²", f"{label}: R² of differences"),
                    f"{y.r2[name]:.4f}",
                    say("4000 对新样本", "4 000 fresh pairs"),
                )
            )
            facts.append(
                Metric(
                    say(f"{label}：T 比 log p/q 高", f"{label}: T above log p/q"),
                    f"{y.offset[name]:+.3f}",
                    say(CONSTANT[name]),
                )
            )
        return {"ratio": pictures.ratio(y, say), "facts": facts}


class Pictures(Walls):
    question = t(
        "同样的步数与网络，SGAN 与 RSGAN 谁画得好？",
        "With the same steps and networks, does SGAN or RSGAN draw better?",
    )
    rivals = RIVALS


POST = Post(
    id=6110,
    title=t("RSGAN：对抗模型中的“图灵测试”思想", "RSGAN: the idea of the Turing test in adversarial models"),
    date=datetime.date(2018, 10, 22),
    story=STORY,
    changes=CHANGES,
    papers=(
        (
            "Jolicoeur-Martineau 2018, The relativistic discriminator: a key element missing from standard GAN",
            "https://arxiv.org/abs/1807.00734",
        ),
    ),
)

PAGE = Page(
    title=t("RSGAN：图灵测试", "RSGAN: a Turing test"),
    summary=t(
        "一真一假摆在一起，猜哪张是真的；再看判别器学到的差值正是对数概率比。",
        "One real, one generated, side by side: guess, and see that what the critic learns is the log ratio.",
    ),
    post=POST,
    tabs=(Guess, Plane, Constant, Ratio, Pictures),
    added=datetime.date(2026, 11, 27),
    weights=tuple(f"{one}-mnist28" for one in RIVALS),
)
