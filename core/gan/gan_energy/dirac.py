"""Two points as an exact flow: a generator that makes the point θ, a critic T(x) = φ·x, and the real point at 0.

Both are vectors in the plane (as in the author's script for post 6583), and gradient steps are taken infinitely small.
With σ the logistic function:

    sgan             φ' = -σ(φ·θ) θ                              θ' = σ(-φ·θ) φ
    wgan-sn          φ' = -θ/|φ| + (φ·θ) φ/|φ|³                  θ' = φ/|φ|           T(x) = φ·x/|φ|
    gp-0, gp-1       φ' = -θ - 2λ (1 - c/|φ|) φ                  θ' = φ               penalty λ (|φ| - c)², c = 0 or 1
    gan-qp           φ' = -θ - (φ·θ) θ/(λ |θ|)                   θ' = φ               d(x_r, x_f) = |θ|
    gan-qp-script    the same, divided by |φ| as the script does

and an L2 term, "…-l2", adds -κ φ to φ'; for T(x) = φ·x a penalty centred at 0 is one, with κ = 2λ. The area A = φ₁θ₂ - φ₂θ₁ tells where a game can go, because |φ| |θ| ≥ |A|:

    sgan, gan-qp     A' = -κ A: without the L2 term it is conserved, and θ comes to 0 only if |φ| grows without bound
    gp-c             A' = -(2λ (1 - c/|φ|) + κ) A
    wgan-sn          |φ| = r and ½|θ|² - r² log|A| are conserved when κ = 0
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.integrate import solve_ivp
from scipy.special import expit

__all__ = ["GAMES", "Flow", "Game", "area", "compare", "flow", "velocity"]

LAMBDA_GP, LAMBDA_QP = 0.1, 1.0  # of the author's script
L2 = 0.1  # κ of the author's script
CRITIC_START = (0.1, 0.2)  # φ(0) of the author's script, whose θ(0) is (0.2, 0.1)
RTOL, ATOL = 1e-9, 1e-11
SHOWN = 1000  # moments of a trajectory
LATE = 0.2  # the last fifth of the time, over which the distance that is reached is read
LEAST = 1e-9  # a critic this short has no direction, and the equations that need one end there

Point = tuple[float, float]
Velocity = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Flow:
    """A solution: ``time`` [n]; ``phi``, ``theta`` [n, 2]; ``distance`` [n] = |θ|; ``area`` [n] = φ₁θ₂ - φ₂θ₁.

    ``late`` is the largest |θ| in the last fifth of the time; ``stopped`` says that the critic vanished on the way, where
    a game that needs its direction ends.
    """

    name: str
    time: np.ndarray
    phi: np.ndarray
    theta: np.ndarray
    distance: np.ndarray
    area: np.ndarray
    late: float
    stopped: bool

    @property
    def radius(self) -> float:
        """√|A| at the end: |φ| and |θ| can not both be smaller."""
        return float(np.sqrt(abs(self.area[-1])))


def sgan(phi: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The critic ascends log σ(-φ·θ), the generator log σ(φ·θ)."""
    score = phi @ theta
    return -expit(score) * theta, expit(-score) * phi


def wgan_sn(phi: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The critic ascends -T(θ), the generator T(θ), with T(x) = φ·x/|φ|."""
    length = np.linalg.norm(phi)
    return -theta / length + (phi @ theta) * phi / length**3, phi / length


def wgan_gp(centre: float) -> Velocity:
    """The critic ascends -φ·θ - λ(|φ| - c)², the generator φ·θ; ``centre`` is c."""

    def rule(phi: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        share = 1 - centre / np.linalg.norm(phi) if centre else 1.0
        return -theta - 2 * LAMBDA_GP * share * phi, phi

    return rule


def gan_qp(by_theta: bool) -> Velocity:
    """The critic ascends -φ·θ - (φ·θ)²/(2λd), the generator φ·θ; d is |θ|, or |φ| as in the author's script."""

    def rule(phi: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        d = np.linalg.norm(theta if by_theta else phi)
        pull = (phi @ theta) * theta / (LAMBDA_QP * d) if d else 0 * theta
        return -theta - pull, phi

    return rule


class Game(NamedTuple):
    """The equations, the weight κ of the L2 term, and whether they divide by |φ|."""

    velocity: Velocity
    l2: float = 0.0
    directed: bool = False


GAMES: Mapping[str, Game] = {
    "sgan": Game(sgan),
    "sgan-l2": Game(sgan, L2),
    "wgan-sn": Game(wgan_sn, directed=True),
    "gp-0": Game(wgan_gp(0.0)),
    "gp-1": Game(wgan_gp(1.0), directed=True),
    "gan-qp": Game(gan_qp(True)),
    "gan-qp-l2": Game(gan_qp(True), L2),
    "gan-qp-script": Game(gan_qp(False), directed=True),
}


def velocity(name: str, state: np.ndarray) -> np.ndarray:
    """(φ', θ') [4] at ``state`` = (φ, θ) [4] of the game ``name``; KeyError for another name."""
    game, phi, theta = GAMES[name], state[:2], state[2:]
    up, along = game.velocity(phi, theta)
    return np.concatenate([up - game.l2 * phi, along])


def area(phi: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """φ₁θ₂ - φ₂θ₁ of vectors [..., 2]."""
    return phi[..., 0] * theta[..., 1] - phi[..., 1] * theta[..., 0]


def flow(name: str, theta: Point, duration: float, phi: Point = CRITIC_START) -> Flow:
    """Solve the game ``name`` from ``phi`` and ``theta`` over ``duration``."""

    def left(_: float, state: np.ndarray) -> float:
        return float(np.linalg.norm(state[:2])) - LEAST

    left.terminal = True  # type: ignore[attr-defined]
    found = solve_ivp(
        lambda _, state: velocity(name, state), (0.0, duration), [*phi, *theta], "DOP853", rtol=RTOL, atol=ATOL,
        t_eval=np.linspace(0, duration, SHOWN), events=left if GAMES[name].directed else None,
    )  # fmt: skip
    phis, thetas = found.y[:2].T, found.y[2:].T
    distance = np.linalg.norm(thetas, axis=1)
    late = float(distance[found.t >= (1 - LATE) * found.t[-1]].max())
    return Flow(name, found.t, phis, thetas, distance, area(phis, thetas), late, found.status == 1)


def compare(left: str, right: str, theta: Point, duration: float) -> tuple[Flow, Flow]:
    """Two games from one start."""
    return flow(left, theta, duration), flow(right, theta, duration)
