"""Pictures of dependence: clouds, Gram matrices, null laws, power curves, matrices of p-values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from gallery import figures
from gallery.text import Lang, t

__all__ = ["dependence_matrix", "gram_steps", "null_law", "play", "power_curves"]

SHOWN_POINTS = 3000


def play(
    title: str,
    x: np.ndarray,
    y: np.ndarray,
    names: Sequence[str],
    values: Sequence[float],
    seen: Sequence[bool],
    lang: Lang,
) -> go.Figure:
    """The cloud at left; at right each measure's value, coloured by whether its test sees the dependence."""
    figure = figures.panels(
        title,
        ["", t("谁看得见？", "Who sees it?")(lang)],
        columns=2,
        height=480,
        column_widths=[0.54, 0.46],
        horizontal_spacing=0.08,
    )
    figure.add_trace(
        figures.points(x[:SHOWN_POINTS], y[:SHOWN_POINTS], t("样本", "samples")(lang), 0, 5, 0.55, showlegend=False),
        1,
        1,
    )
    colours = [figures.COLOURS[2] if s else figures.COLOURS[7] for s in seen]
    marks = ["✓" if s else "✗" for s in seen]
    places = np.arange(len(names))
    bars = go.Bar(
        y=places,
        x=np.abs(values),
        width=0.3,
        orientation="h",
        marker={"color": colours},
        showlegend=False,
        hoverinfo="skip",
    )
    figure.add_trace(bars, 1, 2)
    for place, name, value, mark in zip(places, names, values, marks, strict=True):  # over its bar: room on a phone too
        figure.add_annotation(
            x=0,
            y=place - 0.18,
            text=f"{mark} {name} <b>{value:.3f}</b>",
            font_size=12,
            showarrow=False,
            xanchor="left",
            yanchor="bottom",
            row=1,
            col=2,
        )
    figure.update_xaxes(title_text="x", constrain="domain", row=1, col=1)
    figure.update_yaxes(title_text="y", scaleanchor="x", constrain="domain", row=1, col=1)
    figure.update_xaxes(
        title_text=t("量的绝对值", "absolute value")(lang),
        range=[0, 1.1 * max(float(np.max(np.abs(values))), 1.0)],
        row=1,
        col=2,
    )
    figure.update_yaxes(range=[len(names) - 0.6, -0.8], showticklabels=False, showgrid=False, ticks="", row=1, col=2)
    return figure


def gram_steps(title: str, grams: Sequence[np.ndarray], names: Sequence[str], order_note: str, lang: Lang) -> go.Figure:
    """K, L, their centred forms and the product, as heat maps; samples are sorted by x."""
    figure = figures.panels(
        title, list(names), rows=2, columns=3, height=560, horizontal_spacing=0.05, vertical_spacing=0.1
    )
    for i, gram in enumerate(grams):
        row, column = divmod(i, 3)
        limit = float(np.abs(gram).max()) or 1.0
        diverging = i >= 3
        heat = figures.heat(gram, names[i], diverging, showscale=False, zmin=-limit if diverging else 0, zmax=limit)
        figure.add_trace(heat, row + 1, column + 1)
        note = order_note if (row, column) == (1, 1) else ""
        figure.update_xaxes(
            showticklabels=False, ticks="", constrain="domain", title_text=note, row=row + 1, col=column + 1
        )
        figure.update_yaxes(
            showticklabels=False, ticks="", autorange="reversed", scaleanchor=f"x{i + 1}" if i else "x",
            constrain="domain", row=row + 1, col=column + 1,
        )  # fmt: skip
    return figure


def null_law(
    title: str, null: np.ndarray, statistic: float, gamma: tuple[np.ndarray, np.ndarray] | None, p: float, lang: Lang
) -> go.Figure:
    """Histogram of the shuffled statistics, the gamma approximation, and where the data stand."""
    figure = figures.chart(title, "HSIC = tr(KHLH)/n²", t("密度", "density")(lang), 460)
    high = max(float(null.max()), statistic) * 1.08
    counts, edges = np.histogram(null, 60, (0, high), density=True)
    figure.add_trace(
        figures.bars(
            (edges[1:] + edges[:-1]) / 2, counts, t(f"{len(null)} 次打乱", f"{len(null)} shuffles")(lang), 0, 0.5
        )
    )
    if gamma is not None:
        figure.add_trace(figures.line(gamma[0], gamma[1], t("Γ 近似", "gamma approximation")(lang), 2, 2))
    figures.reference(
        figure,
        statistic,
        t(f"数据：p = {p:.4g}", f"the data: p = {p:.4g}")(lang),
        annotation_position="top left" if statistic > high / 2 else "top right",
    )
    figure.update_layout(bargap=0)
    figure.update_xaxes(range=[0, high])
    return figure


def power_curves(
    title: str,
    axis: str,
    places: Sequence[float],
    shares: Mapping[str, Sequence[float]],
    repeats: int,
    alpha: float,
    log: bool,
    lang: Lang,
) -> go.Figure:
    """Shares of rejections at the places measured so far, with two standard errors; dashed where independence is true."""
    figure = figures.chart(title, axis, t("拒绝独立的比例", "share of tests that reject")(lang), 460)
    for i, (name, values) in enumerate(shares.items()):
        p, x = np.asarray(values), np.asarray(places[: len(values)])
        colour, dash = (0, 3)[i % 2], "solid" if i < 2 else "dot"
        error = 2 * np.sqrt(np.maximum(p * (1 - p), 0.25 / repeats) / repeats)
        if i < 2:
            figure.add_trace(
                figures.band(
                    x, np.maximum(p - error, 0), np.minimum(p + error, 1), name, colour, 0.12, showlegend=False
                )
            )
        line = {"color": figures.COLOURS[colour], "width": 2, "dash": dash}
        figure.add_trace(go.Scatter(x=x, y=p, name=name, mode="lines+markers", line=line))
    figures.reference(figure, alpha, f"α = {alpha:g}", axis="y", colour=7)
    if log:
        figure.update_xaxes(
            type="log", range=[np.log10(places[0] * 0.9), np.log10(places[-1] * 1.1)], tickvals=list(places)
        )
    else:
        figure.update_xaxes(range=[places[0] - 0.02, places[-1] + 0.02])
    figure.update_yaxes(range=[-0.02, 1.04])
    return figure


def dependence_matrix(
    title: str, names: Sequence[str], strength: np.ndarray, adjusted: np.ndarray, lang: Lang
) -> go.Figure:
    """Strength of every pair (normalised HSIC), with the Holm-adjusted p-value written in; NaN is still to come."""
    label = np.where(
        np.isnan(adjusted),
        "",
        np.where(
            adjusted < 0.05,
            np.char.mod("%.3f ✓", np.nan_to_num(adjusted)),
            np.char.mod("%.2f", np.nan_to_num(adjusted)),
        ),
    )
    figure = figures.chart(title, "", "", max(420, 44 * len(names) + 160))
    shown = len(names) <= 14
    figure.add_trace(figures.heat(strength, "HSIC", x=list(names), y=list(names), zmin=0, zmax=1, text=label, texttemplate="%{text}" if shown else None,
                                  colorbar={"title": {"text": t("归一化 HSIC", "normalised HSIC")(lang), "side": "right"}, "thickness": 12}))  # fmt: skip
    figure.update_yaxes(autorange="reversed", ticks="")
    figure.update_xaxes(ticks="", side="bottom")
    return figure
