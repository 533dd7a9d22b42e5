"""What both front ends show alike: escaped, in both languages, and saying what it should."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

from core.checks import Check
from gallery import outputs
from gallery.engine import front_page, render, words
from gallery.engine.catalog import Catalog, Entry
from gallery.engine.runner import Failed, Progress, Waiting
from gallery.outputs import Grid, Metric, Passage, Table, Texts
from gallery.page import LANGUAGES, Page, Text, t
from gallery.theme import palette
from tests.conftest import KITCHEN

EVIL = "<script>alert('x')</script>\"&"


class Tree(HTMLParser):
    """Collects tags and text; fails on anything that is not closed in order."""

    VOID = ("img", "br", "input", "source")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def picture(address: str | None) -> np.ndarray:
    assert address is not None
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))))


@pytest.fixture
def kitchen() -> Catalog:
    return KITCHEN


@pytest.fixture
def page(kitchen: Catalog) -> Page:
    return kitchen["every-kind"].page


GREY = np.arange(48, dtype=np.uint8).reshape(6, 8)
CHECK = Check("name" + EVIL, "名" + EVIL, 1.0, 1.0, 0.1, note=EVIL, note_zh=EVIL)
HOSTILE: dict[str, Callable[[str], str]] = {
    "metrics": lambda lang: render.metrics_html([Metric(EVIL, EVIL, EVIL)], lang),
    "image": lambda lang: render.image_html(GREY, EVIL, 100),
    "grid": lambda lang: render.grid_html(Grid([GREY] * 3, captions=[EVIL] * 3), lang),
    "text": lambda lang: render.text_html(EVIL),
    "passages": lambda lang: render.text_html(
        Texts([Passage(EVIL, EVIL, EVIL, True), Passage(EVIL, shades=[0.5] * len(EVIL), notes=[EVIL] * len(EVIL))])
    ),
    "table": lambda lang: render.table_html(Table({EVIL: [EVIL, 1]}), lang),
    "verify": lambda lang: render.verify_html([CHECK, replace(CHECK, measured=5.0)], lang),
    "card": lambda lang: render.card_html({"a": EVIL, EVIL: [EVIL, {"b": EVIL}], "c": "https://x.org/" + EVIL}, lang),
    "waiting": lambda lang: render.status_html(Waiting(3), lang),
    "progress": lambda lang: render.status_html(Progress(0.5, Text(EVIL, EVIL)), lang),
    "failed": lambda lang: render.status_html(Failed(Text(EVIL, EVIL), True), lang),
    "message": lambda lang: render.message_html([EVIL, EVIL], lang),
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", HOSTILE)
def test_what_a_visitor_sends_is_text_and_never_markup(kind: str, lang: str) -> None:
    tree = Tree(HOSTILE[kind](lang))
    assert not tree.all("script")
    if kind not in ("image", "waiting"):
        assert "<script>" in tree.text


def test_the_state_mark_knows_four_states() -> None:
    assert render.state_html("running") == '<span class="gallery-state" data-state="running"></span>'
    with pytest.raises(ValueError, match="state = busy: must be one of idle"):
        render.state_html("busy")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_style_sheet_has_the_palettes_colours_and_no_others(theme: str) -> None:
    sheet = render.css(theme)
    assert f"--g-accent:{palette(theme).accent};" in sheet
    used = set(re.findall(r"var\((--g-[a-z]+)", sheet))
    assert used <= set(re.findall(r"(--g-[a-z]+):", sheet)), "every variable used is defined"
    assert not re.search(r"#[0-9a-f]{3,6}\b", (Path(render.__file__).parent / "house.css").read_text())


def test_without_a_theme_both_palettes_are_there() -> None:
    sheet = render.css()
    assert sheet.index(palette("light").accent) < sheet.index(".dark{") < sheet.index(palette("dark").accent)


def test_every_class_written_is_styled_or_a_mark(page: Page) -> None:
    written = "".join(make("zh") for make in HOSTILE.values()) + render.index_html(KITCHEN, "zh", "light", str)
    used = {name for names in re.findall(r'class="([^"]*)"', written) for name in names.split() if name[:2] == "g-"}
    styled = set(re.findall(r"\.(g-[a-z-]+)", render.css("light")))
    assert used - styled <= {"g-quiet", "g-busy", "g-index"}


def test_passages_stand_side_by_side_and_shade_their_characters() -> None:
    tree = Tree(
        render.text_html(Texts([Passage("山\n水", "题", "注", shades=[1.0, 0.0, 0.25], notes=["9 bit", "", ""])]))
    )
    assert "".join(tree.text.split()) == "题山水注"
    html = render.text_html(Texts([Passage("山水", verse=True), Passage("花月", verse=True)]))
    assert html.count('g-verse"') == 2 and "g-verses" in html
    assert "--g-shade:0.25" in render.text_html(Texts([Passage("山", shades=[0.25])]))


def test_a_grid_is_one_picture_and_with_captions_one_a_row() -> None:
    pictures = [np.full((4, 6), 40 * i, np.uint8) for i in range(5)]
    plain = Tree(render.grid_html(Grid(pictures, columns=2), "en"))
    assert len(plain.all("img")) == 1
    assert picture(plain.all("img")[0]["src"]).shape == (3 * 4 + 2 * 2, 2 * 6 + 2, 3)
    rows = Tree(render.grid_html(Grid(pictures, columns=2, captions=list("abcde")), "en"))
    assert len(rows.all("img")) == 3
    assert [sheet["alt"] for sheet in rows.all("img")] == ["Picture a, b", "Picture c, d", "Picture e"]
    assert "".join(rows.text.split()) == "abcde"
    assert picture(rows.all("img")[2]["src"])[0, 0].tolist() == [160] * 3
    assert words.EMPTY("en") in render.grid_html(Grid([]), "en")


def test_a_small_picture_keeps_hard_edges_and_a_large_one_does_not() -> None:
    assert "g-pixels" in render.image_html(GREY, "", 240)
    large = render.image_html(np.zeros((300, 300, 3), np.uint8), "", 240)
    assert "g-pixels" not in large
    assert "width:240px" in large


def test_a_table_shows_its_numbers_right_and_says_when_it_is_cut() -> None:
    tree = Tree(render.table_html(Table({"x": np.arange(1000.0), "name": ["a"] * 1000}), "en"))
    assert len(tree.all("tr")) == render.SHOWN_ROWS + 1
    assert "The first 300 of 1000 rows" in tree.text
    assert len([td for td in tree.all("td") if td.get("class") == "g-number"]) == render.SHOWN_ROWS
    assert words.NO_ROWS("zh") in render.table_html(Table({"x": []}), "zh")


def test_a_long_table_is_folded_and_whole_numbers_are_in_full() -> None:
    short, long = (render.table_html(Table({"x": np.arange(n) + 4_000_000.0}), "en") for n in (12, 13))
    assert "<details" not in short and "4000011" in short
    assert "<details" in long and words.TABLE_ROWS("en").format(13) in long


@pytest.mark.parametrize("lang", LANGUAGES)
def test_verify_shows_each_number_and_whether_it_holds(lang: str) -> None:
    checks = [
        Check("mean", "均值", 0.123456789, 0.12, 0.01, note="law", note_zh="定律"),
        Check("error", "误差", 2.0, 1.0, 0.5, "at_most", note="bound"),
        Check("nan", "非数", float("nan"), 1.0, 0.5),
    ]
    tree = Tree(render.verify_html(checks, lang))
    marks = [attributes.get("class") for attributes in tree.all("tr")[1:]]
    assert marks == ["g-good", "g-bad", "g-bad"]
    texts = ("mean", "law") if lang == "en" else ("均值", "定律")
    for said in ("0.123457", "0.12", "± 0.01", "≤ 1", "nan", "bound", *texts):
        assert said in tree.text
    assert re.findall("[✓✗]", tree.text) == ["✓", "✗", "✗"]
    assert tree.text.count(words.FAILED(lang)) >= 2
    assert words.SOME_FAILED(lang).format(3, 2) in tree.text
    labels = {attributes["data-label"] for attributes in tree.all("td") if "data-label" in attributes}
    assert labels == {words.MEASURED(lang), words.EXPECTED(lang), words.TOLERANCE(lang)}
    assert words.ALL_PASSED(lang).format(1) in render.verify_html(checks[:1], lang)


def test_a_card_of_any_shape_is_shown() -> None:
    @dataclass
    class Card:
        name: str
        note: dict[str, str]
        sizes: tuple[int, ...]
        loss: float
        empty: None = None

    tree = Tree(render.card_html(Card("o-gan", {"zh": "说明", "en": "remark"}, (1, 2), 0.123456789), "en"))
    assert tree.text.split() == ["Nameo-gannoteremarksizes1,", "2loss0.123457"]


def test_progress_is_a_bar_within_its_bounds() -> None:
    for fraction, shown in ((-1, "0"), (0.25, "25"), (7, "100")):
        bar = Tree(render.status_html(Progress(fraction), "zh"))
        assert {"aria-valuenow": shown}.items() <= bar.all("span")[1].items()
    assert Tree(render.status_html(None, "zh")).text == ""
    assert "3" in Tree(render.status_html(Waiting(3), "en")).text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_post_has_its_address_story_changes_and_papers(page: Page, lang: str) -> None:
    post = replace(page.post, papers=(("A paper", "https://arxiv.org/abs/1"),), title=t("题[1]", "title [1]"))
    said = render.post_markdown(replace(page, post=post), lang)
    for part in ("https://kexue.fm/archives/1)", "2020-01-01", post.story(lang), post.changes(lang), "\\[1\\]",
                 "- [A paper](https://arxiv.org/abs/1)"):  # fmt: skip
        assert part in said


def test_code_and_call_have_the_present_inputs(page: Page) -> None:
    tab = page.tab("numbers")
    inputs = tab(n=77, name="'quoted'\n".strip())
    assert "linspace(0, 10, 77)" in render.code_text("every-kind", inputs)
    seen: dict[str, Any] = {}

    class Client:
        def __init__(self, address: str) -> None:
            seen["address"] = address

        def predict(self, **arguments: Any) -> None:
            seen.update(arguments)

    for each in page.tabs:
        seen.clear()
        given = inputs if each is tab else each()
        text = render.api_text("every-kind", given, base="http://localhost:1")
        call_with(text, Client)
        assert seen.pop("address") == "http://localhost:1"
        assert seen.pop("api_name") == f"/every_kind_{each.slug}"
        again = each(**seen)
        assert again.to_link() == given.to_link()


def call_with(text: str, client: type) -> None:
    """Run the text of a call with ``client`` in the place of gradio_client's, by reading its syntax tree."""
    import ast

    body = ast.parse(text).body
    assert isinstance(body[0], ast.ImportFrom)
    made, called = cast(Any, body[1]).value, cast(Any, body[2]).value
    instance = client(*(ast.literal_eval(argument) for argument in made.args))
    instance.predict(**{word.arg: ast.literal_eval(word.value) for word in called.keywords})


def test_an_upload_is_left_for_the_caller_to_fill_in(page: Page) -> None:
    tab = page.tab("pictures")
    own = tab(photo=np.zeros((3, 3, 3), np.uint8))
    assert 'photo="data:;base64,…"' in render.api_text("every-kind", own)


# Front page


def entry(slug: str, family: str, zh: str, en: str, number: int, striking: int = 0) -> Entry:
    page = SimpleNamespace(
        title=t(zh, en), summary=t("概要 " + EVIL, "summary " + EVIL), striking=striking,
        added=date(2026, 1, number % 28 + 1), post=SimpleNamespace(id=number, title=t(zh, en)), tabs=(),
    )  # fmt: skip
    made = Entry(slug, family, f"pages.{family}.{slug}")
    made.__dict__["page"] = page
    return made


@pytest.fixture
def catalog() -> Catalog:
    entries = [
        entry("o-gan", "gan", "正交 GAN", "O-GAN: a GAN as encoder", 6409, striking=3),
        entry("glow", "flow", "细水长flow", "Glow", 5807, striking=2),
        entry("hsic", "stats", "HSIC 简介", "HSIC", 6910),
        entry("gillespie", "stats", "Gillespie 模拟", "Gillespie simulation", 5607),
    ]
    return Catalog({each.slug: each for each in entries})


def slugs(html: str) -> list[str]:
    return [str(a["href"]) for a in Tree(html).all("a")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_front_page_shows_every_page_once_the_striking_first(catalog: Catalog, lang: str) -> None:
    html = render.index_html(catalog, lang, "light", lambda slug: f"/{slug}?x=1&y=2")
    finds = [a["data-find"] for a in Tree(html).all("a")]
    assert finds == [front_page.searched(entry) for entry in catalog.front()], "and is found while one types"
    assert slugs(html) == ["/o-gan?x=1&y=2", "/glow?x=1&y=2", "/hsic?x=1&y=2", "/gillespie?x=1&y=2"]
    text = Tree(html).text
    for said in (words.FRONT_LINE(lang), words.HOUSE(lang), words.POST_NUMBER(lang).format(6409), words.STRIKING(lang)):
        assert said in text
    assert not Tree(html).all("script")


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("gan", ["o-gan"]), ("ＧＡＮ", ["o-gan"]), ("GILLESPIE", ["gillespie"]), ("flow", ["glow"]),
        ("模拟", ["gillespie"]), ("hsic简介", ["hsic"]), ("encoder gan", ["o-gan"]), ("5807", ["glow"]),
        ("o-gan", ["o-gan"]), ("il", []), ("ni", ["gillespie"]), ("oni", []),
        ("概率统计", ["hsic", "gillespie"]), ("gltj", ["hsic", "gillespie"]), ("gailvtongji", ["hsic", "gillespie"]), ("zzz", []),
    ],
)  # fmt: skip
def test_search_minds_neither_case_nor_width_nor_language_and_hears_pinyin(
    catalog: Catalog, query: str, hits: list[str]
) -> None:
    assert [each.slug for each in front_page.found(catalog, query)] == hits
    assert slugs(render.index_html(catalog, "zh", "light", str, query)) == hits


def test_a_search_in_vain_says_so(catalog: Catalog) -> None:
    tree = Tree(render.index_html(catalog, "en", "light", str, EVIL))
    assert EVIL in tree.text
    assert not tree.all("script")


def test_a_page_shows_its_own_picture_of_the_theme(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(front_page, "SCREENSHOTS", tmp_path)
    for name, grey in (("hsic", 255), ("hsic-dark", 0)):
        Image.fromarray(np.full((1200, 1920, 3), grey, np.uint8)).save(tmp_path / f"{name}.png")
    assert front_page.screenshot("glow", "light") is None
    for theme, grey in (("light", 255), ("dark", 0)):
        (shown,) = Tree(render.index_html(catalog, "zh", theme, str, "hsic")).all("img")
        assert picture(shown["src"]).shape == (600, 960, 3)
        assert abs(int(picture(shown["src"]).mean()) - grey) <= 2
    Image.new("RGB", (8, 5)).save(tmp_path / "hsic-en.png")
    assert front_page.screenshot("hsic", "light", "en") == tmp_path / "hsic-en.png"
    assert front_page.screenshot("hsic", "dark", "en") == tmp_path / "hsic-dark.png"
    (tmp_path / "hsic-dark.png").unlink()
    assert front_page.screenshot("hsic", "dark") == tmp_path / "hsic.png"
    named = render.index_html(catalog, "zh", "light", str, "hsic", picture=lambda path: f"/static/{path.name}")
    assert Tree(named).all("img")[0]["src"] == "/static/hsic.png"


def test_house_words_are_said_in_both_languages() -> None:
    said = {name: value for name, value in vars(words).items() if isinstance(value, Text)}
    assert len(said) > 60
    for name, value in said.items():
        assert value.zh, name
        assert value.en, name
        assert value.zh.count("{") == value.en.count("{"), f"{name}: both languages fill in the same"


def test_every_output_kind_of_the_vocabulary_is_rendered_or_native() -> None:
    native = {"figure", "animation", "markdown", "code"}
    rendered = {"image", "images", "table", "metrics", "text"}
    assert native | rendered == set(outputs.Kind.__args__)


def test_heads_stand_over_numbers_as_the_numbers_do() -> None:
    page = render.table_html(Table({"name": ["a", "b"], "n": [1, 2], "mixed": [1, "two"], "yes": [True, False]}), "en")
    assert '<th>name</th><th class="g-number">n</th><th>mixed</th><th>yes</th>' in page
