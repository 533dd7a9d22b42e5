"""The form of a tab in the Gradio front end: the house's form (gallery.engine.form) inside one ``gr.HTML``."""

from __future__ import annotations

import json

from gallery.engine.form import said, spec
from gallery.page import Tab

__all__ = ["form_script"]


def form_script(model: type[Tab], lang: str, address: str, first: str) -> str:
    """What ``gr.HTML`` runs once for a form: loads the module at ``address``, mounts it, passes values both ways.

    ``first`` is the tab that an address without one means.

    It also takes what is set elsewhere on the tab: a button of a try, a point that is dragged in a figure.

    The component's value is JSON text: the framework edits objects that it has handed out in place.
    """
    told = {"spec": spec(model, lang), "words": said(lang), "tab": model.slug, "first": first}
    fixed = json.dumps(told, ensure_ascii=False)
    return f"""
let view = null;
watch("value", () => {{ if (view) view.set(JSON.parse(props.value)); }});
import({json.dumps(address)}).then(({{ mount }}) => {{
  const panel = element.closest('[role="tabpanel"]') ?? document;
  view = mount(element, {{ ...{fixed}, value: JSON.parse(props.value) }}, (value, settled, quiet, again) => {{
    props.value = JSON.stringify(value);
    if (!quiet) trigger("input");
    // What the page shows was computed before the browser gave back the upload it had kept.
    if (again) setTimeout(() => panel.querySelector(".g-run button")?.click(), 200);
  }});
  element.addEventListener("gallery-reset", () => view.reset());
  panel.addEventListener("gallery-try", (event) => view.take(event.detail));
  panel.addEventListener("gallery-point", (event) => view.put(event.detail.name, event.detail.value));
}});
"""
