"""A small VAE trained while the reader watches: 8x8 digits, codes of two numbers, the divergence with any weight.

64 → 128 (ReLU) → μ, log σ²,    z → 128 (ReLU) → 64 logits;    loss: Σ cross-entropy + weight · KL, mean over the batch
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from scipy.stats import norm

from core.fitting import batches, descend, digit_tensors, generator, mlp, shown_steps
from core.vae.objective import bernoulli, drawn, kl

__all__ = ["State", "watched"]

SIDE, GAP = 8, 1
TILE = SIDE + 2 * GAP  # digits fill their squares, so each has a black frame
HIDDEN = 128
BATCH = 96
LR = 3e-3  # Adam; at 1e-2 the divergence falls to 0 for good in some runs
GRID = 11  # pictures along a side of the manifold
LEAST, MOST = 0.05, 0.95  # its quantiles, the author's


class State(NamedTuple):
    """After ``step`` steps: posteriors ``mean`` and ``sigma`` [450, 2] of the test digits and their ``labels``; both terms in nats, means over
    them with one ε each; ``sheet``, what the prior's quantiles decode to, uint8 [110, 110]; ``trace`` [steps so far, 2], both terms."""

    step: int
    steps: int
    mean: np.ndarray
    sigma: np.ndarray
    labels: np.ndarray
    picture: float
    divergence: float
    sheet: np.ndarray
    trace: np.ndarray

    @property
    def done(self) -> float:
        """How far the training is."""
        return self.step / self.steps

    @property
    def reach(self) -> float:
        """Half the side of a square around the origin that holds 99 % of the means."""
        return float(np.quantile(np.abs(self.mean), 0.99))

    @property
    def typical(self) -> float:
        """The geometric mean of all σ."""
        return float(np.exp(np.log(np.maximum(self.sigma, np.finfo(np.float32).tiny)).mean()))

    @property
    def second_moment(self) -> float:
        """E (μ² + σ²), the mean over both entries: 1 where no change of scale would lower the loss, whatever the weight above 0."""
        return float((np.square(self.mean) + np.square(self.sigma)).mean())


def watched(weight: float, noise: float, steps: int, frames: int, seed: int) -> Iterator[State]:
    """Train with the divergence weighed by ``weight`` and ε multiplied by ``noise`` (0: an autoencoder); yields the start and ``frames`` states.

    Deterministic on one machine: one generator draws weights, batches and noise.
    """
    rng, (x, _, x_test, labels) = generator(seed), digit_tensors()
    encoder, decoder = mlp([SIDE**2, HIDDEN, 4], rng), mlp([2, HIDDEN, SIDE**2], rng)
    optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=LR)
    test_noise = torch.randn(len(x_test), 2, generator=rng)
    places = torch.from_numpy(norm.ppf(np.linspace(LEAST, MOST, GRID)).astype(np.float32))
    grid = torch.stack(torch.meshgrid(places.flip(0), places, indexing="ij"), -1).flip(-1).reshape(-1, 2)
    trace: list[tuple[float, float]] = []

    def terms(x: torch.Tensor, epsilon: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean, log_variance = encoder(x).chunk(2, 1)
        return bernoulli(x, decoder(drawn(mean, log_variance, noise * epsilon))).mean(), kl(mean, log_variance).mean()

    def loss(index: torch.Tensor) -> torch.Tensor:
        picture, divergence = terms(x[index], torch.randn(len(index), 2, generator=rng))
        trace.append((float(picture.detach()), float(divergence.detach())))
        return picture + weight * divergence

    @torch.no_grad()
    def state(step: int) -> State:
        mean, log_variance = encoder(x_test).chunk(2, 1)
        picture, divergence = terms(x_test, test_noise)
        tiles = (decoder(grid).sigmoid() * 255).round().byte().numpy().reshape(GRID, GRID, SIDE, SIDE)
        framed = np.pad(tiles, ((0, 0), (0, 0), (GAP, GAP), (GAP, GAP)))
        sheet = framed.transpose(0, 2, 1, 3).reshape(GRID * TILE, GRID * TILE)
        return State(
            step, steps, mean.numpy(), (log_variance / 2).exp().numpy(), labels.numpy(), float(picture), float(divergence), sheet,
            np.array(trace).reshape(-1, 2),
        )  # fmt: skip

    yield state(0)
    shown = shown_steps(steps, frames)
    for step, _ in enumerate(descend(loss, optimiser, batches(len(x), BATCH, steps, rng)), 1):
        if step in shown:
            yield state(step)
