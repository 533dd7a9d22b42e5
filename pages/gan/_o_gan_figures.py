"""Pictures of O-GAN's codes, planes, scores and runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from gallery import figures
from gallery.text import Lang, t

__all__ = ["code", "curves", "dial", "plane"]

BINS = 24


def code(values: np.ndarray, lang: Lang) -> go.Figure:
    """The entries of E(x), and of N(E(x)) against the standard normal's density."""
    names = [
        t("E(x) 的各分量", "entries of E(x)")(lang),
        t("N(E(x)) 的各分量，与 N(0, 1)", "entries of N(E(x)), and N(0, 1)")(lang),
    ]
    figure = figures.panels(t("编码长什么样？", "What does the code look like?")(lang), names, columns=2, height=300)
    standard = (values - values.mean()) / values.std()
    for column, data in enumerate((values, standard), 1):
        figure.add_trace(
            go.Histogram(x=data, nbinsx=BINS, histnorm="probability density", marker_color=figures.COLOURS[column - 1], showlegend=False), 1, column
        )  # fmt: skip
    grid = np.linspace(-3.5, 3.5, 80)
    figure.add_trace(
        figures.line(grid, np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi), "N(0, 1)", 3, showlegend=False), 1, 2
    )
    figure.update_xaxes(title_text=t("分量的值", "value of an entry")(lang))
    figure.update_yaxes(title_text=t("密度", "density")(lang), col=1)
    return figure


def plane(
    chart: np.ndarray, here: np.ndarray, place: tuple[float, float], span: tuple[float, float], lang: Lang
) -> go.Figure:
    """The plane as a chart of pictures with its three codes and the place, and the picture there."""
    from PIL import Image

    low, high = span
    figure = figures.panels(
        t("三个编码张成的平面", "The plane of three codes")(lang), ["", t("这一点上的图", "The picture at this place")(lang)],
        columns=2, height=430, column_widths=[0.56, 0.44],
    )  # fmt: skip
    size = high - low
    figure.add_layout_image(
        source=Image.fromarray(chart), xref="x", yref="y", x=low, y=high, sizex=size, sizey=size, sizing="stretch", layer="below"
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(x=[0, 1, 0], y=[0, 0, 1], mode="markers+text", text=["z₀", "z₁", "z₂"], textposition="top right", textfont={"size": 16, "color": "#fff"},
                   marker={"size": 11, "color": "#fff", "line": {"color": "#000", "width": 1.5}}, showlegend=False, hoverinfo="skip"), 1, 1,
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(x=[place[0]], y=[place[1]], mode="markers", marker={"size": 20, "symbol": "cross-thin", "line": {"color": figures.COLOURS[1], "width": 4}}, showlegend=False), 1, 1,
    )  # fmt: skip
    figure.add_layout_image(
        source=Image.fromarray(here), xref="x2", yref="y2", x=0, y=1, sizex=1, sizey=1, sizing="stretch", layer="above"
    )
    figure.update_xaxes(title_text="x", range=[low, high], constrain="domain", showgrid=False, zeroline=False, col=1)
    figure.update_yaxes(
        title_text="y", range=[low, high], scaleanchor="x", constrain="domain", showgrid=False, zeroline=False, col=1
    )
    figure.update_xaxes(visible=False, range=[0, 1], constrain="domain", col=2)
    figure.update_yaxes(visible=False, range=[0, 1], scaleanchor="x2", constrain="domain", col=2)
    return figure


def dial(
    rho_before: np.ndarray, rho_after: np.ndarray, score_before: np.ndarray, score_after: np.ndarray, lang: Lang
) -> go.Figure:  # fmt: skip
    """ρ and the critic's score of the same codes, before and after avg and std were turned."""
    titles = [
        t("ρ：一点不动", "ρ: does not move")(lang),
        t("打分 avg：整体平移", "The score avg: moves as a whole")(lang),
    ]
    figure = figures.panels(t("转动 avg 与 std", "Turning avg and std")(lang), titles, columns=2, height=420)
    for column, (a, b) in enumerate(((rho_before, rho_after), (score_before, score_after)), 1):
        shown = column == 1
        low, high = min(a.min(), b.min()), max(a.max(), b.max())
        bins = {"start": float(low), "end": float(high) + 1e-6, "size": float(max(high - low, 1e-6) / (2 * BINS))}
        for values, name, colour in ((a, t("转动前", "before")(lang), 0), (b, t("转动后", "after")(lang), 1)):
            trace = go.Histogram(
                x=values, xbins=bins, name=name, marker_color=figures.faded(colour, 0.55), showlegend=shown, legendgroup=name
            )  # fmt: skip
            figure.add_trace(trace, 1, column)
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(title_text="ρ(z, E(G(z)))", col=1)
    figure.update_xaxes(title_text=t("avg E(G(z))，越低越像真图", "avg E(G(z)), lower is more real")(lang), col=2)
    figure.update_yaxes(title_text=t("编码个数", "codes")(lang), col=1)
    return figure


def curves(log: Sequence[Mapping[str, float]], lang: Lang) -> go.Figure:
    """ρ, reconstruction ratio and pair diversity over the run."""
    figure = figures.chart(
        t("ρ 高不等于成功：还要看重建与多样性", "A high ρ is no success: look at reconstruction and diversity")(lang),
        t("训练步数", "training steps")(lang), t("无量纲", "dimensionless")(lang), 380,
    )  # fmt: skip
    steps = [row["step"] for row in log]
    names = {
        "rho": "ρ(z, E(G(z)))", "reconstruction ratio": t("重建误差比（留出图）", "reconstruction ratio, held out")(lang),
        "pair diversity": t("样本多样性 / 真图", "pair diversity, samples over real")(lang),
    }  # fmt: skip
    for place, (key, name) in enumerate(names.items()):
        figure.add_trace(figures.line(steps, [row[key] for row in log], name, place))
    figure.update_yaxes(rangemode="tozero")
    return figure
