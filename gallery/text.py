"""Text in two languages: everything a reader sees is said in 中文 and in English."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

__all__ = ["LANGUAGES", "Lang", "Text", "t"]

Lang = Literal["zh", "en"]
LANGUAGES: tuple[Lang, ...] = get_args(Lang)


class Text(NamedTuple):
    """The same thing said in both languages."""

    zh: str
    en: str

    def __call__(self, lang: str) -> str:
        """The text in ``lang``; Chinese unless English is asked for."""
        return self.en if lang == "en" else self.zh


def t(zh: str, en: str) -> Text:
    """Short for :class:`Text`, for the many places where a page says something."""
    return Text(zh, en)
