"""Fields: the kinds of input, each with its bounds, its parser and its place in a link.

A field turns whatever a door hands it (a number, a string from a link, bytes of an upload) into the value that a tab
gets, or refuses it by saying what is allowed. Uploads are hostile until parsed here.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import math
import re
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageOps, UnidentifiedImageError

from gallery.text import Text, t

__all__ = [
    "ASSETS", "Choice", "Column", "Field", "File", "Image", "Number", "Point", "Refused", "Seed", "Sketch",
    "TableEditor", "TextField", "Toggle", "Upload",
]  # fmt: skip

ASSETS = Path(__file__).resolve().parent.parent / "assets"
EXAMPLE = "example:"
IMAGE_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
MAX_IMAGE_BYTES = 10 * 2**20
MAX_PIXELS = 24_000_000  # a phone's photograph; a decompression bomb is far above
MAX_SIDE = 1024  # larger images are reduced to this before a tab sees them
MAX_LINK_CHARS = 1500  # longer values would break links in mail and chat programs
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Refused(ValueError):
    """A value that is not allowed; ``allowed`` says what is."""

    def __init__(self, allowed: Text) -> None:
        self.allowed = allowed
        super().__init__(allowed.en)

    @property
    def context(self) -> dict[str, Any]:
        """What pydantic carries along."""
        return {"allowed_zh": self.allowed.zh, "allowed_en": self.allowed.en}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file from a reader: ``name`` for messages only (never a path), ``data`` its bytes."""

    name: str
    data: bytes
    example: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(ABC):
    """What all kinds share. ``shown_when`` hides the control unless other inputs have the values given."""

    kind: ClassVar[str]
    label: Text
    help: Text | None = None
    shown_when: Mapping[str, Any] | None = None

    @abstractmethod
    def parse(self, value: Any) -> Any:
        """The value that the tab gets; :class:`Refused` when it is not allowed."""

    @abstractmethod
    def describe(self) -> Text:
        """What is allowed, in words that follow «name = value:»."""

    def to_link(self, value: Any) -> str | None:
        """The value as a query parameter; None when it cannot stand in a link."""
        return str(value)

    def to_json(self) -> dict[str, Any]:
        """The declaration for JSON Schema."""
        shown = {"label": {"zh": self.label.zh, "en": self.label.en}, "kind": self.kind}
        return shown | ({"help": {"zh": self.help.zh, "en": self.help.en}} if self.help else {})

    def visible(self, values: Mapping[str, Any]) -> bool:
        """Whether the control is shown beside these values of the other inputs."""
        return all(values.get(name) == wanted for name, wanted in (self.shown_when or {}).items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Field):
    """A real or whole number between bounds."""

    kind: ClassVar[str] = "slider"
    minimum: float
    maximum: float
    step: float | None = None
    log: bool = False
    unit: str = ""

    def __post_init__(self) -> None:
        if not self.minimum < self.maximum:
            raise ValueError(f"slider {self.label.en!r}: minimum {self.minimum} is not below maximum {self.maximum}")
        if self.log and self.minimum <= 0:
            raise ValueError(f"slider {self.label.en!r}: a logarithmic slider needs a positive minimum")

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are allowed: both bounds and the step are ints."""
        return all(isinstance(v, int) for v in (self.minimum, self.maximum)) and isinstance(self.step, int | None)

    def parse(self, value: Any) -> float | int:
        if isinstance(value, bool) or not isinstance(value, int | float | str | np.number):
            raise Refused(self.describe())
        try:
            number = float(value)
        except ValueError:
            raise Refused(self.describe()) from None
        if not (math.isfinite(number) and self.minimum <= number <= self.maximum):
            raise Refused(self.describe())
        if self.whole:
            if number != int(number):
                raise Refused(self.describe())
            return int(number)
        return number

    def describe(self) -> Text:
        low, high = f"{self.minimum:g}", f"{self.maximum:g}"
        if self.whole:
            low, high = str(self.minimum), str(self.maximum)
            return t(f"应为 {low} 到 {high} 的整数", f"must be a whole number from {low} to {high}")
        return t(f"应为 {low} 到 {high} 的数", f"must be a number from {low} to {high}")

    def to_link(self, value: Any) -> str:
        return repr(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Field):
    """One of several."""

    kind: ClassVar[str] = "choice"
    options: Mapping[str, Text]

    def parse(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.options:
            raise Refused(self.describe())
        return value

    def describe(self) -> Text:
        names = " | ".join(self.options)
        return t(f"应为 {names} 之一", f"must be one of {names}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Toggle(Field):
    """On or off."""

    kind: ClassVar[str] = "toggle"
    words: ClassVar[Mapping[str, bool]] = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}

    def parse(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in self.words:
            return self.words[value.lower()]
        raise Refused(self.describe())

    def describe(self) -> Text:
        return t("应为 true 或 false", "must be true or false")

    def to_link(self, value: Any) -> str:
        return "true" if value else "false"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed(Field):
    """Where randomness starts."""

    kind: ClassVar[str] = "seed"
    maximum: ClassVar[int] = 2**31 - 1
    label: Text = field(default=t("随机种子", "Seed"))

    def parse(self, value: Any) -> int:
        return int(self._number().parse(value))

    def describe(self) -> Text:
        return self._number().describe()

    def _number(self) -> Number:
        return Number(label=self.label, minimum=0, maximum=self.maximum)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField(Field):
    """Text a reader types."""

    kind: ClassVar[str] = "text"
    max_length: int
    lines: int = 1
    examples: tuple[str, ...] = ()

    def parse(self, value: Any) -> str:
        if not isinstance(value, str):
            raise Refused(self.describe())
        value = value.replace("\r\n", "\n")
        if len(value) > self.max_length or CONTROL.search(value) or (self.lines == 1 and "\n" in value):
            raise Refused(self.describe())
        try:
            value.encode("utf-8")  # a lone surrogate cannot be shown or stored
        except UnicodeEncodeError:
            raise Refused(self.describe()) from None
        return value

    def describe(self) -> Text:
        lines = t("", "") if self.lines > 1 else t("一行，", "one line of ")
        return t(
            f"应为{lines.zh}至多 {self.max_length} 个字符的文字，不含控制字符",
            f"must be {lines.en}text of at most {self.max_length} characters without control characters",
        )

    def to_link(self, value: Any) -> str | None:
        return value if len(value) <= MAX_LINK_CHARS else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Image(Field):
    """A picture."""

    kind: ClassVar[str] = "image"
    examples: Mapping[str, str]

    def parse(self, value: Any) -> np.ndarray:
        if isinstance(value, str) and value.startswith(EXAMPLE):
            return self.example(value.removeprefix(EXAMPLE))
        if isinstance(value, np.ndarray):
            if value.dtype != np.uint8 or value.ndim not in (2, 3) or value.size == 0:
                raise Refused(self.describe())
            value = PillowImage.fromarray(value)
        picture = value if isinstance(value, PillowImage.Image) else _open_image(value, self.describe())
        picture = _flat(ImageOps.exif_transpose(picture))
        if max(picture.size) > MAX_SIDE:
            picture.thumbnail((MAX_SIDE, MAX_SIDE), PillowImage.Resampling.LANCZOS)
        return np.asarray(picture)

    def example(self, name: str) -> np.ndarray:
        """The example called ``name``."""
        if name not in self.examples:
            raise Refused(self.describe())
        return np.asarray(PillowImage.open(ASSETS / self.examples[name]).convert("RGB"))

    def describe(self) -> Text:
        names = " | ".join(EXAMPLE + name for name in self.examples)
        kinds, size = ", ".join(IMAGE_FORMATS), MAX_IMAGE_BYTES // 2**20
        return t(
            f"应为 {kinds} 图片（至多 {size} MB）或 {names}",
            f"must be a {kinds} image of at most {size} MB, or {names}",
        )

    def to_link(self, value: Any) -> str | None:
        for name in self.examples:
            if np.array_equal(value, self.example(name)):
                return EXAMPLE + name
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch(Field):
    """A drawing in black and white."""

    kind: ClassVar[str] = "sketch"
    size: int

    def parse(self, value: Any) -> np.ndarray:
        if isinstance(value, np.ndarray) and value.ndim == 2 and value.dtype.kind == "f":
            ink = value
            if not (np.isfinite(ink).all() and ink.size and ink.min() >= 0 and ink.max() <= 1):
                raise Refused(self.describe())
            picture = PillowImage.fromarray((ink * 255).round().astype(np.uint8))
        elif isinstance(value, str) and not value.startswith("data:"):
            rows = value.split("\n")
            width = max(len(row) for row in rows)
            if not set(value) <= set(" #\n") or max(len(rows), width) > MAX_SIDE:
                raise Refused(self.describe())
            ink = np.array([[c == "#" for c in row.ljust(max(width, 1))] for row in rows], np.uint8) * 255
            picture = PillowImage.fromarray(ink)
        else:
            picture = ImageOps.invert(_flat(_open_image(value, self.describe())).convert("L"))
        if picture.size != (self.size, self.size):
            picture = picture.resize((self.size, self.size), PillowImage.Resampling.BOX)
        return np.asarray(picture, np.float32) / 255

    def describe(self) -> Text:
        return t(
            "应为画板上的图画：白底黑线的图片，或由 # 和空格组成的行",
            "must be a drawing: an image of dark ink on white, or rows of # and spaces",
        )

    def to_link(self, value: Any) -> str | None:
        rows = "\n".join("".join("#" if ink > 0.5 else " " for ink in row).rstrip() for row in value).rstrip("\n")
        if len(rows) > MAX_LINK_CHARS:
            return None
        return rows.ljust(self.size) + "\n" * (self.size - 1 - rows.count("\n")) if rows else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point(Field):
    """A point in a plane."""

    kind: ClassVar[str] = "point"
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def parse(self, value: Any) -> tuple[float, float]:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list | tuple) or len(parts) != 2:
            raise Refused(self.describe())
        numbers = []
        for part, (low, high) in zip(parts, (self.x_range, self.y_range), strict=True):
            try:
                number = float(part)
            except (TypeError, ValueError):
                raise Refused(self.describe()) from None
            if isinstance(part, bool) or not (math.isfinite(number) and low <= number <= high):
                raise Refused(self.describe())
            numbers.append(number)
        return numbers[0], numbers[1]

    def describe(self) -> Text:
        (a, b), (c, d) = self.x_range, self.y_range
        return t(
            f"应为 x,y 两个数，x 在 {a:g} 到 {b:g} 之间，y 在 {c:g} 到 {d:g} 之间",
            f"must be two numbers x,y with x from {a:g} to {b:g} and y from {c:g} to {d:g}",
        )

    def to_link(self, value: Any) -> str:
        return f"{value[0]!r},{value[1]!r}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table editor: numbers between bounds, or text of bounded length."""

    name: str
    label: Text
    number: bool = False
    minimum: float = -math.inf
    maximum: float = math.inf
    max_length: int = 60
    default: float | str | None = None

    def parse(self, value: Any) -> float | str:
        """The cell's value; :class:`Refused` when it is not allowed."""
        if value is None or (isinstance(value, float) and math.isnan(value)):
            value = self.default if self.default is not None else ""
        if not self.number:
            return TextField(label=self.label, max_length=self.max_length).parse(str(value)).strip()
        if self.minimum == -math.inf and self.maximum == math.inf:
            limits = Number(label=self.label, minimum=-1.7e308, maximum=1.7e308)
        else:
            limits = Number(label=self.label, minimum=float(self.minimum), maximum=float(self.maximum))
        return limits.parse(value)

    def describe(self) -> Text:
        """What is allowed in a cell."""
        if self.number:
            return t(
                f"{self.label.zh}：{self.minimum:g} 到 {self.maximum:g} 的数",
                f"{self.label.en}: a number from {self.minimum:g} to {self.maximum:g}",
            )
        return t(f"{self.label.zh}：至多 {self.max_length} 个字符", f"{self.label.en}: at most {self.max_length} characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEditor(Field):
    """Rows under named columns."""

    kind: ClassVar[str] = "table"
    columns: tuple[Column, ...]
    max_rows: int

    def parse(self, value: Any) -> tuple[Mapping[str, Any], ...]:
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                raise Refused(self.describe()) from None
        if not isinstance(value, list | tuple) or len(value) > self.max_rows:
            raise Refused(self.describe())
        rows = []
        for number, raw in enumerate(value, 1):
            row = self._row(raw, number)
            if row is not None:
                rows.append(row)
        return tuple(rows)

    def _row(self, raw: Any, number: int) -> Mapping[str, Any] | None:
        if isinstance(raw, list | tuple) and len(raw) == len(self.columns):
            raw = dict(zip((c.name for c in self.columns), raw, strict=True))
        if not isinstance(raw, Mapping) or not set(raw) <= {c.name for c in self.columns}:
            raise Refused(self.describe())
        if all(cell is None or str(cell).strip() in ("", "nan") for cell in raw.values()):
            return None  # an empty line of the editor
        row = {}
        for column in self.columns:
            try:
                row[column.name] = column.parse(raw.get(column.name))
            except Refused:
                allowed = column.describe()
                raise Refused(t(f"第 {number} 行，{allowed.zh}", f"row {number}, {allowed.en}")) from None
        return row

    def describe(self) -> Text:
        names = ", ".join(c.name for c in self.columns)
        return t(
            f"应为至多 {self.max_rows} 行，各列为 {names}", f"must be at most {self.max_rows} rows of {names}"
        )  # fmt: skip

    def to_link(self, value: Any) -> str | None:
        rows = json.dumps([[row[c.name] for c in self.columns] for row in value], ensure_ascii=False, separators=(",", ":"))
        return rows if len(rows) <= MAX_LINK_CHARS else None


@dataclass(frozen=True, slots=True, kw_only=True)
class File(Field):
    """An uploaded file of bounded size."""

    kind: ClassVar[str] = "file"
    suffixes: tuple[str, ...]
    max_bytes: int
    examples: Mapping[str, str]

    def parse(self, value: Any) -> Upload | None:
        if value is None or value == "":
            return None
        if isinstance(value, str) and value.startswith(EXAMPLE):
            name = value.removeprefix(EXAMPLE)
            if name not in self.examples:
                raise Refused(self.describe())
            path = ASSETS / self.examples[name]
            return Upload(path.name, path.read_bytes(), name)
        if isinstance(value, str | bytes):
            value = Upload(f"upload{self.suffixes[0]}", _decode(value, self.describe()))
        if not isinstance(value, Upload) or not value.name.lower().endswith(self.suffixes):
            raise Refused(self.describe())
        if not 0 < len(value.data) <= self.max_bytes:
            raise Refused(self.describe())
        return value

    def describe(self) -> Text:
        kinds, size = ", ".join(self.suffixes), f"{self.max_bytes / 2**20:g}"
        names = "".join(f" | {EXAMPLE}{name}" for name in self.examples)
        return t(f"应为至多 {size} MB 的 {kinds} 文件{names}", f"must be a {kinds} file of at most {size} MB{names}")

    def to_link(self, value: Any) -> str | None:
        if value is None:
            return ""
        return EXAMPLE + value.example if value.example else None


def _decode(value: str | bytes, allowed: Text) -> bytes:
    """Bytes, or a data address / base64 text, as bytes."""
    if isinstance(value, bytes):
        return value
    _, comma, tail = value.partition(",")
    try:
        return base64.b64decode(tail if comma and value.startswith("data:") else value, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(allowed) from None


def _open_image(value: Any, allowed: Text) -> PillowImage.Image:
    """Decode an upload, refusing what is too large before its pixels are read."""
    if not isinstance(value, str | bytes):
        raise Refused(allowed)
    data = _decode(value, allowed)
    if not 0 < len(data) <= MAX_IMAGE_BYTES:
        raise Refused(allowed)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", PillowImage.DecompressionBombWarning)
            picture = PillowImage.open(io.BytesIO(data), formats=IMAGE_FORMATS)
            if picture.width * picture.height > MAX_PIXELS:
                raise Refused(allowed)
            picture.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, PillowImage.DecompressionBombWarning,
            PillowImage.DecompressionBombError):  # fmt: skip
        raise Refused(allowed) from None
    return picture


def _flat(picture: PillowImage.Image) -> PillowImage.Image:
    """RGB on white, whatever the mode."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        sheet = PillowImage.new("RGBA", picture.size, "white")
        return PillowImage.alpha_composite(sheet, picture).convert("RGB")
    return picture.convert("RGB")
