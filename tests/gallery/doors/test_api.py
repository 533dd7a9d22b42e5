"""The named endpoints as a stranger calls them: every tab over HTTP, the bounds, the error texts, the MCP tools."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from gallery.doors.gradio.app import launch
from gallery.engine.catalog import Catalog, Entry, catalog
from gallery.engine.links import api_name
from gallery.fields import ASSETS, Choice, Number
from gallery.inputs import InputError, fields, parse
from gallery.outputs import png_bytes
from gallery.page import Tab
from tests.conftest import KITCHEN, every_page, every_tab, kitchen_tabs

TABS = pytest.mark.parametrize(("entry", "tab"), kitchen_tabs())


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    port = free_port()
    everything = Catalog({**catalog().entries, **KITCHEN.entries})
    blocks, _ = launch(everything, port)
    yield f"http://127.0.0.1:{port}"
    blocks.close(verbose=False)


@pytest.fixture(scope="module")
def client(address: str) -> Client:
    return Client(address, verbose=False, analytics_enabled=False)


@TABS
def test_a_call_without_arguments_fills_every_output(client: Client, entry: Entry, tab: type[Tab]) -> None:
    result = client.predict(api_name=api_name(entry.slug, tab.slug))
    assert set(result) == {slot.name for slot in tab.outputs}
    assert all(value not in (None, "", []) for value in result.values())


def test_a_call_takes_every_input_by_its_name(client: Client) -> None:
    result = client.predict(n=12, scale=2.0, name="x", lang="en", api_name="/every_kind_numbers")
    assert {m["label"]: m["value"] for m in result["facts"]}["n"] == 12
    assert result["numbers"]["columns"] == ["x", "y", "name"]
    assert np.allclose(result["numbers"]["rows"][1][:2], [10 / 11, np.sin(10 / 11 / 2)])


@pytest.mark.parametrize("entry", every_page())
def test_the_first_tab_of_every_page_answers_over_http(client: Client, entry: Entry) -> None:
    tab = entry.page.tabs[0]
    result = client.predict(api_name=api_name(entry.slug, tab.slug))
    assert set(result) == {slot.name for slot in tab.outputs}


@TABS
def test_every_bound_is_refused_in_the_words_of_all_doors(client: Client, entry: Entry, tab: type[Tab]) -> None:
    for name, field in fields(tab).items():
        match field:
            case Number():
                bad = [field.maximum + 1, field.minimum - 1, "many"]
            case Choice():
                bad = ["no such thing"]
            case _:
                continue
        for value, lang in zip(bad, ("en", "zh", "en"), strict=False):
            with pytest.raises(InputError) as expected:
                parse(tab, {name: value})
            with pytest.raises(AppError) as refused:
                client.predict(**{name: value, "lang": lang}, api_name=api_name(entry.slug, tab.slug))
            assert str(refused.value) == expected.value.message(lang)


def test_an_unknown_language_is_refused(client: Client) -> None:
    with pytest.raises(AppError, match=r"lang = fr: must be one of zh \| en"):
        client.predict(lang="fr", api_name="/every_kind_verify")


def test_what_a_page_refuses_is_said_and_its_mistakes_are_not_shown(client: Client) -> None:
    rows = [{"name": "a", "rate": 9.0}, {"name": "b", "rate": 9.0}]
    with pytest.raises(AppError) as refused:
        client.predict(rows=rows, lang="en", api_name="/every_kind_rows")
    assert str(refused.value) == "Table: the sum of all rates must be at most 15, not 18"
    boom = "data:text/csv;base64," + base64.b64encode(b"boom").decode()
    with pytest.raises(AppError) as broken:
        client.predict(data=boom, lang="en", api_name="/every_kind_rows")
    assert "log" in str(broken.value)
    assert "mistake" not in str(broken.value)


def test_pictures_come_as_examples_or_data_and_never_as_paths(client: Client) -> None:
    square = np.zeros((40, 40, 3), np.uint8)
    sent = "data:image/png;base64," + base64.b64encode(png_bytes(square)).decode()
    result = client.predict(photo=sent, place=[0.0, 0.0], api_name="/every_kind_pictures")
    assert base64.b64decode(result["moved"]["png"]) == png_bytes(square)
    for path in (str(ASSETS / "examples/waves.png"), "../assets/examples/waves.png", "example:../../app.py"):
        with pytest.raises(AppError, match="photo = "):
            client.predict(photo=path, lang="en", api_name="/every_kind_pictures")


def test_facts_are_measured_over_http(client: Client) -> None:
    (fact,) = client.predict(lang="zh", api_name="/every_kind_verify")
    assert (fact["name"], fact["title"], fact["measured"], fact["passed"]) == ("two plus two", "二加二", 4.0, True)


def test_only_tabs_and_facts_are_endpoints(client: Client) -> None:
    named = set(client.view_api(return_format="dict", print_info=False)["named_endpoints"])  # type: ignore[index]
    pages = [*catalog(), *KITCHEN]
    tabs = {api_name(e.slug, tab.slug) for e in pages for tab in e.page.tabs}
    assert named == tabs | {api_name(e.slug, "verify") for e in pages}


@pytest.mark.parametrize(("entry", "tab"), every_tab())
def test_the_schema_accepts_the_defaults_and_states_the_bounds(entry: Entry, tab: type[Tab]) -> None:
    kinds = {"integer": int, "number": (int, float), "string": str, "boolean": bool, "array": list}
    defaults = tab()
    for name, field in fields(tab).items():
        shape, value = field.schema(), field.argument(getattr(defaults, name))
        wanted = kinds[shape["type"]] if "type" in shape else (str, type(None))
        assert isinstance(value, wanted), name
        assert repr(parse(tab, {name: value})) == repr(defaults), name
        if isinstance(field, Number):
            assert (shape["minimum"], shape["maximum"]) == (field.minimum, field.maximum)


def test_mcp_lists_every_tab_with_types_and_answers_a_call(address: str) -> None:
    async def talk() -> tuple[dict[str, Any], Any, Any]:
        from mcp import ClientSession
        from mcp.client.streamable_http import streamable_http_client

        async with (
            streamable_http_client(f"{address}/gradio_api/mcp/") as streams,
            ClientSession(streams[0], streams[1]) as session,
        ):
            await session.initialize()
            tools = {tool.name: tool for tool in (await session.list_tools()).tools}
            good = await session.call_tool("every_kind_numbers", {"n": 15, "lang": "en"})
            bad = await session.call_tool("every_kind_numbers", {"n": 5, "lang": "en"})
            return tools, good, bad

    tools, good, bad = asyncio.run(talk())
    assert set(tools) == {
        api_name(e.slug, name)[1:]
        for e in (*catalog(), *KITCHEN)
        for name in (*(t.slug for t in e.page.tabs), "verify")
    }
    tool = tools["every_kind_numbers"]
    assert "What does the curve look like?" in tool.description
    assert "Try scale=100.0: Scale 100: hardly bent" in tool.description
    n = tool.inputSchema["properties"]["n"]
    assert (n["type"], n["minimum"], n["maximum"], n["default"]) == ("integer", 10, 2000, 200)
    assert n["description"] == "Points: must be a whole number from 10 to 2000"
    assert "required" not in tool.inputSchema
    answer = json.loads(good.content[0].text)
    assert {m["label"]: m["value"] for m in answer["facts"]}["n"] == 15
    assert bad.isError
    assert "minimum of 10" in bad.content[0].text  # MCP holds arguments against the tool's schema before we see them
