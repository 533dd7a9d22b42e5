"""A reader's own table: the input that takes it, and the words on how it was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import file
from gallery.page import Say, Text

if TYPE_CHECKING:
    from core.notice import Notice

__all__ = ["READING", "reading", "table_file"]

SUFFIXES = (".csv", ".tsv", ".txt", ".tab", ".dat")
MOST_BYTES = 8_000_000  # 100 000 rows of eight columns
READING = outputs.text("reading", height=0)


def table_file(
    *, label: Text, help: Text | None = None, examples: Mapping[str, str] | None = None, default: str | None = None
) -> Any:
    """A table as text, of any delimiter and encoding."""
    return file(SUFFIXES, label=label, max_bytes=MOST_BYTES, help=help, examples=examples, default=default)


def reading(notices: Iterable[Notice], say: Say) -> str:
    """What was read as what and what was left out, a line each; plain text, as columns have names that readers chose."""
    return "\n".join(say(notice.zh, notice.en) for notice in notices)
