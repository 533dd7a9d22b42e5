"""Downloads: once for all who ask, silence told, failures remembered, deadlines kept."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from core import fetching
from core.fetching import Fetches, Unreachable


@pytest.fixture
def answering() -> Iterator[str]:
    """The address of a host that answers every HEAD with 404, which is an answer."""

    class Host(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(404)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/x"
    server.shutdown()
    server.server_close()


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a host that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/x"


def test_what_two_ask_for_is_fetched_once(answering: str) -> None:
    begun, go, count = threading.Event(), threading.Event(), [0]

    def work() -> None:
        count[0] += 1
        begun.set()
        assert go.wait(30)

    fetches = Fetches()
    first, second = (fetches.get("x", [answering], work) for _ in range(2))
    assert 0 <= next(first).fraction < 1
    assert 0 <= next(second).fraction < 1
    assert begun.wait(30)
    go.set()
    assert all(0 <= p.fraction < 1 for p in (*first, *second))
    assert count == [1]


@pytest.mark.parametrize("wrong", ["silent", "refused", "no name"])
def test_a_host_that_does_not_answer_is_told_and_remembered(
    wrong: str, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = {"silent": silent, "refused": "http://127.0.0.1:1/x", "no name": "http://host.invalid/x"}[wrong]
    asked, head = [0], fetching._head

    def counted(address: str, seconds: float) -> None:
        asked[0] += 1
        head(address, seconds)

    monkeypatch.setattr(fetching, "_head", counted)
    fetches = Fetches(answer=0.3)
    for _ in range(3):
        with pytest.raises(Unreachable):
            list(fetches.get("x", [address], lambda: pytest.fail("the work was begun")))
    assert asked == [1]


def test_one_mirror_that_answers_is_enough(answering: str, silent: str) -> None:
    done = threading.Event()
    list(Fetches(answer=5).get("x", [silent, answering], done.set))
    assert done.is_set()


def test_a_failure_is_told_again_and_then_forgotten(answering: str) -> None:
    count = [0]

    def work() -> None:
        count[0] += 1
        raise ValueError("not there")

    kept, forgetful = Fetches(), Fetches(remembered=0)
    for fetches, wanted in ((kept, 1), (forgetful, 2)):
        count[0] = 0
        for _ in range(2):
            with pytest.raises(ValueError, match="not there"):
                list(fetches.get("x", [answering], work))
        assert count == [wanted]


def test_a_download_that_never_ends_is_given_up(answering: str) -> None:
    release = threading.Event()
    fetches = Fetches(deadline=0.2)
    try:
        with pytest.raises(Unreachable, match="not there after"):
            list(fetches.get("x", [answering], lambda: release.wait(30)))
    finally:
        release.set()


def test_a_download_that_was_given_up_may_be_begun_again(answering: str) -> None:
    """The next who asks, once the failure is forgotten, does not wait for the one that hangs."""
    release, count = threading.Event(), [0]

    def work() -> None:
        count[0] += 1
        if count[0] == 1:
            release.wait(30)

    fetches = Fetches(answer=30, deadline=0.2, remembered=0)
    try:
        with pytest.raises(Unreachable, match="not there after"):
            list(fetches.get("x", [answering], work))
        fetches.deadline = 30
        list(fetches.get("x", [answering], work))
    finally:
        release.set()
    assert count == [2]


def test_who_waits_hears_of_every_end(answering: str) -> None:
    def work() -> None:
        raise SystemExit(1)

    with pytest.raises(RuntimeError, match="x: the download was broken off"):
        list(Fetches(answer=30, deadline=30).get("x", [answering], work))


def test_what_passes_is_not_remembered(answering: str) -> None:
    count = [0]

    def work() -> None:
        count[0] += 1
        if count[0] == 1:
            raise PermissionError("not now")

    fetches = Fetches(answer=30)
    with pytest.raises(PermissionError):
        list(fetches.get("x", [answering], work, (PermissionError,)))
    list(fetches.get("x", [answering], work, (PermissionError,)))
    assert count == [2]
