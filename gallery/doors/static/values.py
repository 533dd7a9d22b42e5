"""Values: what a slot shows, and what a form offers, as data that the browser takes without a server."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from PIL import Image as PillowImage

from gallery.components import figure_text, player_props
from gallery.doors.static.packing import narrowed
from gallery.engine import render, words
from gallery.engine.form import spec
from gallery.fields import Choice, File, Image, Number, Seed, TextField, Toggle
from gallery.inputs import fields
from gallery.outputs import Slot
from gallery.page import Tab
from gallery.text import Lang

__all__ = ["form_of", "html_of_markdown", "lightened", "shown"]

COLOUR = re.compile(r"data:image/(?:png|jpeg|webp);base64,[A-Za-z0-9+/=]+")
HEAVY = 2000  # characters; a smaller picture gains nothing
KEPT = 256  # pictures: the two languages of a state show the same ones
QUALITY = 88  # of a hundred: differences of a few grey levels in places where much happens


def shown(slot: Slot, value: Any, lang: Lang) -> Any:
    """The value as the page's script takes it: a figure and a player as objects, everything else as HTML or text."""
    match slot.kind:
        case "figure":
            return narrowed(json.loads(figure_text(value)))
        case "animation":
            props = player_props(value, slot.height, lang, slot.name)
            return {**props, "frames": [lightened(frame) for frame in props["frames"]]}
        case "image":
            return lightened(render.image_html(value, render.called(slot, lang), slot.height))
        case "images":
            return lightened(render.grid_html(value, lang, slot.height))
        case "table":
            return render.table_html(value, lang)
        case "metrics":
            return render.metrics_html(value, lang)
        case "text":
            return render.text_html(value)
        case "markdown":
            return html_of_markdown(value)
    return str(value)


def lightened(text: str) -> str:
    """``text`` with the colour pictures in it as WebP where that is smaller; what may show its pixels stays as it is."""
    return COLOUR.sub(lambda found: _webp(found[0]), text) if len(text) > HEAVY else text


@lru_cache(maxsize=KEPT)
def _webp(address: str) -> str:
    data = address.partition(",")[2]
    with PillowImage.open(io.BytesIO(base64.b64decode(data))) as picture:
        pixels = np.asarray(picture)
        if pixels.ndim == 2 or (pixels == pixels[..., :1]).all():
            return address  # digits and the like: few greys, small without loss
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=QUALITY)
    light = f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
    return light if len(light) < len(address) else address


def html_of_markdown(text: str) -> str:
    """Markdown as HTML; a formula stands as its LaTeX in ``<span class="g-tex">``, which the page sets when it opens."""
    return str(_markdown().render(text))


def form_of(
    tab: type[Tab], lang: Lang, tabulated: Mapping[str, Collection[Any]], free: Mapping[str, Collection[str]]
) -> list[dict[str, Any]]:
    """The form's fields that offer only what was ``tabulated`` (input → its parsed values, the default among them).

    A number keeps its stops, a choice and a list of examples what is there; what has one value alone is shown and fixed.
    An input in ``free`` is offered whole, but for its options that need a server.
    """
    offered = []
    for said, (name, field) in zip(spec(tab, lang), fields(tab).items(), strict=True):
        values = tabulated[name]
        links = {field.to_link(value) for value in values}
        fixed = {**said, "fixed": words.LIVE_ONLY(lang)}
        match field:
            case Choice() if name in free:
                options = [option for option in said["options"] if option[0] not in free[name]]
                offered.append({**said, "options": options})
            case _ if name in free:
                offered.append(said)
            case _ if len(links) < 2:
                offered.append(fixed)
            case Number() | Seed():
                play = {**said["play"], "instant": True} if said.get("play") else None
                offered.append({**said, "stops": sorted(values), **({"play": play} if play else {})})
            case Choice():
                offered.append({**said, "options": [option for option in said["options"] if option[0] in links]})
            case TextField():
                offered.append({**said, "examples": [e for e in field.examples if e in links], "onlyExamples": True})
            case Image() | File():
                props = {**said["props"], "examples": _there(said["props"]["examples"], links), "kept": ""}
                offered.append({**said, "props": props, "onlyExamples": True})
            case Toggle():
                offered.append(said)
            case _:
                offered.append(said)
    return offered


def _there(examples: list[Any], links: Collection[str | None]) -> list[Any]:
    return [e for e in examples if f"example:{e['name'] if isinstance(e, dict) else e}" in links]


def _markdown() -> MarkdownIt:
    return (
        MarkdownIt("commonmark", {"html": False, "linkify": False})
        .enable("table")
        .use(dollarmath_plugin, allow_space=True, double_inline=True, renderer=_formula)
    )


def _formula(tex: str, options: Mapping[str, Any]) -> str:
    display = " g-display" if options["display_mode"] else ""
    return f'<span class="g-tex{display}">{render.escape(tex)}</span>'
