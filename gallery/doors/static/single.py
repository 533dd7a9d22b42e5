"""Single: a tab as one file, for a blog that takes only one; everything it needs stands inside, packed."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from pathlib import Path

from gallery.doors.static import bundle
from gallery.doors.static.build import Order
from gallery.doors.static.pages import Site, embed_page
from gallery.doors.static.tabulate import tabulate
from gallery.engine.catalog import Catalog, catalog
from gallery.page import Tab

__all__ = ["single_file", "singles"]

IN_PLANE = frozenset(
    {"bar", "box", "contour", "heatmap", "histogram", "histogram2d", "image", "pie", "scatter", "violin"}
)
"""Kinds of traces that the smaller plotly.js draws; any other takes the whole."""
LOADER = Path(__file__).parent / "web" / "single.js"


def singles(order: Order) -> Iterator[tuple[Path, int]]:
    """Write every tab of ``order`` as ``<slug>-<tab>.html`` into its folder; (path, bytes) of each as it is written.

    Raises Fault where a tab fails, NotVendored where npm's packages cannot be had.
    """
    order.out.mkdir(parents=True, exist_ok=True)
    for slug, tabs in order.tabs.items():
        for tab in tabs:
            path = order.out / f"{slug}-{tab.slug}.html"
            data = single_file(order, slug, tab).encode()
            path.write_bytes(data)
            yield path, len(data)


def single_file(order: Order, slug: str, tab: type[Tab]) -> str:
    """The tab as one page; its networks do not run in it, so that every input is tabulated."""
    entry = catalog()[slug]
    made = tabulate(slug, tab, order.caps, order.languages, states=order.states.get(f"{slug}/{tab.slug}"))
    site = Site(Catalog({slug: entry}), order.languages, order.version, order.date, order.live)
    style, scripts = bundle.site_style(), []
    if any(slot.kind == "figure" for slot in tab.outputs):
        whole = not made.traces <= IN_PLANE
        plotly = bundle.plotly_script() if whole else bundle.small_plotly_script()
        data = base64.b64encode(gzip.compress(plotly.encode(), 9, mtime=0)).decode("ascii")
        scripts.append(f'<script type="text/plain" id="g-plotly">{data}</script>')
        scripts.append(f"<script>{LOADER.read_text(encoding='utf-8')}</script>")
    if made.formulas:
        style += bundle.katex_style()
        scripts.append(_inline(bundle.katex_files()["katex.min.js"].decode()))
    scripts += [_inline(bundle.site_script()), *map(_inline, made.scripts.values())]
    return embed_page(site, entry, tab, inlined={"style": style, "script": "\n".join(scripts)})


def _inline(script: str) -> str:
    escaped = script.replace("</script", "<\\/script")
    return f"<script>{escaped}</script>"
