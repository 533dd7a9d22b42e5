"""Pictures and facts of reaction networks: fans of trajectories, a film of distributions, phase plane, fates, slips."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from gallery import figures, outputs
from gallery.figures import Axes
from gallery.outputs import Metric
from gallery.text import Say, Text
from pages.stats._gillespie_texts import CALLED

if TYPE_CHECKING:
    from core.stats.gillespie.ensembles import Ensemble
    from core.stats.gillespie.studies import Comparison, Fates, JumpSlip, Plane, StoichiometrySlip

__all__ = [
    "facts",
    "fan",
    "film",
    "jumps",
    "moments",
    "phase_plane",
    "reactions",
    "runs",
    "stoichiometry",
    "two_fates",
    "verdict",
]

NO_NAMES: Mapping[str, Text] = {}
ROWS = ((1, 330), (2, 230), (99, 190))  # pixels that one species takes in a fan of at most so many
MOST_ROWS = 60  # reactions listed
MOST_FACTS = 6  # species named with their mean and standard deviation
TICK_STEPS = (10, 20, 50, 100, 200)


def fan(title: str, found: Ensemble, say: Say, called: Mapping[str, Text] = NO_NAMES) -> go.Figure:
    """One row a species: quantiles, mean, rate equations and single paths; beside it the distribution at the end."""
    names = [say(called.get(s, Text(s, s))) for s in (found.species[c] for c in found.shown)]
    axes = []
    for row, name in enumerate(names):
        top = (0.0, 1.05 * max(found.top(row), 1.0))
        axes.append(Axes(x=say("时间", "time"), y=say(f"{name}（分子数）", f"{name} (molecules)"), y_range=top))
        axes.append(
            Axes(f"{name}{say('，', ', ')}t = {found.times[-1]:.4g}", x=say("概率", "probability"), y_range=top)
        )
    figure, panels = figures.panels(
        title,
        axes,
        columns=2,
        widths=[0.76, 0.24],
        height=90 + len(names) * next(tall for most, tall in ROWS if len(names) <= most),
    )
    for row, column in enumerate(found.shown):
        over_time, at_end = panels[2 * row : 2 * row + 2]
        named = say if row == 0 else lambda zh, en: ""
        low, lower, upper, high = found.quantiles[:, :, row]
        over_time.band(found.times, low, high, named("90% 的轨迹", "90 % of paths"), 0, 0.14)
        over_time.band(found.times, lower, upper, named("50% 的轨迹", "50 % of paths"), 0, 0.26)
        over_time.lines(found.times, found.paths[:, :, row], named("单条轨迹", "single paths"), 7, 1, 0.75)
        over_time.line(found.times, found.means[:, column], named("均值", "mean"), 0, 2.5, end=False)
        if found.ode is not None:
            over_time.line(found.times, found.ode[:, row], named("速率方程", "rate equations"), 1, 2, "dash", end=False)
        end = found.ends[row]
        at_end.bars(end.centres, end.density, named("模拟", "simulated"), 0, 0.5, width=end.width, horizontal=True)
        if end.poisson is not None:
            at_end.line(
                end.poisson, end.poisson_at, named("同均值的泊松分布", "Poisson of the same mean"), 2, 2, end=False
            )
    return figure


def film(title: str, found: Comparison, start: int, say: Say) -> go.Figure:
    """Histogram and master equation at each moment, played in the browser; one panel a species."""
    axes = []
    for k, species in enumerate(found.species):
        name = say(CALLED.get(species, Text(species, species)))
        across = (float(found.centres[k][0]) - 0.5, float(found.centres[k][-1]) + 0.5)
        axes.append(
            Axes(
                x=say(f"{name}（分子数）", f"{name} (molecules)"),
                y=say("概率", "probability") if k == 0 else "",
                x_range=across,
                y_range=(0.0, found.height(k, start)),
            )
        )
    figure, panels = figures.panels(title, axes, height=480)
    for k, panel in enumerate(panels):
        named = say if k == 0 else lambda zh, en: ""
        panel.bars(
            found.centres[k], found.simulated[k][start], named("模拟", "simulated"), 0, 0.5, width=found.widths[k]
        )
        panel.line(found.centres[k], found.solved[k][start], named("主方程的解", "master equation"), 1, 2, end=False)
    frames = [
        [
            trace
            for s, p in zip(found.simulated, found.solved, strict=True)
            for trace in (go.Bar(y=s[at]), go.Scatter(y=p[at]))
        ]
        for at in range(len(found.times))
    ]
    figures.film(figure, frames, [f"{time:.3g}" for time in found.times], "t = ", start)
    return figure


def phase_plane(title: str, found: Plane, start: tuple[float, float], say: Say) -> go.Figure:
    """Flow, nullclines and both paths in the plane of the two species, whose start is dragged; beside it both in time."""
    first, second = (say(CALLED.get(s, Text(s, s))) for s in found.species)
    plane = Axes(
        say("拖动圆点，换一个起点", "drag the dot to another start"),
        x=say(f"{first}（分子数）", f"{first} (molecules)"),
        y=say(f"{second}（分子数）", f"{second} (molecules)"),
        x_range=(0.0, 1.0),
        y_range=(0.0, 1.0),
        x_ticks=_ticks(found.window[0]),
        y_ticks=_ticks(found.window[1]),
        square=True,
    )
    time = Axes(x=say("时间", "time"), y=say("分子数", "molecules"), from_zero=True)
    figure, (flow, course) = figures.panels(title, [plane, time], height=520)
    x, y = found.share(found.arrows).T
    flow.add(
        go.Scatter(
            x=x,
            y=y,
            mode="markers",
            hoverinfo="skip",
            marker={"symbol": "arrow", "angle": found.degrees, "size": 8, "color": figures.faded(7, 0.7)},
        )
    )
    gx, gy = found.grid[0] / found.window[0], found.grid[1] / found.window[1]
    flow.contours(gx, gy, found.drift[..., 0], [0.0], say(f"{first}不增不减", f"{first} at rest"), 2)
    flow.contours(gx, gy, found.drift[..., 1], [0.0], say(f"{second}不增不减", f"{second} at rest"), 4)
    exact, ode = found.share(found.path), found.share(found.ode)
    flow.line(exact[:, 0], exact[:, 1], say("一条随机轨迹", "one random path"), 0, 1.2, end=False)
    flow.line(ode[:, 0], ode[:, 1], say("速率方程", "rate equations"), 1, 2.5, "dash", end=False)
    flow.handle("start", start[0], start[1], colour=3)
    for column, name in enumerate((first, second)):
        course.line(found.times, found.stepped[:, column], name, (0, 5)[column], 1.4)
        course.line(found.times, found.ode[:, column], "", 1, 1.6, "dash" if column == 0 else "dot")
    return figure


def _ticks(top: float) -> dict[float, str]:
    step = next(s for s in TICK_STEPS if top / s <= 7)
    return {value / top: str(value) for value in range(0, int(top) + 1, step)}


def two_fates(title: str, found: Fates, say: Say) -> go.Figure:
    """Schlögl: paths and the rate equation; on the same axis the distribution at the end and the stationary one."""
    top = (0.0, float(found.levels[-1]))
    figure, (course, ends) = figures.panels(
        title,
        [
            Axes(x=say("时间", "time"), y=say("X 的分子数", "molecules of X"), y_range=top),
            Axes(
                say(f"t = {found.times[-1]:g} 时的分布", f"distribution at t = {found.times[-1]:g}"),
                x=say("概率", "probability"),
                y_range=top,
            ),
        ],
        widths=[0.72, 0.28],
        height=480,
    )
    course.lines(found.times, found.paths, say("随机轨迹", "random paths"), 0, 1.1, 0.8)
    course.line(found.times, found.ode, say("速率方程", "rate equation"), 1, 2.5, "dash", end=False)
    for root, text in zip(
        found.roots, (say("低态", "low"), say("不稳定", "unstable"), say("高态", "high")), strict=True
    ):
        course.level(root, f"{text} {root:.0f}", colour=7)
    ends.bars(found.levels, found.final, say("模拟", "simulated"), 0, 0.5, width=found.width, horizontal=True)
    ends.line(found.stationary, found.levels, say("平稳分布", "stationary"), 2, 2, end=False)
    return figure


def stoichiometry(found: StoichiometrySlip, post: bool, say: Say) -> Mapping[str, object]:
    """The slots of the first slip: means of P with the right propensity and, if wanted, with the post's."""
    right, wrong = f"{found.right[found.at]:.1f}", f"{found.post[found.at]:.1f}"
    title = say(f"2P ⇌ P₂，t = 10 时 P 还有 {right} 个", f"2P ⇌ P₂: {right} of the P are left at t = 10")
    if post:
        title += say(f"；漏掉 n(n−1)/2，就成了 {wrong} 个", f"; without the n(n−1)/2 it would be {wrong}")
    figure, panel = figures.panel(
        title, say("时间", "time"), say("单体 P 的平均数目", "mean number of P"), height=440, y_range=(0, 105)
    )
    panel.line(found.times, found.solved, say("主方程", "master equation"), 1, 5, end=False)
    panel.line(found.times, found.right, "c·n(n−1)/2", 0, 2)
    if post:
        panel.line(found.times, found.post, say("原文：c·n", "the post: c·n"), 3, 2, "dash")
    panel.level(found.moment, "t = 10", axis="x", colour=7)
    facts = [
        Metric(say("t = 10，主方程", "t = 10, master equation"), float(found.solved[found.at])),
        Metric(say("t = 10，n(n−1)/2", "t = 10, n(n−1)/2"), float(found.right[found.at]), say("模拟", "simulated")),
        Metric(
            say("t = 10，原文的 n", "t = 10, the post's n"),
            float(found.post[found.at]),
            say("几乎不反应", "hardly reacts"),
        ),
    ]
    return {"slip": figure, "facts": facts}


def jumps(found: JumpSlip, post: bool, say: Say) -> Mapping[str, object]:
    """The slots of the second slip: histograms by time and, if wanted, by jumps."""
    by_time, by_jumps = f"{found.time_mean:.1f}", f"{found.jumps_mean:.1f}"
    title = say(f"按停留时间，蛋白质 n 的均值是 {by_time}", f"Weighed by time, the protein's mean is {by_time}")
    if post:
        title += say(f"；按跳跃次数则是 {by_jumps}（真值 50）", f"; counted by jumps it is {by_jumps} (truth: 50)")
    figure, panel = figures.panel(
        title, say("蛋白质 n（分子数）", "protein n (molecules)"), say("份额", "share"), height=440
    )
    panel.bars(found.values, found.by_time, say("按停留时间", "by time spent"), 0, 0.5, width=1)
    if post:
        panel.line(found.values, found.by_jumps, say("原文：按跳跃次数", "the post: by jumps"), 3, 2, end=False)
        panel.level(found.jumps_mean, by_jumps, axis="x", colour=3)
    panel.level(found.truth, say("真值 50", "truth 50"), axis="x", colour=1)
    limit = f"E[a₀n]/E[a₀] = {found.jumps_truth:.2f}"
    why = say(f"趋于 {limit}：n 多时跳得更勤", f"tends to {limit}: it jumps more often when n is large")
    facts = [
        Metric(say("真值", "Truth"), found.truth, "20 · 2.5 / 1"),
        Metric(say("按时间加权的均值", "Mean by time"), found.time_mean),
        Metric(say("按跳跃计数的均值", "Mean by jumps"), found.jumps_mean, why),
        Metric(say("跳跃次数", "Jumps"), found.jumps),
    ]
    return {"slip": figure, "facts": facts}


def verdict(found: Ensemble, say: Say) -> str:
    """The species whose noise is furthest above a Poisson count's, and by how much."""
    column = found.noisiest
    if column is None:
        return say("所有轨迹最后都一样", "all paths end alike")
    name, moment, fano = found.species[column], f"t = {found.times[-1]:.4g}", _number(found.fano[column])
    value = f"{_number(found.means[-1, column])} ± {_number(found.sds[-1, column])}"
    return say(
        f"{moment} 时 {name} = {value}，方差是泊松分布的 {fano} 倍",
        f"{name} = {value} at {moment}, {fano} times the variance of a Poisson count",
    )


def facts(found: Ensemble, say: Say) -> list[Metric]:
    """Mean, sd and Fano factor at the end, of the first species shown."""
    parts = [runs(found, say), Metric(say("反应次数", "Reactions"), found.events)]
    for column in found.shown[:MOST_FACTS]:
        name, fano = found.species[column], found.fano[column]
        value = f"{_number(found.means[-1, column])} ± {_number(found.sds[-1, column])}"
        label = say(f"{name} 的均值 ± 标准差", f"{name}: mean ± sd")
        parts.append(Metric(label, value, f"Fano {_number(fano)}" if fano >= 0 else ""))
    return parts


def _number(value: float) -> str:
    """Three digits, thousands apart, and no exponent before a million."""
    return f"{value:,.0f}" if 1000 <= value < 1e6 else f"{value:.3g}"


def runs(found: Ensemble | Comparison | Fates, say: Say) -> Metric:
    """How many trajectories there are, and why fewer than asked for."""
    asked = f"{found.asked:,}"
    fewer = say(f"要了 {asked}；这个网络反应太多，少算一些", f"{asked} asked for; this network reacts too often")
    return Metric(say("轨迹数", "Trajectories"), found.trajectories, fewer if found.trajectories < found.asked else "")


def moments(found: Ensemble, say: Say) -> outputs.Table:
    """Mean and sd of every species over time."""
    columns = {say("时间", "time"): found.times}
    for column, name in enumerate(found.species):
        columns[say(f"{name} 均值", f"{name}-mean")] = found.means[:, column]
        columns[say(f"{name} 标准差", f"{name}-sd")] = found.sds[:, column]
    return outputs.Table(columns)


def reactions(found: Ensemble, say: Say) -> str:
    """The reactions and, where there are any, the events as Markdown tables: names, numbers and signs alone."""
    rows = [f"| {equation} | {_code(rate)} |" for equation, rate in found.reactions[:MOST_ROWS]]
    if (more := len(found.reactions) - MOST_ROWS) > 0:
        rows.append(say(f"| 还有 {more} 个反应 | |", f"| and {more} more | |"))
    lines = [f"| {say('反应', 'reaction')} | {say('速率', 'rate')} |", "|---|---|", *rows]
    if found.switches:
        lines += [
            "",
            f"| {say('事件：当', 'event: when')} | {say('则', 'then')} | {say('延迟', 'delay')} |",
            "|---|---|---|",
        ]
        lines += [f"| {' | '.join(map(_code, parts))} |" for parts in found.switches[:MOST_ROWS]]
        if (more := len(found.switches) - MOST_ROWS) > 0:
            lines.append(say(f"| 还有 {more} 个事件 | | |", f"| and {more} more | | |"))
    return "\n".join(lines)


def _code(text: str) -> str:
    """Text set as code in a cell of a Markdown table; nothing for nothing."""
    return f"`{text}`" if text else ""


def notices(found: Ensemble, say: Say) -> str:
    """What the reader must know of the network, a line each."""
    nothing = say(
        "没有：每个反应都可能发生，起始数量都是整数。",
        "Nothing: every reaction can happen, and all amounts at the start are whole numbers.",
    )
    return "\n".join(say(zh, en) for zh, en in found.notices) or nothing
