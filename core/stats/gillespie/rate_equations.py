"""Rate equations: propensities of a network, and the deterministic limit that they have for many molecules.

Stochastic: a_j(x) = c_j prod_i C(x_i, s_ij). Deterministic: dx/dt = sum_j nu_j a_j(x) with x^s / s! in place of the
binomial coefficient, so that 2P -> P2 gives dP/dt = -c P^2 and P(t) = P0 / (1 + c P0 t).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.integrate
import scipy.optimize

from core.stats.gillespie.compiled import TIME, ordered_rules
from core.stats.gillespie.errors import NetworkError
from core.stats.gillespie.evaluation import evaluate
from core.stats.gillespie.formula import parse
from core.stats.gillespie.network import Network

__all__ = ["changes", "deterministic", "drift", "fixed_points", "propensities"]

ROOT_STEPS = 1000


def propensities(network: Network, x: np.ndarray, t: float = 0.0, continuous: bool = False) -> np.ndarray:
    """a_j(x) for states x [..., species] → [..., reaction].

    ``continuous`` takes the macroscopic limit x^s / s! in place of the binomial coefficient, in which less than one
    molecule does not react.
    """
    x = np.asarray(x, float)
    values = {**network.parameters, **{s: x[..., i] for i, s in enumerate(network.species)}, TIME: t}
    for variable, formula in ordered_rules(network).items():
        values[variable] = evaluate(formula, values)
    columns = []
    for reaction in network.reactions:
        if not isinstance(reaction.rate, int | float):
            rate = np.broadcast_to(evaluate(parse(reaction.rate), values), x.shape[:-1])
        else:
            rate = np.full(x.shape[:-1], float(reaction.rate))
            for species, order in reaction.reactants.items():
                amount = x[..., network.species.index(species)]
                for offset in range(order):
                    left = amount if continuous else np.where(amount - offset >= 1.0, amount - offset, 0.0)
                    rate = rate * left / (offset + 1)
        columns.append(rate)
    return np.stack(columns, -1)


def changes(network: Network) -> np.ndarray:
    """nu [reaction, species]: what each reaction adds."""
    return np.array(
        [[r.products.get(s, 0) - r.reactants.get(s, 0) for s in network.species] for r in network.reactions], float
    )


def drift(network: Network, x: np.ndarray) -> np.ndarray:
    """dx/dt of the rate equations at states x [..., species]."""
    return propensities(network, x, continuous=True) @ changes(network)


def deterministic(network: Network, times: Sequence[float] | np.ndarray) -> np.ndarray:
    """The rate equations dx/dt = nu^T a(x) from the initial state, x [time, species] (LSODA, relative 1e-8)."""
    nu, grid = changes(network), np.asarray(times, float)
    solution = scipy.integrate.solve_ivp(
        lambda t, x: propensities(network, np.maximum(x, 0.0), t, continuous=True) @ nu,
        (0.0, float(grid[-1]) or 1.0), np.asarray(network.initial, float), "LSODA", grid, rtol=1e-8, atol=1e-8,
    )  # fmt: skip
    if not solution.success:
        raise NetworkError(
            f"速率方程积分失败：{solution.message}", f"the rate equations could not be integrated: {solution.message}"
        )
    return solution.y.T


def fixed_points(network: Network, most: float) -> tuple[float, ...]:
    """Where the drift of a network of one species vanishes between 0 and ``most``, in order (Brent's method)."""
    if len(network.species) != 1:
        raise ValueError(f"fixed points are found for one species, not for {len(network.species)}")
    grid = np.linspace(0.0, most, ROOT_STEPS)
    signs = np.sign(drift(network, grid[:, None])[:, 0])
    brackets = [(grid[i], grid[i + 1]) for i in np.flatnonzero(signs[1:] * signs[:-1] < 0)]

    def slope(x: float) -> float:
        return float(drift(network, np.array([x]))[0])

    return tuple(scipy.optimize.root_scalar(slope, bracket=bracket).root for bracket in brackets)
