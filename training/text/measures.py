"""What the cards of the text models tell, measured on held-out texts and on samples of fixed seeds."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from core.text.couplets import write as write_couplets
from core.text.gpt2 import GPT2
from core.text.poem_vae import PoemVAE, bound, importance_bound
from core.text.prosody import REGULAR, examine, lines_of
from core.text.sampling import Sampling
from core.text.tokenizer import Tokenizer
from core.text.verse_quality import verse_bits
from core.text.writing import Wish, write
from training.text.corpus import Document

__all__ = ["bigram_bits", "couplet_metrics", "longest_overlaps", "verse_metrics"]

PER_FORM = 200  # held-out texts of each form
SAMPLES = 50  # of each regulated form, and of prose and ci for the overlap: 200 in all
SEED = 7
USUAL = Sampling(0.9, top_p=0.95)
OVERLAP_SEED = 4  # characters: shorter overlaps are not followed up
IMPORTANCE = 500
CHOSEN = 200


def verse_metrics(
    model: GPT2, tokenizer: Tokenizer, held: Sequence[Document], train: Sequence[Document]
) -> dict[str, float]:
    """Bits a character by form, form and rhyme and tones of free samples beside held-out poems', and verbatim overlaps."""
    from training.text.gpt2 import bits_per_character

    metrics: dict[str, float] = {}
    for form in tokenizer.forms:
        some = [text for text in held if text.form == form][:PER_FORM]
        metrics[f"held-out bits/char {form}"] = bits_per_character(model, tokenizer, some)
    poems = [text for text in held if text.form in REGULAR][: 4 * PER_FORM]
    metrics["held-out bits/char, regulated"] = bits_per_character(model, tokenizer, poems)
    metrics["bigram bits/char, regulated"] = bigram_bits(train, poems, tokenizer)
    metrics["verse bits/char"] = verse_bits(model, tokenizer)
    samples = []
    for form in REGULAR:
        texts = _samples(model, tokenizer, form)
        samples += texts
        metrics |= _prosody(f"samples {form}", texts, form)
        metrics |= _prosody(f"held-out {form}", [t.body for t in held if t.form == form][:PER_FORM], form)
    overlaps = longest_overlaps(samples, (t.body for t in train))
    metrics["longest verbatim overlap, 200 samples"] = max(overlaps)
    metrics["mean longest overlap"] = sum(overlaps) / len(overlaps)
    return metrics


def _samples(model: GPT2, tokenizer: Tokenizer, form: str) -> list[str]:
    *_, last = write(model, tokenizer, Wish(form, count=SAMPLES, longest=96, sampling=USUAL, seed=SEED))
    return list(last.texts)


def _prosody(name: str, texts: Sequence[str], form: str) -> dict[str, float]:
    reports = [examine(text, form) for text in texts]
    n = len(reports)
    return {
        f"{name}: form": sum(r.form_right for r in reports) / n,
        f"{name}: rhyme": sum(r.rhyme_right for r in reports) / n,
        f"{name}: tones": sum(r.in_tone for r in reports) / n,
    }


def longest_overlaps(samples: Sequence[str], texts: Iterable[str]) -> list[int]:
    """For each sample the length of its longest piece that stands in one of ``texts``; below 4 characters it counts as 0."""
    n = OVERLAP_SEED
    places: dict[str, list[tuple[int, int]]] = {}
    for k, sample in enumerate(samples):
        for i in range(len(sample) - n + 1):
            places.setdefault(sample[i : i + n], []).append((k, i))
    longest = [0] * len(samples)
    for text in texts:
        for j in range(len(text) - n + 1):
            for k, i in places.get(text[j : j + n], ()):
                size = n
                while i + size < len(samples[k]) and j + size < len(text) and samples[k][i + size] == text[j + size]:
                    size += 1
                longest[k] = max(longest[k], size)
    return longest


def bigram_bits(train: Sequence[Document], held: Sequence[Document], tokenizer: Tokenizer) -> float:
    """Bits a character of an interpolated bigram with absolute discounting (Kneser-Ney's lower order), trained on verse alone."""
    bigrams: Counter[tuple[str, str]] = Counter()
    for text in train:
        if text.form in REGULAR:
            bigrams.update(itertools.pairwise(f"^{text.body}$"))
    before, after, followers = Counter[str](), Counter[str](), Counter[str]()
    ones = twos = 0
    for (a, b), count in bigrams.items():
        before[a] += count
        after[b] += 1
        followers[a] += 1
        ones += count == 1
        twos += count == 2
    discount = ones / (ones + 2 * twos)
    kinds, size = len(bigrams), len(tokenizer)
    total = count = 0.0
    for text in held:
        for a, b in itertools.pairwise(f"^{text.body}$"):
            lower = (max(after[b] - discount, 0) + discount * len(after) / size) / kinds
            n = before[a]
            p = (max(bigrams[a, b] - discount, 0) + discount * followers[a] * lower) / n if n else lower
            total -= math.log2(p)
            count += 1
    return total / count


@torch.no_grad()
def couplet_metrics(model: PoemVAE, tokenizer: Tokenizer, train: list[str], held: list[str]) -> dict[str, float]:
    """Held-out bounds and reconstruction, active units, and what 1 000 couplets drawn from the prior are worth."""
    draw = torch.Generator().manual_seed(SEED)
    x = torch.tensor([tokenizer.encode_plain(c) for c in held])
    means, total, divergence = [], [], []
    for part in x.split(256):
        noise = torch.randn(len(part), model.config.latent, generator=draw)
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
    z = torch.randn(1000, model.config.latent, generator=draw)
    made = [
        "".join(lines_of(text)) for part in z.split(100) for text in write_couplets(model, tokenizer, part, 0.0, SEED)
    ]
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
        "lines with a character twice, samples": _repeats(made),
        "lines with a character twice, held-out": _repeats(held),
    }


def _halves(couplet: str) -> tuple[str, str]:
    half = len(couplet) // 2
    return couplet[:half], couplet[half:]


def _repeats(couplets: Sequence[str]) -> float:
    lines = [half for c in couplets for half in _halves(c)]
    return sum(len(set(line)) < len(line) for line in lines) / len(lines)


def _rebuilt(model: PoemVAE, x: Tensor) -> float:
    right = [(model.logits(model.posterior(part)[0]).argmax(-1) == part).float().mean() for part in x.split(256)]
    return float(torch.stack(right).mean())


def _unigram(train: Sequence[str], held: Sequence[str]) -> float:
    counts: Mapping[str, int] = Counter(itertools.chain.from_iterable(train))
    total, kinds = sum(counts.values()), len(counts)
    return sum(-math.log((counts.get(c, 0) + 1) / (total + kinds)) for text in held for c in text) / len(held)
