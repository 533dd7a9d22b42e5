"""Writing with a GPT-2: several texts side by side, character by character, freely or in a form that must hold.

A form is held by what may be drawn, not by trying again: at each place only the characters that the form allows there keep
their probability, and the rest is renormalised. Given characters (a beginning, the heads of an acrostic) are the case in which
one is allowed. The model still judges everything: what it writes is its own conditional distribution, restricted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from core.refusal import Refusal
from core.text.decoding import Decoder, Precision, prepare
from core.text.gpt2 import GPT2
from core.text.prosody import ORDERS, REGULAR, lines_of, meters, readings, rhyme
from core.text.sampling import Sampling, draw, penalised, probabilities
from core.text.tokenizer import BODY, END, Tokenizer, is_han

__all__ = ["Draft", "Slot", "Wish", "plan", "proceed", "write"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be written.

    ``form`` is one of the tokenizer's; ``title`` may be empty; the text goes on from ``beginning``. ``count`` texts of at most
    ``longest`` characters. ``strict`` holds the form of regulated verse (number and length of lines, punctuation), ``heads`` are
    the first characters of its lines, ``metrical`` holds rhyme and tones too. Text k depends on (seed, k) alone.
    """

    form: str
    title: str = ""
    beginning: str = ""
    count: int = 3
    longest: int = 96
    sampling: Sampling = field(default_factory=Sampling)
    seed: int = 0
    strict: bool = False
    heads: str = ""
    metrical: bool = False
    precision: Precision = "float32"


@dataclass(frozen=True, slots=True)
class Draft:
    """How far the texts have come: ``texts``, whether each is ``done``, and the mean surprisal ``bits`` of what was drawn so far."""

    texts: tuple[str, ...]
    done: tuple[bool, ...]
    bits: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of a form: a ``given`` character or mark, else any Chinese character of ``tone`` (平, 仄 or 中 for either).

    ``rhymes`` marks the ends of rhyming lines.
    """

    given: str = ""
    tone: str = "中"
    rhymes: bool = False


def plan(form: str, heads: str = "", beginning: str = "", metrical: bool = False, choice: int = 0) -> list[Slot]:
    """The places of a regulated poem, punctuation included.

    ``heads`` open its lines (fewer than lines: the first ones), ``beginning`` fills places from the first; both are Chinese
    characters. ``metrical`` lays the tone pattern over it that contradicts the given characters least (``choice`` decides
    among equals). Raises Refusal that names what does not fit.
    """
    if form not in REGULAR:
        raise Refusal(
            f"form = {form}：只有 {'、'.join(REGULAR)} 有可守的格律",
            f"form = {form}: only {'、'.join(REGULAR)} have a form that can be held",
        )
    length, count = REGULAR[form]
    heads, start = ("".join(lines_of(text)) for text in (heads, beginning))
    for name, text, most in (("heads", heads, count), ("beginning", start, length * count)):
        if not all(map(is_han, text)):
            raise Refusal(f"{name} = {text}：只能是汉字", f"{name} = {text}: only Chinese characters")
        if len(text) > most:
            raise Refusal(
                f"{name} = {text}：{form}最多 {most} 个字", f"{name} = {text}: at most {most} characters in {form}"
            )
    given = {divmod(k, length): character for k, character in enumerate(start)}
    for line, head in enumerate(heads):
        if given.setdefault((line, 0), head) != head:
            there = given[line, 0]
            raise Refusal(
                f"heads = {heads}：第 {line + 1} 句已以「{there}」开头",
                f"heads = {heads}: line {line + 1} begins with {there} already",
            )
    meter = None
    if metrical:
        clashes = [sum(not _fits(c, m.lines[i][j]) for (i, j), c in given.items()) for m in meters(form)]
        best = [m for m, n in zip(meters(form), clashes, strict=True) if n == min(clashes)]
        meter = best[choice % len(best)]
    slots = []
    for i in range(count):
        for j in range(length):
            ends = meter is not None and j == length - 1 and i in meter.rhyming
            slots.append(Slot(given.get((i, j), ""), meter.lines[i][j] if meter else "中", ends))
        slots.append(Slot("，" if i % 2 == 0 else "。"))
    return slots


def _fits(character: str, wanted: str) -> bool:
    tones = {"平" if r.tone == "平" else "仄" for r in readings(character)}
    return wanted == "中" or not tones or wanted in tones


class _Marks:
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
def _marks(tokenizer: Tokenizer) -> _Marks:
    return _Marks(tokenizer)


@lru_cache(maxsize=8)
def _rhyming(tokenizer: Tokenizer) -> Mapping[str, Tensor]:
    found: dict[str, Tensor] = {}
    for i, character in enumerate(tokenizer.tokens):
        for name in rhyme(character) if len(character) == 1 else ():
            found.setdefault(name, torch.zeros(len(tokenizer), dtype=torch.bool))[i] = True
    return found


class _Author:
    """One text that grows: what it may take, and its random numbers."""

    def __init__(self, text: Tensor, end: int, seed: int, number: int, given: list[int]) -> None:
        self.text, self.end = text, end
        self.random = np.random.default_rng((seed, number))
        self.tokens = list(given)
        self.surprisal, self.drawn = 0.0, 0
        self.done = False

    def allowed(self) -> Tensor:
        """Bool [V]: what may come next."""
        return self.text

    def take(self, token: int, p: float, longest: int) -> None:
        if token == self.end:
            self.done = True
            return
        self.surprisal -= float(np.log2(p))
        self.drawn += 1
        self.tokens.append(token)
        self.done = len(self.tokens) >= longest


class _Poet(_Author):
    """An author who holds a form: its places, its rhyme."""

    def __init__(self, wish: Wish, marks: _Marks, number: int) -> None:
        super().__init__(marks.text, END, wish.seed, number, [])
        self.marks = marks
        self.slots = plan(wish.form, wish.heads, wish.beginning, wish.metrical, int(self.random.integers(len(ORDERS))))
        self.rhymes: frozenset[str] = frozenset()
        self.used: set[int] = set()

    @property
    def slot(self) -> Slot | None:
        return self.slots[len(self.tokens)] if len(self.tokens) < len(self.slots) else None

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

    def take(self, token: int, p: float, longest: int) -> None:
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


def write(model: GPT2, tokenizer: Tokenizer, wish: Wish) -> Iterator[Draft]:
    """Drafts as they grow, one for each character; the last has all texts done.

    Raises Refusal that names the field for an unknown form or character, or what :func:`plan` refuses.
    """
    if wish.form not in tokenizer.forms:
        raise Refusal(
            f"form = {wish.form}：应为 {'、'.join(tokenizer.forms)} 之一",
            f"form = {wish.form}: one of {'、'.join(tokenizer.forms)}",
        )
    for name, text in (("title", wish.title), ("beginning", wish.beginning), ("heads", wish.heads)):
        if unknown := [c for c in text if c not in tokenizer.ids]:
            said = " ".join(dict.fromkeys(unknown))
            raise Refusal(f"{name}：词表里没有 {said}", f"{name}: not in the vocabulary: {said}")
    head = [tokenizer.form(wish.form), *tokenizer.encode_plain(wish.title), BODY]
    marks = _marks(tokenizer)
    authors: Sequence[_Author]
    if wish.strict or wish.heads or wish.metrical:
        authors, given = [_Poet(wish, marks, k) for k in range(wish.count)], []
        longest = model.config.context
    else:
        given = tokenizer.encode_plain(wish.beginning)
        longest = min(wish.longest, model.config.context - len(head))
        authors = [_Author(marks.text, END, wish.seed, k, given) for k in range(wish.count)]
    return _grow(model, authors, [*head, *given], longest, wish.sampling, wish.precision, tokenizer.decode, len(given))


def proceed(
    model: GPT2, tokens: list[int], text: Tensor, end: int, decode: Callable[[list[int]], str], sampling: Sampling,
    count: int = 1, longest: int = 96, seed: int = 0, precision: Precision = "float32",
) -> Iterator[Draft]:  # fmt: skip
    """Go on from ``tokens`` with any GPT-2: drafts of what is new, turned into text by ``decode``.

    ``text`` (bool [V]) are the tokens that may be drawn, among them ``end``; at most ``longest`` are. Raises Refusal when the context
    leaves no room.
    """
    longest = min(longest, model.config.context - len(tokens))
    authors = [_Author(text, end, seed, k, []) for k in range(count)]
    return _grow(model, authors, tokens, longest, sampling, precision, decode, 0)


def _grow(
    model: GPT2, authors: Sequence[_Author], head: list[int], longest: int, sampling: Sampling, precision: Precision,
    decode: Callable[[list[int]], str], given: int,
) -> Iterator[Draft]:  # fmt: skip
    if longest <= given:
        there = given or len(head)
        raise Refusal(
            f"beginning：{there} 个字之后没有位置可写；请缩短，或放宽字数",
            f"beginning: {there} characters leave no room to write; make it shorter, or allow more characters",
        )
    device = model.embedding.weight.device
    decoder = Decoder(prepare(model, precision), len(authors))
    fresh = torch.tensor([head] * len(authors), device=device)
    while True:
        logits = decoder.step(fresh).cpu()
        allowed = torch.stack([author.allowed() for author in authors])
        if sampling.penalty > 1:
            recent = [author.tokens[-sampling.window :] for author in authors]
            n = min(map(len, recent))
            logits = penalised(
                logits, torch.tensor([r[len(r) - n :] for r in recent], dtype=torch.long), sampling.penalty
            )
        p = probabilities(logits, sampling, allowed)
        tokens = draw(p, torch.tensor([author.random.random() for author in authors], dtype=torch.float64))
        for author, token, row in zip(authors, tokens.tolist(), p, strict=True):
            if not author.done:
                author.take(token, float(row[token]), longest)
        yield Draft(
            tuple(decode(author.tokens) for author in authors),
            tuple(author.done for author in authors),
            tuple(author.surprisal / max(author.drawn, 1) for author in authors),
        )
        if all(author.done for author in authors):
            return
        fresh = tokens.to(device)
