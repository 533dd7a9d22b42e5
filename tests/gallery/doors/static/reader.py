"""A reader of live tabs: a page opened from a folder in Chromium, which draws as the static site does."""

from __future__ import annotations

import base64
import html
import io
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from gallery.components import player_props
from gallery.doors.static import live
from gallery.doors.static.live.manifest import LiveTab
from gallery.doors.static.values import shown
from gallery.engine import render
from gallery.engine.catalog import Entry
from gallery.fields import Choice, Field, Image, Number, Point, Seed, Sketch, Toggle
from gallery.inputs import InputError, fields, parse
from gallery.outputs import Slot, png_bytes
from gallery.page import Tab
from gallery.text import Lang, Say

ADDRESS = re.compile(r"data:image/\w+;base64,([A-Za-z0-9+/=]+)")
ANOTHER_SEED = 12_345
STROKE = "\n".join(
    " " * 8 + ("#" * 12 if r in (6, 7, 20, 21) else "##" + " " * 8 + "##") if 6 <= r < 22 else "" for r in range(28)
)
"""A 0 drawn with straight strokes."""


def slots(tab: type[Tab], given: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    """What Python shows of the tab at these inputs, as the static site has it."""
    return json.loads(_slots(tab, json.dumps(given, sort_keys=True), lang))


@lru_cache(maxsize=64)
def _slots(tab: type[Tab], given: str, lang: Lang) -> str:
    inputs = parse(tab, json.loads(given))
    values = inputs.show(inputs.compute(), Say(lang))
    return json.dumps({slot.name: exact(slot, values[slot.name], lang) for slot in tab.outputs})


def exact(slot: Slot, value: Any, lang: Lang) -> Any:
    """What the static site has in a slot, with its pictures as they are: the site keeps recorded ones with a little loss."""
    match slot.kind:
        case "animation":
            return player_props(value, slot.height, lang, slot.name)
        case "image":
            return render.image_html(value, render.called(slot, lang), slot.height)
        case "images":
            return render.grid_html(value, lang, slot.height)
    return shown(slot, value, lang)


def form(tab: type[Tab], given: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs as the form in the browser holds them: pictures and drawings by their links, the rest as it is."""
    inputs = parse(tab, given)
    values = {}
    for name, field in fields(tab).items():
        value = getattr(inputs, name)
        values[name] = (field.to_link(value) or given[name]) if isinstance(field, Image | Sketch) else value
    return values


def moves(tab: type[Tab], needs: LiveTab, base: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The default, the tab's tries, every live input moved alone where it shows, and, last, all of them moved."""
    inputs = parse(tab, base)
    settings = {name: getattr(inputs, name) for name in tab.model_fields}
    found: list[dict[str, Any]] = [{}]
    found += [
        dict(one.inputs) for one in tab.tries if set(one.inputs) <= set(needs.live) and follows(needs, one.inputs)
    ]
    every: dict[str, Any] = {}
    for name in needs.live:
        field = fields(tab)[name]
        for value in others(field, settings[name], {**settings, **every}):
            change = {name: value}
            if not follows(needs, change):
                continue
            if field.visible(settings):
                found.append(change)
            every[name] = value
    found.append({k: v for k, v in every.items() if fields(tab)[k].visible({**settings, **every})})
    return [change for change in found if allowed(tab, {**base, **change})]


def allowed(tab: type[Tab], given: Mapping[str, Any]) -> bool:
    """Whether the tab takes these inputs together."""
    try:
        parse(tab, given)
    except InputError:
        return False
    return True


def follows(needs: LiveTab, change: Mapping[str, Any]) -> bool:
    return not any(change.get(name) in options for name, options in needs.unless.items())


def others(field: Field, value: Any, beside: Mapping[str, Any]) -> list[Any]:
    """Other values of an input: every option of a choice, one of everything else."""
    match field:
        case Choice():
            return [option for option in field.available(beside) if option != value]
        case Toggle():
            return [not value]
        case Seed():
            return [ANOTHER_SEED]
        case Point():
            (a, b), (c, d) = field.x_range, field.y_range
            return [(a + 0.61 * (b - a), c + 0.27 * (d - c))]
        case Number():
            far = field.minimum if abs(value - field.minimum) > abs(value - field.maximum) else field.maximum
            middle = (value + far) / 2
            return [round(middle) if field.whole else middle]
        case Image():
            return ["example:" + list(field.examples)[-1], upload()]
        case Sketch():
            return [STROKE]
    raise NotImplementedError(f"no live tab has had an input of the kind {field.kind} yet")


@lru_cache(maxsize=1)
def upload() -> str:
    """The data address of a picture of no size that a model has: waves of three colours, bright at the border."""
    y, x = np.mgrid[:70, :90].astype(float)
    waves = [
        200 + 50 * np.sin(x / a + y / b) - 150 * np.exp(-((x - 45) ** 2 + (y - 30) ** 2) / 300)
        for a, b in ((5, 9), (7, 3), (11, 13))
    ]
    return (
        "data:image/png;base64,"
        + base64.b64encode(png_bytes(np.stack(waves, 2).clip(0, 255).astype(np.uint8))).decode()
    )


def plain_sheet() -> str:
    """The data address of a picture with nothing on it."""
    return "data:image/png;base64," + base64.b64encode(png_bytes(np.full((20, 30, 3), 255, np.uint8))).decode()


def written(entry: Entry, folder: Path) -> Path:
    """A page of the site with nothing in it but the entry's live scripts."""
    scripts = live.write(entry, folder).scripts
    page = folder / f"{entry.slug}.html"
    tags = "".join(f'<script src="{name}"></script>' for name in scripts)
    page.write_text(f"<!doctype html><meta charset=utf-8><title>{entry.slug}</title>{tags}", encoding="utf-8")
    return page


def pixels(text: str) -> list[np.ndarray]:
    """Every picture in a slot's text, uint8 [H, W, 3]."""
    return [np.asarray(PillowImage.open(io.BytesIO(decoded(data))).convert("RGB")) for data in ADDRESS.findall(text)]


def decoded(data: str) -> bytes:
    return base64.b64decode(data)


def words(text: str) -> str:
    """A slot's text without its pictures, escapes read."""
    return html.unescape(ADDRESS.sub("(picture)", text))
