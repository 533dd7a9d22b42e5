"""A page in the Gradio front end: one Blocks for a page and a language, made from its declaration alone.

The browser holds what a visitor has chosen; the server keeps nothing but which tabs have been shown. ``view`` travels
with every event: ``{theme, embed, query, link}``; the link it brings back becomes the address.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import gradio as gr

from gallery.doors.gradio.form import form_script
from gallery.doors.gradio.frame import LATEX, NOW, QUIET, Frame, counters_html, plain_html, view_text
from gallery.doors.gradio.outputs import Downloads, output_component, shown_output
from gallery.doors.gradio.zero_gpu import run_tab
from gallery.engine import render, words
from gallery.engine.catalog import Entry
from gallery.engine.form import form_text, raw_values, shown_values
from gallery.engine.links import embed_snippet, page_link, read_state
from gallery.engine.runner import Failed, Finished, Progress, Values, Waiting, run_checks
from gallery.fields import File, Image
from gallery.inputs import InputError, fields, parse, parse_link
from gallery.page import Page, Tab
from gallery.text import Lang

__all__ = ["build_page"]

HOUSE_TABS = {"verify": words.VERIFY, "post": words.POST, "card": words.CARD}
Update = dict[Any, Any]


@dataclass(frozen=True)
class TabParts:
    """The components of one tab."""

    tab: type[Tab]
    item: gr.Tab
    form: gr.HTML
    status: gr.HTML
    outputs: Mapping[str, Any]
    code: gr.Code
    api: gr.Code
    embed: gr.HTML
    unlinked: gr.HTML
    downloads: Downloads
    run: gr.Button | None
    stop: gr.Button | None
    reset: gr.HTML

    @property
    def shown(self) -> list[Any]:
        """Everything that a run of the tab may change."""
        return [self.status, *self.outputs.values(), self.code, self.api, self.embed, self.unlinked]


class PageView:
    """One page in one language: its components and what happens when a visitor does something."""

    def __init__(self, entry: Entry, lang: Lang, base: str) -> None:
        self.entry: Entry = entry
        self.slug: str = entry.slug
        self.page: Page = entry.page
        self.lang: Lang = lang
        self.base: str = base
        self.names = [tab.slug for tab in self.page.tabs] + [
            name for name in HOUSE_TABS if name != "card" or self.page.weights
        ]

    def build(self) -> gr.Blocks:
        page, lang = self.page, self.lang
        title = f"{page.title(lang)} · {words.HOUSE(lang)}"
        with gr.Blocks(title=title, fill_width=True, analytics_enabled=False) as demo:
            self.frame = Frame.build(self.slug, lang, self.base)
            plain_html(
                f'<h1>{render.escape(page.title(lang))}</h1><p class="g-summary-line">'
                f"{render.escape(page.summary(lang))}</p>", elem_classes=["g-heading"],
            )  # fmt: skip
            self.problems = plain_html(visible=False)
            self.seen = gr.State(())
            with gr.Tabs(selected=self.names[0], overflow_behavior="wrap", elem_classes=["g-tabs"]) as self.tabs:
                self.parts = [self._tab(tab) for tab in page.tabs]
                self._house_tabs()
            self._events(demo)
        return demo

    def _tab(self, tab: type[Tab]) -> TabParts:
        lang = self.lang
        first, *others = tab.outputs
        initial = tab()
        with gr.Tab(tab.label(lang), id=tab.slug, render_children=True) as item:
            plain_html(f'<p class="g-question">{render.escape(tab.question(lang))}</p>')
            if tab.tries:
                plain_html(_tries_html(tab, lang), TRIES_SCRIPT)
            with gr.Row(elem_classes=["g-tab"]):
                with gr.Column(scale=0, min_width=280, elem_classes=["g-controls"]):
                    script = form_script(tab, lang, f"{self.base}/_/form/form.js", self.names[0])
                    form = plain_html(form_text(initial, lang), script, html_template="")
                    run = stop = None
                    if not tab.live:
                        with gr.Row(elem_classes=["g-run"]):
                            run = gr.Button(words.RUN(lang), variant="primary", min_width=80)
                            stop = gr.Button(words.STOP(lang), min_width=80)
                    reset = plain_html(
                        f'<button type="button" class="g-small g-reset">{words.RESET(lang)}</button>', RESET_SCRIPT
                    )
                with gr.Column(scale=1, min_width=320, elem_classes=["g-answer"]):
                    status = plain_html(render.status_html(None, lang))
                    outputs = {first.name: output_component(first, lang, self.base)}
            for slot in others:
                outputs[slot.name] = output_component(slot, lang, self.base)
            with gr.Row(elem_classes=["g-sections"]):
                with gr.Accordion(words.CODE_AND_API(lang), open=False):
                    code = gr.Code(
                        render.code_text(self.slug, initial), language="python", interactive=False,
                        label=words.CODE_NOTE(lang),
                    )  # fmt: skip
                    api = gr.Code(
                        render.api_text(self.slug, initial), language="python", interactive=False,
                        label=words.API_NOTE(lang),
                    )  # fmt: skip
                with gr.Accordion(words.DOWNLOAD(lang), open=False):
                    downloads = Downloads.build(self.slug, tab, lang)
                with gr.Accordion(words.LINK(lang), open=False):
                    plain_html(
                        f'<p class="g-note">{words.LINK_NOTE(lang)}</p><code class="g-address"></code>'
                        '<button type="button" class="g-small" data-g-copy="address" '
                        f'data-g-copied="{words.COPIED(lang)}">{words.COPY_LINK(lang)}</button>', ADDRESS_SCRIPT,
                    )  # fmt: skip
                    embed = plain_html(self._embed(initial))
                    unlinked = plain_html(self._unlinked(initial))
        return TabParts(tab, item, form, status, outputs, code, api, embed, unlinked, downloads, run, stop, reset)

    def _house_tabs(self) -> None:
        page, lang = self.page, self.lang
        self.items: dict[str, gr.Tab] = {}
        with gr.Tab(words.VERIFY(lang), id="verify", render_children=True) as self.items["verify"]:
            self.verify_status = plain_html(render.status_html(None, lang))
            self.verify_table = plain_html(min_height=320)
            self.verify_again = gr.Button(words.VERIFY_RUN(lang), size="sm", scale=0, min_width=120)
        with gr.Tab(words.POST(lang), id="post", render_children=True) as self.items["post"]:
            gr.Markdown(render.post_markdown(page, lang), latex_delimiters=LATEX, elem_classes=["g-post"])
        if page.weights:
            with gr.Tab(words.CARD(lang), id="card", render_children=True) as self.items["card"]:
                plain_html("".join(render.weights_html(name, lang) for name in page.weights))

    def _events(self, demo: gr.Blocks) -> None:
        frame = self.frame
        quiet = {**QUIET, "js": NOW}
        base = [frame.view, frame.state, frame.counters, self.seen]
        opened = demo.load(self._open, [frame.view], self._everything(), js="() => [window.gallery.opened()]", **QUIET)
        frame.view.input(
            self._open,
            [frame.view],
            self._everything(),
            js="() => [window.gallery.opened(true)]",
            cancels=[opened],
            **QUIET,
        )
        for parts in self.parts:
            self._tab_events(parts, opened, base, quiet)
        checks = [*base, self.verify_status, self.verify_table]
        verify = self.items["verify"].select(self._verify, [frame.view, self.seen], checks, **quiet)
        self.verify_again.click(self._verify_again, [frame.view, self.seen], checks, cancels=[opened, verify], **quiet)
        for name in set(self.items) - {"verify"}:
            self.items[name].select(partial(self._still, name), [frame.view], base, queue=False, **quiet)

    def _tab_events(self, parts: TabParts, opened: Any, base: list[Any], quiet: dict[str, Any]) -> None:
        given, changed = [self.frame.view, self.seen, parts.form], [*base, *parts.shown]
        run, before = partial(self._run, parts), [opened]
        before.append(parts.item.select(partial(self._select, parts), given, changed, **quiet))
        if parts.run is None or parts.stop is None:
            parts.form.input(run, given, changed, cancels=before, trigger_mode="always_last", **quiet)
        else:
            touch = partial(self._touch, parts)
            parts.form.input(touch, given, changed, trigger_mode="always_last", queue=False, **quiet)
            before.append(parts.run.click(run, given, changed, cancels=before, **quiet))
            halted = parts.stop.click(None, cancels=before, queue=False, show_progress="hidden")
            # Said only after the run is off, or its last progress would stand over it.
            halted.then(self._stopped, None, [parts.status, self.frame.state], queue=False, **QUIET)
        parts.downloads.listen(parts.form, self.frame.view)

    def _everything(self) -> list[Any]:
        frame = self.frame
        own = [frame.view, frame.state, frame.counters, self.seen, self.problems, self.tabs]
        tabs = [component for parts in self.parts for component in (parts.form, *parts.shown)]
        return [*own, *tabs, self.verify_status, self.verify_table]

    # What happens

    def _open(self, view: str) -> Iterator[Update]:
        """Show the state of the address, then compute its tab."""
        asked = json.loads(view)
        state = read_state(parse_qs(str(asked.get("query", "")), keep_blank_values=True))
        problems = [problem.told(self.lang) for problem in state.problems]
        where = state.tab or self.names[0]
        if where not in self.names:
            problems.append(f"tab = {where}: {words.NO_TAB(self.lang).format(' | '.join(self.names))}")
            where = self.names[0]
        view = view_text(state.theme, state.embed, origin=str(asked.get("origin", "")))
        first: Update = {self.tabs: gr.update(selected=where)}
        parts = self._parts(where)
        inputs: Tab | None = None
        if parts is not None:
            told, refused = parse_link(parts.tab, state.values)
            problems += [problem.told(self.lang) for problem in refused]
            # An upload is in no link: the browser may still have the one of before a reload. Back has none to keep.
            own = [] if asked.get("back") else _uploads(parts.tab)
            first[parts.form] = form_text(told, self.lang, [name for name in own if name not in state.values])
            inputs = told
        if problems:
            message = render.message_html([words.LINK_BAD(self.lang), *problems], self.lang)
            first[self.problems] = gr.update(value=message, visible=True)
        yield first
        yield from self._shown_tab(where, inputs, view, ())

    def _shown_tab(self, where: str, inputs: Tab | None, view: str, seen: Sequence[str]) -> Iterator[Update]:
        parts = self._parts(where)
        if parts is not None and inputs is not None:
            yield from self._compute(parts, inputs, view, seen)
        elif where == "verify":
            yield from self._verify_again(view, seen)
        else:
            yield self._at(where, view) | {self.frame.state: render.state_html("done")}

    def _select(self, parts: TabParts, view: str, seen: Sequence[str], form: str) -> Iterator[Update]:
        """A tab seen before still shows its picture; one that is new is computed."""
        if not json.loads(view).get("clicked"):
            yield {self.frame.state: gr.skip()}  # the page itself chose the tab, and is computing it
            return
        if parts.tab.slug not in seen:
            yield from self._run(parts, view, seen, form)
            return
        try:
            inputs = parse(parts.tab, raw_values(parts.tab, form))
        except InputError as error:
            yield self._refused(parts, error)
            return
        yield {**self._at(parts.tab.slug, view, inputs), self.frame.state: render.state_html("done")}

    def _run(self, parts: TabParts, view: str, seen: Sequence[str], form: str) -> Iterator[Update]:
        try:
            inputs = parse(parts.tab, raw_values(parts.tab, form))
        except InputError as error:
            yield self._refused(parts, error)
            return
        yield from self._compute(parts, inputs, view, seen)

    def _compute(self, parts: TabParts, inputs: Tab, view: str, seen: Sequence[str]) -> Iterator[Update]:
        """Run the tab and pass on what it gives; closing this generator cancels the run and frees its slot."""
        tab, lang, frame = parts.tab, self.lang, self.frame
        yield {
            **self._at(tab.slug, view, inputs), **self._told(parts, inputs, view),
            frame.state: render.state_html("running"), parts.status: render.status_html(Progress(0.0), lang),
        }  # fmt: skip
        for event in run_tab(self.slug, inputs, lang):
            match event:
                case Values(values):
                    yield self._drawn(parts, values)
                case Finished(values):
                    yield {
                        **self._drawn(parts, values), parts.status: render.status_html(None, lang),
                        frame.state: render.state_html("done"), frame.counters: counters_html(lang),
                        self.seen: tuple({*seen, tab.slug}),
                    }  # fmt: skip
                case Failed():
                    unseen = tuple(name for name in seen if name != tab.slug)
                    yield {**self._failed(parts, render.status_html(event, lang)), self.seen: unseen}
                case Waiting() | Progress():
                    yield {parts.status: render.status_html(event, lang)}

    def _drawn(self, parts: TabParts, values: Mapping[str, Any]) -> Update:
        slots = {slot.name: slot for slot in parts.tab.outputs}
        return {parts.outputs[n]: shown_output(slots[n], v, self.lang) for n, v in values.items()}

    def _touch(self, parts: TabParts, view: str, seen: Sequence[str], form: str) -> Update:
        """An input of a tab with a Run button changed: only the address and the code follow."""
        try:
            inputs = parse(parts.tab, raw_values(parts.tab, form))
        except InputError as error:
            return self._refused(parts, error)
        note = render.note_html(words.RESULT_OLD, self.lang)
        return {**self._at(parts.tab.slug, view, inputs), **self._told(parts, inputs, view), parts.status: note}

    def _verify(self, view: str, seen: Sequence[str]) -> Iterator[Update]:
        if not json.loads(view).get("clicked") or "verify" in seen:
            yield self._still("verify", view)
        else:
            yield from self._verify_again(view, seen)

    def _verify_again(self, view: str, seen: Sequence[str]) -> Iterator[Update]:
        """Measure the facts now."""
        frame, lang = self.frame, self.lang
        yield {
            **self._at("verify", view), frame.state: render.state_html("running"),
            self.verify_status: render.status_html(Progress(0.0, words.CHECKING), lang),
        }  # fmt: skip
        for event in run_checks(self.entry):
            match event:
                case Values(values):
                    yield {self.verify_table: render.verify_html(values["checks"], lang, values["of"], done=False)}
                case Finished(values):
                    yield {
                        self.verify_table: render.verify_html(values["checks"], lang),
                        self.verify_status: render.status_html(None, lang), frame.state: render.state_html("done"),
                        frame.counters: counters_html(lang), self.seen: tuple({*seen, "verify"}),
                    }  # fmt: skip
                case Failed():
                    failed = render.status_html(event, lang)
                    yield {self.verify_status: failed, frame.state: render.state_html("failed")}
                case _:
                    yield {self.verify_status: render.status_html(event, lang)}

    def _still(self, where: str, view: str) -> Update:
        """A tab with nothing to compute was chosen (by the reader, or by the page itself while it opens)."""
        if not json.loads(view).get("clicked"):
            return {self.frame.state: gr.skip()}
        return {**self._at(where, view), self.frame.state: render.state_html("done")}

    def _stopped(self) -> Update:
        """The run was cancelled; what it gave so far stays."""
        return [render.message_html(words.STOPPED, self.lang), render.state_html("idle")]  # type: ignore[return-value]

    def _refused(self, parts: TabParts, error: InputError) -> Update:
        lines = [problem.told(self.lang) for problem in error.problems]
        return {**self._failed(parts, render.message_html(lines, self.lang)), parts.code: "", parts.api: ""}

    def _failed(self, parts: TabParts, message: str) -> Update:
        """The reason why there is no result; what an earlier run gave does not stay under it."""
        emptied = dict.fromkeys(parts.outputs.values(), "")
        return {**emptied, parts.status: message, self.frame.state: render.state_html("failed")}

    def _at(self, where: str, view: str, inputs: Tab | None = None) -> Update:
        """Where the visitor is, as the address says it."""
        now = json.loads(view)
        theme, embed = str(now.get("theme", "light")), bool(now.get("embed"))
        values = inputs.to_link() if inputs is not None else None
        link = page_link(self.slug, where, values, self.lang, theme, embed, self.base)
        return {self.frame.view: view_text(theme, embed, link)}

    def _told(self, parts: TabParts, inputs: Tab, view: str) -> Update:
        now = json.loads(view)
        origin = str(now.get("origin") or render.LOCAL_SERVER)
        return {
            parts.code: render.code_text(self.slug, inputs),
            parts.api: render.api_text(self.slug, inputs, origin),
            parts.embed: self._embed(inputs, origin, str(now.get("theme", "light"))),
            parts.unlinked: self._unlinked(inputs),
        }

    def _embed(self, inputs: Tab, origin: str = render.LOCAL_SERVER, theme: str = "light") -> str:
        """The line that embeds this state in another page, with a button that copies it."""
        tab, lang = type(inputs), self.lang
        address = page_link(self.slug, tab.slug, inputs.to_link(), lang, theme, embed=True, base=origin)
        snippet, name = render.escape(embed_snippet(address, tab.question(lang))), f"g-embed-{tab.slug}"
        return (
            f'<p class="g-note">{words.EMBED_NOTE(lang)}</p><code class="g-line" id="{name}">{snippet}</code>'
            f'<button type="button" class="g-small" data-g-copy="#{name}" data-g-copied="{words.COPIED(lang)}">'
            f"{words.COPY_CODE(lang)}</button>"
        )

    def _unlinked(self, inputs: Tab) -> str:
        declared = fields(type(inputs))
        left_out = [f.label(self.lang) for name, f in declared.items() if f.to_link(getattr(inputs, name)) is None]
        said = f"{words.NOT_IN_LINK(self.lang)} {', '.join(left_out)}"
        return f'<p class="g-note">{render.escape(said)}</p>' if left_out else ""

    def _parts(self, where: str) -> TabParts | None:
        return next((parts for parts in self.parts if parts.tab.slug == where), None)


def _uploads(tab: type[Tab]) -> list[str]:
    """The inputs of a tab that hold pictures and files."""
    return [name for name, field in fields(tab).items() if isinstance(field, Image | File)]


TRIES_SCRIPT = """
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-g-try]");
  if (!button) return;
  const panel = element.closest('[role="tabpanel"]');
  panel.dispatchEvent(new CustomEvent("gallery-try", { detail: JSON.parse(button.dataset.gTry) }));
  setTimeout(() => panel.querySelector(".g-run button")?.click(), 200);  // once the form has said its values
});
"""
RESET_SCRIPT = """
element.querySelector("button").addEventListener("click", () => {
  const form = element.closest(".g-controls").querySelector(".g-form");
  form.dispatchEvent(new Event("gallery-reset", { bubbles: true }));
});
"""
ADDRESS_SCRIPT = 'element.querySelector(".g-address").textContent = window.gallery.address().href;'


def build_page(entry: Entry, lang: Lang, base: str = "") -> gr.Blocks:
    """The Blocks of a page in one language; ``base`` is the public path or address before every link."""
    return PageView(entry, lang, base).build()


def _tries_html(tab: type[Tab], lang: str) -> str:
    """A button for each try, which carries the form's values."""
    buttons = []
    for attempt in tab.tries:
        shown = shown_values(parse(tab, attempt.inputs), lang)
        values = render.escape(json.dumps({name: shown[name] for name in attempt.inputs}, ensure_ascii=False))
        said = render.escape(attempt.label(lang))
        buttons.append(f'<button type="button" class="g-small g-try" data-g-try="{values}">{said}</button>')
    return f'<div class="g-chips g-tries">{"".join(buttons)}</div>'
