"""The recipe of post 4233 on a tiny corpus."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.text.word2vec_svd.shelf import COUNTS, VOCABULARY, parse_counts
from core.weights import extra, load, verify
from training.text.word2vec_svd import numbered, prose, vocabulary
from training.text.word2vec_svd_reviews import reviews


def test_words_are_numbered_by_frequency_and_sentences_kept_apart() -> None:
    texts = [["a", "b", "a"], ["c", "a", "b"]]
    words = vocabulary(texts, 2)
    assert words == {"a": 3, "b": 2}
    assert numbered(texts, words).tolist() == [0, 1, 0, -1, 0, 1, -1]


def test_prose_writes_counts_and_vectors(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    texts = [[f"w{int(k)}" for k in rng.geometric(0.1, 30).clip(1, 40)] for _ in range(200)]
    prose(texts, tmp_path, size=40, rank=5)
    verify("word2vec-svd-prose", tmp_path)
    table = load("word2vec-svd-prose", folder=tmp_path).vectors
    kept = parse_counts(extra("word2vec-svd-prose", COUNTS, tmp_path))
    assert len(table) == kept.words == extra("word2vec-svd-prose", VOCABULARY, tmp_path).decode().count("\n")


def test_reviews_keep_the_authors_split() -> None:
    rows = iter(["split\tlabel\ttext", "train\t1\t好 的", "valid\t0\t差", "test\t1\t很好\t真的"])
    found = reviews(rows)
    assert found["train"].texts == ["好的"] and found["valid"].good.tolist() == [0]
    assert found["test"].texts == ["很好真的"]
