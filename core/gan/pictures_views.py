"""What a reader sees of the trained GANs of pictures: samples of two of them, and the critic's scores of pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch

from core import codec
from core.checks import Check
from core.data.examples import digits
from core.gan.objectives import LAMBDA_QP, paired_distance
from core.gan.pictures import GAN, slopes
from core.weights import load, read_card

__all__ = ["Judged", "Pairs", "Samples", "Slopes", "between", "judged", "of_weights", "pairs", "samples"]

BINS = 60
PLACES = 11  # between a generated picture and a real one
FRESH = 200  # codes that no card has seen
SPREAD_TOLERANCE = 0.08  # of a mean over 200 samples, five standard deviations (measured over 12 sets of codes: 0.016)
FEATURE_DISTANCE = "feature distance (own classifier)"


class Samples(NamedTuple):
    """Pictures of several models from the same codes: ``pictures`` by model; ``spread`` of each relative to real pictures;
    ``distance`` of each model's samples to held-out pictures in features, measured at training and told by its card."""

    pictures: tuple[list[np.ndarray], ...]
    spread: tuple[float, ...]
    distance: tuple[float, ...]
    steps: tuple[int, ...]


class Pairs(NamedTuple):
    """Real pictures beside generated ones: ``real``, ``made``, and the critic's ``gap`` T(x_r) - T(x_f) [N] of each pair,
    with the ``distance`` d(x_r, x_f) [N] (mean absolute difference of pixels in [-1, 1])."""

    real: list[np.ndarray]
    made: list[np.ndarray]
    gap: np.ndarray
    distance: np.ndarray


class Judged(NamedTuple):
    """All pairs of the real pictures at hand and as many generated ones: ``share`` [N, N] = ΔT/(λ d), rows real;
    ``real`` and ``made`` [N], their scores T."""

    share: np.ndarray
    real: np.ndarray
    made: np.ndarray

    def within(self, slack: float = 0.0) -> float:
        """The share of pairs with |ΔT| ≤ (1 + slack) λ d."""
        return float((np.abs(self.share) <= 1 + slack).mean())

    @property
    def right(self) -> float:
        """The share of pairs in which the real picture scores higher."""
        return float((self.share > 0).mean())

    @property
    def histogram(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Centres and shares of the bins of ΔT/(λ d), as a list of one."""
        return [_histogram(self.share, BINS)]

    @property
    def score_histograms(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The same of the scores of real and of generated pictures, with the same bins."""
        ends = np.linspace(min(self.real.min(), self.made.min()), max(self.real.max(), self.made.max()), BINS // 2)
        return [_histogram(one, ends) for one in (self.real, self.made)]


class Slopes(NamedTuple):
    """‖∇T‖ between real and generated pictures: over the shares ``eps`` [k] of the real one, the ``middle`` [k] pair and the
    10 % and 90 % quantiles ``low``, ``high`` [k]; ``values`` [N] at one random share a pair."""

    eps: np.ndarray
    middle: np.ndarray
    low: np.ndarray
    high: np.ndarray
    values: np.ndarray

    @property
    def mean(self) -> float:
        """Over pairs and random shares."""
        return float(self.values.mean())

    @property
    def histogram(self) -> tuple[np.ndarray, np.ndarray]:
        """Centres and shares of the bins."""
        return _histogram(self.values, BINS // 2)


def samples(names: Sequence[str], count: int, length: float, seed: int) -> Samples:
    """``count`` samples of each of the weights ``names``, of the same z ~ N(0, ``length``² I) where the codes are equally long."""
    models = [load(name) for name in names]
    made = [codec.decode(m, length * codec.random_codes(m, range(seed, seed + count))) for m in models]
    cards = [read_card(name) for name in names]
    return Samples(
        tuple(made),
        tuple(codec.spread(one) / card.metrics["real pair distance"] for one, card in zip(made, cards, strict=True)),
        tuple(card.metrics[FEATURE_DISTANCE] for card in cards),
        tuple(card.steps for card in cards),
    )


def shipped(name: str) -> list[np.ndarray]:
    """Real pictures that the weights ``name`` were not trained on: 100 digits drawn for this gallery. ValueError for other kinds."""
    if not name.endswith("mnist28"):
        raise ValueError(f"name = {name}: only digits ship as real pictures")
    return [np.repeat(digit[:, :, None], 3, 2) for digit in digits()[0]]


@torch.inference_mode()
def pairs(name: str, count: int, seed: int) -> Pairs:
    """``count`` pairs of a real and a generated picture and what the critic of ``name`` says of them."""
    model, real = load(name), shipped(name)
    rng = np.random.default_rng(seed)
    picked = [real[k] for k in rng.choice(len(real), count, replace=count > len(real))]
    made = codec.decode(model, codec.random_codes(model, range(seed, seed + count)))
    x, y = (codec.prepared(one, model.config.side, model.config.channels) for one in (picked, made))
    x, y = x.to(codec.device_of(model)), y.to(codec.device_of(model))
    gap = model.score(x) - model.score(y)
    return Pairs(
        [codec.as_seen(model, one) for one in picked], made, gap.cpu().numpy(), paired_distance(x, y).cpu().numpy()
    )


@torch.inference_mode()
def judged(name: str, seed: int, lam: float = LAMBDA_QP) -> Judged:
    """The critic of ``name`` on every pair of shipped real pictures and as many samples."""
    model, real = load(name), shipped(name)
    made = codec.decode(model, codec.random_codes(model, range(seed, seed + len(real))))
    x, y = (
        codec.prepared(one, model.config.side, model.config.channels).to(codec.device_of(model)) for one in (real, made)
    )
    t_r, t_f = model.score(x), model.score(y)
    d = torch.stack([paired_distance(one[None], y) for one in x])
    share = (t_r[:, None] - t_f[None]) / (lam * d)
    return Judged(share.cpu().numpy(), t_r.cpu().numpy(), t_f.cpu().numpy())


def _histogram(values: np.ndarray, bins: int | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    counts, edges = np.histogram(values, bins)
    return (edges[1:] + edges[:-1]) / 2, counts / values.size


def between(name: str, seed: int) -> Slopes:
    """‖∇T‖ of the critic of ``name`` between the shipped real pictures and as many samples."""
    model, real = load(name), shipped(name)
    side, channels = model.config.side, model.config.channels
    made = codec.decode(model, codec.random_codes(model, range(seed, seed + len(real))))
    x, y = (codec.prepared(one, side, channels).to(codec.device_of(model)) for one in (real, made))
    eps = np.linspace(0, 1, PLACES)
    table = np.stack([_slopes(model, e * x + (1 - e) * y) for e in eps.tolist()])
    mix = torch.rand(len(x), generator=torch.Generator().manual_seed(seed)).to(x)[:, None, None, None]
    low, middle, high = np.quantile(table, [0.1, 0.5, 0.9], axis=1)
    return Slopes(eps, middle, low, high, _slopes(model, mix * x + (1 - mix) * y))


def _slopes(model: GAN, x: torch.Tensor) -> np.ndarray:
    with torch.enable_grad():
        return slopes(model.critic, x).detach().cpu().numpy()


def of_weights(name: str) -> Iterator[Check]:
    """What a card says of samples, on codes that are drawn now: a model with random weights draws grey."""
    model, card = load(name), read_card(name)
    made = codec.decode(model, codec.random_codes(model, range(FRESH)))
    yield Check(
        f"{name}: spread of {FRESH} samples, beside real pictures", f"{name}：{FRESH} 张样本的离散，真图为 1",
        codec.spread(made) / card.metrics["real pair distance"], card.metrics["pair diversity"], SPREAD_TOLERANCE,
        note="the card's, on 1 000 other codes; near 0 for random weights or a collapsed model",
        note_zh="模型卡在另外 1000 个编码上测得；随机权重或坍缩的模型接近 0",
    )  # fmt: skip
