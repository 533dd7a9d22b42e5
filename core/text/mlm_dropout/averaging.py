"""Dropout switched off in the small BERT, three ways, against what it stands for: the average over masks (post 8770).

The asked characters stay masked; all others are dropped by BERT's rule, K times, and the K distributions of the asked characters averaged:
the model average p̄. Beside it stand three single passes over the text with nothing dropped: with E as it is ("off"), with the post's correction
E_i ← 0.865E_i + 0.12E_m + 0.015Ē, and with (1 − r)E_i. What is measured is the total variation ½ Σ |p − p̄|, the mean over the asked places.
K masks leave p̄ an error of its own: it is estimated from the two halves of the masks, ½·TV(first half, second half).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.refusal import Refusal
from core.text.mlm_dropout.bert import MASK, Bert
from core.text.mlm_dropout.filling import Read, character_probabilities, model, read
from core.text.mlm_dropout.masking import RULE, Rule, corrected, corrupt, scaled
from core.text.tokenizer import Tokenizer

__all__ = ["SINGLE", "Averaged", "average", "distances", "singles", "variation"]

SINGLE = ("off", "corrected", "scaled")
"""The three single passes: E as it is, the post's correction, (1 − r)E."""
CHUNK = 32  # masks a forward pass
SHOWN = 6


def variation(p: Tensor, q: Tensor) -> Tensor:
    """Total variation ½ Σ |p − q| over the last axis."""
    return 0.5 * (p - q).abs().sum(-1)


@torch.inference_mode()
def singles(bert: Bert, tokens: Tensor, asked: Tensor, first: int, rule: Rule = RULE) -> dict[str, Tensor]:
    """p [asked, V] of the single passes over ``tokens`` [n] (masked where ``asked``), by the names in :data:`SINGLE`."""
    own = bert.embedding.weight
    tables = {"off": own, "corrected": corrected(own, MASK, first, rule), "scaled": scaled(own, first, rule)}
    return {
        name: character_probabilities(bert, bert.encode(bert.embedded(tokens[None], table))[0, asked], first)
        for name, table in tables.items()
    }


@torch.inference_mode()
def masked_passes(
    bert: Bert, tokens: Tensor, asked: Tensor, first: int, count: int, rng: torch.Generator, rule: Rule = RULE
) -> Tensor:  # fmt: skip
    """p [count, asked, V] of ``count`` passes in which all but the asked characters are dropped by the rule; the rng is the CPU's."""
    rows = tokens.cpu().expand(count, -1)
    dropped = corrupt(rows, MASK, first, bert.config.vocabulary, rng, rule).tokens
    dropped = torch.where(asked.cpu(), rows, dropped).to(tokens.device)
    return character_probabilities(bert, bert(dropped)[:, asked], first)


def distances(
    bert: Bert, tokens: Tensor, asked: Tensor, first: int, count: int, rng: torch.Generator
) -> dict[str, float]:
    """TV to the average over ``count`` masks by single pass, the mean over the asked places, and the average's own error ("noise")."""
    passes = masked_passes(bert, tokens, asked, first, count, rng)
    mean, half = passes.mean(0), count // 2
    found = {name: float(variation(p, mean).mean()) for name, p in singles(bert, tokens, asked, first).items()}
    return {**found, "noise": float(0.5 * variation(passes[:half].mean(0), passes[half:].mean(0)).mean())}


@dataclass(frozen=True, slots=True)
class Averaged:
    """The average over masks of one text so far.

    ``counts`` of masks at which it was looked at, ``apart`` by single pass the TV to the average at each, ``noise`` the average's own
    error at each. Of the place shown: the likeliest ``characters`` of the average and their probabilities ``p``, by single pass and "average".
    ``planned`` masks in all; ``places`` asked.
    """

    text: Read
    counts: np.ndarray
    apart: Mapping[str, np.ndarray]
    noise: np.ndarray
    characters: tuple[str, ...]
    p: Mapping[str, np.ndarray]
    planned: int
    places: int

    @property
    def last(self) -> dict[str, float]:
        """The TV of each single pass to the average over all masks so far."""
        return {name: float(values[-1]) for name, values in self.apart.items()}

    @property
    def nearest(self) -> str:
        """Which single pass is nearest to the average."""
        return min(self.last, key=lambda name: self.last[name])

    @property
    def ordered(self) -> tuple[str, ...]:
        """The single passes, the nearest first."""
        return tuple(sorted(self.last, key=lambda name: self.last[name]))

    @property
    def tied(self) -> tuple[str, ...]:
        """The single passes that are farther than the nearest by no more than the average's own error: itself, and maybe others."""
        limit = self.last[self.nearest] + float(self.noise[-1])
        return tuple(name for name in self.ordered if self.last[name] <= limit)

    @property
    def fraction(self) -> float:
        """How many of the masks are done."""
        return float(self.counts[-1]) / self.planned


def average(
    text: str, chosen: float, count: int, seed: int, with_model: tuple[Bert, Tokenizer] | None = None
) -> Iterator[Averaged]:  # fmt: skip
    """The average over ``count`` masks by BERT's rule with a share ``chosen`` of the characters, as it grows. Raises Refusal."""
    bert, tokenizer = with_model or model()
    found = read(text, tokenizer)
    if not found.asked.any():
        raise Refusal(
            "请把要问的字写成 [MASK] 或 _", "put [MASK] or _ in the place of the character to ask for", input="text"
        )
    if len(found.tokens) - 1 == int(found.asked.sum()):
        raise Refusal("除了遮住的字，还要有别的字", "needs characters beside the masked ones", input="text")
    rule, first, rng = Rule(chosen), tokenizer.first_character, torch.Generator().manual_seed(seed)
    tokens, asked = torch.tensor(found.tokens, device=bert.bias.device), torch.from_numpy(found.asked)
    asked = asked.to(tokens.device)
    single = singles(bert, tokens, asked, first, rule)
    halves = [torch.zeros_like(single["off"]), torch.zeros_like(single["off"])]
    done, counts, noise = 0, [], []
    apart: dict[str, list[float]] = {name: [] for name in SINGLE}
    while done < count:
        many = min(CHUNK, count - done)
        passes = masked_passes(bert, tokens, asked, first, many, rng, rule)
        even = (torch.arange(many, device=passes.device) + done) % 2 == 0
        halves[0] += passes[even].sum(0)
        halves[1] += passes[~even].sum(0)
        done += many
        mean = (halves[0] + halves[1]) / done
        counts.append(done)
        noise.append(float(0.5 * variation(halves[0] / -(-done // 2), halves[1] / max(done // 2, 1)).mean()))
        for name, p in single.items():
            apart[name].append(float(variation(p, mean).mean()))
        best = mean[0].topk(SHOWN).indices
        yield Averaged(
            found, np.array(counts), {name: np.array(values) for name, values in apart.items()}, np.array(noise),
            tuple(tokenizer.tokens[i] for i in best.tolist()),
            {"average": mean[0, best].cpu().numpy(), **{name: p[0, best].cpu().numpy() for name, p in single.items()}},
            count, int(found.asked.sum()),
        )  # fmt: skip
