"""The text models that ship: each with its tokenizer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core import weights
from core.text.gpt2 import GPT2
from core.text.machines import name_of
from core.text.poem_vae import PoemVAE
from core.text.tokenizer import Tokenizer

__all__ = ["VERSE", "VerseFigures", "couplet_machine", "tokenizer", "verse_figures", "verse_model"]

VERSE = "gpt2-verse"
VOCABULARY = "vocabulary.txt"


@lru_cache(maxsize=4)
def tokenizer(name: str) -> Tokenizer:
    """The tokenizer of the weights ``name``. Raises WeightsError."""
    return Tokenizer.parse(weights.extra(name, VOCABULARY))


def verse_model() -> tuple[GPT2, Tokenizer]:
    """The GPT-2 of verse and prose, and its tokenizer. Raises WeightsError."""
    model: Any = weights.load(VERSE)
    return model, tokenizer(VERSE)


@dataclass(frozen=True, slots=True)
class VerseFigures:
    """What the card of the verse model tells: bits a character of held-out texts of one form (``bits``; NaN where the card has none), of
    held-out regulated verse (``regulated``) and of a bigram model on the same verse (``bigram``); and the ``longest`` and the
    ``mean`` piece, in characters, that 200 samples share word for word with the training texts."""

    bits: float
    regulated: float
    bigram: float
    longest: int
    mean: float


def verse_figures(form: str) -> VerseFigures:
    """The card's figures for texts of ``form``. Raises WeightsError."""
    told = weights.read_card(VERSE).metrics
    return VerseFigures(
        told.get(f"held-out bits/char {form}", float("nan")),
        told["held-out bits/char, regulated"],
        told["bigram bits/char, regulated"],
        int(told["longest verbatim overlap, 200 samples"]),
        told["mean longest overlap"],
    )


def couplet_machine(line: int, weight: float = 1.0) -> tuple[PoemVAE, Tokenizer]:
    """The VAE of couplets with ``line`` (5 or 7) characters a line, trained with ``weight`` on its KL term, and its tokenizer.

    Raises WeightsError.
    """
    name = name_of(line, weight)
    model: Any = weights.load(name)
    return model, tokenizer(name)
