"""Order: a build's settings from what the command line was given, its version and its date."""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.device import cores
from core.settings import BadSetting
from gallery.doors.static.build import Order
from gallery.doors.static.plan import Caps
from gallery.engine.catalog import ROOT
from gallery.page import Tab
from gallery.text import Lang

__all__ = ["order"]

EPOCH = "SOURCE_DATE_EPOCH"
"""Environment variable (reproducible-builds.org): the seconds since 1970 that count as the time of the build."""
VERSION = re.compile(r"^## \[?(\d+\.\d+\.\d+)", re.MULTILINE)


def order(
    out: Path, tabs: Mapping[str, Sequence[type[Tab]]], languages: Sequence[Lang], live: str, jobs: int, seconds: float | None,
    states: int, plan: Path | None, engine: str = "local",
) -> Order:  # fmt: skip
    """The order for a build; BadSetting for a plan that cannot be read or a date that is none."""
    caps = Caps(states=states) if seconds is None else Caps(states=states, seconds=seconds)
    return Order(
        out, tabs, languages, _version(), _date(), caps, live.rstrip("/"), jobs or cores(),
        _states(plan) if plan else {}, engine,
    )  # fmt: skip


def _states(plan: Path) -> dict[str, int]:
    try:
        rows = json.loads(plan.read_text(encoding="utf-8"))["tabs"]
        return {key: int(row["states"]) for key, row in rows.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadSetting("plan", str(plan), f"the build.json of an earlier build ({type(error).__name__})") from None


def _version() -> str:
    """The newest version of CHANGELOG.md, and the commit where there is one, with a + where files differ from it."""
    found = VERSION.search((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    version = found[1] if found else "0"
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return version
    return f"{version} ({done.stdout.strip()})" if done.returncode == 0 else version


def _date() -> str:
    """Today in UTC, or the day that SOURCE_DATE_EPOCH says."""
    said = os.environ.get(EPOCH)
    if said is None:
        return datetime.datetime.now(datetime.UTC).date().isoformat()
    try:
        return datetime.datetime.fromtimestamp(int(said), datetime.UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        raise BadSetting(EPOCH, said, "whole seconds since 1970") from None
