"""Larger Chinese GPT-2s of the Hugging Face hub, each at a pinned revision: fetched on the visitor's choice, then kept.

All are ``GPT2LMHeadModel`` checkpoints by UER (12 layers of 768, 102 million weights, BERT's 21 128 characters), a text
beginning with [CLS]. Their repositories hold ``pytorch_model.bin``; see :func:`core.weights.load_hub` for how it is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from core.progress import Progress
from core.text.decoding import Precision
from core.text.gpt2 import GPT2, from_transformers
from core.text.library import verse_model
from core.text.sampling import Sampling
from core.text.tokenizer import simplified
from core.text.writing import Sheet, Wish, proceed, write
from core.weights import WeightsError, fetch_hub, hub_file, load_hub

__all__ = ["BUNDLED", "CHECKPOINTS", "BertVocabulary", "Checkpoint", "continued", "fetch", "load"]

SEPARATOR, START, UNKNOWN = "[SEP]", "[CLS]", "[UNK]"
BUNDLED = "bundled"
BUNDLED_FORM = "七律"  # what the bundled model goes on in: it has read verse
PIECE = "##"  # before a token that goes on a word
LONGEST_WORD = 100  # characters; BERT takes longer words for unknown
WORD = re.compile(r"[0-9a-z]{2}", re.IGNORECASE)
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
    """A BERT vocabulary and its tokenizer: Chinese character by character, runs of letters and digits in word pieces.

    As BERT does (lower case, accents off, [UNK] for a word that no pieces make), by the tokenizers library. Marks such as
    [SEP] that a reader types are text. Raises WeightsError where the vocabulary lacks a mark that texts need.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        from tokenizers import Tokenizer
        from tokenizers.models import WordPiece
        from tokenizers.normalizers import BertNormalizer
        from tokenizers.pre_tokenizers import BertPreTokenizer

        self.tokens = tuple(lines)
        self.ids = {token: i for i, token in enumerate(lines)}
        if missing := [mark for mark in (START, SEPARATOR, UNKNOWN) if mark not in self.ids]:
            raise WeightsError(f"词表里没有 {'、'.join(missing)}", f"the vocabulary has no {', '.join(missing)}")
        self._pieces = Tokenizer(WordPiece(self.ids, unk_token=UNKNOWN, max_input_chars_per_word=LONGEST_WORD))
        self._pieces.normalizer = BertNormalizer(lowercase=True)
        self._pieces.pre_tokenizer = BertPreTokenizer()

    @staticmethod
    def parse(data: bytes) -> BertVocabulary:
        """The vocabulary of a vocab.txt: a token a line, lines ended by line feeds alone, as U+2028 is a token of its own."""
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise WeightsError("vocab.txt 不是 UTF-8 文本", "vocab.txt is not UTF-8 text") from error
        return BertVocabulary([line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")])

    def encode(self, text: str) -> tuple[list[int], tuple[str, ...]]:
        """[CLS] and the pieces of ``text`` in simplified characters; and the characters and words that the vocabulary lacks."""
        text = simplified(text.encode("utf-8", "ignore").decode("utf-8"))  # lone surrogates go
        found = self._pieces.encode(text, add_special_tokens=False)
        unknown = (
            text[start:end] for i, (start, end) in zip(found.ids, found.offsets, strict=True) if i == self.ids[UNKNOWN]
        )
        return [self.ids[START], *found.ids], tuple(dict.fromkeys(unknown))

    def decode(self, tokens: Sequence[int]) -> str:
        """The tokens as text: word pieces joined, a blank between words of letters and digits."""
        text = ""
        for token in (self.tokens[i] for i in tokens):
            if token.startswith(PIECE) and len(token) > len(PIECE):
                text += token.removeprefix(PIECE)
            else:
                text += f" {token}" if WORD.fullmatch(text[-1:] + token[:1]) else token
        return text

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

    Raises KeyError for another name, WeightsError when the network or the files are not there or damaged, and Refusal for
    a checkpoint that is no GPT-2 (:func:`core.text.gpt2.from_transformers`).
    """
    point = CHECKPOINTS[name]
    settings = _settings(hub_file(point.repository, point.revision, "config.json", cache_dir).read_bytes())
    vocabulary = BertVocabulary.parse(hub_file(point.repository, point.revision, "vocab.txt", cache_dir).read_bytes())
    model = load_hub(
        point.repository,
        point.revision,
        point.files,
        lambda state: from_transformers(settings, state),
        cache_dir=cache_dir,
    )
    if (tokens := len(vocabulary.tokens)) > (rows := model.config.vocabulary):
        zh = f"vocab.txt 有 {tokens} 个词，而模型只有 {rows} 个"
        raise WeightsError(zh, f"vocab.txt has {tokens} tokens, but the model {rows}")
    return model, vocabulary


def _settings(data: bytes) -> Mapping[str, Any]:
    try:
        settings = json.loads(data)
    except ValueError as error:
        raise WeightsError("config.json 已损坏：不是 JSON", "config.json is damaged: it is not JSON") from error
    if not isinstance(settings, dict):
        raise WeightsError("config.json 不是一组设置", "config.json holds no settings")
    return settings


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
        model, tokens, writable, vocabulary.end, lambda new: vocabulary.decode([*tokens[1:], *new]), how, count, longest,
        seed, exact, unknown,
    )  # fmt: skip
