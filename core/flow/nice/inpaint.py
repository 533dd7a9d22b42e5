"""Inpainting: the covered pixels climb log q(x) while the others stay (as in the NICE paper, arXiv 1410.8516, section 5.2).

Adam on the covered pixels, because their curvatures 1/σ² differ by a factor of thousands; a step that falls linearly to 0.
What is found is a mode of q given the visible pixels, and no sample: it is as a rule more probable than the truth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from core import codec
from core.flow.nice.model import NICE, loss
from core.flow.nice.views import WEIGHTS, pixels
from core.weights import load

__all__ = ["REGIONS", "STARTS", "Inpainting", "covered", "inpainted"]

REGIONS: Mapping[str, tuple[slice, slice]] = {
    "lower": (slice(14, 28), slice(0, 28)),
    "upper": (slice(0, 14), slice(0, 28)),
    "left": (slice(0, 28), slice(0, 14)),
    "right": (slice(0, 28), slice(14, 28)),
    "middle": (slice(8, 20), slice(8, 20)),
}
"""Rows and columns that are covered, of 28."""
STARTS = 4  # from different noise
BRIGHTEST = 0.5  # of the noise at the start
STEP, BETAS = 0.05, (0.9, 0.99)  # of a pixel in [0, 1]
EVERY = 10  # steps between two results
COVER = 110  # grey of what is covered


class Inpainting(NamedTuple):
    """``picture`` and ``hidden`` (the same with its part covered), uint8 [S, S]; ``found`` uint8 [STARTS, S, S] after ``step`` steps;
    ``losses`` [step + 1, STARTS] so far; ``truth``: the picture's own loss, ``blank``: with black in the covered place;
    ``errors`` [STARTS]: root mean square over the covered pixels, in [0, 1], from the truth; ``done`` in [0, 1]."""

    picture: np.ndarray
    hidden: np.ndarray
    found: np.ndarray
    step: int
    losses: np.ndarray
    truth: float
    blank: float
    errors: np.ndarray
    done: float

    @property
    def best(self) -> int:
        """The start that got furthest."""
        return int(self.losses[-1].argmin())

    @property
    def gained(self) -> float:
        """By how many nats what was found is more probable than the truth."""
        return self.truth - float(self.losses[-1].min())


def covered(side: int, region: str) -> np.ndarray:
    """1 where a pixel is covered, else 0: float32 [side, side]."""
    mask = np.zeros((side, side), np.float32)
    mask[REGIONS[region]] = 1
    return mask


def inpainted(picture: np.ndarray, region: str, steps: int, seed: int) -> Iterator[Inpainting]:
    """Cover ``region`` of ``picture`` uint8 [H, W, 3] and climb from noise for ``steps`` steps; a result every ten."""
    model: NICE = load(WEIGHTS)
    side = model.config.side
    own = codec.as_seen(model, picture)[:, :, 0]
    x = pixels(own[None], model)
    mask = torch.from_numpy(covered(side, region)).flatten().to(x.device)
    rng = torch.Generator().manual_seed(seed)
    hole = (BRIGHTEST * torch.rand(STARTS, side * side, generator=rng)).to(x.device).requires_grad_(True)
    optimiser = torch.optim.Adam([hole], STEP, BETAS)
    with torch.no_grad():
        truth, blank = (float(loss(*model(v))[0]) for v in (x, x * (1 - mask)))
    hidden = np.where(mask.cpu().numpy().reshape(side, side) > 0, COVER, own).astype(np.uint8)
    losses = []
    for step in range(steps + 1):
        each = loss(*model(x * (1 - mask) + hole * mask))
        losses.append(each.detach().cpu().numpy())
        if step % EVERY == 0 or step == steps:
            with torch.no_grad():
                made = x * (1 - mask) + hole * mask
            yield Inpainting(
                own,
                hidden,
                _bytes(made, side),
                step,
                np.stack(losses),
                truth,
                blank,
                _errors(made, x, mask),
                step / steps,
            )
        (hole.grad,) = torch.autograd.grad(each.sum(), hole)
        for group in optimiser.param_groups:
            group["lr"] = STEP * (1 - step / (steps + 1))
        optimiser.step()
        with torch.no_grad():
            hole.clamp_(0, 1)


def _bytes(x: Tensor, side: int) -> np.ndarray:
    return (255 * x).round().byte().reshape(-1, side, side).cpu().numpy()


def _errors(made: Tensor, x: Tensor, mask: Tensor) -> np.ndarray:
    return ((made - x).square().sum(1) / mask.sum()).sqrt().cpu().numpy()
