"""The Streamlit front end: generic and thin. It shows what the catalog holds and names no page.

Every run of the script reads the address when a page is newly opened, draws the controls, parses them, runs the shown
tab through the runner and writes the address back.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from streamlit import runtime
from streamlit.components import v2

from gallery import export, render, words
from gallery.catalog import Entry, catalog
from gallery.components import file_props, picture_props, player_props, point_props, sketch_props, streamlit_parts
from gallery.fields import (
    ASSETS,
    Choice,
    Field,
    File,
    Image,
    Number,
    Point,
    Seed,
    Sketch,
    TableEditor,
    TextField,
    Toggle,
)
from gallery.inputs import InputError, Inputs, fields, parse, parse_link
from gallery.links import State, page_link, read_state
from gallery.outputs import Slot, themed
from gallery.page import Page, Tab
from gallery.runner import Event, Failed, Finished, Progress, Values, Waiting, run_checks, run_tab
from gallery.text import LANGUAGES, Lang
from gallery.theme import palette

__all__ = ["main"]

log = logging.getLogger(__name__)
HOUSE_TABS = {"verify": words.VERIFY, "post": words.POST, "card": words.CARD}
CHART = {"displaylogo": False, "responsive": True, "toImageButtonOptions": {"scale": 2}}
LOG_STEPS = 60  # positions of a logarithmic slider
LINEAR_STEPS = 100  # positions of a real slider without a step

THEME_SCRIPT = """
export default function ({ data }) {
  const key = (path) => `stActiveTheme-${path}-v2`;
  const mark = `gallery-theme:${window.location.pathname}`;
  if (!data.want || data.want === data.now) { sessionStorage.removeItem(mark); return; }
  if (sessionStorage.getItem(mark) === data.want) return;  // storage is blocked: do not reload for ever
  sessionStorage.setItem(mark, data.want);
  const name = JSON.stringify(data.want === "dark" ? "Dark" : "Light");
  for (const path of [window.location.pathname, ...data.paths]) localStorage.setItem(key(path), name);
  window.location.reload();
}
"""
"""Streamlit has no call that switches its theme: it reads the choice of a path from this key when the page loads."""

STYLE = """
[data-testid="stDecoration"], [data-testid="stStatusWidget"], .stAppDeployButton {{ display: none !important; }}
.block-container {{ padding-top: 3.2rem; padding-bottom: 4rem; max-width: 1320px; }}
[data-testid="stSidebarContent"] h2 {{ font-size: 1.05rem; }}
h1 {{ font-size: 1.75rem !important; padding: 0 0 .15rem !important; }}
.g-summary-line {{ color: {muted}; margin: 0 0 .4rem; }}
.g-question {{ font-size: 1.02rem; color: {ink}; margin: .2rem 0 .2rem; }}
.g-counters {{ color: {muted}; font-size: 12px; }}
@media (max-width: 640px) {{
  .block-container {{ padding: 3rem .8rem 3rem; }}
  [data-testid="stColumn"]:has(.st-key-g-controls) {{ order: 2; }}
}}
"""
EMBED_STYLE = """
header[data-testid="stHeader"], section[data-testid="stSidebar"], [data-testid="stSidebarCollapsedControl"] { display: none !important; }
.block-container { padding: .6rem .8rem !important; }
"""


def main() -> None:
    """Draw the gallery (the whole script of ``streamlit run app.py``)."""
    lang = _chosen_language()
    st.set_page_config(page_title=words.HOUSE(lang), page_icon=str(ASSETS / "logo.svg"), layout="wide")
    pages: dict[str, list[Any]] = {
        "": [st.Page(_front, title=words.FRONT_PAGE(lang), url_path="", default=True)],
    }
    for _, name, entries in catalog().families():
        pages[name(lang)] = [
            st.Page(_named(entry), title=entry.page.title(lang), url_path=entry.slug) for entry in entries
        ]
    st.navigation(pages, expanded=True).run()


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


def _theme() -> str:
    return "dark" if st.context.theme.type == "dark" else "light"


def _frame(state: State, where: str) -> None:
    """Style, switches and counters: what stands around every page."""
    theme = _theme()
    p = palette(theme)
    st.html(
        f"<style>{render.css(theme)}{STYLE.format(muted=p.muted, ink=p.ink)}{EMBED_STYLE if state.embed else ''}</style>"
    )
    asked = st.session_state.pop("theme-asked", None) or (
        st.query_params.get("theme") if state.theme in ("light", "dark") else None
    )
    want = asked if asked in ("light", "dark") else None
    paths = ["/", *(f"/{entry.slug}" for entry in catalog())]
    _component("theme")(data={"want": want, "now": theme, "paths": paths}, key=f"theme-{where}")
    if state.embed:
        return
    lang = st.session_state["lang"]
    with st.sidebar:
        st.segmented_control(
            words.LANGUAGE(lang), LANGUAGES, format_func=words.LANGUAGE_NAMES.__getitem__, key="g-lang", default=lang,
            required=True, on_change=_switch_language,
        )  # fmt: skip
        st.segmented_control(
            words.THEME(lang), ("light", "dark"), format_func=lambda name: words.THEME_NAMES[name](lang), key=f"g-theme-{theme}",
            default=theme, required=True, on_change=_switch_theme, args=(f"g-theme-{theme}",),
        )  # fmt: skip
        st.html(f'<div class="g-counters">{_counters(lang)}</div>')


def _switch_language() -> None:
    st.session_state["lang"] = st.session_state["g-lang"] or LANGUAGES[0]


def _switch_theme(key: str) -> None:
    st.session_state["theme-asked"] = st.session_state[key]
    st.query_params["theme"] = st.session_state[key]


def _counters(lang: str) -> str:
    from core import weights
    from core.device import compute_slots

    slots, cache = compute_slots().counters(), weights.counters()
    memory = words.WEIGHTS_IN_MEMORY(lang).format(f"{cache.bytes / 2**20:.0f} / {cache.limit / 2**20:.0f} MB")
    return f"{words.SLOTS_BUSY(lang).format(slots.busy, slots.capacity)}<br>{memory}"


def _state() -> State:
    """What the address says; Streamlit keeps ``embed`` to itself and answers for it."""
    return read_state(st.query_params.to_dict())._replace(embed=bool(st.context.is_embedded))


def _front() -> None:
    state = _state()
    _frame(state, "front")
    lang = st.session_state["lang"]
    query = st.text_input(
        words.SEARCH(lang), placeholder=words.SEARCH_HINT(lang), label_visibility="collapsed", key="g-search"
    )
    link = partial(page_link, lang=lang, theme=_theme())
    st.html(render.index_html(catalog(), lang, _theme(), link, query, moving=_film))
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
    _show(entry.slug, page)


def _show(slug: str, page: Page) -> None:
    st.session_state["g-count"] = 0
    state = _state()
    new = st.session_state.get("where") != slug
    st.session_state["where"] = slug
    if new and "lang" in st.query_params:
        st.session_state["lang"] = state.lang
    _frame(state, slug)
    lang: Lang = st.session_state["lang"]
    if not state.embed:
        st.title(page.title(lang), anchor=False)
        st.html(f'<p class="g-summary-line">{render.escape(page.summary(lang))}</p>')
    names = {tab.slug: tab.title(lang) for tab in page.tabs}
    names |= {key: text(lang) for key, text in HOUSE_TABS.items() if key != "card" or page.weights}
    problems = [p.message(lang) for p in state.problems] if new else []
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
                inputs, bad = parse_link(tab.inputs, state.values)
                problems += [p.message(lang) for p in bad]
                _remember(slug, tab, inputs)
        elif state.tab is None and state.values:
            inputs, bad = parse_link(page.tabs[0].inputs, state.values)
            problems += [p.message(lang) for p in bad]
            _remember(slug, page.tabs[0], inputs)
        st.session_state[f"{slug}/problems"] = problems
    if state.embed:
        chosen = st.session_state[key]
    else:
        chosen = st.segmented_control(
            words.TABS(lang), list(names), format_func=names.__getitem__, key=key, required=True, label_visibility="collapsed"
        )  # fmt: skip
    st.session_state[f"{key}/kept"] = chosen
    if st.session_state.get(f"{slug}/problems"):
        st.html(render.message_html([words.LINK_BAD(lang), *st.session_state[f"{slug}/problems"]], lang))
    match chosen:
        case "verify":
            _verify(slug, page, lang)
        case "post":
            st.markdown(render.post_markdown(page, lang))
            st.html(render.state_html("done"))
        case "card":
            _card(page, lang)
        case _:
            _tab(slug, page.tab(str(chosen)), lang, state.embed)
            return
    _write_address(slug, {"tab": chosen}, lang)


def _verify(slug: str, page: Page, lang: Lang) -> None:
    st.button(words.VERIFY_RUN(lang), key=f"{slug}/verify-again")
    status, place, mark = st.empty(), st.empty(), st.empty()
    mark.html(render.state_html("running"))
    for event in run_checks(slug, page):
        match event:
            case Values(values) | Finished(values):
                place.html(render.verify_html(values["checks"], lang))
            case _:
                status.html(render.status_html(event, lang))
    status.html(render.status_html(None, lang))
    mark.html(render.state_html("failed" if isinstance(event, Failed) else "done"))


def _card(page: Page, lang: Lang) -> None:
    from core.weights import read_card

    for name in page.weights:
        st.html(render.card_html(read_card(name).model_dump(), lang))
    st.html(render.state_html("done"))


def _tab(slug: str, tab: Tab[Any], lang: Lang, embed: bool) -> None:
    st.html(f'<p class="g-question">{render.escape(tab.question(lang))}</p>')
    left, right = st.columns([0.29, 0.71], gap="large")
    run = True
    with left, st.container(key="g-controls"):
        raw = {name: value for name, value in _controls(slug, tab, lang)}
        if not tab.live:
            buttons = st.columns(2)
            pressed = buttons[0].button(words.RUN(lang), key=f"{slug}/{tab.slug}/run", type="primary", width="stretch")
            buttons[1].button(words.STOP(lang), key=f"{slug}/{tab.slug}/stop", width="stretch",
                              on_click=_ask_to_stop, args=(slug, tab.slug))  # fmt: skip
            run = pressed or f"{slug}/{tab.slug}/out" not in st.session_state
        st.button(words.RESET(lang), key=f"{slug}/{tab.slug}/reset", type="tertiary", on_click=_reset, args=(slug, tab))
    try:
        inputs = parse(tab.inputs, raw)
    except InputError as error:
        with right:
            st.html(render.message_html([p.message(lang) for p in error.problems], lang))
            kept = st.session_state.get(f"{slug}/{tab.slug}/out")
            _outputs(tab, tab.outputs[:1], kept, lang)
        _outputs(tab, tab.outputs[1:], kept, lang)
        st.html(render.state_html("failed"))
        return
    st.session_state[f"{slug}/{tab.slug}/values"] = inputs
    _write_address(slug, {"tab": tab.slug} | inputs.to_link(), lang)
    mark = st.empty()
    mark.html(render.state_html("running"))
    ended, values = _run(slug, tab, inputs, lang, right, run)
    if not embed and values is not None:
        _sections(slug, tab, inputs, values, lang)
    mark.html(render.state_html("failed" if isinstance(ended, Failed) else "done"))


def _run(
    slug: str, tab: Tab[Any], inputs: Inputs, lang: Lang, right: Any, run: bool
) -> tuple[Event | None, Mapping[str, Any] | None]:  # fmt: skip
    """Run the tab (or show what it gave last) and draw its outputs; returns the last event and the values."""
    kept_key = f"{slug}/{tab.slug}/out"
    with right:
        status = st.empty()
        status.html(render.status_html(None, lang))
    stopped = st.session_state.pop(f"{slug}/{tab.slug}/stopped", False)
    if stopped or not run:
        with right:
            if stopped:
                status.html(render.message_html(words.STOPPED, lang))
            _outputs(tab, tab.outputs[:1], st.session_state.get(kept_key), lang)
        _outputs(tab, tab.outputs[1:], st.session_state.get(kept_key), lang)
        return None, st.session_state.get(kept_key)
    places: dict[str, Any] = {}

    def draw(values: Mapping[str, Any]) -> None:
        if not places:  # only now: until then the last picture stays where it is
            with right:
                places[tab.outputs[0].name] = st.container(key=f"g-out-{tab.outputs[0].name}").empty()
            for slot in tab.outputs[1:]:
                places[slot.name] = st.container(key=f"g-out-{slot.name}").empty()
        for name, value in values.items():
            with places[name].container():
                _output(tab.slot(name), value, lang)

    event: Event | None = None
    for event in run_tab(slug, tab, inputs, lang):
        match event:
            case Waiting() | Progress():
                status.html(render.status_html(event, lang))
            case Values(values):
                st.session_state[kept_key] = {**st.session_state.get(kept_key, {}), **values}
                draw(values)
            case Finished(values):
                st.session_state[kept_key] = values
                status.html(render.status_html(None, lang))
                draw(values)
            case Failed():
                status.html(render.status_html(event, lang))
                with right:
                    _outputs(tab, tab.outputs[:1], st.session_state.get(kept_key), lang)
    return event, st.session_state.get(kept_key)


def _outputs(tab: Tab[Any], slots: tuple[Slot, ...], values: Mapping[str, Any] | None, lang: Lang) -> None:
    for slot in slots:
        if values is not None and slot.name in values:
            with st.container(key=f"g-out-{slot.name}"):
                _output(slot, values[slot.name], lang)


def _output(slot: Slot, value: Any, lang: Lang) -> None:
    if slot.label and slot.kind not in ("table", "code"):
        st.caption(slot.label(lang))
    match slot.kind:
        case "figure":
            st.plotly_chart(themed(value, _theme()), theme=None, config=CHART, key=f"figure-{slot.name}-{_next()}")
        case "image":
            st.html(render.image_html(value, slot.label(lang) if slot.label else slot.name, slot.height))
        case "images":
            st.html(render.grid_html(value, lang, slot.height))
        case "animation":
            _component("player")(
                data=player_props(value, slot.height, lang, slot.name), key=f"player-{slot.name}-{_next()}"
            )
        case "table":
            with st.expander(slot.label(lang) if slot.label else slot.name):
                st.html(render.table_html(value, lang))
        case "metrics":
            st.html(render.metrics_html(value, lang))
        case "markdown":
            st.markdown(value)
        case "text":
            st.html(render.text_html(value))
        case "code":
            st.code(value)


def _next() -> int:
    """A number for keys: an element drawn twice in one run needs a key of its own, and the same one in the next run,
    so that a player or a figure is told of its new value and not built anew."""
    st.session_state["g-count"] = st.session_state.get("g-count", 0) + 1
    return st.session_state["g-count"]


def _sections(slug: str, tab: Tab[Any], inputs: Inputs, values: Mapping[str, Any], lang: Lang) -> None:
    """Code and API, downloads, the link."""
    code, download, link = st.columns(3)
    with code, st.expander(words.CODE_AND_API(lang)):
        st.caption(words.CODE_NOTE(lang))
        st.code(render.code_text(slug, tab, inputs), language="python")
        st.caption(words.API_NOTE(lang))
        st.code(render.api_text(slug, tab, inputs), language="python")
    with download, st.expander(words.DOWNLOAD(lang)):
        theme = _theme()
        for slot in tab.outputs:
            if slot.name not in values:
                continue
            for offer in export.offers(slot):
                st.download_button(
                    f"{slot.label(lang) if slot.label else slot.name} · {offer.upper()}",
                    data=partial(export.file_bytes, slot, values[slot.name], offer, theme),
                    file_name=f"{slug}-{tab.slug}-{slot.name}.{offer}", mime=export.MIME[offer],
                    key=f"download-{slug}-{tab.slug}-{slot.name}-{offer}", on_click="ignore",
                )  # fmt: skip
        if any(slot.kind == "figure" for slot in tab.outputs) and not export.browser_path():
            st.caption(words.NO_BROWSER(lang))
    with link, st.expander(words.LINK(lang)):
        st.caption(words.LINK_NOTE(lang))
        address = page_link(slug, tab.slug, inputs.to_link(), lang, _theme(), base=_base(slug))
        st.code(address, language=None, wrap_lines=True)
        left_out = [f.label(lang) for n, f in fields(type(inputs)).items() if f.to_link(getattr(inputs, n)) is None]
        if left_out:
            st.caption(f"{words.NOT_IN_LINK(lang)} {', '.join(left_out)}")


def _base(slug: str) -> str:
    """The address of the gallery, without the page."""
    return str(st.context.url or "").split("?")[0].rstrip("/").removesuffix(f"/{slug}")


def _write_address(slug: str, values: Mapping[str, str], lang: str) -> None:
    """Make the address say the state; only when it does not already."""
    wanted = dict(values)
    if lang != LANGUAGES[0]:
        wanted["lang"] = lang
    wanted |= {k: v for k, v in st.query_params.to_dict().items() if k == "theme"}
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def _remember(slug: str, tab: Tab[Any], inputs: Inputs) -> None:
    """Make ``inputs`` the state of the tab's controls."""
    st.session_state[f"{slug}/{tab.slug}/values"] = inputs
    round_ = f"{slug}/{tab.slug}/round"
    st.session_state[round_] = st.session_state.get(round_, 0) + 1
    st.session_state.pop(f"{slug}/{tab.slug}/out", None)


def _reset(slug: str, tab: Tab[Any]) -> None:
    _remember(slug, tab, tab.inputs())
    st.session_state[f"{slug}/problems"] = []


def _ask_to_stop(slug: str, tab: str) -> None:
    st.session_state[f"{slug}/{tab}/stopped"] = True


def _controls(slug: str, tab: Tab[Any], lang: Lang) -> Iterator[tuple[str, Any]]:
    """Draw the controls; yields (name, raw value). Hidden ones keep their value."""
    inputs = st.session_state.get(f"{slug}/{tab.slug}/values") or tab.inputs()
    number = st.session_state.get(f"{slug}/{tab.slug}/round", 0)
    raw: dict[str, Any] = {}
    for name, field in fields(tab.inputs).items():
        value = getattr(inputs, name)
        if field.visible({**{n: getattr(inputs, n) for n in fields(tab.inputs)}, **raw}):
            with st.container(key=f"g-in-{name}"):
                raw[name] = _control(f"{slug}/{tab.slug}/{number}/{name}", field, value, lang)
        else:
            raw[name] = value
        yield name, raw[name]


def _control(key: str, field: Field, value: Any, lang: Lang) -> Any:
    label, help_ = field.label(lang), field.help(lang) if field.help else None
    match field:
        case Number():
            return _slider(key, field, value, f"{label} ({field.unit})" if field.unit.isalpha() else label, help_)
        case Choice():
            few = len(field.options) <= 3
            widget = st.radio if few else st.selectbox
            st.session_state.setdefault(key, value)
            return widget(label, list(field.options), format_func=lambda v: field.options[v](lang), key=key, help=help_)
        case Toggle():
            st.session_state.setdefault(key, value)
            return st.toggle(label, key=key, help=help_)
        case Seed():
            st.session_state.setdefault(key, value)
            box, dice = st.columns([0.68, 0.32], vertical_alignment="bottom")
            dice.button(
                words.ROLL(lang), key=f"{key}/dice", help=words.DICE(lang), on_click=_roll, args=(key,), width="stretch"
            )
            return box.number_input(label, 0, Seed.maximum, step=1, key=key)
        case TextField():
            st.session_state.setdefault(key, value)
            widget = st.text_input if field.lines == 1 else partial(st.text_area, height=36 + 26 * field.lines)
            typed = widget(label, key=key, max_chars=field.max_length, help=help_)
            if field.examples:
                st.pills(
                    words.EXAMPLE(lang), field.examples, key=f"{key}/example", on_change=_take_example, args=(key,)
                )
            return typed
        case Image():
            return _image(key, field, value, label, lang)
        case Sketch():
            st.caption(label)
            drawn = _component("sketch")(
                data=sketch_props(field, value, lang), key=key, on_value_change=lambda: None
            ).value
            return drawn or value
        case Point():
            st.caption(label)
            picked = _component("point")(
                data=point_props(field, value, lang), key=key, on_value_change=lambda: None
            ).value
            return picked or value
        case TableEditor():
            return _table(key, field, value, label, help_, lang)
        case File():
            return _file(key, field, value, label, lang)
    raise TypeError(f"no control for {type(field).__name__}")


def _slider(key: str, field: Number, value: Any, label: str, help_: str | None) -> Any:
    st.session_state.setdefault(key, value)
    if field.log:
        # The value of a link may lie between the positions; it stays one of them as long as these controls stand.
        anchor = st.session_state.setdefault(f"{key}/anchor", value)
        spaced = np.geomspace(field.minimum, field.maximum, LOG_STEPS + 1)
        rounded = [round(v) if field.whole else float(f"{v:.3g}") for v in spaced]
        inside = {v for v in rounded if field.minimum <= v <= field.maximum}
        return st.select_slider(label, sorted(inside | {anchor, field.minimum, field.maximum}), key=key, help=help_)
    step = field.step or (1 if field.whole else (field.maximum - field.minimum) / LINEAR_STEPS)
    kind = int if field.whole else float
    return st.slider(label, kind(field.minimum), kind(field.maximum), step=kind(step), key=key, help=help_)


def _image(key: str, field: Image, value: Any, label: str, lang: Lang) -> Any:
    st.caption(label)
    chosen = _component("picture")(data=picture_props(field, value, lang), key=key, on_value_change=lambda: None).value
    return value if chosen is None else chosen


def _file(key: str, field: File, value: Any, label: str, lang: Lang) -> Any:
    st.caption(label)
    chosen = _component("file")(data=file_props(field, value, lang), key=key, on_value_change=lambda: None).value
    return value if chosen is None else chosen


def _table(key: str, field: TableEditor, value: Any, label: str, help_: str | None, lang: Lang) -> Any:
    import pandas as pd

    rows = st.session_state.setdefault(f"{key}/rows", value)
    frame = pd.DataFrame([dict(row) for row in rows], columns=[c.name for c in field.columns])
    settings = {}
    for column in field.columns:
        if column.number:
            frame[column.name] = frame[column.name].astype(float)
            settings[column.name] = st.column_config.NumberColumn(column.label(lang))
        else:
            frame[column.name] = frame[column.name].astype(str)
            settings[column.name] = st.column_config.TextColumn(column.label(lang), max_chars=column.max_length)
    st.caption(label, help=help_)
    edited = st.data_editor(
        frame, num_rows="dynamic", column_config=settings, hide_index=True, key=key, width="stretch"
    )
    records = edited.astype(object).where(edited.notna(), None).to_dict("records")
    return [{str(k): v for k, v in record.items()} for record in records]


def _roll(key: str) -> None:
    st.session_state[key] = secrets.randbelow(1_000_000)


def _take_example(key: str) -> None:
    if st.session_state[f"{key}/example"]:
        st.session_state[key] = st.session_state[f"{key}/example"]


@lru_cache(maxsize=8)
def _component(name: str) -> Any:
    """A component, registered once a process."""
    if name == "theme":
        return v2.component("gallery_theme", js=THEME_SCRIPT)
    return v2.component(**streamlit_parts(name))  # type: ignore[arg-type]
