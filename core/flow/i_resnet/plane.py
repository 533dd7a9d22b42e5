"""A flow of residual blocks in the plane, its targets, and its training.

Each block is x + W₃ φ(W₂ φ(W₁ x + b₁) + b₂) + b₃ with φ(a) = a σ(βa)/1.1 (arXiv 1906.02735), whose slope is at most 1 for
every β, and smooth: training differentiates ln det(I + J), so φ'' must be continuous, which ELU's is not. All blocks'
weights lie in one tensor a layer, so that their norms are found together. J is 2x2 and exact: two tangents go through the
branch with x.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.functional import normalize

from core.flow.i_resnet.blocks import Bound, fixed_point, log_det_series, within
from core.gan.plane.targets import target

__all__ = ["EXACT", "HALF", "Aim", "Config", "Layers", "PlaneFlow", "aim", "branch", "build", "grid_points", "in_double", "log_density", "log_det", "negative_log_likelihood", "one_block", "slopes"]  # fmt: skip

STEEPEST = 1.1  # of a σ(βa): its largest slope is 1.0998
SHARPNESS = 10.0  # β. With norms below 1 a layer's numbers are near 0.1: at β = 1 they would all stay where φ is a line
SPREAD = 2.5  # targets of core.gan.plane lie within [-1, 1]²; here eight normals on a circle of radius 2
SD = 0.2  # of each normal there after the blur below
BLUR = math.sqrt(SD**2 - (SPREAD * 0.02) ** 2)
HALF = 4.0  # the window [-4, 4]² of all pictures; N(0, I) leaves it once in 8 000
CELLS = 200  # of the grid on which a target's density and entropy are computed
EXACT = 0  # terms of the series: none, the determinant itself
LEAST_DENSITY = 1e-30  # of a target, where its logarithm is taken
POWER_ITERATIONS, WARM_ITERATIONS = 5, 30  # as the official density models


@dataclass(frozen=True)
class Config:
    """A flow of ``blocks`` whose branches have two hidden layers of ``width`` units; each layer's norm is at most ``c``."""

    blocks: int = 10
    width: int = 64
    c: float = 0.9


class Layers(NamedTuple):
    """One branch's weights [out, in] and biases [out] (or those of all blocks, with one axis more in front)."""

    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]


def branch(layers: Layers, x: Tensor) -> Tensor:
    """g(x), [B, 2]."""
    for weight, bias in zip(layers.weights[:-1], layers.biases[:-1], strict=True):
        a = torch.addmm(bias, x, weight.T)
        x = a * torch.sigmoid(SHARPNESS * a) / STEEPEST
    return torch.addmm(layers.biases[-1], x, layers.weights[-1].T)


def slopes(layers: Layers, x: Tensor) -> tuple[Tensor, Tensor]:
    """g(x) [B, 2] and its Jacobian [B, 2, 2]: [:, i, j] = ∂gᵢ/∂xⱼ."""
    tangents: Tensor | None = None
    for weight, bias in zip(layers.weights[:-1], layers.biases[:-1], strict=True):
        a = torch.addmm(bias, x, weight.T)
        gate = torch.sigmoid(SHARPNESS * a)
        slope = gate * (1 + SHARPNESS * a * (1 - gate)) / STEEPEST
        moved = weight.T if tangents is None else tangents @ weight.T
        x, tangents = a * gate / STEEPEST, moved * slope[:, None]
    assert tangents is not None
    return torch.addmm(layers.biases[-1], x, layers.weights[-1].T), (tangents @ layers.weights[-1].T).mT


class PlaneFlow(nn.Module):
    """x [B, 2] ↔ z [B, 2] through residual blocks."""

    def __init__(self, config: Config, bound: Bound = "none") -> None:
        super().__init__()
        self.config, self.bound = config, bound
        sizes = (2, config.width, config.width, 2)
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for inputs, outputs in pairwise(sizes):
            edge = 1 / math.sqrt(inputs)
            self.weights.append(torch.empty(config.blocks, outputs, inputs).uniform_(-edge, edge))
            self.biases.append(torch.empty(config.blocks, outputs).uniform_(-edge, edge))
        if bound == "power":
            self.register_buffer("vector", torch.randn(config.blocks, config.width, 1))
            self._iterate(WARM_ITERATIONS)

    def layers(self) -> Layers:
        """All blocks' weights W / max(1, σ/c), with a first axis of blocks, and biases."""
        weights = tuple(self.weights)
        if self.bound != "none":
            norms = self._norms_now()
            weights = tuple(
                weight / (norm / self.config.c).clamp(min=1.0)[:, None, None]
                for weight, norm in zip(weights, norms, strict=True)
            )
        return Layers(weights, tuple(self.biases))

    def block(self, number: int) -> Layers:
        """The layers of one block, from 0."""
        return one_block(self.layers(), number)

    def forward(self, x: Tensor, terms: int = EXACT) -> tuple[Tensor, Tensor]:
        """z and ln |det ∂z/∂x| [B], by the determinant or by ``terms`` of the series."""
        layers, total = self.layers(), x.new_zeros(len(x))
        for number in range(self.config.blocks):
            step, jacobian = slopes(one_block(layers, number), x)
            x = x + step
            total = total + (log_det(jacobian) if terms == EXACT else log_det_series(jacobian, terms))
        return x, total

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """x and ln |det ∂x/∂z| [B]."""
        layers, total = self.layers(), z.new_zeros(len(z))
        for number in reversed(range(self.config.blocks)):
            own = one_block(layers, number)
            z = fixed_point(_branch_of(own), z)
            total = total - log_det(slopes(own, z)[1])
        return z, total

    def log_density(self, x: Tensor) -> Tensor:
        """ln p(x) [B], z being N(0, I)."""
        return log_density(*self(x))

    @torch.no_grad()
    def norms(self) -> Tensor:
        """The largest singular values [3, blocks] of the stored weights, exact."""
        return torch.stack([torch.linalg.matrix_norm(weight.double(), 2) for weight in self.weights])

    @torch.no_grad()
    def settled(self) -> PlaneFlow:
        """A copy whose stored weights, rounded to fp16 as they ship, have norms at most c by SVD."""
        found = PlaneFlow(self.config)
        found.load_state_dict({k: v for k, v in copy.deepcopy(self.state_dict()).items() if k != "vector"})
        for weight, norms in zip(found.weights, self.norms(), strict=True):
            for own, norm in zip(weight, norms.tolist(), strict=True):
                own.copy_(within(own, norm, self.config.c))
        return found.half().float().eval()

    def _norms_now(self) -> tuple[Tensor, ...]:
        if self.bound == "exact":
            return tuple(torch.linalg.matrix_norm(weight.detach(), 2) for weight in self.weights)
        self._iterate(POWER_ITERATIONS)
        first, middle, last = self.weights
        sigma = (middle @ self.get_buffer("vector")).norm(dim=(1, 2))
        return _largest_of_two(first.mT @ first), sigma, _largest_of_two(last @ last.mT)

    @torch.no_grad()
    def _iterate(self, count: int) -> None:
        vector, middle = self.get_buffer("vector"), self.weights[1]
        found = vector
        for _ in range(count):
            found = normalize(middle.mT @ (middle @ found), dim=1)
        vector.copy_(found)


def _branch_of(layers: Layers) -> Callable[[Tensor], Tensor]:
    return lambda x: branch(layers, x)


def one_block(layers: Layers, number: int) -> Layers:
    """The layers of block ``number`` out of those of all blocks."""
    return Layers(tuple(w[number] for w in layers.weights), tuple(b[number] for b in layers.biases))


def in_double(layers: Layers) -> Layers:
    """The same layers in float64."""
    return Layers(tuple(w.double() for w in layers.weights), tuple(b.double() for b in layers.biases))


def log_det(jacobian: Tensor) -> Tensor:
    """ln |det(I + J)| for J [..., 2, 2]."""
    (a, b), (c, d) = (row.unbind(-1) for row in jacobian.unbind(-2))
    return ((1 + a) * (1 + d) - b * c).abs().log()


def _largest_of_two(gram: Tensor) -> Tensor:
    """√ of the larger eigenvalue of symmetric matrices [..., 2, 2]."""
    half = (gram[..., 0, 0] + gram[..., 1, 1]) / 2
    apart = (gram[..., 0, 0] - gram[..., 1, 1]) / 2
    return (half + (apart.square() + gram[..., 0, 1].square()).clamp(min=1e-24).sqrt()).sqrt()


def log_density(z: Tensor, logdet: Tensor) -> Tensor:
    """ln p(x) = -½‖z‖² - ln 2π + ln |det ∂z/∂x| for z [B, 2] and logdet [B]."""
    return logdet - 0.5 * z.square().sum(1) - math.log(2 * math.pi)


def negative_log_likelihood(z: Tensor, logdet: Tensor) -> Tensor:
    """Mean of -ln p(x), nats a point."""
    return -log_density(z, logdet).mean()


def build(**settings: float) -> PlaneFlow:
    """An untrained flow (what its weights card names)."""
    return PlaneFlow(Config(**settings))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Aim:
    """A target: ``pool`` [N, 2] float32 of kernel centres. A point is one of them plus normal noise of sd ``BLUR``.

    ``density`` [y, x] at the cells' centres of a grid over [-4, 4]², and its ``entropy`` in nats: the least mean of -ln p(x)
    that any model can reach.
    """

    name: str
    pool: np.ndarray
    density: np.ndarray
    entropy: float

    def sample(self, count: int, rng: torch.Generator) -> Tensor:
        """``count`` points [count, 2]."""
        picks = torch.randint(len(self.pool), (count,), generator=rng)
        return torch.from_numpy(self.pool)[picks] + BLUR * torch.randn(count, 2, generator=rng)

    def excess(self, x: Tensor, log_density: Tensor) -> float:
        """Mean of ln p(x) - ln q(x) over points x [N, 2] of the target p, ln q given: KL(p‖q), nats a point.

        Its noise is far smaller than that of the mean of -ln q less the entropy. p is interpolated on the grid.
        """
        field = torch.from_numpy(self.density).clamp(min=LEAST_DENSITY).log()[None, None]
        own = F.grid_sample(field, (x / HALF)[None, None], align_corners=False, padding_mode="border")
        return float((own[0, 0, 0] - log_density).mean())


def aim(name: str, seed: int, drawing: np.ndarray | None = None) -> Aim:
    """The target ``name`` of the plane's (core.gan.plane.targets), larger and blurred so that Lip < 1 suffices. Refusal as there."""
    pool = (SPREAD * target(name, seed, drawing).points).astype(np.float32)
    edges = np.linspace(-HALF, HALF, CELLS + 1)
    counts, _, _ = np.histogram2d(pool[:, 1], pool[:, 0], bins=(edges, edges))
    centres = (edges[1:] + edges[:-1]) / 2
    kernel = np.exp(-0.5 * ((centres[:, None] - centres) / BLUR) ** 2) / (BLUR * math.sqrt(2 * math.pi))
    density = kernel @ (counts / len(pool)) @ kernel.T
    cell = (edges[1] - edges[0]) ** 2
    positive = density[density > 0]
    return Aim(name, pool, density.astype(np.float32), float(-(positive * np.log(positive)).sum() * cell))


def grid_points(cells: int = CELLS, half: float = HALF) -> tuple[np.ndarray, Tensor]:
    """Centres of the cells along an axis [cells], and all of them as points [cells², 2], row by row from below."""
    axis = (np.arange(cells) + 0.5) * 2 * half / cells - half
    x, y = np.meshgrid(axis, axis)
    return axis, torch.from_numpy(np.stack([x, y], -1).reshape(-1, 2)).float()
