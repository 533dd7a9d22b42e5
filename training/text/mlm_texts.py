"""Texts of the masked language model: what :mod:`training.text.corpus` has, and modern prose, as one long row of tokens a kind.

Modern prose (passages of Wikipedia that reading-comprehension sets quote, fairy tales, the training part of the shop reviews) is there so
that a reader's own sentence is not foreign to the model. One text in fifty is held out, by its checksum; the reviews' own
validation and test parts are in neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.text.mlm_dropout.bert import CLS, MASK, Bert
from core.text.mlm_dropout.masking import Rule, corrupt
from core.text.tokenizer import Tokenizer, tidy
from training.text.corpus import Document, documents, is_held_out, split
from training.text.packs import lines

__all__ = [
    "EVERY_MASKED",
    "KINDS",
    "HeldOut",
    "Review",
    "Rows",
    "Streams",
    "held_out_rows",
    "reviews",
    "right",
    "texts",
]

VERSE, NOVEL, ESSAY, MODERN, REVIEW = "verse", "novel", "essay", "modern", "review"
KINDS: Mapping[str, float] = {VERSE: 0.1, NOVEL: 0.3, ESSAY: 0.12, MODERN: 0.33, REVIEW: 0.15}
"""How often a row is of each kind: the little modern prose there is comes more often than its share of the characters."""
FORMS = {"小说": NOVEL, "散文": ESSAY}
STOPS = "。！？；\n"
LENGTHS = (16, 32, 64, 96)
"""Tokens of a row, [CLS] included: all rows of a step have one of these, so that nothing is padded and short texts are known too."""
SHORTEST = 8
HELD_ROWS, HELD_LENGTH, HELD_SEED = 64, 64, 5
EVERY_MASKED = Rule(0.15, 1.0, 0.0)
"""How held-out accuracy is asked: 15 % of the characters, all of them masked."""


@dataclass(frozen=True, slots=True)
class Review:
    """One shop review: its ``part`` of the set (train, valid, test), whether it is ``good`` (1) or bad (0), and its tidied text."""

    part: str
    good: int
    text: str


def reviews() -> list[Review]:
    """All reviews of the blog author's set, in its own parts."""
    rows = (line.split("\t", 2) for line in lines("sentiment_bojone.tsv.gz"))
    next(rows)
    return [Review(part, int(good), tidy(text).replace("\n", "，")) for part, good, text in rows]


def _modern() -> Iterator[str]:
    seen: set[str] = set()
    for line in lines("rc_extractive.jsonl.gz"):
        seen.add(json.loads(line)["context"])
    for line in lines("cloze_fairytale.jsonl.gz"):
        made = json.loads(line)
        seen.add("".join(made["doc"]).replace("XXXXX", made["answer"]))
    for text in sorted(seen):
        yield tidy(text).replace("\n", "")


def texts() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """(training, held out): the texts of each kind."""
    train: dict[str, list[str]] = {kind: [] for kind in KINDS}
    held: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for side, found in zip((train, held), split(documents()), strict=True):
        for document in found:
            side[_kind(document)].append(document.body)
    for text in _modern():
        (held if is_held_out(text) else train)[MODERN].append(text)
    for review in reviews():
        if review.part == "train":
            (held if is_held_out(review.text) else train)[REVIEW].append(review.text)
    return train, held


def _kind(document: Document) -> str:
    return FORMS.get(document.form, VERSE)


class Rows:
    """The texts of one kind as one row of tokens, a line break between two; ``starts`` are the places behind a stop."""

    def __init__(self, bodies: Iterable[str], tokenizer: Tokenizer) -> None:
        stops = [tokenizer.ids[c] for c in STOPS if c in tokenizer.ids]
        parts = [
            np.array(tokenizer.encode_plain(body.rstrip("\n") + "\n"), np.int16)
            for body in bodies
            if len(body) >= SHORTEST
        ]
        self.tokens = np.concatenate(parts)
        starts = np.flatnonzero(np.isin(self.tokens[:-1], stops)) + 1
        self.starts = np.concatenate([[0], starts])[: -max(1, len(starts) // 1000)]

    def rows(self, count: int, length: int, picks: np.random.Generator) -> np.ndarray:
        """``count`` rows of ``length`` tokens: [CLS] and what follows a stop chosen at random."""
        usable = self.starts[: np.searchsorted(self.starts, len(self.tokens) - length + 1)]
        at = usable[picks.integers(len(usable), size=count)]
        return np.concatenate([np.full((count, 1), CLS), self.tokens[at[:, None] + np.arange(length - 1)]], 1)


class Streams:
    """All kinds, drawn from as :data:`KINDS` says."""

    def __init__(self, found: Mapping[str, list[str]], tokenizer: Tokenizer) -> None:
        self.kinds = {kind: Rows(bodies, tokenizer) for kind, bodies in found.items() if bodies}

    @property
    def characters(self) -> dict[str, int]:
        """How many characters each kind has."""
        return {kind: len(rows.tokens) for kind, rows in self.kinds.items()}

    def batch(self, tokens: int, rng: torch.Generator) -> Tensor:
        """About ``tokens`` tokens as rows of one length, int64 [rows, length]."""
        picks = np.random.default_rng(int(torch.randint(2**62, (1,), generator=rng, device=rng.device)))
        length = int(picks.choice(LENGTHS))
        weights = np.array([KINDS[kind] for kind in self.kinds])
        counts = picks.multinomial(max(1, tokens // length), weights / weights.sum())
        rows = [one.rows(n, length, picks) for one, n in zip(self.kinds.values(), counts, strict=True) if n]
        return torch.from_numpy(np.concatenate(rows).astype(np.int64))


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Held-out rows of one kind of text: ``tokens`` as they are, ``masked`` as the model sees them, ``chosen`` where it is asked."""

    tokens: Tensor
    masked: Tensor
    chosen: Tensor


def held_out_rows(held: Streams, tokenizer: Tokenizer) -> dict[str, HeldOut]:
    """The rows on which accuracy is measured, the same on every machine."""
    rng = torch.Generator().manual_seed(HELD_SEED)
    made = {}
    for kind, rows in held.kinds.items():
        tokens = torch.from_numpy(rows.rows(HELD_ROWS, HELD_LENGTH, np.random.default_rng(HELD_SEED)).astype(np.int64))
        seen = corrupt(tokens, MASK, tokenizer.first_character, len(tokenizer), rng, EVERY_MASKED)
        made[kind] = HeldOut(tokens, seen.tokens, seen.chosen)
    return made


@torch.no_grad()
def right(model: Bert, rows: HeldOut) -> Tensor:
    """Whether the likeliest character is the masked one, at each asked place: bool [asked]."""
    device = model.bias.device
    hidden = model(rows.masked.to(device))[rows.chosen.to(device)]
    return (model.logits(hidden).argmax(-1) == rows.tokens[rows.chosen].to(device)).cpu()
