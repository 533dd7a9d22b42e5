"""The Gradio front end in a real browser: what only a browser can show (controls, canvases, address, theme, leaving)."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from core.device import compute_slots
from gallery.doors.gradio.app import launch
from gallery.engine import words
from gallery.engine.export import browser_path
from tests.conftest import KITCHEN

pytestmark = [
    pytest.mark.skipif(browser_path() is None, reason="needs Chromium"),
    pytest.mark.xdist_group("gradio-browser"),
    pytest.mark.browser,
]
SECONDS = 30_000  # milliseconds that a loaded machine may take for one step
expect.set_options(timeout=SECONDS)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = int(taken.getsockname()[1])
    blocks, _ = launch(KITCHEN, port)
    yield f"http://127.0.0.1:{port}"
    blocks.close(verbose=False)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(SECONDS)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert not wrong


def state(page: Page, wanted: str) -> None:
    expect(page.locator(".gallery-state")).to_have_attribute("data-state", wanted)


def visit(page: Page, path: str) -> None:
    page.goto(path)
    state(page, "done")


def address_has(page: Page, text: str) -> None:
    page.wait_for_function("(text) => location.search.includes(text)", arg=text, timeout=SECONDS)


def test_a_moved_slider_changes_figure_and_address_and_the_link_opens_the_same(page: Page) -> None:
    visit(page, "/every-kind?lang=en&scale=3.217")
    curve = page.locator(".g-out-curve:visible .g-plot path.js-line").first
    before = curve.get_attribute("d")
    assert page.locator(".g-in-scale .g-box:visible").input_value() == "3.217"
    page.locator(".g-in-n input[type=range]:visible").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    address_has(page, "n=203")
    address_has(page, "scale=3.217")
    state(page, "done")
    expect(page.locator(".g-out-facts:visible")).to_contain_text("203")
    assert curve.get_attribute("d") != before
    shown = page.url
    visit(page, shown)
    assert page.locator(".g-in-n .g-box:visible").input_value() == "203"
    assert page.url == shown


def test_a_refused_number_is_named_and_no_old_picture_stands_under_it(page: Page) -> None:
    visit(page, "/every-kind?lang=en")
    page.locator(".g-in-n .g-box:visible").fill("5")
    page.keyboard.press("Enter")
    expect(page.locator(".g-message:visible")).to_have_text("Points = 5: must be a whole number from 10 to 2000")
    state(page, "failed")
    expect(page.locator(".g-out-curve .g-plot:visible")).to_have_count(0)
    page.locator(".g-reset:visible").click()
    state(page, "done")
    expect(page.locator(".g-out-curve:visible .g-plot path.js-line").first).to_be_visible()
    expect(page.locator(".g-message:visible")).to_have_count(0)
    assert page.locator(".g-in-n .g-box:visible").input_value() == "200"


def test_a_control_that_depends_on_another_shows_with_it(page: Page) -> None:
    visit(page, "/every-kind?lang=en")
    expect(page.locator(".g-in-amount")).to_be_hidden()
    page.locator(".g-in-shape label", has_text="Noise").click()
    expect(page.locator(".g-in-amount")).to_be_visible()
    address_has(page, "shape=noise")


def test_a_try_sets_the_form_and_the_address(page: Page) -> None:
    visit(page, "/every-kind?lang=en")
    page.locator(".g-try:visible", has_text="Scale 100").click()
    address_has(page, "scale=100")
    state(page, "done")
    assert page.locator(".g-in-scale .g-box:visible").input_value() == "100"
    page.locator(".g-try:visible", has_text="Noise").click()
    address_has(page, "shape=noise")
    assert page.locator(".g-in-scale .g-box:visible").input_value() == "1"  # a try starts from the defaults


def test_a_try_of_long_work_runs_it(page: Page) -> None:
    visit(page, "/every-kind?tab=long&lang=en&pause=0")
    page.locator(".g-try:visible").click()
    address_has(page, "steps=5")
    expect(page.locator(".g-out-written:visible .g-text")).to_have_text("床前明月光")


def test_a_slider_plays_to_its_end_and_steps_back(page: Page) -> None:
    visit(page, "/every-kind?tab=plane&lang=en&turn=8")
    page.locator(".g-play button:visible").nth(1).click()
    address_has(page, "turn=12")
    expect(page.locator(".g-play:visible")).to_have_attribute("data-playing", "false")
    page.locator(".g-play button:visible").nth(0).click()
    address_has(page, "turn=11")
    assert page.locator(".g-in-turn .g-box:visible").input_value() == "11"


def test_a_handle_in_the_picture_moves_its_input(page: Page) -> None:
    visit(page, "/every-kind?tab=plane&lang=en")
    handle = page.locator(".g-out-plane:visible .g-handle").first
    box = handle.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 - 40, box["y"] + box["height"] / 2 - 30, steps=6)
    page.mouse.up()
    page.wait_for_function("() => !location.search.includes('head=1.0,0.5')")
    state(page, "done")
    assert float(page.locator(".g-in-head .g-box:visible").first.input_value()) < 1.0


def test_the_dice_draws_another_seed(page: Page) -> None:
    visit(page, "/every-kind?shape=noise&seed=1")
    page.locator(".g-in-seed button:visible").click()
    page.wait_for_function("() => !/seed=1$/.test(location.search)")
    state(page, "done")


def test_only_the_chosen_tab_is_shown_and_there_is_one_state(page: Page) -> None:
    visit(page, "/every-kind?lang=en")
    for name, marker in (
        ("Pictures", ".g-out-moved img"),
        ("Rows", ".g-out-bars svg"),
        ("Numbers", ".g-out-curve svg"),
    ):
        page.get_by_role("tab", name=name, exact=True).click()
        expect(page.locator(f"{marker} >> visible=true").first).to_be_visible()
        state(page, "done")
        assert page.locator(".gallery-state").count() == 1
        address_has(page, f"tab={name.lower()}")


def test_a_drawing_reaches_the_tab_and_the_link(page: Page) -> None:
    visit(page, "/every-kind?tab=pictures&lang=en")
    before = page.url
    strip = page.locator(".g-out-strip:visible img").first
    picture = strip.get_attribute("src")
    box = page.locator(".g-in-drawing .paper").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.7 * box["height"], steps=5)
    page.mouse.up()
    page.wait_for_function("(before) => location.href !== before", arg=before)
    state(page, "done")
    assert strip.get_attribute("src") != picture


def test_a_point_is_picked_and_stands_in_the_link(page: Page) -> None:
    visit(page, "/every-kind?tab=pictures&lang=en")
    page.locator(".g-in-place .plane").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => !location.search.includes('place=0.3,-0.2')")
    state(page, "done")


def test_an_uploaded_picture_is_shown_and_the_link_says_that_it_stays_behind(page: Page, tmp_path: Path) -> None:
    Image.fromarray(np.full((50, 80, 3), (200, 30, 30), np.uint8)).save(tmp_path / "red.png")
    visit(page, "/every-kind?tab=pictures&lang=en")
    picture = page.locator(".g-out-moved:visible img")
    before = picture.get_attribute("src")
    page.locator(".g-in-photo input[type=file]").set_input_files(tmp_path / "red.png")
    page.wait_for_function("() => !location.search.includes('photo=')")
    state(page, "done")
    assert picture.get_attribute("src") != before
    (tmp_path / "text.png").write_text("no picture")
    page.locator(".g-in-photo input[type=file]").set_input_files(tmp_path / "text.png")
    expect(page.locator(".g-in-photo .g-wrong")).to_contain_text("text.png")


def test_rows_are_edited_added_and_removed(page: Page) -> None:
    visit(page, "/every-kind?tab=rows&lang=en")
    cells = page.locator(".g-in-rows tbody input")
    cells.nth(1).fill("4")
    cells.nth(1).press("Tab")
    address_has(page, "%22a%22,4")
    page.locator(".g-in-rows button", has_text="Add a row").click()
    assert page.locator(".g-in-rows tbody tr").count() == 3
    page.locator(".g-in-rows .g-drop").nth(2).click()
    page.locator(".g-in-rows .g-drop").nth(0).click()
    page.wait_for_function("() => !location.search.includes('%22a%22')")
    state(page, "done")


def test_a_file_is_uploaded(page: Page, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("x,y\n1,2\n")
    visit(page, "/every-kind?tab=rows&lang=en")
    page.locator(".g-in-data input[type=file]").set_input_files(tmp_path / "mine.csv")
    expect(page.locator(".g-out-facts:visible")).to_contain_text("8")
    expect(page.locator(".g-in-data .chosen")).to_have_text("mine.csv")


def test_language_and_theme_are_switched_and_stay_in_the_address(page: Page) -> None:
    visit(page, "/every-kind?n=321")
    page.locator("[data-g-theme=dark]").click()
    expect(page.locator("body.dark")).to_have_count(1)
    address_has(page, "theme=dark")
    page.locator("[data-g-lang=en]").click()
    expect(page.locator(".g-heading h1")).to_have_text("Every kind of input and output")
    state(page, "done")
    expect(page.locator("body.dark")).to_have_count(1)
    assert page.locator(".g-in-n .g-box:visible").input_value() == "321"
    page.locator("[data-g-theme=light]").click()
    expect(page.locator("body.dark")).to_have_count(0)


def test_an_embedded_page_shows_the_tab_alone(page: Page) -> None:
    visit(page, "/every-kind?embed=true&lang=en")
    expect(page.locator(".g-out-curve:visible svg").first).to_be_visible()
    for frame in (".g-side", ".g-heading", ".g-sections:has(button)", "[role=tablist]"):
        expect(page.locator(f"{frame} >> visible=true")).to_have_count(0)


def test_on_a_phone_the_picture_stands_before_its_controls(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844}, has_touch=True)
    visit(page, f"{address}/every-kind?lang=en")
    picture = page.locator(".g-out-curve:visible").bounding_box()
    controls = page.locator(".g-controls:visible").bounding_box()
    assert picture is not None
    assert controls is not None
    assert picture["y"] + picture["height"] <= controls["y"]
    assert picture["y"] < 420  # in the upper half of the first screen
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_stop_ends_the_run_and_a_visitor_who_leaves_frees_the_slot(page: Page) -> None:
    page.goto("/every-kind?tab=long&lang=en&steps=200&pause=0.1&seed=4711")
    expect(page.locator(".g-out-walk svg >> visible=true").first).to_be_visible()
    assert compute_slots().counters().busy == 1
    page.locator("button:visible", has_text=words.STOP.en).click()
    state(page, "idle")
    expect(page.locator(".g-message:visible")).to_have_text(words.STOPPED.en)
    freed()
    page.locator("button:visible", has_text=words.RUN.en).click()
    state(page, "running")
    deadline = time.monotonic() + 10
    while not compute_slots().counters().busy and time.monotonic() < deadline:
        time.sleep(0.02)
    page.close()
    freed()


def freed() -> None:
    deadline = time.monotonic() + 10
    while compute_slots().counters().busy:
        assert time.monotonic() < deadline, "the slot is still taken"
        time.sleep(0.02)


def test_a_download_is_the_table_shown(page: Page) -> None:
    visit(page, "/every-kind?lang=en&n=20")
    page.locator("button:visible", has_text=words.DOWNLOAD.en).first.click()
    with page.expect_download() as download:
        page.locator('.g-download[data-key="numbers.csv"]:visible').click()
    assert download.value.suggested_filename == "every-kind-numbers-numbers.csv"
    assert download.value.path().read_text("utf-8-sig").splitlines()[0] == "x,y,name"


def test_the_front_page_finds_a_page_and_leads_to_it(page: Page) -> None:
    visit(page, "/?lang=en")
    page.locator(".g-side [data-g-link]", has_text="Every kind").or_(page.locator("a.g-card")).first.click()
    state(page, "done")
