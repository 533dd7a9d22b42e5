"""Text in two languages: everything a reader sees is said in 中文 and in English."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

__all__ = ["LANGUAGES", "Lang", "Say", "Text", "t"]

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


class Say:
    """Chooses between two languages: ``say("均值", "mean")``, or ``say(text)`` for a :class:`Text`."""

    __slots__ = ("lang",)

    def __init__(self, lang: str) -> None:
        self.lang: Lang = "en" if lang == "en" else "zh"

    def __call__(self, zh: str | Text, en: str | None = None) -> str:
        """The side of the reader's language."""
        if isinstance(zh, Text):
            return zh(self.lang)
        if en is None:
            raise TypeError(f"{zh!r} is said in one language only")
        return en if self.lang == "en" else zh
