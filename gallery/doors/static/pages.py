"""Pages: the HTML of the site, from the same declarations and words as every other door."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2

from core.checks import Check
from gallery.components import figure_labels
from gallery.doors.static.values import html_of_markdown
from gallery.engine import render, words
from gallery.engine.catalog import Catalog, Entry
from gallery.engine.front_page import index_html, screenshot
from gallery.page import Tab
from gallery.text import Lang, Text

__all__ = ["Site", "embed_page", "front_page", "gallery_page"]

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Site:
    """What all pages of a build share: the pages that are in it, its ``languages``, version and date, where it is ``live``."""

    catalog: Catalog
    languages: Sequence[Lang]
    version: str
    date: str
    live: str = ""

    def place(self, lang: str) -> str:
        """The folder of a language's pages: the first language stands at the root."""
        return "" if lang == self.languages[0] else f"{lang}/"


def gallery_page(
    site: Site,
    entry: Entry,
    chosen: Sequence[type[Tab]],
    lang: Lang,
    facts: Mapping[str, Any] | None,
    extras: Sequence[str] = (),
) -> str:
    """A page with its ``chosen`` tabs, Verify as it was measured, the post and the card.

    ``facts`` is the row of the report with them, None where they could not be measured; ``extras`` are further scripts of its own.
    """
    page = entry.page
    tabs = [{"slug": tab.slug, "label": tab.label(lang), "question": tab.question(lang)} for tab in chosen]
    if facts is None:
        verify = render.message_html(words.NOT_MEASURED, lang)
    else:
        measured = Text(*(said.format(facts["date"], facts["version"]) for said in words.MEASURED_AT))
        verify = render.verify_html([Check(**row) for row in facts["checks"]], lang, note=measured)
    house = [
        {"slug": "verify", "label": words.VERIFY(lang), "html": f'{verify}<div class="g-live-checks"></div>'},
        {"slug": "post", "label": words.POST(lang), "html": _post(entry, lang)},
    ]
    if page.weights:
        card = "".join(render.weights_html(name, lang) for name in page.weights)
        house.append({"slug": "card", "label": words.CARD(lang), "html": card})
    first = f"_/data/{entry.slug}/{chosen[0].slug}/first.js"
    return _rendered(
        "page.html", site, lang, entry.slug, title=page.title(lang), summary=page.summary(lang), tabs=tabs, house=house,
        head=f"{page.title(lang)} · {words.HOUSE(lang)}", scripts=[first, *extras], formulas=True,
    )  # fmt: skip


def front_page(site: Site, lang: Lang) -> str:
    """The front page: the house's index, whose pictures stand in the site's folder, light and dark."""
    up = "../" * site.place(lang).count("/")

    def picture(path: Path) -> str:
        return f"{up}_/shots/{path.stem}.webp"

    def moving(path: Path) -> str:
        return f"{up}_/films/{path.name}"

    index = index_html(site.catalog, lang, "light", lambda slug: f"{slug}.html", picture=picture, moving=moving)
    for entry in site.catalog:
        light, dark = (screenshot(entry.slug, theme, lang) for theme in ("light", "dark"))
        if light and dark:
            index = index.replace(f'src="{picture(light)}"', f'src="{picture(light)}" data-g-dark="{picture(dark)}"')
    return _rendered(
        "index.html", site, lang, "", index=index, head=words.HOUSE(lang), summary=words.FRONT_LINE(lang), scripts=[],
        title=words.HOUSE(lang), formulas=False,
    )  # fmt: skip


def embed_page(
    site: Site, entry: Entry, tab: type[Tab], extras: Sequence[str] = (), inlined: Mapping[str, str] | None = None
) -> str:
    """A tab alone, for a frame; the address says language, theme, inputs, and which ``slots`` and ``controls`` show.

    ``inlined`` (name → text of ``style`` and ``script``) makes it one file that needs no other.
    """
    root, page = "../../", entry.page
    settings = {
        lang: _settings(site, lang, page.title(lang), root=root, frame=f"{entry.slug}/{tab.slug}")
        for lang in site.languages
    }
    chosen = (
        f'<script type="application/json" id="g-sites">{_json(settings)}</script>\n<script>'
        f"{(TEMPLATES.parent / 'web' / 'language.js').read_text(encoding='utf-8')}</script>"
    )
    if inlined is None:
        styles = (
            f'<link rel="stylesheet" href="{root}_/katex/katex.min.css"><link rel="stylesheet" href="{root}_/site.css">'
        )
        files = ("_/katex/katex.min.js", "_/site.js", f"_/data/{entry.slug}/{tab.slug}/first.js", *extras)
        scripts = chosen + "".join(f'\n<script src="{root}{file}"></script>' for file in files)
    else:
        styles = f"<style>{inlined['style']}</style>"
        scripts = f"{chosen}\n{inlined['script']}"
    head = f"{tab.label(site.languages[0])} · {page.title(site.languages[0])}"
    return _templates().get_template("embed.html").render(head=head, styles=styles, scripts=scripts)


def _post(entry: Entry, lang: Lang) -> str:
    return f'<div class="g-post">{html_of_markdown(render.post_markdown(entry.page, lang))}</div>'


def _rendered(template: str, site: Site, lang: Lang, slug: str, **values: Any) -> str:
    place = site.place(lang)
    root = "../" * place.count("/")
    name = f"{slug or 'index'}.html"
    menu = [
        {
            "name": title(lang),
            "pages": [{"slug": e.slug, "title": e.page.title(lang), "href": f"{root}{place}{e.slug}.html"} for e in entries],
        }
        for _, title, entries in site.catalog.families()
    ]  # fmt: skip
    return (
        _templates()
        .get_template(template)
        .render(
            lang=lang, slug=slug, root=root, home=place, menu=menu,
            languages=[
                {"code": code, "name": words.LANGUAGE_NAMES[code], "href": f"{root}{site.place(code)}{name}"}
                for code in site.languages
            ],
            themes=[{"code": code, "name": text(lang)} for code, text in words.THEME_NAMES.items()],
            words={
                "house": words.HOUSE(lang), "menu": words.MENU(lang), "no_script": words.NO_SCRIPT(lang),
                "loading": words.LOADING(lang), "foot": words.BUILT(lang).format(site.date, site.version),
            },
            site=_json(_settings(site, lang, values["title"], root, page=slug)), **values,
        )
    )  # fmt: skip


def _settings(site: Site, lang: Lang, title: str, root: str, frame: str = "", page: str = "") -> dict[str, Any]:
    """What the page's script wants to know."""
    said = {
        "recorded": words.RECORDED, "oneAtATime": words.ONE_AT_A_TIME, "nearest": words.NEAREST, "reset": words.RESET,
        "code": words.CODE, "codeNote": words.CODE_NOTE, "download": words.DOWNLOAD, "link": words.LINK,
        "linkNote": words.LINK_NOTE, "copyLink": words.COPY_LINK, "copyCode": words.COPY_CODE, "copied": words.COPIED,
        "recordedLive": words.RECORDED_LIVE, "codeRecorded": words.CODE_RECORDED, "browserChecks": words.BROWSER_CHECKS,
        "checking": words.CHECKING, "lost": words.LOST, "embed": words.EMBED, "embedNote": words.EMBED_NOTE, "openLive": words.OPEN_LIVE,
    }  # fmt: skip
    texts: dict[str, Any] = {name: text(lang) for name, text in said.items()}
    return {
        "lang": lang, "languages": list(site.languages), "root": root, "frame": frame, "title": title, "page": page,
        "live": site.live, "words": {**texts, "figure": figure_labels(lang)},
    }  # fmt: skip


def _json(data: Any) -> str:
    """JSON that may stand in a script element."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True).replace("</", "<\\/")


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
