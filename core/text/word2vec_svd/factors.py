"""Shifted positive PMI of co-occurrence counts, and its truncated SVD."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.sparse import csr_array

from core.text import information
from core.text.word2vec_svd.counting import Counts

__all__ = ["SMOOTHING", "Factors", "pmi", "positive", "truncated"]

SMOOTHING = 0.75
"""The exponent of context frequencies in word2vec's negative samples, and in smoothed PMI."""
EXTRA, CYCLES, DEGREE = (
    32,
    3,
    3,
)  # columns beyond d, and times that M Mᵀ is applied: the d-th value is then within a thousandth

Floats = NDArray[Any]


def pmi(counts: Counts, shift: float = 1.0, smoothing: float = SMOOTHING) -> Floats:
    """log( #(i,j) / #i · Σ_c #c^α / #j^α ) − log k of every listed count [n], float64: k is ``shift``, α is ``smoothing``."""
    return information.pmi(counts.row, counts.column, counts.count, counts.margin, None, smoothing, np.log(shift))


def positive(counts: Counts, shift: float = 1.0, smoothing: float = SMOOTHING) -> csr_array:
    """max(PMI − log k, 0), zero where a pair was never seen."""
    value = pmi(counts, shift, smoothing)
    kept = counts.listed(value > 0)
    shape = (counts.words, counts.words)
    return csr_array((value[value > 0].astype(np.float32), kept.column, kept.start), shape=shape)


@dataclass(frozen=True, slots=True)
class Factors:
    """M ≈ U Σ Vᵀ of rank d: ``left`` U [V, d] and ``right`` [V, d] with orthonormal columns, ``values`` Σ [d] from large to small."""

    left: Floats
    values: Floats
    right: Floats

    def vectors(self, size: int, power: float) -> Floats:
        """U Σ^p of the first ``size`` columns [V, size]."""
        return self.left[:, :size] * self.values[:size] ** power


def truncated(matrix: csr_array, size: int, seed: int = 0) -> Factors:
    """The best approximation of rank ``size`` in the Frobenius norm (Eckart and Young), by randomised subspace iteration.

    Halko, Martinsson and Tropp 2011: a random block, M and Mᵀ in turns with orthonormal columns in between, then the SVD of a thin
    matrix. Columns' signs are fixed: the largest entry of each column of U is positive.
    """
    turned = matrix.T.tocsr()
    words = len(matrix.indptr) - 1
    width = min(size + EXTRA, words)
    basis = _orthonormal(matrix @ np.random.default_rng(seed).standard_normal((words, width), np.float32))
    for _ in range(CYCLES):
        squares, basis = _rotated(turned, basis)
        before, now = basis, matrix @ (turned @ basis) * (2 / squares[-1]) - basis
        for _ in range(DEGREE - 1):
            before, now = now, 2 * (matrix @ (turned @ now) * (2 / squares[-1]) - now) - before
        basis = _orthonormal(now / np.linalg.norm(now, axis=0))
    squares, basis = _rotated(turned, basis)
    values = np.sqrt(np.maximum(squares[:size], 0))
    left = basis[:, :size]
    right = turned @ left / np.maximum(values, np.finfo(np.float32).tiny)
    signs = np.sign(left[np.abs(left).argmax(0), np.arange(left.shape[1])])
    return Factors(left * signs, values, right * signs)


def _orthonormal(block: Floats) -> Floats:
    """An orthonormal basis of the columns, by Cholesky's factor of their Gram matrix in double precision, twice."""
    for _ in range(2):
        wide = block.astype(np.float64)
        lower = np.linalg.cholesky(wide.T @ wide)
        block = solve_triangular(lower, wide.T, lower=True).T
    return block.astype(np.float32)


def _rotated(turned: csr_array, basis: Floats) -> tuple[Floats, Floats]:
    """(Ritz values of M Mᵀ, from large to small; their Ritz vectors) in the span of ``basis``."""
    image = (turned @ basis).astype(np.float64)
    squares, axes = np.linalg.eigh(image.T @ image)
    return squares[::-1], basis @ axes[:, ::-1].astype(np.float32)
