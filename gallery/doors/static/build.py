"""Build: the whole gallery as a static site in a folder.

Tabs are computed in parallel, each in a process with one thread, so that the number of cores changes no bit. What a table depends
on has a mark; a table whose mark is still the same is kept, so a build that was stopped goes on and only changed pages are made
anew. ``build.json`` beside the site says what was tabulated, what was left out, and how long it took.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
import json
import logging
import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image as PillowImage

from core.checks import Check
from core.cluster import LOCAL, executor
from gallery.doors.static import bundle, live
from gallery.doors.static.pages import Site, embed_page, front_page, gallery_page
from gallery.doors.static.plan import Caps, Free
from gallery.doors.static.sources import mark
from gallery.doors.static.tabulate import Fault, Tabulated, tabulate
from gallery.doors.static.vendor import vendored
from gallery.engine import export
from gallery.engine.catalog import Catalog, catalog
from gallery.engine.front_page import film, screenshot, thumbnail
from gallery.engine.runner import Computed, Finished, compute_tab, run_checks
from gallery.fields import ASSETS
from gallery.outputs import Slot, grid_image, png_bytes
from gallery.page import Tab
from gallery.text import Lang, Say

__all__ = ["REPORT", "Order", "Report", "build"]

log = logging.getLogger(__name__)
REPORT = "build.json"
NO_JEKYLL = ".nojekyll"
"""Tells GitHub Pages to serve files as they are; it would leave out a folder whose name begins with «_»."""
SHARED = "_"
"""The folder of what all pages share; no slug is called so."""
POSTER = (960, 600)  # pixels a poster fits into
POSTER_QUALITY = 80
THREADS = "OMP_NUM_THREADS"


@dataclass(frozen=True)
class Order:
    """What to build: the ``tabs`` of each page, in which ``languages``, within which ``caps``; ``live`` is the address of a
    gallery with a server, ``version`` and ``date`` are written on every page. ``states`` repeats an earlier build's table.
    ``engine`` computes: ``jobs`` processes of this machine (local), or the workers of a Ray cluster, which write into ``out``
    too."""

    out: Path
    tabs: Mapping[str, Sequence[type[Tab]]]
    languages: Sequence[Lang]
    version: str
    date: str
    caps: Caps = field(default_factory=Caps)
    live: str = ""
    jobs: int = 1
    states: Mapping[str, int] = field(default_factory=dict)
    engine: str = LOCAL

    def settings(self, key: str) -> dict[str, Any]:
        """What changes a table beside the sources."""
        return {
            "languages": list(self.languages), "caps": dataclasses.asdict(self.caps), "states": self.states.get(key),
        }  # fmt: skip


@dataclass
class Report:
    """What was built: of each tab and of each page's facts a row, what failed, and how far each network that runs in the browser is
    from torch. ``others`` are rows of tabs that were not ordered and stay as an earlier build made them; ``files`` is all that the
    site consists of, by path in its folder."""

    tabs: dict[str, dict[str, Any]] = field(default_factory=dict)
    checks: dict[str, dict[str, Any]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    others: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: dict[str, float] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    kept: int = 0

    @classmethod
    def read(cls, folder: Path) -> Report:
        """The report of the last build in ``folder``; empty where there is none that can be read."""
        try:
            told = json.loads((folder / REPORT).read_text(encoding="utf-8"))
            return cls(dict(told["tabs"]), dict(told["checks"]), files=list(told.get("files", ())))
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def write(self, folder: Path) -> None:
        """Beside the site, whole or not at all."""
        tabs = {**self.others, **self.tabs}
        told = {"tabs": tabs, "checks": self.checks, "failed": self.failed, "models": self.models, "files": self.files}
        _write(folder / REPORT, json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode())


def build(order: Order, told: Callable[[str], None] = print) -> Report:
    """Build the site that ``order`` asks for; ``told`` hears of every table as it is finished."""
    vendored()  # what the pages need of npm: asked for before an hour of computing
    order.out.mkdir(parents=True, exist_ok=True)
    before, report = Report.read(order.out), Report()
    report.files = before.files  # until the site is whole, what an earlier build wrote is ours to take away
    for key, row in before.tabs.items():
        if not _ordered(order, key) and row.get("languages") == list(order.languages) and _there(order.out, key, row):
            report.others[key] = row
    kept = {key.partition("/")[0] for key in report.others}
    report.checks = {slug: row for slug, row in before.checks.items() if slug in kept}
    work = []
    for slug in order.tabs:
        entry = catalog()[slug]
        for tab in order.tabs[slug]:
            key = f"{slug}/{tab.slug}"
            stamp = mark(entry, order.settings(key))
            old = before.tabs.get(key)
            if old and old["mark"] == stamp and _there(order.out, key, old):
                report.tabs[key] = old
                report.kept += 1
            else:
                work.append((_table, slug, tab.slug, order, stamp))
        stamp = mark(entry, "checks", *([entry.checks_module] if entry.checks_module else []))
        if (old := before.checks.get(slug)) and old["mark"] == stamp:
            report.checks[slug] = old
        else:
            work.append((_facts, slug, "", order, stamp))
    for name, tab_slug, result in _done(work, order.jobs, order.engine):
        key = f"{name}/{tab_slug}" if tab_slug else name
        if isinstance(result, str):
            report.failed[key] = result
            told(f"{key}: FAILED: {result}")
        elif tab_slug:
            report.tabs[key] = result
            told(
                f"{key}: {result['states']} of {result['planned']} states, {result['bytes'] / 1e6:.2f} MB, {result['seconds']:.1f} s"
            )
        else:
            report.checks[key] = result
        report.write(order.out)
    for slug in order.tabs:
        wrong = [row["name"] for row in report.checks.get(slug, {"checks": []})["checks"] if not Check(**row).passed]
        if wrong:
            report.failed[f"{slug}/verify"] = f"facts that do not hold: {'; '.join(wrong)}"
    report.files = sorted(_write_site(order, report))
    _take_away(order.out, set(before.files) - set(report.files))
    report.write(order.out)
    return report


def _take_away(out: Path, files: set[str]) -> None:
    """Remove ``files`` of an earlier build, of pages that have gone, and the folders that are empty then; nothing else in ``out``."""
    for name in sorted(files):
        path = out / name
        if not path.resolve().is_relative_to(out.resolve()):
            continue  # the report lies in a folder that anybody may have written to
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == out or not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()


def _done(work: Sequence[tuple[Any, ...]], jobs: int, engine: str) -> Iterator[tuple[str, str, Any]]:
    """(page, tab, result) of every piece of work as it is finished; a text for what failed."""
    os.environ[THREADS] = "1"  # read when a process first computes
    if jobs < 2 and engine == LOCAL:
        for function, *arguments in work:
            yield arguments[0], arguments[1], _worked(function, *arguments)
        return
    with _pool(jobs, engine) as pool:
        waiting: dict[Future[Any], tuple[str, str]] = {
            pool.submit(_worked, f, *rest): (rest[0], rest[1]) for f, *rest in work
        }
        for future in as_completed(waiting):
            error = future.exception()
            yield *waiting[future], f"{type(error).__name__}: {error}" if error else future.result()


def _worked(function: Callable[..., Any], *arguments: Any) -> Any:
    """What ``function`` gives, or in a text why it failed: one tab's fault ends no build."""
    try:
        return function(*arguments)
    except Exception as error:  # whatever the code of a page raises
        log.exception("%s/%s", *arguments[:2])
        return f"{type(error).__name__}: {error}"


def _pool(jobs: int, engine: str) -> AbstractContextManager[Executor]:
    if engine == LOCAL:
        return ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"))
    return executor("engine", engine, jobs)


def _table(slug: str, tab_slug: str, order: Order, stamp: str) -> dict[str, Any] | str:
    """Tabulate a tab, write its scripts and its poster; the row of the report, or what failed."""
    tab = catalog()[slug].page.tab(tab_slug)
    key = f"{slug}/{tab_slug}"
    try:
        poster = _poster_or_none(slug, tab, order.languages[0])
        told = {"poster": bool(poster)}
        made = tabulate(slug, tab, order.caps, order.languages, told, order.states.get(key), _free(slug, tab))
    except Fault as fault:
        return str(fault)
    folder = order.out / SHARED / "data" / slug / tab_slug
    if folder.is_dir():
        for old in folder.glob("*.js"):
            old.unlink()
    for part, text in made.scripts.items():
        _write(folder / f"{part}.js", text.encode())
    if poster:
        _write(order.out / SHARED / "posters" / f"{slug}-{tab_slug}.webp", poster)
    return _row(made, stamp) | {"languages": list(order.languages), "poster": bool(poster)}


def _free(slug: str, tab: type[Tab]) -> Free:
    """The inputs of a tab that networks in the browser follow."""
    needs = live.parts(catalog()[slug])
    followed = needs.tabs.get(tab.slug) if needs else None
    if followed is None:
        return Free()
    return Free({name: followed.unless.get(name, ()) for name in followed.live}, live.bases(tab, followed))


def _row(made: Tabulated, stamp: str) -> dict[str, Any]:
    return {
        "mark": stamp, "states": made.states, "planned": made.planned, "refused": made.refused, "cut": made.cut,
        "digest": _digest(made.scripts), "fixed": made.fixed, "bytes": made.bytes, "seconds": round(made.seconds, 2), "parts": list(made.scripts),
    }  # fmt: skip


def _facts(slug: str, _: str, order: Order, stamp: str) -> dict[str, Any] | str:
    """Measure a page's facts."""
    last: Any = None
    for last in run_checks(catalog()[slug]):  # noqa: B007
        pass
    if not isinstance(last, Finished):
        return f"the facts of {slug} could not be measured"
    facts = [dataclasses.asdict(check) for check in last.values["checks"]]
    return {"mark": stamp, "date": order.date, "version": order.version, "checks": facts}


def _poster_or_none(slug: str, tab: type[Tab], lang: Lang) -> bytes | None:
    """The tab's poster; without one where no picture could be taken, which is logged: the tab goes on."""
    try:
        return _poster(slug, tab, lang)
    except (RuntimeError, TimeoutError, OSError) as error:
        log.warning("no poster of %s/%s: %r", slug, tab.slug, error)
        return None


def _poster(slug: str, tab: type[Tab], lang: Lang) -> bytes | None:
    """The tab's first output at its default as a small WebP, else the page's own picture; None where there is neither."""
    last: Any = None
    inputs = tab()
    for last in compute_tab(slug, inputs):  # noqa: B007  kept for the table
        pass
    if isinstance(last, Computed):
        slot = tab.outputs[0]
        data = _pictured(slot, inputs.show(last.result, Say(lang))[slot.name])
        if data is not None:
            return _small(data)
    path = screenshot(slug, "light", lang)
    return _small(path.read_bytes()) if path else None


def _pictured(slot: Slot, value: Any) -> bytes | None:
    match slot.kind:
        case "figure" if export.browser_path():
            return export.figure_bytes(value, "png", scale=1)
        case "image":
            return png_bytes(value)
        case "images":
            return png_bytes(grid_image(value))
        case "animation":
            return png_bytes(value.frames[len(value.frames) // 2])
    return None


def _small(data: bytes) -> bytes:
    with PillowImage.open(io.BytesIO(data)) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail(POSTER, PillowImage.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=POSTER_QUALITY)
    return buffer.getvalue()


def _there(out: Path, key: str, row: Mapping[str, Any]) -> bool:
    """Whether the scripts and the poster of a row are there, as they were written."""
    files = {part: out / SHARED / "data" / key / f"{part}.js" for part in row["parts"]}
    poster = out / SHARED / "posters" / f"{key.replace('/', '-')}.webp"
    if not all(path.is_file() for path in files.values()) or (row["poster"] and not poster.is_file()):
        return False
    return _digest({part: path.read_text(encoding="utf-8") for part, path in files.items()}) == row["digest"]


def _digest(scripts: Mapping[str, str]) -> str:
    told = "".join(f"{part}\n{text}" for part, text in sorted(scripts.items()))
    return hashlib.sha256(told.encode()).hexdigest()


def _ordered(order: Order, key: str) -> bool:
    slug, _, name = key.partition("/")
    return name in {tab.slug for tab in order.tabs.get(slug, ())}


def _write_site(order: Order, report: Report) -> set[str]:
    """Every page of what was tabulated, and what they share; the paths of all that the site consists of."""
    rows = {**report.others, **report.tabs}
    paths = {f"{SHARED}/data/{key}/{part}.js" for key, row in rows.items() for part in row["parts"]}
    paths |= {f"{SHARED}/posters/{key.replace('/', '-')}.webp" for key, row in rows.items() if row["poster"]}

    def write(path: str, data: bytes) -> None:
        paths.add(path)
        _write(order.out / path, data)

    built = {e.slug: [tab for tab in e.page.tabs if f"{e.slug}/{tab.slug}" in rows] for e in catalog()}
    there = {slug: catalog()[slug] for slug, tabs in built.items() if tabs}
    site = Site(Catalog(there), order.languages, order.version, order.date, order.live)
    shared = {
        "site.js": bundle.site_script().encode(), "site.css": bundle.site_style().encode(),
        "frame.js": bundle.frame_script().encode(), "favicon.svg": (ASSETS / "logo.svg").read_bytes(), "plotly.js": bundle.plotly_script().encode(),
        **{f"katex/{name}": data for name, data in bundle.katex_files().items()},
    }  # fmt: skip
    for name, data in shared.items():
        write(f"{SHARED}/{name}", data)
    write(NO_JEKYLL, b"")
    extras = {}
    for slug, entry in there.items():
        written = live.write(entry, order.out)
        extras[slug] = written.scripts
        paths |= set(written.files)
        report.models |= {name: difference for name, difference in written.differences.items()}
    for lang in order.languages:
        folder = site.place(lang)
        write(f"{folder}index.html", front_page(site, lang).encode())
        for slug, entry in there.items():
            facts = report.checks.get(slug)
            write(f"{folder}{slug}.html", gallery_page(site, entry, built[slug], lang, facts, extras[slug]).encode())
            for theme in ("light", "dark"):
                if path := screenshot(slug, theme, lang):
                    picture = thumbnail(path).split(",", 1)[1]
                    write(f"{SHARED}/shots/{path.stem}.webp", base64.b64decode(picture))
    for slug, entry in there.items():
        if reel := film(slug):
            write(f"{SHARED}/films/{reel.name}", reel.read_bytes())
        for tab in built[slug]:
            write(f"{slug}/{tab.slug}/embed.html", embed_page(site, entry, tab, extras[slug]).encode())
    return paths


def _write(path: Path, data: bytes) -> None:
    """The file with ``data``, whole or not at all; one that has it already is left as it is."""
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)
