"""What a reader asks the net that reads spectra (post 5505); each answer is frozen and holds every number that is shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from core import weights
from core.data.tables import read_table
from core.refusal import Refusal
from core.vision.spectra.lines import seen_at
from core.vision.spectra.model import CLASSES, Reader
from core.vision.spectra.objective import f1_of_ratio, macro_f1
from core.vision.spectra.painter import (
    GALAXY,
    LIGHT,
    QSO_FAR,
    QSO_NEAR,
    QSO_REACH,
    QSO_TURN,
    STARS,
    WAVELENGTHS,
    Painter,
    Scene,
    draw,
    unit_median,
    with_noise,
)

__all__ = [
    "READERS", "Looked", "Losses", "Masks", "Noise", "Own", "Ratio", "Read", "Real", "class_of", "look", "losses", "masks", "noise", "own", "ratio", "read", "real", "scene_of",
]  # fmt: skip

READERS = ("ce", "f1")
"""The net after each stage: cross-entropy, then the soft F1."""
POSTS_COUNTS = (442_969.0, 5_231.0, 1_363.0, 34_288.0)
"""Stars, galaxies, quasars and unknown in the survey's training set, as remembered: the post's own figures are not at hand."""
EXAMPLE = Path(__file__).resolve().parents[3] / "assets" / "examples" / "quasar.csv"
NEAR = 25.0  # Å: what counts as at a line
BRIGHTEST = 1e3  # times the median: a spike beyond is cut, as no line of the training comes near
LIVE = 60  # spectra drawn at once
MASKS, BINS = 300, 20  # dropouts drawn, and bins of their probabilities
SMOOTH = 9  # points over which a gradient is averaged for the eye, 12 to 28 Å
LEAST_POINTS, NEEDED = 200, (4200.0, 8000.0)  # of a reader's spectrum
SLIDE = np.linspace(0, 1, 81)


@dataclass(frozen=True, slots=True)
class Read:
    """A spectrum ``flux`` [2600] at ``wavelengths`` [2600] Å, its ``clean`` form, the ``lines`` (name, Å) that the drawn class has,
    ``probabilities`` [4] of :data:`CLASSES` by the net, the class ``drawn`` and the class ``said``."""

    wavelengths: np.ndarray
    flux: np.ndarray
    clean: np.ndarray
    lines: tuple[tuple[str, float], ...]
    probabilities: tuple[float, ...]
    drawn: str
    z: float

    @property
    def said(self) -> str:
        return CLASSES[int(np.argmax(self.probabilities))]

    @property
    def surest(self) -> float:
        """The probability of what is said."""
        return max(self.probabilities)


def painter() -> Painter:
    """The shipped painter."""
    found = weights.load("spectra-painter")
    assert isinstance(found, Painter)
    return found


def reader(name: str) -> Reader:
    """The shipped net after the stage ``name``."""
    found = weights.load(f"spectra-{name}")
    assert isinstance(found, Reader)
    return found


def class_of(kind: str) -> str:
    """The class of a kind of the painter."""
    return "star" if kind in STARS else ("galaxy" if kind == GALAXY else "qso")


def scene_of(kind: str, speed: float, galaxy_z: float, qso_z: float, snr: float, seed: int) -> Scene:
    """The scene of a page's inputs: stars have a radial ``speed`` in km/s, the others a redshift; ``kind`` "qso" is near or far by it."""
    if kind in STARS:
        return Scene(kind, speed / LIGHT, snr, seed)
    if kind == GALAXY:
        return Scene(kind, galaxy_z, snr, seed)
    z = float(np.clip(qso_z, *QSO_REACH))
    return Scene(QSO_NEAR if z < QSO_TURN else QSO_FAR, z, snr, seed)


@torch.no_grad()
def probabilities_of(model: Reader, flux: np.ndarray) -> np.ndarray:
    """[n, 4] of spectra ``flux`` [n, 2600]."""
    device = model.output.weight.device
    x = torch.from_numpy(np.ascontiguousarray(flux, np.float32)).to(device)
    return torch.cat([model(part).float().softmax(1).cpu() for part in x.split(64)]).double().numpy()


def read(scene: Scene, stage: str = "f1") -> Read:
    """A drawn spectrum and what the net says of it."""
    drawn = draw(painter(), scene)
    p = probabilities_of(reader(stage), drawn.flux[None])[0]
    kind = class_of(scene.kind)
    lines = seen_at(kind, scene.z, float(WAVELENGTHS[0]), float(WAVELENGTHS[-1]))
    return Read(WAVELENGTHS, drawn.flux, drawn.clean, lines, tuple(p.tolist()), kind, scene.z)


@dataclass(frozen=True, slots=True)
class Looked:
    """Where the net looks: of the reading ``read``, the ``gradient`` [2600] of its margin by the flux (smoothed for the eye), the
    ``places`` (Å) [C] at which the maximum over the wavelengths was taken, how much of the gradient's size is ``near`` a line, and
    how much of the range that is (``range``)."""

    read: Read
    gradient: np.ndarray
    places: np.ndarray
    near: float
    range: float

    @property
    def histogram(self) -> tuple[np.ndarray, np.ndarray]:
        """(centres in Å, how many maxima) in bins of 100 Å."""
        counts, edges = np.histogram(self.places, np.arange(WAVELENGTHS[0], WAVELENGTHS[-1] + 100, 100))
        return (edges[1:] + edges[:-1]) / 2, counts

    @property
    def times(self) -> float:
        """How many times denser the gradient is near the lines than spread evenly; NaN without lines."""
        return self.near / self.range if self.range else float("nan")


def look(scene: Scene, stage: str = "f1") -> Looked:
    """The gradient of (logit of what is said − log Σ exp of the others) by the flux, and the places of the maxima."""
    found, model = read(scene, stage), reader(stage)
    x = torch.from_numpy(found.flux.astype(np.float32))[None].to(model.output.weight.device).requires_grad_()
    logits = model(x)[0].float()
    said = CLASSES.index(found.said)
    margin = logits[said] - torch.cat([logits[:said], logits[said + 1 :]]).logsumexp(0)
    (gradient,) = torch.autograd.grad(margin, x)
    raw = gradient[0].cpu().double().numpy()
    at_line = np.zeros(len(raw), bool)
    for _, place in found.lines:
        at_line |= np.abs(WAVELENGTHS - place) < NEAR
    size = np.abs(raw)
    with torch.no_grad():
        at = model.pooled(x).at[0].cpu().numpy()
    points = (at + 0.5) * len(raw) / model.features(x).shape[2]
    smooth = np.convolve(raw, np.full(SMOOTH, 1 / SMOOTH), "same")
    return Looked(
        found, smooth, np.interp(points, np.arange(len(raw)), WAVELENGTHS), float(size[at_line].sum() / size.sum()), float(at_line.mean())
    )  # fmt: skip


@lru_cache(maxsize=1)
def record() -> Mapping[str, Any]:
    """What the training left behind."""
    return json.loads(weights.extra("spectra-f1", "record.json"))


@dataclass(frozen=True, slots=True)
class Noise:
    """Macro-F1 of stars, galaxies and quasars, as many of each, by signal to noise: ``ratios`` [k], ``scores`` of both stages [k];
    and ``LIVE`` spectra drawn now at ``at``: ``confusion`` [3 true, 4 said], with the share ``right`` and the share left ``unknown``."""

    ratios: np.ndarray
    scores: Mapping[str, tuple[float, ...]]
    at: float
    confusion: np.ndarray

    @property
    def right(self) -> float:
        return float(np.diagonal(self.confusion).sum() / self.confusion.sum())

    @property
    def unknown(self) -> float:
        return float(self.confusion[:, 3].sum() / self.confusion.sum())


def noise(snr: float, seed: int, stage: str = "f1") -> Noise:
    """The recorded curves, and :data:`LIVE` fresh spectra at one signal-to-noise ratio."""
    told = record()
    scores = {
        name: tuple(float(macro_f1(np.array(c))[:3].mean()) for c in told["readers"][name]["by ratio"])
        for name in READERS
    }
    found = with_noise(painter(), (1.0, 1.0, 1.0, 0.0), LIVE, seed, snr)
    said = probabilities_of(reader(stage), found.flux).argmax(1)
    counts = np.zeros((3, len(CLASSES)), np.int64)
    np.add.at(counts, (found.labels, said), 1)
    return Noise(np.array(told["ratios"]), scores, snr, counts)


@dataclass(frozen=True, slots=True)
class Losses:
    """The F1 loss and the cross-entropy: ``curves`` (name → steps, macro-F1) of the trainings; and a class of ``share`` in a batch
    whose members get probability p and the others q: ``soft`` F1 and ``entropy`` (nats a sample) at the reader's p, q, and the F1 over
    the whole square, ``surface`` [81 q, 81 p]."""

    curves: Mapping[str, tuple[tuple[float, float], ...]]
    share: float
    p: float
    q: float
    soft: float
    entropy: float
    axis: np.ndarray
    surface: np.ndarray
    slopes: tuple[float, float]
    entropy_slopes: tuple[float, float]

    @property
    def gains(self) -> tuple[float, float]:
        """How many times what raising p pays lowering q does: by the soft F1, by the cross-entropy."""
        return self.slopes[1] / self.slopes[0], self.entropy_slopes[1] / self.entropy_slopes[0]

    @property
    def scores(self) -> Mapping[str, float]:
        """The last macro-F1 of each training."""
        return {name: curve[-1][1] for name, curve in self.curves.items()}


def two_level_f1(share: float, p: float, q: float) -> float:
    """Soft F1 of a class of ``share`` whose members get ``p`` and the others ``q``: 2πp / (π + πp + (1 − π)q)."""
    return 2 * share * p / (share + share * p + (1 - share) * q)


def losses(share: float, p: float, q: float) -> Losses:
    """The recorded curves and the toy, whose slopes (∂/∂p, −∂/∂q of the soft F1) are by the formula's own derivatives."""
    curves = {name: tuple((float(s), float(f)) for s, f in one["curve"]) for name, one in record()["readers"].items()}
    entropy = -share * np.log(p) - (1 - share) * np.log1p(-q)
    below = share + share * p + (1 - share) * q
    slopes = 2 * share * (share + (1 - share) * q) / below**2, 2 * share * p * (1 - share) / below**2
    entropy_slopes = share / p, (1 - share) / (1 - q)  # of minus the cross-entropy, by p and by −q
    surface = np.array([[two_level_f1(share, max(x, 1e-9), y) for x in SLIDE] for y in SLIDE])
    return Losses(
        curves, share, p, q, two_level_f1(share, p, q), float(entropy), SLIDE, surface, slopes, entropy_slopes
    )


@dataclass(frozen=True, slots=True)
class Ratio:
    """F1 of each class by how many times more stars there are than quasars: ``factors`` [k], ``scores`` [k, 4], the macro-F1 ``at``
    the reader's factor and ``even`` (as many of each); ``survey`` in the survey's own shares. ``confusion`` [4, 4] is what was measured."""

    factors: np.ndarray
    scores: np.ndarray
    factor: float
    at: tuple[float, ...]
    even: float
    survey: float
    confusion: np.ndarray

    @property
    def means(self) -> np.ndarray:
        """The macro-F1 at each factor, [k]."""
        return self.scores.mean(1)

    @property
    def macro(self) -> float:
        return float(np.mean(self.at))


def ratio(factor: float, stage: str = "f1") -> Ratio:
    """F1 under other shares of the classes: stars ``factor`` times as many as each of the others, of the recorded confusion."""
    confusion = np.array(record()["readers"][stage]["confusion"])
    factors = np.geomspace(1, 1000, 41)

    def score(times: float) -> np.ndarray:
        return f1_of_ratio(confusion, np.array([times, 1.0, 1.0, 1.0]))

    return Ratio(
        factors, np.stack([score(x) for x in factors]), factor, tuple(score(factor).tolist()), float(score(1.0).mean()),
        float(f1_of_ratio(confusion, np.array(POSTS_COUNTS)).mean()), confusion,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Masks:
    """Two dropouts of the last features: one draw of each kind, ``steps`` and ``elements`` [C, L] of 0 and 1, and the probability of
    what the net says undropped, over many draws of each (``by_steps``, ``by_elements`` [n]); ``undropped`` is that probability."""

    said: str
    undropped: float
    steps: np.ndarray
    elements: np.ndarray
    by_steps: np.ndarray
    by_elements: np.ndarray

    @property
    def bins(self) -> np.ndarray:
        """Centres of twenty bins of the probability."""
        return (np.arange(BINS) + 0.5) / BINS

    @property
    def counts(self) -> tuple[np.ndarray, np.ndarray]:
        """How many draws fell into each bin: of whole steps, of single elements."""
        return tuple(np.histogram(p, BINS, (0, 1))[0] for p in (self.by_steps, self.by_elements))  # type: ignore[return-value]

    @property
    def spreads(self) -> tuple[float, float]:
        """Standard deviations over the draws: of whole steps, of single elements."""
        return float(self.by_steps.std()), float(self.by_elements.std())


@torch.no_grad()
def masks(scene: Scene, rate: float, seed: int, stage: str = "f1") -> Masks:
    """Dropout of whole time steps beside dropout of single elements, on the features before the maximum; kept values over 1 − rate."""
    model, drawn = reader(stage), draw(painter(), scene)
    x = torch.from_numpy(drawn.flux.astype(np.float32))[None].to(model.output.weight.device)
    h = model.features(x)[0].cpu()
    rng = np.random.default_rng(seed)
    step = rng.random((MASKS, 1, h.shape[1])) >= rate
    element = rng.random((MASKS, *h.shape)) >= rate

    def said(kept: np.ndarray) -> torch.Tensor:
        pooled = (h * torch.from_numpy(kept) / (1 - rate)).amax(2).float().to(x.device)
        return model.output(F.relu(model.hidden(pooled))).float().softmax(1).cpu().double()

    whole = model(x)[0].float().softmax(0).cpu().double()
    best = int(whole.argmax())
    first = np.broadcast_to(step[0], h.shape).astype(np.float64)
    return Masks(
        CLASSES[best], float(whole[best]), first, element[0].astype(np.float64), said(step)[:, best].numpy(), said(element)[:, best].numpy()
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Real:
    """What the net says of real stars: ``kinds`` (spectral class → counts of :data:`CLASSES`), and how many of how many are called stars."""

    kinds: Mapping[str, tuple[int, ...]]

    @property
    def counts(self) -> tuple[int, ...]:
        """Of all together."""
        return tuple(int(n) for n in np.array(list(self.kinds.values())).sum(0))

    @property
    def stars(self) -> tuple[int, int]:
        return self.counts[0], sum(self.counts)


def real() -> Real:
    """As recorded when the net was trained; the spectra themselves do not ship."""
    return Real({kind: tuple(counts) for kind, counts in record()["real"]["kinds"].items()})


@dataclass(frozen=True, slots=True)
class Own:
    """A reader's spectrum as the net sees it: ``wavelengths``, ``flux`` of median one, ``probabilities``, from how many ``points``
    between ``ends`` (Å); what lies outside is filled with the nearest value, ``filled`` of the range. ``real`` is of the recorded stars."""

    wavelengths: np.ndarray
    flux: np.ndarray
    probabilities: tuple[float, ...]
    points: int
    ends: tuple[float, float]
    filled: float
    real: Real

    @property
    def said(self) -> str:
        return CLASSES[int(np.argmax(self.probabilities))]


def own(data: bytes | None, stage: str = "f1") -> Own:
    """The verdict on a table of two columns, wavelength in Å and flux; without one, on the quasar that ships.

    Raises Refusal of the input ``data`` for fewer than 200 points, wavelengths that do not grow, a range that leaves out too much,
    and a flux that is zero.
    """
    table = read_table(EXAMPLE.read_bytes() if data is None else data, 2, name="data")
    at, flux = table.values[:, 0], table.values[:, 1]
    order = np.argsort(at, kind="stable")
    at, flux = at[order], flux[order]
    if len(at) < LEAST_POINTS or (np.diff(at) <= 0).any():
        raise Refusal(
            f"至少要 {LEAST_POINTS} 个点，第一列是各不相同的波长（Å），第二列是流量",
            f"at least {LEAST_POINTS} points are needed: distinct wavelengths (Å) in the first column, flux in the second",
            input="data",
            value=f"{len(at)} points",
        )
    if at[0] > NEEDED[0] or at[-1] < NEEDED[1]:
        raise Refusal(
            f"波长（Å）须至少覆盖 {NEEDED[0]:g}–{NEEDED[1]:g}",
            f"the wavelengths (Å) must cover at least {NEEDED[0]:g}–{NEEDED[1]:g}",
            input="data",
            value=f"{at[0]:g}–{at[-1]:g}",
        )
    seen = np.interp(WAVELENGTHS, at, flux)
    if not np.median(np.abs(seen)):
        raise Refusal("流量的中位数是零", "the median of the flux is zero", input="data", value="0")
    scaled = np.clip(unit_median(seen), -BRIGHTEST, BRIGHTEST)
    p = probabilities_of(reader(stage), scaled[None])[0]
    filled = float(((at[0] > WAVELENGTHS) | (at[-1] < WAVELENGTHS)).mean())
    return Own(WAVELENGTHS, scaled, tuple(p.tolist()), len(at), (float(at[0]), float(at[-1])), filled, real())
