"""The static site as a reader feels it: ``python -m bench.site site``.

How much a page loads before its first picture (packed as a host sends it, beside plotly.js, which all pages share), and how
long a slider takes from its event to the picture on the screen, in Chromium, from a folder.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

from bench.report import write
from gallery.doors import screenshots

MOVES = 20
HOST_LEVEL = 6  # of gzip, as most hosts have it
WARM = 3
SETTLED = 2500  # ms: the rest of a tab's table comes while the reader looks
TABS = 12  # tabs of which sliders are moved: the first of each page, up to so many
LOADED = re.compile(r'<(?:script src|link rel="stylesheet" href)="([^"]+)"')
SLIDER = "[data-g-panel]:not([hidden]) .g-in:not([hidden]) input[type=range]"
MOVE = f"""async ([moves, warm]) => {{
  const range = document.querySelector({json.dumps(SLIDER)});
  if (!range) return null;
  const plot = document.querySelector("[data-g-panel]:not([hidden]) .g-answer .js-plotly-plot");
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const times = [];
  for (let k = 0; k < moves + warm; k++) {{
    const before = range.value;
    range.value = (Number(range.value) + 1) % (Number(range.max) + 1);
    if (range.value === before) return null;
    await painted();
    const began = performance.now();
    const drawn = plot ? new Promise((done) => {{ plot.once("plotly_afterplot", done); setTimeout(done, 1000); }}) : painted();
    range.dispatchEvent(new Event("input", {{ bubbles: true }}));
    await drawn;
    if (k >= warm) times.push(performance.now() - began);
    await new Promise((done) => setTimeout(done, 60));
  }}
  return times;
}}"""


def first_view(page: Path) -> int:
    """Bytes of all that ``page`` loads before its first picture, each file packed; plotly.js left out."""
    text = page.read_text(encoding="utf-8")
    files = [page, *((page.parent / name).resolve() for name in LOADED.findall(text))]
    return sum(len(gzip.compress(file.read_bytes(), HOST_LEVEL)) for file in files)


def slider_times(site: Path) -> Iterator[tuple[str, list[float]]]:
    """(page, milliseconds of each move) of the first slider of each page's first tab that has a figure."""
    with screenshots.browser_page() as browser:
        for page in sorted(site.glob("*.html"))[: 4 * TABS]:
            browser.goto(page.resolve().as_uri())
            if not browser.locator("[data-g-panel]").count():
                continue
            browser.wait_for_selector(".gallery-state[data-state=done]", state="attached")
            browser.wait_for_timeout(SETTLED)
            times = browser.evaluate(MOVE, [MOVES, WARM])
            if times:
                yield page.stem, times


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=Path, help="the folder that `python -m gallery build` made")
    site = parser.parse_args().site
    views = {page.stem: first_view(page) for page in sorted(site.glob("*.html"))}
    rows = []
    for name, times in slider_times(site):
        ninth = sorted(times)[int(0.9 * len(times))]
        rows.append([name, f"{views[name] / 1e3:.0f}", f"{statistics.median(times):.0f}", f"{ninth:.0f}"])
        print(*rows[-1], flush=True)
    heaviest = max(views, key=lambda name: views[name])
    note = f"The heaviest first view of {len(views)} pages: {heaviest}, {views[heaviest] / 1e6:.2f} MB."
    header = ["page", "first view, kB packed", "slider, ms", "slider, ninth of ten, ms"]
    write("site", "The static site: what comes first, and a slider", header, rows, [note])


if __name__ == "__main__":
    main()
