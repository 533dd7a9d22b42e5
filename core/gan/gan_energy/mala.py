"""Langevin and MALA on an energy U(z) on the line, compared with the density e^{-U}/Z that they should sample.

A proposal is z' = z - ½ε U'(z) + √ε α with α ~ N(0, 1), hence q(z'|z) = N(z'; z - ½ε U'(z), ε). Langevin takes every
proposal; MALA takes it with probability min{1, π(z')q(z|z')/(π(z)q(z'|z))}, π = e^{-U}. The post's proposal density has
ε U'(z) in place of ½ε U'(z): ``drift`` 1 in place of ½. Its chain is not the one that is drawn from, so that MALA no
longer has the density e^{-U}/Z.

Many chains go side by side, and their last states are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import kstwobign

__all__ = ["ENERGIES", "Chains", "Density", "Energy", "chains", "compare", "density", "log_ratio"]

HALF_DRIFT, POSTS_DRIFT = 0.5, 1.0
REACH, NODES = 6.0, 4001  # of the grid on which Z and the distribution function are integrated
COUNT = 4000  # chains; their last states are independent, so that Kolmogorov's test applies
BINS = 60
START_SD = 1.0  # chains begin at N(0, 1), as the generator's noise does
CONFIDENCE = 0.99  # Kolmogorov's test rejects an exact sampler once in a hundred times


@dataclass(frozen=True)
class Energy:
    """U and U' of z [n]."""

    value: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Density:
    """``z`` [N] a grid, ``u`` [N] the energy, ``p`` [N] = e^{-U}/Z, ``below`` [N] its distribution function."""

    z: np.ndarray
    u: np.ndarray
    p: np.ndarray
    below: np.ndarray


@dataclass(frozen=True)
class Chains:
    """Last states ``z`` [n] of the chains, and the share of proposals ``accepted``.

    ``edges`` [61] and ``heights`` [60] are a histogram of the last states as a density; ``ks`` is Kolmogorov's distance to
    the density, ``critical`` what an exact sample stays below with a probability of 99 %.
    """

    z: np.ndarray
    accepted: float
    edges: np.ndarray
    heights: np.ndarray
    ks: float
    critical: float

    @property
    def outside(self) -> float:
        """The share of chains that the histogram does not reach."""
        return float((np.abs(self.z) > self.edges[-1]).mean())

    @property
    def exact(self) -> bool:
        """Whether Kolmogorov's test takes the states for a sample of the density."""
        return self.ks <= self.critical


def _double(z: np.ndarray) -> np.ndarray:
    return (z**2 - 2.25) ** 2 / 2


def _double_slope(z: np.ndarray) -> np.ndarray:
    return 2 * z * (z**2 - 2.25)


def _tilted(z: np.ndarray) -> np.ndarray:
    return (z**2 - 1) ** 2 + z / 2


def _tilted_slope(z: np.ndarray) -> np.ndarray:
    return 4 * z * (z**2 - 1) + 0.5


def _bowl(z: np.ndarray) -> np.ndarray:
    return z**2 / 2


def _identity(z: np.ndarray) -> np.ndarray:
    return z


def _waves(z: np.ndarray) -> np.ndarray:
    return z**2 / 4 - np.cos(3 * z)


def _waves_slope(z: np.ndarray) -> np.ndarray:
    return z / 2 + 3 * np.sin(3 * z)


ENERGIES: Mapping[str, Energy] = {
    "double": Energy(_double, _double_slope),
    "tilted": Energy(_tilted, _tilted_slope),
    "bowl": Energy(_bowl, _identity),
    "waves": Energy(_waves, _waves_slope),
}


def density(name: str) -> Density:
    """e^{-U}/Z of the energy ``name`` by the trapezoidal rule on the grid; the mass beyond it, at most 4e-5 ("waves"), is left out; KeyError for another."""
    z = np.linspace(-REACH, REACH, NODES)
    u = ENERGIES[name].value(z)
    p = np.exp(-u)
    areas = (p[1:] + p[:-1]) / 2 * (z[1] - z[0])
    below = np.concatenate([[0.0], areas.cumsum()])
    return Density(z, u, p / below[-1], below / below[-1])


def log_ratio(energy: Energy, z: np.ndarray, proposed: np.ndarray, eps: float, drift: float = HALF_DRIFT) -> np.ndarray:
    """log π(z')q(z|z')/(π(z)q(z'|z)) [n] with q(z'|z) = N(z'; z - ``drift`` ε U'(z), ε)."""
    back = z - proposed + drift * eps * energy.slope(proposed)
    there = proposed - z + drift * eps * energy.slope(z)
    return energy.value(z) - energy.value(proposed) + (there**2 - back**2) / (2 * eps)


def chains(name: str, eps: float, steps: int, seed: int, metropolis: bool, drift: float = HALF_DRIFT) -> Chains:
    """4000 chains of ``steps`` steps of size ``eps``; with ``metropolis`` proposals are accepted by ``log_ratio``.

    A chain of Langevin that runs away is stopped at the edge of the grid.
    """
    energy, rng = ENERGIES[name], np.random.default_rng(seed)
    z = START_SD * rng.normal(size=COUNT)
    taken = 0.0
    for _ in range(steps):
        proposed = z - eps / 2 * energy.slope(z) + np.sqrt(eps) * rng.normal(size=COUNT)
        coin = np.log1p(-rng.random(COUNT))  # drawn in any case: both kinds of chains see the same noise
        take = coin <= log_ratio(energy, z, proposed, eps, drift) if metropolis else np.ones(COUNT, bool)
        z = np.clip(np.where(take, proposed, z), -REACH, REACH)
        taken += float(take.mean())
    return _read(z, taken / steps, density(name))


def _read(z: np.ndarray, accepted: float, target: Density) -> Chains:
    edges = np.linspace(-REACH / 2, REACH / 2, BINS + 1)
    heights = np.histogram(z, edges)[0] / (len(z) * (edges[1] - edges[0]))
    below = np.interp(np.sort(z), target.z, target.below)
    ranks = np.arange(len(z) + 1) / len(z)
    ks = float(max((ranks[1:] - below).max(), (below - ranks[:-1]).max()))
    return Chains(z, accepted, edges, heights, ks, float(kstwobign.ppf(CONFIDENCE) / np.sqrt(len(z))))


def compare(name: str, eps: float, steps: int, seed: int) -> tuple[Density, Chains, Chains, Chains]:
    """The density; Langevin, MALA, and MALA with the post's proposal density, on the same noise."""
    plain = chains(name, eps, steps, seed, metropolis=False)
    exact = chains(name, eps, steps, seed, metropolis=True)
    return density(name), plain, exact, chains(name, eps, steps, seed, metropolis=True, drift=POSTS_DRIFT)
