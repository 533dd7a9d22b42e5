"""Single: a tab as one file, for a blog that takes only one; everything it needs stands inside, packed."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gallery.doors.static import bundle
from gallery.doors.static.build import Order
from gallery.doors.static.pages import Site, embed_page
from gallery.doors.static.tabulate import Tabulated, tabulate
from gallery.engine.catalog import Catalog, catalog
from gallery.outputs import Slot
from gallery.page import Tab

__all__ = ["single_file", "singles"]

IN_SPACE = ("surface", "mesh3d", "scatter3d", "cone", "isosurface", "volume", "scattergl")
"""Kinds of traces that only the whole plotly.js draws."""
LOADER = Path(__file__).parent / "web" / "single.js"


def singles(order: Order) -> Iterator[tuple[Path, int]]:
    """Write every tab of ``order`` as ``<slug>-<tab>.html`` into its folder; (path, bytes) of each as it is written.

    Raises Fault where a tab fails, NotVendored where npm's packages cannot be had.
    """
    order.out.mkdir(parents=True, exist_ok=True)
    for slug, tabs in order.tabs.items():
        for tab in tabs:
            text = single_file(order, slug, tab)
            path = order.out / f"{slug}-{tab.slug}.html"
            path.write_text(text, encoding="utf-8")
            yield path, len(text.encode())


def single_file(order: Order, slug: str, tab: type[Tab]) -> str:
    """The tab as one page; its networks do not run in it, so that every input is tabulated."""
    entry = catalog()[slug]
    made = tabulate(
        slug, tab, order.caps, order.languages, {"live": order.live}, order.states.get(f"{slug}/{tab.slug}")
    )
    site = Site(Catalog({slug: entry}), order.languages, order.version, order.date, order.live)
    style, scripts = bundle.site_style(), []
    if any(slot.kind == "figure" for slot in tab.outputs):
        whole = _in_space(made, tab.outputs)
        plotly = bundle.plotly_script() if whole else bundle.small_plotly_script()
        data = base64.b64encode(gzip.compress(plotly.encode(), 9, mtime=0)).decode("ascii")
        scripts.append(f'<script type="text/plain" id="g-plotly">{data}</script>')
        scripts.append(f"<script>{LOADER.read_text(encoding='utf-8')}</script>")
    if "g-tex" in json.dumps(made.start):
        style += bundle.katex_style()
        scripts.append(_inline(bundle.katex_files()["katex.min.js"].decode()))
    scripts += [_inline(bundle.site_script()), *map(_inline, made.scripts.values())]
    return embed_page(site, entry, tab, inlined={"style": style, "script": "\n".join(scripts)})


def _inline(script: str) -> str:
    escaped = script.replace("</script", "<\\/script")
    return f"<script>{escaped}</script>"


def _in_space(made: Tabulated, slots: tuple[Slot, ...]) -> bool:
    """Whether a figure has a trace that the smaller plotly.js does not draw."""
    figures: list[Mapping[str, Any]] = [
        made.start[slot.name] for slot in slots if slot.kind == "figure" and slot.name in made.start
    ]
    return any(trace.get("type") in IN_SPACE for figure in figures for trace in figure["data"])
