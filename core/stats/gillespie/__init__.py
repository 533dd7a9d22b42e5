"""Exact stochastic simulation of reaction networks: Gillespie's direct method.

Post 5607 (python简单实现gillespie模拟) and 4598 (the master equation); Gillespie, J. Phys. Chem. 81 (1977) 2340.
In state x reaction j has the propensity a_j(x) = c_j prod_i C(x_i, s_ij); the next reaction comes after
tau ~ Exp(a_0), a_0 = sum_j a_j, and is j with probability a_j / a_0.

``simulate(network, times, trajectories, seed)`` gives moments, ``load_sbml`` reads the reader's own model.
"""

from core.stats.gillespie.errors import NetworkError
from core.stats.gillespie.network import AssignmentRule, Constraint, Event, Flow, Network, Reaction
from core.stats.gillespie.result import Path, Result
from core.stats.gillespie.simulate import simulate, simulate_stream

__all__ = [
    "AssignmentRule", "Constraint", "Event", "Flow", "Network", "NetworkError", "Path", "Reaction", "Result", "load_sbml",
    "simulate", "simulate_stream",
]  # fmt: skip


def load_sbml(source: object, **options: object) -> Network:
    """Read an SBML model (Levels 1 to 3); see :func:`core.stats.gillespie.sbml.load_sbml`."""
    from core.stats.gillespie.sbml import load_sbml as load

    return load(source, **options)  # type: ignore[arg-type]
