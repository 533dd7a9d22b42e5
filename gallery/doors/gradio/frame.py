"""The frame around every page of the Gradio front end: sidebar, switches, the hidden state, theme and style sheet."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr

from gallery.components import NAMES, form_style, gradio_parts
from gallery.engine import render, words
from gallery.engine.catalog import Entry, catalog
from gallery.engine.engines.chosen import engine
from gallery.engine.links import page_link
from gallery.text import LANGUAGES, Lang
from gallery.theme import DARK, FONT, LIGHT, MONO, Palette

__all__ = [
    "LATEX",
    "NOW",
    "QUIET",
    "Frame",
    "counters_html",
    "house_theme",
    "nav_html",
    "plain_html",
    "style",
    "view_text",
]

log = logging.getLogger(__name__)
LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]
NOW = "(view, ...rest) => [window.gallery.view(), ...rest]"
"""The first input of every event: the view as the address has it at that moment."""
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
"""Events of the pages themselves: no place in the API, no overlay that jumps; the runner says who may compute."""
SWITCH_SCRIPT = """
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-g-theme]");
  if (!button) return;
  window.gallery.choose(button.dataset.gTheme);
  trigger("select");
});
"""
NAV_SCRIPT = """
const rail = element.closest(".g-side"), here = element.querySelector("[aria-current]");
if (here && here.getBoundingClientRect().bottom > rail.clientHeight) {
  rail.scrollTop += here.getBoundingClientRect().top - rail.clientHeight / 2;
}
"""
"""The page that is open stands in sight in the menu."""
VIEW_SCRIPT = """
watch("value", () => window.gallery.show(JSON.parse(props.value)));
document.addEventListener("gallery-back", () => trigger("input"));
"""


@dataclass(frozen=True)
class Frame:
    """What stands around a page; ``view`` carries the state of the address between browser and server."""

    view: gr.HTML
    state: gr.HTML
    counters: gr.HTML
    switch: gr.HTML

    @classmethod
    def build(cls, slug: str, lang: Lang, base: str) -> Frame:
        """Add the frame to the Blocks that is being built; ``slug`` "" is the front page."""
        view = plain_html(view_text("light", False), html_template="", js_on_load=VIEW_SCRIPT, visible="hidden")
        state = plain_html(render.state_html("idle"), elem_classes=["g-state-place"])
        with gr.Column(elem_classes=["g-side"]):
            with gr.Column(elem_classes=["g-head"]):
                plain_html(_house_html(slug, lang, base))
                switch = plain_html(_themes_html(lang), js_on_load=SWITCH_SCRIPT, elem_classes=["g-folds"])
            plain_html(nav_html(slug, lang, base), js_on_load=NAV_SCRIPT, elem_classes=["g-folds"])
            counters = plain_html(counters_html(lang), elem_classes=["g-folds"])
        return cls(view, state, counters, switch)

    def on_theme(self, function: Callable[..., Any], inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Call ``function`` with the view and ``inputs`` when the theme is switched (colours follow by themselves)."""
        self.switch.select(
            function,
            [self.view, *inputs],
            [*outputs],
            js=NOW,
            **QUIET,
        )


def plain_html(value: Any = "", js_on_load: str = "", **options: Any) -> gr.HTML:
    """``gr.HTML`` in the house's style alone."""
    return gr.HTML(value, apply_default_css=False, js_on_load=js_on_load, **options)


def view_text(theme: str, embed: bool, link: str = "", origin: str = "") -> str:
    """The state of the view as it travels: JSON text. A ``link`` becomes the address, ``origin`` is the server's."""
    return json.dumps({"theme": theme, "embed": embed, "link": link, "origin": origin})


def _link(target: str, title: str, kind: str, slug: str, lang: Lang, base: str) -> str:
    current = ' aria-current="page"' if target == slug else ""
    address = render.escape(page_link(target, lang=lang, base=base))
    return f'<a class="{kind}" data-g-link href="{address}"{current}>{render.escape(title)}</a>'


def _house_html(slug: str, lang: Lang, base: str) -> str:
    """The house's name and the languages: above the menu, which grows; on a phone all but the name folds away."""
    languages = "".join(
        f'<button type="button" class="g-small" data-g-lang="{code}" aria-pressed="{str(code == lang).lower()}">'
        f"{words.LANGUAGE_NAMES[code]}</button>"
        for code in LANGUAGES
    )
    return (
        f'<div class="g-nav g-house">{_link("", words.HOUSE(lang), "g-nav-house", slug, lang, base)}'
        f'<button type="button" class="g-small g-menu" data-g-menu aria-expanded="false">{words.MENU(lang)}</button></div>'
        f'<div class="g-folds g-chips">{languages}</div>'
    )


def nav_html(slug: str, lang: Lang, base: str) -> str:
    """The pages by family."""
    groups = "".join(
        f"<section><h2>{render.escape(name(lang))}</h2>"
        + "".join(_link(entry.slug, _title(entry, lang), "g-nav-page", slug, lang, base) for entry in entries)
        + "</section>"
        for _, name, entries in catalog().families()
    )
    return f'<nav class="g-nav">{groups}</nav>'


def _title(entry: Entry, lang: str) -> str:
    """The page's title; the slug of a page that cannot be loaded, so that it breaks no other."""
    try:
        return entry.page.title(lang)
    except Exception:
        log.exception("the page %s cannot be loaded", entry.slug)
        return entry.slug


def _themes_html(lang: str) -> str:
    buttons = "".join(
        f'<button type="button" class="g-small" data-g-theme="{name}">{text(lang)}</button>'
        for name, text in words.THEME_NAMES.items()
    )
    return f'<div class="g-chips g-themes">{buttons}</div>'


def counters_html(lang: str) -> str:
    """How busy the house is, in a line."""
    state = engine().state()
    memory = words.WEIGHTS_IN_MEMORY(lang).format(
        f"{state.weights / 2**20:.0f} / {state.weights_limit / 2**20:.0f} MiB"
    )
    busy = words.SLOTS_BUSY(lang).format(state.line.busy, state.line.capacity)
    return f'<div class="g-counters">{render.escape(busy)}<br>{render.escape(memory)}</div>'


@lru_cache(maxsize=1)
def style() -> str:
    """The style sheet of every page: the house's own, its canvases', and how Gradio's pieces fit into it."""
    canvases = "".join(str(gradio_parts(name)["css_template"]) for name in NAMES) + form_style()
    ours = (Path(__file__).parent / "static" / "gradio.css").read_text(encoding="utf-8")
    # Gradio resets what stands in its container; the same rules once more, nested, are stronger than the reset.
    return f"{render.css()}\n.gradio-container {{ {render.css()} {canvases} }}\n{ours}"


@lru_cache(maxsize=1)
def house_theme() -> gr.themes.Base:
    """Gradio's variables in the house's two palettes."""
    ink = gr.themes.Color(*_tones(LIGHT.accent))
    theme = gr.themes.Base(primary_hue=ink, font=[FONT], font_mono=[MONO], radius_size=gr.themes.sizes.radius_sm)
    return theme.set(**_variables(LIGHT, ""), **_variables(DARK, "_dark"))


def _variables(p: Palette, suffix: str) -> dict[str, Any]:
    plain = {
        "body_background_fill": p.background, "body_text_color": p.ink, "body_text_color_subdued": p.muted,
        "background_fill_primary": p.background, "background_fill_secondary": p.surface,
        "block_background_fill": p.background, "block_border_color": p.rule, "border_color_primary": p.rule,
        "border_color_accent": p.accent, "color_accent_soft": p.surface, "block_label_text_color": p.muted,
        "block_label_background_fill": p.background, "block_title_text_color": p.ink, "link_text_color": p.accent,
        "link_text_color_hover": p.accent, "link_text_color_visited": p.accent, "link_text_color_active": p.accent,
        "button_primary_background_fill": p.accent, "button_primary_background_fill_hover": p.accent,
        "button_primary_text_color": p.background, "button_primary_border_color": p.accent,
        "button_secondary_background_fill": p.surface, "button_secondary_background_fill_hover": p.rule,
        "button_secondary_text_color": p.ink, "button_secondary_border_color": p.rule,
        "input_background_fill": p.background, "input_border_color": p.rule, "code_background_fill": p.surface, "error_background_fill": p.surface,
        "error_border_color": p.bad, "error_text_color": p.bad,
    }  # fmt: skip
    return {name + suffix: value for name, value in plain.items()}


def _tones(colour: str) -> list[str]:
    """Eleven tones from near white to near black through ``colour``, as Gradio's colour scales want them."""
    middle = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]

    def toward(end: int, part: float) -> str:
        return "#" + "".join(f"{round(c + (end - c) * part):02x}" for c in middle)

    light = [toward(255, part) for part in (0.95, 0.88, 0.75, 0.55, 0.3)]
    return [*light, colour, *(toward(0, part) for part in (0.15, 0.3, 0.45, 0.6, 0.7))]
