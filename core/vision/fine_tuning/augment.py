"""The post's five augmentations as pure functions of a batch and of numbers drawn beforehand.

Rotation by up to 10°, zoom by .8 to 1.2 (a shrunk picture is pasted on another training picture), a mirror image, one quarter
blacked out (with probability ½), and two pictures of one kind joined: left and right, above and below, or along a diagonal
(half of all pictures, which then get none of the others). Pictures are [B, 3, S, S] in [-1, 1]; black is −1.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["NAMES", "STRONG", "WAYS", "WEAK", "Draws", "augmented", "drawn", "flip", "join", "mask", "rotate", "zoom"]

NAMES = ("rotate", "zoom", "flip", "mask", "join")
STRONG: frozenset[str] = frozenset(NAMES)
WEAK: frozenset[str] = frozenset({"zoom", "flip"})
"""What stage 3 keeps."""
WAYS = 4  # of joining
QUARTERS = 4
DEGREES = 10.0
SMALLEST, LARGEST = 0.8, 1.2
MASKED, JOINED = 0.5, 0.5
FIRST_CUT, LAST_CUT = 0.25, 0.75  # of a side
BLACK = -1.0


@dataclass(frozen=True, slots=True)
class Draws:
    """Random numbers for B pictures, each used by one augmentation alone: what is switched off changes no other one's.

    ``degrees``, ``factor`` [B]; ``place`` [B, 2] in [-1, 1], where the shrunk picture lies or which part the enlarged one
    shows; ``mirror`` [B]; ``quarter`` [B], 0 … 3 or −1 for none; ``joined`` [B]; ``way`` [B], 0 … 3; ``cut`` [B], a share of a side.
    """

    degrees: Tensor
    factor: Tensor
    place: Tensor
    mirror: Tensor
    quarter: Tensor
    joined: Tensor
    way: Tensor
    cut: Tensor


def drawn(count: int, rng: torch.Generator) -> Draws:
    """The draws for ``count`` pictures, on the device of ``rng``."""
    u = torch.rand(count, 10, generator=rng, device=rng.device)
    quarter = torch.where(u[:, 5] < MASKED, (u[:, 6] * QUARTERS).long(), -1)
    return Draws(
        (2 * u[:, 0] - 1) * DEGREES,
        SMALLEST + (LARGEST - SMALLEST) * u[:, 1],
        2 * u[:, 2:4] - 1,
        u[:, 4] < 0.5,
        quarter,
        u[:, 7] < JOINED,
        (u[:, 8] * WAYS).long(),
        FIRST_CUT + (LAST_CUT - FIRST_CUT) * u[:, 9],
    )


def _moved(x: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """``x`` at the places that the affine maps ``rows`` [B, 2, 3] give; and where those lie inside of it, [B, 1, S, S]."""
    grid = F.affine_grid(rows, list(x.shape), align_corners=False)
    inside = (grid.abs() <= 1).all(-1)[:, None]
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False), inside


def rotate(x: Tensor, degrees: Tensor) -> Tensor:
    """Each picture turned about its middle by ``degrees`` [B], anticlockwise; what comes into view is black."""
    turn = degrees * (math.pi / 180)
    c, s, zero = turn.cos(), turn.sin(), torch.zeros_like(turn)
    moved, inside = _moved(x, torch.stack([torch.stack([c, -s, zero], 1), torch.stack([s, c, zero], 1)], 1))
    return torch.where(inside, moved, BLACK)


def zoom(x: Tensor, other: Tensor, factor: Tensor, place: Tensor) -> Tensor:
    """Each picture ``factor`` [B] times as large: a part of it, or the whole pasted on ``other`` [B, 3, S, S].

    ``place`` [B, 2] in [-1, 1] says where, across and down: −1 and 1 are the two ends of the room there is.
    """
    shift = place * (1 - factor).abs()[:, None]
    zero = torch.zeros_like(factor)
    rows = torch.stack([
        torch.stack([1 / factor, zero, -shift[:, 0] / factor], 1), torch.stack([zero, 1 / factor, -shift[:, 1] / factor], 1)
    ], 1)  # fmt: skip
    moved, inside = _moved(x, rows)
    return torch.where(inside, moved, other)


def flip(x: Tensor, mirror: Tensor) -> Tensor:
    """The mirror image where ``mirror`` [B] says so."""
    return torch.where(mirror[:, None, None, None], x.flip(-1), x)


def mask(x: Tensor, quarter: Tensor) -> Tensor:
    """The quarter 0 … 3 (top left, top right, bottom left, bottom right) black; −1 leaves the picture."""
    half = x.shape[-1] // 2
    side = torch.arange(x.shape[-1], device=x.device) >= half
    here = 2 * side[:, None].long() + side[None, :].long()
    return torch.where((here == quarter[:, None, None])[:, None], BLACK, x)


def join(x: Tensor, partner: Tensor, way: Tensor, cut: Tensor) -> Tensor:
    """A part of ``x`` and the other part of ``partner``, each pixel where it was.

    ``way`` 0: above the line at ``cut`` of the height from x, 1: left of it; 2 and 3: on one side of a diagonal.
    """
    size = x.shape[-1]
    down = torch.arange(size, device=x.device)[:, None].expand(size, size)
    across = down.T
    line = (cut * size).floor()[:, None, None]
    takes = torch.stack([
        down < line, across < line, (across <= down).expand(len(x), size, size), (across + down < size).expand(len(x), size, size)
    ], 1)  # fmt: skip
    chosen = takes[torch.arange(len(x), device=x.device), way]
    return torch.where(chosen[:, None], x, partner)


def augmented(x: Tensor, partner: Tensor, other: Tensor, draws: Draws, on: Collection[str] = STRONG) -> Tensor:
    """The post's order: rotate, zoom, flip, mask; and the joined ones as they are. ``on`` are those switched on.

    ``partner`` are pictures of the same kinds, ``other`` any pictures. Joining looks at the draw ``joined`` alone.
    """
    made = x
    if "rotate" in on:
        made = rotate(made, draws.degrees)
    if "zoom" in on:
        made = zoom(made, other, draws.factor, draws.place)
    if "flip" in on:
        made = flip(made, draws.mirror)
    if "mask" in on:
        made = mask(made, draws.quarter)
    if "join" in on:
        made = torch.where(draws.joined[:, None, None, None], join(x, partner, draws.way, draws.cut), made)
    return made
