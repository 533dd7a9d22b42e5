"""Recipe of the VAE with O-GAN's networks (post 5253): ``python -m training.vae.pictures mnist28``.

One step a batch of 64, Adam 1e-3, the best noise s² of the pictures at each batch. Expected on digits: a reconstruction
ratio near 0.1 with 64 numbers a code, and samples that are blurred or broken in places.
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
from core.gan.o_gan import Config
from core.vae.objective import drawn
from core.vae.pictures import VAE, bound
from training.command import run as run_command
from training.data import ImageSet, images
from training.evaluation import code_metrics
from training.loop import Run, Schedule, train
from training.recipes import Evaluated, device_kind, held_out, rounded, write
from training.trials import Preset, best_of

LR = 1e-3  # Keras' default; the author's scripts on digits have RMSprop at it
BOUND = "bound"  # nats a picture
LIMITS = {
    "zh": "与 O-GAN 相同的两个网络，每批图取最优的噪声 s²；样本比重建差，这是 VAE 的常态。",
    "en": "O-GAN's two networks, with the best noise s² for every batch. Samples are worse than reconstructions, as they are with VAEs.",
}
PRESETS: Mapping[str, Mapping[str, Preset[Config]]] = {
    "mnist28": {
        "cpu": Preset(Config(32, 1, 64, 32), Schedule(4_000, eval_every=250, keep=BOUND), 500),
        "gpu": Preset(Config(32, 1, 64, 64), Schedule(30_000, eval_every=1000, keep=BOUND), 2000),
    },
}


class VAERecipe(Evaluated):
    """One update of both networks on one image set."""

    def __init__(self, config: Config, data: ImageSet, seed: int) -> None:
        super().__init__(data, config.dimensions)
        torch.manual_seed(seed)
        self.model = VAE(config)

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        parts = {"encoder": self.model.encoder, "generator": self.model.generator}
        return {k: (m, torch.optim.Adam(m.parameters(), LR)) for k, m in parts.items()}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        (encoder, encoder_step), (generator, generator_step) = parts["encoder"], parts["generator"]
        x = self.data.batch(batch, rng)
        mean, log_variance = encoder(x).float().chunk(2, 1)
        noise = torch.randn(mean.shape, generator=rng, device=x.device)
        found = bound(x, generator(drawn(mean, log_variance, noise)).float(), mean, log_variance)
        encoder_step.zero_grad()
        generator_step.zero_grad()
        fabric.backward(found.loss)
        encoder_step.step()
        generator_step.step()
        return {"train bound": found.loss.detach(), "train kl": found.kl.detach()}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], np.ndarray]:
        assert isinstance(model, VAE)
        model.eval()
        _, measures, seen = self.redrawn(model)
        measures = {**bounds(model, self.real), **measures}
        model.train()
        return measures, seen


@torch.no_grad()
def bounds(model: VAE, real: Tensor) -> dict[str, float]:
    """The bound on -log p(x) and its divergence, nats a picture, of held-out pictures with one ε each, always the same."""
    noise = torch.randn(len(real), model.config.z_dim, generator=torch.Generator().manual_seed(2)).to(real.device)
    mean, log_variance = (torch.cat(part) for part in zip(*(model.posterior(x) for x in real.split(64)), strict=True))
    again = torch.cat([model.decode(z) for z in drawn(mean, log_variance, noise).split(64)])
    found = bound(real, again, mean, log_variance)
    return {BOUND: float(found.loss), "kl": float(found.kl)}


def ship(run: Run, data: ImageSet, seed: int, trials: Mapping[str, float], folder: Path) -> None:
    """Write weights, card, training film and log."""
    assert isinstance(run.model, VAE)
    model, real = rounded(run.model), held_out(data)
    write(
        run, model, "vae", data, folder, builder="core.vae.pictures.build", recipe=f"python -m training.vae.pictures {data.name}",
        seed=seed, metrics={**bounds(run.model, real), **code_metrics(model, real), **trials}, limits=LIMITS,
    )  # fmt: skip


def main(
    data: Annotated[str, typer.Argument(help="mnist28")],
    preset: Annotated[str, typer.Option(help="cpu or gpu; default: what is there")] = "",
    seeds: Annotated[int, typer.Option(min=1, help="seeds tried")] = 3,
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
        folder = runs / f"vae-{data}-{kind}-{seed}"
        return train(VAERecipe(settings.config, pictures, seed), schedule, seed, folder, stop_at=stop_at)

    whole, best, told = best_of(
        range(seeds), settings.trial, run, lambda trials: min(trials, key=lambda seed: trials[seed][BOUND]), (BOUND,)
    )
    ship(whole, pictures, best, told, out)


if __name__ == "__main__":
    run_command(main)
