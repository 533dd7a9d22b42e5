"""What a tab may show: values that are checked, written as files and as JSON."""

from __future__ import annotations

import base64
import csv
import io
import json
import math
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gallery import outputs
from gallery.outputs import Animation, Grid, Metric, Passage, Slot, Table, Texts
from gallery.theme import palette

GREY = np.arange(24, dtype=np.uint8).reshape(4, 6)
RGB = np.dstack([GREY, GREY[::-1], GREY[:, ::-1]])
GOOD: dict[str, Any] = {
    "figure": go.Figure(go.Scatter(y=[1, 2])),
    "image": RGB,
    "images": Grid([GREY, RGB], captions=["a", "b"]),
    "animation": Animation([RGB, 255 - RGB], fps=5),
    "table": Table({"x": np.array([1.5, math.nan]), "name": ["a", "b"]}),
    "metrics": [Metric("mean", np.float64(0.5), "why"), Metric("bad", math.inf)],
    "markdown": "$x$",
    "text": "words",
    "code": "x = 1",
}


def decoded(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text)))


@pytest.mark.parametrize("kind", GOOD)
def test_every_kind_takes_its_own_value_refuses_others_and_is_json(kind: str) -> None:
    slot = Slot("out", kind)  # type: ignore[arg-type]
    outputs.check_value(slot, GOOD[kind])
    for bad in (None, 3, b"x", {}, GREY.astype(float), GREY[None, None], Grid([]), Animation([])):
        with pytest.raises(TypeError, match="output 'out' is a"):
            outputs.check_value(slot, bad)
    json.loads(json.dumps(outputs.to_json(slot, GOOD[kind]), allow_nan=False))


def test_passages_are_text_too() -> None:
    slot, value = Slot("out", "text"), Texts([Passage("山水", "题", "注", shades=[0.1, 0.2]), Passage("花")])
    outputs.check_value(slot, value)
    assert outputs.to_json(slot, value)[0] == {"title": "题", "text": "山水", "caption": "注", "shades": [0.1, 0.2]}
    assert str(value) == "题\n山水\n注\n\n花"
    with pytest.raises(ValueError, match="shades: 1 of them for 2 characters"):
        Passage("山水", shades=[0.5])


def test_all_kinds_are_tried() -> None:
    assert set(GOOD) == set(outputs.Kind.__args__)


@pytest.mark.parametrize(
    "bad", [[GREY, GREY[1:]], [GREY, GREY.astype(np.int32)], [GREY, np.zeros((4, 6, 4), np.uint8)], [GREY[:0]]]
)
def test_pictures_of_a_strip_are_uint8_and_of_one_size(bad: list[np.ndarray]) -> None:
    for slot, value in ((outputs.images("out"), Grid(bad)), (outputs.animation("out"), Animation(bad))):
        with pytest.raises(TypeError, match="of uint8 pictures of one size"):
            outputs.check_value(slot, value)


def test_a_picture_survives_as_png() -> None:
    for array in (GREY, RGB):
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(outputs.png_bytes(array)))), array)
    assert np.array_equal(np.asarray(decoded(outputs.to_json(outputs.image("x"), RGB)["png"])), RGB)


@pytest.mark.parametrize("width", [300, outputs.WEBP_SIDE, outputs.WEBP_SIDE + 1])
def test_a_browser_is_shown_every_pixel(width: int) -> None:
    rng = np.random.default_rng(1)
    for shape in ((5, width), (5, width, 3)):
        array = rng.integers(0, 256, shape, dtype=np.uint8)
        form, data = outputs.shown_bytes(array)
        picture = Image.open(io.BytesIO(data))
        assert picture.format == form.upper()
        assert np.array_equal(np.asarray(picture.convert("RGB")), np.asarray(Image.fromarray(array).convert("RGB")))


def test_a_grid_puts_each_picture_in_its_place() -> None:
    pictures = [np.full((2, 3), 10 * i, np.uint8) for i in range(5)]
    sheet = outputs.grid_image(Grid(pictures, columns=2, scale=2), gap=1, background=99)
    assert sheet.shape == (3 * 4 + 2, 2 * 6 + 1, 3)
    for i in range(5):
        top, left = i // 2 * 5, i % 2 * 7
        assert (sheet[top : top + 4, left : left + 6] == 10 * i).all()
    assert (sheet[10:, 7:] == 99).all()
    assert (sheet[4] == 99).all()
    with pytest.raises(ValueError, match="at least one image"):
        outputs.grid_image(Grid([]))


@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_an_animation_plays_at_its_pace_and_back_again(form: Any) -> None:
    frames = [np.full((8, 8), grey, np.uint8) for grey in (0, 80, 160, 240)]
    with Image.open(io.BytesIO(outputs.animation_bytes(Animation(frames, fps=20, boomerang=True), form))) as film:
        shown = []
        for place in range(getattr(film, "n_frames", 1)):
            film.seek(place)
            shown.append(int(np.asarray(film.convert("L")).mean()))
            film.load()
            assert film.info["duration"] == 50
        assert film.info["loop"] == 0
    assert np.abs(np.array(shown) - [0, 80, 160, 240, 160, 80]).max() <= 3


def test_columns_of_a_table_have_one_length() -> None:
    with pytest.raises(ValueError, match=r"\{'x': 2, 'y': 1\}"):
        Table({"x": [1, 2], "y": [1]})


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.floats(allow_nan=False), st.text('ab,"\n =+-@;中', max_size=6)), max_size=5))
def test_a_table_comes_back_from_csv_and_never_as_a_formula(rows: list[tuple[float, str]]) -> None:
    table = Table({"number": [number for number, _ in rows], "text": [text for _, text in rows]})
    read = list(csv.reader(io.StringIO(outputs.table_csv(table), newline="")))
    assert read[0] == ["number", "text"]
    for (number, text), cells in zip(rows, read[1:], strict=True):
        assert float(cells[0]) == number
        assert cells[1].removeprefix("'") == text
        assert cells[1][:1] not in ("=", "+", "-", "@")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"), (0.0, "0"), (1234567, "1,234,567"), (np.int64(12345), "12,345"), (0.123456, "0.1235"), (-0.5, "-0.5"),
        (9999.4, "9,999"), (9999.6, "10,000"), (12345.6, "12,346"), (1e-4, "1.000e-04"), (2.5e8, "2.500e+08"),
        (math.nan, "nan"), (-math.inf, "-inf"), ("≈ 1", "≈ 1"), (np.float32(0.25), "0.25"),
        (np.float64(1e9), "1.000e+09"),
    ],
)  # fmt: skip
def test_a_figure_is_shown_in_four_digits(value: Any, shown: str) -> None:
    assert Metric("m", value).shown == shown


def test_numbers_unknown_to_json_are_null() -> None:
    assert outputs.to_json(outputs.table("x"), GOOD["table"])["rows"] == [[1.5, "a"], [None, "b"]]
    assert outputs.to_json(outputs.metrics("x"), GOOD["metrics"])[1]["value"] is None


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_figure_takes_the_theme_and_the_pages_own_stays(theme: str) -> None:
    own = go.Figure(go.Scatter(y=[1, 2]))
    before = own.to_json()
    copy = outputs.themed(own, theme)
    assert copy.layout.template.layout.font.color == palette(theme).ink
    assert own.to_json() == before
