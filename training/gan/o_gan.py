"""Recipe of O-GAN (post 6409): ``python -m training.gan.o_gan cats64``.

Expected (facts measured on digits: good runs reach a reconstruction ratio near 0.25 after 1 000 steps): ratio below 0.5
and pair diversity above 0.7, else the run is not shippable. High ρ proves nothing: it is higher in collapsed runs.
E and G are updated in turn, RMSprop 1e-4, λ₁ = 0.25, λ₂ = 0.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from lightning_fabric import Fabric
from torch import Tensor, nn

from core.gan import o_gan
from core.gan.o_gan import OGAN, Config
from core.quality import mean_square, pair_diversity, reconstruction_ratio
from training.data import ImageSet, images, scaled
from training.loop import Schedule, train

LEARNING_RATE, ALPHA, EPS = 1e-4, 0.99, 1e-7  # the author's RMSprop in PyTorch's terms
LOOKED_AT = 256  # held-out pictures, and fresh codes, measured at every look
SHEET = 6  # rows and columns of a sheet


@dataclass(frozen=True, slots=True)
class Preset:
    """One data set's settings on the CPU or the GPU."""

    config: Config
    schedule: Schedule


PRESETS: Mapping[str, Mapping[str, Preset]] = {
    "cats64": {
        "cpu": Preset(Config(64, 3, 128, 32), Schedule(24_000)),
        "gpu": Preset(Config(64, 3, 128, 64), Schedule(100_000)),
    },
    "toonfaces64": {
        "cpu": Preset(Config(64, 3, 128, 32), Schedule(12_000)),
        "gpu": Preset(Config(64, 3, 128, 64), Schedule(60_000)),
    },
    "mnist28": {
        "cpu": Preset(Config(32, 1, 64, 32), Schedule(10_000)),
        "gpu": Preset(Config(32, 1, 64, 64), Schedule(30_000)),
    },
}


class OGANRecipe:
    """The two updates of O-GAN on one image set."""

    def __init__(self, config: Config, data: ImageSet, seed: int) -> None:
        torch.manual_seed(seed)
        self.model = OGAN(config)
        self.data = data
        draw = torch.Generator().manual_seed(0)  # the same looks in every run
        self.codes = torch.randn(LOOKED_AT, config.z_dim, generator=draw)
        self.real = scaled(data.held_out[torch.randperm(len(data.held_out), generator=draw)[:LOOKED_AT]])

    def to(self, device: torch.device) -> None:
        self.data.to(device)
        self.codes, self.real = self.codes.to(device), self.real.to(device)

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        parts = {"encoder": self.model.encoder, "generator": self.model.generator}
        return {k: (m, torch.optim.RMSprop(m.parameters(), LEARNING_RATE, ALPHA, EPS)) for k, m in parts.items()}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, draw: torch.Generator) -> Mapping[str, Tensor]:
        (encoder, encoder_step), (generator, generator_step) = parts["encoder"], parts["generator"]
        x = self.data.batch(batch, draw)
        z = torch.randn(batch, self.model.config.z_dim, generator=draw, device=x.device)
        with torch.no_grad():
            made = generator(z).float()
        real, fake = encoder(x).float(), encoder(made).float()  # two passes: each batch has its own statistics
        loss = o_gan.encoder_loss(z, real, fake, mean_square(x, made), o_gan.LAMBDA_1, o_gan.LAMBDA_2)
        encoder_step.zero_grad()
        fabric.backward(loss)
        encoder_step.step()

        self.model.encoder.requires_grad_(False)
        z = torch.randn(batch, self.model.config.z_dim, generator=draw, device=x.device)
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
    def look(self, model: nn.Module) -> tuple[Mapping[str, float], np.ndarray]:
        assert isinstance(model, OGAN)
        model.eval()
        made = model.decode(self.codes)
        again = model.decode(model.encode(self.real))
        measures = {
            "rho": float(o_gan.rho(self.codes, model.code(made)).mean()),
            "reconstruction ratio": reconstruction_ratio(self.real, again),
            "pair diversity": pair_diversity(made, self.real),
        }
        model.train()
        count = SHEET * SHEET
        return measures, np.concatenate([_sheet(made[:count]), _sheet(_beside(self.real, again)[:count])], 1)


def _beside(a: Tensor, b: Tensor) -> Tensor:
    return torch.stack([a, b], 1).flatten(0, 1)


def _sheet(pictures: Tensor) -> np.ndarray:
    """[n², C, S, S] in [-1, 1] → uint8 [n S, n S, 3]."""
    side = round(len(pictures) ** 0.5)
    rows = pictures.expand(-1, 3, -1, -1).reshape(side, side, 3, *pictures.shape[-2:])
    sheet = rows.permute(0, 3, 1, 4, 2).reshape(side * pictures.shape[-2], -1, 3)
    return ((sheet + 1) * 127.5).round().clamp(0, 255).byte().cpu().numpy()


def main(
    data: Annotated[str, typer.Argument(help="cats64, toonfaces64 or mnist28")],
    preset: Annotated[str, typer.Option(help="cpu or gpu; default: what is there")] = "",
    seed: Annotated[int, typer.Option(min=0)] = 0,
    stop_at: Annotated[int, typer.Option(help="stop after so many steps; run again to go on")] = 0,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
) -> None:
    """Train O-GAN; a second call goes on where the first was stopped."""
    chosen = preset or ("gpu" if torch.cuda.is_available() else "cpu")
    settings = PRESETS[data][chosen]
    recipe = OGANRecipe(settings.config, images(data, settings.config.side), seed)
    train(recipe, settings.schedule, seed, runs / f"o-gan-{data}-{chosen}-{seed}", stop_at=stop_at or None)


if __name__ == "__main__":
    typer.run(main)
