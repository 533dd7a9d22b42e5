"""Maximum likelihood and EM (post 5239): mixtures of Gaussians, K-means as their limit, pLSA.

For any law r(y|x) of the hidden y, log p(x) = F(r) + KL(r ‖ p(y|x)) with the bound F(r) = E_r log p(x, y) − E_r log r. The
E-step sets r = p(y|x), after which the bound touches; the M-step raises F in the parameters. So log p(x) cannot fall.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import logsumexp, xlogy
from sklearn.cluster import kmeans_plusplus

from core.checks import Check
from core.classics import iris, scanned_digits
from core.examples import verse
from core.refusal import Refusal

__all__ = [
    "KINDS", "DATA", "Fit", "HOW", "Mixture", "Plsa", "Step", "bayesian_criterion", "best_of", "bound", "checks", "climb", "ellipse", "entropy", "expect",
    "free_parameters", "k_means", "log_joint", "log_likelihood", "maximise", "on_one_point", "plsa", "plsa_counts", "principal_plane", "sample", "smallest_deviation",
    "soft_k_means", "start",
]  # fmt: skip

KINDS = ("full", "diag", "spherical", "tied")
DATA = ("blobs", "moons", "ring", "iris")
HOW = ("kmeans++", "random", "together")
EMPTY = 1e-10  # a component with fewer samples than this keeps its mean and covariance
COLLAPSED = 1e-150  # a variance below this is about to leave float64
BOX = 3.2  # half the side of the square where outliers fall
STOP_WORDS = frozenset("，。、；：？！《》「」 \n\t")
MOST_WORDS = 600


@dataclass(frozen=True, slots=True)
class Mixture:
    """π [k], μ [k, d] and Σ [k, d, d] of a mixture of Gaussians."""

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray


@dataclass(frozen=True, slots=True)
class Step:
    """After a half-step: the mixture, r [n, k], log-likelihood and bound (both sums over samples, in nats), what was done."""

    done: Literal["start", "E", "M"]
    mixture: Mixture
    r: np.ndarray
    log_likelihood: float
    bound: float


@dataclass(frozen=True, slots=True)
class Fit:
    """Where EM came to rest: the mixture, log-likelihood after each iteration, and whether a variance vanished."""

    mixture: Mixture
    trace: np.ndarray
    collapsed: bool


class _Collapse(ArithmeticError):
    """A variance has left float64: the likelihood is on its way to infinity."""


def sample(kind: str, n: int, outliers: float, seed: int) -> np.ndarray:
    """``n`` points [n, 2] of ``kind`` (one of DATA; iris: petals in standard units, 150 at most), a share of them outliers."""
    if kind not in DATA:
        raise Refusal(f"data = {kind}：应为 {'、'.join(DATA)} 之一", f"data = {kind}: must be one of {', '.join(DATA)}")
    random = np.random.default_rng(seed)
    if kind == "blobs":
        which = random.choice(3, n, p=(0.5, 0.3, 0.2))
        centres = np.array([(-1.3, -0.6), (1.2, -0.9), (0.4, 1.5)])
        roots = np.array([[(0.75, 0.3), (0.0, 0.3)], [(0.3, 0.0), (-0.15, 0.6)], [(0.35, 0.0), (0.0, 0.35)]])
        x = centres[which] + np.einsum("nij,nj->ni", roots[which], random.standard_normal((n, 2)))
    elif kind == "moons":
        angle, upper = random.uniform(0, np.pi, n), random.random(n) < 0.5
        x = np.stack([np.cos(angle), np.sin(angle)], 1)
        side = np.where(upper, 1.0, -1.0)[:, None]
        x = 1.6 * side * (x + np.array([-0.5, -0.15])) + 0.15 * random.standard_normal((n, 2))
    elif kind == "ring":
        angle = random.uniform(0, 2 * np.pi, n)
        x = 2 * np.stack([np.cos(angle), np.sin(angle)], 1) + 0.15 * random.standard_normal((n, 2))
    else:
        values = iris()[1][:, 2:]
        x = ((values - values.mean(0)) / values.std(0))[random.permutation(len(values))[:n]]
    wild = random.random(len(x)) < outliers
    x[wild] = random.uniform(-BOX, BOX, (int(wild.sum()), 2))
    return x


def start(x: np.ndarray, k: int, how: str, seed: int) -> Mixture:
    """Where EM begins: equal weights, round components of the data's variance over k, and means by ``how`` (one of HOW).

    kmeans++: samples far from one another (Arthur and Vassilvitskii 2007); random: any k samples; together: all about one sample,
    the bad start. Raises Refusal when there are fewer samples than components.
    """
    n, d = x.shape
    if n < k:
        raise Refusal(f"k = {k}：样本只有 {n} 个", f"k = {k}: there are {n} samples only")
    random = np.random.default_rng(seed)
    if how == "kmeans++":
        means = kmeans_plusplus(x, k, random_state=seed)[0]
    elif how == "random":
        means = x[random.choice(n, k, replace=False)]
    elif how == "together":
        means = x[random.integers(n)] + 0.01 * random.standard_normal((k, d))
    else:
        raise Refusal(f"how = {how}：应为 {'、'.join(HOW)} 之一", f"how = {how}: must be one of {', '.join(HOW)}")
    variance = float(x.var(0).mean()) / k
    return Mixture(np.full(k, 1 / k), np.array(means), np.repeat(variance * np.eye(d)[None], k, 0))


def log_joint(x: np.ndarray, mixture: Mixture) -> np.ndarray:
    """log π_k N(x_i; μ_k, Σ_k), [n, k], by Cholesky factors."""
    d = x.shape[1]
    with np.errstate(divide="ignore"):
        logs = np.log(mixture.weights)
    columns = []
    for mean, covariance in zip(mixture.means, mixture.covariances, strict=True):
        try:
            root = np.linalg.cholesky(covariance)
        except np.linalg.LinAlgError:
            raise _Collapse from None
        z = np.linalg.solve(root, (x - mean).T)
        columns.append(-0.5 * ((z * z).sum(0) + d * math.log(2 * math.pi)) - np.log(np.diagonal(root)).sum())
    return logs + np.stack(columns, 1)


def log_likelihood(x: np.ndarray, mixture: Mixture) -> float:
    """Σ_i log Σ_k π_k N(x_i; μ_k, Σ_k), in nats; −1/n of it is the cross-entropy of the data's law and the model."""
    return float(np.sum(logsumexp(log_joint(x, mixture), axis=1)))


def expect(x: np.ndarray, mixture: Mixture) -> np.ndarray:
    """The E-step: r_ik = p(k | x_i), [n, k]."""
    joint = log_joint(x, mixture)
    return np.exp(joint - logsumexp(joint, axis=1, keepdims=True))


def bound(x: np.ndarray, r: np.ndarray, mixture: Mixture) -> float:
    """F(r, θ) = Σ_ik r_ik (log π_k N(x_i; …) − log r_ik): at most the log-likelihood, by Σ KL(r_i ‖ p(·|x_i))."""
    joint = log_joint(x, mixture)
    return float(np.where(r > 0, r * joint, 0.0).sum() - np.sum(xlogy(r, r)))


def entropy(r: np.ndarray) -> float:
    """Mean entropy of the responsibilities [n, k], in bits."""
    return -float(np.sum(xlogy(r, r))) / len(r) / math.log(2)


def maximise(x: np.ndarray, r: np.ndarray, kind: str, floor: float, before: Mixture) -> Mixture:
    """The M-step under Σ ≥ floor·I: means and weights are r's moments, eigenvalues of the covariances below ``floor`` become it.

    Clipping eigenvalues is the exact maximiser under that constraint, so the likelihood still cannot fall (adding floor·I is
    not, and it can). Components without samples stay as they were.
    """
    if kind not in KINDS:
        raise Refusal(
            f"kind = {kind}：应为 {'、'.join(KINDS)} 之一", f"kind = {kind}: must be one of {', '.join(KINDS)}"
        )
    n, d = x.shape
    counts = r.sum(0)
    alive = counts > EMPTY
    safe = np.where(alive, counts, 1.0)
    means = np.where(alive[:, None], r.T @ x / safe[:, None], before.means)
    apart = x[None] - means[:, None]
    scatter = np.einsum("nk,kni,knj->kij", r, apart, apart, optimize=True)
    if kind == "tied":
        covariances = np.repeat(_floored(scatter.sum(0, keepdims=True) / n, floor), len(counts), 0)
        return Mixture(counts / n, means, covariances)
    covariances = scatter / safe[:, None, None]
    if kind == "diag":
        covariances = covariances * np.eye(d)
    elif kind == "spherical":
        covariances = np.trace(covariances, axis1=1, axis2=2)[:, None, None] / d * np.eye(d)
    covariances = np.where(alive[:, None, None], _floored(covariances, floor), before.covariances)
    return Mixture(counts / n, means, covariances)


def _floored(covariances: np.ndarray, floor: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariances)
    if floor <= 0:
        if values.min() < COLLAPSED:
            raise _Collapse
        return covariances
    if values.min() >= floor:
        return covariances
    return (vectors * np.maximum(values, floor)[:, None, :]) @ np.swapaxes(vectors, 1, 2)


def climb(x: np.ndarray, begin: Mixture, iterations: int, kind: str = "full", floor: float = 0.0) -> Iterator[Step]:
    """EM by half-steps: the start (r uniform), then E, M, E, M …; it ends early when a variance leaves float64."""
    mixture, r = begin, np.full((len(x), len(begin.weights)), 1 / len(begin.weights))
    try:
        yield Step("start", mixture, r, log_likelihood(x, mixture), bound(x, r, mixture))
        for _ in range(iterations):
            r = expect(x, mixture)
            yield Step("E", mixture, r, log_likelihood(x, mixture), bound(x, r, mixture))
            mixture = maximise(x, r, kind, floor, mixture)
            yield Step("M", mixture, r, log_likelihood(x, mixture), bound(x, r, mixture))
    except _Collapse:
        return


def fit(
    x: np.ndarray,
    begin: Mixture,
    iterations: int,
    kind: str = "full",
    floor: float = 0.0,
    tolerance: float = 0.0,
) -> Fit:
    """EM for at most ``iterations``, or until the log-likelihood gains less than ``tolerance`` > 0 nats a sample."""
    mixture, trace = begin, [-math.inf]
    try:
        joint = log_joint(x, mixture)
        trace = [float(np.sum(logsumexp(joint, axis=1)))]
        for _ in range(iterations):
            r = np.exp(joint - logsumexp(joint, axis=1, keepdims=True))
            after = maximise(x, r, kind, floor, mixture)
            joint = log_joint(x, after)
            mixture = after
            trace.append(float(np.sum(logsumexp(joint, axis=1))))
            if tolerance > 0 and trace[-1] - trace[-2] < tolerance * len(x):
                break
    except _Collapse:
        return Fit(mixture, np.array(trace), True)
    return Fit(mixture, np.array(trace), False)


def best_of(
    x: np.ndarray, k: int, starts: int, how: str, iterations: int, kind: str, floor: float, seed: int
) -> Iterator[Fit]:
    """EM from ``starts`` different starts (seeds seed, seed + 1, …), one after another."""
    for s in range(starts):
        yield fit(x, start(x, k, how, seed + s), iterations, kind, floor, 1e-9)


def free_parameters(k: int, d: int, kind: str) -> int:
    """How many numbers a mixture has: k − 1 weights, k·d means and the covariances'."""
    whole = d * (d + 1) // 2
    return k - 1 + k * d + {"full": k * whole, "diag": k * d, "spherical": k, "tied": whole}[kind]


def bayesian_criterion(found: Fit, n: int, kind: str) -> float:
    """BIC = −2 log p + (free parameters)·log n (Schwarz 1978): the smaller, the better."""
    k, d = found.mixture.means.shape
    return -2 * float(found.trace[-1]) + free_parameters(k, d, kind) * math.log(n)


def smallest_deviation(mixture: Mixture) -> float:
    """The smallest standard deviation of any component in any direction."""
    return float(np.sqrt(np.linalg.eigvalsh(mixture.covariances).min().clip(min=0)))


def on_one_point(x: np.ndarray, which: int, deviation: float) -> Mixture:
    """Two components: one fits all of x, the other, round and of weight 1/n, sits on sample ``which`` with ``deviation``."""
    n, d = x.shape
    covariance = np.cov(x.T, bias=True)
    return Mixture(
        np.array([1 - 1 / n, 1 / n]), np.stack([x.mean(0), x[which]]), np.stack([covariance, deviation**2 * np.eye(d)])
    )


def soft_k_means(x: np.ndarray, means: np.ndarray, deviation: float, iterations: int) -> tuple[np.ndarray, np.ndarray]:
    """EM with Σ = deviation²·I and equal weights held fixed: (means [k, d], r [n, k]). Its limit deviation → 0 is K-means."""
    k, d = means.shape
    weights, covariances = np.full(k, 1 / k), np.repeat(deviation**2 * np.eye(d)[None], k, 0)
    for _ in range(iterations):
        r = expect(x, Mixture(weights, means, covariances))
        counts = r.sum(0)
        means = np.where(counts[:, None] > EMPTY, r.T @ x / np.maximum(counts, EMPTY)[:, None], means)
    return means, expect(x, Mixture(weights, means, covariances))


def k_means(x: np.ndarray, means: np.ndarray, iterations: int) -> tuple[np.ndarray, np.ndarray]:
    """Lloyd's algorithm from ``means``: (means [k, d], nearest [n]). A mean without samples stays."""
    nearest = np.zeros(len(x), int)
    for _ in range(iterations):
        nearest = ((x[:, None] - means) ** 2).sum(2).argmin(1)
        means = np.stack([x[nearest == k].mean(0) if (nearest == k).any() else means[k] for k in range(len(means))])
    return means, nearest


def ellipse(mean: np.ndarray, covariance: np.ndarray, deviations: float, points: int = 49) -> np.ndarray:
    """The curve (x − μ)ᵀΣ⁻¹(x − μ) = deviations², closed, [points, 2]."""
    angle = np.linspace(0, 2 * np.pi, points)
    values, vectors = np.linalg.eigh(covariance)
    return mean + deviations * np.stack([np.cos(angle), np.sin(angle)], 1) @ (vectors * np.sqrt(values.clip(min=0))).T


def principal_plane(x: np.ndarray) -> np.ndarray:
    """The standardised columns of x [n, d ≥ 2] on the plane of their two largest principal components, [n, 2]."""
    z = (x - x.mean(0)) / x.std(0)
    _, _, directions = np.linalg.svd(z, full_matrices=False)
    return z @ directions[:2].T


@dataclass(frozen=True, slots=True)
class Plsa:
    """p(w|z) [k, words], p(z|d) [documents, k], and the log-likelihood Σ n_dw log p(w|d) after each iteration (nats)."""

    words: np.ndarray
    topics: np.ndarray
    trace: np.ndarray


def plsa_counts(source: str, lines: str = "") -> tuple[np.ndarray, list[str]]:
    """Counts n_dw [documents, words] and the words: digits (pixels, 0 … 16 dots), verse (characters), own (``lines``, words between spaces, else characters)."""
    if source == "digits":
        data = scanned_digits()
        return np.rint(data.x_train[:600] * 16).astype(float), [str(k) for k in range(64)]
    texts = (
        [poem.text for poem in verse()] if source == "verse" else [line for line in lines.splitlines() if line.strip()]
    )
    documents = [
        [c for c in text if c not in STOP_WORDS]
        if source == "verse" or " " not in text.strip()
        else text.lower().split()
        for text in texts
    ]
    if len(documents) < 2 or len({w for d in documents for w in d}) < 2:
        raise Refusal("documents：至少两行、两个不同的词", "documents: at least two lines and two different words")
    seen: dict[str, int] = {}
    for document in documents:
        for word in document:
            seen[word] = seen.get(word, 0) + 1
    words = sorted(seen, key=lambda w: (-seen[w], w))[:MOST_WORDS]
    place = {w: k for k, w in enumerate(words)}
    counts = np.zeros((len(documents), len(words)))
    for d, document in enumerate(documents):
        for word in document:
            if word in place:
                counts[d, place[word]] += 1
    return counts[counts.sum(1) > 0], words


def plsa(counts: np.ndarray, k: int, iterations: int, seed: int) -> Iterator[Plsa]:
    """EM for p(w|d) = Σ_z p(w|z) p(z|d) (Hofmann 1999) from a random start; yields the start and each iteration.

    r_dwz ∝ p(w|z) p(z|d) is never stored: both M-steps need only n_dw / p(w|d). A probability of zero stays zero.
    """
    random = np.random.default_rng(seed)
    words = random.dirichlet(np.full(counts.shape[1], 5.0), k)
    topics = random.dirichlet(np.full(k, 5.0), len(counts))
    trace: list[float] = []
    for left in range(iterations, -1, -1):
        mixed = topics @ words
        trace.append(float(np.sum(xlogy(counts, mixed))))
        yield Plsa(words, topics, np.array(trace))
        if left:
            words, topics = _plsa_step(counts, words, topics, mixed)


def _plsa_step(
    counts: np.ndarray, words: np.ndarray, topics: np.ndarray, mixed: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    ratio = np.divide(counts, mixed, out=np.zeros_like(mixed), where=counts > 0)
    new_words, new_topics = words * (topics.T @ ratio), topics * (ratio @ words.T)
    totals = new_words.sum(1, keepdims=True)
    new_words = np.where(totals > 0, new_words / np.where(totals > 0, totals, 1), words)
    return new_words, new_topics / new_topics.sum(1, keepdims=True)


def _by_hand(counts: np.ndarray, words: np.ndarray, topics: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """pLSA's step with r_dwz written out, as the post states it: what the fast step is held against."""
    r = np.einsum("dz,zw->dwz", topics, words)
    weighted = counts[:, :, None] * r / r.sum(2, keepdims=True)
    new_words, new_topics = weighted.sum(0).T, weighted.sum(1)
    return new_words / new_words.sum(1, keepdims=True), new_topics / new_topics.sum(1, keepdims=True)


def _sklearn_gap(x: np.ndarray, kind: str, iterations: int) -> float:
    """Largest difference of weights, means and covariances from scikit-learn's GaussianMixture, same start, same steps."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    begin = start(x, 3, "kmeans++", 1)
    inverse = np.linalg.inv(begin.covariances)
    precisions = {
        "full": inverse,
        "tied": inverse[0],
        "diag": np.diagonal(inverse, axis1=1, axis2=2),
        "spherical": inverse[:, 0, 0],
    }[kind]
    peer = GaussianMixture(
        3,
        covariance_type=kind,
        tol=0.0,
        reg_covar=0.0,
        max_iter=iterations,
        weights_init=begin.weights,
        means_init=begin.means,
        precisions_init=precisions,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopped after so many steps on purpose
        peer.fit(x)
    d = x.shape[1]
    theirs = np.asarray(peer.covariances_)
    theirs = {
        "full": lambda: theirs,
        "tied": lambda: np.repeat(theirs[None], 3, 0),
        "diag": lambda: theirs[:, :, None] * np.eye(d),
        "spherical": lambda: theirs[:, None, None] * np.eye(d),
    }[kind]()
    ours = fit(x, begin, iterations, kind).mixture
    return float(
        max(
            np.abs(ours.weights - peer.weights_).max(),
            np.abs(ours.means - peer.means_).max(),
            np.abs(ours.covariances - theirs).max(),
        )
    )


def _score_gap(x: np.ndarray, mixture: Mixture) -> float:
    """Fisher's identity ∂ log p(x)/∂μ = Σ_i r_ik Σ_k⁻¹(x_i − μ_k) against central differences; the largest difference."""
    r, h = expect(x, mixture), 1e-5
    inner = np.stack(
        [
            np.linalg.solve(c, (r[:, k : k + 1] * (x - m)).sum(0))
            for k, (m, c) in enumerate(zip(mixture.means, mixture.covariances, strict=True))
        ]
    )
    gaps = []
    for place in np.ndindex(*mixture.means.shape):
        moved = []
        for sign in (1, -1):
            means = mixture.means.copy()
            means[place] += sign * h
            moved.append(log_likelihood(x, Mixture(mixture.weights, means, mixture.covariances)))
        gaps.append(abs((moved[0] - moved[1]) / (2 * h) - inner[place]))
    return float(max(gaps))


def _runs() -> Iterator[Sequence[Step]]:
    for kind in KINDS:
        for how in HOW:
            for floor in (0.0, 0.05):
                x = sample("moons", 150, 0.05, 3)
                yield list(climb(x, start(x, 4, how, 2), 40, kind, floor))


def checks() -> Iterator[Check]:
    """The facts that must hold."""
    falls, gaps, above, counted = [], [], [], []
    for steps in _runs():
        likelihoods = np.array([s.log_likelihood for s in steps])
        falls.append(float(np.diff(likelihoods).min()))
        gaps += [abs(s.log_likelihood - s.bound) for s in steps if s.done == "E"]
        above += [s.bound - s.log_likelihood for s in steps]
        counted += [float(np.abs(len(s.r) * s.mixture.weights - s.r.sum(0)).max()) for s in steps if s.done == "M"]
    yield Check(
        "log-likelihood: largest fall over all steps", "对数似然：所有步中的最大下降", -min(falls), 0.0, 1e-9, "at_most",
        note="nats; 4 kinds of covariance, 3 starts, with and without a floor of the eigenvalues, 150 points with outliers", note_zh="nat；4 种协方差 × 3 种初值 × 有无特征值下限，150 个带离群点的样本",
    )  # fmt: skip
    yield Check("after an E-step the bound touches: largest gap", "E 步之后下界贴紧：最大间隙", max(gaps), 0.0, 1e-9, note="nats, sums of 150 samples: KL(r ‖ p(y|x)) = 0", note_zh="nat，150 个样本之和：KL(r ‖ p(y|x)) = 0")  # fmt: skip
    yield Check("the bound is never above the likelihood", "下界从不超过似然", max(above), 0.0, 1e-9, "at_most", note="their difference is a KL divergence", note_zh="二者之差是 KL 散度")  # fmt: skip
    yield Check("after an M-step n·π = Σ r", "M 步之后 n·π = Σ r", max(counted), 0.0, 1e-10, note="stationarity in π under Σπ = 1", note_zh="Σπ = 1 约束下对 π 的驻点条件")  # fmt: skip
    x = sample("blobs", 300, 0.0, 0)
    for kind in KINDS:
        yield Check(
            f"against scikit-learn, covariances {kind}: largest difference", f"与 scikit-learn 之差（{kind} 协方差）", _sklearn_gap(x, kind, 60), 0.0, 1e-8,
            note="weights, means, covariances after 60 iterations from the same start", note_zh="同一初值 60 次迭代后的权重、均值、协方差",
        )  # fmt: skip
    found = fit(x, start(x, 3, "kmeans++", 1), 5).mixture
    yield Check("Fisher's identity: gradient of log p(x) against E_r of the joint's", "Fisher 恒等式：log p(x) 的梯度与联合分布梯度的期望", _score_gap(x, found), 0.0, 1e-5, note="central differences of step 1e-5", note_zh="步长 1e-5 的中心差分")  # fmt: skip
    begin = start(x, 3, "kmeans++", 1).means
    soft, r = soft_k_means(x, begin, 1e-3, 30)
    hard, nearest = k_means(x, begin, 30)
    yield Check("K-means is the limit: means at σ = 0.001 against Lloyd's", "K-means 是极限：σ = 0.001 的均值与 Lloyd 算法之差", float(np.abs(soft - hard).max()), 0.0, 1e-9, note="same start, 30 iterations", note_zh="同一初值，30 次迭代")  # fmt: skip
    yield Check("… and no sample is shared", "……且没有样本被分享", float(1 - r[np.arange(len(x)), nearest].min()), 0.0, 1e-6, note="1 − smallest responsibility of the nearest mean", note_zh="1 − 最近均值的最小责任度")  # fmt: skip
    lone = [log_likelihood(x, on_one_point(x, 0, s)) for s in (1e-40, 1e-60)]
    yield Check(
        "a component on one point: gain of log-likelihood per ln(1/σ)", "压在一点上的分量：对数似然随 ln(1/σ) 的增速", (lone[1] - lone[0]) / (20 * math.log(10)), 2.0, 1e-6,
        note="d = 2: the likelihood is unbounded, and grows as −d ln σ", note_zh="d = 2：似然无上界，按 −d ln σ 增长",
    )  # fmt: skip
    counts, _ = plsa_counts("verse")
    steps = list(plsa(counts, 4, 60, 0))
    yield Check("pLSA: largest fall of the log-likelihood", "pLSA：对数似然的最大下降", -float(np.diff(steps[-1].trace).min()), 0.0, 1e-8, "at_most", note="characters of Tang and Song verse, 60 iterations", note_zh="唐宋诗的字，60 次迭代")  # fmt: skip
    few = counts[:20, :80][counts[:20, :80].sum(1) > 0]
    before = next(plsa(few, 3, 0, 1))
    fast = _plsa_step(few, before.words, before.topics, before.topics @ before.words)
    slow = _by_hand(few, before.words, before.topics)
    yield Check("pLSA: one step against r(d, w, z) written out", "pLSA：一步与写出 r(d, w, z) 的算法之差", float(max(np.abs(a - b).max() for a, b in zip(fast, slow, strict=True))), 0.0, 1e-13, note="the fast step never stores r", note_zh="快速算法不存 r")  # fmt: skip
