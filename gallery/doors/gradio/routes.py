"""The door of the Gradio front end: gives each page its own small app, built when it is first opened.

One Blocks with thirty pages would cost every start and every visitor what all pages cost; here a page costs nothing
until somebody opens it. The address ``/<slug>`` gives the page in the language asked for; its app answers under
``/_/<lang>/<slug>``; what the browser needs beside it stands under ``/_/form``, the front page's films under ``/_/film``. Everything else (the API, MCP, the
framework's own files) is the main app's.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import html
import logging
import re
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import anyio.to_thread
import gradio as gr
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gallery.doors.gradio.calls import CALL, MCP, UPLOAD, Calls
from gallery.doors.gradio.frame import house_theme, style
from gallery.doors.gradio.front import build_front
from gallery.doors.gradio.page import build_page
from gallery.doors.guard import refusal
from gallery.engine import render, words
from gallery.engine.catalog import Catalog
from gallery.engine.form import MODULES, module
from gallery.engine.front_page import film, find_script
from gallery.engine.links import page_link, read_state
from gallery.text import Lang, Text

__all__ = ["FORGET", "FRONT", "MOST_WAITING", "SESSIONS", "Door", "Rooms"]

log = logging.getLogger(__name__)
FRONT = "-"
"""Stands for the front page in ``/_/<lang>/-``; no slug is a single hyphen."""
ROOM = re.compile(r"^/_/(?P<lang>zh|en)/(?P<slug>[^/]+)(?P<rest>/.*)?$")
FILM = re.compile(r"^/_/film/(?P<slug>[a-z0-9][a-z0-9-]*)\.webp$")
FORM = re.compile(r"^/_/form/(?P<name>[a-z]+\.js)$")
SLUG = re.compile(r"^/(?P<slug>[a-z0-9][a-z0-9-]*)/?$")
CLOSED = re.compile(
    r"^(?:/_/(?:zh|en)/[^/]+)?/gradio_api/(?:upload|dev/|proxy=|file[=/]|stream/|component_server|custom_component/|deep_link"
    r"|process_recording|run-history|vibe|undo-vibe)"
)
"""What the framework offers and no page of ours needs: files of the server, uploads to its disk, its own development."""
MAIN = frozenset({"config", "login", "logout", "monitoring"})
"""One-word addresses of the main app."""
SESSIONS = (
    24  # visitors whose last inputs and outputs the framework keeps, in each app; it needs them for nothing of ours
)
FORGET = (3600, 3600)  # seconds: how often, and how old, a file of the framework's cache is deleted
MOST_WAITING = 256  # events in an app's queue; more are refused with «queue is full»
FRESH = 300  # seconds a browser uses a script without asking; after that one short question by its hash


class Rooms:
    """The apps of the pages, one for each page and language, built once."""

    def __init__(self, catalog: Catalog, base: str = "") -> None:
        self.catalog, self.base = catalog, base
        self._rooms: dict[tuple[str, Lang], ASGIApp] = {}
        self._blocks: list[gr.Blocks] = []
        self._open: dict[tuple[str, Lang], asyncio.Lock] = {}
        self._building = threading.Lock()  # Gradio builds into one global context
        self._alive: set[asyncio.Task[None]] = set()

    def __contains__(self, slug: str) -> bool:
        return slug == FRONT or slug in self.catalog.entries

    def built(self) -> list[tuple[str, Lang]]:
        """Which rooms there are so far."""
        return list(self._rooms)

    def blocks(self) -> list[gr.Blocks]:
        """What the rooms that there are so far show."""
        return list(self._blocks)

    async def get(self, slug: str, lang: Lang) -> ASGIApp:
        """The app of a page, built and started when first asked for."""
        key = (slug, lang)
        if key not in self._rooms:
            async with self._open.setdefault(key, asyncio.Lock()):
                if key not in self._rooms:
                    app = await anyio.to_thread.run_sync(self._build, slug, lang)
                    await self._start(app)
                    self._rooms[key] = app
        return self._rooms[key]

    def _build(self, slug: str, lang: Lang) -> FastAPI:
        with self._building:
            if slug == FRONT:
                blocks = build_front(self.catalog, lang, self.base)
            else:
                blocks = build_page(self.catalog[slug], lang, self.base)
            blocks.queue(default_concurrency_limit=None, api_open=False, max_size=MOST_WAITING)
            blocks.state_session_capacity, blocks.delete_cache = SESSIONS, FORGET
            self._blocks.append(blocks)
            app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
            return gr.mount_gradio_app(
                app, blocks, "/", root_path=f"{self.base}/_/{lang}/{slug}", footer_links=[], run_history=False,
                show_error=False, ssr_mode=False, mcp_server=False, theme=house_theme(), allowed_paths=[],
            )  # fmt: skip

    async def _start(self, app: FastAPI) -> None:
        """Run the app's start; it stays alive until the server's loop ends."""
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def live() -> None:
            try:
                async with app.router.lifespan_context(app):
                    ready.set_result(None)
                    await asyncio.Event().wait()
            except Exception as error:
                if ready.done():
                    raise
                ready.set_exception(error)

        task = asyncio.create_task(live())
        self._alive.add(task)
        await ready


class Door:
    """ASGI middleware before the main app: leads each request to the room that it is for."""

    def __init__(self, app: ASGIApp, rooms: Rooms, calls: Callable[[ASGIApp], Calls]) -> None:
        self.app, self.rooms, self.calls = app, rooms, calls(self._led)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path, posted = scope["path"], scope["method"] == "POST"
        if posted and (call := CALL.match(path)):
            await self.calls.call(call["room"], call["name"], scope, receive, send)
        elif posted and UPLOAD.match(path):
            await self.calls.upload(scope, receive, send)
        elif MCP.match(path):
            await self.calls.mcp(scope, receive, send)
        elif CLOSED.match(path):
            await refusal(words.NO_ADDRESS, 404)(scope, receive, send)
        else:
            await self._led(scope, receive, send)

    async def _led(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if room := ROOM.match(path):
            await self._room(room["slug"], room["lang"], room["rest"] or "/", scope, receive, send)  # type: ignore[arg-type]
        elif reel := FILM.match(path):
            await self._film(reel["slug"])(scope, receive, send)
        elif script := FORM.match(path):
            await _script(script["name"], scope)(scope, receive, send)
        elif scope["method"] in ("GET", "HEAD") and path == "/":
            await self._page(FRONT, scope, receive, send)
        elif scope["method"] in ("GET", "HEAD") and (page := SLUG.match(path)) and page["slug"] not in MAIN:
            if path.endswith("/"):
                query = scope["query_string"].decode("latin-1")
                address = f"{self.rooms.base}{path.rstrip('/')}{'?' + query if query else ''}"
                await RedirectResponse(address, 308)(scope, receive, send)
            else:
                await self._page(page["slug"], scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _film(self, slug: str) -> Response:
        """The film of a page's card; its address changes with it, so a browser keeps it."""
        path = film(slug) if slug in self.rooms.catalog.entries else None
        if path is None:
            return PlainTextResponse("no such film", 404)
        return FileResponse(path, media_type="image/webp", headers={"cache-control": "max-age=31536000, immutable"})

    async def _room(self, slug: str, lang: Lang, rest: str, scope: Scope, receive: Receive, send: Send) -> None:
        if slug not in self.rooms:
            await PlainTextResponse("no such page", 404)(scope, receive, send)
            return
        app = await self.rooms.get(slug, lang)
        await app({**scope, "path": rest, "raw_path": rest.encode(), "root_path": ""}, receive, send)

    async def _page(self, slug: str, scope: Scope, receive: Receive, send: Send) -> None:
        """A page's HTML: the framework's, with the house's head."""
        query = parse_qs(scope["query_string"].decode("latin-1"))
        lang = read_state(query).lang
        if slug not in self.rooms:
            await _missing(slug, lang, self.rooms)(scope, receive, send)
            return
        if scope["method"] == "HEAD":  # asked by the framework at its start, which waits three seconds: builds nothing
            await Response(status_code=200, media_type="text/html")(scope, receive, send)
            return
        try:
            app = await self.rooms.get(slug, lang)
            headers = [(k, v) for k, v in scope["headers"] if k != b"accept-encoding"]
            inner = {**scope, "method": "GET", "path": "/", "raw_path": b"/", "root_path": "", "headers": headers}
            status, body = await _answer(app, inner, receive)
        except Exception:
            log.exception("the page %s cannot be built", slug)
            await _told(words.PAGE_BROKEN, lang, self.rooms, 500)(scope, receive, send)
            return
        title, about = words.HOUSE(lang), words.FRONT_LINE(lang)
        if slug != FRONT:
            page = self.rooms.catalog[slug].page
            title, about = f"{page.title(lang)} · {title}", page.summary(lang)
        response = HTMLResponse(with_head(body.decode("utf-8"), lang, title, about, self.rooms.base), status)
        await response(scope, receive, send)


def with_head(page: str, lang: str, title: str, about: str, base: str = "") -> str:
    """The framework's HTML with the house's language, title, description and script instead of its own."""
    page = re.sub(r'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>\s*', "", page)
    page = re.sub(r'<link rel="manifest"[^>]*>\s*', "", page)
    page = page.replace('lang="en"', f'lang="{"en" if lang == "en" else "zh-CN"}"', 1)
    said, described = html.escape(title), html.escape(about)
    head = (
        f'<title>{said}</title><meta name="description" content="{described}">'
        f'<meta property="og:title" content="{said}"><meta property="og:description" content="{described}">'
        f'<link rel="icon" href="{html.escape(base)}/favicon.ico">'
        f"<style>{style()}</style><script>{_inline()}</script>"
    )
    return page.replace("<head>", f"<head>{head}", 1)


def _inline() -> str:
    script = (Path(__file__).parent / "static" / "page.js").read_text(encoding="utf-8")
    return (script + find_script()).replace("</", "<\\/")


def _script(name: str, scope: Scope) -> Response:
    """A script, from the browser's cache if it has it, packed once if it can unpack."""
    if name not in MODULES:
        return PlainTextResponse("no such script", 404)
    given = Headers(scope=scope)
    plain, packed, tag = _packed(name)
    headers = {"cache-control": f"max-age={FRESH}", "etag": tag, "vary": "accept-encoding"}
    if given.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    if "gzip" in given.get("accept-encoding", ""):
        return Response(packed, media_type="text/javascript", headers={**headers, "content-encoding": "gzip"})
    return Response(plain, media_type="text/javascript", headers=headers)


@lru_cache(maxsize=16)
def _packed(name: str) -> tuple[bytes, bytes, str]:
    plain = module(name).encode()
    return plain, gzip.compress(plain, mtime=0), f'"{hashlib.sha256(plain).hexdigest()[:16]}"'


def _missing(slug: str, lang: Lang, rooms: Rooms) -> HTMLResponse:
    said = Text(words.NO_PAGE.zh.format(slug), words.NO_PAGE.en.format(slug))
    return _told(said, lang, rooms, 404)


def _told(said: Text, lang: Lang, rooms: Rooms, status: int) -> HTMLResponse:
    """A message with the way to every page; plain HTML, so that it needs nothing that may be broken."""

    def link(slug: str, title: str) -> str:
        return f'<a href="{html.escape(page_link(slug, lang=lang, base=rooms.base))}">{html.escape(title)}</a>'

    links = "".join(f"<li>{link(e.slug, e.slug)}</li>" for e in rooms.catalog)
    house = words.HOUSE(lang)
    style = (
        f"{render.css('light')} body{{background:var(--g-background);color:var(--g-ink);font-family:var(--g-font);"
        "max-width:44em;margin:3em auto;padding:0 1em} a{color:var(--g-accent)}"
    )
    return HTMLResponse(
        f'<!doctype html><html lang="{"en" if lang == "en" else "zh-CN"}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(house)}</title><style>{style}</style></head><body>"
        f"<h1>{link('', house)}</h1>{render.message_html(said, lang)}<ul>{links}</ul></body></html>",
        status,
    )


async def _answer(app: Callable[..., Any], scope: Scope, receive: Receive) -> tuple[int, bytes]:
    """What ``app`` answers, as a whole."""
    status, parts = 500, []

    async def collect(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app(scope, receive, collect)
    return status, b"".join(parts)
