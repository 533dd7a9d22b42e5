"""What ships for post 4233: words with how often they occur, their co-occurrences, and a table of vectors."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from scipy.sparse import csr_array, triu
from torch import Tensor, nn

from core.text.vectors import WordVectors
from core.text.word2vec_svd.counting import Counts
from core.weights import extra, load

__all__ = ["COUNTS", "LEAST", "PROSE", "VOCABULARY", "Table", "build", "counts", "dump_counts", "dump_vocabulary", "parse_counts", "shipped", "words"]  # fmt: skip

PROSE = "word2vec-svd-prose"
VOCABULARY, COUNTS = "vocabulary.tsv", "counts.npz"
LEAST = 2  # pairs that were seen once alone do not ship: half of the list and a tenth of all pairs


class Table(nn.Module):
    """Vectors of words [V, d]."""

    vectors: Tensor

    def __init__(self, words: int, size: int) -> None:
        super().__init__()
        self.register_buffer("vectors", torch.zeros(words, size))


def build(words: int, size: int) -> Table:
    """The module of a card."""
    return Table(words, size)


@lru_cache(maxsize=1)
def shipped() -> WordVectors:
    """The shipped table: U Σ^½ of rank 100, in half precision. Raises WeightsError."""
    table: Table = load(PROSE)
    return WordVectors(words(), table.vectors.cpu().numpy())


def dump_vocabulary(words: Mapping[str, int]) -> bytes:
    """Words with their occurrences, a line each."""
    return "".join(f"{word}\t{count}\n" for word, count in words.items()).encode()


def dump_counts(counts: Counts, least: int = LEAST) -> bytes:
    """The counts from ``least`` on, for j ≥ i, as compressed bytes: steps of j along a row and counts, low and high bytes apart.

    Raises ValueError where a number needs more than two bytes.
    """
    kept = counts.listed((counts.count >= least) & (counts.column >= counts.row))
    step = np.diff(kept.column.astype(np.int64), prepend=0) % 2**16
    if counts.words > 2**16 or kept.count.max(initial=0) >= 2**16 * 2**8:
        raise ValueError("too many words, or counts too large, for this format")
    parts: dict[str, Any] = {"many": np.diff(kept.start).astype(np.uint16), "margin": counts.margin}
    parts |= {"step_low": (step % 256).astype(np.uint8), "step_high": (step // 256).astype(np.uint8)}
    parts |= {f"count_{b}": (kept.count // 256**b % 256).astype(np.uint8) for b in range(3)}
    file = io.BytesIO()
    np.savez_compressed(file, **parts)
    return file.getvalue()


def parse_counts(data: bytes) -> Counts:
    """The inverse of :func:`dump_counts`, both triangles."""
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        parts = {name: stored[name].astype(np.int64) for name in stored.files}
    column = (np.cumsum(parts["step_low"] + 256 * parts["step_high"]) % 2**16).astype(np.int32)
    count = (parts["count_0"] + 256 * parts["count_1"] + 256**2 * parts["count_2"]).astype(np.int32)
    upper = np.concatenate([[0], np.cumsum(parts["many"])])
    shape = (len(upper) - 1, len(upper) - 1)
    half = csr_array((count, column, upper), shape=shape)
    both = csr_array(half + triu(half, k=1).T.tocsr())
    return Counts(both.indptr.astype(np.int64), both.indices, both.data, parts["margin"])


@lru_cache(maxsize=1)
def words() -> tuple[str, ...]:
    """The words of :data:`PROSE`, from frequent to rare. Raises WeightsError."""
    return tuple(line.split("\t")[0] for line in extra(PROSE, VOCABULARY).decode("utf-8").split("\n") if line)


@lru_cache(maxsize=1)
def counts() -> Counts:
    """The shipped co-occurrence counts. Raises WeightsError."""
    return parse_counts(extra(PROSE, COUNTS))
