"""Text in two languages: everything a reader sees is said in 中文 and in English."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, get_args

__all__ = ["LANGUAGES", "Lang", "Say", "Text", "t", "typeset"]

Lang = Literal["zh", "en"]
LANGUAGES: tuple[Lang, ...] = get_args(Lang)
POWER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)e([+-]?\d+)(?!\w)")
MINUS = re.compile(r"(?<![\w)\]}.-])-(?=[\d.∞])")
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


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


def typeset(text: str) -> str:
    """Numbers as a printer sets them: ``-0.3`` as −0.3, ``8.4e-04`` as 8.4×10⁻⁴, ``1e-8`` as 10⁻⁸.

    A norm's ‖ becomes ||: Chinese fonts make it as wide as a character. For what is only read: in what may be copied
    (tables, code, files) numbers stay as a computer takes them.
    """

    def power(found: re.Match[str]) -> str:
        number, exponent = found[1], str(int(found[2])).translate(RAISED)
        return f"10{exponent}" if float(number) == 1 else f"{number}×10{exponent}"

    return MINUS.sub("−", POWER.sub(power, text)).replace("‖", "||")
