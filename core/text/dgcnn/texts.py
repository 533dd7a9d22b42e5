"""Texts for reading: how a passage becomes tokens, and how an answer is marked.

Marks are those of CMRC 2018: exact match, and F1 of the longest common run, both without punctuation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.text.tokenizer import PAD, Tokenizer, simplified

__all__ = ["Pair", "encode", "exact", "f1", "lowered", "padded", "prepared", "sentences", "units"]

SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;\n]*")
UNIT = re.compile(r"[a-z0-9.]+|[^\W_]")
NARROW = {0xFF01 + i: 0x21 + i for i in range(94) if chr(0x21 + i).isalnum()}  # full-width letters and digits as ASCII


def prepared(text: str) -> str:
    """What the model reads of a text: NFC, simplified characters, full-width letters and digits as ASCII, single spaces, no controls."""
    text = unicodedata.normalize("NFC", text.encode("utf-8", "ignore").decode("utf-8"))
    kept = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(simplified(kept).translate(NARROW).split())


def lowered(text: str) -> str:
    """Small letters, one for one: a letter whose small form is two characters (İ) stays, so that places keep their numbers."""
    return "".join(small if len(small := c.lower()) == 1 else c for c in text)


@dataclass(frozen=True, slots=True)
class Pair:
    """A passage and a question as tokens; ``unknown`` are the characters that the vocabulary lacks."""

    passage: list[int]
    question: list[int]
    unknown: tuple[str, ...]


def encode(tokenizer: Tokenizer, passage: str, question: str) -> Pair:
    """Tokens of prepared texts. An unknown character gets a token of its own beyond the vocabulary, the same in both texts."""
    passage, question = lowered(passage), lowered(question)
    unknown = tuple(dict.fromkeys(c for c in question + passage if c not in tokenizer.ids))
    own = {c: len(tokenizer) + i for i, c in enumerate(unknown)}

    def tokens(text: str) -> list[int]:
        return [tokenizer.ids.get(c, PAD) or own[c] for c in text]

    return Pair(tokens(passage), tokens(question), unknown)


def padded(rows: Sequence[Sequence[int]], length: int = 0) -> Tensor:
    """Rows of tokens as one tensor, padded to the longest (or to ``length``)."""
    longest = max(length, *(len(row) for row in rows))
    return torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows])


def sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text begin and end."""
    return [m.span() for m in SENTENCE.finditer(text)]


def units(text: str) -> list[str]:
    """A text as it is marked: Chinese characters one by one, Latin words and numbers whole, no punctuation."""
    found = UNIT.findall(unicodedata.normalize("NFKC", text).lower())
    return [unit.strip(".") for unit in found if unit.strip(".")]


def exact(answer: str, truths: Sequence[str]) -> bool:
    """Whether an answer equals one of the ``truths``, but for punctuation."""
    return any(units(answer) == units(truth) for truth in truths)


def f1(answer: str, truths: Sequence[str]) -> float:
    """The best F1 with one of the ``truths``: precision and recall of the longest run of units that both have."""
    return max(_f1(units(answer), units(truth)) for truth in truths)


def _f1(answer: list[str], truth: list[str]) -> float:
    longest = 0
    row = [0] * (len(truth) + 1)
    for unit in answer:
        row = [0, *(row[j] + 1 if unit == truth[j] else 0 for j in range(len(truth)))]
        longest = max(longest, *row)
    return 2 * longest / (len(answer) + len(truth)) if longest else 0.0
