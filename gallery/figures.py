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
``handles``, the points that the reader drags; ``ghost``, whether the last setting may stay behind; ``title``, unbroken.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from gallery.drawing.placement import text_width
from gallery.drawing.planes import AIR, LABEL, Above, Axes, Extent, Film, Label, Plane, Span, share
from gallery.drawing.sheet import Sheet
from gallery.outputs import DEFAULT_HEIGHT, png_bytes
from gallery.text import typeset
from gallery.theme import COLOURS, DIVERGING, SEQUENTIAL

__all__ = ["COLOURS", "DIVERGING", "SEQUENTIAL", "Axes", "Panel", "faded", "film", "panel", "panels", "space"]

Colour = int | str
SVG_POINTS = 1500  # more points than this are drawn by WebGL
SMALL_PICTURE = 256  # pixels: smaller pictures are sent enlarged, so that their pixels stay squares
PLATE = "rgba(20,24,29,0.6)"
HANDLE = 15  # diameter in pixels
LEFT = 0.4  # of a plane, as in figure.js: a handle in that part has its name at its left
SMALL_PLANE = 180  # pixels: about the width of a plane with a colour bar on a screen of 390
NAMED = (0.16, 0.1)  # of the plane's width and height: how far the name of a handle reaches from it, about


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
    keep the last setting behind the new one. Draw first; what the page itself changes in the layout comes last.
    """
    columns = min(columns or len(axes), len(axes))
    sheet = Sheet(typeset(title), columns, height, tuple(widths or [1.0] * columns), shared_x, shared_y, ghost)
    figure = _Figure()
    figure._sheet = sheet
    return figure, [Panel(figure, sheet, a) for a in axes]


class Panel:
    """One pair of axes to draw on. Colours are places in the house's palette or CSS colours."""

    def __init__(self, figure: _Figure, sheet: Sheet, axes: Axes) -> None:
        self.figure = figure
        self._sheet = sheet
        axes = replace(axes, title=typeset(axes.title))
        suffix = str(len(sheet.planes) + 1) if sheet.planes else ""
        across = Extent(axes.x_log, axes.x_range, AIR["x"])
        up = Extent(axes.y_log, axes.y_range, AIR["y"], axes.from_zero)
        self._plane = Plane(axes, suffix, across, up)
        sheet.planes.append(self._plane)

    def line(
        self, x: Any, y: Any, name: str = "", colour: Colour = 0, width: float = 2,
        dash: Literal["solid", "dash", "dot"] = "solid", end: bool = True,
    ) -> None:  # fmt: skip
        """A line; its name stands where the line ends, or in the legend with ``end=False``."""
        self._curve(x, y, name, colour, end, {"width": width, "dash": dash})

    def steps(self, x: Any, y: Any, name: str = "", colour: Colour = 0, width: float = 2, end: bool = True) -> None:
        """A staircase: y[i] from x[i] to x[i+1]."""
        self._curve(x, y, name, colour, end, {"width": width, "shape": "hv"})

    def lines(
        self, x: Any, ys: Any, name: str = "", colour: Colour = 7, width: float = 1, opacity: float = 0.6
    ) -> None:  # fmt: skip
        """Many lines as one trace with gaps: ``ys`` is [lines, points]. Separate traces arrive too slowly."""
        ys = np.asarray(ys, float)
        gap = np.full((len(ys), 1), np.nan)
        flat_x = np.concatenate([np.broadcast_to(np.asarray(x, float), ys.shape), gap], 1).ravel()
        flat_y = np.concatenate([ys, gap], 1).ravel().astype(np.float32)
        shape = {"color": _colour(colour), "width": width}
        self._see(x, ys, x_tight=True)
        self._put(name, "scattergl", x=flat_x, y=flat_y, mode="lines", line=shape, opacity=opacity, hoverinfo="skip")

    def points(
        self, x: Any, y: Any, name: str = "", colour: Any = 0, size: float = 5, opacity: float = 0.6,
        text: Sequence[str] | None = None, symbol: str = "circle",
    ) -> None:  # fmt: skip
        """A cloud of points. ``colour`` may be an array: of places in the palette, CSS colours, or real numbers."""
        marker: dict[str, Any] = {"size": size, "opacity": opacity, "symbol": symbol, "line": {"width": 0}}
        if isinstance(colour, int | str):
            marker["color"] = _colour(colour)
        elif np.asarray(colour).dtype.kind == "f":
            marker |= {"color": colour, "colorscale": _stops(SEQUENTIAL)}
        else:
            marker["color"] = [_colour(one) for one in np.asarray(colour).tolist()]
        kind = "scatter" if np.size(y) <= SVG_POINTS else "scattergl"
        hover = {"hovertext": text, "hoverinfo": "text"} if text is not None else {}
        self._see(x, y)
        whole = {"cliponaxis": False} if kind == "scatter" else {}  # else those on the edge are cut in half
        self._put(name, kind, x=_sent(x), y=_sent(y), mode="markers", marker=marker, **hover, **whole)

    def bars(
        self, x: Any, y: Any, name: str = "", colour: Any = 0, opacity: float = 0.55, width: Any = None,
        horizontal: bool = False,
    ) -> None:  # fmt: skip
        """Bars, as of a histogram: y at x; with ``horizontal`` they lie, y being their length and x their place.

        Over numbers they overlay each other, over names they stand side by side.
        """
        place, length = ("y", "x") if horizontal else ("x", "y")
        at, far = getattr(self._plane, place), getattr(self._plane, length)
        centres = np.sort(at.coordinates(x))
        if at.names:
            self._plane.named_bars.append(len(self._sheet.names))
        elif len(centres):
            between = np.diff(centres)
            half = (np.max(width) if width is not None else between[between > 0].min(initial=np.inf)) / 2
            half = half if math.isfinite(half) else 0.5
            at.see([centres[0] - half, centres[-1] + half], tight=True)
        far.see(y)
        if not far.log:
            far.see([0.0], tight=True)
        fill = faded(colour, opacity) if isinstance(colour, int | str) else [faded(c, opacity) for c in colour]
        values = {place: _sent(x), length: _sent(y), "orientation": "h" if horizontal else "v", "width": width}
        self._put(name, "bar", **values, marker={"color": fill, "line": {"width": 0}})

    def band(self, x: Any, low: Any, high: Any, name: str = "", colour: Colour = 0, opacity: float = 0.2) -> None:
        """The area between two curves."""
        x, low, high = (np.asarray(_sent(values), float) for values in (x, low, high))
        there = np.concatenate([x, x[::-1]]), np.concatenate([high, low[::-1]])
        self._see(*there, x_tight=True)
        self._area(*there, name, {"width": 0}, faded(colour, opacity))

    def polygon(self, xs: Any, ys: Any, name: str = "", colour: Colour = 0, opacity: float = 0.2) -> None:
        """A closed, filled polygon."""
        xs, ys = np.asarray(xs, float), np.asarray(ys, float)
        self._see(xs, ys)
        edge = {"color": _colour(colour), "width": 1.5}
        self._area(np.append(xs, xs[:1]), np.append(ys, ys[:1]), name, edge, faded(colour, opacity))

    def heat(
        self, z: Any, x: Any = None, y: Any = None, diverging: bool = False, low: float | None = None,
        high: float | None = None, scale: str | None = None, text: Any = None, brief: Any = None,
    ) -> None:  # fmt: skip
        """A heat map of z [y, x]; ``diverging`` centres the colours on zero. ``scale`` names the colour bar, "" leaves it
        without a name where the panel's title has it, None has no bar.

        ``text`` [y, x] is written into the cells where it has room, else ``brief`` [y, x], if given, where that has.
        """
        z = np.asarray(z, np.float32)
        known = z[np.isfinite(z)]
        if diverging:
            high = max(
                (abs(v) for v in (low, high) if v is not None), default=float(np.abs(known).max(initial=0.0)) or 1.0
            )
            low = -high
        else:
            low = float(known.min(initial=np.inf)) if low is None and known.size else low
            high = float(known.max(initial=-np.inf)) if high is None and known.size else high
        self._plane.x.see(_edges(x, z.shape[1]), tight=True)
        self._plane.y.see(_edges(y, z.shape[0]), tight=True)
        colours = _stops(DIVERGING if diverging else SEQUENTIAL)
        if scale is not None:
            axis = "coloraxis" + self._plane.suffix
            self._plane.scale = {"name": scale, "colorscale": colours, "cmin": low, "cmax": high}
            how: dict[str, Any] = {"coloraxis": axis}
        else:
            how = {"colorscale": colours, "zmin": low, "zmax": high, "showscale": False}
        if text is not None:
            how |= {"text": text, "texttemplate": "%{text}", "textfont": {"size": LABEL}}
            how |= {"meta": {"brief": brief}} if brief is not None else {}
        self._put("", "heatmap", z=z, x=_sent(x), y=_sent(y), **how)

    def regions(self, x: Any, y: Any, share: Any, opacity: float = 0.35) -> None:
        """The plane shaded by p(second class) [y, x]: the first two colours, clear at one half.

        A heat map: the fills of contours lie over each other, which darkens the second class.
        """
        colours = [[0, faded(0, opacity)], [0.5, "rgba(255,255,255,0)"], [1, faded(1, opacity)]]
        self._see(x, y, x_tight=True, y_tight=True)
        shades = {"colorscale": colours, "zmin": 0, "zmax": 1, "zsmooth": "best", "showscale": False}
        self._put("", "heatmap", x=_sent(x), y=_sent(y), z=np.asarray(share, float), hoverinfo="skip", **shades)

    def contours(
        self, x: Any, y: Any, z: Any, levels: Sequence[float], name: str = "", colour: Colour = 0, width: float = 1.5
    ) -> None:  # fmt: skip
        """Lines on which z [y, x] has the given values."""
        for k, level in enumerate(np.asarray(levels, float).tolist()):
            only = {"start": level, "end": level, "size": 1, "coloring": "none"}
            line = {"color": _colour(colour), "width": width}
            self._contour(x, y, z, name if k == 0 else "", contours=only, line=line)

    def level(self, value: float, text: str = "", axis: Literal["x", "y"] = "y", colour: Colour = 1) -> None:
        """A dashed line at ``value`` with its meaning beside it: at the right for y, above the plane for x."""
        plane, css = self._plane, _colour(colour)
        extent: Extent = getattr(plane, axis)
        extent.see([value])
        other = "x" if axis == "y" else "y"
        plane.shapes.append(
            {
                f"{axis}ref": plane.id(axis), f"{axis}0": value, f"{axis}1": value, f"{other}ref": f"{plane.id(other)} domain",
                f"{other}0": 0, f"{other}1": 1, "type": "line", "line": {"color": css, "dash": "dash", "width": 1.5},
            }
        )  # fmt: skip
        if text and axis == "y":
            plane.labels.append(Label((math.inf, extent.at(value)), typeset(text), css))
        elif text:
            plane.above.append(Above(extent.at(value), typeset(text), css))
        self._changed()

    def arrow(self, tail: Span, head: Span, colour: Colour = 0, text: str = "", width: float = 2) -> None:
        """An arrow from (x, y) to (x, y), with a text beyond its head."""
        self._see([tail[0], head[0]], [tail[1], head[1]])
        css, (x, y), plane = _colour(colour), self._at(*tail), self._plane
        self._write(
            *head, "", showarrow=True, ax=x, ay=y, axref=plane.id("x"), ayref=plane.id("y"), arrowhead=2, arrowwidth=width,
            arrowcolor=css,
        )  # fmt: skip
        if text:
            right, up = head[0] >= tail[0], head[1] >= tail[1]
            self._write(
                *head,
                text,
                css,
                xanchor="left" if right else "right",
                yanchor="bottom" if up else "top",
                xshift=4 if right else -4,
            )

    def note(
        self, x: float, y: float, text: str, anchor: Literal["left", "right", "center"] = "left",
        colour: Colour | None = None, plate: bool = False,
    ) -> None:  # fmt: skip
        """A text at (x, y), which is its left end, right end or centre; on a dark ``plate`` it is read over any picture."""
        css = None if colour is None else _colour(colour)
        if plate:
            css = css or "#ffffff"
        shift = {"left": 4, "right": -4, "center": 0}[anchor]
        under = {"bgcolor": PLATE, "borderpad": 2} if plate else {}
        self._write(x, y, text, css, xanchor=anchor, align=anchor, xshift=shift, **under)

    def picture(self, array: np.ndarray, x0: float, y0: float, x1: float, y1: float) -> None:
        """A uint8 image [H, W] or [H, W, 3] between the corners (x0, y0) and (x1, y1); small ones keep hard pixels."""
        self._see([x0, x1], [y0, y1], x_tight=True, y_tight=True)
        factor = max(1, SMALL_PICTURE // max(array.shape[:2]))
        data = base64.b64encode(png_bytes(array.repeat(factor, 0).repeat(factor, 1))).decode("ascii")
        self._plane.images.append(
            {
                "source": f"data:image/png;base64,{data}", "xref": self._plane.id("x"), "yref": self._plane.id("y"),
                "x": min(x0, x1), "y": max(y0, y1), "sizex": abs(x1 - x0), "sizey": abs(y1 - y0), "xanchor": "left",
                "yanchor": "top", "sizing": "stretch", "layer": "below",
            }
        )  # fmt: skip
        self._changed()

    def handle(self, field: str, x: float, y: float, name: str = "", colour: Colour = 1) -> None:
        """A marker that the reader drags: it sets the point input called ``field``.

        Its name stands on the side on which fewer of the points drawn before it lie; where that says nothing, outside
        of the middle, which the front end finds while the marker moves. A name that would reach over a colour bar at
        the right stands at the left.
        """
        plane, css = self._plane, _colour(colour)
        self._see([x], [y])
        where = {"xaxis": plane.id("x"), "yaxis": plane.id("y")}
        crossing = bool(name) and self._reaches_bar(x, name)
        left = True if crossing else self._freer_left(x, y)
        beside = share(self._plane.x.at(x), self._plane.x.range) < LEFT if left is None else left
        self._sheet.handles.append(
            {"input": field, "trace": len(self._sheet.names), **where, "name": name, "colour": css, "left": left}
        )
        marker = {"size": HANDLE, "color": css, "line": {"width": 2, "color": "#ffffff"}}
        side = "top left" if beside else "top right"
        label = {"text": [name], "textposition": side, "textfont": {"color": css, "size": LABEL}} if name else {}
        mode = "markers+text" if name else "markers"
        self._put("", "scatter", x=[x], y=[y], mode=mode, marker=marker, hoverinfo="skip", cliponaxis=False, **label)

    def add(self, trace: Any) -> None:
        """Any Plotly trace over these axes, for what the vocabulary lacks."""
        if "x" in trace and "y" in trace and trace.x is not None and trace.y is not None:
            self._see(trace.x, trace.y)
        values = trace.to_plotly_json()
        self._put(trace.name or "", values.pop("type"), **values)

    def _curve(self, x: Any, y: Any, name: str, colour: Colour, end: bool, line: Mapping[str, Any]) -> None:
        x, y, css, name = _sent(x), _sent(y), _colour(colour), typeset(name)
        self._see(x, y, x_tight=True)
        last = self._last(x, y) if name and end else None
        if last is not None:
            self._plane.labels.append(Label(last, name, css, len(self._sheet.names)))
        self._put(name, "scatter", x=x, y=y, mode="lines", line={"color": css, **line})

    def _reaches_bar(self, x: float, name: str) -> bool:
        """Whether a name at the right of x would stand over the colour bar beside the plane on a narrow screen."""
        room = (1 - share(self._plane.x.at(x), self._plane.x.range)) * SMALL_PLANE
        return self._plane.scale is not None and text_width(name, LABEL) + HANDLE / 2 > room

    def _freer_left(self, x: float, y: float) -> bool | None:
        """Whether a name over (x, y) covers fewer points at the left than at the right; None where it is the same."""
        across, up = self._plane.x.range, self._plane.y.range
        if across is None or up is None:
            return None
        counts = [0, 0]
        for trace in _traces(self.figure):
            if trace.type.startswith("scatter") and trace.mode == "markers" and trace.xaxis == self._plane.id("x"):
                right = (self._plane.x.coordinates(trace.x) - self._plane.x.at(x)) / (across[1] - across[0])
                above = (self._plane.y.coordinates(trace.y) - self._plane.y.at(y)) / (up[1] - up[0])
                level = (above > 0) & (above < NAMED[1])
                counts[0] += int((level & (right < 0) & (right > -NAMED[0])).sum())
                counts[1] += int((level & (right > 0) & (right < NAMED[0])).sum())
        return None if counts[0] == counts[1] else counts[0] < counts[1]

    def _last(self, x: Any, y: Any) -> Span | None:
        """The last point that is drawn: finite, inside the given ranges and, on a logarithmic axis, positive."""
        places = [self._plane.x.coordinates(x), self._plane.y.coordinates(y)]
        if len(places[0]) != len(places[1]):
            return None
        drawn = np.isfinite(places[0]) & np.isfinite(places[1])
        for values, extent in zip(places, (self._plane.x, self._plane.y), strict=True):
            if extent.given is not None and extent.range is not None:
                low, high = sorted(extent.range)
                slack = 1e-9 * (high - low)
                drawn &= (values >= low - slack) & (values <= high + slack)
        found = np.flatnonzero(drawn)
        return (float(places[0][found[-1]]), float(places[1][found[-1]])) if len(found) else None

    def _area(self, x: Any, y: Any, name: str, line: Mapping[str, Any], fill: str) -> None:
        self._put(name, "scatter", x=x, y=y, mode="lines", fill="toself", line=line, fillcolor=fill, hoverinfo="skip")

    def _contour(self, x: Any, y: Any, z: Any, name: str, **more: Any) -> None:
        self._see(x, y, x_tight=True, y_tight=True)
        z = np.asarray(z, np.float32)
        fixed = {"autocontour": False, "showscale": False, "hoverinfo": "skip"}
        self._put(name, "contour", x=_sent(x), y=_sent(y), z=z, **fixed, **more)

    def _write(self, x: float, y: float, text: str, css: str | None = None, **more: Any) -> None:
        """A text or arrow at (x, y)."""
        at_x, at_y = self._at(x, y)
        font = {"size": LABEL} if css is None else {"size": LABEL, "color": css}
        refs = {"xref": self._plane.id("x"), "yref": self._plane.id("y"), "x": at_x, "y": at_y}
        self._plane.notes.append(
            {**refs, "text": typeset(text), "showarrow": False, "yanchor": "middle", "font": font, **more}
        )
        self._changed()

    def _put(self, named: str, kind: str, **values: Any) -> None:
        """Draw a trace; as plain data, which Plotly checks once and not twice."""
        axes, named = {"xaxis": self._plane.id("x"), "yaxis": self._plane.id("y")}, typeset(named)
        self.figure.add_trace({**values, **axes, "type": kind, "name": named, "showlegend": False})
        self._sheet.names.append(named)
        self._changed()

    def _see(self, x: Any, y: Any, x_tight: bool = False, y_tight: bool = False) -> None:
        self._plane.x.see(_sent(x), x_tight)
        self._plane.y.see(_sent(y), y_tight)

    def _at(self, x: Any, y: Any) -> Span:
        return self._plane.x.at(x), self._plane.y.at(y)

    def _changed(self) -> None:
        self.figure._stale = True


class _Figure(go.Figure):
    """A figure that lays itself out when somebody reads it: Plotly checks every change, a hundred would take a second."""

    _sheet: Sheet | None = None
    _stale = True
    _own: Mapping[str, int] = {}
    """How many annotations, shapes and images of the layout are the sheet's; those after them are the page's."""

    @property
    def layout(self) -> Any:
        """The layout, up to date."""
        if self._sheet is not None and self._stale:
            self._stale = False
            layout = self._laid_out(self._said_layout())
            for name in self._own:  # an update would mix old and new
                self[f"layout.{name}"] = layout.pop(name, ())
            self.update_layout(layout)
        return go.Figure.layout.fget(self)  # type: ignore[attr-defined]

    @layout.setter
    def layout(self, value: Any) -> None:
        go.Figure.layout.fset(self, value)  # type: ignore[attr-defined]

    def to_dict(self) -> dict[str, Any]:
        """The figure as plain data, up to date."""
        if self._sheet is None or not self._stale:
            return super().to_dict()
        self._stale = False  # Plotly asks for the layout meanwhile, and would have it checked
        try:
            layout = self._laid_out(self._said_layout())
            found = super().to_dict()
        finally:
            self._stale = True
        found["layout"] = {name: value for name, value in found["layout"].items() if name not in self._own}
        _merge(found["layout"], layout)
        return found

    def __reduce__(self) -> Any:
        return go.Figure, (self.to_dict(),)

    def _said_layout(self) -> dict[str, Any]:
        """The layout as it has been set so far; without the traces, whose copy takes as long as everything else."""
        return go.Figure.layout.fget(self).to_plotly_json()  # type: ignore[attr-defined]

    def _laid_out(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """The sheet's layout, with what the page has put into its lists; traces take what depends on the others."""
        assert self._sheet is not None
        shown, places = self._sheet.in_legend(), self._sheet.bar_places()
        for k, trace in enumerate(_traces(self)[: len(shown)]):
            trace.showlegend = shown[k]
            trace.legendgroup = self._sheet.names[k] or None
            if k in places:
                trace.offset, trace.width = places[k]
        layout = self._sheet.layout()
        own = {name: len(layout[name]) for name in ("annotations", "shapes", "images")}
        for name in own:
            layout[name] = layout[name] + list(before.get(name, ()))[self._own.get(name, 0) :]
        self._own = own
        return {name: value for name, value in layout.items() if value or name not in own}


def space(
    title: str, x: str = "", y: str = "", z: str = "", height: int = DEFAULT_HEIGHT, ghost: bool = False, axes: bool = True,
    scale: str | None = None,
) -> go.Figure:  # fmt: skip
    """An empty figure in three dimensions; add go.Scatter3d, Surface or Mesh3d. ``axes=False``: nothing but these.

    ``scale`` names the colour bar of the traces with ``coloraxis="coloraxis"``, in the house's colours: at the right, and
    on a phone under the body, whose width it would take.
    """
    figure = _Figure()
    figure.update_layout(
        scene={
            "xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}, "zaxis": {"title": {"text": z}},
            "aspectmode": "cube",
        }
    )  # fmt: skip
    figure._sheet = Sheet(typeset(title), 1, height, (1.0,), ghost=ghost, near=not axes)
    if scale is not None:
        figure._sheet.scale = {"name": scale, "colorscale": _stops(SEQUENTIAL)}
    if not axes:
        figure.update_scenes(xaxis_visible=False, yaxis_visible=False, zaxis_visible=False)
    return figure


def film(
    figure: go.Figure, frames: Sequence[Sequence[Any]], labels: Sequence[str], prefix: str = "", start: int = 0
) -> None:  # fmt: skip
    """Let the figure play: ``frames[k]`` are the traces at moment k, in the order of the figure's own, named ``labels[k]``.

    Plays in the browser; the figure itself shows moment ``start``. Ranges hold all moments, and the legend names what moves.
    """
    if not isinstance(figure, _Figure) or figure._sheet is None:
        raise TypeError("a film is made of a figure of panel(), panels() or space()")
    sheet, traces_now = figure._sheet, _traces(figure)
    planes = {plane.id("x"): plane for plane in sheet.planes}
    for traces in frames:
        for own, moved in zip(traces_now, traces, strict=False):
            plane = planes.get(own.xaxis or "x") if "xaxis" in own else None
            if plane is not None and own.type in ("scatter", "scattergl", "bar"):
                plane.x.see([] if moved.x is None else moved.x)
                plane.y.see([] if moved.y is None else moved.y)
    figure.frames = [
        go.Frame(data=list(traces), name=str(k), traces=list(range(len(traces)))) for k, traces in enumerate(frames)
    ]
    for own, moved in zip(traces_now, frames[start], strict=False):
        own.update({name: value for name, value in moved.to_plotly_json().items() if name != "type"})
    sheet.film = Film(labels, prefix, start)
    figure._stale = True


def _traces(figure: go.Figure) -> tuple[Any, ...]:
    return tuple(figure.select_traces())


def faded(colour: Colour, opacity: float) -> str:
    """The colour as CSS rgba."""
    value = _colour(colour).lstrip("#")
    red, green, blue = (int(value[i : i + 2], 16) for i in (0, 2, 4))
    return f"rgba({red},{green},{blue},{opacity:g})"


def _colour(colour: Colour) -> str:
    return COLOURS[int(colour) % len(COLOURS)] if isinstance(colour, int | np.integer) else colour


def _stops(colours: Sequence[str]) -> list[list[Any]]:
    return [[i / (len(colours) - 1), c] for i, c in enumerate(colours)]


def _edges(values: Any, count: int) -> Any:
    """How far the cells of a heat map reach around their centres; ``count + 1`` values are the edges themselves."""
    array = np.arange(count) if values is None else np.asarray(_sent(values))
    if array.dtype.kind in "USO" or len(array) == count + 1:
        return array
    first, last = (array[1] - array[0], array[-1] - array[-2]) if count > 1 else (1, 1)
    return [array[0] - first / 2, array[-1] + last / 2]


def _sent(values: Any) -> Any:
    """Values as Plotly takes them: ranges and generators as lists."""
    return values if values is None or isinstance(values, np.ndarray | list | tuple) else list(values)


def _merge(into: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Lay ``changes`` over ``into``, dictionaries member by member."""
    for name, value in changes.items():
        if isinstance(value, Mapping) and isinstance(into.get(name), dict) and name != "meta":
            _merge(into[name], value)
        else:
            into[name] = value
