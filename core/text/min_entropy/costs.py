"""What borrowing two books costs, and the bound that no arrangement can beat.

S = Σ p(i, j) f(v_i, v_j) over two different books. With a minimal distance between books (``walk``):
f = ‖v_i‖ + ‖v_i − v_j‖, from the door to the first book and on to the second. Without it, every f is a cross-entropy,
f = −log q(j|i) with q(j|i) = e^{L_ij} / Σ_{k≠i} e^{L_ik}:

``euclid``  L_ij = −‖v_i − v_j‖²          (SNE)
``inner``   L_ij = ⟨v_i, v_j⟩
``t``       L_ij = −log(1 + ‖v_i − v_j‖²)  (t-SNE's kernel)
``pair``    L_ij = ⟨v_i, u_j⟩             (Skip-gram: a second vector u for the word that follows)

S ≥ H(J|I) = −Σ p(i, j) log p(j|i), with equality where q(j|i) = p(j|i): S − H(J|I) = Σ p(i) KL(p(·|i) ‖ q(·|i)).
"""

from __future__ import annotations

import numpy as np

__all__ = [
    "SOFTMAX", "conditional_entropy", "distances", "exact", "gradient", "log_conditional", "logits", "softmax_cost",
    "squared_distances", "walk",
]  # fmt: skip

SOFTMAX = ("euclid", "inner", "t", "pair")


def squared_distances(v: np.ndarray) -> np.ndarray:
    """‖v_i − v_j‖² [N, N] of v [N, d]."""
    squares = (v * v).sum(1)
    found = squares[:, None] + squares[None, :] - 2 * v @ v.T
    np.fill_diagonal(found, 0.0)
    return np.maximum(found, 0.0)


def distances(v: np.ndarray) -> np.ndarray:
    """‖v_i − v_j‖ [N, N] of few dimensions, from the differences: exact also for books that touch."""
    return np.sqrt(((v[:, None] - v[None]) ** 2).sum(2))


def walk(p: np.ndarray, v: np.ndarray) -> float:
    """S of the walk: Σ p(i, j) [‖v_i‖ + ‖v_i − v_j‖], the door at the origin."""
    return float(p.sum(1) @ np.sqrt((v * v).sum(1)) + (p * distances(v)).sum())


def logits(kind: str, v: np.ndarray) -> np.ndarray:
    """L [N, N]; of ``pair``, v is [2, N, d]: the vectors v and u."""
    if kind == "pair":
        return v[0] @ v[1].T
    if kind == "inner":
        return v @ v.T
    squares = squared_distances(v)
    return -squares if kind == "euclid" else -np.log1p(squares)


def log_conditional(scores: np.ndarray) -> np.ndarray:
    """log q(j|i) [N, N] of scores L; −∞ on the diagonal: nobody borrows one book twice."""
    masked = scores.copy()
    np.fill_diagonal(masked, -np.inf)
    top = masked.max(1, keepdims=True)
    return masked - top - np.log(np.exp(masked - top).sum(1, keepdims=True))


def softmax_cost(kind: str, p: np.ndarray, v: np.ndarray) -> float:
    """S = −Σ p(i, j) log q(j|i)."""
    return -float(_weighted(p, log_conditional(logits(kind, v))))


def conditional_entropy(p: np.ndarray) -> float:
    """H(J|I) = −Σ p(i, j) log p(j|i), in nats."""
    there = p > 0
    conditional = p / p.sum(1, keepdims=True)
    return -float((p[there] * np.log(conditional[there])).sum())


def gradient(kind: str, p: np.ndarray, v: np.ndarray) -> tuple[float, np.ndarray]:
    """(S, ∂S/∂v). With R_ij = p(i, j) − p(i) q(j|i), ∂S/∂L_ij = −R_ij."""
    log_q = log_conditional(logits(kind, v))
    residual = p - p.sum(1, keepdims=True) * np.exp(log_q)
    cost = -float(_weighted(p, log_q))
    if kind == "pair":
        return cost, np.stack([-residual @ v[1], -residual.T @ v[0]])
    both = residual + residual.T
    if kind == "inner":
        return cost, -both @ v
    if kind == "t":
        both = both / (1 + squared_distances(v))
    return cost, 2 * (both.sum(1)[:, None] * v - both @ v)


def exact(kind: str, p: np.ndarray) -> np.ndarray:
    """Vectors in N dimensions for which q(j|i) = p(j|i) exactly, by an eigendecomposition: no search.

    ``inner``: the Gram matrix log p(i, j), whose diagonal is free and is made large enough for it to be positive semidefinite.
    ``euclid``: squared distances c − log p(i, j), for c large enough the squared distances of points (classical scaling).
    ``t`` needs 1 + ‖v_i − v_j‖² ∝ 1 / p(i, j), which need not be distances: ValueError.
    """
    if kind not in ("inner", "euclid"):
        raise ValueError(f"kind = {kind}: must be inner or euclid")
    gram = np.zeros_like(p)
    off = ~np.eye(len(p), dtype=bool)
    gram[off] = np.log(p[off])
    free = np.eye(len(p))  # what may be added to the Gram matrix without changing q
    if kind == "euclid":
        free -= 1 / len(p)
        gram = free @ gram @ free / 2
    values, vectors = np.linalg.eigh(gram - np.linalg.eigvalsh(gram)[0] * free)
    return vectors * np.sqrt(np.maximum(values, 0.0))


def _weighted(p: np.ndarray, log_q: np.ndarray) -> float:
    """Σ p log q over two different books."""
    kept = log_q.copy()
    np.fill_diagonal(kept, 0.0)
    return (p * kept).sum()
