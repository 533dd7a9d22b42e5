"""Outputs in the Gradio front end: a component for each slot, its value, and downloads made when asked for."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from gallery.components import figure_labels, figure_text, player_props
from gallery.doors.gradio.frame import LATEX, NOW, QUIET, plain_html
from gallery.doors.gradio.zero_gpu import run_tab
from gallery.engine import export, render, words
from gallery.engine.form import raw_values
from gallery.engine.runner import Failed, Finished
from gallery.inputs import InputError, parse
from gallery.outputs import Slot
from gallery.page import Tab
from gallery.text import Lang

__all__ = ["Downloads", "output_component", "shown_output"]

SHOWN = """
let view = null;
const show = () => {
  element.style.visibility = props.value ? "" : "hidden";
  if (view && props.value) view.update({read});
};
watch("value", show);
import({module}).then(({ mount }) => {
  view = mount(element, {props}, (point) => {
    element.closest('[role="tabpanel"]')?.dispatchEvent(new CustomEvent("gallery-point", { detail: point }));
  });
  show();
});
"""
"""A figure: mounted once, hidden in its place while there is none, told of every new value (JSON text: objects are edited in place); the form hears of its points."""

PLAYER = """
let view = null;
const show = () => {
  element.style.visibility = props.value ? "" : "hidden";
  if (!view || !props.value) return;
  if (view === true) view = mounted(element, JSON.parse(props.value), () => {});
  else view.update(JSON.parse(props.value));
};
let mounted = null;
watch("value", show);
import({module}).then(({ mount }) => { mounted = mount; view = true; show(); });
"""
"""A player cannot be empty: it is mounted when its first frames come."""

DOWNLOADS = """
const note = document.createElement("p");
note.className = "g-note";
const row = document.createElement("div");
row.className = "g-chips";
for (const [key, label] of OFFERS) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "g-small g-download";
  button.dataset.key = key;
  button.textContent = label;
  button.addEventListener("click", () => {
    note.textContent = PREPARING;
    props.value = JSON.stringify({ ask: key, at: Date.now() });
    trigger("input");
  });
  row.append(button);
}
element.append(row, note);
watch("value", () => {
  const { file, refused } = JSON.parse(props.value);
  if (refused) note.textContent = refused;
  if (!file) return;
  note.textContent = "";
  const link = document.createElement("a");
  link.href = file.address;
  link.download = file.name;
  link.click();
});
"""


def output_component(slot: Slot, lang: str, base: str) -> Any:
    """The component of a slot inside its named place, whose height is kept from the start."""
    with gr.Column(elem_classes=["g-out", f"g-out-{slot.name}", f"g-kind-{slot.kind}"]):
        if slot.label:
            plain_html(f'<div class="g-label">{render.escape(slot.label(lang))}</div>')
        height = slot.height or None
        match slot.kind:
            case "figure":
                fixed = {"plotly": f"{base}/_/form/plotly.js", "labels": figure_labels(lang)}
                script = _filled(SHOWN, f"{base}/_/form/figure.js", "props.value", fixed)
                return plain_html("", script, html_template="", min_height=height)
            case "markdown":
                return gr.Markdown(latex_delimiters=LATEX, min_height=height)
            case "code":
                return gr.Code(language="python", interactive=False, show_label=False)
            case "animation":
                script = _filled(PLAYER, f"{base}/_/form/player.js")
                return plain_html("", script, html_template="", min_height=height)
            case _:
                return plain_html(min_height=height)


def shown_output(slot: Slot, value: Any, lang: str) -> str:
    """The value as the slot's component takes it: HTML, Markdown, or JSON text for figure and player."""
    match slot.kind:
        case "figure":
            return figure_text(value)
        case "image":
            return render.image_html(value, render.called(slot, lang), slot.height)
        case "images":
            return render.grid_html(value, lang, slot.height)
        case "animation":
            return json.dumps(player_props(value, slot.height, lang, slot.name), ensure_ascii=False)
        case "table":
            return render.table_html(value, lang)
        case "metrics":
            return render.metrics_html(value, lang)
        case "text":
            return render.text_html(value)
    return str(value)


def _filled(script: str, module: str, read: str = "", props: Mapping[str, Any] | None = None) -> str:
    filled = {"module": json.dumps(module), "read": read, "props": json.dumps(props or {})}
    for name, text in filled.items():
        script = script.replace("{" + name + "}", text)
    return script


@dataclass(frozen=True)
class Downloads:
    """Buttons for every file that a tab's outputs can be had as; a file is made when its button is pressed."""

    component: gr.HTML
    slug: str
    tab: type[Tab]
    lang: Lang

    @classmethod
    def build(cls, slug: str, tab: type[Tab], lang: Lang) -> Downloads:
        offers = [
            [f"{slot.name}.{form}", f"{render.called(slot, lang)} · {form.upper()}"]
            for slot in tab.outputs
            for form in export.offers(slot)
        ]
        fixed = f"const OFFERS = {json.dumps(offers)};\nconst PREPARING = {json.dumps(words.COMPUTING(lang))};\n"
        component = plain_html("{}", fixed + DOWNLOADS, html_template="")
        if any(slot.kind == "figure" for slot in tab.outputs) and not export.browser_path():
            plain_html(f'<p class="g-note">{words.NO_BROWSER(lang)}</p>')
        return cls(component, slug, tab, lang)

    def listen(self, form: gr.HTML, view: gr.HTML) -> None:
        """Answer the buttons with the inputs as they are then."""
        self.component.input(self._make, [view, self.component, form], [self.component], js=NOW, **QUIET)

    def _make(self, view: str, asked: str, form: str) -> str:
        return json.dumps(self.make(str(json.loads(asked).get("ask")), form, str(json.loads(view).get("theme"))))

    def make(self, ask: str, form: str, theme: str) -> dict[str, Any]:
        """The file ``<slot>.<form>`` as ``{file: {name, address}}``, or ``{refused: why}``."""
        name, _, kind = ask.rpartition(".")
        slots = {slot.name: slot for slot in self.tab.outputs}
        if name not in slots or kind not in export.offers(slots[name]):
            return {}
        try:
            inputs = parse(self.tab, raw_values(self.tab, form))
        except InputError as error:
            return {"refused": "; ".join(p.told(self.lang) for p in error.problems)}
        for event in run_tab(self.slug, inputs, self.lang):
            if isinstance(event, Failed):
                return {"refused": event.message(self.lang)}
            if isinstance(event, Finished):
                data = export.file_bytes(slots[name], event.values[name], kind, theme)
                address = f"data:{export.MIME[kind]};base64,{base64.b64encode(data).decode('ascii')}"
                return {"file": {"name": f"{self.slug}-{self.tab.slug}-{name}.{kind}", "address": address}}
        raise RuntimeError("a run ended without Finished or Failed")
