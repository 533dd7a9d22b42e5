"""Sources: a mark of everything that a tab's table depends on, so that only what has changed is built anew."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import json
import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from gallery.engine.catalog import ROOT, Entry

__all__ = ["mark", "reached"]

PACKAGE = re.compile(r"^([A-Za-z0-9._-]+)", re.MULTILINE)
OURS = ("core", "gallery", "pages")
SHOWN_BY = ("gallery.doors.static.tabulate", "gallery.doors.static.build")
"""What makes and writes a table, beside the page itself."""
SCRIPTS = (".js", ".json", ".css", ".html")
"""Files beside a module of ours that it may read: what a page says of its networks in the browser, styles, templates."""
ASSETS = ROOT / "assets"


def mark(entry: Entry, settings: Any, *modules: str) -> str:
    """SHA-256 over what a page's tables depend on: ``settings`` (JSON), and every file and package that they are made with.

    The files are those that the page and ``modules`` reach, the networks that its cards name, the cards, the examples and the page's
    own screenshots; the packages are those that requirements.txt names, as they are installed, and Python itself.
    """
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    cards = [ASSETS / "weights" / name / "card.json" for name in entry.page.weights]
    builders = [json.loads(card.read_text(encoding="utf-8"))["builder"].rpartition(".")[0] for card in cards]
    files = {path for module in (entry.module, *SHOWN_BY, *modules, *builders) for path in reached(module)} | set(cards)
    files |= {path for path in (ASSETS / "examples").rglob("*") if path.is_file()}
    files |= set((ASSETS / "screenshots").glob(f"{entry.slug}[.-]*"))
    for path in sorted(files):
        digest.update(f"{path.relative_to(ROOT).as_posix()}\n".encode() + path.read_bytes())
    digest.update(f"{sys.version}\n{_packages()}".encode())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _packages() -> str:
    """The packages that running and building need, with the versions that are here."""
    names = set()
    for name in ("requirements.txt", "requirements-site.txt"):
        names |= set(PACKAGE.findall((ROOT / name).read_text(encoding="utf-8")))
    return "\n".join(f"{name}=={importlib.metadata.version(name)}" for name in sorted(names))


@lru_cache(maxsize=64)
def reached(module: str) -> frozenset[Path]:
    """The files of ours that a module imports, directly or not, itself among them; imports inside functions count."""
    seen: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _file(name)
        if path is None or name in seen:
            continue
        seen[name] = path
        waiting += _imports(path)
    return frozenset(seen.values()) | {
        p for path in seen.values() for p in path.parent.glob("*") if p.suffix in SCRIPTS
    }


@lru_cache(maxsize=4096)
def _imports(path: Path) -> tuple[str, ...]:
    """Names that a file imports: of ``from a import b`` both ``a`` and ``a.b``, and the packages above each."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    ours = {name for name in found if name.split(".")[0] in OURS}
    return tuple(sorted(ours | {name.rpartition(".")[0] for name in ours if "." in name}))


def _file(module: str) -> Path | None:
    """The file of a module of ours, or None for a name that is none."""
    path = ROOT.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None
