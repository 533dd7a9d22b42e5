"""Questions whose answer stands in a passage: CMRC 2018 and DRCD, read, split by article, and drawn in batches of crops."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse.linalg import svds
from torch import Tensor

from core.text.dgcnn.texts import encode, padded, prepared
from core.text.information import ppmi
from core.text.tokenizer import Tokenizer
from training.text.packs import lines

__all__ = ["FILE", "Crops", "Question", "character_vectors", "questions", "rarity", "split", "vocabulary"]

FILE = "rc_extractive.jsonl.gz"
BUCKETS, VALIDATION, TEST = 20, 2, 2  # of twenty buckets of articles two are for validation and two for the test
LEAST_COUNT = 2  # occurrences of a character in the training texts
REACH = 4  # characters to either side that count as neighbours
SHIFT = 1.0  # nats taken off the pointwise mutual information


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the set ``source`` ("CMRC" or "DRCD") on ``passage``, its ``answers`` and the ``article`` they are from."""

    source: str
    article: str
    passage: str
    question: str
    answers: tuple[str, ...]

    @property
    def places(self) -> list[tuple[int, int]]:
        """(first, last) character of every occurrence of every answer in the passage."""
        found: set[tuple[int, int]] = set()
        for answer in self.answers:
            at = self.passage.find(answer)
            while at >= 0:
                found.add((at, at + len(answer) - 1))
                at = self.passage.find(answer, at + 1)
        return sorted(found)


def questions() -> list[Question]:
    """All questions whose answer is found in the passage as the model reads it. Raises DatasetError."""
    known: dict[str, str] = {}
    found: list[Question] = []
    for line in lines(FILE):
        row = json.loads(line)
        passage = known.setdefault(row["context"], "") or prepared(row["context"])
        known[row["context"]] = passage
        drcd = row["src"].startswith("drcd")
        article = row["id"].split("-")[0] if drcd else row["id"].rsplit("_", 2)[0]
        answers = tuple(dict.fromkeys(a for a in map(prepared, row["answers"]) if a))
        question = Question("DRCD" if drcd else "CMRC", article, passage, prepared(row["question"]), answers)
        if question.question and question.places:
            found.append(question)
    return found


def split(found: Sequence[Question]) -> tuple[list[Question], list[Question], list[Question]]:
    """(training, validation, test), by the checksum of the article: no article is in two of them."""
    parts: tuple[list[Question], list[Question], list[Question]] = ([], [], [])
    for question in found:
        bucket = zlib.crc32(f"{question.source} {question.article}".encode()) % BUCKETS
        parts[2 if bucket < TEST else 1 if bucket < TEST + VALIDATION else 0].append(question)
    return parts


def vocabulary(train: Sequence[Question]) -> Tokenizer:
    """The characters of the training texts that occur at least twice, the most frequent first."""
    counts = Counter(c for text in _texts(train) for c in text)
    return Tokenizer((), [c for c, n in counts.most_common() if n >= LEAST_COUNT])


def rarity(train: Sequence[Question], tokenizer: Tokenizer) -> Tensor:
    """log(N / n) of each token, n of the N training questions having it: what a match of it is worth; 1 is the largest."""
    having = np.ones(len(tokenizer))
    for question in train:
        having[list(set(tokenizer.encode_plain(question.question.lower())))] += 1
    worth = np.log((len(train) + 1) / having)
    return torch.tensor(worth / worth.max(), dtype=torch.float32)


def character_vectors(texts: Sequence[str], tokenizer: Tokenizer, width: int) -> Tensor:
    """Vectors [V, width] of characters: the SVD of their shifted positive pointwise mutual information, of unit variance."""
    size = len(tokenizer)
    together = np.zeros((size, size), np.float32)
    tokens = np.concatenate([np.array([*tokenizer.encode_plain(text.lower()), *[0] * REACH]) for text in texts])
    for k in range(1, REACH + 1):
        pairs = np.bincount(tokens[:-k] * size + tokens[k:], minlength=size * size).reshape(size, size)
        together += pairs + pairs.T
    together[:4] = together[:, :4] = 0
    table = ppmi(together, shift=SHIFT)
    left, scale, _ = svds(table, k=width, v0=np.ones(size, np.float32))
    vectors = left * np.sqrt(scale)
    spread = np.sqrt(vectors.std(0))
    return torch.tensor(np.ascontiguousarray(vectors / (spread * spread.mean())), dtype=torch.float32)


def _texts(found: Sequence[Question]) -> list[str]:
    return [*dict.fromkeys(q.passage.lower() for q in found), *(q.question.lower() for q in found)]


class Crops:
    """Training questions as tokens, from which batches of cropped passages are drawn."""

    def __init__(self, found: Sequence[Question], tokenizer: Tokenizer) -> None:
        pairs = [encode(tokenizer, q.passage, q.question) for q in found]
        self.passages, self.questions = padded([p.passage for p in pairs]), padded([p.question for p in pairs])
        self.lengths = torch.tensor([len(p.passage) for p in pairs])
        places = [q.places for q in found]
        most = max(map(len, places))
        self.counts = torch.tensor([len(p) for p in places])
        self.places = torch.tensor([[*p, *[(0, 0)] * (most - len(p))] for p in places])
        self.starts, self.ends = (torch.zeros(self.passages.shape, dtype=torch.bool) for _ in range(2))
        for row, found_at in enumerate(places):
            self.starts[row, [first for first, _ in found_at]] = True
            self.ends[row, [last for _, last in found_at]] = True

    def to(self, device: torch.device) -> None:
        """Move the data."""
        for name in ("passages", "questions", "lengths", "counts", "places", "starts", "ends"):
            setattr(self, name, getattr(self, name).to(device))

    def draw(
        self, batch: int, length: int, around: float, elsewhere: float, rng: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
        """(passages [B, length], questions [B, Q], starts, ends [B, length]).

        A share ``around`` of the crops holds an answer, a share ``elsewhere`` is of other passages, with starts and ends all
        zero; the rest is cropped anywhere from the question's own passage.
        """
        device = self.passages.device
        asked = torch.randint(len(self.lengths), (batch,), generator=rng, device=device)
        kind, where, which = torch.rand(3, batch, generator=rng, device=device)
        other = torch.randint(len(self.lengths), (batch,), generator=rng, device=device)
        strange = kind < elsewhere
        read = torch.where(strange, other, asked)
        room = (self.lengths[read] - length).clamp(min=0)
        place = self.places[asked, (which * self.counts[asked]).long()]
        near = kind >= 1 - around
        low = torch.where(near, (place[:, 1] - length + 1).clamp(min=0), 0)
        high = torch.where(near, torch.minimum(place[:, 0], room), room)
        offset = low.minimum(high) + (where * (high - low.minimum(high) + 1)).long()
        index = offset[:, None] + torch.arange(length, device=device)
        inside = index < self.passages.shape[1]
        index = index.clamp(max=self.passages.shape[1] - 1)
        same = (self.passages[read] == self.passages[asked]).all(1)  # several questions may be on one passage
        own = (~strange | same)[:, None] & inside
        starts, ends = (table[asked[:, None], index] & own for table in (self.starts, self.ends))
        longest = int((self.questions[asked] > 0).sum(1).max())
        return self.passages[read[:, None], index] * inside, self.questions[asked, :longest], starts, ends
