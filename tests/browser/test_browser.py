"""Both front ends in a real browser, as a reader uses them."""

from __future__ import annotations

import io
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import unquote

import pytest
from PIL import Image

from gallery.doors import screenshots
from gallery.engine.export import browser_path
from gallery.engine.links import embed_snippet, page_link
from gallery.inputs import fields
from tests.browser.looks import EXPECTED
from tests.conftest import KITCHEN

if browser_path() is None and not os.environ.get("CI"):
    pytest.skip("no browser: apt-get install chromium, or set BROWSER_PATH", allow_module_level=True)

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    with screenshots.browser_page(1280, 900, within=chromium) as opened:
        opened.errors = []
        opened.on(
            "console",
            lambda m: opened.errors.append(m.text) if m.type == "error" and not EXPECTED.search(m.text) else None,
        )
        opened.on("pageerror", lambda e: None if EXPECTED.search(str(e)) else opened.errors.append(str(e)))
        yield opened
        assert not opened.errors, opened.errors


def go(page: Any, address: str) -> str:
    page.goto(address)
    return screenshots.ready(page)


def output(page: Any, name: str) -> Any:
    return page.locator(f".g-out-{name}, .st-key-g-out-{name}").first


def control(page: Any, name: str) -> Any:
    return page.locator(f".g-in-{name}:visible, .st-key-g-in-{name}:visible").first


def drawn(page: Any, name: str) -> bytes:
    return output(page, name).screenshot()


def settle(page: Any, address_part: str) -> None:
    """Wait until the address says the change and the picture is drawn again."""
    page.wait_for_function(
        "(part) => decodeURIComponent(location.search).includes(part)", arg=address_part, timeout=30_000
    )
    screenshots.ready(page)
    page.wait_for_timeout(700)


def type_seed(page: Any, value: int) -> None:
    box = control(page, "seed").locator("input").first
    box.fill(str(value))
    box.press("Enter")
    box.press("Tab")


def test_from_the_front_page_to_a_picture_that_changes(page: Any, gallery: str) -> None:
    go(page, gallery + "/")
    assert page.locator(".g-index").count() == 1
    page.locator("a[href*='/hsic']:visible").first.click()
    page.wait_for_url(re.compile("/hsic"))
    screenshots.ready(page)
    before = drawn(page, "cloud")
    slider = control(page, "noise").locator("[role=slider], input[type=range]").first
    slider.focus()
    for _ in range(10):
        slider.press("ArrowRight")
    page.wait_for_function(
        "() => !location.search.includes('noise=0.1&') && location.search.includes('noise=')", timeout=30_000
    )
    screenshots.ready(page)
    page.wait_for_timeout(1200)
    assert drawn(page, "cloud") != before


def test_pictures_and_films_of_the_front_page_arrive(page: Any, gallery: str) -> None:
    page.emulate_media(reduced_motion="no-preference")
    go(page, gallery + "/")
    pictures = page.locator(".g-shot img")
    assert pictures.count() >= 2
    for place in range(pictures.count()):
        pictures.nth(place).scroll_into_view_if_needed()
        page.wait_for_function("(i) => document.querySelectorAll('.g-shot img')[i].naturalWidth > 0", arg=place)


def test_a_deep_link_opened_first_shows_its_state(page: Any, gallery: str) -> None:
    go(page, page_link("hsic", "null", {"n": "57", "shape": "cross", "seed": "9"}, "en", base=gallery))
    assert page.get_by_text("How large is large?").count() >= 1
    assert control(page, "seed").locator("input").first.input_value() == "9"
    assert "n=57" in page.url
    assert page.locator("[role=dialog]:visible").count() == 0


def test_a_bad_link_is_said_in_words(page: Any, gallery: str) -> None:
    go(page, page_link("hsic", "play", {"n": "9999"}, "en", base=gallery))
    assert "n = 9999: must be a whole number from 20 to 2000" in page.locator(".g-message").first.inner_text()
    assert "Traceback" not in page.content()


def test_an_unknown_page_is_said_and_nothing_dies(page: Any, gallery: str, ui: str) -> None:
    page.goto(gallery + "/no-such-page?lang=en")
    page.wait_for_timeout(3000)
    text = page.locator("body").inner_text()
    assert "Traceback" not in text
    assert re.search("not seem to exist|no page|没有", text, re.I)
    page.errors.clear()  # a 404 is what was asked for


def test_language_and_theme_switch(page: Any, gallery: str) -> None:
    go(page, page_link("gillespie", base=gallery))
    assert "轨迹" in page.locator("body").inner_text()
    page.get_by_text("English", exact=True).locator("visible=true").first.click()
    page.wait_for_function("() => document.body.innerText.includes('Trajectories')", timeout=30_000)
    screenshots.ready(page)
    page.get_by_text("Dark", exact=True).locator("visible=true").first.click()
    page.wait_for_function(
        """() => { const c = getComputedStyle(document.querySelector('.stApp, .gradio-container, body')).backgroundColor;
                   const n = c.match(/\\d+/g); return n && n.slice(0, 3).every((v) => +v < 60); }""",
        timeout=30_000,
    )
    screenshots.ready(page)


def test_a_phone_sees_the_picture_first_and_never_scrolls_sideways(chromium: Any, gallery: str) -> None:
    with screenshots.browser_page(390, 844, within=chromium) as phone:
        go(phone, page_link("hsic", lang="en", base=gallery))
        assert phone.evaluate("() => document.scrollingElement.scrollWidth") <= 391
        assert output(phone, "cloud").bounding_box()["y"] < control(phone, "n").bounding_box()["y"]


def test_embedding_hides_the_frame(page: Any, gallery: str) -> None:
    go(page, page_link("hsic", "play", lang="en", embed=True, base=gallery))
    output(page, "cloud").wait_for(state="visible", timeout=20_000)
    assert page.get_by_text("English", exact=True).locator("visible=true").count() == 0


LISTENS = """<script>addEventListener("message", ({ source, data }) => {
  for (const frame of document.querySelectorAll("iframe")) {
    if (frame.contentWindow === source && data?.type === "gallery-height") frame.style.height = `${data.height}px`;
  }
});</script>"""


@contextmanager
def foreign_page(body: str) -> Iterator[str]:
    """The address of a page of another server that holds ``body``."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(f"<!doctype html>{body}".encode())

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_in_a_frame_tells_its_height_to_the_page_around_it(chromium: Any, gallery: str, width: int) -> None:
    snippet = embed_snippet(page_link("hsic", "play", lang="en", embed=True, base=gallery), "HSIC")
    tall = snippet.replace("border:0", "border:0;height:3000px")  # a frame becomes lower as well as higher
    with foreign_page(f"{tall}{LISTENS}") as address, screenshots.browser_page(width, 900, within=chromium) as outer:
        outer.goto(address)
        inner = outer.frames[1]
        inner.wait_for_selector('.gallery-state[data-state="done"]', state="attached", timeout=60_000)
        inner.wait_for_selector(".g-out-cloud .main-svg, .st-key-g-out-cloud .main-svg", timeout=60_000)
        outer.wait_for_function("() => document.querySelector('iframe').offsetHeight < 2500", timeout=30_000)
        outer.wait_for_timeout(1000)  # what mounts late
        height = outer.locator("iframe").evaluate("(frame) => frame.offsetHeight")
        box = inner.evaluate(
            "() => { const m = document.querySelector('.stMain') ?? document.documentElement; return m.scrollHeight; }"
        )
        assert 400 < height < 2500
        assert box <= height, "nothing in the frame is cut off"


def test_the_sketch_pad_draws(page: Any, kitchen_house: str) -> None:
    go(page, page_link("every-kind", "pictures", lang="en", base=kitchen_house))
    before = page.url
    pad = control(page, "drawing").locator("canvas").first
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + box["height"] - 20, steps=8)
    page.mouse.up()
    page.wait_for_function("(old) => location.href !== old", arg=before, timeout=30_000)
    screenshots.ready(page)


def test_a_try_sets_the_inputs_and_stands_in_the_link(page: Any, kitchen_house: str) -> None:
    go(page, page_link("every-kind", "numbers", lang="en", base=kitchen_house))
    page.get_by_role("button", name="Scale 100").locator("visible=true").first.click()
    settle(page, "scale=100")


def test_a_slider_plays_to_its_end(page: Any, kitchen_house: str) -> None:
    go(page, page_link("every-kind", "plane", {"turn": "9"}, "en", base=kitchen_house))
    page.get_by_role("button", name="Play").locator("visible=true").first.click()
    settle(page, "turn=12")
    page.get_by_role("button", name="One step back").locator("visible=true").first.click()
    settle(page, "turn=11")


def test_a_point_is_dragged_in_the_picture(page: Any, kitchen_house: str) -> None:
    go(page, page_link("every-kind", "plane", lang="en", base=kitchen_house))
    handle = page.locator(".g-handle:visible").first
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 50, y - 40, steps=6)
    page.mouse.up()
    page.wait_for_function("() => !location.search.includes('head=1.0,0.5')", timeout=30_000)
    screenshots.ready(page)
    head = re.search(r"head=([-\d.]+),([-\d.]+)", unquote(page.url))
    assert head is not None
    assert float(head[1]) < 1.0 and float(head[2]) > 0.5


def test_uploads_reach_the_tab_and_bad_ones_are_refused_in_words(page: Any, kitchen_house: str) -> None:
    go(page, page_link("every-kind", "rows", lang="en", base=kitchen_house))
    chooser = control(page, "data").locator("input[type=file]").first
    chooser.set_input_files({"name": "mine.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"})
    page.wait_for_function("() => /File bytes\\s*8/.test(document.body.innerText)", timeout=30_000)


def test_a_photograph_is_cut_by_its_box_and_the_tab_gets_the_square(page: Any, kitchen_house: str) -> None:
    go(page, page_link("every-kind", "faces", lang="en", base=kitchen_house))
    assert page.locator(".g-out-film .caption, .st-key-g-out-film .caption").inner_text() == "16/32"
    picture = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(picture, "PNG")
    face = control(page, "face")
    face.locator("input[type=file]").set_input_files(
        {"name": "photo.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    )
    page.wait_for_function("() => /Side\\s*200/.test(document.body.innerText)", timeout=30_000)
    face.locator(".box").focus()
    for _ in range(2):  # each takes a tenth of the longer side off
        page.keyboard.press("Shift+-")
    page.wait_for_function("() => /Side\\s*140\\b/.test(document.body.innerText)", timeout=30_000)
    assert face.locator(".box").is_visible()


def test_a_link_may_cut_an_example(page: Any, kitchen_house: str) -> None:
    go(page, page_link("every-kind", "faces", {"face": "crop:4,4,20@example:waves"}, "en", base=kitchen_house))
    assert re.search(r"Side\s*20\b", page.locator("body").inner_text())
    assert "crop:4,4,20@example:waves" in unquote(page.url)
    place = list(fields(KITCHEN["every-kind"].page.tab("faces"))["face"].examples).index("waves") + 1
    assert control(page, "face").locator(".thumb[aria-pressed=true]").get_attribute("title") == f"Example {place}"


def test_long_work_streams_and_can_be_stopped(page: Any, kitchen_house: str) -> None:
    go(page, page_link("every-kind", "long", {"steps": "20", "pause": "0.05"}, "en", base=kitchen_house))
    type_seed(page, 5)
    settle(page, "seed=5")
    go(page, page_link("every-kind", "long", {"steps": "20", "pause": "0.01"}, "en", base=kitchen_house))
    page.get_by_role("button", name="Run").locator("visible=true").first.click()
    page.wait_for_timeout(400)
    screenshots.ready(page)
    assert "床前明月光" in output(page, "written").inner_text()


def test_the_front_page_finds_while_one_types(page: Any, gallery: str) -> None:
    go(page, gallery + "/?lang=en")
    cards, find = page.locator(".g-card:visible"), page.locator(".g-find")
    every = cards.count()
    for said in ("独立", "duli", "hsic", "HSIC Statistics"):
        find.fill("")
        find.press_sequentially(said)
        page.wait_for_function("(n) => document.querySelectorAll('.g-card:not([hidden])').length < n", arg=every)
        assert any("/hsic" in str(card.get_attribute("href")) for card in cards.all())
    find.fill("xyzzy")
    page.get_by_text("No page has “xyzzy”.").wait_for()
    assert cards.count() == 0
    find.fill("")
    page.wait_for_function("(n) => document.querySelectorAll('.g-card:not([hidden])').length === n", arg=every)


def tab(page: Any, label: str) -> Any:
    return page.locator("[role=tab], [data-testid=stMain] [data-testid=stButtonGroup] button").get_by_text(label).first


def test_back_and_forward_lead_through_tabs_and_values_are_no_step(page: Any, kitchen_house: str) -> None:
    go(page, kitchen_house + "/every-kind?lang=en")
    question = page.locator(".g-question:visible")
    type_seed(page, 5)
    settle(page, "seed=5")
    tab(page, "Rows").click()
    settle(page, "tab=rows")
    page.go_back()
    settle(page, "tab=numbers")
    question.get_by_text("What does the curve look like?").wait_for()
    assert "seed=5" in page.url and control(page, "seed").locator("input").first.input_value() == "5"
    page.go_forward()
    settle(page, "tab=rows")
    question.get_by_text("Who is fastest?").wait_for()


def test_an_upload_lives_through_a_reload_and_another_language(page: Any, kitchen_house: str, tmp_path: Any) -> None:
    Image.new("RGB", (40, 40), (200, 30, 30)).save(tmp_path / "own.png")
    go(page, kitchen_house + "/every-kind?tab=pictures&lang=en")
    own = page.locator(".g-in-photo .whole:visible, .st-key-g-in-photo .whole:visible")
    control(page, "photo").locator("input[type=file]").set_input_files(tmp_path / "own.png")
    own.wait_for()
    page.wait_for_function("() => !location.search.includes('photo=')")
    page.reload()
    own.wait_for()
    page.wait_for_function("() => !location.search.includes('photo=')")
    page.locator("[data-g-lang=zh], [data-testid=stSidebar] button:has-text('中文')").first.click()
    page.get_by_text("图片移到了哪里？").first.wait_for()
    own.wait_for()
    page.get_by_text("上传图片").first.wait_for()
    control(page, "photo").locator(".thumb").first.click()
    page.wait_for_function("() => location.search.includes('photo=example')")
    page.reload()
    screenshots.ready(page)
    page.wait_for_timeout(1500)
    assert own.count() == 0, "and an example that is chosen instead is not undone"


def test_an_option_that_another_input_rules_out_gives_way(page: Any, gallery: str) -> None:
    go(page, gallery + "/o-gan?tab=reconstruct&model=digits&source=sketch&lang=en")
    control(page, "model").get_by_text("Cats").first.click()
    settle(page, "model=cats&source=picture")
    assert control(page, "cat").count() == 1
    assert page.locator(".g-in-drawing:visible, .st-key-g-in-drawing:visible").count() == 0


def test_a_link_between_pages_keeps_what_was_set(page: Any, kitchen_house: str, gallery: str) -> None:
    go(page, gallery + "/hsic?lang=en&seed=77")
    for slug in ("em", "hsic"):
        page.locator(f"nav a[href*='/{slug}'], [data-testid=stSidebar] a[href*='/{slug}']").first.click()
        page.wait_for_url(re.compile(f"/{slug}"))
        screenshots.ready(page)
    settle(page, "seed=77")


def test_the_page_says_its_language_and_title_and_follows_the_systems_dark(page: Any, gallery: str) -> None:
    page.emulate_media(color_scheme="dark")
    for lang, code in (("en", "en"), ("zh", "zh-CN")):
        go(page, f"{gallery}/hsic?lang={lang}")
        page.wait_for_function("(code) => document.documentElement.lang === code", arg=code)
        assert page.title().startswith("HSIC")
    shades = page.evaluate(
        "() => ['.stApp', 'body'].map((s) => document.querySelector(s)).filter(Boolean).map((e) => getComputedStyle(e).backgroundColor)"
    )
    assert "rgb(20, 24, 29)" in shades
