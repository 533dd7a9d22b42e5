"""Figures of WGAN-GP's page: a critic bent by hand, trained estimates of W1, a generator that imitates, slopes between pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from gallery import figures
from gallery.figures import Axes
from gallery.page import Say, t
from gallery.text import Text

if TYPE_CHECKING:
    from core.gan.pictures_views import Slopes
    from core.gan.wgan_gp.line import Estimates, Imitation
    from core.gan.wgan_gp.potential import Bent

WAYS: Mapping[str, Text] = {
    "none": t("不约束", "None"),
    "clip": t("裁剪到 ±0.1", "Clipping to ±0.1"),
    "two-sided": t("梯度惩罚（平方）", "Gradient penalty, squared"),
    "linear": t("梯度惩罚（单边，不平方）", "Gradient penalty, one-sided, no square"),
    "spectral": t("谱归一化", "Spectral normalisation"),
}


def bend(y: Bent, knots: Mapping[str, tuple[float, float]], say: Say) -> go.Figure:
    """p and q, the best potential, and the reader's critic with its handles."""
    verdict = say(
        f"拉开 {y.gain:.2f}，最陡处 {y.steepest:.2f}：相除得 {y.bound:.2f}，怎么捏也超不过 W₁ = {y.w1:.2f}",
        f"A gap of {y.gain:.2f} at slope {y.steepest:.2f} proves {y.bound:.2f}; no bending proves more than W₁ = {y.w1:.2f}",
    )
    axes = [
        Axes(
            say("拖动四个圆点，捏出判别器 T(x)", "Drag the four dots to bend the critic T(x)"), "x", "T",
            x_range=(-3, 3), y_range=(-3, 3),
        ),
        Axes(say("两个密度", "Both densities"), "x", "", x_range=(-3, 3), from_zero=True),
    ]  # fmt: skip
    figure, (critic, density) = figures.panels(verdict, axes, height=430, widths=[0.6, 0.4])
    critic.line(y.x, y.best, say("最优", "best"), 7, dash="dash", end=False)
    critic.line(y.x, y.critic, say("你的 T", "your T"), 1, end=False)
    for name, (x, height) in knots.items():
        critic.handle(name, x, height)
    density.band(y.x, 0 * y.p, y.p, "p", 0)
    density.band(y.x, 0 * y.q, y.q, "q", 1)
    return figure


def estimates(y: Estimates, lam: float, expected: float, say: Say) -> go.Figure:
    """What each way makes of W1 over the steps, and the critics at the end."""
    two, linear = float(y.gain["two-sided"][-1]), float(y.gain["linear"][-1])
    verdict = say(
        f"真值 {y.w1:.2f}：不平方的惩罚估得 {linear:.2f}；平方的估得 {two:.2f}，理论上是 W₁ + ∫(F_p − F_q)²/2λr = {expected:.2f}",
        f"The truth is {y.w1:.2f}: {linear:.2f} without the square; {two:.2f} with it, where theory has W₁ + ∫(F_p − F_q)²/2λr = {expected:.2f}",
    )
    top = 2.5 * max(y.w1, 0.4)
    axes = [
        Axes(say("估计 E_p T − E_q T", "Estimate E_p T - E_q T"), say("步数", "step"), "", y_range=(0, top)),
        Axes(say("最陡的斜率", "Steepest slope"), say("步数", "step"), "", y_range=(0, 3)),
        Axes(say("现在的 T(x)", "T(x) now"), "x", "", y_range=(-4, 4)),
    ]
    figure, (gain, steep, critic) = figures.panels(verdict, axes, height=420)
    for colour, (way, name) in enumerate(WAYS.items()):
        gain.line(y.steps, y.gain[way], say(name), colour, end=False)
        steep.line(y.steps, y.steepest[way], "", colour)
        critic.line(y.x, y.critic[way], "", colour)
    gain.level(y.w1, "W₁", colour=7)
    steep.level(1.0, "1", colour=7)
    return figure


def imitation(y: Imitation, say: Say) -> go.Figure:
    """Densities of the target and of what is generated, and the critic, at every moment recorded."""
    verdict = say(
        f"{y.steps[-1]} 步后离目标 W₁ = {y.w1[-1]:.2f}，开始时 {y.w1[0]:.2f}",
        f"After {y.steps[-1]} steps W₁ to the target is {y.w1[-1]:.2f}; it began at {y.w1[0]:.2f}",
    )
    top = 1.15 * max(float(y.real.max()), float(y.made[-1].max()))
    axes = [
        Axes(say("真的与生成的", "Real and generated"), "x", say("密度", "density"), y_range=(0, top)),
        Axes(say("判别器 T(x)：生成器往高处走", "The critic T(x): the generator climbs"), "x", ""),
    ]
    figure, (density, critic) = figures.panels(verdict, axes, height=400)
    density.bars(y.centres, y.made[-1], say("生成的", "generated"), 1)
    density.line(y.centres, y.real, say("真的", "real"), 0, end=False)
    critic.line(y.centres, y.critic[-1], "", 2)
    if int(y.steps[-1]) == y.total:
        frames = [
            [go.Bar(y=y.made[k]), go.Scatter(y=y.real), go.Scatter(x=y.centres, y=y.critic[k])]
            for k in range(len(y.steps))
        ]
        figures.film(figure, frames, [str(step) for step in y.steps], say("步 ", "step "), len(frames) - 1)
    return figure


def slopes(y: Sequence[Slopes], names: Sequence[str], say: Say) -> go.Figure:
    """‖∇T‖ on the way from generated to real pictures, and its histogram on random places of it, for each critic."""
    told = say("，", ", ").join(f"{name} {one.mean:.2f}" for name, one in zip(names, y, strict=True))
    verdict = say(f"真假连线上 ‖∇T‖ 的均值：{told}", f"Mean ‖∇T‖ between real and generated: {told}")
    axes = [
        Axes(
            say("从生成的（0）到真的（1），中间 80 % 的对", "From generated (0) to real (1), the middle 80 % of pairs"), "ε", "‖∇T‖",
            from_zero=True,
        ),
        Axes(say("随机的 ε", "Random ε"), "‖∇T‖", say("份额", "share")),
    ]  # fmt: skip
    figure, (path, spread) = figures.panels(verdict, axes, height=400)
    for colour, (one, name) in enumerate(zip(y, names, strict=True)):
        path.band(one.eps, one.low, one.high, "", colour)
        path.line(one.eps, one.middle, name, colour, end=False)
        centres, shares = one.histogram
        spread.bars(centres, shares, "", colour)
    path.level(1.0, "1", colour=7)
    return figure
