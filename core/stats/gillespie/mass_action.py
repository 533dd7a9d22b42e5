"""Mass action: recognises rate laws that are c * prod C(x_i, s_i), so that they run on the fast kernel.

A law is taken for mass action only when it is a polynomial or rational formula that equals one exactly on every whole
number tried: all small counts, where binomial coefficients and powers differ, and large random ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np

from core.stats.gillespie.evaluation import evaluate
from core.stats.gillespie.formula import Call, Formula, names

__all__ = ["MassAction", "mass_action"]

MassAction = tuple[dict[str, int], dict[str, int], float]
ARITHMETIC = frozenset({"add", "sub", "mul", "div", "neg", "pow"})
MOST_MOLECULES = 4  # that meet in one reaction, catalysts included
SMALL = (
    4  # counts 0 … 3 are all tried: polynomials of degree 4 in one variable cannot agree there by chance and on LARGE
)
LARGE = 5000
RANDOM_POINTS = 12
ROUNDING = 1e-12  # relative; a law is a few roundings of 1e-16 away from its simplest form


def mass_action(
    law: Formula, reactants: Mapping[str, int], products: Mapping[str, int], species: frozenset[str]
) -> MassAction | None:
    """(reactants, products, c) when ``law`` is c * prod C(x, s) with s_i molecules of each species it names.

    A species of the law that the reaction does not consume enters as a catalyst on both sides. None where the law is
    anything else, and it then runs as a formula.
    """
    needed = names(law)
    if not needed <= species or set(reactants) - needed or not _operators(law) <= ARITHMETIC:
        return None
    orders = {s: reactants.get(s, 1) for s in sorted(needed)}
    if sum(orders.values()) > MOST_MOLECULES:
        return None
    constant = _constant(law, orders)
    if constant is None:
        return None
    change = {s: products.get(s, 0) - reactants.get(s, 0) for s in {**orders, **products}}
    after = {s: orders.get(s, 0) + n for s, n in change.items()}
    if min(after.values(), default=0) < 0:
        return None
    return orders, {s: n for s, n in after.items() if n}, constant


def _constant(law: Formula, orders: Mapping[str, int]) -> float | None:
    """c with law = c * prod C(x, s) at every point tried, or None."""
    rng = np.random.default_rng(0)
    random = rng.integers(SMALL, LARGE, (RANDOM_POINTS, len(orders)))
    small = list(itertools.product(range(SMALL), repeat=len(orders)))
    points = np.concatenate([random, np.array(small, np.int64).reshape(len(small), len(orders))]).astype(np.float64)
    expected = np.ones(len(points))
    for x, n in zip(points.T, orders.values(), strict=True):
        for k in range(n):
            expected *= (x - k) / (k + 1)
    with np.errstate(all="ignore"):
        values = np.broadcast_to(evaluate(law, dict(zip(orders, points.T, strict=True))), expected.shape)
        constant = float(values[0] / expected[0])
        gap = np.abs(values - constant * expected)
        agrees = gap <= ROUNDING * np.maximum(np.abs(values), np.abs(constant * expected))
    return constant if bool(agrees.all()) and np.isfinite(values).all() and constant >= 0 else None


def _operators(formula: Formula) -> frozenset[str]:
    if isinstance(formula, Call):
        return frozenset({formula.operator}).union(*(_operators(a) for a in formula.arguments))
    return frozenset()
