"""Links: the address of every state of the gallery, the same in both front ends.

``/<slug>?tab=…&lang=zh|en&theme=light|dark&embed=true&<input>=<value>…``; the front page is ``/``. Chinese, light and
no embedding are the defaults. Inputs travel by their plain names (:meth:`gallery.inputs.Inputs.to_link`).
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, cast, get_args
from urllib.parse import quote, urlencode

from gallery.inputs import Problem, shortened
from gallery.text import LANGUAGES, Lang, Text, t

__all__ = ["RESERVED", "THEMES", "State", "Theme", "api_name", "embed_snippet", "page_link", "read_state"]

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = get_args(Theme)
RESERVED = ("tab", "lang", "theme", "embed")
"""Parameters of the house itself; no input may be called so."""
FRAME_HEIGHT = 640
"""Pixels of a frame whose page has not told its height: the picture and most of its controls on a wide screen."""
SWITCH = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False, "": False}


class State(NamedTuple):
    """What an address says: which ``tab`` (None: the first), how to show it, and raw ``values`` of its inputs.

    ``problems`` names every parameter of the house that could not be used; its default stands instead.
    """

    tab: str | None
    lang: Lang
    theme: Theme
    embed: bool
    values: dict[str, str]
    problems: list[Problem]


def page_link(
    slug: str,
    tab: str | None = None,
    values: Mapping[str, str] | None = None,
    lang: str = "zh",
    theme: str = "light",
    embed: bool = False,
    base: str = "",
) -> str:
    """The address of a page in a state; ``slug`` "" is the front page, ``base`` is put before the path.

    ``values`` are query parameters as :meth:`gallery.inputs.Inputs.to_link` gives them. What equals the default of the
    house (zh, light, not embedded) is left out. ValueError for a value named like a parameter of the house.
    """
    taken = sorted(set(values or {}) & set(RESERVED))
    if taken:
        raise ValueError(f"an input may not be called {', '.join(taken)}: the house's own parameters are {RESERVED}")
    query: dict[str, str] = {}
    if tab:
        query["tab"] = tab
    if lang != LANGUAGES[0]:
        query["lang"] = lang
    if theme != THEMES[0]:
        query["theme"] = theme
    if embed:
        query["embed"] = "true"
    query |= values or {}
    path = f"{base.rstrip('/')}/{quote(slug, safe='')}"
    return f"{path}?{urlencode(query, quote_via=quote, safe=':,')}" if query else path


def embed_snippet(address: str, title: str) -> str:
    """The HTML line that shows ``address`` (of :func:`page_link` with ``embed``) in a web page; ``title`` is for screen readers.

    The frame loads when it comes near the reader's sight. Its page tells its height to the page around it by ``postMessage``
    ``{type: "gallery-height", height}``, pixels; a page that does not listen shows :data:`FRAME_HEIGHT`.
    """
    source, name = html.escape(address), html.escape(title)
    return f'<iframe loading="lazy" src="{source}" title="{name}" width="100%" height="{FRAME_HEIGHT}" style="border:0"></iframe>'


def read_state(query: Mapping[str, str | Sequence[str]]) -> State:
    """Read query parameters (of one given twice, the last counts). Never raises: see :attr:`State.problems`."""
    raw = {name: _last(value) for name, value in query.items()}
    problems: list[Problem] = []
    lang = cast(Lang, _one_of("lang", raw, LANGUAGES, problems))
    theme = cast(Theme, _one_of("theme", raw, THEMES, problems))
    embed = SWITCH.get(raw.get("embed", "").lower())
    if embed is None:
        problems.append(_problem("embed", raw["embed"], t("应为 true 或 false", "must be true or false")))
    values = {name: value for name, value in raw.items() if name not in RESERVED}
    return State(raw.get("tab") or None, lang, theme, bool(embed), values, problems)


def api_name(slug: str, tab: str) -> str:
    """The name of a tab's endpoint: ``/o_gan_interpolate`` for tab ``interpolate`` of page ``o-gan``."""
    return f"/{slug}_{tab}".replace("-", "_")


def _one_of(name: str, raw: Mapping[str, str], allowed: Sequence[str], problems: list[Problem]) -> str:
    value = raw.get(name) or allowed[0]
    if value in allowed:
        return value
    names = " | ".join(allowed)
    problems.append(_problem(name, value, t(f"应为 {names} 之一", f"must be one of {names}")))
    return allowed[0]


def _problem(name: str, value: str, allowed: Text) -> Problem:
    return Problem(name=name, value=shortened(value), allowed=allowed)


def _last(value: str | Sequence[str]) -> str:
    if isinstance(value, str):
        return value
    return str(value[-1]) if value else ""
