"""The text models that ship: each with its tokenizer."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from core import weights
from core.text.gpt2 import GPT2
from core.text.poem_vae import PoemVAE
from core.text.tokenizer import Tokenizer

__all__ = ["VERSE", "couplet_machine", "tokenizer", "verse_model"]

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


def couplet_machine(line: int) -> tuple[PoemVAE, Tokenizer]:
    """The VAE of couplets with ``line`` (5 or 7) characters a line, and its tokenizer. Raises WeightsError."""
    name = f"poem-vae-{line}"
    model: Any = weights.load(name)
    return model, tokenizer(name)
