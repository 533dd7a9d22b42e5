"""Recipe of post 4233: ``python -m training.text.word2vec_svd prose`` and ``… reviews``. No gradient descent: counts, an SVD, convex fits.

``prose``: words of novels and of Lu Xun, the 6 000 most frequent; co-occurrences in windows of five words on each side; the vectors of
their PPMI by SVD. ``reviews``: the schemes of the second half (training/text/word2vec_svd_reviews.py). Both take a minute or a few.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from numpy.typing import NDArray

from core import weights
from core.text.word2vec_svd.counting import BREAK, cooccurrences
from core.text.word2vec_svd.factors import positive, truncated
from core.text.word2vec_svd.shelf import COUNTS, LEAST, PROSE, VOCABULARY, Table, dump_counts, dump_vocabulary
from training.command import run as run_command
from training.sources import SOURCES
from training.text.segmented import sentences
from training.text.word2vec_svd_reviews import make

WORDS, WINDOW = 6000, 5
SIZE, POWER = 100, 0.5
LIMITS = {
    "zh": "语料是明清小说与鲁迅的文章：没有今天的词，白话与文言混在一起；分词由 jieba 完成，有错。6000 词之外的词先删去，再取窗口；只见过一次的词对不列出。",
    "en": "The corpus is novels of Ming and Qing and Lu Xun's prose: no words of today, vernacular and classical mixed; cut by jieba, with errors. Words beyond the 6 000 are dropped before windows are taken; pairs seen once are not listed.",
}


def vocabulary(texts: Iterable[Sequence[str]], size: int) -> dict[str, int]:
    """The ``size`` most frequent words with their occurrences, from frequent to rare (ties in order of code point)."""
    counts = Counter[str]()
    for words in texts:
        counts.update(words)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:size])


def numbered(texts: Iterable[Sequence[str]], words: Iterable[str]) -> NDArray[np.int32]:
    """All texts as one array of word numbers, other words dropped, a break after each text."""
    ids = {word: i for i, word in enumerate(words)}
    found: list[int] = []
    for text in texts:
        found += [ids[word] for word in text if word in ids]
        found.append(BREAK)
    return np.array(found, np.int32)


def prose(texts: Iterable[Sequence[str]], out: Path, size: int = WORDS, rank: int = SIZE) -> None:
    """Count, factorise, write the table with vocabulary, counts and card."""
    texts = list(texts)
    words = vocabulary(texts, size)
    tokens = numbered(texts, words)
    counts = cooccurrences(tokens, len(words), WINDOW)
    matrix = positive(counts.listed(counts.count >= LEAST))
    factors = truncated(matrix, rank)
    table = Table(len(words), rank)
    table.load_state_dict({"vectors": torch.from_numpy(factors.vectors(rank, POWER))})
    once = float(counts.count[counts.count < LEAST].sum())
    norm = float(np.square(matrix.data, dtype=np.float64).sum())
    metrics = {
        "words of the corpus in the vocabulary": float((tokens >= 0).sum()), "share of the corpus": float((tokens >= 0).sum()) / sum(map(len, texts)),
        "pairs": float(counts.total), "share of pairs seen once, not listed": once / counts.total, "cells above 0": float(matrix.nnz),
        "relative error of the rank": float(np.sqrt(1 - np.square(factors.values, dtype=np.float64).sum() / norm)),
    }  # fmt: skip
    source = SOURCES["verse and prose"]
    weights.save(
        table, PROSE, out, extras={VOCABULARY: dump_vocabulary(words), COUNTS: dump_counts(counts)},
        builder="core.text.word2vec_svd.shelf.build", config={"words": len(words), "size": rank},
        data=f"words of prose alone, cut by jieba: {source.text}", licence=source.licence,
        recipe="python -m training.text.word2vec_svd prose", seed=0, steps=0, date=datetime.date.today().isoformat(),
        metrics={k: float(f"{v:.6g}") for k, v in metrics.items()}, limits=LIMITS,
    )  # fmt: skip


def main(
    part: Annotated[str, typer.Argument(help="prose or reviews")],
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:
    """Make one of the two sets of weights."""
    if part == "prose":
        prose(sentences()[0], out)
    elif part == "reviews":
        make(out)
    else:
        raise typer.BadParameter("prose or reviews", param_hint="part")


if __name__ == "__main__":
    run_command(main)
