"""Live tabs in a real browser, from a folder: the same slots as Python's, and every way in which they fail told in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from gallery.doors.static import live
from gallery.doors.static.live.export import TOLERANCE
from gallery.doors.static.live.manifest import BadManifest, LiveTab, Manifest, Table
from gallery.engine.catalog import Catalog, catalog
from gallery.engine.export import browser_path
from tests.gallery.doors.static import reader

LIVE = {entry.slug: needs for entry in catalog() if (needs := live.parts(entry)) is not None}
TABS = [
    pytest.param(slug, tab, id=f"{slug}-{tab}", marks=pytest.mark.xdist_group("live"))
    for slug, needs in LIVE.items()
    for tab in needs.tabs
]
ONE_LEVEL = 1e-3  # the share of pixels that rounding may move to the next grey level
NUMBER = re.compile(r"[-−]?\d+(?:\.\d+)?(?:×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?")
PLAIN = str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")
ROUNDING = 2e-4  # of a difference of sums of hundreds, in float32
NUMBERS = 1e-3  # of a figure's numbers: less than a pixel
IGNORED = re.compile(r"\.(textposition|left|domain|margin|height|nticks|legend)$")
"""On which side of a handle its name stands, which is found while it moves; and the room that an axis' numbers take, which stays."""
DRAW = "([...given]) => GalleryLive.draw(...given).catch((error) => ({ failed: error.text }))"

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("live")]
needs_browser = pytest.mark.skipif(browser_path() is None, reason="needs Chromium")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The live scripts of every page that has them, each with a page that loads them."""
    folder = tmp_path_factory.mktemp("site")
    return {slug: reader.written(catalog()[slug], folder) for slug in LIVE}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that asks nothing of any server."""
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    yield page
    page.close()
    assert not [url for url in asked if not url.startswith(("file:", "blob:", "data:"))]


@needs_browser
@pytest.mark.parametrize(("slug", "tab"), TABS)
def test_the_browser_shows_what_python_shows(site: dict[str, Path], page: Page, slug: str, tab: str) -> None:
    declared = catalog()[slug].page.tab(tab)
    needs = LIVE[slug].tabs[tab]
    page.goto(site[slug].as_uri())
    for number, base in enumerate(live.bases(declared, needs)):
        usual = all(declared.model_fields[name].default == value for name, value in base.items())
        for change in reader.moves(declared, needs, base)[None if usual else -1 :]:
            lang = ("zh", "en")[number % 2]
            given = {**base, **change}
            found = page.evaluate(
                DRAW, [slug, tab, reader.form(declared, given), reader.slots(declared, base, lang), lang]
            )
            assert "failed" not in found, (given, found)
            wanted = reader.slots(declared, given, lang)
            assert set(found) <= set(wanted)
            for name, value in found.items():
                alike(value, wanted[name], f"{str(given)[:200]} {name}")
            left = {name: value for name, value in wanted.items() if name not in found}
            assert left == {name: reader.slots(declared, base, lang)[name] for name in left}, "a slot is left stale"


@needs_browser
@pytest.mark.parametrize("slug", LIVE)
def test_verify_measures_the_browser_against_torch(site: dict[str, Path], page: Page, slug: str) -> None:
    page.goto(site[slug].as_uri())
    rows = page.evaluate("(slug) => GalleryLive.verify(slug)", slug)
    assert len(rows) == len(LIVE[slug].parts)
    for row in rows:
        assert row["passed"] and row["measured"] <= TOLERANCE == row["tolerance"], row
        assert row["name"]["zh"] != row["name"]["en"]
    assert set(page.evaluate("GalleryLive.times()")) == set(LIVE[slug].parts)


@needs_browser
def test_verify_fails_where_the_stored_outputs_are_not_the_networks(site: dict[str, Path], page: Page) -> None:
    """A negative control: the trial of one part is handed over with another's outputs."""
    slug, name = "o-gan", "o-gan-cats64/decode"
    page.goto(site[slug].as_uri())
    broken = {"output": live.plain(np.zeros((3, 3, 64, 64), np.float32))}
    page.evaluate(
        """async ([slug, name, broken]) => {
            await GalleryLive.verify(slug);
            const keep = GalleryLive.kept(name);
            GalleryLive.keep(name, { ...keep, outputs: broken });
        }""",
        [slug, name, broken],
    )
    rows = {row["name"]["en"]: row for row in page.evaluate("(slug) => GalleryLive.verify(slug)", slug)}
    assert not rows[f"{name}: browser against torch"]["passed"]
    assert sum(not row["passed"] for row in rows.values()) == 1


@needs_browser
def test_of_many_calls_the_latest_is_drawn_and_no_queue_grows(site: dict[str, Path], page: Page) -> None:
    declared = catalog()["o-gan"].page.tab("wander")
    page.goto(site["o-gan"].as_uri())
    start, inputs = reader.slots(declared, {}, "en"), reader.form(declared, {})
    drawn = page.evaluate(
        """async ([start, inputs]) => {
            const places = Array.from({ length: 20 }, (_, k) => [k / 20, 0]);
            const all = places.map((place) => GalleryLive.draw("o-gan", "wander", { ...inputs, place }, start, "en"));
            return (await Promise.all(all)).map((made) => made && made.map.data[0].x[0]);
        }""",
        [start, inputs],
    )
    assert [place for place in drawn if place is not None] == [0.0, 0.95]


@needs_browser
def test_what_is_missing_is_told_in_words_and_tried_again(tmp_path: Path, browser: Browser) -> None:
    entry = catalog()["o-gan"]
    page = browser.new_page()
    page.goto(reader.written(entry, tmp_path).as_uri())
    declared = entry.page.tab("wander")
    given = ["o-gan", "wander", reader.form(declared, {}), reader.slots(declared, {}, "zh"), "zh"]
    (runtime,) = (tmp_path / live.FOLDER).glob("runtime-*.js")
    kept = runtime.rename(tmp_path / "kept.js")
    failed = page.evaluate(DRAW, given)["failed"]
    assert "读不到" in failed["zh"] and runtime.name in failed["en"]
    kept.rename(runtime)
    assert set(page.evaluate(DRAW, given)) == {"map", "facts"}
    page.evaluate("GalleryLive.free()")
    assert set(page.evaluate(DRAW, given)) == {"map", "facts"}, "a page goes on after its memory was freed"
    page.close()


@needs_browser
@pytest.mark.parametrize(
    ("slug", "tab", "base", "given", "said"),
    [
        ("neural-network", "layers", {"source": "sketch"}, {"drawing": ""}, ("先画点什么", "draw something first")),
        ("captcha", "read", {"source": "own"}, {"picture": reader.plain_sheet()}, ("一种颜色", "of one colour")),
        ("vae", "own-normal", {}, {"picture": "data:image/png;base64,AAAA"}, ("读不出来", "cannot be read")),
    ],
)
def test_what_cannot_be_read_is_refused_in_both_languages(
    site: dict[str, Path],
    page: Page,
    slug: str,
    tab: str,
    base: dict[str, str],
    given: dict[str, str],
    said: tuple[str, str],
) -> None:
    declared = catalog()[slug].page.tab(tab)
    page.goto(site[slug].as_uri())
    inputs = {**reader.form(declared, base), **given}
    failed = page.evaluate(DRAW, [slug, tab, inputs, reader.slots(declared, base, "en"), "en"])["failed"]
    assert said[0] in failed["zh"] and said[1] in failed["en"]


def test_a_page_without_live_tabs_needs_nothing(kitchen: Catalog, tmp_path: Path) -> None:
    for entry in kitchen:
        assert live.parts(entry) is None
        assert live.write(entry, tmp_path) == live.Written((), {}, {})
    assert not list(tmp_path.iterdir())


def test_the_same_page_is_written_in_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        made = live.write(catalog()["vae"], tmp_path / name)
        written.append({path: (tmp_path / name / path).read_bytes() for path in made.files})
        assert made.files == {path: len(data) for path, data in written[-1].items()}
        assert max(made.differences.values()) <= TOLERANCE
    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"tabs": {"plane": {"live": ["at"], "parts": ["a/b"]}}}, "parts: a/b"),
        ({"tabs": {}, "tables": {"x": {"value": "core.quality.MEAN"}}}, "tables: x"),
        ({"tabs": {"plane": {"live": ["at"], "parts": ["ab"]}}, "parts": {"ab": {"shape": [1]}}}, "<weights>/<method>"),
        ({"tabs": {"plane": {"life": ["at"]}}}, "life"),
    ],
)
def test_a_manifest_that_does_not_hold_together_is_refused(told: Mapping[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Manifest.model_validate_json(json.dumps(told))


@pytest.mark.parametrize("value", ["os.environ", "core.quality.NOTHING", "core.nothing.AT_ALL"])
def test_a_table_is_a_value_of_a_page_or_a_model(value: str) -> None:
    with pytest.raises(BadManifest, match=value):
        Table(value=value).read()


def test_a_live_tab_names_only_what_the_tab_has() -> None:
    for slug, needs in LIVE.items():
        tabs = {tab.slug: tab for tab in catalog()[slug].page.tabs}
        for name, tab in needs.tabs.items():
            assert isinstance(tab, LiveTab)
            assert set(tab.live) <= set(tabs[name].model_fields)


def agree(found: str, wanted: str, where: str) -> None:
    """The same words, and numbers that differ by no more than float32 arithmetic, or by one in the last decimal that is shown."""
    assert NUMBER.sub("#", found) == NUMBER.sub("#", wanted), where
    for one, other in zip(NUMBER.findall(found), NUMBER.findall(wanted), strict=True):
        unit = 10.0 ** -len(other.partition(".")[2]) if "." in other and "×" not in other else 0.0
        a, b = (float(text.translate(PLAIN).replace("×10", "e")) for text in (one, other))
        assert abs(a - b) <= max(1.01 * unit, ROUNDING), (where, one, other)


def numbers(value: Any) -> Any:
    """An array in Plotly's form as a list; anything else as it is."""
    if isinstance(value, Mapping) and "bdata" in value:
        flat = np.frombuffer(reader.decoded(value["bdata"]), np.dtype(value["dtype"]))
        return flat.reshape([int(n) for n in str(value.get("shape", flat.size)).split(",")]).tolist()
    return value


def alike(found: Any, wanted: Any, where: str) -> None:
    """Texts the same, pictures within one grey level, numbers to less than a pixel."""
    found, wanted = numbers(found), numbers(wanted)
    if isinstance(wanted, Mapping):
        assert set(found) == set(wanted), where
        for key in wanted:
            if not IGNORED.search(f"{where}.{key}"):
                alike(found[key], wanted[key], f"{where}.{key}")
    elif isinstance(wanted, list) and wanted and all(isinstance(v, int | float) for v in wanted):
        np.testing.assert_allclose(found, wanted, NUMBERS, NUMBERS, err_msg=where)
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), where
        for k, (one, other) in enumerate(zip(found, wanted, strict=True)):
            alike(one, other, f"{where}[{k}]")
    elif isinstance(wanted, float) and isinstance(found, int | float):
        assert found == pytest.approx(wanted, rel=NUMBERS, abs=NUMBERS), where
    elif isinstance(wanted, str):
        agree(reader.words(found), reader.words(wanted), where)
        for one, other in zip(reader.pixels(found), reader.pixels(wanted), strict=True):
            apart = np.abs(one.astype(int) - other)
            assert one.shape == other.shape and apart.max() <= 1 and (apart > 0).mean() <= ONE_LEVEL, where
    else:
        assert found == wanted, where
