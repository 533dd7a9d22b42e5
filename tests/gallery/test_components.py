"""Sketch pad, point, picture and player, driven by mouse, finger and keys in a real browser, with no front end around them."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from gallery import components
from gallery.components import NAMES, Name
from gallery.engine import words
from gallery.engine.export import browser_path
from gallery.fields import File, Image, Number, Point, Sketch, Upload
from gallery.outputs import Animation
from gallery.page import t

pytestmark = pytest.mark.skipif(browser_path() is None, reason="needs Chromium")

WORD = t("名", "name")
PAD = Sketch(label=WORD, size=28)
PLANE = Point(label=WORD, x_range=(-1, 1), y_range=(0, 10))
PHOTO = Image(label=WORD, examples={"waves": "examples/waves.png", "rings": "examples/rings.png"}, crop=True)
DATA = File(label=WORD, suffixes=(".csv",), max_bytes=100, examples={"rates": "examples/signalling.csv"})
FILM = Animation([np.full((6, 8, 3), grey, np.uint8) for grey in (0, 80, 160, 240)], fps=40, captions=list("abcd"))
STEPS = Number(label=WORD, minimum=0, maximum=12, whole=True, play=True)
BLANK = np.zeros((28, 28), np.float32)
HARNESS = """
window.sent = [];
window.times = [];
window.start = (props) => {
  window.view = mount(document.body, props, (value) => { sent.push(value); times.push(performance.now()); });
};
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 390, "height": 500}, has_touch=True)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield page
    page.close()
    assert not wrong


def start(page: Page, name: Name, props: dict[str, Any]) -> None:
    style = components.streamlit_parts(name)["css"]
    script = components.source(name).replace("export function", "function") + HARNESS
    page.set_content(f"<style>{style}</style><body></body>")
    page.add_script_tag(content=f"(() => {{{script}}})()")
    page.evaluate("(props) => start(props)", json.loads(json.dumps(props)))


def sent(page: Page, count: int) -> list[Any]:
    """What the component has emitted, once it is ``count`` values."""
    page.wait_for_function("(count) => window.sent.length >= count", arg=count, timeout=5000)
    page.wait_for_timeout(250)  # longer than the slowest repeat, to notice one value too many
    values = page.evaluate("window.sent")
    assert len(values) == count
    return values


def box(place: Locator) -> tuple[float, float, float, float]:
    found = place.bounding_box()
    assert found is not None
    return found["x"], found["y"], found["width"], found["height"]


def stroke(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw a line with the mouse; places in shares of the pad."""
    x, y, width, height = box(page.locator(".paper"))
    page.mouse.move(x + start[0] * width, y + start[1] * height)
    page.mouse.down()
    page.mouse.move(x + end[0] * width, y + end[1] * height, steps=6)
    page.mouse.up()


def on_paper(page: Page) -> float:
    """How much ink the pad shows, in pixels of the pad."""
    return page.evaluate(
        """() => { const paper = document.querySelector(".paper");
        const data = paper.getContext("2d").getImageData(0, 0, paper.width, paper.height).data;
        let ink = 0; for (let i = 0; i < data.length; i += 4) ink += 1 - data[i] / 255; return ink; }"""
    )


# Sketch pad


def test_a_stroke_arrives_as_ink_where_it_was_drawn(page: Page) -> None:
    start(page, "sketch", components.sketch_props(PAD, BLANK, "en"))
    stroke(page, (0.25, 0.5), (0.75, 0.5))
    ink = PAD.parse(sent(page, 1)[0])
    rows, columns = np.nonzero(ink > 0.5)
    assert set(rows) <= {13, 14}
    assert (columns.min(), columns.max()) == (6, 21)  # a quarter of 28 less half a pen of 2, and three quarters plus it
    assert ink.max() == 1


def test_undo_takes_back_one_stroke_and_clear_can_be_undone(page: Page) -> None:
    start(page, "sketch", components.sketch_props(PAD, BLANK, "en"))
    undo, clear = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Clear")
    assert undo.is_disabled()
    stroke(page, (0.2, 0.2), (0.8, 0.2))
    stroke(page, (0.2, 0.8), (0.8, 0.8))
    undo.click()
    clear.click()
    undo.click()
    undo.click()
    ink = [float(PAD.parse(value).sum()) for value in sent(page, 6)]
    assert ink[1] == pytest.approx(2 * ink[0], rel=0.05)
    assert ink[2] == ink[4] == ink[0]
    assert ink[3] == ink[5] == 0
    assert undo.is_disabled()


def test_a_wider_pen_leaves_more_ink(page: Page) -> None:
    start(page, "sketch", components.sketch_props(PAD, BLANK, "en"))
    stroke(page, (0.2, 0.2), (0.8, 0.2))
    page.get_by_role("slider").fill("4")
    stroke(page, (0.2, 0.7), (0.8, 0.7))
    thin, both = (float(PAD.parse(value).sum()) for value in sent(page, 2))
    assert both - thin > 1.7 * thin


def test_a_finger_draws_too(page: Page) -> None:
    start(page, "sketch", components.sketch_props(PAD, BLANK, "en"))
    x, y, width, height = box(page.locator(".paper"))
    page.touchscreen.tap(x + width / 2, y + height / 2)
    ink = PAD.parse(sent(page, 1)[0])
    assert ink[13:15, 13:15].min() > 0.5
    assert ink.sum() < 8


def test_a_drawing_that_is_set_is_shown_and_the_readers_own_coming_back_changes_nothing(page: Page) -> None:
    cross = PAD.parse("# #\n # \n# #")
    start(page, "sketch", components.sketch_props(PAD, cross, "en"))
    page.wait_for_function("document.querySelector('.paper').getContext('2d').getImageData(5, 5, 1, 1).data[0] < 50")
    page.get_by_role("button", name="Clear").click()
    stroke(page, (0.1, 0.1), (0.9, 0.9))
    first = PAD.parse(sent(page, 2)[1])
    stroke(page, (0.9, 0.1), (0.1, 0.9))
    second = on_paper(page)
    page.evaluate("(props) => view.update(props)", components.sketch_props(PAD, first, "zh"))
    page.wait_for_timeout(150)
    assert on_paper(page) == second, "the answer to the first stroke must not take back the second"
    assert page.get_by_role("button", name=words.CLEAR.zh).is_visible()
    page.evaluate("(props) => view.update(props)", components.sketch_props(PAD, cross, "en"))
    page.wait_for_function("document.querySelector('.paper').getContext('2d').getImageData(5, 5, 1, 1).data[0] < 50")
    assert page.get_by_role("button", name="Undo").is_disabled()
    assert page.evaluate("sent.length") == 3, "what is set is not sent back"


# Point


def test_a_click_chooses_the_point_under_it(page: Page) -> None:
    start(page, "point", components.point_props(PLANE, (0.0, 5.0), "en"))
    x, y, width, height = box(page.locator(".sheet"))
    page.mouse.click(x + 0.75 * width, y + 0.25 * height)
    ((a, b),) = sent(page, 1)
    assert (a, b) == (pytest.approx(0.5, abs=0.01), pytest.approx(7.5, abs=0.05))
    assert PLANE.parse([a, b]) == (a, b)
    assert page.locator(".readout").inner_text() == f"({a:.3f}, {b:.2f})"


def test_dragging_out_of_the_plane_stops_at_its_edge_and_the_last_place_arrives(page: Page) -> None:
    start(page, "point", components.point_props(PLANE, (0.0, 5.0), "en"))
    x, y, width, height = box(page.locator(".sheet"))
    page.mouse.move(x + width / 2, y + height / 2)
    page.mouse.down()
    for step in range(40):
        page.mouse.move(x + (0.5 + step / 60) * width, y + (0.5 - step / 60) * height)
        page.wait_for_timeout(20)
    page.mouse.up()
    page.wait_for_timeout(400)
    assert page.evaluate("sent").pop() == [1, 10]
    gaps = np.diff(page.evaluate("times"))[:-1]  # the last value comes at once
    assert len(gaps)
    assert gaps.min() > 170, "while it moves, a value every 180 ms is enough"


def test_arrow_keys_move_by_a_hundredth_and_with_shift_by_a_tenth(page: Page) -> None:
    start(page, "point", components.point_props(PLANE, (0.0, 5.0), "en"))
    page.get_by_role("slider").focus()
    for key in ("ArrowRight", "ArrowUp", "Shift+ArrowLeft", "ArrowDown"):
        page.keyboard.press(key)
    page.wait_for_timeout(400)
    assert page.evaluate("sent").pop() == [-0.18, 5]
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "-0.180, 5.00"


def test_a_point_that_is_set_moves_and_an_old_answer_does_not(page: Page) -> None:
    start(page, "point", components.point_props(PLANE, (0.0, 5.0), "en"))
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(250)
    page.keyboard.press("ArrowRight")
    assert sent(page, 2) == [[0.02, 5], [0.04, 5]]
    readout = page.locator(".readout")
    page.evaluate("(props) => view.update(props)", components.point_props(PLANE, (0.02, 5.0), "en"))
    assert readout.inner_text() == "(0.040, 5.00)"
    page.evaluate("(props) => view.update(props)", components.point_props(PLANE, (-0.5, 1.0), "en"))
    assert readout.inner_text() == "(-0.500, 1.00)"


# Player


def test_the_film_plays_pauses_and_is_scrubbed(page: Page) -> None:
    start(page, "player", components.player_props(FILM, 120, "en", "film"))
    caption, button = page.locator(".caption"), page.get_by_role("button")
    page.wait_for_function("['c', 'd'].includes(document.querySelector('.caption').textContent)")
    assert button.get_attribute("aria-label") == "Pause"
    page.get_by_role("slider").fill("1")
    assert caption.inner_text() == "b"
    assert button.get_attribute("aria-label") == "Play"
    with page.expect_download() as saved:
        page.get_by_role("link").click()
    assert saved.value.suggested_filename == "film-2.png"
    kept = PillowImage.open(saved.value.path())
    assert kept.format == "PNG" and np.array_equal(np.asarray(kept.convert("RGB")), FILM.frames[1])
    shown = page.evaluate("[...document.querySelector('.screen').getContext('2d').getImageData(3, 3, 1, 1).data]")
    assert shown == [80, 80, 80, 255]
    page.wait_for_timeout(200)
    assert caption.inner_text() == "b", "a film that is scrubbed stands still"


def test_a_boomerang_goes_back_the_way_it_came(page: Page) -> None:
    start(page, "player", components.player_props(Animation(FILM.frames, 50, list("abcd"), boomerang=True), 120, "en"))
    seen = page.evaluate(
        """() => new Promise((done) => { const seen = []; const caption = document.querySelector(".caption");
        new MutationObserver(() => { seen.push(caption.textContent); if (seen.length === 9) done(seen.join("")); })
          .observe(caption, { childList: true }); })"""
    )
    assert seen in "abcdcbabcdcbabcdcba"


def test_new_frames_take_their_place_without_an_empty_moment(page: Page) -> None:
    start(page, "player", components.player_props(FILM, 120, "en"))
    page.wait_for_function("document.querySelector('.caption').textContent !== ''")
    longer = Animation([*FILM.frames, FILM.frames[0]], fps=40)
    page.evaluate("(props) => { view.update(props); window.during = document.querySelector('.screen').width; }",
                  components.player_props(longer, 120, "zh"))  # fmt: skip
    assert page.evaluate("during") == 8
    page.wait_for_function("document.querySelector('.caption').textContent.endsWith('/ 5')")
    assert page.get_by_role("button").get_attribute("aria-label") == words.PAUSE.zh


def test_who_wants_less_motion_gets_a_film_that_waits(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    start(page, "player", components.player_props(FILM, 120, "en"))
    page.wait_for_function("document.querySelector('.caption').textContent === 'a'")
    assert page.get_by_role("button").get_attribute("aria-label") == "Play"


def test_a_film_may_begin_at_another_frame(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    start(page, "player", components.player_props(Animation(FILM.frames, 40, list("abcd"), start=2), 120, "en"))
    page.wait_for_function("document.querySelector('.caption').textContent === 'c'")


def test_a_film_with_a_start_stands_still_unless_it_is_told_to_play(page: Page) -> None:
    start(page, "player", components.player_props(Animation(FILM.frames, 40, list("abcd"), start=2), 120, "en"))
    page.wait_for_function("document.querySelector('.caption').textContent === 'c'")
    page.wait_for_timeout(150)
    assert page.get_by_role("button").get_attribute("aria-label") == "Play"
    assert page.locator(".caption").inner_text() == "c"
    assert not Animation(FILM.frames, autoplay=False).plays
    assert Animation(FILM.frames, start=2, autoplay=True).plays


def test_arrow_keys_step_on_the_picture_and_the_space_bar_plays(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    start(page, "player", components.player_props(FILM, 120, "en"))
    page.wait_for_function("document.querySelector('.caption').textContent === 'a'")
    page.locator(".stage").focus()
    for key, shown in (("ArrowRight", "b"), ("End", "d"), ("ArrowLeft", "c"), ("Home", "a"), ("ArrowLeft", "a")):
        page.keyboard.press(key)
        assert page.locator(".caption").inner_text() == shown
    page.keyboard.press(" ")
    assert page.get_by_role("button").get_attribute("aria-label") == "Pause"
    page.locator(".stage").click()
    assert page.get_by_role("button").get_attribute("aria-label") == "Play"


def test_a_large_film_is_scrubbed_within_a_frame_of_the_screen(page: Page) -> None:
    rng = np.random.default_rng(0)
    film = Animation([rng.integers(0, 256, (256, 256, 3), np.uint8) for _ in range(33)], start=16)
    start(page, "player", components.player_props(film, 256, "en"))
    page.wait_for_function("document.querySelector('.caption').textContent === '17 / 33'")
    times = page.evaluate(
        """async () => { const slider = document.querySelector("input[type=range]"); const times = [];
        for (let k = 0; k < 33; k++) { const begin = performance.now(); slider.value = k;
          slider.dispatchEvent(new Event("input")); await new Promise(requestAnimationFrame); times.push(performance.now() - begin); }
        return times; }"""
    )
    assert np.median(times) < 32
    assert page.locator(".caption").inner_text() == "33 / 33"


# File


def test_a_file_is_read_and_comes_with_its_name(page: Page, tmp_path: Path) -> None:
    (tmp_path / "mine.CSV").write_bytes(b"a,b\n")
    start(page, "file", components.file_props(DATA, None, "en"))
    page.locator("input[type=file]").set_input_files(tmp_path / "mine.CSV")
    assert DATA.parse(sent(page, 1)[0]) == Upload("mine.CSV", b"a,b\n")
    assert page.locator(".chosen").inner_text() == "mine.CSV"
    page.evaluate("(props) => view.update(props)", components.file_props(DATA, Upload("mine.CSV", b"a,b\n"), "zh"))
    assert page.locator(".chosen").inner_text() == "mine.CSV"
    page.get_by_role("button", name="rates").click()
    page.get_by_role("button", name="No file").click()
    assert sent(page, 3)[1:] == ["example:rates", ""]


def test_a_file_of_another_kind_or_too_large_is_refused_in_words(page: Page, tmp_path: Path) -> None:
    start(page, "file", components.file_props(DATA, None, "en"))
    for name, size in (("mine.txt", 3), ("mine.csv", 101), ("mine.csv", 0)):
        (tmp_path / name).write_bytes(b"x" * size)
        page.locator("input[type=file]").set_input_files(tmp_path / name)
        page.wait_for_function(
            "(name) => document.querySelector('.g-wrong').textContent.startsWith(`${name}: must be a .csv file`)",
            arg=name,
        )
    assert page.evaluate("window.sent") == []


# Picture


def uploaded(page: Page, tmp_path: Path, width: int = 300, height: int = 200) -> None:
    """Upload a picture whose red tells the place across and whose green the place down."""
    down, across = np.mgrid[0:height, 0:width]
    pixels = np.stack([across * 255 // width, down * 255 // height, np.zeros_like(down)], 2).astype(np.uint8)
    PillowImage.fromarray(pixels).save(tmp_path / "photo.png")
    page.locator("input[type=file]").set_input_files(tmp_path / "photo.png")


def opened(address: str) -> np.ndarray:
    return np.asarray(PillowImage.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGB"))


def test_an_example_is_chosen_by_its_thumbnail(page: Page) -> None:
    start(page, "picture", components.picture_props(PHOTO, PHOTO.example("waves"), "en"))
    assert page.locator(".thumb[aria-pressed=true]").get_attribute("title") == "Example 1"
    assert page.locator(".cutter").is_hidden()
    page.locator(".thumb").nth(1).click()
    assert sent(page, 1) == ["example:rings"]


def test_an_uploaded_picture_is_cut_to_its_middle_square_and_the_box_moves_it(page: Page, tmp_path: Path) -> None:
    start(page, "picture", components.picture_props(PHOTO, PHOTO.example("waves"), "en"))
    uploaded(page, tmp_path)
    first = opened(sent(page, 1)[0])
    assert first.shape == (200, 200, 3)
    assert first[0, 0, 0] == pytest.approx(50 * 255 / 300, abs=3)
    page.locator(".box").focus()
    page.keyboard.press("Shift+ArrowLeft")
    moved = opened(sent(page, 2)[1])
    assert moved[0, 0, 0] == pytest.approx(20 * 255 / 300, abs=3)  # five times a fiftieth of 300 pixels
    x, y, width, height = box(page.locator(".box"))
    page.mouse.move(x + width / 2, y + height / 2)
    page.mouse.down()
    page.mouse.move(x + width / 2 + 500, y + height / 2, steps=4)  # far beyond the edge: it stops there
    page.mouse.up()
    page.wait_for_timeout(300)
    last = opened(page.evaluate("window.sent.at(-1)"))
    assert last[0, 0, 0] == pytest.approx(100 * 255 / 300, abs=3)


def test_the_corner_resizes_the_box_and_it_stays_square(page: Page, tmp_path: Path) -> None:
    start(page, "picture", components.picture_props(PHOTO, PHOTO.example("waves"), "en"))
    uploaded(page, tmp_path)
    x, y, width, _ = box(page.locator(".box"))
    cx, cy, side, _ = box(page.locator(".corner"))
    page.mouse.move(cx + side / 2, cy + side / 2)
    page.mouse.down()
    page.mouse.move(x + width / 2, y + width / 2, steps=4)
    page.mouse.up()
    page.wait_for_timeout(300)
    cut = opened(page.evaluate("window.sent.at(-1)"))
    assert cut.shape[0] == cut.shape[1]
    assert cut.shape[0] == pytest.approx(100, abs=6)
    assert cut[0, 0, 0] == pytest.approx(50 * 255 / 300, abs=4)


def test_the_box_stays_when_the_server_sends_the_picture_back(page: Page, tmp_path: Path) -> None:
    start(page, "picture", components.picture_props(PHOTO, PHOTO.example("waves"), "en"))
    uploaded(page, tmp_path)
    back = components.picture_props(PHOTO, opened(sent(page, 1)[0]), "en")
    page.evaluate("(props) => view.update(props)", back)
    assert page.locator(".box").is_visible()
    page.evaluate("(props) => view.update(props)", components.picture_props(PHOTO, PHOTO.example("rings"), "en"))
    assert page.locator(".box").is_hidden()
    assert page.locator(".thumb[aria-pressed=true]").get_attribute("title") == "Example 2"


def test_what_is_no_picture_is_refused_in_words(page: Page, tmp_path: Path) -> None:
    start(page, "picture", components.picture_props(PHOTO, PHOTO.example("waves"), "en"))
    (tmp_path / "text.png").write_text("no picture")
    page.locator("input[type=file]").set_input_files(tmp_path / "text.png")
    page.wait_for_function("document.querySelector('.g-wrong').textContent.includes('text.png: must be a PNG')")
    assert page.evaluate("window.sent") == []


# All


@pytest.mark.parametrize("name", [name for name in NAMES if name != "figure"])  # which test_figures.py has, with Plotly
def test_destroy_leaves_nothing_behind(page: Page, name: Name) -> None:
    props = {
        "sketch": components.sketch_props(PAD, BLANK, "en"),
        "point": components.point_props(PLANE, (0.0, 5.0), "en"),
        "picture": components.picture_props(PHOTO, PHOTO.example("waves"), "en"),
        "file": components.file_props(DATA, None, "en"),
        "player": components.player_props(FILM, 120, "en"),
        "play": components.play_props(STEPS, 3, "en"),
    }[name]
    start(page, name, props)
    assert page.evaluate("document.body.children.length") == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.evaluate("view.destroy()")
    assert page.evaluate("document.body.children.length") == 0


@pytest.mark.parametrize("name", NAMES)
def test_parts_are_texts_for_both_front_ends(name: Name) -> None:
    parts = components.streamlit_parts(name)
    assert "export default function" in parts["js"]
    assert parts["name"] == f"gallery_{name}"
    script = components.gradio_parts(name)["js_on_load"]
    assert "export " not in script
    assert "trigger(" in script
    for template in ("${", "{{"):
        assert template not in parts["css"], "Gradio would take it for a template"


def test_an_unknown_component_is_named() -> None:
    with pytest.raises(
        ValueError,
        match=r"component = pad: must be one of sketch \| point \| picture \| file \| player \| play \| figure",
    ):
        components.source("pad")  # type: ignore[arg-type]
