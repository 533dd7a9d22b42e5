"""The centre loss in the plane: a gated head with two numbers for a feature, trained live on vectors of the frozen trunk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from core.vision.fine_tuning.model import KINDS, Config, Head
from core.vision.fine_tuning.objective import centre_loss
from core.vision.fine_tuning.shelf import vectors

__all__ = ["STEPS", "Plane", "plane", "tightness"]

STEPS, EVERY = 240, 30
LR = 0.01


@dataclass(frozen=True, slots=True)
class Plane:
    """The plane after ``step`` of STEPS: features ``f`` [600, 2] of training pictures, ``labels``, ``centres`` [5, 2].

    ``tight``: the mean squared distance to the mean of the own kind over that to the mean of all; ``distance``: the same to
    the embedding's centres. ``train``, ``held_out``: accuracies. ``inside``: the share of held-out pictures nearest to the mean of their own kind.
    """

    step: int
    f: np.ndarray
    labels: np.ndarray
    centres: np.ndarray
    means: np.ndarray
    tight: float
    train: float
    held_out: float
    inside: float

    @property
    def done(self) -> float:
        """The share of the steps that is done."""
        return self.step / STEPS


def tightness(f: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """E‖f − mean of its kind‖² / E‖f − mean of all‖², between 0 and 1; and the means [kinds, n]."""
    means = np.stack([f[labels == k].mean(0) for k in range(int(labels.max()) + 1)])
    return float(((f - means[labels]) ** 2).sum() / ((f - f.mean(0)) ** 2).sum()), means


def plane(weight: float, seed: int) -> Iterator[Plane]:
    """CE(softmax(V f)) + λ‖f − c_y‖², Adam on all 600 vectors at once; yields as it goes. Raises WeightsError."""
    kept = vectors()
    h, held = torch.from_numpy(kept.h), torch.from_numpy(kept.held_out)
    labels, wanted = torch.from_numpy(kept.labels), torch.from_numpy(kept.held_out_labels)
    mean, spread = h.mean(0), h.std(0) + 1e-3
    h, held = (h - mean) / spread, (held - mean) / spread
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head = Head(Config(out=h.shape[1], feature=2, kinds=len(KINDS)))
    chosen = [*head.value.parameters(), *head.main.parameters(), *head.centres.parameters()]
    if head.gate is not None:
        chosen += list(head.gate.parameters())
    optimiser = torch.optim.Adam(chosen, LR)
    for step in range(1, STEPS + 1):
        f = head.feature(h)
        loss = F.cross_entropy(head.main(f), labels) + weight * centre_loss(f, head.centres.weight, labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % EVERY == 0:
            with torch.no_grad():
                f, g = head.feature(h), head.feature(held)
                train, tested = (
                    float((head.main(x).argmax(1) == y).double().mean()) for x, y in ((f, labels), (g, wanted))
                )
            tight, means = tightness(f.numpy(), kept.labels)
            near = torch.cdist(g, torch.from_numpy(means)).argmin(1)  # the centres themselves do not move where λ is 0
            yield Plane(
                step, f.numpy(), kept.labels, head.centres.weight.detach().numpy().copy(), means, tight, train, tested,
                float((near == wanted).double().mean()),
            )  # fmt: skip
