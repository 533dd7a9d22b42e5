"""Where each head looks: which places of the features, and which pixels, make up the score of its letter.

A head is linear in the features f, its score z = b + Σ_{c,x} w_{c,x} (1/7) Σ_y f_{c,y,x}, so the contribution of the place (y, x),

    m_{y,x} = Σ_c ∂z/∂f_{c,y,x} · f_{c,y,x},      Σ_{y,x} m_{y,x} = z − b,

is exact. (Grad-CAM first averages the gradient over all places, which would lose what the head knows of the column.) The
pixels' map is gradient × input; the input is measured from the paper's white, for a pixel that is white says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import nn

from core.vision.captcha.drawing import HEIGHT, LENGTH, WIDTH
from core.vision.captcha.model import Net
from core.vision.captcha.reading import Shown, net, seen

__all__ = ["Looks", "contributions", "looks", "overlay"]

FOR, AGAINST = (217, 72, 15), (28, 100, 200)  # for the letter and against it
STRONGEST = 0.85  # opacity of the largest contribution
PAPER = 0.6  # how far the picture under the colours is faded to white
QUARTERS = tuple((k * WIDTH / LENGTH, (k + 1) * WIDTH / LENGTH) for k in range(LENGTH))
"""Where the letters of an own picture are looked for."""
SMOOTHED = 3  # pixels: side of the window over which the pixels' map is averaged for the eye


@dataclass(frozen=True)
class Looks:
    """``places`` [4, 7, 15] and ``pixels`` [4, 50, 120]: contributions to the score of each head's letter.

    ``scores`` [4] are the letters' logits, ``biases`` [4] those of their heads. ``shares`` [4, n]: of head k's positive
    contributions, how much lies in the columns of letter j; of an own picture, whose letters' places nobody knows, in its j-th quarter.
    """

    shown: Shown
    places: np.ndarray
    pixels: np.ndarray
    scores: np.ndarray
    biases: np.ndarray
    shares: np.ndarray

    @property
    def misses(self) -> dict[str, tuple[float, ...]]:
        """By how much the sum of each map misses the score less the bias: nothing for the places, by their linearity."""
        exact = self.scores - self.biases
        return {
            how: tuple(np.abs(maps.sum((1, 2)) - exact).tolist())
            for how, maps in (("places", self.places), ("pixels", self.pixels))
        }

    @property
    def own(self) -> tuple[float, ...]:
        """The shares of every head's own letter."""
        return tuple(np.diag(self.shares).tolist())

    @property
    def most(self) -> tuple[int, ...]:
        """The letter (from 0) on which every head looks most."""
        return tuple(self.shares.argmax(1).tolist()) if self.shares.size else ()

    def overlays(self, how: str) -> list[np.ndarray]:
        """The picture under every head's map, uint8 [50, 120, 3]; ``how`` is "places" or "pixels"."""
        maps = self.places if how == "places" else self.pixels
        return [overlay(self.shown.drawn.grey, one) for one in maps]


def contributions(model: Net, grey: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The maps of every head's likeliest letter: places [4, 7, 15], pixels [4, 50, 120], logits [4], biases [4]."""
    weight = next(model.parameters())
    x = seen(grey[None]).to(weight).requires_grad_()
    features = model.features(x)
    logits = model.read(features).heads[0]
    places, pixels, scores, biases = [], [], [], []
    for head, row in zip(model.heads, logits, strict=True):
        letter = int(row.argmax())
        by_place, by_pixel = torch.autograd.grad(row[letter], (features, x), retain_graph=True)
        places.append((by_place * features)[0].sum(0))
        pixels.append((by_pixel * (x - 1))[0, 0])
        scores.append(row[letter])
        assert isinstance(head, nn.Linear)
        biases.append(head.bias[letter])
    return tuple(torch.stack(found).detach().float().cpu().numpy() for found in (places, pixels, scores, biases))  # pyright: ignore[reportReturnType]


def looks(shown: Shown) -> Looks:
    """Where the heads look in a picture. Raises WeightsError."""
    places, pixels, scores, biases = contributions(net(), shown.drawn.grey)
    return Looks(shown, places, pixels, scores, biases, _shares(places, shown.drawn.spans or QUARTERS))


def _shares(places: np.ndarray, spans: tuple[tuple[float, float], ...]) -> np.ndarray:
    """Of each head's positive contributions, the share in the columns of each letter; columns of two letters count for both."""
    columns = np.clip(places, 0, None).sum(1)  # [4, 15]
    edges = np.arange(columns.shape[1] + 1) * WIDTH / columns.shape[1]
    inside = [np.clip(np.minimum(edges[1:], b) - np.maximum(edges[:-1], a), 0, None) for a, b in spans]
    parts = np.array(inside).reshape(len(spans), -1) / np.diff(edges)
    return columns @ parts.T / np.maximum(columns.sum(1, keepdims=True), 1e-12)


def overlay(grey: np.ndarray, contribution: np.ndarray) -> np.ndarray:
    """The picture under a map of contributions [h, w]: orange for, blue against, as strong as its share of the largest."""
    if contribution.shape == grey.shape:
        pad = SMOOTHED // 2
        wide = np.pad(contribution, pad, mode="edge")
        contribution = np.lib.stride_tricks.sliding_window_view(wide, (SMOOTHED, SMOOTHED)).mean((2, 3))
    large = np.asarray(
        Image.fromarray(contribution.astype(np.float32)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    )
    strength = STRONGEST * np.clip(np.abs(large) / max(float(np.abs(large).max()), 1e-12), 0, 1)[..., None]
    paper = (grey * (1 - PAPER) + 255 * PAPER)[..., None]
    colour = np.where((large > 0)[..., None], FOR, AGAINST)
    return (paper * (1 - strength) + colour * strength).round().astype(np.uint8)
