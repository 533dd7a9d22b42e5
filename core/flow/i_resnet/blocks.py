"""The residual block z = x + g(x) with Lip(g) < 1: norms of its layers, its inverse, its log-determinant (arXiv 1811.00995).

A layer W is replaced by W / max(1, σ(W)/c), σ its largest singular value as an operator and c in (0, 1). The inverse is the
limit of x ← z - g(x), whose error shrinks by Lip(g) an iteration, and ln det(I + J) = tr J - tr J²/2 + tr J³/3 - …
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["CPU", "Bound", "BoundedConv", "Residual", "conv_matrix", "conv_norm", "convolutional", "fixed_point", "iterates", "log_det_series", "probes_of_series", "reshaped_norm", "within"]  # fmt: skip

CPU = torch.device("cpu")
"""Where all that readers see of i-ResNet is computed: in double, which not every GPU has, and with too few numbers to gain by one."""
Bound = Literal["none", "power", "exact"]
"""How σ is found at each forward pass: not at all (weights as they stand), by power iterations that go on from the last
call's vector, or exactly."""
POWER_ITERATIONS = 1  # a step, as the official classifier; the density models there take 5
WARM_ITERATIONS = 30  # before the first step
TOLERANCE = {torch.float32: 1e-6, torch.float64: 1e-13}  # of the fixed point, per coordinate
MOST_ITERATIONS = 400  # c³ = 0.9³ needs about 45 for float32, and 95 for float64
SMALL = 128  # numbers a picture: up to that, a matrix is made and its SVD taken
SLACK = 1e-3  # that weights are left below c before they are rounded to 11 bits

Branch = Callable[[Tensor], Tensor]


def conv_matrix(weight: Tensor, side: int) -> Tensor:
    """The zero-padded convolution ``weight`` [O, I, k, k] on pictures of ``side`` pixels as a matrix [O side², I side²]."""
    inputs, k = weight.shape[1], weight.shape[-1]
    basis = torch.eye(inputs * side * side, dtype=weight.dtype, device=weight.device)
    return F.conv2d(basis.reshape(-1, inputs, side, side), weight, padding=k // 2).flatten(1).T


def conv_norm(weight: Tensor, side: int) -> float:
    """The largest singular value of the zero-padded convolution at its true input size, to the rounding of float64.

    By Lanczos' method on AᵀA, which needs no matrix; a check compares it with the SVD of :func:`conv_matrix`. A 1x1
    convolution is one matrix at every pixel.
    """
    weight = weight.detach().double().cpu()
    _, inputs, k, _ = weight.shape
    if k == 1:
        return float(torch.linalg.matrix_norm(weight[:, :, 0, 0], 2))
    size = inputs * side * side
    if size <= SMALL:
        return float(torch.linalg.matrix_norm(conv_matrix(weight, side), 2))

    def gram(v: np.ndarray) -> np.ndarray:
        image = F.conv2d(torch.from_numpy(v).reshape(1, inputs, side, side), weight, padding=k // 2)
        return F.conv_transpose2d(image, weight, padding=k // 2).flatten().numpy()

    start = np.random.default_rng(0).normal(size=size)
    operator = LinearOperator((size, size), gram, dtype=np.float64)  # pyright: ignore[reportCallIssue]
    largest = np.asarray(eigsh(operator, k=1, v0=start, return_eigenvectors=False))
    return math.sqrt(float(largest[0]))


def reshaped_norm(weight: Tensor) -> float:
    """The largest singular value of the kernel as a matrix [O, I k k]: no bound on the operator's, which is up to k times it."""
    return float(torch.linalg.matrix_norm(weight.flatten(1).double(), 2))


def within(weight: Tensor, norm: float, c: float) -> Tensor:
    """The weight with norm at most c, with room for the rounding to fp16."""
    return weight * min(1.0, (1 - SLACK) * c / norm)


class BoundedConv(nn.Module):
    """A convolution kxk on pictures of ``side`` pixels, zero-padded, whose operator norm is at most c (c = 0: free)."""

    def __init__(self, inputs: int, outputs: int, k: int, side: int, c: float, bound: Bound = "none") -> None:
        super().__init__()
        start = nn.Conv2d(inputs, outputs, k)
        assert start.bias is not None
        self.weight, self.bias = nn.Parameter(start.weight.detach()), nn.Parameter(start.bias.detach())
        self.side, self.c = side, c
        self.bound: Bound = bound if c else "none"
        if self.bound == "power":
            self.register_buffer("vector", torch.randn(1, inputs, side, side))
            self._iterate(WARM_ITERATIONS)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.bounded(), self.bias, padding=self.weight.shape[-1] // 2)

    def bounded(self) -> Tensor:
        """W / max(1, σ/c)."""
        if self.bound == "none":
            return self.weight
        if self.bound == "exact":
            return self.weight / max(1.0, self.norm() / self.c)
        self._iterate(POWER_ITERATIONS)
        direction = self.get_buffer("vector")
        sigma = F.conv2d(direction, self.weight, padding=self.weight.shape[-1] // 2).norm()
        return self.weight / (sigma / self.c).clamp(min=1.0)

    def norm(self) -> float:
        """σ of the weight as it is stored, exact."""
        return conv_norm(self.weight.detach(), self.side)

    @torch.no_grad()
    def settle(self) -> None:
        """Divide the stored weight once and for all, by its exact norm."""
        if self.c:
            self.weight.copy_(within(self.weight, self.norm(), self.c))

    @torch.no_grad()
    def _iterate(self, count: int) -> None:
        if not self.training:
            return
        vector, pad = self.get_buffer("vector"), self.weight.shape[-1] // 2
        found = vector
        for _ in range(count):
            image = F.conv2d(found, self.weight, padding=pad)
            found = F.conv_transpose2d(image, self.weight, padding=pad)
            found = found / found.norm().clamp(min=1e-12)
        vector.copy_(found)


def iterates(g: Branch, z: Tensor, count: int) -> Iterator[Tensor]:
    """x₀ = z and the next ``count`` of x ← z - g(x); Lip(g) < 1 makes the error at most Lipⁿ/(1 - Lip) ‖x₁ - x₀‖."""
    x = z
    yield x
    for _ in range(count):
        x = z - g(x)
        yield x


@torch.no_grad()
def fixed_point(g: Branch, z: Tensor, most: int = MOST_ITERATIONS) -> Tensor:
    """x with x + g(x) = z, to the rounding of the arithmetic, or the last of ``most`` iterates where they do not settle.

    Without a gradient.
    """
    tolerance, before = TOLERANCE.get(z.dtype, TOLERANCE[torch.float32]), z
    for x in iterates(g, z, most):
        if x is not z and float((x - before).abs().max()) < tolerance:
            return x
        before = x
    return before


def log_det_series(jacobian: Tensor, terms: int) -> Tensor:
    """Σ_{k≤N} (-1)^{k+1} tr(Jᵏ)/k for J [..., d, d]: ln det(I + J) in the limit, where J's spectral radius is below 1."""
    power, total = jacobian, jacobian.new_zeros(jacobian.shape[:-2])
    for k in range(1, terms + 1):
        total = total + (-1) ** (k + 1) / k * power.diagonal(dim1=-2, dim2=-1).sum(-1)
        power = power @ jacobian
    return total


def probes_of_series(g: Branch, x: Tensor, probes: Tensor, terms: int) -> Tensor:
    """Hutchinson's estimate of the series without the Jacobian: Σ_{k≤N} (-1)^{k+1} uᵀJᵏu / k, one u ~ N(0, I) a sample [B].

    Each term is one more product uᵀJ by reverse differentiation; the gradient of the result is kept.
    """
    with torch.enable_grad():
        x = x if x.requires_grad else x.detach().requires_grad_()
        out = g(x)
        total, row = x.new_zeros(len(x)), probes
        for k in range(1, terms + 1):
            (row,) = torch.autograd.grad(out, x, row, create_graph=torch.is_grad_enabled(), retain_graph=True)
            total = total + (-1) ** (k + 1) / k * (row * probes).flatten(1).sum(1)
    return total


class Residual(nn.Module):
    """z = x + g(x), with the log-determinant of its whole Jacobian: for inputs of few numbers, as in tests and in the plane."""

    def __init__(self, branch: nn.Module) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x + self.branch(x), self._logdet(x)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        x = fixed_point(self.branch, z)
        return x, -self._logdet(x)

    def jacobian(self, x: Tensor) -> Tensor:
        """J of the branch, [B, d, d]."""

        def flat(v: Tensor) -> Tensor:
            return self.branch(v.reshape(1, *x.shape[1:])).flatten()

        return torch.func.vmap(torch.func.jacrev(flat))(x.flatten(1))

    def _logdet(self, x: Tensor) -> Tensor:
        found = self.jacobian(x)
        return torch.linalg.slogdet(found + torch.eye(found.shape[-1], dtype=x.dtype, device=x.device)).logabsdet


def convolutional(channels: int, hidden: int, side: int, c: float, bound: Bound = "none") -> nn.Sequential:
    """The official branch: conv 3x3 - ELU - 1x1 - ELU - 3x3; ELU has slopes in (0, 1], so Lip ≤ c³."""
    return nn.Sequential(
        BoundedConv(channels, hidden, 3, side, c, bound),
        nn.ELU(),
        BoundedConv(hidden, hidden, 1, side, c, bound),
        nn.ELU(),
        BoundedConv(hidden, channels, 3, side, c, bound),
    )
