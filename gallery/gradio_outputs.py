"""Outputs in the Gradio front end: a component for each slot, its value, and downloads made when asked for."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from gallery import export, render, words
from gallery.components import gradio_parts, player_props
from gallery.gradio_form import raw_values
from gallery.gradio_frame import LATEX
from gallery.inputs import InputError, parse
from gallery.outputs import Slot, themed
from gallery.page import Tab
from gallery.runner import Failed, Finished, run_tab
from gallery.text import Lang

__all__ = ["Downloads", "output_component", "shown_output"]

PLAYER = """
let view = null;
const show = () => {
  if (!props.value) return;
  if (view) view.update(props.value);
  else view = mount(element, props.value, () => {});
};
show();
watch("value", show);
"""
"""The player is mounted when its first frames come."""

DOWNLOADS = """
const note = document.createElement("p");
note.className = "g-note";
const row = document.createElement("div");
row.className = "g-chips";
for (const [key, label] of props.offers) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "g-small g-download";
  button.dataset.key = key;
  button.textContent = label;
  button.addEventListener("click", () => {
    note.textContent = props.preparing;
    props.value = { ask: key, at: Date.now() };
    trigger("input");
  });
  row.append(button);
}
element.append(row, note);
watch("value", () => {
  const { file, refused } = props.value;
  if (refused) note.textContent = refused;
  if (!file) return;
  note.textContent = "";
  const link = document.createElement("a");
  link.href = file.address;
  link.download = file.name;
  link.click();
});
"""


def output_component(slot: Slot, lang: str) -> Any:
    """The component of a slot inside its named place, whose height is kept from the start."""
    with gr.Column(elem_classes=["g-out", f"g-out-{slot.name}", f"g-kind-{slot.kind}"]):
        if slot.label:
            gr.HTML(f'<div class="g-label">{render.escape(slot.label(lang))}</div>')
        height = slot.height or None
        match slot.kind:
            case "figure":
                return gr.Plot(show_label=False, container=False, elem_classes=[f"g-h-{slot.height}"])
            case "markdown":
                return gr.Markdown(latex_delimiters=LATEX, min_height=height)
            case "code":
                return gr.Code(language="python", interactive=False, show_label=False)
            case "animation":
                parts = gradio_parts("player")
                script = str(parts["js_on_load"]).partition("const view = mount(")[0] + PLAYER
                return gr.HTML(None, **{**parts, "js_on_load": script}, min_height=height)
            case _:
                return gr.HTML(min_height=height)


def shown_output(slot: Slot, value: Any, lang: str, theme: str) -> Any:
    """The value as the slot's component takes it."""
    match slot.kind:
        case "figure":
            return themed(value, theme)
        case "image":
            return render.image_html(value, slot.label(lang) if slot.label else slot.name, slot.height)
        case "images":
            return render.grid_html(value, lang)
        case "animation":
            return player_props(value, slot.height, lang, slot.name)
        case "table":
            return render.table_html(value, lang)
        case "metrics":
            return render.metrics_html(value, lang)
        case "text":
            return render.text_html(value)
    return str(value)


@dataclass(frozen=True)
class Downloads:
    """Buttons for every file that a tab's outputs can be had as; a file is made when its button is pressed."""

    component: gr.HTML
    slug: str
    tab: Tab[Any]
    lang: Lang

    @classmethod
    def build(cls, slug: str, tab: Tab[Any], lang: Lang) -> Downloads:
        offers = [
            [f"{slot.name}.{form}", f"{slot.label(lang) if slot.label else slot.name} · {form.upper()}"]
            for slot in tab.outputs
            for form in export.offers(slot)
        ]
        component = gr.HTML(
            {"ask": None}, html_template="", js_on_load=DOWNLOADS, offers=offers, preparing=words.COMPUTING(lang),
        )  # fmt: skip
        if any(slot.kind == "figure" for slot in tab.outputs) and not export.browser_path():
            gr.HTML(f'<p class="g-note">{words.NO_BROWSER(lang)}</p>')
        return cls(component, slug, tab, lang)

    def listen(self, form: gr.HTML, view: gr.HTML) -> None:
        """Answer the buttons with the inputs as they are then."""
        self.component.input(
            partial(self._make), [self.component, form, view], [self.component], show_progress="hidden",
            api_visibility="private", concurrency_limit=None,
        )  # fmt: skip

    def _make(self, asked: Mapping[str, Any], form: Mapping[str, Any], view: Mapping[str, Any]) -> dict[str, Any]:
        name, _, kind = str(asked.get("ask")).rpartition(".")
        slots = {slot.name: slot for slot in self.tab.outputs}
        if name not in slots or kind not in export.offers(slots[name]):
            return {"ask": None}
        try:
            inputs = parse(self.tab.inputs, raw_values(self.tab.inputs, form))
        except InputError as error:
            return {"ask": None, "refused": error.message(self.lang)}
        for event in run_tab(self.slug, self.tab, inputs, self.lang):
            if isinstance(event, Failed):
                return {"ask": None, "refused": event.message(self.lang)}
            if isinstance(event, Finished):
                data = export.file_bytes(slots[name], event.values[name], kind, str(view.get("theme", "light")))
                address = f"data:{export.MIME[kind]};base64,{base64.b64encode(data).decode('ascii')}"
                return {"ask": None, "file": {"name": f"{self.slug}-{self.tab.slug}-{name}.{kind}", "address": address}}
        raise RuntimeError("a run ended without Finished or Failed")
