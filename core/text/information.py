"""Pointwise mutual information of what stands together: how much more often a pair is seen than its two parts would meet by chance.

    PMI_ij = log( #(i,j) / #i · Σ_c #c^α / #j^α ) − shift,      PPMI = max(PMI, 0), and 0 where a pair was never seen.

α = 1 is the definition (Church and Hanks 1990), α = 0.75 makes rare contexts weigh less (Levy, Goldberg and Dagan 2015), and a shift of
log k is what k negative samples take off. What is counted, how far apart and with what weights, is for the caller to say.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

__all__ = ["pmi", "ppmi"]

Floats = NDArray[Any]


def pmi(
    row: Floats, column: Floats, count: Floats, margin: Floats, contexts: Floats | None = None, smoothing: float = 1.0, shift: float = 0.0
) -> Floats:  # fmt: skip
    """PMI in nats of every pair listed [n], float64: pair (``row``, ``column``) was seen ``count`` > 0 times.

    ``margin`` #i [V]; ``contexts`` #j [V], the same where counts are symmetric. ``smoothing`` α; ``shift`` in nats.
    """
    often = np.asarray(margin if contexts is None else contexts, np.float64)
    context = often**smoothing
    with np.errstate(divide="ignore"):  # words without any pair are in none
        word, other = np.log(np.asarray(margin, np.float64)), np.log(context / context.sum())
    return np.log(count) - word[row] - other[column] - shift


def ppmi(counts: Any, smoothing: float = 1.0, shift: float = 0.0) -> csr_array:
    """PPMI of a sparse or dense matrix of counts [V, V] (float32), its margins those of its own rows and columns."""
    found = coo_array(counts)
    found.sum_duplicates()
    seen = found.data > 0
    row, column, count = found.row[seen], found.col[seen], found.data[seen].astype(np.float64)
    sizes = counts.shape
    value = pmi(
        row, column, count, np.bincount(row, count, sizes[0]), np.bincount(column, count, sizes[1]), smoothing, shift
    )
    kept = value > 0
    return csr_array((value[kept].astype(np.float32), (row[kept], column[kept])), shape=sizes)
