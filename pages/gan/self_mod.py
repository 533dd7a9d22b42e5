"""From DCGAN to SELF-MOD: architectures of GANs (post 6549)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import choice, seed, slider
from gallery.outputs import Metric
from gallery.page import Page, Post, Say, Tab, Try, t
from gallery.text import Text
from pages.gan import _self_mod_figures as pictures
from pages.gan._self_mod_figures import ALONG, METHODS, NAMES
from pages.gan._self_mod_texts import CHANGES, STORY
from pages.shared.walls import LOW, Walls

if TYPE_CHECKING:
    from core.gan.self_mod.checkerboard import Board
    from core.gan.self_mod.count import Costs as Counted
    from core.gan.self_mod.modulation import Crossed, Moved
    from core.gan.self_mod.race import Lap

FACTS = outputs.metrics("facts")
WEIGHTS = {
    "dcgan": "dcgan-sgan-sn-mnist28",
    "resnet": "resnet-sgan-sn-mnist28",
    "self-mod": "sgan-sn-mnist28",
    "style": "style-sgan-sn-mnist28",
}
CATS = "o-gan-cats64"
ROWS, COLUMNS = 4, 6
SIDES = {str(side): t(f"{side} × {side}", f"{side} × {side}") for side in (32, 64, 128, 256, 512)}


class Style(Tab):
    label = t("风格与内容", "Style and content")
    question = t(
        "把一个 z 给第一层、另一个 z 给调制，谁决定画什么？",
        "One z for the first layer, another for the modulations: who decides what is drawn?",
    )
    outputs = (outputs.figure("crossed", height=470), FACTS)
    tries = (
        Try(
            t("前两层也跟内容走：风格只剩不到一成五", "Two layers follow the content: style keeps less than 15 %"),
            {"depth": 2},
            lambda y: y.style < 0.15,
        ),
        Try(
            t("四层都跟内容走：每一行都相同", "All four follow it: every row is one picture"),
            {"depth": 4},
            lambda y: y.style < 1e-9 and y.both < 1e-9,
        ),
    )

    depth: int = slider(0, 0, 4, label=t("跟内容走的调制层数", "Modulations that follow the content"))
    seed: int = seed(20)

    def compute(self) -> Crossed:
        from core.gan.self_mod.modulation import crossed

        return crossed(ROWS, COLUMNS, self.depth, self.seed)

    def show(self, y: Crossed, say: Say) -> Mapping[str, Any]:
        many = say(f"{ROWS} 个内容 × {COLUMNS} 个风格", f"{ROWS} contents × {COLUMNS} styles")
        return {
            "crossed": pictures.crossed(y, say),
            "facts": [
                Metric(say("像素：内容", "Pixels: content"), f"{y.content:.1%}", many),
                Metric(say("像素：风格", "Pixels: style"), f"{y.style:.1%}", many),
                Metric(
                    say("像素：只由搭配决定", "Pixels: the pair alone"),
                    f"{y.both:.1%}",
                    say("三者之和为 1", "the three sum to 1"),
                ),
            ],
        }


class Modulate(Tab):
    label = t("γ(z) 与 β(z)", "γ(z) and β(z)")
    question = t("z 走动时，各层的缩放与平移怎么变？", "As z moves, how do scale and shift of each layer move?")
    outputs = (
        outputs.figure("moved", height=380),
        outputs.images(
            "pictures", t("沿途画出的图，最后一张是 t 处", "Drawn on the way; the last one is at t"), height=130
        ),
        FACTS,
    )
    tries = (
        Try(
            t("第 2 层几乎不动", "Layer 2 hardly moves"),
            {"layer": 2},
            lambda y: y.swing[0] < 0.1,
        ),
        Try(
            t("两端相同：什么都不变", "The same code at both ends: nothing moves"),
            {"right": 3},
            lambda y: y.swing[0] < 1e-5,
        ),
    )

    layer: int = slider(4, 1, 4, label=t("第几层（1 = 4×4，4 = 32×32）", "Layer (1 is 4×4, 4 is 32×32)"))
    place: float = slider(0.5, 0.0, 1.0, step=0.05, label=t("路程 t", "Way t"), play=True)
    left: int = slider(3, 0, 999, label=t("起点的编号", "First code"))
    right: int = slider(9, 0, 999, label=t("终点的编号", "Last code"))

    def compute(self) -> Moved:
        from core.gan.self_mod.modulation import moved

        return moved(self.layer, self.left, self.right, self.place)

    def show(self, y: Moved, say: Say) -> Mapping[str, Any]:
        places = [f"{k / (len(y.pictures) - 1):.2f}" for k in range(len(y.pictures))]
        gain, shift = y.swing
        mean = say("各通道变动的平均", "mean over channels")
        return {
            "moved": pictures.moved(y, self.layer, say),
            "pictures": outputs.Grid([*y.pictures, y.picture], len(y.pictures) + 1, [*places, f"t = {y.here:.2f}"]),
            "facts": [
                Metric(say("γ 的变动", "γ moves by"), gain, mean),
                Metric(say("β 的变动", "β moves by"), shift, mean),
                Metric(say("γ 变号的通道", "Channels whose γ changes sign"), f"{y.turned:.0%}"),
            ],
        }


class Checkerboard(Tab):
    label = t("棋盘格", "Checkerboards")
    question = t(
        "转置卷积的棋盘格从哪里来？换个核能消掉吗？",
        "Where do the checkerboards of transposed convolutions come from, and does another kernel end them?",
    )
    outputs = (outputs.figure("board", height=380), FACTS)
    tries = (
        Try(
            t("k = 4：覆盖均匀了，格子还在", "k = 4: even overlaps, and still a checkerboard"),
            {"kernel": 4},
            lambda y: y.uneven == 1 and y.line > 5,
        ),
        Try(
            t("重复像素再卷积：没有了", "Repeat pixels, then convolve: gone"),
            {"method": "repeated", "kernel": 3},
            lambda y: y.line < 1,
        ),
    )

    method: str = choice("transposed", METHODS, label=t("怎么放大", "How to enlarge"))
    kernel: int = slider(5, 2, 7, label=t("核的边长 k", "Kernel side k"))
    layers: int = slider(3, 1, 3, label=t("层数", "Layers"))
    seed: int = seed()

    def compute(self) -> Board:
        from core.gan.self_mod.checkerboard import board

        return board(self.method, self.kernel, self.layers, self.seed)  # type: ignore[arg-type]

    def show(self, y: Board, say: Say) -> Mapping[str, Any]:
        middle = y.overlaps[len(y.overlaps) // 2 - 2 : len(y.overlaps) // 2 + 2]
        counts = ", ".join(map(str, middle)) if self.method == "transposed" else str(self.kernel)
        return {
            "board": pictures.board(y, self.method, self.kernel, say),
            "facts": [
                Metric(say("一行里每个像素被覆盖的次数", "Products a pixel receives, along a line"), counts, say("一层，中部", "one layer, middle")),
                Metric(say("期望功率：最大 / 最小", "Expected power, largest / smallest"), y.uneven, say("精确值", "exact")),
                Metric(say("最高频 / 邻近频率", "Highest frequency / its neighbours"), y.line, say("棋盘格就是这条谱线", "a checkerboard is this line")),
            ],
        }  # fmt: skip


class Costs(Tab):
    label = t("数一数", "Count")
    question = t(
        "四种架构各有多少参数、多少运算？", "How many parameters and operations do the four architectures have?"
    )
    outputs = (outputs.figure("costs", height=380), outputs.table("table"))
    tries = (
        Try(
            t("512 像素：ResNet 仍贵六倍以上", "512 pixels: ResNet still costs over six times as much"),
            {"side": "512"},
            lambda y: y.times("resnet", "dcgan") > 6,
        ),
        Try(
            t("SELF-MOD 比 DCGAN 多不到百分之一", "SELF-MOD costs less than one per cent more than DCGAN"),
            {"side": "32"},
            lambda y: y.times("self-mod", "dcgan") < 1.01,
        ),
    )

    side: str = choice("128", SIDES, label=t("图的边长", "Side of the picture"))
    base: int = slider(32, 8, 64, step=8, label=t("最外层的通道数", "Channels next to the picture"))
    z_dim: int = slider(128, 16, 512, step=16, label=t("编码的长度", "Numbers a code"))

    def compute(self) -> Counted:
        from core.gan.self_mod.count import costs

        return costs(tuple(NAMES), int(self.side), self.z_dim, self.base)

    def show(self, y: Counted, say: Say) -> Mapping[str, Any]:
        counts, steps = y.counts.values(), y.steps.values()
        names = [say(name) for name in NAMES.values()]
        return {
            "costs": pictures.costs(y, say),
            "table": outputs.Table(
                {
                    say("架构", "architecture"): names,
                    say("生成器参数", "generator parameters"): [one.generator_parameters for one in counts],
                    say("判别器参数", "critic parameters"): [one.critic_parameters for one in counts],
                    say("画一张图（百万次运算）", "draw a picture (MFLOP)"): [round(one.generator_operations / 1e6, 1) for one in counts],
                    say("训练一步，每张图（百万）", "training step, per picture (MFLOP)"): [round(one / 1e6, 1) for one in steps],
                }
            ),
        }  # fmt: skip


class Drawn(Walls):
    question = t(
        "同样的训练运算量，四种架构画得怎样？", "With equally many operations of training, how do the four draw?"
    )
    outputs = (outputs.figure("samples", height=LOW), FACTS)

    @property
    def weights(self) -> tuple[str, ...]:
        return tuple(WEIGHTS.values())

    @property
    def names(self) -> tuple[Text, ...]:
        return tuple(NAMES.values())


class Race(Tab):
    label = t("赛跑", "The race")
    question = t("同样的运算量，谁先到？", "At equal cost, who gets there first?")
    outputs = (outputs.figure("race", height=400), outputs.table("table"))

    along: str = choice("operations", ALONG, label=t("横轴", "Horizontal axis"))

    def compute(self) -> list[Lap]:
        from core.gan.self_mod.race import race

        return race(tuple(WEIGHTS.values()))

    def show(self, y: list[Lap], say: Say) -> Mapping[str, Any]:
        names = [say(name) for name in NAMES.values()]
        return {
            "race": pictures.race(y, names, self.along, say),
            "table": outputs.Table(
                {
                    say("架构", "architecture"): names,
                    say("步数", "steps"): [lap.steps for lap in y],
                    say("生成器参数", "generator parameters"): [lap.counts.generator_parameters for lap in y],
                    say("特征距离（1000 张）", "feature distance (1 000)"): [round(lap.final, 2) for lap in y],
                    say("多样性（真图 = 1）", "diversity (real = 1)"): [round(lap.diversity, 3) for lap in y],
                    say("训练分钟（机器不同）", "minutes (machines differ)"): [round(lap.minutes, 1) for lap in y],
                }
            ),
        }


POST = Post(
    id=6549,
    title=t("从DCGAN到SELF-MOD：GAN的模型架构发展一览", "From DCGAN to SELF-MOD: architectures of GANs at a glance"),
    date=datetime.date(2019, 4, 19),
    story=STORY,
    changes=CHANGES,
    papers=(
        ("Radford, Metz and Chintala 2015, Unsupervised Representation Learning with DCGANs", "https://arxiv.org/abs/1511.06434"),
        ("Chen et al. 2018, On Self Modulation for Generative Adversarial Networks", "https://arxiv.org/abs/1810.01365"),
        ("Karras, Laine and Aila 2018, A Style-Based Generator Architecture for GANs", "https://arxiv.org/abs/1812.04948"),
        ("Odena, Dumoulin and Olah 2016, Deconvolution and Checkerboard Artifacts", "https://distill.pub/2016/deconv-checkerboard/"),
    ),
)  # fmt: skip

PAGE = Page(
    title=t("SELF-MOD：GAN 的架构", "SELF-MOD: architectures of GANs"),
    summary=t(
        "一个 z 定内容，另一个 z 定风格；再看棋盘格从哪里来，四种架构同价比一比。",
        "One z for content, another for style; where checkerboards come from; four architectures at equal cost.",
    ),
    post=POST,
    tabs=(Style, Modulate, Checkerboard, Costs, Drawn, Race),
    added=datetime.date(2026, 11, 27),
    weights=(CATS, *WEIGHTS.values()),
)
