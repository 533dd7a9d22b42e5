"""Fine-tuning of the small BERT, each way over several seeds: the correction of the post, and DropToken.

The task: is a shop review good or bad (the blog author's set, its own test part). Texts are cut to 39 characters and 2 560 of them are taken, since a
CPU trains. All weights are trained, by AdamW with warm-up and linear decay. All ways of one seed share the order of the texts. Time is the
processor's, of one thread, without evaluation.
"""

from __future__ import annotations

import csv
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.text.mlm_dropout.bert import CLS, MASK, Bert
from core.text.mlm_dropout.classifier import Classifier
from core.text.mlm_dropout.masking import kept_places
from core.text.mlm_dropout.measured import RATES
from core.text.tokenizer import PAD, Tokenizer
from training.text.mlm_texts import reviews

__all__ = [
    "ARMS",
    "BagOfCharacters",
    "Task",
    "Trial",
    "arm_metrics",
    "bag_of_characters",
    "fine_tuned",
    "reviews_task",
    "task",
    "trials",
]

LONGEST = 40  # tokens, [CLS] included
TRAINED, TESTED = 2560, 2000
EPOCHS, BATCH, LR, WARM_UP = 2, 32, 5e-4, 0.1
DECAY, LARGEST_GRADIENT = 0.01, 1.0
ARMS: Sequence[tuple[str, float]] = (
    *(("plain", rate) for rate in RATES),
    ("corrected", 0.0),
    ("scaled", 0.0),
    ("scratch", 0.0),
)
"""(how it begins, DropToken's rate)."""


@dataclass(frozen=True, slots=True)
class Task:
    """Texts as rows of tokens (0 beyond their ends) with their classes."""

    name: str
    classes: int
    tokens: Tensor
    labels: Tensor
    test_tokens: Tensor
    test_labels: Tensor

    @property
    def metrics(self) -> dict[str, float]:
        """Its sizes, for the card."""
        tokens = float((self.tokens != PAD).sum(1).float().mean())
        return {"training texts": len(self.labels), "test texts": len(self.test_labels), "mean tokens": tokens}


@dataclass(frozen=True, slots=True)
class Trial:
    """One fine-tuning: share of the test texts that are right, and the processor's milliseconds a step."""

    way: str
    rate: float
    seed: int
    accuracy: float
    milliseconds: float
    steps: int


def reviews_task(tokenizer: Tokenizer) -> Task:
    """Good or bad; which reviews are taken depends on their texts' checksums alone."""
    rows = reviews()
    train, test = ([(r.text, r.good) for r in rows if r.part == part] for part in ("train", "test"))
    return task("review", 2, train, test, tokenizer)


def task(
    name: str, classes: int, train: list[tuple[str, int]], test: list[tuple[str, int]], tokenizer: Tokenizer
) -> Task:  # fmt: skip
    """A task of texts with their classes: the first so many of each part, in the order of their checksums."""

    def rows(found: list[tuple[str, int]], most: int) -> tuple[Tensor, Tensor]:
        chosen = sorted(found, key=lambda one: zlib.crc32(one[0].encode()) >> 7)[:most]
        tokens = torch.full((len(chosen), LONGEST), PAD)
        for row, (text, _) in zip(tokens, chosen, strict=True):
            ids = [CLS, *tokenizer.encode_plain(text[: LONGEST - 1])]
            row[: len(ids)] = torch.tensor(ids)
        return tokens, torch.tensor([label for _, label in chosen])

    return Task(name, classes, *rows(train, TRAINED), *rows(test, TESTED))


def fine_tuned(bert: Bert, task: Task, way: str, rate: float, seed: int, first: int) -> Trial:
    """One trial; ``first`` is the token of the first character."""
    begun = torch.Generator().manual_seed(seed)
    model = Classifier(bert, task.classes, way, first, MASK, begun).train()
    optimiser = torch.optim.AdamW(model.parameters(), LR, weight_decay=DECAY)
    order, dropped = torch.Generator().manual_seed(100 + seed), torch.Generator().manual_seed(200 + seed)
    batches = [rows for _ in range(EPOCHS) for rows in _batches(task.tokens, order)]
    warm, spent = max(1, int(WARM_UP * len(batches))), 0.0
    for step, rows in enumerate(batches):
        began = time.thread_time()
        for group in optimiser.param_groups:
            group["lr"] = LR * min((step + 1) / warm, (len(batches) - step) / (len(batches) - warm))
        loss = F.cross_entropy(model(*_dropped(task.tokens[rows], rate, dropped)), task.labels[rows])
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), LARGEST_GRADIENT)
        optimiser.step()
        spent += time.thread_time() - began
    return Trial(way, rate, seed, _accuracy(model, task), 1000 * spent / len(batches), len(batches))


def _batches(tokens: Tensor, rng: torch.Generator) -> Iterator[Tensor]:
    """Rows in random order, those of like length together, so that little is padded."""
    lengths = (tokens != PAD).sum(1).float()
    near = (lengths + 4 * torch.rand(len(tokens), generator=rng)).argsort()
    parts = near.split(BATCH)
    for k in torch.randperm(len(parts), generator=rng).tolist():
        yield parts[k]


def _dropped(tokens: Tensor, rate: float, rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """(tokens, places, which are there) of a batch after DropToken, cut to its longest row."""
    there = tokens != PAD
    places, stays = kept_places(there, rate, rng)
    return tokens.gather(1, places).where(stays, PAD), places, stays


@torch.no_grad()
def _accuracy(model: Classifier, task: Task) -> float:
    model.eval()
    right = 0
    order = (task.test_tokens != PAD).sum(1).argsort()
    for rows in order.split(4 * BATCH):
        tokens = task.test_tokens[rows]
        there = (tokens != PAD)[:, : int((tokens != PAD).sum(1).max())]
        places = torch.arange(there.shape[1]).expand_as(there)
        found = model(tokens[:, : there.shape[1]], places, there).argmax(1)
        right += int((found == task.test_labels[rows]).sum())
    return right / len(task.test_labels)


def trials(bert: Bert, found: Task, seeds: int, first: int, path: Path) -> list[Trial]:
    """All trials, those that ``path`` has already taken from there; seed by seed, so that a run cut short has whole seeds."""
    done = _read(path)
    for seed in range(seeds):
        for way, rate in ARMS:
            if (way, rate, seed) in done:
                continue
            done[way, rate, seed] = one = fine_tuned(bert, found, way, rate, seed, first)
            _write(path, list(done.values()))
            print(one, flush=True)
    return list(done.values())


def arm_metrics(told: Sequence[Trial]) -> dict[str, float]:
    """Mean and standard deviation of the accuracy, and the median milliseconds a step, by way and rate."""
    made: dict[str, float] = {}
    for way, rate in ARMS:
        mine = [one for one in told if (one.way, one.rate) == (way, rate)]
        name = f"review, {way}" + f", DropToken {rate:g}" * bool(rate)
        right = np.array([one.accuracy for one in mine])
        made |= {
            f"{name}: accuracy": float(right.mean()),
            f"{name}: sd over {len(mine)} seeds": float(right.std(ddof=1)),
        }
        made[f"{name}: ms/step"] = float(np.median([one.milliseconds for one in mine]))
    return made


def _read(path: Path) -> dict[tuple[str, float, int], Trial]:
    if not path.exists():
        return {}
    with path.open(newline="", encoding="ascii") as file:
        rows = [
            Trial(row["way"], float(row["rate"]), int(row["seed"]), float(row["accuracy"]), float(row["milliseconds"]), int(row["steps"]))
            for row in csv.DictReader(file)
        ]  # fmt: skip
    return {(one.way, one.rate, one.seed): one for one in rows}


def _write(path: Path, rows: Sequence[Trial]) -> None:
    partial = path.with_suffix(".part")
    with partial.open("w", newline="", encoding="ascii") as file:
        writer = csv.DictWriter(file, list(asdict(rows[0])), lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    partial.replace(path)


@dataclass(frozen=True, slots=True)
class BagOfCharacters:
    """Naive Bayes on which characters a text has: what needs no network."""

    weights: np.ndarray
    prior: np.ndarray

    def __call__(self, tokens: np.ndarray) -> np.ndarray:
        """The class of each row."""
        scores = np.stack([self.weights[:, row[row != PAD]].sum(1) for row in tokens])
        return (scores + self.prior).argmax(1)


def bag_of_characters(task: Task) -> Mapping[str, float]:
    """Accuracies on the task's test texts of the commonest class and of naive Bayes (add-one), fitted to the same training texts."""
    tokens, labels = task.tokens.numpy(), task.labels.numpy()
    size = int(max(tokens.max(), task.test_tokens.max())) + 1
    counts = np.ones((task.classes, size))
    for row, label in zip(tokens, labels, strict=True):
        np.add.at(counts[label], np.unique(row[row != PAD]), 1)
    prior = np.bincount(labels, minlength=task.classes)
    model = BagOfCharacters(np.log(counts / (prior[:, None] + 2)), np.log(np.maximum(prior, 1e-9) / prior.sum()))
    test = task.test_labels.numpy()
    return {
        "commonest class": float((test == prior.argmax()).mean()),
        "naive Bayes": float((model(task.test_tokens.numpy()) == test).mean()),
    }
