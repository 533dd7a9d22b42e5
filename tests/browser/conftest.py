"""The two front ends as servers, and a browser, once a worker: the tests of how they work and of how they look share them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

import pytest

from gallery.doors import screenshots
from tests.browser.looks import UIS

KITCHEN = {"GALLERY_PAGES": "tests/kitchen"}


@pytest.fixture(scope="package")
def houses() -> Iterator[Callable[..., str]]:
    """The address of a front end's server, of the gallery's pages or of the kitchen's."""
    with ExitStack() as running:

        @cache
        def house(ui: str, kitchen: bool = False) -> str:
            return running.enter_context(screenshots.server(ui, KITCHEN if kitchen else None))

        yield house


@pytest.fixture(params=[pytest.param(ui, marks=pytest.mark.xdist_group(f"browser-{ui}")) for ui in UIS])
def ui(request: pytest.FixtureRequest) -> str:
    """Each front end in turn. A worker has one, with its servers: two equal halves."""
    return request.param


@pytest.fixture
def gallery(ui: str, houses: Callable[..., str]) -> str:
    """Where the gallery's pages are."""
    return houses(ui)


@pytest.fixture
def kitchen_house(ui: str, houses: Callable[..., str]) -> str:
    """Where the kitchen's page is."""
    return houses(ui, kitchen=True)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """One browser; a test takes a page of its own, in a context of its own. No other folder may have one meanwhile."""
    with screenshots.browser() as opened:
        yield opened
