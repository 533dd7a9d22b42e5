"""Recipe of the VAE that clusters (post 5887): ``python -m training.vae.clustering mnist28``, or ``fashion28``.

The author's settings: batches of 100, Adam 1e-3, λ = 2.5, codes of 20 numbers, ten centres that begin at zero. ``--preset
full`` has his convolutions for 50 epochs (30 000 steps; about two hours a seed on one CPU core, which was not waited for
here); ``cpu`` has one hidden dense layer in encoder and decoder, twenty times as fast. Expected on digits after 10 000 steps of those:
a purity of 0.58 to 0.63 by seed, still rising. The first two thousand steps look like failure.

Every seed is trained to the end and evaluated on all test pictures, and all figures go on the card. The seed that ships is
the one with the least loss on test pictures: no label decides. Labels are looked at in measuring alone.
"""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from lightning_fabric import Fabric
from PIL import Image
from torch import Tensor, nn

from core import weights
from core.vae.objective import drawn
from core.vae.vae_clustering.agreement import Agreement, agreement
from core.vae.vae_clustering.model import AUTHOR, SIDE, ClusterVAE, Config
from core.vae.vae_clustering.objective import LAMBDA, clustering_terms, free_energy
from core.vae.vae_clustering.views import CODES
from training.command import run as run_command
from training.data import Labelled, labelled
from training.loop import LOG, SHEETS, Run, Schedule, train
from training.recipes import rounded
from training.sheets import animated
from training.sources import SOURCES
from training.trials import FILM, RECORD
from training.updates import descend

NAME, SEEDS = "vae-clustering", "seeds.csv"
LR, EPS = 1e-3, 1e-7  # the author's Adam in PyTorch's terms
KINDS = 10  # digits, or kinds of clothing
LOSS, PURITY, HUNGARIAN, NMI = "loss", "purity", "hungarian accuracy", "nmi"
MEASURES = (LOSS, PURITY, HUNGARIAN, NMI)
PART = 1000  # pictures at a time in measuring
RESTARTS = 5  # of K-means; the one with the least inertia is taken
FITTED = 20_000  # training pictures that K-means is fitted to
PLAIN_STEPS = 5_000  # of the autoencoder, whose loss has levelled off by then
PICTURES = {
    "mnist28": "MNIST: 60 000 training digits, 28x28; the 10 000 test digits held out",
    "fashion28": "Fashion-MNIST: a random half (30 000) of the training pictures, 28x28; the 10 000 test pictures held out",
}
LIMITS = {
    "zh": "聚类没有见过标签，也就没有理由与人的分类一致：常见的是一类被拆成两簇、两类（4 与 9，3、5 与 8）并成一簇；换一个种子，结果就不同。",
    "en": "Clusters saw no labels and need not be our classes: one class is often split over two clusters while two (4 and 9; 3, 5 and 8) share one, and another seed gives another result.",
}


@dataclass(frozen=True, slots=True)
class Preset:
    """The networks and how long they are trained."""

    config: Config
    schedule: Schedule


def _schedule(steps: int) -> Schedule:
    return Schedule(steps, batch=100, ema=0.0, eval_every=1000, precision="32-true")  # no average: the author's


PRESETS: Mapping[str, Preset] = {
    "cpu": Preset(Config(), _schedule(10_000)),
    "full": Preset(AUTHOR, _schedule(30_000)),
}


class ClusterRecipe:
    """One update of all networks and centres by the post's loss."""

    def __init__(self, config: Config, data: Labelled, seed: int, lam: float = LAMBDA) -> None:
        torch.manual_seed(seed)
        self.model, self.data, self.lam = ClusterVAE(config), data, lam
        rng = torch.Generator().manual_seed(0)
        self.noise = torch.randn(len(data.held_out), config.z_dim, generator=rng)  # the same at every evaluation

    def to(self, device: torch.device) -> None:
        self.data.train, self.data.held_out = self.data.train.to(device), self.data.held_out.to(device)
        self.noise = self.noise.to(device)

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        return {"model": (_Whole(self.model, self), torch.optim.Adam(self.model.parameters(), LR, eps=EPS, fused=True))}

    def loss(self, x: Tensor, noise: Tensor, model: ClusterVAE) -> Mapping[str, Tensor]:
        """The loss of pictures ``x`` in [0, 1] and its parts."""
        mean, log_variance = model.posterior(x)
        z = drawn(mean, log_variance, noise)
        found = clustering_terms(
            x, model.decode(z), log_variance, z, model.log_shares(z), model.centres, self.lam
        )  # fmt: skip
        return {LOSS: found.loss, **found._asdict()}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        model, optimiser = parts["model"]
        index = torch.randint(len(self.data.train), (batch,), generator=rng, device=self.data.train.device)
        noise = torch.randn(batch, self.model.config.z_dim, generator=rng, device=index.device)
        found = model(_units(self.data.train[index]), noise)
        descend(fabric, model, optimiser, found[LOSS])
        return {f"train {key}": value.detach() for key, value in found.items()}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], np.ndarray]:
        assert isinstance(model, ClusterVAE)
        _, measures = measured(self, model)
        return measures, _row(model.decode(model.centres))


class _Whole(nn.Module):
    """The loss as one module, so that whatever wraps a module for training wraps all that is trained."""

    def __init__(self, model: ClusterVAE, recipe: ClusterRecipe) -> None:
        super().__init__()
        self.model = model
        self._loss = recipe.loss

    def forward(self, x: Tensor, noise: Tensor) -> Mapping[str, Tensor]:
        return self._loss(x, noise, self.model)


class AutoencoderRecipe(ClusterRecipe):
    """The same encoder and decoder as a plain autoencoder: no noise, no centres; its codes are what K-means gets."""

    def loss(self, x: Tensor, noise: Tensor, model: ClusterVAE) -> Mapping[str, Tensor]:
        return {LOSS: (x - model.decode(model.encode(x))).square().flatten(1).sum(1).mean()}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], np.ndarray]:
        assert isinstance(model, ClusterVAE)
        held = _units(self.data.held_out[:PART])
        return {LOSS: float(self.loss(held, self.noise[:PART], model)[LOSS])}, _row(
            model.decode(model.encode(held[:KINDS]))
        )


@torch.no_grad()
def measured(recipe: ClusterRecipe, model: ClusterVAE) -> tuple[Agreement, dict[str, float]]:
    """What ``model`` does on all held-out pictures: its agreement with their labels, and its measures; the loss needs no label."""
    parts = list(zip(recipe.data.held_out.split(PART), recipe.noise.split(PART), strict=True))
    losses = [float(recipe.loss(_units(x), noise, model)[LOSS]) * len(x) for x, noise in parts]
    codes = torch.cat([model.encode(_units(x)) for x, _ in parts])
    shares, best = model.log_shares(codes), free_energy(codes, model.centres)[1]
    found = agreement(
        shares.argmax(1).cpu().numpy(), recipe.data.held_out_labels.cpu().numpy(), (model.config.clusters, KINDS)
    )
    again = torch.cat(
        [(_units(x) - model.decode(model.encode(_units(x)))).square().flatten(1).sum(1) for x, _ in parts]
    )
    return found, {
        LOSS: sum(losses) / len(codes), PURITY: found.purity, HUNGARIAN: found.hungarian, NMI: found.nmi,
        "clusters used": float((found.table.sum(1) > 0).sum()), "reconstruction error": float(again.mean()),
        "nats from Bayes' rule": float((shares.exp() * (shares - best)).sum(1).mean()),
    }  # fmt: skip


def kmeans(train_points: np.ndarray, points: np.ndarray, labels: np.ndarray) -> Agreement:
    """K-means with ten centres, fitted to ``train_points`` [N, n], on held-out ``points`` [M, n]."""
    from sklearn.cluster import KMeans

    fitted = KMeans(KINDS, n_init=RESTARTS, random_state=0).fit(train_points)  # pyright: ignore[reportArgumentType]
    return agreement(np.asarray(fitted.predict(points)), labels, (KINDS, KINDS))


@torch.no_grad()
def baselines(data: Labelled, autoencoder: nn.Module | None) -> dict[str, float]:
    """K-means on pixels and, where there is one, on the codes of a plain autoencoder, for the card."""
    both, labels = (data.train[:FITTED], data.held_out), data.held_out_labels.cpu().numpy()
    points = {"K-means on pixels": [_units(x).flatten(1) for x in both]}
    if autoencoder is not None:
        assert isinstance(autoencoder, ClusterVAE)
        points["K-means on autoencoder codes"] = [
            torch.cat([autoencoder.encode(_units(part)) for part in x.split(PART)]) for x in both
        ]
    told = {}
    for name, (fitted_to, tried_on) in points.items():
        found = kmeans(fitted_to.cpu().numpy(), tried_on.cpu().numpy(), labels)
        told |= {
            f"{name}: {PURITY}": found.purity,
            f"{name}: {HUNGARIAN}": found.hungarian,
            f"{name}: {NMI}": found.nmi,
        }
    return told


def _units(pictures: Tensor) -> Tensor:
    """uint8 → float32 in [0, 1]."""
    return pictures.float() / 255


def _row(pictures: Tensor) -> np.ndarray:
    """Pictures [N, 1, S, S] in [0, 1] beside each other: uint8 [S, N S]."""
    return np.concatenate(list((pictures[:, 0] * 255).round().byte().cpu().numpy()), 1)


@torch.no_grad()
def codes(model: ClusterVAE, data: Labelled) -> bytes:
    """μ(x) [N, n] (float16) and the labels [N] (uint8) of all test pictures, in the order of the test set: an archive without pickles."""
    made = io.BytesIO()
    mean = torch.cat([model.encode(_units(part)) for part in data.held_out.split(PART)]).half().cpu().numpy()
    np.savez_compressed(made, mean=mean, labels=data.held_out_labels.cpu().numpy().astype(np.uint8))
    return made.getvalue()


def film(sheets: Path) -> bytes:
    """The decoded centres at every evaluation, in two rows, as a film."""
    frames = []
    for path in sorted(sheets.glob("*.png")):
        row = np.asarray(Image.open(path).convert("RGB"))
        frames.append(Image.fromarray(np.concatenate(np.split(row, 2, axis=1))))
    return animated(frames)


def curves(runs: Mapping[int, Run]) -> bytes:
    """The measures of every seed at every evaluation, as CSV."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(("seed", "step", *MEASURES))
    for seed, run in runs.items():
        writer.writerows([seed, int(row["step"]), *(float(f"{row[key]:.6g}") for key in MEASURES)] for row in run.rows)
    return made.getvalue().encode("ascii")


def ship(
    runs: Mapping[int, Run], recipes: Mapping[int, ClusterRecipe], name: str, kind: str, told: Mapping[str, float],
    command: str, folder: Path,
) -> int:  # fmt: skip
    """Write weights, card, logs and the codes of the test pictures of the seed with the least loss on test pictures → that seed."""
    models = {seed: rounded(run.model) for seed, run in runs.items()}
    found = {seed: measured(recipes[seed], model)[1] for seed, model in models.items()}  # type: ignore[arg-type]
    best = min(found, key=lambda seed: found[seed][LOSS])
    run, model = runs[best], models[best]
    assert isinstance(model, ClusterVAE)
    seeds = {f"seed {seed}: {key}": row[key] for seed, row in found.items() for key in MEASURES}
    minutes = sum(one.seconds for one in runs.values()) / 60
    metrics = {**found[best], "lambda": recipes[best].lam, **told, **seeds, "training minutes, all seeds": minutes}
    extras = {RECORD: (run.folder / LOG).read_bytes(), SEEDS: curves(runs), FILM: film(run.folder / SHEETS)}
    extras |= {CODES: codes(model, recipes[best].data)}
    text = f"{PICTURES[kind]}; their codes and labels stand beside the weights, no picture of the set does"
    weights.save(
        model, name, folder, extras=extras, builder="core.vae.vae_clustering.model.build", config=asdict(model.config),
        data=text, licence=SOURCES[kind].licence, recipe=command, seed=best, steps=run.step,
        date=datetime.date.today().isoformat(), limits=LIMITS,
        metrics={key: float(f"{value:.6g}") for key, value in metrics.items()},
    )  # fmt: skip
    typer.echo(f"{name}: {found}; seed {best} ships")
    return best


def main(
    data: Annotated[str, typer.Argument(help="mnist28 or fashion28")],
    preset: Annotated[str, typer.Option(help="cpu or full")] = "cpu",
    seeds: Annotated[int, typer.Option(min=1, help="seeds trained, all to the end")] = 5,
    lam: Annotated[float, typer.Option(min=0.0, help="λ, the inverse variance of a pixel")] = LAMBDA,
    steps: Annotated[int, typer.Option(help="default: the preset's")] = 0,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:
    """Train every seed and, at the post's λ, a plain autoencoder to compare with; write weights and card. A second call goes on."""
    settings = PRESETS[preset]
    schedule = replace(settings.schedule, steps=steps or settings.schedule.steps)
    pictures, usual = labelled(data, SIDE), lam == LAMBDA
    name = f"{NAME}-{data}" if usual else f"{NAME}-lam-{lam:g}-{data}"
    recipes = {seed: ClusterRecipe(settings.config, pictures, seed, lam) for seed in range(seeds)}
    done = {seed: train(one, schedule, seed, runs / f"{name}-{preset}-{seed}") for seed, one in recipes.items()}
    told = {}
    if usual:
        plain = AutoencoderRecipe(settings.config, pictures, 0)
        short = replace(schedule, steps=min(schedule.steps, PLAIN_STEPS))
        told = baselines(pictures, train(plain, short, 0, runs / f"{name}-{preset}-autoencoder").model)
    command = f"python -m training.vae.clustering {data} --preset {preset} --seeds {seeds}"
    command += f" --steps {steps}" * bool(steps) + f" --lam {lam:g}" * (not usual)
    ship(done, recipes, name, data, told, command, out)


if __name__ == "__main__":
    run_command(main)
