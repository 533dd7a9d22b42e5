"""The pictures of the self-orthogonality module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from gallery import figures
from gallery.figures import Axes
from gallery.page import Say, t

if TYPE_CHECKING:
    from core.tricks.self_orthogonality.angles import Pairs, SmoothSigns, TwoVectors
    from core.tricks.self_orthogonality.kernels import KernelComparison
    from core.tricks.self_orthogonality.packing import Packing
    from core.tricks.self_orthogonality.training import Comparison

Vector = tuple[float, float]
NOTHING = t("不加", "nothing")
INPUTS = (t("正态输入", "normal inputs"), t("ReLU 之后", "after a ReLU"), t("ReLU 之后减均值", "ReLU less its mean"))
TOPS = (0.08, 0.15, 0.25, 0.45, 0.7)  # of the axis of the angles' density: the first that shows all of it
LEASTS = (6.0, -0.2)  # degrees where the axis of their spread begins; the second leaves room for points at 0
PIXELS = 25  # of a kernel, so that no more can be orthogonal


def signs(result: TwoVectors, u: Vector, v: Vector, batch: int, say: Say) -> go.Figure:
    """Left the plane with both vectors to drag and the wedges where signs differ, right the statistic of many batches."""
    far = (-2.2, 2.2)
    plane = Axes(say("拖动 u、v：灰区里异号", "Drag u, v: signs differ in grey"), square=True, x_range=far, y_range=far)
    share, x = say("占比", "share"), say("sgn·sgn 的均值", "mean of sgn·sgn")
    spread = Axes(say("许多批的统计量", "The statistic of many batches"), x, share, x_range=(-1.05, 1.05))
    title = say(
        f"θ = {result.degrees:.1f}°：{result.differ:.1%} 的方向异号，统计量平均 {result.average:.3f}",
        f"θ = {result.degrees:.1f}°: signs differ in {result.differ:.1%} of directions, mean {result.average:.3f}",
    )
    figure, (left, right) = figures.panels(title, [plane, spread], height=480)
    for wedge in result.wedges:
        left.polygon(wedge[:, 0], wedge[:, 1], colour=7, opacity=0.18)
    for agree, name, colour in ((True, say("同号", "same sign"), 2), (False, say("异号", "signs differ"), 3)):
        points = result.x[result.agree == agree]
        left.points(points[:, 0], points[:, 1], name, colour, size=4)
    for name, end, colour in (("u", u, 0), ("v", v, 1)):
        left.arrow((0, 0), end, colour, width=3)
        left.handle(name, *end, name, colour)
    right.bars(result.values, result.shares, colour=0, opacity=0.7, width=max(2 / batch, 0.01))
    right.level(result.expected, "1 − 2θ/π", "x")
    return figure


def pairs(result: Pairs, say: Say) -> go.Figure:
    """Statistics of many pairs against the lemma."""
    expected = f"{result.expected_outside:.1f}"
    title = say(
        f"{len(result.z)} 对向量里 {result.outside} 对在 ±3σ 之外（期望 {expected}）",
        f"{result.outside} of {len(result.z)} pairs lie outside ±3σ ({expected} expected)",
    )
    x, y = say("夹角（度）", "angle (degrees)"), say("sgn·sgn 的均值", "mean of sgn·sgn")
    ticks = {degrees: str(degrees) for degrees in range(0, 181, 30)}
    figure, panel = figures.panel(title, x, y, height=470, x_ticks=ticks, y_range=(-1.3, 1.3))
    panel.band(result.grid, result.law - result.width, result.law + result.width, "±3σ", 0)
    panel.line(result.grid, result.law, "1 − 2θ/π", 0, end=False)
    panel.line(result.grid, result.cosine, "cos θ", 7, 1.5, "dash", end=False)
    panel.points(result.degrees, result.found, say("一对向量", "a pair"), 1, size=6, opacity=0.7)
    return figure


def smooth(result: SmoothSigns, gamma: float, say: Say) -> go.Figure:
    """Left ϑ against γ between its two limits, right ϑ of orthogonal weights for three kinds of inputs."""
    limits = f"cos θ = {result.cosine:.3f}", f"1 − 2θ/π = {result.law:.3f}"
    title = say(
        f"γ = {gamma:.3g}：ϑ = {result.here:.3f}；{limits[0]}，{limits[1]}",
        f"γ = {gamma:.3g}: ϑ = {result.here:.3f}; {limits[0]}, {limits[1]}",
    )
    curve = Axes(say("tanh(γy) 代替符号", "tanh(γy) for signs"), "γ", "ϑ", x_log=True, y_range=(-1.05, 1.05))
    head = say("正交的权重：ϑ 应为 0", "Orthogonal weights: ϑ should be 0")
    bias = Axes(head, "ϑ", say("占比", "share"), x_range=(-0.3, 0.7))
    figure, (left, right) = figures.panels(title, [curve, bias], height=470)
    left.line(result.gammas, result.curve, "ϑ(γ)", 0, 3, end=False)
    left.level(result.law, "1 − 2θ/π")
    left.level(result.cosine, "cos θ", colour=7)
    left.points([gamma], [result.here], say("现在", "here"), 3, size=12, opacity=1)
    for shares, name, colour in zip(result.shares, INPUTS, (2, 3, 0), strict=True):
        right.bars(result.bins, shares, say(name), colour)
    return figure


def kernels(result: KernelComparison, penalty: str, say: Say) -> go.Figure:
    """A row without and a row with the penalty: the kernels, their cosines, ϑ of their outputs."""
    bare, kept, k = result.bare, result.kept, len(result.kept.cosines)
    worth, square = f"{bare.count[-1]:.1f} → {kept.count[-1]:.1f}", f"{bare.square[-1]:.3f} → {kept.square[-1]:.3f}"
    title = say(
        f"第 {result.step} 步：输出的 ϑ² {square}；{k} 个核相当于 {worth} 个正交核",
        f"Step {result.step}: ϑ² of outputs {square}; {k} kernels worth {worth} orthogonal ones",
    )
    heads = (
        say("核（长度为 1）", "kernels of length 1"),
        say("核的余弦", "their cosines"),
        say("输出的 ϑ", "ϑ of outputs"),
    )
    rows = say(NOTHING), penalty
    axes = [Axes(f"{row} · {head}", square=True, axes=False) for row in rows for head in heads]
    figure, panels = figures.panels(title, axes, columns=3, height=620)
    for first, one in ((0, bare), (3, kept)):
        panels[first].heat(one.mosaic[::-1], diverging=True, high=one.largest)
        panels[first + 1].heat(one.cosines[::-1], diverging=True, high=1.0)
        panels[first + 2].heat(one.theta[::-1], diverging=True, high=1.0)
    return figure


def course(result: KernelComparison, penalty: str, steps: int, say: Say) -> go.Figure:
    """Mean ϑ² of the outputs, and how many orthogonal kernels the kernels amount to, along the training."""
    k, step, ends = len(result.kept.cosines), say("步", "step"), (0, steps)
    share = f"{result.kept.square[-1] / result.bare.square[-1]:.0%}"
    axes = [
        Axes(say("输出的 ϑ² 均值", "mean ϑ² of the outputs"), step, "ϑ²", x_range=ends, y_range=(0, 0.16)),
        Axes(
            say("相当于几个正交核", "orthogonal kernels' worth"), step, "k²/Σcos²", x_range=ends, y_range=(0, 1.08 * k)
        ),
    ]
    title = say(f"输出的 ϑ² 是不加时的 {share}", f"ϑ² of the outputs is {share} of that without")
    figure, (left, right) = figures.panels(title, axes, height=340)
    for one, name, colour in ((result.bare, say(NOTHING), 7), (result.kept, penalty, 0)):
        left.line(one.places, one.square, name, colour, 3)
        right.line(one.places, one.count, name, colour, 3)
    right.level(min(k, PIXELS), say("至多", "at most"), colour=3)
    return figure


def paths(result: Comparison, penalty: str, say: Say) -> go.Figure:
    """Left the angles now, right where both runs went: spread of the angles against mean ϑ² of the outputs."""
    bare, kept = result.bare, result.kept
    spread, square = say("夹角标准差（度）", "spread of angles (degrees)"), say("输出的 ϑ² 均值", "mean ϑ² of outputs")
    title = say(
        f"第 {result.step} 步：夹角标准差 {kept.deviation[-1]:.1f}°（不加 {bare.deviation[-1]:.1f}°），"
        f"输出的 ϑ² {kept.square[-1]:.3f}（不加 {bare.square[-1]:.3f}）",
        f"Step {result.step}: spread of angles {kept.deviation[-1]:.1f}° (without {bare.deviation[-1]:.1f}°), "
        f"ϑ² of outputs {kept.square[-1]:.3f} (without {bare.square[-1]:.3f})",
    )
    angle, share = say("夹角（度）", "angle (degrees)"), say("每度占比", "share per degree")
    head = say("两个隐藏层权重的夹角", "Angles of two hidden layers")
    highest = next((top for top in TOPS if max(bare.density.max(), kept.density.max()) < top), 1.0)
    least = next((low for low in LEASTS if min(bare.deviation.min(), kept.deviation.min()) > low), LEASTS[-1])
    axes = [
        Axes(head, angle, share, x_range=(55, 125), y_range=(0, highest)),
        Axes(say("训练走过的路", "Where training went"), spread, square, x_range=(least, 12), y_range=(0, 0.12)),
    ]
    figure, (left, right) = figures.panels(title, axes, height=470)
    wide = float(result.middles[1] - result.middles[0])
    left.bars(result.middles, bare.density, say(NOTHING), 7, 0.5, wide)
    left.steps(result.middles - wide / 2, kept.density, penalty, 0, 2.5, end=False)
    for one, name, colour in ((bare, say(NOTHING), 7), (kept, penalty, 0)):
        right.line(one.deviation, one.square, name, colour, 3, end=False)
        right.points(one.deviation, one.square, colour=colour, size=7, opacity=1)
    left.level(90.0, "90°", "x", 3)
    right.note(bare.deviation[0], bare.square[0], say("起点", "start"))
    return figure


def packing(result: Packing, say: Say) -> go.Figure:
    """The lines in the unit sphere, with edges between the nearest ends; in more than three dimensions |cos| of all pairs."""
    k, d = result.vectors.shape
    limit = f"{result.best or result.bound:.2f}°"
    title = say(
        f"{k} 条直线：最小夹角 {result.angles[0]:.2f}°，{'已知最好' if result.best else '不会超过'} {limit}",
        f"{k} lines: smallest angle {result.angles[0]:.2f}°, {'best known' if result.best else 'none exceeds'} {limit}",
    )
    if d > 3:
        names = say("第几对", "pair"), say("度", "degrees")
        axes = [Axes("|cos|", square=True, axes=False), Axes(say("所有夹角", "All angles"), *names, y_range=(0, 95))]
        figure, (left, right) = figures.panels(title, axes, height=520)
        left.heat(result.cosines[::-1], low=0.0, high=1.0, scale="|cos|")
        right.steps(range(1, len(result.angles) + 1), result.angles)
        right.level(result.bound, say("上界", "bound"), colour=3)
        return figure
    figure = figures.space(title, height=520, axes=False)
    strokes = ((result.globe, 7, 1, 0.35), (result.lines, 7, 3, 0.8), (result.edges, 1, 5, 1.0))
    for path, colour, width, opacity in strokes:
        x, y, z = path.T
        how = {"line": {"color": figures.COLOURS[colour], "width": width}, "opacity": opacity, "showlegend": False}
        figure.add_trace(go.Scatter3d(x=x, y=y, z=z, mode="lines", hoverinfo="skip", **how))
    x, y, z = result.ends.T
    marker = {"size": 7, "color": [figures.COLOURS[i % k % len(figures.COLOURS)] for i in range(2 * k)]}
    figure.add_trace(go.Scatter3d(x=x, y=y, z=z, mode="markers", marker=marker, hoverinfo="skip", showlegend=False))
    large = {"aspectmode": "manual", "aspectratio": {"x": 1.5, "y": 1.5, "z": 1.5}}
    figure.update_scenes(**large)
    return figure


def smallest(result: Packing, steps: int, say: Say) -> go.Figure:
    """The smallest angle along the way, the bound and the best that is known."""
    gap = result.bound - result.angles[0]
    title = say(f"离上界 {gap:.2f}°", f"{gap:.2f}° below the bound")
    names = say("步", "step"), say("最小夹角（度）", "smallest angle (degrees)")
    figure, panel = figures.panel(title, *names, height=340, x_range=(0, steps), y_range=(0, 95))
    panel.line(result.places, result.smallest, colour=0, width=3)
    panel.level(result.bound, say("上界", "bound"), colour=3)
    if result.best and result.bound - result.best > 1:
        panel.level(result.best, say("已知最好", "best known"), colour=2)
    return figure
