"""What the cards of the couplet machines tell, measured on held-out couplets and on samples of fixed seeds."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from core.text.couplets import punctuated, repeats, write
from core.text.poem_vae import PoemVAE, bound, importance_bound
from core.text.prosody import lines_of
from core.text.tokenizer import Tokenizer

__all__ = ["couplet_metrics"]

SEED = 7
IMPORTANCE = 500
CHOSEN = 200


@torch.no_grad()
def couplet_metrics(model: PoemVAE, tokenizer: Tokenizer, train: list[str], held: list[str]) -> dict[str, float]:
    """Held-out bounds and reconstruction, active units, and what 1 000 couplets drawn from the prior are worth."""
    rng = torch.Generator().manual_seed(SEED)
    x = torch.tensor([tokenizer.encode_plain(c) for c in held])
    means, total, divergence = [], [], []
    for part in x.split(256):
        noise = torch.randn(len(part), model.config.latent, generator=rng)
        terms = bound(model, part, noise)
        means.append(model.posterior(part)[0])
        total.append(terms.total)
        divergence.append(terms.kl)
    mean = torch.cat(means)
    again = torch.cat([model.logits(z).argmax(-1) for z in mean.split(256)])
    few = x[:CHOSEN]
    bounds = []
    for k in (1, IMPORTANCE):
        noise = torch.randn(k, CHOSEN, model.config.latent, generator=torch.Generator().manual_seed(SEED))
        bounds.append(-float(importance_bound(model, few, noise).mean()))
    z = torch.randn(1000, model.config.latent, generator=rng)
    made = ["".join(lines_of(text)) for part in z.split(100) for text in write(model, tokenizer, part, 0.0, SEED)]
    known, lines = set(train), {half for c in train for half in _halves(c)}
    pairs = {pair for c in train for half in _halves(c) for pair in itertools.pairwise(half)}
    ours = [pair for c in made for half in _halves(c) for pair in itertools.pairwise(half)]
    theirs = [pair for c in held[:1000] for half in _halves(c) for pair in itertools.pairwise(half)]
    return {
        "held-out bound, nats": float(torch.cat(total).mean()),
        "held-out KL, nats": float(torch.cat(divergence).mean()),
        "held-out -log p, K = 1, nats": bounds[0],
        "held-out -log p, K = 500, nats": bounds[1],
        "frequencies alone, nats": _unigram(train, held),
        "held-out characters rebuilt": float((again == x).float().mean()),
        "training characters rebuilt": _rebuilt(model, torch.tensor([tokenizer.encode_plain(c) for c in train[:4000]])),
        "active latent dimensions": float((mean.var(0) > 0.01).sum()),
        "samples found verbatim": sum(c in known for c in made) / len(made),
        "lines of samples found verbatim": sum(half in lines for c in made for half in _halves(c)) / (2 * len(made)),
        "neighbouring pairs known, samples": sum(p in pairs for p in ours) / len(ours),
        "neighbouring pairs known, held-out": sum(p in pairs for p in theirs) / len(theirs),
        "distinct samples": len(set(made)) / len(made),
        "distinct-1": len({c for m in made for c in m}) / sum(map(len, made)),
        "distinct-2": len(set(ours)) / len(ours),
        "lines with a character twice, samples": repeats(list(map(punctuated, made))),
        "lines with a character twice, held-out": repeats(list(map(punctuated, held))),
    }


def _halves(couplet: str) -> tuple[str, str]:
    half = len(couplet) // 2
    return couplet[:half], couplet[half:]


def _rebuilt(model: PoemVAE, x: Tensor) -> float:
    right = [(model.logits(model.posterior(part)[0]).argmax(-1) == part).float().mean() for part in x.split(256)]
    return float(torch.stack(right).mean())


def _unigram(train: Sequence[str], held: Sequence[str]) -> float:
    counts: Mapping[str, int] = Counter(itertools.chain.from_iterable(train))
    total, kinds = sum(counts.values()), len(counts)
    return sum(-math.log((counts.get(c, 0) + 1) / (total + kinds)) for text in held for c in text) / len(held)
