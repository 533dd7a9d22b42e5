"""Packing: many states of a tab in little room, undone in the browser (web/site.js).

States resemble each other: each is written as its difference from another. Long strings (pictures, arrays) stand once in a pool
and are named where they occur. A script hands the rest over as compressed text: scripts load from a folder, where a page may
not fetch.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Pool", "difference", "narrowed", "script"]

LONG = 200  # characters; shorter strings are not worth a name
PICTURE = re.compile(r"data:[a-z]+/[a-z+]+;base64,[A-Za-z0-9+/=]+")
BEGIN, END = "\x01", "\x02"  # around a name; no text has these
NARROW = 1e-4  # of an array's size that its values must spread over, else single precision would show in the picture


@dataclass
class Pool:
    """Long strings by name: those of a part of a tab, beside those of its first part, which is always there."""

    part: str = ""
    first: Mapping[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    @property
    def strings(self) -> dict[str, str]:
        """Name → string of this part's own."""
        return {name: text for text, name in self.names.items()}

    @property
    def size(self) -> int:
        """Characters of this part's own strings."""
        return sum(map(len, self.names))

    def forget(self, known: int) -> None:
        """Take away all strings but the first ``known``."""
        for text in list(self.names)[known:]:
            del self.names[text]

    def named(self, value: Any) -> Any:
        """``value`` with its long strings, and the pictures inside of others, replaced by their names."""
        if isinstance(value, str):
            if len(value) < LONG:
                return value
            if PICTURE.search(value):
                return PICTURE.sub(lambda found: self._name(found[0]), value)
            return self._name(value)
        if isinstance(value, Mapping):
            return {key: self.named(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.named(item) for item in value]
        return value

    def _name(self, text: str) -> str:
        name = self.first.get(text) or self.names.setdefault(text, f"{self.part}{len(self.names)}")
        return f"{BEGIN}{name}{END}"


def difference(base: Any, value: Any) -> Any:
    """What makes ``value`` of ``base``; None where they are equal.

    ``{"=": v}`` puts v in its place; ``{"~": {key: …}, "-": [keys]}`` changes and takes away members of an object; ``{"@": {place:
    …}, "n": length}`` changes places of a list of objects or lists.
    """
    if _same(base, value):
        return None
    if isinstance(base, dict) and isinstance(value, dict):
        changed = {
            key: difference(base[key], item) if key in base else {"=": item}
            for key, item in value.items()
            if key not in base or not _same(base[key], item)
        }
        changed = {key: item for key, item in changed.items() if item is not None}
        gone = [key for key in base if key not in value]
        return {"~": changed} | ({"-": gone} if gone else {})
    if isinstance(base, list) and isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        places = {
            str(k): difference(base[k], item) if k < len(base) else {"=": item}
            for k, item in enumerate(value)
            if k >= len(base) or not _same(base[k], item)
        }
        return {"@": {k: item for k, item in places.items() if item is not None}, "n": len(value)}
    return {"=": value}


def _same(a: Any, b: Any) -> bool:
    """Whether two values read the same in a browser; to Python 1 and True are equal."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def narrowed(value: Any) -> Any:
    """A figure's arrays of double precision in single precision, where a picture cannot show the difference."""
    if isinstance(value, dict):
        if value.get("dtype") == "f8" and isinstance(value.get("bdata"), str):
            return {**value, **_single(value["bdata"])}
        return {key: narrowed(item) for key, item in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict | list):
        return [narrowed(item) for item in value]
    return value


def _single(data: str) -> dict[str, str]:
    """What changes in Plotly's form of an array when it is written in single precision; nothing where that would show."""
    numbers = np.frombuffer(base64.b64decode(data), "<f8")
    finite = numbers[np.isfinite(numbers)]
    size = np.abs(finite).max(initial=0.0)
    if finite.size and (np.ptp(finite) < NARROW * size or size > np.finfo(np.float32).max):
        return {}
    return {"dtype": "f4", "bdata": base64.b64encode(numbers.astype("<f4").tobytes()).decode("ascii")}


def script(key: str, part: str, content: Any) -> str:
    """A script that hands ``content`` over to the page under its tab's ``key`` and its ``part``; the same bytes each time."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    packed = base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode("ascii")
    return f"galleryTake({json.dumps(key)},{json.dumps(part)},{json.dumps(packed)});\n"
