"""Components registered with Streamlit, once a process."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from streamlit import runtime
from streamlit.components import v2

from gallery.components import streamlit_parts

__all__ = ["component", "plotly_address"]

PAGE_SCRIPT = """
export default function ({ data, setTriggerValue }) {
  document.documentElement.lang = data.lang;
  window.galleryBack = (search) => setTriggerValue("back", search);
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
        return v2.component("gallery_page", js=PAGE_SCRIPT)
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
