"""A reader of live tabs: a page opened from a folder in Chromium, which draws as the static site does."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from gallery.components import figure_text
from gallery.doors.static import live
from gallery.engine import render
from gallery.engine.catalog import Entry
from gallery.engine.runner import Computed, compute_tab
from gallery.inputs import parse
from gallery.page import Tab
from gallery.text import Say

ADDRESS = re.compile(r"data:image/\w+;base64,([A-Za-z0-9+/=]+)")
NUMBER = re.compile(r"[-−]?\d+(?:[.,]\d+)*")


def slots(tab: type[Tab], given: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """What Python shows of the tab at these inputs, as the browser has it: figures as objects, the rest as HTML."""
    inputs = parse(tab, given)
    value = inputs.compute()
    shown = inputs.show(value, Say(lang))
    made = {}
    for slot in tab.outputs:
        match slot.kind:
            case "figure":
                made[slot.name] = json.loads(figure_text(shown[slot.name]))
            case "metrics":
                made[slot.name] = render.metrics_html(shown[slot.name], lang)
            case "images":
                made[slot.name] = render.grid_html(shown[slot.name], lang, slot.height)
    return made


def written(entry: Entry, folder: Path) -> Path:
    """A page of the site with nothing in it but the entry's live scripts."""
    scripts = live.write(entry, folder).scripts
    page = folder / f"{entry.slug}.html"
    tags = "".join(f'<script src="{name}"></script>' for name in scripts)
    page.write_text(f"<!doctype html><meta charset=utf-8><title>{entry.slug}</title>{tags}", encoding="utf-8")
    return page


def pixels(text: str) -> list[np.ndarray]:
    """Every picture in a slot's text, uint8 [H, W, 3]."""
    found = ADDRESS.findall(text)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")) for data in found]


def words(text: str) -> str:
    """A slot's text without its pictures."""
    return ADDRESS.sub("(picture)", text)
