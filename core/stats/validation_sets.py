"""A validation set for a reader's own two tables (post 7805): which columns tell them apart, which rows to validate on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from core.data.classics import diabetes
from core.data.tables import Table, prepared, read_table, standardised
from core.notice import Notice
from core.refusal import Refusal
from core.stats.validation_split import Discrimination, discriminate, effective_size, resampled, weights

__all__ = ["Selection", "Sets", "column_areas", "example", "read_sets", "same_columns", "select"]

MOST_ROWS, MOST_COLUMNS = 3000, 30
MOST_READ = 200  # columns of either file, before those in common are taken


@dataclass(frozen=True, slots=True)
class Sets:
    """Two tables of the same columns: values [n, c] and [m, c], and from which row of its file (the first under the names
    is 1) each row of the training set comes, [n]. Of large files a part is drawn; ``rows_in_file`` counts all; ``notices``
    say how the files were read."""

    names: tuple[str, ...]
    train: np.ndarray
    test: np.ndarray
    rows: np.ndarray
    rows_in_file: tuple[int, int]
    notices: tuple[Notice, ...] = ()


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
    first, second = Table.of(names, x[~test]), Table.of(names, x[test])
    return Sets(tuple(names), first.values, second.values, first.rows, _sizes(first, second), _told(first, second))


def same_columns(train: Table, test: Table, most: int = MOST_COLUMNS) -> tuple[list[str], tuple[Notice, ...]]:
    """The columns of numbers that both tables have, in the training set's order, and which others there are.

    A training set has its labels, which the test set lacks. Raises Refusal where no column is in both.
    """
    common = [name for name in train.names if name in test.names]
    alone = [name for name in train.names if name not in common], [name for name in test.names if name not in common]
    if not common:
        zh = f"与训练集没有同名的列；训练集有：{'、'.join(alone[0])}；测试集有：{'、'.join(alone[1])}"
        en = f"has no column of numbers in common with the training set, which has {', '.join(alone[0])}; here are {', '.join(alone[1])}"
        raise Refusal(zh, en, input="test")
    told = [
        Notice(f"只有{zh}有，未用：{'、'.join(names)}", f"only in the {en} set, left out: {', '.join(names)}")
        for names, zh, en in zip(alone, ("训练集", "测试集"), ("training", "test"), strict=True)
        if names
    ]
    if over := common[most:]:
        told.append(
            Notice(
                f"只用前 {most} 列，其余未用：{'、'.join(over)}",
                f"only the first {most} columns are used; left out: {', '.join(over)}",
            )
        )
    return common[:most], tuple(told)


def read_sets(train: bytes | None, test: bytes | None, seed: int) -> Sets:
    """A reader's tables, the columns that both have, at most 3 000 rows of each drawn at random. Refusal where that cannot be."""
    if train is None or test is None:
        raise Refusal(
            "训练集和测试集要一起传",
            "upload both, the training and the test set",
            input="train" if train is None else "test",
        )
    first, second = (
        prepared(read_table(data, MOST_READ, least_columns=1, name=name), False, MOST_ROWS, seed)
        for name, data in (("train", train), ("test", test))
    )
    names, told = same_columns(first, second)
    values, others = (table.values[:, [table.names.index(name) for name in names]] for table in (first, second))
    return Sets(tuple(names), values, others, first.rows, _sizes(first, second), (*_told(first, second), *told))


def _sizes(train: Table, test: Table) -> tuple[int, int]:
    return train.rows_in_file, test.rows_in_file


def _told(train: Table, test: Table) -> tuple[Notice, ...]:
    """How both were read, each sentence with its set before it."""
    return tuple(
        Notice(f"{zh}：{notice.zh}", f"{en}: {notice.en}")
        for table, zh, en in ((train, "训练集", "training set"), (test, "测试集", "test set"))
        for notice in table.notices
    )


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
