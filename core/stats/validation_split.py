"""A validation set that is nearer the test set (post 7805): adversarial validation and importance weights.

Where only the distribution of the inputs shifts, from p (training) to q (test), E_q[e(x)] = E_p[w(x) e(x)] with w = q/p.
A discriminator trained on balanced sets of the two has the optimum D = q/(p + q), hence w = D/(1 − D), and not D itself as
is often done. The weighted mean Σwe/Σw is consistent, not unbiased: its bias is of order 1/n (:func:`own_bias`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from core.refusal import Refusal

__all__ = [
    "Calibration",
    "Clouds",
    "Comparison",
    "Discrimination",
    "Effective",
    "KINDS",
    "Reliability",
    "SCHEMES",
    "Shift",
    "Trial",
    "calibrated",
    "clouds",
    "compare",
    "discriminate",
    "effective",
    "effective_share",
    "effective_size",
    "labels",
    "largest",
    "own_bias",
    "reliability",
    "resampled",
    "weighted_error",
    "weights",
]

KINDS = ("linear", "quadratic", "forest")
SCHEMES = ("random", "top", "d", "ratio", "resampled", "exact")
LOWEST, HIGHEST = 1e-4, 1 - 1e-4  # D is cut here: weights lie between 1e-4 and 1e4
VALIDATION = 0.25
TEST_SIZE = 20_000  # labelled test samples that stand for the true test error: standard error below 0.0036
TREES = 60
FRAMES = 8  # how often a comparison reports


@dataclass(frozen=True, slots=True)
class Shift:
    """Training inputs from N(0, I), test inputs from N(``mean``, ``scale``²·I) in the plane."""

    mean: tuple[float, float]
    scale: float = 1.0

    def draw(self, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """(training [n, 2], test [n, 2])."""
        rng = np.random.default_rng(seed)
        return rng.standard_normal((n, 2)), np.array(self.mean) + self.scale * rng.standard_normal((n, 2))

    def ratio(self, x: np.ndarray) -> np.ndarray:
        """q(x)/p(x), exactly."""
        apart = ((x - np.array(self.mean)) ** 2).sum(1) / self.scale**2
        return np.exp(0.5 * ((x * x).sum(1) - apart)) / self.scale**2


def effective_share(shift: Shift) -> float:
    """lim ESS/n = 1/E_p[w²] = s²(2 − s²)·exp(−|μ|²/(2 − s²)) in the plane; 0 for s² ≥ 2, where E_p[w²] is infinite."""
    rest = 2 - shift.scale**2
    return shift.scale**2 * rest * math.exp(-(shift.mean[0] ** 2 + shift.mean[1] ** 2) / rest) if rest > 0 else 0.0


def effective_size(w: np.ndarray) -> float:
    """(Σw)²/Σw²: how many equal samples these weights are worth (Kish)."""
    return float(w.sum() ** 2 / (w * w).sum())


def own_bias(distance: float, n: int) -> float:
    """Bias of Σwe/Σw, to first order in 1/n, as an estimate of P(x₁ > 0) under N((μ, 0), I) from ``n`` samples of N(0, I).

    −E_p[w²(e − E_q e)]/n = −e^{μ²}(Φ(2μ) − Φ(μ))/n: with known weights, too, the estimate is consistent, not unbiased.
    """
    return -math.exp(distance**2) * float(ndtr(2 * distance) - ndtr(distance)) / n


def labels(x: np.ndarray, seed: int) -> np.ndarray:
    """y ∈ {0, 1} with p(y = 1 | x) = σ(4(x₂ − sin 2x₁)), the same for training and test; [n]."""
    return (np.random.default_rng(seed).random(len(x)) < expit(4 * (x[:, 1] - np.sin(2 * x[:, 0])))).astype(int)


@dataclass(frozen=True, slots=True)
class Discrimination:
    """D on the training [n] and test [m] samples, each by a model that did not see it (unless told otherwise), and the AUC."""

    train: np.ndarray
    test: np.ndarray
    area: float


def _model(kind: str, seed: int) -> Pipeline:
    if kind == "linear":
        return make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
    if kind == "quadratic":
        return make_pipeline(
            StandardScaler(),
            PolynomialFeatures(2, include_bias=False),
            LogisticRegression(class_weight="balanced", max_iter=500),
        )
    if kind == "forest":
        forest = RandomForestClassifier(TREES, min_samples_leaf=5, class_weight="balanced", random_state=seed)
        return make_pipeline(StandardScaler(), forest)
    raise Refusal(f"应为 {'、'.join(KINDS)} 之一", f"must be one of {', '.join(KINDS)}", input="kind", value=kind)


def discriminate(
    train: np.ndarray, test: np.ndarray, kind: str, seed: int, folds: int = 5, in_sample: bool = False
) -> Discrimination:
    """D(x) ≈ q/(p + q) from a classifier of test (1) against training (0), the classes balanced by weight.

    Out of fold, as D on samples it was fitted to is drawn to their labels; ``in_sample`` shows that mistake.
    """
    x, y = np.concatenate([train, test]), np.repeat([0, 1], [len(train), len(test)])
    d = np.empty(len(x))
    if in_sample:
        d[:] = _model(kind, seed).fit(x, y).predict_proba(x)[:, 1]
    else:
        for fit, held in StratifiedKFold(folds, shuffle=True, random_state=seed).split(x, y):
            d[held] = _model(kind, seed).fit(x[fit], y[fit]).predict_proba(x[held])[:, 1]
    return Discrimination(d[: len(train)], d[len(train) :], float(roc_auc_score(y, d)))


def weights(d: np.ndarray) -> np.ndarray:
    """w = D/(1 − D) = q/p, with D cut at 0.0001 and 0.9999."""
    d = np.clip(d, LOWEST, HIGHEST)
    return d / (1 - d)


def weighted_error(wrong: np.ndarray, w: np.ndarray) -> tuple[float, float]:
    """(Σwe/Σw, its standard error √Σw²(e − ē)²/Σw) for errors ``wrong`` [n] in {0, 1} or any loss."""
    mean = float((w * wrong).sum() / w.sum())
    return mean, float(np.sqrt((w**2 * (wrong - mean) ** 2).sum()) / w.sum())


def resampled(w: np.ndarray, count: int, seed: int) -> np.ndarray:
    """``count`` places drawn with replacement with probability w/Σw, duplicates kept; sorted."""
    return np.sort(np.random.default_rng(seed).choice(len(w), count, p=w / w.sum()))


def largest(d: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(places of the ``count`` largest D, the rest): the popular choice of a validation set."""
    order = np.argsort(-d, kind="stable")
    return order[:count], order[count:]


# Two clouds: does the discriminator recover the ratio of densities?


@dataclass(frozen=True, slots=True)
class Clouds:
    """Training and test samples [n, 2], D on both, the recovered weights [n] and the exact ones [n] on the training set."""

    train: np.ndarray
    test: np.ndarray
    found: Discrimination
    weights: np.ndarray
    exact: np.ndarray
    share: float

    @property
    def mean_weight(self) -> float:
        """Mean of the recovered weights: E_p[q/p] = 1."""
        return float(self.weights.mean())

    @property
    def effective(self) -> float:
        """ESS/n of the recovered weights; ``share`` is the limit of the exact ones."""
        return effective_size(self.weights) / len(self.weights)

    @property
    def log_error(self) -> float:
        """Root mean square of ln(recovered / exact), the exact ones cut as D is."""
        return float(np.sqrt(np.mean(np.log(self.weights / np.clip(self.exact, LOWEST, 1 / LOWEST)) ** 2)))

    @property
    def emphasis(self) -> np.ndarray:
        """√(w/mean w), at most 6, [n]: points of this diameter have areas in proportion to their weights."""
        return np.minimum(np.sqrt(self.weights / self.weights.mean()), 6.0)


def clouds(mean: tuple[float, float], scale: float, n: int, kind: str, seed: int) -> Clouds:
    """``n`` samples a side, and the weights of the training samples by a discriminator and by the known densities."""
    shift = Shift(mean, scale)
    train, test = shift.draw(n, seed)
    found = discriminate(train, test, kind, seed)
    return Clouds(train, test, found, weights(found.train), shift.ratio(train), effective_share(shift))


# Which validation error predicts the test error?


@dataclass(frozen=True, slots=True)
class Trial:
    """One seed, by scheme: the estimate of the test error, its standard error, and the true test error of the same model.

    ``area`` is the discriminator's AUC, ``effective`` the weighted validation set's effective size, ``top_ratio`` the mean
    exact q/p of the samples with the largest D: how much more often than in training such samples occur in the test set.
    """

    estimate: dict[str, float]
    error: dict[str, float]
    truth: dict[str, float]
    area: float
    effective: float
    top_ratio: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """The trials so far of ``repeats``, each scheme compared with the true test error of its own model."""

    trials: tuple[Trial, ...]
    repeats: int
    validation: int

    def gaps(self, scheme: str) -> np.ndarray:
        """Estimate − true test error, one a seed."""
        return np.array([trial.estimate[scheme] - trial.truth[scheme] for trial in self.trials])

    def bias(self, scheme: str) -> float:
        """Mean gap."""
        return float(self.gaps(scheme).mean())

    def spread(self, scheme: str) -> float:
        """Standard deviation of the gap."""
        return float(self.gaps(scheme).std(ddof=1))

    def bias_error(self, scheme: str) -> float:
        """Standard error of the bias."""
        return self.spread(scheme) / math.sqrt(len(self.trials))

    def rms(self, scheme: str) -> float:
        """Root mean square gap: bias and spread together."""
        return float(np.sqrt((self.gaps(scheme) ** 2).mean()))

    @property
    def best(self) -> str:
        """The scheme without knowledge of q/p whose root mean square gap is least."""
        return min((s for s in SCHEMES if s != "exact"), key=self.rms)

    @property
    def truth(self) -> float:
        """Mean true test error of the models of the random split."""
        return float(np.mean([trial.truth["random"] for trial in self.trials]))

    @property
    def area(self) -> float:
        """Mean AUC of the discriminator."""
        return float(np.mean([trial.area for trial in self.trials]))

    @property
    def effective(self) -> float:
        """Mean effective size of the weighted validation set."""
        return float(np.mean([trial.effective for trial in self.trials]))


def compare(
    mean: tuple[float, float], scale: float, n: int, kind: str, repeats: int, seed: int
) -> Iterator[Comparison]:
    """Which validation predicts the test error? Yields a :class:`Comparison` some eight times until ``repeats`` are done.

    A linear classifier is fitted to three quarters of ``n`` training samples and validated on the rest: "random" as they come, "d"
    weighted by D, "ratio" by D/(1 − D), "resampled" by drawing as many with replacement, "exact" by the known q/p. "top" holds
    out the quarter with the largest D instead. The classes' border is curved, so where samples lie decides how often the line errs.
    """
    trials: list[Trial] = []
    every = max(1, repeats // FRAMES)
    for k in range(seed, seed + repeats):
        trials.append(_trial(Shift(mean, scale), n, kind, k))
        if len(trials) == repeats or (len(trials) % every == 0 and len(trials) > 1):
            yield Comparison(tuple(trials), repeats, round(VALIDATION * n))


def _trial(shift: Shift, n: int, kind: str, seed: int) -> Trial:
    train, test = shift.draw(n, 4 * seed)
    y = labels(train, 4 * seed + 1)
    whole = shift.draw(TEST_SIZE, 4 * seed + 2)[1]
    whole_y = labels(whole, 4 * seed + 3)
    found = discriminate(train, test, kind, seed)
    held = round(VALIDATION * n)

    def judged(place: np.ndarray, rest: np.ndarray) -> tuple[np.ndarray, float]:
        """(errors [held] of the line fitted to the rest, its true test error)."""
        model = LogisticRegression().fit(train[rest], y[rest])
        return (model.predict(train[place]) != y[place]).astype(float), float((model.predict(whole) != whole_y).mean())

    order = np.random.default_rng(seed).permutation(n)
    place = order[:held]
    wrong, true = judged(place, order[held:])
    w, equal = weights(found.train[place]), np.ones(held)
    top, others = largest(found.train, held)
    wrong_top, true_top = judged(top, others)
    results = {
        "random": weighted_error(wrong, equal),
        "top": weighted_error(wrong_top, equal),
        "d": weighted_error(wrong, found.train[place]),
        "ratio": weighted_error(wrong, w),
        "resampled": weighted_error(wrong[resampled(w, held, seed)], equal),
        "exact": weighted_error(wrong, shift.ratio(train[place])),
    }
    return Trial(
        {s: results[s][0] for s in SCHEMES},
        {s: results[s][1] for s in SCHEMES},
        dict.fromkeys(SCHEMES, true) | {"top": true_top},
        found.area,
        effective_size(w),
        float(shift.ratio(train[top]).mean()),
    )


# Calibration: why D is predicted out of fold


@dataclass(frozen=True, slots=True)
class Reliability:
    """In bins of D of equal counts: mean D, share of test samples there, how many; ``gap`` is Σ count·|difference| / all."""

    mean: np.ndarray
    share: np.ndarray
    count: np.ndarray
    gap: float


def reliability(found: Discrimination, bins: int = 12) -> Reliability:
    """Is D calibrated? Training and test samples count as much as each other, whatever their numbers."""
    d = np.concatenate([found.train, found.test])
    is_test = np.repeat([0.0, 1.0], [len(found.train), len(found.test)])
    balance = np.where(is_test == 1, 0.5 / len(found.test), 0.5 / len(found.train))
    parts = [p for p in np.array_split(np.argsort(d, kind="stable"), bins) if len(p)]
    mass = np.array([balance[p].sum() for p in parts])
    mean = np.array([(balance[p] * d[p]).sum() for p in parts]) / mass
    share = np.array([(balance[p] * is_test[p]).sum() for p in parts]) / mass
    return Reliability(mean, share, np.array([len(p) for p in parts]), float((mass * np.abs(mean - share)).sum()))


@dataclass(frozen=True, slots=True)
class Calibration:
    """D out of fold (``fresh``) and on what it was fitted to (``seen``): reliability and the training samples' weights [n]
    over their x₁ [n]; the exact ratio [g] along x₂ = 0 on ``grid`` [g]."""

    x: np.ndarray
    fresh: Reliability
    seen: Reliability
    fresh_weights: np.ndarray
    seen_weights: np.ndarray
    grid: np.ndarray
    ratio: np.ndarray

    @property
    def means(self) -> tuple[float, float]:
        """Mean weights, out of fold and seen; both should be 1."""
        return float(self.fresh_weights.mean()), float(self.seen_weights.mean())


def calibrated(distance: float, n: int, kind: str, bins: int, seed: int) -> Calibration:
    """What becomes of D and of the weights when D is asked about samples that it was fitted to."""
    shift, grid = Shift((distance, 0.0)), np.linspace(-3, 3, 61)
    train, test = shift.draw(n, seed)
    fresh, seen = (discriminate(train, test, kind, seed, in_sample=flag) for flag in (False, True))
    return Calibration(
        train[:, 0],
        reliability(fresh, bins),
        reliability(seen, bins),
        weights(fresh.train),
        weights(seen.train),
        grid,
        shift.ratio(np.stack([grid, 0 * grid], 1)),
    )


# Effective size


@dataclass(frozen=True, slots=True)
class Effective:
    """ESS/n of the exact and the recovered weights at ``distances`` [d], and its limit there and on a finer ``axis`` [f]."""

    distances: np.ndarray
    exact: np.ndarray
    learned: np.ndarray
    limits: np.ndarray
    axis: np.ndarray
    limit: np.ndarray
    at_one: float
    at_two: float


def effective(scale: float, n: int, kind: str, seed: int, reach: float = 2.5) -> Effective:
    """How many samples are left as the two sets move apart, up to ``reach`` standard deviations."""
    distances, axis = np.linspace(0, reach, 11), np.linspace(0, reach, 81)
    exact, learned = [], []
    for distance in distances:
        shift = Shift((float(distance), 0.0), scale)
        train, test = shift.draw(n, seed)
        exact.append(effective_size(shift.ratio(train)) / n)
        learned.append(effective_size(weights(discriminate(train, test, kind, seed).train)) / n)

    def limit(distance: float) -> float:
        return effective_share(Shift((float(distance), 0.0), scale))

    return Effective(
        distances,
        np.array(exact),
        np.array(learned),
        np.array([limit(d) for d in distances]),
        axis,
        np.array([limit(d) for d in axis]),
        limit(1.0),
        limit(2.0),
    )
