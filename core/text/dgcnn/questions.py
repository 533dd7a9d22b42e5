"""What the page asks of the reader: frozen answers, one function a tab."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core import weights
from core.refusal import Refusal
from core.text.dgcnn.baselines import best_sentence
from core.text.dgcnn.decoding import LONGEST, RULES, THRESHOLD, Span, best_span, elect, spans
from core.text.dgcnn.examples import EXAMPLES
from core.text.dgcnn.network import DGCNN, KERNEL, GatedBlock, receptive_field
from core.text.dgcnn.texts import encode, exact, f1, padded, prepared
from core.text.library import tokenizer
from core.text.tokenizer import PAD, Tokenizer, is_han

__all__ = ["Asked", "Gates", "Marked", "Measured", "Ruler", "Tally", "Voted", "ask", "gates", "marked", "measured", "reader", "ruler", "tally", "vote"]  # fmt: skip

NAME = "dgcnn-questions"
MOST_PASSAGES = 12
MOST_SHOWN = 8  # answers in a table
MOST_BARS = 7  # answers in a figure
LEAST_SHADE = 1e-9
TIE = 1e-12
SENTENCE_SHADE = 0.2
SETS = ("CMRC", "DRCD")
WAYS = ("", ", stretch of it", ", best sentence")
"""The network, and what needs none: as the card names them."""


def reader() -> tuple[DGCNN, Tokenizer]:
    """The network that ships, and its tokenizer. Raises WeightsError."""
    model: Any = weights.load(NAME)
    return model, tokenizer(NAME)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to one passage: both as they are read, p_start and p_end [L] of every character (times p_global, if that
    is used), the two ``whole`` probabilities p_global, the ``answers`` above the threshold, the ``best`` one whatever its score, the
    sentence that matches best, the ``weights`` [Q] of the question's characters in its vector, what was ``unknown`` and what was changed."""

    passage: str
    question: str
    start: np.ndarray
    end: np.ndarray
    whole: tuple[float, float]
    answers: tuple[Span, ...]
    best: Span
    sentence: tuple[int, int]
    weights: np.ndarray
    unknown: tuple[str, ...]
    converted: bool

    @property
    def foreign(self) -> bool:
        """Whether the question has no Chinese character: the network was trained on questions in Chinese alone."""
        return not any(map(is_han, self.question))

    @property
    def answer(self) -> str:
        """The answer; empty where none is above the threshold."""
        return self.answers[0].text if self.answers else ""

    @property
    def start_shades(self) -> list[float]:
        """p_start as a list, for shading."""
        return self.start.tolist()

    @property
    def end_shades(self) -> list[float]:
        """p_end as a list."""
        return self.end.tolist()

    @property
    def answer_shades(self) -> list[float]:
        """1 on the answer, :data:`SENTENCE_SHADE` on the rest of the sentence that matches best; no answer has no 1."""
        shades = np.zeros(len(self.passage))
        shades[slice(*self.sentence)] = SENTENCE_SHADE
        if self.answers:
            shades[self.answers[0].first : self.answers[0].last + 1] = 1
        return shades.tolist()

    @property
    def weight_shades(self) -> list[float]:
        """The weights of the question's characters as shares of the largest one."""
        return _relative(self.weights)

    @property
    def matching(self) -> str:
        """The sentence that matches the question best."""
        return self.passage[slice(*self.sentence)]

    @property
    def shown(self) -> tuple[Span, ...]:
        """The first answers, as many as a table holds."""
        return self.answers[:MOST_SHOWN]


def _relative(values: np.ndarray) -> list[float]:
    return (values / max(float(values.max(initial=0.0)), LEAST_SHADE)).tolist()


def _read(text: str, name: str) -> str:
    """The text as it is read; Refusal where nothing is left to read."""
    found = prepared(text)
    if not any(is_han(c) or c.isalnum() for c in found):
        raise Refusal("里面没有字：请写下至少一个汉字、字母或数字", "there is nothing to read: at least one character, letter or digit is needed", input=name)  # fmt: skip
    return found


def _tokens(model: DGCNN, pair: Any) -> tuple[Tensor, Tensor]:
    device = next(model.parameters()).device
    return padded([pair.passage]).to(device), padded([pair.question]).to(device)


@torch.inference_mode()
def ask(
    model: DGCNN, words: Tokenizer, passage: str, query: str, threshold: float = THRESHOLD, longest: int = LONGEST,
    use_global: bool = True,
) -> Asked:  # fmt: skip
    """Ask the ``query`` about the ``passage``. Raises Refusal where one of them has nothing to read."""
    text, asked = _read(passage, "passage"), _read(query, "query")
    pair = encode(words, text, asked)
    tokens, question_tokens = _tokens(model, pair)
    reading = model(tokens, question_tokens)
    start, end = (p[0].cpu().double().numpy() for p in reading.probabilities(use_global))
    first, last, score = best_span(start, end, longest)
    whole = float(reading.start_any.sigmoid()), float(reading.end_any.sigmoid())
    return Asked(
        text, asked, start, end, whole, tuple(spans(text, start, end, threshold, longest)),
        Span(first, last, text[first : last + 1], score), best_sentence(text, asked), _weights(model, question_tokens), pair.unknown,
        _changed(passage, text) or _changed(query, asked),
    )  # fmt: skip


def _changed(given: str, read: str) -> bool:
    """Whether more than blanks differs."""
    return "".join(given.split()) != "".join(read.split())


def _weights(model: DGCNN, question: Tensor) -> np.ndarray:
    """The attention weights [Q] with which the question's characters enter its vector."""
    mask = question != PAD
    x = model.embedding(model.known(question)).mT * mask[:, None]
    for block in model.question_blocks:
        x = block(x, mask[:, None].to(x.dtype))
    return model.question_pool.weights(x.mT, mask)[0].cpu().double().numpy()


@dataclass(frozen=True, slots=True)
class Tally:
    """Scores of answers, one for each passage in which an answer was found; ``totals``: by rule, by answer, the best first."""

    scores: Mapping[str, tuple[float, ...]]
    totals: Mapping[str, Mapping[str, float]]

    def winners(self, rule: str) -> tuple[str, ...]:
        """The answers with the largest total: several where they are equal."""
        totals = self.totals[rule]
        best = max(totals.values(), default=0.0)
        return tuple(answer for answer, total in totals.items() if total >= best - TIE)

    @property
    def leading(self) -> tuple[str, ...]:
        """The answers that lead by any rule, as many as a figure holds; the post's rule orders them."""
        ranks = {answer: min(list(self.totals[rule]).index(answer) for rule in RULES) for answer in self.scores}
        first = sorted(self.totals["smoothed"], key=lambda answer: ranks[answer])[:MOST_BARS]
        return tuple(answer for answer in self.totals["smoothed"] if answer in first)

    @property
    def agree(self) -> bool:
        """Whether all rules elect the same."""
        return len({self.winners(rule) for rule in RULES}) == 1


def tally(rows: Sequence[tuple[str, float]]) -> Tally:
    """The election among ``rows`` of an answer and its score in one passage, by each rule. Raises Refusal without any row."""
    scores: dict[str, list[float]] = {}
    for answer, score in rows:
        if answer.strip():
            scores.setdefault(answer.strip(), []).append(score)
    if not scores:
        raise Refusal(
            "至少要有一行：答案与得分", "at least one row with an answer and its score is needed", input="rows"
        )
    return _elected(scores)


def _elected(scores: Mapping[str, Sequence[float]]) -> Tally:
    found = {answer: tuple(values) for answer, values in scores.items()}
    return Tally(found, {rule: elect(found, rule) for rule in RULES})


@dataclass(frozen=True, slots=True)
class Voted:
    """One question to several passages: what each says (``each``), and the election among the answers (None where there are none)."""

    each: tuple[Asked, ...]
    election: Tally | None

    @property
    def unknown(self) -> tuple[str, ...]:
        """Characters that the vocabulary lacks, of all passages."""
        return tuple(dict.fromkeys(c for one in self.each for c in one.unknown))

    @property
    def foreign(self) -> bool:
        """Whether the question has no Chinese character."""
        return self.each[0].foreign

    @property
    def converted(self) -> bool:
        """Whether any text was changed before it was read."""
        return any(one.converted for one in self.each)


def vote(
    model: DGCNN, words: Tokenizer, passages: str, query: str, threshold: float = THRESHOLD, longest: int = LONGEST,
    use_global: bool = True,
) -> Voted:  # fmt: skip
    """Ask the ``query`` about each line of ``passages`` and let the answers above the threshold stand for election.

    Raises Refusal where there is nothing to read, or more than twelve passages.
    """
    lines = [line for line in passages.splitlines() if any(is_han(c) or c.isalnum() for c in line)]
    if not 1 <= len(lines) <= MOST_PASSAGES:
        raise Refusal(
            f"每行一段，有字的应为 1 到 {MOST_PASSAGES} 行，现在是 {len(lines)} 行",
            f"one passage a line, 1 to {MOST_PASSAGES} lines with something to read, not {len(lines)}",
            input="passages",
        )
    each = tuple(ask(model, words, line, query, threshold, longest, use_global) for line in lines)
    scores: dict[str, list[float]] = {}
    for one in each:
        for span in one.answers:
            scores.setdefault(span.text, []).append(span.score)
    return Voted(each, _elected(scores) if scores else None)


@dataclass(frozen=True, slots=True)
class Gates:
    """Inside the passage's blocks: the mean gate [N, L] of every block at every character, the mean change |y - x| / |x| [N], the
    attention [L] of the passage's vector, and the best ``answer``, beside that with the same logits dropped and no block closed (``open``); ``foreign``: the question is not in Chinese."""

    passage: str
    dilations: tuple[int, ...]
    gates: np.ndarray
    moved: np.ndarray
    attention: np.ndarray
    answer: Span
    open: Span
    foreign: bool

    @property
    def attention_shades(self) -> list[float]:
        """The attention as shares of its largest."""
        return _relative(self.attention)

    def shades(self, block: int) -> list[float]:
        """The mean gate of block 1 … N at every character."""
        return self.gates[block - 1].tolist()

    @property
    def means(self) -> list[float]:
        """The mean gate of each block over the passage."""
        return self.gates.mean(1).tolist()


@torch.inference_mode()
def gates(
    model: DGCNN, words: Tokenizer, passage: str, query: str, closed: int = 0, drop: float = 0.0, seed: int = 0
) -> Gates:  # fmt: skip
    """Read with the gates of block ``closed`` (1 … 6; 0: none) set to 0, and a share ``drop`` of all gates' logits dropped.

    A closed block hands its input on: y = x. A dropped logit is 0, so its gate is one half; the others grow by 1 / (1 - drop),
    as in training. ``open`` is read with the same logits dropped and no block closed. Raises Refusal where there is nothing to read.
    """
    text, asked = _read(passage, "passage"), _read(query, "query")
    tokens, question_tokens = _tokens(model, encode(words, text, asked))

    def through(closed: int) -> tuple[tuple[Tensor, Tensor, Tensor], list[np.ndarray], list[float]]:
        rng = torch.Generator().manual_seed(seed)
        found, moved = [], []

        def step(number: int, block: GatedBlock, x: Tensor, there: Tensor) -> Tensor:
            candidate, logits = block.convolution(x).chunk(2, 1)
            kept = (torch.rand(logits.shape, generator=rng) >= drop).to(logits) / (1 - drop)
            gate = torch.zeros_like(logits) if number == closed else (logits * kept).sigmoid()
            y = torch.lerp(x, candidate, gate) * there
            found.append(gate[0].mean(0).cpu().double().numpy())
            moved.append(float((y - x).norm() / x.norm()))
            return y

        return model.through(tokens, question_tokens, step), found, moved

    (x, about, mask), found, moved = through(closed)
    reading = model.leave(x, about, mask)
    attention = model.passage_pool.weights(model.beside(x, about), mask)[0].cpu().double().numpy()
    opened = model.leave(*through(0)[0]) if closed else reading
    return Gates(
        text, model.config.passage_dilations, np.stack(found), np.array(moved), attention, _answer(text, reading), _answer(text, opened),
        not any(map(is_han, asked)),
    )  # fmt: skip


def _answer(text: str, reading: Any) -> Span:
    start, end = (p[0].cpu().double().numpy() for p in reading.probabilities())
    first, last, score = best_span(start, end)
    return Span(first, last, text[first : last + 1], score)


@dataclass(frozen=True, slots=True)
class Ruler:
    """How far a stack of blocks sees: ``paths`` [N, 2R + 1], after each block in how many ways offset -R … R reaches the centre
    (0: not at all); ``measured`` [2R + 1], the gradient's size there in a network with random weights; ``formula`` 1 + 2 Σ r."""

    dilations: tuple[int, ...]
    offsets: np.ndarray
    paths: np.ndarray
    measured: np.ndarray
    formula: int

    @property
    def seen(self) -> int:
        """How many places have a gradient that is not zero."""
        return int(np.count_nonzero(self.measured))

    @property
    def reach(self) -> int:
        """From the first to the last of them."""
        there = np.flatnonzero(self.measured)
        return int(there[-1] - there[0] + 1)

    @property
    def widths(self) -> list[int]:
        """The receptive field after each block, by the formula."""
        return [receptive_field(self.dilations[: k + 1]) for k in range(len(self.dilations))]

    @property
    def counts(self) -> list[int]:
        """How many places are seen after each block."""
        return np.count_nonzero(self.paths, 1).tolist()

    @property
    def shown(self) -> np.ndarray:
        """``paths`` of each block as shares of its most, the root of them; NaN where there is none."""
        return np.where(self.paths > 0, np.sqrt(self.paths / self.paths.max(1, keepdims=True)), np.nan)

    @property
    def there(self) -> np.ndarray:
        """The indices of the places that have a gradient."""
        return np.flatnonzero(self.measured)

    @property
    def relative(self) -> np.ndarray:
        """``measured`` as shares of its largest."""
        return self.measured / self.measured.max()

    def shades(self, length: int, place: int) -> list[float]:
        """Over a text of ``length`` characters, how strongly each is seen from ``place``: the fourth root of ``relative``."""
        reach = len(self.offsets) // 2
        inside = [k - place + reach for k in range(length)]
        seen = np.sqrt(np.sqrt(self.relative))
        return [float(seen[k]) if 0 <= k < len(seen) else 0.0 for k in inside]


RULER_WIDTH = 4  # channels of the network whose gradient is measured


def ruler(dilations: Sequence[int], reach: int) -> Ruler:
    """Count the paths, and measure the gradient at the centre of 2 ``reach`` + 1 places, float64.

    ``dilations`` must not see farther than ``reach``.
    """
    length = 2 * reach + 1
    after = []
    for k in range(1, len(dilations) + 1):
        row = np.zeros(length)
        row[reach] = 1
        for r in dilations[:k]:
            row = row + np.pad(row, (r, 0))[:length] + np.pad(row, (0, r))[r:]
        after.append(row)
    return Ruler(tuple(dilations), np.arange(-reach, reach + 1), np.stack(after), influence(stack(dilations), length), receptive_field(dilations))  # fmt: skip


def stack(dilations: Sequence[int], seed: int = 0) -> torch.nn.ModuleList:
    """Gated blocks with random weights, float64, narrow: for measuring gradients."""
    rng = torch.Generator().manual_seed(seed)
    blocks = torch.nn.ModuleList(GatedBlock(RULER_WIDTH, r) for r in dilations).double().eval()
    for parameter in blocks.parameters():
        parameter.data = (
            torch.randn(parameter.shape, generator=rng, dtype=torch.float64) / (RULER_WIDTH * KERNEL) ** 0.5
        )
    return blocks


def influence(blocks: torch.nn.ModuleList, length: int, seed: int = 0) -> np.ndarray:
    """The size of d y_centre / d x_i at each of ``length`` places i, float64."""
    first = blocks[0]
    assert isinstance(first, GatedBlock)
    width = first.convolution.in_channels
    rng = torch.Generator().manual_seed(seed)
    x = torch.randn(1, width, length, generator=rng, dtype=torch.float64).requires_grad_()
    y, mask = x, torch.ones(1, 1, length, dtype=torch.float64)
    for block in blocks:
        y = block(y, mask)
    (gradient,) = torch.autograd.grad(y[0, :, length // 2].sum(), x)
    return gradient[0].norm(dim=0).numpy()


@dataclass(frozen=True, slots=True)
class Marked:
    """The page's own questions: what the network answered, what is right, and whether it was; beside the best sentence."""

    questions: tuple[str, ...]
    answers: tuple[str, ...]
    truths: tuple[str, ...]
    right: tuple[bool, ...]
    marks: tuple[float, ...]
    scores: tuple[float, ...]

    @property
    def exact(self) -> int:
        """How many are exactly right."""
        return sum(self.right)

    @property
    def f1(self) -> float:
        """Mean F1."""
        return sum(self.marks) / len(self.marks)


def marked(model: DGCNN, words: Tokenizer) -> Marked:
    """Answer all questions that were written for this page."""
    rows = []
    for example in EXAMPLES:
        for question, truths in example.questions:
            best = ask(model, words, example.passage, question, 0.0).best
            rows.append(
                (question, best.text, " / ".join(truths), exact(best.text, truths), f1(best.text, truths), best.score)
            )
    return Marked(*zip(*rows, strict=True))


@dataclass(frozen=True)
class Measured:
    """What the card says of held-out questions, and the page's own."""

    metrics: Mapping[str, float]
    own: Marked

    def rate(self, source: str, measure: str, way: str = "") -> float:
        """``measure`` ("EM", "F1") on the set ``source`` of one of :data:`WAYS`."""
        return self.metrics[f"{source} {measure}{way}"]

    def count(self, source: str) -> int:
        """Held-out questions of a set."""
        return int(self.metrics[f"{source} questions"])

    @cached_property
    def thresholds(self) -> list[float]:
        """The thresholds of the score that were measured."""
        prefix = "answered at "
        return sorted(float(key[len(prefix) :]) for key in self.metrics if key.startswith(prefix) and "," not in key)

    def curve(self, name: str, use_global: bool) -> list[float]:
        """``name`` ("answered", "right of all", "answered on another passage", "… of its article") over the thresholds."""
        end = "" if use_global else ", without p_global"
        return [self.metrics[f"{name} at {threshold:g}{end}"] for threshold in self.thresholds]


def measured() -> Measured:
    """The card's figures and the page's own questions. Raises WeightsError."""
    return Measured(weights.read_card(NAME).metrics, marked(*reader()))
