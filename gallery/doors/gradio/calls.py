"""Calls of the API and of the MCP server, before the framework sees them.

Gradio takes any ``{"path", "meta"}`` in a call for a file: it would read it from its own folder or fetch it from the address
it names. Here such a value is nothing special, and the tab's own parser refuses it in words; what was uploaded a moment ago
is put in as base64 text, the way everything else comes. A call that names no endpoint, or has more or fewer values than the
endpoint takes, is refused in words too; what is longer than its input can ever be is cut, so that it is refused without
being kept; and nobody has more calls under way than the policy allows, whatever part of the server they are for: a request
counts from before its body is read.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import cachetools
import gradio as gr
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gallery.doors.guard import MOST_BODY, Policy, refusal, whole_body
from gallery.fields import Field
from gallery.text import t

__all__ = ["CALL", "LOOPBACK", "MCP", "UPLOAD", "Calls", "Uploads", "cleaned"]

CALL = re.compile(
    r"^(?P<room>/_/(?:zh|en)/[^/]+)?/gradio_api/(?:queue/join|(?:run|api|call/v2|call)/(?P<name>[^/]+))/?$"
)
MCP = re.compile(r"^/gradio_api/mcp(?:/.*)?$")
UPLOAD = re.compile(r"^/gradio_api/upload/?$")
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
FILE_PATH = "uploaded/"
UPLOADED_BYTES, UPLOAD_SECONDS = 64 * 2**20, 600
MOST_UPLOAD, MOST_FILES = 10 * 2**20, 4
MOST_ENTRIES = 64  # of an object; no input of ours has as many
MOST_DEPTH = 32  # lists and objects inside each other; no input of ours has as many
UNKNOWN = -32602  # JSON-RPC: invalid parameters
RETRY_SECONDS = "2"
CUT = "…"  # no number, choice or base64 text ends so: what is cut stays wrong

NO_JSON = t(
    f"请求体应为 JSON 对象，至多嵌套 {MOST_DEPTH} 层",
    f"the body must be a JSON object, nested at most {MOST_DEPTH} deep",
)
NO_DATA = t('请求体里应有 "data"：各输入的值，按顺序', 'the body must have "data": the values of the inputs, in order')
NO_ENDPOINT = t(
    "没有这个接口；GET /gradio_api/info 列出全部", "there is no such endpoint; GET /gradio_api/info lists all"
)
NO_PROMPT = "there are no prompts; tools/list gives the tools"
NOT_HERE = t("这个名字不能用来访问 MCP", "the MCP server does not answer to this Host or Origin")
NO_FORM = t(
    f"上传应为 multipart/form-data：写明 boundary，各部分有 name，至多 {MOST_FILES} 个文件",
    f"an upload must be multipart/form-data with its boundary, a name for each part and at most {MOST_FILES} files",
)
FILE_TOO_LARGE = t(
    f"文件太大：至多 {MOST_UPLOAD // 2**20} MiB", f"the file is too large: at most {MOST_UPLOAD // 2**20} MiB"
)


class FileTooLarge(ValueError):
    """A part of an upload beyond :data:`MOST_UPLOAD`."""


class _InMemory(MultiPartParser):
    """The framework's parser, which never turns to a file on disk and gives up as soon as a part is too large."""

    spool_max_size = MOST_BODY

    def on_part_begin(self) -> None:
        super().on_part_begin()
        self._part_bytes = 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._part_bytes += end - start
        if self._part_bytes > MOST_UPLOAD:
            raise FileTooLarge
        super().on_part_data(data, start, end)


class Uploads:
    """Files that callers have sent, in memory, for ten minutes and all together at most 64 MiB; the oldest go first."""

    def __init__(self) -> None:
        self.kept: cachetools.TTLCache[str, bytes] = cachetools.TTLCache(UPLOADED_BYTES, UPLOAD_SECONDS, getsizeof=len)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(Request(scope, receive))
        except ClientDisconnect:  # nobody is there to hear an answer
            return
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            return refusal(NO_FORM, 400)
        try:
            form = await _InMemory(request.headers, request.stream(), max_files=MOST_FILES).parse()
        except FileTooLarge:
            return refusal(FILE_TOO_LARGE, 413)
        except (MultiPartException, UnicodeError):  # UnicodeError: a charset that decodes nothing
            return refusal(NO_FORM, 400)
        paths = []
        for _, file in form.multi_items():
            if isinstance(file, UploadFile):
                path = f"{FILE_PATH}{secrets.token_urlsafe(16)}"
                self.kept[path] = await file.read()
                paths.append(path)
        await form.close()
        return JSONResponse(paths)

    def take(self, path: Any) -> bytes | None:
        """What was sent under ``path``, if it is still here."""
        return self.kept.get(path) if isinstance(path, str) else None


def cleaned(value: Any, uploads: Uploads, field: Field | None = None) -> Any:
    """A value of a call without what the framework would take for a file, and no longer than ``field`` can ever take."""
    most, items = (field.most_text, field.most_items) if field is not None else (None, None)
    if isinstance(value, str):
        return value if most is None or len(value) <= most else value[:most] + CUT
    if isinstance(value, list):
        return [cleaned(v, uploads, field) for v in (value if items is None else value[: items + 1])]
    if not isinstance(value, dict):
        return value
    if len(value) > MOST_ENTRIES and field is not None:
        return CUT
    if isinstance(value.get("meta"), Mapping) and "_type" in value["meta"]:
        data = uploads.take(value.get("path"))
        if data is not None:
            return {"name": str(value.get("orig_name") or ""), "data": base64.b64encode(data).decode("ascii")}
        value = {key: v for key, v in value.items() if key != "meta"}
    return {key: cleaned(v, uploads, field) for key, v in value.items()}


class Calls:
    """Leads calls to the app in a form that the framework cannot misread; answers for it where they cannot be taken.

    ``rooms`` gives the pages' Blocks that there are so far: their queues count like that of ``blocks``.
    """

    def __init__(
        self, app: ASGIApp, blocks: gr.Blocks, endpoints: Mapping[str, Mapping[str, Field]], policy: Policy, local: bool,
        rooms: Callable[[], Iterable[gr.Blocks]],
    ) -> None:  # fmt: skip
        self.app, self.blocks, self.endpoints, self.policy, self.local = app, blocks, endpoints, policy, local
        self.rooms = rooms
        self.uploads = Uploads()
        self.under_way: Counter[str] = Counter()

    async def call(self, room: str | None, name: str | None, scope: Scope, receive: Receive, send: Send) -> None:
        """A call of the API, or an event of a page (``room``), whose values are cleaned alone."""
        await self._counted(partial(self._call, room, name), scope, receive, send)

    async def upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Files, sent before the call that names them."""
        await self._counted(self.uploads, scope, receive, send)

    async def mcp(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A request to the MCP server."""
        if not self._may_ask(Headers(scope=scope)):
            await refusal(NOT_HERE, 403)(scope, receive, send)
            return
        await self._counted(self._mcp, scope, receive, send)

    async def _call(self, room: str | None, name: str | None, scope: Scope, receive: Receive, send: Send) -> None:
        asked = await _asked(scope, receive, send)
        if asked is None:
            return
        if room is None:
            named = "/call/v2/" in scope["path"]
            answer = self._refused(asked, name, named, scope)
            if answer is not None:
                await answer(scope, receive, send)
                return
            declared = self.endpoints[self._endpoint(asked, name) or ""]
            if named:
                asked = {key: cleaned(value, self.uploads, declared.get(key)) for key, value in asked.items()}
            else:
                of = [*declared.values(), None]
                asked["data"] = [cleaned(v, self.uploads, f) for v, f in zip(asked["data"], of, strict=True)]
        elif isinstance(asked.get("data"), list):
            asked["data"] = cleaned(asked["data"], self.uploads)
        await self.app(*_with_body(scope, receive, asked), send)

    async def _mcp(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            asked = await _asked(scope, receive, send)
            if asked is None:
                return
            if asked.get("method") == "prompts/get":
                error = {"code": UNKNOWN, "message": NO_PROMPT}
                await JSONResponse({"jsonrpc": "2.0", "id": asked.get("id"), "error": error})(scope, receive, send)
                return
            if asked.get("method") == "tools/call":
                asked = self._tool(asked)
            scope, receive = _with_body(scope, receive, asked)
        await self.app(scope, receive, send)

    def _tool(self, asked: dict[str, Any]) -> dict[str, Any]:
        wanted = asked.get("params")
        if not isinstance(wanted, dict) or not isinstance(wanted.get("arguments"), dict):
            return asked
        name = str(wanted.get("name"))
        end = max(filter(name.endswith, self.endpoints), key=len, default="")  # one name may end like another
        declared = self.endpoints.get(end, {})
        given = {key: cleaned(value, self.uploads, declared.get(key)) for key, value in wanted["arguments"].items()}
        return {**asked, "params": {**wanted, "arguments": given}}

    def _endpoint(self, asked: Mapping[str, Any], name: str | None) -> str | None:
        """The name of the endpoint that a call is for; None where there is none."""
        number = asked.get("fn_index")
        if name is None or number is not None:
            known = self.blocks.fns.get(number) if isinstance(number, int) else None
            name = known.api_name if known is not None and isinstance(known.api_name, str) else None
        return name if name in self.endpoints else None

    def _refused(self, asked: dict[str, Any], name: str | None, named: bool, scope: Scope) -> Response | None:
        """Why a call cannot be taken, or None."""
        endpoint = self._endpoint({} if named else asked, name)
        if endpoint is None:
            return refusal(NO_ENDPOINT, 404)
        names = [*self.endpoints[endpoint], "lang"]
        said = ", ".join(names)
        if named:
            if unknown := sorted(set(asked) - set(names)):
                more = ", ".join(unknown)[:MOST_ENTRIES]
                return refusal(
                    t(f"{endpoint} 没有输入 {more}；有 {said}", f"{endpoint} has no input {more}; it has {said}"), 400
                )
        elif not isinstance(asked.get("data"), list):
            return refusal(NO_DATA, 400)
        elif len(asked["data"]) != len(names):
            count = len(asked["data"])
            return refusal(
                t(
                    f"{endpoint} 要 {len(names)} 个值，给了 {count} 个；依次是 {said}",
                    f"{endpoint} takes {len(names)} values, not {count}: {said}",
                ),
                400,
            )
        return None

    async def _counted(self, answer: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """``answer``, counted for its caller until it has ended; refused, unread, where the caller has too many."""
        caller = _caller(scope)
        if _of_mcp(scope.get("headers", ()), caller):
            await answer(scope, receive, send)
        elif self.policy.calls <= self._waiting(caller):
            await self._too_many()(scope, receive, send)
        else:
            with _Place(self.under_way, caller):
                await answer(scope, receive, send)

    def _too_many(self) -> Response:
        most = self.policy.calls
        said = t(
            f"同一地址至多同时 {most} 个调用，请等其中一个结束再试",
            f"at most {most} calls at once from one address: wait until one has ended",
        )
        return refusal(said, 429, (("retry-after", RETRY_SECONDS),))

    def _waiting(self, caller: str) -> int:
        """How many requests of ``caller`` are under way, or stand in a queue of the framework's."""
        return self.under_way[caller] + sum(
            _host(request) == caller and not _of_mcp(request.headers.raw, caller)
            for blocks in (self.blocks, *self.rooms())
            for request in _queued(blocks)
        )

    def _may_ask(self, headers: Headers) -> bool:
        """Whether Host is a name of ours and Origin, where a browser sends one, is too: a page elsewhere must not ask."""
        host = _name(headers.get("host", ""))
        known = host in LOOPBACK or host in self.policy.hosts or not (self.local or self.policy.hosts)
        origin = headers.get("origin")
        if origin is None:
            return known
        asking = _name(origin.partition("://")[2])
        return known and (asking == host or asking in self.policy.hosts)


class _Place:
    """Counts a caller's request while it is answered."""

    def __init__(self, counts: Counter[str], caller: str) -> None:
        self.counts, self.caller = counts, caller

    def __enter__(self) -> None:
        self.counts[self.caller] += 1

    def __exit__(self, *_: object) -> None:
        self.counts[self.caller] -= 1
        if not self.counts[self.caller]:
            del self.counts[self.caller]


def _caller(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _queued(blocks: gr.Blocks) -> Iterator[Any]:
    """The requests whose events wait or are worked on in the queue of ``blocks``."""
    queue = blocks._queue
    for line in queue.event_queue_per_concurrency_id.values():
        yield from (event.request for event in line.queue)
    for job in queue.active_jobs:
        yield from (event.request for event in job or ())


def _host(request: Any) -> str:
    client = getattr(request, "client", None)
    return str(client.host) if client else ""


def _of_mcp(headers: Iterable[tuple[bytes, bytes]], caller: str) -> bool:
    """The MCP server's own calls, which were counted when they came in."""
    return caller in LOOPBACK and Headers(raw=list(headers)).get("x-gradio-user") == "mcp"


def _name(host: str) -> str:
    """A host without its port."""
    bare = host.partition("/")[0].lower()
    return bare[1:].partition("]")[0] if bare.startswith("[") else bare.partition(":")[0]


async def _asked(scope: Scope, receive: Receive, send: Send) -> dict[str, Any] | None:
    """The object in the body of a request; None where there is none, which has been answered for then."""
    body = await whole_body(receive)
    if body is None:
        return None
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        asked = None
    if isinstance(asked, dict) and _is_flat(asked):
        return asked
    await refusal(NO_JSON, 400)(scope, receive, send)
    return None


def _is_flat(value: Any) -> bool:
    """Whether at most MOST_DEPTH lists and objects stand inside each other: what goes on is walked by recursion."""
    level = [value]
    for _ in range(MOST_DEPTH):
        inner = [v.values() if isinstance(v, dict) else v for v in level]
        level = [v for values in inner for v in values if isinstance(v, dict | list)]
        if not level:
            return True
    return False


def _with_body(scope: Scope, receive: Receive, asked: dict[str, Any]) -> tuple[Scope, Receive]:
    """The request with another body."""
    body = json.dumps(asked).encode()
    headers = [(key, value) for key, value in scope["headers"] if key not in (b"content-length", b"transfer-encoding")]
    headers.append((b"content-length", str(len(body)).encode()))
    parts: Iterator[dict[str, Any]] = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def given() -> Any:
        for part in parts:
            return part
        return await receive()

    return {**scope, "headers": headers}, given
