"""A reader's text as the small BERT reads it: what it puts in the place of what is masked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from core import weights
from core.refusal import Refusal
from core.text.library import tokenizer as tokenizer_of
from core.text.mlm_dropout.bert import CLS, MASK, Bert
from core.text.tokenizer import UNKNOWN, Tokenizer, is_han

__all__ = ["MOST", "NAME", "Filled", "Read", "blanks", "fill", "model", "read"]

NAME = "bert-dropout"
MOST = 64  # characters of a reader's text
WRITTEN_MASK = re.compile(
    "[\\[\uff3b]\\s*mask\\s*[\\]\uff3d]|[_\uff3f□]", re.IGNORECASE
)  # both widths of brackets and line
BLANK, BREAK = "□", "↵"
LIKELIEST = 5


def model() -> tuple[Bert, Tokenizer]:
    """The shipped model and its tokenizer. Raises WeightsError."""
    found: Any = weights.load(NAME)
    return found, tokenizer_of(NAME)


@dataclass(frozen=True, slots=True)
class Read:
    """A text as ``tokens``, [CLS] first; ``names`` of the tokens (□ for a mask); ``asked`` where the reader put a mask, [n]; what is ``unknown``."""

    tokens: tuple[int, ...]
    names: tuple[str, ...]
    asked: np.ndarray
    unknown: tuple[str, ...]

    @property
    def characters(self) -> str:
        """The text, □ for what the reader masked and for what is unknown."""
        return "".join(self.names[1:])


def read(text: str, tokenizer: Tokenizer, most: int = MOST) -> Read:
    """The text as a reader types it; [MASK], _ or □ stand for one masked character. Raises Refusal."""
    tokens, names, unknown = [CLS], ["[CLS]"], []
    parts = WRITTEN_MASK.split(text)
    for k, part in enumerate(parts):
        if k:
            tokens.append(MASK)
            names.append(BLANK)
        encoded = tokenizer.encode(part)
        tokens += encoded.tokens
        names += [
            BLANK if token == UNKNOWN else _shown(c)
            for token, c in zip(encoded.tokens, encoded.characters, strict=True)
        ]
        unknown += encoded.unknown
    body = tokens[1:]
    if not any(is_han(name) for name in names[1:]):
        lost = " ".join(dict.fromkeys(unknown))
        zh = f"没有词表里的汉字（{lost}）" if lost else "没有可读的汉字；请输入一句话"
        en = (
            f"has no Chinese character of the vocabulary ({lost})"
            if lost
            else "has no Chinese character; type a sentence"
        )
        raise Refusal(zh, en, input="text")
    if len(body) > most:
        raise Refusal(
            f"有 {len(body)} 个字，最多 {most} 个", f"has {len(body)} characters; at most {most} fit", input="text"
        )
    asked = np.array([token == MASK for token in tokens])
    return Read(tuple(tokens), tuple(names), asked, tuple(dict.fromkeys(unknown)))


def blanks(text: Read, ratio: float, seed: int) -> np.ndarray:
    """Where ``text`` is masked, bool [n]: where its reader asks, and ``ratio`` of the other characters, at least one place in all.

    The same seed masks the same characters first, so that a larger ratio masks them and more.
    """
    free = np.flatnonzero([token not in (CLS, MASK, UNKNOWN) for token in text.tokens])
    order = np.random.default_rng(seed).permutation(free)
    count = round(ratio * len(free))
    if not text.asked.any():
        count = max(count, 1)
    chosen = text.asked.copy()
    chosen[order[:count]] = True
    return chosen


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with masks and what the model puts there.

    ``text`` as it was read; ``places`` [m] of the masks in it ([CLS] is 0); for each the ``likeliest`` characters and their probabilities
    ``p`` [m, 5]; ``truth`` what stood there ("" where the reader masked it), its probability ``own`` (NaN then) and its ``rank`` (0 then).
    ``common`` is the commonest character of the training texts.
    """

    text: Read
    places: np.ndarray
    likeliest: tuple[tuple[str, ...], ...]
    p: np.ndarray
    truth: tuple[str, ...]
    own: np.ndarray
    rank: np.ndarray
    common: str

    @property
    def known(self) -> int:
        """At how many masks the truth is known."""
        return sum(1 for one in self.truth if one)

    @property
    def right(self) -> int:
        """How often the likeliest character is the true one."""
        return int((self.rank == 1).sum())

    @property
    def among(self) -> int:
        """How often the true one is among the five likeliest."""
        return int(((self.rank >= 1) & (self.rank <= LIKELIEST)).sum())

    @property
    def guessed(self) -> int:
        """How often the commonest character would be right."""
        return sum(one == self.common for one in self.truth)

    @property
    def completed(self) -> str:
        """The text with the likeliest character at every mask."""
        names = list(self.text.names)
        for place, best in zip(self.places, self.likeliest, strict=True):
            names[place] = best[0]
        return "".join(names[1:])

    @property
    def blanked(self) -> str:
        """The text with □ at every mask."""
        names = list(self.text.names)
        for place in self.places.tolist():
            names[place] = BLANK
        return "".join(names[1:])

    @property
    def sureness(self) -> np.ndarray:
        """The probability of the likeliest character at the masks, 0 elsewhere; one a character of the text."""
        shades = np.zeros(len(self.text.tokens))
        shades[self.places] = self.p[:, 0]
        return shades[1:]

    @property
    def missed(self) -> np.ndarray:
        """One minus the probability of the true character at the masks where it is known, 0 elsewhere; one a character of the text."""
        shades = np.zeros(len(self.text.tokens))
        shades[self.places] = np.nan_to_num(1 - self.own)
        return shades[1:]


@torch.inference_mode()
def fill(text: str, ratio: float, seed: int, with_model: tuple[Bert, Tokenizer] | None = None) -> Filled:
    """What the model puts in the place of the masks. Raises Refusal."""
    bert, tokenizer = with_model or model()
    found = read(text, tokenizer)
    chosen = blanks(found, ratio, seed)
    device = bert.bias.device
    tokens = torch.tensor(found.tokens, device=device)
    mask = torch.from_numpy(chosen).to(device)
    p = character_probabilities(bert, bert(torch.where(mask, MASK, tokens)[None])[0, mask], tokenizer.first_character)
    best = p.topk(LIKELIEST)
    places = np.flatnonzero(chosen)
    truths = [tokenizer.tokens[found.tokens[k]] if not found.asked[k] else "" for k in places]
    own, rank = np.full(len(places), np.nan), np.zeros(len(places), int)
    for row, (k, truth) in enumerate(zip(places, truths, strict=True)):
        if truth:
            mine = p[row, found.tokens[k]]
            own[row], rank[row] = float(mine), 1 + int((p[row] > mine).sum())
    names = tuple(tuple(_shown(tokenizer.tokens[i]) for i in row) for row in best.indices.tolist())
    return Filled(
        found, places, names, best.values.cpu().numpy(), tuple(_shown(one) for one in truths), own, rank,
        tokenizer.tokens[tokenizer.first_character],
    )  # fmt: skip


def character_probabilities(bert: Bert, h: torch.Tensor, first: int) -> torch.Tensor:
    """p of every token [..., V] at h [..., h_L], in float64 on the CPU; the marks, below ``first``, cannot stand in a text and get none."""
    logits = bert.logits(h).cpu().double()  # not every device has doubles
    logits[..., :first] = -torch.inf
    return logits.softmax(-1)


def _shown(token: str) -> str:
    return BREAK if token == "\n" else token
