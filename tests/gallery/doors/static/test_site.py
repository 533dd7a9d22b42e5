"""The built site in a real browser, from a folder and from a plain file server: no request leaves it."""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from bench.site import first_view
from gallery.engine import words
from gallery.engine.export import browser_path
from gallery.outputs import Metric
from gallery.text import typeset
from tests.gallery.doors.static.test_build import built

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("static-site"),
    pytest.mark.skipif(browser_path() is None, reason="needs Chromium"),
]
SECONDS = 30_000  # milliseconds that a loaded machine may take for one step
TABS = ("numbers", "pictures", "faces", "little", "rows", "plane")
expect.set_options(timeout=SECONDS)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A plain file server without a word."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pages")
    only = [part for tab in TABS for part in ("--only", f"every-kind/{tab}")]
    done = built(out, *only, "--states", "40", "--jobs", "1", "--live", "https://live.example")
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_address[1]}"
        served.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=arguments)
        yield browser
        browser.close()


@pytest.fixture(params=["folder", "server"])
def base(request: pytest.FixtureRequest, folder: Path) -> str:
    """Where the site stands: as a reader opens it from a disk, or from a host."""
    return folder.as_uri() if request.param == "folder" else request.getfixturevalue("server")


@pytest.fixture
def page(browser: Browser, base: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(SECONDS)
    wrong: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith((base, "data:", "blob:", "about:")):
            wrong.append(f"a request leaves the site: {request.url}")

    page.on("request", asked)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert not wrong


def state(page: Page, wanted: str = "done") -> None:
    expect(page.locator(".gallery-state")).to_have_attribute("data-state", wanted)


def address_has(page: Page, text: str) -> None:
    """The address follows what is shown, some milliseconds later while a slider moves."""
    page.wait_for_function("(text) => decodeURIComponent(location.search).includes(text)", arg=text)


def visit(page: Page, address: str) -> None:
    page.goto(address)
    state(page)


def metric(page: Page) -> str:
    return page.locator("[data-g-panel]:visible .g-value").first.inner_text()


def shows(page: Page, text: str) -> None:
    expect(page.locator("[data-g-panel]:visible .g-value").first).to_have_text(text)


def draws(page: Page, wanted: np.ndarray, tolerance: float = 1e-6) -> None:
    """The figure comes to show the line ``wanted``: Plotly draws a moment after the numbers beside it are set."""
    page.wait_for_function(
        """([wanted, tolerance]) => {
          const trace = document.querySelector(".g-out-curve .js-plotly-plot")?._fullData?.[0];
          const shown = trace?._input.y._inputArray ?? trace?._input.y;
          return shown?.length === wanted.length && wanted.every((value, k) => Math.abs(shown[k] - value) <= tolerance);
        }""",
        arg=[wanted.tolist(), tolerance],
    )


def mean_at(scale: float) -> str:
    """The mean of the default curve, as the page writes it."""
    return typeset(Metric("", float(np.sin(np.linspace(0, 10, 200) / scale).mean())).shown)


def slide(page: Page, name: str, place: int) -> None:
    """Move the slider of an input to the stop at ``place`` (negative: from the end)."""
    page.locator(f"[data-g-panel]:visible .g-in-{name} input[type=range]").evaluate(
        "(range, place) => { range.value = place < 0 ? Number(range.max) + 1 + place : place; range.dispatchEvent(new Event('input', { bubbles: true })); range.dispatchEvent(new Event('change', { bubbles: true })); }",
        place,
    )


def test_from_the_front_page_to_a_slider_a_choice_and_a_try(page: Page, base: str) -> None:
    visit(page, f"{base}/index.html")
    page.get_by_placeholder(words.SEARCH_HINT.zh).fill("bukeneng")
    expect(page.locator("a.g-card:visible")).to_have_count(0)
    page.get_by_placeholder(words.SEARCH_HINT.zh).fill("")
    page.locator("a.g-card").first.click()
    state(page)
    assert "/every-kind.html" in page.url
    draws(page, np.sin(np.linspace(0, 10, 200)))

    slide(page, "scale", 0)
    shows(page, mean_at(0.01))
    draws(page, np.sin(np.linspace(0, 10, 200) / 0.01), 1e-4)
    address_has(page, "scale=0.01")

    page.get_by_text("噪声", exact=True).first.click()
    expect(page.locator(".g-in-amount")).to_be_visible()
    noise = np.random.default_rng(1).normal(size=200) * 0.5
    shows(page, typeset(Metric("", float(noise.mean())).shown))
    address_has(page, "shape=noise")
    assert "scale" not in page.url  # one control at a time, and that is said
    expect(page.locator(".g-recorded:visible")).to_contain_text("尺度")

    page.locator(".g-try").nth(1).click()
    expect(page.locator(".g-in-scale .g-box")).to_have_value("100")
    draws(page, np.sin(np.linspace(0, 10, 200) / 100))
    page.locator("[data-g-panel]:visible .g-reset").click()
    expect(page.locator(".g-in-scale .g-box")).to_have_value("1")


def test_a_link_opens_the_state_that_it_was_taken_from(page: Page, base: str) -> None:
    visit(page, f"{base}/every-kind.html?tab=little&n=51")
    shows(page, "2,500")  # the nearest recorded one, and that is said
    expect(page.locator(".g-recorded:visible")).to_contain_text("51")
    slide(page, "n", -1)
    shows(page, "10,000")
    address_has(page, "n=100")
    link = page.url
    visit(page, link)
    shows(page, "10,000")
    assert page.url == link
    page.get_by_text("English", exact=True).click()
    state(page)
    assert "/en/every-kind.html" in page.url
    shows(page, "10,000")
    expect(page.locator("[data-g-panel]:visible .g-question")).to_have_text("What is its square?")


def test_play_goes_through_the_recorded_stops(page: Page, base: str) -> None:
    visit(page, f"{base}/every-kind.html?tab=little&n=0")
    shows(page, "0")
    page.locator("[data-g-panel]:visible .g-play button").nth(2).click()
    after = metric(page)
    assert 0 < int(after) < 100
    page.locator("[data-g-panel]:visible .g-play button").nth(1).click()
    shows(page, "10,000")


def test_tabs_enter_the_history_and_the_address_names_them(page: Page, base: str) -> None:
    visit(page, f"{base}/every-kind.html")
    page.get_by_role("tab", name="脸").click()
    state(page)
    assert "tab=faces" in page.url
    expect(page.locator("canvas.screen:visible")).to_be_visible()
    page.get_by_role("tab", name=words.VERIFY.zh).click()
    expect(page.locator(".g-summary")).to_contain_text("全部通过")
    page.go_back()
    expect(page.locator("canvas.screen:visible")).to_be_visible()
    page.go_back()
    expect(page.locator(".g-out-curve")).to_be_visible()


def test_what_is_not_recorded_is_fixed_and_says_so(page: Page, base: str) -> None:
    visit(page, f"{base}/en/every-kind.html?tab=rows")
    assert page.locator(".g-fixed .g-editor").count() == 1
    expect(page.locator(".g-fixed .g-help").last).to_have_text(words.LIVE_ONLY.en)
    expect(page.locator("a.g-live:visible")).to_have_attribute(
        "href", "https://live.example/every-kind?tab=rows&lang=en"
    )


def test_pictures_offer_their_examples_and_no_upload(page: Page, base: str) -> None:
    visit(page, f"{base}/every-kind.html?tab=pictures")
    before = page.locator(".g-out-moved img").get_attribute("src")
    assert page.locator(".g-in-photo .own:visible").count() == 0
    page.locator(".g-in-photo .thumb").nth(1).click()
    expect(page.locator(".g-out-moved img")).not_to_have_attribute("src", before or "")
    address_has(page, "photo=example:rings")
    assert page.locator(".g-out-moved img").evaluate("image => image.naturalWidth") > 0


def test_a_point_that_is_dragged_goes_to_the_nearest_recorded_one(page: Page, base: str) -> None:
    visit(page, f"{base}/every-kind.html?tab=plane")
    page.wait_for_selector(".g-handle:visible")
    handle = page.locator(".g-handle:visible").first
    box = handle.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] - 40, steps=5)
    page.mouse.up()
    page.wait_for_function("location.search.split('&').length > 1")
    address_has(page, ",")
    asked = [part.split("=")[1] for part in page.url.split("?")[1].split("&") if "," in part]
    expect(handle).to_have_attribute("aria-valuetext", ", ".join(asked[0].split(",")))
    # By keys it goes on from where they have led, also between two recorded places.
    for _ in range(40):
        handle.press("ArrowLeft")
    expect(handle).not_to_have_attribute("aria-valuetext", ", ".join(asked[0].split(",")))


def test_the_theme_follows_its_switch_and_stays_in_the_link(page: Page, base: str) -> None:
    visit(page, f"{base}/every-kind.html")
    page.locator("[data-g-theme=dark]").click()
    expect(page.locator("body.dark")).to_have_count(1)
    assert "theme=dark" in page.url
    page.locator(".g-nav-house").click()
    state(page)
    expect(page.locator("body.dark")).to_have_count(1)
    assert "theme=dark" in page.url


def test_formulas_are_set_and_code_runs_with_the_present_inputs(page: Page, base: str) -> None:
    visit(page, f"{base}/every-kind.html")
    expect(page.locator(".g-out-words .katex-display")).to_have_count(1)
    slide(page, "n", 0)
    page.get_by_text(words.CODE.zh, exact=True).first.click()
    expect(page.locator("pre.g-code:visible")).to_contain_text("linspace(0, 10, 10)")


def test_downloads_are_made_in_the_browser(page: Page, base: str) -> None:
    visit(page, f"{base}/every-kind.html")
    page.wait_for_selector(".js-plotly-plot .js-line")
    page.get_by_text(words.DOWNLOAD.zh, exact=True).first.click()
    for label, begins in (("CSV", b"\xef\xbb\xbf"), ("PNG", b"\x89PNG"), ("JSON", b"{")):
        with page.expect_download() as got:
            page.locator(".g-section button:visible", has_text=label).last.click()
        assert Path(got.value.path()).read_bytes().startswith(begins), label


def test_on_a_phone_the_picture_comes_first_and_nothing_is_wider_than_the_screen(page: Page, base: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for tab in TABS:
        visit(page, f"{base}/every-kind.html?tab={tab}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, tab
    visit(page, f"{base}/every-kind.html")
    answer, controls = (
        page.locator(f"[data-g-panel]:visible .{name}").bounding_box() for name in ("g-answer", "g-controls")
    )
    assert answer and controls and answer["y"] < controls["y"]


def test_a_frame_in_a_foreign_page_opens_late_and_takes_the_height_it_needs(
    page: Page, base: str, folder: Path, tmp_path: Path
) -> None:
    """The snippet that a tab offers, pasted into another page, far below what is seen at first."""
    visit(page, f"{base}/en/every-kind.html?tab=little&n=0")
    page.get_by_text(words.EMBED.en, exact=True).last.click()
    snippet = page.locator("pre.g-address:visible").last.inner_text()
    assert 'every-kind/little/embed.html?lang=en&amp;n=0"' in snippet
    foreign = folder / "foreign.html"  # beside the site, since a page on a disk may load from that disk alone
    icon = "<meta charset='utf-8'><link rel='icon' href='data:,'>"
    foreign.write_text(f"<!doctype html>{icon}<p style='height:3000px'>text</p>{snippet}", encoding="utf-8")
    page.goto(f"{base}/foreign.html")
    page.wait_for_function("document.querySelector('a.gallery-frame')?.dataset.watched")
    assert page.locator("iframe").count() == 0
    assert page.locator("a.gallery-frame").inner_text() == "Every kind of input and output · Little"
    page.mouse.wheel(0, 4000)
    frame = page.frame_locator("iframe")
    expect(frame.locator(".g-value").first).to_have_text("0")
    fits(page)
    frame.locator(".g-play button").nth(1).press("Enter")
    expect(frame.locator(".g-value").first).to_have_text("10,000")


@pytest.mark.parametrize("width", [390, 700, 1200])
def test_a_frame_is_as_high_as_what_it_shows_however_high_it_began(
    page: Page, base: str, folder: Path, width: int
) -> None:
    """Of a figure with its controls, and of the figure alone, in a blog's column: nothing scrolls inside, nothing is left blank."""
    page.set_viewport_size({"width": width, "height": 900})
    for query in ("lang=en", "slots=curve&controls=0"):
        foreign = folder / "column.html"
        foreign.write_text(
            "<!doctype html><meta charset='utf-8'><link rel='icon' href='data:,'><script src='_/frame.js'></script>"
            f"<iframe src='every-kind/numbers/embed.html?{query}' style='width:100%;border:0;height:3000px'></iframe>",
            encoding="utf-8",
        )
        page.goto(f"{base}/column.html")
        frame = page.frame_locator("iframe")
        expect(frame.locator(".js-plotly-plot .js-line").first).to_be_attached()
        fits(page)
        answer = frame.locator(".g-answer")
        assert answer.evaluate("(place) => place.scrollHeight - place.clientHeight") <= 1, (width, query)


def fits(page: Page) -> None:
    """Wait until the frame is as high as its page's body."""
    for _ in range(100):
        wanted = page.frames[-1].evaluate("document.body.getBoundingClientRect().height")
        there = page.locator("iframe").evaluate("(frame) => frame.offsetHeight")
        if abs(wanted - there) < 3 and wanted > 0:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"the frame is {there} pixels high, its page {wanted}")


def test_a_frame_shows_what_its_address_asks_for(page: Page, base: str) -> None:
    visit(page, f"{base}/every-kind/numbers/embed.html?lang=en&theme=dark&slots=facts&controls=0&scale=0.01")
    expect(page.locator("body.dark")).to_have_count(1)
    expect(page.locator(".g-value").first).to_have_text(mean_at(0.01))
    assert page.locator(".g-form").count() == 0
    assert page.locator(".g-out-curve").count() == 0
    assert page.evaluate("document.documentElement.lang") == "en"


def test_the_poster_of_a_tab_is_its_picture(folder: Path) -> None:
    for tab in ("numbers", "pictures", "faces", "rows"):
        with Image.open(folder / "_" / "posters" / f"every-kind-{tab}.webp") as poster:
            assert min(poster.size) > 50
    assert not (folder / "_" / "posters" / "every-kind-little.webp").exists()  # numbers alone, and no screenshot


def test_what_comes_first_is_light(folder: Path) -> None:
    """All that a page loads before its first picture: a fraction of a megabyte packed, beside plotly.js."""
    for page in folder.glob("e*.html"):
        assert 50_000 < first_view(page) < 500_000


def test_the_report_tells_what_was_left_out(folder: Path) -> None:
    report = json.loads((folder / "build.json").read_text())["tabs"]
    assert report["every-kind/rows"]["fixed"] == ["rows", "data"]
    assert report["every-kind/pictures"]["fixed"] == ["drawing"]
    assert set(report) == {f"every-kind/{tab}" for tab in TABS}


def test_back_to_an_address_without_inputs_shows_the_default_and_its_controls(page: Page, base: str) -> None:
    visit(page, f"{base}/every-kind.html?tab=little")
    page.get_by_role("tab", name="数字").click()
    expect(page.locator(".g-out-curve .js-plotly-plot")).to_be_visible()
    page.get_by_role("tab", name="一个数").click()
    slide(page, "n", -1)
    shows(page, "10,000")
    page.go_back()
    page.go_back()
    shows(page, "400")
    expect(page.locator("[data-g-panel]:visible .g-in-n .g-box")).to_have_value("20")


def test_the_link_that_is_unfolded_follows_the_slider(page: Page, base: str) -> None:
    visit(page, f"{base}/every-kind.html?tab=little")
    page.locator("[data-g-panel]:visible summary", has_text=words.LINK.zh).click()
    slide(page, "n", -1)
    expect(page.locator("[data-g-panel]:visible code.g-address")).to_contain_text("n=100")


@pytest.mark.parametrize(
    "query", ["n=1e9", "n=abc", "scale=-1", "shape=constructor", "lang=constructor", "grid=maybe", "name=" + "x" * 5000]
)
def test_an_address_that_asks_for_what_cannot_be_shows_the_nearest(page: Page, base: str, query: str) -> None:
    visit(page, f"{base}/every-kind.html?tab=numbers&{query}")
    expect(page.locator(".g-out-curve .js-plotly-plot")).to_be_visible()
    visit(page, f"{base}/every-kind/numbers/embed.html?{query}")
    expect(page.locator(".g-out-curve .js-plotly-plot")).to_be_visible()


def test_a_table_that_is_lost_is_said_and_asked_for_again(browser: Browser, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "site"
    shutil.copytree(folder, out)
    lost = out / "_" / "data" / "every-kind" / "little" / "in-n.js"
    lost.rename(tmp_path / "kept.js")
    page = browser.new_page()
    page.set_default_timeout(SECONDS)
    visit(page, f"{out.as_uri()}/every-kind.html?tab=little")
    slide(page, "n", -1)
    state(page, "failed")
    expect(page.locator(".g-message")).to_contain_text("in-n.js")
    (tmp_path / "kept.js").rename(lost)
    slide(page, "n", 0)
    shows(page, "0")
    page.close()
