"""Figures: the Plotly pieces that many pages need, so that all pages look alike and say their axes.

Colours are by role, from the house's middle tones, so that a figure reads in both themes without knowing either.
Front ends lay the theme's template over what is made here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gallery.theme import COLOURS, DIVERGING, SEQUENTIAL

__all__ = [
    "COLOURS",
    "SEQUENTIAL",
    "band",
    "bars",
    "chart",
    "faded",
    "heat",
    "line",
    "many_lines",
    "panels",
    "points",
    "reference",
]


def chart(title: str, x: str, y: str, height: int = 460, **layout: Any) -> go.Figure:
    """An empty figure with a title and named axes (say the unit in the name)."""
    figure = go.Figure()
    figure.update_layout(title_text=title, height=height, xaxis_title=x, yaxis_title=y, **layout)
    return figure


def panels(
    title: str, titles: Sequence[str], rows: int = 1, columns: int = 0, height: int = 460, **options: Any
) -> go.Figure:  # fmt: skip
    """An empty figure of several panels, each with its own title."""
    columns = columns or -(-len(titles) // rows)
    figure = make_subplots(rows, columns, subplot_titles=list(titles), **options)
    # Title, legend and the panels' own titles below one another, whatever the height.
    figure.update_layout(
        title_text=title, height=height, margin_t=112, title_y=1 - 22 / height,
        legend={"yref": "container", "y": 1 - 44 / height, "yanchor": "top"},
    )  # fmt: skip
    return figure


def line(
    x: Any, y: Any, name: str, colour: int | str = 0, width: float = 2, dash: str = "solid", **more: Any
) -> go.Scatter:
    """A line; ``colour`` is a place in the house's palette or a CSS colour."""
    return go.Scatter(
        x=x, y=y, name=name, mode="lines", line={"color": _colour(colour), "width": width, "dash": dash}, **more
    )  # fmt: skip


def many_lines(
    x: np.ndarray, ys: np.ndarray, name: str, colour: int | str = 0, width: float = 1, **more: Any
) -> go.Scattergl:
    """Many lines as one WebGL trace with gaps: ``ys`` is [lines, points]. 200 separate traces arrive too slowly."""
    count = len(ys)
    gap = np.full((count, 1), np.nan)
    flat_x = np.concatenate([np.broadcast_to(x, (count, len(x))), gap], 1).ravel()
    flat_y = np.concatenate([np.asarray(ys, float), gap], 1).ravel()
    return go.Scattergl(
        x=flat_x, y=flat_y, name=name, mode="lines", line={"color": _colour(colour), "width": width},
        hoverinfo="skip", **more,
    )  # fmt: skip


def band(
    x: Any, low: Any, high: Any, name: str, colour: int | str = 0, opacity: float = 0.2, **more: Any
) -> go.Scatter:
    """The area between two curves."""
    low, high, x = np.asarray(low), np.asarray(high), np.asarray(x)
    return go.Scatter(
        x=np.concatenate([x, x[::-1]]), y=np.concatenate([high, low[::-1]]), name=name, fill="toself",
        fillcolor=faded(colour, opacity), line={"width": 0}, mode="lines", hoverinfo="skip", **more,
    )  # fmt: skip


def points(
    x: Any, y: Any, name: str, colour: int | str = 0, size: float = 5, opacity: float = 0.6, **more: Any
) -> go.Scattergl:
    """A cloud of points (WebGL)."""
    return go.Scattergl(
        x=x, y=y, name=name, mode="markers",
        marker={"color": _colour(colour), "size": size, "opacity": opacity, "line": {"width": 0}}, **more,
    )  # fmt: skip


def bars(x: Any, y: Any, name: str, colour: int | str = 0, opacity: float = 0.55, **more: Any) -> go.Bar:
    """Bars, as of a histogram."""
    return go.Bar(x=x, y=y, name=name, marker={"color": faded(colour, opacity), "line": {"width": 0}}, **more)


def heat(z: Any, name: str = "", diverging: bool = False, **more: Any) -> go.Heatmap:
    """A heat map; ``diverging`` centres the colours on zero."""
    colours = DIVERGING if diverging else SEQUENTIAL
    scale = [[i / (len(colours) - 1), c] for i, c in enumerate(colours)]
    return go.Heatmap(z=z, name=name, colorscale=scale, zmid=0 if diverging else None, **more)


def reference(figure: go.Figure, value: float, text: str, axis: str = "x", colour: int | str = 1, **more: Any) -> None:
    """Draw a dashed line at ``value`` with its meaning beside it."""
    add = figure.add_vline if axis == "x" else figure.add_hline
    add(value, line={"color": _colour(colour), "dash": "dash", "width": 1.5}, annotation_text=text, **more)


def faded(colour: int | str, opacity: float) -> str:
    """The colour as CSS rgba."""
    value = _colour(colour).lstrip("#")
    red, green, blue = (int(value[i : i + 2], 16) for i in (0, 2, 4))
    return f"rgba({red},{green},{blue},{opacity:g})"


def _colour(colour: int | str) -> str:
    return COLOURS[colour % len(COLOURS)] if isinstance(colour, int) else colour
