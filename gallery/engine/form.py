"""The form of a tab as one component of the browser: its fields as props of form.js, and what the browser sends back.

Exact numbers survive, the words are the house's, and a page costs one component a tab to build. Values travel as JSON and are
parsed like those of every other door.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from gallery.components import FOLDER, file_props, picture_props, play_props, point_props, sketch_props, source
from gallery.engine import words
from gallery.engine.render import data_address
from gallery.fields import Choice, Field, File, Image, Number, Point, Seed, Sketch, TableEditor, TextField
from gallery.inputs import Inputs, Upload, fields
from gallery.page import Tab

__all__ = ["MODULES", "form_text", "module", "raw_values", "said", "shown_values", "spec"]

MODULES = (
    "form.js", "dom.js", "table.js", "sketch.js", "point.js", "picture.js", "file.js", "play.js", "player.js", "figure.js", "plotly.js",
)  # fmt: skip
"""What the browser may load, beside each other under one address."""


def spec(model: type[Tab], lang: str) -> list[dict[str, Any]]:
    """The fields of the tab ``model`` in order, as the form wants them: JSON with the words of ``lang``."""
    start = model()
    initial = shown_values(start, lang)
    return [
        {
            "name": name, "kind": field.kind, "label": field.label(lang), "help": field.help and field.help(lang),
            "shownWhen": dict(field.shown_when or {}), "initial": initial[name],
            **_details(field, getattr(start, name), lang, f"{model.slug}/{name}"),
        }
        for name, field in fields(model).items()
    ]  # fmt: skip


def form_text(inputs: Inputs, lang: str, leave: Collection[str] = ()) -> str:
    """The value of a form's component that shows ``inputs``; those in ``leave`` stay as the browser has them."""
    shown = {name: value for name, value in shown_values(inputs, lang).items() if name not in leave}
    return json.dumps(shown, ensure_ascii=False)


def shown_values(inputs: Inputs, lang: str) -> dict[str, Any]:
    """The values as the form shows them: JSON that :func:`raw_values` and the fields' parsers read back exactly."""
    return {name: _shown(field, getattr(inputs, name), lang) for name, field in fields(type(inputs)).items()}


def raw_values(model: type[Inputs], text: str) -> dict[str, Any]:
    """What the browser sent (JSON text), ready for :func:`gallery.inputs.parse`; what it left out takes its default."""
    values = json.loads(text)
    if not isinstance(values, dict):
        raise TypeError(f"a form sends an object, not {type(values).__name__}")
    return values


@lru_cache(maxsize=16)
def module(name: str) -> str:
    """The text of one of :data:`MODULES`; KeyError for another name."""
    if name not in MODULES:
        raise KeyError(name)
    match name:
        case "sketch.js" | "point.js" | "picture.js" | "file.js" | "play.js" | "player.js" | "figure.js":
            return source(name.removesuffix(".js"))  # type: ignore[arg-type]
        case "plotly.js":
            from plotly.offline import get_plotlyjs

            return get_plotlyjs()
    return (FOLDER / name).read_text(encoding="utf-8")


def said(lang: str) -> dict[str, str]:
    """The form's own words."""
    names = {
        "dice": words.DICE, "roll": words.ROLL, "example": words.EXAMPLE, "addRow": words.ROW_ADD, "dropRow": words.ROW_DROP,
    }  # fmt: skip
    return {name: text(lang) for name, text in names.items()}


def _details(field: Field, start: Any, lang: str, kept: str) -> dict[str, Any]:
    match field:
        case Number():
            bounds = {"minimum": field.minimum, "maximum": field.maximum, "step": field.grain}
            play = play_props(field, start, lang) if field.play else None
            return {**bounds, "log": field.log, "whole": field.whole, "unit": field.unit, "play": play}
        case Seed():
            return {"maximum": Seed.maximum}
        case Choice():
            options = [[value, label(lang)] for value, label in field.options.items()]
            return {"options": options, "onlyWhen": {k: dict(v) for k, v in field.only_when.items()} or None}
        case TextField():
            return {"maxLength": field.max_length, "lines": field.lines, "examples": list(field.examples)}
        case Image():
            return {"props": picture_props(field, start, lang, kept)}
        case File():
            return {"props": file_props(field, start, lang, kept)}
        case Sketch():
            return {"props": sketch_props(field, start, lang)}
        case Point(in_picture=True):
            ranges = [[*field.x_range], [*field.y_range]]
            return {"kind": "pair", "ranges": ranges}
        case Point():
            return {"props": point_props(field, start, lang)}
        case TableEditor():
            columns = [
                {
                    "name": c.name, "label": c.label(lang), "number": c.number, "initial": c.default,
                    "minimum": _bound(c.minimum), "maximum": _bound(c.maximum), "maxLength": c.max_length,
                }
                for c in field.columns
            ]  # fmt: skip
            return {"columns": columns, "maxRows": field.max_rows}
    return {}


def _shown(field: Field, value: Any, lang: str) -> Any:
    match field:
        case Image():
            return field.to_link(value) or data_address(value)
        case Sketch():
            return sketch_props(field, value, lang)["value"]
        case File():
            return _file(value) if isinstance(value, Upload) and not value.example else field.to_link(value)
        case Point():
            return list(value or ())
        case TableEditor():
            return [dict(row) for row in value or ()]
    return value


def _file(value: Upload) -> dict[str, str]:
    data = base64.b64encode(value.data).decode("ascii")
    return {"name": value.name, "data": f"data:application/octet-stream;base64,{data}"}


def _bound(value: float) -> float | None:
    return value if abs(value) != float("inf") else None
