"""Recipe of the page of minimum entropy IV (post 6191): ``python -m training.text.min_entropy``.

A closed solve, ten minutes on one core, nearly all of it counting: characters, pairs and runs of 24 classical novels and Lu Xun
(what series II of the posts counts), words by PMI, their redundancy taken out, the text cut into them, and how often two words stand
within five of each other. Word vectors are then the optimum of the same objective as the library's, S = −Σ p(i, j) log q(j|i) with
q(j|i) ∝ e^{⟨v_i, u_j⟩}, by L-BFGS. jieba is used for measuring alone: its cuts of held-out sentences are what ours are compared with.

Only counts and vectors are written, no text. Expected: a boundary F1 against jieba near 0.8, above cutting everywhere.
"""

from __future__ import annotations

import datetime
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer

from core import weights
from core.text.min_entropy.costs import conditional_entropy, gradient, log_conditional, logits
from core.text.min_entropy.descent import lbfgs
from core.text.min_entropy.lexicon import Pairs, Segmenter, cut, pairs, pieces, pruned
from core.text.min_entropy.records import joint
from core.text.min_entropy.statistics import COUNTS, FLOOR, LEVELS, NAME, Statistics, archived, parsed
from core.text.min_entropy.vectors import SkipGram, held_out_cost
from training.command import run as run_command
from training.sources import SOURCES
from training.text.segmented import STOP, prose

WORDS, SHOWN = 2000, 400  # words with a vector, and of these how many whose counts ship
DIMENSIONS, ITERATIONS = 48, 100
TABLES, MEASURES = "tables.npz", "measures.json"  # what counting leaves, beside the counts that ship
WINDOW = 5  # words to either side, as in the author's templates
LEVEL = 2  # nats of PMI; the author's is 1, and the card has the held-out F1 of all of LEVELS
START = 0.1  # standard deviation of the vectors before
RARE = 0.5  # added to every pair in the smoothed table that the vectors are compared with
LIMITS = {
    "zh": "语料是 24 部明清小说与鲁迅的文章，没有现代白话的新闻与网文；分词的对照是 jieba 的切分，jieba 面向现代汉语，它在古白话上也会错，所以 F1 只说明两者有多一致。词按出现次数取前 2000 个（两字以上），人名多；出现很少的词没有向量。",
    "en": "The texts are 24 classical novels and Lu Xun's prose: no modern news or web text. Cuts are compared with those of jieba, which is made for modern Chinese and errs on the old vernacular too, so that F1 tells how far the two agree and no more. The 2000 words with a vector are the most frequent of two characters or more, many of them names.",
}


def counted(texts: Sequence[str], floor: float = FLOOR) -> tuple[Pairs, Mapping[int, Counter[str]]]:
    """The pairs of pieces, and the runs of each of LEVELS; a pair must have p > ``floor`` to belong together."""
    found = pairs(texts)
    levels = {level: found.strong(level, floor) for level in LEVELS}
    runs = {level: Counter[str]() for level in LEVELS}
    first = Counter(run for piece in texts for run in cut(piece, levels[LEVELS[0]]))
    for level in LEVELS:
        for run, count in first.items():
            for part in cut(run, levels[level]):
                runs[level][part] += count
    return found, runs


def boundaries(words: Iterable[str]) -> set[int]:
    """Where the words of a piece end, but for its own end."""
    ends = np.cumsum([len(word) for word in words])
    return set(ends[:-1].tolist())


def agreement(ours: Iterable[set[int]], theirs: Iterable[set[int]]) -> dict[str, float]:
    """Precision, recall and F1 of boundaries against others' boundaries, over all pieces."""
    both = made = there = 0
    for one, other in zip(ours, theirs, strict=True):
        both, made, there = both + len(one & other), made + len(one), there + len(other)
    precision, recall = both / max(made, 1), both / max(there, 1)
    return {"precision": precision, "recall": recall, "F1": 2 * precision * recall / max(precision + recall, 1e-12)}


def against_jieba(held: Sequence[str], words: Mapping[str, int]) -> dict[str, float]:
    """How far our cuts of held-out pieces are jieba's, beside cutting everywhere and after every second character."""
    import jieba

    model = Segmenter(words)
    theirs = [boundaries(jieba.lcut(piece)) for piece in held]
    ways = {
        "words found": [boundaries(model.best(piece)) for piece in held],
        "every character a word": [set(range(1, len(piece))) for piece in held],
        "every two characters a word": [set(range(2, len(piece), 2)) for piece in held],
    }
    return {
        f"{way}: {key} against jieba": value
        for way, found in ways.items()
        for key, value in agreement(found, theirs).items()
    }  # fmt: skip


def cut_sentences(bodies: Iterable[str], model: Segmenter) -> Iterator[list[str]]:
    """The words of each sentence."""
    for body in bodies:
        for sentence in STOP.split(body):
            words = [word for piece in pieces(sentence) for word in model.best(piece)]
            if words:
                yield words


def together(sentences: Iterable[Sequence[int]], size: int) -> np.ndarray:
    """How often words i and j (numbers below ``size``; −1 is none) stand within WINDOW of each other: symmetric [size, size], no i = j."""
    gap = [-1] * WINDOW
    flat = np.array([k for words in sentences for k in (*words, *gap)], np.int64)
    counts = np.zeros(size * size, np.int64)
    for away in range(1, WINDOW + 1):
        one, other = flat[:-away], flat[away:]
        both = (one >= 0) & (other >= 0)
        counts += np.bincount(one[both] * size + other[both], minlength=size * size)
    table = counts.reshape(size, size)
    table = table + table.T
    np.fill_diagonal(table, 0)
    return table


def solved(p: np.ndarray, held: np.ndarray, dimensions: int, iterations: int, seed: int) -> SkipGram:
    """The vectors of least S for the joint distribution p [N, N]; S of held-out pairs ``held`` is told on the way."""
    rng = np.random.default_rng(seed)
    start = START * rng.normal(size=(2, len(p), dimensions))
    last = start
    for k, point in enumerate(lbfgs(lambda x: gradient("pair", p, x), start, iterations)):
        last = point.x
        if k % 25 == 0:
            other = held_out_cost(held, log_conditional(logits("pair", last)))
            typer.echo(f"step {k}: S = {point.value:.4f}, held out {other:.4f}")
    model = SkipGram(len(p), dimensions)
    with torch.no_grad():
        model.v.copy_(torch.from_numpy(last[0]))
        model.u.copy_(torch.from_numpy(last[1]))
    return model.half().float().eval()  # rounded to the precision in which it ships


def measured(model: SkipGram, train: np.ndarray, held: np.ndarray) -> dict[str, float]:
    """S of the vectors on training and held-out pairs (counts [N, N]), beside its bound and two that need no vectors."""
    p, q = joint(train, 0.0), joint(held, 0.0)
    ours = log_conditional(logits("pair", model.both))
    smooth = joint(train, RARE)
    popular = np.log(np.broadcast_to(smooth.sum(0), p.shape).copy())
    table = np.log(np.where(smooth > 0, smooth, 1.0))
    return {
        "training S": held_out_cost(p, ours),
        "training bound H(J|I)": conditional_entropy(p[p.sum(1) > 0][:, p.sum(1) > 0]),
        "training S, word frequencies alone": held_out_cost(p, log_conditional(popular)),
        "held-out S": held_out_cost(q, ours),
        "held-out S, word frequencies alone": held_out_cost(q, log_conditional(popular)),
        "held-out S, smoothed table of pairs": held_out_cost(q, log_conditional(table)),
        "held-out pairs": float(held.sum() / 2),
        "training pairs": float(train.sum() / 2),
    }


@dataclass(frozen=True)
class Counted:
    """What the first half of the recipe leaves: the statistics that ship, tables of words side by side (training, held out), measures."""

    statistics: Statistics
    tables: tuple[np.ndarray, np.ndarray]
    told: dict[str, float]


def count(train: Sequence[str], held: Sequence[str]) -> Counted:
    """Count the bodies of training texts, find words, measure their cuts on held-out ones, and count words side by side in both."""
    texts = [piece for body in train for piece in pieces(body)]
    found, runs = counted(texts)
    totals = {level: runs[level].total() for level in LEVELS}
    kept = {
        level: {run: count for run, count in runs[level].items() if count > FLOOR * totals[level]} for level in LEVELS
    }
    words = pruned(kept[LEVEL], FLOOR, totals[LEVEL])[0]
    typer.echo(f"{len(words)} words")
    held_pieces = [piece for body in held for piece in pieces(body)]
    told = against_jieba(held_pieces, words)
    for level in LEVELS:
        other = pruned(kept[level], FLOOR, totals[level])[0]
        told[f"words found above {level} nats: F1 against jieba"] = against_jieba(held_pieces, other)["words found: F1 against jieba"]  # fmt: skip
    typer.echo(str(told))
    model = Segmenter(words)
    cuts = [list(cut_sentences(part, model)) for part in (train, held)]
    frequent = Counter(word for sentence in cuts[0] for word in sentence if len(word) > 1)
    names = tuple(sorted(frequent, key=lambda w: (-frequent[w], w))[:WORDS])
    number = {word: k for k, word in enumerate(names)}
    one, other = (together(([number.get(w, -1) for w in sentence] for sentence in part), len(names)) for part in cuts)
    least = FLOOR * found.total_pairs
    shipped = Pairs(
        found.characters, {pair: n for pair, n in found.together.items() if n > least}, found.total_characters, found.total_pairs
    )  # fmt: skip
    told["words found"] = float(len(words))
    return Counted(Statistics(shipped, kept, totals, names, one[:SHOWN, :SHOWN]), (one, other), told)


def _stored(found: Counted, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / COUNTS).write_bytes(archived(found.statistics))
    (folder / MEASURES).write_text(json.dumps(found.told), encoding="utf-8")
    np.savez_compressed(folder / TABLES, train=found.tables[0], held=found.tables[1])


def _again(folder: Path) -> Counted:
    with np.load(folder / TABLES, allow_pickle=False) as stored:
        tables = stored["train"], stored["held"]
    told = json.loads((folder / MEASURES).read_text(encoding="utf-8"))
    return Counted(parsed((folder / COUNTS).read_bytes()), tables, told)


def main(
    seed: Annotated[int, typer.Option(min=0)] = 0,
    iterations: Annotated[int, typer.Option(min=1)] = ITERATIONS,
    count_only: Annotated[bool, typer.Option(help="stop after counting; a later call goes on from there")] = False,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:
    """Count, find words, solve for their vectors, measure on held-out texts; write weights, counts and card. A second call goes on."""
    begin, folder = time.perf_counter(), runs / NAME
    if not (folder / TABLES).exists():
        train, held = prose()
        found = count([document.body for document in train], [document.body for document in held])
        found.told["counting minutes"] = (time.perf_counter() - begin) / 60
        _stored(found, folder)
    if count_only:
        return
    found = _again(folder)
    begin = time.perf_counter()
    train_pairs, held_pairs = (joint(table, 0.0) for table in found.tables)
    vectors = solved(train_pairs, held_pairs, DIMENSIONS, iterations, seed)
    told = {**found.told, **measured(vectors, *found.tables), "solving minutes": (time.perf_counter() - begin) / 60}
    command = "python -m training.text.min_entropy" + f" --seed {seed}" * bool(seed)
    weights.save(
        vectors, NAME, out, extras={COUNTS: archived(found.statistics)}, builder="core.text.min_entropy.vectors.build",
        config={"words": len(found.statistics.words), "dimensions": DIMENSIONS}, data=SOURCES["prose"].text,
        licence=SOURCES["prose"].licence, recipe=command + f" --iterations {iterations}" * (iterations != ITERATIONS),
        seed=seed, steps=iterations, date=datetime.date.today().isoformat(), limits=LIMITS,
        metrics={key: float(f"{value:.6g}") for key, value in told.items()},
    )  # fmt: skip
    typer.echo(str(told))


if __name__ == "__main__":
    run_command(main)
