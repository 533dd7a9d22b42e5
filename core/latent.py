"""Latent codes: standardisation, interpolation and planes, for every model that has a Gaussian latent space.

Codes are tensors [..., n]. Under N(0, I) a code lies near the sphere of radius sqrt(n); the straight line between two
codes leaves that sphere (its midpoint is shorter by sqrt(2) for independent ends), which is why an interpolation is either
made on the sphere (``slerp``) or standardised again after ``lerp``.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["PATHS", "bilinear", "interpolate", "lerp", "plane", "plane_grid", "slerp", "standardise"]

EPSILON = 1e-8
PARALLEL = 2e-3  # sine of the angle below which slerp is lerp to within float32


def standardise(z: Tensor) -> Tensor:
    """N(z) = (z - avg z) / std z over the last axis, std with divisor n (O-GAN, post 6409).

    A constant code has no direction; it gives zeros.
    """
    centred = z - z.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True).sqrt() + EPSILON)


def lerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """(1 - t) a + t b; ``t`` broadcasts against the codes' leading axes."""
    return a + t.unsqueeze(-1) * (b - a)


def slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Along the great circle from a to b, lengths interpolated geometrically; lerp where a and b are parallel."""
    t = t.unsqueeze(-1)
    length_a, length_b = (v.norm(dim=-1, keepdim=True).clamp_min(EPSILON) for v in (a, b))
    cosine = (a * b).sum(-1, keepdim=True) / (length_a * length_b)
    angle = torch.arccos(cosine.clamp(-1, 1))
    sine = angle.sin()
    length = length_a ** (1 - t) * length_b**t
    around = (((1 - t) * angle).sin() * a / length_a + (t * angle).sin() * b / length_b) / sine.clamp_min(PARALLEL)
    return torch.where(sine > PARALLEL, length * around, a + t * (b - a))


def _renormalised(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    return standardise(lerp(a, b, t))


PATHS = {"standardised": _renormalised, "slerp": slerp, "lerp": lerp}
"""Ways from one code to another, by name."""


def interpolate(a: Tensor, b: Tensor, steps: int, path: str = "standardised") -> Tensor:
    """``steps`` codes from a [n] to b [n], ends included → [steps, n]. ``path`` is a key of PATHS."""
    if steps < 2:
        raise ValueError(f"steps = {steps}: must be at least 2")
    if path not in PATHS:
        raise ValueError(f"path = {path}: must be one of {', '.join(PATHS)}")
    t = torch.linspace(0, 1, steps, device=a.device)
    return PATHS[path](a.expand(steps, -1), b.expand(steps, -1), t)


def bilinear(corners: Tensor, rows: int, columns: int, path: str = "standardised") -> Tensor:
    """A grid between four codes [4, n] (top left, top right, bottom left, bottom right) → [rows, columns, n]."""
    left = interpolate(corners[0], corners[2], rows, path)
    right = interpolate(corners[1], corners[3], rows, path)
    return torch.stack([interpolate(a, b, columns, path) for a, b in zip(left, right, strict=True)])


def plane(codes: Tensor, x: float, y: float) -> Tensor:
    """N(c0 + x (c1 - c0) + y (c2 - c0)): the code at (x, y) of the plane through three codes [3, n] → [n].

    Standardised, because far from the three the plane leaves the sphere on which codes live.
    """
    return standardise(codes[0] + x * (codes[1] - codes[0]) + y * (codes[2] - codes[0]))


def plane_grid(codes: Tensor, side: int, low: float, high: float) -> Tensor:
    """``side`` x ``side`` codes of the plane of three codes [3, n], x from low to high, y from high (top) to low → [side, side, n]."""
    places = torch.linspace(low, high, side).tolist()
    return torch.stack([torch.stack([plane(codes, x, y) for x in places]) for y in reversed(places)])
