"""Figures of the page on the energy view: pits and samples, modes against momentum, games of two points, histograms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from gallery import figures
from gallery.figures import Axes
from gallery.page import Say
from pages.shared.plane import WHERE

if TYPE_CHECKING:
    from core.gan.gan_energy.dirac import Flow
    from core.gan.gan_energy.mala import Chains, Density
    from core.gan.gan_energy.pits import Dug, Sweep
    from core.gan.plane.training import Record

DISJOINT = math.log(2)  # the Jensen-Shannon divergence of distributions that do not meet
RING = 22  # pixels across, around the handles
THINNED = 8  # every eighth point of the density's grid is sent
WALL = 6.0  # how far above its lowest value an energy is shown: e^{-6} = 0.0025
LEAST_SHOWN = 1e-3  # of |θ| on a logarithmic axis: the picture ends there


def dug(y: Dug, handles: Mapping[str, tuple[float, float]], say: Say) -> go.Figure:
    """U as colours with its slope, real points, samples and bottoms, to be scrubbed; ‖∇U‖ over the steps beside it."""
    last = y.run.last
    axes = [
        Axes(say("能量 U（蓝低红高）与 −∇U", "Energy U (blue low, red high) and −∇U"), **WHERE),
        Axes(say("‖∇U‖ 的均值", "Mean ‖∇U‖"), say("步数", "step"), "", y_log=True),
    ]
    figure, (plane, slopes) = figures.panels(_told(y, say), axes, height=580, widths=(1.5, 1))
    plane.regions(y.run.axis, y.run.axis, last.contrast, opacity=0.6)
    x, up = last.strokes
    plane.add(go.Scatter(x=x, y=up, mode="lines", line={"color": figures.COLOURS[7], "width": 1}, hoverinfo="skip"))
    plane.points(y.points[:, 0], y.points[:, 1], say("真样本", "real"), 7, size=3, opacity=0.5)
    plane.points(last.samples[:, 0], last.samples[:, 1], say("假样本", "generated"), 1, size=4, opacity=0.8)
    right, high = y.bottoms[-1].T
    ring = {"symbol": "circle-open", "size": RING, "color": figures.COLOURS[2], "line": {"width": 2}}
    plane.add(go.Scatter(x=right, y=high, mode="markers", marker=ring, name=say("坑底", "bottoms"), hoverinfo="skip"))
    if y.done == 1 and not y.run.ended:
        moments = list(zip(y.run.records, y.bottoms, strict=True))
        frames = [_traces(record, y.points, bottoms) for record, bottoms in moments]
        figures.film(
            figure, frames, [str(record.step) for record in y.run.records], say("步 ", "step "), len(frames) - 1
        )
    for name, place in handles.items():
        plane.handle(name, *place, name, 0)
    steps = [record.step for record in y.run.records]
    slopes.line(steps, [record.slope for record in y.run.records], say("真假之间", "between"), 1)
    slopes.line(steps, [record.real_slope for record in y.run.records], say("真样本处", "at real"), 0)
    return figure


def _told(y: Dug, say: Say) -> str:
    last, count = y.run.last, len(y.centres)
    if y.run.ended:
        return say(f"{last.step} 步以后发散了", f"It diverged after step {last.step}")
    if not np.isfinite(y.gaps).all():
        return say(
            f"{last.step} 步后没有坑：U 处处有坡", f"After {last.step} steps there is no pit: U slopes everywhere"
        )
    return say(
        f"{last.step} 步后 {last.modes}/{count} 个坑里有样本；坑底离真样本至多 {y.gaps.max():.2f}，那里 ‖∇U‖ = {last.real_slope:.2g}",
        f"After {last.step} steps samples lie in {last.modes} of {count} pits; bottoms are within {y.gaps.max():.2f} of real points, where ‖∇U‖ = {last.real_slope:.2g}",
    )


def _traces(record: Record, points: np.ndarray, bottoms: np.ndarray) -> list[Any]:
    x, up = record.strokes
    pairs = [go.Scatter(x=cloud[:, 0], y=cloud[:, 1]) for cloud in (points, record.samples, bottoms)]
    return [go.Heatmap(z=record.contrast), go.Scatter(x=x, y=up), *pairs]


def momentum(y: Sweep, say: Say) -> go.Figure:
    """Modes covered and the distance to the target against β₁: a dot a seed, a line through the means."""
    first, last = y.mean_modes[[0, -1]]
    low, high = y.betas[[0, -1]]
    seeds = int(np.isfinite(y.modes[-1]).sum())
    verdict = say(
        f"β₁ 从 {low:g} 到 {high:g}：平均盖住的峰从 {first:.1f} 变成 {last:.1f}（共 {y.count} 个，{seeds} 个种子）",
        f"β₁ from {low:g} to {high:g}: modes covered go from {first:.1f} to {last:.1f} on average (of {y.count}, {seeds} seeds)",
    )
    axes = [
        Axes(say("盖住的峰", "Modes covered"), "β₁", "", y_range=(-0.3, y.count + 0.3)),
        Axes(say("离目标（网格上的 JS）", "From the target (JS on a grid)"), "β₁", "", from_zero=True),
    ]
    figure, panels = figures.panels(verdict, axes, height=380)
    for panel, table, means in zip(panels, (y.modes, y.distance), (y.mean_modes, y.mean_distance), strict=True):
        run = table[:, np.isfinite(table).all(0)]
        panel.points(np.repeat(y.betas, run.shape[1]), run.ravel(), "", 0, size=7)
        panel.line(y.betas, means, "", 0)
    panels[1].level(DISJOINT, say("全不相交", "disjoint"), colour=7)
    return figure


def games(y: tuple[Flow, Flow], names: Sequence[str], handle: tuple[float, float], say: Say) -> go.Figure:
    """The paths of the generated point θ and of the critic φ in the plane, |θ| and the area over time."""
    told = say("；", "; ").join(f"{name}: {one.late:.2g}" for one, name in zip(y, names, strict=True))
    start = y[0].distance[0]
    verdict = say(
        f"最后五分之一时间里 |θ| 的最大值（起初 {start:.2g}）– {told}",
        f"Largest |θ| in the last fifth of the time (at first {start:.2g}) – {told}",
    )
    time, top = say("时间 t", "time t"), 1.3 * max(float(one.distance.max()) for one in y)
    axes = [
        Axes(say("假样本 θ；真样本在原点", "Generated point θ; the real one is 0"), "θ₁", "θ₂", square=True),
        Axes(say("判别器 φ", "Critic φ"), "φ₁", "φ₂", square=True),
        Axes(say("离真样本 |θ|", "From the real point, |θ|"), time, "", y_log=True, y_range=(LEAST_SHOWN, top)),
        Axes(say("面积 A = φ₁θ₂ − φ₂θ₁", "Area A = φ₁θ₂ − φ₂θ₁"), time, ""),
    ]
    figure, (plane, critic, distance, area) = figures.panels(verdict, axes, columns=2, height=660)
    for colour, (one, name) in enumerate(zip(y, names, strict=True)):
        plane.line(one.theta[:, 0], one.theta[:, 1], name, colour, width=1.5, end=False)
        critic.line(one.phi[:, 0], one.phi[:, 1], "", colour, width=1.5)
        distance.line(one.time, one.distance, "", colour)
        area.line(one.time, one.area, "", colour)
    plane.points([0.0], [0.0], say("真样本", "real"), 7, size=9, opacity=1)
    plane.handle("start", *handle, "θ(0)", 2)
    return figure


def histograms(target: Density, runs: Sequence[Chains], names: Sequence[str], say: Say) -> go.Figure:
    """The energy, and the histogram of each sampler under the density that it should have."""
    told = say("，", ", ").join(f"{name} {run.ks:.3f}" for run, name in zip(runs, names, strict=True))
    verdict = say(
        f"离 e^(−U)/Z 的 KS 距离：{told}（精确采样 99% 不超过 {runs[0].critical:.3f}）",
        f"KS distance to e^(−U)/Z: {told} (an exact sample: below {runs[0].critical:.3f} in 99 %)",
    )
    span = (float(runs[0].edges[0]), float(runs[0].edges[-1]))
    shown = np.flatnonzero((target.z >= span[0]) & (target.z <= span[1]))[::THINNED]
    z, u, p = target.z[shown], target.u[shown], target.p[shown]
    low = float(u.min())
    top = 1.25 * max(float(p.max()), *(float(run.heights.max()) for run in runs))
    axes = [
        Axes(say("能量 U(z)", "Energy U(z)"), "z", "", x_range=span, y_range=(low - 0.3, low + WALL)),
        *(
            Axes(f"{name} · KS {run.ks:.3f} {'✓' if run.exact else '✗'}", "z", "", x_range=span, y_range=(0, top))
            for run, name in zip(runs, names, strict=True)
        ),
    ]
    figure, (energy, *panels) = figures.panels(verdict, axes, columns=2, height=540)
    energy.line(z, u, "", 2)
    for panel, run, colour in zip(panels, runs, (1, 0, 3), strict=True):
        panel.bars((run.edges[1:] + run.edges[:-1]) / 2, run.heights, "", colour)
        panel.line(z, p, "e^(−U)/Z", 7, end=False)
    return figure
