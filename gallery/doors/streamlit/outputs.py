"""Outputs in Streamlit: each kind of slot, and under them code, downloads and the link."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from gallery.components import figure_props, player_props
from gallery.doors.streamlit.form import set_point
from gallery.doors.streamlit.frame import theme_now
from gallery.doors.streamlit.parts import component, plotly_address
from gallery.engine import export, render, words
from gallery.engine.links import embed_snippet, page_link
from gallery.inputs import fields
from gallery.outputs import Slot
from gallery.page import Tab
from gallery.text import Lang

__all__ = ["draw_output", "draw_outputs", "draw_sections"]


def draw_outputs(slug: str, tab: type[Tab], slots: tuple[Slot, ...], values: Mapping[str, Any], lang: Lang) -> None:
    """Draw those of ``slots`` that have a value, each in its named place."""
    for slot in slots:
        if slot.name in values:
            with st.container(key=f"g-out-{slot.name}"):
                draw_output(slug, tab, slot, values[slot.name], lang)


def draw_output(slug: str, tab: type[Tab], slot: Slot, value: Any, lang: Lang) -> None:
    """Draw a slot's value."""
    if slot.label and slot.kind != "code":
        st.caption(slot.label(lang))
    match slot.kind:
        case "figure":
            key = f"figure-{slug}-{tab.slug}-{slot.name}-{_next()}"
            component("figure")(
                data=figure_props(value, theme_now(), lang, plotly_address()),
                key=key,
                on_set_change=partial(_point_moved, slug, tab, key),
            )
        case "image":
            st.html(render.image_html(value, render.called(slot, lang), slot.height))
        case "images":
            st.html(render.grid_html(value, lang, slot.height))
        case "animation":
            component("player")(
                data=player_props(value, slot.height, lang, slot.name), key=f"player-{slot.name}-{_next()}"
            )
        case "table":
            st.html(render.table_html(value, lang))
        case "metrics":
            st.html(render.metrics_html(value, lang))
        case "markdown":
            st.markdown(value)
        case "text":
            st.html(render.text_html(value))
        case "code":
            st.code(value)


def _point_moved(slug: str, tab: type[Tab], key: str) -> None:
    """A point was dragged in a figure: the input of its name follows."""
    moved = st.session_state[key].get("set")
    if moved and moved.get("name") in fields(tab):
        set_point(slug, tab, moved["name"], moved["value"])


def _next() -> int:
    """A number for keys: an element drawn twice in one run needs a key of its own, and the same one in the next run,
    so that a player or a figure is told of its new value and not built anew."""
    st.session_state["g-count"] = st.session_state.get("g-count", 0) + 1
    return st.session_state["g-count"]


def draw_sections(slug: str, inputs: Tab, values: Mapping[str, Any], lang: Lang) -> None:
    """Code and API, downloads, the link."""
    tab = type(inputs)
    code, download, link = st.columns(3)
    with code, st.expander(words.CODE_AND_API(lang)):
        st.caption(words.CODE_NOTE(lang))
        st.code(render.code_text(slug, inputs), language="python")
        st.caption(words.API_NOTE(lang))
        st.code(render.api_text(slug, inputs), language="python")
    with download, st.expander(words.DOWNLOAD(lang)):
        theme = theme_now()
        for slot in tab.outputs:
            if slot.name not in values:
                continue
            for offer in export.offers(slot):
                st.download_button(
                    f"{render.called(slot, lang)} · {offer.upper()}",
                    data=partial(export.file_bytes, slot, values[slot.name], offer, theme),
                    file_name=f"{slug}-{tab.slug}-{slot.name}.{offer}", mime=export.MIME[offer],
                    key=f"download-{slug}-{tab.slug}-{slot.name}-{offer}", on_click="ignore",
                )  # fmt: skip
        if any(slot.kind == "figure" for slot in tab.outputs) and not export.browser_path():
            st.caption(words.NO_BROWSER(lang))
    with link, st.expander(words.LINK(lang)):
        st.caption(words.LINK_NOTE(lang))
        address = page_link(slug, tab.slug, inputs.to_link(), lang, theme_now(), base=_base(slug))
        st.code(address, language=None, wrap_lines=True)
        st.caption(words.EMBED_NOTE(lang))
        framed = page_link(slug, tab.slug, inputs.to_link(), lang, theme_now(), embed=True, base=_base(slug))
        st.code(embed_snippet(framed, tab.question(lang)), language="html", wrap_lines=True)
        left_out = [f.label(lang) for n, f in fields(type(inputs)).items() if f.to_link(getattr(inputs, n)) is None]
        if left_out:
            st.caption(f"{words.NOT_IN_LINK(lang)} {', '.join(left_out)}")


def _base(slug: str) -> str:
    """The address of the gallery, without the page."""
    return str(st.context.url or "").split("?")[0].rstrip("/").removesuffix(f"/{slug}")
