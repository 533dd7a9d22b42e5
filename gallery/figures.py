"""Figures: panels on which a page draws, so that all figures look alike and no page indexes Plotly's subplots.

::

    figure, panel = figures.panel("The share settles within 0.01 of p", x="throws", y="share")
    panel.line(range(1, 1001), shares, "p̂")
    panel.level(0.5, "p")

What every figure keeps, without a word from the page: lines are named where they end, with a legend for the rest; title,
legend, panel titles and labels never cover each other; ranges are fixed (the data's own where the page gives none);
below 600 pixels panels stand one under another. Colours are by role, from the house's middle tones, so that a figure
reads in both themes without knowing either: front ends lay the theme's template over what is made here.

``layout.meta`` tells the front end the rest: ``narrow`` and ``middle``, the changes of the layout for less width;
``handles``, the points that the reader drags; ``ghost``, whether the last setting may stay behind.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from gallery.outputs import DEFAULT_HEIGHT, png_bytes
from gallery.placement import LINE, legend_rows, lines_of, spread, text_width, tick_width, wrapped
from gallery.theme import COLOURS, DIVERGING, SEQUENTIAL

__all__ = ["COLOURS", "DIVERGING", "SEQUENTIAL", "Axes", "Panel", "faded", "film", "panel", "panels", "space"]

Colour = int | str
Span = tuple[float, float]

WIDE, MIDDLE, NARROW = 860, 600, 330
"""Least widths, in CSS pixels, for which the three forms of a figure are laid out."""
TITLE, TITLE_NARROW, HEAD, LABEL, TICK = 16, 14, 13, 12, 12
"""Font sizes: title, its narrow form, titles of panels and axes, labels in the picture, numbers at the axes."""
END_ROOM = {WIDE: 150, MIDDLE: 116, NARROW: 84}  # at most this much stands beside a panel for the names of its lines
STACKED = 210  # height of a panel's plane in a stack
LEAST_PLANE = 110  # no plane gets lower than this; the figure grows instead
SVG_POINTS = 1500  # more points than this are drawn by WebGL
SMALL_PICTURE = 256  # pixels: smaller pictures are sent enlarged, so that their pixels stay squares


@dataclass(frozen=True, slots=True)
class Axes:
    """What one panel is: its title and axes. Name units in ``x`` and ``y``; without ranges the data's own are kept."""

    title: str = ""
    x: str = ""
    y: str = ""
    x_range: Span | None = None
    y_range: Span | None = None
    x_log: bool = False
    y_log: bool = False
    square: bool = False
    """Equal units along both axes."""
    x_ticks: Mapping[float, str] | None = None
    y_ticks: Mapping[float, str] | None = None
    grid: bool = True
    axes: bool = True
    """False: no axes at all, as for pictures."""
    from_zero: bool = False
    """The y axis starts at 0."""


def panel(
    title: str, x: str = "", y: str = "", height: int = DEFAULT_HEIGHT, ghost: bool = False, **axes: Any
) -> tuple[go.Figure, Panel]:  # fmt: skip
    """A figure of one panel; ``axes`` are the fields of :class:`Axes`."""
    figure, (only,) = panels(title, [Axes("", x, y, **axes)], height=height, ghost=ghost)
    return figure, only


def panels(
    title: str, axes: Sequence[Axes], columns: int = 0, height: int = DEFAULT_HEIGHT,
    widths: Sequence[float] | None = None, shared_x: bool = False, shared_y: bool = False, ghost: bool = False,
) -> tuple[go.Figure, list[Panel]]:  # fmt: skip
    """A figure of several panels in rows of ``columns`` (0: all in one row), whose relative ``widths`` may differ.

    ``shared_x``, ``shared_y``: all panels have one range, and axes are named at the border alone. ``ghost`` offers to
    keep the last setting behind the new one.
    """
    columns = min(columns or len(axes), len(axes))
    sheet = _Sheet(go.Figure(), title, columns, height, tuple(widths or [1.0] * columns), shared_x, shared_y, ghost)
    sheet.panels.extend(Panel(sheet, k, a) for k, a in enumerate(axes))
    sheet.place()
    return sheet.figure, sheet.panels


@dataclass(slots=True)
class _Label:
    """A text beside a point of the plane: a line's name at its end (``at`` as drawn, logarithms on log axes)."""

    at: tuple[float, float]
    text: str
    colour: str
    trace: int | None = None  # the trace that goes into the legend where labels do not fit
    margin: bool = False  # stands in the right margin whatever the x range


@dataclass(slots=True)
class _Above:
    """A text over a vertical line, above the plane."""

    x: float
    text: str
    colour: str


class Panel:
    """One pair of axes to draw on. Colours are places in the house's palette or CSS colours."""

    def __init__(self, sheet: _Sheet, number: int, axes: Axes) -> None:
        self.axes = axes
        self.figure = sheet.figure
        self._sheet = sheet
        self._suffix = "" if number == 0 else str(number + 1)
        self._labels: list[_Label] = []
        self._above: list[_Above] = []
        self._notes: list[dict[str, Any]] = []
        self._extent = {"x": _Extent(axes.x_log), "y": _Extent(axes.y_log)}
        self._scale: tuple[int, str] | None = None  # the trace with a colour bar and that bar's title

    def line(
        self, x: Any, y: Any, name: str = "", colour: Colour = 0, width: float = 2,
        dash: Literal["solid", "dash", "dot"] = "solid", end: bool = True,
    ) -> None:  # fmt: skip
        """A line; its name stands where the line ends, or in the legend with ``end=False``."""
        shape = {"color": _colour(colour), "width": width, "dash": dash}
        self._curve(x, y, name, _colour(colour), end, line=shape)

    def steps(self, x: Any, y: Any, name: str = "", colour: Colour = 0, width: float = 2, end: bool = True) -> None:
        """A staircase: y[i] from x[i] to x[i+1]."""
        self._curve(x, y, name, _colour(colour), end, line={"color": _colour(colour), "width": width, "shape": "hv"})

    def lines(
        self, x: Any, ys: Any, name: str = "", colour: Colour = 7, width: float = 1, opacity: float = 0.6
    ) -> None:  # fmt: skip
        """Many lines as one WebGL trace with gaps: ``ys`` is [lines, points]. Separate traces arrive too slowly."""
        ys = np.asarray(ys, float)
        gap = np.full((len(ys), 1), np.nan)
        flat_x = np.concatenate([np.broadcast_to(np.asarray(x, float), ys.shape), gap], 1).ravel()
        flat_y = np.concatenate([ys, gap], 1).ravel()
        self._seen(x, ys, x_tight=True)
        self._put(
            go.Scattergl(
                x=flat_x, y=flat_y, mode="lines", line={"color": _colour(colour), "width": width}, opacity=opacity,
                hoverinfo="skip",
            ),
            name,
        )  # fmt: skip

    def points(
        self, x: Any, y: Any, name: str = "", colour: Any = 0, size: float = 5, opacity: float = 0.6,
        text: Sequence[str] | None = None, symbol: str = "circle",
    ) -> None:  # fmt: skip
        """A cloud of points. ``colour`` may be an array: whole numbers are places in the palette, others a scale."""
        marker: dict[str, Any] = {"size": size, "opacity": opacity, "symbol": symbol, "line": {"width": 0}}
        if isinstance(colour, int | str):
            marker["color"] = _colour(colour)
        elif np.asarray(colour).dtype.kind in "iub":
            marker["color"] = [_colour(int(c)) for c in np.asarray(colour)]
        else:
            marker |= {"color": colour, "colorscale": None if np.asarray(colour).dtype.kind in "UO" else _stops(SEQUENTIAL)}
        kind = go.Scatter if np.size(y) <= SVG_POINTS else go.Scattergl
        hover = {"hovertext": text, "hoverinfo": "text"} if text is not None else {}
        self._seen(x, y)
        self._put(kind(x=_sent(x), y=_sent(y), mode="markers", marker=marker, **hover), name)

    def bars(
        self, x: Any, y: Any, name: str = "", colour: Any = 0, opacity: float = 0.55, width: Any = None,
        horizontal: bool = False,
    ) -> None:  # fmt: skip
        """Bars, as of a histogram: y at x; with ``horizontal`` they lie, y being their length and x their place."""
        many = not isinstance(colour, int | str)
        fill = [faded(c, opacity) for c in colour] if many else faded(colour, opacity)
        places, ends = ("y", "x") if horizontal else ("x", "y")
        self._extent[places].see(x)
        if self._extent[places].names:
            self._extent[places].see([-0.5, len(self._extent[places].names) - 0.5], tight=True)
        elif len(numbers := np.sort(_numbers(x))):
            gaps = np.diff(numbers)
            half = (float(np.max(width)) if width is not None else float(gaps.min()) if len(gaps) else 1.0) / 2
            self._extent[places].see([numbers[0] - half, numbers[-1] + half], tight=True)
        self._extent[ends].see(y)
        if not self._extent[ends].log:
            self._extent[ends].see([0.0], tight=True)
        self._sheet.bars(grouped=bool(self._extent[places].names))
        values = {places: _sent(x), ends: _sent(y), "orientation": "h" if horizontal else "v", "width": width}
        self._put(go.Bar(**values, marker={"color": fill, "line": {"width": 0}}), name)

    def band(self, x: Any, low: Any, high: Any, name: str = "", colour: Colour = 0, opacity: float = 0.2) -> None:
        """The area between two curves."""
        low, high, x = np.asarray(low, float), np.asarray(high, float), np.asarray(x, float)
        self._seen(x, np.concatenate([low, high]), x_tight=True)
        self._put(
            go.Scatter(
                x=np.concatenate([x, x[::-1]]), y=np.concatenate([high, low[::-1]]), fill="toself", mode="lines",
                fillcolor=faded(colour, opacity), line={"width": 0}, hoverinfo="skip",
            ),
            name,
        )  # fmt: skip

    def heat(
        self, z: Any, x: Any = None, y: Any = None, diverging: bool = False, low: float | None = None,
        high: float | None = None, scale: str = "", text: Any = None,
    ) -> None:  # fmt: skip
        """A heat map of z [y, x]; ``diverging`` centres the colours on zero. ``scale`` names the colour bar; "" is none."""
        z = np.asarray(z, float)
        if diverging:
            known = z[np.isfinite(z)]
            most = max((abs(v) for v in (low, high) if v is not None), default=float(np.abs(known).max(initial=0)) or 1.0)
            low, high = -most, most
        for name, values, count in (("x", x, z.shape[1]), ("y", y, z.shape[0])):
            self._extent[name].see(_edges(values, count), tight=True)
        shown = {} if text is None else {"text": text, "texttemplate": "%{text}", "textfont": {"size": LABEL}}
        trace = go.Heatmap(
            z=z, x=_sent(x), y=_sent(y), zmin=low, zmax=high, colorscale=_stops(DIVERGING if diverging else SEQUENTIAL),
            showscale=bool(scale), **shown,
        )  # fmt: skip
        if scale:
            self._scale = (len(self.figure.data), scale)
        self._put(trace, "")

    def regions(self, x: Any, y: Any, share: Any, step: float = 0.1, opacity: float = 0.5) -> None:
        """The plane shaded by p(second class) [y, x]: the first two colours, clear at one half."""
        self._seen(x, y, x_tight=True, y_tight=True)
        self._put(
            go.Contour(
                x=_sent(x), y=_sent(y), z=np.asarray(share, float), showscale=False, line_width=0, hoverinfo="skip",
                contours={"start": 0.0, "end": 1.0, "size": step, "coloring": "fill"},
                colorscale=[[0, faded(0, opacity)], [0.5, "rgba(255,255,255,0)"], [1, faded(1, opacity)]],
            ),
            "",
        )  # fmt: skip

    def contours(
        self, x: Any, y: Any, z: Any, levels: Sequence[float], name: str = "", colour: Colour = 0, width: float = 1.5
    ) -> None:  # fmt: skip
        """Lines on which z [y, x] has the given values."""
        self._seen(x, y, x_tight=True, y_tight=True)
        for k, level in enumerate(np.asarray(levels, float).tolist()):
            trace = go.Contour(
                x=_sent(x), y=_sent(y), z=np.asarray(z, float), showscale=False, hoverinfo="skip", autocontour=False,
                contours={"start": level, "end": level, "size": 1, "coloring": "none"},
                line={"color": _colour(colour), "width": width},
            )  # fmt: skip
            self._put(trace, name if k == 0 else "")

    def level(self, value: float, text: str = "", axis: Literal["x", "y"] = "y", colour: Colour = 1) -> None:
        """A dashed line at ``value`` with its meaning beside it: at the right for y, above the plane for x."""
        css = _colour(colour)
        self._extent[axis].see([value])
        across = {f"{axis}ref": self._id(axis), f"{axis}0": value, f"{axis}1": value}
        other = "x" if axis == "y" else "y"
        along = {f"{other}ref": f"{self._id(other)} domain", f"{other}0": 0, f"{other}1": 1}
        self.figure.add_shape(
            type="line", line={"color": css, "dash": "dash", "width": 1.5}, layer="above", **across, **along
        )
        drawn = self._extent[axis].drawn(value)
        if text and axis == "y":
            self._labels.append(_Label((math.inf, drawn), text, css, margin=True))
        elif text:
            self._above.append(_Above(drawn, text, css))
        self._sheet.place()

    def arrow(self, tail: Span, head: Span, colour: Colour = 0, text: str = "", width: float = 2) -> None:
        """An arrow from (x, y) to (x, y), with a text beyond its head."""
        self._seen([tail[0], head[0]], [tail[1], head[1]])
        css, (x0, y0), (x1, y1) = _colour(colour), self._drawn(*tail), self._drawn(*head)
        self._notes.append(
            {
                **self._refs(), "x": x1, "y": y1, "ax": x0, "ay": y0, "axref": self._id("x"), "ayref": self._id("y"),
                "showarrow": True, "text": "", "arrowhead": 2, "arrowsize": 1, "arrowwidth": width, "arrowcolor": css,
            }
        )  # fmt: skip
        if text:
            right, up = x1 >= x0, y1 >= y0
            self._notes.append(
                {
                    **self._refs(), "x": x1, "y": y1, "text": text, "showarrow": False, "font": {"color": css, "size": LABEL},
                    "xanchor": "left" if right else "right", "yanchor": "bottom" if up else "top",
                    "xshift": 4 if right else -4,
                }
            )  # fmt: skip
        self._sheet.place()

    def polygon(self, xs: Any, ys: Any, name: str = "", colour: Colour = 0, opacity: float = 0.2) -> None:
        """A closed, filled polygon."""
        xs, ys = np.asarray(xs, float), np.asarray(ys, float)
        self._seen(xs, ys)
        self._put(
            go.Scatter(
                x=np.append(xs, xs[:1]), y=np.append(ys, ys[:1]), mode="lines", fill="toself", hoverinfo="skip",
                fillcolor=faded(colour, opacity), line={"color": _colour(colour), "width": 1.5},
            ),
            name,
        )  # fmt: skip

    def note(
        self, x: float, y: float, text: str, anchor: Literal["left", "right", "center"] = "left",
        colour: Colour | None = None,
    ) -> None:  # fmt: skip
        """A text at (x, y), which is its left end, right end or centre."""
        at_x, at_y = self._drawn(x, y)
        font = {"size": LABEL} | ({} if colour is None else {"color": _colour(colour)})
        self._notes.append(
            {
                **self._refs(), "x": at_x, "y": at_y, "text": text, "showarrow": False, "xanchor": anchor, "yanchor": "middle",
                "font": font, "xshift": {"left": 4, "right": -4, "center": 0}[anchor], "align": anchor,
            }
        )  # fmt: skip
        self._sheet.place()

    def picture(self, array: np.ndarray, x0: float, y0: float, x1: float, y1: float) -> None:
        """A uint8 image [H, W] or [H, W, 3] between the corners (x0, y0) and (x1, y1); small ones keep hard pixels."""
        self._seen([x0, x1], [y0, y1], x_tight=True, y_tight=True)
        factor = max(1, SMALL_PICTURE // max(array.shape[:2]))
        large = array.repeat(factor, 0).repeat(factor, 1)
        self.figure.add_layout_image(
            source="data:image/png;base64," + base64.b64encode(png_bytes(large)).decode("ascii"),
            xref=self._id("x"), yref=self._id("y"), x=min(x0, x1), y=max(y0, y1), sizex=abs(x1 - x0), sizey=abs(y1 - y0),
            xanchor="left", yanchor="top", sizing="stretch", layer="below",
        )  # fmt: skip
        self._sheet.place()

    def handle(self, input: str, x: float, y: float, name: str = "", colour: Colour = 1) -> None:
        """A marker that the reader drags: it sets the point input called ``input``."""
        self._seen([x], [y])
        css = _colour(colour)
        self._sheet.handles.append(
            {"input": input, "trace": len(self.figure.data), "xaxis": self._id("x"), "yaxis": self._id("y"), "name": name}
        )
        marker = {"size": 15, "color": css, "line": {"width": 2, "color": "#ffffff"}}
        self._put(go.Scatter(x=[x], y=[y], mode="markers", marker=marker, hoverinfo="skip", cliponaxis=False), "")
        if name:
            at_x, at_y = self._drawn(x, y)
            self._notes.append(
                {**self._refs(), "x": at_x, "y": at_y, "text": name, "showarrow": False, "font": {"color": css, "size": LABEL},
                 "xanchor": "left", "yanchor": "bottom", "xshift": 9, "yshift": 3}
            )  # fmt: skip
            self._sheet.place()

    def add(self, trace: Any) -> None:
        """Any Plotly trace, for what the vocabulary lacks."""
        if trace.type in ("scatter", "scattergl", "contour", "heatmap", "bar") and trace.x is not None and trace.y is not None:
            self._seen(trace.x, trace.y)
        self._put(trace, trace.name or "")

    # What follows is bookkeeping: what was drawn where, so that the sheet can be laid out.

    def _curve(self, x: Any, y: Any, name: str, css: str, end: bool, **more: Any) -> None:
        self._seen(x, y, x_tight=True)
        if name and end:
            ends = self._ends(x, y)
            if ends is not None:
                self._labels.append(_Label(ends, name, css, len(self.figure.data)))
        self._put(go.Scatter(x=_sent(x), y=_sent(y), mode="lines", **more), name)

    def _ends(self, x: Any, y: Any) -> tuple[float, float] | None:
        """The last point that is drawn: finite, inside the given ranges and, on a logarithmic axis, positive."""
        xs, ys = self._extent["x"].coordinates(x), self._extent["y"].coordinates(y)
        good = np.isfinite(xs) & np.isfinite(ys)
        for values, given, log in ((xs, self.axes.x_range, self.axes.x_log), (ys, self.axes.y_range, self.axes.y_log)):
            if given is not None:
                low, high = sorted(np.log10(given) if log else given)
                slack = 1e-9 * (high - low)
                good &= (values >= low - slack) & (values <= high + slack)
        places = np.flatnonzero(good)
        return (float(xs[places[-1]]), float(ys[places[-1]])) if len(places) else None

    def _put(self, trace: Any, name: str) -> None:
        trace.update(name=name, showlegend=False, **({} if trace.type in ("pie",) else self._trace_refs()))
        self.figure.add_trace(trace)
        self._sheet.place()

    def _seen(self, x: Any, y: Any, x_tight: bool = False, y_tight: bool = False) -> None:
        self._extent["x"].see(x, x_tight)
        self._extent["y"].see(y, y_tight)

    def _drawn(self, x: float, y: float) -> tuple[float, float]:
        return self._extent["x"].drawn(x), self._extent["y"].drawn(y)

    def _id(self, axis: str) -> str:
        return axis + self._suffix

    def _refs(self) -> dict[str, str]:
        return {"xref": self._id("x"), "yref": self._id("y")}

    def _trace_refs(self) -> dict[str, str]:
        return {"xaxis": self._id("x"), "yaxis": self._id("y")}


class _Extent:
    """How far the data reach along one axis, in its own coordinates: logarithms on a log axis, places of names."""

    def __init__(self, log: bool) -> None:
        self.log = log
        self.names: list[str] = []
        self.dates = False
        self.loose: Span | None = None  # wants air around it
        self.tight: Span | None = None  # ends where it ends

    def see(self, values: Any, tight: bool = False) -> None:
        found = self.coordinates(values)
        found = found[np.isfinite(found)]
        if not found.size:
            return
        span = (float(found.min()), float(found.max()))
        if tight:
            self.tight = _hull(self.tight, span)
        else:
            self.loose = _hull(self.loose, span)

    def coordinates(self, values: Any) -> np.ndarray:
        array = np.asarray(values)
        if array.dtype.kind in "US" or (array.dtype.kind == "O" and any(isinstance(v, str) for v in array.ravel())):
            for name in map(str, array.ravel()):
                if name not in self.names:
                    self.names.append(name)
            return np.array([self.names.index(str(v)) for v in array.ravel()], float)
        if array.dtype.kind not in "biuf":
            if array.dtype.kind == "O" and all(v is None or isinstance(v, int | float) for v in array.ravel()):
                array = array.astype(float)
            else:
                self.dates = True
                return np.array([], float)
        array = array.astype(float).ravel()
        if not self.log:
            return array
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(array > 0, np.log10(array), np.nan)

    def drawn(self, value: Any) -> float:
        """The coordinate of one value as annotations want it."""
        found = self.coordinates([value])
        return float(found[0]) if found.size else value

    def range(self, given: Span | None, air: float, from_zero: bool = False) -> Span | None:
        """The range to show, in the axis' own coordinates; None where Plotly must find it."""
        if given is not None:
            return (math.log10(given[0]), math.log10(given[1])) if self.log else (float(given[0]), float(given[1]))
        span = _hull(self.loose, self.tight)
        if self.dates or span is None:
            return None
        low, high = span
        if low == high:
            low, high = (low - 0.5, high + 0.5) if self.log or low == 0 else (low - abs(low) / 2, high + abs(high) / 2)
        room = air * (high - low)
        if self.tight is None or self.tight[0] > low:
            low -= room
        if self.tight is None or self.tight[1] < high:
            high += room
        if from_zero and not self.log:
            low = min(0.0, span[0])
        return low, high


@dataclass(slots=True)
class _Box:
    """One panel in one form, in pixels: its plane, and what stands around it."""

    panel: Panel
    row: int
    column: int
    x_span: Span | None = None
    y_span: Span | None = None
    ends: list[tuple[_Label, str]] = field(default_factory=list)  # labels with their text as broken for this form
    above: list[tuple[_Above, str, int]] = field(default_factory=list)  # texts over the plane and their row
    head: str = ""
    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0
    x: float = 0.0
    y: float = 0.0
    wide: float = 0.0
    tall: float = 0.0


@dataclass
class _Sheet:
    """The state of a figure while a page draws on it: lays everything out anew after each piece."""

    figure: go.Figure
    title: str
    columns: int
    height: int
    widths: tuple[float, ...]
    shared_x: bool
    shared_y: bool
    ghost: bool
    panels: list[Panel] = field(default_factory=list)
    handles: list[dict[str, Any]] = field(default_factory=list)
    own: int = 0  # annotations that are ours; those after them were added by the page
    barmode: str | None = None

    def bars(self, grouped: bool) -> None:
        if self.barmode is None:
            self.barmode = "group" if grouped else "overlay"
            self.figure.update_layout(barmode=self.barmode)

    def place(self) -> None:
        """Lay the figure out in its three forms; the widest is the figure's own, the others stand in ``layout.meta``."""
        crowded = self._crowded()
        self._name_in_legend(crowded)
        foreign = [a.to_plotly_json() for a in self.figure.layout.annotations[self.own :]]
        forms = {width: self._form(width, crowded) for width in (WIDE, MIDDLE, NARROW)}
        self.own = len(forms[WIDE]["annotations"])
        meta = {"narrow": forms[NARROW], "middle": forms[MIDDLE], "handles": self.handles, "ghost": self.ghost}
        base = forms[WIDE] | {"annotations": forms[WIDE]["annotations"] + foreign, "meta": meta}
        self.figure.layout.annotations = ()
        self.figure.update_layout(base)

    def _crowded(self) -> set[int]:
        """Traces whose names do not fit beside their panel: they go into the legend."""
        out: set[int] = set()
        for one in self.panels:
            if len(one._labels) * LABEL * LINE > STACKED:
                out |= {label.trace for label in one._labels if label.trace is not None}
        return out

    def _name_in_legend(self, crowded: set[int]) -> None:
        ended = {label.trace for one in self.panels for label in one._labels} - crowded
        known: set[str] = set()
        for k, trace in enumerate(self.figure.data):
            shown = bool(trace.name) and k not in ended and trace.name not in known
            if trace.name and k not in ended:
                known.add(trace.name)
                trace.update(legendgroup=trace.name)
            if trace.showlegend != shown:
                trace.update(showlegend=shown)

    def _form(self, width: int, crowded: set[int]) -> dict[str, Any]:
        """The layout for at least ``width`` pixels."""
        narrow = width == NARROW
        columns = 1 if narrow else self.columns
        boxes = [self._box(one, k // columns, k % columns, width, columns, crowded) for k, one in enumerate(self.panels)]
        size = TITLE_NARROW if narrow else TITLE
        title = wrapped(self.title, size, width - 24)
        names = [trace.name for trace in self.figure.data if trace.showlegend]
        legend = legend_rows(names, LABEL, width - 16) * (LABEL * LINE + 5)
        title_tall = len(lines_of(title)) * size * LINE
        header = 10 + title_tall + 8 + (0 if narrow or not legend else legend + 6)
        footer = legend + 12 if narrow and legend else 0
        height = self._fill(boxes, columns, width, header, footer, stacked=narrow)
        first, last = boxes[0], boxes[-1]
        left = max(b.left for b in boxes if b.column == 0)
        right = max(b.right for b in boxes if b.column == max(c.column for c in boxes))
        top = header + max(b.top for b in boxes if b.row == 0)
        bottom = footer + max(b.bottom for b in boxes if b.row == last.row)
        paper = (left, width - right, top, height - bottom)
        layout: dict[str, Any] = {
            "height": round(height),
            "margin": {"l": round(left), "r": round(right), "t": round(top), "b": round(bottom)},
            "title": {
                "text": title, "font": {"size": size}, "xref": "container", "x": 0, "xanchor": "left", "yref": "container",
                "y": 1, "yanchor": "top", "pad": {"l": 8, "t": 10}, "automargin": False,
            },
            "legend": {
                "orientation": "h", "xref": "container", "x": 4 / width, "xanchor": "left", "yref": "container",
                "y": 4 / height if narrow else 1 - (10 + title_tall + 6) / height, "yanchor": "bottom" if narrow else "top",
                "font": {"size": LABEL},
            },
            "annotations": [],
        }  # fmt: skip
        for box in boxes:
            self._axes(layout, box, paper, columns, last.row)
        for box in boxes:
            layout["annotations"] += self._texts(box, paper, width)
        assert first is not None
        return layout

    def _box(self, one: Panel, row: int, column: int, width: int, columns: int, crowded: set[int]) -> _Box:
        """A panel's texts and the room that they and its axes need around its plane."""
        a = one.axes
        x_extent, y_extent = one._extent["x"], one._extent["y"]
        box = _Box(one, row, column, x_extent.range(a.x_range, 0.04), y_extent.range(a.y_range, 0.06, a.from_zero))
        if self.shared_x:
            box.x_span = self._common("x")
        if self.shared_y:
            box.y_span = self._common("y")
        room = min(END_ROOM[width], 0.5 * width / columns)
        for label in one._labels:
            if label.trace is None or label.trace not in crowded:
                box.ends.append((label, wrapped(label.text, LABEL, room - 8)))
        plane = width / columns - 60  # about
        over = 0.0
        for label, text in box.ends:
            share = 1.0
            if not label.margin and box.x_span:
                share = (label.at[0] - box.x_span[0]) / (box.x_span[1] - box.x_span[0])
            over = max(over, _broad(text, LABEL) + 10 - (1 - share) * plane * 0.8)
        box.right = max(14.0 if a.axes else 6.0, over)
        if one._scale:
            box.right += 68 + (16 if one._scale[1] else 0)
        box.head = wrapped(a.title, HEAD, width / columns - 30)
        self._stagger(box, plane)
        rows_above = 1 + max((row for _, _, row in box.above), default=-1)
        box.top = (len(lines_of(box.head)) * HEAD * LINE + 6 if box.head else 4) + rows_above * LABEL * LINE * 1.05 + 4
        if a.axes:
            first = column == 0 or not self.shared_y or columns == 1
            texts = a.y_ticks.values() if a.y_ticks else y_extent.names
            span = box.y_span or (0, 1)
            numbers = (10**span[0], 10**span[1]) if a.y_log and max(span) < 300 else span
            ticks = max((_broad(t, TICK) for t in texts), default=0) or tick_width(*numbers, a.y_log, TICK)
            box.left = (ticks + 10 if first else 6) + (HEAD * LINE + 9 if a.y and first else 6)
            lowest = not self.shared_x or row == (len(self.panels) - 1) // columns
            heads = [text for text in (a.x_ticks or {}).values()] + x_extent.names
            lines = max((len(lines_of(t)) for t in heads), default=1)
            box.bottom = (6 + lines * TICK * LINE if lowest else 6) + (HEAD * LINE + 8 if a.x and lowest else 4)
        else:
            box.left, box.bottom = 6.0, 6.0
        return box

    def _stagger(self, box: _Box, plane: float) -> None:
        """Give each text over a vertical line a row in which it meets no other."""
        rows: list[float] = []  # where the last text of each row ends
        for above in sorted(box.panel._above, key=lambda one: one.x):
            text = wrapped(above.text, LABEL, plane, most=1)
            low, high = box.x_span or (0.0, 1.0)
            wide = text_width(text, LABEL)
            middle = min(max((above.x - low) / (high - low) * plane, wide / 2), max(plane - wide / 2, wide / 2))
            row = next((k for k, ended in enumerate(rows) if ended + 8 < middle - wide / 2), len(rows))
            rows[row : row + 1] = [middle + wide / 2]
            box.above.append((above, text, row))

    def _common(self, axis: str) -> Span | None:
        spans = [
            one._extent[axis].range(getattr(one.axes, f"{axis}_range"), 0.04 if axis == "x" else 0.06, one.axes.from_zero)
            for one in self.panels
        ]
        known = [span for span in spans if span is not None]
        return (min(s[0] for s in known), max(s[1] for s in known)) if known else None

    def _fill(
        self, boxes: list[_Box], columns: int, width: int, header: float, footer: float, stacked: bool
    ) -> float:  # fmt: skip
        """Give every plane its place and size; returns the height of the figure."""
        rows = boxes[-1].row + 1
        lefts = [max((b.left for b in boxes if b.column == c), default=0) for c in range(columns)]
        rights = [max((b.right for b in boxes if b.column == c), default=0) for c in range(columns)]
        tops = [max(b.top for b in boxes if b.row == r) for r in range(rows)]
        bottoms = [max(b.bottom for b in boxes if b.row == r) for r in range(rows)]
        weights = [1.0] if stacked else self.widths[:columns]
        free = width - sum(lefts) - sum(rights)
        wides = [free * w / sum(weights) for w in weights]
        if stacked:
            talls = [self._tall(boxes[r], wides[0]) for r in range(rows)]
        else:
            share = (self.height - header - footer - sum(tops) - sum(bottoms)) / rows
            talls = [max(share, LEAST_PLANE)] * rows
        y = header
        for r in range(rows):
            y += tops[r]
            x = 0.0
            for c in range(columns):
                x += lefts[c]
                for box in boxes:
                    if (box.row, box.column) == (r, c):
                        box.x, box.y, box.wide, box.tall = x, y, wides[c], talls[r]
                x += wides[c] + rights[c]
            y += talls[r] + bottoms[r]
        return y + footer

    def _tall(self, box: _Box, wide: float) -> float:
        """Height of a plane in a stack."""
        if box.panel.axes.square and box.x_span and box.y_span:
            return min(wide * abs((box.y_span[1] - box.y_span[0]) / (box.x_span[1] - box.x_span[0])), 1.3 * wide)
        needed = sum(_tall(text, LABEL) for _, text in box.ends)
        if len(self.panels) == 1:
            return max(min(self.height * 0.62, 0.95 * wide), STACKED, needed)
        return max(STACKED * 0.85, needed)

    def _axes(self, layout: dict[str, Any], box: _Box, paper: tuple[float, ...], columns: int, last: int) -> None:
        """The two axes of a panel."""
        one, a = box.panel, box.panel.axes
        left, right, top, bottom = paper
        outer_x = not self.shared_x or columns == 1 or box.row == last
        outer_x = (box.row == last) if self.shared_x else outer_x
        outer_y = not self.shared_y or box.column == 0
        for axis, domain, span, ticks, outer, pixels in (
            ("x", [(box.x - left) / (right - left), (box.x + box.wide - left) / (right - left)], box.x_span, a.x_ticks,
             outer_x, box.wide / 70),
            ("y", [1 - (box.y + box.tall - top) / (bottom - top), 1 - (box.y - top) / (bottom - top)], box.y_span, a.y_ticks,
             outer_y, box.tall / 42),
        ):  # fmt: skip
            log, label = getattr(a, f"{axis}_log"), getattr(a, axis)
            names = one._extent[axis].names
            settings: dict[str, Any] = {
                "domain": [min(max(d, 0.0), 1.0) for d in domain], "anchor": one._id("y" if axis == "x" else "x"),
                "visible": a.axes, "showgrid": a.grid and not names, "zeroline": False, "showticklabels": outer,
                "title": {"text": label if outer and a.axes else "", "standoff": 6},
            }  # fmt: skip
            if names:
                settings |= {"type": "category", "categoryorder": "array", "categoryarray": names}
            else:
                settings |= {"type": "log"} if log else {}
                settings |= {"nticks": max(3, int(pixels))}
            if span is not None:
                settings["range"] = list(span)
            if ticks is not None:
                settings |= {"tickmode": "array", "tickvals": list(ticks), "ticktext": list(ticks.values())}
            if a.square:
                settings |= {"constrain": "domain"}
                if axis == "y":
                    settings |= {"scaleanchor": one._id("x"), "scaleratio": 1}
                elif one._scale:
                    settings |= {"constraintoward": "right"}
            if (self.shared_x if axis == "x" else self.shared_y) and one is not self.panels[0]:
                settings["matches"] = axis
            layout[f"{axis}axis{one._suffix}"] = settings

    def _texts(self, box: _Box, paper: tuple[float, ...], width: int) -> list[dict[str, Any]]:
        """All annotations of a panel: its title, texts over vertical lines, names of lines, notes and arrows."""
        one = box.panel
        domains = {"xref": f"{one._id('x')} domain", "yref": f"{one._id('y')} domain"}
        found: list[dict[str, Any]] = []
        rows_above = 1 + max((row for _, _, row in box.above), default=-1)
        step = LABEL * LINE * 1.05
        if box.head:
            found.append(
                {**domains, "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom", "yshift": 3 + rows_above * step, "text": box.head,
                 "showarrow": False, "font": {"size": HEAD, "weight": 600}, "align": "left"}
            )  # fmt: skip
        for above, text, row in box.above:
            low, high = box.x_span or (0.0, 1.0)
            wide, at = text_width(text, LABEL), (above.x - low) / (high - low) * box.wide
            middle = min(max(at, wide / 2 - box.left / 2), max(box.wide + box.right / 2 - wide / 2, wide / 2))
            found.append(
                {"xref": one._id("x"), "yref": domains["yref"], "x": above.x, "y": 1, "xanchor": "center", "yanchor": "bottom",
                 "xshift": round(middle - at, 1), "yshift": 1 + row * step, "text": text, "showarrow": False,
                 "font": {"size": LABEL, "color": above.colour}}
            )  # fmt: skip
        found += self._end_texts(box)
        found += one._notes
        if one._scale:
            number, name = one._scale
            left, right, top, bottom = paper
            bar = {
                "x": (box.x + box.wide + 6 - left) / (right - left), "xanchor": "left", "xpad": 2, "thickness": 12,
                "y": 1 - (box.y + box.tall / 2 - top) / (bottom - top), "len": box.tall, "lenmode": "pixels", "ypad": 0,
                "title": {"text": name, "side": "right", "font": {"size": LABEL}}, "tickfont": {"size": 11}, "outlinewidth": 0,
            }  # fmt: skip
            if width == WIDE:
                self.figure.data[number].update(colorbar=bar)
        return found

    def _end_texts(self, box: _Box) -> list[dict[str, Any]]:
        one, (low, high) = box.panel, box.y_span or (0.0, 1.0)
        x_low, x_high = box.x_span or (0.0, 1.0)
        tall, wide = self._plane(box)
        groups: list[tuple[Span, list[int]]] = []  # labels that stand over or under each other: (from, to) in pixels
        lefts = [
            wide if label.margin else (label.at[0] - x_low) / (x_high - x_low) * wide for label, _ in box.ends
        ]  # fmt: skip
        for k in sorted(range(len(lefts)), key=lambda k: lefts[k]):
            reach = (lefts[k], lefts[k] + _broad(box.ends[k][1], LABEL) + 8)
            if groups and groups[-1][0][1] > reach[0]:
                groups[-1] = ((groups[-1][0][0], max(groups[-1][0][1], reach[1])), [*groups[-1][1], k])
            else:
                groups.append((reach, [k]))
        found = []
        for _, members in groups:
            heights = [_tall(box.ends[k][1], LABEL) for k in members]
            wishes = [(1 - (box.ends[k][0].at[1] - low) / (high - low)) * tall for k in members]
            placed = spread(wishes, heights, min(-8.0, 0.0), max(tall + 8, sum(heights) - 8))
            for k, wish, at in zip(members, wishes, placed, strict=True):
                label, text = box.ends[k]
                refs = {"xref": f"{one._id('x')} domain", "x": 1} if label.margin else {"xref": one._id("x"), "x": label.at[0]}
                found.append(
                    {**refs, "yref": one._id("y"), "y": label.at[1], "xanchor": "left", "yanchor": "middle", "xshift": 5,
                     "yshift": round(wish - at, 1), "text": text, "showarrow": False, "align": "left",
                     "font": {"size": LABEL, "color": label.colour}}
                )  # fmt: skip
        return found

    def _plane(self, box: _Box) -> tuple[float, float]:
        """Height and width of the plane as drawn: equal units may leave part of its place empty."""
        if box.panel.axes.square and box.x_span and box.y_span:
            x, y = abs(box.x_span[1] - box.x_span[0]), abs(box.y_span[1] - box.y_span[0])
            unit = min(box.wide / x, box.tall / y)
            return y * unit, x * unit
        return box.tall, box.wide


def space(
    title: str, x: str = "", y: str = "", z: str = "", height: int = DEFAULT_HEIGHT, ghost: bool = False
) -> go.Figure:  # fmt: skip
    """An empty figure in three dimensions; add go.Scatter3d, Surface or Mesh3d."""
    scene = {
        "xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}, "zaxis": {"title": {"text": z}},
        "dragmode": "orbit", "aspectmode": "cube",
    }  # fmt: skip
    forms = {}
    for width, size in ((WIDE, TITLE), (MIDDLE, TITLE), (NARROW, TITLE_NARROW)):
        text = wrapped(title, size, width - 24)
        top = 10 + len(lines_of(text)) * size * LINE + 4
        tall = height if width != NARROW else min(height, 400)
        forms[width] = {
            "height": tall, "margin": {"l": 0, "r": 0, "t": round(top), "b": 34},
            "title": {
                "text": text, "font": {"size": size}, "xref": "container", "x": 0, "xanchor": "left", "yref": "container",
                "y": 1, "yanchor": "top", "pad": {"l": 8, "t": 10},
            },
            "legend": {
                "orientation": "h", "xref": "container", "x": 4 / width, "yref": "container", "y": 4 / tall, "yanchor": "bottom",
                "font": {"size": LABEL},
            },
        }  # fmt: skip
    meta = {"narrow": forms[NARROW], "middle": forms[MIDDLE], "handles": [], "ghost": ghost}
    return go.Figure(layout={"scene": scene, **forms[WIDE], "meta": meta})


FILM_CONTROLS = 74  # pixels below the planes for the play button and the scrubber
FRAME_MS = 80


def film(
    figure: go.Figure, frames: Sequence[Sequence[Any]], labels: Sequence[str], prefix: str = "", start: int = 0
) -> None:  # fmt: skip
    """Let the figure play: ``frames[k]`` are the traces at moment k, in the order of the figure's own, named ``labels[k]``.

    The last thing said about a figure. Plays in the browser; the figure itself shows moment ``start``.
    """
    figure.frames = [
        go.Frame(data=list(traces), name=str(k), traces=list(range(len(traces)))) for k, traces in enumerate(frames)
    ]
    for own, moved in zip(figure.data, frames[start], strict=False):
        changes = moved.to_plotly_json()
        changes.pop("type", None)
        own.update(changes)
    now = {"mode": "immediate", "transition": {"duration": 0}}
    steps = [
        {"method": "animate", "label": label, "args": [[str(k)], {**now, "frame": {"duration": 0, "redraw": True}}]}
        for k, label in enumerate(labels)
    ]
    play = {
        "label": "▶", "method": "animate",
        "args": [None, {"fromcurrent": True, "transition": {"duration": 0}, "frame": {"duration": FRAME_MS, "redraw": True}}],
    }  # fmt: skip
    pause = {"label": "❚❚", "method": "animate", "args": [[None], {**now, "frame": {"duration": 0, "redraw": False}}]}
    figure.update_layout(
        updatemenus=[
            {"type": "buttons", "direction": "right", "buttons": [play, pause], "showactive": False, "x": 0, "xanchor": "left",
             "y": 0, "yanchor": "top", "pad": {"r": 8, "t": 56, "l": 0}}
        ],
        sliders=[
            {"active": start, "steps": steps, "x": 0.16, "len": 0.84, "y": 0, "yanchor": "top", "pad": {"t": 44, "b": 4},
             "currentvalue": {"prefix": prefix, "font": {"size": LABEL}, "xanchor": "left"}, "ticklen": 0, "minorticklen": 0,
             "font": {"size": 1, "color": "rgba(0,0,0,0)"}}
        ],
    )  # fmt: skip
    meta = dict(figure.layout.meta or {})
    base = {"height": figure.layout.height, "margin": {"b": figure.layout.margin.b}, "legend": {"y": figure.layout.legend.y}}
    figure.update_layout(_taller(base))
    for form in ("narrow", "middle"):
        if form in meta:
            meta[form] = {**meta[form], **_taller(meta[form])}
    figure.update_layout(meta=meta)


def _taller(form: Mapping[str, Any]) -> dict[str, Any]:
    """What changes in a form of the layout to make room for a film's controls."""
    return {
        "height": form["height"] + FILM_CONTROLS,
        "margin": {**form["margin"], "b": form["margin"]["b"] + FILM_CONTROLS},
    }


def faded(colour: Colour, opacity: float) -> str:
    """The colour as CSS rgba."""
    value = _colour(colour).lstrip("#")
    red, green, blue = (int(value[i : i + 2], 16) for i in (0, 2, 4))
    return f"rgba({red},{green},{blue},{opacity:g})"


def _colour(colour: Colour) -> str:
    return COLOURS[colour % len(COLOURS)] if isinstance(colour, int | np.integer) else colour


def _stops(colours: Sequence[str]) -> list[list[Any]]:
    return [[i / (len(colours) - 1), c] for i, c in enumerate(colours)]


def _broad(text: str, size: float) -> float:
    return max((text_width(line, size) for line in lines_of(text)), default=0.0)


def _tall(text: str, size: float) -> float:
    return len(lines_of(text)) * size * LINE + 1


def _hull(one: Span | None, other: Span | None) -> Span | None:
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])


def _numbers(values: Any) -> np.ndarray:
    found = np.asarray(values, float).ravel()
    return found[np.isfinite(found)]


def _edges(values: Any, count: int) -> Any:
    """How far the cells of a heat map reach around their centres."""
    if values is None:
        return [-0.5, count - 0.5]
    array = np.asarray(values)
    if array.dtype.kind in "USO":
        return values
    array = array.astype(float)
    if len(array) == count + 1:  # the edges themselves
        return array
    if len(array) < 2:
        return [array[0] - 0.5, array[0] + 0.5]
    return [array[0] - (array[1] - array[0]) / 2, array[-1] + (array[-1] - array[-2]) / 2]


def _sent(values: Any) -> Any:
    """Values as Plotly takes them: ranges and generators as arrays."""
    return values if values is None or isinstance(values, np.ndarray | list | tuple) else np.asarray(list(values))


# To be deleted when the last page draws on panels.


def chart(title: str, x: str, y: str, height: int = 460, **layout: Any) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(title_text=title, height=height, xaxis_title=x, yaxis_title=y, **layout)
    return figure


def old_panels(
    title: str, titles: Sequence[str], rows: int = 1, columns: int = 0, height: int = 460, **options: Any
) -> go.Figure:  # fmt: skip
    from plotly.subplots import make_subplots

    columns = columns or -(-len(titles) // rows)
    figure = make_subplots(rows, columns, subplot_titles=list(titles), **options)
    figure.update_layout(
        title_text=title, height=height, margin_t=112, title_y=1 - 22 / height,
        legend={"yref": "container", "y": 1 - 44 / height, "yanchor": "top"},
    )  # fmt: skip
    return figure


def line(x: Any, y: Any, name: str, colour: Colour = 0, width: float = 2, dash: str = "solid", **more: Any) -> go.Scatter:
    return go.Scatter(
        x=x, y=y, name=name, mode="lines", line={"color": _colour(colour), "width": width, "dash": dash}, **more
    )  # fmt: skip


def many_lines(x: Any, ys: Any, name: str, colour: Colour = 0, width: float = 1, **more: Any) -> go.Scattergl:
    count = len(ys)
    gap = np.full((count, 1), np.nan)
    flat_x = np.concatenate([np.broadcast_to(x, (count, len(x))), gap], 1).ravel()
    flat_y = np.concatenate([np.asarray(ys, float), gap], 1).ravel()
    return go.Scattergl(
        x=flat_x, y=flat_y, name=name, mode="lines", line={"color": _colour(colour), "width": width},
        hoverinfo="skip", **more,
    )  # fmt: skip


def band(x: Any, low: Any, high: Any, name: str, colour: Colour = 0, opacity: float = 0.2, **more: Any) -> go.Scatter:
    low, high, x = np.asarray(low), np.asarray(high), np.asarray(x)
    return go.Scatter(
        x=np.concatenate([x, x[::-1]]), y=np.concatenate([high, low[::-1]]), name=name, fill="toself",
        fillcolor=faded(colour, opacity), line={"width": 0}, mode="lines", hoverinfo="skip", **more,
    )  # fmt: skip


def points(
    x: Any, y: Any, name: str, colour: Colour = 0, size: float = 5, opacity: float = 0.6, **more: Any
) -> go.Scattergl:
    return go.Scattergl(
        x=x, y=y, name=name, mode="markers",
        marker={"color": _colour(colour), "size": size, "opacity": opacity, "line": {"width": 0}}, **more,
    )  # fmt: skip


def bars(x: Any, y: Any, name: str, colour: Colour = 0, opacity: float = 0.55, **more: Any) -> go.Bar:
    return go.Bar(x=x, y=y, name=name, marker={"color": faded(colour, opacity), "line": {"width": 0}}, **more)


def heat(z: Any, name: str = "", diverging: bool = False, **more: Any) -> go.Heatmap:
    colours = DIVERGING if diverging else SEQUENTIAL
    return go.Heatmap(z=z, name=name, colorscale=_stops(colours), zmid=0 if diverging else None, **more)


def two_classes(x: Any, y: Any, share: Any, step: float = 0.1, opacity: float = 0.5) -> go.Contour:
    return go.Contour(
        x=x, y=y, z=share, showscale=False, contours={"start": 0.0, "end": 1.0, "size": step, "coloring": "fill"}, line_width=0,
        colorscale=[[0, faded(0, opacity)], [0.5, "rgba(255,255,255,0)"], [1, faded(1, opacity)]], hoverinfo="skip", showlegend=False, name="",
    )  # fmt: skip


def reference(figure: go.Figure, value: float, text: str, axis: str = "x", colour: Colour = 1, **more: Any) -> None:
    add = figure.add_vline if axis == "x" else figure.add_hline
    add(value, line={"color": _colour(colour), "dash": "dash", "width": 1.5}, annotation_text=text, **more)
