"""θ = λφ: three walks down a surface, and a network whose layers are rewritten, beside parameter groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.fitting import batches, digit_tensors, generator, mlp
from core.refusal import Refusal

__all__ = [
    "Equivalence", "OPTIMISERS", "SURFACES", "Scaled", "Walk", "Walks", "equivalence", "multiplier", "slope", "surface", "walks", "what_breaks_it",
]  # fmt: skip

SURFACES = ("valley", "rosenbrock", "saddle")
OPTIMISERS = ("sgd", "momentum", "adam")
TINY = 1e-12  # Adam's ε where the equivalence is claimed: it holds as ε → 0
MOMENTUM, BETAS = 0.9, (0.9, 0.999)
BATCH = 64
REACH, GRID = 2.5, 60  # half the side of the plane that is drawn, and points along it
FAR = 1e6  # a walk beyond it has run away and ends
BROKEN: Mapping[str, Mapping[str, float]] = {
    "plain": {}, "keras": {"epsilon": 1e-7}, "epsilon": {"epsilon": 1e-3}, "decay": {"decay": 0.01}, "norm": {"norm": 0.1},
}  # fmt: skip
"""What is added to the training: nothing, Keras's ε, a large ε (both for Adam alone), weight decay, a clipped global norm."""


class Scaled(nn.Module):
    """A linear layer rewritten: weight and bias are λ times what is trained, and begin where they were (φ = θ/λ)."""

    def __init__(self, layer: nn.Linear, factor: float) -> None:
        super().__init__()
        self.factor = factor
        self.weight = nn.Parameter(layer.weight.detach() / factor)
        self.bias = nn.Parameter(layer.bias.detach() / factor)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.factor * self.weight, self.factor * self.bias)


def multiplier(factor: float, optimiser: str) -> float:
    """By what θ's learning rate is multiplied when θ = factor·φ is trained through φ: factor² (SGD, momentum) or factor (Adam)."""
    if optimiser not in OPTIMISERS:
        raise Refusal(
            f"应为 {'、'.join(OPTIMISERS)} 之一", f"must be one of {', '.join(OPTIMISERS)}", input="optimiser", value=optimiser
        )  # fmt: skip
    return factor if optimiser == "adam" else factor**2


def surface(name: str, x: Any, y: Any) -> Any:
    """Height at (x, y), arrays or tensors: an ill-conditioned valley, Rosenbrock's banana (scaled), or a saddle in a bowl."""
    match name:
        case "valley":
            return 0.5 * (0.2 * x**2 + 4 * y**2)
        case "rosenbrock":
            return 0.2 * (1 - x) ** 2 + 2 * (y - 0.5 * x**2) ** 2
        case "saddle":
            return 0.5 * x**2 - 0.6 * y**2 + 0.15 * y**4
    raise Refusal(
        f"应为 {'、'.join(SURFACES)} 之一", f"must be one of {', '.join(SURFACES)}", input="surface", value=name
    )


def slope(name: str, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(∂/∂x, ∂/∂y) of :func:`surface`."""
    match name:
        case "valley":
            return 0.2 * x, 4 * y
        case "rosenbrock":
            return -0.4 * (1 - x) - 4 * x * (y - 0.5 * x**2), 4 * (y - 0.5 * x**2)
    return x, -1.2 * y + 0.6 * y**3


@dataclass(frozen=True, slots=True)
class Walk:
    """Places [steps + 1, 2] and heights [steps + 1] along a descent; fewer where it ran away."""

    places: np.ndarray
    heights: np.ndarray


@dataclass(frozen=True, slots=True)
class Walks:
    """``plain`` at one learning rate, y's rate times ``times`` by a parameter ``group``, and y trained as λφ (``scaled``); ``gap`` of the last two by step.

    ``axis`` and ``relief`` [y, x] draw the surface: log₁₀ of the height above its lowest point, plus 0.02.
    """

    plain: Walk
    group: Walk
    scaled: Walk
    gap: np.ndarray
    times: float
    axis: np.ndarray
    relief: np.ndarray


def walks(
    name: str,
    start: tuple[float, float],
    factor: float,
    optimiser: str,
    lr: float,
    steps: int,
    epsilon: float = TINY,
    decay: float = 0.0,
) -> Walks:
    """Three descents from ``start`` at once: all at ``lr``; y at multiplier(factor)·lr; y = factor·φ with φ at ``lr``. Float64.

    ``epsilon`` is Adam's, ``decay`` the weight decay (of what is trained, x and φ). The optimisers are torch's, written out.
    """
    times, scale = multiplier(factor, optimiser), np.array([1.0, 1.0, factor])
    lrs = lr * np.array([[1.0, 1.0, 1.0], [1.0, times, 1.0]])
    theta = np.stack([np.full(3, start[0]), start[1] / scale])  # [x and φ, walk]
    first, second = np.zeros((2, 3)), np.zeros((2, 3))  # moving means of gradients and of their squares
    places, heights = [], []
    for step in range(1, steps + 2):
        x, y = theta[0], scale * theta[1]
        with np.errstate(all="ignore"):
            places.append((x, y))
            heights.append(surface(name, x, y))
            by_x, by_y = slope(name, x, y)
            gradient = np.stack([by_x, scale * by_y]) + decay * theta
            if optimiser == "adam":
                first = BETAS[0] * first + (1 - BETAS[0]) * gradient
                second = BETAS[1] * second + (1 - BETAS[1]) * gradient**2
                size = np.sqrt(second / (1 - BETAS[1] ** step)) + epsilon
                theta = theta - lrs * first / (1 - BETAS[0] ** step) / size
            else:
                first = (MOMENTUM if optimiser == "momentum" else 0.0) * first + gradient
                theta = theta - lrs * first
    path, height = np.array(places), np.array(heights)  # [steps + 1, 2, walk], [steps + 1, walk]
    plain, group, scaled = (_until_far(path[:, :, k], height[:, k]) for k in range(3))
    least = min(len(group.places), len(scaled.places))
    axis = np.linspace(-REACH, REACH, GRID)
    ground = surface(name, axis[None, :], axis[:, None])
    gap = np.abs(group.places[:least] - scaled.places[:least]).max(1)
    return Walks(plain, group, scaled, gap, times, axis, np.log10(ground - ground.min() + 0.02))


def _until_far(places: np.ndarray, heights: np.ndarray) -> Walk:
    far = ~(np.abs(heights) <= FAR)
    end = int(far.argmax()) if far.any() else len(far)
    return Walk(places[: max(1, end)], heights[: max(1, end)])


def _optimiser(name: str, groups: Any, epsilon: float, decay: float) -> torch.optim.Optimizer:
    if name == "adam":
        return torch.optim.Adam(groups, eps=epsilon, weight_decay=decay)
    return torch.optim.SGD(groups, momentum=MOMENTUM if name == "momentum" else 0.0, weight_decay=decay)


def equivalence(
    factors: Sequence[float],
    optimiser: str,
    lr: float,
    steps: int,
    seed: int,
    epsilon: float = TINY,
    decay: float = 0.0,
    norm: float = 0.0,
) -> np.ndarray:
    """Two copies of a net 64-32-32-10 on digits, one with layer k trained at multiplier(factors[k])·lr, one with it written as factors[k]·φ.

    Largest difference of their weights after each step, over the largest weight, [steps]; float64. ``epsilon`` is Adam's, ``decay`` the
    weight decay, ``norm`` clips the global norm of the gradients: each of them breaks the equivalence.
    """
    x, y, *_ = digit_tensors()
    x = x.double()
    rng = generator(seed)
    net = mlp([64, 32, 32, 10], rng).double()
    layers = [layer for layer in net if isinstance(layer, nn.Linear)]
    scaled = [Scaled(layer, factor) for layer, factor in zip(layers, factors, strict=True)]
    twin = nn.Sequential(scaled[0], nn.ReLU(), scaled[1], nn.ReLU(), scaled[2])
    groups = [
        {"params": list(layer.parameters()), "lr": lr * multiplier(factor, optimiser)}
        for layer, factor in zip(layers, factors, strict=True)
    ]
    pairs = [
        (net, _optimiser(optimiser, groups, epsilon, decay)),
        (twin, _optimiser(optimiser, [{"params": list(twin.parameters()), "lr": lr}], epsilon, decay)),
    ]
    gaps = []
    for batch in batches(len(x), BATCH, steps, rng):
        for model, moving in pairs:
            moving.zero_grad()
            F.cross_entropy(model(x[batch]), y[batch]).backward()
            if norm > 0:
                nn.utils.clip_grad_norm_(model.parameters(), norm)
            moving.step()
        with torch.no_grad():
            apart = max(
                float((a.weight - b.factor * b.weight).abs().max()) for a, b in zip(layers, scaled, strict=True)
            )
            gaps.append(apart / max(float(a.weight.abs().max()) for a in layers))
    return np.array(gaps)


@dataclass(frozen=True, slots=True)
class Equivalence:
    """The largest relative difference of the weights by step, by case of BROKEN (those done so far of ``cases``); ``rates`` are the layers' learning rates."""

    rates: tuple[float, ...]
    cases: tuple[str, ...]
    gaps: Mapping[str, np.ndarray]


def what_breaks_it(factors: Sequence[float], optimiser: str, lr: float, steps: int, seed: int) -> Iterator[Equivalence]:
    """:func:`equivalence` as it is, and with each of BROKEN that the optimiser has; one more case in each state."""
    cases = tuple(name for name in BROKEN if optimiser == "adam" or name not in ("keras", "epsilon"))
    rates = tuple(lr * multiplier(factor, optimiser) for factor in factors)
    gaps: dict[str, np.ndarray] = {}
    for name in cases:
        gaps[name] = equivalence(factors, optimiser, lr, steps, seed, **BROKEN[name])
        yield Equivalence(rates, cases, dict(gaps))
