"""What a reader sees of the trained VAEs with codes of two numbers: the plane of codes, one picture's own normal, the divergence
switched off, the manifold, and digits on demand.

Pictures are uint8 [28, 28], white on black. Which digit a picture shows is judged by this gallery's own classifier
(core.vision.features), which knows 29 kinds and was trained on MNIST's training digits too. It has never seen blur, and takes grey
clouds for flowers; so it judges the likeliest picture of q(x|z), black and white, not the means of its pixels.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from scipy.stats import norm
from torch import Tensor

from core import codec
from core.vae.digits import DigitVAE, framed, levels, seen
from core.vae.objective import drawn, kl_terms
from core.weights import extra, load, read_card

__all__ = [
    "Asked", "Game", "Manifold", "Own", "Posteriors", "Side", "Spot", "asked", "ellipse", "game", "manifold", "own", "posteriors",
    "probabilities", "spot",
]  # fmt: skip

CODES = "codes.npz"  # beside the weights: posteriors of held-out pictures
FEATURES = "features"
FIRST = {"mnist28": 9, "fashion28": 19}  # the place of a data set's ten kinds among the classifier's 29
KINDS = 10
HALF = 0.5  # a pixel is white in the likeliest picture where its mean is above
CLEAR = 0.9  # a picture whose likeliest kind is at least so probable counts as clear
NEAR = 20  # held-out codes around a point that tell whose region it is
MAP, REACH = 24, 3.0  # pictures along a side of the map under the plane, and how far from the origin it reaches
DRAWS, SHOWN = 200, 8  # codes sampled from one picture's normal, and those of them that are decoded for the reader
JUDGED = 100  # samples that the classifier looks at
RIM, RIMS = 61, 150  # points of an ellipse, both ends included; held-out pictures whose ellipses are drawn
CHUNK = 50  # pictures at a time through the classifier


class Posteriors(NamedTuple):
    """N(μ, σ²) of held-out pictures, ``mean`` and ``sigma`` [N, 2] each, and their kinds ``labels`` [N]."""

    mean: np.ndarray
    sigma: np.ndarray
    labels: np.ndarray

    @property
    def typical(self) -> float:
        """The geometric mean of all σ."""
        return float(np.exp(np.log(np.maximum(self.sigma, np.finfo(np.float32).tiny)).mean()))

    @property
    def rims(self) -> np.ndarray:
        """The contours at 2σ of the first 150 pictures' normals [150, 61, 2]."""
        return np.stack([ellipse(m, s, 2) for m, s in zip(self.mean[:RIMS], self.sigma[:RIMS], strict=True)])

    @property
    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of the codes z = μ + σ ε of all pictures together, [2] each: E μ, and var μ + E σ²."""
        return self.mean.mean(0), self.mean.var(0) + np.square(self.sigma).mean(0)


class Spot(NamedTuple):
    """The point ``at`` [2] of the plane: the decoded ``picture``, the probability of each of ten kinds [10] by the classifier,
    the kinds of the nearest held-out codes ``near`` [20], and the ``nearest`` one's place among them all.

    ``map`` is one picture of what is decoded all over the square [-3, 3]².
    """

    posteriors: Posteriors
    at: np.ndarray
    picture: np.ndarray
    probabilities: np.ndarray
    near: np.ndarray
    nearest: int
    map: np.ndarray

    @property
    def faintest(self) -> int:
        """The brightest pixel of the faintest picture of the map, 0 … 255."""
        return int(self.map.reshape(MAP, -1, MAP, self.map.shape[1] // MAP).max((1, 3)).min())

    @property
    def rim(self) -> np.ndarray:
        """The contour at 2σ of the nearest held-out picture's normal [61, 2]."""
        return ellipse(self.posteriors.mean[self.nearest], self.posteriors.sigma[self.nearest], 2)

    @property
    def kind(self) -> int:
        """What the classifier takes the picture for, among the ten kinds."""
        return int(self.probabilities.argmax())

    @property
    def region(self) -> tuple[int, int]:
        """The kind that is commonest around the point, and how many of the nearest codes have it."""
        counts = np.bincount(self.near, minlength=KINDS)
        return int(counts.argmax()), int(counts.max())


class Own(NamedTuple):
    """One picture's own normal N(``mean``, diag ``sigma``²), [2] each: ``codes`` [200, 2] sampled from it and what they cost to
    redraw, ``costs`` [200] = −log q(x|z) in nats; ``terms`` [2], the divergence by entries.

    ``of_mean`` is the picture decoded from μ, which costs ``cost_of_mean``; ``again`` are the decoded first eight codes.
    """

    posteriors: Posteriors
    picture: np.ndarray
    mean: np.ndarray
    sigma: np.ndarray
    terms: np.ndarray
    codes: np.ndarray
    costs: np.ndarray
    of_mean: np.ndarray
    cost_of_mean: float
    again: list[np.ndarray]

    @property
    def rims(self) -> tuple[np.ndarray, np.ndarray]:
        """The contours of its normal at σ and 2σ, [61, 2] each."""
        return ellipse(self.mean, self.sigma), ellipse(self.mean, self.sigma, 2)

    @property
    def divergence(self) -> float:
        """KL(N(μ, σ²) ‖ N(0, I)) in nats."""
        return float(self.terms.sum())

    @property
    def noise_cost(self) -> float:
        """What sampling z instead of taking μ costs on average, in nats."""
        return float(self.costs.mean()) - self.cost_of_mean


class Side(NamedTuple):
    """One weight of the divergence: ``picture`` term and ``divergence`` in nats (card, held-out digits), ``distance`` of samples from
    N(0, I) in features (card); ``samples``, the probability of their likeliest digit ``sure`` [100], and the shown digits
    redrawn from z = μ + σ ε, ``again``."""

    weight: float
    posteriors: Posteriors
    picture: float
    divergence: float
    distance: float
    samples: list[np.ndarray]
    sure: np.ndarray
    again: list[np.ndarray]

    @property
    def reach(self) -> float:
        """Half the side of a square around the origin that holds 99 % of the codes, and the prior's circles."""
        return max(REACH, float(np.quantile(np.abs(self.posteriors.mean), 0.99)))

    @property
    def bound(self) -> float:
        """The negative lower bound: both terms, with weight 1."""
        return self.picture + self.divergence

    @property
    def spread(self) -> float:
        """The standard deviation of a pixel over the samples shown, mean over pixels in [0, 1]."""
        return float(np.stack(self.samples).std(0).mean() / 255)

    @property
    def clear(self) -> float:
        """The share of samples whose likeliest digit has a probability above 0.9."""
        return float((self.sure > CLEAR).mean())


class Game(NamedTuple):
    """The same ``digits`` and the same noise under several weights of the divergence."""

    digits: list[np.ndarray]
    sides: tuple[Side, ...]

    @property
    def rims(self) -> tuple[np.ndarray, np.ndarray]:
        """The contours of N(0, I) at σ and 2σ, [61, 2] each."""
        return ellipse(np.zeros(2), 1.0), ellipse(np.zeros(2), 1.0, 2)

    @property
    def reach(self) -> float:
        """Half the side of a square around the origin that holds what every side's own square holds."""
        return max(side.reach for side in self.sides)


class Manifold(NamedTuple):
    """Pictures of a grid of codes, ``tiles`` [side, side, 28, 28], top row first; the likeliest kind of each, ``kinds`` [side, side], and
    its probability ``sure``; ``ends`` are the first and last quantile, which ``places`` [side] (in σ of the prior) belong to."""

    tiles: np.ndarray
    kinds: np.ndarray
    sure: np.ndarray
    places: np.ndarray
    ends: tuple[float, float]

    @property
    def shares(self) -> np.ndarray:
        """The share of each kind among the pictures [10]."""
        return np.bincount(self.kinds.ravel(), minlength=KINDS) / self.kinds.size

    @property
    def clear(self) -> float:
        """The share of pictures whose likeliest kind has a probability above 0.9."""
        return float((self.sure > CLEAR).mean())

    @property
    def sheet(self) -> np.ndarray:
        """All tiles as one picture."""
        return _sheet(self.tiles)


class Asked(NamedTuple):
    """Digits on demand: ``centres`` [10, 2] = μ^Y, ``rows`` of pictures, one ε a row and one digit a column, ``taken`` [10, 10], the share
    of samples of the digit Y (row) that the classifier takes for each kind, and the ``own`` samples of the digit asked for."""

    posteriors: Posteriors
    centres: np.ndarray
    rows: list[list[np.ndarray]]
    own: list[np.ndarray]
    own_codes: np.ndarray
    taken: np.ndarray

    @property
    def rims(self) -> np.ndarray:
        """The contours of N(μ^Y, I) at 2σ, [10, 61, 2]."""
        return np.stack([ellipse(centre, 1.0, 2) for centre in self.centres])

    @property
    def right(self) -> np.ndarray:
        """The share of samples of each digit that show it [10]."""
        return self.taken.diagonal()

    @property
    def mean_right(self) -> float:
        """The same over all ten digits."""
        return float(self.right.mean())


def ellipse(mean: np.ndarray, sigma: np.ndarray | float, deviations: float = 1.0) -> np.ndarray:
    """Points on the contour of N(``mean``, diag ``sigma``²) that is ``deviations`` from its centre: [2], [2] → [RIM, 2], closed."""
    angle = np.linspace(0, 2 * np.pi, RIM)
    return mean + deviations * sigma * np.stack([np.cos(angle), np.sin(angle)], 1)


@lru_cache(maxsize=8)
def posteriors(name: str) -> Posteriors:
    """The shipped posteriors of held-out pictures of the weights ``name``: statistics alone, no picture of the data set."""
    with np.load(io.BytesIO(extra(name, CODES)), allow_pickle=False) as stored:
        mean, log_variance = (stored[key].astype(np.float32) for key in ("mean", "log_variance"))
        labels = stored["labels"].astype(np.int64)
    return Posteriors(mean, np.exp(log_variance / 2), labels)


@torch.inference_mode()
def probabilities(x: Tensor, data: str) -> np.ndarray:
    """p(kind) by the classifier for the ten kinds of ``data``, of the likeliest pictures where ``x`` [N, 1, 28, 28] are the pixels' means → [N, 10].

    A row adds up to less than 1 where the picture may be something else altogether.
    """
    first, classifier = FIRST[data], load(FEATURES)
    likeliest = (x > HALF).float()
    found = torch.cat([classifier.classes(framed(part)).softmax(1) for part in likeliest.split(CHUNK)])
    return found[:, first : first + KINDS].cpu().numpy()


@torch.inference_mode()
def spot(name: str, at: tuple[float, float]) -> Spot:
    """What the weights ``name`` decode at the point ``at``, and whose region it is."""
    model, known = load(name), posteriors(name)
    z = np.asarray(at, np.float32)
    made = model.decode(torch.from_numpy(z)[None].to(codec.device_of(model)))
    order = np.argsort(np.square(known.mean - z).sum(1), kind="stable")[:NEAR]
    return Spot(
        known, z, levels(made)[0], probabilities(made, data_of(name))[0], known.labels[order], int(order[0]), decoded_map(name)
    )  # fmt: skip


@lru_cache(maxsize=4)
def decoded_map(name: str) -> np.ndarray:
    """What is decoded over [-3, 3]², one picture, top first."""
    places = (np.arange(MAP) + 0.5) / MAP * 2 * REACH - REACH
    return _sheet(decoded_grid(load(name), places)[0])


@torch.inference_mode()
def own(name: str, picture: np.ndarray, seed: int) -> Own:
    """The normal that the weights ``name`` give ``picture`` (uint8 [H, W, 3]), and codes sampled from it."""
    model: DigitVAE = load(name)
    x = seen(model, [picture])
    mean, log_variance = model.posterior(x)
    noise = torch.randn(DRAWS, mean.shape[1], generator=torch.Generator().manual_seed(seed)).to(x.device)
    codes = drawn(mean, log_variance, noise)
    logits = model.logits(torch.cat([mean, codes]))
    costs = model.picture(x.expand(len(logits), -1, -1, -1), logits).cpu().numpy()
    made = levels(logits[: SHOWN + 1].sigmoid())
    return Own(
        posteriors(name), levels(x)[0], mean[0].cpu().numpy(), (log_variance[0] / 2).exp().cpu().numpy(),
        kl_terms(mean, log_variance)[0].cpu().numpy(), codes.cpu().numpy(), costs[1:], made[0], float(costs[0]), made[1:],
    )  # fmt: skip


@torch.inference_mode()
def game(names: Sequence[str], digits: Sequence[np.ndarray], matched: bool, shown: int, seed: int) -> Game:
    """``digits`` (uint8 [28, 28]) redrawn, and ``shown`` samples, by the weights ``names``, which differ in the weight of the divergence.

    Samples are of N(0, I), or, ``matched``, of the normal with the mean and covariance of the model's own codes.
    """
    rng = torch.Generator().manual_seed(seed)
    noise, blur = torch.randn(JUDGED, 2, generator=rng), torch.randn(len(digits), 2, generator=rng)
    return Game(list(digits), tuple(_side(name, digits, noise, blur, matched, shown) for name in names))


def _side(name: str, digits: Sequence[np.ndarray], noise: Tensor, blur: Tensor, matched: bool, shown: int) -> Side:
    model, card, known = load(name), read_card(name), posteriors(name)
    where = codec.device_of(model)
    z = noise
    if matched:
        root = torch.linalg.cholesky(torch.from_numpy(np.cov(known.mean.T)).float())
        z = torch.from_numpy(known.mean.mean(0)) + noise @ root.T
    made = model.decode(z.to(where))
    mean, log_variance = model.posterior(seen(model, digits))
    again = model.decode(drawn(mean, log_variance, blur.to(where)))
    told = card.metrics
    return Side(
        card.config["kl_weight"], known, told["picture term"], told["kl"], told["feature distance (own classifier)"],
        levels(made[:shown]), probabilities(made, data_of(name)).max(1), levels(again),
    )  # fmt: skip


@torch.inference_mode()
def manifold(name: str, side: int, low: float) -> Manifold:
    """A grid of ``side`` x ``side`` codes at the prior's quantiles from ``low`` to 1 − ``low``, decoded by the weights ``name``."""
    places = norm.ppf(np.linspace(low, 1 - low, side))
    tiles, made = decoded_grid(load(name), places)
    found = probabilities(made, data_of(name))
    square = (side, side)
    return Manifold(tiles, found.argmax(1).reshape(square), found.max(1).reshape(square), places, (low, 1 - low))


@torch.inference_mode()
def asked(name: str, digit: int, rows: int, seed: int) -> Asked:
    """``rows`` ε carried to all ten digits, z = μ^Y + ε, by the conditional weights ``name``, and samples of ``digit``."""
    model: DigitVAE = load(name)
    where = codec.device_of(model)
    centres = model.prior_mean(torch.arange(KINDS, device=where))
    noise = torch.randn(JUDGED // KINDS, centres.shape[1], generator=torch.Generator().manual_seed(seed)).to(where)
    made = model.decode((noise[:, None] + centres).flatten(0, 1))
    kinds = probabilities(made, data_of(name)).argmax(1).reshape(-1, KINDS)
    taken = np.stack([np.bincount(column, minlength=KINDS) for column in kinds.T]) / len(kinds)
    tiles = levels(made)
    return Asked(
        posteriors(name), centres.cpu().numpy(), [tiles[k * KINDS : (k + 1) * KINDS] for k in range(rows)],
        tiles[digit::KINDS], (noise + centres[digit]).cpu().numpy(), taken,
    )  # fmt: skip


@torch.inference_mode()
def decoded_grid(model: DigitVAE, places: np.ndarray) -> tuple[np.ndarray, Tensor]:
    """Pictures of the codes (x, y) of ``places`` [S] squared, y from high (top) to low: uint8 [S, S, 28, 28], and [S², 1, 28, 28] in [0, 1]."""
    x, y = np.meshgrid(places, places[::-1])
    z = torch.from_numpy(np.stack([x, y], -1).reshape(-1, 2).astype(np.float32)).to(codec.device_of(model))
    made = torch.cat([model.decode(part) for part in z.split(CHUNK)])
    return np.stack(levels(made)).reshape(len(places), len(places), *made.shape[-2:]), made


def data_of(name: str) -> str:
    """The data set that the weights ``name`` are of: the last part of their name."""
    return name.rsplit("-", 1)[1]


def _sheet(tiles: np.ndarray) -> np.ndarray:
    """[rows, columns, H, W] → one picture [rows H, columns W]."""
    rows, columns, height, width = tiles.shape
    return tiles.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)
