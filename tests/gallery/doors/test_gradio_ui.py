"""The Gradio front end without a browser: what pages build, what their events answer, what the door opens."""

from __future__ import annotations

import asyncio
import html
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import numpy as np
import pytest

from core.device import compute_slots
from gallery.doors.gradio.app import build_api, launch
from gallery.doors.gradio.page import PageView, TabParts
from gallery.doors.gradio.routes import FRONT, Rooms
from gallery.engine import words
from gallery.engine.catalog import Catalog, Entry, catalog
from gallery.engine.form import MODULES, form_text, raw_values, spec
from gallery.engine.links import embed_snippet, page_link
from gallery.inputs import Upload, fields, parse, parse_link
from gallery.page import Page, Tab
from gallery.text import LANGUAGES, Lang
from tests.conftest import KITCHEN, every_page, kitchen_tabs

TABS = pytest.mark.parametrize(("entry", "tab"), kitchen_tabs())
PAGES = pytest.mark.parametrize("entry", [*every_page(), *KITCHEN])
CLICKED = json.dumps({"theme": "light", "embed": False, "clicked": True})


def view_of(entry: Entry, lang: Lang = "en") -> PageView:
    view = PageView(entry, lang, "")
    view.demo = view.build()  # type: ignore[attr-defined]
    return view


@pytest.fixture(scope="module")
def kitchen_view() -> PageView:
    return view_of(KITCHEN["every-kind"])


def opened(view: PageView, query: str) -> tuple[list[dict[Any, Any]], dict[Any, Any]]:
    """What the page answers to an address: every update, and all of them together."""
    updates = list(view._open(json.dumps({"query": query})))
    return updates, {key: value for update in updates for key, value in update.items()}


def link_of(view: PageView, told: dict[Any, Any]) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(json.loads(told[view.frame.view])["link"]).query, keep_blank_values=True))


def parts_of(view: PageView, slug: str) -> TabParts:
    return next(parts for parts in view.parts if parts.tab.slug == slug)


# Pages


@PAGES
def test_every_page_builds_and_shows_its_first_tab_and_has_no_public_endpoint(entry: Entry) -> None:
    lang: Lang = "zh"
    view = view_of(entry, lang)
    labels = [block.label for block in view.demo.blocks.values() if type(block).__name__ == "Tab"]  # type: ignore[attr-defined]
    assert labels[: len(entry.page.tabs)] == [tab.label(lang) for tab in entry.page.tabs]
    assert labels[len(entry.page.tabs) :][:2] == [words.VERIFY(lang), words.POST(lang)]
    assert not view.demo.get_api_info()["named_endpoints"]  # type: ignore[attr-defined]
    _, told = opened(view, "")
    assert 'data-state="done"' in told[view.frame.state]
    assert all(told[component] for component in view.parts[0].outputs.values())


@TABS
def test_opening_a_link_computes_its_tab_and_says_the_same_link(entry: Entry, tab: type[Tab]) -> None:
    view = view_of(entry)
    inputs = tab()
    query = urlsplit(page_link(entry.slug, tab.slug, inputs.to_link(), "en")).query
    _, told = opened(view, query)
    assert told[view.tabs]["selected"] == tab.slug
    assert 'data-state="done"' in told[view.frame.state]
    assert link_of(view, told) == dict(parse_qsl(query, keep_blank_values=True))
    outputs = parts_of(view, tab.slug).outputs
    assert set(outputs) == {slot.name for slot in tab.outputs}
    assert all(told[component] for component in outputs.values())
    others = [c for parts in view.parts if parts.tab is not tab for c in parts.outputs.values()]
    assert not set(others) & set(told), "only the shown tab computes"


def test_exact_values_of_a_link_survive_between_a_sliders_steps(kitchen_view: PageView) -> None:
    _, told = opened(kitchen_view, "tab=numbers&scale=3.217&n=201&amount=0.123456")
    form = json.loads(told[parts_of(kitchen_view, "numbers").form])
    assert (form["scale"], form["n"], form["amount"]) == (3.217, 201, 0.123456)
    assert link_of(kitchen_view, told)["scale"] == "3.217"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_embeds_the_present_state_follows_the_inputs(lang: Lang) -> None:
    view = view_of(KITCHEN["every-kind"], lang)
    asked = {"query": "tab=numbers&n=57", "origin": "https://example.org/g"}
    parts = parts_of(view, "numbers")
    first = {k: v for update in view._open(json.dumps(asked)) for k, v in update.items()}[parts.embed]
    assert words.EMBED_NOTE(lang) in first and words.COPY_CODE(lang) in first
    now = json.dumps({"theme": "dark", "embed": False, "origin": asked["origin"]})
    last = view._told(parts, parse(parts.tab, {"n": 58}), now)[parts.embed]
    for shown, n, theme in ((first, 57, "light"), (last, 58, "dark")):
        inputs = parse(parts.tab, {"n": n})
        address = page_link("every-kind", "numbers", inputs.to_link(), lang, theme, embed=True, base=asked["origin"])
        assert html.escape(embed_snippet(address, parts.tab.question(lang))) in shown


def test_theme_and_embedding_of_a_link_stay_in_it(kitchen_view: PageView) -> None:
    _, told = opened(kitchen_view, "tab=rows&theme=dark&embed=true")
    link = link_of(kitchen_view, told)
    assert (link["theme"], link["embed"], link["lang"]) == ("dark", "true", "en")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_bad_value_is_named_and_its_default_stands(lang: Lang) -> None:
    view = view_of(KITCHEN["every-kind"], lang)
    _, told = opened(view, "tab=numbers&n=5&shape=%3Cb%3E&scale=2&theme=blue")
    message = told[view.problems]["value"]
    assert "点数 = 5" in message if lang == "zh" else "Points = 5" in message
    assert "&lt;b&gt;" in message
    assert "theme = blue" in message
    form = json.loads(told[parts_of(view, "numbers").form])
    assert (form["n"], form["shape"], form["scale"]) == (200, "sine", 2.0)
    assert 'data-state="done"' in told[view.frame.state]


def test_an_unknown_tab_is_named_with_those_there_are(kitchen_view: PageView) -> None:
    _, told = opened(kitchen_view, "tab=nothing")
    assert (
        "tab = nothing: must be one of numbers | pictures | faces | little | rows | long | plane | verify | post"
        in told[kitchen_view.problems]["value"]
    )
    assert told[kitchen_view.tabs]["selected"] == "numbers"


@pytest.mark.parametrize("where", ["verify", "post"])
def test_house_tabs_open_from_a_link(kitchen_view: PageView, where: str) -> None:
    _, told = opened(kitchen_view, f"tab={where}")
    assert link_of(kitchen_view, told)["tab"] == where
    assert 'data-state="done"' in told[kitchen_view.frame.state]
    assert (where == "verify") == ("two plus two" in str(told.get(kitchen_view.verify_table)))


# Events


def test_a_refused_input_is_named_and_nothing_stale_stays_under_it(kitchen_view: PageView) -> None:
    parts = parts_of(kitchen_view, "numbers")
    form = json.dumps({**json.loads(form_text(parts.tab(), "en")), "n": 5})
    (told,) = kitchen_view._run(parts, CLICKED, (), form)
    assert "Points = 5: must be a whole number from 10 to 2000" in told[parts.status]
    assert all(told[component] == "" for component in (*parts.outputs.values(), parts.code, parts.api))


def test_an_input_nobody_declared_is_refused(kitchen_view: PageView) -> None:
    parts = parts_of(kitchen_view, "numbers")
    (told,) = kitchen_view._run(parts, CLICKED, (), json.dumps({"n": 20, "extra": 1}))
    assert "extra = 1: no such input" in told[parts.status]


def test_what_the_page_refuses_reads_as_its_own_words(kitchen_view: PageView) -> None:
    parts = parts_of(kitchen_view, "rows")
    rows = [{"name": "a", "rate": 9}, {"name": "b", "rate": 9}]
    *_, told = kitchen_view._run(parts, CLICKED, (), json.dumps({"rows": rows, "data": ""}))
    assert "the sum of all rates must be at most 15" in told[parts.status]
    assert 'data-state="failed"' in told[kitchen_view.frame.state]


def test_a_tab_seen_before_is_not_computed_again(kitchen_view: PageView) -> None:
    parts = parts_of(kitchen_view, "numbers")
    form = form_text(parts.tab(), "en")
    (told,) = kitchen_view._select(parts, CLICKED, ("numbers",), form)
    assert not set(parts.outputs.values()) & set(told)
    assert len(list(kitchen_view._select(parts, CLICKED, (), form))) > 1


def test_a_selection_that_the_page_itself_made_changes_no_address(kitchen_view: PageView) -> None:
    parts = parts_of(kitchen_view, "numbers")
    (told,) = kitchen_view._select(parts, json.dumps({"clicked": False}), (), form_text(parts.tab(), "en"))
    assert kitchen_view.frame.view not in told


def test_changing_inputs_of_a_tab_with_a_run_button_only_follows(kitchen_view: PageView) -> None:
    parts = parts_of(kitchen_view, "long")
    told = kitchen_view._touch(parts, CLICKED, (), json.dumps({"steps": 7, "pause": 0.0, "seed": 1}))
    assert link_of(kitchen_view, told)["steps"] == "7"
    assert "walk(7, 0.0, 1)" in told[parts.code]
    assert "steps=7" in told[parts.api]
    assert not set(parts.outputs.values()) & set(told)


def test_a_visitor_who_leaves_frees_the_slot(kitchen_view: PageView) -> None:
    parts = parts_of(kitchen_view, "long")
    run = kitchen_view._run(parts, CLICKED, (), json.dumps({"steps": 200, "pause": 0.01, "seed": 987}))
    for told in run:
        if parts.outputs["walk"] in told:
            break
    assert compute_slots().counters().busy == 1
    run.close()  # type: ignore[attr-defined]
    assert compute_slots().counters().busy == 0


def test_progress_and_text_come_as_they_are_made(kitchen_view: PageView) -> None:
    parts = parts_of(kitchen_view, "long")
    updates = list(kitchen_view._run(parts, CLICKED, (), json.dumps({"steps": 10, "pause": 0.0, "seed": 55})))
    assert sum("aria-valuenow" in str(told.get(parts.status)) for told in updates) >= 10
    texts = [told[parts.outputs["written"]] for told in updates if parts.outputs["written"] in told]
    assert len(texts) >= 2
    assert len(texts[0]) < len(texts[-1])


def test_text_of_a_visitor_is_shown_and_never_run(kitchen_view: PageView) -> None:
    _, told = opened(kitchen_view, "tab=numbers&name=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E")
    parts = parts_of(kitchen_view, "numbers")
    assert "<img" not in told[parts.outputs["numbers"]]
    assert "&lt;img" in told[parts.outputs["numbers"]]


def test_downloads_are_the_files_of_the_present_inputs(kitchen_view: PageView) -> None:
    parts = parts_of(kitchen_view, "numbers")
    form = json.dumps({**json.loads(form_text(parts.tab(), "en")), "n": 11})
    made = parts.downloads.make("numbers.csv", form, "light")["file"]
    assert made["name"] == "every-kind-numbers-numbers.csv"
    assert httpx.URL(made["address"]).scheme == "data"
    refused = parts.downloads.make("numbers.csv", form.replace("11", "1"), "light")
    assert "Points = 1:" in refused["refused"]
    for nonsense in ("numbers.exe", "../app.py", "curve", "", "nothing.png"):
        assert parts.downloads.make(nonsense, form, "light") == {}


# The form


@TABS
@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_the_form_shows_reads_back_as_the_same_inputs(entry: Entry, tab: type[Tab], lang: Lang) -> None:
    inputs = tab()
    text = form_text(inputs, lang)
    again = parse(tab, raw_values(tab, text))
    assert again.to_link() == inputs.to_link()
    assert form_text(again, lang) == text
    told = json.loads(json.dumps(spec(tab, lang), allow_nan=False))
    assert [field["name"] for field in told] == list(fields(tab))
    assert [field["label"] for field in told] == [field.label(lang) for field in fields(tab).values()]


def test_an_uploaded_file_keeps_its_name_and_is_held_to_its_bounds() -> None:
    tab = KITCHEN["every-kind"].page.tab("rows")
    inputs = parse(tab, {"data": Upload("mine.csv", b"a,b")})
    again = parse(tab, raw_values(tab, form_text(inputs, "en")))
    assert again.data == Upload("mine.csv", b"a,b")  # type: ignore[attr-defined]
    for bad in ({"name": "x.exe", "data": "data:;base64,YQ=="}, {"name": "x.csv", "data": "not base64!"}, {"data": 5}):
        with pytest.raises(ValueError, match="data = "):
            parse(tab, raw_values(tab, json.dumps({"data": bad})))


def test_an_uploaded_picture_comes_back_pixel_for_pixel() -> None:
    tab = KITCHEN["every-kind"].page.tab("pictures")
    picture = np.random.default_rng(0).integers(0, 256, (30, 20, 3), np.uint8)
    inputs = parse(tab, {"photo": picture})
    again = parse(tab, raw_values(tab, form_text(inputs, "en")))
    assert np.array_equal(again.photo, picture)  # type: ignore[attr-defined]


# The door


@dataclass(frozen=True)
class House:
    address: str
    rooms: Rooms


class Broken(Entry):
    @property
    def page(self) -> Page:  # type: ignore[override]
        raise RuntimeError("this page cannot be imported")


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = int(taken.getsockname()[1])
    blocks, rooms = launch(Catalog({**catalog().entries, **KITCHEN.entries}), port)
    yield House(f"http://127.0.0.1:{port}", rooms)
    blocks.close(verbose=False)


def test_a_page_costs_nothing_until_it_is_opened(house: House) -> None:
    before = set(house.rooms.built())
    unopened = next(entry.slug for entry in catalog() if (entry.slug, "en") not in before)  # other tests came first
    answer = httpx.get(f"{house.address}/{unopened}?lang=en", timeout=30)
    assert answer.status_code == 200
    assert set(house.rooms.built()) - before == {(unopened, "en")}


@pytest.mark.parametrize(("lang", "tag"), [("zh", "zh-CN"), ("en", "en")])
def test_a_pages_html_says_its_language_title_and_summary(house: House, lang: Lang, tag: str) -> None:
    page = KITCHEN["every-kind"].page
    text = httpx.get(f"{house.address}/every-kind?lang={lang}", timeout=30).text
    assert f'lang="{tag}"' in text
    assert f"<title>{page.title(lang)} · {words.HOUSE(lang)}</title>" in text
    assert page.summary(lang) in text
    assert "gradio.app" not in text
    assert f"/_/{lang}/every-kind" in text


def test_the_front_page_shows_every_page(house: House) -> None:
    text = httpx.get(f"{house.address}/", timeout=30).text
    assert all(f"/{entry.slug}" in text for entry in catalog())


def test_an_unknown_page_is_named_with_links_to_those_there_are(house: House) -> None:
    answer = httpx.get(f"{house.address}/no-such-page?lang=en", timeout=30)
    assert answer.status_code == 404
    assert "There is no page “no-such-page”" in answer.text
    assert all(f'href="/{entry.slug}' in answer.text for entry in catalog())


def test_a_trailing_slash_leads_to_the_page_with_its_inputs(house: House) -> None:
    answer = httpx.get(f"{house.address}/every-kind/?n=300", timeout=30)
    assert (answer.status_code, answer.headers["location"]) == (308, "/every-kind?n=300")


@pytest.mark.parametrize("name", MODULES)
def test_scripts_are_packed_and_asked_for_once(house: House, name: str) -> None:
    first = httpx.get(f"{house.address}/_/form/{name}", timeout=30)
    assert first.status_code == 200
    assert first.headers["content-encoding"] in ("gzip", "br")
    again = httpx.get(f"{house.address}/_/form/{name}", headers={"if-none-match": first.headers["etag"]}, timeout=30)
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/_/film/every-kind.webp",
        "/_/film/nothing.webp",
        "/_/film/..%2Flogo.webp",
        "/_/form/secret.js",
        "/_/form/..%2Fpage.py",
        "/_/xx/every-kind/config",
        "/_/zh/nothing/config",
    ],
)
def test_nothing_else_stands_behind_the_door(house: House, path: str) -> None:
    assert httpx.get(house.address + path, timeout=30).status_code == 404


def test_files_of_the_server_cannot_be_had(house: House) -> None:
    for root in ("", "/_/zh/every-kind"):
        for path in ("/etc/passwd", "app.py", "assets/examples/waves.png"):
            answer = httpx.get(f"{house.address}{root}/gradio_api/file={path}", timeout=30)
            assert answer.status_code in (403, 404), path


def test_a_page_that_cannot_be_loaded_says_so_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    from gallery.doors.gradio.routes import Door

    broken = Broken("broken", "stats", "nowhere")
    rooms = Rooms(Catalog({"broken": broken, **KITCHEN.entries}))

    async def nothing(*_: Any) -> None:
        raise AssertionError("the door must answer itself")

    async def visit() -> tuple[httpx.Response, httpx.Response]:
        transport = httpx.ASGITransport(Door(nothing, rooms, lambda app: None))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://house") as client:
            return await client.get("/broken?lang=en"), await client.get("/every-kind?lang=en")

    bad, good = asyncio.run(visit())
    assert bad.status_code == 500
    assert words.PAGE_BROKEN.en in bad.text
    assert "cannot be imported" not in bad.text
    assert any("cannot be built" in record.message for record in caplog.records)
    assert good.status_code == 200


def test_a_page_that_cannot_be_loaded_keeps_no_endpoint_from_the_others() -> None:
    blocks = build_api(Catalog({"broken": Broken("broken", "stats", "nowhere"), **KITCHEN.entries}))
    named = blocks.get_api_info()["named_endpoints"]
    assert "/every_kind_numbers" in named
    assert not [name for name in named if "broken" in name]


def test_fifty_visitors_at_once_build_a_page_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rooms = Rooms(KITCHEN)
    built: list[str] = []
    build = rooms._build
    monkeypatch.setattr(rooms, "_build", lambda slug, lang: (built.append(slug), build(slug, lang))[1])

    async def crowd() -> list[Any]:
        return await asyncio.gather(*(rooms.get(FRONT, "zh") for _ in range(50)))

    apps = asyncio.run(crowd())
    assert built == [FRONT]
    assert len(set(map(id, apps))) == 1


def test_the_public_root_stands_before_every_address() -> None:
    view = PageView(KITCHEN["every-kind"], "en", "https://example.org/house")
    view.build()
    _, told = opened(view, "tab=post")
    assert json.loads(told[view.frame.view])["link"].startswith("https://example.org/house/every-kind?")


def test_parse_link_and_the_form_agree_on_every_link(kitchen_view: PageView) -> None:
    parts = parts_of(kitchen_view, "pictures")
    inputs, _ = parse_link(parts.tab, {"place": "0.5,-0.25", "photo": "example:rings"})
    form = json.loads(form_text(inputs, "en"))
    assert (form["place"], form["photo"]) == ([0.5, -0.25], "example:rings")
