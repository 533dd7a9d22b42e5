"""How many groups a table has: mixtures of 1, 2, … components, the number chosen by BIC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.data.tables import Table, spread, standardised, varying
from core.notice import Notice
from core.refusal import Refusal
from core.stats.em.ascent import best_of
from core.stats.em.mixture import Fit, bayesian_criterion, expect

__all__ = ["Groups", "find_groups", "principal_plane"]

SURE = 0.95


@dataclass(frozen=True, slots=True)
class Groups:
    """The best mixtures of 1, 2, … components so far.

    names : the columns used; left_out : those that are constant in these rows. criteria : BIC of each number of components.
    plane : the rows [n, 2] on their two principal components. r [n, k], weights [k], means [k, columns] in the columns' own
    units: of the number chosen, the heaviest component first. notices : how the table was read.
    """

    names: tuple[str, ...]
    left_out: tuple[str, ...]
    criteria: np.ndarray
    plane: np.ndarray
    r: np.ndarray
    weights: np.ndarray
    means: np.ndarray
    notices: tuple[Notice, ...] = ()

    @property
    def chosen(self) -> int:
        """The number of components with the least BIC."""
        return int(self.criteria.argmin()) + 1

    @property
    def lead(self) -> float:
        """By how much the next best number's BIC lies above the chosen one's; infinite for one number alone."""
        return float(np.partition(self.criteria, 1)[1] - self.criteria.min()) if len(self.criteria) > 1 else np.inf

    @property
    def sure(self) -> float:
        """Share of the rows whose largest responsibility is above SURE."""
        return float((self.r.max(1) > SURE).mean())


def find_groups(
    table: Table, most: int, kind: str, floor: float, starts: int, iterations: int, seed: int
) -> Iterator[Groups]:
    """Mixtures of 1 … ``most`` components of the columns of ``table`` in standard units, each the best of ``starts``.

    Eigenvalues of covariances are at least ``floor``. Raises Refusal when fewer than two columns vary.
    """
    kept, x, left_out = varying(table.names, table.values)
    if len(kept) < 2:
        zh = f"只有 {len(kept)} 列有变化（{'、'.join(left_out)} 在所用的行里是常数）；至少要 2 列"
        en = f"{len(kept)} column varies ({', '.join(left_out)} is constant in the rows used); at least 2 are needed"
        raise Refusal(zh, en, input="data")
    z, plane = standardised(x), principal_plane(x)
    fits: list[Fit] = []
    criteria: list[float] = []
    for k in range(1, most + 1):
        runs = best_of(z, k, starts if k > 1 else 1, "kmeans++", iterations, kind, floor, seed)
        fits.append(max(runs, key=lambda f: f.trace[-1]))
        criteria.append(bayesian_criterion(fits[-1], len(z), kind))
        best = fits[int(np.argmin(criteria))].mixture
        order = np.argsort(-best.weights)
        means = best.means[order] * spread(x) + x.mean(0)
        r = expect(z, best)[:, order]
        yield Groups(
            tuple(kept), tuple(left_out), np.array(criteria), plane, r, best.weights[order], means, table.notices
        )


def principal_plane(x: np.ndarray) -> np.ndarray:
    """The standardised columns of x [n, d ≥ 2] on the plane of their two largest principal components, [n, 2]."""
    z = standardised(x)
    _, _, directions = np.linalg.svd(z, full_matrices=False)
    return z @ directions[:2].T
