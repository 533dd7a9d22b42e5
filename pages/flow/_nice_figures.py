"""Figures of NICE's page: samples beside the feature distance, the stages, the scales, and likelihoods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from gallery import figures, outputs
from gallery.figures import Axes
from gallery.page import Say, t

if TYPE_CHECKING:
    from core.flow.nice.inpaint import Inpainting
    from core.flow.nice.plane import Record, Training
    from core.flow.nice.views import Kept, Likelihoods, Samples, Stages

__all__ = ["SETS", "inpainting", "kept", "likelihoods", "plane", "related", "samples", "stages"]

POST = 0.75  # the temperature of the author's samples
HIGHEST = 1.2  # temperature of the slider
LATE = 20  # steps of a climb that are left out of its curve: they begin high above the rest
SPAN = (-2.2, 7.6)  # of losses on the axis of core.flow.nice.views.place: -4 500 to 1 000 000 nats
WALL = 8  # samples a row
MANY = 500  # points, above which they are drawn small
SETS = {
    "digits": t("测试数字*", "test digits*"),
    "shuffled": t("打乱的数字*", "shuffled*"),
    "fashion": t("服装*", "clothes*"),
    "drawn": t("程序画的数字", "drawn digits"),
}


def samples(y: Samples, temperature: float, say: Say) -> go.Figure:
    """A wall of samples; beside it, how far samples are from real digits in features, by temperature."""
    verdict = say(
        f"T = {temperature:g}：两张样本之差是测试数字的 {y.apart:.2f} 倍；按特征，T = {y.best:g} 的样本离测试数字最近",
        f"T = {temperature:g}: two samples differ {y.apart:.2f} times as much as two test digits; in features samples are nearest to those at T = {y.best:g}",
    )
    axes = [
        Axes(say("同一批 z，乘以 T", "The same z, times T"), axes=False, square=True),
        Axes(say("样本离测试数字多远（模型卡）", "Distance from test digits (card)"), say("温度 T", "temperature T"), say("特征距离", "feature distance"), x_range=(0, HIGHEST), from_zero=True),
    ]  # fmt: skip
    figure, (wall, curve) = figures.panels(verdict, axes, height=470, widths=(1.15, 1.0))
    wall.picture(outputs.grid_image(outputs.Grid(list(y.wall), WALL), gap=1, background=90), 0, 0, 1, 1)
    curve.line(list(y.distances), list(y.distances.values()), "", 0)
    curve.points(list(y.distances), list(y.distances.values()), "", 0, size=7, opacity=1)
    curve.level(POST, say("原文 0.75", "the post's 0.75"), axis="x", colour=3)
    if temperature != POST:
        curve.level(temperature, f"T = {temperature:g}", axis="x", colour=1)
    return figure


def stages(y: Stages, say: Say) -> go.Figure:
    """The picture at every stage, and how far neighbouring pixels still tell of each other."""
    last = len(y.related) - 1
    verdict = say(
        f"四次减法把数字拆成噪声：测试数字相邻像素的相关从 {y.related[0]:.2f} 降到 {y.related[-1]:.2f}，没有去净",
        f"Four subtractions take the digit apart: the correlation of neighbours in test digits falls from {y.related[0]:.2f} to {y.related[-1]:.2f}, not to nothing",
    )
    names = [
        "x",
        *(say(f"第 {k} 层之后", f"after coupling {k}") for k in range(1, last)),
        say("乘 s：z", "times s: z"),
    ]
    axes = [Axes(name, axes=False, square=True) for name in names]
    figure, panels = figures.panels(verdict, axes, columns=3, height=560)
    for k, (panel, values) in enumerate(zip(panels, y.values, strict=True)):
        reach = 3.0 if k == last else 1.0
        panel.heat(values[::-1], diverging=True, low=-reach, high=reach)
    return figure


def related(y: Stages, say: Say) -> go.Figure:
    """Mean |correlation| of neighbours by stage, of test digits as it ships and of drawn ones as measured."""
    names = ["x", *(f"{k}" for k in range(1, len(y.related) - 1)), "z"]
    figure, panel = figures.panel(
        say(
            f"耦合层去掉了 {y.removed:.0%} 的相关，第 {y.busiest} 层去得最多；尺度变换不改变相关",
            f"The couplings take {y.removed:.0%} of the correlation away, coupling {y.busiest} most; the scale changes none",
        ),
        say("第几层之后", "after coupling"), say("相邻像素的平均 |相关|", "mean |correlation| of neighbours"), 300, y_range=(0, 1),
    )  # fmt: skip
    panel.bars(names, y.related, say("测试数字（随附的统计）", "test digits (shipped statistics)"), 0)
    panel.bars(names, y.drawn, say("100 个程序画的数字（现场测量）", "100 drawn digits (measured here)"), 3)
    return figure


def kept(y: Kept, say: Say) -> go.Figure:
    """The digit and what comes back of it; σ at each pixel's place; σ in order, and the error by how many are kept."""
    total = y.sigmas.size
    verdict = say(
        f"只留 σ 最大的 {y.count} 维，像素误差 {y.error:.3f}；{total} 维中有 {y.flat} 维几乎只有训练噪声",
        f"With the {y.count} largest σ alone pixels err by {y.error:.3f}; {y.flat} of {total} dimensions carry hardly more than the training noise",
    )
    plain: dict[str, Any] = {"axes": False, "square": True}
    axes = [
        Axes(say("原图", "The picture"), **plain),
        Axes(say(f"只用 {y.count} 维", f"From {y.count} numbers"), **plain),
        Axes(say("log₁₀ σ，按像素位置", "log₁₀ σ by pixel"), **plain),
        Axes(say("σ 从大到小", "σ in order"), say("第几维", "dimension"), "σ", y_log=True),
        Axes(say("留得越多，误差越小？", "The more, the better?"), say("保留的维数", "dimensions kept"), say("像素误差", "error of a pixel"), from_zero=True),
        Axes(say("保留了哪些", "Which are kept"), **plain),
    ]  # fmt: skip
    figure, panels = figures.panels(verdict, axes, columns=3, height=600)
    for panel, picture in ((panels[0], y.picture), (panels[1], y.back)):
        panel.picture((255 * picture).astype(np.uint8), 0, 0, 1, 1)
    panels[2].heat(y.exponents[::-1], scale="")
    order = np.sort(y.sigmas, axis=None)[::-1]
    panels[3].line(range(1, total + 1), order, "", 0)
    panels[3].level(y.floor, say("只有噪声", "only noise"), colour=3)
    panels[3].level(max(y.count, 1), "", axis="x", colour=1)
    panels[4].line(y.counts, y.errors, "", 0)
    panels[4].points([y.count], [y.error], "", 1, size=11, opacity=1)
    panels[5].picture((200 * y.mask).astype(np.uint8), 0, 0, 1, 1)
    return figure


def likelihoods(y: Likelihoods, ticks: Mapping[float, str], say: Say) -> go.Figure:
    """Losses by set as they ship, of the drawn digits, the black picture and the reader's own on one axis; and that one dimmed."""
    verdict = say(
        f"全黑的图损失 {y.black:.0f}，比测试数字的平均 {y.typical:.0f} 还低：似然高，不等于“像数字”",
        f"A black picture has a loss of {y.black:.0f}, below the test digits' mean {y.typical:.0f}: likely is not the same as digit-like",
    )
    names = [say(name) for name in SETS.values()]
    rows = [*names, say("你的图", "your picture")]
    axes = [
        Axes(
            say("每张图的损失：越左越可能（* 随附的数字）", "Losses: left is more probable (* as shipped)"),
            say("½‖z‖² − Σ k (nat)", "½‖z‖² − Σ k (nats)"), "", x_ticks=ticks, y_range=(-4.6, 0.6),
            x_range=SPAN, y_ticks={-k: name for k, name in enumerate(rows)},
        ),
        Axes(say("你的图，逐渐调暗", "Your picture, dimmed"), say("对比度", "contrast"), say("损失 (nat)", "loss (nats)"), x_range=(0, 1.06)),
    ]  # fmt: skip
    figure, (strip, dim) = figures.panels(verdict, axes, height=430, widths=(1.4, 1.0))
    for k, (across, up) in enumerate(y.rows):
        many = len(across) > MANY
        strip.points(across, [height - k for height in up], "", k, size=3 if many else 5, opacity=0.35 if many else 0.6)
    strip.points([y.own_place], [1 - len(rows)], "", 4, size=14, opacity=1, symbol="diamond")
    strip.level(y.black_place, say("全黑", "black"), axis="x", colour=7)
    dim.line(y.contrasts, y.dimmed, "", 4)
    dim.points([y.contrast], [y.own], "", 4, size=14, opacity=1, symbol="diamond")
    dim.level(y.typical, say("测试数字的平均", "mean of test digits"), colour=0)
    return figure


def inpainting(y: Inpainting, say: Say) -> go.Figure:
    """The picture, what is seen of it, and what was found from four starts; their losses, with that of the truth."""
    verdict = say(
        f"{y.step} 步后，找到的图比真图更“可能” {y.gained:.0f} nat",
        f"After {y.step} steps what was found is more probable than the truth by {y.gained:.0f} nats",
    )
    if y.gained < 0:
        verdict = say(
            f"{y.step} 步后，离真图的似然还差 {-y.gained:.0f} nat",
            f"After {y.step} steps {-y.gained:.0f} nats are missing to the truth",
        )
    axes = [
        Axes(say("原图、可见部分、四次补全", "Picture, what is seen, completions"), axes=False, square=True),
        Axes(say("损失", "Loss"), say("步数", "steps"), say("½‖z‖² − Σ k (nat)", "½‖z‖² − Σ k (nats)")),
    ]  # fmt: skip
    figure, (wall, curve) = figures.panels(verdict, axes, height=440, widths=(1.3, 1.0))
    wall.picture(outputs.grid_image(outputs.Grid([y.picture, y.hidden, *y.found], 3), gap=1), 0, 0, 1.5, 1)
    late = y.losses[LATE:] if len(y.losses) > 2 * LATE else y.losses
    first = len(y.losses) - len(late)
    curve.lines(range(first, len(y.losses)), late.T, "", 0, width=1.5, opacity=0.9)
    curve.level(y.truth, say("真图", "the truth"), colour=2)
    curve.level(y.blank, say("留黑", "left black"), colour=7)
    return figure


def plane(y: Training, say: Say) -> go.Figure:
    """z with its mesh, and where the flow takes both, over real points; all records, to be scrubbed."""
    last = y.last
    verdict = say(
        f"{last.step} 步后 −log q = {last.loss:.2f} nat（一个正态分布：{y.gaussian:.2f}）；网格弯了，每格面积仍相等",
        f"After {last.step} steps −log q = {last.loss:.2f} nats (one normal distribution: {y.gaussian:.2f}); the mesh is bent, its cells keep equal areas",
    )
    axes = [
        Axes("z", x_range=(-3.2, 3.2), y_range=(-3.2, 3.2), square=True, grid=False),
        Axes("x = f⁻¹(z)", x_range=(-1.25, 1.25), y_range=(-1.25, 1.25), square=True, grid=False),
    ]
    figure, (left, right) = figures.panels(verdict, axes, height=470)
    for panel, mesh, points in ((right, last.mesh, last.samples), (left, y.mesh, y.z)):
        panel.add(
            go.Scatter(
                x=mesh[:, 0],
                y=mesh[:, 1],
                mode="lines",
                line={"color": figures.faded(7, 0.7), "width": 1},
                hoverinfo="skip",
            )
        )
        name = say("生成的", "generated") if panel is right else ""
        panel.points(points[:, 0], points[:, 1], name, 1, size=4, opacity=0.7)
    right.points(y.points[:, 0], y.points[:, 1], say("真样本", "real"), 0, size=3, opacity=0.5)
    if y.done == 1:
        frames = [_moved(record) for record in y.records]
        figures.film(figure, frames, [str(record.step) for record in y.records], say("步 ", "step "), len(frames) - 1)
    return figure


def _moved(record: Record) -> list[go.Scatter]:
    """What moves in the right panel, whose traces come first: the mesh and the samples."""
    return [go.Scatter(x=part[:, 0], y=part[:, 1]) for part in (record.mesh, record.samples)]
