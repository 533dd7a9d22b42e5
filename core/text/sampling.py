"""From logits to the next token: temperature, top-k, top-p, repetition penalty, and which tokens a form allows.

The order is temperature, top-k, top-p; after each the rest is renormalised. Top-p keeps the tokens before which less than p
has gathered, so the kept set reaches p and is never empty (Holtzman et al. 2020).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Sampling", "draw", "penalised", "probabilities"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is drawn. ``temperature`` 0 takes the likeliest; ``top_k`` 0 and ``top_p`` 1 keep all tokens.

    ``penalty`` divides the positive logits (multiplies the negative ones) of what stands in the last ``window`` tokens
    (Keskar et al. 2019); 1 changes nothing. Raises ValueError for a value out of range.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    penalty: float = 1.0
    window: int = 64

    def __post_init__(self) -> None:
        if not self.temperature >= 0:
            raise ValueError(f"temperature = {self.temperature}: at least 0")
        if self.top_k < 0:
            raise ValueError(f"top_k = {self.top_k}: at least 0 (0 keeps all)")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p = {self.top_p}: more than 0, at most 1")
        if not self.penalty >= 1:
            raise ValueError(f"penalty = {self.penalty}: at least 1")


def penalised(logits: Tensor, recent: Tensor, penalty: float) -> Tensor:
    """``logits`` [B, V] with those of the tokens ``recent`` [B, n] made less likely; the input stays as it is."""
    if penalty == 1 or not recent.shape[1]:
        return logits
    picked = logits.gather(1, recent)
    return logits.scatter(1, recent, torch.where(picked > 0, picked / penalty, picked * penalty))


def probabilities(logits: Tensor, how: Sampling, allowed: Tensor | None = None) -> Tensor:
    """What the next token is drawn from: [B, V], each row summing to 1.

    ``allowed`` (bool [V] or [B, V]) rules tokens out before anything else. Temperature 0 puts all mass on the likeliest
    (the first of equals). Raises ValueError when nothing is allowed.
    """
    if allowed is not None:
        if not bool(allowed.any(-1).all()):
            raise ValueError("allowed: no token is left to draw from")
        logits = logits.masked_fill(~allowed, -torch.inf)
    if how.temperature == 0:
        return torch.zeros_like(logits).scatter(1, logits.argmax(1, keepdim=True), 1.0)
    logits = logits.float() / how.temperature
    k = min(how.top_k, logits.shape[1]) if how.top_k else 0
    if k:
        kept = torch.zeros_like(logits, dtype=torch.bool).scatter(
            1, logits.topk(k).indices, True
        )  # exactly k, ties or not
        logits = logits.masked_fill(~kept, -torch.inf)
    p = logits.softmax(1)
    if how.top_p < 1:
        ordered, index = p.sort(dim=1, descending=True, stable=True)
        before = ordered.cumsum(1) - ordered
        p = torch.zeros_like(p).scatter(1, index, ordered.masked_fill(before >= how.top_p, 0.0))
        p = p / p.sum(1, keepdim=True)
    return p


def draw(p: Tensor, u: Tensor) -> Tensor:
    """One token a row of ``p`` [B, V] by the inverse of the cumulated mass at ``u`` [B] in [0, 1): int64 [B]."""
    mass = p.double().cumsum(1)
    token = torch.searchsorted(mass, u[:, None].to(mass) * mass[:, -1:], right=True)[:, 0]
    last = p.shape[1] - 1 - (p.flip(1) > 0).int().argmax(1)  # rounding may point past the last token with mass
    return torch.minimum(token, last)
