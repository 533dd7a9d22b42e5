"""What comes from a network is fetched before a tab stands in line: no slot is held for it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from core import fetching
from core.data import datasets
from core.device import compute_slots
from core.fetching import Fetches
from core.progress import Progress
from gallery.engine.catalog import catalog
from gallery.engine.runner import Computed, Failed, compute_tab
from gallery.inputs import parse
from gallery.page import Tab, t
from tests.conftest import KITCHEN


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Iterator[None]:
    """A hub and mirrors that take connections and never answer, and nothing kept from before."""
    from huggingface_hub import constants, file_download

    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        for module in (constants, file_download):
            if hasattr(module, "HUGGINGFACE_CO_URL_TEMPLATE"):
                template = address + "/{repo_id}/resolve/{revision}/{filename}"
                monkeypatch.setattr(module, "HUGGINGFACE_CO_URL_TEMPLATE", template)
            if hasattr(module, "HF_HUB_CACHE"):
                monkeypatch.setattr(module, "HF_HUB_CACHE", str(tmp_path))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "ENDPOINT", address)
        origin = datasets.ORIGINS["mnist28"]
        monkeypatch.setattr(datasets, "ORIGINS", {"mnist28": datasets.Origin((f"{address}/",), origin.files)})
        monkeypatch.setattr(datasets, "_cache", lambda: tmp_path)
        monkeypatch.delenv(datasets.FOLDER_VARIABLE, raising=False)
        waiting = Fetches(answer=0.3)
        for module in (fetching, datasets, __import__("core.weights", fromlist=["fetches"])):
            monkeypatch.setattr(module, "fetches", lambda: waiting)
        yield


@pytest.mark.parametrize(
    ("slug", "tab", "given"),
    [
        ("gpt2", "larger", {"checkpoint": "poem"}),
        ("o-gan", "reconstruct", {"model": "digits", "source": "held-out"}),
        ("o-gan", "interpolate", {"model": "digits", "left": "held-out"}),
    ],
)
def test_an_unreachable_host_is_said_without_a_slot(
    slug: str, tab: str, given: dict[str, str], offline: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compute_slots(), "ticket", lambda: pytest.fail("a slot was asked for"))
    *_, last = compute_tab(slug, parse(catalog()[slug].page.tab(tab), given))
    assert isinstance(last, Failed) and last.expected
    assert ("no network" in last.message.en) and ("没有网络" in last.message.zh)


def test_no_slot_is_held_while_something_is_fetched(fresh_caches: None, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = KITCHEN["every-kind"].page.tabs[0]
    busy: list[int] = []

    def fetch(self: Tab) -> Iterator[Progress]:
        busy.append(compute_slots().counters().busy)
        yield Progress(0.5, t("正在取", "Fetching"))
        busy.append(compute_slots().counters().busy)

    monkeypatch.setattr(tab, "fetch", fetch)
    first, *_, last = compute_tab("every-kind", tab())
    assert isinstance(first, Progress) and isinstance(last, Computed)
    assert busy == [0, 0]
