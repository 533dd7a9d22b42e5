"""What stands before Streamlit: sizes, who may frame, and a head that knows page and language."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from gallery.doors.guard import MOST_BODY, Guard, Policy
from gallery.doors.streamlit.server import Head
from gallery.engine import words
from tests.conftest import KITCHEN

PAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="UTF-8" /><title>Streamlit</title></head><body></body></html>'
)


async def _html(request: Request) -> Response:
    return HTMLResponse(PAGE, headers={"etag": "x"})


async def _cookies(request: Request) -> Response:
    answer = HTMLResponse(PAGE)
    answer.set_cookie("a", "1")
    answer.set_cookie("b", "2")
    return answer


async def _length(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


def ask(policy: Policy, act: Callable[[httpx.AsyncClient], object]) -> httpx.Response:
    routes = [
        Route("/length", _length, methods=["POST"]),
        Route("/static/x.js", _length),
        Route("/cookies", _cookies),
        Route("/{path:path}", _html),
    ]
    app = Guard(Head(Starlette(routes=routes), KITCHEN), policy)

    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://house") as client:
            return await act(client)  # type: ignore[misc]

    return asyncio.run(asked())


@pytest.mark.parametrize(("lang", "code"), [("zh", "zh-CN"), ("en", "en")])
def test_the_html_says_page_and_language(lang: str, code: str) -> None:
    answer = ask(Policy(), lambda c: c.get(f"/every-kind?lang={lang}"))
    page = KITCHEN["every-kind"].page
    assert answer.status_code == 200
    assert f'<html lang="{code}"' in answer.text
    assert f"<title>{page.title(lang)} · {words.HOUSE(lang)}</title>" in answer.text  # type: ignore[arg-type]
    assert "<title>Streamlit" not in answer.text and "etag" not in answer.headers
    assert "galleryOpened" in answer.text and int(answer.headers["content-length"]) == len(answer.content)


def test_a_header_that_comes_twice_is_sent_twice() -> None:
    said = ask(Policy(), lambda c: c.get("/cookies")).headers.get_list("set-cookie")
    assert [cookie.partition(";")[0] for cookie in said] == ["a=1", "b=2"]


def test_an_unknown_page_is_404_and_still_opens_the_house() -> None:
    answer = ask(Policy(), lambda c: c.get("/no-such-page"))
    assert answer.status_code == 404 and words.HOUSE.zh in answer.text
    assert ask(Policy(), lambda c: c.get("/")).status_code == 200


def test_every_answer_says_who_may_frame_it() -> None:
    for path in ("/", "/every-kind", "/static/x.js"):
        headers = ask(Policy(frames="'self'"), lambda c, path=path: c.get(path)).headers
        assert headers["content-security-policy"] == "frame-ancestors 'self'"
        assert headers["x-content-type-options"] == "nosniff"
    assert ask(Policy(), lambda c: c.get("/")).headers["content-security-policy"] == "frame-ancestors *"


def test_bodies_and_addresses_have_a_size() -> None:
    fine = ask(Policy(), lambda c: c.post("/length", content=b"x" * MOST_BODY))
    assert fine.text == str(MOST_BODY)
    large = ask(Policy(), lambda c: c.post("/length", content=b"x" * (MOST_BODY + 1)))
    assert large.status_code == 413 and "at most 32 MiB" in large.json()["error"]
    assert ask(Policy(), lambda c: c.get("/every-kind?x=" + "y" * 20_000)).status_code == 414
