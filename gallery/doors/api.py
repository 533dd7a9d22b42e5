"""API: every tab as a named Gradio endpoint and MCP tool, with the names, bounds and error texts of the page itself.

``/gillespie_trajectories`` is tab ``trajectories`` of page ``gillespie``; ``/gillespie_verify`` measures its facts.
A tab's endpoint takes its inputs and ``lang``, and returns ``{slot: value}`` as :func:`gallery.outputs.to_json` writes
them. Pictures, drawings and files come as data addresses, base64 text or ``example:<name>``, never as paths.
"""

from __future__ import annotations

import inspect
import json
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import gradio as gr
from gradio.components.api_component import Api
from gradio.context import get_blocks_context

from gallery.doors.gradio.zero_gpu import run_tab
from gallery.engine.catalog import Catalog, Entry
from gallery.engine.links import api_name
from gallery.engine.runner import Event, Failed, Finished, run_checks
from gallery.fields import Field
from gallery.inputs import InputError, Problem, fields, parse, shortened
from gallery.outputs import to_json
from gallery.page import Tab
from gallery.text import LANGUAGES, Lang, t

__all__ = ["add_endpoints", "call_checks", "call_tab", "endpoints"]

log = logging.getLogger(__name__)
LANG_SCHEMA: Mapping[str, Any] = {"type": "string", "enum": list(LANGUAGES), "default": LANGUAGES[0]}
SLOT_SHAPES: Mapping[str, str] = {
    "figure": "a Plotly figure", "image": "{png: base64}", "images": "{png: [base64], captions}",
    "animation": "{gif: base64, fps, frames}", "table": "{columns, rows}", "metrics": "[{label, value, note}]",
    "markdown": "Markdown with LaTeX", "text": "text, or [{title, text, caption, shades}]", "code": "source code",
}  # fmt: skip


def add_endpoints(catalog: Catalog) -> None:
    """Add every page's endpoints to the Blocks that is being built; a page that cannot be loaded has none."""
    for entry in catalog:
        try:
            tabs = entry.page.tabs
        except Exception:
            log.exception("the page %s cannot be loaded and has no endpoints", entry.slug)
            continue
        for tab in tabs:
            declared = fields(tab).values()
            accepted = [f.schema() | {"description": f"{f.label.en}: {f.describe().en}"} for f in declared]
            _add(_tab_function(entry, tab), accepted, _returned(tab))
        _add(_checks_function(entry), [], {"type": "array", "items": {"type": "object"}})


def endpoints(catalog: Catalog) -> dict[str, Mapping[str, Field]]:
    """The inputs of every endpoint, by its name without the slash; each takes ``lang`` after them."""
    found: dict[str, Mapping[str, Field]] = {}
    for entry in catalog:
        found |= {api_name(entry.slug, tab.slug).removeprefix("/"): fields(tab) for tab in entry.page.tabs}
        found[api_name(entry.slug, "verify").removeprefix("/")] = {}
    return found


def call_tab(slug: str, tab: type[Tab], raw: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """Run a tab with raw inputs; its outputs as JSON by slot name. gr.Error, in ``lang``, for what is refused."""
    lang = _language(lang)
    try:
        inputs = parse(tab, raw)
    except InputError as error:
        raise _error(error.message(lang)) from None
    values = _finished(run_tab(slug, inputs, lang), lang)
    return {slot.name: to_json(slot, values[slot.name]) for slot in tab.outputs}


def call_checks(entry: Entry, lang: str) -> list[dict[str, Any]]:
    """Measure a page's facts: what the command line's ``verify --json`` gives, with the words beside it."""
    lang = _language(lang)
    return [
        {
            "name": check.name, "title": check.name if lang == "en" else check.zh, "measured": check.measured,
            "expected": check.expected, "tolerance": check.tolerance, "relation": check.relation,
            "passed": check.passed, "note": (check.note if lang == "en" else check.note_zh) or check.note,
        }
        for check in _finished(run_checks(entry), lang)["checks"]
    ]  # fmt: skip


def _answer(result: Any, request: gr.Request) -> Any:
    """The result; as JSON text for MCP, where Gradio would write it as Python does."""
    if request.headers.get("x-gradio-user") == "mcp":
        return json.dumps(result, ensure_ascii=False)
    return result


def _tab_function(entry: Entry, tab: type[Tab]) -> Callable[..., Any]:
    """The endpoint's function, with the tab's inputs as its signature (Gradio reads names, defaults and docstring)."""
    declared, defaults = fields(tab), tab()

    def endpoint(request: gr.Request, *values: Any) -> dict[str, Any] | str:
        *inputs, lang = values
        return _answer(call_tab(entry.slug, tab, dict(zip(declared, inputs, strict=True)), lang), request)

    arguments = {name: field.argument(getattr(defaults, name)) for name, field in declared.items()}
    said = {name: f"{field.label.en}: {field.describe().en}" for name, field in declared.items()}
    title = f"{entry.page.title.en} / {tab.label.en}. {tab.question.en} {entry.page.summary.en}{_tries(tab)}"
    return _described(endpoint, api_name(entry.slug, tab.slug), title, arguments, said)


def _tries(tab: type[Tab]) -> str:
    """What is worth trying, as a caller would ask for it."""
    return "".join(
        f" Try {', '.join(f'{name}={value!r}' for name, value in attempt.inputs.items())}: {attempt.label.en}."
        for attempt in tab.tries
    )


def _checks_function(entry: Entry) -> Callable[..., Any]:
    def endpoint(request: gr.Request, lang: Any) -> list[dict[str, Any]] | str:
        return _answer(call_checks(entry, lang), request)

    title = f"{entry.page.title.en}: numeric facts about the model, measured now, beside what they should be."
    return _described(endpoint, api_name(entry.slug, "verify"), title, {}, {})


def _described(
    function: Callable[..., Any], name: str, title: str, defaults: Mapping[str, Any], said: Mapping[str, str]
) -> Callable[..., Any]:
    """Give ``function`` the name, signature and docstring from which Gradio makes the endpoint and the MCP tool."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    everything = {**defaults, "lang": LANGUAGES[0]}
    caller = inspect.Parameter("request", kind, annotation=gr.Request)  # Gradio fills it in and does not publish it
    parameters = [inspect.Parameter(n, kind, default=v, annotation=Any) for n, v in everything.items()]
    lines = [*(f"    {n}: {words}" for n, words in said.items()), "    lang: zh | en, the language of names and errors"]
    function.__name__ = name.removeprefix("/")
    function.__doc__ = "\n".join([title, "", "Args:", *lines])
    function.__annotations__ = {"request": gr.Request, **dict.fromkeys(everything, Any)}
    function.__signature__ = inspect.Signature([caller, *parameters], return_annotation=dict)  # type: ignore[attr-defined]
    return function


def _add(function: Callable[..., Any], accepted: Iterable[Mapping[str, Any]], returned: Mapping[str, Any]) -> None:
    """Register the endpoint; the type hints of ``gr.api`` know no bounds, so its parameters get our schemas."""
    description = str(function.__doc__).partition("\n")[0]
    dependency = gr.api(function, api_name=function.__name__, api_description=description, concurrency_limit=None)
    blocks = get_blocks_context()
    assert blocks is not None  # gr.api raises outside Blocks
    registered = blocks.fns[dependency["id"]]
    for component, shape in zip(registered.inputs, [*accepted, LANG_SCHEMA], strict=True):
        assert isinstance(component, Api)
        component._api_info = dict(shape)
    registered.outputs[0]._api_info = dict(returned)  # type: ignore[union-attr]


def _returned(tab: type[Tab]) -> dict[str, Any]:
    properties = {slot.name: {"description": SLOT_SHAPES[slot.kind]} for slot in tab.outputs}
    return {"type": "object", "properties": properties}


def _finished(events: Iterator[Event], lang: str) -> Mapping[str, Any]:
    """The values of the last event; gr.Error with the reason when the work failed."""
    last = deque(events, maxlen=1).pop()
    if isinstance(last, Finished):
        return last.values
    if isinstance(last, Failed):
        raise _error(last.message(lang))
    raise RuntimeError("a run ended without Finished or Failed")


def _language(lang: Any) -> Lang:
    if lang in LANGUAGES:
        return lang
    names = " | ".join(LANGUAGES)
    allowed = t(f"应为 {names} 之一", f"must be one of {names}")
    raise _error(Problem(name="lang", value=shortened(lang), allowed=allowed).message("en"))


def _error(message: str) -> gr.Error:
    return gr.Error(message, print_exception=False)
