"""Inside a GPT-2: what each layer would already guess, and what is lost when a head is switched off.

The guess at a layer reads its hidden state as if it were the last: logits = h_l Eᵀ, after the final norm where the block has
one (the "logit lens", nostalgebraist 2020; Belrose et al. 2023, arXiv:2303.08112). At layer 0 that is the embedding of the
present character; at the last layer it is the model's own prediction.

A head is switched off by putting 0 in place of its part of what ``mixed`` takes, as in Michel et al. 2019 (arXiv:1905.10650):
its bias and the other heads stay.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.text.gpt2 import GPT2
from core.text.reading import encoded, strip_unknown
from core.text.tokenizer import END, UNKNOWN, Tokenizer

__all__ = ["Ablation", "Lens", "ablate", "guesses", "lens_logits", "switched_off"]

WORST = 3  # heads that are named


@dataclass(frozen=True, slots=True)
class Lens:
    """The guess at every layer before each character of a text.

    ``characters`` (n; what comes), ``first`` [L + 1][n]: the likeliest character by the layer (layer 0: the embedding),
    ``bits`` [L + 1, n]: surprise at the one that comes, ``ranks`` [L + 1, n] (1: likeliest). ``unknown`` characters were left out.
    """

    characters: tuple[str, ...]
    first: tuple[tuple[str, ...], ...]
    bits: np.ndarray
    ranks: np.ndarray
    unknown: tuple[str, ...]

    @property
    def mean(self) -> np.ndarray:
        """Bits a character by layer [L + 1]."""
        return self.bits.mean(1)

    @property
    def right(self) -> np.ndarray:
        """By layer, how many characters are its first guess [L + 1]."""
        return (self.ranks == 1).sum(1)

    @property
    def repeated(self) -> np.ndarray:
        """By layer, at how many places the first guess is the character just read, not one to come [L + 1]."""
        return np.array([sum(map(str.__eq__, row[1:], self.characters[:-1])) for row in self.first])

    @property
    def turns(self) -> int | None:
        """The first layer that repeats the character just read at fewer than half of the places; None where there is none."""
        there = np.flatnonzero(2 * self.repeated < len(self.characters) - 1)
        return int(there[0]) if len(there) else None

    @property
    def settled(self) -> np.ndarray:
        """For each character, the first layer from which on the first guess stays what the last layer says [n]."""
        same = np.array([[one == last for one, last in zip(row, self.first[-1], strict=True)] for row in self.first])
        return len(self.first) - np.logical_and.accumulate(same[::-1]).sum(0)

    @property
    def mean_settled(self) -> float:
        """The mean of ``settled``."""
        return float(self.settled.mean())


@dataclass(frozen=True, slots=True)
class Ablation:
    """A text read with every head switched off in turn.

    ``whole`` [n] bits of the characters by the whole model, ``bits`` [L, heads, n] with one head off. ``unknown`` characters
    were left out.
    """

    characters: tuple[str, ...]
    whole: np.ndarray
    bits: np.ndarray
    unknown: tuple[str, ...]

    @property
    def mean(self) -> float:
        """Bits a character of the whole model."""
        return float(self.whole.mean())

    @property
    def lost(self) -> np.ndarray:
        """Bits a character that the text costs more without a head [L, heads]; below 0 where it reads better without."""
        return self.bits.mean(2) - self.whole.mean()

    @property
    def worst(self) -> tuple[tuple[int, int, float], ...]:
        """(layer, head, both from 1, bits lost) of the heads that are missed most."""
        lost = self.lost
        order = np.argsort(-lost, axis=None)[:WORST]
        places = [np.unravel_index(k, lost.shape) for k in order]
        return tuple((int(i) + 1, int(j) + 1, float(lost[i, j])) for i, j in places)

    @property
    def better(self) -> int:
        """How many heads the text is read better without."""
        return int((self.lost < 0).sum())

    def loss_of(self, layer: int, head: int) -> float:
        """Bits a character lost without a head, both counted from 1."""
        return float(self.lost[layer - 1, head - 1])

    def without(self, layer: int, head: int) -> np.ndarray:
        """Bits more of each character without a head, both counted from 1 [n]."""
        return self.bits[layer - 1, head - 1] - self.whole

    def over(self, layer: int, head: int, part: str) -> float:
        """Bits more of the first ``part`` of the text without a head, both counted from 1, in all. ValueError where it does not stand."""
        first = "".join(self.characters).index(part)
        return float(self.without(layer, head)[first : first + len(part)].sum())

    def hit_most(self, layer: int, head: int) -> int:
        """The place of the character that misses this head most."""
        return int(self.without(layer, head).argmax())


@torch.no_grad()
def lens_logits(model: GPT2, tokens: Tensor) -> Tensor:
    """Logits [L + 1, B, n, V] of every layer's hidden state over ``tokens`` [B, n]; the last are the model's own."""
    states: list[Tensor] = []

    def enter(block: Any, arguments: tuple[Tensor, ...]) -> None:
        if not states:
            states.append(arguments[0])

    def leave(_block: Any, _arguments: Any, out: Any) -> None:
        states.append(out)

    hooks = [model.blocks[0].register_forward_pre_hook(enter)]
    hooks += [block.register_forward_hook(leave) for block in model.blocks]
    try:
        model.hidden(tokens)
    finally:
        for hook in hooks:
            hook.remove()
    norm = model.norm if model.config.block == "gpt2" else torch.nn.Identity()
    return torch.stack([F.linear(norm(state), model.output) for state in states])


@contextmanager
def switched_off(model: GPT2, keep: Tensor) -> Iterator[None]:
    """Within it, row b of a batch is read with the heads that ``keep`` [B, L, heads] multiplies by 0 switched off."""
    width = model.config.width // model.config.heads

    def silence(layer: int) -> Any:
        def hook(_mixed: Any, arguments: tuple[Tensor, ...]) -> tuple[Tensor]:
            return (arguments[0] * keep[:, layer].repeat_interleave(width, 1)[:, None],)

        return hook

    hooks = [block.mixed.register_forward_pre_hook(silence(layer)) for layer, block in enumerate(model.blocks)]  # type: ignore[union-attr]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


@torch.no_grad()
def guesses(model: GPT2, tokenizer: Tokenizer, form: str, text: str) -> Lens:
    """What every layer would guess before each character of a text as a reader types it. Raises Refusal as ``reading.read``."""
    kept, unknown = strip_unknown(tokenizer, text)
    row, start = _row(model, tokenizer, form, kept)
    logits = lens_logits(model, row[:, :-1])[:, 0, start - 1 :].float()
    allowed = torch.ones(logits.shape[-1], dtype=torch.bool, device=logits.device)
    allowed[: tokenizer.first_character] = False
    allowed[END] = True
    first = logits.masked_fill(~allowed, -torch.inf).argmax(-1).tolist()
    logp = logits.log_softmax(-1)
    mine = logp.gather(-1, row[:, start:].expand(len(logits), -1)[..., None])
    named = tuple(tuple(_name(tokenizer, i) for i in layer) for layer in first)
    bits, ranks = -mine[..., 0] / math.log(2), (logp > mine).sum(-1) + 1
    return Lens(tuple(kept), named, bits.cpu().numpy(), ranks.cpu().numpy(), unknown)


@torch.no_grad()
def ablate(model: GPT2, tokenizer: Tokenizer, form: str, text: str) -> Ablation:
    """A text as a reader types it, read by the whole model and without each head. Raises Refusal as ``reading.read``."""
    kept, unknown = strip_unknown(tokenizer, text)
    row, start = _row(model, tokenizer, form, kept)
    layers, heads = model.config.layers, model.config.heads
    keep = torch.ones(1 + layers * heads, layers * heads, device=row.device)
    keep[1:].fill_diagonal_(0)
    with switched_off(model, keep.view(-1, layers, heads)):
        logits = model(row[:, :-1].expand(len(keep), -1))[:, start - 1 :].float()
    mine = logits.gather(-1, row[:, start:].expand(len(keep), -1)[..., None])[..., 0]
    bits = ((logits.logsumexp(-1) - mine) / math.log(2)).cpu().numpy()
    return Ablation(tuple(kept), bits[0], bits[1:].reshape(layers, heads, -1), unknown)


def _row(model: GPT2, tokenizer: Tokenizer, form: str, text: str) -> tuple[Tensor, int]:
    """(tokens [1, n], the place of the text's first): form and text, without the end."""
    tokens = encoded(model, tokenizer, form, text)
    return torch.tensor([tokens], device=model.embedding.weight.device), len(tokens) - len(text)


def _name(tokenizer: Tokenizer, token: int) -> str:
    """How a guess is written into a cell."""
    return (
        "完"
        if token == END
        else "↵"
        if tokenizer.tokens[token] == "\n"
        else "□"
        if token == UNKNOWN
        else tokenizer.tokens[token]
    )
