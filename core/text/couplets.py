"""Couplets as text and as codes: what every question to the couplet machine is made of (post 5332)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from core.data.examples import verse
from core.refusal import Refusal
from core.text.poem_vae import PoemVAE
from core.text.prosody import lines_of, tone
from core.text.sampling import Sampling, draw, probabilities
from core.text.tokenizer import Tokenizer, is_han, tidy

__all__ = [
    "code_of",
    "codes",
    "logits",
    "parallel",
    "parsed",
    "posterior",
    "punctuated",
    "rebuilt_share",
    "repeats",
    "shelf",
    "write",
]

EXAMPLES = {5: "明月松间照，清泉石上流。", 7: "两个黄鹂鸣翠柳，一行白鹭上青天。"}


def punctuated(couplet: str) -> str:
    """Two lines without marks → ``AAAAA，BBBBB。``."""
    half = len(couplet) // 2
    return f"{couplet[:half]}，{couplet[half:]}。"


def parsed(tokenizer: Tokenizer, text: str, line: int, name: str = "couplet") -> list[int]:
    """The tokens of a couplet as a reader types it: two lines of ``line`` characters, marks and blanks aside.

    Raises Refusal of the input ``name`` for another length, for what is no Chinese character, and for characters that the
    vocabulary lacks.
    """
    lines = lines_of(tidy(text))
    bare = "".join(lines)
    if len(bare) != 2 * line or not all(map(is_han, bare)) or (len(lines) > 1 and {len(x) for x in lines} != {line}):
        raise Refusal(
            f"应为两句、每句 {line} 个汉字，例如 {EXAMPLES[line]}",
            f"two lines of {line} Chinese characters, such as {EXAMPLES[line]}",
            input=name,
            value=text,
        )
    if unknown := [c for c in bare if c not in tokenizer.ids]:
        said = " ".join(dict.fromkeys(unknown))
        raise Refusal(f"词表里没有 {said}", f"not in the vocabulary: {said}", input=name, value=text)
    return tokenizer.encode_plain(bare)


def codes(model: PoemVAE, count: int, seed: int, scale: float = 1.0) -> Tensor:
    """``count`` codes from N(0, scale² I): [count, latent]. Code k depends on (seed, k) alone."""
    rows = [np.random.default_rng((seed, k)).standard_normal(model.config.latent) for k in range(count)]
    return scale * torch.from_numpy(np.stack(rows)).float()


@torch.no_grad()
def posterior(model: PoemVAE, tokens: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """(μ, v) of some couplets, on the CPU: [n, latent] each."""
    x = torch.tensor(tokens, device=model.embedding.weight.device)
    mean, log_variance = model.posterior(x)
    return mean.cpu(), log_variance.cpu()


def code_of(model: PoemVAE, tokenizer: Tokenizer, text: str, line: int, name: str = "couplet") -> Tensor:
    """The mean code [latent] of a couplet. Raises Refusal as :func:`parsed`."""
    return posterior(model, [parsed(tokenizer, text, line, name)])[0][0]


@torch.no_grad()
def logits(model: PoemVAE, tokenizer: Tokenizer, z: Tensor) -> Tensor:
    """Logits [B, length, V] at codes ``z``, −∞ for what may not be written; on the CPU."""
    found = model.logits(z.to(model.embedding.weight.device)).float().cpu()
    written = torch.tensor(tokenizer.written)
    written[: tokenizer.first_character] = False
    return found.masked_fill(~written, -torch.inf)


def write(model: PoemVAE, tokenizer: Tokenizer, z: Tensor, temperature: float, seed: int) -> list[str]:
    """The couplets of codes ``z`` [B, latent]: at temperature 0 the likeliest character of each position, else drawn."""
    p = probabilities(logits(model, tokenizer, z).flatten(0, 1), Sampling(temperature))
    u = torch.from_numpy(np.random.default_rng(seed).random(len(p)))
    tokens = draw(p, u).view(len(z), -1)
    return [punctuated(tokenizer.decode(row)) for row in tokens.tolist()]


def shelf(model: PoemVAE, tokenizer: Tokenizer) -> tuple[tuple[str, ...], Tensor]:
    """All couplets of the shipped verse with the model's length of line, and their codes [n, latent]: real ones, none trained on."""
    line = model.config.length // 2
    found = []
    for poem in verse():
        lines = lines_of(poem.text)
        if len(lines[0]) == line:
            found += ["".join(pair) for pair in zip(lines[::2], lines[1::2], strict=True)]
    known = tuple(c for c in found if all(x in tokenizer.ids for x in c))
    return known, posterior(model, [tokenizer.encode_plain(c) for c in known])[0]


def rebuilt_share(model: PoemVAE, tokenizer: Tokenizer, tokens: Sequence[Sequence[int]]) -> float:
    """Share of characters that come back from the mean code at temperature 0."""
    mean, _ = posterior(model, tokens)
    again = logits(model, tokenizer, mean).argmax(-1)
    return float((again == torch.tensor(tokens)).float().mean())


def parallel(couplet: str) -> float:
    """Share of places at which the two lines stand in opposite tones (places readable both ways count): 1 in perfect antithesis."""
    lines = lines_of(couplet)
    pairs = [(tone(a), tone(b)) for a, b in zip(*lines[:2], strict=True)]
    return sum({a, b} in ({"平", "仄"}, {"通"}) or "通" in (a, b) for a, b in pairs) / len(pairs)


def repeats(couplets: Sequence[str]) -> float:
    """Share of the lines of some couplets in which a character stands twice: seldom in real verse, often in what is written badly."""
    lines = [line for couplet in couplets for line in lines_of(couplet)]
    return sum(len(set(line)) < len(line) for line in lines) / len(lines)
