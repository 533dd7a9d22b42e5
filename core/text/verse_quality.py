"""How well a GPT-2 knows verse that it was not trained on: the poems that ship in assets/examples."""

from __future__ import annotations

import numpy as np

from core.data.examples import verse
from core.text.gpt2 import GPT2
from core.text.reading import read
from core.text.tokenizer import Tokenizer

__all__ = ["verse_bits"]


def verse_bits(model: GPT2, tokenizer: Tokenizer) -> float:
    """Mean surprise in bits of a character (ends of poems included) over the shipped poems, given the form alone."""
    return float(np.concatenate([read(model, tokenizer, poem.form, poem.text).bits for poem in verse()]).mean())
