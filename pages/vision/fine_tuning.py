"""Fine-tuning a pre-trained network: head, losses, augmentations and stages, measured one by one (post 4611)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import ImageValue, choice, image, seed, slider, toggle
from gallery.outputs import Metric
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.vision import _fine_tuning_figures as pictures
from pages.vision._fine_tuning_texts import CHANGES, FAR_NAMES, SOURCE_NAMES, STORY, SWITCH_NAMES

if TYPE_CHECKING:
    from core.vision.fine_tuning.effects import Blended, Effects, Stages
    from core.vision.fine_tuning.plane import Plane
    from core.vision.fine_tuning.views import Gated, Judged, Varied

EXAMPLES = {"cat-chelsea": "examples/cat-chelsea.png"}
NUMBERS = 60  # photographs that ship
RATES = {"0.0001": t("0.0001（原文）", "0.0001 (the post)"), "0.001": t("0.001", "0.001"), "0.01": t("0.01", "0.01")}
NUMBER = t("第几张照片", "Photograph")
NOTE = outputs.markdown("note")


class Verdict(Tab):
    label = t("认花", "Verdict")
    question = t(
        "这张照片是五种花里的哪一种，哪些照片与它相近？",
        "Which of five flowers is it, and which photographs lie near it?",
    )
    outputs = (outputs.figure("verdict", height=400), outputs.images("near", height=130), NOTE)
    tries = (
        Try(
            t("一只猫：五类之外的东西，也有一类得了一半以上的概率", "A cat: none of the five, and yet one of them gets over half of the probability"),
            {"source": "own"},
            holds=lambda y: y.right is None and y.p0.max() > 0.5,
        ),
        Try(
            t("第 39 张：认出向日葵", "No. 39: a sunflower, recognised"),
            {"number": 39},
            holds=lambda y: y.right is True,
        ),
    )  # fmt: skip

    source: str = choice("shipped", SOURCE_NAMES, label=t("来源", "From"))
    number: int = slider(50, 1, NUMBERS, label=NUMBER, shown_when={"source": "shipped"}, play=True)
    own: ImageValue = image(
        "cat-chelsea", EXAMPLES, label=t("自己的照片", "Your own photograph"), crop=True, shown_when={"source": "own"},
        help=t("取正方形，缩到 64×64。示例的猫 Chelsea：Stéfan van der Walt 摄，CC0", "A square of it, reduced to 64×64. The cat, Chelsea, is by Stéfan van der Walt, CC0"),
    )  # fmt: skip

    def compute(self) -> Judged:
        from core.vision.fine_tuning.views import chosen, judged

        return judged(chosen(self.source, self.number, self.own))

    def show(self, y: Judged, say: Say) -> Mapping[str, Any]:
        return {"verdict": pictures.verdict(y, say), "near": pictures.near(y, say), "note": pictures.beside(y, say)}


class Augment(Tab):
    label = t("数据扩增", "Augmentation")
    question = t(
        "每种扩增对照片做什么，网络还认得吗？",
        "What does each augmentation do to a photograph, and is it still recognised?",
    )
    outputs = (outputs.figure("copies", height=440), NOTE)
    tries = (
        Try(
            t("全部关掉：训练看到的就是原图", "All off: training sees the photograph itself"),
            {name: False for name in SWITCH_NAMES},
            holds=lambda y: bool((y.copies == y.asked.picture).all()),
        ),
        Try(
            t("只翻转：像素一个不少", "Mirror alone: no pixel is lost"),
            {"rotate": False, "zoom": False, "mask": False, "join": False},
            holds=lambda y: all((one == y.asked.picture).all() or (one[:, ::-1] == y.asked.picture).all() for one in y.copies),
        ),
    )  # fmt: skip

    number: int = slider(8, 1, NUMBERS, label=NUMBER, play=True)
    rotate: bool = toggle(True, label=SWITCH_NAMES["rotate"])
    zoom: bool = toggle(True, label=SWITCH_NAMES["zoom"])
    flip: bool = toggle(True, label=SWITCH_NAMES["flip"])
    mask: bool = toggle(True, label=SWITCH_NAMES["mask"])
    join: bool = toggle(True, label=SWITCH_NAMES["join"])
    seed: int = seed()

    @property
    def on(self) -> tuple[str, ...]:
        """The augmentations that are switched on."""
        return tuple(name for name in SWITCH_NAMES if getattr(self, name))

    def compute(self) -> Varied:
        from core.vision.fine_tuning.views import varied

        return varied(self.number, self.on, self.seed)

    def show(self, y: Varied, say: Say) -> Mapping[str, Any]:
        how = say(
            "橙色的判错了。关掉一项，其余各项抽到的数不变。拼接的那一半不再做别的扩增，与原文一致。",
            "Orange copies are answered wrongly. Switching one off leaves the draws of the others. The half that is joined gets no other augmentation, as in the post. ",
        )
        return {"copies": pictures.copies(y, self.on, say), "note": how + pictures.credit(y.credits, say)}


class Gates(Tab):
    label = t("GLU 的门", "Gates")
    question = t("门关掉了什么，不要门会怎样？", "What do the gates close, and what without them?")
    outputs = (outputs.figure("gates", height=420), outputs.metrics("facts"), NOTE)
    tries = (
        Try(
            t("门限 0.3：这张的门全关死，60 张只对四分之一", "Threshold 0.3: all gates of this one are shut, and a quarter of the 60 are right"),
            {"threshold": 0.3},
            holds=lambda y: bool(y.closed.all()) and y.right[2] <= 15 < y.right[0] - 20,
        ),
        Try(
            t("门限 0.05：关了几个，对的一张不少", "Threshold 0.05: some are shut, and as many pictures are right"),
            {"threshold": 0.05},
            holds=lambda y: bool(y.closed.any()) and y.right[0] == y.right[2],
        ),
    )  # fmt: skip

    number: int = slider(8, 1, NUMBERS, label=NUMBER, play=True)
    threshold: float = slider(0.15, 0.0, 1.0, step=0.05, label=t("门限", "Threshold"))

    def compute(self) -> Gated:
        from core.vision.fine_tuning.views import asked, gated

        return gated(asked(self.number), self.threshold)

    def show(self, y: Gated, say: Say) -> Mapping[str, Any]:
        asis, opened, shut = y.right
        return {
            "gates": pictures.gates(y, say),
            "facts": [
                Metric(say("60 张里对：门照原样", "Right of 60: gates as they are"), asis),
                Metric(
                    say("全开", "All open"), opened, say("σ 换成 1，没有重新训练", "σ replaced by 1, not retrained")
                ),
                Metric(say("低于门限的关死", "Those below shut"), shut, pictures.shut(y, say)),
            ],
            "note": pictures.own_credit(y.asked, say),
        }


class Centres(Tab):
    label = t("centre loss", "Centre loss")
    question = t(
        "把特征拉向类中心，二维平面上看见什么？", "Features are pulled to their centres: what does the plane show?"
    )
    outputs = (outputs.figure("plane", height=460), outputs.metrics("facts"), NOTE)
    tries = (
        Try(
            t("λ = 0：没有中心，四成到六成的散布在类内", "λ = 0: no centres, 40 to 60 % of the spread lies within kinds"),
            {"weight": 0.0},
            holds=lambda y: 0.4 < y.tight < 0.6,
        ),
        Try(
            t("λ = 2：类内不到三成，训练正确率也降了", "λ = 2: under 30 % within kinds, and training accuracy falls too"),
            {"weight": 2.0},
            holds=lambda y: y.tight < 0.3 and y.train < 0.85,
        ),
    )  # fmt: skip

    weight: float = slider(0.25, 0.0, 2.0, step=0.05, label=t("λ，centre loss 的权重", "λ, weight of the centre loss"))
    seed: int = seed()

    def compute(self) -> Iterator[Plane]:
        from core.vision.fine_tuning.plane import plane

        return plane(self.weight, self.seed)

    def progress(self, result: Plane) -> float:
        return result.done

    def show(self, y: Plane, say: Say) -> Mapping[str, Any]:
        return {
            "plane": pictures.plane(y, self.weight, say),
            "facts": [
                Metric(
                    say("训练正确率", "Training accuracy"), pictures.percent(y.train), say("600 张", "600 pictures")
                ),
                Metric(say("留出正确率", "Held-out accuracy"), pictures.percent(y.held_out), say("softmax", "softmax")),
                Metric(
                    say("按最近的类均值", "By the nearest class mean"),
                    pictures.percent(y.inside),
                    say("留出", "held out"),
                ),
            ],
            "note": say(
                "现场训练：预训练主干（冻结）的向量，GLU 只有两个分量。越小的类内散布只说明训练集更紧，留出正确率未必更高。",
                "Trained live on vectors of the pre-trained, frozen trunk, with two gated components. Less spread within kinds says that the training pictures are tighter, not that held-out ones are answered better.",
            ),
        }


class StagesTab(Tab):
    slug = "stages"
    label = t("三个阶段", "Stages")
    question = t("解冻后面的块能带来多少，学习率该多大？", "What does unfreezing bring, and at what rate?")
    outputs = (outputs.figure("stages", height=420), outputs.figure("course", height=380), NOTE)
    tries = (
        Try(
            t("原文的 0.0001：这么少的步数里几乎不动", "The post's 0.0001: hardly a move in so few steps"),
            {"rate": "0.0001"},
            holds=lambda y: abs(y.rates[0.0001][1].value - y.rates[0.0001][0].value) < 0.05,
        ),
    )

    rate: str = choice("0.01", RATES, label=t("第二、三阶段的学习率", "Rate of stages 2 and 3"))

    def compute(self) -> Stages:
        from core.vision.fine_tuning.effects import stages

        return stages()

    def show(self, y: Stages, say: Say) -> Mapping[str, Any]:
        rate = float(self.rate)
        return {
            "stages": pictures.staged(y, rate, say),
            "course": pictures.course(y, rate, say),
            "note": pictures.stage_note(y, rate, say),
        }


class Measured(Tab):
    label = t("逐项去掉", "One by one")
    question = t("哪一样真的有用，哪一样在噪声之内？", "Which ingredient helps, and which lies within noise?")
    outputs = (outputs.figure("forest", height=480), outputs.table("table", height=420), NOTE)
    tries = (
        Try(
            t("三个阶段都训练：辅助 softmax 有了影响，仍在噪声之内", "All three stages: the auxiliary softmax now has an effect, within noise"),
            {"far": "whole"},
            holds=lambda y: next(not one.exact and not one.sure for one in y.effects if one.name == "auxiliary"),
        ),
    )  # fmt: skip

    far: str = choice("frozen", FAR_NAMES, label=t("训练到哪里", "How far"))

    def compute(self) -> Effects:
        from core.vision.fine_tuning.effects import effects

        return effects(self.far)

    def show(self, y: Effects, say: Say) -> Mapping[str, Any]:
        return {
            "forest": pictures.forest(y, say),
            "table": pictures.effects_table(y, say),
            "note": pictures.effects_note(y, self.far, say),
        }


class Blend(Tab):
    label = t("两个答案", "Two answers")
    question = t("α p₀ + (1 − α) p₁ 比单用一个好吗？", "Is α p₀ + (1 − α) p₁ better than one alone?")
    outputs = (outputs.figure("blend", height=420), outputs.metrics("facts"), NOTE)
    tries = (
        Try(
            t("α = 0：只用辅助的 p₁，验证集上没有更高的", "α = 0: the auxiliary p₁ alone, and no α does better on the validation pictures"),
            {"alpha": 0.0},
            holds=lambda y: y.valid == y.searched.found.max(),
        ),
        Try(
            t("α = 1：只用 p₀，验证集上最低，留出的差距在一个标准误差之内", "α = 1: p₀ alone, lowest on the validation pictures; held out, within a standard error of p₁"),
            {"alpha": 1.0},
            holds=lambda y: y.valid == y.searched.found.min() and abs(y.held_out - y.p1) < y.error,
        ),
    )  # fmt: skip

    alpha: float = slider(0.5, 0.0, 1.0, step=0.01, label=t("α，p₀ 的权重", "α, weight of p₀"))

    def compute(self) -> Blended:
        from core.vision.fine_tuning.effects import blended

        return blended(self.alpha)

    def show(self, y: Blended, say: Say) -> Mapping[str, Any]:
        return {
            "blend": pictures.mixed(y, say),
            "facts": [
                Metric(
                    say("此处留出", "Held out here"),
                    pictures.percent(y.held_out),
                    say(f"{y.pictures} 张", f"{y.pictures} pictures"),
                ),
                Metric("p₀", pictures.percent(y.p0), say("GLU 特征", "gated feature")),
                Metric("p₁", pictures.percent(y.p1), say("辅助", "auxiliary")),
            ],
            "note": pictures.mixed_note(y, say),
        }


POST = Post(
    id=4611,
    title=t("基于fine tune的图像分类(百度分狗竞赛)", "Image classification by fine-tuning (Baidu's dog contest)"),
    date=datetime.date(2017, 10, 13),
    story=STORY,
    changes=CHANGES,
    papers=(
        ("Chollet 2017, Xception: Deep Learning with Depthwise Separable Convolutions", "https://arxiv.org/abs/1610.02357"),
        ("Dauphin et al. 2017, Language Modeling with Gated Convolutional Networks", "https://arxiv.org/abs/1612.08083"),
        ("Wen et al. 2016, A Discriminative Feature Learning Approach for Deep Face Recognition", "https://ydwen.github.io/papers/WenECCV16.pdf"),
    ),
)  # fmt: skip

PAGE = Page(
    title=t("微调：认五种花", "Fine-tuning on flowers"),
    summary=t(
        "预训练的小 Xception 换上 GLU 的头，分三个阶段微调；逐项量出各值多少，多数在噪声之内。",
        "A small pre-trained Xception gets a gated head and is fine-tuned in three stages; each ingredient is measured alone, and most lie within noise.",
    ),
    post=POST,
    tabs=(Verdict, Augment, Gates, Centres, StagesTab, Measured, Blend),
    added=datetime.date(2026, 11, 27),
    weights=("fine-tuning",),
)
