"""A constant added to every score: RSGAN's losses do not see it, SGAN's do (post 6110)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from core.gan.objectives import objective
from core.gan.pictures_views import judged

__all__ = ["GAMES", "Shifted", "losses", "shifted"]

GAMES = ("sgan", "rsgan", "rasgan", "gan-qp-l1")
FARTHEST, PLOTTED = 6.0, 61


@dataclass(frozen=True)
class Shifted:
    """``constants`` [61], and each game's ``critic`` and ``generator`` losses [61] with T + c for T; the scores
    moved so that the two means lie symmetrically about 0, ``real`` and ``made`` [N]; ``slope``: mean |∂loss/∂T(x_f)| of the generator at T + ``chosen``, by game."""

    constants: np.ndarray
    critic: dict[str, np.ndarray]
    generator: dict[str, np.ndarray]
    real: np.ndarray
    made: np.ndarray
    slope: dict[str, float]

    def range(self, game: str) -> float:
        """By how much the critic's loss of ``game`` changes over all constants."""
        return float(np.ptp(self.critic[game]))


def losses(game: str, real: torch.Tensor, fake: torch.Tensor) -> tuple[float, float, float]:
    """Critic's and generator's loss, and the generator's mean |slope| in the generated scores times their number."""
    goal, d = objective(game), torch.ones_like(real)
    made = goal.generator(real, fake)
    return float(goal.critic(real, fake, d).loss), float(made.loss), float(made.fake.abs().sum())


def shifted(name: str, chosen: float, seed: int) -> Shifted:
    """All games' losses on the scores that the critic of the weights ``name`` gives real and generated pictures."""
    found = judged(name, seed)
    centre = (found.real.mean() + found.made.mean()) / 2
    real, made = (torch.from_numpy(one - centre).double() for one in (found.real, found.made))
    constants = np.linspace(-FARTHEST, FARTHEST, PLOTTED)
    table = {game: np.array([losses(game, real + c, made + c) for c in constants.tolist()]) for game in GAMES}
    return Shifted(
        constants,
        {game: rows[:, 0] for game, rows in table.items()},
        {game: rows[:, 1] for game, rows in table.items()},
        real.numpy(),
        made.numpy(),
        {game: losses(game, real + chosen, made + chosen)[2] for game in GAMES},
    )
