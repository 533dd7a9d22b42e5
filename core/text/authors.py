"""Texts that grow: each author knows what it may write next, freely or at the places of a plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from core.text.plans import Slot
from core.text.prosody import ORDERS, readings, rhyme
from core.text.tokenizer import END, Tokenizer, is_han

__all__ = ["Author", "Marks", "Poet", "marks_of"]


class Marks:
    """Sets of tokens as bool [V]: which are Chinese characters, of level tone, oblique, of each rhyme."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        size, first = len(tokenizer), tokenizer.first_character
        characters = tokenizer.tokens[first:]
        self.text = torch.tensor(tokenizer.written)
        self.han = torch.zeros(size, dtype=torch.bool)
        self.han[first:] = torch.tensor([is_han(c) for c in characters]) & self.text[first:]
        self._tones: dict[str, Tensor] = {}

    def tone(self, wanted: str) -> Tensor:
        """Chinese characters that have a reading in the tone ``wanted``: 平, 仄, or 中 for either."""
        if wanted == "中":
            return self.han
        if not self._tones:
            first = self.tokenizer.first_character
            kinds = [{r.tone == "平" for r in readings(c)} for c in self.tokenizer.tokens[first:]]
            tones = {}
            for name, level in (("平", True), ("仄", False)):
                tones[name] = torch.zeros_like(self.han)
                tones[name][first:] = torch.tensor([level in kind for kind in kinds]) & self.han[first:]
            self._tones = tones
        return self._tones[wanted]

    def rhyming(self, rhymes: frozenset[str]) -> Tensor:
        """Tokens with a level-tone rhyme among ``rhymes`` (any, when that is empty)."""
        table = _rhyming(self.tokenizer)
        some = rhymes or frozenset(table)
        return torch.stack([table[name] for name in some if name in table]).any(0)


@lru_cache(maxsize=8)
def marks_of(tokenizer: Tokenizer) -> Marks:
    """The sets of ``tokenizer``, kept for the next time."""
    return Marks(tokenizer)


@lru_cache(maxsize=8)
def _rhyming(tokenizer: Tokenizer) -> Mapping[str, Tensor]:
    found: dict[str, Tensor] = {}
    for i, character in enumerate(tokenizer.tokens):
        for name in rhyme(character) if len(character) == 1 else ():
            found.setdefault(name, torch.zeros(len(tokenizer), dtype=torch.bool))[i] = True
    return found


class Author:
    """One text that grows: what it may take, and its random numbers."""

    def __init__(self, text: Tensor, end: int, seed: int, number: int, given: list[int], longest: int) -> None:
        self.text, self.end, self.longest = text, end, longest
        self.rng = np.random.default_rng((seed, number))
        self.tokens = list(given)
        self.surprisal, self.drawn = 0.0, 0
        self.done = False

    @property
    def bits(self) -> float:
        """Mean surprisal of what was drawn."""
        return self.surprisal / max(self.drawn, 1)

    @property
    def fraction(self) -> float:
        """How much of the longest text is written."""
        return 1.0 if self.done else len(self.tokens) / self.longest

    @property
    def ahead(self) -> int | None:
        """The token that must follow the one drawn now; None where anything may."""
        return None

    def allowed(self) -> Tensor:
        """Bool [V]: what may come next."""
        return self.text

    def take(self, token: int, p: float) -> None:
        """Write ``token``, which was drawn with probability ``p``."""
        if token == self.end:
            self.done = True
            return
        self.surprisal -= float(np.log2(p))
        self.drawn += 1
        self.tokens.append(token)
        self.done = len(self.tokens) >= self.longest


class Poet(Author):
    """An author who holds a form: the places of ``planned(choice=k)``, k drawn at random, and its rhyme."""

    def __init__(self, marks: Marks, seed: int, number: int, planned: Callable[..., Sequence[Slot]]) -> None:
        super().__init__(marks.text, END, seed, number, [], 0)
        self.marks = marks
        self.slots = planned(choice=int(self.rng.integers(len(ORDERS))))
        self.longest = len(self.slots)
        self.rhymes: frozenset[str] = frozenset()
        self.used: set[int] = set()

    @property
    def slot(self) -> Slot | None:
        """The place that comes next; None at the end."""
        return self.slots[len(self.tokens)] if len(self.tokens) < len(self.slots) else None

    @property
    def ahead(self) -> int | None:
        """The mark that must follow the character drawn now, where one must."""
        after = self.slots[len(self.tokens) + 1 : len(self.tokens) + 2]
        free = self.slot is not None and not self.slot.given
        return self.marks.tokenizer.ids[after[0].given] if free and after and after[0].given else None

    def allowed(self) -> Tensor:
        marks, slot = self.marks, self.slot
        if slot is None or slot.given:
            only = torch.zeros_like(marks.text)
            only[END if slot is None else marks.tokenizer.ids[slot.given]] = True
            return only
        free = marks.tone(slot.tone)
        if slot.rhymes:
            free = free & marks.rhyming(self.rhymes)
            fresh = free.clone()
            fresh[list(self.used)] = False
            free = fresh if bool(fresh.any()) else free  # a rhyme may run out of characters
        return free

    def take(self, token: int, p: float) -> None:
        slot = self.slot
        if slot is None:
            self.done = True
            return
        if not slot.given:
            self.surprisal -= float(np.log2(p))
            self.drawn += 1
        if slot.rhymes:
            mine = rhyme(self.marks.tokenizer.tokens[token])
            self.rhymes = (self.rhymes & mine or self.rhymes) if self.rhymes else mine
            self.used.add(token)
        self.tokens.append(token)
