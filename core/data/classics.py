"""Classic data: real sets that scikit-learn carries in its package, there without a network, and the two moons."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from sklearn import datasets

__all__ = ["Split", "diabetes", "iris", "scanned_digits", "two_moons"]

DIGITS_TEST = 0.25
DIGITS_HIGHEST = 16.0  # the digits' pixels count 0 … 16 dark dots


@dataclass(frozen=True, slots=True)
class Split:
    """Inputs and labels of a training and a test set; read-only arrays."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


@lru_cache(maxsize=1)
def scanned_digits() -> Split:
    """1797 digits written by 43 people: float32 [n, 64] in [0, 1] (8 x 8 pixels), labels int64; every fourth is test.

    Source: UCI, Optical Recognition of Handwritten Digits (Alpaydin and Kaynak 1998), the part that scikit-learn carries.
    The order of that file keeps a writer's digits together, so every fourth is split by writer only in part.
    """
    x, y = datasets.load_digits(return_X_y=True)
    x, y = (np.asarray(x) / DIGITS_HIGHEST).astype(np.float32), np.asarray(y).astype(np.int64)
    test = np.arange(len(x)) % round(1 / DIGITS_TEST) == 0
    parts = (x[~test], y[~test], x[test], y[test])
    for part in parts:
        part.flags.writeable = False
    return Split(*parts)


def iris() -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names of the four lengths in cm, values [150, 4] and species [150] of Fisher's irises (1936)."""
    values, species = datasets.load_iris(return_X_y=True)
    return ["sepal length", "sepal width", "petal length", "petal width"], np.array(values), np.array(species)


def diabetes() -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names of ten measures, values [442, 10] (unscaled) and the progression of the disease after a year [442] (Efron et al. 2004)."""
    values, progression = datasets.load_diabetes(return_X_y=True, scaled=False)
    return ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"], np.array(values), np.array(progression)


def two_moons(upper: np.ndarray, angle: np.ndarray, drop: float = 0.2) -> np.ndarray:
    """Points [n, 2] on two half circles about the origin: ``angle`` [n] in [0, π] along the upper or (``upper`` false) the lower moon.

    The lower one is the upper turned by half a turn about the origin; ``drop`` is how far below its centre each moon's circle lies.
    """
    x = np.stack([np.cos(angle), np.sin(angle)], 1) - np.array([0.5, drop])
    return np.where(upper[:, None], x, -x)
