"""Uploads: pictures, drawings and files. Hostile until parsed here."""

from __future__ import annotations

import base64
import binascii
import io
import logging
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageOps

from gallery.fields.base import MAX_LINK_CHARS, MOST_PLAIN, Field, Refused, Source
from gallery.text import Text, t

__all__ = ["ASSETS", "File", "Image", "Sketch", "Upload"]

log = logging.getLogger(__name__)

ASSETS = Path(__file__).resolve().parent.parent.parent / "assets"
EXAMPLE = "example:"
CROP = re.compile(r"crop:(\d{1,5}),(\d{1,5}),(\d{1,5})@(.*)", re.ASCII | re.DOTALL)
INK = "ink:"
INK_LEVELS = 15  # a drawing keeps 16 levels of ink (anti-aliasing), so that it fits a link whole
IMAGE_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
MAX_IMAGE_BYTES = 10_000_000
MAX_PIXELS = 24_000_000  # a phone's photograph; a decompression bomb is far above
MAX_LENGTH = 30_000  # pixels along a side: a panorama; a decoder takes memory for every row, whatever its width
MAX_NAME = 200  # characters of a file's name that are kept for messages
YOUR_PICTURE, YOUR_DRAWING, YOUR_FILE = "your own picture", "your drawing, dark ink on white", "your own file"
IMPORT_NUMPY, IMPORT_IMAGE = "import numpy as np", "from PIL import Image"
MAX_SIDE = 1024  # larger images are reduced to this before a tab sees them


@dataclass(frozen=True, slots=True)
class Upload:
    """A file from a reader: ``name`` for messages only (never a path), ``data`` its bytes."""

    name: str
    data: bytes
    example: str | None = None


@dataclass(frozen=True, slots=True)
class Square:
    """A square of an upright picture, in its pixels; without a side the largest in the middle."""

    x: int = 0
    y: int = 0
    side: int | None = None

    def box(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, top, right, bottom; ValueError when the square is not inside the picture."""
        side = min(width, height)
        if self.side is None:
            left, top = (width - side) // 2, (height - side) // 2
            return left, top, left + side, top + side
        if not 0 < self.side <= min(width - self.x, height - self.y):
            raise ValueError(f"{self} is not inside a picture of {width} x {height}")
        return self.x, self.y, self.x + self.side, self.y + self.side


class Cut(np.ndarray):
    """A picture cut from an example, which knows what it is called in a link."""

    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Image(Field):
    """A picture: bytes, base64 text, a uint8 array or a Pillow image becomes uint8 [H, W, 3] of bounded sides.

    With ``crop`` it is a square: ``crop:x,y,side@`` before an example or base64 text says which (pixels of the upright
    picture), otherwise the largest in the middle.
    """

    kind: ClassVar[str] = "image"
    readable: ClassVar[bool] = False
    examples: Mapping[str, str]
    crop: bool = False

    @property
    def most_text(self) -> int:
        return _as_text(MAX_IMAGE_BYTES)

    def parse(self, value: Any) -> np.ndarray:
        if self.crop and isinstance(value, Cut) and value.link:
            return value
        if isinstance(value, Mapping) and isinstance(value.get("data"), str):
            value = value["data"]
        square = Square() if self.crop else None
        source = value
        if square and isinstance(value, str) and (found := CROP.fullmatch(value)):
            x, y, side, source = int(found[1]), int(found[2]), int(found[3]), found[4]
            square = Square(x, y, side)
        if not isinstance(source, str) or not source.startswith(EXAMPLE):
            return _pixels(source, self.describe(), square)
        if source == value:
            return self.example(source.removeprefix(EXAMPLE))
        path = ASSETS / self.examples[self._known(source.removeprefix(EXAMPLE))]
        with PillowImage.open(path) as picture:
            cut = _pixels(picture, self.describe(), square).view(Cut)
        cut.link = str(value)
        return cut

    def example(self, name: str) -> np.ndarray:
        """The example called ``name``."""
        return _example(ASSETS / self.examples[self._known(name)], self.crop).copy()

    def _known(self, name: str) -> str:
        if name not in self.examples:
            raise Refused(self.describe())
        return name

    def describe(self) -> Text:
        names = " | ".join(EXAMPLE + name for name in self.examples)
        cut = t("", "")
        if self.crop:
            cut = t(
                "；前面可加 crop:x,y,边长@（像素）取一个方块，不加则取正中最大的方块",
                "; crop:x,y,side@ before it (pixels) takes that square of it, else the largest in the middle",
            )
        plain = self.explain()
        return t(f"{plain.zh}，写成 base64 文字，或 {names}{cut.zh}", f"{plain.en}, as base64 text, or {names}{cut.en}")

    def explain(self) -> Text:
        kinds, size, pixels = ", ".join(IMAGE_FORMATS), _megabytes(MAX_IMAGE_BYTES), MAX_PIXELS // 10**6
        return t(
            f"应为 {kinds} 图片（至多 {size} MB、{pixels} 百万像素、边长 {MAX_LENGTH} 像素）",
            f"must be a {kinds} image of at most {size} MB, {pixels} megapixels and {MAX_LENGTH} pixels a side",
        )

    def to_json(self) -> dict[str, Any]:
        return {**Field.to_json(self), "crop": self.crop, "examples": list(self.examples)}

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "contentEncoding": "base64"}

    def argument(self, value: Any) -> str | None:
        return self.to_link(value)

    def source(self, value: Any, name: str) -> Source:
        link = self.to_link(value) or ""
        cut = CROP.fullmatch(link)
        example = (cut[4] if cut else link).removeprefix(EXAMPLE)
        path = f"assets/{self.examples[example]}" if example in self.examples else f"{name}.png"
        opened = f'Image.open({path!r}).convert("RGB")'
        if cut:
            x, y, side = int(cut[1]), int(cut[2]), int(cut[3])
            opened += f".crop(({x}, {y}, {x + side}, {y + side}))"
        need = "" if example in self.examples else f"{path}: {YOUR_PICTURE}"
        return Source(f"np.asarray({opened})", (IMPORT_NUMPY, IMPORT_IMAGE), need)

    def to_link(self, value: Any) -> str | None:
        if isinstance(value, Cut) and value.link:
            return value.link
        for name, path in self.examples.items():
            if np.array_equal(value, _example(ASSETS / path, self.crop)):
                return EXAMPLE + name
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch(Field):
    """A drawing in black and white: float32 [size, size] in [0, 1], ink = 1, in sixteen levels."""

    kind: ClassVar[str] = "sketch"
    readable: ClassVar[bool] = False
    size: int

    @property
    def most_text(self) -> int:
        return _as_text(MAX_IMAGE_BYTES)

    def parse(self, value: Any) -> np.ndarray:
        if isinstance(value, str) and value.startswith(INK):
            return self._unpacked(value.removeprefix(INK))
        if isinstance(value, np.ndarray):
            grey = self._grey(value)
        elif isinstance(value, str) and set(value) <= set(" #\n"):
            grey = self._rows(value)
        else:
            grey = 255 - np.asarray(PillowImage.fromarray(_pixels(value, self.describe())).convert("L"))
        picture = PillowImage.fromarray(grey)
        if picture.size != (self.size, self.size):
            picture = picture.resize((self.size, self.size), PillowImage.Resampling.BOX)
        return self._level(np.asarray(picture, np.float32) / 255)

    def describe(self) -> Text:
        return t(
            "应为画板上的图画：白底黑线的图片、由 # 和空格组成的行，或压缩的笔迹 (ink:…)",
            "must be a drawing: an image of dark ink on white, rows of # and spaces, or packed ink (ink:…)",
        )

    def to_link(self, value: Any) -> str | None:
        """``ink:`` and the deflated ink levels, two a byte; "" for a blank sheet; None for what will not fit a link."""
        levels = np.rint(np.asarray(value) * INK_LEVELS).astype(np.uint8).ravel()
        if not levels.any():
            return ""
        levels = np.append(levels, np.zeros(levels.size % 2, np.uint8))
        packed = zlib.compress((levels[::2] << 4 | levels[1::2]).tobytes(), 9)
        link = INK + base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")
        return link if len(link) <= MAX_LINK_CHARS else None

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "contentEncoding": "base64"}

    def argument(self, value: Any) -> str | None:
        return self.to_link(value)

    def source(self, value: Any, name: str) -> Source:
        if not value.any():
            return Source(f"np.zeros(({self.size}, {self.size}), np.float32)", (IMPORT_NUMPY,))
        resized = f'Image.open({f"{name}.png"!r}).convert("L").resize(({self.size}, {self.size}))'
        return Source(
            f"(255 - np.asarray({resized}, np.float32)) / 255",
            (IMPORT_NUMPY, IMPORT_IMAGE),
            f"{name}.png: {YOUR_DRAWING}",
        )

    def _unpacked(self, text: str) -> np.ndarray:
        count = self.size**2
        wanted = (count + 1) // 2
        inflater = zlib.decompressobj()
        try:
            packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            data = inflater.decompress(packed, wanted + 1)  # one byte more shows a bomb without inflating it
        except (ValueError, zlib.error):
            raise Refused(self.describe()) from None
        if len(data) != wanted or not inflater.eof or inflater.unused_data:
            raise Refused(self.describe())
        levels = np.frombuffer(data, np.uint8)
        nibbles = np.stack([levels >> 4, levels & 15], 1).ravel()[:count]
        return (nibbles.reshape(self.size, self.size) / np.float32(INK_LEVELS)).astype(np.float32)

    def _grey(self, ink: np.ndarray) -> np.ndarray:
        if ink.ndim != 2 or ink.dtype.kind != "f" or not 0 < max(ink.shape) <= MAX_SIDE or not ink.size:
            raise Refused(self.describe())
        if not (np.isfinite(ink).all() and ink.min() >= 0 and ink.max() <= 1):
            raise Refused(self.describe())
        return (ink * 255).round().astype(np.uint8)

    def _rows(self, text: str) -> np.ndarray:
        if len(text) > MAX_SIDE * (MAX_SIDE + 1):
            raise Refused(self.describe())
        rows = text.split("\n")
        width = max(1, *(len(row) for row in rows))
        if max(len(rows), width) > MAX_SIDE:
            raise Refused(self.describe())
        return np.array([[c == "#" for c in row.ljust(width)] for row in rows], np.uint8) * 255

    def _level(self, ink: np.ndarray) -> np.ndarray:
        return (np.rint(ink * INK_LEVELS) / np.float32(INK_LEVELS)).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class File(Field):
    """An uploaded file of bounded size: an Upload, bytes, base64 text or ``{name, data: base64 text}``."""

    kind: ClassVar[str] = "file"
    readable: ClassVar[bool] = False
    suffixes: tuple[str, ...]
    max_bytes: int
    examples: Mapping[str, str]

    @property
    def most_text(self) -> int:
        return _as_text(self.max_bytes)

    def parse(self, value: Any) -> Upload | None:
        if value is None or (isinstance(value, str) and not value):
            return None
        if isinstance(value, str) and value.startswith(EXAMPLE):
            name = value.removeprefix(EXAMPLE)
            if name not in self.examples:
                raise Refused(self.describe())
            path = ASSETS / self.examples[name]
            return Upload(path.name, path.read_bytes(), name)
        if isinstance(value, Mapping) and isinstance(value.get("data"), str):
            data = _decode(value["data"], self.describe(), self.max_bytes)
            value = Upload(str(value.get("name", ""))[-MAX_NAME:], data)
        if isinstance(value, str | bytes):
            value = Upload(f"upload{self.suffixes[0]}", _decode(value, self.describe(), self.max_bytes))
        if not isinstance(value, Upload) or not value.name.lower().endswith(self.suffixes):
            raise Refused(self.describe())
        if not 0 < len(value.data) <= self.max_bytes:
            raise Refused(self.describe())
        return value

    def describe(self) -> Text:
        names = "".join(f" | {EXAMPLE}{name}" for name in self.examples)
        plain = self.explain()
        return t(f"{plain.zh}，写成 base64 文字{names}", f"{plain.en}, as base64 text{names}")

    def explain(self) -> Text:
        kinds, size = ", ".join(self.suffixes), _megabytes(self.max_bytes)
        return t(f"应为至多 {size} MB 的 {kinds} 文件", f"must be a {kinds} file of at most {size} MB")

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, {"type": "null"}]}

    def argument(self, value: Any) -> str | None:
        return self.to_link(value)

    def source(self, value: Any, name: str) -> Source:
        """The bytes of the file; None where there is none."""
        if value is None:
            return Source("None")
        path = f"assets/{self.examples[value.example]}" if value.example else value.name or f"{name}{self.suffixes[0]}"
        need = "" if value.example else f"{path}: {YOUR_FILE}"
        return Source(f"Path({path!r}).read_bytes()", ("from pathlib import Path",), need)

    def to_link(self, value: Any) -> str | None:
        if value is None:
            return ""
        return EXAMPLE + value.example if value.example else None


def _megabytes(size: int) -> str:
    return f"{size / 10**6:g}"


def _as_text(size: int) -> int:
    """Characters of so many bytes as base64 text, with what may stand before it."""
    return 4 * (size // 3 + 1) + MOST_PLAIN


@lru_cache(maxsize=128)
def _example(path: Path, square: bool) -> np.ndarray:
    """An example picture under assets/ or its middle square, read once."""
    with PillowImage.open(path) as picture:
        return _fitted(picture, Square() if square else None)


def _decode(value: str | bytes, allowed: Text, most: int) -> bytes:
    """Bytes, or a data address / base64 text, as bytes; more than ``most`` are refused before they are decoded."""
    if isinstance(value, bytes):
        data = value
    else:
        head, comma, tail = value.partition(",")
        text = tail if comma and head.startswith("data:") else value
        if len(text) > 4 * (most // 3 + 1):
            raise Refused(allowed)
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise Refused(allowed) from None
    if not 0 < len(data) <= most:
        raise Refused(allowed)
    return data


def _pixels(value: Any, allowed: Text, square: Square | None = None) -> np.ndarray:
    """Any picture as uint8 [H, W, 3]; what is too large is refused before its pixels are read."""
    if isinstance(value, np.ndarray):
        fits = value.ndim == 2 or (value.ndim == 3 and value.shape[2] in (3, 4))
        if value.dtype != np.uint8 or not fits or not 0 < value.shape[0] * value.shape[1] <= MAX_PIXELS:
            raise Refused(allowed)
        return _fitted(PillowImage.fromarray(np.ascontiguousarray(value)), square)
    if not isinstance(value, str | bytes | PillowImage.Image):
        raise Refused(allowed)
    data = b"" if isinstance(value, PillowImage.Image) else _decode(value, allowed, MAX_IMAGE_BYTES)
    try:
        picture = value if isinstance(value, PillowImage.Image) else _opened(data)
        if picture.width * picture.height > MAX_PIXELS or max(picture.size) > MAX_LENGTH:
            raise Refused(allowed)
        return _fitted(picture, square)
    except Refused:
        raise
    except Exception as error:  # decoders of hostile files raise anything (struct.error, SyntaxError, KeyError …)
        log.info("a picture was refused: %s: %s", type(error).__name__, error)
        raise Refused(allowed) from None


def _opened(data: bytes) -> PillowImage.Image:
    return PillowImage.open(io.BytesIO(data), formats=IMAGE_FORMATS)


def _fitted(picture: PillowImage.Image, square: Square | None) -> np.ndarray:
    """The first frame upright, cut to ``square``, RGB on white, sides at most MAX_SIDE; uint8 [H, W, 3]."""
    picture = ImageOps.exif_transpose(picture)
    if square:
        picture = picture.crop(square.box(*picture.size))
    if picture.mode.startswith("I"):  # sixteen bits a pixel: keep the high eight
        picture = PillowImage.fromarray((np.asarray(picture, np.int64).clip(0, 65535) >> 8).astype(np.uint8))
    if max(picture.size) > MAX_SIDE:
        picture = picture.convert("RGBA" if _transparent(picture) else "RGB")
        picture.thumbnail((MAX_SIDE, MAX_SIDE), PillowImage.Resampling.LANCZOS)
    if _transparent(picture):
        picture = picture.convert("RGBA")
        picture = PillowImage.alpha_composite(PillowImage.new("RGBA", picture.size, "white"), picture)
    return np.array(picture.convert("RGB"))


def _transparent(picture: PillowImage.Image) -> bool:
    return picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info
