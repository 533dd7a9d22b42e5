"""What the page of the clustering VAE looks at: clusters with their pictures, samples by cluster, one picture's shares, tables.

Beside the weights stand the codes μ(x) of all 10 000 test pictures and their labels, and no picture of the data set: what is
shown of one is what the decoder redraws from its code, or, where the data set can be had, the picture itself. Pictures are uint8
[28, 28], white on black.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core import codec
from core.data.datasets import held_out
from core.refusal import Refusal
from core.vae.vae_clustering.agreement import Agreement, agreement
from core.vae.vae_clustering.model import SIDE, ClusterVAE
from core.vae.vae_clustering.objective import LAMBDA, free_energy, squared_distances
from core.weights import extra, load, read_card

__all__ = [
    "CODES", "LAMBDAS", "REAL", "Compared", "Explained", "Rival", "Rows", "Sampled", "Shelf", "Weighed", "as_drawn", "as_seen",
    "coded", "compared", "confusion", "explained", "kept", "members", "recognised", "sampled", "seen", "shelf", "stored_code",
    "test_codes", "units", "weighed", "weighed_name",
]  # fmt: skip

CODES = "codes.npz"
"""Beside the weights: ``mean`` μ(x) and ``labels`` of the test pictures, in the order of the test set."""
LAMBDAS = (0.5, 1.0, LAMBDA, 10.0)
"""The λ for which there are weights of digits, all with the same dense networks and as many steps; 2.5 is the post's."""
REAL = 1000
"""How many pictures, from the first on, :func:`core.data.datasets.held_out` gives of a test set."""
DRAWN = 1000  # samples a cluster that are given back, or not
KINDS = 10
RECOGNISED_SEED = 1
LONGEST = 20  # pixels that the longer side of a digit has in MNIST
TINT = np.array([255, 110, 110])  # of pictures whose label is not their cluster's
BASELINES = ("K-means on pixels", "K-means on autoencoder codes")
MEASURES = ("purity", "hungarian accuracy", "nmi")


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the classifier makes of the test pictures' ``codes`` μ(x) [N, n] with their ``labels`` [N]: ``log_shares`` ln p(y|z)
    there [N, K], the ``clusters`` with the largest share [N], and their agreement with the labels."""

    codes: np.ndarray
    labels: np.ndarray
    log_shares: np.ndarray
    clusters: np.ndarray
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Rows:
    """One row a cluster, in the order of their majority labels: the decoded centre and some of its pictures.

    ``centres`` [K, 28, 28]; ``pictures`` [K, count, 28, 28], black where a cluster has too few; ``labels`` [K, count], -1 there;
    ``majority`` label, its share ``own`` and ``sizes`` [K], and the ``agreement``, of all test pictures. ``real``: the pictures are
    those of the data set, not redrawn from their codes.
    """

    centres: np.ndarray
    pictures: np.ndarray
    labels: np.ndarray
    majority: np.ndarray
    own: np.ndarray
    sizes: np.ndarray
    agreement: Agreement
    real: bool

    @property
    def odd(self) -> np.ndarray:
        """Which of the pictures have another label than their cluster's majority [K, count]."""
        return (self.labels >= 0) & (self.labels != self.majority[:, None])

    @property
    def tinted(self) -> np.ndarray:
        """The pictures in colours, the odd ones red [K, count, 28, 28, 3]."""
        colour = np.where(self.odd[..., None, None, None], TINT, 255)
        return (self.pictures[..., None] * (colour / 255)).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Sampled:
    """Samples G(μ_y + s ε), one row a cluster in the order of the majority labels, the same ε in every row.

    ``pictures`` [K, count, 28, 28]; ``majority`` label [K]; ``back`` [K]: of many samples at this s, the share
    that p(y|z) gives to the cluster that they were drawn from.
    """

    pictures: np.ndarray
    majority: np.ndarray
    back: np.ndarray

    @property
    def recognised(self) -> float:
        """Mean of ``back``."""
        return float(self.back.mean())


@dataclass(frozen=True, slots=True)
class Explained:
    """One ``picture`` [28, 28] (None where its code alone is known), its reconstruction ``again``, its ``label`` where there is
    one, and by cluster in the order of the majority labels [K]:

    shares : p(y | μ(x)) of the classifier. bayes : q(y | μ(x)) by Bayes' rule for N(μ_y, I). distances : ‖μ(x) − μ_y‖.
    moved : G(μ(x) − μ_c + μ_y) with the picture's own cluster c: the same place around every centre [K, 28, 28].
    """

    picture: np.ndarray | None
    again: np.ndarray
    label: int | None
    majority: np.ndarray
    shares: np.ndarray
    bayes: np.ndarray
    distances: np.ndarray
    moved: np.ndarray

    @property
    def best(self) -> int:
        """The place of the most probable cluster."""
        return int(self.shares.argmax())

    @property
    def nearest(self) -> int:
        """The place of the nearest centre."""
        return int(self.distances.argmin())


@dataclass(frozen=True, slots=True)
class Rival:
    """One way to cluster: K-means or a seed of ours, with purity, Hungarian accuracy and NMI on all 10 000 test pictures."""

    name: str
    purity: float
    hungarian: float
    nmi: float

    def measure(self, key: str) -> float:
        """One of the three by its name on the cards."""
        return {"purity": self.purity, "hungarian accuracy": self.hungarian, "nmi": self.nmi}[key]


@dataclass(frozen=True, slots=True)
class Compared:
    """K-means on pixels and on codes of an autoencoder, then every seed, by the card; ``shipped`` is the seed that ships.

    ``curves`` by seed: steps [E] and, at each, the loss on test pictures and the three measures [E, 4].
    """

    baselines: tuple[Rival, ...]
    seeds: tuple[Rival, ...]
    losses: tuple[float, ...]
    shipped: int
    steps: int
    curves: tuple[tuple[np.ndarray, np.ndarray], ...]

    def spread(self, key: str) -> tuple[float, float, float]:
        """Least, mean and largest of one measure over the seeds."""
        values = np.array([one.measure(key) for one in self.seeds])
        return float(values.min()), float(values.mean()), float(values.max())

    @property
    def best_purity(self) -> int:
        """The place of the seed with the largest purity, which only labels can tell."""
        return int(np.argmax([one.purity for one in self.seeds]))

    @property
    def best_loss(self) -> int:
        """The place of the seed with the least loss, which ships."""
        return int(np.argmin(self.losses))


@dataclass(frozen=True, slots=True)
class Weighed:
    """What λ does to digits: at the λ looked at the cluster's ``rows``, and for every λ of :data:`LAMBDAS` what the cards say:
    ``seeds`` [λ][seed], and of the weights that ship the reconstruction error ‖x − G(μ(x))‖², a picture's mean [λ]."""

    rows: Rows
    seeds: tuple[tuple[Rival, ...], ...]
    errors: tuple[float, ...]

    def means(self, key: str) -> np.ndarray:
        """The mean over the seeds of one measure, for every λ [λ]."""
        return np.array([np.mean([one.measure(key) for one in seeds]) for seeds in self.seeds])


def units(pictures: np.ndarray) -> Tensor:
    """uint8 [N, 28, 28] → [N, 1, 28, 28] in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pictures))[:, None].float() / 255


def levels(x: Tensor) -> np.ndarray:
    """[..., 1, 28, 28] in [0, 1] → uint8 [..., 28, 28]."""
    return (x[..., 0, :, :] * 255).round().clamp(0, 255).byte().cpu().numpy()


@lru_cache(maxsize=4)
def test_codes(name: str) -> tuple[np.ndarray, np.ndarray]:
    """The codes beside the weights ``name``, float32 [10000, n], and their labels [10000]."""
    with np.load(io.BytesIO(extra(name, CODES)), allow_pickle=False) as stored:
        return stored["mean"].astype(np.float32), stored["labels"].astype(np.int64)


@torch.inference_mode()
def seen(model: ClusterVAE, codes: np.ndarray, labels: np.ndarray) -> Shelf:
    """What the classifier of ``model`` makes of codes [N, n] with labels [N]."""
    log_shares = model.log_shares(torch.from_numpy(codes).to(codec.device_of(model)))
    clusters = log_shares.argmax(1).cpu().numpy()
    found = agreement(clusters, labels, (model.config.clusters, KINDS))
    return Shelf(codes, labels, log_shares.cpu().numpy(), clusters, found)


@lru_cache(maxsize=8)
def shelf(name: str) -> Shelf:
    """What the weights ``name`` make of the test pictures' codes beside them."""
    return seen(load(name), *test_codes(name))


@torch.inference_mode()
def members(name: str, which: str, count: int, seed: int, real: str | None = None) -> Rows:
    """``count`` pictures of every cluster of the weights ``name``: those "nearest" to its centre, "farthest" from it, or drawn at "random".

    They are redrawn from their codes, chosen from all test pictures; with ``real``, a data set, they are its pictures, chosen from
    its first 1 000. Raises DatasetError where that data set cannot be had.
    """
    model, found = load(name), shelf(name)
    order, size = found.agreement.order, (model.config.clusters, count)
    pictures, labels = np.zeros((*size, SIDE, SIDE), np.uint8), np.full(size, -1)
    centres = model.centres.cpu().numpy()
    offered = found.clusters[: REAL if real else None]
    rng = np.random.default_rng(seed)
    for place, cluster in enumerate(order):
        own = np.flatnonzero(offered == cluster)
        gaps = np.square(found.codes[own] - centres[cluster]).sum(1)
        sorted_ = {"nearest": np.argsort(gaps, kind="stable"), "farthest": np.argsort(-gaps, kind="stable"), "random": rng.permutation(len(own))}  # fmt: skip
        shown = own[sorted_[which]][:count]
        if len(shown):
            drawn = [held_out(real, int(k))[..., 0] for k in shown] if real else _redrawn(model, found.codes[shown])
            pictures[place, : len(shown)], labels[place, : len(shown)] = drawn, found.labels[shown]
    one = found.agreement
    return Rows(
        levels(model.decode(model.centres))[order], pictures, labels, one.majority[order], one.own[order],
        one.table.sum(1)[order], one, real is not None,
    )  # fmt: skip


def _redrawn(model: ClusterVAE, codes: np.ndarray) -> np.ndarray:
    """G of codes [N, n], uint8 [N, 28, 28]."""
    return levels(model.decode(torch.from_numpy(codes).to(codec.device_of(model))))


def recognised(model: ClusterVAE, sd: float, count: int, seed: int) -> Tensor:
    """Of ``count`` codes μ_y + s ε of each cluster, the share for which p(y|z) is largest at that cluster [K]."""
    clusters, size = model.centres.shape
    noise = torch.randn(count, size, generator=torch.Generator().manual_seed(seed)).to(model.centres.device)
    z = model.centres[:, None] + sd * noise  # [K, count, n]
    found = model.log_shares(z.flatten(0, 1)).argmax(1).unflatten(0, (clusters, count))
    return (found == torch.arange(clusters, device=found.device)[:, None]).float().mean(1)


@torch.inference_mode()
def kept(model: ClusterVAE, found: Shelf, step: int) -> float:
    """Of every ``step``-th code, decoded and encoded again, the share that comes back to its cluster."""
    z = torch.from_numpy(found.codes[::step]).to(codec.device_of(model))
    again = model.clusters_of(model.decode(z)).cpu().numpy()
    return float((again == found.clusters[::step]).mean())


@torch.inference_mode()
def sampled(name: str, sd: float, count: int, seed: int) -> Sampled:
    """``count`` samples G(μ_y + s ε) of every cluster of the weights ``name`` with s = ``sd``, from one set of ε."""
    model, order = load(name), shelf(name).agreement.order
    noise = torch.randn(count, model.config.z_dim, generator=torch.Generator().manual_seed(seed))
    z = model.centres[order][:, None] + sd * noise.to(model.centres.device)
    pictures = levels(model.decode(z.flatten(0, 1))).reshape(len(order), count, SIDE, SIDE)
    back = recognised(model, sd, DRAWN, RECOGNISED_SEED).cpu().numpy()[order]
    return Sampled(pictures, shelf(name).agreement.majority[order], back)


def as_drawn(drawing: np.ndarray) -> np.ndarray:
    """A drawing [S, S] in [0, 1] (ink = 1) as MNIST has its digits, uint8 [28, 28]: 20 pixels long, its centre of mass in the middle.

    Raises Refusal where there is no ink.
    """
    inked = drawing > 0
    if not inked.any():
        raise Refusal("先写一个数字", "draw a digit first", input="drawing")
    rows, across = (np.flatnonzero(inked.any(axis)) for axis in (1, 0))
    cut = Image.fromarray((drawing[rows[0] : rows[-1] + 1, across[0] : across[-1] + 1] * 255).round().astype(np.uint8))
    scale = LONGEST / max(cut.size)
    small = cut.resize((max(1, round(cut.width * scale)), max(1, round(cut.height * scale))), Image.Resampling.LANCZOS)
    ink = np.asarray(small)
    corner = [round(SIDE / 2 - float((ink.sum(1 - axis) * (np.arange(n) + 0.5)).sum() / max(ink.sum(), 1))) for axis, n in enumerate(ink.shape)]  # fmt: skip
    sheet = Image.new("L", (SIDE, SIDE))
    sheet.paste(small, (corner[1], corner[0]))
    return np.asarray(sheet).copy()


def as_seen(picture: np.ndarray) -> np.ndarray:
    """Any picture, uint8 [H, W, 3], as the model sees it: white ink on black, uint8 [28, 28]."""
    return levels((codec.prepared([picture], SIDE, 1)[0] + 1) / 2)


@torch.inference_mode()
def coded(name: str, picture: np.ndarray) -> np.ndarray:
    """The code μ(x) [n] of a picture, uint8 [28, 28], by the weights ``name``."""
    model = load(name)
    return model.encode(units(picture[None]).to(codec.device_of(model)))[0].cpu().numpy()


def stored_code(name: str, number: int) -> tuple[np.ndarray, int]:
    """The code μ(x) [n] of the test picture ``number`` that stands beside the weights ``name``, and its label."""
    codes, labels = test_codes(name)
    return codes[number], int(labels[number])


@torch.inference_mode()
def explained(name: str, code: np.ndarray, label: int | None = None, picture: np.ndarray | None = None) -> Explained:
    """What the weights ``name`` say of one code [n], which may have a ``label`` and a ``picture``, uint8 [28, 28]."""
    model, one = load(name), shelf(name).agreement
    order = one.order
    z = torch.from_numpy(code)[None].to(codec.device_of(model))
    shares = model.log_shares(z)[0].exp()
    bayes = free_energy(z, model.centres)[1][0].exp()
    moved = z - model.centres[shares.argmax()] + model.centres
    return Explained(
        picture,
        levels(model.decode(z))[0],
        label,
        one.majority[order],
        shares.cpu().numpy()[order],
        bayes.cpu().numpy()[order],
        squared_distances(z, model.centres)[0].sqrt().cpu().numpy()[order],
        levels(model.decode(moved))[order],
    )


def confusion(name: str) -> Agreement:
    """How the clusters of the weights ``name`` agree with the labels of all test pictures."""
    return shelf(name).agreement


def weighed_name(lam: float) -> str:
    """What the weights of digits trained with ``lam`` are called; those of the post's λ are the page's own."""
    return "vae-clustering-mnist28" if lam == LAMBDA else f"vae-clustering-lam-{lam:g}-mnist28"


def weighed(lam: float, count: int) -> Weighed:
    """Every trained λ by its card, and the clusters of the one looked at with their ``count`` nearest pictures, redrawn."""
    every = [compared(weighed_name(one)) for one in LAMBDAS]
    errors = tuple(read_card(weighed_name(one)).metrics["reconstruction error"] for one in LAMBDAS)
    return Weighed(members(weighed_name(lam), "nearest", count, 0), tuple(one.seeds for one in every), errors)


def compared(name: str) -> Compared:
    """All seeds behind the weights ``name``, and K-means, by what their card and log say."""
    card = read_card(name)

    def rival(prefix: str) -> Rival:
        return Rival(prefix, *(card.metrics[f"{prefix}: {key}"] for key in MEASURES))

    many = sum(key.startswith("seed ") and key.endswith(": loss") for key in card.metrics)
    names = [f"seed {k}" for k in range(many)]
    rows = list(csv.DictReader(io.StringIO(extra(name, "seeds.csv").decode("ascii"))))
    curves = []
    for k in range(many):
        own = [row for row in rows if int(row["seed"]) == k]
        curves.append(
            (
                np.array([int(row["step"]) for row in own]),
                np.array([[float(row[key]) for key in ("loss", *MEASURES)] for row in own]),
            )
        )
    return Compared(
        tuple(rival(one) for one in BASELINES if f"{one}: purity" in card.metrics), tuple(rival(one) for one in names),
        tuple(card.metrics[f"{one}: loss"] for one in names), card.seed, card.steps, tuple(curves),
    )  # fmt: skip
