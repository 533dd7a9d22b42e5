"""Figures of the page on det(exp A) = exp(tr A)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.maths.det_exp import Loss
from gallery import figures
from gallery.page import Lang, t

SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])


def flow(
    title: str,
    times: np.ndarray,
    squares: np.ndarray,
    paths: np.ndarray,
    areas: np.ndarray,
    law: np.ndarray,
    lang: Lang,
) -> go.Figure:
    """Left: the unit square [s, 5, 2] as it flows, and paths of points [s, m, 2]. Right: its area against exp(t tr A)."""
    figure = figures.panels(
        title, [t("单位正方形的流动", "the unit square flows")(lang), t("面积", "its area")(lang)], height=480
    )
    for k in range(paths.shape[1]):
        x, y = paths[:, k].T
        figure.add_trace(
            figures.line(x, y, t("轨迹", "paths")(lang), 3, 1, showlegend=k == 0, opacity=0.45, hoverinfo="skip"), 1, 1
        )
    for k, square in enumerate(squares):
        last = k == len(squares) - 1
        x, y = square.T
        colour, opacity = (1, 0.55) if last else (0, 0.06 + 0.2 * k / len(squares))
        name = f"t = {times[-1]:.2g}" if last else "t = 0 …"
        figure.add_trace(
            go.Scatter(x=x, y=y, mode="lines", fill="toself", fillcolor=figures.faded(colour, opacity), line={"color": figures.COLOURS[colour], "width": 2 if last else 0.7},
                       name=name, showlegend=last or k == 0, hoverinfo="skip"), 1, 1,
        )  # fmt: skip
    figure.add_trace(figures.line(times, law, "exp(t tr A)", 0, 6, opacity=0.35), 1, 2)
    figure.add_trace(figures.line(times, areas, "det exp(tA)", 1, 2), 1, 2)
    figure.update_xaxes(title_text="x", scaleanchor="y", row=1, col=1)
    figure.update_yaxes(title_text="y", row=1, col=1)
    figure.update_xaxes(title_text="t", row=1, col=2)
    figure.update_yaxes(rangemode="tozero", row=1, col=2)
    return figure


def series(
    title: str,
    terms: Sequence[int],
    errors: Sequence[float],
    bounds: Sequence[float],
    gaps: Sequence[float],
    now: int,
    lang: Lang,
) -> go.Figure:
    """Error of the series by its number of terms, its bound, and what the identity loses."""
    figure = figures.chart(title, t("项数", "terms")(lang), t("误差", "error")(lang), height=430)
    kept = [b if np.isfinite(b) else None for b in bounds]
    figure.add_trace(figures.line(list(terms), kept, t("余项界", "bound of the tail")(lang), 2, dash="dot"))
    figure.add_trace(figures.line(list(terms), list(errors), "‖Σ − exp A‖", 0))
    figure.add_trace(figures.line(list(terms), list(gaps), "|log det Σ − tr A|", 1))
    figures.reference(figure, now, t("现在", "now")(lang))
    figure.update_yaxes(type="log", exponentformat="power", dtick=4, range=[-17.5, min(np.log10(max(errors)) + 2, 18)])
    return figure


def loss(title: str, found: Loss, lang: Lang) -> go.Figure:
    """How the identity is lost as the matrix grows."""
    figure = figures.chart(title, t("尺度 s", "scale s")(lang), "|log det exp(sA) − s tr A|", height=460)
    figure.add_trace(figures.line(found.scales, found.double, "float64", 0))
    figure.add_trace(figures.line(found.scales, found.single, "float32", 1))
    guide = np.finfo(np.float64).eps * found.condition
    figure.add_trace(figures.line(found.scales, guide, t("ε × 条件数", "ε x condition")(lang), 2, dash="dot"))
    figures.reference(figure, 1.0, t("全错", "all wrong")(lang), axis="y")
    figure.update_xaxes(type="log")
    figure.update_yaxes(type="log", exponentformat="power", dtick=3)
    return figure


def matrices(a: np.ndarray, exponential: np.ndarray) -> go.Figure:
    """A matrix and its exponential, entries written in."""
    figure = figures.panels("exp A", ["A", "exp A"], height=400)
    for k, m in enumerate((a, exponential)):
        figure.add_trace(
            figures.heat(m, diverging=True, text=np.round(m, 3), texttemplate="%{text}", showscale=False), 1, k + 1
        )
    ticks = {"tickvals": list(range(len(a))), "ticktext": [str(k + 1) for k in range(len(a))]}
    figure.update_yaxes(autorange="reversed", **ticks)
    figure.update_xaxes(**ticks)
    return figure


def commutator(title: str, scales: np.ndarray, gaps: Sequence[float], halves: Sequence[float], lang: Lang) -> go.Figure:
    """exp(sA + sB) against exp(sA) exp(sB)."""
    figure = figures.chart(title, "s", t("范数", "norm")(lang), height=430)
    figure.add_trace(figures.line(scales, list(gaps), "‖exp(sA + sB) − exp(sA) exp(sB)‖", 0))
    figure.add_trace(figures.line(scales, list(halves), "½s²‖[A, B]‖", 1, dash="dash"))
    figure.update_xaxes(type="log")
    figure.update_yaxes(type="log", exponentformat="power")
    return figure
