"""Recipe of the GANs whose critic gives one number: ``python -m training.gan.pictures gan-qp-l1 cats64``.

One recipe for all objectives, so that two of them can be compared with the same networks, pictures, codes,
optimisers and numbers of steps. Author's settings for GAN-QP (post 6163): Adam(2e-4, 0.5), two critic steps for one of
the generator, λ = 10, batches of 64. Expected: pair diversity above 0.7, else the run is not shippable; the seed with the
lowest feature distance (own classifier) of held-out pictures is trained to the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from lightning_fabric import Fabric
from torch import Tensor, nn

from core import weights
from core.gan.architectures import ARCHITECTURES, Architecture
from core.gan.objectives import objective as known_objective
from core.gan.objectives import paired_distance
from core.gan.pictures import GAN, Config, critic_loss, generator_loss, penalty
from core.gan.self_mod.count import count, step_operations
from core.quality import fidelity, pair_diversity
from training.command import run as run_command
from training.data import ImageSet, images
from training.evaluation import FEATURES, fresh_metrics
from training.loop import Run, Schedule, train
from training.recipes import Evaluated, device_kind, held_out, rounded, write
from training.sheets import SHEET, sheet
from training.trials import Preset, Trials, best_of

LR, BETAS, EPS = 2e-4, (0.5, 0.999), 1e-7  # the author's Adam in PyTorch's terms
CRITIC_STEPS = 2  # the author's, for one step of the generator
PENALTY_WEIGHT = 10.0  # arXiv 1704.00028
LEAST_DIVERSITY = 0.7  # of samples, relative to real pictures; a collapsed run is near 0
LEAST_OF_ARCHITECTURES = (
    0.3  # where architectures are compared a lack of diversity is a result, short of one picture for all
)
DISTANCE = "feature distance"
LIMITS = {
    "zh": "按一两个小时的 CPU 预算训练，画面比原文的 128–512 像素小，样本也差得多；两个目标用同样的步数、网络与数据，各训练一次，只能说明这一次。",
    "en": "Trained on a CPU within an hour or two: pictures are smaller than the post's 128-512 pixels, and samples are worse. Two objectives have the same steps, networks and data, one full run each, which proves no more than that.",
}


NARROWER = {"resnet": 2}
"""Architectures whose maps are that many times narrower: two 3x3 convolutions at twice the side cost over eight times as much."""

AT_EQUAL_COST = {
    "zh": "按一个小时的 CPU 预算训练的 32 像素数字。四种架构的训练总运算量相同，步数因此不同，ResNet 的通道数减半；各完整训练一次，只能说明这一次。",
    "en": "Digits of 32 pixels, trained on a CPU within an hour. The four architectures have equally many operations of training, hence other numbers of steps, and ResNet is half as wide; one full run each, which proves no more than that.",
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """Those of the networks; the objective and the architecture come from the command line."""

    side: int
    channels: int
    z_dim: int
    base: int


PRESETS: Mapping[str, Mapping[str, Preset[Sizes]]] = {
    "cats64": {
        "cpu": Preset(Sizes(64, 3, 128, 32), Schedule(1_500, eval_every=125), 250),
        "gpu": Preset(Sizes(64, 3, 128, 64), Schedule(60_000, eval_every=2000), 4000),
    },
    "mnist28": {
        "cpu": Preset(Sizes(32, 1, 64, 32), Schedule(3_000, eval_every=150), 450),
        "gpu": Preset(Sizes(32, 1, 64, 64), Schedule(30_000, eval_every=1000), 2000),
    },
}


class GANRecipe(Evaluated):
    """The critic's updates and the generator's on one image set, by the config's objective."""

    def __init__(self, config: Config, data: ImageSet, seed: int) -> None:
        super().__init__(data, config.dimensions)
        torch.manual_seed(seed)
        self.model = GAN(config)

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        parts = {"critic": self.model.critic, "generator": self.model.generator}
        return {k: (m, torch.optim.Adam(m.parameters(), LR, BETAS, EPS)) for k, m in parts.items()}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        goal, z_dim = self.model.objective, self.model.config.z_dim
        (critic, critic_step), (generator, generator_step) = parts["critic"], parts["generator"]
        loss = gap = torch.zeros(())
        for _ in range(CRITIC_STEPS):
            x = self.data.batch(batch, rng)
            z = torch.randn(batch, z_dim, generator=rng, device=x.device)
            with torch.no_grad():
                made = generator(z).float()
            real, fake = critic(x).float(), critic(made).float()  # two passes: each batch has its own statistics
            loss = critic_loss(goal, real, fake, paired_distance(x, made, goal.norm))
            gap = (real - fake).mean()
            if goal.penalty != "none":
                mix = torch.rand(batch, generator=rng, device=x.device)
                loss = loss + PENALTY_WEIGHT * penalty(self.model.critic, goal.penalty, x, made, mix)
            critic_step.zero_grad()
            fabric.backward(loss)
            critic_step.step()

        self.model.critic.requires_grad_(False)
        x = self.data.batch(batch, rng)
        z = torch.randn(batch, z_dim, generator=rng, device=x.device)
        with fabric.autocast():
            judged = self.model.critic(generator(z)).float()
            real = self.model.critic(x).float() if goal.uses_real else torch.zeros_like(judged)
        made_loss = generator_loss(goal, real, judged)
        generator_step.zero_grad()
        fabric.backward(made_loss)
        generator_step.step()
        self.model.critic.requires_grad_(True)
        return {"critic loss": loss.detach(), "generator loss": made_loss.detach(), "gap": gap.detach()}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], np.ndarray]:
        assert isinstance(model, GAN)
        model.eval()
        made = model.decode(self.codes)
        measures = sample_measures(self.real, made)
        model.train()
        return measures, sheet(made[: SHEET * SHEET], SHEET)


def sample_measures(real: Tensor, made: Tensor) -> Mapping[str, float]:
    """What is logged at every evaluation, of as many samples as held-out pictures [N, C, S, S] in [-1, 1]."""
    found = fidelity(weights.load(FEATURES, device=real.device), real, made)
    return {
        DISTANCE: found.frechet,
        "1-NN accuracy": found.nearest_neighbour_accuracy,
        "pair diversity": pair_diversity(made, real),
    }


def chosen(trials: Trials) -> int:
    """The seed with the lowest feature distance."""
    return min(trials, key=lambda seed: trials[seed][DISTANCE])


def named(config: Config) -> str:
    """The name of the weights before that of their data: the objective, and the architecture unless it is SELF-MOD."""
    return config.objective if config.architecture == "self-mod" else f"{config.architecture}-{config.objective}"


def ship(run: Run, data: ImageSet, seed: int, trials: Mapping[str, float], folder: Path) -> None:
    """Write weights, card, training film and log. RuntimeError when the samples are not diverse: the run has collapsed."""
    assert isinstance(run.model, GAN)
    run.model.settle()
    model = rounded(run.model)
    metrics = {**fresh_metrics(model, held_out(data)), **trials}
    least = LEAST_DIVERSITY if run.model.config.architecture == "self-mod" else LEAST_OF_ARCHITECTURES
    if metrics["pair diversity"] < least:
        raise RuntimeError(f"pair diversity = {metrics['pair diversity']:.3g}: the run has collapsed, try other seeds")
    config, kind = run.model.config, run.model.config.architecture
    again = "" if kind == "self-mod" else f" --architecture {kind}"
    write(
        run, model, named(config), data, folder, builder="core.gan.pictures.build", seed=seed, metrics=metrics,
        recipe=f"python -m training.gan.pictures {config.objective} {data.name}{again}",
        limits=LIMITS if kind == "self-mod" else AT_EQUAL_COST,
    )  # fmt: skip


def at_equal_cost(preset: Preset[Sizes], objective: str, architecture: Architecture) -> tuple[Config, Schedule, int]:
    """Networks, schedule and trial of ``architecture``: as many operations of training in all as SELF-MOD has by the preset."""
    sizes, schedule = preset.config, preset.schedule
    base = sizes.base // NARROWER.get(architecture, 1)
    config = Config(sizes.side, sizes.channels, sizes.z_dim, base, objective, architecture)
    cost, mine = (
        step_operations(count(name, sizes.side, sizes.channels, sizes.z_dim, width), CRITIC_STEPS)
        for name, width in (("self-mod", sizes.base), (architecture, base))
    )
    eval_every = max(round(schedule.eval_every * cost / mine), 1)
    steps = round(schedule.steps * cost / mine)
    return (
        config,
        replace(schedule, steps=steps, eval_every=eval_every),
        eval_every * preset.trial // schedule.eval_every,
    )


def main(
    objective: Annotated[
        str, typer.Argument(help="a name of core.gan.objectives: gan-qp-l1, sgan-sn, rsgan, wgan-gp …")
    ],
    data: Annotated[str, typer.Argument(help="cats64 or mnist28")],
    architecture: Annotated[
        str, typer.Option(help="dcgan, resnet, self-mod or style: trained at equal cost (post 6549)")
    ] = "self-mod",
    preset: Annotated[str, typer.Option(help="cpu or gpu; default: what is there")] = "",
    seeds: Annotated[int, typer.Option(min=1, help="seeds tried")] = 3,
    steps: Annotated[int, typer.Option(help="of the seed chosen; default: the preset's")] = 0,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:
    """Try several seeds, train the best to the end, write weights and card. A second call goes on where the first was stopped."""
    kind = device_kind(preset)
    goal = known_objective(objective)
    if goal.clip or goal.entropy:
        raise typer.BadParameter(f"{objective}: needs clipping or an encoder, which this recipe lacks")
    if architecture not in ARCHITECTURES:
        raise typer.BadParameter(f"architecture = {architecture}: must be one of {', '.join(ARCHITECTURES)}")
    config, schedule, trial = at_equal_cost(PRESETS[data][kind], objective, architecture)
    schedule = replace(schedule, steps=steps or schedule.steps)
    pictures = images(data, config.side)

    def run(seed: int, stop_at: int | None = None) -> Run:
        folder = runs / f"{named(config)}-{data}-{kind}-{seed}"
        return train(GANRecipe(config, pictures, seed), schedule, seed, folder, stop_at=stop_at)

    whole, best, told = best_of(range(seeds), trial, run, chosen, (DISTANCE, "pair diversity"))
    ship(whole, pictures, best, told, out)


if __name__ == "__main__":
    run_command(main)
