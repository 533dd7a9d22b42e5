"""What the Gradio server refuses before the framework sees it: sizes, files, floods, strangers at the MCP door."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from gallery.doors.gradio.app import launch
from gallery.doors.gradio.calls import CUT, Calls, Uploads, cleaned
from gallery.doors.gradio.routes import FORGET, MOST_WAITING, SESSIONS
from gallery.doors.guard import MOST_BODY, Policy
from gallery.fields import Refused
from gallery.inputs import Upload, fields
from gallery.outputs import png_bytes
from tests.conftest import KITCHEN, kitchen_tabs

CALLS = 6
FRAMES = "'self' https://kexue.fm"
FILE = {"_type": "gradio.FileData"}
NESTED = json.loads("[" * 900 + "]" * 900)


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = int(taken.getsockname()[1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GALLERY_CALLS", str(CALLS))
        patch.setenv("GALLERY_FRAME_ANCESTORS", FRAMES)
        patch.setenv("GALLERY_HOSTS", "models.example")
        blocks, _ = launch(KITCHEN, port)
    yield blocks
    blocks.close(verbose=False)


@pytest.fixture(scope="module")
def address(server: Any) -> str:
    return str(server.local_url).rstrip("/")


@pytest.fixture(scope="module")
def client(address: str) -> Client:
    return Client(address, verbose=False, analytics_enabled=False)


def post(address: str, path: str, body: Any, **headers: str) -> httpx.Response:
    return httpx.post(f"{address}/gradio_api/{path}", json=body, headers=headers, timeout=60)


def numbers(**changed: Any) -> list[Any]:
    """The values of the kitchen's numbers in order, and the language."""
    values = {"n": 20, "scale": 1.0, "shape": "sine", "grid": True, "name": "x", "amount": 0.5, "seed": 1, "lang": "en"}
    return list((values | changed).values())


# Sizes


def test_a_body_beyond_the_limit_is_refused_in_words(address: str) -> None:
    answer = httpx.post(f"{address}/gradio_api/queue/join", content=b"x" * (MOST_BODY + 1), timeout=60)
    assert answer.status_code == 413
    assert "at most 32 MiB" in answer.json()["error"] and "至多 32 MiB" in answer.json()["error_zh"]

    def unannounced() -> Iterator[bytes]:
        for _ in range(MOST_BODY // 2**20 + 1):
            yield b"x" * 2**20

    assert httpx.post(f"{address}/gradio_api/call/x", content=unannounced(), timeout=60).status_code == 413


def test_an_address_beyond_the_limit_is_refused_in_words(address: str) -> None:
    answer = httpx.get(f"{address}/every-kind?name={'x' * 20_000}", timeout=60)
    assert answer.status_code == 414 and "too long" in answer.json()["error"]
    assert httpx.get(f"{address}/every-kind?name={'x' * 10_000}", timeout=60).status_code == 200


@pytest.mark.parametrize(("entry", "tab"), kitchen_tabs())
def test_what_is_longer_than_its_input_is_cut_and_stays_wrong(entry: Any, tab: Any) -> None:
    """And what an input takes is left as it is."""
    uploads, start = Uploads(), tab()
    for name, field in fields(tab).items():
        fine = field.argument(getattr(start, name))
        assert cleaned(fine, uploads, field) == fine
        long = cleaned("7" * (field.most_text + 1), uploads, field)
        assert len(long) <= field.most_text + 1 and long.endswith(CUT)
        with pytest.raises(Refused):
            field.parse(long)
        many = cleaned([0] * 10**5, uploads, field)
        assert len(many) == field.most_items + 1
        with pytest.raises(Refused):
            field.parse(many)


def test_a_long_text_is_refused_in_the_words_of_the_page(client: Client) -> None:
    with pytest.raises(AppError, match=r"name = y+…: must be one line of text of at most 40 characters"):
        client.predict(name="y" * 10**6, lang="en", api_name="/every_kind_numbers")


# Files


def test_a_file_of_gradio_client_is_read(client: Client, tmp_path: Path) -> None:
    square = np.full((40, 40, 3), 7, np.uint8)
    (tmp_path / "own.png").write_bytes(png_bytes(square))
    (tmp_path / "own.csv").write_bytes(b"a,1\n")
    result = client.predict(
        photo=handle_file(str(tmp_path / "own.png")), place=[0.0, 0.0], api_name="/every_kind_pictures"
    )
    assert base64.b64decode(result["moved"]["png"]) == png_bytes(square)
    facts = client.predict(data=handle_file(str(tmp_path / "own.csv")), lang="en", api_name="/every_kind_rows")["facts"]
    without = client.predict(lang="en", api_name="/every_kind_rows")["facts"]
    assert facts != without, "the file's four bytes are counted"


@pytest.mark.parametrize("path", ["/etc/hostname", "uploaded/guess", "app.py"])
def test_a_path_of_the_server_is_a_value_like_any_other(address: str, path: str) -> None:
    said = _event(address, "every_kind_pictures", {"data": [{"path": path, "meta": FILE}, "", [0, 0], "en"]})
    assert "photo = " in said and "base64 text" in said


def test_no_address_that_a_caller_gives_is_asked(address: str) -> None:
    """A listener on this machine is named in every way that the framework would follow; nobody comes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.5)
        url = f"http://localhost:{listening.getsockname()[1]}/a.png"
        for value in (url, {"path": url, "meta": FILE}, {"path": "x", "url": url, "meta": FILE}, {"url": url}):
            for body in ({"data": [value, "", [0, 0], "en"]}, {"data": [[value], "", [0, 0], "en"]}):
                said = _event(address, "every_kind_pictures", body)
                assert "photo = " in said and "base64 text" in said
        call = {"name": "every_kind_pictures", "arguments": {"photo": {"path": url, "meta": FILE}}}
        _mcp(address, "tools/call", call)
        with pytest.raises(TimeoutError):
            listening.accept()


def _event(address: str, name: str, body: Any) -> str:
    """What a call by POST and GET answers."""
    event = post(address, f"call/{name}", body).json()["event_id"]
    return httpx.get(f"{address}/gradio_api/call/{name}/{event}", timeout=60).text.encode().decode("unicode_escape")


def test_uploads_are_bounded_and_forgotten() -> None:
    uploads = Uploads()
    for number in range(12):
        uploads.kept[f"uploaded/{number}"] = bytes(8 * 2**20)
    assert uploads.take("uploaded/0") is None and uploads.take("uploaded/11")
    assert sum(map(len, uploads.kept.values())) <= 64 * 2**20
    uploads.kept.expire(uploads.kept.timer() + 601)
    assert uploads.take("uploaded/11") is None


def test_an_upload_has_a_size_and_leaves_no_file(address: str, tmp_path: Path) -> None:
    url = f"{address}/gradio_api/upload"
    kept = httpx.post(url, files={"files": ("a.bin", b"x" * 1000)}, timeout=60)
    assert kept.status_code == 200 and not Path(kept.json()[0]).exists()
    large = httpx.post(url, files={"files": ("a.bin", bytes(11 * 2**20))}, timeout=60)
    assert large.status_code == 413 and "at most 10 MiB" in large.json()["error"]
    assert httpx.post(url, content=b"x", timeout=60).status_code == 400
    assert (
        httpx.post(f"{address}/_/zh/every-kind/gradio_api/upload", files={"files": b"x"}, timeout=60).status_code == 404
    )


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"garbage"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; filename="a"\r\n\r\nx\r\n--b--\r\n',
        ),
        (
            "multipart/form-data; boundary=b; charset=undefined",
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx',
        ),
    ],
)
def test_an_upload_that_is_no_form_is_refused_in_words(address: str, kind: str, content: bytes) -> None:
    answer = httpx.post(f"{address}/gradio_api/upload", content=content, headers={"content-type": kind}, timeout=60)
    assert answer.status_code == 400 and "multipart/form-data" in answer.json()["error_zh"]


def test_an_upload_has_so_many_files(address: str) -> None:
    url = f"{address}/gradio_api/upload"
    for count, status in ((4, 200), (5, 400)):
        assert httpx.post(url, files=[("files", b"x")] * count, timeout=60).status_code == status


def test_an_upload_is_kept_whole_or_not_and_never_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second of two files is too large: the first is not kept; and ten MiB go through without a file."""
    monkeypatch.setattr("tempfile.SpooledTemporaryFile.rollover", lambda self: pytest.fail("a file was written"))
    uploads = Uploads()
    fine, large = ("files", ("a", bytes(10 * 2**20))), ("files", ("b", bytes(10 * 2**20 + 1)))

    async def sent(files: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(uploads)) as client:
            return await client.post("http://gallery/", files=files)

    assert asyncio.run(sent([fine, large])).status_code == 413 and not uploads.kept
    assert asyncio.run(sent([fine, fine])).status_code == 200 and len(uploads.kept) == 2


# Words


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("call/nothing", {"data": []}, 404, "no such endpoint"),
        ("call/v2/nothing", {}, 404, "no such endpoint"),
        ("queue/join", {"data": [], "fn_index": 999, "session_hash": "a"}, 404, "no such endpoint"),
        ("queue/join", {"data": [], "fn_index": "x", "session_hash": "a"}, 404, "no such endpoint"),
        ("queue/join", {"data": [], "session_hash": "a"}, 404, "no such endpoint"),
        ("call/every_kind_numbers", {"data": [1]}, 400, "takes 8 values, not 1: n, scale"),
        ("call/every_kind_numbers", {"data": [*numbers(), 1]}, 400, "takes 8 values, not 9"),
        ("run/every_kind_numbers", {"data": []}, 400, "takes 8 values, not 0"),
        ("call/every_kind_numbers", {"data": "x"}, 400, 'must have "data"'),
        ("call/every_kind_numbers", {}, 400, 'must have "data"'),
        ("call/every_kind_numbers", [1], 400, "must be a JSON object"),
        ("call/every_kind_numbers", {"data": NESTED}, 400, "nested at most 32 deep"),
        ("run/every_kind_numbers", {"data": NESTED}, 400, "nested at most 32 deep"),
        ("mcp/", {"data": NESTED}, 400, "nested at most 32 deep"),
        ("call/v2/every_kind_numbers", {"nn": 3}, 400, "every_kind_numbers has no input nn; it has n, scale"),
        ("dev/reload", {}, 404, "no such address"),
    ],
)
def test_a_call_that_cannot_be_taken_is_told_why(address: str, path: str, body: Any, status: int, said: str) -> None:
    answer = post(address, path, body)
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert answer.json()["error_zh"] != answer.json()["error"]


def test_what_the_framework_offers_and_nobody_needs_is_closed(address: str) -> None:
    for room in ("", "/_/zh/every-kind"):
        for path in (
            "dev/reload",
            "file=app.py",
            "proxy=http://localhost/",
            "custom_component/a/b/c/d",
            "upload_progress",
        ):
            answer = httpx.get(f"{address}{room}/gradio_api/{path}", timeout=60)
            assert answer.status_code == 404 and answer.json()["error"] == "there is no such address"


def test_right_calls_go_through_by_every_way(address: str) -> None:
    assert "complete" in _event(address, "every_kind_numbers", {"data": numbers()})
    assert post(address, "run/every_kind_numbers", {"data": numbers()}).status_code == 200
    event = post(address, "call/v2/every_kind_numbers", {"n": 30}).json()["event_id"]
    text = httpx.get(f"{address}/gradio_api/call/v2/every_kind_numbers/{event}", timeout=60).text
    assert "complete" in text


# Floods


def test_one_caller_has_so_many_calls_under_way_and_the_next_is_told(address: str) -> None:
    slow = {"steps": 9, "pause": 0.3, "lang": "en"}
    body = {
        "data": [*(slow.get(name, f.argument(getattr(_long()(), name))) for name, f in fields(_long()).items()), "en"]
    }
    answers = [post(address, "call/every_kind_long", body) for _ in range(CALLS + 1)]
    assert [a.status_code for a in answers] == [200] * CALLS + [429]
    assert "at most 6 calls at once" in answers[-1].json()["error"] and answers[-1].headers["retry-after"]
    room = httpx.post(f"{address}/_/en/every-kind/gradio_api/queue/join", json={"data": [], "fn_index": 0}, timeout=60)
    assert room.status_code == 429, "a page's own events count with the calls"
    assert _mcp(address, "tools/list").status_code == 429
    for answer in answers[:CALLS]:
        event = answer.json()["event_id"]
        assert "complete" in httpx.get(f"{address}/gradio_api/call/every_kind_long/{event}", timeout=120).text
    assert post(address, "call/every_kind_numbers", {"data": numbers()}).status_code == 200, "and then may call again"


def _long() -> Any:
    return KITCHEN["every-kind"].page.tab("long")


def test_the_queue_has_an_end_and_says_so(address: str, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert server._queue.max_size == MOST_WAITING
    monkeypatch.setattr(server._queue, "max_size", 0)
    answer = post(address, "call/every_kind_numbers", {"data": numbers()})
    assert answer.status_code == 503 and "Queue is full" in answer.json()["detail"]


def test_the_framework_keeps_few_sessions_and_no_files(server: Any) -> None:
    assert server.state_holder.capacity == SESSIONS < 100
    assert server.delete_cache == FORGET


def test_direct_calls_count_too(address: str) -> None:
    slow = [*(f.argument(getattr(_long()(), name)) for name, f in fields(_long()).items()), "en"]
    slow[list(fields(_long())).index("pause")] = 0.3
    results: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: results.append(post(address, "run/every_kind_long", {"data": slow}).status_code)
        )
        for _ in range(CALLS + 3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(200) == CALLS and results.count(429) == 3


def _blocks(*hosts: str) -> Any:
    """What is asked of Blocks: a queue in which one event of each host waits."""
    headers = SimpleNamespace(raw=[])
    waiting = [
        SimpleNamespace(request=SimpleNamespace(client=SimpleNamespace(host=host), headers=headers)) for host in hosts
    ]
    queue = SimpleNamespace(event_queue_per_concurrency_id={"all": SimpleNamespace(queue=waiting)}, active_jobs=[None])
    return SimpleNamespace(_queue=queue, fns={})


def _scope(host: str) -> dict[str, Any]:
    return {"type": "http", "method": "POST", "path": "/gradio_api/queue/join", "headers": [], "client": (host, 1)}


def _statuses(calls: Calls, hosts: list[str]) -> list[int]:
    """What callers are answered at once whose bodies do not come before everybody has been answered or is read."""
    statuses: list[int] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def ask() -> None:
        async def receive() -> Any:
            await asyncio.Event().wait()

        tasks = [asyncio.create_task(calls.call(None, None, _scope(host), receive, send)) for host in hosts]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(ask())
    return statuses


def _calls(blocks: Any, *rooms: Any) -> Calls:
    async def app(*_: Any) -> None:
        raise AssertionError("nothing goes on to the app")

    return Calls(app, blocks, {}, Policy(calls=2), local=True, rooms=lambda: rooms)


def test_a_call_counts_before_its_body_is_there() -> None:
    calls = _calls(_blocks())
    assert _statuses(calls, ["a", "a", "b", "a"]) == [429]
    assert not calls.under_way, "who left is counted no more"


def test_what_waits_in_the_queue_of_a_page_counts() -> None:
    assert _statuses(_calls(_blocks("a"), _blocks("a"), _blocks("b")), ["a", "b"]) == [429]


def test_a_tool_has_the_inputs_of_the_longest_name_that_fits() -> None:
    field = fields(KITCHEN["every-kind"].page.tab("numbers"))["name"]
    calls = _calls(_blocks())
    calls.endpoints = {"walk": {}, "random_walk": {"name": field}}
    asked = {"params": {"name": "gallery_random_walk", "arguments": {"name": "y" * 10**4}}}
    assert len(calls._tool(asked)["params"]["arguments"]["name"]) == field.most_text + 1


# Strangers


def test_every_answer_says_who_may_frame_it_and_what_it_is(address: str) -> None:
    for path in ("/", "/every-kind", "/no-such-page", "/_/form/form.js", "/config", "/gradio_api/info"):
        headers = httpx.get(f"{address}{path}", timeout=60).headers
        assert headers["content-security-policy"] == f"frame-ancestors {FRAMES}"
        assert headers["x-content-type-options"] == "nosniff"


def _mcp(address: str, method: str, params: Any = None, **headers: str) -> httpx.Response:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
    sent = {"accept": "application/json, text/event-stream", **{k.replace("_", "-"): v for k, v in headers.items()}}
    return httpx.post(f"{address}/gradio_api/mcp/", json=body, headers=sent, timeout=60)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "localhost:7860"}, 200),
        ({"host": "models.example"}, 200),
        ({"host": "models.example", "origin": "https://models.example"}, 200),
        ({"host": "evil.example"}, 403),
        ({"host": "evil.example", "origin": "http://evil.example"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
def test_the_mcp_server_answers_to_names_of_its_own(address: str, headers: dict[str, str], status: int) -> None:
    assert _mcp(address, "tools/list", **headers).status_code == status


def test_an_unknown_prompt_is_an_error(address: str) -> None:
    error = _mcp(address, "prompts/get", {"name": "anything"}).json()["error"]
    assert error["code"] == -32602 and "there are no prompts" in error["message"]


def test_a_tools_arguments_are_cleaned(address: str) -> None:
    """The server of MCP holds values against their schemas and repeats what does not fit: a long one comes cut."""
    call = {"name": "every_kind_numbers", "arguments": {"shape": "y" * 10**6}}
    answer = _mcp(address, "tools/call", call).text
    assert '"isError":true' in answer.replace(" ", "") and CUT in answer
    assert len(answer) < 10_000


def test_a_value_of_the_upload_folder_is_text_with_its_name() -> None:
    uploads = Uploads()
    uploads.kept["uploaded/a"] = b"a,1\n"
    given = cleaned({"path": "uploaded/a", "orig_name": "own.csv", "meta": FILE}, uploads)
    field = fields(KITCHEN["every-kind"].page.tab("rows"))["data"]
    assert field.parse(json.loads(json.dumps(given))) == Upload("own.csv", b"a,1\n")
