"""Labelled spectra, drawn: a linear model of each kind in its rest frame, seen at a redshift, through dust and noise.

    rest(λ) = mean(λ) + Σ_k ε_k · component_k(λ),   ε ~ N(0, I),      flux(λ) = rest(λ / (1 + z)) · slope(λ) + σ(λ) · noise

The means and components are fitted to public templates (see training.vision.spectra_painter); coefficients that would give a
negative spectrum are drawn again. Wavelengths are spaced evenly in log₁₀ λ, so a redshift is a shift by log₁₀(1 + z).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from core.vision.spectra.model import CLASSES, LENGTH

__all__ = [
    "GALAXY", "GRID", "KINDS", "LIGHT", "QSO_FAR", "QSO_NEAR", "QSO_REACH", "QSO_TURN", "STARS", "WAVELENGTHS", "Drawn", "Painter", "Scene", "Setting", "batch", "build", "draw", "redshifts", "unit_median", "with_noise",
]  # fmt: skip

GRID = np.linspace(np.log10(3800.0), np.log10(8800.0), LENGTH)
"""log₁₀ of the wavelengths in Å at which a spectrum is given."""
WAVELENGTHS = 10**GRID
STARS = ("A", "B", "F", "G", "K", "M", "WD", "CV")
GALAXY, QSO_NEAR, QSO_FAR = "galaxy", "qso-near", "qso-far"
KINDS = (*STARS, GALAXY, QSO_NEAR, QSO_FAR)
SHARES = (0.16, 0.05, 0.22, 0.22, 0.16, 0.13, 0.04, 0.02)
"""Of the subtypes among the stars that are drawn: the cool ones are common, as in a survey of the Milky Way."""
LIGHT = 299_792.458  # km/s
STAR_SPEED = 60.0  # km/s, standard deviation along the line of sight
GALAXY_REACH, GALAXY_SHAPE = 0.8, (1.3, 5.0)  # z = 0.8 · Beta(1.3, 5): most galaxies near
QSO_REACH, QSO_TURN = (0.3, 2.35), 1.5  # redshifts of quasars, and from where the far templates serve
# at z = 2.39 the blue end of the range, 3800 Å, passes the end of the far template, 1122 Å at rest
SEEN = (1.0, 60.0)  # signal to noise of what is labelled by its kind
UNSEEN = (0.1, 3.0)  # of what is labelled unknown: a judgement, so the two overlap
LEAST = 0.02  # of the mean: a spectrum that falls below is drawn again
TRIES = 60
SLOPE, WAVE = 0.25, 0.12  # spread of dust and of errors of the flux calibration
BLUE, RED = (
    (3.0, 0.06),
    (0.6, 0.05),
)  # extra noise at the two ends of the detector: how much, over which share of the range
SKY = (5577.0, 6300.0, 7600.0, 8400.0)  # Å, where the night sky is subtracted badly
SKY_SHARE, SKY_WIDTH, SKY_HEIGHT = 0.3, 4.0, 9.0
SMALL = 1e-9
TINY = 1e-300  # fluxes of surveys are of the order of 1e-17


class Painter(nn.Module):
    """Means and components of all kinds on their rest-frame grids: the ``axes`` (start, step) of log₁₀ λ, and the tables."""

    def __init__(self, sizes: dict[str, tuple[int, int]], axes: dict[str, tuple[float, float]]) -> None:
        super().__init__()
        self.axes = {kind: tuple(axis) for kind, axis in axes.items()}
        for kind, (components, length) in sizes.items():
            self.register_buffer(f"{kind}", torch.zeros(components + 1, length))

    def rest(self, kind: str) -> tuple[np.ndarray, np.ndarray]:
        """(log₁₀ λ [L], mean and components [1 + K, L]) of a kind."""
        start, step = self.axes[kind]
        table = self.get_buffer(kind).cpu().double().numpy()
        return start + step * np.arange(table.shape[1]), table


@dataclass(frozen=True, slots=True)
class Scene:
    """What is drawn: the ``kind``, its redshift ``z``, the signal-to-noise ratio ``snr`` of its mean flux, and the ``seed``."""

    kind: str
    z: float
    snr: float
    seed: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A spectrum of median one on the :data:`GRID`, ``flux`` [2600], and what it is without noise, ``clean`` [2600], in the same unit."""

    flux: np.ndarray
    clean: np.ndarray


@dataclass(frozen=True, slots=True)
class Setting:
    """Spectra for training or measuring: ``flux`` [n, 2600] float32, ``labels`` [n] of :data:`CLASSES`, and their ``snr`` [n]."""

    flux: np.ndarray
    labels: np.ndarray
    snr: np.ndarray


def build(**config: Any) -> Painter:
    """The module that a card names."""
    return Painter(**config)


def redshifts(kind: str) -> tuple[float, float]:
    """The redshifts at which a kind can be drawn: stars move by at most 600 km/s."""
    if kind in STARS:
        return -600 / LIGHT, 600 / LIGHT
    if kind == GALAXY:
        return 0.0, GALAXY_REACH
    return (QSO_REACH[0], QSO_TURN) if kind == QSO_NEAR else (QSO_TURN, QSO_REACH[1])


def unit_median(flux: np.ndarray) -> np.ndarray:
    """``flux`` [..., L] over the median of its absolute values."""
    return flux / np.maximum(np.median(np.abs(flux), -1, keepdims=True), TINY)


def draw(painter: Painter, scene: Scene) -> Drawn:
    """One spectrum. The kind's coefficients, the dust and the noise come from ``seed`` alone, each from a stream of its own: with the
    same seed a change of redshift or noise keeps the rest."""
    rngs = [np.random.default_rng((scene.seed, stream)) for stream in range(3)]
    clean = _coloured(_shifted(painter, scene.kind, scene.z, rngs[0]), rngs[1])
    flux, scale = _noisy(clean, scene.snr, rngs[2])
    return Drawn(flux, clean / scale)


def batch(painter: Painter, shares: tuple[float, ...], count: int, seed: int | tuple[int, ...]) -> Setting:
    """``count`` spectra with the classes in ``shares``; unknown is any kind in much noise."""
    return _batch(painter, shares, count, seed, None)


def with_noise(painter: Painter, shares: tuple[float, ...], count: int, seed: int, snr: float) -> Setting:
    """The same spectra whatever the signal-to-noise ratio ``snr``, which all of them have."""
    return _batch(painter, shares, count, seed, snr)


def _batch(
    painter: Painter, shares: tuple[float, ...], count: int, seed: int | tuple[int, ...], ratio: float | None
) -> Setting:
    rng = np.random.default_rng(seed)
    labels = rng.choice(len(CLASSES), count, p=np.asarray(shares) / np.sum(shares))
    flux, snr = np.empty((count, LENGTH), np.float32), np.empty(count)
    for i, label in enumerate(labels):
        unknown = label == CLASSES.index("unknown")
        kind, z = _kind(CLASSES[rng.integers(3)] if unknown else CLASSES[label], rng)
        snr[i] = ratio or np.exp(rng.uniform(*np.log(UNSEEN if unknown else SEEN)))
        flux[i] = _noisy(_coloured(_shifted(painter, kind, z, rng), rng), snr[i], rng)[0]
    return Setting(flux, labels, snr)


def _kind(name: str, rng: np.random.Generator) -> tuple[str, float]:
    if name == "star":
        return str(rng.choice(STARS, p=SHARES)), float(rng.normal(0, STAR_SPEED) / LIGHT)
    if name == "galaxy":
        return GALAXY, float(rng.beta(*GALAXY_SHAPE) * GALAXY_REACH)
    z = float(rng.uniform(*QSO_REACH))
    return (QSO_NEAR if z < QSO_TURN else QSO_FAR), z


def _shifted(painter: Painter, kind: str, z: float, rng: np.random.Generator) -> np.ndarray:
    """A spectrum of the kind on the grid, positive where a few tries find one."""
    at, table = painter.rest(kind)
    seen = np.stack([np.interp(GRID - np.log10(1 + z), at, row) for row in table])
    flux = seen[0]
    for _ in range(TRIES):
        flux = seen[0] + rng.standard_normal(len(seen) - 1) @ seen[1:]
        if flux.min() > LEAST * flux.mean():
            return flux
    return np.maximum(flux, LEAST * np.abs(flux).mean())


def _coloured(flux: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Dust and calibration: a slope and a slow wave in the logarithm."""
    u = np.linspace(0, 1, len(flux))
    slope, wave, phase = rng.normal(0, SLOPE), rng.normal(0, WAVE), rng.uniform(0, 2 * np.pi)
    return unit_median(flux) * np.exp(slope * (u - 0.5) + wave * np.cos(2 * np.pi * u + phase))


def _noisy(clean: np.ndarray, snr: float, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """The spectrum with noise, of median one; and what it was divided by."""
    u = np.linspace(0, 1, len(clean))
    sigma = (1 + BLUE[0] * np.exp(-u / BLUE[1]) + RED[0] * np.exp((u - 1) / RED[1])) * np.abs(clean).mean() / snr
    flux = clean + rng.standard_normal(len(clean)) * sigma
    for line in SKY:
        there, height = rng.random() < SKY_SHARE, rng.standard_normal()
        if there:
            flux = flux + height * SKY_HEIGHT * sigma.mean() * np.exp(-0.5 * ((WAVELENGTHS - line) / SKY_WIDTH) ** 2)
    scale = float(np.median(np.abs(flux)) + SMALL)
    return flux / scale, scale
