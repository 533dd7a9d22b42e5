"""Shared by all tests: one thread a worker for torch, so that two workers do not fight over two cores."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy and torch are imported
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import pytest

from gallery.engine.catalog import ROOT as REPOSITORY
from gallery.engine.catalog import Catalog, Entry, catalog, find

# Workers, servers and commands are processes: without compiled modules on disk each would compile the gallery again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

KITCHEN = find(REPOSITORY / "tests" / "kitchen")
OURS = ("core.", "gallery.", "pages.", "training.")
GROUP = "xdist_group"
Kept = type(lru_cache(int))
STORES = {
    "core.device.compute_slots", "core.fetching.fetches", "gallery.engine.engines.chosen.engine", "gallery.engine.runner._results",
}  # fmt: skip
"""Caches of one object that itself takes things in: forgotten after every patch."""
WEIGHTS = "core.weights._cache"
"""That of the weights counts what it loads."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--page", help="only the tests of this page, and those of no page in particular")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ``--page hsic`` only that page's tests; and a file's tests go to one worker, unless they say with whom they go.

    What a file prepares, and what its models keep, is then prepared once and not by both workers.
    """
    _only_the_page(config, items)
    for item in items:
        if item.get_closest_marker(GROUP) is None:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.hookimpl(trylast=True, specname="pytest_collection_modifyitems")
def pytest_longest_groups_first(items: list[pytest.Item]) -> None:
    """Groups with a browser, which take minutes, then those of pages, then files: no worker is left alone with a long one.

    Otherwise the random order stays.
    """
    slow = {_group(item) for item in items if item.get_closest_marker("browser") is not None}
    items.sort(key=lambda item: (_group(item) not in slow, _group(item) == item.path.stem))


def _group(item: pytest.Item) -> str:
    marker = item.get_closest_marker(GROUP)
    assert marker is not None
    return marker.args[0]


def _only_the_page(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ``--page hsic``: the contract of that page and of the kitchen, its model's tests, and the house's."""
    page = config.getoption("--page")
    if not page:
        return
    if page not in catalog().entries:
        raise pytest.UsageError(f"page = {page}: must be one of {' | '.join(catalog().entries)}")
    name = page.replace("-", "_")

    def wanted(item: pytest.Item) -> bool:
        entry = getattr(item, "callspec", None) and item.callspec.params.get("entry")  # type: ignore[attr-defined]
        if isinstance(entry, Entry):
            return entry.slug == page or entry.slug in KITCHEN.entries
        part = item.path.relative_to(REPOSITORY / "tests").parts
        return part[0] == "gallery" or name in item.path.stem

    left_out = [item for item in items if not wanted(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def every_tab() -> list[object]:
    """(entry, tab) of every page of the gallery and of the kitchen, as pytest parameters; a page's stay on one worker."""
    return [
        pytest.param(entry, tab, id=f"{entry.slug}-{tab.slug}", marks=pytest.mark.xdist_group(entry.slug))
        for entry in (*catalog(), *KITCHEN)
        for tab in entry.page.tabs
    ]


def kitchen_tabs() -> list[object]:
    """(entry, tab) of the kitchen page: the doors learn kinds of inputs and outputs from it, not pages."""
    return [pytest.param(entry, tab, id=tab.slug) for entry in KITCHEN for tab in entry.page.tabs]


def every_page() -> list[object]:
    """The entry of every page, as pytest parameters, on the worker that has the page's results."""
    return [pytest.param(e, id=e.slug, marks=pytest.mark.xdist_group(e.slug)) for e in catalog()]


@pytest.fixture(scope="session")
def kitchen() -> Catalog:
    return KITCHEN


@pytest.fixture(params=every_page())
def entry(request: pytest.FixtureRequest) -> Entry:
    return request.param


@pytest.fixture
def fresh_caches() -> Iterator[None]:
    """For a test that breaks something on purpose: what the program keeps is forgotten before and after it."""
    clear_caches()
    yield
    clear_caches()


@pytest.fixture(autouse=True)
def _no_cache_outlives_a_patch(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that patches something is given no result from before the patch, and leaves none of the patched program behind.

    Weights stay: they are read from files, and a patched network computes with the same ones.
    """
    if "monkeypatch" not in request.fixturenames:
        yield
        return
    clear_caches(keep=WEIGHTS)
    with forgetting():
        yield


@contextmanager
def forgetting() -> Iterator[None]:
    """What caches take in meanwhile is forgotten at the end; what they kept before is good, and stays."""
    before = {cache: _taken_in(cache) for cache in _caches()}
    yield
    for cache in list(_caches()):
        if before.get(cache) != _taken_in(cache):
            cache.cache_clear()


def clear_caches(keep: str = "") -> None:
    """Forget what every ``lru_cache`` of ours holds, and the runner's results; all but the one called ``keep``."""
    for cache in list(_caches()):
        if _place(cache) != keep:
            cache.cache_clear()


def _caches() -> Iterator[Any]:
    """Every ``lru_cache`` of ours."""
    for name, module in list(sys.modules.items()):
        if name.startswith(OURS) and module is not None:
            for value in vars(module).values():
                if isinstance(value, Kept) and value.__module__.startswith(OURS):
                    yield value


def _place(cache: Any) -> str:
    return f"{cache.__module__}.{cache.__name__}"


def _taken_in(cache: Any) -> object:
    """What changes when ``cache`` takes something in."""
    place = _place(cache)
    if place in STORES:
        return object()  # equal to nothing
    if place == WEIGHTS and cache.cache_info().currsize:
        return cache().counters().loads
    return cache.cache_info().misses
