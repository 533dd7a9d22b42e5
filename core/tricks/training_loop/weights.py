"""Weights held to a norm c in three ways (post 6311): by a constraint after the step, inside the forward pass, by a penalty.

After the step:    W ← W − α∇L(W), then W ← c·W/‖W‖. The gradient knows nothing of the norm, and the division undoes part of the step.
Inside:            the layer computes with c·V/‖V‖, and V takes the steps. ∇L is orthogonal to V, so ‖V‖² grows by α²‖∇L‖² a step.
Penalty:           L + λ(‖W‖ − c)². The norm settles where the two pull alike, near c and not on it.

‖W‖ is the spectral norm of the matrix, or the length of each of its rows (the weights of one neuron).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.fitting import batches, digit_tensors, generator, mlp
from core.tricks.training_loop.spectral import spectral_norm

__all__ = ["NORMS", "WAYS", "Weights", "four_ways", "growth", "measured", "rescaled"]

WAYS = ("free", "constraint", "inside", "penalty")
NORMS = ("spectral", "rows")
LAYERS = (64, 48, 10)
BATCH = 64
EVERY = 10  # steps between two points of the curves


def measured(w: Tensor, norm: str) -> Tensor:
    """‖W‖ of w [m, n]: the spectral norm by the post's five power iterations, a scalar, or the length of every row, [m, 1]."""
    if norm not in NORMS:
        raise ValueError(f"norm = {norm}: must be one of {', '.join(NORMS)}")
    return spectral_norm(w) if norm == "spectral" else w.norm(dim=1, keepdim=True)


def rescaled(w: Tensor, norm: str, size: float) -> Tensor:
    """size·W/‖W‖, [m, n]; the gradient runs through the norm."""
    return w * (size / measured(w, norm))


@dataclass(frozen=True, slots=True)
class Weights:
    """The same net trained in the four WAYS, from the same start on the same batches; rows of the arrays are WAYS.

    places [p] : steps at which the rest was measured, 0 first.
    loss, accuracy [4, p] : cross-entropy on all training digits, accuracy on the test digits.
    norm, stored [4, p] : exact norm of the first layer's matrix as the layer uses it, and as it is stored (mean over its rows).
    spectrum [4, 48] : the used matrix's singular values at the end, the largest as 1.
    """

    places: np.ndarray
    loss: np.ndarray
    accuracy: np.ndarray
    norm: np.ndarray
    stored: np.ndarray
    spectrum: np.ndarray

    @property
    def directions(self) -> np.ndarray:
        """Stable rank Σσ²/σ₁² of the first layer at the end, [4]: how many directions it really uses."""
        return np.square(self.spectrum).sum(1)


def four_ways(norm: str, size: float, lr: float, strength: float, steps: int, seed: int) -> Weights:
    """A net 64-48-10 on digits by plain gradient descent, four times: free, and held to ``size`` in three ways.

    ``strength`` is the penalty's λ. A step's length does not depend on ``steps``: fewer steps are the beginning of more.
    """
    traces, spectra = [], []
    for way in WAYS:
        trace, spectrum = _train(way, norm, size, lr, strength, steps, seed)
        traces.append(trace)
        spectra.append(spectrum / spectrum[0])
    places, loss, accuracy, used, stored = np.array(traces).transpose(2, 0, 1)
    return Weights(places[0].astype(int), loss, accuracy, used, stored, np.array(spectra))


def _train(
    way: str, norm: str, size: float, lr: float, strength: float, steps: int, seed: int
) -> tuple[list[tuple[float, ...]], np.ndarray]:
    """(step, loss, accuracy, norm used, norm stored) every so many steps; singular values of the first layer at the end."""
    rng, (x, y, x_test, y_test) = generator(seed), digit_tensors()
    layers = [layer for layer in mlp(LAYERS, rng) if isinstance(layer, nn.Linear)]
    parameters = [p for layer in layers for p in (layer.weight, layer.bias)]

    def used(layer: nn.Linear) -> Tensor:
        return rescaled(layer.weight, norm, size) if way == "inside" else layer.weight

    def model(z: Tensor) -> Tensor:
        for layer in layers[:-1]:
            z = torch.relu(F.linear(z, used(layer), layer.bias))
        return F.linear(z, used(layers[-1]), layers[-1].bias)

    @torch.no_grad()
    def state(step: int) -> tuple[float, ...]:
        loss = F.cross_entropy(model(x), y)
        accuracy = (model(x_test).argmax(1) == y_test).float().mean()
        return step, float(loss), float(accuracy), _exact(used(layers[0]), norm), _exact(layers[0].weight, norm)

    trace = [state(0)]
    for step, rows in enumerate(batches(len(x), BATCH, steps, rng), 1):
        loss = F.cross_entropy(model(x[rows]), y[rows])
        if way == "penalty":
            loss = loss + strength * sum((measured(layer.weight, norm) - size).square().sum() for layer in layers)
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= lr * gradient
            if way == "constraint":
                for layer in layers:
                    layer.weight.copy_(rescaled(layer.weight, norm, size))
        if step % EVERY == 0 or step == steps:
            trace.append(state(step))
    return trace, torch.linalg.svdvals(used(layers[0]).detach()).numpy()


def _exact(w: Tensor, norm: str) -> float:
    return float(torch.linalg.matrix_norm(w, 2) if norm == "spectral" else w.norm(dim=1).mean())


def growth(norm: str, lr: float, seed: int) -> tuple[float, float]:
    """One step of gradient descent on V where the layer computes with V/‖V‖ (rows, or the spectral norm), float64.

    Returns (largest |cos| between V and its gradient, over the rows or of the whole matrix; the growth of ‖V‖_F² over α²‖∇L‖²),
    which should be (0, 1). For the spectral norm this holds of the estimate's own gradient, u and v held fixed.
    """
    rng, (x, y, *_) = generator(seed), digit_tensors()
    v = torch.randn(10, 64, generator=rng, dtype=torch.float64).requires_grad_()
    loss = F.cross_entropy(x.double() @ rescaled(v, norm, 1.0).T, y)
    (gradient,) = torch.autograd.grad(loss, v)
    if norm == "rows":
        cosines = F.cosine_similarity(v, gradient, dim=1)
    else:
        cosines = F.cosine_similarity(v.flatten(), gradient.flatten(), dim=0)
    grown = (v - lr * gradient).square().sum() - v.square().sum()
    return float(cosines.detach().abs().max()), float((grown / (lr**2 * gradient.square().sum())).detach())
