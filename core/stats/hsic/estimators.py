"""Estimators of HSIC: biased and unbiased, for two variables and for several.

HSIC(X, Y) = ||C_xy||²_HS = E[k l] + E[k] E[l] - 2 E[E'[k] E'[l]] (post 6910; Gretton et al. 2005). No n x n matrix is kept:
kernels that have a low rank are factored, others are visited in blocks of rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import torch

from core.device import device as default_device
from core.stats.hsic.kernels import Kernel, as_sample, kernel_of, pair_of
from core.stats.hsic.low_rank import factor

__all__ = [
    "GramSteps", "Sums", "centred", "dhsic", "double_device", "from_sums", "gram_steps", "hsic", "normalised",
    "normalised_hsic", "sums",
]  # fmt: skip

Estimator = Literal["biased", "unbiased", "post"]
DENSE = 400  # up to here one dense product is quicker than factoring
BLOCK_BYTES = 64_000_000


def double_device(device: torch.device | None) -> torch.device:
    """``device``, else the process's own; the CPU where that has no float64 (Apple's mps), which 1e-9 needs."""
    place = device or default_device()
    return torch.device("cpu") if place.type == "mps" else place


class Sums(NamedTuple):
    """What every estimator needs of two Gram matrices: sum K∘L, row sums, and sums over the diagonal."""

    n: int
    product: float  # sum_ij K_ij L_ij
    k_rows: np.ndarray  # [n]
    l_rows: np.ndarray  # [n]
    k_diagonal: np.ndarray  # [n]
    l_diagonal: np.ndarray  # [n]


def hsic(
    x: object,
    y: object,
    estimator: Estimator = "biased",
    *,
    kernel: str = "gaussian",
    sigma_x: float | None = None,
    sigma_y: float | None = None,
    low_rank: bool | None = None,
    device: torch.device | None = None,
) -> float:
    """The Hilbert-Schmidt independence criterion of paired samples.

    Parameters
    ----------
    x, y : arrays [n] or [n, d] with n >= 4.
    estimator : "biased" is tr(KHLH)/n², H = I - 11ᵀ/n; "unbiased" is the U-statistic of Song et al. 2012 (eq. 5), which
        may be negative; "post" is tr(KHLH)/(n-1)², which post 6910 calls unbiased, and which is not.
    kernel : "gaussian" exp(-d²/2σ²), "laplace" exp(-d/σ), "linear" or "delta", for both variables.
    sigma_x, sigma_y : bandwidths; None takes each variable's median off-diagonal distance (over pairs i < j).
    low_rank : None factors where that reaches the accuracy; False always visits all pairs.
    device : where the pairs are visited; None takes the process's device.

    Raises Refusal for samples that cannot be used, ValueError for an unknown kernel or estimator.
    """
    a, b = pair_of(x, y)
    k, l = kernel_of(a, kernel, sigma_x, "x"), kernel_of(b, kernel, sigma_y, "y")
    return from_sums(sums(a, b, k, l, low_rank, device), estimator)


def from_sums(s: Sums, estimator: str) -> float:
    """The estimator from the sums of two Gram matrices."""
    n = s.n
    if estimator in ("biased", "post"):
        trace = s.product - 2.0 / n * float(s.k_rows @ s.l_rows) + s.k_rows.sum() * s.l_rows.sum() / n**2
        return float(trace / (n**2 if estimator == "biased" else (n - 1) ** 2))
    if estimator != "unbiased":
        raise ValueError(f"estimator = {estimator}: must be biased, unbiased or post")
    product = s.product - float(s.k_diagonal @ s.l_diagonal)
    k, l = s.k_rows - s.k_diagonal, s.l_rows - s.l_diagonal
    total = product + k.sum() * l.sum() / ((n - 1) * (n - 2)) - 2.0 / (n - 2) * float(k @ l)
    return float(total / (n * (n - 3)))


def sums(
    x: np.ndarray, y: np.ndarray, k: Kernel, l: Kernel, low_rank: bool | None = None, device: torch.device | None = None
) -> Sums:
    """The sums over all pairs, through low-rank factors where those are accurate, else block by block."""
    if low_rank is not False and (low_rank or len(x) > DENSE):
        g, h = factor(x, k), factor(y, l)
        if g is not None and h is not None:
            return Sums(
                len(x), float(np.square(g.T @ h).sum()), g @ g.sum(0), h @ h.sum(0),
                np.square(g).sum(1), np.square(h).sum(1),
            )  # fmt: skip
    place = double_device(device)
    a, b = (torch.from_numpy(v).to(place) for v in (x, y))
    step = max(1, BLOCK_BYTES // (8 * len(x)))
    product = 0.0
    rows: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for start in range(0, len(x), step):
        gram, other = k(a[start : start + step], a), l(b[start : start + step], b)
        product += float((gram * other).sum())
        rows[0].append(gram.sum(1).cpu().numpy())
        rows[1].append(other.sum(1).cpu().numpy())
    diagonals = [np.square(v).sum(1) if kernel.name == "linear" else np.ones(len(v)) for v, kernel in ((x, k), (y, l))]
    return Sums(len(x), product, np.concatenate(rows[0]), np.concatenate(rows[1]), *diagonals)


def normalised_hsic(x: object, y: object, **options: Any) -> float:
    """HSIC(x, y) / sqrt(HSIC(x, x) HSIC(y, y)), biased, in [0, 1]; 0 where one variable does not vary.

    ``options`` as of :func:`hsic`.
    """
    width_x, width_y = options.pop("sigma_x", None), options.pop("sigma_y", None)
    both = hsic(x, y, sigma_x=width_x, sigma_y=width_y, **options)
    own = [hsic(v, v, sigma_x=width, sigma_y=width, **options) for v, width in ((x, width_x), (y, width_y))]
    return normalised(both, *own)


def normalised(both: float, own_x: float, own_y: float) -> float:
    """HSIC(x, y) over the geometric mean of HSIC(x, x) and HSIC(y, y); 0 where one of those is 0."""
    return float(both / math.sqrt(own_x * own_y)) if min(own_x, own_y) > 0 else 0.0


@dataclass(frozen=True, slots=True)
class GramSteps:
    """The biased HSIC step by step. Samples [n] are sorted by x, so that neighbours stand side by side.

    k, l : Gram matrices [n, n]; centred_k, centred_l : HKH and HLH. The bandwidths σ_x, σ_y.
    """

    x: np.ndarray
    y: np.ndarray
    k: np.ndarray
    l: np.ndarray
    centred_k: np.ndarray
    centred_l: np.ndarray
    sigma_x: float
    sigma_y: float

    @property
    def product(self) -> np.ndarray:
        """HKH ∘ HLH [n, n]: its mean is HSIC."""
        return self.centred_k * self.centred_l

    @property
    def hsic(self) -> float:
        """tr(KHLH)/n²."""
        return float(self.product.mean())

    @property
    def joint(self) -> float:
        """E[k l], the first term of HSIC."""
        return float((self.k * self.l).mean())

    @property
    def apart(self) -> float:
        """E[k] E[l], the second term."""
        return float(self.k.mean() * self.l.mean())

    @property
    def crossed(self) -> float:
        """2 E[E'k E'l], the third term, which is subtracted."""
        return float(2 * (self.k.mean(1) @ self.l.mean(1)) / len(self.k))


def gram_steps(x: object, y: object, factor_of_median: float = 1.0) -> GramSteps:
    """The matrices of the biased estimator with Gaussian kernels of ``factor_of_median`` times the median bandwidth."""
    a, b = pair_of(x, y)
    order = np.argsort(a[:, 0], kind="stable")
    a, b = a[order], b[order]
    grams, widths = [], []
    for sample, name in ((a, "x"), (b, "y")):
        width = kernel_of(sample, "gaussian", None, name).sigma * factor_of_median
        tensor = torch.from_numpy(sample)
        grams.append(kernel_of(sample, "gaussian", width, name)(tensor, tensor).numpy())
        widths.append(width)
    return GramSteps(
        a.squeeze(1) if a.shape[1] == 1 else a,
        b.squeeze(1) if b.shape[1] == 1 else b,
        *grams,
        *map(centred, grams),
        *widths,
    )


def centred(gram: np.ndarray) -> np.ndarray:
    """HKH of a Gram matrix [n, n], H = I - 11ᵀ/n."""
    return gram - gram.mean(0) - gram.mean(1)[:, None] + gram.mean()


def dhsic(variables: Sequence[object], kernel: str = "gaussian", device: torch.device | None = None) -> float:
    """dHSIC of several variables (Pfister et al. 2018), biased: zero in the limit exactly when all are jointly independent.

    (1/n²) sum_ij prod_v K_ij + prod_v mean(K) - (2/n) sum_i prod_v rowmean_i(K).
    """
    if len(variables) < 2:
        raise ValueError(f"variables: {len(variables)} given; at least 2 are needed")
    samples = [as_sample(v, f"variable {i + 1}") for i, v in enumerate(variables)]
    if len({len(s) for s in samples}) > 1:
        raise ValueError(f"variables: have {[len(s) for s in samples]} samples; all must have the same number")
    place = double_device(device)
    kernels = [kernel_of(s, kernel, None, f"variable {i + 1}") for i, s in enumerate(samples)]
    tensors = [torch.from_numpy(s).to(place) for s in samples]
    n = len(samples[0])
    step = max(1, BLOCK_BYTES // (8 * n))
    joint, means, rows_total = 0.0, torch.zeros(len(samples), dtype=torch.float64, device=place), 0.0
    for start in range(0, n, step):
        grams = [k(t[start : start + step], t) for k, t in zip(kernels, tensors, strict=True)]
        joint += float(torch.stack(grams).prod(0).sum())
        row_means = torch.stack([g.mean(1) for g in grams])
        means += row_means.sum(1)
        rows_total += float(row_means.prod(0).sum())
    return joint / n**2 + float((means / n).prod()) - 2.0 / n * rows_total
