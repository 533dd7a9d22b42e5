"""Figures of the page on learning rates by layer, and the numbers under them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gallery import figures
from gallery.figures import Axes
from gallery.inputs import PointValue
from gallery.outputs import Metric
from gallery.page import Say, t

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.tricks.layerwise_lr import Clipping as Compared
    from core.tricks.layerwise_lr import Equivalence, Reversed, Signs, Walks

CLIPS = {
    "none": t("不处理", "As they are"),
    "global": t("全局裁剪", "Clip the global norm"),
    "layer": t("按层裁剪", "Clip each layer"),
    "sign": t("只取符号", "Signs only"),
    "freeze": t("第一层置零", "Zero in layer 1"),
}
CASES = {
    "plain": t("照此训练", "as it is"),
    "keras": t("ε = 1e-7（Keras）", "ε = 1e-7 (Keras)"),
    "epsilon": t("ε = 1e-3", "ε = 1e-3"),
    "decay": t("权重衰减 0.01", "weight decay 0.01"),
    "norm": t("全局裁剪到 0.1", "global norm ≤ 0.1"),
}
LAYERS = (t("第一层", "layer 1"), t("第二层", "layer 2"), t("第三层", "layer 3"))
REACH, SIDE = 2.5, 2.4  # half the sides of the two planes
RELIEF = tuple(0.25 * k for k in range(-6, 8))  # levels of the surface: logarithms of the height
SMALLEST = 1e-13  # gaps below it are rounding (float64, some hundred steps) and not drawn
LOWEST = (1e-10, SMALLEST)  # where the axis of the gaps begins: the higher one where it shows all of them
SAME = 1e-6  # gaps below it: the two ways of training are the same
STEP = t("步", "step")


def walks(result: Walks, start: PointValue, factor: float, steps: int, say: Say) -> go.Figure:
    """The three walks over the surface, and their heights."""
    apart, name = float(result.gap.max()), f"λ = {factor:.3g}"
    verdict = (
        say(f"两条轨迹重合（相差至多 {apart:.1g}）", f"the two walks coincide (at most {apart:.1g} apart)")
        if apart < SAME
        else say(f"两条轨迹分开了，相差 {apart:.2g}", f"the two walks part, {apart:.2g} apart")
    )
    figure, (plane, down) = figures.panels(
        say(
            f"{name}，即 y 的学习率乘 {result.times:.3g}：{verdict}",
            f"{name}, y's learning rate times {result.times:.3g}: {verdict}",
        ),
        [
            Axes(say("拖动起点", "Drag the start"), "x", "y", (-REACH, REACH), (-REACH, REACH), square=True),
            Axes(say("走下来的高度", "Height on the way down"), say(STEP), say("高度", "height"), (0, steps)),
        ],
        height=490,
        widths=[0.6, 0.4],
    )
    plane.contours(result.axis, result.axis, result.relief, RELIEF, colour=figures.faded(7, 0.45), width=1)
    for walk, text, colour, width in (
        (result.plain, say("都用 α", "both at α"), 7, 2),
        (result.group, say("y 的学习率乘倍", "y's rate multiplied"), figures.faded(0, 0.5), 7),
        (result.scaled, say("改写：y = λφ", "rewritten: y = λφ"), 1, 2.5),
    ):
        dash = "dot" if walk is result.scaled else "solid"
        plane.line(walk.places[:, 0], walk.places[:, 1], text, colour, width, dash, end=False)
        down.line(range(len(walk.heights)), walk.heights, text, colour, width, dash, end=False)
    plane.handle("start", start[0], start[1], say("起点", "start"), 2)
    return figure


def walk_facts(result: Walks, steps: int, say: Say) -> list[Metric]:
    """The heights at the end, and the largest gap of the two that should coincide."""
    apart = float(result.gap.max())
    away = say("发散：学习率太大", "diverged: the learning rate is too large")
    heights = [float(walk.heights[-1]) for walk in (result.plain, result.group, result.scaled)]
    left = len(result.group.places) <= steps
    return [
        Metric(say("终点高度：都用 α", "Height at the end: both at α"), heights[0]),
        Metric(say("学习率乘倍", "Learning rate multiplied"), heights[1], away if left else ""),
        Metric(say("改写", "Rewritten"), heights[2]),
        Metric(say("两条轨迹的最大差", "Largest gap"), apart, say("等价时只剩舍入", "rounding alone where equal")),
    ]


def gaps(result: Equivalence, steps: int, say: Say) -> go.Figure:
    """How far the two networks are apart by step, as they are and with each change."""
    worst = {name: float(gap.max()) for name, gap in result.gaps.items()}
    broken = sum(gap > SAME for gap in worst.values())
    least = min(gap[gap > SMALLEST].min(initial=1.0) for gap in result.gaps.values())
    lowest = next(low for low in LOWEST if least > low)
    figure, panel = figures.panel(
        say(
            f"照此训练只差 {worst['plain']:.1g}；{len(worst) - 1} 种改动里有 {broken} 种打破等价",
            f"As it is the two differ by {worst['plain']:.1g}; {broken} of {len(worst) - 1} changes break the equivalence",
        ),
        x=say(STEP),
        y=say("权重之差 / 最大权重", "difference of weights / largest weight"),
        height=470,
        x_range=(0, steps),
        y_range=(lowest, 10),
        y_log=True,
    )
    for k, (name, gap) in enumerate(result.gaps.items()):
        shown = gap > SMALLEST
        if shown.any():
            panel.line(shown.nonzero()[0] + 1, gap[shown], say(CASES[name]), k, 3 if name == "plain" else 2)
    rounded = [say(CASES[name]) for name, gap in worst.items() if gap <= SMALLEST]
    if rounded:
        names = rounded if len(rounded) < len(worst) else [say("都", "all of them")]
        told = f"{'、'.join(names)}只剩舍入", f"{', '.join(names)}: rounding alone"
        panel.note(steps / 2, 4 * lowest, say(*told), "center")
    panel.level(SAME, say("此线以下算作相同", "below: the same"), colour=7)
    panel.band((0, steps), (lowest, lowest), (SAME, SAME), colour=7, opacity=0.12)
    return figure


def network_facts(result: Equivalence, first: float, second: float, third: float, say: Say) -> list[Metric]:
    """The learning rate of every layer."""
    return [
        Metric(say(f"{layer.zh}的学习率", f"Learning rate of {layer.en}"), lr, f"λ = {factor:.3g}")
        for layer, lr, factor in zip(LAYERS, result.rates, (first, second, third), strict=True)
    ]


def largest(result: Equivalence, say: Say) -> dict[str, Any]:
    """The largest difference with each change."""
    worst = {name: float(gap.max()) for name, gap in result.gaps.items()}
    return {
        say("设置", "setting"): [say(CASES[name]) for name in worst],
        say("最大差", "largest difference"): list(worst.values()),
    }


def clipped(result: Compared, way: str, limit: float, steps: int, say: Say) -> go.Figure:
    """Test accuracy by treatment, and the gradient norms before and after."""
    mine, chosen = float(result.chosen.accuracy[-1]), say(CLIPS[way])
    plain = float(result.runs["none"].accuracy[-1])
    figure, (scores, norms) = figures.panels(
        say(
            f"{chosen}：测试准确率 {mine:.0%}；不处理：{plain:.0%}",
            f"{chosen}: test accuracy {mine:.0%}; left as they are: {plain:.0%}",
        ),
        [
            Axes(
                say("五种处理", "Five treatments"),
                say(STEP),
                say("测试准确率", "test accuracy"),
                (0, steps),
                (0, 1),
            ),
            Axes(
                say(f"梯度范数（最大的一层）：{chosen}", f"Gradient norm (largest layer): {chosen}"),
                say(STEP),
                say("范数", "norm"),
                (0, steps),
                (1e-2, 1e3),
                y_log=True,
            ),
        ],
        height=470,
    )
    for k, (name, run) in enumerate(result.runs.items()):
        scores.line(run.steps, run.accuracy, say(CLIPS[name]), k, 4 if name == way else 1.5)
    trained = range(1, result.step + 1)
    norms.line(trained, result.raw, say("原来的", "as it comes"), 7, 1.5, end=False)
    norms.line(trained, result.used, say("处理后", "as used"), 2, 1.5, end=False)
    if way in ("global", "layer"):
        norms.level(limit, say("上限", "limit"), colour=3)
    return figure


def clipping_facts(result: Compared, say: Say) -> list[Metric]:
    """Test accuracy, and the largest norm before and after."""
    mine = float(result.chosen.accuracy[-1])
    return [
        Metric(say("测试准确率", "Test accuracy"), f"{mine:.1%}", say("乱猜 10%", "chance: 10 %")),
        Metric(say("最大的梯度范数", "Largest gradient norm"), result.largest, say("处理之前", "before")),
        Metric(say("处理之后", "After"), result.kept),
    ]


def domains(result: Reversed, factor: float, say: Say) -> go.Figure:
    """Both domains and the regions of the classes, without and with reversal."""
    plain, turned, data = result.plain, result.turned, result.data
    square = {"x_range": (-SIDE, SIDE), "y_range": (-SIDE, SIDE), "square": True}
    figure, panels = figures.panels(
        say(
            f"没有标签的目标域：{plain.target:.0%} → 反转 {turned.target:.0%}（第 {turned.step} 步）",
            f"The unlabelled target: {plain.target:.0%} → {turned.target:.0%} with reversal (step {turned.step})",
        ),
        [
            Axes(say("不反转", "Plain"), "x", "y", **square),
            Axes(say(f"反转，κ = {factor:g}", f"Reversed, κ = {factor:g}"), "x", "y", **square),
        ],
        height=470,
    )
    for panel, state in zip(panels, (plain, turned), strict=True):
        panel.regions(state.axis, state.axis, state.surface)
        name = "" if panel is panels[1] else say("源域（有标签）", "source (labelled)")
        panel.points(data.source[:, 0], data.source[:, 1], name, data.labels, 4)
        name = "" if panel is panels[1] else say("目标域（无标签）", "target (unlabelled)")
        panel.points(data.target[:, 0], data.target[:, 1], name, data.hidden, 6, symbol="square-open")
    return figure


def reversal_facts(result: Reversed, say: Say) -> list[Metric]:
    """Target accuracy and what the classifier of domains gets right, without and with reversal."""
    plain, turned, source = result.plain, result.turned, say("源域", "source")
    return [
        Metric(
            say("目标域准确率：不反转", "Target accuracy: plain"),
            f"{plain.target:.1%}",
            f"{source} {plain.source:.1%}",
        ),
        Metric(say("反转", "Reversed"), f"{turned.target:.1%}", f"{source} {turned.source:.1%}"),
        Metric(say("域分类器：不反转", "Domain classifier: plain"), f"{plain.domain:.1%}"),
        Metric(say("反转", "Reversed"), f"{turned.domain:.1%}", say("50%：分不出来自哪个域", "50 %: cannot tell")),
    ]


def signs(result: Signs, steps: int, units: int, say: Say) -> go.Figure:
    """Test accuracy straight-through and with the true derivative."""
    with_, without = float(result.through[-1]), float(result.blocked[-1])
    figure, panel = figures.panel(
        say(
            f"{units} 个 ±1 单元：直通 {with_:.0%}，真导数 {without:.0%}",
            f"{units} units of ±1: straight-through {with_:.0%}, true derivative {without:.0%}",
        ),
        x=say(STEP),
        y=say("测试准确率", "test accuracy"),
        x_range=(0, steps),
        y_range=(0, 1),
    )
    panel.line(result.steps, result.through, say("直通", "straight-through"), 0, 3)
    panel.line(result.steps, result.blocked, say("真导数：第一层不动", "true derivative: layer 1 stays"), 3, 3)
    panel.level(0.1, say("乱猜", "chance"), colour=7)
    return figure


def sign_facts(result: Signs, say: Say) -> list[Metric]:
    """Both accuracies at the end."""
    with_, without = float(result.through[-1]), float(result.blocked[-1])
    alone = say("只有最后一层在学", "the last layer alone learns")
    return [
        Metric(say("直通", "Straight-through"), f"{with_:.1%}"),
        Metric(say("真导数", "True derivative"), f"{without:.1%}", alone),
    ]
