"""Tests of independence by permutation (Gretton et al. 2007, section 3; Phipson & Smyth 2010 for the p-value).

Under independence the pairs may be shuffled. With centred factors A = HG and B = HG' the statistic of a shuffle π is
||Aᵀ B[π]||²_F / n²: a product of thin matrices, no Gram matrix at all. Kernels of high rank (several dimensions, few
samples) use sum_ij (HKH)_ij L_π(i)π(j) / n² instead.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from core.device import cores
from core.refusal import Refusal
from core.stats.hsic.estimators import double_device
from core.stats.hsic.kernels import Kernel, kernel_of, pair_of
from core.stats.hsic.low_rank import factor
from core.stats.hsic.shuffles import dense_statistics, low_rank_statistics, orders

__all__ = ["PermutationTest", "holm", "permutation_stream", "permutation_test", "permuted_p_value"]

MAX_PERMUTATIONS = 1_000_000
MAX_DENSE = 6_000  # samples whose Gram matrices may be held when no low rank is found
RANK_BOUND = 8  # a dense shuffle costs n²/2 loads, a low-rank one n r s products; memory speaks for the latter
TIE = 1e-12  # relative; sums of n² terms in double precision agree better than this
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
        return (1 + self.reached) / (1 + len(self.null))

    @property
    def reached(self) -> int:
        """How many shuffles reach the statistic; one that pairs equal values again gives it back but for rounding."""
        rounding = TIE * max(self.statistic, float(self.null.max()))
        return int((self.null >= self.statistic - rounding).sum())

    @property
    def rank(self) -> int:
        """Place of the data among all statistics, the largest first, from 1."""
        return 1 + self.reached


def permutation_test(
    x: object, y: object, permutations: int = 1000, seed: int = 0, *, kernel: str = "gaussian",
    sigma_x: float | None = None, sigma_y: float | None = None, device: torch.device | None = None,
) -> PermutationTest:  # fmt: skip
    """Test independence of paired samples by ``permutations`` random shuffles of y.

    The statistic is the biased HSIC tr(KHLH)/n². Arguments as in :func:`core.stats.hsic.hsic`; a seed draws the same
    shuffles on every device. Raises Refusal for a bad argument, and for over 6 000 samples whose kernels have no low rank
    (three dimensions and more).
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
            raise Refusal("应为整数", "must be a whole number", input=name, value=value) from None
        if not low <= number <= high:
            raise Refusal(f"应在 {low} 到 {high} 之间", f"must be from {low} to {high}", input=name, value=value)
    k, l = kernel_of(a, kernel, sigma_x, "x"), kernel_of(b, kernel, sigma_y, "y")
    g, h = factor(a, k), factor(b, l)
    place = double_device(device)
    left, right = (v - v.mean(0) if v is not None else None for v in (g, h))
    shuffled: _LowRank | _Dense
    if (
        left is not None
        and right is not None
        and (len(a) > MAX_DENSE or left.shape[1] * right.shape[1] < RANK_BOUND * len(a))
    ):
        shuffled = _LowRank(left, right, seed, place)
    elif len(a) <= MAX_DENSE:
        shuffled = _Dense(a, b, k, l, seed, place)
    else:
        d, e = a.shape[1], b.shape[1]
        raise Refusal(
            f"x、y：{d} 维与 {e} 维的 {len(a)} 个样本没有低秩核；最多 {MAX_DENSE} 个",
            f"x, y: {len(a)} samples of {d} and {e} dimensions have no low-rank kernel; at most {MAX_DENSE} are allowed",
        )
    null = np.empty(permutations)
    statistic = shuffled.statistic
    edges = np.linspace(0, permutations, min(parts, permutations) + 1).astype(int)
    for start, end in itertools.pairwise(edges):
        shuffled.fill(null[start:end], int(start))
        yield PermutationTest(statistic, null[:end].copy())


class _LowRank:
    """Statistics of shuffles from centred factors [n, r] and [n, s]."""

    def __init__(self, left: np.ndarray, right: np.ndarray, seed: int, device: torch.device) -> None:
        self.left = np.ascontiguousarray(left)
        self.right = np.pad(right, ((0, 0), (0, -right.shape[1] % SIMD)))  # zero columns add nothing
        self.seed, self.device = seed, device

    @property
    def statistic(self) -> float:
        return float(np.square(self.left.T @ self.right).sum()) / len(self.left) ** 2

    def fill(self, out: np.ndarray, first: int) -> None:
        if self.device.type == "cpu":
            _spread(lambda begin, part: low_rank_statistics(self.left, self.right, self.seed, begin, part), out, first)
            return
        self.fill_by_torch(out, first)

    def fill_by_torch(self, out: np.ndarray, first: int) -> None:
        """As fill, in batches on the device."""
        left, right = (torch.from_numpy(v).to(self.device) for v in (self.left, self.right))
        batch = max(1, BATCH_NUMBERS // right.numel())
        for start in range(0, len(out), batch):
            part = out[start : start + batch]
            order = torch.from_numpy(orders(len(left), self.seed, first + start, len(part))).to(self.device)
            part[:] = (left.T @ right[order]).square().sum((1, 2)).cpu().numpy() / len(left) ** 2


class _Dense:
    """Statistics of shuffles from two Gram matrices [n, n], for kernels without low rank."""

    def __init__(self, x: np.ndarray, y: np.ndarray, k: Kernel, l: Kernel, seed: int, device: torch.device) -> None:
        a, b = (torch.from_numpy(v).to(device) for v in (x, y))
        self.k, self.l = k(a, a), l(b, b)
        rows = self.k.mean(0)
        self.k.sub_(rows).sub_(rows[:, None]).add_(rows.mean())
        self.seed = seed

    @property
    def statistic(self) -> float:
        return float((self.k * self.l).mean())

    def fill(self, out: np.ndarray, first: int) -> None:
        if self.k.device.type == "cpu":
            k, l = self.k.numpy(), self.l.numpy()
            _spread(lambda begin, part: dense_statistics(k, l, self.seed, begin, part), out, first)
            return
        self.fill_by_torch(out, first)

    def fill_by_torch(self, out: np.ndarray, first: int) -> None:
        """As fill, on the device."""
        for i, order in enumerate(torch.from_numpy(orders(len(self.k), self.seed, first, len(out))).to(self.k.device)):
            out[i] = float((self.k * self.l[order][:, order]).mean())


def _spread(work: Callable[[int, np.ndarray], None], out: np.ndarray, first: int) -> None:
    """``work(number of its first shuffle, part of out)`` on all cores."""
    edges = np.linspace(0, len(out), cores() + 1).astype(int)
    with ThreadPoolExecutor(cores()) as pool:
        for job in [pool.submit(work, first + start, out[start:end]) for start, end in itertools.pairwise(edges)]:
            job.result()


def permuted_p_value(
    measure: Callable[[np.ndarray, np.ndarray], float], x: np.ndarray, y: np.ndarray, permutations: int, seed: int
) -> float:
    """Permutation p-value of any measure of dependence, the larger the more dependent."""
    rng = np.random.default_rng(seed)
    found = measure(x, y)
    reached = sum(measure(x, y[rng.permutation(len(y))]) >= found - TIE * abs(found) for _ in range(permutations))
    return (1 + reached) / (1 + permutations)


def holm(p_values: np.ndarray | Sequence[float]) -> np.ndarray:
    """Holm's step-down adjustment (1979) of p-values [m]: controls the chance of any false finding."""
    p = np.asarray(p_values, float)
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
