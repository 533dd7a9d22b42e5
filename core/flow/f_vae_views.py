"""What f-VAE's page looks at: temperatures, the three models side by side, the levels of the flow, reconstructions.

Every function takes a model with shipped weights, or the names of several, and gives plain numbers and pictures
(uint8 [S, S, 3]). Errors are mean squares with pixels in [-1, 1], divided by the mean over random pairs of real pictures
(``real pair distance`` on the card).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

from core import codec
from core.data.examples import portraits
from core.flow.f_vae import FVAE, Moments, latent_moments, noisy_reconstructions, resampled
from core.flow.glow import Glow
from core.latent import interpolate
from core.morphing import crossfade
from core.quality import mean_square
from core.weights import load, read_card

__all__ = [
    "BEST",
    "COST",
    "Comparison",
    "Levels",
    "Noisy",
    "Temperatures",
    "compared_interpolations",
    "compared_reconstructions",
    "compared_samples",
    "levels",
    "noisy",
    "temperatures",
]

BEST: Mapping[str, float] = {
    "held-out bits/dim": 0.0,
    "reconstruction ratio": 0.0,
    "pair diversity": 1.0,
    "feature distance (own classifier)": 0.0,
    "1-NN accuracy, real against samples": 0.5,
}
"""What is compared of the models' cards, with the value that would be best. Samples are taken at temperature 0.8 there."""
COST = "training petaflop"
DRAWS = 1  # of the noise u for each picture, in the moments
FACTORS = (50, 20, 10, 5, 2, 1)  # by which a difference may be magnified
READABLE = 0.4  # root mean square of a magnified difference, of the 1 between grey and white


class Temperatures(NamedTuple):
    """``one`` [len(ladder), S, S, 3]: one code at every temperature; ``wall`` [count, S, S, 3]: several at one.

    ``apart``: mean error between two of the wall's pictures; ``grown``: from temperature 0 to 1 for the one code.
    """

    one: np.ndarray
    wall: np.ndarray
    apart: float
    grown: float


def temperatures(
    model: FVAE, name: str, seed: int, count: int, temperature: float, ladder: Sequence[float]
) -> Temperatures:
    """G(F⁻¹(T z)) for the codes z of the seeds from ``seed`` on; the first of them at every temperature of ``ladder``.

    ``name`` of the weights, whose card knows how far apart real pictures are.
    """
    scale = read_card(name).metrics["real pair distance"]
    codes = codec.random_codes(model, range(seed, seed + count))
    wall = codec.decode(model, temperature * codes)
    one = codec.decode(model, torch.tensor(ladder, device=codes.device)[:, None] * codes[:1])
    cold, warm = codec.decode(model, torch.tensor([[0.0], [1.0]], device=codes.device) * codes[:1])
    grown = float(codec.mean_squares([cold], [warm])[0])
    return Temperatures(np.stack(one), np.stack(wall), codec.spread(wall) / scale, grown / scale)


class Comparison(NamedTuple):
    """``rows`` [models, columns, S, S, 3], and the ``pictures`` [columns, S, S, 3] that were reconstructed, else None.

    ``cards``: for each model its parameters, the cost of its training and the measures of BEST, by name.
    """

    rows: np.ndarray
    pictures: np.ndarray | None
    cards: tuple[Mapping[str, float], ...]

    @property
    def winners(self) -> Mapping[str, int]:
        """For each measure of BEST the model that comes nearest to the best value."""
        gaps = {measure: [abs(card[measure] - best) for card in self.cards] for measure, best in BEST.items()}
        return {measure: gap.index(min(gap)) for measure, gap in gaps.items()}

    @property
    def crossfades(self) -> tuple[float, ...]:
        """How far each row is from a mere cross-fade of its two ends (``core.morphing.crossfade``)."""
        return tuple(crossfade(row) for row in self.rows)


def compared_samples(names: Sequence[str], seed: int, count: int, temperature: float) -> Comparison:
    """The same ``count`` codes at one temperature, decoded by every model."""
    rows = []
    for model in map(load, names):
        codes = codec.random_codes(model, range(seed, seed + count))
        rows.append(np.stack(codec.decode(model, temperature * codes)))
    return Comparison(np.stack(rows), None, _cards(names))


def compared_reconstructions(names: Sequence[str], seed: int, count: int) -> Comparison:
    """``count`` of the shipped portraits, drawn with ``seed``, encoded and decoded by every model."""
    order = np.random.default_rng(seed).permutation(len(portraits()))[:count]
    real = list(portraits()[order])
    models = [load(name) for name in names]
    rows = [np.stack(codec.decode(model, codec.encode(model, real))) for model in models]
    seen = [codec.as_seen(models[0], picture) for picture in real]
    return Comparison(np.stack(rows), np.stack(seen), _cards(names))


def compared_interpolations(names: Sequence[str], first: np.ndarray, second: np.ndarray, count: int) -> Comparison:
    """``count`` steps on the straight line between the codes of two pictures, decoded by every model."""
    rows = []
    for model in map(load, names):
        a, b = codec.encode(model, [first, second])
        rows.append(np.stack(codec.decode(model, interpolate(a, b, count, "lerp"))))
    return Comparison(np.stack(rows), None, _cards(names))


class Levels(NamedTuple):
    """What the latent of each level holds, finest first.

    ``reconstruction`` [S, S, 3] of the picture; ``rows`` [levels, count, S, S, 3] with one level resampled;
    ``differences``: rows minus reconstruction, times ``factors`` [levels], grey where nothing changed; ``changes``
    [levels]: mean error between the two; ``sizes`` [levels]: numbers in the latent.

    ``moments`` of every latent dimension before and after the flow, over the shipped portraits; of them the mean
    ``variances`` before and after, the root mean square ``offset`` of the means after it, and what ``chance`` gives for
    that offset with so many pictures of N(0, I).
    """

    reconstruction: np.ndarray
    rows: np.ndarray
    differences: np.ndarray
    factors: tuple[int, ...]
    changes: tuple[float, ...]
    sizes: tuple[int, ...]
    moments: Moments
    variances: tuple[float, float]
    offset: float
    chance: float


@torch.inference_mode()
def levels(model: FVAE, name: str, picture: np.ndarray, temperature: float, seed: int, count: int) -> Levels:
    """Resample one level of the latent of ``picture`` at a time, ``count`` times; measure the moments on the portraits.

    ``name`` of the weights, whose card knows how far apart real pictures are.
    """
    if not isinstance(model.flow, Glow):
        raise ValueError(f"kind = {model.config.kind}: has no flow with levels")
    scale, where = read_card(name).metrics["real pair distance"], codec.device_of(model)
    side, channels = model.config.side, model.config.channels
    x = codec.prepared([picture], side, channels).to(where).expand(count, -1, -1, -1)
    still = model.decode(model.encode(x[:1])).clamp(-1, 1)
    rows, differences, factors, changes = [], [], [], []
    for level in range(len(model.flow.shapes)):
        made = resampled(model, x, [level], temperature, torch.Generator().manual_seed(seed)).clamp(-1, 1)
        change = float(mean_square(made, still.expand_as(made)).mean())
        factor = next((f for f in FACTORS if f * change**0.5 <= READABLE), FACTORS[-1])
        rows.append(np.stack(codec.to_pictures(made)))
        differences.append(np.stack(codec.to_pictures(factor * (made - still))))
        factors.append(factor)
        changes.append(change / scale)
    moments = _moments(name, seed)
    return Levels(
        codec.to_pictures(still)[0],
        np.stack(rows),
        np.stack(differences),
        tuple(factors),
        tuple(changes),
        tuple(int(np.prod(shape)) for shape in model.flow.shapes),
        moments,
        (float(moments.h_variance.mean()), float(moments.z_variance.mean())),
        float(np.sqrt(np.square(moments.z_mean).mean())),
        1 / (DRAWS * len(portraits())) ** 0.5,
    )


@lru_cache(maxsize=8)
def _moments(name: str, seed: int) -> Moments:
    """They depend neither on the reader's picture nor on the temperature."""
    model = load(name)
    x = codec.prepared(list(portraits()), model.config.side, model.config.channels)
    return latent_moments(model, x.to(codec.device_of(model)), DRAWS, seed)


class Noisy(NamedTuple):
    """``picture`` as the model sees it, ``made`` [count, S, S, 3] = G(E(x) + factor σ₁ u), and their mean ``error``.

    ``mean_square``: the same error with pixels in [-1, 1], not divided; ``still``: the error of G(E(x)).
    """

    picture: np.ndarray
    made: np.ndarray
    error: float
    still: float
    mean_square: float
    sigma_1: float
    sigma_2: float


@torch.inference_mode()
def noisy(model: FVAE, name: str, picture: np.ndarray, factor: float, seed: int, count: int) -> Noisy:
    """Reconstruct ``picture`` with ``count`` draws of ``factor`` times the noise σ₁ u that training adds to its code.

    ``name`` of the weights, whose card knows how far apart real pictures are.
    """
    scale = read_card(name).metrics["real pair distance"]
    x = codec.prepared([picture], model.config.side, model.config.channels).to(codec.device_of(model))
    made = noisy_reconstructions(model, x, factor, count, torch.Generator().manual_seed(seed))
    still = model.decoder(model.encoder(x))
    error = float(mean_square(made, x.expand_as(made)).mean())
    sigma_1, sigma_2 = (float(sigma) for sigma in model.sigma())
    return Noisy(
        codec.to_pictures(x)[0], np.stack(codec.to_pictures(made)),
        error / scale, float(mean_square(still, x).mean()) / scale, error, sigma_1, sigma_2,
    )  # fmt: skip


def _cards(names: Sequence[str]) -> tuple[Mapping[str, float], ...]:
    cards = [read_card(name) for name in names]
    return tuple(
        {"parameters": float(card.parameters), **{key: card.metrics[key] for key in (*BEST, COST)}} for card in cards
    )
