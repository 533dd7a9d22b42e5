"""The Streamlit front end: generic and thin. It shows what the catalog holds and names no page.

Every run of the script reads the address when a page is newly opened, draws the controls, parses them, runs the shown
tab through the runner and writes the address back. A change within a quick tab runs that tab alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import runtime

from gallery.doors.streamlit.form import controls, remember
from gallery.doors.streamlit.frame import BACK, draw_frame, theme_now
from gallery.doors.streamlit.outputs import draw_output, draw_outputs, draw_sections
from gallery.engine import render, words
from gallery.engine.catalog import Entry, catalog
from gallery.engine.links import State, page_link, read_state
from gallery.engine.runner import Event, Failed, Finished, Progress, Values, Waiting, run_checks, run_tab, streams
from gallery.fields import ASSETS
from gallery.inputs import InputError, parse, parse_link
from gallery.page import Page, Tab, Try
from gallery.text import LANGUAGES, Lang

__all__ = ["main"]

log = logging.getLogger(__name__)
HOUSE_TABS = {"verify": words.VERIFY, "post": words.POST, "card": words.CARD}


def main() -> None:
    """Draw the gallery (the whole script of ``streamlit run app.py``)."""
    lang = _chosen_language()
    pages: dict[str, list[Any]] = {
        "": [st.Page(_front, title=words.FRONT_PAGE(lang), url_path="", default=True)],
    }
    for _, name, entries in catalog().families():
        pages[name(lang)] = [
            st.Page(_named(entry), title=entry.page.title(lang), url_path=entry.slug) for entry in entries
        ]
    page = st.navigation(pages, expanded=True)
    title = f"{page.title} · {words.HOUSE(lang)}" if page.url_path else words.HOUSE(lang)
    st.set_page_config(page_title=title, page_icon=str(ASSETS / "logo.svg"), layout="wide")
    page.run()


def _named(entry: Entry) -> Callable[[], None]:
    """The page as a function with a name of its own, which Streamlit wants."""
    show = partial(_guarded, entry)
    show.__name__ = entry.slug  # type: ignore[attr-defined]
    return show


def _chosen_language() -> Lang:
    """The language of the link when a page is newly opened, else the one chosen last."""
    query = st.query_params.to_dict()
    if "lang" in query and "lang" not in st.session_state:
        st.session_state["lang"] = read_state(query).lang
    return st.session_state.setdefault("lang", LANGUAGES[0])


def _state() -> State:
    """What the address says; Streamlit keeps ``embed`` to itself and answers for it."""
    return read_state(st.query_params.to_dict())._replace(embed=bool(st.context.is_embedded))


def _front() -> None:
    state = _state()
    draw_frame(state, "front")
    lang = st.session_state["lang"]
    link = partial(page_link, lang=lang, theme=theme_now())
    st.html(render.index_html(catalog(), lang, theme_now(), link, moving=_film))
    st.html(render.state_html("done"))
    _write_address("", {}, lang)


def _film(path: Path) -> str:
    """Where a browser fetches the film of a card, seen from the front page."""
    return str(runtime.get_instance().media_file_mgr.add(str(path), "image/webp", f"film-{path.name}")).lstrip("/")


def _guarded(entry: Entry) -> None:
    """Show a page; what goes wrong is said in words and logged, never shown as a traceback."""
    try:
        page = entry.page
    except Exception:
        log.exception("the page %s cannot be loaded", entry.slug)
        st.html(render.message_html(words.PAGE_BROKEN, st.session_state["lang"]) + render.state_html("failed"))
        return
    _show(entry, page)


def _show(entry: Entry, page: Page) -> None:
    slug = entry.slug
    state = _state()
    new, back = st.session_state.get("where") != slug, st.session_state.get("where") == BACK
    st.session_state["where"] = slug
    if new and "lang" in st.query_params:
        st.session_state["lang"] = state.lang
    draw_frame(state, slug)
    lang: Lang = st.session_state["lang"]
    if not state.embed:
        st.title(page.title(lang), anchor=False)
        st.html(f'<p class="g-summary-line">{render.escape(page.summary(lang))}</p>')
    names = {tab.slug: tab.label(lang) for tab in page.tabs}
    names |= {key: text(lang) for key, text in HOUSE_TABS.items() if key != "card" or page.weights}
    problems = [p.told(lang) for p in state.problems] if new else []
    key = f"{slug}/tab"
    if new:
        wanted = str(state.tab or st.session_state.get(f"{key}/kept") or page.tabs[0].slug)
        if wanted not in names:
            problems.append(f"tab = {wanted}: {words.NO_TAB(lang).format(' | '.join(names))}")
            wanted = page.tabs[0].slug
        st.session_state[key] = wanted
        if state.tab in {tab.slug for tab in page.tabs}:
            tab = page.tab(state.tab)  # type: ignore[arg-type]
            if state.values:
                inputs, bad = parse_link(tab, state.values)
                problems += [p.told(lang) for p in bad]
                remember(slug, tab, inputs, anew=back)
        elif state.tab is None and state.values:
            inputs, bad = parse_link(page.tabs[0], state.values)
            problems += [p.told(lang) for p in bad]
            remember(slug, page.tabs[0], inputs, anew=back)
        st.session_state[f"{slug}/problems"] = problems
    if state.embed:
        chosen = st.session_state[key]
    else:
        chosen = st.segmented_control(
            words.TABS(lang), list(names), format_func=names.__getitem__, key=key, required=True, label_visibility="collapsed"
        )  # fmt: skip
    st.session_state[f"{key}/kept"] = chosen
    if chosen in HOUSE_TABS:
        _house_tab(str(chosen), entry, page, lang)
        return
    tab = page.tab(str(chosen))
    # Only a whole run of the script gives way to a change before it has ended: what takes long wants that.
    quick = tab.live and not streams(tab)
    (_quick_tab if quick else _tab)(slug, tab, lang, state.embed)


def _tell_problems(slug: str, lang: Lang) -> None:
    """What the link asked for in vain, until the reader sets something else."""
    if st.session_state.get(f"{slug}/problems"):
        st.html(render.message_html([words.LINK_BAD(lang), *st.session_state[f"{slug}/problems"]], lang))


def _house_tab(name: str, entry: Entry, page: Page, lang: Lang) -> None:
    _tell_problems(entry.slug, lang)
    match name:
        case "verify":
            _verify(entry, lang)
        case "post":
            st.markdown(render.post_markdown(page, lang))
            st.html(render.state_html("done"))
        case "card":
            _card(page, lang)
    _write_address(entry.slug, {"tab": name}, lang)


def _verify(entry: Entry, lang: Lang) -> None:
    st.button(words.VERIFY_RUN(lang), key=f"{entry.slug}/verify-again")
    status, place, mark = st.empty(), st.empty(), st.empty()
    mark.html(render.state_html("running"))
    for event in run_checks(entry):
        match event:
            case Values(values) | Finished(values):
                place.html(render.verify_html(values["checks"], lang, values["of"], isinstance(event, Finished)))
            case _:
                status.html(render.status_html(event, lang))
    if not isinstance(event, Failed):
        status.html(render.status_html(None, lang))
    mark.html(render.state_html("failed" if isinstance(event, Failed) else "done"))


def _card(page: Page, lang: Lang) -> None:
    for name in page.weights:
        st.html(render.weights_html(name, lang))
    st.html(render.state_html("done"))


def _tab(slug: str, tab: type[Tab], lang: Lang, embed: bool) -> None:
    """The tab: question, tries, controls, outputs. It reads nothing of the page around it, so that it can run alone."""
    st.session_state["g-count"] = 0
    _tell_problems(slug, lang)
    st.html(f'<p class="g-question">{render.escape(tab.question(lang))}</p>')
    _tries(slug, tab, lang)
    left, right = st.columns([0.29, 0.71], gap="large")
    asked = st.session_state.pop(f"{slug}/{tab.slug}/asked", False)
    pressed = False
    with left, st.container(key="g-controls"):
        raw = {name: value for name, value in controls(slug, tab, lang)}
        if not tab.live:
            buttons = st.columns(2)
            pressed = buttons[0].button(words.RUN(lang), key=f"{slug}/{tab.slug}/run", type="primary", width="stretch")
            buttons[1].button(words.STOP(lang), key=f"{slug}/{tab.slug}/stop", width="stretch",
                              on_click=_ask_to_stop, args=(slug, tab.slug))  # fmt: skip
        st.button(words.RESET(lang), key=f"{slug}/{tab.slug}/reset", type="tertiary", on_click=_reset, args=(slug, tab))
    try:
        inputs = parse(tab, raw)
    except InputError as error:
        with right:
            st.html(render.message_html([p.told(lang) for p in error.problems], lang))
        st.html(render.state_html("failed"))
        return
    st.session_state[f"{slug}/{tab.slug}/values"] = inputs
    _write_address(slug, {"tab": tab.slug} | inputs.to_link(), lang)
    mark = st.empty()
    mark.html(render.state_html("running"))
    run = tab.live or pressed or asked or f"{slug}/{tab.slug}/out" not in st.session_state
    ended, values = _run(slug, inputs, lang, right, run)
    if not embed and values is not None:
        draw_sections(slug, inputs, values, lang)
    mark.html(render.state_html("failed" if isinstance(ended, Failed) else "done"))


_quick_tab = st.fragment(_tab)
"""A change in it runs the tab alone, without menu, frame and heading, which stay as they are."""


def _tries(slug: str, tab: type[Tab], lang: Lang) -> None:
    """A button for each try, under the question."""
    if not tab.tries:
        return
    with st.container(key="g-tries", horizontal=True):
        for number, attempt in enumerate(tab.tries):
            st.button(
                attempt.label(lang), key=f"{slug}/{tab.slug}/try-{number}", on_click=_take, args=(slug, tab, attempt)
            )


def _take(slug: str, tab: type[Tab], attempt: Try) -> None:
    remember(slug, tab, parse(tab, attempt.inputs))
    st.session_state[f"{slug}/{tab.slug}/asked"] = True
    st.session_state[f"{slug}/problems"] = []


@dataclass(frozen=True)
class _Shown:
    """What a tab shows: the values, in which language, and the inputs that gave them."""

    values: Mapping[str, Any]
    lang: Lang
    inputs: Tab


def _run(slug: str, inputs: Tab, lang: Lang, right: Any, run: bool) -> tuple[Event | None, Mapping[str, Any] | None]:
    """Run the tab (or show what it gave last) and draw its outputs; returns the last event and the values."""
    tab, kept_key = type(inputs), f"{slug}/{inputs.slug}/out"
    kept: _Shown | None = st.session_state.get(kept_key)
    with right:
        status = st.empty()
        status.html(render.status_html(None, lang))
    stopped = st.session_state.pop(f"{slug}/{tab.slug}/stopped", False)
    if stopped:
        status.html(render.message_html(words.STOPPED, lang))
    if not run and kept is None:  # the last run was refused, and Run has not been pressed since
        status.html(render.note_html(words.IDLE, lang))
        return None, None
    if kept is not None and (stopped or not run):
        if not stopped and kept.inputs.to_link() != inputs.to_link():
            status.html(render.note_html(words.RESULT_OLD, lang))
        if kept.lang == lang:
            _draw_kept(slug, tab, kept, lang, right)
            return None, kept.values
        inputs = kept.inputs  # another language: the same result is shown anew
    places: dict[str, Any] = {}

    def draw(values: Mapping[str, Any]) -> None:
        st.session_state[kept_key] = _Shown(values, lang, inputs)
        if not places:  # only now: until then the last picture stays where it is
            with right:
                places[tab.outputs[0].name] = st.container(key=f"g-out-{tab.outputs[0].name}").empty()
            for slot in tab.outputs[1:]:
                places[slot.name] = st.container(key=f"g-out-{slot.name}").empty()
        for name, value in values.items():
            with places[name].container():
                draw_output(slug, tab, tab.slot(name), value, lang)

    event: Event | None = None
    for event in run_tab(slug, inputs, lang):
        match event:
            case Waiting() | Progress():
                status.html(render.status_html(event, lang))
            case Values(values):
                draw(values)
            case Finished(values):
                status.html(render.status_html(None, lang))
                draw(values)
            case Failed():  # what an earlier run gave does not stay under the reason why this one gives nothing
                status.html(render.status_html(event, lang))
                for place in places.values():
                    place.empty()
                st.session_state[kept_key] = None
    shown: _Shown | None = st.session_state.get(kept_key)
    return event, shown.values if shown is not None else None


def _draw_kept(slug: str, tab: type[Tab], kept: _Shown, lang: Lang, right: Any) -> None:
    with right:
        draw_outputs(slug, tab, tab.outputs[:1], kept.values, lang)
    draw_outputs(slug, tab, tab.outputs[1:], kept.values, lang)


def _write_address(slug: str, values: Mapping[str, str], lang: str) -> None:
    """Make the address say the state; only when it does not already."""
    wanted = dict(values)
    if lang != LANGUAGES[0]:
        wanted["lang"] = lang
    wanted |= {k: v for k, v in st.query_params.to_dict().items() if k == "theme"}
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def _reset(slug: str, tab: type[Tab]) -> None:
    remember(slug, tab, tab())
    st.session_state[f"{slug}/problems"] = []


def _ask_to_stop(slug: str, tab: str) -> None:
    st.session_state[f"{slug}/{tab}/stopped"] = True
