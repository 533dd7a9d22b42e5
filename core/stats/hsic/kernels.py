"""Kernels and the checks of what is given to them.

Gaussian exp(-d²/2σ²), Laplace exp(-d/σ), linear <x, y>, delta [x = y]; d the Euclidean distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch

from core.stats.hsic.bandwidth import median_distance

__all__ = ["KERNELS", "Kernel", "as_sample", "kernel_of", "pair_of"]

Name = Literal["gaussian", "laplace", "linear", "delta"]
KERNELS: tuple[Name, ...] = get_args(Name)
MAX_SAMPLES = 1_000_000


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

    ValueError where the median is zero (a variable that hardly varies) or σ is not positive.
    """
    if name not in KERNELS:
        raise ValueError(f"kernel = {name}: must be one of {', '.join(KERNELS)}")
    if name in ("linear", "delta"):
        return Kernel(name)  # type: ignore[arg-type]
    if sigma is None:
        sigma = median_distance(x)
        if sigma == 0:
            raise ValueError(
                f"{what}: the median distance is 0 (over half of the values are equal); give a bandwidth or take the delta kernel"
            )
    if not (np.isfinite(sigma) and sigma > 0):
        raise ValueError(f"sigma of {what} = {sigma}: must be a positive number")
    return Kernel(name, float(sigma))  # type: ignore[arg-type]


def as_sample(x: object, what: str, least: int = 4) -> np.ndarray:
    """The data as float64 [n, d]; ValueError names what is wrong."""
    try:
        array = np.asarray(x, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{what}: must be numbers") from None
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(f"{what}: has shape {np.asarray(x).shape}; must be [n] or [n, d]")
    if not least <= len(array) <= MAX_SAMPLES:
        raise ValueError(f"{what}: {len(array)} samples; from {least} to {MAX_SAMPLES} are allowed")
    if not np.isfinite(array).all():
        raise ValueError(f"{what}: holds NaN or infinity; every value must be finite")
    return np.ascontiguousarray(array)


def pair_of(x: object, y: object) -> tuple[np.ndarray, np.ndarray]:
    """Two samples of one length."""
    a, b = as_sample(x, "x"), as_sample(y, "y")
    if len(a) != len(b):
        raise ValueError(f"y: {len(b)} samples, but x has {len(a)}; both must have the same number")
    return a, b
