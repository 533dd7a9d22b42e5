"""Sources: a mark of everything that a tab's table depends on, so that only what has changed is built anew."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from gallery.engine.catalog import ROOT, Entry

__all__ = ["mark", "reached"]

OURS = ("core", "gallery", "pages")
SHOWN_BY = ("gallery.doors.static.tabulate", "gallery.doors.static.build")
"""What makes and writes a table, beside the page itself."""
PACKAGES = ("numpy", "torch", "plotly", "pillow", "scipy", "numba", "scikit-learn", "sympy")
"""Packages whose version may change a result."""
SCRIPTS = (".js", ".css", ".html")


def mark(entry: Entry, settings: Any) -> str:
    """SHA-256 over the files that the page reaches, its weights' cards, the packages that compute, and ``settings``."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for path in sorted({p for module in (entry.module, *SHOWN_BY) for p in reached(module)}):
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    for name in entry.page.weights:
        digest.update((ROOT / "assets" / "weights" / name / "card.json").read_bytes())
    for package in PACKAGES:
        digest.update(f"{package}=={importlib.metadata.version(package)}\n".encode())
    return digest.hexdigest()


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
