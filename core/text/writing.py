"""Writing with a GPT-2: several texts side by side, character by character, freely or in a form that must hold.

A form is held by what may be drawn, not by trying again: at each place only the characters that the form allows there keep
their probability, and the rest is renormalised. Given characters (a beginning, the heads of an acrostic) are the case in which
one is allowed. At the end of a line each character is weighed by how likely the line's mark follows it. The model still judges
everything: what it writes is its own conditional distribution, restricted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial

import numpy as np
import torch
from torch import Tensor

from core.refusal import Refusal
from core.text.decoding import Decoder, Precision, prepare
from core.text.gpt2 import GPT2
from core.text.library import VerseFigures, verse_figures
from core.text.prosody import ORDERS, REGULAR, Report, examine, laid_out, lines_of, meters, readings, rhyme
from core.text.reading import strip_unknown
from core.text.sampling import Sampling, draw, penalised, probabilities
from core.text.tokenizer import BODY, END, Tokenizer, is_han
from core.text.tunes import TUNES, Tune

__all__ = ["Draft", "Sheet", "Slot", "Wish", "fitting", "plan", "proceed", "tune_of", "write"]

CI = "词"
FORESEEN = 16  # characters at the end of a line of which is asked how likely its mark follows
EXAMPLE_HEADS = "科学空间"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be written, as a reader types it.

    ``form`` is one of the tokenizer's; ``title`` may be empty; the text goes on from ``beginning``. ``count`` texts of at most
    ``longest`` characters. ``strict`` holds the form of regulated verse (number and length of lines, punctuation), ``heads`` are
    the first characters of its lines, ``metrical`` holds rhyme and tones too; forms without a metre ignore it. A ci whose title
    names a tune of :data:`core.text.tunes.TUNES` always has that tune's lines. Text k depends on (seed, k) alone.
    """

    form: str
    title: str = ""
    beginning: str = ""
    count: int = 3
    longest: int = 96
    sampling: Sampling = field(default_factory=Sampling)
    seed: int = 0
    strict: bool = False
    heads: str | None = None
    metrical: bool = False
    precision: Precision = "float32"


@dataclass(frozen=True, slots=True)
class Draft:
    """One text as far as it has come: whether it is ``done``, the mean surprisal ``bits`` of the characters drawn so far.

    Of a finished text in regulated verse ``report`` says what became of form, rhyme and tones; ``shape_right`` whether number and
    length of its lines are those of the form or of the ci's tune (None where nothing fixes them, or while it is written).
    """

    text: str
    done: bool
    bits: float
    laid_out: str
    report: Report | None = None
    shape_right: bool | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """All drafts of a wish as far as they have come.

    ``form`` is the one written (an acrostic with too many heads moves to the longer form), ``title`` and ``heads`` are as the model
    read them, ``tune`` is the ci's, when it is known. ``unknown`` names, by input, the characters that the vocabulary lacks and
    that were left out. ``fraction`` of the work is done. ``figures`` are what the card tells of the model and the form.
    """

    drafts: tuple[Draft, ...]
    fraction: float
    form: str = ""
    title: str = ""
    heads: str = ""
    tune: Tune | None = None
    unknown: tuple[tuple[str, tuple[str, ...]], ...] = ()
    figures: VerseFigures | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """The drafts' texts."""
        return tuple(draft.text for draft in self.drafts)

    @property
    def done(self) -> bool:
        """Whether all are finished."""
        return all(draft.done for draft in self.drafts)

    @property
    def right(self) -> int:
        """How many drafts have the right number and length of lines."""
        return sum(draft.shape_right is True for draft in self.drafts)

    @property
    def rhymed(self) -> int:
        """How many drafts rhyme."""
        return sum(draft.report is not None and draft.report.rhyme_right for draft in self.drafts)

    @property
    def in_tone(self) -> float:
        """Mean share of the fixed places that are in tone, over the finished drafts in regulated verse; NaN when there are none."""
        shares = [draft.report.in_tone for draft in self.drafts if draft.report is not None]
        return float(np.mean(shares)) if shares else float("nan")

    @property
    def bits(self) -> float:
        """Mean surprisal of a drawn character in bits, over the drafts."""
        return float(np.mean([draft.bits for draft in self.drafts]))


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of a form: a ``given`` character or mark, else any Chinese character of ``tone`` (平, 仄 or 中 for either).

    ``rhymes`` marks the ends of rhyming lines.
    """

    given: str = ""
    tone: str = "中"
    rhymes: bool = False


def tune_of(title: str) -> Tune | None:
    """The tune that a ci's title names (what stands before a dot or a bracket), when its pattern is known."""
    return TUNES.get(re.split(r"[·・（]", title)[0])


def fitting(form: str, heads: int) -> str:
    """The regulated form with lines as long as those of ``form`` and at least ``heads`` of them; ``form`` where none has so many."""
    length, count = REGULAR[form]
    longer = [name for name, (n, lines) in REGULAR.items() if n == length and lines >= heads]
    return form if heads <= count or not longer else longer[0]


def plan(
    form: str, heads: str = "", beginning: str = "", metrical: bool = False, choice: int = 0, tune: Tune | None = None
) -> list[Slot]:
    """The places of a regulated poem, or of a ci to ``tune``, punctuation included.

    ``heads`` open its lines (fewer than lines: the first ones), ``beginning`` fills places from the first; both are Chinese
    characters. ``metrical`` lays the tone pattern over it that contradicts the given characters least (``choice`` decides
    among equals); a ci has none here. Raises Refusal that names what does not fit.
    """
    if form not in REGULAR and tune is None:
        known = "、".join(REGULAR)
        raise Refusal(
            f"只有 {known} 有可守的格律", f"only {known} have a form that can be held", input="form", value=form
        )
    lines = tune.lines if tune else _regular_lines(form)
    heads, start = ("".join(lines_of(text)) for text in (heads, beginning))
    for name, text in (("heads", heads), ("beginning", start)):
        if not all(map(is_han, text)):
            raise Refusal("只能是汉字", "only Chinese characters", input=name, value=text)
    if len(heads) > len(lines):
        longer = fitting(form, len(heads)) if form in REGULAR else form
        zh, en = (f"；可用 {longer}", f"; {longer} has room") if longer != form else ("", "")
        raise Refusal(
            f"{form}只有 {len(lines)} 句{zh}", f"{form} has {len(lines)} lines{en}", input="heads", value=heads
        )
    most = sum(size for size, _ in lines)
    if len(start) > most:
        raise Refusal(f"{form}最多 {most} 个字", f"at most {most} characters in {form}", input="beginning", value=start)
    places = [(i, j) for i, (size, _) in enumerate(lines) for j in range(size)]
    given = dict(zip(places, start, strict=False))
    for line, head in enumerate(heads):
        if (there := given.setdefault((line, 0), head)) != head:
            raise Refusal(
                f"第 {line + 1} 句已以「{there}」开头",
                f"line {line + 1} begins with {there} already",
                input="heads",
                value=heads,
            )
    meter = None
    if metrical and form in REGULAR:
        clashes = [sum(not _fits(c, m.lines[i][j]) for (i, j), c in given.items()) for m in meters(form)]
        best = [m for m, n in zip(meters(form), clashes, strict=True) if n == min(clashes)]
        meter = best[choice % len(best)]
    slots = []
    for i, (size, mark) in enumerate(lines):
        for j in range(size):
            ends = meter is not None and j == size - 1 and i in meter.rhyming
            slots.append(Slot(given.get((i, j), ""), meter.lines[i][j] if meter else "中", ends))
        slots.append(Slot(mark))
    return slots


def _regular_lines(form: str) -> tuple[tuple[int, str], ...]:
    length, count = REGULAR[form]
    return tuple((length, "，" if i % 2 == 0 else "。") for i in range(count))


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
        if token == self.end:
            self.done = True
            return
        self.surprisal -= float(np.log2(p))
        self.drawn += 1
        self.tokens.append(token)
        self.done = len(self.tokens) >= self.longest


class _Poet(_Author):
    """An author who holds a form: its places, its rhyme."""

    def __init__(
        self, wish: Wish, marks: _Marks, number: int, form: str, given: tuple[str, str], tune: Tune | None
    ) -> None:
        super().__init__(marks.text, END, wish.seed, number, [], 0)
        self.marks = marks
        self.slots = plan(form, *given, wish.metrical, int(self.rng.integers(len(ORDERS))), tune)
        self.longest = len(self.slots)
        self.rhymes: frozenset[str] = frozenset()
        self.used: set[int] = set()

    @property
    def slot(self) -> Slot | None:
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


def write(model: GPT2, tokenizer: Tokenizer, wish: Wish) -> Iterator[Sheet]:
    """Sheets of drafts as they grow, one sheet for each character; the last has all texts done.

    Title, beginning and heads are tidied, and characters that the vocabulary lacks are left out and named in the sheet. Before the
    first sheet raises Refusal that names the input: an unknown form, no heads where there should be some, or what :func:`plan` refuses.
    """
    if wish.form not in tokenizer.forms:
        names = "、".join(tokenizer.forms)
        raise Refusal(f"应为 {names} 之一", f"one of {names}", input="form", value=wish.form)
    given = {"heads": wish.heads or "", "beginning": wish.beginning, "title": wish.title}
    read = {name: strip_unknown(tokenizer, text) for name, text in given.items()}
    heads, beginning, title = (text for text, _ in read.values())
    heads = "".join(lines_of(heads))
    if wish.heads is not None and not heads:
        said = f"应为一到八个汉字，例如 {EXAMPLE_HEADS}", f"one to eight Chinese characters, such as {EXAMPLE_HEADS}"
        raise Refusal(*said, input="heads", value=wish.heads)
    form = fitting(wish.form, len(heads)) if wish.form in REGULAR else wish.form
    tune = tune_of(title) if form == CI else None
    head = [tokenizer.form(form), *tokenizer.encode_plain(title), BODY]
    marks, numbers = _marks(tokenizer), range(wish.count)
    authors: Sequence[_Author]
    start: list[int] = []
    if tune or wish.strict or heads or (wish.metrical and form in REGULAR):
        authors = [_Poet(wish, marks, k, form, (heads, beginning), tune) for k in numbers]
    else:
        start = tokenizer.encode_plain(beginning)
        longest = min(wish.longest, model.config.context - len(head))
        authors = [_Author(marks.text, END, wish.seed, k, start, longest) for k in numbers]
    judged = partial(_judged, form=form, tune=tune, decode=tokenizer.decode)
    unknown = tuple((name, lost) for name, (_, lost) in read.items() if lost)
    sheet = partial(Sheet, form=form, title=title, heads=heads, tune=tune, unknown=unknown, figures=verse_figures(form))
    return _grow(model, authors, [*head, *start], wish.sampling, wish.precision, judged, sheet, len(start))


def proceed(
    model: GPT2, tokens: list[int], text: Tensor, end: int, decode: Callable[[list[int]], str], sampling: Sampling,
    count: int = 1, longest: int = 96, seed: int = 0, precision: Precision = "float32",
    unknown: Sequence[str] = (), beginning: str = "",
) -> Iterator[Sheet]:  # fmt: skip
    """Go on from ``tokens`` with any GPT-2: drafts of ``beginning`` and what is new, turned into text by ``decode``.

    ``text`` (bool [V]) are the tokens that may be drawn, among them ``end``; at most ``longest`` are. ``unknown`` are the characters of the
    beginning that were left out. Raises Refusal when the context leaves no room.
    """
    longest = min(longest, model.config.context - len(tokens))
    authors = [_Author(text, end, seed, k, [], longest) for k in range(count)]
    sheet = partial(Sheet, unknown=(("beginning", tuple(unknown)),) if unknown else ())
    judged = partial(_judged, form="", tune=None, decode=lambda new: beginning + decode(new))
    return _grow(model, authors, tokens, sampling, precision, judged, sheet, 0)


def _judged(author: _Author, *, form: str, tune: Tune | None, decode: Callable[[list[int]], str]) -> Draft:
    """What the author has so far, measured when it is finished."""
    text = decode(author.tokens)
    report = examine(text, form) if author.done and form in REGULAR else None
    right = report.form_right if report else None
    if author.done and tune:
        right = [len(line) for line in lines_of(text)] == [size for size, _ in tune.lines]
    return Draft(text, author.done, author.bits, laid_out(text, form), report, right)


def _grow(
    model: GPT2, authors: Sequence[_Author], head: list[int], sampling: Sampling, precision: Precision,
    judged: Callable[[_Author], Draft], sheet: Callable[[tuple[Draft, ...], float], Sheet], given: int,
) -> Iterator[Sheet]:  # fmt: skip
    if any(author.longest <= given for author in authors):
        there = given or len(head)
        raise Refusal(
            f"{there} 个字之后没有位置可写；请缩短，或放宽字数",
            f"{there} characters leave no room to write; make it shorter, or allow more characters",
            input="beginning",
        )
    return _drawn(model, authors, head, sampling, precision, judged, sheet)


def _drawn(
    model: GPT2, authors: Sequence[_Author], head: list[int], sampling: Sampling, precision: Precision,
    judged: Callable[[_Author], Draft], sheet: Callable[[tuple[Draft, ...], float], Sheet],
) -> Iterator[Sheet]:  # fmt: skip
    """One character for each author at a time, until all are done."""
    device = model.embedding.weight.device
    decoder = Decoder(prepare(model, precision), len(authors))
    fresh = torch.tensor([head] * len(authors), device=device)
    finished: dict[int, Draft] = {}
    while len(finished) < len(authors):
        logits = decoder.step(fresh).cpu()
        allowed = torch.stack([author.allowed() for author in authors])
        if sampling.penalty > 1:
            recent = [author.tokens[-sampling.window :] for author in authors]
            n = min(map(len, recent))
            logits = penalised(
                logits, torch.tensor([r[len(r) - n :] for r in recent], dtype=torch.long), sampling.penalty
            )
        logits = _foreseen(decoder, logits, allowed, [None if author.done else author.ahead for author in authors])
        p = probabilities(logits, sampling, allowed)
        tokens = draw(p, torch.tensor([author.rng.random() for author in authors], dtype=torch.float64))
        for author, token, row in zip(authors, tokens.tolist(), p, strict=True):
            if not author.done:
                author.take(token, float(row[token]))
        drafts = tuple(finished.get(k) or judged(author) for k, author in enumerate(authors))
        finished = {k: draft for k, draft in enumerate(drafts) if draft.done}
        yield sheet(drafts, float(np.mean([author.fraction for author in authors])))
        fresh = tokens.to(device)


def _foreseen(decoder: Decoder, logits: Tensor, allowed: Tensor, ahead: Sequence[int | None]) -> Tensor:
    """``logits`` [B, V] of the next token, given that ``ahead[b]`` follows it: p(c | text) p(mark | text, c), up to a constant.

    So a line ends in a character that can end one. The likeliest of the allowed characters are asked, the others ruled out.
    """
    rows = [k for k, mark in enumerate(ahead) if mark is not None]
    if not rows:
        return logits
    known = logits[rows].masked_fill(~allowed[rows], -torch.inf)
    best = known.topk(min(FORESEEN, known.shape[1]))
    after = decoder.peek(rows, best.indices).cpu().log_softmax(-1)
    marks = torch.tensor([mark for mark in ahead if mark is not None])
    follows = after.gather(2, marks[:, None, None].expand(-1, best.indices.shape[1], 1))[..., 0]
    weighed = torch.full_like(known, -torch.inf).scatter(1, best.indices, best.values + follows)
    return logits.index_copy(0, torch.tensor(rows), weighed)
