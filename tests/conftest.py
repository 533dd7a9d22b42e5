"""Shared by all tests: one thread a worker for torch, so that two workers do not fight over two cores."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy and torch are imported
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import pytest

from gallery.engine.catalog import ROOT as REPOSITORY
from gallery.engine.catalog import Catalog, Entry, catalog, find

KITCHEN = find(REPOSITORY / "tests" / "kitchen")
OURS = ("core.", "gallery.", "pages.", "training.")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--page", help="only the tests of this page, and those of no page in particular")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
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
    """A test that patches something leaves no result of the patched program behind for another test."""
    yield
    if "monkeypatch" in request.fixturenames:
        clear_caches()


def clear_caches() -> None:
    """Forget what every ``lru_cache`` of ours holds, and the runner's results."""
    for name, module in list(sys.modules.items()):
        if name.startswith(OURS) and module is not None:
            for value in vars(module).values():
                if callable(getattr(value, "cache_clear", None)) and getattr(value, "__module__", "").startswith(OURS):
                    value.cache_clear()
