"""Variational autoencoders: each picture has its own normal (post 5253)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import PointValue, choice, point, seed, slider, toggle
from gallery.page import Page, Post, Progress, Say, Tab, Try, t
from pages.shared.training_film import TrainingFilm
from pages.vae import _vae_figures as pictures
from pages.vae import _vae_numbers as numbers
from pages.vae._vae_inputs import CONDITIONAL, DATA, DIGIT_MODELS, DIGITS, GAME, MODEL, MODELS, Picture
from pages.vae._vae_texts import CHANGES, STORY

if TYPE_CHECKING:
    from core.vae.vae.live import State
    from core.vae.vae.views import Asked, Game, Manifold, Own, Spot

FACTS = outputs.metrics("facts")
COLUMNS, ROWS = 10, 6
FRAMES = 10


class Plane(Tab):
    label = t("编码平面", "The plane")
    question = t("平面上的一点画出什么？拖动 z 看看。", "What does a point of the plane draw? Drag z and see.")
    outputs = (outputs.figure("plane", height=520), FACTS)
    tries = (
        Try(
            t("解码的地图：[−3, 3]² 上处处都画得出东西", "The map: something is drawn all over [−3, 3]²"),
            {"under": "pictures"},
            lambda y: y.faintest > 60,
        ),
        Try(
            t("衣物：全部编码的均值离原点不到 1", "Clothes: the mean of all codes is within 1 of the origin"),
            {"model": "mlp-fashion28"},
            lambda y: abs(y.posteriors.moments[0]).max() < 1,
        ),
    )

    model: str = choice("mlp-mnist28", MODELS, label=MODEL)
    at: PointValue = point((-1.5, -1.5), (-3.5, 3.5), (-3.5, 3.5), label=t("编码 z", "Code z"), in_picture=True)
    under: str = choice(
        "codes",
        {
            "codes": t("留出图的编码", "Codes of held-out pictures"),
            "pictures": t("解码的地图", "A map of what is decoded"),
        },
        label=t("平面上显示", "Shown in the plane"),
    )

    def compute(self) -> Spot:
        from core.vae.vae.views import spot

        return spot(f"vae-{self.model}", self.at)

    def show(self, y: Spot, say: Say) -> Mapping[str, Any]:
        data = self.model.split("-")[1]
        facts = numbers.spot(y, data, say)
        return {"plane": pictures.plane(y, data, self.under, say), "facts": facts}


class OwnNormal(Picture):
    label = t("各有各的正态", "One's own normal")
    question = t(
        "一张图的 p(z|x) 长什么样？换一个 ε 会怎样？", "What is p(z|x) of one picture, and what does another ε change?"
    )
    outputs = (
        outputs.figure("own", height=460),
        outputs.images("again", t("原图、由 μ 解码、由 8 个样本 z = μ + σε 解码（−ln q(x|z)，nat）", "The picture, decoded from μ, and from 8 samples z = μ + σε (−ln q(x|z), nats)"), height=110),
        FACTS,
    )  # fmt: skip
    tries = (
        Try(
            t("数字 1：σ 不到先验的三分之一", "The digit 1: its σ is under a third of the prior's"),
            {"picture": "example:digit-1"},
            lambda y: max(y.sigma) < 1 / 3,
        ),
        Try(
            t("没有 KL：σ 不到 0.03，换 ε 什么也不变", "Without KL: σ is under 0.03, and another ε changes nothing"),
            {"model": "free-mnist28"},
            lambda y: max(y.sigma) < 0.03 and abs(y.noise_cost) < 1,
        ),
        Try(
            t("手写的 2：KL 也有 1 nat 以上", "A drawn 2: its KL is above 1 nat too"),
            {"source": "sketch"},
            lambda y: y.divergence > 1,
        ),
    )

    model: str = choice("mlp-mnist28", {**DIGIT_MODELS, "free-mnist28": GAME["free-mnist28"]}, label=MODEL)
    seed: int = seed()

    def compute(self) -> Own:
        from core.codec import of_drawing
        from core.data.datasets import held_out
        from core.vae.vae.views import own
        from core.weights import load

        name = f"vae-{self.model}"
        if self.source == "sketch":
            return own(name, of_drawing(load(name), self.drawing), self.seed)
        return own(name, self.picture if self.source == "picture" else held_out(DATA, self.number), self.seed)

    def show(self, y: Own, say: Say) -> Mapping[str, Any]:
        captions = [
            "x",
            f"μ · {y.cost_of_mean:.0f}",
            *(f"{k} · {y.costs[k - 1]:.0f}" for k in range(1, len(y.again) + 1)),
        ]
        facts = numbers.own(y, say)
        return {"own": pictures.own(y, say), "again": outputs.Grid([y.picture, y.of_mean, *y.again], COLUMNS, captions), "facts": facts}  # fmt: skip


class Noise(Tab):
    label = t("噪声与重构", "Noise and reconstruction")
    question = t(
        "去掉 KL，噪声还在吗？先验还画得出数字吗？",
        "Without the KL, is there still noise, and does the prior still draw digits?",
    )
    outputs = (
        outputs.figure("planes", height=400),
        outputs.images("samples", t("同样的噪声画出的样本：没有 KL、弱 KL、完整的 VAE", "Samples of the same noise: without KL, weak KL, the whole VAE"), height=200),
        outputs.images("again", t("十个数字，与三个模型由 z = μ + σε 的重构", "Ten digits, and what each model redraws from z = μ + σε"), height=260),
        FACTS,
    )  # fmt: skip
    tries = (
        Try(
            t(
                "各用各的比例：没有 KL 的编码铺开三倍以上",
                "Each at its own scale: without KL codes reach over three times as far",
            ),
            {"scale": "own"},
            lambda y: y.sides[0].reach > 3 * y.sides[-1].reach,
        ),
        Try(
            t(
                "在编码所在处采样：没有 KL 的样本也有了花样",
                "Sampled where codes lie, the samples without KL differ from one another",
            ),
            {"where": "matched"},
            lambda y: y.sides[0].spread > 0.08,
        ),
    )

    where: str = choice(
        "prior",
        {"prior": t("先验 N(0, I)", "The prior N(0, I)"), "matched": t("与编码同均值、协方差的正态", "A normal with the codes' mean and covariance")},
        label=t("样本取自", "Samples of"),
    )  # fmt: skip
    scale: str = choice(
        "same",
        {"same": t("三幅图同一个比例", "The same for all three"), "own": t("各用各的比例", "Each its own")},
        label=t("坐标轴", "Axes"),
    )
    seed: int = seed()

    def compute(self) -> Game:
        from core.data.examples import digits
        from core.vae.vae.views import game

        return game(
            ["vae-free-mnist28", "vae-weak-mnist28", "vae-mlp-mnist28"],
            list(digits()[0][::10]),
            self.where == "matched",
            10,
            self.seed,
        )

    def show(self, y: Game, say: Say) -> Mapping[str, Any]:
        names = [say(name) for name in GAME.values()]
        facts = numbers.game(y, names, say)
        return {
            "planes": pictures.game(y, names, self.scale == "same", say),
            "samples": outputs.Grid([one for side in y.sides for one in side.samples], COLUMNS),
            "again": outputs.Grid([*y.digits, *(one for side in y.sides for one in side.again)], COLUMNS),
            "facts": facts,
        }


class Grid(Tab):
    label = t("流形", "The manifold")
    question = t("在先验的分位数上铺一张网格，会画出什么？", "What does a grid over the prior's quantiles draw?")
    outputs = (outputs.figure("grid", height=600), FACTS)
    budget = 625.0  # pictures decoded and judged
    tries = (
        Try(
            t(
                "只看中间（分位数 0.4 到 0.6）：不到十类",
                "The middle alone (quantiles 0.4 to 0.6): fewer than ten kinds",
            ),
            {"low": 0.4},
            lambda y: (y.shares > 0).sum() < 10,
        ),
        Try(
            t("衣物：至少六类有自己的地盘", "Clothes: six kinds at least have room"),
            {"model": "mlp-fashion28"},
            lambda y: (y.shares > 0).sum() >= 6,
        ),
    )

    model: str = choice("mlp-mnist28", {**MODELS, "free-mnist28": GAME["free-mnist28"]}, label=MODEL)
    side: int = slider(15, 5, 25, label=t("每边几张", "Pictures along a side"))
    low: float = slider(0.05, 0.001, 0.4, log=True, label=t("第一个分位数", "First quantile"))

    def cost(self) -> float:
        return self.side**2

    def compute(self) -> Manifold:
        from core.vae.vae.views import manifold

        return manifold(f"vae-{self.model}", self.side, self.low)

    def show(self, y: Manifold, say: Say) -> Mapping[str, Any]:
        data = self.model.split("-")[1]
        facts = numbers.manifold(y, data, say)
        return {"grid": pictures.manifold(y, data, say), "facts": facts}


class Conditional(Tab):
    label = t("指定数字", "Digits on demand")
    question = t(
        "每类有自己的先验 N(μ^Y, I)：能点名要一个数字吗？",
        "Each kind has a prior N(μ^Y, I) of its own: can one ask for a digit?",
    )
    outputs = (
        outputs.figure("priors", height=460),
        outputs.images("rows", t("同一个 ε（一行）搬到十个数字的先验上", "The same ε (a row) carried to the priors of all ten digits"), height=340),
        outputs.images("own", t("点名的数字：10 个样本", "The digit asked for: 10 samples"), height=130),
    )  # fmt: skip
    tries = (
        Try(
            t("点名要 1：多半画得对", "Ask for 1: mostly drawn right"),
            {"digit": "1"},
            lambda y: y.right[1] > 0.5,
        ),
    )

    digit: str = choice("0", DIGITS, label=t("数字", "Digit"))
    seed: int = seed()

    def compute(self) -> Asked:
        from core.vae.vae.views import asked

        return asked("vae-conditional-mnist28", int(self.digit), 6, self.seed)

    def show(self, y: Asked, say: Say) -> Mapping[str, Any]:
        tiles = [one for row in y.rows for one in row]
        return {
            "priors": pictures.asked(y, int(self.digit), say),
            "rows": outputs.Grid(tiles, COLUMNS),
            "own": outputs.Grid(y.own, COLUMNS),
        }


class Train(Tab):
    label = t("现场训练", "Train one")
    question = t(
        "换一个 KL 的权重，σ 与流形怎样变？", "Another weight of the KL: what becomes of σ and of the manifold?"
    )
    outputs = (outputs.figure("live", height=430), FACTS)
    budget = 3000.0  # steps of a small network
    live = False
    tries = (
        Try(
            t("权重 0：σ 缩到 0.05 以下", "Weight 0: σ shrinks below 0.05"),
            {"weight": 0.0},
            lambda y: y.typical < 0.05,
        ),
        Try(
            t("权重 4：编码塌成先验，KL 不到 1 nat", "Weight 4: codes collapse into the prior, the KL is under 1 nat"),
            {"weight": 4.0},
            lambda y: y.divergence < 1,
        ),
        Try(
            t("没有噪声：普通的自编码器", "No noise: a plain autoencoder"),
            {"weight": 0.0, "noise": False},
            lambda y: y.picture < 23,
        ),
    )

    weight: float = slider(1.0, 0.0, 4.0, step=0.05, label=t("KL 的权重", "Weight of the KL"))
    noise: bool = toggle(True, label=t("加噪声 ε", "With the noise ε"))
    steps: int = slider(1500, 300, 3000, step=100, label=t("步数", "Steps"))
    seed: int = seed(1)

    def cost(self) -> float:
        return self.steps

    def compute(self) -> Iterator[State | Progress]:
        from core.vae.vae.live import watched

        return watched(self.weight, float(self.noise), self.steps, FRAMES, self.seed)

    def progress(self, result: State) -> float:
        return result.done

    def show(self, y: State, say: Say) -> Mapping[str, Any]:
        facts = numbers.live(y, say)
        return {"live": pictures.live(y, self.noise, say), "facts": facts}


class Film(TrainingFilm):
    least = ("objective", t("留出图上的目标", "objective on held-out pictures"))
    shown = (("bound", t("负下界（nat / 图）", "negative bound (nats a picture)")),)
    also = (("picture term", t("重构项", "redrawing")), ("kl", t("KL", "KL")))
    log_scale = True

    model: str = choice("mlp-mnist28", {**MODELS, "free-mnist28": GAME["free-mnist28"], "weak-mnist28": GAME["weak-mnist28"], CONDITIONAL: t("指定数字", "Digits on demand")}, label=MODEL)  # fmt: skip

    @property
    def weights(self) -> str:
        return f"vae-{self.model}"


POST = Post(
    id=5253,
    title=t("变分自编码器（一）：原来是这么一回事", "Variational autoencoders (1): so that is what they are"),
    date=datetime.date(2018, 3, 18),
    story=STORY,
    changes=CHANGES,
    papers=(
        ("Kingma and Welling 2013, Auto-Encoding Variational Bayes", "https://arxiv.org/abs/1312.6114"),
        ("Rezende, Mohamed and Wierstra 2014, Stochastic Backpropagation and Approximate Inference in Deep Generative Models", "https://arxiv.org/abs/1401.4082"),
    ),
)  # fmt: skip

PAGE = Page(
    title=t("变分自编码器：每个样本都有自己的正态", "VAE: every sample has its own normal"),
    summary=t(
        "在编码的平面上拖一个点，看它画出什么数字；看一张图自己的正态分布，去掉 KL 再看噪声怎样消失。",
        "Drag a point over the plane of codes and see the digit it draws; see one picture's own normal, and the noise vanish without the KL.",
    ),
    post=POST,
    tabs=(Plane, OwnNormal, Noise, Grid, Conditional, Train, Film),
    added=datetime.date(2026, 11, 27),
    weights=tuple(f"vae-{name}" for name in (*MODELS, "free-mnist28", "weak-mnist28", CONDITIONAL)),
)
