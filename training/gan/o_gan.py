"""Recipe of O-GAN (post 6409): ``python -m training.gan.o_gan cats64``.

Expected (facts measured on digits: good runs reach a reconstruction ratio near 0.25 after 1 000 steps): ratio below 0.5
and pair diversity above 0.7, else the run is not shippable. ρ tells nothing of it: collapsed runs had higher ρ (0.72-0.76 on
digits) and lower (0.59, the trial of seed 1 on portraits) than those that did not collapse.
E and G are updated in turn, RMSprop 1e-4, λ₁ = 0.25, λ₂ = 0.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from lightning_fabric import Fabric
from torch import Tensor, nn

from core import weights
from core.gan import o_gan
from core.gan.o_gan import OGAN, Config
from core.gan.o_gan_verification import measured
from core.quality import mean_square
from training.command import CannotGoOn
from training.command import run as run_command
from training.data import ImageSet, images
from training.evaluation import code_metrics
from training.loop import Run, Schedule, train
from training.recipes import RATIO, Evaluated, device_kind, held_out, rounded, write
from training.trials import Preset, Trials, best_of

LR, ALPHA, EPS = 1e-4, 0.99, 1e-7  # the author's RMSprop in PyTorch's terms
TOLD = ("rho", RATIO, "pair diversity")  # of every trial
LEAST_DIVERSITY = 0.7  # of samples, relative to real pictures; a collapsed run is near 0
MOST_RATIO = 0.5  # what the mean picture scores
LIMITS = {
    "zh": "按 CPU 两小时以内的预算训练，画面比原文的 128–256 像素小；编码的是“像谁”，不是逐像素复制。离训练数据远的图片会变成最近的域内图片。",
    "en": "Trained on a CPU within two hours; pictures are smaller than the post's 128-256 pixels. A code says what a picture is like, not each of its pixels; a picture far from the training data becomes the nearest one of its kind.",
}


PRESETS: Mapping[str, Mapping[str, Preset[Config]]] = {
    "cats64": {
        "cpu": Preset(Config(64, 3, 128, 32), Schedule(40_000, keep=RATIO), 2000),
        "gpu": Preset(Config(64, 3, 128, 64), Schedule(100_000, eval_every=2000, keep=RATIO), 4000),
    },
    "toonfaces64": {
        "cpu": Preset(Config(64, 3, 128, 32), Schedule(6_000, keep=RATIO), 1500),
        "gpu": Preset(Config(64, 3, 128, 64), Schedule(60_000, eval_every=2000, keep=RATIO), 4000),
    },
    "mnist28": {
        "cpu": Preset(Config(32, 1, 64, 32), Schedule(8_000, keep=RATIO), 2000),
        "gpu": Preset(Config(32, 1, 64, 64), Schedule(30_000, eval_every=1000, keep=RATIO), 2000),
    },
}


class OGANRecipe(Evaluated):
    """The two updates of O-GAN on one image set."""

    def __init__(self, config: Config, data: ImageSet, seed: int, start: OGAN | None = None) -> None:
        super().__init__(data, config.dimensions)
        torch.manual_seed(seed)
        self.model = OGAN(config)
        if start is not None:
            self.model.load_state_dict(start.state_dict())

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        parts = {"encoder": self.model.encoder, "generator": self.model.generator}
        return {k: (m, torch.optim.RMSprop(m.parameters(), LR, ALPHA, EPS)) for k, m in parts.items()}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        (encoder, encoder_step), (generator, generator_step) = parts["encoder"], parts["generator"]
        x = self.data.batch(batch, rng)
        z = torch.randn(batch, self.model.config.z_dim, generator=rng, device=x.device)
        with torch.no_grad():
            made = generator(z).float()
        real, fake = encoder(x).float(), encoder(made).float()  # two passes: each batch has its own statistics
        loss = o_gan.encoder_loss(z, real, fake, mean_square(x, made), o_gan.LAMBDA_1, o_gan.LAMBDA_2)
        encoder_step.zero_grad()
        fabric.backward(loss)
        encoder_step.step()

        self.model.encoder.requires_grad_(False)
        z = torch.randn(batch, self.model.config.z_dim, generator=rng, device=x.device)
        with fabric.autocast():
            judged = self.model.encoder(generator(z)).float()
        generator_loss = o_gan.generator_loss(z, judged, o_gan.LAMBDA_2)
        generator_step.zero_grad()
        fabric.backward(generator_loss)
        generator_step.step()
        self.model.encoder.requires_grad_(True)
        gap = (o_gan.score(real) - o_gan.score(fake)).mean()
        return {"encoder loss": loss.detach(), "gap": gap.detach(), "rho train": o_gan.rho(z, judged).mean().detach()}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], np.ndarray]:
        assert isinstance(model, OGAN)
        model.eval()
        made, measures, seen = self.redrawn(model)
        measures["rho"] = float(o_gan.rho(self.codes, model.code(made)).mean())
        model.train()
        return measures, seen


def chosen(trials: Trials) -> int:
    """The seed with the lowest reconstruction ratio among those whose samples are diverse; never by ρ.

    Raises RuntimeError when every trial has collapsed.
    """
    alive = {seed: row for seed, row in trials.items() if row["pair diversity"] >= LEAST_DIVERSITY}
    if not alive:
        raise RuntimeError(f"every trial collapsed: {trials}")
    return min(alive, key=lambda seed: alive[seed][RATIO])


def ship(run: Run, data: ImageSet, seed: int, trials: Mapping[str, float], folder: Path, start: str = "") -> None:
    """Write weights, card, training film and log; those of the weights ``start``, which the run went on from, are counted in.

    RuntimeError when samples or reconstructions are those of a collapsed run.
    """
    assert isinstance(run.model, OGAN)
    model = rounded(run.model)
    metrics = {**measured(run.model), **code_metrics(model, held_out(data)), **trials}
    if metrics["pair diversity"] < LEAST_DIVERSITY or metrics[RATIO] > MOST_RATIO:
        raise RuntimeError(
            f"{RATIO} = {metrics[RATIO]:.3g}, pair diversity = {metrics['pair diversity']:.3g}: not shippable"
        )
    again = f" --start {start}" if start else ""
    write(
        run, model, "o-gan", data, folder, builder="core.gan.o_gan.build", seed=seed, metrics=metrics, limits=LIMITS,
        recipe=f"python -m training.gan.o_gan {data.name}{again}", start=start,
    )  # fmt: skip


def main(
    data: Annotated[str, typer.Argument(help="cats64, toonfaces64 or mnist28")],
    preset: Annotated[str, typer.Option(help="cpu or gpu; default: what is there")] = "",
    seeds: Annotated[int, typer.Option(min=1, help="seeds tried")] = 3,
    steps: Annotated[int, typer.Option(help="of the seed chosen; default: the preset's")] = 0,
    start: Annotated[
        str, typer.Option(help="shipped weights to go on from, with a learning rate that falls to zero")
    ] = "",
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:
    """Try several seeds, train the best to the end, write weights and card. A second call goes on where the first was stopped.

    With ``start`` there is one run, of the seed that made those weights, and its card counts their steps and trials in.
    """
    kind = device_kind(preset)
    if start and weights.read_card(start).name != f"o-gan-{data}":
        raise CannotGoOn(f"--start {start}: those weights are not of {data}")
    settings = PRESETS[data][kind]
    model: OGAN | None = weights.load(start) if start else None
    config, mark = (model.config, [f"on-{weights.read_card(start).steps}"]) if model else (settings.config, [])
    schedule = replace(settings.schedule, steps=steps or settings.schedule.steps, cosine=bool(start))
    pictures = images(data, config.side)

    def run(seed: int, stop_at: int | None = None) -> Run:
        folder = runs / "-".join(("o-gan", data, kind, str(seed), *mark))
        return train(OGANRecipe(config, pictures, seed, model), schedule, seed, folder, stop_at=stop_at)

    if start:
        card = weights.read_card(start)
        told = {key: value for key, value in card.metrics.items() if key.startswith("trial")}
        ship(run(card.seed), pictures, card.seed, told, out, start)
    else:
        whole, best, told = best_of(range(seeds), settings.trial, run, chosen, TOLD)
        ship(whole, pictures, best, told, out)


if __name__ == "__main__":
    run_command(main)
