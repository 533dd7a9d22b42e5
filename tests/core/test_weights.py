"""Weights: verified, cached once, refused in words; compute slots: few at a time, in order."""

from __future__ import annotations

import contextlib
import errno
import http.server
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from core import weights
from core.device import ComputeSlots, device
from core.fetching import Fetches
from core.weights import (
    MAX_FILE_BYTES,
    NotStored,
    WeightsCache,
    WeightsError,
    fetch_hub,
    hub_file,
    load,
    load_hub,
    read_card,
    save,
    verify,
)

BUILDER = "tests.core.test_weights.small"
FACTS: dict[str, Any] = {
    "data": "none",
    "licence": "MIT",
    "recipe": "none",
    "seed": 0,
    "steps": 0,
    "date": "2026-11-20",
}


def small(width: int = 3) -> torch.nn.Module:
    """A tiny module for these tests."""
    return torch.nn.Linear(width, 2)


def saved(folder: Path, name: str = "tiny", **config: int) -> torch.nn.Module:
    torch.manual_seed(1)
    module = small(**config)
    save(module, name, folder, builder=BUILDER, config=config, **FACTS)
    return module


def opened(folder: Path, name: str = "tiny") -> Any:
    return load(name, torch.device("cpu"), folder, builders=("tests.",))


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    module = saved(tmp_path, width=5)
    again = opened(tmp_path)
    assert not again.training
    torch.testing.assert_close(again.weight, module.weight.half().float(), rtol=0, atol=0)
    verify("tiny", tmp_path)


def test_a_module_first_loaded_in_inference_mode_can_be_differentiated_later(tmp_path: Path) -> None:
    saved(tmp_path)
    with torch.inference_mode():
        assert opened(tmp_path)(torch.ones(1, 3)).shape == (1, 2)
    x = torch.ones(1, 3, requires_grad=True)
    module = opened(tmp_path)
    (slope,) = torch.autograd.grad(module(x).sum(), x)
    torch.testing.assert_close(slope, module.weight.sum(0, keepdim=True))


def test_the_same_tensors_give_the_same_bytes(tmp_path: Path) -> None:
    saved(tmp_path / "a")
    saved(tmp_path / "b")
    assert read_card("tiny", tmp_path / "a").files == read_card("tiny", tmp_path / "b").files


def test_large_models_are_sharded(tmp_path: Path) -> None:
    module = torch.nn.Sequential(torch.nn.Linear(2000, 2000), torch.nn.Linear(2000, 2000))
    card = save(module, "large", tmp_path, builder="tests.core.test_weights.small", **FACTS)
    assert len(card.files) == 2
    assert all(file.size <= MAX_FILE_BYTES for file in card.files)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda f: (f / "model.safetensors").unlink(), "missing"),
        (lambda f: (f / "model.safetensors").write_bytes(b"x"), "bytes, not"),
        (
            lambda f: (f / "model.safetensors").write_bytes((f / "model.safetensors").read_bytes()[:-1] + b"\x77"),
            "SHA-256",
        ),
        (lambda f: (f / "card.json").unlink(), "card.json is missing"),
        (lambda f: (f / "card.json").write_text("{}"), "card.json"),
        (lambda f: edit(f, config={"width": 4}), "has shape"),
        (lambda f: edit(f, builder="os.system"), "not inside core"),
        (lambda f: edit(f, builder="tests.core.test_weights.absent"), "there is no"),
        (lambda f: edit(f, files=[{"path": "../card.json", "size": 1, "sha256": ""}]), "plain name"),
    ],
)
def test_damage_is_named_in_both_languages(tmp_path: Path, damage: Any, words: str) -> None:
    saved(tmp_path)
    damage(tmp_path / "tiny")
    with pytest.raises(WeightsError, match=words) as caught:
        opened(tmp_path)
    assert "权重" in caught.value.text[0]


def edit(folder: Path, **changes: Any) -> None:
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | changes))


def test_fifty_threads_load_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(tmp_path)
    reads = []
    right = weights._read

    def counted(*arguments: Any) -> Any:
        reads.append(1)
        time.sleep(0.05)
        return right(*arguments)

    monkeypatch.setattr(weights, "_read", counted)
    with ThreadPoolExecutor(50) as pool:
        modules = list(pool.map(lambda _: opened(tmp_path), range(50)))
    assert len(reads) == 1
    assert len({id(m) for m in modules}) == 1


def test_the_cache_is_bounded_in_bytes_and_forgets_the_oldest() -> None:
    cache = WeightsCache(100)
    for key, size in (("a", 40), ("b", 40)):
        cache.get(key, lambda key=key, size=size: (key, size))
    cache.get("a", lambda: pytest.fail("a is in the cache"))
    cache.get("c", lambda: ("c", 40))
    assert cache.counters().bytes == 80
    assert (cache.counters().evictions, cache.counters().hits) == (1, 1)
    made = []
    cache.get("b", lambda: (made.append(1), 40))
    assert made


def test_an_error_reaches_all_who_wait_and_is_not_kept() -> None:
    cache = WeightsCache(100)

    def fails() -> Any:
        time.sleep(0.05)
        raise WeightsError("坏", "bad")

    def attempt(_: int) -> str:
        try:
            cache.get("x", fails)
        except WeightsError as error:
            return str(error)
        return "no error"

    with ThreadPoolExecutor(5) as pool:
        assert set(pool.map(attempt, range(5))) == {"bad"}
    assert cache.get("x", lambda: (7, 1)) == 7


def test_hub_checkpoints_come_from_a_pinned_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small server on loopback answers as the hub does; offline the error says so."""
    from safetensors.torch import save as to_bytes

    data = to_bytes({"weight": torch.arange(6.0).reshape(2, 3), "bias": torch.zeros(2)})
    revision = "a" * 40

    class Hub(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer(b"")

        def do_GET(self) -> None:
            self.answer(data)

        def answer(self, body: bytes) -> None:
            known = self.path == f"/me/model/resolve/{revision}/model.safetensors"
            self.send_response(200 if known else 404)
            if known:
                self.send_header("X-Repo-Commit", revision)
                self.send_header("ETag", '"0123"')
                self.send_header("Content-Length", str(len(data)))
            else:
                self.send_header("X-Error-Code", "EntryNotFound")
                self.send_header("Content-Length", "0")
            self.end_headers()
            if known:
                self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    import huggingface_hub.constants as constants
    import huggingface_hub.file_download as download

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    for module in (constants, download):
        if hasattr(module, "ENDPOINT"):
            monkeypatch.setattr(module, "ENDPOINT", address)
        if hasattr(module, "HUGGINGFACE_CO_URL_TEMPLATE"):
            monkeypatch.setattr(
                module, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}"
            )

    def build(tensors: dict[str, torch.Tensor]) -> torch.nn.Module:
        module = small()
        module.load_state_dict(tensors)
        return module

    try:
        module = load_hub("me/model", revision, ("model.safetensors",), build, torch.device("cpu"), tmp_path)
        assert module.weight[1, 2] == 5
        with pytest.raises(WeightsError, match="bundled model goes on"):
            load_hub("me/other", "b" * 40, ("model.safetensors",), build, torch.device("cpu"), tmp_path)
    finally:
        server.shutdown()
        server.server_close()
    with pytest.raises(ValueError, match="revision = main"):
        load_hub("me/model", "main", ("model.safetensors",), build)
    with pytest.raises(ValueError, match="safetensors"):
        load_hub("me/model", revision, ("model.pkl",), build)


def test_a_full_disk_is_told_as_such(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: Any, **__: Any) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", full)
    with pytest.raises(NotStored, match="cannot be written into the cache"):
        hub_file("me/model", "a" * 40, "model.safetensors", tmp_path)


def test_a_fetch_is_known_by_its_files_and_a_full_disk_is_not_remembered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str] = []

    def had(repository: str, revision: str, name: str, cache_dir: Path | None = None) -> Path:
        asked.append(name)
        if asked == ["c"]:
            raise NotStored("满", "full")
        if name == "a":
            raise WeightsError("无", "no such file")
        return tmp_path / name

    fetches = Fetches()
    monkeypatch.setattr(Fetches, "_answers", lambda *_: True)
    monkeypatch.setattr(weights, "fetches", lambda: fetches)
    monkeypatch.setattr(weights, "hub_file", had)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    for name, error in (("c", "full"), ("c", ""), ("a", "no such file"), ("b", ""), ("a", "no such file")):
        with pytest.raises(WeightsError, match=error) if error else contextlib.nullcontext():
            list(fetch_hub("me/model", "a" * 40, [name], tmp_path))
    assert asked == ["c", "c", "a", "b"]


def test_slots_admit_a_few_in_order_and_are_given_back() -> None:
    slots = ComputeSlots(2)
    inside, most, order, lock = [0], [0], [], threading.Lock()

    def visit(i: int) -> None:
        with slots.ticket() as ticket:
            while not ticket.wait(0.5):
                assert ticket.place >= 0
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                order.append(i)
            time.sleep(0.002)
            with lock:
                inside[0] -= 1
            if i % 7 == 0:
                raise ValueError("this one fails")

    def attempt(i: int) -> None:
        with contextlib.suppress(ValueError):
            visit(i)

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(attempt, range(50)))
    assert most[0] == 2
    counters = slots.counters()
    assert (counters.busy, counters.waiting, counters.served) == (0, 0, 50)


def test_who_comes_first_is_served_first_and_who_leaves_frees_the_place() -> None:
    slots = ComputeSlots(1)
    with slots.ticket() as first:
        assert first.wait(0)
        second, third = slots.ticket(), slots.ticket()
        two, three = second.__enter__(), third.__enter__()
        assert (two.place, three.place) == (0, 1)
        assert not three.wait(0)
        second.__exit__(None, None, None)
        assert three.place == 0
    assert three.wait(0)
    third.__exit__(None, None, None)
    assert slots.counters().abandoned == 1


def test_a_generator_that_is_dropped_frees_its_slot() -> None:
    slots = ComputeSlots(1)

    def work() -> Any:
        with slots.ticket() as ticket:
            assert ticket.wait(0)
            yield 1
            yield 2

    run = work()
    next(run)
    assert slots.counters().busy == 1
    del run
    assert slots.counters().busy == 0


def test_an_unknown_device_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    device.cache_clear()
    monkeypatch.setenv("GALLERY_DEVICE", "abacus")
    with pytest.raises(ValueError, match="GALLERY_DEVICE = abacus: must be one of"):
        device()
    device.cache_clear()
