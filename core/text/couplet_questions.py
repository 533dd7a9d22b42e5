"""What is asked of the couplet machine (post 5332): couplets at random, a walk, a neighbourhood, codes off the prior, and why not a GAN.

Each answer is frozen and holds every number that a reader is shown. Lengths of lines come from the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from core.latent import interpolate
from core.text.couplets import code_of, codes, logits, parallel, parsed, punctuated, repeats, shelf, write
from core.text.machines import Told, repeats_of, told
from core.text.poem_vae import PoemVAE, kl
from core.text.prosody import lines_of
from core.text.tokenizer import Tokenizer, tidy

__all__ = [
    "Couplets",
    "Memory",
    "Neighbourhood",
    "Shells",
    "Staircase",
    "Walk",
    "at_random",
    "memory",
    "near",
    "shells",
    "staircase",
    "walk",
]

ROUNDS = 8  # of directions that are tried for distinct neighbours
KEPT_RADII = tuple(np.linspace(0, 16, 17).tolist())  # where it is measured how much of a couplet stays
KEPT_AT_EACH = 12
SHOWN_NEAR = 5
SHOWN_RADII = (0.0, 1.0, 2.0, 4.0)  # of which two couplets are shown
SHELL_RADII = tuple(np.linspace(0, 4, 17).round(2).tolist())
AT_EACH = 48  # couplets measured on each shell
STAIRS = 161


@dataclass(frozen=True, slots=True)
class Couplets:
    """Couplets at codes drawn from the prior: ``texts``, the share of places in ``opposed`` tones of each, the share of lines in which a
    character ``repeats`` and the same of real couplets (``real_repeats``, from the card), how many different ``characters`` there are,
    and the ``latent`` dimensions of a code."""

    texts: tuple[str, ...]
    opposed: tuple[float, ...]
    repeats: float
    real_repeats: float
    characters: int
    latent: int

    @property
    def mean_opposed(self) -> float:
        """Mean share of places with one level and one oblique tone."""
        return float(np.mean(self.opposed))


def at_random(model: PoemVAE, tokenizer: Tokenizer, count: int, temperature: float, seed: int) -> Couplets:
    """``count`` couplets at codes from N(0, I)."""
    texts = write(model, tokenizer, codes(model, count, seed), temperature, seed)
    characters = len(set("".join(lines_of("".join(texts)))))
    opposed, (_, real) = tuple(map(parallel, texts)), repeats_of(model.config.length // 2)
    return Couplets(tuple(texts), opposed, repeats(texts), real, characters, model.config.latent)


@dataclass(frozen=True, slots=True)
class Walk:
    """Couplets ``texts`` at the places ``t`` in [0, 1] of a path between the codes of two, whose Euclidean ``distance`` is given.

    ``rebuilt`` of the ``length`` characters of start and end come back at their own codes.
    """

    texts: tuple[str, ...]
    t: tuple[float, ...]
    rebuilt: tuple[int, int]
    length: int
    distance: float

    @property
    def different(self) -> int:
        """How many different couplets stand on the way."""
        return len(set(self.texts))


def walk(model: PoemVAE, tokenizer: Tokenizer, start: str, end: str, steps: int, path: str) -> Walk:
    """Couplets at ``steps`` codes from ``start`` to ``end``, both included, along a ``path`` of :mod:`core.latent`.

    Raises Refusal of the input ``start_5`` or ``end_5`` (``start_7``, ``end_7``) for what is no couplet.
    """
    a, b = _ends(model, tokenizer, start, end)
    texts = write(model, tokenizer, interpolate(a, b, steps, path), 0.0, 0)
    rebuilt = _alike(start, texts[0]), _alike(end, texts[-1])
    t = tuple(np.linspace(0, 1, steps).tolist())
    return Walk(tuple(texts), t, rebuilt, model.config.length, float((a - b).norm()))


def _ends(model: PoemVAE, tokenizer: Tokenizer, start: str, end: str) -> tuple[Tensor, Tensor]:
    line = model.config.length // 2
    return tuple(
        code_of(model, tokenizer, text, line, f"{name}_{line}") for name, text in (("start", start), ("end", end))
    )  # type: ignore[return-value]


def _alike(couplet: str, other: str) -> int:
    """Characters that are the same at the same place."""
    return sum(a == b for a, b in zip(*("".join(lines_of(tidy(text))) for text in (couplet, other)), strict=False))


@dataclass(frozen=True, slots=True)
class Memory:
    """One couplet through the machines of some KL ``weights``: what comes back from its mean code (``again``), how many of the
    ``length`` characters those are (``rebuilt``), couplets that each machine writes at the same codes from the prior (``samples``), and
    what the cards say (``told``)."""

    weights: tuple[float, ...]
    again: tuple[str, ...]
    rebuilt: tuple[int, ...]
    length: int
    samples: tuple[tuple[str, ...], ...]
    told: tuple[Told, ...]


def memory(
    machines: Mapping[float, tuple[PoemVAE, Tokenizer]], couplet: str, count: int, seed: int
) -> Memory:  # fmt: skip
    """``couplet`` coded and written again by the ``machines`` of each KL weight, and ``count`` couplets of each from N(0, I).

    Raises Refusal of the input ``couplet_5`` (``couplet_7``) for what is no couplet.
    """
    again, samples, lengths = [], [], []
    for model, tokenizer in machines.values():
        line = model.config.length // 2
        z = code_of(model, tokenizer, couplet, line, f"couplet_{line}")
        again += write(model, tokenizer, z[None], 0.0, 0)
        samples.append(tuple(write(model, tokenizer, codes(model, count, seed), 0.0, seed)))
        lengths.append(model.config.length)
    found = tuple(told(length // 2, weight) for length, weight in zip(lengths, machines, strict=True))
    rebuilt = tuple(_alike(couplet, text) for text in again)
    return Memory(tuple(machines), tuple(again), rebuilt, lengths[0], tuple(samples), found)


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Around the code of a couplet: distinct ``texts``, nearest first, with their ``distances`` from it and how many characters of the
    ``centre``, which is what the code itself says, stay in each (``alike``).

    ``kept``: the mean share of the centre's characters that stay at each of ``radii``. ``famous`` couplets whose codes have the
    largest ``cosines`` with this one, the couplet itself left out; ``spread`` is the standard deviation of the cosines with all of them.
    """

    texts: tuple[str, ...]
    distances: tuple[float, ...]
    alike: tuple[int, ...]
    centre: str
    radii: tuple[float, ...]
    kept: tuple[float, ...]
    famous: tuple[str, ...]
    cosines: tuple[float, ...]
    spread: float

    @property
    def half(self) -> float:
        """The smallest radius at which less than half of the centre's characters stay; infinity when they stay everywhere."""
        return next((radius for radius, share in zip(self.radii, self.kept, strict=True) if share < 0.5), float("inf"))


def near(
    model: PoemVAE, tokenizer: Tokenizer, couplet: str, radius: float, count: int, seed: int
) -> Neighbourhood:  # fmt: skip
    """What lies around the code of ``couplet``: written at up to ``count`` places within ``radius``, and the nearest famous ones.

    Radii are drawn uniformly up to ``radius``, so that near and far are both seen. Raises Refusal of the input ``couplet_5``
    (``couplet_7``) for what is no couplet.
    """
    line = model.config.length // 2
    z = code_of(model, tokenizer, couplet, line, f"couplet_{line}")
    rng = np.random.default_rng(seed)
    found: dict[str, float] = {}
    for _ in range(ROUNDS):  # near a code many directions give the same couplet
        away = radius * rng.uniform(size=(4 * count, 1)) * _directions(rng, 4 * count, len(z))
        texts = write(model, tokenizer, z + torch.from_numpy(away).float(), 0.0, 0)
        for text, distance in zip(texts, np.linalg.norm(away, axis=1), strict=True):
            found[text] = min(found.get(text, np.inf), float(distance))
        if len(found) >= count:
            break
    nearby = sorted(found.items(), key=lambda item: item[1])[:count]
    (centre,) = write(model, tokenizer, z[None], 0.0, 0)
    known, others = shelf(model, tokenizer)
    own = "".join(lines_of(tidy(couplet)))
    rest = [k for k, text in enumerate(known) if text != own]
    cosines, order = torch.nn.functional.cosine_similarity(others[rest], z[None], dim=1).sort(descending=True)
    return Neighbourhood(
        tuple(text for text, _ in nearby),
        tuple(distance for _, distance in nearby),
        tuple(_alike(centre, text) for text, _ in nearby),
        centre,
        KEPT_RADII,
        _kept(model, tokenizer, z, centre, np.random.default_rng(seed)),
        tuple(punctuated(known[rest[k]]) for k in order[:SHOWN_NEAR].tolist()),
        tuple(cosines[:SHOWN_NEAR].tolist()),
        float(cosines.std()),
    )


def _directions(rng: np.random.Generator, count: int, dimensions: int) -> np.ndarray:
    way = rng.standard_normal((count, dimensions))
    return way / np.linalg.norm(way, axis=1, keepdims=True)


def _kept(model: PoemVAE, tokenizer: Tokenizer, z: Tensor, centre: str, rng: np.random.Generator) -> tuple[float, ...]:
    """Mean share of the centre's characters that stay at each radius, the same directions for all."""
    way = torch.from_numpy(_directions(rng, KEPT_AT_EACH, len(z))).float()
    places = torch.cat([z + radius * way for radius in KEPT_RADII])
    alike = np.array([_alike(centre, text) for text in write(model, tokenizer, places, 0.0, 0)])
    return tuple((alike.reshape(len(KEPT_RADII), -1).mean(1) / model.config.length).tolist())


@dataclass(frozen=True, slots=True)
class Shells:
    """What is written at codes of N(0, r² I) for some ``radii`` r: mean ``entropy`` of a character in bits, share of lines in which a
    character ``repeats``, share of couplets that are ``distinct``; ``shown`` are two couplets at each of ``shown_radii``."""

    radii: np.ndarray
    entropy: np.ndarray
    repeats: np.ndarray
    distinct: np.ndarray
    shown_radii: tuple[float, ...] = ()
    shown: tuple[tuple[str, str], ...] = ()

    def at(self, radius: float) -> tuple[float, float, float]:
        """(entropy, repeats, distinct) on the shell nearest to ``radius``."""
        k = int(np.abs(self.radii - radius).argmin())
        return float(self.entropy[k]), float(self.repeats[k]), float(self.distinct[k])


def shells(
    model: PoemVAE, tokenizer: Tokenizer, temperature: float, seed: int, radii: Sequence[float] = SHELL_RADII,
    count: int = AT_EACH,
) -> Shells:  # fmt: skip
    """Measure ``count`` couplets at each of ``radii``, the same directions for all."""
    entropy, repeated, distinct = [], [], []
    for radius in radii:
        z = codes(model, count, seed, radius)
        logp = logits(model, tokenizer, z).log_softmax(-1)
        p = logp.exp()
        entropy.append(float(-(p * logp.masked_fill(p == 0, 0.0)).sum(-1).mean()) / np.log(2))
        texts = write(model, tokenizer, z, temperature, seed)
        repeated.append(repeats(texts))
        distinct.append(len(set(texts)) / count)
    said = partial(write, model, tokenizer, temperature=temperature, seed=seed)
    shown = tuple(tuple(said(codes(model, 2, seed, radius))) for radius in SHOWN_RADII)
    return Shells(np.asarray(radii), np.array(entropy), np.array(repeated), np.array(distinct), SHOWN_RADII, shown)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Staircase:
    """Along a straight line of codes, t in [0, 1]: ``smooth`` −log p(target | z) in nats, which a VAE descends; ``hard`` the same model's
    judgement (−ELBO of the text written at z, in nats) as a discriminator would give it; ``texts`` written there; ``slope`` and
    ``hard_slope`` their derivatives with respect to t by autograd; ``certainty`` the mean largest probability of a character."""

    t: np.ndarray
    smooth: np.ndarray
    hard: np.ndarray
    texts: tuple[str, ...]
    slope: np.ndarray
    hard_slope: np.ndarray
    certainty: np.ndarray

    @property
    def changes(self) -> int:
        """How often the text changes along the line."""
        return sum(x != y for x, y in zip(self.texts, self.texts[1:], strict=False))

    @property
    def mean_slope(self) -> float:
        """Mean absolute slope of the smooth loss, in nats over the whole line."""
        return float(np.abs(self.slope).mean())

    @property
    def largest_hard_slope(self) -> float:
        """The largest absolute slope that the discriminator's score has anywhere on the line."""
        return float(np.abs(self.hard_slope).max())

    @property
    def mean_certainty(self) -> float:
        """Mean of the largest probabilities; real text has 1 everywhere."""
        return float(self.certainty.mean())

    def stops(self, count: int) -> list[tuple[float, str]]:
        """``count`` evenly spaced (t, text), ends included."""
        return [(float(self.t[k]), self.texts[k]) for k in np.linspace(0, len(self.t) - 1, count).astype(int)]


def staircase(model: PoemVAE, tokenizer: Tokenizer, start: str, end: str, steps: int = STAIRS) -> Staircase:
    """Why text is hard for a GAN: the score of hard characters changes in steps along a line of codes, and its gradient is zero.

    The hard text is the one-hot argmax of the softmax; autograd goes through it as through any function, and finds zero.
    Raises Refusal as :func:`walk`.
    """
    line = model.config.length // 2
    a, b = _ends(model, tokenizer, start, end)
    device = model.embedding.weight.device
    t = torch.linspace(0, 1, steps, device=device, requires_grad=True)
    z = a.to(device) + t[:, None] * (b - a).to(device)
    scores = model.logits(z)
    wanted = torch.tensor(parsed(tokenizer, end, line, f"end_{line}"), device=device).expand(steps, -1)
    losses = torch.nn.functional.cross_entropy(scores.flatten(0, 1), wanted.flatten(), reduction="none")
    smooth = losses.view(steps, -1).sum(1)
    (slope,) = torch.autograd.grad(smooth.sum(), t, retain_graph=True)
    p = scores.softmax(-1)
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
