"""Word vectors of a million words: counting, PPMI and SVD, against one epoch of gensim's skip-gram with negative sampling.

``python -m bench.words``. The first million words, of the vocabulary, of the novels that the recipe takes, in sentences; the same words, window and size
for both; one thread. Seconds are CPU seconds, the fastest of some runs. Ours is done after that; gensim wants several epochs, so the table
has five as well, its default. How alike the neighbours are is on the page, where both climb to their end.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy: one thread, as gensim has one worker
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Sequence

import gensim
import numpy as np
from gensim.models import Word2Vec

from bench.report import measured, write
from core.text.word2vec_svd.counting import BREAK, cooccurrences
from core.text.word2vec_svd.factors import positive, truncated
from training.text.segmented import sentences
from training.text.word2vec_svd import LEAST, SIZE, WINDOW, WORDS, numbered, vocabulary

TOKENS = 1_000_000
NEGATIVES = 5  # gensim's default
EPOCHS = (1, 5)
REPEATS = 3


def texts() -> tuple[list[list[str]], int]:
    """(sentences of the vocabulary's words until there are TOKENS of them, how many words the vocabulary has)."""
    train, _ = sentences()
    known = vocabulary(train, WORDS)
    kept, count = [], 0
    for sentence in train:
        words = [word for word in sentence if word in known]
        kept.append(words)
        count += len(words)
        if count >= TOKENS:
            break
    return kept, len(known)


def ours(tokens: np.ndarray, words: int) -> list[float]:
    """CPU seconds of counting, of PPMI and of the SVD, the run with the least sum; one run before compiles the kernels."""
    runs = []
    for _ in range(REPEATS + 1):
        counts, counting = measured(lambda: cooccurrences(tokens, words, WINDOW))
        matrix, logarithms = measured(lambda c=counts: positive(c.listed(c.count >= LEAST)))
        _, factors = measured(lambda m=matrix: truncated(m, SIZE))
        runs.append([counting.cpu, logarithms.cpu, factors.cpu])
    return min(runs[1:], key=sum)


def theirs(kept: Sequence[Sequence[str]], epochs: int) -> float:
    """CPU seconds of gensim's training alone, its vocabulary already built."""
    times = []
    for _ in range(REPEATS if epochs == 1 else 1):
        model = Word2Vec(vector_size=SIZE, window=WINDOW, sg=1, negative=NEGATIVES, workers=1, min_count=1, seed=0)
        model.build_vocab(kept)
        _, cost = measured(lambda m=model: m.train(kept, total_examples=len(kept), epochs=epochs))
        times.append(cost.cpu)
    return min(times)


def main() -> None:
    """Measure and write bench/results/words.md."""
    kept, words = texts()
    order = vocabulary(kept, words)
    tokens = numbered(kept, order)
    parts = ours(tokens, len(order))
    total = sum(parts)
    rows = [["counting, PPMI, SVD (ours)", f"{total:.2f}", "1", " + ".join(f"{part:.2f}" for part in parts)]]
    for epochs in EPOCHS:
        seconds = theirs(kept, epochs)
        rows.append(
            [f"gensim {gensim.__version__}, SGNS, epochs: {epochs}", f"{seconds:.1f}", f"{seconds / total:.1f}", ""]
        )
    write(
        "words",
        "Word vectors of a million words, CPU seconds, one thread",
        ["", "seconds", "times", "counting + PPMI + SVD"],
        rows,
        notes=[
            f"{int((tokens != BREAK).sum()):,} words, vocabulary {len(order):,}, window {WINDOW} at each side, {SIZE} dimensions; gensim with {NEGATIVES} negatives, vocabulary built before.",
            f"Ours: the fastest of {REPEATS} after one that compiles; gensim's single epoch likewise.",
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
