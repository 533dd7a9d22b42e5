"""Calls of the API and of the MCP server, before the framework sees them.

Gradio takes any ``{"path", "meta"}`` in a call for a file: it would read it from its own folder or fetch it from the address
it names. Here such a value is nothing special, and the tab's own parser refuses it in words; what was uploaded a moment ago
is put in as base64 text, the way everything else comes. A call that names no endpoint, or has more or fewer values than the
endpoint takes, is refused in words too; what is longer than its input can ever be is cut, so that it is refused without
being kept; and nobody has more calls under way than the policy allows.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import cachetools
import gradio as gr
from starlette.datastructures import Headers, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gallery.doors.guard import Policy, refusal, whole_body
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
UNKNOWN = -32602  # JSON-RPC: invalid parameters
RETRY_SECONDS = "2"
CUT = "…"  # no number, choice or base64 text ends so: what is cut stays wrong

NO_JSON = t("请求体应为 JSON 对象", "the body must be a JSON object")
NO_DATA = t('请求体里应有 "data"：各输入的值，按顺序', 'the body must have "data": the values of the inputs, in order')
NO_ENDPOINT = t(
    "没有这个接口；GET /gradio_api/info 列出全部", "there is no such endpoint; GET /gradio_api/info lists all"
)
NO_PROMPT = "there are no prompts; tools/list gives the tools"
NOT_HERE = t("这个名字不能用来访问 MCP", "the MCP server does not answer to this Host or Origin")
NO_FORM = t("上传应为 multipart/form-data", "an upload must be multipart/form-data")


class Uploads:
    """Files that callers have sent, in memory, for ten minutes and all together at most 64 MiB; the oldest go first."""

    def __init__(self) -> None:
        self.kept: cachetools.TTLCache[str, bytes] = cachetools.TTLCache(UPLOADED_BYTES, UPLOAD_SECONDS, getsizeof=len)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (await self._answer(Request(scope, receive)))(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            return refusal(NO_FORM, 400)
        paths = []
        async with request.form(max_files=MOST_FILES, max_part_size=MOST_UPLOAD) as form:
            for _, file in form.multi_items():
                if not isinstance(file, UploadFile):
                    continue
                if (file.size or 0) > MOST_UPLOAD:
                    most = MOST_UPLOAD // 2**20
                    return refusal(t(f"文件太大：至多 {most} MiB", f"the file is too large: at most {most} MiB"), 413)
                path = f"{FILE_PATH}{secrets.token_urlsafe(16)}"
                self.kept[path] = await file.read()
                paths.append(path)
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
    """Leads calls to the app in a form that the framework cannot misread; answers for it where they cannot be taken."""

    def __init__(
        self, app: ASGIApp, blocks: gr.Blocks, endpoints: Mapping[str, Mapping[str, Field]], policy: Policy, local: bool
    ) -> None:
        self.app, self.blocks, self.endpoints, self.policy, self.local = app, blocks, endpoints, policy, local
        self.uploads = Uploads()
        self.under_way: Counter[str] = Counter()

    async def call(self, room: str | None, name: str | None, scope: Scope, receive: Receive, send: Send) -> None:
        """A call of the API, or an event of a page (``room``), whose values are cleaned alone."""
        body = await whole_body(receive)
        if body is None:
            return
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError):
            asked = None
        if not isinstance(asked, dict):
            await refusal(NO_JSON, 400)(scope, receive, send)
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
        with self._counted(scope):
            await self.app(*_with_body(scope, receive, json.dumps(asked).encode()), send)

    async def mcp(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A request to the MCP server."""
        if not self._may_ask(Headers(scope=scope)):
            await refusal(NOT_HERE, 403)(scope, receive, send)
            return
        if self.under_way[_caller(scope)] >= self.policy.calls:
            await self._too_many()(scope, receive, send)
            return
        if scope["method"] == "POST":
            body = await whole_body(receive)
            if body is None:
                return
            try:
                asked = json.loads(body)
            except (ValueError, RecursionError):
                asked = None
            if isinstance(asked, dict) and asked.get("method") == "prompts/get":
                error = {"code": UNKNOWN, "message": NO_PROMPT}
                await JSONResponse({"jsonrpc": "2.0", "id": asked.get("id"), "error": error})(scope, receive, send)
                return
            if isinstance(asked, dict) and asked.get("method") == "tools/call":
                body = json.dumps(self._tool(asked)).encode()
            scope, receive = _with_body(scope, receive, body)
        with self._counted(scope):
            await self.app(scope, receive, send)

    def _tool(self, asked: dict[str, Any]) -> dict[str, Any]:
        wanted = asked.get("params")
        if not isinstance(wanted, dict) or not isinstance(wanted.get("arguments"), dict):
            return asked
        name = str(wanted.get("name"))
        declared = next((fields for end, fields in self.endpoints.items() if name.endswith(end)), {})
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
        if self.policy.calls <= self._waiting(_caller(scope)) and not _of_mcp(scope):
            return self._too_many()
        return None

    def _too_many(self) -> Response:
        most = self.policy.calls
        said = t(
            f"同一地址至多同时 {most} 个调用，请等其中一个结束再试",
            f"at most {most} calls at once from one address: wait until one has ended",
        )
        return refusal(said, 429, (("retry-after", RETRY_SECONDS),))

    def _waiting(self, caller: str) -> int:
        """How many calls of ``caller`` are under way or stand in the framework's queue."""
        queue = self.blocks._queue
        standing = [event for line in queue.event_queue_per_concurrency_id.values() for event in line.queue]
        working = [event for job in queue.active_jobs if job for event in job]
        return self.under_way[caller] + sum(_host(event.request) == caller for event in (*standing, *working))

    def _counted(self, scope: Scope) -> _Place:
        return _Place(self.under_way, _caller(scope))

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


def _host(request: Any) -> str:
    client = getattr(request, "client", None)
    return str(client.host) if client else ""


def _of_mcp(scope: Scope) -> bool:
    """The MCP server's own calls, which were counted when they came in."""
    return Headers(scope=scope).get("x-gradio-user") == "mcp" and _caller(scope) in LOOPBACK


def _name(host: str) -> str:
    """A host without its port."""
    bare = host.partition("/")[0].lower()
    return bare[1:].partition("]")[0] if bare.startswith("[") else bare.partition(":")[0]


def _with_body(scope: Scope, receive: Receive, body: bytes) -> tuple[Scope, Receive]:
    """The request with another body."""
    headers = [(key, value) for key, value in scope["headers"] if key not in (b"content-length", b"transfer-encoding")]
    headers.append((b"content-length", str(len(body)).encode()))
    parts: Iterator[dict[str, Any]] = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def given() -> Any:
        for part in parts:
            return part
        return await receive()

    return {**scope, "headers": headers}, given
