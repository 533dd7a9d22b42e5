"""What core tells a reader beside a result: how an input was read, and what of it was left out."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Notice"]


class Notice(NamedTuple):
    """One sentence in 中文 and in English."""

    zh: str
    en: str
