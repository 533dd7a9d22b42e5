"""Results of tabs, computed once a test run and kept: what the contract tests ask of them costs no second computation."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from core.progress import Progress
from gallery.engine.catalog import Entry
from gallery.engine.runner import Computed, compute_tab
from gallery.fields import Number
from gallery.inputs import fields, parse
from gallery.page import Tab

_KEPT: dict[tuple[str, str, str], Any] = {}


def result_of(entry: Entry, tab: type[Tab], given: Mapping[str, Any] | None = None) -> Any:
    """The (last) result of ``tab`` at its defaults but for ``given``; AssertionError where it gives none."""
    inputs = parse(tab, given or {})
    key = (entry.slug, tab.slug, repr(inputs.to_link()))
    if key not in _KEPT:
        last = list(compute_tab(entry.slug, inputs))[-1]
        assert isinstance(last, Computed), last
        _KEPT[key] = last.result
    return _KEPT[key]


def cheapest(tab: type[Tab]) -> dict[str, Any]:
    """The tab's numbers moved, one after another, to the bound at which they cost least; {} where none makes it cheaper.

    What holds of any inputs is asked of these, so that a tab that takes long is computed in full only once.
    """
    given: dict[str, Any] = {}
    for name, field in fields(tab).items():
        if isinstance(field, Number):
            for bound in (field.minimum, field.maximum):
                moved = given | {name: bound}
                if parse(tab, moved).cost() < parse(tab, given).cost():
                    given = moved
    return given


def compute_again(inputs: Tab) -> list[Any]:
    """All results of the inputs, computed now and not kept."""
    outcome = inputs.compute()
    results = list(outcome) if isinstance(outcome, Iterator) else [outcome]
    return [result for result in results if not isinstance(result, Progress)]


def differences(one: Any, other: Any, where: str = "result") -> list[str]:
    """Where two results differ, and by how much."""
    if fingerprint(one) == fingerprint(other):
        return []
    if dataclasses.is_dataclass(one) and type(one) is type(other):
        names = [field.name for field in dataclasses.fields(one)]
        return [line for n in names for line in differences(getattr(one, n), getattr(other, n), f"{where}.{n}")]
    if isinstance(one, Mapping) and isinstance(other, Mapping) and set(one) == set(other):
        return [line for key in one for line in differences(one[key], other[key], f"{where}[{key!r}]")]
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [line for k, (a, b) in pairs for line in differences(a, b, f"{where}[{k}]")]
    arrays = isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and one.shape == other.shape
    if arrays and one.dtype == other.dtype and one.dtype.kind in "biuf":
        gap = np.nanmax(np.abs(one.astype(float) - other.astype(float)), initial=0.0)
        return [f"{where}: largest difference {gap:.3g}"]
    return [f"{where}: {str(one)[:60]} is not {str(other)[:60]}"]


def fingerprint(value: Any) -> str:
    """A digest of all numbers and words in a result: equal results have equal digests."""
    digest = hashlib.sha256()
    _feed(digest, value)
    return digest.hexdigest()


def _feed(digest: Any, value: Any) -> None:
    if isinstance(value, np.ndarray):
        digest.update(repr((value.shape, value.dtype.str)).encode())
        digest.update(repr(value.tolist()).encode() if value.dtype == object else np.ascontiguousarray(value).tobytes())
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        digest.update(type(value).__name__.encode())
        for field in dataclasses.fields(value):
            _feed(digest, getattr(value, field.name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            digest.update(repr(key).encode())
            _feed(digest, item)
    elif isinstance(value, list | tuple):
        digest.update(str(len(value)).encode())
        for item in value:
            _feed(digest, item)
    elif isinstance(value, set | frozenset):
        _feed(digest, sorted(value))
    else:
        digest.update(repr(value).encode())
