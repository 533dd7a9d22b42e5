"""Components registered with Streamlit, once a process."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from streamlit import runtime
from streamlit.components import v2

from gallery.components import streamlit_parts
from gallery.engine.front_page import find_script

__all__ = ["component", "plotly_address"]

PAGE_SCRIPT = """
const history_ = window.galleryHistory ??= { told: () => {}, ready: false };

/** A tab is a step of the browser's history, a value that changes is none: Back leads to the tab before. */
function keepHistory() {
  if (history_.ready) return;
  history_.ready = true;
  const push = history.pushState.bind(history);
  history.pushState = (state, title, target) => {
    const next = new URL(target ?? location.href, location.href);
    const tabs = [location.search, next.search].map((search) => new URLSearchParams(search).get("tab"));
    const step = next.pathname !== location.pathname || (tabs[0] && tabs[1] && tabs[0] !== tabs[1]);
    history_.path = next.pathname;
    return step ? push(state, title, target) : history.replaceState(state, title, target);
  };
  history_.path = location.pathname;
  window.addEventListener("popstate", (event) => {
    const same = location.pathname === history_.path;
    history_.path = location.pathname;
    if (!same || location.hash) return;  // another page: the framework shows it
    event.stopImmediatePropagation();
    history_.told(`${location.search} ${Date.now()}`);
  }, true);
}

export default function ({ data, setTriggerValue }) {
  document.documentElement.lang = data.lang;
  history_.told = (search) => setTriggerValue("back", search);
  keepHistory();
  const key = (path) => `stActiveTheme-${path}-v2`;
  const mark = `gallery-theme:${window.location.pathname}`;
  if (!data.want || data.want === data.now) { sessionStorage.removeItem(mark); return; }
  if (sessionStorage.getItem(mark) === data.want) return;  // storage is blocked: do not reload for ever
  sessionStorage.setItem(mark, data.want);
  const name = JSON.stringify(data.want === "dark" ? "Dark" : "Light");
  for (const path of [window.location.pathname, ...data.paths]) localStorage.setItem(key(path), name);
  window.location.reload();
}
"""
"""Streamlit has no call that switches its theme: it reads the choice of a path from this key when the page loads."""


@lru_cache(maxsize=8)
def component(name: str) -> Any:
    """A component, registered once a process."""
    if name == "page":
        return v2.component("gallery_page", js=find_script() + PAGE_SCRIPT)
    return v2.component(**streamlit_parts(name))  # type: ignore[arg-type]


def plotly_address() -> str:
    """Where a browser fetches plotly.js, seen from any page; kept as long as a page that shows a figure is open."""
    if not runtime.exists():  # the tests' driver has no server
        return ""
    kept = runtime.get_instance().media_file_mgr
    return str(kept.add(str(_plotly()), "text/javascript", "gallery-plotly")).lstrip("/")


@lru_cache(maxsize=1)
def _plotly() -> Path:
    import plotly

    return Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
