"""Which tabs of a page run in the reader's browser: the optional ``<page>.live.json`` and ``<page>.live.js`` beside the page.

The JSON says what a tab needs, the JavaScript how its slots follow from it:

    {"tabs": {"<tab slug>": {"live": [inputs that the browser computes with], "unless": {input: [options that need a server]},
                             "parts": [names], "tables": [names]}},
     "parts": {"<weights>/<method>": {"shape": [one item's], "range": [least, largest]}},
     "tables": {"<name>": {"value": "<dotted name>", "of": [arguments], "its": "<attribute>"}},
     "shares": [modules of pages/ whose .live.js is read first]}

A part is a method of shipped weights that takes one tensor and gives one, or a named tuple of them; without ``range`` its items are codes, tried
with N(0, 1). A table is what else the browser must know: a value of the project's Python, or what it returns.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from gallery.engine.catalog import ROOT, Entry

__all__ = ["BadManifest", "LiveTab", "Manifest", "Part", "Table", "manifest", "source"]

ALLOWED = ("core.", "pages.")
"""Where a table's value may stand: what a page shows, and what it shows it of."""


class BadManifest(ValueError):
    """A ``.live.json`` that cannot be used; the message names the file and what is wrong."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Part(_Strict):
    """What one item of a part's input looks like: its ``shape``, and the ``range`` of its numbers where they are bounded."""

    shape: tuple[int, ...]
    range: tuple[float, float] | None = None


class Table(_Strict):
    """A value of the project's Python by its dotted name, called with ``of`` where that is given; of what it gives, the attribute ``its``."""

    value: str
    of: tuple[str | int | float, ...] | None = None
    its: str = ""

    def read(self) -> Any:
        """The value; BadManifest where there is none of this name, or it stands elsewhere than in a page or a model."""
        module, _, name = self.value.rpartition(".")
        if not self.value.startswith(ALLOWED):
            raise BadManifest(f"{self.value}: must begin with {' or '.join(ALLOWED)}")
        try:
            found = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            raise BadManifest(f"{self.value}: there is no such value") from None
        found = found if self.of is None else found(*self.of)
        return getattr(found, self.its) if self.its else found


class LiveTab(_Strict):
    """One tab: the inputs it follows in the browser (all others stay with what was tabulated), its parts and tables by name.

    ``unless`` names the options of choices with which it needs a server all the same.
    """

    live: tuple[str, ...]
    unless: Mapping[str, tuple[str, ...]] = {}
    parts: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


class Manifest(_Strict):
    """The live tabs of a page, by their slugs; every part and table by its name; what several pages share in JavaScript."""

    tabs: Mapping[str, LiveTab]
    parts: Mapping[str, Part] = {}
    tables: Mapping[str, Table] = {}
    shares: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Manifest:
        for what in ("parts", "tables"):
            asked = {name for tab in self.tabs.values() for name in getattr(tab, what)}
            if odd := asked ^ set(getattr(self, what)):
                raise ValueError(f"{what}: {', '.join(sorted(odd))}: asked for and not told of, or told of for no tab")
        for name in self.parts:
            if name.count("/") != 1:
                raise ValueError(f"parts: {name}: must be <weights>/<method>")
        return self


def manifest(entry: Entry) -> Manifest | None:
    """What the page's tabs need to run in a browser; None where none does. Raises BadManifest for a file that cannot be used."""
    path = _beside(entry.module, "json")
    if not path.is_file():
        return None
    try:
        found = Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise BadManifest(f"{path.name}: {'.'.join(map(str, problem['loc']))}: {problem['msg']}") from None
    tabs = {tab.slug: tab for tab in entry.page.tabs}
    for slug, live in found.tabs.items():
        if slug not in tabs:
            raise BadManifest(f"{path.name}: {slug}: must be one of {', '.join(tabs)}")
        if odd := (set(live.live) | set(live.unless)) - set(tabs[slug].model_fields):
            raise BadManifest(f"{path.name}: {slug}: no input {', '.join(sorted(odd))}")
    for module in (*found.shares, entry.module):
        if not _beside(module, "js").is_file():
            raise BadManifest(f"{path.name}: {_beside(module, 'js').name} is missing")
    return found


def source(entry: Entry, needs: Manifest) -> str:
    """The page's JavaScript, after what it shares with others, as they stand."""
    return "".join(_beside(module, "js").read_text(encoding="utf-8") for module in (*needs.shares, entry.module))


def _beside(module: str, form: str) -> Path:
    parts: Sequence[str] = module.split(".")
    return ROOT.joinpath(*parts[:-1], f"{parts[-1]}.live.{form}")
