"""Inputs: what a reader may change, as pydantic models whose bounds hold in every door.

A page writes ``class Play(Inputs): n: int = slider(300, 50, 2000, label=t("样本数", "Samples"))``. The widget, the
bounds, the JSON Schema, the permalink, the command line and the error texts all come from that line. Every value is
parsed by its :class:`Field` alone, so the same bad value gets the same words everywhere.
"""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, TypeVar

import numpy as np
import pydantic
from pydantic import BaseModel, ConfigDict, WithJsonSchema
from pydantic_core import PydanticCustomError

from gallery.fields import (
    Choice,
    Column,
    Field,
    File,
    Image,
    Number,
    Point,
    Refused,
    Seed,
    Sketch,
    TableEditor,
    TextField,
    Toggle,
    Upload,
)
from gallery.text import Text, t

__all__ = [
    "Column", "FileValue", "ImageValue", "InputError", "Inputs", "PointValue", "Problem", "SketchValue", "TableValue",
    "Upload", "choice", "fields", "file", "image", "json_schema", "labels", "parse", "parse_link", "point", "seed", "shortened", "sketch",
    "slider", "table", "text", "toggle",
]  # fmt: skip

_FIELD = "gallery"
"""Key of ``json_schema_extra`` under which a field's declaration travels beside its bounds."""

ImageValue = Annotated[np.ndarray, WithJsonSchema({"type": "string", "format": "image"})]
"""uint8 [H, W, 3]."""
SketchValue = Annotated[np.ndarray, WithJsonSchema({"type": "string", "format": "image"})]
"""float32 [size, size] in [0, 1], ink = 1."""
PointValue = Annotated[tuple[float, float], WithJsonSchema({"type": "array", "items": {"type": "number"}})]
"""(x, y) in the plane's units."""
TableValue = Annotated[tuple[Mapping[str, Any], ...], WithJsonSchema({"type": "array", "items": {"type": "object"}})]
"""Rows as mappings from column name to value."""
FileValue = Annotated[Upload | None, WithJsonSchema({"type": ["string", "null"], "format": "binary"})]
"""The uploaded file, or None."""
FOREIGN = re.compile(r"_.*|utm_.*|fbclid|gclid|msclkid|spm|ref|logs")
"""Parameters that are nobody's mistake: those of frameworks begin with «_», the others count visits or show a Space's log."""
MOST_STRANGE = 5  # names that no input has which a message lists


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """One refused input: ``name``, ``value`` (shortened), what is ``allowed``, and the reader's words for both.

    ``seen`` is the value and ``explained`` what is allowed, without what only programs need.
    """

    name: str
    value: str
    allowed: Text
    label: Text | None = None
    explained: Text | None = None
    seen: str | None = None

    def message(self, lang: str) -> str:
        """One line for a program: the input by its name, the value and what is allowed."""
        return t(f"{self.name} = {self.value}：{self.allowed.zh}", f"{self.name} = {self.value}: {self.allowed.en}")(
            lang
        )

    def told(self, lang: str) -> str:
        """One line for a reader: the input by its label, the value and what is allowed."""
        label, allowed = self.label or Text(self.name, self.name), self.explained or self.allowed
        seen = self.value if self.seen is None else self.seen
        value = f" = {seen}" if seen else ""
        return t(f"{label.zh}{value}：{allowed.zh}", f"{label.en}{value}: {allowed.en}")(lang)


class InputError(ValueError):
    """Inputs that are refused; ``problems`` names each, its value and what is allowed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.message("en"))

    def message(self, lang: str) -> str:
        """All problems on one line, inputs by their names."""
        return "; ".join(problem.message(lang) for problem in self.problems)


class Inputs(BaseModel):
    """Base of every tab's inputs: immutable, no unknown names, defaults validated like any other value."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, validate_default=True, ignored_types=(Text,)
    )

    @pydantic.field_validator("*", mode="before")
    @classmethod
    def _parse(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        field = fields(cls)[str(info.field_name)]
        try:
            return field.parse(value)
        except Refused as refused:
            raise PydanticCustomError("refused", "{allowed_en}", refused.context) from None

    @classmethod
    def modernised(cls, query: Mapping[str, str]) -> Mapping[str, str]:
        """The parameters of a link, those of an older form put as they are called now."""
        return query

    def to_link(self) -> dict[str, str]:
        """The values as query parameters. Uploads and drawings that are not examples cannot stand in a link."""
        values = {name: field.to_link(getattr(self, name)) for name, field in fields(type(self)).items()}
        return {name: value for name, value in values.items() if value is not None}


InputsT = TypeVar("InputsT", bound=Inputs)


@lru_cache(maxsize=1024)
def fields(model: type[Inputs]) -> Mapping[str, Field]:
    """The declared fields of an inputs model, by name, in order. A number is whole when its annotation is int."""
    declared: dict[str, Field] = {}
    for name, info in model.model_fields.items():
        extra = info.json_schema_extra
        carrier = extra.get(_FIELD) if isinstance(extra, dict) else None
        if not isinstance(carrier, _Carrier):
            raise TypeError(f"{model.__name__}.{name} is not declared with a function of gallery.inputs")
        field = carrier.field
        declared[name] = (
            dataclasses.replace(field, whole=info.annotation is int) if isinstance(field, Number) else field
        )
    return types.MappingProxyType(declared)


def labels(model: type[Inputs]) -> dict[str, Text]:
    """What the reader calls each input."""
    return {name: field.label for name, field in fields(model).items()}


def json_schema(model: type[Inputs]) -> dict[str, Any]:
    """JSON Schema of the inputs, with defaults and, under ``gallery``, what a program that draws the controls wants."""
    start = model()
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {
                **field.schema(),
                "title": field.label.en,
                "description": field.describe().en,
                "default": field.argument(getattr(start, name)),
                _FIELD: field.to_json(),
            }
            for name, field in fields(model).items()
        },
    }


def parse(model: type[InputsT], raw: Mapping[str, Any]) -> InputsT:
    """Validate raw values (numbers, strings, bytes) into ``model``; InputError names every value that is refused."""
    try:
        parsed = model(**raw)
    except pydantic.ValidationError as error:
        raise InputError([_problem(model, e) for e in error.errors(include_url=False)]) from None
    values = {name: getattr(parsed, name) for name in fields(model)}
    together = [
        Problem(name, shortened(values[name]), why, field.label)
        for name, field in fields(model).items()
        if (why := field.offered(values[name], values)) is not None
    ]
    if together:
        raise InputError(together)
    return parsed


def parse_link(model: type[InputsT], query: Mapping[str, str]) -> tuple[InputsT, list[Problem]]:
    """Read query parameters; a bad value gives its default and a :class:`Problem`, and so does a name that no input has.

    Names that sites and frameworks add to any link are passed over. Values that are fine one by one but refused together
    all give their defaults.
    """
    known = {name: value for name, value in model.modernised(query).items() if not FOREIGN.fullmatch(name)}
    strange = [name for name in known if name not in model.model_fields]
    known = {name: value for name, value in known.items() if name not in strange[MOST_STRANGE:]}
    problems: list[Problem] = []
    while True:
        try:
            return parse(model, known), problems
        except InputError as error:
            if not known:
                raise
            problems += error.problems
            bad = {name for name in known if shortened(name) in {problem.name for problem in error.problems}}
            known = {name: value for name, value in known.items() if bad and name not in bad}


def slider(
    default: float,
    minimum: float,
    maximum: float,
    *,
    label: Text,
    step: float | None = None,
    log: bool = False,
    unit: str = "",
    help: Text | None = None,
    shown_when: Mapping[str, Any] | None = None,
    play: bool = False,
) -> Any:
    """A number in [minimum, maximum]: int or float as annotated; ``log`` spaces the slider by decades.

    ``step`` is how finely the slider moves (1 for int); values between steps are valid everywhere. With ``play`` the
    reader can let it run, pause it and step it forward and back.
    """
    field = Number(
        label=label, help=help, shown_when=_frozen(shown_when), minimum=minimum, maximum=maximum,
        step=step, log=log, unit=unit, play=play,
    )  # fmt: skip
    return _declare(field, default)


def choice(
    default: str,
    options: Mapping[str, Text],
    *,
    label: Text,
    help: Text | None = None,
    shown_when: Mapping[str, Any] | None = None,
    only_when: Mapping[str, Mapping[str, Any]] | None = None,
) -> Any:
    """One of ``options`` (value → what the reader sees).

    ``only_when`` (option → other inputs' values, a tuple for one of several) says which options need others; both front
    ends offer an option only then, and every door refuses it otherwise.
    """
    field = Choice(
        label=label, help=help, shown_when=_frozen(shown_when), options=types.MappingProxyType({**options}),
        only_when=types.MappingProxyType({**(only_when or {})}),
    )  # fmt: skip
    return _declare(field, default)


def toggle(
    default: bool, *, label: Text, help: Text | None = None, shown_when: Mapping[str, Any] | None = None
) -> Any:  # fmt: skip
    """On or off."""
    return _declare(Toggle(label=label, help=help, shown_when=_frozen(shown_when)), default)


def seed(default: int = 0) -> Any:
    """The seed of everything drawn at random, with a dice beside it: 0 … 2³¹-1."""
    return _declare(Seed(), default)


def text(
    default: str,
    *,
    label: Text,
    max_length: int,
    lines: int = 1,
    examples: Sequence[str] = (),
    help: Text | None = None,
    shown_when: Mapping[str, Any] | None = None,
) -> Any:
    """Text of at most ``max_length`` characters; control characters but newline and tab are refused."""
    field = TextField(
        label=label, help=help, shown_when=_frozen(shown_when), max_length=max_length, lines=lines,
        examples=tuple(examples),
    )  # fmt: skip
    return _declare(field, default)


def image(
    default: str,
    examples: Mapping[str, str],
    *,
    label: Text,
    crop: bool = False,
    help: Text | None = None,
    shown_when: Mapping[str, Any] | None = None,
) -> Any:
    """An uploaded image, or one of ``examples`` (name → file under assets/): uint8 [H, W, 3].

    ``default`` is the name of an example. With ``crop`` the tab gets a square: the reader moves a box over an upload;
    elsewhere ``crop:x,y,side@`` before base64 text or ``example:NAME`` says which (pixels), else the middle is taken.
    """
    field = Image(
        label=label, help=help, shown_when=_frozen(shown_when), crop=crop, examples=types.MappingProxyType({**examples})
    )  # fmt: skip
    return _declare(field, f"example:{default}")


def sketch(
    size: int,
    *,
    label: Text,
    default: str | None = None,
    help: Text | None = None,
    shown_when: Mapping[str, Any] | None = None,
) -> Any:
    """A drawing: float32 [size, size] in [0, 1], ink = 1. ``default`` is rows of ' ' and '#' (any size, scaled)."""
    field = Sketch(label=label, help=help, shown_when=_frozen(shown_when), size=size)
    return _declare(field, default or "")


def point(
    default: tuple[float, float],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    *,
    label: Text,
    help: Text | None = None,
    shown_when: Mapping[str, Any] | None = None,
    in_picture: bool = False,
) -> Any:
    """A point picked in a plane; with ``in_picture`` it is dragged in the tab's figure and not on a pad beside it."""
    field = Point(
        label=label, help=help, shown_when=_frozen(shown_when), x_range=x_range, y_range=y_range, in_picture=in_picture
    )
    return _declare(field, default)


def table(
    default: Sequence[Mapping[str, Any]],
    columns: Sequence[Column],
    *,
    label: Text,
    max_rows: int,
    help: Text | None = None,
    shown_when: Mapping[str, Any] | None = None,
) -> Any:
    """Rows that the reader edits: a tuple of mappings from column name to value."""
    field = TableEditor(
        label=label, help=help, shown_when=_frozen(shown_when), columns=tuple(columns), max_rows=max_rows
    )  # fmt: skip
    return _declare(field, [dict(row) for row in default])


def file(
    suffixes: Sequence[str],
    *,
    label: Text,
    max_bytes: int,
    examples: Mapping[str, str] | None = None,
    default: str | None = None,
    help: Text | None = None,
    shown_when: Mapping[str, Any] | None = None,
) -> Any:
    """An uploaded file (``.name`` and ``.data``), one of ``examples`` (name → file under assets/), or None."""
    field = File(
        label=label, help=help, shown_when=_frozen(shown_when), suffixes=tuple(suffixes), max_bytes=max_bytes,
        examples=types.MappingProxyType({**(examples or {})}),
    )  # fmt: skip
    return _declare(field, f"example:{default}" if default else None)


class _Carrier(dict[str, Any]):
    """The JSON form of a field (for JSON Schema) that also carries the field itself."""

    def __init__(self, field: Field) -> None:
        super().__init__(field.to_json())
        self.field = field

    def __deepcopy__(self, memo: dict[int, Any]) -> _Carrier:
        return self


def _declare(field: Field, default: Any) -> Any:
    return pydantic.Field(default=default, json_schema_extra={_FIELD: _Carrier(field)})


def _frozen(condition: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return types.MappingProxyType({**condition}) if condition else None


def _problem(model: type[Inputs], error: Any) -> Problem:
    name = shortened(error["loc"][0]) if error["loc"] else model.__name__
    field = fields(model).get(name)
    context = error.get("ctx", {})
    if error["type"] == "refused":
        allowed = Text(context["allowed_zh"], context["allowed_en"])
    elif error["type"] == "extra_forbidden":
        names = ", ".join(model.model_fields) or "-"
        allowed = t(f"没有这个输入；可用的有 {names}", f"no such input; there are {names}")
    else:
        allowed = field.describe() if field else Text(error["msg"], error["msg"])
    explained = field.explain() if field and allowed == field.describe() else None
    value = error.get("input")
    seen = shortened(value) if field is None or field.readable else ""
    return Problem(name, shortened(value), allowed, field.label if field else None, explained, seen)


def shortened(value: Any, most: int = 60) -> str:
    """The value as an error message may show it: one line of at most ``most`` printable characters."""
    if isinstance(value, bytes | bytearray):
        return f"<{len(value)} bytes>"
    if isinstance(value, np.ndarray):
        return f"<array {'x'.join(map(str, value.shape))} {value.dtype}>"
    line = " ".join(str(value).split())
    line = line if len(line) <= most else line[: most - 1] + "…"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
