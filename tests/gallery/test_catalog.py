"""The catalog: what is found, and what happens to a page that cannot be imported."""

from __future__ import annotations

import logging

import pytest

from gallery import front_page
from gallery.catalog import Catalog, Entry, UnknownPage
from gallery.runner import Failed, run_tab
from tests.conftest import KITCHEN


def test_a_page_that_cannot_be_imported_says_so_and_the_others_live(caplog: pytest.LogCaptureFixture) -> None:
    whole = KITCHEN
    catalog = Catalog({**whole.entries, "broken": Entry("broken", "maths", "tests.there_is_no_such_page")})
    with caplog.at_level(logging.ERROR):
        shown = front_page.index_html(catalog, "zh", "light", str)
    assert "tests.there_is_no_such_page" in caplog.text
    assert "broken（载入失败）" in shown
    assert catalog["every-kind"].page.title("zh") in shown
    assert catalog.front()[-1].slug == "broken"
    page = catalog["broken"].page
    (failed,) = list(run_tab("broken", page.tabs[0], page.tabs[0].inputs(), "en"))
    assert isinstance(failed, Failed)
    assert "cannot be opened" in failed.message("en")


def test_an_unknown_page_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownPage, match=r"page = nothing: must be one of every-kind"):
        KITCHEN["nothing"]
