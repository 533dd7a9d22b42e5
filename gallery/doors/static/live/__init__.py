"""Small models in the reader's browser: what a page's live tabs need, and the files that a static site loads for them.

The site calls these:

- ``parts(entry)``: the page's live tabs, or None: which inputs each follows, so that the tabulator can leave those out, and what it needs.
- ``bases(tab, live)``: the states of a live tab from which the browser starts: tabulate these, and no live input.
- ``write(entry, folder)``: writes the scripts into the site's folder and tells which of them the page loads after the site's own.
- in the page, ``GalleryLive`` (live.js): ``GalleryLive.draw(slug, tab, inputs, start, lang)`` and ``GalleryLive.verify(slug)``.

Everything is a classic script, so that the site works from file://: no module, no fetch, no request.
"""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from gallery.doors.static import vendor
from gallery.doors.static.live.export import TOLERANCE, exported
from gallery.doors.static.live.manifest import LiveTab, Manifest, manifest, source
from gallery.engine.catalog import Entry
from gallery.fields import Choice, Image, Toggle
from gallery.inputs import fields
from gallery.page import Tab
from gallery.text import Text

__all__ = ["FOLDER", "Written", "bases", "parts", "write"]

HERE = Path(__file__).resolve().parent
FOLDER = "live"
"""The folder in the site in which everything here lies."""
OURS = ("text.js", "maths.js", "pictures.js", "slots.js", "live.js")
"""Our scripts in the order in which they are read, made into one."""
RUNTIME = {"ort": "ort.wasm.min.js", "glue": "ort-wasm-simd-threaded.mjs", "wasm": "ort-wasm-simd-threaded.wasm"}
"""What of onnxruntime-web is shipped: the build for the CPU alone, used with one thread, which needs no special headers."""
PACKAGE = "onnxruntime-web"
EXAMPLES = "$examples"  # a table that no page names
SMALL = 4096  # bytes: a shorter table stands in the page's own script
LEVEL = 9  # of gzip: made once, read often


@dataclass(frozen=True, slots=True)
class Written:
    """What :func:`write` put into the site for one page.

    ``scripts`` are to be loaded with the page, in this order, after the site's own; all other files are asked for by these, when they are
    needed. Paths are relative to the site's folder. ``files`` gives every file's size in bytes; ``differences``, for each part, the
    largest difference between onnxruntime and torch that was measured.
    """

    scripts: tuple[str, ...]
    files: Mapping[str, int]
    differences: Mapping[str, float]


def parts(entry: Entry) -> Manifest | None:
    """The page's live tabs; None where it has none. BadManifest (ValueError) where its ``.live.json`` cannot be used."""
    return manifest(entry)


def bases(tab: type[Tab], live: LiveTab) -> list[dict[str, Any]]:
    """What must be tabulated of a live tab: the choices and switches that the browser does not follow, each with each.

    All other inputs stay at their defaults; an input that does not show beside the others is left out.
    """
    found: list[dict[str, Any]] = [{}]
    for name, field in fields(tab).items():
        if name in live.live or not isinstance(field, Choice | Toggle):
            continue
        longer = []
        for base in found:
            values = {**{key: info.default for key, info in tab.model_fields.items()}, **base}
            options = (False, True) if isinstance(field, Toggle) else field.available(values)
            options = [option for option in options if option not in live.unless.get(name, ())]
            longer += [{**base, name: option} for option in options] if field.visible(values) else [base]
        found = longer
    return found


def write(entry: Entry, folder: Path) -> Written:
    """Write what the page's live tabs need under ``folder``/live; the same bytes each time.

    Nothing is written for a page without live tabs. Raises NotTheSame where an exported part does not compute what torch does,
    NotVendored where onnxruntime-web cannot be had, BadManifest and WeightsError for files of ours that cannot be used.
    """
    needs = manifest(entry)
    if needs is None:
        return Written((), {}, {})
    site = _Folder(folder)
    differences = {}
    for name, part in needs.parts.items():
        made = exported(name, part)
        differences[name] = made.difference
        told = {"onnx": packed(made.onnx), "inputs": plain(made.inputs), "outputs": plain(made.outputs)}
        site.write(f"parts/{name.replace('/', '.')}.js", _kept(name, told))
    small = ""
    for name, table in needs.tables.items():
        text = _kept(f"{entry.slug}:{name}", plain(table.read()))
        if len(text) < SMALL:
            small += text
        else:
            site.write(f"tables/{entry.slug}.{name}.js", text)
    if examples := _examples(entry, needs):
        site.write(f"tables/{entry.slug}.{EXAMPLES}.js", _kept(f"{entry.slug}:{EXAMPLES}", plain(examples)))
    told = {
        "tabs": {slug: tab.model_dump() for slug, tab in needs.tabs.items()},
        "parts": {name: part.model_dump() for name, part in needs.parts.items()},
        "tolerance": TOLERANCE,
        "runtime": _runtime(site) if needs.parts else "",
    }
    site.write("live.js", "".join((HERE / name).read_text(encoding="utf-8") for name in OURS))
    site.write(
        f"pages/{entry.slug}.js",
        f"GalleryLive.page({_json(entry.slug)}, {_json(told)});\n{small}{source(entry, needs)}",
    )
    return Written((f"{FOLDER}/live.js", f"{FOLDER}/pages/{entry.slug}.js"), site.files, differences)


def _examples(entry: Entry, needs: Manifest) -> dict[str, dict[str, np.ndarray]]:
    """The example pictures of the inputs that the browser follows, as the tabs see them: input → name → uint8 [H, W, 3]."""
    found = {}
    for tab in entry.page.tabs:
        for name in needs.tabs[tab.slug].live if tab.slug in needs.tabs else ():
            field = fields(tab)[name]
            if isinstance(field, Image):
                found[name] = {example: field.example(example) for example in field.examples}
    return found


def packed(data: bytes) -> dict[str, str]:
    """Bytes for a script: compressed, in base64."""
    return {"gzip": base64.b64encode(gzip.compress(data, LEVEL, mtime=0)).decode("ascii")}


def plain(value: Any) -> Any:
    """A value as JSON: arrays, and several of one shape, as {shape, type, gzip}, texts as {zh, en}, named tuples, dataclasses and cards by their fields."""
    if isinstance(value, np.ndarray):
        value = value.astype(np.float32) if value.dtype == np.float64 else value
        value = value.astype(np.int32) if value.dtype == np.int64 else value
        stored = np.ascontiguousarray(value).astype(value.dtype.newbyteorder("<"))
        return {"shape": list(value.shape), "type": value.dtype.name, **packed(stored.tobytes())}
    if isinstance(value, Text):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, tuple) and (names := getattr(value, "_fields", None)):
        return {name: plain(getattr(value, name)) for name in names}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, BaseModel):
        return plain(value.model_dump())
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        if value and all(isinstance(one, np.ndarray) and one.shape == value[0].shape for one in value):
            return plain(np.stack(value))
        return [plain(one) for one in value]
    return value.item() if isinstance(value, np.generic) else value


@dataclass
class _Folder:
    """The site's folder, and what was written into it."""

    site: Path
    files: dict[str, int] = dataclasses.field(default_factory=dict)

    def write(self, path: str, text: str) -> None:
        place = self.site / FOLDER / path
        place.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode()
        place.write_bytes(data)
        self.files[f"{FOLDER}/{path}"] = len(data)


def _runtime(site: _Folder) -> str:
    """The script with ONNX Runtime, as its makers ship it, and the worker that uses it; written once for all pages of a site.

    Its name tells what is in it, so that one that is there need not be made again.
    """
    place, worker = vendor.vendored(), (HERE / "worker.js").read_text(encoding="utf-8")
    path = f"runtime-{vendor.digest(worker)}.js"
    there = site.site / FOLDER / path
    if there.is_file():
        site.files[f"{FOLDER}/{path}"] = there.stat().st_size
        return path
    files = {key: packed((place / PACKAGE / "dist" / name).read_bytes()) for key, name in RUNTIME.items()}
    licence = (place / PACKAGE / "dist" / RUNTIME["ort"]).read_text(encoding="utf-8").partition("*/")[0] + "*/\n"
    site.write(path, licence + _kept(path, {**files, "worker": worker}))
    return path


def _kept(name: str, value: Any) -> str:
    """A script that hands ``value`` over under ``name``."""
    return f"GalleryLive.keep({_json(name)}, {_json(value)});\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
