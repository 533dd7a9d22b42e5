"""Characters and numbers: one tokenizer for every Chinese model of the gallery.

A text is simplified Chinese, one token a character. What a reader types is brought there: traditional characters by OpenCC,
ASCII punctuation by its full-width kin. Whatever the vocabulary lacks is told, never dropped in silence.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

__all__ = ["SPECIALS", "Encoded", "Tokenizer", "is_han", "simplified", "tidy"]

PAD, END, UNKNOWN, BODY = range(4)
SPECIALS = ("[PAD]", "[END]", "[UNK]", "[BODY]")
PUNCTUATION = str.maketrans({",": "，", ".": "。", "!": "！", "?": "？", ";": "；", ":": "：", "(": "（", ")": "）", "｡": "。", "､": "、"})  # fmt: skip
GAPS = "□囗"  # what editions print for a character that is lost
HAN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))


def is_han(character: str) -> bool:
    """Whether ``character`` is a Chinese character (CJK ideograph, any plane)."""
    code = ord(character)
    return any(first <= code <= last for first, last in HAN)


@lru_cache(maxsize=1)
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


def simplified(text: str) -> str:
    """Traditional characters turned into simplified ones by OpenCC; everything else stays."""
    return _converter().convert(text)


def tidy(text: str) -> str:
    """What the models read of a reader's text: NFC, simplified, full-width punctuation, without blanks and control characters.

    Line breaks stay; right-to-left marks, zero-width characters, lone surrogates and other controls go.
    """
    text = text.encode("utf-8", "ignore").decode("utf-8")  # lone surrogates
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    kept = (c for c in text if c == "\n" or (unicodedata.category(c)[0] not in "CZ"))
    return simplified("".join(kept)).translate(PUNCTUATION)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text as ``tokens``; ``characters`` stand behind them, and ``unknown`` are those that the vocabulary lacks."""

    tokens: list[int]
    characters: str
    unknown: tuple[str, ...]


class Tokenizer:
    """Tokens of a vocabulary: the special ones, the forms (such as 五绝), then characters in order of frequency."""

    def __init__(self, forms: Sequence[str], characters: Iterable[str]) -> None:
        self.forms = tuple(forms)
        self.tokens = (*SPECIALS, *(f"[{form}]" for form in forms), *characters)
        self.ids: Mapping[str, int] = {token: i for i, token in enumerate(self.tokens)}
        if len(self.ids) != len(self.tokens):
            raise ValueError("characters: one stands twice in the vocabulary")

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def first_character(self) -> int:
        """The id of the most frequent character; smaller ids are marks."""
        return len(SPECIALS) + len(self.forms)

    @cached_property
    def written(self) -> tuple[bool, ...]:
        """Whether each token may be written: the marks may not, nor what stands for a lost character; [END] ends a text and may."""
        return tuple(i == END or (i >= self.first_character and c not in GAPS) for i, c in enumerate(self.tokens))

    def form(self, name: str) -> int:
        """The id of a form's prefix token; KeyError when there is none of that name."""
        return self.ids[f"[{name}]"]

    def encode(self, text: str) -> Encoded:
        """The text, tidied (:func:`tidy`), as tokens; unknown characters become [UNK] and are named."""
        text = tidy(text)
        return Encoded(self.encode_plain(text), text, tuple(dict.fromkeys(c for c in text if c not in self.ids)))

    def encode_plain(self, text: str) -> list[int]:
        """The tokens of a text that is tidy already."""
        return [self.ids.get(c, UNKNOWN) for c in text]

    def decode(self, tokens: Iterable[int]) -> str:
        """The characters of ``tokens``; marks are left out, [UNK] shows as □."""
        first = self.first_character
        return "".join("□" if i == UNKNOWN else self.tokens[i] for i in tokens if i >= first or i == UNKNOWN)

    def dump(self) -> bytes:
        """The vocabulary as UTF-8 text: a line of forms, then all characters (a line break among them as \\n)."""
        characters = "".join("\\n" if c == "\n" else c for c in self.tokens[self.first_character :])
        return f"{' '.join(self.forms)}\n{characters}\n".encode()

    @staticmethod
    def parse(data: bytes) -> Tokenizer:
        """The inverse of :meth:`dump`."""
        forms, characters = data.decode("utf-8").rstrip("\n").split("\n")
        return Tokenizer(forms.split(), characters.replace("\\n", "\n"))
