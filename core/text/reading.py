"""What a GPT-2 thinks of a text: the probability of each character, what else it expected, and where its heads look."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from core.refusal import Refusal
from core.text.gpt2 import GPT2
from core.text.prosody import MARKS
from core.text.sampling import Sampling, probabilities
from core.text.tokenizer import BODY, END, UNKNOWN, Tokenizer

__all__ = [
    "HABITS", "Attention", "Candidates", "Judgement", "Reading", "attend", "attention", "candidates", "encoded", "judge", "read", "strip_unknown",
]  # fmt: skip

HABITS = ("marks", "itself", "stops", "before", "above", "rest")
"""Where a head may look: the marks of form and title, the character itself, punctuation, the character before, the character of the line
above that stands where the coming one will stand (its partner in a parallel couplet), anything else. What is two of these is counted
as the first."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text judged: its ``characters`` ([END] last, as an empty string), ``bits`` of surprise of each, and the ``rank`` of each (1: likeliest)."""

    characters: tuple[str, ...]
    bits: np.ndarray
    ranks: np.ndarray

    @property
    def per_character(self) -> float:
        """Mean surprise in bits, the end of the text included."""
        return float(self.bits.mean())


@dataclass(frozen=True, slots=True)
class Candidates:
    """The likeliest next tokens: their ``characters`` (「完」 for the end), probabilities ``p`` of the model and ``kept`` after sampling's filters.

    ``mass`` is the model's mass on all tokens that the filters keep, ``count`` how many they are.
    """

    characters: tuple[str, ...]
    p: np.ndarray
    kept: np.ndarray
    mass: float
    count: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """A text as the model reads it: ``bits`` of surprise and ``ranks`` of its characters (arrays [n]; 1: likeliest), and what may follow.

    ``unknown`` are the characters that the vocabulary lacks: left out of ``text``.
    """

    text: str
    bits: np.ndarray
    ranks: np.ndarray
    following: Candidates
    unknown: tuple[str, ...]

    @property
    def mean(self) -> float:
        """Mean surprise of a character in bits."""
        return float(self.bits.mean())

    @property
    def most(self) -> int:
        """The place of the most surprising character."""
        return int(self.bits.argmax())


@dataclass(frozen=True, slots=True)
class Attention:
    """Where the heads look while a text is read.

    ``names`` of the tokens (n, the marks of form and title first), ``weights`` [L, heads, n, n] (row: who looks), ``habits``
    [L, heads, len(HABITS)]: the mean share of a character's attention that goes to each of :data:`HABITS`. ``unknown`` are the
    characters that were left out.
    """

    names: tuple[str, ...]
    weights: np.ndarray
    habits: np.ndarray
    unknown: tuple[str, ...]

    def ranked(self, layer: int, head: int) -> tuple[tuple[str, float], ...]:
        """The habits of a head, both counted from 1, with their shares, the largest first; "rest" is left aside."""
        shares = self.habits[layer - 1, head - 1, :-1]
        return tuple((HABITS[k], float(shares[k])) for k in np.argsort(-shares))

    @property
    def most_parallel(self) -> tuple[tuple[int, int], float]:
        """(layer and head, from 1, that look most at the coming character's partner in the line above; their share)."""
        shares = self.habits[..., HABITS.index("above")]
        layer, head = np.unravel_index(shares.argmax(), shares.shape)
        return (int(layer) + 1, int(head) + 1), float(shares.max())

    @property
    def wall(self) -> np.ndarray:
        """All maps side by side, layers down and heads across, as roots of the weights, one column or row of NaN between two."""
        layers, heads, n, _ = self.weights.shape
        padded = np.full((layers, heads, n + 1, n + 1), np.nan, np.float32)
        padded[..., :n, :n] = np.sqrt(self.weights)
        return padded.swapaxes(1, 2).reshape(layers * (n + 1), heads * (n + 1))[:-1, :-1]


def strip_unknown(tokenizer: Tokenizer, text: str) -> tuple[str, tuple[str, ...]]:
    """(the tidied text without what the vocabulary lacks, what that was)."""
    encoded = tokenizer.encode(text)
    return "".join(c for c in encoded.characters if c in tokenizer.ids), encoded.unknown


@torch.inference_mode()
def read(model: GPT2, tokenizer: Tokenizer, form: str, text: str, title: str = "") -> Reading:
    """Judge ``text`` (tidied; at most what the context holds) behind the tokens of its form and title.

    Raises Refusal when there is nothing to read or it is too long.
    """
    tokens = encoded(model, tokenizer, form, text, title)
    start = len(tokens) - len(text)
    row = torch.tensor([[*tokens, END]], device=model.embedding.weight.device)
    logp = model(row[:, :-1])[0, start - 1 :].float().log_softmax(1)
    mine = logp.gather(1, row[0, start:, None])
    ranks = (logp > mine).sum(1) + 1
    return Reading((*text, ""), (-mine[:, 0] / math.log(2)).cpu().numpy(), ranks.cpu().numpy())


@torch.inference_mode()
def candidates(
    model: GPT2, tokenizer: Tokenizer, form: str, text: str, how: Sampling, count: int = 20, title: str = ""
) -> Candidates:
    """What may follow ``text`` (may be empty): the ``count`` likeliest, and what ``how`` leaves of them."""
    tokens = encoded(model, tokenizer, form, text, title, empty=True)
    logits = model(torch.tensor([tokens], device=model.embedding.weight.device))[:, -1].float().cpu()
    logits[:, : tokenizer.first_character] = torch.where(
        torch.arange(tokenizer.first_character) == END, logits[:, : tokenizer.first_character], -torch.inf
    )
    p = logits.softmax(1)
    kept = probabilities(logits, how)
    first = p[0].topk(count).indices
    names = tuple(
        "完" if i == END else "↵" if tokenizer.tokens[i] == "\n" else tokenizer.tokens[i] for i in first.tolist()
    )
    there = kept[0] > 0
    return Candidates(names, p[0, first].numpy(), kept[0, first].numpy(), float(p[0, there].sum()), int(there.sum()))


def attention(
    model: GPT2, tokenizer: Tokenizer, form: str, text: str, title: str = ""
) -> tuple[tuple[str, ...], np.ndarray]:
    """(names of the tokens, attention weights [L, heads, n, n]) over form, title and ``text``; row: who looks."""
    tokens = encoded(model, tokenizer, form, text, title)
    maps = model.attention_maps(torch.tensor([tokens], device=model.embedding.weight.device))
    return tuple(tokenizer.tokens[i] for i in tokens), maps[:, 0].cpu().numpy()


def judge(model: GPT2, tokenizer: Tokenizer, form: str, text: str, how: Sampling) -> Judgement:
    """What the model makes of a text as a reader types it, and what ``how`` leaves of the characters that may follow.

    Raises Refusal as :func:`read`.
    """
    kept, unknown = strip_unknown(tokenizer, text)
    reading = read(model, tokenizer, form, kept)
    following = candidates(model, tokenizer, form, kept, how)
    return Judgement(kept, reading.bits[:-1], reading.ranks[:-1], following, unknown)


def attend(model: GPT2, tokenizer: Tokenizer, form: str, text: str) -> Attention:
    """Where the heads look while a text is read, as a reader types it. Raises Refusal as :func:`read`."""
    kept, unknown = strip_unknown(tokenizer, text)
    names, weights = attention(model, tokenizer, form, kept)
    kinds = _kinds(kept, len(names) - len(kept))
    looks = [
        i for i, kind in enumerate(kinds.diagonal()) if kind == HABITS.index("itself") and not MARKS.match(names[i])
    ]
    one_hot = kinds[..., None] == np.arange(len(HABITS))  # [n, n, habits]
    shares = np.einsum("lhij,ijk->lhk", weights[:, :, looks], one_hot[looks]) / max(len(looks), 1)
    return Attention(names, weights, shares.astype(np.float32), unknown)


def _kinds(text: str, head: int) -> np.ndarray:
    """[n, n]: which of HABITS it is when token i looks at token j; ``head`` marks stand before ``text``."""
    n = head + len(text)
    line, place, stop = np.full(n, -9), np.full(n, -9), np.zeros(n, bool)
    at_line = at_place = 0
    for i, character in enumerate(text, head):
        if MARKS.match(character):
            stop[i], at_line, at_place = True, at_line + 1, 0
        else:
            line[i], place[i], at_place = at_line, at_place, at_place + 1
    i, j = np.indices((n, n))
    tests = (j < head, i == j, stop[j], j == i - 1, (line[j] == line[i] - 1) & (place[j] == place[i] + 1))
    return np.select(tests, range(len(tests)), len(tests))


def encoded(model: GPT2, tokenizer: Tokenizer, form: str, text: str, title: str = "", empty: bool = False) -> list[int]:
    """The tokens of form, title and ``text``; Refusal for an unknown form, no text, one too long or with unknown characters."""
    if form not in tokenizer.forms:
        raise Refusal(
            f"应为 {'、'.join(tokenizer.forms)} 之一", f"one of {'、'.join(tokenizer.forms)}", input="form", value=form
        )
    if not text and not empty:
        raise Refusal("没有可读的字；请输入几个汉字", "nothing to read; type a few Chinese characters", input="text")
    head = [tokenizer.form(form), *tokenizer.encode_plain(title), BODY]
    if len(head) + len(text) > model.config.context:
        room = model.config.context - len(head)
        raise Refusal(f"{len(text)} 个字，最多 {room} 个", f"{len(text)} characters; at most {room} fit", input="text")
    tokens = tokenizer.encode_plain(text)
    if UNKNOWN in tokens:
        said = " ".join(c for c in text if c not in tokenizer.ids)
        raise Refusal(f"词表里没有 {said}", f"not in the vocabulary: {said}", input="text")
    return [*head, *tokens]
