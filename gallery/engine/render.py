"""Render: the HTML and Markdown that both front ends show alike, made once.

Everything here takes the language, escapes what it is given and is styled by :func:`css` (classes ``g-…``; colours by
variables of the two palettes). Pictures travel as data addresses: no files, nothing to clean up.
"""

from __future__ import annotations

import base64
import dataclasses
import html
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from core.checks import Check
from gallery.engine import words
from gallery.engine.front_page import index_html
from gallery.engine.links import api_name
from gallery.engine.runner import Event, Failed, Progress, Waiting
from gallery.engine.source import code_shown
from gallery.fields import Field
from gallery.inputs import fields
from gallery.outputs import Grid, Metric, Passage, Slot, Table, Texts, grid_image, shown_bytes
from gallery.page import Page, Tab
from gallery.text import Text, typeset
from gallery.theme import FONT, MONO, Palette, palette

__all__ = [
    "api_text", "card_html", "code_text", "css", "data_address", "escape", "grid_html", "image_html", "index_html",
    "bounds", "called", "message_html", "metrics_html", "note_html", "post_markdown", "state_html", "status_html", "table_html", "text_html",
    "verify_html", "weights_html",
]  # fmt: skip

TINY = 12  # times larger than it is: a picture is then meant to show its pixels
NUMBERS = ' class="g-number"'  # of a cell
OPEN_ROWS = 12  # a table with more is folded: it would push what stands under it out of sight
SHOWN_ROWS = 300  # more rows make a page heavy and nobody reads them there; the CSV has all
STATES = ("idle", "running", "done", "failed")
GAP_GREY = 128  # between the pictures of a grid: reads on light and dark alike
LOCAL_SERVER = "http://localhost:7860"


def css(theme: str | None = None) -> str:
    """The house's style sheet in the colours of ``theme``; without one, light, and dark under the class ``dark``."""
    sheet = _sheet()
    if theme is not None:
        return f":root{{{_variables(palette(theme))}}}\n{sheet}"
    light, dark = _variables(palette("light")), _variables(palette("dark"))
    return f":root{{{light}}}\n.dark{{{dark}}}\n{sheet}"


def state_html(state: str) -> str:
    """The invisible mark by which tests and screenshots know whether the tab is idle, running, done or failed."""
    if state not in STATES:
        raise ValueError(f"state = {state}: must be one of {' | '.join(STATES)}")
    return f'<span class="gallery-state" data-state="{state}"></span>'


def status_html(event: Event | None, lang: str) -> str:
    """Where the work stands, in a line whose height is kept: the place in the queue, a progress bar, or a failure."""
    match event:
        case Waiting():
            inner, kind = _progress(None, event.label(lang)), "busy"
        case Progress():
            label = Text(*event.label)(lang) if event.label else words.COMPUTING(lang)
            inner, kind = _progress(min(max(event.fraction, 0.0), 1.0), label), "busy"
        case Failed():
            return message_html(event.message, lang)
        case _:
            inner, kind = "", "quiet"
    return f'<div class="g-status g-{kind}" role="status"{_language(lang)}>{inner}</div>'


def note_html(note: Text, lang: str) -> str:
    """A remark in the place of the status: what stands below is old, or nothing is there yet."""
    return (
        f'<div class="g-status g-quiet"{_language(lang)}><span class="g-status-label">{escape(note(lang))}</span></div>'
    )


def called(slot: Slot, lang: str) -> str:
    """What a reader calls an output."""
    return (slot.label or words.KINDS[slot.kind])(lang)


def message_html(message: Text | Sequence[str], lang: str) -> str:
    """A message that the reader must see: what failed, or what a link asked for in vain (several lines are a list)."""
    if isinstance(message, Text):
        inner = f"<p>{escape(message(lang))}</p>"
    else:
        inner = "".join(f"<p>{escape(line)}</p>" for line in message)
    return f'<div class="g-message" role="alert"{_language(lang)}>{inner}</div>'


def metrics_html(metrics: Sequence[Metric], lang: str) -> str:
    """A row of figures, each with its label above and its remark below."""
    cells = "".join(
        f'<div class="g-metric"><div class="g-label">{escape(typeset(m.label))}</div><div class="g-value">'
        f'{escape(typeset(m.shown))}</div><div class="g-note">{escape(typeset(m.note))}</div></div>'
        for m in metrics
    )
    return f'<div class="g-metrics"{_language(lang)}>{cells}</div>'


def image_html(array: np.ndarray, alt: str, height: int) -> str:
    """One picture ``height`` CSS pixels high (a tiny one with hard pixel edges), never wider than its place."""
    hard = " g-pixels" if array.shape[0] * TINY <= height else ""
    width = height * array.shape[1] / array.shape[0]
    ratio = f"{array.shape[1]}/{array.shape[0]}"
    return (
        f'<div class="g-picture"><img class="g-image{hard}" alt="{escape(alt)}" src="{data_address(array)}" '
        f'style="width:{width:.0f}px;aspect-ratio:{ratio}"></div>'
    )


def grid_html(grid: Grid, lang: str, height: int = 0) -> str:
    """A strip or grid as one picture; with captions one a row, each caption under its picture.

    A picture is shown ``height`` CSS pixels high (0: in its own size), all of them smaller where there is no room.
    """
    if not len(grid.images):
        return f'<p class="g-note"{_language(lang)}>{escape(words.EMPTY(lang))}</p>'
    columns = min(grid.columns or len(grid.images), len(grid.images))
    step = columns if grid.captions else len(grid.images)
    rows = "".join(_strip(grid, start, step, columns, lang, height) for start in range(0, len(grid.images), step))
    return f'<div class="g-grid"{_language(lang)}>{rows}</div>'


def text_html(text: str | Texts) -> str:
    """Plain text as it is, line breaks kept, growing while it is written; passages stand side by side."""
    if isinstance(text, str):
        return f'<div class="g-text" aria-live="polite">{escape(text)}</div>'
    kind = " g-verses" if all(passage.verse for passage in text.passages) else ""
    return f'<div class="g-text g-passages{kind}" aria-live="polite">{"".join(map(_passage, text.passages))}</div>'


def _passage(passage: Passage) -> str:
    if passage.shades or passage.notes:
        shades = passage.shades or [0.0] * len(passage.text)
        notes = passage.notes or [""] * len(passage.text)
        inner = "".join(map(_shaded, passage.text, shades, notes))
    else:
        inner = escape(passage.text)
    title = f'<div class="g-over">{escape(passage.title)}</div>' if passage.title else ""
    caption = f'<div class="g-note">{escape(passage.caption)}</div>' if passage.caption else ""
    kind = "g-verse" if passage.verse else "g-prose"
    return f'<div class="g-passage">{title}<div class="{kind}">{inner}</div>{caption}</div>'


def _shaded(character: str, shade: float, note: str) -> str:
    if character == "\n" or not (shade > 0 or note):
        return escape(character)
    said = f' title="{escape(note)}"' if note else ""
    return f'<span class="g-shade" style="--g-shade:{min(max(shade, 0), 1):.2f}"{said}>{escape(character)}</span>'


def table_html(table: Table, lang: str) -> str:
    """A table that scrolls in its own place, folded when it is long; numbers and the heads above them stand right."""
    rows = table.rows
    if not rows:
        return f'<div class="g-scroll"{_language(lang)}><p class="g-note">{escape(words.NO_ROWS(lang))}</p></div>'
    head = "".join(
        f"<th{NUMBERS if all(_is_number(row[k]) for row in rows[:SHOWN_ROWS]) else ''}>{escape(name)}</th>"
        for k, name in enumerate(table.columns)
    )
    body = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in rows[:SHOWN_ROWS])
    more = ""
    if len(rows) > SHOWN_ROWS:
        more = f'<p class="g-note">{escape(words.TABLE_FIRST(lang).format(SHOWN_ROWS, len(rows)))}</p>'
    sheet = (
        f'<div class="g-scroll"{_language(lang)} tabindex="0"><table class="g-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>{more}</div>"
    )
    if len(rows) <= OPEN_ROWS:
        return sheet
    return f'<details class="g-fold"><summary>{escape(words.TABLE_ROWS(lang).format(len(rows)))}</summary>{sheet}</details>'


def verify_html(
    checks: Sequence[Check], lang: str, of: int = 0, done: bool = True, note: Text = words.VERIFY_NOTE
) -> str:
    """The facts of a Verify tab: measured, expected, tolerance, whether it holds, and why it should.

    Until it is ``done`` the summary counts: so many of ``of``, where that number is known. ``note`` says when it was measured.
    """
    failed = sum(not check.passed for check in checks)
    if done:
        summary = (words.SOME_FAILED if failed else words.ALL_PASSED)(lang).format(len(checks), failed)
    elif failed:
        summary = words.FAILED_SO_FAR(lang).format(len(checks), failed)
    else:
        summary = (words.SO_FAR_OF if of else words.SO_FAR)(lang).format(len(checks), of)
    head = "".join(
        f"<th>{escape(w(lang))}</th>"
        for w in (words.CHECK, words.MEASURED, words.EXPECTED, words.TOLERANCE, words.NOTE)
    )
    body = "".join(_check_row(check, lang) for check in checks)
    return (
        f'<div class="g-verify"{_language(lang)}><p>{escape(note(lang))}</p>'
        f'<p class="g-summary {"g-bad" if failed else "g-good" if done else ""}" role="status">{escape(summary)}</p>'
        f'<table class="g-table g-checks"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def bounds(check: Check) -> tuple[str, str]:
    """What a fact should be and how far it may deviate, so that «measured, expected» reads true as it stands."""
    expected, tolerance = _number(check.expected), _number(check.tolerance)
    if check.relation == "close":
        return expected, f"± {tolerance}"
    sign, shift = {"at_most": ("≤", "+"), "at_least": ("≥", "-")}[check.relation]
    return (f"{sign} {expected} {shift} {tolerance}" if check.tolerance else f"{sign} {expected}"), tolerance


def weights_html(name: str, lang: str) -> str:
    """The card of the weights ``name``, or in a sentence why it cannot be shown."""
    from core.weights import WeightsError, read_card

    try:
        return card_html(read_card(name).model_dump(), lang)
    except WeightsError as error:
        return message_html(Text(*error.text), lang)


def card_html(card: Any, lang: str) -> str:
    """A model card (mapping or dataclass) as a list of names and values, nested as it is."""
    if dataclasses.is_dataclass(card) and not isinstance(card, type):
        card = dataclasses.asdict(card)
    return f'<div class="g-card-sheet"{_language(lang)}>{_nested(card, lang)}</div>'


def post_markdown(page: Page, lang: str) -> str:
    """The post: title with its address, number and date; the story; what differs here; papers."""
    post = page.post
    title = post.title(lang).replace("[", "\\[").replace("]", "\\]")
    parts = [
        f"### [{title}]({post.address})",
        f"{words.POST_NUMBER(lang).format(post.id)} · {post.date.isoformat()}",
        post.story(lang),
        f"#### {words.POST_CHANGES(lang)}",
        post.changes(lang),
    ]
    if post.papers:
        parts += [f"#### {words.PAPERS(lang)}", "\n".join(f"- [{name}]({address})" for name, address in post.papers)]
    return "\n\n".join(parts)


def code_text(page_slug: str, inputs: Tab) -> str:
    """The lines that reproduce the present picture with ``core`` alone."""
    return code_shown(page_slug, inputs)


def api_text(slug: str, inputs: Tab, base: str = LOCAL_SERVER) -> str:
    """The call that gives the present result over HTTP, with the present inputs filled in."""
    arguments = "".join(
        f"    {name}={_argument(field, getattr(inputs, name))},\n" for name, field in fields(type(inputs)).items()
    )
    return (
        f"from gradio_client import Client\n\nclient = Client({json.dumps(base)})\nresult = client.predict(\n"
        f"{arguments}    api_name={json.dumps(api_name(slug, inputs.slug))},\n)\nprint(result)\n"
    )


def data_address(array: np.ndarray) -> str:
    """A uint8 image [H, W] or [H, W, 3] as a data address that a browser shows to the pixel."""
    form, data = shown_bytes(array)
    return f"data:image/{form};base64,{base64.b64encode(data).decode('ascii')}"


def _argument(field: Field, value: Any) -> str:
    """The value as a Python literal that the endpoint accepts; an upload is left for the caller to fill in."""
    given = field.argument(value)
    return '"data:;base64,…"' if given is None and value is not None else repr(given)


def _strip(grid: Grid, start: int, step: int, columns: int, lang: str, shown: int) -> str:
    """Pictures ``start`` … ``start + step`` as one with their captions; a short last row keeps its column width."""
    pictures, captions = grid.images[start : start + step], grid.captions[start : start + step]
    sheet = grid_image(Grid(pictures, columns, (), grid.scale), background=GAP_GREY)
    height, width = sheet.shape[:2]
    alt = f"{words.PICTURE(lang)} {', '.join(captions)}".strip()
    image = (
        f'<img class="g-image{" g-pixels" if grid.scale > 1 else ""}" alt="{escape(alt)}" '
        f'src="{data_address(sheet)}" style="width:100%;aspect-ratio:{width}/{height}">'
    )
    cells = "".join(f"<span>{escape(caption)}</span>" for caption in captions)
    places = f"grid-template-columns:repeat({columns},1fr)"
    below = f'<div class="g-captions" style="{places}">{cells}</div>' if cells else ""
    scale = shown / (np.shape(pictures[0])[0] * grid.scale) if shown else 1
    return f'<div class="g-strip" style="width:{width * scale:.0f}px">{image}{below}</div>'


def _check_row(check: Check, lang: str) -> str:
    name = check.name if lang == "en" else check.zh
    note = (check.note if lang == "en" else check.note_zh) or check.note
    mark, word = ("✓", words.PASSED) if check.passed else ("✗", words.FAILED)
    kind = "g-good" if check.passed else "g-bad"
    expected, tolerance = bounds(check)
    cells = ((words.MEASURED, _number(check.measured)), (words.EXPECTED, expected), (words.TOLERANCE, tolerance))
    numbers = "".join(f'<td class="g-number" data-label="{escape(w(lang))}">{escape(v)}</td>' for w, v in cells)
    return (
        f'<tr class="{kind}"><td class="g-fact"><span class="g-mark" title="{escape(word(lang))}">{mark}'
        f'<span class="g-hidden"> {escape(word(lang))}</span></span> {escape(name)}</td>{numbers}'
        f'<td class="g-why">{escape(note)}</td></tr>'
    )


def _nested(value: Any, lang: str) -> str:
    if isinstance(value, Mapping):
        if {"zh", "en"} == set(value):
            return escape(value[lang if lang == "en" else "zh"])
        known = ((key, v) for key, v in value.items() if v is not None and v != "")
        rows = (f"<dt>{escape(_label(key, lang))}</dt><dd>{_nested(v, lang)}</dd>" for key, v in known)
        return f"<dl>{''.join(rows)}</dl>"
    if isinstance(value, Text):
        return escape(value(lang))
    if isinstance(value, list | tuple):
        if any(isinstance(v, Mapping | list | tuple) for v in value):
            return "<ul>" + "".join(f"<li>{_nested(v, lang)}</li>" for v in value) + "</ul>"
        return escape(", ".join(_number(v) if isinstance(v, float) else str(v) for v in value))
    if isinstance(value, str) and value.startswith("https://"):
        return f'<a href="{escape(value)}" target="_blank" rel="noopener">{escape(value)}</a>'
    return escape(_number(value) if isinstance(value, float) else str(value))


def _label(key: Any, lang: str) -> str:
    return words.CARD_LABELS[key](lang) if key in words.CARD_LABELS else str(key)


def _cell(value: Any) -> str:
    return f"<td{NUMBERS}>{escape(_number(value))}</td>" if _is_number(value) else f"<td>{escape(value)}</td>"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: float) -> str:
    """Six significant digits; whole numbers in full, thousands not apart (they may be copied)."""
    whole = isinstance(value, int) or (value.is_integer() and abs(value) < 1e15)
    return str(int(value)) if whole else f"{value:.6g}"


def _progress(fraction: float | None, label: str) -> str:
    if fraction is None:
        return f'<span class="g-status-label">{escape(label)}</span><span class="g-bar g-endless"><i></i></span>'
    percent = f"{100 * fraction:.0f}"
    return (
        f'<span class="g-status-label">{escape(label)}</span><span class="g-bar" role="progressbar" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{percent}"><i style="width:{percent}%"></i></span>'
    )


def _variables(p: Palette) -> str:
    names = ("background", "surface", "ink", "muted", "rule", "accent", "good", "bad")
    colours = "".join(f"--g-{name}:{getattr(p, name)};" for name in names)
    return f"{colours}--g-font:{FONT};--g-mono:{MONO};"


@lru_cache(maxsize=1)
def _sheet() -> str:
    return (Path(__file__).parent / "house.css").read_text(encoding="utf-8")


def _language(lang: str) -> str:
    """The attribute by which browsers choose Chinese glyph forms."""
    return ' lang="en"' if lang == "en" else ' lang="zh-CN"'


def escape(value: Any) -> str:
    return html.escape(str(value), quote=True)
