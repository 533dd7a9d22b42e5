"""Settings that cannot be used are one sentence with the name, the value and what is allowed, and exit status 2."""

from __future__ import annotations

import socket
import sys

import pytest

from core import device, weights
from core.settings import BadSetting, whole
from gallery.doors import cli
from gallery.doors.gradio.app import check_port
from gallery.doors.gradio.app import main as gradio_main
from gallery.doors.guard import Policy, check_settings
from gallery.doors.streamlit.server import middleware
from gallery.engine import catalog
from gallery.engine.engines import chosen

WRONG = [
    ("GALLERY_CACHE_BYTES", "abc"), ("GALLERY_CACHE_BYTES", "-1"), ("GALLERY_CACHE_BYTES", ""), ("GALLERY_CACHE_BYTES", "9" * 5000),
    ("GALLERY_CACHE_BYTES", "1.5"), ("GALLERY_CALLS", "0"), ("GALLERY_CALLS", "many"), ("GALLERY_DEVICE", "abacus"),
    ("GALLERY_FRAME_ANCESTORS", "'self'; script-src *"), ("GALLERY_FRAME_ANCESTORS", ""), ("GALLERY_HOSTS", "http://x"),
    ("GRADIO_SERVER_PORT", "abc"), ("GRADIO_SERVER_PORT", "70000"), ("GALLERY_PAGES", "/etc"), ("GALLERY_PAGES", "no-such"),
    ("GALLERY_ENGINE", "spark"), ("GALLERY_ENGINE_FALLBACK", "ray"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_what_cannot_be_used_ends_the_start_in_one_sentence(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for cached in (weights._cache, device.device, catalog.catalog, chosen.engine):
        cached.cache_clear()
    monkeypatch.setenv(name, value)
    for start in (gradio_main, middleware):
        with pytest.raises(SystemExit) as ended:
            start()
        assert ended.value.code == 2
        said = capsys.readouterr().err
        assert said.startswith(f"{name} = ") and "must be" in said and said.count("\n") == 1


def test_the_defaults_and_what_is_set_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    check_settings()
    assert Policy.read() == Policy()
    monkeypatch.setenv("GALLERY_HOSTS", "Models.example, [::1]")
    monkeypatch.setenv("GALLERY_FRAME_ANCESTORS", "'self' https://*.kexue.fm")
    monkeypatch.setenv("GALLERY_CALLS", "7")
    assert Policy.read() == Policy("'self' https://*.kexue.fm", ("models.example", "[::1]"), 7)
    assert whole("GALLERY_CALLS", 1) == 7 and whole("GALLERY_NOTHING", 5) == 5


def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(BadSetting, match=rf"GRADIO_SERVER_PORT = 127\.0\.0\.1:{port}: must be free"):
            check_port(None, port)
    check_port(None, port)


def test_the_command_line_says_it_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    weights._cache.cache_clear()
    monkeypatch.setenv("GALLERY_CACHE_BYTES", "abc")
    monkeypatch.setattr(sys, "argv", ["gallery"])
    assert cli.main(["weights"]) == 2
    assert capsys.readouterr().err == "GALLERY_CACHE_BYTES = abc: must be a positive whole number of bytes\n"
