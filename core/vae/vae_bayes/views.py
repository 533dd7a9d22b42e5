"""What the page of post 5343 looks at: models that differ in the likelihood of a picture alone.

Pictures are grey digits [N, 1, 28, 28] in [0, 1]. Figures of a card are measured on held-out MNIST; what is computed here is of
the digits that ship, which a program drew and nobody trained on, or of the reader's own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from core import codec
from core.data.examples import digits
from core.quality import mean_square
from core.vae.digits import SIDE, DigitVAE, build, levels, seen
from core.vae.objective import bernoulli, drawn, kl_terms
from core.vae.vae_bayes.bounds import KS, importance_bounds, log_weights
from core.vae.vae_bayes.noise import Scatter, gradients, scatter
from core.weights import load, read_card

__all__ = [
    "ACTIVE", "BERNOULLI", "LEARNED", "MEAN", "VARIANCES", "Balance", "Clouds", "Dimensions", "Figures", "Importance", "Rivals",
    "balance", "clouds", "dimensions", "importance", "importance_of", "rivals", "shelf", "weights", ]  # fmt: skip

VARIANCES = (0.001, 0.005, 0.02, 0.08, 0.3, 1.0)
BERNOULLI, LEARNED, MEAN = "bernoulli", "learned", "mean"
ACTIVE = 0.01  # variance of μ over pictures above which an entry of the code is in use (Burda et al. 2015)
SAMPLES = 512  # of a picture, for the importance bounds: KS' largest
BLOCKS = 8  # of as many samples, on the page
FEATURE_DISTANCE = "feature distance (own classifier)"
PER_KIND = 10  # shipped digits of each kind
SHOWN, DRAWN = 18, 36  # digits drawn again, and samples, on a wall
BATCHES, BATCH, DRAWS, REPEATS = 6, 10, 4, (1, 5, 50)
SWEEP = 9  # pictures along an entry of the code
REACH = 3.0  # how far it is moved, in standard deviations of the prior
LEVELS = 32  # bins of the histogram of grey levels


def weights(key: str) -> str:
    """The weights of the model called ``key``: ``bernoulli``, ``learned``, ``mean``, or ``sigma-`` with its σ²."""
    return f"vae-bayes-{key}-mnist28"


def fixed(variance: float) -> str:
    """The key of the model trained with that σ²."""
    return f"sigma-{variance}"


def shelf(model: DigitVAE | None = None) -> Tensor:
    """The 100 digits that ship, ten a kind, [100, 1, 28, 28] in [0, 1]; where ``model`` lies, or on the CPU."""
    x = torch.from_numpy(digits()[0]).float()[:, None] / 255
    return x if model is None else x.to(codec.device_of(model))


class Figures(NamedTuple):
    """One model by its card, nats and means over held-out pictures: ``variance`` σ² of its pixels (NaN for Bernoulli pixels),
    ``rate`` E KL(p(z|x) ‖ q(z)), ``distortion`` the mean squared error of a pixel with one ε, ``bound`` on −ln q(x),
    ``distance`` of its samples from real digits by features, ``sharp``ness of its reconstructions (the pictures = 1),
    ``active`` entries of the code, and how far ε scatters the gradient, over batches of 100 (``ratio``)."""

    key: str
    variance: float
    rate: float
    distortion: float
    bound: float
    distance: float
    sharp: float
    active: int
    ratio: float


@lru_cache(maxsize=16)
def figures_of(key: str) -> Figures:
    """The card of the model called ``key``."""
    card = read_card(weights(key))
    m = card.metrics
    variance = card.config["variance"] or m.get("learned variance", float("nan"))
    return Figures(
        key, variance, m["kl"], m["squared error"], m["bound"], m[FEATURE_DISTANCE], m["sharpness"], round(m["active entries"]),
        m["gradient: scatter by one ε over scatter from batch to batch"],
    )  # fmt: skip


class Balance(NamedTuple):
    """The model trained with the σ² nearest to the one asked for, and that with a learned one: ``fixed`` and ``learned`` by their
    cards, ``series`` all trained with a fixed σ², smallest first. ``pictures`` are digits, ``again`` and ``samples`` what both
    models make of them and of the same random codes."""

    fixed: Figures
    learned: Figures
    series: tuple[Figures, ...]
    pictures: list[np.ndarray]
    again: tuple[list[np.ndarray], list[np.ndarray]]
    samples: tuple[list[np.ndarray], list[np.ndarray]]


@torch.no_grad()
def balance(variance: float, seed: int) -> Balance:
    """Both models on the same digits and codes."""
    nearest = min(VARIANCES, key=lambda one: abs(np.log(one / variance)))
    models: list[DigitVAE] = [load(weights(key)) for key in (fixed(nearest), LEARNED)]
    rng = torch.Generator().manual_seed(seed)
    every = shelf(models[0])
    x = every[torch.randperm(len(every), generator=rng)[:SHOWN]]
    z = torch.randn(DRAWN, models[0].config.z_dim, generator=rng).to(x.device)
    again = [levels(m.decode(m.posterior(x)[0])) for m in models]
    made = [levels(m.decode(z)) for m in models]
    series = tuple(figures_of(fixed(one)) for one in VARIANCES)
    return Balance(
        figures_of(fixed(nearest)), figures_of(LEARNED), series, levels(x), (again[0], again[1]), (made[0], made[1])
    )


class Rivals(NamedTuple):
    """One digit by several models: ``picture``, ``again`` and ``samples`` of each from the same codes.

    Of all shipped digits, by model: ``squares`` the mean squared error of a pixel and ``crosses`` the cross-entropy, nats a
    picture, of reconstructions from μ, whichever of both the model was trained for. ``levels`` [32] are the middles of bins of
    grey levels, ``shares`` [models, 32] how many pixels of reconstructions lie there, ``real`` [32] of the digits themselves.
    ``floor`` is the digits' own cross-entropy, which no model goes below.
    """

    cards: tuple[Figures, ...]
    picture: np.ndarray
    again: tuple[np.ndarray, ...]
    samples: tuple[list[np.ndarray], ...]
    squares: tuple[float, ...]
    crosses: tuple[float, ...]
    floor: float
    levels: np.ndarray
    shares: np.ndarray
    real: np.ndarray

    @property
    def in_grey_levels(self) -> float:
        """The first model's bound, of a density, were a pixel counted in 0 … 255: D ln 255 more, for the same model."""
        return self.cards[0].bound + SIDE**2 * math.log(255)


@torch.no_grad()
def rivals(keys: Sequence[str], picture: np.ndarray, seed: int) -> Rivals:
    """The models called ``keys`` on one picture (uint8 [H, W, 3]), on all shipped digits, and on ``seed``'s codes."""
    models: list[DigitVAE] = [load(weights(key)) for key in keys]
    x, every = seen(models[0], [picture]), shelf(models[0])
    z = torch.randn(PER_KIND, models[0].config.z_dim, generator=torch.Generator().manual_seed(seed)).to(x.device)
    logits = [m.logits(m.posterior(every)[0]) for m in models]
    edges = np.linspace(0, 1, LEVELS + 1)
    return Rivals(
        tuple(figures_of(key) for key in keys), levels(x)[0],
        tuple(levels(m.decode(m.posterior(x)[0]))[0] for m in models), tuple(levels(m.decode(z)) for m in models),
        tuple(float(mean_square(every, one.sigmoid()).mean()) for one in logits),
        tuple(float(bernoulli(every, one).mean()) for one in logits), float(bernoulli(every, every.logit(1e-7)).mean()),
        (edges[1:] + edges[:-1]) / 2, np.stack([_histogram(one.sigmoid(), edges) for one in logits]), _histogram(every, edges),
    )  # fmt: skip


def _histogram(x: Tensor, edges: np.ndarray) -> np.ndarray:
    return np.histogram(x.cpu().numpy(), edges)[0] / x.numel()


class Clouds(NamedTuple):
    """Gradients of some batches, each several times with new ε: ``points`` by number of samples [batches, draws, 2], on the two
    directions in which the batches' means differ most; ``scatters`` in the same order, of all directions."""

    ks: tuple[int, ...]
    points: tuple[np.ndarray, ...]
    scatters: tuple[Scatter, ...]
    card: float


def clouds(key: str, trained: bool, seed: int) -> Clouds:
    """Gradients on shipped digits of the model called ``key``, or of one that was never trained, with 1, 5 and 50 samples a picture."""
    model: DigitVAE = load(weights(key)) if trained else _untrained(key, seed)
    rng = torch.Generator().manual_seed(seed)
    every = shelf(model)
    batches = every[torch.randperm(len(every), generator=rng)[: BATCHES * BATCH]].split(BATCH)
    scatters, kept = [], []
    axes = centre = None
    for k in sorted(REPEATS, reverse=True):  # the most samples first: they say best where a batch's mean lies
        found = gradients(model, batches, k, DRAWS, rng)
        scatters.append(scatter(found))
        if axes is None or centre is None:
            means = found.mean(1)
            centre = means.mean(0)
            axes = torch.linalg.svd(means - centre, full_matrices=False).Vh[:2].T
        kept.append(((found - centre) @ axes).cpu().numpy())
    return Clouds(REPEATS, tuple(reversed(kept)), tuple(reversed(scatters)), figures_of(key).ratio)


def _untrained(key: str, seed: int) -> DigitVAE:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(**read_card(weights(key)).config).eval()


class Importance(NamedTuple):
    """Bounds on ln q(x), nats: ``bounds`` [len(ks)] with their standard ``errors``; ``spread`` are the logarithms of a picture's
    weights, less ln of their mean (empty where several pictures were averaged)."""

    ks: tuple[int, ...]
    bounds: np.ndarray
    errors: np.ndarray
    spread: np.ndarray
    effective: float
    card: tuple[float, ...]


@torch.no_grad()
def log_weights_of(model: DigitVAE, x: Tensor, samples: int, rng: torch.Generator) -> Tensor:
    """ln w of ``samples`` codes from p(z|x) a picture: [B, 1, 28, 28] → [B, samples]."""
    mean, log_variance = model.posterior(x)
    found = []
    for one, m, v in zip(x, mean, log_variance, strict=True):
        z = drawn(m, v, torch.randn(samples, len(m), generator=rng).to(m.device))
        likelihood = -model.picture(one.expand(samples, -1, -1, -1), model.logits(z))
        found.append(log_weights(likelihood, z, m, v))
    return torch.stack(found)


def importance(model: DigitVAE, x: Tensor, seed: int, samples: int = SAMPLES) -> Importance:
    """The bounds of ``model``, means over pictures ``x`` [B, 1, 28, 28] with ``samples`` codes each."""
    log_w = log_weights_of(model, x, samples, torch.Generator().manual_seed(seed)).cpu().double()
    means, errors = importance_bounds(log_w)
    if len(x) > 1:
        errors = means.std(0) / len(x) ** 0.5
        return Importance(KS, means.mean(0).numpy(), errors.numpy(), np.zeros(0), float("nan"), ())
    best = log_w[0].logsumexp(0) - np.log(samples)
    effective = float((2 * log_w[0].logsumexp(0) - (2 * log_w[0]).logsumexp(0)).exp()) / samples
    return Importance(KS, means[0].numpy(), errors[0].numpy(), (log_w[0] - best).numpy(), effective, ())


def importance_of(key: str, picture: np.ndarray, seed: int) -> Importance:
    """The same for one picture (uint8 [H, W, 3]) by the model called ``key``, with what its card measured on held-out digits."""
    model: DigitVAE = load(weights(key))
    found = importance(model, seen(model, [picture]), seed, BLOCKS * SAMPLES)
    metrics = read_card(weights(key)).metrics
    return found._replace(card=tuple(-metrics[f"importance bound, K = {k}"] for k in KS))


class Dimensions(NamedTuple):
    """Entries of a model's code, those with most divergence first: ``order`` [n], ``divergences`` [n] in nats a picture and
    ``variances`` [n] of μ, means over the shipped digits. ``strong`` and ``weak`` are pictures along the entry of that place
    and along the last one, ``picture`` and ``again`` the digit that they start from; ``steps`` how far the entry is moved."""

    order: np.ndarray
    divergences: np.ndarray
    variances: np.ndarray
    picture: np.ndarray
    again: np.ndarray
    strong: list[np.ndarray]
    weak: list[np.ndarray]
    steps: np.ndarray
    moved: tuple[float, float]

    @property
    def active(self) -> int:
        """Entries whose μ varies."""
        return int((self.variances > ACTIVE).sum())


@torch.no_grad()
def dimensions(key: str, picture: np.ndarray, place: int) -> Dimensions:
    """The entries of the code of the model called ``key``; ``place`` from 1 says which of them is moved."""
    model: DigitVAE = load(weights(key))
    mean, log_variance = model.posterior(shelf(model))
    terms, variances = kl_terms(mean, log_variance).mean(0), mean.var(0)
    order = terms.argsort(descending=True)
    x = seen(model, [picture])
    code = model.posterior(x)[0]
    steps = torch.linspace(-REACH, REACH, SWEEP, device=x.device)
    made = []
    for entry in (int(order[place - 1]), int(order[-1])):
        moved = code.repeat(SWEEP, 1)
        moved[:, entry] = steps
        made.append(model.decode(moved))
    spans = [float((one[-1] - one[0]).square().mean().sqrt()) for one in made]
    return Dimensions(
        order.cpu().numpy(), terms[order].cpu().numpy(), variances[order].cpu().numpy(), levels(x)[0], levels(model.decode(code))[0],
        levels(made[0]), levels(made[1]), steps.cpu().numpy(), (spans[0], spans[1]),
    )  # fmt: skip
