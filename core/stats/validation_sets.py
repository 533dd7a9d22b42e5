"""A validation set for a reader's own two tables (post 7805): which columns tell them apart, which rows to validate on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from core.data.classics import diabetes
from core.data.tables import read_table, standardised
from core.refusal import Refusal
from core.stats.validation_split import Discrimination, discriminate, effective_size, resampled, weights

__all__ = ["Selection", "Sets", "column_areas", "example", "read_sets", "same_columns", "select"]

MOST_ROWS, MOST_COLUMNS = 3000, 30


@dataclass(frozen=True, slots=True)
class Sets:
    """Two tables of the same columns: values [n, c] and [m, c], and from which row of its file (the first under the names
    is 1) each row of the training set comes, [n]. Of large files a part is drawn; ``rows_in_file`` counts all."""

    names: tuple[str, ...]
    train: np.ndarray
    test: np.ndarray
    rows: np.ndarray
    rows_in_file: tuple[int, int]


def column_areas(train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """For each column the AUC of telling test from training by it alone, whichever way round: 0.5 no shift, 1 gives itself away."""
    y = np.repeat([0, 1], [len(train), len(test)])
    areas = np.array([roc_auc_score(y, column) for column in np.concatenate([train, test]).T])
    return np.maximum(areas, 1 - areas)


def example(seed: int) -> Sets:
    """442 patients (Efron et al. 2004), those with a high body mass index more often in the test set."""
    names, x, _ = diabetes()
    index = (x[:, names.index("bmi")] - x[:, names.index("bmi")].mean()) / x[:, names.index("bmi")].std()
    test = np.random.default_rng(seed).random(len(x)) < expit(1.5 * index)
    train = x[~test]
    return Sets(tuple(names), train, x[test], np.arange(1, len(train) + 1), (len(train), int(test.sum())))


def same_columns(names: Sequence[str], others: Sequence[str], test: np.ndarray) -> np.ndarray:
    """The test set's columns in the training set's order; Refusal that names what is missing."""
    missing = [name for name in names if name not in others]
    extra = [name for name in others if name not in names]
    if missing or extra:
        raise Refusal(
            f"列应与训练集相同；缺：{'、'.join(missing) or '无'}；多：{'、'.join(extra) or '无'}",
            f"needs the training set's columns; missing: {', '.join(missing) or 'none'}; not in it: {', '.join(extra) or 'none'}",
            input="test",
        )
    return test[:, [list(others).index(name) for name in names]]


def read_sets(train: bytes | None, test: bytes | None, seed: int) -> Sets:
    """A reader's CSV files of the same columns, at most 3 000 rows of each drawn at random. Refusal where that cannot be."""
    if train is None or test is None:
        raise Refusal(
            "训练集和测试集要一起传",
            "upload both, the training and the test set",
            input="train" if train is None else "test",
        )
    names, first = read_table(train, MOST_COLUMNS, least_columns=1, name="train")
    others, second = read_table(test, MOST_COLUMNS, least_columns=1, name="test")
    rows, other_rows = _places(len(first), seed), _places(len(second), seed)
    second = same_columns(names, others, second)
    return Sets(tuple(names), first[rows], second[other_rows], rows + 1, (len(first), len(second)))


def _places(count: int, seed: int) -> np.ndarray:
    """All places, or 3 000 of them drawn at random, in order."""
    if count <= MOST_ROWS:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, MOST_ROWS, replace=False))


@dataclass(frozen=True, slots=True)
class Selection:
    """The two sets, D on them, the training rows' weights [n], each column's AUC [c], and the validation set drawn with
    replacement: the places ``chosen`` [k] in ``sets.train`` and how many ``times`` [k] each."""

    sets: Sets
    found: Discrimination
    weights: np.ndarray
    areas: np.ndarray
    chosen: np.ndarray
    times: np.ndarray
    edges: np.ndarray
    train_density: np.ndarray
    test_density: np.ndarray

    @property
    def middles(self) -> np.ndarray:
        """Middles of the bins of D, [24]."""
        return (self.edges[1:] + self.edges[:-1]) / 2

    @property
    def effective(self) -> float:
        """Effective size of the training set under its weights."""
        return effective_size(self.weights)

    @property
    def rows(self) -> np.ndarray:
        """Rows of the training file that were chosen, [k]; the first under the names is 1."""
        return self.sets.rows[self.chosen]

    @property
    def telling(self) -> list[tuple[str, float]]:
        """Columns by how much they tell the sets apart, most telling first, with their AUC."""
        return [(self.sets.names[k], float(self.areas[k])) for k in np.argsort(-self.areas, kind="stable")]


def select(sets: Sets, kind: str, count: int, seed: int) -> Selection:
    """A validation set of ``count`` rows of the training set that is distributed as the test set."""
    whole = standardised(np.concatenate([sets.train, sets.test]))  # values of 1e160 would overflow in the classifiers
    found = discriminate(whole[: len(sets.train)], whole[len(sets.train) :], kind, seed)
    w = weights(found.train)
    chosen, times = np.unique(resampled(w, count, seed), return_counts=True)
    edges = np.linspace(0, 1, 25)
    train_density, test_density = (np.histogram(d, edges, density=True)[0] for d in (found.train, found.test))
    return Selection(
        sets, found, w, column_areas(sets.train, sets.test), chosen, times, edges, train_density, test_density
    )
