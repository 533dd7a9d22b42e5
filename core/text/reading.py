"""What a GPT-2 thinks of a text: the probability of each character, what else it expected, and where its heads look."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from core.refusal import Refusal
from core.text.gpt2 import GPT2
from core.text.sampling import Sampling, probabilities
from core.text.tokenizer import BODY, END, UNKNOWN, Tokenizer

__all__ = ["Candidates", "Reading", "attention", "candidates", "read", "strip_unknown"]


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


def strip_unknown(tokenizer: Tokenizer, text: str) -> tuple[str, tuple[str, ...]]:
    """(the tidied text without what the vocabulary lacks, what that was)."""
    encoded = tokenizer.encode(text)
    return "".join(c for c in encoded.characters if c in tokenizer.ids), encoded.unknown


@torch.inference_mode()
def read(model: GPT2, tokenizer: Tokenizer, form: str, text: str, title: str = "") -> Reading:
    """Judge ``text`` (tidied; at most what the context holds) behind the tokens of its form and title.

    Raises Refusal when there is nothing to read or it is too long.
    """
    tokens = _tokens(model, tokenizer, form, text, title)
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
    tokens = _tokens(model, tokenizer, form, text, title, empty=True)
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
    tokens = _tokens(model, tokenizer, form, text, title)
    maps = model.attention_maps(torch.tensor([tokens], device=model.embedding.weight.device))
    return tuple(tokenizer.tokens[i] for i in tokens), maps[:, 0].cpu().numpy()


def _tokens(model: GPT2, tokenizer: Tokenizer, form: str, text: str, title: str, empty: bool = False) -> list[int]:
    if form not in tokenizer.forms:
        raise Refusal(
            f"form = {form}：应为 {'、'.join(tokenizer.forms)} 之一",
            f"form = {form}: one of {'、'.join(tokenizer.forms)}",
        )
    if not text and not empty:
        raise Refusal("text：没有可读的字；请输入几个汉字", "text: nothing to read; type a few Chinese characters")
    head = [tokenizer.form(form), *tokenizer.encode_plain(title), BODY]
    if len(head) + len(text) > model.config.context:
        room = model.config.context - len(head)
        raise Refusal(f"text：{len(text)} 个字，最多 {room} 个", f"text: {len(text)} characters; at most {room} fit")
    tokens = tokenizer.encode_plain(text)
    if UNKNOWN in tokens:
        said = " ".join(c for c in text if c not in tokenizer.ids)
        raise Refusal(f"text：词表里没有 {said}", f"text: not in the vocabulary: {said}")
    return [*head, *tokens]
