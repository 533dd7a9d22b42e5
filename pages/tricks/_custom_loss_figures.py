"""Figures of the page on losses of one's own, and the names they share with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gallery import figures
from gallery.figures import Axes
from gallery.page import Say, t
from pages.shared.kinds import DIGIT_COLOURS

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.tricks import custom_loss as model

LOSSES = {
    "softmax": t("Softmax 交叉熵", "Softmax cross-entropy"),
    "centre": t("Center loss", "Centre loss"),
    "triplet": t("三元组", "Triplet"),
    "margin": t("Margin softmax", "Margin softmax"),
    "focal": t("Focal", "Focal"),
    "smooth": t("标签平滑", "Smoothed labels"),
}
RAYS = ("softmax", "focal", "smooth", "margin", "own")  # losses whose classes are directions of the head's weights
TOPS = (0.6, 1.2)  # of the axis of a triplet's loss, which is at most 2 + m: the first that shows all of the curve
BEYOND = 4  # lengths of a unit vector that end outside the plane of the triplet in all directions
LOSS, PUSH, ACCURACY = (
    t("损失", "Loss"),
    t("推力：−∂损失/∂logit", "Push: −∂loss/∂logit"),
    t("测试准确率", "Test accuracy"),
)
PROBABILITY = t("正确类的概率 p", "probability p of the right class")


def digits(found: model.State, loss: str, say: Say) -> go.Figure:
    """The test digits in the plane of two features."""
    name, step = say(LOSSES[loss]), say(f"第 {found.step} 步", f"step {found.step}")
    figure, plane = figures.panel(
        say(
            f"{name}，{step}：450 个测试数字认对 {found.accuracy:.1%}",
            f"{name}, {step}: {found.accuracy:.1%} of 450 test digits are right",
        ),
        "f₁",
        "f₂",
        560,
        square=True,
    )
    _cloud(plane, found, loss)
    return figure


def falling(found: model.State, steps: int, say: Say) -> go.Figure:
    """The training loss."""
    fall, panel = figures.panel(
        say("训练损失", "Training loss"), say("步", "step"), say(LOSS), 280, x_range=(0, steps), from_zero=True
    )
    panel.line(range(1, len(found.trace) + 1), found.trace, width=1.5)
    return fall


def six(found: model.Comparison, best: str, say: Say) -> go.Figure:
    """One network under six losses."""
    share = f"{found.states[best].separation:.1%}"
    axes = [Axes(f"{say(LOSSES[name])} {state.accuracy:.0%}", square=True) for name, state in found.states.items()]
    figure, panels = figures.panels(
        say(
            f"第 {found.step} 步：分得最开的是 {LOSSES[best].zh}，{share} 的方差在类间",
            f"Step {found.step}: {LOSSES[best].en} separates best, {share} of the variance is between classes",
        ),
        axes,
        columns=3,
        height=640,
    )
    for panel, (name, state) in zip(panels, found.states.items(), strict=True):
        _cloud(panel, state, name, 4)
    return figure


def own(found: model.Own, names: dict[str, str], steps: int, say: Say) -> go.Figure:
    """What the reader's loss costs and pushes, and how fast it learns, beside cross-entropy."""
    formula, step = names["own"], found.own.step
    mine, usual = found.own_accuracy[-1], found.softmax_accuracy[-1]
    figure, (loss, push, learning) = figures.panels(
        say(
            f"{formula}，第 {step} 步：认对 {mine:.1%}，交叉熵 {usual:.1%}",
            f"{formula}, step {step}: {mine:.1%} are right, {usual:.1%} under cross-entropy",
        ),
        [
            Axes(say("一个样本的损失", "loss of one sample"), say(PROBABILITY), say(LOSS), (0, 1)),
            Axes(say("推正确类的力", "push on the right class"), say(PROBABILITY), say(PUSH), (0, 1)),
            Axes(say("认对多少", "how many are right"), say("步", "step"), say(ACCURACY), (0, steps), (0, 1)),
        ],
        height=430,
    )
    for k, (name, accuracy) in enumerate((("softmax", found.softmax_accuracy), ("own", found.own_accuracy))):
        colour, width = (7, 0)[k], (2, 4)[k]
        loss.line(found.curves.p, found.curves.losses[name], names[name], colour, width, end=False)
        push.line(found.curves.p, found.curves.pushes[name], names[name], colour, width, end=False)
        learning.line(found.steps, accuracy, names[name], colour, width, end=False)
    push.level(0.0, colour=7)
    return figure


def two(found: model.Own, names: dict[str, str], say: Say) -> go.Figure:
    """The test digits under the reader's loss and under cross-entropy."""
    step, mine, usual = found.own.step, found.own_accuracy[-1], found.softmax_accuracy[-1]
    clouds, planes = figures.panels(
        say(f"450 个测试数字，第 {step} 步", f"450 test digits, step {step}"),
        [Axes(f"{names['own']}  {mine:.1%}", square=True), Axes(f"{names['softmax']}  {usual:.1%}", square=True)],
    )
    for plane, state in zip(planes, (found.own, found.softmax), strict=True):
        _cloud(plane, state, "own", 5)
    return clouds


def triplet(found: model.Triplet, margin: float, say: Say) -> go.Figure:
    """The three points with their pushes, and the loss as the negative one turns."""
    gap = f"{found.gap:.2f}".replace("-", "−")
    title = (
        say(
            f"间隔 {gap}，没到 m = {margin:g}：三个都被推",
            f"The gap {gap} is short of m = {margin:g}: all three are pushed",
        )
        if found.loss > 0
        else say(
            f"间隔 {gap} 已过 m = {margin:g}：梯度为零，谁也不动",
            f"The gap {gap} is past m = {margin:g}: no gradient, nobody moves",
        )
    )
    highest = next((top for top in TOPS if found.losses.max() < top), 2 + margin)
    span = (-1.8, 1.8)
    drag = say("拖动三个点；箭头是 −梯度", "drag the points; arrows are −gradient")
    turn = say("A⁻ 转一圈时的损失", "the loss, A⁻ turned all round")
    degrees = say("A⁻ 的方向（度）", "direction of A⁻ (degrees)")
    quarters = {float(a): f"{a}" for a in (0, 90, 180, 270, 360)}
    axes = [
        Axes(drag, "x₁", "x₂", span, span, square=True),
        Axes(turn, degrees, say(LOSS), (0, 360), (0, highest), x_ticks=quarters),
    ]
    figure, (plane, around) = figures.panels(title, axes, height=500)
    costly = say("A⁻ 在这里就有损失", "A⁻ has a loss here")
    x, y = BEYOND * found.sector.T
    plane.polygon(x, y, costly, colour=3, opacity=0.16)
    for k, (field, name) in enumerate((("query", "q"), ("positive", "A⁺"), ("negative", "A⁻"))):
        (x, y), push = found.points[k], found.push[k]
        plane.line([0, x], [0, y], colour=k, width=3)
        if push.any():
            plane.arrow((x, y), (x + 0.6 * push[0], y + 0.6 * push[1]), colour=k, width=2.5)
        plane.handle(field, x, y, name, colour=k)
    around.band(found.directions, np.zeros_like(found.losses), found.losses, costly, colour=3, opacity=0.16)
    around.line(found.directions, found.losses, colour=3, width=3)
    around.level(found.bearing, "A⁻", axis="x", colour=2)
    around.points([found.bearing], [found.loss], colour=2, size=11, opacity=1)
    return figure


def smoothing(found: model.Smoothing, smoothing: float, say: Say) -> go.Figure:
    """How sure the network is, and the gap of its logits against the formula."""
    soft, hard, name = found.soft, found.hard, f"ε = {smoothing:g}"
    figure, (certainty, gaps) = figures.panels(
        say(
            f"{name}：logit 间隔停在 {soft.gap:.2f}，公式说 {found.gap:.2f}",
            f"{name}: the logits' gap stops at {soft.gap:.2f}, the formula says {found.gap:.2f}",
        ),
        [
            Axes(
                say("测试数字的最大概率", "largest probability of the test digits"),
                say("最大概率", "largest probability"),
                say("个数", "count"),
                (0.1, 1),
                from_zero=True,
            ),
            Axes(
                say("正确类的 logit 比其余高多少", "how far the right logit is above the others"),
                "ε",
                say("logit 间隔", "gap of the logits"),
                (0, 0.62),
                from_zero=True,
            ),
        ],
    )
    centres = (found.bins[1:] + found.bins[:-1]) / 2
    certainty.bars(centres, hard.counts, "ε = 0", 3)
    certainty.bars(centres, soft.counts, name, 0)
    certainty.level(found.target, say("最优", "optimum"), axis="x", colour=2)
    gaps.line(*found.formula, say("公式", "formula"), 1, 3, end=False)
    gaps.points(*found.minimised, say("自由的 logit，优化到底", "free logits, minimised"), 2, 9, 1.0)
    gaps.points([smoothing], [soft.gap], say("网络，测试集平均", "the network, mean over the test set"), 0, 12, 1.0)
    return figure


def shapes(found: model.Shapes, gamma: float, say: Say) -> go.Figure:
    """The losses of one sample and their pushes over its probability."""
    figure, (loss, push) = figures.panels(
        say(
            f"p = 0.9 时，γ = {gamma:g} 的 focal 只推交叉熵的 {found.damping:.3g} 倍",
            f"At p = 0.9 focal with γ = {gamma:g} pushes {found.damping:.3g} times as hard as cross-entropy",
        ),
        [
            Axes(say("一个样本的损失", "loss of one sample"), say(PROBABILITY), say(LOSS), (0, 1), (0, 5)),
            Axes(say("推正确类的力", "push on the right class"), say(PROBABILITY), say(PUSH), (0, 1), (-0.6, 1.3)),
        ],
        height=470,
    )
    for k, name in enumerate(found.curves.losses):
        loss.line(found.curves.p, found.curves.losses[name], say(LOSSES[name]), k, 3, end=False)
        push.line(found.curves.p, found.curves.pushes[name], say(LOSSES[name]), k, 3, end=False)
    push.level(0.0, colour=7)
    return figure


def _cloud(panel: figures.Panel, state: model.State, loss: str, size: int = 6) -> None:
    """Test digits in the plane, coloured by class; class weights as rays, or class centres as crosses."""
    for k in range(10):
        mine = state.features[state.labels == k]
        if loss in RAYS:
            panel.line([0, state.rays[k, 0]], [0, state.rays[k, 1]], colour=DIGIT_COLOURS[k], width=1.2)
        panel.points(mine[:, 0], mine[:, 1], str(k), DIGIT_COLOURS[k], size, 0.7)
    if loss not in RAYS:
        for colour, large in (("#ffffff", 14), ("#222222", 9)):  # seen on light and dark
            panel.points(state.centres[:, 0], state.centres[:, 1], colour=colour, size=large, opacity=1, symbol="x")
