"""Couplets written, read back, walked between and compared: what the page of the couplet machine does with a PoemVAE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from core.examples import verse
from core.latent import interpolate
from core.refusal import Refusal
from core.text.library import couplet_machine
from core.text.poem_vae import PoemVAE, kl
from core.text.prosody import lines_of, tone
from core.text.sampling import Sampling, draw, probabilities
from core.text.tokenizer import Tokenizer, is_han, tidy

__all__ = ["Neighbours", "code_of", "codes", "neighbours", "parallel", "parsed", "posterior", "punctuated", "rebuilt_share", "shelf", "shells", "staircase", "vitality", "walk", "write"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Couplets nearest to a code, nearest first, with their distances from it."""

    couplets: tuple[str, ...]
    distances: tuple[float, ...]


def punctuated(couplet: str) -> str:
    """Two lines without marks → ``AAAAA，BBBBB。``."""
    half = len(couplet) // 2
    return f"{couplet[:half]}，{couplet[half:]}。"


def parsed(tokenizer: Tokenizer, text: str, line: int, name: str = "couplet") -> list[int]:
    """The tokens of a couplet as a reader types it: two lines of ``line`` characters, marks and blanks aside.

    Raises Refusal that begins with ``name`` for another length, for what is no Chinese character, and for characters that the
    vocabulary lacks.
    """
    lines = lines_of(tidy(text))
    bare = "".join(lines)
    if len(bare) != 2 * line or not all(map(is_han, bare)) or (len(lines) > 1 and {len(x) for x in lines} != {line}):
        example = "，".join(_example(line)) + "。"
        raise Refusal(
            f"{name} = {text}：应为两句、每句 {line} 个汉字，例如 {example}",
            f"{name} = {text}: two lines of {line} Chinese characters, such as {example}",
        )
    if unknown := [c for c in bare if c not in tokenizer.ids]:
        said = " ".join(dict.fromkeys(unknown))
        raise Refusal(f"{name}：词表里没有 {said}", f"{name}: not in the vocabulary: {said}")
    return tokenizer.encode_plain(bare)


def _example(line: int) -> tuple[str, str]:
    return ("明月松间照", "清泉石上流") if line == 5 else ("两个黄鹂鸣翠柳", "一行白鹭上青天")


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
def _logits(model: PoemVAE, tokenizer: Tokenizer, z: Tensor) -> Tensor:
    logits = model.logits(z.to(model.embedding.weight.device)).float().cpu()
    written = torch.tensor(tokenizer.written)
    written[: tokenizer.first_character] = False
    return logits.masked_fill(~written, -torch.inf)


def write(model: PoemVAE, tokenizer: Tokenizer, z: Tensor, temperature: float, seed: int) -> list[str]:
    """The couplets of codes ``z`` [B, latent]: at temperature 0 the likeliest character of each position, else drawn."""
    logits = _logits(model, tokenizer, z).flatten(0, 1)
    p = probabilities(logits, Sampling(temperature))
    u = torch.from_numpy(np.random.default_rng(seed).random(len(p)))
    tokens = draw(p, u).view(len(z), -1)
    return [punctuated(tokenizer.decode(row)) for row in tokens.tolist()]


def walk(model: PoemVAE, tokenizer: Tokenizer, a: Tensor, b: Tensor, steps: int, path: str) -> list[str]:
    """Couplets at ``steps`` codes from ``a`` to ``b`` [latent], ends included, along a ``path`` of :mod:`core.latent`."""
    return write(model, tokenizer, interpolate(a, b, steps, path), 0.0, 0)


@lru_cache(maxsize=2)
def shelf(line: int) -> tuple[tuple[str, ...], Tensor]:
    """All couplets of the shipped verse with ``line`` characters a line, and their codes [n, latent]: real ones, none trained on."""
    model, tokenizer = couplet_machine(line)
    found = []
    for poem in verse():
        lines = lines_of(poem.text)
        if len(lines[0]) == line:
            found += ["".join(pair) for pair in zip(lines[::2], lines[1::2], strict=True)]
    known = tuple(c for c in found if all(x in tokenizer.ids for x in c))
    return known, posterior(model, [tokenizer.encode_plain(c) for c in known])[0]


@torch.no_grad()
def neighbours(model: PoemVAE, tokenizer: Tokenizer, z: Tensor, radius: float, count: int, seed: int) -> Neighbours:
    """Couplets written at codes around ``z`` [latent], at ``radius`` in random directions: distinct ones, nearest first.

    Radii are drawn uniformly up to ``radius``, so that near and far are both seen.
    """
    random = np.random.default_rng(seed)
    found: dict[str, float] = {}
    for _ in range(8):  # rounds: near a code many directions give the same couplet
        way = random.standard_normal((4 * count, len(z)))
        away = radius * random.uniform(size=(len(way), 1)) * way / np.linalg.norm(way, axis=1, keepdims=True)
        for text, d in zip(
            write(model, tokenizer, z + torch.from_numpy(away).float(), 0.0, 0),
            np.linalg.norm(away, axis=1),
            strict=True,
        ):
            found[text] = min(found.get(text, np.inf), float(d))
        if len(found) >= count:
            break
    nearest = sorted(found.items(), key=lambda item: item[1])[:count]
    return Neighbours(tuple(text for text, _ in nearest), tuple(d for _, d in nearest))


@torch.no_grad()
def vitality(model: PoemVAE, tokens: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """(KL in nats, variance of the mean over the couplets) of each latent dimension, [latent] each: which are in use."""
    mean, log_variance = posterior(model, tokens)
    by_dimension = 0.5 * (mean.square() + log_variance.exp() - log_variance - 1)
    assert torch.allclose(by_dimension.sum(1), kl(mean, log_variance), rtol=1e-4)
    return by_dimension.mean(0).numpy(), mean.var(0).numpy()


@dataclass(frozen=True, slots=True)
class Shells:
    """What is written at codes of N(0, r² I) for some ``radii`` r: mean ``entropy`` of a character in bits, share of lines in which a
    character ``repeats``, share of couplets that are ``distinct``."""

    radii: np.ndarray
    entropy: np.ndarray
    repeats: np.ndarray
    distinct: np.ndarray


def shells(
    model: PoemVAE, tokenizer: Tokenizer, radii: Sequence[float], count: int, temperature: float, seed: int
) -> Shells:
    """Measure ``count`` couplets at each of ``radii``, the same directions for all."""
    entropy, repeats, distinct = [], [], []
    for radius in radii:
        z = codes(model, count, seed, radius)
        logp = _logits(model, tokenizer, z).log_softmax(-1)
        p = logp.exp()
        entropy.append(float(-(p * logp.masked_fill(p == 0, 0.0)).sum(-1).mean()) / np.log(2))
        texts = write(model, tokenizer, z, temperature, seed)
        lines = [line for text in texts for line in lines_of(text)]
        repeats.append(sum(len(set(line)) < len(line) for line in lines) / len(lines))
        distinct.append(len(set(texts)) / count)
    return Shells(np.asarray(radii), np.array(entropy), np.array(repeats), np.array(distinct))


@dataclass(frozen=True, slots=True)
class Staircase:
    """Along a straight line of codes, t in [0, 1]: ``smooth`` −log p(target | z) in nats, which a VAE descends; ``hard`` the same model's
    judgement (−ELBO of the text written at z, in nats) as a critic would give it; ``texts`` written there; ``slope`` and
    ``hard_slope`` their derivatives with respect to t by autograd; ``certainty`` the mean largest probability of a character."""

    t: np.ndarray
    smooth: np.ndarray
    hard: np.ndarray
    texts: tuple[str, ...]
    slope: np.ndarray
    hard_slope: np.ndarray
    certainty: np.ndarray


def staircase(
    model: PoemVAE, tokenizer: Tokenizer, a: Tensor, b: Tensor, target: Sequence[int], steps: int
) -> Staircase:
    """Why text is hard for a GAN: what a generator of hard characters sends to its critic changes in steps, and its gradient is zero.

    The hard text is the one-hot argmax of the softmax; autograd goes through it as through any function, and finds zero.
    """
    device = model.embedding.weight.device
    t = torch.linspace(0, 1, steps, device=device, requires_grad=True)
    z = a.to(device) + t[:, None] * (b - a).to(device)
    logits = model.logits(z)
    wanted = torch.tensor(target, device=device).expand(steps, -1)
    smooth = (
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="none")
        .view(steps, -1)
        .sum(1)
    )
    (slope,) = torch.autograd.grad(smooth.sum(), t, retain_graph=True)
    p = logits.softmax(-1)
    level = p.amax(-1, keepdim=True)
    one_hot = (p >= level).to(p.dtype) + 0 * p  # a step function of p: one at the largest, flat elsewhere
    seen = one_hot @ model.embedding.weight
    h = model.reader(seen.transpose(1, 2)).mean(2)
    mean, log_variance = model.mean(h), model.log_variance(h)
    logp = model.logits(mean).log_softmax(-1)
    hard = -(one_hot * logp).sum((1, 2)) + kl(mean, log_variance)
    (hard_slope,) = torch.autograd.grad(hard.sum(), t)
    texts = tuple(write(model, tokenizer, z.detach().cpu(), 0.0, 0))
    arrays = (x.detach().cpu().numpy() for x in (t, smooth, hard, slope, hard_slope, level[..., 0].mean(1)))
    t_, smooth_, hard_, slope_, hard_slope_, certainty = arrays
    return Staircase(t_, smooth_, hard_, texts, slope_, hard_slope_, certainty)


def rebuilt_share(model: PoemVAE, tokenizer: Tokenizer, tokens: Sequence[Sequence[int]]) -> float:
    """Share of characters that come back from the mean code at temperature 0."""
    mean, _ = posterior(model, tokens)
    again = _logits(model, tokenizer, mean).argmax(-1)
    return float((again == torch.tensor(tokens)).float().mean())


def parallel(couplet: str) -> float:
    """Share of places at which the two lines stand in opposite tones (places readable both ways count): 1 in perfect antithesis."""
    lines = lines_of(couplet)
    pairs = [(tone(a), tone(b)) for a, b in zip(*lines[:2], strict=True)]
    return sum({a, b} in ({"平", "仄"}, {"通"}) or "通" in (a, b) for a, b in pairs) / len(pairs)
