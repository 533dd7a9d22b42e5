"""ln det(I + J) by its series, by Hutchinson's estimate, and exact: at one point of the plane, and over a target's points."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from core.flow.i_resnet.blocks import CPU
from core.flow.i_resnet.plane import PlaneFlow, aim, grid_points, in_double, log_det, one_block, slopes
from core.weights import load

__all__ = ["Probe", "Series", "partial_sums", "quadratic_variance", "remainder_bound", "series"]

Probe = Literal["normal", "signs"]
MOST_TERMS = 20
AVERAGED = 500  # points over which the error is averaged
CELLS = 80


@dataclass(frozen=True)
class Series:
    """At the point x: ``exact`` ln |det|, ``sums`` [20] of the series with N terms, ``sds`` [20] the standard deviation of
    Hutchinson's estimate of each with the given number of probes, ``estimates`` [M] of it at ``terms``, where one probe has sd ``one``.

    ``errors`` [20]: the mean over the target's points of |series - exact|; ``biases`` [20] of series - exact; ``bounds``
    [20] the remainder's bound by the product of norms of the layers. ``density`` [y, x] at ``axis`` is the target's picture.
    """

    exact: float
    sums: np.ndarray
    sds: np.ndarray
    one: float
    estimates: np.ndarray
    errors: np.ndarray
    biases: np.ndarray
    bounds: np.ndarray
    axis: np.ndarray
    density: np.ndarray

    @property
    def spread(self) -> float:
        """The standard deviation of the estimates."""
        return float(self.estimates.std())


def partial_sums(jacobian: Tensor, most: int = MOST_TERMS) -> Tensor:
    """Σ_{k≤N} (-1)^{k+1} tr(Jᵏ)/k for N = 1 … most, [most, ...]; J is [..., d, d]."""
    return torch.stack([a.diagonal(dim1=-2, dim2=-1).sum(-1) for a in _matrices(jacobian, most)])


def _matrices(jacobian: Tensor, most: int) -> list[Tensor]:
    """A_N = Σ_{k≤N} (-1)^{k+1} Jᵏ/k for N = 1 … most."""
    power, total, found = jacobian, torch.zeros_like(jacobian), []
    for k in range(1, most + 1):
        total = total + (-1) ** (k + 1) / k * power
        found.append(total)
        power = power @ jacobian
    return found


def quadratic_variance(matrix: Tensor, probe: Probe) -> Tensor:
    """The variance of uᵀAu [...]: 2 ‖S‖² for u ~ N(0, I), S the symmetric part; without S's diagonal for random signs."""
    symmetric = (matrix + matrix.mT) / 2
    squares = symmetric.square()
    if probe == "signs":
        squares = squares - torch.diag_embed(squares.diagonal(dim1=-2, dim2=-1))
    return 2 * squares.sum((-2, -1))


def remainder_bound(norms: Tensor, dimensions: int, terms: int) -> Tensor:
    """|ln det(I + J) - N terms| ≤ d Lᴺ⁺¹ / ((N + 1)(1 - L)) for ‖J‖ ≤ L < 1."""
    return dimensions * norms ** (terms + 1) / ((terms + 1) * (1 - norms))


@dataclass(frozen=True)
class _Whole:
    """What does not depend on the point: errors, biases and bounds [20], and the density's picture."""

    errors: np.ndarray
    biases: np.ndarray
    bounds: np.ndarray
    axis: np.ndarray
    density: np.ndarray


@lru_cache(maxsize=4)
@torch.inference_mode()
def _whole(target: str) -> _Whole:
    model: PlaneFlow = load(f"i-resnet-{target}", CPU)
    stacked = jacobians(model, aim(target, 0).sample(AVERAGED, torch.Generator().manual_seed(0)))
    gaps = partial_sums(stacked).sum(1) - log_det(stacked).sum(0)
    lips = model.norms().prod(0)
    bounds = torch.stack([remainder_bound(lips, 2, n).sum() for n in range(1, MOST_TERMS + 1)])
    axis, grid = grid_points(CELLS)
    density = model.log_density(grid).exp().reshape(CELLS, CELLS)
    return _Whole(gaps.abs().mean(1).numpy(), gaps.mean(1).numpy(), bounds.numpy(), axis, density.numpy())


def jacobians(model: PlaneFlow, x: Tensor) -> Tensor:
    """J of every block where x [N, 2] passes it, [blocks, N, 2, 2] in float64."""
    layers, found, x = in_double(model.layers()), [], x.double()
    for number in range(model.config.blocks):
        step, jacobian = slopes(one_block(layers, number), x)
        x = x + step
        found.append(jacobian)
    return torch.stack(found)


@torch.inference_mode()
def series(
    target: str, x: tuple[float, float], terms: int, probe: Probe, probes: int, seed: int, draws: int = 400
) -> Series:
    """All of it for the shipped flow of ``target``, its blocks together, in float64."""
    model, whole = load(f"i-resnet-{target}", CPU), _whole(target)
    here = jacobians(model, torch.tensor([x]))[:, 0]
    matrices = _matrices(here, MOST_TERMS)
    variances = torch.stack([quadratic_variance(a, probe).sum() for a in matrices])
    return Series(
        float(log_det(here).sum()), partial_sums(here).sum(1).numpy(), (variances / probes).sqrt().numpy(),
        float(variances[terms - 1].sqrt()),
        estimates(matrices[terms - 1], probe, probes, draws, seed).numpy(), whole.errors, whole.biases, whole.bounds,
        whole.axis, whole.density,
    )  # fmt: skip


def estimates(matrices: Tensor, probe: Probe, probes: int, draws: int, seed: int) -> Tensor:
    """``draws`` estimates of Σ tr Aᵢ, each the mean of ``probes`` of Σ uᵢᵀ Aᵢ uᵢ; matrices [blocks, d, d]."""
    rng = torch.Generator().manual_seed(seed)
    u = torch.randn(draws, probes, *matrices.shape[:2], generator=rng, dtype=matrices.dtype)
    if probe == "signs":
        u = u.sign()
    return torch.einsum("npbi,bij,npbj->n", u, matrices, u) / probes
