"""Outputs: what a tab may show, as slots that it declares and values that it fills in.

A slot reserves its place (and height) before anything is computed, so that the page does not jump. Every value can be
written as files (command line, downloads) and as JSON (API).
"""

from __future__ import annotations

import base64
import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from PIL import Image

from gallery.text import Text

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = [
    "Animation", "Grid", "Kind", "Metric", "Passage", "Slot", "Table", "Texts", "animation", "animation_bytes", "check_value",
    "code", "figure", "grid_image", "image", "images", "markdown", "metrics", "png_bytes", "shown_bytes", "table", "table_csv", "text",
    "themed", "to_json",
]  # fmt: skip

Kind = Literal["figure", "image", "images", "animation", "table", "metrics", "markdown", "text", "code"]
DEFAULT_HEIGHT = 460
WEBP_SIDE = 16_383  # pixels: the format holds 14 bits


@dataclass(frozen=True, slots=True)
class Slot:
    """A named place for one output. ``height`` in CSS pixels is kept free while the value is computed."""

    name: str
    kind: Kind
    label: Text | None = None
    height: int = 0


def figure(name: str, label: Text | None = None, height: int = DEFAULT_HEIGHT) -> Slot:
    """A Plotly figure (``plotly.graph_objects.Figure``), themed by the front end."""
    return Slot(name, "figure", label, height)


def image(name: str, label: Text | None = None, height: int = DEFAULT_HEIGHT) -> Slot:
    """One image: uint8 array [H, W] or [H, W, 3]."""
    return Slot(name, "image", label, height)


def images(name: str, label: Text | None = None, height: int = 160) -> Slot:
    """A strip or grid of images: a :class:`Grid`."""
    return Slot(name, "images", label, height)


def animation(name: str, label: Text | None = None, height: int = DEFAULT_HEIGHT) -> Slot:
    """Frames that the reader plays and scrubs without a round trip: an :class:`Animation`."""
    return Slot(name, "animation", label, height)


def table(name: str, label: Text | None = None, height: int = 240) -> Slot:
    """A table: a :class:`Table`."""
    return Slot(name, "table", label, height)


def metrics(name: str, label: Text | None = None, height: int = 88) -> Slot:
    """A row of figures: a sequence of :class:`Metric`."""
    return Slot(name, "metrics", label, height)


def markdown(name: str, label: Text | None = None, height: int = 0) -> Slot:
    """Markdown with LaTeX ($…$, $$…$$): a str made by the page, never by a visitor."""
    return Slot(name, "markdown", label, height)


def text(name: str, label: Text | None = None, height: int = 160) -> Slot:
    """Plain text that may grow while it is written, shown as it is, escaped: the whole str so far, or :class:`Texts`."""
    return Slot(name, "text", label, height)


def code(name: str, label: Text | None = None, height: int = 0) -> Slot:
    """Source code: a str."""
    return Slot(name, "code", label, height)


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure: a label, a number or short text, and a remark (why it matters, what it should be)."""

    label: str
    value: float | int | str
    note: str = ""

    @property
    def shown(self) -> str:
        """The value as a reader sees it: four significant digits, thousands apart."""
        if isinstance(self.value, str):
            return self.value
        if isinstance(self.value, int | np.integer) and not isinstance(self.value, bool):
            return f"{self.value:,}"
        if not math.isfinite(self.value):
            return str(self.value)
        magnitude = abs(self.value)
        if magnitude != 0 and (magnitude < 1e-3 or magnitude >= 1e7):
            return f"{self.value:.3e}"
        return f"{self.value:,.4g}" if magnitude < 9999.5 else f"{self.value:,.0f}"  # 9999.5 would become 1e+04


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by name, all of one length. Numbers stay numbers (sorting, CSV)."""

    columns: Mapping[str, Sequence[Any] | np.ndarray]

    def __post_init__(self) -> None:
        lengths = {name: len(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of one table have different lengths: {lengths}")

    @property
    def rows(self) -> list[list[Any]]:
        """The rows, as Python values."""
        return [[_plain(v) for v in row] for row in zip(*self.columns.values(), strict=True)]


@dataclass(frozen=True, slots=True)
class Passage:
    """A text with what stands over it and under it; ``verse`` sets it large and centred, a line a line.

    ``shades`` in [0, 1], one a character, colour the characters (0 not at all); ``notes`` say more when one is pointed at.
    """

    text: str
    title: str = ""
    caption: str = ""
    verse: bool = False
    shades: Sequence[float] = ()
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        for name in ("shades", "notes"):
            if (many := len(getattr(self, name))) not in (0, len(self.text)):
                raise ValueError(f"{name}: {many} of them for {len(self.text)} characters")


@dataclass(frozen=True, slots=True)
class Texts:
    """Passages side by side, as many as fit in a row."""

    passages: Sequence[Passage]

    def __str__(self) -> str:
        return "\n\n".join("\n".join(filter(None, (p.title, p.text, p.caption))) for p in self.passages)


@dataclass(frozen=True, slots=True)
class Grid:
    """Images of one size, uint8 [H, W] or [H, W, 3], in rows of ``columns``, each with an optional caption."""

    images: Sequence[np.ndarray]
    columns: int = 0
    captions: Sequence[str] = ()
    scale: int = 1


@dataclass(frozen=True, slots=True)
class Animation:
    """Frames of one size, uint8 [H, W] or [H, W, 3], scrubbed without a round trip; ``boomerang`` plays back and forth.

    It opens at frame ``start``. It plays at once at ``fps``, unless a start was chosen or the reader wants less motion;
    ``autoplay`` says otherwise.
    """

    frames: Sequence[np.ndarray]
    fps: float = 12.0
    captions: Sequence[str] = ()
    boomerang: bool = False
    start: int = 0
    autoplay: bool | None = None

    @property
    def plays(self) -> bool:
        """Whether it plays as soon as it is shown."""
        return self.start == 0 if self.autoplay is None else self.autoplay


def png_bytes(array: np.ndarray | Image.Image, compress_level: int = 6) -> bytes:
    """PNG of a uint8 image [H, W] or [H, W, 3]; level 1 takes less than half the time and a tenth more bytes."""
    picture = array if isinstance(array, Image.Image) else Image.fromarray(np.ascontiguousarray(array))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=compress_level)
    return buffer.getvalue()


def shown_bytes(array: np.ndarray) -> tuple[str, bytes]:
    """A uint8 image [H, W] or [H, W, 3] for a browser to show, exact to the pixel: ("webp" or "png", data).

    WebP without loss at its least effort takes a third of the time of PNG at level 1 and is smaller; it has no picture
    with a side above ``WEBP_SIDE``.
    """
    if max(array.shape[:2]) > WEBP_SIDE:
        return "png", png_bytes(array, compress_level=1)
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(array)).save(buffer, "WEBP", lossless=True, quality=0, method=0)
    return "webp", buffer.getvalue()


def grid_image(grid: Grid, gap: int = 2, background: int = 255) -> np.ndarray:
    """The grid as one image [H, W, 3] uint8 with ``gap`` pixels between the pictures."""
    if not grid.images:
        raise ValueError("a grid needs at least one image")
    pictures = [np.asarray(p) if np.ndim(p) == 3 else np.repeat(np.asarray(p)[..., None], 3, 2) for p in grid.images]
    if grid.scale > 1:
        pictures = [p.repeat(grid.scale, 0).repeat(grid.scale, 1) for p in pictures]
    columns = grid.columns or len(pictures)
    rows = math.ceil(len(pictures) / columns)
    height, width = pictures[0].shape[:2]
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), background, np.uint8)
    for i, picture in enumerate(pictures):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def animation_bytes(value: Animation, form: Literal["GIF", "WEBP"] = "GIF") -> bytes:
    """The animation as an endless GIF or WebP."""
    if not len(value.frames):
        raise ValueError("an animation needs at least one frame")
    frames = [Image.fromarray(np.ascontiguousarray(frame)) for frame in value.frames]
    if value.boomerang:
        frames += frames[-2:0:-1]
    buffer = io.BytesIO()
    frames[0].save(
        buffer, form, save_all=True, append_images=frames[1:], duration=round(1000 / value.fps), loop=0
    )  # fmt: skip
    return buffer.getvalue()


def table_csv(value: Table) -> str:
    """The table as CSV with a header row (RFC 4180). Cells that a spreadsheet would run as formulas are quoted."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([_inert(name) for name in value.columns])
    writer.writerows([[_inert(cell) for cell in row] for row in value.rows])
    return buffer.getvalue()


def to_json(slot: Slot, value: Any) -> Any:
    """The value as JSON-able data: what the API returns for this slot. NaN and infinity, unknown to JSON, are null."""
    match slot.kind:
        case "figure":
            return json.loads(value.to_json())
        case "image":
            return {"png": _base64(png_bytes(value))}
        case "images":
            return {"png": [_base64(png_bytes(p)) for p in value.images], "captions": list(value.captions)}
        case "animation":
            return {"gif": _base64(animation_bytes(value)), "fps": value.fps, "frames": len(value.frames)}
        case "table":
            return {"columns": list(value.columns), "rows": [[_finite(cell) for cell in row] for row in value.rows]}
        case "metrics":
            return [{"label": m.label, "value": _finite(_plain(m.value)), "note": m.note} for m in value]
        case "text" if isinstance(value, Texts):
            return [
                {"title": p.title, "text": p.text, "caption": p.caption, "shades": list(p.shades)}
                for p in value.passages
            ]
        case _:
            return str(value)


def check_value(slot: Slot, value: Any) -> None:
    """TypeError when ``value`` is not what a slot of this kind holds (a mistake of the page, not of a visitor)."""
    ok = {
        "figure": lambda v: hasattr(v, "to_plotly_json"),
        "image": lambda v: _alike([v]),
        "images": lambda v: isinstance(v, Grid) and _alike(v.images),
        "animation": lambda v: isinstance(v, Animation) and _alike(v.frames) and v.fps > 0,
        "table": lambda v: isinstance(v, Table),
        "metrics": lambda v: isinstance(v, Sequence) and all(isinstance(m, Metric) for m in v),
        "text": lambda v: isinstance(v, str | Texts),
    }.get(slot.kind, lambda v: isinstance(v, str))
    if not ok(value):
        wanted = " of uint8 pictures of one size" if slot.kind in ("image", "images", "animation") else ""
        raise TypeError(f"output {slot.name!r} is a {slot.kind}{wanted}, but the tab gave a {type(value).__name__}")


def themed(value: go.Figure, theme: str) -> go.Figure:
    """A copy of the figure in the house's light or dark template; the page's own figure is left as it was."""
    import plotly.graph_objects as go

    from gallery.theme import template

    copy = go.Figure(value)
    copy.update_layout(template=template(theme))
    return copy


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _alike(pictures: Sequence[Any]) -> bool:
    """Whether there is a picture, and all are uint8 [H, W] or [H, W, 3] of one size."""
    return all(map(_is_picture, pictures)) and len({picture.shape[:2] for picture in pictures}) == 1


def _is_picture(value: Any) -> bool:
    if not isinstance(value, np.ndarray) or value.dtype != np.uint8 or not value.size:
        return False
    return value.ndim == 2 or (value.ndim == 3 and value.shape[2] == 3)


def _inert(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
