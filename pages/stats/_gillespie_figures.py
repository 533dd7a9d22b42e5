"""Pictures of reaction networks: fans of trajectories, distributions over time, phase planes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from gallery import figures
from gallery.text import Lang, t

__all__ = ["bistable", "distributions", "fan", "moments_table", "phase_plane", "two_histograms", "two_means"]

QUANTILES = (0.05, 0.25, 0.75, 0.95)
MOST_FOR_QUANTILES = 4000


def fan(
    title: str, times: np.ndarray, counts: np.ndarray, mean: np.ndarray, ode: np.ndarray | None,
    species: Sequence[tuple[int, str]], paths: int, lang: Lang,
) -> go.Figure:  # fmt: skip
    """Quantile fan, mean, deterministic limit and a few single paths; one panel a species."""
    height = max(420, 190 * len(species) + 90)
    figure = figures.panels(title, [name for _, name in species], rows=len(species), columns=1, height=height,
                            shared_xaxes=True, vertical_spacing=0.09)  # fmt: skip
    sample = counts[:MOST_FOR_QUANTILES]
    for row, (column, _) in enumerate(species, 1):
        q = np.quantile(sample[:, :, column], QUANTILES, axis=0)
        first: dict[str, Any] = {"showlegend": row == 1}
        add = lambda trace, row=row: figure.add_trace(trace, row, 1)  # noqa: E731
        add(figures.band(times, q[0], q[3], t("90% 的轨迹", "90 % of paths")(lang), 0, 0.14, legendgroup="90", **first))
        add(figures.band(times, q[1], q[2], t("50% 的轨迹", "50 % of paths")(lang), 0, 0.26, legendgroup="50", **first))
        if paths:
            add(figures.many_lines(times, counts[:paths, :, column], t("单条轨迹", "single paths")(lang), 7, 1,
                                   opacity=0.75, legendgroup="paths", **first))  # fmt: skip
        add(figures.line(times, mean[:, column], t("均值", "mean")(lang), 0, 2.5, legendgroup="mean", **first))
        if ode is not None:
            add(figures.line(times, ode[:, column], t("确定性方程", "rate equations")(lang), 1, 2, "dash",
                             legendgroup="ode", **first))  # fmt: skip
        figure.update_yaxes(title_text=t("分子数", "molecules")(lang), rangemode="tozero", row=row, col=1)
    figure.update_xaxes(title_text=t("时间", "time")(lang), row=len(species), col=1)
    return figure


def distributions(
    title: str, times: np.ndarray, species: Sequence[str],
    simulated: Sequence[np.ndarray], exact: Sequence[np.ndarray], active: int, lang: Lang,
) -> go.Figure:  # fmt: skip
    """Histogram against the exact law at each time, as an animation that the browser plays; one panel a species.

    ``simulated`` and ``exact`` hold one array [time, value] a species.
    """
    figure = figures.panels(title, list(species), columns=len(species), height=480, horizontal_spacing=0.08)
    shown = [_support(np.maximum(s, e)) for s, e in zip(simulated, exact, strict=True)]

    def traces(at: int) -> list[go.Bar | go.Scatter]:
        made: list[go.Bar | go.Scatter] = []
        for i, (s, e) in enumerate(zip(simulated, exact, strict=True)):
            x = np.arange(shown[i])
            legend: dict[str, Any] = {"showlegend": i == 0}
            made.append(
                figures.bars(x, s[at, : shown[i]], t("模拟", "simulated")(lang), 0, 0.5, legendgroup="s", **legend)
            )
            made.append(
                figures.line(
                    x, e[at, : shown[i]], t("主方程的解", "master equation")(lang), 1, 2, legendgroup="e", **legend
                )
            )
        return made

    for i, trace in enumerate(traces(active)):
        figure.add_trace(trace, 1, i // 2 + 1)
    figure.frames = [go.Frame(data=traces(k), name=str(k)) for k in range(len(times))]
    play = {"frame": {"duration": 90, "redraw": True}, "fromcurrent": True, "transition": {"duration": 0}}
    jump = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}, "transition": {"duration": 0}}
    label = t("时间 ", "time ")(lang)
    figure.update_layout(
        bargap=0, margin_b=110,
        sliders=[{
            "active": active, "y": -0.16, "len": 0.84, "x": 0.16, "pad": {"t": 12}, "currentvalue": {"prefix": label, "xanchor": "right"},
            "steps": [{"label": f"{time:.3g}", "method": "animate", "args": [[str(k)], jump]} for k, time in enumerate(times)],
        }],
        updatemenus=[{
            "type": "buttons", "direction": "left", "x": 0, "y": -0.16, "xanchor": "left", "yanchor": "top", "pad": {"t": 30}, "showactive": False,
            "buttons": [{"label": "▶", "method": "animate", "args": [None, play]},
                        {"label": "❚❚", "method": "animate", "args": [[None], jump]}],
        }],
    )  # fmt: skip
    for i in range(len(species)):
        top = max(np.quantile(exact[i].max(1), 0.85), exact[i][active].max())
        figure.update_yaxes(range=[0, 1.25 * float(top)], row=1, col=i + 1)
        figure.update_xaxes(title_text=t("分子数", "molecules")(lang), range=[-0.5, shown[i] - 0.5], row=1, col=i + 1)
    figure.update_yaxes(title_text=t("概率", "probability")(lang), row=1, col=1)
    return figure


def phase_plane(
    title: str, names: tuple[str, str], grid: tuple[np.ndarray, np.ndarray], drift: np.ndarray,
    path: np.ndarray, ode: np.ndarray, lang: Lang,
) -> go.Figure:  # fmt: skip
    """Flow of the rate equations (arrows), the two nullclines, one exact path and the deterministic path."""
    gx, gy = grid
    figure = figures.chart(title, names[0], names[1], height=560)
    for k, colour, name in ((0, 2, f"d{names[0]}/dt = 0"), (1, 4, f"d{names[1]}/dt = 0")):
        figure.add_trace(
            go.Contour(
                x=gx, y=gy, z=drift[..., k], contours={"start": 0, "end": 0, "size": 1, "coloring": "lines"}, showscale=False,
                colorscale=[[0, figures.COLOURS[colour]], [1, figures.COLOURS[colour]]], line={"width": 1.5, "dash": "dot"},
                name=name, showlegend=True, hoverinfo="skip",
            )
        )  # fmt: skip
    figure.add_trace(_arrows(gx, gy, drift, t("流向", "flow")(lang)))
    figure.add_trace(go.Scattergl(x=path[:, 0], y=path[:, 1], mode="lines", name=t("一条随机轨迹", "one exact path")(lang),
                                  line={"color": figures.faded(0, 0.75), "width": 1.2}, hoverinfo="skip"))  # fmt: skip
    figure.add_trace(figures.line(ode[:, 0], ode[:, 1], t("确定性轨迹", "deterministic path")(lang), 1, 2.5))
    figure.add_trace(figures.points(path[:1, 0], path[:1, 1], t("起点", "start")(lang), 3, 11, 1))
    figure.update_xaxes(range=[0, gx[-1]])
    figure.update_yaxes(range=[0, gy[-1]])
    return figure


def moments_table(times: np.ndarray, names: Sequence[str], mean: np.ndarray, sd: np.ndarray) -> dict[str, np.ndarray]:
    """Columns time, <species>-mean, <species>-sd."""
    columns = {"time": times}
    for i, name in enumerate(names):
        columns |= {f"{name}-mean": mean[:, i], f"{name}-sd": sd[:, i]}
    return columns


def _support(p: np.ndarray) -> int:
    """How many values to show: up to where less than 1e-4 of any time's probability is left."""
    tail = p[:, ::-1].cumsum(1)[:, ::-1]
    return max(int((tail.max(0) > 1e-4).sum()) + 1, 3)


def _arrows(gx: np.ndarray, gy: np.ndarray, drift: np.ndarray, name: str) -> go.Scattergl:
    """Unit arrows on every fourth grid point, as one trace with gaps."""
    step = max(len(gx) // 14, 1)
    x, y = np.meshgrid(gx[step // 2 :: step], gy[step // 2 :: step])
    d = drift[step // 2 :: step, step // 2 :: step] / np.array([gx[-1], gy[-1]])
    d = 0.042 * d / np.maximum(np.hypot(d[..., 0], d[..., 1]), 1e-12)[..., None]
    angle = np.deg2rad(150)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    tail = np.stack([x / gx[-1], y / gy[-1]], -1)
    tip = tail + d
    left, right = tip + 0.4 * d @ turn.T, tip + 0.4 * d @ turn
    points = np.stack([tail, tip, left, tip, right, np.full_like(tip, np.nan)], 2).reshape(-1, 2)
    return go.Scattergl(x=points[:, 0] * gx[-1], y=points[:, 1] * gy[-1], mode="lines", name=name,
                        line={"color": figures.faded(7, 0.8), "width": 1}, hoverinfo="skip")  # fmt: skip


def bistable(
    title: str, times: np.ndarray, counts: np.ndarray, ode: np.ndarray, stationary: np.ndarray, now: np.ndarray,
    paths: int, lang: Lang,
) -> go.Figure:  # fmt: skip
    """Schlögl: paths and the rate equation at left; at right, on the same axis, the law at the end and the stationary one."""
    titles = (t("轨迹", "paths")(lang), t("末时刻的分布", "law at the end")(lang))
    figure = figures.panels(
        title, titles, columns=2, height=480, shared_yaxes=True, column_widths=[0.72, 0.28], horizontal_spacing=0.03
    )
    figure.add_trace(
        figures.many_lines(times, counts[:paths], t("随机轨迹", "exact paths")(lang), 0, 1.1, opacity=0.8), 1, 1
    )
    figure.add_trace(figures.line(times, ode, t("确定性方程", "rate equation")(lang), 1, 2.5, "dash"), 1, 1)
    width = 20
    edges = np.arange(0, len(now), width)
    share = np.add.reduceat(now, edges) / width
    figure.add_trace(
        figures.bars(share, edges + width / 2, t("模拟", "simulated")(lang), 0, 0.5, orientation="h"), 1, 2
    )
    figure.add_trace(
        figures.line(stationary[: len(now)], np.arange(len(now)), t("平稳分布", "stationary law")(lang), 2, 2), 1, 2
    )
    figure.update_layout(bargap=0)
    figure.update_xaxes(title_text=t("时间", "time")(lang), row=1, col=1)
    figure.update_xaxes(title_text=t("概率", "probability")(lang), rangemode="tozero", nticks=4, row=1, col=2)
    figure.update_yaxes(title_text=t("X 的分子数", "molecules of X")(lang), range=[0, len(now) - 100], row=1, col=1)
    return figure


def two_means(
    times: np.ndarray, exact: np.ndarray, right: np.ndarray, post: np.ndarray | None, lang: Lang
) -> go.Figure:  # fmt: skip
    """Mean of P in the dimerisation with the right propensity and with the post's."""
    figure = figures.chart(
        t("2P ⇌ P₂：P 的均值", "2P ⇌ P₂: mean of P")(lang), t("时间", "time")(lang), t("分子数", "molecules")(lang), 440
    )
    figure.add_trace(figures.line(times, exact, t("主方程的解", "master equation")(lang), 1, 5, opacity=0.45))
    figure.add_trace(figures.line(times, right, "c·n(n−1)/2", 0, 2))
    if post is not None:
        figure.add_trace(figures.line(times, post, t("原文：c·n", "the post: c·n")(lang), 3, 2, "dash"))
    figure.update_yaxes(range=[0, 105])
    return figure


def two_histograms(values: np.ndarray, by_time: np.ndarray, by_jumps: np.ndarray | None, lang: Lang) -> go.Figure:
    """Histogram of the protein by time spent, and by jumps as in the post."""
    figure = figures.chart(
        t("蛋白质 n 的直方图", "Histogram of the protein n")(lang),
        t("分子数", "molecules")(lang),
        t("份额", "share")(lang),
        440,
    )
    figure.add_trace(figures.bars(values, by_time, t("按停留时间", "by time spent")(lang), 0, 0.5))
    if by_jumps is not None:
        figure.add_trace(figures.line(values, by_jumps, t("原文：按跳跃次数", "the post: by jumps")(lang), 3, 2))
    figures.reference(figure, float(values @ by_time), f"{values @ by_time:.1f}", colour=0)
    if by_jumps is not None:
        figures.reference(
            figure, float(values @ by_jumps), f"{values @ by_jumps:.1f}", colour=3, annotation_position="bottom right"
        )
    figures.reference(figure, 50.0, "50", colour=1, annotation_position="top left")
    figure.update_layout(bargap=0)
    return figure
