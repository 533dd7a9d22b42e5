"""Shared by all tests: one thread a worker for torch, so that two workers do not fight over two cores."""

from __future__ import annotations

import os

import pytest

from gallery.engine.catalog import ROOT as REPOSITORY
from gallery.engine.catalog import Catalog, Entry, catalog, find

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
KITCHEN = find(REPOSITORY / "tests" / "kitchen")


def every_tab() -> list[object]:
    """(entry, tab) of every page of the gallery and of the kitchen, as pytest parameters."""
    return [
        pytest.param(entry, tab, id=f"{entry.slug}-{tab.slug}")
        for entry in (*catalog(), *KITCHEN)
        for tab in entry.page.tabs
    ]


@pytest.fixture(scope="session")
def kitchen() -> Catalog:
    return KITCHEN


@pytest.fixture(params=list(catalog()), ids=lambda e: e.slug)
def entry(request: pytest.FixtureRequest) -> Entry:
    return request.param
