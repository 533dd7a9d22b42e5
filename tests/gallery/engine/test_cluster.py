"""The engine on Ray: every kind of tab as locally, in order, cancelled when closed; a worker killed is a pause; all in words."""

from __future__ import annotations

import dataclasses
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from typing import Any

import numpy as np
import psutil
import pytest

from core.cluster import Address
from core.refusal import Refusal
from core.settings import BadSetting
from core.weights import WeightsError
from gallery.engine.catalog import ROOT
from gallery.engine.engines.cluster import Cluster
from gallery.engine.engines.local import Local
from gallery.engine.engines.protocol import Lost, Run, Waiting
from gallery.engine.runner import Computed, Failed, Finished, compute_tab, run_checks, run_tab
from gallery.inputs import Upload, parse
from gallery.page import Tab
from tests.conftest import KITCHEN, kitchen_tabs
from tests.gallery.engine.ray_cluster import WORKERS, busy, cluster, kill, needs_ray, on_cluster, wait_until
from tests.gallery.engine.works import Pid, Raises

__all__ = ["cluster", "on_cluster"]
pytestmark = needs_ray
PAGE = KITCHEN["every-kind"]


def long(steps: int, pause: float = 0.0, seed: int = 1) -> Tab:
    return parse(PAGE.page.tab("long"), {"steps": steps, "pause": pause, "seed": seed})


def pid(engine: Cluster, *weights: str) -> int:
    """The process that computes what needs ``weights``."""
    (number,) = engine.run(Pid(weights))
    return number


def same(one: Any, other: Any) -> bool:
    """Equal in every bit, arrays included, however they are nested."""
    if dataclasses.is_dataclass(one):
        return type(one) is type(other) and all(
            same(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one)
        )
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@pytest.mark.parametrize(("entry", "tab"), kitchen_tabs())
def test_every_kind_of_tab_gives_what_it_gives_here(entry: Any, tab: type[Tab], on_cluster: Cluster) -> None:
    here = list(Local().run(Run(entry.slug, tab())))
    there = list(on_cluster.run(Run(entry.slug, tab())))
    assert same([e for e in there if not isinstance(e, Waiting)], here)
    assert isinstance(list(run_tab(entry.slug, tab(), "en"))[-1], Finished)


def test_an_array_arrives_writable(on_cluster: Cluster) -> None:
    *_, last = on_cluster.run(Run("every-kind", PAGE.page.tab("faces")()))
    assert last.result.flags.writeable


def test_an_upload_and_its_refusals_travel(on_cluster: Cluster) -> None:
    tab = PAGE.page.tab("rows")
    fault = parse(tab, {"data": Upload("a.csv", b"boom")})
    *_, broken = compute_tab("every-kind", fault)
    assert isinstance(broken, Failed) and not broken.expected
    *_, refused = compute_tab("every-kind", parse(tab, {"rows": [["a", 9], ["b", 9]]}))
    assert isinstance(refused, Failed) and refused.expected and "15" in refused.message.zh


@pytest.mark.parametrize(
    "error", [Refusal("太大", "too large", input="n", value=30), WeightsError("缺", "missing"), KeyError("n")]
)
def test_an_exception_arrives_as_what_it_is(error: Exception, on_cluster: Cluster) -> None:
    items = on_cluster.run(Raises(error))
    assert next(items) == "one"
    with pytest.raises(type(error)) as raised:
        next(items)
    assert str(raised.value) == str(error) and getattr(raised.value, "text", None) == getattr(error, "text", None)
    assert "another process" in "".join(raised.value.__notes__)


def test_facts_are_measured_there(on_cluster: Cluster) -> None:
    assert isinstance(list(run_checks(PAGE))[-1], Finished)


def test_a_closed_run_ends_at_its_next_item(on_cluster: Cluster) -> None:
    run = compute_tab("every-kind", long(200, 0.1))
    next(run)
    (worker,) = busy(on_cluster)
    run.close()  # type: ignore[attr-defined]
    assert not busy(on_cluster) and on_cluster.state().line.busy == 0
    begun = time.monotonic()
    wait_until(lambda: pid(on_cluster) == worker.pid)  # it is asked again
    assert time.monotonic() - begun < 10, "200 steps would have taken 20 s"


def test_who_waits_hears_the_place_and_is_served_in_order(on_cluster: Cluster) -> None:
    runs = [on_cluster.run(Run("every-kind", long(100, 0.05, seed))) for seed in (1, 2)]
    for run in runs:
        next(run)
    lines = [on_cluster.run(Pid()) for _ in range(2)]
    assert [next(line).place for line in lines] == [0, 1]
    assert on_cluster.state().line.waiting == 2
    runs[0].close()  # type: ignore[attr-defined]
    assert isinstance(next(e for e in lines[0] if not isinstance(e, Waiting)), int)
    for run in (*lines, runs[1]):
        run.close()  # type: ignore[attr-defined]


def test_a_page_goes_where_its_weights_are(on_cluster: Cluster) -> None:
    first = pid(on_cluster, "o-gan-cats")
    others = {pid(on_cluster) for _ in range(WORKERS)}
    assert len(others) == WORKERS, "without weights each in turn"
    assert {pid(on_cluster, "o-gan-cats") for _ in range(3)} == {first}


def test_a_killed_worker_is_a_pause_and_the_stream_goes_on(on_cluster: Cluster) -> None:
    inputs, told, killed = long(30, 0.05, seed=5), [], False
    with closing(on_cluster.run(Run("every-kind", inputs))) as events:
        for event in events:
            told.append(event)
            if isinstance(event, Computed) and not killed:
                killed = True
                kill(busy(on_cluster)[0].pid)
    assert [e for e in told if isinstance(e, Waiting) and e.again], "the pause is told"
    assert same([e for e in told if not isinstance(e, Waiting)], list(Local().run(Run("every-kind", inputs))))
    wait_until(lambda: on_cluster.state().line.capacity == WORKERS)
    assert on_cluster.state().lost >= 1


def test_a_worker_of_other_sources_is_refused_in_words(on_cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gallery.engine.engines.cluster.version", lambda: "0" * 64)
    wait_until(lambda: on_cluster.refused)
    assert "this process has 00000000" in on_cluster.refused
    monkeypatch.undo()
    wait_until(lambda: on_cluster.state().line.capacity == WORKERS)


def test_a_run_that_kills_its_workers_ends_in_words(on_cluster: Cluster) -> None:
    with pytest.raises(Lost) as lost:
        list(on_cluster.run(Pid(fatal=True)))
    assert "memory" in lost.value.said.en and "内存" in lost.value.said.zh
    assert on_cluster.state().line.busy == 0


def test_it_listens_on_loopback_alone(on_cluster: Cluster) -> None:
    ours = psutil.Process().children(recursive=True)
    heard = [c.laddr.ip for p in ours for c in p.net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert heard and set(heard) <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


def test_without_a_head_the_workers_go_on_and_the_last_ones_end_is_said() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.gallery.engine.headless"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    interrupted, following, last, none, fallback = map(json.loads, done.stdout.splitlines())
    assert interrupted["whole"] and following["whole"]
    assert not last["whole"] and not none["whole"]
    assert last["said"] == none["said"] == "The compute cluster cannot be reached; please try again later."
    assert last["seconds"] < 30 and none["seconds"] < 2
    assert fallback["whole"]


@pytest.mark.parametrize("given", ["ray:", "ray://", "ray://host", "ray://host:0", "ray://host:99999", "spark"])
def test_what_names_no_engine_is_refused(given: str) -> None:
    with pytest.raises(BadSetting, match=r"must be local, ray or ray://host:port"):
        Address.read("GALLERY_ENGINE", given)


def said_at_start(**environment: str) -> tuple[int, str, float]:
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "gallery", "engine"], cwd=ROOT, env=os.environ | environment, capture_output=True,
        text=True, check=False, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stderr, time.monotonic() - begun


def test_an_unreachable_cluster_is_one_sentence_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        status, said, _ = said_at_start(GALLERY_ENGINE=f"ray://127.0.0.1:{free.getsockname()[1]}")
    assert status == 2 and said.count("\n") == 1
    assert said.startswith("GALLERY_ENGINE = ray://127.0.0.1:") and "nothing answers there" in said


def test_a_missing_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BadSetting, match=r"^GALLERY_ENGINE = ray: .*requirements-cluster\.txt"):
        Cluster("GALLERY_ENGINE", Address("ray"), 1)


def test_without_the_variable_nothing_of_ray_is_imported() -> None:
    code = "import sys, gallery.engine.runner as r; r.engine().state(); print('ray' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
