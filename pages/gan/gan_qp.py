"""GAN-QP: a divergence that needs no Lipschitz constraint and does not vanish (post 6163)."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import choice, seed, slider
from gallery.outputs import Metric
from gallery.page import Page, Post, Progress, Say, Tab, Try, t
from gallery.text import Text
from pages.gan import _gan_qp_figures as pictures
from pages.gan._gan_qp_figures import PAIRS
from pages.gan._gan_qp_texts import CHANGES, STORY
from pages.shared.plane import OBJECTIVES, Duel2D
from pages.shared.training_film import DISTANCE, DIVERSITY, TrainingFilm
from pages.shared.walls import Walls

if TYPE_CHECKING:
    from core.gan.gan_qp.critics import Critics
    from core.gan.gan_qp.divergences import Curves
    from core.gan.pictures_views import Judged

FACTS = outputs.metrics("facts")
LAMBDA = t("λ", "λ")
SETS = {"cats64": t("猫脸", "Cats"), "mnist28": t("手写数字", "Digits")}
RIVALS = {"cats64": ("gan-qp-l1",), "mnist28": ("gan-qp-l1", "sgan-sn")}


class Apart(Tab):
    label = t("拉开两个分布", "Pull two apart")
    question = t(
        "两个分布越离越远，哪个散度还知道有多远？",
        "As two distributions move apart, which divergence still knows how far?",
    )
    outputs = (outputs.figure("curves", height=400), FACTS)
    tries = (
        Try(
            t("两个点：JS 的导数恒为 0，QP 的是 λ/2", "Two points: JS's slope is 0 everywhere, QP's is λ/2"),
            {"sd": 0.0},
            lambda y: y[1].slopes["js"][0] == 0 and abs(y[1].slopes["qp"][0] - 1.5) < 1e-12,
        ),
        Try(
            t("相距 5、标准差 0.5：JS 差 1e-6 就到 log 2", "5 apart with sd 0.5: JS is within 1e-6 of log 2"),
            {"distance": 5.0, "sd": 0.5},
            lambda y: abs(y[1].values["js"][0] - math.log(2)) < 1e-6,
        ),
        Try(
            t("λ = 9：QP 只是整条放大三倍", "λ = 9: QP's curve is three times as high, no more"),
            {"lam": 9.0},
            lambda y: 4.4 < y[1].slopes["qp"][0] < 4.6,
        ),
    )

    distance: float = slider(3.0, 0.05, 6.0, step=0.05, label=t("距离 δ", "Distance δ"), play=True)
    sd: float = slider(0.5, 0.0, 2.0, step=0.05, label=t("标准差（0 = 两个点）", "Standard deviation (0 = two points)"))
    lam: float = slider(3.0, 0.1, 10.0, log=True, label=LAMBDA)

    def compute(self) -> tuple[Curves, Curves]:
        from core.gan.gan_qp.divergences import around

        return around(self.distance, self.sd, self.lam)

    def show(self, y: tuple[Curves, Curves], say: Say) -> Mapping[str, Any]:
        _, here = y
        slope = say("对 δ 的导数", "slope in δ")
        return {
            "curves": pictures.apart(*y, say),
            "facts": [
                Metric(name, float(here.values[key][0]), f"{slope} {here.slopes[key][0]:.3g}")
                for key, name in pictures.NAMES.items()
            ],
        }


class Critic(Tab):
    label = t("最优判别器", "The best critic")
    question = t(
        "训练出的判别器就是公式里的那个吗？它守得住 |ΔT| ≤ λd 吗？",
        "Is the trained critic the one of the formula, and does it keep |ΔT| ≤ λd?",
    )
    outputs = (outputs.figure("critics", height=400), FACTS)
    budget = 3000.0
    live = False
    tries = (
        Try(
            t("均匀分布不相交：一元与二元一样好", "Disjoint boxes: one argument is as good as two"),
            {"pair": "boxes", "shift": 2.0},
            lambda y: abs(y.values["unary"] - y.values["formula"]) < 1e-6,
        ),
        Try(
            t("两个峰围着一个峰：一元的少一成", "Two bumps around one: one argument reaches a tenth less"),
            {"pair": "bumps", "shift": 2.5},
            lambda y: 0.85 < y.values["unary"] / y.values["formula"] < 0.92,
        ),
        Try(
            t("相同的分布：散度是 0", "The same distribution twice: the divergence is 0"),
            {"shift": 0.0},
            lambda y: y.values["formula"] == 0,
        ),
    )

    pair: str = choice("normals", PAIRS, label=t("p 与 q", "p and q"))
    shift: float = slider(1.5, 0.0, 3.0, step=0.1, label=t("相距", "Apart by"))
    lam: float = slider(10.0, 0.1, 100.0, log=True, label=LAMBDA)
    steps: int = slider(1000, 100, 3000, step=100, label=t("训练步数", "Training steps"))
    seed: int = seed()

    def cost(self) -> float:
        return self.steps

    def compute(self) -> Iterator[Critics | Progress]:
        from core.gan.gan_qp.critics import train

        return train(self.pair, self.shift, self.steps, self.seed)

    def progress(self, result: Critics) -> float:
        return result.step / self.steps

    def show(self, y: Critics, say: Say) -> Mapping[str, Any]:
        best = y.values["formula"]
        share = say("公式的", "of the formula's")
        reached = {key: f"{y.values[key] / best:.1%}" if best else "–" for key in ("unary", "trained")}
        return {
            "critics": pictures.critics(y, self.lam, say),
            "facts": [
                Metric(say("QP 散度（公式）", "QP divergence (formula)"), self.lam * best, "λ × " + f"{best:.4g}"),
                Metric(
                    say("训练出的二元 T", "Trained T of two arguments"),
                    self.lam * y.values["trained"],
                    f"{reached['trained']} {share}",
                ),
                Metric(
                    say("最优的一元 T", "Best T of one argument"),
                    self.lam * y.values["unary"],
                    f"{reached['unary']} {share}",
                ),
                Metric(
                    say("|ΔT| ≤ 1.05 λd，训练出的", "|ΔT| ≤ 1.05 λd, trained"),
                    f"{y.within:.1%}",
                    say("按样本对计", "of pairs drawn"),
                ),
                Metric(
                    say("|ΔT| ≤ 1.05 λd，一元", "|ΔT| ≤ 1.05 λd, one argument"),
                    f"{y.unary_within:.1%}",
                    say("公式只保证二元的", "the formula binds two-argument T"),
                ),
            ],
        }


class Plane(Duel2D):
    question = t(
        "同样的起点，哪个目标更快学会八个峰？", "From the same start, which objective learns the eight modes sooner?"
    )
    tries = (
        Try(
            t(
                "对 RSGAN：GAN-QP 盖住一半以上的峰，谁更多看种子",
                "Against RSGAN: GAN-QP covers over half of the modes; who covers more is up to the seed",
            ),
            {"right": "rsgan"},
            lambda y: y.left.last.modes > 4,
        ),
        Try(
            t("对饱和的 SGAN：后者离目标远得多", "Against saturating SGAN, which stays far off"),
            {"right": "sgan-saturating"},
            lambda y: y.left.last.distance < y.right.last.distance - 0.1,
        ),
        Try(
            t("学一颗心", "Learn a heart"),
            {"target": "drawn"},
            lambda y: y.left.last.distance < 0.5 * y.left.records[0].distance,
        ),
    )


class What(Tab):
    """What is drawn; a class of its own, so that it stands above the other controls."""

    data: str = choice("mnist28", SETS, label=t("画什么", "What"))


class Pictures(Walls, What):
    question = t(
        "没有 L 约束，画得出来吗？与同样步数、同样网络的 SGAN 相比呢？",
        "Does it draw without a Lipschitz constraint, and how does SGAN with the same steps and networks?",
    )

    @property
    def weights(self) -> tuple[str, ...]:
        return tuple(f"{one}-{self.data}" for one in RIVALS[self.data])

    @property
    def names(self) -> tuple[Text, ...]:
        return tuple(OBJECTIVES[one] for one in RIVALS[self.data])


class Scores(Tab):
    label = t("判别器怎么打分", "What the critic says")
    question = t("没有 L 约束，判别器会不会乱打分？", "Without a Lipschitz constraint, does the critic run wild?")
    outputs = (outputs.figure("scores", height=380), FACTS)
    tries = (
        Try(
            t("换一批假图：份额几乎不变", "Other samples: the share hardly changes"),
            {"seed": 500},
            lambda y: y.within() > 0.9,
        ),
    )

    seed: int = seed(1)

    def compute(self) -> Judged:
        from core.gan.pictures_views import judged

        return judged("gan-qp-l1-mnist28", self.seed)

    def show(self, y: Judged, say: Say) -> Mapping[str, Any]:
        many = say(f"{len(y.real)} 张真图 × {len(y.made)} 张假图", f"{len(y.real)} real × {len(y.made)} generated")
        return {
            "scores": pictures.scores(y, say),
            "facts": [
                Metric("|ΔT| ≤ λd", f"{y.within():.1%}", many),
                Metric("max |ΔT|/λd", float(abs(y.share).max())),
                Metric(
                    say("真图打分更高的比例", "Share in which the real one scores higher"),
                    f"{y.right:.1%}",
                    say("50% = 分不出", "50 % = cannot tell"),
                ),
            ],
        }


class Film(TrainingFilm):
    tries = (
        Try(
            t(
                "手写数字：特征距离降到开始时的百分之三以下",
                "Digits: the feature distance falls below 3 % of its start",
            ),
            {"data": "mnist28"},
            lambda y: min(y.record["feature distance"]) < 0.03 * y.record["feature distance"][0],
        ),
    )
    least = DISTANCE
    shown = (DISTANCE,)
    also = (DIVERSITY,)
    log_scale = True

    data: str = choice("cats64", SETS, label=t("画什么", "What"))

    @property
    def weights(self) -> str:
        return f"gan-qp-l1-{self.data}"


POST = Post(
    id=6163,
    title=t(
        "不用L约束又不会梯度消失的GAN，了解一下？",
        "A GAN without a Lipschitz constraint and without vanishing gradients",
    ),
    date=datetime.date(2018, 11, 20),
    story=STORY,
    changes=CHANGES,
    papers=(
        (
            "Su 2018, GAN-QP: A Novel GAN Framework without Gradient Vanishing and Lipschitz Constraint",
            "https://arxiv.org/abs/1811.07296",
        ),
    ),
)

PAGE = Page(
    title=t("GAN-QP：不要 L 约束，也不消失", "GAN-QP: no constraint, no vanishing"),
    summary=t(
        "拉开两个分布，看 JS 停在 log 2 而平方势散度照样增长；看它的判别器自己守住 |ΔT| ≤ λd。",
        "Pull two distributions apart: JS stops at log 2 and the quadratic potential goes on; its critic keeps |ΔT| ≤ λd by itself.",
    ),
    post=POST,
    tabs=(Apart, Plane, Critic, Pictures, Film, Scores),
    added=datetime.date(2026, 11, 27),
    weights=tuple(f"{one}-{data}" for data, rivals in RIVALS.items() for one in rivals),
)
