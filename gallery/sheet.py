"""The sheet: how a figure of several panels is laid out, in three forms, from what was drawn on its planes.

The forms are for a wide place, for half a screen, and for a phone, where panels stand one under another. Each is laid
out in pixels for the least width of its kind and turned into shares of the figure: with more room, gaps only grow.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gallery.placement import LINE, block_size, legend_rows, spread, text_width, tick_width, wrapped
from gallery.theme import COLOURS

__all__ = [
    "AIR",
    "FORMS",
    "LABEL",
    "MIDDLE",
    "NARROW",
    "WIDE",
    "Above",
    "Axes",
    "Extent",
    "Film",
    "Label",
    "Plane",
    "Sheet",
    "Span",
    "stretched",
]

Span = tuple[float, float]

WIDE, MIDDLE, NARROW = 860, 600, 330
FORMS = (WIDE, MIDDLE, NARROW)
"""Least widths, in CSS pixels, for which the three forms of a figure are laid out."""
TITLE, TITLE_NARROW, HEAD, LABEL, TICK = 16, 14, 13, 12, 12
"""Font sizes: title, its narrow form, titles of panels and axes, labels in the picture, numbers at the axes."""
END_ROOM = {WIDE: 150, MIDDLE: 116, NARROW: 84}  # at most this much stands beside a plane for the names of its lines
BAR_ROOM, BAR_NAME = 62, 18  # a colour bar with its numbers, and its title
LEGEND_ROW = LABEL * LINE + 5
TOOLS = 110  # the tool bar at the right of the title
LEAST_PANEL = {True: 240, False: 120}  # narrower than this, with and without axes, panels of a row go under one another
CAMERA = {"eye": {"x": 1.4, "y": 1.4, "z": 0.9}, "center": {"x": 0.0, "y": 0.0, "z": -0.12}}
CAMERA_NARROW = {"eye": {"x": 1.7, "y": 1.7, "z": 1.1}, "center": {"x": 0.0, "y": 0.0, "z": -0.12}}
CAPITAL = 0.7  # height of a capital letter, in font sizes
EDGE = 8  # between the figure's edge and its texts
TURNED = 96  # pixels: texts that stand upright along the x axis are broken to this
STACKED = 200  # height of a plane in a stack
CROWD = 190  # pixels: names that need more than this beside one plane go into the legend
LEAST_PLANE = 110  # no plane gets lower than this; the figure grows instead
AIR = {"x": 0.04, "y": 0.06}  # of the range, around data that do not fill the plane from edge to edge
SPACE_NARROW = 400  # height of a figure in three dimensions on a phone, at most
FILM_ROOM = 62  # for the play button and the scrubber
FRAME_MS = 80
BARS = 0.8  # of the room between names that their bars fill


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


class Extent:
    """How far the data reach along one axis, in its own coordinates: logarithms on a log axis, places of names."""

    def __init__(self, log: bool, given: Span | None, air: float, from_zero: bool = False) -> None:
        self.log, self.given, self.air, self.from_zero = log, given, air, from_zero
        self.names: list[str] = []
        self.unknown = False  # dates and the like: Plotly finds the range
        self.loose: Span | None = None  # wants air around it
        self.tight: Span | None = None  # ends where it ends

    def see(self, values: Any, tight: bool = False) -> None:
        """Reach as far as ``values``."""
        found = self.coordinates(values)
        found = found[np.isfinite(found)]
        if found.size:
            span = (float(found.min()), float(found.max()))
            if tight:
                self.tight = _hull(self.tight, span)
            else:
                self.loose = _hull(self.loose, span)

    def coordinates(self, values: Any) -> np.ndarray:
        """The values as annotations and ranges want them; NaN where there is no place for one."""
        array = np.asarray(values).ravel()
        if array.dtype.kind in "US" or (array.dtype.kind == "O" and any(isinstance(v, str) for v in array)):
            texts = [str(v) for v in array]
            self.names += dict.fromkeys(name for name in texts if name not in self.names)
            return np.array([self.names.index(name) for name in texts], float)
        if array.dtype.kind not in "biufO" or (array.dtype.kind == "O" and not all(map(_is_number, array))):
            self.unknown = True
            return np.array([])
        array = array.astype(float)
        if not self.log:
            return array
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(array > 0, np.log10(array), np.nan)

    def at(self, value: Any) -> Any:
        """The coordinate of one value."""
        found = self.coordinates([value])
        return float(found[0]) if found.size else value

    @property
    def range(self) -> Span | None:
        """The range to show; None where Plotly must find it."""
        if self.given is not None:
            low, high = self.given
            return (math.log10(low), math.log10(high)) if self.log else (float(low), float(high))
        if self.names:
            return -0.5, len(self.names) - 0.5
        span = _hull(self.loose, self.tight)
        if self.unknown or span is None:
            return None
        low, high = span
        if low == high:
            half = 0.5 if self.log or not low else abs(low) / 2
            low, high = low - half, high + half
        room = self.air * (high - low)
        below = self.tight is None or self.tight[0] > span[0]
        above = self.tight is None or self.tight[1] < span[1]
        if self.from_zero and not self.log:
            return min(0.0, span[0]), high + room * above
        return low - room * below, high + room * above


@dataclass(frozen=True, slots=True)
class Label:
    """The name of a line where it ends, or the meaning of a level at the plane's right edge (``at[0]`` infinite)."""

    at: Span
    text: str
    colour: str
    trace: int | None = None
    """The trace that the legend names where there is no room for labels."""


@dataclass(frozen=True, slots=True)
class Above:
    """A text over a vertical line, above the plane."""

    x: float
    text: str
    colour: str


@dataclass(slots=True)
class Plane:
    """Everything that was drawn on one panel, traces aside."""

    axes: Axes
    suffix: str
    x: Extent
    y: Extent
    labels: list[Label] = field(default_factory=list)
    above: list[Above] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    shapes: list[dict[str, Any]] = field(default_factory=list)
    images: list[dict[str, Any]] = field(default_factory=list)
    named_bars: list[int] = field(default_factory=list)
    """Traces of bars that stand side by side over names."""
    scale: dict[str, Any] | None = None
    """The colour scale of the heat map that has a colour bar."""

    def id(self, axis: str) -> str:
        """The name of one of its axes, as traces and annotations call it."""
        return axis + self.suffix


@dataclass(frozen=True, slots=True)
class Film:
    """The moments of a figure that plays: how each is called, and which is shown first."""

    labels: Sequence[str]
    prefix: str = ""
    start: int = 0

    def controls(self, below: float) -> dict[str, Any]:
        """Buttons and scrubber, ``below`` the panels by that share of their height."""
        at_once = {"mode": "immediate", "transition": {"duration": 0}, "frame": {"duration": 0, "redraw": True}}
        onwards = {"fromcurrent": True, "transition": {"duration": 0}, "frame": {"duration": FRAME_MS, "redraw": True}}
        steps = [
            {"method": "animate", "label": label, "args": [[str(k)], at_once]} for k, label in enumerate(self.labels)
        ]
        buttons = [
            {"label": "▶", "method": "animate", "args": [None, onwards]},
            {"label": "❚❚", "method": "animate", "args": [[None], at_once]},
        ]
        place = {"x": 0, "xanchor": "left", "y": -below, "yanchor": "top"}
        clear = {"size": 1, "color": "rgba(0,0,0,0)"}
        shown = {"prefix": self.prefix, "font": {"size": LABEL, "color": COLOURS[-1]}, "offset": 6}
        return {
            "updatemenus": [
                {**place, "type": "buttons", "direction": "right", "buttons": buttons, "showactive": False, "pad": {"t": 14, "r": 0}}
            ],
            "sliders": [
                {
                    **place, "active": self.start, "steps": steps, "len": 1, "pad": {"t": 2, "b": 0, "l": 104, "r": 8},
                    "ticklen": 0, "minorticklen": 0, "font": clear, "currentvalue": shown,
                }
            ],
        }  # fmt: skip


@dataclass(slots=True)
class Box:
    """One plane in one form, in pixels from the figure's upper left corner, and what stands around it."""

    plane: Plane
    row: int
    column: int
    x_span: Span | None
    y_span: Span | None
    head: str = ""
    ends: list[tuple[Label, str]] = field(default_factory=list)  # with the text as broken for this form
    above: list[tuple[Above, int]] = field(default_factory=list)  # with the row over the plane
    lift: int = 0  # rows of such texts between the planes of this row and their titles
    x_texts: list[str] = field(default_factory=list)  # at the ticks, as broken for this form
    y_texts: list[str] = field(default_factory=list)
    x_title: str = ""
    y_title: str = ""
    turned: bool = False  # the texts along the x axis stand upright: lying they would cover each other
    outer_x: bool = True  # whether the axis has numbers and a name: not inside a block of shared axes
    outer_y: bool = True
    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0
    x: float = 0.0
    y: float = 0.0
    wide: float = 0.0
    tall: float = 0.0

    @property
    def drawn(self) -> Span:
        """Width and height of the plane as it will be: equal units may leave part of its place empty."""
        if not self.plane.axes.square or not self.x_span or not self.y_span:
            return self.wide, self.tall
        x, y = abs(self.x_span[1] - self.x_span[0]), abs(self.y_span[1] - self.y_span[0])
        unit = min(self.wide / x, self.tall / y)
        return x * unit, y * unit


@dataclass
class Sheet:
    """The state of a figure while a page draws on it."""

    title: str
    columns: int
    height: int
    widths: Sequence[float]
    shared_x: bool = False
    shared_y: bool = False
    ghost: bool = False
    planes: list[Plane] = field(default_factory=list)
    handles: list[dict[str, Any]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """The names of all traces in order, "" for none."""
    film: Film | None = None
    """What moves has no fixed end to stand beside: the legend names it."""

    def in_legend(self) -> list[bool]:
        """For every trace, whether the legend names it: where no label does, and each name once."""
        crowded = self._crowded()
        ended = {label.trace for plane in self.planes for label in plane.labels} - crowded
        known: set[str] = set()
        shown = []
        for k, name in enumerate(self.names):
            shown.append(bool(name) and k not in ended and name not in known)
            if k not in ended:
                known.add(name)
        return shown

    def bar_places(self) -> dict[int, Span]:
        """Offset and width of bars over names, which stand side by side."""
        places = {}
        for plane in self.planes:
            many = len(plane.named_bars)
            for k, trace in enumerate(plane.named_bars):
                places[trace] = (BARS * (k / many - 0.5), BARS / many)
        return places

    def layout(self) -> dict[str, Any]:
        """The layout of the widest form; the others stand in its ``meta``."""
        forms = {width: self.form(width) for width in FORMS}
        return {
            **forms[WIDE],
            "barmode": "overlay",
            "shapes": [shape for plane in self.planes for shape in plane.shapes],
            "images": [image for plane in self.planes for image in plane.images],
            "meta": {
                "title": self.title, "narrow": forms[NARROW], "middle": forms[MIDDLE], "handles": list(self.handles),
                "ghost": self.ghost,
            },
        }  # fmt: skip

    def form(self, width: int) -> dict[str, Any]:
        """The layout for at least ``width`` pixels."""
        narrow = width == NARROW
        columns = self._columns(width)
        boxes = [self._box(plane, k // columns, k % columns, width, columns) for k, plane in enumerate(self.planes)]
        for box in boxes:  # titles of one row stand on one line
            box.lift = max(_rows(other.above) for other in boxes if other.row == box.row)
        left = max((b.left for b in boxes if b.column == 0), default=0)
        right = max((b.right for b in boxes if b.column == min(columns, len(boxes)) - 1), default=0)
        legend = self._legend(width - left - right)
        head, under = _head(self.title, width)
        header = under + (0 if narrow else legend)
        footer = (legend + 4 if narrow else 0) + (FILM_ROOM if self.film else 0)
        height = self._fill(boxes, columns, width, header, footer) if boxes else self._alone(width)
        edges = {
            "l": left,
            "r": right,
            "t": header + max((b.top for b in boxes if b.row == 0), default=0),
            "b": footer + max((b.bottom for b in boxes if b.row == boxes[-1].row), default=30),
        }
        layout: dict[str, Any] = {
            "height": round(height),
            "margin": {side: round(pixels) for side, pixels in edges.items()},
            "title": head,
            "legend": {
                "orientation": "h", "xref": "container", "x": 4 / width, "xanchor": "left", "yref": "container",
                "y": 4 / height if narrow or not boxes else 1 - (under - 4) / height,
                "yanchor": "bottom" if narrow or not boxes else "top", "font": {"size": LABEL}, "tracegroupgap": 0, "itemsizing": "constant",
            },
            "annotations": [],
        }  # fmt: skip
        if not boxes:
            layout["scene"] = {"camera": CAMERA_NARROW if narrow else CAMERA}
        if self.film:
            layout |= self.film.controls((edges["b"] - footer) / (height - edges["t"] - edges["b"]))
        for box in boxes:
            across = [(x - edges["l"]) / (width - edges["l"] - edges["r"]) for x in (box.x, box.x + box.wide)]
            down = [(y - edges["t"]) / (height - edges["t"] - edges["b"]) for y in (box.y + box.tall, box.y)]
            domains = {"x": across, "y": [1 - y for y in down]}
            for axis in ("x", "y"):
                layout[f"{axis}axis{box.plane.suffix}"] = self._axis(box, axis, domains[axis])
            if box.plane.scale:
                paper = height - edges["t"] - edges["b"]
                layout[f"coloraxis{box.plane.suffix}"] = _colour_axis(
                    box, domains, paper, width - edges["l"] - edges["r"]
                )
            layout["annotations"] += self._texts(box)
        return layout

    def _columns(self, width: int) -> int:
        """Panels beside each other; less room than the page thought of makes them fewer, and a phone has one."""
        if width == NARROW:
            return 1
        if width == WIDE:
            return self.columns
        least = LEAST_PANEL[any(plane.axes.axes for plane in self.planes)]
        return min(self.columns, max(1, width // least))

    def _legend(self, room: float) -> float:
        """Height of the legend, which may be as broad as the planes with what stands between them."""
        names = [name for name, shown in zip(self.names, self.in_legend(), strict=True) if shown]
        rows = legend_rows(names, LABEL, room)
        return rows * LEGEND_ROW + 6 if rows else 0.0

    def _alone(self, width: int) -> float:
        """Height of a figure without planes, in three dimensions."""
        return (min(self.height, SPACE_NARROW) if width == NARROW else self.height) + (FILM_ROOM if self.film else 0)

    def _crowded(self) -> set[int | None]:
        """Traces whose names have no room beside their plane."""
        out: set[int | None] = set()
        for plane in self.planes:
            if self.film or len(plane.labels) * LABEL * LINE > CROWD:
                out |= {label.trace for label in plane.labels} - {None}
        return out

    def _about_tall(self, width: int) -> float:
        """About how high a plane will be: how long the name of a y axis may be."""
        rows = -(-len(self.planes) // self.columns)
        if width == NARROW:
            return STACKED if len(self.planes) == 1 else 0.85 * STACKED
        return max((self.height - 60) / rows - 80, LEAST_PLANE)

    def _common(self, axis: str) -> Span | None:
        """The range of all planes together."""
        common: Span | None = None
        for plane in self.planes:
            common = _hull(common, getattr(plane, axis).range)
        return common

    def _box(self, plane: Plane, row: int, column: int, width: int, columns: int) -> Box:
        """A plane's texts as broken for this form, and the room that they and its axes need around it."""
        a, crowded = plane.axes, self._crowded()
        box = Box(
            plane, row, column, self._common("x") if self.shared_x else plane.x.range,
            self._common("y") if self.shared_y else plane.y.range,
            outer_x=not self.shared_x or row * columns + column + columns >= len(self.planes),
            outer_y=not self.shared_y or column == 0,
        )  # fmt: skip
        about = width / columns - 60  # of the plane's width
        room = min(END_ROOM[width], about / 2)
        box.head = wrapped(a.title, HEAD, about + 30)
        box.ends = [
            (l, wrapped(l.text, LABEL, room - 10)) for l in plane.labels if l.trace is None or l.trace not in crowded
        ]
        box.above = _staggered(plane.above, box.x_span, about)
        beyond = [
            block_size(text, LABEL)[0] + 12 - 0.8 * about * (1 - _share(label.at[0], box.x_span))
            for label, text in box.ends
        ]
        box.right = max([14.0 if a.axes else 6.0, *beyond])
        if plane.scale:
            box.right += BAR_ROOM + (BAR_NAME if plane.scale["name"] else 0)
        head = block_size(box.head, HEAD)[1]
        box.top = (head + 8 if head else 4) + _rows(box.above) * LABEL * LINE + (8 if row else 4)
        if not a.axes:
            box.left = box.bottom = EDGE
            return box
        box.y_texts = _tick_texts(a.y_ticks, plane.y.names, 0.3 * width)
        numbers = max((block_size(text, TICK)[0] for text in box.y_texts), default=0.0)
        if not box.y_texts and a.y_ticks is None:
            numbers = tick_width(*(box.y_span or (0.0, 1.0)), a.y_log, TICK)
        box.y_title = wrapped(a.y, HEAD, self._about_tall(width)) if box.outer_y else ""
        box.left = (numbers + 10 if box.outer_y else 8) + (block_size(box.y_title, HEAD)[1] + 8 if box.y_title else 6)
        room = about * _least_gap(a.x_ticks, plane.x, box.x_span) - 4
        box.x_texts = _tick_texts(a.x_ticks, plane.x.names, room)
        sizes = [block_size(text, TICK) for text in box.x_texts]
        box.turned = any(wide > max(room, 1.5 * TICK) or tall > 3 * TICK * LINE for wide, tall in sizes)
        if box.turned:
            box.x_texts = _tick_texts(a.x_ticks, plane.x.names, TURNED)
            sizes = [block_size(text, TICK)[::-1] for text in box.x_texts]
        numbers = max((tall for _, tall in sizes), default=TICK * LINE)
        box.x_title = wrapped(a.x, HEAD, max(width / columns - box.left - box.right, 100)) if box.outer_x else ""
        box.bottom = (numbers + 8 if box.outer_x else 8) + (block_size(box.x_title, HEAD)[1] + 6 if box.x_title else 4)
        return box

    def _fill(self, boxes: list[Box], columns: int, width: int, header: float, footer: float) -> float:
        """Give every plane its place and size; returns the height of the figure."""
        rows = boxes[-1].row + 1
        lefts, rights = (
            [max(getattr(b, side) for b in boxes if b.column == c) for c in range(columns)]
            for side in ("left", "right")
        )
        tops, bottoms = (
            [max(getattr(b, side) for b in boxes if b.row == r) for r in range(rows)] for side in ("top", "bottom")
        )
        weights = list(self.widths) if columns == self.columns else [1.0] * columns
        free = width - sum(lefts) - sum(rights)
        wides = [free * weight / sum(weights) for weight in weights]
        if width == NARROW:
            talls = [self._stacked(box, wides[0]) for box in boxes]
        else:
            meant = -(-len(boxes) // self.columns)  # rows that the page thought of
            room = self.height - header - footer - (sum(tops) + sum(bottoms)) * meant / rows
            room = room / meant * (1.0 if rows == meant else 0.8)
            talls = [max(room, LEAST_PLANE)] * rows
            if width == MIDDLE:  # rows of pictures need no more height than they can fill
                talls = [
                    min(tall, max(_wanted(box, wides[box.column]) for box in boxes if box.row == r))
                    for r, tall in enumerate(talls)
                ]
        for box in boxes:
            r, c = box.row, box.column
            box.x = sum(lefts[: c + 1]) + sum(wides[:c]) + sum(rights[:c])
            box.y = header + sum(tops[: r + 1]) + sum(talls[:r]) + sum(bottoms[:r])
            box.wide, box.tall = wides[c], talls[r]
        return header + sum(tops) + sum(talls) + sum(bottoms) + footer

    def _stacked(self, box: Box, wide: float) -> float:
        """Height of a plane in a stack."""
        if math.isfinite(wanted := _wanted(box, wide)):
            return min(max(wanted, LEAST_PLANE if box.plane.axes.axes else 0), 1.3 * wide)
        needed = sum(block_size(text, LABEL)[1] + 2 for _, text in box.ends)
        alone = min(self.height * 0.62, 0.95 * wide) if len(self.planes) == 1 else 0
        return max(alone, STACKED * (1.0 if len(self.planes) == 1 else 0.85), needed)

    def _axis(self, box: Box, axis: str, domain: list[float]) -> dict[str, Any]:
        plane, a = box.plane, box.plane.axes
        extent: Extent = getattr(plane, axis)
        span: Span | None = getattr(box, f"{axis}_span")
        outer: bool = getattr(box, f"outer_{axis}")
        ticks: Mapping[float, str] | None = getattr(a, f"{axis}_ticks")
        texts: list[str] = getattr(box, f"{axis}_texts")
        settings: dict[str, Any] = {
            "domain": [min(max(d, 0.0), 1.0) for d in domain], "anchor": plane.id("y" if axis == "x" else "x"), "visible": a.axes,
            "showgrid": a.grid and not extent.names, "zeroline": False, "showticklabels": outer,
            "title": {"text": getattr(box, f"{axis}_title"), "standoff": 6}, "automargin": False,
        }  # fmt: skip
        if span is not None:
            settings["range"] = list(span)
        if extent.names:
            settings |= {"type": "category", "categoryorder": "array", "categoryarray": list(extent.names)}
        if extent.names or ticks is not None:
            places = list(ticks) if ticks is not None else list(range(len(extent.names)))
            # Where texts are closer than they are large, some are left out.
            gap = _least_gap(ticks, extent, span) * box.drawn[0 if axis == "x" else 1]
            lying = axis == "x" and not box.turned
            large = max((block_size(text, TICK)[0 if lying else 1] for text in texts), default=0.0) * (
                1 if lying else 0.85
            )
            step = max(1, math.ceil(large / max(gap, 0.5)))
            places, texts = places[::step], texts[::step]
            settings |= {"tickmode": "array", "tickvals": places, "ticktext": texts}
            settings |= {"tickangle": -90 if box.turned else 0} if axis == "x" else {}
        if extent.log:
            decades = abs(span[1] - span[0]) if span else 3
            room = max(2, int((box.wide if axis == "x" else box.tall) / (46 if axis == "x" else 34)))
            settings |= {"type": "log"}
            settings |= {"exponentformat": "none"} if span and min(span) > -3.5 and max(span) < 5 else {}
            if ticks is None:
                settings |= {"dtick": "D2" if decades < 1.4 else math.ceil(decades / room)}
        elif ticks is None and not extent.names:
            settings |= {"nticks": max(5, int((box.wide if axis == "x" else box.tall) / (62 if axis == "x" else 40)))}
        if a.square:
            settings |= {"constrain": "domain"}
            settings |= {"scaleanchor": plane.id("x"), "scaleratio": 1} if axis == "y" else {}
            settings |= (
                {"constraintoward": "top"} if axis == "y" else {"constraintoward": "right"} if plane.scale else {}
            )
        if (self.shared_x if axis == "x" else self.shared_y) and plane is not self.planes[0]:
            settings["matches"] = axis
        return settings

    def _texts(self, box: Box) -> list[dict[str, Any]]:
        """All annotations of a plane: its title, texts over vertical lines, names of lines, notes and arrows."""
        plane = box.plane
        x_domain, y_domain = f"{plane.id('x')} domain", f"{plane.id('y')} domain"
        found: list[dict[str, Any]] = []
        if box.head:
            found.append(
                {
                    "xref": x_domain, "x": 0, "xanchor": "left", "yref": y_domain, "y": 1, "yanchor": "bottom", "align": "left",
                    "yshift": round(4 + box.lift * LABEL * LINE), "text": box.head, "showarrow": False,
                    "font": {"size": HEAD, "weight": 600},
                }
            )  # fmt: skip
        for above, row in box.above:
            wide, at = text_width(above.text, LABEL), _share(above.x, box.x_span) * box.drawn[0]
            middle = _between(at, wide / 2 - box.left / 2, box.drawn[0] + box.right - wide / 2)
            found.append(
                {
                    "xref": plane.id("x"), "x": above.x, "xanchor": "center", "xshift": round(middle - at, 1),
                    "yref": y_domain, "y": 1, "yanchor": "bottom", "yshift": round(1 + row * LABEL * LINE), "text": above.text,
                    "showarrow": False, "font": {"size": LABEL, "color": above.colour},
                }
            )  # fmt: skip
        return found + self._ends(box) + plane.notes

    def _ends(self, box: Box) -> list[dict[str, Any]]:
        """The names of lines and levels, those that would cover each other moved up and down."""
        plane, (wide, tall) = box.plane, box.drawn
        lefts = [_share(label.at[0], box.x_span) * wide for label, _ in box.ends]
        sizes = [block_size(text, LABEL) for _, text in box.ends]
        wishes = [(1 - _share(label.at[1], box.y_span)) * tall for label, _ in box.ends]
        groups: list[list[int]] = []  # labels that stand over or under each other
        reach = -math.inf
        for k in sorted(range(len(lefts)), key=lambda k: lefts[k]):
            if reach <= lefts[k]:
                groups.append([])
            groups[-1].append(k)
            reach = max(reach, lefts[k] + sizes[k][0] + 8)
        found = []
        for members in groups:
            heights = [sizes[k][1] for k in members]
            over = max(0.0, sum(heights) - tall) / 2
            placed = spread([wishes[k] for k in members], heights, -6 - over, tall + 6 + over)
            for k, centre in zip(members, placed, strict=True):
                label, text = box.ends[k]
                at_edge = math.isinf(label.at[0])
                found.append(
                    {
                        "xref": f"{plane.id('x')} domain" if at_edge else plane.id("x"), "x": 1 if at_edge else label.at[0],
                        "yref": plane.id("y"), "y": label.at[1], "xanchor": "left", "yanchor": "middle", "xshift": 5,
                        "yshift": round(wishes[k] - centre, 1), "text": text, "showarrow": False, "align": "left",
                        "font": {"size": LABEL, "color": label.colour},
                    }
                )  # fmt: skip
        return found


def stretched(layout: Mapping[str, Any], height: float) -> dict[str, Any]:
    """What changes in a laid out figure when it is shown ``height`` pixels high: the planes grow, all else keeps its size."""
    old, margin = layout["height"], layout["margin"]
    paper = (old - margin["t"] - margin["b"]) / (height - margin["t"] - margin["b"])
    changes: dict[str, Any] = {"height": height}
    if layout["legend"]["yanchor"] == "top":
        changes["legend"] = {**layout["legend"], "y": 1 - (1 - layout["legend"]["y"]) * old / height}
    for name in ("sliders", "updatemenus"):
        if layout.get(name):
            changes[name] = [{**one, "y": one["y"] * paper} for one in layout[name]]
    return changes


def _head(title: str, width: int) -> tuple[dict[str, Any], float]:
    """The title broken for a figure of ``width`` pixels, as Plotly wants it, and how far down it reaches."""
    size = TITLE_NARROW if width == NARROW else TITLE
    text = wrapped(title, size, width - (2 * EDGE if width == NARROW else 2 * EDGE + TOOLS))
    drop = (
        CAPITAL * size if "<br>" in text else 0
    )  # Plotly measures from the first baseline where there are several lines
    head = {
        "text": text, "font": {"size": size}, "xref": "container", "x": 0, "xanchor": "left", "yref": "container", "y": 1,
        "yanchor": "top", "pad": {"l": EDGE, "t": EDGE + drop, "b": 0, "r": 0}, "automargin": False,
    }  # fmt: skip
    return head, EDGE + block_size(text, size)[1] + 8


def _tick_texts(ticks: Mapping[float, str] | None, names: Sequence[str], room: float) -> list[str]:
    """What stands at the ticks, broken to lines of ``room`` pixels; nothing where Plotly chooses the numbers."""
    return [wrapped(text, TICK, room) for text in (ticks.values() if ticks is not None else names)]


def _least_gap(ticks: Mapping[float, str] | None, extent: Extent, span: Span | None) -> float:
    """The least distance of two ticks as a share of the axis."""
    places = extent.coordinates(list(ticks)) if ticks is not None else np.arange(len(extent.names), dtype=float)
    low, high = span or (0.0, 1.0)
    return float(np.diff(np.sort(places)).min(initial=abs(high - low))) / abs(high - low)


def _wanted(box: Box, wide: float) -> float:
    """Height at which equal units fill a plane of this width; without equal units any height will do."""
    if not box.plane.axes.square or not box.x_span or not box.y_span:
        return math.inf
    return wide * abs((box.y_span[1] - box.y_span[0]) / (box.x_span[1] - box.x_span[0]))


def _colour_axis(box: Box, domains: dict[str, list[float]], paper_tall: float, paper_wide: float) -> dict[str, Any]:
    """The colours of a heat map with their bar, beside the plane."""
    scale = dict(box.plane.scale or {})
    name = scale.pop("name")
    low, high = domains["y"]
    return {
        **scale,
        "colorbar": {
            "xref": "paper", "x": domains["x"][1] + 8 / paper_wide, "xanchor": "left", "xpad": 0, "thickness": 12, "yref": "paper",
            "y": (low + high) / 2, "len": min(high - low, 1.0), "lenmode": "fraction", "ypad": 0, "outlinewidth": 0,
            "title": {"text": name, "side": "right", "font": {"size": LABEL}}, "tickfont": {"size": 11},
            "nticks": max(4, int((high - low) * paper_tall / 40)),
        },
    }  # fmt: skip


def _staggered(above: list[Above], x_span: Span | None, plane: float) -> list[tuple[Above, int]]:
    """Give each text over a vertical line a row in which it meets no other."""
    ends: list[float] = []  # where the last text of each row ends
    found = []
    for one in sorted(above, key=lambda one: _share(one.x, x_span)):
        half = text_width(one.text, LABEL) / 2
        middle = _between(_share(one.x, x_span) * plane, half, plane - half)
        row = next((k for k, end in enumerate(ends) if end + 8 < middle - half), len(ends))
        ends[row : row + 1] = [middle + half]
        found.append((one, row))
    return found


def _rows(above: list[tuple[Above, int]]) -> int:
    return 1 + max((row for _, row in above), default=-1)


def _share(value: float, span: Span | None) -> float:
    """Where ``value`` stands on an axis: 0 at its begin, 1 at its end, and an infinite one at the end."""
    low, high = span or (0.0, 1.0)
    return 1.0 if math.isinf(value) else (value - low) / (high - low)


def _is_number(value: Any) -> bool:
    return value is None or isinstance(value, int | float | np.number)


def _between(value: float, low: float, high: float) -> float:
    return max(min(value, high), low)


def _hull(one: Span | None, other: Span | None) -> Span | None:
    if one is None or other is None:
        return one or other
    return min(*one, *other), max(*one, *other)
