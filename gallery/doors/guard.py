"""What both servers refuse before their frameworks see it, and what they say with every answer.

ASGI middleware: bodies and addresses have a size, every answer says who may frame it and that types are not guessed. What
is allowed comes from environment variables, checked before the server starts (see SECURITY.md).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.settings import BadSetting, whole
from gallery.engine.catalog import catalog
from gallery.engine.engines.chosen import engine
from gallery.text import Text, t

__all__ = [
    "MOST_BODY",
    "PORT_VARIABLE",
    "Guard",
    "Policy",
    "TooLarge",
    "check_settings",
    "port_wanted",
    "refusal",
    "whole_body",
]

FRAMES_VARIABLE, HOSTS_VARIABLE, CALLS_VARIABLE = "GALLERY_FRAME_ANCESTORS", "GALLERY_HOSTS", "GALLERY_CALLS"
PORT_VARIABLE, DEFAULT_PORT, MOST_PORT = "GRADIO_SERVER_PORT", 7860, 65_535
CALLS_AT_ONCE = 64
MOST_CALLS = 10_000
MOST_BODY = 32 * 2**20  # two pictures of 10 MB as base64 text, and some
MOST_ADDRESS = 16_384  # characters of a path with its query: ten times the longest value that a link of ours holds
SOURCE = re.compile(r"'self'|'none'|\*|(https?://)?(\*\.)?[A-Za-z0-9.-]+(:(\d+|\*))?|https?:")
HOST = re.compile(r"[A-Za-z0-9.-]+|\[[0-9a-f:]+\]")
TOO_LONG = t(
    f"地址太长：至多 {MOST_ADDRESS} 个字符", f"the address is too long: at most {MOST_ADDRESS} characters are read"
)
TOO_LARGE = t(
    f"请求体太大：至多 {MOST_BODY // 2**20} MiB", f"the body is too large: at most {MOST_BODY // 2**20} MiB are read"
)


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may do what.

    frames : the sources of ``frame-ancestors``; by default everybody may embed a page.
    hosts : names by which this server may be called at the MCP door, beside those of the loopback; empty: any name when
        the server listens beyond the loopback.
    calls : how many calls of the API one address may have under way.
    """

    frames: str = "*"
    hosts: tuple[str, ...] = ()
    calls: int = CALLS_AT_ONCE

    @classmethod
    def read(cls) -> Policy:
        """The policy of the environment; BadSetting in one sentence for a value that cannot be used."""
        frames = os.environ.get(FRAMES_VARIABLE, "*").strip()
        if not frames or not all(SOURCE.fullmatch(part) for part in frames.split(" ")):
            raise BadSetting(FRAMES_VARIABLE, frames, "*, 'self', 'none' or addresses, apart by one blank")
        given = os.environ.get(HOSTS_VARIABLE, "").strip()
        hosts = tuple(part.strip().lower() for part in given.split(",")) if given else ()
        if not all(HOST.fullmatch(host) for host in hosts):
            raise BadSetting(HOSTS_VARIABLE, given, "host names without a port, apart by commas")
        return cls(frames, hosts, whole(CALLS_VARIABLE, CALLS_AT_ONCE, "calls", MOST_CALLS))


def port_wanted() -> int:
    """The port that Gradio shall listen at; asked before Gradio is imported, which would end in a traceback."""
    return whole(PORT_VARIABLE, DEFAULT_PORT, most=MOST_PORT)


def check_settings() -> None:
    """BadSetting, in one sentence, for the first environment variable of ours whose value cannot be used."""
    from core import device, weights

    Policy.read()
    port_wanted()
    weights.counters()
    if os.environ.get(device.DEVICE_VARIABLE):  # torch, which takes seconds to import, knows what there is
        device.device()
    catalog()
    engine()


class TooLarge(ValueError):
    """A body beyond :data:`MOST_BODY`."""


class Guard:
    """ASGI middleware around a whole server."""

    def __init__(self, app: ASGIApp, policy: Policy) -> None:
        self.app, self.policy = app, policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                headers["x-content-type-options"] = "nosniff"
                headers["content-security-policy"] = f"frame-ancestors {self.policy.frames}"
                headers.setdefault("referrer-policy", "strict-origin-when-cross-origin")
            await send(message)

        if len(scope["path"]) + len(scope["query_string"]) > MOST_ADDRESS:
            await refusal(TOO_LONG, 414)(scope, receive, guarded)
            return
        length = Headers(scope=scope).get("content-length", "")
        if length.isdigit() and int(length[:18]) > MOST_BODY:
            await refusal(TOO_LARGE, 413)(scope, receive, guarded)
            return
        try:
            await self.app(scope, _counted(receive), guarded)
        except TooLarge:
            if begun:
                raise
            await refusal(TOO_LARGE, 413)(scope, receive, guarded)


def _counted(receive: Receive) -> Receive:
    """``receive`` that gives up when more comes than was said, or when nothing was said and too much comes."""
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MOST_BODY:
            raise TooLarge
        return message

    return counted


async def whole_body(receive: Receive) -> bytes | None:
    """The body of a request; None when the caller left before it was there."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def refusal(said: Text, status: int, headers: Sequence[tuple[str, str]] = ()) -> Response:
    """An answer that says why, in both languages, for programs and for people."""
    body = json.dumps({"error": said.en, "detail": said.en, "error_zh": said.zh}, ensure_ascii=False)
    return Response(body, status, dict(headers), "application/json")
