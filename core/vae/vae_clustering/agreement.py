"""How well clusters found without labels agree with labels: purity, accuracy after the best matching, and mutual information.

The post names every cluster by its most frequent label and counts what is right (purity); two clusters may then share a
label. With Hungarian matching each label names one cluster only, which is never better. Normalised mutual information
needs no names: I(cluster; label) over the mean of both entropies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

__all__ = ["Agreement", "agreement", "counts"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """``table`` [clusters, labels] counts pictures; shares lie in [0, 1].

    majority : the most frequent label of each cluster [clusters]. matched : the label that the best matching gives each, -1 for none.
    """

    table: np.ndarray
    majority: np.ndarray
    matched: np.ndarray
    purity: float
    hungarian: float
    nmi: float

    @property
    def order(self) -> np.ndarray:
        """Clusters sorted by their majority label, then by size, largest first."""
        return np.lexsort((-self.table.sum(1), self.majority))

    @property
    def own(self) -> np.ndarray:
        """Of each cluster, the share of its majority label [clusters]; 0 for an empty one."""
        return self.table.max(1) / np.maximum(self.table.sum(1), 1)

    def shares(self, of: str) -> np.ndarray:
        """The table as shares of each "cluster" or of each "label" [clusters, labels]; 0 where there is none."""
        total = self.table.sum(1, keepdims=True) if of == "cluster" else self.table.sum(0, keepdims=True)
        return self.table / np.maximum(total, 1)

    @property
    def unclaimed(self) -> list[int]:
        """Labels that are the most frequent of no cluster: they were merged into another."""
        named = self.majority[self.table.sum(1) > 0]
        return [k for k in range(self.table.shape[1]) if k not in named]

    @property
    def split(self) -> list[int]:
        """Labels that are the most frequent of several clusters."""
        named = self.majority[self.table.sum(1) > 0].tolist()
        return [k for k in range(self.table.shape[1]) if named.count(k) > 1]


def counts(clusters: np.ndarray, labels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """How many pictures of each cluster have each label: whole numbers [N] each → [clusters, labels]."""
    table = np.zeros(size, np.int64)
    np.add.at(table, (clusters, labels), 1)
    return table


def agreement(clusters: np.ndarray, labels: np.ndarray, size: tuple[int, int]) -> Agreement:
    """The agreement of ``clusters`` with ``labels``, whole numbers [N] each from 0; ``size`` is how many there are of both."""
    table = counts(clusters, labels, size)
    rows, columns = linear_sum_assignment(-table)
    matched = np.full(size[0], -1)
    matched[rows] = columns
    total = int(table.sum())
    return Agreement(
        table, table.argmax(1), matched, float(table.max(1).sum() / total), float(table[rows, columns].sum() / total), _nmi(table)
    )  # fmt: skip


def _nmi(table: np.ndarray) -> float:
    joint = table / table.sum()
    clusters, labels = joint.sum(1), joint.sum(0)
    found = joint > 0
    information = float((joint[found] * np.log(joint[found] / np.outer(clusters, labels)[found])).sum())
    entropies = [-float((p[p > 0] * np.log(p[p > 0])).sum()) for p in (clusters, labels)]
    mean = sum(entropies) / 2
    return information / mean if mean > 0 else 0.0
