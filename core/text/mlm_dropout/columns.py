"""MAE as dropout of the attention's columns (post 8770), and where its argument is of first order.

Dropping tokens from the encoder is dropping columns of every attention matrix, the same ones in all layers:

    Norm(A⊗M̃)_ij = A_ij m_j / Σ_k A_ik m_k,   m_j = 0 with probability 1 − p.

At the kept rows both are the same, exactly: all else in a Transformer acts on one token alone. Put the mean of the mask in the mask's place
and Norm(A⊗p) = Norm(A) = A, so that nothing need be corrected; but E Norm(A⊗M̃) is another matrix. Added here: it is an
integral of one variable, for 1/s = ∫ e^(−st) dt over the sum s of what is kept,

    E Norm(A⊗M̃)_ij = ∫₀^∞ A_ij p_j e^(−A_ij t) Π_{k≠j} (1 − p_k + p_k e^(−A_ik t)) dt,

p_k being 1 for a column that is always kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from core.refusal import Refusal
from core.text.mlm_dropout.bert import Bert, kept_columns
from core.text.mlm_dropout.filling import Read, model, read

__all__ = ["Columns", "compared", "double", "drop", "expected_norm", "kept", "subset"]

NODES = 240
LOWEST, HIGHEST = -16.0, 44.0  # ln t of the integral's ends: beyond them the integrand is below 1e-7 of its part
CURVE = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""The p of the curve."""


def expected_norm(attention: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """E Norm(A⊗M̃) [n, n] for ``attention`` A [n, n] and the probability ``keep`` [n] with which each column stays.

    At least one column must always stay (keep = 1), so that there is always something to look at; ValueError otherwise.
    """
    if not (keep >= 1).any():
        raise ValueError("keep: one column at least must always be kept")
    a, step = np.maximum(attention, 1e-12), (HIGHEST - LOWEST) / (NODES - 1)
    total = np.zeros_like(a)
    for u in np.linspace(LOWEST, HIGHEST, NODES):
        t = np.exp(u)
        left = np.exp(-a * t)
        logs = np.log(np.maximum(1 - keep + keep * left, 1e-300))
        total += np.exp(logs.sum(1, keepdims=True) - logs - a * t) * a * keep * t * step
    return total / total.sum(1, keepdims=True)


def kept(n: int, ratio: float, seed: int) -> np.ndarray:
    """Which of ``n`` columns stay when ``ratio`` of those after the first go: bool [n]. [CLS], the first, always stays.

    The same seed drops the same columns first, so that a larger ratio drops them and more.
    """
    order = np.random.default_rng(seed).permutation(n - 1) + 1
    stay = np.ones(n, bool)
    stay[order[: round(ratio * (n - 1))]] = False
    return stay


@torch.inference_mode()
def subset(model: Bert, tokens: torch.Tensor, stay: torch.Tensor, renumbered: bool = False) -> torch.Tensor:
    """h_L [kept, h] of the kept tokens alone, at the places that they had, or at 0, 1, 2 … where they are ``renumbered``."""
    places = stay.nonzero()[:, 0]
    return model(tokens[None, places], None if renumbered else places[None])[0]


@dataclass(frozen=True, slots=True)
class Columns:
    """One text with columns of its attention dropped.

    ``names`` of the n tokens and which ``stay``; ``attention`` A and ``norm`` Norm(A⊗M̃) of one layer and head, [n, n]. ``difference`` [kept]:
    the largest difference, in float64, between the encoder on the kept tokens and the full one with dropped columns, at each kept
    token; ``size`` is the largest number compared. ``expected`` E Norm(A⊗M̃) at this ratio; ``gaps`` by the share p of columns that
    are kept (``ps``) and ``gap`` at this ratio: the mean over the rows of half of Σ_j |E Norm(A⊗M̃) − A|.
    """

    names: tuple[str, ...]
    stay: np.ndarray
    attention: np.ndarray
    norm: np.ndarray
    difference: np.ndarray
    size: float
    expected: np.ndarray
    ps: np.ndarray
    gaps: np.ndarray
    gap: float
    unknown: tuple[str, ...]

    @property
    def worst(self) -> float:
        """The largest difference."""
        return float(self.difference.max())

    @property
    def largest(self) -> float:
        """The largest weight of A and Norm(A⊗M̃): where the colours of both end."""
        return float(max(self.attention.max(), self.norm.max()))

    @property
    def count(self) -> int:
        """How many tokens are kept, [CLS] included."""
        return int(self.stay.sum())

    @property
    def share(self) -> float:
        """Which part of the n tokens is kept."""
        return self.count / len(self.stay)

    @property
    def work(self) -> tuple[float, float]:
        """What is left of the work that grows with the number of tokens, and of that which grows with its square."""
        return self.share, self.share**2


def compared(
    bert: Bert, text: Read, ratio: float, seed: int, layer: int, head: int, renumbered: bool = False
) -> Columns:  # fmt: skip
    """The encoder on a part of ``text`` beside the full one with dropped columns; layer and head count from 1. Raises Refusal."""
    if len(text.tokens) < 3:
        raise Refusal(
            "至少要两个字，才有列可遮", "at least two characters, so that there are columns to drop", input="text"
        )
    exact = double(bert)
    tokens = torch.tensor(text.tokens, device=exact.bias.device)
    stay = kept(len(text.tokens), ratio, seed)
    mask = torch.from_numpy(stay).to(tokens.device)
    with torch.inference_mode():
        whole = exact(tokens[None], columns=mask.double()[None])[0, mask]
        difference = (subset(exact, tokens, mask, renumbered) - whole).abs().amax(1)
        a = exact.attention_maps(tokens[None])[layer - 1, 0, head - 1]
        norm = kept_columns(a, mask.double())
    array = a.cpu().numpy()
    return Columns(
        text.names, stay, array, norm.cpu().numpy(), difference.cpu().numpy(), float(whole.abs().max()),
        *_gaps(array, 1 - ratio), text.unknown,
    )  # fmt: skip


def drop(text: str, ratio: float, seed: int, layer: int, head: int, renumbered: bool = False) -> Columns:
    """:func:`compared` for the shipped model and a text as a reader types it. Raises Refusal."""
    bert, tokenizer = model()
    return compared(bert, read(text, tokenizer), ratio, seed, layer, head, renumbered)


def _gaps(a: np.ndarray, p: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """(E Norm(A⊗M̃) at p, the curve's ps, its gaps, the gap at p)."""

    def expected(q: float) -> np.ndarray:
        keep = np.full(len(a), q)
        keep[0] = 1.0
        return expected_norm(a, keep)

    def gap(found: np.ndarray) -> float:
        return float(0.5 * np.abs(found - a).sum(1).mean())

    here = expected(p)
    return here, np.array(CURVE), np.array([gap(expected(q)) for q in CURVE]), gap(here)


def double(model: Bert) -> Bert:
    """A copy in double precision, on the CPU: not every device has doubles."""
    copy = Bert(model.config)
    copy.load_state_dict({key: value.cpu() for key, value in model.state_dict().items()})
    return copy.double().eval()
