"""Figures of the page on det(exp A) = exp(tr A)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.maths.det_exp import Loss
from gallery import figures
from gallery.page import Lang, t

SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])


CUBE = np.array([[x, y, z] for x in (0.0, 1.0) for y in (0.0, 1.0) for z in (0.0, 1.0)])
EDGES = [(0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 3), (2, 6), (3, 7), (4, 5), (4, 6), (5, 7), (6, 7)]


def box(
    title: str, boxes: np.ndarray, times: np.ndarray, volumes: np.ndarray, law: np.ndarray, last: float, lang: Lang
) -> go.Figure:
    """Left: the unit cube [3, 8, 3] at the start, half-way and the end. Right: its volume against exp(t tr A)."""
    figure = figures.panels(
        title,
        [t("立方体", "The cube")(lang), t("体积", "Its volume")(lang)],
        height=480,
        columns=2,
        specs=[[{"type": "scene"}, {"type": "xy"}]],
        column_widths=[0.6, 0.4],
    )
    for k, corners in enumerate(boxes):
        colour, opacity = ((7, 0.12), (0, 0.18), (1, 0.45))[k]
        shade = figures.COLOURS[colour]
        figure.add_trace(
            go.Mesh3d(
                x=corners[:, 0],
                y=corners[:, 1],
                z=corners[:, 2],
                alphahull=0,
                color=shade,
                opacity=opacity,
                hoverinfo="skip",
                name=f"t = {last * k / 2:g}",
                showlegend=True,
                flatshading=True,
            ),
            1,
            1,
        )
        path = np.array([np.stack([corners[i], corners[j], np.full(3, np.nan)]) for i, j in EDGES]).reshape(-1, 3)
        figure.add_trace(
            go.Scatter3d(
                x=path[:, 0],
                y=path[:, 1],
                z=path[:, 2],
                mode="lines",
                line={"color": shade, "width": 4},
                showlegend=False,
                hoverinfo="skip",
            ),
            1,
            1,
        )
    figure.add_trace(figures.line(times, law, "exp(t tr A)", 0, 6, opacity=0.35), 1, 2)
    figure.add_trace(figures.line(times, volumes, "det exp(tA)", 1, 2), 1, 2)
    figure.update_scenes(aspectmode="data")
    figure.update_xaxes(title_text="t", row=1, col=2)
    figure.update_yaxes(rangemode="tozero", row=1, col=2)
    return figure


def logarithm(
    title: str, errors: np.ndarray, angles: np.ndarray, turns: tuple[np.ndarray, np.ndarray, np.ndarray], lang: Lang
) -> go.Figure:
    """Left: error of the log series by its terms. Right: imaginary parts of tr A, tr log e^A and Log det e^A as A turns."""
    figure = figures.panels(
        title, [t("级数的误差", "Error of the series")(lang), t("虚部", "Imaginary parts")(lang)], columns=2, height=460
    )
    figure.add_trace(
        figures.line(np.arange(1, len(errors) + 1), errors, "|tr Σ − log det B|", 0, 3, showlegend=False), 1, 1
    )
    for values, name, colour, dash in zip(
        turns, ("tr A", "tr log exp A", "Log det exp A"), (7, 0, 1), ("dash", "solid", "dot"), strict=True
    ):
        figure.add_trace(figures.line(angles, values, name, colour, 2.5, dash), 1, 2)
    figure.update_xaxes(title_text=t("项数", "terms")(lang), row=1, col=1)
    figure.update_yaxes(type="log", exponentformat="power", row=1, col=1)
    figure.update_xaxes(
        title_text="α", tickvals=[k * np.pi for k in range(5)], ticktext=["0", "π", "2π", "3π", "4π"], row=1, col=2
    )
    return figure


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
