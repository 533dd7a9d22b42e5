"""Every kind of input: refuses in words whatever it is given, keeps its bounds, comes back from a link as it was."""

from __future__ import annotations

import base64
import io
import json
import math
import struct
import zlib
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image as PillowImage

from gallery import inputs
from gallery.fields import Choice, Field, File, Image, Number, Point, Refused, Seed, Sketch, TableEditor, TextField
from gallery.fields import Toggle as ToggleField
from gallery.fields.uploads import MAX_IMAGE_BYTES, MAX_SIDE, Upload
from gallery.inputs import Column, FileValue, ImageValue, Inputs, PointValue, SketchValue, TableValue, t

WORD = t("名", "name")
PICTURES = MappingProxyType({"waves": "examples/waves.png", "rings": "examples/rings.png"})

FIELDS: dict[str, Field] = {
    "real": Number(label=WORD, minimum=-2.5, maximum=1e6),
    "whole": Number(label=WORD, minimum=-3, maximum=200, whole=True),
    "log": Number(label=WORD, minimum=1e-6, maximum=1e3, log=True),
    "choice": Choice(label=WORD, options={"a": WORD, "b c": WORD, "中文": WORD}),
    "toggle": ToggleField(label=WORD),
    "seed": Seed(),
    "line": TextField(label=WORD, max_length=12),
    "lines": TextField(label=WORD, max_length=40, lines=4),
    "image": Image(label=WORD, examples=PICTURES),
    "sketch": Sketch(label=WORD, size=9),
    "point": Point(label=WORD, x_range=(-1, 1), y_range=(0, 1e-3)),
    "table": TableEditor(
        label=WORD,
        columns=(Column("name", WORD, max_length=8), Column("rate", WORD, number=True, minimum=0, maximum=10)),
        max_rows=3,
    ),
    "file": File(label=WORD, suffixes=(".csv", ".txt"), max_bytes=64, examples={}),
}

TRICKY = [
    "", "1e400", "١٢", "nan", "ink:", "ink:eNpj", "example:waves", "example:../../etc/passwd",
    "data:image/png;base64,AAAA", "data:,", "[[[[", "0x10", "1_0", " 7 ",
]  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | st.binary(max_size=40)
    | st.text(st.characters(), max_size=60) | st.sampled_from(TRICKY)
    | hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner) | st.tuples(inner, inner),
    max_leaves=8,
)  # fmt: skip
CELLS = st.none() | st.floats() | st.integers() | st.text(max_size=10) | st.sampled_from(["a", 1.0, "3", math.nan])
ROWS = st.lists(
    st.fixed_dictionaries({}, optional={"name": CELLS, "rate": CELLS}) | st.tuples(CELLS, CELLS), max_size=4
)  # fmt: skip
LIKELY: dict[str, st.SearchStrategy[Any]] = {
    "real": st.floats(-3, 1e6 + 1) | st.floats().map(repr),
    "whole": st.integers(-5, 205) | st.integers(-5, 205).map(str) | st.integers(-5, 205).map(float),
    "log": st.floats(0, 2e3) | st.floats(1e-7, 1e-5).map(str),
    "choice": st.sampled_from(["a", "b c", "中文", "A", "d"]),
    "toggle": st.sampled_from([True, False, "true", "On", "0", "yes", 1]),
    "seed": st.integers(-1, 2**31),
    "line": st.text(max_size=14),
    "lines": st.text(max_size=42) | st.text("ab\r\n\t\u2028", max_size=12),
    "image": hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=3, max_side=6)),
    "sketch": hnp.arrays(np.float32, (9, 9), elements=st.floats(0, 1, width=32)) | st.text(" #\n", max_size=80),
    "point": st.tuples(st.floats(-1, 1), st.floats(0, 1e-3))
    | st.tuples(st.floats(), st.floats()).map("{0[0]},{0[1]}".format),
    "table": ROWS | ROWS.map(lambda rows: json.dumps(rows)),
    "file": st.binary(max_size=70) | st.binary(max_size=70).map(lambda b: base64.b64encode(b).decode()),
}  # fmt: skip

QUICK = settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def same(a: Any, b: Any) -> bool:
    return np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b and type(a) is type(b)


def accepted(field: Field, value: Any) -> tuple[bool, Any]:
    """Whether ``field`` takes ``value``, and as what; anything raised but Refused fails the test."""
    try:
        return True, field.parse(value)
    except Refused as error:
        refused = error
    assert all(refused.allowed), "a refusal says what is allowed in both languages"
    return False, None


@pytest.mark.parametrize("kind", FIELDS)
def test_parse_raises_nothing_but_refused_and_a_link_gives_the_value_back(kind: str) -> None:
    field, answers = FIELDS[kind], set[bool]()

    @QUICK
    @given(LIKELY[kind] | ANYTHING)
    def look(given: Any) -> None:
        taken, value = accepted(field, given)
        answers.add(taken)
        if not taken:
            return
        again, twice = accepted(field, value)
        assert again
        assert same(value, twice), "parsing what was parsed changes nothing"
        link = field.to_link(value)
        if link is not None:
            assert same(value, field.parse(link)), f"{value!r} came back from {link!r} as {field.parse(link)!r}"

    look()
    assert answers == {True, False}, "the strategies reach both"


@QUICK
@given(st.floats() | st.integers() | st.floats().map(str) | st.integers().map(str))
@example(-2.5)
@example(1e6)
@example(math.nextafter(1e6, math.inf))
@example(math.nextafter(-2.5, -math.inf))
@example(10**400)
@example(math.nan)
def test_a_number_is_taken_exactly_when_it_is_inside_its_bounds(value: Any) -> None:
    try:
        inside = -2.5 <= float(value) <= 1e6
    except OverflowError:
        inside = False
    taken, number = accepted(FIELDS["real"], value)
    assert taken is inside
    assert not taken or number == float(value)


@pytest.mark.parametrize("value", [True, 3.5, "3.5", "x", None, [3], 1 + 0j, np.complex64(1), np.bool_(True)])
def test_a_whole_number_refuses_what_is_not_one(value: Any) -> None:
    assert accepted(FIELDS["whole"], value) == (False, None)


@pytest.mark.parametrize("value", [np.int64(7), np.float32(7), "7", 7.0, " 7 "])
def test_a_whole_number_comes_as_a_plain_int(value: Any) -> None:
    taken, number = accepted(FIELDS["whole"], value)
    assert taken
    assert type(number) is int
    assert number == 7


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        ("床前明月光", True), ("👨‍👩‍👧", True), ("\u200fאב", True), ("a\tb", True), ("x" * 12, True), ("", True),
        ("x" * 13, False), ("a\nb", False), ("a\u2028b", False), ("a\x00", False), ("\x1b[31m", False),
        ("\x85", False), ("\ud800", False), (b"a", False), (7, False),
    ],
)  # fmt: skip
def test_a_line_of_text(value: Any, taken: bool) -> None:
    assert accepted(FIELDS["line"], value)[0] is taken


def test_line_ends_of_windows_become_plain() -> None:
    assert FIELDS["lines"].parse("a\r\nb") == "a\nb"


# Pictures


def picture(width: int, height: int, mode: str = "RGB", form: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    PillowImage.new(mode, (width, height)).save(buffer, form)
    return buffer.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A valid PNG of a few kilobytes that says it is ``width`` x ``height``."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(10**6))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


HOSTILE = {
    "nothing": b"",
    "a bomb of 900 megapixels": bomb(30_000, 30_000),
    "a line of pixels": bomb(1, 24_000_000),
    "one pixel row, two billion wide": bomb(2**31 - 1, 1),
    "a little over the limit": bomb(6000, 4001),
    "more rows said than given": bomb(2000, 2000),
    "truncated": picture(64, 64)[:-40],
    "only the signature": picture(1, 1)[:8],
    "text": b"hello",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "svg with a png name": b"<?xml version='1.0'?><svg/>",
    "pdf": b"%PDF-1.4\n",
    "a good tiff": picture(4, 4, "RGB", "TIFF"),
    "a good ppm": b"P6 1 1 255 abc",
    "eps that would start ghostscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "too many bytes": bytes(MAX_IMAGE_BYTES + 1),
    "base64 of too many bytes": "A" * (MAX_IMAGE_BYTES * 4 // 3 + 100),
    "not base64": "data:image/png;base64,%%%%",
    "surrogate": "\ud800",
    "four channels less one": np.zeros((4, 4, 2), np.uint8),
    "floats": np.zeros((4, 4, 3)),
    "empty array": np.zeros((0, 4, 3), np.uint8),
    "five dimensions": np.zeros((1, 1, 1, 1, 1), np.uint8),
    "unknown example": "example:nothing",
    "a path": "example:../core/checks.py",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", ["image", "sketch"])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_hostile_picture_is_refused(kind: str, name: str) -> None:
    assert accepted(FIELDS[kind], HOSTILE[name]) == (False, None)


def test_a_bomb_is_refused_before_its_pixels_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PillowImage.Image, "load", lambda self: pytest.fail("pixels were read"))
    assert accepted(FIELDS["image"], bomb(6000, 4001)) == (False, None)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 400), st.binary(min_size=1, max_size=6), st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP"]))
def test_a_damaged_picture_is_decoded_or_refused(place: int, noise: bytes, form: str) -> None:
    buffer = io.BytesIO()
    PillowImage.fromarray(np.arange(300, dtype=np.uint8).reshape(10, 10, 3)).save(buffer, form)
    data = buffer.getvalue()
    place %= len(data)
    accepted(FIELDS["image"], data[:place] + noise + data[place + len(noise) :])


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_png_becomes_rgb(mode: str) -> None:
    assert FIELDS["image"].parse(picture(5, 3, mode)).shape == (3, 5, 3)


def test_transparent_pixels_become_white_and_sixteen_bits_eight() -> None:
    assert FIELDS["image"].parse(picture(2, 2, "RGBA")).tolist() == [[[255] * 3] * 2] * 2
    buffer = io.BytesIO()
    PillowImage.fromarray(np.array([[0, 256, 32768, 65535]], np.uint16)).save(buffer, "PNG")
    assert FIELDS["image"].parse(buffer.getvalue())[0, :, 0].tolist() == [0, 1, 128, 255]


def test_a_large_picture_is_reduced_and_keeps_its_shape() -> None:
    assert FIELDS["image"].parse(picture(3000, 1500)).shape == (MAX_SIDE // 2, MAX_SIDE, 3)


def test_a_photograph_is_turned_upright() -> None:
    photograph = PillowImage.new("RGB", (8, 4))
    exif = photograph.getexif()
    exif[0x0112] = 6  # EXIF orientation: rotate by 90 degrees
    buffer = io.BytesIO()
    photograph.save(buffer, "JPEG", exif=exif)
    assert FIELDS["image"].parse(buffer.getvalue()).shape == (8, 4, 3)


def test_an_example_is_known_again_in_a_link_and_an_upload_is_not() -> None:
    field = FIELDS["image"]
    waves = field.parse("example:waves")
    assert field.to_link(waves) == "example:waves"
    assert field.to_link(255 - waves) is None


def test_changing_an_example_changes_no_other_visitors_copy() -> None:
    field = FIELDS["image"]
    before = field.parse("example:waves").copy()
    field.parse("example:waves")[:] = 0
    assert np.array_equal(field.parse("example:waves"), before)


# Crops

CROPPED = Image(label=WORD, examples=PICTURES, crop=True)


def test_a_crop_takes_the_pixels_it_names_and_else_the_middle() -> None:
    pixels = np.arange(10 * 6 * 3, dtype=np.uint8).reshape(6, 10, 3)
    buffer = io.BytesIO()
    PillowImage.fromarray(pixels).save(buffer, "PNG")
    text = base64.b64encode(buffer.getvalue()).decode()
    assert np.array_equal(CROPPED.parse(f"crop:7,2,3@{text}"), pixels[2:5, 7:10])
    assert np.array_equal(CROPPED.parse(f"crop:0,0,6@data:image/png;base64,{text}"), pixels[:, :6])
    for whole in (text, buffer.getvalue(), pixels, PillowImage.fromarray(pixels)):
        assert np.array_equal(CROPPED.parse(whole), pixels[:, 2:8])


def test_a_crop_of_an_example_stays_in_the_link() -> None:
    waves = CROPPED.parse("example:waves")
    cut = CROPPED.parse("crop:10,20,30@example:waves")
    assert np.array_equal(cut, CROPPED.parse(cut))
    assert CROPPED.to_link(CROPPED.parse(cut)) == "crop:10,20,30@example:waves"
    assert CROPPED.to_link(waves) == "example:waves"
    assert CROPPED.to_link(cut + 1) is None
    assert waves.shape[0] == waves.shape[1]


def test_a_crop_is_made_before_a_large_picture_is_reduced() -> None:
    text = base64.b64encode(picture(3000, 1500)).decode()
    assert CROPPED.parse(text).shape == (MAX_SIDE, MAX_SIDE, 3)
    assert CROPPED.parse(f"crop:2000,400,500@{text}").shape == (500, 500, 3)


@pytest.mark.parametrize(
    "value",
    [
        "crop:0,0,0@example:waves", "crop:0,0,99999@example:waves", "crop:99999,0,1@example:waves",
        "crop:-1,0,4@example:waves", "crop:0,0,1.5@example:waves", "crop:0,0,999999999999@example:waves",
        "crop:0,0,4@example:nothing", "crop:0,0,4@crop:0,0,4@example:waves", "crop:0,0,4@", "crop:0,0@example:waves",
        "crop:\u0660,0,4@example:waves", "crop:0,0,4@example:../waves", "crop:0,0,4@%%%",
    ],
)  # fmt: skip
def test_a_hostile_crop_is_refused(value: str) -> None:
    assert accepted(CROPPED, value) == (False, None)


def test_a_crop_is_told_of_where_it_is_allowed_and_refused_elsewhere() -> None:
    assert "crop:x,y,side@" in CROPPED.describe().en and "crop:x,y,边长@" in CROPPED.describe().zh
    assert CROPPED.to_json()["crop"] is True
    assert "crop" not in FIELDS["image"].describe().en
    assert accepted(FIELDS["image"], "crop:0,0,4@example:waves") == (False, None)


# Drawings


@QUICK
@given(hnp.arrays(np.float32, (28, 28), elements=st.floats(0, 1, width=32), fill=st.just(np.float32(0))))
def test_a_drawing_comes_back_from_its_link_level_for_level(ink: np.ndarray) -> None:
    field = Sketch(label=WORD, size=28)
    value = field.parse(ink)
    assert np.abs(value - ink).max() <= 0.5 / 15 + 0.5 / 255 + 1e-6
    link = field.to_link(value)
    assert link is not None, "even noise on 28 x 28 fits a link"
    assert np.array_equal(field.parse(link), value)


def test_a_line_drawing_has_a_short_link_and_a_blank_sheet_an_empty_one() -> None:
    field = Sketch(label=WORD, size=28)
    y, x = np.mgrid[:28, :28] - 13.5
    ring = np.abs(np.hypot(x, y) - 9.5) < 1.5
    link = field.to_link(field.parse(ring.astype(float)))
    assert link is not None
    assert len(link) < 250
    assert field.to_link(field.parse("")) == ""
    assert field.parse("").sum() == 0


@pytest.mark.parametrize("cut", ["", "!", "AAAA", "eNpj", "eNpjAAAAAQAB"])
def test_malformed_ink_is_refused(cut: str) -> None:
    assert accepted(FIELDS["sketch"], f"ink:{cut}") == (False, None)


def test_ink_of_another_size_and_an_ink_bomb_are_refused() -> None:
    other = Sketch(label=WORD, size=10).to_link(np.ones((10, 10), np.float32))
    assert accepted(FIELDS["sketch"], other) == (False, None)
    packed = base64.urlsafe_b64encode(zlib.compress(bytes(10**7))).decode()
    assert accepted(FIELDS["sketch"], f"ink:{packed}") == (False, None)


def test_dark_ink_on_white_is_one() -> None:
    page = np.full((9, 9), 255, np.uint8)
    page[4, 4] = 0
    buffer = io.BytesIO()
    PillowImage.fromarray(page).save(buffer, "PNG")
    address = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    ink = FIELDS["sketch"].parse(address)
    assert ink.sum() == ink[4, 4] == 1


# Tables and files


def test_empty_lines_of_the_editor_are_dropped_and_others_say_their_row() -> None:
    field = FIELDS["table"]
    assert field.parse([{"name": None, "rate": math.nan}, ["nan", 2]]) == ({"name": "nan", "rate": 2.0},)
    with pytest.raises(Refused, match="row 2, name: a number from 0 to 10"):
        field.parse([["a", 1], ["b", 11]])


@pytest.mark.parametrize(
    "value", ["[" * 100_000, '[["\\ud800",1]]', '[["a",NaN]]', "{}", '[{"x":1}]', "[[1,2,3]]", "[1]"]
)
def test_a_malformed_table_is_refused(value: str) -> None:
    assert accepted(FIELDS["table"], value) == (False, None)


def test_a_file_is_taken_by_its_suffix_and_size() -> None:
    field = FIELDS["file"]
    assert field.parse(Upload("A.CSV", b"x")).data == b"x"
    assert accepted(field, Upload("a.exe", b"x")) == (False, None)
    assert accepted(field, Upload("a.csv", b"")) == (False, None)
    assert accepted(field, Upload("a.csv", bytes(65))) == (False, None)
    assert field.parse({"name": "a.csv", "data": "data:;base64,eA=="}) == Upload("a.csv", b"x")
    for hostile in (
        {"name": "a.exe", "data": "eA=="},
        {"name": "a.csv", "data": "%"},
        {"name": "a.csv", "data": 1},
        {},
    ):
        assert accepted(field, hostile) == (False, None)
    assert field.parse("") is None


# Models


class Model(Inputs):
    n: int = inputs.slider(5, 1, 9, label=WORD)
    x: float = inputs.slider(0.5, 0.0, 1.0, label=WORD)
    kind: str = inputs.choice("a", {"a": WORD, "b": WORD}, label=WORD)
    on: bool = inputs.toggle(False, label=WORD)
    word: str = inputs.text("w", label=WORD, max_length=9)
    photo: ImageValue = inputs.image("waves", PICTURES, label=WORD)
    ink: SketchValue = inputs.sketch(9, label=WORD, default="##\n #")
    at: PointValue = inputs.point((0, 0), (-1, 1), (-1, 1), label=WORD)
    rows: TableValue = inputs.table([{"a": 1}], [Column("a", WORD, number=True)], label=WORD, max_rows=2)
    data: FileValue = inputs.file((".csv",), label=WORD, max_bytes=9)
    seed: int = inputs.seed()


@QUICK
@given(st.fixed_dictionaries({}, optional={name: ANYTHING for name in Model.model_fields}))
def test_parse_gives_a_model_or_names_every_refused_input(raw: dict[str, Any]) -> None:
    try:
        model = inputs.parse(Model, raw)
    except inputs.InputError as error:
        refused = error
    else:
        again, problems = inputs.parse_link(Model, model.to_link())
        assert not problems
        assert {"photo", "data"} >= set(Model.model_fields) - set(model.to_link())
        assert all(same(getattr(model, name), getattr(again, name)) for name in model.to_link())
        return
    assert {problem.name for problem in refused.problems} <= set(raw)
    for lang in ("zh", "en"):
        assert refused.message(lang).encode()
        assert refused.message(lang).isprintable()


@QUICK
@given(st.dictionaries(st.sampled_from([*Model.model_fields, "other", "tab"]), st.text(max_size=30)))
def test_a_link_never_fails_and_keeps_the_default_of_every_bad_value(query: dict[str, str]) -> None:
    model, problems = inputs.parse_link(Model, query)
    default = Model()
    for problem in problems:
        if problem.name in Model.model_fields:
            assert same(getattr(model, problem.name), getattr(default, problem.name))
    assert {p.name for p in problems} <= set(map(inputs.shortened, query))


def test_values_refused_together_give_their_defaults() -> None:
    import pydantic

    class Pair(Inputs):
        low: int = inputs.slider(1, 0, 9, label=WORD)
        high: int = inputs.slider(2, 0, 9, label=WORD)

        @pydantic.model_validator(mode="after")
        def _ordered(self) -> Pair:
            if self.low > self.high:
                raise ValueError("low must not be above high")
            return self

    model, problems = inputs.parse_link(Pair, {"low": "5"})
    assert (model.low, model.high, len(problems)) == (1, 2, 1)


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(inputs.InputError, match=r"m = 3: no such input; there are n, x"):
        inputs.parse(Model, {"m": 3})


def test_a_link_is_told_of_names_that_no_input_has_and_not_of_what_others_add_to_links() -> None:
    model, problems = inputs.parse_link(
        Model, {"n": "4", "m": "3", "x" * 99: "1", "utm_source": "a", "__theme": "dark"}
    )
    assert model.n == 4, "the rest of the link counts"
    assert [problem.name for problem in problems] == ["m", "x" * 59 + "…"]
    assert problems[0].told("en").startswith("m = 3: no such input; there are n, x")
    assert problems[0].told("zh").startswith("m = 3：没有这个输入；可用的有 n, x")
    _, many = inputs.parse_link(Model, {f"q{i}": "1" for i in range(100)})
    assert len(many) == inputs.MOST_STRANGE


def test_an_input_declared_without_the_vocabulary_is_a_mistake_of_the_page() -> None:
    class Bare(Inputs):
        n: int = 3

    with pytest.raises(TypeError, match=r"Bare\.n is not declared"):
        inputs.fields(Bare)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_reader_is_told_nothing_that_only_programs_need(lang: str) -> None:
    with pytest.raises(inputs.InputError) as refused:
        inputs.parse(
            Model, {"photo": "data:image/png;base64,AAAA", "kind": "c", "data": "AAAA" * 100_000, "ink": "AAAA"}
        )
    told = "; ".join(problem.told(lang) for problem in refused.value.problems)
    for word in ("example:", "crop:", "base64", "AAAA"):
        assert word not in told
    assert len(refused.value.problems) == 4
    assert "example:waves" in refused.value.message(lang) and "base64" in refused.value.message(lang)


def test_a_shortened_value_is_one_printable_line() -> None:
    shown = inputs.shortened("a\n\x1b[31m\u202e\ud800" + "x" * 99)
    assert shown == "a ?[31m??".replace("?", "\N{REPLACEMENT CHARACTER}") + "x" * 50 + "…"
    assert inputs.shortened(b"123") == "<3 bytes>"


def test_sizes_are_told_in_millions_of_bytes() -> None:
    assert f"at most {MAX_IMAGE_BYTES / 10**6:g} MB" in Image(label=WORD, examples={}).explain().en
    assert "at most 2.5 MB" in File(label=WORD, suffixes=(".csv",), max_bytes=2_500_000, examples={}).explain().en
