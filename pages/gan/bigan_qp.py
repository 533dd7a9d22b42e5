"""BiGAN-QP: an encoder beside the generator (post 6214)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from gallery import outputs
from gallery.inputs import choice, seed, slider
from gallery.outputs import Metric
from gallery.page import Page, Post, Progress, Say, Tab, Try, t
from pages.gan import _bigan_qp_figures as pictures
from pages.gan._bigan_qp_figures import KINDS
from pages.gan._bigan_qp_inputs import DATA, MODEL, MODELS, SQUARES, Ends
from pages.gan._bigan_qp_texts import CHANGES, STORY
from pages.shared import morph
from pages.shared.digits import Digit
from pages.shared.morph import Morph
from pages.shared.plane import CRITIC_STEPS, TARGETS
from pages.shared.training_film import TrainingFilm

if TYPE_CHECKING:
    from core.gan.bigan_qp.plane import Pair
    from core.gan.bigan_qp.views import Near, Redrawn
    from core.morphing import Morphing

FACTS = outputs.metrics("facts")
NEIGHBOURS = 8


class Redrawing(Digit):
    """A digit drawn again by three models; subclasses say by which (``models``, the first parts of their weights' names)."""

    outputs = (
        outputs.figure("trade", height=400),
        outputs.images(
            "pictures", t("原图，与各模型的重建（误差）", "The picture, and each model's redrawing (error)"), height=130
        ),
        outputs.images(
            "samples",
            t("同样八个随机编码画出的样本，一行一个模型", "Samples from the same eight random codes, one row a model"),
            height=200,
        ),
        FACTS,
    )
    models: ClassVar[tuple[str, ...]]

    def compute(self) -> Redrawn:
        from core import codec
        from core.data.datasets import held_out
        from core.gan.bigan_qp.views import redrawn
        from core.weights import load

        names = [f"{model}-{DATA}" for model in self.models]
        if self.source == "sketch":
            return redrawn(names, codec.of_drawing(load(names[0]), self.drawing))
        return redrawn(names, self.picture if self.source == "picture" else held_out(DATA, self.number))


class Redraw(Redrawing):
    label = t("重建", "Redraw")
    question = t(
        "编成 64 个数再画回来，谁最像、谁最清晰？凭空画呢？",
        "Encoded to 64 numbers and drawn again: who is closest, who sharpest? And drawn from noise?",
    )
    tries = (
        Try(
            t("自己写的 7：三个模型的误差都比平均图小", "A drawn 7: all three err less than the mean picture"),
            {"source": "sketch"},
            lambda y: max(y.errors) < 0.5,
        ),
        Try(
            t("数字 1：三个模型的误差都在 0.3 以下", "The digit 1: all three err less than 0.3"),
            {"picture": "example:digit-1"},
            lambda y: max(y.errors) < 0.3,
        ),
    )
    models = tuple(MODELS)

    def show(self, y: Redrawn, say: Say) -> Mapping[str, Any]:
        names = [say(name) for name in MODELS.values()]
        return redrawn_shown(y, names, say)


class Squares(Redrawing):
    label = t("停梯度", "Stopped gradients")
    question = t(
        "两个平方项有什么用？不停梯度会不会糊？",
        "What are the two squares good for, and does it blur when their gradients are let through?",
    )
    tries = (
        Try(
            t("没有平方项：误差更大", "Without the squares it errs more"),
            {"picture": "example:digit-8"},
            lambda y: y.shelf[2].error > y.shelf[0].error,
        ),
    )
    models = tuple(SQUARES)

    def show(self, y: Redrawn, say: Say) -> Mapping[str, Any]:
        names = [say(name) for name in SQUARES.values()]
        return redrawn_shown(y, names, say)


def redrawn_shown(y: Redrawn, names: list[str], say: Say) -> Mapping[str, Any]:
    """The picture with what each model makes of it, and all models on all shipped digits."""
    captions = ["x", *(f"{name} · {error:.2f}" for name, error in zip(names, y.errors, strict=True))]
    facts = []
    for name, one in zip(names, y.shelf, strict=True):
        facts += [
            Metric(say(f"{name}：误差", f"{name}: error"), one.error, say(f"{len(one.errors)} 个数字，{one.steps} 步", f"{len(one.errors)} digits, {one.steps} steps")),
            Metric(say(f"{name}：清晰度", f"{name}: sharpness"), one.sharp, say("原图 = 1", "the pictures = 1")),
            Metric(say(f"{name}：样本的特征距离", f"{name}: feature distance of samples"), one.distance, say(f"多样性 {one.diversity:.2f}，模型卡", f"diversity {one.diversity:.2f}, card")),
        ]  # fmt: skip
    return {
        "pictures": outputs.Grid([y.picture, *y.pictures], len(names) + 1, captions),
        "samples": outputs.Grid(
            [one for row in y.samples for one in row],
            len(y.samples[0]),
            captions=[
                names[k // len(y.samples[0])] if k % len(y.samples[0]) == 0 else ""
                for k in range(len(y.samples) * len(y.samples[0]))
            ],
        ),
        "trade": pictures.trade(y, names, say),
        "facts": facts,
    }


class Interpolate(Morph, Ends):
    question = t("两个真实的数字之间是什么？", "What lies between two real digits?")
    tries = (
        Try(
            t(
                "两个随机编码走直线：中点短了两成以上",
                "Two random codes, straight line: the middle is over a fifth shorter",
            ),
            {"left": "seed", "right": "seed", "path": "lerp"},
            lambda y: y.middle_length < 0.8,
        ),
        Try(
            t("乘以 0：每一步都是同一张图", "Times 0: every step is the same picture"),
            {"temperature": 0.0},
            lambda y: not y.steps.any(),
        ),
    )

    path: str = choice("slerp", {key: morph.PATHS[key] for key in ("slerp", "lerp")}, label=t("路径", "Path"))
    temperature: float = slider(1.0, 0.0, 1.2, step=0.05, label=t("乘在编码上", "Factor of the code"))

    def compute(self) -> Morphing:
        from core import morphing
        from core.weights import load

        model = load(f"{self.model}-{DATA}")
        if self.left == "picture":
            left = morphing.picture_end(model, self.left_digit)
        else:
            left = morphing.numbered_end(model, self.left, self.left_number, DATA)
        if self.right == "picture":
            right = morphing.picture_end(model, self.right_digit)
        else:
            right = morphing.numbered_end(model, self.right, self.right_number, DATA)
        return morphing.morphing(model, left, right, self.frames, self.path, self.temperature, self.seed)


class Neighbours(Digit):
    label = t("近邻", "Neighbours")
    question = t("编码最近的图，是同一个数字吗？", "Is the picture with the nearest code the same digit?")
    outputs = (outputs.images("row", height=130), outputs.figure("right", height=300), FACTS)
    tries = (
        Try(
            t("数字 0：最近的三张都是 0", "The digit 0: the three nearest are all 0"),
            {"picture": "example:digit-0"},
            lambda y: (y.labels[:3] == 0).all(),
        ),
    )

    model: str = choice("bigan-qp", MODELS, label=MODEL)

    def compute(self) -> Near:
        from core import codec, morphing
        from core.data.datasets import held_out
        from core.gan.bigan_qp.views import neighbours
        from core.weights import load

        model = load(f"{self.model}-{DATA}")
        if self.source == "sketch":
            end = morphing.picture_end(model, codec.of_drawing(model, self.drawing))
        else:
            picture = self.picture if self.source == "picture" else held_out(DATA, self.number)
            end = morphing.picture_end(model, picture)
        return neighbours([f"{one}-{DATA}" for one in MODELS], f"{self.model}-{DATA}", end, NEIGHBOURS)

    def show(self, y: Near, say: Say) -> Mapping[str, Any]:
        captions = [say("查询", "query"), *(f"{gap:.2f}" for gap in y.distances)]
        names = [*(say(name) for name in MODELS.values()), say("像素", "pixels")]
        same = say("100 个数字里最近的同类", "of 100 digits, nearest alike")
        return {
            "row": outputs.Grid([y.query, *y.pictures], 3, captions),
            "right": pictures.near(y, names[:-1], say),
            "facts": [Metric(name, f"{share:.0%}", same) for name, share in zip(names, y.right, strict=True)],
        }


class Plane(Tab):
    label = t("平面上训练", "Train in the plane")
    question = t(
        "没有两个平方项，编码器还找得回原来的点吗？",
        "Without the two squares, does the encoder still find a point again?",
    )
    outputs = (outputs.figure("plane", height=470), FACTS)
    budget = 12_000.0
    live = False
    tries = (
        Try(
            t("圆环：有平方项的误差小得多", "A ring: far less error with the squares"),
            {"target": "ring"},
            lambda y: y.left.last.error < 0.4 * y.right.last.error,
        ),
        Try(
            t("编码只有 1 个数：八个峰仍找得回", "Codes of one number: eight modes are still found again"),
            {"code": 1},
            lambda y: y.left.last.error < 0.1,
        ),
    )

    left: str = choice("half", KINDS, label=t("左边", "On the left"))
    right: str = choice("none", KINDS, label=t("右边", "On the right"))
    target: str = choice("eight", {key: name for key, name in TARGETS.items() if key != "drawn"}, label=t("要学的分布", "Distribution to learn"))  # fmt: skip
    code: int = slider(2, 1, 4, label=t("编码的长度", "Numbers a code"))
    beta_1: float = slider(2.0, 0.1, 20.0, log=True, label=t("β₁：编码的平方项", "β₁, square of codes"))
    beta_2: float = slider(3.0, 0.1, 20.0, log=True, label=t("β₂：图的平方项", "β₂, square of pictures"))
    steps: int = slider(600, 200, 2000, step=100, label=t("步数", "Steps"))
    critic_steps: int = slider(2, 1, 5, label=CRITIC_STEPS)
    seed: int = seed()

    def cost(self) -> float:
        return self.steps * (1 + self.critic_steps)

    def compute(self) -> Iterator[Pair | Progress]:
        from core.gan.bigan_qp.plane import Settings, duel
        from core.gan.plane.targets import target

        beta, rest = (self.beta_1, self.beta_2), (self.code, self.steps)
        left = Settings(self.left, beta, *rest, critic_steps=self.critic_steps, seed=self.seed)  # type: ignore[arg-type]
        right = Settings(self.right, beta, *rest, critic_steps=self.critic_steps, seed=self.seed)  # type: ignore[arg-type]
        return duel(left, right, target(self.target, self.seed))

    def progress(self, result: Pair) -> float:
        return result.done

    def show(self, y: Pair, say: Say) -> Mapping[str, Any]:
        either = say("左 / 右", "left / right")
        a, b = (game.last for game in y.games)
        return {
            "plane": pictures.plane(y, say),
            "facts": [
                Metric(say("x → G(E(x)) 的误差", "Error of x → G(E(x))"), f"{a.error:.3f} / {b.error:.3f}", either),
                Metric(say("z → E(G(z)) 的误差", "Error of z → E(G(z))"), f"{a.code_error:.3f} / {b.code_error:.3f}", say("左 / 右；只猜平均编码为 1", "left / right; 1 for the mean code")),
                Metric(say("样本离目标（JS）", "Samples from the target (JS)"), f"{a.distance:.3f} / {b.distance:.3f}", either),
                Metric(say("E(x) 的标准差", "Sd of E(x)"), f"{a.code_sd:.2f} / {b.code_sd:.2f}", say("左 / 右；编码长度 2 时应接近 1", "left / right; near 1 with codes of two numbers")),
            ],
        }  # fmt: skip


class Film(TrainingFilm):
    kind: str = choice("bigan-qp", {**SQUARES, "vae": MODELS["vae"]}, label=MODEL)

    @property
    def weights(self) -> str:
        return f"{self.kind}-{DATA}"


POST = Post(
    id=6214,
    title=t("BiGAN-QP：简单清晰的编码&生成模型", "BiGAN-QP: a simple and clear model that encodes and generates"),
    date=datetime.date(2018, 12, 10),
    story=STORY,
    changes=CHANGES,
    papers=(
        ("Su 2018, GAN-QP: A Novel GAN Framework without Gradient Vanishing and Lipschitz Constraint", "https://arxiv.org/abs/1811.07296"),
        ("Donahue, Krähenbühl and Darrell 2016, Adversarial Feature Learning", "https://arxiv.org/abs/1605.09782"),
        ("Dumoulin et al. 2016, Adversarially Learned Inference", "https://arxiv.org/abs/1606.00704"),
        ("Rybkin, Daniilidis and Levine 2020, Simple and Effective VAE Training with Calibrated Decoders", "https://arxiv.org/abs/2006.13202"),
    ),
)  # fmt: skip

PAGE = Page(
    title=t("BiGAN-QP：会编码的 GAN", "BiGAN-QP: a GAN that encodes"),
    summary=t(
        "生成器旁边放一个编码器：把一张图编成 64 个数再画回来，与 O-GAN、VAE 比误差与清晰度。",
        "An encoder beside the generator: a picture becomes 64 numbers and a picture again, beside O-GAN and a VAE.",
    ),
    post=POST,
    tabs=(Redraw, Interpolate, Squares, Plane, Neighbours, Film),
    added=datetime.date(2026, 11, 27),
    weights=(*(f"{model}-{DATA}" for model in MODELS), *(f"{kind}-{DATA}" for kind in list(SQUARES)[1:])),
)
