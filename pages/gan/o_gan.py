"""O-GAN: one network is critic and encoder (post 6409)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import PointValue, SketchValue, choice, point, seed, sketch, slider, toggle
from gallery.outputs import Metric
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.gan import _o_gan_figures as pictures
from pages.gan._o_gan_figures import RATIO
from pages.gan._o_gan_inputs import FROM, HELD_OUT, MODEL, MODELS, SPACES, Ends, Picture
from pages.gan._o_gan_texts import CHANGES, STORY
from pages.shared.morph import SOURCES, Morph
from pages.shared.training_film import DIVERSITY, TrainingFilm
from pages.shared.training_film import RATIO as ERRORS

if TYPE_CHECKING:
    from core.gan import o_gan_views as views
    from core.morphing import Morphing

TRUNCATION = t("截断（乘在编码上）", "Truncation (factor of the code)")
AVERAGE = t("原文用 0.9；0 是“平均脸”", "the post uses 0.9; 0 is the “average face”")
PLANE, LOW, HIGH = 7, -1.0, 2.0  # the chart of the plane: pictures along a side, least and largest coordinate
FRESH, NEIGHBOURS = 256, 8
FACTS = outputs.metrics("facts")
RING = [
    "".join("# "[abs((r - 13.5) ** 2 / 64 + (c - 13.5) ** 2 / 30 - 1) > 0.42] for c in range(28)) for r in range(28)
]


class Interpolate(Morph, Ends):
    question = t("一张脸怎样一步步变成另一张？", "How does one face become another, step by step?")
    tries = (
        Try(
            t("没训练过的头像：两端都更像自己的原图", "Portraits never trained on: each end is like its own picture"),
            {"model": "portraits", "left": "picture", "right": "picture"},
            lambda y: all(error is not None and error < 0.5 for error in y.errors),
        ),
        Try(
            t(
                "真猫 Chelsea 出发：左端更像它自己",
                "From a real cat, Chelsea: the left end is more like it than the other end",
            ),
            {"left": "picture"},
            lambda y: y.errors[0] is not None and y.errors[0] < 0.5,
        ),
        Try(
            t("走直线：中点的编码短了两成以上", "Straight line: the middle code is over a fifth shorter"),
            {"path": "lerp"},
            lambda y: y.middle_length < 0.8,
        ),
        Try(
            t("截断取 0：每一步都是同一张平均脸", "Truncation 0: every step is the same average face"),
            {"temperature": 0.0},
            lambda y: not y.steps.any(),
        ),
    )

    temperature: float = slider(0.9, 0.0, 1.2, step=0.05, label=TRUNCATION, help=AVERAGE)

    def compute(self) -> Morphing:
        from core import morphing
        from core.weights import load

        model = load(SPACES[self.model].weights)
        if self.left != "picture":
            left = morphing.numbered_end(model, self.left, self.left_number, SPACES[self.model].data)
        elif self.model == "portraits":
            left = morphing.picture_end(model, self.left_picture)
        else:
            left = morphing.picture_end(model, self.left_cat if self.model == "cats" else self.left_digit)
        if self.right != "picture":
            right = morphing.numbered_end(model, self.right, self.right_number, SPACES[self.model].data)
        elif self.model == "portraits":
            right = morphing.picture_end(model, self.right_picture)
        else:
            right = morphing.picture_end(model, self.right_cat if self.model == "cats" else self.right_digit)
        return morphing.morphing(model, left, right, self.frames, self.path, self.temperature, self.seed)


class Reconstruct(Picture):
    label = t("重建", "Reconstruct")
    question = t(
        "看过的图，判别器能再画出来吗？为什么要标准化？",
        "Can the critic redraw a picture, and why standardise its code?",
    )
    outputs = (outputs.images("pictures", height=240), outputs.figure("code"), FACTS)
    tries = (
        Try(
            t("猫脸：不标准化，误差大十倍以上", "Cats: without N(·) the error is over ten times as large"),
            {"model": "cats"},
            lambda y: y.mean_errors[1] > 10 * y.mean_errors[0],
        ),
        Try(
            t("头像 3 没有重建出来：平均图的误差更小", "Portrait 3 is not reconstructed: the mean picture errs less"),
            {"model": "portraits", "picture": "example:portrait-03"},
            lambda y: y.errors[0] > y.mean_picture,
        ),
        Try(
            t("画一个 0：误差比平均图小", "Draw a 0: it errs less than the mean picture"),
            {"source": "sketch"},
            lambda y: y.errors[0] < y.mean_picture,
        ),
    )

    model: str = choice("digits", MODELS, label=MODEL)
    source: str = choice(
        "picture",
        {**SOURCES, "sketch": t("手写（只对数字）", "A drawing (digits only)")},
        label=FROM,
        only_when={**HELD_OUT, "sketch": {"model": "digits"}},
    )
    drawing: SketchValue = sketch(28, label=t("画", "Draw"), default="\n".join(RING), shown_when={"source": "sketch"})
    standard: bool = toggle(True, label=t("标准化 N(·)", "Standardise, N(·)"))
    truncation: float = slider(0.9, 0.0, 1.5, step=0.05, label=TRUNCATION)

    def compute(self) -> views.Reconstruction:
        from core import codec, morphing
        from core.gan.o_gan_views import reconstruction
        from core.weights import load

        model = load(SPACES[self.model].weights)
        if self.source == "sketch":
            end = morphing.picture_end(model, codec.of_drawing(model, self.drawing))
        elif self.source != "picture":
            end = morphing.numbered_end(model, self.source, self.number, SPACES[self.model].data)
        elif self.model == "portraits":
            end = morphing.picture_end(model, self.picture)
        else:
            end = morphing.picture_end(model, self.cat if self.model == "cats" else self.digit)
        return reconstruction(model, SPACES[self.model].weights, end, self.truncation, self.standard)

    def show(self, y: views.Reconstruction, say: Say) -> Mapping[str, Any]:
        made = [(y.standard, "G(N(E(x)))", y.errors[0]), (y.raw, "G(E(x))", y.errors[1])][:: 1 if self.standard else -1]
        (_, name, error), known = made[0], "{:.0%} / {:.0%}".format(*y.recognised)
        own = say("标准化 / 不标准化：重建离它自己最近", "with / without N(·): nearest to its own picture")
        return {
            "pictures": outputs.Grid([y.picture, *(m[0] for m in made)], 3, ["x", *(m[1] for m in made)]),
            "code": pictures.errors(y, say),
            "facts": [
                Metric(say(f"{name} 的误差", f"Error of {name}"), error, say("随机两图之差为 1", "a random pair is 1")),
                Metric(say("平均图的误差", "Of the mean picture"), y.mean_picture, say("更小才算认出", "less knows x")),
                Metric(say("比 x 更像重建的图", "Pictures nearer than x"), y.nearer, f"/ {len(y.shelf_averages)}"),
                Metric(say("认得出的占", "Recognised"), known, own),
                Metric(say("标准化更好的占", "N(·) is better for"), f"{y.improved:.0%}"),
                Metric("avg, std E(x)", f"{y.average:.3f}, {y.deviation:.3f}", say("avg 是打分", "avg is the score")),
                Metric("ρ(E(x), E(x̂))", y.agreement, say("再编码一次", "encoded once more")),
            ],
        }


class Wander(Tab):
    label = t("漫游", "Wander")
    question = t("三个编码的平面上，每一点都是一张脸吗？", "Is every place in the plane of three codes a face?")
    outputs = (outputs.figure("map", height=430), FACTS)
    tries = (
        Try(
            t("站到 (1, 0)：这里就是 z₁", "Stand at (1, 0): this is z₁ itself"),
            {"place": (1.0, 0.0)},
            lambda y: y.cosines[1] > 0.999,
        ),
        Try(
            t("走到 (−1, 2)：与 z₁ 的余弦为负", "Go to (-1, 2): the cosine with z₁ is negative"),
            {"place": (-1.0, 2.0)},
            lambda y: y.cosines[1] < 0,
        ),
    )

    model: str = choice("cats", MODELS, label=MODEL)
    place: PointValue = point((0.4, 0.3), (LOW, HIGH), (LOW, HIGH), label=t("位置", "Place"), in_picture=True)
    truncation: float = slider(0.9, 0.3, 1.2, step=0.05, label=TRUNCATION)
    seed: int = seed(7)

    def compute(self) -> views.PlaneView:
        from core.gan.o_gan_views import plane_view
        from core.weights import load

        model = load(SPACES[self.model].weights)
        return plane_view(model, self.seed, self.place, self.truncation, PLANE, LOW, HIGH)

    def show(self, y: views.PlaneView, say: Say) -> Mapping[str, Any]:
        same = say("1 = 就是它", "1 = the same")
        return {
            "map": pictures.plane(y, self.place, LOW, HIGH, say),
            "facts": [Metric(f"cos(z, z{'₀₁₂'[k]})", c, same) for k, c in enumerate(y.cosines.tolist())],
        }


class Dial(Tab):
    label = t("正交的旋钮", "The orthogonal dial")
    question = t("转动编码的均值与标准差，图、ρ、打分变不变？", "Turn avg and std of the code: what changes?")
    outputs = (outputs.figure("dial", height=420), outputs.images("pictures", height=160), FACTS)
    tries = (
        Try(
            t("只把 std 放大 5 倍：ρ 和打分都不动", "Multiply std by 5 alone: ρ and score stay"),
            {"shift": 0.0, "factor": 5.0},
            lambda y: y.rho_change < 1e-5 and abs(y.score_change) < 1e-4,
        ),
        Try(
            t("avg 减 3：打分整体降 3，ρ 不动", "Lower avg by 3: every score falls by 3, ρ stays"),
            {"shift": -3.0},
            lambda y: abs(y.score_change + 3) < 1e-3 and y.rho_change < 1e-5,
        ),
    )

    model: str = choice("cats", MODELS, label=MODEL)
    shift: float = slider(0.5, -3.0, 3.0, step=0.05, label=t("平移 avg：加上", "Move avg by"))
    factor: float = slider(1.6, 0.1, 5.0, log=True, label=t("缩放 std：乘以", "Multiply std by"))
    seed: int = seed(2)

    def compute(self) -> views.Turned:
        from core.gan.o_gan_views import turned
        from core.weights import load

        return turned(load(SPACES[self.model].weights), self.shift, self.factor, self.seed, FRESH)

    def show(self, y: views.Turned, say: Say) -> Mapping[str, Any]:
        return {
            "dial": pictures.dial(y, say),
            "pictures": outputs.Grid([y.before, y.after], 2, ["G(N(c))", "G(N(a·(c − avg) + avg + b))"]),
            "facts": [
                Metric(say("ρ 的最大变化", "Largest change of ρ"), y.rho_change, say("舍入", "rounding")),
                Metric(say("打分的平均变化", "Mean change of the score"), y.score_change, f"b = {self.shift:g}"),
                Metric(say("平均 ρ", "Mean ρ"), y.mean_rho, say(f"{FRESH} 个新编码", f"{FRESH} fresh codes")),
            ],
        }


class Neighbours(Picture):
    label = t("近邻", "Neighbours")
    question = t("编码相近的图，长得也相近吗？", "Do pictures with near codes look alike?")
    outputs = (outputs.images("row", height=120), FACTS)
    tries = (
        Try(
            t("数字 3：最近的余弦是碰巧的两倍以上", "The digit 3: the nearest cosine is over twice that of chance"),
            {"model": "digits"},
            lambda y: y.cosines[0] > 2 * y.chance,
        ),
        Try(
            t("猫：书架是随机画的，最近的也只是碰巧", "Cats: the shelf is random, the nearest is near by chance"),
            {"model": "cats"},
            lambda y: y.cosines[0] < 1.5 * y.chance,
        ),
    )

    def compute(self) -> views.Neighbours:
        from core import morphing
        from core.gan.o_gan_views import neighbours, shelf
        from core.weights import load

        model = load(SPACES[self.model].weights)
        if self.source != "picture":
            end = morphing.numbered_end(model, self.source, self.number, SPACES[self.model].data)
        elif self.model == "portraits":
            end = morphing.picture_end(model, self.picture)
        else:
            end = morphing.picture_end(model, self.cat if self.model == "cats" else self.digit)
        return neighbours(model, end, shelf(SPACES[self.model].weights), NEIGHBOURS)

    def show(self, y: views.Neighbours, say: Say) -> Mapping[str, Any]:
        chance = say(f"{y.size} 个独立编码里最大的约 {y.chance:.2f}", f"the largest by chance: about {y.chance:.2f}")
        shelf = (
            say("模型自己画的", "drawn by the model") if self.model == "cats" else say("没训练过", "never trained on")
        )
        captions = [say("查询", "query"), *(f"cos = {c:.2f}" for c in y.cosines)]
        return {
            "row": outputs.Grid([y.query, *y.pictures], columns=3, captions=captions),
            "facts": [
                Metric(say("最近的余弦", "Nearest cosine"), float(y.cosines[0]), chance),
                Metric(say("余弦的中位数", "Median cosine"), y.median, say("0 = 毫不相干", "0 = unrelated")),
                Metric(say("书架上的图（查询除外）", "On the shelf (but the query)"), y.size, shelf),
            ],
        }


class Film(TrainingFilm):
    tries = (
        Try(
            t("手写数字：最后一步的误差比最好时大三成以上", "Digits: the last step errs over 30 % more than the best"),
            {"model": "digits"},
            lambda y: y.record[RATIO][-1] > 1.3 * min(y.record[RATIO]),
        ),
        Try(
            t("卡通头像：误差到最后一步还在降", "Portraits: the error still falls at the last step"),
            {"model": "portraits"},
            lambda y: y.best(RATIO) == len(y.frames) - 1,
        ),
    )
    shown = (("rho", t("ρ(z, E(G(z)))", "ρ(z, E(G(z)))")), ERRORS, DIVERSITY)
    also = (("gap", t("真假打分之差", "gap of scores")),)

    model: str = choice("cats", MODELS, label=MODEL)

    @property
    def weights(self) -> str:
        return SPACES[self.model].weights


POST = Post(
    id=6409,
    title=t(
        "O-GAN：简单修改，让GAN的判别器变成一个编码器！",
        "O-GAN: a simple change turns a GAN's discriminator into an encoder",
    ),
    date=datetime.date(2019, 3, 6),
    story=STORY,
    changes=CHANGES,
    papers=(
        (
            "Su 2019, O-GAN: Extremely Concise Approach for Auto-Encoding Generative Adversarial Networks",
            "https://arxiv.org/abs/1903.01931",
        ),
        (
            "Su 2018, GAN-QP: A Novel GAN Framework without Gradient Vanishing and Lipschitz Constraint",
            "https://arxiv.org/abs/1811.07296",
        ),
        (
            "Chen et al. 2018, On Self Modulation for Generative Adversarial Networks",
            "https://arxiv.org/abs/1810.01365",
        ),
    ),
)

PAGE = Page(
    title=t("O-GAN：判别器就是编码器", "O-GAN: the critic is the encoder"),
    summary=t(
        "拖动滑块，一张猫脸变成另一张：GAN 的判别器稍加改造，就成了编码器。",
        "Drag a slider and one cat's face becomes another: the critic of a GAN, slightly changed, is an encoder.",
    ),
    post=POST,
    tabs=(Interpolate, Reconstruct, Wander, Dial, Neighbours, Film),
    added=datetime.date(2026, 11, 21),
    weights=tuple(space.weights for space in SPACES.values()),
    striking=3,
    cover=tuple({"left_number": a, "right_number": a + 15} for a in range(100, 115)),
)
