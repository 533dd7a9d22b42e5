"""SBML documents: opened, checked and bounded before anything is read from them.

A document may come from anyone. It is scanned for size, depth and entities first, because the XML library underneath
recurses into nested elements and would overflow its stack.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import Any, NoReturn
from xml.parsers import expat

import libsbml

from core.stats.gillespie.errors import NetworkError

__all__ = ["MAX_BYTES", "MAX_ELEMENTS", "MAX_NESTED", "read_document"]

MAX_BYTES = 5_000_000
MAX_ELEMENTS = 200_000
MAX_NESTED = 200  # elements within one another
MOST_NAME = 40  # characters of an element's name that a message repeats
MAX_SIBLINGS = 20_000  # libsbml's time grows with the square of one formula's operands
TOLERATED = frozenset({
    libsbml.AllowedAttributesOnCompartment, libsbml.AllowedAttributesOnSpecies, libsbml.AllowedAttributesOnParameter,
    libsbml.AllowedAttributesOnReaction, libsbml.AllowedAttributesOnSpeciesReference, libsbml.AllowedAttributesOnEvent,
    libsbml.AllowedAttributesOnTrigger, libsbml.UndeclaredSpeciesRef,
})  # fmt: skip
"""Faults that leave the meaning clear: an attribute left out (it has its Level 2 default) or one too many, and a kinetic
law with a species that its reaction does not list as a modifier."""
CORE = "core"
LEVEL_1_AS = (2, 4)  # what a Level 1 document is read as; libsbml turns its formulas from text into MathML
ROOT = "sbml"
OPENING = (
    '<?xml version="1.0" encoding="UTF-8"?>'  # libsbml writes one with a line of its own, and then counts that line
)
FAULTS = {
    expat.errors.XML_ERROR_SYNTAX: "语法错误",
    expat.errors.XML_ERROR_NO_ELEMENTS: "没有任何元素",
    expat.errors.XML_ERROR_INVALID_TOKEN: "有不合法的字符",
    expat.errors.XML_ERROR_UNCLOSED_TOKEN: "标签没有写完",
    expat.errors.XML_ERROR_TAG_MISMATCH: "开始与结束标签不配对",
    expat.errors.XML_ERROR_DUPLICATE_ATTRIBUTE: "属性写了两次",
    expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT: "根元素之后还有内容",
    expat.errors.XML_ERROR_UNDEFINED_ENTITY: "实体没有定义",
    expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION: "CDATA 没有闭合",
}
"""What expat finds wrong with a document, by its own words."""
DECLARED_WITHIN = 256  # bytes of a document in which the declaration of its encoding stands
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"), ("<?".encode("utf-16-le"), "utf-16-le"),
    ("<?".encode("utf-16-be"), "utf-16-be"),
)  # fmt: skip
"""How a document begins that says its encoding by its first bytes (XML 1.0, appendix F); longer marks first."""
DECLARED = re.compile(rb"""\A\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
NEEDLESS = re.compile(rb"""\s[\w.-]+:required\s*=\s*["'](?:false|0)["']""")
TAG = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")
DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
ENCODING = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp125\d|cp437|cp850|koi8-[ru]|mac-roman|gb2312|gbk|gb18030|big5|big5hkscs|shift_jis|cp932|euc_jp|euc_kr"
)
"""Encodings, as Python calls them, that a declaration may name: those that write «<?xml» as ASCII does."""
HARMLESS_PACKAGES = frozenset(
    {"l3v2extendedmath"}
)  # more operations in formulas; those unknown are named where they stand


def read_document(source: str | Path | bytes) -> Any:
    """The libsbml document at a path, or of bytes (or text that starts with «<»).

    Raises NetworkError naming the line and what is wrong; OSError when the file cannot be read.
    """
    text = _text(source)
    required = _Scan().run(text)
    try:
        return _checked(text, required)
    except NetworkError:
        bare = _Packages().left_out(text)
        if bare == text:
            raise
        return _checked(bare, required)  # a fault in what only draws or describes the model is none of ours


def _checked(text: str, required: frozenset[str]) -> Any:
    document = libsbml.readSBMLFromString(OPENING + text)
    _check(document)
    if document.getModel() is None:
        raise NetworkError("文档里没有模型", "the document holds no model")
    if document.getLevel() < 2 and not document.setLevelAndVersion(*LEVEL_1_AS, False):
        _check(document)
        raise NetworkError("SBML Level 1 的文档无法读取", "this SBML Level 1 document cannot be read")
    for category in (
        libsbml.LIBSBML_CAT_UNITS_CONSISTENCY,
        libsbml.LIBSBML_CAT_MODELING_PRACTICE,
        libsbml.LIBSBML_CAT_SBO_CONSISTENCY,
    ):
        document.setConsistencyChecks(category, False)
    for i in range(document.getNumPlugins() if document.getLevel() >= 3 else 0):
        package = document.getPlugin(i).getPackageName()
        if _changes_the_meaning(document, package):
            raise NetworkError(f"不支持 SBML 扩展包 {package}", f"SBML package {package}: not supported")
    known = {document.getPlugin(i).getURI() for i in range(document.getNumPlugins())}
    for unknown in sorted(required - known):
        raise NetworkError(f"不支持 SBML 扩展包 {unknown}", f"SBML package {unknown}: not supported")
    document.checkConsistency()
    _check(document)
    return document


def _check(document: Any) -> None:
    for i in range(document.getNumErrors()):
        error = document.getError(i)
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR and error.getErrorId() not in TOLERATED:
            what, number = " ".join(error.getMessage().split()), error.getErrorId()
            raise _at_line(error.getLine(), f"不合 SBML 规范（libSBML 错误 {number}，原文：{what}）", what)


def _changes_the_meaning(document: Any, package: str) -> bool:
    """Whether a package says that a model cannot be understood without it, and truly cannot."""
    return document.getPackageRequired(package) and package not in HARMLESS_PACKAGES


def _at_line(line: int, zh: str, en: str) -> NetworkError:
    return NetworkError(f"第 {line} 行：{zh}", f"line {line}: {en}")


def _text(source: str | Path | bytes) -> str:
    if isinstance(source, str) and source.lstrip("\ufeff \t\r\n")[:1] == "<":
        try:
            size = len(source.encode())
        except UnicodeEncodeError as error:
            raise NetworkError(
                f"第 {error.start + 1} 个字符不是合法的 Unicode", f"character {error.start + 1} is no Unicode character"
            ) from None
        if size > MAX_BYTES:
            raise _too_many(size)
        return _without_declaration(source)
    if isinstance(source, bytes):
        data = source
    else:
        path = Path(source)
        if path.stat().st_size > MAX_BYTES:
            raise _too_many(path.stat().st_size)
        data = path.read_bytes()
    if not 0 < len(data) <= MAX_BYTES:
        raise _too_many(len(data))
    encoding = _encoding(data)
    try:
        return _without_declaration(data.decode(encoding))
    except UnicodeDecodeError as error:
        at = error.start + 1
        raise NetworkError(
            f'第 {at} 个字节不是 {encoding} 文本；XML 声明要写出文档的编码，如 encoding="ISO-8859-1"',
            f'byte {at} is no {encoding} text; the XML declaration must name the encoding, as encoding="ISO-8859-1"',
        ) from None


def _encoding(data: bytes) -> str:
    """The encoding that a document's first bytes or its declaration say; UTF-8 where neither does (XML 1.0, 4.3.3)."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return encoding
    found = DECLARED.match(data[:DECLARED_WITHIN])
    if found is None:
        return "utf-8"
    declared = found[1].decode("ascii")
    if declared.lower().startswith("utf-16"):
        return "utf-8"  # said in bytes that UTF-16 does not use: editors that convert a document leave its declaration
    try:
        encoding = codecs.lookup(declared).name
    except LookupError:
        encoding = ""
    if not ENCODING.fullmatch(encoding):
        raise NetworkError(
            f"声明的编码 {declared} 不认识；可用 UTF-8、UTF-16、ISO-8859-1 等",
            f"the declared encoding {declared} is not known; UTF-8, UTF-16, ISO-8859-1 and their like are",
        )
    return encoding


def _without_declaration(text: str) -> str:
    """The document without the byte order mark and declaration that no longer hold of it."""
    return DECLARATION.sub("", text.lstrip("\ufeff \t\r\n"), count=1)


def _too_many(size: int) -> NetworkError:
    return NetworkError(f"有 {size} 字节；允许 1 到 {MAX_BYTES}", f"{size} bytes; from 1 to {MAX_BYTES} are allowed")


class _Packages:
    """Leaves out of a Level 3 document what belongs to packages that it marks as not required (Level 3 core, section 4.1.2)."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.prefixes: frozenset[str] = frozenset()
        self.spaces: frozenset[str] = frozenset()
        self.depth = 0
        self.inside = 0  # the depth of the element that is left out; 0 outside
        self.began = 0
        self.spans: list[tuple[int, int]] = []

    def left_out(self, text: str) -> str:
        self.data = text.encode()
        self.parser.Parse(self.data, True)
        kept = bytearray()
        at = 0
        for begin, end in self.spans:
            kept += self.data[at:begin] + b"\n" * self.data.count(b"\n", begin, end)  # lines keep their numbers
            at = end
        return (bytes(kept) + self.data[at:]).decode()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth == 1:
            needless = [
                a.partition(":")[0]
                for a, value in attributes.items()
                if a.endswith(":required") and value in ("false", "0")
            ]
            self.prefixes = frozenset(needless)
            self.spaces = frozenset(attributes.get(f"xmlns:{prefix}", "") for prefix in needless) - {""}
            if attributes.get("level") in ("1", "2"):  # these levels have no packages, nor such attributes
                begin = self.parser.CurrentByteIndex
                found = NEEDLESS.finditer(self.data, begin, self._tag_end(begin))
                self.spans += [match.span() for match in found]
        elif not self.inside and (name.partition(":")[0] in self.prefixes or attributes.get("xmlns") in self.spaces):
            self.inside, self.began = self.depth, self.parser.CurrentByteIndex

    def end(self, name: str) -> None:
        if self.inside == self.depth:
            at = self.parser.CurrentByteIndex  # of the closing tag; of what follows an empty element
            empty = self.data[at - 2 : at] == b"/>" and self._tag_end(self.began) == at
            self.spans.append((self.began, at if empty else self._tag_end(at)))
            self.inside = 0
        self.depth -= 1

    def _tag_end(self, at: int) -> int:
        """Where the tag ends that begins at a byte of the document."""
        found = TAG.match(self.data, at)
        return at if found is None else found.end()


class _Scan:
    """One pass over the XML that counts, and stops at the first thing that is too much."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.elements = 0
        self.siblings = [0]
        self.required: frozenset[str] = frozenset()  # the namespaces of packages that the document says it needs

    def run(self, text: str) -> frozenset[str]:
        try:
            self.parser.Parse(text, True)
        except expat.ExpatError as error:
            what = expat.ErrorString(error.code)
            zh = f"（{FAULTS[what]}）" if what in FAULTS else ""
            raise _at_line(error.lineno, f"不是合格的 XML{zh}", f"not well-formed XML ({what})") from None
        return self.required

    def refuse(self, zh: str, en: str) -> NoReturn:
        raise _at_line(self.parser.CurrentLineNumber, zh, en)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.elements == 0:
            if name.rpartition(":")[2] != ROOT:
                shown = name[:MOST_NAME]
                self.refuse(
                    f"不是 SBML：根元素是 <{shown}>，应是 <sbml>", f"no SBML: its root is <{shown}>, not <sbml>"
                )
            needed = [
                a.partition(":")[0]
                for a, value in attributes.items()
                if a.endswith(":required") and value in ("true", "1")
            ]
            self.required = frozenset(attributes.get(f"xmlns:{prefix}", "") for prefix in needed)
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
