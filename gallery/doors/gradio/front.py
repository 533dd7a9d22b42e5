"""The front page in the Gradio front end: the house's index with its search."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import gradio as gr

from gallery.doors.gradio.frame import QUIET, Frame, plain_html, view_text
from gallery.engine import render, words
from gallery.engine.catalog import Catalog
from gallery.engine.links import page_link, read_state
from gallery.text import Lang

__all__ = ["build_front"]


def build_front(catalog: Catalog, lang: Lang, base: str = "") -> gr.Blocks:
    """The Blocks of the front page in one language."""

    def index(theme: str) -> str:
        link = partial(page_link, lang=lang, theme=theme, base=base)
        return render.index_html(catalog, lang, theme, link, moving=film)

    def film(path: Path) -> str:
        return f"{base}/_/film/{path.name}?{path.stat().st_mtime_ns:x}"

    def opened(view: str) -> Iterator[dict[Any, Any]]:
        state = read_state(parse_qs(str(json.loads(view).get("query", "")), keep_blank_values=True))
        link = page_link("", None, None, lang, state.theme, state.embed, base)
        wrong = [problem.told(lang) for problem in state.problems]
        told = gr.update(value=render.message_html([words.LINK_BAD(lang), *wrong], lang), visible=True)
        yield {
            frame.view: view_text(state.theme, state.embed, link),
            frame.state: render.state_html("done"),
            **({cards: index(state.theme)} if state.theme != "light" else {}),
            **({problems: told} if wrong else {}),
        }

    def redrawn(view: str) -> str:
        return index(str(json.loads(view).get("theme", "light")))

    with gr.Blocks(title=words.HOUSE(lang), fill_width=True, analytics_enabled=False) as demo:
        frame = Frame.build("", lang, base)
        problems = plain_html(visible=False)
        cards = plain_html(index("light"))
        demo.load(opened, [frame.view], [frame.view, frame.state, cards, problems],
                  js="() => [window.gallery.opened()]", **QUIET)  # fmt: skip
        frame.on_theme(redrawn, [], [cards])
    return demo
