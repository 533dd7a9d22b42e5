"""Tests of independence by permutation, and the gamma approximation of the null law.

Under independence the pairs may be shuffled. With centred factors A = HG and B = HG' the statistic of a shuffle π is
||Aᵀ B[π]||²_F / n²: a product of thin matrices, no Gram matrix at all.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import scipy.stats
import torch

from core.device import cores
from core.device import device as default_device
from core.stats.hsic.estimators import from_sums, sums
from core.stats.hsic.kernels import Kernel, as_sample, kernel_of, pair_of
from core.stats.hsic.low_rank import factor, shuffled_statistics

__all__ = ["Gamma", "PermutationTest", "gamma_null", "gamma_quantile", "holm", "hsic_matrix", "permutation_stream", "permutation_test", "permuted_p_value"]

MAX_PERMUTATIONS = 1_000_000
MAX_DENSE = 6_000  # samples whose Gram matrices may be held when no low rank is found
SIMD = 8  # float64 in a vector register
BATCH_NUMBERS = 4_000_000  # numbers of shuffled factors at once


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """``statistic`` tr(KHLH)/n² of the data, ``null`` [permutations] that of shuffled data,
    ``p_value`` (1 + #{null >= statistic}) / (1 + permutations), which is never 0 and valid at every sample size."""

    statistic: float
    null: np.ndarray

    @property
    def p_value(self) -> float:
        # Shuffles that leave the pairing as it is give the statistic again but for rounding: count them as equal.
        reached = self.null >= self.statistic * (1 - 1e-12)
        return float((1 + reached.sum()) / (1 + len(self.null)))


@dataclass(frozen=True, slots=True)
class Gamma:
    """Gamma law that n HSIC (biased) follows approximately under independence (Gretton et al. 2007, eq. 9)."""

    shape: float
    scale: float
    n: int

    def p_value(self, statistic: float) -> float:
        """Probability of a statistic as large or larger."""
        return float(scipy.stats.gamma.sf(self.n * statistic, self.shape, scale=self.scale))

    def density(self, statistic: np.ndarray) -> np.ndarray:
        """Density of the statistic."""
        return self.n * scipy.stats.gamma.pdf(self.n * np.asarray(statistic), self.shape, scale=self.scale)


def permutation_test(
    x: object, y: object, permutations: int = 1000, seed: int = 0, *, kernel: str = "gaussian",
    sigma_x: float | None = None, sigma_y: float | None = None, device: torch.device | None = None,
) -> PermutationTest:  # fmt: skip
    """Test independence of paired samples by ``permutations`` random shuffles of y.

    The statistic is the biased HSIC tr(KHLH)/n². Arguments as in :func:`core.stats.hsic.hsic`.
    """
    result = None
    for result in permutation_stream(  # noqa: B007 - the last one holds all
        x, y, permutations, seed, kernel=kernel, sigma_x=sigma_x, sigma_y=sigma_y, device=device, parts=1
    ):
        pass
    assert result is not None
    return result


def permutation_stream(
    x: object, y: object, permutations: int = 1000, seed: int = 0, *, kernel: str = "gaussian",
    sigma_x: float | None = None, sigma_y: float | None = None, device: torch.device | None = None, parts: int = 20,
) -> Iterator[PermutationTest]:  # fmt: skip
    """As :func:`permutation_test`, in ``parts``: yields the test with the null known so far."""
    a, b = pair_of(x, y)
    for name, value, low, high in (
        ("permutations", permutations, 1, MAX_PERMUTATIONS), ("seed", seed, 0, 2**63 - 1), ("parts", parts, 1, 10_000)
    ):  # fmt: skip
        try:
            number = operator.index(value)
        except TypeError:
            raise ValueError(f"{name} = {value}: must be a whole number") from None
        if not low <= number <= high:
            raise ValueError(f"{name} = {value}: must be from {low} to {high}")
    k, l = kernel_of(a, kernel, sigma_x, "x"), kernel_of(b, kernel, sigma_y, "y")
    g, h = factor(a, k), factor(b, l)
    rng = np.random.default_rng(seed)
    null = np.empty(permutations)
    place = device or default_device()
    if g is not None and h is not None:
        left, right = g - g.mean(0), h - h.mean(0)
        shuffled = _LowRank(left, right, place)
        statistic = float(np.square(left.T @ right).sum()) / len(a) ** 2
    else:
        if len(a) > MAX_DENSE:
            raise ValueError(
                f"x, y: {len(a)} samples of {a.shape[1]} and {b.shape[1]} dimensions have no low-rank kernel; at most {MAX_DENSE} are allowed"
            )
        shuffled = _Dense(a, b, k, l, place)
        statistic = from_sums(sums(a, b, k, l, False, place), "biased")
    edges = np.linspace(0, permutations, min(parts, permutations) + 1).astype(int)
    for start, end in itertools.pairwise(edges):
        shuffled.fill(null[start:end], rng)
        yield PermutationTest(statistic, null[:end].copy())


class _LowRank:
    """Statistics of shuffles from centred factors [n, r] and [n, s]."""

    def __init__(self, left: np.ndarray, right: np.ndarray, device: torch.device) -> None:
        self.left = np.ascontiguousarray(left)
        self.right = np.pad(right, ((0, 0), (0, -right.shape[1] % SIMD)))  # zero columns add nothing
        self.device = device
        self.done = 0

    def fill(self, out: np.ndarray, rng: np.random.Generator) -> None:
        if self.device.type != "cpu":
            self._fill_on_device(out, rng)
            return
        seed = int(rng.bit_generator.seed_seq.generate_state(1, np.uint64)[0] >> np.uint64(1))  # type: ignore[attr-defined]
        parts = np.linspace(0, len(out), cores() + 1).astype(int)
        with ThreadPoolExecutor(cores()) as pool:
            jobs = [
                pool.submit(shuffled_statistics, self.left, self.right, seed, self.done + start, out[start:end])
                for start, end in itertools.pairwise(parts)
            ]
            for job in jobs:
                job.result()
        self.done += len(out)

    def _fill_on_device(self, out: np.ndarray, rng: np.random.Generator) -> None:
        """In batches by torch; another generator, so a GPU draws other shuffles than a CPU from the same seed."""
        left, right = (torch.from_numpy(v).to(self.device) for v in (self.left, self.right))
        batch = max(1, BATCH_NUMBERS // right.numel())
        for start in range(0, len(out), batch):
            count = min(batch, len(out) - start)
            order = torch.from_numpy(np.stack([rng.permutation(len(left)) for _ in range(count)])).to(self.device)
            products = left.T @ right[order]
            out[start : start + count] = products.square().sum((1, 2)).cpu().numpy() / len(left) ** 2


class _Dense:
    """Statistics of shuffles from a centred Gram matrix, for kernels without low rank."""

    def __init__(self, x: np.ndarray, y: np.ndarray, k: Kernel, l: Kernel, device: torch.device) -> None:
        a, b = (torch.from_numpy(v).to(device) for v in (x, y))
        gram = k(a, a)
        gram -= gram.mean(0, keepdim=True)
        gram -= gram.mean(1, keepdim=True)
        self.k, self.l, self.n = gram, l(b, b), len(x)

    def fill(self, out: np.ndarray, rng: np.random.Generator) -> None:
        for i in range(len(out)):
            order = torch.from_numpy(rng.permutation(self.n)).to(self.k.device)
            out[i] = float((self.k * self.l[order][:, order]).sum()) / self.n**2


def gamma_null(
    x: object, y: object, *, kernel: str = "gaussian", sigma_x: float | None = None, sigma_y: float | None = None
) -> Gamma:
    """The gamma approximation: mean and variance of n HSIC_b under independence (Gretton et al. 2007, theorems 3, 4)."""
    a, b = pair_of(x, y)
    n = len(a)
    if n < 6:
        raise ValueError(f"x: {n} samples; at least 6 are needed for the gamma approximation")
    if n > MAX_DENSE:
        raise ValueError(f"x: {n} samples; at most {MAX_DENSE} are allowed here")
    grams = [k(t, t) for k, t in (
        (kernel_of(v, kernel, s, w), torch.from_numpy(v)) for v, s, w in ((a, sigma_x, "x"), (b, sigma_y, "y")))]  # fmt: skip
    off = [float(g.sum() - g.diagonal().sum()) / (n * (n - 1)) for g in grams]
    centred = [g - g.mean(0, keepdim=True) - g.mean(1, keepdim=True) + g.mean() for g in grams]
    product = (centred[0] * centred[1] / 6).square()
    variance = float(product.sum() - product.diagonal().sum()) / (n * (n - 1))
    variance *= 72 * (n - 4) * (n - 5) / (n * (n - 1) * (n - 2) * (n - 3))
    mean = (1 + off[0] * off[1] - off[0] - off[1]) / n
    return Gamma(shape=mean**2 / variance, scale=n * variance / mean, n=n)


def hsic_matrix(table: object, permutations: int = 200, seed: int = 0, kernel: str = "gaussian") -> Iterator[tuple[int, int, PermutationTest]]:
    """Permutation tests of every pair of columns of ``table`` [n, v]; yields (i, j, test) pair by pair."""
    data = as_sample(table, "table")
    if data.shape[1] < 2:
        raise ValueError(f"table: {data.shape[1]} column; at least 2 are needed")
    for i in range(data.shape[1]):
        for j in range(i + 1, data.shape[1]):
            yield i, j, permutation_test(data[:, i], data[:, j], permutations, seed, kernel=kernel)


def permuted_p_value(
    measure: Callable[[np.ndarray, np.ndarray], float], x: np.ndarray, y: np.ndarray, permutations: int, seed: int
) -> float:  # fmt: skip
    """Permutation p-value of any measure of dependence, large in absolute value when dependent."""
    rng = np.random.default_rng(seed)
    found = abs(measure(x, y))
    reached = sum(abs(measure(x, y[rng.permutation(len(y))])) >= found * (1 - 1e-12) for _ in range(permutations))
    return (1 + reached) / (1 + permutations)


def gamma_quantile(law: Gamma, share: float) -> float:
    """The statistic below which the gamma law has ``share`` of its probability."""
    return float(scipy.stats.gamma.ppf(share, law.shape, scale=law.scale)) / law.n


def holm(p_values: np.ndarray | Sequence[float]) -> np.ndarray:
    """Holm's step-down adjustment (1979) of p-values [m]: controls the chance of any false finding."""
    p = np.asarray(p_values, float)
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
