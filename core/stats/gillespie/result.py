"""Result: moments (and, where they were kept, values) of an ensemble of trajectories on a grid of times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.notice import Notice
from core.stats.gillespie.errors import NetworkError
from core.stats.gillespie.network import Network

__all__ = ["Path", "Result", "check_failure"]


@dataclass(frozen=True, slots=True)
class Result:
    """What :func:`~core.stats.gillespie.simulate` gives.

    ``times`` [time]; ``mean`` and ``sd`` [time, species] over ``trajectories`` runs (sd with n - 1; NaN for one run);
    ``events`` reactions fired in all; ``counts`` [trajectory, time, species] of the trajectories that were kept, or None;
    ``exact`` False for tau-leaping, which approximates; ``notices`` are the network's, and which constraints were broken.
    """

    species: tuple[str, ...]
    times: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    trajectories: int
    events: int
    counts: np.ndarray | None = None
    exact: bool = True
    notices: tuple[Notice, ...] = ()

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


def check_failure(network: Network, failed: int, most: int) -> None:
    """Raise the NetworkError that a kernel's code stands for; -1 is success."""
    if failed == -2:
        raise NetworkError(
            f"反应超过 {most} 次：请缩短时间或降低速率",
            f"more than {most} reactions: shorten the times or lower the rates",
        )
    if failed >= 0:
        reaction = network.reactions[failed]
        name = f" ({reaction.name})" if reaction.name else ""
        raise NetworkError(
            f"第 {failed + 1} 个反应{name}：速率 {reaction.law} 变成了负数或没有定义；它必须始终不小于 0",
            f"reaction {failed + 1}{name}: the rate law {reaction.law} became negative or undefined; it must stay at least 0",
        )
