"""Export: every output as files, for the command line and for downloads.

Figures become PNG and SVG through kaleido with the system's browser (:mod:`gallery.engine.pictures`); everything else
needs none.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from gallery.drawing.sheet import stretched
from gallery.engine.pictures import Pictures
from gallery.outputs import DEFAULT_HEIGHT, Slot, animation_bytes, grid_image, png_bytes, table_csv, themed, to_json

__all__ = ["FORMS", "MIME", "NoBrowser", "browser_path", "figure_bytes", "file_bytes", "offers"]

FORMS: dict[str, tuple[str, ...]] = {
    "figure": ("png", "svg", "json"), "image": ("png",), "images": ("png",), "animation": ("gif", "webp"),
    "table": ("csv",), "metrics": ("json",), "markdown": ("md",), "text": ("md",), "code": ("py",),
}  # fmt: skip
"""The forms in which each kind of output can be had."""
MIME = {
    "png": "image/png", "svg": "image/svg+xml", "json": "application/json", "gif": "image/gif", "webp": "image/webp",
    "csv": "text/csv", "md": "text/markdown", "py": "text/x-python",
}  # fmt: skip
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER_VARIABLE = "BROWSER_PATH"
WIDTH = 960  # CSS pixels; at scale 2 a printed column at 300 dots an inch


class NoBrowser(RuntimeError):
    """PNG and SVG of a figure need a browser, and none is installed."""

    def __init__(self) -> None:
        super().__init__("PNG and SVG of figures need Chromium: apt-get install chromium, or set BROWSER_PATH")


@lru_cache(maxsize=1)
def browser_path() -> str | None:
    """The system's Chromium or Chrome (``BROWSER_PATH`` first), or None."""
    named = os.environ.get(BROWSER_VARIABLE)
    if named and os.access(named, os.X_OK):
        return named
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def figure_bytes(
    figure: Any, form: str, theme: str = "light", scale: float = 2, width: int = WIDTH, height: int | None = None
) -> bytes:
    """The figure in ``theme`` as "png" or "svg"; NoBrowser where there is none."""
    browser = browser_path()
    if browser is None:
        raise NoBrowser
    from gallery.theme import palette

    copy = themed(figure, theme)
    copy.update_layout(paper_bgcolor=palette(theme).background)
    layout = copy.to_dict()["layout"]
    if height and "narrow" in layout.get("meta", {}):
        copy.update_layout(stretched(layout, height))
    size = {"width": width, "height": height or layout.get("height", DEFAULT_HEIGHT), "scale": scale}
    return _pictures(browser).take(copy.to_dict(), {"format": form, **size})


@lru_cache(maxsize=1)
def _pictures(browser: str) -> Pictures:
    return Pictures(browser)


def offers(slot: Slot) -> Sequence[str]:
    """The forms that can be had here and now: no pictures of figures without a browser."""
    forms = FORMS[slot.kind]
    return forms if slot.kind != "figure" or browser_path() else tuple(f for f in forms if f == "json")


def file_bytes(slot: Slot, value: Any, form: str, theme: str = "light") -> bytes:
    """The output in one of its forms; KeyError for another."""
    if form not in FORMS[slot.kind]:
        raise KeyError(
            f"output {slot.name} is a {slot.kind}: it can be had as {', '.join(FORMS[slot.kind])}, not {form}"
        )
    match slot.kind, form:
        case "figure", "png" | "svg":
            return figure_bytes(value, form, theme)
        case "image", _:
            return png_bytes(np.asarray(value))
        case "images", _:
            return png_bytes(grid_image(value))
        case "animation", _:
            return animation_bytes(value, "GIF" if form == "gif" else "WEBP")
        case "table", _:
            return table_csv(value).encode("utf-8-sig")  # the mark lets Excel read Chinese headers
        case (("figure" | "metrics"), _):
            return json.dumps(to_json(slot, value), ensure_ascii=False).encode()
    return str(value).encode()
