"""The self-orthogonality module: a layer's own outputs tell the angles of its kernels (post 7169)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import PointValue, choice, point, seed, slider, toggle
from gallery.page import Page, Post, Say, Tab, Text, Try, t
from pages.tricks import _self_orthogonality_figures as pictures
from pages.tricks import _self_orthogonality_numbers as numbers
from pages.tricks import _self_orthogonality_texts as texts
from pages.tricks._self_orthogonality_inputs import PACKINGS, PENALTIES, REPEATS

if TYPE_CHECKING:
    from core.tricks.self_orthogonality.angles import Pairs, SmoothSigns, TwoVectors
    from core.tricks.self_orthogonality.kernels import KernelComparison
    from core.tricks.self_orthogonality.packing import Packing as Packed
    from core.tricks.self_orthogonality.training import Comparison

PENALTY, STRENGTH, STEPS = t("正则项", "Penalty"), t("强度", "Strength"), t("训练步数", "Training steps")
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")
FRAMES = 8
BUDGET = 3e8  # products of single numbers


class Vectors(Tab):
    label = t("两个向量", "Two vectors")
    question = t("只看符号，怎么知道夹角？", "How do signs alone tell an angle?")
    outputs = (outputs.figure("signs", height=480), FACTS, NOTE)
    budget = BUDGET
    tries = (
        Try(
            t("正交：一半的方向异号，统计量近 0", "Orthogonal: signs differ in half of all directions"),
            {"u": (1.0, 0.0), "v": (0.0, 1.0)},
            lambda r: r.differ == 0.5 and abs(r.average) < 0.02,
        ),
        Try(
            t("反向：处处异号，统计量恰为 −1", "Opposite: signs differ everywhere, the statistic is −1"),
            {"v": (-1.1, -0.2)},
            lambda r: r.average == -1 and not r.agree.any(),
        ),
        Try(
            t("b = 1024：统计量的标准差缩到 0.03", "b = 1024: the statistic's deviation shrinks to 0.03"),
            {"batch": 1024},
            lambda r: 0.025 < r.deviation < 0.035,
        ),
    )

    u: PointValue = point((1.1, 0.2), (-1.5, 1.5), (-1.5, 1.5), label=t("权重 u", "Weight u"), in_picture=True)
    v: PointValue = point((0.3, 1.0), (-1.5, 1.5), (-1.5, 1.5), label=t("权重 v", "Weight v"), in_picture=True)
    batch: int = slider(64, 4, 1024, log=True, label=t("批大小 b", "Batch b"))
    seed: int = seed(1)

    def cost(self) -> float:
        return self.batch * REPEATS * 4

    def compute(self) -> TwoVectors:
        from core.tricks.self_orthogonality.angles import two_vectors

        return two_vectors(self.u, self.v, self.batch, self.seed)

    def show(self, result: TwoVectors, say: Say) -> dict[str, Any]:
        facts = numbers.vectors(result, say)
        figure = pictures.signs(result, self.u, self.v, self.batch, say)
        return {"signs": figure, "facts": facts, "note": say(texts.WEDGES)}


class Lemma(Tab):
    label = t("引理", "The lemma")
    question = t("任意维数、任意角度都成立吗？", "Does it hold in every dimension, at every angle?")
    outputs = (outputs.figure("pairs", height=470), FACTS)
    budget = BUDGET
    tries = (
        Try(
            t("64 维：z 的均方仍约为 1", "64 dimensions: the mean square of z is still about 1"),
            {"dimension": 64},
            lambda r: abs(r.mean_square - 1) < 0.3,
        ),
        Try(
            t("每对只有 50 个 x：±3σ 宽到 0.42", "Only 50 x a pair: ±3σ widens to 0.42"),
            {"batch": 50},
            lambda r: 0.4 < r.width.max() < 0.43,
        ),
    )

    count: int = slider(200, 20, 500, label=t("多少对向量", "Pairs of vectors"))
    dimension: int = slider(8, 2, 64, log=True, label=t("维数 d", "Dimensions d"))
    batch: int = slider(1000, 50, 4000, log=True, label=t("批大小 b", "Batch b"))
    seed: int = seed(1)

    def cost(self) -> float:
        return 2 * self.count * self.dimension * self.batch

    def compute(self) -> Pairs:
        from core.tricks.self_orthogonality.angles import lemma_pairs

        return lemma_pairs(self.count, self.dimension, self.batch, self.seed)

    def show(self, result: Pairs, say: Say) -> dict[str, Any]:
        facts = numbers.pairs(result, say)
        return {"pairs": pictures.pairs(result, say), "facts": facts}


class Smooth(Tab):
    label = t("平滑", "Smooth signs")
    question = t("用 tanh 代替符号，还量得准吗？", "With tanh for the sign, is the angle still right?")
    outputs = (outputs.figure("gamma", height=470), FACTS, NOTE)
    budget = BUDGET
    tries = (
        Try(
            t("γ = 0.1：量到的是余弦", "γ = 0.1: what is measured is the cosine"),
            {"gamma": 0.1},
            lambda r: abs(r.here - r.cosine) < 0.015,
        ),
        Try(
            t("γ = 200：量到的是 1 − 2θ/π", "γ = 200: what is measured is 1 − 2θ/π"),
            {"gamma": 200.0},
            lambda r: abs(r.here - r.law) < 0.015,
        ),
        Try(
            t("48 维：ReLU 带来的偏差还在", "48 dimensions: the bias after a ReLU is still there"),
            {"dimension": 48},
            lambda r: r.sizes[1] > 5 * r.sizes[0],
        ),
    )

    degrees: float = slider(50.0, 0.0, 180.0, step=1, label=t("两个权重的夹角（度）", "Angle of the weights (degrees)"))
    gamma: float = slider(10.0, 0.05, 200.0, log=True, label=t("γ", "γ"), play=True)
    dimension: int = slider(16, 4, 48, label=t("维数 d", "Dimensions d"))
    seed: int = seed(1)

    def cost(self) -> float:
        return 12_000 * 41 + 3 * 4000 * self.dimension**2

    def compute(self) -> SmoothSigns:
        from core.tricks.self_orthogonality.angles import smooth_signs

        return smooth_signs(self.degrees, self.gamma, self.dimension, self.seed)

    def show(self, result: SmoothSigns, say: Say) -> dict[str, Any]:
        facts = numbers.smooth(result, say)
        return {"gamma": pictures.smooth(result, self.gamma, say), "facts": facts, "note": say(texts.POSITIVE)}


class Kernels(Tab):
    label = t("卷积核", "Kernels")
    question = t(
        "开了模块，训练出来的卷积核有什么不同？", "What does the module change in the kernels of a convolution?"
    )
    outputs = (outputs.figure("kernels", height=620), outputs.figure("course", height=340), FACTS, NOTE)
    budget = BUDGET
    live = False
    tries = (
        Try(
            t("BigGAN 惩罚：核几乎正交，输出仍相关", "BigGAN's penalty: kernels near orthogonal, outputs not"),
            {"kind": "biggan"},
            lambda r: r.kept.largest_cosine < 0.1 and r.kept.square[-1] > 0.04,
        ),
        Try(
            t("照原文求和：ϑ 的均值归零，个别的仍大", "Sums as in the post: mean ϑ is 0, single ones stay"),
            {"sums": True},
            lambda r: abs(r.kept.mean_theta) < 0.01 and r.kept.square[-1] > 0.04,
        ),
        Try(
            t("25 维里放 36 个核：最多相当于 25 个", "36 kernels in 25 dimensions: worth no more than 25"),
            {"k": 36, "kind": "biggan"},
            lambda r: r.kept.largest_cosine > 0.3 and 20 < r.kept.count[-1] < 25,
        ),
    )

    kind: str = choice("signs", PENALTIES, label=PENALTY)
    strength: float = slider(10.0, 0.1, 30.0, log=True, label=STRENGTH)
    sums: bool = toggle(
        False, label=t("照原文求和，不取均值", "Sums as in the post, not means"), shown_when={"kind": "signs"}
    )
    k: int = slider(16, 4, 36, label=t("卷积核个数 k", "Kernels k"))
    steps: int = slider(200, 50, 400, step=50, label=STEPS)
    seed: int = seed(1)

    def cost(self) -> float:
        return 2 * self.steps * 1e4 * self.k

    def compute(self) -> Iterator[KernelComparison]:
        from core.tricks.self_orthogonality.kernels import compare

        return compare(self.kind, self.strength, self.k, self.sums, self.steps, FRAMES, self.seed)

    def progress(self, result: KernelComparison) -> float:
        return result.step / self.steps

    def show(self, result: KernelComparison, say: Say) -> dict[str, Any]:
        name = say(PENALTIES[self.kind])
        facts = numbers.kernels(result, say)
        return {
            "kernels": pictures.kernels(result, name, say),
            "course": pictures.course(result, name, self.steps, say),
            "facts": facts,
            "note": say(texts.CONVOLUTION),
        }


class Train(Tab):
    label = t("训练", "Training")
    question = t(
        "开了模块，夹角真的收拢吗，准确率掉不掉？", "Does the module narrow the angles, and at what cost in accuracy?"
    )
    outputs = (outputs.figure("angles", height=470), FACTS, NOTE)
    budget = BUDGET
    live = False
    tries = (
        Try(
            t(
                "BigGAN 惩罚：夹角收到 2° 以内，输出仍相关",
                "BigGAN's penalty: angles within 2°, outputs still correlated",
            ),
            {"kind": "biggan"},
            lambda r: r.kept.deviation[-1] < 2 and r.kept.square[-1] > 0.04,
        ),
        Try(
            t("强度 0.1：夹角几乎不收", "Strength 0.1: the angles hardly narrow"),
            {"strength": 0.1},
            lambda r: r.kept.deviation[-1] > 0.97 * r.bare.deviation[-1],
        ),
    )

    kind: str = choice("signs", PENALTIES, label=PENALTY)
    strength: float = slider(10.0, 0.1, 30.0, log=True, label=STRENGTH)
    centred: bool = toggle(True, label=t("先减去输入的均值", "Subtract the inputs' mean"), shown_when={"kind": "signs"})
    steps: int = slider(400, 50, 1000, step=50, label=STEPS)
    seed: int = seed(1)

    def cost(self) -> float:
        return 2 * self.steps * 3e4

    def compute(self) -> Iterator[Comparison]:
        from core.tricks.self_orthogonality.training import compare

        return compare(self.kind, self.strength, self.centred, self.steps, FRAMES, self.seed)

    def progress(self, result: Comparison) -> float:
        return result.step / self.steps

    def show(self, result: Comparison, say: Say) -> dict[str, Any]:
        facts = numbers.training(result, say)
        figure = pictures.paths(result, say(PENALTIES[self.kind]), say)
        return {"angles": figure, "facts": facts, "note": say(texts.ROADS)}


class Packing(Tab):
    label = t("摆不下时", "Too many vectors")
    question = t(
        "向量比维数多时，最好能正交到什么程度？",
        "With more vectors than dimensions, how near to orthogonal can they be?",
    )
    outputs = (outputs.figure("pack", height=520), outputs.figure("course", height=340), FACTS, NOTE)
    budget = BUDGET
    tries = (
        Try(
            t("第七条线：最小夹角从 63.4° 跌到 54.7°", "A seventh line: the smallest angle falls from 63.4° to 54.7°"),
            {"k": 7},
            lambda r: abs(r.angles[0] - 54.7356) < 0.05,
        ),
        Try(
            t("少一条线：夹角并不变大", "One line fewer: the angle does not grow"),
            {"k": 5},
            lambda r: 63.3 < r.angles[0] < 63.436,
        ),
        Try(
            t(
                "BigGAN 惩罚：cos² 的均值最小，最小夹角却不到 45°",
                "BigGAN's penalty: least mean cos², yet two lines under 45°",
            ),
            {"kind": "biggan"},
            lambda r: r.angles[0] < 45 and r.mean_square[-1] < r.least_mean_square + 1e-4,
        ),
    )

    k: int = slider(6, 2, 32, label=t("向量个数 k", "Vectors k"))
    d: int = slider(3, 2, 16, label=t("维数 d", "Dimensions d"))
    kind: str = choice("largest", PACKINGS, label=t("压什么", "What is made small"))
    steps: int = slider(500, 50, 1000, step=50, label=t("步数", "Steps"), play=True)
    seed: int = seed(1)

    def cost(self) -> float:
        return self.steps * self.k * self.d * 300

    def compute(self) -> Packed:
        from core.tricks.self_orthogonality.packing import pack

        return pack(self.k, self.d, self.kind, self.steps, self.seed)

    def show(self, result: Packed, say: Say) -> dict[str, Any]:
        facts = numbers.packing(result, say)
        return {
            "pack": pictures.packing(result, say),
            "course": pictures.smallest(result, self.steps, say),
            "facts": facts,
            "note": say(texts.LINES),
        }


POST = Post(
    id=7169,
    title=Text(
        "Self-Orthogonality Module：一个即插即用的核正交化模块",
        "Self-Orthogonality Module: a plug-and-play module that makes kernels orthogonal",
    ),
    date=datetime.date(2020, 1, 12),
    story=texts.STORY,
    changes=texts.CHANGES,
    papers=texts.PAPERS,
)

PAGE = Page(
    title=t("自正交模块", "The self-orthogonality module"),
    summary=t(
        "不看权重，只看输出的符号，也能知道核之间的角度：拖动向量看引理，开关模块看卷积核。",
        "The signs of a layer's outputs tell the angles of its kernels: drag vectors, then train a convolution with the module.",
    ),
    post=POST,
    tabs=(Vectors, Lemma, Smooth, Kernels, Train, Packing),
    added=datetime.date(2026, 11, 21),
)
