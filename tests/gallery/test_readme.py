"""What README and CONTRIBUTING show works as shown."""

from __future__ import annotations

import re
import runpy
import shlex
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from gallery.engine.catalog import ROOT, catalog, find
from gallery.engine.readme import renewed
from gallery.engine.runner import Finished, run_tab
from gallery.engine.source import code_shown
from gallery.inputs import parse
from gallery.outputs import to_json

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line for line in README.splitlines() if line.startswith("python -m gallery") and " shot " not in line]


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_of_the_readme_run(command: str, tmp_path: Path) -> None:
    words = shlex.split(command.replace("--out out/", f"--out {tmp_path}/"))
    done = subprocess.run([sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("recipe", sorted(set(re.findall(r"^python -m (training\.\S+)", README, re.M))))
def test_recipes_of_the_readme_are_there(
    recipe: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [recipe, "--help"])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*found in sys.modules", category=RuntimeWarning)
        with pytest.raises(SystemExit) as ended:
            runpy.run_module(recipe, run_name="__main__")
    assert ended.value.code in (0, None)
    assert "Usage" in capsys.readouterr().out


def test_python_of_the_readme_runs() -> None:
    block = re.search(r"```python\n(.*?)```", README, re.S)
    assert block is not None
    done = subprocess.run([sys.executable, "-c", block.group(1)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "('u', 'v')" in done.stdout


@pytest.mark.xdist_group("browser")
@pytest.mark.browser
def test_the_api_call_of_the_readme_works() -> None:
    from gallery.doors import screenshots

    block = re.search(r"```\n(from gradio_client.*?)```", README, re.S)
    assert block is not None
    with screenshots.server("gradio") as address:
        code = block.group(1).replace("http://localhost:7860", address)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "'label': 'HSIC'" in done.stdout


def test_the_table_of_pages_is_the_catalogues() -> None:
    assert renewed(README, catalog()) == README, "make readme"


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"make (\w+)", README)):
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_pictures_of_the_readme_exist() -> None:
    for path in re.findall(r"!\[.*?\]\((.*?)\)", README):
        assert (ROOT / path).is_file(), path


def test_the_page_of_contributing_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its two files, put where they say, make a page that runs; and are taken away again."""
    model, page = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.S)
    made = {ROOT / "core" / "maths" / "coin.py": model, ROOT / "tests" / "kitchen" / "maths" / "coin.py": page}
    folders = [path.parent for path in made if not path.parent.exists()]
    try:
        for path, text in made.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        entry = find(ROOT / "tests" / "kitchen")["coin"]
        tab = entry.page.tabs[0]
        last = list(run_tab("coin", tab(), "zh"))[-1]
        assert isinstance(last, Finished), last
        assert to_json(tab.outputs[0], last.values["share"])["data"]
        assert "shares(1000, 0.5, 0)" in code_shown("coin", tab())
        assert all(attempt.holds(parse(tab, attempt.inputs).compute()) for attempt in tab.tries)
        assert all(check.passed for check in entry.checks())
    finally:
        for path in made:
            path.unlink(missing_ok=True)
        for folder in folders:
            for left in folder.rglob("*.pyc"):
                left.unlink()
            for inner in [*folder.glob("__pycache__"), folder]:
                inner.rmdir()


GUIDES = sorted((ROOT / "docs").glob("hosting*.md"))


@pytest.mark.parametrize("guide", GUIDES, ids=[guide.name for guide in GUIDES])
def test_what_the_hosting_guide_names_exists(guide: Path) -> None:
    text, makefile = guide.read_text(encoding="utf-8"), (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"make (\w+)", text)):
        assert re.search(rf"^{target}:", makefile, re.M), target
    for link in re.findall(r"\]\(((?!http)[^)#]+)", text):
        assert (guide.parent / link).exists(), link
    assert f"docs/{guide.name}" in README


def test_the_hosting_guides_say_the_same_in_both_languages() -> None:
    """Commands, settings, figures and links; the code blocks that no reader's language changes are the same."""
    english, chinese = (guide.read_text(encoding="utf-8") for guide in GUIDES)
    for pattern in (r"\b[A-Z]+(?:_[A-Z]+)+\b", r"--[a-z]+", r"^#+", r"^\| ", r"\]\((?!hosting)[^)]+\)"):
        assert sorted(re.findall(pattern, english, re.M)) == sorted(re.findall(pattern, chinese, re.M)), pattern
