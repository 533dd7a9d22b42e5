"""Components: what neither front end brings or brings well, once in plain JavaScript for both.

Sketch pad, point in a plane, picture, file, player, figure.

Each ``<name>.js`` exports ``mount(root, props, emit) -> {update(props), destroy()}``. Here it is wrapped for Streamlit
(components v2) and for Gradio (``gr.HTML`` with ``js_on_load``), and the props are made from fields and outputs.

In Streamlit::

    pad = st.components.v2.component(**streamlit_parts("sketch"))
    drawn = pad(data=sketch_props(field, value, lang), key=…, on_value_change=…).value  # None until the reader draws

In Gradio::

    pad = gr.HTML(sketch_props(field, value, lang), **gradio_parts("sketch"))
    pad.input(…, trigger_mode="always_last")  # the handler gets the props; ["value"] is what the reader drew
"""

from __future__ import annotations

import base64
import io
import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from PIL import Image

from gallery.engine import words
from gallery.engine.links import THEMES
from gallery.fields import File, Number, Point, Sketch, Upload
from gallery.fields import Image as ImageField
from gallery.fields.uploads import ASSETS, IMAGE_FORMATS, MAX_IMAGE_BYTES, MAX_SIDE
from gallery.outputs import Animation, png_bytes, shown_bytes
from gallery.theme import template

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = [
    "NAMES",
    "Name",
    "figure_labels",
    "figure_props",
    "figure_text",
    "file_props",
    "form_style",
    "gradio_parts",
    "picture_props",
    "play_props",
    "player_props",
    "point_props",
    "sketch_props",
    "source",
    "streamlit_parts",
]

Name = Literal["sketch", "point", "picture", "file", "player", "play", "figure"]
NAMES: tuple[Name, ...] = get_args(Name)
FOLDER = Path(__file__).parent
LOSSLESS_PIXELS = 128 * 128  # frames up to this size travel without loss; larger ones as JPEG of FRAME_QUALITY
FRAME_QUALITY = 92  # WebP is a fifth smaller and takes eight times as long: 33 frames of 256 x 256 would wait 200 ms
THUMBNAIL_SIDE = 64  # pixels of an example's picture

STREAMLIT = """
const mounted = new WeakMap();
export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  const old = mounted.get(parentElement);
  if (old) {
    old.emit = (value) => TELL;
    old.view.update(data);
  } else {
    const entry = { emit: (value) => TELL };
    entry.view = mount(parentElement, data, (value) => entry.emit(value));
    mounted.set(parentElement, entry);
    const before = entry.view.restore?.();
    if (before) entry.emit(before);
  }
  return () => {
    const entry = mounted.get(parentElement);
    mounted.delete(parentElement);
    if (entry) entry.view.destroy();
  };
}
"""
"""Streamlit calls the default export again whenever ``data`` changes, and its cleanup once at the end."""
TELL, TELL_ONCE = 'setStateValue("value", value)', 'setTriggerValue("set", value)'
"""What the reader has made is a state; a point that was moved in a figure is an event, which holds for one run."""

GRADIO = """
const view = mount(element, props.value, (value) => {
  props.value = { ...props.value, value };
  trigger("input");
});
watch("value", () => view.update(props.value));
"""
"""Gradio runs this once; ``watch`` tells of values that Python sets."""


@lru_cache(maxsize=8)
def source(name: Name) -> str:
    """The component as one ES module that exports ``mount``."""
    templates = ""
    if name == "figure":
        both = {theme: template(theme).to_plotly_json() for theme in THEMES}
        templates = f"const TEMPLATES = {json.dumps(both)};\n"
    return _read("shared.js") + templates + _read(f"{_known(name)}.js")


def streamlit_parts(name: Name) -> dict[str, Any]:
    """Keyword arguments of ``st.components.v2.component``; register once a process, mount with a key each.

    A figure stands in the page itself, where Plotly puts its style sheet, and its moved points come as the trigger ``set``.
    """
    told = TELL_ONCE if name == "figure" else TELL
    script = source(name) + STREAMLIT.replace("TELL", told)
    parts: dict[str, Any] = {"name": f"gallery_{name}", "css": _read(f"{_known(name)}.css"), "js": script}
    return parts | ({"isolate_styles": False} if name == "figure" else {})


def gradio_parts(name: Name) -> dict[str, Any]:
    """Keyword arguments of ``gr.HTML`` beside its value."""
    script = source(name).replace("export function mount", "function mount")
    return {
        "html_template": "",
        "css_template": _read(f"{_known(name)}.css"),
        "js_on_load": script + GRADIO,
        "apply_default_css": False,
    }


def form_style() -> str:
    """The style sheet of the form that holds the inputs of a tab (form.js)."""
    return _read("form.css")


def sketch_props(field: Sketch, value: np.ndarray, lang: str) -> dict[str, Any]:
    """Props of the sketch pad for a drawing [size, size] in [0, 1], ink = 1."""
    greys = (255 - np.asarray(value) * 255).round().astype(np.uint8)
    labels = {"draw": words.CANVAS_SKETCH, "undo": words.UNDO, "clear": words.CLEAR, "pen": words.PEN}
    return {"size": field.size, "value": _png(greys), "labels": _said(labels, lang)}


def point_props(
    field: Point, value: tuple[float, float], lang: str, background: np.ndarray | None = None
) -> dict[str, Any]:  # fmt: skip
    """Props of the point in a plane; ``background`` is a uint8 picture that fills the plane."""
    return {
        "value": list(value), "xRange": list(field.x_range), "yRange": list(field.y_range),
        "background": None if background is None else _png(background),
        "labels": _said({"choose": words.CANVAS_POINT}, lang),
    }  # fmt: skip


def picture_props(field: ImageField, value: np.ndarray, lang: str, kept: str = "") -> dict[str, Any]:
    """Props of the picture: its examples as thumbnails, the reader's own with a box to cut it where ``field.crop``.

    Under the name ``kept`` the browser keeps an upload over a reload, so long as its tab is open.
    """
    labels = {"choose": words.CHOOSE_PICTURE, "example": words.EXAMPLE, "crop": words.CROP}
    return {
        "value": field.to_link(value) or _png(value), "examples": list(_thumbnails(field)), "kept": kept,
        "accept": ",".join(f"image/{form.lower()}" for form in IMAGE_FORMATS), "maxBytes": MAX_IMAGE_BYTES, "maxSide": MAX_SIDE,
        "crop": field.crop, "allowed": field.explain()(lang), "labels": _said(labels, lang),
    }  # fmt: skip


def file_props(field: File, value: Upload | None, lang: str, kept: str = "") -> dict[str, Any]:
    """Props of the file chooser; the reader's own file is named, not sent back, and ``kept`` as a picture is."""
    labels = {"choose": words.CHOOSE_FILE, "example": words.EXAMPLE, "none": words.FILE_NONE}
    own = value is not None and value.example is None
    return {
        "value": {"name": value.name} if own and value else field.to_link(value), "examples": list(field.examples), "kept": kept,
        "accept": ",".join(field.suffixes), "suffixes": list(field.suffixes), "maxBytes": field.max_bytes,
        "allowed": field.explain()(lang), "labels": _said(labels, lang),
    }  # fmt: skip


def _thumbnails(field: ImageField) -> list[dict[str, str]]:
    return [{"name": name, "picture": _thumbnail(path)} for name, path in field.examples.items()]


@lru_cache(maxsize=256)
def _thumbnail(path: str) -> str:
    """The example at ``path`` under assets/, small."""
    picture = Image.open(ASSETS / path).convert("RGB")
    picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return _png(np.asarray(picture))


def player_props(animation: Animation, height: int, lang: str, name: str = "frame") -> dict[str, Any]:
    """Props of the player; ``name`` begins the file name of a saved frame."""
    labels = {"play": words.PLAY, "pause": words.PAUSE, "frame": words.FRAME, "save": words.SAVE_FRAME}
    return {
        "frames": [_frame(frame) for frame in animation.frames], "captions": list(animation.captions),
        "fps": animation.fps, "boomerang": animation.boomerang, "height": height,
        "start": animation.start, "autoplay": animation.plays, "name": name, "labels": _said(labels, lang),
    }  # fmt: skip


def play_props(field: Number, value: float, lang: str) -> dict[str, Any]:
    """Props of play, pause and steps for a slider that has them."""
    labels = {"play": words.PLAY, "pause": words.PAUSE, "back": words.STEP_BACK, "on": words.STEP_ON}
    bounds = {"minimum": field.minimum, "maximum": field.maximum, "step": field.grain}
    return {"value": value, **bounds, "labels": _said(labels, lang)}


def figure_props(value: go.Figure, theme: str | None, lang: str, plotly: str) -> dict[str, Any]:
    """Props of a figure in ``theme`` (None: the page's own); ``plotly`` is the address of plotly.js."""
    return {"figure": figure_text(value), "theme": theme, "plotly": plotly, "labels": figure_labels(lang)}


def figure_labels(lang: str) -> dict[str, str]:
    """The words of a figure's own controls."""
    return _said({"keep": words.KEEP_LAST, "drag": words.DRAG}, lang)


def figure_text(value: go.Figure) -> str:
    """The figure as JSON without its template, which the browser lays over it."""
    from plotly.io.json import to_json_plotly

    figure = value.to_dict()
    figure["layout"].pop("template", None)
    return str(to_json_plotly(figure))


def _said(labels: dict[str, Any], lang: str) -> dict[str, str]:
    return {name: text(lang) for name, text in labels.items()}


def _frame(array: np.ndarray) -> str:
    if array.shape[0] * array.shape[1] <= LOSSLESS_PIXELS:
        return _address(*shown_bytes(array))
    picture, buffer = Image.fromarray(np.ascontiguousarray(array)).convert("RGB"), io.BytesIO()
    picture.save(buffer, "JPEG", quality=FRAME_QUALITY)
    return _address("jpeg", buffer.getvalue())


def _png(array: np.ndarray) -> str:
    return _address("png", png_bytes(array))


def _address(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _known(name: str) -> str:
    if name not in NAMES:
        raise ValueError(f"component = {name}: must be one of {' | '.join(NAMES)}")
    return name


def _read(file: str) -> str:
    return (FOLDER / file).read_text(encoding="utf-8")
