"""What fine-tuning measured, over seeds: the post's correction against E as it is, and DropToken; and what the post reports of BERT-base."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from core import weights
from core.text.mlm_dropout.bert import Config
from core.text.mlm_dropout.filling import NAME
from core.text.mlm_dropout.masking import RULE, Rule

__all__ = [
    "CLUE",
    "RATES",
    "TRIALS",
    "Arm",
    "Correction",
    "DropToken",
    "Reported",
    "correction",
    "drop_token",
    "reported",
    "work",
]

TRIALS = "fine_tuning.csv"
RATES = (0.0, 0.1, 0.15, 0.25, 0.5)
CLUE: Mapping[str, tuple[float, ...]] = {
    "iflytek": (60.06, 60.56, 60.10, 61.29, 61.45),
    "tnews": (56.80, 57.00, 56.68, 56.88, 57.02),
    "afqmc": (72.41, 72.61, 72.50, 72.34, 69.76),
    "ocnli": (73.93, 73.76, 74.54, 73.09, 70.68),
    "wsc": (78.62, 77.30, 77.30, 73.68, 69.41),
    "csl": (83.93, 83.33, 83.30, 83.37, 82.56),
}
"""Accuracy in % of BERT-base with DropToken on the development sets of CLUE, at :data:`RATES`: post 8770."""
SURE = 0.95


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to fine-tune, over seeds: the share ``right`` of the test texts and the processor's ``milliseconds`` a step, each [seeds]."""

    right: np.ndarray
    milliseconds: np.ndarray

    @property
    def mean(self) -> float:
        """Mean accuracy."""
        return float(self.right.mean())

    @property
    def half_width(self) -> float:
        """Half of the 95 % interval of the mean, by Student's t over the seeds."""
        return _half_width(self.right)

    @property
    def time(self) -> float:
        """Median milliseconds a step."""
        return float(np.median(self.milliseconds))

    @property
    def seeds(self) -> int:
        """How many seeds."""
        return len(self.right)

    def standard_error(self, other: Arm) -> float:
        """Of the mean difference to ``other``, seed by seed."""
        return float((self.right - other.right).std(ddof=1) / self.seeds**0.5)

    def less(self, other: Arm) -> tuple[float, float]:
        """(mean difference to ``other``, half of its 95 % interval), seed by seed: both had the same texts in the same order."""
        difference = self.right - other.right
        return float(difference.mean()), _half_width(difference)


def _half_width(values: np.ndarray) -> float:
    n = len(values)
    return float(stats.t.ppf(0.5 + SURE / 2, n - 1) * values.std(ddof=1) / n**0.5)


@dataclass(frozen=True, slots=True)
class Correction:
    """The mean of the embedding under a masking rule, ``coefficients`` of E_i, E_m and Ē, and what fine-tuning measured with BERT's own.

    ``arms`` by how it begins: plain, corrected, scaled, scratch; ``naive`` is naive Bayes on characters, ``tested`` the number of test texts.
    """

    coefficients: tuple[float, float, float]
    arms: Mapping[str, Arm]
    naive: float
    tested: int

    @property
    def as_trained(self) -> bool:
        """Whether the rule is BERT's own, with which the trials began."""
        return bool(np.allclose(self.coefficients, RULE.coefficients, rtol=0, atol=1e-9))

    def significant(self, way: str) -> bool:
        """Whether ``way`` differs from plain by more than its 95 % interval."""
        difference, half = self.arms[way].less(self.arms["plain"])
        return abs(difference) > half


@dataclass(frozen=True, slots=True)
class DropToken:
    """DropToken at :data:`RATES`: ``arms`` in their order; ``work`` that the arithmetic of a step should take, relative to rate 0."""

    arms: Sequence[Arm]
    work: np.ndarray

    @property
    def rates(self) -> np.ndarray:
        """The rates."""
        return np.array(RATES)

    @property
    def accuracy(self) -> np.ndarray:
        """Mean accuracy at each rate."""
        return np.array([arm.mean for arm in self.arms])

    @property
    def half_widths(self) -> np.ndarray:
        """Half of the 95 % interval of each mean."""
        return np.array([arm.half_width for arm in self.arms])

    @property
    def time(self) -> np.ndarray:
        """Median time of a step relative to rate 0."""
        return np.array([arm.time for arm in self.arms]) / self.arms[0].time

    @property
    def best(self) -> int:
        """Which rate has the best mean."""
        return int(self.accuracy.argmax())

    @property
    def differences(self) -> list[tuple[float, float]]:
        """(mean difference to rate 0, half of its 95 % interval) at each rate above 0."""
        return [arm.less(self.arms[0]) for arm in self.arms[1:]]

    @property
    def sure(self) -> list[tuple[float, float, float]]:
        """(rate, difference, half of its interval) of the rates that surely differ from rate 0: their interval has no zero."""
        pairs = zip(RATES[1:], self.differences, strict=True)
        return [(rate, difference, half) for rate, (difference, half) in pairs if abs(difference) > half]


@dataclass(frozen=True, slots=True)
class Reported:
    """One task of the post: ``accuracy`` of BERT-base in % at ``rates``; one run each, so that there is no interval."""

    rates: np.ndarray
    accuracy: np.ndarray

    @property
    def best(self) -> int:
        """Which rate is best."""
        return int(self.accuracy.argmax())


def reported(task: str) -> Reported:
    """What the post reports of a task of :data:`CLUE`."""
    return Reported(np.array(RATES), np.array(CLUE[task]))


def work(config: Config, tokens: float, rates: Sequence[float] = RATES) -> np.ndarray:
    """Multiplications of a forward pass over what is kept of ``tokens``, relative to all of them: linear layers and attention."""
    kept = tokens * (1 - np.asarray(rates))
    linear = 12 * config.width**2 * config.layers
    attention = 2 * config.width * config.layers
    return (linear * kept + attention * kept**2) / (linear * tokens + attention * tokens**2)


def _arms() -> dict[tuple[str, float], Arm]:
    rows = list(csv.DictReader(io.StringIO(weights.extra(NAME, TRIALS).decode("ascii"))))
    made = {}
    for way, rate in dict.fromkeys((row["way"], float(row["rate"])) for row in rows):
        mine = sorted((r for r in rows if (r["way"], float(r["rate"])) == (way, rate)), key=lambda r: int(r["seed"]))
        values = (np.array([float(row[key]) for row in mine]) for key in ("accuracy", "milliseconds"))
        made[way, rate] = Arm(*values)
    return made


def correction(chosen: float, masked: float, random: float) -> Correction:
    """The rule's coefficients, ``random`` being a share of what is chosen and not masked, and the trials. Raises WeightsError."""
    told, arms = weights.read_card(NAME).metrics, _arms()
    rule = Rule(chosen, masked, random * (1 - masked))
    return Correction(
        rule.coefficients, {way: arm for (way, rate), arm in arms.items() if rate == 0},
        told["review: naive Bayes"], int(told["review: test texts"]),
    )  # fmt: skip


def drop_token() -> DropToken:
    """DropToken as it was measured here. Raises WeightsError."""
    told, arms = weights.read_card(NAME), _arms()
    return DropToken(
        [arms["plain", rate] for rate in RATES], work(Config(**told.config), told.metrics["review: mean tokens"])
    )
