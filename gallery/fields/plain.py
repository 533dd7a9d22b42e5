"""Plain fields: numbers, choices, switches, seeds, text, a point in a plane."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from gallery.fields.base import MAX_LINK_CHARS, Field, Refused, holds
from gallery.text import LANGUAGES, Text, t

__all__ = ["Choice", "Number", "Point", "Seed", "TextField", "Toggle"]

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
LINEAR_STEPS = 100  # positions of a real slider without a step of its own
LINE_END = re.compile(r"[\n\u2028\u2029]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Field):
    """A real or, as the input's annotation says, a ``whole`` number between bounds; ``play`` adds play, pause and steps."""

    kind: ClassVar[str] = "slider"
    minimum: float
    maximum: float
    step: float | None = None
    log: bool = False
    unit: str = ""
    whole: bool = False
    play: bool = False

    def __post_init__(self) -> None:
        if not self.minimum < self.maximum:
            raise ValueError(f"slider {self.label.en!r}: minimum {self.minimum} is not below maximum {self.maximum}")
        if self.log and self.minimum <= 0:
            raise ValueError(f"slider {self.label.en!r}: a logarithmic slider needs a positive minimum")

    def parse(self, value: Any) -> float | int:
        if isinstance(value, bool) or not isinstance(value, int | float | str | np.integer | np.floating):
            raise Refused(self.describe())
        try:
            number = float(value)
        except (ValueError, OverflowError):
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
            low, high = f"{self.minimum:.0f}", f"{self.maximum:.0f}"
            return t(f"应为 {low} 到 {high} 的整数", f"must be a whole number from {low} to {high}")
        return t(f"应为 {low} 到 {high} 的数", f"must be a number from {low} to {high}")

    def to_link(self, value: Any) -> str:
        return repr(value)

    def schema(self) -> dict[str, Any]:
        kind = "integer" if self.whole else "number"
        return {"type": kind, "minimum": self.minimum, "maximum": self.maximum}

    @property
    def grain(self) -> float:
        """How far one step of the slider goes."""
        return self.step or (1 if self.whole else (self.maximum - self.minimum) / LINEAR_STEPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Field):
    """One of several. ``only_when`` says of an option which values of other inputs it needs."""

    kind: ClassVar[str] = "choice"
    options: Mapping[str, Text]
    only_when: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def parse(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.options:
            raise Refused(self.describe())
        return value

    def describe(self) -> Text:
        names = " | ".join(self.options)
        return t(f"应为 {names} 之一", f"must be one of {names}")

    def explain(self) -> Text:
        zh, en = (" | ".join(label(lang) for label in self.options.values()) for lang in LANGUAGES)
        return t(f"应为 {zh} 之一", f"must be one of {en}")

    def available(self, values: Mapping[str, Any]) -> list[str]:
        """The options that can be had beside these values of the other inputs."""
        return [name for name in self.options if holds(self.only_when.get(name, {}), values)]

    def nearest(self, value: str, values: Mapping[str, Any]) -> str:
        """``value``, or the first option that can be had where ``value`` cannot."""
        there = self.available(values)
        return value if value in there or not there else there[0]

    def offered(self, value: Any, values: Mapping[str, Any]) -> Text | None:
        there = self.available(values)
        if value in there:
            return None
        zh, en = (" | ".join(self.options[name](lang) for name in there) for lang in LANGUAGES)
        return t(f"在其他输入的这些值下，应为 {zh} 之一", f"beside these other inputs it must be one of {en}")

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.options)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Toggle(Field):
    """On or off."""

    kind: ClassVar[str] = "toggle"
    words: ClassVar[Mapping[str, bool]] = {
        "true": True, "1": True, "on": True, "false": False, "0": False, "off": False,
    }  # fmt: skip

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

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


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

    def schema(self) -> dict[str, Any]:
        return self._number().schema()

    def _number(self) -> Number:
        return Number(label=self.label, minimum=0, maximum=self.maximum, whole=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField(Field):
    """Text a reader types."""

    kind: ClassVar[str] = "text"
    max_length: int
    lines: int = 1
    examples: tuple[str, ...] = ()

    @property
    def most_text(self) -> int:
        return 2 * self.max_length + 1  # a line end may come as two characters

    def parse(self, value: Any) -> str:
        if not isinstance(value, str):
            raise Refused(self.describe())
        value = value.replace("\r\n", "\n")
        if len(value) > self.max_length or CONTROL.search(value) or (self.lines == 1 and LINE_END.search(value)):
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

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.max_length}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point(Field):
    """A point in a plane; with ``in_picture`` it is dragged in the figure, and the form shows its two numbers only."""

    kind: ClassVar[str] = "point"
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    in_picture: bool = False

    @property
    def most_items(self) -> int:
        return 2

    def parse(self, value: Any) -> tuple[float, float]:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list | tuple) or len(parts) != 2:
            raise Refused(self.describe())
        numbers = []
        for part, (low, high) in zip(parts, (self.x_range, self.y_range), strict=True):
            try:
                number = float(part)
            except (TypeError, ValueError, OverflowError):
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

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}

    def argument(self, value: Any) -> list[float]:
        return list(value)
