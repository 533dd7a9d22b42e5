"""Result: moments (and, where they were kept, values) of an ensemble of trajectories on a grid of times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Path", "Result"]


@dataclass(frozen=True, slots=True)
class Result:
    """What :func:`~core.stats.gillespie.simulate` gives.

    ``times`` [time]; ``mean`` and ``sd`` [time, species] over ``trajectories`` runs (sd with n - 1; NaN for one run);
    ``events`` reactions fired in all; ``counts`` [trajectory, time, species] or None when they were not kept;
    ``exact`` False for tau-leaping, which approximates.
    """

    species: tuple[str, ...]
    times: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    trajectories: int
    events: int
    counts: np.ndarray | None = None
    exact: bool = True

    @property
    def kept(self) -> np.ndarray:
        """``counts`` [trajectory, time, species]; ValueError when they were not kept."""
        if self.counts is None:
            raise ValueError("counts: were not kept; simulate with keep = True")
        return self.counts

    def of(self, species: str) -> int:
        """The column of a species; KeyError names those there are."""
        if species not in self.species:
            raise KeyError(f"species = {species}: must be one of {', '.join(self.species)}")
        return self.species.index(species)


@dataclass(frozen=True, slots=True)
class Path:
    """Every jump of one trajectory: ``times`` [jump + 1] from 0, ``states`` [jump + 1, species] after each jump.

    ``end`` is where the path stops: the horizon, or the last jump recorded when ``truncated``.
    """

    species: tuple[str, ...]
    times: np.ndarray
    states: np.ndarray
    end: float
    truncated: bool

    @property
    def durations(self) -> np.ndarray:
        """How long each state lasted [jump + 1]."""
        return np.diff(np.append(self.times, self.end))
