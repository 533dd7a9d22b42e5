"""A refusal after a success, and after half a result: every tab of every page says it, shows nothing stale, and goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gallery import components
from gallery.doors.gradio import outputs
from gallery.doors.gradio.page import PageView
from gallery.doors.streamlit import outputs as streamlit_outputs
from gallery.engine import render, runner
from gallery.engine.catalog import Entry
from gallery.engine.form import form_text
from gallery.engine.runner import Away, Computed, Failed
from gallery.page import Say, Tab, t
from tests.conftest import KITCHEN, every_tab
from tests.gallery.doors.test_streamlit_ui import SCRIPT, html
from tests.pages_computed import result_of

WHY = t("这组输入不行", "These inputs will not do")
ROUNDS = ("good", "refused", "good", "half", "good", "refused", "refused")
ONCE = ("good", "half", "good")  # of a page: the doors learn from the kitchen page, which has all rounds
DRAWING = [
    (components, "figure_text"), (outputs, "figure_text"), (outputs, "player_props"), (streamlit_outputs, "player_props"),
    (render, "image_html"), (render, "grid_html"),
]  # fmt: skip
CLICKED = json.dumps({"theme": "light", "embed": False, "clicked": True})


@pytest.fixture(scope="module")
def drawn() -> Iterator[None]:
    """What a result looks like is made once and not in each round and door: here it only has to be there, or not.

    Nothing of it goes into a cache of the program, which therefore need not be forgotten after each test.
    """
    with pytest.MonkeyPatch.context() as patch:
        for module, name in DRAWING:
            patch.setattr(module, name, once(getattr(module, name)))
        yield


def once(draw: Callable[..., Any]) -> Callable[..., Any]:
    """``draw`` that remembers what it made of a value."""
    made: dict[tuple[object, ...], tuple[object, Any]] = {}

    def remembered(value: object, *rest: Any) -> Any:
        key = (id(value), *rest)
        if key not in made:
            made[key] = (value, draw(value, *rest))  # which keeps the value, so that no other gets its id
        return made[key][1]

    return remembered


SHOWN: dict[tuple[str, str], Mapping[str, Any]] = {}


@pytest.fixture
def outcome(entry: Entry, tab: type[Tab], drawn: None) -> Iterator[list[str]]:
    """What the next run comes to: the tab's own result, a refusal, or the one after the other."""
    wanted, result = ["good"], result_of(entry, tab)
    if (entry.slug, tab.slug) not in SHOWN:
        SHOWN[entry.slug, tab.slug] = tab().show(result, Say("en"))

    def compute_tab(slug: str, inputs: Tab, away: Away | None) -> Iterator[Computed | Failed]:
        kind = wanted[0]
        if kind != "refused":
            yield Computed(result, kind == "good")
        if kind != "good":
            yield Failed(WHY, expected=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "compute_tab", compute_tab)
        patch.setattr(tab, "show", lambda self, result, say: SHOWN[entry.slug, tab.slug])
        yield wanted


def rounds(entry: Entry) -> tuple[str, ...]:
    """What is asked of a tab, one after the other."""
    return ROUNDS if entry.slug in KITCHEN.entries else ONCE


@pytest.mark.parametrize(("entry", "tab"), every_tab())
def test_streamlit(entry: Entry, tab: type[Tab], outcome: list[str]) -> None:
    app = AppTest.from_string(SCRIPT.format(slug=entry.slug, lang="en"), default_timeout=120)
    app.query_params["tab"] = tab.slug
    for kind in rounds(entry):
        outcome[0] = kind
        app.session_state[f"{entry.slug}/{tab.slug}/asked"] = True
        app.run()
        assert not app.exception, kind
        assert (WHY.en in html(app)) == (kind != "good")
        assert f'data-state="{"done" if kind == "good" else "failed"}"' in html(app)
        assert bool(_sections(app)) == (kind == "good")


def _sections(app: AppTest) -> list[object]:
    """The sections under a result, which stand there only while one is shown."""
    return [e for e in app.expander if e.label in ("Code and API", "Link")]


@pytest.mark.parametrize(("entry", "tab"), every_tab())
def test_gradio(entry: Entry, tab: type[Tab], outcome: list[str], views: dict[str, PageView]) -> None:
    if entry.slug not in views:
        views[entry.slug] = PageView(entry, "en", "")
        views[entry.slug].build()
    view = views[entry.slug]
    parts = next(p for p in view.parts if p.tab is tab)
    form = form_text(tab(), "en")
    for kind in rounds(entry):
        outcome[0] = kind
        told = {key: value for update in view._run(parts, CLICKED, (), form) for key, value in update.items()}
        assert (WHY.en in str(told[parts.status])) == (kind != "good")
        assert all(bool(told[component]) == (kind == "good") for component in parts.outputs.values())
        assert (tab.slug in told[view.seen]) == (kind == "good")


@pytest.fixture(scope="module")
def views() -> dict[str, PageView]:
    return {}
