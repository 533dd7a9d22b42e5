"""The objectives of BiGAN-QP (post 6214; arXiv 1811.07296, later versions), for pictures and for the plane.

    T:     max  E [ΔT - ΔT² / (2 λ d)],  ΔT = T(x, E(x)) - T(G(z), z),  d = |x - G(z)| + |E(x) - z|
    G, E:  min  E [ΔT + β₁ ‖z - E(sg G(z))‖² + β₂ ‖x - G(sg E(x))‖²]

All norms are means over pixels or over the entries of a code, as in the author's script; sg stops the gradient, so that
the first square trains E alone and the second G alone. Pairs (x, z) are made by their place in the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from torch import Tensor

from core.gan.objectives import LAMBDA_QP, objective, paired_distance
from core.quality import mean_square

__all__ = ["BETAS", "Part", "Squares", "critic_loss", "gap", "squares"]

BETAS = (2.0, 3.0)  # β₁, β₂: the author's at 128 pixels; (4, 6) at 256
Part = Literal["half", "whole"]
"""How far the squares reach: ``half`` stops the gradient inside, as the post does; ``whole`` lets it through both networks."""

Network = Callable[[Tensor], Tensor]


class Squares(NamedTuple):
    """Means over the batch: of codes ‖z - E(G(z))‖², and of pictures ‖x - G(E(x))‖²."""

    codes: Tensor
    pictures: Tensor


def gap(real: Tensor, fake: Tensor) -> Tensor:
    """E ΔT, what G and E minimise beside the squares, from scores T(x, E(x)) and T(G(z), z) [B]."""
    return (real - fake).mean()


def critic_loss(
    real: Tensor, fake: Tensor, x: Tensor, made: Tensor, code: Tensor, z: Tensor, lam: float = LAMBDA_QP
) -> Tensor:
    """What the critic minimises: the mean of ΔT²/(2 λ d) - ΔT.

    Scores [B]; pictures or points ``x`` and ``made`` = G(z) [B, ...]; codes ``code`` = E(x) and ``z`` [B, n].
    """
    distance = paired_distance(x, made) + paired_distance(code, z)
    return objective("gan-qp-l1", lam).critic(real, fake, distance).loss


def squares(
    encoder: Network, generator: Network, x: Tensor, z: Tensor, code: Tensor, made: Tensor, part: Part
) -> Squares:
    """Both squares from ``code`` = E(x) and ``made`` = G(z), which the game has computed already."""
    if part == "half":
        code, made = code.detach(), made.detach()
    return Squares(mean_square(z, encoder(made)).mean(), mean_square(x, generator(code)).mean())
