"""The command line: what other programs rely on, and its error contract."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from core.jit import COMPILING
from core.progress import Progress
from gallery.doors.cli import main
from gallery.engine.catalog import catalog
from gallery.engine.export import browser_path
from gallery.page import Tab


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    out = capsys.readouterr()
    return status, out.out, out.err


def test_list_names_every_page(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = said(capsys, "list", "--json")
    rows = json.loads(out)
    assert status == 0
    assert {"gillespie", "hsic"} <= {row["slug"] for row in rows}
    for row in rows:
        assert set(row) == {"slug", "family", "title", "tabs", "weights"}
        assert set(row["title"]) == {"zh", "en"}
        assert all(set(tab) == {"slug", "title"} for tab in row["tabs"])


def test_show_gives_inputs_as_json_schema(capsys: pytest.CaptureFixture[str]) -> None:
    for entry in catalog():
        _, out, _ = said(capsys, "show", entry.slug, "--json")
        data = json.loads(out)
        assert set(data) == {"slug", "tabs", "post", "weights"}
        for tab in data["tabs"]:
            assert tab["inputs"]["type"] == "object"
            assert all(set(attempt) == {"label", "inputs"} for attempt in tab["tries"])
            assert tab["inputs"]["additionalProperties"] is False
    assert (
        json.loads(said(capsys, "show", "hsic", "--json")[1])["tabs"][0]["inputs"]["properties"]["n"]["maximum"] == 2000
    )


def test_run_writes_every_output(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "made"
    status, _, _ = said(
        capsys,
        "run",
        "gillespie",
        "--tab",
        "trajectories",
        "--set",
        "runs=200",
        "--set",
        "network=sir",
        "--lang",
        "en",
        "--out",
        str(out),
    )
    assert status == 0
    manifest = json.loads((out / "outputs.json").read_text(encoding="utf-8"))
    assert (manifest["slug"], manifest["tab"], manifest["lang"]) == ("gillespie", "trajectories", "en")
    assert manifest["inputs"]["runs"] == "200"
    names = {file for item in manifest["outputs"] for file in item["files"]}
    assert names == {path.name for path in out.iterdir()} - {"outputs.json"}
    expected = {"fan.json", "facts.json", "moments.csv", "about.md"} | (
        {"fan.png", "fan.svg"} if browser_path() else set()
    )
    assert expected == names
    header = (out / "moments.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert header == "time,S-mean,S-sd,I-mean,I-sd,R-mean,R-sd"
    if browser_path():
        assert (out / "fan.png").read_bytes().startswith(b"\x89PNG")
        assert b"<svg" in (out / "fan.svg").read_bytes()[:200]


@pytest.mark.usefixtures("fresh_caches")  # a kept result would wait for nothing
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_run_says_once_what_it_waits_for(
    lang: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(self: Tab) -> Iterator[Progress]:
        yield from [Progress(0.0, COMPILING), Progress(0.5, COMPILING), Progress(0.7)]

    monkeypatch.setattr(catalog()["det-exp"].page.tabs[0], "fetch", told)
    status, _, err = said(capsys, "run", "det-exp", "--lang", lang, "--out", str(tmp_path))
    assert status == 0
    assert err.splitlines()[0] == COMPILING[lang == "en"] and err.count(COMPILING[lang == "en"]) == 1


def test_run_reads_files_by_path(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("a,b\n" + "\n".join(f"{i},{i * i % 7}" for i in range(1, 40)), encoding="utf-8")
    arguments = (
        "run",
        "hsic",
        "--tab",
        "own",
        "--set",
        f"data={tmp_path / 'mine.csv'}",
        "--set",
        "permutations=99",
        "--out",
        str(tmp_path / "o"),
    )
    status, _, err = said(capsys, *arguments)
    assert status == 0, err
    assert "a,b" in (tmp_path / "o" / "pairs.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "nope"), ("page = nope", "gillespie")),
        (("run", "hsic", "--tab", "nope"), ("tab = nope", "play")),
        (("run", "hsic", "--set", "n=19"), ("n = 19", "whole number from 20 to 2000")),
        (("run", "hsic", "--set", "n=nan"), ("n = nan", "from 20 to 2000")),
        (("run", "hsic", "--set", "noise=2"), ("noise = 2", "from 0 to 1")),
        (("run", "hsic", "--set", "shape=blob"), ("shape = blob", "circle")),
        (("run", "hsic", "--set", "seed=-1"), ("seed = -1", "from 0 to")),
        (("run", "hsic", "--set", "size=3"), ("size = 3", "shape")),
        (("run", "hsic", "--set", "n"), ("set = n", "name=value")),
        (("run", "hsic", "--lang", "fr"), ("lang = fr", "zh | en")),
        (("run", "hsic", "--tab", "own", "--set", "data=/no/such.csv"), ("data = /no/such.csv", ".csv")),
        (("run", "gillespie", "--tab", "own", "--set", 'reactions=[["A B","C","1"]]'), ("第 1 行", "A B")),
        (
            ("run", "gillespie", "--tab", "own", "--set", 'reactions=[["A","B","1 +"]]', "--lang", "en"),
            ("1 +", "expected"),
        ),
    ],
)
def test_bad_input_is_one_line_status_2_and_writes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    status, _, err = said(capsys, *arguments, "--out", str(tmp_path / "made"))
    assert status == 2
    assert len(err.strip().splitlines()) == 1
    for word in words:
        assert word in err
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("bogus",),
        ("run", "hsic"),
        ("shot", "hsic", "--width", "5", "--out", "x.png"),
        ("shot", "hsic", "--out", "x.gif"),
        ("run", "hsic", "--bogus"),
    ],
)
def test_usage_errors_are_one_line_and_status_2(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    status, _, err = said(capsys, *arguments)
    assert status == 2
    assert len(err.strip().splitlines()) == 1


def test_verify_passes_and_says_so_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = said(capsys, "verify", "gillespie", "--json")
    rows = json.loads(out)
    assert status == 0
    assert [row["slug"] for row in rows] == ["gillespie"]
    for check in rows[0]["checks"]:
        assert set(check) == {"name", "measured", "expected", "tolerance", "passed"}
        assert check["passed"] is True


def test_verify_fails_when_the_model_is_broken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The post's own propensity put in place of the right one: the dimerisation's moments must give it away."""
    from core.stats.gillespie import verification

    right = verification.simulate
    monkeypatch.setattr(verification, "simulate", lambda *a, **k: right(*a, **{**k, "mass_action": "post"}))
    status, out, _ = said(capsys, "verify", "gillespie", "--json")
    failed = {check["name"] for check in json.loads(out)[0]["checks"] if not check["passed"]}
    assert status == 1
    assert "dimerisation: mean of P at t = 10" in failed


def test_weights_lists_what_is_bundled(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = said(capsys, "weights", "--verify")
    assert status == 0
    assert "bundled" in out


@pytest.mark.parametrize("damage", ["lost", "cut", "not JSON"])
def test_weights_without_a_whole_card_are_named(
    damage: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core import weights
    from gallery.engine import render

    shutil.copytree(weights.FOLDER / "features", tmp_path / "features")
    shutil.copytree(weights.FOLDER / "o-gan-mnist28", tmp_path / "o-gan-mnist28")
    card = tmp_path / "features" / "card.json"
    text = card.read_bytes()
    card.unlink()
    if damage != "lost":
        card.write_bytes(text[:100] if damage == "cut" else b"\xff")
    monkeypatch.setattr(weights, "bundled", partial(weights.bundled, tmp_path))
    for name in ("read_card", "verify"):
        original = getattr(weights, name)
        monkeypatch.setattr(weights, name, lambda name, folder=tmp_path, original=original: original(name, folder))
    status, out, err = said(capsys, "weights", "--verify")
    assert status == 1
    assert "weights features: card.json" in err and err.count("\n") == 1
    assert "o-gan-mnist28" in out and "verified" in out and "2 bundled" in out
    for lang in ("zh", "en"):
        shown = render.weights_html("features", lang)
        assert "g-message" in shown and "card.json" in shown
