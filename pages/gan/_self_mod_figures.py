"""Figures of SELF-MOD's page: style and content, modulation, checkerboards, costs, and the race of four architectures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from gallery import figures, outputs
from gallery.figures import Axes
from gallery.page import Say, t
from gallery.text import Text

if TYPE_CHECKING:
    from core.gan.architectures import Architecture
    from core.gan.self_mod.checkerboard import Board
    from core.gan.self_mod.count import Costs
    from core.gan.self_mod.modulation import Crossed, Moved
    from core.gan.self_mod.race import Lap

NAMES: Mapping[Architecture, Text] = {
    "dcgan": t("DCGAN", "DCGAN"),
    "resnet": t("ResNet", "ResNet"),
    "self-mod": t("SELF-MOD", "SELF-MOD"),
    "style": t("StyleGAN 式", "StyleGAN-like"),
}
METHODS = {
    "transposed": t("转置卷积，步长 2", "Transposed convolution, stride 2"),
    "repeated": t("重复像素再卷积", "Repeat pixels, then convolve"),
}
ALONG = {
    "operations": t("训练的运算量（万亿次）", "Operations of training (TFLOP)"),
    "steps": t("训练步数", "Steps of training"),
}
GIGA, TERA, MILLION = 1e9, 1e12, 1e6


def crossed(y: Crossed, say: Say) -> go.Figure:
    """The table of contents and styles, and who decides how much of the pixels and of the colour."""
    verdict = say(
        f"像素的差异 {y.content:.0%} 由内容决定，{y.style:.0%} 由风格决定；平均颜色则是 {y.colour[0]:.0%} 与 {y.colour[1]:.0%}",
        f"Content decides {y.content:.0%} of what differs in pixels, style {y.style:.0%}; of the mean colour {y.colour[0]:.0%} and {y.colour[1]:.0%}",
    )
    axes = [
        Axes(say("行：内容　列：风格", "rows: content, columns: style"), axes=False, square=True),
        Axes(say("差异由谁决定", "who decides"), "", say("份额", "share"), y_range=(0, 1)),
    ]
    figure, (table, shares) = figures.panels(verdict, axes, height=470, widths=(1.9, 1.0))
    cells = y.table
    rows, columns = cells.shape[:2]
    table.picture(outputs.grid_image(outputs.Grid(list(cells.reshape(-1, *cells.shape[2:])), columns), gap=2), 0, 0, columns, rows)  # fmt: skip
    labels = [say("内容", "content"), say("风格", "style"), say("两者搭配", "the pair")]
    shares.bars(labels, [y.content, y.style, y.both], say("像素", "pixels"), 0)
    shares.bars(labels, list(y.colour), say("平均颜色", "mean colour"), 1)
    return figure


def moved(y: Moved, layer: int, say: Say) -> go.Figure:
    """γ and β of all channels of one layer along the way."""
    gain, shift = y.swing
    channels = y.gain.shape[1]
    verdict = say(
        f"第 {layer} 层 {channels} 个通道：z 走这一程，γ 平均变动 {gain:.2f}，β {shift:.2f}",
        f"Layer {layer}, {channels} channels: on this way γ moves by {gain:.2f} on average, β by {shift:.2f}",
    )
    where = say("路程 t", "way t")
    axes = [
        Axes(say("γ(z)：乘", "γ(z), times"), where, "", x_range=(0, 1)),
        Axes(say("β(z)：加", "β(z), plus"), where, "", x_range=(0, 1)),
    ]
    figure, panels = figures.panels(verdict, axes, height=380)
    for panel, values, rest, colour in zip(panels, (y.gain, y.shift), (1.0, 0.0), (0, 2), strict=True):
        panel.lines(y.t, values.T, "", colour, width=1, opacity=0.35)
        panel.level(rest, say("未训练时", "before training"))
        panel.level(y.here, "", axis="x")
    return figure


def board(y: Board, method: str, kernel: int, say: Say) -> go.Figure:
    """One random network's picture, the expected power, and the spectrum beside repetition's."""
    verdict = say(
        f"{say(METHODS[method])}，k = {kernel}：功率最大是最小的 {y.uneven:.3g} 倍，最高频是邻近频率的 {y.line:.3g} 倍",
        f"{say(METHODS[method])}, k = {kernel}: largest power {y.uneven:.3g} times the smallest, highest frequency {y.line:.3g} times its neighbours",
    )
    quarter = len(y.picture) // 4
    inner = slice(quarter, -quarter)
    axes = [
        Axes(say("随机权重画出的图（中部）", "drawn by random weights (middle)"), axes=False, square=True),
        Axes(say("期望功率（中部）", "expected power (middle)"), axes=False, square=True),
        Axes(say(f"频谱（{y.networks} 个网络平均）", f"spectrum, mean of {y.networks} networks"), say("频率（周期/像素）", "cycles a pixel"), "", y_log=True),
    ]  # fmt: skip
    figure, (picture, power, spectrum) = figures.panels(verdict, axes, height=380, widths=(1, 1, 1.3))
    picture.heat(y.picture[inner, inner], diverging=True, low=-3, high=3)
    power.heat(y.expected[inner, inner], low=0)
    spectrum.line(y.frequency, y.power, say("这种放大", "this way"), 1)
    spectrum.line(y.frequency, y.reference, say("重复 + 3×3 卷积", "repetition, 3×3"), 0, dash="dot")
    return figure


def costs(y: Costs, say: Say) -> go.Figure:
    """Operations of a training step and parameters, architecture by architecture in the order of ``NAMES``."""
    names = [say(name) for name in NAMES.values()]
    heavier, more = y.times("resnet", "dcgan"), y.times("self-mod", "dcgan") - 1
    verdict = say(
        f"同样宽度，一步训练的运算量：ResNet 是 DCGAN 的 {heavier:.1f} 倍，SELF-MOD 多 {more:.2%}",
        f"Equally wide, a training step of ResNet costs {heavier:.1f} times DCGAN's, SELF-MOD's {more:.2%} more",
    )
    axes = [
        Axes(
            say("一步训练（判别器 2 次）", "a step (critic twice)"),
            "",
            say("每张图，十亿次运算", "GFLOP a picture"),
            from_zero=True,
        ),
        Axes(say("参数", "parameters"), "", say("百万", "millions"), from_zero=True),
    ]
    figure, (operations, parameters) = figures.panels(verdict, axes, height=380)
    operations.bars(names, [one / GIGA for one in y.steps.values()], "", 1)
    parameters.bars(
        names, [one.generator_parameters / MILLION for one in y.counts.values()], say("生成器", "generator"), 0
    )
    parameters.bars(names, [one.critic_parameters / MILLION for one in y.counts.values()], say("判别器", "critic"), 2)
    return figure


def race(y: Sequence[Lap], names: Sequence[str], along: str, say: Say) -> go.Figure:
    """The feature distance over the operations spent, or the steps taken, on a logarithmic scale."""
    order = sorted(range(len(y)), key=lambda k: y[k].final)
    told = say("，", ", ").join(f"{names[k]} {y[k].final:.1f}" for k in order)
    verdict = say(f"同样的运算量，最后的特征距离：{told}", f"Feature distance at equal cost, at the end: {told}")
    figure, panel = figures.panel(
        verdict,
        say(ALONG[along]),
        say("特征距离", "feature distance"),
        400,
        y_log=True,
    )
    for colour, (lap, name) in enumerate(zip(y, names, strict=True)):
        panel.line(lap.taken if along == "steps" else lap.operations / TERA, lap.distance, name, colour)
    return figure
