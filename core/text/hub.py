"""Larger Chinese GPT-2s of the Hugging Face hub, each at a pinned revision: fetched on the visitor's choice, then kept.

All are ``GPT2LMHeadModel`` checkpoints by UER (12 layers of 768, 102 million weights, BERT's 21 128 characters), a text
beginning with [CLS]. Their repositories hold ``pytorch_model.bin``; see :func:`core.weights.load_hub` for how it is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from core.progress import Progress
from core.text.decoding import Precision
from core.text.gpt2 import GPT2, from_transformers
from core.text.library import verse_model
from core.text.sampling import Sampling
from core.text.tokenizer import tidy
from core.text.writing import Sheet, Wish, proceed, write
from core.weights import WeightsError, fetch_hub, hub_file, load_hub

__all__ = ["BUNDLED", "CHECKPOINTS", "BertVocabulary", "Checkpoint", "continued", "fetch", "load"]

SEPARATOR, START, UNKNOWN = "[SEP]", "[CLS]", "[UNK]"
BUNDLED = "bundled"
BUNDLED_FORM = "七律"  # what the bundled model goes on in: it has read verse
FETCHING = ("正在取模型……", "Fetching the model …")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A repository and the full commit that is loaded."""

    repository: str
    revision: str
    files: tuple[str, ...] = ("pytorch_model.bin",)


CHECKPOINTS: Mapping[str, Checkpoint] = {
    "cluecorpussmall": Checkpoint("uer/gpt2-chinese-cluecorpussmall", "c2c0249d8a2731f269414cc3b22dff021f8e07a3"),
    "poem": Checkpoint("uer/gpt2-chinese-poem", "6335c88ef6a3362dcdf2e988577b7bafeda6052b"),
    "lyric": Checkpoint("uer/gpt2-chinese-lyric", "4a42fd76daab07d9d7ff95c816160cfb7c21684f"),
    "ancient": Checkpoint("uer/gpt2-chinese-ancient", "3b264872995b09b5d9873e458f3d03a221c00669"),
}


class BertVocabulary:
    """A BERT vocabulary read character by character: what these models' tokenizer does with Chinese text."""

    def __init__(self, lines: list[str]) -> None:
        self.tokens = lines
        self.ids = {token: i for i, token in enumerate(lines)}
        if missing := [mark for mark in (START, SEPARATOR, UNKNOWN) if mark not in self.ids]:
            raise WeightsError(f"词表里没有 {missing}", f"the vocabulary has no {', '.join(missing)}")

    def encode(self, text: str) -> tuple[list[int], tuple[str, ...]]:
        """[CLS] and the characters of ``text`` (lower case, tidied), and those that the vocabulary lacks."""
        text = tidy(text).replace("\n", "").lower()
        unknown = tuple(dict.fromkeys(c for c in text if c not in self.ids))
        return [self.ids[START], *(self.ids.get(c, self.ids[UNKNOWN]) for c in text)], unknown

    def decode(self, tokens: list[int]) -> str:
        """The tokens as text: word pieces joined, no blanks."""
        return "".join(self.tokens[i].removeprefix("##") for i in tokens)

    def writable(self, size: int) -> Tensor:
        """Bool [size]: every token but the marks in brackets; [SEP], which ends a text, is among them."""
        kept = [not (t.startswith("[") and t.endswith("]")) or t == SEPARATOR for t in self.tokens[:size]]
        return torch.tensor(kept + [False] * (size - len(kept)))

    @property
    def end(self) -> int:
        """The token that ends a text."""
        return self.ids[SEPARATOR]


def fetch(name: str) -> Iterator[Progress]:
    """Bring the files of a checkpoint (none for the bundled model) to this machine; WeightsError where that fails."""
    if name == BUNDLED:
        return
    point = CHECKPOINTS[name]
    for progress in fetch_hub(point.repository, point.revision, ("config.json", "vocab.txt", *point.files)):
        yield Progress(progress.fraction, FETCHING)


def load(name: str, cache_dir: Path | None = None) -> tuple[GPT2, BertVocabulary]:
    """The checkpoint ``name`` of :data:`CHECKPOINTS` and its vocabulary.

    Raises KeyError for another name and WeightsError when the network or the files are not there.
    """
    point = CHECKPOINTS[name]
    settings = json.loads(hub_file(point.repository, point.revision, "config.json", cache_dir).read_text("utf-8"))
    lines = (
        hub_file(point.repository, point.revision, "vocab.txt", cache_dir).read_text("utf-8").rstrip("\n").split("\n")
    )
    model = load_hub(
        point.repository,
        point.revision,
        point.files,
        lambda state: from_transformers(settings, state),
        cache_dir=cache_dir,
    )
    return model, BertVocabulary(lines)


def continued(
    checkpoint: str, beginning: str, how: Sampling, count: int, longest: int, seed: int, precision: str
) -> Iterator[Sheet | Progress]:
    """``beginning`` continued by one of :data:`CHECKPOINTS`, or by the bundled model, which makes verse of it.

    ``precision`` is float32 or int8. Raises Refusal as :func:`core.text.writing.write`, and WeightsError as :func:`load`.
    """
    exact = cast(Precision, precision)
    if checkpoint == BUNDLED:
        yield from write(*verse_model(), Wish(BUNDLED_FORM, "", beginning, count, longest, how, seed, precision=exact))
        return
    yield Progress(0.05, FETCHING)
    model, vocabulary = load(checkpoint)
    tokens, unknown = vocabulary.encode(beginning)
    writable = vocabulary.writable(model.config.vocabulary)
    yield from proceed(
        model, tokens, writable, vocabulary.end, vocabulary.decode, how, count, longest, seed, exact,
        unknown, vocabulary.decode(tokens[1:]),
    )  # fmt: skip
