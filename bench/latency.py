"""From a control to the new picture, as a reader feels it, in both front ends: ``python -m bench.latency``.

A real browser moves a slider by one key and waits until the strip of faces shows another picture; the page's own
computation is timed apart. Streamlit sends a slider when its key is released, Gradio while it moves.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from typing import Any

import psutil

from bench.report import write
from gallery import screenshots
from gallery.catalog import catalog
from gallery.inputs import parse
from gallery.runner import run_tab

CHANGES = 25
WARM = 5
SLUG, INPUT, SLOT = "o-gan", "temperature", "strip"
LINK = "model=cats&left=seed&right=seed"
CHANGED = """(before) => {
  const images = [...document.querySelectorAll('.g-out-SLOT img, .st-key-g-out-SLOT img')];
  return images.length > 0 && images.some((image) => image.complete && image.src !== before);
}""".replace("SLOT", SLOT)


def of_front_end(ui: str) -> tuple[list[float], float, float]:
    """Milliseconds of each change and of the first opening after the server has started; MiB of the server at the end."""
    with screenshots.server(ui) as base, screenshots.browser_page() as page:
        start = time.perf_counter()
        page.goto(f"{base}/{SLUG}?{LINK}")
        screenshots.ready(page)
        first = 1e3 * (time.perf_counter() - start)
        image = page.locator(f".g-out-{SLOT} img, .st-key-g-out-{SLOT} img").first
        control = page.locator(f".g-in-{INPUT}:visible, .st-key-g-in-{INPUT}:visible").first
        handle = control.locator("[role=slider], input[type=range]").first
        handle.focus()
        times = []
        for change in range(CHANGES):
            before = image.get_attribute("src")
            start = time.perf_counter()
            page.keyboard.press("ArrowLeft" if change % 2 == 0 else "ArrowRight")
            page.wait_for_function(CHANGED, arg=before, polling="raf")
            times.append(1e3 * (time.perf_counter() - start))
            page.wait_for_timeout(350)
        for entry in catalog():
            if entry.page.weights:
                for tab in entry.page.tabs:
                    page.goto(f"{base}/{entry.slug}?tab={tab.slug}")
                    screenshots.ready(page)
        return times[WARM:], first, resident()


def resident() -> float:
    """MiB of the servers that this process has started."""
    children = psutil.Process().children()
    return sum(child.memory_info().rss for child in children if "python" in child.name()) / 2**20


def cold() -> float:
    """Milliseconds of a fresh interpreter from importing torch to the first strip of 17."""
    code = (
        "import time; start = time.perf_counter()\n"
        "from core import codec\nfrom core.weights import load\n"
        "model = load('o-gan-cats64')\na, b = codec.random_codes(model, [1, 2], model.config.dimensions, True)\n"
        "codec.morph(model, a, b, 17, 'standardised', 0.9)\nprint(1e3 * (time.perf_counter() - start))"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(3)]
    return min(float(run.stdout) for run in runs)


def computed() -> float:
    """Milliseconds of the tab alone, the fastest of ten."""
    tab = catalog()[SLUG].page.tabs[0]
    times = []
    for k in range(10):
        values: dict[str, Any] = {"model": "cats", "left": "seed", "right": "seed", "temperature": 0.5 + k / 20}
        start = time.perf_counter()
        list(run_tab(SLUG, tab, parse(tab.inputs, values), "zh"))
        times.append(1e3 * (time.perf_counter() - start))
    return min(times)


def main() -> None:
    """Measure and write the table."""
    rows = []
    alone = computed()
    for ui in ("streamlit", "gradio"):
        times, first, memory = of_front_end(ui)
        ninth = sorted(times)[int(0.9 * len(times))]
        rows.append(
            [
                ui,
                f"{statistics.median(times):.0f}",
                f"{ninth:.0f}",
                f"{min(times):.0f}",
                f"{alone:.0f}",
                f"{first:.0f}",
                f"{memory:.0f}",
            ]
        )
    header = (
        "front end",
        "median, ms",
        "90 %, ms",
        "fastest, ms",
        "the tab alone, ms",
        "page opened first, ms",
        "server with all weights, MiB",
    )
    write(
        "latency",
        f"A slider moved to a new strip of faces ({SLUG}), {CHANGES - WARM} changes",
        header,
        rows,
        [
            f"From a fresh interpreter to the first strip, torch's import and the weights' loading included: {cold():.0f} ms."
        ],
    )


if __name__ == "__main__":
    main()
