"""What core tells a reader beside a result: how an input was read, and what of it was left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Notice", "listed"]

LISTED = 5  # names or numbers of one kind in a sentence


class Notice(NamedTuple):
    """One sentence in 中文 and in English."""

    zh: str
    en: str


def listed(items: Sequence[str]) -> Notice:
    """The first five of some names or numbers, and how many more there are."""
    more = len(items) - LISTED
    zh = "、".join(items[:LISTED]) + (f" 等 {len(items)} 个" if more > 0 else "")
    return Notice(zh, ", ".join(items[:LISTED]) + (f" and {more} more" if more > 0 else ""))
