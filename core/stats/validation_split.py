"""A validation set that is nearer the test set (post 7805): adversarial validation and importance weights.

Where only the inputs' law shifts, from p (training) to q (test), E_q[e(x)] = E_p[w(x) e(x)] with w = q/p. A discriminator trained
on balanced sets of the two has the optimum D = q/(p + q), hence w = D/(1 − D), and not D itself as is often done.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from core.checks import Check
from core.classics import diabetes
from core.refusal import Refusal

__all__ = [
    "Discrimination", "KINDS", "Reliability", "SCHEMES", "Shift", "checks", "column_areas", "compare", "discriminate", "effective_share", "effective_size", "example", "labels", "reliability",
    "resampled", "same_columns", "weighted_error", "weights",
]  # fmt: skip

KINDS = ("linear", "quadratic", "forest")
SCHEMES = ("random", "top", "d", "ratio", "resampled", "exact")
HIGHEST = 1 - 1e-4  # D is cut here: a weight of 10 000 is the largest
VALIDATION = 0.25
TEST_SIZE = 20_000  # labelled test samples that stand for the true test error: standard error below 0.0036
TREES = 60


@dataclass(frozen=True, slots=True)
class Shift:
    """Training inputs from N(0, I), test inputs from N(``mean``, ``scale``²·I) in the plane."""

    mean: tuple[float, float]
    scale: float = 1.0

    def draw(self, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """(training [n, 2], test [n, 2])."""
        random = np.random.default_rng(seed)
        return random.standard_normal((n, 2)), np.array(self.mean) + self.scale * random.standard_normal((n, 2))

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


def labels(x: np.ndarray, seed: int) -> np.ndarray:
    """y ∈ {0, 1} with p(y = 1 | x) = σ(4(x₂ − sin 2x₁)), the same law for training and test; [n]."""
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
    raise Refusal(f"kind = {kind}：应为 {'、'.join(KINDS)} 之一", f"kind = {kind}: must be one of {', '.join(KINDS)}")


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
    """w = D/(1 − D) = q/p, with D cut at 0.9999."""
    d = np.minimum(d, HIGHEST)
    return d / (1 - d)


def weighted_error(wrong: np.ndarray, w: np.ndarray) -> tuple[float, float]:
    """(Σwe/Σw, its standard error √Σw²(e − ē)²/Σw) for errors ``wrong`` [n] in {0, 1} or any loss."""
    mean = float((w * wrong).sum() / w.sum())
    return mean, float(np.sqrt((w**2 * (wrong - mean) ** 2).sum()) / w.sum())


def resampled(w: np.ndarray, count: int, seed: int) -> np.ndarray:
    """``count`` places drawn with replacement with probability w/Σw, duplicates kept; sorted."""
    return np.sort(np.random.default_rng(seed).choice(len(w), count, p=w / w.sum()))


@dataclass(frozen=True, slots=True)
class Trial:
    """One seed: each scheme's estimate of the test error, that estimate's standard error, and the true test error of the same model."""

    estimate: dict[str, float]
    error: dict[str, float]
    truth: dict[str, float]
    area: float
    effective: float


def compare(shift: Shift, n: int, kind: str, repeats: int, seed: int) -> Iterator[Trial]:
    """Which validation predicts the test error? One :class:`Trial` for each of ``repeats`` seeds.

    A linear classifier is fitted to three quarters of ``n`` training samples and validated on the rest: "random" as they come, "d"
    weighted by D, "ratio" by D/(1 − D), "resampled" by drawing as many with replacement, "exact" by the known q/p. "top" holds
    out the quarter with the largest D instead. The labels' law is curved, so where samples lie decides how often the line errs.
    """
    for k in range(seed, seed + repeats):
        train, test = shift.draw(n, 4 * k)
        y = labels(train, 4 * k + 1)
        whole = shift.draw(TEST_SIZE, 4 * k + 2)[1]
        truth_y = labels(whole, 4 * k + 3)
        found = discriminate(train, test, kind, k)
        order = np.random.default_rng(k).permutation(n)
        held = round(VALIDATION * n)

        def judged(
            place: np.ndarray,
            rest: np.ndarray,
            train: np.ndarray = train,
            y: np.ndarray = y,
            whole: np.ndarray = whole,
            truth_y: np.ndarray = truth_y,
        ) -> tuple[np.ndarray, float]:
            model = LogisticRegression().fit(train[rest], y[rest])
            return (model.predict(train[place]) != y[place]).astype(float), float(
                (model.predict(whole) != truth_y).mean()
            )

        place, rest = order[:held], order[held:]
        wrong, true = judged(place, rest)
        w = weights(found.train[place])
        drawn = resampled(w, held, k)
        results = {
            "random": weighted_error(wrong, np.ones(held)), "d": weighted_error(wrong, found.train[place]), "ratio": weighted_error(wrong, w),
            "resampled": weighted_error(wrong[drawn], np.ones(held)), "exact": weighted_error(wrong, shift.ratio(train[place])),
        }  # fmt: skip
        by_score = np.argsort(-found.train, kind="stable")
        wrong_top, true_top = judged(by_score[:held], by_score[held:])
        results["top"] = weighted_error(wrong_top, np.ones(held))
        truth = dict.fromkeys(results, true) | {"top": true_top}
        yield Trial(
            {s: results[s][0] for s in SCHEMES},
            {s: results[s][1] for s in SCHEMES},
            {s: truth[s] for s in SCHEMES},
            found.area,
            effective_size(w),
        )


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


def column_areas(train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """For each column the AUC of telling test from training by it alone, whichever way round: 0.5 no shift, 1 gives itself away."""
    y = np.repeat([0, 1], [len(train), len(test)])
    areas = np.array([roc_auc_score(y, column) for column in np.concatenate([train, test]).T])
    return np.maximum(areas, 1 - areas)


def example(seed: int) -> tuple[list[str], np.ndarray, np.ndarray]:
    """(names, training, test): 442 patients (Efron et al. 2004), those with a high body mass index more often in the test set."""
    names, x, _ = diabetes()
    index = (x[:, names.index("bmi")] - x[:, names.index("bmi")].mean()) / x[:, names.index("bmi")].std()
    test = np.random.default_rng(seed).random(len(x)) < expit(1.5 * index)
    return names, x[~test], x[test]


def same_columns(names: list[str], others: list[str], train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """The test set's columns in the training set's order; Refusal that names what is missing."""
    missing = [name for name in names if name not in others]
    if missing or len(names) != len(others):
        extra = [name for name in others if name not in names]
        raise Refusal(
            f"test：列应与训练集相同；缺 {missing}，多 {extra}",
            f"test: needs the training set's columns; missing {missing}, extra {extra}",
        )
    return test[:, [others.index(name) for name in names]]


def checks() -> Iterator[Check]:
    """The facts that must hold."""
    for mean, scale, kind in (((1.0, 0.0), 1.0, "linear"), ((0.5, -0.5), 0.8, "quadratic")):
        shift = Shift(mean, scale)
        train, test = shift.draw(8000, 0)
        found = discriminate(train, test, kind, 0)
        gap = np.log(weights(found.train) / shift.ratio(train))
        yield Check(
            f"μ = {mean}, s = {scale}: rms of log(recovered weight / exact weight)", f"μ = {mean}，s = {scale}：ln(还原的权重 / 精确权重) 的均方根", float(np.sqrt((gap**2).mean())), 0.0, 0.12,
            note=f"8 000 samples a side, {kind} logistic regression out of fold: some six coefficients of standard error about 0.03", note_zh="每侧 8000 个样本，折外逻辑回归：约六个系数，各带 0.03 左右的标准误",
        )  # fmt: skip
        exact = shift.ratio(shift.draw(400_000, 1)[0])
        yield Check(
            f"μ = {mean}, s = {scale}: ESS/n of the exact weights", f"μ = {mean}，s = {scale}：精确权重的 ESS/n", effective_size(exact) / len(exact), effective_share(shift), 0.02,
            note="s²(2 − s²) exp(−|μ|²/(2 − s²)); 400 000 samples", note_zh="s²(2 − s²) exp(−|μ|²/(2 − s²))；40 万样本",
        )  # fmt: skip
    train, test = Shift((0.0, 0.0)).draw(4000, 5)
    yield Check("no shift: AUC", "没有偏移：AUC", discriminate(train, test, "linear", 0).area, 0.5, 0.02, note="standard error √(1/(6n)) = 0.0065 for n = 4 000 a side, times three", note_zh="每侧 4000 个样本，标准误 √(1/(6n)) = 0.0065，取三倍")  # fmt: skip
    trials = list(compare(Shift((1.0, 0.5)), 800, "linear", 60, 0))
    for scheme, zh in (("exact", "精确权重"), ("ratio", "D/(1 − D)")):
        z = np.array([(t.estimate[scheme] - t.truth[scheme]) / t.error[scheme] for t in trials])
        yield Check(
            f"{scheme} weights: mean of (estimate − test error)/standard error over 60 seeds", f"{zh}加权：60 个种子上（估计 − 测试误差）/标准误的均值", float(z.mean()), 0.0, 0.5,
            note="standard error 1/√60 = 0.13; the self-normalised estimate's own bias is of order 1/ESS", note_zh="标准误 1/√60 = 0.13；自归一化估计自身的偏差为 1/ESS 量级",
        )  # fmt: skip
        yield Check(
            f"{scheme} weights: share of seeds within two standard errors", f"{zh}加权：落在两个标准误以内的种子比例", float((np.abs(z) < 2).mean()), 0.95, 0.1,
            note="95 % for a normal law; ± three binomial standard errors (0.085), rounded up", note_zh="正态为 95%；± 三个二项标准误（0.085），向上取整",
        )  # fmt: skip
    bias = {s: abs(float(np.mean([t.estimate[s] - t.truth[s] for t in trials]))) for s in SCHEMES}
    yield Check(
        "a random split's bias over that of D/(1 − D) weights", "随机划分的偏差是 D/(1 − D) 加权的多少倍", bias["random"] / max(bias["ratio"], 1e-4), 2.0, 0.0, "at_least",
        note="the line errs more where the test samples lie", note_zh="测试样本所在处，直线错得更多",
    )  # fmt: skip
    yield Check("weighting by D: its bias over that of D/(1 − D)", "按 D 加权的偏差是 D/(1 − D) 的多少倍", bias["d"] / max(bias["ratio"], 1e-4), 1.3, 0.0, "at_least", note="D is not the ratio of densities", note_zh="D 不是密度比")  # fmt: skip
    train, test = Shift((1.0, 0.0)).draw(4000, 7)
    for sizes in ((4000, 1000), (1000, 4000)):
        found = discriminate(train[: sizes[0]], test[: sizes[1]], "linear", 0)
        yield Check(
            f"{sizes[0]} training and {sizes[1]} test samples: mean weight on the training set", f"训练 {sizes[0]}、测试 {sizes[1]} 个样本：训练集上的平均权重", float(weights(found.train).mean()), 1.0, 0.15,
            note="E_p[q/p] = 1 if the classes are balanced, whatever their sizes", note_zh="两类平衡时 E_p[q/p] = 1，与样本数无关",
        )  # fmt: skip
    train, test = Shift((0.7, 0.0)).draw(3000, 9)
    gaps = [reliability(discriminate(train, test, "forest", 0, in_sample=flag)).gap for flag in (True, False)]
    yield Check("a forest's calibration gap on what it was fitted to, over that out of fold", "森林在拟合过的样本上的校准误差是折外的多少倍", gaps[0] / gaps[1], 1.3, 0.0, "at_least", note="D seen is drawn to the labels: why D is taken out of fold", note_zh="见过的 D 会被拉向标签：所以要用折外的 D")  # fmt: skip
