"""What the card of the verse model tells, measured on held-out texts and on samples of fixed seeds."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Sequence

import torch

from core.text.gpt2 import GPT2
from core.text.prosody import REGULAR, examine
from core.text.sampling import Sampling
from core.text.tokenizer import BODY, END, Tokenizer
from core.text.verse_quality import verse_bits
from core.text.writing import Wish, write
from training.text.corpus import Document

__all__ = ["bigram_bits", "bits_per_character", "longest_overlaps", "verse_metrics"]

PER_FORM = 200  # held-out texts of each form
SAMPLES = 50  # of each regulated form: 200 in all
SEED = 7
USUAL = Sampling(0.9, top_p=0.95)
OVERLAP_SEED = 4  # characters: shorter overlaps are not followed up


def verse_metrics(
    model: GPT2, tokenizer: Tokenizer, held: Sequence[Document], train: Sequence[Document]
) -> dict[str, float]:
    """Bits a character by form, form and rhyme and tones of free samples beside held-out poems', and verbatim overlaps."""
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


@torch.no_grad()
def bits_per_character(model: GPT2, tokenizer: Tokenizer, texts: list[Document]) -> float:
    """Mean −log₂ p of the characters of the bodies and of [END], given the form and not the title; [UNK] counts as one."""
    total = count = 0.0
    for text in texts:
        tokens = [tokenizer.form(text.form), BODY, *tokenizer.encode_plain(text.body), END][: model.config.context + 1]
        row = torch.tensor([tokens], device=model.embedding.weight.device)
        logp = model(row[:, :-1])[0, 1:].float().log_softmax(1)
        total -= float(logp.gather(1, row[0, 2:, None]).sum())
        count += len(tokens) - 2
    return total / count / math.log(2)


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
