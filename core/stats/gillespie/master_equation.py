"""The master equation: what the simulation must give. dp/dt = A p over the states, solved.

Finite state projection (Munsky & Khammash 2006) keeps a finite set of states and reports the probability that leaves it,
which bounds the error.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg

from core.notice import listed
from core.stats.gillespie.errors import NetworkError
from core.stats.gillespie.network import Network
from core.stats.gillespie.networks import examples
from core.stats.gillespie.rate_equations import changes, propensities

__all__ = ["Distribution", "empirical", "example_distribution", "sir_final_size", "solve_master_equation"]

MAX_STATES = 20_000
DENSE_STATES = 1_600  # below, one dense matrix exponential for the time step is quicker than Krylov or Taylor steps
LARGEST_GROWTH = 1e6  # of rounding in the eigenvectors' basis: leaves errors of some 1e-10


@dataclass(frozen=True, slots=True)
class Distribution:
    """Probabilities ``p`` [time, state] of ``states`` [state, species]; ``lost`` [time] bounds the truncation error."""

    species: tuple[str, ...]
    times: np.ndarray
    states: np.ndarray
    p: np.ndarray
    lost: np.ndarray

    def marginal(self, species: str) -> tuple[np.ndarray, np.ndarray]:
        """Values of one species and their probabilities [time, value]."""
        column = self.states[:, self.species.index(species)].astype(np.int64)
        values = np.arange(column.max() + 1)
        return values, np.stack([np.bincount(column, row, len(values)) for row in self.p])

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Means and standard deviations [time, species]."""
        mean = self.p @ self.states
        return mean, np.sqrt(np.maximum(self.p @ self.states**2 - mean**2, 0.0))


def solve_master_equation(
    network: Network, times: Sequence[float] | np.ndarray, most: Mapping[str, int]
) -> Distribution:
    """The master equation on the states with at most ``most`` of each species, at evenly spaced times from 0.

    Raises NetworkError when more than MAX_STATES states are reachable, or for a start with a fraction of a molecule.
    """
    parts = [f"{s} = {x:g}" for s, x in zip(network.species, network.initial, strict=True) if x != math.floor(x)]
    if parts:
        zh, en = listed(parts)
        raise NetworkError(
            f"起始数量不是整数个分子：{zh}；主方程的状态是整数",
            f"the initial amounts are no whole numbers of molecules: {en}; the states of a master equation are whole",
        )
    grid = np.asarray(times, float)
    steps = np.diff(grid)
    if grid[0] != 0 or len(grid) < 2 or not np.allclose(steps, steps[0]):
        raise ValueError("times: must start at 0 and be evenly spaced")
    states = _reachable(network, most)
    matrix = _generator(network, states)
    p = np.zeros(len(states))
    p[_find(states, np.asarray([network.initial], np.int64))[0]] = 1.0
    history = _by_eigenvectors(matrix, int(p.argmax()), grid)
    if history is None:
        history = _by_exponential(matrix, p, grid)
    history = np.maximum(history, 0.0)
    return Distribution(network.species, grid, states, history, 1.0 - history.sum(1))


def _by_exponential(matrix: scipy.sparse.csc_matrix, p: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """e^(At) p at evenly spaced times, [time, state]."""
    if len(p) > DENSE_STATES:
        return scipy.sparse.linalg.expm_multiply(matrix, p, grid[0], grid[-1], len(grid), endpoint=True)
    step = scipy.linalg.expm(matrix.toarray() * (grid[1] - grid[0]))
    rows = [p]
    for _ in grid[1:]:
        rows.append(step @ rows[-1])
    return np.array(rows)


def _by_eigenvectors(matrix: scipy.sparse.csc_matrix, start: int, grid: np.ndarray) -> np.ndarray | None:
    """e^(At) p from one state for a birth–death chain, [time, state]; None where the matrix is not such a chain's.

    With D the stationary weights D^-1/2 A D^1/2 is symmetric and tridiagonal, and its eigenvectors cost a twentieth of e^A.
    Rounding grows by sqrt(D_i / D_start): None too where that passes LARGEST_GROWTH.
    """
    entries = matrix.tocoo()
    birth, death = matrix.diagonal(-1), matrix.diagonal(1)
    if len(birth) == 0 or np.abs(entries.row - entries.col).max() > 1 or not ((birth > 0) & (death > 0)).all():
        return None
    logs = 0.5 * np.concatenate([[0.0], np.cumsum(np.log(birth) - np.log(death))])
    growth = logs - logs[start]
    if growth.max() > np.log(LARGEST_GROWTH):
        return None
    values, vectors = scipy.linalg.eigh_tridiagonal(matrix.diagonal(), np.sqrt(birth * death))
    modes = np.exp(np.minimum(values, 0.0) * grid[:, None]) * vectors[start]
    return modes @ vectors.T * np.exp(growth)


def sir_final_size(people: int, r0: float, infected: int = 1) -> np.ndarray:
    """P(k people are infected in the end), k = 0 … people, counting those at the start [people + 1].

    From the embedded chain of (susceptible, infected): infection with probability beta S / (beta S + gamma people).
    """
    susceptible = people - infected
    final = np.zeros(people + 1)
    p = np.zeros(people + 1)
    p[infected] = 1.0
    for s in range(susceptible, -1, -1):
        infect = r0 * s / (r0 * s + people)
        below = np.zeros(people + 1)
        for i in range(people - s, 0, -1):
            below[i + 1 if i < people else people] += p[i] * infect
            p[i - 1] += p[i] * (1 - infect)
        final[people - s] += p[0]
        p = below
    return final


@lru_cache(maxsize=16)
def example_distribution(name: str, frames: int) -> Distribution:
    """The master equation of a named example at ``frames`` even times up to its horizon; solved once a process."""
    example = examples()[name]
    if example.most is None:
        raise NetworkError(
            "它的主方程状态太多，解不了", "its master equation has too many states", input="network", value=name
        )
    return solve_master_equation(example.network, np.linspace(0, example.horizon, frames), example.most)


def empirical(counts: np.ndarray, length: int) -> np.ndarray:
    """Shares of the values 0 … length - 1 among ``counts`` [trajectory, time], as [time, value]."""
    whole = counts.astype(np.int64)
    return np.stack([np.bincount(column[column < length], minlength=length) for column in whole.T]) / len(counts)


def _reachable(network: Network, most: Mapping[str, int]) -> np.ndarray:
    """All states that can be reached within the bounds, sorted [state, species]."""
    limit = np.array([most.get(s, 0) for s in network.species])
    if (np.asarray(network.initial) > limit).any():
        raise ValueError(f"most = {dict(most)}: must be at least the initial state {network.initial}")
    nu = changes(network).astype(np.int64)
    seen = frontier = np.asarray([network.initial], np.int64)
    codes = _codes(seen)
    while len(frontier):
        rates = propensities(network, frontier)
        new = [frontier[rates[:, r] > 0] + nu[r] for r in range(len(nu))]
        candidates = np.unique(np.concatenate(new), axis=0)
        candidates = candidates[((candidates >= 0) & (candidates <= limit)).all(1)]
        fresh = ~np.isin(_codes(candidates), codes)
        frontier = candidates[fresh]
        seen = np.concatenate([seen, frontier])
        codes = np.concatenate([codes, _codes(frontier)])
        if len(seen) > MAX_STATES:
            raise NetworkError(
                f"能到达的状态超过 {MAX_STATES} 个：主方程太大",
                f"more than {MAX_STATES} states are reachable: the master equation is too large",
            )
    return seen[np.argsort(codes)]


def _generator(network: Network, states: np.ndarray) -> scipy.sparse.csc_matrix:
    """A [state, state]; columns sum to minus the rate of leaving the kept states."""
    nu = changes(network).astype(np.int64)
    rates = propensities(network, states)
    rows, columns, values = [], [], []
    for r in range(len(nu)):
        moved = np.nonzero((rates[:, r] > 0) & nu[r].any())[0]
        target = _find(states, states[moved] + nu[r])
        kept = target >= 0
        rows += [target[kept], moved]
        columns += [moved[kept], moved]
        values += [rates[moved[kept], r], -rates[moved, r]]
    shape = (len(states), len(states))
    return scipy.sparse.csc_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape)


def _codes(states: np.ndarray) -> np.ndarray:
    """One integer a state (all species below 2**15)."""
    code = np.zeros(len(states), np.int64)
    for column in states.T:
        code = code * 32768 + np.clip(column, -1, 32766) + 1
    return code


def _find(states: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Index of each wanted state among the sorted states, -1 where it is not there."""
    codes, target = _codes(states), _codes(wanted)
    at = np.searchsorted(codes, target)
    at[at == len(codes)] = 0
    return np.where(codes[at] == target, at, -1)
