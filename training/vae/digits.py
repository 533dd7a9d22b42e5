"""Recipe of the author's VAEs of grey pictures (post 5253): ``python -m training.vae.digits mlp-mnist28``.

Author's settings: batches of 100, RMSprop 1e-3, one ε a picture, sums over pixels; the perceptrons for 50 epochs. The
convolutional networks have fewer steps here. Of all evaluations the one is kept whose objective on held-out pictures is least;
a card's figures are measured on other held-out pictures. Expected with codes of two numbers on digits: a bound near 150 nats.
"""

from __future__ import annotations

import io
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
from core.vae.digits import Config, DigitVAE, framed
from core.vae.objective import kl_terms
from training.command import run as run_command
from training.data import ImageSet, Labelled, images, labelled
from training.evaluation import picture_metrics
from training.loop import Run, Schedule, train
from training.recipes import MOST_HELD_OUT, Evaluated, rounded, write
from training.sheets import SHEET, beside, sheet
from training.trials import Preset, best_of
from training.updates import descend

LR, DECAY, EPS = 1e-3, 0.9, 1e-7  # Keras' RMSprop, the author's, in PyTorch's terms
OBJECTIVE = "objective"  # nats a picture, the divergence weighed as in training
CODES = "codes.npz"  # posteriors of held-out pictures, beside the weights
SHOWN = 2000  # of them
KEPT_BY = 2000  # held-out pictures that choose the evaluation
DIGITS = 10
PERCEPTRONS = Schedule(30_000, batch=100, eval_every=1000, precision="32-true", keep=OBJECTIVE)  # 50 epochs of digits
CONVOLUTIONS = Schedule(4_500, batch=100, eval_every=500, precision="32-true", keep=OBJECTIVE)
LIMITS = {
    "zh": "编码只有两维：重构与采样都发糊，形近的类别（4 与 9、3 与 5 与 8）会混在一起。灰度像素按伯努利分布计交叉熵，与原作者脚本相同，它不是灰度图的对数似然。",
    "en": "A code has two numbers: reconstructions and samples are blurred, and kinds that look alike (4 and 9; 3, 5 and 8) mix. Grey pixels have the cross-entropy of Bernoulli ones, as in the author's scripts, which is no log-likelihood of grey levels.",
}
WITHOUT = {
    "zh": f"为对照而训练，KL 的权重不是 1：从先验采样画不出像样的图。{LIMITS['zh']}",
    "en": f"Trained for comparison, with another weight of the KL than 1: samples of the prior are no good. {LIMITS['en']}",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One preset: its data set, and what the weights' card says of its limits in both languages."""

    data: str
    preset: Preset[Config]
    limits: Mapping[str, str]


def _setting(data: str, schedule: Schedule = PERCEPTRONS, limits: Mapping[str, str] = LIMITS, **config: Any) -> Setting:
    return Setting(data, Preset(Config(**config), schedule, 2 * schedule.eval_every), limits)


PRESETS: Mapping[str, Setting] = {
    "mlp-mnist28": _setting("mnist28"),
    "mlp-fashion28": _setting("fashion28"),
    "free-mnist28": _setting("mnist28", limits=WITHOUT, kl_weight=0.0),
    "weak-mnist28": _setting("mnist28", limits=WITHOUT, kl_weight=0.05),
    "conditional-mnist28": _setting("mnist28", labels=DIGITS),
    "cnn-mnist28": _setting("mnist28", CONVOLUTIONS, net="cnn"),
    "cnn-fashion28": _setting("fashion28", CONVOLUTIONS, net="cnn"),
}
"""By name: what is trained, and on what; the weights are called ``vae-<name>``."""


class DigitRecipe(Evaluated):
    """One update of the whole model on one set of labelled pictures."""

    def __init__(self, config: Config, data: ImageSet, kinds: Labelled, seed: int) -> None:
        super().__init__(data, config.dimensions)
        self.kinds = kinds
        choice, labels = units(data.held_out[1::2][:KEPT_BY]), kinds.held_out_labels[1::2][:KEPT_BY]
        self.real, self.labels = choice, labels
        torch.manual_seed(seed)
        self.model = DigitVAE(config)

    def to(self, device: torch.device) -> None:
        """Move the data, the codes and the pictures, and the labels of both."""
        super().to(device)
        self.labels = self.labels.to(device)
        self.kinds.train_labels = self.kinds.train_labels.to(device)

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        return {"vae": (self.model, torch.optim.RMSprop(self.model.parameters(), LR, alpha=DECAY, eps=EPS))}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        model, optimiser = parts["vae"]
        index = torch.randint(len(self.data.train), (batch,), generator=rng, device=self.data.train.device)
        x, labels = units(self.data.train[index]), self.kinds.train_labels[index]
        noise = torch.randn(batch, self.model.config.z_dim, generator=rng, device=x.device)
        picture, divergence = (term.mean() for term in model(x, labels, noise))
        loss = picture + self.model.config.kl_weight * divergence
        descend(fabric, model, optimiser, loss)
        return {"train objective": loss.detach(), "train kl": divergence.detach()}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], np.ndarray]:
        assert isinstance(model, DigitVAE)
        count = SHEET * SHEET
        made = samples(model, self.codes[:count])
        again = model.decode(model.posterior(self.real[: count // 2])[0])
        shown = [made, beside(self.real[: count // 2], again)]
        return bounds(model, self.real, self.labels), np.concatenate([sheet(2 * x - 1, SHEET) for x in shown], 1)


def units(pictures: Tensor) -> Tensor:
    """uint8 → float32 in [0, 1]."""
    return pictures.float() / 255


def samples(model: DigitVAE, noise: Tensor) -> Tensor:
    """Pictures of codes from the prior, N(0, I), or N(μ^Y, I) of every kind in turn; ``noise`` [N, n] → [N, 1, 28, 28]."""
    labels = torch.arange(len(noise), device=noise.device) % max(model.config.labels, 1)
    return model.decode(model.prior_mean(labels) + noise)


@torch.no_grad()
def bounds(model: DigitVAE, real: Tensor, labels: Tensor) -> dict[str, float]:
    """The objective, the bound (weight 1) and its two terms in nats a picture, means over pictures with one ε each, always the same."""
    noise = torch.randn(len(real), model.config.z_dim, generator=torch.Generator().manual_seed(2)).to(real.device)
    parts = zip(real.split(500), labels.split(500), noise.split(500), strict=True)
    picture, divergence = (torch.cat(terms).double().mean() for terms in zip(*(model(*p) for p in parts), strict=True))
    return {
        OBJECTIVE: float(picture + model.config.kl_weight * divergence), "bound": float(picture + divergence),
        "picture term": float(picture), "kl": float(divergence),
    }  # fmt: skip


@torch.no_grad()
def posteriors(model: DigitVAE, real: Tensor) -> tuple[Tensor, Tensor]:
    """μ and log σ² of pictures, [N, n] each."""
    mean, log_variance = (torch.cat(part) for part in zip(*(model.posterior(x) for x in real.split(500)), strict=True))
    return mean, log_variance


@torch.no_grad()
def measures(model: DigitVAE, real: Tensor, labels: Tensor) -> dict[str, float]:
    """What the card tells, of held-out pictures [N, 1, 28, 28] in [0, 1]; of samples, and of reconstructions of μ, the first 1000."""
    mean, log_variance = posteriors(model, real)
    first = real[:MOST_HELD_OUT]
    noise = torch.randn(len(first), model.config.z_dim, generator=torch.Generator().manual_seed(1)).to(real.device)
    made, again = samples(model, noise), model.decode(mean[: len(first)])
    told = {
        "mean of the codes, largest entry": float(mean.mean(0).abs().max()),
        "variance of the codes plus mean variance": float((mean.var(0, correction=0) + log_variance.exp().mean(0)).mean()),
        "standard deviation of a posterior": float((log_variance / 2).exp().mean()),
        "standard deviation of the means": float(mean.std(0).mean()),
        "entries in use": float((kl_terms(mean, log_variance).mean(0) > LEAST_USE).sum()),
    }  # fmt: skip
    if model.log_variance is not None:
        told["learned variance"] = float(model.log_variance.exp())
    return {**bounds(model, real, labels), **told, **picture_metrics(framed(first), framed(made), framed(again))}


LEAST_USE = 0.01  # nats of divergence a picture below which an entry of the code says nothing


def codes(model: DigitVAE, real: Tensor, labels: Tensor) -> bytes:
    """μ and log σ² [N, n] (float16) and the kinds [N] (uint8) of pictures: an archive without pickles, to stand beside the weights."""
    made = io.BytesIO()
    mean, log_variance = (x.half().cpu().numpy() for x in posteriors(model, real))
    np.savez_compressed(made, mean=mean, log_variance=log_variance, labels=labels.cpu().numpy().astype(np.uint8))
    return made.getvalue()


def ship(
    run: Run,
    name: str,
    data: ImageSet,
    kinds: Labelled,
    seed: int,
    trials: Mapping[str, float],
    folder: Path,
    steps: int,
) -> None:
    """Write weights, card, posteriors of held-out pictures, training film and log."""
    assert isinstance(run.model, DigitVAE)
    model, real, labels = rounded(run.model), units(data.held_out[0::2]), kinds.held_out_labels[0::2]
    write(
        run, model, f"vae-{name.removesuffix(f'-{data.name}')}", data, folder, builder="core.vae.digits.build",
        recipe=f"python -m training.vae.digits {name}" + (f" --steps {steps}" if steps != PRESETS[name].preset.schedule.steps else ""), seed=seed, metrics={**measures(model, real, labels), **trials},
        limits=PRESETS[name].limits, extras={CODES: codes(model, real[:SHOWN], labels[:SHOWN])},
    )  # fmt: skip


def main(
    name: Annotated[str, typer.Argument(help=", ".join(PRESETS))],
    seeds: Annotated[int, typer.Option(min=1, help="seeds tried")] = 1,
    steps: Annotated[int, typer.Option(help="of the seed chosen; default: the preset's")] = 0,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:
    """Try several seeds, train the best to the end, write weights and card. A second call goes on where the first was stopped."""
    setting = PRESETS[name]
    config, schedule, trial = setting.preset.config, setting.preset.schedule, setting.preset.trial
    schedule = replace(schedule, steps=steps or schedule.steps)
    pictures, kinds = images(setting.data, config.side), labelled(setting.data, config.side)

    def run(seed: int, stop_at: int | None = None) -> Run:
        folder = runs / f"vae-{name}-{seed}"
        return train(DigitRecipe(config, pictures, kinds, seed), schedule, seed, folder, stop_at=stop_at)

    whole, best, told = best_of(
        range(seeds), trial, run, lambda trials: min(trials, key=lambda seed: trials[seed][OBJECTIVE]), (OBJECTIVE,)
    )
    ship(whole, name, pictures, kinds, best, told, out, schedule.steps)


if __name__ == "__main__":
    run_command(main)
