"""Features for measuring image models: a small classifier trained here, in place of Inception's weights.

It tells 29 kinds of 32x32 pictures apart (cat faces, two styles of portraits, emoji, five flowers, ten digits, ten kinds of
clothing). Its 128 features before the last layer are what ``core.quality.fidelity`` compares. Numbers made of them are
comparable with each other only, and are never called FID.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["CLASSES", "SIDE", "Features", "build"]

SIDE = 32
CLASSES = 29
WIDTHS = (3, 32, 64, 128, 128)


class Features(nn.Module):
    """Pictures [B, C, S, S] in [-1, 1], C of 1 or 3, S a multiple of 32 → features [B, 128]."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, 1, 1), nn.BatchNorm2d(b), nn.LeakyReLU(0.1)) for a, b in pairwise(WIDTHS)
        )
        self.last = nn.Linear(WIDTHS[-1], CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        h = F.avg_pool2d(x, x.shape[-1] // SIDE).expand(-1, 3, -1, -1)
        for place, block in enumerate(self.blocks):
            h = block(h) if place == 0 else block(F.max_pool2d(h, 2))
        return h.mean((2, 3))

    def classes(self, x: Tensor) -> Tensor:
        """Logits of the 29 kinds [B, 29]."""
        return self.last(self(x))


def build() -> Features:
    """An untrained classifier (what its weights card names)."""
    return Features()
