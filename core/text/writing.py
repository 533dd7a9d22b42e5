"""Writing with a GPT-2: several texts side by side, character by character, freely or in a form that must hold.

A form is held by what may be drawn, not by trying again: at each place only the characters that the form allows there keep
their probability, and the rest is renormalised. Given characters (a beginning, the heads of an acrostic) are the case in which
one is allowed. At the end of a line each character is weighed by how likely the line's mark follows it. The model still judges
everything: what it writes is its own conditional distribution, restricted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from torch import Tensor

from core.refusal import Refusal
from core.text.authors import Author, Poet, marks_of
from core.text.decoding import Decoder, Precision, prepare
from core.text.gpt2 import GPT2
from core.text.library import VerseFigures, verse_figures
from core.text.plans import fitting, plan, tune_of
from core.text.prosody import REGULAR, Report, examine, laid_out, lines_of
from core.text.reading import strip_unknown
from core.text.sampling import Sampling, draw, penalised, probabilities
from core.text.tokenizer import BODY, END, Tokenizer
from core.text.tunes import Tune

__all__ = ["Draft", "Sheet", "Wish", "proceed", "write"]

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


def write(model: GPT2, tokenizer: Tokenizer, wish: Wish) -> Iterator[Sheet]:
    """Sheets of drafts as they grow, one sheet for each character; the last has all texts done.

    Title, beginning and heads are tidied, and characters that the vocabulary lacks are left out and named in the sheet. Before the
    first sheet raises Refusal that names the input: an unknown form, no heads where there should be some, or what :func:`core.text.plans.plan` refuses.
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
    marks, numbers = marks_of(tokenizer), range(wish.count)
    authors: Sequence[Author]
    start: list[int] = []
    if tune or wish.strict or heads or (wish.metrical and form in REGULAR):
        planned = partial(plan, form, heads, beginning, wish.metrical, tune=tune)
        authors = [Poet(marks, wish.seed, k, planned) for k in numbers]
    else:
        start = tokenizer.encode_plain(beginning)
        longest = min(wish.longest, model.config.context - len(head))
        authors = [Author(marks.text, END, wish.seed, k, start, longest) for k in numbers]
    judged = partial(_judged, form=form, tune=tune, decode=tokenizer.decode)
    unknown = tuple((name, lost) for name, (_, lost) in read.items() if lost)
    sheet = partial(Sheet, form=form, title=title, heads=heads, tune=tune, unknown=unknown, figures=verse_figures(form))
    return _grow(model, authors, [*head, *start], wish.sampling, wish.precision, judged, sheet, len(start))


def proceed(
    model: GPT2, tokens: list[int], text: Tensor, end: int, decode: Callable[[list[int]], str], sampling: Sampling,
    count: int = 1, longest: int = 96, seed: int = 0, precision: Precision = "float32",
    unknown: Sequence[str] = (),
) -> Iterator[Sheet]:  # fmt: skip
    """Go on from ``tokens`` with any GPT-2: drafts of what is new, turned into text by ``decode``.

    ``text`` (bool [V]) are the tokens that may be drawn, among them ``end``; at most ``longest`` are. ``unknown`` are the characters of the
    beginning that were left out. Raises Refusal when the context leaves no room.
    """
    longest = min(longest, model.config.context - len(tokens))
    authors = [Author(text, end, seed, k, [], longest) for k in range(count)]
    sheet = partial(Sheet, unknown=(("beginning", tuple(unknown)),) if unknown else ())
    judged = partial(_judged, form="", tune=None, decode=decode)
    return _grow(model, authors, tokens, sampling, precision, judged, sheet, 0)


def _judged(author: Author, *, form: str, tune: Tune | None, decode: Callable[[list[int]], str]) -> Draft:
    """What the author has so far, measured when it is finished."""
    text = decode(author.tokens)
    report = examine(text, form) if author.done and form in REGULAR else None
    right = report.form_right if report else None
    if author.done and tune:
        right = [len(line) for line in lines_of(text)] == [size for size, _ in tune.lines]
    return Draft(text, author.done, author.bits, laid_out(text, form), report, right)


def _grow(
    model: GPT2, authors: Sequence[Author], head: list[int], sampling: Sampling, precision: Precision,
    judged: Callable[[Author], Draft], sheet: Callable[[tuple[Draft, ...], float], Sheet], given: int,
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
    model: GPT2, authors: Sequence[Author], head: list[int], sampling: Sampling, precision: Precision,
    judged: Callable[[Author], Draft], sheet: Callable[[tuple[Draft, ...], float], Sheet],
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
