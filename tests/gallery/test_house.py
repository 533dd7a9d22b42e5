"""The house's own rules: who imports whom, no page named in a front end, one theme, files of a size a Space takes."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import tomllib
from pathlib import Path

import pytest

from gallery import theme
from gallery.engine.catalog import FAMILIES, ROOT, catalog

OURS = {"core", "gallery", "pages", "training"}
VOCABULARY = {"gallery.page", "gallery.inputs", "gallery.outputs", "gallery.figures", "gallery.text"}
MAY_IMPORT = {"core": {"core"}, "training": {"core", "training"}}
MAX_FILE_BYTES = 10 * 2**20


def imported(path: Path) -> set[str]:
    """Modules of ours that a file imports, in full."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{a.name}" if node.module in OURS else node.module for a in node.names}
    return {name for name in found if name.split(".")[0] in OURS}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_core_and_training_import_downwards_only(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        assert {name.split(".")[0] for name in imported(path)} <= MAY_IMPORT[package], path


def test_pages_import_core_and_the_vocabulary_only() -> None:
    for path in (ROOT / "pages").rglob("*.py"):
        for name in imported(path):
            assert name.startswith(("core.", "pages.")) or name in VOCABULARY, (path, name)


def test_the_engine_imports_no_door_and_nobody_but_a_page_imports_a_page() -> None:
    for folder in ("engine", "fields", "components"):
        for path in (ROOT / "gallery" / folder).rglob("*.py"):
            for name in imported(path):
                assert not name.startswith(("gallery.doors", "pages")), (path, name)
    for path in (ROOT / "gallery").rglob("*.py"):
        assert not any(name.startswith("pages") for name in imported(path)), path


def modules() -> dict[str, Path]:
    """Every module of ours by its name; a package is its ``__init__``."""
    every: dict[str, Path] = {}
    for package in sorted(OURS):
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            every[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return every


def test_no_files_import_each_other_in_a_circle() -> None:
    """Imports inside functions count too: two files that need each other are one file, or three."""
    every = modules()
    graph = {}
    for name, path in every.items():
        wanted = {found if found in every else found.rpartition(".")[0] for found in imported(path)}
        graph[name] = (wanted & set(every)) - {name}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


def test_no_front_end_names_a_page() -> None:
    slugs = {entry.slug for entry in catalog()} - set(FAMILIES)  # a family may be called as one of its pages is
    for path in (ROOT / "gallery").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert node.value not in slugs, (path, node.lineno)


def test_no_text_of_a_page_holds_a_control_character() -> None:
    """A backslash that Python reads as an escape eats a letter of the LaTeX: of \\frac only "rac" is left."""
    for path in (ROOT / "pages").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not any(ord(letter) < ord(" ") and letter != "\n" for letter in node.value), (path, node.lineno)


def test_core_knows_no_web() -> None:
    for path in (ROOT / "core").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not any(f"import {web}" in text for web in ("streamlit", "gradio", "plotly", "fastapi")), path


def test_streamlit_and_the_figures_share_one_theme() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
    assert config["font"] == theme.FONT
    assert config["codeFont"] == theme.MONO
    for name, palette in (("light", theme.LIGHT), ("dark", theme.DARK)):
        assert config[name] == {
            "primaryColor": palette.accent, "backgroundColor": palette.background,
            "secondaryBackgroundColor": palette.surface, "textColor": palette.ink, "borderColor": palette.rule,
        }  # fmt: skip


def test_every_page_has_its_pictures_and_no_file_is_too_large() -> None:
    for entry in catalog():
        for dark in ("", "-dark"):
            assert (ROOT / "assets" / "screenshots" / f"{entry.slug}{dark}.png").is_file(), "make shots"
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    for name in filter(None, tracked):
        path = ROOT / name.decode()
        assert not path.exists() or path.stat().st_size < MAX_FILE_BYTES, path
