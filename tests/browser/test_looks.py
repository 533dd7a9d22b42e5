"""How tabs look, measured: the kitchen page in full, and one tab of every page, in both front ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from gallery.doors import screenshots
from gallery.engine.catalog import catalog
from gallery.engine.export import browser_path
from gallery.engine.links import page_link
from tests.browser import looks
from tests.browser.looks import EXPECTED, PHONE, WIDE, Look
from tests.conftest import KITCHEN

if browser_path() is None and not os.environ.get("CI"):
    pytest.skip("no browser: apt-get install chromium, or set BROWSER_PATH", allow_module_level=True)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def screen(chromium: Any) -> Iterator[Any]:
    with screenshots.browser_page(*WIDE, within=chromium) as page:
        yield page


def wrong(screen: Any, base: str, look: Look) -> list[str]:
    said: list[str] = []

    def hear(text: str) -> None:
        if not EXPECTED.search(text):
            said.append(f"console: {text}")

    screen.on("console", listen := lambda m: hear(m.text) if m.type == "error" else None)
    try:
        return looks.visit(screen, base, look) + said
    finally:
        screen.remove_listener("console", listen)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("tab", [tab.slug for tab in KITCHEN["every-kind"].page.tabs])
def test_every_kind_looks_right(screen: Any, kitchen_house: str, ui: str, tab: str, size: tuple[int, int]) -> None:
    assert wrong(screen, kitchen_house, Look("every-kind", tab, ui, "en", size)) == []


SLUGS = list(catalog().entries)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_first_tab_of_a_page_looks_right_on_a_phone_and_wide(screen: Any, gallery: str, ui: str, slug: str) -> None:
    """Every page in one of the two front ends, in turn: the kitchen page is measured in both, and so are all tabs by `make looks`."""
    if SLUGS.index(slug) % 2 != looks.UIS.index(ui):
        return
    first = catalog()[slug].page.tabs[0].slug
    assert wrong(screen, gallery, Look(slug, first, ui, "zh", PHONE)) == []
    screen.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})  # turned or widened while it is open
    screen.wait_for_timeout(400)
    assert looks.faults(screen, WIDE[0]) == []


def test_an_overlap_is_seen(screen: Any, kitchen_house: str, ui: str) -> None:
    """The measure itself: a title moved onto an axis must be found."""
    screen.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    screen.goto(page_link("every-kind", "numbers", lang="en", base=kitchen_house))
    screenshots.ready(screen)
    assert looks.faults(screen, WIDE[0]) == []
    figure = screen.locator(looks.FIGURES).first
    figure.evaluate("(plot) => window.Plotly.relayout(plot, {'title.y': 0.5, 'title.x': 0.0, 'title.xanchor': 'left'})")
    screen.wait_for_timeout(300)
    figure.evaluate(
        "(plot) => { const t = plot.querySelector('.gtitle').getBoundingClientRect(), a = plot.querySelector('.ytitle');"
        " const b = a.getBoundingClientRect(); a.style.transform = `translate(${t.left - b.left}px, ${t.top - b.top}px)`; }"
    )
    assert any("lies on" in fault for fault in looks.faults(screen, WIDE[0]))


def test_a_picture_beside_the_screen_is_seen(screen: Any, kitchen_house: str, ui: str) -> None:
    """Neither its height nor the page's width tells of it: the column that it lies in cuts it off."""
    screen.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    screen.goto(page_link("every-kind", "numbers", lang="en", base=kitchen_house))
    screenshots.ready(screen)
    assert looks.faults(screen, PHONE[0]) == []
    screen.locator(looks.PICTURE).first.evaluate("(picture) => { picture.style.transform = 'translateX(350px)'; }")
    assert any("of its width" in fault for fault in looks.faults(screen, PHONE[0]))


def test_a_picture_of_a_page_shows_all_of_it_and_of_a_longer_menu(screen: Any) -> None:
    """Streamlit scrolls the page and its menu each by itself; what is laid out anew in the larger window may grow again."""
    with screenshots.browser_page(800, 600, within=screen.context.browser) as page:
        page.set_content(
            "<style>body { margin: 0 } .stMain, [data-testid] { height: 100vh; overflow: auto }</style>"
            "<div class='stMain'><div style='height: 700px'></div></div>"
            "<div data-testid='stSidebarContent' style='position: fixed; top: 0; width: 90px'><div id='menu' style='height: 900px'></div></div>"
        )
        page.evaluate("addEventListener('resize', () => { document.getElementById('menu').style.height = '1300px'; })")
        screenshots.show_whole(page, 800)
        assert page.viewport_size == {"width": 800, "height": 1300}
