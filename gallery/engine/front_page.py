"""Front page: what this is, the most striking pages large, then every family; or what a search found.

The pictures are the pages' own screenshots (assets/screenshots/<slug>.png, <slug>-dark.png), never drawn by hand.
"""

from __future__ import annotations

import base64
import html
import io
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from PIL import Image

from gallery.engine import words
from gallery.engine.catalog import FAMILIES, Catalog, Entry
from gallery.fields import ASSETS

__all__ = ["film", "find_script", "found", "index_html", "screenshot", "searched", "thumbnail"]

SCREENSHOTS = ASSETS / "screenshots"
HEROES = 3  # pages shown large: one row on a wide screen
THUMBNAIL = (960, 600)  # pixels; a card is at most 600 CSS pixels wide, pictures are 16:10
THUMBNAIL_QUALITY = 82
HAN = re.compile(r"[\u4e00-\u9fff]+")
SHORT = re.compile(r"[a-z]{1,3}")


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
    hint, none = html.escape(words.SEARCH_HINT(lang)), html.escape(words.NO_MATCH(lang))
    parts = [
        f'<header class="g-masthead"><h1>{html.escape(words.HOUSE(lang))}</h1>'
        f"<p>{html.escape(words.FRONT_LINE(lang))}</p>"
        f'<input type="search" class="g-find" placeholder="{hint}" aria-label="{html.escape(words.SEARCH(lang))}" '
        f'autocomplete="off" spellcheck="false"></header>'
        f'<p class="g-none" role="status" data-said="{none}" hidden></p>',
        _section(words.STRIKING(lang), "".join(card(entry, "g-hero") for entry in heroes), "g-heroes"),
    ]
    for family, name, _ in catalog.families():
        rest = [entry for entry in front if entry.family == family and entry not in heroes]
        if rest:
            parts.append(_section(name(lang), "".join(map(card, rest)), "g-cards"))
    return f'<div class="g-index" lang="{language}">{"".join(parts)}</div>'


def find_script() -> str:
    """Plain JavaScript for the page's head: the search of the front page finds while one types, as :func:`found` does."""
    return (Path(__file__).parent / "find.js").read_text(encoding="utf-8")


def found(catalog: Catalog, query: str) -> list[Entry]:
    """Pages that hold every word of ``query``, in either language; first those that are called so.

    Looked through are titles (page and post), summary, the tabs' names and questions, the family, slug and post number; all
    Chinese also as pinyin (``mao`` finds 猫), titles and names also by their initials (``gltj`` finds 概率统计). Case, width
    (ＧＡＮ finds GAN) and blanks do not matter. A word of up to three letters must begin a word: EM is not in «system».
    """
    wanted = [_folded(word) for word in query.split()]
    hits = [entry for entry in catalog.front() if all(_holds(searched(entry), word) for word in wanted)]
    return sorted(hits, key=lambda entry: sum(_rank(named(entry), word) for word in wanted))


def _holds(text: str, word: str) -> bool:
    """Whether a folded text has a folded word: a short one at the beginning of a word, a longer one anywhere."""
    if SHORT.fullmatch(word):
        return re.search(rf"(?<![a-z0-9]){word}", text) is not None
    return word.replace(" ", "") in text.replace(" ", "")


def _rank(names: str, word: str) -> int:
    """0 where a page is called so, a whole word of its names being it; 1 where its names hold it; 2 elsewhere."""
    if re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", names):
        return 0
    return 1 if _holds(names, word) else 2


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
        f'<a class="g-card {kind}" href="{html.escape(address)}" target="_self" data-find="{html.escape(searched(entry))}">'
        f'<span class="g-shot">{shot}</span><span class="g-card-text"><strong>{html.escape(page.title(lang))}</strong>'
        f'<span class="g-card-summary">{html.escape(page.summary(lang))}</span>'
        f'<span class="g-card-about">{said}</span></span></a>'
    )


def searched(entry: Entry) -> str:
    """What a search looks through for a page, folded, a line for each text; the first lines are :func:`named`."""
    page = entry.page
    titles = [page.title, page.post.title, FAMILIES[entry.family], *(tab.label for tab in page.tabs)]
    texts = [*titles, page.summary, *(tab.question for tab in page.tabs)]
    lines = [text for pair in texts for text in pair] + [str(page.post.id)]
    sounds = [_pinyin(text.zh) for text in texts] + [_pinyin(title.zh, initials=True) for title in titles]
    return "\n".join(dict.fromkeys([named(entry), *map(_folded, [*lines, *sounds])]))


def named(entry: Entry) -> str:
    """What a page is called, folded: its slug and its titles, of page and post, on one line."""
    page = entry.page
    return "|".join(map(_folded, (entry.slug, *page.title, *page.post.title)))


@lru_cache(maxsize=2048)
def _pinyin(text: str, initials: bool = False) -> str:
    """The Chinese of ``text`` as it sounds, without tones, syllables apart, or the initials of it; «|» between parts."""
    from pypinyin import Style, lazy_pinyin

    style, between = (Style.FIRST_LETTER, "") if initials else (Style.NORMAL, " ")
    return "|".join(between.join(lazy_pinyin(run, style)) for run in HAN.findall(text))


def _folded(text: str) -> str:
    """The text without case and width, blanks and hyphens alike, one between two words."""
    return re.sub(r"[\s-]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()
