"""What stands around every page in Streamlit: style sheet, the switches of language and theme, the counters."""

from __future__ import annotations

from functools import partial
from urllib.parse import parse_qs

import streamlit as st

from gallery.doors.streamlit.parts import component
from gallery.engine import render, words
from gallery.engine.catalog import catalog
from gallery.engine.engines.chosen import engine
from gallery.engine.links import State
from gallery.text import LANGUAGES
from gallery.theme import palette

__all__ = ["BACK", "draw_frame", "theme_now"]

BACK = "-"
"""Stands for the page shown before when the browser's Back has led to another state of the same one; no slug is a hyphen."""

STYLE = """
[data-testid="stDecoration"], [data-testid="stStatusWidget"], .stAppDeployButton {{ display: none !important; }}
.block-container {{ padding: 3.2rem 2.5rem 4rem; max-width: 1320px; }}
[data-testid="stSidebarContent"] {{ display: flex; flex-direction: column; }}
[data-testid="stSidebarNav"] {{ order: 1; }} /* the switches stand above the menu, which grows */
[data-testid="stSidebarUserContent"] {{ padding-bottom: 1rem; flex: none; }}
[data-testid="stSidebarContent"] h2 {{ font-size: 1.05rem; }}
:is(button, a, input, select, textarea, summary, [tabindex], [role]):focus-visible {{ outline: 2px solid {accent} !important; outline-offset: 2px; }}
h1 {{ font-size: 1.75rem !important; padding: 0 0 .15rem !important; }}
.g-summary-line {{ color: {muted}; margin: 0 0 .4rem; }}
.g-question {{ font-size: 1.02rem; color: {ink}; margin: .2rem 0 .2rem; }}
.g-counters {{ color: {muted}; font-size: 12px; }}
.st-key-g-tries button {{ min-height: 0; padding: .15rem .7rem; border-color: {rule}; color: {accent}; }}
.st-key-g-tries button p {{ font-size: 13px; text-align: left; white-space: normal; }}
[data-testid="stColumn"]:not(:has(.st-key-g-controls)) > div {{ gap: 0; position: relative; }}
[class*="st-key-g-out-"] {{ min-width: 0; }}
@media (max-width: 640px) {{
  .block-container {{ padding: 3rem .8rem 3rem; }}
  .st-key-g-tries {{ flex-wrap: nowrap !important; overflow-x: auto; }}
  .st-key-g-tries > div {{ flex: none !important; max-width: 78vw; }}
  [data-testid="stColumn"]:has(.st-key-g-controls) {{ order: 2; }}
  /* The picture stays in sight while the controls beneath it are moved. */
  [data-testid="stHorizontalBlock"]:has(.st-key-g-controls) > [data-testid="stColumn"]:not(:has(.st-key-g-controls)) {{
    position: sticky; top: 3.75rem; z-index: 3; background: {background}; max-height: 60vh; overflow-y: auto; box-shadow: 0 7px 7px -7px rgba(0, 0, 0, .3);
  }}
}}
"""
EMBED_STYLE = """
header[data-testid="stHeader"], section[data-testid="stSidebar"], [data-testid="stSidebarCollapsedControl"] { display: none !important; }
.block-container { padding: .6rem .8rem !important; }
/* The page around the frame scrolls, and the frame may be as high as all that it shows. */
[data-testid="stHorizontalBlock"]:has(.st-key-g-controls) > [data-testid="stColumn"]:not(:has(.st-key-g-controls)) { position: static !important; max-height: none !important; box-shadow: none !important; }
"""


def theme_now() -> str:
    return "dark" if st.context.theme.type == "dark" else "light"


def draw_frame(state: State, where: str) -> None:
    """Style, switches and counters: what stands around every page."""
    theme = theme_now()
    p = palette(theme)
    st.html(
        f"<style>{render.css(theme)}{STYLE.format(muted=p.muted, ink=p.ink, rule=p.rule, accent=p.accent, background=p.background)}{EMBED_STYLE if state.embed else ''}</style>"
    )
    asked = st.session_state.pop("theme-asked", None) or (
        st.query_params.get("theme") if state.theme in ("light", "dark") else None
    )
    want = asked if asked in ("light", "dark") else None
    paths = ["/", *(f"/{entry.slug}" for entry in catalog())]
    language = "en" if st.session_state["lang"] == "en" else "zh-CN"
    told = {"want": want, "now": theme, "paths": paths, "lang": language}
    key = f"page-{where}"
    component("page")(data=told, key=key, on_back_change=partial(_went_back, key))
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


def _went_back(key: str) -> None:
    """The browser's Back led to another state of this page: it is read as if the page were new.

    Streamlit's own idea of the query is the one before: the address comes along.
    """
    search = str(st.session_state[key].get("back") or "").partition(" ")[0]
    query = parse_qs(search.removeprefix("?"), keep_blank_values=True)
    st.query_params.from_dict({name: values[-1] for name, values in query.items()})
    st.session_state["where"] = BACK


def _switch_language() -> None:
    st.session_state["lang"] = st.session_state["g-lang"] or LANGUAGES[0]


def _switch_theme(key: str) -> None:
    st.session_state["theme-asked"] = st.session_state[key]
    st.query_params["theme"] = st.session_state[key]


def _counters(lang: str) -> str:
    state = engine().state()
    memory = words.WEIGHTS_IN_MEMORY(lang).format(
        f"{state.weights / 2**20:.0f} / {state.weights_limit / 2**20:.0f} MiB"
    )
    return f"{words.SLOTS_BUSY(lang).format(state.line.busy, state.line.capacity)}<br>{memory}"
