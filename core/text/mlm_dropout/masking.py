"""The three ways to drop (post 8770): characters by BERT's rule, columns of the attention, tokens.

BERT's rule: a character is chosen with probability r = 0.15; of the chosen, 80 % become [MASK], 10 % a character at random, 10 %
stay. Its mean over the choice is the embedding that "dropout switched off" should have:

    E_i ← (1 − r) E_i + r (0.8 E_m + 0.1 E_i + 0.1 Ē) = 0.865 E_i + 0.12 E_m + 0.015 Ē.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["RULE", "Corrupted", "Rule", "corrected", "corrupt", "kept_places", "scaled"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A share ``chosen`` r of the characters is asked for; of these ``masked`` become [MASK], ``random`` any character, the rest stay."""

    chosen: float = 0.15
    masked: float = 0.8
    random: float = 0.1

    def __post_init__(self) -> None:
        if not 0 <= self.chosen <= 1:
            raise ValueError(f"chosen = {self.chosen}: between 0 and 1")
        if min(self.masked, self.random) < 0 or self.masked + self.random > 1 + 1e-12:
            raise ValueError(f"masked = {self.masked}, random = {self.random}: shares of one whole")

    @property
    def coefficients(self) -> tuple[float, float, float]:
        """Of E_i, E_m and Ē in the mean of the embedding over the rule; they sum to 1."""
        stays = 1 - self.masked - self.random
        return 1 - self.chosen + self.chosen * stays, self.chosen * self.masked, self.chosen * self.random


RULE = Rule()
"""BERT's: 15 %, 80/10/10."""


@dataclass(frozen=True, slots=True)
class Corrupted:
    """Tokens after the rule, and where a character was ``chosen`` (both of the shape of the tokens)."""

    tokens: Tensor
    chosen: Tensor


def corrupt(tokens: Tensor, mask: int, first: int, size: int, rng: torch.Generator, rule: Rule = RULE) -> Corrupted:
    """``tokens`` after the rule. Marks (below ``first``) are never chosen; a random character is one of ``first`` … ``size`` − 1."""
    u = torch.rand(tokens.shape, generator=rng, device=tokens.device)
    fate = torch.rand(tokens.shape, generator=rng, device=tokens.device)
    others = torch.randint(first, size, tokens.shape, generator=rng, device=tokens.device)
    chosen = (u < rule.chosen) & (tokens >= first)
    swapped = torch.where(fate < rule.masked + rule.random, others, tokens)
    changed = torch.where(fate < rule.masked, mask, swapped)
    return Corrupted(torch.where(chosen, changed, tokens), chosen)


def corrected(table: Tensor, mask: int, first: int, rule: Rule = RULE) -> Tensor:
    """The embedding [V, h] that the post proposes: each character's mean over the rule; the marks keep theirs."""
    own, masked, mean = rule.coefficients
    characters = table[first:]
    changed = own * characters + masked * table[mask] + mean * characters.mean(0)
    return torch.cat([table[:first], changed])


def scaled(table: Tensor, first: int, rule: Rule = RULE) -> Tensor:
    """Every character's embedding times 1 − r, the marks' as they are: dropout's plain rule, with nothing put in place of what is dropped."""
    return torch.cat([table[:first], (1 - rule.chosen) * table[first:]])


def kept_places(there: Tensor, rate: float, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """DropToken: (places [B, m] that stay, which of them are tokens and no padding [B, m]).

    ``there`` [B, n] marks the tokens; the first of each row, [CLS], always stays, and of the other N every row keeps
    N − round(rate·N), chosen at random and in order, so that at least [CLS] is left.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"rate = {rate}: between 0 and 1")
    order = torch.rand(there.shape, generator=rng, device=there.device)
    order[:, 0] = -1  # [CLS] first
    order = order.masked_fill(~there, 2).argsort(1)
    others = there.sum(1) - 1
    keep = 1 + others - (rate * others).round().long()
    most = int(keep.max())
    stays = torch.arange(most, device=there.device) < keep[:, None]
    places = order[:, :most].masked_fill(~stays, there.shape[1]).sort(1).values
    return places.clamp_max(there.shape[1] - 1), stays
