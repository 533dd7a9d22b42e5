"""From a control to the new picture, as a reader feels it, in both front ends: ``python -m bench.latency``.

A real browser moves a slider by one key, always to a place not seen before, and waits until an output shows another
picture; the page's own computation is timed apart.
Streamlit sends a slider when its key is released, Gradio while it moves. ``--slug``, ``--tab``, ``--input`` and
``--slot`` measure another page (nothing is written then); ``--kitchen`` takes the tests' page; its tab ``little`` (``--slug every-kind --tab little
--input n --slot facts``) shows one number and so measures the front ends alone.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import psutil

from bench.report import write
from gallery.doors import screenshots
from gallery.engine.catalog import PAGES_VARIABLE, catalog
from gallery.engine.runner import run_tab
from gallery.inputs import parse

CHANGES = 20
WARM = 3
PAUSE = 350  # ms between two changes, as a reader looks
KITCHEN = {PAGES_VARIABLE: "tests/kitchen"}
SHOWN = """(slot) => [...document.querySelectorAll(`.g-out-${slot} img, .st-key-g-out-${slot} img`)].map((i) => i.src).join()
  + [...document.querySelectorAll(`.g-out-${slot} .save, .st-key-g-out-${slot} .save`)].map((a) => a.href).join()
  + [...document.querySelectorAll(`.g-out-${slot} .g-value, .st-key-g-out-${slot} .g-value`)].map((v) => v.textContent).join()"""
CHANGED = f"""([slot, before]) => {{
  const now = ({SHOWN})(slot);
  return now !== "" && now !== before && [...document.images].every((i) => i.complete);
}}"""


@dataclass(frozen=True)
class Subject:
    """What is measured: a page's tab in a state, the slider that is moved and the output that follows."""

    slug: str
    tab: str
    name: str
    slot: str
    link: str = ""
    kitchen: bool = False

    @property
    def environment(self) -> dict[str, str]:
        return KITCHEN if self.kitchen else {}


FACES = Subject("o-gan", "interpolate", "temperature", "strip", "model=cats&left=seed&right=seed")


@dataclass(frozen=True)
class Measured:
    """Milliseconds of each change, of the server's CPU time a change, of the first opening; MiB at the end."""

    times: list[float]
    cpu: float
    first: float
    memory: float

    @property
    def cells(self) -> list[str]:
        ninth = sorted(self.times)[int(0.9 * len(self.times))]
        return [f"{v:.0f}" for v in (statistics.median(self.times), ninth, min(self.times), self.cpu, self.first)]


def of_front_end(ui: str, subject: Subject, every_page: bool = False) -> Measured:
    """Move the slider through ``CHANGES`` new places; with ``every_page`` all weights are loaded before memory is read."""
    with screenshots.server(ui, subject.environment) as base, screenshots.browser_page() as page:
        start = time.perf_counter()
        page.goto(f"{base}/{subject.slug}?tab={subject.tab}&{subject.link}")
        screenshots.ready(page)
        first = 1e3 * (time.perf_counter() - start)
        control = page.locator(f".g-in-{subject.name}:visible, .st-key-g-in-{subject.name}:visible").first
        handle = control.locator("[role=slider], input[type=range]").first
        handle.focus()
        page.keyboard.press("Home")
        page.wait_for_timeout(2000)
        times, busy = [], 0.0
        for change in range(CHANGES + WARM):
            if change == WARM:
                busy = cpu()
            before = page.evaluate(SHOWN, subject.slot)
            start = time.perf_counter()
            page.keyboard.press("ArrowRight")
            page.wait_for_function(CHANGED, arg=[subject.slot, before], polling="raf")
            times.append(1e3 * (time.perf_counter() - start))
            page.wait_for_timeout(PAUSE)
        busy = (cpu() - busy) / CHANGES
        for entry in catalog() if every_page else ():
            for tab in entry.page.tabs if entry.page.weights else ():
                page.goto(f"{base}/{entry.slug}?tab={tab.slug}")
                screenshots.ready(page)
        return Measured(times[WARM:], busy, first, resident())


def servers() -> list[psutil.Process]:
    """The servers that this process has started."""
    return [child for child in psutil.Process().children() if "python" in child.name()]


def resident() -> float:
    """MiB of the servers."""
    return sum(server.memory_info().rss for server in servers()) / 2**20


def cpu() -> float:
    """Milliseconds of CPU time that the servers have used, which other programs on the machine do not change."""
    return 1e3 * sum(sum(server.cpu_times()[:2]) for server in servers())


def cold() -> float:
    """Milliseconds of a fresh interpreter from importing torch to the first strip of 17."""
    code = (
        "import time; start = time.perf_counter()\n"
        "from core import codec\nfrom core.weights import load\n"
        "model = load('o-gan-cats64')\na, b = codec.random_codes(model, [1, 2])\n"
        "codec.morph(model, a, b, 17, 'standardised', 0.9)\nprint(1e3 * (time.perf_counter() - start))"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(3)]
    return min(float(run.stdout) for run in runs)


def computed(subject: Subject) -> float:
    """Milliseconds of the tab alone with its link's values, median of ten runs."""
    tab = catalog()[subject.slug].page.tab(subject.tab)
    given = dict(pair.split("=", 1) for pair in subject.link.split("&") if pair)
    start = float(getattr(tab(), subject.name))
    times = []
    for k in range(10):
        values: dict[str, Any] = {**given, subject.name: type(getattr(tab(), subject.name))(start - k / 100)}
        begin = time.perf_counter()
        list(run_tab(subject.slug, parse(tab, values), "zh"))
        times.append(1e3 * (time.perf_counter() - begin))
    return statistics.median(times)


HEADER = (
    "front end",
    "median, ms",
    "90 %, ms",
    "fastest, ms",
    "CPU of the server a change, ms",
    "page opened first, ms",
)


def main() -> None:
    """Measure and write the table; for another page only print it."""
    asked = argparse.ArgumentParser(description=__doc__)
    for name in ("slug", "tab", "name", "slot", "link"):
        flag = "input" if name == "name" else name
        asked.add_argument(f"--{flag}", dest=name, default=getattr(FACES, name))
    asked.add_argument("--kitchen", action="store_true")
    asked.add_argument("--ui", choices=("streamlit", "gradio"), nargs="*", default=("streamlit", "gradio"))
    given = vars(asked.parse_args())
    uis = given.pop("ui")
    subject = Subject(**given)
    if subject != FACES:
        os.environ.update(subject.environment)
        print(" · ".join(HEADER))
        for ui in uis:
            print(" · ".join([ui, *of_front_end(ui, subject).cells]), flush=True)
        print(f"the tab alone: {computed(subject):.0f} ms")
        return
    rows = []
    for ui in uis:
        measured = of_front_end(ui, subject, every_page=True)
        rows.append([ui, *measured.cells, f"{measured.memory:.0f}"])
    write(
        "latency",
        f"A slider moved to a new strip of faces ({subject.slug}), {CHANGES} changes",
        (*HEADER, "server with all weights, MiB"),
        rows,
        [
            f"The tab alone takes {computed(subject):.0f} ms.",
            f"From a fresh interpreter to the first strip, torch's import and the weights' loading included: {cold():.0f} ms.",
        ],
    )


if __name__ == "__main__":
    main()
