"""Kernels and the checks of what is given to them.

Gaussian exp(-d²/2σ²), Laplace exp(-d/σ), linear <x, y>, delta [x = y]; d the Euclidean distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch

from core.refusal import Refusal
from core.stats.hsic.bandwidth import median_distance

__all__ = ["KERNELS", "LARGEST", "Kernel", "as_sample", "kernel_of", "pair_of"]

Name = Literal["gaussian", "laplace", "linear", "delta"]
KERNELS: tuple[Name, ...] = get_args(Name)
MAX_SAMPLES = 1_000_000
LARGEST = 1e70  # of a value, and the inverse of the smallest bandwidth: fourth powers stay within double precision


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel with its bandwidth σ (unused by linear and delta)."""

    name: Name
    sigma: float = 1.0

    def __call__(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Gram matrix k(x_i, y_j) of [n, d] and [m, d], shape [n, m]."""
        if self.name == "linear":
            return x @ y.T
        if self.name == "delta":
            return (x[:, None] == y[None]).all(-1).to(x.dtype)
        if x.shape[1] == 1:
            distance = (x - y.T).abs()
        else:
            distance = torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
        if self.name == "laplace":
            return torch.exp(-distance / self.sigma)
        return torch.exp(distance.square() * (-0.5 / self.sigma**2))


def kernel_of(x: np.ndarray, name: str, sigma: float | None, what: str) -> Kernel:
    """The kernel for a sample; σ is the median of its off-diagonal distances unless given.

    Raises Refusal where that median is zero (over half of the pairs are equal) or σ lies outside double precision's reach,
    ValueError for an unknown kernel.
    """
    if name not in KERNELS:
        raise ValueError(f"kernel = {name}: must be one of {', '.join(KERNELS)}")
    if name in ("linear", "delta"):
        return Kernel(name)  # type: ignore[arg-type]
    if sigma is None:
        sigma = median_distance(x)
        if sigma == 0:
            raise Refusal(
                "两两距离的中位数是 0（过半的值相等）；请给出带宽，或用 delta 核",
                "the median distance is 0 (over half of the values are equal); give a bandwidth or take the delta kernel",
                input=what,
            )
    if not (np.isfinite(sigma) and sigma > 0):
        raise Refusal("带宽必须是正数", "the bandwidth must be a positive number", input=f"sigma_{what}", value=sigma)
    if not 1 / LARGEST <= sigma <= LARGEST:
        raise Refusal(
            f"带宽 {sigma:.3g} 应在 {1 / LARGEST:g} 到 {LARGEST:g} 之间，否则平方越出双精度；请换个单位",
            f"the bandwidth {sigma:.3g} must be from {1 / LARGEST:g} to {LARGEST:g}, or its square leaves double precision; "
            "take other units",
            input=what,
        )
    return Kernel(name, float(sigma))  # type: ignore[arg-type]


def as_sample(x: object, what: str, least: int = 4) -> np.ndarray:
    """The data as float64 [n, d]. Raises Refusal for too few or too many samples and for values that cannot be used."""
    try:
        array = np.asarray(x, np.float64)
    except (TypeError, ValueError):
        raise Refusal("必须是数", "must be numbers", input=what) from None
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(f"{what}: has shape {np.asarray(x).shape}; must be [n] or [n, d]")
    n = len(array)
    if not least <= n <= MAX_SAMPLES:
        zh = f"有 {n} 个样本；应为 {least} 到 {MAX_SAMPLES} 个"
        raise Refusal(zh, f"{n} samples; from {least} to {MAX_SAMPLES} are allowed", input=what)
    if not np.isfinite(array).all():
        zh = "含有 NaN 或无穷；每个值都必须是有限的数"
        raise Refusal(zh, "holds NaN or infinity; every value must be finite", input=what)
    if np.abs(array).max() > LARGEST:
        raise Refusal(
            f"有大于 {LARGEST:g} 的值，其平方越出双精度；请换个单位",
            f"holds values beyond {LARGEST:g}, whose squares leave double precision; take other units",
            input=what,
        )
    return np.ascontiguousarray(array)


def pair_of(x: object, y: object) -> tuple[np.ndarray, np.ndarray]:
    """Two samples of one length; Refusal as of :func:`as_sample`, and where the lengths differ."""
    a, b = as_sample(x, "x"), as_sample(y, "y")
    if len(a) != len(b):
        zh = f"有 {len(b)} 个样本，而 x 有 {len(a)} 个；两者必须一样多"
        raise Refusal(zh, f"{len(b)} samples, but x has {len(a)}; both must have the same number", input="y")
    return a, b
