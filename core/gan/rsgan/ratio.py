"""What the critics of SGAN and RSGAN learn of two normals on the line: log p/q, and log p/q up to a constant.

SGAN    T(x) = log p(x)/q(x)
RSGAN   T(x_r) - T(x_f) = log p(x_r) q(x_f) / (p(x_f) q(x_r)), so T(x) = log p(x)/q(x) + any constant  (post 6110)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from core.gan.objectives import objective
from core.gan.plane.network import Network
from core.gan.plane.player import Player
from core.progress import Progress

__all__ = ["GAMES", "Learned", "best_loss", "learn", "log_ratio"]

GAMES = ("rsgan", "sgan")
WIDTHS = (32, 32)
BATCH, LR = 512, 5e-3
SHOWN, PAIRS = 400, 4000  # pairs drawn in the picture, and in the measure
REACH, POINTS = 4.0, 161  # standard deviations beyond both centres that are shown
NODES = 1201  # a side of the grid on which the best loss is summed
UNIT_D = torch.ones(BATCH)  # neither objective looks at d


@dataclass(frozen=True)
class Learned:
    """``x`` [161] and ``truth`` log p/q there, ``densities`` p and q; ``scores`` T of each game on x, by name; for pairs
    ``expected`` and ``found`` [400] differences of log ratios and of scores, ``r2`` over 4 000 pairs (NaN for equal distributions), ``offset`` the mean
    of T - log p/q over real and generated points, by name of the game."""

    x: np.ndarray
    truth: np.ndarray
    densities: tuple[np.ndarray, np.ndarray]
    scores: dict[str, np.ndarray]
    expected: np.ndarray
    found: dict[str, np.ndarray]
    r2: dict[str, float]
    offset: dict[str, float]
    loss: dict[str, float]
    step: int


def log_ratio(x: np.ndarray, shift: float, sd: float) -> np.ndarray:
    """log p(x)/q(x) for p = N(0, 1) and q = N(shift, sd²)."""
    return np.log(sd) - x**2 / 2 + (x - shift) ** 2 / (2 * sd**2)


def best_loss(shift: float, sd: float) -> float:
    """RSGAN's least critic loss E softplus(-(l(x_r) - l(x_f))), l = log p/q: log 2 - JS of p(x_r)q(x_f) and p(x_f)q(x_r)."""
    x = np.linspace(min(0.0, shift) - 8 * max(1, sd), max(0.0, shift) + 8 * max(1, sd), NODES)
    p = np.exp(-(x**2) / 2)
    q = np.exp(-((x - shift) ** 2) / (2 * sd**2))
    ratio = log_ratio(x, shift, sd)
    return float(p @ np.logaddexp(0, ratio[None] - ratio[:, None]) @ q / (p.sum() * q.sum()))


def learn(shift: float, sd: float, steps: int, seed: int, every: int = 250) -> Iterator[Learned | Progress]:
    """Train both critics on the same points from the same start; yields what they know every ``every`` steps."""
    rng = torch.Generator().manual_seed(seed)
    start = int(torch.randint(2**31, (1,), generator=rng))
    nets = {name: Network((1, *WIDTHS, 1), torch.Generator().manual_seed(start)) for name in GAMES}
    goals = {name: objective(name) for name in GAMES}
    players = {name: Player(net, LR, steps) for name, net in nets.items()}
    beyond = REACH * max(1.0, sd)
    x = np.linspace(min(0.0, shift) - beyond, max(0.0, shift) + beyond, POINTS)
    fresh = np.random.default_rng(seed + 1)
    real, fake = fresh.normal(0, 1, PAIRS), fresh.normal(shift, sd, PAIRS)
    losses: dict[str, float] = {}
    for step in range(1, steps + 1):
        points = torch.randn(2, BATCH, 1, generator=rng)
        points[1] = shift + sd * points[1]
        for name, player in players.items():
            losses[name] = float(player.judge(goals[name], points[0], points[1], UNIT_D).loss)
            player.step(step)
        if step % every and step != steps:
            continue
        yield _measured(nets, shift, sd, x, real, fake, losses, step)


def _measured(
    nets: dict[str, Network], shift: float, sd: float, x: np.ndarray, real: np.ndarray, fake: np.ndarray,
    losses: dict[str, float], step: int,
) -> Learned:  # fmt: skip
    def scored(net: Network, values: np.ndarray) -> np.ndarray:
        return net(torch.from_numpy(values).float()[:, None])[:, 0].double().numpy()

    expected = log_ratio(real, shift, sd) - log_ratio(fake, shift, sd)
    found = {name: scored(net, real) - scored(net, fake) for name, net in nets.items()}
    both = np.concatenate([real, fake])
    rest = {name: float(np.square(one - expected).sum()) for name, one in found.items()}
    spread = float(np.square(expected - expected.mean()).sum())
    densities = (
        np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi),
        np.exp(-((x - shift) ** 2) / (2 * sd**2)) / np.sqrt(2 * np.pi) / sd,
    )
    return Learned(
        x,
        log_ratio(x, shift, sd),
        densities,
        {name: scored(net, x) for name, net in nets.items()},
        expected[:SHOWN],
        {name: one[:SHOWN] for name, one in found.items()},
        {name: 1 - one / spread if spread else math.nan for name, one in rest.items()},
        {name: float((scored(net, both) - log_ratio(both, shift, sd)).mean()) for name, net in nets.items()},
        dict(losses),
        step,
    )
