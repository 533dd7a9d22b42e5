"""SBML documents: opened, checked and bounded before anything is read from them.

A document may come from anyone. It is scanned for size, depth and entities first, because the XML library underneath
recurses into nested elements and would overflow its stack.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn
from xml.parsers import expat

import libsbml

from core.stats.gillespie.errors import NetworkError

__all__ = ["MAX_BYTES", "MAX_ELEMENTS", "MAX_NESTED", "read_document"]

MAX_BYTES = 5_000_000
MAX_ELEMENTS = 200_000
MAX_NESTED = 200  # elements within one another
MAX_SIBLINGS = 20_000  # libsbml's time grows with the square of one formula's operands
TOLERATED = frozenset({
    libsbml.AllowedAttributesOnCompartment, libsbml.AllowedAttributesOnSpecies, libsbml.AllowedAttributesOnParameter,
    libsbml.AllowedAttributesOnReaction, libsbml.AllowedAttributesOnSpeciesReference, libsbml.AllowedAttributesOnEvent,
    libsbml.AllowedAttributesOnTrigger, libsbml.UndeclaredSpeciesRef,
})  # fmt: skip
"""Faults that leave the meaning clear: an attribute left out (it has its Level 2 default) or one too many, and a kinetic
law with a species that its reaction does not list as a modifier."""
HARMLESS_PACKAGES = frozenset(
    {"l3v2extendedmath"}
)  # more operations in formulas; those unknown are named where they stand


def read_document(source: str | Path | bytes) -> Any:
    """The libsbml document at a path, or of bytes (or text that starts with «<»).

    Raises NetworkError naming the line and what is wrong; OSError when the file cannot be read.
    """
    text = _text(source)
    _Scan().run(text)
    document = libsbml.readSBMLFromString(text)
    _check(document)
    if document.getModel() is None:
        raise NetworkError("文档里没有模型", "the document holds no model")
    if document.getLevel() < 2:
        level = document.getLevel()
        raise NetworkError(f"SBML Level {level}：必须是 Level 2 或 3", f"SBML Level {level}: must be Level 2 or 3")
    for category in (
        libsbml.LIBSBML_CAT_UNITS_CONSISTENCY,
        libsbml.LIBSBML_CAT_MODELING_PRACTICE,
        libsbml.LIBSBML_CAT_SBO_CONSISTENCY,
    ):
        document.setConsistencyChecks(category, False)
    for i in range(document.getNumPlugins() if document.getLevel() >= 3 else 0):
        package = document.getPlugin(i).getPackageName()
        if document.getPackageRequired(package) and package not in HARMLESS_PACKAGES:
            raise NetworkError(f"不支持 SBML 扩展包 {package}", f"SBML package {package}: not supported")
    document.checkConsistency()
    _check(document)
    return document


def _check(document: Any) -> None:
    for i in range(document.getNumErrors()):
        error = document.getError(i)
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR and error.getErrorId() not in TOLERATED:
            what = " ".join(error.getMessage().split())
            raise _at_line(error.getLine(), what, what)


def _at_line(line: int, zh: str, en: str) -> NetworkError:
    return NetworkError(f"第 {line} 行：{zh}", f"line {line}: {en}")


def _text(source: str | Path | bytes) -> str:
    if isinstance(source, bytes):
        data = source
    elif isinstance(source, str) and source.lstrip("\ufeff \t\r\n")[:1] == "<":
        data = source.encode()
    else:
        path = Path(source)
        if path.stat().st_size > MAX_BYTES:
            raise _too_many(path.stat().st_size)
        data = path.read_bytes()
    if not 0 < len(data) <= MAX_BYTES:
        raise _too_many(len(data))
    try:
        return data.decode("utf-8-sig").lstrip()
    except UnicodeDecodeError:
        raise NetworkError("文档必须是 UTF-8 文本", "the document must be UTF-8 text") from None


def _too_many(size: int) -> NetworkError:
    return NetworkError(f"有 {size} 字节；允许 1 到 {MAX_BYTES}", f"{size} bytes; from 1 to {MAX_BYTES} are allowed")


class _Scan:
    """One pass over the XML that counts, and stops at the first thing that is too much."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.elements = 0
        self.siblings = [0]

    def run(self, text: str) -> None:
        try:
            self.parser.Parse(text, True)
        except expat.ExpatError as error:
            what = expat.ErrorString(error.code)
            raise _at_line(error.lineno, f"不是合格的 XML（{what}）", f"not well-formed XML ({what})") from None

    def refuse(self, zh: str, en: str) -> NoReturn:
        raise _at_line(self.parser.CurrentLineNumber, zh, en)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        self.siblings[-1] += 1
        self.siblings.append(0)
        if self.elements > MAX_ELEMENTS:
            self.refuse(f"元素超过 {MAX_ELEMENTS} 个", f"more than {MAX_ELEMENTS} elements")
        if len(self.siblings) > MAX_NESTED:
            self.refuse(f"元素嵌套超过 {MAX_NESTED} 层", f"elements nested deeper than {MAX_NESTED} levels")
        if self.siblings[-2] > MAX_SIBLINGS:
            self.refuse(f"一个元素之内超过 {MAX_SIBLINGS} 个", f"more than {MAX_SIBLINGS} elements in one")

    def end(self, name: str) -> None:
        self.siblings.pop()

    def doctype(self, *_: object) -> None:
        self.refuse("不允许文档类型声明和实体", "document types and entities are not allowed")
