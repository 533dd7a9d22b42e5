"""Pictures of figures: one browser for all of them, replaced when it ends, closed when nobody needs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import plotly.graph_objects as go
import psutil
import pytest

from gallery.engine.catalog import ROOT
from gallery.engine.export import NoBrowser, browser_path, figure_bytes
from gallery.engine.pictures import Pictures

BROWSER = browser_path()
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no browser: apt-get install chromium, or set BROWSER_PATH")
PNG = b"\x89PNG"
SIZE = {"width": 320, "height": 200, "scale": 1}
MOST_SECONDS = 60.0


def figure(title: str = "one") -> dict[str, Any]:
    return go.Figure(go.Scatter(x=[0, 1], y=[0, 1]), {"title": {"text": title}}).to_dict()


@pytest.fixture
def pictures() -> Iterator[Pictures]:
    made = Pictures(str(BROWSER))
    yield made
    made.close()


@pytest.mark.browser
@needs_browser
class TestPictures:
    def test_a_second_picture_starts_no_second_browser(self, pictures: Pictures) -> None:
        assert pictures.take(figure(), {"format": "png", **SIZE}).startswith(PNG)
        first = pictures.process
        assert b"<svg" in pictures.take(figure(), {"format": "svg", **SIZE})
        assert first is not None and pictures.process == first

    def test_a_killed_browser_is_replaced(self, pictures: Pictures) -> None:
        pictures.take(figure(), {"format": "png", **SIZE})
        first = pictures.process
        assert first is not None
        os.killpg(first, signal.SIGKILL)
        assert pictures.take(figure(), {"format": "png", **SIZE}).startswith(PNG)
        assert pictures.process not in (None, first)

    def test_a_frozen_browser_is_replaced(self, pictures: Pictures, monkeypatch: pytest.MonkeyPatch) -> None:
        pictures.take(figure(), {"format": "png", **SIZE})
        first = pictures.process
        assert first is not None
        monkeypatch.setattr("gallery.engine.pictures.CLOSE_SECONDS", 0.5)
        monkeypatch.setattr("gallery.engine.pictures.PATIENCE_SECONDS", 0.5)
        os.killpg(first, signal.SIGSTOP)
        with pytest.raises((TimeoutError, ConnectionError)):  # a new one does not start in half a second either
            pictures.take(figure(), {"format": "png", **SIZE})
        assert gone(first)
        monkeypatch.undo()
        assert pictures.take(figure(), {"format": "png", **SIZE}).startswith(PNG)

    def test_pictures_asked_for_at_once_are_not_mixed_up(self, pictures: Pictures) -> None:
        names = [f"figure number {k}" for k in range(6)]
        with ThreadPoolExecutor(len(names)) as pool:
            drawn = list(pool.map(lambda name: pictures.take(figure(name), {"format": "svg", **SIZE}), names))
        assert all(name.encode() in svg for name, svg in zip(names, drawn, strict=True))

    def test_a_figure_that_cannot_be_drawn_leaves_the_next_one_alone(self, pictures: Pictures) -> None:
        with pytest.raises(ValueError, match="format"):
            pictures.take(figure(), {"format": "no such form", **SIZE})
        assert pictures.take(figure(), {"format": "png", **SIZE}).startswith(PNG)

    def test_a_browser_without_work_is_closed_and_comes_back(self) -> None:
        pictures = Pictures(str(BROWSER), idle=0.1)
        pictures.take(figure(), {"format": "png", **SIZE})
        until(lambda: pictures.process is None)
        assert pictures.take(figure(), {"format": "png", **SIZE}).startswith(PNG)
        pictures.close()

    def test_nobody_holds_it_any_more(self) -> None:
        pictures = Pictures(str(BROWSER))
        pictures.take(figure(), {"format": "png", **SIZE})
        process = pictures.process
        assert process is not None
        del pictures
        until(lambda: gone(process))

    def test_the_program_ends_and_takes_its_browser_along(self) -> None:
        code = (
            "import plotly.graph_objects as go\nfrom gallery.engine import export\n"
            "export.figure_bytes(go.Figure(go.Scatter(y=[0, 1])), 'png')\n"
            "print(export._pictures(export.browser_path()).process)"
        )
        run = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=MOST_SECONDS
        )
        process = int(run.stdout)
        until(lambda: gone(process))


def test_no_browser_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gallery.engine.export.browser_path", lambda: None)
    with pytest.raises(NoBrowser, match="BROWSER_PATH"):
        figure_bytes(go.Figure(), "png")


def gone(process: int) -> bool:
    """Whether the process has ended."""
    try:
        return psutil.Process(process).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds; the limit only keeps a failing test from waiting for ever."""
    end = time.monotonic() + MOST_SECONDS
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.05)
