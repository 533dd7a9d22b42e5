"""A neural network and its backpropagation, written by hand (post 3331).

A unit weighs its inputs and asks whether the sum passes a threshold: y = θ(Σ_j w2_kj θ(Σ_i w1_ji x_i)). The step θ has the slope 0
wherever it has one, so nothing can be learned by small changes; S(kx) = 1 / (1 + e^{-kx}) is smooth and becomes the step as k → ∞.

Forward: a_0 = x, z_l = W_l a_{l-1} + b_l, a_l = S(k_l z_l). Backward, from δ_L = ∂loss/∂z_L, the chain rule layer by layer:

    ∂loss/∂W_l = δ_l a_{l-1}ᵀ,    ∂loss/∂b_l = δ_l,    δ_{l-1} = (W_lᵀ δ_l) · S'(k z_{l-1}),    S' = k S (1 - S)

The post's step has the values ±1, which is 2θ - 1 of the step here (0, 1); the weights and biases of the next layer take that up.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, log_softmax

__all__ = ["LINEAR", "Layer", "Network", "UNIT_SLOPE", "cross_entropy", "random_network", "sigmoid", "slope", "squared"]

LINEAR = 0.0
"""The sharpness of a layer without S: its outputs are the weighted sums themselves."""
UNIT_SLOPE = 4.0
"""S(4x) has the slope 1 at 0, so that gradients neither grow nor shrink there."""


def sigmoid(x: np.ndarray, k: float) -> np.ndarray:
    """S(kx) in [0, 1]; with k = ∞ the step θ, 1 for x > 0 and 0 for x < 0 (½ at 0, which every S(kx) has there)."""
    if math.isinf(k):
        return np.heaviside(x, np.asarray(0.5, x.dtype))
    return expit(k * x)


def slope(a: np.ndarray, k: float) -> np.ndarray:
    """The derivative of S(kx) from its value a: k a (1 - a); of the step 0 everywhere."""
    return np.zeros_like(a) if math.isinf(k) else k * a * (1 - a)


@dataclass(frozen=True, slots=True)
class Layer:
    """Weights [out, in], biases [out] and the sharpness ``k`` of its units: 0 none (linear), ∞ the step."""

    weight: np.ndarray
    bias: np.ndarray
    k: float

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Inputs [n, in] → outputs [n, out]."""
        z = x @ self.weight.T + self.bias
        return z if self.k == LINEAR else sigmoid(z, self.k)


@dataclass(frozen=True, slots=True)
class Network:
    """Layers one after another."""

    layers: tuple[Layer, ...]

    def forward(self, x: np.ndarray) -> list[np.ndarray]:
        """x [n, in] → x and the outputs of every layer, the last [n, out]."""
        found = [x]
        for layer in self.layers:
            found.append(layer(found[-1]))
        return found

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """x [n, in] → the last layer's outputs [n, out]."""
        return self.forward(x)[-1]

    def backward(self, found: Sequence[np.ndarray], grad: np.ndarray) -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray]:  # fmt: skip
        """Backpropagation: what :meth:`forward` gave and ∂loss/∂(last output) [n, out] → the gradients of every layer's (W, b)
        and of the input [n, in]."""
        gradients = []
        for layer, before, after in zip(reversed(self.layers), reversed(found[:-1]), reversed(found[1:]), strict=True):
            delta = grad if layer.k == LINEAR else grad * slope(after, layer.k)
            gradients.append((delta.T @ before, delta.sum(0)))
            grad = delta @ layer.weight
        return gradients[::-1], grad

    def sharpened(self, k: float) -> Network:
        """The same weights with every S made as sharp as ``k`` (∞: steps); linear layers stay."""
        return Network(tuple(layer if layer.k == LINEAR else replace(layer, k=k) for layer in self.layers))


def random_network(sizes: Sequence[int], ks: Sequence[float], rng: np.random.Generator) -> Network:
    """Weights uniform after Glorot and Bengio (2010), divided by the slope k/4 of S(kx) at 0; biases at 0; float64."""
    layers = []
    for (n, m), k in zip(itertools.pairwise(sizes), ks, strict=True):
        bound = math.sqrt(6 / (n + m)) * (1 if k == LINEAR or math.isinf(k) else 4 / k)
        layers.append(Layer(rng.uniform(-bound, bound, (m, n)), np.zeros(m), k))
    return Network(tuple(layers))


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """-log softmax(logits)[label], the mean over n, in nats; and its gradient by the logits: (softmax - 1 at the label) / n."""
    log_p = log_softmax(logits, axis=1)
    rows = np.arange(len(labels))
    grad = np.exp(log_p)
    grad[rows, labels] -= 1
    return float(-log_p[rows, labels].mean()), grad / len(labels)


def squared(made: np.ndarray, x: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean over n of Σ (made - x)², and its gradient by ``made``."""
    gap = made - x
    return float((gap * gap).sum(1).mean()), 2 * gap / len(x)
