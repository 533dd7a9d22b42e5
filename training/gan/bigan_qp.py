"""Recipe of BiGAN-QP (post 6214): ``python -m training.gan.bigan_qp mnist28``.

Author's settings: λ = 10, (β₁, β₂) = (2, 3), Adam(2e-4, 0.5), two critic steps for one of generator and encoder, batches
of 64. ``--squares whole`` lets the gradients of both squares through both networks, ``--squares none`` leaves the squares
out: what they and the stopped gradients are good for is then seen. Expected: pair diversity above 0.7 and a reconstruction
ratio below 0.5 with the squares, else the run is not shippable; without them nothing ties E to G but the critic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from lightning_fabric import Fabric
from torch import Tensor, nn

from core import weights
from core.gan.bigan_qp import objective
from core.gan.bigan_qp.model import BiGAN, Config
from training.command import run as run_command
from training.data import ImageSet, images
from training.evaluation import code_metrics
from training.gan.o_gan import LEAST_DIVERSITY, MOST_RATIO
from training.gan.pictures import BETAS, CRITIC_STEPS, EPS, LR
from training.loop import Run, Schedule, train
from training.recipes import RATIO, Evaluated, device_kind, held_out, rounded, write
from training.trials import Preset, Trials, best_of

LIMITS = {
    "zh": "按一小时以内的 CPU 预算训练，图比原文的 128–256 像素小，步数也少得多；编码记的是“像谁”，不是逐像素复制。",
    "en": "Trained on a CPU within an hour: pictures are smaller than the post's 128-256 pixels and steps far fewer. A code says what a picture is like, not each of its pixels.",
}


class Squares(StrEnum):
    """Which squares are in the objective, and how far their gradients reach."""

    HALF = "half"
    WHOLE = "whole"
    NONE = "none"


PRESETS: Mapping[str, Mapping[str, Preset[Config]]] = {
    "mnist28": {
        "cpu": Preset(Config(32, 1, 64, 32), Schedule(1_500, eval_every=100, keep=RATIO), 200),
        "gpu": Preset(Config(32, 1, 64, 64, 1024), Schedule(30_000, eval_every=1000, keep=RATIO), 2000),
    },
    "toonfaces64": {
        "cpu": Preset(Config(64, 3, 128, 32, 512), Schedule(2_000, eval_every=125, keep=RATIO), 250),
        "gpu": Preset(Config(64, 3, 128, 64, 1024), Schedule(50_000, eval_every=2000, keep=RATIO), 4000),
    },
    "cats64": {
        "cpu": Preset(Config(64, 3, 128, 32, 512), Schedule(2_000, eval_every=125, keep=RATIO), 250),
        "gpu": Preset(Config(64, 3, 128, 64, 1024), Schedule(50_000, eval_every=2000, keep=RATIO), 4000),
    },
}


class BiGANRecipe(Evaluated):
    """The critic's updates, then one of generator and encoder together, on one image set."""

    def __init__(self, config: Config, data: ImageSet, seed: int, kind: Squares = Squares.HALF) -> None:
        super().__init__(data, config.dimensions)
        torch.manual_seed(seed)
        self.model = BiGAN(config)
        self.kind = kind

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        parts = {"critic": self.model.critic, "encoder": self.model.encoder, "generator": self.model.generator}
        return {k: (m, torch.optim.Adam(m.parameters(), LR, BETAS, EPS)) for k, m in parts.items()}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        (critic, critic_step), (encoder, encoder_step), (generator, generator_step) = (
            parts[name] for name in ("critic", "encoder", "generator")
        )
        loss = torch.zeros(())
        for _ in range(CRITIC_STEPS):
            x, z = self._drawn(batch, rng)
            with torch.no_grad():
                made, code = generator(z).float(), encoder(x).float()
            real, fake = critic(x, code).float(), critic(made, z).float()  # each batch has its own statistics
            loss = objective.critic_loss(real, fake, x, made, code, z)
            critic_step.zero_grad()
            fabric.backward(loss)
            critic_step.step()

        self.model.critic.requires_grad_(False)
        x, z = self._drawn(batch, rng)
        made, code = generator(z).float(), encoder(x).float()
        with fabric.autocast():
            real, fake = self.model.critic(x, code).float(), self.model.critic(made, z).float()
        game = objective.gap(real, fake)
        part = "whole" if self.kind is Squares.WHOLE else "half"
        codes, pictures = objective.squares(encoder, generator, x, z, code, made, part)
        weight, other = (0.0, 0.0) if self.kind is Squares.NONE else objective.BETAS
        total = game + weight * codes + other * pictures
        encoder_step.zero_grad()
        generator_step.zero_grad()
        fabric.backward(total)
        encoder_step.step()
        generator_step.step()
        self.model.critic.requires_grad_(True)
        terms = {"critic loss": loss, "gap": game, "square of codes": codes, "square of pictures": pictures}
        return {name: term.detach() for name, term in terms.items()}

    def _drawn(self, batch: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        x = self.data.batch(batch, rng)
        return x, torch.randn(batch, self.model.config.z_dim, generator=rng, device=x.device)

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], np.ndarray]:
        assert isinstance(model, BiGAN)
        model.eval()
        made, measures, seen = self.redrawn(model)
        measures["code ratio"] = float((model.encode(made) - self.codes).square().mean())
        model.train()
        return measures, seen


def chosen(trials: Trials) -> int:
    """The seed with the lowest reconstruction ratio. Trials end before samples are diverse, so that is asked at the end alone."""
    return min(trials, key=lambda seed: trials[seed][RATIO])


def ship(
    run: Run, data: ImageSet, kind: Squares, seed: int, trials: Mapping[str, float], folder: Path, alone: bool = False
) -> None:
    """Write weights, card, training film and log; ``alone`` says that no other seed was tried.

    RuntimeError when the post's own kind is that of a collapsed run.
    """
    assert isinstance(run.model, BiGAN)
    model = rounded(run.model)
    metrics = {**code_metrics(model, held_out(data)), **trials}
    if kind is Squares.HALF and (metrics["pair diversity"] < LEAST_DIVERSITY or metrics[RATIO] > MOST_RATIO):
        raise RuntimeError(
            f"{RATIO} = {metrics[RATIO]:.3g}, pair diversity = {metrics['pair diversity']:.3g}: not shippable"
        )
    name = "bigan-qp" if kind is Squares.HALF else f"bigan-qp-{kind}"
    again = ("" if kind is Squares.HALF else f" --squares {kind}") + (f" --seed {seed}" if alone else "")
    write(
        run, model, name, data, folder, builder="core.gan.bigan_qp.model.build", seed=seed, metrics=metrics, limits=LIMITS,
        recipe=f"python -m training.gan.bigan_qp {data.name}{again}",
    )  # fmt: skip


def main(
    data: Annotated[str, typer.Argument(help="mnist28, toonfaces64 or cats64")],
    squares: Annotated[
        Squares, typer.Option(help="half: as the post; whole: no stopped gradient; none")
    ] = Squares.HALF,
    preset: Annotated[str, typer.Option(help="cpu or gpu; default: what is there")] = "",
    seeds: Annotated[int, typer.Option(min=1, help="seeds tried")] = 3,
    seed: Annotated[int | None, typer.Option(help="this seed alone: to compare two runs that begin alike")] = None,
    steps: Annotated[int, typer.Option(help="of the seed chosen; default: the preset's")] = 0,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:
    """Try several seeds, train the best to the end, write weights and card. A second call goes on where the first was stopped."""
    kind = device_kind(preset)
    settings = PRESETS[data][kind]
    schedule = replace(settings.schedule, steps=steps or settings.schedule.steps)
    pictures = images(data, settings.config.side)

    def run(seed: int, stop_at: int | None = None) -> Run:
        folder = runs / f"bigan-qp-{squares}-{data}-{kind}-{seed}"
        return train(BiGANRecipe(settings.config, pictures, seed, squares), schedule, seed, folder, stop_at=stop_at)

    tried = range(seeds) if seed is None else [seed]
    whole, best, told = best_of(tried, settings.trial, run, chosen, (RATIO, "pair diversity"))
    ship(whole, pictures, squares, best, told, out, seed is not None)


if __name__ == "__main__":
    run_command(main)
