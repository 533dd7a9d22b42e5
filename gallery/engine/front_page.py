"""Front page: what this is, the most striking pages large, then every family; or what a search found.

The pictures are the pages' own screenshots (assets/screenshots/<slug>.png, <slug>-dark.png), never drawn by hand.
"""

from __future__ import annotations

import base64
import html
import io
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

from PIL import Image

from gallery.engine import words
from gallery.engine.catalog import FAMILIES, Catalog, Entry
from gallery.fields import ASSETS

__all__ = ["film", "found", "index_html", "screenshot", "thumbnail"]

SCREENSHOTS = ASSETS / "screenshots"
HEROES = 2  # pages shown large: one row on a wide screen
THUMBNAIL = (960, 600)  # pixels; a card is at most 600 CSS pixels wide, pictures are 16:10
THUMBNAIL_QUALITY = 82


def index_html(
    catalog: Catalog,
    lang: str,
    theme: str,
    link: Callable[[str], str],
    query: str = "",
    picture: Callable[[Path], str] | None = None,
    moving: Callable[[Path], str] | None = None,
) -> str:
    """The front page, or with ``query`` the pages it finds.

    ``link(slug)`` gives a page's address; ``picture(path)`` that of a screenshot (default: a small data address),
    ``moving(path)`` that of a film (default: none is shown; films are too large to stand in the page).
    """
    show = picture or thumbnail

    def card(entry: Entry, kind: str = "") -> str:
        path = screenshot(entry.slug, theme, lang)
        reel = film(entry.slug) if moving else None
        return _card(
            entry, lang, link(entry.slug), show(path) if path else "", moving(reel) if moving and reel else "", kind
        )

    language = "en" if lang == "en" else "zh-CN"
    if query.strip():
        hits = found(catalog, query)
        none = f'<p class="g-none">{html.escape(words.NO_MATCH(lang).format(query.strip()))}</p>'
        cards = "".join(card(entry, "g-hit") for entry in hits)
        body = f'<section><div class="g-cards">{cards}</div></section>' if hits else none
        return f'<div class="g-index" lang="{language}">{body}</div>'
    front = catalog.front()
    heroes = front[:HEROES]
    parts = [
        f'<header class="g-masthead"><h1>{html.escape(words.HOUSE(lang))}</h1>'
        f"<p>{html.escape(words.FRONT_LINE(lang))}</p></header>",
        _section(words.STRIKING(lang), "".join(card(entry, "g-hero") for entry in heroes), "g-heroes"),
    ]
    for family, name, _ in catalog.families():
        rest = [entry for entry in front if entry.family == family and entry not in heroes]
        if rest:
            parts.append(_section(name(lang), "".join(map(card, rest)), "g-cards"))
    return f'<div class="g-index" lang="{language}">{"".join(parts)}</div>'


def found(catalog: Catalog, query: str) -> list[Entry]:
    """Pages whose titles (either language, page or post), slug or post number hold every word of ``query``.

    Case, width (ＧＡＮ finds GAN) and spaces inside titles do not matter.
    """
    wanted = [_folded(word) for word in query.split()]
    return [entry for entry in catalog.front() if all(word in _searched(entry) for word in wanted)]


def screenshot(slug: str, theme: str, lang: str = "zh") -> Path | None:
    """The page's own picture: ``<slug>[-en][-dark].png``, the nearest there is; language gives way before theme."""
    themes = ("-dark", "") if theme == "dark" else ("",)
    languages = ("-en", "") if lang == "en" else ("",)
    paths = (SCREENSHOTS / f"{slug}{language}{shade}.png" for shade in themes for language in languages)
    return next((path for path in paths if path.is_file()), None)


def thumbnail(path: Path) -> str:
    """The picture at ``path``, reduced, as a WebP data address (a front page of thirty stays under 1 MB)."""
    return _thumbnail(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _thumbnail(path: Path, changed: int) -> str:
    with Image.open(path) as opened:
        small = opened.convert("RGB")
    small.thumbnail((THUMBNAIL[0], THUMBNAIL[1] * 2), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=THUMBNAIL_QUALITY)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def film(slug: str) -> Path | None:
    """The page's film, an animated ``<slug>.webp``; None where it has none."""
    path = SCREENSHOTS / f"{slug}.webp"
    return path if path.is_file() else None


def _section(title: str, cards: str, kind: str) -> str:
    return f'<section><h2>{html.escape(title)}</h2><div class="{kind}">{cards}</div></section>'


def _card(entry: Entry, lang: str, address: str, picture: str, moving: str, kind: str) -> str:
    """A card; under the heading of its family it does not say the family again. A film gives way where less motion is wanted."""
    page = entry.page
    number = words.POST_NUMBER(lang).format(page.post.id)
    added = words.ADDED(lang).format(page.added.isoformat())
    about = (FAMILIES[entry.family](lang), number, added) if kind else (number, added)
    shot = f'<img src="{html.escape(picture)}" alt="" loading="lazy">' if picture else f"<b>{page.post.id}</b>"
    if moving:
        still = f'<source media="(prefers-reduced-motion: reduce)" srcset="{html.escape(picture)}">'
        shot = f'<picture>{still}<img src="{html.escape(moving)}" alt="" loading="lazy"></picture>'
    said = " · ".join(f"<span>{html.escape(part)}</span>" for part in about)
    return (
        f'<a class="g-card {kind}" href="{html.escape(address)}" target="_self">'
        f'<span class="g-shot">{shot}</span><span class="g-card-text"><strong>{html.escape(page.title(lang))}</strong>'
        f'<span class="g-card-summary">{html.escape(page.summary(lang))}</span>'
        f'<span class="g-card-about">{said}</span></span></a>'
    )


def _searched(entry: Entry) -> str:
    page = entry.page
    texts: Iterable[str] = (*page.title, *page.post.title, entry.slug, str(page.post.id))
    return "\n".join(map(_folded, texts))


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
