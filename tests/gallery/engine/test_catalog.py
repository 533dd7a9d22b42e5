"""The catalog: what is found, and what happens to a page that cannot be imported."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from PIL import Image

from core.checks import Check
from core.device import compute_slots
from gallery.engine import front_page
from gallery.engine.catalog import Catalog, Entry, UnknownPage
from gallery.engine.runner import Failed, Finished, Values, run_checks, run_tab
from gallery.inputs import parse
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
    (failed,) = list(run_tab("broken", page.tabs[0](), "en"))
    assert isinstance(failed, Failed)
    assert "cannot be opened" in failed.message("en")


def test_a_card_moves_where_the_page_has_a_film_and_stands_still_for_who_wants_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front_page, "SCREENSHOTS", tmp_path)
    (tmp_path / "every-kind.webp").write_bytes(b"film")
    Image.new("RGB", (16, 10)).save(tmp_path / "every-kind.png")
    moving = front_page.index_html(
        KITCHEN, "zh", "light", str, picture=lambda path: "still", moving=lambda path: path.name
    )
    assert '<source media="(prefers-reduced-motion: reduce)" srcset="still">' in moving
    assert '<img src="every-kind.webp" alt="" loading="lazy">' in moving
    assert ".webp" not in front_page.index_html(KITCHEN, "zh", "light", str, picture=lambda path: "still")
    (tmp_path / "every-kind.webp").unlink()
    assert "<source" not in front_page.index_html(KITCHEN, "zh", "light", str, moving=str)


def test_an_unknown_page_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownPage, match=r"page = nothing: must be one of every-kind"):
        KITCHEN["nothing"]


def test_a_refusal_gives_its_slot_back_before_it_is_told() -> None:
    """Who hears that a run failed may stop listening there and keep the run: the slot must be free by then."""
    tab = KITCHEN["every-kind"].page.tab("rows")
    inputs = parse(tab, {"rows": [{"name": "a", "rate": 9.0}, {"name": "b", "rate": 9.0}]})
    busy = compute_slots().counters().busy
    runs = [run_tab("every-kind", inputs, "en") for _ in range(4)]
    assert all(isinstance(next(run), Failed) for run in runs)
    assert compute_slots().counters().busy == busy


def test_the_number_of_facts_is_known_once_they_were_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = Entry("x", "maths", "tests.x")
    facts = [Check("one", "一", 1.0, 1.0, 0.0), Check("two", "二", 2.0, 2.0, 0.0)]
    monkeypatch.setattr(Entry, "checks", lambda self: facts)
    for known in (0, 2):
        *values, finished = run_checks(entry)
        assert [v.values["of"] for v in values if isinstance(v, Values)] == [known, known]
        assert isinstance(finished, Finished) and finished.values["of"] == 2
    assert Entry("x", "maths", "tests.x").measured.count == 0
