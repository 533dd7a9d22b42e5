"""What every kind of input shares: a label, a parser that refuses in words, a place in a link."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from gallery.text import Text

__all__ = ["MAX_LINK_CHARS", "MOST_PLAIN", "Field", "Refused", "Source", "holds"]

MOST_PLAIN = 1000  # of a number, a choice, a point: far longer than any that is allowed
MAX_LINK_CHARS = 1500  # longer values would break links in mail and chat programs


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
class Source:
    """A value as Python source: an ``expression``, the ``imports`` it wants, and what its reader must ``need`` to have."""

    expression: str
    imports: tuple[str, ...] = ()
    need: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(ABC):
    """What all kinds share. ``shown_when`` hides the control unless other inputs have the values given
    (a tuple: one of them)."""

    kind: ClassVar[str]
    readable: ClassVar[bool] = True
    """Whether a value reads as text; bytes of an upload say a reader nothing."""
    label: Text
    help: Text | None = None
    shown_when: Mapping[str, Any] | None = None

    @property
    def most_text(self) -> int:
        """Characters of the longest text that :meth:`parse` can take."""
        return MOST_PLAIN

    @property
    def most_items(self) -> int:
        """How many values a list may have that :meth:`parse` takes."""
        return 0

    @abstractmethod
    def parse(self, value: Any) -> Any:
        """The value that the tab gets; :class:`Refused` when it is not allowed."""

    @abstractmethod
    def describe(self) -> Text:
        """What is allowed, in words that follow «name = value:», as a program would write it."""

    def explain(self) -> Text:
        """The same in a reader's words: what the form shows, no names that only programs need."""
        return self.describe()

    def offered(self, value: Any, values: Mapping[str, Any]) -> Text | None:
        """None, or why ``value``, allowed by itself, cannot be had beside these values of the other inputs."""
        return None

    def to_link(self, value: Any) -> str | None:
        """The value as a query parameter; None when it cannot stand in a link."""
        return str(value)

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """JSON Schema of what the API and the command line accept."""

    def argument(self, value: Any) -> Any:
        """A parsed value as JSON that :meth:`parse` reads back; None for an upload."""
        return value

    def source(self, value: Any, name: str) -> Source:
        """A parsed value as Python source for the code shown; ``name`` is the input's."""
        return Source(repr(value))

    def to_json(self) -> dict[str, Any]:
        """What a program that draws the control wants to know beside the schema."""
        shown = {"label": {"zh": self.label.zh, "en": self.label.en}, "kind": self.kind}
        return shown | ({"help": {"zh": self.help.zh, "en": self.help.en}} if self.help else {})

    def visible(self, values: Mapping[str, Any]) -> bool:
        """Whether the control is shown beside these values of the other inputs."""
        return holds(self.shown_when or {}, values)


def holds(condition: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Whether the inputs have the values that ``condition`` names (a tuple: one of them)."""
    return all(values.get(n) in (wanted if isinstance(wanted, tuple) else (wanted,)) for n, wanted in condition.items())
