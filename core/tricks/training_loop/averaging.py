"""Moving averages of the weights, v ← βv + (1 − β)θ (added; a later post of the series, Polyak and Juditsky 1992).

Steps of a fixed length never come to rest: the gradient's noise keeps the weights at a distance from the minimum. The average
of the last 1/(1 − β) of them is nearer, the more so the faster the steps forget one another (a high learning rate).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

__all__ = ["WALKS", "Average", "Walk", "averaged_walk", "closed_form"]

WALKS = 20  # seeds that are compared
START = (-2.0, 1.4)
CURVATURE = (1.0, 6.0)  # of ½(x² + 6y²)


class Average:
    """Exponential moving average of a module's parameters, begun at the parameters themselves (no bias to correct)."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.values = [p.detach().clone() for p in module.parameters()]

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Take the parameters in: v ← βv + (1 − β)θ."""
        for value, p in zip(self.values, module.parameters(), strict=True):
            value.lerp_(p, 1 - self.decay)

    @torch.no_grad()
    def exchange(self, module: nn.Module) -> None:
        """Swap average and parameters; a second call swaps back. Training must go on with the parameters, not with the average."""
        for value, p in zip(self.values, module.parameters(), strict=True):
            kept = p.detach().clone()
            p.copy_(value)
            value.copy_(kept)


def closed_form(values: np.ndarray, decay: float) -> np.ndarray:
    """β^t θ_0 + (1 − β) Σ_{i=1}^{t} β^{t−i} θ_i for every t, written out, [len(values), …]."""
    result = []
    for t in range(len(values)):
        weights = (1 - decay) * decay ** np.arange(t - 1, -1, -1.0)
        result.append(decay**t * values[0] + np.tensordot(weights, values[1 : t + 1], 1))
    return np.array(result)


@dataclass(frozen=True, slots=True)
class Walk:
    """Noisy gradient descent on ½(x² + 6y²), and the moving average of where it was.

    places, averages [steps + 1, 2] : of the first seed. distance, averaged [steps + 1] : from the minimum at 0.
    ratios [WALKS] : root mean square distance of the second half, weights over average, a seed each; above 1 the average is nearer.
    gap : largest difference between averages and their closed form. white : variance of the average of white noise, (1 − β)/(1 + β).
    """

    places: np.ndarray
    averages: np.ndarray
    distance: np.ndarray
    averaged: np.ndarray
    ratios: np.ndarray
    gap: float
    white: float

    @property
    def wins(self) -> int:
        """Seeds whose average is nearer than the weights."""
        return int((self.ratios > 1).sum())

    @property
    def ratio(self) -> float:
        """Median over the seeds."""
        return float(np.median(self.ratios))


def averaged_walk(lr: float, noise: float, decay: float, steps: int, seed: int) -> Walk:
    """``steps`` of descent with normal noise on the gradient, from (−2, 1.4), for WALKS seeds from ``seed`` on."""
    drawn = np.stack([np.random.default_rng(seed + k).standard_normal((steps, 2)) for k in range(WALKS)], 1)
    places = np.empty((steps + 1, WALKS, 2))
    places[0] = START
    holder = nn.ParameterList([nn.Parameter(torch.tensor(places[0]))])
    average = Average(holder, decay)
    averages = [places[0].copy()]
    for step in range(steps):
        places[step + 1] = places[step] - lr * (places[step] * CURVATURE + noise * drawn[step])
        with torch.no_grad():
            holder[0].copy_(torch.tensor(places[step + 1]))
        average.update(holder)
        averages.append(average.values[0].numpy().copy())
    smooth = np.array(averages)
    half = len(places) // 2
    far, near = (np.sqrt(np.square(walk[half:]).sum(2).mean(0)) for walk in (places, smooth))
    return Walk(
        places[:, 0],
        smooth[:, 0],
        np.linalg.norm(places[:, 0], axis=1),
        np.linalg.norm(smooth[:, 0], axis=1),
        far / near,
        float(np.abs(smooth - closed_form(places, decay)).max()),
        (1 - decay) / (1 + decay),
    )
