"""Steps a second of the plane bench, whose derivatives are written out, against the same networks in eager PyTorch: ``python -m bench.plane``.

The peer is what one would write: ``nn.Sequential``, autograd, ``torch.optim.Adam(foreach=…)`` by its default; the same
sizes, batch, losses, critic steps and learning rates, and the same moving average of the generator.
"""

from __future__ import annotations

import os
from itertools import pairwise

import torch
from torch import Tensor, nn

from bench.report import measured, write
from core.gan.objectives import LAMBDA_QP, objective
from core.gan.plane.player import share_of_lr
from core.gan.plane.targets import target
from core.gan.plane.training import AVERAGE, BETAS, WIDTHS, Settings, train

STEPS = 300
REPEATS = 3
LONG = 2000  # steps that the bench should take within 10 s
NAMES = ("gan-qp-l1", "sgan", "rsgan", "wgan-gp", "sgan-sn")


def perceptron(sizes: tuple[int, ...], spectral: bool = False) -> nn.Sequential:
    """A multilayer perceptron with LeakyReLU(0.2)."""
    layers: list[nn.Module] = []
    for a, b in pairwise(sizes):
        layer = nn.Linear(a, b)
        layers += [nn.utils.parametrizations.spectral_norm(layer) if spectral else layer, nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers[:-1])


def eager(settings: Settings, points: Tensor) -> None:
    """The same training, plainly written."""
    goal = objective(settings.objective, LAMBDA_QP)
    generator, critic = perceptron((2, *WIDTHS, 2)), perceptron((2, *WIDTHS, 1), goal.spectral)
    average = torch.optim.swa_utils.AveragedModel(
        generator, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGE)
    )
    critic_step = torch.optim.Adam(critic.parameters(), settings.lr, BETAS)
    generator_step = torch.optim.Adam(generator.parameters(), settings.lr, BETAS)
    for step in range(settings.steps):
        for optimiser in (critic_step, generator_step):
            for group in optimiser.param_groups:
                group["lr"] = settings.lr * share_of_lr(step + 1, settings.steps)
        critic.requires_grad_(True)
        for _ in range(settings.critic_steps):
            real = points[torch.randint(len(points), (settings.batch,))]
            with torch.no_grad():
                fake = generator(torch.randn(settings.batch, 2))
            d = (real - fake).abs().mean(1).clamp_min(1e-6)
            loss = goal.critic(critic(real)[:, 0], critic(fake)[:, 0], d).loss
            if goal.penalty != "none":
                mix = torch.rand(settings.batch, 1)
                between = (mix * real + (1 - mix) * fake).requires_grad_()
                (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
                loss = loss + ((slope.square().sum(1) + 1e-12).sqrt() - 1).square().mean()
            critic_step.zero_grad()
            loss.backward()
            critic_step.step()
        critic.requires_grad_(False)
        real = points[torch.randint(len(points), (settings.batch,))]
        fake = generator(torch.randn(settings.batch, 2))
        made = goal.generator(critic(real)[:, 0], critic(fake)[:, 0]).loss
        generator_step.zero_grad()
        made.backward()
        generator_step.step()
        average.update_parameters(generator)


def main() -> None:
    """Run the comparison and write the table."""
    threads = torch.get_num_threads()
    aim = target("eight", 0)
    points = torch.from_numpy(aim.points)
    rows = []
    for name in NAMES:
        settings = Settings(name, steps=STEPS, every=STEPS)
        ours, peer = [], []
        for _ in range(REPEATS):
            ours.append(measured(lambda: list(train(settings, aim)))[1].cpu)
            peer.append(measured(lambda: eager(settings, points))[1].cpu)
        a, b = STEPS / min(ours), STEPS / min(peer)
        rows.append([name, f"**{a:.0f}**", f"{b:.0f}", f"{a / b:.1f}x", f"{LONG / a:.1f}"])
    notes = [
        f"A step is {Settings().critic_steps} updates of the critic and one of the generator, batch {Settings().batch}, hidden layers {WIDTHS}; "
        f"best of {REPEATS} runs of {STEPS} steps, taken in turn; CPU seconds of this process. {threads} threads, {os.cpu_count()} cores. "
        "Ours include the first and last record.",
    ]
    header = ["objective", "ours, steps a CPU-second", "eager PyTorch", "ratio", "2 000 steps, CPU-s"]
    write("plane", "GANs in the plane: steps a second", header, rows, notes)


if __name__ == "__main__":
    main()
