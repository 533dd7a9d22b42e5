"""Figures of the page on determinants of matrices that are not square."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from gallery import figures
from gallery.page import Lang, t

AXES = "xyz"


def shadows(
    title: str, a: np.ndarray, b: np.ndarray, planes: np.ndarray, area: float, reach: float, lang: Lang
) -> go.Figure:
    """The parallelogram of a, b [3] and its shadows on the three coordinate planes."""
    corners = np.stack([np.zeros(3), a, a + b, b])
    figure = go.Figure()
    figure.update_layout(title_text=title, height=560, margin={"l": 24, "r": 0, "b": 0})
    for axis in range(3):
        flat = corners.copy()
        flat[:, axis] = -0.985 * reach  # before the wall, which it would else flicker with
        kept = [AXES[k] for k in range(3) if k != axis]
        figure.add_trace(
            _sheet(
                flat,
                t(f"{''.join(kept)} 面上 {abs(planes[axis]):.2f}", f"on {''.join(kept)}: {abs(planes[axis]):.2f}")(
                    lang
                ),
                axis + 1,
                0.45,
            )
        )
    figure.add_trace(_sheet(corners, t(f"平行四边形 {area:.2f}", f"parallelogram {area:.2f}")(lang), 0, 0.8))
    for vector, name in ((a, "a"), (b, "b")):
        x, y, z = np.stack([np.zeros(3), vector]).T
        figure.add_trace(
            go.Scatter3d(
                x=x,
                y=y,
                z=z,
                mode="lines+text",
                text=["", name],
                line={"width": 7, "color": figures.COLOURS[0]},
                name=name,
                showlegend=False,
            )
        )
    span = [-reach, reach]
    figure.update_scenes(
        xaxis_range=span,
        yaxis_range=span,
        zaxis_range=span,
        aspectmode="cube",
        camera_eye={"x": 1.5, "y": 1.35, "z": 0.9},
    )
    return figure


def _sheet(corners: np.ndarray, name: str, colour: int, opacity: float) -> go.Mesh3d:
    x, y, z = corners.T
    shade = figures.COLOURS[colour % len(figures.COLOURS)]
    return go.Mesh3d(
        x=x,
        y=y,
        z=z,
        i=[0, 0],
        j=[1, 2],
        k=[2, 3],
        color=shade,
        opacity=opacity,
        name=name,
        showlegend=True,
        hoverinfo="name",
        flatshading=True,
    )


def terms(title: str, names: Sequence[str], squares: Sequence[float], lang: Lang) -> go.Figure:
    """Cauchy-Binet's terms: the squares of the minors."""
    figure = figures.chart(title, t("取哪几行", "rows kept")(lang), t("子式的平方", "minor squared")(lang))
    figure.add_trace(figures.bars(list(names), squares, t("子式²", "minor²")(lang), 0, 0.8))
    figure.update_xaxes(type="category")
    figure.update_layout(showlegend=False)
    return figure


def parting(title: str, gaps: np.ndarray, errors: Mapping[str, np.ndarray], lang: Lang) -> go.Figure:
    """Relative errors of the routes by how nearly parallel two columns are."""
    figure = figures.chart(
        title, t("ε（越小越平行）", "ε (the smaller, the more parallel)")(lang), t("相对误差", "relative error")(lang)
    )
    for k, (name, values) in enumerate(errors.items()):
        figure.add_trace(
            figures.line(
                gaps, np.maximum(values, 1e-17), name, k, 3 if k == 0 else 2, ("solid", "solid", "dash", "dot")[k]
            )
        )
    figure.update_xaxes(type="log", exponentformat="power")
    figure.update_yaxes(type="log", exponentformat="power", range=[-17.3, 1])
    return figure


def cloud(title: str, left: np.ndarray, right: np.ndarray, lang: Lang) -> go.Figure:
    """|det(AB)| against |det A||det B|."""
    figure = figures.chart(title, "|det A|·|det B|", "|det(AB)|", height=460)
    figure.add_trace(figures.points(right, left, t("随机矩阵", "random matrices")(lang), 0, 6))
    ends = [float(min(left.min(), right.min())), float(max(left.max(), right.max()))]
    figure.add_trace(figures.line(ends, ends, t("相等", "equal")(lang), 1, dash="dash"))
    figure.update_xaxes(type="log")
    figure.update_yaxes(type="log")
    return figure


def surface(title: str, points: np.ndarray, density: np.ndarray, lang: Lang) -> go.Figure:
    """A surface [m, n, 3] coloured by its area element."""
    figure = go.Figure()
    figure.update_layout(title_text=title, height=520, margin={"l": 24, "r": 0, "b": 0})
    x, y, z = np.moveaxis(points, -1, 0)
    scale = [[k / (len(figures.SEQUENTIAL) - 1), c] for k, c in enumerate(figures.SEQUENTIAL)]
    bar = {"title": t("面积元", "area element")(lang), "thickness": 14}
    figure.add_trace(go.Surface(x=x, y=y, z=z, surfacecolor=density, colorscale=scale, colorbar=bar))
    figure.update_scenes(aspectmode="data")
    return figure


def convergence(title: str, steps: Sequence[int], errors: Sequence[float], lang: Lang) -> go.Figure:
    """Relative error of the area by the number of cells a side."""
    figure = figures.chart(
        title, t("每边格数 n", "cells a side n")(lang), t("相对误差", "relative error")(lang), height=340
    )
    figure.add_trace(figures.line(list(steps), list(errors), t("中点法", "midpoint rule")(lang), 0))
    figure.update_xaxes(type="log")
    figure.update_yaxes(type="log")
    figure.update_layout(showlegend=False)
    return figure
