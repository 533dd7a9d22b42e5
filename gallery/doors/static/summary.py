"""Summary: what a build made, as a table for whoever called it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gallery.doors.static.build import Report

__all__ = ["summary"]

HEAD = f"{'page':20} {'tabs':>4} {'states':>7} {'planned':>7} {'MB':>7} {'seconds':>8}  left out"


def summary(report: Report, out: Path) -> str:
    """A row a page, the sums, the folder's size, and what failed."""
    pages: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for key, row in sorted(report.tabs.items()):
        slug, tab = key.split("/")
        pages.setdefault(slug, []).append((tab, row))
    lines = [HEAD]
    for slug, rows in pages.items():
        left = [f"{tab}: {', '.join(row['fixed'])}" for tab, row in rows if row["fixed"]]
        lines.append(f"{slug:20} {_sums([row for _, row in rows])}  {'; '.join(left)}".rstrip())
    every = [row for rows in pages.values() for _, row in rows]
    lines.append(f"{'all':20} {_sums(every)}")
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    lines.append(f"{size / 1e6:.1f} MB in {out}; {report.kept} tables kept, {len(every) - report.kept} made anew")
    lines += [f"FAILED  {key}: {why}" for key, why in sorted(report.failed.items())]
    return "\n".join(lines)


def _sums(rows: list[Mapping[str, Any]]) -> str:
    states, planned, size, seconds = (
        sum(row[name] for row in rows) for name in ("states", "planned", "bytes", "seconds")
    )
    return f"{len(rows):4} {states:7} {planned:7} {size / 1e6:7.1f} {seconds:8.0f}"
