"""Planes: what was drawn on each panel of a figure, and how far it reaches; the input from which it is laid out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gallery.theme import COLOURS

__all__ = ["AIR", "LABEL", "Above", "Axes", "Extent", "Film", "Label", "Plane", "Span", "hull", "share"]

Span = tuple[float, float]

LABEL = 12  # font size of texts in the picture
AIR = {"x": 0.04, "y": 0.06}  # of the range, around data that do not fill the plane from edge to edge
FRAME_MS = 80


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
                self.tight = hull(self.tight, span)
            else:
                self.loose = hull(self.loose, span)

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
        span = hull(self.loose, self.tight)
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


def hull(one: Span | None, other: Span | None) -> Span | None:
    if one is None or other is None:
        return one or other
    return min(*one, *other), max(*one, *other)


def share(value: float, span: Span | None) -> float:
    """Where ``value`` stands on an axis: 0 at its begin, 1 at its end, and an infinite one at the end."""
    low, high = span or (0.0, 1.0)
    return 1.0 if math.isinf(value) else (value - low) / (high - low)


def _is_number(value: Any) -> bool:
    return value is None or isinstance(value, int | float | np.number)
