"""The word vectors that ship, by name, with their words."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from core import weights
from core.text.vectors import WordVectors

if TYPE_CHECKING:
    from core.text.word2vec.model import CBOW

__all__ = ["CBOW_NAME", "SKIP_GRAM_NAME", "WORDS", "cbow", "offered", "vectors"]

CBOW_NAME, SKIP_GRAM_NAME = "word2vec-cbow-prose", "word2vec-skip-gram-prose"
WORDS = "words.txt"
TABLES = ("cbow", "output", "skip-gram")


def offered() -> tuple[str, ...]:
    """The tables there are: CBOW's v ("cbow") and u ("output"), and skip-gram's v where that was trained."""
    return TABLES if SKIP_GRAM_NAME in weights.bundled() else TABLES[:2]


def cbow() -> CBOW:
    """The CBOW that ships. Raises WeightsError."""
    model: Any = weights.load(CBOW_NAME)
    return model


@lru_cache(maxsize=len(TABLES))
def vectors(table: str) -> WordVectors:
    """One of the tables of :func:`offered` with its words. Raises WeightsError."""
    model: Any = weights.load(SKIP_GRAM_NAME if table == "skip-gram" else CBOW_NAME)
    words = tuple(weights.extra(CBOW_NAME, WORDS).decode("utf-8").split("\n"))
    rows = model.output if table == "output" else model.input[: len(words)]
    return WordVectors(words, rows.detach().float().cpu().numpy())
