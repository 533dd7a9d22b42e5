"""How well a reader answers held-out questions: exact match and F1 beside what needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from core.text.dgcnn.baselines import best_sentence, best_stretch, length_shares
from core.text.dgcnn.decoding import LONGEST, best_span
from core.text.dgcnn.network import DGCNN
from core.text.dgcnn.texts import encode, exact, f1, padded
from core.text.tokenizer import Tokenizer
from training.text.extractive import Question

__all__ = ["Answered", "answered", "decoded", "metrics", "neighbours", "read"]

BATCH = 32
LONGER = 24
THRESHOLDS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)


@dataclass(frozen=True, slots=True)
class Answered:
    """Questions with an answer and its score each."""

    questions: Sequence[Question]
    answers: Sequence[str]
    scores: Sequence[float]

    def of(self, source: str) -> Answered:
        """Those of one set."""
        rows = [row for row in zip(self.questions, self.answers, self.scores, strict=True) if row[0].source == source]
        return Answered(*(list(column) for column in zip(*rows, strict=True)))

    def exact(self) -> float:
        """Share of exact matches."""
        right = [exact(a, q.answers) for q, a in zip(self.questions, self.answers, strict=True)]
        return sum(right) / len(right)

    def f1(self) -> float:
        """Mean F1."""
        marks = [f1(a, q.answers) for q, a in zip(self.questions, self.answers, strict=True)]
        return sum(marks) / len(marks)


@dataclass(frozen=True, slots=True)
class Read:
    """What the network says of one passage: σ of the local logits [L] of starts and ends, and of the passage's two."""

    text: str
    start: np.ndarray
    end: np.ndarray
    whole: tuple[float, float]

    def best(self, longest: int, use_global: bool) -> tuple[str, float]:
        """The best span and its score."""
        first, last, score = best_span(self.start, self.end, longest)
        return self.text[first : last + 1], score * (self.whole[0] * self.whole[1] if use_global else 1)


@torch.no_grad()
def read(model: DGCNN, tokenizer: Tokenizer, asked: Sequence[str], passages: Sequence[str]) -> list[Read]:
    """Every question with its passage, whole, in batches of like length."""
    device = next(model.parameters()).device
    order = sorted(range(len(asked)), key=lambda i: len(passages[i]))
    found: dict[int, Read] = {}
    for at in range(0, len(order), BATCH):
        rows = order[at : at + BATCH]
        pairs = [encode(tokenizer, passages[i], asked[i]) for i in rows]
        reading = model(padded([p.passage for p in pairs]).to(device), padded([p.question for p in pairs]).to(device))
        start, end = (p.cpu().numpy() for p in reading.probabilities(use_global=False))
        whole = zip(reading.start_any.sigmoid().tolist(), reading.end_any.sigmoid().tolist(), strict=True)
        for row, (i, both) in enumerate(zip(rows, whole, strict=True)):
            length = len(passages[i])
            found[i] = Read(passages[i], start[row, :length], end[row, :length], both)
    return [found[i] for i in range(len(asked))]


def decoded(
    questions: Sequence[Question], reads: Sequence[Read], longest: int = LONGEST, use_global: bool = True
) -> Answered:  # fmt: skip
    """The best span of every question, whatever its score."""
    best = [one.best(longest, use_global) for one in reads]
    return Answered(questions, [text for text, _ in best], [score for _, score in best])


def answered(model: DGCNN, tokenizer: Tokenizer, questions: Sequence[Question]) -> Answered:
    """The best span of every question in its whole passage."""
    return decoded(questions, read(model, tokenizer, [q.question for q in questions], [q.passage for q in questions]))


def neighbours(test: Sequence[Question]) -> list[tuple[Question, str]]:
    """Each question with the first other passage of its article that holds none of its answers; left out where there is none."""
    passages: dict[tuple[str, str], dict[str, None]] = {}
    for q in test:
        passages.setdefault((q.source, q.article), {})[q.passage] = None
    found = []
    for q in test:
        others = (text for text in passages[q.source, q.article] if text != q.passage)
        free = next((text for text in others if not any(answer in text for answer in q.answers)), None)
        if free is not None:
            found.append((q, free))
    return found


def metrics(
    model: DGCNN, tokenizer: Tokenizer, train: Sequence[Question], test: Sequence[Question]
) -> dict[str, float]:
    """What the card says: both sets apart, beside the best matching sentence and a stretch of it; then by threshold, each question
    once on its own passage, on a stranger's (of another topic), and, where there is one, on a passage of its own article that has none
    of its answers."""
    shares = length_shares([q.answers[0] for q in train])
    sentence = [q.passage[slice(*best_sentence(q.passage, q.question))] for q in test]
    stretch = [q.passage[slice(*best_stretch(q.passage, q.question, shares))] for q in test]
    none = [0.0] * len(test)
    asked = [q.question for q in test]
    own = read(model, tokenizer, asked, [q.passage for q in test])
    half = len(test) // 2
    away = read(model, tokenizer, asked, [q.passage for q in (*test[half:], *test[:half])])
    near = neighbours(test)
    beside = read(model, tokenizer, [q.question for q, _ in near], [passage for _, passage in near])
    ways = {
        "": decoded(test, own),
        f", up to {LONGER} characters": decoded(test, own, LONGER),
        ", best sentence": Answered(test, sentence, none),
        ", stretch of it": Answered(test, stretch, none),
    }
    measured: dict[str, float] = {
        "training questions": len(train),
        "questions with another passage of their article": len(near),
    }
    for source in sorted({q.source for q in test}):
        measured[f"{source} questions"] = sum(q.source == source for q in test)
        for way, found in ways.items():
            measured |= {f"{source} EM{way}": found.of(source).exact(), f"{source} F1{way}": found.of(source).f1()}
    for use_global, name in ((True, ""), (False, ", without p_global")):
        at_home, abroad = (decoded(test, reads, use_global=use_global) for reads in (own, away))
        next_door = decoded([q for q, _ in near], beside, use_global=use_global).scores
        right = [exact(a, q.answers) for q, a in zip(test, at_home.answers, strict=True)]
        for threshold in THRESHOLDS:
            over = [score > threshold for score in at_home.scores]
            both = sum(a and b for a, b in zip(over, right, strict=True))
            measured[f"answered at {threshold:g}{name}"] = sum(over) / len(test)
            measured[f"right of all at {threshold:g}{name}"] = both / len(test)
            for where, scores in (("", abroad.scores), (" of its article", next_door)):
                if not scores:
                    continue
                over_there = sum(score > threshold for score in scores) / len(scores)
                measured[f"answered on another passage{where} at {threshold:g}{name}"] = over_there
    return measured
