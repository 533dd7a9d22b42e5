"""BiGAN-QP in the plane: points are encoded and drawn again while generator, encoder and critic learn.

Two games run from the same networks on the same points and noise; they differ in the squares alone: with the gradient
stopped inside (post 6214), let through, or none at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from core.gan.bigan_qp.objective import BETAS
from core.gan.objectives import objective, paired_distance
from core.gan.plane.network import Network
from core.gan.plane.player import Player
from core.gan.plane.targets import Target
from core.gan.plane.training import AVERAGE, grid_distance
from core.progress import Progress

__all__ = ["Game", "Kind", "Pair", "Record", "Settings", "duel"]

Kind = Literal["half", "whole", "none"]
WIDTHS = (64, 64, 64)  # hidden units of every network
SHOWN, MEASURED = 400, 4096  # points of a record, always of the same z and x; and of its readings
ADAM = (0.5, 0.9)  # as on the plane bench
RECORDS, PICTURES = 20, 5  # moments of the film; states shown while training goes on


@dataclass(frozen=True)
class Settings:
    """A game. ``code`` numbers a code, ``beta`` the weights of both squares, ``kind`` how far their gradients reach."""

    kind: Kind = "half"
    beta: tuple[float, float] = BETAS
    code: int = 2
    steps: int = 1000
    batch: int = 256
    lr: float = 2e-3
    critic_steps: int = 2
    seed: int = 0


@dataclass(frozen=True)
class Record:
    """After ``step`` steps: ``samples`` G(z) and ``again`` G(E(x)) [400, 2], codes E(x) [400, n].

    ``error``: mean ‖x - G(E(x))‖² over that of two points of the target. ``code_error``: mean (z - E(G(z)))².
    ``distance``: Jensen-Shannon divergence (nats) of samples and target on a fixed grid. ``code_sd``: of E(x)'s entries,
    1 when they follow N(0, I).
    """

    step: int
    samples: np.ndarray
    again: np.ndarray
    codes: np.ndarray
    error: float
    code_error: float
    distance: float
    code_sd: float


@dataclass(frozen=True)
class Game:
    """A game so far."""

    settings: Settings
    records: tuple[Record, ...]

    @property
    def last(self) -> Record:
        return self.records[-1]


@dataclass(frozen=True)
class Pair:
    """Both games so far, the ``points`` [400, 2] of the target that are drawn again, and the share of steps ``done``."""

    left: Game
    right: Game
    points: np.ndarray
    done: float

    @property
    def games(self) -> tuple[Game, Game]:
        return self.left, self.right


class Players:
    """Networks, optimisers and streams of random numbers of one game."""

    def __init__(self, settings: Settings, points: np.ndarray) -> None:
        self.settings = settings
        self.goal = objective("gan-qp-l1")
        start = torch.Generator().manual_seed(settings.seed)
        n = settings.code
        nets = (Network(sizes, start) for sizes in ((2 + n, *WIDTHS, 1), (2, *WIDTHS, n), (n, *WIDTHS, 2)))
        self.critic, self.encoder, self.generator = (Player(net, settings.lr, settings.steps, ADAM) for net in nets)
        self.averages = [p.net.parameters.clone() for p in (self.encoder, self.generator)]
        self.rng = torch.Generator().manual_seed(settings.seed + 1)
        self.real = torch.from_numpy(points)
        fixed = torch.Generator().manual_seed(settings.seed + 2)
        self.z = torch.randn(MEASURED, n, generator=fixed)

    def drawn(self) -> tuple[Tensor, Tensor]:
        """Real points [B, 2] and codes [B, n]."""
        picks = torch.randint(len(self.real), (self.settings.batch,), generator=self.rng)
        return self.real[picks], torch.randn(self.settings.batch, self.settings.code, generator=self.rng)

    def critic_step(self, number: int) -> None:
        """One update of the critic on pairs (x, E(x)) and (G(z), z)."""
        x, z = self.drawn()
        code, made = self.encoder.net(x), self.generator.net(z)
        distance = paired_distance(x, made) + paired_distance(code, z)
        self.critic.judge(self.goal, torch.cat([x, code], 1), torch.cat([made, z], 1), distance)
        self.critic.step(number)

    def coders_step(self, number: int) -> None:
        """One update of encoder and generator together."""
        self.lay_down(*self.drawn())
        self.encoder.step(number)
        self.generator.step(number)
        decay = min(AVERAGE, (1 + number) / (10 + number))
        for average, player in zip(self.averages, (self.encoder, self.generator), strict=True):
            average.lerp_(player.net.parameters, 1 - decay)

    def lay_down(self, x: Tensor, z: Tensor) -> None:
        """The gradients of ΔT + β₁ ‖z - E(G(z))‖² + β₂ ‖x - G(E(x))‖² in the encoder's and the generator's parameters."""
        encoder, generator, critic = self.encoder.net, self.generator.net, self.critic.net
        size = len(x)
        code, code_tape = encoder.forward(x)
        made, made_tape = generator.forward(z)
        real, fake = torch.cat([x, code], 1), torch.cat([made, z], 1)
        scores, tape = critic.forward(torch.cat([real, fake]))
        scored = self.goal.generator(scores[:size, 0], scores[size:, 0])
        down = critic.input_gradient(tape, torch.cat([scored.real, scored.fake])[:, None])
        to_code, to_made = down[:size, 2:], down[size:, :2]
        encoder.zero()
        generator.zero()
        if self.settings.kind != "none":
            again, again_tape = encoder.forward(made)
            back, back_tape = generator.forward(code)
            of_codes = 2 * self.settings.beta[0] / again.numel() * (again - z)  # squares are means over entries too
            of_points = 2 * self.settings.beta[1] / back.numel() * (back - x)
            encoder.backward(again_tape, of_codes)
            generator.backward(back_tape, of_points)
            if self.settings.kind == "whole":
                to_made = to_made + encoder.input_gradient(again_tape, of_codes)
                to_code = to_code + generator.input_gradient(back_tape, of_points)
        encoder.backward(code_tape, to_code)
        generator.backward(made_tape, to_made)

    def record(self, step: int) -> Record:
        """Measure the moving averages of both networks."""
        nets = (self.encoder.net, self.generator.net)
        present = [net.parameters.clone() for net in nets]
        for net, average in zip(nets, self.averages, strict=True):
            net.parameters.copy_(average)
        encoder, generator = nets
        x = self.real[:MEASURED]
        code, made = encoder(x), generator(self.z)
        again = generator(code)
        pair = float(2 * x.var(0, correction=1).sum())
        found = Record(
            step, made[:SHOWN].numpy().copy(), again[:SHOWN].numpy().copy(), code[:SHOWN].numpy().copy(),
            float((x - again).square().sum(1).mean()) / pair, float((encoder(made) - self.z).square().mean()),
            grid_distance(made.numpy(), self.real.numpy()), float(code.std()),
        )  # fmt: skip
        for net, before in zip(nets, present, strict=True):
            net.parameters.copy_(before)
        return found


def duel(left: Settings, right: Settings, aim: Target) -> Iterator[Pair | Progress]:
    """Train both games in turn, record by record; yields them a few times, the last time whole.

    ValueError when they differ in steps.
    """
    if left.steps != right.steps:
        raise ValueError("both games need the same steps")
    sides = [Players(settings, aim.points) for settings in (left, right)]
    records: list[list[Record]] = [[side.record(0)] for side in sides]
    every = -(-left.steps // RECORDS)
    for step in range(1, left.steps + 1):
        for side in sides:
            for _ in range(side.settings.critic_steps):
                side.critic_step(step)
            side.coders_step(step)
        if step % every and step != left.steps:
            continue
        for side, found in zip(sides, records, strict=True):
            found.append(side.record(step))
        if step == left.steps or len(records[0]) % (RECORDS // PICTURES) == 0:
            first, second = (Game(side.settings, tuple(found)) for side, found in zip(sides, records, strict=True))
            yield Pair(first, second, aim.points[:SHOWN], step / left.steps)
        else:
            yield Progress(step / left.steps)
