"""Verification: what EM, K-means as its limit and pLSA must do, measured now."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence

import numpy as np
import scipy.stats
from scipy.special import logsumexp
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from core.checks import Check
from core.stats.em import limits, mixture, samples, topics
from core.stats.em.mixture import KINDS, Mixture, Step

__all__ = ["checks"]

STARTS = ("kmeans++", "random", "together")
PEER_ITERATIONS = 60


def checks() -> Iterator[Check]:
    """The checks of post 5239's page, about three seconds in all."""
    yield from climb_checks()
    yield from absolute_checks()
    yield from peer_checks()
    yield from gradient_checks()
    yield from limit_checks()
    yield from topic_checks()


def _blobs() -> np.ndarray:
    return samples.sample("blobs", 300, 0.0, 0)


def peer_checks(kinds: Sequence[str] = KINDS) -> Iterator[Check]:
    """Fits and their criterion beside scikit-learn's, for every kind of covariance."""
    x = _blobs()
    for kind in kinds:
        ours, theirs = _both(x, kind)
        yield Check(
            f"against scikit-learn, covariances {kind}: largest difference", f"与 scikit-learn 之差（{kind} 协方差）",
            _gap(ours.mixture, theirs, kind), 0.0, 1e-8,
            note="weights, means, covariances after 60 iterations from the same start", note_zh="同一初值 60 次迭代后的权重、均值、协方差",
        )  # fmt: skip
        yield Check(
            f"BIC, covariances {kind}: relative difference from scikit-learn's", f"BIC 与 scikit-learn 的相对差（{kind} 协方差）",
            mixture.bayesian_criterion(ours, len(x), kind) / theirs.bic(x) - 1, 0.0, 1e-9,
            note="counts the free parameters and pins the likelihood's constant", note_zh="既数自由参数，也定住似然的常数",
        )  # fmt: skip


def gradient_checks() -> Iterator[Check]:
    """Fisher's identity."""
    x = _blobs()
    found = mixture.fit(x, samples.start(x, 3, "kmeans++", 1), 5).mixture
    yield Check(
        "Fisher's identity: gradient of log p(x) against E_r of the joint's", "Fisher 恒等式：log p(x) 的梯度与联合分布梯度的期望",
        _score_gap(x, found), 0.0, 1e-5, note="central differences of step 1e-5", note_zh="步长 1e-5 的中心差分",
    )  # fmt: skip


def climb_checks() -> Iterator[Check]:
    """What holds of every step of EM."""
    falls, gaps, above, counted = [], [], [], []
    for steps in _runs():
        likelihoods = np.array([s.log_likelihood for s in steps])
        falls.append(float(np.diff(likelihoods).min()))
        gaps += [abs(s.log_likelihood - s.bound) for s in steps if s.done == "E"]
        above += [s.bound - s.log_likelihood for s in steps]
        counted += [float(np.abs(len(s.r) * s.mixture.weights - s.r.sum(0)).max()) for s in steps if s.done == "M"]
    yield Check(
        "log-likelihood: largest fall over all steps", "对数似然：所有步中的最大下降", max(0.0, -min(falls)), 0.0, 1e-9, "at_most",
        note="nats; 4 kinds of covariance, 3 starts, with and without a floor of the eigenvalues, 150 points with outliers",
        note_zh="nat；4 种协方差 × 3 种初值 × 有无特征值下限，150 个带离群点的样本",
    )  # fmt: skip
    yield Check(
        "after an E-step the bound touches: largest gap", "E 步之后下界贴紧：最大间隙", max(gaps), 0.0, 1e-9,
        note="nats, sums of 150 samples: KL(r ‖ p(y|x)) = 0", note_zh="nat，150 个样本之和：KL(r ‖ p(y|x)) = 0",
    )  # fmt: skip
    yield Check(
        "the bound is never above the likelihood", "下界从不超过似然", max(above), 0.0, 1e-9, "at_most",
        note="their difference is a KL divergence", note_zh="二者之差是 KL 散度",
    )  # fmt: skip
    yield Check(
        "after an M-step n·π = Σ r", "M 步之后 n·π = Σ r", max(counted), 0.0, 1e-10,
        note="stationarity in π under Σπ = 1", note_zh="Σπ = 1 约束下对 π 的驻点条件",
    )  # fmt: skip


def _runs() -> Iterator[Sequence[Step]]:
    x = samples.sample("moons", 150, 0.05, 3)
    for kind in KINDS:
        for how in STARTS:
            for floor in (0.0, 0.05):
                yield list(mixture.climb(x, samples.start(x, 4, how, 2), 40, kind, floor))


def absolute_checks() -> Iterator[Check]:
    """The likelihood itself, constants included: EM's own facts hold with any constant."""
    x = _blobs()
    one = Mixture(np.ones(1), np.zeros((1, 3)), np.eye(3)[None])
    yield Check(
        "log-density of a standard normal in 3 dimensions at its mean", "三维标准正态在均值处的对数密度",
        mixture.log_likelihood(np.zeros((1, 3)), one), -2.756815599614018, 1e-12,
        note="−(3/2) log 2π, by hand", note_zh="手算：−(3/2) log 2π",
    )  # fmt: skip
    found = mixture.fit(x, samples.start(x, 3, "kmeans++", 1), 5).mixture
    parts = [
        np.log(w) + scipy.stats.multivariate_normal(m, c).logpdf(x)
        for w, m, c in zip(found.weights, found.means, found.covariances, strict=True)
    ]
    yield Check(
        "log-likelihood a sample against scipy's normal densities", "每个样本的对数似然与 scipy 的正态密度之差",
        (mixture.log_likelihood(x, found) - float(logsumexp(parts, axis=0).sum())) / len(x), 0.0, 1e-12,
        note="nats; a mixture of three, 300 samples", note_zh="nat；三个分量，300 个样本",
    )  # fmt: skip


def _both(x: np.ndarray, kind: str) -> tuple[mixture.Fit, GaussianMixture]:
    """Our fit and scikit-learn's, from the same start after the same number of iterations."""
    begin = samples.start(x, 3, "kmeans++", 1)
    inverse = np.linalg.inv(begin.covariances)
    precisions = {
        "full": inverse, "tied": inverse[0], "diag": np.diagonal(inverse, axis1=1, axis2=2), "spherical": inverse[:, 0, 0],
    }[kind]  # fmt: skip
    theirs = GaussianMixture(
        3, covariance_type=kind, tol=0.0, reg_covar=0.0, max_iter=PEER_ITERATIONS, weights_init=begin.weights,
        means_init=begin.means, precisions_init=precisions,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopped after so many steps on purpose
        theirs.fit(x)
    return mixture.fit(x, begin, PEER_ITERATIONS, kind), theirs


def _gap(ours: Mixture, theirs: GaussianMixture, kind: str) -> float:
    """Largest difference of weights, means and covariances."""
    k, d = ours.means.shape
    given = np.asarray(theirs.covariances_)
    if kind == "diag":
        given = given[:, :, None] * np.eye(d)
    elif kind == "spherical":
        given = given[:, None, None] * np.eye(d)
    covariances = np.broadcast_to(given, (k, d, d))
    pairs = ((ours.weights, theirs.weights_), (ours.means, theirs.means_), (ours.covariances, covariances))
    return float(max(np.abs(a - b).max() for a, b in pairs))


def _score_gap(x: np.ndarray, at: Mixture) -> float:
    """Fisher's identity ∂ log p(x)/∂μ = Σ_i r_ik Σ_k⁻¹(x_i − μ_k) against central differences; the largest difference."""
    r, h = mixture.expect(x, at), 1e-5
    inner = np.stack(
        [
            np.linalg.solve(c, (r[:, k : k + 1] * (x - m)).sum(0))
            for k, (m, c) in enumerate(zip(at.means, at.covariances, strict=True))
        ]
    )
    gaps = []
    for place in np.ndindex(*at.means.shape):
        moved = []
        for sign in (1, -1):
            means = at.means.copy()
            means[place] += sign * h
            moved.append(mixture.log_likelihood(x, Mixture(at.weights, means, at.covariances)))
        gaps.append(abs((moved[0] - moved[1]) / (2 * h) - inner[place]))
    return float(max(gaps))


def limit_checks() -> Iterator[Check]:
    """K-means as EM's limit, and the likelihood that has none."""
    x = _blobs()
    begin = samples.start(x, 3, "kmeans++", 1).means
    soft, r = limits.soft_k_means(x, begin, 1e-3, 30)
    hard, nearest = limits.k_means(x, begin, 30)
    yield Check(
        "K-means is the limit: means at σ = 0.001 against Lloyd's", "K-means 是极限：σ = 0.001 的均值与 Lloyd 算法之差",
        float(np.abs(soft - hard).max()), 0.0, 1e-9, note="same start, 30 iterations", note_zh="同一初值，30 次迭代",
    )  # fmt: skip
    yield Check(
        "… and no sample is shared", "……且没有样本被分享", float(1 - r[np.arange(len(x)), nearest].min()), 0.0, 1e-6,
        note="1 − smallest responsibility of the nearest mean", note_zh="1 − 最近均值的最小责任度",
    )  # fmt: skip
    lone = [mixture.log_likelihood(x, limits.on_one_point(x, 0, s)) for s in (1e-40, 1e-60)]
    yield Check(
        "a component on one point: gain of log-likelihood per ln(1/σ)", "压在一点上的分量：对数似然随 ln(1/σ) 的增速",
        (lone[1] - lone[0]) / (20 * math.log(10)), 2.0, 1e-6,
        note="d = 2: the likelihood is unbounded, and grows as −d ln σ", note_zh="d = 2：似然无上界，按 −d ln σ 增长",
    )  # fmt: skip


def topic_checks() -> Iterator[Check]:
    """Steps of pLSA."""
    counts, _ = topics.plsa_counts("verse")
    *_, last = topics.plsa(counts, 4, 60, 0)
    yield Check(
        "pLSA: largest fall of the log-likelihood", "pLSA：对数似然的最大下降", max(0.0, -float(np.diff(last.trace).min())),
        0.0, 1e-8, "at_most", note="characters of Tang and Song verse, 60 iterations", note_zh="唐宋诗的字，60 次迭代",
    )  # fmt: skip
    few = counts[:20, :80][counts[:20, :80].sum(1) > 0]
    before = next(topics.plsa(few, 3, 0, 1))
    fast = topics.plsa_step(few, before.words, before.topics, before.topics @ before.words)
    slow = _by_hand(few, before.words, before.topics)
    yield Check(
        "pLSA: one step against r(d, w, z) written out", "pLSA：一步与写出 r(d, w, z) 的算法之差",
        float(max(np.abs(a - b).max() for a, b in zip(fast, slow, strict=True))), 0.0, 1e-13,
        note="the fast step never stores r", note_zh="快速算法不存 r",
    )  # fmt: skip


def _by_hand(counts: np.ndarray, words: np.ndarray, mixes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """pLSA's step with r_dwz written out, as the post states it."""
    r = np.einsum("dz,zw->dwz", mixes, words)
    weighted = counts[:, :, None] * r / r.sum(2, keepdims=True)
    new_words, new_mixes = weighted.sum(0).T, weighted.sum(1)
    return new_words / new_words.sum(1, keepdims=True), new_mixes / new_mixes.sum(1, keepdims=True)
