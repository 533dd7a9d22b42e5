"""A network with its optimiser: what every small game of critic and generator does to it in a step."""

from __future__ import annotations

import torch
from torch import Tensor

from core.gan.objectives import Objective, Scored
from core.gan.plane.network import Network

__all__ = ["LAST_LR", "Player", "share_of_lr"]

LAST_LR = 0.02  # of the learning rate, reached linearly at the last step: two players at a constant rate circle around the solution
BETAS = (0.9, 0.999)  # of Adam, by default


def share_of_lr(step: int, steps: int) -> float:
    """What the learning rate is multiplied by at ``step``, counted from 1."""
    return max(1 - (step - 1) / steps, LAST_LR)


class Player:
    """``net`` trained by Adam for ``steps`` steps, over which the learning rate falls linearly from ``lr``."""

    def __init__(self, net: Network, lr: float, steps: int, betas: tuple[float, float] = BETAS) -> None:
        self.net, self.lr, self.steps = net, lr, steps
        self.optimiser = torch.optim.Adam([net.parameters], lr, betas)

    def judge(self, goal: Objective, real: Tensor, fake: Tensor, d: Tensor) -> Scored:
        """The critic's loss of ``goal`` on points [B, n] each at distances ``d`` [B]; its gradient is laid down in the net."""
        n = len(real)
        scores, tape = self.net.forward(torch.cat([real, fake]))
        scored = goal.critic(scores[:n, 0], scores[n:, 0], d)
        self.net.zero()
        self.net.backward(tape, torch.cat([scored.real, scored.fake])[:, None])
        return scored

    def step(self, number: int) -> None:
        """Update along the gradient that was laid down; ``number`` counts the game's steps from 1."""
        self.net.settle()
        self.net.parameters.grad = self.net.gradient
        for group in self.optimiser.param_groups:
            group["lr"] = self.lr * share_of_lr(number, self.steps)
        self.optimiser.step()
        self.net.normalise()
