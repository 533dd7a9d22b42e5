"""The command line: list, show, run, verify, shot, weights, engine, build.

Stable, because other programs rely on it. Bad input is one line on stderr that names the input, the value and what is
allowed, exit status 2, and nothing written.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from core.settings import CALLER_CAN_MEND, BadSetting
from gallery.engine.catalog import Entry, UnknownPage, catalog
from gallery.fields import Field, File, Image, Sketch
from gallery.inputs import InputError, Upload, fields, json_schema, parse
from gallery.page import LANGUAGES, Page, Tab
from gallery.text import Text

__all__ = ["app", "main"]

FAILED, INTERRUPTED = 1, 130
USAGE_ERROR: Any = typer.BadParameter.__bases__[0]  # typer brings its own copy of click and does not name this class
EXAMPLE = "example:"
app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="The gallery of playable models."
)


class BadInput(ValueError):
    """Something the caller can mend; its message is the line on stderr."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    try:
        result = app(
            args=list(sys.argv[1:] if arguments is None else arguments),
            prog_name="python -m gallery",
            standalone_mode=False,
        )
    except (BadInput, BadSetting, InputError, UnknownPage) as error:
        return _refuse(error)
    except USAGE_ERROR as error:
        return _refuse(error.format_message())
    except typer.Abort:
        return INTERRUPTED
    return int(result) if isinstance(result, int) else 0


def _refuse(message: object) -> int:
    print(" ".join(str(message).split()), file=sys.stderr)
    return CALLER_CAN_MEND


Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="An input; a path for pictures and files.")
]
Lang = Annotated[str, typer.Option(help="zh | en")]


@app.command("list")
def list_pages(as_json: Json = False) -> None:
    """List the pages."""
    rows = [
        {
            "slug": e.slug, "family": e.family, "title": e.page.title._asdict(),
            "tabs": [{"slug": tab.slug, "title": tab.label._asdict()} for tab in e.page.tabs], "weights": list(e.page.weights),
        }
        for e in catalog()
    ]  # fmt: skip
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        print(
            f"{row['slug']:20} {row['family']:8} {row['title']['en']}  [{', '.join(tab['slug'] for tab in row['tabs'])}]"
        )


@app.command()
def show(slug: str, as_json: Json = False) -> None:
    """Show a page: its tabs, their inputs as JSON Schema, the post, the weights."""
    page = catalog()[slug].page
    post = page.post
    data = {
        "slug": slug,
        "tabs": [_tab_json(tab) for tab in page.tabs],
        "post": {"id": post.id, "title": post.title._asdict(), "date": post.date.isoformat(), "address": post.address},
        "weights": list(page.weights),
    }
    if as_json:
        _print_json(data)
        return
    print(f"{page.title.zh} / {page.title.en}\n{post.address}")
    for tab in page.tabs:
        print(f"\n{tab.slug}: {tab.question.en}")
        for name, field in fields(tab).items():
            default = field.to_link(getattr(tab(), name))
            print(
                f"  {name} = {default if default is None or len(default) < 40 else default[:39] + '…'}  ({field.describe().en})"
            )


@app.command()
def run(
    slug: str,
    out: Annotated[Path, typer.Option(help="The folder to write into.")],
    tab: Annotated[str | None, typer.Option(help="Default: the first tab.")] = None,
    set_: Set = None,
    lang: Lang = LANGUAGES[0],
    theme: Annotated[str, typer.Option(help="light | dark")] = "light",
) -> int:
    """Run a tab and write every output, and outputs.json, to a folder."""
    from gallery.engine import export
    from gallery.engine.runner import Failed, Finished, Progress, run_tab

    entry = catalog()[slug]
    chosen, language = _tab_of(entry, tab), _one_of("lang", lang, LANGUAGES)
    theme = _one_of("theme", theme, ("light", "dark"))
    if out.exists() and not out.is_dir():
        raise BadInput(f"out = {out}: must be a folder, not a file")
    inputs = parse(chosen, _given(chosen, set_ or []))
    last, told = None, set()
    for last in run_tab(slug, inputs, language):  # type: ignore[arg-type]
        if isinstance(last, Progress) and last.label and last.label not in told:  # each once: what makes one wait
            told.add(last.label)
            print(Text(*last.label)(language), file=sys.stderr, flush=True)
    if isinstance(last, Failed):
        print(" ".join(last.message(language).split()), file=sys.stderr)
        return CALLER_CAN_MEND if last.expected else FAILED
    assert isinstance(last, Finished)
    with tempfile.TemporaryDirectory() as folder:
        made = []
        for slot in chosen.outputs:
            files, missing = [], []
            for form in export.FORMS[slot.kind]:
                name = f"{slot.name}.{form}"
                try:
                    data = export.file_bytes(slot, last.values[slot.name], form, theme)
                except export.NoBrowser as error:
                    missing.append({"file": name, "reason": str(error)})
                    continue
                (Path(folder) / name).write_bytes(data)
                files.append(name)
            made.append(
                {"name": slot.name, "kind": slot.kind, "files": files} | ({"missing": missing} if missing else {})
            )
        manifest = {"slug": slug, "tab": chosen.slug, "lang": language, "inputs": inputs.to_link(), "outputs": made}
        (Path(folder) / "outputs.json").write_text(
            json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )
        out.mkdir(parents=True, exist_ok=True)
        for path in Path(folder).iterdir():
            shutil.copy(path, out / path.name)
    if any("missing" in item for item in made):
        print(export.NoBrowser(), file=sys.stderr)
    for item in made:
        print(f"{item['name']}: {', '.join(item['files'])}")
    return 0


@app.command()
def verify(slugs: Annotated[list[str] | None, typer.Argument()] = None, as_json: Json = False) -> int:
    """Measure the facts of pages (default: all); exit status 1 when one fails."""
    from gallery.engine.render import bounds
    from gallery.engine.runner import Failed, Finished, run_checks

    chosen = [catalog()[slug] for slug in slugs] if slugs else list(catalog())
    rows, failed = [], False
    for entry in chosen:
        last = None
        for last in run_checks(entry):  # noqa: B007
            pass
        if isinstance(last, Failed):
            print(f"{entry.slug}: {last.message('en')}", file=sys.stderr)
            failed = True
        checks = last.values["checks"] if isinstance(last, Finished) else []
        failed |= not all(check.passed for check in checks)
        rows.append(
            {
                "slug": entry.slug,
                "checks": [
                    {
                        "name": c.name,
                        "measured": c.measured,
                        "expected": c.expected,
                        "tolerance": c.tolerance,
                        "passed": c.passed,
                    }
                    for c in checks
                ],
            }
        )
        if not as_json:
            for c in checks:
                print(
                    f"{'pass' if c.passed else 'FAIL'}  {entry.slug}  {c.name}: {c.measured:.6g} (expected {' '.join(bounds(c)) if c.relation == 'close' else bounds(c)[0]})"
                )
    if as_json:
        _print_json(rows)
    return FAILED if failed else 0


@app.command()
def shot(
    slug: str,
    out: Annotated[Path, typer.Option(help="A PNG file.")],
    tab: Annotated[str | None, typer.Option(help="A tab, or verify, post, card.")] = None,
    set_: Set = None,
    lang: Lang = LANGUAGES[0],
    theme: Annotated[str, typer.Option(help="light | dark")] = "light",
    ui: Annotated[str, typer.Option(help="streamlit | gradio")] = "streamlit",
    width: Annotated[int, typer.Option(help="CSS pixels, 320 to 3840.")] = 1280,
    scale: Annotated[float, typer.Option(help="Device pixels a CSS pixel, 1 to 4.")] = 2,
    only: Annotated[str | None, typer.Option(help="An output's name: only that picture.")] = None,
) -> int:
    """Take a picture of a page as a visitor sees it, by a real browser."""
    from gallery.doors import screenshots

    page = catalog()[slug].page if slug else None
    _one_of("lang", lang, LANGUAGES)
    _one_of("theme", theme, ("light", "dark"))
    _one_of("ui", ui, ("streamlit", "gradio"))
    for name, value, low, high in (("width", width, 320, 3840), ("scale", scale, 1, 4)):
        if not low <= value <= high:
            raise BadInput(f"{name} = {value:g}: must be from {low} to {high}")
    if out.suffix.lower() != ".png" or not out.parent.is_dir():
        raise BadInput(f"out = {out}: must be a .png file in a folder that exists")
    values: Mapping[str, str] = {}
    assert page is not None
    if tab not in ("verify", "post", "card"):
        chosen = _tab_of(catalog()[slug], tab)
        tab = chosen.slug
        values = parse(chosen, _given(chosen, set_ or [])).to_link()
        if only is not None:
            _one_of("only", only, [slot.name for slot in chosen.outputs])
    try:
        screenshots.shoot(
            slug, out, tab=tab, values=values, lang=lang, theme=theme, ui=ui, width=width, scale=scale, only=only
        )
    except screenshots.ShotError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return FAILED
    return 0


@app.command()
def build(
    out: Annotated[Path, typer.Option(help="The folder to build into; what is unchanged there is kept.")],
    only: Annotated[
        list[str] | None, typer.Option(metavar="SLUG[/TAB]", help="A page or a tab; default: the whole gallery.")
    ] = None,
    lang: Annotated[str | None, typer.Option(help="zh | en; default: both")] = None,
    live: Annotated[
        str, typer.Option(metavar="URL", help="A gallery with a server, to which fixed controls point.")
    ] = "",
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0: one a core.")] = 0,
    seconds: Annotated[float | None, typer.Option(min=0, help="Of compute a tab at most; default: 30.")] = None,
    states: Annotated[int, typer.Option(min=1, help="A tab at most.")] = 200,
    single: Annotated[
        bool, typer.Option("--single", help="Each tab as one file SLUG-TAB.html that needs no other.")
    ] = False,
    plan: Annotated[
        Path | None, typer.Option(help="build.json of an earlier build: just its states, hence its very bytes.")
    ] = None,
    engine: Annotated[
        str, typer.Option(help="local | ray | ray://host:port: who computes the tables; a cluster shares the folder.")
    ] = "local",
) -> int:
    """Build the gallery as a static site: no server, works from a folder or any static host."""
    from gallery.doors.static import order, summary
    from gallery.doors.static.build import build as built
    from gallery.doors.static.single import singles
    from gallery.doors.static.vendor import NotVendored

    chosen = _chosen_tabs(only or [])
    if lang is not None:
        _one_of("lang", lang, LANGUAGES)
    if out.exists() and not out.is_dir():
        raise BadInput(f"out = {out}: must be a folder, not a file")
    if live and not live.startswith(("http://", "https://")):
        raise BadInput(f"live = {live}: must begin with http:// or https://")
    languages = [code for code in LANGUAGES if lang is None or code == lang]
    made = order.order(out, chosen, languages, live, jobs, seconds, states, plan, engine)  # type: ignore[arg-type]
    if single:
        for path, size in singles(made):
            print(f"{path}: {size / 1e6:.2f} MB", flush=True)
        return 0
    try:
        report = built(made, told=lambda line: print(line, flush=True))
    except NotVendored as error:
        return _refuse(error)
    print(summary.summary(report, out))
    return FAILED if report.failed else 0


@app.command()
def weights(check: Annotated[bool, typer.Option("--verify", help="Compare every file with its card.")] = False) -> int:
    """List the bundled weights: name, size, SHA-256, and what their cards say; and the cache's counters."""
    from core.weights import WeightsError, bundled, counters, read_card
    from core.weights import verify as compare

    status, names = 0, bundled()
    for name in names:
        try:
            card = read_card(name)
        except WeightsError as error:
            print(error, file=sys.stderr)
            status = FAILED
            continue
        print(
            f"{name}: {card.parameters:,} parameters, {sum(f.size for f in card.files):,} bytes; {card.data}; {card.licence}"
        )
        for file in card.files:
            print(f"  {file.path}  {file.size}  {file.sha256}")
        if check:
            try:
                compare(name)
                print("  verified")
            except WeightsError as error:
                print(error, file=sys.stderr)
                status = FAILED
    cache = counters()
    print(
        f"{len(names)} bundled; cache: {cache.entries} loaded, {cache.bytes:,} of {cache.limit:,} bytes, {cache.hits} hits, {cache.loads} loads, {cache.evictions} evictions"
    )
    return status


@app.command()
def engine(as_json: Json = False) -> None:
    """Say who computes, as GALLERY_ENGINE chooses: the workers, their memory, and the line of those who wait."""
    from gallery.engine.engines.chosen import numbers

    state = numbers()
    if as_json:
        _print_json(dataclasses.asdict(state))
        return
    line = state.line
    print(
        f"{state.name}: {line.busy} of {line.capacity} busy, {line.waiting} waiting, {line.served} served, {line.abandoned} abandoned, {state.lost} workers lost"
    )
    if state.away:
        print(state.away)
    for worker in state.workers:
        ready = "ready" if worker.ready else "not ready"
        print(
            f"  {worker.name}  {worker.node} {worker.pid}  {ready}  {worker.memory / 2**20:.0f} MiB, weights {worker.weights / 2**20:.0f} of {worker.weights_limit / 2**20:.0f} MiB, {worker.served} served"
        )


def _tab_json(tab: type[Tab]) -> dict[str, Any]:
    """A tab as programs read it; each try is a set of inputs and what to watch."""
    start = tab()
    return {
        "slug": tab.slug,
        "title": tab.label._asdict(),
        "question": tab.question._asdict(),
        "inputs": json_schema(tab),
        "tries": [
            {"label": attempt.label._asdict(), "inputs": _as_arguments(tab, attempt.inputs)} for attempt in tab.tries
        ],
        "outputs": [{"name": slot.name, "kind": slot.kind} for slot in start.outputs],
    }


def _as_arguments(tab: type[Tab], given: Mapping[str, Any]) -> dict[str, Any]:
    chosen = parse(tab, given)
    return {name: fields(tab)[name].argument(getattr(chosen, name)) for name in given}


def _tab_of(entry: Entry, slug: str | None) -> type[Tab]:
    page: Page = entry.page
    if slug is None:
        return page.tabs[0]
    for tab in page.tabs:
        if tab.slug == slug:
            return tab
    raise BadInput(f"tab = {slug}: must be one of {' | '.join(tab.slug for tab in page.tabs)}")


def _chosen_tabs(only: Sequence[str]) -> dict[str, list[type[Tab]]]:
    """The tabs that --only names, by page in the catalog's order; all of them without."""
    wanted: dict[str, set[str]] = {}
    for name in only:
        slug, _, tab = name.partition("/")
        entry = catalog()[slug]
        wanted.setdefault(slug, set()).update([_tab_of(entry, tab).slug] if tab else [t.slug for t in entry.page.tabs])
    return {
        entry.slug: [tab for tab in entry.page.tabs if not only or tab.slug in wanted[entry.slug]]
        for entry in catalog()
        if not only or entry.slug in wanted
    }


def _one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise BadInput(f"{name} = {value}: must be one of {' | '.join(allowed)}")
    return value


def _given(tab: type[Tab], pairs: Sequence[str]) -> dict[str, Any]:
    """The --set options as raw values; pictures, drawings and files are read from their paths here and nowhere else."""
    declared = fields(tab)
    given: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise BadInput(f"set = {pair}: must be name=value")
        given[name] = _read(name, declared[name], value) if name in declared else value
    return given


def _read(name: str, field: Field, value: str) -> Any:
    if (
        not isinstance(field, Image | Sketch | File)
        or not value
        or value.startswith((EXAMPLE, "ink:", "data:"))
        or "\n" in value
    ):
        return value
    path = Path(value)
    if not (path.is_file() and os.access(path, os.R_OK)):
        if isinstance(field, Sketch) and set(value) <= set("# "):
            return value
        raise BadInput(f"{name} = {value}: no such file; {field.describe().en}")
    limit = 2 * (field.max_bytes if isinstance(field, File) else 2**24)
    with path.open("rb") as stream:
        data = stream.read(limit)
    return Upload(path.name, data) if isinstance(field, File) else data


def _print_json(data: Any) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2))
