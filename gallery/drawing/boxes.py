"""Boxes: one plane in one form of its figure, what stands around it, and both as Plotly wants them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gallery.drawing.placement import LINE, block_size, spread, text_width, tick_width, wrapped
from gallery.drawing.planes import LABEL, Above, Extent, Label, Plane, Span, share

__all__ = ["EDGE", "Box", "axis_of", "colours_of", "height_wanted", "texts_of"]

HEAD, TICK = 13, 12  # font sizes: titles of panels and axes, numbers at the axes
EDGE = 8  # between the figure's edge and its texts
BAR_ROOM, BAR_NAME = 62, 18  # a colour bar with its numbers, and its title
TURNED = 96  # pixels: texts that stand upright along the x axis are broken to this
CLOSE = 0.85  # of its height that a line of text needs at least beside the next


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

    def surround(self, room: float, end_room: float, tall: float, crowded: set[int | None]) -> None:
        """Break the texts for this form and find what they and the axes need around the plane.

        ``room`` is the panel's width, ``end_room`` the most that names of lines may take of it, ``tall`` about the
        height of the plane; traces in ``crowded`` are named by the legend.
        """
        plane, a = self.plane, self.plane.axes
        about = room - 60  # of the plane's width
        labels = [label for label in plane.labels if label.trace is None or label.trace not in crowded]
        self.ends = [(label, wrapped(label.text, LABEL, min(end_room, about / 2) - 10)) for label in labels]
        self.above = _staggered(plane.above, self.x_span, about)
        beyond = [
            block_size(text, LABEL)[0] + 12 - 0.8 * about * (1 - share(label.at[0], self.x_span))
            for label, text in self.ends
        ]
        self.right = max([14.0 if a.axes else 6.0, *beyond])
        if plane.scale:
            self.right += BAR_ROOM + (BAR_NAME if plane.scale["name"] else 0)
        if not a.axes:
            self.left = self.bottom = EDGE
            self.head = wrapped(a.title, HEAD, room - self.left)
            return
        self.y_texts = _tick_texts(a.y_ticks, plane.y.names, 0.3 * room)
        numbers = max((block_size(text, TICK)[0] for text in self.y_texts), default=0.0)
        if not self.y_texts and a.y_ticks is None:
            numbers = tick_width(*(self.y_span or (0.0, 1.0)), a.y_log, TICK)
        self.y_title = wrapped(a.y, HEAD, tall) if self.outer_y else ""
        self.left = (numbers + 10 if self.outer_y else 8) + (
            block_size(self.y_title, HEAD)[1] + 8 if self.y_title else 6
        )
        self.head = wrapped(a.title, HEAD, room - self.left)
        numbers = self._break_x_texts(about)
        self.x_title = wrapped(a.x, HEAD, max(room - self.left - self.right, 100)) if self.outer_x else ""
        self.bottom = (numbers + 8 if self.outer_x else 8) + (
            block_size(self.x_title, HEAD)[1] + 6 if self.x_title else 4
        )

    def lift_to(self, rows: int) -> None:
        """Leave ``rows`` rows for texts over vertical lines, the same for all planes beside each other."""
        head = block_size(self.head, HEAD)[1]
        self.lift = rows
        self.top = (head + 8 if head else 4) + rows * LABEL * LINE + (8 if self.row else 4)

    @property
    def rows_above(self) -> int:
        """Rows of texts over its vertical lines."""
        return 1 + max((row for _, row in self.above), default=-1)

    def _break_x_texts(self, about: float) -> float:
        """Break what stands at the ticks of the x axis, or set it upright; returns the height that it takes."""
        ticks, names = self.plane.axes.x_ticks, self.plane.x.names
        room = about * _least_gap(ticks, self.plane.x, self.x_span) - 4
        self.x_texts = _tick_texts(ticks, names, room)
        sizes = [block_size(text, TICK) for text in self.x_texts]
        self.turned = any(wide > max(room, 1.5 * TICK) or tall > 3 * TICK * LINE for wide, tall in sizes)
        if self.turned:
            self.x_texts = _tick_texts(ticks, names, TURNED)
            sizes = [block_size(text, TICK)[::-1] for text in self.x_texts]
        return max((tall for _, tall in sizes), default=TICK * LINE)


def _step(sizes: list[float], gap: float) -> int:
    """Every how many ticks have their text, so that neighbours, as large as ``sizes``, do not touch; ticks are ``gap`` apart."""
    for step in range(1, len(sizes)):
        shown = sizes[::step]
        if all((a + b) / 2 <= step * gap for a, b in itertools.pairwise(shown)):
            return step
    return max(1, len(sizes))


def axis_of(box: Box, axis: str, domain: list[float]) -> dict[str, Any]:
    """One axis of a plane as Plotly wants it, over that part of the figure."""
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
        # Names and not their places: Plotly takes the place 1 for a category that is called "1".
        places = list(ticks) if ticks is not None else list(extent.names)
        # Where texts are closer than they are large, some are left out.
        gap = _least_gap(ticks, extent, span) * box.drawn[0 if axis == "x" else 1]
        lying = axis == "x" and not box.turned
        sizes = [block_size(text, TICK)[0] if lying else CLOSE * block_size(text, TICK)[1] for text in texts]
        step = _step(sizes, max(gap, 0.5))
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
        settings |= {"constraintoward": "top"} if axis == "y" else {"constraintoward": "right"} if plane.scale else {}
    return settings


def texts_of(box: Box) -> list[dict[str, Any]]:
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
        wide, at = text_width(above.text, LABEL), share(above.x, box.x_span) * box.drawn[0]
        middle = _between(at, wide / 2 - box.left / 2, box.drawn[0] + box.right - wide / 2)
        found.append(
            {
                "xref": plane.id("x"), "x": above.x, "xanchor": "center", "xshift": round(middle - at, 1),
                "yref": y_domain, "y": 1, "yanchor": "bottom", "yshift": round(1 + row * LABEL * LINE), "text": above.text,
                "showarrow": False, "font": {"size": LABEL, "color": above.colour},
            }
        )  # fmt: skip
    return found + _ends(box) + plane.notes


def _ends(box: Box) -> list[dict[str, Any]]:
    """The names of lines and levels, those that would cover each other moved up and down."""
    plane, (wide, tall) = box.plane, box.drawn
    lefts = [share(label.at[0], box.x_span) * wide for label, _ in box.ends]
    sizes = [block_size(text, LABEL) for _, text in box.ends]
    wishes = [(1 - share(label.at[1], box.y_span)) * tall for label, _ in box.ends]
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


def colours_of(box: Box, domains: dict[str, list[float]], paper: Span) -> dict[str, Any]:
    """The colours of a heat map with their bar, beside the plane; ``paper`` is the width and height that domains are shares of."""
    paper_wide, paper_tall = paper
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


def height_wanted(box: Box, wide: float) -> float:
    """Height at which equal units fill a plane of this width; without equal units any height will do."""
    if not box.plane.axes.square or not box.x_span or not box.y_span:
        return math.inf
    return wide * abs((box.y_span[1] - box.y_span[0]) / (box.x_span[1] - box.x_span[0]))


def _tick_texts(ticks: Mapping[float, str] | None, names: Sequence[str], room: float) -> list[str]:
    """What stands at the ticks, broken to lines of ``room`` pixels; nothing where Plotly chooses the numbers."""
    return [wrapped(text, TICK, room) for text in (ticks.values() if ticks is not None else names)]


def _least_gap(ticks: Mapping[float, str] | None, extent: Extent, span: Span | None) -> float:
    """The least distance of two ticks as a share of the axis."""
    places = extent.coordinates(list(ticks)) if ticks is not None else np.arange(len(extent.names), dtype=float)
    low, high = span or (0.0, 1.0)
    return float(np.diff(np.sort(places)).min(initial=abs(high - low))) / abs(high - low)


def _staggered(above: list[Above], x_span: Span | None, plane: float) -> list[tuple[Above, int]]:
    """Give each text over a vertical line a row in which it meets no other."""
    ends: list[float] = []  # where the last text of each row ends
    found = []
    for one in sorted(above, key=lambda one: share(one.x, x_span)):
        half = text_width(one.text, LABEL) / 2
        middle = _between(share(one.x, x_span) * plane, half, plane - half)
        row = next((k for k, end in enumerate(ends) if end + 8 < middle - half), len(ends))
        ends[row : row + 1] = [middle + half]
        found.append((one, row))
    return found


def _between(value: float, low: float, high: float) -> float:
    return max(min(value, high), low)
