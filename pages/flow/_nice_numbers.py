"""Numbers of the page on NICE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gallery.outputs import Metric
from gallery.page import Say

if TYPE_CHECKING:
    from core.flow.nice.inpaint import Inpainting
    from core.flow.nice.plane import Training
    from core.flow.nice.views import Kept, Likelihoods, Samples, Stages


def samples(y: Samples, say: Say) -> list[Metric]:
    """How far two samples are apart, and how bright they are."""
    real = say("测试数字为 1（模型卡）", "1 for test digits (card)")
    return [
        Metric(say("两张样本之差", "Distance of two samples"), y.apart, real),
        Metric(say("平均亮度", "Mean brightness"), y.ink, real),
    ]


def film(y: Stages, say: Say) -> list[Metric]:
    """The loss of the picture, and how exact the way back is."""
    return [
        Metric(say("这张图的损失", "Loss of this picture"), y.loss, say("½‖z‖² − Σ k，nat", "½‖z‖² − Σ k, nats")),
        Metric(say("来回一趟，像素的最大误差", "There and back, largest error of a pixel"), y.gap, "float32"),
    ]


def scales(y: Kept, say: Say) -> list[Metric]:
    """The error of a pixel, and the ends of σ."""
    return [
        Metric(
            say("像素的均方根误差", "Root mean square error of a pixel"),
            y.error,
            say("像素在 [0, 1]", "pixels in [0, 1]"),
        ),
        Metric(say("最大的 σ", "The largest σ"), y.sigmas.max()),
        Metric(
            say("最小的 σ", "The smallest σ"),
            y.sigmas.min(),
            say(
                f"总是黑的像素：{y.floor:.4f}，训练噪声的均方根",
                f"a pixel that is always black: {y.floor:.4f}, the noise's root mean square",
            ),
        ),
    ]


def likelihood(y: Likelihoods, say: Say) -> list[Metric]:
    """Losses of the picture and of others beside it, and the mean z²."""
    nats = say("nat，不含常数", "nats, without the constant")
    return [
        Metric(say("你的图的损失", "Loss of your picture"), y.own, nats),
        Metric(
            say("测试数字的平均损失", "Mean loss of test digits"),
            y.typical,
            say("随附的数字，1000 张", "1000 of them, as shipped"),
        ),
        Metric(
            say("程序画的数字的平均损失", "Mean loss of drawn digits"),
            y.typical_drawn,
            say(
                "100 张，现场测量；笔画简单，比真数字更“可能”",
                "100 of them, measured here; plain strokes are more probable than real digits",
            ),
        ),
        Metric(say("打乱像素之后", "With its pixels shuffled"), y.own_shuffled, nats),
        Metric(
            say("你的图：z² 的平均", "Your picture: mean z²"),
            y.square(y.own),
            say("N(0, I) 为 1；编码越短越可能", "1 for N(0, I); a shorter code is more probable"),
        ),
        Metric(
            say("全黑：z² 的平均", "Black: mean z²"),
            y.square(y.black),
            say(
                f"测试数字平均 {y.square(y.losses['digits']):.2f}",
                f"test digits {y.square(y.losses['digits']):.2f}",
            ),
        ),
        Metric(
            say("测试数字里，比全黑更可能的", "Test digits more probable than black"),
            f"{y.above_black:.1%}",
            say("随附的数字", "as shipped"),
        ),
    ]


def inpainted(y: Inpainting, say: Say) -> list[Metric]:
    """Losses of the truth, of what is found and of black, and the error."""
    nats = say("nat，不含常数", "nats, without the constant")
    return [
        Metric(say("真图的损失", "Loss of the truth"), y.truth, nats),
        Metric(say("找到的最低损失", "Least loss found"), y.losses[-1].min(), nats),
        Metric(say("遮住的地方留黑", "Covered place left black"), y.blank, nats),
        Metric(
            say("与真图的误差（最好的一次）", "Error from the truth (best start)"),
            y.errors[y.best],
            say("遮住的像素，均方根，[0, 1]", "covered pixels, root mean square, [0, 1]"),
        ),
    ]


def plane(y: Training, say: Say) -> list[Metric]:
    """The likelihood beside that of one normal distribution, the density and the cells."""
    nats = say("nat，每个点", "nats a point")
    return [
        Metric(say("−log q，新的点", "−log q of fresh points"), y.last.loss, nats),
        Metric(say("一个正态分布", "One normal distribution"), y.gaussian, nats),
        Metric(
            say("最高的密度", "Highest density"),
            y.last.peak,
            say("每个峰都一样：Π s / 2π", "the same at every peak: Π s / 2π"),
        ),
        Metric(
            say("网格每格的面积", "Area of a cell of the mesh"), y.last.cell, say("处处相等", "the same everywhere")
        ),
    ]
