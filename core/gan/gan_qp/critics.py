"""The best critic of GAN-QP for two densities on the line: by the post's formula, among unary ones, and trained.

The objective is a quadratic function of the critic,

    L[T] = E_{x_r ~ p, x_f ~ q}[ΔT - ΔT² / (2 λ d(x_r, x_f))],   d = |x_r - x_f|,

with ΔT = T(x_r, x_f) - T(x_f, x_r), or ΔT = T(x_r) - T(x_f) as in the author's code. Over all functions of two arguments
the best one stands in closed form (post 6163). Over functions of one argument the gradient's zeros are those of a linear
system: the Laplacian of a graph whose edges weigh (p_i q_j + p_j q_i) / d_ij. Both are λ times a function without λ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from core.gan.objectives import objective
from core.gan.plane.network import Network
from core.gan.plane.player import Player
from core.progress import Progress

__all__ = ["PAIRS", "Critics", "best_difference", "best_unary", "densities", "train", "value"]

PAIRS = ("normals", "bumps", "boxes")
HALF_WIDTH, POINTS = 3.0, 121  # of the grid on which the densities stand
SLACK = 0.05  # of λ d: the best critic has |ΔT| = λ d for many pairs, and a trained one scatters around it
SD, HALF_BOX = 0.6, 0.75
WIDTHS = (64, 64)
BATCH, LR = 512, 5e-3
UNIT = 1.0  # λ of the objective that the network is trained with: λ only rescales


@dataclass(frozen=True)
class Critics:
    """Two densities and their best critics, with λ = 1 (multiply by λ).

    ``x`` [N] the grid, ``p``, ``q`` [N] shares of mass, ``share`` [N, N] ΔT*/d by the formula, rows x_r, columns x_f;
    ``unary`` [N] the best T(x); ``trained`` [N, N] the network's ΔT/d; ``values`` of the objective: "formula", "unary",
    "trained"; ``r2`` how much of the formula's ΔT* the network explains, in pairs as they are drawn (NaN for equal densities); ``within`` the share
    of pairs for which the network has |ΔT| ≤ 1.05 d; ``unary_within`` the same of the best unary critic.
    """

    x: np.ndarray
    p: np.ndarray
    q: np.ndarray
    share: np.ndarray
    unary: np.ndarray
    trained: np.ndarray
    values: dict[str, float]
    r2: float
    within: float
    unary_within: float
    step: int


def densities(name: str, shift: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The grid [N] and the shares of mass of p and q on it; their centres lie ``shift`` apart. KeyError for another name."""
    x = np.linspace(-HALF_WIDTH, HALF_WIDTH, POINTS)

    def bump(centre: float) -> np.ndarray:
        return np.exp(-((x - centre) ** 2) / (2 * SD**2))

    left, right = -shift / 2, shift / 2
    pair = {
        "normals": (bump(left), bump(right)),
        "bumps": (bump(left) + bump(right), bump(0.0)),
        "boxes": ((np.abs(x - left) < HALF_BOX).astype(float), (np.abs(x - right) < HALF_BOX).astype(float)),
    }[name]
    return x, pair[0] / pair[0].sum(), pair[1] / pair[1].sum()


def best_difference(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """ΔT*/(λ d) [N, N] = (p(x_r)q(x_f) - p(x_f)q(x_r)) / (p(x_r)q(x_f) + p(x_f)q(x_r)); 0 where no pair can be drawn."""
    w = np.outer(p, q)
    total = w + w.T
    return np.divide(w - w.T, total, out=np.zeros_like(w), where=total > 0)


def best_unary(x: np.ndarray, p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """T(x) [N] that maximises L with λ = 1, with mean 0: the solution of the Laplacian system Σ_j c_ij (T_i - T_j) = p_i - q_i."""
    w = np.outer(p, q)
    d = np.abs(x[:, None] - x[None])
    c = np.divide(w + w.T, d, out=np.zeros_like(w), where=d > 0)
    laplacian = np.diag(c.sum(1)) - c
    found = np.linalg.lstsq(laplacian, p - q, rcond=None)[0]
    return found - found.mean()


def value(x: np.ndarray, p: np.ndarray, q: np.ndarray, delta: np.ndarray, lam: float = UNIT) -> float:
    """L of differences ``delta`` [N, N], rows x_r; pairs that coincide have ΔT = 0 and add nothing."""
    d = np.abs(x[:, None] - x[None])
    square = np.divide(delta**2, 2 * lam * d, out=np.zeros_like(delta), where=d > 0)
    return float((np.outer(p, q) * (delta - square)).sum())


def train(name: str, shift: float, steps: int, seed: int, every: int = 100) -> Iterator[Critics | Progress]:
    """Train T(x_r, x_f) on pairs drawn from p and q; yields what is reached every ``every`` steps."""
    x, p, q = densities(name, shift)
    d = np.abs(x[:, None] - x[None])
    share, unary = best_difference(p, q), best_unary(x, p, q)
    one_sided = unary[:, None] - unary[None]
    known = {"formula": value(x, p, q, share * d), "unary": value(x, p, q, one_sided)}
    pairs = np.outer(p, q)
    unary_within = float(pairs[np.abs(one_sided) <= (1 + SLACK) * d].sum())
    goal = objective("gan-qp-l1", UNIT)
    rng = torch.Generator().manual_seed(seed)
    net = Network((2, *WIDTHS, 1), rng, "tanh")
    player = Player(net, LR, steps)
    grid, mass = torch.from_numpy(x).float(), [torch.from_numpy(one).float() for one in (p, q)]
    everywhere = torch.cartesian_prod(grid, grid)
    for step in range(1, steps + 1):
        real, fake = (grid[torch.multinomial(m, BATCH, replacement=True, generator=rng)] for m in mass)
        apart = real != fake  # both densities stand on one grid: equal points have ΔT = 0 whatever T is
        pair = torch.stack([real, fake], 1)[apart]
        player.judge(goal, pair, pair.flip(1), (pair[:, 0] - pair[:, 1]).abs())
        player.step(step)
        if step % every and step != steps:
            continue
        table = net(everywhere)[:, 0].reshape(POINTS, POINTS).double().numpy()
        delta = table - table.T
        trained = np.divide(delta, d, out=np.zeros_like(delta), where=d > 0)
        best, there = share * d, pairs
        spread = (there * (best - (there * best).sum()) ** 2).sum()
        yield Critics(
            x, p, q, share, unary, trained, {**known, "trained": value(x, p, q, delta)},
            float(1 - (there * (delta - best) ** 2).sum() / spread) if spread else float("nan"), float(there[np.abs(delta) <= (1 + SLACK) * d].sum()), unary_within, step,
        )  # fmt: skip
