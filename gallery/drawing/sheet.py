"""The sheet: how a figure of several panels is laid out, in three forms, from what was drawn on its planes.

The forms are for a wide place, for half a screen, and for a phone, where panels stand one under another. Each is laid
out in pixels for the least width of its kind and turned into shares of the figure: with more room, gaps only grow.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gallery.drawing.boxes import EDGE, Box, axis_of, colours_of, height_wanted, texts_of
from gallery.drawing.placement import LINE, block_size, legend_rows, wrapped
from gallery.drawing.planes import LABEL, Film, Plane, Span, hull

__all__ = ["FORMS", "MIDDLE", "NARROW", "WIDE", "Sheet", "stretched"]

WIDE, MIDDLE, NARROW = 860, 600, 330
USUAL = 730  # what a figure of middle width has on most screens: pictures are as high as they can fill there
FORMS = (WIDE, MIDDLE, NARROW)
"""Least widths, in CSS pixels, for which the three forms of a figure are laid out."""
TITLE, TITLE_NARROW = 16, 14  # font sizes
END_ROOM = {WIDE: 150, MIDDLE: 116, NARROW: 84}  # at most this much stands beside a plane for the names of its lines
LEGEND_ROW = LABEL * LINE + 5
TOOLS = 110  # the tool bar at the right of the title
LEAST_PANEL = {"named": 240, "axes": 190, "none": 120}
"""Narrower than this, with axes that have names, with axes and without, panels of a row go under one another."""
CAMERA = {"eye": {"x": 1.4, "y": 1.4, "z": 0.9}, "center": {"x": 0.0, "y": 0.0, "z": -0.12}}
CAMERA_NARROW = {"eye": {"x": 1.9, "y": 1.9, "z": 1.2}, "center": {"x": 0.0, "y": 0.0, "z": -0.12}}
CAPITAL = 0.7  # height of a capital letter, in font sizes
STACKED = 200  # height of a plane in a stack
CROWD = 190  # pixels: names that need more than this beside one plane go into the legend
LEAST_PLANE = 110  # no plane gets lower than this; the figure grows instead
SPACE_NARROW = 400  # height of a figure in three dimensions on a phone, at most
LYING_BAR = 50  # for a colour bar that lies under a body, with its name and numbers
FILM_ROOM = 62  # for the play button and the scrubber
BARS = 0.8  # of the room between names that their bars fill


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
    near: bool = False
    """In three dimensions: nothing stands around the body, so that a phone may come as near as a wide screen."""
    scale: dict[str, Any] | None = None
    """The colour scale of what stands in three dimensions, as a plane has it."""
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
        boxes = self._boxes(width, columns)
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
            layout["scene"] = {"camera": CAMERA_NARROW if narrow and not self.near else CAMERA}
        if self.scale:
            edges["b"] += LYING_BAR if narrow else 0
            layout["margin"]["b"] = round(edges["b"])
            layout["coloraxis"] = _body_colours(self.scale, narrow)
        if self.film:
            layout |= self.film.controls((edges["b"] - footer) / (height - edges["t"] - edges["b"]))
        for box in boxes:
            across = [(x - edges["l"]) / (width - edges["l"] - edges["r"]) for x in (box.x, box.x + box.wide)]
            down = [(y - edges["t"]) / (height - edges["t"] - edges["b"]) for y in (box.y + box.tall, box.y)]
            domains = {"x": across, "y": [1 - y for y in down]}
            for axis in ("x", "y"):
                settings = axis_of(box, axis, domains[axis])
                if getattr(self, f"shared_{axis}") and box is not boxes[0]:
                    settings["matches"] = axis
                layout[f"{axis}axis{box.plane.suffix}"] = settings
            if box.plane.scale:
                paper = (width - edges["l"] - edges["r"], height - edges["t"] - edges["b"])
                layout[f"coloraxis{box.plane.suffix}"] = colours_of(box, domains, paper)
            layout["annotations"] += texts_of(box)
        return layout

    def _columns(self, width: int) -> int:
        """Panels beside each other; less room than the page thought of makes them fewer, and a phone has one."""
        if width == NARROW:
            return 1
        if width == WIDE:
            return self.columns
        bare = all(not (plane.axes.x or plane.axes.y) for plane in self.planes)
        least = LEAST_PANEL["named"]
        if bare:
            least = LEAST_PANEL["axes" if any(plane.axes.axes for plane in self.planes) else "none"]
        return min(self.columns, max(1, width // least))

    def _legend(self, room: float) -> float:
        """Height of the legend, which may be as broad as the planes with what stands between them."""
        names = [name for name, shown in zip(self.names, self.in_legend(), strict=True) if shown]
        rows = legend_rows(names, LABEL, room)
        return rows * LEGEND_ROW + 6 if rows else 0.0

    def _alone(self, width: int) -> float:
        """Height of a figure without planes, in three dimensions."""
        under = (FILM_ROOM if self.film else 0) + (LYING_BAR if self.scale and width == NARROW else 0)
        return (min(self.height, SPACE_NARROW) if width == NARROW else self.height) + under

    def _crowded(self) -> set[int | None]:
        """Traces whose names have no room beside their plane."""
        out: set[int | None] = set()
        for plane in self.planes:
            if self.film or len(plane.labels) * LABEL * LINE > CROWD:
                out |= {label.trace for label in plane.labels} - {None}
        return out

    def _about_tall(self, width: int) -> float:
        """About how high a plane will be: how long the name of a y axis may be."""
        rows = max(1, -(-len(self.planes) // self.columns))
        if width == NARROW:
            return STACKED if len(self.planes) == 1 else 0.85 * STACKED
        return max((self.height - 60) / rows - 80, LEAST_PLANE)

    def _common(self, axis: str) -> Span | None:
        """The range of all planes together."""
        common: Span | None = None
        for plane in self.planes:
            common = hull(common, getattr(plane, axis).range)
        return common

    def _boxes(self, width: int, columns: int) -> list[Box]:
        """All planes in rows of ``columns``, and what each needs around it."""
        common = {axis: self._common(axis) if getattr(self, f"shared_{axis}") else None for axis in ("x", "y")}
        crowded, tall = self._crowded(), self._about_tall(width)
        boxes = []
        for k, plane in enumerate(self.planes):
            box = Box(
                plane, k // columns, k % columns, common["x"] or plane.x.range, common["y"] or plane.y.range,
                outer_x=not self.shared_x or k + columns >= len(self.planes), outer_y=not self.shared_y or k % columns == 0,
            )  # fmt: skip
            box.surround(width / columns, END_ROOM[width], tall, crowded)
            boxes.append(box)
        for box in boxes:
            box.lift_to(max(other.rows_above for other in boxes if other.row == box.row))
        return boxes

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
                grown = [wide * USUAL / width for wide in wides]
                talls = [
                    min(tall, max(height_wanted(box, grown[box.column]) for box in boxes if box.row == r))
                    for r, tall in enumerate(talls)
                ]
        for box in boxes:
            r, c = box.row, box.column
            box.x = sum(lefts[: c + 1]) + sum(wides[:c]) + sum(rights[:c])
            box.y = header + sum(tops[: r + 1]) + sum(talls[:r]) + sum(bottoms[:r])
            box.wide, box.tall = wides[c], talls[r]
        last = boxes[-1]
        if columns < self.columns and last.column < columns - 1 and not last.plane.axes.square and not self.shared_x:
            last.wide = width - last.x - max(last.right, rights[-1])  # what is left over has the row for itself
        return header + sum(tops) + sum(talls) + sum(bottoms) + footer

    def _stacked(self, box: Box, wide: float) -> float:
        """Height of a plane in a stack."""
        if math.isfinite(wanted := height_wanted(box, wide)):
            return min(max(wanted, LEAST_PLANE if box.plane.axes.axes else 0), 1.3 * wide)
        needed = sum(block_size(text, LABEL)[1] + 2 for _, text in box.ends)
        alone = min(self.height * 0.62, 0.95 * wide) if len(self.planes) == 1 else 0
        return max(alone, STACKED * (1.0 if len(self.planes) == 1 else 0.85), needed)


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


def _body_colours(scale: Mapping[str, Any], narrow: bool) -> dict[str, Any]:
    """The colours of a body in three dimensions: their bar stands at its right, and lies under it on a phone."""
    place = {"orientation": "v", "x": 1.02, "xanchor": "left", "y": 0.5, "yanchor": "middle", "len": 1.0}
    if narrow:
        place = {"orientation": "h", "x": 0.5, "xanchor": "center", "y": 0.0, "yanchor": "top", "len": 0.8}
    title = {"text": scale["name"], "side": "top", "font": {"size": LABEL}}
    bar = {**place, "thickness": 12, "outlinewidth": 0, "title": title, "tickfont": {"size": 11}}
    return {"colorscale": scale["colorscale"], "colorbar": bar}


def _head(title: str, width: int) -> tuple[dict[str, Any], float]:
    """The title broken for a figure of ``width`` pixels, as Plotly wants it, and how far down it reaches."""
    size = TITLE_NARROW if width == NARROW else TITLE
    room = max(width, USUAL) - TOOLS  # where there is less, the tool bar comes over the end of a long title
    text = wrapped(title, size, min(width if width == NARROW else room, width) - 2 * EDGE)
    drop = (
        CAPITAL * size if "<br>" in text else 0
    )  # Plotly measures from the first baseline where there are several lines
    head = {
        "text": text, "font": {"size": size}, "xref": "container", "x": 0, "xanchor": "left", "yref": "container", "y": 1,
        "yanchor": "top", "pad": {"l": EDGE, "t": EDGE + drop, "b": 0, "r": 0}, "automargin": False,
    }  # fmt: skip
    return head, EDGE + block_size(text, size)[1] + 8
