"""The pictures of the training loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from gallery import figures
from gallery.figures import Axes
from gallery.page import Say, t

if TYPE_CHECKING:
    from core.tricks.training_loop.accumulation import Gaps
    from core.tricks.training_loop.averaging import Walk
    from core.tricks.training_loop.bar import Reconstruction
    from core.tricks.training_loop.run import Pair
    from core.tricks.training_loop.spectral import Power
    from core.tricks.training_loop.vat import Moons
    from core.tricks.training_loop.weights import Weights

WAYS = (
    (t("不管", "free"), 7),
    (t("步后约束", "after the step"), 1),
    (t("放进前向", "inside the forward pass"), 0),
    (t("惩罚", "penalty"), 2),
)
"""Names and colours in the order of core's WAYS."""
ROUNDING = 1e-12  # a difference of weights below is rounding, and not drawn
NORMS = {"spectral": t("谱范数", "Spectral norm"), "rows": t("每行的长度", "Length of every row")}
METRICS = {
    "hidden": t("‖h‖²（原文的）", "‖h‖² (the post's)"),
    "active": t("非零单元的比例", "share of units that are not 0"),
    "worst": t("差得最远的像素", "the pixel farthest off"),
}
MANNERS = {
    "sized": t("按样本数计权", "by their size"),
    "alike": t("每份等权", "all alike"),
    "normalised": t("有 BatchNorm", "with batch norm"),
}
DECADES = {10.0**k: f"10<sup>{k}</sup>" for k in range(-5, 2)}
POWERS_OF_TEN = {10.0**k: f"10<sup>{k}</sup>" for k in range(-15, 1, 3)}


def weights(result: Weights, norm: str, size: float, steps: int, say: Say) -> go.Figure:
    """Norm, loss and accuracy along the training, and at its end the singular values of the first layer."""
    step, ends = say("步", "step"), (0, steps)
    after, inside = result.accuracy[1, -1], result.accuracy[2, -1]
    title = say(
        f"{NORMS[norm].zh} {size:g}：步后约束准确率 {after:.1%}，放进前向 {inside:.1%}",
        f"{NORMS[norm].en} {size:g}: accuracy {after:.1%} after the step, {inside:.1%} inside the forward pass",
    )
    used = say("第一层所用权重的范数", "Norm of the first layer as used")
    spectrum = say("第一层的奇异值（最大者为 1）", "Singular values of the first layer (largest = 1)")
    axes = [
        Axes(used, step, "‖W‖", x_range=ends, y_range=(0, max(6.0, 1.5 * size))),
        Axes(say("训练集上的损失", "Loss on the training set"), step, say("nat", "nats"), x_range=ends, y_range=(0, 3)),
        Axes(say("测试准确率", "Test accuracy"), step, x_range=ends, y_range=(0, 1.02)),
        Axes(spectrum, say("第几个", "number"), "σ/σ₁", y_range=(0, 1.05)),
    ]
    figure, panels = figures.panels(title, axes, columns=2, height=640)
    for way, (name, colour) in enumerate(WAYS):
        for panel, values in zip(panels, (result.norm, result.loss, result.accuracy), strict=False):
            panel.line(result.places, values[way], say(name), colour, 3, end=False)
        panels[3].line(range(1, result.spectrum.shape[1] + 1), result.spectrum[way], say(name), colour, 3, end=False)
    panels[0].level(size, "c", colour=3)
    return figure


def digits(result: Reconstruction, units: int, say: Say) -> go.Figure:
    """Ten test digits, and below them what the autoencoder gives back."""
    title = say(
        f"64 → {units} → 64，第 {result.step} 步：上原图，下重构，损失 {result.loss[-1]:.2f}",
        f"64 → {units} → 64, step {result.step}: digits above, rebuilt below, loss {result.loss[-1]:.2f}",
    )
    figure, panel = figures.panel(title, height=250, square=True, axes=False)
    panel.heat(result.sheet[::-1], low=0.0, high=1.0)
    return figure


def traces(result: Reconstruction, metric: str, steps: int, say: Say) -> go.Figure:
    """Loss and metric of every batch, and what the bar shows of them."""
    title = say(
        f"损失现在是 {result.loss[-1]:.2f}，进度条上是 {result.bar_loss[-1]:.2f}",
        f"The loss is {result.loss[-1]:.2f} now, the bar says {result.bar_loss[-1]:.2f}",
    )
    heads = say("损失", "Loss"), say("指标：", "Metric: ") + say(METRICS[metric])
    axes = [Axes(head, say("步", "step"), x_range=(0, steps), from_zero=True) for head in heads]
    figure, panels = figures.panels(title, axes, height=340)
    drawn = ((result.loss, result.bar_loss), (result.metric, result.bar_metric))
    for panel, (values, shown) in zip(panels, drawn, strict=True):
        panel.line(range(1, result.step + 1), values, say("每批", "each batch"), 7, 1, end=False)
        panel.line(range(1, result.step + 1), shown, say("进度条", "the bar"), 1, 3, end=False)
    return figure


def run(result: Pair, labelled: int, averaged: bool, steps: int, say: Say) -> go.Figure:
    """Loss and test accuracy with nothing on and as switched, and of the averaged weights."""
    bare, extra = result.bare, result.extra
    before, after = f"{bare.accuracy[-1]:.1%}", f"{extra.averaged[-1]:.1%}"
    title = say(
        f"{labelled} 个标签，第 {extra.step} 步：测试准确率 {after}，什么都不开 {before}",
        f"{labelled} labels, step {extra.step}: test accuracy {after}, with nothing on {before}",
    )
    step, ends = say("步", "step"), (0, steps)
    loss = Axes(
        say("训练损失", "Training loss"), step, say("nat", "nats"), ends, (1e-5, 10.0), y_log=True, y_ticks=DECADES
    )
    right = Axes(say("测试准确率", "Test accuracy"), step, x_range=ends, y_range=(0, 1.02))
    figure, panels = figures.panels(title, [loss, right], height=450)
    for one, name, colour in ((bare, say("什么都不开", "nothing on"), 7), (extra, say("打开的", "as switched"), 0)):
        panels[0].line(range(1, one.step + 1), one.loss, name, colour, 1.5, end=False)
        panels[1].line(one.places, one.accuracy, name, colour, 3, end=False)
    if averaged:
        panels[1].line(extra.places, extra.averaged, say("滑动平均的权重", "averaged weights"), 1, 3, "dot", end=False)
    return figure


def gaps(result: Gaps, steps: int, say: Say) -> go.Figure:
    """How far the weights are from those of whole batches."""
    equal = say("相等", "equal")
    names = [say(MANNERS[manner]) for manner in result.manners]
    impossible = say("无法计算", "impossible")
    found = []
    for name, gap in zip(names, result.largest, strict=True):
        size = f"{gap:.2g}" if gap > ROUNDING else equal if gap <= ROUNDING else impossible
        found.append(f"{name} {size}")
    title = say(f"分 {len(result.sizes)} 份：", f"{len(result.sizes)} pieces: ") + say("，", ", ").join(found)
    y = say("权重的最大差", "largest difference of weights")
    extent = {"x_range": (0, steps), "y_range": (1e-13, 3.0), "y_log": True, "y_ticks": POWERS_OF_TEN}
    figure, panel = figures.panel(title, say("步", "step"), y, **extent)
    for k, (name, gap, shown) in enumerate(zip(names, result.largest, result.shown, strict=True)):
        if gap > ROUNDING:
            panel.line(range(1, steps + 1), shown, name, k, 3)
        elif gap <= ROUNDING:
            panel.note(0.3 * k * steps, 3e-13, f"{name}: {equal}", colour=k)
    panel.level(ROUNDING, say("以下是舍入误差", "rounding below"), colour=7)
    return figure


def walk(result: Walk, decay: float, say: Say) -> go.Figure:
    """The path of the weights and of their average, and how far both are from the minimum."""
    count = len(result.ratios)
    title = say(
        f"β = {decay:g}：平均比权重近 {result.ratio:.1f} 倍（{count} 个种子的中位数），{result.wins} 个种子更近",
        f"β = {decay:g}: the average is {result.ratio:.1f} times nearer (median), nearer for {result.wins} of {count} seeds",
    )
    step, far = say("步", "step"), say("离最小点", "distance to the minimum")
    axes = [
        Axes(say("带噪声的下降", "A noisy descent"), "x", "y", x_range=(-2.4, 2.0), y_range=(-1.8, 1.8)),
        Axes(far, step, far, y_log=True, y_range=(1e-3, 10), x_range=(0, len(result.places) - 1)),
    ]
    figure, (left, right) = figures.panels(title, axes, height=470, widths=[0.55, 0.45])
    both = ((result.places, result.distance, 7, 1), (result.averages, result.averaged, 0, 3))
    for name, (path, distance, colour, width) in zip(
        (say("权重", "weights"), say("滑动平均", "moving average")), both, strict=True
    ):
        left.line(path[:, 0], path[:, 1], name, colour, width, end=False)
        right.line(range(len(distance)), distance, name, colour, width, end=False)
    left.points([0], [0], say("最小点", "minimum"), 3, size=14, opacity=1, symbol="star")
    return figure


def power(result: Power, iterations: int, say: Say) -> go.Figure:
    """All singular values with the estimate, and how its error falls with the iterations."""
    title = say(
        f"σ₂/σ₁ = {result.ratio:.3f}，迭代 {iterations} 次：‖W/σ‖ = {result.norm:.4f}",
        f"σ₂/σ₁ = {result.ratio:.3f}, {iterations} iterations: ‖W/σ‖ = {result.norm:.4f}",
    )
    head, number = say("估计的相对误差", "Relative error of the estimate"), say("第几个", "number")
    scale = {"y_log": True, "y_range": (1e-15, 2.0), "y_ticks": POWERS_OF_TEN}
    axes = [
        Axes(say("奇异值", "Singular values"), number, "σ", from_zero=True),
        Axes(head, say("幂迭代次数", "power iterations"), "1 − σ̂/σ₁", x_range=(0, len(result.errors)), **scale),
    ]
    figure, (left, right) = figures.panels(title, axes, height=450)
    steps = range(1, len(result.errors) + 1)
    left.points(range(1, len(result.values) + 1), result.values, colour=0, size=7, opacity=0.9)
    left.level(result.estimate, say("估计", "estimate"))
    right.line(steps, result.slope, say("斜率 (σ₂/σ₁)⁴", "slope (σ₂/σ₁)⁴"), 1, 2, "dash", end=False)
    right.line(steps, result.errors, say("实测", "measured"), 0, 3, end=False)
    right.level(iterations, "k", "x", 3)
    return figure


def moons(result: Moons, labelled: int, say: Say) -> go.Figure:
    """Both nets' answers over the plane, and at each point the direction in which the answer changes most."""
    bare, smooth = f"{result.bare.accuracy:.0%}", f"{result.smooth.accuracy:.0%}"
    title = say(
        f"{labelled} 个标签，第 {result.step} 步：只用标签 {bare}，加 VAT {smooth}",
        f"{labelled} labels, step {result.step}: labels only {bare}, with VAT {smooth}",
    )
    far = (-2.0, 2.0)
    heads = say("只用标签", "Labels only"), say("加 VAT", "With VAT")
    figure, panels = figures.panels(title, [Axes(head, square=True, x_range=far, y_range=far) for head in heads])
    direction, unlabelled = say("最敏感的方向", "most sensitive direction"), say("无标签", "unlabelled")
    for panel, net in zip(panels, (result.bare, result.smooth), strict=True):
        panel.regions(result.axis, result.axis, net.surface, opacity=0.55)
        panel.line(*net.strokes, direction, 3, 1, end=False)
        panel.points(result.points[:, 0], result.points[:, 1], unlabelled, 7, size=4, opacity=0.7)
        for k, marked in enumerate(result.marked):
            panel.points(marked[:, 0], marked[:, 1], say(f"类 {k}", f"class {k}"), k, size=13, opacity=1)
    return figure
