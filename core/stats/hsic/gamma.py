"""Gamma approximation of the null distribution of the biased HSIC (Gretton et al. 2007): a p-value without shuffling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.stats
import torch

from core.refusal import Refusal
from core.stats.hsic.kernels import kernel_of, pair_of

__all__ = ["Gamma", "gamma_null"]

LEAST_SAMPLES = 6  # (n - 4)(n - 5) of the variance must be positive
MOST_SAMPLES = 20_000  # all pairs are visited twice
BLOCK_BYTES = 32_000_000


@dataclass(frozen=True, slots=True)
class Gamma:
    """Gamma distribution that n HSIC (biased) follows approximately under independence (Gretton et al. 2007, eq. 9)."""

    shape: float
    scale: float
    n: int

    def p_value(self, statistic: float) -> float:
        """Probability of a statistic as large or larger."""
        return float(scipy.stats.gamma.sf(self.n * statistic, self.shape, scale=self.scale))

    def density(self, statistic: np.ndarray) -> np.ndarray:
        """Density of the statistic."""
        return self.n * scipy.stats.gamma.pdf(self.n * np.asarray(statistic), self.shape, scale=self.scale)

    def quantile(self, share: float) -> float:
        """The statistic below which the distribution has ``share`` of its probability."""
        return float(scipy.stats.gamma.ppf(share, self.shape, scale=self.scale)) / self.n


def gamma_null(
    x: object, y: object, *, kernel: str = "gaussian", sigma_x: float | None = None, sigma_y: float | None = None
) -> Gamma:
    """The gamma distribution with the mean and variance of n HSIC_b under independence (Gretton et al. 2007, theorems 3 and 4).

    HSIC_b has mean (1 + a b - a - b)/n with a, b the mean off-diagonal entries of K and L, and variance
    2(n-4)(n-5)/(n(n-1)(n-2)(n-3)) times the mean off-diagonal entry of (HKH ∘ HLH)². For kernels with k(x, x) = 1:
    Gaussian, Laplace, delta. Rows are visited in blocks, so no n x n matrix is held. Raises Refusal for fewer than 6 or more
    than 20 000 samples and for variables that do not vary under the kernel, ValueError for a linear kernel.
    """
    if kernel == "linear":
        raise ValueError("kernel = linear: must be gaussian, laplace or delta here, whose diagonal is 1")
    a, b = pair_of(x, y)
    n = len(a)
    if not LEAST_SAMPLES <= n <= MOST_SAMPLES:
        raise Refusal(
            f"有 {n} 个样本；Γ 近似要 {LEAST_SAMPLES} 到 {MOST_SAMPLES} 个",
            f"{n} samples; from {LEAST_SAMPLES} to {MOST_SAMPLES} are allowed for the gamma approximation",
            input="x",
        )
    k, l = kernel_of(a, kernel, sigma_x, "x"), kernel_of(b, kernel, sigma_y, "y")
    p, q = torch.from_numpy(a), torch.from_numpy(b)
    means = [torch.cat([g(v[rows], v).mean(1) for rows in _blocks(n)]) for g, v in ((k, p), (l, q))]
    squares = 0.0
    for rows in _blocks(n):
        product = _centred(k(p[rows], p), means[0], rows) * _centred(l(q[rows], q), means[1], rows)
        product.square_()
        squares += float(product.sum() - product[:, rows].diagonal().sum())
    if squares == 0:
        raise Refusal(
            "x、y 中有一个在核下没有变化，谈不上零分布",
            "x, y: one of them does not vary under its kernel; there is no null distribution to approximate",
        )
    off = [(float(m.sum()) - 1) / (n - 1) for m in means]  # the diagonal is 1
    mean = (1 + off[0] * off[1] - off[0] - off[1]) / n
    variance = 2 * (n - 4) * (n - 5) / (n * (n - 1) * (n - 2) * (n - 3)) * squares / (n * (n - 1))
    return Gamma(shape=mean**2 / variance, scale=n * variance / mean, n=n)


def _blocks(n: int) -> Iterator[slice]:
    step = max(1, BLOCK_BYTES // (8 * n))
    return (slice(start, min(start + step, n)) for start in range(0, n, step))


def _centred(gram: torch.Tensor, means: torch.Tensor, rows: slice) -> torch.Tensor:
    """Rows of HKH from rows of K [m, n] and all row means [n]."""
    return gram.sub_(means[rows, None]).sub_(means).add_(means.mean())
