"""The whole site, built by its command from the tests' kitchen: from a folder, resumed, the same bytes again."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gallery.doors import cli
from gallery.doors.static import order
from gallery.doors.static.sources import mark, reached
from gallery.doors.static.vendor import vendored
from gallery.engine.catalog import ROOT, catalog

pytestmark = pytest.mark.xdist_group("static-site")
QUICK = ("--only", "every-kind/numbers", "--only", "every-kind/little", "--states", "8", "--jobs", "1")


def built(out: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """``python -m gallery build`` on the kitchen."""
    return subprocess.run(
        [sys.executable, "-m", "gallery", "build", "--out", str(out), *arguments], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "GALLERY_PAGES": "tests/kitchen", "SOURCE_DATE_EPOCH": "1000000000", **environment}, check=False,
    )  # fmt: skip


def files(out: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != "build.json"
    }


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    done = built(out, *QUICK)
    assert done.returncode == 0, done.stderr
    return out


def test_a_build_writes_every_page_frame_and_table(site: Path) -> None:
    there = set(files(site))
    assert {"index.html", "every-kind.html", "en/index.html", "en/every-kind.html"} <= there
    assert {"every-kind/numbers/embed.html", "every-kind/little/embed.html"} <= there
    assert {"_/site.js", "_/site.css", "_/frame.js", "_/plotly.js", "_/katex/katex.min.js"} <= there
    assert "_/data/every-kind/numbers/first.js" in there
    report = json.loads((site / "build.json").read_text())
    assert report["tabs"]["every-kind/numbers"]["states"] == 8
    assert report["failed"] == {}
    assert report["checks"]["every-kind"]["checks"]


def test_the_pages_name_no_other_host_and_say_when_they_were_measured(site: Path) -> None:
    """Only links that a reader may follow leave the site: no script, style, picture or frame."""
    for name, data in files(site).items():
        if name.endswith(".html"):
            loaded = re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"([^\"]+)\"", data.decode())
            assert not [address for address in loaded if address.startswith(("http", "//", "/"))], name
    text = (site / "en" / "every-kind.html").read_text()
    assert "measured when this site was built, on 2001-09-09" in text
    assert "measured just now" not in text


def test_a_second_build_keeps_what_is_there_and_gives_the_same_bytes(site: Path, tmp_path: Path) -> None:
    again = built(site, *QUICK)
    assert "2 tables kept, 0 made anew" in again.stdout
    before = files(site)
    done = built(tmp_path / "new", *QUICK)
    assert done.returncode == 0
    assert files(tmp_path / "new") == before
    # With its report as the plan, a build that has less time makes the same table.
    done = built(tmp_path / "plan", *QUICK[:-4], "--seconds", "0", "--jobs", "1", "--plan", str(site / "build.json"))
    assert done.returncode == 0
    data = {name: text for name, text in before.items() if name.startswith("_/data/")}
    assert {name: text for name, text in files(tmp_path / "plan").items() if name.startswith("_/data/")} == data


def test_a_table_that_was_lost_or_whose_settings_changed_is_made_anew(site: Path, tmp_path: Path) -> None:
    out = tmp_path / "copy"
    subprocess.run(["cp", "-r", str(site), str(out)], check=True)
    (out / "_" / "data" / "every-kind" / "little" / "first.js").unlink()
    assert "1 tables kept, 1 made anew" in built(out, *QUICK).stdout
    (out / "_" / "posters" / "every-kind-numbers.webp").unlink()
    assert "1 tables kept, 1 made anew" in built(out, *QUICK).stdout
    (out / "_" / "data" / "every-kind" / "little" / "first.js").write_text("half")
    assert "1 tables kept, 1 made anew" in built(out, *QUICK).stdout
    assert files(out) == files(site)
    (out / "build.json").write_text("{}")
    assert "0 tables kept, 2 made anew" in built(out, *QUICK).stdout
    assert "2 tables kept, 0 made anew" in built(out, *QUICK, "--live", "https://example.org").stdout
    assert '"live": "https://example.org"' in (out / "every-kind.html").read_text()
    assert "0 tables kept, 2 made anew" in built(out, *QUICK[:-2], "--jobs", "1", "--lang", "en").stdout


def test_what_a_page_that_has_gone_left_behind_is_taken_away_and_nothing_else(site: Path, tmp_path: Path) -> None:
    out = tmp_path / "copy"
    subprocess.run(["cp", "-r", str(site), str(out)], check=True)
    before = files(out)
    gone = ("_/data/gone/tab/first.js", "gone.html", "en/gone.html")
    for name in (*gone, "_/data/gone/own.txt", "own.html"):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("x")
    report = json.loads((out / "build.json").read_text())
    assert set(report["files"]) == set(before)
    report["files"] += [*gone, "../outside.txt", str(tmp_path / "absolute.txt")]
    for name in ("outside.txt", "absolute.txt"):
        (tmp_path / name).write_text("x")
    (out / "build.json").write_text(json.dumps(report))
    assert "2 tables kept" in built(out, *QUICK).stdout
    assert set(files(out)) == {*before, "_/data/gone/own.txt", "own.html"}
    assert (tmp_path / "outside.txt").exists() and (tmp_path / "absolute.txt").exists()
    assert set(json.loads((out / "build.json").read_text())["files"]) == set(before)


def test_the_version_marks_files_that_differ_from_their_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## 1.2.3 (2026-01-01)\n")
    monkeypatch.setattr(order, "ROOT", tmp_path)
    git("init")
    git("add", "CHANGELOG.md")
    git("commit", "-m", "first")
    assert re.fullmatch(r"1\.2\.3 \([0-9a-f]{12}\)", order._version())
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## 1.2.4 (2026-01-02)\n")
    assert re.fullmatch(r"1\.2\.4 \([0-9a-f]{12}\+\)", order._version())


def test_a_tab_that_is_not_ordered_stays_as_it_was(site: Path, tmp_path: Path) -> None:
    out = tmp_path / "copy"
    subprocess.run(["cp", "-r", str(site), str(out)], check=True)
    done = built(out, "--only", "every-kind/little", "--states", "3", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    rows = json.loads((out / "build.json").read_text())["tabs"]
    assert {key: row["states"] for key, row in rows.items()} == {"every-kind/little": 3, "every-kind/numbers": 8}
    assert 'data-g-tab="numbers"' in (out / "every-kind.html").read_text()


def test_what_facts_and_tables_depend_on_is_in_their_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    """The facts that stand beside a model, the networks that a card names, and packages: none is imported by the page itself."""
    entry = catalog()["wgan-gp"]
    assert entry.checks_module is not None
    facts = next(
        path
        for path in reached(entry.checks_module)
        if path.parts[-1].startswith(("wgan_gp_verification", "verification"))
    )
    network = ROOT / "core" / "gan" / "wgan_gp" / "mlp.py"
    read = Path.read_bytes

    def changed(what: Path) -> str:
        monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + (b"#" if path == what else b""))
        return mark(entry, "", entry.checks_module or "")

    before = changed(ROOT / "none")
    assert changed(ROOT / "none") == before
    for what in (facts, network, ROOT / "assets" / "examples" / "rings.png", ROOT / "pages" / "gan" / "wgan_gp.py"):
        assert changed(what) != before, what


def test_facts_that_do_not_hold_or_were_not_measured_are_told(tmp_path: Path) -> None:
    script = (
        "import dataclasses, sys; from gallery.engine.catalog import catalog; from gallery.doors.cli import main\n"
        "from core.checks import Check\n"
        "page = catalog()['every-kind'].page\n"
        "def checks():\n"
        "    yield Check('one is two', '一是二', 1.0, 2.0, 0.0)\n"
        "    if sys.argv[-1] == '3': raise ZeroDivisionError\n"
        "object.__setattr__(page, 'checks', checks)\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    for states, told in (("2", "facts that do not hold: one is two"), ("3", "could not be measured")):
        done = subprocess.run(
            [sys.executable, "-c", script, "build", "--out", str(tmp_path / states), "--only", "every-kind/little", "--jobs", "1",
             "--states", states],
            cwd=ROOT, capture_output=True, text=True, env={**os.environ, "GALLERY_PAGES": "tests/kitchen"}, check=False,
        )  # fmt: skip
        assert done.returncode == 1, done.stderr
        assert told in done.stdout
        text = (tmp_path / states / "en" / "every-kind.html").read_text()
        assert "All facts hold" not in text
        assert ("could not be measured" in text) == (states == "3")


def test_a_tab_that_fails_is_told_and_the_others_are_built(tmp_path: Path) -> None:
    script = (
        "import sys; from gallery.engine.catalog import catalog; from gallery.doors.cli import main\n"
        "def broken(self): raise ZeroDivisionError\n"
        "catalog()['every-kind'].page.tab('little').compute = broken\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "build", "--out", str(tmp_path), *QUICK], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "GALLERY_PAGES": "tests/kitchen"}, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "every-kind/little: FAILED" in done.stdout
    assert "ZeroDivisionError" in done.stderr  # in the log, with where it happened
    assert not (tmp_path / "every-kind" / "little").exists()
    assert (tmp_path / "every-kind" / "numbers" / "embed.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--only", "no-such"), "no-such"),
        (("--only", "hsic/no-such"), "tab = no-such"),
        (("--lang", "fr"), "lang = fr"),
        (("--live", "example.org"), "live = example.org"),
        (("--plan", "README.md"), "plan = README.md"),
    ],
)
def test_bad_input_is_one_line_that_names_it_and_nothing_is_written(
    arguments: tuple[str, ...], named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = cli.main(["build", "--out", str(tmp_path / "out"), *arguments])
    said = capsys.readouterr()
    assert status == 2
    assert named in said.err
    assert said.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_file_cannot_be_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("")
    assert cli.main(["build", "--out", str(tmp_path / "out")]) == 2
    assert "must be a folder" in capsys.readouterr().err


def test_one_language_has_no_folder_of_the_other(tmp_path: Path) -> None:
    done = built(tmp_path, "--only", "every-kind/little", "--states", "3", "--jobs", "1", "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert 'lang="en"' in (tmp_path / "every-kind.html").read_text()
    assert not (tmp_path / "en").exists()
    assert not (tmp_path / "zh").exists()


def test_a_single_file_needs_no_other_and_is_small(tmp_path: Path) -> None:
    done = built(tmp_path, "--only", "every-kind/numbers", "--states", "8", "--single")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["every-kind-numbers.html"]
    text = (tmp_path / "every-kind-numbers.html").read_text(encoding="utf-8")
    assert len(text.encode()) < 2_000_000
    tags = re.sub(r"(<(script|style)\b[^>]*>).*?</\2>", r"\1", text, flags=re.DOTALL)
    assert "<script>" in tags
    assert not re.findall(r"<(?:script|link|img)\b[^>]*(?:src|href)=\"(?!data:)", tags)
    assert "katex" in text  # the tab has formulas


def test_what_a_page_reaches_is_found_through_functions_too() -> None:
    names = {str(path.relative_to(ROOT)) for path in reached("pages.stats.hsic")}
    assert {"pages/stats/hsic.py", "core/stats/hsic/__init__.py", "gallery/page.py"} <= names
    assert not any(name.startswith(("pages/stats/em", "core/stats/em")) for name in names)
    assert ROOT / "gallery" / "engine" / "house.css" in reached("gallery.doors.static.tabulate")


def test_the_smaller_plotly_is_of_the_same_version() -> None:
    from plotly.offline import get_plotlyjs_version

    told = json.loads((vendored() / "plotly.js-cartesian-dist-min" / "package.json").read_text())
    assert told["version"] == get_plotlyjs_version()
