"""The Streamlit front end, by Streamlit's own test driver: every tab of every page draws, links open, bad ones are said."""

from __future__ import annotations

from functools import partial

import pytest
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.testing.v1 import AppTest

from gallery.engine import words
from gallery.engine.catalog import ROOT, Entry
from gallery.engine.links import embed_snippet, page_link
from gallery.inputs import parse
from gallery.page import Tab
from gallery.text import Lang
from tests.conftest import KITCHEN, kitchen_tabs

SCRIPT = """
import streamlit as st
from gallery.doors.streamlit import app as streamlit_ui
from gallery.engine.catalog import ROOT, catalog, find
st.session_state.setdefault("lang", {lang!r})
page = {{**catalog().entries, **find(ROOT / "tests" / "kitchen").entries}}[{slug!r}]
streamlit_ui._guarded(page)
"""


def opened(slug: str, lang: str = "zh", **query: str) -> AppTest:
    app = AppTest.from_string(SCRIPT.format(slug=slug, lang=lang), default_timeout=120)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def html(app: AppTest) -> str:
    return " ".join(str(element.proto.body) for element in app.get("html"))


@pytest.mark.parametrize(("entry", "tab"), kitchen_tabs())
def test_every_tab_draws_and_writes_its_address(entry: Entry, tab: type[Tab]) -> None:
    app = opened(entry.slug, "en", tab=tab.slug)
    assert not app.exception
    assert 'data-state="done"' in html(app)
    assert tab.question.en in html(app)
    address = {k: v[0] if isinstance(v, list) else v for k, v in app.query_params.items()}
    assert address["tab"] == tab.slug
    assert {k: v for k, v in address.items() if k not in ("tab", "lang")} == tab().to_link()


def test_every_page_draws_its_first_tab(entry: Entry) -> None:
    app = opened(entry.slug, "zh")
    assert not app.exception
    assert 'data-state="done"' in html(app)
    assert entry.page.tabs[0].question.zh in html(app)


@pytest.mark.parametrize("tab", ["verify", "post"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_house_tabs_draw(tab: str, lang: str) -> None:
    app = opened("every-kind", lang, tab=tab)
    assert not app.exception
    assert 'data-state="done"' in html(app)
    if tab == "verify":
        assert '<tr class="g-good">' in html(app) and '<tr class="g-bad">' not in html(app)


def test_a_link_opens_its_state() -> None:
    app = opened("every-kind", tab="numbers", n="57", shape="noise", seed="9")
    assert app.query_params["n"] in ("57", ["57"])
    assert app.query_params["shape"] in ("noise", ["noise"])


def test_a_bad_link_is_said_and_gives_the_default() -> None:
    app = opened("every-kind", "en", tab="numbers", n="9999", shape="blob")
    assert not app.exception
    assert "Points = 9999: must be a whole number from 10 to 2000" in html(app)
    assert "Shape = blob" in html(app)
    assert app.query_params["n"] in ("200", ["200"])


def test_an_unknown_tab_is_said() -> None:
    app = opened("every-kind", "en", tab="nope")
    assert not app.exception
    assert "tab = nope" in html(app)


def test_a_control_changes_the_picture_and_the_address() -> None:
    app = opened("every-kind", "en")
    before = app.query_params["n"]
    app.number_input[0].set_value(77).run()
    assert not app.exception
    assert app.query_params["seed"] in ("77", ["77"])
    assert app.query_params["n"] == before


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_embeds_the_present_state_follows_the_inputs(lang: Lang) -> None:
    tab = KITCHEN["every-kind"].page.tab("numbers")
    app = opened("every-kind", lang, tab="numbers", n="57")
    for seed in (int(tab().to_link()["seed"]), 77):
        if seed == 77:
            app.number_input[0].set_value(seed).run()
        inputs = parse(tab, {"n": 57, "seed": seed})
        address = page_link("every-kind", "numbers", inputs.to_link(), lang, embed=True, base="")
        (snippet,) = [code.value for code in app.code if code.value.startswith("<iframe")]
        assert snippet.partition('src="')[2].endswith(embed_snippet(address, tab.question(lang)).partition('src="')[2])
    assert words.EMBED_NOTE(lang) in [caption.value for caption in app.caption]


def test_a_change_in_a_quick_tab_runs_that_tab_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("every-kind", "en", tab="little", n="9999")
    assert "g-counters" in html(app) and "Number = 9999" in html(app)
    alone = partial(RerunData, fragment_id_queue=list(app._fragment_storage._fragments))  # as the browser asks for it
    monkeypatch.setattr("streamlit.testing.v1.local_script_runner.RerunData", alone)
    app.slider[0].set_value(30).run()
    assert not app.exception
    assert "900" in html(app) and 'data-state="done"' in html(app)
    assert "g-counters" not in html(app), "the frame of the page is known by its counters"
    assert "Number = 9999" in html(app), "what a link asked for in vain is said until another state is asked for"
    assert app.query_params["n"] in ("30", ["30"])
    next(b for b in app.button if b.label == "Reset").click().run()
    assert "400" in html(app) and "Number = 9999" not in html(app)


def test_what_takes_long_runs_with_the_page_and_so_gives_way_to_a_change() -> None:
    assert not opened("every-kind", "en", tab="long", pause="0")._fragment_storage._fragments


def test_a_try_sets_its_inputs_and_runs() -> None:
    app = opened("every-kind", "en", tab="long", pause="0")
    button = next(b for b in app.button if b.label == "Five steps: five characters")
    button.click().run()
    assert not app.exception
    assert app.query_params["steps"] in ("5", ["5"])
    assert "床前明月光</div>" in html(app)


def test_another_language_shows_the_last_run_anew() -> None:
    app = opened("every-kind", "zh", tab="long", steps="7", pause="0")
    first = html(app)
    app.session_state["lang"] = "en"
    app.run()
    assert not app.exception
    assert "How far did it walk?" in html(app) and first != html(app)
    assert "床前明月光疑是</div>" in html(app)


def test_a_refusal_after_a_success_is_words() -> None:
    app = opened("every-kind", "en", tab="rows")
    app.query_params["rows"] = '[["a",9],["b",9]]'
    app.session_state["where"] = ""
    app.run()
    assert not app.exception
    assert "sum of all rates must be at most 15" in html(app)


def test_hidden_controls_appear_with_their_choice() -> None:
    app = opened("every-kind", "en", tab="numbers")
    labels = [s.label for s in app.slider]
    app.radio[0].set_value("noise").run()
    assert "Amount" in [s.label for s in app.slider]
    assert "Amount" not in labels


def test_refused_rows_are_words_and_the_page_lives() -> None:
    app = opened("every-kind", "en", tab="rows", rows='[["a",9],["b",9]]')
    assert not app.exception
    assert "sum of all rates must be at most 15" in html(app)
    assert 'data-state="failed"' in html(app)


def test_a_page_that_cannot_be_imported_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    script = "from gallery.doors.streamlit import app as streamlit_ui\nfrom gallery.engine.catalog import Entry\nimport streamlit as st\nst.session_state.setdefault('lang','en')\n"
    app = AppTest.from_string(script + "streamlit_ui._guarded(Entry('x','stats','no.such.module'))").run()
    assert not app.exception
    assert "cannot be opened" in html(app)


def test_the_front_page_lists_every_page_and_has_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    app = AppTest.from_file(str(ROOT / "gallery" / "doors" / "streamlit" / "script.py"), default_timeout=60).run()
    assert not app.exception
    assert "HSIC" in html(app) and "Gillespie" in html(app)
    assert 'class="g-find"' in html(app) and 'data-find="' in html(app)


def test_choices_keep_what_is_chosen_in_another_language() -> None:
    app = opened("every-kind", "zh", tab="numbers", shape="noise")
    app.session_state["lang"] = "en"
    app.run()
    assert not app.exception
    assert app.radio[0].value == "noise" and app.radio[0].label == "Shape"


def test_a_lost_card_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from core import weights

    def lost(name: str) -> None:
        raise weights.WeightsError(f"权重 {name}：缺少 card.json", f"weights {name}: card.json is missing")

    monkeypatch.setattr(weights, "read_card", lost)
    app = opened("o-gan", "en", tab="card")
    assert not app.exception
    assert "weights o-gan-cats64: card.json is missing" in html(app)
