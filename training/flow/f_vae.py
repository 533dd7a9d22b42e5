"""Recipe of f-VAE (post 5977) and of the two it is compared with: ``python -m training.flow.f_vae toonfaces64 f-vae``.

The comparison the post makes, at equal parameters (4.6-4.7 million) and equal training cost: a step of the VAE costs 1.106
and one of Glow 2.485 times the operations of an f-VAE step (torch.utils.flop_counter, batches of 64), so that they run for
0.904 and 0.4024 times as many steps. Adam, gradient clipped to norm 1 of the loss per dimension. The pictures are dequantised, so
that bits per dimension are a true bound for all three. Expected of the CPU preset, 32x32 and a small flow: below 5 bits a
dimension, faces recognisable but soft.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from core import weights
from core.flow import f_vae
from core.flow.f_vae import FVAE, Config, Kind
from core.flow.f_vae_verification import measured
from core.quality import pair_diversity, reconstruction_ratio
from training.command import run as run_command
from training.data import ImageSet, images, scaled
from training.evaluation import picture_metrics
from training.loop import LOG, Run, Schedule, train
from training.sheets import beside, sheet
from training.sources import SOURCES
from training.updates import descend

LARGEST_GRADIENT = 1.0
SCALARS = 20  # ln σ moves by about the learning rate a step and has some three nats to go
EVALUATED = 256
SHEET = 8
MOST_HELD_OUT = 500
STEPS = 3000
LIMITS = {
    "zh": "CPU 上的小模型，32×32，训练步数约为原文的五十分之一：采样偏软，细节不及原文。三个模型参数量相同、训练运算量相同。",
    "en": "A small model for the CPU, 32x32, with about a fiftieth of the post's training steps: samples are soft and poorer in detail than the post's. All three models have as many parameters and cost as much to train.",
}
TEMPERATURE = 0.8  # of the author's samples


@dataclass(frozen=True, slots=True)
class Preset:
    """One model's settings on the CPU or the GPU."""

    config: Config
    schedule: Schedule
    lr: float


def presets(steps: int) -> Mapping[str, Mapping[Kind, Preset]]:
    """All settings, where the f-VAE runs ``steps`` steps on the CPU."""
    vae, glow = round(0.904 * steps), round(0.4024 * steps)
    return {
        "cpu": {
            "f-vae": Preset(Config("f-vae", levels=2, steps=4, flow_levels=3, flow_depth=6, flow_hidden=128), Schedule(steps), 5e-4),
            "vae": Preset(Config("vae", levels=3, steps=6), Schedule(vae), 5e-4),
            "glow": Preset(Config("glow", flow_levels=4, flow_depth=6, flow_hidden=224), Schedule(glow), 5e-4),
        },
        "gpu": {
            "f-vae": Preset(Config("f-vae", 64, 3, levels=3, steps=12, flow_levels=3, flow_depth=12, flow_hidden=256), Schedule(60_000, eval_every=2000), 2e-4),
            "vae": Preset(Config("vae", 64, 3, levels=3, steps=12), Schedule(80_000, eval_every=2000), 2e-4),
            "glow": Preset(Config("glow", 64, 3, flow_levels=4, flow_depth=12, flow_hidden=256), Schedule(35_000, eval_every=2000), 2e-4),
        },
    }  # fmt: skip


class FVAERecipe:
    """One update of all parts of an f-VAE, a VAE or a Glow."""

    def __init__(self, preset: Preset, data: ImageSet, seed: int) -> None:
        torch.manual_seed(seed)
        self.model = FVAE(preset.config)
        self.data = data
        self.lr = preset.lr
        rng = torch.Generator().manual_seed(0)  # the same evaluations in every run
        some = data.held_out[torch.randperm(len(data.held_out), generator=rng)[:EVALUATED]]
        self.real = scaled(some)
        self.held_out = f_vae.dequantised(some, torch.rand(some.shape, generator=rng))
        self.noise = torch.randn(EVALUATED, *preset.config.latent_shape, generator=rng)
        self.codes = torch.randn(EVALUATED, preset.config.dimensions, generator=rng)

    def to(self, device: torch.device) -> None:
        self.data.to(device)
        for name in ("real", "held_out", "noise", "codes"):
            setattr(self, name, getattr(self, name).to(device))

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        trained = [p for p in self.model.parameters() if p.requires_grad and p.ndim]
        groups: list[dict[str, Any]] = [{"params": trained}]
        if scalars := [p for p in self.model.parameters() if p.requires_grad and not p.ndim]:
            groups.append({"params": scalars, "lr": SCALARS * self.lr})
        return {"model": (self.model, torch.optim.Adam(groups, self.lr))}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        model, optimiser = parts["model"]
        picked = self.data.pick(batch, rng)
        x = f_vae.dequantised(picked, torch.rand(picked.shape, generator=rng, device=picked.device))
        u = torch.randn(batch, *self.model.config.latent_shape, generator=rng, device=x.device)
        with fabric.autocast():
            loss = f_vae.f_vae_loss(self.model, x.contiguous(memory_format=torch.channels_last), u)
        mean = loss.total.mean() / self.model.config.dimensions
        descend(fabric, model, optimiser, mean, LARGEST_GRADIENT)
        return {"loss": mean.detach(), "reconstruction loss": loss.reconstruction.mean().detach()}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], np.ndarray]:
        assert isinstance(model, FVAE)
        model.eval()
        loss = f_vae.f_vae_loss(model, self.held_out, self.noise)
        again = model.decode(model.encode(self.real))
        made = model.decode(TEMPERATURE * self.codes)
        sigma_1, sigma_2 = model.sigma()
        measures = {
            "bits/dim": f_vae.bits_per_dimension(float(loss.total.mean()), model.config.dimensions),
            "reconstruction ratio": reconstruction_ratio(self.real, again),
            "pair diversity": pair_diversity(made.clamp(-1, 1), self.real),
            "sigma 1": float(sigma_1),
            "sigma 2": float(sigma_2),
        }
        model.train()
        count = SHEET * SHEET
        pictures = [sheet(made[:count], SHEET), sheet(beside(self.real, again)[:count], SHEET)]
        return measures, np.concatenate(pictures, 1)


@torch.no_grad()
def held_out_metrics(model: FVAE, data: ImageSet) -> dict[str, float]:
    """What the card tells of held-out pictures (at most 1000), and of as many samples at temperature 0.8."""
    some = data.held_out[:MOST_HELD_OUT]
    rng = torch.Generator().manual_seed(1)
    real, x = scaled(some), f_vae.dequantised(some, torch.rand(some.shape, generator=rng).to(some.device))
    u = torch.randn(len(x), *model.config.latent_shape, generator=rng).to(x.device)
    loss = f_vae.f_vae_loss(model, x, u)
    codes = torch.randn(len(x), model.config.dimensions, generator=rng).to(x.device)
    made = torch.cat([model.decode(TEMPERATURE * part).clamp(-1, 1) for part in codes.split(64)])
    again = torch.cat([model.decode(model.encode(part)) for part in real.split(64)])
    variances = f_vae.latent_moments(model, x, 1, 0).z_variance
    return {
        **picture_metrics(real, made, again),
        "held-out loss, nats": float(loss.total.mean()),
        "held-out bits/dim": f_vae.bits_per_dimension(float(loss.total.mean()), model.config.dimensions),
        "mean variance of a latent dimension": float(variances.mean()),
        "sigma 1": float(model.sigma()[0]),
        "sigma 2": float(model.sigma()[1]),
    }


def step_cost(config: Config, batch: int) -> float:
    """Floating-point operations of one step on ``batch`` pictures, forward and backward."""
    model = FVAE(config)
    x = torch.rand(batch, config.channels, config.side, config.side) * 2 - 1
    with FlopCounterMode(display=False) as counter:
        f_vae.f_vae_loss(model, x, torch.randn(batch, *config.latent_shape)).total.sum().backward()
    return float(counter.get_total_flops())


def ship(run: Run, data: ImageSet, seed: int, schedule: Schedule, folder: Path) -> None:
    """Write weights, card and log."""
    assert isinstance(run.model, FVAE)
    model = run.model.half().float().eval()  # rounded to the precision in which it ships
    config = model.config
    done = int(run.rows[-1]["step"])
    metrics = {
        **measured(model), **held_out_metrics(model, data), "training minutes": run.seconds / 60,
        "training petaflop": step_cost(config, schedule.batch) * done / 1e15,
    }  # fmt: skip
    source = SOURCES[data.name]
    weights.save(
        model, f"{config.kind}-{data.name}", folder, extras={"log.csv": (run.folder / LOG).read_bytes()},
        builder="core.flow.f_vae.build", config=asdict(config), data=f"{source.text}; reduced to {config.side}x{config.side}",
        licence=source.licence, recipe=f"python -m training.flow.f_vae {data.name} {config.kind}", seed=seed, steps=done,
        date=datetime.date.today().isoformat(), metrics={k: float(f"{v:.6g}") for k, v in metrics.items()}, limits=LIMITS,
    )  # fmt: skip


def main(
    data: Annotated[str, typer.Argument(help="toonfaces64 or cats64")],
    kind: Annotated[str, typer.Argument(help="f-vae, vae or glow")],
    preset: Annotated[str, typer.Option(help="cpu or gpu; default: what is there")] = "",
    steps: Annotated[int, typer.Option(help="of the f-VAE on the CPU; the others cost as much")] = STEPS,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:
    """Train one of the three, write weights and card. A second call goes on where the first was stopped."""
    chosen = preset or ("gpu" if torch.cuda.is_available() else "cpu")
    settings = presets(steps)[chosen][kind]  # type: ignore[index]
    pictures = images(data, settings.config.side)
    recipe = FVAERecipe(settings, pictures, seed)
    run = train(recipe, settings.schedule, seed, runs / f"{kind}-{data}-{chosen}-{seed}")
    ship(run, pictures, seed, settings.schedule, out)


if __name__ == "__main__":
    run_command(main)
