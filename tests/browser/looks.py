"""Every tab as a reader sees it: ``make looks`` opens all of them, wide and narrow, and says what is wrong to look at.

What can be measured is asserted here, for the tests too: no two texts of a figure overlap, panels stand one under another
on a phone, the picture is in sight while its first control is moved, nothing scrolls sideways, the console is clean. What
only an eye can judge goes onto contact sheets.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from PIL import Image, ImageDraw
from playwright.sync_api import TimeoutError

from gallery.doors import screenshots
from gallery.engine.catalog import ROOT, catalog
from gallery.engine.links import page_link

__all__ = ["EXPECTED", "PHONE", "WIDE", "Look", "faults", "looks", "visit"]

WIDE, PHONE = (1440, 900), (390, 844)
UIS, LANGS = ("streamlit", "gradio"), ("zh", "en")
STACKED_BELOW = 600  # CSS pixels, as in the figures' component
MOST = 0.9  # of a picture's width that must be in sight
TOUCH = 3  # CSS pixels that two boxes of text may share: the boxes are larger than their letters
SHEETS = {WIDE: (720, 2, 6), PHONE: (360, 4, 4)}  # width of a look on a contact sheet, looks in a row and on a sheet
# Streamlit asks under every path it may be mounted at, and takes its own 404 as an answer; Gradio says when it is left.
EXPECTED = re.compile(
    r"_stcore/(health|host-config)|Failed to load resource|GPU stall|GL Driver|apple-mobile-web-app"
    r"|AbortError|Connection errored out|the internet"
)
PICTURE = ".g-out:visible, [class*=st-key-g-out-]:visible"
FIGURES = ".js-plotly-plot:visible"
TEXTS = """(plot) => {
  const named = [['title', '.gtitle'], ['axis title', '.xtitle, .ytitle, .x2title, .y2title, .x3title, .y3title'],
    ['annotation', '.annotation-text'], ['legend', '.legendtext'], ['tick', '.xtick text, .ytick text'],
    ['cell', '.heatmap-label text']];
  const found = [];
  for (const [kind, selector] of named) {
    for (const node of plot.querySelectorAll(selector)) {
      const box = node.getBoundingClientRect();
      if (!box.width || !box.height || !node.textContent.trim() || getComputedStyle(node).visibility === 'hidden') continue;
      found.push({ kind, text: node.textContent, left: box.left, right: box.right, top: box.top, bottom: box.bottom });
    }
  }
  return found;
}"""
PANELS = """(plot) => {
  const layout = plot._fullLayout, found = [];
  for (const name of Object.keys(layout._plots || {})) {
    const { xaxis, yaxis, mainplot } = layout._plots[name];
    if (mainplot) continue;
    found.push({ name, x: [...xaxis.domain], y: [...yaxis.domain], width: plot.clientWidth });
  }
  return found;
}"""
SEEN = """(node) => new Promise((told) => new IntersectionObserver(([entry], observer) => {
  const { width, height } = entry.intersectionRect, whole = entry.boundingClientRect;
  observer.disconnect();
  told({ height, tall: whole.height, wide: whole.width ? width / whole.width : 0 });
}).observe(node))"""
"""How much of it is seen: what scrolls or cuts it off is taken into account."""
TO_TOP = """(node) => {
  for (let each = node; each; each = each.parentElement) each.scrollTop = 0;
  window.scrollTo(0, 0);
}"""
OUTSIDE = "() => document.scrollingElement.scrollWidth - innerWidth"


class Look(NamedTuple):
    """One tab in one front end, language and width; every tab comes up light and dark."""

    slug: str
    tab: str
    ui: str
    lang: str
    size: tuple[int, int]

    @property
    def theme(self) -> str:
        """Light for Chinese wide and English narrow, else dark."""
        return "light" if (self.lang == "zh") == (self.size == WIDE) else "dark"

    @property
    def name(self) -> str:
        """A file name for it."""
        return f"{self.slug}-{self.tab}-{self.ui}-{self.lang}-{self.theme}-{self.size[0]}"


def looks(
    slugs: list[str], uis: tuple[str, ...] = UIS, langs: tuple[str, ...] = LANGS, once: bool = False
) -> Iterator[Look]:
    """Every tab of the pages, wide and on a phone; with ``once`` only one language a width, another in each front end."""
    for slug in slugs:
        for tab, ui, lang, size in product(catalog()[slug].page.tabs, uis, langs, (WIDE, PHONE)):
            if not once or (lang == "zh") == ((size == WIDE) == (ui == "gradio")):
                yield Look(slug, tab.slug, ui, lang, size)


def visit(page: Any, base: str, look: Look) -> list[str]:
    """Open the tab and say what is wrong to look at."""
    page.set_viewport_size({"width": look.size[0], "height": look.size[1]})
    page.goto(page_link(look.slug, look.tab, lang=look.lang, theme=look.theme, base=base))
    try:
        state = screenshots.ready(page)
    except TimeoutError as error:
        return [f"the tab never came to rest: {str(error).splitlines()[0]}"]
    return [*([f"the tab is {state}"] if state != "done" else []), *faults(page, look.size[0])]


def faults(page: Any, width: int) -> list[str]:
    """What is measurably wrong with the tab that is shown."""
    wrong: list[str] = []
    figures = page.locator(FIGURES)
    for number in range(figures.count()):
        wrong += _overlaps(figures.nth(number).evaluate(TEXTS))
        wrong += _side_by_side(figures.nth(number).evaluate(PANELS))
    if (over := page.evaluate(OUTSIDE)) > 1:
        wrong.append(f"the page is {over} px wider than the screen")
    return [*wrong, *_out_of_sight(page, width)]


def _overlaps(texts: list[dict[str, Any]]) -> list[str]:
    wrong = []
    for i, a in enumerate(texts):
        for b in texts[i + 1 :]:
            across = min(a["right"], b["right"]) - max(a["left"], b["left"])
            down = min(a["bottom"], b["bottom"]) - max(a["top"], b["top"])
            if across > TOUCH and down > TOUCH:
                wrong.append(f"{a['kind']} {a['text']!r} lies on {b['kind']} {b['text']!r}")
    return wrong


def _side_by_side(panels: list[dict[str, Any]]) -> list[str]:
    wrong = []
    for i, a in enumerate(panels):
        for b in panels[i + 1 :]:
            beside = min(a["x"][1], b["x"][1]) <= max(a["x"][0], b["x"][0])
            level = min(a["y"][1], b["y"][1]) > max(a["y"][0], b["y"][0])
            if beside and level and a["width"] < STACKED_BELOW:
                wrong.append(f"panels {a['name']} and {b['name']} stand side by side on {a['width']} px")
    return wrong


def _out_of_sight(page: Any, width: int) -> list[str]:
    """Whether the picture is in sight when the first control, and on a phone the last, is where a thumb would move it."""
    picture = page.locator(PICTURE).first
    if not picture.count():
        return []
    wrong = []
    for which in ("first", "last") if width < STACKED_BELOW else ("first",):
        if not _to_control(page, which):
            return ["no control is shown"]
        seen = picture.evaluate(SEEN)
        if seen["height"] < min(160, 0.5 * seen["tall"]) or seen["wide"] < MOST:
            share = f"{seen['height']:.0f} px of the picture, {seen['wide']:.0%} of its width"
            wrong.append(f"{share}, are in sight at the {which} control ({width} px wide)")
    picture.evaluate(TO_TOP)
    return wrong


def controls(page: Any) -> Any:
    """The controls of the tab that is shown."""
    return page.locator(".g-form .g-in:visible, .st-key-g-controls [class*=st-key-g-in-]:visible")


def _to_control(page: Any, which: str) -> bool:
    """Bring the first or last control up to the lower edge of the screen; whether there is one."""
    there = controls(page)
    if not there.count():
        return False
    getattr(there, which).evaluate("(node) => node.scrollIntoView({ block: 'end' })")
    page.wait_for_timeout(500)  # what sticks to the screen has found its place
    return True


def _photograph(page: Any, look: Look, out: Path) -> list[Path]:
    """The screen as it comes up, and on a phone once more as it is when the first control is moved."""
    paths = [out / f"{look.name}.png"]
    page.screenshot(path=paths[0])
    if look.size == PHONE and _to_control(page, "first"):
        paths.append(out / f"{look.name}-control.png")
        page.screenshot(path=paths[1])
    return paths


def _sheets(paths: list[Path], size: tuple[int, int], out: Path) -> None:
    """The looks of a page side by side, small, each with its name."""
    width, columns, most = SHEETS[size]
    for number, start in enumerate(range(0, len(paths), most)):
        there = paths[start : start + most]
        height = round(width * size[1] / size[0]) + 18
        sheet = Image.new("RGB", (columns * (width + 8), -(-len(there) // columns) * height), "#888")
        pen = ImageDraw.Draw(sheet)
        for place, path in enumerate(there):
            left, top = place % columns * (width + 8), place // columns * height
            pen.text((left + 2, top + 2), path.stem, "white")
            sheet.paste(Image.open(path).convert("RGB").resize((width, height - 18)), (left, top + 16))
        sheet.save(out.with_name(f"{out.name}-{size[0]}-{number}.png"))


def main(
    page: Annotated[str | None, typer.Option(help="one page; default: all")] = None,
    ui: Annotated[str | None, typer.Option(help="streamlit or gradio; default: both")] = None,
    lang: Annotated[str | None, typer.Option(help="zh or en; default: both")] = None,
    width: Annotated[int | None, typer.Option(help="1440 or 390; default: both")] = None,
    once: Annotated[bool, typer.Option(help="each tab in one language a width, another in each front end")] = False,
    out: Annotated[Path, typer.Option(help="where pictures and sheets go")] = ROOT / "out" / "looks",
) -> None:
    """Open every tab, print what is wrong, write contact sheets; exit status 1 where something is."""
    out.mkdir(parents=True, exist_ok=True)
    slugs = [page] if page else list(catalog().entries)
    uis, langs = ((ui,) if ui else UIS), ((lang,) if lang else LANGS)
    wrong = 0
    for each in uis:
        with screenshots.server(each) as base, screenshots.browser_page(*WIDE) as browser:
            said: list[str] = []
            browser.on("console", lambda m: said.append(m.text) if m.type == "error" else None)  # noqa: B023
            browser.on("pageerror", lambda e: said.append(str(e)))  # noqa: B023
            for slug in slugs:
                paths: dict[tuple[int, int], list[Path]] = {WIDE: [], PHONE: []}
                for look in looks([slug], (each,), langs, once):
                    if width not in (None, look.size[0]):
                        continue
                    said.clear()
                    found = visit(browser, base, look)
                    found += [f"console: {line}" for line in said if not EXPECTED.search(line)]
                    paths[look.size] += _photograph(browser, look, out)
                    wrong += len(found)
                    for line in found:
                        print(f"{look.name}: {line}", flush=True)
                for size, there in paths.items():
                    _sheets(there, size, out / f"sheet-{slug}-{each}")
    print(f"{wrong} things are wrong to look at; sheets in {out}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    typer.run(main)
