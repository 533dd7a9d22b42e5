"""Encodings: whatever program wrote a table, its names come back, and the reader is told what was assumed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.encodings import decoded
from core.refusal import Refusal

ROWS = "\n" + "\n".join(f"{i / 7:.3f},{i * i / 11:.3f}" for i in range(40))
SIMPLIFIED = ("气温,雨量", "股价,成交量", "序号,得分", "地区,产值", "宽,高", "电压,电流", "学号,成绩")
TRADITIONAL = ("氣溫,雨量", "股價,成交量", "地區,產值", "寬度,高度", "電壓,電流", "學號,成績")
WESTERN = (
    "Größe,Länge",
    "âge,prénom",
    "niño,edad",
    "temp °C,masse µg",
    "città,età",
    "preço,ação",
    "Größe;Größenklasse",
)


@pytest.mark.parametrize(
    ("headers", "encoding", "shown"),
    [
        (SIMPLIFIED, "utf-8", None), (SIMPLIFIED, "utf-8-sig", None), (SIMPLIFIED, "gbk", "GB18030"),
        (SIMPLIFIED, "gb18030", "GB18030"), (SIMPLIFIED, "utf-16", "UTF-16"), (SIMPLIFIED, "utf-16-le", "UTF-16"),
        (SIMPLIFIED, "utf-16-be", "UTF-16"), (SIMPLIFIED, "utf-32", "UTF-32"), (TRADITIONAL, "big5", "Big5"),
        (TRADITIONAL, "utf-8", None), (WESTERN, "cp1252", "Windows-1252"), (WESTERN, "latin-1", "Windows-1252"),
    ],
)  # fmt: skip
def test_names_come_back_from_every_encoding(headers: tuple[str, ...], encoding: str, shown: str | None) -> None:
    for header in headers:
        text, told = decoded((header + ROWS).encode(encoding), "data")
        assert text == header + ROWS
        assert (told is None) if shown is None else (told is not None and shown in told.en and shown in told.zh)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_ends_of_lines_are_line_feeds(end: str) -> None:
    assert decoded(f"a,b{end}1,2{end}".encode(), "data")[0] == "a,b\n1,2\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04 a workbook", r"Excel workbook \(.xlsx\)"), (b"\xd0\xcf\x11\xe0 an old one", r"\(.xls\)"), (b"%PDF-1.7", "PDF"),
        (b"a,b\n1,2\x00\n", "zero bytes"), (b"\xff\xfea\x00,", "not valid UTF-16"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(Refusal, match=words) as caught:
        decoded(data, "train")
    assert caught.value.input == "train"


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        text, _ = decoded(data, "data")
    except Refusal:
        return
    assert "\r" not in text and "\0" not in text
