"""The ASGI app of the Streamlit front end: the framework's, with the house's guard, and a head that knows page and language.

Streamlit answers every address with one HTML, in English and called Streamlit, and with 200; the script behind it learns the
address later. What reads a page before that (a browser's tab, a search engine, a screen reader) gets the right words here.
"""

from __future__ import annotations

import html
import re
import sys
from pathlib import Path
from urllib.parse import parse_qs

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.settings import CALLER_CAN_MEND, BadSetting
from gallery.doors.guard import Guard, Policy, check_settings
from gallery.engine import words
from gallery.engine.catalog import Catalog, catalog
from gallery.engine.front_page import find_script
from gallery.engine.links import read_state

__all__ = ["Head", "middleware"]

PAGE = re.compile(r"^/(?P<slug>[a-z0-9][a-z0-9-]*)?/?$")
RESERVED = frozenset({"static", "media", "component", "healthz"})
"""One-word addresses of the framework."""


def middleware() -> list[Middleware]:
    """What stands before Streamlit; a setting that cannot be used is one sentence on stderr and exit status 2."""
    try:
        check_settings()
    except BadSetting as error:
        print(error, file=sys.stderr)
        raise SystemExit(CALLER_CAN_MEND) from None
    return [Middleware(Guard, policy=Policy.read()), Middleware(Head, pages=catalog())]


class Head:
    """ASGI middleware: the HTML of a page says its language, title and description; an unknown page is 404."""

    def __init__(self, app: ASGIApp, pages: Catalog) -> None:
        self.app, self.pages = app, pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = PAGE.match(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if page is None or page["slug"] in RESERVED:
            await self.app(scope, receive, send)
            return
        slug = page["slug"] or ""
        lang = read_state(parse_qs(scope["query_string"].decode("latin-1"))).lang
        start: Message = {}
        parts: list[bytes] = []

        async def collected(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    await self._send(start, b"".join(parts), slug, lang, send)

        plain = [(k, v) for k, v in scope["headers"] if k not in (b"accept-encoding", b"if-none-match", b"range")]
        await self.app({**scope, "headers": plain}, receive, collected)

    async def _send(self, start: Message, body: bytes, slug: str, lang: str, send: Send) -> None:
        headers = MutableHeaders(raw=list(start["headers"]))
        if headers.get("content-type", "").startswith("text/html"):
            body = self._told(body.decode("utf-8"), slug, lang).encode()
            headers["content-length"] = str(len(body))
            del headers["etag"]
            if slug and slug not in self.pages.entries:
                start = {**start, "status": 404}
        await send({**start, "headers": headers.raw})
        await send({"type": "http.response.body", "body": body})

    def _told(self, page: str, slug: str, lang: str) -> str:
        title, about = words.HOUSE(lang), words.FRONT_LINE(lang)  # type: ignore[arg-type]
        if slug in self.pages.entries:
            declared = self.pages[slug].page
            title, about = f"{declared.title(lang)} · {title}", declared.summary(lang)  # type: ignore[arg-type]
        page = re.sub(r'<html lang="[^"]*"', f'<html lang="{"en" if lang == "en" else "zh-CN"}"', page, count=1)
        page = re.sub(r"<title>[^<]*</title>", "", page, count=1)
        head = (
            f'<title>{html.escape(title)}</title><meta name="description" content="{html.escape(about)}">'
            f"<script>{_script()}</script>"
        )
        return page.replace("<head>", f"<head>{head}", 1)


def _script() -> str:
    script = (Path(__file__).parent / "head.js").read_text(encoding="utf-8") + find_script()
    return script.replace("</", "<\\/")
