"""Recipe of the GANs whose critic gives one number: ``python -m training.gan.pictures gan-qp-l1 cats64``.

One recipe for all objectives, so that two of them can be compared with the same networks, pictures, codes,
optimisers and numbers of steps. Author's settings for GAN-QP (post 6163): Adam(2e-4, 0.5), two critic steps for one of
the generator, λ = 10, batches of 64. Expected: pair diversity above 0.7, else the run is not shippable; the seed with the
lowest feature distance (own classifier) of held-out pictures is trained to the end.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from lightning_fabric import Fabric
from torch import Tensor, nn

from core import weights
from core.gan.objectives import objective as known_objective
from core.gan.objectives import paired_distance
from core.gan.pictures import GAN, Config, critic_loss, generator_loss, penalty
from core.quality import fidelity, pair_diversity
from training.command import run as run_command
from training.data import ImageSet, images, scaled
from training.evaluation import FEATURES, sample_metrics
from training.loop import LOG, SHEETS, Run, Schedule, train
from training.sheets import SHEET, film, sheet
from training.sources import SOURCES

LR, BETAS, EPS = 2e-4, (0.5, 0.999), 1e-7  # the author's Adam in PyTorch's terms
CRITIC_STEPS = 2  # the author's, for one step of the generator
PENALTY_WEIGHT = 10.0  # arXiv 1704.00028
EVALUATED = 256  # held-out pictures, and fresh codes, measured at every evaluation
LEAST_DIVERSITY = 0.7  # of samples, relative to real pictures; a collapsed run is near 0
MOST_HELD_OUT = 1000
DISTANCE = "feature distance"
LIMITS = {
    "zh": "按一两个小时的 CPU 预算训练，画面比原文的 128–512 像素小，样本也差得多；两个目标用同样的步数、网络与数据，各训练一次，只能说明这一次。",
    "en": "Trained on a CPU within an hour or two: pictures are smaller than the post's 128-512 pixels, and samples are worse. Two objectives have the same steps, networks and data, one full run each, which proves no more than that.",
}


@dataclass(frozen=True, slots=True)
class Preset:
    """One data set's settings on the CPU or the GPU; ``trial`` steps decide between the seeds."""

    side: int
    channels: int
    z_dim: int
    base: int
    schedule: Schedule
    trial: int


PRESETS: Mapping[str, Mapping[str, Preset]] = {
    "cats64": {
        "cpu": Preset(64, 3, 128, 32, Schedule(1_500, eval_every=125), 250),
        "gpu": Preset(64, 3, 128, 64, Schedule(60_000, eval_every=2000), 4000),
    },
    "mnist28": {
        "cpu": Preset(32, 1, 64, 32, Schedule(3_000, eval_every=150), 450),
        "gpu": Preset(32, 1, 64, 64, Schedule(30_000, eval_every=1000), 2000),
    },
}


class GANRecipe:
    """The critic's updates and the generator's on one image set, by the config's objective."""

    def __init__(self, config: Config, data: ImageSet, seed: int) -> None:
        torch.manual_seed(seed)
        self.model = GAN(config)
        self.data = data
        rng = torch.Generator().manual_seed(0)  # the same evaluations in every run
        self.codes = torch.randn(EVALUATED, config.z_dim, generator=rng)
        self.real = scaled(data.held_out[torch.randperm(len(data.held_out), generator=rng)[:EVALUATED]])
        self.features = weights.load(FEATURES)

    def to(self, device: torch.device) -> None:
        self.data.to(device)
        self.codes, self.real = self.codes.to(device), self.real.to(device)
        self.features = weights.load(FEATURES, device=device)

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        parts = {"critic": self.model.critic, "generator": self.model.generator}
        return {k: (m, torch.optim.Adam(m.parameters(), LR, BETAS, EPS)) for k, m in parts.items()}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        goal, z_dim = self.model.objective, self.model.config.z_dim
        norm = "l2" if goal.name.endswith("l2") else "l1"
        (critic, critic_step), (generator, generator_step) = parts["critic"], parts["generator"]
        loss = gap = torch.zeros(())
        for _ in range(CRITIC_STEPS):
            x = self.data.batch(batch, rng)
            z = torch.randn(batch, z_dim, generator=rng, device=x.device)
            with torch.no_grad():
                made = generator(z).float()
            real, fake = critic(x).float(), critic(made).float()  # two passes: each batch has its own statistics
            loss = critic_loss(goal, real, fake, paired_distance(x, made, norm))
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
        found = fidelity(self.features, self.real, made)
        model.train()
        measures = {
            DISTANCE: found.frechet,
            "1-NN accuracy": found.nearest_neighbour_accuracy,
            "pair diversity": pair_diversity(made, self.real),
        }
        return measures, sheet(made[: SHEET * SHEET], SHEET)


def chosen(trials: Mapping[int, Mapping[str, float]]) -> int:
    """The seed with the lowest feature distance."""
    return min(trials, key=lambda seed: trials[seed][DISTANCE])


@torch.no_grad()
def held_out_metrics(model: GAN, data: ImageSet) -> dict[str, float]:
    """What the card tells of held-out pictures (all of them, at most 1000) and as many samples."""
    real = scaled(data.held_out[:MOST_HELD_OUT])
    rng = torch.Generator().manual_seed(1)
    codes = torch.randn(len(real), model.config.z_dim, generator=rng).to(real.device)
    made = torch.cat([model.decode(part) for part in codes.split(64)])
    return sample_metrics(real, made)


def ship(
    run: Run, data: ImageSet, seed: int, trials: Mapping[int, Mapping[str, float]], steps: int, folder: Path
) -> None:
    """Write weights, card, training film and log. RuntimeError when the samples are not diverse: the run has collapsed."""
    assert isinstance(run.model, GAN)
    run.model.settle()
    model = run.model.half().float().eval()  # rounded to the precision in which it ships
    metrics = {**held_out_metrics(model, data), "training minutes": run.seconds / 60}
    if metrics["pair diversity"] < LEAST_DIVERSITY:
        raise RuntimeError(f"pair diversity = {metrics['pair diversity']:.3g}: the run has collapsed, try other seeds")
    for trial, row in trials.items():
        for key in (DISTANCE, "pair diversity"):
            metrics[f"trial of seed {trial}: {key}"] = row[key]
    source = SOURCES[data.name]
    weights.save(
        model, f"{model.config.objective}-{data.name}", folder,
        extras={"film.webp": film(run.folder / SHEETS), "log.csv": (run.folder / LOG).read_bytes()},
        builder="core.gan.pictures.build", config=asdict(model.config), data=source.text, licence=source.licence,
        recipe=f"python -m training.gan.pictures {model.config.objective} {data.name}", seed=seed, steps=steps,
        date=datetime.date.today().isoformat(),
        metrics={key: float(f"{value:.6g}") for key, value in metrics.items()}, limits=LIMITS,
    )  # fmt: skip


def main(
    objective: Annotated[
        str, typer.Argument(help="a name of core.gan.objectives: gan-qp-l1, sgan-sn, rsgan, wgan-gp …")
    ],
    data: Annotated[str, typer.Argument(help="cats64 or mnist28")],
    preset: Annotated[str, typer.Option(help="cpu or gpu; default: what is there")] = "",
    seeds: Annotated[int, typer.Option(min=1, help="seeds tried")] = 3,
    steps: Annotated[int, typer.Option(help="of the seed chosen; default: the preset's")] = 0,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:
    """Try several seeds, train the best to the end, write weights and card. A second call goes on where the first was stopped."""
    kind = preset or ("gpu" if torch.cuda.is_available() else "cpu")
    goal = known_objective(objective)
    if goal.clip or goal.entropy:
        raise typer.BadParameter(f"{objective}: needs clipping or an encoder, which this recipe lacks")
    settings = PRESETS[data][kind]
    config = Config(settings.side, settings.channels, settings.z_dim, settings.base, objective)
    schedule = replace(settings.schedule, steps=steps or settings.schedule.steps)
    pictures = images(data, settings.side)

    def run(seed: int, stop_at: int | None = None) -> Run:
        folder = runs / f"{objective}-{data}-{kind}-{seed}"
        return train(GANRecipe(config, pictures, seed), schedule, seed, folder, stop_at=stop_at)

    trials = {}
    for seed in range(seeds):
        rows = run(seed, settings.trial).rows
        trials[seed] = next(row for row in rows if row["step"] == settings.trial)
    best = chosen(trials)
    typer.echo(f"trials: {trials}; seed {best} goes on")
    ship(run(best), pictures, best, trials, schedule.steps, out)


if __name__ == "__main__":
    run_command(main)
