"""A multilayer perceptron with its derivatives written out, up to those of a gradient penalty.

The networks of the plane bench are so small that automatic differentiation spends most of its time on bookkeeping.
Here a step is a few matrix products and element-wise operations, on any device and in any precision. All parameters
lie in one flat tensor, so that an optimiser updates them in one operation.

For x [B, n₀] the network computes h₀ = x, aₗ = hₗ₋₁ Wₗ + bₗ, hₗ = φ(aₗ), and T = h_{L-1} W_L + b_L.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import normalize

__all__ = ["Activation", "Network", "Tape"]

Activation = Literal["leaky-relu", "tanh"]
SLOPE = 0.2  # of the leaky ReLU, as in the critics of the posts
POWER_ITERATIONS = 1  # a step, as in the paper on spectral normalisation (arXiv 1802.05957); u is kept between steps
WARM_ITERATIONS = 20  # before the first step


class Tape(NamedTuple):
    """What a forward pass leaves for the backward passes: the input of each layer, and φ' at each hidden layer."""

    inputs: list[Tensor]
    slopes: list[Tensor]


class Network:
    """A multilayer perceptron of the given ``sizes``; He's initialisation from ``rng``, biases 0.

    With ``spectral`` each weight matrix is divided by its largest singular value, found by power iteration, and the
    gradient flows through that value.
    """

    def __init__(
        self, sizes: Sequence[int], rng: torch.Generator, activation: Activation = "leaky-relu", spectral: bool = False,
        device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32,
    ) -> None:  # fmt: skip
        self.activation: Activation = activation
        self.spectral = spectral
        shapes = list(pairwise(sizes))
        self.parameters = torch.zeros(sum(n * m + m for n, m in shapes), device=device, dtype=dtype)
        self.gradient = torch.zeros_like(self.parameters)
        self.raw, self.biases = _views(self.parameters, shapes)
        self._weight_gradients, self._bias_gradients = _views(self.gradient, shapes)
        for weight in self.raw:
            drawn = torch.randn(weight.shape, generator=rng)  # on the CPU: the same start on every device
            weight.copy_(drawn * math.sqrt(2 / weight.shape[0]))
        self.weights: list[Tensor] = self.raw
        self._left = [normalize(weight.sum(1), dim=0) for weight in self.raw]
        self._singular: list[tuple[Tensor, Tensor, Tensor]] = []
        self.normalise(WARM_ITERATIONS)

    def normalise(self, iterations: int = POWER_ITERATIONS) -> None:
        """After the parameters have changed: take power iterations and divide by the singular values."""
        if not self.spectral:
            return
        self._singular, self.weights = [], []
        for k, weight in enumerate(self.raw):
            for _ in range(iterations):
                right = normalize(self._left[k] @ weight, dim=0)
                self._left[k] = normalize(weight @ right, dim=0)
            right = normalize(self._left[k] @ weight, dim=0)
            sigma = self._left[k] @ weight @ right
            self._singular.append((self._left[k], right, sigma))
            self.weights.append(weight / sigma)

    def __call__(self, x: Tensor) -> Tensor:
        """T(x): [B, n] → [B, m]."""
        return self.forward(x)[0]

    def forward(self, x: Tensor) -> tuple[Tensor, Tape]:
        """T(x), and what its derivatives need."""
        inputs, slopes, h = [x], [], x
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            h, slope = self._activate(torch.addmm(bias, h, weight))
            inputs.append(h)
            slopes.append(slope)
        return torch.addmm(self.biases[-1], h, self.weights[-1]), Tape(inputs, slopes)

    def _activate(self, a: Tensor) -> tuple[Tensor, Tensor]:
        """φ(a) and φ'(a)."""
        if self.activation == "tanh":
            h = a.tanh()
            return h, 1 - h * h
        slope = (a > 0).to(a.dtype).mul_(1 - SLOPE).add_(SLOPE)
        return a * slope, slope

    def zero(self) -> None:
        """Set the gradient of the parameters to zero."""
        self.gradient.zero_()

    def backward(self, tape: Tape, upstream: Tensor) -> None:
        """Add to ``gradient`` that of Σ upstream · T(x), with upstream [B, m]."""
        delta = upstream
        for layer in reversed(range(len(self.weights))):
            self._weight_gradients[layer].addmm_(tape.inputs[layer].T, delta)
            self._bias_gradients[layer].add_(delta.sum(0))
            if layer:
                delta = (delta @ self.weights[layer].T).mul_(tape.slopes[layer - 1])

    def input_gradient(self, tape: Tape, upstream: Tensor) -> Tensor:
        """The gradient of Σ upstream · T(x) with respect to x, [B, n]."""
        delta = upstream
        for layer in reversed(range(1, len(self.weights))):
            delta = (delta @ self.weights[layer].T).mul_(tape.slopes[layer - 1])
        return delta @ self.weights[0].T

    def backward_through_slope(self, tape: Tape, direction: Tensor) -> None:
        """Add to ``gradient`` that of Σ_b v_b · ∇ₓT(x_b) for fixed directions v [B, n]; T must be scalar.

        The sum is a directional derivative, hence the output of the tangent network t₀ = v,
        tₗ = φ'(aₗ) ⊙ (tₗ₋₁ Wₗ). Backpropagation through it reaches Wₗ directly, and aₗ where φ' is not constant.
        """
        tangents, lines = [direction], []
        for weight, slope in zip(self.weights[:-1], tape.slopes, strict=True):
            line = tangents[-1] @ weight
            lines.append(line)
            tangents.append(line * slope)
        adjoint = torch.ones(len(direction), 1, device=direction.device, dtype=direction.dtype)
        bent: Tensor | None = None  # the adjoint of aₗ, which comes from φ'' alone
        for layer in reversed(range(len(self.weights))):
            self._weight_gradients[layer].addmm_(tangents[layer].T, adjoint)
            if bent is not None:
                self._weight_gradients[layer].addmm_(tape.inputs[layer].T, bent)
                self._bias_gradients[layer].add_(bent.sum(0))
            if not layer:
                return
            slope, back = tape.slopes[layer - 1], adjoint @ self.weights[layer].T
            if self.activation == "tanh":
                curvature = -2 * tape.inputs[layer] * slope  # tanh'' = -2 tanh tanh'
                below = bent @ self.weights[layer].T * slope if bent is not None else 0.0
                bent = back * lines[layer - 1] * curvature + below
            adjoint = back * slope

    def settle(self) -> None:
        """Turn the gradient with respect to the normalised weights W / σ into that with respect to W.

        ∂σ/∂W = u vᵀ, hence ∂f/∂W = (G - ⟨G, W/σ⟩ u vᵀ) / σ. Without ``spectral`` there is nothing to do.
        """
        for k, (left, right, sigma) in enumerate(self._singular):
            gradient = self._weight_gradients[k]
            inner = (gradient * self.weights[k]).sum()
            gradient.sub_(inner * torch.outer(left, right)).div_(sigma)


def _views(flat: Tensor, shapes: Sequence[tuple[int, int]]) -> tuple[list[Tensor], list[Tensor]]:
    """Weights [n, m] and biases [m] of each layer as views of ``flat``."""
    weights, biases, at = [], [], 0
    for n, m in shapes:
        weights.append(flat[at : at + n * m].view(n, m))
        biases.append(flat[at + n * m : at + n * m + m])
        at += n * m + m
    return weights, biases
