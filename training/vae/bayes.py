"""Recipe of the digits' VAEs of post 5343: ``python -m training.vae.bayes sigma-0.02``.

The same perceptrons with codes of twenty numbers, and everything else alike: what differs is the likelihood of a picture, and
with a Gaussian one its variance σ², which weighs reconstruction against divergence. Ten epochs. Expected of the Bernoulli one: a bound near 105 nats; of the learned variance: the mean squared error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from torch import Tensor, nn

from core import weights
from core.quality import mean_square, sharpness
from core.vae.digits import Config, DigitVAE
from core.vae.objective import drawn
from core.vae.vae_bayes.noise import gradients, scatter
from core.vae.vae_bayes.views import ACTIVE, importance
from training.command import run as run_command
from training.data import ImageSet, Labelled, images, labelled
from training.loop import Run, Schedule, train
from training.recipes import rounded, write
from training.vae.digits import CODES, DECAY, EPS, LR, OBJECTIVE, SHOWN, DigitRecipe, codes, measures, posteriors, units

DATA = "mnist28"
SCHEDULE = Schedule(6_000, batch=100, eval_every=500, precision="32-true", keep=OBJECTIVE)  # 10 epochs
VARIANCE_LR = 0.02  # of ln σ²
DIMENSIONS = 20
PIXELS = 28 * 28
BOUNDED = 100  # held-out digits on which the importance bounds are measured, with 512 samples each
BATCHES, BATCH, DRAWS = 10, 100, 4  # gradients
PRESETS: Mapping[str, Config] = {
    "bernoulli": Config(z_dim=DIMENSIONS),
    **{
        f"sigma-{v}": Config(z_dim=DIMENSIONS, likelihood="gaussian", variance=v)
        for v in (0.001, 0.005, 0.02, 0.08, 0.3, 1.0)
    },
    "learned": Config(z_dim=DIMENSIONS, likelihood="gaussian"),
    "mean": Config(z_dim=DIMENSIONS, kl_weight=float(PIXELS)),
}
"""By name: the weights are called ``vae-bayes-<name>``. ``mean`` has the cross-entropy's mean over pixels where its sum belongs."""
LIMITS = {
    "zh": "全连接小网络，编码二十维：重构略糊，随机采样里有不成字的。灰度像素按伯努利计的交叉熵不是对数似然；高斯模型的界是密度，两种界不可相比。",
    "en": "Small perceptrons, codes of twenty numbers: reconstructions are a little blurred and some samples are no digits. The cross-entropy of grey pixels is no log-likelihood; a Gaussian model's bound is one of a density: the two do not compare.",
}


class BayesRecipe(DigitRecipe):
    """The recipe of post 5253, in which a learned σ² has steps of its own: ln σ² has 4.5 to go, which takes 4500 steps of 1e-3."""

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        pixels = [p for p in (self.model.log_variance,) if p is not None]
        own = {id(p) for p in pixels}
        rest = [p for p in self.model.parameters() if id(p) not in own]
        groups = [{"params": rest, "lr": LR}, *({"params": [p], "lr": VARIANCE_LR} for p in pixels)]
        return {"vae": (self.model, torch.optim.RMSprop(groups, LR, alpha=DECAY, eps=EPS))}


@torch.no_grad()
def more(model: DigitVAE, real: Tensor) -> dict[str, float]:
    """What the card tells beside :func:`training.vae.digits.measures`, of held-out pictures [N, 1, 28, 28] in [0, 1]."""
    mean, log_variance = posteriors(model, real)
    rng = torch.Generator().manual_seed(3)
    z = drawn(mean, log_variance, torch.randn(mean.shape, generator=rng))
    again = torch.cat([model.decode(part) for part in z.split(500)])
    found = importance(model, real[:BOUNDED], seed=0)
    with torch.enable_grad():
        scattered = scatter(gradients(model, real[: BATCHES * BATCH].split(BATCH), 1, DRAWS, rng))
    return {
        "squared error": float(mean_square(real, again).double().mean()),
        "sharpness": float(sharpness(again[:1000]).mean() / sharpness(real[:1000]).mean()),
        "active entries": float((mean.var(0) > ACTIVE).sum()),
        **{f"importance bound, K = {k}": float(-y) for k, y in zip(found.ks, found.bounds, strict=True)},
        "gradient: scatter by one ε over scatter from batch to batch": scattered.ratio,
    }  # fmt: skip


def ship(
    run: Run, name: str, data: ImageSet, kinds: Labelled, seed: int, folder: Path, steps: int = SCHEDULE.steps
) -> None:
    """Write weights, card, posteriors of held-out pictures, training film and log."""
    assert isinstance(run.model, DigitVAE)
    model, real, labels = rounded(run.model), units(data.held_out[0::2]), kinds.held_out_labels[0::2]
    write(
        run, model, f"vae-bayes-{name}", data, folder, builder="core.vae.digits.build",
        recipe=f"python -m training.vae.bayes {name}" + (f" --steps {steps}" if steps != SCHEDULE.steps else ""),
        seed=seed, metrics={**measures(model, real, labels), **more(model, real)}, limits=LIMITS,
        extras={CODES: codes(model, real[:SHOWN], labels[:SHOWN])},
    )  # fmt: skip


def main(
    name: Annotated[str, typer.Argument(help=", ".join(PRESETS))],
    seed: Annotated[int, typer.Option(help="of the run")] = 0,
    steps: Annotated[int, typer.Option(help="default: the preset's")] = 0,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:
    """Train one model and write weights and card. A second call goes on where the first was stopped."""
    schedule = replace(SCHEDULE, steps=steps or SCHEDULE.steps)
    config: Any = PRESETS[name]
    pictures, kinds = images(DATA, config.side), labelled(DATA, config.side)
    run = train(BayesRecipe(config, pictures, kinds, seed), schedule, seed, runs / f"vae-bayes-{name}-{seed}")
    ship(run, name, pictures, kinds, seed, out, schedule.steps)


if __name__ == "__main__":
    run_command(main)
