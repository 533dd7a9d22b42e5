"""Screenshots: pages as a visitor sees them, by a real browser, good enough for print."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gallery.engine.catalog import ROOT, Entry, catalog
from gallery.engine.export import browser_path
from gallery.engine.links import page_link

__all__ = [
    "BROWSER_ARGUMENTS",
    "ShotError",
    "browser",
    "browser_page",
    "cards",
    "ready",
    "server",
    "shoot",
    "show_whole",
]

BROWSER_ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
START_SECONDS = 90
READY_MILLISECONDS = 90_000
HEIGHT = 860
CARD_SIZE = (960, 600)  # pixels of a front page picture
PAGE_WIDTH = 1360
TEXT_CARD_WIDTH = 640  # CSS pixels of a page's text beside its controls, about
FILM_CARD_WIDTH, FILM_CARD_QUALITY, FILM_CARD_MILLISECONDS = 640, 72, 90
SETTLED = """() => {
  const plots = [...document.querySelectorAll('.g-figure')].filter((p) => p.offsetParent !== null);
  return document.fonts.status === 'loaded' && [...document.images].every(
    (i) => i.complete || (i.loading === 'lazy' && i.getBoundingClientRect().top > innerHeight))
    && plots.every((p) => p.querySelector('.main-svg, canvas')) && !document.querySelector('[data-stale="true"], .stSkeleton');
}"""
STILL = """() => {
  const height = Math.max(...[...document.querySelectorAll('.stMain, .gradio-container, body')].map((e) => e.scrollHeight));
  const now = performance.now(), last = window.galleryHeight;
  if (!last || last.height !== height) window.galleryHeight = { height, since: now };
  return now - window.galleryHeight.since > 400;
}"""
"""Nothing that arrives has moved anything for a while: a part that mounts late makes the page grow."""
WHOLE = """() => Math.max(...[...document.querySelectorAll('.stMain, [data-testid="stSidebarContent"], .g-side, .gradio-container, body')]
  .map((e) => e.scrollHeight))"""
HIGHEST = 12_000  # pixels of a page's picture


class ShotError(RuntimeError):
    """A picture that could not be taken; the message says why."""


@contextmanager
def server(ui: str, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Start a front end on a free loopback port; gives its address, and ends it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {**os.environ, **(environment or {})}
    if ui == "streamlit":
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port),
                   "--server.address", "127.0.0.1", "--server.headless", "true"]  # fmt: skip
        health = f"http://127.0.0.1:{port}/_stcore/health"
    else:
        command = [sys.executable, "app.py"]
        settings |= {"GRADIO_SERVER_PORT": str(port), "GRADIO_SERVER_NAME": "127.0.0.1"}
        health = f"http://127.0.0.1:{port}/"
    process = subprocess.Popen(
        command, cwd=ROOT, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        _await(health, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stderr is not None
        process.stderr.close()


def _await(address: str, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            assert process.stderr is not None
            raise ShotError(f"the front end ended at once: {process.stderr.read()[-300:]}")
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise ShotError(f"the front end did not answer within {START_SECONDS} s")


@contextmanager
def browser() -> Iterator[Any]:
    """A browser of its own; ShotError where none is installed."""
    path = browser_path()
    if path is None:
        raise ShotError("no browser: apt-get install chromium, or set BROWSER_PATH")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=path, args=list(BROWSER_ARGUMENTS))
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def browser_page(
    width: int = PAGE_WIDTH, height: int = HEIGHT, scale: float = 1, within: Any = None, **options: Any
) -> Iterator[Any]:
    """A page in a fresh context of the browser ``within``, or of one of its own; ShotError where none is installed."""
    if within is None:
        with browser() as within, browser_page(width, height, scale, within, **options) as page:
            yield page
        return
    context = within.new_context(
        viewport={"width": width, "height": height}, device_scale_factor=scale, reduced_motion="reduce", **options
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def ready(page: Any, timeout: int = READY_MILLISECONDS) -> str:
    """Wait until the shown tab has ended and everything is drawn; returns its state, done or failed."""
    page.wait_for_selector(
        ".gallery-state[data-state=done], .gallery-state[data-state=failed]", state="attached", timeout=timeout
    )
    page.wait_for_function(STILL, timeout=timeout)
    page.wait_for_function(SETTLED, timeout=timeout)
    page.wait_for_timeout(500)  # web fonts, WebGL and the last transition
    return page.locator(".gallery-state").last.get_attribute("data-state")


def shoot(
    slug: str, out: Path, *, tab: str | None = None, values: Mapping[str, str] | None = None, lang: str = "zh",
    theme: str = "light", ui: str = "streamlit", width: int = 1280, scale: float = 2, only: str | None = None,
    base: str | None = None,
) -> None:  # fmt: skip
    """Write a PNG of a page in a state. ``only`` is an output's name; ``base`` a running front end (else one is started)."""
    if base is None:
        if browser_path() is None:
            raise ShotError("no browser: apt-get install chromium, or set BROWSER_PATH")
        with server(ui) as address:
            shoot(
                slug,
                out,
                tab=tab,
                values=values,
                lang=lang,
                theme=theme,
                width=width,
                scale=scale,
                only=only,
                base=address,
            )
        return
    from playwright.sync_api import Error

    with browser_page(width, HEIGHT, scale) as page:
        try:
            page.goto(page_link(slug, tab, values, lang, theme, base=base))
            state = ready(page)
            page.wait_for_timeout(300)
            if only is None:
                show_whole(page, width)
            if state == "done":
                _await_picture(page, slug, tab)
            part = page.locator(f".g-out-{only}, .st-key-g-out-{only}").first
            picture = page.screenshot(full_page=True) if only is None else part.screenshot()
        except Error as error:
            raise ShotError(f"{slug}: {error.message.splitlines()[0]}") from None
    out.write_bytes(picture)


def _await_picture(page: Any, slug: str, tab: str | None) -> None:
    """Wait for the tab's first figure: on a busy machine it mounts after all else has been still for a while."""
    tabs = {one.slug: one for one in catalog()[slug].page.tabs}
    shown = tabs.get(tab or next(iter(tabs)))
    if shown is None:  # Verify, the post and the card have no picture of their own
        return
    slot = shown.outputs[0]
    if slot.kind == "figure":
        drawn = f".g-out-{slot.name} .main-svg, .st-key-g-out-{slot.name} .main-svg"
        page.wait_for_selector(drawn, state="attached", timeout=READY_MILLISECONDS)


def show_whole(page: Any, width: int) -> None:
    """Make the window as high as the page and its menu; what arrives late, or is laid out anew, is measured again."""
    height = 0
    while (wanted := min(int(page.evaluate(WHOLE)), HIGHEST)) > height:
        height = wanted
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(600)


def cards(slugs: Sequence[str] = (), folder: Path = ROOT / "assets" / "screenshots") -> None:
    """Renew the pictures of the front page (light, dark) and of the README: of ``slugs``, or of every page.

    A page's pictures are made in a folder of their own and moved when all of them are there, so that a run that
    is stopped leaves no half-written picture behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with server("streamlit") as base:
        for entry in [catalog()[slug] for slug in slugs] or catalog():
            with tempfile.TemporaryDirectory(dir=folder.parent) as made:
                _page_cards(entry, Path(made), base)
                for path in Path(made).iterdir():
                    path.replace(folder / path.name)


def _page_cards(entry: Entry, folder: Path, base: str) -> None:
    from PIL import Image

    from gallery.engine.export import figure_bytes
    from gallery.engine.runner import Finished, run_tab

    tab = entry.page.tabs[0]
    slot = tab.outputs[0]
    if slot.kind == "animation":
        _film_card(entry, folder)
    for lang, suffix in (("zh", ""), ("en", "-en")) if slot.kind != "animation" else ():
        last = list(run_tab(entry.slug, tab(), lang))[-1]  # type: ignore[arg-type]
        assert isinstance(last, Finished)
        for theme, dark in (("light", ""), ("dark", "-dark")):
            if slot.kind == "text":
                data = _text_card(entry.slug, slot.name, lang, theme, base)
            else:
                data = figure_bytes(last.values[slot.name], "png", theme, 1, *CARD_SIZE)
            picture = Image.open(io.BytesIO(data)).convert("RGB").quantize(128, dither=Image.Dither.NONE)
            picture.save(folder / f"{entry.slug}{suffix}{dark}.png", optimize=True)
    for lang, theme in (("zh", "light"), ("en", "dark")):
        path = folder / f"{entry.slug}-page-{lang}.png"
        shoot(entry.slug, path, lang=lang, theme=theme, width=PAGE_WIDTH, scale=1, base=base)
        Image.open(path).convert("RGB").quantize(192, dither=Image.Dither.NONE).save(path, optimize=True)


def _text_card(slug: str, slot: str, lang: str, theme: str, base: str) -> bytes:
    """What a page writes, as the page shows it: its top, in the form of a card, on the page's own background."""
    from PIL import Image, ImageOps

    from gallery.theme import palette

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text.png"
        shoot(
            slug,
            path,
            lang=lang,
            theme=theme,
            width=PAGE_WIDTH,
            scale=CARD_SIZE[0] / TEXT_CARD_WIDTH,
            only=slot,
            base=base,
        )
        shot = Image.open(path).convert("RGB")
    shot = shot.crop((0, 0, shot.width, min(shot.height, round(shot.width * CARD_SIZE[1] / CARD_SIZE[0]))))
    card = ImageOps.pad(shot, CARD_SIZE, color=palette(theme).background)
    buffer = io.BytesIO()
    card.save(buffer, "PNG")
    return buffer.getvalue()


def _film_card(entry: Entry, folder: Path) -> None:
    """The films of the page's cover side by side: ``<slug>.webp``, and one frame of it for those who want no motion."""
    import numpy as np
    from PIL import Image

    from gallery.engine.runner import Finished, run_tab
    from gallery.inputs import parse
    from gallery.outputs import Grid, grid_image

    tab = entry.page.tabs[0]
    films = []
    for values in entry.page.cover or ({},):
        last = list(run_tab(entry.slug, parse(tab, values), "zh"))[-1]
        assert isinstance(last, Finished), last
        films.append(last.values[tab.outputs[0].name].frames)
    columns = max(1, round((len(films) * CARD_SIZE[0] / CARD_SIZE[1]) ** 0.5))
    side = FILM_CARD_WIDTH // columns
    frames = []
    for pictures in zip(*films, strict=True):
        big = [np.asarray(Image.fromarray(p).resize((side, side), Image.Resampling.LANCZOS)) for p in pictures]
        frames.append(Image.fromarray(grid_image(Grid(big, columns), gap=0)))
    still = frames[len(frames) // 2]
    for dark in ("", "-dark"):
        still.quantize(255).save(folder / f"{entry.slug}{dark}.png", optimize=True)
    there_and_back = [*frames, *frames[-2:0:-1]]
    there_and_back[0].save(
        folder / f"{entry.slug}.webp", save_all=True, append_images=there_and_back[1:], duration=FILM_CARD_MILLISECONDS,
        loop=0, quality=FILM_CARD_QUALITY, method=6,
    )  # fmt: skip


if __name__ == "__main__":
    cards(sys.argv[1:])
