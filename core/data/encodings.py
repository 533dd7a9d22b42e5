"""The text of a reader's file, whatever program wrote it: UTF-8, UTF-16, GB18030, Big5, or Western European bytes."""

from __future__ import annotations

import codecs
from itertools import pairwise

from core.notice import Notice
from core.refusal import Refusal

__all__ = ["decoded"]

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is the first half of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
BINARY = (
    (b"PK\x03\x04", "一个 Excel（.xlsx）或 zip 文件", "an Excel workbook (.xlsx) or a zip file"),
    (b"\xd0\xcf\x11\xe0", "一个 Excel（.xls）文件", "an Excel workbook (.xls)"),
    (b"\x1f\x8b", "一个 gzip 文件", "a gzip file"),
    (b"%PDF", "一个 PDF 文件", "a PDF file"),
    (b"PAR1", "一个 Parquet 文件", "a Parquet file"),
)
GB18030, BIG5 = "gb18030", "big5hkscs"
NAMES = {GB18030: "GB18030（GBK）", BIG5: "Big5"}
COMMON = 0.6  # share of a text's characters that must be among the common ones of an encoding
HIGH = 0x80


def decoded(data: bytes, name: str) -> tuple[str, Notice | None]:
    """The text of ``data`` with line feeds alone, and a notice where it is not plain UTF-8.

    A byte order mark decides; then valid UTF-8; then UTF-16 by its zero bytes; then GB18030 or Big5, whichever makes more
    common characters of it; else Windows-1252. Sniffers made for prose err on tables, which hold a dozen letters: of 31
    headers of two Chinese words in Big5 charset-normalizer 3.5 takes 8 for something else, the rule here none. Raises Refusal for files
    that are no text; ``name`` is the input that it names.
    """
    for head, zh, en in BINARY:
        if data.startswith(head):
            raise Refusal(
                f"这是{zh}，不是文本；请另存为 CSV", f"this is {en}, not text; save the sheet as CSV", input=name
            )
    encoding, shown = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise Refusal(f"不是有效的 {shown} 文本", f"is not valid {shown} text", input=name) from None
    if "\0" in text:
        raise Refusal("不是文本（含有零字节）", "is not text (it holds zero bytes)", input=name)
    told = None if shown == "UTF-8" else Notice(f"按 {shown} 编码读取", f"read as {shown.replace('（GBK）', ' (GBK)')}")
    return text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff"), told


def _encoding(data: bytes) -> tuple[str, str]:
    """Python's name of the encoding, and the reader's."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return encoding, "UTF-8" if encoding == "utf-8-sig" else encoding.upper()
    if len(data) % 2 == 0 and data.count(0) > len(data) / 4:  # every other byte of digits and delimiters is zero
        return ("utf-16-le" if data[1::2].count(0) > data[::2].count(0) else "utf-16-be"), "UTF-16"
    if _decodes(data, "utf-8"):
        return "utf-8", "UTF-8"
    shares = {encoding: _common_share(data, encoding) for encoding in (GB18030, BIG5)}
    best = max(shares, key=lambda encoding: shares[encoding])
    if shares[best] < COMMON and _decodes(data, GB18030) and _pairs_of_high_bytes(data) and _words(data):
        best = GB18030  # traditional or rare characters, which lie outside the common ones
    elif shares[best] < COMMON:
        return ("cp1252", "Windows-1252") if _decodes(data, "cp1252") else ("latin-1", "Latin-1")
    return best, NAMES[best]


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _wide(data: bytes, encoding: str) -> list[bytes]:
    """The characters of ``data`` beyond ASCII, as their bytes."""
    return [character.encode(encoding) for character in data.decode(encoding) if ord(character) >= HIGH]


def _common_share(data: bytes, encoding: str) -> float:
    """Which share of the wide characters is common: level 1 of GB 2312 (3 755 characters) or of Big5 (5 401).

    0 where it does not decode, or where letters with accents would do as well: then each second byte is a plain letter.
    """
    if not _decodes(data, encoding):
        return 0.0
    wide = _wide(data, encoding)
    if all(b[-1] < HIGH for b in wide) and not _neighbours(data.decode(encoding)):
        return 0.0
    if encoding == GB18030:
        common = sum(map(_in_level_1, wide))
    else:
        common = sum(len(b) == 2 and 0xA4 <= b[0] <= 0xC6 for b in wide)
    return common / len(wide)


def _in_level_1(character: bytes) -> bool:
    """Whether a character of GB18030 is among the 3 755 common ones of GB 2312."""
    return len(character) == 2 and 0xB0 <= character[0] <= 0xD7 and character[1] >= 0xA1


def _words(data: bytes) -> bool:
    """Whether GB18030 makes words of the text, or a common character; of two letters with accents, as in Größe, a rare one comes."""
    return _neighbours(data.decode(GB18030)) or any(map(_in_level_1, _wide(data, GB18030)))


def _neighbours(text: str) -> bool:
    """Whether two wide characters stand side by side, as in words of Chinese."""
    return any(ord(a) >= HIGH and ord(b) >= HIGH for a, b in pairwise(text))


def _pairs_of_high_bytes(data: bytes) -> bool:
    """Whether most wide characters of GB18030 have a second byte that no plain letter has; accents stand before letters."""
    wide = _wide(data, GB18030)
    return len(wide) > 1 and sum(b[1] >= HIGH for b in wide) > len(wide) / 2
